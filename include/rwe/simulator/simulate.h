/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Synthetic patients with a known truth: lung-metastatic nasopharyngeal carcinoma, gemcitabine,
 * cisplatin and tislelizumab (GP+Tis) from time zero, thoracic radiotherapy some months later in
 * those who are still free of progression (GP+Tis+RT).
 *
 * The course of disease is an illness-death model: progression (Weibull), death without it, death
 * after it. Radiotherapy multiplies the hazard of progression by `hr_progression` from the day it
 * starts, and by nothing before. Since only patients who live long enough without progression get
 * there, a comparison of the arms from time zero is biased by immortal time, and the truth tells by
 * how much. Progression is seen at the next scan; loss to follow-up and the data cut-off censor.
 *
 * Patient i is a function of the seed and i alone: more patients, or another effect of
 * radiotherapy, change nothing else about him, and under two strategies he is the same person. All times are months of 30.4375 days since index.
 */
#ifndef RWE_SIMULATOR_SIMULATE_H
#define RWE_SIMULATOR_SIMULATE_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Nobody begins radiotherapy before, months. */
#define RWE_SIMULATED_START_EARLIEST 1.5

/**
 * What every patient is made to follow, so that the cohort shows what would happen. The natural course
 * of a patient is that of the study; no strategy changes his baseline, his response or how long he is
 * followed, nor anything before he departs from it.
 */
enum rwe_strategy {
    RWE_STRATEGY_NATURAL, /**< nobody is told anything: the study itself */
    /** Begun by `grace` unless progression or death comes first. Starts before `grace` are the natural
     * ones. Who has not begun at `grace`, is free of progression and still followed lives on as somebody
     * of the same baseline and response who has begun by then and is free of progression: start and
     * fates are drawn anew given that, so his start is by `grace`. This is what clones weighted at the
     * end of grace estimate. */
    RWE_STRATEGY_BEGUN,
    /** Nobody begins by `grace`. Whose natural start is earlier has one drawn from those after it, or
     * never begins. */
    RWE_STRATEGY_NONE,
    RWE_STRATEGY_NEVER, /**< nobody ever begins */
};

struct rwe_simulation_options {
    size_t n; /**< patients, at least 1 */
    uint64_t seed;
    double hr_progression; /**< of progression, from the start of radiotherapy; > 0, 1: no effect */
    double hr_death;       /**< of death after progression, if irradiated before it; > 0 */
    enum rwe_strategy strategy;
    double grace; /**< of RWE_STRATEGY_BEGUN and _NONE: months, from 1.5 to 60 */
};

/** 600 patients, seed 20250731, 0.70, 0.90, the natural course. */
struct rwe_simulation_options rwe_simulation_options_default(void);

/** The truth about one patient, also where his chart is silent (`missing`). */
struct rwe_simulated_patient {
    int index_day; /**< first day of GP+Tis, in days since 1970-01-01 */
    int site;      /**< 1 (the main centre) to 4 */
    int age;       /**< years at index */
    int kps;       /**< Karnofsky index, 60 to 100 in tens */
    int t_stage;   /**< 1 to 4, at first diagnosis */
    int n_stage;   /**< 0 to 3, at first diagnosis */
    int n_lung_mets;
    double dfi; /**< disease-free interval before the metastases, months, > 6 */
    double max_lung_mm;
    double ebv_dna; /**< Epstein-Barr virus DNA, copies/mL; 0: not detectable */
    double ldh;     /**< lactate dehydrogenase, U/L */
    double nlr;     /**< neutrophils to lymphocytes */
    double alb;     /**< albumin, g/L */
    bool male;
    bool smoker; /**< ever */
    bool oligo;  /**< at most 5 lung metastases */
    bool bilateral;
    bool pleural;
    bool mediastinal;
    bool liver;
    bool bone;
    bool responder;       /**< CR or PR at the first evaluation, before any radiotherapy */
    bool irradiated;      /**< before progression, as far as he was followed */
    bool pfs_event;       /**< progression or death at `pfs`, else censored */
    bool os_event;        /**< death at `os`, else censored */
    bool lost;            /**< alive when last seen, and that before the data cut-off */
    const char *response; /**< "CR", "PR", "SD" or "PD" at the first evaluation */
    double rt_start;      /**< months; NaN when not irradiated */
    double pfs;           /**< months, >= 0.07 */
    double os;            /**< months, >= pfs */
    unsigned missing;     /**< set of what his chart does not say (simulate_private.h) */
};

struct rwe_simulation {
    struct rwe_simulation_options options;
    struct rwe_simulated_patient *patient; /**< options.n of them */
};

/** Simulates into `arena`. RWE_USAGE for an option out of its range, and where of 100,000 patients drawn
 * none can follow RWE_STRATEGY_BEGUN, because all have progressed by then; RWE_NO_MEMORY. */
enum rwe_status rwe_simulate_cohort(const struct rwe_simulation_options *options,
                                    struct rwe_arena *arena, struct rwe_simulation **simulation,
                                    struct rwe_error *error);

/**
 * Writes cohort.csv: a header and one row a patient; the columns are those of
 * sample_data/README.md. Times have two decimals: the start of radiotherapy is rounded down and the
 * ends are rounded up, so that no rounding makes a treatment start at or after the event. The same
 * times are there as dates, by the same rule: index plus 30.4375 days a month, rounded to a whole
 * day down or up, so that dates and months differ by less than a day. No date is after the data
 * cut-off, 2025-06-30. The truth is not in the file. Under a strategy a last column, strategy, names it:
 * "begun-9", "none-9", "never". RWE_IO when writing fails.
 */
enum rwe_status rwe_simulate_write_cohort(const struct rwe_simulation *simulation, FILE *out,
                                          struct rwe_error *error);

/**
 * Writes assess.csv: one row a scan, by patient and then by date, up to the scan that shows
 * progression; its response is that of the first evaluation (NE where the chart lacks it), or PD.
 * RWE_IO when writing fails.
 */
enum rwe_status rwe_simulate_write_assessments(const struct rwe_simulation *simulation, FILE *out,
                                               struct rwe_error *error);

/** Writes ae.csv: one row an episode, by patient and then by time. RWE_IO when writing fails. */
enum rwe_status rwe_simulate_write_ae(const struct rwe_simulation *simulation, FILE *out,
                                      struct rwe_error *error);

#endif
