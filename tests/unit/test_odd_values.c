/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes for missing, slips of the finger, and cells of laboratories. By hand. */
#include "check.h"
#include "rwe/data/measured.h"
#include "rwe/data/odd_values.h"

#include <math.h>

static size_t codes(const double others[], size_t n, double code, size_t times)
{
    struct rwe_odd_value odd[RWE_MOST_ODD_CODES];
    double x[200];
    for (size_t i = 0; i < n; i++)
        x[i] = others[i];
    for (size_t i = 0; i < times; i++)
        x[n + i] = code;
    return rwe_odd_codes(x, n + times, odd);
}

static void codes_beside_small_ones_are_found(void **state)
{
    (void)state;
    static const double stage[] = {1, 2, 3, 4, 1, 2, 3, 4, 2, 3, 0, 1};
    static const double age[] = {45, 50, 61, 38, 72, 66, 58, 49, 80, 33, 52, 60};
    static const double kps[] = {9, 10, 8, 7, 9, 10, 8, 9, 7, 10, 8, 9};
    static const double change[] = {-5, 3, 8, -2, 1, 0, 4, 2, -3, 6, 7, 1};
    assert_int_equal(codes(stage, 12, 9, 2), 1);
    assert_int_equal(codes(stage, 12, 99, 1), 1);
    assert_int_equal(codes(stage, 12, -1, 1), 1);
    assert_int_equal(codes(stage, 12, 5, 1), 0);
    assert_int_equal(codes(age, 12, 99, 1), 0); /* may be an age */
    assert_int_equal(codes(age, 12, 999, 1), 1);
    assert_int_equal(codes(age, 12, -9, 1), 1);
    assert_int_equal(codes(kps, 12, 9, 1), 0);
    assert_int_equal(codes(change, 12, -1, 1), 0); /* others are negative too */
    struct rwe_odd_value odd[RWE_MOST_ODD_CODES];
    const double x[] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 9, 9, NAN};
    assert_int_equal(rwe_odd_codes(x, 13, odd), 1);
    assert_int_equal(odd[0].n, 2);
    assert_close(odd[0].low, 1, 0);
    assert_close(odd[0].high, 3, 0);
}

static size_t outliers(const double x[], size_t n, struct rwe_odd_value *odd)
{
    size_t count;
    struct rwe_arena *arena = rwe_arena_new();
    assert_int_equal(rwe_odd_outlier(x, n, arena, odd, &count), RWE_OK);
    rwe_arena_free(arena);
    return count;
}

static void one_slip_is_found_and_skewed_values_are_not(void **state)
{
    (void)state;
    struct rwe_odd_value odd;
    double age[100], dna[100], flat[100];
    for (int i = 0; i < 100; i++) {
        age[i] = 40 + i % 30;
        dna[i] = i < 20 ? 0 : exp(i / 8.0); /* to 240,000 */
        flat[i] = i < 95 ? 80 : 70;
    }
    assert_int_equal(outliers(age, 100, &odd), 0);
    assert_int_equal(outliers(dna, 100, &odd), 0);
    assert_int_equal(outliers(flat, 100, &odd), 0);
    age[17] = 6500;
    assert_int_equal(outliers(age, 100, &odd), 1);
    assert_close(odd.value, 6500, 0);
    assert_int_equal(odd.n, 1);
    assert_close(odd.high, 69, 0);
    age[17] = -600;
    assert_int_equal(outliers(age, 100, &odd), 1);
    assert_close(odd.value, -600, 0);
    age[17] = NAN;
    assert_int_equal(outliers(age, 100, &odd), 0);
    age[17] = 6500;
    assert_int_equal(outliers(age + 17, 19, &odd), 0); /* too few to tell */
}

static void check_cell(const char *text, double value, bool below)
{
    double got;
    bool is_below;
    if (!rwe_measured_parse(text, &got, &is_below))
        fail_msg("%s is not read", text);
    if (isnan(value) ? !isnan(got) : got != value)
        fail_msg("%s is %g", text, got);
    assert_int_equal(is_below, below);
}

static void cells_of_laboratories_are_read(void **state)
{
    (void)state;
    check_cell("2350", 2350, false);
    check_cell("1.2×10^4", 12000, false);
    check_cell("1.2x10^4", 12000, false);
    check_cell("1.2×10⁴", 12000, false);
    check_cell("1.2E+04", 12000, false);
    check_cell(">10000", 10000, false);
    check_cell("<500", 500, true);
    check_cell("＜500", 500, true);
    check_cell("< 5×10^2", 500, true);
    check_cell("<=500", 500, true);
    check_cell("低于500", 500, true);
    check_cell("阴性", NAN, true);
    check_cell("Not detected", NAN, true);
    check_cell("<LOD", NAN, true);
    double value;
    bool below;
    assert_false(rwe_measured_parse("阳性", &value, &below));
    assert_false(rwe_measured_parse("12 IU", &value, &below));
    assert_false(rwe_measured_parse("", &value, &below));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_beside_small_ones_are_found),
        cmocka_unit_test(one_slip_is_found_and_skewed_values_are_not),
        cmocka_unit_test(cells_of_laboratories_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
