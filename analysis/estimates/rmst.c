/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restricted mean survival time and time lost, by arm and compared. See rmst.md. */
#include "rmst.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"

#include <assert.h>
#include <math.h>

static const struct rwe_option options[] = {
    {.name = "tau",
     RWE_NUMBER_IN(struct rmst_settings, tau),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "X",
     .low = 1e-300,
     .high = 1e300,
     .acts_with = "rmst cox",
     .help = N_("Horizon of restricted means, in the file's unit (default: by --tau-rule).")},
    {.name = "tau-rule",
     RWE_CHOICE_IN(struct rmst_settings, tau_rule),
     RWE_WORD_IN(struct rmst_settings, tau_rule_word),
     .section = RWE_SECTION_SURVIVAL,
     .argument = "at-risk|last|event|longest",
     .choices = "at-risk|last|event|longest",
     .fallback = "at-risk",
     .acts_with = "rmst cox",
     .help =
         N_("Without --tau: the least of the arms' last times with at least 10 at risk (default), "
            "the least of the arms' largest times (as R's survRM2), or the largest time of an "
            "event or of anybody (SAS).")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct rmst_settings, options);

const struct rmst_settings *rmst_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &option_list);
}

enum rwe_status rmst_horizon(const struct rwe_run *run, const struct rwe_survival_data *data,
                             double *tau, struct rwe_error *error)
{
    struct rwe_event_table table;
    struct rwe_survival_data rows = *data;
    rows.weight = NULL;
    rows.estimation = NULL;
    const struct rmst_settings *settings = rmst_settings_of(run->settings);
    *tau = settings->tau;
    if (!isnan(*tau))
        return RWE_OK;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = rwe_event_table_build(&rows, run->arena, &table, error);
    if (status != RWE_OK)
        return status;
    *tau = rwe_rmst_tau(&table, settings->tau_rule);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

/* In the order of the choices of --tau-rule, which is that of rwe_rmst_rule. */
static const char *const rule_notes[] = {
    N_("tau is the least of the arms' last times with at least 10 at risk, in each population "
       "(--tau-rule at-risk); "
       "--tau sets it."),
    N_("tau is the least of the arms' largest times, in each population (--tau-rule last); --tau "
       "sets it."),
    N_("tau is the largest time of an event in any arm, in each population (--tau-rule event); "
       "--tau sets it."),
    N_("tau is the largest time in any arm, in each population (--tau-rule longest); --tau sets "
       "it."),
};
static_assert(RWE_RMST_ENOUGH == 10, "the words above");

static const struct rwe_table_column mean_columns[] = {
    {.heading = N_("endpoint and arm")},
    {N_("tau{unit}"), RWE_CELL_TIME, "tau"},
    {N_("mean{unit}\n({level} CI)"), RWE_CELL_MEAN_TIME_LIMITS,
     "estimate [std.error] conf.low conf.high"},
    {N_("time lost{unit}\n({level} CI)"), RWE_CELL_MEAN_TIME_LIMITS,
     "estimate [std.error] conf.low conf.high"},
};

static const struct rwe_table_column contrast_columns[] = {
    {.heading = N_("endpoint and contrast")},
    {N_("estimate\n({level} CI)"), RWE_CELL_RATIO_LIMITS,
     "[tau] estimate [std.error] conf.low conf.high"},
    {N_("p"), RWE_CELL_P_VALUE, "p.value"},
};

enum { CURVE_POINTS = 50 };

/* An endpoint in a population, and the tables that its results go to. */
struct part {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    struct rwe_grid *means, *contrasts;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_rmst_options options;
};

/* The horizon is that of the data: else a replicate would estimate something else. */
static enum rwe_status prepare(struct part *part, struct rwe_error *error)
{
    struct rwe_run *run = part->run;
    struct rwe_key key = rwe_key_in("rmst", part->endpoint, part->design);
    double tau = NAN;
    enum rwe_status status =
        rwe_design_survival(run->cohort, part->design, part->endpoint, (struct rwe_design_view){0},
                            run->arena, &part->data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&part->data, run->arena, &part->table, error);
    if (status == RWE_OK)
        status = rmst_horizon(run, &part->data, &tau, error);
    part->options = rwe_rmst_options_default();
    part->options.conf_level = rwe_statistics_of(run->settings)->conf_level;
    part->options.tau = rwe_run_fixed(run, &key, "tau", tau);
    return status;
}

/* What the data do not hold is a null fact and a warning, and no error. */
static enum rwe_status or_null(const struct part *part, enum rwe_status status,
                               const struct rwe_error *reason, struct rwe_error *error)
{
    struct rwe_document *document = part->run->document;
    const struct rwe_cohort *cohort = part->run->cohort;
    if (status == RWE_OK)
        return RWE_OK;
    if (status != RWE_NOT_ESTIMABLE) {
        *error = *reason;
        return status;
    }
    if (reason->index < cohort->n_arms)
        rwe_document_warning(document, "not-estimable", "rmst",
                             "%s, %s: arm %s is not followed up to tau = %g, and its curve is not "
                             "carried on. Give a lower --tau.",
                             part->endpoint->name, part->design->label,
                             cohort->arm_level[reason->index], part->options.tau);
    else
        rwe_document_warning(document, "not-estimable", "rmst", "%s, %s: %s.", part->endpoint->name,
                             part->design->label, reason->message);
    return RWE_OK;
}

/* ---- means ---- */

static enum rwe_status run_arm(struct part *part, size_t arm, struct rwe_error *error)
{
    struct rwe_run *run = part->run;
    struct rwe_error reason = {0};
    struct rwe_rmst mean;
    double tau = part->options.tau;
    enum rwe_status status =
        rwe_rmst_fit(&part->data, &part->table, arm, &part->options, run->arena, &mean, &reason);
    if (status != RWE_OK)
        mean = (struct rwe_rmst){NAN, NAN, NAN, NAN, false};
    struct rwe_key key =
        rwe_key_arm(rwe_key_in("rmst", part->endpoint, part->design), run->cohort, arm);
    const struct rwe_inference own = {.value = mean.estimate,
                                      .std_error = mean.std_error,
                                      .df = INFINITY,
                                      .conf_low = mean.conf_low,
                                      .conf_high = mean.conf_high,
                                      .p_value = NAN};
    struct rwe_inference of = rwe_run_estimate(run, &key, "estimate", RWE_ESTIMATE_PLAIN, &own);
    rwe_grid_row(part->means, 1, "%s", run->cohort->arm_level[arm]);
    rwe_grid_put(part->means, &key, tau);
    rwe_grid_put(part->means, &key, of.value, of.std_error, of.conf_low, of.conf_high);
    key.term = "rmtl";
    rwe_grid_put(part->means, &key, tau - of.value, of.std_error, tau - of.conf_high,
                 tau - of.conf_low);
    return or_null(part, status, &reason, error);
}

/* ---- contrasts ---- */

static const struct {
    enum rwe_rmst_contrast contrast;
    const char *term, *label; /* of the arm and the first one */
} contrasts[] = {
    {RWE_RMST_DIFFERENCE, "difference", N_("difference of means, %s against %s")},
    {RWE_RMST_RATIO, "ratio", N_("ratio of means, %s against %s")},
    {RWE_RMST_LOST_RATIO, "rmtl.ratio", N_("ratio of time lost, %s against %s")},
};
enum { N_CONTRASTS = sizeof contrasts / sizeof *contrasts };

/* The difference as it is, a ratio by its logarithm. */
static struct rwe_inference inference_of(const struct rwe_rmst_comparison *result, bool is_ratio)
{
    return (struct rwe_inference){
        .value = is_ratio ? log(result->estimate) : result->estimate,
        .std_error = result->std_error,
        .df = INFINITY,
        .conf_low = is_ratio ? log(result->conf_low) : result->conf_low,
        .conf_high = is_ratio ? log(result->conf_high) : result->conf_high,
        .p_value = result->p_value,
    };
}

static void present_contrast(const struct part *part, const struct rwe_key *key,
                             const struct rwe_inference *of, bool is_ratio)
{
    struct rwe_grid *grid = part->contrasts;
    if (is_ratio)
        rwe_grid_put(grid, key, part->options.tau, exp(of->value), of->std_error, exp(of->conf_low),
                     exp(of->conf_high));
    else
        rwe_grid_put_as(grid, RWE_CELL_MEAN_TIME_LIMITS, key, part->options.tau, of->value,
                        of->std_error, of->conf_low, of->conf_high);
    rwe_grid_put(grid, key, of->p_value);
}

/* Why a difference does not exist is said with the means; a ratio has a reason of its own. */
static enum rwe_status run_contrast(struct part *part, size_t arm, size_t c,
                                    struct rwe_error *error)
{
    struct rwe_run *run = part->run;
    const struct rwe_rmst_request request = {contrasts[c].contrast, 0, arm};
    bool is_ratio = contrasts[c].contrast != RWE_RMST_DIFFERENCE;
    struct rwe_error reason = {0};
    struct rwe_rmst_comparison result;
    enum rwe_status status = rwe_rmst_compare(&part->data, &part->table, &request, &part->options,
                                              run->arena, &result, &reason);
    if (status != RWE_OK)
        result = (struct rwe_rmst_comparison){NAN, NAN, NAN, NAN, NAN, false};
    struct rwe_key key = rwe_key_in("rmst", part->endpoint, part->design);
    key.term = contrasts[c].term;
    if (run->cohort->n_arms > 2)
        key.level = run->cohort->arm_level[arm];
    struct rwe_inference own = inference_of(&result, is_ratio);
    struct rwe_inference of = rwe_run_estimate(
        run, &key, "estimate", is_ratio ? RWE_ESTIMATE_LOG_RATIO : RWE_ESTIMATE_PLAIN, &own);
    rwe_grid_row(part->contrasts, 1, contrasts[c].label, run->cohort->arm_level[arm],
                 run->cohort->arm_level[0]);
    present_contrast(part, &key, &of, is_ratio);
    if (status == RWE_NOT_ESTIMABLE && reason.index != RWE_NO_INDEX)
        return RWE_OK;
    return or_null(part, status, &reason, error);
}

/* ---- the means as the horizon moves ---- */

static const char *const curve_names[] = {"time", "estimate", "std.error", "conf.low", "conf.high"};
enum { N_CURVE_COLUMNS = sizeof curve_names / sizeof *curve_names };

/* One point of an arm's series, or of the difference from the first where `contrast`. */
static enum rwe_status curve_point(struct part *part, size_t arm, bool contrast, size_t k,
                                   double *const column[], struct rwe_error *error)
{
    struct rwe_rmst_options at = part->options;
    struct rwe_rmst mean = {0};
    struct rwe_rmst_comparison difference = {0};
    const struct rwe_rmst_request request = {RWE_RMST_DIFFERENCE, 0, arm};
    at.tau = k + 1 == CURVE_POINTS ? at.tau : at.tau * (double)(k + 1) / CURVE_POINTS;
    enum rwe_status status = contrast ? rwe_rmst_compare(&part->data, &part->table, &request, &at,
                                                         part->run->arena, &difference, error)
                                      : rwe_rmst_fit(&part->data, &part->table, arm, &at,
                                                     part->run->arena, &mean, error);
    column[0][k] = at.tau;
    column[1][k] = contrast ? difference.estimate : mean.estimate;
    column[2][k] = contrast ? difference.std_error : mean.std_error;
    column[3][k] = contrast ? difference.conf_low : mean.conf_low;
    column[4][k] = contrast ? difference.conf_high : mean.conf_high;
    return status;
}

/* A series of 50 horizons up to tau. None where tau itself is out of reach. `columns` are of the
 * run and outlive the document. */
static enum rwe_status add_curve(struct part *part, size_t arm, bool contrast,
                                 double *const column[N_CURVE_COLUMNS], struct rwe_error *error)
{
    struct rwe_error reason = {0};
    enum rwe_status status = RWE_OK;
    for (size_t k = 0; k < CURVE_POINTS && status == RWE_OK; k++)
        status = curve_point(part, arm, contrast, k, column, &reason);
    if (status == RWE_NOT_ESTIMABLE)
        return RWE_OK;
    if (status != RWE_OK) {
        *error = reason;
        return status;
    }
    const struct rwe_cohort *cohort = part->run->cohort;
    struct rwe_key key = rwe_key_in("rmst", part->endpoint, part->design);
    if (!contrast)
        key = rwe_key_arm(key, cohort, arm);
    else
        key.term = "difference";
    if (contrast && cohort->n_arms > 2)
        key.level = cohort->arm_level[arm];
    rwe_document_series(part->run->document, &key, NULL, CURVE_POINTS, N_CURVE_COLUMNS, curve_names,
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

static enum rwe_status add_curves(struct part *part, double **column, struct rwe_error *error)
{
    size_t n_arms = part->run->cohort->n_arms;
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < n_arms && status == RWE_OK; a++, column += N_CURVE_COLUMNS)
        status = add_curve(part, a, false, column, error);
    for (size_t a = 1; a < n_arms && status == RWE_OK; a++, column += N_CURVE_COLUMNS)
        status = add_curve(part, a, true, column, error);
    return status;
}

static enum rwe_status run_part(struct part *part, double **column, struct rwe_error *error)
{
    size_t n_arms = part->run->cohort->n_arms;
    enum rwe_status status = prepare(part, error);
    rwe_grid_row(part->means, 0, "%s, %s", part->endpoint->name, part->design->label);
    rwe_grid_row(part->contrasts, 0, "%s, %s", part->endpoint->name, part->design->label);
    for (size_t a = 0; a < n_arms && status == RWE_OK; a++)
        status = run_arm(part, a, error);
    for (size_t a = 1; a < n_arms; a++)
        for (size_t c = 0; c < N_CONTRASTS && status == RWE_OK; c++)
            status = run_contrast(part, a, c, error);
    if (status == RWE_OK && column != NULL)
        status = add_curves(part, column, error);
    return status;
}

static enum rwe_status run_population(struct part *part, struct rwe_error *error)
{
    struct rwe_run *run = part->run;
    double **column = NULL;
    if (run->document != NULL) {
        column = series_columns(run, 2 * run->cohort->n_arms - 1);
        if (column == NULL)
            return rwe_fail_memory(error);
    }
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = run_part(part, column, error);
    rwe_arena_release(run->arena, mark);
    return status;
}

/* Which horizon and which variance. */
static void add_notes(struct rwe_run *run, struct rwe_grid *means, struct rwe_grid *compared)
{
    const struct rmst_settings *settings = rmst_settings_of(run->settings);
    rwe_grid_note(means,
                  "Area under the Kaplan–Meier curve up to tau; time lost is the rest of tau.");
    if (isnan(settings->tau))
        rwe_grid_note(means, "%s", rwe_text(rule_notes[settings->tau_rule]));
    rwe_grid_note(compared, "Wald limits and p-values; those of ratios on the log scale.");
    rwe_note_variances(run, compared, "rmst", rwe_text("Variance"), rwe_text("Greenwood's"));
    rwe_bootstrap_note(run, compared);
}

static enum rwe_status run_rmst(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    enum rwe_status status = rwe_need_endpoint(run, "rmst", error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Restricted mean survival time");
    struct rwe_grid *means = rwe_document_table(run->document, "Means by arm");
    RWE_GRID_COLUMNS(means, mean_columns);
    struct rwe_grid *compared = rwe_document_table(run->document, "Restricted means compared");
    RWE_GRID_COLUMNS(compared, contrast_columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            struct part part = {.run = run,
                                .endpoint = &run->cohort->endpoint[e],
                                .design = &run->design[d],
                                .means = means,
                                .contrasts = compared};
            status = run_population(&part, error);
        }
    add_notes(run, means, compared);
    return status;
}

const struct rwe_analysis rwe_analysis_rmst = {
    .name = "rmst",
    .section = RWE_SECTION_SURVIVAL,
    .method = N_("restricted mean survival"),
    .measure = N_("difference in restricted means"),
    .compares_arms = true,
    .help =
        N_("Restricted mean survival time and time lost up to --tau by arm, their difference and "
           "ratios."),
    .options = &option_list,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_rmst,
};
