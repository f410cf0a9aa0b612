/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What the parts of the Cox kernel share: the rows it works on and the risk set that grows as a pass
 * goes from the last time to the first (cox_risk_set.c), the likelihood (cox_likelihood.c), the short way
 * to a near maximum (cox_near.c) and the sandwich (cox_residuals.c).
 */
#ifndef RWE_STATS_COX_PRIVATE_H
#define RWE_STATS_COX_PRIVATE_H

#include "gram_private.h"
#include "rwe/stats/cox.h"

/**
 * The rows that the partial likelihood looks at: those at risk at an event of their stratum. The
 * others, as before the first event or between two, are in no risk set. Covariates are centred within
 * their stratum, which the likelihood does not notice and rounding does; the first value is taken
 * off before the mean, so that a column constant in the stratum is exactly 0 there.
 */
struct rwe_cox_rows {
    size_t n, p;
    size_t n_strata;    /**< with an event */
    size_t n_events;    /**< rows */
    size_t *start;      /**< n_strata + 1: rows of stratum s are [start[s], start[s + 1]) */
    double *x;          /**< [i * p + j], centred */
    double *time;       /**< ascending within the stratum */
    double *entry;      /**< at risk in (entry, time]; NULL: from the start */
    uint32_t *by_entry; /**< rows of each stratum in ascending entry, where there are entries */
    double *offset;     /**< added to x'β; NULL: none */
    double *weight;
    uint8_t *event;   /**< 0 or 1 */
    uint32_t *origin; /**< the row in the caller's data */
    uint32_t *like;   /**< with entries: the row whose x this one has too, of the same subject and
                           stratum; itself where it is the first. NULL: each has its own */
    uint32_t *next; /**< of those that share x: the row, later in time, that goes on where this one
                           ends without an event; 0: none. NULL likewise */
    uint8_t *goes_on; /**< whether it is the next of one; NULL likewise */
};

/** The row that stands for those with its x. */
static inline size_t rwe_cox_like(const struct rwe_cox_rows *rows, size_t row)
{
    return rows->like == NULL ? row : rows->like[row];
}

/** RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_rows_prepare(const struct rwe_survival_data *data, const double x[],
                                     size_t p, struct rwe_arena *arena, struct rwe_cox_rows *rows);

/** Gives the rows their offsets, by row of the caller's data; NULL: none. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_rows_offset(struct rwe_cox_rows *rows, const double offset[],
                                    struct rwe_arena *arena);

/** projection[i] = x_i'β */
void rwe_cox_project(const struct rwe_cox_rows *rows, const double beta[], double projection[]);

/** predictor[i] = x_i'β + offset_i */
void rwe_cox_predict(const struct rwe_cox_rows *rows, const double beta[], double predictor[]);

/** Σ r, Σ r x and, where wanted, Σ r x x' (lower triangle) of some rows, r = w exp(x'β − shift). */
struct rwe_cox_moments {
    double r;
    double *rx;
    double *rxx; /**< NULL: not wanted */
};

/**
 * Those at risk, while time runs backwards. The shift is at least the largest predictor at risk: no
 * exp overflows, and no risk set sums to 0 because someone at much higher risk has left.
 *
 * Rows with an entry are taken off again when time has run back to it. Taking a large term off a
 * sum leaves its rounding error behind, so that the sums are built anew from those still at risk
 * when little of their largest value remains.
 */
struct rwe_cox_risk_set {
    size_t p;
    double shift;
    struct rwe_cox_moments all;
    struct rwe_cox_moments deaths; /**< those of `all` that die at the time last added */
    size_t n_deaths;
    double death_weight;
    const double
        *risk;      /**< by row, exp(predictor − highest), where that shift serves all; or NULL */
    double highest; /**< predictor of the stratum's rows, where risk is there */
    /* The rest serves entries alone. */
    size_t n_at_risk;
    size_t stratum_end; /**< of the stratum that time runs back through; 0 before its first row */
    size_t next_entry;  /**< in by_entry: those before it have not been taken off */
    double *square;     /**< Σ r x_j², p of them */
    double *peak;       /**< largest Σ r since the sums were built, and p of Σ r x_j² */
};

/** Allocates the moments. The caller asks the arena whether that failed. */
void rwe_cox_risk_set_init(struct rwe_cox_risk_set *set, size_t p, bool second_moments,
                           struct rwe_arena *arena);
void rwe_cox_risk_set_clear(struct rwe_cox_risk_set *set);

/** Adds all rows of [begin, end) that share its last time; returns the first of them. */
size_t rwe_cox_risk_set_add_time(struct rwe_cox_risk_set *set, const struct rwe_cox_rows *rows,
                                 const double predictor[], size_t begin, size_t end);

/**
 * Both treatments of d tied deaths are sums over equal steps, at each of which one share of the
 * death weight falls due against the risk set less a fraction of the tied deaths:
 * Efron: d steps, fractions 0, 1/d, …, (d − 1)/d; Breslow: one step, fraction 0.
 */
size_t rwe_cox_n_steps(const struct rwe_cox_risk_set *set, enum rwe_cox_ties ties);

/** Mean of x in the risk set less `fraction` of the deaths; returns its Σ r. */
double rwe_cox_risk_set_mean(const struct rwe_cox_risk_set *set, double fraction, double mean[]);

/** Log partial likelihood, its gradient and its negative Hessian (lower triangle) at one β. */
struct rwe_cox_likelihood {
    double loglik;
    double loglik_lost; /**< what rounding has taken from it so far (Kahan, CACM 8:40, 1965) */
    double *score;
    double *information;
    double *gross; /**< p: the diagonal of the information had its means been 0; NULL: not wanted */
};

/**
 * Elementary symmetric sums of r over the risk set, of orders 0 … the most deaths at one time, with
 * their derivatives.
 */
struct rwe_cox_exact {
    size_t most_deaths; /**< 0: no space was made */
    double *sum;        /**< [k] */
    double *first;      /**< [k * p + j] */
    double *second;     /**< [(k * p + j) * p + l], lower triangles */
};

/** A sum of w / S over some times: sum exp(−shift), with the least of their shifts. */
struct rwe_cox_hazard {
    double sum, shift;
};

/** Space for the information. */
struct rwe_cox_information {
    struct rwe_gram gram;
    size_t n_times;                  /**< with an event, in the stratum that has most */
    uint32_t *until;                 /**< by row: event times of its stratum up to its own time */
    uint32_t *since;                 /**< by row: those up to its entry; NULL without entries */
    double *share;                   /**< by row that stands for others: Σ r w / S */
    struct rwe_cox_hazard *outlived; /**< by event time, for those who live on; 2 n_times */
    struct rwe_cox_hazard *died_at;  /**< the same for those who die then */
};

/** Relative hazards of a stratum's rows: risk as in the risk set, and their logarithms. */
struct rwe_cox_risks {
    const double *predictor, *risk;
    double highest;
};

/** Space for evaluations. */
struct rwe_cox_work {
    struct rwe_cox_risk_set set;
    struct rwe_cox_information information;
    double *predictor; /**< n */
    double *risk;      /**< n, for the risk set */
    double *mean;      /**< p */
    struct rwe_cox_exact exact;
};

/** Allocates. The caller asks the arena whether that failed. */
void rwe_cox_work_init(struct rwe_cox_work *work, const struct rwe_cox_rows *rows,
                       enum rwe_cox_ties ties, struct rwe_arena *arena);

/** log-likelihood += term, without losing what rounding takes. */
void rwe_cox_add_to_loglik(struct rwe_cox_likelihood *likelihood, double term);

/** The likelihood at beta; work->predictor is then that of beta. */
void rwe_cox_evaluate(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties, const double beta[],
                      struct rwe_cox_work *work, struct rwe_cox_likelihood *likelihood);

/** The risks at work->predictor in units of the stratum's largest; NULL where their range forbids that. */
struct rwe_cox_risks rwe_cox_find_risks(const struct rwe_cox_rows *rows, size_t s,
                                        const struct rwe_cox_work *work);

/**
 * From beta to the maximum, if the way there is as short as it is from near: RWE_OK; else
 * RWE_NOT_ESTIMABLE, and beta is anything; or RWE_NO_MEMORY. `factor` (p × p) is then that of the
 * information somewhere near, on the large side by a few per cent. Not for RWE_COX_EXACT.
 */
enum rwe_status rwe_cox_near_climb(const struct rwe_cox_rows *rows, enum rwe_cox_ties ties,
                                   struct rwe_cox_work *work, struct rwe_arena *scratch,
                                   double beta[], double factor[], size_t *n_steps);

/** Of the weighted score residuals: their variance by the rule of rwe_influence_covariance, and
 * their sum. */
struct rwe_cox_meat {
    double *matrix; /**< p × p */
    double *known;  /**< p × p, the same with the weights taken as known; NULL: not wanted */
    double *score;  /**< p */
};

/** RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_meat(const struct rwe_cox_rows *rows, const struct rwe_survival_data *data,
                             enum rwe_cox_ties ties, const double beta[], struct rwe_arena *scratch,
                             struct rwe_cox_meat *meat);

/** An estimate and its variances, p × p. */
struct rwe_cox_variance {
    const double *beta, *covariance;
    double *robust;
    double *robust_known; /**< NULL: not wanted */
};

/** Fills robust = V meat V, with V the covariance, and robust_known. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_sandwich(const struct rwe_cox_rows *rows,
                                 const struct rwe_survival_data *data, enum rwe_cox_ties ties,
                                 const struct rwe_cox_variance *variance,
                                 struct rwe_arena *scratch);

/** Harrell's C of the linear predictor; NaN where that overflows. RWE_OK or RWE_NO_MEMORY. */
enum rwe_status rwe_cox_find_concordance(const struct rwe_survival_data *data, const double x[],
                                         size_t p, const double beta[], const double offset[],
                                         struct rwe_arena *scratch, double *index);

#endif
