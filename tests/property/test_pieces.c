/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follow-up cut into pieces says what it said whole: curves with their errors, means, incidences,
 * follow-up, ratios. */
#include "check.h"
#include "cohort.h"

#include "rwe/base/sort.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/km.h"
#include "rwe/stats/rmst.h"

#include <math.h>

enum { N = 120 };
static const double grid = 0.5;

/* Whole rows, each its own cluster, with a weight and two causes. */
static struct rwe_survival_data whole_data(struct rwe_arena *arena)
{
    struct cohort cohort = cohort_random(arena, N, 1, 0.125, 31);
    cohort.weight = RWE_NEW(arena, double, N);
    cohort.cluster = RWE_NEW(arena, uint32_t, N);
    for (size_t i = 0; i < N; i++) {
        cohort.weight[i] = 1 + (double)(i % 7) / 3;
        cohort.cluster[i] = (uint32_t)i;
        if (cohort.event[i] && i % 5 == 0)
            cohort.event[i] = 2;
    }
    struct rwe_survival_data data = cohort_sort(&cohort, arena);
    data.n_causes = 2;
    return data;
}

struct columns {
    double *entry, *time, *weight;
    uint8_t *event, *piece;
    uint32_t *group, *cluster;
};

static struct columns columns_new(struct rwe_arena *arena, size_t n)
{
    return (struct columns){RWE_NEW(arena, double, n),  RWE_NEW(arena, double, n),
                            RWE_NEW(arena, double, n),  RWE_NEW(arena, uint8_t, n),
                            RWE_NEW(arena, uint8_t, n), RWE_NEW(arena, uint32_t, n),
                            RWE_NEW(arena, uint32_t, n)};
}

static void copy(const struct columns *from, size_t i, struct columns *to, size_t k)
{
    to->entry[k] = from->entry[i];
    to->time[k] = from->time[i];
    to->weight[k] = from->weight[i];
    to->event[k] = from->event[i];
    to->piece[k] = from->piece[i];
    to->group[k] = from->group[i];
    to->cluster[k] = from->cluster[i];
}

/* The same cut at the multiples of the grid that lie within it, pieces marked. */
static struct rwe_survival_data cut(const struct rwe_survival_data *whole, struct rwe_arena *arena)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < whole->n; i++)
        most += (size_t)(whole->time[i] / grid) + 2;
    struct columns pieces = columns_new(arena, most), sorted = columns_new(arena, most);
    for (size_t i = 0; i < whole->n; i++)
        for (double from = 0; from < whole->time[i]; from += grid, n++) {
            bool last = from + grid >= whole->time[i];
            pieces.entry[n] = from;
            pieces.time[n] = last ? whole->time[i] : from + grid;
            pieces.event[n] = last ? whole->event[i] : 0;
            pieces.piece[n] =
                (uint8_t)((from > 0 ? RWE_PIECE_LATER : 0) | (last ? 0 : RWE_PIECE_GOES_ON));
            pieces.weight[n] = whole->weight[i];
            pieces.group[n] = whole->group[i];
            pieces.cluster[n] = whole->cluster[i];
        }
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    assert_int_equal(rwe_sort_numbers(pieces.time, n, arena, order), RWE_OK);
    for (size_t k = 0; k < n; k++)
        copy(&pieces, order[k], &sorted, k);
    struct rwe_survival_data data = *whole;
    data.n = n;
    data.entry = sorted.entry;
    data.time = sorted.time;
    data.weight = sorted.weight;
    data.event = sorted.event;
    data.piece = sorted.piece;
    data.group = sorted.group;
    data.cluster = sorted.cluster;
    return data;
}

struct both {
    struct rwe_survival_data data[2];
    struct rwe_event_table table[2];
    struct rwe_arena *arena;
};

static int set_up(void **state)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct both *both = RWE_NEW(arena, struct both, 1);
    both->arena = arena;
    both->data[0] = whole_data(arena);
    both->data[1] = cut(&both->data[0], arena);
    for (size_t w = 0; w < 2; w++)
        assert_int_equal(rwe_event_table_build(&both->data[w], arena, &both->table[w], NULL),
                         RWE_OK);
    *state = both;
    return 0;
}

static int tear_down(void **state)
{
    struct both *both = *state;
    rwe_arena_free(both->arena);
    return 0;
}

static void followups_are_counted_once(void **state)
{
    const struct both *both = *state;
    assert_true(both->data[1].n > 2 * N);
    assert_int_equal(rwe_survival_data_followups(&both->data[0]), N);
    assert_int_equal(rwe_survival_data_followups(&both->data[1]), N);
}

static void compare_curves(const struct rwe_km_curve *pieces, const struct rwe_km_curve *whole)
{
    assert_int_equal(pieces->n_points, whole->n_points);
    assert_close(pieces->n, whole->n, 1e-12);
    for (size_t p = 0; p < whole->n_points; p++) {
        assert_close(pieces->time[p], whole->time[p], 0);
        assert_close(pieces->at_risk[p], whole->at_risk[p], 1e-12);
        assert_close(pieces->events[p], whole->events[p], 1e-12);
        assert_close(pieces->censored[p], whole->censored[p], 1e-12);
        assert_close(pieces->survival[p], whole->survival[p], 1e-12);
        assert_close(pieces->std_error[p], whole->std_error[p], 1e-10);
    }
}

static void curves_and_follow_up_are_the_same(void **state)
{
    const struct both *both = *state;
    struct rwe_km_options options = rwe_km_options_default();
    for (size_t g = 0; g < both->data[0].n_groups; g++) {
        struct rwe_km_curve curve[2], follow[2];
        for (size_t w = 0; w < 2; w++) {
            assert_int_equal(rwe_km_fit_robust(&both->data[w], &both->table[w], g, &options,
                                               both->arena, &curve[w], NULL),
                             RWE_OK);
            assert_int_equal(
                rwe_km_fit_followup(&both->table[w], g, &options, both->arena, &follow[w], NULL),
                RWE_OK);
        }
        compare_curves(&curve[1], &curve[0]);
        compare_curves(&follow[1], &follow[0]);
    }
}

static void incidences_and_their_errors_are_the_same(void **state)
{
    const struct both *both = *state;
    struct rwe_aalen_johansen curve[2];
    for (size_t w = 0; w < 2; w++) {
        assert_int_equal(
            rwe_aalen_johansen_fit(&both->table[w], 0, 0.95, both->arena, &curve[w], NULL), RWE_OK);
        assert_int_equal(rwe_aalen_johansen_robust(&both->data[w], both->arena, &curve[w], NULL),
                         RWE_OK);
    }
    assert_int_equal(curve[1].n_points, curve[0].n_points);
    for (size_t i = 0; i < 2 * curve[0].n_points; i++) {
        assert_close(curve[1].incidence[i], curve[0].incidence[i], 1e-12);
        assert_close(curve[1].std_error[i], curve[0].std_error[i], 1e-9);
    }
}

static void means_are_the_same(void **state)
{
    const struct both *both = *state;
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst mean[2];
    options.tau = 1;
    for (size_t w = 0; w < 2; w++)
        assert_int_equal(
            rwe_rmst_fit(&both->data[w], &both->table[w], 1, &options, both->arena, &mean[w], NULL),
            RWE_OK);
    assert_close(mean[1].estimate, mean[0].estimate, 1e-12);
    assert_close(mean[1].std_error, mean[0].std_error, 1e-10);
}

static void the_hazard_ratio_and_its_error_are_the_same(void **state)
{
    const struct both *both = *state;
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_cox fit[2];
    options.robust = true;
    for (size_t w = 0; w < 2; w++) {
        double *x = RWE_NEW(both->arena, double, both->data[w].n);
        for (size_t i = 0; i < both->data[w].n; i++)
            x[i] = both->data[w].group[i];
        assert_int_equal(rwe_cox_fit(&both->data[w], x, 1, &options, both->arena, &fit[w], NULL),
                         RWE_OK);
    }
    assert_close(fit[1].estimate[0], fit[0].estimate[0], 1e-10);
    assert_close(fit[1].robust[0], fit[0].robust[0], 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(followups_are_counted_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(curves_and_follow_up_are_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(incidences_and_their_errors_are_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(means_are_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_hazard_ratio_and_its_error_are_the_same, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("pieces", tests, check_setup_gsl, NULL);
}
