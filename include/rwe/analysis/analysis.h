/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * An analysis: a recipe from the cohort and its designs to the document. The list of them all is
 * analysis/analyses.def; how to add one stands in analysis/README.md.
 */
#ifndef RWE_ANALYSIS_ANALYSIS_H
#define RWE_ANALYSIS_ANALYSIS_H

#include "rwe/base/progress.h"
#include "rwe/data/cohort.h"
#include "rwe/data/design.h"
#include "rwe/data/settings.h"
#include "rwe/report/document.h"

struct rwe_analysis;
struct rwe_bootstrap;
struct rwe_covariate_balance;
struct rwe_estimates;
struct rwe_given;
struct rwe_propensity;
struct rwe_protocol;
struct rwe_validation;

enum { RWE_MOST_ANALYSES = 64, RWE_MOST_DESIGNS = 8, RWE_MOST_INPUTS = 8 };

/** Which analyses run, by their place in rwe_analyses, and what their designs left for them. */
struct rwe_plan {
    bool wanted[RWE_MOST_ANALYSES];
    void *state[RWE_MOST_ANALYSES];
};

/** A file of the cohort: everybody, or an arm. */
struct rwe_cohort_file {
    const char *level; /**< of the arm; NULL: it holds them all */
    const char *path;
};

struct rwe_cohort_files {
    const struct rwe_cohort_file *item;
    size_t n;
};

/** What an analysis works on. */
struct rwe_run {
    const struct rwe_settings *settings;
    const struct rwe_cohort *cohort;
    struct rwe_plan *plan;                      /**< what runs here; NULL until designs are made */
    struct rwe_design design[RWE_MOST_DESIGNS]; /**< the first is everybody; then those with
                            disjoint arms (rwe_run_n_disjoint); then the others (rwe_run_add_design) */
    size_t n_designs;                           /**< that every analysis of outcomes takes */
    size_t
        n_populations; /**< with those behind them, which their maker alone analyses: exposure as a
                                state has no arms to draw curves of */
    struct rwe_document *document;     /**< NULL: the run is not told, as a replicate's */
    struct rwe_estimates *estimates;   /**< what it estimates (estimates.h) */
    struct rwe_complaints *complaints; /**< about the input files */
    const struct rwe_given *given;     /**< tables in memory that stand for files (inputs.h) */
    struct rwe_cohort_files files;     /**< of the cohort */
    struct rwe_input input[RWE_MOST_INPUTS];
    size_t n_inputs;
    size_t n_rows_left; /**< rows of the cohort file that --rows does not count */
    const struct rwe_validation *validation; /**< of the files as read (validate.h); of a replicate
                                                  NULL */
    const struct rwe_covariate_balance *balance; /**< once measured (covariates.h), else NULL */
    const struct rwe_propensity *propensity;     /**< once fitted (propensity.h), else NULL */
    bool propensity_is_told;
    const struct rwe_bootstrap *bootstrap; /**< once run (bootstrap.h), else NULL */
    size_t replicate; /**< 0: the data; else a cohort drawn from them, without a document */
    const struct rwe_run *data; /**< of a replicate: the run of the data, where its fits begin, by
                                     then with its designs; or NULL */
    const char
        *scope; /**< of a run within another: "landmark-6", the name of its first design and the
                            first part of the names of the others; NULL: from time zero */
    const struct rwe_run *from_zero; /**< of a run within another: that run; else NULL */
    struct rwe_run *
        *subrun; /**< runs on cohorts made from this one's, as at landmarks, with designs of
                                  their own: every analysis that makes sense there runs there too */
    size_t n_subruns, subrun_room;
    struct rwe_progress progress;
    struct rwe_arena *arena; /**< of the run; the document has another, so marks may be released */
    unsigned threads;
};

/** A run on another cohort, which is still to be set: what was asked is the parent's, and so are its document and
 * its list of estimates; nothing is made yet. */
struct rwe_run rwe_run_child(const struct rwe_run *parent, struct rwe_arena *arena);

/** Makes everybody the run's first design, where it has none. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_run_add_everybody(struct rwe_run *run, struct rwe_error *error);

/**
 * Completes a design and adds a copy of it. Its name gets the run's scope before it; what compares the
 * arms and does not say its clock or a word has those of everybody. Those with disjoint arms stand before
 * the others, states of exposure behind n_designs. RWE_USAGE for more than RWE_MOST_DESIGNS;
 * RWE_NO_MEMORY.
 */
enum rwe_status rwe_run_add_design(struct rwe_run *run, struct rwe_design *design,
                                   struct rwe_error *error);

/**
 * Adds a run on another cohort, borrowed, whose everybody is `everybody` (its name is the scope). Of a
 * replicate it is compared with that of the data at the same place. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_run_add_subrun(struct rwe_run *run, const struct rwe_cohort *cohort,
                                   const struct rwe_design *everybody, struct rwe_error *error);

/** How many of the run's designs have disjoint arms, which baseline tables and toxicity compare: the
 * first ones. */
size_t rwe_run_n_disjoint(const struct rwe_run *run);

/** What the analysis's `design` left in this run (may be NULL); NULL where it does not run. */
const void *rwe_run_state(const struct rwe_run *run, const struct rwe_analysis *analysis);

/** What an analysis adds to the list of estimates (estimates.h), and so which repetitions walk it. */
enum rwe_lists {
    RWE_LISTS_NOTHING,
    RWE_LISTS_OF_DATA, /**< what replicates do not compute: statistics of tests, estimates from dates */
    RWE_LISTS_ESTIMATES, /**< it is walked in every replicate */
};

struct rwe_analysis {
    const char *name; /**< of its flag, its key in the study file, and `analysis` in facts */
    const char
        *choices; /**< of the flag's optional argument, the first is the default; NULL: none */
    const struct rwe_option
        *flag; /**< what its flag takes and where that goes: kind and member (in the struct of
                    `options`), choices, range, argument, bare; the rest is filled in. NULL: it takes
                    nothing and nobody reads it */
    const char *help;                /**< of the flag */
    enum rwe_option_section section; /**< what it is about: its topic in --help */
    const char *also_runs; /**< names of analyses that come with it, blanks between; or NULL */
    const char
        *needs; /**< names of analyses that it asks for as their bare flags would (pipeline.h:
                               rwe_plan_complete), blanks between; or NULL */
    const char *implied_by; /**< options, blanks between, that ask for this analysis too; or NULL */
    bool always; /**< it runs whatever is asked for, and is silent where it has nothing to say */
    bool compares_arms; /**< outcomes of the arms: under the banner where they are biased */
    const struct rwe_options *options; /**< its own, and the struct that holds them; NULL: none */
    bool from_zero; /**< makes sense from time zero alone: not repeated at landmarks */
    enum rwe_lists lists;
    bool last; /**< reads facts of the others: runs after them all, the landmarks' too */

    const char *
        method; /**< what it is among the statistical methods of a protocol: "Cox models"; or NULL */
    const char
        *measure; /**< what compares the arms by it: "hazard ratio"; NULL: nothing of its own */
    /** Says its lines of the protocol (protocol.h), when both run. NULL: it has none. */
    void (*emulate)(const struct rwe_run *run, struct rwe_protocol *protocol);

    /** Adds a design (rwe_run_add_design) or a run on another cohort (rwe_run_add_subrun), or reads a file of
     * the analysis's own, before any analysis is run, and writes nothing to the document; what it puts in
     * `*state` reaches `run` and `write_files`. NULL where the analysis needs none. */
    enum rwe_status (*design)(struct rwe_run *run, void **state, struct rwe_error *error);
    /** Computes, and writes the result into the document. */
    enum rwe_status (*run)(struct rwe_run *run, void *state, struct rwe_error *error);
    /** Writes files of its own that were asked for, once all analyses have succeeded. Or NULL. */
    enum rwe_status (*write_files)(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error);
};

/** All analyses, in the order in which they stand in a report. */
extern const struct rwe_analysis *const rwe_analyses[];
extern const size_t rwe_n_analyses;

/** What estimates under weights have for their variance. */
enum rwe_variance_choice { RWE_VARIANCE_ESTIMATED, RWE_VARIANCE_ROBUST, RWE_VARIANCE_BOOTSTRAP };

/** Options that several analyses read. */
struct rwe_statistics_settings {
    double conf_level;
    struct rwe_numbers times; /**< none: round ones */
    double time_step;         /**< NaN: round */
    double cut_at_risk;       /**< a share */
    enum rwe_variance_choice variance;
    uint64_t seed;
    uint64_t threads; /**< 0: all processors */
};
extern const struct rwe_options rwe_statistics_options;
const struct rwe_statistics_settings *rwe_statistics_of(const struct rwe_settings *settings);

/** The most lists that rwe_option_lists fills. */
enum { RWE_MOST_OPTION_LISTS = 64 };

/**
 * All options below the command line: flags of the analyses, columns, statistics, the analyses'
 * own, those of the job (job.h). Returns how many lists it filled, 0 when memory is out.
 */
size_t rwe_option_lists(struct rwe_arena *arena,
                        const struct rwe_options *lists[RWE_MOST_OPTION_LISTS]);

#endif
