/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/job.h"

#include "cohort_report.h"
#include "figures.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/compat.h"
#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/times.h"
#include "rwe/base/hash.h"
#include "rwe/base/language.h"
#include "rwe/base/parallel.h"
#include "rwe/data/validate.h"
#include <string.h>

/* ---- files ---- */

static struct rwe_table_options table_options(const struct rwe_settings *settings)
{
    struct rwe_table_options options = rwe_table_options_default();
    int delimiter = rwe_settings_choice(settings, "delimiter");
    options.encoding = rwe_settings_text(settings, "encoding");
    options.delimiter = delimiter < 0 ? '\0' : ",;\t"[delimiter];
    options.decimal_comma = rwe_settings_choice(settings, "decimal") == 1;
    if (rwe_settings_has(settings, "missing-tokens"))
        options.missing = rwe_settings_list(settings, "missing-tokens");
    return options;
}

static enum rwe_status note_input(struct rwe_run *run, const char *file, const char *sha256,
                                  size_t rows, struct rwe_error *error)
{
    if (run->n_inputs == RWE_MOST_INPUTS)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "more than %d input files",
                        RWE_MOST_INPUTS);
    run->input[run->n_inputs++] = (struct rwe_input){
        .file = rwe_arena_string(run->arena, file),
        .sha256 = rwe_arena_string(run->arena, sha256),
        .rows = rows,
    };
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

enum rwe_status rwe_job_read_table(struct rwe_run *run, const char *path, struct rwe_table **table,
                                   struct rwe_error *error)
{
    struct rwe_table_options options = table_options(run->settings);
    enum rwe_status status =
        rwe_table_read(path, &options, run->arena, table, run->complaints, error);
    if (status != RWE_OK)
        return status;
    if (!rwe_settings_flag(run->settings, "allow-identifiers"))
        status = rwe_privacy_check(*table, error);
    return status == RWE_OK
               ? note_input(run, path, rwe_table_sha256(*table), rwe_table_rows(*table), error)
               : status;
}

static enum rwe_status note_study(struct rwe_run *run, const char *path, struct rwe_error *error)
{
    char sha256[RWE_SHA256_SIZE];
    if (path == NULL)
        return RWE_OK;
    enum rwe_status status = rwe_sha256_file(path, sha256, error);
    return status == RWE_OK ? note_input(run, path, sha256, 0, error) : status;
}

/* ---- validation ---- */

/* The adverse events, for the rules that look at them; what cannot be read there the analysis that
 * needs them will tell. */
static enum rwe_status read_events(struct rwe_run *run, struct rwe_table **events,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "ae");
    struct rwe_complaints ignored = {.arena = run->arena};
    struct rwe_table_options options = table_options(run->settings);
    if (path == NULL || strcmp(path, "-") == 0)
        return RWE_OK;
    enum rwe_status status = rwe_table_read(path, &options, run->arena, events, &ignored, error);
    if (status == RWE_OK && !rwe_settings_flag(run->settings, "allow-identifiers"))
        status = rwe_privacy_check(*events, error);
    return status;
}

/* All rules where they are asked for, those of severity E where times are made from dates. A file of
 * ready times, with columns that only happen to have these names, is not judged. The sheet of queries is
 * written before the run can stop for what stands in it. */
static enum rwe_status validate(struct rwe_run *run, const struct rwe_table *table, bool all,
                                struct rwe_error *error)
{
    struct rwe_table *events = NULL;
    struct rwe_validation *validation = RWE_NEW(run->arena, struct rwe_validation, 1);
    const char *queries = rwe_settings_text(run->settings, "queries");
    enum rwe_status status = validation == NULL ? rwe_fail_memory(error) : RWE_OK;
    if (status == RWE_OK && all)
        status = read_events(run, &events, error);
    struct rwe_validation_input input = {
        .patients = table,
        .events = events,
        .event_columns = rwe_settings_list(run->settings, "ae-columns"),
        .study = rwe_study_of(run->settings),
        .errors_only = !all,
    };
    if (status == RWE_OK)
        status = rwe_validate(&input, run->arena, validation, error);
    rwe_table_close(events);
    if (status == RWE_OK && queries != NULL)
        status = rwe_validation_write(validation, queries, error);
    if (status == RWE_OK &&
        rwe_validation_complain(validation, rwe_study_of(run->settings), run->complaints) != RWE_OK)
        status = rwe_fail_memory(error);
    run->validation = validation;
    return status;
}

static bool takes_dates(const struct rwe_settings *settings)
{
    static const char *const options[] = {"derive", "endpoint-dates", "exposure-date", "queries"};
    bool any = false;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        any = any || rwe_settings_has(settings, options[i]);
    return any;
}

/* Only endpoints from dates have a use for them. */
static enum rwe_status read_assessments(struct rwe_run *run, struct rwe_table **assessments,
                                        struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "assess");
    if (path == NULL)
        return RWE_OK;
    if (!takes_dates(run->settings))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--assess is for endpoints from dates: say --derive too");
    return rwe_job_read_table(run, path, assessments, error);
}

static enum rwe_status read_cohort(struct rwe_run *run, const char *path, bool all_rules,
                                   struct rwe_error *error)
{
    struct rwe_table *table = NULL, *assessments = NULL;
    enum rwe_status status = rwe_job_read_table(run, path, &table, error);
    if (status == RWE_OK && (all_rules || takes_dates(run->settings)))
        status = validate(run, table, all_rules, error);
    if (status == RWE_OK)
        status = read_assessments(run, &assessments, error);
    if (status == RWE_OK)
        status = rwe_cohort_build(&(struct rwe_cohort_tables){table, assessments},
                                  rwe_study_of(run->settings), run->arena, run->complaints,
                                  &run->cohort, error);
    rwe_table_close(assessments);
    rwe_table_close(table);
    return status;
}

/* ---- provenance ---- */

static struct rwe_strings one_text(struct rwe_arena *arena, const char *text)
{
    struct rwe_strings list = {RWE_NEW(arena, const char *, 1), 1};
    if (list.item != NULL)
        list.item[0] = text;
    return list;
}

static struct rwe_strings endpoint_texts(const struct rwe_run *run)
{
    struct rwe_endpoint_specs specs = rwe_settings_endpoints(run->settings);
    struct rwe_strings list = {RWE_NEW(run->arena, const char *, specs.n), specs.n};
    for (size_t e = 0; list.item != NULL && e < specs.n; e++)
        list.item[e] = rwe_endpoint_spec_text(run->arena, &specs.item[e]);
    return list;
}

static struct rwe_strings criterion_texts(const struct rwe_run *run)
{
    struct rwe_criterion_specs specs = rwe_settings_criteria(run->settings);
    struct rwe_strings list = {RWE_NEW(run->arena, const char *, specs.n), specs.n};
    for (size_t c = 0; list.item != NULL && c < specs.n; c++)
        list.item[c] =
            rwe_arena_format(run->arena, "%s=%s%s", specs.item[c].name, specs.item[c].keep,
                             specs.item[c].missing_excludes ? " (missing: exclude)" : "");
    return list;
}

static struct rwe_setting_value value_of(const struct rwe_run *run, const struct rwe_option *option)
{
    const struct rwe_settings *settings = run->settings;
    struct rwe_setting_value value = {.name = option->name};
    switch (option->kind) {
    case RWE_OPTION_FLAG:
        value.is_flag = true;
        value.number = 1;
        break;
    case RWE_OPTION_NUMBER:
        value.is_number = true;
        value.number = rwe_settings_number(settings, option->name);
        break;
    case RWE_OPTION_LIST:
        value.is_list = true;
        value.texts = rwe_settings_list(settings, option->name);
        break;
    case RWE_OPTION_NUMBERS:
        value.is_list = true;
        value.texts = rwe_settings_number_texts(settings, option->name);
        break;
    case RWE_OPTION_ENDPOINTS:
        value.is_list = true;
        value.texts = endpoint_texts(run);
        break;
    case RWE_OPTION_CRITERIA:
        value.is_list = true;
        value.texts = criterion_texts(run);
        break;
    case RWE_OPTION_TEXT:
    case RWE_OPTION_PATH:
    case RWE_OPTION_INTEGER:
    case RWE_OPTION_CHOICE:
        value.texts = one_text(run->arena, rwe_settings_text(settings, option->name));
        break;
    }
    return value;
}

/* What was in force. Threads are left out, since nothing depends on them; so is what the command
 * alone decides, as where results go. */
static enum rwe_status set_provenance(struct rwe_run *run, const struct rwe_job *job,
                                      struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(run->settings);
    struct rwe_provenance *p = RWE_NEW(run->arena, struct rwe_provenance, 1);
    struct rwe_setting_value *study = RWE_NEW(run->arena, struct rwe_setting_value, options.n);
    struct rwe_input *inputs = RWE_NEW(run->arena, struct rwe_input, run->n_inputs);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    *p = (struct rwe_provenance){
        .version = RWE_VERSION,
        .command = job->command,
        .study = study,
        .inputs = inputs,
        .n_inputs = run->n_inputs,
        .seed = rwe_settings_integer(run->settings, "seed"),
    };
    memcpy(inputs, run->input, run->n_inputs * sizeof *inputs);
    for (size_t i = 0; i < options.n; i++)
        if (!options.item[i].command_only && strcmp(options.item[i].name, "threads") != 0 &&
            rwe_settings_has(run->settings, options.item[i].name))
            study[p->n_study++] = value_of(run, &options.item[i]);
    rwe_document_set_provenance(run->document, p);
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

/* ---- running ---- */

/* Clones have no immortal time: their rows are excepted by name. */
static const char *banner_of(const struct rwe_run *run)
{
    size_t n = rwe_run_n_disjoint(run);
    if (!rwe_immortal_is_naive(run->cohort))
        return NULL;
    if (n == run->n_designs)
        return rwe_immortal_banner;
    const char *labels = run->design[n].label;
    for (size_t d = n + 1; d < run->n_designs && labels != NULL; d++)
        labels = rwe_arena_format(run->arena, "%s and %s", labels, run->design[d].label);
    if (labels == NULL)
        return rwe_immortal_banner;
    const char *excepted =
        rwe_arena_format(run->arena, "%s (but for: %s)", rwe_immortal_banner, labels);
    return excepted == NULL ? rwe_immortal_banner : excepted;
}

/* What compares arms that immortal time makes different stands under that heading, each table too. */
static enum rwe_status run_analysis(struct rwe_run *run, const struct rwe_analysis *analysis,
                                    void *state, struct rwe_error *error)
{
    rwe_document_set_banner(run->document, analysis->compares_arms ? banner_of(run) : NULL);
    enum rwe_status status = analysis->run(run, state, error);
    rwe_document_set_banner(run->document, NULL);
    return status;
}

static enum rwe_status run_analyses(struct rwe_run *run, const struct rwe_plan *plan, bool last,
                                    struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->last == last)
            status = run_analysis(run, rwe_analyses[a], plan->state[a], error);
    return status;
}

/* Each run within the run is a chapter of its own behind what is compared from time zero. */
static enum rwe_status run_subruns(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++) {
        struct rwe_run *subrun = run->subrun[i];
        subrun->bootstrap = run->bootstrap;
        subrun->estimates = run->estimates;
        rwe_document_chapter(run->document, "%s", rwe_design_title(subrun, &subrun->design[0]));
        status = run_analyses(subrun, subrun->plan, false, error);
    }
    rwe_document_chapter(run->document, NULL);
    return status;
}

/* Files are of what is compared from time zero. */
static enum rwe_status write_files(const struct rwe_run *run, const struct rwe_plan *plan,
                                   struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->write_files != NULL)
            status = rwe_analyses[a]->write_files(run, plan->state[a], error);
    return status;
}

/* More times than a curve is told at would be dropped without a word. */
static enum rwe_status check_times(const struct rwe_run *run, struct rwe_error *error)
{
    size_t n = rwe_settings_numbers(run->settings, "times").n;
    if (n <= RWE_MOST_TIMES)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--times: %zu times; at most %d are told", n,
                    RWE_MOST_TIMES);
}

static void set_title(struct rwe_run *run, const struct rwe_job *job)
{
    const char *title = rwe_settings_text(run->settings, "title");
    const char *id = rwe_settings_text(run->settings, "study-id");
    rwe_document_set_title(run->document, title == NULL ? "Comparison of treatment arms" : title,
                           id != NULL ? id : job->cohort_file);
}

static bool wants_rules(const struct rwe_plan *plan)
{
    bool wanted = false;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        wanted = wanted || (plan->wanted[a] && strcmp(rwe_analyses[a]->name, "validate") == 0);
    return wanted;
}

static enum rwe_status run_all(struct rwe_run *run, const struct rwe_job *job,
                               struct rwe_error *error)
{
    struct rwe_plan plan = rwe_plan_make(run->settings);
    set_title(run, job);
    rwe_document_set_words(run->document, rwe_time_unit_suffix(run), rwe_conf_level_text(run));
    enum rwe_status status = check_times(run, error);
    if (status == RWE_OK)
        status = rwe_bootstrap_check(run->settings, error);
    if (status == RWE_OK)
        status = read_cohort(run, job->cohort_file, wants_rules(&plan), error);
    if (status == RWE_OK)
        status = note_study(run, job->study_file, error);
    if (status == RWE_OK)
        status = rwe_pipeline_designs(run, &plan, error);
    if (status == RWE_OK)
        status = rwe_cohort_report(run, error);
    rwe_compat_report(run);
    if (status == RWE_OK)
        status = rwe_bootstrap_run(run, &plan, error);
    if (status == RWE_OK)
        status = run_analyses(run, &plan, false, error);
    if (status == RWE_OK)
        status = run_subruns(run, error);
    if (status == RWE_OK)
        status = run_analyses(run, &plan, true, error);
    if (status == RWE_OK)
        status = write_files(run, &plan, error);
    if (status == RWE_OK)
        rwe_bootstrap_report(run);
    if (status == RWE_OK)
        status = set_provenance(run, job, error);
    if (status == RWE_OK && rwe_document_failed(run->document))
        status = rwe_fail_memory(error);
    return status;
}

static enum rwe_status start_and_run(const struct rwe_job *job, struct rwe_document **document,
                                     struct rwe_error *error)
{
    struct rwe_run *run = RWE_NEW(job->arena, struct rwe_run, 1);
    *document = rwe_document_new(job->document_arena);
    if (run == NULL || *document == NULL)
        return rwe_fail_memory(error);
    *run = (struct rwe_run){
        .settings = job->settings,
        .document = *document,
        .estimates = rwe_estimates_new(job->document_arena),
        .complaints = job->complaints,
        .progress = job->progress,
        .arena = job->arena,
        .threads = rwe_settings_has(job->settings, "threads")
                       ? (unsigned)rwe_settings_integer(job->settings, "threads")
                       : rwe_parallel_available(),
    };
    enum rwe_status status =
        rwe_arena_failed(job->document_arena) ? rwe_fail_memory(error) : run_all(run, job, error);
    rwe_document_finish(*document);
    return status;
}

/* The report's language; messages of the run are in it too, since reasons of failures become its warnings. */
static struct rwe_languages languages_of(const struct rwe_settings *settings)
{
    const char *name = rwe_settings_text(settings, "lang");
    const struct rwe_language *language = name == NULL ? NULL : rwe_language_find(name);
    return (struct rwe_languages){language, language};
}

enum rwe_status rwe_job_run(const struct rwe_job *job, struct rwe_document **document,
                            struct rwe_error *error)
{
    struct rwe_languages callers = rwe_languages_use(languages_of(job->settings));
    enum rwe_status status = start_and_run(job, document, error);
    rwe_languages_use(callers);
    return status;
}
