# SPDX-License-Identifier: GPL-3.0-or-later
# Landmarks by subset and survival: tests/oracle/landmark.csv, read by tests/property/test_landmark_runs.c.
# R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/landmark.R > tests/oracle/landmark.csv
#
# sample_data/cohort.csv at 4, 6 and 9 months: who is free of every endpoint and still followed then; exposed is whose
# radiotherapy began by then; times less the landmark. Nobody who progressed at the first evaluation is left, so the
# level PD of the response, a covariate at the landmark, goes (droplevels).
#
# A line: landmark, what, values.
#   lost:     events before by arm in the end, censored before by the same, analysed by arm at the landmark, exposed later
#   arm, adjusted, overlap (endpoint in front): coef, se, robust se (overlap), hr, limits, events
#   test:     observed and expected by arm, statistic, p
#   km, weighted (arm in front): S at 6 and 12; km also its standard errors and log-log limits
#   ess:      of overlap weights, 1 - p and p of glm, complete cases, by arm
suppressPackageStartupMessages(library(survival))

put <- function(name, ...) {
    x <- c(...)
    cat(paste(c(name, ifelse(is.na(x), "NaN", sprintf("%.17g", x))), collapse = ","), "\n", sep = "")
}
control <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50)
covariates <- c("age", "sex", "oligo", "liver_met", "t_stage", "resp_m3")
right <- paste(covariates, collapse = " + ")
times <- c(6, 12)

put_cox <- function(name, f) {
    robust <- !is.null(f$naive.var)
    se <- sqrt(vcov(f)[1, 1])
    put(name, coef(f)[1], if (robust) sqrt(f$naive.var[1, 1]) else se, se, exp(coef(f)[1]),
        exp(coef(f)[1] + c(-1, 1) * qnorm(.975) * se), f$nevent)
}

curves <- function(name, d, limits) {
    f <- survfit(Surv(t, e) ~ z, d, weights = d$w, conf.type = "log-log")
    for (arm in 0:1) {
        s <- summary(f[arm + 1], times = times, extend = TRUE)
        put(paste(name, arm), s$surv, if (limits) c(s$std.err, s$lower, s$upper))
    }
}

endpoint <- function(L, d, complete, e) {
    at <- function(d) transform(d, t = d[[paste0(e, "_mo")]] - L, e = d[[paste0(e, "_event")]])
    name <- paste(L, e)
    a <- at(d)
    a$w <- 1
    put_cox(paste(name, "arm"), coxph(Surv(t, e) ~ z, a, control = control))
    put_cox(paste(name, "adjusted"), coxph(as.formula(paste("Surv(t, e) ~ z +", right)), a, control = control))
    test <- survdiff(Surv(t, e) ~ z, a)
    put(paste(name, "test"), test$obs, test$exp, test$chisq, pchisq(test$chisq, 1, lower.tail = FALSE))
    curves(paste(name, "km"), a, TRUE)
    a <- at(complete)
    put_cox(paste(name, "overlap"), coxph(Surv(t, e) ~ z, a, weights = w, robust = TRUE, control = control))
    curves(paste(name, "weighted"), a, FALSE)
}

landmark <- function(cohort, L) {
    free <- cohort$pfs_mo > L & cohort$os_mo > L
    event <- cohort$pfs_mo <= L & cohort$pfs_event == 1 | cohort$os_mo <= L & cohort$os_event == 1
    ever <- factor(cohort$arm, c("GP+Tis", "GP+Tis+RT"))
    cohort$z <- as.numeric(!is.na(cohort$rt_start_mo) & cohort$rt_start_mo <= L)
    d <- droplevels(cohort[free, ])
    put(paste(L, "lost"), table(ever[event]), table(ever[!event & !free]), table(d$z),
        sum(!is.na(d$rt_start_mo) & d$rt_start_mo > L))
    stopifnot(!"PD" %in% d$resp_m3, "PD" %in% cohort$resp_m3)
    complete <- d[complete.cases(d[covariates]), ]
    p <- fitted(glm(as.formula(paste("z ~", right)), binomial, complete,
                    control = glm.control(epsilon = 1e-15, maxit = 100)))
    complete$w <- ifelse(complete$z == 1, 1 - p, p)
    put(paste(L, "ess"), tapply(complete$w, complete$z, function(w) sum(w)^2 / sum(w^2)))
    for (e in c("pfs", "os")) endpoint(L, d, complete, e)
}

cohort <- read.csv("sample_data/cohort.csv", na.strings = "")
for (name in c("sex", "t_stage", "resp_m3")) cohort[[name]] <- factor(cohort[[name]])
for (L in c(4, 6, 9)) landmark(cohort, L)
