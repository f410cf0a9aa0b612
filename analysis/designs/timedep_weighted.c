/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --timedep-weights: rows of a marginal structural Cox model (Robins, Hernán & Brumback, Epidemiology 11:550, 2000). */
#include "timedep.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

#include <math.h>

/* Weights make exposed and unexposed alike only among those who could be either. */
static bool can_help(const struct rwe_endpoint *endpoint)
{
    return endpoint->reach != RWE_REACH_BEYOND;
}

static struct rwe_design design_of(const struct timedep_weighted *weighted)
{
    struct rwe_design design = timedep_design();
    design.by_endpoint = &weighted->rows.rows;
    return design;
}

static enum rwe_status make_rows(struct rwe_run *run, struct timedep_weighted *of,
                                 struct rwe_error *error)
{
    const struct rwe_timedep_weighing weighing = {.cohort = &of->cohort,
                                                  .endpoint = of->exposure.endpoint,
                                                  .starts = &of->exposure.clones,
                                                  .given = &of->exposure.weights,
                                                  .step = timedep_settings_of(run)->step};
    struct rwe_error reason = {0};
    enum rwe_status status = rwe_timedep_weigh(&weighing, run->arena, &of->rows, &reason);
    if (status == RWE_NOT_FINITE)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--timedep-weights, \"%s\": subject %s would have a weight without end, "
                        "since exposure was certain, or never to be expected: restrict the cohort "
                        "to those who had a choice",
                        of->exposure.endpoint->name,
                        of->cohort.id[of->exposure.clones.subject[reason.index]]);
    if (status != RWE_OK) {
        *error = reason;
        return status;
    }
    of->design = design_of(of);
    return rwe_design_complete(&of->cohort, &of->design, run->arena, error);
}

static enum rwe_status weigh_endpoint(struct rwe_run *run, struct timedep *timedep, size_t e,
                                      struct rwe_error *error)
{
    struct timedep_weighted *of = &timedep->weighted[e];
    const struct rwe_clone_subjects subjects = {timedep->columns.subject, timedep->columns.n};
    of->cohort = *run->cohort;
    of->cohort.endpoint = &run->cohort->endpoint[e];
    of->cohort.n_endpoints = 1;
    of->exposure.endpoint = of->cohort.endpoint;
    of->exposure.data = timedep->data == NULL ? NULL : &timedep->data->weighted[e].exposure;
    enum rwe_status status =
        rwe_timedep_starts(run->cohort, e, &subjects, run->arena, &of->exposure.clones, error);
    if (status != RWE_OK)
        return status;
    if (of->exposure.clones.n_exposed == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "--timedep-weights: of %zu subjects nobody began exposure while at risk "
                        "for \"%s\". Look at --exposure-start",
                        subjects.n, of->cohort.endpoint->name);
    status = ccw_hazard(run, &timedep->columns, NULL, &of->exposure, error);
    of->is_made = status == RWE_OK;
    return status == RWE_OK ? make_rows(run, of, error) : status;
}

enum rwe_status timedep_weigh(struct rwe_run *run, struct timedep *timedep, struct rwe_error *error)
{
    size_t n = run->cohort->n_endpoints;
    enum rwe_status status =
        ccw_columns(run, "timedep", timedep_settings_of(run)->response, &timedep->columns, error);
    if (status != RWE_OK)
        return status;
    timedep->weighted = RWE_NEW(run->arena, struct timedep_weighted, n);
    if (timedep->weighted == NULL)
        return rwe_fail_memory(error);
    for (size_t e = 0; e < n && status == RWE_OK; e++)
        if (can_help(&run->cohort->endpoint[e]))
            status = weigh_endpoint(run, timedep, e, error);
    return status;
}

/* ---- what is told of them ---- */

static const struct rwe_table_column columns[] = {
    {.heading = N_("endpoint")},
    {N_("subjects"), RWE_CELL_COUNT, "n"},
    {N_("exposed"), RWE_CELL_COUNT, "n.exposed"},
    {N_("mean"), RWE_CELL_COEFFICIENT, "mean"},
    {N_("least"), RWE_CELL_COEFFICIENT, "min"},
    {N_("greatest"), RWE_CELL_COEFFICIENT, "max"},
};

static const double FAR_FROM_ONE = 0.1; /* of the mean, which is 1 where the models are right */

static void present_endpoint(struct rwe_run *run, struct rwe_grid *grid,
                             const struct timedep_weighted *of)
{
    const struct rwe_endpoint *endpoint = of->exposure.endpoint;
    const struct rwe_timedep_rows *rows = &of->rows;
    struct rwe_key key = rwe_key_in("weights", endpoint, &of->design);
    rwe_grid_row(grid, 0, "%s", endpoint->name);
    rwe_grid_put(grid, &key, (double)of->design.n);
    rwe_grid_put(grid, &key, (double)of->exposure.clones.n_exposed);
    rwe_grid_put(grid, &key, rows->mean);
    rwe_grid_put(grid, &key, rows->min);
    rwe_grid_put(grid, &key, rows->max);
    rwe_document_number(run->document, &key, "n.rows", (double)rows->n);
    if (fabs(rows->mean - 1) > FAR_FROM_ONE)
        rwe_document_warning(run->document, "weights-mean", "timedep",
                             "%s: stabilised weights are %.2f on average, not 1: the model of "
                             "exposure does not fit, or some could hardly be exposed.",
                             endpoint->name, rows->mean);
    key = rwe_key_in("timedep", endpoint, &of->design);
    key.model = "exposure-hazard";
    ccw_present_model(run, &key, &of->exposure.hazard);
}

static void warn_omitted(struct rwe_run *run, const struct rwe_endpoint *endpoint)
{
    const char *closed_by = rwe_closing_words(run);
    rwe_document_warning(run->document, "weights-omitted", "timedep",
                         "%s: no weighted model. None of those past %s can begin exposure, so no "
                         "weights make exposed and not exposed alike after it.",
                         endpoint->name, closed_by);
}

void timedep_present_weights(struct rwe_run *run, const struct timedep *timedep)
{
    size_t n = run->cohort->n_endpoints, n_made = 0;
    if (timedep->weighted == NULL)
        return;
    ccw_present_columns(run, &timedep->columns);
    for (size_t e = 0; e < n; e++) {
        n_made += timedep->weighted[e].is_made;
        if (!timedep->weighted[e].is_made)
            warn_omitted(run, &run->cohort->endpoint[e]);
    }
    if (n_made == 0)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Stabilised weights");
    RWE_GRID_COLUMNS(grid, columns);
    for (size_t e = 0; e < n; e++)
        if (timedep->weighted[e].is_made)
            present_endpoint(run, grid, &timedep->weighted[e]);
    rwe_grid_note(
        grid,
        "Of the history of exposure so far: its density given time alone over that given "
        "time and covariates, by a Cox model of the start of exposure as long as it can "
        "begin; in steps of %g. The mean is over time at risk, and near 1 where the model "
        "is right (Robins, Hernán & Brumback 2000).",
        timedep_settings_of(run)->step);
}
