/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What charts say of an adverse event besides its grade: how long, put down to what, what was done,
 * what became of it. From a stream of its own, so that episodes stay what they were without.
 *
 * Chances are assumptions. They are set so that treatment is stopped for an adverse event in some 7%
 * of patients without and 8% with radiotherapy (trials of GP + PD-1: 7.5 to 11.6%), immune-related events of grade 3
 * and more are treated with steroids nearly always, and a pneumonitis after radiotherapy is in a part
 * put down to both treatments.
 */
#include "simulate_private.h"

#include "rwe/base/rng.h"

#include <gsl/gsl_randist.h>
#include <math.h>

/* By family: months it lasts on average; chance of no end; of steroids at grade 2 and at 3 and more; of
 * stopping, delaying and reducing treatment at grade 3 and more. At grade 2 treatment is delayed half
 * as often, never reduced. */
static const struct habit {
    double lasts, stays, steroid2, steroid3, stops, delays, reduces;
    bool chemo; /* put down to chemotherapy */
} habits[] = {
    [TOXICITY_BLOOD] = {0.5, 0.02, 0, 0, 0.022, 0.30, 0.12, true},
    [TOXICITY_CHEMO] = {0.6, 0.02, 0, 0, 0.02, 0.25, 0.15, true},
    [TOXICITY_LATE] = {6.0, 0.40, 0, 0, 0.20, 0.10, 0.40, true},
    [TOXICITY_CHEST] = {1.2, 0.05, 0.05, 0.10, 0.10, 0.35, 0, false},
    [TOXICITY_IMMUNE] = {2.0, 0.15, 0.50, 0.95, 0.60, 0.30, 0, false},
    [TOXICITY_LUNG] = {2.5, 0.15, 0.60, 0.95, 0.55, 0.35, 0, false},
    [TOXICITY_SKIN] = {1.5, 0.08, 0.15, 0.70, 0.15, 0.40, 0, false},
    [TOXICITY_ENDOCRINE] = {8.0, 0.60, 0, 0.10, 0.05, 0.20, 0, false},
};

static int day_of(const struct rwe_simulated_patient *p, double months)
{
    return p->index_day + (int)floor(months * SIMULATE_DAYS_PER_MONTH);
}

/* 2 or 3. */
static int likely(gsl_rng *r)
{
    return 2 + happens(r, 0.3);
}

/* Chemotherapy is given for the first months, the antibody beside and after it; what has another
 * sure cause may be put down to them too. */
static void draw_relations(gsl_rng *r, const struct episode *e,
                           const struct rwe_simulated_patient *p, struct episode_course *course)
{
    enum toxicity_family family = toxicity_family(e->term);
    bool after_rt = p->irradiated && e->start > p->rt_start;
    int by_chemo = likely(r), by_pd1 = likely(r), by_rt = likely(r);
    bool other = happens(r, family == TOXICITY_LUNG ? 0.4 : 0.15);
    course->rel_chemo = habits[family].chemo && !e->due_to_rt ? by_chemo : 0;
    course->rel_pd1 = e->immune ? by_pd1 : other;
    course->rel_rt = e->due_to_rt ? by_rt : after_rt && other && !habits[family].chemo;
}

static const char *draw_action(gsl_rng *r, const struct episode *e)
{
    const struct habit *habit = &habits[toxicity_family(e->term)];
    double u = gsl_rng_uniform(r);
    if (e->grade == 5)
        return "discontinue";
    if (e->grade == 2)
        return u < habit->delays / 2 ? "delay" : "none";
    if (e->grade < 2)
        return "none";
    return u < habit->stops                                    ? "discontinue"
           : u < habit->stops + habit->delays                  ? "delay"
           : u < habit->stops + habit->delays + habit->reduces ? "reduce"
                                                               : "none";
}

static bool draw_steroid(gsl_rng *r, const struct episode *e)
{
    const struct habit *habit = &habits[toxicity_family(e->term)];
    double u = gsl_rng_uniform(r);
    return e->grade >= 3 ? u < habit->steroid3 : e->grade == 2 && u < habit->steroid2;
}

/* It ends unless it stays, or is not over when he was last seen. */
static void draw_end(gsl_rng *r, const struct episode *e, const struct rwe_simulated_patient *p,
                     struct episode_course *course)
{
    static const char *const open[] = {"not recovered", "recovering", "sequelae"};
    const struct habit *habit = &habits[toxicity_family(e->term)];
    double end = e->start + gsl_ran_exponential(r, habit->lasts);
    bool stays = happens(r, habit->stays), unknown = happens(r, 0.03);
    const char *if_open = open[pick(r, (const int[]){50, 35, 15})];
    bool over = !stays && end < p->os;
    course->end = over ? day_of(p, end) : NO_DATE;
    course->outcome = unknown ? "unknown" : over ? "recovered" : if_open;
    if (e->grade == 5) {
        course->end = p->index_day + (int)ceil(p->os * SIMULATE_DAYS_PER_MONTH);
        course->outcome = "fatal";
    }
}

void toxicity_courses(const struct rwe_simulation *simulation, size_t i,
                      const struct episode episode[], int n, struct episode_course course[])
{
    const struct rwe_simulated_patient *p = &simulation->patient[i];
    struct rwe_rng rng;
    gsl_rng *r = rwe_rng_start(&rng, simulation->options.seed, RWE_RNG_SIMULATE_COURSES, i);
    for (int k = 0; k < n; k++) {
        course[k].start = day_of(p, episode[k].start);
        draw_relations(r, &episode[k], p, &course[k]);
        course[k].action = draw_action(r, &episode[k]);
        course[k].steroid = draw_steroid(r, &episode[k]);
        draw_end(r, &episode[k], p, &course[k]);
    }
}
