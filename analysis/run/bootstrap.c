/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline over cohorts drawn anew; what is told of it is in bootstrap_report.c. See
 * bootstrap.md. */
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/present.h"

#include "rwe/base/language.h"
#include "rwe/base/rng.h"
#include "rwe/data/resample.h"

#include <math.h>

struct settings {
    uint64_t replicates; /* 0: no bootstrap */
    enum rwe_bootstrap_method method;
};

static const struct rwe_option options[] = {
    {.name = "bootstrap",
     RWE_INTEGER_IN(struct settings, replicates),
     .section = RWE_SECTION_METHOD,
     .argument = "B",
     .low = 2,
     .high = 1e6,
     .help = N_("Draw B cohorts anew, with --seed, and repeat all of it in each: propensity model, "
                "matching or weights, and estimates. Gives standard errors and limits.")},
    {.name = "bootstrap-limits",
     RWE_CHOICE_IN(struct settings, method),
     .section = RWE_SECTION_METHOD,
     .argument = "percentile|normal|bc",
     .choices = "percentile|normal|bc",
     .fallback = "percentile",
     .help =
         N_("What --bootstrap makes limits of: percentiles of the replicates (default), the "
            "estimate and the normal quantile of their standard error, or percentiles corrected "
            "for the median of the replicates (bc).")},
};
const struct rwe_options rwe_bootstrap_options = RWE_OPTIONS_IN(struct settings, options);

size_t rwe_bootstrap_n(const struct rwe_settings *settings)
{
    const struct settings *own = rwe_settings_of(settings, &rwe_bootstrap_options);
    return (size_t)own->replicates;
}

bool rwe_bootstrap_is_variance(const struct rwe_settings *settings)
{
    return rwe_statistics_of(settings)->variance == RWE_VARIANCE_BOOTSTRAP;
}

bool rwe_bootstrap_is_told(const struct rwe_estimate *estimate)
{
    return !estimate->once && estimate->kind != RWE_ESTIMATE_FIXED &&
           estimate->kind != RWE_ESTIMATE_STATISTIC;
}

/* A cohort of as many subjects, or clusters, drawn from the data. */
static enum rwe_status draw(const struct rwe_run *data, size_t r, const void *context,
                            struct rwe_arena *arena, const struct rwe_cohort **cohort,
                            struct rwe_error *error)
{
    (void)context;
    struct rwe_rng rng;
    uint64_t seed = rwe_statistics_of(data->settings)->seed;
    return rwe_cohort_resample(data->cohort, rwe_rng_start(&rng, seed, RWE_RNG_BOOTSTRAP, r), arena,
                               cohort, error);
}

/* ---- what they say ---- */

/* A design that cannot be made is counted; too many of them are an error. */
static enum rwe_status judge_failures(struct rwe_bootstrap *bootstrap, struct rwe_error *error)
{
    const struct rwe_replicates *replicates = &bootstrap->replicates;
    for (size_t r = 0; r < replicates->n && bootstrap->failure == NULL; r++)
        bootstrap->failure = replicates->failure[r];
    if (2 * replicates->n_failed <= replicates->n)
        return RWE_OK;
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%zu of %zu bootstrap replicates failed, the first since: %s",
                    replicates->n_failed, replicates->n, bootstrap->failure);
}

static enum rwe_status summarise(struct rwe_run *run, struct rwe_bootstrap *bootstrap,
                                 struct rwe_error *error)
{
    const struct rwe_replicates *replicates = &bootstrap->replicates;
    size_t n_estimates = rwe_estimates_n(replicates->estimates);
    struct rwe_bootstrap_limits limits = {
        .method = bootstrap->method,
        .level = rwe_statistics_of(run->settings)->conf_level,
    };
    struct rwe_bootstrap_result *result =
        RWE_NEW(run->arena, struct rwe_bootstrap_result, n_estimates);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    double *value = RWE_NEW(run->arena, double, replicates->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < n_estimates; k++) {
        const struct rwe_estimate *estimate = rwe_estimates_item(replicates->estimates, k);
        size_t n = rwe_replicates_of(replicates, k, value);
        limits.estimate = estimate->own.value;
        result[k] = rwe_bootstrap_summarise(value, n, estimate->kind, &limits);
    }
    rwe_arena_release(run->arena, mark);
    bootstrap->result = result;
    return judge_failures(bootstrap, error);
}

/* What --variance bootstrap puts in place of error, limits and p, in every population, "all" too, so that a table
 * does not mix two kinds. Replicates that are all alike, as where nobody had the event, say nothing of the error: the
 * analysis's own stays. */
static struct rwe_inference in_force(const struct rwe_estimate *estimate,
                                     const struct rwe_bootstrap_result *result)
{
    double value = estimate->own.value;
    if (!rwe_bootstrap_is_told(estimate) || result->std_error == 0)
        return estimate->own;
    return (struct rwe_inference){
        .value = value,
        .std_error = result->std_error,
        .df = INFINITY,
        .conf_low = result->conf_low,
        .conf_high = result->conf_high,
        .p_value = rwe_normal_p_value(value / result->std_error),
        .replaced = true,
    };
}

/* The list is walked once more, now with what the replicates say. */
static enum rwe_status put_in_force(struct rwe_run *run, const struct rwe_bootstrap *bootstrap,
                                    struct rwe_error *error)
{
    struct rwe_estimates *estimates = bootstrap->replicates.estimates;
    size_t n = rwe_estimates_n(estimates);
    struct rwe_inference *inference = NULL;
    if (rwe_bootstrap_is_variance(run->settings)) {
        inference = RWE_NEW(run->arena, struct rwe_inference, n);
        if (inference == NULL)
            return rwe_fail_memory(error);
        for (size_t k = 0; k < n; k++)
            inference[k] = in_force(rwe_estimates_item(estimates, k), &bootstrap->result[k]);
    }
    run->estimates = estimates;
    rwe_estimates_repeat(estimates, inference);
    return RWE_OK;
}

enum rwe_status rwe_bootstrap_check(const struct rwe_settings *settings, struct rwe_error *error)
{
    if (!rwe_bootstrap_is_variance(settings) || rwe_bootstrap_n(settings) > 0)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--variance bootstrap needs replicates: say --bootstrap 1000");
}

enum rwe_status rwe_bootstrap_run(struct rwe_run *run, const struct rwe_plan *plan,
                                  struct rwe_error *error)
{
    static const struct rwe_replicate_source source = {.name = N_("bootstrap"), .cohort = draw};
    size_t n = rwe_bootstrap_n(run->settings);
    if (n == 0)
        return RWE_OK;
    struct rwe_bootstrap *bootstrap = RWE_NEW(run->arena, struct rwe_bootstrap, 1);
    if (bootstrap == NULL)
        return rwe_fail_memory(error);
    const struct settings *own = rwe_settings_of(run->settings, &rwe_bootstrap_options);
    bootstrap->method = own->method;
    enum rwe_status status =
        rwe_replicates_run(run, plan, &source, n, &bootstrap->replicates, error);
    if (status == RWE_OK)
        status = summarise(run, bootstrap, error);
    if (status != RWE_OK)
        return status;
    run->bootstrap = bootstrap;
    return put_in_force(run, bootstrap, error);
}
