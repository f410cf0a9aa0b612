/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toxicity_figure.h"
#include "toxicity_settings.h"

#include "rwe/analysis/present.h"
#include "rwe/report/figure.h"

enum { MOST_ROWS = 40 };

static void add_columns(struct rwe_figure *figure, bool has_p)
{
    size_t severe = has_p ? 5 : 4; /* its first column */
    for (size_t a = 0; a < 2; a++) {
        rwe_figure_column(figure, RWE_COLUMN_BAR, 1 + a, a, NULL);
        rwe_figure_column(figure, RWE_COLUMN_INNER_BAR, severe + a, a, NULL);
    }
    rwe_figure_column(figure, RWE_COLUMN_POINT, 3, 0, NULL);
}

void rwe_toxicity_add_figure(const struct rwe_run *run, const struct rwe_design *design,
                             struct rwe_grid *grid)
{
    const char *const *arm = run->cohort->arm_level;
    const char *name = rwe_arena_format(run->arena, "toxicity-%s", design->name);
    const char *level = rwe_conf_level_text(run);
    size_t n = rwe_grid_n_rows(grid);
    if (run->cohort->n_arms != 2 || n == 0)
        return;
    struct rwe_figure *figure =
        rwe_document_figure(run->document, RWE_FIGURE_BUTTERFLY, name == NULL ? "" : name,
                            "Adverse events by arm: %s", design->label);
    rwe_figure_set_grid(figure, grid);
    add_columns(figure, toxicity_settings_of(run->settings)->fisher);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = "Patients (%)"});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = rwe_arena_format(
                                                     run->arena, "Difference (%s CI)", level),
                                                 .percent = true});
    rwe_figure_rows(figure, &(struct rwe_row_style){.most = MOST_ROWS});
    rwe_figure_describe(figure,
                        "Bars to the left are of %s, to the right of %s: the share of patients "
                        "with the adverse event at any grade, and darker at grade 3 or more. The "
                        "points beside them are the differences at any grade, %s − %s, with %s "
                        "limits.",
                        arm[0], arm[1], arm[1], arm[0], level);
    rwe_figure_note(figure,
                    "In brackets: grade 3 or more. Points: difference at any grade, %s − %s.",
                    arm[1], arm[0]);
    if (n > MOST_ROWS)
        rwe_figure_note(figure, "The first %d of the table's %zu rows.", MOST_ROWS, n);
}
