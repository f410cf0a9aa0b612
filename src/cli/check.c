/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --check: the same command once more, and what became of its facts. What it reads and compares is in results.h. */
#include "cli.h"

#include "results.h"
#include "rwe/base/hash.h"
#include "rwe/base/language.h"
#include "rwe/base/place.h"
#include <string.h>
#include <sys/stat.h>

/* ---- what a results file may ask for: it may come from anybody ---- */

/* Nothing but what the program itself writes into results: no option that writes, or that tells it to do something
 * else. */
static enum rwe_status check_command(const struct rwe_cli *fresh, const char *path,
                                     struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(fresh->job.settings);
    for (size_t i = 0; i < options.n; i++)
        if (rwe_settings_source(fresh->job.settings, options.item[i].name) == RWE_FROM_COMMAND &&
            !rwe_job_records(&options.item[i]))
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "%s holds --%s in its command, which no results file of this program "
                            "does: it was changed by hand, and is not run",
                            path, options.item[i].name);
    return RWE_OK;
}

/* The folder that a file is in. */
static struct rwe_place folder_of(const char *path, struct rwe_arena *arena)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return rwe_place_of(".", arena);
    const char *folder = rwe_arena_substring(arena, path, (size_t)(slash + 1 - path));
    return folder == NULL ? (struct rwe_place){0} : rwe_place_of(folder, arena);
}

/* A file that a check reads is an input that the results name, and lies in this folder or in theirs. */
static enum rwe_status check_path(const struct rwe_cli *cli, const struct rwe_results *results,
                                  const char *path, const char *file, struct rwe_error *error)
{
    struct rwe_arena *arena = cli->job.arena;
    struct rwe_place place = rwe_place_of(file, arena), here = rwe_place_of(".", arena),
                     there = folder_of(path, arena);
    bool is_named = false;
    for (size_t i = 0; i < results->n_inputs; i++)
        is_named = is_named || strcmp(results->inputs[i].file, file) == 0;
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    if (!is_named)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s has a command that reads %s, which is not among its inputs: it was "
                        "changed by hand, and is not run",
                        path, file);
    if (rwe_place_within(&place, &here) || rwe_place_within(&place, &there) ||
        (place.path == NULL && file[0] != '/' && strstr(file, "..") == NULL))
        return RWE_OK;
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s reads %s, which is neither in this folder nor in that of the results: run "
                    "--check from a folder that holds it",
                    path, file);
}

/* All files that the command reads, and all that are compared by their digest. */
static enum rwe_status check_paths(const struct rwe_cli *cli, const struct rwe_cli *fresh,
                                   const struct rwe_results *results, const char *path,
                                   struct rwe_error *error)
{
    const struct rwe_settings *settings = fresh->job.settings;
    struct rwe_options options = rwe_settings_options(settings);
    struct rwe_cohort_files cohort;
    enum rwe_status status = rwe_job_cohort_files(&fresh->job, &cohort, error);
    for (size_t i = 0; i < cohort.n && status == RWE_OK; i++)
        status = check_path(cli, results, path, cohort.item[i].path, error);
    for (size_t i = 0; i < options.n && status == RWE_OK; i++)
        if (options.item[i].kind == RWE_OPTION_PATH &&
            rwe_settings_text(settings, options.item[i].name) != NULL)
            status = check_path(cli, results, path,
                                rwe_settings_text(settings, options.item[i].name), error);
    for (size_t i = 0; i < results->n_inputs && status == RWE_OK; i++)
        status = check_path(cli, results, path, results->inputs[i].file, error);
    return status;
}

/* ---- running it again ---- */

/* The file's command as arguments of a new run, on as many threads as this one was told to use. */
static enum rwe_status parse(const struct rwe_cli *cli, const struct rwe_results *results,
                             struct rwe_cli *fresh, struct rwe_error *error)
{
    const char *threads = rwe_settings_text(cli->job.settings, "threads");
    char **argv = RWE_NEW(cli->job.arena, char *, results->command.n + 1);
    for (size_t i = 0; argv != NULL && i < results->command.n; i++)
        argv[i] = rwe_arena_string(cli->job.arena, results->command.item[i]);
    if (rwe_arena_failed(cli->job.arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_cli_parse(fresh, (int)results->command.n, argv, error);
    if (status == RWE_OK && threads != NULL)
        status = rwe_settings_set(fresh->job.settings, "threads", threads, RWE_FROM_STUDY, error);
    if (status == RWE_OK && fresh->files.n == 1)
        fresh->job.cohort = fresh->files.item[0];
    return status;
}

/* Prints which inputs are other bytes than they were; returns how many. */
static size_t compare_inputs(const struct rwe_cli *cli, const struct rwe_results *results)
{
    size_t changed = 0;
    for (size_t i = 0; i < results->n_inputs; i++) {
        const struct rwe_input *input = &results->inputs[i];
        char sha256[RWE_SHA256_SIZE];
        struct rwe_error error = {0};
        struct stat info;
        if (strcmp(input->file, "-") == 0)
            continue;
        if (stat(input->file, &info) == 0 && !S_ISREG(info.st_mode)) {
            fprintf(cli->out, rwe_message("missing input: %s is no file any more\n"), input->file);
            changed++;
            continue;
        }
        if (rwe_sha256_file(input->file, sha256, &error) != RWE_OK) {
            fprintf(cli->out, rwe_message("missing input: %s\n"), error.message);
            changed++;
        } else if (strcmp(sha256, input->sha256) != 0) {
            fprintf(cli->out, rwe_message("changed input: %s (sha256 %.12s…, was %.12s…)\n"),
                    input->file, sha256, input->sha256);
            changed++;
        }
    }
    return changed;
}

static enum rwe_status compare(struct rwe_cli *cli, const struct rwe_results *results,
                               const struct rwe_document *document, size_t *n_different,
                               struct rwe_error *error)
{
    struct rwe_comparison comparison;
    struct rwe_fact_list is = {rwe_document_facts(document), rwe_document_n_facts(document)};
    enum rwe_status status = rwe_results_compare(results->facts, is, RWE_RESULTS_TOLERANCE,
                                                 cli->job.arena, &comparison, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < comparison.n; i++) {
        const char *text = rwe_difference_text(&comparison.difference[i], cli->job.arena);
        if (text == NULL)
            return rwe_fail_memory(error);
        fprintf(cli->out, "%s\n", text);
    }
    *n_different = comparison.n;
    fprintf(cli->out, rwe_message("%zu facts are the same, %zu differ (relative tolerance %g)\n"),
            comparison.n_same, comparison.n, RWE_RESULTS_TOLERANCE);
    return RWE_OK;
}

static enum rwe_status check(struct rwe_cli *cli, const char *path, size_t *n_different,
                             struct rwe_error *error)
{
    struct rwe_results results;
    enum rwe_status status = rwe_results_read(path, cli->job.arena, &results, error);
    if (status == RWE_OK && (!results.has_provenance || results.command.n == 0))
        status = rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                          "%s does not say how it was made (it was written with "
                          "--no-provenance), so it cannot be run again",
                          path);
    if (status != RWE_OK)
        return status;
    size_t inputs = 0;
    struct rwe_cli fresh = {.out = cli->out, .err = cli->err};
    status = rwe_job_init(&fresh.job, &rwe_cli_options, error);
    if (status == RWE_OK)
        status = parse(cli, &results, &fresh, error);
    if (status == RWE_OK)
        status = check_command(&fresh, path, error);
    if (status == RWE_OK)
        status = check_paths(cli, &fresh, &results, path, error);
    if (status == RWE_OK) {
        inputs = compare_inputs(cli, &results);
        status = rwe_cli_run(&fresh, error);
    }
    if (status == RWE_OK)
        status = compare(cli, &results, fresh.job.document, n_different, error);
    rwe_job_release(&fresh.job);
    *n_different += inputs;
    return status;
}

/* What else is said beside --check would be without effect. */
static enum rwe_status alone(const struct rwe_cli *cli, struct rwe_error *error)
{
    static const char *const beside[] = {"check", "threads", "lang", "quiet"};
    struct rwe_options options = rwe_settings_options(cli->job.settings);
    for (size_t i = 0; i < options.n; i++) {
        const char *name = options.item[i].name;
        bool is_given = rwe_settings_source(cli->job.settings, name) == RWE_FROM_COMMAND;
        for (size_t b = 0; b < sizeof beside / sizeof beside[0]; b++)
            is_given = is_given && strcmp(name, beside[b]) != 0;
        if (is_given)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--check runs what the results file says: leave --%s out", name);
    }
    return RWE_OK;
}

int rwe_cli_check(struct rwe_cli *cli, const char *path)
{
    struct rwe_error error = {0};
    size_t n_different = 0;
    if (cli->files.n > 0)
        rwe_error_set(&error, RWE_USAGE, RWE_NO_INDEX,
                      "--check takes the cohort from the results file: leave \"%s\" out",
                      cli->files.item[0]);
    else if (alone(cli, &error) == RWE_OK)
        check(cli, path, &n_different, &error);
    if (error.status != RWE_OK)
        return rwe_cli_fail(cli->err, &error);
    return n_different == 0 ? RWE_EXIT_DONE : RWE_EXIT_FAILED;
}
