/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of --psm: the design (psm.c), who is matched with whom (psm_match.c), exact strata
 * (psm_exact.c), what is told (psm_present.c, psm_left_out.c). See psm.md. */
#ifndef ANALYSIS_PSM_H
#define ANALYSIS_PSM_H

#include "rwe/analysis/propensity.h"
#include "rwe/stats/match.h"

/** In the order of the flag's choices. */
enum psm_method { PSM_NEAREST, PSM_OPTIMAL, PSM_FULL };

/** In the order of the choices of --distance. */
enum psm_distance { PSM_LOGIT, PSM_PS, PSM_MAHALANOBIS, PSM_ROBUST_MAHALANOBIS };

struct psm {
    enum psm_method method;
    enum psm_distance distance;
    enum rwe_match_estimand estimand;
    size_t
        ratio; /**< partners of a subject of the focal arm, at most; full matching has no limit */
    bool replace;
    const char *exact_names; /**< "stage, sex"; NULL: none */

    /* by row of the propensity model */
    const struct rwe_propensity *ps;
    uint8_t focal_arm;     /**< whose subjects look for partners: 1 treated, 0 control */
    const uint8_t *focal;  /**< whether the row is of that arm */
    const double *score;   /**< what the caliper looks at: logit or probability */
    const uint32_t *exact; /**< stratum; NULL: none */
    double caliper;        /**< on the score */
    struct rwe_match match;
    const double *weight; /**< sum over the rows of the match, 0: unmatched */

    const double *row_weight; /**< by row of the match */
    bool is_weighted;         /**< not all weights are 1 */
    bool is_paired;           /**< 1:1 without replacement */
    struct rwe_design design; /**< as it was added to the run */
};

/** Reads the options and refuses those that contradict each other. RWE_USAGE or RWE_OK. */
enum rwe_status psm_ask(const struct rwe_run *run, struct psm *psm, struct rwe_error *error);

/** Matches and weighs; psm->ps is there. No pair at all is RWE_BAD_INPUT. */
enum rwe_status psm_match(const struct rwe_run *run, struct psm *psm, struct rwe_error *error);

/** Strata of equal values of the covariates named by --exact; outside common support, where that is
 * asked for, each subject is one. */
enum rwe_status psm_exact(const struct rwe_run *run, struct psm *psm, struct rwe_error *error);

/** The matching, its weights, and who is left out. */
enum rwe_status psm_present(struct rwe_run *run, const struct psm *psm, struct rwe_error *error);

/** Who of the focal arm has a partner and who has none, by covariate; nothing where all have. */
enum rwe_status psm_present_left_out(struct rwe_run *run, const struct psm *psm,
                                     struct rwe_error *error);

/** Whether the effect is looked for in that row of the model: of the focal arm, or of either. */
bool psm_is_asked_about(const struct psm *psm, size_t row);

/** Subjects of an arm that are matched, each once. */
size_t psm_n_matched(const struct psm *psm, uint8_t arm);

/** Subjects of an arm in the propensity model. */
size_t psm_n_arm(const struct psm *psm, uint8_t arm);

#endif
