/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_models.h"

#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/stats/cox_two_groups.h"

#include <math.h>
#include <string.h>

static const struct rwe_option option_rows[] = {
    {.name = "ties",
     RWE_CHOICE_IN(struct cox_settings, ties),
     .section = RWE_SECTION_MODELS,
     .argument = "efron|breslow|exact",
     .choices = "efron|breslow|exact",
     .fallback = "efron",
     .acts_with = "cox timedep subgroups cuminc ph",
     .help = N_("Tied event times in Cox models (default efron, as R; SAS has breslow; exact: of "
                "discrete times, without robust errors).")},
    {.name = "profile",
     RWE_FLAG_IN(struct cox_settings, profile),
     .section = RWE_SECTION_MODELS,
     .help = N_("Profile-likelihood limits and likelihood-ratio tests in Cox models in place of "
                "Wald's, where rows are neither clustered nor weighted.")},
    {.name = "univariable",
     RWE_FLAG_IN(struct cox_settings, univariable),
     .section = RWE_SECTION_MODELS,
     .help = N_("Also a Cox model of each covariate alone.")},
    {.name = "spline",
     RWE_LIST_IN(struct cox_settings, spline),
     .section = RWE_SECTION_MODELS,
     .argument = "A,B,…",
     .acts_with = "cox cuminc ph",
     .help =
         N_("Covariates, numbers, that enter Cox models as natural cubic splines with 3 degrees of "
            "freedom.")},
    {.name = "interaction",
     RWE_LIST_IN(struct cox_settings, interaction),
     .section = RWE_SECTION_MODELS,
     .argument = "A,B,…",
     .help =
         N_("Covariates by which the arms' hazard ratio may differ: also the adjusted Cox model "
            "with their products.")},
    {.name = "predict",
     RWE_FLAG_IN(struct cox_settings, predict),
     .section = RWE_SECTION_MODELS,
     .help =
         N_("Also survival at --times that the adjusted Cox model predicts, by arm: of one "
            "patient (--predict-at), and standardised: the mean over all patients' covariates.")},
    {.name = "predict-at",
     RWE_LIST_IN(struct cox_settings, predict_at),
     .section = RWE_SECTION_MODELS,
     .argument = "A=X,B=X,…",
     .acts_with = "predict",
     .help =
         N_("Covariates of the patient of --predict; what is not named is at its mean or its most "
            "frequent value.")},
    {.name = "residuals",
     RWE_OUTPUT_IN(struct cox_settings, residuals),
     .section = RWE_SECTION_MODELS,
     .argument = "FILE",
     .help =
         N_("Write the residuals of the Cox models by subject as CSV (martingale, deviance, score, "
            "dfbeta, Schoenfeld), and show who moves the arms' ratio most.")},
    {.name = "split-time",
     RWE_NUMBER_IN(struct cox_settings, split_time),
     .section = RWE_SECTION_MODELS,
     .argument = "T",
     .low = 0,
     .high = 1e300,
     .help =
         N_("Also the hazard ratio of the arms up to this time and after it, in the file's unit.")},
};
const struct rwe_options cox_options = RWE_OPTIONS_IN(struct cox_settings, option_rows);

const struct rwe_option cox_flag = {RWE_FLAG_IN(struct cox_settings, asked),
                                    RWE_SOURCE_IN(struct cox_settings, asked_source)};

const struct cox_settings *cox_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &cox_options);
}

const char *rwe_cox_ties_text(const struct rwe_run *run)
{
    static const char *const texts[] = {N_("Efron's"), N_("Breslow's"), N_("exact")};
    return rwe_text(texts[cox_settings_of(run->settings)->ties]);
}

/* ---- what was asked for ---- */

static bool is_listed(struct rwe_strings list, const char *name)
{
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.item[i], name) == 0)
            return true;
    return false;
}

enum rwe_status rwe_cox_check_splines(const struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_strings list = cox_settings_of(run->settings)->spline;
    for (size_t i = 0; i < list.n; i++) {
        const struct rwe_variable *v =
            rwe_covariate_find(run->cohort, list.item[i], strlen(list.item[i]));
        if (v == NULL)
            return rwe_covariate_unknown(run, "spline", list.item[i], error);
        if (v->categorical || v->binary)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--spline: \"%s\" is a category; a spline bends numbers", list.item[i]);
    }
    return RWE_OK;
}

enum rwe_status rwe_cox_check_interactions(const struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_strings list = cox_settings_of(run->settings)->interaction;
    for (size_t i = 0; i < list.n; i++) {
        if (rwe_covariate_find(run->cohort, list.item[i], strlen(list.item[i])) == NULL)
            return rwe_covariate_unknown(run, "interaction", list.item[i], error);
        if (is_listed(cox_settings_of(run->settings)->spline, list.item[i]))
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--interaction: \"%s\" is a spline, which has no one ratio to compare",
                            list.item[i]);
    }
    return RWE_OK;
}

/* ---- the model of a request ---- */

static void add_covariate(struct rwe_model *model, const struct rwe_run *run, size_t covariate)
{
    const struct rwe_variable *v = &run->cohort->covariate[covariate];
    rwe_model_add_covariate(model, v, is_listed(cox_settings_of(run->settings)->spline, v->name));
}

/* The arm, the covariates and the products of the arm with those of --interaction. */
static struct rwe_model terms_of(const struct rwe_cox_request *request)
{
    const struct rwe_run *run = request->run;
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_model model = rwe_model_new(cohort, run->arena);
    if (request->kind == RWE_COX_UNIVARIABLE) {
        add_covariate(&model, run, request->covariate);
        return model;
    }
    size_t arm = rwe_model_add_arm(&model);
    for (size_t j = 0; request->kind != RWE_COX_ARM && j < cohort->n_covariates; j++)
        add_covariate(&model, run, j);
    for (size_t j = 0; request->kind == RWE_COX_INTERACTION && j < cohort->n_covariates; j++)
        if (is_listed(cox_settings_of(run->settings)->interaction, cohort->covariate[j].name))
            rwe_model_add_product(&model, arm, arm + 1 + j);
    return model;
}

/* The design less those who lack a covariate. RWE_OK or RWE_NO_MEMORY. */
static enum rwe_status take_complete(const struct rwe_cox_request *request,
                                     const struct rwe_model *model, struct rwe_design *design)
{
    const struct rwe_run *run = request->run;
    uint8_t *keep = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    rwe_model_complete(model, run->cohort->n, keep);
    return rwe_design_narrow(run->cohort, request->design, keep, run->arena, design);
}

/* One term a column, but one for all of a spline's. It has no place in the fit where a column of it was
 * left out: what is left of a spline has no contrast of its own. */
static enum rwe_status list_terms(struct rwe_cox_model *model)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    struct rwe_cox_term *term =
        RWE_NEW(matrix->model.arena, struct rwe_cox_term, matrix->n_columns);
    if (term == NULL)
        return RWE_NO_MEMORY;
    model->n_terms = 0;
    for (size_t c = 0; c < matrix->n_columns; c += term[model->n_terms++].n_columns) {
        const struct rwe_model_column *column = &matrix->column[c];
        const struct rwe_model_term *of = &matrix->model.term[column->term];
        const struct rwe_term_columns *columns = &matrix->of_term[column->term];
        bool spline = of->kind == RWE_TERM_SPLINE;
        struct rwe_cox_term *next = &term[model->n_terms];
        *next = (struct rwe_cox_term){.name = spline ? of->name : column->name,
                                      .variable = of->name,
                                      .column = column->at,
                                      .n_columns = spline ? columns->n : 1,
                                      .is_product = of->kind == RWE_TERM_PRODUCT};
        if (spline) {
            next->contrast_name = columns->contrast_name;
            next->contrast = columns->contrast;
        }
        for (size_t j = 0; j < next->n_columns; j++)
            if (matrix->column[c + j].at == RWE_NO_INDEX)
                next->column = RWE_NO_INDEX;
    }
    model->term = term;
    return RWE_OK;
}

enum rwe_status rwe_cox_model_list(const struct rwe_cox_request *request,
                                   struct rwe_cox_model *model)
{
    const struct rwe_model terms = terms_of(request);
    *model = (struct rwe_cox_model){0};
    return rwe_model_matrix_list(&terms, &model->matrix) == RWE_OK ? list_terms(model)
                                                                   : RWE_NO_MEMORY;
}

enum rwe_status rwe_cox_model_build(const struct rwe_cox_request *request,
                                    struct rwe_design_view view, struct rwe_cox_model *model,
                                    struct rwe_error *error)
{
    const struct rwe_run *run = request->run;
    const struct rwe_model terms = terms_of(request);
    struct rwe_design design;
    if (take_complete(request, &terms, &design) != RWE_OK)
        return rwe_fail_memory(error);
    model->n_incomplete = request->design->n - design.n;
    design.merge_copies = model->options.estimate_only;
    enum rwe_status status = rwe_design_survival(run->cohort, &design, request->endpoint, view,
                                                 run->arena, &model->data, error);
    if (status != RWE_OK)
        return status;
    const struct rwe_survival_data *data = &model->data;
    for (size_t k = 0; k < data->n; k++)
        model->n_events += data->event[k] == 1;
    model->subject = data->subject;
    struct rwe_error reason = {0};
    const struct rwe_model_rows rows = {data->n, data->subject, data->group, data->stratum};
    status = rwe_model_matrix_make(&terms, &rows, &model->matrix, &reason);
    model->matrix.quiet = run->replicate != 0;
    if (status == RWE_NO_MEMORY || list_terms(model) != RWE_OK)
        return rwe_fail_memory(error);
    if (status != RWE_OK) /* a spline: the model's failure, not the run's */
        rwe_error_set(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "\"%s\": %s",
                      terms.term[reason.index].name, reason.message);
    return RWE_OK;
}

bool rwe_cox_model_reduce(struct rwe_cox_model *model)
{
    if (!rwe_model_matrix_reduce(&model->matrix, &model->failure))
        return false;
    if (list_terms(model) == RWE_OK)
        return true;
    rwe_error_set(&model->failure, RWE_NO_MEMORY, RWE_NO_INDEX, "out of memory");
    return false;
}

/* ---- the fit ---- */

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

void rwe_cox_model_explain(const struct rwe_cox_model *model, struct rwe_error *reason)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    const struct rwe_model_column *column = rwe_model_matrix_column(matrix, reason->index);
    if (column == NULL)
        return;
    const struct rwe_model_term *term = &matrix->model.term[column->term];
    if (term->kind == RWE_TERM_ARM)
        explain_arm(matrix->model.cohort, column->item, reason);
    else
        explain_covariate(term->kind == RWE_TERM_SPLINE ? term->name : column->name, reason);
}

static bool is_in_the_data(enum rwe_status status)
{
    return status == RWE_SEPARATED || status == RWE_NOT_ESTIMABLE || status == RWE_COLLINEAR;
}

/* `start`: by column of the matrix; NULL: at 0. */
static enum rwe_status fit_columns(struct rwe_cox_model *model, const double start[],
                                   struct rwe_arena *arena)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    if (matrix->p == 0)
        return rwe_fail(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "everybody has the same value");
    double *begin = start == NULL ? NULL : RWE_NEW(arena, double, matrix->p);
    if (start != NULL && begin == NULL)
        return rwe_fail_memory(&model->failure);
    if (start != NULL)
        rwe_model_matrix_start(matrix, matrix, start, begin);
    model->options.start = begin;
    return rwe_cox_fit(&model->data, matrix->x, matrix->p, &model->options, arena, &model->fit,
                       &model->failure);
}

static enum rwe_status fit(const struct rwe_cox_request *request, const double start[],
                           struct rwe_cox_model *model, struct rwe_error *error)
{
    if (model->failure.status != RWE_OK)
        return model->failure.status;
    if (model->data.n == 0)
        return rwe_fail(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "nobody is at risk with a value in every covariate");
    bool exact = model->options.ties == RWE_COX_EXACT;
    if (exact && model->options.robust)
        return rwe_fail(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                        "exact ties have no robust error; take --ties efron");
    do
        fit_columns(model, start, request->run->arena);
    while (rwe_cox_model_reduce(model));
    enum rwe_status status = model->failure.status;
    if (status == RWE_OK)
        return RWE_OK;
    if (exact && status == RWE_BAD_INPUT) /* too many deaths at one time */
        status = model->failure.status = RWE_NOT_ESTIMABLE;
    if (is_in_the_data(status))
        rwe_cox_model_explain(model, &model->failure);
    else
        *error = model->failure;
    return status;
}

static const char *name_of(const struct rwe_cox_request *request)
{
    static const char *const names[] = {"arm", "adjusted", "univariable", "interaction"};
    return names[request->kind];
}

static enum rwe_status build_to_fit(const char *name, const struct rwe_cox_request *request,
                                    struct rwe_cox_model *model, struct rwe_error *error)
{
    const struct rwe_design_view view = {RWE_STRATA_DECLARED, RWE_EVENTS_OWN};
    *model = (struct rwe_cox_model){.name = name, .options = rwe_cox_options_default()};
    model->options.estimate_only = request->run->replicate != 0;
    enum rwe_status status = rwe_cox_model_build(request, view, model, error);
    if (status != RWE_OK)
        return status;
    model->options.ties = cox_settings_of(request->run->settings)->ties;
    model->options.robust = model->data.cluster != NULL || model->data.weight != NULL;
    return RWE_OK;
}

enum rwe_status rwe_cox_model_fit(const struct rwe_cox_request *request,
                                  struct rwe_cox_model *model, struct rwe_error *error)
{
    enum rwe_status status = build_to_fit(name_of(request), request, model, error);
    if (status == RWE_OK)
        status = fit(request, NULL, model, error);
    return is_in_the_data(status) ? RWE_OK : status;
}

/* ---- replicates start where the data ended ---- */

/* A replicate's last step is no longer than 3e-5 standard errors, and leaves the square of that. */
static const double SETTLED_REPLICATE = 1e-9;

/* By column what the data's fit found there. */
static const double *kept_estimate(const struct rwe_cox_request *request,
                                   const struct rwe_cox_model *model)
{
    const struct rwe_model_matrix *matrix = &model->matrix;
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    double *coefficient = RWE_NEW(request->run->arena, double, matrix->n_columns);
    bool found = model->fit.estimate != NULL && model->failure.status == RWE_OK;
    if (coefficient == NULL)
        return NULL;
    key.model = model->name;
    if (found)
        rwe_model_matrix_spread(matrix, model->fit.estimate, coefficient);
    for (size_t c = 0; c < matrix->n_columns; c++) {
        key.term = matrix->column[c].name;
        coefficient[c] = rwe_run_fixed(request->run, &key, "start", found ? coefficient[c] : NAN);
    }
    return coefficient;
}

/* Of a replicate the ratio of two arms alone, where the short way leads to it. */
static bool settle_arms(const struct rwe_cox_request *request, const double start[],
                        struct rwe_cox_model *model)
{
    struct rwe_error ignored = {0};
    double *estimate = RWE_NEW(request->run->arena, double, 1), begin;
    if (request->kind != RWE_COX_ARM || model->matrix.p != 1 || estimate == NULL)
        return false;
    rwe_model_matrix_start(&model->matrix, &model->matrix, start, &begin);
    if (rwe_cox_two_groups(&model->data, model->options.ties, begin, request->run->arena, estimate,
                           &ignored) != RWE_OK)
        return false;
    model->fit = (struct rwe_cox){.p = 1, .estimate = estimate, .converged = true};
    return true;
}

enum rwe_status rwe_cox_model_estimate(const struct rwe_cox_request *request,
                                       struct rwe_cox_model *model, struct rwe_error *error)
{
    return rwe_cox_model_estimate_as(name_of(request), request, model, error);
}

enum rwe_status rwe_cox_model_estimate_as(const char *name, const struct rwe_cox_request *request,
                                          struct rwe_cox_model *model, struct rwe_error *error)
{
    enum rwe_status status = build_to_fit(name, request, model, error);
    if (status != RWE_OK)
        return status;
    bool from_data = request->run->replicate == 0;
    model->is_repeated = true;
    if (from_data)
        status = fit(request, NULL, model, error);
    const double *coefficient = kept_estimate(request, model);
    if (coefficient == NULL)
        return rwe_fail_memory(error);
    if (!from_data) {
        model->options.settled_rise = SETTLED_REPLICATE;
        if (!settle_arms(request, coefficient, model))
            status = fit(request, coefficient, model, error);
    }
    return is_in_the_data(status) ? RWE_OK : status;
}

/* ---- limits that do not rest on the normal approximation ---- */

/* Limits and tests of all columns. One that was not found is NaN, of which the caller warns. */
static enum rwe_status profile_columns(const struct rwe_cox_request *request,
                                       struct rwe_cox_model *model, struct rwe_error *error)
{
    struct rwe_arena *arena = request->run->arena;
    struct rwe_cox_profile *profile = RWE_NEW(arena, struct rwe_cox_profile, model->matrix.p);
    struct rwe_cox_profile_options options = rwe_cox_profile_options_default();
    options.level = rwe_statistics_of(request->run->settings)->conf_level;
    options.firth = model->separation.status != RWE_OK;
    if (profile == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < model->matrix.p; j++) {
        options.column = j;
        enum rwe_status status =
            rwe_cox_profile(&model->data, model->matrix.x, &model->fit, &model->options, &options,
                            arena, &profile[j], error);
        if (status != RWE_OK)
            return status;
    }
    model->profile = profile;
    return RWE_OK;
}

/* Firth's fit in place of the one that has no maximum. */
static enum rwe_status penalise(const struct rwe_cox_request *request, struct rwe_cox_model *model,
                                struct rwe_error *error)
{
    enum rwe_status status =
        rwe_cox_firth_fit(&model->data, model->matrix.x, model->matrix.p, &model->options,
                          request->run->arena, &model->fit, error);
    if (status != RWE_OK)
        return status;
    model->separation = model->failure;
    model->failure = (struct rwe_error){0};
    return RWE_OK;
}

enum rwe_status rwe_cox_model_limits(const struct rwe_cox_request *request,
                                     struct rwe_cox_model *model, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (model->options.robust)
        return RWE_OK;
    bool wanted = cox_settings_of(request->run->settings)->profile;
    if (model->failure.status == RWE_SEPARATED && model->options.ties != RWE_COX_EXACT) {
        status = penalise(request, model, error);
        wanted = true;
    }
    if (status != RWE_OK || !wanted || model->failure.status != RWE_OK)
        return status;
    return profile_columns(request, model, error);
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
    }
    if (rwe_model_matrix_take(&whole->matrix, row, n, &model->matrix) != RWE_OK)
        return RWE_NO_MEMORY;
    model->matrix.stratum = to->stratum;
    return list_terms(model);
}

enum rwe_status rwe_cox_model_period(const struct rwe_cox_request *request,
                                     const struct rwe_cox_model *whole, double split, bool after,
                                     struct rwe_cox_model *model, struct rwe_error *error)
{
    *model = *whole;
    model->name = "piecewise";
    model->is_repeated = false;
    model->subject = NULL;
    model->failure = model->separation = (struct rwe_error){0};
    model->profile = NULL;
    model->n_events = 0;
    if (take_period(whole, split, after, request->run->arena, model) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status = fit(request, NULL, model, error);
    return is_in_the_data(status) ? RWE_OK : status;
}
