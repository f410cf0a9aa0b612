/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toxicity_view.h"

#include "rwe/base/sort.h"
#include "rwe/stats/summary.h"

#include <math.h>
#include <string.h>

const struct rwe_toxicity_span rwe_toxicity_span[RWE_TOXICITY_SPANS] = {
    [RWE_SPAN_ANY] = {"any", 1, RWE_WORST_GRADE, true},
    [RWE_SPAN_SEVERE] = {">=3", 3, RWE_WORST_GRADE, true},
    {"1", 1, 1, false},
    {"2", 2, 2, false},
    {"3", 3, 3, false},
    {"4", 4, 4, false},
    {"5", 5, 5, false},
    [RWE_SPAN_MILD] = {"1-2", 1, 2, false},
};

/* ---- a population ---- */

struct rwe_toxicity_facts *rwe_toxicity_new_facts(const struct rwe_toxicity_view *view, size_t n)
{
    struct rwe_arena *arena = view->run->arena;
    size_t n_arms = view->run->cohort->n_arms;
    struct rwe_toxicity_facts *facts = RWE_NEW(arena, struct rwe_toxicity_facts, n);
    rwe_fact *of_arm = RWE_NEW(arena, rwe_fact, 2 * n_arms * n);
    if (facts == NULL || of_arm == NULL)
        return NULL;
    for (size_t k = 0; k < n; k++) {
        facts[k].n = of_arm + 2 * n_arms * k;
        facts[k].percent = facts[k].n + n_arms;
        facts[k].difference = facts[k].low = facts[k].high = facts[k].p_value = RWE_NO_FACT;
    }
    return facts;
}

enum rwe_status rwe_toxicity_view_start(struct rwe_run *run, const struct rwe_design *design,
                                        struct rwe_toxicity_view *view, struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms;
    *view = (struct rwe_toxicity_view){
        .run = run,
        .toxicity = run->toxicity,
        .design = design,
        .whole = RWE_NEW(run->arena, struct rwe_share, n_arms),
        .share = RWE_NEW(run->arena, struct rwe_share, n_arms),
        .tally = RWE_NEW(run->arena, struct rwe_toxicity_tally, n_arms),
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
    };
    view->main = rwe_toxicity_new_facts(view, run->toxicity->n_rows * RWE_TOXICITY_SPANS);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_shares_start(run, design, NULL, &view->shares, error);
    if (status == RWE_OK)
        rwe_shares_count(&view->shares, view->event, view->whole);
    return status;
}

struct rwe_toxicity_facts *rwe_toxicity_main_facts(const struct rwe_toxicity_view *view, size_t row,
                                                   size_t span)
{
    return &view->main[row * RWE_TOXICITY_SPANS + span];
}

/* ---- facts ---- */

static void mark_events(const struct rwe_toxicity_view *view, const struct rwe_toxicity_row *row,
                        const struct rwe_toxicity_span *span, uint8_t mark)
{
    for (size_t k = 0; k < row->n; k++)
        if (row->worst[k] >= span->least && row->worst[k] <= span->most)
            view->event[row->subject[k]] = mark;
}

static void add_count(const struct rwe_toxicity_view *view, const struct rwe_key *key, size_t arm,
                      struct rwe_toxicity_facts *facts)
{
    struct rwe_document *document = view->run->document;
    const struct rwe_share *share = &view->share[arm];
    bool weighted = view->design->weight != NULL;
    double crude = share->of == 0 ? NAN : 100 * (double)share->n / (double)share->of;
    struct rwe_key of_arm = rwe_key_arm(*key, view->run->cohort, arm);
    facts->n[arm] = rwe_document_number(document, &of_arm, "n", (double)share->n);
    if (weighted)
        rwe_document_number(document, &of_arm, "n.weighted", share->weighted);
    facts->percent[arm] = rwe_document_number(document, &of_arm, "percent",
                                              weighted ? 100 * rwe_share_estimate(share) : crude);
}

static enum rwe_status add_difference(const struct rwe_toxicity_view *view,
                                      const struct rwe_key *key, struct rwe_toxicity_facts *facts,
                                      struct rwe_error *error)
{
    struct rwe_document *document = view->run->document;
    struct rwe_inference d;
    enum rwe_status status = rwe_shares_compare(&view->shares, view->event, view->share, &d, error);
    if (status != RWE_OK)
        return status;
    facts->difference = rwe_document_number(document, key, "risk.difference", d.value);
    facts->low = rwe_document_number(document, key, "conf.low", d.conf_low);
    facts->high = rwe_document_number(document, key, "conf.high", d.conf_high);
    if (toxicity_settings_of(view->run->settings)->fisher)
        facts->p_value = rwe_document_number(document, key, "p.value", d.p_value);
    return RWE_OK;
}

enum rwe_status rwe_toxicity_add(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                                 const struct rwe_toxicity_row *row,
                                 const struct rwe_toxicity_span *span,
                                 struct rwe_toxicity_facts *facts, struct rwe_error *error)
{
    size_t n_arms = view->run->cohort->n_arms;
    struct rwe_key at = *key;
    enum rwe_status status = RWE_OK;
    at.level = span->name;
    for (size_t a = 0; a < n_arms; a++) {
        view->share[a] =
            rwe_toxicity_share(&view->tally[a], &view->whole[a], span->least, span->most);
        add_count(view, &at, a, facts);
    }
    if (n_arms != 2 || !span->is_compared)
        return RWE_OK;
    mark_events(view, row, span, 1);
    status = add_difference(view, &at, facts, error);
    mark_events(view, row, span, 0);
    return status;
}

/* ---- columns and cells ---- */

void rwe_toxicity_arm_columns(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                              const char *heading)
{
    for (size_t a = 0; a < view->run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\n%s", heading, view->run->cohort->arm_level[a]);
}

void rwe_toxicity_columns(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                          const char *heading)
{
    rwe_toxicity_arm_columns(view, grid, heading);
    if (view->run->cohort->n_arms != 2)
        return;
    rwe_grid_column(grid, "difference\n(%s CI)", rwe_conf_level_text(view->run));
    if (toxicity_settings_of(view->run->settings)->fisher)
        rwe_grid_column(grid, "p");
}

void rwe_toxicity_put_arms(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                           const struct rwe_toxicity_facts *facts)
{
    for (size_t a = 0; a < view->run->cohort->n_arms; a++)
        rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, facts->n[a], facts->percent[a], RWE_NO_FACT);
}

void rwe_toxicity_put(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                      const struct rwe_toxicity_facts *facts)
{
    rwe_toxicity_put_arms(view, grid, facts);
    if (view->run->cohort->n_arms != 2)
        return;
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, facts->difference, facts->low, facts->high);
    if (toxicity_settings_of(view->run->settings)->fisher)
        rwe_grid_cell(grid, RWE_CELL_P_VALUE, facts->p_value, RWE_NO_FACT, RWE_NO_FACT);
}

void rwe_toxicity_notes(const struct rwe_toxicity_view *view, struct rwe_grid *grid)
{
    if (view->design->weight != NULL)
        rwe_grid_note(grid, "Counts are of subjects; percentages and differences are weighted.");
    if (view->run->cohort->n_arms != 2)
        return;
    rwe_grid_note(grid, "Differences, treated − control, with %s.",
                  rwe_shares_difference_words(&view->shares));
    if (toxicity_settings_of(view->run->settings)->fisher)
        rwe_grid_note(grid, "p: %s, exploratory, not adjusted for their number.",
                      rwe_shares_test_words(&view->shares));
}

struct rwe_grid *rwe_toxicity_table(const struct rwe_toxicity_view *view, const char *what)
{
    return rwe_document_table(view->run->document, "%s: %s", what, view->design->label);
}

const char *rwe_toxicity_row_label(const struct rwe_toxicity_row *row)
{
    return strcmp(row->name, "any") == 0 ? "Any AE" : row->name;
}

/* ---- onsets ---- */

/* Weighted where the population is; `value` and `weight` are put in order. */
static struct rwe_summary summarize(const struct rwe_toxicity_view *view, double value[],
                                    double weight[], size_t n)
{
    struct rwe_arena *arena = view->run->arena;
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    double *sorted = RWE_NEW(arena, double, n);
    double *of_sorted = RWE_NEW(arena, double, n);
    if (rwe_arena_failed(arena) || rwe_sort_numbers(value, n, arena, order) != RWE_OK)
        return rwe_summarize(NULL, 0); /* the arena tells of it */
    for (size_t k = 0; k < n; k++) {
        sorted[k] = value[order[k]];
        of_sorted[k] = weight[order[k]];
    }
    return view->design->weight == NULL ? rwe_summarize(sorted, n)
                                        : rwe_summarize_weighted(sorted, of_sorted, n);
}

void rwe_toxicity_put_quartiles(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                const struct rwe_key *key, double value[], double weight[],
                                size_t n)
{
    struct rwe_document *document = view->run->document;
    struct rwe_summary summary = summarize(view, value, weight, n);
    rwe_document_number(document, key, "onset.n", (double)n);
    rwe_fact median = rwe_document_number(document, key, "onset.median", summary.median);
    rwe_fact q1 = rwe_document_number(document, key, "onset.q1", summary.q1);
    rwe_fact q3 = rwe_document_number(document, key, "onset.q3", summary.q3);
    if (n == 0)
        rwe_grid_empty(grid);
    else
        rwe_grid_cell(grid, RWE_CELL_MEDIAN_RANGE, median, q1, q3);
}
