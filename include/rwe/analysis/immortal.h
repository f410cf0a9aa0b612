/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Whether the arms of a run depend on what happened after time zero. See immortal.md. */
#ifndef RWE_ANALYSIS_IMMORTAL_H
#define RWE_ANALYSIS_IMMORTAL_H

#include "rwe/analysis/analysis.h"

/** What stands over every comparison of such arms: "Biased reference: not for inference". */
extern const char rwe_immortal_banner[];

/** Whether exposure starts after time zero in any subject (Suissa, Am J Epidemiol 167:492, 2008). False for a
 * cohort at a landmark and for rows of time, which have no exposure_start. */
bool rwe_immortal_is_naive(const struct rwe_cohort *cohort);

#endif
