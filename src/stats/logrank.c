/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/logrank.h"

#include "ldl_private.h"
#include "logrank_private.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* What a test adds up along the walk. */
struct sums {
    size_t n_groups;
    double *observed, *expected, *difference;
    double *covariance; /* n_groups × n_groups, lower triangle while it is summed */
    size_t *parent;     /* union–find over groups: joined once at risk together at an event */
};

/* ---- the walk along event times ---- */

struct rwe_logrank_walk rwe_logrank_walk_start(const struct rwe_event_table *table)
{
    return (struct rwe_logrank_walk){.table = table, .survival = 1, .peto = 1};
}

static void enter_stratum_of(size_t row, struct rwe_logrank_walk *walk)
{
    while (row >= walk->table->stratum_start[walk->stratum + 1]) {
        walk->stratum++;
        walk->survival = walk->peto = 1;
    }
}

bool rwe_logrank_walk_next(struct rwe_logrank_walk *walk, struct rwe_logrank_step *step)
{
    size_t K = walk->table->n_groups;
    while (walk->next_row < walk->table->n_rows) {
        size_t row = walk->next_row++;
        const double *at_risk = walk->table->at_risk + row * K;
        const double *events = walk->table->events + row * K;
        double n = 0, d = 0;
        for (size_t g = 0; g < K; g++) {
            n += at_risk[g];
            d += events[g];
        }
        if (d <= 0)
            continue;
        enter_stratum_of(row, walk);
        walk->peto *= 1 - d / (n + 1);
        *step = (struct rwe_logrank_step){
            .row = row,
            .stratum = walk->stratum,
            .at_risk = at_risk,
            .events = events,
            .n = n,
            .d = d,
            .spread = n > 1 && n > d ? d * (n - d) / (n - 1) : 0,
            .survival = walk->survival,
            .peto = walk->peto,
        };
        walk->survival *= n > d ? 1 - d / n : 0;
        return true;
    }
    return false;
}

typedef double weight_function(struct rwe_logrank_weight weight,
                               const struct rwe_logrank_step *step);

static double plain(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    (void)step;
    return 1;
}

static double gehan(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    return step->n;
}

static double tarone_ware(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    return sqrt(step->n);
}

static double peto(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    (void)weight;
    return step->peto;
}

/* pow is slow, and most exponents are 0 or 1. 0^0 is 1. */
static double power(double base, double exponent)
{
    return exponent == 0 ? 1 : exponent == 1 ? base : pow(base, exponent);
}

static double fleming_harrington(struct rwe_logrank_weight weight,
                                 const struct rwe_logrank_step *step)
{
    return power(step->survival, weight.rho) * power(1 - step->survival, weight.gamma);
}

static weight_function *const functions[] = {
    [RWE_LOGRANK_PLAIN] = plain,
    [RWE_LOGRANK_GEHAN] = gehan,
    [RWE_LOGRANK_TARONE_WARE] = tarone_ware,
    [RWE_LOGRANK_PETO] = peto,
    [RWE_LOGRANK_FLEMING_HARRINGTON] = fleming_harrington,
};

double rwe_logrank_weight_at(struct rwe_logrank_weight weight, const struct rwe_logrank_step *step)
{
    return functions[weight.family](weight, step);
}

enum rwe_status rwe_logrank_weight_check(struct rwe_logrank_weight weight, struct rwe_error *error)
{
    if (weight.family != RWE_LOGRANK_FLEMING_HARRINGTON)
        return RWE_OK;
    if (!(weight.rho >= 0 && isfinite(weight.rho) && weight.gamma >= 0 && isfinite(weight.gamma)))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "rho and gamma of Fleming and Harrington's test are numbers from 0 up");
    return RWE_OK;
}

/* ---- the tests ---- */

static size_t root(size_t parent[], size_t g)
{
    while (parent[g] != g)
        g = parent[g] = parent[parent[g]];
    return g;
}

/* Adds one row's events: given the margins, their split among the groups is hypergeometric,
 *   E_g = d n_g / n,   Cov_gh = d (n − d) / (n − 1) × n_g / n × ([g = h] − n_h / n).
 * A lone survivor's event (n = 1) has no variance. Groups are joined by it to the root of the first
 * group at risk, the smaller number staying the root. */
static void add_step(const struct rwe_logrank_step *step, double weight, struct sums *sums)
{
    size_t K = sums->n_groups;
    double spread = weight * weight * step->spread;
    size_t first = K;
    for (size_t g = 0; g < K; g++) {
        double share = step->at_risk[g] / step->n;
        sums->observed[g] += weight * step->events[g];
        sums->expected[g] += weight * (step->d * share);
        if (spread <= 0 || share <= 0)
            continue;
        for (size_t h = 0; h < g; h++)
            sums->covariance[g * K + h] -= spread * share * (step->at_risk[h] / step->n);
        sums->covariance[g * K + g] += spread * share * (1 - share);
        size_t mine = root(sums->parent, g);
        if (first == K)
            first = mine;
        else if (mine < first)
            first = sums->parent[first] = mine;
        else
            sums->parent[mine] = first;
    }
}

/* Walks the table. Errors as rwe_logrank_weighted. */
static enum rwe_status add_up(const struct rwe_event_table *table, struct rwe_logrank_weight weight,
                              struct rwe_arena *arena, struct sums *sums, struct rwe_error *error)
{
    size_t K = table->n_groups;
    enum rwe_status status = rwe_logrank_weight_check(weight, error);
    if (status != RWE_OK)
        return status;
    *sums = (struct sums){
        .n_groups = K,
        .observed = RWE_NEW(arena, double, K),
        .expected = RWE_NEW(arena, double, K),
        .difference = RWE_NEW(arena, double, K),
        .covariance = rwe_arena_alloc(arena, K, K * sizeof *sums->covariance),
        .parent = RWE_NEW(arena, size_t, K),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t g = 0; g < K; g++)
        sums->parent[g] = g;
    struct rwe_logrank_walk walk = rwe_logrank_walk_start(table);
    struct rwe_logrank_step step;
    size_t n_steps = 0;
    for (; rwe_logrank_walk_next(&walk, &step); n_steps++)
        add_step(&step, rwe_logrank_weight_at(weight, &step), sums);
    if (n_steps == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "there is no event");
    for (size_t g = 0; g < K; g++) {
        sums->difference[g] = sums->observed[g] - sums->expected[g];
        for (size_t h = 0; h < g; h++)
            sums->covariance[h * K + g] = sums->covariance[g * K + h];
    }
    return RWE_OK;
}

/* O − E sums to 0 over groups that are ever compared, so the first of each such set is redundant:
 * what remains is regular. Within one stratum all groups with an expectation form one set. */
static size_t keep_regular(const struct sums *sums, size_t kept[])
{
    size_t rank = 0;
    for (size_t g = 0; g < sums->n_groups; g++)
        if (root(sums->parent, g) != g)
            kept[rank++] = g;
    return rank;
}

/* The chi-square of the sums with the covariance as it stands. A pivot not above `tolerance` times
 * its diagonal makes RWE_NOT_ESTIMABLE. */
static enum rwe_status chi_square(const struct sums *sums, double tolerance,
                                  struct rwe_arena *arena, struct rwe_logrank *result,
                                  struct rwe_error *error)
{
    size_t K = sums->n_groups;
    struct rwe_mark mark = rwe_arena_mark(arena);
    size_t *kept = RWE_NEW(arena, size_t, K);
    double *matrix = rwe_arena_alloc(arena, K, K * sizeof *matrix);
    double *difference = RWE_NEW(arena, double, K);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    size_t rank = keep_regular(sums, kept);
    if (rank == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no two groups are at risk together at an event that counts");
    for (size_t a = 0; a < rank; a++) {
        difference[a] = sums->difference[kept[a]];
        for (size_t b = 0; b <= a; b++)
            matrix[a * rank + b] = sums->covariance[kept[a] * K + kept[b]];
    }
    if (rwe_ldl_factor(matrix, rank, tolerance) < rank)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "too little varies for a test of %zu degrees of freedom", rank);
    *result = (struct rwe_logrank){
        .n_groups = K,
        .observed = sums->observed,
        .expected = sums->expected,
        .covariance = sums->covariance,
        .statistic = rwe_ldl_quadratic(matrix, rank, difference),
        .df = (double)rank,
    };
    result->p_value = gsl_cdf_chisq_Q(result->statistic, result->df);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

enum rwe_status rwe_logrank_weighted(const struct rwe_event_table *table,
                                     struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                     struct rwe_logrank *result, struct rwe_error *error)
{
    struct sums sums;
    enum rwe_status status = add_up(table, weight, arena, &sums, error);
    return status == RWE_OK ? chi_square(&sums, 0, arena, result, error) : status;
}

enum rwe_status rwe_logrank_test(const struct rwe_event_table *table, struct rwe_arena *arena,
                                 struct rwe_logrank *result, struct rwe_error *error)
{
    return rwe_logrank_weighted(table, (struct rwe_logrank_weight){0}, arena, result, error);
}

enum rwe_status rwe_logrank_trend(const struct rwe_logrank *result, const double scores[],
                                  struct rwe_logrank_trend *trend, struct rwe_error *error)
{
    size_t K = result->n_groups;
    double sum = 0, variance = 0, size = 0;
    /* Scores are taken from the first one: what they have in common cancels, and should do so
     * before it costs digits. */
    for (size_t g = 0; g < K; g++) {
        double a = scores[g] - scores[0];
        if (!isfinite(a))
            return rwe_fail(error, RWE_NOT_FINITE, g,
                            "the score of a group is not a finite number");
        sum += a * (result->observed[g] - result->expected[g]);
        for (size_t h = 0; h < K; h++)
            variance += a * (scores[h] - scores[0]) * result->covariance[g * K + h];
        size += a * a * result->covariance[g * K + g];
    }
    if (!(variance > 1e-12 * size)) /* rounding leaves some 1e-16 of it where nothing varies */
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "nothing varies with the scores");
    trend->z = sum / sqrt(variance);
    trend->statistic = trend->z * trend->z;
    trend->p_value = gsl_cdf_chisq_Q(trend->statistic, 1);
    return RWE_OK;
}

/* ---- influence and the robust test ---- */

/* What a row of the table adds to the influence of those at risk at it, cumulated within strata:
 * a subject's sum over (entry, time] is the difference of two rows. */
struct path {
    const struct rwe_event_table *table;
    double *weight; /* W by row; 0 where there is no event */
    double *hazard; /* Σ W d/n up to and with the row */
    double *share;  /* [row * n_groups + g]: Σ W d/n × n_g/n */
};

static enum rwe_status path_new(const struct rwe_event_table *table,
                                struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                struct path *path, struct rwe_error *error)
{
    size_t K = table->n_groups;
    enum rwe_status status = rwe_logrank_weight_check(weight, error);
    if (status != RWE_OK)
        return status;
    *path = (struct path){
        .table = table,
        .weight = RWE_NEW(arena, double, table->n_rows),
        .hazard = RWE_NEW(arena, double, table->n_rows),
        .share = rwe_arena_alloc(arena, table->n_rows, K * sizeof(double)),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    struct rwe_logrank_walk walk = rwe_logrank_walk_start(table);
    struct rwe_logrank_step step;
    while (rwe_logrank_walk_next(&walk, &step)) {
        double jump = rwe_logrank_weight_at(weight, &step) * (step.d / step.n);
        path->weight[step.row] = rwe_logrank_weight_at(weight, &step);
        path->hazard[step.row] = jump;
        for (size_t g = 0; g < K; g++)
            path->share[step.row * K + g] = jump * (step.at_risk[g] / step.n);
    }
    for (size_t s = 0; s < table->n_strata; s++)
        for (size_t row = table->stratum_start[s] + 1; row < table->stratum_start[s + 1]; row++) {
            path->hazard[row] += path->hazard[row - 1];
            for (size_t g = 0; g < K; g++)
                path->share[row * K + g] += path->share[(row - 1) * K + g];
        }
    return RWE_OK;
}

/* Where subject i is at risk: after row `before`, if has_before, up to and with row `last`. */
struct stay {
    size_t before, last;
    bool has_before;
};

static struct stay stay_of(const struct rwe_survival_data *data,
                           const struct rwe_event_table *table, size_t i)
{
    size_t s = data->stratum == NULL ? 0 : data->stratum[i];
    size_t entered = data->entry == NULL ? table->stratum_start[s]
                                         : rwe_event_table_rows_until(table, s, data->entry[i]);
    return (struct stay){
        .before = entered - 1,
        .last = rwe_event_table_rows_until(table, s, data->time[i]) - 1,
        .has_before = entered > table->stratum_start[s],
    };
}

static double weight_of(const struct rwe_survival_data *data, size_t i)
{
    return data->weight == NULL ? 1 : data->weight[i];
}

static double score_of(const struct rwe_survival_data *data, const struct path *path, size_t i,
                       struct stay stay)
{
    double hazard = path->hazard[stay.last] - (stay.has_before ? path->hazard[stay.before] : 0);
    double own = data->event[i] ? path->weight[stay.last] : 0;
    return weight_of(data, i) * (own - hazard);
}

/* Adds ψ_i by group to `sum`. */
static void add_influence(const struct rwe_survival_data *data, const struct path *path, size_t i,
                          double sum[])
{
    size_t K = data->n_groups;
    struct stay stay = stay_of(data, path->table, i);
    const double *at_risk = path->table->at_risk + stay.last * K;
    const double *share = path->share + stay.last * K;
    double n = 0, w = weight_of(data, i);
    for (size_t g = 0; g < K; g++)
        n += at_risk[g];
    for (size_t g = 0; g < K; g++) {
        double before = stay.has_before ? path->share[stay.before * K + g] : 0;
        double own = data->event[i] ? path->weight[stay.last] * (at_risk[g] / n) : 0;
        sum[g] += w * (share[g] - before - own);
    }
    sum[data->group == NULL ? 0 : data->group[i]] += score_of(data, path, i, stay);
}

static enum rwe_status robust_covariance(const struct rwe_survival_data *data,
                                         const struct path *path, struct rwe_arena *scratch,
                                         double covariance[], struct rwe_error *error)
{
    size_t K = data->n_groups;
    struct rwe_dependence rows = rwe_survival_dependence(data);
    double *influence = rwe_arena_alloc(scratch, data->n, K * sizeof *influence);
    if (influence == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < data->n; i++)
        add_influence(data, path, i, influence + i * K);
    if (rwe_influence_covariance(influence, K, &rows, scratch, covariance) != RWE_OK)
        return rwe_fail_memory(error);
    return RWE_OK;
}

enum rwe_status rwe_logrank_robust(const struct rwe_survival_data *data,
                                   const struct rwe_event_table *table,
                                   struct rwe_logrank_weight weight, struct rwe_arena *arena,
                                   struct rwe_logrank *result, struct rwe_error *error)
{
    /* Fewer clusters than groups leave pivots of rounding, some 1e-16 of their diagonal. */
    const double singular = 1e-10;
    struct sums sums;
    struct path path;
    enum rwe_status status = add_up(table, weight, arena, &sums, error);
    struct rwe_mark mark = rwe_arena_mark(arena);
    if (status == RWE_OK)
        status = path_new(table, weight, arena, &path, error);
    if (status == RWE_OK)
        status = robust_covariance(data, &path, arena, sums.covariance, error);
    if (status == RWE_OK)
        status = chi_square(&sums, singular, arena, result, error);
    if (status == RWE_OK)
        rwe_arena_release(arena, mark);
    return status;
}

enum rwe_status rwe_logrank_influence(const struct rwe_survival_data *data,
                                      const struct rwe_event_table *table,
                                      struct rwe_logrank_weight weight, size_t g,
                                      struct rwe_arena *scratch, double influence[],
                                      struct rwe_error *error)
{
    struct path path;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    double *by_group = RWE_NEW(scratch, double, data->n_groups);
    enum rwe_status status = path_new(table, weight, scratch, &path, error);
    for (size_t i = 0; status == RWE_OK && i < data->n; i++) {
        memset(by_group, 0, data->n_groups * sizeof *by_group);
        add_influence(data, &path, i, by_group);
        influence[i] = by_group[g];
    }
    if (status == RWE_OK)
        rwe_arena_release(scratch, mark);
    return status;
}

enum rwe_status rwe_logrank_scores(const struct rwe_survival_data *data,
                                   const struct rwe_event_table *table,
                                   struct rwe_logrank_weight weight, struct rwe_arena *scratch,
                                   double score[], struct rwe_error *error)
{
    struct path path;
    struct rwe_mark mark = rwe_arena_mark(scratch);
    enum rwe_status status = path_new(table, weight, scratch, &path, error);
    for (size_t i = 0; status == RWE_OK && i < data->n; i++)
        score[i] = score_of(data, &path, i, stay_of(data, table, i));
    if (status == RWE_OK)
        rwe_arena_release(scratch, mark);
    return status;
}
