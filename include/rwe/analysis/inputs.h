/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The files of a run: read as the settings say, checked, and noted for its provenance. A table that the caller
 * gave in memory stands for a file wherever its name does.
 */
#ifndef RWE_ANALYSIS_INPUTS_H
#define RWE_ANALYSIS_INPUTS_H

#include "rwe/analysis/analysis.h"
#include "rwe/data/table_builder.h"

/** A table in memory, column by column. */
struct rwe_given_table {
    const char *name;
    struct rwe_column_values *column;
    size_t n_columns, room, n_rows;
};

/** Those that the caller gave. Zero-initialise. */
struct rwe_given {
    struct rwe_given_table *table;
    size_t n, room;
};

/**
 * Adds a copy of a column to the table of that name, which the first column makes. RWE_USAGE when its rows are
 * not as many as those of the columns before; whether its name is new and its text UTF-8 shows when it is read.
 */
enum rwe_status rwe_given_add(struct rwe_given *given, const char *name,
                              const struct rwe_column_values *column, size_t n_rows,
                              struct rwe_arena *arena, struct rwe_error *error);

/**
 * Reads a table and notes it among the inputs of the run. For analyses that read a file of their own; the
 * caller closes the table. `sheet` names the sheet of a workbook; NULL: the first that holds anything.
 */
enum rwe_status rwe_run_read_table(struct rwe_run *run, const char *path, const char *sheet,
                                   struct rwe_table **table, struct rwe_error *error);

/**
 * Reads the cohort of the run from its files, with its assessments, and looks up in it what the endpoints of the
 * settings, which are those of the run, name; several files are stacked, with a column `arm` that holds
 * their levels (table_stack.h). Where times come from dates, or `all_rules` asks for
 * it, the files are held against the rules of validation too.
 */
enum rwe_status rwe_run_read_cohort(struct rwe_run *run, struct rwe_settings *settings,
                                    bool all_rules, struct rwe_error *error);

/** The table alone: the files of the cohort, stacked where there are several, with the endpoints of --adtte. The caller
 * closes it. */
enum rwe_status rwe_run_read_cohort_table(struct rwe_run *run, struct rwe_table **table,
                                          struct rwe_error *error);

/** Reads the files of patients again, once the cohort stands, for what else their columns hold: the same rows; the
 * caller closes the table. RWE_USAGE where they came from standard input. */
enum rwe_status rwe_run_read_patients(const struct rwe_run *run, struct rwe_table **table,
                                      struct rwe_error *error);

/** Complaints of a table that is a stack of files get the file and the line there. */
void rwe_run_place_complaints(const struct rwe_run *run, const struct rwe_table *table);

/** Notes the study file among the inputs; NULL: there is none. */
enum rwe_status rwe_run_note_study(struct rwe_run *run, const char *path, struct rwe_error *error);

#endif
