# SPDX-License-Identifier: GPL-3.0-or-later
# Moments of the simulated cohort from the same model written in R, for tests/unit/test_simulate.c.
# Run from the root of the repository (half a minute):
#   Rscript tests/oracle/simulate.R > tests/oracle/simulate_moments.h
# Made with R 4.2.2, survival 3.5-3.
suppressMessages(library(survival))
source("tests/oracle/simulate_model.R")

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
  FOLLOW_UP = median_of(os, 1 - dead), LOST = mean(lost), PFS_IS_OS = mean(pfs == os & dead == 1),
  PROGRESSION = mean(pd), PROGRESSION_SYMPTOMS = mean(pd_symptoms)))

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
