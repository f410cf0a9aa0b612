/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of --sensitivity: hazard ratios and confounders (sensitivity.c), losses to follow-up
 * (sensitivity_lost.c), levels left out (sensitivity_leave.c). */
#ifndef ANALYSIS_SENSITIVITY_H
#define ANALYSIS_SENSITIVITY_H

#include "run/populations.h"

/** A row of the heading over populations of a kind, with so many empty cells. */
void sensitivity_head(struct rwe_grid *grid, const char *group, size_t n_cells);

/** Endpoint `e` in every population of people, if those lost to follow-up fared worse. Nothing
 * without --ltfu-column, or with other than two arms. */
enum rwe_status sensitivity_present_lost(struct rwe_run *run, const struct populations *populations,
                                         size_t e, struct rwe_error *error);

/** Every hazard ratio with each level of --leave-one-out left out; nothing without it, or with other
 * than two arms. */
enum rwe_status sensitivity_present_left_out(struct rwe_run *run,
                                             const struct populations *populations,
                                             struct rwe_error *error);

#endif
