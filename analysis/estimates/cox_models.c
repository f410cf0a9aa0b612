/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_models.h"

#include "rwe/analysis/covariates.h"
#include "rwe/stats/cox_two_groups.h"

#include <math.h>
#include <string.h>

/* ---- who: members with all the model's covariates ---- */

/* The columns of the covariates that the model takes. */
static struct rwe_columns pick_columns(const struct rwe_cox_request *request)
{
    const struct rwe_cohort *cohort = request->run->cohort;
    struct rwe_columns columns = {NULL, 0};
    if (request->kind == RWE_COX_ARM)
        return columns;
    columns = rwe_covariate_columns(cohort, true, request->run->arena);
    if (request->kind != RWE_COX_UNIVARIABLE || columns.item == NULL)
        return columns;
    size_t n = 0;
    for (size_t c = 0; c < columns.n; c++)
        if (columns.item[c].variable == &cohort->covariate[request->covariate])
            columns.item[n++] = columns.item[c];
    columns.n = n;
    return columns;
}

static void keep_those_with(const struct rwe_variable *variable, size_t n, uint8_t keep[])
{
    for (size_t i = 0; i < n; i++)
        keep[i] &= variable->categorical ? variable->code[i] >= 0 : !isnan(variable->number[i]);
}

/* The design less those who lack a covariate. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status take_complete(const struct rwe_cox_request *request,
                                     const struct rwe_columns *columns, struct rwe_design *design)
{
    const struct rwe_run *run = request->run;
    uint8_t *keep = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    if (keep == NULL)
        return RWE_NO_MEMORY;
    memset(keep, 1, run->cohort->n);
    for (size_t c = 0; c < columns->n; c++)
        if (c == 0 || columns->item[c].variable != columns->item[c - 1].variable)
            keep_those_with(columns->item[c].variable, run->cohort->n, keep);
    return rwe_design_narrow(run->cohort, request->design, keep, run->arena, design);
}

/* ---- what: terms and their columns of numbers ---- */

/* The model while it is built. */
struct builder {
    const struct rwe_cox_request *request;
    struct rwe_columns columns;
    const uint32_t *subject; /* by row */
    struct rwe_cox_model *model;
    struct rwe_cox_term *term;
    double *x;
    bool splines; /* some column is bent */
};

/* Indicators of the arms other than the control. */
static enum rwe_status add_arms(struct builder *b)
{
    const struct rwe_cohort *cohort = b->request->run->cohort;
    struct rwe_cox_model *model = b->model;
    for (size_t arm = 1; arm < cohort->n_arms; arm++) {
        const char *name = cohort->n_arms == 2 ? "arm"
                                               : rwe_arena_format(b->request->run->arena, "arm=%s",
                                                                  cohort->arm_level[arm]);
        if (name == NULL)
            return RWE_NO_MEMORY;
        for (size_t k = 0; k < model->data.n; k++)
            b->x[model->p * model->data.n + k] = model->data.group[k] == arm;
        b->term[model->n_terms++] = (struct rwe_cox_term){
            .name = name, .variable = "arm", .column = model->p++, .n_columns = 1};
    }
    return RWE_OK;
}

/* Whether a level tells anybody apart: somebody has it, and somebody an earlier one. */
static bool level_tells(const struct builder *b, const struct rwe_column *column)
{
    bool occurs = false, earlier = false;
    for (size_t k = 0; k < b->model->data.n; k++) {
        int32_t code = column->variable->code[b->subject[k]];
        occurs |= code == column->level;
        earlier |= code < column->level;
    }
    return occurs && earlier;
}

/* A spline that cannot be placed is the model's failure, not the run's. */
static enum rwe_status add_bent(struct builder *b, const double value[], struct rwe_cox_term *term)
{
    struct rwe_cox_model *model = b->model;
    struct rwe_error reason = {0};
    enum rwe_status status = rwe_cox_add_spline(value, model->data.n, b->request->run->arena,
                                                b->x + model->p * model->data.n, term, &reason);
    if (status == RWE_NO_MEMORY)
        return status;
    if (status != RWE_OK)
        rwe_error_set(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "\"%s\": %s", term->name,
                      reason.message);
    return RWE_OK;
}

static enum rwe_status add_covariates(struct builder *b, double values[], double taken[])
{
    struct rwe_cox_model *model = b->model;
    for (size_t c = 0; c < b->columns.n; c++) {
        const struct rwe_column *column = &b->columns.item[c];
        struct rwe_cox_term *term = &b->term[model->n_terms++];
        *term = (struct rwe_cox_term){
            .name = column->name, .variable = column->variable->name, .column = RWE_NO_INDEX};
        if (column->variable->categorical && !level_tells(b, column))
            continue;
        rwe_column_values(column, b->request->run->cohort->n, values);
        bool bent = b->splines && rwe_cox_is_spline(b->request->run, column->variable);
        double *to = bent ? taken : b->x + model->p * model->data.n;
        for (size_t k = 0; k < model->data.n; k++)
            to[k] = values[b->subject[k]];
        term->n_columns = 1;
        if (bent && add_bent(b, taken, term) != RWE_OK)
            return RWE_NO_MEMORY;
        term->column = model->p;
        model->p += term->n_columns;
    }
    return RWE_OK;
}

/* The product of the arm's column and the covariate's; a level that nobody has stays out. */
static enum rwe_status add_product(struct builder *b, const struct rwe_cox_term *arm,
                                   const struct rwe_cox_term *covariate, const char *variable)
{
    struct rwe_cox_model *model = b->model;
    size_t n = model->data.n;
    struct rwe_cox_term *term = &b->term[model->n_terms++];
    *term = (struct rwe_cox_term){.variable = variable, .column = RWE_NO_INDEX, .is_product = true};
    term->name = rwe_arena_format(b->request->run->arena, "%s:%s", arm->name, covariate->name);
    if (term->name == NULL)
        return RWE_NO_MEMORY;
    if (covariate->column == RWE_NO_INDEX)
        return RWE_OK;
    term->column = model->p++;
    term->n_columns = 1;
    const double *left = b->x + arm->column * n, *right = b->x + covariate->column * n;
    for (size_t k = 0; k < n; k++)
        b->x[term->column * n + k] = left[k] * right[k];
    return RWE_OK;
}

/* Products stand together by covariate, which tells them apart by the address of `variable`. */
static enum rwe_status add_products(struct builder *b)
{
    const struct rwe_run *run = b->request->run;
    size_t n_arms = run->cohort->n_arms - 1;
    const char *variable = NULL;
    for (size_t c = 0; c < b->columns.n; c++) {
        const struct rwe_variable *v = b->columns.item[c].variable;
        if (!rwe_cox_is_modifier(run, v))
            continue;
        if (c == 0 || b->columns.item[c - 1].variable != v)
            variable = rwe_arena_format(run->arena, "arm:%s", v->name);
        for (size_t arm = 0; arm < n_arms; arm++)
            if (variable == NULL || add_product(b, &b->term[arm], &b->term[n_arms + c], variable))
                return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* Room for the arms, the covariates and their products: for long data a column is no small thing. */
static size_t most_columns(const struct builder *b)
{
    size_t n_arms = b->request->run->cohort->n_arms;
    size_t of_one = b->splines ? RWE_SPLINE_MOST_DF : 1;
    size_t products = b->request->kind == RWE_COX_INTERACTION ? n_arms : 0;
    return n_arms + b->columns.n * (of_one + products);
}

enum rwe_status rwe_cox_model_build(const struct rwe_cox_request *request,
                                    const struct rwe_cox_view *view, struct rwe_cox_model *model,
                                    struct rwe_error *error)
{
    struct rwe_arena *arena = request->run->arena;
    const struct rwe_cohort *cohort = request->run->cohort;
    struct rwe_design design;
    struct builder b = {.request = request,
                        .columns = pick_columns(request),
                        .model = model,
                        .splines = view->splines &&
                                   rwe_settings_list(request->run->settings, "spline").n > 0};
    if (take_complete(request, &b.columns, &design) != RWE_OK)
        return rwe_fail_memory(error);
    model->n_incomplete = request->design->n - design.n;
    design.merge_copies = model->options.estimate_only;
    enum rwe_status status = rwe_design_survival(cohort, &design, request->endpoint, view->design,
                                                 arena, &model->data, error);
    if (status != RWE_OK)
        return status;
    for (size_t k = 0; k < model->data.n; k++)
        model->n_events += model->data.event[k] == 1;
    size_t most = most_columns(&b);
    double *values = RWE_NEW(arena, double, cohort->n);
    double *taken = RWE_NEW(arena, double, model->data.n);
    b.subject = model->data.subject;
    b.term = RWE_NEW(arena, struct rwe_cox_term, most);
    b.x = rwe_arena_alloc(arena, most, model->data.n * sizeof *b.x);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    if (request->kind != RWE_COX_UNIVARIABLE && add_arms(&b) != RWE_OK)
        return rwe_fail_memory(error);
    if (add_covariates(&b, values, taken) != RWE_OK)
        return rwe_fail_memory(error);
    if (request->kind == RWE_COX_INTERACTION && add_products(&b) != RWE_OK)
        return rwe_fail_memory(error);
    model->term = b.term;
    model->x = b.x;
    model->subject = b.subject;
    return RWE_OK;
}

/* ---- fitting ---- */

/* A failure at an arm's column, in terms of the arms. */
static void explain_arm(const struct rwe_cohort *cohort, size_t arm, struct rwe_error *reason)
{
    if (reason->status == RWE_SEPARATED)
        rwe_error_set(reason, RWE_SEPARATED, reason->index,
                      "the hazard ratio of \"%s\" against \"%s\" runs off to 0 or infinity, since "
                      "one of them has no event while the other is at risk",
                      cohort->arm_level[arm], cohort->arm_level[0]);
    if (reason->status == RWE_COLLINEAR)
        rwe_error_set(reason, RWE_COLLINEAR, reason->index,
                      "\"%s\" and \"%s\" are never at risk together when there is an event",
                      cohort->arm_level[arm], cohort->arm_level[0]);
}

/* The same at a covariate's. */
static void explain_covariate(const char *name, struct rwe_error *reason)
{
    if (reason->status == RWE_SEPARATED)
        rwe_error_set(reason, RWE_SEPARATED, reason->index,
                      "the hazard ratio of \"%s\" runs off to 0 or infinity: given the other terms "
                      "it tells beforehand who has the event. Leave it out, or merge its "
                      "categories",
                      name);
    if (reason->status == RWE_COLLINEAR)
        rwe_error_set(reason, RWE_COLLINEAR, reason->index,
                      "\"%s\" is constant, or determined by the terms before it (collinear): "
                      "leave it out",
                      name);
}

void rwe_cox_model_explain(const struct rwe_cohort *cohort, const struct rwe_cox_model *model,
                           struct rwe_error *reason)
{
    for (size_t t = 0; t < model->n_terms; t++) {
        const struct rwe_cox_term *term = &model->term[t];
        if (reason->index == RWE_NO_INDEX || term->column == RWE_NO_INDEX ||
            reason->index < term->column || reason->index >= term->column + term->n_columns)
            continue;
        if (strcmp(term->variable, "arm") == 0 && t + 1 < cohort->n_arms)
            explain_arm(cohort, t + 1, reason);
        else
            explain_covariate(term->name, reason);
        return;
    }
}

static bool is_in_the_data(enum rwe_status status)
{
    return status == RWE_SEPARATED || status == RWE_NOT_ESTIMABLE || status == RWE_COLLINEAR;
}

static enum rwe_status fit(const struct rwe_cox_request *request, struct rwe_cox_model *model,
                           struct rwe_error *error)
{
    struct rwe_arena *arena = request->run->arena;
    if (model->failure.status != RWE_OK)
        return model->failure.status;
    if (model->data.n == 0)
        return rwe_fail(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "nobody is at risk with a value in every covariate");
    if (model->p == 0)
        return rwe_fail(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "everybody has the same value");
    bool exact = model->options.ties == RWE_COX_EXACT;
    if (exact && model->options.robust)
        return rwe_fail(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "exact ties have no robust error; take --ties efron");
    enum rwe_status status = rwe_cox_fit(&model->data, model->x, model->p, &model->options, arena,
                                         &model->fit, &model->failure);
    if (status == RWE_OK)
        return RWE_OK;
    if (exact && status == RWE_BAD_INPUT) /* too many deaths at one time */
        status = model->failure.status = RWE_NOT_ESTIMABLE;
    if (is_in_the_data(status))
        rwe_cox_model_explain(request->run->cohort, model, &model->failure);
    else
        *error = model->failure;
    return status;
}

/* ---- replicates start where the data ended ---- */

/* A replicate's last step is no longer than 3e-5 standard errors, and leaves the square of that. */
static const double SETTLED_REPLICATE = 1e-9;

/* The data's coefficient of each column, 0 where it had none; NULL when memory is out. What the list
 * keeps is a number a term, since replicates may lack a level. */
static const double *start_of(const struct rwe_cox_model *model, struct rwe_estimates *estimates,
                              struct rwe_arena *arena)
{
    double *start = RWE_NEW(arena, double, model->p + 1);
    for (size_t t = 0; start != NULL && t < model->n_terms; t++) {
        const struct rwe_cox_term *term = &model->term[t];
        double kept = rwe_estimates_keep(estimates, NAN);
        if (term->column != RWE_NO_INDEX && isfinite(kept))
            start[term->column] = kept;
    }
    return start;
}

static void keep_estimate(const struct rwe_cox_model *model, struct rwe_estimates *estimates)
{
    for (size_t t = 0; t < model->n_terms; t++) {
        const struct rwe_cox_term *term = &model->term[t];
        bool found = model->failure.status == RWE_OK && term->column != RWE_NO_INDEX;
        rwe_estimates_keep(estimates, found ? model->fit.estimate[term->column] : NAN);
    }
}

/* Of a replicate the ratio of two arms alone, where the short way leads to it. */
static bool settle_arms(const struct rwe_cox_request *request, struct rwe_cox_model *model)
{
    struct rwe_error ignored = {0};
    const double *start = model->options.start;
    double *estimate = RWE_NEW(request->run->arena, double, 1);
    if (start == NULL || request->kind != RWE_COX_ARM || model->p != 1 || estimate == NULL ||
        rwe_cox_two_groups(&model->data, model->options.ties, start[0], request->run->arena,
                           estimate, &ignored) != RWE_OK)
        return false;
    model->fit = (struct rwe_cox){.p = 1, .estimate = estimate, .converged = true};
    return true;
}

static enum rwe_status build_to_fit(const struct rwe_cox_request *request,
                                    struct rwe_cox_model *model, struct rwe_error *error)
{
    static const char *const names[] = {"arm", "adjusted", "univariable", "interaction"};
    *model =
        (struct rwe_cox_model){.name = names[request->kind], .options = rwe_cox_options_default()};
    const struct rwe_cox_view view = {{RWE_STRATA_DECLARED, RWE_EVENTS_OWN}, true};
    model->options.estimate_only = request->run->replicate != 0;
    enum rwe_status status = rwe_cox_model_build(request, &view, model, error);
    if (status != RWE_OK)
        return status;
    model->options.ties = (enum rwe_cox_ties)rwe_settings_choice(request->run->settings, "ties");
    model->options.robust = model->data.cluster != NULL || model->data.weight != NULL;
    return RWE_OK;
}

enum rwe_status rwe_cox_model_fit(const struct rwe_cox_request *request,
                                  struct rwe_cox_model *model, struct rwe_error *error)
{
    enum rwe_status status = build_to_fit(request, model, error);
    if (status == RWE_OK)
        status = fit(request, model, error);
    return is_in_the_data(status) ? RWE_OK : status;
}

enum rwe_status rwe_cox_model_estimate(const struct rwe_cox_request *request,
                                       struct rwe_estimates *estimates, struct rwe_cox_model *model,
                                       struct rwe_error *error)
{
    enum rwe_status status = build_to_fit(request, model, error);
    if (status != RWE_OK)
        return status;
    if (!rwe_estimates_are_of_data(estimates)) {
        model->options.settled_rise = SETTLED_REPLICATE;
        model->options.start = start_of(model, estimates, request->run->arena);
        if (model->options.start == NULL)
            return rwe_fail_memory(error);
    }
    if (!settle_arms(request, model))
        status = fit(request, model, error);
    if (rwe_estimates_are_of_data(estimates))
        keep_estimate(model, estimates);
    return is_in_the_data(status) ? RWE_OK : status;
}

/* ---- a period ---- */

static double *gather_numbers(const double from[], const uint32_t row[], size_t n,
                              struct rwe_arena *arena)
{
    double *to = from == NULL ? NULL : RWE_NEW(arena, double, n);
    for (size_t k = 0; to != NULL && k < n; k++)
        to[k] = from[row[k]];
    return to;
}

static uint32_t *gather_codes(const uint32_t from[], const uint32_t row[], size_t n,
                              struct rwe_arena *arena)
{
    uint32_t *to = from == NULL ? NULL : RWE_NEW(arena, uint32_t, n);
    for (size_t k = 0; to != NULL && k < n; k++)
        to[k] = from[row[k]];
    return to;
}

/* The rows at risk in the period, in their order: those who enter before its end and leave after its
 * beginning. What happens after `split` is not seen before it. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status take_period(const struct rwe_cox_model *whole, double split, bool after,
                                   struct rwe_arena *arena, struct rwe_cox_model *model)
{
    const struct rwe_survival_data *from = &whole->data;
    struct rwe_survival_data *to = &model->data;
    uint32_t *row = RWE_NEW(arena, uint32_t, from->n);
    uint8_t *event = RWE_NEW(arena, uint8_t, from->n);
    double *x = rwe_arena_alloc(arena, from->n, whole->p * sizeof *x);
    size_t n = 0;
    for (size_t i = 0; row != NULL && i < from->n; i++)
        if (after ? from->time[i] > split : from->entry == NULL || from->entry[i] < split)
            row[n++] = (uint32_t)i;
    double *time = gather_numbers(from->time, row, n, arena);
    to->n = n;
    to->time = time;
    to->event = event;
    to->entry = gather_numbers(from->entry, row, n, arena);
    to->weight = gather_numbers(from->weight, row, n, arena);
    to->group = gather_codes(from->group, row, n, arena);
    to->stratum = gather_codes(from->stratum, row, n, arena);
    to->cluster = gather_codes(from->cluster, row, n, arena);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        bool later = !after && time[k] > split;
        event[k] = later ? 0 : from->event[row[k]];
        time[k] = later ? split : time[k];
        model->n_events += event[k];
        for (size_t j = 0; j < whole->p; j++)
            x[j * n + k] = whole->x[j * from->n + row[k]];
    }
    model->x = x;
    return RWE_OK;
}

enum rwe_status rwe_cox_model_period(const struct rwe_cox_request *request,
                                     const struct rwe_cox_model *whole, double split, bool after,
                                     struct rwe_cox_model *model, struct rwe_error *error)
{
    *model = *whole;
    model->name = "piecewise";
    model->subject = NULL;
    model->failure = model->separation = (struct rwe_error){0};
    model->profile = NULL;
    model->n_events = 0;
    if (take_period(whole, split, after, request->run->arena, model) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status = fit(request, model, error);
    return is_in_the_data(status) ? RWE_OK : status;
}

const char *rwe_cox_ties_text(const struct rwe_run *run)
{
    static const char *const texts[] = {"Efron's", "Breslow's", "exact"};
    return texts[rwe_settings_choice(run->settings, "ties")];
}
