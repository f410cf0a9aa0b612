/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative incidence as a figure: all causes of an endpoint in a population. See cuminc.md. */
#include "cuminc.h"
#include "run/figures.h"
#include "rwe/base/language.h"

#include <math.h>

static void add_curves(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                       const struct rwe_aalen_johansen arm[], struct rwe_figure *figure)
{
    size_t n_arms = run->cohort->n_arms;
    for (size_t cause = 1; cause <= endpoint->n_causes; cause++)
        for (size_t a = 0; a < n_arms; a++) {
            const struct rwe_aalen_johansen *c = &arm[a];
            size_t first = (cause - 1) * c->n_points;
            const char *label = rwe_arena_format(
                run->arena, rwe_text(cause == 1 ? N_("%s: %s") : N_("%s: %s (competes)")),
                rwe_arm_label(run, a), endpoint->cause_name[cause - 1]);
            rwe_figure_curve(figure,
                             &(struct rwe_curve){
                                 .label = label,
                                 .style = RWE_CURVE_STEP,
                                 .group = (cause - 1) * n_arms + a,
                                 .n = c->n_points,
                                 .x = c->time,
                                 .y = c->incidence + first,
                                 .low = c->conf_low + first,
                                 .high = c->conf_high + first,
                                 .at_risk = c->at_risk,
                                 .start = 0,
                                 .until = rwe_drawn_until(run, c->n_points, c->time, c->at_risk)});
        }
}

/* At risk of any cause; a fact without a cause, so that it is no twin of the table's. */
static void add_counts(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                       const struct rwe_design *design, const struct rwe_aalen_johansen arm[],
                       const struct rwe_times *ticks, struct rwe_figure *figure)
{
    struct rwe_grid *grid = rwe_figure_grid(figure);
    rwe_grid_row(grid, 0, "At risk");
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key = rwe_key_arm(rwe_key_in("cuminc", endpoint, design), run->cohort, a);
        rwe_grid_row(grid, 1, "%s", rwe_arm_label(run, a));
        for (size_t t = 0; t < ticks->n; t++) {
            key.time = ticks->at[t];
            double n = rwe_aalen_johansen_at(&arm[a], 1, key.time).at_risk;
            rwe_grid_cell(grid, RWE_CELL_COUNT,
                          rwe_document_number(run->document, &key, "n.risk", n), RWE_NO_FACT,
                          RWE_NO_FACT);
        }
    }
}

static void add_results(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                        const struct rwe_design *design, bool robust, struct rwe_figure *figure)
{
    static const char *const ratio[] = {"hr", "conf.low", "conf.high"};
    static const char *const p_value[] = {"p.value", NULL, NULL};
    const char *cause = endpoint->cause_name[0];
    struct rwe_key key = rwe_key_cause("finegray", endpoint, design, 1);
    const char *of_ratio =
        rwe_arena_format(run->arena, rwe_text("%s: subdistribution hazard ratio (%s CI)"), cause,
                         rwe_conf_level_text(run));
    key.term = "arm";
    if (of_ratio != NULL && run->cohort->n_arms == 2)
        rwe_figure_result(figure, of_ratio, RWE_CELL_RATIO_LIMITS, &key, ratio);
    key = rwe_key_cause("gray", endpoint, design, 1);
    key.model = robust ? "robust" : NULL;
    const char *of_test = rwe_arena_format(run->arena, rwe_text("%s: Gray's test p"), cause);
    if (of_test != NULL)
        rwe_figure_result(figure, of_test, RWE_CELL_P_VALUE, &key, p_value);
}

void rwe_cuminc_add_figure(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                           const struct rwe_design *design, const struct rwe_aalen_johansen arm[])
{
    bool robust =
        design->weight == NULL && (rwe_design_is_matched(design) || run->cohort->cluster != NULL);
    double end = 0;
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        double until = rwe_drawn_until(run, arm[a].n_points, arm[a].time, arm[a].at_risk);
        end = fmax(end, isnan(until) ? arm[a].time[arm[a].n_points - 1] : until);
    }
    struct rwe_times ticks = rwe_times_ticks(run, end);
    if (ticks.n < 2)
        return;
    struct rwe_figure *figure =
        rwe_plot_new(run, "cuminc", rwe_text("Cumulative incidence"), endpoint, design);
    rwe_figure_describe(
        figure,
        "Curves of the probability of having had each kind of event (%s) by a "
        "time, one an arm and cause, with limits; beneath them the numbers at risk.",
        endpoint->name);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run),
                                                 .to = ticks.at[ticks.n - 1],
                                                 .step = ticks.at[1]});
    rwe_figure_y_axis(
        figure, &(struct rwe_axis){.label = rwe_text("Cumulative incidence"), .percent = true});
    add_curves(run, endpoint, arm, figure);
    add_counts(run, endpoint, design, arm, &ticks, figure);
    add_results(run, endpoint, design, robust, figure);
    rwe_figure_note(figure, "Shaded: limits (%s) at each time.", rwe_conf_level_text(run));
    rwe_note_cut(run, figure);
}
