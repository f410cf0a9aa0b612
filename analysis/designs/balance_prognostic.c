/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance_private.h"
#include "rwe/stats/cox.h"

#include <math.h>
#include <string.h>

/* The model of one endpoint. Its columns are those of the covariates without reference levels. */
struct model {
    struct rwe_columns columns;
    struct rwe_survival_data data; /* of the controls with all covariates */
    size_t *column;                /* that the fit holds, in order */
    size_t p;
    double *x;
    struct rwe_cox fit;
};

static bool is_complete(const struct rwe_cohort *cohort, size_t subject)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (rwe_variable_missing(&cohort->covariate[j], subject))
            return false;
    return true;
}

/* The controls with all covariates, as a design of their own. */
static enum rwe_status find_controls(struct rwe_run *run, struct rwe_design *controls)
{
    const struct rwe_cohort *cohort = run->cohort;
    uint8_t *member = RWE_NEW(run->arena, uint8_t, cohort->n);
    size_t *arm_size = RWE_NEW(run->arena, size_t, cohort->n_arms);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n; i++) {
        member[i] = cohort->arm[i] == 0 && is_complete(cohort, i);
        arm_size[0] += member[i];
    }
    *controls = run->design[0];
    controls->n = arm_size[0];
    controls->member = member;
    controls->arm_size = arm_size;
    return RWE_OK;
}

/* The columns that tell controls apart; a level that none of them has says nothing. */
static enum rwe_status build_columns(const struct rwe_run *run, struct model *model)
{
    size_t n = model->data.n;
    double *values = RWE_NEW(run->arena, double, run->cohort->n);
    model->x = rwe_arena_alloc(run->arena, n, model->columns.n * sizeof *model->x);
    model->column = RWE_NEW(run->arena, size_t, model->columns.n);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t c = 0; c < model->columns.n; c++) {
        double *x = model->x + model->p * n;
        bool varies = false;
        rwe_column_values(&model->columns.item[c], run->cohort->n, values);
        for (size_t k = 0; k < n; k++) {
            x[k] = values[model->data.subject[k]];
            varies = varies || x[k] != x[0];
        }
        if (varies)
            model->column[model->p++] = c;
    }
    return RWE_OK;
}

static void drop_column(struct model *model, size_t at)
{
    size_t later = --model->p - at, n = model->data.n;
    memmove(model->column + at, model->column + at + 1, later * sizeof *model->column);
    memmove(model->x + at * n, model->x + (at + 1) * n, later * n * sizeof *model->x);
}

/* A column that earlier ones determine adds nothing to the predictor, so it is taken out. */
static enum rwe_status fit(const struct rwe_run *run, struct model *model, struct rwe_error *why)
{
    const struct rwe_cox_options options = rwe_cox_options_default();
    size_t n_events = 0;
    for (size_t k = 0; k < model->data.n; k++)
        n_events += model->data.event[k] != 0;
    if (n_events == 0)
        return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no control with all covariates has an event");
    for (;;) {
        if (model->p == 0)
            return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "no covariate differs between controls");
        enum rwe_status status =
            rwe_cox_fit(&model->data, model->x, model->p, &options, run->arena, &model->fit, why);
        if (status != RWE_COLLINEAR || why->index >= model->p)
            return status;
        drop_column(model, why->index);
    }
}

/* The linear predictor of everybody, NaN without all covariates. */
static enum rwe_status predict(const struct rwe_run *run, const struct model *model, double out[])
{
    size_t n = run->cohort->n;
    double *values = RWE_NEW(run->arena, double, n);
    if (values == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        out[i] = is_complete(run->cohort, i) ? 0 : NAN;
    for (size_t k = 0; k < model->p; k++) {
        rwe_column_values(&model->columns.item[model->column[k]], n, values);
        for (size_t i = 0; i < n; i++)
            out[i] += model->fit.estimate[k] * values[i];
    }
    return RWE_OK;
}

static bool is_in_the_data(enum rwe_status status)
{
    return status == RWE_SEPARATED || status == RWE_NOT_ESTIMABLE || status == RWE_COLLINEAR;
}

static enum rwe_status fit_score(struct rwe_run *run, const struct rwe_design *controls,
                                 const struct rwe_endpoint *endpoint, double out[],
                                 struct rwe_error *why)
{
    const struct rwe_design_view view = {RWE_STRATA_NONE, RWE_EVENTS_OWN};
    struct model model = {.columns = rwe_covariate_columns(run->cohort, true, run->arena)};
    enum rwe_status status =
        rwe_design_survival(run->cohort, controls, endpoint, view, run->arena, &model.data, why);
    if (status == RWE_OK && build_columns(run, &model) != RWE_OK)
        return rwe_fail_memory(why);
    if (status == RWE_OK)
        status = fit(run, &model, why);
    if (status == RWE_SEPARATED)
        return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "among controls \"%s\" foretells the events without error",
                        model.columns.item[model.column[why->index]].name);
    if (status == RWE_OK && !model.fit.converged)
        return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "Cox's model did not converge");
    if (status == RWE_OK && predict(run, &model, out) != RWE_OK)
        return rwe_fail_memory(why);
    return status;
}

/* ---- the lines ---- */

struct scores {
    size_t n; /* subjects */
    double *const *value;
};

static void score_values(const void *context, size_t item, double out[])
{
    const struct scores *scores = context;
    memcpy(out, scores->value[item], scores->n * sizeof *out);
}

static bool score_is_binary(const void *context, size_t item)
{
    (void)context;
    (void)item;
    return false;
}

static enum rwe_status measure(struct rwe_run *run, const char *const name[], double *const value[],
                               size_t n, struct balance_lines *lines, struct rwe_error *error)
{
    const struct scores scores = {run->cohort->n, value};
    const struct rwe_balance_items items = {n, score_values, score_is_binary, &scores, true};
    const struct rwe_balance *at;
    const double *denominator;
    enum rwe_status status = rwe_balance_of_items(run, &items, &at, &denominator, error);
    for (size_t s = 0; s < n && status == RWE_OK; s++) {
        struct rwe_balance *mine = RWE_NEW(run->arena, struct rwe_balance, rwe_run_n_disjoint(run));
        for (size_t d = 0; mine != NULL && d < rwe_run_n_disjoint(run); d++)
            mine[d] = at[d * n + s];
        lines->item[lines->n++] = (struct balance_line){
            .kind = BALANCE_SCORE,
            .name = rwe_arena_format(run->arena, "prognosis %s", name[s]),
            .term = "(prognostic score)",
            .level = name[s],
            .at = mine,
            .denominator = denominator[s],
        };
    }
    return status;
}

static void note(struct rwe_run *run, struct balance_lines *lines, const char *endpoint,
                 const char *why)
{
    const char *longer =
        rwe_arena_format(run->arena, "%s%sNo prognostic score of %s: %s.", lines->note,
                         lines->note[0] == '\0' ? "" : " ", endpoint, why);
    if (longer != NULL)
        lines->note = longer;
}

enum rwe_status rwe_balance_add_scores(struct rwe_run *run, struct balance_lines *lines,
                                       struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_design controls;
    size_t n = 0;
    const char **name = RWE_NEW(run->arena, const char *, cohort->n_endpoints);
    double **value = RWE_NEW(run->arena, double *, cohort->n_endpoints);
    for (size_t e = 0; value != NULL && e < cohort->n_endpoints; e++)
        value[e] = RWE_NEW(run->arena, double, cohort->n);
    if (rwe_arena_failed(run->arena) || find_controls(run, &controls) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        struct rwe_error why = {0};
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        enum rwe_status status = fit_score(run, &controls, &cohort->endpoint[e], value[n], &why);
        rwe_arena_release(run->arena, mark);
        if (status == RWE_OK)
            name[n++] = cohort->endpoint[e].name;
        else if (is_in_the_data(status))
            note(run, lines, cohort->endpoint[e].name, why.message);
        else {
            *error = why;
            return status;
        }
    }
    return measure(run, name, value, n, lines, error);
}
