# Expected numbers of tests/unit/test_{logistic,match,balance}.c. R 4.2.2, package stats.
# From the root of the repository: Rscript tests/oracle/propensity.R
#
# Matching and balance by brute force, written from the definitions: MatchIt 4.5.1 of Debian 12 ignores the
# caliper and misses the nearest control (its issue 163).
data <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")), stringsAsFactors = FALSE)
save <- function(x, name) {
  path <- file.path("tests/oracle/expected", paste0(name, ".csv"))
  for (j in which(vapply(x, is.double, TRUE))) x[[j]] <- sprintf("%.17g", x[[j]])
  write.csv(x, path, row.names = FALSE, quote = FALSE)
}

# Pair numbers by row from (treated row, control row), counted in the order of treated rows.
numbered <- function(n, treated, control) {
  pair <- rep(-1L, n)
  o <- order(treated)
  pair[treated[o]] <- pair[control[o]] <- seq_along(o) - 1L
  pair
}

# Treated rows in the order given; each takes the nearest free control, ties to the earlier row.
in_order <- function(level, z, caliper, chooser) {
  free <- z == 0; treated <- control <- integer(0)
  for (i in chooser) {
    d <- round(abs(level - level[i])); d[!free] <- Inf; j <- which.min(d)
    if (free[j] && d[j] <= caliper) { treated <- c(treated, i); control <- c(control, j); free[j] <- FALSE }
  }
  numbered(length(level), treated, control)
}

# The closest of all pairs left, ties to the earlier treated row, then to the earlier control: a column of d
# is a treated row, and which.min takes the first column, and in it the first row.
closest <- function(level, z, caliper) {
  t <- which(z == 1); c <- which(z == 0); d <- round(abs(outer(level[c], level[t], "-"))); treated <- control <- integer(0)
  repeat {
    m <- which.min(d)
    if (length(m) == 0 || d[m] > caliper) break
    i <- (m - 1) %/% length(c) + 1; j <- (m - 1) %% length(c) + 1
    treated <- c(treated, t[i]); control <- c(control, c[j]); d[, i] <- NA; d[j, ] <- NA
  }
  numbered(length(level), treated, control)
}

# Scores and distances within 2^-30 of the largest score are tied (include/rwe/stats/match.h): the score in
# units of that grid, each made equal to the least one within a unit of it, and distances in whole units.
grid <- function(lp) 2^(floor(log2(max(abs(lp)))) - 30)
levelled <- function(lp) {
  s <- lp / grid(lp); present <- -Inf
  for (i in order(lp)) { if (s[i] - present > 1) present <- s[i]; s[i] <- present }
  s
}

pooled_sd <- function(x, z) sqrt((var(x[z == 1]) + var(x[z == 0])) / 2)

fit <- function(name, formula, d) {
  g <- glm(formula, binomial, d, control = glm.control(epsilon = 1e-14, maxit = 100), x = TRUE)
  lp <- unname(g$x %*% coef(g))[, 1]; z <- unname(g$y); r <- rank(lp); n1 <- sum(z)
  auc <- (sum(r[z == 1]) - n1 * (n1 + 1) / 2) / (n1 * (sum(z == 0)))
  sd <- pooled_sd(lp, z); level <- levelled(lp); caliper <- round(0.2 * sd / grid(lp)); t <- which(z == 1)
  save(data.frame(term = names(coef(g)), estimate = unname(coef(g)), se = unname(sqrt(diag(vcov(g))))),
       paste0(name, "_terms"))
  save(data.frame(deviance = deviance(g), auc = auc, pooled_sd = sd), paste0(name, "_fit"))
  down <- t[order(-level[t])]; up <- t[order(level[t])]
  save(data.frame(linear = lp, treated = as.integer(z), closest = closest(level, z, caliper),
                  largest = in_order(level, z, caliper, down), smallest = in_order(level, z, caliper, up),
                  closest_any = closest(level, z, Inf), largest_any = in_order(level, z, Inf, down)),
       paste0(name, "_rows"))
  list(lp = lp, z = z)
}

# One covariate with weights w: R's own cov.wt for moments; distribution functions from their definition.
balance <- function(variable, weights, x, z, w) {
  t <- z == 1; c <- z == 0; binary <- all(x %in% 0:1)
  moments <- function(x, w) unlist(cov.wt(cbind(x), w / sum(w), method = "unbiased")[c("center", "cov")])
  m1 <- moments(x[t], w[t]); m0 <- moments(x[c], w[c])
  variance <- function(x) if (binary) mean(x) * (1 - mean(x)) else var(x)
  denominator <- sqrt((variance(x[t]) + variance(x[c])) / 2)
  F <- function(x, w) vapply(at, function(a) sum(w[x <= a]) / sum(w), 0)
  at <- sort(unique(x))
  ks <- max(abs(F(x[t], w[t]) - F(x[c], w[c])))
  data.frame(variable = variable, weights = weights, mean_treated = m1[1], mean_control = m0[1],
             denominator = denominator, smd = (m1[1] - m0[1]) / denominator,
             variance_ratio = if (binary) NaN else m1[2] / m0[2], ks = ks)
}

lalonde <- data("lalonde")
lalonde_fit <- fit("lalonde", treat ~ age + educ + race + married + nodegree + re74 + re75, lalonde)
invisible(fit("rotterdam", hormon ~ age + meno + size + grade + nodes + pgr + er + chemo + year, data("rotterdam")))
lung <- na.omit(data("lung")[c("status", "age", "sex", "ph.ecog", "wt.loss")])
invisible(fit("lung", status == 2 ~ age + sex + ph.ecog + wt.loss, lung))

e <- plogis(lalonde_fit$lp); z <- lalonde_fit$z; overlap <- ifelse(z == 1, 1 - e, e)
att <- ifelse(z == 1, 1, e / (1 - e)); one <- rep(1, length(z))
rows <- list()
for (v in c("age", "educ", "married", "re74"))
  rows <- c(rows, list(balance(v, "none", lalonde[[v]], z, one), balance(v, "overlap", lalonde[[v]], z, overlap),
                       balance(v, "att", lalonde[[v]], z, att)))
save(do.call(rbind, rows), "balance")
