# SPDX-License-Identifier: GPL-3.0-or-later
# The main job on a large cohort in R, but for the matching: R has no exact greedy matching that would
# finish on a million rows (Debian's MatchIt 4.5.1 matches wrongly), so the matched sample is a random half of the
# smaller arm and as many controls, paired at random. R's time is therefore a lower bound.
#   Rscript --vanilla tests/bench/main_job_large.R FILE
# Written for R 4.2.2, survival 3.5-3, data.table 1.14.8.
suppressPackageStartupMessages({library(survival); library(data.table)})
started <- proc.time()[["elapsed"]]
told <- started
tell <- function(what) {
    now <- proc.time()[["elapsed"]]
    cat(sprintf("%8.2f s  %s\n", now - told, what), file = stderr())
    told <<- now
}
d <- as.data.frame(fread(commandArgs(TRUE)[1], nThread = 1))
tell("read")
covariates <- c("index_year", "age", "sex", "oligo", "liver_met", "bone_met", "ebv_log10", "alb")
d$z <- as.integer(d$arm == "GP+Tis+RT")
complete <- d[complete.cases(d[, covariates]) & !apply(d[, covariates] == "", 1, any), ]
fit <- glm(reformulate(covariates, "z"), binomial, complete)
tell("propensity model")
set.seed(1)
size <- floor(min(table(complete$z)) / 2)
matched <- rbind(complete[sample(which(complete$z == 1), size), ], complete[sample(which(complete$z == 0), size), ])
matched$pair <- rep(seq_len(size), 2)
for (e in c("pfs", "os"))
    for (paired in c(FALSE, TRUE)) {
        s <- if (paired) matched else d
        y <- Surv(s[[paste0(e, "_mo")]], s[[paste0(e, "_event")]])
        a <- survfit(y ~ z, s, conf.type = "log-log")
        b <- survfit(Surv(y[, 1], 1 - y[, 2]) ~ z, s, conf.type = "log-log")
        print(summary(a)$table); print(summary(b)$table)
        tell("Kaplan-Meier and follow-up")
        print(survdiff(y ~ z, s)$chisq)
        if (paired) print(survdiff(y ~ z + strata(pair), s)$chisq)
        tell("log-rank")
        m <- if (paired) coxph(y ~ z, s, cluster = pair) else coxph(y ~ z, s)
        print(coef(m))
        tell("Cox")
    }
smd <- function(x, t) (mean(x[t == 1]) - mean(x[t == 0])) / sqrt((var(x[t == 1]) + var(x[t == 0])) / 2)
print(sapply(d[, sapply(d, is.numeric)], function(x) smd(x[!is.na(x)], d$z[!is.na(x)])))
for (s in list(d, matched))
    for (v in covariates) if (is.numeric(s[[v]])) tapply(s[[v]], s$z, quantile, na.rm = TRUE) else table(s[[v]], s$z)
tell("balance and Table 1")
cat(sprintf("%8.2f s  in all\n", proc.time()[["elapsed"]] - started), file = stderr())
