/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/simulator/simulate.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of the files, as rwe_file_write calls for it. */
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
    const char *path = rwe_arena_format(cli->job.arena, "%s/%s", folder, name);
    if (path == NULL)
        return rwe_fail_memory(error);
    if (access(path, F_OK) == 0)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s exists and is not overwritten: name another folder, or remove it",
                        path);
    return rwe_file_write(path, write_part, part, error);
}

/* The option that says something of simulated patients without them, or NULL. */
static const char *option_of_truth(const struct rwe_cli_settings *settings)
{
    return !isnan(settings->effect)         ? "effect"
           : !isnan(settings->effect_after) ? "effect-after"
           : settings->null                 ? "null"
           : settings->strategy != NULL     ? "strategy"
                                            : NULL;
}

bool rwe_cli_simulates(const struct rwe_cli_settings *settings)
{
    return settings->simulate > 0 || option_of_truth(settings) != NULL;
}

/* NAME of "NAME-MONTHS", and its months; those of `grace` stay where none are said. */
static bool is_strategy(const char *text, const char *name, double *grace)
{
    size_t length = strlen(name);
    if (strncmp(text, name, length) != 0)
        return false;
    const char *months = text + length;
    return *months == '\0' ||
           (*months == '-' && rwe_number_parse(months + 1, strlen(months + 1), grace));
}

static enum rwe_status read_strategy(const char *text, struct rwe_simulation_options *options,
                                     struct rwe_error *error)
{
    options->grace = 9;
    if (text == NULL)
        options->strategy = RWE_STRATEGY_NATURAL;
    else if (is_strategy(text, "begun", &options->grace))
        options->strategy = RWE_STRATEGY_BEGUN;
    else if (is_strategy(text, "none", &options->grace))
        options->strategy = RWE_STRATEGY_NONE;
    else if (strcmp(text, "never") == 0)
        options->strategy = RWE_STRATEGY_NEVER;
    else
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "--strategy %s: say begun-9, none, never, or another number of months as in "
            "begun-6, none-6",
            text);
    return RWE_OK;
}

/* No effect on progression is no effect at all, unless another one after it is said. */
static void read_effects(const struct rwe_cli_settings *settings,
                         struct rwe_simulation_options *options)
{
    if (!isnan(settings->effect))
        options->hr_progression = settings->effect;
    if (settings->null || settings->effect == 1)
        options->hr_progression = options->hr_death = 1;
    if (!isnan(settings->effect_after))
        options->hr_death = settings->effect_after;
}

/* What the patients are drawn from, and whether the command line makes sense. */
static enum rwe_status read_options(const struct rwe_cli *cli,
                                    struct rwe_simulation_options *options, struct rwe_error *error)
{
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    if (settings->simulate == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s is of patients that are simulated: it needs --simulate N",
                        option_of_truth(settings));
    if (settings->output == NULL || cli->files.n > 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "say rwe-analyze --simulate N --output FOLDER");
    bool effect = !isnan(settings->effect);
    if (settings->null && (effect || !isnan(settings->effect_after)))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s and --null contradict each other: --null is no effect at all",
                        effect ? "effect" : "effect-after");
    options->n = settings->simulate;
    options->seed = rwe_statistics_of(cli->job.settings)->seed;
    read_effects(settings, options);
    return read_strategy(settings->strategy, options, error);
}

/* The files do not know the truth, so the terminal says it. */
static void tell_truth(const struct rwe_cli *cli, const struct rwe_simulation_options *options)
{
    if (rwe_cli_settings_of(cli)->quiet)
        return;
    fprintf(cli->err,
            rwe_message("%zu synthetic patients, seed %llu; true hazard ratio of radiotherapy: "
                        "progression %.2f, from the day it starts; death after progression %.2f\n"),
            options->n, (unsigned long long)options->seed, options->hr_progression,
            options->hr_death);
    if (options->strategy == RWE_STRATEGY_BEGUN)
        fprintf(cli->err,
                rwe_message("each follows a strategy: radiotherapy begun by %g months unless "
                            "progression or death comes first\n"),
                options->grace);
    if (options->strategy == RWE_STRATEGY_NONE)
        fprintf(
            cli->err,
            rwe_message("each follows a strategy: no radiotherapy begins by %g months; later as "
                        "it would\n"),
            options->grace);
    if (options->strategy == RWE_STRATEGY_NEVER)
        fputs(rwe_message("each follows a strategy: radiotherapy never begins\n"), cli->err);
}

enum rwe_status rwe_cli_simulate(const struct rwe_cli *cli, struct rwe_error *error)
{
    static const struct {
        const char *name;
        enum rwe_status (*write)(const struct rwe_simulation *simulation, FILE *out,
                                 struct rwe_error *error);
    } files[] = {{"cohort.csv", rwe_simulate_write_cohort},
                 {"assess.csv", rwe_simulate_write_assessments},
                 {"ae.csv", rwe_simulate_write_ae}};
    struct rwe_simulation_options options = rwe_simulation_options_default();
    struct rwe_simulation *simulation = NULL;
    enum rwe_status status = read_options(cli, &options, error);
    if (status != RWE_OK)
        return status;
    const char *folder = rwe_cli_settings_of(cli)->output;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", folder, strerror(errno));
    status = rwe_simulate_cohort(&options, cli->job.arena, &simulation, error);
    for (size_t i = 0; i < sizeof files / sizeof files[0] && status == RWE_OK; i++) {
        const struct part part = {simulation, files[i].write};
        status = write_new(cli, folder, files[i].name, &part, error);
    }
    if (status == RWE_OK)
        tell_truth(cli, &options);
    return status;
}
