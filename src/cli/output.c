/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --output, --format, --style: where results go, and as what. */
#include "cli.h"
#include "rwe/base/language.h"
#include "rwe/report/figure_file.h"

#include "rwe/base/file.h"
#include "rwe/report/pack.h"
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is asked for ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The one of --format, else the one that the ending of --output says, else text. */
static enum rwe_status choose_format(const struct rwe_cli_settings *settings,
                                     const struct rwe_format **format, struct rwe_error *error)
{
    const char *output = settings->output;
    enum rwe_status status = RWE_OK;
    *format = settings->format < 0 ? NULL : rwe_format_find(settings->format_name);
    if (*format == NULL && output != NULL)
        status = rwe_format_of_file(output, format, error);
    if (*format == NULL)
        *format = rwe_format_find("text");
    return status;
}

static bool is_standard_output(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

/* A folder: one that is there, a path that ends in a slash, or a new name without an ending. */
static bool is_folder(const struct rwe_cli_settings *settings)
{
    struct stat info;
    const char *path = settings->output;
    size_t length = path == NULL ? 0 : strlen(path);
    if (length == 0 || strcmp(path, "-") == 0)
        return false;
    if (path[length - 1] == '/')
        return true;
    if (stat(path, &info) == 0)
        return S_ISDIR(info.st_mode);
    return settings->format < 0 && strchr(base_name(path), '.') == NULL;
}

/* --figures svg,pdf,png: all of them unless it says which, or none. */
static enum rwe_status read_figures(const struct rwe_cli_settings *settings, unsigned *formats,
                                    struct rwe_error *error)
{
    struct rwe_strings names = settings->figures;
    *formats = names.n == 0 ? RWE_FIGURE_FORMATS : 0;
    for (size_t i = 0; i < names.n; i++) {
        int f = 0;
        while (f <= RWE_FIGURE_PNG && strcmp(names.item[i], rwe_figure_format_names[f]) != 0)
            f++;
        if (f <= RWE_FIGURE_PNG)
            *formats |= 1u << f;
        else if (names.n > 1 || strcmp(names.item[i], "none") != 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--figures %s: say svg, pdf, png, several of them, or none",
                            names.item[i]);
    }
    return RWE_OK;
}

/* A new file needs a folder that may be written. */
static enum rwe_status check_file(const char *path, struct rwe_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0)
        return RWE_OK;
    char *copy = errno == ENOENT ? strdup(path) : NULL;
    bool writable = copy != NULL && access(dirname(copy), W_OK | X_OK) == 0;
    int reason = errno;
    free(copy);
    if (!writable && reason == ENOMEM)
        return rwe_fail_memory(error);
    return writable ? RWE_OK
                    : rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(reason));
}

static enum rwe_status check_one_file(const struct rwe_cli *cli, const char *path,
                                      struct rwe_error *error)
{
    const struct rwe_format *format;
    enum rwe_status status = choose_format(rwe_cli_settings_of(cli), &format, error);
    if (status != RWE_OK)
        return status;
    return is_standard_output(path) ? rwe_format_check_stream(format, cli->out, error)
                                    : check_file(path, error);
}

enum rwe_status rwe_cli_check_output(const struct rwe_cli *cli, struct rwe_error *error)
{
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    const char *path = settings->output;
    if (!is_folder(settings) && settings->figures.n > 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--figures is for a folder: --output DIR; a file holds its figures itself");
    if (!is_folder(settings))
        return !settings->overwrite
                   ? check_one_file(cli, path, error)
                   : rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                              "--overwrite is for a folder: --output DIR. A file is always "
                              "replaced");
    if (settings->format >= 0)
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "%s is a folder, which gets every format: leave out --format, or name a file", path);
    return rwe_pack_check(path, settings->overwrite, error);
}

/* ---- writing ---- */

static void copy_bytes(FILE *out, const void *context)
{
    const struct rwe_bytes *bytes = context;
    fwrite(bytes->byte, 1, bytes->n, out);
}

/* Renders first and writes then, so that a report that fails does not replace an old file. */
static enum rwe_status write_file(const struct rwe_document *document,
                                  const struct rwe_format *format,
                                  const struct rwe_render_options *options, const char *path,
                                  struct rwe_error *error)
{
    struct rwe_bytes bytes;
    enum rwe_status status = rwe_render_bytes(document, format, options, &bytes, error);
    if (status == RWE_OK)
        status = rwe_file_write(path, copy_bytes, &bytes, error);
    rwe_bytes_clear(&bytes);
    return status;
}

static enum rwe_status write_pack(const struct rwe_cli *cli,
                                  const struct rwe_render_options *options, const char *path,
                                  struct rwe_error *error)
{
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    struct rwe_pack *pack = rwe_pack_new();
    if (pack == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_pack_fill(pack, cli->job.document, options, error);
    if (status == RWE_OK)
        status = rwe_pack_write(pack, path, settings->overwrite, error);
    if (status == RWE_OK && !settings->quiet)
        fprintf(cli->err, rwe_message("%zu files written to %s\n"), rwe_pack_n_files(pack), path);
    rwe_pack_free(pack);
    return status;
}

enum rwe_status rwe_cli_output(const struct rwe_cli *cli, struct rwe_error *error)
{
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    const char *path = settings->output;
    const struct rwe_format *format;
    struct rwe_render_options options = rwe_job_render_options(&cli->job);
    enum rwe_status status = read_figures(settings, &options.figure_formats, error);
    if (status == RWE_OK && is_folder(settings))
        return write_pack(cli, &options, path, error);
    if (status == RWE_OK)
        status = choose_format(settings, &format, error);
    if (status != RWE_OK)
        return status;
    return is_standard_output(path)
               ? rwe_render(cli->job.document, format, &options, cli->out, error)
               : write_file(cli->job.document, format, &options, path, error);
}
