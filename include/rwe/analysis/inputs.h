/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The files of a run: read as the settings say, checked, and noted for its provenance. */
#ifndef RWE_ANALYSIS_INPUTS_H
#define RWE_ANALYSIS_INPUTS_H

#include "rwe/analysis/analysis.h"
#include "rwe/data/table.h"

/**
 * Reads a table and notes it among the inputs of the run. For analyses that read a file of their own; the
 * caller closes the table.
 */
enum rwe_status rwe_run_read_table(struct rwe_run *run, const char *path, struct rwe_table **table,
                                   struct rwe_error *error);

/**
 * Reads the cohort of the run, with its assessments. Where times come from dates, or `all_rules` asks for
 * it, the files are held against the rules of validation too.
 */
enum rwe_status rwe_run_read_cohort(struct rwe_run *run, const char *path, bool all_rules,
                                    struct rwe_error *error);

/** Notes the study file among the inputs; NULL: there is none. */
enum rwe_status rwe_run_note_study(struct rwe_run *run, const char *path, struct rwe_error *error);

#endif
