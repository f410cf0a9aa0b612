/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What replicates compute of cumulative incidence: each cause's at times, and differences. */
#include "cuminc.h"

#include "rwe/analysis/estimates.h"
#include "rwe/analysis/times.h"
#include "rwe/stats/aalen_johansen.h"

static void add_points(const struct rwe_run *run, struct rwe_key key, size_t cause,
                       const struct rwe_times *times, const struct rwe_aalen_johansen curve[],
                       struct rwe_estimates *estimates)
{
    size_t n_arms = run->cohort->n_arms;
    for (size_t t = 0; t < times->n; t++) {
        double incidence[2] = {0, 0}; /* of the first two arms */
        key.time = times->at[t];
        key.term = NULL;
        for (size_t a = 0; a < n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            double value = rwe_aalen_johansen_at(&curve[a], cause, key.time).incidence;
            rwe_estimates_add(estimates, &arm, "estimate", RWE_ESTIMATE_PLAIN, value);
            if (a < 2)
                incidence[a] = value;
        }
        key.term = "difference";
        if (n_arms == 2)
            rwe_estimates_add(estimates, &key, "estimate", RWE_ESTIMATE_PLAIN,
                              incidence[1] - incidence[0]);
    }
}

static enum rwe_status estimate_one(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                    const struct rwe_design *design,
                                    struct rwe_estimates *estimates, struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_design_view by_cause = {RWE_STRATA_NONE, RWE_EVENTS_BY_CAUSE};
    struct rwe_times times = rwe_times_kept(run, endpoint, estimates);
    struct rwe_aalen_johansen *curve =
        RWE_NEW(run->arena, struct rwe_aalen_johansen, run->cohort->n_arms);
    double level = rwe_settings_number(run->settings, "conf-level");
    if (curve == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status =
        rwe_design_survival(run->cohort, design, endpoint, by_cause, run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++)
        status = rwe_aalen_johansen_fit(&table, a, level, run->arena, &curve[a], error);
    for (size_t cause = 1; status == RWE_OK && cause <= endpoint->n_causes; cause++)
        add_points(run, rwe_key_cause("cuminc", endpoint, design, cause), cause, &times, curve,
                   estimates);
    return status;
}

enum rwe_status rwe_cuminc_estimate(struct rwe_run *run, struct rwe_estimates *estimates,
                                    struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            struct rwe_mark mark = rwe_arena_mark(run->arena);
            if (run->cohort->endpoint[e].n_causes > 1)
                status =
                    estimate_one(run, &run->cohort->endpoint[e], &run->design[d], estimates, error);
            if (!rwe_estimates_are_of_data(estimates))
                rwe_arena_release(run->arena, mark);
        }
    return status;
}
