/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figure of --km, and the counts that it shares with the table. See km.md. */
#ifndef RWE_ANALYSIS_KM_FIGURE_H
#define RWE_ANALYSIS_KM_FIGURE_H

#include "run/figures.h"
#include "rwe/stats/km.h"

/* Facts of an arm at a time: at risk just before it; events and censorings up to and at it. */
struct km_count {
    double time;
    rwe_fact risk, event, censor;
};

/* Those that are facts already. Zero-initialise. */
struct km_counts {
    struct km_count at[RWE_MOST_TIMES + RWE_MOST_TICKS + 2];
    size_t n;
};

/* The counts at key->time; they become facts when first asked for, so that none has a twin. Room for the times
 * of the tables and the ticks of one axis. */
const struct km_count *km_count_at(struct rwe_run *run, struct km_counts *counts,
                                   const struct rwe_key *key, const struct rwe_km_curve *curve);

/* An endpoint in a population. Arrays by arm, in the run's arena. */
struct km_figure {
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    const struct rwe_km_curve *const *curve;
    const rwe_fact *median;
    struct km_counts *counts;
    const struct rwe_km_curve *unweighted; /* NULL: there are no weights */
    bool clustered;                        /* its rows: the log-rank test is the robust one */
};

/* Adds the figure to the document. */
void km_add_figure(struct rwe_run *run, const struct km_figure *figure);

#endif
