# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of concordance, predictions, residuals and bent Fine-Gray models:
# tests/oracle/cox_more.csv. R 4.2.2, survival 3.5-3, cmprsk 2.2-11. Run from the root of the repository:
#   Rscript tests/oracle/cox_more.R > tests/oracle/cox_more.csv
#
# One line a vector: its name, then its values.
invisible(Sys.setlocale("LC_COLLATE", "C")) # levels in order of bytes
suppressPackageStartupMessages({library(survival); library(splines); library(cmprsk)})
put <- function(name, value) cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))
control <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-15)

lung <- cohort("lung")
lung$event <- lung$status - 1
lung$arm <- lung$sex - 1
lung <- lung[!is.na(lung$ph.ecog) & !is.na(lung$wt.loss), ]
veteran <- cohort("veteran")
veteran$arm <- veteran$trt - 1
gbsg <- cohort("gbsg")
gbsg$arm <- gbsg$hormon

# Uno's concordance up to tau ------------------------------------------------------------------
uno <- function(name, fit, tau) put(paste0("uno.", name),
    concordance(fit, timewt = "n/G2", ymax = tau)$concordance)
fit.lung <- coxph(Surv(time, event) ~ arm + age + factor(ph.ecog) + wt.loss, lung, control = control)
fit.veteran <- coxph(Surv(time, status) ~ arm + celltype + karno, veteran, control = control)
fit.gbsg <- coxph(Surv(rfstime, status) ~ arm + age + nodes + pgr, gbsg, control = control)
uno("lung", fit.lung, 600)
uno("veteran", fit.veteran, 300)
uno("gbsg", fit.gbsg, 1500)

# Fine and Gray's model with a spline: the arm, its error; the spline's quartiles, their error, Wald's test
bent <- function(name, d, time, cause, arm, x, other) {
    basis <- ns(x, 3)
    for (k in 1:2) {
        fit <- crr(time, cause, cbind(arm, basis, other), failcode = k, gtol = 1e-12)
        jump <- c(diff(predict(basis, quantile(x, c(.25, .75)))))
        b <- fit$coef[2:4]
        V <- fit$var[2:4, 2:4]
        put(sprintf("bent.%s.%d", name, k), c(fit$coef[1], sqrt(fit$var[1, 1]), sum(jump * b),
            sqrt(drop(jump %*% V %*% jump)), drop(b %*% solve(V, b))))
    }
}
mgus2 <- cohort("mgus2")
mgus2 <- mgus2[!is.na(mgus2$hgb), ]
with(mgus2, bent("mgus2", mgus2, etime, etype, sex == "M", age, hgb))
