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

# Predicted survival at times: of one patient, S, low and high by time; standardised, S and its standard error by
# arm, then the difference's. Breslow's or Efron's jumps from coxph.detail, means less those of the columns.
predict_at <- function(name, fit, patient, times) {
    s <- summary(survfit(fit, newdata = patient), times = times)
    put(paste0("patient.", name), rbind(s$surv, s$lower, s$upper))
}
standard <- function(name, fit, data, times, cluster = seq_len(nrow(data))) {
    x <- lapply(0:1, function(a) { data$arm <- a; model.matrix(fit, data = data) })
    d <- coxph.detail(fit)
    centre <- colMeans(model.matrix(fit)) # the hazard of detail is that of the mean subject
    if (max(abs(centre - fit$means)) > 0) d$hazard <- d$hazard # R centres some columns at 0
    m <- matrix(d$means, ncol = length(coef(fit)))
    out <- sapply(times, function(t) {
        u <- d$time <= t
        base <- basehaz(fit, centered = FALSE)
        H <- max(c(0, base$hazard[base$time <= t]))
        scale <- H / sum(d$hazard[u]) # from detail's centring to x = 0
        v <- sum(d$varhaz[u]) * scale^2
        E <- colSums(d$hazard[u] * m[u, , drop = FALSE]) * scale
        S <- sapply(x, function(z) exp(-H * exp(drop(z %*% coef(fit)))))
        r <- sapply(x, function(z) exp(drop(z %*% coef(fit))))
        A <- colMeans(r * S)
        Q <- sapply(1:2, function(a) colMeans(r[, a] * S[, a] * (x[[a]] * H - rep(E, each = nrow(data)))))
        own <- rowsum(sweep(S, 2, colMeans(S)), cluster) / nrow(data)
        C <- outer(A, A) * v + t(Q) %*% vcov(fit) %*% Q + crossprod(own)
        c(colMeans(S), sqrt(diag(C)), sqrt(C[1, 1] + C[2, 2] - 2 * C[1, 2]))
    })
    put(paste0("standard.", name), out)
}
lung$ecog <- factor(lung$ph.ecog)
p.lung <- coxph(Surv(time, event) ~ arm + age + ecog + wt.loss, lung, control = control, x = TRUE)
usual <- with(lung, data.frame(age = mean(age), ecog = "1", wt.loss = mean(wt.loss)))
for (a in 0:1) {
    predict_at(paste0("lung.", a), p.lung, cbind(arm = a, usual), c(180, 365))
    predict_at(paste0("lung.given.", a), p.lung,
               cbind(arm = a, data.frame(age = 50, ecog = "2", wt.loss = usual$wt.loss)), c(180, 365))
}
standard("lung", p.lung, lung, c(180, 365))
p.gbsg <- coxph(Surv(rfstime, status) ~ arm + age + nodes + pgr, gbsg, ties = "breslow", control = control, x = TRUE)
standard("gbsg", p.gbsg, gbsg, c(365, 1500))
p.veteran <- coxph(Surv(time, status) ~ arm + celltype + karno, veteran, control = control, x = TRUE,
                   cluster = diagtime)
standard("veteran", p.veteran, veteran, c(30, 200), veteran$diagtime)
# In strata: each with its own baseline; the estimate alone.
p.strata <- coxph(Surv(time, status) ~ arm + karno + strata(celltype), veteran, control = control)
put("strata.veteran", sapply(0:1, function(a) {
    nd <- veteran; nd$arm <- a
    mean(sapply(seq_len(nrow(nd)), function(i) summary(survfit(p.strata, newdata = nd[i, ]), times = 100, extend = TRUE)$surv))
}))

# Residuals: of three subjects (rows 1, 5 and the last of the complete cases), martingale and deviance, then by
# term score, dfbeta; Schoenfeld's of those who die. The greatest dfbetas of the arm, with their rows.
rows <- c(1, 5, nrow(lung))
put("residual.martingale", residuals(p.lung, "martingale")[rows])
put("residual.deviance", residuals(p.lung, "deviance")[rows])
put("residual.score", t(residuals(p.lung, "score")[rows, ]))
put("residual.dfbeta", t(residuals(p.lung, "dfbeta")[rows, ]))
died <- lung[order(lung$time), ]; died <- which(died$event == 1)
sch <- residuals(p.lung, "schoenfeld")
first <- which(rownames(lung)[1] == rownames(lung[order(lung$time), ])[died])
put("residual.schoenfeld", sch[first, ])
dfb <- residuals(p.lung, "dfbetas")[, 1]
top <- order(-abs(dfb))[1:10]
put("residual.top", rbind(as.numeric(rownames(lung))[top], dfb[top]))
