/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes and shapes are chosen so that the cohort looks like the trials and series of this disease
 * (RATIONALE-309, JUPITER-02, CAPTAIN-1st for GP + PD-1); tests/oracle/simulate_model.R is the
 * same model in R, and test_simulate.c compares the two.
 */
#include "simulate_private.h"

#include "rwe/base/rng.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#define ACCRUAL_DAYS 1460
#define YEAR_2022 (SIMULATE_FIRST_INDEX_DAY + 549)
#define YEAR_2023 (SIMULATE_FIRST_INDEX_DAY + 914)

/* Two and three days: nobody has an event or leaves on the day of the first infusion. */
#define LEAST_PROGRESSION 0.07
#define LEAST_FOLLOW_UP 0.10

#define FIRST_SCAN 2.4 /* months: the first scan is not later */

/* When radiotherapy begins where it is planned: log-normal, median 4.3 months, and within bounds. */
#define START_LOG_MEAN log(4.3)
#define START_LOG_SD 0.33
#define START_LATEST 12.0

#define LONGEST 60.0 /* months, from the first day of accrual to the data cut-off */

/* So often a patient is drawn again before a strategy counts as one that nobody can follow. */
#define ATTEMPTS 100000

static double expit(double x)
{
    return 1 / (1 + exp(-x));
}

static double clamp(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

static void draw_person(gsl_rng *r, struct rwe_simulated_patient *p)
{
    p->site = 1 + pick(r, (const int[]){55, 20, 15, 10});
    p->index_day = SIMULATE_FIRST_INDEX_DAY + (int)(gsl_ran_beta(r, 1.6, 1.2) * ACCRUAL_DAYS);
    p->age = (int)rint(clamp(49 + gsl_ran_gaussian(r, 10.5), 19, 79));
    p->male = happens(r, 0.78);
    p->smoker = happens(r, p->male ? 0.46 : 0.05);
    p->kps = 60 + 10 * pick(r, (const int[]){3, 9, 33, 48, 7});
}

static void draw_disease(gsl_rng *r, struct rwe_simulated_patient *p)
{
    p->t_stage = 1 + pick(r, (const int[]){10, 20, 42, 28});
    p->n_stage = pick(r, (const int[]){6, 22, 42, 30});
    p->dfi = fmin(6 + gsl_ran_lognormal(r, log(15), 0.80), 180);
    bool detectable = happens(r, 0.82);
    double log10_ebv = clamp(3.45 + gsl_ran_gaussian(r, 0.95), 1.7, 6.8);
    p->ebv_dna = detectable ? rint(pow(10, log10_ebv)) : 0;

    double size = 0.75, mean = 6;
    unsigned beyond_one = gsl_ran_negative_binomial(r, size / (size + mean), size);
    p->n_lung_mets = beyond_one < 59 ? 1 + (int)beyond_one : 60;
    p->oligo = p->n_lung_mets <= 5;
    bool many = !p->oligo, high_ebv = p->ebv_dna >= 4000;
    p->max_lung_mm = clamp(gsl_ran_lognormal(r, log(18) + 0.06 * many, 0.45), 10, 95);
    double u = gsl_rng_uniform(r);
    p->bilateral = p->n_lung_mets > 1 && u < expit(-0.6 + 0.25 * fmin(p->n_lung_mets, 10));
    p->pleural = happens(r, expit(-2.2 + 0.8 * many));
    p->mediastinal = happens(r, 0.30);
    p->liver = happens(r, expit(-2.2 + 0.7 * many + 0.5 * high_ebv));
    p->bone = happens(r, expit(-2.0 + 0.5 * many + 0.4 * high_ebv));
    p->ldh = gsl_ran_lognormal(r, log(190) + 0.20 * high_ebv + 0.15 * p->liver, 0.28);
    p->nlr = gsl_ran_lognormal(r, log(2.9) + 0.15 * many, 0.48);
    p->alb = 42.5 - 1.5 * (p->kps < 80) + gsl_ran_gaussian(r, 4);
}

/*
 * Some charts are thin: of patients referred from elsewhere, and of earlier years, where more of
 * everything is missing (missing at random given site and year); a little is missing anywhere.
 * Items missing in the same charts leave about 78% of patients with every baseline covariate.
 */
static void draw_missing(gsl_rng *r, struct rwe_simulated_patient *p)
{
    static const struct {
        double full, thin; /* chance that the item is not in a chart of that kind */
    } lacks[CHART_ITEMS] = {
        [CHART_SMOKING] = {0.020, 0.30}, [CHART_KPS] = {0.010, 0.15},
        [CHART_STAGE] = {0.010, 0.30},   [CHART_LUNG] = {0.010, 0.30},
        [CHART_CHEST] = {0.005, 0.10},   [CHART_DISTANT] = {0.000, 0.10},
        [CHART_EBV] = {0.030, 0.50},     [CHART_BLOOD] = {0.010, 0.15},
        [CHART_RESPONSE] = {0.05, 0.25},
    };
    bool thin = happens(r, 0.10 + 0.08 * (p->site != 1) + 0.08 * (p->index_day < YEAR_2022));
    for (int item = 0; item < CHART_ITEMS; item++)
        if (happens(r, thin ? lacks[item].thin : lacks[item].full))
            p->missing |= 1u << item;
}

/* Log hazard ratio of progression, against a 49-year-old with none of these. */
static double prognosis(const struct rwe_simulated_patient *p)
{
    return 0.06 * (p->age - 49) / 10 + 0.45 * (p->kps < 80) + 0.35 * (p->ebv_dna >= 4000) -
           0.45 * p->oligo + 0.40 * p->liver + 0.25 * p->bone + 0.30 * (p->dfi <= 12) +
           0.30 * (p->ldh > 250) + 0.15 * (p->nlr > 3) + 0.25 * p->pleural;
}

/* Log odds that radiotherapy is planned: those who do well, at sites that believe in it. */
static double indication(const struct rwe_simulated_patient *p)
{
    static const double site[] = {0.2, -0.3, 0.1, -0.4};
    return -0.70 + 0.9 * p->oligo - 0.8 * p->liver - 0.5 * p->bone + 0.5 * (p->kps >= 90) -
           0.35 * (p->ebv_dna >= 4000) + 0.5 * p->responder + 0.35 * (p->index_day >= YEAR_2023) +
           site[p->site - 1];
}

/*
 * When progression happens. Hazard a h t^(a-1) with a = 1.30, times `hr` once t > rt. It comes
 * where the cumulative hazard reaches a standard exponential e (Bender, Augustin & Blettner, Stat
 * Med 2005;24:1713): h t^a before rt, and h rt^a + hr h (t^a - rt^a) after it.
 */
static double progression_time(double e, double log_hr, double rt, double hr)
{
    const double a = 1.30;
    double h = log(2) / pow(11.8, a) * exp(0.10 + log_hr);
    double untreated = pow(e / h, 1 / a);
    if (untreated <= rt)
        return untreated;
    double at_rt = pow(rt, a);
    return pow(at_rt + (e - h * at_rt) / (hr * h), 1 / a);
}

/* Every 2 months in the first year, then every 3, give or take 0.4. */
static void draw_scans(gsl_rng *r, double scan[SIMULATE_SCANS])
{
    double planned = 2;
    for (int k = 0; k < SIMULATE_SCANS; k++) {
        scan[k] = planned + gsl_ran_flat(r, -0.4, 0.4);
        planned += planned < 12 ? 2 : 3;
    }
}

/* When the progression is known: by the next scan. Who dies before that scan had symptoms: his
 * progression is known when it happens. */
static double seen_at(const double scan[SIMULATE_SCANS], double progression, double death)
{
    for (int k = 0; k < SIMULATE_SCANS && scan[k] <= death; k++)
        if (scan[k] >= progression)
            return scan[k];
    return progression;
}

static double months_to_cutoff(const struct rwe_simulated_patient *p)
{
    return (SIMULATE_CUTOFF_DAY - p->index_day) / SIMULATE_DAYS_PER_MONTH;
}

/* What chance has for a patient, whatever is done to him. */
struct fates {
    double progression; /* the cumulative hazard at which it comes: standard exponential */
    double death_first; /* months from time zero, were he not to progress */
    double survival;    /* months from progression, not irradiated */
    double lost;        /* months from time zero */
};

/* What would be seen of a patient who is followed for ever; months, INFINITY for never. */
struct course {
    double rt;          /* radiotherapy, if nothing comes before it */
    double progression; /* when it is seen */
    double death;
    double last_seen; /* lost to follow-up, or the data cut-off */
};

static double draw_start(gsl_rng *r, const struct rwe_simulated_patient *p)
{
    double candidate = clamp(gsl_ran_lognormal(r, START_LOG_MEAN, START_LOG_SD),
                             RWE_SIMULATED_START_EARLIEST, START_LATEST);
    return happens(r, expit(indication(p))) ? candidate : INFINITY;
}

/* The start of somebody who has begun by then: the law of all starts, cut there. */
static double draw_start_by(gsl_rng *r, double by)
{
    double share = by < START_LATEST ? gsl_cdf_lognormal_P(by, START_LOG_MEAN, START_LOG_SD) : 1;
    double u = share * gsl_rng_uniform_pos(r);
    return clamp(gsl_cdf_lognormal_Pinv(u, START_LOG_MEAN, START_LOG_SD),
                 RWE_SIMULATED_START_EARLIEST, fmin(by, START_LATEST));
}

/* The start of somebody who has not begun by then: drawn until it is so. */
static double draw_start_after(gsl_rng *r, const struct rwe_simulated_patient *p, double after)
{
    double start = draw_start(r, p);
    while (start <= after)
        start = draw_start(r, p);
    return start;
}

static struct fates draw_fates(gsl_rng *r, const struct rwe_simulated_patient *p,
                               double scan[SIMULATE_SCANS])
{
    double lp = prognosis(p), age = (p->age - 49) / 10.0;
    struct fates fates = {.progression = gsl_ran_exponential(r, 1)};
    fates.death_first = gsl_ran_exponential(r, 1 / (0.0022 * exp(0.6 * lp + 0.25 * age)));
    fates.survival = gsl_ran_exponential(r, 24 / log(2) * exp(-0.7 * lp));
    fates.lost = gsl_ran_exponential(r, 1 / 0.0045);
    draw_scans(r, scan);
    return fates;
}

/* What becomes of a patient with these fates and scans whose radiotherapy begins at `rt`. */
static struct course follow(const struct rwe_simulation_options *options,
                            const struct rwe_simulated_patient *p, const struct fates *fates,
                            const double scan[SIMULATE_SCANS], double rt)
{
    double progression = progression_time(fates->progression, prognosis(p) - 0.25 * p->responder,
                                          rt, options->hr_progression);
    double survival = fates->survival;
    if (rt < progression)
        survival /= options->hr_death;
    bool progresses = progression < fates->death_first;
    double death = progresses ? progression + survival : fates->death_first;
    return (struct course){
        .rt = rt,
        .progression = progresses ? seen_at(scan, progression, death) : INFINITY,
        .death = death,
        .last_seen = fmin(fates->lost, months_to_cutoff(p)),
    };
}

/* Followed beyond `time`, with neither progression nor death by then. */
static bool is_free_at(const struct course *course, double time)
{
    return fmin(fmin(course->progression, course->death), course->last_seen) > time;
}

/* He lives on as somebody like him who has begun by `grace` and is free of progression then: such
 * people are drawn until there is one. He is followed as long as himself. */
static bool live_on_begun(gsl_rng *r, const struct rwe_simulation_options *options,
                          const struct rwe_simulated_patient *p, struct course *course,
                          double scan[SIMULATE_SCANS])
{
    double last_seen = course->last_seen;
    for (int k = 0; k < ATTEMPTS; k++) {
        double rt = draw_start_by(r, options->grace);
        struct fates fates = draw_fates(r, p, scan);
        *course = follow(options, p, &fates, scan, rt);
        course->last_seen = last_seen;
        if (is_free_at(course, options->grace))
            return true;
    }
    return false;
}

/*
 * The course of patient `i` under the strategy. All draws of the natural course come from one stream,
 * in an order that no result changes, so that another effect of radiotherapy, or another strategy,
 * meets the same fates and the same scans; what a strategy draws anew comes from a stream of its own.
 * False where nobody can follow it.
 */
static bool draw_course(gsl_rng *r, const struct rwe_simulation_options *options, size_t i,
                        const struct rwe_simulated_patient *p, double scan[SIMULATE_SCANS],
                        struct course *course)
{
    struct rwe_rng rng;
    gsl_rng *anew = rwe_rng_start(&rng, options->seed, RWE_RNG_SIMULATE_STRATEGY, i);
    double rt = draw_start(r, p);
    struct fates fates = draw_fates(r, p, scan);
    if (options->strategy == RWE_STRATEGY_NEVER)
        rt = INFINITY;
    else if (options->strategy == RWE_STRATEGY_NONE && rt <= options->grace)
        rt = draw_start_after(anew, p, options->grace);
    *course = follow(options, p, &fates, scan, rt);
    bool departs = options->strategy == RWE_STRATEGY_BEGUN && rt > options->grace &&
                   is_free_at(course, options->grace);
    return !departs || live_on_begun(anew, options, p, course, scan);
}

/* What of it the study sees. Whether radiotherapy takes place is decided by what is known at the
 * time, so by the progression that was seen: else not even a time-dependent analysis would find the
 * truth. */
static void observe(const struct course *course, struct rwe_simulated_patient *p)
{
    double progression = fmax(course->progression, LEAST_PROGRESSION);
    double death = fmax(course->death, LEAST_FOLLOW_UP);
    double first_event = fmin(progression, death);
    double end = fmax(course->last_seen, LEAST_FOLLOW_UP);
    p->os = fmin(death, end);
    p->os_event = death <= end;
    p->pfs = fmin(first_event, end);
    p->pfs_event = first_event <= end;
    p->lost = !p->os_event && course->last_seen < months_to_cutoff(p);
    p->irradiated = course->rt < p->pfs;
    p->rt_start = p->irradiated ? course->rt : NAN;
    if (!p->responder)
        p->response = progression <= fmin(FIRST_SCAN, end) ? "PD" : "SD";
}

static bool draw_events(const struct rwe_simulation_options *options, size_t i,
                        struct rwe_simulated_patient *p, double scan[SIMULATE_SCANS])
{
    struct rwe_rng rng;
    gsl_rng *r = rwe_rng_start(&rng, options->seed, RWE_RNG_SIMULATE_EVENTS, i);
    p->responder = happens(r, expit(1.45 - 0.8 * prognosis(p)));
    p->response = happens(r, 0.20) ? "CR" : "PR";
    struct course course;
    bool can_be = draw_course(r, options, i, p, scan, &course);
    observe(&course, p);
    return can_be;
}

void simulate_scans(const struct rwe_simulation *simulation, size_t i, double scan[SIMULATE_SCANS])
{
    struct rwe_simulated_patient again = simulation->patient[i];
    draw_events(&simulation->options, i, &again, scan);
}

struct rwe_simulation_options rwe_simulation_options_default(void)
{
    return (struct rwe_simulation_options){
        .n = 600, .seed = 20250731, .hr_progression = 0.70, .hr_death = 0.90};
}

static enum rwe_status check(const struct rwe_simulation_options *options, struct rwe_error *error)
{
    if (options->n == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a cohort of 0 patients cannot be simulated: ask for at least 1");
    const double hr[] = {options->hr_progression, options->hr_death};
    for (int i = 0; i < 2; i++)
        if (!(hr[i] > 0) || !isfinite(hr[i]))
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "the hazard ratio of radiotherapy is %g: it must be a positive number "
                            "(1 for no effect)",
                            hr[i]);
    bool by_time =
        options->strategy == RWE_STRATEGY_BEGUN || options->strategy == RWE_STRATEGY_NONE;
    if (by_time && !(options->grace >= RWE_SIMULATED_START_EARLIEST && options->grace <= LONGEST))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "the strategy looks at who has begun radiotherapy by %g months: it must be "
                        "from %g, before which nobody begins, to %g",
                        options->grace, RWE_SIMULATED_START_EARLIEST, LONGEST);
    return RWE_OK;
}

enum rwe_status rwe_simulate_cohort(const struct rwe_simulation_options *options,
                                    struct rwe_arena *arena, struct rwe_simulation **simulation,
                                    struct rwe_error *error)
{
    enum rwe_status status = check(options, error);
    if (status != RWE_OK)
        return status;
    struct rwe_simulation *s = RWE_NEW(arena, struct rwe_simulation, 1);
    struct rwe_simulated_patient *patient =
        RWE_NEW(arena, struct rwe_simulated_patient, options->n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < options->n; i++) {
        struct rwe_rng rng;
        gsl_rng *r = rwe_rng_start(&rng, options->seed, RWE_RNG_SIMULATE_PATIENTS, i);
        draw_person(r, &patient[i]);
        draw_disease(r, &patient[i]);
        draw_missing(r, &patient[i]);
        double scan[SIMULATE_SCANS];
        if (!draw_events(options, i, &patient[i], scan))
            return rwe_fail(
                error, RWE_USAGE, i,
                "of %d like patient %zu who have begun radiotherapy by %g months nobody "
                "is free of progression then, so nobody can follow the strategy: say "
                "an earlier time, or a weaker effect",
                ATTEMPTS, i + 1, options->grace);
    }
    *s = (struct rwe_simulation){.options = *options, .patient = patient};
    *simulation = s;
    return RWE_OK;
}
