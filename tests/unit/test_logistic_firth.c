/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Logistic regression under Firth's penalty, under case weights and from a given start. */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/logistic.h"

#include <math.h>
#include <string.h>

enum { K = 4, P = K + 1 };

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

struct design {
    size_t n, k;
    double *x;
    uint8_t *y;
    double *weight;
};

static struct rwe_logistic_options options_firth(void)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    options.firth = true;
    return options;
}

static struct rwe_logistic fit(struct rwe_arena *arena, const struct design *d,
                               struct rwe_logistic_options options)
{
    struct rwe_logistic result;
    struct rwe_error error;
    options.weight = d->weight;
    if (rwe_logistic_fit(d->x, d->k, d->y, d->n, &options, arena, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    assert_true(result.converged);
    return result;
}

/* The columns of tests/oracle/logistic_firth.R. */
static struct design lalonde(struct rwe_arena *arena)
{
    const char *const names[K] = {"age", "educ", "married", "re74"};
    struct design_csv csv = design_csv_read("tests/oracle/data/lalonde.csv", arena);
    struct design d = {.n = csv.n_rows,
                       .k = K,
                       .x = RWE_NEW(arena, double, K *csv.n_rows),
                       .y = RWE_NEW(arena, uint8_t, csv.n_rows)};
    const double *treat = design_csv_numbers(&csv, "treat");
    for (size_t j = 0; j < K; j++)
        memcpy(d.x + j * d.n, design_csv_numbers(&csv, names[j]), d.n * sizeof *d.x);
    for (size_t i = 0; i < d.n; i++)
        d.y[i] = treat[i] == 1;
    return d;
}

static void assert_as_r(struct rwe_arena *arena, const struct rwe_logistic *result,
                        const char *name)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/logistic_firth.csv", arena);
    const double *estimate = design_csv_numbers(&csv, "estimate");
    const double *se = design_csv_numbers(&csv, "se");
    const double *loglik = design_csv_numbers(&csv, "loglik");
    size_t j = 0;
    for (size_t r = 0; r < csv.n_rows; r++) {
        if (strcmp(design_csv_text(&csv, r, "fit"), name) != 0)
            continue;
        assert_close(result->estimate[j], estimate[r], 1e-8);
        assert_close(sqrt(result->covariance[j * P + j]), se[r], 1e-7);
        assert_close(result->loglik_penalised, loglik[r], 1e-10);
        j++;
    }
    assert_int_equal(j, P);
    assert_true(result->penalised);
}

static void the_penalised_maximum_matches_r(void **state)
{
    struct design d = lalonde(*state);
    struct rwe_logistic result = fit(*state, &d, options_firth());
    assert_as_r(*state, &result, "lalonde");
}

/* Everyone above 45 is treated and nobody else; all married are treated. */
static void separated_outcomes_have_a_penalised_maximum(void **state)
{
    struct design d = lalonde(*state);
    uint8_t *treat = memcpy(RWE_NEW(*state, uint8_t, d.n), d.y, d.n);
    for (size_t i = 0; i < d.n; i++)
        d.y[i] = d.x[i] > 45;
    struct rwe_logistic_options plain = rwe_logistic_options_default();
    struct rwe_logistic result;
    assert_int_equal(rwe_logistic_fit(d.x, K, d.y, d.n, &plain, *state, &result, NULL),
                     RWE_SEPARATED);
    result = fit(*state, &d, options_firth());
    assert_as_r(*state, &result, "lalonde_complete");
    for (size_t i = 0; i < d.n; i++)
        d.y[i] = d.x[2 * d.n + i] == 1 || treat[i];
    assert_int_equal(rwe_logistic_fit(d.x, K, d.y, d.n, &plain, *state, &result, NULL),
                     RWE_SEPARATED);
    result = fit(*state, &d, options_firth());
    assert_as_r(*state, &result, "lalonde_quasi");
}

static void frequencies_weigh_the_penalty_too(void **state)
{
    struct design d = lalonde(*state);
    d.weight = RWE_NEW(*state, double, d.n);
    for (size_t i = 0; i < d.n; i++)
        d.weight[i] = fmod(d.x[i], 4);
    struct rwe_logistic result = fit(*state, &d, options_firth());
    assert_as_r(*state, &result, "lalonde_weighted");
}

/* Exposed with and without the outcome, unexposed with and without it. */
static struct design two_by_two(struct rwe_arena *arena, const size_t cell[4])
{
    struct design d = {.n = cell[0] + cell[1] + cell[2] + cell[3], .k = 1};
    d.x = RWE_NEW(arena, double, d.n);
    d.y = RWE_NEW(arena, uint8_t, d.n);
    for (size_t i = 0; i < d.n; i++) {
        bool exposed = i < cell[0] + cell[1];
        d.x[i] = exposed;
        d.y[i] = exposed ? i < cell[0] : i < cell[0] + cell[1] + cell[2];
    }
    return d;
}

/* By hand (Heinze & Schemper 2002, 2): the score of a saturated model vanishes with ½ added to each
 * cell. The information is that of the patients alone: n p (1 − p) with p from the larger table. */
static void a_two_by_two_table_has_a_half_added_to_each_cell(void **state)
{
    const size_t tables[][4] = {{8, 12, 3, 17}, {0, 7, 4, 9}, {5, 0, 0, 6}, {1, 0, 0, 1}};
    for (size_t t = 0; t < 4; t++) {
        const size_t *c = tables[t];
        double a = (double)c[0] + 0.5, b = (double)c[1] + 0.5;
        double e = (double)c[2] + 0.5, f = (double)c[3] + 0.5;
        struct design d = two_by_two(*state, c);
        struct rwe_logistic result = fit(*state, &d, options_firth());
        assert_close(result.estimate[0], log(e / f), 1e-9);
        assert_close(result.estimate[1], log(a * f / (b * e)), 1e-9);
        double exposed = (a + b) * (a + b) / ((a + b - 1) * a * b);
        double unexposed = (e + f) * (e + f) / ((e + f - 1) * e * f);
        assert_close(result.covariance[3], exposed + unexposed, 1e-8);
    }
}

/* Score Σ (y − μ + h (½ − μ)) x, with h from the covariance that was returned. */
static void the_modified_score_is_zero_at_the_optimum(void **state)
{
    struct design d = lalonde(*state);
    struct rwe_logistic result = fit(*state, &d, options_firth());
    double score[P] = {0}, sum_h = 0;
    for (size_t i = 0; i < d.n; i++) {
        double mu = result.fitted[i], h = 0, row[P] = {1};
        for (size_t j = 0; j < K; j++)
            row[j + 1] = d.x[j * d.n + i];
        for (size_t j = 0; j < P; j++)
            for (size_t l = 0; l < P; l++)
                h += mu * (1 - mu) * row[j] * row[l] * result.covariance[j * P + l];
        sum_h += h;
        for (size_t j = 0; j < P; j++)
            score[j] += (d.y[i] - mu + h * (0.5 - mu)) * row[j];
    }
    assert_close(sum_h, P, 1e-10);
    for (size_t j = 0; j < P; j++) /* in units of the column: re74 is in dollars */
        assert_true(fabs(score[j]) * sqrt(result.covariance[j * P + j]) < 1e-7);
}

static void without_penalty_the_result_says_so(void **state)
{
    struct design d = lalonde(*state);
    struct rwe_logistic result = fit(*state, &d, rwe_logistic_options_default());
    assert_false(result.penalised);
    assert_nan(result.loglik_penalised);
}

/* Expected numbers: glm under weights with halves among them, and zeros. */
static void weights_match_r(void **state)
{
    struct design d = lalonde(*state);
    struct design_csv csv = design_csv_read("tests/oracle/expected/logistic_weighted.csv", *state);
    d.weight = RWE_NEW(*state, double, d.n);
    for (size_t i = 0; i < d.n; i++)
        d.weight[i] = fmod(d.x[i], 4) + 0.5 * (d.x[d.n + i] > 11);
    struct rwe_logistic result = fit(*state, &d, rwe_logistic_options_default());
    for (size_t j = 0; j < P; j++) {
        assert_close(result.estimate[j], design_csv_numbers(&csv, "estimate")[j], 1e-8);
        assert_close(sqrt(result.covariance[j * P + j]), design_csv_numbers(&csv, "se")[j], 1e-7);
    }
    assert_close(result.deviance, design_csv_numbers(&csv, "deviance")[0], 1e-10);
}

/* Each row as many times as its weight says. */
static struct design replicate(struct rwe_arena *arena, const struct design *d)
{
    struct design more = {.k = d->k};
    for (size_t i = 0; i < d->n; i++)
        more.n += (size_t)d->weight[i];
    more.x = RWE_NEW(arena, double, d->k *more.n);
    more.y = RWE_NEW(arena, uint8_t, more.n);
    for (size_t i = 0, to = 0; i < d->n; i++)
        for (size_t copy = 0; copy < (size_t)d->weight[i]; copy++, to++) {
            more.y[to] = d->y[i];
            for (size_t j = 0; j < d->k; j++)
                more.x[j * more.n + to] = d->x[j * d->n + i];
        }
    return more;
}

static void integer_weights_are_copies_of_the_row(void **state)
{
    for (int firth = 0; firth < 2; firth++) {
        struct design d = lalonde(*state);
        struct rwe_logistic_options options = rwe_logistic_options_default();
        options.firth = firth;
        d.weight = RWE_NEW(*state, double, d.n);
        for (size_t i = 0; i < d.n; i++)
            d.weight[i] = (double)(i * 7 % 5); /* 1228 rows: two blocks */
        struct design more = replicate(*state, &d);
        struct rwe_logistic weighted = fit(*state, &d, options);
        struct rwe_logistic copies = fit(*state, &more, options);
        for (size_t j = 0; j < P; j++)
            assert_close(weighted.estimate[j], copies.estimate[j], 1e-9);
        for (size_t j = 0; j < P * P; j++)
            assert_close(weighted.covariance[j], copies.covariance[j], 1e-8);
        assert_close(weighted.deviance, copies.deviance, 1e-12);
        assert_close(weighted.auc, copies.auc, 1e-12);
    }
}

/* Row 0 alone would break the separation by age; with weight 0 it does not, and is predicted. */
static void a_row_of_weight_zero_is_only_predicted(void **state)
{
    struct design d = lalonde(*state);
    d.weight = RWE_NEW(*state, double, d.n);
    for (size_t i = 0; i < d.n; i++) {
        d.weight[i] = i > 0;
        d.y[i] = (d.x[i] > 45) != (i == 0);
    }
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic result;
    options.weight = d.weight;
    assert_int_equal(rwe_logistic_fit(d.x, K, d.y, d.n, &options, *state, &result, NULL),
                     RWE_SEPARATED);
    result = fit(*state, &d, options_firth());
    double linear = result.estimate[0];
    for (size_t j = 0; j < K; j++)
        linear += result.estimate[j + 1] * d.x[j * d.n];
    assert_close(result.linear[0], linear, 1e-10);
}

static void any_start_leads_to_the_same_maximum(void **state)
{
    struct design d = lalonde(*state);
    const double far[P] = {300, -40, 70, 1e3, 1}, broken[P] = {0, NAN, 0, 0, 0};
    for (int firth = 0; firth < 2; firth++) {
        struct rwe_logistic_options options = rwe_logistic_options_default();
        options.firth = firth;
        struct rwe_logistic cold = fit(*state, &d, options);
        const double *const starts[] = {far, broken, cold.estimate};
        for (size_t s = 0; s < 3; s++) {
            options.start = starts[s];
            struct rwe_logistic warm = fit(*state, &d, options);
            for (size_t j = 0; j < P; j++)
                assert_close(warm.estimate[j], cold.estimate[j], 1e-8);
            if (s == 2)
                assert_true(warm.n_iterations <= 1);
        }
    }
}

static void a_start_does_not_hide_collinear_columns(void **state)
{
    struct design d = lalonde(*state);
    const double start[P] = {-0.7, 0.01, 0, -1.2, 0};
    for (size_t i = 0; i < d.n; i++)
        d.x[d.n + i] = 3 * d.x[i] - 1;
    struct rwe_logistic_options options = options_firth();
    struct rwe_logistic result;
    struct rwe_error error;
    options.start = start;
    assert_int_equal(rwe_logistic_fit(d.x, K, d.y, d.n, &options, *state, &result, &error),
                     RWE_COLLINEAR);
    assert_int_equal(error.index, 1);
}

static void threads_change_no_bit_of_a_penalised_fit(void **state)
{
    struct design d = lalonde(*state);
    d.weight = RWE_NEW(*state, double, d.n);
    for (size_t i = 0; i < d.n; i++)
        d.weight[i] = 4;
    struct design more = replicate(*state, &d); /* 2456 rows: three blocks */
    struct rwe_logistic_options options = options_firth();
    struct rwe_logistic one = fit(*state, &more, options);
    options.threads = 3;
    struct rwe_logistic many = fit(*state, &more, options);
    assert_memory_equal(many.estimate, one.estimate, P * sizeof(double));
    assert_memory_equal(many.covariance, one.covariance, P * P * sizeof(double));
    assert_true(many.loglik_penalised == one.loglik_penalised);
}

static void assert_refused(struct rwe_arena *arena, const struct design *d, enum rwe_status status,
                           size_t index)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic result;
    struct rwe_error error;
    options.weight = d->weight;
    assert_int_equal(rwe_logistic_fit(d->x, d->k, d->y, d->n, &options, arena, &result, &error),
                     status);
    assert_int_equal(error.index, index);
}

static void a_weight_that_is_no_weight_is_refused_with_its_index(void **state)
{
    struct design d = two_by_two(*state, (const size_t[]){2, 2, 2, 2});
    double weight[] = {1, 1, 1, NAN, 1, 1, 1, 1};
    d.weight = weight;
    assert_refused(*state, &d, RWE_NOT_FINITE, 3);
    weight[3] = -0.5;
    assert_refused(*state, &d, RWE_BAD_INPUT, 3);
}

static void rows_of_weight_zero_do_not_count_as_outcomes(void **state)
{
    struct design d = two_by_two(*state, (const size_t[]){2, 2, 2, 2});
    double weight[] = {0, 0, 1, 1, 0, 0, 1, 1};
    d.weight = weight;
    assert_refused(*state, &d, RWE_NOT_ESTIMABLE, RWE_NO_INDEX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_penalised_maximum_matches_r),
        TEST(separated_outcomes_have_a_penalised_maximum),
        TEST(frequencies_weigh_the_penalty_too),
        TEST(a_two_by_two_table_has_a_half_added_to_each_cell),
        TEST(the_modified_score_is_zero_at_the_optimum),
        TEST(without_penalty_the_result_says_so),
        TEST(weights_match_r),
        TEST(integer_weights_are_copies_of_the_row),
        TEST(a_row_of_weight_zero_is_only_predicted),
        TEST(any_start_leads_to_the_same_maximum),
        TEST(a_start_does_not_hide_collinear_columns),
        TEST(threads_change_no_bit_of_a_penalised_fit),
        TEST(a_weight_that_is_no_weight_is_refused_with_its_index),
        TEST(rows_of_weight_zero_do_not_count_as_outcomes),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
