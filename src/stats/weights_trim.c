/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/sort.h"
#include "rwe/stats/weights.h"

#include <math.h>

static enum rwe_status check_logits(const struct rwe_weight_data *data, struct rwe_error *error)
{
    for (size_t i = 0; i < data->n; i++)
        if (!isfinite(data->linear[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "logit %zu is not a finite number", i);
    return RWE_OK;
}

enum rwe_status rwe_weights_trim(const struct rwe_weight_data *data, double cutoff,
                                 struct rwe_arena *arena, struct rwe_weight_trimming *result,
                                 struct rwe_error *error)
{
    enum rwe_status status = check_logits(data, error);
    if (status != RWE_OK)
        return status;
    if (!(cutoff >= 0 && cutoff < 0.5))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "probabilities are trimmed at a cut-off from 0 to below 0.5, not %g",
                        cutoff);
    uint8_t *kept = RWE_NEW(arena, uint8_t, data->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    size_t left[2] = {0, 0};
    *result = (struct rwe_weight_trimming){.kept = kept};
    for (size_t i = 0; i < data->n; i++) {
        bool treated = data->treated[i] != 0;
        kept[i] = 1 / (1 + exp(fabs(data->linear[i]))) >= cutoff; /* min(p, 1 − p) */
        left[treated] += kept[i];
        if (!kept[i])
            (data->linear[i] < 0 ? result->n_low : result->n_high)[treated]++;
    }
    for (size_t arm = 0; arm < 2; arm++)
        if (left[arm] == 0)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "trimming at %g leaves no %s subjects", cutoff,
                            arm ? "treated" : "control");
    return RWE_OK;
}

/* If Σg / m² is least at m, then g_m < 2 Σg / m < g_(m+1): taking one subject more or one less would
 * raise it. So the cut-off lies between the two, and ties are not cut through. */
enum rwe_status rwe_weights_optimal_cutoff(const struct rwe_weight_data *data,
                                           struct rwe_arena *scratch, double *cutoff,
                                           struct rwe_error *error)
{
    enum rwe_status status = check_logits(data, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *g = RWE_NEW(scratch, double, data->n);
    uint32_t *order = RWE_NEW(scratch, uint32_t, data->n);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < data->n; i++)
        g[i] = 2 + exp(data->linear[i]) + exp(-data->linear[i]);
    if (rwe_sort_numbers(g, data->n, scratch, order) != RWE_OK)
        return rwe_fail_memory(error);
    double sum = 0, least = INFINITY, twice_mean = NAN;
    size_t best = 0;
    for (size_t m = 1; m <= data->n; m++) {
        sum += g[order[m - 1]];
        double variance = sum / ((double)m * (double)m);
        if (!(variance < least))
            continue;
        least = variance;
        twice_mean = 2 * sum / (double)m;
        best = m;
    }
    rwe_arena_release(scratch, mark);
    if (best == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no subject has a probability away from 0 and 1");
    /* 1/2 − sqrt(1/4 − 1/γ), without its cancellation */
    *cutoff = best == data->n ? 0 : 1 / twice_mean / (0.5 + sqrt(0.25 - 1 / twice_mean));
    return RWE_OK;
}
