/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of the subgroup recipe share: which subgroups, who is in them, their models. */
#ifndef RWE_ANALYSIS_SUBGROUPS_H
#define RWE_ANALYSIS_SUBGROUPS_H

#include "cox_models.h"
#include "rwe/analysis/estimates.h"

/** The options of --subgroups. */
struct subgroup_settings {
    struct rwe_strings by, cut;
    struct rwe_numbers least;
};

extern const struct rwe_options subgroup_options;

const struct subgroup_settings *subgroup_settings_of(const struct rwe_settings *settings);

enum {
    RWE_SUBGROUP_MOST_LEVELS = 12, /**< of a variable */
    RWE_SUBGROUP_LEAST_ARM = 5,    /**< patients in each arm of a subgroup that is shown */
};

/** A variable whose levels are the subgroups. */
struct rwe_subgroup_variable {
    const char *name;    /**< NULL: everybody, as one level */
    const int32_t *code; /**< by subject, −1 missing */
    const char *const *level;
    size_t n_levels;
};

struct rwe_subgroup_variables {
    const struct rwe_subgroup_variable *item;
    size_t n;
};

/**
 * The variables of --subgroup-by and --subgroup-cut, or by default the categorical and 0/1 covariates
 * and those with a cut. A number without a cut is cut at its median in the whole cohort. Replicates
 * take the cuts of the data. RWE_USAGE for a name that is no
 * covariate, a cut outside the data, more than 12 levels, or no variable at all. With two arms only.
 */
enum rwe_status rwe_subgroups_define(struct rwe_run *run, struct rwe_subgroup_variables *variables,
                                     struct rwe_error *error);

/** Everybody, as a variable without a name and with one level. Its code is NULL when memory is out. */
struct rwe_subgroup_variable rwe_subgroup_whole(struct rwe_run *run);

/** Who is compared: an endpoint in a population. */
struct rwe_subgroup_setting {
    struct rwe_run *run;
    const struct rwe_endpoint *endpoint;
    const struct rwe_design *design;
    bool limits; /**< models have what rwe_cox_model_limits gives: Firth's fit, profiles */
};

/** Members of a subgroup by arm. A member counts once, whatever its rows and weights. */
struct rwe_subgroup_counts {
    size_t n[2], n_events[2];
    double weighted_events[2]; /**< sums of weights */
};

/** Counts by level; the last one, after n_levels, is of those whose level is not known. NULL when
 * memory is out. */
struct rwe_subgroup_counts *rwe_subgroup_count(const struct rwe_subgroup_setting *setting,
                                               const struct rwe_subgroup_variable *variable);

/** What a subgroup needs to be shown: --subgroup-least. */
struct rwe_subgroup_least {
    double n, events; /**< of both arms together */
};
struct rwe_subgroup_least rwe_subgroup_least(const struct rwe_run *run);

/** Whether there are enough patients and events, and patients in each arm. */
bool rwe_subgroup_is_shown(const struct rwe_run *run, const struct rwe_subgroup_counts *counts);

/** Cox's model of the arm among the members of one level. As rwe_cox_model_fit. */
enum rwe_status rwe_subgroup_fit(const struct rwe_subgroup_setting *setting,
                                 const struct rwe_subgroup_variable *variable, size_t level,
                                 struct rwe_cox_model *model, struct rwe_error *error);

/** The test that the arms' ratio is the same at every level. */
struct rwe_subgroup_test {
    double statistic; /**< χ²: robust Wald's of the products where rows are clustered or weighted,
                           else the likelihood ratio */
    double df;
    double p_value;
    struct rwe_error failure; /**< why there is none */
};

/**
 * Tests arm × level in the model arm + level + arm:level, among members of the levels with
 * `shown[level]`. A level's own column that the strata determine is left out. Not estimable:
 * `failure` is set and the numbers are NaN; what is returned is out of memory or a bug.
 */
enum rwe_status rwe_subgroup_interaction(const struct rwe_subgroup_setting *setting,
                                         const struct rwe_subgroup_variable *variable,
                                         const bool shown[], struct rwe_subgroup_test *test,
                                         struct rwe_error *error);

#endif
