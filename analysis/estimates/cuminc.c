/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative incidence under competing risks, by arm and cause. See cuminc.md. */
#include "cuminc.h"

#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"
#include <math.h>

/* All arms of an endpoint in a population. */
struct result {
    const struct rwe_design *design;
    const struct rwe_endpoint *endpoint;
    struct rwe_aalen_johansen *arm;
};

struct rwe_key rwe_key_cause(const char *analysis, const struct rwe_endpoint *endpoint,
                             const struct rwe_design *design, size_t cause)
{
    struct rwe_key key = rwe_key_in(analysis, endpoint, design);
    key.level = endpoint->cause_name[cause - 1];
    return key;
}

enum rwe_status rwe_cuminc_fit(const struct rwe_cuminc_question *q, struct rwe_arena *scratch,
                               struct rwe_aalen_johansen arm[], struct rwe_error *error)
{
    struct rwe_run *run = q->run;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_design_view by_cause = {RWE_STRATA_NONE, RWE_EVENTS_BY_CAUSE};
    double level = rwe_settings_number(run->settings, "conf-level");
    enum rwe_status status =
        rwe_design_survival(run->cohort, q->design, q->endpoint, by_cause, scratch, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, scratch, &table, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++) {
        status = rwe_aalen_johansen_fit(&table, a, level, run->arena, &arm[a], error);
        if (status == RWE_OK && rwe_design_arm_needs_robust(q->design, &data))
            status = rwe_aalen_johansen_robust(&data, run->arena, &arm[a], error);
    }
    return status;
}

static enum rwe_status compute(struct rwe_run *run, struct result *result, struct rwe_error *error)
{
    const struct rwe_cuminc_question q = {run, result->endpoint, result->design, 1};
    struct rwe_arena *scratch = rwe_arena_new(); /* the event table need not outlive its curves */
    result->arm = RWE_NEW(run->arena, struct rwe_aalen_johansen, run->cohort->n_arms);
    enum rwe_status status = scratch == NULL || result->arm == NULL
                                 ? rwe_fail_memory(error)
                                 : rwe_cuminc_fit(&q, scratch, result->arm, error);
    rwe_arena_free(scratch);
    return status;
}

/* Facts of the whole curve, which no table shows at once. */
static void add_counts(struct rwe_run *run, const struct result *result, size_t cause)
{
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(
            rwe_key_cause("cuminc", result->endpoint, result->design, cause), run->cohort, a);
        rwe_document_number(run->document, &key, "n", result->arm[a].n);
        rwe_document_number(run->document, &key, "n.event", result->arm[a].n_events[cause - 1]);
    }
}

static void present_point(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                          const struct rwe_aalen_johansen *curve, size_t cause)
{
    struct rwe_aalen_johansen_point point = rwe_aalen_johansen_at(curve, cause, key->time);
    rwe_fact value = rwe_document_number(run->document, key, "estimate", point.incidence);
    struct rwe_inference of = {
        .std_error = point.std_error, .conf_low = point.conf_low, .conf_high = point.conf_high};
    rwe_bootstrap_infer(run, key, "estimate", &of);
    rwe_document_number(run->document, key, "std.error", of.std_error);
    rwe_fact low = rwe_document_number(run->document, key, "conf.low", of.conf_low);
    rwe_fact high = rwe_document_number(run->document, key, "conf.high", of.conf_high);
    rwe_document_number(run->document, key, "n.risk", point.at_risk);
    rwe_grid_cell(grid, RWE_CELL_SURVIVAL_LIMITS, value, low, high);
}

static void present_cause(struct rwe_run *run, struct rwe_grid *grid, const struct result *result,
                          const struct rwe_times *times, size_t cause)
{
    rwe_grid_row(grid, 0, "%s = %s%s", result->endpoint->name,
                 result->endpoint->cause_name[cause - 1], cause == 1 ? "" : " (competes)");
    for (size_t t = 0; t < times->n; t++) {
        struct rwe_key key = rwe_key_cause("cuminc", result->endpoint, result->design, cause);
        key.time = times->at[t];
        rwe_grid_row(grid, 1, "%g", key.time);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            present_point(run, grid, &arm, &result->arm[a], cause);
        }
    }
}

static void add_series(struct rwe_run *run, const struct result *result, size_t cause)
{
    static const char *const names[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                        "estimate", "std.error", "conf.low", "conf.high"};
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const struct rwe_aalen_johansen *c = &result->arm[a];
        size_t first = (cause - 1) * c->n_points;
        const double *const columns[] = {c->time,
                                         c->at_risk,
                                         c->events + first,
                                         c->censored,
                                         c->incidence + first,
                                         c->std_error + first,
                                         c->conf_low + first,
                                         c->conf_high + first};
        struct rwe_key key = rwe_key_arm(
            rwe_key_cause("cuminc", result->endpoint, result->design, cause), run->cohort, a);
        rwe_document_series(run->document, &key, "step", c->n_points, 8, names, columns);
    }
}

static void present(struct rwe_run *run, const struct result *result)
{
    struct rwe_times times = rwe_times_of(run, result->endpoint);
    rwe_cuminc_add_figure(run, result->endpoint, result->design, result->arm);
    struct rwe_grid *grid = rwe_document_table(run->document, "Cumulative incidence: %s, %s",
                                               result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "cause and time%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\n(%s CI)", run->cohort->arm_level[a], rwe_conf_level_text(run));
    for (size_t cause = 1; cause <= result->endpoint->n_causes; cause++) {
        add_counts(run, result, cause);
        present_cause(run, grid, result, &times, cause);
        add_series(run, result, cause);
    }
    rwe_grid_note(grid, "Aalen–Johansen estimate; limits on the log-log scale; variance: %s.",
                  rwe_variance_words(run, result->design, RWE_VARIANCE_OF_ARM, "Aalen's"));
    rwe_bootstrap_note(run, grid);
}

static enum rwe_status run_one(struct rwe_run *run, struct rwe_grid *contrasts,
                               const struct rwe_endpoint *endpoint, const struct rwe_design *design,
                               struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t cause = 1; status == RWE_OK && cause <= endpoint->n_causes; cause++)
        status = rwe_cuminc_contrast(run, contrasts, endpoint, design, cause, error);
    return status;
}

/* Curves first, then one table that compares the arms everywhere. */
static enum rwe_status run_all(struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    rwe_document_section(run->document, 1, "Competing risks");
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; cohort->endpoint[e].n_causes > 1 && d < run->n_designs; d++) {
            struct result result = {&run->design[d], &cohort->endpoint[e], NULL};
            status = compute(run, &result, error);
            if (status != RWE_OK)
                return status;
            present(run, &result);
        }
    if (cohort->n_arms < 2)
        return RWE_OK;
    struct rwe_grid *contrasts = rwe_cuminc_contrasts(run);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; cohort->endpoint[e].n_causes > 1 && d < run->n_designs; d++) {
            status = run_one(run, contrasts, &cohort->endpoint[e], &run->design[d], error);
            if (status != RWE_OK)
                return status;
        }
    rwe_cuminc_contrasts_end(run, contrasts);
    /* By name, not by what brings --cuminc with it: a model more is an answer more to read. */
    bool adjusted = cohort->n_covariates > 0 && rwe_settings_has(run->settings, "cuminc");
    return adjusted ? rwe_cuminc_adjusted(run, error) : RWE_OK;
}

static enum rwe_status run_cuminc(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = rwe_need_endpoint(run, "cuminc", error);
    if (status != RWE_OK)
        return status;
    bool competing = false;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        competing = competing || run->cohort->endpoint[e].n_causes > 1;
    if (!competing)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--cuminc needs an endpoint with competing causes: say --endpoint "
                        "\"NAME=TIME,STATUS:1;2\", where 1 is its own event and 2 competes");
    return run_all(run, error);
}

const struct rwe_analysis rwe_analysis_cuminc = {
    .name = "cuminc",
    .method = N_("cumulative incidence"),
    .compares_arms = true,
    .help = "Competing risks: cumulative incidence by arm and cause, Gray's test, subdistribution "
            "(Fine-Gray) and cause-specific hazard ratios. For endpoints NAME=TIME,STATUS:1;2.",
    .run = run_cuminc,
    .estimate = rwe_cuminc_estimate,
};
