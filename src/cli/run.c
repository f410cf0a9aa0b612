/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From parsed arguments to a finished document: what an analysis and a check share. */
#include "cli.h"

#include "rwe/analysis/compat.h"
#include "rwe/analysis/pipeline.h"
#include <string.h>

/* Complaints of one kind that are printed before the rest are only counted. */
enum { COMPLAINTS_SHOWN = 20 };

int rwe_cli_fail(FILE *err, const struct rwe_error *error)
{
    fprintf(err, "rwe-analyze: %s\n", error->message);
    bool usage = error->status == RWE_USAGE || error->status == RWE_NO_COLUMN;
    return usage ? RWE_EXIT_USAGE : RWE_EXIT_FAILED;
}

/* ---- study ---- */

static enum rwe_status load_study(struct rwe_cli *cli, struct rwe_error *error)
{
    struct rwe_settings *settings = cli->settings;
    const char *path = rwe_settings_text(settings, "study");
    if (path != NULL)
        return rwe_study_load(settings, path, error);
    if (rwe_settings_has(settings, "arm") || rwe_settings_has(settings, "endpoint"))
        return RWE_OK;
    enum rwe_status status = rwe_study_load_text(settings, rwe_embedded_nct07062484_yaml,
                                                 rwe_embedded_nct07062484_yaml_size,
                                                 "built-in study NCT07062484", error);
    /* Which file holds the adverse events only the user can say. */
    if (status == RWE_OK && rwe_settings_source(settings, "ae") == RWE_FROM_STUDY)
        rwe_settings_unset(settings, "ae");
    if (status == RWE_OK && !rwe_settings_has(settings, "ae"))
        rwe_settings_unset(settings, "toxicity");
    return status;
}

/* A file that does not have the columns of the built-in study: say what was assumed. */
static void explain_builtin(const struct rwe_cli *cli, struct rwe_error *error)
{
    bool builtin = rwe_settings_text(cli->settings, "study") == NULL &&
                   rwe_settings_source(cli->settings, "arm") == RWE_FROM_STUDY;
    size_t length = strlen(error->message);
    if (builtin && error->status == RWE_NO_COLUMN)
        snprintf(error->message + length, sizeof error->message - length,
                 ". Since neither --study nor --arm and --endpoint say how the file reads, the "
                 "columns of the built-in study NCT07062484 are expected");
}

enum rwe_status rwe_cli_run(struct rwe_cli *cli, struct rwe_document **document,
                            struct rwe_error *error)
{
    struct rwe_complaints complaints = {.arena = cli->arena};
    if (cli->files.n != 1)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        cli->files.n == 0
                            ? "which file? Say rwe-analyze COHORT.csv; --help tells the rest"
                            : "one cohort file is read, but %zu are named (\"%s\" too)",
                        cli->files.n, cli->files.n == 0 ? "" : cli->files.item[1]);
    enum rwe_status status = load_study(cli, error);
    if (status == RWE_OK)
        status = rwe_compat_apply(cli->settings, error);
    if (status == RWE_OK)
        status = rwe_plan_complete(cli->settings, error);
    if (status != RWE_OK)
        return status;
    struct rwe_job job = {
        .settings = cli->settings,
        .cohort_file = cli->files.item[0],
        .study_file = rwe_settings_text(cli->settings, "study"),
        .command = cli->command,
        .arena = cli->arena,
        .document_arena = cli->document_arena,
        .complaints = &complaints,
        .progress = rwe_cli_progress(cli),
    };
    status = rwe_job_run(&job, document, error);
    if (status != RWE_OK)
        explain_builtin(cli, error);
    bool quiet = status == RWE_OK && rwe_settings_flag(cli->settings, "quiet");
    if (!quiet)
        rwe_complaints_print(&complaints, COMPLAINTS_SHOWN, cli->err);
    return status;
}
