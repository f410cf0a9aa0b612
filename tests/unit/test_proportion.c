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

/* Newcombe, Stat Med 17:857, 1998, table I: method 3 for 81/263, 15/148, 0/20 and 1/29. */
static void wilson_matches_newcombe_table_1(void **state)
{
    (void)state;
    assert_limits(rwe_proportion_wilson(81, 263, 0.95), 0.2553, 0.3662, 0.00005);
    assert_limits(rwe_proportion_wilson(15, 148, 0.95), 0.0624, 0.1605, 0.00005);
    assert_limits(rwe_proportion_wilson(0, 20, 0.95), 0, 0.1611, 0.00005);
    assert_limits(rwe_proportion_wilson(1, 29, 0.95), 0.0061, 0.1718, 0.00005);
}

/* prop.test(correct = FALSE), tests/oracle/proportions.R. */
static void wilson_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/wilson.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_interval w = rwe_proportion_wilson(design_csv_numbers(&csv, "x")[r],
                                                      design_csv_numbers(&csv, "n")[r],
                                                      design_csv_numbers(&csv, "level")[r]);
        assert_limits(w, design_csv_numbers(&csv, "low")[r], design_csv_numbers(&csv, "high")[r],
                      1e-13);
    }
}

static void wilson_reaches_zero_and_one_exactly(void **state)
{
    (void)state;
    assert_true(rwe_proportion_wilson(0, 7, 0.95).low == 0);
    assert_true(rwe_proportion_wilson(7, 7, 0.95).high == 1);
    assert_close(rwe_proportion_wilson(3, 4, 0.95).estimate, 0.75, 0);
}

/* Newcombe, Stat Med 17:873, 1998, table II, method 10. */
static void difference_matches_newcombe_table_2(void **state)
{
    (void)state;
    assert_limits(rwe_proportion_difference(56, 70, 48, 80, 0.95), 0.0524, 0.3339, 0.00005);
    assert_limits(rwe_proportion_difference(9, 10, 3, 10, 0.95), 0.1705, 0.8090, 0.00005);
    assert_limits(rwe_proportion_difference(6, 7, 2, 7, 0.95), 0.0582, 0.8062, 0.00005);
    assert_limits(rwe_proportion_difference(5, 56, 0, 29, 0.95), -0.0381, 0.1926, 0.00005);
    assert_limits(rwe_proportion_difference(0, 10, 0, 20, 0.95), -0.1611, 0.2775, 0.00005);
    assert_limits(rwe_proportion_difference(0, 10, 0, 10, 0.95), -0.2775, 0.2775, 0.00005);
    assert_limits(rwe_proportion_difference(10, 10, 0, 20, 0.95), 0.6791, 1, 0.00005);
    assert_limits(rwe_proportion_difference(10, 10, 0, 10, 0.95), 0.6075, 1, 0.00005);
    assert_close(rwe_proportion_difference(56, 70, 48, 80, 0.95).estimate, 0.2, 1e-15);
}

static void swapping_the_groups_turns_the_difference_round(void **state)
{
    (void)state;
    struct rwe_interval a = rwe_proportion_difference(5, 56, 3, 29, 0.9);
    struct rwe_interval b = rwe_proportion_difference(3, 29, 5, 56, 0.9);
    assert_close(a.estimate, -b.estimate, 0);
    assert_close(a.low, -b.high, 1e-15);
    assert_close(a.high, -b.low, 1e-15);
}

static void an_empty_group_gives_nan(void **state)
{
    (void)state;
    struct rwe_interval none[] = {
        rwe_proportion_wilson(0, 0, 0.95), rwe_proportion_difference(0, 0, 1, 2, 0.95),
        rwe_proportion_difference(1, 2, 0, 0, 0.95),
        rwe_proportion_paired_difference((struct rwe_paired_counts){0}, 0.95)};
    for (size_t i = 0; i < 4; i++) {
        assert_nan(none[i].estimate);
        assert_nan(none[i].low);
        assert_nan(none[i].high);
    }
}

/* Altman et al., Statistics with Confidence, 2nd ed. 2000, table 6.2: 0.122 (0.011 to 0.226).
 * Fagerland, Lydersen & Laake, Stat Med 33:2850, 2014 (Bentur's data): −0.286 (−0.507 to −0.026).
 */
static void paired_difference_matches_published_examples(void **state)
{
    (void)state;
    struct rwe_interval altman =
        rwe_proportion_paired_difference((struct rwe_paired_counts){14, 5, 0, 22}, 0.95);
    struct rwe_interval bentur =
        rwe_proportion_paired_difference((struct rwe_paired_counts){1, 1, 7, 12}, 0.95);
    assert_close(altman.estimate, 5.0 / 41, 1e-15);
    assert_limits(altman, 0.011, 0.226, 0.0005);
    assert_limits(bentur, -0.507, -0.026, 0.0005);
}

/* The paper's formula in tests/oracle/proportions.R: positive, corrected-away, negative and no
 * correlation. */
static void paired_difference_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/newcombe_paired.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_paired_counts pairs = {.both = design_csv_numbers(&csv, "both")[r],
                                          .first_only = design_csv_numbers(&csv, "first_only")[r],
                                          .second_only = design_csv_numbers(&csv, "second_only")[r],
                                          .neither = design_csv_numbers(&csv, "neither")[r]};
        struct rwe_interval d = rwe_proportion_paired_difference(pairs, 0.95);
        assert_close(d.estimate, design_csv_numbers(&csv, "estimate")[r], 1e-15);
        assert_limits(d, design_csv_numbers(&csv, "low")[r], design_csv_numbers(&csv, "high")[r],
                      1e-13);
    }
}

/* Fisher's tea: 3 of 4 against 1 of 4: (1 + 16 + 16 + 1) / 70. */
static void fisher_matches_the_lady_tasting_tea(void **state)
{
    (void)state;
    assert_close(rwe_proportion_fisher(3, 4, 1, 4), 34.0 / 70, 1e-15);
    assert_close(rwe_proportion_fisher(4, 4, 0, 4), 2.0 / 70, 1e-15);
    assert_close(rwe_proportion_fisher(2, 4, 2, 4), 1, 1e-15);
}

/* fisher.test of R, whose logarithms leave about 1e-8 at a million. */
static void fisher_matches_r_from_4_to_a_million_patients(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/fisher.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        double expected = design_csv_numbers(&csv, "p")[r];
        unsigned n1 = (unsigned)design_csv_numbers(&csv, "n1")[r];
        double p = rwe_proportion_fisher((unsigned)design_csv_numbers(&csv, "x1")[r], n1,
                                         (unsigned)design_csv_numbers(&csv, "x2")[r],
                                         (unsigned)design_csv_numbers(&csv, "n2")[r]);
        if (expected < 1e-300) /* denormal: few digits exist */
            assert_true(p < 1e-300);
        else
            assert_close(p, expected, n1 > 10000 ? 1e-7 : 1e-11);
    }
}

/* By hand: one table in C(60, 30), and its mirror image. */
static void fisher_is_right_far_out_in_the_tail(void **state)
{
    (void)state;
    double tables = exp(lgamma(61) - 2 * lgamma(31));
    assert_close(rwe_proportion_fisher(30, 30, 0, 30), 2 / tables, 1e-11);
    assert_close(rwe_proportion_fisher(500, 500, 0, 500) / 2, exp(2 * lgamma(501) - lgamma(1001)),
                 1e-9); /* 3.7e-300 */
}

static void fisher_does_not_care_which_group_or_outcome_comes_first(void **state)
{
    (void)state;
    for (unsigned x1 = 0; x1 <= 9; x1++)
        for (unsigned x2 = 0; x2 <= 14; x2++) {
            double p = rwe_proportion_fisher(x1, 9, x2, 14);
            assert_close(rwe_proportion_fisher(x2, 14, x1, 9), p, 1e-13);
            assert_close(rwe_proportion_fisher(9 - x1, 9, 14 - x2, 14), p, 1e-13);
            assert_true(p > 0 && p <= 1);
        }
}

static void fisher_of_an_empty_margin_is_one(void **state)
{
    (void)state;
    assert_close(rwe_proportion_fisher(0, 0, 3, 5), 1, 0);
    assert_close(rwe_proportion_fisher(0, 4, 0, 5), 1, 0);
    assert_close(rwe_proportion_fisher(4, 4, 5, 5), 1, 0);
    assert_nan(rwe_proportion_fisher(5, 4, 0, 5));
}

/* binom.test of R; by hand 1 against 0 is 1, 0 against 10 is 2 / 1024. */
static void mcnemar_matches_r(void **state)
{
    struct design_csv csv = design_csv_read("tests/oracle/expected/mcnemar.csv", *state);
    for (size_t r = 0; r < csv.n_rows; r++) {
        struct rwe_paired_counts pairs = {.both = 17,
                                          .first_only = design_csv_numbers(&csv, "first_only")[r],
                                          .second_only = design_csv_numbers(&csv, "second_only")[r],
                                          .neither = 3};
        assert_close(rwe_proportion_mcnemar(pairs), design_csv_numbers(&csv, "p")[r], 1e-10);
    }
    assert_close(rwe_proportion_mcnemar((struct rwe_paired_counts){.second_only = 10}), 2.0 / 1024,
                 1e-13);
}

/* ---- limits, differences and ratios by other methods ---- */

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
        TEST(wilson_matches_newcombe_table_1),
        TEST(wilson_matches_r),
        TEST(wilson_reaches_zero_and_one_exactly),
        TEST(difference_matches_newcombe_table_2),
        TEST(swapping_the_groups_turns_the_difference_round),
        TEST(an_empty_group_gives_nan),
        TEST(paired_difference_matches_published_examples),
        TEST(paired_difference_matches_r),
        TEST(fisher_matches_the_lady_tasting_tea),
        TEST(fisher_matches_r_from_4_to_a_million_patients),
        TEST(fisher_is_right_far_out_in_the_tail),
        TEST(fisher_does_not_care_which_group_or_outcome_comes_first),
        TEST(fisher_of_an_empty_margin_is_one),
        TEST(mcnemar_matches_r),
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
