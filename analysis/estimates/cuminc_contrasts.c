/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arms compared under competing risks: Gray's test, Fine–Gray, cause-specific Cox. */
#include "cuminc.h"

#include "rwe/stats/cox.h"
#include "rwe/stats/fine_gray.h"
#include "rwe/stats/gray.h"

#include <math.h>

/* An estimate with its error, as every model gives it. */
struct estimate {
    double value;
    double model_error;  /* NaN: not told */
    double robust_error; /* NaN: none */
};

/* Cells of one contrast. */
struct cells {
    rwe_fact ratio, low, high, p;
};

static enum rwe_status look(const struct rwe_cuminc_question *q, enum rwe_design_strata strata,
                            struct rwe_survival_data *data, struct rwe_error *error)
{
    struct rwe_design_view view = {strata, RWE_EVENTS_BY_CAUSE};
    return rwe_design_survival(q->run->cohort, q->design, q->endpoint, view, q->run->arena, data,
                               error);
}

bool rwe_cuminc_is_absence(enum rwe_status status)
{
    return status == RWE_NOT_ESTIMABLE || status == RWE_SEPARATED || status == RWE_COLLINEAR;
}

void rwe_cuminc_warn(const struct rwe_cuminc_question *q, const char *code, const char *what,
                     const char *message)
{
    rwe_document_warning(q->run->document, code, "cuminc", "%s, %s, cause %s: %s: %s",
                         q->endpoint->name, q->design->label, q->endpoint->cause_name[q->cause - 1],
                         what, message);
}

/* A failure of a model in terms of the arms: its columns are those other than the control. */
static void explain(const struct rwe_cuminc_question *q, struct rwe_error *reason)
{
    const struct rwe_cohort *cohort = q->run->cohort;
    if (reason->index + 1 >= cohort->n_arms)
        return;
    const char *arm = cohort->arm_level[reason->index + 1];
    if (reason->status == RWE_SEPARATED)
        rwe_error_set(reason, RWE_SEPARATED, reason->index,
                      "the hazard ratio of \"%s\" against \"%s\" runs off to 0 or infinity, since "
                      "one of them has no event while the other is at risk",
                      arm, cohort->arm_level[0]);
    if (reason->status == RWE_COLLINEAR)
        rwe_error_set(reason, RWE_COLLINEAR, reason->index,
                      "\"%s\" and \"%s\" are never at risk together when there is an event", arm,
                      cohort->arm_level[0]);
}

static const char *term_of(const struct rwe_cuminc_question *q, size_t arm)
{
    const struct rwe_cohort *cohort = q->run->cohort;
    return cohort->n_arms == 2 ? "arm"
                               : rwe_arena_format(q->run->arena, "arm=%s", cohort->arm_level[arm]);
}

/* Indicators of the arms other than the control, as columns. */
static double *arm_columns(const struct rwe_survival_data *data, struct rwe_arena *arena)
{
    double *x = rwe_arena_alloc(arena, data->n_groups - 1, data->n * sizeof *x);
    for (size_t i = 0; x != NULL && i < data->n; i++)
        if (data->group[i] > 0)
            x[(data->group[i] - 1) * data->n + i] = 1;
    return x;
}

enum rwe_status rwe_cuminc_check_entry(const struct rwe_survival_data *data,
                                       struct rwe_error *error)
{
    for (size_t i = 0; data->entry != NULL && i < data->n; i++)
        if (data->entry[i] > 0)
            return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                            "not defined under late entry (--entry), since it counts those with a "
                            "competing event as followed from time 0");
    return RWE_OK;
}

/* ---- Gray's test ---- */

/* The data of the test, and their table. */
struct tested {
    struct rwe_survival_data data;
    struct rwe_event_table table;
};

static enum rwe_status prepare(const struct rwe_cuminc_question *q, struct tested *tested,
                               struct rwe_error *error)
{
    enum rwe_status status = look(q, RWE_STRATA_DECLARED, &tested->data, error);
    if (status == RWE_OK)
        status = rwe_cuminc_check_entry(&tested->data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&tested->data, q->run->arena, &tested->table, error);
    return status;
}

/* The facts of one test, null where the data do not hold it. */
static enum rwe_status present_gray(const struct rwe_cuminc_question *q, enum rwe_status status,
                                    struct rwe_gray result, bool robust, rwe_fact *p,
                                    const struct rwe_error *error)
{
    struct rwe_key key = rwe_key_cause("gray", q->endpoint, q->design, q->cause);
    if (robust)
        key.model = "robust";
    if (rwe_cuminc_is_absence(status))
        rwe_cuminc_warn(q, "not-estimable", robust ? "robust Gray's test" : "Gray's test",
                        error->message);
    else if (status != RWE_OK)
        return status;
    if (status != RWE_OK)
        result.statistic = result.df = result.p_value = NAN;
    rwe_document_number(q->run->document, &key, "statistic", result.statistic);
    rwe_document_number(q->run->document, &key, "df", result.df);
    *p = rwe_document_number(q->run->document, &key, "p.value", result.p_value);
    return RWE_OK;
}

/* The test with its own variance, unless weights make it wrong, and the robust one where patients are
 * weighted or clustered. *p is that of the latter where there is one. */
static enum rwe_status run_gray(const struct rwe_cuminc_question *q, rwe_fact *p,
                                struct rwe_error *error)
{
    struct tested tested;
    struct rwe_gray result = {0};
    struct rwe_arena *arena = q->run->arena;
    enum rwe_status ready = prepare(q, &tested, error), status = ready;
    if (ready != RWE_OK)
        return present_gray(q, ready, result, false, p, error);
    const struct rwe_survival_data *data = &tested.data;
    if (data->weight == NULL) {
        status = rwe_gray_test(&tested.table, q->cause, 0, arena, &result, error);
        status = present_gray(q, status, result, false, p, error);
    }
    if (status == RWE_OK && (data->weight != NULL || data->cluster != NULL)) {
        status = rwe_gray_robust(data, &tested.table, q->cause, 0, arena, &result, error);
        status = present_gray(q, status, result, true, p, error);
    }
    return status;
}

/* ---- models ---- */

static struct cells present_estimate(const struct rwe_cuminc_question *q, const struct rwe_key *key,
                                     struct estimate e)
{
    struct rwe_document *document = q->run->document;
    double error = isnan(e.robust_error) ? e.model_error : e.robust_error;
    double z = e.value / error, reach = rwe_normal_limit(q->run) * error;
    struct cells cells;
    rwe_document_number(document, key, "estimate", e.value);
    rwe_document_number(document, key, "std.error", e.model_error);
    if (!isnan(e.robust_error))
        rwe_document_number(document, key, "robust.se", e.robust_error);
    rwe_document_number(document, key, "statistic", z);
    cells.p = rwe_document_number(document, key, "p.value", rwe_normal_p_value(z));
    cells.ratio = rwe_document_number(document, key, "hr", exp(e.value));
    cells.low = rwe_document_number(document, key, "conf.low", exp(e.value - reach));
    cells.high = rwe_document_number(document, key, "conf.high", exp(e.value + reach));
    return cells;
}

/* Facts of a whole model. */
static void present_model(const struct rwe_cuminc_question *q, const struct rwe_key *key,
                          size_t n_events, double loglik_null, double loglik, bool converged)
{
    struct rwe_document *document = q->run->document;
    rwe_document_number(document, key, "n", (double)q->design->n);
    rwe_document_number(document, key, "n.event", (double)n_events);
    rwe_document_number(document, key, "loglik.null", loglik_null);
    rwe_document_number(document, key, "loglik", loglik);
    rwe_document_number(document, key, "converged", converged);
}

static void present_contrasts(const struct rwe_cuminc_question *q, const struct rwe_key *model,
                              const struct estimate estimates[], struct cells cells[])
{
    for (size_t arm = 1; arm < q->run->cohort->n_arms; arm++) {
        struct rwe_key key = *model;
        key.term = term_of(q, arm);
        cells[arm] = present_estimate(q, &key, estimates[arm]);
    }
}

static enum rwe_status run_fine_gray(const struct rwe_cuminc_question *q,
                                     struct estimate estimates[], struct cells cells[],
                                     struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_fine_gray result;
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    struct rwe_key key = rwe_key_cause("finegray", q->endpoint, q->design, q->cause);
    options.cause = q->cause;
    enum rwe_status status = look(q, RWE_STRATA_NONE, &data, error);
    if (status != RWE_OK)
        return status;
    double *x = arm_columns(&data, q->run->arena);
    if (x == NULL)
        return rwe_fail_memory(error);
    size_t p = data.n_groups - 1;
    status = rwe_cuminc_check_entry(&data, error);
    if (status == RWE_OK)
        status = rwe_fine_gray_fit(&data, x, p, &options, q->run->arena, &result, error);
    explain(q, error);
    if (rwe_cuminc_is_absence(status))
        rwe_cuminc_warn(q, "not-estimable", "Fine–Gray model", error->message);
    else if (status != RWE_OK)
        return status;
    else
        present_model(q, &key, result.n_events, result.loglik_null, result.loglik,
                      result.converged);
    if (status == RWE_OK && !result.converged)
        rwe_cuminc_warn(q, "not-converged", "Fine–Gray model", "Newton's method did not converge");
    for (size_t j = 0; j < p; j++) /* the inverse information is no error of this model */
        estimates[j + 1] =
            status != RWE_OK
                ? (struct estimate){NAN, NAN, NAN}
                : (struct estimate){result.estimate[j], sqrt(result.robust[j * p + j]), NAN};
    present_contrasts(q, &key, estimates, cells);
    return RWE_OK;
}

/* The cause as the event; competitors censor. */
static enum rwe_status as_own_event(struct rwe_survival_data *data, size_t cause,
                                    struct rwe_arena *arena)
{
    uint8_t *event = RWE_NEW(arena, uint8_t, data->n);
    for (size_t i = 0; event != NULL && i < data->n; i++)
        if (data->event[i] == cause)
            event[i] = 1;
    data->event = event;
    data->n_causes = 1;
    return event == NULL ? RWE_NO_MEMORY : RWE_OK;
}

static enum rwe_status run_cox(const struct rwe_cuminc_question *q, struct estimate estimates[],
                               struct cells cells[], struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_cox result;
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_key key = rwe_key_cause("cox", q->endpoint, q->design, q->cause);
    key.model = "cause-specific";
    options.ties = (enum rwe_cox_ties)rwe_settings_choice(q->run->settings, "ties");
    enum rwe_status status = look(q, RWE_STRATA_DECLARED, &data, error);
    if (status != RWE_OK)
        return status;
    double *x = arm_columns(&data, q->run->arena);
    if (x == NULL || as_own_event(&data, q->cause, q->run->arena) != RWE_OK)
        return rwe_fail_memory(error);
    options.robust = data.cluster != NULL || data.weight != NULL;
    size_t p = data.n_groups - 1, n_events = 0;
    for (size_t i = 0; i < data.n; i++)
        n_events += data.event[i];
    status = rwe_cox_fit(&data, x, p, &options, q->run->arena, &result, error);
    if (status == RWE_BAD_INPUT && options.ties == RWE_COX_EXACT) /* robust, or too many deaths */
        status = error->status = RWE_NOT_ESTIMABLE;
    explain(q, error);
    if (rwe_cuminc_is_absence(status))
        rwe_cuminc_warn(q, "not-estimable", "cause-specific Cox model", error->message);
    else if (status != RWE_OK)
        return status;
    else
        present_model(q, &key, n_events, result.loglik_null, result.loglik, result.converged);
    if (status == RWE_OK && !result.converged)
        rwe_cuminc_warn(q, "not-converged", "cause-specific Cox model",
                        "Newton's method did not converge");
    for (size_t j = 0; j < p; j++)
        estimates[j + 1] =
            status != RWE_OK
                ? (struct estimate){NAN, NAN, NAN}
                : (struct estimate){result.estimate[j], sqrt(result.covariance[j * p + j]),
                                    options.robust ? sqrt(result.robust[j * p + j]) : NAN};
    present_contrasts(q, &key, estimates, cells);
    return RWE_OK;
}

/* ---- the table ---- */

struct rwe_grid *rwe_cuminc_contrasts(struct rwe_run *run)
{
    const char *level = rwe_conf_level_text(run);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Comparison of the arms under competing risks");
    rwe_grid_column(grid, "endpoint, cause and contrast");
    rwe_grid_column(grid, "Gray's\ntest p");
    rwe_grid_column(grid, "subdistribution\nHR (%s CI)", level);
    rwe_grid_column(grid, "p");
    rwe_grid_column(grid, "cause-specific\nHR (%s CI)", level);
    rwe_grid_column(grid, "p");
    return grid;
}

static void present_rows(const struct rwe_cuminc_question *q, struct rwe_grid *grid, rwe_fact gray,
                         const struct cells fine_gray[], const struct cells cox[])
{
    const struct rwe_cohort *cohort = q->run->cohort;
    for (size_t arm = 1; arm < cohort->n_arms; arm++) {
        rwe_grid_row(grid, 0, "%s = %s, %s: %s against %s", q->endpoint->name,
                     q->endpoint->cause_name[q->cause - 1], q->design->label,
                     cohort->arm_level[arm], cohort->arm_level[0]);
        if (arm == 1) /* one test of all arms */
            rwe_grid_cell(grid, RWE_CELL_P_VALUE, gray, RWE_NO_FACT, RWE_NO_FACT);
        else
            rwe_grid_empty(grid);
        const struct cells *const models[] = {&fine_gray[arm], &cox[arm]};
        for (size_t m = 0; m < 2; m++) {
            rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, models[m]->ratio, models[m]->low,
                          models[m]->high);
            rwe_grid_cell(grid, RWE_CELL_P_VALUE, models[m]->p, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
}

enum rwe_status rwe_cuminc_contrast(struct rwe_run *run, struct rwe_grid *grid,
                                    const struct rwe_endpoint *endpoint,
                                    const struct rwe_design *design, size_t cause,
                                    struct rwe_error *error)
{
    struct rwe_cuminc_question q = {run, endpoint, design, cause};
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct estimate *estimates = RWE_NEW(run->arena, struct estimate, run->cohort->n_arms);
    struct cells *fine_gray = RWE_NEW(run->arena, struct cells, run->cohort->n_arms);
    struct cells *cox = RWE_NEW(run->arena, struct cells, run->cohort->n_arms);
    rwe_fact gray = RWE_NO_FACT;
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    struct rwe_error reason = {0}; /* what is only warned of is no error of the run */
    enum rwe_status status = run_gray(&q, &gray, &reason);
    if (status == RWE_OK)
        status = run_fine_gray(&q, estimates, fine_gray, &reason);
    if (status == RWE_OK)
        status = run_cox(&q, estimates, cox, &reason);
    if (status != RWE_OK) {
        *error = reason;
        return status;
    }
    present_rows(&q, grid, gray, fine_gray, cox);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

void rwe_cuminc_contrasts_end(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_cohort *cohort = run->cohort;
    rwe_grid_note(grid,
                  "Gray's test of equal cumulative incidence; subdistribution hazard ratio by "
                  "Fine and Gray's model with its sandwich variance; cause-specific hazard "
                  "ratio by Cox's model with competitors censored.");
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Gray's test and Cox's model stratified by %s.", cohort->strata_name);
    rwe_note_variances(run, grid, "cuminc", "Variance of test and ratios", "each method's own");
}
