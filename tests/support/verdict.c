/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verdict.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum verdict verdict_holds(double low, double high, double truth)
{
    if (isnan(low) && isnan(high))
        return NOT_ESTIMABLE;
    return !(truth < low) && !(truth > high) ? YES : NO;
}

enum verdict verdict_rejects(double p_value)
{
    return isnan(p_value) ? NOT_ESTIMABLE : p_value < 0.05 ? YES : NO;
}

void verdict_tell(const char *name, struct verdict_bounds bounds, const struct verdict_list *list,
                  struct verdict_count *count)
{
    size_t number[3] = {0};
    for (size_t r = 0; r < list->n; r++)
        number[list->verdict[r * list->stride]]++;
    double usable = (double)(number[YES] + number[NO]);
    double share = (double)number[YES] / usable;
    bool judged = bounds.high - bounds.low < 1;
    bool sound = share >= bounds.low && share <= bounds.high &&
                 (double)number[NOT_ESTIMABLE] <= 0.001 * (double)list->n;
    printf("  %-58s %6.2f%% ±%.2f", name, 100 * share, 100 * sqrt(share * (1 - share) / usable));
    if (judged)
        printf("   %2.0f–%2.0f%%  %s", 100 * bounds.low, 100 * bounds.high,
               sound ? "passed" : "FAILED");
    if (number[NOT_ESTIMABLE] > 0)
        printf("   not estimable: %zu", number[NOT_ESTIMABLE]);
    printf("\n");
    count->passed += judged && sound;
    count->failed += judged && !sound;
}
