# SPDX-License-Identifier: GPL-3.0-or-later
# Moments of the simulated cohort from the same model written in R, for tests/unit/test_simulate.c.
# Run from the root of the repository (half a minute):
#   Rscript tests/oracle/simulate.R > tests/oracle/simulate_moments.h
# Made with R 4.2.2, survival 3.5-3.
suppressMessages(library(survival))
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
  tps <- tp
  for (i in which(is.finite(tp))) {
    g <- c(seq(2, 12, 2), seq(15, 72, 3)); g <- sort(pmax(g + runif(length(g), -.4, .4), .5))
    tps[i] <- g[which(g >= tp[i])[1]]
    if (is.na(tps[i]) || tps[i] > td[i]) tps[i] <- pmin(tp[i], td[i] - .03)
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
             trt = ifelse(rt == 1, trt, NA), os, dead, pfs, pev, lost = dead == 0 & cc < cadm)
}

median_of <- function(t, e) unname(summary(survfit(Surv(t, e) ~ 1))$table["median"])
at <- function(t, e, when) summary(survfit(Surv(t, e) ~ 1), when)$surv

moments <- function(d) with(d, c(
  SITE_1 = mean(site == 1), SITE_4 = mean(site == 4), INDEX_DAY = mean(idx), INDEX_DAY_SD = sd(idx),
  AGE = mean(age), AGE_SD = sd(age), MALE = mean(male), SMOKER = mean(smoke),
  SMOKER_MALE = mean(smoke * male), KPS = mean(kps), KPS_BELOW_80 = mean(kps < 80),
  KPS_FROM_90 = mean(kps >= 90), T_STAGE = mean(t_stage), T4 = mean(t_stage == 4),
  N_STAGE = mean(n_stage), N0 = mean(n_stage == 0),
  EBV_DETECTABLE = mean(det), EBV_HIGH = mean(ebv >= 4000), EBV_LOG = mean(log10(ebv + 1)),
  DFI_LOG = mean(log(dfi - 6)), DFI_SHORT = mean(dfi <= 12), LUNG_METS = mean(nl),
  LUNG_METS_SD = sd(nl), SINGLE = mean(nl == 1), OLIGO = mean(oligo), DIAMETER = mean(diam),
  BILATERAL = mean(bil), PLEURAL = mean(pleu), MEDIASTINAL = mean(medi), LIVER = mean(liver),
  BONE = mean(bone), LDH = mean(ldh), LDH_HIGH = mean(ldh > 250), NLR = mean(nlr), ALB = mean(alb),
  ALB_KPS = mean(alb * (kps < 80)), RESPONDER = mean(resp), RESPONDER_OLIGO = mean(resp * oligo),
  RT = mean(rt), RT_OLIGO = mean(rt * oligo), RT_LIVER = mean(rt * liver), RT_BONE = mean(rt * bone),
  RT_EBV = mean(rt * (ebv >= 4000)), RT_RESPONDER = mean(rt * resp), RT_KPS = mean(rt * (kps >= 90)),
  RT_2023 = mean(rt * (idx >= 19358)), RT_SITE_4 = mean(rt * (site == 4)),
  RT_START = median(trt, na.rm = TRUE), RT_START_MEAN = mean(ifelse(rt == 1, trt, 0)),
  PFS = mean(pfs), PFS_EVENT = mean(pev), PFS_3 = at(pfs, pev, 3), PFS_12 = at(pfs, pev, 12),
  PFS_24 = at(pfs, pev, 24), PFS_MEDIAN = median_of(pfs, pev),
  PFS_MEDIAN_RT = median_of(pfs[rt == 1], pev[rt == 1]),
  PFS_MEDIAN_NO_RT = median_of(pfs[rt == 0], pev[rt == 0]),
  OS = mean(os), OS_EVENT = mean(dead), OS_12 = at(os, dead, 12), OS_24 = at(os, dead, 24),
  OS_MEDIAN = median_of(os, dead), OS_24_RT = at(os[rt == 1], dead[rt == 1], 24),
  FOLLOW_UP = median_of(os, 1 - dead), LOST = mean(lost), PFS_IS_OS = mean(pfs == os & dead == 1)))

cohorts <- 100; n <- 4000
m <- t(sapply(seq_len(cohorts), function(k) moments(gen(n, seed = k))))
cat("/* SPDX-License-Identifier: GPL-3.0-or-later */\n")
cat("/* Made by tests/oracle/simulate.R with R 4.2.2 and survival 3.5-3: mean of each moment over", cohorts,
    "\n * cohorts of", n, "patients, and its standard deviation between such cohorts. */\n")
cat(sprintf("#define ORACLE_COHORTS %d\n#define ORACLE_PATIENTS %d\n\n", cohorts, n))
cat("enum moment {\n", sprintf("    %s,\n", colnames(m)), "    MOMENTS\n};\n\n", sep = "")
cat("static const struct {\n    const char *name;\n    double mean, sd;\n} oracle[MOMENTS] = {\n")
cat(sprintf("    [%s] = {\"%s\", %.8g, %.3g},\n", colnames(m), colnames(m), colMeans(m), apply(m, 2, sd)), sep = "")
cat("};\n")
