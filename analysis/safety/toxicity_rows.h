/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the report on adverse events has a row of, and who is counted in it: between the file of
 * events (rwe/data/adverse_events.h) and the tables of the toxicity_*.c. */
#ifndef RWE_ANALYSIS_TOXICITY_ROWS_H
#define RWE_ANALYSIS_TOXICITY_ROWS_H

#include "run/shares.h"
#include "rwe/data/adverse_events.h"
#include "toxicity_settings.h"

/* A way to count a subject in: by its worst grade. */
struct rwe_toxicity_level {
    const char *name;
    int least_grade;
};
enum { RWE_TOXICITY_LEVELS = 2 };
extern const struct rwe_toxicity_level rwe_toxicity_level[RWE_TOXICITY_LEVELS]; /* any, >=3 */
enum { RWE_TOXICITY_ANY, RWE_TOXICITY_SEVERE };

/* The events of one row: a term, a class, those of some kind, or any of them. */
struct rwe_toxicity_row {
    const char *name;
    int32_t class;                            /* of a term: system organ class, −1 none */
    size_t n;                                 /* subjects with it */
    const uint32_t *subject;                  /* of the data, ascending */
    const uint8_t *worst;                     /* grade, by the same place */
    const double *onset[RWE_TOXICITY_LEVELS]; /* first at this level, by the same place; infinite:
                                                 none, NaN: not known; NULL: the file does not tell */
    bool shown;                               /* in tables; facts hold all rows */
};

/* Episodes by their number in events.episode; those of one subject stand together. */
struct rwe_toxicity_list {
    const uint32_t *episode;
    size_t n;
};

/* By subject of the data: "any", then the terms from the most frequent down. */
struct rwe_toxicity {
    struct rwe_adverse_events events;
    struct rwe_toxicity_row *row;
    size_t n_rows, n_hidden;
    size_t n_subjects; /* of the data */
    size_t n_outside;  /* episodes before time zero or after the end of follow-up */
    const struct rwe_endpoint
        *follow_up;                   /* whose time observation ends at, by death or else; NULL */
    struct rwe_toxicity_list all;     /* the episodes that count, by subject */
    struct rwe_toxicity_list *of_row; /* by row; of terms by subject too */
};

/* Reads the file of --ae into run->toxicity, once a run: before its replicates where there are any. At a
 * landmark: takes what began after it from the run from time zero, which has read onsets. */
enum rwe_status rwe_toxicity_read(struct rwe_run *run, struct rwe_error *error);

/* A month in the unit of the cohort's times, which is months unless the study says another. */
double rwe_toxicity_month(const struct rwe_run *run);

/* The episodes that count, by subject into toxicity->all, and by term, then subject. RWE_NO_MEMORY or
 * RWE_OK. */
enum rwe_status rwe_toxicity_list_episodes(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                                           struct rwe_toxicity_list *by_term);

/* At a landmark: the episodes that counted from time zero and began after it, in those who were still at
 * risk at it, counted from it. `events` is a copy of those from time zero. */
enum rwe_status rwe_toxicity_take_later(const struct rwe_run *run,
                                        struct rwe_adverse_events *events);

/* What an episode must be to be kept: every condition that is set. */
struct rwe_toxicity_filter {
    int8_t fact[RWE_AE_N_FACTS]; /* 0: as it likes, 1: yes, −1: not yes */
    bool by_class;
    int32_t class;        /* of its term */
    const uint8_t *terms; /* by term: 1 kept; NULL: all */
    const double *after,
        *no_later_by; /* by subject: onset after it, or no later; NaN: never, always */
};

/* The episodes of `list` that pass. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_toxicity_select(const struct rwe_toxicity *toxicity,
                                    const struct rwe_toxicity_list *list,
                                    const struct rwe_toxicity_filter *filter,
                                    struct rwe_arena *arena, struct rwe_toxicity_list *kept);

/* Each subject of `list` once, with its worst grade and first onsets. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_toxicity_collect(const struct rwe_toxicity *toxicity,
                                     const struct rwe_toxicity_list *list, struct rwe_arena *arena,
                                     struct rwe_toxicity_row *row);

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

/* Whether the rule of the cut shows a row: it looks at the whole cohort, so that every population
 * shows the same. `tally` is workspace by arm. */
bool rwe_toxicity_is_shown(const struct rwe_run *run, const struct rwe_toxicity_row *row,
                           struct rwe_toxicity_tally tally[]);

/* Ascending places of rows from the most frequent down, equally frequent ones as they stand. */
enum rwe_status rwe_toxicity_order(const struct rwe_toxicity_row row[], size_t n,
                                   struct rwe_arena *arena, uint32_t order[]);

#endif
