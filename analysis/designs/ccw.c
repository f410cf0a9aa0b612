/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clone, censor, weight: the design "ccw-9". See ccw.md. */
#include "ccw_models.h"
#include "run/estimand.h"
#include "weights_table.h"

#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/caution.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"

#include <math.h>

struct ccw_settings {
    double grace;
    double step;
    double truncate;           /* a percentile */
    bool response;             /* is a covariate of the weights */
    const char *export_clones; /* a file; NULL: none */
};

struct ccw {
    const struct ccw_settings *settings;
    struct rwe_clone_options options;
    struct ccw_columns columns;
    struct ccw_endpoint *endpoint; /* as in the cohort */
    struct rwe_design design;      /* as it was added to the run */
};

extern const struct rwe_analysis rwe_analysis_ccw;

static const struct rwe_option flag = {
    RWE_NUMBER_IN(struct ccw_settings, grace),
    .argument = "GRACE",
    .bare = "9",
    .low = 1e-6,
    .high = 1e6,
};

static const struct rwe_option options[] = {
    {.name = "ccw-step",
     RWE_NUMBER_IN(struct ccw_settings, step),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "X",
     .fallback = "0.5",
     .low = 1e-3,
     .high = 1e6,
     .help = N_("How often the weights of clones change during the grace period, in the file's "
                "unit (default 0.5).")},
    {.name = "ccw-truncate",
     RWE_NUMBER_IN(struct ccw_settings, truncate),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "PERCENT",
     .fallback = "100",
     .low = 50,
     .high = 100,
     .help = N_("Make weights of clones above this percentile equal to it (default 100: leave "
                "them, since truncation biases; 99.9 takes the edge off).")},
    {.name = "ccw-response",
     RWE_FLAG_IN(struct ccw_settings, response),
     .section = RWE_SECTION_TIME_ZERO,
     .help = N_("Objective response (--response-column) is known before exposure begins: it enters "
                "the weights of clones beside the covariates.")},
    {.name = "export-clones",
     RWE_OUTPUT_IN(struct ccw_settings, export_clones),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "FILE",
     .help = N_("Write the clones' follow-up as CSV: endpoint, id, strategy, from, until, weight, "
                "event.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct ccw_settings, options);

/* ---- one endpoint ---- */

static enum rwe_status make_endpoint(struct rwe_run *run, struct ccw *ccw, size_t e,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct ccw_endpoint *of = &ccw->endpoint[e];
    struct rwe_error reason = {0};
    of->endpoint = &cohort->endpoint[e];
    const struct ccw *data = rwe_run_state(run->data, &rwe_analysis_ccw);
    of->data = data == NULL ? NULL : &data->endpoint[e];
    enum rwe_status status =
        rwe_clones_make(cohort, of->endpoint, ccw->columns.subject, ccw->columns.n,
                        ccw->settings->grace, run->arena, &of->clones, error);
    if (status == RWE_OK)
        status = ccw_weights(run, &ccw->columns, e == 0 ? NULL : of - 1, of, error);
    if (status != RWE_OK)
        return status;
    status = rwe_clones_rows(cohort, &of->clones, &of->weights, &ccw->options, run->arena,
                             &of->rows, &reason);
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

static const char *strategies_of(const struct rwe_run *run, double by)
{
    const char *unit = rwe_time_unit_word(run), *closure = rwe_closure_words(run);
    if (closure == NULL)
        return rwe_arena_format(run->arena,
                                rwe_text("exposure begun within %.10g%s against none within "
                                         "%.10g%s"),
                                by, unit, by, unit);
    return rwe_arena_format(run->arena,
                            rwe_text("exposure begun within %.10g%s unless %s comes first, against "
                                     "none within %.10g%s"),
                            by, unit, closure, by, unit);
}

static struct rwe_design_words words_of(const struct rwe_run *run, double by)
{
    const char *strategies = strategies_of(run, by);
    return (struct rwe_design_words){
        .heading = rwe_text("Clones: strategies from time zero"),
        .compared = strategies,
        .strategies = strategies,
        .variable = rwe_text("time to %s"),
        .intercurrent = rwe_text(
            "leaving the strategy in the grace period: hypothetical; later: treatment policy"),
        .method = rwe_bootstrap_n(run->settings) > 0
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
        .name = rwe_arena_format(run->arena, "ccw-%g", ccw->settings->grace),
        .label = rwe_arena_format(run->arena, rwe_text("Clones, grace %g"), ccw->settings->grace),
        .kind = RWE_DESIGN_CLONES,
        .estimand = ccw_estimand(run, &ccw->columns, RWE_OF_EVERYBODY),
        .contrast = RWE_CONTRAST_GRACE,
        .grace = ccw->settings->grace,
        .arms_alike = true,
        .words = words_of(run, ccw->settings->grace),
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
    if (ccw == NULL)
        return rwe_fail_memory(error);
    *state = ccw;
    ccw->settings = rwe_settings_of(run->settings, &option_list);
    ccw->options = rwe_clone_options_default();
    ccw->options.step = ccw->settings->step;
    ccw->options.truncate = ccw->settings->truncate / 100;
    ccw->endpoint = RWE_NEW(run->arena, struct ccw_endpoint, run->cohort->n_endpoints);
    if (ccw->endpoint == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_need_endpoint(run, "ccw", error);
    if (status == RWE_OK)
        status = ccw_columns(run, "ccw", ccw->settings->response, &ccw->columns, error);
    for (size_t e = 0; e < run->cohort->n_endpoints && status == RWE_OK; e++)
        status = make_endpoint(run, ccw, e, error);
    return status == RWE_OK ? make_design(run, ccw, error) : status;
}

static const char *const models[] = {"exposure-hazard", "exposure-by-grace"};

/* ---- clones ---- */

static size_t count_events(const struct ccw_endpoint *of, size_t arm)
{
    size_t n = 0;
    for (size_t k = 0; k < of->clones.n; k++)
        n += of->endpoint->event[of->clones.subject[k]] > 0 && of->clones.left[arm][k] == 0;
    return n;
}

static const struct rwe_table_column clone_columns[] = {
    {.heading = N_("endpoint and strategy")},
    {N_("clones"), RWE_CELL_COUNT, "n.clones"},
    {N_("left their strategy"), RWE_CELL_COUNT, "n.left"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
};

static void note_strategies(struct rwe_run *run, struct rwe_grid *grid, const struct ccw *ccw,
                            const struct rwe_key *key)
{
    const struct rwe_cohort *cohort = run->cohort;
    rwe_grid_note(grid,
                  "Compared: \"%s\" against \"%s\": %s. Later exposure, and other treatment, "
                  "is part of either strategy.",
                  cohort->arm_level[1], cohort->arm_level[0], ccw->design.words.compared);
    rwe_note_closure(run, grid, key);
    rwe_grid_note(grid, "Everybody follows both strategies from time zero as a clone, which leaves "
                        "one (artificial censoring) when the subject departs from it. An event "
                        "before exposure counts in both, so nobody is immortal; whoever can no "
                        "longer begin before the end of grace has kept to both.");
    rwe_grid_note(grid, "Before the end of grace exposure begins when it does. From then on those "
                        "who could still begin and have not are represented by those alike who "
                        "have: this is not \"everybody begins early\".");
}

static void present_clones(struct rwe_run *run, const struct ccw *ccw)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key whole = rwe_key_in("ccw", NULL, &ccw->design);
    struct rwe_grid *grid = rwe_document_table(run->document, "Clones");
    RWE_GRID_COLUMNS(grid, clone_columns);
    rwe_document_number(run->document, &whole, "grace", ccw->settings->grace);
    rwe_document_number(run->document, &whole, "n", (double)ccw->columns.n);
    rwe_document_number(run->document, &whole, "n.clones", 2 * (double)ccw->columns.n);
    rwe_document_number(run->document, &whole, "n.missing", (double)(cohort->n - ccw->columns.n));
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct ccw_endpoint *of = &ccw->endpoint[e];
        rwe_grid_row(grid, 0, "%s", of->endpoint->name);
        for (size_t arm = 0; arm < 2; arm++) {
            struct rwe_key key =
                rwe_key_arm(rwe_key_in("ccw", of->endpoint, &ccw->design), cohort, arm);
            rwe_grid_row(grid, 1, "%s", cohort->arm_level[arm]);
            rwe_grid_put(grid, &key, (double)of->clones.n);
            rwe_grid_put(grid, &key, (double)of->clones.n_left[arm]);
            rwe_grid_put(grid, &key, (double)count_events(of, arm));
        }
    }
    note_strategies(run, grid, ccw, &whole);
    rwe_note_estimand(run, grid, &ccw->design);
    rwe_grid_note(grid, "Baseline tables, balance, response, subgroups and toxicity leave this "
                        "population out: its arms hold the same people.");
}

/* ---- weights at the end of the grace period ---- */

/* The last weight of each clone that is followed beyond it. */
struct late {
    size_t n;
    double *weight;
    uint8_t *arm;
};

static enum rwe_status find_late(const struct rwe_run *run, const struct ccw_endpoint *of,
                                 struct late *late)
{
    const struct rwe_design_rows *rows = &of->rows.rows;
    *late = (struct late){.weight = RWE_NEW(run->arena, double, of->rows.n),
                          .arm = RWE_NEW(run->arena, uint8_t, of->rows.n)};
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < of->rows.n; r++)
        if (rows->until[r] > of->clones.grace) {
            late->weight[late->n] = rows->weight[r];
            late->arm[late->n++] = (uint8_t)rows->arm[r];
        }
    return RWE_OK;
}

static void warn_weights(struct rwe_run *run, const struct ccw_endpoint *of,
                         const struct rwe_weight_summary *late, size_t arm)
{
    if (late->n == 0)
        rwe_document_warning(run->document, "nobody-left", "weights",
                             "%s, strategy %s: nobody is followed beyond the grace period.",
                             of->endpoint->name, run->cohort->arm_level[arm]);
    else if (2 * late->ess < (double)late->n)
        rwe_document_warning(run->document, "few-effective", "weights",
                             "%s, strategy %s: at the end of grace the weights are worth %.0f of "
                             "%zu clones, less than half: a few subjects decide. Look at who "
                             "could hardly begin exposure, or hardly avoid it.",
                             of->endpoint->name, run->cohort->arm_level[arm], late->ess, late->n);
    if (late->n > 0 && late->max > 0.1 * late->sum)
        rwe_document_warning(run->document, "extreme-weights", "weights",
                             "%s, strategy %s: one clone has %.0f%% of the weight beyond the grace "
                             "period.",
                             of->endpoint->name, run->cohort->arm_level[arm],
                             100 * late->max / late->sum);
}

static enum rwe_status present_weights_of(struct rwe_run *run, struct rwe_grid *grid,
                                          const struct ccw *ccw, const struct ccw_endpoint *of)
{
    struct late late;
    struct rwe_key whole = rwe_key_in("weights", of->endpoint, &ccw->design);
    if (find_late(run, of, &late) != RWE_OK)
        return RWE_NO_MEMORY;
    rwe_document_number(run->document, &whole, "truncated.at", of->rows.limit);
    rwe_document_number(run->document, &whole, "n.rows", (double)of->rows.n_pieces);
    rwe_grid_row(grid, 0, "%s", of->endpoint->name);
    for (uint8_t arm = 0; arm < 2; arm++) {
        struct rwe_weight_summary summary =
            rwe_weights_summarize(late.weight, late.arm, late.n, arm);
        struct rwe_key key = rwe_key_arm(whole, run->cohort, arm);
        rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[arm]);
        weights_table_put(grid, &key, &summary);
        rwe_grid_put(grid, &key, (double)of->rows.n_truncated[arm]);
        warn_weights(run, of, &summary, arm);
    }
    return RWE_OK;
}

static enum rwe_status present_weights(struct rwe_run *run, const struct ccw *ccw,
                                       struct rwe_error *error)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Weights of clones followed beyond the grace period");
    rwe_grid_column(grid, "endpoint and strategy");
    weights_table_columns(grid, N_("n"));
    weights_table_add_truncated(grid);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        if (present_weights_of(run, grid, ccw, &ccw->endpoint[e]) != RWE_OK)
            return rwe_fail_memory(error);
    rwe_grid_note(
        grid,
        "One over the probability of not having left: \"%s\", by a Cox model of the start "
        "of exposure as long as it can begin, from 0 to %g in steps of %g; \"%s\", from %g on, by "
        "a logistic model of exposure by then among those who could still begin. All of them who "
        "follow the strategy have weights, whenever exposure began.",
        run->cohort->arm_level[0], ccw->settings->grace, ccw->options.step,
        run->cohort->arm_level[1], ccw->settings->grace);
    if (ccw->options.truncate < 1)
        rwe_grid_note(grid,
                      "Truncated: clones with a weight above the %.10gth percentile of all, which "
                      "it was made.",
                      100 * ccw->options.truncate);
    rwe_grid_note(grid, "ESS, effective sample size, (Σw)² / Σw². Standard errors take the weights "
                        "as known; --bootstrap estimates them anew in each replicate.");
    return RWE_OK;
}

/* ---- the models ---- */

static void present_models(struct rwe_run *run, const struct ccw *ccw,
                           const struct ccw_endpoint *of)
{
    struct rwe_key key = rwe_key_in("ccw", of->endpoint, &ccw->design);
    key.model = models[0];
    ccw_present_model(run, &key, &of->hazard);
    key.model = models[1];
    ccw_present_model(run, &key, &of->probability);
}

/* ---- more warnings ---- */

static void warn_timing(struct rwe_run *run, const struct ccw_endpoint *of)
{
    double last = of->clones.last_exposure, grace = of->clones.grace;
    if (last < 0.75 * grace)
        rwe_document_warning(run->document, "empty-grace", "ccw",
                             "%s: nobody begins exposure after %.3g, well before the end of grace "
                             "at %g: a shorter grace period says the same with fewer clones lost.",
                             of->endpoint->name, last, grace);
    if (of->least_probability < 0.02)
        rwe_document_warning(run->document, "positivity", "ccw",
                             "%s: somebody was exposed with a probability of %.2g only, and "
                             "stands for %.0f subjects unless weights are truncated.",
                             of->endpoint->name, of->least_probability, 1 / of->least_probability);
}

static enum rwe_status run_ccw(struct rwe_run *run, void *state, struct rwe_error *error)
{
    const struct ccw *ccw = state;
    rwe_document_section(run->document, 1, "Clone, censor, weight");
    present_clones(run, ccw);
    enum rwe_status status = present_weights(run, ccw, error);
    rwe_caution_tell(run, &ccw->design, "ccw");
    ccw_present_columns(run, &ccw->columns);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        present_models(run, ccw, &ccw->endpoint[e]);
        warn_timing(run, &ccw->endpoint[e]);
    }
    return status;
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
    const struct ccw *ccw = state;
    const char *path = ccw->settings->export_clones;
    const struct export export = {run, ccw};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_clones, &export, error);
}

/* ---- in the protocol ---- */

static void emulate(const struct rwe_run *run, struct rwe_protocol *protocol)
{
    const struct ccw *ccw = rwe_run_state(run, &rwe_analysis_ccw);
    rwe_protocol_say(protocol, RWE_PROTOCOL_ELIGIBILITY, "clones: covariates known");
    rwe_protocol_say(protocol, RWE_PROTOCOL_STRATEGIES, "clones: weights change every %g%s",
                     ccw->options.step, rwe_time_unit_word(run));
    if (ccw->settings->response)
        rwe_protocol_say(protocol, RWE_PROTOCOL_ASSIGNMENT, "clones: given response too");
    rwe_protocol_say(protocol, RWE_PROTOCOL_TIME_ZERO, "clones: both strategies from time zero");
    rwe_protocol_say(protocol, RWE_PROTOCOL_CONTRAST,
                     ccw->columns.n == run->cohort->n
                         ? N_("clones: per protocol, in everybody")
                         : N_("clones: per protocol, in those with covariates known"));
}

const struct rwe_analysis rwe_analysis_ccw = {
    .name = "ccw",
    .section = RWE_SECTION_TIME_ZERO,
    .from_zero = true,
    .flag = &flag,
    .help = N_("Clone, censor, weight: everybody follows both strategies, exposure "
               "(--exposure-start) by GRACE (default 9) and none by then, until their course "
               "departs from one. Adds the population \"ccw-9\", on which every analysis of "
               "outcomes that is asked for runs too."),
    .options = &option_list,
    .emulate = emulate,
    .design = design,
    .run = run_ccw,
    .write_files = write_files,
};
