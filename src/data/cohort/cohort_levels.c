/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Levels of a covariate as the study wants them: joined in groups, in its order, its reference first. */
#include "cohort_private.h"

#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/data/levels.h"
#include <math.h>
#include <string.h>

/* What stands behind "NAME=" in an item, or NULL. */
static const char *behind_name(const char *item, const char *name)
{
    size_t length = strlen(name);
    return strncmp(item, name, length) == 0 && item[length] == '=' ? item + length + 1 : NULL;
}

/* The last item of that name; NULL: none. */
static const char *item_of(struct rwe_strings list, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < list.n; i++) {
        const char *text = behind_name(list.item[i], name);
        found = text == NULL ? found : text;
    }
    return found;
}

bool rwe_raw_is_shaped(const struct raw *raw, const char *name)
{
    return item_of(raw->study->groups, name) != NULL || item_of(raw->study->levels, name) != NULL ||
           item_of(raw->study->reference, name) != NULL;
}

/* The levels that a text names, joined by +. */
static struct rwe_strings split(const struct raw *raw, const struct rwe_factor *factor,
                                const char *text)
{
    struct rwe_marked marked = rwe_marked_read(raw->scratch, text);
    if (marked.text == NULL)
        return (struct rwe_strings){NULL, 0};
    return rwe_marked_split(raw->scratch, &marked, 0,
                            (struct rwe_strings){factor->level, factor->n_levels}, "+")
        .item;
}

/* ---- groups ---- */

/* The levels get new numbers: level l becomes number[l] of the n names. */
static void renumber(struct rwe_factor *factor, const int32_t number[], const char **name, size_t n,
                     size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++)
        if (factor->code[i] >= 0)
            factor->code[i] = number[factor->code[i]];
    factor->level = name;
    factor->n_levels = n;
}

/* Which group each level is in; −1: in none. Names of groups are put in `name`, *n of them. */
static enum rwe_status place_in_groups(const struct raw *raw, const struct raw_variable *variable,
                                       int32_t group[], const char *name[], size_t *n,
                                       struct rwe_error *error)
{
    struct rwe_strings groups = raw->study->groups;
    for (size_t i = 0; i < groups.n; i++) {
        const char *text = behind_name(groups.item[i], variable->name);
        const char *colon = text == NULL ? NULL : strchr(text, ':');
        if (text == NULL)
            continue;
        if (colon == NULL || colon == text || colon[1] == '\0')
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--groups %s: write VAR=GROUP:LEVEL+LEVEL, as in "
                            "--groups stage=early:I+II,stage=late:III",
                            groups.item[i]);
        struct rwe_strings levels = split(raw, &variable->factor, colon + 1);
        name[*n] = rwe_arena_substring(raw->arena, text, (size_t)(colon - text));
        if (levels.item == NULL || name[*n] == NULL)
            return rwe_fail_memory(error);
        for (size_t l = 0; l < levels.n; l++) {
            size_t level = rwe_level_find(variable->column, &variable->factor, levels.item[l]);
            if (level != RWE_NO_INDEX) /* one study serves many files */
                group[level] = (int32_t)*n;
        }
        ++*n;
    }
    return RWE_OK;
}

/* Groups in the order in which they are named, then the levels that are in none. */
static enum rwe_status join_groups(const struct raw *raw, struct raw_variable *variable,
                                   struct rwe_error *error)
{
    struct rwe_factor *factor = &variable->factor;
    size_t n = 0;
    int32_t *group = RWE_NEW(raw->scratch, int32_t, factor->n_levels);
    const char **name = RWE_NEW(raw->arena, const char *, factor->n_levels + raw->study->groups.n);
    if (group == NULL || name == NULL)
        return rwe_fail_memory(error);
    for (size_t l = 0; l < factor->n_levels; l++)
        group[l] = -1;
    enum rwe_status status = place_in_groups(raw, variable, group, name, &n, error);
    if (status != RWE_OK)
        return status;
    for (size_t l = 0; l < factor->n_levels; l++)
        if (group[l] < 0) {
            group[l] = (int32_t)n;
            name[n++] = factor->level[l];
        }
    renumber(factor, group, name, n, raw->n_rows);
    return RWE_OK;
}

/* ---- order ---- */

static size_t find(const struct raw_variable *variable, const char *text)
{
    return rwe_level_find(variable->column, &variable->factor, text);
}

/* The levels named come first, in their order; then the rest as they were. */
static enum rwe_status put_first(const struct raw *raw, struct raw_variable *variable,
                                 struct rwe_strings first, struct rwe_error *error)
{
    struct rwe_factor *factor = &variable->factor;
    int32_t *number = RWE_NEW(raw->scratch, int32_t, factor->n_levels);
    const char **name = RWE_NEW(raw->arena, const char *, factor->n_levels);
    int32_t n = 0;
    if (number == NULL || name == NULL)
        return rwe_fail_memory(error);
    for (size_t l = 0; l < factor->n_levels; l++)
        number[l] = -1;
    for (size_t i = 0; i < first.n + factor->n_levels; i++) {
        size_t level = i < first.n ? find(variable, first.item[i]) : i - first.n;
        if (level == RWE_NO_INDEX || number[level] >= 0)
            continue;
        name[n] = factor->level[level];
        number[level] = n++;
    }
    renumber(factor, number, name, factor->n_levels, raw->n_rows);
    return RWE_OK;
}

static enum rwe_status put_reference(const struct raw *raw, struct raw_variable *variable,
                                     const char *reference, struct rwe_error *error)
{
    struct rwe_strings one = {&reference, 1};
    if (find(variable, reference) == RWE_NO_INDEX)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--reference %s=%s: there is no such level; its levels are %s",
                        variable->name, reference, rwe_raw_tell_levels(raw, &variable->factor));
    return put_first(raw, variable, one, error);
}

enum rwe_status rwe_raw_shape_levels(const struct raw *raw, struct raw_variable *variable,
                                     struct rwe_error *error)
{
    const char *levels = item_of(raw->study->levels, variable->name);
    const char *reference = item_of(raw->study->reference, variable->name);
    enum rwe_status status = RWE_OK;
    if (item_of(raw->study->groups, variable->name) != NULL)
        status = join_groups(raw, variable, error);
    if (status == RWE_OK && levels != NULL)
        status = put_first(raw, variable, split(raw, &variable->factor, levels), error);
    if (status == RWE_OK && reference != NULL) {
        struct rwe_strings named = split(raw, &variable->factor, reference);
        status =
            named.item == NULL
                ? rwe_fail_memory(error)
                : put_reference(raw, variable, named.n == 1 ? named.item[0] : reference, error);
    }
    return status;
}

/* ---- names ---- */

enum rwe_status rwe_raw_name_variable(const struct raw *raw, struct rwe_variable *variable)
{
    const char *language = rwe_languages_now().report->name;
    const char *in_language = rwe_arena_format(raw->scratch, "%s:%s", variable->name, language);
    if (in_language == NULL)
        return RWE_NO_MEMORY;
    const char *label = item_of(raw->study->label, in_language);
    variable->label = label != NULL ? label : item_of(raw->study->label, variable->name);
    variable->unit = item_of(raw->study->unit, variable->name);
    const char *per = item_of(raw->study->per, variable->name);
    if (per != NULL && !variable->categorical)
        rwe_number_parse(per, strlen(per), &variable->per);
    return RWE_OK;
}

static bool is_named(const char *item, const struct raw *raw)
{
    for (size_t j = 0; j < raw->n_covariates; j++)
        if (behind_name(item, raw->covariate[j].name) != NULL)
            return true;
    for (size_t j = 0; j < raw->study->treatment_columns.n; j++)
        if (behind_name(item, raw->study->treatment_columns.item[j]) != NULL)
            return true;
    return false;
}

enum rwe_status rwe_raw_check_shaped(const struct raw *raw, struct rwe_error *error)
{
    const struct {
        const char *option;
        struct rwe_strings list;
        enum rwe_source source;
    } lists[] = {
        {"reference", raw->study->reference, raw->study->source.reference},
        {"levels", raw->study->levels, raw->study->source.levels},
        {"groups", raw->study->groups, raw->study->source.groups},
    };
    for (size_t o = 0; o < sizeof lists / sizeof *lists; o++)
        for (size_t i = 0; lists[o].source == RWE_FROM_COMMAND && i < lists[o].list.n; i++)
            if (!is_named(lists[o].list.item[i], raw))
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                "--%s %s: write VAR=…, where VAR is among the covariates",
                                lists[o].option, lists[o].list.item[i]);
    for (size_t i = 0; i < raw->study->per.n; i++) {
        const char *equals = strrchr(raw->study->per.item[i], '=');
        double per;
        if (equals == NULL || !rwe_number_parse(equals + 1, strlen(equals + 1), &per) ||
            !isfinite(per) || per <= 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--per %s: write VAR=X, where X is a number above 0",
                            raw->study->per.item[i]);
    }
    return RWE_OK;
}
