/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <getopt.h>
#include <string.h>

/* getopt's table: one entry an option, then those that are not built, then the end. */
static struct option *long_options(const struct rwe_settings *settings, struct rwe_arena *arena)
{
    struct rwe_options options = rwe_settings_options(settings);
    size_t n_not_built = 0;
    while (rwe_not_built[n_not_built] != NULL)
        n_not_built++;
    struct option *table = RWE_NEW(arena, struct option, options.n + n_not_built + 1);
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
    for (size_t i = 0; table != NULL && i < n_not_built; i++)
        table[options.n + i] =
            (struct option){.name = rwe_not_built[i], .has_arg = optional_argument};
    return table;
}

/* An argument that getopt refused: an argument too many, a name cut too short, or unknown. */
static enum rwe_status fail_unknown(const struct rwe_cli *cli, const char *argument,
                                    struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(cli->settings);
    struct rwe_strings names = {RWE_NEW(cli->arena, const char *, options.n), options.n};
    struct rwe_strings begun = {RWE_NEW(cli->arena, const char *, options.n), 0};
    char *name = rwe_arena_substring(cli->arena, argument, strcspn(argument, "="));
    if (rwe_arena_failed(cli->arena))
        return rwe_fail_memory(error);
    const char *bare = name + strspn(name, "-");
    for (size_t i = 0; rwe_options_not_built[i] != NULL; i++)
        if (strcmp(bare, rwe_options_not_built[i]) == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s is not part of version %s", name,
                            RWE_VERSION);
    for (size_t i = 0; i < options.n; i++) {
        names.item[i] = options.item[i].name;
        if (bare - name == 2 && strncmp(bare, names.item[i], strlen(bare)) == 0)
            begun.item[begun.n++] = rwe_arena_format(cli->arena, "--%s", names.item[i]);
    }
    if (rwe_settings_find(cli->settings, bare) != NULL || begun.n == 1)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s takes no argument", name);
    if (begun.n > 1) {
        const char *which = rwe_text_join(cli->arena, begun, ", ");
        if (which == NULL || rwe_arena_failed(cli->arena))
            return rwe_fail_memory(error);
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s is short for several options: %s", name,
                        which);
    }
    const char *near = rwe_text_nearest(bare, names.item, names.n);
    if (near == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "unknown option %s; --help lists the options", name);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "unknown option %s: did you mean --%s?", name,
                    near);
}

static enum rwe_status add_text(struct rwe_cli *cli, struct rwe_strings *list, const char *text,
                                struct rwe_error *error)
{
    const char **longer = RWE_NEW(cli->arena, const char *, list->n + 1);
    if (longer == NULL || text == NULL)
        return rwe_fail_memory(error);
    if (list->n > 0)
        memcpy(longer, list->item, list->n * sizeof *longer);
    longer[list->n] = text;
    *list = (struct rwe_strings){longer, list->n + 1};
    return RWE_OK;
}

/* An option as it is kept in the provenance; what only decides where results go is left out. */
static enum rwe_status record(struct rwe_cli *cli, const struct rwe_option *option,
                              const char *argument, struct rwe_error *error)
{
    bool decides = strcmp(option->name, "study") == 0 ||
                   (!option->command_only && option->section != RWE_SECTION_OUTPUT &&
                    strcmp(option->name, "threads") != 0);
    if (!decides)
        return RWE_OK;
    return add_text(cli, &cli->command,
                    argument == NULL
                        ? rwe_arena_format(cli->arena, "--%s", option->name)
                        : rwe_arena_format(cli->arena, "--%s=%s", option->name, argument),
                    error);
}

static enum rwe_status take_option(struct rwe_cli *cli, const char *name, const char *argument,
                                   struct rwe_error *error)
{
    const struct rwe_option *option = rwe_settings_find(cli->settings, name);
    if (option == NULL)
        return add_text(cli, &cli->not_built, name, error);
    enum rwe_status status =
        rwe_settings_set(cli->settings, name, argument, RWE_FROM_COMMAND, error);
    return status == RWE_OK ? record(cli, option, argument, error) : status;
}

enum rwe_status rwe_cli_parse(struct rwe_cli *cli, int argc, char *const argv[],
                              struct rwe_error *error)
{
    enum rwe_status status = add_text(cli, &cli->command, "rwe-analyze", error);
    const struct option *table = long_options(cli->settings, cli->arena);
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
            status = take_option(cli, table[index].name, optarg, error);
    }
    for (int i = optind; i < argc && status == RWE_OK; i++) {
        status = add_text(cli, &cli->files, argv[i], error);
        if (status == RWE_OK)
            status = add_text(cli, &cli->command, argv[i], error);
    }
    return status;
}
