/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The adverse events of a run: which of them count, and what the tables have a row of. Between the file of
 * events (rwe/data/adverse_events.h) and the tables. */
#ifndef RWE_SAFETY_TOXICITY_EVENTS_H
#define RWE_SAFETY_TOXICITY_EVENTS_H

#include "rwe/analysis/analysis.h"
#include "rwe/data/adverse_events.h"

/* A way to count a subject in: by its worst grade. */
struct rwe_toxicity_level {
    const char *name;  /* `level` of the key */
    const char *label; /* marked by N_ */
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

/* Reads the file of --ae for the run of the data. At a landmark: takes what began after it from the run from
 * time zero; nothing where onsets are not known, since what was there before could not be told apart. */
enum rwe_status rwe_toxicity_prepare(struct rwe_run *run, void **state, struct rwe_error *error);

/* What was prepared for a run, or NULL; a replicate has the events of its data's subjects. */
const struct rwe_toxicity *rwe_toxicity_of(const struct rwe_run *run);

/* What an episode must be to be kept: every condition that is set. */
struct rwe_toxicity_filter {
    bool fact[RWE_AE_N_FACTS]; /* those that must be yes */
    bool by_class;
    int32_t class;        /* of its term */
    const uint8_t *terms; /* by term: 1 kept; NULL: all */
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

/* Whether the rule of the cut shows a row: it looks at the whole cohort, so that every population shows the
 * same. */
bool rwe_toxicity_is_shown(const struct rwe_run *run, const struct rwe_toxicity_row *row);

/* Ascending places of rows from the most frequent down, equally frequent ones as they stand. */
enum rwe_status rwe_toxicity_order(const struct rwe_toxicity_row row[], size_t n,
                                   struct rwe_arena *arena, uint32_t order[]);

/* Marks the terms of pneumonitis of any cause, by term; whether there is one. */
bool rwe_toxicity_mark_pneumonitis(const struct rwe_adverse_events *events, uint8_t mark[]);
bool rwe_toxicity_has_pneumonitis(const struct rwe_adverse_events *events);

#endif
