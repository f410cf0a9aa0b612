/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "running_influence_private.h"

#include <math.h>

static void add(struct rwe_running_sum *sum, double x)
{
    double total = sum->value + x;
    sum->lost += fabs(sum->value) >= fabs(x) ? (sum->value - total) + x : (x - total) + sum->value;
    sum->value = total;
}

enum rwe_status rwe_running_influence_init(struct rwe_running_influence *running,
                                           const struct rwe_dependence *rows,
                                           const struct rwe_clustering *way, size_t n_parts,
                                           struct rwe_arena *arena)
{
    *running = (struct rwe_running_influence){
        .n_parts = n_parts,
        .way = *way,
        .part = rwe_arena_alloc(arena, way->n, n_parts * sizeof(double)),
        .rows = rows,
    };
    if (rwe_arena_failed(arena) || rwe_estimation_sums(rows, arena, &running->estimation) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t q = running->estimation.q;
    if (q == 0)
        return RWE_OK;
    running->by_slope = rwe_arena_alloc(arena, n_parts, q * sizeof(double));
    running->by_total = rwe_arena_alloc(arena, n_parts, q * sizeof(double));
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static void add_squares(struct rwe_running_influence *running, const double part[], double sign)
{
    struct rwe_running_sum *to = running->square;
    for (size_t m = 0; m < running->n_parts; m++)
        for (size_t l = 0; l <= m; l++)
            add(to++, sign * part[m] * part[l]);
}

void rwe_running_influence_add(struct rwe_running_influence *running, size_t i,
                               const double change[])
{
    size_t code = running->way.code == NULL ? i : running->way.code[i];
    size_t n_parts = running->n_parts, q = running->estimation.q;
    double *part = running->part + code * n_parts;
    add_squares(running, part, -1);
    for (size_t m = 0; m < n_parts; m++)
        part[m] += change[m];
    add_squares(running, part, 1);
    if (q == 0)
        return;
    const double *slope = running->rows->estimation->slope + running->rows->subject[i] * q;
    const double *total = running->estimation.total + code * q;
    for (size_t m = 0; m < n_parts; m++)
        for (size_t k = 0; k < q; k++) {
            running->by_slope[m * q + k] += change[m] * slope[k];
            running->by_total[m * q + k] += change[m] * total[k];
        }
}

/* Σ c_m sum[m * q + k] */
static double combine(const struct rwe_running_influence *running, const double coefficient[],
                      const double sum[], size_t k)
{
    double total = 0;
    for (size_t m = 0; m < running->n_parts; m++)
        total += coefficient[m] * sum[m * running->estimation.q + k];
    return total;
}

/* 2 D·B + D' M D */
static double estimation_share(const struct rwe_running_influence *running,
                               const double coefficient[])
{
    const struct rwe_estimation_sums *e = &running->estimation;
    double share = 0;
    for (size_t k = 0; k < e->q; k++) {
        double moved = 2 * combine(running, coefficient, running->by_total, k);
        for (size_t l = 0; l < e->q; l++)
            moved += e->square[k * e->q + l] * combine(running, coefficient, running->by_slope, l);
        share += combine(running, coefficient, running->by_slope, k) * moved;
    }
    return share;
}

double rwe_running_influence_variance(const struct rwe_running_influence *running,
                                      const double coefficient[])
{
    const struct rwe_running_sum *square = running->square;
    double variance = estimation_share(running, coefficient);
    for (size_t m = 0; m < running->n_parts; m++)
        for (size_t l = 0; l <= m; l++, square++)
            variance +=
                (l == m ? 1 : 2) * coefficient[m] * coefficient[l] * (square->value + square->lost);
    return fmax(0, variance);
}

enum rwe_status rwe_running_total_init(struct rwe_running_total *total, size_t n_points,
                                       struct rwe_arena *arena)
{
    *total = (struct rwe_running_total){RWE_NEW(arena, double, n_points),
                                        RWE_NEW(arena, double, n_points)};
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

void rwe_running_total_add(struct rwe_running_total *total, size_t point, size_t way, double sign,
                           double variance)
{
    total->sum[point] += sign * variance;
    if (way == 0)
        total->first[point] = variance;
}

double rwe_running_total_at(const struct rwe_running_total *total, size_t point)
{
    return total->sum[point] < 0 ? total->first[point] : total->sum[point];
}
