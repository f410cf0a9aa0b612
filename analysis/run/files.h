/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The files that a job reads and writes, by the table of options. */
#ifndef RWE_ANALYSIS_FILES_H
#define RWE_ANALYSIS_FILES_H

#include "rwe/analysis/job.h"

/**
 * That nothing is written over what is read, and no two things to one place: every option that writes
 * (RWE_OPTION_OUTPUT) against the cohort, every option that reads (RWE_OPTION_PATH), and the others that
 * write. A folder that is written stands for all that is in it. RWE_USAGE names both; RWE_NO_MEMORY.
 */
enum rwe_status rwe_files_check(const struct rwe_job *job, struct rwe_cohort_files cohort,
                                struct rwe_error *error);

#endif
