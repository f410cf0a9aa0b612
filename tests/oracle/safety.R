# SPDX-License-Identifier: GPL-3.0-or-later
# Adverse events: classes, kinds, rates, cumulative incidence and phases, of the sample cohort and under
# overlap weights; read by tests/unit/test_safety.c. R 4.2.2, survival 3.5-3, cmprsk 2.2-11, survey 4.1-1.
#
#   Rscript tests/oracle/safety.R > tests/oracle/safety.csv
#
# Weights are known (--variance robust). survey's standard errors have the factor n / (n - 1), which the
# program has not: it is taken out.
suppressPackageStartupMessages({
    library(survey)
    library(survival)
    library(cmprsk)
})

out <- function(what, value) cat(sprintf("%s,%.17g\n", what, value))
cat("what,value\n")

d <- read.csv("sample_data/cohort.csv", stringsAsFactors = FALSE)
ae <- read.csv("sample_data/ae.csv", stringsAsFactors = FALSE)
covariates <- c("age", "sex", "smoke", "kps", "t_stage", "n_stage", "dfi_mo", "oligo", "max_lung_mm",
                "lung_bilat", "pleural", "mediast_ln", "liver_met", "bone_met", "ebv_log10", "ldh",
                "nlr", "alb", "siteid", "index_year")
d[d == ""] <- NA
d$treated <- as.integer(d$arm == "GP+Tis+RT")
names <- c("control", "treated")

# ---- who had what ----

subjects <- function(what, rows) {
    who <- d$usubjid %in% rows$usubjid
    for (a in 0:1) out(paste0(what, ".", names[a + 1], ".n"), sum(who[d$treated == a]))
}
gi <- ae[ae$ae_soc == "Gastrointestinal disorders", ]
subjects("soc.gi.any", gi)
subjects("soc.gi.3", gi[gi$ae_grade >= 3, ])
subjects("overview.discontinuation", ae[ae$ae_action == "discontinue", ])
subjects("overview.rt", ae[ae$ae_rel_rt > 0, ])
subjects("overview.rt.3", ae[ae$ae_rel_rt > 0 & ae$ae_grade >= 3, ])
hypo <- ae[ae$ae_term == "Hypothyroidism" & ae$ae_immune == 1, ]
subjects("immune.hypo", hypo)
subjects("immune.steroid", ae[ae$ae_immune == 1 & ae$ae_steroid == 1, ])
lung <- ae[ae$ae_term == "Pneumonitis", ]
set <- tapply(ifelse(lung$ae_rel_rt > 0, 1, 0), lung$usubjid, max) +
    2 * tapply(ifelse(lung$ae_rel_pd1 > 0, 1, 0), lung$usubjid, max)
for (k in 0:3) subjects(sprintf("pneumonitis.set%d", k), lung[set[lung$usubjid] == k, ])
for (k in 0:3)
    subjects(sprintf("pneumonitis.set%d.2", k), lung[set[lung$usubjid] == k & lung$ae_grade >= 2, ])
onset <- tapply(hypo$ae_start_mo, hypo$usubjid, min)[d$usubjid]
for (a in 0:1)
    for (k in 1:3)
        out(sprintf("onset.%s.%s", names[a + 1], c("q1", "median", "q3")[k]),
            quantile(onset[d$treated == a], k / 4, na.rm = TRUE))

# ---- rates ----

first <- function(rows) {
    t <- tapply(rows$ae_start_mo, rows$usubjid, min)[d$usubjid]
    d$event <- as.integer(!is.na(t))
    d$time <- ifelse(is.na(t), d$os_mo, t)
    d$status <- ifelse(d$event == 1, 1, ifelse(d$os_event == 1, 2, 0))
    d
}
rates <- function(what, rows) {
    x <- first(rows)
    n <- tapply(x$event, x$treated, sum)
    years <- tapply(x$time, x$treated, sum) / 1200
    for (a in 1:2) {
        ci <- poisson.test(n[a], years[a])$conf.int
        out(sprintf("rate.%s.%s.n", what, names[a]), n[a])
        out(sprintf("rate.%s.%s.estimate", what, names[a]), n[a] / years[a])
        out(sprintf("rate.%s.%s.low", what, names[a]), ci[1])
        out(sprintf("rate.%s.%s.high", what, names[a]), ci[2])
    }
    two <- poisson.test(rev(n), rev(years))
    out(sprintf("rate.%s.ratio", what), two$estimate)
    out(sprintf("rate.%s.ratio.low", what), two$conf.int[1])
    out(sprintf("rate.%s.ratio.high", what), two$conf.int[2])
}
severe <- ae[ae$ae_grade >= 3, ]
rates("pneumonitis", lung)
rates("any3", severe)

# ---- cumulative incidence ----

incidence <- function(what, rows) {
    x <- first(rows)
    ci <- timepoints(cuminc(x$time, x$status, x$treated), c(6, 24))
    for (a in 0:1) {
        line <- paste(a, 1)
        for (t in c("6", "24")) {
            out(sprintf("cif.%s.%s.%s", what, names[a + 1], t), ci$est[line, t])
            out(sprintf("cif.%s.%s.%s.se", what, names[a + 1], t), sqrt(ci$var[line, t]))
        }
    }
}
incidence("pneumonitis", lung)
incidence("any3", severe)

# ---- phases ----

rt <- d$rt_start_mo[match(lung$usubjid, d$usubjid)]
out("phase.before.n", length(unique(lung$usubjid[!is.na(rt) & lung$ae_start_mo <= rt])))
out("phase.after.n", length(unique(lung$usubjid[!is.na(rt) & lung$ae_start_mo > rt])))
low <- function(x) tapply(x$ae_start_mo, x$usubjid, min)[d$usubjid]
start <- ifelse(is.na(d$rt_start_mo), Inf, d$rt_start_mo)
in0 <- low(lung[is.na(rt) | lung$ae_start_mo <= rt, ])
in1 <- low(lung[!is.na(rt) & lung$ae_start_mo > rt, ])
t0 <- pmin(in0, start, d$os_mo, na.rm = TRUE)
t1 <- pmax(0, pmin(in1, d$os_mo, na.rm = TRUE) - start)
n <- c(sum(!is.na(in0)), sum(!is.na(in1)))
years <- c(sum(t0), sum(t1)) / 1200
for (s in 1:2) {
    ci <- poisson.test(n[s], years[s])$conf.int
    out(sprintf("state%d.n", s - 1), n[s])
    out(sprintf("state%d.rate", s - 1), n[s] / years[s])
    out(sprintf("state%d.low", s - 1), ci[1])
    out(sprintf("state%d.high", s - 1), ci[2])
}
two <- poisson.test(rev(n), rev(years))
out("state.ratio", two$estimate)
out("state.ratio.low", two$conf.int[1])

# ---- under overlap weights ----

x <- first(lung)
m <- x[complete.cases(x[covariates]), ]
p <- fitted(glm(reformulate(covariates, "treated"), binomial, m,
                control = glm.control(epsilon = 1e-14, maxit = 100)))
m$w <- ifelse(m$treated == 1, 1 - p, p)
m$years <- m$time / 1200
known <- sqrt((nrow(m) - 1) / nrow(m))
design <- svydesign(~1, weights = ~w, data = m)
log_se <- estimate <- c(NA, NA)
for (a in 0:1) {
    ratio <- svyratio(~event, ~years, subset(design, treated == a))
    estimate[a + 1] <- coef(ratio)
    log_se[a + 1] <- known * as.vector(SE(ratio)) / coef(ratio)
    out(sprintf("weighted.rate.%s", names[a + 1]), coef(ratio))
    out(sprintf("weighted.rate.%s.low", names[a + 1]),
        coef(ratio) * exp(-qnorm(0.975) * log_se[a + 1]))
}
r <- estimate[2] / estimate[1]
out("weighted.ratio", r)
out("weighted.ratio.high", r * exp(qnorm(0.975) * sqrt(sum(log_se^2))))
fit <- survfit(Surv(time, factor(status)) ~ treated, m, weights = w, id = usubjid)
s <- summary(fit, times = c(6, 24))
for (a in 0:1)
    for (k in 1:2) {
        line <- which(s$strata == paste0("treated=", a))[k]
        out(sprintf("weighted.cif.%s.%d", names[a + 1], c(6, 24)[k]), s$pstate[line, 2])
        out(sprintf("weighted.cif.%s.%d.se", names[a + 1], c(6, 24)[k]), s$std.err[line, 2])
    }

# ---- at the landmark of 6 months ----

rest <- d[d$os_mo > 6 & d$pfs_mo > 6, ]
later <- ae[ae$ae_start_mo > 6 & ae$usubjid %in% rest$usubjid, ]
arm <- as.integer(!is.na(rest$rt_start_mo) & rest$rt_start_mo <= 6)
who <- rest$usubjid %in% later$usubjid[later$ae_term == "Pneumonitis"]
for (a in 0:1) {
    out(sprintf("landmark.%s.of", names[a + 1]), sum(arm == a))
    out(sprintf("landmark.%s.n", names[a + 1]), sum(who[arm == a]))
}
