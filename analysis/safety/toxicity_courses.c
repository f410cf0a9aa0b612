/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The course of immune-related adverse events (grade, onset, steroids, resolution), and pneumonitis of any cause. See
 * toxicity.md. */
#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "rwe/stats/summary.h"
#include "toxicity_table.h"

#include <math.h>
#include <string.h>

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

/* A sample of an arm in quartiles. */
static void put_quartiles(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                          const struct rwe_key *key, double value[], double weight[], size_t n)
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

/* The first onsets of an arm's members with the row's events, from time zero, or from `origin` by subject in those
 * whose first episode came after it. */
static enum rwe_status put_onset(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                 const struct rwe_key *key, const struct rwe_toxicity_row *row,
                                 size_t arm, const double *origin)
{
    struct rwe_arena *arena = view->run->arena;
    const struct rwe_cohort *cohort = view->run->cohort;
    double *value = RWE_NEW(arena, double, row->n), *weight = RWE_NEW(arena, double, row->n);
    size_t n = 0;
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        double since = row->onset[RWE_TOXICITY_ANY][k] - (origin == NULL ? 0 : origin[i]);
        if (!view->design->member[i] || cohort->arm[i] != arm || !(since >= 0))
            continue;
        value[n] = since;
        weight[n++] = rwe_design_weight(view->design, i);
    }
    struct rwe_key of_arm = rwe_key_arm(*key, cohort, arm);
    put_quartiles(view, grid, &of_arm, value, weight, n);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* ---- immune-related events ---- */

/* A term's immune-related episodes, and by place of its row what became of the subject. */
struct course {
    struct rwe_toxicity_row row;
    struct rwe_toxicity_list list;
    uint8_t *steroid;
    int8_t *resolved; /* every episode whose outcome is known: 1; not all: 0; none known: −1 */
};

static bool has_immune(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    (void)run;
    return toxicity->events.episode.fact[RWE_AE_IS_IMMUNE] != NULL;
}

static enum rwe_status follow(const struct rwe_toxicity_view *view, struct course *course)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    const int8_t *steroid = e->fact[RWE_AE_HAD_STEROID], *outcome = e->fact[RWE_AE_IS_RESOLVED];
    size_t at = 0;
    course->steroid = RWE_NEW(view->run->arena, uint8_t, course->row.n);
    course->resolved = RWE_NEW(view->run->arena, int8_t, course->row.n);
    if (rwe_arena_failed(view->run->arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < course->list.n; k++) {
        uint32_t episode = course->list.episode[k];
        bool first = k == 0 || e->subject[episode] != e->subject[course->list.episode[k - 1]];
        at += first && k > 0;
        if (first)
            course->resolved[at] = -1;
        if (steroid != NULL && steroid[episode] == 1)
            course->steroid[at] = 1;
        if (outcome != NULL && outcome[episode] >= 0)
            course->resolved[at] = (int8_t)(outcome[episode] == 1 && course->resolved[at] != 0);
    }
    return RWE_OK;
}

/* How many said yes, of those of an arm of whom it is known; nothing is shown of nobody. */
static void put_share(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                      const struct rwe_key *key, const char *const stats[3],
                      const struct rwe_share *share)
{
    struct rwe_document *document = view->run->document;
    rwe_document_number(document, key, stats[0], (double)share->of);
    rwe_fact n = rwe_document_number(document, key, stats[1], (double)share->n);
    rwe_fact percent =
        rwe_document_number(document, key, stats[2], 100 * rwe_share_estimate(share));
    if (share->of == 0)
        rwe_grid_empty(grid);
    else
        rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
}

static struct rwe_share share_of(const struct rwe_toxicity_view *view, const struct course *course,
                                 size_t arm, bool of_steroids)
{
    struct rwe_share share = {0};
    for (size_t k = 0; k < course->row.n; k++) {
        uint32_t i = course->row.subject[k];
        int answer = of_steroids ? course->steroid[k] : course->resolved[k];
        if (!view->design->member[i] || view->run->cohort->arm[i] != arm || answer < 0)
            continue;
        double w = rwe_design_weight(view->design, i);
        share.of++;
        share.weight_of += w;
        share.n += answer == 1;
        share.weighted += answer == 1 ? w : 0;
    }
    return share;
}

/* What is told of the course, one kind after the other, each by arm. */
static enum rwe_status put_course(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                  const struct rwe_key *key, const struct course *course)
{
    static const char *const steroid[] = {"steroid.of", "steroid.n", "steroid.percent"};
    static const char *const resolved[] = {"resolved.of", "resolved.n", "resolved.percent"};
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    const struct rwe_cohort *cohort = view->run->cohort;
    for (size_t a = 0; a < cohort->n_arms && e->start != NULL; a++)
        if (put_onset(view, grid, key, &course->row, a, NULL) != RWE_OK)
            return RWE_NO_MEMORY;
    for (size_t a = 0; a < cohort->n_arms && e->fact[RWE_AE_HAD_STEROID] != NULL; a++) {
        struct rwe_key arm = rwe_key_arm(*key, cohort, a);
        struct rwe_share share = share_of(view, course, a, true);
        put_share(view, grid, &arm, steroid, &share);
    }
    for (size_t a = 0; a < cohort->n_arms && e->fact[RWE_AE_IS_RESOLVED] != NULL; a++) {
        struct rwe_key arm = rwe_key_arm(*key, cohort, a);
        struct rwe_share share = share_of(view, course, a, false);
        put_share(view, grid, &arm, resolved, &share);
    }
    return RWE_OK;
}

static enum rwe_status present_course(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                      const struct course *course, struct rwe_error *error)
{
    struct rwe_toxicity_facts *facts = rwe_toxicity_new_facts(view, RWE_TOXICITY_LEVELS);
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    enum rwe_status status = facts == NULL ? rwe_fail_memory(error) : RWE_OK;
    key.model = "immune";
    key.term = course->row.name;
    rwe_toxicity_count(view, &course->row);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && status == RWE_OK; l++)
        status =
            rwe_toxicity_add(view, &key, &course->row, &rwe_toxicity_span[l], &facts[l], error);
    if (status != RWE_OK)
        return status;
    bool is_any = strcmp(course->row.name, "any") == 0;
    rwe_grid_row(grid, 0, "%s", is_any ? rwe_text("Any immune-related AE") : course->row.name);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++)
        rwe_toxicity_put_arms(view, grid, &facts[l]);
    return put_course(view, grid, &key, course) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

static struct rwe_grid *start_immune(const struct rwe_toxicity_view *view)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    struct rwe_grid *grid = rwe_document_table(
        view->run->document, "Immune-related adverse events: %s", view->design->label);
    rwe_grid_column(grid, "adverse event");
    rwe_toxicity_arm_columns(view, grid, rwe_text("any grade"));
    rwe_toxicity_arm_columns(view, grid, rwe_text("grade ≥3"));
    if (e->start != NULL)
        for (size_t a = 0; a < view->run->cohort->n_arms; a++)
            rwe_grid_column(grid, "onset%s\n%s", rwe_time_unit_suffix(view->run),
                            view->run->cohort->arm_level[a]);
    if (e->fact[RWE_AE_HAD_STEROID] != NULL)
        rwe_toxicity_arm_columns(view, grid, rwe_text("steroids"));
    if (e->fact[RWE_AE_IS_RESOLVED] != NULL)
        rwe_toxicity_arm_columns(view, grid, rwe_text("resolved"));
    return grid;
}

static void end_immune(const struct rwe_toxicity_view *view, struct rwe_grid *grid)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    rwe_grid_note(grid, "Events that the file marks as immune-related; all terms are shown.");
    if (e->start != NULL)
        rwe_grid_note(grid,
                      "Onset: of a subject's first episode since time zero, median (Q1–Q3) of "
                      "those who had one.");
    if (e->fact[RWE_AE_HAD_STEROID] != NULL)
        rwe_grid_note(grid, "Steroids: subjects given them, of those with the event.");
    if (e->fact[RWE_AE_IS_RESOLVED] != NULL)
        rwe_grid_note(grid, "Resolved: subjects all of whose episodes did, of those with the event "
                            "and a known outcome.");
    if (view->design->weight != NULL)
        rwe_grid_note(grid, "Counts are of subjects; percentages and quartiles are weighted.");
}

/* The episodes of a row that are immune-related; nothing is told of a term without any. */
static enum rwe_status present_immune_row(const struct rwe_toxicity_view *view,
                                          struct rwe_grid *grid, size_t r, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const struct rwe_toxicity_filter filter = {.fact = {[RWE_AE_IS_IMMUNE] = true}};
    struct course course = {.row = {.name = toxicity->row[r].name}};
    if (rwe_toxicity_select(toxicity, &toxicity->of_row[r], &filter, view->run->arena,
                            &course.list) != RWE_OK ||
        rwe_toxicity_collect(toxicity, &course.list, view->run->arena, &course.row) != RWE_OK ||
        follow(view, &course) != RWE_OK)
        return rwe_fail_memory(error);
    return course.row.n == 0 && r > 0 ? RWE_OK : present_course(view, grid, &course, error);
}

static enum rwe_status present_immune(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    struct rwe_grid *grid = start_immune(view);
    enum rwe_status status = RWE_OK;
    for (size_t r = 0; r < view->toxicity->n_rows && status == RWE_OK; r++)
        status = present_immune_row(view, grid, r, error);
    end_immune(view, grid);
    return status;
}

const struct rwe_toxicity_part rwe_toxicity_immune = {
    .name = "immune",
    .title = N_("Immune-related adverse events"),
    .needs = N_("a column of immune-related events (ae_immune)"),
    .applies = has_immune,
    .present = present_immune,
};

/* ---- pneumonitis, by cause ---- */

static bool has_pneumonitis(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    (void)run;
    return rwe_toxicity_has_pneumonitis(&toxicity->events);
}

/* What a subject's pneumonitis is put down to, over all its episodes. */
enum { BY_RT = 1, BY_PD1 = 2, BY_ALL = 4 };

static const struct cause {
    const char *term, *label;
    uint8_t set;
} causes[] = {
    {"any", N_("Any cause"), BY_ALL},
    {"rt", N_("radiotherapy alone"), BY_RT},
    {"pd1", N_("PD-1 antibody alone"), BY_PD1},
    {"rt+pd1", N_("both"), BY_RT | BY_PD1},
    {"indeterminate", N_("neither, or not said"), 0},
};

static const struct rwe_toxicity_span spans[] = {
    {"any", 0, RWE_WORST_GRADE, true},
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
    rwe_toxicity_count(view, &row);
    enum rwe_status status = RWE_OK;
    for (size_t s = 0; s < N_SPANS && status == RWE_OK; s++)
        status = rwe_toxicity_add(view, &key, &row, &spans[s], &facts[s], error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(grid, cause->set != BY_ALL, "%s", rwe_text(cause->label));
    for (size_t s = 0; s < N_SHOWN; s++)
        rwe_toxicity_put(view, grid, &facts[s]);
    return RWE_OK;
}

static enum rwe_status present_onset(const struct rwe_toxicity_view *view,
                                     const struct rwe_toxicity_list *all)
{
    const struct rwe_cohort *cohort = view->run->cohort;
    const double *const origins[] = {NULL, cohort->exposure_start};
    static const char *const labels[] = {N_("from time zero"),
                                         N_("from the start of the exposure")};
    static const char *const models[] = {"pneumonitis-onset", "pneumonitis-onset-from-exposure"};
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    struct rwe_toxicity_row row = {.name = "any"};
    struct rwe_grid *grid =
        rwe_document_table(view->run->document, "Onset of pneumonitis: %s", view->design->label);
    rwe_grid_column(grid, "onset%s", rwe_time_unit_suffix(view->run));
    rwe_toxicity_arm_columns(view, grid, rwe_text("median (Q1–Q3)"));
    if (rwe_toxicity_collect(view->toxicity, all, view->run->arena, &row) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t o = 0; o < 2; o++) {
        if (o == 1 && cohort->exposure_start == NULL)
            break;
        key.model = models[o];
        key.term = "any";
        rwe_grid_row(grid, 0, "%s", rwe_text(labels[o]));
        for (size_t a = 0; a < cohort->n_arms; a++)
            if (put_onset(view, grid, &key, &row, a, origins[o]) != RWE_OK)
                return RWE_NO_MEMORY;
    }
    rwe_grid_note(grid,
                  "Of a subject's first episode. From the exposure: those whose first episode "
                  "came after it.");
    return RWE_OK;
}

/* The names of the rows whose terms are marked. */
static const char *terms_found(const struct rwe_toxicity_view *view, const uint8_t mark[])
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const char *list = NULL;
    for (size_t r = 1; r < toxicity->n_rows; r++) {
        const char *name = toxicity->row[r].name;
        if (!mark[toxicity->events.episode.term[toxicity->of_row[r].episode[0]]])
            continue;
        list = list == NULL ? name
                            : rwe_arena_format(view->run->arena, rwe_text("%s, %s"), list, name);
    }
    return list == NULL ? "" : list;
}

static void end_pneumonitis(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                            const uint8_t mark[])
{
    const char *terms = terms_found(view, mark);
    if (has_attribution(&view->toxicity->events.episode))
        rwe_grid_note(grid,
                      "Terms taken together: %s. Infections are not among them. A subject's cause "
                      "is what any of its episodes was put down to, at least possibly.",
                      terms);
    else
        rwe_grid_note(grid, "Terms taken together: %s. Infections are not among them.", terms);
    rwe_toxicity_notes(view, grid);
}

static enum rwe_status present_pneumonitis(const struct rwe_toxicity_view *view,
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
    struct rwe_grid *grid = rwe_document_table(view->run->document, "Pneumonitis of any cause: %s",
                                               view->design->label);
    size_t n_causes =
        has_attribution(&toxicity->events.episode) ? sizeof causes / sizeof causes[0] : 1;
    enum rwe_status status = RWE_OK;
    rwe_grid_column(grid, "attributed to");
    rwe_toxicity_columns(view, grid, rwe_text("any grade"));
    rwe_toxicity_columns(view, grid, rwe_text("grade ≥2"));
    rwe_toxicity_columns(view, grid, rwe_text("grade ≥3"));
    for (size_t c = 0; c < n_causes && status == RWE_OK; c++)
        status = present_cause(view, grid, &all, &causes[c], error);
    end_pneumonitis(view, grid, mark);
    if (status == RWE_OK && toxicity->events.episode.start != NULL &&
        present_onset(view, &all) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}

const struct rwe_toxicity_part rwe_toxicity_pneumonitis = {
    .name = "pneumonitis",
    .title = N_("Pneumonitis"),
    .needs = N_("a term of pneumonitis"),
    .applies = has_pneumonitis,
    .present = present_pneumonitis,
};
