/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by system organ class and term. See toxicity.md. */
#include "toxicity_view.h"

/* The classes from the most frequent down, and the facts of each by span. */
struct classes {
    struct rwe_toxicity_row *row;
    uint32_t *order;
    struct rwe_toxicity_facts *facts; /* by row and span */
    size_t n;
};

bool rwe_toxicity_has_classes(const struct rwe_run *run)
{
    return run->toxicity->events.episode.n_classes > 0;
}

/* The last class is "not said", for terms without one. */
static enum rwe_status collect_class(const struct rwe_toxicity_view *view, size_t c,
                                     struct rwe_toxicity_row *row)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    bool is_none = c == e->n_classes;
    const struct rwe_toxicity_filter filter = {.by_class = true,
                                               .class = is_none ? -1 : (int32_t)c};
    struct rwe_toxicity_list list;
    *row = (struct rwe_toxicity_row){.name = is_none ? "not said" : e->class_name[c],
                                     .class = filter.class};
    if (rwe_toxicity_select(toxicity, &toxicity->all, &filter, view->run->arena, &list) != RWE_OK)
        return RWE_NO_MEMORY;
    enum rwe_status status = rwe_toxicity_collect(toxicity, &list, view->run->arena, row);
    if (status == RWE_OK)
        row->shown = rwe_toxicity_is_shown(view->run, row, view->tally);
    return status;
}

static enum rwe_status collect_classes(const struct rwe_toxicity_view *view,
                                       struct classes *classes, struct rwe_error *error)
{
    struct rwe_arena *arena = view->run->arena;
    size_t n = view->toxicity->events.episode.n_classes + 1;
    *classes = (struct classes){
        .row = RWE_NEW(arena, struct rwe_toxicity_row, n),
        .order = RWE_NEW(arena, uint32_t, n),
        .facts = rwe_toxicity_new_facts(view, n * RWE_TOXICITY_SPANS),
        .n = n,
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t c = 0; c < n; c++)
        if (collect_class(view, c, &classes->row[c]) != RWE_OK)
            return rwe_fail_memory(error);
    return rwe_toxicity_order(classes->row, n, arena, classes->order) == RWE_OK
               ? RWE_OK
               : rwe_fail_memory(error);
}

/* All classes are facts; terms are told by the main table. */
static enum rwe_status add_facts(const struct rwe_toxicity_view *view,
                                 const struct classes *classes, struct rwe_error *error)
{
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    enum rwe_status status = RWE_OK;
    key.model = "soc";
    for (size_t o = 0; o < classes->n; o++) {
        const struct rwe_toxicity_row *row = &classes->row[classes->order[o]];
        struct rwe_toxicity_facts *facts = &classes->facts[classes->order[o] * RWE_TOXICITY_SPANS];
        key.term = row->name;
        rwe_toxicity_count(view->run->cohort, view->design, row, view->tally);
        for (size_t s = 0; s < RWE_TOXICITY_SPANS && row->n > 0 && status == RWE_OK; s++)
            status = rwe_toxicity_add(view, &key, row, &rwe_toxicity_span[s], &facts[s], error);
    }
    return status;
}

/* Any grade and grade 3 or more, compared; or by grade. */
static void put_row(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                    const struct rwe_toxicity_facts facts[], bool by_grade)
{
    static const size_t grades[] = {RWE_SPAN_MILD, RWE_SPAN_GRADE1 + 2, RWE_SPAN_GRADE1 + 3,
                                    RWE_SPAN_GRADE1 + 4};
    if (!by_grade) {
        rwe_toxicity_put(view, grid, &facts[RWE_SPAN_ANY]);
        rwe_toxicity_put(view, grid, &facts[RWE_SPAN_SEVERE]);
        return;
    }
    for (size_t g = 0; g < sizeof grades / sizeof grades[0]; g++)
        rwe_toxicity_put_arms(view, grid, &facts[grades[g]]);
}

static void put_class(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                      const struct classes *classes, uint32_t c, bool by_grade)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    rwe_grid_row(grid, 0, "%s", classes->row[c].name);
    put_row(view, grid, &classes->facts[c * RWE_TOXICITY_SPANS], by_grade);
    for (size_t r = 1; r < toxicity->n_rows; r++)
        if (toxicity->row[r].shown && toxicity->row[r].class == classes->row[c].class) {
            rwe_grid_row(grid, 1, "%s", toxicity->row[r].name);
            put_row(view, grid, rwe_toxicity_main_facts(view, r, 0), by_grade);
        }
}

static void start_table(const struct rwe_toxicity_view *view, struct rwe_grid *grid, bool by_grade)
{
    static const char *const headings[] = {"grade 1–2", "grade 3", "grade 4", "grade 5"};
    rwe_grid_column(grid, "class and term");
    for (size_t g = 0; g < sizeof headings / sizeof headings[0] && by_grade; g++)
        rwe_toxicity_arm_columns(view, grid, headings[g]);
    if (by_grade)
        return;
    rwe_toxicity_columns(view, grid, "any grade");
    rwe_toxicity_columns(view, grid, "grade ≥3");
}

static void present_table(const struct rwe_toxicity_view *view, const struct classes *classes,
                          bool by_grade)
{
    const struct toxicity_settings *settings = toxicity_settings_of(view->run->settings);
    struct rwe_grid *grid =
        rwe_toxicity_table(view, by_grade ? "Adverse events by class, term and worst grade"
                                          : "Adverse events by class and term");
    size_t n_hidden = 0;
    start_table(view, grid, by_grade);
    for (size_t o = 0; o < classes->n; o++) {
        uint32_t c = classes->order[o];
        if (classes->row[c].shown)
            put_class(view, grid, classes, c, by_grade);
        n_hidden += classes->row[c].n > 0 && !classes->row[c].shown;
    }
    rwe_grid_note(
        grid,
        "A subject counts once a class and once a term, by the worst grade. Shown: at "
        "least %g%% of an arm at any grade, or %g%% at grade 3 or more, before "
        "weighting and matching; %zu further classes and %zu further terms are among the facts.",
        settings->cut, settings->cut_severe, n_hidden, view->toxicity->n_hidden);
    if (!by_grade)
        rwe_toxicity_notes(view, grid);
    else if (view->design->weight != NULL)
        rwe_grid_note(grid, "Counts are of subjects; percentages are weighted.");
}

enum rwe_status rwe_toxicity_classes(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    struct classes classes;
    enum rwe_status status = collect_classes(view, &classes, error);
    if (status == RWE_OK)
        status = add_facts(view, &classes, error);
    if (status != RWE_OK)
        return status;
    present_table(view, &classes, false);
    if (toxicity_settings_of(view->run->settings)->grades)
        present_table(view, &classes, true);
    return RWE_OK;
}
