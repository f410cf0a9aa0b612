/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A draft of a study (rwe/data/draft.h) from the files of a job, and whether it runs. */
#ifndef RWE_ANALYSIS_DRAFTING_H
#define RWE_ANALYSIS_DRAFTING_H

#include "rwe/analysis/job.h"
#include "rwe/data/draft.h"

/** A draft and the table that it was made from, which the caller closes. */
struct rwe_drafting {
    struct rwe_draft draft;
    struct rwe_table *table;
};

/**
 * Reads the files as the options say and guesses. Numbers with a decimal comma are found, and --decimal set. RWE_USAGE
 * for standard input, which cannot be read twice, and beside --study; else as rwe_job_run fails where files cannot be
 * read. Complaints of the files are in the job's.
 */
enum rwe_status rwe_job_draft(struct rwe_job *job, struct rwe_drafting *drafting,
                              struct rwe_error *error);

/** The text of the study file, tried out: `why_not` in it says why it does not run, if it does not. `study_path`: where
 * it will stand. In the job's arena; NULL when memory is out. */
const char *rwe_job_draft_text(struct rwe_job *job, const struct rwe_draft *draft,
                               const char *study_path, const char **why_not);

/** "rwe-analyze cohort.csv --study study.yaml", as a shell takes it. NULL when memory is out. */
const char *rwe_job_study_command(const struct rwe_job *job, const char *study_path);

#endif
