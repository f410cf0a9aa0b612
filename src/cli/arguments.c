/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <getopt.h>
#include <string.h>

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

/* The value of an option as one text. */
static const char *value_text(const struct rwe_cli *cli, const char *name)
{
    struct rwe_strings texts = rwe_settings_texts(cli->job.settings, name, cli->job.arena);
    return texts.item == NULL ? NULL : rwe_text_join(cli->job.arena, texts, ",");
}

/* Of most options the last word counts, so that a script can change what it was given. Two designs are no change of
 * mind: --iptw=ate --iptw=ato would give one of them without a word. */
static enum rwe_status take_option(struct rwe_cli *cli, const char *name, const char *text,
                                   struct rwe_error *error)
{
    const struct rwe_settings *settings = cli->job.settings;
    const struct rwe_option *option = rwe_settings_find(settings, name);
    bool is_second = option->runs && rwe_settings_source(settings, name) == RWE_FROM_COMMAND;
    const char *first = is_second ? value_text(cli, name) : NULL;
    enum rwe_status status = rwe_job_set(&cli->job, name, text, error);
    const char *second = is_second && status == RWE_OK ? value_text(cli, name) : NULL;
    if (rwe_arena_failed(cli->job.arena))
        return rwe_fail_memory(error);
    if (status != RWE_OK || !is_second || strcmp(first, second) == 0)
        return status;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s is given twice, as %s and as %s, of which only one can act: leave one "
                    "out, or run the program once for each",
                    name, first, second);
}

/* The word behind --help: a topic or an option, which need not be meant as options are. */
static const char *topic_of(int argc, char *const argv[])
{
    bool is_topic = optarg == NULL && optind < argc && strncmp(argv[optind], "--lang", 6) != 0;
    return is_topic ? argv[optind] : optarg;
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
        int found = getopt_long(argc, argv, ":h", table, &index);
        if (found == -1)
            break;
        if (found == 'h')
            return take_option(cli, "help", "short", error);
        if (found == 0 && strcmp(table[index].name, "help") == 0)
            return take_option(cli, "help", topic_of(argc, argv), error);
        if (found == ':')
            status =
                rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s needs an argument", argv[optind - 1]);
        else if (found != 0)
            status = fail_unknown(cli, argv[optind - 1], error);
        else
            status = take_option(cli, table[index].name, optarg, error);
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
