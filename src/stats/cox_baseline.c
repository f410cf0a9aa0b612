/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/cox_baseline.h"

#include "cox_private.h"

#include <math.h>
#include <string.h>

/* The jumps of one stratum's cumulative hazard, latest first, for a subject whose centred predictor is
 * 0: Σ w / S, Σ w / S² and Σ w x̄ / S over the steps of a time, in units of exp(−shift) and exp(−2 shift). */
struct jumps {
    size_t n;
    double *time, *shift, *hazard, *variance;
    double *mean; /* [k * p + j], of centred x */
};

/* ---- a prediction ---- */

static enum rwe_status jumps_init(struct jumps *jumps, size_t n_times, size_t p,
                                  struct rwe_arena *arena)
{
    *jumps = (struct jumps){
        .time = RWE_NEW(arena, double, n_times),
        .shift = RWE_NEW(arena, double, n_times),
        .hazard = RWE_NEW(arena, double, n_times),
        .variance = RWE_NEW(arena, double, n_times),
        .mean = rwe_arena_alloc(arena, n_times, p * sizeof(double)),
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static void add_jump(const struct rwe_cox_risk_set *set, enum rwe_cox_ties ties, double time,
                     double mean[], struct jumps *jumps)
{
    size_t p = set->p, k = jumps->n++, n_steps = rwe_cox_n_steps(set, ties);
    jumps->time[k] = time;
    jumps->shift[k] = set->shift;
    for (size_t step = 0; step < n_steps; step++) {
        double sum = rwe_cox_risk_set_mean(set, (double)step / (double)n_steps, mean);
        double hazard = set->death_weight / (double)n_steps / sum;
        jumps->hazard[k] += hazard;
        jumps->variance[k] += hazard / sum;
        for (size_t j = 0; j < p; j++)
            jumps->mean[k * p + j] += hazard * mean[j];
    }
}

/* Those of stratum s of the rows at `beta`. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status find_jumps(const struct rwe_cox_rows *rows, size_t s, enum rwe_cox_ties ties,
                                  const double beta[], struct rwe_arena *arena, struct jumps *jumps)
{
    struct rwe_cox_risk_set set;
    double *predictor = RWE_NEW(arena, double, rows->n);
    double *mean = RWE_NEW(arena, double, rows->p);
    size_t most = 0; /* times with an event: at most the stratum's events */
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        most += rows->event[i];
    rwe_cox_risk_set_init(&set, rows->p, false, arena);
    if (jumps_init(jumps, most, rows->p, arena) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_cox_predict(rows, beta, predictor);
    rwe_cox_risk_set_clear(&set);
    for (size_t end = rows->start[s + 1]; end > rows->start[s];) {
        end = rwe_cox_risk_set_add_time(&set, rows, predictor, rows->start[s], end);
        if (set.n_deaths > 0)
            add_jump(&set, ties, rows->time[end], mean, jumps);
    }
    return RWE_OK;
}

/* The stratum with this code among those with an event; n_strata when it has none. */
static size_t find_stratum(const struct rwe_survival_data *data, const struct rwe_cox_rows *rows,
                           size_t stratum)
{
    size_t s = 0;
    while (s < rows->n_strata && data->stratum != NULL &&
           data->stratum[rows->origin[rows->start[s]]] != stratum)
        s++;
    return s;
}

/* The result's arrays, writable. */
struct output {
    double *time, *hazard, *std_error, *survival;
};

static enum rwe_status output_init(size_t n, struct rwe_arena *arena, struct output *output,
                                   struct rwe_cox_prediction *result)
{
    *output = (struct output){
        .time = RWE_NEW(arena, double, n),
        .hazard = RWE_NEW(arena, double, n),
        .std_error = RWE_NEW(arena, double, n),
        .survival = RWE_NEW(arena, double, n),
    };
    *result = (struct rwe_cox_prediction){
        .time = output->time,
        .cumulative_hazard = output->hazard,
        .std_error = output->std_error,
        .survival = output->survival,
    };
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static double quadratic(const double V[], const double q[], size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            sum += q[j] * V[j * p + k] * q[k];
    return sum;
}

/* From the first jump to the last, for a subject at `centred` covariates with this predictor. */
static void cumulate(const struct jumps *jumps, const struct rwe_cox *fit, const double centred[],
                     double predictor, double q[], struct output *output)
{
    const double *V = fit->robust != NULL ? fit->robust : fit->covariance;
    size_t p = fit->p;
    double hazard = 0, variance = 0;
    for (size_t k = jumps->n, out = 0; k-- > 0; out++) {
        double r = exp(predictor - jumps->shift[k]);
        hazard += r * jumps->hazard[k];
        variance += r * r * jumps->variance[k];
        for (size_t j = 0; j < p; j++)
            q[j] += r * (centred[j] * jumps->hazard[k] - jumps->mean[k * p + j]);
        output->time[out] = jumps->time[k];
        output->hazard[out] = hazard;
        output->std_error[out] = sqrt(variance + quadratic(V, q, p));
        output->survival[out] = exp(-hazard);
    }
}

/* A request, so that its parts pass as one. */
struct request {
    const struct rwe_survival_data *data;
    const double *x, *at;
    const struct rwe_cox *fit;
    const struct rwe_cox_options *options;
    size_t stratum;
};

static enum rwe_status predict(const struct request *request, struct rwe_arena *scratch,
                               struct output *output, size_t *n_times)
{
    const struct rwe_cox *fit = request->fit;
    const double *offset = request->options->offset;
    struct rwe_cox_rows rows;
    struct jumps jumps;
    double *centred = RWE_NEW(scratch, double, fit->p);
    double *q = RWE_NEW(scratch, double, fit->p);
    if (rwe_cox_rows_prepare(request->data, request->x, fit->p, scratch, &rows) != RWE_OK ||
        rwe_cox_rows_offset(&rows, offset, scratch) != RWE_OK)
        return RWE_NO_MEMORY;
    *n_times = 0;
    size_t s = find_stratum(request->data, &rows, request->stratum);
    if (s == rows.n_strata)
        return RWE_OK;
    if (find_jumps(&rows, s, request->options->ties, fit->estimate, scratch, &jumps) != RWE_OK)
        return RWE_NO_MEMORY;
    /* What centring took off is the same for all rows of the stratum: the first one tells. */
    size_t first = rows.start[s], origin = rows.origin[first];
    double predictor = offset == NULL ? 0 : rows.offset[first] - offset[origin];
    for (size_t j = 0; j < fit->p; j++) {
        double x = request->x[j * request->data->n + origin];
        centred[j] = request->at[j] - x + rows.x[first * fit->p + j];
        predictor += centred[j] * fit->estimate[j];
    }
    cumulate(&jumps, fit, centred, predictor, q, output);
    *n_times = jumps.n;
    return RWE_OK;
}

enum rwe_status rwe_cox_predict_survival(const struct rwe_cox_fitted *model, const double at[],
                                         size_t stratum, struct rwe_arena *arena,
                                         struct rwe_cox_prediction *result, struct rwe_error *error)
{
    const struct rwe_survival_data *data = model->data;
    const struct rwe_cox *fit = model->fit;
    enum rwe_status status = rwe_survival_data_check(data, error);
    if (status != RWE_OK)
        return status;
    for (size_t j = 0; j < fit->p; j++)
        if (!isfinite(at[j]))
            return rwe_fail(error, RWE_NOT_FINITE, j, "covariate is not a finite number");
    if (model->options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "exact ties have no baseline hazard");
    if (stratum >= data->n_strata)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "stratum %zu is out of range", stratum);
    struct output output;
    if (output_init(fit->n_events, arena, &output, result) != RWE_OK)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct request request = {data, model->x, at, fit, model->options, stratum};
    if (predict(&request, arena, &output, &result->n_times) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* ---- standardised survival ---- */

/*
 * With r_i = exp(x_i'β), S_i = exp(−r_i H(t)) and the shares w_i / Σw, the mean survival moves
 *
 *   by −A dH with A = Σ w r S / Σw by stratum, for an error dH of the baseline hazard at β,
 *   by −Q with Q = Σ w r S (x H − E) / Σw, E = Σ x̄ dH, for an error of the coefficients,
 *
 * and by S_i − mean for subject i itself. The three parts are independent of each other.
 */

/* A stratum with an event as time goes on. All in units of exp(−shift). */
struct baseline {
    struct jumps jumps;
    size_t left;             /* jumps to come: they stand latest first */
    double shift;            /* of its earliest jump */
    double hazard, variance; /* H and its variance so far */
    double *mean;            /* E */
    double *centre;          /* what centring adds to each column */
};

struct work {
    const struct rwe_cox_fitted *model;
    const struct rwe_cox_versions *versions;
    struct baseline *baseline;
    size_t n_baselines;
    uint32_t *baseline_of; /* by stratum; n_baselines: none */
    double *risk;          /* [v * n + i]: r */
    double *survival;      /* [v * n + i]: S at the present time */
    double *A;             /* [v * n_baselines + s] */
    double *Q;             /* [v * p + j] */
    double *own;           /* [c * n_versions + v] */
    double total;          /* Σ w */
};

static double weight_of(const struct work *work, size_t i)
{
    const double *weight = work->model->data->weight;
    return weight == NULL ? 1 : weight[i];
}

/* The baseline of a subject, or NULL where its stratum has no event. */
static struct baseline *baseline_of(const struct work *work, size_t i)
{
    const uint32_t *stratum = work->model->data->stratum;
    size_t s = work->baseline_of[stratum == NULL ? 0 : stratum[i]];
    return s == work->n_baselines ? NULL : &work->baseline[s];
}

static enum rwe_status find_baselines(struct work *work, struct rwe_arena *arena)
{
    const struct rwe_cox_fitted *model = work->model;
    const struct rwe_survival_data *data = model->data;
    size_t p = model->fit->p;
    struct rwe_cox_rows rows;
    if (rwe_cox_rows_prepare(data, model->x, p, arena, &rows) != RWE_OK)
        return RWE_NO_MEMORY;
    work->n_baselines = rows.n_strata;
    work->baseline = RWE_NEW(arena, struct baseline, rows.n_strata);
    work->baseline_of = RWE_NEW(arena, uint32_t, data->n_strata);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t s = 0; s < data->n_strata; s++)
        work->baseline_of[s] = (uint32_t)rows.n_strata;
    for (size_t s = 0; s < rows.n_strata; s++) {
        struct baseline *b = &work->baseline[s];
        size_t first = rows.start[s], origin = rows.origin[first];
        b->mean = RWE_NEW(arena, double, p);
        b->centre = RWE_NEW(arena, double, p);
        if (find_jumps(&rows, s, model->options->ties, model->fit->estimate, arena, &b->jumps) !=
            RWE_OK)
            return RWE_NO_MEMORY;
        b->left = b->jumps.n;
        b->shift = b->jumps.shift[b->jumps.n - 1];
        /* What centring took off is the same for all rows of the stratum: the first one tells. */
        for (size_t j = 0; j < p; j++)
            b->centre[j] = rows.x[first * p + j] - model->x[j * data->n + origin];
        work->baseline_of[data->stratum == NULL ? 0 : data->stratum[origin]] = (uint32_t)s;
    }
    return RWE_OK;
}

static enum rwe_status work_init(struct work *work, struct rwe_arena *arena)
{
    const struct rwe_survival_data *data = work->model->data;
    size_t p = work->model->fit->p, n_versions = work->versions->n;
    if (find_baselines(work, arena) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t n_clusters = data->cluster == NULL ? data->n : data->n_clusters;
    work->risk = rwe_arena_alloc(arena, data->n, n_versions * sizeof(double));
    work->survival = rwe_arena_alloc(arena, data->n, n_versions * sizeof(double));
    work->own = rwe_arena_alloc(arena, n_clusters, n_versions * sizeof(double));
    work->A = rwe_arena_alloc(arena, work->n_baselines, n_versions * sizeof(double));
    work->Q = rwe_arena_alloc(arena, p, n_versions * sizeof(double));
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++)
        work->total += weight_of(work, i);
    for (size_t v = 0; v < n_versions; v++)
        for (size_t i = 0; i < data->n; i++) {
            const struct baseline *b = baseline_of(work, i);
            double predictor = b == NULL ? 0 : -b->shift;
            for (size_t j = 0; b != NULL && j < p; j++)
                predictor += (work->versions->x[v][j * data->n + i] + b->centre[j]) *
                             work->model->fit->estimate[j];
            work->risk[v * data->n + i] = exp(predictor);
        }
    return RWE_OK;
}

static void advance(struct baseline *b, size_t p, double time)
{
    const struct jumps *jumps = &b->jumps;
    for (; b->left > 0 && jumps->time[b->left - 1] <= time; b->left--) {
        size_t k = b->left - 1;
        double unit = exp(b->shift - jumps->shift[k]);
        b->hazard += unit * jumps->hazard[k];
        b->variance += unit * unit * jumps->variance[k];
        for (size_t j = 0; j < p; j++)
            b->mean[j] += unit * jumps->mean[k * p + j];
    }
}

/* S of all, and A and Q, of version v. Returns the mean. */
static double average(struct work *work, size_t v)
{
    size_t n = work->model->data->n, p = work->model->fit->p;
    const double *x = work->versions->x[v];
    double *A = work->A + v * work->n_baselines, *Q = work->Q + v * p, mean = 0;
    memset(A, 0, work->n_baselines * sizeof *A);
    memset(Q, 0, p * sizeof *Q);
    for (size_t i = 0; i < n; i++) {
        const struct baseline *b = baseline_of(work, i);
        double r = work->risk[v * n + i], share = weight_of(work, i) / work->total;
        double S = b == NULL ? 1 : exp(-r * b->hazard);
        work->survival[v * n + i] = S;
        mean += share * S;
        if (b == NULL || S <= 0) /* when r overflows, S is 0 in all digits, and so is r S */
            continue;
        double slope = share * r * S;
        A[b - work->baseline] += slope;
        for (size_t j = 0; j < p; j++)
            Q[j] += slope * ((x[j * n + i] + b->centre[j]) * b->hazard - b->mean[j]);
    }
    return mean;
}

/* What each cluster's subjects are above the mean. */
static void own_parts(struct work *work, size_t v, double mean)
{
    const struct rwe_survival_data *data = work->model->data;
    size_t n_versions = work->versions->n;
    for (size_t i = 0; i < data->n; i++) {
        size_t c = data->cluster == NULL ? i : data->cluster[i];
        work->own[c * n_versions + v] +=
            weight_of(work, i) / work->total * (work->survival[v * data->n + i] - mean);
    }
}

static double covariance(const struct work *work, size_t v, size_t u)
{
    const struct rwe_cox *fit = work->model->fit;
    const struct rwe_survival_data *data = work->model->data;
    const double *V = fit->robust != NULL ? fit->robust : fit->covariance;
    size_t p = fit->p, n_clusters = data->cluster == NULL ? data->n : data->n_clusters;
    double sum = 0;
    for (size_t s = 0; s < work->n_baselines; s++)
        sum += work->A[v * work->n_baselines + s] * work->A[u * work->n_baselines + s] *
               work->baseline[s].variance;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < p; k++)
            sum += work->Q[v * p + j] * V[j * p + k] * work->Q[u * p + k];
    for (size_t c = 0; c < n_clusters; c++)
        sum += work->own[c * work->versions->n + v] * work->own[c * work->versions->n + u];
    return sum;
}

static void run(struct work *work, double survival[], double matrix[])
{
    const struct rwe_cox_versions *versions = work->versions;
    const struct rwe_survival_data *data = work->model->data;
    size_t n_clusters = data->cluster == NULL ? data->n : data->n_clusters, V = versions->n;
    for (size_t t = 0; t < versions->n_times; t++) {
        for (size_t s = 0; s < work->n_baselines; s++)
            advance(&work->baseline[s], work->model->fit->p, versions->time[t]);
        memset(work->own, 0, n_clusters * V * sizeof *work->own);
        for (size_t v = 0; v < V; v++) {
            double mean = average(work, v);
            survival[v * versions->n_times + t] = mean;
            own_parts(work, v, mean);
        }
        for (size_t v = 0; v < V; v++)
            for (size_t u = 0; u < V; u++)
                matrix[(t * V + v) * V + u] = covariance(work, v, u);
    }
}

static enum rwe_status check(const struct rwe_cox_fitted *model,
                             const struct rwe_cox_versions *versions, struct rwe_error *error)
{
    enum rwe_status status = rwe_survival_data_check(model->data, error);
    if (status != RWE_OK)
        return status;
    if (model->options->ties == RWE_COX_EXACT)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "exact ties have no baseline hazard");
    if (model->options->offset != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "offsets are not averaged over");
    for (size_t t = 0; t < versions->n_times; t++)
        if (!isfinite(versions->time[t]) || (t > 0 && versions->time[t] < versions->time[t - 1]))
            return rwe_fail(error, RWE_BAD_INPUT, t, "times are not ascending");
    for (size_t v = 0; v < versions->n; v++)
        for (size_t k = 0; k < model->data->n * model->fit->p; k++)
            if (!isfinite(versions->x[v][k]))
                return rwe_fail(error, RWE_NOT_FINITE, k, "covariate is not a finite number");
    return RWE_OK;
}

enum rwe_status rwe_cox_standardise(const struct rwe_cox_fitted *model,
                                    const struct rwe_cox_versions *versions,
                                    struct rwe_arena *arena, struct rwe_cox_standardised *result,
                                    struct rwe_error *error)
{
    enum rwe_status status = check(model, versions, error);
    if (status != RWE_OK)
        return status;
    double *survival = rwe_arena_alloc(arena, versions->n, versions->n_times * sizeof(double));
    double *matrix =
        rwe_arena_alloc(arena, versions->n * versions->n, versions->n_times * sizeof(double));
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct work work = {.model = model, .versions = versions};
    if (work_init(&work, arena) != RWE_OK)
        return rwe_fail_memory(error);
    run(&work, survival, matrix);
    *result = (struct rwe_cox_standardised){survival, matrix};
    rwe_arena_release(arena, mark);
    return RWE_OK;
}
