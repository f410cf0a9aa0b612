/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A population whose adverse events are told: what the tables of --toxicity share. */
#ifndef RWE_ANALYSIS_TOXICITY_VIEW_H
#define RWE_ANALYSIS_TOXICITY_VIEW_H

#include "rwe/analysis/present.h"
#include "toxicity_rows.h"

/* Worst grades that are told together. */
struct rwe_toxicity_span {
    const char *name; /* `level` of the key */
    int least, most;
    bool is_compared; /* the arms are */
};
enum { RWE_TOXICITY_SPANS = 8 };
extern const struct rwe_toxicity_span
    rwe_toxicity_span[RWE_TOXICITY_SPANS]; /* any, >=3, 1 to 5, 1-2 */
enum { RWE_SPAN_ANY, RWE_SPAN_SEVERE, RWE_SPAN_GRADE1, RWE_SPAN_MILD = 7 };

/* Handles of what was told of one row at one span, for cells. */
struct rwe_toxicity_facts {
    rwe_fact *n, *percent; /* by arm */
    rwe_fact difference, low, high, p_value;
};

struct rwe_toxicity_view {
    struct rwe_run *run;
    const struct rwe_toxicity *toxicity;
    const struct rwe_design *design;
    struct rwe_shares shares;
    struct rwe_share *whole;          /* by arm: all members */
    struct rwe_share *share;          /* workspace, by arm */
    struct rwe_toxicity_tally *tally; /* of the row at hand, by arm */
    uint8_t *event;                   /* workspace, by subject; 0 but while a row is compared */
    struct rwe_toxicity_facts *main;  /* of toxicity->row, by row and span */
};

enum rwe_status rwe_toxicity_view_start(struct rwe_run *run, const struct rwe_design *design,
                                        struct rwe_toxicity_view *view, struct rwe_error *error);

/* Where the facts of a row of toxicity->row are kept: terms are told once, whatever tables show them. */
struct rwe_toxicity_facts *rwe_toxicity_main_facts(const struct rwe_toxicity_view *view, size_t row,
                                                   size_t span);

/* Room for the handles of other rows. NULL when memory is out. */
struct rwe_toxicity_facts *rwe_toxicity_new_facts(const struct rwe_toxicity_view *view, size_t n);

/* Adds the facts of a row, which view->tally was counted for (rwe_toxicity_count), at a span. */
enum rwe_status rwe_toxicity_add(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                                 const struct rwe_toxicity_row *row,
                                 const struct rwe_toxicity_span *span,
                                 struct rwe_toxicity_facts *facts, struct rwe_error *error);

/* Columns of a span: the arms, their difference, p; and the cells of a row in them. */
void rwe_toxicity_columns(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                          const char *heading);
void rwe_toxicity_put(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                      const struct rwe_toxicity_facts *facts);

/* Columns of the arms alone, and their cells. */
void rwe_toxicity_arm_columns(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                              const char *heading);
void rwe_toxicity_put_arms(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                           const struct rwe_toxicity_facts *facts);

/* What weights, differences and p are, under a table that has differences. */
void rwe_toxicity_notes(const struct rwe_toxicity_view *view, struct rwe_grid *grid);

/* A table titled "`what`: population". */
struct rwe_grid *rwe_toxicity_table(const struct rwe_toxicity_view *view, const char *what);

/* A term in a sentence or a row: "Any AE" for "any". */
const char *rwe_toxicity_row_label(const struct rwe_toxicity_row *row);

/* Marks the terms of pneumonitis of any cause, by term; whether there is one. */
bool rwe_toxicity_mark_pneumonitis(const struct rwe_adverse_events *events, uint8_t mark[]);

/* A sample in quartiles, "onset" of arm a: facts under `key`, and a cell. */
void rwe_toxicity_put_quartiles(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                const struct rwe_key *key, double value[], double weight[],
                                size_t n);

/* The tables, one for each name of --ae-tables, and whether the data carry them. */
bool rwe_toxicity_has_overview(const struct rwe_run *run);
enum rwe_status rwe_toxicity_overview(const struct rwe_toxicity_view *view,
                                      struct rwe_error *error);
bool rwe_toxicity_has_classes(const struct rwe_run *run);
enum rwe_status rwe_toxicity_classes(const struct rwe_toxicity_view *view, struct rwe_error *error);
bool rwe_toxicity_has_immune(const struct rwe_run *run);
enum rwe_status rwe_toxicity_immune(const struct rwe_toxicity_view *view, struct rwe_error *error);
bool rwe_toxicity_has_pneumonitis(const struct rwe_run *run);
enum rwe_status rwe_toxicity_pneumonitis(const struct rwe_toxicity_view *view,
                                         struct rwe_error *error);
bool rwe_toxicity_has_times(const struct rwe_run *run); /* onsets and follow-up */
enum rwe_status rwe_toxicity_rates(const struct rwe_toxicity_view *view, struct rwe_error *error);
enum rwe_status rwe_toxicity_incidence(const struct rwe_toxicity_view *view,
                                       struct rwe_error *error);
bool rwe_toxicity_has_phases(const struct rwe_run *run);
enum rwe_status rwe_toxicity_phases(const struct rwe_toxicity_view *view, struct rwe_error *error);
bool rwe_toxicity_has_states(const struct rwe_run *run);
enum rwe_status rwe_toxicity_states(const struct rwe_toxicity_view *view, struct rwe_error *error);

#endif
