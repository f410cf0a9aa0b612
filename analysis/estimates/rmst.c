/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restricted mean survival time and time lost, by arm and compared. See rmst.md. */
#include "rmst.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"

#include <assert.h>
#include <math.h>

static const struct rwe_option options[] = {
    {.name = "tau",
     RWE_NUMBER_IN(struct rmst_settings, tau),
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .low = 1e-300,
     .high = 1e300,
     .help = "Horizon of restricted means, in the file's unit (default: by --tau-rule)."},
    {.name = "tau-rule",
     RWE_CHOICE_IN(struct rmst_settings, tau_rule),
     RWE_WORD_IN(struct rmst_settings, tau_rule_word),
     .section = RWE_SECTION_METHOD,
     .argument = "at-risk|last|event|longest",
     .choices = "at-risk|last|event|longest",
     .fallback = "at-risk",
     .help = "Without --tau: the least of the arms' last times with at least 10 at risk (default), "
             "the least of the arms' largest times (as R's survRM2), or the largest time of an "
             "event or of anybody (SAS)."},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct rmst_settings, options);

const struct rmst_settings *rmst_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &option_list);
}

/* In the order of the choices of --tau-rule, which is that of rwe_rmst_rule. */
static const char *const rules[] = {
    "the least of the arms' last times with at least 10 at risk",
    "the least of the arms' largest times",
    "the largest time of an event in any arm",
    "the largest time in any arm",
};
static_assert(RWE_RMST_ENOUGH == 10, "the words above");

enum { CURVE_POINTS = 50 };

/* An endpoint in a population, and the tables that its results go to. */
struct job {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    struct rwe_grid *means, *contrasts;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_rmst_options options;
};

static enum rwe_status prepare(struct job *job, struct rwe_error *error)
{
    struct rwe_run *run = job->run;
    enum rwe_status status =
        rwe_design_survival(run->cohort, job->design, job->endpoint, (struct rwe_design_view){0},
                            run->arena, &job->data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&job->data, run->arena, &job->table, error);
    job->options = rwe_rmst_options_default();
    job->options.conf_level = rwe_statistics_of(run->settings)->conf_level;
    if (status == RWE_OK)
        status = rwe_horizon_of(run, &job->data, &job->options.tau, error);
    return status;
}

/* What the data do not hold is a null fact and a warning, and no error. */
static enum rwe_status or_null(const struct job *job, enum rwe_status status,
                               const struct rwe_error *reason, struct rwe_error *error)
{
    if (status == RWE_OK)
        return RWE_OK;
    if (status != RWE_NOT_ESTIMABLE) {
        *error = *reason;
        return status;
    }
    if (reason->index < job->run->cohort->n_arms)
        rwe_document_warning(job->run->document, "not-estimable", "rmst",
                             "%s, %s: arm %s is not followed up to tau = %g, and its curve is not "
                             "carried on. Give a lower --tau.",
                             job->endpoint->name, job->design->label,
                             job->run->cohort->arm_level[reason->index], job->options.tau);
    else
        rwe_document_warning(job->run->document, "not-estimable", "rmst", "%s, %s: %s.",
                             job->endpoint->name, job->design->label, reason->message);
    return RWE_OK;
}

/* ---- means ---- */

static void present_time(struct job *job, struct rwe_grid *grid, const struct rwe_key *key,
                         const struct rwe_rmst *mean)
{
    struct rwe_document *document = job->run->document;
    rwe_fact value = rwe_document_number(document, key, "estimate", mean->estimate);
    rwe_document_number(document, key, "std.error", mean->std_error);
    rwe_fact low = rwe_document_number(document, key, "conf.low", mean->conf_low);
    rwe_fact high = rwe_document_number(document, key, "conf.high", mean->conf_high);
    /* A statistic's null reads "NE"; that of a time would read "not reached". */
    rwe_grid_cell(grid, isnan(mean->estimate) ? RWE_CELL_STATISTIC : RWE_CELL_TIME_LIMITS, value,
                  low, high);
}

static enum rwe_status run_arm(struct job *job, size_t arm, struct rwe_error *error)
{
    struct rwe_run *run = job->run;
    struct rwe_error reason = {0};
    struct rwe_rmst mean;
    enum rwe_status status =
        rwe_rmst_fit(&job->data, &job->table, arm, &job->options, run->arena, &mean, &reason);
    if (status != RWE_OK)
        mean = (struct rwe_rmst){NAN, NAN, NAN, NAN, false};
    double tau = job->options.tau;
    struct rwe_key key =
        rwe_key_arm(rwe_key_in("rmst", job->endpoint, job->design), run->cohort, arm);
    struct rwe_inference drawn;
    if (rwe_bootstrap_infer(run, &key, "estimate", &drawn))
        mean = (struct rwe_rmst){mean.estimate, drawn.std_error, drawn.conf_low, drawn.conf_high,
                                 mean.robust};
    struct rwe_rmst lost = {tau - mean.estimate, mean.std_error, tau - mean.conf_high,
                            tau - mean.conf_low, mean.robust};
    rwe_grid_row(job->means, 1, "%s", run->cohort->arm_level[arm]);
    rwe_grid_cell(job->means, RWE_CELL_TIME, rwe_document_number(run->document, &key, "tau", tau),
                  RWE_NO_FACT, RWE_NO_FACT);
    present_time(job, job->means, &key, &mean);
    key.term = "rmtl";
    present_time(job, job->means, &key, &lost);
    return or_null(job, status, &reason, error);
}

/* ---- contrasts ---- */

static const struct {
    enum rwe_rmst_contrast contrast;
    const char *term, *label;
} contrasts[] = {
    {RWE_RMST_DIFFERENCE, "difference", "difference of means"},
    {RWE_RMST_RATIO, "ratio", "ratio of means"},
    {RWE_RMST_LOST_RATIO, "rmtl.ratio", "ratio of time lost"},
};
enum { N_CONTRASTS = sizeof contrasts / sizeof *contrasts };

/* Its own error, limits and p, or those of the bootstrap, whose limits of a ratio are of the log. */
static struct rwe_inference contrast_inference(const struct job *job, const struct rwe_key *key,
                                               enum rwe_rmst_contrast contrast,
                                               const struct rwe_rmst_comparison *result)
{
    struct rwe_inference of = {result->std_error, result->conf_low, result->conf_high,
                               result->p_value};
    if (rwe_bootstrap_infer(job->run, key, "estimate", &of) && contrast != RWE_RMST_DIFFERENCE) {
        of.conf_low = exp(of.conf_low);
        of.conf_high = exp(of.conf_high);
    }
    return of;
}

static void present_contrast(struct job *job, const struct rwe_key *key,
                             enum rwe_rmst_contrast contrast,
                             const struct rwe_rmst_comparison *result)
{
    struct rwe_document *document = job->run->document;
    rwe_document_number(document, key, "tau", job->options.tau);
    rwe_fact value = rwe_document_number(document, key, "estimate", result->estimate);
    struct rwe_inference of = contrast_inference(job, key, contrast, result);
    rwe_document_number(document, key, "std.error", of.std_error);
    rwe_fact low = rwe_document_number(document, key, "conf.low", of.conf_low);
    rwe_fact high = rwe_document_number(document, key, "conf.high", of.conf_high);
    rwe_fact p = rwe_document_number(document, key, "p.value", of.p_value);
    enum rwe_cell_class class = isnan(result->estimate)           ? RWE_CELL_STATISTIC
                                : contrast == RWE_RMST_DIFFERENCE ? RWE_CELL_TIME_LIMITS
                                                                  : RWE_CELL_RATIO_LIMITS;
    rwe_grid_cell(job->contrasts, class, value, low, high);
    rwe_grid_cell(job->contrasts, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
}

/* Why a difference does not exist is said with the means; a ratio has a reason of its own. */
static enum rwe_status run_contrast(struct job *job, size_t arm, size_t c, struct rwe_error *error)
{
    struct rwe_run *run = job->run;
    const struct rwe_rmst_request request = {contrasts[c].contrast, 0, arm};
    struct rwe_error reason = {0};
    struct rwe_rmst_comparison result;
    enum rwe_status status = rwe_rmst_compare(&job->data, &job->table, &request, &job->options,
                                              run->arena, &result, &reason);
    if (status != RWE_OK)
        result = (struct rwe_rmst_comparison){NAN, NAN, NAN, NAN, NAN, false};
    struct rwe_key key = rwe_key_in("rmst", job->endpoint, job->design);
    key.term = contrasts[c].term;
    if (run->cohort->n_arms > 2)
        key.level = run->cohort->arm_level[arm];
    rwe_grid_row(job->contrasts, 1, "%s, %s against %s", contrasts[c].label,
                 run->cohort->arm_level[arm], run->cohort->arm_level[0]);
    present_contrast(job, &key, contrasts[c].contrast, &result);
    if (status == RWE_NOT_ESTIMABLE && reason.index != RWE_NO_INDEX)
        return RWE_OK;
    return or_null(job, status, &reason, error);
}

/* ---- the means as the horizon moves ---- */

static const char *const curve_names[] = {"time", "estimate", "std.error", "conf.low", "conf.high"};
enum { N_CURVE_COLUMNS = sizeof curve_names / sizeof *curve_names };

/* One point of an arm's series, or of the difference from the first where `contrast`. */
static enum rwe_status curve_point(struct job *job, size_t arm, bool contrast, size_t k,
                                   double *const column[], struct rwe_error *error)
{
    struct rwe_rmst_options at = job->options;
    struct rwe_rmst mean = {0};
    struct rwe_rmst_comparison difference = {0};
    const struct rwe_rmst_request request = {RWE_RMST_DIFFERENCE, 0, arm};
    at.tau = k + 1 == CURVE_POINTS ? at.tau : at.tau * (double)(k + 1) / CURVE_POINTS;
    enum rwe_status status =
        contrast ? rwe_rmst_compare(&job->data, &job->table, &request, &at, job->run->arena,
                                    &difference, error)
                 : rwe_rmst_fit(&job->data, &job->table, arm, &at, job->run->arena, &mean, error);
    column[0][k] = at.tau;
    column[1][k] = contrast ? difference.estimate : mean.estimate;
    column[2][k] = contrast ? difference.std_error : mean.std_error;
    column[3][k] = contrast ? difference.conf_low : mean.conf_low;
    column[4][k] = contrast ? difference.conf_high : mean.conf_high;
    return status;
}

/* A series of 50 horizons up to tau. None where tau itself is out of reach. `columns` are of the
 * run and outlive the document. */
static enum rwe_status add_curve(struct job *job, size_t arm, bool contrast,
                                 double *const column[N_CURVE_COLUMNS], struct rwe_error *error)
{
    struct rwe_error reason = {0};
    enum rwe_status status = RWE_OK;
    for (size_t k = 0; k < CURVE_POINTS && status == RWE_OK; k++)
        status = curve_point(job, arm, contrast, k, column, &reason);
    if (status == RWE_NOT_ESTIMABLE)
        return RWE_OK;
    if (status != RWE_OK) {
        *error = reason;
        return status;
    }
    const struct rwe_cohort *cohort = job->run->cohort;
    struct rwe_key key = rwe_key_in("rmst", job->endpoint, job->design);
    if (!contrast)
        key = rwe_key_arm(key, cohort, arm);
    else
        key.term = "difference";
    if (contrast && cohort->n_arms > 2)
        key.level = cohort->arm_level[arm];
    rwe_document_series(job->run->document, &key, NULL, CURVE_POINTS, N_CURVE_COLUMNS, curve_names,
                        (const double *const *)column);
    return RWE_OK;
}

/* ---- the whole ---- */

/* Columns of all series of a population lie below its workspace, which is released. */
static double **series_columns(struct rwe_run *run, size_t n_series)
{
    size_t n = n_series * N_CURVE_COLUMNS;
    double **column = RWE_NEW(run->arena, double *, n);
    for (size_t i = 0; column != NULL && i < n; i++)
        column[i] = RWE_NEW(run->arena, double, CURVE_POINTS);
    return rwe_arena_failed(run->arena) ? NULL : column;
}

static enum rwe_status run_job(struct job *job, double **column, struct rwe_error *error)
{
    size_t n_arms = job->run->cohort->n_arms;
    enum rwe_status status = prepare(job, error);
    rwe_grid_row(job->means, 0, "%s, %s", job->endpoint->name, job->design->label);
    rwe_grid_row(job->contrasts, 0, "%s, %s", job->endpoint->name, job->design->label);
    for (size_t a = 0; a < n_arms && status == RWE_OK; a++)
        status = run_arm(job, a, error);
    for (size_t a = 1; a < n_arms; a++)
        for (size_t c = 0; c < N_CONTRASTS && status == RWE_OK; c++)
            status = run_contrast(job, a, c, error);
    for (size_t a = 0; a < n_arms && status == RWE_OK; a++, column += N_CURVE_COLUMNS)
        status = add_curve(job, a, false, column, error);
    for (size_t a = 1; a < n_arms && status == RWE_OK; a++, column += N_CURVE_COLUMNS)
        status = add_curve(job, a, true, column, error);
    return status;
}

static enum rwe_status run_population(struct job *job, struct rwe_error *error)
{
    struct rwe_run *run = job->run;
    double **column = series_columns(run, 2 * run->cohort->n_arms - 1);
    if (column == NULL)
        return rwe_fail_memory(error);
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = run_job(job, column, error);
    rwe_arena_release(run->arena, mark);
    return status;
}

static void begin_tables(struct rwe_run *run, struct rwe_grid **means, struct rwe_grid **compared)
{
    const char *unit = rwe_time_unit_suffix(run), *level = rwe_conf_level_text(run);
    rwe_document_section(run->document, 1, "Restricted mean survival time");
    *means = rwe_document_table(run->document, "Means by arm");
    rwe_grid_column(*means, "endpoint and arm");
    rwe_grid_column(*means, "tau%s", unit);
    rwe_grid_column(*means, "mean%s\n(%s CI)", unit, level);
    rwe_grid_column(*means, "time lost%s\n(%s CI)", unit, level);
    *compared = rwe_document_table(run->document, "Restricted means compared");
    rwe_grid_column(*compared, "endpoint and contrast");
    rwe_grid_column(*compared, "estimate\n(%s CI)", level);
    rwe_grid_column(*compared, "p");
}

/* Which horizon and which variance. */
static void add_notes(struct rwe_run *run, struct rwe_grid *means, struct rwe_grid *compared)
{
    const struct rmst_settings *settings = rmst_settings_of(run->settings);
    rwe_grid_note(means,
                  "Area under the Kaplan–Meier curve up to tau; time lost is the rest of tau.");
    if (isnan(settings->tau))
        rwe_grid_note(means, "tau is %s, in each population (--tau-rule %s); --tau sets it.",
                      rules[settings->tau_rule], settings->tau_rule_word);
    rwe_grid_note(compared, "Wald limits and p-values; those of ratios on the log scale.");
    rwe_note_variances(run, compared, "rmst", "Variance", "Greenwood's");
    rwe_bootstrap_note(run, compared);
}

static enum rwe_status run_rmst(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = rwe_need_endpoint(run, "rmst", error);
    if (status != RWE_OK)
        return status;
    struct rwe_grid *means, *compared;
    begin_tables(run, &means, &compared);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            struct job job = {.run = run,
                              .endpoint = &run->cohort->endpoint[e],
                              .design = &run->design[d],
                              .means = means,
                              .contrasts = compared};
            status = run_population(&job, error);
        }
    add_notes(run, means, compared);
    return status;
}

/* ---- for replicates ---- */

/* Means, against that of the first arm. */
static void add_contrasts(struct rwe_key key, double tau, double first, double mean,
                          struct rwe_estimates *estimates)
{
    const double value[] = {mean - first, log(mean / first), log((tau - mean) / (tau - first))};
    for (size_t c = 0; c < N_CONTRASTS; c++) {
        key.term = contrasts[c].term;
        rwe_estimates_add(estimates, &key, "estimate",
                          contrasts[c].contrast == RWE_RMST_DIFFERENCE ? RWE_ESTIMATE_PLAIN
                                                                       : RWE_ESTIMATE_LOG_RATIO,
                          value[c]);
    }
}

/* The horizon is that of the data: else a replicate would estimate something else. */
static enum rwe_status estimate_job(struct job *job, struct rwe_estimates *estimates,
                                    struct rwe_error *error)
{
    const struct rwe_cohort *cohort = job->run->cohort;
    struct rwe_key key = rwe_key_in("rmst", job->endpoint, job->design);
    double first = NAN;
    enum rwe_status status = prepare(job, error);
    if (status != RWE_OK)
        return status;
    job->options.tau = rwe_estimates_keep(estimates, job->options.tau);
    for (size_t a = 0; a < cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, cohort, a);
        struct rwe_rmst mean;
        status =
            rwe_rmst_fit(&job->data, &job->table, a, &job->options, job->run->arena, &mean, error);
        if (status == RWE_NO_MEMORY)
            return status;
        double value = status == RWE_OK ? mean.estimate : NAN;
        rwe_estimates_add(estimates, &arm, "estimate", RWE_ESTIMATE_PLAIN, value);
        key.level = cohort->n_arms > 2 ? cohort->arm_level[a] : NULL;
        if (a == 0)
            first = value;
        else
            add_contrasts(key, job->options.tau, first, value, estimates);
        key.level = NULL;
    }
    return RWE_OK;
}

static enum rwe_status estimate_rmst(struct rwe_run *run, struct rwe_estimates *estimates,
                                     struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            struct rwe_mark mark = rwe_arena_mark(run->arena);
            struct job job = {
                .run = run, .endpoint = &run->cohort->endpoint[e], .design = &run->design[d]};
            status = estimate_job(&job, estimates, error);
            if (!estimates->from_data)
                rwe_arena_release(run->arena, mark);
        }
    return status;
}

const struct rwe_analysis rwe_analysis_rmst = {
    .name = "rmst",
    .compares_arms = true,
    .help = "Restricted mean survival time and time lost up to --tau by arm, their difference and "
            "ratios.",
    .options = &option_list,
    .run = run_rmst,
    .estimate = estimate_rmst,
};
