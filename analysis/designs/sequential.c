/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sequence of nested trials: the design "sequential". See sequential.md. */
#include "sequential.h"

#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"

#include <float.h>
#include <string.h>

extern const struct rwe_analysis rwe_analysis_sequential;

static const struct rwe_option interval = {
    .kind = RWE_OPTION_NUMBER,
    .argument = "INTERVAL",
    .bare = "1",
    .low = 0,
    .high = 1e6,
};

static const struct rwe_option options[] = {
    {.name = "sequential-weights",
     .kind = RWE_OPTION_CHOICE,
     .section = RWE_SECTION_METHOD,
     .argument = "initiators|censoring",
     .choices = "initiators|censoring",
     .fallback = "initiators",
     .help =
         "Weights of nested trials: for artificial censoring and to make the unexposed like the "
         "initiators (default), or for censoring alone: then only adjusted models compare like "
         "with like."},
    {.name = "sequential-step",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .fallback = "1",
     .low = 1e-3,
     .high = 1e6,
     .help = "How often the weights of nested trials change after the start of each, in the file's "
             "unit (default 1)."},
    {.name = "sequential-truncate",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .fallback = "99",
     .low = 50,
     .high = 100,
     .help = "Make censoring weights of nested trials above this percentile equal to it (default "
             "99; 100: leave them)."},
    {.name = "sequential-response",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Objective response (--response-column) is known before exposure begins: it enters "
             "the weights of nested trials beside the covariates."},
    {.name = "export-trials",
     .kind = RWE_OPTION_PATH,
     .section = RWE_SECTION_OUTPUT,
     .argument = "FILE",
     .help = "Write the follow-ups of nested trials as CSV: endpoint, id, trial, arm, from, until, "
             "weight, event."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* ---- one endpoint ---- */

static enum rwe_status explain_weight(const struct rwe_run *run,
                                      const struct sequential *sequential,
                                      const struct rwe_endpoint *endpoint, size_t subject,
                                      struct rwe_error *error)
{
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "--sequential, \"%s\": subject %s would have a weight without end, or none at "
                    "all, since exposure was certain or out of the question: restrict the cohort "
                    "to those who had a choice",
                    endpoint->name, run->cohort->id[sequential->columns.subject[subject]]);
}

/* Whether exposure begins, or cannot any more, at the same times as for the endpoint before: its follow-up
 * may end with any of them. */
static bool same_starts(const struct rwe_clones *a, const struct rwe_clones *b)
{
    return a->n == b->n && a->last_exposure == b->last_exposure &&
           memcmp(a->end[0], b->end[0], a->n * sizeof *a->end[0]) == 0 &&
           memcmp(a->left[0], b->left[0], a->n * sizeof *a->left[0]) == 0;
}

/* The start of exposure as long as it could count: clones whose grace period has no end. */
static enum rwe_status fit_exposure(const struct rwe_run *run, const struct sequential *sequential,
                                    struct sequential_endpoint *of, struct rwe_error *error)
{
    const struct ccw_columns *columns = &sequential->columns;
    struct ccw_endpoint *exposure = &of->exposure;
    double *start = RWE_NEW(run->arena, double, run->cohort->n);
    double *open = RWE_NEW(run->arena, double, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < of->trials.n; k++) {
        start[columns->subject[k]] = of->trials.start[k];
        open[columns->subject[k]] = of->trials.open[k];
    }
    struct rwe_cohort settled = *run->cohort;
    struct rwe_endpoint at_risk = *exposure->endpoint; /* of beginning exposure */
    settled.exposure_start = start;
    at_risk.time = open;
    enum rwe_status status = rwe_clones_make(&settled, &at_risk, columns->subject, columns->n,
                                             DBL_MAX, run->arena, &exposure->clones, error);
    if (status != RWE_OK)
        return status;
    const struct sequential_endpoint *before = of == sequential->endpoint ? NULL : of - 1;
    if (before == NULL || !same_starts(&exposure->clones, &before->exposure.clones))
        return ccw_hazard(run, columns, exposure, &of->weights, error);
    of->weights = before->weights;
    exposure->hazard = before->exposure.hazard;
    return RWE_OK;
}

static enum rwe_status make_endpoint(const struct rwe_run *run, struct sequential *sequential,
                                     size_t e, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct ccw_columns *columns = &sequential->columns;
    struct sequential_endpoint *of = &sequential->endpoint[e];
    struct rwe_error reason = {0};
    of->exposure.endpoint = &cohort->endpoint[e];
    const struct sequential *data = rwe_run_state(run->data, &rwe_analysis_sequential);
    of->exposure.data = data == NULL ? NULL : &data->endpoint[e].exposure;
    enum rwe_status status =
        rwe_trials_make(cohort, of->exposure.endpoint, columns->subject, columns->n,
                        sequential->interval, run->arena, &of->trials, error);
    if (status == RWE_OK && of->trials.n_trials == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--sequential: of %zu subjects nobody began exposure while at risk for "
                        "\"%s\": there is no trial to emulate. Look at --exposure-start",
                        columns->n, cohort->endpoint[e].name);
    if (status == RWE_OK)
        status = fit_exposure(run, sequential, of, error);
    if (status != RWE_OK)
        return status;
    status = rwe_trials_rows(cohort, &of->trials, &of->weights, &sequential->options, run->arena,
                             &of->rows, &reason);
    if (status == RWE_NOT_FINITE)
        return explain_weight(run, sequential, of->exposure.endpoint, reason.index, error);
    if (status != RWE_OK)
        *error = reason;
    return status;
}

/* ---- the design ---- */

static struct rwe_design_words words_of(bool initiators)
{
    return (struct rwe_design_words){
        .heading = rwe_text("Sequential trials: begin now, or not"),
        .compared = rwe_text("begun against none"),
        .strategies = rwe_text("exposure begun now against none while followed"),
        .variable = rwe_text("time to %s, from the start of the trial or exposure"),
        .intercurrent = rwe_text("later exposure of the unexposed: hypothetical"),
        .method = initiators ? rwe_text("nested trials pooled, weights of initiation and censoring")
                             : rwe_text("nested trials pooled, censoring weights, Cox adjusted"),
    };
}

/* Initiators stand for themselves and weights make the others like them; where weights are for censoring
 * alone only the adjusted model compares like with like. */
static enum rwe_status make_design(struct rwe_run *run, struct sequential *sequential,
                                   struct rwe_error *error)
{
    size_t n = run->cohort->n_endpoints;
    bool initiators = sequential->options.initiators;
    struct rwe_design_rows *rows = RWE_NEW(run->arena, struct rwe_design_rows, n);
    if (rows == NULL)
        return rwe_fail_memory(error);
    for (size_t e = 0; e < n; e++)
        rows[e] = sequential->endpoint[e].rows.rows;
    sequential->design = (struct rwe_design){
        .name = "sequential",
        .label = rwe_text("Sequential trials"),
        .kind = RWE_DESIGN_TRIALS,
        .estimand = ccw_estimand(run, &sequential->columns,
                                 initiators ? RWE_OF_INITIATORS : RWE_OF_CANDIDATES),
        .contrast = RWE_CONTRAST_INITIATION,
        .clock = {RWE_CLOCK_TRIALS, sequential->interval},
        .arms_alike = initiators,
        .words = words_of(initiators),
        .by_endpoint = rows,
    };
    return rwe_run_add_design(run, &sequential->design, error);
}

static struct sequential *read_settings(const struct rwe_run *run)
{
    const struct rwe_settings *settings = run->settings;
    struct sequential *sequential = RWE_NEW(run->arena, struct sequential, 1);
    if (sequential == NULL)
        return NULL;
    sequential->interval = rwe_settings_number(settings, "sequential");
    sequential->options = rwe_trial_options_default();
    sequential->options.step = rwe_settings_number(settings, "sequential-step");
    sequential->options.truncate = rwe_settings_number(settings, "sequential-truncate") / 100;
    sequential->options.initiators = rwe_settings_choice(settings, "sequential-weights") == 0;
    sequential->endpoint =
        RWE_NEW(run->arena, struct sequential_endpoint, run->cohort->n_endpoints);
    return sequential->endpoint == NULL ? NULL : sequential;
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct sequential *sequential = read_settings(run);
    if (sequential == NULL)
        return rwe_fail_memory(error);
    *state = sequential;
    enum rwe_status status = rwe_need_endpoint(run, "sequential", error);
    if (status == RWE_OK)
        status = ccw_columns(run, "sequential", &sequential->columns, error);
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        status = make_endpoint(run, sequential, e, error);
    return status == RWE_OK ? make_design(run, sequential, error) : status;
}

static enum rwe_status run_sequential(struct rwe_run *run, void *state, struct rwe_error *error)
{
    return sequential_present(run, state, error);
}

/* ---- the follow-ups as a file ---- */

struct export
{
    const struct rwe_run *run;
    const struct sequential *sequential;
};

static void write_rows(FILE *out, const struct rwe_cohort *cohort,
                       const struct sequential_endpoint *of)
{
    const struct rwe_endpoint *endpoint = of->exposure.endpoint;
    const struct rwe_design_rows *rows = &of->rows.rows;
    for (size_t i = 0; i < cohort->n; i++)
        for (size_t r = rows->start[i]; r < rows->start[i + 1]; r++) {
            bool ends = rows->until[r] >= endpoint->time[i] - rows->origin[r];
            rwe_csv_write_text(out, endpoint->name);
            putc(',', out);
            rwe_csv_write_text(out, cohort->id[i]);
            fprintf(out, ",%.17g,", of->trials.trial[rows->trial[r]].time);
            rwe_csv_write_text(out, cohort->arm_level[rows->arm[r]]);
            fprintf(out, ",%.17g,%.17g,%.17g,%d\n", rows->from[r], rows->until[r], rows->weight[r],
                    ends ? endpoint->event[i] : 0);
        }
}

static void write_trials(FILE *out, const void *context)
{
    const struct export *export = context;
    fputs("endpoint,id,trial,arm,from,until,weight,event\n", out);
    for (size_t e = 0; e < export->run->cohort->n_endpoints; e++)
        write_rows(out, export->run->cohort, &export->sequential->endpoint[e]);
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "export-trials");
    const struct export export = {run, state};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_trials, &export, error);
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    const struct sequential *sequential = rwe_run_state(run, &rwe_analysis_sequential);
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY,
                     "sequential: event-free, not exposed before");
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY, "sequential: covariates known");
    if (rwe_settings_flag(run->settings, "sequential-response"))
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT,
                         "sequential trials: given response too");
    if (sequential->interval > 0)
        rwe_protocol_say(protocol, RWE_PROTOCOL_TIME_ZERO, "sequential: a trial every %g%s",
                         sequential->interval, rwe_time_unit_word(run));
    else
        rwe_protocol_say(protocol, RWE_PROTOCOL_TIME_ZERO,
                         "sequential: a trial at each start of exposure");
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST,
                     sequential->options.initiators
                         ? N_("sequential: per protocol, in those who begin")
                         : N_("sequential: per protocol, in who are alike in covariates"));
}

const struct rwe_analysis rwe_analysis_sequential = {
    .name = "sequential",
    .from_zero = true,
    .flag = &interval,
    .help =
        "Sequential trials: one begins every INTERVAL (default 1; 0: at each start of exposure), "
        "in those event-free and not exposed before, who begin exposure (--exposure-start) against "
        "who does not. Adds the population \"sequential\", on which every analysis of outcomes "
        "that is asked for runs too.",
    .brings = "cox",
    .options = &option_list,
    .emulate = emulate,
    .design = design,
    .run = run_sequential,
    .write_files = write_files,
};
