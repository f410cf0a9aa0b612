/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by arm: worst grade per subject and term. See toxicity.md. */
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/job.h"
#include "rwe/analysis/present.h"
#include "rwe/base/sort.h"
#include "rwe/data/adverse_events.h"
#include "shares.h"

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

/* Two ways to count a subject in. */
static const struct level {
    const char *name;
    int least_grade;
} levels[] = {{"any", 1}, {">=3", 3}};
enum { N_LEVELS = 2, SEVERE = 1 };

/* The events of one row of the table: a term, or any of them. */
struct row {
    const char *name;
    size_t n;                /* subjects with it */
    const uint32_t *subject; /* of the data */
    const uint8_t *worst;
    bool shown;
};

/* What was read, by subject of the data: "any", then the terms from the most frequent down. */
struct rwe_toxicity {
    struct rwe_adverse_events events;
    struct row *row;
    size_t n_rows, n_hidden;
    size_t n_subjects; /* of the data */
};

enum { GRADES = RWE_WORST_GRADE + 1 };

/* Of one arm, by worst grade. */
struct tally {
    size_t n[GRADES];
    double weight[GRADES];
};

struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_design *design;
    struct rwe_shares shares;
    struct rwe_share *whole; /* by arm: all members */
    struct rwe_share *share; /* workspace, by arm */
    struct tally *tally;     /* of the row at hand, by arm */
    uint8_t *event;          /* workspace, by subject; 0 but while a row is compared */
};

/* ---- counting ---- */

static void tally_grades(const struct rwe_cohort *cohort, const struct rwe_design *design,
                         const struct row *row, struct tally tally[])
{
    memset(tally, 0, cohort->n_arms * sizeof tally[0]);
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        if (!design->member[i])
            continue;
        struct tally *to = &tally[cohort->arm[i]];
        to->n[row->worst[k]]++;
        to->weight[row->worst[k]] += rwe_design_weight(design, i);
    }
}

/* Who had it at a grade from `least` to `most`, over all of the arm. */
static struct rwe_share share_of(const struct tally *tally, const struct rwe_share *whole,
                                 int least, int most)
{
    struct rwe_share share = {.of = whole->of, .weight_of = whole->weight_of};
    for (int g = least; g <= most; g++) {
        share.n += tally->n[g];
        share.weighted += tally->weight[g];
    }
    return share;
}

static void mark_events(const struct table *t, const struct row *row, int least, uint8_t mark)
{
    for (size_t k = 0; k < row->n; k++)
        if (row->worst[k] >= least)
            t->event[row->subject[k]] = mark;
}

static enum rwe_status compare(const struct table *t, const struct row *row, int least,
                               struct rwe_share_comparison *comparison, struct rwe_error *error)
{
    for (size_t a = 0; a < 2; a++)
        t->share[a] = share_of(&t->tally[a], &t->whole[a], least, RWE_WORST_GRADE);
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
static enum rwe_status present_level(const struct table *t, const struct row *row,
                                     const struct level *level, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = t->run->cohort;
    struct rwe_grid *grid = row->shown ? t->grid : NULL;
    struct rwe_key key = rwe_key_in("toxicity", NULL, t->design);
    struct rwe_share_comparison comparison;
    key.term = row->name;
    key.level = level->name;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        present_count(t, grid, &arm,
                      share_of(&t->tally[a], &t->whole[a], level->least_grade, RWE_WORST_GRADE));
    }
    if (cohort->n_arms != 2)
        return RWE_OK;
    enum rwe_status status = compare(t, row, level->least_grade, &comparison, error);
    if (status == RWE_OK)
        present_difference(t, grid, &key, &comparison);
    return status;
}

/* Facts of a row, and its cells where it is shown. */
static enum rwe_status present_row(const struct table *t, const struct row *row,
                                   struct rwe_error *error)
{
    const struct rwe_cohort *cohort = t->run->cohort;
    struct rwe_key key = rwe_key_in("toxicity", NULL, t->design);
    enum rwe_status status = RWE_OK;
    tally_grades(cohort, t->design, row, t->tally);
    if (row->shown)
        rwe_grid_row(t->grid, 0, "%s", strcmp(row->name, "any") == 0 ? "Any AE" : row->name);
    for (size_t l = 0; l < N_LEVELS && status == RWE_OK; l++)
        status = present_level(t, row, &levels[l], error);
    key.term = row->name;
    for (int g = 1; g <= RWE_WORST_GRADE; g++)
        for (size_t a = 0; a < cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, cohort, a);
            arm.level = (const char *const[]){"", "1", "2", "3", "4", "5"}[g];
            present_count(t, NULL, &arm, share_of(&t->tally[a], &t->whole[a], g, g));
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
    for (size_t l = 0; l < N_LEVELS; l++) {
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

/* ---- rows ---- */

/* Worst grade over all terms, by subject: the row "any". */
static enum rwe_status any_row(const struct rwe_run *run, const struct rwe_adverse_events *events,
                               struct row *row)
{
    uint8_t *worst_of = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, run->cohort->n);
    uint8_t *worst = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    *row = (struct row){.name = "any", .subject = subject, .worst = worst};
    for (size_t k = 0; k < events->n; k++)
        if (events->worst[k] > worst_of[events->subject[k]])
            worst_of[events->subject[k]] = events->worst[k];
    for (size_t i = 0; i < run->cohort->n; i++)
        if (worst_of[i] > 0) {
            subject[row->n] = (uint32_t)i;
            worst[row->n++] = worst_of[i];
        }
    return RWE_OK;
}

/* The rule of the cut looks at the whole cohort, so that every population shows the same terms. */
static bool is_shown(const struct rwe_run *run, const struct row *row, struct tally tally[])
{
    const struct rwe_design *whole = &run->design[0];
    double cut[N_LEVELS] = {rwe_settings_number(run->settings, "ae-cut"),
                            rwe_settings_number(run->settings, "ae-cut-severe")};
    tally_grades(run->cohort, whole, row, tally);
    for (size_t l = 0; l < N_LEVELS; l++)
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            const struct rwe_share arm = {.of = whole->arm_size[a]};
            size_t n = share_of(&tally[a], &arm, levels[l].least_grade, RWE_WORST_GRADE).n;
            if (n > 0 && percent_of(n, whole->arm_size[a]) >= cut[l])
                return true;
        }
    return false;
}

static enum rwe_status choose_shown(const struct rwe_run *run, struct rwe_toxicity *toxicity)
{
    struct tally *tally = RWE_NEW(run->arena, struct tally, run->cohort->n_arms);
    if (tally == NULL)
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        toxicity->row[r].shown = r == 0 || is_shown(run, &toxicity->row[r], tally);
        toxicity->n_hidden += !toxicity->row[r].shown;
    }
    return RWE_OK;
}

/* "any", then the terms from the most frequent down; equally frequent ones by name. */
static enum rwe_status make_rows(const struct rwe_run *run, struct rwe_toxicity *toxicity)
{
    const struct rwe_adverse_events *events = &toxicity->events;
    struct row *term = RWE_NEW(run->arena, struct row, events->n_terms);
    double *rarity = RWE_NEW(run->arena, double, events->n_terms);
    uint32_t *order = RWE_NEW(run->arena, uint32_t, events->n_terms);
    toxicity->row = RWE_NEW(run->arena, struct row, events->n_terms + 1);
    if (rwe_arena_failed(run->arena) || any_row(run, events, &toxicity->row[0]) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < events->n; k++) {
        struct row *row = &term[events->term[k]];
        if (row->n++ == 0)
            *row = (struct row){.name = events->term_name[events->term[k]],
                                .n = 1,
                                .subject = events->subject + k,
                                .worst = events->worst + k};
    }
    for (size_t l = 0; l < events->n_terms; l++)
        rarity[l] = -(double)term[l].n;
    if (rwe_sort_numbers(rarity, events->n_terms, run->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    toxicity->n_rows = 1;
    for (size_t l = 0; l < events->n_terms && term[order[l]].n > 0; l++)
        toxicity->row[toxicity->n_rows++] = term[order[l]];
    return choose_shown(run, toxicity);
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
        .tally = RWE_NEW(run->arena, struct tally, n_arms),
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
    return status;
}

/* ---- reading ---- */

static enum rwe_status read_events(struct rwe_run *run, struct rwe_adverse_events *events,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "ae");
    struct rwe_strings names = rwe_settings_list(run->settings, "ae-columns");
    const char *id = rwe_settings_text(run->settings, "id");
    struct rwe_adverse_event_columns columns = {id == NULL ? "" : id, "ae_term", "ae_grade"};
    struct rwe_table *table = NULL;
    if (path == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--toxicity needs adverse events: say --ae FILE");
    if (names.n != 0 && names.n != 3)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-columns names three columns: subject, term, grade");
    if (names.n == 3)
        columns = (struct rwe_adverse_event_columns){names.item[0], names.item[1], names.item[2]};
    enum rwe_status status = rwe_job_read_table(run, path, &table, error);
    if (status == RWE_OK)
        status = rwe_adverse_events_read(table, &columns, run->cohort,
                                         rwe_settings_choice(run->settings, "on-error") == 1,
                                         run->arena, run->complaints, events, error);
    rwe_table_close(table);
    return status;
}

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

/* Once a run: before its replicates where there are any. */
static enum rwe_status read_toxicity(struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_toxicity *toxicity = RWE_NEW(run->arena, struct rwe_toxicity, 1);
    if (run->toxicity != NULL)
        return RWE_OK;
    if (toxicity == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = read_events(run, &toxicity->events, error);
    if (status == RWE_OK && make_rows(run, toxicity) != RWE_OK)
        status = rwe_fail_memory(error);
    toxicity->n_subjects = run->cohort->n;
    run->toxicity = toxicity;
    return status;
}

static enum rwe_status run_toxicity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = read_toxicity(run, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Toxicity");
    report_rows(run, &run->toxicity->events);
    for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
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

static void estimate_row(const struct replicate *of, const struct row *row,
                         struct rwe_estimates *estimates)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    for (size_t k = 0; k < row->n; k++)
        of->worst[row->subject[k]] = row->worst[k];
    for (size_t l = 0; l < N_LEVELS; l++) {
        for (size_t i = 0; i < cohort->n; i++)
            of->event[i] =
                of->worst[cohort->source == NULL ? i : cohort->source[i]] >= levels[l].least_grade;
        for (size_t d = 0; d < of->run->n_designs; d++) {
            const struct rwe_shares shares = {.run = of->run, .design = &of->run->design[d]};
            struct rwe_key key = rwe_key_in("toxicity", NULL, shares.design);
            key.term = row->name;
            key.level = levels[l].name;
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
    enum rwe_status status = read_toxicity(run, error);
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
    .help =
        "Adverse events by arm: worst grade per subject and term, any grade and grade 3 or more, "
        "with risk differences. Comes with --ae.",
    .also_for = "ae",
    .options = &option_list,
    .run = run_toxicity,
    .estimate = estimate_toxicity,
};
