# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of the survival kernels on public cohorts: tests/oracle/survival_kernels.csv.
# R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/survival_kernels.R > tests/oracle/survival_kernels.csv
#
# One line a vector: its name, then its values. NA is written as nan.
invisible(Sys.setlocale("LC_COLLATE", "C")) # levels in order of bytes
suppressPackageStartupMessages(library(survival))

put <- function(name, value)
    cat(paste(c(name, ifelse(is.na(value), "nan", sprintf("%.17g", value))), collapse = ","), "\n",
        sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))

lung <- cohort("lung")
lung$event <- lung$status - 1
veteran <- cohort("veteran")
rotterdam <- cohort("rotterdam")
rotterdam$pair <- (seq_len(nrow(rotterdam)) - 1) %/% 2
rotterdam$w <- 0.5 + (rotterdam$pid %% 7) / 4
veteran$w <- 0.25 + (seq_len(nrow(veteran)) %% 5) / 2

# Kaplan–Meier ---------------------------------------------------------------------------------
km <- function(name, formula, data, types = "log-log") {
    for (type in types) {
        fit <- survfit(formula, data, conf.type = type)
        for (g in seq_along(fit$strata)) {
            one <- fit[g]
            key <- sprintf("km.%s.%d.", name, g - 1)
            if (type == types[1]) {
                put(paste0(key, "time"), one$time)
                put(paste0(key, "at_risk"), one$n.risk)
                put(paste0(key, "events"), one$n.event)
                put(paste0(key, "censored"), one$n.censor)
                put(paste0(key, "survival"), one$surv)
                put(paste0(key, "std_error"), one$surv * one$std.err)
            }
            put(paste0(key, type, ".low"), one$lower)
            put(paste0(key, type, ".high"), one$upper)
            q <- quantile(one, c(0.25, 0.5, 0.75))
            put(paste0(key, type, ".quantile"), rbind(q$quantile, q$lower, q$upper))
            put(paste0(key, type, ".median"), summary(one)$table[c("median", "0.95LCL", "0.95UCL")])
        }
    }
}
types <- c("log-log", "log", "plain", "logit", "arcsin")
km("lung", Surv(time, event) ~ sex, lung, types)
km("lung.followup", Surv(time, 1 - event) ~ sex, lung)
km("veteran", Surv(time, status) ~ celltype, veteran, types)
km("veteran.followup", Surv(time, 1 - status) ~ celltype, veteran)
fit <- survfit(Surv(dtime, death) ~ hormon, rotterdam, conf.type = "log-log")
for (g in 0:1) {
    at <- summary(fit[g + 1], times = seq(100, 6000, 100))
    put(sprintf("km.rotterdam.%d.at", g), at$surv)
    put(sprintf("km.rotterdam.%d.at.std_error", g), at$std.err)
}
at <- summary(survfit(Surv(time, event) ~ sex, lung, conf.type = "log-log")[1],
              times = c(5, 11, 200, 365, 700))
put("km.lung.0.at", rbind(at$time, at$surv, at$std.err, at$lower, at$upper, at$n.risk))

# Log-rank -------------------------------------------------------------------------------------
logrank <- function(name, formula, data) {
    fit <- survdiff(formula, data)
    key <- paste0("logrank.", name, ".")
    total <- function(x) if (is.matrix(x)) rowSums(x) else x
    put(paste0(key, "observed"), total(fit$obs))
    put(paste0(key, "expected"), total(fit$exp))
    put(paste0(key, "statistic"), fit$chisq)
    put(paste0(key, "df"), sum(total(fit$exp) > 0) - 1)
    put(paste0(key, "p"), fit$pvalue)
}
logrank("lung.sex", Surv(time, event) ~ sex, lung)
logrank("lung.ecog", Surv(time, event) ~ ph.ecog, lung)
logrank("lung.sex.inst", Surv(time, event) ~ sex + strata(inst), lung)
logrank("veteran.celltype", Surv(time, status) ~ celltype, veteran)
logrank("veteran.trt.celltype", Surv(time, status) ~ trt + strata(celltype), veteran)
logrank("rotterdam.hormon", Surv(dtime, death) ~ hormon, rotterdam)
logrank("rotterdam.size", Surv(dtime, death) ~ size, rotterdam)
logrank("rotterdam.size.meno", Surv(dtime, death) ~ size + strata(meno), rotterdam)
logrank("rotterdam.hormon.pair", Surv(dtime, death) ~ hormon + strata(pair), rotterdam)

# Upper tail of chi-square, far out --------------------------------------------------------------
grid <- expand.grid(x = c(0.001, 1, 3.84, 16.79, 100, 700, 1370), df = c(1, 2, 3, 10))
put("chisq.x", grid$x)
put("chisq.df", grid$df)
put("chisq.p", pchisq(grid$x, grid$df, lower.tail = FALSE))

# Cox ------------------------------------------------------------------------------------------
control <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-15)
cox <- function(name, formula, data, cluster = NULL, ...) {
    fit <- do.call(coxph, c(list(formula, data, control = control, cluster = cluster), list(...)))
    key <- paste0("cox.", name, ".")
    put(paste0(key, "estimate"), coef(fit))
    put(paste0(key, "covariance"), if (is.null(fit$naive.var)) fit$var else fit$naive.var)
    if (!is.null(fit$naive.var)) put(paste0(key, "robust"), fit$var)
    put(paste0(key, "loglik"), fit$loglik)
    put(paste0(key, "score"), fit$score)
    put(paste0(key, "wald"), fit$wald.test)
    put(paste0(key, "concordance"), fit$concordance["concordance"])
}
cox("lung.sex", Surv(time, event) ~ sex, lung)
cox("lung.sex.breslow", Surv(time, event) ~ sex, lung, ties = "breslow")
cox("lung.adjusted", Surv(time, event) ~ sex + age + ph.ecog, lung, robust = TRUE)
cox("lung.inst", Surv(time, event) ~ sex + age + strata(inst), lung, robust = TRUE)
cox("lung.cluster", Surv(time, event) ~ sex + age, lung[!is.na(lung$inst), ],
    cluster = na.omit(lung$inst))
dummies <- Surv(time, status) ~ I(celltype == "large") + I(celltype == "smallcell") +
    I(celltype == "squamous") + karno + age + I(trt - 1)
cox("veteran.adjusted", dummies, veteran, robust = TRUE)
cox("veteran.breslow", dummies, veteran, robust = TRUE, ties = "breslow")
cox("veteran.weighted", dummies, veteran, robust = TRUE, weights = veteran$w)
cox("veteran.weighted.breslow", dummies, veteran, robust = TRUE, weights = veteran$w, ties = "breslow")
cox("veteran.strata", Surv(time, status) ~ I(trt - 1) + karno + age + strata(celltype), veteran,
    robust = TRUE, weights = veteran$w)
cox("rotterdam.hormon", Surv(dtime, death) ~ hormon, rotterdam, robust = TRUE)
cox("rotterdam.cluster", Surv(dtime, death) ~ hormon, rotterdam, cluster = rotterdam$pair)
full <- Surv(dtime, death) ~ hormon + age + meno + grade + nodes + pgr + er + chemo +
    I(size == "20-50") + I(size == ">50")
cox("rotterdam.full", full, rotterdam, cluster = rotterdam$pair)
cox("rotterdam.full.weighted", full, rotterdam, cluster = rotterdam$pair, weights = rotterdam$w)
cox("rotterdam.pair", Surv(dtime, death) ~ hormon + age + strata(pair), rotterdam, cluster = rotterdam$pair)
