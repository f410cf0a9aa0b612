/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drawn.h"

#include "kept.h"

#include "../../src/report/layout_private.h"
#include <stdlib.h>
#include <string.h>

/* ---- a canvas that remembers ---- */

static void put_shape(struct rwe_canvas *canvas, const struct rwe_point *points, size_t n,
                      bool closed, const struct rwe_look *look)
{
    struct drawn *drawn = (struct drawn *)canvas;
    assert_true(drawn->n_shapes < DRAWN_MOST);
    assert_true(n <= 5);
    struct drawn_shape *shape = &drawn->shape[drawn->n_shapes++];
    shape->kind = closed ? DRAWN_CLOSED : DRAWN_OPEN;
    shape->n = n;
    shape->look = *look;
    memcpy(shape->corner, points, n * sizeof *points);
}

static void put_circle(struct rwe_canvas *canvas, struct rwe_point centre, double radius,
                       const struct rwe_look *look)
{
    struct drawn *drawn = (struct drawn *)canvas;
    assert_true(drawn->n_shapes < DRAWN_MOST);
    drawn->shape[drawn->n_shapes++] = (struct drawn_shape){
        .kind = DRAWN_CIRCLE, .corner = {centre}, .radius = radius, .look = *look};
}

/* As high as capitals with what hangs below the line. */
static void put_label(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    struct drawn *drawn = (struct drawn *)canvas;
    double width = rwe_label_width(label->text, label->size, label->bold);
    double left = label->x - (label->anchor == RWE_ANCHOR_END      ? width
                              : label->anchor == RWE_ANCHOR_MIDDLE ? width / 2
                                                                   : 0);
    assert_true(drawn->n_labels < DRAWN_MOST);
    struct drawn_label *kept = &drawn->label[drawn->n_labels++];
    *kept = (struct drawn_label){.bold = label->bold,
                                 .left = left,
                                 .right = left + width,
                                 .top = label->y - 0.76 * label->size,
                                 .bottom = label->y + 0.22 * label->size};
    snprintf(kept->text, sizeof kept->text, "%s", label->text);
}

static void put_clip(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to)
{
    (void)canvas;
    assert_true(from.x < to.x && from.y < to.y);
}

static void put_unclip(struct rwe_canvas *canvas)
{
    (void)canvas;
}

struct drawn *drawn_figure(const struct rwe_figure *figure, double width)
{
    static const struct rwe_canvas_kind kind = {put_shape, put_circle, put_label, put_clip,
                                                put_unclip};
    const struct rwe_draw_options options = {.width = width};
    struct rwe_error error = {0};
    struct drawn *drawn = calloc(1, sizeof *drawn);
    assert_non_null(drawn);
    drawn->canvas = (struct rwe_canvas){.kind = &kind, .width = width, .scratch = rwe_arena_new()};
    assert_int_equal(rwe_figure_draw(figure, &options, &drawn->canvas, &error), RWE_OK);
    rwe_arena_free(drawn->canvas.scratch);
    drawn->canvas.scratch = NULL;
    return drawn;
}

void drawn_labels_keep_apart(const struct drawn *drawn)
{
    assert_true(drawn->n_labels > 0);
    for (size_t i = 0; i < drawn->n_labels; i++) {
        const struct drawn_label *a = &drawn->label[i];
        if (a->left < 0 || a->right > drawn->canvas.width || a->top < 0 ||
            a->bottom > drawn->canvas.height)
            fail_msg("\"%s\" leaves the drawing: %g to %g", a->text, a->left, a->right);
        for (size_t j = 0; j < i; j++) {
            const struct drawn_label *b = &drawn->label[j];
            if (a->left < b->right && b->left < a->right && a->top < b->bottom &&
                b->top < a->bottom)
                fail_msg("\"%s\" and \"%s\" overlap at %g, %g", a->text, b->text, a->left, a->top);
        }
    }
}

const struct drawn_label *drawn_find(const struct drawn *drawn, const char *text)
{
    for (size_t i = 0; i < drawn->n_labels; i++)
        if (strcmp(drawn->label[i].text, text) == 0)
            return &drawn->label[i];
    return NULL;
}

const struct drawn_shape *drawn_nth(const struct drawn *drawn, size_t corners, size_t nth)
{
    for (size_t i = 0; i < drawn->n_shapes; i++)
        if (drawn->shape[i].kind == DRAWN_CLOSED && drawn->shape[i].n == corners && nth-- == 0)
            return &drawn->shape[i];
    return NULL;
}

size_t drawn_count(const struct drawn *drawn, size_t corners)
{
    size_t n = 0;
    while (drawn_nth(drawn, corners, n) != NULL)
        n++;
    return n;
}

void drawn_is_as_kept(const struct rwe_figure *figure, const char *path)
{
    const struct rwe_draw_options options = {.width = RWE_DRAW_WIDE};
    struct rwe_error error = {0};
    char *bytes = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&bytes, &size);
    assert_non_null(memory);
    assert_int_equal(rwe_figure_write_svg(figure, &options, memory, &error), RWE_OK);
    assert_int_equal(fclose(memory), 0);
    kept_is_the_same(path, bytes, size);
    free(bytes);
}

/* ---- figures of tables ---- */

struct drawn_table drawn_table_new(enum rwe_figure_kind kind, const char *title)
{
    struct drawn_table table = {.arena = rwe_arena_new()};
    table.document = rwe_document_new(table.arena);
    assert_non_null(table.document);
    table.grid = rwe_document_table(table.document, NULL);
    table.figure = rwe_document_figure(table.document, kind, "figure", "%s", title);
    rwe_figure_set_grid(table.figure, table.grid);
    return table;
}

rwe_fact drawn_number(struct drawn_table *table, double value)
{
    struct rwe_key key = rwe_key_of("test");
    return rwe_document_number(table->document, &key, "value", value);
}

void drawn_ratio(struct drawn_table *table, double ratio, double low, double high)
{
    rwe_fact fact = drawn_number(table, ratio), from = drawn_number(table, low);
    rwe_grid_cell(table->grid, RWE_CELL_RATIO_LIMITS, fact, from, drawn_number(table, high));
}

const char *drawn_row_label(size_t i, bool chinese)
{
    static const char *const latin[] = {
        "Bone", "Age ≥65 years", "Karnofsky performance status 60-70",
        "EBV DNA ≥4000 copies/mL at the first dose of treatment, in the central laboratory",
        "largest_metastasis_in_millimetres_without_any_blank=20-50mm_to_the_very_end"};
    static const char *const han[] = {"骨转移", "年龄 ≥65 岁", "体力状况评分 60-70",
                                      "首次治疗时 EBV DNA ≥4000 拷贝/毫升（中心实验室测定）",
                                      "肺转移灶最大直径大于三厘米并且双侧分布而且无胸膜转移的患者"};
    size_t n = sizeof latin / sizeof latin[0];
    return chinese ? han[i % n] : latin[i % n];
}

static bool has_digit(const char *text)
{
    return strpbrk(text, "0123456789") != NULL;
}

/* A cell, or what stands in its brackets; a piece of a row's label. */
static bool is_in(const char *part, const struct rwe_layout *layout)
{
    size_t n = strlen(part);
    for (size_t r = 0; r < layout->n_rows; r++)
        for (size_t c = 0; c < layout->n_columns; c++) {
            const char *cell = layout->rows[r].cells[c].text, *bracket = strchr(cell, '(');
            if (c == 0 ? strstr(cell, part) != NULL : strcmp(cell, part) == 0)
                return true;
            if (c > 0 && bracket != NULL && strncmp(bracket + 1, part, n) == 0 &&
                bracket[1 + n] == ')')
                return true;
        }
    return false;
}

void drawn_numbers_are_the_tables(const struct drawn *drawn, const struct rwe_grid *grid,
                                  const char *axis_label)
{
    enum { TICKS = 17 }; /* above the label of the axis */
    struct rwe_arena *arena = rwe_arena_new();
    const struct rwe_layout *layout = rwe_layout_new(grid, NULL, arena);
    const struct drawn_label *axis = drawn_find(drawn, axis_label);
    size_t n_numbers = 0;
    assert_non_null(layout);
    assert_non_null(axis);
    for (size_t i = 0; i < drawn->n_labels; i++) {
        char text[sizeof drawn->label[i].text];
        snprintf(text, sizeof text, "%s", drawn->label[i].text);
        if (!has_digit(text) || drawn->label[i].top > axis->top - TICKS)
            continue;
        n_numbers++;
        if (is_in(text, layout))
            continue;
        for (char *part = strtok(text, "/( )"); part != NULL; part = strtok(NULL, "/( )"))
            if (has_digit(part) && !is_in(part, layout))
                fail_msg("\"%s\" of \"%s\" is in no cell", part, drawn->label[i].text);
    }
    assert_true(n_numbers > 0);
    rwe_arena_free(arena);
}
