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

const struct rwe_format rwe_formats[] = {
    {"text", "a report for the terminal (default)", rwe_render_text},
    {"json", N_("every number at full precision, with its key"), rwe_render_json},
    {"csv", N_("the same facts as one long table"), rwe_render_csv},
    {"md", "a report in GitHub Markdown", rwe_render_md},
    {"html", "a report as one self-contained page", rwe_render_html},
    {"latex", "a report in LaTeX, with booktabs tables to copy", rwe_render_latex},
    {NULL, NULL, NULL},
};

const struct rwe_format *rwe_format_find(const char *name)
{
    for (const struct rwe_format *format = rwe_formats; format->name != NULL; format++)
        if (strcmp(format->name, name) == 0)
            return format;
    return NULL;
}

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
