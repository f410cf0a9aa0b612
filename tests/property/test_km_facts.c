/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --km and --rmst tell of open cohorts beyond the curves; see tests/oracle/km_family.R. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>

#define VETERAN "tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status "
#define ROTTERDAM "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml "

static double number(const struct program_facts *facts, const char *key)
{
    return program_facts_number(facts, key);
}

static void clusters_make_the_errors_of_survfit(void **state)
{
    (void)state;
    static const char *const stats[] = {"estimate", "std.error", "conf.low", "conf.high"};
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    size_t n;
    const double *expected = oracle_vector(oracle, "veteran.celltype", &n);
    struct program_facts facts = program_facts_of(VETERAN "--cluster celltype --km --times 100");
    for (size_t k = 0; k < n; k++) {
        char *key = program_format("km endpoint=os population=all group=%zu time=100 %s", k % 2 + 1,
                                   stats[k / 2]);
        assert_close(number(&facts, key), expected[k], 1e-10);
        free(key);
    }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void quantiles_are_those_of_survfit(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/km_family.csv");
    size_t n;
    const double *expected = oracle_vector(oracle, "veteran.quantile", &n);
    struct program_facts facts = program_facts_of(VETERAN "--km --quantiles 0.25,0.75,0.25");
    static const char *const stats[] = {"quantile", "quantile.conf.low", "quantile.conf.high"};
    for (size_t k = 0; k < n; k++) {
        char *key = program_format("km endpoint=os population=all group=1 level=%s %s",
                                   k % 2 == 0 ? "0.25" : "0.75", stats[k / 2]);
        assert_close(number(&facts, key), expected[k], 1e-10);
        free(key);
    }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

#define AT "km endpoint=os population=matched "
#define MEAN "rmst endpoint=os population=matched "

/* Within an arm of pairs the error is Greenwood's; the difference is not their sum. */
static void pairs_are_clusters_of_the_difference_alone(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(ROTTERDAM "--km --rmst --psm --tau 3000 --times 1826");
    double apart = hypot(number(&facts, AT "group=0 time=1826 std.error"),
                         number(&facts, AT "group=1 time=1826 std.error"));
    double paired = number(&facts, AT "term=difference time=1826 std.error");
    assert_true(fabs(paired / apart - 1) > 1e-3 && fabs(paired / apart - 1) < 0.2);
    assert_close(number(&facts, AT "term=difference time=1826 estimate"),
                 number(&facts, AT "group=1 time=1826 estimate") -
                     number(&facts, AT "group=0 time=1826 estimate"),
                 1e-12);
    apart =
        hypot(number(&facts, MEAN "group=0 std.error"), number(&facts, MEAN "group=1 std.error"));
    paired = number(&facts, MEAN "term=difference std.error");
    assert_true(fabs(paired / apart - 1) > 1e-3 && fabs(paired / apart - 1) < 0.2);
    program_facts_clear(&facts);
}

static void a_mean_and_the_time_lost_make_tau(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(ROTTERDAM "--rmst");
    double tau = number(&facts, "rmst endpoint=os population=all group=0 tau");
    assert_close(number(&facts, "rmst endpoint=os population=all group=1 tau"), tau, 0);
    assert_close(number(&facts, "rmst endpoint=os population=all group=0 estimate") +
                     number(&facts, "rmst endpoint=os population=all group=0 term=rmtl estimate"),
                 tau, 1e-12);
    program_facts_clear(&facts);
}

/* Lung: the second sex is followed up to 965 days. */
static void a_horizon_beyond_an_arm_is_null_with_a_warning(void **state)
{
    (void)state;
    const char *arguments = "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 "
                            "--rmst --tau 990";
    struct program_facts facts = program_facts_of("%s", arguments);
    assert_true(json_is_null(
        program_facts_find(&facts, "rmst endpoint=os population=all group=2 estimate")));
    assert_true(json_is_null(
        program_facts_find(&facts, "rmst endpoint=os population=all term=difference p.value")));
    assert_true(number(&facts, "rmst endpoint=os population=all group=1 estimate") > 300);
    program_facts_clear(&facts);
    struct program_run run = program_run("%s", arguments);
    assert_says(run.out, "arm 2 is not followed up to tau = 990|NE, not estimable");
    program_clear(&run);
}

static void bands_are_wider_than_limits_and_refused_under_clusters(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(VETERAN "--km --times 100 --bands equal-precision");
    assert_true(number(&facts, "km endpoint=os population=all group=1 time=100 band.low") <
                number(&facts, "km endpoint=os population=all group=1 time=100 conf.low"));
    assert_true(number(&facts, "km endpoint=os population=all group=1 band.critical") > 2.5);
    program_facts_clear(&facts);
    struct program_run run =
        program_run(VETERAN "--km --times 100 --bands hall-wellner --cluster celltype");
    assert_says(run.out, "bands are not defined under weights or clusters");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_make_the_errors_of_survfit),
        cmocka_unit_test(quantiles_are_those_of_survfit),
        cmocka_unit_test(pairs_are_clusters_of_the_difference_alone),
        cmocka_unit_test(a_mean_and_the_time_lost_make_tau),
        cmocka_unit_test(a_horizon_beyond_an_arm_is_null_with_a_warning),
        cmocka_unit_test(bands_are_wider_than_limits_and_refused_under_clusters),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
