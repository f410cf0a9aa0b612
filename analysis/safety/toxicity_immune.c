/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Immune-related adverse events: grade, onset, steroids, resolution. See toxicity.md. */
#include "toxicity_view.h"

#include <math.h>
#include <string.h>

/* A term's immune-related episodes, and by place of its row what became of the subject. */
struct course {
    struct rwe_toxicity_row row;
    struct rwe_toxicity_list list;
    uint8_t *steroid;
    int8_t *resolved; /* every episode whose outcome is known: 1; not all: 0; none known: −1 */
};

bool rwe_toxicity_has_immune(const struct rwe_run *run)
{
    return run->toxicity->events.episode.fact[RWE_AE_IS_IMMUNE] != NULL;
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

/* Of those of an arm who are asked (what[k] >= 0), how many say yes. */
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

static enum rwe_status put_onset(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                 const struct rwe_key *key, const struct course *course, size_t arm)
{
    struct rwe_arena *arena = view->run->arena;
    double *value = RWE_NEW(arena, double, course->row.n);
    double *weight = RWE_NEW(arena, double, course->row.n);
    size_t n = 0;
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < course->row.n; k++) {
        uint32_t i = course->row.subject[k];
        if (!view->design->member[i] || view->run->cohort->arm[i] != arm ||
            isnan(course->row.onset[0][k]))
            continue;
        value[n] = course->row.onset[0][k];
        weight[n++] = rwe_design_weight(view->design, i);
    }
    rwe_toxicity_put_quartiles(view, grid, key, value, weight, n);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

/* What is told of the course, one kind after the other, each by arm. */
static enum rwe_status put_course(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                  const struct rwe_key *key, const struct course *course)
{
    static const char *const steroid[] = {"steroid.of", "steroid.n", "steroid.percent"};
    static const char *const resolved[] = {"resolved.of", "resolved.n", "resolved.percent"};
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    const struct rwe_cohort *cohort = view->run->cohort;
    for (size_t a = 0; a < cohort->n_arms && e->start != NULL; a++) {
        struct rwe_key arm = rwe_key_arm(*key, cohort, a);
        if (put_onset(view, grid, &arm, course, a) != RWE_OK)
            return RWE_NO_MEMORY;
    }
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
    rwe_toxicity_count(view->run->cohort, view->design, &course->row, view->tally);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && status == RWE_OK; l++)
        status =
            rwe_toxicity_add(view, &key, &course->row, &rwe_toxicity_span[l], &facts[l], error);
    if (status != RWE_OK)
        return status;
    bool is_any = strcmp(course->row.name, "any") == 0;
    rwe_grid_row(grid, 0, "%s", is_any ? "Any immune-related AE" : course->row.name);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++)
        rwe_toxicity_put_arms(view, grid, &facts[l]);
    return put_course(view, grid, &key, course) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

static struct rwe_grid *start_table(const struct rwe_toxicity_view *view)
{
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    struct rwe_grid *grid = rwe_toxicity_table(view, "Immune-related adverse events");
    rwe_grid_column(grid, "adverse event");
    rwe_toxicity_arm_columns(view, grid, "any grade");
    rwe_toxicity_arm_columns(view, grid, "grade ≥3");
    if (e->start != NULL)
        rwe_toxicity_arm_columns(
            view, grid,
            rwe_arena_format(view->run->arena, "onset%s", rwe_time_unit_suffix(view->run)));
    if (e->fact[RWE_AE_HAD_STEROID] != NULL)
        rwe_toxicity_arm_columns(view, grid, "steroids");
    if (e->fact[RWE_AE_IS_RESOLVED] != NULL)
        rwe_toxicity_arm_columns(view, grid, "resolved");
    return grid;
}

static void end_table(const struct rwe_toxicity_view *view, struct rwe_grid *grid)
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
static enum rwe_status present_row(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                   size_t r, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const struct rwe_toxicity_filter filter = {.fact = {[RWE_AE_IS_IMMUNE] = 1}};
    struct course course = {.row = {.name = toxicity->row[r].name}};
    if (rwe_toxicity_select(toxicity, &toxicity->of_row[r], &filter, view->run->arena,
                            &course.list) != RWE_OK ||
        rwe_toxicity_collect(toxicity, &course.list, view->run->arena, &course.row) != RWE_OK ||
        follow(view, &course) != RWE_OK)
        return rwe_fail_memory(error);
    return course.row.n == 0 && r > 0 ? RWE_OK : present_course(view, grid, &course, error);
}

enum rwe_status rwe_toxicity_immune(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    struct rwe_grid *grid = start_table(view);
    enum rwe_status status = RWE_OK;
    for (size_t r = 0; r < view->toxicity->n_rows && status == RWE_OK; r++)
        status = present_row(view, grid, r, error);
    end_table(view, grid);
    return status;
}
