/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Columns that are only described (cohort.h) as variables of a table by arm (table1.h). */
#ifndef ANALYSIS_DESCRIBED_H
#define ANALYSIS_DESCRIBED_H

#include "rwe/analysis/analysis.h"

struct described {
    struct rwe_arena *arena;
    const struct rwe_cohort *cohort;
    struct rwe_variable *item;
    const char **label; /**< by variable: what readers see; NULL: its name */
    size_t n, room, label_room;
};

/** Adds a variable. RWE_NO_MEMORY or RWE_OK, here and below. */
enum rwe_status described_add(struct described *list, const struct rwe_variable *variable);

/** Adds numbers by subject under a name of facts and a label for readers (NULL: the name); 0/1 where all that are not
 * NaN are. Borrowed. */
enum rwe_status described_add_numbers(struct described *list, const char *name, const char *label,
                                      const double number[]);

/**
 * Adds a column. One whose cells name several things at once, parted by ";", becomes a 0/1 variable for
 * each thing, "rt_site=lung", so that who has two counts in both.
 */
enum rwe_status described_add_column(struct described *list, const struct rwe_variable *column);

#endif
