/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "draw_plot.h"

#include "../../src/report/draw_private.h"
#include "check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- figures ---- */

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Numbers in (0, 1), the same on every machine: the golden ratio's multiples, mixed by patient. */
static double number(size_t arm, size_t i)
{
    double part = (double)(i * 2654435761u % 4294967296u) / 4294967296.0 + 0.1 * (double)arm;
    return fmin(fmax(part - floor(part), 1e-6), 1 - 1e-6);
}

struct arm {
    double *time, *survival, *low, *high, *censored;
    double median;
};

static struct arm make_arm(struct rwe_arena *arena, const struct plot_example *of, size_t a)
{
    struct arm arm = {RWE_NEW(arena, double, of->n), RWE_NEW(arena, double, of->n),
                      RWE_NEW(arena, double, of->n), RWE_NEW(arena, double, of->n),
                      RWE_NEW(arena, double, of->n), NAN};
    double(*row)[2] = rwe_arena_alloc(arena, of->n, sizeof *row);
    double S = 1, variance = 0;
    for (size_t i = 0; i < of->n; i++) {
        double event = -log(number(a, 2 * i)) * 30 * (1 + (double)a * of->apart);
        double end = 20 + 39 * number(a, 2 * i + 1);
        row[i][0] = fmin(event, end);
        row[i][1] = event > end;
    }
    qsort(row, of->n, sizeof *row, by_time);
    for (size_t i = 0; i < of->n; i++) {
        double n = (double)(of->n - i);
        S *= row[i][1] > 0 ? 1 : 1 - 1 / n;
        variance += row[i][1] > 0 || n < 2 ? 0 : 1 / (n * (n - 1));
        arm.time[i] = row[i][0];
        arm.censored[i] = row[i][1];
        arm.survival[i] = S;
        arm.low[i] = S > 0 ? S * exp(-1.96 * sqrt(variance)) : NAN;
        arm.high[i] = S > 0 ? fmin(1, S * exp(1.96 * sqrt(variance))) : NAN;
        if (isnan(arm.median) && S <= 0.5)
            arm.median = row[i][0];
    }
    return arm;
}

static void add_counts(struct rwe_document *document, struct rwe_grid *grid,
                       const struct plot_example *of, size_t a, const struct arm *arm)
{
    static const char *const rows[] = {"At risk", "Events", "Censored"};
    struct rwe_key key = rwe_key_of("km");
    key.group = of->label[a];
    rwe_grid_row(grid, 0, "%s", of->label[a]);
    for (size_t r = 0; r < 3; r++) {
        rwe_grid_row(grid, 1, "%s", rows[r]);
        for (key.time = 0; key.time <= 60; key.time += of->step) {
            double n = 0;
            for (size_t i = 0; i < of->n; i++)
                n += r == 0 ? arm->time[i] >= key.time
                            : arm->time[i] <= key.time && (arm->censored[i] > 0) == (r == 2);
            rwe_fact fact = rwe_document_number(document, &key, rows[r], n);
            rwe_grid_cell(grid, RWE_CELL_COUNT, fact, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
}

static void add_arm(struct rwe_arena *arena, struct rwe_document *document,
                    struct rwe_figure *figure, const struct plot_example *of, size_t a)
{
    static const char *const median[] = {"median", "conf.low", "conf.high"};
    struct arm arm = make_arm(arena, of, a);
    struct rwe_key key = rwe_key_of("km");
    key.group = of->label[a];
    rwe_fact fact = rwe_document_number(document, &key, "median", arm.median);
    rwe_document_number(document, &key, "conf.low", 0.8 * arm.median);
    rwe_document_number(document, &key, "conf.high", 1.3 * arm.median);
    rwe_figure_curve(figure, &(struct rwe_curve){.label = of->label[a],
                                                 .style = RWE_CURVE_STEP,
                                                 .group = a,
                                                 .n = of->n,
                                                 .x = arm.time,
                                                 .y = arm.survival,
                                                 .low = arm.low,
                                                 .high = arm.high,
                                                 .censored = arm.censored,
                                                 .start = 1,
                                                 .until = of->until > 0 ? of->until : NAN});
    rwe_figure_drop(figure, a, fact, 0.5);
    if (of->results)
        rwe_figure_result(figure, rwe_arena_format(arena, "Median, %s:", of->label[a]),
                          RWE_CELL_TIME_LIMITS, &key, median);
    add_counts(document, rwe_figure_grid(figure), of, a, &arm);
}

struct rwe_figure *plot_example(struct rwe_arena *arena, const struct plot_example *of)
{
    static const char *const ratio[] = {"hr", "conf.low", "conf.high"};
    static const char *const p_value[] = {"p.value", NULL, NULL};
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_figure *figure = rwe_document_figure(document, RWE_FIGURE_PLOT, "km-os-matched",
                                                    "%s", "Overall survival, Matched 1:1");
    rwe_figure_describe(figure, "%s", "Survival by arm.");
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = "Time since start of treatment (months)",
                                                 .to = 60,
                                                 .step = of->step});
    rwe_figure_y_axis(figure,
                      &(struct rwe_axis){.label = "Overall survival", .to = 1, .percent = true});
    for (size_t a = 0; a < of->n_arms; a++)
        add_arm(arena, document, figure, of, a);
    struct rwe_key key = rwe_key_of("cox");
    rwe_document_number(document, &key, "hr", 0.74);
    rwe_document_number(document, &key, "conf.low", 0.59);
    rwe_document_number(document, &key, "conf.high", 0.92);
    rwe_document_number(document, &key, "p.value", 0.012);
    if (of->results) {
        rwe_figure_result(figure, "HR", RWE_CELL_RATIO_LIMITS, &key, ratio);
        rwe_figure_result(figure, "Log-rank p", RWE_CELL_P_VALUE, &key, p_value);
    }
    rwe_figure_note(figure, "%s", "Shaded: limits at each time. Marks: censored.");
    assert_false(rwe_document_failed(document));
    return figure;
}

struct rwe_figure *plot_small(struct rwe_arena *arena, const double x[], const double y[], size_t n)
{
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_figure *figure =
        rwe_document_figure(document, RWE_FIGURE_PLOT, "small", "%s", "A curve");
    rwe_figure_x_axis(figure, &(struct rwe_axis){.to = 60});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.to = 1});
    rwe_figure_curve(
        figure, &(struct rwe_curve){
                    .style = RWE_CURVE_STEP, .n = n, .x = x, .y = y, .start = 1, .until = NAN});
    return figure;
}

/* ---- the canvas ---- */

struct plot_line {
    enum rwe_colour colour;
    struct rwe_point *at;
    size_t n;
};

enum { MOST = 4000 };

struct memory {
    struct rwe_canvas canvas;
    struct rwe_arena *arena;
    const struct rwe_document *document;
    struct plot_sketch sketch;
};

static void shape(struct rwe_canvas *canvas, const struct rwe_point *points, size_t n, bool closed,
                  const struct rwe_look *look)
{
    struct memory *memory = (struct memory *)canvas;
    bool group = look->stroke >= RWE_COLOUR_GROUP;
    if (look->dash == RWE_DASH_SHORT && look->width == 1)
        memory->sketch.n_drops++;
    if (closed || !group || look->width < 1.5)
        return;
    struct plot_line *line = &memory->sketch.line[memory->sketch.n_lines++];
    *line = (struct plot_line){look->stroke, RWE_NEW(memory->arena, struct rwe_point, n), n};
    memcpy(line->at, points, n * sizeof *points);
}

static void circle(struct rwe_canvas *canvas, struct rwe_point centre, double radius,
                   const struct rwe_look *look)
{
    (void)canvas, (void)centre, (void)radius, (void)look;
}

static void label(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    struct memory *memory = (struct memory *)canvas;
    struct plot_word *word = &memory->sketch.word[memory->sketch.n_words++];
    double width = rwe_label_width(label->text, label->size, label->bold);
    double before = label->anchor == RWE_ANCHOR_START    ? 0
                    : label->anchor == RWE_ANCHOR_MIDDLE ? width / 2
                                                         : width;
    double up = 0.75 * label->size, down = 0.22 * label->size;
    *word = (struct plot_word){.text = rwe_arena_string(memory->arena, label->text),
                               .x = label->x,
                               .left = label->x - before,
                               .right = label->x - before + width,
                               .top = label->y - up,
                               .bottom = label->y + down,
                               .time = NAN};
    if (label->turned) {
        word->left = label->x - up;
        word->right = label->x + down;
        word->bottom = label->y + before;
        word->top = word->bottom - width;
    }
    if (label->cell != NULL && label->cell->fact[0] != RWE_NO_FACT)
        word->time = rwe_document_fact(memory->document, label->cell->fact[0])->key.time;
    assert_true(memory->sketch.n_words < MOST);
}

static void clip(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to)
{
    (void)canvas, (void)from, (void)to;
}

static void unclip(struct rwe_canvas *canvas)
{
    (void)canvas;
}

struct plot_sketch plot_sketch_of(const struct rwe_figure *figure, double width,
                                  struct rwe_arena *arena)
{
    static const struct rwe_canvas_kind kind = {shape, circle, label, clip, unclip};
    const struct rwe_draw_options options = {.width = width};
    struct rwe_error error = {0};
    struct memory memory = {.canvas = {.kind = &kind, .width = width, .scratch = arena},
                            .arena = arena,
                            .document = figure->document,
                            .sketch = {.word = RWE_NEW(arena, struct plot_word, MOST),
                                       .line = RWE_NEW(arena, struct plot_line, MOST)}};
    assert_int_equal(rwe_figure_draw(figure, &options, &memory.canvas, &error), RWE_OK);
    memory.sketch.width = width;
    memory.sketch.height = memory.canvas.height;
    memory.sketch.left = memory.canvas.frame.left;
    memory.sketch.right = memory.canvas.frame.right;
    memory.sketch.top = memory.canvas.frame.top;
    memory.sketch.bottom = memory.canvas.frame.bottom;
    return memory.sketch;
}

const struct plot_word *plot_find_word(const struct plot_sketch *sketch, const char *text)
{
    for (size_t i = 0; i < sketch->n_words; i++)
        if (strcmp(sketch->word[i].text, text) == 0 && isnan(sketch->word[i].time))
            return &sketch->word[i];
    for (size_t i = 0; i < sketch->n_words; i++)
        if (strcmp(sketch->word[i].text, text) == 0)
            return &sketch->word[i];
    fail_msg("\"%s\" is not drawn", text);
    return NULL;
}

/* Samples are short. */
static const struct plot_line *curve_of(const struct plot_sketch *sketch, size_t group)
{
    const struct plot_line *longest = NULL;
    for (size_t i = 0; i < sketch->n_lines; i++)
        if (sketch->line[i].colour == rwe_colour_of_group(group) &&
            (longest == NULL || sketch->line[i].n > longest->n))
            longest = &sketch->line[i];
    assert_non_null(longest);
    return longest;
}

double plot_distance(const struct plot_sketch *sketch, size_t group, double x, double y)
{
    const struct plot_line *line = curve_of(sketch, group);
    double least = INFINITY;
    for (size_t i = 1; i < line->n; i++) {
        struct rwe_point a = line->at[i - 1], b = line->at[i];
        double across = fmin(fmax(x, fmin(a.x, b.x)), fmax(a.x, b.x));
        double up = fmin(fmax(y, fmin(a.y, b.y)), fmax(a.y, b.y));
        least = fmin(least, hypot(x - across, y - up));
    }
    return least;
}

double plot_last_x(const struct plot_sketch *sketch, size_t group)
{
    const struct plot_line *line = curve_of(sketch, group);
    return line->at[line->n - 1].x;
}
