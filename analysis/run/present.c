/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/present.h"

#include "rwe/base/language.h"
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

struct rwe_key rwe_key_in(const char *analysis, const struct rwe_endpoint *endpoint,
                          const struct rwe_design *design)
{
    struct rwe_key key = rwe_key_of(analysis);
    key.endpoint = endpoint == NULL ? NULL : endpoint->name;
    key.population = design == NULL ? NULL : design->name;
    return key;
}

struct rwe_key rwe_key_run(const struct rwe_run *run, const char *analysis)
{
    struct rwe_key key = rwe_key_of(analysis);
    key.population = run->scope;
    return key;
}

const char *rwe_population_name(const struct rwe_run *run, const char *name)
{
    if (run->scope == NULL)
        return name;
    const char *scoped = rwe_arena_format(run->arena, "%s-%s", run->scope, name);
    return scoped == NULL ? "" : scoped;
}

const char *rwe_figure_name_in(const struct rwe_run *run, const char *name)
{
    if (run->scope == NULL || name == NULL)
        return name == NULL ? "" : name;
    const char *scoped = rwe_arena_format(run->arena, "%s-%s", name, run->scope);
    return scoped == NULL ? "" : scoped;
}

struct rwe_key rwe_key_arm(struct rwe_key key, const struct rwe_cohort *cohort, size_t arm)
{
    key.group = cohort->arm_level[arm];
    return key;
}

struct rwe_key rwe_key_cause(const char *analysis, const struct rwe_endpoint *endpoint,
                             const struct rwe_design *design, size_t cause)
{
    struct rwe_key key = rwe_key_in(analysis, endpoint, design);
    key.level = endpoint->cause_name[cause - 1];
    return key;
}

/* What stands for the unit of --time-unit, in the order of its choices; "" without one. */
static const char *of_unit(const struct rwe_run *run, const char *const words[])
{
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    return study->time_unit_word == NULL ? "" : rwe_text(words[study->time_unit]);
}

const char *rwe_time_unit_name(const struct rwe_run *run)
{
    static const char *const words[] = {N_("days"), N_("weeks"), N_("months"), N_("years")};
    return of_unit(run, words);
}

const char *rwe_time_unit_suffix(const struct rwe_run *run)
{
    static const char *const words[] = {N_(" (days)"), N_(" (weeks)"), N_(" (months)"),
                                        N_(" (years)")};
    return of_unit(run, words);
}

const char *rwe_time_unit_word(const struct rwe_run *run)
{
    static const char *const words[] = {N_(" days"), N_(" weeks"), N_(" months"), N_(" years")};
    return of_unit(run, words);
}

const char *rwe_conf_level_text(const struct rwe_run *run)
{
    double level = rwe_statistics_of(run->settings)->conf_level;
    const char *text = rwe_arena_format(run->arena, "%.10g%%", 100 * level);
    return text == NULL ? "" : text;
}

enum rwe_status rwe_need_endpoint(const struct rwe_run *run, const char *analysis,
                                  struct rwe_error *error)
{
    if (run->cohort->n_endpoints > 0)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s needs an endpoint: say --endpoint NAME=TIME,EVENT", analysis);
}

double rwe_normal_p_value(double z)
{
    return isnan(z) ? NAN : 2 * gsl_cdf_ugaussian_Q(fabs(z));
}

double rwe_normal_limit(const struct rwe_run *run)
{
    double level = rwe_statistics_of(run->settings)->conf_level;
    return gsl_cdf_ugaussian_Pinv((1 + level) / 2);
}

const char *rwe_variance_words(const struct rwe_run *run, const struct rwe_design *design,
                               enum rwe_variance_of of, const char *classic)
{
    if (!design->disjoint_arms && run->cohort->cluster == NULL)
        return rwe_text("robust, by subject, the weights taken as known");
    if (design->rows.start != NULL)
        return rwe_text("robust, by matched set and by subject");
    if (design->paired)
        return of == RWE_VARIANCE_OF_ARM ? classic : rwe_text("robust, by matched pair");
    if (rwe_design_is_matched(design))
        return rwe_text("robust, by matched set");
    const char *words = classic;
    const char *cluster = rwe_study_of(run->settings)->cluster;
    if (design->weight != NULL)
        words = design->estimation == NULL
                    ? rwe_text("robust, the weights taken as known")
                    : rwe_text("robust, with the step that estimated the weights (M-estimation)");
    else if (run->cohort->cluster != NULL)
        words = rwe_text("robust");
    if (run->cohort->cluster == NULL)
        return words;
    words = rwe_arena_format(run->arena, rwe_text("%s, by %s"), words, cluster);
    return words == NULL ? "" : words;
}

const char *rwe_list_add(const struct rwe_run *run, const char *list, const char *item)
{
    if (list == NULL || item == NULL)
        return list == NULL ? item : list;
    return rwe_arena_format(run->arena, rwe_text("%s; %s"), list, item);
}

void rwe_note_variances(struct rwe_run *run, struct rwe_grid *grid, const char *analysis,
                        const char *what, const char *classic)
{
    const char *list = NULL;
    for (size_t d = 0; run->document != NULL && d < run->n_designs; d++) {
        const struct rwe_design *design = &run->design[d];
        struct rwe_key key = rwe_key_in(analysis, NULL, design);
        const char *words = rwe_variance_words(run, design, RWE_VARIANCE_OF_CONTRAST, classic);
        if (words == NULL)
            continue;
        rwe_document_string(run->document, &key, "variance", words);
        list = rwe_list_add(run, list,
                            rwe_arena_format(run->arena, rwe_text("%s: %s"), design->label, words));
    }
    if (list != NULL)
        rwe_grid_note(grid, "%s. %s.", what, list);
}

/* The covariate that a term begins with: "stage" of "stage=II"; NULL: none. */
static const struct rwe_variable *variable_of(const struct rwe_run *run, const char *term)
{
    const struct rwe_variable *longest = NULL;
    size_t most = 0;
    for (size_t j = 0; j < run->cohort->n_covariates + run->cohort->n_late; j++) {
        const struct rwe_variable *v = &run->cohort->covariate[j];
        size_t length = strlen(v->name);
        bool begins =
            strncmp(term, v->name, length) == 0 && (term[length] == '\0' || term[length] == '=');
        if (begins && length >= most) {
            longest = v;
            most = length;
        }
    }
    return longest;
}

const char *rwe_shown_name(const struct rwe_run *run, const char *term)
{
    const struct rwe_variable *v = variable_of(run, term);
    if (v == NULL || (v->label == NULL && v->unit == NULL))
        return term;
    const char *label = v->label == NULL ? v->name : v->label;
    const char *rest = term + strlen(v->name);
    const char *shown = v->unit == NULL || *rest != '\0'
                            ? rwe_arena_format(run->arena, "%s%s", label, rest)
                            : rwe_arena_format(run->arena, rwe_text("%s (%s)"), label, v->unit);
    return shown == NULL ? term : shown;
}

const char *rwe_shown_term(const struct rwe_run *run, const char *term)
{
    const struct rwe_variable *v = variable_of(run, term);
    if (v == NULL || !(v->per > 0) || strcmp(term, v->name) != 0)
        return rwe_shown_name(run, term);
    const char *label = v->label == NULL ? v->name : v->label;
    const char *shown =
        v->unit == NULL
            ? rwe_arena_format(run->arena, rwe_text("%s (per %g)"), label, v->per)
            : rwe_arena_format(run->arena, rwe_text("%s (per %g %s)"), label, v->per, v->unit);
    return shown == NULL ? term : shown;
}
