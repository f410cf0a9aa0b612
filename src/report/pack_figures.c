/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of a pack, in the order of the report. */
#include "document_private.h"
#include "pack_private.h"

#include "rwe/base/folder.h"
#include "rwe/base/parallel.h"
#include "rwe/report/figure_file.h"
#include <stdio.h>
#include <stdlib.h>

enum { N_FORMATS = RWE_FIGURE_PNG + 1 };

/* One figure's files. */
struct drawn {
    const struct rwe_figure *figure;
    struct rwe_bytes bytes[N_FORMATS];
    enum rwe_status status;
    struct rwe_error error;
};

struct drawing {
    struct drawn *drawn;
    unsigned formats;
    struct rwe_figure_file_options options;
};

static void draw(size_t i, void *context)
{
    const struct drawing *drawing = context;
    struct drawn *drawn = &drawing->drawn[i];
    for (unsigned f = 0; f < N_FORMATS && drawn->status == RWE_OK; f++)
        if ((drawing->formats & 1u << f) != 0)
            drawn->status = rwe_figure_render(drawn->figure, (enum rwe_figure_format)f,
                                              &drawing->options, &drawn->bytes[f], &drawn->error);
}

static enum rwe_status add(struct rwe_pack *pack, struct drawn *drawn, unsigned formats,
                           struct rwe_error *error)
{
    enum rwe_status status = drawn->status;
    if (status != RWE_OK)
        *error = drawn->error;
    for (unsigned f = 0; f < N_FORMATS && status == RWE_OK; f++) {
        char name[RWE_FOLDER_NAME];
        if ((formats & 1u << f) == 0)
            continue;
        snprintf(name, sizeof name, RWE_PACK_FIGURES "%s.%s", rwe_figure_name(drawn->figure),
                 rwe_figure_format_names[f]);
        status = rwe_pack_add(pack, name, &drawn->bytes[f], error);
    }
    for (unsigned f = 0; f < N_FORMATS; f++)
        rwe_bytes_clear(&drawn->bytes[f]);
    return status;
}

static enum rwe_status add_all(struct rwe_pack *pack, const struct rwe_document *document,
                               const struct rwe_render_options *options, struct rwe_error *error)
{
    size_t n = rwe_document_n_figures(document);
    struct drawing drawing = {.drawn = calloc(n + 1, sizeof *drawing.drawn),
                              .formats = options->figure_formats,
                              .options = rwe_figure_file_options_default()};
    enum rwe_status status = RWE_OK;
    if (drawing.drawn == NULL)
        return rwe_fail_memory(error);
    drawing.options.style = options->style;
    for (size_t i = 0; i < n; i++)
        drawing.drawn[i].figure = rwe_document_figure_at(document, i);
    rwe_parallel_for(n, options->threads, draw, &drawing);
    for (size_t i = 0; i < n; i++) {
        enum rwe_status added = add(pack, &drawing.drawn[i], drawing.formats, error);
        status = status == RWE_OK ? added : status;
    }
    free(drawing.drawn);
    return status;
}

enum rwe_status rwe_pack_figures(struct rwe_pack *pack, const struct rwe_document *document,
                                 const struct rwe_render_options *options, struct rwe_error *error)
{
    struct rwe_languages callers = rwe_document_languages(document);
    enum rwe_status status = add_all(pack, document, options, error);
    rwe_languages_use(callers);
    return status;
}
