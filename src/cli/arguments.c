/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <getopt.h>
#include <string.h>

/* Options of the interface that later versions have: without them a result would be another than was asked for. */
static const char *const later_options[] = {"init"};

/* getopt's table: one entry an option, then the end. */
static struct option *long_options(const struct rwe_settings *settings, struct rwe_arena *arena)
{
    struct rwe_options options = rwe_settings_options(settings);
    struct option *table = RWE_NEW(arena, struct option, options.n + 1);
    for (size_t i = 0; table != NULL && i < options.n; i++) {
        const struct rwe_option *o = &options.item[i];
        bool bare = o->kind == RWE_OPTION_FLAG;
        table[i] = (struct option){
            .name = o->name,
            .has_arg = bare                        ? no_argument
                       : rwe_option_may_be_bare(o) ? optional_argument
                                                   : required_argument,
        };
    }
    return table;
}

/* An argument that getopt refused: an argument too many, a name cut too short, or unknown. */
static enum rwe_status fail_unknown(struct rwe_cli *cli, const char *argument,
                                    struct rwe_error *error)
{
    struct rwe_arena *arena = cli->job.arena;
    struct rwe_options options = rwe_settings_options(cli->job.settings);
    struct rwe_strings begun = {RWE_NEW(arena, const char *, options.n), 0};
    char *name = rwe_arena_substring(arena, argument, strcspn(argument, "="));
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    const char *bare = name + strspn(name, "-");
    for (size_t i = 0; i < sizeof later_options / sizeof *later_options; i++)
        if (strcmp(bare, later_options[i]) == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s is not part of version %s", name,
                            RWE_VERSION);
    for (size_t i = 0; i < options.n; i++)
        if (bare - name == 2 && strncmp(bare, options.item[i].name, strlen(bare)) == 0)
            begun.item[begun.n++] = rwe_arena_format(arena, "--%s", options.item[i].name);
    if (rwe_settings_find(cli->job.settings, bare) != NULL || begun.n == 1)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s takes no argument", name);
    if (begun.n == 0)
        return rwe_job_fail_unknown(&cli->job, name, error);
    const char *which = rwe_text_join(arena, begun, ", ");
    if (which == NULL || rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s is short for several options: %s", name,
                    which);
}

static enum rwe_status parse_options(struct rwe_cli *cli, int argc, char *const argv[],
                                     struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    const struct option *table = long_options(cli->job.settings, cli->job.arena);
    if (table == NULL)
        return rwe_fail_memory(error);
    optind = 0; /* glibc: start afresh, also when called a second time */
    opterr = 0;
    while (status == RWE_OK) {
        int index = -1;
        int found = getopt_long(argc, argv, ":", table, &index);
        if (found == -1)
            break;
        if (found == ':')
            status =
                rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s needs an argument", argv[optind - 1]);
        else if (found != 0)
            status = fail_unknown(cli, argv[optind - 1], error);
        else
            status = rwe_job_set(&cli->job, table[index].name, optarg, error);
    }
    return status;
}

enum rwe_status rwe_cli_parse(struct rwe_cli *cli, int argc, char *const argv[],
                              struct rwe_error *error)
{
    enum rwe_status status = parse_options(cli, argc, argv, error);
    if (status != RWE_OK)
        return status;
    cli->files = (struct rwe_strings){RWE_NEW(cli->job.arena, const char *, (size_t)argc), 0};
    if (cli->files.item == NULL)
        return rwe_fail_memory(error);
    while (optind < argc)
        cli->files.item[cli->files.n++] = argv[optind++];
    return RWE_OK;
}
