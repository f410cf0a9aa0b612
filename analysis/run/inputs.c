/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/inputs.h"

#include "rwe/base/hash.h"
#include "rwe/data/validate.h"
#include <string.h>

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

enum rwe_status rwe_run_read_table(struct rwe_run *run, const char *path, struct rwe_table **table,
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

enum rwe_status rwe_run_note_study(struct rwe_run *run, const char *path, struct rwe_error *error)
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
    return rwe_run_read_table(run, path, assessments, error);
}

enum rwe_status rwe_run_read_cohort(struct rwe_run *run, const char *path, bool all_rules,
                                    struct rwe_error *error)
{
    struct rwe_table *table = NULL, *assessments = NULL;
    enum rwe_status status = rwe_run_read_table(run, path, &table, error);
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
