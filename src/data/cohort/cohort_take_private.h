/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cohort made of subjects of another: some of them, or some several times. */
#ifndef RWE_DATA_COHORT_TAKE_PRIVATE_H
#define RWE_DATA_COHORT_TAKE_PRIVATE_H

#include "rwe/data/cohort.h"

/* Who is taken: subject i of `from` stands at first[i] … first[i + 1] − 1, so that canonical order is
 * kept. */
struct cohort_take {
    const struct rwe_cohort *from;
    const uint32_t *first;  /* from->n + 1 */
    const uint32_t *source; /* n: by subject taken, who it is in `from` */
    size_t n;
    const uint32_t *cluster; /* n; NULL: none */
    size_t n_clusters;
    struct rwe_arena *arena;
};

/* Fills `first`, `source` and `n` from how many times each subject is taken. */
bool cohort_take_list(struct cohort_take *take, const uint32_t times[]);

/* All columns of those taken. Levels, causes and strata keep their numbers, also where nobody has
 * them; names are borrowed. The arena tells of want of memory. */
struct rwe_cohort cohort_take(const struct cohort_take *take);

#endif
