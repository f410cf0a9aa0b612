# SPDX-License-Identifier: GPL-3.0-or-later
# 1,000 bootstrap replicates of propensity model, matching and Cox model at 600 patients: the program as a
# process, files read and report written, against R's replicates alone, on the same cores in the same run.
#   Rscript --vanilla tests/bench/bench_bootstrap.R PROGRAM [REPLICATES of R, default 200, scaled up to 1,000]
#
# A replicate in R, written to be quick: patients drawn anew; glm.fit on rows of a model matrix that is made
# once; all pairs within the caliper, the closest taken first, by vectors but for the last greedy pass; coxph of
# overall survival on the arm in the matched. Replicates are spread over the cores by parallel::mclapply; R's start
# and reading are not counted. The program does more in a replicate: curves at three times, medians and the Cox model,
# in the whole cohort and in the pairs.
# Written for R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages({library(survival); library(parallel)})
arguments <- commandArgs(TRUE)
program <- arguments[1]
some <- if (length(arguments) > 1) as.integer(arguments[2]) else 200L
replicates <- 1000L
cores <- detectCores()

d <- read.csv("sample_data/cohort.csv", na.strings = "", stringsAsFactors = TRUE)
covariates <- c("age", "sex", "smoke", "kps", "t_stage", "n_stage", "dfi_mo", "oligo", "max_lung_mm", "lung_bilat",
                "pleural", "mediast_ln", "liver_met", "bone_met", "ebv_log10", "ldh", "nlr", "alb", "siteid", "index_year")
d <- d[complete.cases(d[, covariates]), ]
x <- model.matrix(reformulate(covariates), d)
z <- as.integer(d$arm == "GP+Tis+RT")

replicate_of <- function(r) {
  set.seed(r)
  row <- sample.int(nrow(x), replace = TRUE)
  z <- z[row]
  # A level that nobody has would leave the model without a maximum: glm.fit drops it, as collinear.
  logit <- suppressWarnings(glm.fit(x[row, ], z, family = binomial()))$linear.predictors
  spread <- sqrt((var(logit[z == 1]) + var(logit[z == 0])) / 2)
  one <- which(z == 1); zero <- which(z == 0)
  distance <- abs(outer(logit[one], logit[zero], "-"))
  near <- which(distance <= 0.2 * spread)
  near <- near[order(distance[near])]
  i <- one[(near - 1) %% length(one) + 1]; j <- zero[(near - 1) %/% length(one) + 1]
  taken <- logical(length(z))
  for (k in seq_along(i)) if (!taken[i[k]] && !taken[j[k]]) taken[c(i[k], j[k])] <- TRUE
  matched <- row[taken]
  coef(coxph(Surv(os_mo, os_event) ~ arm, d[matched, ]))
}

r_seconds <- system.time(values <- unlist(mclapply(seq_len(some), replicate_of, mc.cores = cores)))[["elapsed"]] *
  replicates / some
job <- paste(program, "sample_data/cohort.csv --study sample_data/nct07062484.yaml --endpoint os=os_mo,os_event",
             "--km --psm --bootstrap", replicates, "--format csv --quiet")
ours <- replicate(5, system.time(report <<- system(job, intern = TRUE))[["elapsed"]])
error <- grep("^cox,os,matched,arm,,arm,,,bootstrap.std.error", report, value = TRUE)
cat(sprintf("  %.3f s  the program, %d replicates (median of 5 processes)\n", median(ours), replicates))
cat(sprintf("  %.3f s  R, scaled up from %d replicates on %d cores\n", r_seconds, some, cores))
cat(sprintf("  ratio: %.1f\n", r_seconds / median(ours)))
cat(sprintf("  SE of the matched log hazard ratio: %s here, %.3f in R\n",
            sub(".*,", "", error), sd(values)))
