/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/match.h"

#include <stdbool.h>

/* Weight of a unit in a set with `count` units by arm, before scaling. */
static double weight_in_set(const size_t count[2], int arm, enum rwe_match_estimand estimand)
{
    switch (estimand) {
    case RWE_MATCH_ATT:
        return arm == 1 ? 1 : (double)count[1] / (double)count[0];
    case RWE_MATCH_ATC:
        return arm == 0 ? 1 : (double)count[0] / (double)count[1];
    case RWE_MATCH_ATE:
        break;
    }
    return (double)(count[0] + count[1]) / (double)count[arm];
}

/* Whether the weights of an arm are scaled: not those of the arm that the effect is about. */
static bool is_scaled(int arm, enum rwe_match_estimand estimand)
{
    return estimand == RWE_MATCH_ATE || (arm == 1) == (estimand == RWE_MATCH_ATC);
}

void rwe_match_weights(const struct rwe_match *match, const uint8_t treated[], size_t n,
                       enum rwe_match_estimand estimand, double row_weight[])
{
    double sum[2] = {0}, n_units[2] = {0};
    for (size_t first = 0, end; first < match->n_rows; first = end) {
        size_t count[2] = {0};
        for (end = first; end < match->n_rows && match->row_set[end] == match->row_set[first];
             end++)
            count[treated[match->row_unit[end]] != 0]++;
        for (size_t r = first; r < end; r++) {
            int arm = treated[match->row_unit[r]] != 0;
            row_weight[r] = weight_in_set(count, arm, estimand);
            sum[arm] += row_weight[r];
        }
    }
    for (size_t i = 0; i < n; i++)
        if (match->set[i] != RWE_UNMATCHED)
            n_units[treated[i] != 0]++;
    for (size_t r = 0; r < match->n_rows; r++) {
        int arm = treated[match->row_unit[r]] != 0;
        if (is_scaled(arm, estimand))
            row_weight[r] *= n_units[arm] / sum[arm];
    }
}
