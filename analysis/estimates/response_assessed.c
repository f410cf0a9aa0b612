/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What assessments tell of responses beside the best: when they came, and how far lesions shrank. */
#include "response_assessed.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/report/figure.h"

#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Values of an arm's patients, ascending. */
struct values {
    double *value;
    size_t n;
};

static void sort_values(struct values *values)
{
    gsl_sort(values->value, 1, values->n);
}

static double quantile(const struct values *values, double share)
{
    return values->n == 0 ? NAN
                          : gsl_stats_quantile_from_sorted_data(values->value, 1, values->n, share);
}

static void put_range(struct rwe_grid *grid, const struct rwe_key *key, const struct values *values)
{
    rwe_grid_put(grid, key, (double)values->n);
    rwe_grid_put(grid, key, quantile(values, 0.5), quantile(values, 0), quantile(values, 1));
}

/* ---- time to response ---- */

static const struct rwe_table_column time_columns[] = {
    {.heading = N_("population and arm")},
    {N_("responders"), RWE_CELL_COUNT, "n"},
    {N_("time to response{unit}\nmedian (range)"), RWE_CELL_MEDIAN_RANGE, "median min max"},
};

/* The first responses of an arm, in the cohort's unit from time zero. */
static void collect_times(const struct rwe_run *run, const struct rwe_response_source *source,
                          const struct rwe_design *design, size_t arm, struct values *times)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_cohort_dates *dates = cohort->dates;
    times->n = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        int32_t first = rwe_response_best(run, source, i)->first;
        if (design->member[i] && cohort->arm[i] == arm && first != RWE_NO_DAY)
            times->value[times->n++] =
                (first - dates->patient[i].date[RWE_DATE_INDEX].day) / dates->days_per_unit;
    }
    sort_values(times);
}

enum rwe_status rwe_response_times(struct rwe_run *run, const struct rwe_response_source source[],
                                   size_t n_sources, struct rwe_error *error)
{
    if (run->cohort->dates == NULL)
        return RWE_OK;
    struct values times = {RWE_NEW(run->arena, double, run->cohort->n), 0};
    if (times.value == NULL)
        return rwe_fail_memory(error);
    struct rwe_grid *grid = rwe_document_table(run->document, "Time to response");
    RWE_GRID_COLUMNS(grid, time_columns);
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
        for (size_t s = 0; s < n_sources; s++) {
            const struct rwe_design *design = &run->design[d];
            rwe_grid_row(grid, 0, "%s, %s", design->label, rwe_text(source[s].label));
            for (size_t a = 0; a < run->cohort->n_arms; a++) {
                struct rwe_key key =
                    rwe_key_arm(rwe_key_in("response", NULL, design), run->cohort, a);
                key.model = source[s].model;
                key.term = "TTR";
                collect_times(run, &source[s], design, a, &times);
                rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[a]);
                put_range(grid, &key, &times);
            }
        }
    rwe_grid_note(grid, "From time zero to the first complete or partial response, of responders "
                        "alone; patients are not weighted.");
    return RWE_OK;
}

/* ---- waterfall ---- */

static const struct rwe_table_column change_columns[] = {
    {.heading = N_("population and arm")},
    {N_("measured"), RWE_CELL_COUNT, "n"},
    {N_("best change (%)\nmedian (range)"), RWE_CELL_MEDIAN_RANGE, "median min max"},
};

static bool is_measured(const struct rwe_cohort *cohort)
{
    for (size_t i = 0; cohort->best != NULL && i < cohort->n; i++)
        if (isfinite(cohort->best[i].change))
            return true;
    return false;
}

static enum rwe_status collect_changes(const struct rwe_run *run, const struct rwe_design *design,
                                       size_t arm, struct values *changes, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    *changes = (struct values){RWE_NEW(run->arena, double, cohort->arm_size[arm]), 0};
    if (changes->value == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++)
        if (design->member[i] && cohort->arm[i] == arm && isfinite(cohort->best[i].change))
            changes->value[changes->n++] = cohort->best[i].change;
    sort_values(changes);
    return RWE_OK;
}

/* The bars of an arm stand beside those of the arms before it, the largest growth first. */
static enum rwe_status draw_arm(struct rwe_run *run, struct rwe_figure *figure, size_t arm,
                                const struct values *changes, double *from, struct rwe_error *error)
{
    double *place = RWE_NEW(run->arena, double, changes->n);
    double *bar = RWE_NEW(run->arena, double, changes->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < changes->n; k++) {
        place[k] = ++*from;
        bar[k] = changes->value[changes->n - 1 - k];
    }
    rwe_figure_curve(figure, &(struct rwe_curve){.label = run->cohort->arm_level[arm],
                                                 .style = RWE_CURVE_BARS,
                                                 .group = arm,
                                                 .n = changes->n,
                                                 .x = place,
                                                 .y = bar,
                                                 .until = NAN});
    ++*from;
    return RWE_OK;
}

static struct rwe_figure *start_figure(struct rwe_run *run, const struct rwe_design *design)
{
    enum { PARTIAL_RESPONSE = -30, PROGRESSION = 20 };
    const char *name = rwe_arena_format(run->arena, "waterfall-%s", design->name);
    struct rwe_figure *figure =
        rwe_document_figure(run->document, RWE_FIGURE_PLOT, name == NULL ? "" : name,
                            "Best change of the target lesions: %s", design->label);
    rwe_figure_y_axis(figure,
                      &(struct rwe_axis){.label = rwe_text("Best change from baseline (%)")});
    rwe_figure_reference(figure, false, PARTIAL_RESPONSE, NULL);
    rwe_figure_reference(figure, false, PROGRESSION, NULL);
    rwe_figure_describe(figure, "A bar for each patient with measured target lesions, by arm, from "
                                "the largest growth to the largest shrinkage of their sum. Lines "
                                "at −30%% and +20%%.");
    return figure;
}

static enum rwe_status show_design(struct rwe_run *run, const struct rwe_design *design,
                                   struct rwe_grid *grid, struct rwe_error *error)
{
    static const char *const names[] = {"change"};
    struct rwe_figure *figure = start_figure(run, design);
    enum rwe_status status = RWE_OK;
    double from = 0;
    rwe_grid_row(grid, 0, "%s", design->label);
    for (size_t a = 0; a < run->cohort->n_arms && status == RWE_OK; a++) {
        struct rwe_key key = rwe_key_arm(rwe_key_in("response", NULL, design), run->cohort, a);
        struct values changes;
        key.term = "change";
        status = collect_changes(run, design, a, &changes, error);
        if (status != RWE_OK)
            return status;
        rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[a]);
        put_range(grid, &key, &changes);
        rwe_document_series(run->document, &key, "waterfall", changes.n, 1, names,
                            (const double *const[]){changes.value});
        status = draw_arm(run, figure, a, &changes, &from, error);
    }
    rwe_figure_x_axis(figure,
                      &(struct rwe_axis){.label = rwe_text("Patients"), .from = 0, .to = from});
    return status;
}

enum rwe_status rwe_response_waterfall(struct rwe_run *run, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (!is_measured(run->cohort))
        return RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Best change of the target lesions");
    RWE_GRID_COLUMNS(grid, change_columns);
    for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++)
        if (run->design[d].weight == NULL)
            status = show_design(run, &run->design[d], grid, error);
    rwe_grid_note(grid, "The smallest sum of target lesions up to progression, against the last "
                        "one by time zero; patients without both are not shown.");
    return status;
}
