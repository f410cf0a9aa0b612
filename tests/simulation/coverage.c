/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known truth: do nominal 95% limits hold it in 95 of 100 samples, do tests at 5% reject a true null
 * hypothesis in 5? It takes some seconds, and is no part of `make test`:
 *
 *   make build/release/tests/simulation/coverage && build/release/tests/simulation/coverage
 *
 * An argument sets the number of replicates. Exits with 1 when a share leaves its bounds.
 * README.md tells what is simulated.
 */
#include "check.h"
#include "trial.h"
#include "verdict.h"

#include "rwe/base/parallel.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/event_table.h"
#include "rwe/stats/km.h"
#include "rwe/stats/logrank.h"
#include "rwe/stats/rmst.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* One draw, as the kernels take it. */
struct sample {
    const struct trial *trial;
    struct rwe_survival_data data; /* groups: 0 control, 1 treated; clusters and strata: pairs */
    const double *treated;         /* 1 in the treated arm: the column of Cox's model */
    struct rwe_event_table table;  /* unstratified */
    struct rwe_arena *arena;
};

/* A method under test: the share of YES over replicates must lie in [low, high]. */
struct check {
    const char *name;
    enum verdict (*judge)(const struct sample *sample, double argument, int option);
    double argument; /* a time, or whatever the judge takes */
    int option;
    struct verdict_bounds bounds;
};

struct scenario {
    const char *name;
    struct trial trial;
    const struct check *check;
    size_t n_checks;
};

/* Number of checks in a scenario at most. */
enum { MOST_CHECKS = 32 };

/* ---- judging ---- */

static enum rwe_status fit_km(const struct sample *sample, int transform,
                              struct rwe_km_curve *curve)
{
    struct rwe_km_options options = rwe_km_options_default();
    options.transform = (enum rwe_km_transform)transform;
    return rwe_km_fit(&sample->table, 1, &options, sample->arena, curve, NULL);
}

/* Limits of the treated arm's survival at the time when it is truly `survival`. */
static enum verdict judge_survival(const struct sample *sample, double survival, int transform)
{
    struct rwe_km_curve curve;
    if (fit_km(sample, transform, &curve) != RWE_OK)
        return NOT_ESTIMABLE;
    struct rwe_km_point point = rwe_km_at(&curve, -log(survival) / trial_hazard(sample->trial, 1));
    return verdict_holds(point.conf_low, point.conf_high, survival);
}

/* Limits of the time by which `probability` of the treated arm has failed; a limit that is not
 * reached bounds nothing. */
static enum verdict judge_quantile(const struct sample *sample, double probability, int transform)
{
    struct rwe_km_curve curve;
    if (fit_km(sample, transform, &curve) != RWE_OK)
        return NOT_ESTIMABLE;
    struct rwe_km_quantile q = rwe_km_quantile(&curve, probability);
    return verdict_holds(q.conf_low, q.conf_high,
                         -log1p(-probability) / trial_hazard(sample->trial, 1));
}

static enum verdict judge_followup(const struct sample *sample, double argument, int transform)
{
    struct rwe_km_options options = rwe_km_options_default();
    struct rwe_km_curve curve;
    (void)argument;
    options.transform = (enum rwe_km_transform)transform;
    if (rwe_km_fit_followup(&sample->table, 1, &options, sample->arena, &curve, NULL) != RWE_OK)
        return NOT_ESTIMABLE;
    struct rwe_km_quantile q = rwe_km_quantile(&curve, 0.5);
    return verdict_holds(q.conf_low, q.conf_high, M_LN2 / trial_censoring(sample->trial));
}

static enum rwe_status fit_cox(const struct sample *sample, bool robust, struct rwe_cox *cox)
{
    struct rwe_survival_data data = sample->data;
    struct rwe_cox_options options = rwe_cox_options_default();
    options.robust = robust;
    data.stratum = NULL;
    data.n_strata = 1;
    return rwe_cox_fit(&data, sample->treated, 1, &options, sample->arena, cox, NULL);
}

/* Wald limits of the hazard ratio; by the sandwich over pairs where `robust`. */
static enum verdict judge_hazard_ratio(const struct sample *sample, double argument, int robust)
{
    struct rwe_cox cox;
    (void)argument;
    if (fit_cox(sample, robust, &cox) != RWE_OK || !cox.converged)
        return NOT_ESTIMABLE;
    double reach = gsl_cdf_ugaussian_Qinv(0.025) * sqrt(robust ? *cox.robust : *cox.covariance);
    return verdict_holds(*cox.estimate - reach, *cox.estimate + reach,
                         log(sample->trial->hazard_ratio));
}

enum cox_test { WALD, ROBUST_WALD, SCORE, LIKELIHOOD_RATIO };

static enum verdict judge_cox_test(const struct sample *sample, double argument, int test)
{
    struct rwe_cox cox;
    (void)argument;
    if (fit_cox(sample, test == ROBUST_WALD, &cox) != RWE_OK || !cox.converged)
        return NOT_ESTIMABLE;
    double statistic = test == SCORE              ? cox.score_statistic
                       : test == LIKELIHOOD_RATIO ? cox.lr_statistic
                                                  : cox.wald_statistic;
    return verdict_rejects(gsl_cdf_chisq_Q(statistic, 1));
}

/* The log-rank test; within pairs where `stratified`. */
static enum verdict judge_logrank(const struct sample *sample, double argument, int stratified)
{
    struct rwe_event_table table = sample->table;
    struct rwe_logrank result;
    (void)argument;
    if (stratified && rwe_event_table_build(&sample->data, sample->arena, &table, NULL) != RWE_OK)
        return NOT_ESTIMABLE;
    if (rwe_logrank_test(&table, sample->arena, &result, NULL) != RWE_OK)
        return NOT_ESTIMABLE;
    return verdict_rejects(result.p_value);
}

/* The survival data, its pairs as clusters or patients on their own. */
static struct rwe_survival_data clustered(const struct sample *sample, bool by_pair)
{
    struct rwe_survival_data data = sample->data;
    data.stratum = NULL;
    data.n_strata = 1;
    if (!by_pair)
        data.cluster = NULL;
    return data;
}

static double true_mean(const struct sample *sample, uint32_t arm, double tau)
{
    double hazard = trial_hazard(sample->trial, arm);
    return -expm1(-hazard * tau) / hazard;
}

/* Limits of the treated arm's mean survival up to tau. */
static enum verdict judge_mean(const struct sample *sample, double tau, int by_pair)
{
    struct rwe_survival_data data = clustered(sample, by_pair);
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst mean;
    options.tau = tau;
    if (rwe_rmst_fit(&data, &sample->table, 1, &options, sample->arena, &mean, NULL) != RWE_OK)
        return NOT_ESTIMABLE;
    return verdict_holds(mean.conf_low, mean.conf_high, true_mean(sample, 1, tau));
}

static enum rwe_status compare_means(const struct sample *sample, double tau, bool by_pair,
                                     enum rwe_rmst_contrast contrast,
                                     struct rwe_rmst_comparison *comparison)
{
    struct rwe_survival_data data = clustered(sample, by_pair);
    struct rwe_rmst_options options = rwe_rmst_options_default();
    struct rwe_rmst_request request = {.contrast = contrast, .control = 0, .treated = 1};
    options.tau = tau;
    return rwe_rmst_compare(&data, &sample->table, &request, &options, sample->arena, comparison,
                            NULL);
}

static enum verdict judge_mean_difference(const struct sample *sample, double tau, int by_pair)
{
    struct rwe_rmst_comparison c;
    if (compare_means(sample, tau, by_pair, RWE_RMST_DIFFERENCE, &c) != RWE_OK)
        return NOT_ESTIMABLE;
    return verdict_holds(c.conf_low, c.conf_high,
                         true_mean(sample, 1, tau) - true_mean(sample, 0, tau));
}

static enum verdict judge_mean_ratio(const struct sample *sample, double tau, int by_pair)
{
    struct rwe_rmst_comparison c;
    if (compare_means(sample, tau, by_pair, RWE_RMST_RATIO, &c) != RWE_OK)
        return NOT_ESTIMABLE;
    return verdict_holds(c.conf_low, c.conf_high,
                         true_mean(sample, 1, tau) / true_mean(sample, 0, tau));
}

static enum verdict judge_mean_test(const struct sample *sample, double tau, int by_pair)
{
    struct rwe_rmst_comparison c;
    if (compare_means(sample, tau, by_pair, RWE_RMST_DIFFERENCE, &c) != RWE_OK)
        return NOT_ESTIMABLE;
    return verdict_rejects(c.p_value);
}

/* ---- the tables ---- */

#define SURVIVAL(scale, option_, percent, bounds)                                                  \
    {                                                                                              \
        "S(t) = " #percent "%, " scale, judge_survival, percent / 100.0, option_, bounds           \
    }
#define MEDIAN(scale, option_, bounds)                                                             \
    {                                                                                              \
        "median, " scale, judge_quantile, 0.5, option_, bounds                                     \
    }

static const struct check effect[] = {
    SURVIVAL("log-log", RWE_KM_LOG_LOG, 80, COVERAGE),
    SURVIVAL("log-log", RWE_KM_LOG_LOG, 50, COVERAGE),
    SURVIVAL("log-log", RWE_KM_LOG_LOG, 25, COVERAGE),
    SURVIVAL("log", RWE_KM_LOG, 80, COVERAGE),
    SURVIVAL("log", RWE_KM_LOG, 50, COVERAGE),
    SURVIVAL("log", RWE_KM_LOG, 25, COVERAGE),
    SURVIVAL("logit", RWE_KM_LOGIT, 80, COVERAGE),
    SURVIVAL("logit", RWE_KM_LOGIT, 50, COVERAGE),
    SURVIVAL("logit", RWE_KM_LOGIT, 25, COVERAGE),
    SURVIVAL("arcsine", RWE_KM_ARCSIN, 80, COVERAGE),
    SURVIVAL("arcsine", RWE_KM_ARCSIN, 50, COVERAGE),
    SURVIVAL("arcsine", RWE_KM_ARCSIN, 25, COVERAGE),
    SURVIVAL("plain", RWE_KM_PLAIN, 80, COVERAGE),
    SURVIVAL("plain", RWE_KM_PLAIN, 50, COVERAGE),
    SURVIVAL("plain", RWE_KM_PLAIN, 25, COVERAGE),
    MEDIAN("log-log", RWE_KM_LOG_LOG, COVERAGE),
    MEDIAN("log", RWE_KM_LOG, COVERAGE),
    MEDIAN("logit", RWE_KM_LOGIT, COVERAGE),
    MEDIAN("arcsine", RWE_KM_ARCSIN, COVERAGE),
    MEDIAN("plain", RWE_KM_PLAIN, COVERAGE),
    {"median follow-up, log-log", judge_followup, 0, RWE_KM_LOG_LOG, COVERAGE},
    {"mean survival up to 24 months", judge_mean, 24, false, COVERAGE},
    {"difference of the means", judge_mean_difference, 24, false, COVERAGE},
    {"ratio of the means", judge_mean_ratio, 24, false, COVERAGE},
    {"hazard ratio, Cox, Wald limits", judge_hazard_ratio, 0, false, COVERAGE},
    {"hazard ratio, Cox, sandwich", judge_hazard_ratio, 0, true, COVERAGE},
};

static const struct check small[] = {
    SURVIVAL("log-log", RWE_KM_LOG_LOG, 80, COVERAGE),
    SURVIVAL("log-log", RWE_KM_LOG_LOG, 50, COVERAGE),
    SURVIVAL("log-log", RWE_KM_LOG_LOG, 25, REPORTED),
    SURVIVAL("log", RWE_KM_LOG, 25, REPORTED),
    SURVIVAL("plain", RWE_KM_PLAIN, 25, REPORTED),
    MEDIAN("log-log", RWE_KM_LOG_LOG, COVERAGE),
    {"hazard ratio, Cox, Wald limits", judge_hazard_ratio, 0, false, COVERAGE},
};

static const struct check null[] = {
    {"log-rank", judge_logrank, 0, false, TYPE_ONE},
    {"Cox, Wald", judge_cox_test, 0, WALD, TYPE_ONE},
    {"Cox, score", judge_cox_test, 0, SCORE, TYPE_ONE},
    {"Cox, likelihood ratio", judge_cox_test, 0, LIKELIHOOD_RATIO, TYPE_ONE},
    {"difference of mean survival up to 24 months", judge_mean_test, 24, false, TYPE_ONE},
};

static const struct check pairs_effect[] = {
    {"hazard ratio, Cox, sandwich by pair", judge_hazard_ratio, 0, true, COVERAGE},
    {"difference of mean survival up to 24 months, by pair", judge_mean_difference, 24, true,
     COVERAGE},
    {"hazard ratio, Cox, pairs ignored", judge_hazard_ratio, 0, false, REPORTED},
};

static const struct check pairs_null[] = {
    {"log-rank within pairs", judge_logrank, 0, true, TYPE_ONE},
    {"Cox, Wald by the sandwich by pair", judge_cox_test, 0, ROBUST_WALD, TYPE_ONE},
    {"difference of means up to 24 months, by pair", judge_mean_test, 24, true, TYPE_ONE},
    {"log-rank, pairs ignored", judge_logrank, 0, false, REPORTED},
    {"Cox, Wald, pairs ignored", judge_cox_test, 0, WALD, REPORTED},
};

#define CHECKS(array) .check = (array), .n_checks = sizeof(array) / sizeof((array)[0])

static const struct scenario scenarios[] = {
    {.name = "Two arms of 100, hazard ratio 0.7: limits of the treated arm and of the ratio",
     .trial = {.n_pairs = 100, .hazard_ratio = 0.7},
     CHECKS(effect)},
    {.name = "Two arms of 30, hazard ratio 0.7",
     .trial = {.n_pairs = 30, .hazard_ratio = 0.7},
     CHECKS(small)},
    {.name = "Two arms of 100, no difference: rejected at 5%",
     .trial = {.n_pairs = 100, .hazard_ratio = 1},
     CHECKS(null)},
    {.name = "Two arms of 100, no difference, times in whole quarters (many ties)",
     .trial = {.n_pairs = 100, .hazard_ratio = 1, .grain = 3},
     CHECKS(null)},
    {.name = "100 matched pairs, correlation 0.6, hazard ratio 0.7",
     .trial = {.n_pairs = 100, .hazard_ratio = 0.7, .correlation = 0.6},
     CHECKS(pairs_effect)},
    {.name = "100 matched pairs, correlation 0.6, no difference: rejected at 5%",
     .trial = {.n_pairs = 100, .hazard_ratio = 1, .correlation = 0.6},
     CHECKS(pairs_null)},
};
static const size_t n_scenarios = sizeof scenarios / sizeof scenarios[0];

_Static_assert(sizeof effect / sizeof effect[0] <= MOST_CHECKS, "more room for verdicts");

/* ---- running ---- */

enum { REPLICATES = 10000, SEED = 20250731 };

struct job {
    size_t scenario, n_replicates;
    uint8_t *verdict; /* [replicate * MOST_CHECKS + check] */
};

static enum rwe_status draw(const struct trial *trial, gsl_rng *rng, struct rwe_arena *arena,
                            struct sample *sample)
{
    *sample = (struct sample){.trial = trial, .arena = arena};
    if (trial_draw(trial, rng, arena, &sample->data, &sample->treated) != RWE_OK)
        return RWE_NO_MEMORY;
    struct rwe_survival_data unstratified = sample->data;
    unstratified.stratum = NULL;
    unstratified.n_strata = 1;
    return rwe_event_table_build(&unstratified, arena, &sample->table, NULL);
}

/* One stream a replicate, so that the shares do not depend on the number of threads. */
static void run_replicate(size_t replicate, void *context)
{
    struct job *job = context;
    const struct scenario *scenario = &scenarios[job->scenario];
    uint8_t *verdict = job->verdict + replicate * MOST_CHECKS;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_rng stream;
    struct sample sample;
    gsl_rng *rng =
        rwe_rng_start(&stream, SEED, RWE_RNG_COVERAGE, ((uint64_t)job->scenario << 32) + replicate);
    enum rwe_status status =
        arena == NULL ? RWE_NO_MEMORY : draw(&scenario->trial, rng, arena, &sample);
    for (size_t c = 0; c < scenario->n_checks; c++) {
        const struct check *check = &scenario->check[c];
        verdict[c] =
            (uint8_t)(status == RWE_OK ? check->judge(&sample, check->argument, check->option)
                                       : NOT_ESTIMABLE);
    }
    rwe_arena_free(arena);
}

int main(int n_arguments, char *arguments[])
{
    size_t n_replicates = n_arguments > 1 ? strtoul(arguments[1], NULL, 10) : REPLICATES;
    if (n_replicates == 0 || n_replicates > UINT32_MAX) {
        fprintf(stderr, "%s: \"%s\" is no number of replicates\n", arguments[0], arguments[1]);
        return 2;
    }
    struct job job = {.n_replicates = n_replicates,
                      .verdict = calloc(n_replicates, MOST_CHECKS * sizeof(uint8_t))};
    struct verdict_count count = {0};
    if (job.verdict == NULL)
        return 1;
    check_setup_gsl(NULL);
    printf("%zu replicates, seed %d; ± is the standard error of the share\n", n_replicates, SEED);
    for (job.scenario = 0; job.scenario < n_scenarios; job.scenario++) {
        const struct scenario *scenario = &scenarios[job.scenario];
        rwe_parallel_for(n_replicates, rwe_parallel_available(), run_replicate, &job);
        printf("\n%s\n", scenario->name);
        for (size_t c = 0; c < scenario->n_checks; c++) {
            struct verdict_list list = {job.verdict + c, n_replicates, MOST_CHECKS};
            verdict_tell(scenario->check[c].name, scenario->check[c].bounds, &list, &count);
        }
    }
    free(job.verdict);
    printf("\n%zu passed, %zu failed\n", count.passed, count.failed);
    return count.failed > 0;
}
