/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the parts of the Fine–Gray kernel share: rows, risk sets, and what one β makes of them. */
#ifndef RWE_STATS_FINE_GRAY_PRIVATE_H
#define RWE_STATS_FINE_GRAY_PRIVATE_H

#include "rwe/stats/event_table.h"
#include "rwe/stats/fine_gray.h"

/**
 * The rows, in ascending time, against the m distinct times of the event of interest. Row i is at
 * risk itself at the first upto[i] of them. At the later ones a competitor remains with weight
 * G(t−) × share[i]; share is 0 for all others.
 */
struct fine_gray_rows {
    const struct rwe_survival_data *data;
    size_t n, p, m;
    size_t n_curves; /**< of G */
    size_t cause;
    double *x;         /**< [i * p + j], less the column's mean */
    double *event_sum; /**< by column: Σ weight x over events of interest */
    uint32_t *upto;
    double *share;                /**< 1 / G(T−) of a competitor, else 0 */
    double *censor_free;          /**< [event time * n_curves + curve]: G(t−) */
    double *events;               /**< by event time: weight of the events of interest */
    const uint32_t *curve;        /**< of G by row; NULL: one */
    struct rwe_event_table table; /**< groups are the curves of G */
};

/** A β's values at the event times and over rows. */
struct fine_gray_work {
    double shift;    /**< the largest predictor, taken off before exp */
    double *r;       /**< by row: weight × exp(x'β − shift) */
    double *total;   /**< by event time: Σ r over the risk set */
    double *mean;    /**< [event time * p + j]: mean of x in the risk set */
    double *step;    /**< by event time: events / total */
    double *until;   /**< [m + 1]: Σ step over event times before this one */
    double *after;   /**< [(m + 1) * n_curves]: Σ G(t−) step over this one and later */
    double *running; /**< n_curves × (p + 1), of a pass */
};

/** Log pseudo-likelihood, gradient and information (full) at one β. */
struct fine_gray_likelihood {
    double loglik;
    double *score;
    double *information;
};

static inline size_t fine_gray_curve(const struct fine_gray_rows *rows, size_t i)
{
    return rows->curve == NULL ? 0 : rows->curve[i];
}

static inline double fine_gray_weight(const struct fine_gray_rows *rows, size_t i)
{
    return rows->data->weight == NULL ? 1 : rows->data->weight[i];
}

/** Builds the rows. RWE_OK, RWE_NO_MEMORY, or an error of the event table. */
enum rwe_status rwe_fine_gray_rows(const struct rwe_survival_data *data, const double x[], size_t p,
                                   const struct rwe_fine_gray_options *options,
                                   struct rwe_arena *arena, struct fine_gray_rows *rows,
                                   struct rwe_error *error);

/** RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_fine_gray_work(const struct fine_gray_rows *rows, struct rwe_arena *arena,
                                   struct fine_gray_work *work);

void rwe_fine_gray_evaluate(const struct fine_gray_rows *rows, const double beta[],
                            struct fine_gray_work *work, struct fine_gray_likelihood *likelihood);

/** The sandwich at the β last evaluated. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_fine_gray_sandwich(const struct fine_gray_rows *rows,
                                       const struct fine_gray_work *work, const double covariance[],
                                       struct rwe_arena *scratch, double robust[]);

#endif
