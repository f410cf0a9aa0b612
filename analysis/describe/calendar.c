/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who was treated when: starts of follow-up by calendar year and arm. See calendar.md. */
#include "run/figures.h"

#include "rwe/base/date.h"
#include "rwe/base/language.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_YEARS = 100 };

/* Subjects by year and arm; years without anybody are there too. */
struct years {
    long first;
    size_t n;
    size_t *count; /* [year * n_arms + arm] */
    size_t n_unknown;
};

/* ---- the year ---- */

static const struct rwe_variable *year_covariate(const struct rwe_cohort *cohort)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (strcmp(cohort->covariate[j].name, "index_year") == 0 &&
            !cohort->covariate[j].categorical)
            return &cohort->covariate[j];
    return NULL;
}

/* NaN: not known. */
static double year_of(const struct rwe_cohort *cohort, size_t subject)
{
    char text[RWE_DATE_SIZE];
    const struct rwe_variable *variable = year_covariate(cohort);
    if (variable != NULL)
        return floor(variable->number[subject]);
    const struct rwe_dated *index = &cohort->dates->patient[subject].date[RWE_DATE_INDEX];
    if (!rwe_dated_has_day(*index))
        return NAN;
    rwe_date_format(index->day, text);
    return (double)strtol(text, NULL, 10);
}

static enum rwe_status count_years(const struct rwe_run *run, struct years *years,
                                   struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    double first = INFINITY, last = -INFINITY;
    *years = (struct years){0};
    for (size_t i = 0; i < cohort->n; i++) {
        double year = year_of(cohort, i);
        years->n_unknown += isnan(year);
        first = fmin(first, year);
        last = fmax(last, year);
    }
    if (!isfinite(first))
        return RWE_OK;
    if (last - first >= MOST_YEARS)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--calendar: follow-up starts in %g and in %g: one of them is no year",
                        first, last);
    years->first = (long)first;
    years->n = (size_t)(last - first) + 1;
    years->count = RWE_NEW(run->arena, size_t, years->n * cohort->n_arms);
    if (years->count == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        double year = year_of(cohort, i);
        if (!isnan(year))
            years->count[(size_t)(year - first) * cohort->n_arms + cohort->arm[i]]++;
    }
    return RWE_OK;
}

/* ---- the table ---- */

static void present(struct rwe_run *run, const struct years *years)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_grid *grid = rwe_document_table(run->document, "Starts of follow-up by year");
    rwe_grid_column(grid, "year");
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_grid_fact_column(grid, RWE_CELL_COUNT_PERCENT, "n percent", "%s", cohort->arm_level[a]);
    for (size_t y = 0; y < years->n; y++) {
        const size_t *count = years->count + y * cohort->n_arms;
        struct rwe_key key = rwe_key_run(run, "calendar");
        double all = 0;
        for (size_t a = 0; a < cohort->n_arms; a++)
            all += (double)count[a];
        key.level = rwe_arena_format(run->arena, "%ld", years->first + (long)y);
        if (key.level == NULL)
            return;
        rwe_grid_row(grid, 0, "%s", key.level);
        for (size_t a = 0; a < cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, cohort, a);
            rwe_grid_put(grid, &arm, (double)count[a],
                         all > 0 ? 100 * (double)count[a] / all : NAN);
        }
    }
    rwe_grid_note(grid,
                  "Percentages are of the year. Where an arm came into use over the years, what "
                  "else changed with them (staging, later lines, follow-up) is mixed up with "
                  "it: adjust for the year, or compare within years.");
    if (years->n_unknown > 0) {
        struct rwe_key key = rwe_key_run(run, "calendar");
        rwe_document_number(run->document, &key, "n.missing", (double)years->n_unknown);
        rwe_grid_note(grid, "The start of %zu subjects is not known to the year.",
                      years->n_unknown);
    }
}

/* ---- the figure ---- */

/* The control arm of two goes downward; of more arms there is a line each. */
static enum rwe_status draw(struct rwe_run *run, const struct years *years, struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms;
    double *year = RWE_NEW(run->arena, double, years->n);
    struct rwe_figure *figure = rwe_document_figure(run->document, RWE_FIGURE_PLOT, "calendar-time",
                                                    "Starts of follow-up by year");
    if (n_arms == 2)
        rwe_figure_describe(figure, "How many started follow-up in each calendar year, by arm: the "
                                    "treated upward, the controls downward.");
    else
        rwe_figure_describe(figure, "How many started follow-up in each calendar year, by arm.");
    rwe_figure_x_axis(figure,
                      &(struct rwe_axis){.label = rwe_text("Calendar year"),
                                         .from = (double)years->first - 0.5,
                                         .to = (double)(years->first + (long)years->n) - 0.5,
                                         .step = 1});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = rwe_text("Patients"), .absolute = true});
    for (size_t a = n_arms; a-- > 0;) {
        double *count = RWE_NEW(run->arena, double, years->n);
        if (rwe_arena_failed(run->arena))
            return rwe_fail_memory(error);
        for (size_t y = 0; y < years->n; y++) {
            year[y] = (double)(years->first + (long)y);
            count[y] = (double)years->count[y * n_arms + a] * (n_arms == 2 && a == 0 ? -1 : 1);
        }
        rwe_figure_curve(figure,
                         &(struct rwe_curve){.label = rwe_arm_label(run, a),
                                             .style = n_arms == 2 ? RWE_CURVE_BARS : RWE_CURVE_LINE,
                                             .group = a,
                                             .n = years->n,
                                             .x = year,
                                             .y = count,
                                             .until = NAN});
    }
    return RWE_OK;
}

static enum rwe_status run_calendar(struct rwe_run *run, void *state, struct rwe_error *error)
{
    struct years years;
    (void)state;
    if (run->cohort->dates == NULL && year_covariate(run->cohort) == NULL)
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX,
            "--calendar needs the year in which follow-up starts: say --index-date COL, "
            "or name a covariate index_year");
    enum rwe_status status = count_years(run, &years, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Calendar time");
    if (years.n == 0) {
        rwe_document_warning(run->document, "no-year", "calendar",
                             "Nobody's start of follow-up is known to the year.");
        return RWE_OK;
    }
    status = draw(run, &years, error);
    if (status == RWE_OK)
        present(run, &years);
    return status;
}

const struct rwe_analysis rwe_analysis_calendar = {
    .name = "calendar",
    .section = RWE_SECTION_TIME_ZERO,
    .help = N_("Starts of follow-up by calendar year and arm: whether practice changed over the "
               "years. From --index-date, or a covariate index_year."),
    .from_zero = true,
    .run = run_calendar,
};
