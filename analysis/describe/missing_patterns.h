/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which covariates are missing together. */
#ifndef ANALYSIS_MISSING_PATTERNS_H
#define ANALYSIS_MISSING_PATTERNS_H

#include "rwe/data/cohort.h"

/** Lacks nothing. */
#define MISSING_NOTHING UINT32_MAX

/** The sets of covariates that some subject lacks, all of them and no others. */
struct missing_patterns {
    size_t n;             /**< the most frequent first */
    uint32_t *of_subject; /**< by subject: its pattern, or MISSING_NOTHING */
    size_t *size;         /**< by pattern: subjects */
    const char **label;   /**< by pattern: "smoke, kps" */
};

/** Linear in subjects × covariates, but for the sort of the patterns. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status missing_patterns_find(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                                      struct missing_patterns *patterns);

#endif
