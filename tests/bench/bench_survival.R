# SPDX-License-Identifier: GPL-3.0-or-later
# The work of bench_survival.c through survival and cmprsk, on the same data (measured with R 4.2.2,
# survival 3.5-3, cmprsk 2.2-11, one thread). From the root:
#   Rscript --vanilla tests/bench/bench_survival.R FOLDER BUDGET ROWS...
# ROWS ascend. Prints name,rows,nanoseconds a row (median of several runs), or name,rows,over where a
# run is foreseen to take more than BUDGET seconds, by how the smaller sizes grew.
suppressPackageStartupMessages(library(survival))
have_cmprsk <- suppressPackageStartupMessages(require(cmprsk, quietly = TRUE))
argument <- commandArgs(TRUE)
folder <- argument[1]
budget <- as.numeric(argument[2])
sizes <- as.numeric(argument[-(1:2)])

elapsed <- function(run, times = 1) system.time(for (i in seq_len(times)) run())[["elapsed"]] / times

# Median of runs; many short ones make one, as the clock ticks in milliseconds.
typical <- function(run) {
    first <- elapsed(run)
    if (first > 5) return(first)
    times <- ceiling(0.1 / max(first, 0.001))
    median(replicate(if (first < 1) 5 else 3, elapsed(run, times)))
}

kernels <- function(n) {
    column <- matrix(readBin(file.path(folder, sprintf("%.0f.bin", n)), "double", 15 * n), n)
    time <- column[, 1]; cause <- column[, 2]; arm <- column[, 3]
    weight <- column[, 4]; pair <- column[, 5]; x <- column[, 6:15]
    y <- Surv(time, cause > 0)
    late <- Surv(time * ((seq_len(n) - 1) %% 5) / 10, time, cause > 0)
    states <- Surv(time, factor(cause, 0:2))
    tau <- time[n %/% 4 * 3 + 1]
    fit <- NULL
    cuminc_of <- function() survfit(states ~ arm)
    list(
        "table+km" = function() survfit(y ~ arm, conf.type = "log-log"),
        "table+km.robust" = function() survfit(y ~ arm, weights = weight, cluster = pair),
        "table+logrank" = function() survdiff(y ~ arm),
        "table+rmst" = function() survival:::survmean(survfit(y ~ arm), rmean = tau),
        "cox.10" = function() coxph(y ~ x),
        "cox.10.robust" = function() coxph(y ~ x, weights = weight, cluster = pair),
        "cox.10.entry" = function() coxph(late ~ x),
        "ph.10" = function() cox.zph(fit), # the model is made outside the clock: prepare
        "table+cuminc" = cuminc_of,
        "table+cuminc.robust" = cuminc_of,
        "table+gray" = if (have_cmprsk) function() cuminc(time, cause, arm),
        "finegray.1" = if (have_cmprsk) function() crr(time, cause, arm),
        "finegray.10" = if (have_cmprsk) function() crr(time, cause, x),
        prepare = function()
            fit <<- coxph(y ~ V1 + V2 + V3 + V4 + V5 + V6 + V7 + V8 + V9 + V10, as.data.frame(x),
                          x = TRUE, y = TRUE)
    )
}

spent <- list() # by kernel: seconds at the sizes so far
foreseen <- function(name, n) {
    past <- spent[[name]]
    if (is.null(past)) return(0)
    last <- nrow(past)
    power <- if (last < 2) 1 else
        max(1, log(past[last, 2] / past[last - 1, 2]) / log(past[last, 1] / past[last - 1, 1]))
    past[last, 2] * (n / past[last, 1])^power
}

over <- character() # never tried again: sizes ascend
for (n in sizes) {
    run <- kernels(n)
    run$prepare()
    for (name in setdiff(names(run), "prepare")) {
        if (is.null(run[[name]])) next
        if (name %in% over || foreseen(name, n) > budget) {
            over <- union(over, name)
            cat(sprintf("%s,%.0f,over\n", name, n))
            next
        }
        taken <- typical(run[[name]])
        spent[[name]] <- rbind(spent[[name]], c(n, taken))
        cat(sprintf("%s,%.0f,%.1f\n", name, n, 1e9 * taken / n))
    }
    rm(run)
    invisible(gc())
}
