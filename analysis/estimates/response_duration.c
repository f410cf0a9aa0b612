/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Duration of response by arm, where dates tell it. */
#include "response_duration.h"

#include "km.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "rwe/data/assessed_responses.h"
#include "rwe/stats/event_table.h"
#include "rwe/stats/km.h"

#include <math.h>
#include <string.h>

static const char dor[] = "dor";

static const struct rwe_table_column columns[] = {
    {.heading = N_("population and arm")},
    {N_("responders"), RWE_CELL_COUNT, "n"},
    {N_("events"), RWE_CELL_COUNT, "n.event"},
    {N_("median{unit}\n({level} CI)"), RWE_CELL_TIME_LIMITS,
     "median median.conf.low median.conf.high"},
};

static const struct rwe_derived_endpoint *find_durations(const struct rwe_cohort *cohort)
{
    const struct rwe_cohort_dates *dates = cohort->dates;
    for (size_t d = 0; dates != NULL && d < dates->n_derived; d++)
        if (strcmp(dates->derived[d].definition.name, dor) == 0)
            return &dates->derived[d];
    return NULL;
}

/* The durations as an endpoint, 0 of those who did not respond and whom no design below holds. */
static enum rwe_status make_endpoint(const struct rwe_run *run,
                                     const struct rwe_derived_endpoint *derived,
                                     struct rwe_endpoint *endpoint, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    double *time = RWE_NEW(run->arena, double, cohort->n);
    uint8_t *event = RWE_NEW(run->arena, uint8_t, cohort->n);
    uint32_t *order = RWE_NEW(run->arena, uint32_t, cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        const struct rwe_endpoint_outcome *outcome = &derived->outcome[i];
        if (outcome->fault != RWE_DATES_SOUND)
            continue;
        time[i] = (outcome->end - outcome->start) / cohort->dates->days_per_unit;
        event[i] = outcome->cause;
    }
    *endpoint = (struct rwe_endpoint){
        .name = dor, .time = time, .event = event, .order = order, .n_causes = 1};
    return rwe_sort_numbers(time, cohort->n, run->arena, order) == RWE_OK ? RWE_OK
                                                                          : rwe_fail_memory(error);
}

/* The population's responders, with its weights and sets. */
static enum rwe_status restrict_design(const struct rwe_run *run,
                                       const struct rwe_derived_endpoint *derived,
                                       const struct rwe_design *whole, struct rwe_design *design,
                                       struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    double *weight = RWE_NEW(run->arena, double, cohort->n);
    uint32_t *set = whole->set == NULL ? NULL : RWE_NEW(run->arena, uint32_t, cohort->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        bool is_in = whole->member[i] && derived->outcome[i].fault == RWE_DATES_SOUND;
        weight[i] = is_in ? rwe_design_weight(whole, i) : 0;
        if (set != NULL)
            set[i] = is_in ? whole->set[i] : RWE_NO_SET;
    }
    *design = (struct rwe_design){.name = whole->name,
                                  .label = whole->label,
                                  .set = set,
                                  .n_sets = whole->n_sets,
                                  .weight = weight};
    return rwe_design_complete(cohort, design, run->arena, error);
}

/* Durations by one rule of response. */
struct durations {
    const struct rwe_response_source *source;
    struct rwe_derived_endpoint derived;
    struct rwe_endpoint endpoint;
};

static void put_arm(struct rwe_run *run, struct rwe_grid *grid, const struct durations *of,
                    const struct rwe_design *design, size_t arm, const struct rwe_km_curve *curve)
{
    struct rwe_key key = rwe_key_arm(rwe_key_in("response", NULL, design), run->cohort, arm);
    struct rwe_km_quantile median = rwe_km_quantile(curve, 0.5);
    key.model = of->source->model;
    key.term = "DOR";
    rwe_grid_row(grid, 1, "%s", run->cohort->arm_level[arm]);
    rwe_grid_put(grid, &key, (double)design->arm_size[arm]);
    rwe_grid_put(grid, &key, curve->n_events);
    rwe_grid_put(grid, &key, median.value, median.conf_low, median.conf_high);
}

static enum rwe_status run_design(struct rwe_run *run, struct rwe_grid *grid,
                                  const struct durations *of, const struct rwe_design *whole,
                                  struct rwe_error *error)
{
    struct rwe_design design;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_km_options options = rwe_km_options_default();
    options.conf_level = rwe_statistics_of(run->settings)->conf_level;
    options.transform = km_transform_of(run->settings);
    enum rwe_status status = restrict_design(run, &of->derived, whole, &design, error);
    if (status == RWE_OK)
        status = rwe_design_survival(run->cohort, &design, &of->endpoint,
                                     (struct rwe_design_view){0}, run->arena, &data, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&data, run->arena, &table, error);
    if (status == RWE_OK && whole->weight == NULL)
        data.weight = NULL; /* it only said who responded */
    if (of->source->label == NULL)
        rwe_grid_row(grid, 0, "%s", whole->label);
    else
        rwe_grid_row(grid, 0, "%s, %s", whole->label, rwe_text(of->source->label));
    for (size_t a = 0; status == RWE_OK && a < run->cohort->n_arms; a++) {
        struct rwe_km_curve curve;
        if (design.arm_size[a] == 0)
            continue;
        status = rwe_design_arm_needs_robust(whole, &data)
                     ? rwe_km_fit_robust(&data, &table, a, &options, run->arena, &curve, error)
                     : rwe_km_fit(&table, a, &options, run->arena, &curve, error);
        if (status == RWE_OK)
            put_arm(run, grid, of, &design, a, &curve);
    }
    return status;
}

static struct rwe_dated day_or_none(int32_t day)
{
    return day == RWE_NO_DAY ? (struct rwe_dated){0} : (struct rwe_dated){day, RWE_DATED_DAY};
}

/* The same from the first response by a rule of its own to the progression that ends it. */
static enum rwe_status start_at_best(const struct rwe_run *run,
                                     const struct rwe_response_source *source,
                                     struct rwe_derived_endpoint *derived, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_endpoint_outcome *outcome =
        RWE_NEW(run->arena, struct rwe_endpoint_outcome, cohort->n);
    if (outcome == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        struct rwe_patient_dates patient = cohort->dates->patient[i];
        int32_t listed = cohort->best[i].progression;
        patient.date[RWE_DATE_PD] =
            day_or_none(listed != RWE_NO_DAY ? listed : rwe_own_progression(&patient));
        patient.date[RWE_DATE_RESPONSE] = day_or_none(rwe_response_best(run, source, i)->first);
        outcome[i] = rwe_endpoint_from_dates(&derived->definition, &cohort->dates->rules, &patient);
    }
    derived->outcome = outcome;
    return RWE_OK;
}

static enum rwe_status run_source(struct rwe_run *run, struct rwe_grid *grid,
                                  const struct rwe_response_source *source,
                                  const struct rwe_derived_endpoint *derived,
                                  struct rwe_error *error)
{
    struct durations of = {.source = source, .derived = *derived};
    enum rwe_status status = RWE_OK;
    if (source->model != NULL)
        status = start_at_best(run, source, &of.derived, error);
    if (status == RWE_OK)
        status = make_endpoint(run, &of.derived, &of.endpoint, error);
    for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++) {
        struct rwe_mark mark = rwe_arena_mark(run->arena);
        if (run->design[d].rows.start == NULL)
            status = run_design(run, grid, &of, &run->design[d], error);
        else
            rwe_grid_note(grid, "%s: not told, since patients stand in several sets.",
                          run->design[d].label);
        rwe_arena_release(run->arena, mark);
    }
    return status;
}

enum rwe_status rwe_response_duration(struct rwe_run *run,
                                      const struct rwe_response_source source[], size_t n_sources,
                                      struct rwe_error *error)
{
    const struct rwe_derived_endpoint *derived = find_durations(run->cohort);
    enum rwe_status status = RWE_OK;
    if (derived == NULL)
        return RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Duration of response");
    RWE_GRID_COLUMNS(grid, columns);
    for (size_t s = 0; s < n_sources && status == RWE_OK; s++)
        status = run_source(run, grid, &source[s], derived, error);
    rwe_grid_note(grid,
                  "From the first response to progression or death (Kaplan–Meier), of responders "
                  "alone: who responds differs between arms, so that they are not compared.");
    return status;
}
