# SPDX-License-Identifier: GPL-3.0-or-later
# The work of bench_competing.c through R (R 4.2.2, survival 3.5-3, cmprsk 2.2-11), on data of the same
# shape: nanoseconds a row. crr is quadratic. From the root of the repository:
#   Rscript tests/bench/bench_competing.R [largest n, default 1e4]
suppressPackageStartupMessages({ library(survival); library(cmprsk) })
largest <- as.numeric(c(commandArgs(TRUE), 1e4)[1])

for (n in c(600, 1e4, 1e5, 1e6)) {
    if (n > largest) break
    set.seed(1)
    arm <- rbinom(n, 1, 0.5)
    failure <- rexp(n, exp(-0.5 * arm) / 10)
    censoring <- rexp(n, 1 / 20)
    time <- ceiling(30 * pmin(failure, censoring)) / 30
    cause <- ifelse(failure <= censoring, 1 + (runif(n) < 0.43), 0)
    taken <- function(name, expression)
        cat(sprintf("%s,%d,%.1f\n", name, n, 1e9 * system.time(expression())[["elapsed"]] / n))
    taken("table+cuminc.jackknife", function() survfit(Surv(time, factor(cause, 0:2)) ~ arm))
    taken("table+cuminc+gray", function() cuminc(time, cause, arm))
    if (n <= 1e4) taken("finegray.1", function() crr(time, cause, arm))
}
