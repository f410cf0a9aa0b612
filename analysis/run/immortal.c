/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard: how much immortal time the arms have, and what it does before exposure can act. Runs
 * without being asked wherever exposure starts after time zero, declared or found. See immortal.md. */
#include "rwe/analysis/immortal.h"
#include "figures.h"
#include "immortal_words.h"
#include "rwe/analysis/caution.h"
#include "shares.h"

#include "rwe/base/language.h"
#include "rwe/data/found_exposure.h"
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

struct immortal_settings {
    double control_window; /* NaN: three months, or the median start */
};

static const struct rwe_option options[] = {
    {.name = "control-window",
     RWE_NUMBER_IN(struct immortal_settings, control_window),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "T",
     .low = 0,
     .high = 1e300,
     .help = N_("Where exposure starts after time zero: compare events up to here, which exposure "
                "can hardly have caused (default 3 months; the median start where --time-unit does "
                "not say).")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct immortal_settings, options);

/* ---- when exposure starts ---- */

/* Starts after time zero, ascending. */
struct starts {
    double *at;
    size_t n;
};

static struct starts sort_starts(const struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    const double *start = rwe_cohort_starts(cohort);
    struct starts starts = {RWE_NEW(run->arena, double, cohort->n), 0};
    for (size_t i = 0; starts.at != NULL && start != NULL && i < cohort->n; i++)
        if (start[i] > 0)
            starts.at[starts.n++] = start[i];
    if (starts.at != NULL)
        gsl_sort(starts.at, 1, starts.n);
    return starts;
}

static double quantile(const struct starts *starts, double p)
{
    return gsl_stats_quantile_from_sorted_data(starts->at, 1, starts->n, p);
}

/* The same everywhere: three months in the unit of the file. */
static double window_of(const struct rwe_run *run, const struct starts *starts)
{
    static const double three_months[] = {
        [RWE_UNIT_DAYS] = 3 * 30.4375,
        [RWE_UNIT_WEEKS] = 3 * 30.4375 / 7,
        [RWE_UNIT_MONTHS] = 3,
        [RWE_UNIT_YEARS] = 0.25,
    };
    const struct immortal_settings *settings = rwe_settings_of(run->settings, &option_list);
    enum rwe_time_unit unit = rwe_study_of(run->settings)->time_unit;
    if (!isnan(settings->control_window))
        return settings->control_window;
    return unit == RWE_UNIT_NOT_SAID ? quantile(starts, 0.5) : three_months[unit];
}

/* ---- immortal person-time ---- */

/* Of those whose exposure starts after time zero, in one arm. */
struct tally {
    size_t n, n_late, n_before; /* in the arm; exposed late; with the event before it */
    double time, immortal;      /* at risk in the arm; of it before exposure */
};

static struct tally tally_arm(const struct rwe_cohort *cohort, const struct rwe_endpoint *endpoint,
                              size_t arm)
{
    struct tally tally = {0};
    for (size_t i = 0; i < cohort->n; i++) {
        if (cohort->arm[i] != arm || !rwe_endpoint_has(endpoint, i))
            continue;
        double entry = cohort->entry == NULL ? 0 : cohort->entry[i];
        double end = endpoint->time[i], start = rwe_cohort_starts(cohort)[i];
        tally.n++;
        tally.time += end - entry;
        if (!(start > 0)) /* NaN: never */
            continue;
        tally.n_late++;
        tally.n_before += endpoint->event[i] > 0 && end <= start;
        tally.immortal += fmax(0, fmin(start, end) - entry);
    }
    return tally;
}

static const struct rwe_table_column time_columns[] = {
    {.heading = N_("endpoint and arm")},
    {N_("exposed after\ntime zero"), RWE_CELL_COUNT_PERCENT, "n.late percent.late"},
    {N_("with an event\nbefore it"), RWE_CELL_COUNT_PERCENT, "n.event.before percent.before"},
    {N_("time at risk{unit}"), RWE_CELL_NUMBER, "time"},
    {N_("of it before\nexposure"), RWE_CELL_COUNT_PERCENT, "time.immortal percent.immortal"},
};

static void present_tally(struct rwe_run *run, struct rwe_grid *grid,
                          const struct rwe_endpoint *endpoint, size_t arm)
{
    struct tally tally = tally_arm(run->cohort, endpoint, arm);
    struct rwe_key key = rwe_key_arm(rwe_key_in("immortal", endpoint, NULL), run->cohort, arm);
    double n = (double)tally.n, n_late = (double)tally.n_late, n_before = (double)tally.n_before;
    if (tally.n_late == 0)
        return;
    rwe_grid_row(grid, 0, "%s: %s", endpoint->name, run->cohort->arm_level[arm]);
    rwe_grid_put(grid, &key, n_late, 100 * n_late / n);
    rwe_grid_put(grid, &key, n_before, 100 * n_before / n_late);
    rwe_grid_put(grid, &key, tally.time);
    rwe_grid_put(grid, &key, tally.immortal, 100 * tally.immortal / tally.time);
}

static void present_time(struct rwe_run *run, const struct starts *starts)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_document *document = run->document;
    struct rwe_grid *grid = rwe_document_table(document, "Time before exposure");
    RWE_GRID_COLUMNS(grid, time_columns);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t a = 0; a < cohort->n_arms; a++)
            present_tally(run, grid, &cohort->endpoint[e], a);
    struct rwe_key key = rwe_key_of("immortal");
    rwe_document_number(document, &key, "n.late", (double)starts->n);
    rwe_document_number(document, &key, "start.p5", quantile(starts, 0.05));
    rwe_document_number(document, &key, "start.median", quantile(starts, 0.5));
    rwe_document_number(document, &key, "start.p95", quantile(starts, 0.95));
    rwe_grid_note(
        grid,
        "Exposure starts at a median of %.1f%s, 5th to 95th percentile %.1f to %.1f. Whoever "
        "had an event first never came to it, and is in the other arm.",
        quantile(starts, 0.5), rwe_time_unit_word(run), quantile(starts, 0.05),
        quantile(starts, 0.95));
}

/* Bars a quarter of a tick wide: who starts in (b − 1, b] of them. */
static enum rwe_status draw_starts(struct rwe_run *run, const struct starts *starts,
                                   struct rwe_error *error)
{
    static const char *const names[] = {"time", "n"};
    enum { BARS_A_TICK = 4 };
    struct rwe_times ticks = rwe_times_ticks(run, starts->at[starts->n - 1]);
    double width = ticks.n < 2 ? 1 : ticks.at[1] / BARS_A_TICK;
    size_t n = BARS_A_TICK * (ticks.n - 1);
    double *middle = RWE_NEW(run->arena, double, n), *count = RWE_NEW(run->arena, double, n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t b = 0, i = 0; b < n; b++) {
        middle[b] = ((double)b + 0.5) * width;
        for (; i < starts->n && (starts->at[i] <= (double)(b + 1) * width || b + 1 == n); i++)
            count[b]++;
    }
    struct rwe_key key = rwe_key_of("immortal");
    const double *const columns[] = {middle, count};
    rwe_document_series(run->document, &key, "histogram", n, 2, names, columns);
    struct rwe_figure *figure = rwe_document_figure(run->document, RWE_FIGURE_PLOT,
                                                    "time-to-exposure", "Start of exposure");
    rwe_figure_describe(figure, "A histogram of when exposure starts, in those who start it after "
                                "time zero; the line is the median.");
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_time_axis_label(run),
                                                 .to = ticks.at[ticks.n - 1],
                                                 .step = ticks.n < 2 ? 0 : ticks.at[1]});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = rwe_text("Patients")});
    rwe_figure_curve(
        figure,
        &(struct rwe_curve){
            .style = RWE_CURVE_BARS, .group = 1, .n = n, .x = middle, .y = count, .until = NAN});
    rwe_figure_reference(figure, true, quantile(starts, 0.5), rwe_text("median"));
    return RWE_OK;
}

/* ---- the negative-control window ---- */

static void present_shares(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                           const struct rwe_share share[], const struct rwe_inference *difference)
{
    for (size_t a = 0; a < 2; a++) {
        struct rwe_key arm = rwe_key_arm(*key, run->cohort, a);
        rwe_grid_put(grid, &arm, (double)share[a].n, (double)share[a].of,
                     100 * rwe_share_estimate(&share[a]));
    }
    rwe_grid_put(grid, key, 100 * difference->value, 100 * difference->conf_low,
                 100 * difference->conf_high);
}

static enum rwe_status present_window_of(struct rwe_run *run, struct rwe_grid *grid,
                                         const struct rwe_endpoint *endpoint,
                                         const struct rwe_design *design, double window,
                                         struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_shares shares;
    struct rwe_share share[2];
    struct rwe_inference difference;
    uint8_t *event = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    enum rwe_status status = event == NULL ? rwe_fail_memory(error)
                                           : rwe_shares_start(run, design, NULL, &shares, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < run->cohort->n; i++)
        event[i] = endpoint->event[i] > 0 && endpoint->time[i] <= window;
    rwe_shares_count(&shares, event, share);
    status = rwe_shares_compare(&shares, event, share, &difference, error);
    if (status != RWE_OK)
        return status;
    struct rwe_key key = rwe_key_in("immortal", endpoint, design);
    key.term = "control-window";
    key.time = window;
    rwe_grid_row(grid, 0, "%s, %s", endpoint->name, design->label);
    present_shares(run, grid, &key, share, &difference);
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static const struct rwe_table_column difference_column = {
    N_("difference\n({level} CI)"), RWE_CELL_PERCENT_LIMITS, "difference conf.low conf.high"};

static enum rwe_status present_window(struct rwe_run *run, const struct starts *starts,
                                      struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    double window = window_of(run, starts);
    enum rwe_status status = RWE_OK;
    size_t started = 0;
    while (started < starts->n && starts->at[started] < window)
        started++;
    struct rwe_key key = rwe_key_of("immortal");
    key.term = "control-window";
    key.time = window;
    rwe_document_number(run->document, &key, "n.started", (double)started);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Events up to %g%s: before exposure can act", window,
                           rwe_time_unit_word(run));
    rwe_grid_column(grid, "endpoint and population");
    for (size_t a = 0; a < 2; a++)
        rwe_grid_fact_column(grid, RWE_CELL_COUNT_PERCENT, "n.event [n] percent", "%s",
                             cohort->arm_level[a]);
    rwe_grid_columns(grid, &difference_column, 1);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++)
            status =
                present_window_of(run, grid, &cohort->endpoint[e], &run->design[d], window, error);
    rwe_grid_note(grid,
                  "By then %zu of the %zu had started. A treatment prevents nothing before it "
                  "starts, so a difference here is bias; percentages are of all, censored or not.",
                  started, starts->n);
    return status;
}

/* ---- the analysis ---- */

static void present_grades(struct rwe_run *run)
{
    static const char *const grades[] = {"none", "note", "caution", "biased"};
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_key whole = rwe_key_of("immortal");
    if (cohort->found != NULL)
        rwe_document_string(run->document, &whole, "start.column", cohort->found->column);
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct rwe_endpoint *endpoint = &cohort->endpoint[e];
        struct rwe_key key = rwe_key_in("immortal", endpoint, NULL);
        rwe_document_string(run->document, &key, "grade",
                            grades[rwe_immortal_grade(cohort, endpoint)]);
    }
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        const struct rwe_design *design = &run->design[d];
        struct rwe_key key = rwe_key_in("immortal", NULL, design);
        struct rwe_caution caution = rwe_run_caution(run, design, NULL);
        rwe_caution_fact(run->document, &key, &caution);
    }
}

/* Whether something in the run goes by the starts and not by the arms. */
static bool goes_by_starts(const struct rwe_run *run)
{
    return run->n_subruns > 0 || run->n_populations > rwe_run_n_disjoint(run);
}

static enum rwe_status run_immortal(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    if (run->design[0].immortal == RWE_IMMORTAL_NONE) {
        if (goes_by_starts(run))
            immortal_warn_arms(run);
        return RWE_OK;
    }
    const struct starts starts = sort_starts(run);
    if (starts.at == NULL)
        return rwe_fail_memory(error);
    rwe_document_section(run->document, 1, "Immortal time");
    enum rwe_status status =
        immortal_say(run, starts.n, starts.n == 0 ? (double)NAN : quantile(&starts, 0.5), error);
    immortal_warn_arms(run);
    present_grades(run);
    if (status != RWE_OK || run->cohort->n_endpoints == 0 || starts.n == 0)
        return status;
    present_time(run, &starts);
    status = draw_starts(run, &starts, error);
    return status == RWE_OK && run->cohort->n_arms == 2 ? present_window(run, &starts, error)
                                                        : status;
}

const struct rwe_analysis rwe_analysis_immortal = {
    .name = "immortal",
    .section = RWE_SECTION_TIME_ZERO,
    .from_zero = true,
    .help = N_("How much immortal time the arms have, and the events before exposure can act. "
               "Comes by itself where exposure starts after time zero: --exposure-start, "
               "--exposure-date, or a column of the file that tells it (--rules-off W34: it is "
               "none)."),
    .always = true,
    .options = &option_list,
    .run = run_immortal,
};
