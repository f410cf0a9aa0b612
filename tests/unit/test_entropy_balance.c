/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected numbers: tests/oracle/weights.R, which finds the weights by equations of its own, checks
 * them against survey's raking, and stacks all equations for the variance; or sums by hand. */
#include "check.h"
#include "csv_table.h"
#include "rwe/stats/entropy_balance.h"
#include "treatment.h"

#include <math.h>
#include <string.h>

static const char *const COHORT[] = {"lalonde", "lung", "rotterdam"};
static const char *const ESTIMAND[] = {"ate", "att", "atc"};
enum { N_COHORTS = 3, N_ESTIMANDS = 3 };

static struct rwe_arena *arena;
static struct oracle *oracle;

static int set_up(void **state)
{
    (void)state;
    arena = rwe_arena_new();
    oracle = oracle_read("tests/oracle/weights.csv");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    oracle_free(oracle);
    rwe_arena_free(arena);
    return 0;
}

static const double *expect(const char *cohort, const char *kind, const char *what)
{
    size_t n;
    return oracle_vector(oracle, rwe_arena_format(arena, "%s.entropy.%s.%s", cohort, kind, what),
                         &n);
}

static struct rwe_entropy_data data_of(const struct treatment *cohort)
{
    return (struct rwe_entropy_data){
        .n = cohort->n, .k = cohort->k, .x = cohort->x, .treated = cohort->treated};
}

static struct rwe_entropy_options for_estimand(size_t estimand)
{
    struct rwe_entropy_options options = rwe_entropy_options_default();
    options.estimand = (enum rwe_weight_kind)estimand;
    options.estimation = true;
    return options;
}

static struct rwe_entropy_balance balance(const struct rwe_entropy_data *data,
                                          struct rwe_entropy_options options)
{
    struct rwe_entropy_balance result;
    struct rwe_error error;
    if (rwe_entropy_balance(data, &options, arena, &result, &error) != RWE_OK)
        fail_msg("%s", error.message);
    assert_true(result.converged);
    assert_true(result.imbalance <= 1e-8);
    return result;
}

static void assert_summary(const struct treatment *cohort, const double weight[], uint8_t arm,
                           const double expected[])
{
    struct rwe_weight_summary s = rwe_weights_summarize(weight, cohort->treated, cohort->n, arm);
    assert_int_equal(s.n, expected[0]);
    assert_close(s.sum, expected[1], 1e-12);
    assert_close(s.min, expected[2], 1e-7);
    assert_close(s.max, expected[3], 1e-8);
    assert_close(s.ess, expected[5], 1e-8);
}

static void assert_as_r(const struct treatment *cohort, const struct rwe_entropy_balance *result,
                        const char *name, const char *kind)
{
    assert_summary(cohort, result->weight, 0, expect(name, kind, "control"));
    assert_summary(cohort, result->weight, 1, expect(name, kind, "treated"));
    struct treatment_estimate d = treatment_difference(cohort, result->weight, &result->estimation);
    const double *expected = expect(name, kind, "difference");
    assert_true(fabs(d.value - expected[0]) < 1e-8 * expected[1]);
    assert_close(d.std_error, expected[1], 1e-7);
}

static void weights_and_variances_match_r(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++)
        for (size_t e = 0; e < N_ESTIMANDS; e++) {
            struct treatment cohort = treatment_read(COHORT[c], arena);
            struct rwe_entropy_data data = data_of(&cohort);
            struct rwe_entropy_balance result = balance(&data, for_estimand(e));
            assert_as_r(&cohort, &result, COHORT[c], ESTIMAND[e]);
            if (c > 0)
                continue;
            const double *expected = expect(COHORT[c], ESTIMAND[e], "weight");
            for (size_t i = 0; i < cohort.n; i++)
                assert_close(result.weight[i], expected[i], 1e-8);
        }
}

/* The difference is summed here from x as given, not from what the kernel made of it. */
static void every_mean_is_balanced_to_1e_8(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++)
        for (size_t e = 0; e < N_ESTIMANDS; e++) {
            struct treatment cohort = treatment_read(COHORT[c], arena);
            struct rwe_entropy_data data = data_of(&cohort);
            struct rwe_entropy_balance result = balance(&data, for_estimand(e));
            for (size_t j = 0; j < cohort.k; j++) {
                struct treatment column = cohort;
                column.outcome = cohort.x + j * cohort.n;
                struct treatment_estimate d =
                    treatment_difference(&column, result.weight, &result.estimation);
                double sd = treatment_difference(&column, result.weight, NULL).std_error *
                            sqrt((double)cohort.n) / 2;
                assert_true(fabs(d.value) < 1e-8 * sd);
                /* what is balanced in every sample does not vary */
                assert_true(d.std_error < 1e-7 * sd);
            }
        }
}

static void base_weights_match_r(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_entropy_data data = data_of(&cohort);
        double *base = RWE_NEW(arena, double, cohort.n);
        for (size_t i = 0; i < cohort.n; i++)
            base[i] = (double)(1 + (i + 1) % 3);
        data.base = base;
        struct rwe_entropy_balance result = balance(&data, for_estimand(RWE_WEIGHT_ATT));
        assert_as_r(&cohort, &result, COHORT[c], "base");
    }
}

/* One subject more changes the sum of an arm's weights by its own weight and by what it does to all
 * others through λ and the share P; so the sum stays that of the target, or the arm's own. */
static void the_level_of_the_weights_follows_the_sample(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lung", arena);
    struct rwe_entropy_data data = data_of(&cohort);
    for (size_t e = 0; e < N_ESTIMANDS; e++)
        for (size_t stabilised = 0; stabilised < 2; stabilised++) {
            struct rwe_entropy_options options = for_estimand(e);
            options.stabilised = stabilised != 0;
            struct rwe_entropy_balance result = balance(&data, options);
            size_t q = result.estimation.n_parameters;
            uint8_t arm = e == RWE_WEIGHT_ATC; /* one that is reweighted */
            double gradient[16] = {0};
            assert_true(q <= 16);
            for (size_t i = 0; i < cohort.n; i++)
                for (size_t k = 0; k < q && cohort.treated[i] == arm; k++)
                    gradient[k] += result.estimation.slope[i * q + k] * result.weight[i];
            for (size_t i = 0; i < cohort.n; i++) {
                bool own = cohort.treated[i] == arm;
                double change = own ? result.weight[i] : 0;
                for (size_t k = 0; k < q; k++)
                    change += result.estimation.influence[i * q + k] * gradient[k];
                double expected = e == RWE_WEIGHT_ATE ? (own || !stabilised) : !own;
                assert_true(fabs(change - expected) < 1e-8);
            }
        }
}

/* Squares of columns with two values are determined by the columns themselves. */
static void squares_match_r(void **state)
{
    (void)state;
    for (size_t c = 0; c < N_COHORTS; c++) {
        struct treatment cohort = treatment_read(COHORT[c], arena);
        struct rwe_entropy_data data = data_of(&cohort);
        struct rwe_entropy_options options = for_estimand(c == 0 ? RWE_WEIGHT_ATT : RWE_WEIGHT_ATE);
        options.squares = true;
        struct rwe_entropy_balance result = balance(&data, options);
        assert_int_equal(result.n_terms, 2 * cohort.k);
        assert_as_r(&cohort, &result, COHORT[c], "squares");
        for (size_t j = 0; j < cohort.k; j++) {
            const double *x = cohort.x + j * cohort.n;
            double other = x[0]; /* the second value met */
            bool binary = true;
            for (size_t i = 1; i < cohort.n; i++) {
                other = other == x[0] ? x[i] : other;
                binary = binary && (x[i] == x[0] || x[i] == other);
            }
            assert_int_equal(result.term[0][cohort.k + j] == RWE_ENTROPY_DETERMINED, binary);
        }
    }
}

/* Controls at 0 and 1, the treated with mean 1/4: weights 3/4 and 1/4 of their sum. */
static void two_points_by_hand(void **state)
{
    (void)state;
    double x[5] = {0.25, 0.25, 0, 1, 1};
    uint8_t treated[5] = {1, 1, 0, 0, 0};
    struct rwe_entropy_data data = {.n = 5, .k = 1, .x = x, .treated = treated};
    struct rwe_entropy_balance result = balance(&data, for_estimand(RWE_WEIGHT_ATT));
    static const double expected[5] = {1, 1, 1.5, 0.25, 0.25};
    for (size_t i = 0; i < 5; i++)
        assert_close(result.weight[i], expected[i], 1e-9);
    assert_null(result.term[1]);
    double base[5] = {1, 1, 1, 1, 0};
    data.base = base;
    result = balance(&data, for_estimand(RWE_WEIGHT_ATT));
    assert_close(result.weight[3], 0.5, 1e-9);
    assert_true(result.weight[4] == 0);
}

static void whole_base_weights_are_replication(void **state)
{
    (void)state;
    double x[6] = {0.5, 2, 0, 1, 4, 3}, base[6] = {2, 1, 1, 3, 1, 2}, copies[10];
    uint8_t treated[6] = {1, 1, 0, 0, 0, 1}, arms[10];
    size_t n = 0;
    for (size_t i = 0; i < 6; i++)
        for (size_t copy = 0; copy < (size_t)base[i]; copy++) {
            copies[n] = x[i];
            arms[n++] = treated[i];
        }
    struct rwe_entropy_data data = {.n = 6, .k = 1, .x = x, .treated = treated, .base = base};
    struct rwe_entropy_data many = {.n = n, .k = 1, .x = copies, .treated = arms};
    for (size_t e = 0; e < N_ESTIMANDS; e++) {
        struct rwe_entropy_balance one = balance(&data, for_estimand(e));
        struct rwe_entropy_balance all = balance(&many, for_estimand(e));
        for (size_t i = 0, at = 0; i < 6; at += (size_t)base[i++])
            assert_close(one.weight[i], all.weight[at] * base[i], 1e-9);
    }
}

static void origin_unit_and_order_change_nothing(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lalonde", arena);
    struct rwe_entropy_data data = data_of(&cohort);
    struct rwe_entropy_balance result = balance(&data, for_estimand(RWE_WEIGHT_ATT));
    uint32_t *order = RWE_NEW(arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        order[i] = (uint32_t)(i * 5 % cohort.n); /* 5 and 614 have no common factor */
    struct treatment mixed = treatment_permute(&cohort, order, arena);
    for (size_t i = 0; i < cohort.n; i++)
        mixed.x[i] = 1e5 - 1e3 * mixed.x[i];
    data = data_of(&mixed);
    struct rwe_entropy_balance again = balance(&data, for_estimand(RWE_WEIGHT_ATT));
    for (size_t i = 0; i < cohort.n; i++)
        assert_close(again.weight[i], result.weight[order[i]], 1e-8);
}

static void constant_and_collinear_columns_are_left_out(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lung", arena);
    struct rwe_entropy_data data = data_of(&cohort);
    struct rwe_entropy_balance plain = balance(&data, for_estimand(RWE_WEIGHT_ATE));
    size_t n = cohort.n;
    double *x = RWE_NEW(arena, double, 5 * n);
    memcpy(x + n, cohort.x, 3 * n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        x[i] = 0.1;
        x[4 * n + i] = 3 - x[n + i] + 2 * x[2 * n + i];
    }
    data.x = x;
    data.k = 5;
    struct rwe_entropy_balance result = balance(&data, for_estimand(RWE_WEIGHT_ATE));
    static const uint8_t expected[5] = {RWE_ENTROPY_DETERMINED, 0, 0, 0, RWE_ENTROPY_DETERMINED};
    for (size_t arm = 0; arm < 2; arm++)
        assert_memory_equal(result.term[arm], expected, 5);
    for (size_t i = 0; i < n; i++)
        assert_close(result.weight[i], plain.weight[i], 1e-8);
    assert_int_equal(result.estimation.n_parameters, 2 * (1 + 3) + 1);
}

static void assert_refused(struct rwe_entropy_data data, enum rwe_weight_kind estimand,
                           enum rwe_status expected, size_t index)
{
    struct rwe_entropy_balance result;
    struct rwe_entropy_options options = for_estimand(estimand);
    struct rwe_error error = {0};
    assert_int_equal(rwe_entropy_balance(&data, &options, arena, &result, &error), expected);
    assert_int_equal(error.status, expected);
    assert_true(error.index == index);
    assert_true(strlen(error.message) > 0);
}

static void a_target_that_cannot_be_reached_names_the_column(void **state)
{
    (void)state;
    uint8_t treated[8] = {1, 1, 0, 0, 0, 0, 0, 0};
    double x[16] = {0.4, 0.6, 0, 1, 0, 1, 0.5, 0.2, 5, 6, 1, 2, 3, 4, 2, 1};
    struct rwe_entropy_data data = {.n = 8, .k = 2, .x = x, .treated = treated};
    assert_refused(data, RWE_WEIGHT_ATT, RWE_NOT_ESTIMABLE, 1); /* outside */
    double edge[8] = {4, 4, 1, 2, 3, 4, 2, 1};
    memcpy(x + 8, edge, sizeof edge);
    assert_refused(data, RWE_WEIGHT_ATT, RWE_NOT_ESTIMABLE, 1); /* on the edge */
    double constant[8] = {1, 0, 1, 1, 1, 1, 1, 1};
    memcpy(x + 8, constant, sizeof constant);
    assert_refused(data, RWE_WEIGHT_ATT, RWE_NOT_ESTIMABLE, 1); /* constant among controls */
    double inside[8] = {2, 3, 1, 2, 3, 4, 2, 1};
    memcpy(x + 8, inside, sizeof inside);
    balance(&data, for_estimand(RWE_WEIGHT_ATT));
}

static void what_cannot_be_balanced_is_an_error(void **state)
{
    (void)state;
    double x[4] = {0, 1, 0.5, 0.2};
    uint8_t treated[4] = {0, 0, 1, 1}, all[4] = {1, 1, 1, 1};
    struct rwe_entropy_data data = {.n = 4, .k = 1, .x = x, .treated = treated}, other = data;
    assert_refused(data, RWE_WEIGHT_OVERLAP, RWE_USAGE, RWE_NO_INDEX);
    other.n = 0;
    assert_refused(other, RWE_WEIGHT_ATT, RWE_NOT_ESTIMABLE, RWE_NO_INDEX);
    other = data;
    other.treated = all;
    assert_refused(other, RWE_WEIGHT_ATT, RWE_NOT_ESTIMABLE, RWE_NO_INDEX);
    other = data;
    other.base = (const double[]){1, 1, -1, 1};
    assert_refused(other, RWE_WEIGHT_ATT, RWE_BAD_INPUT, 2);
    other.base = (const double[]){0, 0, 1, 1};
    assert_refused(other, RWE_WEIGHT_ATT, RWE_NOT_ESTIMABLE, RWE_NO_INDEX);
    x[3] = NAN;
    assert_refused(data, RWE_WEIGHT_ATT, RWE_NOT_FINITE, 3);
}

static void stopping_early_is_a_flag_on_the_result(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lalonde", arena);
    struct rwe_entropy_data data = data_of(&cohort);
    struct rwe_entropy_options options = for_estimand(RWE_WEIGHT_ATT);
    struct rwe_entropy_balance result;
    options.max_iterations = 1;
    assert_int_equal(rwe_entropy_balance(&data, &options, arena, &result, NULL), RWE_OK);
    assert_false(result.converged);
    assert_true(result.imbalance > 1e-8);
    assert_int_equal(result.n_iterations, 1);
}

static void memory_that_is_out_is_an_error(void **state)
{
    (void)state;
    struct treatment cohort = treatment_read("lung", arena);
    struct rwe_entropy_data data = data_of(&cohort);
    rwe_arena_alloc(arena, SIZE_MAX, 2); /* the failure sticks */
    assert_refused(data, RWE_WEIGHT_ATT, RWE_NO_MEMORY, RWE_NO_INDEX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(weights_and_variances_match_r),
        TEST(every_mean_is_balanced_to_1e_8),
        TEST(base_weights_match_r),
        TEST(the_level_of_the_weights_follows_the_sample),
        TEST(squares_match_r),
        TEST(two_points_by_hand),
        TEST(whole_base_weights_are_replication),
        TEST(origin_unit_and_order_change_nothing),
        TEST(constant_and_collinear_columns_are_left_out),
        TEST(a_target_that_cannot_be_reached_names_the_column),
        TEST(what_cannot_be_balanced_is_an_error),
        TEST(stopping_early_is_a_flag_on_the_result),
        TEST(memory_that_is_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
