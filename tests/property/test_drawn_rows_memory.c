/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of a figure of a table being drawn is made to fail in turn. */
#include "drawn.h"

#include <stdlib.h>

#include "starve.h"

struct input {
    struct rwe_figure *figure;
    FILE *out;
    double width;
};

static enum rwe_status draw(const struct input *input, struct rwe_arena *arena,
                            struct rwe_error *error)
{
    const struct rwe_draw_options options = {.width = input->width};
    (void)arena;
    return rwe_figure_write_svg(input->figure, &options, input->out, error);
}

/* So many rows of such labels that they take several blocks of the arena. */
static void fill(struct drawn_table *table)
{
    for (size_t c = 0; c < 5; c++)
        rwe_grid_column(table->grid, "any grade\nGP");
    for (size_t i = 0; i < 1500; i++) {
        rwe_grid_row(table->grid, 0, "%s", drawn_row_label(i, i % 2 == 0));
        for (size_t c = 0; c < 4; c++)
            drawn_ratio(table, 1 + 0.001 * (double)i, 0.5, 2);
    }
    rwe_figure_column(table->figure, RWE_COLUMN_TEXT, 1, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_OF, 2, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_POINT, 3, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_POINT, 4, 1, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_BAR, 1, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_BAR, 2, 1, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_INNER_BAR, 3, 0, NULL);
    rwe_figure_column(table->figure, RWE_COLUMN_INNER_BAR, 4, 1, NULL);
    rwe_figure_rows(table->figure, &(struct rwe_row_style){.by_size = true});
}

static void want_of_memory_is_said(void **state)
{
    static const enum rwe_figure_kind kinds[] = {RWE_FIGURE_FOREST, RWE_FIGURE_DOTS,
                                                 RWE_FIGURE_BUTTERFLY};
    (void)state;
    FILE *out = fopen("/dev/null", "w");
    assert_non_null(out);
    for (size_t k = 0; k < 3; k++)
        for (int narrow = 0; narrow < 2; narrow++) {
            struct drawn_table table = drawn_table_new(kinds[k], "T");
            fill(&table);
            const struct input input = {table.figure, out,
                                        narrow ? RWE_DRAW_NARROW : RWE_DRAW_WIDE};
            starve(&input, 3, draw);
            rwe_arena_free(table.arena);
        }
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(want_of_memory_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
