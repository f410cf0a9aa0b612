/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --check: the same command once more, and what became of its facts. What it reads and compares is in results.h. */
#include "cli.h"

#include "results.h"
#include "rwe/base/hash.h"
#include "rwe/base/language.h"
#include <string.h>

/* The file's command as arguments of a new run, on as many threads as this one was told to use. */
static enum rwe_status again(const struct rwe_cli *cli, const struct rwe_results *results,
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
        status = rwe_job_set(&fresh->job, "threads", threads, error);
    return status == RWE_OK ? rwe_cli_run(fresh, error) : status;
}

/* Prints which inputs are other bytes than they were; returns how many. */
static size_t compare_inputs(const struct rwe_cli *cli, const struct rwe_results *results)
{
    size_t changed = 0;
    for (size_t i = 0; i < results->n_inputs; i++) {
        const struct rwe_input *input = &results->inputs[i];
        char sha256[RWE_SHA256_SIZE];
        struct rwe_error error = {0};
        if (strcmp(input->file, "-") == 0)
            continue;
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
    size_t inputs = compare_inputs(cli, &results);
    struct rwe_cli fresh = {.out = cli->out, .err = cli->err};
    status = rwe_job_init(&fresh.job, &rwe_cli_options, error);
    if (status == RWE_OK)
        status = again(cli, &results, &fresh, error);
    if (status == RWE_OK)
        status = compare(cli, &results, fresh.job.document, n_different, error);
    rwe_job_release(&fresh.job);
    *n_different += inputs;
    return status;
}

int rwe_cli_check(struct rwe_cli *cli, const char *path)
{
    struct rwe_error error = {0};
    size_t n_different = 0;
    if (cli->files.n > 0)
        rwe_error_set(&error, RWE_USAGE, RWE_NO_INDEX,
                      "--check takes the cohort from the results file: leave \"%s\" out",
                      cli->files.item[0]);
    else
        check(cli, path, &n_different, &error);
    if (error.status != RWE_OK)
        return rwe_cli_fail(cli->err, &error);
    return n_different == 0 ? RWE_EXIT_DONE : RWE_EXIT_FAILED;
}
