/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adverse events. Each term has its share of patients with any grade and with grade >= 3, without
 * and with radiotherapy; a patient's frailty links the terms. What radiotherapy adds to a term's
 * share is its own doing, and starts after it; all else has the same onset in both arms.
 *
 * The shares are anchored to RATIONALE-309, JUPITER-02 and CAPTAIN-1st (GP + PD-1) and to series of
 * thoracic radiotherapy with PD-1 inhibitors; terms are those of CTCAE 5.0, but for MedDRA's
 * "Immune-mediated hepatitis".
 */
#include "simulate_private.h"

#include "rwe/base/rng.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

static const char BLOOD[] = "Blood and lymphatic system disorders";
static const char CARDIAC[] = "Cardiac disorders";
static const char EAR[] = "Ear and labyrinth disorders";
static const char ENDOCRINE[] = "Endocrine disorders";
static const char GASTRO[] = "Gastrointestinal disorders";
static const char GENERAL[] = "General disorders and administration site conditions";
static const char INFECTIONS[] = "Infections and infestations";
static const char INJURY[] = "Injury, poisoning and procedural complications";
static const char INVESTIGATIONS[] = "Investigations";
static const char LIVER[] = "Hepatobiliary disorders";
static const char METABOLISM[] = "Metabolism and nutrition disorders";
static const char NERVOUS[] = "Nervous system disorders";
static const char RESPIRATORY[] = "Respiratory, thoracic and mediastinal disorders";
static const char SKIN[] = "Skin and subcutaneous tissue disorders";

/* How a kind of event behaves: time to onset is gamma, from index or from radiotherapy. */
struct kind {
    double shape, mean; /* of onset, months */
    double grade4;      /* share of grade >= 3; 0 where CTCAE has none */
    double serious;     /* likewise */
    bool immune;
    bool can_kill;
};
static const struct kind COUNT = {.shape = 1, .mean = 1.2, .grade4 = 0.30, .serious = 0.08};
static const struct kind CHEMISTRY = {.shape = 1, .mean = 2.0, .grade4 = 0.10, .serious = 0.20};
static const struct kind FEBRILE = {.shape = 1, .mean = 1.2, .grade4 = 0.15, .serious = 1.00};
static const struct kind CHEMO = {.shape = 1, .mean = 1.2, .grade4 = 0.00, .serious = 0.50};
static const struct kind LATE = {.shape = 4, .mean = 4.0, .grade4 = 0.00, .serious = 0.50};
static const struct kind CHEST = {.shape = 2, .mean = 4.0, .grade4 = 0.15, .serious = 0.80};
static const struct kind IMMUNE = {
    .shape = 2, .mean = 4.0, .grade4 = 0.15, .serious = 0.80, .immune = true};
static const struct kind IMMUNE_LUNG = {
    .shape = 2, .mean = 4.0, .grade4 = 0.15, .serious = 0.80, .immune = true, .can_kill = true};
static const struct kind IMMUNE_SKIN = {
    .shape = 2, .mean = 2.5, .grade4 = 0.00, .serious = 0.50, .immune = true};
static const struct kind THYROID = {
    .shape = 2.5, .mean = 5.0, .grade4 = 0.00, .serious = 0.50, .immune = true};

static const struct toxicity {
    const char *term;
    const char *soc;
    const struct kind *kind;
    double any[2];    /* percent of patients: GP+Tis, GP+Tis+RT */
    double severe[2]; /* grade >= 3, likewise */
    double after_rt;  /* mean months from radiotherapy to onset, where it is the cause */
    int least_grade;  /* CTCAE gives no lower one */
} toxicities[] = {
    {"Neutrophil count decreased", INVESTIGATIONS, &COUNT, {72, 73}, {42, 44}, 0.8, 1},
    {"White blood cell decreased", INVESTIGATIONS, &COUNT, {74, 76}, {38, 41}, 0.8, 1},
    {"Platelet count decreased", INVESTIGATIONS, &COUNT, {48, 50}, {18, 20}, 0.8, 1},
    {"Lymphocyte count decreased", INVESTIGATIONS, &COUNT, {25, 48}, {8, 22}, 0.8, 1},
    {"Anemia", BLOOD, &COUNT, {75, 76}, {22, 24}, 0.8, 1},
    {"Febrile neutropenia", BLOOD, &FEBRILE, {3, 3}, {3, 3}, 0, 3},
    {"Nausea", GASTRO, &CHEMO, {60, 60}, {2, 2}, 0, 1},
    {"Vomiting", GASTRO, &CHEMO, {48, 48}, {3, 3}, 0, 1},
    {"Anorexia", METABOLISM, &CHEMO, {45, 45}, {2, 2}, 0, 1},
    {"Constipation", GASTRO, &CHEMO, {32, 32}, {0, 0}, 0, 1},
    {"Fatigue", GENERAL, &CHEMO, {36, 42}, {2, 3}, 0.7, 1},
    {"Fever", GENERAL, &CHEMO, {18, 20}, {1, 1}, 0.7, 1},
    {"Alanine aminotransferase increased", INVESTIGATIONS, &CHEMISTRY, {28, 28}, {3, 3}, 0, 1},
    {"Aspartate aminotransferase increased", INVESTIGATIONS, &CHEMISTRY, {26, 26}, {2, 2}, 0, 1},
    {"Creatinine increased", INVESTIGATIONS, &CHEMISTRY, {18, 18}, {1, 1}, 0, 1},
    {"Hyponatremia", METABOLISM, &CHEMISTRY, {20, 20}, {5, 5}, 0, 1},
    {"Hypokalemia", METABOLISM, &CHEMISTRY, {17, 17}, {4, 4}, 0, 1},
    {"Rash maculo-papular", SKIN, &IMMUNE_SKIN, {18, 18}, {2, 2}, 0, 1},
    {"Pruritus", SKIN, &IMMUNE_SKIN, {12, 12}, {0, 0}, 0, 1},
    {"Hypothyroidism", ENDOCRINE, &THYROID, {22, 24}, {0.3, 0.3}, 2, 1},
    {"Hyperthyroidism", ENDOCRINE, &THYROID, {7, 8}, {0, 0}, 2, 1},
    {"Immune-mediated hepatitis", LIVER, &IMMUNE, {2, 2}, {1, 1}, 0, 1},
    {"Colitis", GASTRO, &IMMUNE, {1, 1}, {0.5, 0.5}, 0, 1},
    {"Myocarditis", CARDIAC, &IMMUNE, {0.7, 0.7}, {0.35, 0.35}, 0, 2},
    {"Adrenal insufficiency", ENDOCRINE, &IMMUNE, {1, 1}, {0.5, 0.5}, 0, 1},
    {"Pneumonitis", RESPIRATORY, &IMMUNE_LUNG, {5, 28}, {1.5, 4}, 3, 1},
    {"Esophagitis", GASTRO, &CHEST, {1, 18}, {0, 1.5}, 0.7, 1},
    {"Dermatitis radiation", INJURY, &CHEST, {0, 14}, {0, 0.5}, 0.7, 1},
    {"Cough", RESPIRATORY, &CHEST, {18, 28}, {0, 0}, 2, 1},
    {"Dyspnea", RESPIRATORY, &CHEST, {9, 14}, {1, 2}, 2, 1},
    {"Lung infection", INFECTIONS, &CHEST, {8, 11}, {3, 4}, 2, 2},
    {"Peripheral sensory neuropathy", NERVOUS, &LATE, {14, 14}, {0.5, 0.5}, 0, 1},
    {"Tinnitus", EAR, &LATE, {9, 9}, {0.5, 0.5}, 0, 1},
};
#define TERMS ((int)(sizeof toxicities / sizeof toxicities[0]))
_Static_assert(TERMS <= TOXICITY_TERMS_MAX, "episodes of all terms have room");

/*
 * Gaussian copula: the terms of a patient correlate by this much on the normal scale. 0.4 makes 97%
 * of patients have any event and about 70% one of grade >= 3, as charts say; with independent terms
 * it would be 100% and 88%.
 */
#define FRAILTY 0.4

/* Of grades 1 and 2: of the 24% whose pneumonitis is so mild, 10% have grade 2. */
#define SHARE_GRADE2 0.42

#define RECURS 0.25       /* chance, twice, of one more episode of a term */
#define RECURS_WITHIN 6.0 /* months */

/* Severe pneumonitis after radiotherapy is what a patient who dies this soon after it dies of: 0.3%
 * of the irradiated. Nothing else is of grade 5. */
#define FATAL_WITHIN 11.0 /* months */

const char *toxicity_term(int term)
{
    return toxicities[term].term;
}

const char *toxicity_soc(int term)
{
    return toxicities[term].soc;
}

enum toxicity_family toxicity_family(int term)
{
    const struct kind *kind = toxicities[term].kind;
    return kind == &CHEMO         ? TOXICITY_CHEMO
           : kind == &LATE        ? TOXICITY_LATE
           : kind == &CHEST       ? TOXICITY_CHEST
           : kind == &IMMUNE      ? TOXICITY_IMMUNE
           : kind == &IMMUNE_LUNG ? TOXICITY_LUNG
           : kind == &IMMUNE_SKIN ? TOXICITY_SKIN
           : kind == &THYROID     ? TOXICITY_ENDOCRINE
                                  : TOXICITY_BLOOD;
}

static int draw_between(gsl_rng *r, int least, int most)
{
    return least + (int)gsl_rng_uniform_int(r, (unsigned long)most - (unsigned long)least + 1);
}

static int draw_grade(gsl_rng *r, const struct toxicity *t, bool severe)
{
    if (severe)
        return happens(r, t->kind->grade4) ? 4 : 3;
    return t->least_grade == 2 || happens(r, SHARE_GRADE2) ? 2 : 1;
}

/* Onset by a gamma distribution; anywhere in his follow-up when that ends before it. */
static double draw_start(gsl_rng *r, const struct toxicity *t, bool due_to_rt,
                         const struct rwe_simulated_patient *p)
{
    double from = due_to_rt ? p->rt_start : 0;
    double shape = due_to_rt ? 4 : t->kind->shape;
    double mean = due_to_rt ? t->after_rt : t->kind->mean;
    double start = from + gsl_ran_gamma(r, shape, mean / shape);
    return start < p->os ? start : from + gsl_rng_uniform(r) * (p->os - from);
}

/* What radiotherapy adds to the share of patients with this term is due to it. */
static double chance_due_to_rt(const struct toxicity *t, bool irradiated)
{
    return irradiated ? 1 - t->any[0] / t->any[1] : 0;
}

/* The worst episode and up to two of at most its grade, in any order. */
static int draw_episodes(gsl_rng *r, const struct rwe_simulated_patient *p, int term, bool severe,
                         struct episode out[])
{
    const struct toxicity *t = &toxicities[term];
    int worst = draw_grade(r, t, severe), n = 1 + happens(r, RECURS) + happens(r, RECURS);
    bool due_to_rt = happens(r, chance_due_to_rt(t, p->irradiated));
    double first = draw_start(r, t, due_to_rt, p);
    if (severe && due_to_rt && t->kind->can_kill && p->os_event &&
        p->os - p->rt_start < FATAL_WITHIN) {
        worst = 5;
        n = 1;
        first = fmax(p->rt_start, p->os - gsl_rng_uniform_pos(r));
    }
    int worst_at = draw_between(r, 0, n - 1);
    for (int k = 0; k < n; k++) {
        struct episode *e = &out[k];
        e->term = term;
        e->due_to_rt = due_to_rt;
        e->immune = t->kind->immune && !due_to_rt;
        e->start = first;
        if (k > 0)
            e->start += gsl_rng_uniform(r) * fmin(RECURS_WITHIN, p->os - first);
        e->grade = k == worst_at ? worst : draw_between(r, t->least_grade, worst);
        e->serious = e->grade == 5 || (e->grade >= 3 && happens(r, t->kind->serious));
    }
    return n;
}

static void sort_by_start(struct episode episode[], int n)
{
    for (int i = 1; i < n; i++) {
        struct episode moving = episode[i];
        int at = i;
        for (; at > 0 && episode[at - 1].start > moving.start; at--)
            episode[at] = episode[at - 1];
        episode[at] = moving;
    }
}

int toxicity_draw(const struct rwe_simulation *simulation, size_t i,
                  struct episode episode[TOXICITY_EPISODES_MAX])
{
    const struct rwe_simulated_patient *p = &simulation->patient[i];
    struct rwe_rng rng;
    gsl_rng *r = rwe_rng_start(&rng, simulation->options.seed, RWE_RNG_SIMULATE_TOXICITY, i);
    double frailty = gsl_ran_gaussian(r, sqrt(FRAILTY));
    int n = 0;
    for (int term = 0; term < TERMS; term++) {
        double percentile =
            100 * gsl_cdf_ugaussian_P(frailty + gsl_ran_gaussian(r, sqrt(1 - FRAILTY)));
        if (percentile < toxicities[term].any[p->irradiated]) {
            bool severe = percentile < toxicities[term].severe[p->irradiated];
            n += draw_episodes(r, p, term, severe, &episode[n]);
        }
    }
    sort_by_start(episode, n);
    return n;
}
