/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flow diagrams, as STROBE and TARGET ask for them. Boxes go down in a column; who leaves stands to the right
 * of the arrow. Where a box has several children each is a column of its own: side by side where there
 * is room, else one below the other along a line at the left.
 */
#include "draw_private.h"

#include "layout_private.h"
#include "rwe/base/text.h"
#include <math.h>

static const double MARGIN = 12, PADDING = 8, INDENT = 12, LINE = 1.4; /* of text, in its size */
static const double GAP = 24;         /* between boxes of a column: room for an arrow */
static const double BETWEEN = 10;     /* boxes aside */
static const double GUTTER = 16;      /* columns */
static const double LEAST = 155;      /* wide a column must be to stand beside another */
static const double ROOM_ASIDE = 480; /* wide a column must be to have boxes wholly at its right */
static const double MOST = 360;       /* wide is a box, if it can */
static const double STEM = 14;        /* from the left edge to the line of narrow columns */
static const double HEAD = 6;         /* length of an arrow's head */

/* The bold face is wider than the one by which lines are broken. */
static const double BOLD = 0.9;

struct drawing {
    const struct rwe_figure *figure;
    struct rwe_canvas *canvas;
};

/* From left to right. */
struct span {
    double left, width;
};

static double centre_of(struct span span)
{
    return span.left + span.width / 2;
}

/* ---- who belongs to whom ---- */

/* The first child of that kind from box `from` on; RWE_NO_BOX: none. Boxes come after their parents. */
static rwe_box next_child(const struct drawing *d, rwe_box parent, bool aside, rwe_box from)
{
    const struct rwe_flow_box *boxes = d->figure->boxes.items;
    for (rwe_box b = from; b < d->figure->boxes.n; b++)
        if (boxes[b].parent == parent && boxes[b].aside == aside)
            return b;
    return RWE_NO_BOX;
}

static size_t count_children(const struct drawing *d, rwe_box parent)
{
    size_t n = 0;
    for (rwe_box b = next_child(d, parent, false, parent + 1); b != RWE_NO_BOX;
         b = next_child(d, parent, false, b + 1))
        n++;
    return n;
}

/* Whether any box of the column that starts here, down to where it splits, loses somebody. */
static bool has_asides(const struct drawing *d, rwe_box box)
{
    while (next_child(d, box, true, box + 1) == RWE_NO_BOX) {
        if (count_children(d, box) != 1)
            return false;
        box = next_child(d, box, false, box + 1);
    }
    return true;
}

/* ---- lines and arrows ---- */

static const struct rwe_look thin = {.stroke = RWE_COLOUR_SOFT, .width = 1};

static void put_line(const struct drawing *d, struct rwe_point from, struct rwe_point to)
{
    rwe_canvas_line(d->canvas, from, to, &thin);
}

/* Straight down or to the right, with a head. */
static void put_arrow(const struct drawing *d, struct rwe_point from, struct rwe_point to)
{
    static const struct rwe_look solid = {.fill = RWE_COLOUR_SOFT};
    bool down = from.x == to.x;
    struct rwe_point neck = {down ? to.x : to.x - HEAD, down ? to.y - HEAD : to.y};
    double x = down ? HEAD / 2 : 0, y = down ? 0 : HEAD / 2;
    const struct rwe_point head[] = {to, {neck.x - x, neck.y - y}, {neck.x + x, neck.y + y}};
    put_line(d, from, neck);
    d->canvas->kind->shape(d->canvas, head, 3, true, &solid);
}

/* ---- boxes ---- */

/* "Matched 1:1 (n = 301)"; what stands in brackets is not broken. */
static const char *line_text(const struct drawing *d, const struct rwe_box_line *line,
                             const struct rwe_cell *cell)
{
    if (line->n == RWE_NO_FACT)
        return line->words;
    return rwe_arena_format(
        d->canvas->scratch, "%s (n\u00a0=\u00a0%s)", line->words,
        rwe_layout_cell_text(d->figure->document, cell, d->canvas->style, d->canvas->scratch));
}

/* From `top` downward; returns where it ends. */
static double put_words(const struct drawing *d, const struct rwe_box_line *line, bool heading,
                        struct span span, double top)
{
    struct rwe_cell *cell = RWE_NEW(d->canvas->scratch, struct rwe_cell, 1);
    if (cell == NULL)
        return top;
    *cell = (struct rwe_cell){.class = RWE_CELL_COUNT, .fact = {line->n, RWE_NO_FACT, RWE_NO_FACT}};
    const char *text = line_text(d, line, cell);
    double indent = PADDING + INDENT * line->indent;
    double room = (span.width - indent - PADDING) * (heading ? BOLD : 1);
    if (text == NULL)
        return top;
    struct rwe_strings rows = rwe_label_wrap(d->canvas->scratch, text, RWE_DRAW_TEXT, room);
    for (size_t i = 0; i < rows.n; i++, top += LINE * RWE_DRAW_TEXT)
        rwe_canvas_text(
            d->canvas,
            &(struct rwe_label){.text = rows.item[i],
                                .cell = i + 1 == rows.n && line->n != RWE_NO_FACT ? cell : NULL,
                                .x = span.left + indent,
                                .y = top + RWE_DRAW_TEXT,
                                .size = RWE_DRAW_TEXT,
                                .colour = RWE_COLOUR_INK,
                                .bold = heading});
    return top;
}

/* Its frame comes last, when its height is known. Returns where it ends. */
static double put_box(const struct drawing *d, rwe_box box, struct span span, double top)
{
    const struct rwe_box_line *lines = d->figure->box_lines.items;
    bool heading = true;
    double bottom = top + PADDING - 2;
    for (size_t i = 0; i < d->figure->box_lines.n; i++) {
        if (lines[i].box != box)
            continue;
        bottom = put_words(d, &lines[i], heading, span, bottom);
        heading = false;
    }
    bottom = ceil(bottom + PADDING - 2);
    rwe_canvas_rectangle(d->canvas, (struct rwe_point){span.left, top},
                         (struct rwe_point){span.left + span.width, bottom}, &thin);
    return bottom;
}

/* ---- columns ---- */

/* A column of boxes and the line that goes down between them. */
struct column {
    struct span all, box, aside;
    double line;
};

static struct column plan_column(const struct drawing *d, rwe_box box, struct span all)
{
    double half = (all.width - GUTTER) / 2;
    double width = fmin(all.width, MOST);
    struct span middle = {all.left + (all.width - width) / 2, width};
    if (!has_asides(d, box))
        return (struct column){all, middle, {0, 0}, centre_of(middle)};
    if (all.width < ROOM_ASIDE) {
        struct span aside = {all.left + 3 * STEM, all.width - 3 * STEM};
        return (struct column){all, all, aside, all.left + STEM};
    }
    struct span left = {all.left, half};
    return (struct column){all, left, {all.left + half + GUTTER, half}, centre_of(left)};
}

/* Who leaves `box`, below `bottom`; returns where they end, `bottom` where nobody does. */
static double put_asides(const struct drawing *d, rwe_box box, const struct column *column,
                         double bottom)
{
    double top = bottom + GAP / 2, end = bottom, from = bottom;
    for (rwe_box b = next_child(d, box, true, box + 1); b != RWE_NO_BOX;
         b = next_child(d, box, true, b + 1)) {
        end = put_box(d, b, column->aside, top);
        double middle = round((top + end) / 2);
        put_line(d, (struct rwe_point){column->line, from},
                 (struct rwe_point){column->line, middle});
        put_arrow(d, (struct rwe_point){column->line, middle},
                  (struct rwe_point){column->aside.left, middle});
        top = end + BETWEEN;
        from = middle;
    }
    return end;
}

static double put_column(const struct drawing *d, rwe_box box, struct span all, double top);

/* Side by side, from a line across. */
static double put_beside(const struct drawing *d, rwe_box parent, const struct column *column,
                         double from, double below)
{
    size_t n = count_children(d, parent);
    double width = (column->all.width - GUTTER * (double)(n - 1)) / (double)n;
    double across = below + GAP / 2, end = below, left = column->line, right = column->line;
    struct span span = {column->all.left, width};
    for (rwe_box b = next_child(d, parent, false, parent + 1); b != RWE_NO_BOX;
         b = next_child(d, parent, false, b + 1)) {
        double x = centre_of(plan_column(d, b, span).box);
        put_arrow(d, (struct rwe_point){x, across}, (struct rwe_point){x, below + GAP * 1.25});
        end = fmax(end, put_column(d, b, span, below + GAP * 1.25));
        left = fmin(left, x);
        right = fmax(right, x);
        span.left += width + GUTTER;
    }
    put_line(d, (struct rwe_point){column->line, from}, (struct rwe_point){column->line, across});
    put_line(d, (struct rwe_point){left, across}, (struct rwe_point){right, across});
    return end;
}

/* One below the other, from a line at the left. */
static double put_stacked(const struct drawing *d, rwe_box parent, const struct column *column,
                          double from, double below)
{
    struct span span = {column->all.left + 2 * STEM, column->all.width - 2 * STEM};
    double line = column->all.left + STEM, end = below;
    for (rwe_box b = next_child(d, parent, false, parent + 1); b != RWE_NO_BOX;
         b = next_child(d, parent, false, b + 1)) {
        double top = end + GAP / 2, entry = top + PADDING + RWE_DRAW_TEXT / 2.0;
        double left = plan_column(d, b, span).box.left;
        put_line(d, (struct rwe_point){line, from}, (struct rwe_point){line, entry});
        put_arrow(d, (struct rwe_point){line, entry}, (struct rwe_point){left, entry});
        end = put_column(d, b, span, top);
        from = entry;
    }
    return end;
}

static double put_column(const struct drawing *d, rwe_box box, struct span all, double top)
{
    struct column column = plan_column(d, box, all);
    double bottom = put_box(d, box, column.box, top);
    double end = put_asides(d, box, &column, bottom);
    while (count_children(d, box) == 1) {
        top = end + (end > bottom ? GAP / 2 : GAP);
        put_arrow(d, (struct rwe_point){column.line, bottom}, (struct rwe_point){column.line, top});
        box = next_child(d, box, false, box + 1);
        bottom = put_box(d, box, column.box, top);
        end = put_asides(d, box, &column, bottom);
    }
    size_t n = count_children(d, box);
    if (n == 0)
        return end;
    double width = (all.width - GUTTER * (double)(n - 1)) / (double)n;
    return width >= LEAST ? put_beside(d, box, &column, bottom, end)
                          : put_stacked(d, box, &column, bottom, end);
}

double rwe_draw_flow(const struct rwe_figure *figure, struct rwe_canvas *canvas, double top)
{
    const struct drawing d = {figure, canvas};
    struct span all = {MARGIN, canvas->width - 2 * MARGIN};
    if (figure->boxes.n == 0)
        return top;
    return put_column(&d, 0, all, top + 1) + 1;
}
