/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forest.h"

#include "rwe/base/language.h"

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void add_columns(const struct rwe_run *run, struct rwe_figure *figure,
                        const struct rwe_forest *forest, const char *measure)
{
    for (size_t c = 0; c < 3 && forest->counts[c].events > 0; c++) {
        const struct rwe_forest_counts *counts = &forest->counts[c];
        rwe_figure_column(figure, RWE_COLUMN_TEXT, counts->events, 0, counts->label);
        if (counts->of > 0)
            rwe_figure_column(figure, RWE_COLUMN_OF, counts->of, 0, NULL);
    }
    const char *heading =
        rwe_arena_format(run->arena, rwe_text("%s\n(%s CI)"), measure, rwe_conf_level_text(run));
    rwe_figure_column(figure, RWE_COLUMN_POINT, forest->ratio, 0, NULL);
    rwe_figure_column(figure, RWE_COLUMN_TEXT, forest->ratio, 0, heading);
    for (size_t c = 0; c < 3 && forest->right[c] > 0; c++)
        rwe_figure_column(figure, RWE_COLUMN_TEXT, forest->right[c], 0, NULL);
}

struct rwe_figure *rwe_forest_add(const struct rwe_run *run, struct rwe_grid *grid,
                                  const struct rwe_forest *forest)
{
    const char *measure = forest->measure == NULL ? rwe_text("Hazard ratio") : forest->measure;
    struct rwe_figure *figure = rwe_document_figure(
        run->document, RWE_FIGURE_FOREST, or_empty(forest->name), "%s", or_empty(forest->title));
    struct rwe_axis axis = {.label = measure, .scale = RWE_SCALE_LOG};
    rwe_figure_set_grid(figure, grid);
    add_columns(run, figure, forest, measure);
    rwe_figure_reference(figure, true, 1, NULL);
    rwe_figure_rows(figure, &(struct rwe_row_style){.equal_marks = forest->equal_marks});
    if (forest->of_arms) {
        axis.low_words =
            rwe_arena_format(run->arena, rwe_text("favours %s"), run->cohort->arm_level[1]);
        axis.high_words =
            rwe_arena_format(run->arena, rwe_text("favours %s"), run->cohort->arm_level[0]);
    }
    rwe_figure_x_axis(figure, &axis);
    if (forest->of_arms)
        rwe_figure_describe(figure,
                            "Forest plot: for each row of the table its %s, a square, and the %s "
                            "limits, a line, on a logarithmic axis; left of the line at 1 is what "
                            "favours %s.",
                            measure, rwe_conf_level_text(run), run->cohort->arm_level[1]);
    else
        rwe_figure_describe(figure,
                            "Forest plot: for each row of the table its %s, a square, and the %s "
                            "limits, a line, on a logarithmic axis with a line at 1.",
                            measure, rwe_conf_level_text(run));
    if (!forest->equal_marks)
        rwe_figure_note(figure, "Area of the squares: the information in the estimate.");
    return figure;
}
