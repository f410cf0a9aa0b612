/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels for competing risks by another route: what must hold, whatever the data. */
#include "check.h"
#include "competing.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/fine_gray.h"
#include "rwe/stats/gray.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logrank.h"

#include <math.h>
#include <string.h>

enum { N = 200 };

static struct rwe_aalen_johansen curve_of(const struct rwe_survival_data *data, size_t group,
                                          bool robust, struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_aalen_johansen curve;
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_fit(&table, group, 0.95, arena, &curve, NULL), RWE_OK);
    if (robust)
        assert_int_equal(rwe_aalen_johansen_robust(data, arena, &curve, NULL), RWE_OK);
    return curve;
}

static struct rwe_gray gray_of(const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    struct rwe_event_table table;
    struct rwe_gray result;
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_gray_test(&table, 1, 0, arena, &result, NULL), RWE_OK);
    return result;
}

static struct rwe_fine_gray model_of(struct cohort *cohort, bool by_group, struct rwe_arena *arena)
{
    struct rwe_survival_data data = competing_sort(cohort, arena);
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_fine_gray result;
    options.censoring_by_group = by_group;
    assert_int_equal(rwe_fine_gray_fit(&data, cohort->x, cohort->p, &options, arena, &result, NULL),
                     RWE_OK);
    assert_true(result.converged);
    return result;
}

static void set_weights(struct cohort *cohort, struct rwe_arena *arena)
{
    cohort->weight = RWE_NEW(arena, double, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        cohort->weight[i] = (double)(1 + i % 3);
}

static void incidences_and_survival_sum_to_one(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, 20000, 1, 0.1, 1);
    set_weights(&cohort, arena);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    double *entry = RWE_NEW(arena, double, data.n);
    for (size_t i = 0; i < data.n; i++)
        entry[i] = data.time[i] * (double)(i % 4) / 8;
    for (int late = 0; late < 2; late++) {
        data.entry = late ? entry : NULL;
        for (size_t group = 0; group < 2; group++) {
            struct rwe_aalen_johansen curve = curve_of(&data, group, false, arena);
            for (size_t i = 0; i < curve.n_points; i++)
                assert_close(curve.incidence[i] + curve.incidence[curve.n_points + i] +
                                 curve.survival[i],
                             1, 1e-12);
        }
    }
    rwe_arena_free(arena);
}

static void without_censoring_incidence_is_a_proportion(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, N, 1, 1, 2);
    cohort.group = NULL;
    for (size_t i = 0; i < N; i++)
        cohort.event[i] = 1 + i % 2;
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_aalen_johansen curve = curve_of(&data, 0, true, arena);
    double events = 0;
    for (size_t i = 0; i < curve.n_points; i++) {
        events += curve.events[i];
        double p = events / N;
        assert_close(curve.incidence[i], p, 1e-12);
        /* and the jackknife's error the binomial one */
        assert_true(fabs(curve.std_error[i] - sqrt(p * (1 - p) / N)) < 1e-12);
    }
    rwe_arena_free(arena);
}

static void one_cause_has_greenwoods_variance_in_the_jackknife(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 1, 3);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve km;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit(&table, 1, &options, arena, &km, NULL), RWE_OK);
    struct rwe_aalen_johansen curve = curve_of(&data, 1, true, arena);
    for (size_t i = 0; i < km.n_points; i++) {
        assert_close(curve.survival[i], km.survival[i], 1e-14);
        if (km.survival[i] > 0)
            assert_close(curve.std_error[i], km.std_error[i], 1e-10);
    }
    rwe_arena_free(arena);
}

static void whole_weights_are_replication(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort weighted = competing_random(arena, N, 2, 1, 4);
    set_weights(&weighted, arena);
    struct cohort copies = cohort_replicate(&weighted, arena);
    struct rwe_survival_data a = competing_sort(&weighted, arena);
    struct rwe_survival_data b = competing_sort(&copies, arena);
    struct rwe_aalen_johansen c = curve_of(&a, 0, false, arena), d = curve_of(&b, 0, false, arena);
    for (size_t i = 0; i < 2 * c.n_points; i++) {
        assert_close(c.incidence[i], d.incidence[i], 1e-13);
        assert_close(c.std_error[i], d.std_error[i], 1e-12);
    }
    assert_close(gray_of(&a, arena).statistic, gray_of(&b, arena).statistic, 1e-11);
    struct rwe_fine_gray e = model_of(&weighted, false, arena);
    struct rwe_fine_gray f = model_of(&copies, false, arena);
    for (size_t j = 0; j < 2; j++)
        assert_close(e.estimate[j], f.estimate[j], 1e-9);
    for (size_t jk = 0; jk < 4; jk++)
        assert_close(e.covariance[jk], f.covariance[jk], 1e-9);
    rwe_arena_free(arena);
}

static void copies_in_one_cluster_leave_robust_errors_alone(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort weighted = competing_random(arena, N, 2, 1, 5);
    set_weights(&weighted, arena);
    weighted.cluster = RWE_NEW(arena, uint32_t, N);
    for (size_t i = 0; i < N; i++)
        weighted.cluster[i] = (uint32_t)i;
    struct cohort copies = cohort_replicate(&weighted, arena);
    struct rwe_survival_data a = competing_sort(&weighted, arena);
    struct rwe_survival_data b = competing_sort(&copies, arena);
    struct rwe_aalen_johansen c = curve_of(&a, 1, true, arena), d = curve_of(&b, 1, true, arena);
    for (size_t i = 0; i < 2 * c.n_points; i++)
        assert_close(c.std_error[i], d.std_error[i], 1e-11);
    struct rwe_fine_gray e = model_of(&weighted, false, arena);
    struct rwe_fine_gray f = model_of(&copies, false, arena);
    for (size_t jk = 0; jk < 4; jk++)
        assert_close(e.robust[jk], f.robust[jk], 1e-8);
    rwe_arena_free(arena);
}

static void the_scale_of_weights_changes_no_robust_error(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, N, 2, 1, 6);
    set_weights(&cohort, arena);
    struct cohort scaled = cohort;
    scaled.weight = RWE_NEW(arena, double, N);
    for (size_t i = 0; i < N; i++)
        scaled.weight[i] = 0.37 * cohort.weight[i];
    struct rwe_survival_data a = competing_sort(&cohort, arena);
    struct rwe_survival_data b = competing_sort(&scaled, arena);
    struct rwe_aalen_johansen c = curve_of(&a, 0, true, arena), d = curve_of(&b, 0, true, arena);
    for (size_t i = 0; i < 2 * c.n_points; i++)
        assert_close(c.std_error[i], d.std_error[i], 1e-10);
    struct rwe_fine_gray e = model_of(&cohort, false, arena);
    struct rwe_fine_gray f = model_of(&scaled, false, arena);
    for (size_t jk = 0; jk < 4; jk++)
        assert_close(e.robust[jk], f.robust[jk], 1e-8);
    rwe_arena_free(arena);
}

static void without_competitors_fine_gray_is_cox(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 3, 1, 7);
    set_weights(&cohort, arena);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox cox;
    options.ties = RWE_COX_BRESLOW;
    options.robust = true;
    assert_int_equal(rwe_cox_fit(&data, cohort.x, 3, &options, arena, &cox, NULL), RWE_OK);
    struct rwe_fine_gray model = model_of(&cohort, false, arena);
    assert_close(model.loglik, cox.loglik, 1e-12);
    for (size_t j = 0; j < 3; j++)
        assert_close(model.estimate[j], cox.estimate[j], 1e-9);
    for (size_t jk = 0; jk < 9; jk++) {
        assert_close(model.covariance[jk], cox.covariance[jk], 1e-8);
        assert_close(model.robust[jk], cox.robust[jk], 1e-8);
    }
    rwe_arena_free(arena);
}

/* G(t−) by the rows of one group, or all: the product over earlier censoring times. */
static double censor_free(const struct cohort *c, double t, const uint32_t *group)
{
    double product = 1, last = -1;
    for (size_t i = 0; i < c->n && c->time[i] < t; i++) {
        double at_risk = 0, censored = 0;
        if (c->event[i] != 0 || c->time[i] == last || (group != NULL && c->group[i] != *group))
            continue;
        last = c->time[i];
        for (size_t k = 0; k < c->n; k++) {
            if (group != NULL && c->group[k] != *group)
                continue;
            at_risk += c->time[k] >= last ? c->weight[k] : 0;
            censored += c->time[k] == last && c->event[k] == 0 ? c->weight[k] : 0;
        }
        product *= 1 - censored / at_risk;
    }
    return product;
}

/* Fine & Gray's pseudo-likelihood, from its definition. */
static double definition(const struct cohort *c, const double beta[], bool by_group)
{
    double sum = 0;
    for (size_t i = 0; i < c->n; i++) {
        double total = 0, t = c->time[i];
        if (c->event[i] != 1)
            continue;
        for (size_t k = 0; k < c->n; k++) {
            const uint32_t *group = by_group ? &c->group[k] : NULL;
            double weight = c->time[k] >= t ? 1 : 0;
            if (c->time[k] < t && c->event[k] == 2)
                weight = censor_free(c, t, group) / censor_free(c, c->time[k], group);
            total += weight * c->weight[k] * exp(beta[0] * c->x[k] + beta[1] * c->x[c->n + k]);
        }
        double own = beta[0] * c->x[i] + beta[1] * c->x[c->n + i];
        sum += c->weight[i] * (own - log(total));
    }
    return sum;
}

static void the_pseudo_likelihood_is_its_definition_and_flat_at_the_estimate(void **state)
{
    (void)state;
    for (int by_group = 0; by_group < 2; by_group++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = competing_random(arena, 60, 2, 1, 8);
        set_weights(&cohort, arena);
        struct rwe_fine_gray model = model_of(&cohort, by_group, arena);
        assert_close(model.loglik, definition(&cohort, model.estimate, by_group), 1e-12);
        assert_close(model.loglik_null, definition(&cohort, (double[]){0, 0}, by_group), 1e-12);
        for (size_t j = 0; j < 2; j++) {
            double up[2], down[2];
            memcpy(up, model.estimate, sizeof up);
            memcpy(down, model.estimate, sizeof down);
            up[j] += 1e-4;
            down[j] -= 1e-4;
            double slope =
                (definition(&cohort, up, by_group) - definition(&cohort, down, by_group)) / 2e-4;
            assert_true(fabs(slope) < 1e-6 * sqrt(1 / model.covariance[j * 2 + j]) * 10);
        }
        rwe_arena_free(arena);
    }
}

/* The sandwich is the sum of squared derivatives of the estimate by a row's weight: here by refitting,
 * without ties, where no convention about them matters. Not to the last digit: Fine & Gray take the
 * share of G by its martingale, c / n², where the derivative of log(1 − c / n) has c / (n (n − c)); with
 * that in its place the two agree to 1e-5. */
static void the_sandwich_is_nearly_the_infinitesimal_jackknife(void **state)
{
    (void)state;
    const double h = 1e-4;
    for (int by_group = 0; by_group < 2; by_group++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = competing_random(arena, N, 2, 0, 9);
        set_weights(&cohort, arena);
        struct rwe_fine_gray model = model_of(&cohort, by_group, arena);
        double square[2] = {0, 0};
        for (size_t i = 0; i < N; i++) {
            double weight = cohort.weight[i], estimate[2][2];
            for (int side = 0; side < 2; side++) {
                cohort.weight[i] = weight * (1 + (side ? h : -h));
                struct rwe_fine_gray refit = model_of(&cohort, by_group, arena);
                memcpy(estimate[side], refit.estimate, sizeof estimate[side]);
            }
            cohort.weight[i] = weight;
            for (size_t j = 0; j < 2; j++)
                square[j] += pow((estimate[1][j] - estimate[0][j]) / (2 * h), 2);
        }
        for (size_t j = 0; j < 2; j++)
            assert_close(model.robust[j * 2 + j], square[j], 1e-3);
        rwe_arena_free(arena);
    }
}

static void gray_without_competitors_nearly_is_the_log_rank_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, N, 1, 0, 10);
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table;
    struct rwe_logrank logrank;
    struct rwe_gray gray;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_logrank_test(&table, arena, &logrank, NULL), RWE_OK);
    assert_int_equal(rwe_gray_test(&table, 1, 0, arena, &gray, NULL), RWE_OK);
    /* R_g is n_g: the scores are the same, the variances estimate the same. */
    for (size_t g = 0; g < 2; g++)
        assert_close(gray.score[g], logrank.observed[g] - logrank.expected[g], 1e-10);
    assert_close(gray.statistic, logrank.statistic, 0.1);
    rwe_arena_free(arena);
}

static void names_of_the_groups_do_not_matter_to_gray(void **state)
{
    (void)state;
    static const uint32_t renamed[4] = {2, 0, 3, 1};
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = competing_random(arena, N, 1, 1, 11);
    for (size_t i = 0; i < N; i++)
        cohort.group[i] += 2 * (uint32_t)(i % 2);
    struct rwe_survival_data data = competing_sort(&cohort, arena);
    struct rwe_gray before = gray_of(&data, arena);
    double sum = 0;
    for (size_t g = 0; g < 4; g++)
        sum += before.score[g];
    assert_true(fabs(sum) < 1e-11);
    for (size_t i = 0; i < N; i++)
        cohort.group[i] = renamed[cohort.group[i]];
    struct rwe_gray after = gray_of(&data, arena);
    assert_close(after.statistic, before.statistic, 1e-11);
    for (size_t g = 0; g < 4; g++)
        assert_close(after.score[renamed[g]], before.score[g], 1e-11);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incidences_and_survival_sum_to_one),
        cmocka_unit_test(without_censoring_incidence_is_a_proportion),
        cmocka_unit_test(one_cause_has_greenwoods_variance_in_the_jackknife),
        cmocka_unit_test(whole_weights_are_replication),
        cmocka_unit_test(copies_in_one_cluster_leave_robust_errors_alone),
        cmocka_unit_test(the_scale_of_weights_changes_no_robust_error),
        cmocka_unit_test(without_competitors_fine_gray_is_cox),
        cmocka_unit_test(the_pseudo_likelihood_is_its_definition_and_flat_at_the_estimate),
        cmocka_unit_test(the_sandwich_is_nearly_the_infinitesimal_jackknife),
        cmocka_unit_test(gray_without_competitors_nearly_is_the_log_rank_test),
        cmocka_unit_test(names_of_the_groups_do_not_matter_to_gray),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
