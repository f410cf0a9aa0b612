/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The curves of Simon and Makuch: the product limit of each state of exposure. */
#include "timedep.h"

#include "estimates/km.h"
#include "estimates/km_figure.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/stats/rmst.h"

#include <math.h>

/* Both states of an endpoint, from where the curves start. */
struct curves {
    struct timedep_part *part;
    double from;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_curve curve[2];
    bool drawn[2]; /* false: nobody is ever in that state */
    rwe_fact median[2];
    struct km_counts counts[2];
};

static struct rwe_key curve_key(const struct curves *curves, size_t state)
{
    const struct rwe_run *run = &curves->part->run;
    return rwe_key_arm(rwe_key_in("km", timedep_endpoint(curves->part), &run->design[0]),
                       run->cohort, state);
}

/* Only what lies after `from`: who is at risk then enters there. */
static enum rwe_status cut_before(struct rwe_survival_data *data, double from,
                                  struct rwe_arena *arena)
{
    size_t n = 0;
    double *entry = RWE_NEW(arena, double, data->n), *time = RWE_NEW(arena, double, data->n);
    uint8_t *event = RWE_NEW(arena, uint8_t, data->n);
    uint32_t *group = RWE_NEW(arena, uint32_t, data->n);
    uint32_t *cluster = RWE_NEW(arena, uint32_t, data->n);
    uint32_t *subject = RWE_NEW(arena, uint32_t, data->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < data->n; k++) {
        if (data->time[k] <= from)
            continue;
        entry[n] = fmax(data->entry[k], from);
        time[n] = data->time[k];
        event[n] = data->event[k];
        group[n] = data->group[k];
        subject[n] = data->subject[k];
        cluster[n++] = data->cluster == NULL ? 0 : data->cluster[k];
    }
    data->n = n;
    data->entry = entry;
    data->time = time;
    data->event = event;
    data->group = group;
    data->subject = subject;
    data->cluster = data->cluster == NULL ? NULL : cluster;
    return RWE_OK;
}

/* A state holds a subject in one row, so its rows depend on each other only in declared clusters,
 * which those of the original cohort are. */
static enum rwe_status fit_curve(struct curves *curves, bool clusters, size_t state,
                                 struct rwe_error *error)
{
    struct rwe_run *run = &curves->part->run;
    struct rwe_km_options km = rwe_km_options_default();
    struct rwe_km_curve *curve = &curves->curve[state];
    km.transform = km_transform_of(run->settings);
    km.conf_level = rwe_statistics_of(run->settings)->conf_level;
    enum rwe_status status =
        clusters
            ? rwe_km_fit_robust(&curves->data, &curves->table, state, &km, run->arena, curve, error)
            : rwe_km_fit(&curves->table, state, &km, run->arena, curve, error);
    curves->drawn[state] = status == RWE_OK;
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

static enum rwe_status fit_curves(struct curves *curves, struct rwe_error *error)
{
    struct rwe_run *run = &curves->part->run;
    enum rwe_status status =
        rwe_design_survival(run->cohort, &run->design[0], timedep_endpoint(curves->part),
                            (struct rwe_design_view){0}, run->arena, &curves->data, error);
    if (status == RWE_OK && curves->from > 0 &&
        cut_before(&curves->data, curves->from, run->arena) != RWE_OK)
        status = rwe_fail_memory(error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&curves->data, run->arena, &curves->table, error);
    bool clusters = rwe_study_of(run->settings)->cluster != NULL;
    for (size_t state = 0; state < 2 && status == RWE_OK; state++)
        status = fit_curve(curves, clusters, state, error);
    return status;
}

/* Events before as many as RWE_RMST_ENOUGH were at risk for the first time, and when that was. */
struct thin {
    size_t n_events;
    double first, at_risk; /* the first such event, and among how many */
    double enough;         /* NaN: never */
};

static struct thin find_thin(const struct rwe_km_curve *curve)
{
    struct thin thin = {0, NAN, NAN, NAN};
    for (size_t p = 0; p < curve->n_points; p++) {
        if (curve->at_risk[p] >= RWE_RMST_ENOUGH) {
            thin.enough = curve->time[p];
            break;
        }
        if (curve->events[p] > 0 && thin.n_events == 0) {
            thin.first = curve->time[p];
            thin.at_risk = curve->at_risk[p];
        }
        thin.n_events += (size_t)curve->events[p];
    }
    return thin;
}

static void warn_thin_curve(const struct curves *curves, size_t state, const struct thin *thin)
{
    struct rwe_document *document = curves->part->run.document;
    const char *endpoint = timedep_endpoint(curves->part)->name;
    const char *level = curves->part->run.cohort->arm_level[state];
    if (isnan(thin->enough))
        rwe_document_warning(document, "thin-curve", "timedep",
                             "%s: the curve of the state \"%s\" begins with events among few: the "
                             "first fell on %g at risk, and all that follows is multiplied by it.",
                             endpoint, level, thin->at_risk);
    else
        rwe_document_warning(document, "thin-curve", "timedep",
                             "%s: the curve of the state \"%s\" begins with events among few: the "
                             "first fell on %g at risk, and all that follows is multiplied by it. "
                             "--curves-from %.3g starts both curves when there were %d.",
                             endpoint, level, thin->at_risk, thin->enough, RWE_RMST_ENOUGH);
}

static void warn_thin(const struct curves *curves)
{
    for (size_t state = 0; state < 2; state++) {
        if (!curves->drawn[state])
            continue;
        struct thin thin = find_thin(&curves->curve[state]);
        if (thin.n_events == 0)
            continue;
        warn_thin_curve(curves, state, &thin);
    }
}

static void summary_facts(struct curves *curves, size_t state)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_km_curve *curve = &curves->curve[state];
    struct rwe_key key = curve_key(curves, state);
    struct rwe_km_quantile median = km_quantile_of(run->settings, curve, 0.5);
    rwe_document_number(run->document, &key, "n", curve->n);
    rwe_document_number(run->document, &key, "n.event", curve->n_events);
    curves->median[state] = rwe_document_number(run->document, &key, "median", median.value);
    rwe_document_number(run->document, &key, "median.conf.low", median.conf_low);
    rwe_document_number(run->document, &key, "median.conf.high", median.conf_high);
    rwe_document_number(run->document, &key, "from", curves->from);
    static const char *const names[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                        "estimate", "std.error", "conf.low", "conf.high"};
    const double *const columns[] = {curve->time,     curve->at_risk,  curve->events,
                                     curve->censored, curve->survival, curve->std_error,
                                     curve->conf_low, curve->conf_high};
    rwe_document_series(run->document, &key, "step", curve->n_points, 8, names, columns);
}

static const char *state_label(const struct rwe_run *run, size_t state)
{
    return state == 0 ? rwe_text("not, or not yet") : run->cohort->arm_level[1];
}

/* Null before the curves start. */
static rwe_fact risk_at(struct curves *curves, size_t state, const struct rwe_key *key)
{
    if (curves->drawn[state] && key->time >= curves->from)
        return km_count_at(&curves->part->run, &curves->counts[state], key, &curves->curve[state])
            ->risk;
    return rwe_document_number(curves->part->run.document, key, "n.risk", NAN);
}

static void present_point(struct curves *curves, struct rwe_grid *grid, size_t state, double time)
{
    struct rwe_key key = curve_key(curves, state);
    key.time = time;
    struct rwe_km_point at = {NAN, NAN, NAN, NAN, NAN};
    if (curves->drawn[state] && time >= curves->from)
        at = rwe_km_at(&curves->curve[state], time);
    rwe_grid_cell(grid, RWE_CELL_COUNT, risk_at(curves, state, &key), RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_put(grid, &key, at.survival, at.std_error, at.conf_low, at.conf_high);
}

static const struct rwe_table_column survival_column[] = {
    {N_("event-free\n({level} CI)"), RWE_CELL_SURVIVAL_LIMITS,
     "estimate [std.error] conf.low conf.high"},
};

static void present_curves(struct curves *curves)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_endpoint *endpoint = timedep_endpoint(curves->part);
    struct rwe_times times = rwe_times_of(run, endpoint);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Simon–Makuch curves: %s", endpoint->name);
    rwe_grid_column(grid, "time%s", rwe_time_unit_suffix(run));
    for (size_t state = 0; state < 2; state++) {
        rwe_grid_column(grid, "%s\nat risk", state_label(run, state));
        RWE_GRID_COLUMNS(grid, survival_column);
    }
    for (size_t t = 0; t < times.n; t++) {
        rwe_grid_row(grid, 0, "%g", times.at[t]);
        for (size_t state = 0; state < 2; state++)
            present_point(curves, grid, state, times.at[t]);
    }
    rwe_grid_note(grid,
                  "Product-limit estimates from %g on; patients leave the first curve for the "
                  "second when exposure starts. A curve is what would become of somebody who stays "
                  "in that state, if switching did not depend on prognosis; it is not adjusted.",
                  curves->from);
}

/* ---- the figure ---- */

static double add_state(struct curves *curves, struct rwe_figure *figure, size_t state)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_km_curve *c = &curves->curve[state];
    double until = rwe_drawn_until(run, c->n_points, c->time, c->at_risk);
    rwe_figure_curve(figure, &(struct rwe_curve){.label = state_label(run, state),
                                                 .style = RWE_CURVE_STEP,
                                                 .group = state,
                                                 .n = c->n_points,
                                                 .x = c->time,
                                                 .y = c->survival,
                                                 .low = c->conf_low,
                                                 .high = c->conf_high,
                                                 .at_risk = c->at_risk,
                                                 .start = 1,
                                                 .until = until});
    rwe_figure_drop(figure, state, curves->median[state], 0.5);
    return isnan(until) ? c->time[c->n_points - 1] : until;
}

static void add_count(struct curves *curves, struct rwe_grid *grid, size_t state, bool events,
                      double time)
{
    struct rwe_key key = curve_key(curves, state);
    key.time = time;
    if (time < curves->from) {
        rwe_grid_empty(grid);
        return;
    }
    const struct km_count *count =
        km_count_at(&curves->part->run, &curves->counts[state], &key, &curves->curve[state]);
    rwe_grid_cell(grid, RWE_CELL_COUNT, events ? count->event : count->risk, RWE_NO_FACT,
                  RWE_NO_FACT);
}

static void add_counts(struct curves *curves, struct rwe_figure *figure,
                       const struct rwe_times *ticks)
{
    struct rwe_grid *grid = rwe_figure_grid(figure);
    for (size_t state = 0; state < 2; state++) {
        rwe_grid_row(grid, 0, "%s", state_label(&curves->part->run, state));
        for (int events = 0; events < 2; events++) {
            rwe_grid_row(grid, 1, events ? N_("Events") : N_("At risk"));
            for (size_t t = 0; t < ticks->n; t++)
                add_count(curves, grid, state, events, ticks->at[t]);
        }
    }
}

/* At the start of the axis: who is in the state by then. A curve knows only who is at its first point. */
static void count_start(struct curves *curves, size_t state)
{
    struct rwe_run *run = &curves->part->run;
    const struct rwe_survival_data *data = &curves->data;
    struct rwe_key key = curve_key(curves, state);
    double n = 0;
    for (size_t k = 0; k < data->n; k++)
        n += data->group[k] == state && data->entry[k] <= curves->from;
    key.time = curves->from;
    struct km_count *count = &curves->counts[state].at[curves->counts[state].n++];
    count->time = key.time;
    count->risk = rwe_document_number(run->document, &key, "n.risk", n);
    count->event = rwe_document_number(run->document, &key, "n.event", 0);
    count->censor = rwe_document_number(run->document, &key, "n.censor", 0);
}

static void add_figure(struct curves *curves)
{
    static const char *const ratio[] = {"hr", "conf.low", "conf.high"};
    static const char *const p_value[] = {"p.value", NULL, NULL};
    struct rwe_run *run = &curves->part->run;
    const struct rwe_endpoint *endpoint = timedep_endpoint(curves->part);
    struct rwe_figure *figure = rwe_plot_new(run, "simon-makuch", rwe_text("Simon–Makuch curves"),
                                             endpoint, &run->design[0]);
    rwe_figure_describe(figure,
                        "Curves of the probability of staying free of the event (%s) in each "
                        "state of exposure, with limits; patients leave the first for the second "
                        "when exposure starts. Beneath them the numbers at risk and of events.",
                        endpoint->name);
    double end = fmax(add_state(curves, figure, 0), add_state(curves, figure, 1));
    struct rwe_times ticks = rwe_times_ticks(run, end);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run),
                                                 .from = curves->from,
                                                 .to = ticks.at[ticks.n - 1],
                                                 .step = ticks.at[1]});
    rwe_figure_y_axis(
        figure, &(struct rwe_axis){.label = rwe_text("Event-free"), .to = 1, .percent = true});
    count_start(curves, 0);
    count_start(curves, 1);
    add_counts(curves, figure, &ticks);
    struct rwe_key key = rwe_key_in("cox", endpoint, &run->design[0]);
    key.model = key.term = "arm";
    const char *words =
        rwe_arena_format(run->arena, rwe_text("Hazard ratio (%s CI)"), rwe_conf_level_text(run));
    if (words != NULL)
        rwe_figure_result(figure, words, RWE_CELL_RATIO_LIMITS, &key, ratio);
    key = rwe_key_in("logrank", endpoint, &run->design[0]);
    key.term = "mantel-byar";
    rwe_figure_result(figure, rwe_text("Mantel–Byar p"), RWE_CELL_P_VALUE, &key, p_value);
    rwe_figure_note(figure, "Shaded: limits (%s) at each time. Dashed: medians. Not adjusted.",
                    rwe_conf_level_text(run));
    rwe_note_cut(run, figure);
}

enum rwe_status timedep_present_curves(struct timedep_part *part, struct rwe_error *error)
{
    struct curves curves = {.part = part, .from = timedep_settings_of(&part->run)->curves_from};
    enum rwe_status status = fit_curves(&curves, error);
    if (status != RWE_OK)
        return status;
    rwe_document_set_banner(part->run.document, part->caution.banner);
    for (size_t state = 0; state < 2; state++)
        if (curves.drawn[state])
            summary_facts(&curves, state);
    if (curves.drawn[0] && curves.drawn[1])
        add_figure(&curves);
    present_curves(&curves);
    rwe_document_set_banner(part->run.document, NULL);
    warn_thin(&curves);
    return RWE_OK;
}
