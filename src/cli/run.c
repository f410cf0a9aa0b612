/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From parsed arguments to a finished document: what an analysis and a check share. */
#include "cli.h"

int rwe_cli_fail(FILE *err, const struct rwe_error *error)
{
    fprintf(err, "rwe-analyze: %s\n", error->message);
    bool usage = error->status == RWE_USAGE || error->status == RWE_NO_COLUMN;
    return usage ? RWE_EXIT_USAGE : RWE_EXIT_FAILED;
}

enum rwe_status rwe_cli_take_file(struct rwe_cli *cli, struct rwe_error *error)
{
    struct rwe_job *job = &cli->job;
    bool by_arm = rwe_settings_has(job->settings, "cohort");
    if (cli->files.n == 0 && !by_arm)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "which file? Say rwe-analyze COHORT.csv; --help tells the rest");
    if (cli->files.n > 1)
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "one cohort file is read, but %zu are named (\"%s\" too); of files that hold one "
            "arm each say --cohort LEVEL=FILE for each",
            cli->files.n, cli->files.item[1]);
    if (cli->files.n == 1)
        job->cohort = cli->files.item[0];
    return RWE_OK;
}

enum rwe_status rwe_cli_run(struct rwe_cli *cli, struct rwe_error *error)
{
    struct rwe_job *job = &cli->job;
    enum rwe_status status = rwe_cli_take_file(cli, error);
    job->progress = rwe_cli_progress(cli);
    if (status == RWE_OK)
        status = rwe_job_run(job, error);
    rwe_cli_end_progress(cli);
    if (status != RWE_OK || !rwe_cli_settings_of(cli)->quiet)
        rwe_complaints_print(&job->complaints, RWE_COMPLAINT_EXAMPLES, cli->err);
    return status;
}
