/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The best overall response of a patient from the responses at the assessments, with and without confirmation
 * (RECIST 1.1: Eisenhauer et al., Eur J Cancer 45:228, 2009, section 4.4 and table 3).
 *
 * Counted are assessments from time zero to `until`, up to and including the first progression. Of one day the worst
 * counts; an NE beside a response does not. The best is the first of this list that any of them is, dated by the first
 * that is it:
 *
 *   CR, PR          confirmed where that is asked for, see below
 *   SD              SD at least `sd_minimum` days after time zero; so also a CR or PR that is not confirmed
 *   NON-CR/NON-PD   likewise
 *   PD              PD or iCPD
 *   iUPD            progression that no iCPD confirmed
 *   NE              NE, and what came before the minimum of SD
 *   none (−1)       nothing was assessed
 *
 * A CR is confirmed by a CR, a PR by a CR or PR at least `confirm` days later; what lies between, and the confirming
 * assessment itself, may be CR or NE for a CR, and CR, PR or NE for a PR, with at most `most_ne` NE, at most one SD
 * for a PR where `accept_sd`, and no PR after a CR. An assessment that was not done counts as NE here (RECIST 1.1,
 * section 4.4.2). These are the rules of the R package admiralonco (derive_param_bor, derive_param_confirmed_bor).
 *
 * iRECIST (Seymour et al., Lancet Oncol 18:e143, 2017) is taken as it is coded: an iUPD ends nothing; an iCPD is the
 * progression, dated by the first iUPD of the run of iUPD and NE before it.
 */
#ifndef RWE_DATA_BEST_RESPONSE_H
#define RWE_DATA_BEST_RESPONSE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** In place of a day that there is none of. */
#define RWE_NO_DAY INT32_MIN

/** The assessments of a patient. */
struct rwe_assessments {
    size_t n;
    const int32_t *day; /**< ascending; several of one day are allowed */
    const int8_t
        *response;     /**< of each, enum rwe_response; −1: not told, as one that was not done */
    const double *sum; /**< of each the sum of the target lesions, NaN not told; NULL: of none */
    int32_t zero;      /**< time zero */
    int32_t until;     /**< the last day that counts */
    int32_t progression; /**< known otherwise, counts as an assessment with PD; or RWE_NO_DAY */
};

struct rwe_response_rules {
    double confirm;    /**< days */
    double sd_minimum; /**< days since time zero */
    double most_ne;    /**< between a response and what confirms it */
    bool accept_sd;    /**< one SD there, for a PR */
};

/** 28 days, 42 days, one NE, no SD. */
struct rwe_response_rules rwe_response_rules_default(void);

struct rwe_best {
    int8_t response; /**< enum rwe_response below RWE_N_RESPONSES; −1: none */
    int32_t day;     /**< of the assessment that is it; RWE_NO_DAY where there is none */
    int32_t first;   /**< of the first response (CR or PR) by this rule; RWE_NO_DAY: no responder */
};

struct rwe_best_response {
    struct rwe_best unconfirmed, confirmed;
    int32_t progression; /**< the first, of the list or known otherwise; RWE_NO_DAY */
    bool pr_after_cr;    /**< which RECIST calls PD: to be asked back */
    double
        change; /**< the smallest sum of target lesions, in percent more than the last one up to time zero: −30; NaN:
                            not measured */
};

/** The first progression in the list, the patient's row aside: PD, or iCPD dated by the first iUPD; RWE_NO_DAY. */
int32_t rwe_first_progression(const struct rwe_assessments *assessments);

/** RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_best_response_find(const struct rwe_assessments *assessments,
                                       const struct rwe_response_rules *rules,
                                       struct rwe_arena *arena, struct rwe_best_response *best);

#endif
