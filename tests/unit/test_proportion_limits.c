/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/proportion.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

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

static void assert_limits(struct rwe_interval interval, double low, double high, double absolute)
{
    if (!(fabs(interval.low - low) <= absolute && fabs(interval.high - high) <= absolute))
        fail_msg("limits %.17g, %.17g, expected %.17g, %.17g", interval.low, interval.high, low,
                 high);
}

static void assert_nothing(struct rwe_interval interval)
{
    assert_nan(interval.estimate);
    assert_nan(interval.low);
    assert_nan(interval.high);
}

/* ---- one proportion ---- */

/* Newcombe, Stat Med 17:857, 1998, table I: method 5 for 81/263, 15/148, 0/20 and 1/29. */
static void clopper_pearson_matches_newcombe_table_1(void **state)
{
    (void)state;
    const enum rwe_proportion_method exact = RWE_PROPORTION_CLOPPER_PEARSON;
    assert_limits(rwe_proportion_limits(81, 263, exact, 0.95), 0.2527, 0.3676, 0.00005);
    assert_limits(rwe_proportion_limits(15, 148, exact, 0.95), 0.0578, 0.1617, 0.00005);
    assert_limits(rwe_proportion_limits(0, 20, exact, 0.95), 0, 0.1684, 0.00005);
    assert_limits(rwe_proportion_limits(1, 29, exact, 0.95), 0.0009, 0.1776, 0.00005);
}

/* By hand: with no event of n the upper limit solves (1 − p)^n = α/2. */
static void clopper_pearson_of_none_and_all_is_a_root(void **state)
{
    (void)state;
    for (double n = 1; n <= 1000; n *= 10) {
        double root = -expm1(log(0.025) / n);
        assert_close(rwe_proportion_limits(0, n, RWE_PROPORTION_CLOPPER_PEARSON, 0.95).high, root,
                     1e-13);
        assert_close(rwe_proportion_limits(n, n, RWE_PROPORTION_CLOPPER_PEARSON, 0.95).low,
                     1 - root, 1e-13);
    }
}

/* binom.test, qbeta and the formulas, tests/oracle/small_samples.R: 0 of 10 to 999,999 of a million. */
static void each_method_matches_r(void **state)
{
    static const struct {
        enum rwe_proportion_method method;
        const char *low, *high;
    } methods[] = {{RWE_PROPORTION_CLOPPER_PEARSON, "cp.low", "cp.high"},
                   {RWE_PROPORTION_AGRESTI_COULL, "ac.low", "ac.high"},
                   {RWE_PROPORTION_JEFFREYS, "jeffreys.low", "jeffreys.high"},
                   {RWE_PROPORTION_WALD, "wald.low", "wald.high"}};
    struct design_csv csv = design_csv_read("tests/oracle/expected/one_proportion.csv", *state);
    const double *x = design_csv_numbers(&csv, "x"), *n = design_csv_numbers(&csv, "n");
    const double *level = design_csv_numbers(&csv, "level");
    for (size_t m = 0; m < 4; m++) {
        const double *low = design_csv_numbers(&csv, methods[m].low);
        const double *high = design_csv_numbers(&csv, methods[m].high);
        for (size_t r = 0; r < csv.n_rows; r++) {
            struct rwe_interval p = rwe_proportion_limits(x[r], n[r], methods[m].method, level[r]);
            assert_close(p.low, low[r], 1e-11);
            assert_close(p.high, high[r], 1e-11);
            assert_close(p.estimate, x[r] / n[r], 0);
        }
    }
}

static void wilson_is_the_one_known_already(void **state)
{
    (void)state;
    struct rwe_interval a = rwe_proportion_limits(7, 40, RWE_PROPORTION_WILSON, 0.9);
    struct rwe_interval b = rwe_proportion_wilson(7, 40, 0.9);
    assert_close(a.low, b.low, 0);
    assert_close(a.high, b.high, 0);
}

/* Share of samples of n whose limits hold p: by summing over all of them, no simulation. */
static double coverage(double p, unsigned n, enum rwe_proportion_method method)
{
    double share = 0;
    for (unsigned x = 0; x <= n; x++) {
        struct rwe_interval limits = rwe_proportion_limits(x, n, method, 0.95);
        if (limits.low <= p && p <= limits.high)
            share += gsl_ran_binomial_pdf(x, p, n);
    }
    return share;
}

static void clopper_pearson_always_holds_its_level_and_wald_does_not(void **state)
{
    (void)state;
    double worst_exact = 1, worst_wald = 1, mean_jeffreys = 0, mean_agresti = 0;
    for (int k = 1; k < 100; k++) {
        double p = k / 100.0;
        worst_exact = fmin(worst_exact, coverage(p, 20, RWE_PROPORTION_CLOPPER_PEARSON));
        worst_wald = fmin(worst_wald, coverage(p, 20, RWE_PROPORTION_WALD));
        mean_jeffreys += coverage(p, 20, RWE_PROPORTION_JEFFREYS) / 99;
        mean_agresti += coverage(p, 20, RWE_PROPORTION_AGRESTI_COULL) / 99;
    }
    assert_true(worst_exact >= 0.95);
    assert_true(worst_wald < 0.5);
    assert_true(mean_jeffreys > 0.94 && mean_jeffreys < 0.965);
    assert_true(mean_agresti > 0.95 && mean_agresti < 0.98);
}

/* ---- the difference ---- */

/* Newcombe, Stat Med 17:873, 1998, table II, method 6. */
static void score_difference_matches_newcombe_table_2(void **state)
{
    (void)state;
    static const struct {
        struct rwe_two_by_two table;
        double low, high;
    } printed[] = {{{56, 70, 48, 80}, 0.0528, 0.3382},
                   {{9, 10, 3, 10}, 0.1700, 0.8406},
                   {{6, 7, 2, 7}, 0.0342, 0.8534},
                   {{5, 56, 0, 29}, -0.0326, 0.1933}};
    for (size_t i = 0; i < 4; i++)
        assert_limits(rwe_proportion_difference_by(&printed[i].table,
                                                   RWE_DIFFERENCE_MIETTINEN_NURMINEN, 0.95),
                      printed[i].low, printed[i].high, 0.00005);
}

static struct rwe_two_by_two table_of(const struct design_csv *csv, size_t r)
{
    return (struct rwe_two_by_two){
        design_csv_numbers(csv, "x1")[r], design_csv_numbers(csv, "n1")[r],
        design_csv_numbers(csv, "x2")[r], design_csv_numbers(csv, "n2")[r]};
}

/* prop.test, and the paper's cosines in tests/oracle/small_samples.R. */
static void each_difference_matches_r(void **state)
{
    static const struct {
        enum rwe_difference_method method;
        const char *low, *high;
    } methods[] = {{RWE_DIFFERENCE_MIETTINEN_NURMINEN, "mn.low", "mn.high"},
                   {RWE_DIFFERENCE_WALD, "wald.low", "wald.high"},
                   {RWE_DIFFERENCE_WALD_CORRECTED, "waldcc.low", "waldcc.high"}};
    struct design_csv csv = design_csv_read("tests/oracle/expected/two_proportions.csv", *state);
    for (size_t m = 0; m < 3; m++)
        for (size_t r = 0; r < csv.n_rows; r++) {
            struct rwe_two_by_two table = table_of(&csv, r);
            struct rwe_interval d = rwe_proportion_difference_by(&table, methods[m].method, 0.95);
            assert_limits(d, design_csv_numbers(&csv, methods[m].low)[r],
                          design_csv_numbers(&csv, methods[m].high)[r], 1e-10);
            assert_close(d.estimate, table.x1 / table.n1 - table.x2 / table.n2, 0);
        }
}

static void newcombe_is_the_one_known_already(void **state)
{
    (void)state;
    struct rwe_two_by_two table = {5, 56, 3, 29};
    struct rwe_interval a = rwe_proportion_difference_by(&table, RWE_DIFFERENCE_NEWCOMBE, 0.9);
    struct rwe_interval b = rwe_proportion_difference(5, 56, 3, 29, 0.9);
    assert_close(a.low, b.low, 0);
    assert_close(a.high, b.high, 0);
}

/* Every table of two small groups: limits in order, in range, turned round with the groups. */
static void every_difference_of_small_groups_is_sound(void **state)
{
    (void)state;
    for (int m = RWE_DIFFERENCE_NEWCOMBE; m <= RWE_DIFFERENCE_WALD_CORRECTED; m++)
        for (double x1 = 0; x1 <= 5; x1++)
            for (double x2 = 0; x2 <= 7; x2++) {
                struct rwe_two_by_two table = {x1, 5, x2, 7}, swapped = {x2, 7, x1, 5};
                enum rwe_difference_method method = (enum rwe_difference_method)m;
                struct rwe_interval a = rwe_proportion_difference_by(&table, method, 0.95);
                struct rwe_interval b = rwe_proportion_difference_by(&swapped, method, 0.95);
                assert_true(-1 <= a.low && a.low <= a.estimate);
                assert_true(a.estimate <= a.high && a.high <= 1);
                assert_limits(a, -b.high, -b.low, 1e-12);
            }
}

/* Mean share of samples of 15 and 20 whose limits hold p1 − p2, over a grid of both; by summing over
 * all tables. */
static double mean_coverage(enum rwe_difference_method method)
{
    struct rwe_interval limits[16][21];
    double share = 0;
    for (unsigned x1 = 0; x1 <= 15; x1++)
        for (unsigned x2 = 0; x2 <= 20; x2++)
            limits[x1][x2] = rwe_proportion_difference_by(&(struct rwe_two_by_two){x1, 15, x2, 20},
                                                          method, 0.95);
    for (double p1 = 0.03; p1 < 1; p1 += 0.05)
        for (double p2 = 0.05; p2 < 1; p2 += 0.05)
            for (unsigned x1 = 0; x1 <= 15; x1++)
                for (unsigned x2 = 0; x2 <= 20; x2++)
                    if (limits[x1][x2].low <= p1 - p2 && p1 - p2 <= limits[x1][x2].high)
                        share +=
                            gsl_ran_binomial_pdf(x1, p1, 15) * gsl_ran_binomial_pdf(x2, p2, 20);
    return share / (20 * 19);
}

static void score_limits_of_small_groups_hold_their_level_and_wald_does_not(void **state)
{
    (void)state;
    double score =
        mean_coverage(RWE_DIFFERENCE_MIETTINEN_NURMINEN); /* 95.3%, as Newcombe's; Wald 92.1% */
    double newcombe = mean_coverage(RWE_DIFFERENCE_NEWCOMBE);
    assert_true(score > 0.945 && score < 0.965);
    assert_true(newcombe > 0.945 && newcombe < 0.965);
    assert_true(mean_coverage(RWE_DIFFERENCE_WALD) < 0.93);
}

/* ---- ratios ---- */

static void score_ratio_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/two_proportions.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_two_by_two table = table_of(&csv, r);
        struct rwe_interval ratio = rwe_proportion_ratio(&table, 0.95);
        double high = design_csv_numbers(&csv, "rr.high")[r];
        assert_close(ratio.low, design_csv_numbers(&csv, "rr.low")[r], 1e-10);
        if (isinf(high))
            assert_true(isinf(ratio.high));
        else
            assert_close(ratio.high, high, 1e-10);
    }
}

/* Both ask whether p1 = p2 with the same statistic. */
static void ratio_excludes_1_where_the_score_difference_excludes_0(void **state)
{
    (void)state;
    for (double x1 = 0; x1 <= 12; x1++)
        for (double x2 = 1; x2 <= 15; x2++) {
            struct rwe_two_by_two table = {x1, 12, x2, 15};
            struct rwe_interval d =
                rwe_proportion_difference_by(&table, RWE_DIFFERENCE_MIETTINEN_NURMINEN, 0.95);
            struct rwe_interval ratio = rwe_proportion_ratio(&table, 0.95);
            assert_int_equal(d.low > 0 || d.high<0, ratio.low> 1 || ratio.high < 1);
        }
}

/* The conditional estimate and limits of fisher.test, solved to the last digit in R. */
static void exact_odds_ratio_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/two_proportions.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_two_by_two table = table_of(&csv, r);
        struct rwe_interval odds = rwe_proportion_odds_ratio(&table, 0.95);
        const double actual[] = {odds.estimate, odds.low, odds.high};
        const char *const columns[] = {"or", "or.low", "or.high"};
        for (size_t c = 0; c < 3; c++) {
            double expected = design_csv_numbers(&csv, columns[c])[r];
            if (isinf(expected))
                assert_true(isinf(actual[c]));
            else
                assert_close(actual[c], expected, 1e-10);
        }
    }
}

/* Fisher's tea, 3 of 4 against 1 of 4; fisher.test prints 6.408309 (0.2117329 to 621.9337505). */
static void exact_odds_ratio_matches_the_lady_tasting_tea(void **state)
{
    (void)state;
    struct rwe_two_by_two tea = {3, 4, 1, 4};
    struct rwe_interval odds = rwe_proportion_odds_ratio(&tea, 0.95);
    assert_close(odds.estimate, 6.408309, 1e-5);
    assert_close(odds.low, 0.2117329, 1e-3);
    assert_close(odds.high, 621.9337505, 1e-2);
}

static void swapping_the_groups_inverts_ratios(void **state)
{
    (void)state;
    struct rwe_two_by_two table = {5, 56, 3, 29}, swapped = {3, 29, 5, 56};
    struct rwe_interval ratio[] = {rwe_proportion_ratio(&table, 0.95),
                                   rwe_proportion_odds_ratio(&table, 0.95)};
    struct rwe_interval inverse[] = {rwe_proportion_ratio(&swapped, 0.95),
                                     rwe_proportion_odds_ratio(&swapped, 0.95)};
    for (size_t i = 0; i < 2; i++) {
        assert_close(ratio[i].estimate * inverse[i].estimate, 1, 1e-12);
        assert_close(ratio[i].low * inverse[i].high, 1, 1e-12);
        assert_close(ratio[i].high * inverse[i].low, 1, 1e-12);
    }
}

static void what_cannot_be_computed_is_nan(void **state)
{
    (void)state;
    struct rwe_two_by_two none = {0, 0, 1, 2}, nobody = {0, 4, 0, 5}, all = {4, 4, 5, 5},
                          above = {5, 4, 1, 2};
    for (int m = RWE_PROPORTION_WILSON; m <= RWE_PROPORTION_WALD; m++) {
        assert_nothing(rwe_proportion_limits(0, 0, (enum rwe_proportion_method)m, 0.95));
        assert_nothing(rwe_proportion_limits(3, 2, (enum rwe_proportion_method)m, 0.95));
        assert_nothing(rwe_proportion_limits(-1, 2, (enum rwe_proportion_method)m, 0.95));
    }
    for (int m = RWE_DIFFERENCE_NEWCOMBE; m <= RWE_DIFFERENCE_WALD_CORRECTED; m++) {
        assert_nothing(rwe_proportion_difference_by(&none, (enum rwe_difference_method)m, 0.95));
        assert_nothing(rwe_proportion_difference_by(&above, (enum rwe_difference_method)m, 0.95));
    }
    assert_nothing(rwe_proportion_ratio(&none, 0.95));
    assert_nothing(rwe_proportion_ratio(&nobody, 0.95));
    assert_nothing(rwe_proportion_odds_ratio(&none, 0.95));
    assert_nothing(rwe_proportion_odds_ratio(&nobody, 0.95));
    assert_nothing(rwe_proportion_odds_ratio(&all, 0.95));
    assert_nothing(rwe_proportion_odds_ratio(&above, 0.95));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clopper_pearson_matches_newcombe_table_1),
        TEST(clopper_pearson_of_none_and_all_is_a_root),
        TEST(each_method_matches_r),
        TEST(wilson_is_the_one_known_already),
        TEST(clopper_pearson_always_holds_its_level_and_wald_does_not),
        TEST(score_difference_matches_newcombe_table_2),
        TEST(each_difference_matches_r),
        TEST(newcombe_is_the_one_known_already),
        TEST(every_difference_of_small_groups_is_sound),
        TEST(score_limits_of_small_groups_hold_their_level_and_wald_does_not),
        TEST(score_ratio_matches_r),
        TEST(ratio_excludes_1_where_the_score_difference_excludes_0),
        TEST(exact_odds_ratio_matches_r),
        TEST(exact_odds_ratio_matches_the_lady_tasting_tea),
        TEST(swapping_the_groups_inverts_ratios),
        TEST(what_cannot_be_computed_is_nan),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
