/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first section of every report: who was read, left out and compared. */
#ifndef RWE_ANALYSIS_COHORT_REPORT_H
#define RWE_ANALYSIS_COHORT_REPORT_H

#include "rwe/analysis/analysis.h"

enum rwe_status rwe_cohort_report(struct rwe_run *run, struct rwe_error *error);

#endif
