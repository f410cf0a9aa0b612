/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "logistic_private.h"

#include "rwe/base/parallel.h"

#include <math.h>

/* Firth's score Σ c (y − μ + h (½ − μ)) x is that of rows which hold each patient once as he is and
 * h times as half a success and half a failure. Their information X' CW (1 + H) X is nearer to the
 * penalised likelihood's own curvature than X' CW X, exactly it in a saturated model, so the step
 * is taken with it. With V = (CW)^½ X R⁻¹, whose columns are orthonormal, h = |v|² / c, and
 *
 *     minimise | (1 + H)^½ V γ − C^½ (1 + H)^-½ W^-½ (y − μ + H (½ − μ)) |,    δ = R⁻¹ γ
 *
 * stays well conditioned whatever the weights: all singular values are between 1 and √2. */

/* V in place of the weighted columns, one column of R after the other, and |v|² of each row. */
static void make_orthonormal(const struct rwe_logistic_model *model, size_t rows, double column[],
                             double squares[])
{
    for (size_t i = 0; i < rows; i++)
        squares[i] = 0;
    for (size_t j = 0; j < model->p; j++) {
        double *v = column + j * rows;
        for (size_t l = 0; l < j; l++) {
            const double *earlier = column + l * rows;
            double r = model->triangle[l * (model->p + 1) + j];
            for (size_t i = 0; i < rows; i++)
                v[i] -= r * earlier[i];
        }
        double pivot = model->triangle[j * (model->p + 1) + j];
        for (size_t i = 0; i < rows; i++) {
            v[i] /= pivot;
            squares[i] += v[i] * v[i];
        }
    }
}

/* (CW)^½ into root; C^½ W^-½ (y − μ) and C^½ W^-½ (½ − μ) = −C^½ sinh(η/2) into the other two. */
static void weigh_rows(const struct rwe_logistic_model *model, struct rwe_logistic_block block,
                       double root[], double residual[], double pull[])
{
    for (size_t r = 0; r < block.rows; r++) {
        size_t i = block.start + r;
        double eta = model->linear[i], e = exp(-fabs(eta) / 2);
        bool y = model->y[i] != 0, likelier = y == (eta >= 0);
        double root_weight = sqrt(rwe_logistic_weight(model, i));
        root[r] = residual[r] = pull[r] = 0;
        if (root_weight == 0)
            continue;
        root[r] = root_weight * e / (1 + e * e);
        residual[r] = root_weight * (likelier ? e : 1 / e) * (y ? 1 : -1);
        pull[r] = -root_weight * sinh(eta / 2);
    }
}

static void fill_firth(struct rwe_logistic_model *model, struct rwe_logistic_block block,
                       double column[])
{
    double squares[RWE_BLOCK_ROWS], pull[RWE_BLOCK_ROWS];
    size_t p = model->p, rows = block.rows;
    double *right = column + p * rows;
    weigh_rows(model, block, column, right, pull);
    rwe_logistic_weigh_columns(model, block, column);
    make_orthonormal(model, rows, column, squares);
    for (size_t i = 0; i < rows; i++) {
        double weight = rwe_logistic_weight(model, block.start + i);
        double h = weight == 0 ? 0 : squares[i] / weight, root = sqrt(1 + h);
        right[i] = (right[i] + h * pull[i]) / root;
        for (size_t j = 0; j < p; j++)
            column[j * rows + i] *= root;
    }
}

void rwe_logistic_penalise(struct rwe_logistic_model *model)
{
    if (!rwe_logistic_has_information(model)) {
        model->objective = INFINITY;
        return;
    }
    for (size_t j = 0; j < model->p; j++)
        model->objective -= 2 * log(fabs(model->triangle[j * (model->p + 1) + j]));
    rwe_logistic_reduce(model, fill_firth, model->firth_triangle);
}
