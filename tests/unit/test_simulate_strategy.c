/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every patient followed under a strategy: is that the truth, and is the patient the same person? */
#include "../../src/simulator/simulate_private.h"
#include "rwe/base/sort.h"

#include "../oracle/simulate_truths.h"
#include "program.h"

#include <math.h>
#include <string.h>

enum { BLOCKS = 20, BLOCK = 3000, MANY = BLOCKS * BLOCK, STRATEGIES = 4 };
#define GRACE 9.0
#define N_ORACLE (sizeof oracle / sizeof oracle[0])

static struct rwe_arena *arena;

static const struct rwe_simulation *simulate(struct rwe_simulation_options options)
{
    struct rwe_simulation *simulation = NULL;
    struct rwe_error error = {0};
    assert_int_equal(rwe_simulate_cohort(&options, arena, &simulation, &error), RWE_OK);
    return simulation;
}

static const struct rwe_simulation *follow(enum rwe_strategy strategy, size_t n)
{
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = n;
    options.strategy = strategy;
    options.grace = GRACE;
    return simulate(options);
}

static int set_up(void **state)
{
    (void)state;
    arena = rwe_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rwe_arena_free(arena);
    return 0;
}

/* ---- the truth ---- */

/* Kaplan-Meier of the patients from `first` on: at 12, 24 and 36 months, and its mean up to 24 and 36. */
enum { STATS = 5 };
static void curve(const struct rwe_simulated_patient *p, size_t n, bool os, double stat[STATS])
{
    static const double until[STATS] = {12, 24, 36, 24, 36};
    struct rwe_mark mark = rwe_arena_mark(arena);
    double *time = RWE_NEW(arena, double, n);
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        time[i] = os ? p[i].os : p[i].pfs;
    assert_int_equal(rwe_sort_numbers(time, n, arena, order), RWE_OK);
    for (int s = 0; s < STATS; s++) {
        double survival = 1, area = 0, before = 0;
        for (size_t k = 0; k < n && time[order[k]] <= until[s]; k++) {
            const struct rwe_simulated_patient *of = &p[order[k]];
            area += survival * (time[order[k]] - before);
            before = time[order[k]];
            if (os ? of->os_event : of->pfs_event)
                survival *= 1 - 1 / (double)(n - k);
        }
        stat[s] = s < 3 ? survival : area + survival * (until[s] - before);
    }
    rwe_arena_release(arena, mark);
}

/* Mean over blocks of patients, and its standard error. */
static void curves(const struct rwe_simulation *simulation, bool os, double mean[], double error[])
{
    double sum[STATS] = {0}, squares[STATS] = {0};
    for (size_t b = 0; b < BLOCKS; b++) {
        double stat[STATS];
        curve(&simulation->patient[b * BLOCK], BLOCK, os, stat);
        for (int s = 0; s < STATS; s++) {
            sum[s] += stat[s];
            squares[s] += stat[s] * stat[s];
        }
    }
    for (int s = 0; s < STATS; s++) {
        mean[s] = sum[s] / BLOCKS;
        error[s] = sqrt((squares[s] / BLOCKS - mean[s] * mean[s]) / (BLOCKS - 1));
    }
}

/* 80 numbers: 4 standard errors are passed by chance once in 200 such tests. */
static void curves_under_a_strategy_are_those_of_the_same_model_in_r(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t k = 0; k < N_ORACLE; k++) {
        struct rwe_simulation_options options = {.n = MANY,
                                                 .seed = 62484,
                                                 .hr_progression = oracle[k].hr_progression,
                                                 .hr_death = oracle[k].hr_death,
                                                 .strategy = oracle[k].strategy,
                                                 .grace = GRACE};
        struct rwe_mark mark = rwe_arena_mark(arena);
        double mean[STATS], error[STATS];
        curves(simulate(options), oracle[k].os, mean, error);
        for (int s = 0; s < STATS; s++) {
            double expected = s < 3 ? oracle[k].survival[s] : oracle[k].mean[s - 3];
            double z = (mean[s] - expected) / (error[s] * sqrt(1 + (double)MANY / ORACLE_PATIENTS));
            if (!(fabs(z) < 4)) {
                print_error("strategy %d, %s, number %d: %g, in R %g: z = %.1f\n",
                            (int)oracle[k].strategy, oracle[k].os ? "os" : "pfs", s, mean[s],
                            expected, z);
                wrong++;
            }
        }
        rwe_arena_release(arena, mark);
    }
    assert_int_equal(wrong, 0);
}

/* ---- the patients ---- */

static bool same_course(const struct rwe_simulated_patient *a,
                        const struct rwe_simulated_patient *b)
{
    return a->pfs == b->pfs && a->os == b->os && a->pfs_event == b->pfs_event &&
           a->os_event == b->os_event && a->irradiated == b->irradiated;
}

static void a_patient_is_the_same_person_under_every_strategy(void **state)
{
    (void)state;
    const struct rwe_simulation *study = follow(RWE_STRATEGY_NATURAL, 5000);
    for (int s = RWE_STRATEGY_BEGUN; s < STRATEGIES; s++) {
        const struct rwe_simulation *other = follow((enum rwe_strategy)s, 5000);
        for (size_t i = 0; i < 5000; i++) {
            const struct rwe_simulated_patient *a = &study->patient[i], *b = &other->patient[i];
            assert_true(a->age == b->age && a->ldh == b->ldh && a->site == b->site);
            assert_true(a->missing == b->missing && a->responder == b->responder);
            if (!a->os_event && !b->os_event) /* followed as long */
                assert_true(a->os == b->os && a->lost == b->lost);
        }
    }
}

static void begun_changes_nobody_before_grace_and_then_those_who_had_not_begun(void **state)
{
    (void)state;
    const struct rwe_simulation *study = follow(RWE_STRATEGY_NATURAL, 5000);
    const struct rwe_simulation *begun = follow(RWE_STRATEGY_BEGUN, 5000);
    size_t n_changed = 0;
    for (size_t i = 0; i < 5000; i++) {
        const struct rwe_simulated_patient *a = &study->patient[i], *b = &begun->patient[i];
        bool departs = a->pfs > GRACE && !(a->rt_start <= GRACE);
        if (!departs)
            assert_true(same_course(a, b));
        else
            assert_true(b->irradiated && b->rt_start <= GRACE && b->pfs > GRACE);
        n_changed += departs;
    }
    assert_in_range(n_changed, 900, 1400); /* 23%: free of progression at 9 months, not begun */
}

static void none_and_never_change_only_who_would_have_begun(void **state)
{
    (void)state;
    const struct rwe_simulation *study = follow(RWE_STRATEGY_NATURAL, 5000);
    const struct rwe_simulation *none = follow(RWE_STRATEGY_NONE, 5000);
    const struct rwe_simulation *never = follow(RWE_STRATEGY_NEVER, 5000);
    size_t later = 0;
    for (size_t i = 0; i < 5000; i++) {
        const struct rwe_simulated_patient *a = &study->patient[i];
        const struct rwe_simulated_patient *b = &none->patient[i], *c = &never->patient[i];
        assert_false(b->rt_start <= GRACE || c->irradiated);
        if (!a->irradiated)
            assert_true(same_course(a, b) && same_course(a, c));
        else if (a->rt_start > GRACE)
            assert_true(same_course(a, b));
        later += b->irradiated;
    }
    assert_in_range(later, 5, 100); /* few candidates begin after 9 months */
}

/* What does nothing can be given to anybody: only who is drawn anew has another course. */
static void without_an_effect_no_radiotherapy_is_like_the_natural_course(void **state)
{
    (void)state;
    struct rwe_simulation_options options = {
        .n = 5000, .seed = 1, .hr_progression = 1, .hr_death = 1, .grace = GRACE};
    const struct rwe_simulation *study = simulate(options);
    for (int s = RWE_STRATEGY_NONE; s <= RWE_STRATEGY_NEVER; s++) {
        options.strategy = (enum rwe_strategy)s;
        const struct rwe_simulation *other = simulate(options);
        for (size_t i = 0; i < options.n; i++)
            assert_true(fabs(study->patient[i].pfs - other->patient[i].pfs) < 1e-9 &&
                        fabs(study->patient[i].os - other->patient[i].os) < 1e-9);
    }
}

static void a_patient_followed_under_a_strategy_does_not_depend_on_the_others(void **state)
{
    (void)state;
    for (int s = RWE_STRATEGY_BEGUN; s < STRATEGIES; s++) {
        const struct rwe_simulation *few = follow((enum rwe_strategy)s, 300);
        const struct rwe_simulation *more = follow((enum rwe_strategy)s, 3000);
        for (size_t i = 0; i < 300; i++)
            assert_true(same_course(&few->patient[i], &more->patient[i]));
    }
}

/* The scans are those of the life that is lived: most progressions are seen on one of them. */
static void progression_is_seen_on_the_scans_of_the_new_course(void **state)
{
    (void)state;
    const struct rwe_simulation *study = follow(RWE_STRATEGY_NATURAL, 5000);
    const struct rwe_simulation *begun = follow(RWE_STRATEGY_BEGUN, 5000);
    double n = 0, seen = 0;
    for (size_t i = 0; i < 5000; i++) {
        struct chart chart;
        simulate_chart(begun, i, &chart);
        if (same_course(&study->patient[i], &begun->patient[i]) || chart.progression == NO_DATE)
            continue;
        n++;
        seen += chart.seen_on_scan;
    }
    assert_true(n > 500 && seen / n > 0.8);
}

/* ---- errors ---- */

static void refused(struct rwe_simulation_options options, const char *words)
{
    struct rwe_simulation *simulation = NULL;
    struct rwe_error error = {0};
    assert_int_equal(rwe_simulate_cohort(&options, arena, &simulation, &error), RWE_USAGE);
    assert_null(simulation);
    assert_says(error.message, words);
}

static void months_at_which_nobody_can_have_begun_are_refused(void **state)
{
    (void)state;
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.strategy = RWE_STRATEGY_BEGUN;
    const double wrong[] = {1.4, 0, -3, 61, NAN, INFINITY};
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        options.grace = wrong[k];
        refused(options, "begun radiotherapy by|from 1.5|to 60");
    }
    options.grace = 1.5;
    assert_true(simulate(options)->patient[0].pfs > 0);
    options.strategy = RWE_STRATEGY_NEVER; /* looks at no month */
    options.grace = NAN;
    assert_true(simulate(options)->patient[0].pfs > 0);
}

/* Radiotherapy that kills at once: who has begun is not free of progression at 36 months. */
static void a_strategy_that_nobody_can_follow_is_refused_and_does_not_hang(void **state)
{
    (void)state;
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.hr_progression = 100;
    options.strategy = RWE_STRATEGY_BEGUN;
    options.grace = 36;
    refused(options, "nobody is free of progression|earlier time");
}

/* ---- the program ---- */

static void assert_column(const char *strategy, const char *said, const char *column)
{
    char *folder = program_new_folder();
    struct program_run run =
        program_run("--simulate 50 --strategy %s --output %s", strategy, folder);
    assert_code(run, 0);
    assert_says(run.err, said);
    char *path = program_format("%s/cohort.csv", folder);
    char *text = program_read_file(path, NULL);
    char *end = program_format(",%s\n", column);
    size_t n = 0;
    assert_non_null(strstr(text, ",strategy\n"));
    for (const char *at = text; (at = strstr(at, end)) != NULL; at++)
        n++;
    assert_int_equal(n, 50);
    free(end);
    free(text);
    free(path);
    program_clear(&run);
    program_remove_folder(folder);
}

static void the_strategy_is_told_and_stands_in_a_column(void **state)
{
    (void)state;
    assert_column("begun-9", "begun by 9 months unless progression or death comes first",
                  "begun-9");
    assert_column("begun-6.5", "begun by 6.5 months", "begun-6.5");
    assert_column("none", "no radiotherapy begins by 9 months", "none-9");
    assert_column("none-6", "no radiotherapy begins by 6 months", "none-6");
    assert_column("never", "radiotherapy never begins", "never");
}

/* Two cohorts below each other, their patients as clusters, are a comparison whose answer is the truth. */
static void files_of_two_strategies_below_each_other_give_the_true_hazard_ratio(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *text[2];
    for (int s = 0; s < 2; s++) {
        char *own = program_format("%s/%d", folder, s);
        struct program_run run = program_run("--simulate 20000 --strategy %s --quiet --output %s",
                                             s == 0 ? "none" : "begun-9", own);
        assert_code(run, 0);
        char *path = program_format("%s/cohort.csv", own);
        text[s] = program_read_file(path, NULL);
        free(path);
        free(own);
        program_clear(&run);
    }
    char *both = program_format("%s%s", text[0], strchr(text[1], '\n') + 1);
    char *path = program_write_file(folder, "both.csv", both);
    struct program_facts facts =
        program_facts_of("%s --arm strategy --control none-9 --treated begun-9 --cluster usubjid "
                         "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event --cox",
                         path);
    /* 1,000,000 patients in R: 0.831 and 0.878; the standard errors here are 0.004 and 0.006. */
    double pfs =
        program_facts_number(&facts, "cox endpoint=pfs population=all model=arm term=arm hr");
    double os =
        program_facts_number(&facts, "cox endpoint=os population=all model=arm term=arm hr");
    assert_true(fabs(pfs - 0.831) < 0.015 && fabs(os - 0.878) < 0.02);
    program_facts_clear(&facts);
    free(path);
    free(both);
    free(text[0]);
    free(text[1]);
    program_remove_folder(folder);
}

static void a_strategy_that_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        {"--simulate 5 --strategy sometimes", "--strategy sometimes|begun-9, none, never"},
        {"--simulate 5 --strategy begun-x", "--strategy begun-x|begun-9"},
        {"--simulate 5 --strategy never-9", "--strategy never-9"},
        {"--simulate 5 --strategy begun-1", "by 1 months|from 1.5"},
        {"--strategy never", "--strategy|--simulate N"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *folder = program_new_folder();
        struct program_run run = program_run("%s --output %s", bad[i].arguments, folder);
        assert_code(run, 2);
        assert_says(run.err, bad[i].says);
        assert_int_equal(program_count_files(folder), 0);
        program_clear(&run);
        program_remove_folder(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_under_a_strategy_are_those_of_the_same_model_in_r),
        cmocka_unit_test(a_patient_is_the_same_person_under_every_strategy),
        cmocka_unit_test(begun_changes_nobody_before_grace_and_then_those_who_had_not_begun),
        cmocka_unit_test(none_and_never_change_only_who_would_have_begun),
        cmocka_unit_test(without_an_effect_no_radiotherapy_is_like_the_natural_course),
        cmocka_unit_test(a_patient_followed_under_a_strategy_does_not_depend_on_the_others),
        cmocka_unit_test(progression_is_seen_on_the_scans_of_the_new_course),
        cmocka_unit_test(months_at_which_nobody_can_have_begun_are_refused),
        cmocka_unit_test(a_strategy_that_nobody_can_follow_is_refused_and_does_not_hang),
        cmocka_unit_test(the_strategy_is_told_and_stands_in_a_column),
        cmocka_unit_test(files_of_two_strategies_below_each_other_give_the_true_hazard_ratio),
        cmocka_unit_test(a_strategy_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
