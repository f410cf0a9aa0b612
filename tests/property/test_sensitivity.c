/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sensitivity table holds every hazard ratio of the run with the E-value of just those numbers, and
 * the assumed confounder divides the ratio that it says it does. */
#include "program.h"
#include "rwe/stats/evalue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ                                                                                       \
    "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "          \
    "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event --covariates "                   \
    "age,sex,oligo,liver_met,siteid "
#define STARTS "--exposure-start rt_start_mo --time-unit months "

static double number(const struct program_facts *facts, const char *format, const char *population,
                     const char *model)
{
    char *key = program_format("endpoint=pfs population=%s model=%s", population, model);
    char *whole = program_format(format, key);
    double value = program_facts_number(facts, whole);
    free(key);
    free(whole);
    return value;
}

static const char *text_of(const struct program_facts *facts, const char *key)
{
    json_t *value = program_facts_find(facts, key);
    return value == NULL ? NULL : json_string_value(value);
}

static size_t count(const struct program_facts *facts, const char *with, const char *end)
{
    size_t n = 0, tail = strlen(end);
    for (size_t f = 0; f < facts->n; f++) {
        const char *key = facts->fact[f].key;
        n += strncmp(key, with, strlen(with)) == 0 && strlen(key) >= tail &&
             strcmp(key + strlen(key) - tail, end) == 0;
    }
    return n;
}

/* From the facts of --cox, by the kernel, which test_evalue.c holds to R. */
static void check_evalue(const struct program_facts *facts, const char *population,
                         const char *model, bool rare)
{
    double hr = number(facts, "cox %s term=arm hr", population, model);
    double low = number(facts, "cox %s term=arm conf.low", population, model);
    double high = number(facts, "cox %s term=arm conf.high", population, model);
    assert_close(number(facts, "sensitivity %s term=evalue estimate", population, model),
                 rwe_evalue(rwe_evalue_risk_ratio(hr, rare)), 1e-15);
    assert_close(number(facts, "sensitivity %s term=evalue conf.limit", population, model),
                 rwe_evalue_limits(low, high, rare), 1e-15);
}

static void every_population_has_the_evalue_of_its_hazard_ratio(void **state)
{
    (void)state;
    static const char *const answer[][2] = {
        {"all", "arm"},          {"all", "adjusted"},
        {"matched", "arm"},      {"iptw-ato", "arm"},
        {"landmark-6", "arm"},   {"landmark-6", "adjusted"},
        {"timedep", "arm"},      {"landmark-6-matched", "arm"},
        {"timedep", "adjusted"}, {"landmark-6-iptw-ato", "arm"},
        {"ccw-9", "arm"},
    };
    const size_t n = sizeof answer / sizeof *answer;
    struct program_facts facts =
        program_facts_of(READ STARTS "--sensitivity --psm --iptw=ato --landmark --timedep --ccw");
    for (size_t a = 0; a < n; a++)
        check_evalue(&facts, answer[a][0], answer[a][1], false);
    assert_int_equal(count(&facts, "sensitivity endpoint=pfs", " term=evalue estimate"), n);
    assert_int_equal(count(&facts, "sensitivity endpoint=pfs", " caution"), 4);
    program_facts_clear(&facts);
}

static void limits_that_hold_one_have_the_evalue_one(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --psm "
                         "--sensitivity");
    assert_true(program_facts_number(
                    &facts, "cox endpoint=os population=matched model=arm term=arm conf.high") > 1);
    assert_close(program_facts_number(&facts, "sensitivity endpoint=os population=matched "
                                              "model=arm term=evalue conf.limit"),
                 1, 0);
    assert_int_equal(count(&facts, "sensitivity ", " caution"), 0);
    program_facts_clear(&facts);
}

/* 20 against 20, so that 3 of 20 and 4 of 20 in all make 7 of 40, more than 15%; 2 and 4 make 15%. */
static char *write_cohort(const char *folder, size_t control_events)
{
    char text[4000] = "id,arm,time,event\n";
    for (size_t i = 0; i < 40; i++) {
        size_t k = i / 2;
        bool event = i % 2 == 0 ? k < control_events : k < 4;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%zu,%c,%zu,%d\n", i + 1,
                 i % 2 == 0 ? 'A' : 'B', 10 + i, event);
    }
    return program_write_file(folder, "small.csv", text);
}

static void fifteen_percent_is_rare_and_more_is_common(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    static const char *const said[] = {"", "--evalue-outcome common"};
    for (size_t events = 2; events <= 3; events++)
        for (size_t s = 0; s < 2; s++) {
            char *file = write_cohort(folder, events);
            struct program_facts facts = program_facts_of(
                "%s --id id --arm arm --endpoint pfs=time,event --sensitivity %s", file, said[s]);
            bool rare = events == 2 && s == 0;
            check_evalue(&facts, "all", "arm", rare);
            assert_string_equal(text_of(&facts, "sensitivity endpoint=pfs population=all model=arm "
                                                "term=evalue outcome"),
                                rare ? "rare" : "common");
            program_facts_clear(&facts);
            free(file);
        }
    program_remove_folder(folder);
}

/* The stats of the assumed confounder are those of --cox in the population, divided. */
static void check_confounder(const struct program_facts *facts, const char *endpoint,
                             const char *population, const char *model)
{
    static const char *const stats[] = {"hr", "conf.low", "conf.high"};
    for (size_t s = 0; s < 3; s++) {
        char *there = program_format("cox endpoint=%s population=%s model=%s term=arm %s", endpoint,
                                     population, model, stats[s]);
        char *here = program_format("sensitivity endpoint=%s population=%s model=%s "
                                    "term=confounder level=0.5 against 0.1 with HR 3 %s",
                                    endpoint, population, model, stats[s]);
        assert_close(program_facts_number(facts, here),
                     program_facts_number(facts, there) * 1.2 / 2, 1e-14);
        free(there);
        free(here);
    }
}

/* A row that is biased without any confounder is not taken unless it is named: arms told by the future, and of overall
 * survival, which goes on after progression, exposure as a state. */
static void the_confounder_divides_the_ratio_of_the_most_trusted_population(void **state)
{
    (void)state;
    static const struct {
        const char *flags;
        const char *pfs[2], *os[2]; /* population and model; NULL: none */
    } run[] = {
        {"", {NULL, NULL}, {NULL, NULL}},
        {"--psm", {NULL, NULL}, {NULL, NULL}},
        {"--psm --timedep", {"timedep", "adjusted"}, {NULL, NULL}},
        {"--psm --timedep --landmark",
         {"landmark-6-matched", "arm"},
         {"landmark-6-matched", "arm"}},
        {"--psm --timedep --landmark --ccw", {"ccw-9", "arm"}, {"ccw-9", "arm"}},
        {"--psm --confounder-in all", {"all", "adjusted"}, {"all", "adjusted"}},
        {"--timedep --confounder-in timedep", {"timedep", "adjusted"}, {"timedep", "adjusted"}},
    };
    for (size_t r = 0; r < sizeof run / sizeof *run; r++) {
        struct program_facts facts = program_facts_of(READ STARTS "--sensitivity %s", run[r].flags);
        size_t n = (run[r].pfs[0] != NULL) + (run[r].os[0] != NULL);
        if (run[r].pfs[0] != NULL)
            check_confounder(&facts, "pfs", run[r].pfs[0], run[r].pfs[1]);
        if (run[r].os[0] != NULL)
            check_confounder(&facts, "os", run[r].os[0], run[r].os[1]);
        /* 3 × 2 pairs of shares, 3 strengths */
        assert_int_equal(count(&facts, "sensitivity ", " bias"), 18 * n);
        program_facts_clear(&facts);
    }
    struct program_run said = program_run(READ STARTS "--sensitivity --timedep");
    assert_says(said.out, "One more confounder is assumed in no row|Nor is one needed to explain");
    program_clear(&said);
}

/* ---- losses to follow-up ---- */

static void with_delta_one_the_difference_is_that_of_rmst(void **state)
{
    (void)state;
    static const char *const population[] = {"all", "matched", "iptw-ato", "landmark-6",
                                             "landmark-6-matched"};
    struct program_facts facts =
        program_facts_of(READ STARTS "--sensitivity --rmst --ltfu-column ltfu --psm --iptw=ato "
                                     "--landmark --ccw");
    for (size_t p = 0; p < 5; p++) {
        char *in = program_format("endpoint=os population=%s term=", population[p]);
        char *there = program_format("rmst %sdifference estimate", in);
        static const char *const delta[] = {"delta=1", "delta=1.5", "delta=2", "delta=3", "next"};
        double before = program_facts_number(&facts, there);
        for (size_t d = 0; d < 5; d++) {
            char *here = program_format("sensitivity %slost level=%s difference", in, delta[d]);
            double difference = program_facts_number(&facts, here);
            assert_true(d == 0 || difference < before);
            if (d == 0)
                assert_close(difference, before, 1e-10);
            before = difference;
            free(here);
        }
        free(in);
        free(there);
    }
    assert_int_equal(count(&facts, "sensitivity endpoint=os population=ccw", " tipping"), 0);
    program_facts_clear(&facts);
}

/* The four of test_lost.c, who tip at 1.5; without a column of losses, or with other than 0 and 1 in it,
 * there is nothing to tip. */
static void tipping_by_hand(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "small.csv",
                                    "id,arm,time,event,lost\n1,A,2.375,1,0\n2,A,2.375,1,0\n"
                                    "3,B,1,0,1\n4,B,1,0,1\n5,B,2,1,0\n6,B,3,0,0\n");
#define SMALL "%s --id id --arm arm --endpoint pfs=time,event --sensitivity --tau 3 "
    struct program_facts facts = program_facts_of(SMALL "--ltfu-column lost", file);
#define LOST "sensitivity endpoint=pfs population=all "
    assert_close(program_facts_number(&facts, LOST "term=lost tipping"), 1.5, 1e-9);
    assert_close(program_facts_number(&facts, LOST "group=B term=lost n"), 2, 0);
    assert_close(program_facts_number(&facts, LOST "group=A term=lost n"), 0, 0);
    assert_close(program_facts_number(&facts, LOST "term=lost level=delta=2 difference"), -0.125,
                 1e-12);
    program_facts_clear(&facts);
    facts = program_facts_of(SMALL, file);
    assert_int_equal(count(&facts, "sensitivity ", " tipping"), 0);
    program_facts_clear(&facts);
    struct program_run run = program_run(SMALL "--ltfu-column time", file);
    assert_code(run, 2);
    assert_says(run.err, "--ltfu-column time|1 (lost");
    program_clear(&run);
    free(file);
    program_remove_folder(folder);
}

/* ---- levels left out ---- */

/* Another route: those of the centre are not eligible. */
static void leaving_a_centre_out_is_a_cohort_without_it(void **state)
{
    (void)state;
    static const char *const answer[][2] = {
        {"all", "arm"},      {"all", "adjusted"},        {"matched", "arm"},
        {"iptw-ato", "arm"}, {"landmark-6", "adjusted"}, {"landmark-6-matched", "arm"},
        {"ccw-9", "arm"},
    };
/* Curves and means are estimates too, but not what is left out level by level. */
#define CENTRES READ STARTS "--km --cox --rmst --psm --iptw=ato --landmark --ccw "
    struct program_facts facts = program_facts_of(CENTRES "--sensitivity --leave-one-out siteid");
    for (int site = 1; site <= 4; site++) {
        struct program_facts without =
            program_facts_of(CENTRES "--eligibility centre=siteid!=S%d", site);
        for (size_t a = 0; a < sizeof answer / sizeof *answer; a++) {
            char *here =
                program_format("sensitivity %%s term=leave-one-out level=siteid=S%d hr", site);
            assert_close(number(&facts, here, answer[a][0], answer[a][1]),
                         number(&without, "cox %s term=arm hr", answer[a][0], answer[a][1]), 1e-7);
            free(here);
        }
        program_facts_clear(&without);
    }
    program_facts_clear(&facts);
}

/* Else only the adjusted model compares like with like. */
static void trials_that_weigh_for_censoring_alone_are_told_adjusted_too(void **state)
{
    (void)state;
#define TRIALS READ STARTS "--sensitivity --sequential=2 --sequential-weights "
    struct program_facts facts = program_facts_of(TRIALS "censoring");
    check_evalue(&facts, "sequential", "arm", false);
    check_evalue(&facts, "sequential", "adjusted", false);
    program_facts_clear(&facts);
    facts = program_facts_of(TRIALS "initiators");
    check_evalue(&facts, "sequential", "arm", false);
    assert_int_equal(
        count(&facts, "sensitivity endpoint=pfs population=sequential model=adjusted", ""), 0);
    program_facts_clear(&facts);
}

static void a_level_without_which_there_is_no_comparison_is_told(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "small.csv",
                                    "id,arm,time,event,site,age\n1,A,1,1,x,1\n2,A,4,1,y,2\n"
                                    "3,A,6,0,y,3\n4,B,2,1,y,4\n5,B,3,1,y,5\n6,B,5,0,y,6\n");
#define SITES "%s --id id --arm arm --endpoint pfs=time,event --sensitivity --covariates site,age "
    struct program_run run = program_run(SITES "--leave-one-out site", file);
    assert_code(run, 0);
    assert_says(run.out, "Without site y: nobody of arm \"B\" is left.|NE");
    program_clear(&run);
    run = program_run(SITES "--leave-one-out age", file);
    assert_code(run, 2);
    assert_says(run.err, "--leave-one-out age|categorical");
    program_clear(&run);
    run = program_run(SITES "--leave-one-out sitte", file);
    assert_code(run, 2);
    assert_says(run.err, "--leave-one-out sitte|one of the covariates");
    program_clear(&run);
    free(file);
    program_remove_folder(folder);
}

static void several_arms_have_an_evalue_each(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("tests/oracle/data/veteran.csv --arm celltype --endpoint pfs=time,status "
                         "--sensitivity");
    static const char *const arm[] = {"large", "smallcell", "squamous"};
    for (size_t a = 0; a < 3; a++) {
        char *there =
            program_format("cox endpoint=pfs population=all model=arm term=arm=%s hr", arm[a]);
        char *here = program_format(
            "sensitivity endpoint=pfs population=all model=arm group=%s term=evalue estimate",
            arm[a]);
        double hr = program_facts_number(&facts, there);
        assert_close(program_facts_number(&facts, here),
                     rwe_evalue(rwe_evalue_risk_ratio(hr, false)), 1e-15);
        free(there);
        free(here);
    }
    assert_int_equal(count(&facts, "sensitivity ", " bias"), 0);
    program_facts_clear(&facts);
}

static void a_population_that_is_not_there_is_refused_with_those_that_are(void **state)
{
    (void)state;
    struct program_run run =
        program_run(READ STARTS "--sensitivity --landmark --timedep --confounder-in matchd");
    assert_code(run, 2);
    assert_says(run.err, "--confounder-in matchd|all, landmark-6, timedep");
    program_clear(&run);
    run = program_run(
        "sample_data/cohort.csv --arm sex --sensitivity --endpoint pfs=pfs_mo,pfs_event "
        "--confounder-prevalence 0.2,1.2");
    assert_code(run, 2);
    assert_says(run.err, "confounder-prevalence");
    program_clear(&run);
}

static void without_an_endpoint_it_is_refused(void **state)
{
    (void)state;
    struct program_run run = program_run("sample_data/cohort.csv --arm sex --sensitivity");
    assert_code(run, 2);
    assert_says(run.err, "--endpoint");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_population_has_the_evalue_of_its_hazard_ratio),
        cmocka_unit_test(limits_that_hold_one_have_the_evalue_one),
        cmocka_unit_test(fifteen_percent_is_rare_and_more_is_common),
        cmocka_unit_test(the_confounder_divides_the_ratio_of_the_most_trusted_population),
        cmocka_unit_test(with_delta_one_the_difference_is_that_of_rmst),
        cmocka_unit_test(tipping_by_hand),
        cmocka_unit_test(leaving_a_centre_out_is_a_cohort_without_it),
        cmocka_unit_test(trials_that_weigh_for_censoring_alone_are_told_adjusted_too),
        cmocka_unit_test(a_level_without_which_there_is_no_comparison_is_told),
        cmocka_unit_test(several_arms_have_an_evalue_each),
        cmocka_unit_test(a_population_that_is_not_there_is_refused_with_those_that_are),
        cmocka_unit_test(without_an_endpoint_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
