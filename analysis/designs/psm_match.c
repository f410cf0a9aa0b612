/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "psm.h"

#include "rwe/analysis/covariates.h"
#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "rwe/stats/mahalanobis.h"
#include "rwe/stats/match_flow.h"
#include "rwe/stats/match_optimal.h"

#include <math.h>
#include <string.h>

/* ---- matching ---- */

static double score_distance(const void *data, size_t a, size_t b)
{
    const double *score = data;
    return fabs(score[a] - score[b]);
}

static bool is_mahalanobis(const struct psm *psm)
{
    return psm->settings->distance == PSM_MAHALANOBIS ||
           psm->settings->distance == PSM_ROBUST_MAHALANOBIS;
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
        psm->settings->distance == PSM_MAHALANOBIS ? RWE_MAHALANOBIS_WITHIN : RWE_MAHALANOBIS_RANKS;
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

/* No pair is within the caliper. */
static enum rwe_status refuse_overlap(const struct psm *psm, struct rwe_error *error)
{
    static const char *const equal[] = {
        N_("no control has a treated subject within the caliper of %.4g on the %s with the same "
           "%s: "
           "the arms do not overlap"),
        N_("no treated subject has a control within the caliper of %.4g on the %s with the same "
           "%s: "
           "the arms do not overlap"),
    };
    static const char *const any[] = {
        N_("no control has a treated subject within the caliper of %.4g on the %s: the arms do not "
           "overlap"),
        N_("no treated subject has a control within the caliper of %.4g on the %s: the arms do not "
           "overlap"),
    };
    const char *score =
        psm->settings->distance == PSM_PS ? rwe_message("propensity score") : rwe_message("logit");
    if (psm->exact_names == NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, any[psm->focal_arm], psm->caliper,
                        score);
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, equal[psm->focal_arm], psm->caliper, score,
                    psm->exact_names);
}

static enum rwe_status make_sets(const struct rwe_run *run, struct psm *psm,
                                 struct rwe_error *error)
{
    struct rwe_match_options matching = rwe_match_options_default();
    matching.order = psm->settings->order;
    matching.seed = rwe_statistics_of(run->settings)->seed;
    matching.caliper = psm->caliper;
    matching.ratio = psm->ratio;
    matching.replace = psm->replace;
    matching.exact = psm->exact;
    enum rwe_status status = is_mahalanobis(psm) ? match_on_covariates(run, psm, &matching, error)
                                                 : match_on_score(run, psm, &matching, error);
    if (status != RWE_OK || psm->match.n_sets > 0)
        return status;
    return refuse_overlap(psm, error);
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
        rwe_match_weights(match, psm->ps->treated, psm->ps->n, psm->settings->estimand, row_weight);
    for (size_t r = 0; r < match->n_rows; r++) {
        if (!psm->is_weighted)
            row_weight[r] = 1;
        weight[match->row_unit[r]] += row_weight[r];
    }
    psm->row_weight = row_weight;
    psm->weight = weight;
    return RWE_OK;
}

/* ---- exact strata: subjects with equal values of the covariates of --exact ---- */

/* A value as a number: equal where the values are. */
static double value_of(const struct rwe_variable *v, size_t subject)
{
    if (v->categorical)
        return v->code[subject];
    return isnan(v->number[subject]) ? -INFINITY : v->number[subject];
}

/* The place of each row's value among the different ones. */
static enum rwe_status rank_values(const struct rwe_variable *v, const struct rwe_propensity *ps,
                                   struct rwe_arena *arena, uint32_t rank[])
{
    double *value = RWE_NEW(arena, double, ps->n);
    uint32_t *order = RWE_NEW(arena, uint32_t, ps->n), present = 0;
    for (size_t k = 0; value != NULL && k < ps->n; k++)
        value[k] = value_of(v, ps->subject[k]);
    if (rwe_arena_failed(arena) || rwe_sort_numbers(value, ps->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < ps->n; k++) {
        present += k > 0 && value[order[k]] > value[order[k - 1]];
        rank[order[k]] = present;
    }
    return RWE_OK;
}

/* Parts each stratum by the values of one more covariate. */
static enum rwe_status part(const struct rwe_variable *v, const struct rwe_propensity *ps,
                            struct rwe_arena *arena, uint32_t stratum[])
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    uint32_t *rank = RWE_NEW(arena, uint32_t, ps->n), *order = RWE_NEW(arena, uint32_t, ps->n);
    uint64_t *key = RWE_NEW(arena, uint64_t, ps->n);
    uint32_t present = 0;
    if (rwe_arena_failed(arena) || rank_values(v, ps, arena, rank) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < ps->n; k++)
        key[k] = (uint64_t)stratum[k] << 32 | rank[k];
    if (rwe_sort_integers(key, ps->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < ps->n; k++) {
        present += k > 0 && key[order[k]] != key[order[k - 1]];
        stratum[order[k]] = present;
    }
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* Who is outside common support gets a stratum of his own, where there is no partner. */
static void set_apart(const struct rwe_propensity *ps, uint32_t stratum[])
{
    uint32_t next = 0;
    for (size_t k = 0; k < ps->n; k++)
        next = stratum[k] >= next ? stratum[k] + 1 : next;
    for (size_t k = 0; ps->supported != NULL && k < ps->n; k++)
        if (!ps->supported[k])
            stratum[k] = next++;
}

static enum rwe_status make_strata(const struct rwe_run *run, struct psm *psm,
                                   struct rwe_error *error)
{
    struct rwe_strings names = psm->settings->exact;
    if (names.n == 0 && psm->ps->supported == NULL)
        return RWE_OK;
    uint32_t *stratum = RWE_NEW(run->arena, uint32_t, psm->ps->n);
    psm->exact_names = names.n == 0 ? NULL : rwe_text_join(run->arena, names, ", ");
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < names.n; i++) {
        const struct rwe_variable *v =
            rwe_covariate_find(run->cohort, names.item[i], strlen(names.item[i]));
        if (v == NULL)
            return rwe_covariate_unknown(run, "exact", names.item[i], error);
        if (part(v, psm->ps, run->arena, stratum) != RWE_OK)
            return rwe_fail_memory(error);
    }
    set_apart(psm->ps, stratum);
    psm->exact = stratum;
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
    psm->score = psm->settings->distance == PSM_PS ? ps->model.fitted : ps->model.linear;
    psm->caliper = psm->settings->caliper_absolute;
    if (isnan(psm->caliper))
        psm->caliper = psm->settings->caliper * rwe_match_pooled_sd(psm->score, ps->treated, ps->n);
    enum rwe_status status = make_strata(run, psm, error);
    if (status == RWE_OK)
        status = make_sets(run, psm, error);
    return status == RWE_OK ? weigh(run, psm, error) : status;
}

bool psm_is_asked_about(const struct psm *psm, size_t row)
{
    return psm->settings->estimand == RWE_MATCH_ATE || psm->focal[row];
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
