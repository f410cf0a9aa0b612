/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/gray.h"

#include "ldl_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What the test adds up, whichever variance it takes. */
struct gray_sums {
    double *score;      /* by group i */
    double *covariance; /* [i * K + j], lower triangle */
    double *size;       /* by group: at risk at first, over strata */
    double n_events;    /* of the cause */
};

/* ---- Gray's own variance (Ann Stat 16:1141, 1988) ---- */

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
                       struct gray_sums *sums)
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
                         double n_own, struct gray_sums *sums)
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
                    struct gray_sums *sums)
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
static void finish_stratum(const struct course *course, struct gray_sums *sums)
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

/* Events of the cause in a row by group. */
static void own_events(const struct rwe_event_table *table, size_t row, size_t cause, double own[])
{
    size_t K = table->n_groups;
    for (size_t k = 0; k < K; k++)
        own[k] = table->causes == NULL ? table->events[row * K + k]
                                       : table->causes[(row * K + k) * table->n_causes + cause - 1];
}

static void walk(const struct rwe_event_table *table, size_t cause, double rho,
                 struct course *course, double own[], struct gray_sums *sums)
{
    size_t K = table->n_groups;
    for (size_t s = 0; s < table->n_strata; s++) {
        course_start(course);
        size_t first = table->stratum_start[s], end = table->stratum_start[s + 1];
        for (size_t k = 0; first < end && k < K; k++)
            sums->size[k] += table->at_risk[first * K + k];
        for (size_t row = first; row < end; row++) {
            course->at_risk = table->at_risk + row * K;
            own_events(table, row, cause, own);
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

/* RWE_OK, or why there is no such test of the table. */
static enum rwe_status check_request(const struct rwe_event_table *table, size_t cause, double rho,
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

/* The chi-square of the sums. They add up to 0, so that the score of the first group with subjects is
 * redundant. A pivot not above `singular_share` of its diagonal makes RWE_NOT_ESTIMABLE. */
static enum rwe_status chi_square(const struct gray_sums *sums, size_t K, double singular_share,
                                  struct rwe_arena *scratch, struct rwe_gray *result,
                                  struct rwe_error *error)
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
    enum rwe_status status = check_request(table, cause, rho, error);
    if (status != RWE_OK)
        return status;
    size_t K = table->n_groups;
    struct gray_sums sums = {.score = RWE_NEW(arena, double, K)};
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
    status = chi_square(&sums, K, SINGULAR_SHARE, arena, result, error);
    rwe_arena_release(arena, mark);
    return status;
}

/* ---- the robust variance ---- */

/*
 * The score of group i is a function of the cells of the table: numbers at risk n_k, events of the cause
 * e_k and of any cause a_k, by row and group k. With g_k = (1 − F_k) / S_k just before the row,
 *
 *   score_i = Σ W (e_i − e R_i / ΣR),   R_k = n_k g_k,
 *   F_k ← F_k + S_k e_k / n_k,   S_k ← S_k (1 − a_k / n_k).
 *
 * One pass forward keeps F and S; one pass backward a group i carries the derivatives of what is still
 * to come by F_k and S_k, and gives those by the row's cells (the chain rule in reverse). A subject's
 * influence is the sum of the derivatives of the cells that it is counted in.
 */

/* By [row * K + k], all of one score i but the curves. */
struct slopes {
    const struct rwe_event_table *table;
    size_t cause;
    double *incidence, *free; /* F_k and S_k just before the row */
    double *weight;           /* W by row */
    double *at_risk;          /* by n_k; once cumulated, summed over the stratum's rows so far */
    double *own, *any;        /* by e_k and by a_k */
};

static enum rwe_status slopes_init(const struct rwe_event_table *table, size_t cause,
                                   struct rwe_arena *arena, struct slopes *slopes)
{
    *slopes = (struct slopes){.table = table, .cause = cause};
    double **const arrays[] = {&slopes->incidence, &slopes->free, &slopes->at_risk, &slopes->own,
                               &slopes->any};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        *arrays[a] = rwe_arena_alloc(arena, table->n_rows, table->n_groups * sizeof(double));
    slopes->weight = RWE_NEW(arena, double, table->n_rows);
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}

static double sum_of(const double x[], size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += x[k];
    return sum;
}

/* R_k of a row. */
static double subdistribution_risk(const struct slopes *slopes, size_t cell)
{
    double n = slopes->table->at_risk[cell];
    return n > 0 ? n * (1 - slopes->incidence[cell]) / slopes->free[cell] : 0;
}

/* Fills the curves and W, and adds to the score. `own` is workspace for K numbers. */
static void walk_forward(struct slopes *slopes, double rho, double own[], struct gray_sums *sums)
{
    const struct rwe_event_table *table = slopes->table;
    size_t K = table->n_groups;
    for (size_t s = 0; s < table->n_strata; s++) {
        size_t first = table->stratum_start[s], end = table->stratum_start[s + 1];
        double incidence = 0; /* of all groups */
        for (size_t k = 0; first < end && k < K; k++) {
            slopes->free[first * K + k] = 1;
            sums->size[k] += table->at_risk[first * K + k];
        }
        for (size_t row = first; row < end; row++) {
            double n_own, sum_R = 0, sum_h = 0;
            own_events(table, row, slopes->cause, own);
            n_own = sum_of(own, K);
            slopes->weight[row] = pow(1 - incidence, rho);
            for (size_t k = 0; k < K; k++) {
                size_t cell = row * K + k;
                double n = table->at_risk[cell], S = slopes->free[cell];
                sum_R += subdistribution_risk(slopes, cell);
                sum_h += n > 0 ? n / S : 0;
                if (row + 1 == end)
                    continue;
                slopes->incidence[cell + K] =
                    slopes->incidence[cell] + (n > 0 ? S * own[k] / n : 0);
                slopes->free[cell + K] = n > 0 ? S * (n - table->events[cell]) / n : S;
            }
            for (size_t k = 0; n_own > 0 && k < K; k++)
                sums->score[k] +=
                    slopes->weight[row] *
                    (own[k] - n_own * subdistribution_risk(slopes, row * K + k) / sum_R);
            sums->n_events += n_own;
            incidence += n_own > 0 ? n_own / sum_h : 0;
        }
    }
}

/* A row's cells of group k: `by_F` and `by_S` are the derivatives by the curves after the row, and
 * become those by the curves before it. `by_R` is the derivative by R_k. */
static void step_back(struct slopes *slopes, size_t cell, double own, double by_R, double *by_F,
                      double *by_S)
{
    double n = slopes->table->at_risk[cell], a = slopes->table->events[cell];
    double S = slopes->free[cell], F = slopes->incidence[cell];
    if (n <= 0)
        return;
    slopes->own[cell] += *by_F * S / n;
    slopes->any[cell] = -*by_S * S / n;
    slopes->at_risk[cell] = by_R * (1 - F) / S + (*by_S * a - *by_F * own) * S / (n * n);
    *by_S = *by_S * (1 - a / n) + *by_F * own / n - by_R * n * (1 - F) / (S * S);
    *by_F -= by_R * n / S;
}

/* The derivatives of score i. `work` holds 3 K numbers. */
static void walk_back(struct slopes *slopes, size_t i, double work[])
{
    const struct rwe_event_table *table = slopes->table;
    size_t K = table->n_groups;
    double *own = work, *by_F = work + K, *by_S = work + 2 * K;
    memset(slopes->at_risk, 0, table->n_rows * K * sizeof(double));
    memset(slopes->own, 0, table->n_rows * K * sizeof(double));
    memset(slopes->any, 0, table->n_rows * K * sizeof(double));
    for (size_t s = 0; s < table->n_strata; s++) {
        memset(by_F, 0, 2 * K * sizeof *by_F);
        for (size_t row = table->stratum_start[s + 1]; row-- > table->stratum_start[s];) {
            double sum_R = 0, W = slopes->weight[row];
            own_events(table, row, slopes->cause, own);
            double n_own = sum_of(own, K);
            for (size_t k = 0; k < K; k++)
                sum_R += subdistribution_risk(slopes, row * K + k);
            double share = n_own > 0 ? subdistribution_risk(slopes, row * K + i) / sum_R : 0;
            for (size_t k = 0; k < K; k++) {
                double by_R = n_own > 0 ? -W * n_own / sum_R * ((i == k) - share) : 0;
                slopes->own[row * K + k] = n_own > 0 ? W * ((i == k) - share) : 0;
                step_back(slopes, row * K + k, own[k], by_R, &by_F[k], &by_S[k]);
            }
        }
        for (size_t row = table->stratum_start[s] + 1; row < table->stratum_start[s + 1]; row++)
            for (size_t k = 0; k < K; k++)
                slopes->at_risk[row * K + k] += slopes->at_risk[(row - 1) * K + k];
    }
}

/* ψ of score i by row. */
static void add_influence(const struct rwe_survival_data *data, const struct slopes *slopes,
                          size_t i, double influence[])
{
    size_t K = slopes->table->n_groups;
    for (size_t m = 0; m < data->n; m++) {
        size_t s = data->stratum == NULL ? 0 : data->stratum[m];
        size_t row = rwe_event_table_rows_until(slopes->table, s, data->time[m]) - 1;
        size_t cell = row * K + (data->group == NULL ? 0 : data->group[m]);
        double slope = slopes->at_risk[cell];
        if (data->event[m])
            slope += slopes->any[cell];
        if (data->event[m] == slopes->cause)
            slope += slopes->own[cell];
        influence[m * K + i] = (data->weight == NULL ? 1 : data->weight[m]) * slope;
    }
}

enum rwe_status rwe_gray_robust(const struct rwe_survival_data *data,
                                const struct rwe_event_table *table, size_t cause, double rho,
                                struct rwe_arena *arena, struct rwe_gray *result,
                                struct rwe_error *error)
{
    /* Fewer clusters than groups leave pivots of rounding, some 1e-16 of their diagonal. */
    const double singular_share = 1e-10;
    enum rwe_status status = check_request(table, cause, rho, error);
    if (status != RWE_OK)
        return status;
    size_t K = table->n_groups;
    const struct rwe_dependence rows = rwe_survival_dependence(data);
    struct gray_sums sums = {.score = RWE_NEW(arena, double, K)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct slopes slopes;
    sums.covariance = rwe_arena_alloc(arena, K, K * sizeof(double));
    sums.size = RWE_NEW(arena, double, K);
    double *work = RWE_NEW(arena, double, 3 * K);
    double *influence = rwe_arena_alloc(arena, data->n, K * sizeof(double));
    if (slopes_init(table, cause, arena, &slopes) != RWE_OK)
        return rwe_fail_memory(error);
    walk_forward(&slopes, rho, work, &sums);
    if (sums.n_events <= 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event of the cause");
    for (size_t i = 0; i < K; i++) {
        walk_back(&slopes, i, work);
        add_influence(data, &slopes, i, influence);
    }
    if (rwe_influence_covariance(influence, K, &rows, arena, sums.covariance) != RWE_OK)
        return rwe_fail_memory(error);
    *result = (struct rwe_gray){.n_groups = K, .score = sums.score};
    status = chi_square(&sums, K, singular_share, arena, result, error);
    rwe_arena_release(arena, mark);
    return status;
}
