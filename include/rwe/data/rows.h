/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What several rows of one subject are: visits of which one counts, or a mistake. */
#ifndef RWE_DATA_ROWS_H
#define RWE_DATA_ROWS_H

#include "rwe/data/study.h"
#include "rwe/data/table.h"

/**
 * Which rows count, by row: of each subject the first or the last in order of --row-order, or of the file. Rows
 * without an identifier all do. Of a subject with several rows a row whose order is missing or cannot be read, or is
 * that of another of its rows, is a complaint and RWE_BAD_INPUT. `kept` lives in `arena`; *n_left is how many rows are not kept.
 * RWE_USAGE where the study names no identifier, RWE_NO_COLUMN; RWE_NO_MEMORY.
 */
enum rwe_status rwe_rows_choose(const struct rwe_table *table,
                                const struct rwe_study_settings *study, struct rwe_arena *arena,
                                struct rwe_complaints *complaints, const bool **kept,
                                size_t *n_left, struct rwe_error *error);

/**
 * Whether each row can be a subject of its own where the study names no identifier. RWE_BAD_INPUT where a column
 * that is called like an identifier (id, patient, 住院号, …) has a value twice, unless it is that of --cluster.
 */
enum rwe_status rwe_rows_check_unnamed(const struct rwe_table *table,
                                       const struct rwe_study_settings *study,
                                       struct rwe_error *error);

/** Whether a column of that name is called as identifiers are: id, patient, 住院号, … */
bool rwe_names_identifier(const char *name);

#endif
