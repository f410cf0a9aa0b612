/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Butterflies of adverse events, on tables made by hand. */
#include "drawn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double any_of(size_t row, size_t arm)
{
    return 93.3 - 2.2 * (double)row + 1.1 * (double)arm;
}

static void add_percent(struct drawn_table *table, double percent)
{
    rwe_fact n = drawn_number(table, round(2 * percent));
    rwe_grid_cell(table->grid, RWE_CELL_COUNT_PERCENT, n, drawn_number(table, percent),
                  RWE_NO_FACT);
}

/* Any grade by arm, the difference, grade 3 or more by arm. */
static struct drawn_table events(size_t n, bool chinese, bool differences)
{
    struct drawn_table table = drawn_table_new(RWE_FIGURE_BUTTERFLY, "Adverse events");
    rwe_grid_column(table.grid, "adverse event");
    for (size_t arm = 0; arm < 2; arm++)
        rwe_grid_column(table.grid, "any grade\n%s", arm == 0 ? "GP+Tis" : "GP+Tis+RT");
    rwe_grid_column(table.grid, "difference\n(95%% CI)");
    for (size_t arm = 0; arm < 2; arm++)
        rwe_grid_column(table.grid, "grade ≥3\n%s", arm == 0 ? "GP+Tis" : "GP+Tis+RT");
    for (size_t i = 0; i < n; i++) {
        rwe_grid_row(table.grid, 0, "%s", drawn_row_label(i, chinese));
        for (size_t arm = 0; arm < 2; arm++)
            add_percent(&table, any_of(i, arm));
        rwe_fact value = drawn_number(&table, 0.011), low = drawn_number(&table, -0.04);
        rwe_grid_cell(table.grid, RWE_CELL_SURVIVAL_LIMITS, value, low,
                      drawn_number(&table, 0.062));
        for (size_t arm = 0; arm < 2; arm++)
            add_percent(&table, 0.5 * any_of(i, arm));
    }
    for (size_t arm = 0; arm < 2; arm++) {
        rwe_figure_column(table.figure, RWE_COLUMN_BAR, 1 + arm, arm, NULL);
        rwe_figure_column(table.figure, RWE_COLUMN_INNER_BAR, 4 + arm, arm, NULL);
    }
    if (differences)
        rwe_figure_column(table.figure, RWE_COLUMN_POINT, 3, 0, NULL);
    rwe_figure_x_axis(table.figure, &(struct rwe_axis){.label = "Patients (%)"});
    rwe_figure_y_axis(table.figure, &(struct rwe_axis){.label = "Difference", .percent = true});
    return table;
}

static void labels_keep_apart_at_3_to_40_rows_wide_and_narrow(void **state)
{
    static const size_t rows[] = {1, 3, 12, 40};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (int chinese = 0; chinese < 2; chinese++) {
            struct drawn_table table = events(rows[i], chinese, i % 2 == 0);
            struct drawn *wide = drawn_figure(table.figure, RWE_DRAW_WIDE);
            struct drawn *narrow = drawn_figure(table.figure, RWE_DRAW_NARROW);
            drawn_labels_keep_apart(wide);
            drawn_labels_keep_apart(narrow);
            free(wide);
            free(narrow);
            rwe_arena_free(table.arena);
        }
}

static void every_number_is_a_cell_of_the_table(void **state)
{
    (void)state;
    struct drawn_table table = events(12, true, true);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    struct drawn_label *legend = &drawn->label[drawn_find(drawn, "grade ≥3") - drawn->label];
    assert_non_null(legend);
    legend->text[0] = '\0';
    assert_non_null(drawn_find(drawn, "93.3% (46.6%)"));
    drawn_numbers_are_the_tables(drawn, table.grid, "Patients (%)");
    free(drawn);
    rwe_arena_free(table.arena);
}

/* A rectangle's corners are at its start and, third, across. */
static double width_of(const struct drawn_shape *bar)
{
    return bar->corner[2].x - bar->corner[0].x;
}

static const struct drawn_shape *bar_of(const struct drawn *drawn, enum rwe_colour fill, bool inner)
{
    const struct drawn_shape *last = NULL;
    for (size_t i = 0; i < drawn->n_shapes; i++)
        if (drawn->shape[i].kind == DRAWN_CLOSED && drawn->shape[i].look.fill == fill &&
            (drawn->shape[i].look.opacity == 0) == inner)
            last = &drawn->shape[i];
    return last;
}

/* One row: the last of each colour and depth, the first being the legend's. */
static void bars_are_as_long_as_their_percents_to_both_sides(void **state)
{
    (void)state;
    struct drawn_table table = events(1, false, false);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    const struct drawn_label *zero = drawn_find(drawn, "0"), *far = drawn_find(drawn, "50");
    double unit = fabs((far->left + far->right) - (zero->left + zero->right)) / 2 / 50;
    for (size_t arm = 0; arm < 2; arm++) {
        enum rwe_colour colour = rwe_colour_of_group(arm);
        double sign = arm == 0 ? -1 : 1;
        assert_close(width_of(bar_of(drawn, colour, false)), sign * any_of(0, arm) * unit, 1e-9);
        assert_close(width_of(bar_of(drawn, colour, true)), sign * any_of(0, arm) / 2 * unit, 1e-9);
    }
    free(drawn);
    rwe_arena_free(table.arena);
}

static void differences_have_a_plot_of_their_own_but_on_a_phone(void **state)
{
    (void)state;
    struct drawn_table table = events(3, false, true);
    struct drawn *wide = drawn_figure(table.figure, RWE_DRAW_WIDE);
    struct drawn *narrow = drawn_figure(table.figure, RWE_DRAW_NARROW);
    assert_non_null(drawn_find(wide, "Difference"));
    assert_null(drawn_find(narrow, "Difference"));
    free(wide);
    free(narrow);
    rwe_arena_free(table.arena);
}

static void rows_behind_the_most_are_left_out(void **state)
{
    (void)state;
    struct drawn_table table = events(12, false, false);
    rwe_figure_rows(table.figure, &(struct rwe_row_style){.most = 2});
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_non_null(drawn_find(drawn, drawn_row_label(1, false)));
    assert_null(drawn_find(drawn, drawn_row_label(2, false)));
    free(drawn);
    rwe_arena_free(table.arena);
}

static void a_null_percent_is_ne_and_no_bar(void **state)
{
    (void)state;
    struct drawn_table table = drawn_table_new(RWE_FIGURE_BUTTERFLY, "Adverse events");
    rwe_grid_column(table.grid, "adverse event");
    for (size_t arm = 0; arm < 2; arm++) {
        rwe_grid_column(table.grid, "%s", arm == 0 ? "A" : "B");
        rwe_figure_column(table.figure, RWE_COLUMN_BAR, 1 + arm, arm, NULL);
    }
    rwe_grid_row(table.grid, 0, "Fever");
    add_percent(&table, NAN);
    add_percent(&table, 12.5);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_non_null(drawn_find(drawn, "NE"));
    assert_non_null(drawn_find(drawn, "12.5%"));
    assert_null(bar_of(drawn, rwe_colour_of_group(0), false));
    assert_non_null(bar_of(drawn, rwe_colour_of_group(1), false));
    free(drawn);
    drawn = drawn_figure(table.figure, RWE_DRAW_NARROW);
    drawn_labels_keep_apart(drawn);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void bytes_are_the_same_on_every_machine(void **state)
{
    (void)state;
    struct drawn_table table = events(3, true, true);
    drawn_is_as_kept(table.figure, "tests/unit/drawn/butterfly.svg");
    rwe_arena_free(table.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_keep_apart_at_3_to_40_rows_wide_and_narrow),
        cmocka_unit_test(every_number_is_a_cell_of_the_table),
        cmocka_unit_test(bars_are_as_long_as_their_percents_to_both_sides),
        cmocka_unit_test(differences_have_a_plot_of_their_own_but_on_a_phone),
        cmocka_unit_test(rows_behind_the_most_are_left_out),
        cmocka_unit_test(a_null_percent_is_ne_and_no_bar),
        cmocka_unit_test(bytes_are_the_same_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
