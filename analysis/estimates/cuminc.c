/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Competing risks: cumulative incidence by arm and cause; the arms compared by Gray's test, Fine and Gray's model and
 * cause-specific Cox; Fine and Gray's model adjusted for the covariates. See cuminc.md. */
#include "cuminc.h"

#include "cox_present.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"
#include "rwe/stats/cox.h"
#include "rwe/stats/fine_gray.h"
#include "rwe/stats/gray.h"

#include <math.h>

/* What is asked of one cause (from 1). */
struct question {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    size_t cause;
};

/* All arms of an endpoint in a population. */
struct result {
    const struct rwe_design *design;
    const struct rwe_endpoint *endpoint;
    struct rwe_times times;
    struct rwe_aalen_johansen *arm;
    struct rwe_inference *incidence; /* [(cause − 1) * times + time] * arms + arm */
};

/* ---- curves ---- */

enum rwe_status rwe_cuminc_fit(const struct rwe_run *run, const struct rwe_endpoint *endpoint,
                               const struct rwe_design *design, struct rwe_arena *scratch,
                               struct rwe_aalen_johansen arm[], struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_design_view by_cause = {RWE_STRATA_NONE, RWE_EVENTS_BY_CAUSE};
    double level = rwe_statistics_of(run->settings)->conf_level;
    enum rwe_status status =
        rwe_design_survival(run->cohort, design, endpoint, by_cause, scratch, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, scratch, &table, error);
    bool robust =
        run->replicate == 0 && status == RWE_OK && rwe_design_arm_needs_robust(design, &data);
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++) {
        status = rwe_aalen_johansen_fit(&table, a, level, run->arena, &arm[a], error);
        if (status == RWE_OK && robust)
            status = rwe_aalen_johansen_robust(&data, run->arena, &arm[a], error);
    }
    return status;
}

static struct rwe_inference *incidence_at(const struct rwe_run *run, const struct result *result,
                                          size_t cause, size_t time)
{
    return &result->incidence[((cause - 1) * result->times.n + time) * run->cohort->n_arms];
}

static void list_point(struct rwe_run *run, struct result *result, size_t cause, size_t t)
{
    struct rwe_inference *of = incidence_at(run, result, cause, t);
    struct rwe_key key = rwe_key_cause("cuminc", result->endpoint, result->design, cause);
    key.time = result->times.at[t];
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        struct rwe_aalen_johansen_point point =
            rwe_aalen_johansen_at(&result->arm[a], cause, key.time);
        const struct rwe_inference own = {.value = point.incidence,
                                          .std_error = point.std_error,
                                          .df = INFINITY,
                                          .conf_low = point.conf_low,
                                          .conf_high = point.conf_high,
                                          .p_value = NAN};
        of[a] = rwe_run_estimate(run, &arm, "estimate", RWE_ESTIMATE_PROBABILITY, &own);
    }
    if (run->cohort->n_arms != 2)
        return;
    const struct rwe_inference difference = {.value = of[1].value - of[0].value,
                                             .std_error = NAN,
                                             .df = INFINITY,
                                             .conf_low = NAN,
                                             .conf_high = NAN,
                                             .p_value = NAN};
    key.term = "difference"; /* for replicates; no table shows it */
    rwe_run_estimate(run, &key, "estimate", RWE_ESTIMATE_PLAIN, &difference);
}

static enum rwe_status compute(struct rwe_run *run, struct result *result, struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms, n_causes = result->endpoint->n_causes;
    struct rwe_arena *scratch = rwe_arena_new(); /* the event table need not outlive its curves */
    result->times = rwe_times_of(run, result->endpoint);
    result->arm = RWE_NEW(run->arena, struct rwe_aalen_johansen, n_arms);
    result->incidence =
        RWE_NEW(run->arena, struct rwe_inference, n_causes * result->times.n * n_arms);
    enum rwe_status status =
        scratch == NULL || rwe_arena_failed(run->arena)
            ? rwe_fail_memory(error)
            : rwe_cuminc_fit(run, result->endpoint, result->design, scratch, result->arm, error);
    rwe_arena_free(scratch);
    for (size_t cause = 1; status == RWE_OK && cause <= n_causes; cause++)
        for (size_t t = 0; t < result->times.n; t++)
            list_point(run, result, cause, t);
    return status;
}

/* Facts of the whole curve, which no table shows at once. */
static void add_counts(struct rwe_run *run, const struct result *result, size_t cause)
{
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(
            rwe_key_cause("cuminc", result->endpoint, result->design, cause), run->cohort, a);
        rwe_document_number(run->document, &key, "n", result->arm[a].n);
        rwe_document_number(run->document, &key, "n.event", result->arm[a].n_events[cause - 1]);
    }
}

static void present_cause(struct rwe_run *run, struct rwe_grid *grid, const struct result *result,
                          size_t cause)
{
    rwe_grid_row(grid, 0, cause == 1 ? N_("%s = %s") : N_("%s = %s (competes)"),
                 result->endpoint->name, result->endpoint->cause_name[cause - 1]);
    for (size_t t = 0; t < result->times.n; t++) {
        struct rwe_key key = rwe_key_cause("cuminc", result->endpoint, result->design, cause);
        key.time = result->times.at[t];
        rwe_grid_row(grid, 1, "%g", key.time);
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            const struct rwe_inference *of = &incidence_at(run, result, cause, t)[a];
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            double at_risk = rwe_aalen_johansen_at(&result->arm[a], cause, key.time).at_risk;
            rwe_grid_put(grid, &arm, of->value, of->std_error, of->conf_low, of->conf_high,
                         at_risk);
        }
    }
}

static void add_series(struct rwe_run *run, const struct result *result, size_t cause)
{
    static const char *const names[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                        "estimate", "std.error", "conf.low", "conf.high"};
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const struct rwe_aalen_johansen *c = &result->arm[a];
        size_t first = (cause - 1) * c->n_points;
        const double *const columns[] = {c->time,
                                         c->at_risk,
                                         c->events + first,
                                         c->censored,
                                         c->incidence + first,
                                         c->std_error + first,
                                         c->conf_low + first,
                                         c->conf_high + first};
        struct rwe_key key = rwe_key_arm(
            rwe_key_cause("cuminc", result->endpoint, result->design, cause), run->cohort, a);
        rwe_document_series(run->document, &key, "step", c->n_points, 8, names, columns);
    }
}

static void present_curves(struct rwe_run *run, const struct result *result)
{
    rwe_cuminc_add_figure(run, result->endpoint, result->design, result->arm);
    struct rwe_grid *grid = rwe_document_table(run->document, "Cumulative incidence: %s, %s",
                                               result->endpoint->name, result->design->label);
    rwe_grid_column(grid, "cause and time%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_fact_column(grid, RWE_CELL_SURVIVAL_LIMITS,
                             "estimate [std.error] conf.low conf.high [n.risk]", "%s\n(%s CI)",
                             run->cohort->arm_level[a], rwe_conf_level_text(run));
    for (size_t cause = 1; cause <= result->endpoint->n_causes; cause++) {
        add_counts(run, result, cause);
        present_cause(run, grid, result, cause);
        add_series(run, result, cause);
    }
    rwe_grid_note(
        grid, "Aalen–Johansen estimate; limits on the log-log scale; variance: %s.",
        rwe_variance_words(run, result->design, RWE_VARIANCE_OF_ARM, rwe_text("Aalen's")));
    rwe_bootstrap_note(run, grid);
}

static enum rwe_status run_curves(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                                  struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t d = 0; status == RWE_OK && d < run->n_designs; d++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        struct result result = {.design = &run->design[d], .endpoint = endpoint};
        status = compute(run, &result, error);
        if (status == RWE_OK && run->document != NULL)
            present_curves(run, &result);
        else
            rwe_arena_release(run->arena, mark);
    }
    return status;
}

/* ---- the arms compared ---- */

/* An estimate with its error, as every model gives it. */
struct estimate {
    double value;
    double model_error;  /* NaN: not told */
    double robust_error; /* NaN: none */
};

/* What a row shows of one model. */
struct contrast {
    struct rwe_key key;
    struct estimate estimate;
    struct rwe_inference inference; /* of the log ratio */
};

static enum rwe_status look(const struct question *q, enum rwe_design_strata strata,
                            struct rwe_survival_data *data, struct rwe_error *error)
{
    struct rwe_design_view view = {strata, RWE_EVENTS_BY_CAUSE};
    return rwe_design_survival(q->run->cohort, q->design, q->endpoint, view, q->run->arena, data,
                               error);
}

static bool is_absence(enum rwe_status status)
{
    return status == RWE_NOT_ESTIMABLE || status == RWE_SEPARATED || status == RWE_COLLINEAR;
}

static void warn_of(const struct question *q, const char *code, const char *what,
                    const char *message)
{
    rwe_document_warning(q->run->document, code, "cuminc", "%s, %s, cause %s: %s: %s",
                         q->endpoint->name, q->design->label, q->endpoint->cause_name[q->cause - 1],
                         what, message);
}

/* A failure of a model in terms of the arms: its columns are those other than the control. */
static void explain(const struct question *q, struct rwe_error *reason)
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

static const char *term_of(const struct question *q, size_t arm)
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

static enum rwe_status check_entry(const struct rwe_survival_data *data, struct rwe_error *error)
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

static enum rwe_status prepare(const struct question *q, struct tested *tested,
                               struct rwe_error *error)
{
    enum rwe_status status = look(q, RWE_STRATA_DECLARED, &tested->data, error);
    if (status == RWE_OK)
        status = check_entry(&tested->data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&tested->data, q->run->arena, &tested->table, error);
    return status;
}

/* The facts of one test, null where the data do not hold it. */
static enum rwe_status present_gray(const struct question *q, enum rwe_status status,
                                    struct rwe_gray result, bool robust, rwe_fact *p,
                                    const struct rwe_error *error)
{
    struct rwe_key key = rwe_key_cause("gray", q->endpoint, q->design, q->cause);
    if (robust)
        key.model = "robust";
    if (is_absence(status))
        warn_of(q, "not-estimable",
                robust ? rwe_text("robust Gray's test") : rwe_text("Gray's test"), error->message);
    else if (status != RWE_OK)
        return status;
    if (status != RWE_OK)
        result.statistic = result.df = result.p_value = NAN;
    const struct rwe_inference own = {.value = result.statistic,
                                      .std_error = NAN,
                                      .df = result.df,
                                      .conf_low = NAN,
                                      .conf_high = NAN,
                                      .p_value = result.p_value};
    struct rwe_inference of =
        rwe_run_estimate(q->run, &key, "statistic", RWE_ESTIMATE_STATISTIC, &own);
    rwe_document_number(q->run->document, &key, "statistic", of.value);
    rwe_document_number(q->run->document, &key, "df", of.df);
    *p = rwe_document_number(q->run->document, &key, "p.value", of.p_value);
    return RWE_OK;
}

/* The test with its own variance, unless weights make it wrong, and the robust one where patients are
 * weighted or clustered. *p is that of the latter where there is one. */
static enum rwe_status run_gray(const struct question *q, rwe_fact *p, struct rwe_error *error)
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

/* Lists the contrast of an arm and makes its facts, but for those that its cells make. */
static void tell_contrast(const struct question *q, struct contrast *contrast)
{
    struct rwe_document *document = q->run->document;
    const struct estimate *e = &contrast->estimate;
    double error = isnan(e->robust_error) ? e->model_error : e->robust_error;
    double z = e->value / error, reach = rwe_normal_limit(q->run) * error;
    const struct rwe_inference own = {.value = e->value,
                                      .std_error = error,
                                      .df = INFINITY,
                                      .conf_low = e->value - reach,
                                      .conf_high = e->value + reach,
                                      .p_value = rwe_normal_p_value(z)};
    contrast->inference =
        rwe_run_estimate(q->run, &contrast->key, "hr", RWE_ESTIMATE_LOG_RATIO, &own);
    bool is_own = contrast->inference.std_error == error || isnan(error);
    rwe_document_number(document, &contrast->key, "estimate", e->value);
    rwe_document_number(document, &contrast->key, "std.error",
                        is_own ? e->model_error : contrast->inference.std_error);
    if (is_own && !isnan(e->robust_error))
        rwe_document_number(document, &contrast->key, "robust.se", e->robust_error);
    rwe_document_number(document, &contrast->key, "statistic",
                        e->value / contrast->inference.std_error);
}

/* Facts of a whole model. */
static void present_model(const struct question *q, const struct rwe_key *key, size_t n_events,
                          double loglik_null, double loglik, bool converged)
{
    struct rwe_document *document = q->run->document;
    size_t n = rwe_design_n_in(q->run->cohort, q->design, q->endpoint);
    rwe_document_number(document, key, "n", (double)n);
    rwe_document_number(document, key, "n.event", (double)n_events);
    rwe_document_number(document, key, "loglik.null", loglik_null);
    rwe_document_number(document, key, "loglik", loglik);
    rwe_document_number(document, key, "converged", converged);
}

static void tell_contrasts(const struct question *q, const struct rwe_key *model,
                           struct contrast contrasts[])
{
    for (size_t arm = 1; arm < q->run->cohort->n_arms; arm++) {
        contrasts[arm].key = *model;
        contrasts[arm].key.term = term_of(q, arm);
        tell_contrast(q, &contrasts[arm]);
    }
}

static enum rwe_status run_fine_gray(const struct question *q, struct contrast contrasts[],
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
    status = check_entry(&data, error);
    if (status == RWE_OK)
        status = rwe_fine_gray_fit(&data, x, p, &options, q->run->arena, &result, error);
    explain(q, error);
    if (is_absence(status))
        warn_of(q, "not-estimable", rwe_text("Fine–Gray model"), error->message);
    else if (status != RWE_OK)
        return status;
    else
        present_model(q, &key, result.n_events, result.loglik_null, result.loglik,
                      result.converged);
    if (status == RWE_OK && !result.converged)
        warn_of(q, "not-converged", rwe_text("Fine–Gray model"),
                rwe_text("Newton's method did not converge"));
    for (size_t j = 0; j < p; j++) /* the inverse information is no error of this model */
        contrasts[j + 1].estimate =
            status != RWE_OK
                ? (struct estimate){NAN, NAN, NAN}
                : (struct estimate){result.estimate[j], sqrt(result.robust[j * p + j]), NAN};
    tell_contrasts(q, &key, contrasts);
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

static enum rwe_status run_cox(const struct question *q, struct contrast contrasts[],
                               struct rwe_error *error)
{
    struct rwe_survival_data data;
    struct rwe_cox result;
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_key key = rwe_key_cause("cox", q->endpoint, q->design, q->cause);
    key.model = "cause-specific";
    options.ties = cox_settings_of(q->run->settings)->ties;
    enum rwe_status status = look(q, RWE_STRATA_DECLARED, &data, error);
    if (status != RWE_OK)
        return status;
    double *x = arm_columns(&data, q->run->arena);
    if (x == NULL || as_own_event(&data, q->cause, q->run->arena) != RWE_OK)
        return rwe_fail_memory(error);
    options.robust = q->run->replicate == 0 && (data.cluster != NULL || data.weight != NULL);
    size_t p = data.n_groups - 1, n_events = 0;
    for (size_t i = 0; i < data.n; i++)
        n_events += data.event[i];
    status = rwe_cox_fit(&data, x, p, &options, q->run->arena, &result, error);
    if (status == RWE_BAD_INPUT && options.ties == RWE_COX_EXACT) /* robust, or too many deaths */
        status = error->status = RWE_NOT_ESTIMABLE;
    explain(q, error);
    if (is_absence(status))
        warn_of(q, "not-estimable", rwe_text("cause-specific Cox model"), error->message);
    else if (status != RWE_OK)
        return status;
    else
        present_model(q, &key, n_events, result.loglik_null, result.loglik, result.converged);
    if (status == RWE_OK && !result.converged)
        warn_of(q, "not-converged", rwe_text("cause-specific Cox model"),
                rwe_text("Newton's method did not converge"));
    for (size_t j = 0; j < p; j++)
        contrasts[j + 1].estimate =
            status != RWE_OK
                ? (struct estimate){NAN, NAN, NAN}
                : (struct estimate){result.estimate[j], sqrt(result.covariance[j * p + j]),
                                    options.robust ? sqrt(result.robust[j * p + j]) : NAN};
    tell_contrasts(q, &key, contrasts);
    return RWE_OK;
}

/* ---- the table ---- */

static const struct rwe_table_column contrast_columns[] = {
    {.heading = N_("endpoint, cause and contrast")},
    {.heading = N_("Gray's\ntest p"), RWE_CELL_P_VALUE},
    {N_("subdistribution\nHR ({level} CI)"), RWE_CELL_RATIO_LIMITS, "hr conf.low conf.high"},
    {N_("p"), RWE_CELL_P_VALUE, "p.value"},
    {N_("cause-specific\nHR ({level} CI)"), RWE_CELL_RATIO_LIMITS, "hr conf.low conf.high"},
    {N_("p"), RWE_CELL_P_VALUE, "p.value"},
};

static void present_rows(const struct question *q, struct rwe_grid *grid, rwe_fact gray,
                         const struct contrast fine_gray[], const struct contrast cox[])
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
        const struct contrast *const models[] = {&fine_gray[arm], &cox[arm]};
        for (size_t m = 0; m < 2; m++) {
            const struct rwe_inference *of = &models[m]->inference;
            rwe_grid_put(grid, &models[m]->key, exp(of->value), exp(of->conf_low),
                         exp(of->conf_high));
            rwe_grid_put(grid, &models[m]->key, of->p_value);
        }
    }
}

static enum rwe_status run_cause(const struct question *q, struct rwe_grid *grid,
                                 struct rwe_error *error)
{
    struct rwe_run *run = q->run;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct contrast *fine_gray = RWE_NEW(run->arena, struct contrast, run->cohort->n_arms);
    struct contrast *cox = RWE_NEW(run->arena, struct contrast, run->cohort->n_arms);
    rwe_fact gray = RWE_NO_FACT;
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    struct rwe_error reason = {0}; /* what is only warned of is no error of the run */
    enum rwe_status status = run->replicate > 0 ? RWE_OK : run_gray(q, &gray, &reason);
    if (status == RWE_OK)
        status = run_fine_gray(q, fine_gray, &reason);
    if (status == RWE_OK)
        status = run_cox(q, cox, &reason);
    if (status != RWE_OK) {
        *error = reason;
        return status;
    }
    present_rows(q, grid, gray, fine_gray, cox);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

/* Each cause of each endpoint in each population. */
static enum rwe_status for_each_cause(struct rwe_run *run, struct rwe_grid *grid,
                                      enum rwe_status (*body)(const struct question *q,
                                                              struct rwe_grid *grid,
                                                              struct rwe_error *error),
                                      struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs; d++) {
            const struct rwe_endpoint *endpoint = &run->cohort->endpoint[e];
            size_t n_causes = endpoint->n_causes > 1 ? endpoint->n_causes : 0;
            for (size_t cause = 1; status == RWE_OK && cause <= n_causes; cause++) {
                const struct question q = {run, endpoint, &run->design[d], cause};
                status = body(&q, grid, error);
            }
        }
    return status;
}

static enum rwe_status compare_arms(struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Comparison of the arms under competing risks");
    RWE_GRID_COLUMNS(grid, contrast_columns);
    enum rwe_status status = for_each_cause(run, grid, run_cause, error);
    rwe_grid_note(grid,
                  "Gray's test of equal cumulative incidence; subdistribution hazard ratio by "
                  "Fine and Gray's model with its sandwich variance; cause-specific hazard "
                  "ratio by Cox's model with competitors censored.");
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Gray's test and Cox's model stratified by %s.", cohort->strata_name);
    rwe_note_variances(run, grid, "cuminc", rwe_text("Variance of test and ratios"),
                       rwe_text("each method's own"));
    return status;
}

/* ---- adjusted for the covariates ---- */

/* Fits to the rows of `model`. The sandwich stands in for the inverse information, which is no error
 * of this model. What the data do not hold is model->failure. */
static enum rwe_status fit_adjusted(const struct question *q, struct rwe_cox_model *model,
                                    struct rwe_error *error)
{
    struct rwe_fine_gray result;
    struct rwe_fine_gray_options options = rwe_fine_gray_options_default();
    options.cause = q->cause;
    if (model->failure.status == RWE_OK)
        check_entry(&model->data, &model->failure);
    if (model->failure.status == RWE_OK && model->data.n == 0)
        rwe_error_set(&model->failure, RWE_NOT_ESTIMABLE, RWE_NO_INDEX,
                      "nobody is at risk with a value in every covariate");
    if (model->failure.status == RWE_OK)
        do
            rwe_fine_gray_fit(&model->data, model->matrix.x, model->matrix.p, &options,
                              q->run->arena, &result, &model->failure);
        while (rwe_cox_model_reduce(model));
    enum rwe_status status = model->failure.status;
    if (is_absence(status)) {
        rwe_cox_model_explain(model, &model->failure);
        return RWE_OK;
    }
    if (status != RWE_OK) {
        *error = model->failure;
        return status;
    }
    model->fit = (struct rwe_cox){.p = result.p,
                                  .estimate = result.estimate,
                                  .covariance = result.robust,
                                  .loglik_null = result.loglik_null,
                                  .loglik = result.loglik,
                                  .n_iterations = result.n_iterations,
                                  .converged = result.converged};
    return RWE_OK;
}

static size_t count_events(const struct rwe_survival_data *data, size_t cause)
{
    size_t n = 0;
    for (size_t i = 0; i < data->n; i++)
        n += data->event[i] == cause;
    return n;
}

static void present_adjusted(const struct question *q, struct rwe_grid *grid,
                             const struct rwe_cox_model *model)
{
    const char *what = rwe_text("adjusted Fine–Gray model");
    struct rwe_document *document = q->run->document;
    struct rwe_key key = rwe_key_cause("finegray", q->endpoint, q->design, q->cause);
    key.model = model->name;
    rwe_grid_row(grid, 0, "%s = %s, %s", q->endpoint->name, q->endpoint->cause_name[q->cause - 1],
                 q->design->label);
    rwe_grid_put(grid, &key, (double)model->data.n);
    rwe_grid_put(grid, &key, (double)count_events(&model->data, q->cause));
    rwe_document_number(document, &key, "n.missing", (double)model->n_incomplete);
    for (size_t t = 0; t < model->n_terms; t++) {
        struct rwe_cox_shown shown = rwe_cox_term_facts(q->run, &key, model, t);
        bool bent = model->term[t].contrast_name != NULL;
        rwe_grid_row(grid, 1, bent ? N_("%s (Q3 against Q1)") : "%s", model->term[t].name);
        rwe_grid_empty(grid);
        rwe_grid_empty(grid);
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, shown.ratio, shown.low, shown.high);
        rwe_grid_cell(grid, RWE_CELL_P_VALUE, shown.p, RWE_NO_FACT, RWE_NO_FACT);
    }
    if (model->failure.status != RWE_OK) {
        warn_of(q, "not-estimable", what, model->failure.message);
        return;
    }
    const char *left_out = rwe_model_matrix_left_out(&model->matrix, NULL);
    if (left_out != NULL)
        warn_of(q, "collinear", what,
                rwe_arena_format(q->run->arena, rwe_text("left out: %s"), left_out));
    rwe_document_number(document, &key, "loglik.null", model->fit.loglik_null);
    rwe_document_number(document, &key, "loglik", model->fit.loglik);
    rwe_document_number(document, &key, "converged", model->fit.converged);
    if (!model->fit.converged)
        warn_of(q, "not-converged", what, rwe_text("Newton's method did not converge"));
}

static enum rwe_status run_adjusted(const struct question *q, struct rwe_grid *grid,
                                    struct rwe_error *error)
{
    static const struct rwe_design_view view = {RWE_STRATA_NONE, RWE_EVENTS_BY_CAUSE};
    struct rwe_mark mark = rwe_arena_mark(q->run->arena);
    struct rwe_cox_request request = {q->run, q->endpoint, q->design, RWE_COX_ADJUSTED, 0};
    struct rwe_cox_model model = {.name = "adjusted"};
    enum rwe_status status = rwe_cox_model_build(&request, view, &model, error);
    if (status == RWE_OK)
        status = fit_adjusted(q, &model, error);
    if (status != RWE_OK)
        return status;
    present_adjusted(q, grid, &model);
    rwe_arena_release(q->run->arena, mark);
    return RWE_OK;
}

static const struct rwe_table_column adjusted_columns[] = {
    {.heading = N_("endpoint, cause and term")},
    {N_("n"), RWE_CELL_COUNT, "n"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
    {.heading = N_("HR ({level} CI)")},
    {.heading = N_("p")},
};

static enum rwe_status adjust(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = rwe_cox_check_splines(run, error);
    if (status != RWE_OK)
        return status;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Subdistribution hazard ratios adjusted for covariates");
    RWE_GRID_COLUMNS(grid, adjusted_columns);
    status = for_each_cause(run, grid, run_adjusted, error);
    rwe_grid_note(grid,
                  "Fine and Gray's model of the arm and all covariates, among patients with a "
                  "value in each; sandwich variance. The ratios hold given the covariates and "
                  "are no rates' or risks' ratios.");
    if (cox_settings_of(run->settings)->spline.n > 0)
        rwe_grid_note(grid, "Q3 against Q1: natural cubic spline with 3 degrees of freedom; the "
                            "ratio of its quartiles, and p of all its terms.");
    return status;
}

/* ---- the analysis ---- */

struct settings {
    bool asked; /* by --cuminc, not by what brings it */
};

static const struct rwe_option flag = {RWE_FLAG_IN(struct settings, asked)};
static const struct rwe_options option_list = RWE_NO_OPTIONS_IN(struct settings);

static bool is_asked(const struct rwe_run *run)
{
    const struct settings *settings = rwe_settings_of(run->settings, &option_list);
    return settings->asked;
}

static bool has_competing_causes(const struct rwe_cohort *cohort)
{
    bool competing = false;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        competing = competing || cohort->endpoint[e].n_causes > 1;
    return competing;
}

/* Curves first, then one table that compares the arms everywhere. */
static enum rwe_status run_cuminc(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = rwe_need_endpoint(run, "cuminc", error);
    if (status != RWE_OK)
        return status;
    if (!has_competing_causes(cohort))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--cuminc needs an endpoint with competing causes: say --endpoint "
                        "\"NAME=TIME,STATUS:1;2\", where 1 is its own event and 2 competes");
    rwe_document_section(run->document, 1, "Competing risks");
    for (size_t e = 0; status == RWE_OK && e < cohort->n_endpoints; e++)
        if (cohort->endpoint[e].n_causes > 1)
            status = run_curves(run, &cohort->endpoint[e], error);
    if (status == RWE_OK && cohort->n_arms >= 2)
        status = compare_arms(run, error);
    /* By name, not by what brings --cuminc with it: a model more is an answer more to read. */
    bool adjusted =
        run->replicate == 0 && cohort->n_arms >= 2 && cohort->n_covariates > 0 && is_asked(run);
    return status == RWE_OK && adjusted ? adjust(run, error) : status;
}

const struct rwe_analysis rwe_analysis_cuminc = {
    .name = "cuminc",
    .section = RWE_SECTION_SURVIVAL,
    .method = N_("cumulative incidence"),
    .compares_arms = true,
    .help =
        N_("Competing risks: cumulative incidence by arm and cause, Gray's test, subdistribution "
           "(Fine-Gray) and cause-specific hazard ratios. For endpoints NAME=TIME,STATUS:1;2."),
    .flag = &flag,
    .options = &option_list,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_cuminc,
};
