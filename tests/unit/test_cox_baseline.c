/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standardised survival: against one profile predicted for all, scale of weights, and each error. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/cox_baseline.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { N = 120, P = 3 };

struct fixture {
    struct rwe_arena *arena;
    struct cohort cohort;
    struct rwe_survival_data data;
    struct rwe_cox_options options;
    struct rwe_cox fit;
};

static struct rwe_cox_fitted fit(struct fixture *f, bool weighted)
{
    f->arena = rwe_arena_new();
    f->cohort = cohort_random(f->arena, N, P, 0.5, 21);
    if (weighted)
        f->cohort.weight = RWE_NEW(f->arena, double, N);
    for (size_t i = 0; weighted && i < N; i++)
        f->cohort.weight[i] = 0.5 + (double)(i % 4);
    f->data = cohort_sort(&f->cohort, f->arena);
    f->options = rwe_cox_options_default();
    f->options.robust = weighted;
    assert_int_equal(rwe_cox_fit(&f->data, f->cohort.x, P, &f->options, f->arena, &f->fit, NULL),
                     RWE_OK);
    return (struct rwe_cox_fitted){&f->data, f->cohort.x, &f->fit, &f->options};
}

static void subjects_all_alike_have_the_curve_of_one(void **state)
{
    (void)state;
    struct fixture f;
    struct rwe_cox_fitted model = fit(&f, false);
    const double at[P] = {1, 0.3, -0.7}, times[] = {0, 2, 5, 9};
    double *x = RWE_NEW(f.arena, double, N *P);
    for (size_t j = 0; j < P; j++)
        for (size_t i = 0; i < N; i++)
            x[j * N + i] = at[j];
    const double *const version[] = {x};
    struct rwe_cox_standardised mean;
    struct rwe_cox_prediction one;
    struct rwe_cox_versions versions = {version, 1, times, 4};
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &mean, NULL), RWE_OK);
    assert_int_equal(rwe_cox_predict_survival(&model, at, 0, f.arena, &one, NULL), RWE_OK);
    assert_close(mean.survival[0], 1, 1e-14);
    assert_close(mean.covariance[0], 0, 1e-25);
    for (size_t t = 1; t < 4; t++) {
        size_t k = 0;
        while (k < one.n_times && one.time[k] <= times[t])
            k++;
        assert_true(k > 0);
        assert_close(mean.survival[t], one.survival[k - 1], 1e-12);
        assert_close(sqrt(mean.covariance[t]), one.survival[k - 1] * one.std_error[k - 1], 1e-10);
    }
    rwe_arena_free(f.arena);
}

static void scale_of_weights_moves_no_estimate(void **state)
{
    (void)state;
    struct fixture f;
    struct rwe_cox_fitted model = fit(&f, true);
    const double *const version[] = {f.cohort.x};
    const double times[] = {1, 4};
    struct rwe_cox_versions versions = {version, 1, times, 2};
    struct rwe_cox_standardised before, after;
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &before, NULL), RWE_OK);
    for (size_t i = 0; i < N; i++)
        f.cohort.weight[i] *= 8;
    assert_int_equal(rwe_cox_fit(&f.data, f.cohort.x, P, &f.options, f.arena, &f.fit, NULL),
                     RWE_OK);
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &after, NULL), RWE_OK);
    for (size_t t = 0; t < 2; t++)
        assert_close(after.survival[t], before.survival[t], 1e-10);
    rwe_arena_free(f.arena);
}

static void each_error_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct rwe_cox_fitted model = fit(&f, false);
    const double down[] = {2, 1}, up[] = {1, 2};
    double *bad = RWE_NEW(f.arena, double, N *P);
    const double *version[] = {f.cohort.x};
    struct rwe_cox_versions versions = {version, 1, down, 2};
    struct rwe_cox_standardised result;
    struct rwe_error error;
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &result, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(error.index, 1);
    versions.time = up;
    memcpy(bad, f.cohort.x, N * P * sizeof *bad);
    bad[7] = NAN;
    version[0] = bad;
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &result, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 7);
    version[0] = f.cohort.x;
    f.options.offset = f.cohort.x;
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &result, NULL), RWE_BAD_INPUT);
    f.options.offset = NULL;
    f.options.ties = RWE_COX_EXACT;
    assert_int_equal(rwe_cox_standardise(&model, &versions, f.arena, &result, NULL), RWE_BAD_INPUT);
    rwe_arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects_all_alike_have_the_curve_of_one),
        cmocka_unit_test(scale_of_weights_moves_no_estimate),
        cmocka_unit_test(each_error_is_told),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
