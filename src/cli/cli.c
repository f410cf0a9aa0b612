/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "rwe/base/file.h"
#include <errno.h>
#include <string.h>

static void tell_not_built(const struct rwe_cli *cli, struct rwe_document *document)
{
    for (size_t i = 0; i < cli->not_built.n; i++)
        rwe_document_warning(document, "not-in-this-version", cli->not_built.item[i],
                             "--%s is not part of version %s; nothing is reported for it.",
                             cli->not_built.item[i], RWE_VERSION);
}

/* An analysis asked for that does not exist yet must not look like one that ran: its name, when
 * nothing else was asked for; else NULL. */
static const char *only_not_built(const struct rwe_cli *cli)
{
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (rwe_settings_has(cli->settings, rwe_analyses[a]->name) &&
            rwe_settings_source(cli->settings, rwe_analyses[a]->name) == RWE_FROM_COMMAND)
            return NULL;
    return cli->not_built.n > 0 ? cli->not_built.item[0] : NULL; // NOLINT: n > 0 has items
}

static int analyze(struct rwe_cli *cli)
{
    struct rwe_document *document = NULL;
    struct rwe_error error = {0};
    enum rwe_status status = RWE_OK;
    const char *not_built = only_not_built(cli);
    if (not_built != NULL)
        status = rwe_fail(&error, RWE_USAGE, RWE_NO_INDEX, "--%s is not part of version %s",
                          not_built, RWE_VERSION);
    if (status == RWE_OK)
        status = rwe_cli_check_output(cli, &error); /* before work that may take minutes */
    if (status == RWE_OK)
        status = rwe_cli_run(cli, &document, &error);
    if (status == RWE_OK) {
        tell_not_built(cli, document);
        status = rwe_cli_output(cli, document, &error);
    }
    if (status != RWE_OK)
        return rwe_cli_fail(cli->err, &error);
    bool strict = rwe_settings_flag(cli->settings, "strict");
    return strict && rwe_document_n_warnings(document) > 0 ? RWE_EXIT_WARNINGS : RWE_EXIT_DONE;
}

/* ---- the program ---- */

static void print_study(const struct rwe_settings *settings, FILE *out)
{
    (void)settings;
    fwrite(rwe_embedded_nct07062484_yaml, 1, rwe_embedded_nct07062484_yaml_size, out);
}

/* Makes a text whole in memory and writes it at once, so that a full disk is told with its reason. */
static int print(const struct rwe_cli *cli, void (*make)(const struct rwe_settings *, FILE *))
{
    struct rwe_error error = {0};
    struct rwe_bytes bytes = {0};
    FILE *memory = rwe_bytes_open(&bytes);
    if (memory == NULL) {
        rwe_error_set(&error, RWE_NO_MEMORY, RWE_NO_INDEX, "out of memory");
        return rwe_cli_fail(cli->err, &error);
    }
    make(cli->settings, memory);
    enum rwe_status status = rwe_bytes_close(&bytes, memory, &error);
    errno = 0;
    if (status == RWE_OK &&
        (fwrite(bytes.byte, 1, bytes.n, cli->out) != bytes.n || fflush(cli->out) != 0))
        status = rwe_fail(&error, RWE_IO, RWE_NO_INDEX, "cannot write to standard output: %s",
                          strerror(errno));
    rwe_bytes_clear(&bytes);
    return status == RWE_OK ? RWE_EXIT_DONE : rwe_cli_fail(cli->err, &error);
}

static int print_something(const struct rwe_cli *cli)
{
    static void (*const makers[])(const struct rwe_settings *,
                                  FILE *) = {rwe_cli_man, rwe_cli_completion, print_study};
    return print(cli, makers[rwe_settings_choice(cli->settings, "print")]);
}

static int dispatch(struct rwe_cli *cli)
{
    struct rwe_error error = {0};
    const char *check = rwe_settings_text(cli->settings, "check");
    if (rwe_settings_flag(cli->settings, "help"))
        return print(cli, rwe_cli_help);
    if (rwe_settings_flag(cli->settings, "version")) {
        fprintf(cli->out, "rwe-analyze %s\n", RWE_VERSION);
        return RWE_EXIT_DONE;
    }
    if (rwe_settings_has(cli->settings, "print"))
        return print_something(cli);
    if (check != NULL)
        return rwe_cli_check(cli, check);
    bool simulates = rwe_settings_has(cli->settings, "simulate") ||
                     rwe_settings_has(cli->settings, "effect") ||
                     rwe_settings_flag(cli->settings, "null");
    if (!simulates)
        return analyze(cli);
    return rwe_cli_simulate(cli, &error) == RWE_OK ? RWE_EXIT_DONE : rwe_cli_fail(cli->err, &error);
}

/* What was printed may still lie in a buffer: a full disk shows only now. */
static int finish_output(FILE *out, FILE *err, int code)
{
    struct rwe_error error = {0};
    bool failed_before = ferror(out) != 0;
    errno = 0;
    if (fflush(out) == 0 && !failed_before)
        return code;
    if (code != RWE_EXIT_DONE && code != RWE_EXIT_WARNINGS)
        return code; /* told already */
    rwe_error_set(&error, RWE_IO, RWE_NO_INDEX, "cannot write to standard output: %s",
                  strerror(errno == 0 ? EIO : errno));
    return rwe_cli_fail(err, &error);
}

int rwe_cli_main(int argc, char *const argv[], FILE *out, FILE *err)
{
    struct rwe_error error = {0};
    struct rwe_cli cli = {
        .arena = rwe_arena_new(),
        .document_arena = rwe_arena_new(),
        .out = out,
        .err = err,
    };
    int code = RWE_EXIT_FAILED;
    if (cli.arena != NULL && cli.document_arena != NULL)
        cli.settings = rwe_cli_settings(cli.arena);
    if (cli.settings == NULL)
        rwe_error_set(&error, RWE_NO_MEMORY, RWE_NO_INDEX, "out of memory");
    else
        rwe_cli_parse(&cli, argc, argv, &error);
    code = error.status == RWE_OK ? dispatch(&cli) : rwe_cli_fail(err, &error);
    code = finish_output(out, err, code);
    rwe_arena_free(cli.document_arena);
    rwe_arena_free(cli.arena);
    return code;
}
