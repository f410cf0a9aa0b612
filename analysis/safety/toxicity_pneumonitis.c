/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pneumonitis of any cause: grade by attribution, onset from time zero and from radiotherapy. See
 * toxicity.md. */
#include "toxicity_view.h"

#include <math.h>
#include <string.h>

/* CTCAE has one term, MedDRA several by cause. Pneumonia by infection is none of them. */
static const char *const names[] = {
    "Pneumonitis",
    "Radiation pneumonitis",
    "Pneumonitis radiation",
    "Immune-mediated pneumonitis",
    "Immune-mediated lung disease",
    "Checkpoint inhibitor pneumonitis",
    "Interstitial lung disease",
    "Interstitial pneumonitis",
    "放射性肺炎",
    "放射性肺损伤",
    "免疫性肺炎",
    "免疫相关性肺炎",
    "免疫相关肺炎",
    "免疫介导性肺炎",
    "间质性肺炎",
    "间质性肺病",
    "非感染性肺炎",
    "肺炎",
};

/* 肺炎 alone is CTCAE's pneumonitis, and everyday Chinese for pneumonia: its class decides. */
static bool is_infection(const struct rwe_adverse_episodes *e, size_t term)
{
    if (e->class_of_term == NULL || e->class_of_term[term] < 0)
        return false;
    const char *class = e->class_name[e->class_of_term[term]];
    return strncasecmp(class, "infection", 9) == 0 || strstr(class, "感染") != NULL;
}

bool rwe_toxicity_mark_pneumonitis(const struct rwe_adverse_events *events, uint8_t mark[])
{
    bool any = false;
    for (size_t t = 0; t < events->n_terms; t++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (strcasecmp(events->term_name[t], names[k]) == 0 &&
                !is_infection(&events->episode, t)) {
                mark[t] = 1;
                any = true;
            }
    return any;
}

bool rwe_toxicity_has_pneumonitis(const struct rwe_run *run)
{
    struct rwe_mark at = rwe_arena_mark(run->arena);
    uint8_t *mark = RWE_NEW(run->arena, uint8_t, run->toxicity->events.n_terms);
    bool any = mark != NULL && rwe_toxicity_mark_pneumonitis(&run->toxicity->events, mark);
    rwe_arena_release(run->arena, at);
    return any;
}

/* What a subject's pneumonitis is put down to, over all its episodes. */
enum { BY_RT = 1, BY_PD1 = 2, BY_ALL = 4 };

static const struct cause {
    const char *term, *label;
    uint8_t set;
} causes[] = {
    {"any", "Any cause", BY_ALL},
    {"rt", "radiotherapy alone", BY_RT},
    {"pd1", "PD-1 antibody alone", BY_PD1},
    {"rt+pd1", "both", BY_RT | BY_PD1},
    {"indeterminate", "neither, or not said", 0},
};

static const struct rwe_toxicity_span spans[] = {
    {"any", 1, RWE_WORST_GRADE, true},
    {">=2", 2, RWE_WORST_GRADE, true},
    {">=3", 3, RWE_WORST_GRADE, true},
    {"1", 1, 1, false},
    {"2", 2, 2, false},
    {"3", 3, 3, false},
    {"4", 4, 4, false},
    {"5", 5, 5, false},
};
enum { N_SPANS = sizeof spans / sizeof spans[0], N_SHOWN = 3 };

static bool has_attribution(const struct rwe_adverse_episodes *e)
{
    return e->fact[RWE_AE_IS_RT] != NULL || e->fact[RWE_AE_IS_PD1] != NULL;
}

static uint8_t cause_of(const struct rwe_adverse_episodes *e, uint32_t episode)
{
    const int8_t *rt = e->fact[RWE_AE_IS_RT], *pd1 = e->fact[RWE_AE_IS_PD1];
    return (uint8_t)((rt != NULL && rt[episode] == 1 ? BY_RT : 0) |
                     (pd1 != NULL && pd1[episode] == 1 ? BY_PD1 : 0));
}

/* The episodes of those whose pneumonitis has this cause. */
static enum rwe_status of_cause(const struct rwe_toxicity_view *view,
                                const struct rwe_toxicity_list *all, const struct cause *cause,
                                struct rwe_toxicity_list *kept)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    uint32_t *episode = RWE_NEW(view->run->arena, uint32_t, all->n);
    size_t end;
    if (episode == NULL)
        return RWE_NO_MEMORY;
    *kept = (struct rwe_toxicity_list){.episode = episode};
    for (size_t k = 0; k < all->n; k = end) {
        uint32_t i = e->subject[all->episode[k]];
        uint8_t set = 0;
        for (end = k; end < all->n && e->subject[all->episode[end]] == i; end++)
            set |= cause_of(e, all->episode[end]);
        if (set == cause->set || cause->set == BY_ALL)
            for (size_t j = k; j < end; j++)
                episode[kept->n++] = all->episode[j];
    }
    return RWE_OK;
}

static enum rwe_status present_cause(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                     const struct rwe_toxicity_list *all, const struct cause *cause,
                                     struct rwe_error *error)
{
    struct rwe_toxicity_facts *facts = rwe_toxicity_new_facts(view, N_SPANS);
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    struct rwe_toxicity_row row = {.name = cause->term};
    struct rwe_toxicity_list list;
    if (facts == NULL || of_cause(view, all, cause, &list) != RWE_OK ||
        rwe_toxicity_collect(view->toxicity, &list, view->run->arena, &row) != RWE_OK)
        return rwe_fail_memory(error);
    key.model = "pneumonitis";
    key.term = cause->term;
    rwe_toxicity_count(view->run->cohort, view->design, &row, view->tally);
    enum rwe_status status = RWE_OK;
    for (size_t s = 0; s < N_SPANS && status == RWE_OK; s++)
        status = rwe_toxicity_add(view, &key, &row, &spans[s], &facts[s], error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(grid, cause->set != BY_ALL, "%s", cause->label);
    for (size_t s = 0; s < N_SHOWN; s++)
        rwe_toxicity_put(view, grid, &facts[s]);
    return RWE_OK;
}

/* ---- onset ---- */

/* From time zero, or from the start of the exposure in those who had begun it. */
static enum rwe_status put_onset(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                 const struct rwe_toxicity_row *row, size_t arm,
                                 const double *origin)
{
    struct rwe_arena *arena = view->run->arena;
    const struct rwe_cohort *cohort = view->run->cohort;
    double *value = RWE_NEW(arena, double, row->n), *weight = RWE_NEW(arena, double, row->n);
    struct rwe_key key = rwe_key_arm(rwe_key_in("toxicity", NULL, view->design), cohort, arm);
    size_t n = 0;
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        double since = row->onset[0][k] - (origin == NULL ? 0 : origin[i]);
        if (!view->design->member[i] || cohort->arm[i] != arm || !(since >= 0))
            continue;
        value[n] = since;
        weight[n++] = rwe_design_weight(view->design, i);
    }
    key.model = origin == NULL ? "pneumonitis-onset" : "pneumonitis-onset-from-exposure";
    key.term = "any";
    rwe_toxicity_put_quartiles(view, grid, &key, value, weight, n);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status present_onset(const struct rwe_toxicity_view *view,
                                     const struct rwe_toxicity_list *all)
{
    const struct rwe_cohort *cohort = view->run->cohort;
    const double *const origins[] = {NULL, cohort->exposure_start};
    static const char *const labels[] = {"from time zero", "from the start of the exposure"};
    struct rwe_toxicity_row row = {.name = "any"};
    struct rwe_grid *grid = rwe_toxicity_table(view, "Onset of pneumonitis");
    rwe_grid_column(grid, "onset%s", rwe_time_unit_suffix(view->run));
    rwe_toxicity_arm_columns(view, grid, "median (Q1–Q3)");
    if (rwe_toxicity_collect(view->toxicity, all, view->run->arena, &row) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t o = 0; o < 2; o++) {
        if (o == 1 && cohort->exposure_start == NULL)
            break;
        rwe_grid_row(grid, 0, "%s", labels[o]);
        for (size_t a = 0; a < cohort->n_arms; a++)
            if (put_onset(view, grid, &row, a, origins[o]) != RWE_OK)
                return RWE_NO_MEMORY;
    }
    rwe_grid_note(grid,
                  "Of a subject's first episode. From the exposure: those whose first episode "
                  "came after it.");
    return RWE_OK;
}

/* ---- the whole ---- */

static const char *terms_found(const struct rwe_toxicity_view *view, const uint8_t mark[])
{
    struct rwe_arena *arena = view->run->arena;
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rwe_strings found = {RWE_NEW(arena, const char *, toxicity->n_rows), 0};
    for (size_t r = 1; found.item != NULL && r < toxicity->n_rows; r++) {
        uint32_t term = toxicity->events.episode.term[toxicity->of_row[r].episode[0]];
        if (mark[term])
            found.item[found.n++] = toxicity->row[r].name;
    }
    const char *text = found.item == NULL ? NULL : rwe_text_join(arena, found, ", ");
    return text == NULL ? "" : text;
}

enum rwe_status rwe_toxicity_pneumonitis(const struct rwe_toxicity_view *view,
                                         struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    uint8_t *mark = RWE_NEW(view->run->arena, uint8_t, toxicity->events.n_terms);
    struct rwe_toxicity_list all;
    if (mark == NULL)
        return rwe_fail_memory(error);
    rwe_toxicity_mark_pneumonitis(&toxicity->events, mark);
    const struct rwe_toxicity_filter filter = {.terms = mark};
    if (rwe_toxicity_select(toxicity, &toxicity->all, &filter, view->run->arena, &all) != RWE_OK)
        return rwe_fail_memory(error);
    struct rwe_grid *grid = rwe_toxicity_table(view, "Pneumonitis of any cause");
    size_t n_causes =
        has_attribution(&toxicity->events.episode) ? sizeof causes / sizeof causes[0] : 1;
    enum rwe_status status = RWE_OK;
    rwe_grid_column(grid, "attributed to");
    rwe_toxicity_columns(view, grid, "any grade");
    rwe_toxicity_columns(view, grid, "grade ≥2");
    rwe_toxicity_columns(view, grid, "grade ≥3");
    for (size_t c = 0; c < n_causes && status == RWE_OK; c++)
        status = present_cause(view, grid, &all, &causes[c], error);
    rwe_grid_note(grid, "Terms taken together: %s. Infections are not among them.%s",
                  terms_found(view, mark),
                  n_causes == 1 ? ""
                                : " A subject's cause is what any of its episodes was put down to, "
                                  "at least possibly.");
    rwe_toxicity_notes(view, grid);
    if (status == RWE_OK && toxicity->events.episode.start != NULL &&
        present_onset(view, &all) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}
