/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the parts of the simulator share, and its tests look into. */
#ifndef RWE_DATA_SIMULATE_PRIVATE_H
#define RWE_DATA_SIMULATE_PRIVATE_H

#include "rwe/simulator/simulate.h"

#include <gsl/gsl_rng.h>
#include <limits.h>

#define SIMULATE_DAYS_PER_MONTH 30.4375
#define SIMULATE_FIRST_INDEX_DAY 18444                        /* 2020-07-01 */
#define SIMULATE_CUTOFF_DAY (SIMULATE_FIRST_INDEX_DAY + 1825) /* 2025-06-30 */

static inline bool happens(gsl_rng *r, double probability)
{
    return gsl_rng_uniform(r) < probability;
}

/** Index of a level, with chances given in hundredths that add up to 100. */
static inline int pick(gsl_rng *r, const int percent[])
{
    double u = 100 * gsl_rng_uniform(r);
    int level = 0;
    int below = percent[0];
    while (u >= below)
        below += percent[++level]; // NOLINT(clang-analyzer-core.*): u < 100, where chances end
    return level;
}

/**
 * Items that are found in a chart, or not, together: who was staged elsewhere lacks T and N, who
 * has no radiology report lacks all that is in it.
 */
enum chart_item {
    CHART_SMOKING,
    CHART_KPS,
    CHART_STAGE,    /* t_stage, n_stage */
    CHART_LUNG,     /* n_lung_mets, oligo, max_lung_mm, lung_bilat */
    CHART_CHEST,    /* pleural, mediast_ln */
    CHART_DISTANT,  /* liver_met, bone_met */
    CHART_EBV,      /* ebv_dna, ebv_log10 */
    CHART_BLOOD,    /* ldh, nlr, alb */
    CHART_RESPONSE, /* resp_m3 */
    CHART_ITEMS
};

static inline bool chart_has(const struct rwe_simulated_patient *patient, enum chart_item item)
{
    return (patient->missing >> item & 1u) == 0;
}

/** Scans are planned every 2 months in the first year, then every 3 for six years. */
#define SIMULATE_SCANS 26

/** When patient number `i` would be scanned, were he never to progress or leave: months, ascending.
 * It replays the stream of his events, so no patient needs to keep them. */
void simulate_scans(const struct rwe_simulation *simulation, size_t i, double scan[SIMULATE_SCANS]);

#define NO_DATE INT_MIN

/** The dated part of a chart: days since 1970-01-01, NO_DATE for what never happened. */
struct chart {
    int diagnosis;
    int primary_rt_end;
    int metastasis;
    int rt_start;
    int rt_end;          /**< of what was delivered: it stops with the follow-up */
    int response;        /**< the evaluation that `response` of the patient tells */
    int progression;     /**< the day on which it is known */
    int last_assessment; /**< the last scan without progression */
    int new_therapy;
    int death;
    int last_contact;
    int scan[SIMULATE_SCANS]; /**< those he had, the one that shows progression too; ascending */
    int n_scans;
    bool seen_on_scan;     /**< progression was; otherwise by symptoms */
    bool lost;             /**< alive when last seen, before the data cut-off */
    const char *rt_site;   /**< what was in the field, parted by ';'; NULL without radiotherapy */
    const char *technique; /**< NULL where the chart does not say; so dose and fractions */
    double dose;           /**< Gy, delivered */
    int fractions;
    const char *progression_site; /**< NULL where there is none or the chart does not say */
};

void simulate_chart(const struct rwe_simulation *simulation, size_t i, struct chart *chart);

/** One episode of an adverse event. */
struct episode {
    int term; /**< index for toxicity_term and toxicity_soc */
    int grade;
    double start; /**< months, < os */
    bool serious;
    bool immune;
    bool due_to_rt; /**< the radiotherapy is its cause, and so it starts after it */
};

/** At most so many terms, and episodes of a term in a patient. */
#define TOXICITY_TERMS_MAX 40
#define TOXICITY_RECURRENCES_MAX 2
#define TOXICITY_EPISODES_MAX (TOXICITY_TERMS_MAX * (1 + TOXICITY_RECURRENCES_MAX))

/** Episodes of patient number `i` in order of start; returns how many. */
int toxicity_draw(const struct rwe_simulation *simulation, size_t i,
                  struct episode episode[TOXICITY_EPISODES_MAX]);

/** What a chart says of an episode besides: 0 no, 1 possible, 2 probable, 3 definite. */
struct episode_course {
    int start, end; /**< days since 1970-01-01; NO_DATE: not over when last seen */
    int rel_chemo, rel_pd1, rel_rt;
    const char *action; /**< "none", "delay", "reduce", "discontinue" */
    const char *outcome;
    bool steroid;
};

/** The courses of patient number `i`'s episodes, from a stream of their own, so that the episodes stay
 * what they were before charts said so much. */
void toxicity_courses(const struct rwe_simulation *simulation, size_t i,
                      const struct episode episode[], int n, struct episode_course course[]);

/** How a term behaves after its onset. */
enum toxicity_family {
    TOXICITY_BLOOD,     /**< counts and chemistry: of chemotherapy, short */
    TOXICITY_CHEMO,     /**< of chemotherapy, short */
    TOXICITY_LATE,      /**< nerves and hearing: long */
    TOXICITY_CHEST,     /**< of the chest, with or without radiotherapy */
    TOXICITY_IMMUNE,    /**< organs: steroids */
    TOXICITY_LUNG,      /**< pneumonitis */
    TOXICITY_SKIN,      /**< immune-related, mild */
    TOXICITY_ENDOCRINE, /**< thyroid: replaced, seldom reversed */
};
enum toxicity_family toxicity_family(int term);

const char *toxicity_term(int term);
const char *toxicity_soc(int term);

#endif
