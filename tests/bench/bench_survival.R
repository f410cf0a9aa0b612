# SPDX-License-Identifier: GPL-3.0-or-later
# The work of bench_survival.c through R's survival (R 4.2.2, survival 3.5-3), on data of the same
# shape: nanoseconds a row. From the root of the repository:
#   Rscript tests/bench/bench_survival.R [largest n, default 1e5]
suppressPackageStartupMessages(library(survival))
largest <- as.numeric(c(commandArgs(TRUE), 1e5)[1])

best <- function(name, n, expression) {
    repeats <- if (n <= 1e4) 10 else 2
    taken <- min(replicate(repeats, system.time(expression())[["elapsed"]]))
    if (n <= 1e4)  # the clock ticks in milliseconds
        taken <- system.time(for (i in 1:10) expression())[["elapsed"]] / 10
    cat(sprintf("%s,%d,%.1f\n", name, n, 1e9 * taken / n))
}

for (n in c(600, 1e4, 1e5, 1e6)) {
    if (n > largest) break
    set.seed(1)
    x <- cbind(rbinom(n, 1, 0.5), matrix(rnorm(9 * n), n))
    log_hazard <- drop(x %*% rep(c(-0.5, 0.3), 5))
    failure <- rexp(n, exp(log_hazard) / 10)
    censoring <- rexp(n, 1 / 20)
    time <- ceiling(30 * pmin(failure, censoring)) / 30
    event <- failure <= censoring
    y <- Surv(time, event)
    arm <- x[, 1]
    best("table+km", n, function() survfit(y ~ arm, conf.type = "log-log"))
    best("table+logrank", n, function() survdiff(y ~ arm))
    best("cox.1", n, function() coxph(y ~ arm, robust = TRUE))
    best("cox.10", n, function() coxph(y ~ x, robust = TRUE))
    if (n <= 1e4) { # quadratic in survival 3.5-3 with weights: a minute at 1e5
        w <- 0.5 + (seq_len(n) %% 7) / 4
        best("cox.10.weighted", n, function() coxph(y ~ x, weights = w, robust = TRUE))
    }
    late <- Surv(time * (seq_len(n) %% 5) / 10, time, event)
    id <- seq_len(n)
    best("cox.10.entry", n, function() coxph(late ~ x, cluster = id))
}
