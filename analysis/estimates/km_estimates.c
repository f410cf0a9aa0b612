/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What replicates compute of Kaplan–Meier curves: medians, survival at times, differences. */
#include "km_more.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/times.h"

#include <math.h>

static void add_points(const struct rwe_run *run, struct rwe_key key, const struct rwe_times *times,
                       const struct rwe_km_curve curve[], struct rwe_estimates *estimates)
{
    size_t n_arms = run->cohort->n_arms;
    for (size_t t = 0; t < times->n; t++) {
        key.time = times->at[t];
        key.term = NULL;
        for (size_t a = 0; a < n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            rwe_estimates_add(estimates, &arm, "estimate", RWE_ESTIMATE_PLAIN,
                              rwe_km_at(&curve[a], key.time).survival);
        }
        key.term = "difference";
        if (n_arms == 2)
            rwe_estimates_add(estimates, &key, "estimate", RWE_ESTIMATE_PLAIN,
                              rwe_km_at(&curve[1], key.time).survival -
                                  rwe_km_at(&curve[0], key.time).survival);
    }
}

static enum rwe_status estimate_one(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                    const struct rwe_design *design,
                                    struct rwe_estimates *estimates, struct rwe_error *error)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_curve *curve = RWE_NEW(run->arena, struct rwe_km_curve, run->cohort->n_arms);
    struct rwe_times times = rwe_times_kept(run, endpoint, estimates);
    if (curve == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_design_survival(
        run->cohort, design, endpoint, (struct rwe_design_view){0}, run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    for (size_t a = 0; a < run->cohort->n_arms && status == RWE_OK; a++)
        status = rwe_km_fit(&table, a, &options, run->arena, &curve[a], error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("km", endpoint, design);
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        rwe_estimates_add(estimates, &arm, "median", RWE_ESTIMATE_TIME,
                          km_quantile(run, &curve[a], 0.5).value);
    }
    add_points(run, key, &times, curve, estimates);
    return RWE_OK;
}

enum rwe_status km_estimate(struct rwe_run *run, struct rwe_estimates *estimates,
                            struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            struct rwe_mark mark = rwe_arena_mark(run->arena);
            status =
                estimate_one(run, &run->cohort->endpoint[e], &run->design[d], estimates, error);
            if (!rwe_estimates_are_of_data(estimates))
                rwe_arena_release(run->arena, mark);
        }
    return status;
}
