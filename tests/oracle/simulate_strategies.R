# SPDX-License-Identifier: GPL-3.0-or-later
# Truths of the simulated study: every patient followed under each strategy, for
# tests/unit/test_simulate_strategy.c. The model is that of simulate_model.R, with what chance gives a patient
# kept apart from when radiotherapy begins. Run from the root of the repository (half a minute, 3 GB):
#   Rscript tests/oracle/simulate_strategies.R > tests/oracle/simulate_truths.h
# Made with base R 4.2.2.
N <- 1e6; CHUNK <- 1e5; G <- 9; TIMES <- c(12, 24, 36); TAUS <- c(24, 36)
expit <- function(x) 1 / (1 + exp(-x))
clamp <- function(x, low, high) pmin(pmax(x, low), high)

# Baseline, response, chance of radiotherapy.
patients <- function(n) {
  site <- sample(1:4, n, TRUE, c(.55, .20, .15, .10)); day <- floor(rbeta(n, 1.6, 1.2) * 1460)
  age <- round(clamp(rnorm(n, 49, 10.5), 19, 79)); kps <- sample(c(60, 70, 80, 90, 100), n, TRUE, c(.03, .09, .33, .48, .07))
  ebv <- rbinom(n, 1, .82) * (round(10^clamp(rnorm(n, 3.45, .95), 1.7, 6.8)) >= 4000)
  dfi <- 6 + rlnorm(n, log(15), .80); many <- pmin(1 + rnbinom(n, mu = 6, size = .75), 60) > 5; few <- !many
  pleu <- rbinom(n, 1, expit(-2.2 + .8 * many))
  liver <- rbinom(n, 1, expit(-2.2 + .7 * many + .5 * ebv)); bone <- rbinom(n, 1, expit(-2.0 + .5 * many + .4 * ebv))
  ldh <- rlnorm(n, log(190) + .20 * ebv + .15 * liver, .28); nlr <- rlnorm(n, log(2.9) + .15 * many, .48)
  lp <- .06 * (age - 49) / 10 + .45 * (kps < 80) + .35 * ebv - .45 * few + .40 * liver + .25 * bone +
    .30 * (dfi <= 12) + .30 * (ldh > 250) + .15 * (nlr > 3) + .25 * pleu
  resp <- rbinom(n, 1, expit(1.45 - .8 * lp))
  p_rt <- expit(-.70 + .9 * few - .8 * liver - .5 * bone + .5 * (kps >= 90) - .35 * ebv + .5 * resp +
    .35 * (day >= 914) + c(.2, -.3, .1, -.4)[site])
  data.frame(day, age, lp, resp, p_rt)
}
start <- function(n) clamp(rlnorm(n, log(4.3), .33), 1.5, 12)
natural_start <- function(x) ifelse(runif(nrow(x)) < x$p_rt, start(nrow(x)), Inf)
again <- function(draw, ok) { # each draw until it is as it must be
  out <- draw(TRUE)
  while (any(bad <- !ok(out))) out[bad] <- draw(bad)
  out
}
start_by <- function(n) again(function(i) start(if (isTRUE(i)) n else sum(i)), function(s) s <= G)
start_after <- function(x) again(function(i) natural_start(x[i, ]), function(s) s > G)

# What chance gives, then what comes of it with radiotherapy from `rt` on; hr: progression, death after it.
fates <- function(x) {
  n <- nrow(x); plan <- c(seq(2, 12, 2), seq(15, 72, 3))
  list(e = rexp(n), first = rexp(n, .0022 * exp(.6 * x$lp + .25 * (x$age - 49) / 10)), after = rexp(n, log(2) / 24 * exp(.7 * x$lp)),
       scan = matrix(rep(plan, each = n) + runif(n * length(plan), -.4, .4), n), cens = pmax(pmin(rexp(n, .0045), (1825 - x$day) / 30.4375), .1))
}
course <- function(x, f, rt, hr) {
  h <- log(2) / 11.8^1.3 * exp(.10 + x$lp - .25 * x$resp); late <- pmin(rt, 1e3)^1.3
  free <- (f$e / h)^(1 / 1.3)
  prog <- ifelse(free <= rt, free, suppressWarnings((late + (f$e - h * late) / (hr[1] * h))^(1 / 1.3)))
  death <- ifelse(prog < f$first, prog + f$after / ifelse(rt < prog, hr[2], 1), f$first)
  next_scan <- f$scan[cbind(seq_along(prog), pmin(1 + rowSums(f$scan < prog), ncol(f$scan)))]
  seen <- ifelse(next_scan >= prog & next_scan <= death, next_scan, prog); seen[prog >= f$first] <- Inf
  data.frame(pfs = pmin(pmax(seen, .07), pmax(death, .1)), os = pmax(death, .1))
}
one_begun <- function(x, hr) { # one course each, of who has begun by G and is free of progression at G
  out <- course(x, fates(x), start_by(nrow(x)), hr)
  while (any(bad <- out$pfs <= G)) { y <- x[bad, ]; out[bad, ] <- course(y, fates(y), start_by(nrow(y)), hr) }
  out
}

# Cox's model of the arm alone under the study's censoring (ties: hardly any).
hazard_ratio <- function(t1, t0, cens) {
  t <- c(t1, t0); c2 <- rep(cens, 2); a <- rep(1:0, each = length(t1)); o <- order(-pmin(t, c2)); event <- (t <= c2)[o]; a <- a[o]
  n1 <- cumsum(a)[event]; n0 <- cumsum(1 - a)[event]; d <- a[event]; b <- 0
  for (k in 1:20) { q <- n1 * exp(b) / (n1 * exp(b) + n0); b <- b + sum(d - q) / sum(q * (1 - q)) }
  exp(b)
}

set.seed(1)
cat("/* SPDX-License-Identifier: GPL-3.0-or-later */\n/* Made by tests/oracle/simulate_strategies.R with R 4.2.2:", format(N, scientific = FALSE),
    "patients a law, not\n * censored; hazard ratios of begun-9 against none-9 under the study's censoring. */\n")
cat("#define ORACLE_PATIENTS ", format(N, scientific = FALSE), "\n\n", sep = "")
cat("static const struct {\n    double hr_progression, hr_death;\n    enum rwe_strategy strategy;\n    bool os;\n    double survival[3], mean[2];\n} oracle[] = {\n")
ratios <- NULL
for (hr in list(c(.70, .90), c(1, 1))) {
  got <- replicate(ceiling(N / CHUNK), simplify = FALSE, {
    x <- patients(CHUNK); f <- fates(x); rt <- natural_start(x)
    natural <- course(x, f, rt, hr); begun <- natural; late <- rt > G & natural$pfs > G; begun[late, ] <- one_begun(x[late, ], hr)
    soon <- rt <= G; rt0 <- rt; rt0[soon] <- start_after(x[soon, ])
    list(NATURAL = natural, BEGUN = begun, NONE = course(x, f, rt0, hr), NEVER = course(x, f, rep(Inf, CHUNK), hr), cens = f$cens)
  })
  all_of <- function(s, e) unlist(lapply(got, function(g) g[[s]][[e]]))
  for (e in c("pfs", "os")) {
    for (s in c("NATURAL", "BEGUN", "NONE", "NEVER")) {
      t <- all_of(s, e)
      cat(sprintf("    {%.2f, %.2f, RWE_STRATEGY_%s, %s, {%s}, {%s}},\n", hr[1], hr[2], s, if (e == "os") "true" else "false",
                  paste(sprintf("%.5f", sapply(TIMES, function(u) mean(t > u))), collapse = ", "),
                  paste(sprintf("%.4f", sapply(TAUS, function(u) mean(pmin(t, u)))), collapse = ", ")))
    }
    ratios <- c(ratios, sprintf(" *   %.2f, %.2f: %s %.4f", hr[1], hr[2], e,
                                hazard_ratio(all_of("BEGUN", e), all_of("NONE", e), unlist(lapply(got, `[[`, "cens")))))
  }
}
cat("};\n\n/* Hazard ratios:\n", paste(ratios, collapse = "\n"), "\n */\n", sep = "")
