/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A population whose adverse events are told, and what the tables of --toxicity have in common. */
#ifndef RWE_SAFETY_TOXICITY_TABLE_H
#define RWE_SAFETY_TOXICITY_TABLE_H

#include "run/shares.h"
#include "rwe/analysis/present.h"
#include "toxicity_events.h"
#include "toxicity_settings.h"

/* Worst grades that are told together. */
struct rwe_toxicity_span {
    const char *name; /* `level` of the key */
    int least, most;
    bool is_compared; /* where there are two arms */
};
enum { RWE_TOXICITY_SPANS = 9 };
extern const struct rwe_toxicity_span
    rwe_toxicity_span[RWE_TOXICITY_SPANS]; /* any, >=3, 1 to 5, 1-2, unknown */
enum { RWE_SPAN_ANY, RWE_SPAN_SEVERE, RWE_SPAN_GRADE1, RWE_SPAN_MILD = 7, RWE_SPAN_UNKNOWN };

/* How many of them there is something to tell of: that of unknown grades only where there are some. */
size_t rwe_toxicity_n_spans(const struct rwe_toxicity *toxicity);

/* Handles of what was told of one row at one span: facts are made of all rows, cells of those shown. */
struct rwe_toxicity_facts {
    rwe_fact *n, *percent; /* by arm */
    rwe_fact difference, low, high, p_value;
};

/* Subjects of one arm by worst grade, and their weights. */
struct rwe_toxicity_tally {
    size_t n[RWE_WORST_GRADE + 1];
    double weight[RWE_WORST_GRADE + 1];
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
    uint8_t *worst; /* the same by subject of the data, 1 + its grade; of a replicate */
    struct rwe_toxicity_facts *main; /* of toxicity->row, by row and span */
};

enum rwe_status rwe_toxicity_view_start(struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                        const struct rwe_design *design,
                                        struct rwe_toxicity_view *view, struct rwe_error *error);

/* Where the facts of a row of toxicity->row are kept: terms are told once, whatever tables show them. */
struct rwe_toxicity_facts *rwe_toxicity_main_facts(const struct rwe_toxicity_view *view, size_t row,
                                                   size_t span);

/* Room for the handles of other rows. NULL when memory is out. */
struct rwe_toxicity_facts *rwe_toxicity_new_facts(const struct rwe_toxicity_view *view, size_t n);

/* Counts a row into view->tally; what follows is about that row. */
void rwe_toxicity_count(const struct rwe_toxicity_view *view, const struct rwe_toxicity_row *row);

/* Who had it at a grade from `least` to `most`, over the whole of the arm. */
struct rwe_share rwe_toxicity_share(const struct rwe_toxicity_view *view, size_t arm, int least,
                                    int most);

/* Whether the arms are compared at a span, and that comparison. */
bool rwe_toxicity_compares(const struct rwe_toxicity_view *view,
                           const struct rwe_toxicity_span *span);
enum rwe_status rwe_toxicity_compare(const struct rwe_toxicity_view *view,
                                     const struct rwe_toxicity_row *row,
                                     const struct rwe_toxicity_span *span,
                                     struct rwe_inference *difference, struct rwe_error *error);

/* Adds the facts of the row at a span; `difference` is of where the arms are compared. */
void rwe_toxicity_add_facts(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                            const struct rwe_toxicity_span *span,
                            const struct rwe_inference *difference,
                            struct rwe_toxicity_facts *facts);

/* Both. */
enum rwe_status rwe_toxicity_add(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                                 const struct rwe_toxicity_row *row,
                                 const struct rwe_toxicity_span *span,
                                 struct rwe_toxicity_facts *facts, struct rwe_error *error);

/* Columns of a span: the arms, their difference, p; and the cells of a row in them. The heading is text. */
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

/* A term in a row: "Any AE" for "any". */
const char *rwe_toxicity_row_label(const struct rwe_toxicity_row *row);

/* A table beside the main one. */
struct rwe_toxicity_part {
    const char *name;  /* in --ae-tables */
    const char *title; /* marked by N_, as what it needs, for who asks for it by name */
    const char *needs;
    /* Whether the data carry it. */
    bool (*applies)(const struct rwe_run *run, const struct rwe_toxicity *toxicity);
    enum rwe_status (*present)(const struct rwe_toxicity_view *view, struct rwe_error *error);
    bool has_series;  /* which must outlive the document */
    bool is_unbiased; /* nobody is immortal in it: no banner, and last, since none comes back */
};
extern const struct rwe_toxicity_part rwe_toxicity_overview, rwe_toxicity_classes;   /* kinds */
extern const struct rwe_toxicity_part rwe_toxicity_immune, rwe_toxicity_pneumonitis; /* courses */
extern const struct rwe_toxicity_part rwe_toxicity_rates, rwe_toxicity_incidence,    /* times */
    rwe_toxicity_phases, rwe_toxicity_states;

#endif
