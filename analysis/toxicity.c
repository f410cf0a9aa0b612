/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events by arm: worst grade per subject and term. See toxicity.md. */
#include "rwe/analysis/job.h"
#include "rwe/analysis/present.h"
#include "rwe/base/sort.h"
#include "rwe/data/adverse_events.h"
#include "rwe/stats/proportion.h"

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
     .help = "Limits of risk differences of independent arms: newcombe (default), "
             "miettinen-nurminen, wald, wald-corrected."},
    {.name = "fisher",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Exact p-values for adverse events: Fisher's; McNemar's in matched pairs."},
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
    size_t n; /* subjects with it */
    const uint32_t *subject;
    const uint8_t *worst;
};

struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct rwe_design *design;
    size_t *grade_count; /* of the row at hand: [arm * GRADES + worst grade] */
    uint8_t *pair_state; /* workspace, by pair */
};
enum { GRADES = RWE_WORST_GRADE + 1 };

/* ---- counting ---- */

static void count_grades(const struct rwe_cohort *cohort, const struct rwe_design *design,
                         const struct row *row, size_t grade_count[])
{
    memset(grade_count, 0, cohort->n_arms * GRADES * sizeof grade_count[0]);
    for (size_t k = 0; k < row->n; k++)
        if (design->member[row->subject[k]])
            grade_count[cohort->arm[row->subject[k]] * GRADES + row->worst[k]]++;
}

static size_t at_least(const size_t grade_count[], size_t arm, int least)
{
    size_t n = 0;
    for (int g = least; g <= RWE_WORST_GRADE; g++)
        n += grade_count[arm * GRADES + g];
    return n;
}

/* Pairs by who of the two had the event; first is the treated one. */
static struct rwe_paired_counts count_pairs(const struct table *t, const struct row *row, int least)
{
    struct rwe_paired_counts pairs = {0};
    memset(t->pair_state, 0, t->design->n_sets);
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        if (t->design->member[i] && row->worst[k] >= least)
            t->pair_state[t->design->set[i]] |= t->run->cohort->arm[i] == 1 ? 1 : 2;
    }
    for (size_t p = 0; p < t->design->n_sets; p++) {
        pairs.both += t->pair_state[p] == 3;
        pairs.first_only += t->pair_state[p] == 1;
        pairs.second_only += t->pair_state[p] == 2;
        pairs.neither += t->pair_state[p] == 0;
    }
    return pairs;
}

struct comparison {
    struct rwe_interval difference; /* treated − control */
    double p_value;
};

static enum rwe_difference_method method_of(const struct rwe_run *run)
{
    return (enum rwe_difference_method)rwe_settings_choice(run->settings, "difference");
}

static struct comparison compare(const struct table *t, const struct row *row, int least)
{
    double level = rwe_settings_number(t->run->settings, "conf-level");
    if (t->design->paired) {
        struct rwe_paired_counts pairs = count_pairs(t, row, least);
        return (struct comparison){rwe_proportion_paired_difference(pairs, level),
                                   rwe_proportion_mcnemar(pairs)};
    }
    const size_t *n = t->design->arm_size;
    size_t treated = at_least(t->grade_count, 1, least);
    size_t control = at_least(t->grade_count, 0, least);
    struct rwe_two_by_two table = {(double)treated, (double)n[1], (double)control, (double)n[0]};
    return (struct comparison){
        rwe_proportion_difference_by(&table, method_of(t->run), level),
        rwe_proportion_fisher((unsigned)treated, (unsigned)n[1], (unsigned)control, (unsigned)n[0]),
    };
}

/* ---- presenting ---- */

static double percent_of(size_t n, size_t total)
{
    return total == 0 ? NAN : 100 * (double)n / (double)total;
}

static void present_count(const struct table *t, struct rwe_grid *grid, const struct rwe_key *key,
                          size_t n, size_t total)
{
    rwe_fact count_fact = rwe_document_number(t->run->document, key, "n", (double)n);
    rwe_fact percent = rwe_document_number(t->run->document, key, "percent", percent_of(n, total));
    if (grid != NULL)
        rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, count_fact, percent, RWE_NO_FACT);
}

static void present_difference(const struct table *t, struct rwe_grid *grid,
                               const struct rwe_key *key, const struct comparison *comparison)
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

/* Facts of a row, and its cells where it is shown. */
static void present_row(const struct table *t, const struct row *row, bool shown)
{
    const struct rwe_cohort *cohort = t->run->cohort;
    struct rwe_grid *grid = shown ? t->grid : NULL;
    struct rwe_key key = rwe_key_in("toxicity", NULL, t->design);
    key.term = row->name;
    count_grades(cohort, t->design, row, t->grade_count);
    if (shown)
        rwe_grid_row(t->grid, 0, "%s", strcmp(row->name, "any") == 0 ? "Any AE" : row->name);
    for (size_t l = 0; l < N_LEVELS; l++) {
        key.level = levels[l].name;
        for (size_t a = 0; a < cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, cohort, a);
            present_count(t, grid, &arm, at_least(t->grade_count, a, levels[l].least_grade),
                          t->design->arm_size[a]);
        }
        if (cohort->n_arms == 2) {
            struct comparison comparison = compare(t, row, levels[l].least_grade);
            present_difference(t, grid, &key, &comparison);
        }
    }
    for (int g = 1; g <= RWE_WORST_GRADE; g++)
        for (size_t a = 0; a < cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, cohort, a);
            arm.level = (const char *const[]){"", "1", "2", "3", "4", "5"}[g];
            present_count(t, NULL, &arm, t->grade_count[a * GRADES + g], t->design->arm_size[a]);
        }
}

/* The rule of the cut looks at the whole cohort, so that every population shows the same terms. */
static bool is_shown(const struct rwe_run *run, const struct row *row, size_t grade_count[])
{
    const struct rwe_design *whole = &run->design[0];
    double cut[N_LEVELS] = {rwe_settings_number(run->settings, "ae-cut"),
                            rwe_settings_number(run->settings, "ae-cut-severe")};
    count_grades(run->cohort, whole, row, grade_count);
    for (size_t l = 0; l < N_LEVELS; l++)
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            size_t n = at_least(grade_count, a, levels[l].least_grade);
            if (n > 0 && percent_of(n, whole->arm_size[a]) >= cut[l])
                return true;
        }
    return false;
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

/* Limits of the difference, by name. */
static const char *limits_of(const struct table *t)
{
    static const char *const independent[] = {
        [RWE_DIFFERENCE_NEWCOMBE] = "Newcombe's hybrid score limits",
        [RWE_DIFFERENCE_MIETTINEN_NURMINEN] = "score limits of Miettinen and Nurminen",
        [RWE_DIFFERENCE_WALD] = "Wald limits",
        [RWE_DIFFERENCE_WALD_CORRECTED] = "Wald limits with continuity correction",
    };
    return t->design->paired ? "Newcombe's score limits for matched pairs"
                             : independent[method_of(t->run)];
}

static void end_table(const struct table *t, size_t n_hidden)
{
    const struct rwe_settings *settings = t->run->settings;
    bool exact = rwe_settings_flag(settings, "fisher");
    rwe_grid_note(t->grid,
                  "Subjects with the event over all subjects of the arm, those without any adverse "
                  "event included. Shown: at least %g%% of an arm at any grade, or %g%% at grade 3 "
                  "or more, in the whole cohort; %zu further terms are among the facts.",
                  rwe_settings_number(settings, "ae-cut"),
                  rwe_settings_number(settings, "ae-cut-severe"), n_hidden);
    if (t->run->cohort->n_arms == 2)
        rwe_grid_note(t->grid, "Differences, treated − control, with %s.", limits_of(t));
    if (exact)
        rwe_grid_note(t->grid, "p: %s, exploratory, not adjusted for their number.",
                      !t->design->paired ? "Fisher's exact test" : "McNemar's exact test");
}

/* ---- rows ---- */

struct rows {
    struct row *item;
    size_t n;
};

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

/* "any", then the terms from the most frequent down; equally frequent ones by name. */
static enum rwe_status make_rows(const struct rwe_run *run, const struct rwe_adverse_events *events,
                                 struct rows *rows)
{
    struct row *term = RWE_NEW(run->arena, struct row, events->n_terms);
    double *rarity = RWE_NEW(run->arena, double, events->n_terms);
    uint32_t *order = RWE_NEW(run->arena, uint32_t, events->n_terms);
    rows->item = RWE_NEW(run->arena, struct row, events->n_terms + 1);
    if (rwe_arena_failed(run->arena) || any_row(run, events, &rows->item[0]) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < events->n; k++) {
        struct row *row = &term[events->term[k]];
        if (row->n++ == 0)
            *row = (struct row){events->term_name[events->term[k]], 1, events->subject + k,
                                events->worst + k};
    }
    for (size_t l = 0; l < events->n_terms; l++)
        rarity[l] = -(double)term[l].n;
    if (rwe_sort_numbers(rarity, events->n_terms, run->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    rows->n = 1;
    for (size_t l = 0; l < events->n_terms && term[order[l]].n > 0; l++)
        rows->item[rows->n++] = term[order[l]];
    return RWE_OK;
}

static enum rwe_status present_design(struct rwe_run *run, const struct rows *rows,
                                      const struct rwe_design *design, struct rwe_error *error)
{
    struct table table = {.run = run, .design = design};
    table.pair_state = RWE_NEW(run->arena, uint8_t, design->n_sets);
    table.grade_count = RWE_NEW(run->arena, size_t, run->cohort->n_arms * GRADES);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    start_table(&table);
    size_t hidden = 0;
    for (size_t r = 0; r < rows->n; r++) {
        bool shown = r == 0 || is_shown(run, &rows->item[r], table.grade_count);
        present_row(&table, &rows->item[r], shown);
        hidden += !shown;
    }
    end_table(&table, hidden);
    return RWE_OK;
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

static enum rwe_status run_toxicity(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct rwe_adverse_events events;
    struct rows rows = {NULL, 0};
    enum rwe_status status = read_events(run, &events, error);
    if (status == RWE_OK && make_rows(run, &events, &rows) != RWE_OK)
        status = rwe_fail_memory(error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Toxicity");
    report_rows(run, &events);
    for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
        status = present_design(run, &rows, &run->design[d], error);
    return status;
}

const struct rwe_analysis rwe_analysis_toxicity = {
    .name = "toxicity",
    .help =
        "Adverse events by arm: worst grade per subject and term, any grade and grade 3 or more, "
        "with risk differences. Comes with --ae.",
    .also_for = "ae",
    .options = &option_list,
    .run = run_toxicity,
};
