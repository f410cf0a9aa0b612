# SPDX-License-Identifier: GPL-3.0-or-later
# The work of bench_ph.c through cox.zph (R 4.2.2, survival 3.5-3), on data of the same shape:
# nanoseconds a row. From the root of the repository:
#   Rscript tests/bench/bench_ph.R [largest n, default 1e6]
suppressPackageStartupMessages(library(survival))
largest <- as.numeric(c(commandArgs(TRUE), 1e6)[1])
for (n in c(1e4, 1e5, 1e6)) {
    if (n > largest) break
    set.seed(1)
    x <- cbind(rbinom(n, 1, 0.5), matrix(rnorm(9 * n), n))
    failure <- rexp(n, exp(drop(x %*% rep(c(-0.5, 0.3), 5))) / 10)
    censoring <- rexp(n, 1 / 20)
    data <- data.frame(time = ceiling(30 * pmin(failure, censoring)) / 30,
                       event = failure <= censoring, x)
    fit <- coxph(Surv(time, event) ~ ., data, x = TRUE, y = TRUE)
    taken <- min(replicate(if (n <= 1e5) 5 else 1, system.time(cox.zph(fit))[["elapsed"]]))
    cat(sprintf("ph.10,%d,%.1f\n", n, 1e9 * taken / n))
}
