# SPDX-License-Identifier: GPL-3.0-or-later
# Expected average hazard ratios: tests/oracle/ph_average.csv. R 4.2.2, survival 3.5-3. Run from the
# root of the repository:
#   Rscript tests/oracle/ph_average.R > tests/oracle/ph_average.csv
#
# Rows are split at every event time, so that coxph takes the weight S(t-)/G(t-) of the interval as
# a weight of the row; its sandwich by patient (or pair) is that of Lin and Wei. One line a vector:
# its name, then estimates and standard errors.
suppressPackageStartupMessages(library(survival))
put <- function(name, value) cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))
control <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-15)

before <- function(curve, t) c(1, curve$surv)[findInterval(t, curve$time, left.open = TRUE) + 1]

average <- function(name, time, event, x, ties = "efron", w = rep(1, length(time)),
                    cluster = seq_along(time)) {
    S <- survfit(Surv(time, event) ~ 1, weights = w)
    G <- survfit(Surv(time, 1 - event) ~ 1, weights = w)
    id <- seq_along(time)
    split <- survSplit(Surv(time, event) ~ id, data.frame(time, event, id),
                       cut = sort(unique(time[event == 1])), start = "start")
    split$w <- w[split$id] * before(S, split$time) / before(G, split$time)
    z <- x[split$id, , drop = FALSE]
    fit <- coxph(Surv(start, time, event) ~ z, split, weights = w, cluster = cluster[split$id],
                 ties = ties, control = control, timefix = FALSE)
    put(name, c(coef(fit), sqrt(diag(fit$var))))
    # The definition itself, by a search for the root.
    if (ncol(x) == 1 && ties == "breslow") {
        at <- time[event == 1]
        u <- function(beta) sum(before(S, at) / before(G, at) * (x[event == 1] - sapply(at, function(t)
            weighted.mean(x[time >= t], exp(beta * x[time >= t])))))
        root <- uniroot(u, c(-3, 3), tol = 1e-12)$root
        stopifnot(abs(root - coef(fit)) < 1e-9)
    }
}
lung <- cohort("lung")
lung <- lung[!is.na(lung$ph.ecog) & !is.na(lung$inst), ]
veteran <- cohort("veteran")
rotterdam <- cohort("rotterdam")
rotterdam$pair <- (seq_len(nrow(rotterdam)) - 1) %/% 2
some <- rotterdam[rotterdam$pair %% 7 == 0, ]

celltype <- model.matrix(~ factor(celltype, levels = sort(unique(celltype), method = "radix")), veteran)[, -1]
average("lung.sex", lung$time, lung$status - 1, as.matrix(lung["sex"]), "breslow")
average("lung", lung$time, lung$status - 1, as.matrix(lung[c("sex", "age", "ph.ecog")]))
average("veteran", veteran$time, veteran$status, cbind(veteran$trt, celltype, veteran$karno))
average("veteran.weighted", veteran$time, veteran$status, cbind(veteran$trt, celltype, veteran$karno),
        w = 0.25 + (seq_len(nrow(veteran)) %% 5) / 2, cluster = (seq_len(nrow(veteran)) - 1) %/% 2)
average("rotterdam.weighted", some$dtime, some$death,
        cbind(some$hormon, some$age, some$size == "<=20", some$size == ">50", some$nodes),
        w = 0.5 + (some$pid %% 7) / 4, cluster = some$pair)
