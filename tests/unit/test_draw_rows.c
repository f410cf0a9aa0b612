/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text in lines, as labels of rows are written; and legends. */
#include "drawn.h"

#include "../../src/report/draw_rows_private.h"
#include <stdlib.h>

/* At size 10, where an East Asian character is 10 wide, a digit 6.36. */
static void assert_lines(const char *text, double width, size_t n, const char *const expected[])
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_strings lines = rwe_label_wrap(arena, text, 10, width);
    assert_int_equal(lines.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(lines.item[i], expected[i]);
        assert_true(rwe_label_width(lines.item[i], 10, false) <= width);
    }
    rwe_arena_free(arena);
}

static void lines_end_at_blanks_and_newlines(void **state)
{
    (void)state;
    assert_lines("", 100, 0, NULL);
    assert_lines("\nof", 100, 1, (const char *const[]){"of"});
    assert_lines("events\nof", 100, 2, (const char *const[]){"events", "of"});
    assert_lines("111 222 333", 46, 2, (const char *const[]){"111 222", "333"});
}

static void a_word_that_is_too_wide_is_cut_behind_a_sign_or_anywhere(void **state)
{
    (void)state;
    assert_lines("1111_11111", 45, 2, (const char *const[]){"1111_", "11111"});
    assert_lines("1111111111", 45, 2, (const char *const[]){"1111111", "111"});
    assert_lines("1", 1e-3 + 6.36, 1, (const char *const[]){"1"});
}

static void no_line_of_chinese_begins_with_what_closes(void **state)
{
    (void)state;
    assert_lines("骨转移（有）", 50, 2, (const char *const[]){"骨转移（", "有）"});
    assert_lines("骨转移有骨", 30, 2, (const char *const[]){"骨转移", "有骨"});
}

static void a_legend_takes_as_many_lines_as_it_needs(void **state)
{
    (void)state;
    for (int narrow = 0; narrow < 2; narrow++) {
        struct drawn_table table = drawn_table_new(RWE_FIGURE_DOTS, "T");
        rwe_grid_column(table.grid, "term");
        rwe_grid_row(table.grid, 0, "age");
        for (size_t c = 0; c < 6; c++) {
            rwe_grid_column(table.grid, "x");
            rwe_figure_column(table.figure, RWE_COLUMN_POINT, 1 + c, c,
                              drawn_row_label(c + 1, c % 2 == 0));
            rwe_grid_cell(table.grid, RWE_CELL_SMD, drawn_number(&table, 0.1), RWE_NO_FACT,
                          RWE_NO_FACT);
        }
        struct drawn *drawn = drawn_figure(table.figure, narrow ? RWE_DRAW_NARROW : RWE_DRAW_WIDE);
        drawn_labels_keep_apart(drawn);
        free(drawn);
        rwe_arena_free(table.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_blanks_and_newlines),
        cmocka_unit_test(a_word_that_is_too_wide_is_cut_behind_a_sign_or_anywhere),
        cmocka_unit_test(no_line_of_chinese_begins_with_what_closes),
        cmocka_unit_test(a_legend_takes_as_many_lines_as_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
