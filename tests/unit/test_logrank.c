/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "data_set.h"
#include "freireich.h"
#include "rwe/stats/logrank.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static enum rwe_status try_test(struct cohort *cohort, struct rwe_arena *arena,
                                struct rwe_logrank *result, struct rwe_error *error)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return rwe_logrank_test(&table, arena, result, error);
}

static struct rwe_logrank test(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_logrank result;
    assert_int_equal(try_test(cohort, arena, &result, NULL), RWE_OK);
    return result;
}

static void leukaemia_has_the_published_statistic(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, FREIREICH_N, freireich_weeks, freireich_relapse, freireich_arm);
    struct rwe_logrank result = test(&cohort, arena);
    /* Kleinbaum & Klein (2012), section 2.4: log-rank 16.793; expected 19.26 and 10.74, of which
     * the second decimal comes from summing rounded terms (R: 19.2505, 10.7495) */
    assert_close(result.observed[0], 9, 0);
    assert_close(result.observed[1], 21, 0);
    assert_close(result.expected[0], 19.26, 1e-2 / 19.26);
    assert_close(result.expected[1], 10.74, 1e-2 / 10.74);
    assert_close(result.statistic, 16.793, 5e-4 / 16.793);
    assert_close(result.df, 1, 0);
    rwe_arena_free(arena);
}

static void three_subjects_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 1, 1}, (uint32_t[]){0, 1, 0});
    struct rwe_logrank result = test(&cohort, arena);
    /* E_1 = 1/3 + 1/2, V = 2/9 + 1/4; the last death, alone at risk, adds nothing. */
    assert_close(result.expected[1], 5. / 6, 1e-15);
    assert_close(result.expected[0], 13. / 6, 1e-15);
    assert_close(result.statistic, 1. / 36 / (17. / 36), 1e-14);
    rwe_arena_free(arena);
}

/* The oracle's record of `name` against a test of `cohort`. */
static void compare(const struct oracle *oracle, const char *name, struct cohort *cohort,
                    struct rwe_arena *arena)
{
    char key[128];
    size_t n;
    struct rwe_logrank result = test(cohort, arena);
    snprintf(key, sizeof key, "logrank.%s.observed", name);
    const double *observed = oracle_vector(oracle, key, &n);
    snprintf(key, sizeof key, "logrank.%s.expected", name);
    const double *expected = oracle_vector(oracle, key, &n);
    assert_int_equal(result.n_groups, n);
    for (size_t g = 0; g < n; g++) {
        assert_close(result.observed[g], observed[g], 1e-10);
        assert_close(result.expected[g], expected[g], 1e-10);
    }
    snprintf(key, sizeof key, "logrank.%s.statistic", name);
    assert_close(result.statistic, oracle_number(oracle, key), 1e-10);
    snprintf(key, sizeof key, "logrank.%s.df", name);
    assert_close(result.df, oracle_number(oracle, key), 0);
    snprintf(key, sizeof key, "logrank.%s.p", name);
    assert_close(result.p_value, oracle_number(oracle, key), 1e-8);
}

static struct cohort load(const struct csv_table *table, const char *time, const char *event,
                          double code, const char *group)
{
    struct cohort cohort = cohort_new(table->arena, table->n_rows, 0);
    const double *status = csv_table_numbers(table, event);
    cohort.time = csv_table_numbers(table, time);
    cohort.group = csv_table_codes(table, group, NULL);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.event[i] = status[i] == code;
    return cohort;
}

/* The rows in which `column` is not missing (the empty field sorts first: code 0). */
static struct cohort drop_missing(const struct cohort *cohort, const struct csv_table *table,
                                  const char *column)
{
    const double *value = csv_table_numbers(table, column);
    uint8_t *keep = RWE_NEW(table->arena, uint8_t, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        if (!isnan(value[i]))
            keep[i] = 1;
    return cohort_subset(cohort, keep, table->arena);
}

static void lung_matches_survdiff(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    struct cohort cohort = load(table, "time", "status", 2, "sex");
    compare(oracle, "lung.sex", &cohort, table->arena);
    cohort = load(table, "time", "status", 2, "ph.ecog");
    cohort = drop_missing(&cohort, table, "ph.ecog");
    for (size_t i = 0; i < cohort.n; i++)
        cohort.group[i]--; /* the level that was missing */
    compare(oracle, "lung.ecog", &cohort, table->arena);
    cohort = load(table, "time", "status", 2, "sex");
    cohort.stratum = csv_table_codes(table, "inst", NULL);
    cohort = drop_missing(&cohort, table, "inst");
    compare(oracle, "lung.sex.inst", &cohort, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void veteran_matches_survdiff(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    struct cohort cohort = load(table, "time", "status", 1, "celltype");
    compare(oracle, "veteran.celltype", &cohort, table->arena);
    cohort = load(table, "time", "status", 1, "trt");
    cohort.stratum = csv_table_codes(table, "celltype", NULL);
    compare(oracle, "veteran.trt.celltype", &cohort, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void rotterdam_matches_survdiff_also_with_a_stratum_a_pair(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct cohort cohort = load(table, "dtime", "death", 1, "hormon");
    compare(oracle, "rotterdam.hormon", &cohort, table->arena);
    cohort = load(table, "dtime", "death", 1, "size");
    compare(oracle, "rotterdam.size", &cohort, table->arena);
    cohort = load(table, "dtime", "death", 1, "size");
    cohort.stratum = csv_table_codes(table, "meno", NULL);
    compare(oracle, "rotterdam.size.meno", &cohort, table->arena);
    cohort = load(table, "dtime", "death", 1, "hormon");
    cohort.stratum = RWE_NEW(table->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.stratum[i] = (uint32_t)(i / 2);
    compare(oracle, "rotterdam.hormon.pair", &cohort, table->arena);
    csv_table_free(table);
    oracle_free(oracle);
}

static void p_values_hold_far_out_in_the_tail(void **state)
{
    (void)state;
    /* The library's upper tail is what the kernel reports; R's pchisq says what it should be. */
    struct oracle *oracle = oracle_read("tests/oracle/survival_kernels.csv");
    size_t n;
    const double *x = oracle_vector(oracle, "chisq.x", &n);
    const double *df = oracle_vector(oracle, "chisq.df", &n);
    const double *p = oracle_vector(oracle, "chisq.p", &n);
    for (size_t i = 0; i < n; i++)
        assert_close(gsl_cdf_chisq_Q(x[i], df[i]), p[i], 1e-9);
    oracle_free(oracle);
    /* 400 of one arm all fail before any of 400 of the other. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_new(arena, 800, 0);
    cohort.group = RWE_NEW(arena, uint32_t, 800);
    for (size_t i = 0; i < 800; i++) {
        cohort.time[i] = (double)i;
        cohort.event[i] = 1;
        cohort.group[i] = i >= 400;
    }
    struct rwe_logrank result = test(&cohort, arena);
    assert_true(result.p_value > 0 && result.p_value < 1e-100);
    assert_close(result.p_value, erfc(sqrt(result.statistic / 2)), 1e-9);
    rwe_arena_free(arena);
}

static void pairs_without_ties_give_the_sign_test(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 400, 1, 0, 17);
    cohort.stratum = RWE_NEW(arena, uint32_t, 400);
    double first_fails[2] = {0, 0};
    for (size_t pair = 0; pair < 200; pair++) {
        size_t i = 2 * pair, k = i + 1;
        cohort.stratum[i] = cohort.stratum[k] = (uint32_t)pair;
        cohort.group[i] = pair % 2;
        cohort.group[k] = 1 - pair % 2;
        size_t earlier = cohort.time[i] < cohort.time[k] ? i : k;
        if (cohort.event[earlier])
            first_fails[cohort.group[earlier]]++;
    }
    struct rwe_logrank result = test(&cohort, arena);
    double b = first_fails[0], c = first_fails[1];
    assert_true(b > 20 && c > 20);
    assert_close(result.statistic, (b - c) * (b - c) / (b + c), 1e-12);
    rwe_arena_free(arena);
}

static void a_group_never_at_risk_costs_no_degree_of_freedom(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 100, 1, 1, 4);
    struct rwe_logrank two = test(&cohort, arena);
    /* Group 0 leaves before the first event, group 1 has no member at all. */
    for (size_t i = 0; i < 100; i++)
        cohort.group[i] += 2;
    struct cohort more = cohort_new(arena, 105, 0);
    memcpy(more.time, cohort.time, 100 * sizeof(double));
    memcpy(more.event, cohort.event, 100);
    more.group = RWE_NEW(arena, uint32_t, 105);
    memcpy(more.group, cohort.group, 100 * sizeof(uint32_t));
    for (size_t i = 100; i < 105; i++)
        more.time[i] = 0.5;
    struct rwe_logrank four = test(&more, arena);
    assert_int_equal(four.n_groups, 4);
    assert_close(four.expected[0], 0, 0);
    assert_close(four.df, 1, 0);
    assert_close(four.statistic, two.statistic, 1e-12);
    rwe_arena_free(arena);
}

static void groups_that_meet_in_no_stratum_are_not_compared(void **state)
{
    (void)state;
    /* Groups 0 and 3 meet in stratum 0 only, 1 and 2 in stratum 1 only: two separate tests, whose
     * statistics add up with a degree of freedom each. */
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = cohort_random(arena, 200, 1, 1, 21);
    double sum = 0;
    cohort.stratum = RWE_NEW(arena, uint32_t, 200);
    for (size_t i = 0; i < 200; i++)
        cohort.stratum[i] = i % 2;
    for (size_t s = 0; s < 2; s++) {
        uint8_t *keep = RWE_NEW(arena, uint8_t, 200);
        for (size_t i = 0; i < 200; i++)
            keep[i] = cohort.stratum[i] == s;
        struct cohort one = cohort_subset(&cohort, keep, arena);
        one.stratum = NULL;
        sum += test(&one, arena).statistic;
    }
    for (size_t i = 0; i < 200; i++)
        cohort.group[i] = cohort.stratum[i] == 0 ? 3 * cohort.group[i] : 1 + cohort.group[i];
    struct rwe_logrank result = test(&cohort, arena);
    assert_close(result.df, 2, 0);
    assert_close(result.statistic, sum, 1e-12);
    rwe_arena_free(arena);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_logrank result;
    struct rwe_error error = {0};
    struct cohort none =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){0, 0, 0}, (uint32_t[]){0, 1, 0});
    assert_int_equal(try_test(&none, arena, &result, &error), RWE_NOT_ESTIMABLE);
    struct cohort alone =
        cohort_of(arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 1, 1}, (uint32_t[]){0, 0, 0});
    assert_int_equal(try_test(&alone, arena, &result, &error), RWE_NOT_ESTIMABLE);
    /* Both are at risk, but everyone fails at once: nothing varies. */
    struct cohort at_once =
        cohort_of(arena, 3, (double[]){1, 1, 1}, (uint8_t[]){1, 1, 1}, (uint32_t[]){0, 1, 0});
    assert_int_equal(try_test(&at_once, arena, &result, &error), RWE_NOT_ESTIMABLE);
    assert_true(error.message[0] != '\0');
    struct cohort apart = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){0, 0, 1, 1},
                                    (uint32_t[]){0, 0, 1, 1});
    assert_int_equal(try_test(&apart, arena, &result, &error), RWE_NOT_ESTIMABLE);
    struct cohort empty = cohort_new(arena, 0, 0);
    assert_int_equal(try_test(&empty, arena, &result, &error), RWE_NOT_ESTIMABLE);
    rwe_arena_free(arena);
}

/* ---- the weighted family, trend, and the robust test ---- */

/* Weighted log-rank tests, trend, robust variance and scores. Expected numbers: published ones, sums
 * by hand, and tests/oracle/logrank_family.R. */

#define FH(r, g)                                                                                   \
    ((struct rwe_logrank_weight){                                                                  \
        .family = RWE_LOGRANK_FLEMING_HARRINGTON, .rho = (r), .gamma = (g)})
#define OF(name) ((struct rwe_logrank_weight){.family = (name)})

static const struct {
    const char *name;
    struct rwe_logrank_weight weight;
} tests_of_the_family[] = {
    {"logrank", {RWE_LOGRANK_PLAIN, 0, 0}},
    {"gehan", {RWE_LOGRANK_GEHAN, 0, 0}},
    {"tarone-ware", {RWE_LOGRANK_TARONE_WARE, 0, 0}},
    {"peto", {RWE_LOGRANK_PETO, 0, 0}},
    {"fh10", {RWE_LOGRANK_FLEMING_HARRINGTON, 1, 0}},
    {"fh01", {RWE_LOGRANK_FLEMING_HARRINGTON, 0, 1}},
    {"fh11", {RWE_LOGRANK_FLEMING_HARRINGTON, 1, 1}},
    {"fh.5.2", {RWE_LOGRANK_FLEMING_HARRINGTON, 0.5, 2}},
};
enum { N_TESTS = sizeof tests_of_the_family / sizeof tests_of_the_family[0] };

static const struct {
    const char *name;
    struct data_set set;
} sets[] = {
    {"lung.sex", {"lung", "time", "status", 2, "sex", NULL}},
    {"lung.ecog", {"lung", "time", "status", 2, "ph.ecog", NULL}},
    {"lung.sex.inst", {"lung", "time", "status", 2, "sex", "inst"}},
    {"veteran.celltype", {"veteran", "time", "status", 1, "celltype", NULL}},
    {"veteran.trt.celltype", {"veteran", "time", "status", 1, "trt", "celltype"}},
    {"gbsg.hormon", {"gbsg", "rfstime", "status", 1, "hormon", NULL}},
    {"rotterdam.hormon", {"rotterdam", "dtime", "death", 1, "hormon", NULL}},
    {"rotterdam.size.meno", {"rotterdam", "dtime", "death", 1, "size", "meno"}},
    {"rotterdam.chemo", {"rotterdam", "dtime", "death", 1, "chemo", NULL}},
};

struct fixture {
    struct rwe_arena *arena;
    struct oracle *oracle;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.arena = rwe_arena_new();
    fixture.oracle = oracle_read("tests/oracle/logrank_family.csv");
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    oracle_free(fixture->oracle);
    rwe_arena_free(fixture->arena);
    return 0;
}

static struct rwe_event_table table_of(const struct rwe_survival_data *data,
                                       struct rwe_arena *arena)
{
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    return table;
}

static struct rwe_logrank test_of(const struct rwe_survival_data *data,
                                  struct rwe_logrank_weight weight, struct rwe_arena *arena)
{
    struct rwe_event_table table = table_of(data, arena);
    struct rwe_logrank result;
    assert_int_equal(rwe_logrank_weighted(&table, weight, arena, &result, NULL), RWE_OK);
    return result;
}

static struct rwe_logrank robust_of(const struct rwe_survival_data *data,
                                    struct rwe_logrank_weight weight, struct rwe_arena *arena)
{
    struct rwe_event_table table = table_of(data, arena);
    struct rwe_logrank result;
    assert_int_equal(rwe_logrank_robust(data, &table, weight, arena, &result, NULL), RWE_OK);
    return result;
}

static const double *expected_of(const struct fixture *fixture, const char *set, const char *test,
                                 const char *what)
{
    char key[128];
    snprintf(key, sizeof key, "family.%s.%s.%s", set, test, what);
    size_t n;
    return oracle_vector(fixture->oracle, key, &n);
}

static void the_family_matches_r_on_four_cohorts(void **state)
{
    struct fixture *fixture = *state;
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        struct cohort cohort = data_set_read(&sets[s].set, fixture->arena);
        struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
        for (size_t t = 0; t < N_TESTS; t++) {
            const char *set = sets[s].name, *test = tests_of_the_family[t].name;
            struct rwe_logrank result =
                test_of(&data, tests_of_the_family[t].weight, fixture->arena);
            const double *observed = expected_of(fixture, set, test, "observed");
            const double *expected = expected_of(fixture, set, test, "expected");
            for (size_t g = 0; g < result.n_groups; g++) {
                assert_close(result.observed[g], observed[g], 1e-10);
                assert_close(result.expected[g], expected[g], 1e-10);
            }
            assert_close(result.statistic, *expected_of(fixture, set, test, "statistic"), 1e-10);
            assert_close(result.df, *expected_of(fixture, set, test, "df"), 0);
            assert_close(result.p_value, *expected_of(fixture, set, test, "p"), 1e-8);
        }
    }
}

/* Months to infection at the exit site of a dialysis catheter, placed surgically (group 0) or
 * through the skin (1): Nahman et al. (J Am Soc Nephrol 3:103, 1992), as in Klein & Moeschberger,
 * Survival Analysis (2nd ed. 2003), table 1.2. */
static const double surgical_events[] = {1.5,  3.5,  4.5,  4.5,  5.5,  8.5,  8.5, 9.5,
                                         10.5, 11.5, 15.5, 16.5, 18.5, 23.5, 26.5};
static const double surgical_censored[] = {
    2.5, 2.5,  3.5,  3.5,  3.5,  4.5,  5.5,  6.5,  6.5,  7.5,  7.5,  7.5,  7.5,  8.5,
    9.5, 10.5, 11.5, 12.5, 12.5, 13.5, 14.5, 14.5, 21.5, 21.5, 22.5, 22.5, 25.5, 27.5};
static const double skin_events[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2.5, 2.5, 3.5, 6.5, 15.5};
static const double skin_censored[] = {
    0.5,  0.5,  0.5,  0.5,  0.5,  0.5,  0.5,  0.5,  0.5,  0.5,  1.5,  1.5,  1.5,
    1.5,  2.5,  2.5,  2.5,  2.5,  2.5,  3.5,  3.5,  3.5,  3.5,  3.5,  4.5,  4.5,
    4.5,  5.5,  5.5,  5.5,  5.5,  5.5,  6.5,  7.5,  7.5,  7.5,  8.5,  8.5,  8.5,
    9.5,  9.5,  10.5, 10.5, 10.5, 11.5, 11.5, 12.5, 12.5, 12.5, 12.5, 14.5, 14.5,
    16.5, 16.5, 18.5, 19.5, 19.5, 19.5, 20.5, 22.5, 24.5, 25.5, 26.5, 26.5, 28.5};

static size_t append(struct cohort *to, size_t n, const double time[], size_t more, uint32_t group,
                     uint8_t event)
{
    for (size_t i = 0; i < more; i++) {
        to->time[n + i] = time[i];
        to->event[n + i] = event;
        to->group[n + i] = group;
    }
    return n + more;
}

#define APPEND(to, n, time, group, event)                                                          \
    append((to), (n), (time), sizeof(time) / sizeof(time)[0], (group), (event))

static void catheters_match_klein_moeschberger_table_7_3(void **state)
{
    struct fixture *fixture = *state;
    struct cohort cohort = cohort_new(fixture->arena, 119, 0);
    cohort.group = RWE_NEW(fixture->arena, uint32_t, 119);
    size_t n = APPEND(&cohort, 0, surgical_events, 0, 1);
    n = APPEND(&cohort, n, surgical_censored, 0, 0);
    n = APPEND(&cohort, n, skin_events, 1, 1);
    n = APPEND(&cohort, n, skin_censored, 1, 0);
    assert_int_equal(n, 119);
    struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
    const struct {
        struct rwe_logrank_weight weight;
        double statistic, half_unit;
    } published[] = {
        {OF(RWE_LOGRANK_PLAIN), 2.53, 0.005},
        {OF(RWE_LOGRANK_GEHAN), 0.002, 0.0005},
        {OF(RWE_LOGRANK_TARONE_WARE), 0.40, 0.005},
        {FH(0, 1), 9.67, 0.005},
    };
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        double statistic = test_of(&data, published[i].weight, fixture->arena).statistic;
        assert_true(fabs(statistic - published[i].statistic) <= published[i].half_unit);
    }
}

static void weights_of_three_subjects_by_hand(void **state)
{
    struct fixture *fixture = *state;
    struct cohort cohort = cohort_of(fixture->arena, 3, (double[]){1, 2, 3}, (uint8_t[]){1, 1, 1},
                                     (uint32_t[]){0, 1, 0});
    struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
    /* At 1: n = 3, S− = 1, S~ = 3/4, O − E = −1/3, V = 2/9; at 2: n = 2, S− = 2/3, S~ = 1/2,
     * O − E = 1/2, V = 1/4. At 3 nothing varies. */
    const struct {
        struct rwe_logrank_weight weight;
        double first, second;
    } by_hand[] = {
        {OF(RWE_LOGRANK_PLAIN), 1, 1},
        {OF(RWE_LOGRANK_GEHAN), 3, 2},
        {OF(RWE_LOGRANK_TARONE_WARE), sqrt(3), sqrt(2)},
        {OF(RWE_LOGRANK_PETO), 0.75, 0.5},
        {FH(1, 0), 1, 2. / 3},
        {FH(0, 1), 0, 1. / 3},
        {FH(2, 0.5), 1e-300, 4. / 9 * sqrt(1. / 3)},
    };
    for (size_t i = 0; i < sizeof by_hand / sizeof by_hand[0]; i++) {
        double a = by_hand[i].first, b = by_hand[i].second;
        double u = -a / 3 + b / 2, v = a * a * 2 / 9 + b * b / 4;
        assert_close(test_of(&data, by_hand[i].weight, fixture->arena).statistic, u * u / v, 1e-14);
    }
}

static void trend_matches_r(void **state)
{
    struct fixture *fixture = *state;
    const double scores[] = {0, 1, 2, 3}, moved[] = {-5, -3, -1, 1};
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++)
        for (size_t t = 0; t < 2; t++) {
            char key[128];
            struct cohort cohort = data_set_read(&sets[s].set, fixture->arena);
            struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
            struct rwe_logrank result =
                test_of(&data, tests_of_the_family[t].weight, fixture->arena);
            struct rwe_logrank_trend trend, same;
            assert_int_equal(rwe_logrank_trend(&result, scores, &trend, NULL), RWE_OK);
            snprintf(key, sizeof key, "trend.%s.%s", sets[s].name, tests_of_the_family[t].name);
            assert_close(trend.z, oracle_number(fixture->oracle, key), 1e-10);
            assert_close(trend.p_value, erfc(fabs(trend.z) / sqrt(2)), 1e-10);
            assert_int_equal(rwe_logrank_trend(&result, moved, &same, NULL), RWE_OK);
            assert_close(same.z, trend.z, 1e-12);
        }
}

static void trend_of_two_groups_is_the_test_itself(void **state)
{
    struct fixture *fixture = *state;
    struct cohort cohort = data_set_read(&sets[0].set, fixture->arena);
    struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
    struct rwe_logrank result = test_of(&data, FH(1, 0), fixture->arena);
    struct rwe_logrank_trend trend;
    assert_int_equal(rwe_logrank_trend(&result, (double[]){1, 2}, &trend, NULL), RWE_OK);
    assert_close(trend.statistic, result.statistic, 1e-12);
}

static void trend_refuses_scores_that_tell_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct cohort cohort = data_set_read(&sets[1].set, fixture->arena);
    struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
    struct rwe_logrank result = test_of(&data, FH(0, 0), fixture->arena);
    struct rwe_logrank_trend trend;
    struct rwe_error error = {0};
    assert_int_equal(rwe_logrank_trend(&result, (double[]){1, 1, 1, 1}, &trend, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_logrank_trend(&result, (double[]){0, NAN, 1, 2}, &trend, &error),
                     RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
}

static void late_entry_matches_the_cox_score_test(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        const char *name;
        size_t set;
    } late[] = {{"lung", 0}, {"veteran", 3}, {"gbsg", 5}};
    const char *const names[] = {"logrank", "gehan", "fh11"};
    const struct rwe_logrank_weight weights[] = {OF(RWE_LOGRANK_PLAIN), OF(RWE_LOGRANK_GEHAN),
                                                 FH(1, 1)};
    for (size_t s = 0; s < 3; s++) {
        struct cohort cohort = data_set_read(&sets[late[s].set].set, fixture->arena);
        cohort.p = 1; /* the entries go along as a column */
        cohort.x = RWE_NEW(fixture->arena, double, cohort.n);
        for (size_t i = 0; i < cohort.n; i++)
            cohort.x[i] = floor(cohort.time[i] * (double)(i % 4) / 5);
        struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
        data.entry = cohort.x;
        for (size_t t = 0; t < 3; t++) {
            char key[64];
            snprintf(key, sizeof key, "late.%s.%s", late[s].name, names[t]);
            assert_close(test_of(&data, weights[t], fixture->arena).statistic,
                         oracle_number(fixture->oracle, key), 1e-10);
        }
        /* Scores by group add up to O − E also when they begin late. */
        struct rwe_event_table table = table_of(&data, fixture->arena);
        struct rwe_logrank result = test_of(&data, FH(1, 1), fixture->arena);
        double *score = RWE_NEW(fixture->arena, double, data.n), sum = 0;
        assert_int_equal(rwe_logrank_scores(&data, &table, FH(1, 1), fixture->arena, score, NULL),
                         RWE_OK);
        for (size_t i = 0; i < data.n; i++)
            sum += data.group[i] == 1 ? score[i] : 0;
        assert_close(sum, result.observed[1] - result.expected[1], 1e-10);
    }
}

/* As the R script makes them, by position in the file. */
static void add_sampling_weights(struct cohort *cohort, struct rwe_arena *arena)
{
    cohort->weight = RWE_NEW(arena, double, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        cohort->weight[i] = 0.5 + (double)(i % 7) / 4;
}

static void check_robust(const struct fixture *fixture, const char *name, struct cohort *cohort)
{
    char key[64];
    struct rwe_survival_data data = cohort_sort(cohort, fixture->arena);
    snprintf(key, sizeof key, "robust.%s.statistic", name);
    assert_close(robust_of(&data, OF(RWE_LOGRANK_PLAIN), fixture->arena).statistic,
                 oracle_number(fixture->oracle, key), 1e-9);
}

static void robust_is_the_robust_score_test_of_a_weighted_cox_model(void **state)
{
    struct fixture *fixture = *state;
    struct cohort cohort = data_set_read(&sets[0].set, fixture->arena);
    add_sampling_weights(&cohort, fixture->arena);
    check_robust(fixture, "lung", &cohort);
    cohort = data_set_read(&sets[2].set, fixture->arena);
    add_sampling_weights(&cohort, fixture->arena);
    cohort.cluster = cohort.stratum;
    cohort.stratum = NULL;
    check_robust(fixture, "lung.inst", &cohort);
    cohort = data_set_read(&sets[3].set, fixture->arena);
    add_sampling_weights(&cohort, fixture->arena);
    check_robust(fixture, "veteran", &cohort);
    cohort = data_set_read(&sets[4].set, fixture->arena);
    check_robust(fixture, "veteran.strata", &cohort);
    cohort = data_set_read(&sets[6].set, fixture->arena);
    add_sampling_weights(&cohort, fixture->arena);
    check_robust(fixture, "rotterdam", &cohort);
    cohort = data_set_read(&sets[6].set, fixture->arena);
    cohort.cluster = RWE_NEW(fixture->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.cluster[i] = (uint32_t)(i / 2);
    check_robust(fixture, "rotterdam.pair", &cohort);
}

/* survey takes the variance of the scores about their mean, n / (n − 1) times; ours is about 0. For
 * one degree of freedom its statistic is then (n − 1) Q / (n − Q). */
static void check_survey(const struct fixture *fixture, const char *name,
                         const struct data_set *set, size_t n)
{
    struct cohort cohort = data_set_read(set, fixture->arena);
    cohort.n = n < cohort.n ? n : cohort.n;
    add_sampling_weights(&cohort, fixture->arena);
    struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
    for (size_t i = 0; i < data.n; i++)
        cohort.time[i] = (double)i; /* ties in the order of the file, as R's rank(, "first") */
    double q = robust_of(&data, OF(RWE_LOGRANK_PLAIN), fixture->arena).statistic;
    double size = (double)data.n;
    assert_close((size - 1) * q / (size - q), oracle_number(fixture->oracle, name), 1e-9);
}

static void robust_and_svylogrank_differ_by_centring_alone(void **state)
{
    struct fixture *fixture = *state;
    check_survey(fixture, "survey.lung", &sets[0].set, SIZE_MAX);
    check_survey(fixture, "survey.gbsg", &sets[5].set, SIZE_MAX);
    check_survey(fixture, "survey.rotterdam", &sets[6].set, 600);
}

static void robust_does_not_change_with_the_scale_of_weights(void **state)
{
    struct fixture *fixture = *state;
    const struct rwe_logrank_weight weights[] = {
        OF(RWE_LOGRANK_PLAIN), FH(1, 1), OF(RWE_LOGRANK_GEHAN), OF(RWE_LOGRANK_TARONE_WARE)};
    for (size_t t = 0; t < 4; t++) {
        struct cohort cohort = cohort_random(fixture->arena, 300, 1, 0.25, 12);
        add_sampling_weights(&cohort, fixture->arena);
        struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
        double before = robust_of(&data, weights[t], fixture->arena).statistic;
        for (size_t i = 0; i < cohort.n; i++)
            cohort.weight[i] *= 1e6;
        assert_close(robust_of(&data, weights[t], fixture->arena).statistic, before, 1e-9);
    }
}

static void a_cluster_of_twins_weighs_as_one_of_double_weight(void **state)
{
    struct fixture *fixture = *state;
    struct cohort cohort = cohort_random(fixture->arena, 200, 1, 0.5, 5);
    cohort.weight = RWE_NEW(fixture->arena, double, cohort.n);
    cohort.cluster = RWE_NEW(fixture->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.weight[i] = (double)(1 + i % 3);
        cohort.cluster[i] = (uint32_t)i;
    }
    struct cohort twins = cohort_replicate(&cohort, fixture->arena);
    struct rwe_survival_data weighted = cohort_sort(&cohort, fixture->arena);
    struct rwe_survival_data repeated = cohort_sort(&twins, fixture->arena);
    assert_close(robust_of(&weighted, FH(0, 1), fixture->arena).statistic,
                 robust_of(&repeated, FH(0, 1), fixture->arena).statistic, 1e-10);
}

static void scores_sum_to_observed_less_expected(void **state)
{
    struct fixture *fixture = *state;
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++)
        for (size_t t = 0; t < N_TESTS; t++) {
            struct cohort cohort = data_set_read(&sets[s].set, fixture->arena);
            struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
            struct rwe_event_table table = table_of(&data, fixture->arena);
            struct rwe_logrank_weight weight = tests_of_the_family[t].weight;
            struct rwe_logrank result = test_of(&data, weight, fixture->arena);
            double *score = RWE_NEW(fixture->arena, double, data.n), sum[8] = {0}, size = 0;
            assert_int_equal(rwe_logrank_scores(&data, &table, weight, fixture->arena, score, NULL),
                             RWE_OK);
            for (size_t i = 0; i < data.n; i++)
                sum[data.group[i]] += score[i];
            for (size_t g = 0; g < data.n_groups; g++)
                size += result.observed[g];
            for (size_t g = 0; g < data.n_groups; g++)
                assert_true(fabs(sum[g] - (result.observed[g] - result.expected[g])) <
                            1e-11 * size);
        }
}

static void p_values_of_every_test_hold_far_out_in_the_tail(void **state)
{
    /* 540 of one arm all fail before any of 540 of the other. */
    struct fixture *fixture = *state;
    struct cohort cohort = cohort_new(fixture->arena, 1080, 0);
    cohort.group = RWE_NEW(fixture->arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.time[i] = (double)i;
        cohort.event[i] = 1;
        cohort.group[i] = i >= cohort.n / 2;
    }
    struct rwe_survival_data data = cohort_sort(&cohort, fixture->arena);
    struct rwe_logrank result = test_of(&data, OF(RWE_LOGRANK_PLAIN), fixture->arena);
    struct rwe_logrank_trend trend;
    assert_int_equal(rwe_logrank_trend(&result, (double[]){0, 1}, &trend, NULL), RWE_OK);
    double x = trend.statistic;
    assert_true(trend.p_value > 0 && trend.p_value < 1e-290);
    /* Mills' ratio to five terms (Abramowitz & Stegun 26.2.12): erfc itself is not trusted here */
    double mills = 1 - 1 / x + 3 / (x * x) - 15 / (x * x * x) + 105 / (x * x * x * x);
    assert_close(log(trend.p_value), -x / 2 - log(x * M_PI / 2) / 2 + log(mills), 1e-10);
    assert_close(result.p_value, trend.p_value, 1e-6);
}

static void what_cannot_be_tested_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct rwe_arena *arena = fixture->arena;
    struct rwe_logrank result;
    struct rwe_error error = {0};
    struct cohort cohort = cohort_of(arena, 4, (double[]){1, 2, 3, 4}, (uint8_t[]){1, 0, 0, 0},
                                     (uint32_t[]){0, 1, 0, 1});
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    struct rwe_event_table table = table_of(&data, arena);
    /* The one event is the first, where 1 − S is 0. */
    assert_int_equal(rwe_logrank_weighted(&table, FH(0, 1), arena, &result, &error),
                     RWE_NOT_ESTIMABLE);
    assert_int_equal(rwe_logrank_weighted(&table, FH(-1, 1), arena, &result, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(rwe_logrank_weighted(&table, FH(0, NAN), arena, &result, &error),
                     RWE_BAD_INPUT);
    assert_int_equal(rwe_logrank_robust(&data, &table, FH(INFINITY, 0), arena, &result, &error),
                     RWE_BAD_INPUT);
    /* Three groups in two clusters leave one degree of freedom for two. */
    cohort = data_set_read(&sets[3].set, arena);
    cohort.cluster = RWE_NEW(arena, uint32_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.cluster[i] = i % 2;
    data = cohort_sort(&cohort, arena);
    table = table_of(&data, arena);
    assert_int_equal(rwe_logrank_robust(&data, &table, FH(0, 0), arena, &result, &error),
                     RWE_NOT_ESTIMABLE);
    assert_true(error.message[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leukaemia_has_the_published_statistic),
        cmocka_unit_test(three_subjects_by_hand),
        cmocka_unit_test(lung_matches_survdiff),
        cmocka_unit_test(veteran_matches_survdiff),
        cmocka_unit_test(rotterdam_matches_survdiff_also_with_a_stratum_a_pair),
        cmocka_unit_test(p_values_hold_far_out_in_the_tail),
        cmocka_unit_test(pairs_without_ties_give_the_sign_test),
        cmocka_unit_test(a_group_never_at_risk_costs_no_degree_of_freedom),
        cmocka_unit_test(groups_that_meet_in_no_stratum_are_not_compared),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
        cmocka_unit_test(the_family_matches_r_on_four_cohorts),
        cmocka_unit_test(catheters_match_klein_moeschberger_table_7_3),
        cmocka_unit_test(weights_of_three_subjects_by_hand),
        cmocka_unit_test(trend_matches_r),
        cmocka_unit_test(trend_of_two_groups_is_the_test_itself),
        cmocka_unit_test(trend_refuses_scores_that_tell_nothing),
        cmocka_unit_test(late_entry_matches_the_cox_score_test),
        cmocka_unit_test(robust_is_the_robust_score_test_of_a_weighted_cox_model),
        cmocka_unit_test(robust_and_svylogrank_differ_by_centring_alone),
        cmocka_unit_test(robust_does_not_change_with_the_scale_of_weights),
        cmocka_unit_test(a_cluster_of_twins_weighs_as_one_of_double_weight),
        cmocka_unit_test(scores_sum_to_observed_less_expected),
        cmocka_unit_test(p_values_of_every_test_hold_far_out_in_the_tail),
        cmocka_unit_test(what_cannot_be_tested_is_refused),
    };
    check_setup_gsl(NULL);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
