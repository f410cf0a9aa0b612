/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who leaves a strategy: a Cox model of the start of exposure, and a logistic model of having begun
 * it by the end of the grace period. See ccw.md. */
#include "ccw.h"

#include "rwe/base/sort.h"
#include "rwe/data/response.h"
#include "rwe/stats/cox_baseline.h"
#include "rwe/stats/cox_firth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- columns ---- */

static bool has_response(const struct rwe_run *run, const char *flag)
{
    char option[32];
    snprintf(option, sizeof option, "%s-response", flag);
    return rwe_settings_flag(run->settings, option);
}

/* The rows of `p` whose response is known, with that as one more column. */
static enum rwe_status add_response(const struct rwe_run *run, const struct rwe_propensity *p,
                                    struct ccw_columns *columns, struct rwe_error *error)
{
    const int8_t *response = run->cohort->response;
    uint32_t *row = RWE_NEW(run->arena, uint32_t, p->n);
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, p->n);
    const char **term = RWE_NEW(run->arena, const char *, p->n_terms + 1);
    double *x = rwe_arena_alloc(run->arena, p->n, (p->n_terms + 1) * sizeof *x);
    size_t n = 0;
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (uint32_t k = 0; k < p->n; k++)
        if (response[p->subject[k]] >= 0) {
            subject[n] = p->subject[k];
            row[n++] = k;
        }
    for (size_t j = 0; j < p->n_terms; j++)
        for (size_t k = 0; k < n; k++)
            x[j * n + k] = p->x[j * p->n + row[k]];
    for (size_t k = 0; k < n; k++)
        x[p->n_terms * n + k] = response[subject[k]] <= RWE_RESPONSE_PR;
    memcpy(term, p->term, p->n_terms * sizeof *term);
    term[p->n_terms] = "response";
    *columns = (struct ccw_columns){columns->flag, n, subject, p->n_terms + 1, term, x};
    return RWE_OK;
}

enum rwe_status ccw_columns(struct rwe_run *run, const char *flag, struct ccw_columns *columns,
                            struct rwe_error *error)
{
    const struct rwe_propensity *p;
    if (has_response(run, flag) && run->cohort->response == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s-response needs the best response: say --response-column COL", flag);
    enum rwe_status status = rwe_propensity_columns(run, flag, &p, error);
    columns->flag = flag;
    if (status != RWE_OK)
        return status;
    if (has_response(run, flag))
        return add_response(run, p, columns, error);
    *columns = (struct ccw_columns){flag, p->n, p->subject, p->n_terms, p->term, p->x};
    return RWE_OK;
}

/* ---- which columns a model can hold ---- */

/* A model while columns are taken out of it. */
struct choice {
    const struct ccw_columns *from;
    const uint32_t *row; /* of the columns, by row of the model */
    size_t n, k;
    size_t *column; /* k of those in `from` */
    double *x;
    const char **left_out;
    size_t n_left_out;
};

static enum rwe_status choice_new(const struct ccw_columns *from, const uint32_t row[], size_t n,
                                  struct rwe_arena *arena, struct choice *choice)
{
    *choice = (struct choice){.from = from, .row = row, .n = n, .k = from->n_terms};
    choice->column = RWE_NEW(arena, size_t, from->n_terms);
    choice->left_out = RWE_NEW(arena, const char *, from->n_terms);
    choice->x = rwe_arena_alloc(arena, n, from->n_terms * sizeof(double));
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < from->n_terms; j++)
        choice->column[j] = j;
    return RWE_OK;
}

/* Fills x but for columns of one value, which tell nothing. */
static void choice_fill(struct choice *c)
{
    size_t kept = 0;
    for (size_t j = 0; j < c->k; j++) {
        const double *from = c->from->x + c->column[j] * c->from->n;
        double *to = c->x + kept * c->n;
        bool constant = true;
        for (size_t i = 0; i < c->n; i++) {
            to[i] = from[c->row[i]];
            constant = constant && to[i] == to[0];
        }
        if (constant)
            c->left_out[c->n_left_out++] = c->from->term[c->column[j]];
        else
            c->column[kept++] = c->column[j];
    }
    c->k = kept;
}

static void choice_drop(struct choice *c, size_t j)
{
    c->left_out[c->n_left_out++] = c->from->term[c->column[j]];
    c->k--;
    for (size_t i = j; i < c->k; i++)
        c->column[i] = c->column[i + 1];
    memmove(c->x + j * c->n, c->x + (j + 1) * c->n, (c->k - j) * c->n * sizeof *c->x);
}

static enum rwe_status describe(const struct choice *c, const double estimate[],
                                struct rwe_arena *arena, struct ccw_model *model,
                                struct rwe_error *error)
{
    model->n = c->n;
    model->n_terms = c->k;
    model->estimate = estimate;
    model->term = RWE_NEW(arena, const char *, c->k);
    model->left_out = (struct rwe_strings){c->left_out, c->n_left_out};
    if (model->term == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < c->k; j++)
        model->term[j] = c->from->term[c->column[j]];
    return RWE_OK;
}

/* ---- replicates start where the data ended ---- */

/* A replicate's last steps are no longer than 3e-5 standard errors, or 1e-5 on the logit: they leave the
 * square of that. */
static const double SETTLED_HAZARD = 1e-9, SETTLED_LOGIT = 1e-5;

/* The model's coefficients for the columns chosen, 0 where it has none; both in the order of columns. */
static void write_start(const struct ccw_model *model, const struct choice *c, double start[])
{
    for (size_t j = 0, t = 0; j < c->k; j++) {
        size_t same = t;
        while (same < model->n_terms && strcmp(model->term[same], c->from->term[c->column[j]]) != 0)
            same++;
        start[j] = same < model->n_terms ? model->estimate[same] : 0;
        t = same < model->n_terms ? same + 1 : t;
    }
}

/* What to do after a fit that failed: again without a column, or with Firth's penalty? */
static bool mend(enum rwe_status status, const struct rwe_error *reason, struct choice *c,
                 struct ccw_model *model, bool *firth)
{
    bool names_a_term = reason->index < c->k;
    if (status == RWE_COLLINEAR && names_a_term) {
        choice_drop(c, reason->index);
        return true;
    }
    if (status != RWE_SEPARATED || *firth)
        return false;
    *firth = true;
    model->separates =
        names_a_term ? c->from->term[c->column[reason->index]] : "the covariates together";
    return true;
}

/* ---- the hazard of exposure, which ends clones of arm 0 ---- */

static enum rwe_status sort_clones(const struct rwe_clones *clones, struct rwe_arena *arena,
                                   struct rwe_survival_data *data, uint32_t **order)
{
    double *time = RWE_NEW(arena, double, clones->n);
    uint8_t *event = RWE_NEW(arena, uint8_t, clones->n);
    *order = RWE_NEW(arena, uint32_t, clones->n);
    if (rwe_arena_failed(arena) ||
        rwe_sort_numbers(clones->end[0], clones->n, arena, *order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < clones->n; i++) {
        time[i] = clones->end[0][(*order)[i]];
        event[i] = clones->left[0][(*order)[i]];
    }
    *data = (struct rwe_survival_data){
        .n = clones->n, .time = time, .event = event, .n_causes = 1, .n_groups = 1, .n_strata = 1};
    return RWE_OK;
}

/* H for the mean of the columns, and everybody's hazard relative to that one. */
static enum rwe_status predict(const struct rwe_cox_fitted *fitted, const struct choice *c,
                               struct rwe_arena *arena, struct rwe_clone_weights *weights,
                               struct rwe_error *error)
{
    struct rwe_cox_prediction of;
    double *at = RWE_NEW(arena, double, c->k), *risk = RWE_NEW(arena, double, c->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t j = 0; j < c->k; j++) {
        for (size_t i = 0; i < c->n; i++)
            at[j] += c->x[j * c->n + i] / (double)c->n;
        for (size_t i = 0; i < c->n; i++)
            risk[c->row[i]] += (c->x[j * c->n + i] - at[j]) * fitted->fit->estimate[j];
    }
    for (size_t k = 0; k < c->n; k++)
        risk[k] = exp(risk[k]);
    enum rwe_status status = rwe_cox_predict_survival(fitted, at, 0, arena, &of, error);
    weights->n_times = of.n_times;
    weights->time = of.time;
    weights->hazard = of.cumulative_hazard;
    weights->risk = risk;
    return status;
}

static enum rwe_status no_exposure(const struct ccw_endpoint *of, struct rwe_error *error)
{
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "--ccw: of %zu subjects %s began exposure by %g while at risk for \"%s\": "
                    "there are no two strategies. Look at --exposure-start, or at the grace period",
                    of->clones.n, of->clones.n_exposed == 0 ? "nobody" : "everybody",
                    of->clones.grace, of->endpoint->name);
}

/* `what`: the flag, the endpoint, the model. */
static enum rwe_status explain(const char *const what[3], const struct rwe_error *reason,
                               struct rwe_error *error)
{
    if (reason->status != RWE_NO_MEMORY)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "--%s, \"%s\": %s: %s", what[0],
                        what[1], what[2], reason->message);
    *error = *reason;
    return reason->status;
}

enum rwe_status ccw_hazard(const struct rwe_run *run, const struct ccw_columns *columns,
                           struct ccw_endpoint *of, struct rwe_clone_weights *weights,
                           struct rwe_error *error)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_survival_data rows;
    struct rwe_cox fit;
    struct choice c;
    uint32_t *order;
    options.estimate_only = true;
    if (sort_clones(&of->clones, run->arena, &rows, &order) != RWE_OK ||
        choice_new(columns, order, rows.n, run->arena, &c) != RWE_OK)
        return rwe_fail_memory(error);
    choice_fill(&c);
    const struct ccw_endpoint *data = of->data;
    double *start = data == NULL ? NULL : RWE_NEW(run->arena, double, columns->n_terms);
    if (start != NULL)
        options.settled_rise = SETTLED_HAZARD;
    for (bool firth = false;;) {
        struct rwe_error reason = {0};
        if (start != NULL)
            write_start(&data->hazard, &c, start);
        options.start = start;
        enum rwe_status status =
            firth ? rwe_cox_firth_fit(&rows, c.x, c.k, &options, run->arena, &fit, &reason)
                  : rwe_cox_fit(&rows, c.x, c.k, &options, run->arena, &fit, &reason);
        if (status == RWE_OK)
            break;
        if (!mend(status, &reason, &c, &of->hazard, &firth))
            return explain((const char *const[]){columns->flag, of->endpoint->name,
                                                 "model of the start of exposure"},
                           &reason, error);
    }
    const struct rwe_cox_fitted fitted = {&rows, c.x, &fit, &options};
    enum rwe_status status = predict(&fitted, &c, run->arena, weights, error);
    of->hazard.n_events = of->clones.n_exposed;
    return status == RWE_OK ? describe(&c, fit.estimate, run->arena, &of->hazard, error) : status;
}

/* ---- the probability of exposure by the end of grace, which keeps clones in arm 1 ---- */

/* Those followed beyond the grace period. */
static enum rwe_status list_beyond(const struct rwe_clones *clones, struct rwe_arena *arena,
                                   uint32_t **row, uint8_t **exposed, size_t *n)
{
    *row = RWE_NEW(arena, uint32_t, clones->n);
    *exposed = RWE_NEW(arena, uint8_t, clones->n);
    *n = 0;
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (uint32_t k = 0; k < clones->n; k++)
        if (clones->beyond[k]) {
            (*row)[*n] = k;
            (*exposed)[(*n)++] = clones->exposed[k];
        }
    return RWE_OK;
}

/* 1/p by subject of the list; 1 for those who need none. */
static enum rwe_status invert(const struct choice *c, const double fitted[],
                              const uint8_t exposed[], struct rwe_arena *arena,
                              struct ccw_endpoint *of, struct rwe_clone_weights *weights,
                              struct rwe_error *error)
{
    double *late = RWE_NEW(arena, double, of->clones.n);
    if (late == NULL)
        return rwe_fail_memory(error);
    of->least_probability = 1;
    for (size_t k = 0; k < of->clones.n; k++)
        late[k] = 1;
    for (size_t i = 0; i < c->n; i++) {
        late[c->row[i]] = 1 / fitted[i];
        of->probability.n_events += exposed[i];
        if (exposed[i])
            of->least_probability = fmin(of->least_probability, fitted[i]);
    }
    weights->late = late;
    return RWE_OK;
}

static enum rwe_status fit_probability(const struct rwe_run *run, const struct ccw_columns *columns,
                                       struct ccw_endpoint *of, struct rwe_clone_weights *weights,
                                       struct rwe_error *error)
{
    struct rwe_logistic_options options = rwe_logistic_options_default();
    struct rwe_logistic fit;
    struct choice c;
    uint32_t *row;
    uint8_t *exposed;
    size_t n;
    options.threads = run->threads;
    options.estimate_only = true;
    if (list_beyond(&of->clones, run->arena, &row, &exposed, &n) != RWE_OK ||
        choice_new(columns, row, n, run->arena, &c) != RWE_OK)
        return rwe_fail_memory(error);
    choice_fill(&c);
    const struct ccw_endpoint *data = of->data;
    double *start = data == NULL ? NULL : RWE_NEW(run->arena, double, columns->n_terms + 1);
    if (start != NULL)
        options.tolerance = SETTLED_LOGIT;
    for (;;) {
        struct rwe_error reason = {0};
        if (start != NULL) {
            start[0] = data->probability.intercept;
            write_start(&data->probability, &c, start + 1);
        }
        options.start = start;
        enum rwe_status status =
            rwe_logistic_fit(c.x, c.k, exposed, n, &options, run->arena, &fit, &reason);
        if (status == RWE_OK)
            break;
        if (!mend(status, &reason, &c, &of->probability, &options.firth))
            return explain(
                (const char *const[]){columns->flag, of->endpoint->name,
                                      "model of exposure by the end of the grace period"},
                &reason, error);
    }
    of->probability.intercept = fit.estimate[0];
    enum rwe_status status = invert(&c, fit.fitted, exposed, run->arena, of, weights, error);
    return status == RWE_OK ? describe(&c, fit.estimate + 1, run->arena, &of->probability, error)
                            : status;
}

enum rwe_status ccw_weights(const struct rwe_run *run, const struct ccw_columns *columns,
                            struct ccw_endpoint *of, struct rwe_clone_weights *weights,
                            struct rwe_error *error)
{
    if (of->clones.n_exposed == 0 || of->clones.n_exposed == of->clones.n)
        return no_exposure(of, error);
    enum rwe_status status = ccw_hazard(run, columns, of, weights, error);
    return status == RWE_OK ? fit_probability(run, columns, of, weights, error) : status;
}
