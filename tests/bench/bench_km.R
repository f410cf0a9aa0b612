# SPDX-License-Identifier: GPL-3.0-or-later
# The work of bench_km.c through R's survival (R 4.2.2, survival 3.5-3), on data of the same shape:
# nanoseconds a row. Its robust errors take time and memory by the square of the rows. From the root:
#   Rscript tests/bench/bench_km.R [largest n, default 1e4]
suppressPackageStartupMessages(library(survival))
largest <- as.numeric(c(commandArgs(TRUE), 1e4)[1])
for (n in c(600, 1e4, 1e5)) {
    if (n > largest) break
    set.seed(1)
    arm <- rbinom(n, 1, 0.5)
    failure <- rexp(n, exp(-0.5 * arm) / 10)
    censoring <- rexp(n, 1 / 20)
    y <- Surv(ceiling(30 * pmin(failure, censoring)) / 30, failure <= censoring)
    weight <- 0.5 + seq_len(n) %% 4
    pair <- (seq_len(n) - 1) %/% 2
    best <- function(name, expression) {
        taken <- min(replicate(if (n <= 600) 20 else 2, system.time(expression())[["elapsed"]]))
        cat(sprintf("%s,%d,%.1f\n", name, n, 1e9 * taken / n))
    }
    best("km.greenwood", function() survfit(y ~ arm, weights = weight, robust = FALSE))
    best("km.robust", function() survfit(y ~ arm, weights = weight, cluster = pair))
}
