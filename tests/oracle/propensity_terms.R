# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of tests/property/test_propensity.c: tests/oracle/propensity_terms.csv. R 4.2.2, packages
# stats and splines. Run from the root of the repository:
#   Rscript tests/oracle/propensity_terms.R > tests/oracle/propensity_terms.csv
#
# One line a vector: its name, then its values. Of a term: estimate and standard error. The c-statistic is counted
# over all pairs.
suppressPackageStartupMessages(library(splines))
put <- function(name, value) cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))

# x: a data frame of columns, named as the terms are.
model <- function(name, y, x) {
    fit <- glm(y ~ ., binomial, x, control = glm.control(epsilon = 1e-15, maxit = 50))
    b <- coef(fit)
    se <- sqrt(diag(vcov(fit)))
    terms <- c("(Intercept)", names(x))
    stopifnot(length(terms) == length(b), !anyNA(b))
    for (j in seq_along(terms)) put(paste0(name, ".", terms[j]), c(b[j], se[j]))
    score <- predict(fit)
    d <- outer(score[y == 1], score[y == 0], "-")
    put(paste0(name, ".auc"), mean((d > 0) + (d == 0) / 2))
    invisible(fit)
}
bent <- function(name, v) {
    basis <- as.data.frame(unclass(ns(v, 3))[, 1:3])
    setNames(basis, paste0(name, "(spline ", 1:3, ")"))
}
columns <- function(...) data.frame(..., check.names = FALSE)

# Of a spline: the contrast of its quartiles with its error, and Wald's test of its columns.
spline <- function(name, fit, v, at) {
    basis <- ns(v, 3)
    q <- quantile(v, c(0.75, 0.25))
    c <- drop(predict(basis, q[1]) - predict(basis, q[2]))
    b <- coef(fit)[at]
    V <- vcov(fit)[at, at]
    wald <- drop(b %*% solve(V, b))
    put(name, c(sum(c * b), sqrt(drop(c %*% V %*% c)), wald, pchisq(wald, 3, lower.tail = FALSE)))
}

# Splines, products and a square ---------------------------------------------------------------
d <- cohort("rotterdam")
small <- 1 * (d$size == "<=20")
large <- 1 * (d$size == ">50")
fit <- model("rotterdam", d$hormon,
             columns(bent("age", d$age), meno = d$meno, "size=<=20" = small, "size=>50" = large, nodes = d$nodes,
                     "meno:nodes" = d$meno * d$nodes, "size=<=20:nodes" = small * d$nodes,
                     "size=>50:nodes" = large * d$nodes, "nodes^2" = d$nodes^2))
spline("rotterdam.age", fit, d$age, 2:4)

d <- cohort("gbsg")
age <- bent("age", d$age)
fit <- model("gbsg", d$hormon,
             columns(age, grade = d$grade, er = d$er,
                     setNames(age * d$grade, paste0(names(age), ":grade")), "grade^2" = d$grade^2))

# Indicators of missing values, each number set to its mean --------------------------------------
d <- cohort("lung")
filled <- function(v) ifelse(is.na(v), mean(v, na.rm = TRUE), v)
missing <- function(v) 1 * is.na(v)
put("lung.fill", c(mean(d$meal.cal, na.rm = TRUE), mean(d$wt.loss, na.rm = TRUE)))
fit <- model("lung", d$sex - 1,
             columns(age = d$age, meal.cal = filled(d$meal.cal), wt.loss = filled(d$wt.loss),
                     "meal.cal=missing" = missing(d$meal.cal), "wt.loss=missing" = missing(d$wt.loss)))

# A category, missing in the same patients as a number: one indicator says it for both.
d <- cohort("pbc")
stopifnot(all(is.na(d$hepato) == is.na(d$ascites)))
fit <- model("pbc", 1 * (d$sex == "m"),
             columns(age = d$age, "hepato=1" = 1 * (d$hepato %in% 1), ascites = filled(d$ascites),
                     "hepato=missing" = missing(d$hepato)))
