/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of --psm: the design (psm.c), who is matched with whom (psm_match.c), what is told
 * (psm_present.c). See psm.md. */
#ifndef ANALYSIS_PSM_H
#define ANALYSIS_PSM_H

#include "rwe/analysis/propensity.h"
#include "rwe/stats/match.h"

/** In the order of the flag's choices. */
enum psm_method { PSM_NEAREST, PSM_OPTIMAL, PSM_FULL };

/** In the order of the choices of --distance. */
enum psm_distance { PSM_LOGIT, PSM_PS, PSM_MAHALANOBIS, PSM_ROBUST_MAHALANOBIS };

struct psm_settings {
    int method;              /**< of enum psm_method; -1: not said, which is the first */
    double caliper;          /**< in standard deviations of the score */
    double caliper_absolute; /**< on the score; NaN: by `caliper` */
    enum rwe_match_order order;
    uint64_t ratio;
    bool replace;
    struct rwe_strings exact; /**< covariates */
    enum psm_distance distance;
    enum rwe_match_estimand estimand;
    const char *export_matched; /**< a file; NULL: none */
    struct {
        enum rwe_source method, order, ratio, replace;
    } source;
};

struct psm {
    const struct psm_settings *settings;
    enum psm_method method; /**< nearest where the flag does not say */
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

/** Matches and weighs; psm->ps is there. No pair at all is RWE_BAD_INPUT. */
enum rwe_status psm_match(const struct rwe_run *run, struct psm *psm, struct rwe_error *error);

/** The matching, its weights, and who is left out. */
enum rwe_status psm_present(struct rwe_run *run, const struct psm *psm, struct rwe_error *error);

/** Whether the effect is looked for in that row of the model: of the focal arm, or of either. */
bool psm_is_asked_about(const struct psm *psm, size_t row);

/** Subjects of an arm that are matched, each once. */
size_t psm_n_matched(const struct psm *psm, uint8_t arm);

/** Subjects of an arm in the propensity model. */
size_t psm_n_arm(const struct psm *psm, uint8_t arm);

#endif
