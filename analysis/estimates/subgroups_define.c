/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which subgroups: covariates by name, numbers cut. */
#include "rwe/base/number.h"
#include "rwe/base/sort.h"
#include "rwe/stats/summary.h"
#include "subgroups.h"

#include "rwe/base/language.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct rwe_option option_rows[] = {
    {.name = "subgroup-by",
     RWE_LIST_IN(struct subgroup_settings, by),
     .section = RWE_SECTION_SUBGROUPS,
     .argument = "A,B,…",
     .help =
         N_("Covariates whose levels are the subgroups (default: all that are categories or 0/1). "
            "Numbers are cut at their median in the whole cohort.")},
    {.name = "subgroup-cut",
     RWE_LIST_IN(struct subgroup_settings, cut),
     .section = RWE_SECTION_SUBGROUPS,
     .argument = "A=X,…",
     .help =
         N_("Where to cut a number: age=65 makes the subgroups <65 and >=65; age=50,age=65 makes "
            "three.")},
    {.name = "subgroup-least",
     RWE_NUMBERS_IN(struct subgroup_settings, least),
     .section = RWE_SECTION_SUBGROUPS,
     .argument = "N,EVENTS",
     .fallback = "20,10",
     .low = 0,
     .high = 1e9,
     .help = N_("Patients and events that a subgroup needs to be estimated (default 20,10); and 5 "
                "patients in each arm.")},
};
const struct rwe_options subgroup_options = RWE_OPTIONS_IN(struct subgroup_settings, option_rows);

const struct subgroup_settings *subgroup_settings_of(const struct rwe_settings *settings)
{
    return rwe_settings_of(settings, &subgroup_options);
}

/* ---- --subgroup-cut NAME=X ---- */

/* Where to cut a covariate. */
struct cut {
    size_t covariate;
    double at;
    const char *text; /* of `at`, as it was written */
};

struct cuts {
    struct cut *item;
    size_t n;
};

/* What all steps need. */
struct maker {
    struct rwe_run *run;
    struct cuts cuts;
    struct rwe_error *error;
};

/* RWE_USAGE with the nearest covariate, when the name is none. */
static enum rwe_status find_covariate(const struct maker *m, const char *option, const char *name,
                                      size_t *covariate)
{
    const struct rwe_cohort *cohort = m->run->cohort;
    const char **names = RWE_NEW(m->run->arena, const char *, cohort->n_covariates + 1);
    if (names == NULL)
        return rwe_fail_memory(m->error);
    for (size_t j = 0; j < cohort->n_covariates; j++) {
        names[j] = cohort->covariate[j].name;
        if (strcmp(names[j], name) != 0)
            continue;
        *covariate = j;
        return RWE_OK;
    }
    const char *near = rwe_text_nearest(name, names, cohort->n_covariates);
    if (near != NULL)
        return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s: \"%s\" is not one of the covariates: did you mean \"%s\"?", option,
                        name, near);
    return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s: \"%s\" is not one of the covariates: name it in --covariates too",
                    option, name);
}

/* A cut with nobody on one side makes no subgroups. */
static enum rwe_status check_range(const struct maker *m, const struct cut *cut)
{
    const struct rwe_variable *v = &m->run->cohort->covariate[cut->covariate];
    double least = INFINITY, most = -INFINITY;
    if (m->run->replicate > 0)
        return RWE_OK;
    for (size_t i = 0; i < m->run->cohort->n; i++) {
        least = fmin(least, v->number[i]);
        most = fmax(most, v->number[i]);
    }
    if (cut->at > least && cut->at <= most)
        return RWE_OK;
    return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                    "--subgroup-cut %s=%s leaves nobody on one side: \"%s\" goes from %g to %g in "
                    "this cohort",
                    v->name, cut->text, v->name, least, most);
}

static enum rwe_status read_cut(const struct maker *m, const char *text, struct cut *cut)
{
    const char *equals = strrchr(text, '=');
    cut->text = equals == NULL ? "" : equals + 1;
    if (equals == NULL || !rwe_number_parse(cut->text, strlen(cut->text), &cut->at) ||
        !isfinite(cut->at))
        return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                        "--subgroup-cut: \"%s\" is not of the form NAME=X, such as age=65, which "
                        "makes the subgroups <65 and >=65",
                        text);
    const char *name = rwe_arena_format(m->run->arena, "%.*s", (int)(equals - text), text);
    if (name == NULL)
        return rwe_fail_memory(m->error);
    enum rwe_status status = find_covariate(m, "subgroup-cut", name, &cut->covariate);
    if (status != RWE_OK)
        return status;
    const struct rwe_variable *v = &m->run->cohort->covariate[cut->covariate];
    if (v->categorical || v->binary)
        return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                        "--subgroup-cut: \"%s\" has categories, which are subgroups as they are: "
                        "name it in --subgroup-by",
                        name);
    return check_range(m, cut);
}

static int by_covariate_and_value(const void *a, const void *b)
{
    const struct cut *left = a, *right = b;
    if (left->covariate != right->covariate)
        return left->covariate < right->covariate ? -1 : 1;
    return (left->at > right->at) - (left->at < right->at);
}

static enum rwe_status read_cuts(struct maker *m)
{
    struct rwe_strings list = subgroup_settings_of(m->run->settings)->cut;
    struct cut *item = RWE_NEW(m->run->arena, struct cut, list.n);
    enum rwe_status status = RWE_OK;
    if (list.n == 0)
        return RWE_OK;
    if (item == NULL)
        return rwe_fail_memory(m->error);
    for (size_t c = 0; c < list.n && status == RWE_OK; c++)
        status = read_cut(m, list.item[c], &item[c]);
    if (status != RWE_OK)
        return status;
    qsort(item, list.n, sizeof *item, by_covariate_and_value);
    m->cuts = (struct cuts){item, 0};
    for (size_t c = 0; c < list.n; c++) /* a cut that is told twice is one */
        if (c == 0 || by_covariate_and_value(&item[c - 1], &item[c]) != 0)
            item[m->cuts.n++] = item[c];
    return RWE_OK;
}

static struct cuts cuts_of(const struct maker *m, size_t covariate)
{
    struct cuts found = {NULL, 0};
    for (size_t c = 0; c < m->cuts.n; c++) {
        if (m->cuts.item[c].covariate != covariate)
            continue;
        if (found.n++ == 0)
            found.item = &m->cuts.item[c];
    }
    return found;
}

/* ---- a variable ---- */

/* The median of those who have a value; where nobody is below it, the least value above. So that both
 * sides have somebody whenever two values differ; else NaN. */
static enum rwe_status median_cut(const struct maker *m, const struct rwe_variable *v, double *at)
{
    struct rwe_arena *arena = m->run->arena;
    size_t n = 0;
    double *value = RWE_NEW(arena, double, m->run->cohort->n);
    double *sorted = RWE_NEW(arena, double, m->run->cohort->n);
    uint32_t *order = RWE_NEW(arena, uint32_t, m->run->cohort->n);
    if (value == NULL || sorted == NULL || order == NULL)
        return rwe_fail_memory(m->error);
    for (size_t i = 0; i < m->run->cohort->n; i++)
        if (!isnan(v->number[i]))
            value[n++] = v->number[i];
    if (rwe_sort_numbers(value, n, arena, order) != RWE_OK)
        return rwe_fail_memory(m->error);
    for (size_t k = 0; k < n; k++)
        sorted[k] = value[order[k]];
    struct rwe_summary summary = rwe_summarize(sorted, n);
    *at = summary.median > summary.min ? summary.median : NAN;
    for (size_t k = 0; k < n && isnan(*at); k++)
        if (sorted[k] > summary.median)
            *at = sorted[k];
    return RWE_OK;
}

/* "<50", "50-<65", ">=65". */
static const char *level_name(const struct maker *m, struct cuts cuts, size_t level)
{
    struct rwe_arena *arena = m->run->arena;
    if (level == 0)
        return rwe_arena_format(arena, "<%s", cuts.item[0].text);
    if (level == cuts.n)
        return rwe_arena_format(arena, ">=%s", cuts.item[level - 1].text);
    return rwe_arena_format(arena, "%s-<%s", cuts.item[level - 1].text, cuts.item[level].text);
}

static enum rwe_status cut_number(const struct maker *m, size_t covariate,
                                  struct rwe_subgroup_variable *variable)
{
    const struct rwe_variable *v = &m->run->cohort->covariate[covariate];
    struct cuts cuts = cuts_of(m, covariate);
    struct cut median = {.covariate = covariate};
    if (cuts.n == 0) {
        enum rwe_status status = median_cut(m, v, &median.at);
        if (status != RWE_OK)
            return status;
        struct rwe_key key = rwe_key_of("subgroups");
        key.term = v->name;
        median.at = rwe_run_fixed(m->run, &key, "cut", median.at);
        median.text = rwe_arena_format(m->run->arena, "%.15g", median.at);
        cuts = (struct cuts){&median, 1};
    }
    if (isnan(cuts.item[0].at))
        return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                        "--subgroup-by: \"%s\" has one value only, which makes no subgroups",
                        v->name);
    int32_t *code = RWE_NEW(m->run->arena, int32_t, m->run->cohort->n);
    const char **level = RWE_NEW(m->run->arena, const char *, cuts.n + 1);
    if (code == NULL || level == NULL)
        return rwe_fail_memory(m->error);
    for (size_t i = 0; i < m->run->cohort->n; i++) {
        code[i] = isnan(v->number[i]) ? -1 : 0;
        for (size_t c = 0; c < cuts.n; c++)
            code[i] += v->number[i] >= cuts.item[c].at;
    }
    for (size_t l = 0; l <= cuts.n; l++)
        level[l] = level_name(m, cuts, l);
    *variable = (struct rwe_subgroup_variable){v->name, code, level, cuts.n + 1};
    return rwe_arena_failed(m->run->arena) ? rwe_fail_memory(m->error) : RWE_OK;
}

static enum rwe_status split_binary(const struct maker *m, const struct rwe_variable *v,
                                    struct rwe_subgroup_variable *variable)
{
    static const char *const levels[] = {"0", "1"};
    int32_t *code = RWE_NEW(m->run->arena, int32_t, m->run->cohort->n);
    if (code == NULL)
        return rwe_fail_memory(m->error);
    for (size_t i = 0; i < m->run->cohort->n; i++)
        code[i] = isnan(v->number[i]) ? -1 : v->number[i] == 1;
    *variable = (struct rwe_subgroup_variable){v->name, code, levels, 2};
    return RWE_OK;
}

static enum rwe_status make_variable(const struct maker *m, size_t covariate,
                                     struct rwe_subgroup_variable *variable)
{
    const struct rwe_variable *v = &m->run->cohort->covariate[covariate];
    enum rwe_status status = RWE_OK;
    if (v->categorical)
        *variable = (struct rwe_subgroup_variable){v->name, v->code, v->level, v->n_levels};
    else if (v->binary)
        status = split_binary(m, v, variable);
    else
        status = cut_number(m, covariate, variable);
    if (status != RWE_OK || variable->n_levels <= RWE_SUBGROUP_MOST_LEVELS)
        return status;
    return rwe_fail(m->error, RWE_USAGE, RWE_NO_INDEX,
                    "--subgroup-by: \"%s\" has %zu levels; subgroups of more than %d tell nothing: "
                    "merge categories",
                    v->name, variable->n_levels, RWE_SUBGROUP_MOST_LEVELS);
}

/* ---- which variables ---- */

/* Covariates in the order in which they were asked for, each once. */
struct picked {
    size_t *covariate;
    size_t n;
};

static void pick(struct picked *picked, size_t covariate)
{
    for (size_t k = 0; k < picked->n; k++)
        if (picked->covariate[k] == covariate)
            return;
    picked->covariate[picked->n++] = covariate;
}

/* What nobody named may be left out, but not in silence. */
static bool is_default(const struct maker *m, size_t covariate)
{
    const struct rwe_variable *v = &m->run->cohort->covariate[covariate];
    if (!v->categorical)
        return v->binary || cuts_of(m, covariate).n > 0;
    if (v->n_levels <= RWE_SUBGROUP_MOST_LEVELS)
        return true;
    if (m->run->replicate == 0)
        rwe_document_warning(m->run->document, "too-many-levels", "subgroups",
                             "\"%s\" has %zu levels, more than the %d of which subgroups are made: "
                             "it is left out",
                             v->name, v->n_levels, RWE_SUBGROUP_MOST_LEVELS);
    return false;
}

static enum rwe_status pick_all(const struct maker *m, struct picked *picked)
{
    struct rwe_strings by = subgroup_settings_of(m->run->settings)->by;
    size_t covariate = 0;
    for (size_t k = 0; k < by.n; k++) {
        enum rwe_status status = find_covariate(m, "subgroup-by", by.item[k], &covariate);
        if (status != RWE_OK)
            return status;
        pick(picked, covariate);
    }
    for (size_t j = 0; by.n == 0 && j < m->run->cohort->n_covariates; j++)
        if (is_default(m, j))
            pick(picked, j);
    for (size_t c = 0; c < m->cuts.n; c++)
        pick(picked, m->cuts.item[c].covariate);
    if (picked->n > 0)
        return RWE_OK;
    return rwe_fail(
        m->error, RWE_USAGE, RWE_NO_INDEX,
        "--subgroups found no covariate with categories: name covariates in "
        "--subgroup-by (numbers are cut at their median), or say --subgroup-cut NAME=X");
}

static enum rwe_status check_arms(const struct rwe_run *run, struct rwe_error *error)
{
    if (run->cohort->n_arms == 2)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--subgroups compares two arms, but there are %zu: name two of them with "
                    "--control and --treated",
                    run->cohort->n_arms);
}

enum rwe_status rwe_subgroups_define(struct rwe_run *run, struct rwe_subgroup_variables *variables,
                                     struct rwe_error *error)
{
    struct maker m = {.run = run, .error = error};
    struct picked picked = {RWE_NEW(run->arena, size_t, run->cohort->n_covariates + 1), 0};
    if (picked.covariate == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = check_arms(run, error);
    if (status == RWE_OK && subgroup_settings_of(run->settings)->least.n != 2)
        status = rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                          "--subgroup-least takes two numbers, patients and events: 20,10");
    if (status == RWE_OK)
        status = read_cuts(&m);
    if (status == RWE_OK)
        status = pick_all(&m, &picked);
    if (status != RWE_OK)
        return status;
    struct rwe_subgroup_variable *item =
        RWE_NEW(run->arena, struct rwe_subgroup_variable, picked.n);
    if (item == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < picked.n && status == RWE_OK; k++)
        status = make_variable(&m, picked.covariate[k], &item[k]);
    *variables = (struct rwe_subgroup_variables){item, picked.n};
    return status;
}

struct rwe_subgroup_variable rwe_subgroup_whole(struct rwe_run *run)
{
    static const char *const level[] = {NULL};
    return (struct rwe_subgroup_variable){NULL, RWE_NEW(run->arena, int32_t, run->cohort->n), level,
                                          1};
}
