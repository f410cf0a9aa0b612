/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Which comparisons must be read with care, or not at all, and why: the one place that says so. Tables, facts,
 * figures and whoever picks a row among several ask here, for a design and an endpoint.
 */
#ifndef RWE_ANALYSIS_CAUTION_H
#define RWE_ANALYSIS_CAUTION_H

#include "rwe/analysis/analysis.h"

/** From harmless to useless, so that of two comparisons the one with the lower grade says more. */
enum rwe_caution_grade {
    RWE_CAUTION_NONE,
    RWE_CAUTION_NOTE,      /**< worth a word; it may be read for inference */
    RWE_CAUTION_CARE,      /**< something that it stands on is not known, or somewhat violated */
    RWE_CAUTION_NO_EFFECT, /**< not for inference: it estimates no effect, with however many subjects */
};

struct rwe_caution {
    enum rwe_caution_grade grade;
    const char *banner; /**< over a table, beside a row, in the fact "caution"; NULL: none */
    const char *reason; /**< why, and what to do, in a sentence or two; NULL: said elsewhere */
};

/**
 * What is to be said of a comparison, in the language of the report; texts are of run->arena.
 *
 *   arms told by the future           by how much of the time of the exposed is immortal: no effect, care, or a note;
 *                                     everything in their run (immortal.md)
 *   exposure as a state, and an       no effect: who has passed what closes exposure cannot begin it, so that
 *   endpoint that goes on after       exposed and unexposed are not to be compared there, with whatever weights
 *   exposure has closed               (Robins, Hernán & Brumback, Epidemiology 11:550, 2000: positivity)
 *   a state, a landmark, clones or    care: what closes exposure, such as progression, confounds the comparison
 *   trials, and nobody knows when     unless the endpoint ends there
 *   exposure closes
 *
 * `run` has made the design; that of a landmark is a run within another. `endpoint` is of its cohort; NULL: only
 * what holds for all endpoints.
 */
struct rwe_caution rwe_run_caution(const struct rwe_run *run, const struct rwe_design *design,
                                   const struct rwe_endpoint *endpoint);

/** What closes exposure, for a sentence: "progression", or what --exposure-until names. */
const char *rwe_closing_words(const struct rwe_run *run);

/** The banner as the fact "caution" under the key; RWE_NO_FACT, and nothing is added, where there is none. */
rwe_fact rwe_caution_fact(struct rwe_document *document, const struct rwe_key *key,
                          const struct rwe_caution *caution);

/** Tells all endpoints' cautions of a design in the section of `analysis`: the fact "caution" under that analysis,
 * endpoint and population, and a warning with the reason, which each reason gets once in a report. */
void rwe_caution_tell(struct rwe_run *run, const struct rwe_design *design, const char *analysis);

#endif
