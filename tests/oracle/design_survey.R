# SPDX-License-Identifier: GPL-3.0-or-later
# Weighted populations against the survey package, through the whole program: tests/oracle/design_survey.csv, read by
# tests/property/test_design_survey.c. R 4.2.2, survival 3.5-3, survey 4.1-1. From the root of the repository:
#   Rscript tests/oracle/design_survey.R > tests/oracle/design_survey.csv
#
# Weights come from glm; those of entropy balancing from their definition, by Newton's steps on the means. `place`, the
# rank of the time with ties in the order of rows, is what the tests of curves use: svylogrank takes Efron's hazards for
# tied deaths, and means of risk sets that are not his.
#
# What survey has otherwise, and is put back: its variances are n / (n - 1) times the sum of squares, and svylogrank
# squares what each score differs from the mean, as for a total. svykm is exp(-H), H of Nelson and Aalen, with the
# variance of H.
#
# A line a number: cohort, kind of weights, what, value.
suppressPackageStartupMessages({library(survival); library(survey)})
cat("cohort,weights,what,value\n")

put_all <- function(cohort, kind, values) {
  for (what in names(values))
    cat(sprintf("%s,%s,%s,%.17g\n", cohort, kind, what, values[[what]]))
}

# exp(l'x) for one arm, so that its means are those of everybody and its sum is its size.
entropy <- function(X, arm) {
  target <- colMeans(X); Z <- sweep(X, 2, target); Z <- sweep(Z, 2, apply(X, 2, sd), "/"); A <- Z[arm, , drop = FALSE]
  l <- rep(0, ncol(A))
  for (step in 1:100) {
    w <- exp(A %*% l)[, 1]; w <- w / sum(w); m <- colSums(w * A)
    if (max(abs(m)) < 1e-14) break
    move <- solve(crossprod(A, w * A) - tcrossprod(m), m)
    l <- l - move / max(1, max(abs(move)))
  }
  w * sum(arm)
}

kinds <- list(
  ate = function(p, z, X) ifelse(z, mean(z) / p, mean(!z) / (1 - p)),
  att = function(p, z, X) ifelse(z, 1, p / (1 - p)),
  ato = function(p, z, X) ifelse(z, 1 - p, p),
  matching = function(p, z, X) pmin(p, 1 - p) / ifelse(z, p, 1 - p),
  entropy = function(p, z, X) { w <- numeric(length(z)); w[z] <- entropy(X, z); w[!z] <- entropy(X, !z); w })

survival_of <- function(d, horizon) {
  n <- nrow(d)
  design <- svydesign(~1, weights = ~w, data = d)
  fit <- svycoxph(Surv(time, event) ~ z, design = design, control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50))
  score <- svylogrank(Surv(place, event) ~ z, design = design)[[1]]
  U <- score[, 1]
  out <- list(log.hr = coef(fit), robust.se = sqrt(vcov(fit)[1, 1] * (n - 1) / n),
              logrank = U^2 / (score[, 2]^2 * (n - 1) / n + U^2 / n))
  curves <- svykm(Surv(place, event) ~ z, design = design, se = TRUE)
  for (g in 1:2) for (t in horizon) {
    at <- findInterval(t, curves[[g]]$time)
    out[[sprintf("hazard.%d.%d", g - 1, t)]] <- -log(curves[[g]]$surv[at])
    out[[sprintf("error.%d.%d", g - 1, t)]] <- sqrt(curves[[g]]$varlog[at] * (n - 1) / n)
  }
  out
}

compare <- function(cohort, d, covariates, horizon = NULL) {
  if (!is.null(horizon)) d$place <- rank(d$time, ties.method = "first")
  d <- d[complete.cases(d[, covariates]), ]
  X <- model.matrix(reformulate(covariates), d)[, -1, drop = FALSE]
  p <- fitted(glm(d$z ~ X, binomial, control = glm.control(epsilon = 1e-15, maxit = 100)))
  for (kind in names(kinds)) {
    d$w <- kinds[[kind]](p, d$z, X)
    ess <- function(w) sum(w)^2 / sum(w^2)
    put_all(cohort, kind, list(ess.0 = ess(d$w[!d$z]), ess.1 = ess(d$w[d$z]), max = max(d$w)))
    if (!is.null(horizon)) put_all(cohort, kind, survival_of(d, horizon))
  }
}

rotterdam <- read.csv("tests/oracle/data/rotterdam.csv")
rotterdam$z <- rotterdam$hormon == 1
rotterdam$time <- rotterdam$dtime
rotterdam$event <- rotterdam$death
compare("rotterdam", rotterdam, c("age", "size", "grade", "nodes", "year"), c(500, 1000))

cohort <- read.csv("sample_data/cohort.csv")
cohort$z <- cohort$arm == "GP+Tis+RT"
cohort$time <- cohort$os_mo
cohort$event <- cohort$os_event
compare("cohort", cohort, c("age", "sex", "oligo", "liver_met", "n_lung_mets"), c(100, 200))

lalonde <- read.csv("tests/oracle/data/lalonde.csv")
lalonde$z <- lalonde$treat == 1
compare("lalonde", lalonde, c("age", "educ", "race", "married", "nodegree", "re74", "re75"))
