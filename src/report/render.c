/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document_private.h"
#include "render_private.h"

#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include <errno.h>
#include <locale.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const struct rwe_format rwe_formats[] = {
    {"html", "report.html", "html|htm", false, rwe_render_html},
    {"md", "report.md", "md", false, rwe_render_md},
    {"latex", "report.tex", "tex", false, rwe_render_latex},
    {"text", "report.txt", "txt", false, rwe_render_text},
    {"json", "results.json", "json", false, rwe_render_json},
    {"csv", "results.csv", "csv", false, rwe_render_csv},
    {NULL, NULL, NULL, false, NULL},
};

const char rwe_format_names[] = "text|json|csv|md|html|latex";

const struct rwe_format *rwe_format_find(const char *name)
{
    for (const struct rwe_format *format = rwe_formats; format->name != NULL; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}

/* ---- names of files ---- */

static bool has_ending(const struct rwe_format *format, const char *ending)
{
    size_t length = strlen(ending);
    for (const char *at = format->endings; *at != '\0'; at += strspn(at, "|")) {
        size_t n = strcspn(at, "|");
        if (n == length && strncasecmp(at, ending, n) == 0)
            return true;
        at += n;
    }
    return false;
}

/* ".html, .htm, .md": all of them, as far as there is room. */
static void list_endings(char *list, size_t size)
{
    size_t used = 0;
    for (const struct rwe_format *format = rwe_formats; format->name != NULL; format++)
        for (const char *at = format->endings; *at != '\0'; at += strspn(at, "|")) {
            size_t n = strcspn(at, "|");
            int more =
                snprintf(list + used, size - used, "%s.%.*s", used == 0 ? "" : ", ", (int)n, at);
            used += (size_t)more < size - used ? (size_t)more : 0;
            at += n;
        }
}

enum rwe_status rwe_format_of_file(const char *path, const struct rwe_format **format,
                                   struct rwe_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash == NULL ? path : slash, '.');
    char list[256] = "";
    *format = NULL;
    if (dot == NULL)
        return RWE_OK;
    for (const struct rwe_format *each = rwe_formats; each->name != NULL; each++)
        if (has_ending(each, dot + 1)) {
            *format = each;
            return RWE_OK;
        }
    list_endings(list, sizeof list);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "%s: there is no format for files that end in %s; there are %s. Choose one of "
                    "these endings, or say --format",
                    path, dot, list);
}

enum rwe_status rwe_format_check_stream(const struct rwe_format *format, FILE *out,
                                        struct rwe_error *error)
{
    int descriptor = fileno(out);
    if (!format->is_binary || descriptor < 0 || !isatty(descriptor))
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--format %s is no text to be shown on a terminal: name a file with --output",
                    format->name);
}

/* ---- rendering ---- */

/* The format's bytes in memory, so that a failure leaves no half a report. */
static enum rwe_status render_to_memory(const struct rwe_document *document,
                                        const struct rwe_format *format,
                                        const struct rwe_render_options *options,
                                        struct rwe_bytes *bytes, struct rwe_error *error)
{
    struct rwe_languages callers = rwe_document_languages(document);
    FILE *memory = rwe_bytes_open(bytes);
    enum rwe_status status = RWE_OK;
    if (memory != NULL)
        __fsetlocking(memory, FSETLOCKING_BYCALLER); /* nobody else has it */
    if (memory == NULL)
        status = rwe_fail_memory(error);
    else
        status = format->write(document, options, memory, error);
    rwe_languages_use(callers);
    if (memory == NULL)
        return status;
    enum rwe_status closed = rwe_bytes_close(bytes, memory, error);
    return closed != RWE_OK ? closed : status;
}

enum rwe_status rwe_render_bytes(const struct rwe_document *document,
                                 const struct rwe_format *format,
                                 const struct rwe_render_options *options, struct rwe_bytes *bytes,
                                 struct rwe_error *error)
{
    static const struct rwe_render_options defaults = {.provenance = true};
    *bytes = (struct rwe_bytes){0};
    if (rwe_document_failed(document))
        return rwe_fail_memory(error);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return rwe_fail_memory(error);
    locale_t callers = uselocale(c_locale);
    enum rwe_status status =
        render_to_memory(document, format, options == NULL ? &defaults : options, bytes, error);
    uselocale(callers);
    freelocale(c_locale);
    return status;
}

enum rwe_status rwe_render(const struct rwe_document *document, const struct rwe_format *format,
                           const struct rwe_render_options *options, FILE *out,
                           struct rwe_error *error)
{
    struct rwe_bytes bytes;
    enum rwe_status status = rwe_render_bytes(document, format, options, &bytes, error);
    errno = 0;
    if (status == RWE_OK && (fwrite(bytes.byte, 1, bytes.n, out) != bytes.n || fflush(out) != 0))
        status =
            rwe_fail(error, RWE_IO, RWE_NO_INDEX, "cannot write the results: %s", strerror(errno));
    rwe_bytes_clear(&bytes);
    return status;
}
