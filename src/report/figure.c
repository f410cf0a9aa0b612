/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "figure_private.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The figure of no document, which swallows all: every thread may have it, since nobody writes to it. */
static struct rwe_figure nowhere;

/* ---- names ---- */

static bool is_taken(const struct rwe_document *document, const char *name)
{
    const struct rwe_block *blocks = document->blocks.items;
    for (size_t b = 0; b < document->blocks.n; b++)
        if (blocks[b].kind == RWE_BLOCK_FIGURE && strcmp(blocks[b].figure->name, name) == 0)
            return true;
    return false;
}

/* Fit for a file: ASCII letters, digits and hyphens; a number behind it where another has it. */
static const char *file_name(struct rwe_document *document, const char *name)
{
    char *clean = rwe_arena_string(document->arena, name);
    if (clean == NULL)
        return NULL;
    for (char *c = clean; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) || (unsigned char)*c >= 0x80)
            *c = '-';
    const char *free_name = clean;
    for (unsigned n = 2; free_name != NULL && is_taken(document, free_name); n++)
        free_name = rwe_arena_format(document->arena, "%s-%u", clean, n);
    return free_name;
}

/* ---- the parts that every figure has ---- */

struct rwe_figure *rwe_document_figure(struct rwe_document *document, enum rwe_figure_kind kind,
                                       const char *name, const char *format, ...)
{
    if (document == NULL)
        return &nowhere;
    struct rwe_figure *figure = RWE_NEW(document->arena, struct rwe_figure, 1);
    const char *stem = figure == NULL ? NULL : file_name(document, name);
    if (stem == NULL) {
        document->failed = true;
        return &nowhere;
    }
    va_list arguments;
    va_start(arguments, format);
    const char *title = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    *figure = (struct rwe_figure){.document = document,
                                  .kind = kind,
                                  .name = stem,
                                  .title = title,
                                  .banner = document->banner};
    rwe_document_add_block(document,
                           (struct rwe_block){.kind = RWE_BLOCK_FIGURE, .figure = figure});
    return figure;
}

void rwe_figure_describe(struct rwe_figure *figure, const char *format, ...)
{
    if (figure == &nowhere)
        return;
    va_list arguments;
    va_start(arguments, format);
    figure->description = rwe_document_format(figure->document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
}

void rwe_figure_clear_banner(struct rwe_figure *figure)
{
    if (figure == &nowhere)
        return;
    figure->banner = NULL;
}

void rwe_figure_note(struct rwe_figure *figure, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(figure->document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    const char **place = rwe_document_append(figure->document, &figure->notes, sizeof *place);
    if (place != NULL)
        *place = text;
}

void rwe_figure_result(struct rwe_figure *figure, const char *words, enum rwe_cell_class class,
                       const struct rwe_key *key, const char *const stats[3])
{
    struct rwe_figure_result *place =
        rwe_document_append(figure->document, &figure->results, sizeof *place);
    if (place == NULL)
        return;
    *place = (struct rwe_figure_result){
        .words = rwe_document_copy(figure->document, words, RWE_UTF8_LINE),
        .class = class,
        .key = rwe_document_share_key(figure->document, key)};
    for (int i = 0; i < 3; i++)
        place->stat[i] = rwe_document_share(figure->document, stats[i]);
}

/* ---- plots ---- */

static struct rwe_axis copy_axis(struct rwe_document *document, const struct rwe_axis *axis)
{
    struct rwe_axis copy = *axis;
    copy.label = rwe_document_copy(document, axis->label, RWE_UTF8_LINE);
    copy.low_words = rwe_document_copy(document, axis->low_words, RWE_UTF8_LINE);
    copy.high_words = rwe_document_copy(document, axis->high_words, RWE_UTF8_LINE);
    return copy;
}

void rwe_figure_x_axis(struct rwe_figure *figure, const struct rwe_axis *axis)
{
    if (figure == &nowhere)
        return;
    figure->x = copy_axis(figure->document, axis);
}

void rwe_figure_y_axis(struct rwe_figure *figure, const struct rwe_axis *axis)
{
    if (figure == &nowhere)
        return;
    figure->y = copy_axis(figure->document, axis);
}

void rwe_figure_curve(struct rwe_figure *figure, const struct rwe_curve *curve)
{
    struct rwe_curve *place = rwe_document_append(figure->document, &figure->curves, sizeof *place);
    if (place == NULL)
        return;
    *place = *curve;
    place->label = rwe_document_copy(figure->document, curve->label, RWE_UTF8_LINE);
}

void rwe_figure_reference(struct rwe_figure *figure, bool upright, double at, const char *label)
{
    struct rwe_reference *place =
        rwe_document_append(figure->document, &figure->references, sizeof *place);
    if (place != NULL)
        *place = (struct rwe_reference){upright, at,
                                        rwe_document_copy(figure->document, label, RWE_UTF8_LINE)};
}

void rwe_figure_drop(struct rwe_figure *figure, size_t group, rwe_fact x, double y)
{
    struct rwe_drop *place = rwe_document_append(figure->document, &figure->drops, sizeof *place);
    if (place != NULL)
        *place = (struct rwe_drop){group, x, y};
}

/* ---- figures of tables ---- */

struct rwe_grid *rwe_figure_grid(struct rwe_figure *figure)
{
    if (figure == &nowhere)
        return rwe_grid_new(NULL, NULL);
    if (figure->grid == NULL)
        figure->grid = rwe_grid_new(figure->document, NULL);
    return figure->grid;
}

void rwe_figure_set_grid(struct rwe_figure *figure, struct rwe_grid *grid)
{
    if (figure == &nowhere)
        return;
    figure->grid = grid;
}

void rwe_figure_column(struct rwe_figure *figure, enum rwe_column_role role, size_t column,
                       size_t group, const char *label)
{
    struct rwe_figure_column *place =
        rwe_document_append(figure->document, &figure->columns, sizeof *place);
    if (place != NULL)
        *place = (struct rwe_figure_column){
            role, column, group, rwe_document_copy(figure->document, label, RWE_UTF8_LINES)};
}

void rwe_figure_rows(struct rwe_figure *figure, const struct rwe_row_style *style)
{
    if (figure == &nowhere)
        return;
    figure->rows = *style;
}

void rwe_figure_summary(struct rwe_figure *figure, size_t row)
{
    size_t *place = rwe_document_append(figure->document, &figure->summaries, sizeof *place);
    if (place != NULL)
        *place = row;
}

/* ---- flow diagrams ---- */

rwe_box rwe_figure_box(struct rwe_figure *figure, rwe_box parent, bool aside)
{
    struct rwe_flow_box *place =
        rwe_document_append(figure->document, &figure->boxes, sizeof *place);
    if (place == NULL)
        return RWE_NO_BOX;
    *place = (struct rwe_flow_box){parent, aside};
    return figure->boxes.n - 1;
}

void rwe_figure_box_line(struct rwe_figure *figure, rwe_box box, int indent, const char *words,
                         rwe_fact n)
{
    struct rwe_box_line *place =
        rwe_document_append(figure->document, &figure->box_lines, sizeof *place);
    if (place != NULL)
        *place = (struct rwe_box_line){
            box, indent, rwe_document_copy(figure->document, words, RWE_UTF8_LINE), n};
}
