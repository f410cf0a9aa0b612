/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The information at one β. Over the event times t and their steps, of weight w, with S the sum of r
 * over the risk set and x̄ its mean,
 *   Σ_t w (Σ_i r_i x_i x_i' / S − x̄ x̄')  =  Σ_i h_i x_i x_i' − Σ_t w x̄ x̄'
 * where h_i = r_i Σ_t w / S over the times at which i is at risk: the cumulative hazard that he went
 * through. So a matrix is touched once a row and once a time, and not once a row and a time.
 */
#include "cox_private.h"

#include <math.h>
#include <string.h>

static struct rwe_cox_hazard join(struct rwe_cox_hazard a, struct rwe_cox_hazard b)
{
    if (a.shift == b.shift)
        return (struct rwe_cox_hazard){a.sum + b.sum, a.shift};
    if (a.shift > b.shift)
        return (struct rwe_cox_hazard){a.sum * exp(b.shift - a.shift) + b.sum, b.shift};
    return (struct rwe_cox_hazard){a.sum + b.sum * exp(a.shift - b.shift), a.shift};
}

static const struct rwe_cox_hazard no_hazard = {0, INFINITY};

/* ---- which event times a row is at risk at ---- */

/* Numbers the event times of each stratum; n_times is that of the stratum with most. */
static void count_until(const struct rwe_cox_rows *rows, struct rwe_cox_information *of)
{
    for (size_t s = 0; s < rows->n_strata; s++) {
        uint32_t n = 0;
        for (size_t begin = rows->start[s], end = begin; begin < rows->start[s + 1]; begin = end) {
            bool event = false;
            for (; end < rows->start[s + 1] && rows->time[end] == rows->time[begin]; end++)
                event |= rows->event[end] != 0;
            n += event;
            for (size_t i = begin; i < end; i++)
                of->until[i] = n;
        }
        of->n_times = n > of->n_times ? n : of->n_times;
    }
}

static void count_since(const struct rwe_cox_rows *rows, struct rwe_cox_information *of)
{
    for (size_t s = 0; s < rows->n_strata; s++) {
        size_t next = rows->start[s]; /* row */
        uint32_t n = 0;
        for (size_t k = rows->start[s]; k < rows->start[s + 1]; k++) {
            uint32_t row = rows->by_entry[k];
            for (; next < rows->start[s + 1] && rows->time[next] <= rows->entry[row]; next++)
                n = of->until[next];
            of->since[row] = n;
        }
    }
}

void rwe_cox_information_init(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                              struct rwe_arena *arena)
{
    *of = (struct rwe_cox_information){.until = RWE_NEW(arena, uint32_t, rows->n)};
    rwe_gram_init(&of->gram, rows->p, arena);
    if (rwe_arena_failed(arena))
        return;
    count_until(rows, of);
    of->outlived = RWE_NEW(arena, struct rwe_cox_hazard, 2 * of->n_times);
    of->died_at = RWE_NEW(arena, struct rwe_cox_hazard, of->n_times);
    of->share = RWE_NEW(arena, double, rows->n);
    if (rows->entry == NULL)
        return;
    of->since = RWE_NEW(arena, uint32_t, rows->n);
    if (!rwe_arena_failed(arena))
        count_since(rows, of);
}

void rwe_cox_information_clear(struct rwe_cox_information *of)
{
    rwe_gram_clear(&of->gram);
}

/* ---- the times' terms ---- */

/* With c and d the sums of r x over the others and the tied deaths, x̄ = (c + g d) / S at a step, and
 *   Σ w x̄ x̄' = B cc' + G (cd' + dc') + Q dd' = B uu' + (Q − G²/B) dd',  u = c + (G/B) d,
 * where B, G and Q are the sums of w / S², w g / S² and w g² / S². The second is 0 without ties. */
void rwe_cox_information_add_time(struct rwe_cox_information *of, size_t k,
                                  const struct rwe_cox_risk_set *set,
                                  const struct rwe_cox_step_sums *sums, double u[])
{
    const double *d = set->deaths.rx;
    double ratio = sums->g_by_square / sums->by_square;
    for (size_t j = 0; j < set->p; j++)
        u[j] = set->all.rx[j] - (1 - ratio) * d[j];
    rwe_gram_add(&of->gram, -sums->by_square, u);
    if (ratio != 1)
        rwe_gram_add(&of->gram, sums->g_by_square * ratio - sums->g2_by_square, d);
    of->outlived[k] = (struct rwe_cox_hazard){sums->by_sum, set->shift};
    of->died_at[k] = (struct rwe_cox_hazard){sums->g_by_sum, set->shift};
}

/* ---- the rows' terms ---- */

static void add_row(struct rwe_cox_information *of, const struct rwe_cox_rows *rows, size_t row,
                    double share, double gross[])
{
    const double *x = rows->x + row * rows->p;
    rwe_gram_add(&of->gram, share, x);
    for (size_t j = 0; gross != NULL && j < rows->p; j++)
        gross[j] += share * x[j] * x[j];
}

static double share_of(const struct rwe_cox_rows *rows, size_t row,
                       const struct rwe_cox_risks *risks, struct rwe_cox_hazard hazard)
{
    double risk = risks->risk != NULL && hazard.shift == risks->highest
                      ? risks->risk[row]
                      : exp(risks->predictor[row] - hazard.shift);
    return hazard.sum * rows->weight[row] * risk;
}

/* All are at risk from the start: one running sum serves. */
static void share_from_start(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                             size_t s, const struct rwe_cox_risks *risks)
{
    struct rwe_cox_hazard before = no_hazard, after = no_hazard, dying = no_hazard;
    uint32_t k = 0; /* times in `after` */
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++) {
        if (of->until[i] > k) {
            before = after;
            dying = join(before, of->died_at[k]);
            after = join(before, of->outlived[k++]);
        }
        of->share[i] = share_of(rows, i, risks, rows->event[i] ? dying : after);
    }
}

/* Puts the sums of pairs, of pairs of pairs, … before the n times, which move to n … 2 n − 1: sums
 * over any times are then of a few numbers of one sign, where a difference of running sums would lose
 * what small hazards add to large ones. */
static void build_tree(struct rwe_cox_hazard node[], size_t n)
{
    memcpy(node + n, node, n * sizeof *node);
    for (size_t i = n; i-- > 1;)
        node[i] = join(node[2 * i], node[2 * i + 1]);
}

/* Over the times [since, until). */
static struct rwe_cox_hazard sum_between(const struct rwe_cox_hazard node[], size_t n, size_t since,
                                         size_t until)
{
    struct rwe_cox_hazard sum = no_hazard;
    for (since += n, until += n; since < until; since /= 2, until /= 2) {
        if (since % 2 == 1)
            sum = join(sum, node[since++]);
        if (until % 2 == 1)
            sum = join(sum, node[--until]);
    }
    return sum;
}

static void share_from_entry(struct rwe_cox_information *of, const struct rwe_cox_rows *rows,
                             size_t s, const struct rwe_cox_risks *risks)
{
    size_t begin = rows->start[s], end = rows->start[s + 1], n = of->until[end - 1];
    build_tree(of->outlived, n);
    memset(of->share + begin, 0, (end - begin) * sizeof *of->share);
    for (size_t i = begin; i < end; i++) {
        size_t until = of->until[i] - rows->event[i];
        struct rwe_cox_hazard hazard = sum_between(of->outlived, n, of->since[i], until);
        if (rows->event[i])
            hazard = join(hazard, of->died_at[until]);
        of->share[rwe_cox_like(rows, i)] += share_of(rows, i, risks, hazard);
    }
}

static void find_shares(struct rwe_cox_information *of, const struct rwe_cox_rows *rows, size_t s,
                        const struct rwe_cox_risks *risks)
{
    if (rows->entry == NULL)
        share_from_start(of, rows, s, risks);
    else
        share_from_entry(of, rows, s, risks);
}

void rwe_cox_information_add_stratum(struct rwe_cox_information *of,
                                     const struct rwe_cox_rows *rows, size_t s,
                                     const struct rwe_cox_risks *risks, double gross[])
{
    find_shares(of, rows, s, risks);
    for (size_t i = rows->start[s]; i < rows->start[s + 1]; i++)
        if (rwe_cox_like(rows, i) == i)
            add_row(of, rows, i, of->share[i], gross);
}
