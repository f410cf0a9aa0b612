/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the parts of the simulator share, and its tests look into. */
#ifndef RWE_DATA_SIMULATE_PRIVATE_H
#define RWE_DATA_SIMULATE_PRIVATE_H

#include "rwe/data/simulate.h"

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

const char *toxicity_term(int term);
const char *toxicity_soc(int term);

#endif
