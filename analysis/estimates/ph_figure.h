/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --ph draws of the model of the arms: log(−log S), and scaled Schoenfeld residuals. See ph.md. */
#ifndef RWE_ANALYSIS_PH_FIGURE_H
#define RWE_ANALYSIS_PH_FIGURE_H

#include "cox_models.h"

enum { RWE_PH_SMOOTH_POINTS = 40 };

/* Columns of n points; n is 0 where there is nothing to draw. */
struct rwe_ph_points {
    double *x, *y, *low, *high; /* low and high NULL: no limits */
    size_t n;
};

struct rwe_ph_picture {
    struct rwe_ph_points *log_log;           /* by arm: log(−log S) */
    struct rwe_ph_points residual, smoothed; /* of two arms, where there is a fit */
};

/* Computes the columns in the arena. What the data do not hold is left empty. */
enum rwe_status rwe_ph_look(const struct rwe_cox_request *request,
                            const struct rwe_cox_model *model, struct rwe_arena *arena,
                            struct rwe_ph_picture *picture, struct rwe_error *error);

/* Adds the figures and their series; columns are copied into the run's arena. */
enum rwe_status rwe_ph_add_figures(const struct rwe_cox_request *request,
                                   const struct rwe_ph_picture *picture, struct rwe_error *error);

#endif
