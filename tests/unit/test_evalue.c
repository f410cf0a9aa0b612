/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "csv_table.h"
#include "rwe/stats/evalue.h"

#include <math.h>

static double of_hazard_ratio(double hr, bool rare)
{
    return rwe_evalue(rwe_evalue_risk_ratio(hr, rare));
}

/* VanderWeele & Ding 2017: breast feeding and death from respiratory infection, risk ratio 3.9
 * (95% CI 1.8 to 8.7). */
static void the_papers_example_has_the_printed_evalues(void **state)
{
    (void)state;
    assert_close(rwe_evalue(3.9), 7.26, 0.005 / 7.26);
    assert_close(rwe_evalue_limits(1.8, 8.7, true), 3.0, 1e-12);
}

/* 2 + sqrt(2 × 1); protective ratios count by what they are one over. */
static void two_and_one_half_by_hand(void **state)
{
    (void)state;
    assert_close(rwe_evalue(2), 2 + sqrt(2), 1e-15);
    assert_close(rwe_evalue(0.5), 2 + sqrt(2), 1e-15);
    assert_close(of_hazard_ratio(0.75, true), 2, 1e-15);
    assert_close(rwe_evalue(1), 1, 1e-15);
}

/* Vectors of the package EValue, to the digits that it prints. */
static void hazard_ratios_have_the_known_vectors(void **state)
{
    (void)state;
    static const double vector[][2] = {
        {0.56, 2.3495}, {0.69, 1.9080}, {0.70, 1.8787}, {0.75, 1.7391}, {0.93, 1.2845}};
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++)
        assert_close(of_hazard_ratio(vector[i][0], false), vector[i][1], 5e-5 / vector[i][1]);
    assert_close(of_hazard_ratio(0.56, true), 2.9702, 5e-5 / 2.9702);
}

static void ratios_match_r_and_the_definition(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("tests/oracle/evalue.csv");
    const double *hr = csv_table_numbers(table, "hr");
    const double *rr = csv_table_numbers(table, "rr.common");
    const double *common = csv_table_numbers(table, "evalue.common");
    const double *rare = csv_table_numbers(table, "evalue.rare");
    const double *root = csv_table_numbers(table, "by.definition.rare");
    assert_true(table->n_rows >= 14);
    for (size_t i = 0; i < table->n_rows; i++) {
        assert_close(rwe_evalue_risk_ratio(hr[i], false), rr[i], 1e-13);
        assert_close(of_hazard_ratio(hr[i], false), common[i], 1e-13);
        assert_close(of_hazard_ratio(hr[i], true), rare[i], 1e-13);
        assert_close(of_hazard_ratio(hr[i], true), root[i], 1e-9);
    }
    csv_table_free(table);
}

static void a_ratio_and_one_over_it_need_the_same_confounder(void **state)
{
    (void)state;
    for (double hr = 0.01; hr < 50; hr *= 1.37)
        for (int rare = 0; rare < 2; rare++) {
            assert_close(rwe_evalue_risk_ratio(hr, rare) * rwe_evalue_risk_ratio(1 / hr, rare), 1,
                         1e-13);
            assert_close(of_hazard_ratio(hr, rare), of_hazard_ratio(1 / hr, rare), 1e-12);
        }
}

/* Small ratios are where 1 − 0.5^x loses its digits: RR → sqrt(HR) log 2 / 1 as HR → 0. */
static void tiny_ratios_keep_their_digits(void **state)
{
    (void)state;
    assert_close(rwe_evalue_risk_ratio(1e-24, false), 1e-12 * M_LN2, 1e-11);
}

static void the_limit_nearer_to_one_counts_and_limits_over_one_are_one(void **state)
{
    (void)state;
    assert_close(rwe_evalue_limits(0.59, 0.92, false), of_hazard_ratio(0.92, false), 1e-15);
    assert_close(rwe_evalue_limits(1.1, 2.4, true), of_hazard_ratio(1.1, true), 1e-15);
    assert_close(rwe_evalue_limits(0.63, 1.09, false), 1, 0);
    assert_close(rwe_evalue_limits(0.63, 1, false), 1, 0);
    assert_close(rwe_evalue_limits(0, INFINITY, false), 1, 0);
    assert_close(rwe_evalue_limits(1.5, INFINITY, true), of_hazard_ratio(1.5, true), 1e-15);
}

static void what_is_no_ratio_has_no_evalue(void **state)
{
    (void)state;
    const double bad[] = {0, -1, INFINITY, NAN};
    for (size_t i = 0; i < 4; i++) {
        assert_nan(rwe_evalue_risk_ratio(bad[i], false));
        assert_nan(rwe_evalue_risk_ratio(bad[i], true));
        assert_nan(rwe_evalue(bad[i]));
    }
    assert_nan(rwe_evalue_limits(NAN, 0.9, true));
    assert_nan(rwe_evalue_limits(0.5, NAN, true));
    assert_nan(rwe_evalue_limits(0.9, 0.5, true));
}

/* ---- one confounder ---- */

/* Half of the treated and a fifth of the controls have what triples the hazard: 2 / 1.4. */
static void a_confounder_by_hand(void **state)
{
    (void)state;
    assert_close(rwe_confounder_bias(&(struct rwe_confounder){0.5, 0.2, 3}), 2 / 1.4, 1e-15);
    assert_close(rwe_confounder_bias(&(struct rwe_confounder){0.2, 0.5, 3}), 0.7, 1e-15);
}

static void what_is_alike_in_the_arms_or_harmless_biases_nothing(void **state)
{
    (void)state;
    assert_close(rwe_confounder_bias(&(struct rwe_confounder){0.3, 0.3, 7}), 1, 0);
    assert_close(rwe_confounder_bias(&(struct rwe_confounder){0.9, 0.1, 1}), 1, 0);
}

/* Ding & VanderWeele: no confounder with both ratios below the E-value explains the effect. With
 * everybody of the treated exposed, and 1/E of the controls, and E for the outcome, it is just met. */
static void no_confounder_weaker_than_the_evalue_explains_the_effect(void **state)
{
    (void)state;
    const double rr = 1.8, e = rwe_evalue(rr);
    assert_close(rwe_confounder_bias(&(struct rwe_confounder){1, 1 / e, e}), rr, 1e-14);
    for (double p0 = 0.01; p0 < 1; p0 += 0.01)
        for (double p1 = p0; p1 <= fmin(1, 0.999 * e * p0); p1 += 0.01)
            assert_true(rwe_confounder_bias(&(struct rwe_confounder){p1, p0, 0.999 * e}) < rr);
}

static void shares_and_ratios_are_checked(void **state)
{
    (void)state;
    assert_nan(rwe_confounder_bias(&(struct rwe_confounder){1.1, 0.2, 3}));
    assert_nan(rwe_confounder_bias(&(struct rwe_confounder){0.5, -0.2, 3}));
    assert_nan(rwe_confounder_bias(&(struct rwe_confounder){0.5, NAN, 3}));
    assert_nan(rwe_confounder_bias(&(struct rwe_confounder){0.5, 0.2, 0}));
    assert_nan(rwe_confounder_bias(&(struct rwe_confounder){0.5, 0.2, INFINITY}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_papers_example_has_the_printed_evalues),
        cmocka_unit_test(two_and_one_half_by_hand),
        cmocka_unit_test(hazard_ratios_have_the_known_vectors),
        cmocka_unit_test(ratios_match_r_and_the_definition),
        cmocka_unit_test(a_ratio_and_one_over_it_need_the_same_confounder),
        cmocka_unit_test(tiny_ratios_keep_their_digits),
        cmocka_unit_test(the_limit_nearer_to_one_counts_and_limits_over_one_are_one),
        cmocka_unit_test(what_is_no_ratio_has_no_evalue),
        cmocka_unit_test(a_confounder_by_hand),
        cmocka_unit_test(what_is_alike_in_the_arms_or_harmless_biases_nothing),
        cmocka_unit_test(no_confounder_weaker_than_the_evalue_explains_the_effect),
        cmocka_unit_test(shares_and_ratios_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
