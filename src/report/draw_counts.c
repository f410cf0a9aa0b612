/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of counts under a plot, each column under its time (Morris et al., BMJ Open 9:e030215, 2019). A
 * row without cells is a heading; one that is a curve's name has a sample of the curve before it.
 */
#include "draw_plot_private.h"

#include "layout_private.h"
#include "rwe/base/text.h"
#include <math.h>
#include <string.h>

static const double ROW = 15, GAP = 10; /* between counts side by side */

static const struct rwe_row *rows_of(const struct rwe_plot *plot)
{
    return plot->figure->grid->rows.items;
}

static const struct rwe_cell *cell_of(const struct rwe_plot *plot, const struct rwe_row *row,
                                      size_t j)
{
    return (const struct rwe_cell *)plot->figure->grid->cells.items + row->first_cell + j;
}

/* ---- reading ---- */

/* The time of column `j`: that of the first fact in it. NaN: it has none. */
static double time_of(const struct rwe_plot *plot, size_t j)
{
    const struct rwe_row *rows = rows_of(plot);
    for (size_t r = 0; r < plot->figure->grid->rows.n; r++) {
        rwe_fact fact = j < rows[r].n_cells ? cell_of(plot, &rows[r], j)->fact[0] : RWE_NO_FACT;
        if (fact != RWE_NO_FACT)
            return rwe_document_fact(plot->figure->document, fact)->key.time;
    }
    return NAN;
}

static void read_row(struct rwe_plot *plot, size_t r)
{
    struct rwe_counts *counts = &plot->counts;
    const struct rwe_row *row = &rows_of(plot)[r];
    counts->text[r] = RWE_NEW(plot->canvas->scratch, const char *, counts->n_columns);
    if (counts->text[r] == NULL)
        return;
    if (row->n_cells > 0)
        counts->label = fmax(counts->label, rwe_label_width(row->label, RWE_DRAW_SMALL, false));
    for (size_t k = 0; k < counts->n_columns; k++) {
        if (counts->cell[k] >= row->n_cells)
            continue;
        const struct rwe_cell *cell = cell_of(plot, row, counts->cell[k]);
        const char *text = cell->words != NULL
                               ? cell->words
                               : rwe_layout_cell_text(plot->figure->document, cell,
                                                      plot->canvas->style, plot->canvas->scratch);
        counts->text[r][k] = text;
        if (text != NULL)
            counts->widest = fmax(counts->widest, rwe_label_width(text, RWE_DRAW_SMALL, false));
    }
}

void rwe_counts_read(struct rwe_plot *plot, double from, double to)
{
    struct rwe_arena *scratch = plot->canvas->scratch;
    struct rwe_counts *counts = &plot->counts;
    if (plot->figure->grid == NULL)
        return;
    size_t n_rows = plot->figure->grid->rows.n, most = 0;
    for (size_t r = 0; r < n_rows; r++)
        most = rows_of(plot)[r].n_cells > most ? rows_of(plot)[r].n_cells : most;
    *counts = (struct rwe_counts){.time = RWE_NEW(scratch, double, most),
                                  .cell = RWE_NEW(scratch, size_t, most),
                                  .kept = RWE_NEW(scratch, bool, most),
                                  .text = RWE_NEW(scratch, const char **, n_rows)};
    if (rwe_arena_failed(scratch))
        return;
    for (size_t j = 0; j < most; j++) {
        double time = time_of(plot, j);
        if (!(time >= from && time <= to * (1 + 1e-12)))
            continue;
        counts->time[counts->n_columns] = time;
        counts->cell[counts->n_columns++] = j;
    }
    for (size_t r = 0; r < n_rows; r++)
        read_row(plot, r);
}

/* ---- choosing ---- */

/* Whether every `step`-th column leaves room between the counts, and between the numbers at the ticks. */
static bool fits(const struct rwe_plot *plot, size_t step)
{
    const struct rwe_counts *counts = &plot->counts;
    for (size_t k = step; k < counts->n_columns; k += step) {
        char tick[32];
        rwe_tick_text(&plot->figure->x, counts->time[k], tick);
        double need = fmax(counts->widest, rwe_label_width(tick, RWE_DRAW_SMALL, false)) + GAP;
        if (rwe_scale_at(&plot->x, counts->time[k]) -
                rwe_scale_at(&plot->x, counts->time[k - step]) <
            need)
            return false;
    }
    return true;
}

void rwe_counts_choose(struct rwe_plot *plot)
{
    struct rwe_counts *counts = &plot->counts;
    size_t step = 1;
    while (step < counts->n_columns && !fits(plot, step))
        step++;
    for (size_t k = 0; k < counts->n_columns; k += step)
        counts->kept[k] = true;
}

/* ---- drawing ---- */

static const struct rwe_curve *curve_named(const struct rwe_figure *figure, const char *label)
{
    const struct rwe_curve *curves = figure->curves.items;
    for (size_t c = 0; c < figure->curves.n; c++)
        if (label != NULL && curves[c].label != NULL && strcmp(curves[c].label, label) == 0)
            return &curves[c];
    return NULL;
}

/* A heading in as many lines as it takes. */
static double draw_heading(const struct rwe_plot *plot, const char *label, double top)
{
    const struct rwe_curve *curve = curve_named(plot->figure, label);
    double x = RWE_PLOT_MARGIN + (curve == NULL ? 0 : RWE_PLOT_SAMPLE + 6);
    if (curve != NULL)
        rwe_plot_sample(plot->canvas, curve, RWE_PLOT_MARGIN, top + ROW / 2 + 1);
    struct rwe_strings lines =
        rwe_label_wrap(plot->canvas->scratch, label, RWE_DRAW_SMALL * 1.08,
                       plot->canvas->width - x - RWE_PLOT_MARGIN); /* bold letters are wider */
    for (size_t i = 0; i < lines.n; i++, top += ROW)
        rwe_canvas_text(plot->canvas, &(struct rwe_label){.text = lines.item[i],
                                                          .x = x,
                                                          .y = top + ROW - 4,
                                                          .size = RWE_DRAW_SMALL,
                                                          .colour = RWE_COLOUR_INK,
                                                          .bold = true});
    return top;
}

static double draw_row(const struct rwe_plot *plot, size_t r, double top)
{
    const struct rwe_counts *counts = &plot->counts;
    const struct rwe_row *row = &rows_of(plot)[r];
    struct rwe_label label = {.text = row->label,
                              .x = RWE_PLOT_MARGIN,
                              .y = top + ROW - 4,
                              .size = RWE_DRAW_SMALL,
                              .colour = RWE_COLOUR_SOFT};
    rwe_canvas_text(plot->canvas, &label);
    label.anchor = RWE_ANCHOR_MIDDLE;
    label.colour = RWE_COLOUR_INK;
    for (size_t k = 0; k < counts->n_columns; k++) {
        if (!counts->kept[k] || counts->text[r] == NULL || counts->text[r][k] == NULL)
            continue;
        label.text = counts->text[r][k];
        label.cell = cell_of(plot, row, counts->cell[k]);
        label.x = rwe_scale_at(&plot->x, counts->time[k]);
        rwe_canvas_text(plot->canvas, &label);
    }
    return top + ROW;
}

double rwe_counts_draw(const struct rwe_plot *plot, double top)
{
    if (plot->figure->grid == NULL || plot->counts.n_columns == 0)
        return top;
    for (size_t r = 0; r < plot->figure->grid->rows.n; r++) {
        const struct rwe_row *row = &rows_of(plot)[r];
        if (row->n_cells == 0)
            top = draw_heading(plot, row->label == NULL ? "" : row->label, top + (r > 0 ? 3 : 0));
        else
            top = draw_row(plot, r, top);
    }
    return top;
}
