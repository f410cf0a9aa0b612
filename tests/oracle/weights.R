# SPDX-License-Identifier: GPL-3.0-or-later
# Expected weights, and variances that allow for their estimation: tests/oracle/weights.csv. R 4.2.2,
# package stats; survey 4.1-1 for a second road to entropy balancing. Run from the root of the repository:
#   Rscript tests/oracle/weights.R > tests/oracle/weights.csv
#
# Weights by their formulas from glm. Variances from the stacked estimating equations sum psi = 0 in all
# parameters at once: A^-1 B A^-T, A the derivatives (by hand) and B the sum of squares. One line a
# vector: its name, then its values.
suppressPackageStartupMessages(library(survey))
put <- function(name, value) cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))

sandwich <- function(A, psi, contrast) {
  V <- solve(A, crossprod(psi), tol = 0) %*% t(solve(A, tol = 0))
  sqrt(c(t(contrast) %*% V %*% contrast))
}
summarise <- function(w) { w <- w[w > 0]; c(length(w), sum(w), min(w), max(w), sd(w) / mean(w), sum(w)^2 / sum(w^2)) }

# ---- weights from the probability ---------------------------------------------------------------

# Weight and its derivative by the logit, by kind.
of_p <- function(kind, z, p) switch(kind,
  ate = list(w = z / p + (1 - z) / (1 - p), d = -z * (1 - p) / p + (1 - z) * p / (1 - p)),
  att = list(w = z + (1 - z) * p / (1 - p), d = (1 - z) * p / (1 - p)),
  atc = list(w = z * (1 - p) / p + (1 - z), d = -z * (1 - p) / p),
  overlap = list(w = z * (1 - p) + (1 - z) * p, d = (1 - 2 * z) * p * (1 - p)),
  matching = list(w = pmin(p, 1 - p) / ifelse(z == 1, p, 1 - p),
                  d = ifelse(z == 1, ifelse(p > 0.5, -(1 - p) / p, 0), ifelse(p < 0.5, p / (1 - p), 0))))

# Difference of weighted means, the coefficients and the share P of the treated estimated; d and dP are the
# derivatives of w by the logit and by P, 0 where a weight does not move.
mean_difference <- function(X, z, y, p, w, d, dP = 0) {
  k <- ncol(X); m1 <- sum(z * w * y) / sum(z * w); m0 <- sum((1 - z) * w * y) / sum((1 - z) * w)
  psi <- cbind(X * (z - p), z - mean(z), z * w * (y - m1), (1 - z) * w * (y - m0))
  A <- rbind(cbind(crossprod(X, X * p * (1 - p)), 0, 0, 0),
             c(rep(0, k), length(z), 0, 0),
             c(-colSums(X * z * d * (y - m1)), -sum(z * dP * (y - m1)), sum(z * w), 0),
             c(-colSums(X * (1 - z) * d * (y - m0)), -sum((1 - z) * dP * (y - m0)), 0, sum((1 - z) * w)))
  c(m1 - m0, sandwich(A, psi, c(rep(0, k + 1), 1, -1)))
}

# Mean over both arms under stabilised weights: here the share P of the treated matters.
overall_mean <- function(X, z, y, p, w, d) {
  k <- ncol(X); P <- mean(z); s <- z * P + (1 - z) * (1 - P); m <- sum(s * w * y) / sum(s * w)
  psi <- cbind(X * (z - p), z - P, s * w * (y - m))
  A <- rbind(cbind(crossprod(X, X * p * (1 - p)), 0, 0),
             c(rep(0, k), length(z), 0),
             c(-colSums(X * s * d * (y - m)), -sum((2 * z - 1) * w * (y - m)), sum(s * w)))
  c(m, sandwich(A, psi, c(rep(0, k + 1), 1)))
}

optimal_cutoff <- function(p) {
  g <- 1 / (p * (1 - p))
  variance <- sapply(g, function(limit) sum(g[g <= limit]) / sum(g <= limit)^2)
  gamma <- 2 * mean(g[g <= g[which.min(variance)]])
  if (max(g) <= gamma) return(0)
  stopifnot(abs(gamma - 2 * mean(g[g <= gamma])) < 1e-12 * gamma) # the paper's equation
  0.5 - sqrt(0.25 - 1 / gamma)
}

from_p <- function(name, X, z, y, rows) {
  X <- cbind(1, scale(X)) # another origin and unit: the same probabilities, better conditioned
  fit <- glm.fit(X, z, family = binomial(), control = glm.control(epsilon = 1e-15, maxit = 100))
  p <- plogis(c(X %*% coef(fit)))
  for (kind in c("ate", "att", "atc", "overlap", "matching")) {
    v <- of_p(kind, z, p)
    key <- paste(name, kind, sep = ".")
    if (rows) put(paste0(key, ".weight"), v$w)
    put(paste0(key, ".control"), summarise(v$w[z == 0]))
    put(paste0(key, ".treated"), summarise(v$w[z == 1]))
    put(paste0(key, ".difference"), mean_difference(X, z, y, p, v$w, v$d))
  }
  v <- of_p("ate", z, p); P <- mean(z); s <- z * P + (1 - z) * (1 - P)
  put(paste0(name, ".stabilised.mean"), overall_mean(X, z, y, p, v$w, v$d))
  put(paste0(name, ".stabilised.treated"), summarise((s * v$w)[z == 1]))
  limit <- quantile(s * v$w, c(0.02, 0.98), names = FALSE)
  cut <- pmin(pmax(s * v$w, limit[1]), limit[2]); outside <- s * v$w != cut
  put(paste0(name, ".truncated.limits"), c(limit, table(factor(z, 0:1), factor(s * v$w > limit[2], c(FALSE, TRUE)))[, 2]))
  put(paste0(name, ".truncated.difference"), mean_difference(X, z, y, p, cut, ifelse(outside, 0, s * v$d),
                                                           ifelse(outside, 0, (2 * z - 1) * v$w)))
  kept <- p >= 0.1 & p <= 0.9
  put(paste0(name, ".trimmed.counts"), c(sum(p < 0.1 & z == 0), sum(p < 0.1 & z == 1), sum(p > 0.9 & z == 0), sum(p > 0.9 & z == 1)))
  put(paste0(name, ".trimmed.difference"), mean_difference(X, z, y, p, kept * v$w, kept * v$d))
  put(paste0(name, ".cutoff"), optimal_cutoff(p))
}

# ---- entropy balancing --------------------------------------------------------------------------

# lambda of w = b exp(lambda'(x - target)) in one arm, by Newton on its equations.
entropy <- function(X, b, target) {
  D <- sweep(X, 2, target); lambda <- rep(0, ncol(X))
  value <- function(l) { e <- c(D %*% l); max(e) + log(sum(b * exp(e - max(e)))) }
  for (step in 1:200) {
    w <- b * exp(c(D %*% lambda)); g <- colSums(w * D) / sum(w)
    H <- crossprod(D, w * D) / sum(w) - tcrossprod(g)
    delta <- solve(H, g, tol = 0); part <- 1
    while (value(lambda - part * delta) > value(lambda) + 1e-13 && part > 1e-10) part <- part / 2
    lambda <- lambda - part * delta
    if (max(abs(delta)) < 1e-13) break
  }
  list(lambda = lambda, D = D, w = b * exp(c(D %*% lambda)))
}

# The same weights as raking of survey (calibration with the exponential distance).
raking <- function(X, b, target, total) {
  d <- data.frame(X); names(d) <- paste0("v", seq_len(ncol(X)))
  design <- svydesign(~1, weights = b * total / sum(b), data = d)
  calibrated <- calibrate(design, reformulate(names(d)), c(`(Intercept)` = total, setNames(target * total, names(d))),
                          calfun = "raking", epsilon = 1e-13, maxit = 500, force = TRUE)
  weights(calibrated)
}

# Weights scaled to sum to `total` in each arm; variance of the difference of means with targets t and
# every lambda as parameters of their own.
balanced <- function(key, X, z, y, estimand, b = rep(1, length(z)), rows = FALSE, rake = TRUE) {
  X <- scale(X); k <- ncol(X)
  member <- switch(estimand, att = z, atc = 1 - z, ate = rep(1, length(z))) * b
  target <- colSums(member * X) / sum(member)
  arms <- switch(estimand, att = 0, atc = 1, ate = 0:1)
  w <- b
  lambda <- list(rep(0, k), rep(0, k))
  for (a in arms) {
    s <- entropy(X[z == a, ], b[z == a], target)
    total <- if (estimand == "ate") sum(b[z == a]) else sum(member)
    w[z == a] <- s$w / sum(s$w) * total
    lambda[[a + 1]] <- s$lambda
    if (rake) {
      r <- raking(X[z == a, ], b[z == a], target, total)
      stopifnot(max(abs(r - w[z == a])) < 1e-6 * max(w))
    }
  }
  if (rows) put(paste0(key, ".weight"), w)
  put(paste0(key, ".control"), summarise(w[z == 0])); put(paste0(key, ".treated"), summarise(w[z == 1]))
  mu <- sapply(0:1, function(a) weighted.mean(y[z == a], w[z == a]))
  D <- sweep(X, 2, target); n_arms <- length(arms); q <- k * (1 + n_arms) + 2
  psi <- member * D
  A <- matrix(0, q, q); A[1:k, 1:k] <- sum(member) * diag(k)
  for (j in seq_along(arms)) {
    a <- arms[j]; v <- w * (z == a); at <- k * j + 1:k; l <- lambda[[a + 1]]
    psi <- cbind(psi, v * D)
    A[at, 1:k] <- tcrossprod(colSums(v * D), l) + sum(v) * diag(k)
    A[at, at] <- -crossprod(D, v * D)
  }
  for (a in 0:1) {
    v <- w * (z == a); r <- y - mu[a + 1]; at <- q - 1 + a
    psi <- cbind(psi, v * r)
    A[at, at] <- sum(v)
    if (a %in% arms) {
      A[at, 1:k] <- sum(v * r) * lambda[[a + 1]]
      A[at, k * match(a, arms) + 1:k] <- -colSums(v * r * D)
    }
  }
  put(paste0(key, ".difference"), c(mu[2] - mu[1], sandwich(A, psi, c(rep(0, q - 2), -1, 1))))
}

by_entropy <- function(name, X, z, y, rows) {
  for (estimand in c("ate", "att", "atc"))
    balanced(paste(name, "entropy", estimand, sep = "."), X, z, y, estimand, rows = rows)
  base <- 1 + seq_along(z) %% 3
  balanced(paste0(name, ".entropy.base"), X, z, y, "att", b = base)
  number <- apply(X, 2, function(x) length(unique(x)) > 2)
  balanced(paste0(name, ".entropy.squares"), cbind(X, scale(X[, number])^2), z, y,
           if (name == "lalonde") "att" else "ate")
}

lalonde <- cohort("lalonde")
X <- model.matrix(~ age + educ + race + married + nodegree + re74 + re75, lalonde)[, -1]
from_p("lalonde", X, lalonde$treat, lalonde$re78, TRUE); by_entropy("lalonde", X, lalonde$treat, lalonde$re78, TRUE)

lung <- na.omit(cohort("lung")[c("time", "sex", "age", "ph.ecog", "wt.loss")])
X <- as.matrix(lung[c("age", "ph.ecog", "wt.loss")])
from_p("lung", X, lung$sex - 1, lung$time, TRUE); by_entropy("lung", X, lung$sex - 1, lung$time, FALSE)

rotterdam <- cohort("rotterdam")
X <- model.matrix(~ age + meno + factor(size, c("<=20", "20-50", ">50")) + grade + nodes + pgr + er, rotterdam)[, -1]
from_p("rotterdam", X, rotterdam$hormon, rotterdam$dtime, FALSE); by_entropy("rotterdam", X, rotterdam$hormon, rotterdam$dtime, FALSE)
