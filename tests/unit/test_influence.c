/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule of robust variances, by sums that a reader can do in the head. */
#include "check.h"
#include "rwe/stats/influence.h"

#include <math.h>
#include <string.h>

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

static double variance_of(const double influence[], const struct rwe_dependence *rows,
                          struct rwe_arena *scratch)
{
    double variance = NAN;
    assert_int_equal(rwe_influence_covariance(influence, 1, rows, scratch, &variance), RWE_OK);
    return variance;
}

static void rows_on_their_own_are_squared_one_by_one(void **state)
{
    const double influence[] = {1, 2, -3, 5};
    assert_close(variance_of(influence, &(struct rwe_dependence){.n = 4}, *state), 1 + 4 + 9 + 25,
                 0);
}

static void rows_of_a_cluster_are_summed_before_they_are_squared(void **state)
{
    const double influence[] = {1, 2, -3, 5};
    const uint32_t cluster[] = {0, 1, 0, 1};
    const struct rwe_dependence rows = {.n = 4, .cluster = cluster, .n_clusters = 2};
    assert_close(variance_of(influence, &rows, *state), 2 * 2 + 7 * 7, 0);
}

static void two_estimates_have_a_full_and_symmetric_covariance(void **state)
{
    const double influence[] = {1, 10, 2, 20, -3, 0, 5, 1};
    const uint32_t cluster[] = {0, 0, 1, 1};
    const struct rwe_dependence rows = {.n = 4, .cluster = cluster, .n_clusters = 2};
    double V[4];
    assert_int_equal(rwe_influence_covariance(influence, 2, &rows, *state, V), RWE_OK);
    assert_close(V[0], 3 * 3 + 2 * 2, 0);
    assert_close(V[1], 3 * 30 + 2 * 1, 0);
    assert_close(V[2], V[1], 0);
    assert_close(V[3], 30 * 30 + 1, 0);
}

/* Clusters 3, 2; subjects 1, −1, 5; rows 1, 2, −3, 5: 13 + 27 − 39. */
static void crossed_rows_are_summed_by_clusters_and_subjects_less_rows(void **state)
{
    const double influence[] = {1, 2, -3, 5};
    const uint32_t cluster[] = {0, 0, 1, 1}, subject[] = {0, 1, 1, 2};
    const struct rwe_dependence rows = {.n = 4,
                                        .cluster = cluster,
                                        .n_clusters = 2,
                                        .subject = subject,
                                        .n_subjects = 3,
                                        .crossed = true};
    struct rwe_clustering ways[RWE_MOST_CLUSTERINGS];
    assert_int_equal(rwe_clusterings(&rows, ways), 3);
    assert_close(variance_of(influence, &rows, *state), 1, 0);
}

/* Clusters 0, 1; subjects 1, 1, −1; rows 1, 1, 4, 1: 1 + 3 − 7 for the first estimate. */
static void a_negative_two_way_variance_gives_way_to_the_clusters_alone(void **state)
{
    const double influence[] = {1, 1, -1, 1, 2, 1, -1, 1};
    const uint32_t cluster[] = {0, 0, 1, 1}, subject[] = {0, 1, 1, 2};
    const struct rwe_dependence rows = {.n = 4,
                                        .cluster = cluster,
                                        .n_clusters = 2,
                                        .subject = subject,
                                        .n_subjects = 3,
                                        .crossed = true};
    double V[4];
    assert_int_equal(rwe_influence_covariance(influence, 2, &rows, *state, V), RWE_OK);
    assert_close(V[0], 1, 0);
    assert_close(V[1], 1 * 2, 0);
    assert_close(V[3], 2 * 2 + 2 * 2, 0);
}

/* Three subjects in the model of the weights, the last without a row. D = 2/2 − 3 = −2. */
static const double SLOPE[] = {0.5, -1, 0}, OF_SUBJECT[] = {1, -2, 1};
static const uint32_t TWO_ROWS[] = {0, 1};

static void estimated_weights_carry_every_subject_of_their_model(void **state)
{
    const double influence[] = {2, 3};
    const struct rwe_weight_estimation estimation = {3, 1, SLOPE, OF_SUBJECT, NULL, 0};
    const struct rwe_dependence rows = {
        .n = 2, .subject = TWO_ROWS, .n_subjects = 3, .estimation = &estimation};
    /* 2 − 2, 3 + 4, −2 */
    assert_close(variance_of(influence, &rows, *state), 0 + 49 + 4, 0);
}

static void estimated_weights_are_summed_by_the_clusters_of_the_rows(void **state)
{
    const double influence[] = {2, 3};
    const uint32_t of_subject[] = {0, 1, 1};
    const struct rwe_weight_estimation estimation = {3, 1, SLOPE, OF_SUBJECT, of_subject, 2};
    const struct rwe_dependence rows = {.n = 2,
                                        .cluster = TWO_ROWS,
                                        .n_clusters = 2,
                                        .subject = TWO_ROWS,
                                        .n_subjects = 3,
                                        .estimation = &estimation};
    /* 2 − 2; 3 + 4 − 2 */
    assert_close(variance_of(influence, &rows, *state), 25, 0);
}

static void crossed_rows_take_their_weights_as_known(void **state)
{
    const double influence[] = {1, 2, -3, 5};
    const uint32_t cluster[] = {0, 0, 1, 1}, subject[] = {0, 1, 1, 2};
    const struct rwe_weight_estimation estimation = {3, 1, SLOPE, OF_SUBJECT, NULL, 0};
    struct rwe_dependence rows = {.n = 4,
                                  .cluster = cluster,
                                  .n_clusters = 2,
                                  .subject = subject,
                                  .n_subjects = 3,
                                  .crossed = true,
                                  .estimation = &estimation};
    struct rwe_estimation_sums sums;
    assert_close(variance_of(influence, &rows, *state), 1, 0);
    assert_int_equal(rwe_estimation_sums(&rows, *state, &sums), RWE_OK);
    assert_int_equal(sums.q, 0);
}

static void dependence_without_what_it_needs_is_refused(void **state)
{
    (void)state;
    const uint32_t code[] = {0, 2};
    const struct rwe_weight_estimation estimation = {3, 1, SLOPE, OF_SUBJECT, NULL, 0};
    const struct {
        struct rwe_dependence rows;
        size_t index;
    } cases[] = {
        {{.n = 2, .cluster = code, .n_clusters = 2}, 1},
        {{.n = 2, .subject = code, .n_subjects = 2}, 1},
        {{.n = 2, .cluster = code, .n_clusters = 3, .crossed = true}, RWE_NO_INDEX},
        {{.n = 2, .subject = code, .n_subjects = 3, .crossed = true}, RWE_NO_INDEX},
        {{.n = 2, .estimation = &estimation}, RWE_NO_INDEX},
        {{.n = 2, .subject = code, .n_subjects = 4, .estimation = &estimation}, RWE_NO_INDEX},
        {{.n = 2,
          .cluster = code,
          .n_clusters = 3,
          .subject = code,
          .n_subjects = 3,
          .estimation = &estimation},
         RWE_NO_INDEX},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct rwe_error error;
        assert_int_equal(rwe_dependence_check(&cases[c].rows, &error), RWE_BAD_INPUT);
        assert_int_equal(error.index, cases[c].index);
    }
    const struct rwe_dependence sound = {
        .n = 2, .subject = code, .n_subjects = 3, .estimation = &estimation};
    assert_int_equal(rwe_dependence_check(&sound, NULL), RWE_OK);
}

/* ---- the identity that variances along a curve rest on ---- */

enum { N = 60, SUBJECTS = 70, Q = 3, CLUSTERS = 9 };

struct made_up {
    double influence[N], slope[SUBJECTS * Q], of_subject[SUBJECTS * Q];
    uint32_t subject[N], cluster[N], cluster_of_subject[SUBJECTS];
};

/* Numbers without a pattern, within ±1. */
static double scatter(size_t k)
{
    return sin(12.9898 * (double)(k + 1)) * cos(78.233 * (double)k);
}

static void make_up(struct made_up *to)
{
    for (uint32_t s = 0; s < SUBJECTS; s++)
        to->cluster_of_subject[s] = s * 5 % CLUSTERS;
    for (size_t k = 0; k < SUBJECTS * Q; k++) {
        to->slope[k] = scatter(k);
        to->of_subject[k] = scatter(1000 + k);
    }
    for (uint32_t i = 0; i < N; i++) {
        to->influence[i] = scatter(2000 + i);
        to->subject[i] = i * 9 % SUBJECTS;
        to->cluster[i] = to->cluster_of_subject[to->subject[i]];
    }
}

/* V0 + 2 D·B + D' M D */
static double by_sums(const struct made_up *made, struct rwe_dependence rows,
                      struct rwe_arena *arena)
{
    struct rwe_estimation_sums sums;
    assert_int_equal(rwe_estimation_sums(&rows, arena, &sums), RWE_OK);
    assert_int_equal(sums.q, Q);
    double D[Q] = {0}, B[Q] = {0};
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < Q; k++) {
            size_t code = rows.cluster == NULL ? rows.subject[i] : rows.cluster[i];
            D[k] += made->influence[i] * made->slope[made->subject[i] * Q + k];
            B[k] += made->influence[i] * sums.total[code * Q + k];
        }
    rows.estimation = NULL;
    double V = variance_of(made->influence, &rows, arena);
    for (size_t k = 0; k < Q; k++) {
        V += 2 * D[k] * B[k];
        for (size_t l = 0; l < Q; l++)
            V += D[k] * sums.square[k * Q + l] * D[l];
    }
    return V;
}

static void running_sums_give_the_variance_of_all_influences_at_once(void **state)
{
    struct made_up made;
    make_up(&made);
    struct rwe_weight_estimation estimation = {
        SUBJECTS, Q, made.slope, made.of_subject, made.cluster_of_subject, CLUSTERS};
    struct rwe_dependence rows = {.n = N,
                                  .cluster = made.cluster,
                                  .n_clusters = CLUSTERS,
                                  .subject = made.subject,
                                  .n_subjects = SUBJECTS,
                                  .estimation = &estimation};
    assert_close(by_sums(&made, rows, *state), variance_of(made.influence, &rows, *state), 1e-12);
    rows.cluster = NULL;
    estimation.cluster = NULL;
    assert_close(by_sums(&made, rows, *state), variance_of(made.influence, &rows, *state), 1e-12);
}

static void the_order_of_rows_does_not_matter(void **state)
{
    struct made_up made, back;
    make_up(&made);
    back = made;
    for (size_t i = 0; i < N; i++) {
        back.influence[i] = made.influence[N - 1 - i];
        back.subject[i] = made.subject[N - 1 - i];
        back.cluster[i] = made.cluster[N - 1 - i];
    }
    const struct rwe_weight_estimation estimation = {
        SUBJECTS, Q, made.slope, made.of_subject, made.cluster_of_subject, CLUSTERS};
    struct rwe_dependence rows = {.n = N,
                                  .cluster = made.cluster,
                                  .n_clusters = CLUSTERS,
                                  .subject = made.subject,
                                  .n_subjects = SUBJECTS,
                                  .estimation = &estimation};
    double V = variance_of(made.influence, &rows, *state);
    rows.cluster = back.cluster;
    rows.subject = back.subject;
    assert_close(variance_of(back.influence, &rows, *state), V, 1e-13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_on_their_own_are_squared_one_by_one),
        cmocka_unit_test(rows_of_a_cluster_are_summed_before_they_are_squared),
        cmocka_unit_test(two_estimates_have_a_full_and_symmetric_covariance),
        cmocka_unit_test(crossed_rows_are_summed_by_clusters_and_subjects_less_rows),
        cmocka_unit_test(a_negative_two_way_variance_gives_way_to_the_clusters_alone),
        cmocka_unit_test(estimated_weights_carry_every_subject_of_their_model),
        cmocka_unit_test(estimated_weights_are_summed_by_the_clusters_of_the_rows),
        cmocka_unit_test(crossed_rows_take_their_weights_as_known),
        cmocka_unit_test(dependence_without_what_it_needs_is_refused),
        cmocka_unit_test(running_sums_give_the_variance_of_all_influences_at_once),
        cmocka_unit_test(the_order_of_rows_does_not_matter),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
