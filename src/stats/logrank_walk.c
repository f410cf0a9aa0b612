/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "logrank_private.h"

#include <math.h>

struct rwe_logrank_walk rwe_logrank_walk_start(const struct rwe_event_table *table)
{
    return (struct rwe_logrank_walk){.table = table, .survival = 1, .peto = 1};
}

static void enter_stratum_of(size_t row, struct rwe_logrank_walk *walk)
{
    while (row >= walk->table->stratum_start[walk->stratum + 1]) {
        walk->stratum++;
        walk->survival = walk->peto = 1;
    }
}

bool rwe_logrank_walk_next(struct rwe_logrank_walk *walk, struct rwe_logrank_step *step)
{
    size_t K = walk->table->n_groups;
    while (walk->next_row < walk->table->n_rows) {
        size_t row = walk->next_row++;
        const double *at_risk = walk->table->at_risk + row * K;
        const double *events = walk->table->events + row * K;
        double n = 0, d = 0;
        for (size_t g = 0; g < K; g++) {
            n += at_risk[g];
            d += events[g];
        }
        if (d <= 0)
            continue;
        enter_stratum_of(row, walk);
        walk->peto *= 1 - d / (n + 1);
        *step = (struct rwe_logrank_step){
            .row = row,
            .stratum = walk->stratum,
            .at_risk = at_risk,
            .events = events,
            .n = n,
            .d = d,
            .spread = n > 1 && n > d ? d * (n - d) / (n - 1) : 0,
            .survival = walk->survival,
            .peto = walk->peto,
        };
        walk->survival *= n > d ? 1 - d / n : 0;
        return true;
    }
    return false;
}

typedef double weight_function(struct rwe_logrank_weight weight,
                               const struct rwe_logrank_step *step);

static double plain(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    (void)step;
    return 1;
}

static double gehan(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    return step->n;
}

static double tarone_ware(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    return sqrt(step->n);
}

static double peto(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    return step->peto;
}

/* pow is slow, and most exponents are 0 or 1. 0^0 is 1. */
static double power(double base, double exponent)
{
    return exponent == 0 ? 1 : exponent == 1 ? base : pow(base, exponent);
}

static double fleming_harrington(struct rwe_logrank_weight weight,
                                 const struct rwe_logrank_step *step)
{
    return power(step->survival, weight.rho) * power(1 - step->survival, weight.gamma);
}

static weight_function *const functions[] = {
    [RWE_LOGRANK_PLAIN] = plain,
    [RWE_LOGRANK_GEHAN] = gehan,
    [RWE_LOGRANK_TARONE_WARE] = tarone_ware,
    [RWE_LOGRANK_PETO] = peto,
    [RWE_LOGRANK_FLEMING_HARRINGTON] = fleming_harrington,
};

double rwe_logrank_weight_at(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    return functions[weight.family](weight, step);
}

enum rwe_status rwe_logrank_weight_check(struct rwe_logrank_weight weight, struct rwe_error *error)
{
    if (weight.family != RWE_LOGRANK_FLEMING_HARRINGTON)
        return RWE_OK;
    if (!(weight.rho >= 0 && isfinite(weight.rho) && weight.gamma >= 0 && isfinite(weight.gamma)))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "rho and gamma of Fleming and Harrington's test are numbers from 0 up");
    return RWE_OK;
}
