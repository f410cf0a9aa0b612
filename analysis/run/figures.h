/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the figures of several analyses share: their words, and where their curves end. */
#ifndef RWE_ANALYSIS_FIGURES_H
#define RWE_ANALYSIS_FIGURES_H

#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/report/figure.h"

/* Texts are in the run's arena. */

/* An arm as figures name it: its level, with the column's name where that is a mere number. */
const char *rwe_arm_label(const struct rwe_run *run, size_t arm);

/* The label of a time axis: "Time (months)", or since the landmark. */
const char *rwe_time_axis_label(const struct rwe_run *run);

/* A population named so that it stands by itself, beside those of other runs: with its landmark. */
const char *rwe_design_title(const struct rwe_run *run, const struct rwe_design *design);

/* Starts a plot "<stem>-<endpoint>-<population>" with the title "<words>: <endpoint>, <population>"; words are in the
 * reader's language, endpoint NULL:
 * without it. */
struct rwe_figure *rwe_plot_new(struct rwe_run *run, const char *stem, const char *words,
                                const struct rwe_endpoint *endpoint,
                                const struct rwe_design *design);

/* Up to where a curve with these numbers at risk is drawn: as long as --cut-at-risk of the most that ever were at risk,
 * and 10 patients (of fewer than 20, half), still are. Patients, not weights: a curve of one patient of weight 100
 * is a curve of one. NaN: to its end. */
double rwe_drawn_until(const struct rwe_run *run, size_t n, const double time[],
                       const double at_risk[]);

/* Says under a figure where its curves end, unless nothing is cut. */
void rwe_note_cut(const struct rwe_run *run, struct rwe_figure *figure);

#endif
