/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to a near maximum by scores alone. The information is computed once, where the way begins;
 * what each step shows of how it has changed is added to it (BFGS; Nocedal, Math Comput 35:773, 1980).
 * A score costs a tenth of an information, and some six of these replace three of those.
 */
#include "cox_private.h"
#include "ldl_private.h"

#include <string.h>

/* A way that needs more steps is not near. */
enum { MOST_STEPS = 12 };

/* Near a maximum each step is a small part of the one before; where the likelihood rises for ever, the
 * promised rise falls by e a step, and Newton's iteration is left to say so. */
static const double LEAST_FALL = 4;

void rwe_cox_chord_init(struct rwe_cox_chord *chord, const struct rwe_cox_rows *rows,
                        struct rwe_arena *arena)
{
    size_t p = rows->p;
    *chord = (struct rwe_cox_chord){
        .rows = rows,
        .step = RWE_NEW(arena, double, p),
        .score = RWE_NEW(arena, double, p),
        .last_score = RWE_NEW(arena, double, p),
        .moved = rwe_arena_alloc(arena, MOST_STEPS, p * sizeof(double)),
        .fell = rwe_arena_alloc(arena, MOST_STEPS, p * sizeof(double)),
        .curvature = RWE_NEW(arena, double, MOST_STEPS),
    };
}

static double dot(const double a[], const double b[], size_t p)
{
    double sum = 0;
    for (size_t j = 0; j < p; j++)
        sum += a[j] * b[j];
    return sum;
}

static void add_multiple(double to[], double a, const double x[], size_t p)
{
    for (size_t j = 0; j < p; j++)
        to[j] += a * x[j];
}

/* The step from here, by the information that the pairs have brought up to date; returns score'step,
 * twice the rise that it promises. */
static double find_step(struct rwe_cox_chord *chord)
{
    size_t p = chord->rows->p;
    double along[MOST_STEPS];
    double *step = chord->step;
    memcpy(step, chord->score, p * sizeof *step);
    for (size_t k = chord->n_pairs; k-- > 0;) {
        along[k] = dot(chord->moved + k * p, step, p) / chord->curvature[k];
        add_multiple(step, -along[k], chord->fell + k * p, p);
    }
    rwe_ldl_solve(chord->factor, p, step);
    for (size_t k = 0; k < chord->n_pairs; k++) {
        double back = dot(chord->fell + k * p, step, p) / chord->curvature[k];
        add_multiple(step, along[k] - back, chord->moved + k * p, p);
    }
    return dot(chord->score, step, p);
}

/* Takes the step, and learns from what it did to the score. */
static void take_step(struct rwe_cox_chord *chord, double beta[])
{
    size_t p = chord->rows->p;
    double *moved = chord->moved + chord->n_pairs * p, *fell = chord->fell + chord->n_pairs * p;
    memcpy(moved, chord->step, p * sizeof *moved);
    memcpy(chord->last_score, chord->score, p * sizeof *moved);
    add_multiple(beta, 1, chord->step, p);
    rwe_cox_evaluate_score(chord->rows, chord->ties, beta, chord->work, chord->score);
    for (size_t j = 0; j < p; j++)
        fell[j] = chord->last_score[j] - chord->score[j];
    chord->curvature[chord->n_pairs++] = dot(moved, fell, p);
}

bool rwe_cox_chord_climb(struct rwe_cox_chord *chord, const double score[], double beta[])
{
    size_t p = chord->rows->p;
    chord->n_pairs = 0;
    memcpy(chord->score, score, p * sizeof *score);
    double rise = find_step(chord), *begin = chord->fell + (MOST_STEPS - 1) * p;
    memcpy(begin, beta, p * sizeof *beta);
    while (chord->n_pairs + 1 < MOST_STEPS) {
        take_step(chord, beta);
        double next = chord->curvature[chord->n_pairs - 1] > 0 ? find_step(chord) : rise;
        if (!(next >= 0 && next <= rise / LEAST_FALL)) /* also when NaN */
            break;
        rise = next;
        if (rise <= chord->settled_rise) {
            add_multiple(beta, 1, chord->step, p);
            return true;
        }
    }
    memcpy(beta, begin, p * sizeof *beta);
    return false;
}
