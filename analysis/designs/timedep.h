/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exposure that changes in time, an endpoint at a time: what its models, tests and curves share. See timedep.md. */
#ifndef ANALYSIS_TIMEDEP_H
#define ANALYSIS_TIMEDEP_H

#include "ccw_models.h"
#include "rwe/analysis/caution.h"
#include "rwe/data/timedep.h"

struct timedep_settings {
    bool response; /* is a covariate of the models */
    bool weights;  /* a marginal structural model too */
    double step;   /* of its weights */
    double curves_from;
};

extern const struct rwe_options timedep_options;
const struct timedep_settings *timedep_settings_of(const struct rwe_run *run);

/* An endpoint in rows of time. */
struct timedep_part {
    size_t e; /* of the cohort that it came from */
    struct rwe_timedep cut;
    struct rwe_caution caution;              /* of exposure as a state, for this endpoint */
    const struct timedep_weighted *weighted; /* the same in weighted rows; NULL: none */
    /* The rows as a run of their own: their cohort, with one endpoint, and the one population "timedep". It shares
     * document, estimates and arena with the run that it came from. */
    struct rwe_run run;
};

const struct rwe_endpoint *timedep_endpoint(const struct timedep_part *part);

/* The population of states. Each endpoint cuts its own rows, on which only this analysis runs: what others would make
 * of them are no curves or shares of arms. */
struct rwe_design timedep_design(void);

/* Cuts the rows of endpoint `e`, with response as a covariate where it is asked for. `closing`: also where exposure
 * closes, and whether it has is the last covariate. */
enum rwe_status timedep_cut(const struct rwe_run *run, size_t e, bool closing,
                            struct timedep_part *part, struct rwe_error *error);

/* The endpoint's name for the label of a row, marked where its rows are cautioned. In the run's arena. */
const char *timedep_label(const struct timedep_part *part);

/* ---- a marginal structural model (timedep_weighted.c) ---- */

/* An endpoint in rows with stabilised weights. */
struct timedep_weighted {
    bool is_made;                 /* false where weights could not help */
    struct rwe_cohort cohort;     /* the run's, with the one endpoint */
    struct ccw_endpoint exposure; /* the hazard of its start given covariates */
    struct rwe_timedep_rows rows;
    struct rwe_design design; /* the population "timedep", weighted */
};

/* What the designs leave for the run. */
struct timedep {
    const struct timedep *data; /* of a replicate: that of the data, where fits begin */
    struct ccw_columns columns; /* of the models of exposure */
    struct timedep_weighted
        *weighted; /* as cohort->endpoint; NULL: --timedep-weights was not said */
};

/* Fits the hazards of exposure and weighs, where --timedep-weights asks for it. */
enum rwe_status timedep_weigh(struct rwe_run *run, struct timedep *timedep,
                              struct rwe_error *error);

/* Tells the weights and their models; warns where weights cannot help. */
void timedep_present_weights(struct rwe_run *run, const struct timedep *timedep);

/* ---- hazard ratios and curves ---- */

/* All models of all endpoints; of a replicate the ratios alone. */
enum rwe_status timedep_run_models(struct rwe_run *run, struct timedep_part part[],
                                   struct rwe_error *error);

/* Simon and Makuch's curves of an endpoint. */
enum rwe_status timedep_present_curves(struct timedep_part *part, struct rwe_error *error);

#endif
