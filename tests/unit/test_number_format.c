/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader is shown of a number. Expected cells are the rules of number_format.c by hand. */
#include "check.h"

#include "../../src/report/number_format_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A cell of this class holds these numbers (as many as it takes) and reads so. */
static void assert_styled(const char *style, enum rwe_cell_class class, const double number[3],
                          double patients, const char *expected)
{
    struct rwe_cell_text cell;
    struct rwe_cell_numbers numbers = {.value = {number[0], number[1], number[2]},
                                       .given = {true, true, true},
                                       .patients = patients,
                                       .style = style == NULL ? NULL : rwe_style_find(style)};
    int n = rwe_cell_n_facts(class);
    for (int i = 0; i < n; i++)
        numbers.scale = fmax(numbers.scale, isnan(numbers.value[i]) ? 0 : fabs(numbers.value[i]));
    for (int i = n; i < 3; i++)
        numbers.given[i] = false;
    rwe_cell_format(class, &numbers, &cell);
    assert_string_equal(cell.text, expected);
    assert_int_equal(cell.not_reached, strstr(expected, "NR") != NULL);
    assert_int_equal(cell.not_estimable, strstr(expected, "NE") != NULL);
}

static void assert_cell(enum rwe_cell_class class, double first, double second, double third,
                        const char *expected)
{
    assert_styled(NULL, class, (double[]){first, second, third}, 0, expected);
}

static void assert_one(enum rwe_cell_class class, double x, const char *expected)
{
    assert_cell(class, x, 0, 0, expected);
}

static void counts_are_whole_unless_weighted(void **state)
{
    (void)state;
    assert_one(RWE_CELL_COUNT, 301, "301");
    assert_one(RWE_CELL_COUNT, 0, "0");
    assert_one(RWE_CELL_COUNT, 301.26, "301.3");
    assert_one(RWE_CELL_COUNT, 300.99999999999994,
               "301"); /* weights that sum to 301 but for rounding */
    assert_one(RWE_CELL_COUNT, 301.0001, "301.0");
    assert_one(RWE_CELL_COUNT, NAN, "NE");
}

static void percents_have_one_decimal(void **state)
{
    (void)state;
    assert_cell(RWE_CELL_COUNT_PERCENT, 301, 50, 0, "301 (50.0%)");
    assert_cell(RWE_CELL_COUNT_PERCENT, 0, 0, 0, "0 (0.0%)");
    assert_cell(RWE_CELL_COUNT_PERCENT, 12.5, 100, 0, "12.5 (100.0%)");
    assert_cell(RWE_CELL_COUNT_PERCENT, 0, NAN, 0, "0 (NE)");
    assert_cell(RWE_CELL_COUNT_PERCENT, NAN, NAN, 0, "NE");
}

static void a_number_shows_three_digits_but_no_more_than_it_has(void **state)
{
    (void)state;
    assert_one(RWE_CELL_NUMBER, 52.34, "52.3");
    assert_one(RWE_CELL_NUMBER, 1.257, "1.26");
    assert_one(RWE_CELL_NUMBER, 0.012345, "0.0123");
    assert_one(RWE_CELL_NUMBER, 0.012, "0.012");
    assert_one(RWE_CELL_NUMBER, 0.2, "0.2");
    assert_one(RWE_CELL_NUMBER, 36, "36");
    assert_one(RWE_CELL_NUMBER, 4118, "4118");
    assert_one(RWE_CELL_NUMBER, 1234.5, "1234.5");
    assert_one(RWE_CELL_NUMBER, 1234.56, "1234.6");
    assert_one(RWE_CELL_NUMBER, 0, "0");
    assert_one(RWE_CELL_NUMBER, 1.23e-9, "1.2e-09");
    assert_one(RWE_CELL_NUMBER, 1e300, "1.0e+300");
}

static void numbers_of_a_cell_have_the_same_decimals(void **state)
{
    (void)state;
    assert_cell(RWE_CELL_MEAN_SD, 52.34, 10.06, 0, "52.3 (10.1)");
    assert_cell(RWE_CELL_MEAN_SD, 1.25, 0.314, 0, "1.25 (0.31)");
    assert_cell(RWE_CELL_MEAN_SD, 0.02, 1.306, 0, "0.02 (1.31)");
    assert_cell(RWE_CELL_MEAN_SD, 161.83, 291.3, 0, "161.8 (291.3)");
    assert_cell(RWE_CELL_MEAN_SD, 52.3, NAN, 0, "52.3 (NE)");
    assert_cell(RWE_CELL_MEDIAN_RANGE, 51, 44, 60, "51.0 (44.0–60.0)");
    assert_cell(RWE_CELL_MEDIAN_RANGE, 0, 0, 0, "0.0 (0.0–0.0)");
    assert_cell(RWE_CELL_MEDIAN_RANGE, 0.5, -1.25, 2, "0.50 (−1.25 to 2.00)");
}

static void times_have_a_decimal_in_months_and_none_in_days(void **state)
{
    (void)state;
    assert_one(RWE_CELL_TIME, 11.7, "11.7");
    assert_one(RWE_CELL_TIME, 12, "12.0");
    assert_one(RWE_CELL_TIME, 101, "101");
    assert_one(RWE_CELL_TIME, 101.5, "101.5");
    assert_one(RWE_CELL_TIME, 4118.25, "4118");
    assert_one(RWE_CELL_TIME, NAN, "NR");
    assert_cell(RWE_CELL_TIME_LIMITS, 11.7, 10.2, 13, "11.7 (10.2–13.0)");
    assert_cell(RWE_CELL_TIME_LIMITS, 99, 90, 110, "99 (90–110)");
    assert_cell(RWE_CELL_TIME_LIMITS, 4118, 3988, NAN, "4118 (3988–NR)");
    assert_cell(RWE_CELL_TIME_LIMITS, NAN, 24.5, NAN, "NR (24.5–NR)");
    assert_cell(RWE_CELL_TIME_LIMITS, 24.5, NAN, NAN, "24.5 (NR)");
    assert_cell(RWE_CELL_TIME_LIMITS, NAN, NAN, NAN, "NR");
}

static void fractions_and_percents_read_alike(void **state)
{
    (void)state;
    assert_cell(RWE_CELL_SURVIVAL_LIMITS, 0.756225080165156, 0.739268578894602, 0.7723,
                "75.6% (73.9–77.2)");
    assert_cell(RWE_CELL_PERCENT_LIMITS, 75.6225, 73.9268, 77.23, "75.6% (73.9–77.2)");
    assert_cell(RWE_CELL_PERCENT_LIMITS, -3.24, -8.11, 1.7, "−3.2% (−8.1 to 1.7)");
    assert_cell(RWE_CELL_SURVIVAL_LIMITS, 1, NAN, NAN, "100.0% (NE)");
    assert_cell(RWE_CELL_SURVIVAL_LIMITS, 0, NAN, 0.1, "0.0% (NE–10.0)");
    assert_cell(RWE_CELL_SURVIVAL_LIMITS, NAN, NAN, NAN, "NE");
}

static void ratios_have_two_decimals_and_two_digits_where_small(void **state)
{
    (void)state;
    assert_cell(RWE_CELL_RATIO_LIMITS, 0.741, 0.594, 0.92, "0.74 (0.59–0.92)");
    assert_cell(RWE_CELL_RATIO_LIMITS, 0.0512, 0.0034, 0.4, "0.051 (0.0034–0.40)");
    assert_cell(RWE_CELL_RATIO_LIMITS, 12.345, 1, 123.4, "12.35 (1.00–123)");
    assert_cell(RWE_CELL_RATIO_LIMITS, 2.5e11, 0, NAN, "2.5e+11 (0.00–NE)");
}

static void coefficients_statistics_and_differences(void **state)
{
    (void)state;
    assert_one(RWE_CELL_COEFFICIENT, 0.4119, "0.412");
    assert_one(RWE_CELL_COEFFICIENT, -0.00034, "−0.00034");
    assert_one(RWE_CELL_COEFFICIENT, 0, "0.000");
    assert_one(RWE_CELL_STATISTIC, 23.694, "23.69");
    assert_one(RWE_CELL_STATISTIC, NAN, "NE");
    assert_one(RWE_CELL_SMD, 0.7314, "0.731");
    assert_one(RWE_CELL_SMD, -0.0314, "−0.031");
}

static void zero_has_no_minus_sign(void **state)
{
    (void)state;
    assert_one(RWE_CELL_SMD, -0.0004, "0.000");
    assert_one(RWE_CELL_SMD, -0.0, "0.000");
    assert_one(RWE_CELL_STATISTIC, -0.001, "0.00");
    assert_one(RWE_CELL_NUMBER, -0.0, "0");
}

static void a_p_value_is_neither_zero_nor_one(void **state)
{
    (void)state;
    assert_one(RWE_CELL_P_VALUE, 0, "<0.001");
    assert_one(RWE_CELL_P_VALUE, 1e-300, "<0.001");
    assert_one(RWE_CELL_P_VALUE, 0.00099, "<0.001");
    assert_one(RWE_CELL_P_VALUE, 0.001, "0.001");
    assert_one(RWE_CELL_P_VALUE, 0.0123, "0.012");
    assert_one(RWE_CELL_P_VALUE, 0.0999, "0.100");
    assert_one(RWE_CELL_P_VALUE, 0.351, "0.35");
    assert_one(RWE_CELL_P_VALUE, 0.99, "0.99");
    assert_one(RWE_CELL_P_VALUE, 0.9951, ">0.99");
    assert_one(RWE_CELL_P_VALUE, 1, ">0.99");
    assert_one(RWE_CELL_P_VALUE, NAN, "NE");
}

static void facts_that_are_not_given_are_left_out(void **state)
{
    (void)state;
    struct rwe_cell_text cell;
    struct rwe_cell_numbers numbers = {.value = {0.741, NAN, NAN}, .given = {true}};
    rwe_cell_format(RWE_CELL_RATIO_LIMITS, &numbers, &cell);
    assert_string_equal(cell.text, "0.74");
    rwe_cell_format(RWE_CELL_COUNT_PERCENT, &numbers, &cell);
    assert_string_equal(cell.text, "0.7");
    numbers.given[0] = false;
    rwe_cell_format(RWE_CELL_RATIO_LIMITS, &numbers, &cell);
    assert_string_equal(cell.text, "");
}

/* ---- styles: the rules of analysis/run/style.md, by hand ---- */

static void assert_p(const char *style, double p, const char *expected)
{
    assert_styled(style, RWE_CELL_P_VALUE, (double[]){p, 0, 0}, 0, expected);
}

/* n (percent) of that many patients. */
static void assert_share(const char *style, double n, double patients, const char *expected)
{
    assert_styled(style, RWE_CELL_COUNT_PERCENT, (double[]){n, 100 * n / patients, 0}, patients,
                  expected);
}

static void styles_are_found_by_name(void **state)
{
    static const char *const names[] = {"plain", "nejm", "jama", "lancet", "cn"};
    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(rwe_style_name(rwe_style_find(names[i])), names[i]);
    assert_null(rwe_style_find("bmj"));
    assert_string_equal(rwe_style_name(NULL), "plain");
}

static void plain_is_what_no_style_is(void **state)
{
    (void)state;
    assert_p("plain", 0.0999, "0.100");
    assert_share("plain", 12, 40, "12 (30.0%)");
    assert_styled("plain", RWE_CELL_NUMBER, (double[]){12345, 0, 0}, 0, "12345");
    assert_styled("plain", RWE_CELL_RATIO_LIMITS, (double[]){0.741, 0.594, 0.92}, 0,
                  "0.74 (0.59–0.92)");
}

/* Two decimals above 0.01, three from there to 0.001, below only "<0.001". */
static void nejm_p_values(void **state)
{
    (void)state;
    assert_p("nejm", 0.351, "0.35");
    assert_p("nejm", 0.0481, "0.05");
    assert_p("nejm", 0.0312, "0.03");
    assert_p("nejm", 0.01, "0.01");
    assert_p("nejm", 0.0084, "0.008");
    assert_p("nejm", 0.001, "0.001");
    assert_p("nejm", 0.00099, "<0.001");
    assert_p("nejm", 0.997, ">0.99");
}

/* The same without a zero before the point; and .046 is not rounded to .05 (AMA Manual of Style). */
static void jama_p_values(void **state)
{
    (void)state;
    assert_p("jama", 0.351, ".35");
    assert_p("jama", 0.0312, ".03");
    assert_p("jama", 0.046, ".046");
    assert_p("jama", 0.0499, ".050");
    assert_p("jama", 0.0449, ".04");
    assert_p("jama", 0.051, ".05");
    assert_p("jama", 0.0084, ".008");
    assert_p("jama", 0.0004, "<.001");
    assert_p("jama", 0.997, ">.99");
    assert_p("jama", NAN, "NE");
}

/* Two significant digits, no more than four decimals, and the point stands in the middle. */
static void lancet_p_values(void **state)
{
    (void)state;
    assert_p("lancet", 0.351, "0·35");
    assert_p("lancet", 0.0996, "0·10");
    assert_p("lancet", 0.0312, "0·031");
    assert_p("lancet", 0.0084, "0·0084");
    assert_p("lancet", 0.00043, "0·0004");
    assert_p("lancet", 0.0001, "0·0001");
    assert_p("lancet", 0.000099, "<0·0001");
    assert_p("lancet", 0.997, ">0·99");
}

static void chinese_p_values_have_three_decimals(void **state)
{
    (void)state;
    assert_p("cn", 0.351, "0.351");
    assert_p("cn", 0.0312, "0.031");
    assert_p("cn", 0.001, "0.001");
    assert_p("cn", 0.0004, "<0.001");
    assert_p("cn", 0.9985, "0.999");
    assert_p("cn", 0.9995, ">0.999");
}

/* None below 100 patients, one from there; in The Lancet none below 10,000. */
static void decimals_of_percentages_go_by_patients(void **state)
{
    (void)state;
    assert_share("nejm", 12, 99, "12 (12%)");
    assert_share("nejm", 12, 100, "12 (12.0%)");
    assert_share("jama", 33, 64, "33 (52%)");
    assert_share("jama", 151, 301, "151 (50.2%)");
    assert_share("lancet", 151, 301, "151 (50%)");
    assert_share("lancet", 5017, 10000, "5017 (50·2%)");
    assert_share("cn", 12, 99, "12 (12.1%)");
}

static void one_of_many_is_not_nought_percent(void **state)
{
    (void)state;
    assert_share("lancet", 1, 301, "1 (<1%)");
    assert_share("lancet", 300, 301, "300 (>99%)");
    assert_share("lancet", 301, 301, "301 (100%)");
    assert_styled("lancet", RWE_CELL_COUNT_PERCENT, (double[]){0, 0, 0}, 301, "0 (0%)");
}

static void limits_have_the_dash_of_the_style_and_to_beside_a_minus(void **state)
{
    static const char *const styles[] = {"nejm", "jama", "lancet", "cn"};
    static const char *const ratios[] = {"0.74 (0.59–0.92)", "0.74 (0.59-0.92)", "0·74 (0·59–0·92)",
                                         "0.74 (0.59~0.92)"};
    static const char *const negative[] = {"−3.2% (−8.1 to 1.7)", "−3.2% (−8.1 to 1.7)",
                                           "−3·2% (−8·1 to 1·7)", "−3.2% (−8.1 to 1.7)"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_styled(styles[i], RWE_CELL_RATIO_LIMITS, (double[]){0.741, 0.594, 0.92}, 0,
                      ratios[i]);
        assert_styled(styles[i], RWE_CELL_PERCENT_LIMITS, (double[]){-3.24, -8.11, 1.7}, 0,
                      negative[i]);
    }
    assert_styled("jama", RWE_CELL_TIME_LIMITS, (double[]){24.5, 20.1, NAN}, 0, "24.5 (20.1-NR)");
}

static void five_digits_are_grouped_and_four_are_not(void **state)
{
    (void)state;
    assert_styled("nejm", RWE_CELL_COUNT, (double[]){12345, 0, 0}, 0, "12,345");
    assert_styled("nejm", RWE_CELL_COUNT, (double[]){1234567, 0, 0}, 0, "1,234,567");
    assert_styled("nejm", RWE_CELL_COUNT, (double[]){9999, 0, 0}, 0, "9999");
    assert_styled("jama", RWE_CELL_COUNT, (double[]){12345, 0, 0}, 0, "12\u202f345");
    assert_styled("lancet", RWE_CELL_MEAN_SD, (double[]){12345.6, 1.5, 0}, 0,
                  "12\u202f345·6 (1·5)");
    assert_styled("cn", RWE_CELL_COUNT, (double[]){12345, 0, 0}, 0, "12345");
}

static void a_p_value_in_words(void **state)
{
    static const struct {
        const char *style;
        double p;
        const char *words;
    } cases[] = {
        {"plain", 0.0123, "p = 0.012"}, {"plain", 1e-9, "p < 0.001"}, {"plain", 1, "p > 0.99"},
        {"nejm", 0.031, "P=0.03"},      {"nejm", 1e-9, "P<0.001"},    {"jama", 0.031, "P = .03"},
        {"jama", 1e-9, "P < .001"},     {"lancet", 0.031, "p=0·031"}, {"lancet", 1e-9, "p<0·0001"},
        {"cn", 0.0312, "P=0.031"},      {"plain", NAN, "p NE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rwe_cell_text cell;
        rwe_p_value_words(cases[i].p, rwe_style_find(cases[i].style), &cell);
        assert_string_equal(cell.text, cases[i].words);
        assert_int_equal(cell.not_estimable, isnan(cases[i].p) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_whole_unless_weighted),
        cmocka_unit_test(percents_have_one_decimal),
        cmocka_unit_test(a_number_shows_three_digits_but_no_more_than_it_has),
        cmocka_unit_test(numbers_of_a_cell_have_the_same_decimals),
        cmocka_unit_test(times_have_a_decimal_in_months_and_none_in_days),
        cmocka_unit_test(fractions_and_percents_read_alike),
        cmocka_unit_test(ratios_have_two_decimals_and_two_digits_where_small),
        cmocka_unit_test(coefficients_statistics_and_differences),
        cmocka_unit_test(zero_has_no_minus_sign),
        cmocka_unit_test(a_p_value_is_neither_zero_nor_one),
        cmocka_unit_test(facts_that_are_not_given_are_left_out),
        cmocka_unit_test(styles_are_found_by_name),
        cmocka_unit_test(plain_is_what_no_style_is),
        cmocka_unit_test(nejm_p_values),
        cmocka_unit_test(jama_p_values),
        cmocka_unit_test(lancet_p_values),
        cmocka_unit_test(chinese_p_values_have_three_decimals),
        cmocka_unit_test(decimals_of_percentages_go_by_patients),
        cmocka_unit_test(one_of_many_is_not_nought_percent),
        cmocka_unit_test(limits_have_the_dash_of_the_style_and_to_beside_a_minus),
        cmocka_unit_test(five_digits_are_grouped_and_four_are_not),
        cmocka_unit_test(a_p_value_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
