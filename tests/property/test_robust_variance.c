/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold of the robust variance of every kernel, whatever the data. */
#include "check.h"
#include "cohort.h"
#include "competing.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/fine_gray.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/ph.h"
#include "rwe/stats/proportion_weighted.h"
#include "rwe/stats/rmst.h"

#include <math.h>

/* One variance of each kernel; of tests with one degree of freedom that of the score in units of the
 * score's square, which is 1 / statistic. */
enum measure {
    OF_KM,
    OF_HAZARD,
    OF_RMST,
    OF_INCIDENCE,
    OF_LOGRANK,
    OF_COX,
    OF_COX_SCORE,
    OF_PH,
    OF_AVERAGE,
    OF_FINE_GRAY,
    OF_SHARE,
    OF_RISK,
    N_MEASURES
};
struct variances {
    double of[N_MEASURES];
};

enum { N = 150, Q = 2 };
static const double TIME = 6;

static void measure_curves(const struct rwe_survival_data *data, struct rwe_arena *arena,
                           struct variances *to)
{
    struct rwe_event_table table;
    struct rwe_km_curve curve;
    struct rwe_aalen_johansen incidence;
    struct rwe_rmst_comparison rmst;
    struct rwe_logrank logrank;
    const struct rwe_km_options options = rwe_km_options_default();
    const struct rwe_rmst_request request = {RWE_RMST_RATIO, 0, 1};
    const struct rwe_rmst_options until = {TIME, 0.95};
    const struct rwe_km_functional hazard = {RWE_KM_HAZARD, 1, TIME, 1};
    double *influence = RWE_NEW(arena, double, data->n);
    assert_int_equal(rwe_event_table_build(data, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit_robust(data, &table, 0, &options, arena, &curve, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 0, 0.95, arena, &incidence, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_robust(data, arena, &incidence, NULL), RWE_OK);
    assert_int_equal(rwe_rmst_compare(data, &table, &request, &until, arena, &rmst, NULL), RWE_OK);
    assert_int_equal(
        rwe_logrank_robust(data, &table, (struct rwe_logrank_weight){0}, arena, &logrank, NULL),
        RWE_OK);
    assert_int_equal(rwe_km_influence(data, &table, &hazard, arena, influence, NULL), RWE_OK);
    assert_int_equal(rwe_km_influence_variance(data, influence, arena, &to->of[OF_HAZARD], NULL),
                     RWE_OK);
    to->of[OF_KM] = pow(rwe_km_at(&curve, TIME).std_error, 2);
    to->of[OF_INCIDENCE] = pow(rwe_aalen_johansen_at(&incidence, 1, TIME).std_error, 2);
    to->of[OF_RMST] = pow(rmst.std_error, 2);
    to->of[OF_LOGRANK] = 1 / logrank.statistic;
}

static void measure_models(const struct rwe_survival_data *data, const double x[],
                           struct rwe_arena *arena, struct variances *to)
{
    static const uint32_t term[] = {0};
    struct rwe_cox cox;
    struct rwe_ph ph;
    struct rwe_average_hr average;
    struct rwe_fine_gray fine_gray;
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = RWE_COX_BRESLOW;
    options.robust = true;
    const struct rwe_fine_gray_options competing = rwe_fine_gray_options_default();
    assert_int_equal(rwe_cox_fit(data, x, 1, &options, arena, &cox, NULL), RWE_OK);
    const struct rwe_ph_model model = {x, 1, cox.estimate, term, 1};
    const struct rwe_ph_options test = {RWE_PH_RANK, RWE_COX_BRESLOW, true};
    assert_int_equal(rwe_ph_test(data, &model, &test, arena, &ph, NULL), RWE_OK);
    assert_int_equal(rwe_average_hr_fit(data, x, 1, &options, arena, &average, NULL), RWE_OK);
    assert_int_equal(rwe_fine_gray_fit(data, x, 1, &competing, arena, &fine_gray, NULL), RWE_OK);
    to->of[OF_COX] = cox.robust[0];
    to->of[OF_COX_SCORE] = 1 / cox.robust_score_statistic;
    to->of[OF_PH] = 1 / ph.global.statistic;
    to->of[OF_AVERAGE] = average.covariance[0];
    to->of[OF_FINE_GRAY] = fine_gray.robust[0];
}

static void measure_shares(const struct rwe_survival_data *data, struct rwe_arena *arena,
                           struct variances *to)
{
    const struct rwe_proportion_data rows = {data->n, data->event,  data->group,
                                             2,       data->weight, rwe_survival_dependence(data)};
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    assert_int_equal(rwe_proportion_weighted(&rows, 0.95, arena, share, NULL), RWE_OK);
    const struct rwe_weighted_pair pair = {0, 1, share, 0.95};
    assert_int_equal(rwe_proportion_weighted_compare(&rows, &pair, arena, &contrast, NULL), RWE_OK);
    to->of[OF_SHARE] = pow(share[1].std_error, 2);
    to->of[OF_RISK] = pow(contrast.difference.std_error, 2);
}

static struct variances measure(const struct rwe_survival_data *data, const double x[],
                                struct rwe_arena *arena)
{
    struct variances variances;
    measure_curves(data, arena, &variances);
    measure_models(data, x, arena, &variances);
    measure_shares(data, arena, &variances);
    return variances;
}

static void assert_same(const struct variances *a, const struct variances *b, double relative)
{
    for (int m = 0; m < N_MEASURES; m++)
        assert_close(a->of[m], b->of[m], relative);
}

/* ---- data: weights, clusters, subjects, and how the weights were estimated ---- */

struct example {
    struct rwe_arena *arena;
    struct cohort cohort;
    struct rwe_survival_data data;
    uint32_t *subject;
    struct rwe_weight_estimation estimation;
};

/* Numbers without a pattern, within ±1. */
static double scatter(size_t k)
{
    return sin(12.9898 * (double)(k + 1)) * cos(78.233 * (double)k);
}

/* In order of time, with whose row it is from the second column of x. */
static void sort(struct example *example)
{
    example->data = competing_sort(&example->cohort, example->arena);
    size_t n = example->data.n;
    example->subject = RWE_NEW(example->arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        example->subject[i] = (uint32_t)example->cohort.x[n + i];
    example->data.subject = example->subject;
    example->data.n_subjects = N;
}

/* Rows in the order that `from` gives them; clusters of three subjects. */
static struct example make(struct rwe_arena *arena, const uint32_t order[], bool clusters)
{
    struct example example = {.arena = arena};
    struct cohort plain = competing_random(arena, N, 2, 1, 11);
    struct cohort *cohort = &example.cohort;
    *cohort = cohort_new(arena, N, 2);
    cohort->group = RWE_NEW(arena, uint32_t, N);
    cohort->weight = RWE_NEW(arena, double, N);
    cohort->cluster = clusters ? RWE_NEW(arena, uint32_t, N) : NULL;
    for (uint32_t k = 0; k < N; k++) {
        uint32_t i = order == NULL ? k : order[k];
        cohort->time[k] = plain.time[i];
        cohort->event[k] = plain.event[i];
        cohort->group[k] = plain.group[i];
        cohort->x[k] = plain.x[i];
        cohort->x[N + k] = i;
        cohort->weight[k] = 1.5 + scatter(i);
        if (clusters)
            cohort->cluster[k] = i % (N / 3);
    }
    sort(&example);
    return example;
}

/* `strength` multiplies the influences. */
static void estimate_weights(struct example *example, double strength)
{
    double *slope = rwe_arena_alloc(example->arena, N, Q * sizeof(double));
    double *influence = rwe_arena_alloc(example->arena, N, Q * sizeof(double));
    uint32_t *cluster = RWE_NEW(example->arena, uint32_t, N);
    for (size_t k = 0; k < N * Q; k++) {
        slope[k] = scatter(500 + k);
        influence[k] = strength * scatter(1500 + k) / 10;
    }
    for (uint32_t i = 0; i < N; i++)
        cluster[i] = i % (N / 3);
    example->estimation =
        (struct rwe_weight_estimation){N, Q, slope, influence, cluster, (size_t)N / 3};
    if (example->data.cluster == NULL)
        example->estimation.cluster = NULL;
    example->data.estimation = &example->estimation;
}

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* ---- claims ---- */

static void the_scale_of_weights_changes_no_variance(void **state)
{
    for (int clusters = 0; clusters < 2; clusters++) {
        struct example example = make(*state, NULL, clusters);
        struct variances before = measure(&example.data, example.cohort.x, *state);
        for (size_t i = 0; i < N; i++)
            example.cohort.weight[i] *= 1234;
        struct variances after = measure(&example.data, example.cohort.x, *state);
        assert_same(&after, &before, 1e-8);
    }
}

/* With clusters: without, an area has Greenwood's error where there are no weights. */
static void constant_weights_are_no_weights(void **state)
{
    struct example example = make(*state, NULL, true);
    for (size_t i = 0; i < N; i++)
        example.cohort.weight[i] = 0.37;
    struct variances constant = measure(&example.data, example.cohort.x, *state);
    example.data.weight = NULL;
    struct variances none = measure(&example.data, example.cohort.x, *state);
    assert_same(&none, &constant, 1e-8);
}

static void the_order_of_rows_changes_no_variance(void **state)
{
    uint32_t order[N];
    for (uint32_t k = 0; k < N; k++)
        order[k] = k * 77 % N; /* 77 and 150 have no common factor */
    for (int clusters = 0; clusters < 2; clusters++) {
        struct example example = make(*state, NULL, clusters);
        struct example other = make(*state, order, clusters);
        estimate_weights(&example, 1);
        estimate_weights(&other, 1);
        struct variances a = measure(&example.data, example.cohort.x, *state);
        struct variances b = measure(&other.data, other.cohort.x, *state);
        assert_same(&b, &a, 1e-9);
    }
}

/* V(s) = V0 + 2 s D·B + s² D' M D: the third difference of a parabola is 0, and it is one. */
static void the_variance_is_a_parabola_in_the_influences_on_the_weights(void **state)
{
    for (int clusters = 0; clusters < 2; clusters++) {
        struct example example = make(*state, NULL, clusters);
        struct variances at[4];
        for (int s = 0; s < 4; s++) {
            estimate_weights(&example, s);
            at[s] = measure(&example.data, example.cohort.x, *state);
        }
        example.data.estimation = NULL;
        struct variances known = measure(&example.data, example.cohort.x, *state);
        assert_same(&at[0], &known, 1e-9);
        for (int m = 0; m < N_MEASURES; m++) {
            double first = at[1].of[m] - at[0].of[m], second = at[2].of[m] - at[1].of[m];
            assert_true(fabs(first) > 1e-4 * at[0].of[m]);
            assert_true(second > first); /* D' M D > 0 */
            assert_close(at[3].of[m], at[0].of[m] + 3 * second, 1e-8);
        }
    }
}

/* Clusters of three and subjects of two, that cross. */
static void two_ways_are_the_sum_of_their_parts(void **state)
{
    struct example example = make(*state, NULL, true);
    struct rwe_survival_data by_cluster = example.data, by_subject = example.data;
    for (size_t i = 0; i < N; i++)
        example.subject[i] /= 2;
    by_subject.cluster = example.subject;
    by_subject.n_clusters = N;
    struct rwe_survival_data by_row = example.data;
    by_row.cluster = NULL;
    example.data.crossed = true;
    struct variances both = measure(&example.data, example.cohort.x, *state);
    struct variances clusters = measure(&by_cluster, example.cohort.x, *state);
    struct variances subjects = measure(&by_subject, example.cohort.x, *state);
    struct variances rows = measure(&by_row, example.cohort.x, *state);
    for (int m = 0; m < N_MEASURES; m++) {
        assert_true(both.of[m] > 0);
        assert_close(both.of[m], clusters.of[m] + subjects.of[m] - rows.of[m], 1e-8);
    }
}

/* Each subject twice, in a set of its own each time: no more is known than from its one row. */
static void copies_of_a_subject_in_other_sets_bring_no_precision(void **state)
{
    struct example once = make(*state, NULL, false), twice = {.arena = *state};
    const struct cohort *from = &once.cohort;
    struct cohort *to = &twice.cohort;
    *to = cohort_new(*state, (size_t)2 * N, 2);
    to->group = RWE_NEW(*state, uint32_t, (size_t)2 * N);
    to->cluster = RWE_NEW(*state, uint32_t, (size_t)2 * N);
    to->weight = RWE_NEW(*state, double, (size_t)2 * N);
    for (uint32_t k = 0; k < 2 * N; k++) {
        size_t i = k % N;
        to->time[k] = from->time[i];
        to->event[k] = from->event[i];
        to->group[k] = from->group[i];
        to->x[k] = from->x[i];
        to->x[2 * N + k] = once.subject[i];
        to->weight[k] = from->weight[i];
        to->cluster[k] = k;
    }
    sort(&twice);
    twice.data.crossed = true;
    struct variances a = measure(&once.data, from->x, *state);
    struct variances b = measure(&twice.data, twice.cohort.x, *state);
    assert_same(&b, &a, 1e-8);
}

/* Eight fail one after another. At the fourth S = 1/2, those gone have influence −1/16 and the others
 * 1/16: clusters 2/256, subjects 0, rows 8/256. */
static void a_negative_error_of_a_curve_gives_way_to_the_clusters_alone(void **state)
{
    static const double time[] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t event[] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const uint32_t cluster[] = {0, 1, 2, 3, 4, 2, 1, 0};
    static const uint32_t subject[] = {0, 1, 2, 3, 0, 1, 2, 3};
    const struct rwe_survival_data data = {.n = 8,
                                           .time = time,
                                           .event = event,
                                           .n_causes = 1,
                                           .n_groups = 1,
                                           .n_strata = 1,
                                           .cluster = cluster,
                                           .n_clusters = 5,
                                           .subject = subject,
                                           .n_subjects = 4,
                                           .crossed = true};
    struct rwe_event_table table;
    struct rwe_km_curve curve;
    struct rwe_aalen_johansen incidence;
    const struct rwe_km_options options = rwe_km_options_default();
    assert_int_equal(rwe_event_table_build(&data, *state, &table, NULL), RWE_OK);
    assert_int_equal(rwe_km_fit_robust(&data, &table, 0, &options, *state, &curve, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_fit(&table, 0, 0.95, *state, &incidence, NULL), RWE_OK);
    assert_int_equal(rwe_aalen_johansen_robust(&data, *state, &incidence, NULL), RWE_OK);
    assert_close(rwe_km_at(&curve, 4).std_error, sqrt(2) / 16, 1e-14);
    assert_close(rwe_aalen_johansen_at(&incidence, 1, 4).std_error, sqrt(2) / 16, 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_scale_of_weights_changes_no_variance, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(constant_weights_are_no_weights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_order_of_rows_changes_no_variance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_variance_is_a_parabola_in_the_influences_on_the_weights,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_ways_are_the_sum_of_their_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_negative_error_of_a_curve_gives_way_to_the_clusters_alone,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_of_a_subject_in_other_sets_bring_no_precision,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
