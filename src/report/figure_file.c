/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/report/figure_file.h"

#include "draw_private.h"
#include <locale.h>

const char *const rwe_figure_format_names[3] = {"svg", "pdf", "png"};

struct rwe_figure_file_options rwe_figure_file_options_default(void)
{
    return (struct rwe_figure_file_options){.width = RWE_DRAW_WIDE, .png_scale = 2};
}

size_t rwe_document_n_figures(const struct rwe_document *document)
{
    const struct rwe_block *blocks = document->blocks.items;
    size_t n = 0;
    for (size_t b = 0; b < document->blocks.n; b++)
        n += blocks[b].kind == RWE_BLOCK_FIGURE;
    return n;
}

const struct rwe_figure *rwe_document_figure_at(const struct rwe_document *document, size_t i)
{
    const struct rwe_block *blocks = document->blocks.items;
    for (size_t b = 0; b < document->blocks.n; b++)
        if (blocks[b].kind == RWE_BLOCK_FIGURE && i-- == 0)
            return blocks[b].figure;
    return NULL;
}

const char *rwe_figure_name(const struct rwe_figure *figure)
{
    return figure->name;
}

const char *rwe_figure_title(const struct rwe_figure *figure)
{
    return figure->title == NULL ? "" : figure->title;
}

static enum rwe_status write(const struct rwe_figure *figure, enum rwe_figure_format format,
                             const struct rwe_figure_file_options *options, FILE *out,
                             struct rwe_error *error)
{
    const struct rwe_draw_options draw = {.width = options->width, .style = options->style};
    return format == RWE_FIGURE_SVG
               ? rwe_figure_write_svg(figure, &draw, out, error)
               : rwe_figure_write_cairo(
                     figure, &draw, format == RWE_FIGURE_PNG ? options->png_scale : 0, out, error);
}

static enum rwe_status write_to_memory(const struct rwe_figure *figure,
                                       enum rwe_figure_format format,
                                       const struct rwe_figure_file_options *options,
                                       struct rwe_bytes *bytes, struct rwe_error *error)
{
    FILE *memory = rwe_bytes_open(bytes);
    if (memory == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = write(figure, format, options, memory, error);
    enum rwe_status closed = rwe_bytes_close(bytes, memory, error);
    return closed != RWE_OK ? closed : status;
}

enum rwe_status rwe_figure_render(const struct rwe_figure *figure, enum rwe_figure_format format,
                                  const struct rwe_figure_file_options *options,
                                  struct rwe_bytes *bytes, struct rwe_error *error)
{
    const struct rwe_figure_file_options defaults = rwe_figure_file_options_default();
    *bytes = (struct rwe_bytes){0};
    if (options == NULL)
        options = &defaults;
    if (!(options->width >= 240 && options->width <= 2000 && options->png_scale >= 1 &&
          options->png_scale <= 8))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a figure is 240 to 2000 units wide, of 1 to 8 pixels each");
    if (rwe_document_failed(figure->document))
        return rwe_fail_memory(error);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return rwe_fail_memory(error);
    locale_t callers = uselocale(c_locale);
    enum rwe_status status = write_to_memory(figure, format, options, bytes, error);
    uselocale(callers);
    freelocale(c_locale);
    return status;
}
