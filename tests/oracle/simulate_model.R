# SPDX-License-Identifier: GPL-3.0-or-later
# The model of src/simulator/simulate.c written in R, first and independently of it; the draws differ, the
# distributions do not. Sourced by simulate.R and simulate_bias.R. Time in months.
expit <- function(x) 1 / (1 + exp(-x))

gen <- function(n, seed, hr_rt_prog = 0.70, hr_rt_death = 0.90) {
  set.seed(seed)
  site <- sample(1:4, n, TRUE, c(.55, .20, .15, .10))
  idx <- as.Date("2020-07-01") + floor(rbeta(n, 1.6, 1.2) * 1460)
  cut <- as.Date("2025-06-30")
  age <- round(pmin(pmax(rnorm(n, 49, 10.5), 19), 79)); male <- rbinom(n, 1, .78)
  kps <- sample(c(60, 70, 80, 90, 100), n, TRUE, c(.03, .09, .33, .48, .07))
  t_stage <- sample(1:4, n, TRUE, c(.10, .20, .42, .28))
  n_stage <- sample(0:3, n, TRUE, c(.06, .22, .42, .30))
  det <- rbinom(n, 1, .82)
  ebv <- ifelse(det == 1, round(10^pmin(pmax(rnorm(n, 3.45, .95), 1.7), 6.8)), 0)
  dfi <- pmin(6 + rlnorm(n, log(15), .80), 180)
  nl <- pmin(1 + rnbinom(n, mu = 6, size = .75), 60); oligo <- as.integer(nl <= 5)
  diam <- pmin(pmax(rlnorm(n, log(18) + .06 * (nl > 5), .45), 10), 95)
  bil <- rbinom(n, 1, ifelse(nl == 1, 0, expit(-.6 + .25 * pmin(nl, 10))))
  pleu <- rbinom(n, 1, expit(-2.2 + .8 * (nl > 5))); medi <- rbinom(n, 1, .30)
  liver <- rbinom(n, 1, expit(-2.2 + .7 * (nl > 5) + .5 * (ebv >= 4000)))
  bone <- rbinom(n, 1, expit(-2.0 + .5 * (nl > 5) + .4 * (ebv >= 4000)))
  ldh <- rlnorm(n, log(190) + .20 * (ebv >= 4000) + .15 * liver, .28)
  nlr <- rlnorm(n, log(2.9) + .15 * (nl > 5), .48); alb <- rnorm(n, 42.5 - 1.5 * (kps < 80), 4)
  smoke <- rbinom(n, 1, ifelse(male == 1, .46, .05))
  lp <- .06 * (age - 49) / 10 + .45 * (kps < 80) + .35 * (ebv >= 4000) - .45 * oligo +
    .40 * liver + .25 * bone + .30 * (dfi <= 12) + .30 * (ldh > 250) + .15 * (nlr > 3) + .25 * pleu
  resp <- rbinom(n, 1, expit(1.45 - .8 * lp))
  trt <- pmin(pmax(rlnorm(n, log(4.3), .33), 1.5), 12)
  intent <- rbinom(n, 1, expit(-.70 + .9 * oligo - .8 * liver - .5 * bone + .5 * (kps >= 90) -
    .35 * (ebv >= 4000) + .5 * resp + .35 * (idx >= as.Date("2023-01-01")) + c(.2, -.3, .1, -.4)[site]))
  # progression: Weibull, its hazard switched at the start of radiotherapy
  a <- 1.30; b0 <- log(2) / 11.8^a * exp(.10)
  E <- rexp(n); H <- b0 * exp(lp - .25 * resp)
  t0 <- (E / H)^(1 / a)
  t1 <- ifelse(t0 <= trt | intent == 0, t0, (trt^a + (E - H * trt^a) / (H * hr_rt_prog))^(1 / a))
  d0 <- rexp(n, .0022 * exp(.6 * lp + .25 * (age - 49) / 10))
  tp <- ifelse(t1 < d0, t1, Inf)
  pp <- rexp(n, log(2) / 24 * exp(.7 * lp) * ifelse(intent == 1 & trt < tp, hr_rt_death, 1))
  td <- ifelse(is.finite(tp), tp + pp, d0)
  # progression is seen at the next scan, or shortly before death
  tps <- tp; symptoms <- rep(FALSE, n)
  for (i in which(is.finite(tp))) {
    g <- c(seq(2, 12, 2), seq(15, 72, 3)); g <- sort(pmax(g + runif(length(g), -.4, .4), .5))
    tps[i] <- g[which(g >= tp[i])[1]]
    if (is.na(tps[i]) || tps[i] > td[i]) { tps[i] <- pmin(tp[i], td[i] - .03); symptoms[i] <- TRUE }
  }
  tp <- tps
  rt <- as.integer(intent == 1 & trt < pmin(tp, d0))
  cadm <- as.numeric(cut - idx) / 30.4375; cc <- pmax(pmin(cadm, rexp(n, .0045)), .1)
  td <- pmax(td, .1); tp <- pmax(tp, .07)
  os <- pmin(td, cc); dead <- as.integer(td <= cc)
  pfs <- pmin(tp, td, cc); pev <- as.integer(pmin(tp, td) <= cc)
  rt <- as.integer(rt == 1 & trt < pfs)
  data.frame(site, idx = as.numeric(idx), age, male, kps, t_stage, n_stage, det, ebv, dfi, nl, oligo,
             diam, bil, pleu, medi, liver, bone, ldh, nlr, alb, smoke, resp, rt,
             trt = ifelse(rt == 1, trt, NA), os, dead, pfs, pev, lost = dead == 0 & cc < cadm,
             pd = tp < td & tp <= cc, pd_symptoms = symptoms & tp < td & tp <= cc)
}
