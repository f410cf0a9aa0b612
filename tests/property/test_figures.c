/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the analyses put into their figures. How it is drawn: tests/unit/test_draw_plot.c. */
#include "../../analysis/run/figures.h"
#include "check.h"
#include "cli.h"
#include "competing.h"
#include "program.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define LUNG "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 "
#define COHORT "sample_data/cohort.csv "

/* ---- series ---- */

/* Column `name` of the series of --ph with that term. */
static const json_t *ph_column(const struct program_facts *facts, const char *term,
                               const char *name)
{
    size_t i;
    json_t *series;
    json_array_foreach(json_object_get(facts->root, "series"), i, series)
    {
        const char *analysis = json_string_value(json_object_get(series, "analysis"));
        const char *its = json_string_value(json_object_get(series, "term"));
        if (strcmp(analysis, "ph") == 0 && its != NULL && strcmp(its, term) == 0)
            return json_object_get(json_object_get(series, "columns"), name);
    }
    fail_msg("no series %s", term);
    return NULL;
}

static void check_against(const struct oracle *oracle, const char *name, const json_t *column,
                          size_t i, double relative)
{
    size_t n;
    assert_close(json_number_value(json_array_get(column, i)), *oracle_vector(oracle, name, &n),
                 relative);
}

static void residuals_and_their_smooth_are_those_of_r(void **state)
{
    (void)state;
    static const char *const limits[] = {"estimate", "conf.low", "conf.high"};
    static const size_t points[] = {0, 20, 39};
    struct oracle *oracle = oracle_read("tests/oracle/ph_figure.csv");
    struct program_facts facts = program_facts_of(LUNG "--ph");
    const json_t *residual = ph_column(&facts, "schoenfeld", "estimate");
    size_t n;
    assert_int_equal(json_array_size(residual), (size_t)*oracle_vector(oracle, "n.residuals", &n));
    check_against(oracle, "residual.first", residual, 0, 1e-8);
    check_against(oracle, "residual.last", residual, json_array_size(residual) - 1, 1e-8);
    for (size_t p = 0; p < 3; p++)
        for (size_t l = 0; l < 3; l++) {
            char *name = program_format("smooth.%zu.%s", points[p], limits[l]);
            check_against(oracle, name, ph_column(&facts, "schoenfeld-smooth", limits[l]),
                          points[p], 1e-7);
            free(name);
        }
    check_against(oracle, "loglog.1.first", ph_column(&facts, "log-log", "estimate"), 0, 1e-10);
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* ---- counts ---- */

static void counts_at_ticks_are_those_of_the_table_asked_at_these_times(void **state)
{
    (void)state;
    static const char *const stats[] = {"n.risk", "n.event", "n.censor"};
    struct program_facts drawn = program_facts_of(LUNG "--km --times 100 --time-step 150");
    struct program_facts asked = program_facts_of(LUNG "--km --times 150,300,450");
    for (int time = 150; time <= 450; time += 150)
        for (int arm = 1; arm <= 2; arm++)
            for (size_t s = 0; s < 3; s++) {
                char *key = program_format("km endpoint=os population=all group=%d time=%d %s", arm,
                                           time, stats[s]);
                assert_close(program_facts_number(&drawn, key), program_facts_number(&asked, key),
                             0);
                free(key);
            }
    program_facts_clear(&drawn);
    program_facts_clear(&asked);
}

static void patients_at_risk_stand_beside_weights(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --km --iptw "
                         "--time-step 1000");
    for (int time = 0; time <= 3000; time += 1000) {
        char *all = program_format("km endpoint=os population=all group=1 time=%d n.risk", time);
        char *weighted = program_format(
            "km endpoint=os population=iptw-ate group=1 time=%d n.risk.unweighted", time);
        assert_close(program_facts_number(&facts, weighted), program_facts_number(&facts, all), 0);
        free(all);
        free(weighted);
    }
    program_facts_clear(&facts);
}

/* Figures ask for facts at times of their own; `facts` are sorted by key. */
static void check_no_twins(const char *arguments)
{
    struct program_facts facts = program_facts_of("%s", arguments);
    assert_true(facts.n > 100);
    for (size_t i = 1; i < facts.n; i++)
        if (strcmp(facts.fact[i].key, facts.fact[i - 1].key) == 0)
            fail_msg("twins: %s", facts.fact[i].key);
    program_facts_clear(&facts);
}

static void no_fact_of_a_figure_is_a_twin(void **state)
{
    (void)state;
    check_no_twins(COHORT "--km --ph --timedep --landmark=6 --ccw --psm");
    check_no_twins(COHORT "--km --timedep --times 0,6,12 --time-step 6 --iptw");
    check_no_twins("tests/oracle/data/mgus2.csv --id id --arm sex --endpoint "
                   "pcm=etime,etype:1;2 --cuminc --times 0,60,120 --time-step 60");
}

/* ---- where curves end ---- */

static double until(const char *share, size_t n)
{
    static const double time[] = {1, 2, 3, 4, 5, 6};
    double at_risk[6];
    struct rwe_job job;
    assert_int_equal(rwe_job_init(&job, NULL, NULL), RWE_OK);
    assert_int_equal(rwe_job_set(&job, "cut-at-risk", share, NULL), RWE_OK);
    struct rwe_run run = {.settings = job.settings, .arena = job.arena};
    for (size_t i = 0; i < 6; i++) /* n, n/2, n/4, … */
        at_risk[i] = (double)n / (double)(1 << i);
    double result = rwe_drawn_until(&run, 6, time, at_risk);
    rwe_job_release(&job);
    return result;
}

static void curves_end_at_the_last_time_with_enough_at_risk(void **state)
{
    (void)state;
    assert_close(until("0.1", 640), 4, 0); /* 640, 320, 160, 80 of at least 64 */
    assert_close(until("0.3", 640), 2, 0); /* of at least 192 */
    assert_close(until("0.01", 64), 3, 0); /* 64, 32, 16 of at least 10 */
    assert_close(until("0.1", 16), 2, 0);  /* 16, 8 of at least half */
    assert_nan(until("0.01", 3200));       /* 100 at the end are enough */
    assert_nan(until("0", 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(residuals_and_their_smooth_are_those_of_r),
        cmocka_unit_test(counts_at_ticks_are_those_of_the_table_asked_at_these_times),
        cmocka_unit_test(patients_at_risk_stand_beside_weights),
        cmocka_unit_test(no_fact_of_a_figure_is_a_twin),
        cmocka_unit_test(curves_end_at_the_last_time_with_enough_at_risk),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
