# SPDX-License-Identifier: GPL-3.0-or-later
# The same job as `bench_ingest read FILE`, by data.table's fread on one thread.
#   Rscript tests/bench/bench_ingest.R FILE
# Made with R 4.2.2, data.table 1.14.8.
suppressMessages(library(data.table))
setDTthreads(1)
file <- commandArgs(trailingOnly = TRUE)[1]
times <- replicate(5, system.time(fread(file, nThread = 1, showProgress = FALSE))[["elapsed"]])
cat(sprintf("fread, one thread: %s; best of 5: %.3f s\n", paste(times, collapse = " "), min(times)))
