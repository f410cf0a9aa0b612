/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipe for an exposure that changes in time: its facts are those of R's tmerge route
 * (tests/oracle/timedep.R), rows add up to patients, and what cannot be is told. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEMO                                                                                       \
    "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "          \
    "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event --exposure-start rt_start_mo "   \
    "--response-column resp_m3 --covariates age,sex,oligo,liver_met --times 6,12,24 --timedep "
#define JASA                                                                                       \
    "tests/oracle/data/jasa.csv --id id --arm transplant --covariates age,surgery --timedep "
#define RAW "--endpoint death=futime,fustat --exposure-start wait.time --times 30,100,365 "
#define HEART "--endpoint death=time,fustat --exposure-start wait --times 30,100,365 "

/* Where the facts of a line of the oracle stand. */
struct expected {
    const struct oracle *oracle;
    const struct program_facts *facts;
    const char *name;     /* "demo pfs" */
    const char *endpoint; /* "pfs" */
    const char *group[2]; /* the states */
};

static double fact(const struct expected *e, const char *analysis, const char *rest)
{
    char *key = program_format("%s endpoint=%s population=timedep %s", analysis, e->endpoint, rest);
    double value = program_facts_number(e->facts, key);
    free(key);
    return value;
}

static const double *line(const struct expected *e, const char *rest, size_t n)
{
    size_t found;
    char *name = program_format("%s %s", e->name, rest);
    const double *values = oracle_vector(e->oracle, name, &found);
    assert_int_equal(found, n);
    free(name);
    return values;
}

/* coef, se, robust se, two log-likelihoods, hr and limits, events. */
static void check_model(const struct expected *e, const char *in_r, const char *model)
{
    static const struct {
        const char *stat;
        double relative;
    } stats[] = {{"term=arm estimate", 1e-8},
                 {"term=arm std.error", 1e-7},
                 {"term=arm robust.se", 1e-7},
                 {"loglik.null", 1e-10},
                 {"loglik", 1e-10},
                 {"term=arm hr", 1e-8},
                 {"term=arm conf.low", 1e-7},
                 {"term=arm conf.high", 1e-7},
                 {"n.event", 0}};
    const double *r = line(e, in_r, sizeof stats / sizeof *stats);
    for (size_t s = 0; s < sizeof stats / sizeof *stats; s++) {
        char *rest = program_format("model=%s %s", model, stats[s].stat);
        assert_close(fact(e, "cox", rest), r[s], stats[s].relative);
        free(rest);
    }
}

/* Observed and expected of both states, statistic, p. */
static void check_test(const struct expected *e, const char *in_r, const char *model)
{
    const double *r = line(e, in_r, 6);
    for (size_t k = 0; k < 4; k++) {
        char *rest = program_format("%sgroup=%s term=mantel-byar %s", model, e->group[k % 2],
                                    k < 2 ? "observed" : "expected");
        assert_close(fact(e, "logrank", rest), r[k], 1e-10);
        free(rest);
    }
    char *statistic = program_format("%sterm=mantel-byar statistic", model);
    char *p = program_format("%sterm=mantel-byar p.value", model);
    assert_close(fact(e, "logrank", statistic), r[4], 1e-10);
    assert_close(fact(e, "logrank", p), r[5], 1e-6);
    free(statistic);
    free(p);
}

/* Where S is 1 the limits are 1 here and NA in R; those of R are not compared then. */
static void check_curve(const struct expected *e, const char *in_r, const double times[3])
{
    static const char *const stats[] = {"estimate", "std.error", "conf.low", "conf.high"};
    for (size_t state = 0; state < 2; state++) {
        char *name = program_format("%s %zu", in_r, state);
        const double *r = line(e, name, 12);
        for (size_t k = 0; k < 12; k++) {
            char *rest =
                program_format("group=%s time=%g %s", e->group[state], times[k / 4], stats[k % 4]);
            if (!isnan(r[k]))
                assert_close(fact(e, "km", rest), r[k], 1e-10);
            free(rest);
        }
        free(name);
    }
}

static void check_medians(const struct expected *e)
{
    for (size_t state = 0; state < 2; state++) {
        char *name = program_format("curve %zu median", state);
        char *rest = program_format("group=%s median", e->group[state]);
        const double *r = line(e, name, 3);
        if (!isnan(r[0]))
            assert_close(fact(e, "km", rest), r[0], 1e-10);
        free(name);
        free(rest);
    }
}

/* Time at risk, events, rows of both states. */
static void check_time(const struct expected *e)
{
    static const char *const stats[] = {"time", "n.event", "n"};
    const double *r = line(e, "time", 6);
    for (size_t k = 0; k < 6; k++) {
        char *rest = program_format("group=%s %s", e->group[k % 2], stats[k / 2]);
        assert_close(fact(e, "timedep", rest), r[k], 1e-12);
        free(rest);
    }
}

static void check_all(const struct expected *e, const double times[3])
{
    check_time(e);
    check_model(e, "arm", "arm");
    check_model(e, "adjusted", "adjusted");
    check_test(e, "mantel-byar", "");
    check_curve(e, "curve", times);
    check_medians(e);
}

static void demo_agrees_with_tmerge(void **state)
{
    (void)state;
    static const double times[] = {6, 12, 24};
    struct oracle *oracle = oracle_read("tests/oracle/timedep.csv");
    struct program_facts facts = program_facts_of(DEMO);
    check_all(&(struct expected){oracle, &facts, "demo pfs", "pfs", {"GP+Tis", "GP+Tis+RT"}},
              times);
    check_all(&(struct expected){oracle, &facts, "demo os", "os", {"GP+Tis", "GP+Tis+RT"}}, times);
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void response_strata_and_a_later_start_of_the_curves_agree_with_r(void **state)
{
    (void)state;
    static const double times[] = {6, 12, 24};
    struct oracle *oracle = oracle_read("tests/oracle/timedep.csv");
    struct program_facts facts = program_facts_of(DEMO "--timedep-response --curves-from 6");
    struct expected pfs = {oracle, &facts, "demo pfs", "pfs", {"GP+Tis", "GP+Tis+RT"}};
    check_model(&pfs, "response", "adjusted");
    check_curve(&pfs, "from 6", times);
    struct expected os = {oracle, &facts, "demo os", "os", {"GP+Tis", "GP+Tis+RT"}};
    check_model(&os, "response", "adjusted");
    check_curve(&os, "from 6", times);
    program_facts_clear(&facts);
    facts = program_facts_of(DEMO "--strata siteid");
    const double *r = line(&pfs, "strata", 3);
    assert_close(fact(&pfs, "cox", "model=arm term=arm estimate"), r[0], 1e-8);
    assert_close(fact(&pfs, "cox", "model=arm term=arm std.error"), r[1], 1e-7);
    assert_close(fact(&pfs, "cox", "model=arm term=arm robust.se"), r[2], 1e-7);
    check_test(&pfs, "strata mantel-byar", "model=stratified ");
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void stanford_heart_transplants_agree_with_r(void **state)
{
    (void)state;
    static const double times[] = {30, 100, 365};
    struct oracle *oracle = oracle_read("tests/oracle/timedep.csv");
    struct program_facts facts = program_facts_of(JASA HEART);
    const struct expected heart = {oracle, &facts, "heart", "death", {"0", "1"}};
    check_all(&heart, times);
    assert_close(fact(&heart, "logrank", "term=mantel-byar statistic"), *line(&heart, "score", 1),
                 1e-10); /* the discrete model's score test */
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* Patient 38 of the file as it stands died on the day of the transplant, and counts without one, as in
 * tmerge; patient 15 was followed for no time and is left out. */
static void a_death_on_the_day_of_the_start_is_an_unexposed_one(void **state)
{
    (void)state;
    static const double times[] = {30, 100, 365};
    struct oracle *oracle = oracle_read("tests/oracle/timedep.csv");
    struct program_facts facts = program_facts_of(JASA RAW);
    const struct expected jasa = {oracle, &facts, "jasa", "death", {"0", "1"}};
    check_all(&jasa, times);
    assert_close(fact(&jasa, "timedep", "n"), 102, 0);
    assert_close(fact(&jasa, "timedep", "n.without.time"), 1, 0);
    assert_close(fact(&jasa, "timedep", "n.too.late"), 1, 0);
    program_facts_clear(&facts);
    oracle_free(oracle);
    struct program_run run = program_run(JASA RAW);
    assert_says(run.out, "1 subjects without any time at risk|Estimand: the hazard while exposed");
    program_clear(&run);
}

/* The first exposed patient fails alone: the curve is 0 from there on. */
static void a_curve_that_begins_among_few_is_told(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *text = strdup("id,arm,t,e,start\n1,1,3,1,1\n2,1,9,0,5\n3,1,8,1,6\n4,1,7,1,6\n");
    for (int i = 0; i < 14; i++) {
        char *more = program_format("%s%d,%d,%d,%d,%s\n", text, 5 + i, i % 2, 10 + i, i % 3 == 0,
                                    i % 2 ? "4" : "");
        free(text);
        text = more;
    }
    char *path = program_write_file(folder, "few.csv", text);
    struct program_run run = program_run("%s --id id --arm arm --endpoint d=t,e "
                                         "--exposure-start start --timedep",
                                         path);
    assert_code(run, 0);
    assert_says(run.out, "begins with events among few|first fell on 1|--curves-from");
    program_clear(&run);
    free(text);
    free(path);
    program_remove_folder(folder);
}

static void exact_ties_take_the_information_of_the_model(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(JASA HEART "--ties exact");
    static const char at[] = "cox endpoint=death population=timedep model=arm ";
    char *robust = program_format("%sterm=arm robust.se", at);
    char *score = program_format("%sscore.statistic", at);
    assert_null(program_facts_find(&facts, robust));
    assert_close(
        program_facts_number(&facts, score),
        program_facts_number(
            &facts, "logrank endpoint=death population=timedep term=mantel-byar statistic"),
        1e-10);
    free(robust);
    free(score);
    program_facts_clear(&facts);
}

static void replicates_draw_patients_not_rows(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(DEMO "--bootstrap 40");
    static const char at[] = "cox endpoint=pfs population=timedep model=adjusted term=arm";
    char *error = program_format("%s bootstrap.std.error", at);
    char *robust = program_format("%s robust.se", at);
    assert_close(program_facts_number(&facts, error), program_facts_number(&facts, robust), 0.35);
    free(error);
    free(robust);
    program_facts_clear(&facts);
}

static const char *caution(const struct program_facts *facts, const char *key)
{
    char *whole = program_format("%s caution", key);
    json_t *found = program_facts_find(facts, whole);
    free(whole);
    return found == NULL ? "" : json_string_value(found);
}

/* Overall survival goes on after progression, when radiotherapy can no longer begin; progression-free survival ends
 * there. */
static void what_goes_on_after_progression_is_no_effect_of_a_strategy(void **state)
{
    (void)state;
    static const char *const keys[] = {"cox endpoint=os population=timedep model=arm",
                                       "cox endpoint=os population=timedep model=adjusted",
                                       "logrank endpoint=os population=timedep term=mantel-byar",
                                       "timedep endpoint=os population=timedep"};
    static const char banner[] =
        "Not the effect of a strategy: exposure begins before progression or never";
    struct oracle *oracle = oracle_read("tests/oracle/timedep.csv");
    struct program_facts facts = program_facts_of(DEMO);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        assert_string_equal(caution(&facts, keys[k]), banner);
    assert_string_equal(caution(&facts, "cox endpoint=pfs population=timedep model=adjusted"), "");
    assert_string_equal(
        caution(&facts, "cox endpoint=os population=timedep model=not-through-progression"),
        "Not through progression: not the effect of a strategy");
    const struct expected os = {oracle, &facts, "demo os", "os", {"GP+Tis", "GP+Tis+RT"}};
    check_model(&os, "not-through", "not-through-progression");
    assert_null(program_facts_find(
        &facts, "cox endpoint=pfs population=timedep model=not-through-progression n"));
    program_facts_clear(&facts);
    oracle_free(oracle);
    struct program_run run = program_run(DEMO);
    assert_says(run.out, "os (caution): while GP+Tis+RT|not through progression|"
                         "Warning: os goes on after progression");
    program_clear(&run);
}

/* Transplants: nobody says when they can no longer begin; then that they can until death. */
static void an_unknown_end_of_exposure_is_cautioned_until_it_is_said(void **state)
{
    (void)state;
    static const char key[] = "cox endpoint=death population=timedep model=adjusted";
    struct program_facts facts = program_facts_of(JASA HEART);
    assert_string_equal(caution(&facts, key),
                        "Caution: when exposure can no longer begin is not known");
    program_facts_clear(&facts);
    facts = program_facts_of(JASA HEART "--exposure-until death");
    assert_string_equal(caution(&facts, key), "");
    program_facts_clear(&facts);
}

#define WEIGHTED                                                                                   \
    "tests/oracle/data/ccw.csv --id id --arm arm --control none --treated rt "                     \
    "--exposure-start rt_start --endpoint pfs=pfs,pfs_event --endpoint os=os,os_event "            \
    "--response-column resp --covariates age,kps,oligo,liver,site --timedep --timedep-response "   \
    "--timedep-weights "

static void a_marginal_structural_model_agrees_with_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/timedep.csv");
    struct program_facts facts = program_facts_of(WEIGHTED "--bootstrap 40");
    const struct expected pfs = {oracle, &facts, "weighted", "pfs", {"none", "rt"}};
    const double *r = line(&pfs, "pfs", 7);
    assert_close(fact(&pfs, "cox", "model=weighted term=arm estimate"), r[0], 1e-8);
    assert_close(fact(&pfs, "cox", "model=weighted term=arm std.error"), r[1], 1e-7);
    assert_close(fact(&pfs, "cox", "model=weighted term=arm robust.se"), r[2], 1e-7);
    assert_close(fact(&pfs, "cox", "model=weighted n.event"), r[3], 0);
    assert_close(fact(&pfs, "weights", "mean"), r[4], 1e-8);
    assert_close(fact(&pfs, "weights", "min"), r[5], 1e-8);
    assert_close(fact(&pfs, "weights", "max"), r[6], 1e-8);
    assert_close(fact(&pfs, "cox", "model=weighted n"), 400, 0);
    assert_close(fact(&pfs, "cox", "model=weighted term=arm bootstrap.std.error"), r[2], 0.35);
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* None of those who have progressed can begin: weights have nobody to stand for the exposed. */
static void weights_are_not_offered_where_they_cannot_help(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(WEIGHTED);
    assert_null(program_facts_find(&facts, "cox endpoint=os population=timedep model=weighted n"));
    program_facts_clear(&facts);
    struct program_run run = program_run(WEIGHTED);
    assert_says(run.out, "os: no weighted model. None of those past progression");
    program_clear(&run);
    run = program_run(WEIGHTED "--entry oligo --on-error drop");
    assert_code(run, 2);
    assert_says(run.err, "leave out --entry");
    program_clear(&run);
}

static void what_it_cannot_do_without_is_asked_for(void **state)
{
    (void)state;
    struct program_run run = program_run(JASA "--endpoint death=time,fustat");
    assert_int_equal(run.code, 2);
    assert_says(run.err, "--exposure-start");
    program_clear(&run);
    run = program_run(JASA HEART "--timedep-response");
    assert_int_equal(run.code, 2);
    assert_says(run.err, "--response-column");
    program_clear(&run);
}

/* Covariates known at the landmark stand behind the others, and the response is put between. */
static void response_goes_with_covariates_of_the_landmark(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "sample_data/cohort.csv --id usubjid --arm arm --exposure-start rt_start_mo --endpoint "
        "pfs=pfs_mo,pfs_event --covariates age,kps --landmark-covariates resp_m3,bor "
        "--response-column resp_m3 --timedep --timedep-response --landmark --quiet");
    assert_true(program_facts_number(
                    &facts, "cox endpoint=pfs population=timedep model=adjusted term=arm hr") < 1);
    program_facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_goes_with_covariates_of_the_landmark),
        cmocka_unit_test(demo_agrees_with_tmerge),
        cmocka_unit_test(response_strata_and_a_later_start_of_the_curves_agree_with_r),
        cmocka_unit_test(stanford_heart_transplants_agree_with_r),
        cmocka_unit_test(a_death_on_the_day_of_the_start_is_an_unexposed_one),
        cmocka_unit_test(a_curve_that_begins_among_few_is_told),
        cmocka_unit_test(exact_ties_take_the_information_of_the_model),
        cmocka_unit_test(replicates_draw_patients_not_rows),
        cmocka_unit_test(what_goes_on_after_progression_is_no_effect_of_a_strategy),
        cmocka_unit_test(an_unknown_end_of_exposure_is_cautioned_until_it_is_said),
        cmocka_unit_test(a_marginal_structural_model_agrees_with_r),
        cmocka_unit_test(weights_are_not_offered_where_they_cannot_help),
        cmocka_unit_test(what_it_cannot_do_without_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
