/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_climb_private.h"
#include "ldl_private.h"

#include <math.h>
#include <string.h>

/* A step that promises to raise twice the log-likelihood by no more is shorter than 1e-10 standard
 * errors. Rounding may keep it from becoming so short: then the promise no longer halves. */
static const double SPENT_RISE = 1e-20;
static const double SMALL_RISE = 1e-14;

enum { MAX_HALVINGS = 40 };

/* Convergence with the penalty is linear. */
enum { FIRTH_STEPS = 20 };

static void widen_rows(const struct rwe_cox_rows *rows, struct rwe_arena *arena,
                       struct rwe_cox_rows *wide)
{
    size_t p = rows->p;
    *wide = *rows;
    wide->p = p + 1;
    wide->x = rwe_arena_alloc(arena, rows->n, (p + 1) * sizeof(double));
    for (size_t i = 0; wide->x != NULL && i < rows->n; i++)
        memcpy(wide->x + i * (p + 1), rows->x + i * p, p * sizeof(double));
}

enum rwe_status rwe_cox_climb_init(struct rwe_cox_climb *climb, const struct rwe_cox_rows *rows,
                                   const struct rwe_cox_options *options, bool firth,
                                   struct rwe_arena *arena)
{
    size_t p = rows->p;
    *climb = (struct rwe_cox_climb){
        .rows = rows,
        .ties = options->ties,
        .tolerance = options->tolerance,
        .most_steps = options->max_iterations * (firth ? FIRTH_STEPS : 1),
        .firth = firth,
    };
    double **const vectors[] = {&climb->beta, &climb->trial_beta, &climb->step, &climb->here.score,
                                &climb->trial.score};
    double **const matrices[] = {&climb->here.information, &climb->trial.information,
                                 &climb->factor, &climb->inverse};
    for (size_t a = 0; a < sizeof vectors / sizeof *vectors; a++)
        *vectors[a] = RWE_NEW(arena, double, p);
    for (size_t a = 0; a < sizeof matrices / sizeof *matrices; a++)
        *matrices[a] = rwe_arena_alloc(arena, p, p * sizeof(double));
    rwe_cox_work_init(&climb->work, rows, arena);
    if (options->ties == RWE_COX_EXACT)
        rwe_cox_work_init_exact(&climb->work, rows, arena);
    if (firth) {
        widen_rows(rows, arena, &climb->penalty.rows);
        rwe_cox_risk_set_init(&climb->penalty.set, p + 1, true, arena);
        climb->penalty.mean = RWE_NEW(arena, double, p + 1);
        climb->penalty.product = RWE_NEW(arena, double, p);
    }
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

void rwe_cox_climb_evaluate(struct rwe_cox_climb *climb, const double beta[],
                            struct rwe_cox_likelihood *likelihood)
{
    rwe_cox_evaluate(climb->rows, climb->ties, beta, &climb->work, likelihood);
    climb->singular = climb->rows->p;
    if (climb->firth)
        climb->singular = rwe_cox_penalise(climb, likelihood);
    if (climb->singular < climb->rows->p)
        likelihood->loglik = -INFINITY;
}

/* The step in the free coefficients. Returns score' step, or NaN where the information is singular. */
static double find_step(struct rwe_cox_climb *climb)
{
    size_t p = climb->rows->p;
    memcpy(climb->factor, climb->here.information, p * p * sizeof(double));
    memcpy(climb->step, climb->here.score, p * sizeof(double));
    for (size_t f = climb->fixed; f < climb->fixed + climb->n_fixed; f++) {
        for (size_t j = 0; j < p; j++)
            *(j <= f ? &climb->factor[f * p + j] : &climb->factor[j * p + f]) = j == f;
        climb->step[f] = 0;
    }
    if (rwe_ldl_factor(climb->factor, p, 0) < p)
        return NAN;
    return rwe_ldl_quadratic(climb->factor, p, climb->step);
}

static bool take_step(struct rwe_cox_climb *climb)
{
    double allowance = climb->tolerance * fabs(climb->here.loglik); /* rounding */
    double fraction = 1;
    for (int halving = 0; halving <= MAX_HALVINGS; halving++, fraction /= 2) {
        for (size_t j = 0; j < climb->rows->p; j++)
            climb->trial_beta[j] = climb->beta[j] + fraction * climb->step[j];
        rwe_cox_climb_evaluate(climb, climb->trial_beta, &climb->trial);
        if (!(climb->trial.loglik >= climb->here.loglik - allowance)) /* also when NaN */
            continue;
        struct rwe_cox_likelihood left = climb->here;
        climb->here = climb->trial;
        climb->trial = left;
        memcpy(climb->beta, climb->trial_beta, climb->rows->p * sizeof(double));
        return true;
    }
    return false;
}

bool rwe_cox_climb_to_top(struct rwe_cox_climb *climb)
{
    rwe_cox_climb_evaluate(climb, climb->beta, &climb->here);
    double rise = find_step(climb), last = INFINITY;
    for (climb->n_steps = 0; climb->n_steps < climb->most_steps; climb->n_steps++) {
        if (rise <= SPENT_RISE || (rise <= SMALL_RISE && rise > last / 2))
            return true;
        if (!isfinite(rise) || !take_step(climb))
            return false;
        last = rise;
        rise = find_step(climb);
    }
    return rise <= SMALL_RISE;
}
