/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sequence of nested trials: the design "sequential". See sequential.md. */
#include "ccw_models.h"
#include "run/estimand.h"
#include "weights_table.h"

#include "rwe/analysis/caution.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include "rwe/data/sequential.h"

#include <float.h>
#include <string.h>

/* In the order of the choices of --sequential-weights. */
enum sequential_weights { WEIGH_INITIATORS, WEIGH_CENSORING };

struct sequential_settings {
    double interval;
    enum sequential_weights weights;
    double step;
    double truncate;           /* a percentile */
    bool response;             /* is a covariate of the weights */
    const char *export_trials; /* a file; NULL: none */
};

/* One endpoint. */
struct sequential_endpoint {
    struct rwe_trials trials;
    struct ccw_endpoint exposure; /* the model of the start of exposure; no clones of it are rows */
    struct rwe_trial_rows rows;
};

struct sequential {
    const struct sequential_settings *settings;
    struct rwe_trial_options options;
    struct ccw_columns columns;
    struct sequential_endpoint *endpoint; /* as in the cohort */
    struct rwe_design design;             /* as it was added to the run */
};

extern const struct rwe_analysis rwe_analysis_sequential;

static const struct rwe_option flag = {
    RWE_NUMBER_IN(struct sequential_settings, interval),
    .argument = "INTERVAL",
    .bare = "0.5",
    .low = 0,
    .high = 1e6,
};

static const struct rwe_option options[] = {
    {.name = "sequential-weights",
     RWE_CHOICE_IN(struct sequential_settings, weights),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "initiators|censoring",
     .choices = "initiators|censoring",
     .fallback = "initiators",
     .help = N_("Weights of nested trials: for artificial censoring and to make the unexposed like "
                "the initiators (default), or for censoring alone: then only adjusted models "
                "compare like with like.")},
    {.name = "sequential-step",
     RWE_NUMBER_IN(struct sequential_settings, step),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "X",
     .fallback = "1",
     .low = 1e-3,
     .high = 1e6,
     .help = N_("How often the weights of nested trials change after the start of each, in the "
                "file's unit (default 1).")},
    {.name = "sequential-truncate",
     RWE_NUMBER_IN(struct sequential_settings, truncate),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "PERCENT",
     .fallback = "100",
     .low = 50,
     .high = 100,
     .help = N_("Make censoring weights of nested trials above this percentile equal to it "
                "(default 100: leave them, since truncation biases).")},
    {.name = "sequential-response",
     RWE_FLAG_IN(struct sequential_settings, response),
     .section = RWE_SECTION_TIME_ZERO,
     .help = N_("Objective response (--response-column) is known before exposure begins: it enters "
                "the weights of nested trials beside the covariates.")},
    {.name = "export-trials",
     RWE_OUTPUT_IN(struct sequential_settings, export_trials),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "FILE",
     .help = N_("Write the follow-ups of nested trials as CSV: endpoint, id, trial, arm, from, "
                "until, weight, event.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct sequential_settings, options);

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
    const struct ccw_endpoint *before = of == sequential->endpoint ? NULL : &(of - 1)->exposure;
    return status == RWE_OK ? ccw_hazard(run, columns, before, exposure, error) : status;
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
                        sequential->settings->interval, run->arena, &of->trials, error);
    if (status == RWE_OK && of->trials.n_trials == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--sequential: of %zu subjects nobody began exposure while at risk for "
                        "\"%s\": there is no trial to emulate. Look at --exposure-start",
                        columns->n, cohort->endpoint[e].name);
    if (status == RWE_OK)
        status = fit_exposure(run, sequential, of, error);
    if (status != RWE_OK)
        return status;
    status = rwe_trials_rows(cohort, &of->trials, &of->exposure.weights, &sequential->options,
                             run->arena, &of->rows, &reason);
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
        .clock = {RWE_CLOCK_TRIALS, sequential->settings->interval},
        .arms_alike = initiators,
        .words = words_of(initiators),
        .by_endpoint = rows,
    };
    return rwe_run_add_design(run, &sequential->design, error);
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct sequential *sequential = RWE_NEW(run->arena, struct sequential, 1);
    struct sequential_endpoint *endpoint =
        RWE_NEW(run->arena, struct sequential_endpoint, run->cohort->n_endpoints);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    const struct sequential_settings *settings = rwe_settings_of(run->settings, &option_list);
    *state = sequential;
    sequential->settings = settings;
    sequential->options = rwe_trial_options_default();
    sequential->options.step = settings->step;
    sequential->options.truncate = settings->truncate / 100;
    sequential->options.initiators = settings->weights == WEIGH_INITIATORS;
    sequential->endpoint = endpoint;
    enum rwe_status status = rwe_need_endpoint(run, "sequential", error);
    if (status == RWE_OK)
        status = ccw_columns(run, "sequential", settings->response, &sequential->columns, error);
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        status = make_endpoint(run, sequential, e, error);
    return status == RWE_OK ? make_design(run, sequential, error) : status;
}

/* The most trials of an endpoint that its table lists; the others are facts. */
enum { MOST_LISTED = 36 };

/* ---- the trials ---- */

/* The counts of one trial, or of all: facts, and the cells of a row where it has one. */
static void present_counts(struct rwe_run *run, struct rwe_grid *grid, bool has_row,
                           const struct rwe_key *key, const struct rwe_trial *trial)
{
    struct rwe_key control = rwe_key_arm(*key, run->cohort, 0);
    struct rwe_key treated = rwe_key_arm(*key, run->cohort, 1);
    const struct {
        const struct rwe_key *key;
        const char *stat;
        size_t n;
    } counts[] = {
        {key, "n", trial->n_eligible},
        {&control, "n", trial->n_eligible - trial->n_at_start},
        {&control, "n.left", trial->n_left},
        {&control, "n.event", trial->n_event[0]},
        {&treated, "n", trial->n_initiators},
        {&treated, "n.event", trial->n_event[1]},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        rwe_fact n =
            rwe_document_number(run->document, counts[i].key, counts[i].stat, (double)counts[i].n);
        if (has_row)
            rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    }
}

static void add_up(struct rwe_trial *sum, const struct rwe_trial *trial)
{
    sum->n_eligible += trial->n_eligible;
    sum->n_at_start += trial->n_at_start;
    sum->n_initiators += trial->n_initiators;
    sum->n_left += trial->n_left;
    for (size_t a = 0; a < 2; a++)
        sum->n_event[a] += trial->n_event[a];
}

static void present_endpoint(struct rwe_run *run, struct rwe_grid *grid,
                             const struct sequential *sequential,
                             const struct sequential_endpoint *of)
{
    const struct rwe_trials *trials = &of->trials;
    struct rwe_key key = rwe_key_in("sequential", of->exposure.endpoint, &sequential->design);
    struct rwe_trial sum = {0};
    bool listed = trials->n_trials <= MOST_LISTED;
    for (size_t j = 0; j < trials->n_trials; j++)
        add_up(&sum, &trials->trial[j]);
    rwe_document_number(run->document, &key, "n.trials", (double)trials->n_trials);
    rwe_document_number(run->document, &key, "n.trials.without", (double)trials->n_without);
    rwe_grid_row(grid, 0, "%s: %zu trials", of->exposure.endpoint->name, trials->n_trials);
    present_counts(run, grid, true, &key, &sum);
    for (size_t j = 0; j < trials->n_trials; j++) {
        struct rwe_key at = key;
        at.time = trials->trial[j].time;
        if (listed)
            rwe_grid_row(grid, 1, "from %g", at.time);
        present_counts(run, grid, listed, &at, &trials->trial[j]);
    }
}

static void note_trials(struct rwe_run *run, struct rwe_grid *grid,
                        const struct sequential *sequential, const struct rwe_key *key)
{
    const char *treated = run->cohort->arm_level[1], *control = run->cohort->arm_level[0];
    if (sequential->options.initiators)
        rwe_grid_note(grid,
                      "Compared: exposure when it begins (\"%s\") against none as long as one is "
                      "followed (\"%s\").",
                      treated, control);
    else
        rwe_grid_note(grid,
                      "Compared: beginning exposure now (\"%s\") against none as long as one is "
                      "followed (\"%s\"), given covariates, by the adjusted model. The "
                      "arms of the curves differ as those who begin differ from all eligible.",
                      treated, control);
    rwe_grid_note(
        grid,
        "Eligible: followed, and able to begin exposure, when the trial begins; not exposed "
        "before. All of them are followed unexposed until exposure begins, which censors (left); "
        "initiators, exposed before the next trial, from their exposure on. So "
        "nobody is immortal.");
    rwe_grid_note(grid,
                  "Patients are in every trial that they are eligible for. Times of events count "
                  "from the start of each follow-up. Where nobody initiates there is no "
                  "trial. Cox models are stratified by trial; curves pool the trials.");
    rwe_note_closure(run, grid, key);
    rwe_note_estimand(run, grid, &sequential->design);
    rwe_grid_note(grid, "Baseline tables, balance, response, subgroups and toxicity leave this "
                        "population out: its arms hold the same people.");
}

static void present_trials(struct rwe_run *run, const struct sequential *sequential)
{
    struct rwe_key whole = rwe_key_in("sequential", NULL, &sequential->design);
    struct rwe_grid *grid = rwe_document_table(run->document, "Sequential trials");
    const char *control = run->cohort->arm_level[0], *treated = run->cohort->arm_level[1];
    rwe_grid_column(grid, "endpoint and trial%s", rwe_time_unit_suffix(run));
    rwe_grid_column(grid, "eligible");
    rwe_grid_column(grid, "%s:\nfollowed", control);
    rwe_grid_column(grid, "left");
    rwe_grid_column(grid, "events");
    rwe_grid_column(grid, "%s:\ninitiators", treated);
    rwe_grid_column(grid, "events");
    rwe_document_number(run->document, &whole, "interval", sequential->settings->interval);
    rwe_document_number(run->document, &whole, "n", (double)sequential->columns.n);
    rwe_document_number(run->document, &whole, "n.missing",
                        (double)(run->cohort->n - sequential->columns.n));
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        present_endpoint(run, grid, sequential, &sequential->endpoint[e]);
    note_trials(run, grid, sequential, &whole);
}

/* ---- weights ---- */

/* The last weight of each follow-up. */
struct last {
    size_t n;
    double *weight;
    uint8_t *arm;
};

static enum rwe_status find_last(const struct rwe_run *run, const struct sequential_endpoint *of,
                                 struct last *last)
{
    const struct rwe_design_rows *rows = &of->rows.rows;
    *last = (struct last){.weight = RWE_NEW(run->arena, double, of->rows.n),
                          .arm = RWE_NEW(run->arena, uint8_t, of->rows.n)};
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < of->rows.n; r++)
        if (r + 1 == of->rows.n || rows->from[r + 1] == 0) {
            last->weight[last->n] = rows->weight[r];
            last->arm[last->n++] = (uint8_t)rows->arm[r];
        }
    return RWE_OK;
}

static void warn_weights(struct rwe_run *run, const struct sequential_endpoint *of,
                         const struct rwe_weight_summary *w)
{
    if (w->n > 0 && w->max > 0.1 * w->sum)
        rwe_document_warning(run->document, "extreme-weights", "weights",
                             "%s, sequential trials: one follow-up of \"%s\" has %.0f%% of the "
                             "weight.",
                             of->exposure.endpoint->name, run->cohort->arm_level[0],
                             100 * w->max / w->sum);
}

static enum rwe_status present_weights_of(struct rwe_run *run, struct rwe_grid *grid,
                                          const struct sequential *sequential,
                                          const struct sequential_endpoint *of)
{
    struct last last;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_key whole = rwe_key_in("weights", of->exposure.endpoint, &sequential->design);
    if (find_last(run, of, &last) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_document_number(run->document, &whole, "truncated.at", of->rows.limit);
    rwe_document_number(run->document, &whole, "n.rows", (double)of->rows.n_pieces);
    rwe_grid_row(grid, 0, "%s", of->exposure.endpoint->name);
    for (uint8_t arm = 0; arm < 2; arm++) {
        struct rwe_weight_summary summary =
            rwe_weights_summarize(last.weight, last.arm, last.n, arm);
        struct rwe_key key = rwe_key_arm(whole, run->cohort, arm);
        rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[arm]);
        weights_table_put(grid, &key, &summary);
        rwe_grid_put(grid, &key, arm == 0 ? (double)of->rows.n_truncated : 0);
        if (arm == 0)
            warn_weights(run, of, &summary);
    }
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static void note_weights(const struct rwe_run *run, struct rwe_grid *grid,
                         const struct rwe_trial_options *weights)
{
    const char *control = run->cohort->arm_level[0];
    if (weights->initiators)
        rwe_grid_note(grid,
                      "\"%s\": one over the probability of not having been exposed since the "
                      "trial began, by a Cox model of the start of exposure since time zero, in "
                      "steps of %g; times that of being exposed in the trial, which makes the "
                      "unexposed stand for the initiators, as many of them when trials begin.",
                      control, weights->step);
    else
        rwe_grid_note(grid,
                      "\"%s\": one over the probability of not having been exposed since the "
                      "trial began, by a Cox model of the start of exposure since time zero, in "
                      "steps of %g.",
                      control, weights->step);
    if (weights->truncate < 1)
        rwe_grid_note(grid,
                      "Truncated: follow-ups with a censoring weight above the %.10gth percentile, "
                      "which it was made.",
                      100 * weights->truncate);
    rwe_grid_note(grid,
                  "ESS, effective sample size, (Σw)² / Σw², of follow-ups, several of which are "
                  "one patient's. Standard errors are by patient and take the weights as "
                  "known; --bootstrap estimates them anew in each replicate.");
}

static enum rwe_status present_weights(struct rwe_run *run, const struct sequential *sequential,
                                       struct rwe_error *error)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Weights at the end of follow-ups of sequential trials");
    rwe_grid_column(grid, "endpoint and arm");
    weights_table_columns(grid, N_("follow-ups"));
    weights_table_add_truncated(grid);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        if (present_weights_of(run, grid, sequential, &sequential->endpoint[e]) != RWE_OK)
            return rwe_fail_memory(error);
    note_weights(run, grid, &sequential->options);
    return RWE_OK;
}

static enum rwe_status run_sequential(struct rwe_run *run, void *state, struct rwe_error *error)
{
    const struct sequential *sequential = state;
    rwe_document_section(run->document, 1, "Sequential trials");
    present_trials(run, sequential);
    enum rwe_status status = present_weights(run, sequential, error);
    rwe_caution_tell(run, &sequential->design, "sequential");
    ccw_present_columns(run, &sequential->columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        const struct ccw_endpoint *exposure = &sequential->endpoint[e].exposure;
        struct rwe_key key = rwe_key_in("sequential", exposure->endpoint, &sequential->design);
        key.model = "exposure-hazard";
        ccw_present_model(run, &key, &exposure->hazard);
    }
    return status;
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
    const struct sequential *sequential = state;
    const char *path = sequential->settings->export_trials;
    const struct export export = {run, sequential};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_trials, &export, error);
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    const struct sequential *sequential = rwe_run_state(run, &rwe_analysis_sequential);
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY,
                     "sequential: event-free, not exposed before");
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY, "sequential: covariates known");
    if (sequential->settings->response)
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT,
                         "sequential trials: given response too");
    if (sequential->settings->interval > 0)
        rwe_protocol_say(protocol, RWE_PROTOCOL_TIME_ZERO, "sequential: a trial every %g%s",
                         sequential->settings->interval, rwe_time_unit_word(run));
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
    .section = RWE_SECTION_TIME_ZERO,
    .from_zero = true,
    .flag = &flag,
    .help = N_("Sequential trials: one begins every INTERVAL (default 0.5; 0: at each start of "
               "exposure), in those free of event and progression and not exposed before, who "
               "begin exposure "
               "(--exposure-start) against who does not. Adds the population \"sequential\", on "
               "which every analysis of outcomes that is asked for runs too."),
    .also_runs = "cox",
    .options = &option_list,
    .emulate = emulate,
    .design = design,
    .run = run_sequential,
    .write_files = write_files,
};
