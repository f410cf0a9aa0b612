/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust variances of every kernel under inverse-probability and overlap weights, with the weights
 * known and estimated, and of rows that hang together in two ways; see tests/oracle/mestimation.R. */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/aalen_johansen.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logistic.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/proportion_weighted.h"
#include "rwe/stats/rmst.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COVARIATES = 4, P = COVARIATES + 1 };
enum weighting { ATE, STABILISED, OVERLAP, N_WEIGHTINGS };
static const char *const NAMES[] = {"ate", "stabilised", "overlap"};
static const double TAU = 2500, HORIZON[] = {1000, 2000};

/* Every third subject of rotterdam.csv. */
struct study {
    struct csv_table *file;
    struct rwe_arena *arena; /* the file's */
    struct oracle *oracle;
    size_t n;
    double *time, *relapse_time;
    uint8_t *death, *cause, *relapse, *treated;
    double *x; /* [j * n + i] */
    uint32_t *arm, *cluster;
    struct rwe_logistic fit;
};

static double *column(const struct study *study, const char *name)
{
    const double *all = csv_table_numbers(study->file, name);
    const double *pid = csv_table_numbers(study->file, "pid");
    double *some = RWE_NEW(study->arena, double, study->file->n_rows);
    size_t n = 0;
    for (size_t i = 0; i < study->file->n_rows; i++)
        if (fmod(pid[i], 3) == 0)
            some[n++] = all[i];
    return some;
}

static void fill(struct study *study)
{
    size_t n = study->n;
    const double *age = column(study, "age"), *nodes = column(study, "nodes");
    const double *meno = column(study, "meno"), *grade = column(study, "grade");
    const double *hormon = column(study, "hormon"), *recur = column(study, "recur");
    const double *death = column(study, "death"), *relapse_time = column(study, "rtime");
    study->time = column(study, "dtime");
    for (size_t i = 0; i < n; i++) {
        study->x[i] = age[i] / 10;
        study->x[n + i] = nodes[i] / 10;
        study->x[2 * n + i] = meno[i];
        study->x[3 * n + i] = grade[i] == 3;
        study->treated[i] = hormon[i] == 1;
        study->arm[i] = hormon[i] == 1;
        study->cluster[i] = (uint32_t)(i / 4);
        study->death[i] = death[i] == 1;
        study->relapse[i] = recur[i] == 1;
        study->cause[i] = recur[i] == 1 ? 1 : death[i] == 1 ? 2 : 0;
        study->relapse_time[i] = recur[i] == 1 ? relapse_time[i] : study->time[i];
    }
}

static int set_up(void **state)
{
    static struct study study;
    check_setup_gsl(state);
    study.file = csv_table_read("tests/oracle/data/rotterdam.csv");
    study.arena = study.file->arena;
    study.oracle = oracle_read("tests/oracle/mestimation.csv");
    size_t n = study.n = (size_t)oracle_number(study.oracle, "n");
    study.x = RWE_NEW(study.arena, double, n *COVARIATES);
    study.relapse_time = RWE_NEW(study.arena, double, n);
    study.death = RWE_NEW(study.arena, uint8_t, n);
    study.cause = RWE_NEW(study.arena, uint8_t, n);
    study.relapse = RWE_NEW(study.arena, uint8_t, n);
    study.treated = RWE_NEW(study.arena, uint8_t, n);
    study.arm = RWE_NEW(study.arena, uint32_t, n);
    study.cluster = RWE_NEW(study.arena, uint32_t, n);
    fill(&study);
    struct rwe_logistic_options options = rwe_logistic_options_default();
    assert_int_equal(rwe_logistic_fit(study.x, COVARIATES, study.treated, n, &options, study.arena,
                                      &study.fit, NULL),
                     RWE_OK);
    *state = &study;
    return 0;
}

static int tear_down(void **state)
{
    struct study *study = *state;
    oracle_free(study->oracle);
    csv_table_free(study->file);
    return 0;
}

/* ---- weights, and how they were estimated ---- */

struct weighted {
    enum weighting kind;
    double *weight;
    struct rwe_weight_estimation estimation;
};

static double covariate(const struct study *study, size_t i, size_t j)
{
    return j == 0 ? 1 : study->x[(j - 1) * study->n + i];
}

/* w and d log w / d logit p */
static double weight_at(enum weighting kind, bool treated, double p, double share, double *by_logit)
{
    *by_logit = kind == OVERLAP ? (treated ? -p : 1 - p) : (treated ? -(1 - p) : p);
    if (kind == OVERLAP)
        return treated ? 1 - p : p;
    double top = kind == ATE ? 1 : treated ? share : 1 - share;
    return top / (treated ? p : 1 - p);
}

/* A stabilised weight has the share of the treated for a parameter more. */
static struct weighted weigh(const struct study *study, enum weighting kind)
{
    size_t n = study->n, q = kind == STABILISED ? P + 1 : P;
    double *weight = RWE_NEW(study->arena, double, n), share = 0;
    double *slope = rwe_arena_alloc(study->arena, n, q * sizeof(double));
    double *influence = rwe_arena_alloc(study->arena, n, q * sizeof(double));
    for (size_t i = 0; i < n; i++)
        share += study->treated[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double z = study->treated[i], p = study->fit.fitted[i], by_logit;
        weight[i] = weight_at(kind, z > 0, p, share, &by_logit);
        for (size_t j = 0; j < P; j++) {
            slope[i * q + j] = by_logit * covariate(study, i, j);
            for (size_t k = 0; k < P; k++)
                influence[i * q + j] +=
                    study->fit.covariance[j * P + k] * covariate(study, i, k) * (z - p);
        }
        if (kind == STABILISED) {
            slope[i * q + P] = z > 0 ? 1 / share : -1 / (1 - share);
            influence[i * q + P] = (z - share) / (double)n;
        }
    }
    return (struct weighted){kind, weight, {n, q, slope, influence, NULL, 0}};
}

static double *gather(const struct study *study, const double from[], const double order[])
{
    double *to = RWE_NEW(study->arena, double, study->n);
    for (size_t i = 0; i < study->n; i++)
        to[i] = from[(size_t)order[i]];
    return to;
}

/* Survival data of all, in order of time; `weighted` is borrowed, and told of the clusters. */
static struct rwe_survival_data view(const struct study *study, struct weighted *weighted,
                                     bool by_cause, bool clustered)
{
    size_t n = study->n;
    struct cohort cohort = cohort_of(study->arena, n, by_cause ? study->relapse_time : study->time,
                                     by_cause ? study->cause : study->death, study->arm);
    cohort.p = 1;
    cohort.x = RWE_NEW(study->arena, double, n); /* whose row it is */
    for (size_t i = 0; i < n; i++)
        cohort.x[i] = (double)i;
    cohort.cluster = clustered ? study->cluster : NULL;
    struct rwe_survival_data data = cohort_sort(&cohort, study->arena);
    uint32_t *subject = RWE_NEW(study->arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        subject[i] = (uint32_t)cohort.x[i];
    data.n_causes = by_cause ? 2 : 1;
    data.weight = gather(study, weighted->weight, cohort.x);
    data.subject = subject;
    data.n_subjects = n;
    weighted->estimation.cluster = clustered ? study->cluster : NULL;
    weighted->estimation.n_clusters = clustered ? data.n_clusters : 0;
    data.estimation = &weighted->estimation;
    return data;
}

/* ---- what R says ---- */

struct expected {
    double estimate, std_error;
};

static struct expected expected_of(const struct study *study, const struct weighted *weighted,
                                   const char *what, bool estimated, bool clustered)
{
    char key[96];
    snprintf(key, sizeof key, "%s.%s.estimate", NAMES[weighted->kind], what);
    double estimate = oracle_number(study->oracle, key);
    snprintf(key, sizeof key, "%s.%s.%s%s", NAMES[weighted->kind], what,
             estimated ? "estimated" : "known", clustered ? ".clustered" : "");
    return (struct expected){estimate, oracle_number(study->oracle, key)};
}

static void compare(double estimate, double std_error, struct expected expected)
{
    assert_close(estimate, expected.estimate, 1e-10);
    assert_close(std_error, expected.std_error, 1e-8);
}

/* Calls `check` for every weighting, clustered or not, with the weights known and estimated. */
static void for_all(const struct study *study, bool by_cause,
                    void (*check)(const struct study *study, const struct weighted *weighted,
                                  const struct rwe_survival_data *data))
{
    for (enum weighting kind = 0; kind < N_WEIGHTINGS; kind++)
        for (int way = 0; way < 4; way++) {
            struct rwe_mark mark = rwe_arena_mark(study->arena);
            struct weighted weighted = weigh(study, kind);
            struct rwe_survival_data data = view(study, &weighted, by_cause, way & 1);
            if (way & 2)
                data.estimation = NULL;
            check(study, &weighted, &data);
            rwe_arena_release(study->arena, mark);
        }
}

static struct expected expect(const struct study *study, const struct weighted *weighted,
                              const struct rwe_survival_data *data, const char *what)
{
    return expected_of(study, weighted, what, data->estimation != NULL, data->cluster != NULL);
}

static void weights_are_those_of_r(void **state)
{
    const struct study *study = *state;
    for (enum weighting kind = 0; kind < N_WEIGHTINGS; kind++) {
        struct weighted weighted = weigh(study, kind);
        char key[32];
        size_t n;
        snprintf(key, sizeof key, "%s.weight", NAMES[kind]);
        const double *weight = oracle_vector(study->oracle, key, &n);
        assert_int_equal(n, study->n);
        for (size_t i = 0; i < n; i++)
            assert_close(weighted.weight[i], weight[i], 1e-10);
    }
}

/* ---- Cox and log-rank ---- */

static struct rwe_cox fit_cox(const struct study *study, const struct rwe_survival_data *data,
                              enum rwe_cox_ties ties)
{
    double *x = RWE_NEW(study->arena, double, data->n);
    for (size_t i = 0; i < data->n; i++)
        x[i] = data->group[i];
    struct rwe_cox_options options = rwe_cox_options_default();
    options.ties = ties;
    options.robust = true;
    struct rwe_cox cox;
    assert_int_equal(rwe_cox_fit(data, x, 1, &options, study->arena, &cox, NULL), RWE_OK);
    return cox;
}

static void check_cox(const struct study *study, const struct weighted *weighted,
                      const struct rwe_survival_data *data)
{
    struct rwe_cox cox = fit_cox(study, data, RWE_COX_BRESLOW);
    compare(cox.estimate[0], sqrt(cox.robust[0]), expect(study, weighted, data, "cox"));
    struct expected known = expected_of(study, weighted, "cox", false, data->cluster != NULL);
    assert_close(sqrt(cox.robust_known[0]), known.std_error, 1e-8);
    assert_close(cox.wald_statistic, cox.estimate[0] * cox.estimate[0] / cox.robust[0], 1e-12);
    if (data->estimation == NULL)
        assert_ptr_equal(cox.robust_known, cox.robust);
    struct expected score = expect(study, weighted, data, "logrank");
    assert_close(cox.robust_score_statistic, pow(score.estimate / score.std_error, 2), 1e-7);
}

static void cox_has_the_variance_of_the_whole_way_to_it(void **state)
{
    for_all(*state, false, check_cox);
}

static void check_logrank(const struct study *study, const struct weighted *weighted,
                          const struct rwe_survival_data *data)
{
    struct rwe_event_table table;
    struct rwe_logrank test;
    struct expected expected = expect(study, weighted, data, "logrank");
    assert_int_equal(rwe_event_table_build(data, study->arena, &table, NULL), RWE_OK);
    assert_int_equal(
        rwe_logrank_robust(data, &table, (struct rwe_logrank_weight){0}, study->arena, &test, NULL),
        RWE_OK);
    compare(test.observed[1] - test.expected[1], sqrt(test.covariance[3]), expected);
    assert_close(test.statistic, pow(expected.estimate / expected.std_error, 2), 1e-7);
}

static void logrank_has_the_variance_of_the_whole_way_to_it(void **state)
{
    for_all(*state, false, check_logrank);
}

/* Efron's ties, as svycoxph has them: it takes weights as known. */
static void cox_agrees_with_svycoxph(void **state)
{
    const struct study *study = *state;
    for (enum weighting kind = 0; kind < N_WEIGHTINGS; kind++) {
        struct weighted weighted = weigh(study, kind);
        struct rwe_survival_data data = view(study, &weighted, false, false);
        struct rwe_cox cox = fit_cox(study, &data, RWE_COX_EFRON);
        char key[64];
        snprintf(key, sizeof key, "%s.svycoxph.estimate", NAMES[kind]);
        assert_close(cox.estimate[0], oracle_number(study->oracle, key), 1e-8);
        snprintf(key, sizeof key, "%s.svycoxph.known", NAMES[kind]);
        assert_close(sqrt(cox.robust_known[0]), oracle_number(study->oracle, key), 1e-7);
    }
}

/* ---- curves ---- */

static void check_curves(const struct study *study, const struct weighted *weighted,
                         const struct rwe_survival_data *data)
{
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
    struct rwe_km_options options = rwe_km_options_default();
    assert_int_equal(rwe_event_table_build(data, study->arena, &table, NULL), RWE_OK);
    for (size_t g = 0; g < 2; g++) {
        assert_int_equal(
            rwe_km_fit_robust(data, &table, g, &options, study->arena, &curve[g], NULL), RWE_OK);
        for (size_t h = 0; h < 2; h++) {
            char what[16];
            snprintf(what, sizeof what, "S%zu%zu", g, h + 1);
            struct rwe_km_point point = rwe_km_at(&curve[g], HORIZON[h]);
            compare(point.survival, point.std_error, expect(study, weighted, data, what));
        }
    }
    for (size_t h = 0; h < 2; h++) {
        const struct rwe_km_arms arms = {0, 1, &curve[0], &curve[1], 0.95};
        struct rwe_km_difference difference;
        assert_int_equal(
            rwe_km_compare_at(data, &table, &arms, HORIZON[h], study->arena, &difference, NULL),
            RWE_OK);
        compare(difference.estimate, difference.std_error,
                expect(study, weighted, data, h == 0 ? "difference1" : "difference2"));
    }
}

static void survival_has_the_variance_of_the_whole_way_to_it(void **state)
{
    for_all(*state, false, check_curves);
}

static void check_means(const struct study *study, const struct weighted *weighted,
                        const struct rwe_survival_data *data)
{
    const struct rwe_rmst_options options = {TAU, 0.95};
    const struct rwe_rmst_request request = {RWE_RMST_DIFFERENCE, 0, 1};
    struct rwe_event_table table;
    struct rwe_rmst mean;
    struct rwe_rmst_comparison difference;
    assert_int_equal(rwe_event_table_build(data, study->arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_rmst_fit(data, &table, 0, &options, study->arena, &mean, NULL), RWE_OK);
    assert_int_equal(
        rwe_rmst_compare(data, &table, &request, &options, study->arena, &difference, NULL),
        RWE_OK);
    compare(mean.estimate, mean.std_error, expect(study, weighted, data, "mean0"));
    compare(difference.estimate, difference.std_error, expect(study, weighted, data, "rmst"));
}

static void restricted_means_have_the_variance_of_the_whole_way_to_them(void **state)
{
    for_all(*state, false, check_means);
}

static void check_incidence(const struct study *study, const struct weighted *weighted,
                            const struct rwe_survival_data *data)
{
    struct rwe_event_table table;
    assert_int_equal(rwe_event_table_build(data, study->arena, &table, NULL), RWE_OK);
    for (size_t g = 0; g < 2; g++) {
        struct rwe_aalen_johansen curve;
        assert_int_equal(rwe_aalen_johansen_fit(&table, g, 0.95, study->arena, &curve, NULL),
                         RWE_OK);
        assert_int_equal(rwe_aalen_johansen_robust(data, study->arena, &curve, NULL), RWE_OK);
        struct rwe_aalen_johansen_point point = rwe_aalen_johansen_at(&curve, 1, HORIZON[1]);
        compare(point.incidence, point.std_error,
                expect(study, weighted, data, g == 0 ? "F0" : "F1"));
    }
}

static void incidence_has_the_variance_of_the_whole_way_to_it(void **state)
{
    for_all(*state, true, check_incidence);
}

/* ---- shares ---- */

static struct rwe_proportion_data shares_of(const struct study *study,
                                            const struct weighted *weighted,
                                            const struct rwe_survival_data *data)
{
    uint32_t *subject = RWE_NEW(study->arena, uint32_t, study->n);
    for (uint32_t i = 0; i < study->n; i++)
        subject[i] = i;
    return (struct rwe_proportion_data){
        .n = study->n,
        .event = study->relapse,
        .arm = study->arm,
        .n_arms = 2,
        .weight = weighted->weight,
        .dependence = {.n = study->n,
                       .cluster = data->cluster == NULL ? NULL : study->cluster,
                       .n_clusters = data->n_clusters,
                       .subject = subject,
                       .n_subjects = study->n,
                       .estimation = data->estimation},
    };
}

static void check_shares(const struct study *study, const struct weighted *weighted,
                         const struct rwe_survival_data *data)
{
    struct rwe_proportion_data rows = shares_of(study, weighted, data);
    struct rwe_weighted_share share[2];
    struct rwe_weighted_comparison contrast;
    assert_int_equal(rwe_proportion_weighted(&rows, 0.95, study->arena, share, NULL), RWE_OK);
    const struct rwe_weighted_pair pair = {0, 1, share, 0.95};
    assert_int_equal(rwe_proportion_weighted_compare(&rows, &pair, study->arena, &contrast, NULL),
                     RWE_OK);
    compare(share[0].estimate, share[0].std_error, expect(study, weighted, data, "share0"));
    compare(share[1].estimate, share[1].std_error, expect(study, weighted, data, "share1"));
    compare(contrast.difference.estimate, contrast.difference.std_error,
            expect(study, weighted, data, "risk"));
    compare(log(contrast.ratio.estimate), contrast.ratio.std_error,
            expect(study, weighted, data, "log_ratio"));
}

static void shares_have_the_variance_of_the_whole_way_to_them(void **state)
{
    for_all(*state, false, check_shares);
}

static void shares_agree_with_svymean(void **state)
{
    const struct study *study = *state;
    for (enum weighting kind = 0; kind < N_WEIGHTINGS; kind++) {
        struct weighted weighted = weigh(study, kind);
        struct rwe_survival_data data = view(study, &weighted, false, false);
        data.estimation = NULL;
        struct rwe_proportion_data rows = shares_of(study, &weighted, &data);
        struct rwe_weighted_share share[2];
        char key[64];
        size_t n;
        assert_int_equal(rwe_proportion_weighted(&rows, 0.95, study->arena, share, NULL), RWE_OK);
        snprintf(key, sizeof key, "%s.svymean.known", NAMES[kind]);
        const double *expected = oracle_vector(study->oracle, key, &n);
        assert_close(share[0].std_error, expected[0], 1e-10);
        assert_close(share[1].std_error, expected[1], 1e-10);
    }
}

/* ---- rows that hang together in two ways ---- */

/* Treated subjects, each with two controls that may stand in several sets. */
static struct rwe_survival_data crossed(const struct study *study)
{
    size_t n;
    const double *whose = oracle_vector(study->oracle, "crossed.subject", &n);
    const double *set = oracle_vector(study->oracle, "crossed.set", &n);
    const double *weight = oracle_vector(study->oracle, "crossed.weight", &n);
    struct cohort cohort = cohort_new(study->arena, n, 1);
    cohort.group = RWE_NEW(study->arena, uint32_t, n);
    cohort.cluster = RWE_NEW(study->arena, uint32_t, n);
    cohort.weight = RWE_NEW(study->arena, double, n);
    for (size_t i = 0; i < n; i++) {
        size_t s = (size_t)whose[i];
        cohort.time[i] = study->time[s];
        cohort.event[i] = study->death[s];
        cohort.group[i] = study->arm[s];
        cohort.cluster[i] = (uint32_t)set[i];
        cohort.weight[i] = weight[i];
        cohort.x[i] = whose[i];
    }
    struct rwe_survival_data data = cohort_sort(&cohort, study->arena);
    uint32_t *subject = RWE_NEW(study->arena, uint32_t, n);
    for (size_t i = 0; i < n; i++)
        subject[i] = (uint32_t)cohort.x[i];
    data.subject = subject;
    data.n_subjects = study->n;
    data.crossed = true;
    return data;
}

static void cox_of_sets_with_replacement_is_that_of_austin_and_cafri(void **state)
{
    const struct study *study = *state;
    struct rwe_survival_data data = crossed(study);
    struct rwe_cox efron = fit_cox(study, &data, RWE_COX_EFRON);
    struct rwe_cox breslow = fit_cox(study, &data, RWE_COX_BRESLOW);
    const struct oracle *oracle = study->oracle;
    assert_close(efron.estimate[0], oracle_number(oracle, "crossed.efron.estimate"), 1e-8);
    assert_close(sqrt(efron.robust[0]), oracle_number(oracle, "crossed.efron.se"), 1e-7);
    assert_close(breslow.estimate[0], oracle_number(oracle, "crossed.breslow.estimate"), 1e-8);
    assert_close(sqrt(breslow.robust[0]), oracle_number(oracle, "crossed.breslow.se"), 1e-7);
}

static void curves_of_sets_with_replacement_have_the_two_way_error(void **state)
{
    static const double times[] = {500, 1000, 2000, 2500};
    const struct study *study = *state;
    struct rwe_survival_data data = crossed(study);
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    assert_int_equal(rwe_event_table_build(&data, study->arena, &table, NULL), RWE_OK);
    for (size_t g = 0; g < 2; g++) {
        struct rwe_km_curve curve;
        struct rwe_aalen_johansen incidence;
        char key[32];
        size_t n;
        snprintf(key, sizeof key, "crossed.S%zu", g);
        const double *survival = oracle_vector(study->oracle, key, &n);
        snprintf(key, sizeof key, "crossed.S%zu.se", g);
        const double *std_error = oracle_vector(study->oracle, key, &n);
        assert_int_equal(n, 4);
        assert_int_equal(rwe_km_fit_robust(&data, &table, g, &options, study->arena, &curve, NULL),
                         RWE_OK);
        assert_int_equal(rwe_aalen_johansen_fit(&table, g, 0.95, study->arena, &incidence, NULL),
                         RWE_OK);
        assert_int_equal(rwe_aalen_johansen_robust(&data, study->arena, &incidence, NULL), RWE_OK);
        for (size_t t = 0; t < n; t++) {
            struct rwe_km_point point = rwe_km_at(&curve, times[t]);
            assert_close(point.survival, survival[t], 1e-10);
            assert_close(point.std_error, std_error[t], 1e-9);
            /* without competitors incidence is what survival leaves */
            struct rwe_aalen_johansen_point other = rwe_aalen_johansen_at(&incidence, 1, times[t]);
            assert_close(other.std_error, std_error[t], 1e-9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_those_of_r),
        cmocka_unit_test(cox_has_the_variance_of_the_whole_way_to_it),
        cmocka_unit_test(logrank_has_the_variance_of_the_whole_way_to_it),
        cmocka_unit_test(cox_agrees_with_svycoxph),
        cmocka_unit_test(survival_has_the_variance_of_the_whole_way_to_it),
        cmocka_unit_test(restricted_means_have_the_variance_of_the_whole_way_to_them),
        cmocka_unit_test(incidence_has_the_variance_of_the_whole_way_to_it),
        cmocka_unit_test(shares_have_the_variance_of_the_whole_way_to_them),
        cmocka_unit_test(shares_agree_with_svymean),
        cmocka_unit_test(cox_of_sets_with_replacement_is_that_of_austin_and_cafri),
        cmocka_unit_test(curves_of_sets_with_replacement_have_the_two_way_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
