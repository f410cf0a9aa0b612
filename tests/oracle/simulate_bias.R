# SPDX-License-Identifier: GPL-3.0-or-later
# What usual analyses make of a cohort whose truth is known: the table of hazard ratios of
# progression-free survival in sample_data/README.md. Run from the root of the repository (1 minute):
#   Rscript tests/oracle/simulate_bias.R
# Made with R 4.2.2, survival 3.5-3.
suppressMessages(library(survival))
source("tests/oracle/simulate_model.R")

# Pairs by brute force: treated from the largest logit down, nearest control not yet taken within the
# caliper. (MatchIt 4.5.1 ignores the caliper and misses the nearest control, its issue 163.)
nearest <- function(lp, z, caliper) {
  pair <- rep(NA_integer_, length(z)); k <- 0L; free <- z == 0
  for (i in which(z == 1)[order(-lp[z == 1])]) {
    d <- abs(lp - lp[i]); d[!free] <- Inf; j <- which.min(d)
    if (d[j] <= caliper) { k <- k + 1L; pair[c(i, j)] <- k; free[j] <- FALSE }
  }
  pair
}

covariates <- "age + I(kps < 80) + I(kps >= 90) + I(ebv >= 4000) + oligo + liver + bone + I(dfi <= 12) +
  I(ldh > 250) + I(nlr > 3) + pleu + factor(site) + I(idx >= 19358)"
model <- function(left, right = NULL) as.formula(paste(left, "~", paste(c(right, covariates), collapse = " + ")))
hr <- function(fit, term = "rt") unname(exp(coef(fit)[term]))

analyses <- function(d) {
  d$id <- seq_len(nrow(d))
  lp <- glm(model("rt"), binomial, d)$linear.predictors
  d$pair <- nearest(lp, d$rt, .2 * sqrt((var(lp[d$rt == 1]) + var(lp[d$rt == 0])) / 2))
  landmark <- subset(d, pfs > 6)
  landmark$rt <- as.integer(!is.na(landmark$trt) & landmark$trt <= 6)
  split <- tmerge(d, d, id = id, ev = event(pfs, pev))
  split <- tmerge(split, d, id = id, on_rt = tdc(trt))
  c("arms as they are" = hr(coxph(Surv(pfs, pev) ~ rt, d)),
    "adjusted" = hr(coxph(model("Surv(pfs, pev)", "rt"), d)),
    "matched pairs" = hr(coxph(Surv(pfs, pev) ~ rt, d, subset = !is.na(pair))),
    "landmark 6, adjusted" = hr(coxph(model("Surv(pfs - 6, pev)", "rt + resp"), landmark)),
    "time-dependent, adjusted" = hr(coxph(model("Surv(tstart, tstop, ev)", "on_rt + resp"), split), "on_rt"))
}

cohorts <- 400
over <- function(...) exp(rowMeans(log(suppressWarnings(sapply(seq_len(cohorts), function(k) analyses(gen(600, seed = k, ...)))))))
print(round(cbind("truth 0.70" = over(), "truth 1.00" = over(hr_rt_prog = 1, hr_rt_death = 1)), 2))
