/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/base/rng.h"
#include "rwe/stats/logistic.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* A design: k columns of n values, one after another. */
struct design {
    size_t n, k;
    double *x;
    uint8_t *y;
};

static enum rwe_status try_fit(struct rwe_arena *arena, const struct design *d,
                               struct rwe_logistic *result, struct rwe_error *error)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    memset(error, 0, sizeof *error);
    return rwe_logistic_fit(d->x, d->k, d->y, d->n, &options, arena, result, error);
}

static struct rwe_logistic fit(struct rwe_arena *arena, const struct design *d)
{
    struct rwe_logistic result;
    struct rwe_error error;
    if (try_fit(arena, d, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    assert_true(result.converged);
    return result;
}

static struct design design_new(struct rwe_arena *arena, size_t n, size_t k)
{
    return (struct design){
        .n = n, .k = k, .x = RWE_NEW(arena, double, n *k), .y = RWE_NEW(arena, uint8_t, n)};
}

/* Normal columns, and outcomes from intercept −0.5 and slopes 0.5, −0.5, 0.5, … */
static struct design design_draw(struct rwe_arena *arena, size_t n, size_t k)
{
    struct design d = design_new(arena, n, k);
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 7, RWE_RNG_TEST, n);
    for (size_t i = 0; i < n; i++) {
        double linear = -0.5;
        for (size_t j = 0; j < k; j++) {
            d.x[j * n + i] = gsl_ran_ugaussian(g);
            linear += (j % 2 ? -0.5 : 0.5) * d.x[j * n + i];
        }
        d.y[i] = gsl_rng_uniform(g) < 1 / (1 + exp(-linear));
    }
    return d;
}

/* The columns named, as numbers; "name=level" is 1 where the column holds the level. Rows with a
 * missing value are left out. */
static struct design design_of(const struct design_csv *csv, const char *const columns[], size_t k,
                               const double outcome[])
{
    struct design d = design_new(csv->arena, csv->n_rows, k);
    const double *column[16];
    size_t n = 0;
    for (size_t j = 0; j < k; j++) {
        const char *equals = strchr(columns[j], '=');
        column[j] = equals == NULL
                        ? design_csv_numbers(csv, columns[j])
                        : design_csv_level(csv,
                                           rwe_arena_substring(csv->arena, columns[j],
                                                               (size_t)(equals - columns[j])),
                                           equals + 1);
    }
    for (size_t i = 0; i < csv->n_rows; i++) {
        bool complete = true;
        for (size_t j = 0; j < k; j++)
            complete = complete && !isnan(column[j][i]);
        if (!complete)
            continue;
        for (size_t j = 0; j < k; j++)
            d.x[j * csv->n_rows + n] = column[j][i];
        d.y[n++] = outcome[i] == 1;
    }
    for (size_t j = 1; j < k; j++)
        memmove(d.x + j * n, d.x + j * csv->n_rows, n * sizeof *d.x);
    d.n = n;
    return d;
}

/* Expected numbers: glm(epsilon = 1e-14) of R 4.2.2, by tests/oracle/propensity.R. The absolute
 * term of the linear predictor's tolerance is for those near 0. */
static void assert_as_r(struct rwe_arena *arena, const struct design *design, const char *cohort)
{
    struct rwe_logistic result = fit(arena, design);
    struct design_csv terms = design_csv_read(
        rwe_arena_format(arena, "tests/oracle/expected/%s_terms.csv", cohort), arena);
    struct design_csv rows = design_csv_read(
        rwe_arena_format(arena, "tests/oracle/expected/%s_rows.csv", cohort), arena);
    struct design_csv whole =
        design_csv_read(rwe_arena_format(arena, "tests/oracle/expected/%s_fit.csv", cohort), arena);
    const double *estimate = design_csv_numbers(&terms, "estimate");
    const double *se = design_csv_numbers(&terms, "se");
    const double *linear = design_csv_numbers(&rows, "linear");
    assert_int_equal(terms.n_rows, result.p);
    assert_int_equal(rows.n_rows, result.n);
    for (size_t j = 0; j < result.p; j++) {
        assert_close(result.estimate[j], estimate[j], 1e-8);
        assert_close(sqrt(result.covariance[j * result.p + j]), se[j], 1e-7);
    }
    for (size_t i = 0; i < result.n; i++) {
        assert_true(fabs(result.linear[i] - linear[i]) <= 1e-9);
        assert_close(result.fitted[i], 1 / (1 + exp(-linear[i])), 1e-9);
    }
    assert_close(result.deviance, design_csv_numbers(&whole, "deviance")[0], 1e-10);
    assert_close(result.auc, design_csv_numbers(&whole, "auc")[0], 1e-12);
}

static void lalonde_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/data/lalonde.csv", *state);
    const char *columns[] = {"age",     "educ",     "race=hispan", "race=white",
                             "married", "nodegree", "re74",        "re75"};
    struct design d = design_of(&csv, columns, 8, design_csv_numbers(&csv, "treat"));
    assert_as_r(*state, &d, "lalonde");
}

static void rotterdam_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/data/rotterdam.csv", *state);
    const char *columns[] = {"age",   "meno", "size=>50", "size=20-50", "grade",
                             "nodes", "pgr",  "er",       "chemo",      "year"};
    struct design d = design_of(&csv, columns, 10, design_csv_numbers(&csv, "hormon"));
    /* R's levels sort as <=20, >50, 20-50 */
    assert_as_r(*state, &d, "rotterdam");
}

static void lung_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/data/lung.csv", *state);
    const char *columns[] = {"age", "sex", "ph.ecog", "wt.loss"};
    struct design d = design_of(&csv, columns, 4, design_csv_level(&csv, "status", "2"));
    assert_as_r(*state, &d, "lung");
}

/* By hand: 3 of 10; logit = log(3/7), variance 1/3 + 1/7, deviance −2 (3 log 0.3 + 7 log 0.7). */
static void intercept_alone_is_the_log_odds(void **state)
{
    uint8_t y[10] = {1, 0, 0, 1, 0, 0, 0, 1, 0, 0};
    struct rwe_logistic result = fit(*state, &(struct design){.n = 10, .y = y});
    assert_close(result.estimate[0], log(3.0 / 7), 1e-14);
    assert_close(result.covariance[0], 1.0 / 3 + 1.0 / 7, 1e-14);
    assert_close(result.deviance, -2 * (3 * log(0.3) + 7 * log(0.7)), 1e-14);
    assert_close(result.auc, 0.5, 0);
}

/* By hand (Woolf): a 2 × 2 table 8/12 against 3/17 has log odds ratio log(8·17/(12·3)) with
 * variance 1/8 + 1/12 + 1/3 + 1/17; AUC by counting pairs. */
static void a_two_by_two_table_gives_woolfs_log_odds_ratio(void **state)
{
    struct design d = design_new(*state, 40, 1);
    for (size_t i = 0; i < 40; i++) {
        d.x[i] = i < 20;
        d.y[i] = i < 8 || (i >= 20 && i < 23);
    }
    struct rwe_logistic result = fit(*state, &d);
    assert_close(result.estimate[0], log(3.0 / 17), 1e-13);
    assert_close(result.estimate[1], log(8.0 * 17 / (12 * 3)), 1e-13);
    assert_close(result.covariance[0], 1.0 / 3 + 1.0 / 17, 1e-12);
    assert_close(result.covariance[3], 1.0 / 8 + 1.0 / 12 + 1.0 / 3 + 1.0 / 17, 1e-12);
    assert_close(result.covariance[1], -(1.0 / 3 + 1.0 / 17), 1e-12);
    assert_close(result.auc, (8 * 17 + 0.5 * (8 * 12 + 3 * 17)) / (11.0 * 29), 1e-15);
}

/* 1025 rows: the last block has fewer rows than there are columns. */
static void the_score_is_zero_at_the_optimum(void **state)
{
    const size_t sizes[] = {100, 1025, 3000};
    for (size_t s = 0; s < 3; s++) {
        struct design d = design_draw(*state, sizes[s], 5);
        struct rwe_logistic result = fit(*state, &d);
        for (size_t j = 0; j <= d.k; j++) {
            double score = 0;
            for (size_t i = 0; i < d.n; i++)
                score += (d.y[i] - result.fitted[i]) * (j == 0 ? 1 : d.x[(j - 1) * d.n + i]);
            assert_true(fabs(score) < 1e-9);
        }
    }
}

static void threads_change_no_bit(void **state)
{
    struct design d = design_draw(*state, 5000, 4);
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic one = fit(*state, &d), many;
    for (unsigned threads = 2; threads <= 7; threads += 5) {
        options.threads = threads;
        assert_int_equal(rwe_logistic_fit(d.x, d.k, d.y, d.n, &options, *state, &many, NULL),
                         RWE_OK);
        assert_memory_equal(many.estimate, one.estimate, one.p * sizeof *one.estimate);
        assert_memory_equal(many.covariance, one.covariance, one.p * one.p * sizeof(double));
        assert_memory_equal(many.linear, one.linear, one.n * sizeof *one.linear);
        assert_true(many.deviance == one.deviance && many.auc == one.auc);
    }
}

static void a_column_far_from_zero_costs_no_digits(void **state)
{
    struct design d = design_draw(*state, 500, 2);
    for (size_t i = 0; i < d.n; i++)
        d.x[i] = round(d.x[i] * 1024) / 1024; /* so that the shift below is exact */
    struct rwe_logistic near = fit(*state, &d);
    for (size_t i = 0; i < d.n; i++)
        d.x[i] += 1 << 20;
    struct rwe_logistic far = fit(*state, &d);
    assert_close(far.estimate[1], near.estimate[1], 1e-11);
    assert_close(far.covariance[4], near.covariance[4], 1e-10);
    for (size_t i = 0; i < d.n; i++)
        assert_true(fabs(far.linear[i] - near.linear[i]) < 1e-11);
}

static void a_constant_column_is_collinear(void **state)
{
    const double constants[] = {0, 0.1, -3e9};
    for (size_t c = 0; c < 3; c++) {
        struct design d = design_draw(*state, 2000, 3);
        for (size_t i = 0; i < d.n; i++)
            d.x[d.n + i] = constants[c];
        struct rwe_logistic result;
        struct rwe_error error;
        assert_int_equal(try_fit(*state, &d, &result, &error), RWE_COLLINEAR);
        assert_int_equal(error.index, 1);
    }
}

static void a_combination_of_earlier_columns_is_collinear(void **state)
{
    struct design d = design_draw(*state, 2000, 4);
    for (size_t i = 0; i < d.n; i++)
        d.x[2 * d.n + i] = 0.3 * d.x[i] - 1.7 * d.x[d.n + i] + 12.345;
    struct rwe_logistic result;
    struct rwe_error error;
    assert_int_equal(try_fit(*state, &d, &result, &error), RWE_COLLINEAR);
    assert_int_equal(error.index, 2);
}

static void all_levels_of_a_factor_are_collinear(void **state)
{
    struct design d = design_draw(*state, 300, 3);
    for (size_t j = 0; j < 3; j++)
        for (size_t i = 0; i < d.n; i++)
            d.x[j * d.n + i] = i % 3 == j;
    struct rwe_logistic result;
    struct rwe_error error;
    assert_int_equal(try_fit(*state, &d, &result, &error), RWE_COLLINEAR);
    assert_int_equal(error.index, 2);
}

/* What a column adds to an earlier one is 1e-6 and 1e-8 of its length: R's glm fits both. Written
 * on the difference, the model is the same, which gives the expected slopes. */
static void a_nearly_collinear_column_is_fitted(void **state)
{
    const double nearness[] = {1e-6, 1e-8};
    struct design d = design_draw(*state, 400, 2);
    struct rwe_logistic plain = fit(*state, &d);
    const double *extra = memcpy(RWE_NEW(*state, double, d.n), d.x + d.n, d.n * sizeof *d.x);
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < d.n; i++)
            d.x[d.n + i] = d.x[i] + nearness[c] * extra[i];
        struct rwe_logistic result = fit(*state, &d);
        assert_close(result.estimate[2] * nearness[c], plain.estimate[2],
                     1e-7 / nearness[c] * 1e-6);
        assert_close(result.deviance, plain.deviance, 1e-9);
    }
}

/* In order of sites a block of rows holds five of the hundred levels; the others are constant in it. */
static void a_hundred_equal_sites_in_order_are_fitted_as_in_any_order(void **state)
{
    struct design sorted = design_new(*state, 20000, 99), mixed = design_new(*state, 20000, 99);
    for (size_t i = 0; i < sorted.n; i++) {
        size_t site = i / 200, to = i * 7919 % sorted.n;
        mixed.y[to] = sorted.y[i] = i % 200 < 40 + site;
        for (size_t j = 0; j < sorted.k; j++)
            mixed.x[j * sorted.n + to] = sorted.x[j * sorted.n + i] = site == j + 1;
    }
    struct rwe_logistic result = fit(*state, &sorted), other = fit(*state, &mixed);
    for (size_t j = 0; j < sorted.k; j++) {
        double p[2] = {40. / 200, (41. + (double)j) / 200};
        assert_close(result.estimate[j + 1], log(p[1] / (1 - p[1]) / (p[0] / (1 - p[0]))), 1e-9);
        assert_close(other.estimate[j + 1], result.estimate[j + 1], 1e-9);
    }
    assert_close(other.deviance, result.deviance, 1e-12);
}

static void assert_separated(struct rwe_arena *arena, const struct design *d, size_t column)
{
    struct rwe_logistic result;
    struct rwe_error error;
    assert_int_equal(try_fit(arena, d, &result, &error), RWE_SEPARATED);
    assert_int_equal(error.index, column);
}

static void complete_separation_names_the_column(void **state)
{
    struct design d = design_draw(*state, 1500, 3);
    for (size_t i = 0; i < d.n; i++)
        d.y[i] = d.x[2 * d.n + i] > 0.3;
    assert_separated(*state, &d, 2);
}

/* One level holds treated only; the rest overlaps. */
static void a_level_with_one_outcome_only_is_quasi_separation(void **state)
{
    const size_t sizes[] = {60, 600, 6000};
    for (size_t s = 0; s < 3; s++) {
        struct design d = design_draw(*state, sizes[s], 4);
        for (size_t i = 0; i < d.n; i++) {
            d.x[d.n + i] = i % 20 == 0;
            d.y[i] = i % 20 == 0 ? 1 : d.y[i];
        }
        assert_separated(*state, &d, 1);
    }
}

/* Outcomes 0 below 0, 1 above, both at 0 (Albert & Anderson's quasi-complete separation). */
static void overlap_at_one_value_only_is_quasi_separation(void **state)
{
    struct design d = design_new(*state, 9, 1);
    const double x[] = {-3, -2, -1, 0, 0, 0, 1, 2, 3};
    const uint8_t y[] = {0, 0, 0, 0, 1, 1, 1, 1, 1};
    memcpy(d.x, x, sizeof x);
    memcpy(d.y, y, sizeof y);
    assert_separated(*state, &d, 0);
}

/* Separated by the sum of two columns, though by neither of them. */
static void separation_along_a_combination_is_found(void **state)
{
    struct design d = design_draw(*state, 800, 3);
    for (size_t i = 0; i < d.n; i++)
        d.y[i] = d.x[i] + 3 * d.x[d.n + i] > 0;
    assert_separated(*state, &d, 1);
}

static void as_many_coefficients_as_rows_are_separation(void **state)
{
    struct design d = design_new(*state, 3, 2);
    memcpy(d.x, (const double[]){1, 2, 4, 1, 0, 5}, 6 * sizeof *d.x);
    memcpy(d.y, (const uint8_t[]){0, 1, 0}, 3);
    struct rwe_logistic result;
    struct rwe_error error;
    assert_int_equal(try_fit(*state, &d, &result, &error), RWE_SEPARATED);
}

/* By hand: a level with 1 event in 20000 and the other with 19999: slopes of log 19999 = 9.9. */
static void one_patient_on_the_wrong_side_is_no_separation(void **state)
{
    struct design d = design_new(*state, 40000, 1);
    for (size_t i = 0; i < d.n; i++) {
        d.x[i] = i % 2 == 0;
        d.y[i] = (i % 2 == 0) != (i < 2);
    }
    struct rwe_logistic result = fit(*state, &d);
    assert_close(result.estimate[0], -log(19999), 1e-10);
    assert_close(result.estimate[1], 2 * log(19999), 1e-10);
}

/* A strong, finite effect: probabilities from about 1e-9 to 1 − 1e-9. */
static void fitted_probabilities_near_zero_and_one_are_no_separation(void **state)
{
    struct design d = design_new(*state, 2000, 1);
    for (size_t i = 0; i < d.n; i++) {
        d.x[i] = ((double)i - 999.5) / 1000;
        d.y[i] = i < 950 ? 0 : i >= 1050 ? 1 : (i * 7919) % 100 < i - 950;
    }
    struct rwe_logistic result = fit(*state, &d);
    assert_true(result.fitted[0] < 1e-8 && result.fitted[0] > 1e-40);
    assert_true(result.fitted[1999] > 1 - 1e-8);
}

/* 1 … 20 and one far value. glm(epsilon = 1e-15) of R: the far value decides the slope where its
 * outcome goes against the others' trend, and nothing where it goes with it. */
static void a_value_far_from_all_others_is_no_separation(void **state)
{
    const uint8_t against[] = {1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1};
    const uint8_t along[] = {0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1};
    struct design d = design_new(*state, 21, 1);
    for (size_t i = 0; i < 21; i++)
        d.x[i] = i < 20 ? (double)i + 1 : 1e4;
    memcpy(d.y, against, 21);
    assert_close(fit(*state, &d).estimate[1], 0.000603050135962921, 1e-9);
    memcpy(d.y, along, 21);
    for (d.x[20] = 1e3; d.x[20] < 1e8; d.x[20] *= 10)
        assert_close(fit(*state, &d).estimate[1], 0.187385416074376, 1e-9);
}

/* On the way 1e8 moves by a logit in each step and the others by 1e-8, two of them backward. R's
 * glm of the five near values gives the slope. */
static void one_value_of_a_hundred_million_is_no_separation(void **state)
{
    struct design d = design_new(*state, 6, 1);
    memcpy(d.x, (const double[]){7, 0, 1e8, 10, 6, 9}, 6 * sizeof *d.x);
    memcpy(d.y, (const uint8_t[]){0, 0, 1, 1, 1, 1}, 6);
    assert_close(fit(*state, &d).estimate[1], 0.696669225409529, 1e-7);
    memcpy(d.x, (const double[]){1e8, 1, 6, 0, 1, 3}, 6 * sizeof *d.x);
    memcpy(d.y, (const uint8_t[]){0, 1, 0, 0, 1, 0}, 6);
    assert_close(fit(*state, &d).estimate[1], -0.643698464724592, 1e-7);
}

/* Whole Newton steps diverge here: glm of R 4.2.2 stops at −2e12, "converged"; started at the
 * estimate it finds the numbers below. */
static void a_step_that_overshoots_is_halved(void **state)
{
    const double x[] = {3, 5, 2753, 949, 1, 102, 57, 37, 2, 7, 5, 40, 1, 57, 80, 1, 43, 8};
    struct design d = design_new(*state, 9, 2);
    memcpy(d.x, x, sizeof x);
    memcpy(d.y, (const uint8_t[]){0, 1, 0, 0, 1, 1, 0, 1, 1}, 9);
    struct rwe_logistic result = fit(*state, &d);
    assert_close(result.estimate[1], -0.0676872850253576, 1e-10);
    assert_close(result.estimate[2], 0.1704481482603638, 1e-10);
    assert_close(result.deviance, 4.10001380845454, 1e-12);
}

static void a_value_that_is_not_finite_is_refused_with_its_index(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t c = 0; c < 3; c++) {
        struct design d = design_draw(*state, 100, 3);
        d.x[217] = bad[c];
        struct rwe_logistic result;
        struct rwe_error error;
        assert_int_equal(try_fit(*state, &d, &result, &error), RWE_NOT_FINITE);
        assert_int_equal(error.index, 217);
    }
}

static void one_outcome_only_is_not_estimable(void **state)
{
    for (uint8_t outcome = 0; outcome < 2; outcome++) {
        struct design d = design_draw(*state, 50, 1);
        memset(d.y, outcome, d.n);
        struct rwe_logistic result;
        struct rwe_error error;
        assert_int_equal(try_fit(*state, &d, &result, &error), RWE_NOT_ESTIMABLE);
        assert_int_equal(error.index, RWE_NO_INDEX);
    }
}

static void fewer_rows_than_coefficients_are_not_estimable(void **state)
{
    struct design d = design_draw(*state, 4, 4);
    memcpy(d.y, (const uint8_t[]){0, 1, 0, 1}, 4);
    struct rwe_logistic result;
    struct rwe_error error;
    assert_int_equal(try_fit(*state, &d, &result, &error), RWE_NOT_ESTIMABLE);
}

static void stopping_early_is_a_flag_on_the_result(void **state)
{
    struct design d = design_draw(*state, 500, 2);
    struct rwe_logistic_options options = rwe_logistic_options_default();
    options.max_iterations = 2;
    struct rwe_logistic result;
    assert_int_equal(rwe_logistic_fit(d.x, d.k, d.y, d.n, &options, *state, &result, NULL), RWE_OK);
    assert_false(result.converged);
    assert_int_equal(result.n_iterations, 2);
}

static void memory_that_is_out_is_an_error(void **state)
{
    struct design d = design_draw(*state, 50, 1);
    rwe_arena_alloc(*state, SIZE_MAX, 2); /* the failure sticks */
    struct rwe_logistic result;
    struct rwe_error error;
    assert_int_equal(try_fit(*state, &d, &result, &error), RWE_NO_MEMORY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lalonde_matches_r),
        TEST(rotterdam_matches_r),
        TEST(lung_matches_r),
        TEST(intercept_alone_is_the_log_odds),
        TEST(a_two_by_two_table_gives_woolfs_log_odds_ratio),
        TEST(the_score_is_zero_at_the_optimum),
        TEST(threads_change_no_bit),
        TEST(a_column_far_from_zero_costs_no_digits),
        TEST(a_constant_column_is_collinear),
        TEST(a_combination_of_earlier_columns_is_collinear),
        TEST(all_levels_of_a_factor_are_collinear),
        TEST(a_nearly_collinear_column_is_fitted),
        TEST(a_hundred_equal_sites_in_order_are_fitted_as_in_any_order),
        TEST(complete_separation_names_the_column),
        TEST(a_level_with_one_outcome_only_is_quasi_separation),
        TEST(overlap_at_one_value_only_is_quasi_separation),
        TEST(separation_along_a_combination_is_found),
        TEST(as_many_coefficients_as_rows_are_separation),
        TEST(one_patient_on_the_wrong_side_is_no_separation),
        TEST(fitted_probabilities_near_zero_and_one_are_no_separation),
        TEST(a_value_far_from_all_others_is_no_separation),
        TEST(one_value_of_a_hundred_million_is_no_separation),
        TEST(a_step_that_overshoots_is_halved),
        TEST(a_value_that_is_not_finite_is_refused_with_its_index),
        TEST(one_outcome_only_is_not_estimable),
        TEST(fewer_rows_than_coefficients_are_not_estimable),
        TEST(stopping_early_is_a_flag_on_the_result),
        TEST(memory_that_is_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
