/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is said of arms that depend on what happened after time zero (design.h: naive), and of the populations that are
 * read instead. See immortal.md. */
#ifndef RWE_ANALYSIS_IMMORTAL_H
#define RWE_ANALYSIS_IMMORTAL_H

#include "rwe/analysis/analysis.h"

/** What stands over every comparison of such arms, marked for rwe_text: "Biased reference: not for inference". */
extern const char rwe_immortal_banner[];

/** Of the time at risk in an arm, how much lies before exposure. */
struct rwe_immortal_share {
    size_t
        arm; /**< the exposed one with the largest share: an arm of which nearly as many (nine tenths)
                         begin after time zero as of the arm of which most do */
    double
        percent; /**< 0 where nobody begins after time zero; NaN: not known, as where a date was found
                         that cannot be put on the clock of the times */
};
struct rwe_immortal_share rwe_immortal_share_of(const struct rwe_cohort *cohort,
                                                const struct rwe_endpoint *endpoint);

/** The grade of an endpoint; NULL: of the worst. Without endpoints whoever begins late makes it BIASED. */
enum rwe_immortal rwe_immortal_grade(const struct rwe_cohort *cohort,
                                     const struct rwe_endpoint *endpoint);

/** The words that stand over such arms; NULL where there are none: less than 1 % is a note. */
const char *rwe_immortal_words(enum rwe_immortal grade);

/** The banner of analyses that compare the arms: what the arms of the run must not be taken for, but for populations
 * of it that answer, each for which endpoints. NULL: none. */
const char *rwe_immortal_section_banner(const struct rwe_run *run);

#endif
