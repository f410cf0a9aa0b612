/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of a pack, in the order of the report. */
#include "pack_private.h"

#include "rwe/base/folder.h"
#include "rwe/report/figure_file.h"
#include "rwe/report/language.h"
#include <stdio.h>

static enum rwe_status add_figure(struct rwe_pack *pack, const struct rwe_figure *figure,
                                  unsigned formats, const struct rwe_figure_file_options *options,
                                  struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (int format = RWE_FIGURE_SVG; format <= RWE_FIGURE_PNG && status == RWE_OK; format++) {
        if ((formats & 1u << format) == 0)
            continue;
        struct rwe_bytes bytes;
        char name[RWE_FOLDER_NAME];
        snprintf(name, sizeof name, RWE_PACK_FIGURES "%s.%s", rwe_figure_name(figure),
                 rwe_figure_format_names[format]);
        status = rwe_figure_render(figure, (enum rwe_figure_format)format, options, &bytes, error);
        if (status == RWE_OK)
            status = rwe_pack_add(pack, name, &bytes, error);
        rwe_bytes_clear(&bytes);
    }
    return status;
}

enum rwe_status rwe_pack_figures(struct rwe_pack *pack, const struct rwe_document *document,
                                 const struct rwe_render_options *options, struct rwe_error *error)
{
    struct rwe_figure_file_options of_file = rwe_figure_file_options_default();
    struct rwe_arena *scratch = rwe_arena_new();
    of_file.style = options->style;
    if (scratch != NULL && options->language != NULL)
        document = rwe_document_in(document, options->language, scratch);
    enum rwe_status status = scratch == NULL || document == NULL ? rwe_fail_memory(error) : RWE_OK;
    size_t n = status == RWE_OK ? rwe_document_n_figures(document) : 0;
    for (size_t i = 0; i < n && status == RWE_OK; i++)
        status = add_figure(pack, rwe_document_figure_at(document, i), options->figure_formats,
                            &of_file, error);
    rwe_arena_free(scratch);
    return status;
}
