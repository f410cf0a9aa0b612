/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/lost.h"
#include "rwe/stats/rmst.h"

#include <math.h>

/* Events are 1, losses 2. */
static struct rwe_event_table table_of(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    struct rwe_event_table table;
    data.n_causes = 2;
    assert_int_equal(rwe_event_table_build(&data, arena, &table, NULL), RWE_OK);
    return table;
}

/*
 * Six: event at 1, loss at 2, event at 3, loss at 3 (after it), event at 5, censored at 8. At 1: h = 1/6,
 * S = 5/6. At 2: 1/5 of 5/6 is lost: U = 4/6, L = 1/6. At 3: h = 1/4; L = 1/6 (1 − δ/4),
 * U = 3/6, of which a third is lost: U = 2/6, L = 1/6 (1 − δ/4) + 1/6. At 5: h = 1/2,
 * U = 1/6, L = that × (1 − δ/2).
 */
static void six_patients_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 2, 3, 3, 5, 8};
    const uint8_t event[] = {1, 2, 1, 2, 1, 0};
    struct cohort cohort = cohort_of(arena, 6, time, event, NULL);
    struct rwe_event_table table = table_of(&cohort, arena);
    for (double delta = 0; delta <= 2; delta += 0.5) {
        double lost = (1 - delta / 4) / 6 + 1.0 / 6;
        double expected =
            1 + 2 * 5.0 / 6 + 2 * (2.0 / 6 + lost) + 3 * (1.0 / 6 + lost * (1 - delta / 2));
        assert_close(rwe_lost_mean(&table, 0, delta, 8), expected, 1e-15);
    }
    /* δ h over 1 counts as 1: who is lost has the event next. */
    assert_close(rwe_lost_mean(&table, 0, INFINITY, 8),
                 1 + 2 * 5.0 / 6 + 2 * (2.0 / 6 + 1.0 / 6) + 3 * (1.0 / 6), 1e-15);
    assert_close(rwe_lost_mean(&table, 0, 1, 4),
                 1 + 2 * 5.0 / 6 + 1 * (2.0 / 6 + 0.75 / 6 + 1.0 / 6), 1e-15);
    rwe_arena_free(arena);
}

static struct cohort random_cohort(struct rwe_arena *arena, uint64_t seed, bool has_others)
{
    struct cohort cohort = cohort_random(arena, 200, 1, 0.05, seed);
    for (size_t i = 0; i < cohort.n; i++)
        if (cohort.event[i] == 0 && (!has_others || i % 3 != 0))
            cohort.event[i] = 2;
    return cohort;
}

/* Another route: Kaplan and Meier's mean, losses censored. */
static void delta_one_is_the_mean_of_the_curve(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = random_cohort(arena, seed, true);
        struct rwe_event_table table = table_of(&cohort, arena), plain;
        double tau = rwe_rmst_tau(&table, RWE_RMST_AT_RISK);
        double delta_one[2] = {rwe_lost_mean(&table, 0, 1, tau), rwe_lost_mean(&table, 1, 1, tau)};
        for (size_t i = 0; i < cohort.n; i++)
            cohort.event[i] = cohort.event[i] == 1;
        struct rwe_survival_data data = cohort_sort(&cohort, arena);
        struct rwe_rmst_options options = rwe_rmst_options_default();
        options.tau = tau;
        assert_int_equal(rwe_event_table_build(&data, arena, &plain, NULL), RWE_OK);
        for (size_t g = 0; g < 2; g++) {
            struct rwe_rmst mean;
            assert_int_equal(rwe_rmst_fit(&data, &plain, g, &options, arena, &mean, NULL), RWE_OK);
            assert_close(delta_one[g], mean.estimate, 1e-12);
        }
        rwe_arena_free(arena);
    }
}

/* Another route where all censored are lost: each goes on by himself from where he was lost. */
static double one_by_one(const struct cohort *cohort, double delta, double tau)
{
    double sum = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        double free = 1, from = cohort->time[i];
        sum += fmin(from, tau);
        for (size_t k = 0; cohort->event[i] == 2 && k < cohort->n; k++) {
            double t = cohort->time[k], events = 0, at_risk = 0;
            if (t <= cohort->time[i] || t > tau || (k > 0 && cohort->time[k - 1] == t))
                continue;
            for (size_t j = 0; j < cohort->n; j++) {
                events += cohort->time[j] == t && cohort->event[j] == 1;
                at_risk += cohort->time[j] >= t;
            }
            sum += free * (t - from);
            from = t;
            free *= 1 - fmin(1, delta * events / at_risk);
        }
        if (cohort->event[i] == 2 && from < tau)
            sum += free * (tau - from);
    }
    return sum / (double)cohort->n;
}

static void each_lost_patient_goes_on_by_himself(void **state)
{
    (void)state;
    static const double deltas[] = {0, 0.5, 1, 2, 5, 1e6};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = random_cohort(arena, seed, false);
        cohort.group = NULL;
        struct rwe_event_table table = table_of(&cohort, arena);
        double tau = rwe_rmst_horizon(&table, 0, 10);
        for (size_t d = 0; d < 6; d++)
            assert_close(rwe_lost_mean(&table, 0, deltas[d], tau),
                         one_by_one(&cohort, deltas[d], tau), 1e-12);
        rwe_arena_free(arena);
    }
}

static void equal_weights_change_nothing_and_the_mean_falls_in_delta(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct cohort cohort = random_cohort(arena, 7, true);
    struct rwe_event_table table = table_of(&cohort, arena);
    cohort.weight = RWE_NEW(arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.weight[i] = 0.1;
    struct rwe_event_table weighted = table_of(&cohort, arena);
    double tau = rwe_rmst_tau(&table, RWE_RMST_AT_RISK), before = INFINITY;
    for (double delta = 0; delta < 20; delta += 0.7) {
        double mean = rwe_lost_mean(&table, 1, delta, tau);
        assert_close(rwe_lost_mean(&weighted, 1, delta, tau), mean, 1e-12);
        assert_true(mean < before);
        before = mean;
    }
    rwe_arena_free(arena);
}

/* ---- tipping ---- */

static void at_the_tipping_point_the_means_are_equal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct rwe_arena *arena = rwe_arena_new();
        struct cohort cohort = random_cohort(arena, seed, true);
        struct rwe_event_table table = table_of(&cohort, arena);
        double tau = rwe_rmst_tau(&table, RWE_RMST_AT_RISK);
        double control = rwe_lost_mean(&table, 0, 1, tau);
        double delta = rwe_lost_tipping(&table, tau);
        if (isnan(delta))
            assert_true(rwe_lost_mean(&table, 1, 0, tau) < control);
        else if (isinf(delta))
            assert_true(rwe_lost_mean(&table, 1, 1e9, tau) > control);
        else
            assert_close(rwe_lost_mean(&table, 1, delta, tau), control, 1e-9);
        assert_true(!(delta > 1) || rwe_lost_mean(&table, 1, 1, tau) > control);
        rwe_arena_free(arena);
    }
}

/* Two of group 1 are lost at 1; then at 2 one of two has the event: 1 × 1 + 1 × 1 to 2, and to 3 half of
 * the followed half and (1 − δ/2) of the lost half: 2 + 1/4 + (1 − δ/2)/2 = 2.75 − δ/4. Group 0 has
 * its events at `last`, and so that mean. */
static double tipping_against(double last, struct rwe_arena *arena)
{
    const double time[] = {last, last, 1, 1, 2, 3};
    const uint8_t event[] = {1, 1, 2, 2, 1, 0};
    const uint32_t group[] = {0, 0, 1, 1, 1, 1};
    struct cohort cohort = cohort_of(arena, 6, time, event, group);
    struct rwe_event_table table = table_of(&cohort, arena);
    return rwe_lost_tipping(&table, 3);
}

static void tipping_by_hand(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    assert_close(tipping_against(2.375, arena), 1.5, 1e-9); /* 2.75 − δ/4 = 2.375 */
    assert_close(tipping_against(2.625, arena), 0.5, 1e-9);
    assert_close(tipping_against(2.5, arena), 1, 1e-9);
    assert_nan(tipping_against(2.8, arena));         /* worse though none lost has the event */
    assert_true(isinf(tipping_against(2.2, arena))); /* better though all have it next */
    rwe_arena_free(arena);
}

static void a_curve_that_ends_too_soon_has_no_mean(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    const double time[] = {1, 2, 3, 4};
    const uint8_t event[] = {1, 0, 1, 1};
    const uint32_t group[] = {0, 0, 1, 1};
    struct cohort cohort = cohort_of(arena, 4, time, event, group);
    struct rwe_event_table table = table_of(&cohort, arena);
    assert_nan(rwe_lost_mean(&table, 0, 1, 2.5));
    assert_close(rwe_lost_mean(&table, 0, 1, 2), 1.5, 1e-15);
    assert_close(rwe_lost_mean(&table, 1, 1, 9), 3.5, 1e-15); /* all had the event */
    assert_nan(rwe_lost_tipping(&table, 9));
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_patients_by_hand),
        cmocka_unit_test(delta_one_is_the_mean_of_the_curve),
        cmocka_unit_test(each_lost_patient_goes_on_by_himself),
        cmocka_unit_test(equal_weights_change_nothing_and_the_mean_falls_in_delta),
        cmocka_unit_test(at_the_tipping_point_the_means_are_equal),
        cmocka_unit_test(tipping_by_hand),
        cmocka_unit_test(a_curve_that_ends_too_soon_has_no_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
