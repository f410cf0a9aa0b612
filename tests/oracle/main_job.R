# SPDX-License-Identifier: GPL-3.0-or-later
# The whole main job, `rwe-analyze sample_data/cohort.csv --km --psm`, as a good R script does it: for
# progression-free and overall survival, Kaplan-Meier curves with medians and rates, log-rank test and
# Cox model, in the whole cohort and in pairs matched by propensity score; and the balance of the covariates.
# For comparisons of speed and of results. Run from the root of the repository:
#   Rscript --vanilla tests/oracle/main_job.R sample_data/cohort.csv
# Written for R 4.2.2 and survival 3.5-3, and to be quick: base R's reader (data.table takes longer to
# load than to read 600 rows), glm.fit on one model matrix, matching only of pairs within the caliper.
# The last line, on standard error, is the time that the process has taken, R's start included.
suppressPackageStartupMessages(library(survival))

file <- commandArgs(TRUE)
if (length(file) != 1) stop("usage: Rscript main_job.R COHORT.csv")
cohort <- read.csv(file, na.strings = "", stringsAsFactors = FALSE)
treated <- "GP+Tis+RT"
endpoints <- list(pfs = c("pfs_mo", "pfs_event"), os = c("os_mo", "os_event"))
covariates <- c("age", "sex", "smoke", "kps", "t_stage", "n_stage", "dfi_mo", "oligo", "max_lung_mm", "lung_bilat",
                "pleural", "mediast_ln", "liver_met", "bone_met", "ebv_log10", "ldh", "nlr", "alb", "siteid", "index_year")
times <- c(12, 24, 36)
caliper_sd <- 0.2

survival_of <- function(d, endpoint, paired) {
  d$time <- d[[endpoints[[endpoint]][1]]]; d$event <- d[[endpoints[[endpoint]][2]]]
  cat("\n--", endpoint, if (paired) "in matched pairs" else "in the whole cohort", "\n")
  curves <- survfit(Surv(time, event) ~ arm, d, conf.type = "log-log")
  print(summary(curves)$table[, c("records", "events", "median", "0.95LCL", "0.95UCL")])
  rates <- summary(curves, times, extend = TRUE)
  print(data.frame(arm = rates$strata, time = rates$time, at.risk = rates$n.risk, survival = rates$surv,
                   lower = rates$lower, upper = rates$upper))
  follow_up <- survfit(Surv(time, 1 - event) ~ arm, d, conf.type = "log-log")
  print(summary(follow_up)$table[, "median"])
  test <- survdiff(Surv(time, event) ~ arm, d)
  cat("log-rank chi-square", test$chisq, "p", pchisq(test$chisq, 1, lower.tail = FALSE), "\n")
  fit <- if (paired) coxph(Surv(time, event) ~ treated, d, cluster = pair) else coxph(Surv(time, event) ~ treated, d)
  print(summary(fit)$conf.int)
}

# One column a covariate, or a level of one that is not a number; what is missing stays missing.
columns_of <- function(d) {
  x <- lapply(covariates, function(name) {
    v <- d[[name]]
    if (is.numeric(v)) return(matrix(v, dimnames = list(NULL, name)))
    levels <- sort(unique(v[!is.na(v)]))
    x <- outer(v, levels, "==") + 0
    colnames(x) <- paste0(name, "=", levels)
    x
  })
  do.call(cbind, x)
}

# Greedy 1:1 matching, the closest pair of all first. (MatchIt 4.5.1 cannot: its issue 163.)
match_pairs <- function(logit, z) {
  spread <- sqrt((var(logit[z == 1]) + var(logit[z == 0])) / 2)
  one <- which(z == 1); zero <- which(z == 0)
  distance <- abs(outer(logit[one], logit[zero], "-"))
  near <- which(distance <= caliper_sd * spread)
  near <- near[order(distance[near])]
  i <- one[(near - 1) %% length(one) + 1]; j <- zero[(near - 1) %/% length(one) + 1]
  pair <- integer(length(z)); pairs <- 0L
  for (k in seq_along(i)) {
    if (pair[i[k]] == 0L && pair[j[k]] == 0L) {
      pairs <- pairs + 1L
      pair[i[k]] <- pair[j[k]] <- pairs
    }
  }
  pair
}

smd <- function(x, z, scale) (colMeans(x[z == 1, , drop = FALSE]) - colMeans(x[z == 0, , drop = FALSE])) / scale
scale_of <- function(x, z) {
  share <- function(v) all(v %in% 0:1)
  spread <- function(m) ifelse(apply(m, 2, share), colMeans(m) * (1 - colMeans(m)), apply(m, 2, var))
  sqrt((spread(x[z == 1, ]) + spread(x[z == 0, ])) / 2)
}

cohort$treated <- as.integer(cohort$arm == treated)
for (endpoint in names(endpoints)) survival_of(cohort, endpoint, FALSE)

columns <- columns_of(cohort)
complete <- rowSums(is.na(columns)) == 0
cohort <- cohort[complete, ]; columns <- columns[complete, ]; z <- cohort$treated
cat("\n", sum(!complete), "patients without all covariates are left out of the propensity model\n")
first_levels <- !grepl("=", colnames(columns)) | duplicated(sub("=.*", "", colnames(columns)))
fit <- glm.fit(cbind(1, columns[, first_levels]), z, family = binomial())
cohort$pair <- match_pairs(fit$linear.predictors, z)
matched <- cohort$pair > 0
cat(sum(matched) / 2, "pairs\n\n")
scale <- scale_of(columns, z)
print(cbind(before = smd(columns, z, scale), after = smd(columns[matched, ], z[matched], scale)))
for (endpoint in names(endpoints)) survival_of(cohort[matched, ], endpoint, TRUE)

message(sprintf("%.3f s", proc.time()[["elapsed"]]))
