/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by arm: worst grade per subject and term. See toxicity.md. */
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/base/language.h"
#include "rwe/report/figure.h"
#include "toxicity_table.h"

#include <math.h>
#include <string.h>

/* ---- the main table ---- */

/* Lists the difference of a row that is shown, from time zero: what a replicate estimates. */
static enum rwe_status difference_of(const struct rwe_toxicity_view *view,
                                     const struct rwe_key *key, const struct rwe_toxicity_row *row,
                                     const struct rwe_toxicity_span *span,
                                     struct rwe_inference *difference, struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    struct rwe_key at = *key;
    at.level = span->name;
    enum rwe_status status = rwe_toxicity_compare(view, row, span, difference, error);
    if (status == RWE_OK && row->shown && run->from_zero == NULL)
        *difference = rwe_run_estimate(run, &at, "risk.difference", RWE_ESTIMATE_PLAIN, difference);
    return status;
}

/* Facts of a row, and its cells where it is shown. */
static enum rwe_status run_row(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                               size_t r, struct rwe_error *error)
{
    const struct rwe_toxicity_row *row = &view->toxicity->row[r];
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    key.term = row->name;
    rwe_toxicity_count(view, row);
    if (row->shown)
        rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(row));
    for (size_t s = 0; s < rwe_toxicity_n_spans(view->toxicity); s++) {
        const struct rwe_toxicity_span *span = &rwe_toxicity_span[s];
        struct rwe_toxicity_facts *facts = rwe_toxicity_main_facts(view, r, s);
        struct rwe_inference difference = {.value = NAN};
        enum rwe_status status = RWE_OK;
        if (rwe_toxicity_compares(view, span))
            status = difference_of(view, &key, row, span, &difference, error);
        if (status != RWE_OK)
            return status;
        rwe_toxicity_add_facts(view, &key, span, &difference, facts);
        if (row->shown && span->is_compared)
            rwe_toxicity_put(view, grid, facts);
    }
    return RWE_OK;
}

static struct rwe_grid *start_table(const struct rwe_toxicity_view *view)
{
    struct rwe_grid *grid = rwe_document_table(
        view->run->document, "Adverse events, worst grade a subject: %s", view->design->label);
    rwe_grid_column(grid, "adverse event");
    rwe_toxicity_columns(view, grid, rwe_text("any grade"));
    rwe_toxicity_columns(view, grid, rwe_text("grade ≥3"));
    return grid;
}

static void end_table(const struct rwe_toxicity_view *view, struct rwe_grid *grid)
{
    const struct toxicity_settings *settings = toxicity_settings_of(view->run->settings);
    rwe_grid_note(grid,
                  "Subjects with the event over all subjects of the arm, those without any adverse "
                  "event included. Shown: at least %g%% of an arm at any grade, or %g%% at grade 3 "
                  "or more, before weighting and matching; %zu further terms are among the facts.",
                  settings->cut, settings->cut_severe, view->toxicity->n_hidden);
    rwe_toxicity_notes(view, grid);
    rwe_bootstrap_note(view->run, grid);
}

enum { MOST_ROWS = 40 };

static void add_columns(struct rwe_figure *figure, bool has_p)
{
    size_t severe = has_p ? 5 : 4; /* its first column */
    for (size_t a = 0; a < 2; a++) {
        rwe_figure_column(figure, RWE_COLUMN_BAR, 1 + a, a, NULL);
        rwe_figure_column(figure, RWE_COLUMN_INNER_BAR, severe + a, a, NULL);
    }
    rwe_figure_column(figure, RWE_COLUMN_POINT, 3, 0, NULL);
}

/* A butterfly of the table, which has all its rows: the arms' bars to both sides, and the differences of any grade. Its
 * columns are, for any grade and then for grade 3 or more, one an arm, their difference, and p with --fisher. */
static void add_figure(const struct rwe_run *run, const struct rwe_design *design,
                       struct rwe_grid *grid)
{
    const char *const *arm = run->cohort->arm_level;
    const char *name = rwe_arena_format(run->arena, "toxicity-%s", design->name);
    const char *level = rwe_conf_level_text(run);
    size_t n = rwe_grid_n_rows(grid);
    if (run->cohort->n_arms != 2 || n == 0)
        return;
    struct rwe_figure *figure =
        rwe_document_figure(run->document, RWE_FIGURE_BUTTERFLY, name == NULL ? "" : name,
                            "Adverse events by arm: %s", design->label);
    rwe_figure_set_grid(figure, grid);
    add_columns(figure, toxicity_settings_of(run->settings)->fisher);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_text("Patients (%)")});
    rwe_figure_y_axis(
        figure, &(struct rwe_axis){
                    .label = rwe_arena_format(run->arena, rwe_text("Difference (%s CI)"), level),
                    .percent = true});
    rwe_figure_rows(figure, &(struct rwe_row_style){.most = MOST_ROWS});
    rwe_figure_describe(figure,
                        "Bars to the left are of %s, to the right of %s: the share of patients "
                        "with the adverse event at any grade, and darker at grade 3 or more. The "
                        "points beside them are the differences at any grade, %s − %s, with %s "
                        "limits.",
                        arm[0], arm[1], arm[1], arm[0], level);
    rwe_figure_note(figure,
                    "In brackets: grade 3 or more. Points: difference at any grade, %s − %s.",
                    arm[1], arm[0]);
    if (n > MOST_ROWS)
        rwe_figure_note(figure, "The first %d of the table's %zu rows.", MOST_ROWS, n);
}

/* A replicate estimates what is shown. */
static enum rwe_status run_main(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    bool told = view->run->document != NULL;
    struct rwe_grid *grid = start_table(view);
    for (size_t r = 0; r < view->toxicity->n_rows && status == RWE_OK; r++)
        if (told || view->toxicity->row[r].shown)
            status = run_row(view, grid, r, error);
    if (status != RWE_OK || !told)
        return status;
    end_table(view, grid);
    add_figure(view->run, view->design, grid);
    return RWE_OK;
}

/* ---- the tables beside it ---- */

/* In the order of the report. Ones that the file has no columns for are left out. */
static const struct rwe_toxicity_part *const parts[] = {
    &rwe_toxicity_overview,    &rwe_toxicity_classes, &rwe_toxicity_immune,
    &rwe_toxicity_pneumonitis, &rwe_toxicity_rates,   &rwe_toxicity_incidence,
    &rwe_toxicity_phases,      &rwe_toxicity_states,
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

static bool lists(struct rwe_strings names, const char *name)
{
    for (size_t k = 0; k < names.n; k++)
        if (strcmp(names.item[k], name) == 0)
            return true;
    return false;
}

static enum rwe_status check_parts(const struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_strings asked = toxicity_settings_of(run->settings)->tables;
    const char *known[N_PARTS + 1] = {"none"};
    for (size_t p = 0; p < N_PARTS; p++)
        known[p + 1] = parts[p]->name;
    struct rwe_strings all = {known, N_PARTS + 1};
    for (size_t k = 0; k < asked.n; k++)
        if (!lists(all, asked.item[k])) {
            const char *near = rwe_text_nearest(asked.item[k], known, N_PARTS + 1);
            if (near == NULL)
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--ae-tables %s: there are %s",
                                asked.item[k], rwe_text_join(run->arena, all, ", "));
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--ae-tables %s: there are %s; did you mean \"%s\"?", asked.item[k],
                            rwe_text_join(run->arena, all, ", "), near);
        }
    return RWE_OK;
}

static enum rwe_status present_part(struct rwe_run *run, const struct rwe_toxicity_part *part,
                                    const struct rwe_toxicity_view view[], struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (part->is_unbiased)
        rwe_document_set_banner(run->document, NULL);
    rwe_document_section(run->document, 2, "%s", rwe_text(part->title));
    for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = part->present(&view[d], error);
        if (!part->has_series)
            rwe_arena_release(run->arena, mark);
    }
    return status;
}

/* In one order, whatever the order in which they were asked for. At a landmark those alone that were:
 * all of them again would bury the rest. */
static enum rwe_status present_parts(struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                     const struct rwe_toxicity_view view[], struct rwe_error *error)
{
    struct rwe_strings asked = toxicity_settings_of(run->settings)->tables;
    enum rwe_status status = RWE_OK;
    for (size_t p = 0; p < N_PARTS && status == RWE_OK; p++) {
        bool named = lists(asked, parts[p]->name);
        if (parts[p]->applies(run, toxicity) && (named || (asked.n == 0 && run->from_zero == NULL)))
            status = present_part(run, parts[p], view, error);
        else if (named)
            rwe_document_warning(run->document, "table-left-out", "toxicity",
                                 "The table \"%s\" of adverse events is left out: it needs %s.",
                                 parts[p]->name, rwe_text(parts[p]->needs));
    }
    return status;
}

/* ---- the whole ---- */

/* Rows without a grade, and those that are no events here. */
static void report_grades(struct rwe_run *run, const struct rwe_adverse_events *events,
                          const struct rwe_key *key)
{
    if (events->n_ungraded > 0) {
        rwe_document_number(run->document, key, "n.ungraded", (double)events->n_ungraded);
        rwe_document_warning(
            run->document, "grade-unknown", "toxicity",
            "The grade of %zu of %zu rows of adverse events is unknown: they count "
            "at any grade, and never at grade 3 or more.",
            events->n_ungraded, events->n_rows);
    }
    if (events->n_none > 0)
        rwe_document_number(run->document, key, "n.none", (double)events->n_none);
    if (events->n_not_emergent == 0)
        return;
    rwe_document_number(run->document, key, "n.not.emergent", (double)events->n_not_emergent);
    rwe_document_paragraph(run->document,
                           "%zu of %zu rows of adverse events are not flagged as "
                           "treatment-emergent, as the others are; they are left out.",
                           events->n_not_emergent, events->n_rows);
}

/* Rows of subjects that are not in the cohort, and why they are not. */
static void report_unknown(struct rwe_run *run, const struct rwe_adverse_events *events,
                           const struct rwe_key *key)
{
    const struct {
        const char *stat, *words;
        size_t n;
    } why[] = {
        {"n.other.arm", N_("%zu of subjects whose arm is not compared"), events->n_other_arm},
        {"n.left.out", N_("%zu of subjects who were left out of the cohort"), events->n_left_out},
        {"n.nobody", N_("%zu of nobody in the file of patients"),
         events->n_unknown - events->n_other_arm - events->n_left_out},
    };
    const char *list = NULL;
    for (size_t p = 0; events->n_unknown > 0 && p < sizeof why / sizeof *why; p++) {
        rwe_document_number(run->document, key, why[p].stat, (double)why[p].n);
        const char *part =
            why[p].n == 0 ? NULL : rwe_arena_format(run->arena, rwe_text(why[p].words), why[p].n);
        if (part != NULL)
            list =
                list == NULL ? part : rwe_arena_format(run->arena, rwe_text("%s, %s"), list, part);
    }
    if (list != NULL)
        rwe_document_warning(run->document, "unknown-subjects", "toxicity",
                             "%zu of %zu rows of adverse events are not of the cohort's subjects "
                             "and are left out: %s.",
                             events->n_unknown, events->n_rows, list);
}

static void report_rows(struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    const struct rwe_adverse_events *events = &toxicity->events;
    struct rwe_key key = rwe_key_of("toxicity");
    rwe_document_number(run->document, &key, "n.rows", (double)events->n_rows);
    rwe_document_number(run->document, &key, "n.unknown", (double)events->n_unknown);
    rwe_document_number(run->document, &key, "n.excluded", (double)events->n_dropped);
    if (events->episode.start != NULL)
        rwe_document_number(run->document, &key, "n.outside", (double)toxicity->n_outside);
    if (toxicity->n_outside > 0 && isnan(toxicity_settings_of(run->settings)->days))
        rwe_document_warning(run->document, "outside-follow-up", "toxicity",
                             "%zu of %zu rows of adverse events began before time zero or after "
                             "the end of follow-up; they are left out.",
                             toxicity->n_outside, events->n_rows);
    else if (toxicity->n_outside > 0)
        rwe_document_warning(run->document, "outside-follow-up", "toxicity",
                             "%zu of %zu rows of adverse events began before time zero or after "
                             "the end of the window that counts as treatment-emergent; they are "
                             "left out.",
                             toxicity->n_outside, events->n_rows);
    if (events->episode.n_strays > 0)
        rwe_document_warning(run->document, "several-classes", "toxicity",
                             "%zu of %zu rows of adverse events name another system organ class "
                             "than most rows of their term; the term stands under that of most.",
                             events->episode.n_strays, events->n_rows);
    if (events->episode.has_unused_dates)
        rwe_document_warning(run->document, "onsets-unused", "toxicity",
                             "Adverse events have dates of onset, but the cohort is not made from "
                             "dates (--derive), so rates, incidences and phases are left out.");
    report_unknown(run, events, &key);
    report_grades(run, events, &key);
    if (events->n_dropped > 0)
        rwe_document_warning(run->document, "rows-left-out", "toxicity",
                             "%zu of %zu rows of adverse events cannot be read; they are left out.",
                             events->n_dropped, events->n_rows);
}

static enum rwe_status run_tables(struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                  struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    size_t n = rwe_run_n_disjoint(run);
    struct rwe_toxicity_view *view = RWE_NEW(run->arena, struct rwe_toxicity_view, n);
    if (view == NULL)
        return rwe_fail_memory(error);
    for (size_t d = 0; d < n && status == RWE_OK; d++) {
        status = rwe_toxicity_view_start(run, toxicity, &run->design[d], &view[d], error);
        if (status == RWE_OK)
            status = run_main(&view[d], error);
    }
    if (status != RWE_OK || run->document == NULL)
        return status;
    return present_parts(run, toxicity, view, error);
}

/* Nothing is estimated in replicates but from time zero. */
static enum rwe_status run_toxicity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state; /* a replicate has that of its data */
    const struct rwe_toxicity *toxicity = rwe_toxicity_of(run);
    if (toxicity == NULL || (run->from_zero != NULL && run->document == NULL))
        return RWE_OK;
    enum rwe_status status = check_parts(run, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    rwe_document_section(run->document, 1, "Toxicity");
    if (run->from_zero != NULL)
        rwe_document_paragraph(run->document,
                               "Adverse events that began after the landmark, in those still at "
                               "risk at it; times count from it.");
    else
        report_rows(run, toxicity);
    status = run_tables(run, toxicity, error);
    if (run->document == NULL)
        rwe_arena_release(run->arena, mark);
    return status;
}

const struct rwe_analysis rwe_analysis_toxicity = {
    .name = "toxicity",
    .section = RWE_SECTION_ADVERSE,
    .method = N_("toxicity"),
    .compares_arms = true,
    .help = N_("Adverse events by arm: worst grade per subject and term, any grade and grade 3 or "
               "more, with risk differences. Comes with --ae."),
    .implied_by = "ae ae-wide",
    .options = &rwe_toxicity_options,
    .lists = RWE_LISTS_ESTIMATES,
    .design = rwe_toxicity_prepare,
    .run = run_toxicity,
};
