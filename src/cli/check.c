/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --check: the same command once more, and what became of its facts. */
#include "cli.h"

#include "rwe/base/hash.h"
#include "rwe/report/results.h"
#include <string.h>

/* The file's command as arguments of a new run. */
static enum rwe_status again(struct rwe_cli *cli, const struct rwe_results *results,
                             struct rwe_document **document, struct rwe_error *error)
{
    struct rwe_cli fresh = {
        .arena = cli->arena,
        .document_arena = cli->document_arena,
        .settings = rwe_cli_settings(cli->arena),
        .out = cli->out,
        .err = cli->err,
    };
    char **argv = RWE_NEW(cli->arena, char *, results->command.n + 1);
    for (size_t i = 0; argv != NULL && i < results->command.n; i++)
        argv[i] = rwe_arena_string(cli->arena, results->command.item[i]);
    if (fresh.settings == NULL || rwe_arena_failed(cli->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_cli_parse(&fresh, (int)results->command.n, argv, error);
    if (status == RWE_OK && rwe_settings_has(cli->settings, "threads"))
        status =
            rwe_settings_set(fresh.settings, "threads", rwe_settings_text(cli->settings, "threads"),
                             RWE_FROM_COMMAND, error);
    return status == RWE_OK ? rwe_cli_run(&fresh, document, error) : status;
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
            fprintf(cli->out, "missing input: %s\n", error.message);
            changed++;
        } else if (strcmp(sha256, input->sha256) != 0) {
            fprintf(cli->out, "changed input: %s (sha256 %.12s…, was %.12s…)\n", input->file,
                    sha256, input->sha256);
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
    enum rwe_status status =
        rwe_results_compare(results->facts, rwe_document_facts(document), RWE_RESULTS_TOLERANCE,
                            cli->arena, &comparison, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < comparison.n; i++) {
        const char *text = rwe_difference_text(&comparison.difference[i], cli->arena);
        if (text == NULL)
            return rwe_fail_memory(error);
        fprintf(cli->out, "%s\n", text);
    }
    *n_different = comparison.n;
    fprintf(cli->out, "%zu facts are the same, %zu differ (relative tolerance %g)\n",
            comparison.n_same, comparison.n, RWE_RESULTS_TOLERANCE);
    return RWE_OK;
}

static enum rwe_status check(struct rwe_cli *cli, const char *path, size_t *n_different,
                             struct rwe_error *error)
{
    struct rwe_results results;
    struct rwe_document *document = NULL;
    enum rwe_status status = rwe_results_read(path, cli->arena, &results, error);
    if (status == RWE_OK && (!results.has_provenance || results.command.n == 0))
        status = rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                          "%s does not say how it was made (it was written with "
                          "--no-provenance), so it cannot be run again",
                          path);
    if (status != RWE_OK)
        return status;
    size_t inputs = compare_inputs(cli, &results);
    status = again(cli, &results, &document, error);
    if (status == RWE_OK)
        status = compare(cli, &results, document, n_different, error);
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
