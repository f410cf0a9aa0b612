/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures that show whether hazards are proportional. See ph.md. */
#include "ph_figure.h"

#include "run/figures.h"
#include "rwe/base/language.h"
#include "rwe/stats/cox_residuals.h"
#include "rwe/stats/km.h"
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <string.h>

/* Columns of the smooth: a constant and a natural spline of as many less one, as plot.cox.zph has. */
enum { SMOOTH_DF = 4 };

static bool new_points(struct rwe_ph_points *points, size_t n, bool limits, struct rwe_arena *arena)
{
    *points =
        (struct rwe_ph_points){.x = RWE_NEW(arena, double, n), .y = RWE_NEW(arena, double, n)};
    if (limits) {
        points->low = RWE_NEW(arena, double, n);
        points->high = RWE_NEW(arena, double, n);
    }
    return !rwe_arena_failed(arena);
}

/* ---- log(−log S) ---- */

/* Where 0 < S < 1 and the time has a logarithm. */
static enum rwe_status look_at_survival(const struct rwe_cox_model *model, size_t n_arms,
                                        struct rwe_arena *arena, struct rwe_ph_picture *picture,
                                        struct rwe_error *error)
{
    struct rwe_survival_data data = model->data;
    const struct rwe_km_options options = rwe_km_options_default();
    struct rwe_event_table table;
    data.stratum = NULL;
    data.n_strata = 1;
    enum rwe_status status = rwe_event_table_build(&data, arena, &table, error);
    for (size_t a = 0; a < n_arms && status == RWE_OK; a++) {
        struct rwe_km_curve curve;
        struct rwe_ph_points *to = &picture->log_log[a];
        status = rwe_km_fit(&table, a, &options, arena, &curve, error);
        if (status == RWE_NOT_ESTIMABLE) { /* nobody of that arm has all covariates */
            status = RWE_OK;
            continue;
        }
        if (status == RWE_OK && !new_points(to, curve.n_points, false, arena))
            status = rwe_fail_memory(error);
        for (size_t p = 0; status == RWE_OK && p < curve.n_points; p++) {
            double S = curve.survival[p];
            if (!(S > 0 && S < 1 && curve.time[p] > 0 && curve.events[p] > 0))
                continue;
            to->x[to->n] = curve.time[p];
            to->y[to->n++] = log(-log(S));
        }
    }
    return status;
}

/* ---- residuals ---- */

/* Ranks of the times, which ascend; equal times have the mean of theirs. */
static void rank(const double time[], size_t n, double out[])
{
    for (size_t i = 0, j = 0; i < n; i = j) {
        while (j < n && time[j] == time[i])
            j++;
        for (size_t k = i; k < j; k++)
            out[k] = (double)(i + j - 1) / 2;
    }
}

static void fill_row(const struct rwe_spline *spline, double x, double row[SMOOTH_DF])
{
    row[0] = 1;
    rwe_spline_basis(spline, x, row + 1);
}

/* Least squares on the spline in the rank of time, read at ranks equally far apart. */
static void read_smooth(const struct rwe_spline *spline, const struct rwe_ph_points *residual,
                        const gsl_vector *c, const gsl_matrix *covariance, double z,
                        struct rwe_ph_points *to)
{
    for (size_t k = 0; k < RWE_PH_SMOOTH_POINTS; k++) {
        double at = (double)(residual->n - 1) * (double)k / (RWE_PH_SMOOTH_POINTS - 1);
        size_t i = (size_t)nearbyint(at);
        double row[SMOOTH_DF], y, error;
        if (to->n > 0 && residual->x[i] == to->x[to->n - 1])
            continue;
        fill_row(spline, at, row);
        gsl_vector_const_view view = gsl_vector_const_view_array(row, SMOOTH_DF);
        gsl_multifit_linear_est(&view.vector, c, covariance, &y, &error);
        to->x[to->n] = residual->x[i];
        to->y[to->n] = y;
        to->low[to->n] = y - z * error;
        to->high[to->n++] = y + z * error;
    }
}

static enum rwe_status fit_smooth(const struct rwe_spline *spline, const double ranks[],
                                  const struct rwe_ph_points *residual, double z,
                                  struct rwe_arena *arena, struct rwe_ph_points *to)
{
    double *x = RWE_NEW(arena, double, residual->n *SMOOTH_DF);
    double c[SMOOTH_DF], covariance[SMOOTH_DF * SMOOTH_DF], chisq;
    if (x == NULL || !new_points(to, RWE_PH_SMOOTH_POINTS, true, arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < residual->n; i++)
        fill_row(spline, ranks[i], x + i * SMOOTH_DF);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(residual->n, SMOOTH_DF);
    if (work == NULL)
        return RWE_NO_MEMORY;
    gsl_matrix_const_view columns = gsl_matrix_const_view_array(x, residual->n, SMOOTH_DF);
    gsl_vector_const_view y = gsl_vector_const_view_array(residual->y, residual->n);
    gsl_vector_view estimate = gsl_vector_view_array(c, SMOOTH_DF);
    gsl_matrix_view variance = gsl_matrix_view_array(covariance, SMOOTH_DF, SMOOTH_DF);
    int failed = gsl_multifit_linear(&columns.matrix, &y.vector, &estimate.vector, &variance.matrix,
                                     &chisq, work);
    gsl_multifit_linear_free(work);
    if (!failed)
        read_smooth(spline, residual, &estimate.vector, &variance.matrix, z, to);
    return RWE_OK;
}

/* Of few events there is no smooth. */
static enum rwe_status smooth(const struct rwe_ph_points *residual, double z,
                              struct rwe_arena *arena, struct rwe_ph_points *to)
{
    struct rwe_spline spline;
    struct rwe_error unused = {0};
    double *ranks = RWE_NEW(arena, double, residual->n);
    if (ranks == NULL)
        return RWE_NO_MEMORY;
    rank(residual->x, residual->n, ranks);
    enum rwe_status status =
        rwe_spline_place(ranks, residual->n, SMOOTH_DF - 1, arena, &spline, &unused);
    if (status != RWE_OK || residual->n <= SMOOTH_DF)
        return status == RWE_NO_MEMORY ? RWE_NO_MEMORY : RWE_OK;
    return fit_smooth(&spline, ranks, residual, z, arena, to);
}

static enum rwe_status look_at_residuals(const struct rwe_cox_request *request,
                                         const struct rwe_cox_model *model, struct rwe_arena *arena,
                                         struct rwe_ph_picture *picture, struct rwe_error *error)
{
    struct rwe_cox_residuals r;
    struct rwe_ph_points *to = &picture->residual;
    struct rwe_cox_options options = model->options;
    if (options.ties == RWE_COX_EXACT)
        return RWE_OK;
    enum rwe_status status =
        rwe_cox_residuals(&model->data, model->matrix.x, &model->fit, &options, arena, &r, error);
    if (status != RWE_OK)
        return status;
    if (!new_points(to, r.n_events, false, arena))
        return rwe_fail_memory(error);
    for (size_t e = 0; e < r.n_events; e++) {
        to->x[e] = model->data.time[r.event_row[e]];
        to->y[e] = r.scaled_schoenfeld[e];
    }
    to->n = r.n_events;
    status = smooth(to, rwe_normal_limit(request->run), arena, &picture->smoothed);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_ph_look(const struct rwe_cox_request *request,
                            const struct rwe_cox_model *model, struct rwe_arena *arena,
                            struct rwe_ph_picture *picture, struct rwe_error *error)
{
    size_t n_arms = request->run->cohort->n_arms;
    *picture = (struct rwe_ph_picture){.log_log = RWE_NEW(arena, struct rwe_ph_points, n_arms)};
    if (picture->log_log == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = look_at_survival(model, n_arms, arena, picture, error);
    if (status == RWE_OK && model->matrix.p == 1 && model->failure.status == RWE_OK)
        status = look_at_residuals(request, model, arena, picture, error);
    return status;
}

/* ---- figures ---- */

static double *copy(struct rwe_arena *arena, const double column[], size_t n)
{
    double *to = column == NULL ? NULL : RWE_NEW(arena, double, n);
    return to == NULL ? NULL : memcpy(to, column, n * sizeof *to);
}

/* Adds points to a figure, and to the series under the key. */
static void add_points(struct rwe_run *run, struct rwe_figure *figure, const struct rwe_key *key,
                       const struct rwe_ph_points *points, struct rwe_curve curve)
{
    static const char *const names[] = {"time", "estimate", "conf.low", "conf.high"};
    double *column[4] = {
        copy(run->arena, points->x, points->n), copy(run->arena, points->y, points->n),
        copy(run->arena, points->low, points->n), copy(run->arena, points->high, points->n)};
    if (points->n == 0 || rwe_arena_failed(run->arena))
        return;
    curve.n = points->n;
    curve.x = column[0];
    curve.y = column[1];
    curve.low = column[2];
    curve.high = column[3];
    curve.start = curve.until = NAN;
    rwe_figure_curve(figure, &curve);
    rwe_document_series(run->document, key, NULL, points->n, points->low == NULL ? 2 : 4, names,
                        (const double *const *)column);
}

static void add_log_log(const struct rwe_cox_request *request, const struct rwe_ph_picture *picture)
{
    struct rwe_run *run = request->run;
    struct rwe_figure *figure = rwe_plot_new(run, "log-log", rwe_text("Log(−log) of survival"),
                                             request->endpoint, request->design);
    rwe_figure_describe(figure,
                        "Curves of the logarithm of the cumulative hazard by arm, against "
                        "time on a logarithmic axis. Where hazards are proportional they are a "
                        "constant distance apart.");
    rwe_figure_x_axis(
        figure, &(struct rwe_axis){.label = rwe_time_axis_label(run), .scale = RWE_SCALE_LOG});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = rwe_text("log(−log S)")});
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("ph", request->endpoint, request->design), run->cohort, a);
        key.term = "log-log";
        add_points(run, figure, &key, &picture->log_log[a],
                   (struct rwe_curve){
                       .label = rwe_arm_label(run, a), .style = RWE_CURVE_STEP, .group = a});
    }
    rwe_figure_note(figure, "Not adjusted. Early steps are of few events.");
}

static void add_schoenfeld(const struct rwe_cox_request *request,
                           const struct rwe_ph_picture *picture)
{
    static const char *const p_value[] = {"p.value", NULL, NULL};
    struct rwe_run *run = request->run;
    struct rwe_figure *figure =
        rwe_plot_new(run, "schoenfeld", rwe_text("Log hazard ratio over time"), request->endpoint,
                     request->design);
    rwe_figure_describe(figure,
                        "Scaled Schoenfeld residuals of the arm, one an event, and a smooth "
                        "curve through them with limits: the log hazard ratio as it changes "
                        "over time. Proportional hazards make it level.");
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run)});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = rwe_text("log hazard ratio")});
    struct rwe_key key = rwe_key_in("ph", request->endpoint, request->design);
    key.term = "schoenfeld";
    add_points(run, figure, &key, &picture->residual,
               (struct rwe_curve){.style = RWE_CURVE_POINTS});
    key.term = "schoenfeld-smooth";
    add_points(run, figure, &key, &picture->smoothed,
               (struct rwe_curve){.style = RWE_CURVE_LINE, .group = 1});
    rwe_figure_reference(figure, false, 0, NULL);
    key.model = "arm";
    key.term = "GLOBAL";
    rwe_figure_result(figure, rwe_text("Proportional hazards: p"), RWE_CELL_P_VALUE, &key, p_value);
    rwe_figure_note(figure,
                    "Points: scaled Schoenfeld residuals. Line: natural spline in the rank of "
                    "time, %d degrees of freedom; shaded: its limits (%s).",
                    SMOOTH_DF, rwe_conf_level_text(run));
}

enum rwe_status rwe_ph_add_figures(const struct rwe_cox_request *request,
                                   const struct rwe_ph_picture *picture, struct rwe_error *error)
{
    add_log_log(request, picture);
    if (picture->residual.n > 0)
        add_schoenfeld(request, picture);
    return rwe_arena_failed(request->run->arena) ? rwe_fail_memory(error) : RWE_OK;
}
