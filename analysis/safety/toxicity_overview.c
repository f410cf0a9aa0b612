/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by kind: serious, related, immune-related, leading to action, fatal. See toxicity.md. */
#include "toxicity_view.h"

/* A row: the episodes of a kind, and the grades at which a subject counts. */
struct kind {
    const char *term, *label;
    int indent;
    int fact; /* that is yes; RWE_AE_N_FACTS: any episode */
    struct rwe_toxicity_span span;
};
#define ANY                                                                                        \
    {                                                                                              \
        "any", 1, RWE_WORST_GRADE, true                                                            \
    }
#define SEVERE                                                                                     \
    {                                                                                              \
        ">=3", 3, RWE_WORST_GRADE, true                                                            \
    }
#define FATAL                                                                                      \
    {                                                                                              \
        "5", 5, 5, true                                                                            \
    }
static const struct kind kinds[] = {
    {"any", "Any AE", 0, RWE_AE_N_FACTS, ANY},
    {"any", "grade ≥3", 1, RWE_AE_N_FACTS, SEVERE},
    {"any", "fatal (grade 5)", 1, RWE_AE_N_FACTS, FATAL},
    {"serious", "Serious AE", 0, RWE_AE_IS_SERIOUS, ANY},
    {"related.chemo", "Related to chemotherapy", 0, RWE_AE_IS_CHEMO, ANY},
    {"related.chemo", "grade ≥3", 1, RWE_AE_IS_CHEMO, SEVERE},
    {"related.pd1", "Related to PD-1 antibody", 0, RWE_AE_IS_PD1, ANY},
    {"related.pd1", "grade ≥3", 1, RWE_AE_IS_PD1, SEVERE},
    {"related.rt", "Related to radiotherapy", 0, RWE_AE_IS_RT, ANY},
    {"related.rt", "grade ≥3", 1, RWE_AE_IS_RT, SEVERE},
    {"immune", "Immune-related AE", 0, RWE_AE_IS_IMMUNE, ANY},
    {"immune", "grade ≥3", 1, RWE_AE_IS_IMMUNE, SEVERE},
    {"delay", "Leading to delay or interruption", 0, RWE_AE_HAD_DELAY, ANY},
    {"reduction", "Leading to dose reduction", 0, RWE_AE_HAD_REDUCTION, ANY},
    {"discontinuation", "Leading to discontinuation", 0, RWE_AE_HAD_DISCONTINUATION, ANY},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

bool rwe_toxicity_has_overview(const struct rwe_run *run)
{
    const struct rwe_adverse_episodes *e = &run->toxicity->events.episode;
    for (size_t f = 0; f < RWE_AE_N_FACTS; f++)
        if (e->fact[f] != NULL)
            return true;
    return false;
}

static enum rwe_status present_kind(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                    const struct kind *kind, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rwe_toxicity_filter filter = {.fact = {0}};
    struct rwe_toxicity_facts *facts = rwe_toxicity_new_facts(view, 1);
    struct rwe_toxicity_row row = {.name = kind->term};
    struct rwe_toxicity_list list;
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    if (kind->fact < RWE_AE_N_FACTS)
        filter.fact[kind->fact] = 1;
    if (facts == NULL ||
        rwe_toxicity_select(toxicity, &toxicity->all, &filter, view->run->arena, &list) != RWE_OK ||
        rwe_toxicity_collect(toxicity, &list, view->run->arena, &row) != RWE_OK)
        return rwe_fail_memory(error);
    key.model = "overview";
    key.term = kind->term;
    rwe_toxicity_count(view->run->cohort, view->design, &row, view->tally);
    enum rwe_status status = rwe_toxicity_add(view, &key, &row, &kind->span, facts, error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(grid, kind->indent, "%s", kind->label);
    rwe_toxicity_put(view, grid, facts);
    return RWE_OK;
}

enum rwe_status rwe_toxicity_overview(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    struct rwe_grid *grid = rwe_toxicity_table(view, "Overview of adverse events");
    enum rwe_status status = RWE_OK;
    rwe_grid_column(grid, "subjects with");
    rwe_toxicity_columns(view, grid, "n (%)");
    for (size_t k = 0; k < N_KINDS && status == RWE_OK; k++)
        if (kinds[k].fact == RWE_AE_N_FACTS || e->fact[kinds[k].fact] != NULL)
            status = present_kind(view, grid, &kinds[k], error);
    rwe_grid_note(grid,
                  "Subjects with at least one such event over all subjects of the arm. Related: "
                  "at least possibly, in the judgement of the chart; one event may be related "
                  "to several treatments. What the file leaves empty counts as no.");
    rwe_toxicity_notes(view, grid);
    return status;
}
