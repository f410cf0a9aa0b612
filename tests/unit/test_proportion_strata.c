/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "design_csv.h"
#include "rwe/stats/proportion_strata.h"

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

static struct rwe_mantel_haenszel fit(const struct rwe_two_by_two strata[], size_t n,
                                      bool corrected)
{
    struct rwe_mantel_haenszel_options options = rwe_mantel_haenszel_options_default();
    struct rwe_mantel_haenszel result;
    options.corrected = corrected;
    assert_int_equal(rwe_mantel_haenszel(strata, n, &options, &result, NULL), RWE_OK);
    return result;
}

static void check_interval(struct rwe_interval actual, const struct design_csv *csv, size_t r,
                           const char *const columns[3])
{
    assert_close(actual.estimate, design_csv_numbers(csv, columns[0])[r], 1e-11);
    assert_close(actual.low, design_csv_numbers(csv, columns[1])[r], 1e-11);
    assert_close(actual.high, design_csv_numbers(csv, columns[2])[r], 1e-11);
}

/* mantelhaen.test on lung, veteran, gbsg and made-up pairs; the papers' formulas for risk difference
 * and ratio: tests/oracle/small_samples.R. */
static void test_and_common_effects_match_r(void **state)
{
    struct design_csv tables = design_csv_read("tests/oracle/expected/strata.csv", *state);
    struct design_csv csv = design_csv_read("tests/oracle/expected/strata_results.csv", *state);
    struct rwe_two_by_two *strata = RWE_NEW(*state, struct rwe_two_by_two, tables.n_rows);
    for (size_t r = 0; r < csv.n_rows; r++) {
        size_t n = 0;
        for (size_t k = 0; k < tables.n_rows; k++)
            if (strcmp(design_csv_text(&tables, k, "case"), design_csv_text(&csv, r, "case")) == 0)
                strata[n++] = (struct rwe_two_by_two){
                    design_csv_numbers(&tables, "x1")[k], design_csv_numbers(&tables, "n1")[k],
                    design_csv_numbers(&tables, "x2")[k], design_csv_numbers(&tables, "n2")[k]};
        struct rwe_mantel_haenszel result = fit(strata, n, false);
        assert_close(result.statistic, design_csv_numbers(&csv, "statistic")[r], 1e-11);
        assert_close(result.p_value, design_csv_numbers(&csv, "p")[r], 1e-10);
        assert_close(fit(strata, n, true).statistic, design_csv_numbers(&csv, "corrected")[r],
                     1e-11);
        check_interval(result.odds_ratio, &csv, r, (const char *[]){"or", "or.low", "or.high"});
        check_interval(result.difference, &csv, r, (const char *[]){"rd", "rd.low", "rd.high"});
        check_interval(result.ratio, &csv, r, (const char *[]){"rr", "rr.low", "rr.high"});
    }
}

/* Berkeley's admissions of 1973 (Bickel, Hammel & O'Connell, Science 187:398, 1975), men against women
 * in six departments: mantelhaen.test(UCBAdmissions, correct = FALSE) prints 1.5246 and 0.9046968. */
static void admissions_at_berkeley_do_not_favour_men_within_departments(void **state)
{
    (void)state;
    static const struct rwe_two_by_two departments[] = {{512, 825, 89, 108},  {353, 560, 17, 25},
                                                        {120, 325, 202, 593}, {138, 417, 131, 375},
                                                        {53, 191, 94, 393},   {22, 373, 24, 341}};
    struct rwe_mantel_haenszel result = fit(departments, 6, false);
    assert_close(result.statistic, 1.5246, 1e-4);
    assert_close(result.odds_ratio.estimate, 0.9046968, 1e-7);
    assert_true(result.odds_ratio.low < 1 && result.odds_ratio.high > 1);
}

/* Pairs as strata: the odds ratio is that of the discordant pairs, the test is McNemar's. */
static void pairs_give_mcnemar(void **state)
{
    (void)state;
    struct rwe_two_by_two pairs[40];
    for (size_t k = 0; k < 40; k++)
        pairs[k] = (struct rwe_two_by_two){k < 22, 1, k < 10 || k >= 35, 1};
    struct rwe_mantel_haenszel result = fit(pairs, 40, false); /* 12 and 5 discordant */
    assert_close(result.odds_ratio.estimate, 12.0 / 5, 1e-14);
    assert_close(result.statistic, 49.0 / 17, 1e-13);
    assert_close(result.difference.estimate, 7.0 / 40, 1e-13);
    assert_close(fit(pairs, 40, true).statistic, 36.0 / 17, 1e-13);
}

/* With one stratum Sato's variance is Wald's, and the estimates are the crude ones. */
static void one_stratum_is_the_crude_table(void **state)
{
    (void)state;
    struct rwe_two_by_two table = {12, 50, 9, 81};
    struct rwe_mantel_haenszel result = fit(&table, 1, false);
    struct rwe_interval wald = rwe_proportion_difference_by(&table, RWE_DIFFERENCE_WALD, 0.95);
    assert_close(result.difference.estimate, wald.estimate, 1e-14);
    assert_close(result.difference.low, wald.low, 1e-12);
    assert_close(result.difference.high, wald.high, 1e-12);
    assert_close(result.ratio.estimate, 12.0 / 50 / (9.0 / 81), 1e-14);
    assert_close(result.odds_ratio.estimate, 12.0 * 72 / (38 * 9), 1e-14);
}

static void order_of_strata_and_lonely_groups_change_nothing(void **state)
{
    (void)state;
    static const struct rwe_two_by_two strata[] = {{4, 9, 2, 11}, {7, 20, 5, 31}};
    static const struct rwe_two_by_two more[] = {
        {7, 20, 5, 31}, {3, 5, 0, 0}, {4, 9, 2, 11}, {0, 0, 0, 0}};
    struct rwe_mantel_haenszel a = fit(strata, 2, false), b = fit(more, 4, false);
    assert_close(a.statistic, b.statistic, 1e-14);
    assert_close(a.difference.low, b.difference.low, 1e-13);
    assert_int_equal(b.n_strata, 2);
}

static void nobody_with_the_event_has_a_difference_but_no_test(void **state)
{
    (void)state;
    static const struct rwe_two_by_two none[] = {{0, 4, 0, 6}};
    static const struct rwe_two_by_two one_sided[] = {{3, 4, 0, 6}};
    struct rwe_mantel_haenszel result = fit(none, 1, false);
    assert_close(result.difference.estimate, 0, 0);
    assert_nan(result.statistic);
    assert_nan(result.p_value);
    assert_nan(result.ratio.estimate);
    result = fit(one_sided, 1, false);
    assert_true(isinf(result.ratio.estimate) && isinf(result.odds_ratio.estimate));
    assert_nan(result.ratio.low);
}

static void bad_requests_are_refused_with_the_stratum(void **state)
{
    (void)state;
    static const struct rwe_two_by_two above[] = {{1, 2, 1, 2}, {3, 2, 1, 2}};
    static const struct rwe_two_by_two negative[] = {{1, 2, -1, 2}};
    static const struct rwe_two_by_two nan[] = {{NAN, 2, 1, 2}};
    static const struct rwe_two_by_two lonely[] = {{1, 2, 0, 0}};
    struct rwe_mantel_haenszel_options options = rwe_mantel_haenszel_options_default();
    struct rwe_mantel_haenszel result;
    struct rwe_error error = {0};
    assert_int_equal(rwe_mantel_haenszel(above, 2, &options, &result, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 1);
    assert_int_equal(rwe_mantel_haenszel(negative, 1, &options, &result, &error), RWE_BAD_INPUT);
    assert_int_equal(rwe_mantel_haenszel(nan, 1, &options, &result, &error), RWE_BAD_INPUT);
    assert_int_equal(rwe_mantel_haenszel(lonely, 1, &options, &result, &error), RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_mantel_haenszel(NULL, 0, &options, &result, &error), RWE_NOT_ESTIMABLE);
    options.conf_level = 1;
    assert_int_equal(rwe_mantel_haenszel(above, 1, &options, &result, &error), RWE_BAD_INPUT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_and_common_effects_match_r),
        TEST(admissions_at_berkeley_do_not_favour_men_within_departments),
        TEST(pairs_give_mcnemar),
        TEST(one_stratum_is_the_crude_table),
        TEST(order_of_strata_and_lonely_groups_change_nothing),
        TEST(nobody_with_the_event_has_a_difference_but_no_test),
        TEST(bad_requests_are_refused_with_the_stratum),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
