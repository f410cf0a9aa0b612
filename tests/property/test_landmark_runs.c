/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --landmark through the whole program: every analysis on those still free of events, against R on the
 * subset of the file (tests/oracle/landmark.R), and what must hold of landmarks. */
#include "csv_table.h"
#include "csv_variant.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "--id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT --endpoint pfs=pfs_mo,pfs_event " \
    "--endpoint os=os_mo,os_event --quiet "
#define COVARIATES "--covariates age,sex,oligo,liver_met,t_stage --landmark-covariates resp_m3 "
#define START "--exposure-start rt_start_mo "
#define FILE_AND_COLUMNS "sample_data/cohort.csv " COLUMNS
#define COHORT FILE_AND_COLUMNS START COVARIATES

static const char *const arms[] = {"GP+Tis", "GP+Tis+RT"};
static const char *const endpoints[] = {"pfs", "os"};
static const char *const landmarks[] = {"4", "6", "9"};

/* ---- against R ---- */

struct check {
    const struct program_facts *facts;
    const struct oracle *oracle;
    const char *landmark, *endpoint;
};

/* The oracle's line of that name, `n` numbers long. */
static const double *line(const struct check *c, const char *rest, size_t n)
{
    size_t found;
    char *name = c->endpoint == NULL ? program_format("%s %s", c->landmark, rest)
                                     : program_format("%s %s %s", c->landmark, c->endpoint, rest);
    const double *values = oracle_vector(c->oracle, name, &found);
    assert_int_equal(found, n);
    free(name);
    return values;
}

/* The fact of that analysis; `suffix` is what the population is called beyond "landmark-6". */
static double fact(const struct check *c, const char *analysis, const char *suffix,
                   const char *rest)
{
    char *endpoint = c->endpoint == NULL ? strdup("") : program_format(" endpoint=%s", c->endpoint);
    char *key = program_format("%s%s population=landmark-%s%s %s", analysis, endpoint, c->landmark,
                               suffix, rest);
    double value = program_facts_number(c->facts, key);
    free(endpoint);
    free(key);
    return value;
}

static void check_losses(const struct check *c)
{
    static const char *const stats[] = {"n.event.before", "n.censored.before", "n"};
    const double *r = line(c, "lost", 7);
    for (size_t s = 0; s < 3; s++)
        for (size_t a = 0; a < 2; a++) {
            char *rest = program_format("group=%s %s", arms[a], stats[s]);
            assert_close(fact(c, "landmark", "", rest), r[2 * s + a], 0);
            free(rest);
        }
    assert_close(fact(c, "landmark", "", "n.later"), r[6], 0);
}

/* coef, se, robust se, hr and limits, events. */
static void check_cox(const struct check *c, const char *in_r, const char *suffix,
                      const char *model)
{
    bool robust = *suffix != '\0';
    const struct {
        const char *stat;
        double relative;
    } stats[] = {{"term=arm estimate", 1e-8},
                 {"term=arm std.error", 1e-7},
                 {robust ? "term=arm robust.se" : "term=arm std.error", 1e-7},
                 {"term=arm hr", 1e-8},
                 {"term=arm conf.low", 1e-7},
                 {"term=arm conf.high", 1e-7},
                 {"n.event", 0}};
    const double *r = line(c, in_r, sizeof stats / sizeof *stats);
    for (size_t s = 0; s < sizeof stats / sizeof *stats; s++) {
        char *rest = program_format("model=%s %s", model, stats[s].stat);
        assert_close(fact(c, "cox", suffix, rest), r[s], stats[s].relative);
        free(rest);
    }
}

static void check_test(const struct check *c)
{
    const double *r = line(c, "test", 6);
    for (size_t k = 0; k < 4; k++) {
        char *rest = program_format("group=%s term=logrank %s", arms[k % 2],
                                    k < 2 ? "observed" : "expected");
        assert_close(fact(c, "logrank", "", rest), r[k], 1e-10);
        free(rest);
    }
    assert_close(fact(c, "logrank", "", "term=logrank statistic"), r[4], 1e-10);
    assert_close(fact(c, "logrank", "", "term=logrank p.value"), r[5], 1e-8);
}

/* S at 6 and 12 months after the landmark, and `n_stats` − 1 statistics of it. */
static void check_curves(const struct check *c, const char *in_r, const char *suffix,
                         size_t n_stats)
{
    static const char *const stats[] = {"estimate", "std.error", "conf.low", "conf.high"};
    for (size_t a = 0; a < 2; a++) {
        char *name = program_format("%s %zu", in_r, a);
        const double *r = line(c, name, 2 * n_stats);
        for (size_t k = 0; k < 2 * n_stats; k++) {
            char *rest =
                program_format("group=%s time=%d %s", arms[a], k % 2 ? 12 : 6, stats[k / 2]);
            assert_close(fact(c, "km", suffix, rest), r[k], *suffix == '\0' ? 1e-10 : 1e-8);
            free(rest);
        }
        free(name);
    }
}

static void check_weights(const struct check *c)
{
    const double *r = line(c, "ess", 2);
    for (size_t a = 0; a < 2; a++) {
        char *rest = program_format("group=%s ess", arms[a]);
        assert_close(fact(c, "weights", "-iptw-ato", rest), r[a], 1e-8);
        free(rest);
    }
}

/* All on the patients' response too, of which nobody has the level PD at a landmark any more. */
static void check_landmark(struct check *c)
{
    c->endpoint = NULL;
    check_losses(c);
    check_weights(c);
    for (size_t e = 0; e < 2; e++) {
        c->endpoint = endpoints[e];
        check_cox(c, "arm", "", "arm");
        check_cox(c, "adjusted", "", "adjusted");
        check_cox(c, "overlap", "-iptw-ato", "arm");
        check_test(c);
        check_curves(c, "km", "", 4);
        check_curves(c, "weighted", "-iptw-ato", 1);
    }
}

#define OUTCOMES "--km --cox --iptw=ato --variance robust --times 6,12 "

static void every_analysis_is_that_of_r_on_the_subset(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/landmark.csv");
    struct program_facts one = program_facts_of(COHORT OUTCOMES "--landmark=6");
    check_landmark(&(struct check){&one, oracle, "6", NULL});
    program_facts_clear(&one);
    struct program_facts grid = program_facts_of(COHORT OUTCOMES "--landmark=4,9");
    check_landmark(&(struct check){&grid, oracle, "4", NULL});
    check_landmark(&(struct check){&grid, oracle, "9", NULL});
    program_facts_clear(&grid);
    oracle_free(oracle);
}

/* ---- what must hold ---- */

static double sum_over_arms(const struct program_facts *facts, const char *landmark,
                            const char *stat)
{
    double sum = 0;
    for (size_t a = 0; a < 2; a++) {
        char *key =
            program_format("landmark population=landmark-%s group=%s %s", landmark, arms[a], stat);
        sum += program_facts_number(facts, key);
        free(key);
    }
    return sum;
}

static void analysed_and_lost_are_all(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT "--landmark=4,6,9");
    for (size_t l = 0; l < 3; l++)
        assert_close(sum_over_arms(&facts, landmarks[l], "n") +
                         sum_over_arms(&facts, landmarks[l], "n.event.before") +
                         sum_over_arms(&facts, landmarks[l], "n.censored.before"),
                     600, 0);
    program_facts_clear(&facts);
}

/* Nothing that is told from time zero changes, and a landmark's facts not with its neighbours. */
static void a_landmark_changes_nothing_else(void **state)
{
    (void)state;
    struct program_facts without = program_facts_of(COHORT OUTCOMES "--psm");
    struct program_facts one = program_facts_of(COHORT OUTCOMES "--psm --landmark=6");
    struct program_facts grid = program_facts_of(COHORT OUTCOMES "--psm --landmark=9,6,4,6");
    assert_true(one.n > without.n + 500 && grid.n > one.n + 1000);
    for (size_t f = 0; f < without.n; f++)
        assert_true(
            json_equal(without.fact[f].value, program_facts_find(&one, without.fact[f].key)));
    for (size_t f = 0; f < one.n; f++)
        assert_true(json_equal(one.fact[f].value, program_facts_find(&grid, one.fact[f].key)));
    program_facts_clear(&without);
    program_facts_clear(&one);
    program_facts_clear(&grid);
}

static void landmarks_stand_in_ascending_order_and_once(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT "--landmark=9,4,9,6 --time-unit months");
    struct program_run sorted = program_run(COHORT "--landmark=4,6,9 --time-unit months");
    assert_code(run, 0);
    const char *chapters = strstr(run.out, "\nLandmark at 4");
    assert_non_null(chapters);
    const char *ends = strstr(chapters, "\nProvenance"),
               *twin = strstr(sorted.out, "\nLandmark at");
    assert_non_null(ends);
    assert_memory_equal(chapters, twin, (size_t)(ends - chapters));
    program_clear(&run);
    program_clear(&sorted);
}

static void alone_it_brings_a_comparison(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT "--landmark");
    assert_true(program_facts_number(
                    &facts, "cox endpoint=pfs population=landmark-6 model=arm term=arm hr") > 0);
    program_facts_clear(&facts);
}

static void shuffled_rows_give_the_same_facts(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct design_csv csv = design_csv_read("sample_data/cohort.csv", arena);
    char *folder = program_new_folder();
    struct program_facts expected = program_facts_of(COHORT OUTCOMES "--psm --landmark=4,6");
    for (uint64_t seed = 1; seed <= 2; seed++) {
        uint32_t *order = csv_variant_shuffle(csv.n_rows, seed);
        char *path = csv_variant_write(&(struct csv_variant){.order = order}, &csv, folder);
        struct program_facts actual =
            program_facts_of("%s " COLUMNS START COVARIATES OUTCOMES "--psm --landmark=4,6", path);
        assert_same_facts(actual, expected, 0);
        program_facts_clear(&actual);
        free(path);
        free(order);
    }
    program_facts_clear(&expected);
    program_remove_folder(folder);
    rwe_arena_free(arena);
}

static void threads_are_not_seen(void **state)
{
    (void)state;
    static const char arguments[] = COHORT OUTCOMES "--landmark=4,6 --bootstrap 12 --format json";
    struct program_run one = program_run("%s --threads 1", arguments);
    assert_code(one, 0);
    for (int threads = 2; threads <= 5; threads += 3) {
        struct program_run more = program_run("%s --threads %d", arguments, threads);
        assert_int_equal(more.out_size, one.out_size);
        assert_memory_equal(more.out, one.out, one.out_size);
        program_clear(&more);
    }
    program_clear(&one);
}

/* Each replicate draws patients at time zero, so its landmark has other numbers of them. */
static void replicates_reach_landmarks(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT OUTCOMES "--landmark=6 --bootstrap 60");
    static const char *const populations[] = {"landmark-6", "landmark-6-iptw-ato"};
    static const char *const errors[] = {"std.error", "robust.se"};
    for (size_t p = 0; p < 2; p++) {
        char *at =
            program_format("cox endpoint=pfs population=%s model=arm term=arm", populations[p]);
        char *n = program_format("%s bootstrap.n", at);
        char *drawn = program_format("%s bootstrap.std.error", at);
        char *model = program_format("%s %s", at, errors[p]);
        assert_close(program_facts_number(&facts, n), 60, 0);
        assert_close(program_facts_number(&facts, drawn), program_facts_number(&facts, model), 0.3);
        free(at);
        free(n);
        free(drawn);
        free(model);
    }
    program_facts_clear(&facts);
}

/* How many facts of these analyses, in this population, tell of the response. */
static size_t count_response(const struct program_facts *facts, const char *analysis,
                             const char *population)
{
    size_t n = 0;
    char *in = program_format("population=%s ", population);
    for (size_t f = 0; f < facts->n; f++) {
        const char *key = facts->fact[f].key;
        n += strncmp(key, analysis, strlen(analysis)) == 0 && strstr(key, in) != NULL &&
             strstr(key, "resp_m3") != NULL;
    }
    free(in);
    return n;
}

static void covariates_at_the_landmark_are_unknown_before(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT "--table1 --cox --iptw=ato --landmark=6");
    static const char *const analyses[] = {"table1", "cox", "balance", "propensity"};
    for (size_t a = 0; a < 4; a++) {
        assert_int_equal(count_response(&facts, analyses[a], "all"), 0);
        assert_int_equal(count_response(&facts, analyses[a], "iptw-ato"), 0);
    }
    assert_true(count_response(&facts, "table1", "landmark-6") > 0);
    assert_true(count_response(&facts, "cox", "landmark-6") > 0);
    assert_true(count_response(&facts, "balance", "landmark-6-iptw-ato") > 0);
    program_facts_clear(&facts);
}

/* The guard speaks of what stands at time zero; nobody is immortal at a landmark. */
static void the_banner_ends_where_landmarks_begin(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT OUTCOMES "--landmark=6");
    assert_code(run, 0);
    const char *chapter = strstr(run.out, "\nLandmark at 6");
    assert_non_null(chapter);
    assert_non_null(strstr(run.out, "Biased reference"));
    assert_null(strstr(chapter, "Biased reference"));
    program_clear(&run);
}

static void what_it_cannot_do_without_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        int code;
        const char *says;
    } cases[] = {
        {FILE_AND_COLUMNS "--landmark", 2, "--exposure-start"},
        {COHORT "--landmark=400", 1, "landmark at 400|nobody is still event-free"},
        {COHORT "--landmark=0.5", 1, "landmark at 0.5|nobody is in arm \"GP+Tis+RT\""},
        {COHORT "--landmark=6,52", 1, "landmark at 52|nobody"},
        {COHORT "--landmark=0", 2, "--landmark"},
        {COHORT "--landmark=x", 2, "--landmark"},
        {"sample_data/cohort.csv --id usubjid --arm siteid --endpoint pfs=pfs_mo,pfs_event " START
         "--landmark",
         2, "two arms|--control and --treated"},
        {FILE_AND_COLUMNS START "--covariates age,sex --landmark-covariates sex --landmark", 2,
         "\"sex\" is listed twice"},
        {FILE_AND_COLUMNS START "--landmark-covariates os_mo --landmark", 2, "part of an endpoint"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_run run = program_run("%s", cases[i].arguments);
        assert_code(run, cases[i].code);
        assert_says(run.err, cases[i].says);
        program_clear(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_analysis_is_that_of_r_on_the_subset),
        cmocka_unit_test(analysed_and_lost_are_all),
        cmocka_unit_test(a_landmark_changes_nothing_else),
        cmocka_unit_test(landmarks_stand_in_ascending_order_and_once),
        cmocka_unit_test(alone_it_brings_a_comparison),
        cmocka_unit_test(shuffled_rows_give_the_same_facts),
        cmocka_unit_test(threads_are_not_seen),
        cmocka_unit_test(replicates_reach_landmarks),
        cmocka_unit_test(covariates_at_the_landmark_are_unknown_before),
        cmocka_unit_test(the_banner_ends_where_landmarks_begin),
        cmocka_unit_test(what_it_cannot_do_without_is_asked_for),
    };
    return cmocka_run_group_tests_name("landmark", tests, check_setup_gsl, NULL);
}
