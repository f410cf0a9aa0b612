/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much immortal time there is, and how much is too much. See immortal.md. */
#include "rwe/analysis/immortal.h"

#include "rwe/base/language.h"
#include "rwe/data/found_exposure.h"

#include <math.h>

const char rwe_immortal_banner[] = N_("Biased reference: not for inference");
static const char some_immortal_time[] = N_("Caution: some immortal time");

/* Percent of the time at risk: from here on a caution, and no reference for inference. */
static const double CAUTION = 1, BIASED = 5;

/* ---- how much ---- */

/* Who begins after time zero, by arm: as a share of the arm. */
static double late_share(const struct rwe_cohort *cohort, const double start[], size_t arm)
{
    size_t n_late = 0;
    for (size_t i = 0; i < cohort->n; i++)
        n_late += cohort->arm[i] == arm && start[i] > 0;
    return cohort->arm_size[arm] == 0 ? 0 : (double)n_late / (double)cohort->arm_size[arm];
}

static double percent_of(const struct rwe_cohort *cohort, const double start[],
                         const struct rwe_endpoint *endpoint, size_t arm)
{
    double time = 0, immortal = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        double entry = cohort->entry == NULL ? 0 : cohort->entry[i];
        if (cohort->arm[i] != arm || !rwe_endpoint_has(endpoint, i))
            continue;
        time += endpoint->time[i] - entry;
        if (start[i] > 0) /* NaN: never */
            immortal += fmax(0, fmin(start[i], endpoint->time[i]) - entry);
    }
    return time > 0 ? 100 * immortal / time : 0;
}

/* A start was found that cannot be put on the clock of the times. */
static bool is_unknown(const struct rwe_cohort *cohort)
{
    return cohort->found != NULL && !cohort->found->is_declared && cohort->found->start == NULL;
}

struct rwe_immortal_share rwe_immortal_share_of(const struct rwe_cohort *cohort,
                                                const struct rwe_endpoint *endpoint)
{
    static const double nearly = 0.9;
    struct rwe_immortal_share share = {0, 0};
    const double *start = rwe_cohort_starts(cohort);
    double most = 0;
    if (start == NULL)
        return (struct rwe_immortal_share){0, is_unknown(cohort) ? (double)NAN : 0};
    for (size_t a = 0; a < cohort->n_arms; a++)
        most = fmax(most, late_share(cohort, start, a));
    for (size_t a = 0; a < cohort->n_arms && most > 0; a++) {
        if (late_share(cohort, start, a) < nearly * most)
            continue;
        double percent = percent_of(cohort, start, endpoint, a);
        if (percent > share.percent)
            share = (struct rwe_immortal_share){a, percent};
    }
    return share;
}

/* Of nobody's endpoint: whether anybody begins late at all. */
static enum rwe_immortal grade_of_starts(const struct rwe_cohort *cohort)
{
    const double *start = rwe_cohort_starts(cohort);
    for (size_t i = 0; start != NULL && i < cohort->n; i++)
        if (start[i] > 0)
            return RWE_IMMORTAL_BIASED;
    return is_unknown(cohort) ? RWE_IMMORTAL_CAUTION : RWE_IMMORTAL_NONE;
}

enum rwe_immortal rwe_immortal_grade(const struct rwe_cohort *cohort,
                                     const struct rwe_endpoint *endpoint)
{
    enum rwe_immortal worst = RWE_IMMORTAL_NONE;
    if (endpoint != NULL) {
        double percent = rwe_immortal_share_of(cohort, endpoint).percent;
        return isnan(percent)       ? RWE_IMMORTAL_CAUTION
               : percent > BIASED   ? RWE_IMMORTAL_BIASED
               : percent >= CAUTION ? RWE_IMMORTAL_CAUTION
               : percent > 0        ? RWE_IMMORTAL_NOTE
                                    : RWE_IMMORTAL_NONE;
    }
    if (cohort->n_endpoints == 0)
        return grade_of_starts(cohort);
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        enum rwe_immortal grade = rwe_immortal_grade(cohort, &cohort->endpoint[e]);
        worst = grade > worst ? grade : worst;
    }
    return worst;
}

const char *rwe_immortal_words(enum rwe_immortal grade)
{
    return grade == RWE_IMMORTAL_BIASED    ? rwe_text(rwe_immortal_banner)
           : grade == RWE_IMMORTAL_CAUTION ? rwe_text(some_immortal_time)
                                           : NULL;
}
