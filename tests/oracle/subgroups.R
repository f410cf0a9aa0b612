# SPDX-License-Identifier: GPL-3.0-or-later
# Hazard ratios in subgroups and tests of interaction: tests/oracle/subgroups.csv. R 4.2.2,
# survival 3.5-3. Run from the root of the repository (some minutes):
#   RWE=build/release/rwe-analyze Rscript tests/oracle/subgroups.R > tests/oracle/subgroups.csv
#
# all:     everybody, independent: coxph within the subgroup; likelihood ratio of the products.
# matched: pairs as the program exports them; cluster = pair; Wald's test from the sandwich.
# robust:  stabilised weights of glm, taken as known; the same test.
# strata:  everybody, stratified by the subgroups themselves.
# step:    every third woman; the sandwich with the step that estimated the weights. No formula of an
#          influence function is used: every woman has a case weight, 1, and the whole way from there
#          (logistic model, weights, Cox's model in the subgroup) is gone through again with hers
#          moved up and down, also where she is not in the subgroup.
suppressPackageStartupMessages(library(survival))

put <- function(name, ...) cat(paste(c(name, sprintf("%.17g", c(...))), collapse = ","), "\n", sep = "")

women <- read.csv("tests/oracle/data/rotterdam.csv")
women$old <- ifelse(women$age < 60, "<60", ">=60")
by <- c("size", "meno", "old")
control <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50)

wald <- function(fit, keep) {
    b <- coef(fit)[keep]
    sum(b * solve(vcov(fit)[keep, keep], b))
}

within <- function(name, d, w, cluster) {
    robust <- !is.null(cluster)
    d$w <- w
    d$cl <- if (robust) cluster else seq_len(nrow(d))
    fit <- function(formula, rows)
        if (robust) coxph(formula, d[rows, ], weights = w, cluster = cl, control = control)
        else coxph(formula, d[rows, ], control = control)
    for (v in c("overall", by)) {
        level <- if (v == "overall") rep("", nrow(d)) else as.character(d[[v]])
        for (l in sort(unique(level))) {
            rows <- level == l
            f <- fit(Surv(dtime, death) ~ hormon, rows)
            events <- tapply(d$death[rows], d$hormon[rows], sum)
            put(paste(name, v, l), coef(f), sqrt(vcov(f)), events, table(d$hormon[rows]))
        }
        if (v == "overall") next
        d$level <- factor(level)
        f <- fit(Surv(dtime, death) ~ hormon + level + hormon:level, TRUE)
        keep <- grep(":", names(coef(f)))
        statistic <- if (robust) wald(f, keep)
                     else 2 * (f$loglik[2] - fit(Surv(dtime, death) ~ hormon + level, TRUE)$loglik[2])
        put(paste(name, v), statistic, length(keep),
            pchisq(statistic, length(keep), lower.tail = FALSE))
    }
}

within("all", women, rep(1, nrow(women)), NULL)

# Strata of the subgroups themselves take the place of their columns.
with <- coxph(Surv(dtime, death) ~ hormon + hormon:size + strata(size), women, control = control)
without <- coxph(Surv(dtime, death) ~ hormon + strata(size), women, control = control)
statistic <- 2 * (with$loglik[2] - without$loglik[2])
put("strata size", statistic, 2, pchisq(statistic, 2, lower.tail = FALSE))

pairs <- tempfile()
program <- Sys.getenv("RWE", "build/release/rwe-analyze")
system2(program, c("tests/oracle/data/rotterdam.csv", "--id", "pid", "--arm", "hormon", "--endpoint",
                   "os=dtime,death", "--covariates", "age,meno,size,nodes", "--psm",
                   "--export-matched", pairs), stdout = FALSE)
pairs <- read.csv(pairs)
matched <- women[match(pairs$id, women$pid), ]
within("matched", matched, rep(1, nrow(matched)), pairs$pair)

weigh <- function(d, case = rep(1, nrow(d))) {
    fit <- suppressWarnings(glm(hormon ~ age + meno + size + nodes, binomial, d, weights = case,
                                epsilon = 1e-14, maxit = 50))
    p <- fitted(fit)
    share <- sum(case * d$hormon) / sum(case)
    ifelse(d$hormon == 1, share / p, (1 - share) / (1 - p))
}
within("robust", women, weigh(women), seq_len(nrow(women)))

# The way from case weights to the coefficients of interest.
third <- women[women$pid %% 3 == 0, ]
third$level <- factor(third$meno)
way <- function(case) {
    d <- third
    d$w <- weigh(d, case) * case
    inside <- coef(coxph(Surv(dtime, death) ~ hormon, d, weights = w, subset = level == "0",
                         control = control))
    both <- coef(coxph(Surv(dtime, death) ~ hormon + level + hormon:level, d, weights = w,
                       control = control))
    c(inside, both[3])
}
at <- way(rep(1, nrow(third)))
influence <- sapply(seq_len(nrow(third)), function(i) {
    moved <- function(h) { case <- rep(1, nrow(third)); case[i] <- 1 + h; way(case) }
    h <- 2e-3
    (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h)
})
se <- sqrt(rowSums(influence^2))
put("step meno 0", at[1], se[1])
put("step meno", (at[2] / se[2])^2, 1)
