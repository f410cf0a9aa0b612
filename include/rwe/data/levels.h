/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Levels of a column as options name them: by their text, by their number, or by the code that they stand for. */
#ifndef RWE_DATA_LEVELS_H
#define RWE_DATA_LEVELS_H

#include "rwe/data/settings.h"
#include "rwe/data/table.h"

/** The level of a column that a text names: itself, the same number ("1" and "1.0"), or the code of its label.
 * RWE_NO_INDEX: none. */
size_t rwe_level_find(const struct rwe_column_info *column, const struct rwe_factor *factor,
                      const char *text);

/**
 * Finds the columns and values of endpoints in the patients' file where the command line wrote them with marks that
 * names may hold too (marked.h): the longest column of times for which the rest begins with a column of events, then
 * the longest values. What the file does not have stays as it was read, for the cohort to complain of.
 * RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_endpoints_look_up(struct rwe_settings *settings, const struct rwe_table *table,
                                      struct rwe_error *error);

#endif
