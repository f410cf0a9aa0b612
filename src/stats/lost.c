/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/lost.h"

#include <math.h>
#include <stdbool.h>

/* Shares of a group that are free of the event, still followed or lost. */
struct shares {
    double followed, lost;
};

/* Sums of weights that should cancel leave less than this of what they were. */
static const double ROUNDING = 1e-12;

static struct shares step(struct shares s, const struct rwe_event_table *table, size_t row,
                          size_t group, double delta)
{
    size_t cell = row * table->n_groups + group;
    double at_risk = table->at_risk[cell];
    double losses = table->causes[cell * table->n_causes + table->n_causes - 1];
    double events = table->events[cell] - losses;
    double left = at_risk - events;
    bool all = left <= ROUNDING * at_risk; /* had the event */
    double hazard = all ? 1 : events / at_risk;
    double leaving = losses > 0 && !all ? fmin(1, losses / left) : 0;
    double fate = hazard > 0 ? fmin(1, delta * hazard) : 0; /* not ∞ × 0 */
    double stayed = s.followed * (1 - hazard);
    return (struct shares){stayed * (1 - leaving), s.lost * (1 - fate) + stayed * leaving};
}

double rwe_lost_mean(const struct rwe_event_table *table, size_t group, double delta, double tau)
{
    struct shares s = {1, 0};
    double area = 0, from = 0, last = -1; /* last: until when the group is followed */
    for (size_t row = 0; row < table->n_rows; row++) {
        double time = fmin(table->time[row], tau);
        if (table->at_risk[row * table->n_groups + group] > 0)
            last = table->time[row];
        area += (s.followed + s.lost) * (time - from);
        from = time;
        if (table->time[row] > tau)
            break;
        if (table->at_risk[row * table->n_groups + group] > 0)
            s = step(s, table, row, group, delta);
    }
    if (last < 0 || (last < tau && s.followed + s.lost > 0))
        return NAN;
    return area;
}

double rwe_lost_tipping(const struct rwe_event_table *table, double tau)
{
    double control = rwe_lost_mean(table, 0, 1, tau);
    double least = rwe_lost_mean(table, 1, INFINITY, tau);
    double greatest = rwe_lost_mean(table, 1, 0, tau);
    if (!(greatest >= control)) /* NaN too */
        return NAN;
    if (least > control)
        return INFINITY;
    /* The mean falls in δ, and from 1 / the least hazard on it is `least`. */
    double low = 0, high = 1;
    while (rwe_lost_mean(table, 1, high, tau) > control)
        high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-11 * high; i++) {
        double middle = low + (high - low) / 2;
        if (rwe_lost_mean(table, 1, middle, tau) > control)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}
