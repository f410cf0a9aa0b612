# SPDX-License-Identifier: GPL-3.0-or-later
# Expected facts of --psm in its variants: tests/oracle/psm_variants.csv. R 4.2.2, survival 3.5-3. Run from
# the root of the repository:
#   Rscript tests/oracle/psm_variants.R > tests/oracle/psm_variants.csv
#
# Matching by brute force over a list of all admissible pairs, from the definition in rwe/stats/match.h.
# MatchIt 4.5.1 of Debian 12 is no reference: it ignores the caliper (its issue 163).
suppressPackageStartupMessages(library(survival))
cat("cohort,case,fact,value\n")

# Scores and distances within 2^-30 of the largest score are tied, as in tests/oracle/propensity.R.
grid_of <- function(x) 2^(floor(log2(max(abs(x)))) - 30)
levelled <- function(x) {
  s <- x / grid_of(x); present <- -Inf
  for (i in order(x)) { if (s[i] - present > 1) present <- s[i]; s[i] <- present }
  s
}
pooled_sd <- function(x, z) sqrt((var(x[z == 1]) + var(x[z == 0])) / 2)

# All pairs (who looks, partner) that may be made: within the caliper, in one stratum. d is whole.
admissible <- function(score, focal, caliper, stratum, between = NULL) {
  a <- which(focal); b <- which(!focal); level <- levelled(score)
  gap <- round(abs(outer(level[a], level[b], "-")))
  near <- which(gap <= round(caliper / grid_of(score)) & outer(stratum[a], stratum[b], "=="), arr.ind = TRUE)
  p <- data.frame(a = a[near[, 1]], b = b[near[, 2]], d = gap[near])
  p$raw <- abs(score[p$a] - score[p$b])
  if (!is.null(between)) { p$raw <- between(p$a, p$b); p$d <- round(p$raw / max(p$raw) * 2^30) }
  p
}

# In rounds, in each the closest pair first; or all partners for everyone.
closest <- function(p, ratio, replace) {
  p <- p[order(p$d, p$a, p$b), ]
  if (replace) return(p[ave(p$d, p$a, FUN = seq_along) <= ratio, ])
  used <- logical(max(p$b)); taken <- logical(nrow(p))
  for (round in seq_len(ratio)) {
    served <- logical(max(p$a))
    for (k in seq_len(nrow(p))) if (!served[p$a[k]] && !used[p$b[k]]) {
      taken[k] <- served[p$a[k]] <- used[p$b[k]] <- TRUE
    }
  }
  p[taken, ]
}

# One row each time that somebody stands in a set; weights of who looks 1, of partners t / c scaled to their number.
rows_of <- function(pairs) {
  looks <- sort(unique(pairs$a))
  rows <- rbind(data.frame(i = looks, set = looks, w = 1, partner = FALSE),
                data.frame(i = pairs$b, set = pairs$a, w = 1 / ave(pairs$b, pairs$a, FUN = length), partner = TRUE))
  rows$w[rows$partner] <- rows$w[rows$partner] * length(unique(pairs$b)) / sum(rows$w[rows$partner])
  rows
}

put <- function(cohort, case, fact, value) cat(sprintf("%s,%s,%s,%.17g\n", cohort, case, fact, value), sep = "")

tell <- function(cohort, case, d, z, pairs, caliper, covariate, outcome) {
  rows <- rows_of(pairs); w <- tapply(rows$w, rows$i, sum); who <- as.integer(names(w)); x <- d[[covariate]]
  put(cohort, case, "psm caliper", caliper)
  put(cohort, case, "psm n.sets", length(unique(pairs$a)))
  put(cohort, case, "psm n.matched.treated", sum(z[who]))
  put(cohort, case, "psm n.matched.control", sum(1 - z[who]))
  put(cohort, case, "psm distance.total", sum(pairs$raw))
  for (arm in 0:1) {
    u <- w[z[who] == arm]
    put(cohort, case, sprintf("weights population=matched group=%d ess", arm), sum(u)^2 / sum(u^2))
    put(cohort, case, sprintf("weights population=matched group=%d max", arm), max(u))
  }
  mean_of <- function(arm) weighted.mean(x[who][z[who] == arm], w[z[who] == arm])
  put(cohort, case, sprintf("balance population=matched term=%s smd", covariate), (mean_of(1) - mean_of(0)) / pooled_sd(x, z))
  if (is.null(outcome)) return(invisible())
  rows$time <- d[[outcome[1]]][rows$i]; rows$event <- d[[outcome[2]]][rows$i]; rows$z <- z[rows$i]
  fit <- coxph(Surv(time, event) ~ z, rows, weights = w, cluster = set, eps = 1e-12, toler.chol = 1e-13)
  put(cohort, case, "cox endpoint=os population=matched model=arm term=arm estimate", coef(fit))
  if (!anyDuplicated(rows$i)) # somebody twice needs the two-way sandwich, by set and by subject
    put(cohort, case, "cox endpoint=os population=matched model=arm term=arm robust.se", sqrt(vcov(fit)[1, 1]))
}

variants <- function(cohort, d, z, formula, exact, covariate, outcome = NULL) {
  g <- glm(formula, binomial, d, control = glm.control(epsilon = 1e-14, maxit = 100), x = TRUE)
  logit <- unname(g$x %*% coef(g))[, 1]; ps <- unname(plogis(logit)); one <- rep(1, nrow(d))
  caliper <- 0.2 * pooled_sd(logit, z); width <- 0.2 * pooled_sd(ps, z)
  go <- function(case, pairs, caliper) tell(cohort, case, d, z, pairs, caliper, covariate, outcome)
  p <- admissible(logit, z == 1, caliper, one)
  go("ratio2", closest(p, 2, FALSE), caliper)
  go("ratio3", closest(p, 3, FALSE), caliper)
  go("replace", closest(p, 1, TRUE), caliper)
  go("ratio2 replace", closest(p, 2, TRUE), caliper)
  go("exact", closest(admissible(logit, z == 1, caliper, as.integer(interaction(d[exact]))), 1, FALSE), caliper)
  go("atc replace", closest(admissible(logit, z == 0, caliper, one), 1, TRUE), caliper)
  go("atc ratio2", closest(admissible(logit, z == 0, caliper, one), 2, FALSE), caliper)
  go("ps ratio2", closest(admissible(ps, z == 1, width, one), 2, FALSE), width)
  x <- g$x[, -1]; centred <- x; for (arm in 0:1) centred[z == arm, ] <- scale(x[z == arm, ], scale = FALSE)
  S <- solve(crossprod(centred) / (nrow(x) - 2))
  between <- function(a, b) { u <- x[a, ] - x[b, ]; sqrt(rowSums((u %*% S) * u)) }
  go("mahalanobis", closest(admissible(logit, z == 1, caliper, one, between), 1, FALSE), caliper)
}

rotterdam <- read.csv("tests/oracle/data/rotterdam.csv"); rotterdam <- rotterdam[order(rotterdam$pid), ]
variants("rotterdam", rotterdam, rotterdam$hormon, hormon ~ age + meno + size + grade + nodes + pgr + er + chemo + year,
         c("size", "meno"), "age", c("dtime", "death"))
lalonde <- read.csv("tests/oracle/data/lalonde.csv"); lalonde <- lalonde[order(lalonde$id, method = "radix"), ]
variants("lalonde", lalonde, lalonde$treat, treat ~ age + educ + race + married + nodegree + re74 + re75,
         c("race", "married"), "age")
