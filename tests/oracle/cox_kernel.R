# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of the Cox kernel beyond survival_kernels.R: delayed entry, rows in counting-process
# form, offsets, exact ties, robust score test, Firth's penalty, profile limits, baseline, residuals and
# Uno's concordance: tests/oracle/cox_kernel.csv. R 4.2.2, survival 3.5-3. From the root of the repository:
#   Rscript tests/oracle/cox_kernel.R > tests/oracle/cox_kernel.csv
#
# One line a vector: its name, then its values. NA is written as nan.
invisible(Sys.setlocale("LC_COLLATE", "C")) # levels in order of bytes
suppressPackageStartupMessages(library(survival))

put <- function(name, value)
    cat(paste(c(name, ifelse(is.na(value), "nan", sprintf("%.17g", value))), collapse = ","), "\n",
        sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))
control <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50)

lung <- cohort("lung")
lung$event <- lung$status - 1
lung$entry <- lung$time * (seq_len(nrow(lung)) %% 4) / 8
veteran <- cohort("veteran")
veteran$w <- 0.25 + (seq_len(nrow(veteran)) %% 5) / 2
veteran$entry <- floor(veteran$time * (seq_len(nrow(veteran)) %% 3) / 4)
rotterdam <- cohort("rotterdam")
rotterdam$pair <- (seq_len(nrow(rotterdam)) - 1) %/% 2
rotterdam$w <- 0.5 + (rotterdam$pid %% 7) / 4
rotterdam$entry <- floor(rotterdam$dtime * (rotterdam$pid %% 5) / 10)
heart <- cohort("heart")

cox <- function(name, fit) {
    put(paste0("cox.", name, ".estimate"), unname(coef(fit)))
    naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
    put(paste0("cox.", name, ".covariance"), naive)
    if (!is.null(fit$naive.var)) {
        put(paste0("cox.", name, ".robust"), fit$var)
        # coxph 3.5-3 leaves the offset out of its robust score test: no oracle there.
        if (is.null(fit$offset)) put(paste0("cox.", name, ".robust_score"), fit$rscore)
    }
    put(paste0("cox.", name, ".loglik"), fit$loglik)
    put(paste0("cox.", name, ".score"), fit$score)
    put(paste0("cox.", name, ".wald"), fit$wald.test)
    put(paste0("cox.", name, ".concordance"), fit$concordance[["concordance"]])
}

# Delayed entry --------------------------------------------------------------------------------
for (ties in c("efron", "breslow")) {
    cox(paste0("heart.", ties),
        coxph(Surv(start, stop, event) ~ age + year + surgery + transplant, heart, ties = ties,
              cluster = id, control = control))
    cox(paste0("lung.entry.", ties),
        coxph(Surv(entry, time, event) ~ sex + age, lung, ties = ties, cluster = seq_len(nrow(lung)),
              control = control))
    cox(paste0("veteran.entry.", ties),
        coxph(Surv(entry, time, status) ~ trt + karno + age + strata(celltype), veteran,
              weights = w, ties = ties, cluster = seq_len(nrow(veteran)), control = control))
    cox(paste0("rotterdam.entry.", ties),
        coxph(Surv(entry, dtime, death) ~ hormon + age + nodes + grade, rotterdam, weights = w,
              cluster = pair, ties = ties, control = control))
}

# Offset ---------------------------------------------------------------------------------------
cox("lung.offset", coxph(Surv(time, event) ~ sex + offset(age / 20), lung, robust = TRUE,
                         control = control))
cox("heart.offset", coxph(Surv(start, stop, event) ~ age + surgery + offset(0.7 * transplant), heart,
                          cluster = id, control = control))
cox("veteran.offset", coxph(Surv(time, status) ~ trt + offset(-karno / 25) + strata(celltype),
                            veteran, weights = w, robust = TRUE, control = control))

# Exact ties -----------------------------------------------------------------------------------
cox("lung.exact", coxph(Surv(ceiling(time / 30), event) ~ sex + age, lung, ties = "exact",
                        control = control))
cox("veteran.exact", coxph(Surv(ceiling(time / 7), status) ~ trt + karno + strata(celltype), veteran,
                           ties = "exact", control = control))
cox("heart.exact", coxph(Surv(start, stop, event) ~ age + surgery + transplant, heart,
                         ties = "exact", control = control))

# Residuals and prediction ---------------------------------------------------------------------
# By row of the CSV, except Schoenfeld: by time, then by row of the CSV (strata: not used there).
# survival 3.5-3 orders weighted Schoenfeld residuals by row: no oracle, so none with weights here.
residual <- function(name, fit, schoenfeld = TRUE) {
    key <- function(what) paste0("residual.", name, ".", what)
    put(key("martingale"), residuals(fit, "martingale"))
    put(key("deviance"), residuals(fit, "deviance"))
    put(key("score"), t(as.matrix(residuals(fit, "score"))))
    put(key("dfbeta"), t(as.matrix(residuals(fit, "dfbeta"))))
    if (!schoenfeld) return()
    put(key("schoenfeld"), t(as.matrix(residuals(fit, "schoenfeld"))))
    put(key("scaled"), t(as.matrix(residuals(fit, "scaledsch"))))
}
predicted <- function(name, fit, newdata) {
    curve <- survfit(fit, newdata = newdata)
    at <- curve$n.event > 0
    key <- function(what) paste0("predict.", name, ".", what)
    put(key("time"), curve$time[at])
    put(key("hazard"), curve$cumhaz[at])
    put(key("std_error"), curve$std.err[at])
    put(key("survival"), curve$surv[at])
}
for (ties in c("efron", "breslow")) {
    name <- function(what) paste0(what, ".", ties)
    fit <- coxph(Surv(time, event) ~ sex + age, lung, ties = ties, control = control)
    residual(name("lung"), fit)
    predicted(name("lung"), fit, data.frame(sex = 2, age = 50))
    fit <- coxph(Surv(start, stop, event) ~ age + surgery + transplant, heart, ties = ties,
                 control = control)
    residual(name("heart"), fit)
    predicted(name("heart"), fit, data.frame(age = 5, surgery = 1, transplant = 0))
    fit <- coxph(Surv(time, status) ~ trt + karno + strata(celltype), veteran, weights = w,
                 robust = TRUE, ties = ties, control = control)
    residual(name("veteran"), fit, schoenfeld = FALSE)
    predicted(name("veteran"), fit, data.frame(trt = 1, karno = 40, celltype = "large"))
}

# Firth's penalty ------------------------------------------------------------------------------
# No package here fits it: the penalised likelihood is maximised directly, with coxph giving the
# likelihood, its score and its information at a given coefficient vector, and the derivative of the
# penalty taken by Richardson's extrapolation of central differences.
penalised <- function(formula, data, ties) {
    environment(formula) <- environment() # where residuals() looks for `data`
    at <- function(beta) suppressWarnings(coxph(formula, data, ties = ties, init = beta,
                                                control = coxph.control(iter.max = 0)))
    logdet <- function(beta) -determinant(at(beta)$var)$modulus[1]
    slope <- function(beta, j) {
        central <- function(h) { e <- h * (seq_along(beta) == j); (logdet(beta + e) - logdet(beta - e)) / (2 * h) }
        h <- 0.01 / sqrt(diag(solve(at(beta)$var)))[j] * 5
        d <- sapply(h / 2^(0:4), central)
        for (k in 1:4) d <- (4^k * d[-1] - d[-length(d)]) / (4^k - 1)
        d
    }
    list(value = function(beta) { fit <- at(beta); fit$loglik[length(fit$loglik)] + logdet(beta) / 2 },
         climb = function(beta, free = seq_along(beta)) {
             for (i in 1:200) {
                 fit <- at(beta)
                 score <- colSums(as.matrix(residuals(fit, "score")))
                 for (j in free) score[j] <- score[j] + slope(beta, j) / 2
                 if (!length(free)) break
                 step <- solve(solve(fit$var)[free, free], score[free])
                 beta[free] <- beta[free] + step
                 if (max(abs(step) / sqrt(diag(fit$var))[free]) < 1e-11) break
             }
             beta
         },
         var = function(beta) at(beta)$var)
}
firth <- function(name, formula, data, ties = "efron", start) {
    l <- penalised(formula, data, ties)
    top <- l$climb(start)
    key <- function(what) paste0("firth.", name, ".", what)
    put(key("estimate"), top)
    put(key("covariance"), l$var(top))
    put(key("loglik"), c(l$value(0 * start), l$value(top)))
    se <- sqrt(diag(l$var(top)))
    limits <- sapply(seq_along(top), function(j) {
        free <- setdiff(seq_along(top), j)
        fall <- function(b) {
            beta <- top; beta[j] <- b
            sqrt(max(0, 2 * (l$value(top) - l$value(l$climb(beta, free)))))
        }
        root <- function(d) uniroot(function(b) fall(b) - qnorm(0.975),
                                    top[j] + sort(d * se[j] * c(1, 3)), extendInt = "yes",
                                    tol = 1e-10)$root
        c(root(-1), root(1), fall(0)^2)
    })
    put(key("profile"), limits)
}
firth("heart", Surv(start, stop, event) ~ age + surgery + transplant, heart, start = c(0, 0, 0))
firth("lung", Surv(time, event) ~ sex + age, lung, "breslow", start = c(0, 0))
firth("veteran", Surv(time, status) ~ trt + karno + strata(celltype), veteran[seq(1, 137, 2), ], start = c(0, 0))
separated <- veteran[veteran$celltype == "large", ]
separated$status[separated$prior == 10] <- 0
firth("separated", Surv(time, status) ~ prior10 + karno,
      transform(separated, prior10 = as.numeric(prior == 10)), start = c(0, 0))

# Profile likelihood ---------------------------------------------------------------------------
# By fits with the coefficient in an offset.
profiled <- function(name, y, x, strata = rep(1, nrow(x)), ties = "efron") {
    fit <- coxph(y ~ x + strata(strata), ties = ties, control = control)
    out <- sapply(seq_len(ncol(x)), function(j) {
        fall <- function(b) {
            z <- b * x[, j]
            other <- coxph(y ~ x[, -j] + offset(z) + strata(strata), ties = ties, control = control)
            sqrt(max(0, 2 * (fit$loglik[2] - other$loglik[2])))
        }
        se <- sqrt(fit$var[j, j])
        root <- function(d) uniroot(function(b) fall(b) - qnorm(0.975),
                                    coef(fit)[j] + sort(d * se * c(1, 3)), extendInt = "yes", tol = 1e-11)$root
        c(root(-1), root(1), fall(0)^2)
    })
    put(paste0("profile.", name), out)
}
profiled("lung", Surv(lung$time, lung$event), as.matrix(lung[c("sex", "age")]))
profiled("lung.exact", Surv(ceiling(lung$time / 30), lung$event), as.matrix(lung[c("sex", "age")]),
         ties = "exact")
profiled("heart", Surv(heart$start, heart$stop, heart$event),
         as.matrix(heart[c("age", "surgery", "transplant")]), ties = "breslow")
profiled("veteran", Surv(veteran$time, veteran$status), as.matrix(veteran[c("trt", "karno")]),
         veteran$celltype)

# Uno's concordance ----------------------------------------------------------------------------
uno <- function(name, y, score, tau) {
    put(paste0("uno.", name), concordance(y ~ score, timewt = "n/G2", reverse = TRUE,
                                          ymax = tau)$concordance)
    put(paste0("uno.", name, ".all"), concordance(y ~ score, timewt = "n/G2", reverse = TRUE)$concordance)
}
uno("lung", Surv(lung$time, lung$event), lung$age + 10 * (lung$sex == 1), 500)
uno("veteran", Surv(veteran$time, veteran$status), -veteran$karno, 200)
uno("rotterdam", Surv(rotterdam$dtime, rotterdam$death), rotterdam$nodes + rotterdam$age / 50, 3000)
