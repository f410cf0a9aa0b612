/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The whole job: from settings and a file to a finished document. */
#ifndef RWE_ANALYSIS_JOB_H
#define RWE_ANALYSIS_JOB_H

#include "rwe/analysis/analysis.h"

struct rwe_job {
    const struct rwe_settings *settings;
    const char *cohort_file;    /**< path, or "-" */
    const char *study_file;     /**< path, or NULL */
    struct rwe_strings command; /**< for provenance */
    struct rwe_arena *arena;    /**< of the run: cohort and results */
    struct rwe_arena *document_arena;
    struct rwe_complaints *complaints; /**< for the caller to print, also when the run fails */
    struct rwe_progress progress;      /**< for long work; may be empty */
};

/**
 * Reads the files, builds the cohort and the designs, and runs the analyses that were asked for:
 * those of the command line; without any, those of the study file; without these too, table1 and
 * km. On failure the document is incomplete and must not be shown.
 */
enum rwe_status rwe_job_run(const struct rwe_job *job, struct rwe_document **document,
                            struct rwe_error *error);

/**
 * Reads a delimited file as the settings say and notes it among the inputs of the run. For analyses
 * that read a file of their own; the caller closes the table.
 */
enum rwe_status rwe_job_read_table(struct rwe_run *run, const char *path, struct rwe_table **table,
                                   struct rwe_error *error);

#endif
