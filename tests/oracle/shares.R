# SPDX-License-Identifier: GPL-3.0-or-later
# Shares, means and quantiles under weights, as R's survey package has them; read by
# tests/unit/test_toxicity.c, test_response.c and test_table1.c. R 4.2.2, survey 4.1-1.
#
#   Rscript tests/oracle/shares.R > tests/oracle/shares.csv
#
# Weights are known (--variance robust). Standard errors of survey have the factor n / (n - 1), which the
# program has not: it is taken out.
suppressPackageStartupMessages(library(survey))

out <- function(what, value) cat(sprintf("%s,%.17g\n", what, value))
cat("what,value\n")

# ---- the cohort: toxicity and response under overlap weights ----

d <- read.csv("sample_data/cohort.csv", stringsAsFactors = FALSE)
ae <- read.csv("sample_data/ae.csv", stringsAsFactors = FALSE)
covariates <- c("age", "sex", "smoke", "kps", "t_stage", "n_stage", "dfi_mo", "oligo", "max_lung_mm",
                "lung_bilat", "pleural", "mediast_ln", "liver_met", "bone_met", "ebv_log10", "ldh",
                "nlr", "alb", "siteid", "index_year")
d[d == ""] <- NA
d$treated <- as.integer(d$arm == "GP+Tis+RT")
worst <- function(term) {
    rows <- if (is.null(term)) ae else ae[ae$ae_term == term, ]
    grade <- tapply(rows$ae_grade, rows$usubjid, max)
    ifelse(is.na(grade[d$usubjid]), 0, grade[d$usubjid])
}
d$any <- worst(NULL)
d$pneumonitis <- worst("Pneumonitis")
d$orr <- as.integer(d$resp_m3 %in% c("CR", "PR"))
m <- d[complete.cases(d[covariates]), ]
p <- fitted(glm(reformulate(covariates, "treated"), binomial, m,
                control = glm.control(epsilon = 1e-14, maxit = 100)))
m$w <- ifelse(m$treated == 1, 1 - p, p)

compare <- function(what, event, m) {
    m$event <- as.numeric(event)
    design <- svydesign(~1, weights = ~w, data = m)
    by <- svyby(~event, ~treated, design, svymean, covmat = TRUE)
    known <- sqrt((nrow(m) - 1) / nrow(m))
    diff <- svycontrast(by, quote(`1` - `0`))
    se <- known * SE(diff)
    est <- coef(diff)
    out(paste0(what, ".control.n"), sum(m$event[m$treated == 0]))
    out(paste0(what, ".control.n.weighted"), sum((m$w * m$event)[m$treated == 0]))
    out(paste0(what, ".control.percent"), 100 * coef(by)[1])
    out(paste0(what, ".treated.percent"), 100 * coef(by)[2])
    out(paste0(what, ".difference"), est)
    out(paste0(what, ".conf.low"), est - qnorm(0.975) * se)
    out(paste0(what, ".conf.high"), est + qnorm(0.975) * se)
    out(paste0(what, ".p.value"), 2 * pnorm(-abs(est / se)))
    # The difference is the coefficient of a linear model too.
    fit <- coef(svyglm(event ~ treated, design))[2]
    stopifnot(abs(fit - est) < 1e-10)
    logit <- qlogis(coef(by)[2])
    reach <- qnorm(0.975) * known * SE(by)[2] / (coef(by)[2] * (1 - coef(by)[2]))
    out(paste0(what, ".treated.low"), 100 * plogis(logit - reach))
    out(paste0(what, ".treated.high"), 100 * plogis(logit + reach))
}
compare("any3", m$any >= 3, m)
compare("pneumonitis", m$pneumonitis >= 1, m)
compare("orr", m$orr, m)
evaluable <- m[!is.na(m$resp_m3), ]
compare("orr.evaluable", evaluable$orr, evaluable)

# Quantiles of numbers without many ties, subjects in the program's order.
for (arm in 0:1) {
    a <- m[m$treated == arm, ]
    a <- a[order(a$usubjid), ]
    design <- svydesign(~1, weights = ~w, data = a)
    for (v in c("dfi_mo", "nlr")) {
        q <- svyquantile(reformulate(v), design, c(0.25, 0.5, 0.75), qrule = "hf7", ci = FALSE)[[1]]
        for (k in 1:3) out(sprintf("%s.%d.%s", v, arm, c("q1", "median", "q3")[k]), q[k])
    }
}

# ---- rotterdam: Table 1 under overlap weights ----

r <- read.csv("sample_data/rotterdam.csv", stringsAsFactors = FALSE)
p <- fitted(glm(hormon ~ age + meno + size + grade + nodes + pgr + er + chemo + year, binomial, r,
                control = glm.control(epsilon = 1e-14, maxit = 100)))
r$w <- ifelse(r$hormon == 1, 1 - p, p)
for (arm in 0:1) {
    a <- r[r$hormon == arm, ]
    a <- a[order(a$pid), ]
    design <- svydesign(~1, weights = ~w, data = a)
    for (v in c("age", "nodes")) {
        f <- reformulate(v)
        out(sprintf("%s.%d.mean", v, arm), coef(svymean(f, design)))
        out(sprintf("%s.%d.sd", v, arm), sqrt(coef(svyvar(f, design))))
        q <- svyquantile(f, design, c(0.25, 0.5, 0.75), qrule = "hf7", ci = FALSE)[[1]]
        for (k in 1:3) out(sprintf("%s.%d.%s", v, arm, c("q1", "median", "q3")[k]), q[k])
    }
    out(sprintf("meno.%d.percent", arm), 100 * coef(svymean(~meno, design)))
    out(sprintf("size.%d.percent", arm), 100 * coef(svymean(~I(size == ">50"), design))[2])
    out(sprintf("ess.%d", arm), sum(a$w)^2 / sum(a$w^2))
}
