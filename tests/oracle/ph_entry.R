# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of the test of proportional hazards with late entry: tests/oracle/ph_entry.csv.
# R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/ph_entry.R > tests/oracle/ph_entry.csv
#
# One line a vector: its name, then statistic, df and p by term, then of all.
suppressPackageStartupMessages(library(survival))
put <- function(name, value) cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))
control <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-15)

# Artificial entries: a share of the rows was seen for less than that and drops out.
enter <- function(data, time, step, modulus) {
    data$entry <- (step * seq_len(nrow(data))) %% modulus
    data[data$entry < data[[time]], ]
}
lung <- enter(cohort("lung"), "time", 7, 60)
lung$event <- lung$status - 1
lung <- lung[!is.na(lung$ph.ecog) & !is.na(lung$inst), ]
rotterdam <- enter(cohort("rotterdam"), "dtime", 37, 2000)
heart <- cohort("heart")

zph <- function(name, formula, data, ...) {
    fit <- do.call(coxph, c(list(formula, data, control = control), list(...)))
    for (transform in c("km", "rank", "identity", "log"))
        put(sprintf("zph.%s.%s", name, transform), t(cox.zph(fit, transform)$table))
}
zph("lung", Surv(entry, time, event) ~ sex + age + ph.ecog, lung)
zph("lung.breslow", Surv(entry, time, event) ~ sex + age + ph.ecog, lung, ties = "breslow")
zph("lung.strata", Surv(entry, time, event) ~ sex + age + strata(inst), lung)
zph("rotterdam", Surv(entry, dtime, death) ~ hormon + age + nodes, rotterdam)
zph("heart", Surv(start, stop, event) ~ transplant + age + year + surgery, heart)

# The robust test: rows are split at every event time, so that g(t) x is a covariate, and coxph
# itself gives score residuals and information of the larger model at (beta, 0).
robust <- function(name, entry, time, event, x, transform, cluster) {
    w <- 0.25 + (seq_along(time) %% 5) / 2
    fit <- coxph(Surv(entry, time, event) ~ x, weights = w, control = control)
    p <- ncol(x)
    id <- seq_along(time)
    split <- survSplit(Surv(entry, time, event) ~ id, data.frame(entry, time, event, id),
                       cut = sort(unique(time[event == 1])))
    curve <- survfit(Surv(entry, time, event) ~ 1)
    g <- switch(transform, identity = identity,
                km = function(t) 1 - c(1, curve$surv)[findInterval(t, curve$time, left.open = TRUE) + 1])
    xs <- x[split$id, , drop = FALSE]
    z <- cbind(xs, xs * g(split$time))
    larger <- suppressWarnings(coxph(Surv(entry, time, event) ~ z, split, weights = w[split$id],
                    iter = 0, init = c(coef(fit), rep(0, p)), timefix = FALSE))
    I <- solve(if (is.null(larger$naive.var)) larger$var else larger$naive.var)
    L <- residuals(larger, "score", collapse = cluster[split$id], weighted = TRUE)
    b <- 1:p
    e <- L[, -b, drop = FALSE] - L[, b, drop = FALSE] %*% solve(I[b, b], I[b, -b])
    u <- colSums(L)[-b]
    one <- function(j) {
        statistic <- drop(u[j] %*% solve(crossprod(e)[j, j, drop = FALSE], u[j]))
        c(statistic, length(j), pchisq(statistic, length(j), lower.tail = FALSE))
    }
    put(paste("robust", name, transform, sep = "."), c(sapply(c(as.list(b), list(b)), one)))
}
for (transform in c("km", "identity")) {
    robust("lung", lung$entry, lung$time, lung$event, as.matrix(lung[c("sex", "age", "ph.ecog")]),
           transform, lung$inst)
    robust("heart", heart$start, heart$stop, heart$event,
           as.matrix(heart[c("transplant", "age", "year", "surgery")]), transform, heart$id)
}
