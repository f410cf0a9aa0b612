/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/proportion.h"

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
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
