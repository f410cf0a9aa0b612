/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Love plots, on tables made by hand. */
#include "drawn.h"

#include <math.h>
#include <stdlib.h>

static const char *const populations[] = {"Whole cohort", "Matched 1:1",
                                          "Inverse probability weighted, ATE", "Overlap weighted"};

/* Before, then three populations in which it is small. */
static double smd_of(size_t row, size_t population)
{
    double sign = row % 2 == 0 ? 1 : -1;
    return sign * (population == 0 ? 0.02 * (double)(1 + row * 7 % 23)
                                   : 0.005 * (double)((row + population) % 19));
}

static struct drawn_table love(size_t n, bool chinese, bool absolute)
{
    struct drawn_table table = drawn_table_new(RWE_FIGURE_DOTS, "Balance");
    rwe_grid_column(table.grid, "covariate");
    for (size_t c = 0; c < 4; c++) {
        rwe_grid_column(table.grid, "SMD\n%s", populations[c]);
        rwe_figure_column(table.figure, RWE_COLUMN_POINT, 1 + c, c, populations[c]);
    }
    for (size_t i = 0; i < n; i++) {
        rwe_grid_row(table.grid, 0, "%s", drawn_row_label(i, chinese));
        for (size_t c = 0; c < 4; c++)
            rwe_grid_cell(table.grid, RWE_CELL_SMD, drawn_number(&table, smd_of(i, c)), RWE_NO_FACT,
                          RWE_NO_FACT);
    }
    rwe_figure_reference(table.figure, true, 0, NULL);
    rwe_figure_reference(table.figure, true, 0.1, NULL);
    rwe_figure_reference(table.figure, true, -0.1, NULL);
    rwe_figure_x_axis(table.figure, &(struct rwe_axis){.label = "Standardized mean difference",
                                                       .absolute = absolute});
    return table;
}

static void labels_keep_apart_at_3_to_40_rows_wide_and_narrow(void **state)
{
    static const size_t rows[] = {1, 3, 12, 40};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (int chinese = 0; chinese < 2; chinese++) {
            struct drawn_table table = love(rows[i], chinese, i % 2 == 0);
            struct drawn *wide = drawn_figure(table.figure, RWE_DRAW_WIDE);
            struct drawn *narrow = drawn_figure(table.figure, RWE_DRAW_NARROW);
            drawn_labels_keep_apart(wide);
            drawn_labels_keep_apart(narrow);
            free(wide);
            free(narrow);
            rwe_arena_free(table.arena);
        }
}

/* Circles of the first population in their order from top to bottom: x. The first is the legend's. */
static size_t circles_of(const struct drawn *drawn, double x[], size_t most)
{
    size_t n = 0;
    bool legend = true;
    for (size_t i = 0; i < drawn->n_shapes && n < most; i++) {
        if (drawn->shape[i].kind != DRAWN_CIRCLE)
            continue;
        if (!legend)
            x[n++] = drawn->shape[i].corner[0].x;
        legend = false;
    }
    return n;
}

static void a_symbol_stands_at_its_number(void **state)
{
    (void)state;
    struct drawn_table table = love(3, false, false);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    const struct drawn_label *zero = drawn_find(drawn, "0"), *tenth = drawn_find(drawn, "0.1");
    double x[3], origin = (zero->left + zero->right) / 2;
    double unit = ((tenth->left + tenth->right) / 2 - origin) / 0.1;
    assert_int_equal(circles_of(drawn, x, 3), 3);
    for (size_t i = 0; i < 3; i++)
        assert_close((x[i] - origin) / unit, smd_of(i, 0), 1e-9);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void absolute_differences_are_right_of_zero(void **state)
{
    (void)state;
    struct drawn_table table = love(4, false, true);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    const struct drawn_label *zero = drawn_find(drawn, "0"), *tenth = drawn_find(drawn, "0.1");
    double x[4], origin = (zero->left + zero->right) / 2;
    double unit = ((tenth->left + tenth->right) / 2 - origin) / 0.1;
    assert_int_equal(circles_of(drawn, x, 4), 4);
    for (size_t i = 0; i < 4; i++)
        assert_close((x[i] - origin) / unit, fabs(smd_of(i, 0)), 1e-9);
    free(drawn);
    rwe_arena_free(table.arena);
}

/* Rows 0 to 2 are 0.02, 0.16 and 0.30 before adjustment. */
static void rows_stand_as_in_the_table_or_by_size(void **state)
{
    (void)state;
    struct drawn_table table = love(3, false, false);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_true(drawn_find(drawn, drawn_row_label(0, false))->top <
                drawn_find(drawn, drawn_row_label(2, false))->top);
    free(drawn);
    rwe_figure_rows(table.figure, &(struct rwe_row_style){.by_size = true});
    drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_true(drawn_find(drawn, drawn_row_label(2, false))->top <
                drawn_find(drawn, drawn_row_label(1, false))->top);
    assert_true(drawn_find(drawn, drawn_row_label(1, false))->top <
                drawn_find(drawn, drawn_row_label(0, false))->top);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void what_is_beyond_the_axis_is_an_arrow(void **state)
{
    static const double values[] = {0.05, 0.7, -0.7, NAN};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct drawn_table table = drawn_table_new(RWE_FIGURE_DOTS, "Balance");
        rwe_grid_column(table.grid, "covariate");
        rwe_grid_column(table.grid, "SMD");
        rwe_grid_row(table.grid, 0, "age");
        rwe_grid_cell(table.grid, RWE_CELL_SMD, drawn_number(&table, values[i]), RWE_NO_FACT,
                      RWE_NO_FACT);
        rwe_figure_column(table.figure, RWE_COLUMN_POINT, 1, 0, NULL);
        rwe_figure_x_axis(table.figure, &(struct rwe_axis){.from = -0.5, .to = 0.5});
        struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
        assert_int_equal(drawn_count(drawn, 3), fabs(values[i]) > 0.5);
        size_t circles = 0;
        for (size_t s = 0; s < drawn->n_shapes; s++)
            circles += drawn->shape[s].kind == DRAWN_CIRCLE;
        assert_int_equal(circles, fabs(values[i]) <= 0.5);
        free(drawn);
        rwe_arena_free(table.arena);
    }
}

static void bytes_are_the_same_on_every_machine(void **state)
{
    (void)state;
    struct drawn_table table = love(3, false, true);
    drawn_is_as_kept(table.figure, "tests/unit/drawn/love.svg");
    rwe_arena_free(table.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_keep_apart_at_3_to_40_rows_wide_and_narrow),
        cmocka_unit_test(a_symbol_stands_at_its_number),
        cmocka_unit_test(absolute_differences_are_right_of_zero),
        cmocka_unit_test(rows_stand_as_in_the_table_or_by_size),
        cmocka_unit_test(what_is_beyond_the_axis_is_an_arrow),
        cmocka_unit_test(bytes_are_the_same_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
