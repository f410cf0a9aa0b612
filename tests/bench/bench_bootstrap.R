# SPDX-License-Identifier: GPL-3.0-or-later
# 1,000 bootstrap replicates of propensity model, matching and Cox model at 600 patients: the program as a
# process, files read and report written, against R's replicates alone, on the same cores in the same run.
#   Rscript --vanilla tests/bench/bench_bootstrap.R PROGRAM [REPLICATES of R, default 200, scaled up to 1,000]
#
# A replicate in R: patients drawn anew; glm; all pairs within the caliper, the closest taken first, by vectors
# but for the last greedy pass; coxph of overall survival on the arm in the matched. Once more as a script in a
# hurry has it, with glm.fit on rows of a model matrix that is made once. Replicates are spread over the cores by parallel::mclapply; R's start
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
d$z <- z <- as.integer(d$arm == "GP+Tis+RT")
model <- reformulate(covariates, "z")
x <- model.matrix(model, d)

replicate_of <- function(r, hurry) {
  set.seed(r)
  row <- sample.int(nrow(x), replace = TRUE)
  z <- z[row]
  # A level that nobody has would leave the model without a maximum: glm.fit drops it, as collinear.
  fit <- suppressWarnings(if (hurry) glm.fit(x[row, ], z, family = binomial())
                          else glm(model, binomial, d[row, ]))
  logit <- fit$linear.predictors
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

# Wall-clock seconds, and those of all cores together, which hold also where others use them too.
seconds <- function(expression) {
  taken <- system.time(expression)
  c(wall = taken[["elapsed"]], cores = sum(taken[c("user.self", "sys.self", "user.child", "sys.child")]))
}
job <- paste(program, "sample_data/cohort.csv --study sample_data/nct07062484.yaml --endpoint os=os_mo,os_event",
             "--km --psm --bootstrap", replicates, "--format csv --quiet")
r_seconds <- function(hurry)
  seconds(values <<- unlist(mclapply(seq_len(some), replicate_of, hurry, mc.cores = cores))) * replicates / some
r <- r_seconds(FALSE)
hurried <- r_seconds(TRUE)
ours <- apply(replicate(5, seconds(report <<- system(job, intern = TRUE))), 1, median)
error <- grep("^cox,os,matched,arm,,arm,,,bootstrap.std.error", report, value = TRUE)
tell <- function(what, t) cat(sprintf("  %6.2f s   %6.2f s   %s\n", t[["wall"]], t[["cores"]], what))
cat("      wall   all cores\n")
tell(sprintf("the program, %d replicates, median of 5 processes", replicates), ours)
told <- function(what, r) {
  tell(sprintf("R on %d cores, %s, scaled up from %d replicates", cores, what, some), r)
  cat(sprintf("  %6.1f     %6.1f     ratio\n", r[["wall"]] / ours[["wall"]], r[["cores"]] / ours[["cores"]]))
}
told("glm", r)
told("glm.fit", hurried)
cat(sprintf("  SE of the matched log hazard ratio: %.3f here, %.3f in R (its Monte Carlo error: %.3f)\n",
            as.numeric(sub(".*,", "", error)), sd(values), sd(values) / sqrt(2 * some)))
