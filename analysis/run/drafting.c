/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/drafting.h"

#include "files.h"
#include "rwe/base/file.h"
#include "rwe/data/study.h"
#include "safety/toxicity_settings.h"
#include <string.h>

/* There are no results that these could be about. */
static enum rwe_status check_outputs(const struct rwe_job *job, struct rwe_error *error)
{
    static const char *const more[] = {"format", "figures"};
    struct rwe_options options = rwe_settings_options(job->settings);
    for (size_t o = 0; o < options.n; o++) {
        const struct rwe_option *option = &options.item[o];
        bool is_of_results =
            option->kind == RWE_OPTION_OUTPUT && strcmp(option->name, "output") != 0;
        for (size_t m = 0; m < sizeof more / sizeof *more; m++)
            is_of_results = is_of_results || strcmp(option->name, more[m]) == 0;
        if (is_of_results && rwe_settings_source(job->settings, option->name) == RWE_FROM_COMMAND)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--%s is about results, and a draft has none: leave it out",
                            option->name);
    }
    return RWE_OK;
}

static enum rwe_status check(struct rwe_job *job, struct rwe_cohort_files files,
                             struct rwe_error *error)
{
    if (rwe_settings_has(job->settings, "study"))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--study says what --init and --ask are to find out: leave it out");
    for (size_t f = 0; f < files.n; f++)
        if (strcmp(files.item[f].path, "-") == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "a draft is tried out, and standard input cannot be read twice: name "
                            "the file");
    enum rwe_status status = check_outputs(job, error);
    return status == RWE_OK ? rwe_files_check(job, files, error) : status;
}

static struct rwe_run run_of(struct rwe_job *job, struct rwe_cohort_files files)
{
    return (struct rwe_run){.settings = job->settings,
                            .complaints = &job->complaints,
                            .given = &job->given,
                            .files = files,
                            .arena = job->arena,
                            .threads = 1};
}

/* Read anew where its numbers have a decimal comma. */
static enum rwe_status read_patients(struct rwe_job *job, struct rwe_cohort_files files,
                                     struct rwe_table **table, struct rwe_error *error)
{
    struct rwe_run run = run_of(job, files);
    enum rwe_status status = rwe_run_read_cohort_table(&run, table, error);
    bool is_said = rwe_settings_source(job->settings, "decimal") == RWE_FROM_COMMAND;
    if (status != RWE_OK || is_said || !rwe_draft_has_decimal_comma(*table))
        return status;
    status = rwe_job_set(job, "decimal", "comma", error);
    rwe_table_close(*table);
    job->complaints = (struct rwe_complaints){.arena = job->arena};
    run = run_of(job, files);
    return status == RWE_OK ? rwe_run_read_cohort_table(&run, table, error) : status;
}

static enum rwe_status read_events(struct rwe_job *job, struct rwe_table **events,
                                   struct rwe_error *error)
{
    const struct toxicity_settings *settings = toxicity_settings_of(job->settings);
    struct rwe_run run = run_of(job, (struct rwe_cohort_files){NULL, 0});
    return settings->file == NULL
               ? RWE_OK
               : rwe_run_read_table(&run, settings->file, settings->sheet, events, error);
}

enum rwe_status rwe_job_draft(struct rwe_job *job, struct rwe_drafting *drafting,
                              struct rwe_error *error)
{
    struct rwe_cohort_files files;
    struct rwe_table *events = NULL;
    *drafting = (struct rwe_drafting){.table = NULL};
    enum rwe_status status = rwe_job_cohort_files(job, &files, error);
    if (status == RWE_OK)
        status = check(job, files, error);
    if (status == RWE_OK)
        status = read_patients(job, files, &drafting->table, error);
    if (status == RWE_OK)
        status = read_events(job, &events, error);
    struct rwe_draft_input input = {drafting->table, events, job->settings};
    if (status == RWE_OK)
        status = rwe_draft_make(&input, job->arena, &drafting->draft, error);
    rwe_table_close(events);
    return status;
}

/* ---- trying it out ---- */

static const char *write_text(struct rwe_job *job, const struct rwe_draft *draft,
                              const struct rwe_draft_text *how)
{
    struct rwe_bytes bytes = {0};
    struct rwe_error error = {0};
    const char *text = NULL;
    FILE *memory = rwe_bytes_open(&bytes);
    if (memory == NULL)
        return NULL;
    rwe_draft_write(draft, how, memory);
    if (rwe_bytes_close(&bytes, memory, &error) == RWE_OK)
        text = rwe_arena_substring(job->arena, bytes.byte, bytes.n);
    rwe_bytes_clear(&bytes);
    return text;
}

/* "cohort.csv:2: column …". NULL when memory is out. */
static const char *tell_first(const struct rwe_complaints *complaints, struct rwe_arena *arena)
{
    struct rwe_complaints first = *complaints;
    struct rwe_bytes bytes = {0};
    struct rwe_error error = {0};
    const char *told = NULL;
    first.n = 1;
    first.n_notes = 0;
    FILE *memory = rwe_bytes_open(&bytes);
    if (memory == NULL)
        return NULL;
    rwe_complaints_print(&first, 0, memory);
    if (rwe_bytes_close(&bytes, memory, &error) == RWE_OK && bytes.n > 0)
        told = rwe_arena_substring(arena, bytes.byte, strcspn(bytes.byte, "\n"));
    rwe_bytes_clear(&bytes);
    return told;
}

/* Runs the text as a study on the same files, for curves and models alone. What it says is thrown away but the reason
 * why it fails. */
static enum rwe_status try_text(struct rwe_job *job, const char *text, const char **complaint,
                                struct rwe_error *error)
{
    static const char *const analyses[] = {"table1", "km", "cox"};
    struct rwe_job trial;
    struct rwe_strings cohort = rwe_settings_texts(job->settings, "cohort", job->arena);
    struct rwe_languages callers = rwe_languages_now();
    enum rwe_status status = rwe_job_init(&trial, NULL, error);
    trial.cohort = job->cohort;
    trial.given = job->given;
    for (size_t c = 0; status == RWE_OK && job->cohort == NULL && c < cohort.n; c++)
        status = rwe_job_set(&trial, "cohort", cohort.item[c], error);
    for (size_t a = 0; status == RWE_OK && a < sizeof analyses / sizeof *analyses; a++)
        status = rwe_job_set(&trial, analyses[a], NULL, error);
    if (status == RWE_OK)
        status = rwe_job_set_study(&trial, text, strlen(text), error);
    if (status == RWE_OK) {
        status = rwe_job_run(&trial, error);
        if (status == RWE_BAD_INPUT && trial.complaints.n > 0)
            *complaint = tell_first(&trial.complaints, job->arena);
    }
    rwe_languages_use(callers);
    rwe_job_release(&trial);
    return status;
}

/* NULL: it runs. */
static const char *find_why_not(struct rwe_job *job, const struct rwe_draft *draft,
                                const char *command)
{
    struct rwe_error error = {0};
    struct rwe_draft_text how = {command, NULL, NULL};
    const char *text = write_text(job, draft, &how);
    struct rwe_strings lacks = rwe_draft_lacks(draft, job->arena);
    if (text == NULL || rwe_arena_failed(job->arena))
        return NULL;
    const char *complaint = NULL;
    if (try_text(job, text, &complaint, &error) == RWE_OK)
        return NULL;
    return lacks.n > 0         ? rwe_text_join(job->arena, lacks, " ")
           : complaint != NULL ? complaint
                               : rwe_arena_string(job->arena, error.message);
}

const char *rwe_job_draft_text(struct rwe_job *job, const struct rwe_draft *draft,
                               const char *study_path, const char **why_not)
{
    const char *command = rwe_job_study_command(job, study_path);
    if (command == NULL)
        return NULL;
    const char *slash = strrchr(study_path, '/');
    const char *folder = slash == NULL ? NULL
                                       : rwe_arena_substring(job->arena, study_path,
                                                             (size_t)(slash - study_path) + 1);
    *why_not = find_why_not(job, draft, command);
    struct rwe_draft_text how = {command, *why_not, folder};
    return rwe_arena_failed(job->arena) ? NULL : write_text(job, draft, &how);
}

const char *rwe_job_study_command(const struct rwe_job *job, const char *study_path)
{
    struct rwe_arena *arena = job->arena;
    struct rwe_strings cohort = rwe_settings_texts(job->settings, "cohort", arena);
    const char *command = "rwe-analyze";
    if (job->cohort != NULL)
        command =
            rwe_arena_format(arena, "%s %s", command, rwe_text_shell_word(arena, job->cohort));
    for (size_t c = 0; command != NULL && job->cohort == NULL && c < cohort.n; c++)
        command = rwe_arena_format(arena, "%s --cohort %s", command,
                                   rwe_text_shell_word(arena, cohort.item[c]));
    if (command == NULL || rwe_arena_failed(arena))
        return NULL;
    return rwe_arena_format(arena, "%s --study %s", command,
                            rwe_text_shell_word(arena, study_path));
}
