/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "psm.h"

#include "rwe/analysis/covariates.h"
#include "rwe/stats/mahalanobis.h"
#include "rwe/stats/match_flow.h"
#include "rwe/stats/match_optimal.h"

#include <math.h>

/* ---- what is asked ---- */

/* Whether the user said this by hand, and not in a study that the command line has overruled. */
static bool asked(const struct rwe_run *run, const char *option)
{
    enum rwe_source source = rwe_settings_source(run->settings, option);
    return rwe_settings_has(run->settings, option) && source != RWE_FROM_DEFAULT &&
           source >= rwe_settings_source(run->settings, "psm");
}

static enum rwe_status check_asked(const struct rwe_run *run, const struct psm *psm,
                                   struct rwe_error *error)
{
    const char *method = psm->method == PSM_FULL ? "full" : "optimal";
    if (psm->estimand == RWE_MATCH_ATE && psm->method != PSM_FULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--estimand ate: %s matching leaves out who is not needed as a partner, so "
                        "it does not show the effect in everybody: say --psm=full, or weight with "
                        "--iptw=ate",
                        psm->method == PSM_NEAREST ? "nearest-neighbour" : "optimal");
    if (psm->method == PSM_NEAREST)
        return RWE_OK;
    if (asked(run, "match-order"))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--match-order: %s matching makes all sets at once and has no order; leave "
                        "it out, or say --psm=nearest",
                        method);
    if (asked(run, "replace"))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--replace: %s matching uses nobody twice; with replacement each subject "
                        "simply has its nearest partners: say --psm=nearest",
                        method);
    if (psm->method == PSM_FULL && asked(run, "ratio"))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ratio: full matching finds the sizes of its sets by itself; leave it "
                        "out, or say --psm=nearest or --psm=optimal");
    return RWE_OK;
}

enum rwe_status psm_ask(const struct rwe_run *run, struct psm *psm, struct rwe_error *error)
{
    const struct rwe_settings *settings = run->settings;
    int method = rwe_settings_choice(settings, "psm");
    psm->method = method < 0 ? PSM_NEAREST : (enum psm_method)method;
    psm->distance = (enum psm_distance)rwe_settings_choice(settings, "distance");
    psm->estimand = (enum rwe_match_estimand)rwe_settings_choice(settings, "estimand");
    psm->focal_arm = psm->estimand != RWE_MATCH_ATC;
    psm->replace = psm->method == PSM_NEAREST && rwe_settings_flag(settings, "replace");
    psm->ratio = psm->method == PSM_FULL ? 1 : (size_t)rwe_settings_integer(settings, "ratio");
    return check_asked(run, psm, error);
}

/* ---- matching ---- */

static double score_distance(const void *data, size_t a, size_t b)
{
    const double *score = data;
    return fabs(score[a] - score[b]);
}

static bool is_mahalanobis(const struct psm *psm)
{
    return psm->distance == PSM_MAHALANOBIS || psm->distance == PSM_ROBUST_MAHALANOBIS;
}

/* Values of all covariates, every level of a category, by row of the model: x[column × n + row]. */
static double *covariate_values(const struct rwe_run *run, const struct psm *psm,
                                const struct rwe_columns *columns)
{
    double *x = rwe_arena_alloc(run->arena, psm->ps->n, columns->n * sizeof *x);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    double *value = RWE_NEW(run->arena, double, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return NULL;
    for (size_t j = 0; j < columns->n; j++) {
        rwe_column_values(&columns->item[j], run->cohort->n, value);
        for (size_t k = 0; k < psm->ps->n; k++)
            x[j * psm->ps->n + k] = value[psm->ps->subject[k]];
    }
    rwe_arena_release(run->arena, mark);
    return x;
}

static enum rwe_status map_covariates(const struct rwe_run *run, const struct psm *psm,
                                      struct rwe_mahalanobis *map, struct rwe_error *error)
{
    struct rwe_error inner = {0};
    const struct rwe_columns columns = rwe_covariate_columns(run->cohort, run->arena);
    const double *x = columns.item == NULL ? NULL : covariate_values(run, psm, &columns);
    if (x == NULL)
        return rwe_fail_memory(error);
    enum rwe_mahalanobis_scale scale =
        psm->distance == PSM_MAHALANOBIS ? RWE_MAHALANOBIS_WITHIN : RWE_MAHALANOBIS_RANKS;
    enum rwe_status status = rwe_mahalanobis_map(x, columns.n, psm->ps->treated, psm->ps->n, scale,
                                                 run->arena, map, &inner);
    if (status == RWE_COLLINEAR)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "Mahalanobis distance: \"%s\" does not vary within the arms: leave it out "
                        "of the covariates",
                        columns.item[inner.index].name);
    if (status == RWE_NOT_FINITE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "Mahalanobis distance: \"%s\" has missing values; match on --distance "
                        "logit, or leave out subjects with missing covariates",
                        columns.item[inner.index / psm->ps->n].name);
    if (status != RWE_OK && error != NULL)
        *error = inner;
    return status;
}

/* On a distance between two subjects, whichever. */
static enum rwe_status match_on(const struct rwe_run *run, struct psm *psm,
                                const struct rwe_match_units *units,
                                const struct rwe_match_options *matching, struct rwe_error *error)
{
    switch (psm->method) {
    case PSM_NEAREST:
        return rwe_match_nearest_distance(units, matching, run->arena, &psm->match, error);
    case PSM_OPTIMAL:
        return rwe_match_optimal_distance(units, matching, run->arena, &psm->match, error);
    case PSM_FULL:
        break;
    }
    return rwe_match_full_distance(units, matching, NULL, run->arena, &psm->match, error);
}

static enum rwe_status match_on_covariates(const struct rwe_run *run, struct psm *psm,
                                           const struct rwe_match_options *matching,
                                           struct rwe_error *error)
{
    struct rwe_mahalanobis map;
    enum rwe_status status = map_covariates(run, psm, &map, error);
    const struct rwe_match_units units = {psm->ps->n, psm->focal, psm->score,
                                          rwe_mahalanobis_distance, &map};
    return status == RWE_OK ? match_on(run, psm, &units, matching, error) : status;
}

/* On the score, where a line makes all of it quick but optimal sets of several. */
static enum rwe_status match_on_score(const struct rwe_run *run, struct psm *psm,
                                      const struct rwe_match_options *matching,
                                      struct rwe_error *error)
{
    const struct rwe_match_units units = {psm->ps->n, psm->focal, psm->score, score_distance,
                                          psm->score};
    switch (psm->method) {
    case PSM_NEAREST:
        return rwe_match_nearest(psm->score, psm->focal, psm->ps->n, matching, run->arena,
                                 &psm->match, error);
    case PSM_OPTIMAL:
        if (psm->ratio > 1)
            return match_on(run, psm, &units, matching, error);
        return rwe_match_optimal(psm->score, psm->focal, psm->ps->n, matching, run->arena,
                                 &psm->match, error);
    case PSM_FULL:
        break;
    }
    return rwe_match_full(psm->score, psm->focal, psm->ps->n, matching, run->arena, &psm->match,
                          error);
}

static enum rwe_status make_sets(const struct rwe_run *run, struct psm *psm,
                                 struct rwe_error *error)
{
    struct rwe_match_options matching = rwe_match_options_default();
    matching.order = (enum rwe_match_order)rwe_settings_choice(run->settings, "match-order");
    matching.seed = rwe_settings_integer(run->settings, "seed");
    matching.caliper = psm->caliper;
    matching.ratio = psm->ratio;
    matching.replace = psm->replace;
    matching.exact = psm->exact;
    enum rwe_status status = is_mahalanobis(psm) ? match_on_covariates(run, psm, &matching, error)
                                                 : match_on_score(run, psm, &matching, error);
    if (status != RWE_OK || psm->match.n_sets > 0)
        return status;
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "no %s within the caliper of %.4g on the %s%s%s: the arms do not overlap",
                    psm->focal_arm == 1 ? "treated subject has a control"
                                        : "control has a treated subject",
                    psm->caliper, psm->distance == PSM_PS ? "propensity score" : "logit",
                    psm->exact_names == NULL ? "" : " with the same ",
                    psm->exact_names == NULL ? "" : psm->exact_names);
}

/* ---- weights ---- */

struct set_size {
    size_t arm[2];
};

/* Counts the set that begins at row `first`; returns where the next one begins. */
static size_t count_set(const struct psm *psm, size_t first, struct set_size *size)
{
    const struct rwe_match *match = &psm->match;
    size_t r = first;
    *size = (struct set_size){{0}};
    for (; r < match->n_rows && match->row_set[r] == match->row_set[first]; r++)
        size->arm[psm->ps->treated[match->row_unit[r]]]++;
    return r;
}

/* Where the arms stand in the same proportion in each set, nobody needs a weight. */
static void look_at_sets(struct psm *psm)
{
    struct set_size begin, size;
    psm->is_paired = !psm->replace;
    psm->is_weighted = psm->replace;
    count_set(psm, 0, &begin);
    for (size_t r = 0; r < psm->match.n_rows;) {
        r = count_set(psm, r, &size);
        psm->is_paired = psm->is_paired && size.arm[0] == 1 && size.arm[1] == 1;
        psm->is_weighted =
            psm->is_weighted || size.arm[0] * begin.arm[1] != size.arm[1] * begin.arm[0];
    }
}

static enum rwe_status weigh(const struct rwe_run *run, struct psm *psm, struct rwe_error *error)
{
    const struct rwe_match *match = &psm->match;
    double *row_weight = RWE_NEW(run->arena, double, match->n_rows);
    double *weight = RWE_NEW(run->arena, double, psm->ps->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    look_at_sets(psm);
    if (psm->is_weighted)
        rwe_match_weights(match, psm->ps->treated, psm->ps->n, psm->estimand, row_weight);
    for (size_t r = 0; r < match->n_rows; r++) {
        if (!psm->is_weighted)
            row_weight[r] = 1;
        weight[match->row_unit[r]] += row_weight[r];
    }
    psm->row_weight = row_weight;
    psm->weight = weight;
    return RWE_OK;
}

/* ---- all of it ---- */

enum rwe_status psm_match(const struct rwe_run *run, struct psm *psm, struct rwe_error *error)
{
    const struct rwe_propensity *ps = psm->ps;
    uint8_t *focal = RWE_NEW(run->arena, uint8_t, ps->n);
    if (focal == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < ps->n; k++)
        focal[k] = ps->treated[k] == psm->focal_arm;
    psm->focal = focal;
    psm->score = psm->distance == PSM_PS ? ps->model.fitted : ps->model.linear;
    psm->caliper = rwe_settings_has(run->settings, "caliper-abs")
                       ? rwe_settings_number(run->settings, "caliper-abs")
                       : rwe_settings_number(run->settings, "caliper") *
                             rwe_match_pooled_sd(psm->score, ps->treated, ps->n);
    enum rwe_status status = psm_exact(run, psm, error);
    if (status == RWE_OK)
        status = make_sets(run, psm, error);
    return status == RWE_OK ? weigh(run, psm, error) : status;
}

bool psm_is_asked_about(const struct psm *psm, size_t row)
{
    return psm->estimand == RWE_MATCH_ATE || psm->focal[row];
}

size_t psm_n_arm(const struct psm *psm, uint8_t arm)
{
    return arm == 1 ? psm->ps->n_treated : psm->ps->n - psm->ps->n_treated;
}

size_t psm_n_matched(const struct psm *psm, uint8_t arm)
{
    size_t n = 0;
    for (size_t k = 0; k < psm->ps->n; k++)
        n += psm->ps->treated[k] == arm && psm->match.set[k] != RWE_UNMATCHED;
    return n;
}
