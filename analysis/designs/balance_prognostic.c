/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "balance.h"
#include "rwe/analysis/model_matrix.h"
#include "rwe/base/language.h"
#include "rwe/stats/cox.h"

#include <math.h>
#include <string.h>

/* ---- the scores ---- */

/* The covariates of all who have them, by subject of `subject`: controls are fitted, all are predicted. */
struct complete {
    struct rwe_model_matrix matrix;
    uint32_t *subject;
    uint32_t *row; /* by subject of the cohort, of those in `subject` */
    struct rwe_design controls;
};

static enum rwe_status find_complete(struct rwe_run *run, struct complete *complete,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_model model = rwe_model_new(cohort, run->arena);
    uint8_t *member = RWE_NEW(run->arena, uint8_t, cohort->n);
    uint8_t *has_all = RWE_NEW(run->arena, uint8_t, cohort->n);
    size_t *arm_size = RWE_NEW(run->arena, size_t, cohort->n_arms);
    complete->subject = RWE_NEW(run->arena, uint32_t, cohort->n);
    complete->row = RWE_NEW(run->arena, uint32_t, cohort->n);
    for (size_t j = 0; j < cohort->n_covariates; j++)
        rwe_model_add_covariate(&model, &cohort->covariate[j], false);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    struct rwe_model_rows rows = {.subject = complete->subject};
    rwe_model_complete(&model, cohort->n, has_all);
    for (uint32_t i = 0; i < cohort->n; i++) {
        if (!has_all[i])
            continue;
        complete->row[i] = (uint32_t)rows.n;
        complete->subject[rows.n++] = i;
        member[i] = cohort->arm[i] == 0;
        arm_size[0] += member[i];
    }
    complete->controls = run->design[0];
    complete->controls.n = arm_size[0];
    complete->controls.member = member;
    complete->controls.arm_size = arm_size;
    return rwe_model_matrix_make(&model, &rows, &complete->matrix, error);
}

/* Cox's model of one endpoint in the controls. */
struct score {
    struct rwe_model_matrix matrix;
    struct rwe_survival_data data;
    struct rwe_cox fit;
};

static enum rwe_status take_controls(const struct complete *complete, struct rwe_arena *arena,
                                     struct score *score)
{
    uint32_t *row = RWE_NEW(arena, uint32_t, score->data.n);
    if (row == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < score->data.n; k++)
        row[k] = complete->row[score->data.subject[k]];
    return rwe_model_matrix_take(&complete->matrix, row, score->data.n, &score->matrix);
}

/* A column that others determine adds nothing to the predictor. */
static enum rwe_status fit(struct score *score, struct rwe_arena *arena, struct rwe_error *why)
{
    const struct rwe_cox_options options = rwe_cox_options_default();
    size_t n_events = 0;
    for (size_t k = 0; k < score->data.n; k++)
        n_events += score->data.event[k] != 0;
    if (n_events == 0)
        return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "no control with all covariates has an event");
    do {
        if (score->matrix.p == 0)
            return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "no covariate differs between controls");
        rwe_cox_fit(&score->data, score->matrix.x, score->matrix.p, &options, arena, &score->fit,
                    why);
    } while (rwe_model_matrix_reduce(&score->matrix, why));
    if (why->status == RWE_SEPARATED)
        return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "among controls \"%s\" foretells the events without error",
                        rwe_model_matrix_column(&score->matrix, why->index)->name);
    if (why->status == RWE_OK && !score->fit.converged)
        return rwe_fail(why, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "Cox's model did not converge");
    return why->status;
}

/* The linear predictor of everybody, NaN without all covariates. */
static void predict(const struct rwe_run *run, const struct complete *complete,
                    const struct score *score, double out[])
{
    const struct rwe_model_matrix *all = &complete->matrix;
    for (size_t i = 0; i < run->cohort->n; i++)
        out[i] = NAN;
    for (size_t k = 0; k < all->n; k++)
        out[complete->subject[k]] = 0;
    for (size_t c = 0; c < all->n_columns; c++) {
        size_t at = score->matrix.column[c].at;
        for (size_t k = 0; k < all->n && at != RWE_NO_INDEX; k++)
            out[complete->subject[k]] +=
                score->fit.estimate[at] * all->x[all->column[c].at * all->n + k];
    }
}

static bool is_in_the_data(enum rwe_status status)
{
    return status == RWE_SEPARATED || status == RWE_NOT_ESTIMABLE || status == RWE_COLLINEAR;
}

static enum rwe_status fit_score(struct rwe_run *run, const struct complete *complete,
                                 const struct rwe_endpoint *endpoint, double out[],
                                 struct rwe_error *why)
{
    const struct rwe_design_view view = {RWE_STRATA_NONE, RWE_EVENTS_OWN};
    struct score score;
    enum rwe_status status = rwe_design_survival(run->cohort, &complete->controls, endpoint, view,
                                                 run->arena, &score.data, why);
    if (status == RWE_OK && take_controls(complete, run->arena, &score) != RWE_OK)
        return rwe_fail_memory(why);
    score.matrix.quiet = true; /* the score is the same without */
    if (status == RWE_OK)
        status = fit(&score, run->arena, why);
    if (status == RWE_OK)
        predict(run, complete, &score, out);
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
            .name = rwe_arena_format(run->arena, rwe_text("prognosis %s"), name[s]),
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
    const char *text =
        rwe_arena_format(run->arena, rwe_text("No prognostic score of %s: %s."), endpoint, why);
    if (text != NULL)
        lines->note.item[lines->note.n++] = text;
}

enum rwe_status balance_add_scores(struct rwe_run *run, struct balance_lines *lines,
                                   struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct complete complete;
    size_t n = 0;
    const char **name = RWE_NEW(run->arena, const char *, cohort->n_endpoints);
    double **value = RWE_NEW(run->arena, double *, cohort->n_endpoints);
    for (size_t e = 0; value != NULL && e < cohort->n_endpoints; e++)
        value[e] = RWE_NEW(run->arena, double, cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status made = find_complete(run, &complete, error);
    if (made != RWE_OK)
        return made;
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        struct rwe_error why = {0};
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        enum rwe_status status = fit_score(run, &complete, &cohort->endpoint[e], value[n], &why);
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
