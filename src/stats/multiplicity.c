/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/multiplicity.h"

#include "rwe/base/sort.h"

#include <math.h>

/* The p-values that are there, ascending: `order` holds their places. */
struct ranking {
    size_t n;
    uint32_t *order;
};

static enum rwe_status rank_p(const double p[], size_t n, struct rwe_arena *scratch,
                              struct ranking *ranking, struct rwe_error *error)
{
    double *there = RWE_NEW(scratch, double, n);
    uint32_t *place = RWE_NEW(scratch, uint32_t, n);
    *ranking = (struct ranking){.order = RWE_NEW(scratch, uint32_t, n)};
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++) {
        if (p[i] < 0 || p[i] > 1)
            return rwe_fail(error, RWE_BAD_INPUT, i, "a p-value is not between 0 and 1");
        if (isnan(p[i]))
            continue;
        there[ranking->n] = p[i];
        place[ranking->n++] = (uint32_t)i;
    }
    if (rwe_sort_numbers(there, ranking->n, scratch, ranking->order) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < ranking->n; i++)
        ranking->order[i] = place[ranking->order[i]];
    return RWE_OK;
}

enum rwe_status rwe_p_adjust_holm(const double p[], size_t n, struct rwe_arena *scratch,
                                  double adjusted[], struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct ranking ranking;
    enum rwe_status status = rank_p(p, n, scratch, &ranking, error);
    if (status != RWE_OK)
        return status;
    double most = 0;
    for (size_t i = 0; i < n; i++)
        adjusted[i] = p[i];
    for (size_t i = 0; i < ranking.n; i++) {
        most = fmax(most, fmin(1, (double)(ranking.n - i) * adjusted[ranking.order[i]]));
        adjusted[ranking.order[i]] = most;
    }
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

enum rwe_status rwe_p_adjust_bh(const double p[], size_t n, struct rwe_arena *scratch,
                                double adjusted[], struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    struct ranking ranking;
    enum rwe_status status = rank_p(p, n, scratch, &ranking, error);
    if (status != RWE_OK)
        return status;
    double least = 1;
    for (size_t i = 0; i < n; i++)
        adjusted[i] = p[i];
    for (size_t i = ranking.n; i-- > 0;) {
        double share = (double)ranking.n / (double)(i + 1);
        least = fmin(least, share * adjusted[ranking.order[i]]);
        adjusted[ranking.order[i]] = least;
    }
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}
