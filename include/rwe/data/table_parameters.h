/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Files with one row a patient and parameter, as CDISC's ADTTE: PARAMCD says which endpoint a row is of, AVAL holds its
 * time and CNSR whether it is censored. They become tables with one row a patient, in which the columns of a row are
 * called by its parameter: OS_AVAL, OS_CNSR, PFS_AVAL …
 */
#ifndef RWE_DATA_TABLE_PARAMETERS_H
#define RWE_DATA_TABLE_PARAMETERS_H

#include "rwe/data/table.h"

/** Whether a table has PARAMCD and AVAL. */
bool rwe_table_has_parameters(const struct rwe_table *table);

/** The column that tells the patients of such a file apart: `id` where it has one of that name, else USUBJID or
 * SUBJID; RWE_NO_INDEX: none. */
size_t rwe_parameters_id(const struct rwe_table *table, const char *id);

/** Whether it has several parameters, and a patient several rows. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_parameters_repeat(const struct rwe_table *table, size_t id, bool *repeat);

/**
 * One row a patient, in the order of their first rows, with the lines of these. AVAL, CNSR, ADT and EVNTDESC become
 * columns of each parameter; a column that has one value a patient stays, any other is left out. A note tells what
 * became of the file. RWE_BAD_INPUT where a patient has two rows of one parameter, or a row has no patient or no
 * parameter; RWE_NO_MEMORY.
 */
enum rwe_status rwe_table_widen(const struct rwe_table *table, size_t id,
                                const struct rwe_table_options *options, struct rwe_arena *arena,
                                struct rwe_table **wide, struct rwe_complaints *complaints,
                                struct rwe_error *error);

/** Two tables and the columns that tell their patients apart. */
struct rwe_joined {
    const struct rwe_table *table, *other;
    size_t id, other_id;
};

/**
 * The rows and columns of `table`, and behind them the columns of `other` that it does not have, of the row with the
 * same identifier, of which there is at most one. A note tells how many rows of `other` are of nobody. RWE_BAD_INPUT
 * where no identifier is in both; RWE_NO_MEMORY.
 */
enum rwe_status rwe_table_join(const struct rwe_joined *joined,
                               const struct rwe_table_options *options, struct rwe_arena *arena,
                               struct rwe_table **result, struct rwe_complaints *complaints,
                               struct rwe_error *error);

#endif
