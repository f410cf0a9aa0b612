/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of --timedep, and the rows in time of an endpoint as a run of their own. */
#include "timedep.h"

#include "estimates/cox_models.h"
#include "rwe/base/language.h"
#include "rwe/data/response.h"

#include <string.h>

static const struct rwe_option options[] = {
    {.name = "timedep-response",
     RWE_FLAG_IN(struct timedep_settings, response),
     .section = RWE_SECTION_TIME_ZERO,
     .help = N_("Adjust the models of --timedep for response too (CR or PR in --response-column), "
                "as if it had been known from the start: it says who is given the treatment.")},
    {.name = "timedep-weights",
     RWE_FLAG_IN(struct timedep_settings, weights),
     .section = RWE_SECTION_TIME_ZERO,
     .help =
         N_("With --timedep: also a marginal structural Cox model, with stabilised weights, for "
            "endpoints that do not go on after exposure has closed.")},
    {.name = "timedep-step",
     RWE_NUMBER_IN(struct timedep_settings, step),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "X",
     .fallback = "0.5",
     .low = 1e-3,
     .high = 1e6,
     .help = N_("How often the weights of --timedep-weights change, in the file's unit (default "
                "0.5).")},
    {.name = "curves-from",
     RWE_NUMBER_IN(struct timedep_settings, curves_from),
     .section = RWE_SECTION_TIME_ZERO,
     .argument = "T",
     .fallback = "0",
     .low = 0,
     .high = 1e300,
     .help = N_("Simon and Makuch's curves start here, among those without the event by then "
                "(default 0), in the file's unit: early on few are exposed.")},
};
const struct rwe_options timedep_options = RWE_OPTIONS_IN(struct timedep_settings, options);

const struct timedep_settings *timedep_settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &timedep_options);
}

/* ---- the rows of an endpoint ---- */

const struct rwe_endpoint *timedep_endpoint(const struct timedep_part *part)
{
    return &part->run.cohort->endpoint[0];
}

const char *timedep_label(const struct timedep_part *part)
{
    const char *name = timedep_endpoint(part)->name;
    return part->caution.banner == NULL
               ? name
               : rwe_arena_format(part->run.arena, rwe_text("%s (caution)"), name);
}

static enum rwe_status add_covariate(const struct rwe_run *run, struct rwe_cohort *rows,
                                     const char *name, const double value[],
                                     struct rwe_error *error)
{
    size_t n = rows->n_covariates;
    struct rwe_variable *covariate = RWE_NEW(run->arena, struct rwe_variable, n + 1);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    memcpy(covariate, rows->covariate, n * sizeof *covariate);
    covariate[n] = (struct rwe_variable){.name = name, .binary = true, .number = value};
    rows->covariate = covariate;
    rows->n_covariates = n + 1;
    rows->n_late = 0; /* those known at the landmark are no covariates here */
    return RWE_OK;
}

/* Who did not respond, or not evaluably, did not respond: as response rates count them. */
static enum rwe_status add_response(const struct rwe_run *run, struct rwe_cohort *rows,
                                    struct rwe_error *error)
{
    double *responded = RWE_NEW(run->arena, double, rows->n);
    for (size_t k = 0; responded != NULL && k < rows->n; k++)
        responded[k] = rows->response[k] == RWE_RESPONSE_CR || rows->response[k] == RWE_RESPONSE_PR;
    return add_covariate(run, rows, "response", responded, error);
}

static enum rwe_status add_closed(const struct rwe_run *run, struct rwe_cohort *rows,
                                  const uint8_t closed[], struct rwe_error *error)
{
    const char *name =
        run->cohort->closure == RWE_CLOSURE_PROGRESSION ? "progression" : run->cohort->closed_by;
    double *value = RWE_NEW(run->arena, double, rows->n);
    for (size_t k = 0; value != NULL && k < rows->n; k++)
        value[k] = closed[k];
    return add_covariate(run, rows, name, value, error);
}

struct rwe_design timedep_design(void)
{
    return (struct rwe_design){
        .name = "timedep",
        .label = rwe_text("Time-dependent exposure"),
        .kind = RWE_DESIGN_STATES,
        .contrast = RWE_CONTRAST_STATES,
        .words = {.heading = rwe_text("Exposure as a state"),
                  .compared = rwe_text("hazard while exposed against not, or not yet"),
                  .strategies = rwe_text("exposed against not, or not yet: a state, no strategy"),
                  .variable = rwe_text("time to %s, its hazard"),
                  .intercurrent = rwe_text("exposure changes the state; it has no other part"),
                  .summary = rwe_text("hazard ratio given covariates"),
                  .method = rwe_text("Cox model with time-dependent exposure")},
    };
}

static enum rwe_status cut_rows(const struct rwe_run *run, size_t e, bool closing,
                                struct timedep_part *part, struct rwe_error *error)
{
    return closing ? rwe_cohort_timedep_closing(run->cohort, e, run->arena, &part->cut, error)
                   : rwe_cohort_timedep(run->cohort, e, run->arena, &part->cut, error);
}

enum rwe_status timedep_cut(const struct rwe_run *run, size_t e, bool closing,
                            struct timedep_part *part, struct rwe_error *error)
{
    struct rwe_cohort *rows = RWE_NEW(run->arena, struct rwe_cohort, 1);
    enum rwe_status status =
        rows == NULL ? rwe_fail_memory(error) : cut_rows(run, e, closing, part, error);
    if (status != RWE_OK)
        return status;
    *rows = *part->cut.rows;
    if (timedep_settings_of(run)->response)
        status = add_response(run, rows, error);
    if (status == RWE_OK && closing)
        status = add_closed(run, rows, part->cut.closed, error);
    bool exact = cox_settings_of(run->settings)->ties == RWE_COX_EXACT;
    if (exact && run->cohort->cluster == NULL)
        rows->cluster = NULL; /* there is no robust error, and a subject has one event at most */
    part->e = e;
    part->weighted = NULL;
    part->run = *run;
    part->run.cohort = rows;
    part->run.balance = NULL;
    part->run.propensity = NULL;
    part->run.n_designs = part->run.n_populations = 1;
    part->run.design[0] = timedep_design();
    part->caution = rwe_run_caution(run, &part->run.design[0], &run->cohort->endpoint[e]);
    return status == RWE_OK ? rwe_design_complete(rows, &part->run.design[0], run->arena, error)
                            : status;
}
