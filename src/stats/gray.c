/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gray (1988) writes the score of group i as a sum over groups k of integrals against the counting
 * processes of both kinds of events in k. In their integrands stand
 *
 *   h_k = n_k / S_k(t−),  a_ik = (1 − F)^ρ h_i ([i = k] − h_k / Σh),
 *   c_ik(t) = Σ over s <= t of a_ik(s) dF(s) / (1 − F(s−)),  dF = d / Σh,
 *
 * an event of the cause in k at s has the effect a_ik(s) + q_k(s) (c_ik(∞) − c_ik(s)) and a competitor
 * −r_k(s) (c_ik(∞) − c_ik(s)) up to sign, with r_k = (1 − F(s)) / S_k(s) and q_k = 1 − r_k. c_ik(∞) is
 * not known before the end: sums of the squares' parts with its power 0, 1 and 2 are kept instead.
 */
#include "rwe/stats/gray.h"

#include "gray_private.h"
#include "ldl_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A row's score has a share of variance below which it is rounding. */
static const double SINGULAR_SHARE = 1e-12;

/* Of one stratum, as time goes on. Matrices are [i * K + k]. */
struct course {
    size_t K;
    double incidence;      /* F of all groups, at t− and, from the middle of a row on, at t */
    double before;         /* F(t−) */
    double *own_before;    /* F_k(t−) */
    double *own;           /* F_k(t) */
    double *free_before;   /* S_k(t−) */
    double *free;          /* S_k(t) */
    double *a, *c;         /* see above */
    double *square;        /* by k: Σ of the squares, coefficient of c_ik(∞) c_jk(∞) */
    double *linear;        /* [i * K + k]: Σ, coefficient of c_jk(∞) */
    const double *at_risk; /* of the row, by k */
    double sum_h;          /* Σ h_k */
};

static enum rwe_status course_init(struct course *course, size_t K, struct rwe_arena *arena)
{
    double **const vectors[] = {&course->own_before, &course->own, &course->free_before,
                                &course->free, &course->square};
    double **const matrices[] = {&course->a, &course->c, &course->linear};
    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++)
        *vectors[v] = RWE_NEW(arena, double, K);
    for (size_t m = 0; m < sizeof matrices / sizeof *matrices; m++)
        *matrices[m] = rwe_arena_alloc(arena, K, K * sizeof(double));
    course->K = K;
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static void course_start(struct course *course)
{
    size_t K = course->K;
    course->incidence = course->before = 0;
    memset(course->own, 0, K * sizeof *course->own);
    memset(course->square, 0, K * sizeof *course->square);
    memset(course->c, 0, K * K * sizeof *course->c);
    memset(course->linear, 0, K * K * sizeof *course->linear);
    for (size_t k = 0; k < K; k++)
        course->free[k] = 1;
}

/* Brings the curves past the row and fills a and c for it. `own` are the cause's events, by group,
 * `all` those of any cause. Returns Σ R_k. */
static double step_curves(struct course *course, const double own[], const double all[],
                          double n_own, double rho)
{
    size_t K = course->K;
    double sum_R = 0;
    memcpy(course->own_before, course->own, K * sizeof *course->own);
    memcpy(course->free_before, course->free, K * sizeof *course->free);
    course->before = course->incidence;
    course->sum_h = 0;
    for (size_t k = 0; k < K; k++) {
        double n = course->at_risk[k];
        if (n <= 0)
            continue;
        course->own[k] += course->free_before[k] * own[k] / n;
        course->free[k] *= (n - all[k]) / n;
        course->sum_h += n / course->free_before[k];
        sum_R += n * (1 - course->own_before[k]) / course->free_before[k];
    }
    course->incidence += n_own / course->sum_h;
    double weight = pow(1 - course->before, rho);
    double dF = n_own / (course->sum_h * (1 - course->before));
    for (size_t i = 0; i < K; i++)
        for (size_t k = 0; k < K; k++) {
            double share = 0;
            if (course->at_risk[i] > 0 && course->at_risk[k] > 0)
                share = course->at_risk[k] / course->free_before[k] / course->sum_h;
            double h = course->at_risk[i] / course->free_before[i];
            double a = share > 0 ? weight * h * ((i == k) - share) : 0;
            course->a[i * K + k] = a;
            course->c[i * K + k] += a * dF;
        }
    return sum_R;
}

/* Counts events in group k of variance `v` each of whose effect on score i is
 * effect·a_ik + slope (c_ik(∞) − c_ik): adds the parts. */
static void add_effect(const struct course *course, size_t k, double effect, double slope, double v,
                       struct rwe_gray_sums *sums)
{
    size_t K = course->K;
    const double *a = course->a, *c = course->c;
    course->square[k] += slope * slope * v;
    for (size_t i = 0; i < K; i++) {
        double known = effect * a[i * K + k] - slope * c[i * K + k];
        course->linear[i * K + k] += known * slope * v;
        for (size_t j = 0; j <= i; j++)
            sums->covariance[i * K + j] +=
                known * (effect * a[j * K + k] - slope * c[j * K + k]) * v;
    }
}

/* Events of the cause are spread over the groups as under equality, competitors as they fell. */
static void add_variance(const struct course *course, const double own[], const double all[],
                         double n_own, struct rwe_gray_sums *sums)
{
    for (size_t k = 0; k < course->K; k++) {
        double n = course->at_risk[k], S = course->free_before[k], after = course->free[k];
        if (n <= 0)
            continue;
        double ratio = after > 0 ? (1 - course->incidence) / after : 0;
        double ties = n_own > 1 ? 1 - (n_own - 1) / (course->sum_h * S - 1) : 1;
        if (n_own > 0)
            add_effect(course, k, 1, 1 - ratio, ties * S * n_own / (course->sum_h * n), sums);
        double d = all[k] - own[k];
        ties = d > 1 ? 1 - (d - 1) / (n - 1) : 1;
        if (d > 0 && after > 0)
            add_effect(course, k, 0, -ratio, ties * S * S * d / (n * n), sums);
    }
}

static void add_row(struct course *course, const double own[], const double all[], double rho,
                    struct rwe_gray_sums *sums)
{
    double n_own = 0, n_all = 0;
    for (size_t k = 0; k < course->K; k++) {
        n_own += own[k];
        n_all += all[k];
    }
    if (n_all <= 0)
        return;
    double sum_R = step_curves(course, own, all, n_own, rho);
    double weight = pow(1 - course->before, rho);
    for (size_t k = 0; k < course->K; k++) {
        if (course->at_risk[k] <= 0)
            continue;
        double R = course->at_risk[k] * (1 - course->own_before[k]) / course->free_before[k];
        sums->score[k] += weight * (own[k] - n_own * R / sum_R);
    }
    sums->n_events += n_own;
    add_variance(course, own, all, n_own, sums);
}

/* What waited for c(∞). */
static void finish_stratum(const struct course *course, struct rwe_gray_sums *sums)
{
    size_t K = course->K;
    const double *c = course->c, *linear = course->linear;
    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j <= i; j++)
            for (size_t k = 0; k < K; k++)
                sums->covariance[i * K + j] += c[i * K + k] * c[j * K + k] * course->square[k] +
                                               c[i * K + k] * linear[j * K + k] +
                                               c[j * K + k] * linear[i * K + k];
}

void rwe_gray_own_events(const struct rwe_event_table *table, size_t row, size_t cause,
                         double own[])
{
    size_t K = table->n_groups;
    for (size_t k = 0; k < K; k++)
        own[k] = table->causes == NULL ? table->events[row * K + k]
                                       : table->causes[(row * K + k) * table->n_causes + cause - 1];
}

static void walk(const struct rwe_event_table *table, size_t cause, double rho,
                 struct course *course, double own[], struct rwe_gray_sums *sums)
{
    size_t K = table->n_groups;
    for (size_t s = 0; s < table->n_strata; s++) {
        course_start(course);
        size_t first = table->stratum_start[s], end = table->stratum_start[s + 1];
        for (size_t k = 0; first < end && k < K; k++)
            sums->size[k] += table->at_risk[first * K + k];
        for (size_t row = first; row < end; row++) {
            course->at_risk = table->at_risk + row * K;
            rwe_gray_own_events(table, row, cause, own);
            add_row(course, own, table->events + row * K, rho, sums);
        }
        finish_stratum(course, sums);
    }
}

/* Numbers at risk are exactly the sums of what leaves later (event_table.c), unless somebody enters. */
static bool has_late_entry(const struct rwe_event_table *table)
{
    size_t K = table->n_groups;
    for (size_t s = 0; s < table->n_strata; s++)
        for (size_t row = table->stratum_start[s]; row < table->stratum_start[s + 1]; row++)
            for (size_t cell = row * K; cell < (row + 1) * K; cell++) {
                bool last = row + 1 == table->stratum_start[s + 1];
                double later = last ? 0 : table->at_risk[cell + K];
                if (table->at_risk[cell] != later + (table->events[cell] + table->censored[cell]))
                    return true;
            }
    return false;
}

enum rwe_status rwe_gray_check(const struct rwe_event_table *table, size_t cause, double rho,
                               struct rwe_error *error)
{
    if (cause < 1 || cause > table->n_causes)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no cause %zu", cause);
    if (!isfinite(rho))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "rho is not a finite number");
    if (has_late_entry(table))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "Gray's test does not exist for data with late entry");
    return RWE_OK;
}

/* Scores sum to 0, so that of the first group with subjects is redundant. */
enum rwe_status rwe_gray_chi_square(const struct rwe_gray_sums *sums, size_t K,
                                    double singular_share, struct rwe_arena *scratch,
                                    struct rwe_gray *result, struct rwe_error *error)
{
    double *matrix = rwe_arena_alloc(scratch, K, K * sizeof *matrix);
    double *score = RWE_NEW(scratch, double, K);
    size_t *kept = RWE_NEW(scratch, size_t, K);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    size_t n = 0;
    for (size_t k = 0; k < K; k++)
        if (sums->size[k] > 0)
            kept[n++] = k;
    size_t rank = n == 0 ? 0 : n - 1;
    for (size_t a = 0; a < rank; a++) {
        score[a] = sums->score[kept[a + 1]];
        for (size_t b = 0; b <= a; b++)
            matrix[a * rank + b] = sums->covariance[kept[a + 1] * K + kept[b + 1]];
    }
    if (rank == 0 || rwe_ldl_factor(matrix, rank, singular_share) < rank)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "not all groups are at risk together when an event of the cause happens");
    result->statistic = rwe_ldl_quadratic(matrix, rank, score);
    result->df = (double)rank;
    result->p_value = gsl_cdf_chisq_Q(result->statistic, result->df);
    return RWE_OK;
}

enum rwe_status rwe_gray_test(const struct rwe_event_table *table, size_t cause, double rho,
                              struct rwe_arena *arena, struct rwe_gray *result,
                              struct rwe_error *error)
{
    enum rwe_status status = rwe_gray_check(table, cause, rho, error);
    if (status != RWE_OK)
        return status;
    size_t K = table->n_groups;
    struct rwe_gray_sums sums = {.score = RWE_NEW(arena, double, K)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct course course;
    sums.covariance = rwe_arena_alloc(arena, K, K * sizeof(double));
    sums.size = RWE_NEW(arena, double, K);
    double *own = RWE_NEW(arena, double, K);
    if (course_init(&course, K, arena) != RWE_OK)
        return rwe_fail_memory(error);
    walk(table, cause, rho, &course, own, &sums);
    if (sums.n_events <= 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event of the cause");
    *result = (struct rwe_gray){.n_groups = K, .score = sums.score};
    status = rwe_gray_chi_square(&sums, K, SINGULAR_SHARE, arena, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
