/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A logistic model at one β: what the steps of the climb need to know of the rows. */
#ifndef RWE_STATS_LOGISTIC_PRIVATE_H
#define RWE_STATS_LOGISTIC_PRIVATE_H

#include "rwe/stats/logistic.h"

/** Rows past this many logits, far out in a long tail, move widely in any step and do not count as
 * diverging. */
#define RWE_LOGISTIC_CERTAIN 40

/** What a block, or all of them, found at the present β about the rows' last move: change of the
 * linear predictor, towards the row's own outcome. Rows of weight 0 are not asked. */
struct rwe_logistic_tally {
    double deviance;
    double change;   /**< the greatest, either way, relative where the predictor is beyond ±1 */
    double backward; /**< the greatest away from the row's own outcome */
    double forward;  /**< the greatest towards it, of rows not yet certain */
};

struct rwe_logistic_model {
    const double *x;
    const uint8_t *y;
    const double *weight; /**< n; NULL: all 1 */
    size_t n, k, p;
    bool firth;
    unsigned threads;
    size_t n_blocks, n_workspaces;
    double *centre;    /**< k: weighted column means */
    double *beta;      /**< p: of the centred columns, intercept first */
    double *linear;    /**< n */
    double *fitted;    /**< n */
    double *workspace; /**< n_workspaces × (p + 1) columns of a block's rows */
    double *stack;     /**< p + 1 columns of n_blocks × (p + 1) rows: the triangles */
    struct rwe_logistic_tally *tally;  /**< n_blocks */
    double *triangle;                  /**< p × (p + 1), row-major: [R | Q'z] of all rows */
    double *firth_triangle;            /**< the same of Firth's step, in units of R; NULL without */
    struct rwe_logistic_tally overall; /**< at the present β */
    double objective; /**< deviance, less log |information| under Firth; ∞ where that vanishes */
};

static inline double rwe_logistic_weight(const struct rwe_logistic_model *model, size_t i)
{
    return model->weight == NULL ? 1 : model->weight[i];
}

/** From sizes n, k, p, firth: workspace and results of the visits. */
void rwe_logistic_model_prepare(struct rwe_logistic_model *model, struct rwe_arena *arena);

/** Everything at the present β: linear, fitted, triangle, overall, objective. */
void rwe_logistic_visit(struct rwe_logistic_model *model);

/** False when the weights have vanished, so that some coefficient has no information left. */
bool rwe_logistic_has_information(const struct rwe_logistic_model *model);

/** The step δ that the triangles of the last visit propose. */
void rwe_logistic_propose(const struct rwe_logistic_model *model, double step[]);

/** Rows [start, start + rows) of one block. */
struct rwe_logistic_block {
    size_t index, start, rows;
};
struct rwe_logistic_block rwe_logistic_block(const struct rwe_logistic_model *model, size_t index);

/** Columns of W^½ times 1 and the centred x, into p columns of block.rows values. */
void rwe_logistic_weigh_columns(const struct rwe_logistic_model *model,
                                struct rwe_logistic_block block, double column[]);

/** Calls `fill` for each block, which leaves p + 1 columns of block.rows values in `column`, and
 * makes the triangle [R | Q'z] of all of them. */
void rwe_logistic_reduce(struct rwe_logistic_model *model,
                         void (*fill)(struct rwe_logistic_model *model,
                                      struct rwe_logistic_block block, double column[]),
                         double triangle[]);

/** Firth's part of a visit: firth_triangle and objective, from linear and triangle. */
void rwe_logistic_penalise(struct rwe_logistic_model *model);

#endif
