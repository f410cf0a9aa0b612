/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/overlap.h"

#include <math.h>
#include <stdbool.h>

struct rwe_overlap_options rwe_overlap_options_default(void)
{
    return (struct rwe_overlap_options){.low = 0.3, .high = 0.7};
}

static double logit(double p)
{
    return log(p) - log1p(-p);
}

/* Of one arm. */
struct range {
    size_t n;
    double low, high;
};

struct ranges {
    struct range control, treated;
    double prevalence; /* logit of the share treated */
};

static enum rwe_status find_ranges(const double linear[], const uint8_t treated[], size_t n,
                                   struct ranges *ranges, struct rwe_error *error)
{
    struct range *control = &ranges->control, *with = &ranges->treated;
    *control = *with = (struct range){0, INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++) {
        struct range *arm = treated[i] != 0 ? with : control;
        if (!isfinite(linear[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "linear predictor %zu is not a finite number",
                            i);
        arm->n++;
        arm->low = fmin(arm->low, linear[i]);
        arm->high = fmax(arm->high, linear[i]);
    }
    if (control->n == 0 || with->n == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "an arm has nobody in it");
    ranges->prevalence = log((double)with->n / (double)control->n);
    return RWE_OK;
}

static struct rwe_overlap_arm arms_together(const struct rwe_overlap_arm *a,
                                            const struct rwe_overlap_arm *b)
{
    return (struct rwe_overlap_arm){.n = a->n + b->n,
                                    .n_equipoise = a->n_equipoise + b->n_equipoise,
                                    .n_below = a->n_below + b->n_below,
                                    .n_above = a->n_above + b->n_above,
                                    .n_outside = a->n_outside + b->n_outside};
}

enum rwe_status rwe_overlap_measure(const double linear[], const uint8_t treated[], size_t n,
                                    const struct rwe_overlap_options *options,
                                    struct rwe_overlap *result, struct rwe_error *error)
{
    struct ranges ranges;
    if (!(0 < options->low && options->low < options->high && options->high < 1))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "limits of preference must ascend between 0 and 1");
    enum rwe_status status = find_ranges(linear, treated, n, &ranges, error);
    if (status != RWE_OK)
        return status;
    double least = logit(options->low), most = logit(options->high);
    *result = (struct rwe_overlap){
        .support_low = fmax(ranges.control.low, ranges.treated.low),
        .support_high = fmin(ranges.control.high, ranges.treated.high),
    };
    for (size_t i = 0; i < n; i++) {
        struct rwe_overlap_arm *arm = treated[i] != 0 ? &result->treated : &result->control;
        double preference = linear[i] - ranges.prevalence;
        bool below = linear[i]<result->support_low, above = linear[i]> result->support_high;
        arm->n++;
        arm->n_equipoise += preference >= least && preference <= most;
        arm->n_below += below;
        arm->n_above += above;
        arm->n_outside += below || above;
    }
    result->all = arms_together(&result->treated, &result->control);
    return RWE_OK;
}
