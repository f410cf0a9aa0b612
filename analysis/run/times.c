/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/times.h"

#include "rwe/analysis/estimates.h"
#include <math.h>
#include <string.h>

static struct rwe_times round_times(const struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    bool months = rwe_study_of(run->settings)->time_unit == RWE_UNIT_MONTHS;
    double last = endpoint->time[endpoint->order[run->cohort->n - 1]];
    struct rwe_times times = {{0}, 0};
    if (!(last > 0))
        return times;
    double power = pow(10, floor(log10(last / 5)));
    double step = power;
    for (size_t s = 0; s < sizeof steps / sizeof steps[0] && step * 6 < last; s++)
        step = steps[s] * power;
    if (months && last > 24)
        step = 12 * ceil(last / 72);
    for (double t = step; t <= last && times.n < RWE_MOST_TIMES; t += step)
        times.at[times.n++] = t;
    return times;
}

/* The least of 1, 2, 5 × a power of ten (of months 1, 2, 3, 6, 12, 24, 60, …) that leaves at most ten. */
static double tick_step(bool months, double last)
{
    static const double round[] = {1, 2, 5}, of_months[] = {1, 2, 3, 6, 12, 24, 60, 120};
    double power = pow(10, floor(log10(last / 10)));
    for (size_t m = 0; months && last > 10 && m < sizeof of_months / sizeof of_months[0]; m++)
        if (last / of_months[m] <= 10 * (1 + 1e-12))
            return of_months[m];
    for (size_t s = 0; s < sizeof round / sizeof round[0]; s++)
        if (last / (round[s] * power) <= 10 * (1 + 1e-12))
            return round[s] * power;
    return 10 * power;
}

struct rwe_times rwe_times_ticks(const struct rwe_run *run, double last)
{
    bool months = rwe_study_of(run->settings)->time_unit == RWE_UNIT_MONTHS;
    struct rwe_times times = {{0}, 1};
    if (!(last > 0))
        return times;
    double step = rwe_statistics_of(run->settings)->time_step;
    if (!(step * RWE_MOST_TICKS >= last))
        step = tick_step(months, last);
    for (size_t k = 1; (double)(k - 1) * step < last * (1 - 1e-12) && k <= RWE_MOST_TICKS; k++)
        times.at[times.n++] = (double)k * step;
    return times;
}

void rwe_times_insert(struct rwe_times *times, double time)
{
    size_t k = times->n;
    while (k > 0 && times->at[k - 1] > time)
        k--;
    if (k > 0 && times->at[k - 1] == time)
        return;
    memmove(&times->at[k + 1], &times->at[k], (times->n - k) * sizeof times->at[0]);
    times->at[k] = time;
    times->n++;
}

struct rwe_times rwe_times_of(const struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    struct rwe_numbers asked = rwe_statistics_of(run->settings)->times;
    struct rwe_times times = {{0}, 0};
    if (asked.n == 0 && run->data != NULL)
        return rwe_times_of(run->data,
                            &run->data->cohort->endpoint[endpoint - run->cohort->endpoint]);
    if (asked.n == 0)
        return round_times(run, endpoint);
    for (size_t t = 0; t < asked.n && times.n < RWE_MOST_TIMES; t++)
        rwe_times_insert(&times, asked.item[t]);
    return times;
}
