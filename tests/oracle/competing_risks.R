# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers under competing risks on public cohorts: tests/oracle/competing_risks.csv.
# R 4.2.2, cmprsk 2.2-11, survival 3.5-3. Run from the root of the repository (seconds):
#   Rscript tests/oracle/competing_risks.R > tests/oracle/competing_risks.csv
#
# One line a vector: its name, then its values. NA is written as nan.
invisible(Sys.setlocale("LC_COLLATE", "C")) # levels in order of bytes
suppressPackageStartupMessages({ library(survival); library(cmprsk) })

put <- function(name, value)
    cat(paste(c(name, ifelse(is.na(value), "nan", sprintf("%.17g", value))), collapse = ","), "\n",
        sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))

rotterdam <- cohort("rotterdam")
rotterdam$etype <- with(rotterdam, ifelse(recur == 1, 1, ifelse(death == 1, 2, 0)))
rotterdam$etime <- with(rotterdam, ifelse(recur == 1, rtime, dtime))
mgus2 <- cohort("mgus2")
pbc <- cohort("pbc")
pbc$etime <- pbc$time
pbc$etype <- pbc$status
pbc <- pbc[!is.na(pbc$trt), ]

# Aalen–Johansen with Aalen's variance: both causes, each group, at times -----------------------
curve <- function(name, data, group, times) {
    fit <- cuminc(data$etime, data$etype, group)
    at <- timepoints(fit, times)
    levels <- sort(unique(group))
    put(sprintf("cuminc.%s.times", name), times)
    for (g in seq_along(levels)) for (cause in 1:2) {
        row <- paste(levels[g], cause)
        put(sprintf("cuminc.%s.%d.%d.estimate", name, g - 1, cause), at$est[row, ])
        put(sprintf("cuminc.%s.%d.%d.variance", name, g - 1, cause), at$var[row, ])
    }
}
curve("rotterdam", rotterdam, rotterdam$hormon, c(365, 730, 1826, 2500, 3652, 4500))
curve("mgus2", mgus2, mgus2$sex, c(1, 12, 60, 120, 240, 300))
curve("pbc", pbc, pbc$trt, c(200, 1000, 2000, 3000, 4000))

# The same with the infinitesimal jackknife: survfit at each time of the group -------------------
jackknife <- function(name, fit) {
    n <- length(fit$n)
    for (g in seq_len(n)) {
        one <- if (n > 1) fit[g, ] else fit
        for (state in 2:3) {
            key <- sprintf("jackknife.%s.%d.%d.", name, g - 1, state - 1)
            put(paste0(key, "estimate"), one$pstate[, state])
            put(paste0(key, "std_error"), one$std.err[, state])
        }
    }
}
state <- function(data) factor(data$etype, 0:2)
rotterdam$w <- 0.5 + (rotterdam$pid %% 7) / 4
mgus2$w <- 0.25 + (mgus2$id %% 5) / 2
rotterdam$hospital <- rotterdam$pid %% 40
rotterdam$entry <- ifelse(rotterdam$etime > 200, rotterdam$pid %% 150, 0)
mgus2$entry <- ifelse(mgus2$etime > 10, mgus2$id %% 8, 0)
pbc$row <- seq_len(nrow(pbc))
jackknife("pbc", survfit(Surv(etime, state(pbc)) ~ trt, pbc, id = row))
jackknife("mgus2", survfit(Surv(etime, state(mgus2)) ~ sex, mgus2, id = id))
jackknife("mgus2.weighted", survfit(Surv(etime, state(mgus2)) ~ sex, mgus2, id = id, weights = w))
jackknife("mgus2.entry", survfit(Surv(entry, etime, state(mgus2)) ~ sex, mgus2, id = id))
at <- seq(100, 5000, 100)
put("jackknife.rotterdam.times", at)
two <- function(name, fit, weight = 1, cluster = rotterdam$pid) for (g in 1:2) {
    one <- fit[g, ] # from time 0 on, as its influence
    last <- findInterval(at, one$time)
    member <- rotterdam$hormon == g - 1
    for (cause in 1:2) {
        influence <- fit$influence[[g]][, , cause + 1]
        influence <- rowsum(influence * rep(weight, length.out = nrow(rotterdam))[member], cluster[member])
        put(sprintf("jackknife.%s.%d.%d.estimate", name, g - 1, cause),
            one$pstate[last, cause + 1])
        put(sprintf("jackknife.%s.%d.%d.std_error", name, g - 1, cause),
            sqrt(colSums(influence^2))[last])
    }
}
# survfit 3.5-3 takes the argument `cluster` and goes on without it when there are several states:
# the influence of subjects is summed by hospital here.
two("rotterdam.clustered", survfit(Surv(etime, state(rotterdam)) ~ hormon, rotterdam, id = pid,
                                   weights = w, influence = TRUE), rotterdam$w, rotterdam$hospital)
two("rotterdam.entry", survfit(Surv(entry, etime, state(rotterdam)) ~ hormon, rotterdam, id = pid,
                               influence = TRUE))

# Gray's test: statistic and p of both causes ---------------------------------------------------
gray <- function(name, data, group, strata = NULL, rho = 0) {
    fit <- if (is.null(strata)) cuminc(data$etime, data$etype, group, rho = rho)
           else cuminc(data$etime, data$etype, group, strata, rho = rho)
    put(sprintf("gray.%s.statistic", name), fit$Tests[, "stat"])
    put(sprintf("gray.%s.df", name), fit$Tests[, "df"])
    put(sprintf("gray.%s.p", name), pchisq(fit$Tests[, "stat"], fit$Tests[, "df"], lower.tail = FALSE))
}
rotterdam$quarter <- rotterdam$pid %% 4
gray("rotterdam.hormon", rotterdam, rotterdam$hormon)
gray("rotterdam.hormon.rho1", rotterdam, rotterdam$hormon, rho = 1)
gray("rotterdam.size", rotterdam, rotterdam$size)
gray("rotterdam.hormon.meno", rotterdam, rotterdam$hormon, rotterdam$meno)
gray("rotterdam.quarter.size", rotterdam, rotterdam$quarter, rotterdam$size)
gray("mgus2.sex", mgus2, mgus2$sex)
mgus2$decade <- pmin(pmax(mgus2$age %/% 10, 5), 8)
gray("mgus2.decade", mgus2, mgus2$decade)
gray("mgus2.sex.decade", mgus2, mgus2$sex, mgus2$decade)
gray("pbc.trt", pbc, pbc$trt)
gray("pbc.stage", pbc, pbc$stage)
gray("pbc.trt.stage", pbc, pbc$trt, pbc$stage)

# Fine–Gray ------------------------------------------------------------------------------------
finegray_crr <- function(name, data, x, cause = 1, ...) {
    fit <- crr(data$etime, data$etype, x, failcode = cause, gtol = 1e-14, maxiter = 30, ...)
    put(sprintf("finegray.%s.estimate", name), fit$coef)
    put(sprintf("finegray.%s.robust", name), fit$var)
    put(sprintf("finegray.%s.covariance", name), fit$invinf)
    put(sprintf("finegray.%s.loglik", name), c(fit$loglik.null, fit$loglik))
}
finegray_crr("rotterdam.1", rotterdam, cbind(rotterdam$hormon))
finegray_crr("rotterdam.2", rotterdam, cbind(rotterdam$hormon), cause = 2)
with(rotterdam, finegray_crr("rotterdam.adjusted", rotterdam, cbind(hormon, age, nodes, meno)))
# On columns of standard deviation 1, put back after: on mgus2's as they are crr stops, not converged,
# in the eighth digit.
finegray_scaled <- function(name, data, x, cause = 1) {
    sd <- apply(x, 2, sd)
    fit <- crr(data$etime, data$etype, scale(x), failcode = cause, gtol = 1e-14, maxiter = 30)
    put(sprintf("finegray.%s.estimate", name), fit$coef / sd)
    put(sprintf("finegray.%s.robust", name), fit$var / outer(sd, sd))
}
with(rotterdam, for (cause in 1:2)
    finegray_scaled(sprintf("rotterdam.covariates.%d", cause), rotterdam,
                    cbind(hormon, age, nodes, grade), cause))
complete <- mgus2[!is.na(mgus2$hgb) & !is.na(mgus2$creat), ]
with(complete, finegray_scaled("mgus2.covariates", complete, cbind(sex == "M", age, hgb, creat)))
with(mgus2, finegray_crr("mgus2.1", mgus2, cbind(sex == "M")))
with(mgus2, finegray_crr("mgus2.2", mgus2, cbind(sex == "M", age), cause = 2))
with(pbc, finegray_crr("pbc.1", pbc, cbind(trt, age)))
with(pbc, finegray_crr("pbc.2", pbc, cbind(trt, age, bili, albumin, edema), cause = 2))
# Weights of censoring by group: cmprsk's estimate; its variance lets the censoring of a group speak
# for the competitors of all groups (crrvv's q), so that is not compared.
with(pbc, finegray_crr("pbc.by_group", pbc, cbind(trt, age), cause = 2, cengroup = trt))

# Weighted, where there are no ties, since finegray() breaks those otherwise than crr. Its argument
# `weights` leaves the censoring curve unweighted: the weights (halves) are copies of rows instead.
pbc$etime <- pbc$time + pbc$row / 1000
copies <- pbc[rep(pbc$row, 1 + pbc$row %% 4), ]
long <- finegray(Surv(etime, factor(etype, 0:2)) ~ ., copies, etype = "2")
fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ trt + bili, long, weights = fgwt, ties = "breslow",
             control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50))
put("finegray.pbc.weighted.estimate", coef(fit))
