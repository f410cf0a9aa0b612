# SPDX-License-Identifier: GPL-3.0-or-later
# Variances of weighted estimates with the step that estimated the weights, and of rows that hang
# together in two ways: tests/oracle/mestimation.csv. R 4.2.2, survival 3.5-3, survey 4.1. Run from the
# root of the repository (a minute):
#   Rscript tests/oracle/mestimation.R > tests/oracle/mestimation.csv
#
# No formula of an influence function is used. Every subject has a case weight, 1; the whole way from
# there to the estimate (logistic model, propensity scores, weights, estimate) is gone through again
# with that of one subject moved up and down, and the difference (of fourth order) is its influence.
# `known` holds the weights as they are and moves only the subject's share in the last step. Variances
# are sums of squares of influences, over subjects or over clusters of four.
#
# One line a vector: its name, then its values.
suppressPackageStartupMessages({library(survival); library(survey)})

put <- function(name, value)
    cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")

all <- read.csv("tests/oracle/data/rotterdam.csv")
all <- all[all$pid %% 3 == 0, ]
n <- nrow(all)
z <- all$hormon
X <- cbind(1, all$age / 10, all$nodes / 10, all$meno, all$grade == 3)
cluster <- (seq_len(n) - 1) %/% 4
horizon <- c(1000, 2000)
tau <- 2500

propensity <- function(case, start) {
    gamma <- start
    for (step in 1:30) {
        p <- as.vector(plogis(X %*% gamma))
        move <- solve(crossprod(X, X * (case * p * (1 - p))), crossprod(X, case * (z - p)))
        gamma <- gamma + move
        if (max(abs(move)) < 1e-12) break
    }
    list(gamma = gamma, p = as.vector(plogis(X %*% gamma)))
}
weights_of <- list(
    ate = function(p, case) ifelse(z == 1, 1 / p, 1 / (1 - p)),
    stabilised = function(p, case) {
        share <- sum(case * z) / sum(case)
        ifelse(z == 1, share / p, (1 - share) / (1 - p))
    },
    overlap = function(p, case) ifelse(z == 1, 1 - p, p))

# Rows in ascending time, and where ties begin and end.
in_order <- function(time, event) {
    o <- order(time)
    t <- time[o]
    list(o = o, time = t, event = event[o], z = z[o], first = match(t, t),
         last = n + 1 - rev(match(rev(t), rev(t)))[seq_len(n)])
}
death <- in_order(all$dtime, all$death)
cause <- in_order(ifelse(all$recur == 1, all$rtime, all$dtime),
                  ifelse(all$recur == 1, 1, 2 * all$death))
at_risk <- function(v, s) rev(cumsum(rev(v)))[s$first]
# By distinct time: at risk and the weight of the events that `which` tells.
steps <- function(w, which, s) {
    ends <- unique(s$last)
    list(time = s$time[ends], n = at_risk(w, s)[ends], d = diff(c(0, cumsum(w * which)[ends])))
}
survival_of <- function(w, s) {
    at <- steps(w, s$event != 0, s)
    list(time = at$time, S = cumprod(ifelse(at$n > 0, 1 - at$d / at$n, 1)))
}
read <- function(curve, t) c(1, curve$S)[1 + findInterval(t, curve$time)]
area <- function(curve) {
    t <- c(0, curve$time[curve$time < tau], tau)
    sum(diff(t) * c(1, curve$S)[seq_len(length(t) - 1)])
}
incidence <- function(w, s, k, t) {
    any <- steps(w, s$event != 0, s)
    own <- steps(w, s$event == k, s)
    S <- cumprod(ifelse(any$n > 0, 1 - any$d / any$n, 1))
    sum((c(1, S)[seq_along(S)] * ifelse(any$n > 0, own$d / any$n, 0))[any$time <= t])
}
cox <- function(w, s) { # Breslow's ties
    beta <- 0
    for (step in 1:50) {
        r <- w * exp(beta * s$z)
        mean <- at_risk(r * s$z, s) / at_risk(r, s)
        move <- sum(w * s$event * (s$z - mean)) / sum(w * s$event * mean * (1 - mean))
        beta <- beta + move
        if (abs(move) < 1e-13) break
    }
    beta
}
logrank <- function(w, s) sum(w * s$event * (s$z - at_risk(w * s$z, s) / at_risk(w, s)))

estimates <- function(w) {
    d <- w[death$o]
    curves <- lapply(0:1, function(g) survival_of(d * (death$z == g), death))
    S <- sapply(curves, read, horizon)
    mean <- sapply(curves, area)
    c1 <- w[cause$o]
    F <- sapply(0:1, function(g) incidence(c1 * (cause$z == g), cause, 1, 2000))
    share <- sapply(0:1, function(g) sum((w * all$recur)[z == g]) / sum(w[z == g]))
    c(cox = cox(d, death), logrank = logrank(d, death), S0 = S[1:2, 1], S1 = S[1:2, 2],
      difference = S[1:2, 2] - S[1:2, 1], mean0 = mean[1], rmst = mean[2] - mean[1],
      F0 = F[1], F1 = F[2], share0 = share[1], share1 = share[2], risk = share[2] - share[1],
      log_ratio = log(share[2] / share[1]))
}

one <- rep(1, n)
start <- propensity(one, rep(0, ncol(X)))
h <- 0.01
influence <- function(pipeline) {
    t(sapply(seq_len(n), function(i) {
        at <- function(steps) {
            case <- one
            case[i] <- 1 + steps * h
            pipeline(case)
        }
        (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
    }))
}
put("n", n)
put("gamma", start$gamma)
for (kind in names(weights_of)) {
    make <- weights_of[[kind]]
    w <- make(start$p, one)
    whole <- influence(function(case)
        estimates(case * make(propensity(case, start$gamma)$p, case)))
    known <- influence(function(case) estimates(case * w))
    put(paste0(kind, ".weight"), w)
    value <- estimates(w)
    error <- function(psi) sqrt(colSums(psi^2))
    for (what in names(value)) {
        id <- paste(kind, what, sep = ".")
        put(paste0(id, ".estimate"), value[what])
        put(paste0(id, ".known"), error(known)[what])
        put(paste0(id, ".estimated"), error(whole)[what])
        put(paste0(id, ".known.clustered"), error(rowsum(known, cluster))[what])
        put(paste0(id, ".estimated.clustered"), error(rowsum(whole, cluster))[what])
    }
    # The survey package has weights as known, and n / (n - 1) more variance than the sum of squares.
    all$w <- w
    design <- svydesign(~1, weights = ~w, data = all)
    fit <- svycoxph(Surv(dtime, death) ~ hormon, design = design)
    put(paste0(kind, ".svycoxph.estimate"), coef(fit))
    put(paste0(kind, ".svycoxph.known"), sqrt(vcov(fit) * (n - 1) / n))
    share <- svyby(~recur, ~hormon, design, svymean)
    put(paste0(kind, ".svymean.known"), SE(share) * sqrt((n - 1) / n))
    logit <- svyciprop(~recur, subset(design, hormon == 1), method = "logit", df = Inf)
    put(paste0(kind, ".svyciprop.logit"), attr(logit, "ci"))
    test <- svylogrank(Surv(dtime, death) ~ hormon, design = design)
    put(paste0(kind, ".svylogrank.chi2"), test[[2]]["Chisq"])
}

# Matching with replacement: every treated subject and its two nearest controls, who may stand in many
# sets (Austin & Cafri 2020: three fits).
treated <- which(z == 1)
controls <- which(z == 0)
logit <- qlogis(start$p)
matched <- do.call(rbind, lapply(seq_along(treated), function(s) {
    near <- controls[order(abs(logit[controls] - logit[treated[s]]))[1:2]]
    data.frame(subject = c(treated[s], near), set = s, weight = c(1, 0.5, 0.5))
}))
rows <- cbind(all[matched$subject, ], matched)
rows$row <- seq_len(nrow(rows))
put("crossed.subject", matched$subject - 1)
put("crossed.set", matched$set - 1)
put("crossed.weight", matched$weight)
two_way <- function(variance) variance(rows$set) + variance(rows$subject) - variance(rows$row)
for (ties in c("efron", "breslow")) {
    fit <- function(code) coxph(Surv(dtime, death) ~ hormon, rows, weights = weight, cluster = code,
                                ties = ties, eps = 2e-12)
    put(paste0("crossed.", ties, ".estimate"), coef(fit(rows$set)))
    put(paste0("crossed.", ties, ".se"), sqrt(two_way(function(code) vcov(fit(code)))))
}
for (g in 0:1) {
    keep <- rows$hormon == g
    fit <- function(code) survfit(Surv(dtime, death) ~ 1, rows[keep, ], weights = weight,
                                  cluster = code[keep])
    at <- function(code) summary(fit(code), times = c(500, 1000, 2000, 2500))
    put(sprintf("crossed.S%d", g), at(rows$set)$surv)
    put(sprintf("crossed.S%d.se", g), sqrt(two_way(function(code) at(code)$std.err^2)))
}
