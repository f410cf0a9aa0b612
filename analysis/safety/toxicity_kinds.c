/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by kind (serious, related, immune-related, leading to action, fatal) and by system organ class. See
 * toxicity.md. */
#include "rwe/analysis/bootstrap.h"
#include "rwe/base/language.h"
#include "toxicity_table.h"

/* ---- by kind ---- */

/* A row: the episodes of a kind, and the grades at which a subject counts. */
struct kind {
    const char *term, *label;
    int indent;
    int fact; /* that is yes; RWE_AE_N_FACTS: any episode */
    const struct rwe_toxicity_span *span;
};
static const struct rwe_toxicity_span any = {"any", 0, RWE_WORST_GRADE, true},
                                      severe = {">=3", 3, RWE_WORST_GRADE, true},
                                      fatal = {"5", 5, 5, true};
static const struct kind kinds[] = {
    {"any", N_("Any AE"), 0, RWE_AE_N_FACTS, &any},
    {"any", N_("grade ≥3"), 1, RWE_AE_N_FACTS, &severe},
    {"any", N_("fatal (grade 5)"), 1, RWE_AE_N_FACTS, &fatal},
    {"serious", N_("Serious AE"), 0, RWE_AE_IS_SERIOUS, &any},
    {"related.chemo", N_("Related to chemotherapy"), 0, RWE_AE_IS_CHEMO, &any},
    {"related.chemo", N_("grade ≥3"), 1, RWE_AE_IS_CHEMO, &severe},
    {"related.pd1", N_("Related to PD-1 antibody"), 0, RWE_AE_IS_PD1, &any},
    {"related.pd1", N_("grade ≥3"), 1, RWE_AE_IS_PD1, &severe},
    {"related.rt", N_("Related to radiotherapy"), 0, RWE_AE_IS_RT, &any},
    {"related.rt", N_("grade ≥3"), 1, RWE_AE_IS_RT, &severe},
    {"immune", N_("Immune-related AE"), 0, RWE_AE_IS_IMMUNE, &any},
    {"immune", N_("grade ≥3"), 1, RWE_AE_IS_IMMUNE, &severe},
    {"delay", N_("Leading to delay or interruption"), 0, RWE_AE_HAD_DELAY, &any},
    {"reduction", N_("Leading to dose reduction"), 0, RWE_AE_HAD_REDUCTION, &any},
    {"discontinuation", N_("Leading to discontinuation"), 0, RWE_AE_HAD_DISCONTINUATION, &any},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static bool has_kinds(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    (void)run;
    for (size_t f = 0; f < RWE_AE_N_FACTS; f++)
        if (toxicity->events.episode.fact[f] != NULL)
            return true;
    return false;
}

static enum rwe_status present_kind(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                    const struct kind *kind, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rwe_toxicity_filter filter = {.fact = {false}};
    struct rwe_toxicity_facts *facts = rwe_toxicity_new_facts(view, 1);
    struct rwe_toxicity_row row = {.name = kind->term};
    struct rwe_toxicity_list list;
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    if (kind->fact < RWE_AE_N_FACTS)
        filter.fact[kind->fact] = true;
    if (facts == NULL ||
        rwe_toxicity_select(toxicity, &toxicity->all, &filter, view->run->arena, &list) != RWE_OK ||
        rwe_toxicity_collect(toxicity, &list, view->run->arena, &row) != RWE_OK)
        return rwe_fail_memory(error);
    key.model = "overview";
    key.term = kind->term;
    rwe_toxicity_count(view, &row);
    enum rwe_status status = rwe_toxicity_add(view, &key, &row, kind->span, facts, error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(grid, kind->indent, "%s", rwe_text(kind->label));
    rwe_toxicity_put(view, grid, facts);
    return RWE_OK;
}

static enum rwe_status present_kinds(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    struct rwe_grid *grid = rwe_document_table(
        view->run->document, "Overview of adverse events: %s", view->design->label);
    enum rwe_status status = RWE_OK;
    rwe_grid_column(grid, "subjects with");
    rwe_toxicity_columns(view, grid, rwe_text("n (%)"));
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

const struct rwe_toxicity_part rwe_toxicity_overview = {
    .name = "overview",
    .title = N_("Overview of adverse events"),
    .needs = N_("a column such as ae_serious, ae_rel_pd1 or ae_action"),
    .applies = has_kinds,
    .present = present_kinds,
};

/* ---- by class ---- */

/* The classes from the most frequent down, and the facts of each by span. */
struct classes {
    struct rwe_toxicity_row *row;
    uint32_t *order;
    struct rwe_toxicity_facts *facts; /* by row and span */
    size_t n;
};

static bool has_classes(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    (void)run;
    return toxicity->events.episode.n_classes > 0;
}

/* Terms whose class the file does not say: a name in facts, and text for readers. */
static const char not_said[] = N_("not said");

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
    *row = (struct rwe_toxicity_row){.name = is_none ? not_said : e->class_name[c],
                                     .class = filter.class};
    if (rwe_toxicity_select(toxicity, &toxicity->all, &filter, view->run->arena, &list) != RWE_OK)
        return RWE_NO_MEMORY;
    enum rwe_status status = rwe_toxicity_collect(toxicity, &list, view->run->arena, row);
    if (status == RWE_OK)
        row->shown = rwe_toxicity_is_shown(view->run, row);
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
static enum rwe_status add_class_facts(const struct rwe_toxicity_view *view,
                                       const struct classes *classes, struct rwe_error *error)
{
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    enum rwe_status status = RWE_OK;
    size_t n_spans = rwe_toxicity_n_spans(view->toxicity);
    key.model = "soc";
    for (size_t o = 0; o < classes->n; o++) {
        const struct rwe_toxicity_row *row = &classes->row[classes->order[o]];
        struct rwe_toxicity_facts *facts = &classes->facts[classes->order[o] * RWE_TOXICITY_SPANS];
        key.term = row->name;
        rwe_toxicity_count(view, row);
        for (size_t s = 0; s < n_spans && row->n > 0 && status == RWE_OK; s++)
            status = rwe_toxicity_add(view, &key, row, &rwe_toxicity_span[s], &facts[s], error);
    }
    return status;
}

/* Any grade and grade 3 or more, compared; or by grade. */
static void put_spans(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
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
    bool is_none = classes->row[c].class < 0;
    rwe_grid_row(grid, 0, "%s", is_none ? rwe_text(not_said) : classes->row[c].name);
    put_spans(view, grid, &classes->facts[c * RWE_TOXICITY_SPANS], by_grade);
    for (size_t r = 1; r < toxicity->n_rows; r++)
        if (toxicity->row[r].shown && toxicity->row[r].class == classes->row[c].class) {
            rwe_grid_row(grid, 1, "%s", toxicity->row[r].name);
            put_spans(view, grid, rwe_toxicity_main_facts(view, r, 0), by_grade);
        }
}

static void start_classes(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                          bool by_grade)
{
    static const char *const headings[] = {N_("grade 1–2"), N_("grade 3"), N_("grade 4"),
                                           N_("grade 5")};
    rwe_grid_column(grid, "class and term");
    for (size_t g = 0; g < sizeof headings / sizeof headings[0] && by_grade; g++)
        rwe_toxicity_arm_columns(view, grid, rwe_text(headings[g]));
    if (by_grade)
        return;
    rwe_toxicity_columns(view, grid, rwe_text("any grade"));
    rwe_toxicity_columns(view, grid, rwe_text("grade ≥3"));
}

static void present_classes_by(const struct rwe_toxicity_view *view, const struct classes *classes,
                               bool by_grade)
{
    const struct toxicity_settings *settings = toxicity_settings_of(view->run->settings);
    struct rwe_grid *grid =
        rwe_document_table(view->run->document,
                           by_grade ? N_("Adverse events by class, term and worst grade: %s")
                                    : N_("Adverse events by class and term: %s"),
                           view->design->label);
    size_t n_hidden = 0;
    start_classes(view, grid, by_grade);
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
    if (!by_grade) {
        rwe_toxicity_notes(view, grid);
        rwe_bootstrap_note(view->run, grid);
    } else if (view->design->weight != NULL) {
        rwe_grid_note(grid, "Counts are of subjects; percentages are weighted.");
    }
}

static enum rwe_status present_classes(const struct rwe_toxicity_view *view,
                                       struct rwe_error *error)
{
    struct classes classes;
    enum rwe_status status = collect_classes(view, &classes, error);
    if (status == RWE_OK)
        status = add_class_facts(view, &classes, error);
    if (status != RWE_OK)
        return status;
    present_classes_by(view, &classes, false);
    if (toxicity_settings_of(view->run->settings)->grades)
        present_classes_by(view, &classes, true);
    return RWE_OK;
}

const struct rwe_toxicity_part rwe_toxicity_classes = {
    .name = "soc",
    .title = N_("Adverse events by system organ class"),
    .needs = N_("a column of system organ classes (ae_soc)"),
    .applies = has_classes,
    .present = present_classes,
};
