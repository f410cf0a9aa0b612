/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "propensity_private.h"

#include "rwe/analysis/covariates.h"
#include "rwe/stats/overlap.h"

/* ---- who ---- */

static enum rwe_status check_request(const struct rwe_run *run, const char *flag,
                                     struct rwe_error *error)
{
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s needs covariates: say --covariates A,B,…", flag);
    if (run->cohort->n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s compares two arms, but there are %zu: name two of them with "
                        "--control and --treated",
                        flag, run->cohort->n_arms);
    for (size_t j = 0; j < run->cohort->n_covariates; j++) {
        const struct rwe_variable *v = &run->cohort->covariate[j];
        if (v->categorical && v->n_levels < 2)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "covariate \"%s\" is constant, \"%s\": leave it out of the covariates",
                            v->name, v->n_levels == 0 ? "" : v->level[0]);
    }
    return RWE_OK;
}

static bool is_complete(const struct rwe_cohort *cohort, size_t subject)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (rwe_variable_missing(&cohort->covariate[j], subject))
            return false;
    return true;
}

static enum rwe_status find_subjects(const struct rwe_run *run, struct rwe_propensity *p,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, cohort->n);
    uint8_t *treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    bool everybody = rwe_missing_has_indicator(run->settings);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (uint32_t i = 0; i < cohort->n; i++) {
        if (!everybody && !is_complete(cohort, i))
            continue;
        treated[p->n] = cohort->arm[i] == 1;
        p->n_treated += treated[p->n];
        subject[p->n++] = i;
    }
    p->subject = subject;
    p->treated = treated;
    if (p->n == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "no subject has a value in all %zu covariates", cohort->n_covariates);
    return RWE_OK;
}

/* ---- the fit ---- */

static bool is_constant(const double column[], size_t n)
{
    size_t i = 1;
    while (i < n && column[i] == column[0])
        i++;
    return i >= n;
}

/* A covariate with one value only says nothing of the arms; told by name before the fit. */
static enum rwe_status check_constant(struct rwe_propensity *p, struct rwe_error *error)
{
    for (size_t j = 0; j < p->n_terms;) {
        if (!is_constant(p->x + j * p->n, p->n))
            j++;
        else if (j >= p->n_required)
            rwe_propensity_leave_out(p, j);
        else
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "covariate \"%s\" is constant in the %zu subjects of the propensity "
                            "model: leave it out of the covariates",
                            p->term[j], p->n);
    }
    return RWE_OK;
}

/* A failure of the fit in terms of covariates. */
static enum rwe_status explain(const struct rwe_propensity *p, enum rwe_status status,
                               const struct rwe_error *inner, struct rwe_error *error)
{
    const char *name = inner->index < p->n_terms ? p->term[inner->index] : "the intercept";
    if (status == RWE_COLLINEAR)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: \"%s\" is determined by the covariates before it "
                        "(collinear): leave one of them out",
                        name);
    if (status == RWE_SEPARATED)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "propensity model: the covariates tell the arms apart without error "
                        "(separation), most of all \"%s\": no subject of one arm is like those of "
                        "the other. Leave it out, merge its categories, or restrict the cohort to "
                        "where both arms occur",
                        p->separates);
    if (status == RWE_NOT_ESTIMABLE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "propensity model of %zu subjects: %s",
                        p->n, inner->message);
    *error = *inner;
    return status;
}

/* Columns that may go are left out one by one until the others determine a model. A likelihood
 * without a maximum gets Firth's penalty; but where every treated subject scores above every control
 * there is nothing to compare, and no penalty helps. */
static enum rwe_status fit(struct rwe_run *run, struct rwe_propensity *p, struct rwe_error *error)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    options.threads = run->threads;
    options.estimate_only = run->replicate != 0;
    if (run->replicate != 0)
        options.tolerance = 1e-4; /* a Newton step of that size leaves its square */
    const struct rwe_propensity *data = run->data == NULL ? NULL : run->data->propensity;
    if (data != NULL && data->n_terms == p->n_terms)
        options.start = data->model.estimate;
    for (;;) {
        struct rwe_error inner = {0};
        enum rwe_status status = rwe_logistic_fit(p->x, p->n_terms, p->treated, p->n, &options,
                                                  run->arena, &p->model, &inner);
        bool names_a_term = inner.index < p->n_terms;
        if (status == RWE_COLLINEAR && names_a_term && inner.index >= p->n_required) {
            rwe_propensity_leave_out(p, inner.index);
        } else if (status == RWE_SEPARATED && !options.firth) {
            options.firth = true;
            p->separates = names_a_term ? p->term[inner.index] : "the intercept";
        } else {
            if (status == RWE_OK && options.firth && p->model.auc >= 1)
                status = RWE_SEPARATED;
            return status == RWE_OK ? RWE_OK : explain(p, status, &inner, error);
        }
        rwe_arena_release(run->arena, mark);
    }
}

static enum rwe_status find_support(const struct rwe_run *run, struct rwe_propensity *p,
                                    struct rwe_error *error)
{
    if (!rwe_settings_flag(run->settings, "common-support"))
        return RWE_OK;
    const struct rwe_overlap_options options = rwe_overlap_options_default();
    struct rwe_overlap overlap;
    uint8_t *supported = RWE_NEW(run->arena, uint8_t, p->n);
    if (supported == NULL)
        return rwe_fail_memory(error);
    const double *score = p->model.linear;
    enum rwe_status status =
        rwe_overlap_measure(score, p->treated, p->n, &options, &overlap, error);
    for (size_t k = 0; status == RWE_OK && k < p->n; k++)
        supported[k] = score[k] >= overlap.support_low && score[k] <= overlap.support_high;
    p->supported = supported;
    return status;
}

static enum rwe_status make_columns(struct rwe_run *run, const char *flag,
                                    struct rwe_propensity **made, struct rwe_error *error)
{
    struct rwe_propensity *p = *made = RWE_NEW(run->arena, struct rwe_propensity, 1);
    if (p == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = check_request(run, flag, error);
    if (status == RWE_OK)
        status = rwe_propensity_check_terms(run, error);
    if (status == RWE_OK)
        status = find_subjects(run, p, error);
    return status == RWE_OK ? rwe_propensity_add_columns(run, p, error) : status;
}

enum rwe_status rwe_propensity_columns(struct rwe_run *run, const char *flag,
                                       const struct rwe_propensity **propensity,
                                       struct rwe_error *error)
{
    struct rwe_propensity *p;
    enum rwe_status status = make_columns(run, flag, &p, error);
    *propensity = p;
    return status;
}

enum rwe_status rwe_propensity(struct rwe_run *run, const char *flag,
                               const struct rwe_propensity **propensity, struct rwe_error *error)
{
    *propensity = run->propensity;
    if (run->propensity != NULL)
        return RWE_OK;
    struct rwe_propensity *p;
    enum rwe_status status = make_columns(run, flag, &p, error);
    if (status == RWE_OK)
        status = check_constant(p, error);
    if (status == RWE_OK)
        status = fit(run, p, error);
    if (status == RWE_OK)
        status = find_support(run, p, error);
    if (status == RWE_OK)
        run->propensity = *propensity = p;
    return status;
}

/* ---- whom a design from it is about ---- */

struct rwe_estimand rwe_propensity_estimand(const struct rwe_run *run,
                                            const struct rwe_propensity *propensity,
                                            enum rwe_estimand_of of)
{
    const size_t *arm = run->cohort->arm_size;
    const size_t in_arm[2] = {propensity->n - propensity->n_treated, propensity->n_treated};
    struct rwe_estimand estimand = {.of = of, .n = run->cohort->n};
    size_t n = propensity->n;
    if (of == RWE_OF_TREATED || of == RWE_OF_CONTROLS) {
        estimand.n = arm[of == RWE_OF_TREATED];
        n = in_arm[of == RWE_OF_TREATED];
    }
    estimand.left_out[RWE_LEFT_MISSING] = estimand.n - n;
    return estimand;
}
