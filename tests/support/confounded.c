/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "confounded.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

/* About a third is treated; ability of the score to tell the arms apart (c-statistic): 0.70. */
static const double choice[CONFOUNDED_COVARIATES] = {0.5, -0.4, 0.3, 0.6}, INTERCEPT = -1.1;
static const double outcome[CONFOUNDED_COVARIATES] = {-0.6, 0.3, -0.3, -0.5};
static const double SHARE = 0.4; /* of x4 = 1 */
static const double NOISE = 0.8; /* standard deviation of e */
#define CONTROL_HAZARD (M_LN2 / 12)

/* The grid of L, and the points of the integral over the standardised score. */
enum { GRID = 3001, POINTS = 401 };
#define REACH 9.0

struct confounded_law {
    double minus_log[GRID]; /* −log(1 − F) at −REACH … REACH */
};

static double tilt(enum rwe_weight_kind target, double logit)
{
    double p = 1 / (1 + exp(-logit));
    return target == RWE_WEIGHT_ATT ? p : target == RWE_WEIGHT_OVERLAP ? p * (1 - p) : 1;
}

/* The normal covariates' part of the score and of L. */
struct moments {
    double score_sd, slope, sd; /* L given the standardised score u: slope u + sd N(0, 1) */
};

static struct moments moments_of(void)
{
    double aa = 0, ab = 0, bb = 0;
    for (int j = 0; j < 3; j++) {
        aa += choice[j] * choice[j];
        ab += choice[j] * outcome[j];
        bb += outcome[j] * outcome[j];
    }
    return (struct moments){sqrt(aa), ab / sqrt(aa), sqrt(bb - ab * ab / aa + NOISE * NOISE)};
}

/* P(L > value) in the target population: the trapezoidal rule is exact to rounding for what falls off
 * like a normal density at both ends. */
static double upper_tail(enum rwe_weight_kind target, const struct moments *m, double value)
{
    double above = 0, all = 0;
    for (int level = 0; level < 2; level++)
        for (int k = 0; k < POINTS; k++) {
            double u = REACH * (2.0 * k / (POINTS - 1) - 1);
            double mass = (level ? SHARE : 1 - SHARE) * gsl_ran_ugaussian_pdf(u) *
                          tilt(target, INTERCEPT + choice[3] * level + m->score_sd * u);
            double left = value - outcome[3] * level - m->slope * u;
            above += mass * gsl_cdf_ugaussian_Q(left / m->sd);
            all += mass;
        }
    return above / all;
}

const struct confounded_law *confounded_law_new(enum rwe_weight_kind target,
                                                struct rwe_arena *arena)
{
    struct confounded_law *law = rwe_arena_alloc(arena, 1, sizeof *law);
    if (law == NULL)
        return NULL;
    struct moments m = moments_of();
    for (int g = 0; g < GRID; g++)
        law->minus_log[g] = -log(upper_tail(target, &m, REACH * (2.0 * g / (GRID - 1) - 1)));
    return law;
}

static double standard_time(const struct confounded_law *law, double value)
{
    double place = (value / REACH + 1) / 2 * (GRID - 1);
    size_t g = (size_t)fmin(fmax(place, 0), GRID - 2);
    double part = place - (double)g;
    return fmax((1 - part) * law->minus_log[g] + part * law->minus_log[g + 1], 1e-12);
}

double confounded_hazard(const struct confounded *cohort, uint32_t arm)
{
    return CONTROL_HAZARD * (arm == 1 ? cohort->hazard_ratio : 1);
}

enum rwe_status confounded_draw(const struct confounded *cohort, const struct confounded_law *law,
                                gsl_rng *rng, struct rwe_arena *arena, struct cohort *drawn,
                                struct rwe_survival_data *data)
{
    size_t n = cohort->n;
    *drawn = cohort_new(arena, n, CONFOUNDED_COVARIATES);
    drawn->group = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        double logit = INTERCEPT, value = NOISE * gsl_ran_ugaussian(rng);
        for (int j = 0; j < CONFOUNDED_COVARIATES; j++) {
            double x = j < 3 ? gsl_ran_ugaussian(rng) : gsl_rng_uniform(rng) < SHARE;
            drawn->x[(size_t)j * n + i] = x;
            logit += choice[j] * x;
            value += outcome[j] * x;
        }
        drawn->group[i] = gsl_rng_uniform(rng) < 1 / (1 + exp(-logit));
        double death = standard_time(law, value) / confounded_hazard(cohort, drawn->group[i]);
        double censoring = gsl_ran_exponential(rng, 7 / (3 * CONTROL_HAZARD));
        drawn->time[i] = fmin(death, censoring);
        drawn->event[i] = death <= censoring;
    }
    *data = cohort_sort(drawn, arena);
    return RWE_OK;
}
