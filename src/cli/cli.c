/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int analyze(struct rwe_cli *cli)
{
    struct rwe_error error = {0};
    enum rwe_status status =
        rwe_cli_check_output(cli, &error); /* before work that may take minutes */
    if (status == RWE_OK)
        status = rwe_cli_run(cli, &error);
    if (status == RWE_OK)
        status = rwe_cli_output(cli, &error);
    if (status != RWE_OK)
        return rwe_cli_fail(cli->err, &error);
    return rwe_cli_settings_of(cli)->strict && rwe_document_n_warnings(cli->job.document) > 0
               ? RWE_EXIT_WARNINGS
               : RWE_EXIT_DONE;
}

/* ---- the language of messages ---- */

/* The word behind --lang, which counts from the first message on: before the arguments are read. */
static const char *language_asked_for(int argc, char *const argv[])
{
    static const char option[] = "--lang";
    const size_t length = sizeof option - 1;
    const char *word = NULL;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], option, length) != 0)
            continue;
        if (argv[i][length] == '=')
            word = argv[i] + length + 1;
        else if (argv[i][length] == '\0' && i + 1 < argc)
            word = argv[i + 1];
    }
    return word;
}

/* "zh" of zh_CN.UTF-8: the first variable that is set decides, as POSIX has it for messages. */
static const struct rwe_language *language_of_environment(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *locale = getenv(variables[i]);
        if (locale == NULL || *locale == '\0')
            continue;
        char name[8] = "";
        size_t length = strcspn(locale, "_.@");
        if (length < sizeof name)
            memcpy(name, locale, length);
        return rwe_language_find(name);
    }
    return NULL;
}

static const struct rwe_language *choose_language(int argc, char *const argv[])
{
    const char *word = language_asked_for(argc, argv);
    const struct rwe_language *language = word == NULL ? NULL : rwe_language_find(word);
    return language != NULL ? language : language_of_environment();
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
    make(cli->job.settings, memory);
    enum rwe_status status = rwe_bytes_close(&bytes, memory, &error);
    errno = 0;
    if (status == RWE_OK &&
        (fwrite(bytes.byte, 1, bytes.n, cli->out) != bytes.n || fflush(cli->out) != 0))
        status = rwe_fail(&error, RWE_IO, RWE_NO_INDEX, "cannot write to standard output: %s",
                          strerror(errno));
    rwe_bytes_clear(&bytes);
    return status == RWE_OK ? RWE_EXIT_DONE : rwe_cli_fail(cli->err, &error);
}

static int print_something(const struct rwe_cli *cli, enum rwe_cli_print what)
{
    static void (*const makers[])(const struct rwe_settings *,
                                  FILE *) = {rwe_cli_man, rwe_cli_completion, print_study};
    return print(cli, makers[what]);
}

static int dispatch(struct rwe_cli *cli)
{
    struct rwe_error error = {0};
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    if (settings->help != NULL)
        return rwe_cli_check_help(cli, &error) == RWE_OK ? print(cli, rwe_cli_help)
                                                         : rwe_cli_fail(cli->err, &error);
    if (settings->version) {
        fprintf(cli->out, "rwe-analyze %s\n", RWE_VERSION);
        return RWE_EXIT_DONE;
    }
    if (settings->print != RWE_PRINT_NOTHING)
        return print_something(cli, settings->print);
    if (settings->check != NULL)
        return rwe_cli_check(cli, settings->check);
    if (settings->init && settings->ask) {
        rwe_error_set(&error, RWE_USAGE, RWE_NO_INDEX,
                      "--init writes a draft as it is guessed, --ask asks first: say one of them");
        return rwe_cli_fail(cli->err, &error);
    }
    if (settings->init)
        return rwe_cli_init(cli);
    if (settings->ask)
        return rwe_cli_ask(cli, stdin);
    if (!rwe_cli_simulates(settings))
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
    struct rwe_cli cli = {.out = out, .err = err};
    struct rwe_languages callers =
        rwe_languages_use((struct rwe_languages){.messages = choose_language(argc, argv)});
    enum rwe_status status = rwe_job_init(&cli.job, &rwe_cli_options, &error);
    if (status == RWE_OK)
        status = rwe_cli_parse(&cli, argc, argv, &error);
    int code = status == RWE_OK ? dispatch(&cli) : rwe_cli_fail(err, &error);
    code = finish_output(out, err, code);
    rwe_job_release(&cli.job);
    rwe_languages_use(callers);
    return code;
}
