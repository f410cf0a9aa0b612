/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by arm: worst grade per subject and term. See toxicity.md. */
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "toxicity_figure.h"
#include "toxicity_rows.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "ae",
     .kind = RWE_OPTION_PATH,
     .section = RWE_SECTION_FILE,
     .argument = "FILE",
     .help = "Adverse events, one row each: subject, term, grade."},
    {.name = "ae-columns",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_FILE,
     .argument = "ID,TERM,GRADE",
     .help = "Its columns (default: the cohort's identifier, ae_term, ae_grade)."},
    {.name = "ae-cut",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .fallback = "10",
     .low = 0,
     .high = 100,
     .help = "Show terms that this share of an arm has at any grade (default 10) …"},
    {.name = "ae-cut-severe",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .fallback = "2",
     .low = 0,
     .high = 100,
     .help = "… or this share at grade 3 or more (default 2). Facts hold all terms."},
    {.name = "difference",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "METHOD",
     .choices = "newcombe|miettinen-nurminen|wald|wald-corrected",
     .fallback = "newcombe",
     .help = "Limits of risk differences of independent arms, in adverse events and response: "
             "newcombe (default), miettinen-nurminen, wald, wald-corrected."},
    {.name = "fisher",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help =
         "P-values for adverse events: Fisher's exact; in matched pairs McNemar's; under weights "
         "and in other matched sets Wald's, robust."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

enum { SEVERE = 1 }; /* among the levels */

/* A population and its table. */
struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_design *design;
    struct rwe_shares shares;
    struct rwe_share *whole;          /* by arm: all members */
    struct rwe_share *share;          /* workspace, by arm */
    struct rwe_toxicity_tally *tally; /* of the row at hand, by arm */
    uint8_t *event;                   /* workspace, by subject; 0 but while a row is compared */
};

/* ---- comparing ---- */

static void mark_events(const struct table *t, const struct rwe_toxicity_row *row, int least,
                        uint8_t mark)
{
    for (size_t k = 0; k < row->n; k++)
        if (row->worst[k] >= least)
            t->event[row->subject[k]] = mark;
}

static enum rwe_status compare(const struct table *t, const struct rwe_toxicity_row *row, int least,
                               struct rwe_share_comparison *comparison, struct rwe_error *error)
{
    for (size_t a = 0; a < 2; a++)
        t->share[a] = rwe_toxicity_share(&t->tally[a], &t->whole[a], least, RWE_WORST_GRADE);
    mark_events(t, row, least, 1);
    enum rwe_status status = rwe_shares_compare(&t->shares, t->event, t->share, comparison, error);
    mark_events(t, row, least, 0);
    return status;
}

/* ---- presenting ---- */

static double percent_of(size_t n, size_t total)
{
    return total == 0 ? NAN : 100 * (double)n / (double)total;
}

static void present_count(const struct table *t, struct rwe_grid *grid, const struct rwe_key *key,
                          struct rwe_share share)
{
    struct rwe_document *document = t->run->document;
    bool weighted = t->design->weight != NULL;
    double percent = weighted ? 100 * rwe_share_estimate(&share) : percent_of(share.n, share.of);
    rwe_fact n_fact = rwe_document_number(document, key, "n", (double)share.n);
    if (weighted)
        rwe_document_number(document, key, "n.weighted", share.weighted);
    rwe_fact percent_fact = rwe_document_number(document, key, "percent", percent);
    if (grid != NULL)
        rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, n_fact, percent_fact, RWE_NO_FACT);
}

static void present_difference(const struct table *t, struct rwe_grid *grid,
                               const struct rwe_key *key,
                               const struct rwe_share_comparison *comparison)
{
    struct rwe_document *document = t->run->document;
    const struct rwe_interval *d = &comparison->difference;
    rwe_fact value = rwe_document_number(document, key, "risk.difference", d->estimate);
    rwe_fact low = rwe_document_number(document, key, "conf.low", d->low);
    rwe_fact high = rwe_document_number(document, key, "conf.high", d->high);
    if (grid != NULL)
        rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
    if (!rwe_settings_flag(t->run->settings, "fisher"))
        return;
    rwe_fact p = rwe_document_number(document, key, "p.value", comparison->p_value);
    if (grid != NULL)
        rwe_grid_cell(grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

/* One way to count: its shares by arm, and their difference. */
static enum rwe_status present_level(const struct table *t, const struct rwe_toxicity_row *row,
                                     const struct rwe_toxicity_level *level,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = t->run->cohort;
    struct rwe_grid *grid = row->shown ? t->grid : NULL;
    struct rwe_key key = rwe_key_in("toxicity", NULL, t->design);
    struct rwe_share_comparison comparison;
    key.term = row->name;
    key.level = level->name;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        present_count(
            t, grid, &arm,
            rwe_toxicity_share(&t->tally[a], &t->whole[a], level->least_grade, RWE_WORST_GRADE));
    }
    if (cohort->n_arms != 2)
        return RWE_OK;
    enum rwe_status status = compare(t, row, level->least_grade, &comparison, error);
    if (status == RWE_OK)
        present_difference(t, grid, &key, &comparison);
    return status;
}

/* Facts of a row, and its cells where it is shown. */
static enum rwe_status present_row(const struct table *t, const struct rwe_toxicity_row *row,
                                   struct rwe_error *error)
{
    const struct rwe_cohort *cohort = t->run->cohort;
    struct rwe_key key = rwe_key_in("toxicity", NULL, t->design);
    enum rwe_status status = RWE_OK;
    rwe_toxicity_count(cohort, t->design, row, t->tally);
    if (row->shown)
        rwe_grid_row(t->grid, 0, "%s", strcmp(row->name, "any") == 0 ? "Any AE" : row->name);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && status == RWE_OK; l++)
        status = present_level(t, row, &rwe_toxicity_level[l], error);
    key.term = row->name;
    for (int g = 1; g <= RWE_WORST_GRADE; g++)
        for (size_t a = 0; a < cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, cohort, a);
            arm.level = (const char *const[]){"", "1", "2", "3", "4", "5"}[g];
            present_count(t, NULL, &arm, rwe_toxicity_share(&t->tally[a], &t->whole[a], g, g));
        }
    return status;
}

static void start_table(struct table *t)
{
    const struct rwe_cohort *cohort = t->run->cohort;
    bool exact = rwe_settings_flag(t->run->settings, "fisher");
    t->grid = rwe_document_table(t->run->document,
                                 rwe_arena_format(t->run->arena,
                                                  "Adverse events, worst grade a subject: "
                                                  "%s",
                                                  t->design->label));
    rwe_grid_column(t->grid, "adverse event");
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++) {
        const char *heading = l == SEVERE ? "grade ≥3" : "any grade";
        for (size_t a = 0; a < cohort->n_arms; a++)
            rwe_grid_column(t->grid, "%s\n%s", heading, cohort->arm_level[a]);
        if (cohort->n_arms == 2)
            rwe_grid_column(t->grid, "difference\n(%s CI)", rwe_conf_level_text(t->run));
        if (cohort->n_arms == 2 && exact)
            rwe_grid_column(t->grid, "p");
    }
}

static void end_table(const struct table *t, size_t n_hidden)
{
    const struct rwe_settings *settings = t->run->settings;
    rwe_grid_note(t->grid,
                  "Subjects with the event over all subjects of the arm, those without any adverse "
                  "event included. Shown: at least %g%% of an arm at any grade, or %g%% at grade 3 "
                  "or more, in the whole cohort; %zu further terms are among the facts.",
                  rwe_settings_number(settings, "ae-cut"),
                  rwe_settings_number(settings, "ae-cut-severe"), n_hidden);
    if (t->design->weight != NULL)
        rwe_grid_note(t->grid, "Counts are of subjects; percentages and differences are weighted.");
    if (t->run->cohort->n_arms != 2)
        return;
    rwe_grid_note(t->grid, "Differences, treated − control, with %s.",
                  rwe_shares_difference_words(&t->shares));
    if (rwe_settings_flag(settings, "fisher"))
        rwe_grid_note(t->grid, "p: %s, exploratory, not adjusted for their number.",
                      rwe_shares_test_words(&t->shares));
}

static enum rwe_status present_design(struct rwe_run *run, const struct rwe_design *design,
                                      struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = run->toxicity;
    size_t n_arms = run->cohort->n_arms;
    struct table table = {
        .run = run,
        .design = design,
        .whole = RWE_NEW(run->arena, struct rwe_share, n_arms),
        .share = RWE_NEW(run->arena, struct rwe_share, n_arms),
        .tally = RWE_NEW(run->arena, struct rwe_toxicity_tally, n_arms),
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_shares_start(run, design, NULL, &table.shares, error);
    if (status != RWE_OK)
        return status;
    rwe_shares_count(&table.shares, table.event, table.whole);
    start_table(&table);
    for (size_t r = 0; r < toxicity->n_rows && status == RWE_OK; r++)
        status = present_row(&table, &toxicity->row[r], error);
    end_table(&table, toxicity->n_hidden);
    rwe_toxicity_add_figure(run, design, table.grid);
    return status;
}

/* ---- the whole ---- */

static void report_rows(struct rwe_run *run, const struct rwe_adverse_events *events)
{
    struct rwe_key key = rwe_key_of("toxicity");
    rwe_document_number(run->document, &key, "n.rows", (double)events->n_rows);
    rwe_document_number(run->document, &key, "n.unknown", (double)events->n_unknown);
    rwe_document_number(run->document, &key, "n.excluded", (double)events->n_dropped);
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

static enum rwe_status run_toxicity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = rwe_toxicity_read(run, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Toxicity");
    report_rows(run, &run->toxicity->events);
    for (size_t d = 0; d < rwe_run_people_designs(run) && status == RWE_OK; d++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = present_design(run, &run->design[d], error);
        rwe_arena_release(run->arena, mark);
    }
    return status;
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
        for (size_t d = 0; d < rwe_run_people_designs(of->run); d++) {
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

/* Of the rows that are shown. */
static enum rwe_status estimate_toxicity(struct rwe_run *run, struct rwe_estimates *estimates,
                                         struct rwe_error *error)
{
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
    if (!estimates->from_data)
        rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_toxicity = {
    .name = "toxicity",
    .from_zero = true,
    .compares_arms = true,
    .help =
        "Adverse events by arm: worst grade per subject and term, any grade and grade 3 or more, "
        "with risk differences. Comes with --ae.",
    .also_for = "ae",
    .options = &option_list,
    .run = run_toxicity,
    .estimate = estimate_toxicity,
};
