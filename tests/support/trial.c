/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial.h"

#include "cohort.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#define CONTROL_HAZARD (M_LN2 / 12)

double trial_hazard(const struct trial *trial, uint32_t arm)
{
    return CONTROL_HAZARD * (arm == 1 ? trial->hazard_ratio : 1);
}

/* c / (c + λ) = 30% with λ between the two arms' hazards. */
double trial_censoring(const struct trial *trial)
{
    return (trial_hazard(trial, 0) + trial_hazard(trial, 1)) / 2 * 3 / 7;
}

static double coarsen(double time, double grain)
{
    return grain > 0 ? grain * ceil(time / grain) : time;
}

/* The k-th patient of each arm share a normal deviate; −log Φ(−z) is exponential whatever is shared,
 * so the arms' hazards stay proportional. */
static void draw_pair(const struct trial *trial, gsl_rng *rng, struct cohort *cohort, size_t k)
{
    double shared = gsl_ran_ugaussian(rng);
    for (uint32_t arm = 0; arm < 2; arm++) {
        size_t i = 2 * k + arm;
        double own = gsl_ran_ugaussian(rng);
        double z = sqrt(trial->correlation) * shared + sqrt(1 - trial->correlation) * own;
        double failure = -log(gsl_cdf_ugaussian_Q(z)) / trial_hazard(trial, arm);
        double censoring = gsl_ran_exponential(rng, 1 / trial_censoring(trial));
        cohort->time[i] = coarsen(fmin(failure, censoring), trial->grain);
        cohort->event[i] = failure <= censoring;
        cohort->group[i] = arm;
        cohort->cluster[i] = cohort->stratum[i] = (uint32_t)k;
        cohort->x[i] = arm;
    }
}

enum rwe_status trial_draw(const struct trial *trial, gsl_rng *rng, struct rwe_arena *arena,
                           struct rwe_survival_data *data, const double **treated)
{
    size_t n = 2 * trial->n_pairs;
    struct cohort cohort = cohort_new(arena, n, 1);
    cohort.group = RWE_NEW(arena, uint32_t, n);
    cohort.cluster = RWE_NEW(arena, uint32_t, n);
    cohort.stratum = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < trial->n_pairs; k++)
        draw_pair(trial, rng, &cohort, k);
    *data = cohort_sort(&cohort, arena);
    *treated = cohort.x;
    return RWE_OK;
}
