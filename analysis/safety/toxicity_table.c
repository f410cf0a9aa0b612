/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toxicity_table.h"

#include "rwe/analysis/bootstrap.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

const struct rwe_toxicity_span rwe_toxicity_span[RWE_TOXICITY_SPANS] = {
    [RWE_SPAN_ANY] = {"any", 0, RWE_WORST_GRADE, true},
    [RWE_SPAN_SEVERE] = {">=3", 3, RWE_WORST_GRADE, true},
    {"1", 1, 1, false},
    {"2", 2, 2, false},
    {"3", 3, 3, false},
    {"4", 4, 4, false},
    {"5", 5, 5, false},
    [RWE_SPAN_MILD] = {"1-2", 1, 2, false},
    [RWE_SPAN_UNKNOWN] = {"unknown", 0, 0, false},
};

size_t rwe_toxicity_n_spans(const struct rwe_toxicity *toxicity)
{
    return toxicity->events.n_ungraded > 0 ? RWE_TOXICITY_SPANS : RWE_SPAN_UNKNOWN;
}

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

/* A replicate needs no variances, so its shares are counted alone. */
enum rwe_status rwe_toxicity_view_start(struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                        const struct rwe_design *design,
                                        struct rwe_toxicity_view *view, struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms;
    *view = (struct rwe_toxicity_view){
        .run = run,
        .toxicity = toxicity,
        .design = design,
        .shares = {.run = run, .design = design},
        .whole = RWE_NEW(run->arena, struct rwe_share, n_arms),
        .share = RWE_NEW(run->arena, struct rwe_share, n_arms),
        .tally = RWE_NEW(run->arena, struct rwe_toxicity_tally, n_arms),
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
        .worst = RWE_NEW(run->arena, uint8_t, toxicity->n_subjects),
    };
    view->main = rwe_toxicity_new_facts(view, toxicity->n_rows * RWE_TOXICITY_SPANS);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = RWE_OK;
    if (run->replicate == 0)
        status = rwe_shares_start(run, design, NULL, &view->shares, error);
    if (status == RWE_OK)
        rwe_shares_count(&view->shares, view->event, view->whole);
    return status;
}

struct rwe_toxicity_facts *rwe_toxicity_main_facts(const struct rwe_toxicity_view *view, size_t row,
                                                   size_t span)
{
    return &view->main[row * RWE_TOXICITY_SPANS + span];
}

/* ---- counting ---- */

static void count_subject(const struct rwe_toxicity_view *view, size_t i, uint8_t worst)
{
    if (!view->design->member[i])
        return;
    struct rwe_toxicity_tally *to = &view->tally[view->run->cohort->arm[i]];
    to->n[worst]++;
    to->weight[worst] += rwe_design_weight(view->design, i);
}

/* A row is of the data's subjects, each of which a replicate may have several times. */
static void count_drawn(const struct rwe_toxicity_view *view, const struct rwe_toxicity_row *row)
{
    const struct rwe_cohort *cohort = view->run->cohort;
    for (size_t k = 0; k < row->n; k++)
        view->worst[row->subject[k]] = (uint8_t)(1 + row->worst[k]);
    for (size_t i = 0; i < cohort->n; i++) {
        uint8_t worst = view->worst[cohort->source == NULL ? i : cohort->source[i]];
        if (worst > 0)
            count_subject(view, i, (uint8_t)(worst - 1));
    }
    for (size_t k = 0; k < row->n; k++)
        view->worst[row->subject[k]] = 0;
}

void rwe_toxicity_count(const struct rwe_toxicity_view *view, const struct rwe_toxicity_row *row)
{
    memset(view->tally, 0, view->run->cohort->n_arms * sizeof view->tally[0]);
    if (view->run->replicate > 0)
        count_drawn(view, row);
    else
        for (size_t k = 0; k < row->n; k++)
            count_subject(view, row->subject[k], row->worst[k]);
}

struct rwe_share rwe_toxicity_share(const struct rwe_toxicity_view *view, size_t arm, int least,
                                    int most)
{
    const struct rwe_toxicity_tally *tally = &view->tally[arm];
    struct rwe_share share = {.of = view->whole[arm].of, .weight_of = view->whole[arm].weight_of};
    for (int g = least; g <= most; g++) {
        share.n += tally->n[g];
        share.weighted += tally->weight[g];
    }
    return share;
}

static void count_shares(const struct rwe_toxicity_view *view, const struct rwe_toxicity_span *span)
{
    for (size_t a = 0; a < view->run->cohort->n_arms; a++)
        view->share[a] = rwe_toxicity_share(view, a, span->least, span->most);
}

static void mark_events(const struct rwe_toxicity_view *view, const struct rwe_toxicity_row *row,
                        const struct rwe_toxicity_span *span, uint8_t mark)
{
    for (size_t k = 0; k < row->n; k++)
        if (row->worst[k] >= span->least && row->worst[k] <= span->most)
            view->event[row->subject[k]] = mark;
}

bool rwe_toxicity_compares(const struct rwe_toxicity_view *view,
                           const struct rwe_toxicity_span *span)
{
    return view->run->cohort->n_arms == 2 && span->is_compared;
}

enum rwe_status rwe_toxicity_compare(const struct rwe_toxicity_view *view,
                                     const struct rwe_toxicity_row *row,
                                     const struct rwe_toxicity_span *span,
                                     struct rwe_inference *difference, struct rwe_error *error)
{
    count_shares(view, span);
    *difference = rwe_shares_difference(view->share);
    if (view->run->replicate > 0)
        return RWE_OK;
    mark_events(view, row, span, 1);
    enum rwe_status status =
        rwe_shares_compare(&view->shares, view->event, view->share, difference, error);
    mark_events(view, row, span, 0);
    return status;
}

/* ---- facts ---- */

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

static void add_difference(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                           const struct rwe_inference *difference, struct rwe_toxicity_facts *facts)
{
    struct rwe_document *document = view->run->document;
    facts->difference = rwe_document_number(document, key, "risk.difference", difference->value);
    facts->low = rwe_document_number(document, key, "conf.low", difference->conf_low);
    facts->high = rwe_document_number(document, key, "conf.high", difference->conf_high);
    if (toxicity_settings_of(view->run->settings)->fisher)
        facts->p_value = rwe_document_number(document, key, "p.value", difference->p_value);
}

void rwe_toxicity_add_facts(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                            const struct rwe_toxicity_span *span,
                            const struct rwe_inference *difference,
                            struct rwe_toxicity_facts *facts)
{
    struct rwe_key at = *key;
    at.level = span->name;
    count_shares(view, span);
    for (size_t a = 0; a < view->run->cohort->n_arms; a++)
        add_count(view, &at, a, facts);
    if (rwe_toxicity_compares(view, span))
        add_difference(view, &at, difference, facts);
}

enum rwe_status rwe_toxicity_add(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                                 const struct rwe_toxicity_row *row,
                                 const struct rwe_toxicity_span *span,
                                 struct rwe_toxicity_facts *facts, struct rwe_error *error)
{
    struct rwe_inference difference = {.value = NAN};
    enum rwe_status status = RWE_OK;
    if (rwe_toxicity_compares(view, span))
        status = rwe_toxicity_compare(view, row, span, &difference, error);
    if (status == RWE_OK)
        rwe_toxicity_add_facts(view, key, span, &difference, facts);
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

const char *rwe_toxicity_row_label(const struct rwe_toxicity_row *row)
{
    return strcmp(row->name, "any") == 0 ? rwe_text("Any AE") : row->name;
}
