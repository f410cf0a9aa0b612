/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "figures.h"

#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include <math.h>
#include <string.h>

/* Curves end where fewer are at risk (Pocock, Clayton & Altman, Lancet 359:1686, 2002). */
static const double FEWEST_AT_RISK = 10;

const char *rwe_arm_label(const struct rwe_run *run, size_t arm)
{
    const char *level = run->cohort->arm_level[arm];
    const char *column = rwe_study_of(run->settings)->arm;
    double number;
    if (column == NULL || !rwe_number_parse(level, strlen(level), &number))
        return level;
    const char *label = rwe_arena_format(run->arena, "%s = %s", column, level);
    return label == NULL ? level : label;
}

const char *rwe_time_axis_label(const struct rwe_run *run)
{
    const char *label = rwe_arena_format(run->arena,
                                         rwe_text(run->design[0].clock.start == RWE_CLOCK_LANDMARK
                                                      ? N_("Time since the landmark%s")
                                                      : N_("Time%s")),
                                         rwe_time_unit_suffix(run));
    return label == NULL ? "" : label;
}

const char *rwe_design_title(const struct rwe_run *run, const struct rwe_design *design)
{
    const char *unit = rwe_time_unit_word(run), *title = design->label;
    if (design->clock.start != RWE_CLOCK_LANDMARK)
        return title;
    if (design->kind == RWE_DESIGN_EVERYBODY)
        title =
            rwe_arena_format(run->arena, rwe_text("Landmark at %.10g%s"), design->clock.at, unit);
    else
        title = rwe_arena_format(run->arena, rwe_text("Landmark at %.10g%s: %s"), design->clock.at,
                                 unit, design->label);
    return title == NULL ? design->label : title;
}

struct rwe_figure *rwe_plot_new(struct rwe_run *run, const char *stem, const char *words,
                                const struct rwe_endpoint *endpoint,
                                const struct rwe_design *design)
{
    const char *name = endpoint == NULL ? rwe_arena_format(run->arena, "%s-%s", stem, design->name)
                                        : rwe_arena_format(run->arena, "%s-%s-%s", stem,
                                                           endpoint->name, design->name);
    if (name == NULL)
        name = stem;
    if (endpoint == NULL)
        return rwe_document_figure(run->document, RWE_FIGURE_PLOT, name, "%s: %s", words,
                                   rwe_design_title(run, design));
    return rwe_document_figure(run->document, RWE_FIGURE_PLOT, name, "%s: %s, %s", words,
                               endpoint->name, rwe_design_title(run, design));
}

double rwe_drawn_until(const struct rwe_run *run, size_t n, const double time[],
                       const double at_risk[])
{
    double share = rwe_statistics_of(run->settings)->cut_at_risk, most = 0;
    for (size_t p = 0; p < n; p++)
        most = fmax(most, at_risk[p]);
    double least = fmax(share * most, fmin(FEWEST_AT_RISK, most / 2));
    size_t p = n;
    if (!(share > 0))
        return NAN;
    while (p > 0 && at_risk[p - 1] < least)
        p--;
    return p == 0 || p == n ? NAN : time[p - 1];
}

void rwe_note_cut(const struct rwe_run *run, struct rwe_figure *figure)
{
    double share = rwe_statistics_of(run->settings)->cut_at_risk;
    if (share > 0)
        rwe_figure_note(
            figure,
            "Each curve ends where fewer than %g%% of the arm, or fewer than %g patients "
            "(of an arm below %g: half), are still at risk.",
            100 * share, FEWEST_AT_RISK, 2 * FEWEST_AT_RISK);
}
