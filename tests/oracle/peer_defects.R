# SPDX-License-Identifier: GPL-3.0-or-later
# What peers print where tests/property/test_peer_defects.c asks for another number: tests/oracle/peer_defects.csv.
# R 4.2.2, survival 3.5-3, survey 4.1-1. From the root of the repository:
#   Rscript tests/oracle/peer_defects.R > tests/oracle/peer_defects.csv
#
# lung, complete in age and ph.ecog (n = 227), weighted for sex. Stabilised weights, as --iptw=ate has them.
# `place` is the rank of the time among all rows, ties in the order of rows (see design_survey.R).
suppressPackageStartupMessages({library(survival); library(survey)})
put <- function(name, value) cat(name, ",", sprintf("%.17g", value), "\n", sep = "")

d <- read.csv("tests/oracle/data/lung.csv")
d$place <- rank(d$time, ties.method = "first")
d <- d[complete.cases(d[, c("age", "ph.ecog")]), ]
n <- nrow(d)
d$z <- as.numeric(d$sex == 2)
d$dead <- d$status == 2
p <- fitted(glm(z ~ age + ph.ecog, binomial, d, control = glm.control(epsilon = 1e-15)))
d$w <- ifelse(d$z == 1, mean(d$z) / p, mean(1 - d$z) / (1 - p))
put("n", n)

# D1: survdiff has no weights, so a weighted curve gets this p in survminer and ggsurvfit.
put("d1.unweighted.p", pchisq(survdiff(Surv(time, dead) ~ z, d)$chisq, 1, lower.tail = FALSE))
score <- svylogrank(Surv(place, dead) ~ z, design = svydesign(~1, weights = ~w, data = d))
put("d1.svylogrank.statistic", score[[2]][["Chisq"]])

# D2, D3, D6: the fit with weights w and 10 w.
fit <- function(w) { d$.w <- w; coxph(Surv(time, dead) ~ z, d, weights = .w, robust = TRUE, model = TRUE,
                                      control = coxph.control(eps = 1e-13, toler.chol = 1e-14)) }
one <- fit(d$w); ten <- fit(10 * d$w)
put("d2.zph.w", cox.zph(one)$table["GLOBAL", "chisq"])
put("d2.zph.10w", cox.zph(ten)$table["GLOBAL", "chisq"])

# The robust score test of z g(t), g = 1 - S(t-) of all rows: rows split at every death.
S <- survfit(Surv(time, dead) ~ 1, d)
g <- function(t) 1 - c(1, S$surv)[findInterval(t, S$time, left.open = TRUE) + 1]
robust_zph <- function(w, model) {
  d$.w <- w; d$id <- seq_len(n)
  long <- survSplit(Surv(time, dead) ~ ., d, cut = sort(unique(d$time[d$dead])), end = "stop", event = "dead")
  long$zg <- long$z * (g(long$stop) - mean(g(d$time[d$dead])))
  at <- coxph(Surv(tstart, stop, dead) ~ z + zg, long, weights = .w, init = c(coef(model), 0), iter.max = 0,
              robust = FALSE)
  info <- solve(at$var)
  L <- rowsum(residuals(at, "score", weighted = TRUE), long$id)
  e <- L[, 2] - L[, 1] * info[1, 2] / info[1, 1]
  sum(L[, 2])^2 / sum(e^2)
}
put("d2.robust.w", robust_zph(d$w, one))
put("d2.robust.10w", robust_zph(10 * d$w, ten))
put("d3.lr.p.w", summary(one)$logtest[["pvalue"]])
put("d3.lr.p.10w", summary(ten)$logtest[["pvalue"]])
put("d3.wald.p", summary(one)$waldtest[["pvalue"]])
put("d3.wald.p.10w", summary(ten)$waldtest[["pvalue"]])

# D5: the caliper of 0.2 is 0.2 of this in MatchIt: of probabilities, over everybody.
put("d5.sd.all", sd(p))
logit <- qlogis(p)
put("d5.caliper", 0.2 * sqrt((var(logit[d$z == 1]) + var(logit[d$z == 0])) / 2))

# D6: where weights are whole numbers survfit takes them for replication: its errors at 50 of arm 0, as they come and
# with robust = TRUE. ATT weights of a 0/1 covariate are 1 and 3 here.
i <- 1:160
d <- data.frame(i, x = as.numeric(i > 80), time = (37 * i) %% 101 + 1, event = i %% 3 != 0)
d$z <- as.numeric(ifelse(d$x == 0, i %% 2 == 0, i %% 4 != 0))
d$w <- ifelse(d$z == 1 | d$x == 0, 1, 3)
control <- d[d$z == 0, ]
at50 <- function(...) summary(survfit(Surv(time, event) ~ 1, control, weights = w, ...), times = 50)$std.err
put("d6.replication", at50())
put("d6.robust", at50(robust = TRUE))
