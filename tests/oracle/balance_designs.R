# SPDX-License-Identifier: GPL-3.0-or-later
# Expected facts of --balance in tests/property/test_balance_facts.c: tests/oracle/balance_designs.csv. R 4.2.2,
# survey 4.1-1 (means), survival 3.5-3 (prognostic scores), stats (cov.wt, bw.nrd0). From the root of the repository,
# after propensity.R (which made the brute-force pairs of rotterdam_rows.csv):
#   Rscript tests/oracle/balance_designs.R > tests/oracle/balance_designs.csv
#
# One line a fact: its data, its key, its value. Means under weights are svymean's. Variances are cov.wt's (n - 1 in a
# sense that does not depend on the scale of weights); svyvar has n / (n - 1) with n the number of rows instead, so its
# ratio of two arms differs by a factor near 1: it is not a reference.
suppressPackageStartupMessages({library(survey); library(survival)})
put <- function(key, value) cat(sub(" ", ",", key), ",", sprintf("%.17g", value), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")), stringsAsFactors = FALSE)

cat("data,fact,value\n")

# One column a number, or a level of what is no number; `keys` are those of the facts.
columns_of <- function(d, covariates) {
  x <- list(); keys <- character()
  for (v in covariates) {
    if (is.numeric(d[[v]])) { x[[v]] <- d[[v]]; keys[v] <- paste0("term=", v); next }
    for (l in sort(unique(d[[v]]), method = "radix")) {
      x[[paste0(v, "=", l)]] <- as.numeric(d[[v]] == l)
      keys[paste0(v, "=", l)] <- paste0("term=", v, " level=", l)
    }
  }
  list(x = x, keys = keys, level = grepl("level=", keys))
}
is_binary <- function(x) all(x %in% c(0, 1, NA))
variance <- function(x, w) {
  keep <- !is.na(x) & w > 0; x <- x[keep]; w <- w[keep]
  if (is_binary(x)) { p <- weighted.mean(x, w); return(p * (1 - p)) }
  cov.wt(cbind(x), w / sum(w), method = "unbiased")$cov[1]
}
svy_mean <- function(x, w) {
  keep <- !is.na(x) & w > 0
  coef(svymean(~x, svydesign(~1, weights = ~w, data = data.frame(x = x[keep], w = w[keep]))))[[1]]
}
ones <- function(x) rep(1, length(x))
denominator <- function(x, z) {
  one <- ones(x)
  sqrt((variance(x[z == 1], one[z == 1]) + variance(x[z == 0], one[z == 0])) / 2)
}
smd <- function(x, z, w) (svy_mean(x[z == 1], w[z == 1]) - svy_mean(x[z == 0], w[z == 0])) / denominator(x, z)
gaps <- function(x, z, w) { # of the distribution functions, at each distinct value
  keep <- !is.na(x) & w > 0; x <- x[keep]; z <- z[keep]; w <- w[keep]
  F <- function(s) vapply(sort(unique(x)), function(a) sum(w[s & x <= a]) / sum(w[s]), 0)
  g <- abs(F(z == 1) - F(z == 0)); g[length(g)] <- 0; g
}
overlap <- function(x, z, w) { # the definition in include/rwe/stats/balance.h, by a matrix of kernels
  keep <- !is.na(x) & w > 0; x <- x[keep]; z <- z[keep]; w <- w[keep]
  h <- bw.nrd0(x); g <- seq(min(x) - 4 * h, max(x) + 4 * h, length.out = 1024); d <- g[2] - g[1]
  k <- floor(4 * h / d); u <- exp(-((-k:k) * d / h)^2 / 2); u <- u / sum(u)
  kernel <- outer(1:1024, 1:1024, function(i, j) ifelse(abs(i - j) <= k, u[pmin(pmax(j - i, -k), k) + k + 1], 0))
  share <- function(s) (kernel %*% (pmax(1 - abs(outer(g, x[s], "-")) / d, 0) %*% (w[s] / sum(w[s]))))[, 1]
  1 - sum(abs(share(z == 1) - share(z == 0))) / 2
}

tell <- function(name, d, covariates, z, weights, arms, endpoints = list(), wide = TRUE) {
  columns <- columns_of(d, covariates)
  head <- function(population, rest) paste(name, "balance", paste0("population=", population), rest)
  for (population in names(weights)) {
    w <- weights[[population]]; failed <- 0; sizes <- c(); distances <- NULL
    for (v in names(columns$x)) {
      x <- columns$x[[v]]; key <- columns$keys[[v]]; d1 <- smd(x, z, w); ratio <- 1
      put(head(population, paste(key, "smd")), d1)
      if (!is_binary(x)) {
        ratio <- variance(x[z == 1], w[z == 1]) / variance(x[z == 0], w[z == 0])
        put(head(population, paste(key, "variance.ratio")), ratio)
        g <- gaps(x, z, w); put(head(population, paste(key, "ks")), max(g)); put(head(population, paste(key, "ecdf.mean")), mean(g))
        if (wide) put(head(population, paste(key, "overlap")), overlap(x, z, w))
      }
      sizes <- c(sizes, abs(d1)); failed <- failed + (abs(d1) > 0.1 || ratio > 2 || ratio < 0.5)
      if (population != "all") {
        m <- svy_mean(x, w); s <- denominator(x, z)
        away <- (m - c(mean(x, na.rm = TRUE), mean(x[z == 0], na.rm = TRUE), mean(x[z == 1], na.rm = TRUE))) / s
        put(head(population, paste(key, "smd.original")), away[1])
        for (a in 1:2) put(head(population, paste0("group=", arms[a], " ", key, " smd.original")), away[a + 1])
        distances <- rbind(distances, abs(away))
      }
    }
    for (v in covariates) if (anyNA(d[[v]])) {
      x <- as.numeric(is.na(d[[v]])); one <- smd(x, z, w)
      put(head(population, paste0("term=", v, " level=missing smd")), one)
      sizes <- c(sizes, abs(one)); failed <- failed + (abs(one) > 0.1)
      if (population != "all")
        distances <- rbind(distances, abs(svy_mean(x, w) - c(mean(x), mean(x[z == 0]), mean(x[z == 1]))) / denominator(x, z))
    }
    for (e in names(endpoints)) {
      fit <- coxph(as.formula(paste(endpoints[[e]], "~", paste0("`", covariates, "`", collapse = "+"))), d[z == 0, ],
                   control = coxph.control(eps = 1e-13, iter.max = 50, toler.chol = 1e-14))
      score <- predict(fit, d, type = "lp", reference = "zero"); one <- smd(score, z, w)
      put(head(population, paste0("term=(prognostic score) level=", e, " smd")), one)
      sizes <- c(sizes, abs(one)); failed <- failed + (abs(one) > 0.1)
    }
    if (population == "all") next
    put(head(population, "term=(gate) n"), length(sizes)); put(head(population, "term=(gate) n.failed"), failed)
    put(head(population, "term=(gate) worst"), max(sizes)); put(head(population, "term=(gate) passed"), failed == 0)
    put(head(population, "term=(mean) smd.original"), mean(distances[, 1]))
    for (a in 1:2) put(head(population, paste0("group=", arms[a], " term=(mean) smd.original")), mean(distances[, a + 1]))
  }
  columns
}

# ---- rotterdam: pairs by brute force; ATE weights, stabilised; overlap weights --------------------------------------

rotterdam <- cohort("rotterdam")
covariates <- c("age", "meno", "size", "grade", "nodes", "pgr", "er", "chemo", "year")
z <- rotterdam$hormon
rotterdam$size <- as.character(rotterdam$size)
model <- function(d, covariates, arm) glm(reformulate(paste0("`", covariates, "`"), arm), binomial, d,
                                          control = glm.control(epsilon = 1e-15, maxit = 50))
e <- fitted(model(rotterdam, covariates, "hormon"))
rows <- read.csv("tests/oracle/expected/rotterdam_rows.csv"); stopifnot(all(rows$treated == z))
stopifnot(max(abs(qlogis(e) - rows$linear)) < 1e-8)
weights <- list(all = ones(z), matched = as.numeric(rows$closest >= 0),
                `iptw-ate` = ifelse(z == 1, mean(z) / e, (1 - mean(z)) / (1 - e)))
columns <- tell("rotterdam", rotterdam, covariates, z, weights, 0:1,
                list(rfs = "Surv(rtime, recur)", os = "Surv(dtime, death)"), FALSE)
products <- list()
for (i in seq_along(columns$x)) for (j in i:length(columns$x)) {
  a <- names(columns$x)[i]; b <- names(columns$x)[j]
  if (i == j && is_binary(columns$x[[i]])) next
  if (i != j && sub("=.*", "", a) == sub("=.*", "", b)) next
  products[[if (i == j) paste0(a, "^2") else paste0(a, ":", b)]] <- columns$x[[i]] * columns$x[[j]]
}
for (population in names(weights)) {
  sizes <- vapply(products, smd, 0, z, weights[[population]])
  head <- paste0("rotterdam balance population=", population, " term=")
  for (k in names(products)) put(paste0(head, k, " smd"), sizes[[k]])
  put(paste0(head, "(products) n"), length(sizes)); put(paste0(head, "(products) n.failed"), sum(abs(sizes) > 0.1))
}

# ---- lalonde: ATT weights ------------------------------------------------------------------------------------------

lalonde <- cohort("lalonde")
covariates <- c("age", "educ", "race", "married", "nodegree", "re74", "re75")
z <- lalonde$treat; e <- fitted(model(lalonde, covariates, "treat"))
invisible(tell("lalonde", lalonde, covariates, z, list(all = ones(z), `iptw-att` = ifelse(z == 1, 1, e / (1 - e))), 0:1))

# ---- lung: what is missing is compared before; complete cases alone have weights -------------------------------------

lung <- cohort("lung"); covariates <- c("age", "ph.ecog", "wt.loss", "meal.cal")
z <- as.numeric(lung$sex == 2); lung$dead <- lung$status == 2
complete <- complete.cases(lung[covariates]); w <- numeric(nrow(lung)); lung$z <- z
e <- fitted(model(lung[complete, ], covariates, "z")); P <- mean(z[complete])
w[complete] <- ifelse(z[complete] == 1, P / e, (1 - P) / (1 - e))
invisible(tell("lung", lung, covariates, z, list(all = ones(z), `iptw-ate` = w), 1:2, list(os = "Surv(time, dead)")))
