/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/weights.h"

#include "rwe/base/language.h"
#include "rwe/base/sort.h"

#include <math.h>

/* A weight as a function of the logit t of the probability q of the subject's own arm, and its
 * derivative d log w / dt. Every kind is made of these five, one for each arm. */
struct form {
    double (*weight)(double t);
    double (*slope)(double t);
};

/* 1/q */
static double inverse(double t)
{
    return 1 + exp(-t);
}

static double inverse_slope(double t)
{
    return -1 / (1 + exp(t));
}

/* 1 */
static double one(double t)
{
    (void)t;
    return 1;
}

static double one_slope(double t)
{
    (void)t;
    return 0;
}

/* (1 − q)/q */
static double odds(double t)
{
    return exp(-t);
}

static double odds_slope(double t)
{
    (void)t;
    return -1;
}

/* 1 − q */
static double other(double t)
{
    return 1 / (1 + exp(t));
}

static double other_slope(double t)
{
    return -1 / (1 + exp(-t));
}

/* min(q, 1 − q)/q */
static double lesser(double t)
{
    return t > 0 ? exp(-t) : 1;
}

static double lesser_slope(double t)
{
    if (t == 0)
        return -0.5;
    return t > 0 ? -1 : 0;
}

static const struct form INVERSE = {inverse, inverse_slope}, ONE = {one, one_slope},
                         ODDS = {odds, odds_slope}, OTHER = {other, other_slope},
                         LESSER = {lesser, lesser_slope};

/* [kind][treated] */
static const struct form *const forms[][2] = {[RWE_WEIGHT_ATE] = {&INVERSE, &INVERSE},
                                              [RWE_WEIGHT_ATT] = {&ODDS, &ONE},
                                              [RWE_WEIGHT_ATC] = {&ONE, &ODDS},
                                              [RWE_WEIGHT_OVERLAP] = {&OTHER, &OTHER},
                                              [RWE_WEIGHT_MATCHING] = {&LESSER, &LESSER}};

struct rwe_weight_options rwe_weight_options_default(void)
{
    return (struct rwe_weight_options){.kind = RWE_WEIGHT_ATE, .stabilised = true};
}

static inline bool is_kept(const struct rwe_weight_data *data, size_t i)
{
    return data->kept == NULL || data->kept[i] != 0;
}

static enum rwe_status check_request(const struct rwe_weight_options *options,
                                     struct rwe_error *error)
{
    if ((size_t)options->kind >= sizeof forms / sizeof *forms)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "weights of this kind are not made from a probability");
    if (!(options->truncate >= 0 && options->truncate < 0.5))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "weights are truncated at a share from 0 to below 0.5, not %g",
                        options->truncate);
    return RWE_OK;
}

/* Also counts those kept, and the share of the treated among them. */
static enum rwe_status check_data(const struct rwe_weight_data *data, struct rwe_weights *result,
                                  struct rwe_error *error)
{
    size_t n[2] = {0, 0};
    for (size_t i = 0; i < data->n; i++) {
        if (!isfinite(data->linear[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "logit %zu is not a finite number", i);
        n[data->treated[i] != 0] += is_kept(data, i);
    }
    for (size_t arm = 0; arm < 2; arm++)
        if (n[arm] == 0)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "there are no %s subjects to weight",
                            rwe_message(arm ? N_("treated") : N_("control")));
    result->n_kept = n[0] + n[1];
    result->share_treated = (double)n[1] / (double)result->n_kept;
    return RWE_OK;
}

static enum rwe_status weigh(const struct rwe_weight_data *data, const struct rwe_weights *result,
                             double weight[], double slope[], struct rwe_error *error)
{
    double sum[2] = {0, 0};
    for (size_t i = 0; i < data->n; i++) {
        if (!is_kept(data, i))
            continue;
        bool treated = data->treated[i] != 0;
        const struct form *form = forms[result->kind][treated];
        double share = treated ? result->share_treated : 1 - result->share_treated;
        double sign = treated ? 1 : -1, own = sign * data->linear[i];
        weight[i] = form->weight(own) * (result->stabilised ? share : 1);
        slope[i] = sign * form->slope(own);
        sum[treated] += weight[i];
        if (!isfinite(sum[treated]))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, i,
                            "the weight of subject %zu overflows: the logit of its own arm is %g",
                            i, own);
    }
    for (size_t arm = 0; arm < 2; arm++)
        if (sum[arm] == 0)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "all weights of the %s subjects vanish",
                            rwe_message(arm ? N_("treated") : N_("control")));
    return RWE_OK;
}

/* R's type 7 of ascending values: between the ranks around (n − 1) × share. */
static double quantile(const double value[], const uint32_t order[], size_t n, double share)
{
    double at = share * (double)(n - 1), rank = floor(at);
    double low = value[order[(size_t)rank]];
    double high = value[order[(size_t)rank + ((size_t)rank + 1 < n)]];
    return low + (at - rank) * (high - low);
}

static enum rwe_status find_percentiles(const struct rwe_weight_data *data, const double weight[],
                                        double share, struct rwe_arena *scratch,
                                        struct rwe_weights *result)
{
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *kept = RWE_NEW(scratch, double, result->n_kept);
    uint32_t *order = RWE_NEW(scratch, uint32_t, result->n_kept);
    size_t n = 0;
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < data->n; i++)
        if (is_kept(data, i))
            kept[n++] = weight[i];
    if (rwe_sort_numbers(kept, n, scratch, order) != RWE_OK)
        return RWE_NO_MEMORY;
    result->low = quantile(kept, order, n, share);
    result->high = quantile(kept, order, n, 1 - share);
    rwe_arena_release(scratch, mark);
    return RWE_OK;
}

static void truncate_weights(const struct rwe_weight_data *data, struct rwe_weights *result,
                             double weight[], double slope[], uint8_t truncated[])
{
    for (size_t i = 0; i < data->n; i++) {
        bool treated = data->treated[i] != 0;
        bool below = weight[i]<result->low, above = weight[i]> result->high;
        if (!is_kept(data, i) || !(below || above))
            continue;
        result->n_low[treated] += below;
        result->n_high[treated] += above;
        weight[i] = below ? result->low : result->high;
        slope[i] = 0;
        truncated[i] = 1;
    }
}

enum rwe_status rwe_weights_compute(const struct rwe_weight_data *data,
                                    const struct rwe_weight_options *options,
                                    struct rwe_arena *arena, struct rwe_weights *result,
                                    struct rwe_error *error)
{
    *result =
        (struct rwe_weights){.n = data->n,
                             .kind = options->kind,
                             .stabilised = options->stabilised && options->kind == RWE_WEIGHT_ATE,
                             .low = NAN,
                             .high = NAN};
    enum rwe_status status = check_request(options, error);
    if (status == RWE_OK)
        status = check_data(data, result, error);
    if (status != RWE_OK)
        return status;
    double *weight = RWE_NEW(arena, double, data->n);
    double *slope = RWE_NEW(arena, double, data->n);
    uint8_t *truncated = RWE_NEW(arena, uint8_t, data->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    status = weigh(data, result, weight, slope, error);
    if (status != RWE_OK)
        return status;
    if (options->truncate > 0) {
        if (find_percentiles(data, weight, options->truncate, arena, result) != RWE_OK)
            return rwe_fail_memory(error);
        truncate_weights(data, result, weight, slope, truncated);
    }
    result->weight = weight;
    result->slope = slope;
    result->truncated = truncated;
    return RWE_OK;
}

/* Weights are taken relative to the largest, so that squares of 1e300 do not overflow. */
struct rwe_weight_summary rwe_weights_summarize(const double weight[], const uint8_t treated[],
                                                size_t n, uint8_t arm)
{
    struct rwe_weight_summary summary = {.min = NAN, .max = NAN, .cv = NAN};
    for (size_t i = 0; i < n; i++) {
        if ((treated[i] != 0) != (arm != 0) || weight[i] == 0)
            continue;
        summary.n++;
        summary.sum += weight[i];
        summary.min = fmin(summary.min, weight[i]); /* of a number and NaN: the number */
        summary.max = fmax(summary.max, weight[i]);
    }
    if (summary.n == 0)
        return summary;
    double mean = summary.sum / (double)summary.n / summary.max, squares = 0, spread = 0;
    for (size_t i = 0; i < n; i++) {
        if ((treated[i] != 0) != (arm != 0) || weight[i] == 0)
            continue;
        double w = weight[i] / summary.max;
        squares += w * w;
        spread += (w - mean) * (w - mean);
    }
    double relative_sum = mean * (double)summary.n;
    summary.ess = relative_sum * relative_sum / squares;
    summary.cv = summary.n < 2 ? NAN : sqrt(spread / (double)(summary.n - 1)) / mean;
    return summary;
}

/* ---- trimming ---- */

static enum rwe_status check_logits(const struct rwe_weight_data *data, struct rwe_error *error)
{
    for (size_t i = 0; i < data->n; i++)
        if (!isfinite(data->linear[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "logit %zu is not a finite number", i);
    return RWE_OK;
}

enum rwe_status rwe_weights_trim(const struct rwe_weight_data *data, double cutoff,
                                 struct rwe_arena *arena, struct rwe_weight_trimming *result,
                                 struct rwe_error *error)
{
    enum rwe_status status = check_logits(data, error);
    if (status != RWE_OK)
        return status;
    if (!(cutoff >= 0 && cutoff < 0.5))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "probabilities are trimmed at a cut-off from 0 to below 0.5, not %g",
                        cutoff);
    uint8_t *kept = RWE_NEW(arena, uint8_t, data->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    size_t left[2] = {0, 0};
    *result = (struct rwe_weight_trimming){.kept = kept};
    for (size_t i = 0; i < data->n; i++) {
        bool treated = data->treated[i] != 0;
        kept[i] = 1 / (1 + exp(fabs(data->linear[i]))) >= cutoff; /* min(p, 1 − p) */
        left[treated] += kept[i];
        if (!kept[i])
            (data->linear[i] < 0 ? result->n_low : result->n_high)[treated]++;
    }
    for (size_t arm = 0; arm < 2; arm++)
        if (left[arm] == 0)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "trimming at %g leaves no %s subjects", cutoff,
                            rwe_message(arm ? N_("treated") : N_("control")));
    return RWE_OK;
}

/* If Σg / m² is least at m, then g_m < 2 Σg / m < g_(m+1): taking one subject more or one less would
 * raise it. So the cut-off lies between the two, and ties are not cut through. */
enum rwe_status rwe_weights_optimal_cutoff(const struct rwe_weight_data *data,
                                           struct rwe_arena *scratch, double *cutoff,
                                           struct rwe_error *error)
{
    enum rwe_status status = check_logits(data, error);
    if (status != RWE_OK)
        return status;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *g = RWE_NEW(scratch, double, data->n);
    uint32_t *order = RWE_NEW(scratch, uint32_t, data->n);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < data->n; i++)
        g[i] = 2 + exp(data->linear[i]) + exp(-data->linear[i]);
    if (rwe_sort_numbers(g, data->n, scratch, order) != RWE_OK)
        return rwe_fail_memory(error);
    double sum = 0, least = INFINITY, twice_mean = NAN;
    size_t best = 0;
    for (size_t m = 1; m <= data->n; m++) {
        sum += g[order[m - 1]];
        double variance = sum / ((double)m * (double)m);
        if (!(variance < least))
            continue;
        least = variance;
        twice_mean = 2 * sum / (double)m;
        best = m;
    }
    rwe_arena_release(scratch, mark);
    if (best == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no subject has a probability away from 0 and 1");
    /* 1/2 − sqrt(1/4 − 1/γ), without its cancellation */
    *cutoff = best == data->n ? 0 : 1 / twice_mean / (0.5 + sqrt(0.25 - 1 / twice_mean));
    return RWE_OK;
}

/* ---- the step that estimated the weights ---- */

static enum rwe_status check_model(const struct rwe_weight_data *data,
                                   const struct rwe_weights *weights,
                                   const struct rwe_weight_model *model, struct rwe_error *error)
{
    const struct rwe_logistic *logistic = model->logistic;
    if (logistic->n != data->n || weights->n != data->n || logistic->p != model->k + 1)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the weights and the model behind them are of different subjects");
    for (size_t j = 0; j < logistic->p * logistic->p; j++)
        if (!isfinite(logistic->covariance[j]))
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "the model of treatment has no covariance");
    return RWE_OK;
}

/* z − p, from the logit, so that neither end loses digits. */
static double residual(double linear, bool treated)
{
    return treated ? 1 / (1 + exp(linear)) : -1 / (1 + exp(-linear));
}

/* Of the coefficients: log w moves by slope × x with them, and the subject's influence on their
 * estimate is I⁻¹ x (z − p), I the information of the logistic model. */
static void fill_coefficients(const struct rwe_weight_data *data, const double slope[],
                              const struct rwe_weight_model *model, size_t q, double out_slope[],
                              double out_influence[])
{
    size_t p = model->logistic->p;
    const double *covariance = model->logistic->covariance;
    for (size_t i = 0; i < data->n; i++) {
        double r = residual(model->logistic->linear[i], data->treated[i] != 0);
        for (size_t j = 0; j < p; j++) {
            double x = j == 0 ? 1 : model->x[(j - 1) * data->n + i];
            out_slope[i * q + j] = slope[i] * x;
            for (size_t a = 0; a < p; a++)
                out_influence[i * q + a] += covariance[a * p + j] * x * r;
        }
    }
}

/* The last parameter: the share of the treated among those kept. */
static void fill_share(const struct rwe_weight_data *data, const struct rwe_weights *weights,
                       size_t q, double slope[], double influence[])
{
    double share = weights->share_treated;
    for (size_t i = 0; i < data->n; i++) {
        bool treated = data->treated[i] != 0;
        if (data->kept != NULL && data->kept[i] == 0)
            continue;
        if (!weights->truncated[i])
            slope[i * q + q - 1] = treated ? 1 / share : -1 / (1 - share);
        influence[i * q + q - 1] = ((treated ? 1 : 0) - share) / (double)weights->n_kept;
    }
}

enum rwe_status
rwe_weights_estimation(const struct rwe_weight_data *data, const struct rwe_weights *weights,
                       const struct rwe_weight_model *model, struct rwe_arena *arena,
                       struct rwe_weight_estimation *result, struct rwe_error *error)
{
    enum rwe_status status = check_model(data, weights, model, error);
    if (status != RWE_OK)
        return status;
    size_t q = model->logistic->p + (weights->stabilised ? 1 : 0);
    /* rows × columns: the product itself may not fit */
    double *slope = rwe_arena_alloc(arena, data->n, q * sizeof *slope);
    double *influence = rwe_arena_alloc(arena, data->n, q * sizeof *influence);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    fill_coefficients(data, weights->slope, model, q, slope, influence);
    if (weights->stabilised)
        fill_share(data, weights, q, slope, influence);
    *result = (struct rwe_weight_estimation){
        .n_subjects = data->n, .n_parameters = q, .slope = slope, .influence = influence};
    return RWE_OK;
}
