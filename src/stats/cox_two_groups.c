/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One group against the other and nothing else: the likelihood then needs of each risk set only how much
 * weight either group has in it, which an event table tells once, and a step costs a sum over events.
 */
#include "rwe/stats/cox_two_groups.h"

#include "rwe/stats/event_table.h"

#include <math.h>

/* The weights at one event time; of the deaths those that are in it too. */
struct event {
    double at_risk[2], dying[2];
    size_t n; /* deaths */
};

enum { MOST_STEPS = 30 };

/* A step that promises less is the last: it is shorter than 1e-8 standard errors, and the next would be
 * of the order of the square of that. */
static const double SETTLED_RISE = 1e-16;

/* Near a maximum the promised rise falls by its square; where there is none, by e a step. */
static const double LEAST_FALL = 4;

/* With less than this share of what it could be, information may be rounding error. */
static const double LEAST_INFORMATION = 1e-10;

/* How many rows die at each row of the table. */
static enum rwe_status count_deaths(const struct rwe_survival_data *data,
                                    const struct rwe_event_table *table, struct rwe_arena *scratch,
                                    size_t **n)
{
    size_t *at = RWE_NEW(scratch, size_t, table->n_strata); /* row of each stratum */
    *n = RWE_NEW(scratch, size_t, table->n_rows);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < table->n_strata; s++)
        at[s] = table->stratum_start[s];
    for (size_t i = 0; i < data->n; i++) {
        if (!data->event[i])
            continue;
        size_t s = data->stratum == NULL ? 0 : data->stratum[i];
        while (table->time[at[s]] < data->time[i])
            at[s]++;
        (*n)[at[s]]++;
    }
    return RWE_OK;
}

/* The event times; returns how many. */
static size_t list_events(const struct rwe_event_table *table, const size_t n_deaths[],
                          struct event event[])
{
    size_t n = 0;
    for (size_t row = 0; row < table->n_rows; row++) {
        const double *at_risk = table->at_risk + 2 * row, *dying = table->events + 2 * row;
        if (n_deaths[row] > 0)
            event[n++] =
                (struct event){{at_risk[0], at_risk[1]}, {dying[0], dying[1]}, n_deaths[row]};
    }
    return n;
}

/* Derivatives of the log-likelihood, and the most that the information can be. */
struct slope {
    double score, information, most;
};

/* Over the steps of each time, as rwe_cox_n_steps has them: the share of group 1 in the risk set. */
static struct slope slope_at(double beta, const struct event event[], size_t n,
                             enum rwe_cox_ties ties)
{
    struct slope slope = {0};
    double ratio = exp(beta);
    for (size_t k = 0; k < n; k++) {
        const struct event *of = &event[k];
        size_t n_steps = ties == RWE_COX_BRESLOW ? 1 : of->n;
        double all[2] = {of->at_risk[0], of->at_risk[1] * ratio};
        double dying[2] = {of->dying[0], of->dying[1] * ratio};
        double weight = (of->dying[0] + of->dying[1]) / (double)n_steps;
        slope.score += of->dying[1];
        slope.most += (of->dying[0] + of->dying[1]) / 4;
        for (size_t step = 0; step < n_steps; step++) {
            double gone = (double)step / (double)n_steps;
            double one = all[1] - gone * dying[1], other = all[0] - gone * dying[0];
            double share = one / (one + other);
            slope.score -= weight * share;
            slope.information += weight * share * (1 - share);
        }
    }
    return slope;
}

/* Newton's steps from beta; whether they went as they do near a maximum, and to it. */
static bool climb(const struct event event[], size_t n, enum rwe_cox_ties ties, double *beta)
{
    double last = INFINITY;
    for (int step = 0; step < MOST_STEPS; step++) {
        struct slope slope = slope_at(*beta, event, n, ties);
        if (!(slope.information > LEAST_INFORMATION * slope.most)) /* also when NaN */
            return false;
        double rise = slope.score * slope.score / slope.information;
        if (rise > SETTLED_RISE && !(rise <= last / LEAST_FALL))
            return false;
        *beta += slope.score / slope.information;
        if (rise <= SETTLED_RISE)
            return true;
        last = rise;
    }
    return false;
}

enum rwe_status rwe_cox_two_groups(const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                   double start, struct rwe_arena *scratch, double *estimate,
                                   struct rwe_error *error)
{
    struct rwe_event_table table;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    size_t *n_deaths;
    if (data->n_groups != 2 || ties == RWE_COX_EXACT || !isfinite(start))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "there must be two groups, a start, and ties that are not exact");
    enum rwe_status status = rwe_event_table_build(data, scratch, &table, error);
    if (status != RWE_OK)
        return status;
    struct event *event = RWE_NEW(scratch, struct event, table.n_rows);
    if (count_deaths(data, &table, scratch, &n_deaths) != RWE_OK)
        return rwe_fail_memory(error);
    size_t n = list_events(&table, n_deaths, event);
    double beta = start;
    bool found = climb(event, n, ties, &beta);
    rwe_arena_release(scratch, mark);
    if (!found)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no maximum near %g: the whole model says why", start);
    *estimate = beta;
    return RWE_OK;
}
