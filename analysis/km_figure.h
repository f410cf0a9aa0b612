/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figure of --km, and the counts that it shares with the table. See km.md. */
#ifndef RWE_ANALYSIS_KM_FIGURE_H
#define RWE_ANALYSIS_KM_FIGURE_H

#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/report/figure.h"
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

/* An arm as figures name it: its level, with the column's name where that is a mere number. In the arena. */
const char *rwe_arm_label(const struct rwe_run *run, size_t arm);

/* The label of a time axis: "Time (months)", or since the landmark. In the arena. */
const char *rwe_time_axis_label(const struct rwe_run *run);

/* A population as the title of a figure names it, which stands by itself: with its landmark. In the arena. */
const char *rwe_design_title(const struct rwe_run *run, const struct rwe_design *design);

/* Up to where a curve is drawn: as long as --cut-at-risk of the arm and 10 patients (of arms below 20, half) are
 * at risk. Patients, not weights: a curve of one patient of weight 100 is a curve of one. NaN: to its end. */
double km_drawn_until(const struct rwe_run *run, const struct rwe_km_curve *unweighted);

/* Says under a figure where its curves end, unless nothing is cut. */
void km_note_cut(const struct rwe_run *run, struct rwe_figure *figure);

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
