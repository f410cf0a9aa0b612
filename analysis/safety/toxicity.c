/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by arm: worst grade per subject and term. See toxicity.md. */
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "toxicity_figure.h"
#include "toxicity_view.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "ae",
     RWE_PATH_IN(struct toxicity_settings, file),
     .section = RWE_SECTION_FILE,
     .argument = "FILE",
     .help = "Adverse events, one row each: subject, term, grade."},
    {.name = "ae-columns",
     RWE_LIST_IN(struct toxicity_settings, columns),
     .section = RWE_SECTION_FILE,
     .argument = "ID,TERM,GRADE",
     .help = "Its columns (default: the cohort's identifier, ae_term, ae_grade)."},
    {.name = "ae-names",
     RWE_LIST_IN(struct toxicity_settings, names),
     .section = RWE_SECTION_FILE,
     .argument = "KEY=COLUMN,…",
     .help = "Its further columns where they have names of their own: keys soc, start, start-date, "
             "serious, immune, rel-chemo, rel-pd1, rel-rt, steroid, action, outcome, last-dose, "
             "last-dose-date, rt-end, rt-end-date."},
    {.name = "ae-follow-up",
     RWE_TEXT_IN(struct toxicity_settings, follow_up),
     .section = RWE_SECTION_FILE,
     .argument = "ENDPOINT",
     .help = "Adverse events are seen until its time, and its event is death (default: os)."},
    {.name = "teae-days",
     RWE_NUMBER_IN(struct toxicity_settings, days),
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .low = 0,
     .high = 36525,
     .help = "Adverse events count up to so many days after the last dose, such as 30 (default: to "
             "the end of follow-up). Rates and incidences are then left out."},
    {.name = "teae-immune-days",
     RWE_NUMBER_IN(struct toxicity_settings, immune_days),
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .fallback = "90",
     .low = 0,
     .high = 36525,
     .help = "With --teae-days, immune-related ones so many (default 90)."},
    {.name = "teae-rt-days",
     RWE_NUMBER_IN(struct toxicity_settings, rt_days),
     .section = RWE_SECTION_METHOD,
     .argument = "DAYS",
     .fallback = "180",
     .low = 0,
     .high = 36525,
     .help = "With --teae-days, pneumonitis related to radiotherapy so many after its end, or its "
             "start where the end is not told (default 180)."},
    {.name = "ae-tables",
     RWE_LIST_IN(struct toxicity_settings, tables),
     .section = RWE_SECTION_METHOD,
     .argument = "NAMES",
     .help =
         "Tables beside the main one: overview, soc, immune, pneumonitis, rates, cuminc, phases; "
         "none (default: all that the file has columns for)."},
    {.name = "ae-grades",
     RWE_FLAG_IN(struct toxicity_settings, grades),
     .section = RWE_SECTION_METHOD,
     .help = "A table by class and term with columns of grades 1–2, 3, 4 and 5."},
    {.name = "ae-incidence",
     RWE_LIST_IN(struct toxicity_settings, incidence),
     .section = RWE_SECTION_METHOD,
     .argument = "TERMS",
     .help =
         "Terms whose cumulative incidence is told, TERM or TERM:3 for grade 3 or more; any and "
         "pneumonitis are terms too (default any:3,pneumonitis)."},
    {.name = "ae-cut",
     RWE_NUMBER_IN(struct toxicity_settings, cut),
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .fallback = "10",
     .low = 0,
     .high = 100,
     .help = "Show terms that this share of an arm has at any grade (default 10) …"},
    {.name = "ae-cut-severe",
     RWE_NUMBER_IN(struct toxicity_settings, cut_severe),
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .fallback = "2",
     .low = 0,
     .high = 100,
     .help = "… or this share at grade 3 or more (default 2). Facts hold all terms."},
    {.name = "fisher",
     RWE_FLAG_IN(struct toxicity_settings, fisher),
     .section = RWE_SECTION_METHOD,
     .help =
         "P-values for adverse events: Fisher's exact; in matched pairs McNemar's; under weights "
         "and in other matched sets Wald's, robust."},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct toxicity_settings, options);

const struct toxicity_settings *toxicity_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &option_list);
}

/* Facts of a row, and its cells where it is shown. */
static enum rwe_status present_row(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                   size_t r, struct rwe_error *error)
{
    const struct rwe_toxicity_row *row = &view->toxicity->row[r];
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    key.term = row->name;
    rwe_toxicity_count(view->run->cohort, view->design, row, view->tally);
    if (row->shown)
        rwe_grid_row(grid, 0, "%s", r == 0 ? "Any AE" : row->name);
    for (size_t s = 0; s < RWE_TOXICITY_SPANS; s++) {
        struct rwe_toxicity_facts *facts = rwe_toxicity_main_facts(view, r, s);
        enum rwe_status status =
            rwe_toxicity_add(view, &key, row, &rwe_toxicity_span[s], facts, error);
        if (status != RWE_OK)
            return status;
        if (row->shown && rwe_toxicity_span[s].is_compared)
            rwe_toxicity_put(view, grid, facts);
    }
    return RWE_OK;
}

static struct rwe_grid *start_table(const struct rwe_toxicity_view *view)
{
    struct rwe_grid *grid = rwe_document_table(
        view->run->document, "Adverse events, worst grade a subject: %s", view->design->label);
    rwe_grid_column(grid, "adverse event");
    rwe_toxicity_columns(view, grid, "any grade");
    rwe_toxicity_columns(view, grid, "grade ≥3");
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
}

static enum rwe_status present_main(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    struct rwe_grid *grid = start_table(view);
    for (size_t r = 0; r < view->toxicity->n_rows && status == RWE_OK; r++)
        status = present_row(view, grid, r, error);
    end_table(view, grid);
    rwe_toxicity_add_figure(view->run, view->design, grid);
    return status;
}

/* ---- the tables beside it ---- */

/* Ones that the file has no columns for are left out. */
static const struct part {
    const char *name, *title;
    const char *needs; /* for who asks for it by name */
    bool (*applies)(const struct rwe_run *run);
    enum rwe_status (*present)(const struct rwe_toxicity_view *view, struct rwe_error *error);
    bool has_series;  /* which must outlive the document */
    bool is_unbiased; /* nobody is immortal in it: no banner, and last, since none comes back */
} parts[] = {
    {.name = "overview",
     .title = "Overview of adverse events",
     .needs = "a column such as ae_serious, ae_rel_pd1 or ae_action",
     .applies = rwe_toxicity_has_overview,
     .present = rwe_toxicity_overview},
    {.name = "soc",
     .title = "Adverse events by system organ class",
     .needs = "a column of system organ classes (ae_soc)",
     .applies = rwe_toxicity_has_classes,
     .present = rwe_toxicity_classes},
    {.name = "immune",
     .title = "Immune-related adverse events",
     .needs = "a column of immune-related events (ae_immune)",
     .applies = rwe_toxicity_has_immune,
     .present = rwe_toxicity_immune},
    {.name = "pneumonitis",
     .title = "Pneumonitis",
     .needs = "a term of pneumonitis",
     .applies = rwe_toxicity_has_pneumonitis,
     .present = rwe_toxicity_pneumonitis},
    {.name = "rates",
     .title = "Exposure-adjusted incidence rates",
     .needs =
         "onsets, follow-up (an endpoint os, or --ae-follow-up), no late entry and no --teae-days",
     .applies = rwe_toxicity_has_times,
     .present = rwe_toxicity_rates},
    {.name = "cuminc",
     .title = "Cumulative incidence of adverse events",
     .needs =
         "onsets, follow-up (an endpoint os, or --ae-follow-up), no late entry and no --teae-days",
     .applies = rwe_toxicity_has_times,
     .present = rwe_toxicity_incidence,
     .has_series = true},
    {.name = "phases",
     .title = "Before and after the exposure",
     .needs = "onsets, two arms and --exposure-start, from time zero",
     .applies = rwe_toxicity_has_phases,
     .present = rwe_toxicity_phases},
    {.name = "states",
     .title = "Incidence rates with and without the exposure",
     .needs = "what rates and phases need",
     .applies = rwe_toxicity_has_states,
     .present = rwe_toxicity_states,
     .is_unbiased = true},
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
        known[p + 1] = parts[p].name;
    struct rwe_strings all = {known, N_PARTS + 1};
    for (size_t k = 0; k < asked.n; k++)
        if (!lists(all, asked.item[k])) {
            const char *near = rwe_text_nearest(asked.item[k], known, N_PARTS + 1);
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--ae-tables %s: there are %s%s%s%s",
                            asked.item[k], rwe_text_join(run->arena, all, ", "),
                            near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                            near == NULL ? "" : "\"?");
        }
    return RWE_OK;
}

static enum rwe_status present_part(struct rwe_run *run, const struct part *part,
                                    const struct rwe_toxicity_view view[], struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (part->is_unbiased)
        rwe_document_set_banner(run->document, NULL);
    rwe_document_section(run->document, 2, "%s", part->title);
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
static enum rwe_status present_parts(struct rwe_run *run, const struct rwe_toxicity_view view[],
                                     struct rwe_error *error)
{
    struct rwe_strings asked = toxicity_settings_of(run->settings)->tables;
    enum rwe_status status = RWE_OK;
    for (size_t p = 0; p < N_PARTS && status == RWE_OK; p++) {
        bool named = lists(asked, parts[p].name);
        if (parts[p].applies(run) && (named || (asked.n == 0 && run->from_zero == NULL)))
            status = present_part(run, &parts[p], view, error);
        else if (named)
            rwe_document_warning(run->document, "table-left-out", "toxicity",
                                 "The table \"%s\" of adverse events is left out: it needs %s.",
                                 parts[p].name, parts[p].needs);
    }
    return status;
}

/* ---- the whole ---- */

static void report_rows(struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    const struct rwe_adverse_events *events = &toxicity->events;
    struct rwe_key key = rwe_key_of("toxicity");
    rwe_document_number(run->document, &key, "n.rows", (double)events->n_rows);
    rwe_document_number(run->document, &key, "n.unknown", (double)events->n_unknown);
    rwe_document_number(run->document, &key, "n.excluded", (double)events->n_dropped);
    if (events->episode.start != NULL)
        rwe_document_number(run->document, &key, "n.outside", (double)toxicity->n_outside);
    if (toxicity->n_outside > 0)
        rwe_document_warning(run->document, "outside-follow-up", "toxicity",
                             "%zu of %zu rows of adverse events began before time zero or after "
                             "the end of %s; they are left out.",
                             toxicity->n_outside, events->n_rows,
                             !isnan(toxicity_settings_of(run->settings)->days)
                                 ? "the window that counts as treatment-emergent"
                                 : "follow-up");
    if (events->episode.n_strays > 0)
        rwe_document_warning(run->document, "several-classes", "toxicity",
                             "%zu of %zu rows of adverse events name another system organ class "
                             "than most rows of their term; the term stands under that of most.",
                             events->episode.n_strays, events->n_rows);
    if (events->episode.has_unused_dates)
        rwe_document_warning(run->document, "onsets-unused", "toxicity",
                             "Adverse events have dates of onset, but the cohort is not made from "
                             "dates (--derive), so rates, incidences and phases are left out.");
    if (events->n_unknown > 0)
        rwe_document_warning(run->document, "unknown-subjects", "toxicity",
                             "%zu of %zu rows of adverse events are of subjects that the cohort "
                             "does not have; they are left out.",
                             events->n_unknown, events->n_rows);
    if (events->n_dropped > 0)
        rwe_document_warning(run->document, "rows-left-out", "toxicity",
                             "%zu of %zu rows of adverse events cannot be read; they are left out.",
                             events->n_dropped, events->n_rows);
}

/* After a landmark only what has an onset can be told from what was there before. */
static bool is_told_at_landmark(const struct rwe_run *run)
{
    return run->from_zero->toxicity->events.episode.start != NULL;
}

static enum rwe_status present(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    size_t n = rwe_run_n_disjoint(run);
    struct rwe_toxicity_view *view = RWE_NEW(run->arena, struct rwe_toxicity_view, n);
    if (view == NULL)
        return rwe_fail_memory(error);
    for (size_t d = 0; d < n && status == RWE_OK; d++) {
        status = rwe_toxicity_view_start(run, &run->design[d], &view[d], error);
        if (status == RWE_OK)
            status = present_main(&view[d], error);
    }
    return status == RWE_OK ? present_parts(run, view, error) : status;
}

static enum rwe_status run_toxicity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    bool at_landmark = run->from_zero != NULL;
    if (at_landmark && !is_told_at_landmark(run))
        return RWE_OK;
    enum rwe_status status = check_parts(run, error);
    if (status == RWE_OK)
        status = rwe_toxicity_read(run, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Toxicity");
    if (at_landmark)
        rwe_document_paragraph(run->document,
                               "Adverse events that began after the landmark, in those still at "
                               "risk at it; times count from it.");
    else
        report_rows(run, run->toxicity);
    return present(run, error);
}

/* ---- for replicates ---- */

/* Worst grade of a row by subject of the data, and from it by subject of the run, whether it had the
 * event. */
struct replicate {
    const struct rwe_run *run;
    uint8_t *worst; /* by subject of the data, 0 between rows */
    uint8_t *event; /* by subject of the run */
    struct rwe_share *share;
};

static void estimate_row(const struct replicate *of, const struct rwe_toxicity_row *row,
                         struct rwe_estimates *estimates)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    for (size_t k = 0; k < row->n; k++)
        of->worst[row->subject[k]] = row->worst[k];
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++) {
        for (size_t i = 0; i < cohort->n; i++)
            of->event[i] = of->worst[cohort->source == NULL ? i : cohort->source[i]] >=
                           rwe_toxicity_level[l].least_grade;
        for (size_t d = 0; d < rwe_run_n_disjoint(of->run); d++) {
            const struct rwe_shares shares = {.run = of->run, .design = &of->run->design[d]};
            struct rwe_key key = rwe_key_in("toxicity", NULL, shares.design);
            key.term = row->name;
            key.level = rwe_toxicity_level[l].name;
            rwe_shares_count(&shares, of->event, of->share);
            rwe_estimates_add(estimates, &key, "risk.difference", RWE_ESTIMATE_PLAIN,
                              rwe_share_estimate(&of->share[1]) -
                                  rwe_share_estimate(&of->share[0]));
        }
    }
    for (size_t k = 0; k < row->n; k++)
        of->worst[row->subject[k]] = 0;
}

/* Of the rows that are shown; from time zero alone. */
static enum rwe_status estimate_toxicity(struct rwe_run *run, struct rwe_estimates *estimates,
                                         struct rwe_error *error)
{
    if (run->from_zero != NULL)
        return RWE_OK;
    enum rwe_status status = rwe_toxicity_read(run, error);
    if (status != RWE_OK || run->cohort->n_arms != 2)
        return status;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    const struct replicate of = {run, RWE_NEW(run->arena, uint8_t, run->toxicity->n_subjects),
                                 RWE_NEW(run->arena, uint8_t, run->cohort->n),
                                 RWE_NEW(run->arena, struct rwe_share, 2)};
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t r = 0; r < run->toxicity->n_rows; r++)
        if (run->toxicity->row[r].shown)
            estimate_row(&of, &run->toxicity->row[r], estimates);
    if (!rwe_estimates_are_of_data(estimates))
        rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_toxicity = {
    .name = "toxicity",
    .method = N_("toxicity"),
    .compares_arms = true,
    .help =
        "Adverse events by arm: worst grade per subject and term, any grade and grade 3 or more, "
        "with risk differences. Comes with --ae.",
    .also_for = "ae",
    .options = &option_list,
    .run = run_toxicity,
    .estimate = estimate_toxicity,
};
