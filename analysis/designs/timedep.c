/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exposure that changes in time: Cox's model, the test of Mantel and Byar, the curves of Simon and
 * Makuch, all on rows that count as exposed only once exposure has started. See timedep.md. */
#include "timedep.h"

#include "estimates/cox_models.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/language.h"
#include "rwe/stats/logrank.h"

#include <math.h>
#include <string.h>

/* ---- who was in which state, and for how long ---- */

static void warn_left_out(struct rwe_run *run, const struct timedep_part *part)
{
    if (part->cut.n_without > 0)
        rwe_document_warning(run->document, "no-follow-up", "timedep",
                             "%s: %zu subjects without any time at risk are left out of the "
                             "time-dependent analysis.",
                             timedep_endpoint(part)->name, part->cut.n_without);
}

static const struct rwe_table_column state_columns[] = {
    {.heading = N_("endpoint and state")},
    {N_("subjects"), RWE_CELL_COUNT, "n"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
    {N_("time at risk{unit}"), RWE_CELL_NUMBER, "time"},
};

static void present_states_of(struct rwe_run *run, struct rwe_grid *grid,
                              const struct timedep_part *part)
{
    static const char *const labels[] = {N_("not, or not yet: %s"), N_("exposed: %s")};
    const struct rwe_timedep *cut = &part->cut;
    const struct rwe_endpoint *endpoint = timedep_endpoint(part);
    struct rwe_key key = rwe_key_in("timedep", endpoint, &part->run.design[0]);
    rwe_document_number(run->document, &key, "n", (double)cut->n);
    rwe_document_number(run->document, &key, "n.rows", (double)cut->rows->n);
    rwe_document_number(run->document, &key, "n.switched", (double)cut->n_switched);
    rwe_document_number(run->document, &key, "n.too.late", (double)cut->n_too_late);
    rwe_document_number(run->document, &key, "n.without.time", (double)cut->n_without);
    rwe_grid_row(grid, 0, "%s", endpoint->name);
    for (size_t state = 0; state < 2; state++) {
        struct rwe_key of = rwe_key_arm(key, run->cohort, state);
        double events = 0;
        for (size_t k = 0; k < cut->rows->n; k++)
            events += cut->rows->arm[k] == state && endpoint->event[k] > 0;
        rwe_grid_row(grid, 1, labels[state], run->cohort->arm_level[state]);
        rwe_grid_put(grid, &of, (double)cut->rows->arm_size[state]);
        rwe_grid_put(grid, &of, events);
        rwe_grid_put(grid, &of, cut->time[state]);
    }
}

static void present_states(struct rwe_run *run, const struct timedep_part part[])
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Time and events by state");
    RWE_GRID_COLUMNS(grid, state_columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        present_states_of(run, grid, &part[e]);
    rwe_grid_note(grid, "Who is exposed later is in both rows: unexposed until then. An event at "
                        "the very start of exposure counts as unexposed, and exposure that starts "
                        "at the end of follow-up or later does not count.");
}

/* ---- Mantel and Byar ---- */

/* Observed and expected of each state, and the test; empty cells where the data do not hold it. */
static void present_test(struct timedep_part *part, struct rwe_grid *grid, struct rwe_key key,
                         const struct rwe_logrank *result)
{
    struct rwe_run *run = &part->run;
    const struct rwe_inference own = {.value = result->statistic,
                                      .std_error = NAN,
                                      .df = (double)result->df,
                                      .conf_low = NAN,
                                      .conf_high = NAN,
                                      .p_value = result->p_value};
    for (size_t state = 0; state < 2; state++) {
        struct rwe_key of = rwe_key_arm(key, run->cohort, state);
        rwe_grid_put(grid, &of, result->observed[state], result->expected[state]);
    }
    rwe_caution_fact(run->document, &key, &part->caution);
    struct rwe_inference of =
        rwe_run_estimate(run, &key, "statistic", RWE_ESTIMATE_STATISTIC, &own);
    rwe_grid_put(grid, &key, of.value, of.df);
    rwe_grid_put(grid, &key, of.p_value);
}

static enum rwe_status run_test(struct timedep_part *part, struct rwe_grid *grid, bool stratified,
                                struct rwe_error *error)
{
    struct rwe_run *run = &part->run;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    const struct rwe_endpoint *endpoint = timedep_endpoint(part);
    const struct rwe_design_view view = {stratified ? RWE_STRATA_DECLARED : RWE_STRATA_NONE,
                                         RWE_EVENTS_OWN};
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_logrank result;
    struct rwe_error reason = {0};
    enum rwe_status status =
        rwe_design_survival(run->cohort, &run->design[0], endpoint, view, run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    if (status != RWE_OK)
        return status;
    status = rwe_logrank_test(&table, run->arena, &result, &reason);
    struct rwe_key key = rwe_key_in("logrank", endpoint, &run->design[0]);
    key.term = "mantel-byar";
    key.model = stratified ? "stratified" : NULL;
    rwe_grid_row(grid, 0, stratified ? N_("%s, stratified") : "%s", timedep_label(part));
    if (status == RWE_OK) {
        present_test(part, grid, key, &result);
    } else if (status == RWE_NOT_ESTIMABLE) {
        rwe_document_number(run->document, &key, "statistic", NAN);
        rwe_document_warning(run->document, "not-estimable", "timedep", "%s: %s", endpoint->name,
                             reason.message);
        status = RWE_OK;
    } else {
        *error = reason;
    }
    rwe_arena_release(run->arena, mark);
    return status;
}

static enum rwe_status run_tests(struct rwe_run *run, struct timedep_part part[],
                                 struct rwe_error *error)
{
    static const struct rwe_table_column last[] = {
        {N_("χ²"), RWE_CELL_STATISTIC, "statistic [df]"},
        {N_("p"), RWE_CELL_P_VALUE, "p.value"},
    };
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Mantel–Byar test");
    rwe_grid_column(grid, "endpoint");
    rwe_grid_fact_column(grid, RWE_CELL_OBSERVED_EXPECTED, "observed expected",
                         "while not\nobserved (expected)");
    rwe_grid_fact_column(grid, RWE_CELL_OBSERVED_EXPECTED, "observed expected",
                         "while %s\nobserved (expected)", cohort->arm_level[1]);
    RWE_GRID_COLUMNS(grid, last);
    for (size_t e = 0; e < cohort->n_endpoints && status == RWE_OK; e++) {
        status = run_test(&part[e], grid, false, error);
        if (status == RWE_OK && cohort->stratum != NULL)
            status = run_test(&part[e], grid, true, error);
    }
    rwe_grid_note(grid, "Log-rank test over risk sets in which everybody stands in the state of "
                        "that moment; not adjusted for covariates.");
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        if (part[e].caution.banner != NULL)
            rwe_grid_note(grid, "%s: %s.", cohort->endpoint[e].name, part[e].caution.banner);
    return status;
}

/* ---- the analysis ---- */

extern const struct rwe_analysis rwe_analysis_timedep;

static enum rwe_status check(const struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = rwe_need_endpoint(run, "timedep", error);
    if (status == RWE_OK && run->cohort->exposure_start == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--timedep needs to know when exposure began: say --exposure-start COL");
    if (status == RWE_OK && timedep_settings_of(run)->response && run->cohort->response == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--timedep-response needs the column of responses: say --response-column "
                        "COL");
    return status == RWE_OK ? rwe_cox_check_splines(run, error) : status;
}

static void tell_estimand(struct rwe_run *run)
{
    rwe_document_paragraph(
        run->document,
        "Estimand: the hazard while exposed (%s) against the hazard while not exposed, or not yet, "
        "at the same time since time zero; adjusted, between patients alike in the covariates. "
        "Everybody counts as unexposed until exposure starts, so nobody is immortal. It is a ratio "
        "of hazards given the covariates, and compares no strategies: what would happen to "
        "patients "
        "who are all given the treatment, or none, it does not say.",
        run->cohort->arm_level[1]);
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct rwe_design states = timedep_design();
    struct timedep *timedep = RWE_NEW(run->arena, struct timedep, 1);
    if (timedep == NULL)
        return rwe_fail_memory(error);
    *state = timedep;
    timedep->data = rwe_run_state(run->data, &rwe_analysis_timedep);
    enum rwe_status status = check(run, error);
    if (status == RWE_OK)
        status = rwe_run_add_design(run, &states, error);
    return status == RWE_OK && timedep_settings_of(run)->weights
               ? timedep_weigh(run, timedep, error)
               : status;
}

static enum rwe_status tell(struct rwe_run *run, const struct timedep *timedep,
                            struct timedep_part part[], struct rwe_error *error)
{
    const struct rwe_design states = timedep_design();
    size_t n = run->cohort->n_endpoints;
    rwe_document_section(run->document, 1, "Exposure that changes in time");
    tell_estimand(run);
    rwe_caution_tell(run, &states, "timedep");
    for (size_t e = 0; e < n; e++)
        warn_left_out(run, &part[e]);
    present_states(run, part);
    enum rwe_status status = timedep_run_models(run, part, error);
    timedep_present_weights(run, timedep);
    if (status == RWE_OK)
        status = run_tests(run, part, error);
    for (size_t e = 0; run->document != NULL && e < n && status == RWE_OK; e++)
        status = timedep_present_curves(&part[e], error);
    return status;
}

static enum rwe_status run_timedep(struct rwe_run *run, void *state, struct rwe_error *error)
{
    const struct timedep *timedep = state;
    size_t n = run->cohort->n_endpoints;
    struct timedep_part *part = RWE_NEW(run->arena, struct timedep_part, n);
    enum rwe_status status = part == NULL ? rwe_fail_memory(error) : RWE_OK;
    for (size_t e = 0; e < n && status == RWE_OK; e++) {
        status = timedep_cut(run, e, false, &part[e], error);
        if (timedep->weighted != NULL && timedep->weighted[e].is_made)
            part[e].weighted = &timedep->weighted[e];
    }
    if (status != RWE_OK)
        return status;
    return run->replicate > 0 ? timedep_run_models(run, part, error)
                              : tell(run, timedep, part, error);
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    if (timedep_settings_of(run)->response)
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT,
                         "time-dependent model: given response too");
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST,
                     "time-dependent: a ratio of hazards, no strategy");
}

const struct rwe_analysis rwe_analysis_timedep = {
    .name = "timedep",
    .section = RWE_SECTION_TIME_ZERO,
    .from_zero = true,
    .help =
        N_("Exposure that starts after time zero (--exposure-start) as what it is: Cox's model "
           "with a time-dependent exposure, Mantel and Byar's test, Simon and Makuch's curves."),
    .options = &timedep_options,
    .method = N_("time-dependent Cox model"),
    .emulate = emulate,
    .design = design,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_timedep,
};
