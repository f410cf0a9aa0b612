/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_firth.h"

#include "cox_climb_private.h"
#include "ldl_private.h"

#include <math.h>
#include <string.h>

/* From the likelihood at 0, which rwe_cox_fit has seen, to the summit of l*. */
static enum rwe_status fit(const struct rwe_survival_data *data, const double x[],
                           const struct rwe_cox_options *options, struct rwe_arena *scratch,
                           struct rwe_cox *result, double *const output[2])
{
    size_t p = result->p;
    struct rwe_cox_rows rows;
    struct rwe_cox_climb climb;
    if (rwe_cox_rows_prepare(data, x, p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, options->offset, scratch) != RWE_OK ||
        rwe_cox_climb_init(&climb, &rows, options, true, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_cox_climb_evaluate(&climb, climb.beta, &climb.here);
    result->loglik_null = climb.here.loglik;
    result->converged = rwe_cox_climb_to_top(&climb);
    result->n_iterations = climb.n_steps;
    result->loglik = climb.here.loglik;
    result->lr_statistic = 2 * (result->loglik - result->loglik_null);
    memcpy(output[0], climb.beta, p * sizeof(double));
    memcpy(climb.factor, climb.here.information, p * p * sizeof(double));
    if (rwe_ldl_factor(climb.factor, p, 0) == p)
        rwe_ldl_inverse(climb.factor, p, output[1]);
    memcpy(climb.factor, climb.here.information, p * p * sizeof(double));
    result->wald_statistic = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            result->wald_statistic +=
                climb.beta[j] * climb.factor[j >= k ? j * p + k : k * p + j] * climb.beta[k];
    return rwe_cox_find_concordance(data, x, p, climb.beta, options->offset, scratch,
                                    &result->concordance);
}

enum rwe_status rwe_cox_firth_fit(const struct rwe_survival_data *data, const double x[], size_t p,
                                  const struct rwe_cox_options *options, struct rwe_arena *arena,
                                  struct rwe_cox *result, struct rwe_error *error)
{
    if (options->ties == RWE_COX_EXACT || options->robust)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the penalty allows neither exact ties nor a robust variance");
    struct rwe_cox null;
    struct rwe_cox_options at_null = *options;
    struct rwe_mark before = rwe_arena_mark(arena);
    at_null.max_iterations = 0; /* checks the request, events and collinearity */
    at_null.start = NULL;
    enum rwe_status status = rwe_cox_fit(data, x, p, &at_null, arena, &null, error);
    if (status != RWE_OK)
        return status;
    rwe_arena_release(arena, before);
    double *const output[2] = {RWE_NEW(arena, double, p),
                               rwe_arena_alloc(arena, p, p * sizeof(double))};
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    *result = (struct rwe_cox){
        .p = p,
        .n = null.n,
        .n_events = null.n_events,
        .estimate = output[0],
        .covariance = output[1],
        .score_statistic = NAN,
        .robust_score_statistic = NAN,
    };
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (fit(data, x, options, arena, result, output) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
