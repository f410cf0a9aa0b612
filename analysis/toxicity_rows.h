/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the report on adverse events has a row of, and who is counted in it: between the file of
 * events (rwe/data/adverse_events.h) and the tables of toxicity.c. */
#ifndef RWE_ANALYSIS_TOXICITY_ROWS_H
#define RWE_ANALYSIS_TOXICITY_ROWS_H

#include "rwe/data/adverse_events.h"
#include "shares.h"

/* A way to count a subject in: by its worst grade. */
struct rwe_toxicity_level {
    const char *name;
    int least_grade;
};
enum { RWE_TOXICITY_LEVELS = 2 };
extern const struct rwe_toxicity_level rwe_toxicity_level[RWE_TOXICITY_LEVELS]; /* any, >=3 */

/* The events of one row: a term, or any of them. */
struct rwe_toxicity_row {
    const char *name;
    size_t n;                /* subjects with it */
    const uint32_t *subject; /* of the data */
    const uint8_t *worst;    /* grade, by the same place */
    bool shown;              /* in tables; facts hold all rows */
};

/* By subject of the data: "any", then the terms from the most frequent down. */
struct rwe_toxicity {
    struct rwe_adverse_events events;
    struct rwe_toxicity_row *row;
    size_t n_rows, n_hidden;
    size_t n_subjects; /* of the data */
};

/* Reads the file of --ae into run->toxicity, once a run: before its replicates where there are any. */
enum rwe_status rwe_toxicity_read(struct rwe_run *run, struct rwe_error *error);

/* Subjects of one arm by worst grade, and their weights. */
struct rwe_toxicity_tally {
    size_t n[RWE_WORST_GRADE + 1];
    double weight[RWE_WORST_GRADE + 1];
};

/* Into tally[n_arms]; of the data, not of a replicate. */
void rwe_toxicity_count(const struct rwe_cohort *cohort, const struct rwe_design *design,
                        const struct rwe_toxicity_row *row, struct rwe_toxicity_tally tally[]);

/* Who had it at a grade from `least` to `most`, over the `whole` of the arm. */
struct rwe_share rwe_toxicity_share(const struct rwe_toxicity_tally *tally,
                                    const struct rwe_share *whole, int least, int most);

#endif
