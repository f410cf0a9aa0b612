/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Response rates by arm, and how the responses are distributed. See response.md. */
#include "rwe/data/response.h"
#include "response_duration.h"
#include "run/shares.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/report/figure.h"
#include "rwe/stats/proportion_strata.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "response-evaluable",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Leave out of response rates those whose response is not evaluable or missing; by "
             "default they count as non-responders."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

#define SET(response) (1u << RWE_RESPONSE_##response)
/* Takes the place after the last response in a set of them. */
static const unsigned MISSING = 1u << RWE_N_RESPONSES;
static const unsigned EVALUABLE = SET(CR) | SET(PR) | SET(SD) | SET(PD);

/* The rows of the table: who responded so. */
static const struct row {
    const char *term, *label;
    unsigned responses; /* bit r: response r is one of them */
    int indent;
    bool compared;
} rows[] = {
    {"ORR", "ORR (CR + PR)", SET(CR) | SET(PR), 0, true},
    {"DCR", "DCR (CR + PR + SD)", SET(CR) | SET(PR) | SET(SD), 0, true},
    {"CR", "CR", SET(CR), 1, true},
    {"PR", "PR", SET(PR), 1, false},
    {"SD", "SD", SET(SD), 1, false},
    {"PD", "PD", SET(PD), 1, false},
    {"NE", "NE", SET(NE), 1, false},
    {"missing", "missing", MISSING, 1, false},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

/* A population. */
struct job {
    struct rwe_run *run;
    const struct rwe_design *design;
    struct rwe_grid *grid;
    struct rwe_shares shares; /* of those in the denominator */
    uint8_t *event;           /* by subject, of the row at hand */
    struct rwe_share *share;  /* by arm, of the row at hand */
    struct rwe_interval *limits;
};

/* ---- who is counted, and who responded ---- */

static unsigned response_of(const struct rwe_cohort *cohort, size_t subject)
{
    int8_t response = cohort->response[subject];
    return response < 0 ? MISSING : 1u << response;
}

static bool evaluable_only(const struct rwe_run *run)
{
    return rwe_settings_flag(run->settings, "response-evaluable");
}

/* By subject whether it is in the denominator; NULL: everybody is. */
static enum rwe_status choose_counted(const struct rwe_run *run, const uint8_t **counted,
                                      struct rwe_error *error)
{
    *counted = NULL;
    if (!evaluable_only(run))
        return RWE_OK;
    uint8_t *evaluable = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    if (evaluable == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < run->cohort->n; i++)
        evaluable[i] = (response_of(run->cohort, i) & EVALUABLE) != 0;
    *counted = evaluable;
    return RWE_OK;
}

static void mark_events(const struct rwe_cohort *cohort, const struct row *row, uint8_t event[])
{
    for (size_t i = 0; i < cohort->n; i++)
        event[i] = (response_of(cohort, i) & row->responses) != 0;
}

static enum rwe_status need_responses(const struct rwe_run *run, struct rwe_error *error)
{
    const char *column = rwe_settings_text(run->settings, "response-column");
    if (run->cohort->response != NULL)
        return RWE_OK;
    if (column == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--response needs the column of responses: say --response-column COL");
    return rwe_fail(error, RWE_NO_COLUMN, RWE_NO_INDEX,
                    "the study's response-column is \"%s\", which the file does not have: say "
                    "--response-column COL",
                    column);
}

/* ---- the arms compared ---- */

/* Strata count where arms are independent; sets and weights have taken the covariates in. */
static bool by_strata(const struct rwe_shares *shares)
{
    return shares->rule == RWE_SHARES_INDEPENDENT && shares->run->cohort->stratum != NULL;
}

static enum rwe_status stratified_p(const struct job *job, double *p_value, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    const struct rwe_mantel_haenszel_options usual = rwe_mantel_haenszel_options_default();
    struct rwe_mantel_haenszel result;
    struct rwe_mark mark = rwe_arena_mark(job->run->arena);
    struct rwe_two_by_two *table =
        RWE_NEW(job->run->arena, struct rwe_two_by_two, cohort->n_strata);
    if (table == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        if (job->shares.counted != NULL && !job->shares.counted[i])
            continue;
        struct rwe_two_by_two *of = &table[cohort->stratum[i]];
        *(cohort->arm[i] == 1 ? &of->n1 : &of->n2) += 1;
        *(cohort->arm[i] == 1 ? &of->x1 : &of->x2) += job->event[i];
    }
    enum rwe_status status = rwe_mantel_haenszel(table, cohort->n_strata, &usual, &result, error);
    rwe_arena_release(job->run->arena, mark);
    *p_value = status == RWE_OK ? result.p_value : NAN;
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

static enum rwe_status compare(const struct job *job, struct rwe_share_comparison *comparison,
                               struct rwe_error *error)
{
    enum rwe_status status =
        rwe_shares_compare(&job->shares, job->event, job->share, comparison, error);
    if (status == RWE_OK && by_strata(&job->shares))
        status = stratified_p(job, &comparison->p_value, error);
    return status;
}

/* ---- presenting ---- */

static rwe_fact add(const struct job *job, const struct rwe_key *key, const char *stat,
                    double value)
{
    return rwe_document_number(job->run->document, key, stat, value);
}

static void present_share(const struct job *job, const struct rwe_key *key,
                          const struct rwe_share *share, const struct rwe_interval *limits)
{
    rwe_fact n = add(job, key, "n", (double)share->n);
    rwe_grid_cell(job->grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    if (job->design->weight != NULL)
        add(job, key, "n.weighted", share->weighted);
    rwe_fact percent = add(job, key, "percent", 100 * rwe_share_estimate(share));
    rwe_fact low = add(job, key, "conf.low", 100 * limits->low);
    rwe_fact high = add(job, key, "conf.high", 100 * limits->high);
    rwe_grid_cell(job->grid, RWE_CELL_PERCENT_LIMITS, percent, low, high);
}

static void present_comparison(const struct job *job, const struct rwe_key *key,
                               const struct rwe_share_comparison *comparison)
{
    rwe_fact value = add(job, key, "difference", comparison->difference.estimate);
    rwe_fact low = add(job, key, "conf.low", comparison->difference.low);
    rwe_fact high = add(job, key, "conf.high", comparison->difference.high);
    rwe_fact p = add(job, key, "p.value", comparison->p_value);
    rwe_grid_cell(job->grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
    rwe_grid_cell(job->grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

/* Those who are not in the denominator are counted all the same. */
static void present_left_out(const struct job *job, const struct row *row)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    const struct rwe_shares everybody = {.run = job->run, .design = job->design};
    rwe_shares_count(&everybody, job->event, job->share);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(rwe_key_in("response", NULL, job->design), cohort, a);
        key.term = row->term;
        rwe_grid_cell(job->grid, RWE_CELL_COUNT, add(job, &key, "n", (double)job->share[a].n),
                      RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_empty(job->grid);
    }
}

static enum rwe_status present_row(const struct job *job, const struct row *row,
                                   struct rwe_error *error)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    struct rwe_key key = rwe_key_in("response", NULL, job->design);
    struct rwe_share_comparison comparison;
    key.term = row->term;
    rwe_grid_row(job->grid, row->indent, "%s", row->label);
    mark_events(cohort, row, job->event);
    if (job->shares.counted != NULL && (row->responses & EVALUABLE) == 0) {
        present_left_out(job, row);
        return RWE_OK;
    }
    rwe_shares_count(&job->shares, job->event, job->share);
    enum rwe_status status =
        rwe_shares_limits(&job->shares, job->event, job->share, job->limits, error);
    if (status != RWE_OK)
        return status;
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        present_share(job, &arm, &job->share[a], &job->limits[a]);
    }
    if (!row->compared || cohort->n_arms != 2)
        return RWE_OK;
    status = compare(job, &comparison, error);
    if (status == RWE_OK)
        present_comparison(job, &key, &comparison);
    return status;
}

static void start_table(struct job *job)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    const char *level = rwe_conf_level_text(job->run);
    job->grid = rwe_document_table(job->run->document, "Response (%s): %s",
                                   rwe_settings_text(job->run->settings, "response-column"),
                                   job->design->label);
    rwe_grid_column(job->grid, "response");
    for (size_t a = 0; a < cohort->n_arms; a++) {
        rwe_grid_column(job->grid, "%s\nn", cohort->arm_level[a]);
        rwe_grid_column(job->grid, "%s\n%% (%s CI)", cohort->arm_level[a], level);
    }
    if (cohort->n_arms != 2)
        return;
    rwe_grid_column(job->grid, "difference\n(%s CI)", level);
    rwe_grid_column(job->grid, "p");
}

/* The denominators. */
static void present_sizes(const struct job *job)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    memset(job->event, 0, cohort->n);
    rwe_shares_count(&job->shares, job->event, job->share);
    rwe_grid_row(job->grid, 0, "%s", evaluable_only(job->run) ? "evaluable" : "subjects");
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(rwe_key_in("response", NULL, job->design), cohort, a);
        rwe_grid_cell(job->grid, RWE_CELL_COUNT, add(job, &key, "n", (double)job->share[a].of),
                      RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_empty(job->grid);
    }
}

static void end_table(const struct job *job)
{
    const struct rwe_run *run = job->run;
    rwe_grid_note(
        job->grid, "%s",
        evaluable_only(run)
            ? "Of those with an evaluable response (--response-evaluable); the others are "
              "counted only."
            : "Of all subjects: who is not evaluable (NE) or has no response in the file "
              "counts as a non-responder.");
    if (job->design->weight != NULL)
        rwe_grid_note(job->grid,
                      "Counts are of subjects; percentages and differences are weighted.");
    rwe_grid_note(job->grid, "Percentages with %s.", rwe_shares_limits_words(&job->shares));
    if (run->cohort->n_arms != 2)
        return;
    rwe_grid_note(job->grid, "Differences, treated − control, with %s.",
                  rwe_shares_difference_words(&job->shares));
    if (by_strata(&job->shares))
        rwe_grid_note(job->grid, "p: Cochran–Mantel–Haenszel test in strata of %s.",
                      run->cohort->strata_name);
    else
        rwe_grid_note(job->grid, "p: %s.", rwe_shares_test_words(&job->shares));
}

/* Each arm's percentages with their limits, and the differences in words. */
static void add_figure(const struct job *job)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    const char *name = rwe_arena_format(job->run->arena, "response-%s", job->design->name);
    struct rwe_figure *figure =
        rwe_document_figure(job->run->document, RWE_FIGURE_FOREST, name == NULL ? "" : name,
                            "Response by arm: %s", job->design->label);
    rwe_figure_set_grid(figure, job->grid);
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_figure_column(figure, RWE_COLUMN_POINT, 2 + 2 * a, a, cohort->arm_level[a]);
    if (cohort->n_arms == 2)
        rwe_figure_column(figure, RWE_COLUMN_TEXT, 5, 0, NULL);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = "Patients (%)", .from = 0, .to = 100});
    rwe_figure_describe(figure,
                        "For each kind of response the percentage of patients in each arm, a "
                        "symbol, with its %s limits, a line.",
                        rwe_conf_level_text(job->run));
}

/* ---- the whole ---- */

static enum rwe_status present_design(struct rwe_run *run, const struct rwe_design *design,
                                      const uint8_t *counted, struct rwe_error *error)
{
    struct job job = {
        .run = run,
        .design = design,
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
        .share = RWE_NEW(run->arena, struct rwe_share, run->cohort->n_arms),
        .limits = RWE_NEW(run->arena, struct rwe_interval, run->cohort->n_arms),
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_shares_start(run, design, counted, &job.shares, error);
    if (status != RWE_OK)
        return status;
    start_table(&job);
    present_sizes(&job);
    for (size_t r = 0; r < N_ROWS && status == RWE_OK; r++)
        status = present_row(&job, &rows[r], error);
    end_table(&job);
    add_figure(&job);
    return status;
}

static enum rwe_status run_response(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const uint8_t *counted;
    enum rwe_status status = need_responses(run, error);
    if (status == RWE_OK)
        status = choose_counted(run, &counted, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Response");
    for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        status = present_design(run, &run->design[d], counted, error);
        rwe_arena_release(run->arena, mark);
    }
    return status == RWE_OK ? rwe_response_duration(run, error) : status;
}

/* ---- for replicates ---- */

static void estimate_design(const struct rwe_shares *shares, uint8_t event[],
                            struct rwe_share share[], struct rwe_estimates *estimates)
{
    const struct rwe_cohort *cohort = shares->run->cohort;
    for (size_t r = 0; r < N_ROWS; r++) {
        if (!rows[r].compared)
            continue;
        struct rwe_key key = rwe_key_in("response", NULL, shares->design);
        key.term = rows[r].term;
        mark_events(cohort, &rows[r], event);
        rwe_shares_count(shares, event, share);
        for (size_t a = 0; a < cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, cohort, a);
            rwe_estimates_add(estimates, &arm, "percent", RWE_ESTIMATE_PLAIN,
                              100 * rwe_share_estimate(&share[a]));
        }
        if (cohort->n_arms == 2)
            rwe_estimates_add(estimates, &key, "difference", RWE_ESTIMATE_PLAIN,
                              rwe_share_estimate(&share[1]) - rwe_share_estimate(&share[0]));
    }
}

static enum rwe_status estimate_response(struct rwe_run *run, struct rwe_estimates *estimates,
                                         struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    const uint8_t *counted;
    enum rwe_status status = need_responses(run, error);
    if (status == RWE_OK)
        status = choose_counted(run, &counted, error);
    if (status != RWE_OK)
        return status;
    uint8_t *event = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    struct rwe_share *share = RWE_NEW(run->arena, struct rwe_share, run->cohort->n_arms);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        const struct rwe_shares shares = {
            .run = run, .design = &run->design[d], .counted = counted};
        estimate_design(&shares, event, share, estimates);
    }
    if (!rwe_estimates_are_of_data(estimates))
        rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_response = {
    .name = "response",
    .method = N_("response rates"),
    .compares_arms = true,
    .help = "Response rates (ORR, DCR) and best response by arm, with exact limits and the "
            "difference of the arms. Needs --response-column.",
    .options = &option_list,
    .run = run_response,
    .estimate = estimate_response,
};
