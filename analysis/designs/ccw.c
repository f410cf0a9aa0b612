/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clone, censor, weight: the design "ccw-9". See ccw.md. */
#include "ccw.h"

#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"

static const struct rwe_option grace = {
    .kind = RWE_OPTION_NUMBER,
    .argument = "GRACE",
    .bare = "9",
    .low = 1e-6,
    .high = 1e6,
};

static const struct rwe_option options[] = {
    {.name = "ccw-step",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .fallback = "0.5",
     .low = 1e-3,
     .high = 1e6,
     .help = "How often the weights of clones change during the grace period, in the file's unit "
             "(default 0.5)."},
    {.name = "ccw-truncate",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .fallback = "99",
     .low = 50,
     .high = 100,
     .help = "Make weights of clones above this percentile equal to it (default 99; 100: leave "
             "them)."},
    {.name = "ccw-response",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Objective response (--response-column) is known before exposure begins: it enters "
             "the weights of clones beside the covariates."},
    {.name = "export-clones",
     .kind = RWE_OPTION_PATH,
     .section = RWE_SECTION_OUTPUT,
     .argument = "FILE",
     .help = "Write the clones' follow-up as CSV: endpoint, id, strategy, from, until, weight, "
             "event."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

static enum rwe_status make_endpoint(struct rwe_run *run, struct ccw *ccw, size_t e,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct ccw_endpoint *of = &ccw->endpoint[e];
    struct rwe_clone_weights weights = {0};
    struct rwe_error reason = {0};
    of->endpoint = &cohort->endpoint[e];
    const struct ccw *data = rwe_run_state(run->data, &rwe_analysis_ccw);
    of->data = data == NULL ? NULL : &data->endpoint[e];
    enum rwe_status status =
        rwe_clones_make(cohort, of->endpoint, ccw->columns.subject, ccw->columns.n, ccw->grace,
                        run->arena, &of->clones, error);
    if (status == RWE_OK)
        status = ccw_weights(run, &ccw->columns, of, &weights, error);
    if (status != RWE_OK)
        return status;
    status = rwe_clones_rows(cohort, &of->clones, &weights, &ccw->options, run->arena, &of->rows,
                             &reason);
    if (status == RWE_NOT_FINITE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--ccw, \"%s\": subject %s would have a weight without end, since exposure "
                        "was certain: restrict the cohort to those who had a choice",
                        of->endpoint->name, cohort->id[ccw->columns.subject[reason.index]]);
    if (status != RWE_OK)
        *error = reason;
    return status;
}

/* ---- the design ---- */

struct rwe_estimand ccw_estimand(const struct rwe_run *run, const struct ccw_columns *columns,
                                 enum rwe_estimand_of of)
{
    struct rwe_estimand estimand = {.of = of, .n = run->cohort->n};
    estimand.left_out[RWE_LEFT_MISSING] = run->cohort->n - columns->n;
    return estimand;
}

/* Each strategy has a clone of everybody; how many left it, by endpoint. */
static void count_steps(const struct rwe_run *run, const struct ccw *ccw,
                        struct rwe_design_step step[])
{
    step[0] = (struct rwe_design_step){"clones", rwe_text("clones, one a strategy"), NULL,
                                       ccw->design.arm_size};
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        step[e + 1] =
            (struct rwe_design_step){"left", rwe_text("left their strategy"),
                                     ccw->endpoint[e].endpoint, ccw->endpoint[e].clones.n_left};
}

static struct rwe_design_words words_of(const struct rwe_run *run, double by)
{
    const char *unit = rwe_time_unit_word(run);
    return (struct rwe_design_words){
        .heading = rwe_text("Clones: strategies from time zero"),
        .compared = rwe_arena_format(
            run->arena, rwe_text("exposure begun within %.10g%s against none within %.10g%s"), by,
            unit, by, unit),
        .strategies = rwe_arena_format(
            run->arena, rwe_text("exposure begun within %g%s against not begun by then"), by, unit),
        .variable = rwe_text("time to %s"),
        .intercurrent = rwe_text(
            "leaving the strategy in the grace period: hypothetical; later: treatment policy"),
        .method = rwe_settings_has(run->settings, "bootstrap")
                      ? rwe_text("clone, censor, weight; bootstrap by patient")
                      : rwe_text("clone, censor, weight; robust errors"),
    };
}

static enum rwe_status make_design(struct rwe_run *run, struct ccw *ccw, struct rwe_error *error)
{
    size_t n = run->cohort->n_endpoints;
    struct rwe_design_rows *rows = RWE_NEW(run->arena, struct rwe_design_rows, n);
    struct rwe_design_step *step = RWE_NEW(run->arena, struct rwe_design_step, n + 1);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t e = 0; e < n; e++)
        rows[e] = ccw->endpoint[e].rows.rows;
    ccw->design = (struct rwe_design){
        .name = rwe_arena_format(run->arena, "ccw-%g", ccw->grace),
        .label = rwe_arena_format(run->arena, rwe_text("Clones, grace %g"), ccw->grace),
        .kind = RWE_DESIGN_CLONES,
        .estimand = ccw_estimand(run, &ccw->columns, RWE_OF_EVERYBODY),
        .contrast = RWE_CONTRAST_GRACE,
        .grace = ccw->grace,
        .arms_alike = true,
        .words = words_of(run, ccw->grace),
        .step = step,
        .n_steps = n + 1,
        .by_endpoint = rows,
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_run_add_design(run, &ccw->design, error);
    count_steps(run, ccw, step);
    return status;
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct ccw *ccw = RWE_NEW(run->arena, struct ccw, 1);
    struct rwe_clone_options clone = rwe_clone_options_default();
    if (ccw == NULL)
        return rwe_fail_memory(error);
    *state = ccw;
    clone.step = rwe_settings_number(run->settings, "ccw-step");
    clone.truncate = rwe_settings_number(run->settings, "ccw-truncate") / 100;
    ccw->grace = rwe_settings_number(run->settings, "ccw");
    ccw->options = clone;
    ccw->endpoint = RWE_NEW(run->arena, struct ccw_endpoint, run->cohort->n_endpoints);
    if (ccw->endpoint == NULL)
        return rwe_fail_memory(error);
    if (run->cohort->n_endpoints == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ccw needs an endpoint: say --endpoint NAME=TIME,EVENT");
    enum rwe_status status = ccw_columns(run, "ccw", &ccw->columns, error);
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        status = make_endpoint(run, ccw, e, error);
    return status == RWE_OK ? make_design(run, ccw, error) : status;
}

static enum rwe_status run_ccw(struct rwe_run *run, void *state, struct rwe_error *error)
{
    return ccw_present(run, state, error);
}

/* ---- the clones as a file ---- */

struct export
{
    const struct rwe_run *run;
    const struct ccw *ccw;
};

static void write_rows(FILE *out, const struct rwe_cohort *cohort, const struct ccw_endpoint *of)
{
    const struct rwe_design_rows *rows = &of->rows.rows;
    for (size_t i = 0; i < cohort->n; i++)
        for (size_t r = rows->start[i]; r < rows->start[i + 1]; r++) {
            bool ends = rows->until[r] >= of->endpoint->time[i];
            rwe_csv_write_text(out, of->endpoint->name);
            putc(',', out);
            rwe_csv_write_text(out, cohort->id[i]);
            putc(',', out);
            rwe_csv_write_text(out, cohort->arm_level[rows->arm[r]]);
            fprintf(out, ",%.17g,%.17g,%.17g,%d\n", rows->from[r], rows->until[r], rows->weight[r],
                    ends ? of->endpoint->event[i] : 0);
        }
}

static void write_clones(FILE *out, const void *context)
{
    const struct export *export = context;
    fputs("endpoint,id,strategy,from,until,weight,event\n", out);
    for (size_t e = 0; e < export->run->cohort->n_endpoints; e++)
        write_rows(out, export->run->cohort, &export->ccw->endpoint[e]);
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "export-clones");
    const struct export export = {run, state};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_clones, &export, error);
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    const struct ccw *ccw = rwe_run_state(run, &rwe_analysis_ccw);
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY, "clones: covariates known");
    rwe_protocol_say(protocol, RWE_PROTOCOL_STRATEGIES, "clones: weights change every %g%s",
                     ccw->options.step, rwe_time_unit_word(run));
    if (rwe_settings_flag(run->settings, "ccw-response"))
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT, "clones: given response too");
    rwe_protocol_say(protocol, RWE_PROTOCOL_TIME_ZERO, "clones: both strategies from time zero");
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST,
                     ccw->columns.n == run->cohort->n
                         ? N_("clones: per protocol, in everybody")
                         : N_("clones: per protocol, in those with covariates known"));
}

const struct rwe_analysis rwe_analysis_ccw = {
    .name = "ccw",
    .from_zero = true,
    .flag = &grace,
    .help = "Clone, censor, weight: everybody follows both strategies, exposure (--exposure-start) "
            "by GRACE (default 9) and none by then, until their course departs from one. Adds the "
            "population \"ccw-9\", on which every analysis of outcomes that is asked for runs too.",
    .options = &option_list,
    .emulate = emulate,
    .design = design,
    .run = run_ccw,
    .write_files = write_files,
};
