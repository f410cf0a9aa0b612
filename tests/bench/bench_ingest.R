# SPDX-License-Identifier: GPL-3.0-or-later
# The same job as `bench_ingest read FILE`, by data.table's fread on one thread: first all columns
# as numbers (doubles, as ours), then with the types that fread finds (mostly 4-byte integers).
#   Rscript tests/bench/bench_ingest.R FILE
# Made with R 4.2.2, data.table 1.14.8.
suppressMessages(library(data.table))
setDTthreads(1)
file <- commandArgs(trailingOnly = TRUE)[1]
time <- function(types) {
    s <- replicate(6, {
        gc()
        system.time(fread(file, nThread = 1, showProgress = FALSE, colClasses = types))[["elapsed"]]
    })
    sprintf("best %.3f s, median %.3f s", min(s), median(s))
}
cat("fread, one thread, doubles:  ", time("numeric"), "\n")
cat("fread, one thread, its types:", time(NULL), "\n")
