/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kaplan–Meier curves as a figure, with the counts under it (KMunicate: Morris et al., BMJ Open
 * 9:e030215, 2019). See km.md. */
#include "km_figure.h"

#include "rwe/base/language.h"
#include <math.h>

/* ---- counts ---- */

static void count_until(const struct rwe_km_curve *curve, double time, double *events,
                        double *censored)
{
    *events = *censored = 0;
    for (size_t p = 0; p < curve->n_points && curve->time[p] <= time; p++) {
        *events += curve->events[p];
        *censored += curve->censored[p];
    }
}

const struct km_count *km_count_at(struct rwe_run *run, struct km_counts *counts,
                                   const struct rwe_key *key, const struct rwe_km_curve *curve)
{
    double events, censored, at_risk = rwe_km_at(curve, key->time).at_risk;
    for (size_t k = 0; k < counts->n; k++)
        if (counts->at[k].time == key->time)
            return &counts->at[k];
    struct km_count *count = &counts->at[counts->n++];
    count_until(curve, key->time, &events, &censored);
    count->time = key->time;
    count->risk = rwe_document_number(run->document, key, "n.risk", at_risk);
    count->event = rwe_document_number(run->document, key, "n.event", events);
    count->censor = rwe_document_number(run->document, key, "n.censor", censored);
    return count;
}

/* ---- the figure ---- */

/* Patients are counted, not weights. */
static double until_of(const struct rwe_run *run, const struct km_figure *of, size_t arm)
{
    const struct rwe_km_curve *of_patients =
        of->unweighted == NULL ? of->curve[arm] : &of->unweighted[arm];
    return rwe_drawn_until(run, of_patients->n_points, of_patients->time, of_patients->at_risk);
}

static double drawn_end(const struct rwe_run *run, const struct km_figure *of, size_t arm)
{
    double until = until_of(run, of, arm);
    return isnan(until) ? of->curve[arm]->time[of->curve[arm]->n_points - 1] : until;
}

static void add_curves(struct rwe_run *run, const struct km_figure *of, struct rwe_figure *figure)
{
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        const struct rwe_km_curve *curve = of->curve[a];
        rwe_figure_curve(figure, &(struct rwe_curve){.label = rwe_arm_label(run, a),
                                                     .style = RWE_CURVE_STEP,
                                                     .group = a,
                                                     .n = curve->n_points,
                                                     .x = curve->time,
                                                     .y = curve->survival,
                                                     .low = curve->conf_low,
                                                     .high = curve->conf_high,
                                                     .censored = curve->censored,
                                                     .at_risk = curve->at_risk,
                                                     .start = 1,
                                                     .until = until_of(run, of, a)});
        rwe_figure_drop(figure, a, of->median[a], 0.5);
    }
}

/* Of weighted populations: how many patients carry the weights that are at risk. */
static void add_patients(struct rwe_run *run, const struct km_figure *of, struct rwe_key key,
                         size_t arm, struct rwe_grid *grid, const struct rwe_times *ticks)
{
    if (of->unweighted == NULL)
        return;
    rwe_grid_row(grid, 1, "Patients");
    for (size_t t = 0; t < ticks->n; t++) {
        key.time = ticks->at[t];
        rwe_fact n = rwe_document_number(run->document, &key, "n.risk.unweighted",
                                         rwe_km_at(&of->unweighted[arm], key.time).at_risk);
        rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    }
}

/* Under its name each arm has three rows. */
static void add_counts(struct rwe_run *run, const struct km_figure *of, struct rwe_figure *figure,
                       const struct rwe_times *ticks)
{
    static const char *const rows[] = {N_("At risk"), N_("Events"), N_("Censored")};
    struct rwe_grid *grid = rwe_figure_grid(figure);
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("km", of->endpoint, of->design), run->cohort, a);
        rwe_grid_row(grid, 0, "%s", rwe_arm_label(run, a));
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            rwe_grid_row(grid, 1, "%s", rwe_text(rows[r]));
            for (size_t t = 0; t < ticks->n; t++) {
                key.time = ticks->at[t];
                const struct km_count *count = km_count_at(run, &of->counts[a], &key, of->curve[a]);
                rwe_grid_cell(grid, RWE_CELL_COUNT,
                              r == 0   ? count->risk
                              : r == 1 ? count->event
                                       : count->censor,
                              RWE_NO_FACT, RWE_NO_FACT);
            }
        }
        add_patients(run, of, key, a, grid, ticks);
    }
}

/* The log-rank test that goes with the hazard ratio: robust for pairs, sets and clusters, within declared strata
 * where there are any; under weights there is but one. */
static void add_test(const struct rwe_run *run, const struct km_figure *of,
                     struct rwe_figure *figure)
{
    static const char *const p_value[] = {"p.value", NULL, NULL};
    struct rwe_key key = rwe_key_in("logrank", of->endpoint, of->design);
    const char *words = rwe_text("Log-rank p");
    key.term = "logrank";
    if (of->unweighted != NULL)
        words = rwe_text("Robust log-rank p");
    else if (of->clustered) {
        key.model = "robust";
        words = rwe_text("Robust log-rank p");
    } else if (run->cohort->stratum != NULL) {
        key.model = "stratified";
        words = rwe_text("Stratified log-rank p");
    }
    rwe_figure_result(figure, words, RWE_CELL_P_VALUE, &key, p_value);
}

static void add_results(struct rwe_run *run, const struct km_figure *of, struct rwe_figure *figure)
{
    static const char *const median[] = {"median", "median.conf.low", "median.conf.high"};
    static const char *const ratio[] = {"hr", "conf.low", "conf.high"};
    const char *level = rwe_conf_level_text(run);
    for (size_t a = 0; run->cohort->n_arms == 2 && a < 2; a++) {
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("km", of->endpoint, of->design), run->cohort, a);
        const char *words = rwe_arena_format(run->arena, rwe_text("Median%s, %s:"),
                                             rwe_time_unit_suffix(run), rwe_arm_label(run, a));
        if (words != NULL)
            rwe_figure_result(figure, words, RWE_CELL_TIME_LIMITS, &key, median);
    }
    struct rwe_key key = rwe_key_in("cox", of->endpoint, of->design);
    const char *words = rwe_arena_format(run->arena, rwe_text("Hazard ratio (%s CI)"), level);
    key.model = key.term = "arm";
    if (run->cohort->n_arms == 2 && words != NULL)
        rwe_figure_result(figure, words, RWE_CELL_RATIO_LIMITS, &key, ratio);
    add_test(run, of, figure);
}

void km_add_figure(struct rwe_run *run, const struct km_figure *of)
{
    double end = 0;
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        end = fmax(end, drawn_end(run, of, a));
    struct rwe_times ticks = rwe_times_ticks(run, end);
    if (ticks.n < 2)
        return;
    struct rwe_figure *figure =
        rwe_plot_new(run, "km", rwe_text("Kaplan–Meier curves"), of->endpoint, of->design);
    if (!of->design->naive)
        rwe_figure_clear_banner(figure);
    rwe_figure_describe(
        figure,
        "Curves of the probability of being free of the event (%s) over time, one an "
        "arm, with limits and marks at censorings; beneath them the numbers at "
        "risk, of events and of censorings at regular times.",
        of->endpoint->name);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run),
                                                 .to = ticks.at[ticks.n - 1],
                                                 .step = ticks.at[1]});
    rwe_figure_y_axis(
        figure, &(struct rwe_axis){.label = rwe_text("Event-free"), .to = 1, .percent = true});
    add_curves(run, of, figure);
    add_counts(run, of, figure, &ticks);
    add_results(run, of, figure);
    rwe_figure_note(figure, "Shaded: limits (%s) at each time. Marks: censored. Dashed: medians.",
                    rwe_conf_level_text(run));
    rwe_note_cut(run, figure);
    if (of->unweighted != NULL)
        rwe_figure_note(figure, "Counts are sums of weights; Patients: who carries the weights at "
                                "risk.");
}
