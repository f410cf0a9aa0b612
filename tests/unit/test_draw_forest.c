/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Forest plots, on tables made by hand. */
#include "drawn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct rwe_axis ratios = {.label = "Hazard ratio", .scale = RWE_SCALE_LOG};

static void add_counts(struct drawn_table *table, double events, double of)
{
    for (int arm = 0; arm < 2; arm++) {
        rwe_grid_cell(table->grid, RWE_CELL_COUNT, drawn_number(table, events + arm), RWE_NO_FACT,
                      RWE_NO_FACT);
        rwe_grid_cell(table->grid, RWE_CELL_COUNT, drawn_number(table, of + arm), RWE_NO_FACT,
                      RWE_NO_FACT);
    }
}

static void add_columns(struct drawn_table *table)
{
    static const char *const heading[] = {
        "subgroup",          "GP+Tis\nevents", "\nof",
        "GP+Tis+RT\nevents", "\nof",           "HR, GP+Tis+RT against GP+Tis\n(95% CI)",
        "p of\ninteraction"};
    for (size_t c = 0; c < sizeof heading / sizeof heading[0]; c++)
        rwe_grid_column(table->grid, "%s", heading[c]);
    rwe_figure_column(table->figure, RWE_COLUMN_TEXT, 1, 0, "GP+Tis\nevents/n");
    rwe_figure_column(table->figure, RWE_COLUMN_OF, 2, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_TEXT, 3, 0, "GP+Tis+RT\nevents/n");
    rwe_figure_column(table->figure, RWE_COLUMN_OF, 4, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_POINT, 5, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_TEXT, 5, 0, "HR");
    rwe_figure_column(table->figure, RWE_COLUMN_TEXT, 6, 0, NULL);
}

static void add_variable(struct drawn_table *table, const char *name, double p)
{
    rwe_grid_row(table->grid, 0, "%s", name);
    for (int c = 0; c < 5; c++)
        rwe_grid_empty(table->grid);
    rwe_grid_cell(table->grid, RWE_CELL_P_VALUE, drawn_number(table, p), RWE_NO_FACT, RWE_NO_FACT);
}

/* The whole, then levels four to a variable, one of too few patients, one that has no estimate. */
static struct drawn_table subgroups(size_t n, bool chinese)
{
    struct drawn_table table = drawn_table_new(RWE_FIGURE_FOREST, "Overall survival");
    add_columns(&table);
    for (size_t i = 0; i < n; i++) {
        double ratio = 0.4 + 0.03 * (double)i, reach = 1.2 + 0.17 * (double)(i * 7 % 12);
        if (i % 4 == 1)
            add_variable(&table, chinese ? "分层变量" : "Stratum", 0.01 * (double)i);
        rwe_grid_row(table.grid, i > 0, "%s", i == 0 ? "overall" : drawn_row_label(i, chinese));
        add_counts(&table, 10 + (double)i, 100 + (double)i);
        if (i == 5)
            rwe_grid_words(table.grid, "too few");
        else if (i == 6)
            drawn_ratio(&table, NAN, NAN, NAN);
        else
            drawn_ratio(&table, ratio, ratio / reach, ratio * reach);
        rwe_grid_empty(table.grid);
    }
    struct rwe_axis axis = ratios;
    axis.low_words = "favours GP+Tis+RT";
    axis.high_words = chinese ? "支持单纯药物治疗" : "favours GP+Tis alone";
    rwe_figure_x_axis(table.figure, &axis);
    rwe_figure_reference(table.figure, true, 1, NULL);
    rwe_figure_summary(table.figure, 0);
    rwe_figure_note(table.figure, "Squares: information.");
    return table;
}

static void labels_keep_apart_at_3_to_40_rows_wide_and_narrow(void **state)
{
    static const size_t rows[] = {1, 3, 12, 40};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (int chinese = 0; chinese < 2; chinese++) {
            struct drawn_table table = subgroups(rows[i], chinese);
            struct drawn *wide = drawn_figure(table.figure, RWE_DRAW_WIDE);
            struct drawn *narrow = drawn_figure(table.figure, RWE_DRAW_NARROW);
            drawn_labels_keep_apart(wide);
            drawn_labels_keep_apart(narrow);
            assert_true(narrow->canvas.height > wide->canvas.height);
            free(wide);
            free(narrow);
            rwe_arena_free(table.arena);
        }
}

static void every_number_is_a_cell_of_the_table(void **state)
{
    (void)state;
    struct drawn_table table = subgroups(12, false);
    struct drawn *wide = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_non_null(drawn_find(wide, "11/101")); /* the treated of "overall" */
    assert_non_null(drawn_find(wide, "0.40 (0.33–0.48)"));
    drawn_numbers_are_the_tables(wide, table.grid, "Hazard ratio");
    free(wide);
    rwe_arena_free(table.arena);
}

static void a_phone_keeps_the_estimate_and_says_what_else_it_shows(void **state)
{
    (void)state;
    struct drawn_table table = subgroups(12, false);
    struct drawn *narrow = drawn_figure(table.figure, RWE_DRAW_NARROW);
    assert_non_null(drawn_find(narrow, "0.40 (0.33–0.48)"));
    assert_non_null(drawn_find(narrow, "p of interaction 0.010"));
    assert_null(drawn_find(narrow, "11/101"));
    free(narrow);
    rwe_arena_free(table.arena);
}

static void rows_without_an_estimate_say_so(void **state)
{
    (void)state;
    struct drawn_table table = subgroups(12, false);
    struct drawn *wide = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_non_null(drawn_find(wide, "NE"));
    assert_non_null(drawn_find(wide, "too few"));
    free(wide);
    rwe_arena_free(table.arena);
}

/* ---- one column of ratios ---- */

static struct drawn_table plain(void)
{
    struct drawn_table table = drawn_table_new(RWE_FIGURE_FOREST, "T");
    rwe_grid_column(table.grid, "term");
    rwe_grid_column(table.grid, "HR");
    rwe_figure_column(table.figure, RWE_COLUMN_POINT, 1, 0, NULL);
    struct rwe_axis axis = ratios;
    axis.from = 0.25;
    axis.to = 4;
    rwe_figure_x_axis(table.figure, &axis);
    return table;
}

static void add_row(struct drawn_table *table, double ratio, double low, double high)
{
    rwe_grid_row(table->grid, 0, "row");
    drawn_ratio(table, ratio, low, high);
}

static void without_its_own_column_the_plot_says_ne(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    add_row(&table, NAN, NAN, NAN);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_non_null(drawn_find(drawn, "NE"));
    free(drawn);
    drawn = drawn_figure(table.figure, RWE_DRAW_NARROW);
    assert_non_null(drawn_find(drawn, "NE"));
    drawn_labels_keep_apart(drawn);
    free(drawn);
    rwe_arena_free(table.arena);
}

/* A column of words to the right: too wide, it goes; and the heading of another, before its cell. */
static void a_phone_drops_what_leaves_the_label_no_room(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    rwe_grid_column(table.grid, "who, and what is compared");
    rwe_grid_column(table.grid, "p of the interaction of arm and subgroup");
    rwe_figure_column(table.figure, RWE_COLUMN_TEXT, 2, 0, NULL);
    rwe_figure_column(table.figure, RWE_COLUMN_TEXT, 3, 0, NULL);
    add_row(&table, 1, 0.5, 2);
    rwe_grid_words(table.grid, "all; exposure begun within nine months against none within these");
    add_row(&table, 1, 0.5, 2);
    rwe_grid_empty(table.grid);
    rwe_grid_cell(table.grid, RWE_CELL_P_VALUE, drawn_number(&table, 0.04), RWE_NO_FACT,
                  RWE_NO_FACT);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_NARROW);
    drawn_labels_keep_apart(drawn);
    assert_non_null(drawn_find(drawn, "0.040"));
    free(drawn);
    rwe_arena_free(table.arena);
}

static void limits_beyond_the_axis_end_in_arrows(void **state)
{
    static const struct {
        double low, high;
        size_t arrows;
    } cases[] = {{0.5, 2, 0}, {0.1, 2, 1}, {0.5, 9, 1}, {0.1, 9, 2}, {0, INFINITY, 1}};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct drawn_table table = plain();
        add_row(&table, 1, cases[i].low, cases[i].high);
        struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
        /* An infinite limit is a null fact: there are no limits, and no arrow points nowhere. */
        assert_int_equal(drawn_count(drawn, 3), isinf(cases[i].high) ? 0 : cases[i].arrows);
        free(drawn);
        rwe_arena_free(table.arena);
    }
}

static void one_wide_estimate_does_not_press_the_others_together(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    rwe_figure_x_axis(table.figure, &ratios);
    add_row(&table, 0.8, 0.6, 1.1);
    add_row(&table, 1, 1e-4, 1e4);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_int_equal(drawn_count(drawn, 3), 2);
    assert_non_null(drawn_find(drawn, "0.5"));
    assert_non_null(drawn_find(drawn, "2"));
    assert_null(drawn_find(drawn, "10"));
    free(drawn);
    rwe_arena_free(table.arena);
}

static double side_of(const struct drawn_shape *square)
{
    return square->corner[1].x - square->corner[0].x;
}

/* The shaded band of the second row is the first shape of four corners. */
static void squares_are_as_large_as_the_information(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    add_row(&table, 1, exp(-0.5), exp(0.5));
    add_row(&table, 1, exp(-1), exp(1));
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_close(side_of(drawn_nth(drawn, 4, 1)), 2 * side_of(drawn_nth(drawn, 4, 2)), 1e-12);
    free(drawn);
    rwe_figure_rows(table.figure, &(struct rwe_row_style){.equal_marks = true});
    drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_close(side_of(drawn_nth(drawn, 4, 1)), side_of(drawn_nth(drawn, 4, 2)), 1e-12);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void a_diamond_is_as_wide_as_its_limits(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    add_row(&table, 1, 0.5, 2);
    rwe_figure_summary(table.figure, 0);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    const struct drawn_shape *diamond = drawn_nth(drawn, 4, 0);
    const struct drawn_label *half = drawn_find(drawn, "0.5"), *two = drawn_find(drawn, "2");
    assert_close(diamond->corner[0].x, (half->left + half->right) / 2, 1e-9);
    assert_close(diamond->corner[2].x, (two->left + two->right) / 2, 1e-9);
    assert_true(drawn_find(drawn, "row")->bold);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void headings_are_drawn_and_empty_rows_are_not(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    rwe_grid_row(table.grid, 0, "size");
    rwe_grid_empty(table.grid);
    rwe_grid_row(table.grid, 1, "small");
    drawn_ratio(&table, 1, 0.5, 2);
    rwe_grid_row(table.grid, 1, "missing");
    rwe_grid_empty(table.grid);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_true(drawn_find(drawn, "size")->bold);
    assert_false(drawn_find(drawn, "small")->bold);
    assert_true(drawn_find(drawn, "small")->left > drawn_find(drawn, "size")->left);
    assert_null(drawn_find(drawn, "missing"));
    free(drawn);
    rwe_arena_free(table.arena);
}

static void several_columns_of_points_have_symbols_and_a_legend(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    rwe_grid_column(table.grid, "HR, matched");
    rwe_figure_column(table.figure, RWE_COLUMN_POINT, 2, 1, "Matched");
    add_row(&table, 1, 0.5, 2);
    drawn_ratio(&table, 0.8, 0.5, 2);
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_non_null(drawn_find(drawn, "HR"));
    assert_non_null(drawn_find(drawn, "Matched"));
    size_t circles = 0;
    for (size_t i = 0; i < drawn->n_shapes; i++)
        circles += drawn->shape[i].kind == DRAWN_CIRCLE;
    assert_int_equal(circles, 2); /* legend and row */
    assert_int_equal(drawn_count(drawn, 4), 2);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void a_figure_without_table_or_rows_is_its_title(void **state)
{
    (void)state;
    struct drawn_table table = plain();
    struct drawn *drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_int_equal(drawn->n_labels, 1);
    free(drawn);
    rwe_figure_set_grid(table.figure, NULL);
    drawn = drawn_figure(table.figure, RWE_DRAW_WIDE);
    assert_int_equal(drawn->n_labels, 1);
    free(drawn);
    rwe_arena_free(table.arena);
}

static void bytes_are_the_same_on_every_machine(void **state)
{
    (void)state;
    struct drawn_table table = subgroups(3, true);
    drawn_is_as_kept(table.figure, "tests/unit/drawn/forest.svg");
    rwe_arena_free(table.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_keep_apart_at_3_to_40_rows_wide_and_narrow),
        cmocka_unit_test(every_number_is_a_cell_of_the_table),
        cmocka_unit_test(a_phone_keeps_the_estimate_and_says_what_else_it_shows),
        cmocka_unit_test(rows_without_an_estimate_say_so),
        cmocka_unit_test(without_its_own_column_the_plot_says_ne),
        cmocka_unit_test(a_phone_drops_what_leaves_the_label_no_room),
        cmocka_unit_test(limits_beyond_the_axis_end_in_arrows),
        cmocka_unit_test(one_wide_estimate_does_not_press_the_others_together),
        cmocka_unit_test(squares_are_as_large_as_the_information),
        cmocka_unit_test(a_diamond_is_as_wide_as_its_limits),
        cmocka_unit_test(headings_are_drawn_and_empty_rows_are_not),
        cmocka_unit_test(several_columns_of_points_have_symbols_and_a_legend),
        cmocka_unit_test(a_figure_without_table_or_rows_is_its_title),
        cmocka_unit_test(bytes_are_the_same_on_every_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
