/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "rwe/base/file.h"
#include "rwe/data/simulate.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of the two files, as rwe_file_write calls for it. */
struct part {
    const struct rwe_simulation *simulation;
    enum rwe_status (*write)(const struct rwe_simulation *simulation, FILE *out,
                             struct rwe_error *error);
};

static void write_part(FILE *out, const void *context)
{
    const struct part *part = context;
    part->write(part->simulation, out, NULL); /* a failed write shows in `out` */
}

/* A synthetic file must never take the place of a real one. */
static enum rwe_status write_new(const struct rwe_cli *cli, const char *folder, const char *name,
                                 const struct part *part, struct rwe_error *error)
{
    const char *path = rwe_arena_format(cli->arena, "%s/%s", folder, name);
    if (path == NULL)
        return rwe_fail_memory(error);
    if (access(path, F_OK) == 0)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s exists and is not overwritten: name another folder, or remove it",
                        path);
    return rwe_file_write(path, write_part, part, error);
}

enum rwe_status rwe_cli_simulate(const struct rwe_cli *cli, struct rwe_error *error)
{
    const char *folder = rwe_settings_text(cli->settings, "output");
    struct rwe_simulation_options options = rwe_simulation_options_default();
    struct rwe_simulation *simulation = NULL;
    if (folder == NULL || cli->files.n > 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "say rwe-analyze --simulate N --output FOLDER");
    options.n = rwe_settings_integer(cli->settings, "simulate");
    options.seed = rwe_settings_integer(cli->settings, "seed");
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", folder, strerror(errno));
    enum rwe_status status = rwe_simulate_cohort(&options, cli->arena, &simulation, error);
    if (status != RWE_OK)
        return status;
    const struct part cohort = {simulation, rwe_simulate_write_cohort};
    const struct part events = {simulation, rwe_simulate_write_ae};
    status = write_new(cli, folder, "cohort.csv", &cohort, error);
    return status == RWE_OK ? write_new(cli, folder, "ae.csv", &events, error) : status;
}
