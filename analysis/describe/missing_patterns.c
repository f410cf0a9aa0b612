/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "missing_patterns.h"

#include "rwe/analysis/covariates.h"
#include "rwe/base/sort.h"

/* Splits each pattern by whether one more covariate is missing; numbers follow the order of the old ones,
 * those with the value after those without. Returns how many there are. */
static size_t split(const struct rwe_cohort *cohort, size_t covariate, uint32_t pattern[], size_t n,
                    uint32_t number[])
{
    size_t kept = 0;
    for (size_t k = 0; k < 2 * n; k++)
        number[k] = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        pattern[i] = 2 * pattern[i] + !rwe_variable_missing(&cohort->covariate[covariate], i);
        number[pattern[i]] = 1;
    }
    for (size_t k = 0; k < 2 * n; k++)
        if (number[k] != 0)
            number[k] = (uint32_t)kept++;
    for (size_t i = 0; i < cohort->n; i++)
        pattern[i] = number[pattern[i]];
    return kept;
}

static const char *label_of(const struct rwe_cohort *cohort, size_t subject,
                            struct rwe_arena *arena)
{
    const char *label = "";
    for (size_t j = 0; j < cohort->n_covariates && label != NULL; j++)
        if (rwe_variable_missing(&cohort->covariate[j], subject))
            label = rwe_arena_format(arena, "%s%s%s", label, label[0] == '\0' ? "" : ", ",
                                     cohort->covariate[j].name);
    return label;
}

static bool lacks_nothing(const struct rwe_cohort *cohort, size_t subject)
{
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (rwe_variable_missing(&cohort->covariate[j], subject))
            return false;
    return true;
}

/* Those who lack nothing have the last number, by the way in which patterns are split. */
static void set_complete_aside(const struct rwe_cohort *cohort, struct missing_patterns *p)
{
    bool any = false;
    for (size_t i = 0; i < cohort->n; i++)
        if (p->of_subject[i] == p->n - 1 && (any || lacks_nothing(cohort, i))) {
            p->of_subject[i] = MISSING_NOTHING;
            any = true;
        }
    p->n -= any;
}

/* The most frequent first. */
static enum rwe_status sort(struct missing_patterns *p, size_t n_subjects, struct rwe_arena *arena)
{
    double *key = RWE_NEW(arena, double, p->n);
    uint32_t *order = RWE_NEW(arena, uint32_t, p->n), *place = RWE_NEW(arena, uint32_t, p->n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n_subjects; i++)
        if (p->of_subject[i] != MISSING_NOTHING)
            key[p->of_subject[i]]--;
    if (rwe_sort_numbers(key, p->n, arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < p->n; k++) {
        place[order[k]] = (uint32_t)k;
        p->size[k] = (size_t)-key[order[k]];
    }
    for (size_t i = 0; i < n_subjects; i++)
        if (p->of_subject[i] != MISSING_NOTHING)
            p->of_subject[i] = place[p->of_subject[i]];
    return RWE_OK;
}

enum rwe_status missing_patterns_find(const struct rwe_cohort *cohort, struct rwe_arena *arena,
                                      struct missing_patterns *patterns)
{
    *patterns =
        (struct missing_patterns){.n = 1, .of_subject = RWE_NEW(arena, uint32_t, cohort->n)};
    uint32_t *number = RWE_NEW(arena, uint32_t, 2 * cohort->n + 2);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t j = 0; j < cohort->n_covariates; j++)
        if (cohort->covariate[j].n_missing > 0)
            patterns->n = split(cohort, j, patterns->of_subject, patterns->n, number);
    set_complete_aside(cohort, patterns);
    patterns->size = RWE_NEW(arena, size_t, patterns->n);
    patterns->label = RWE_NEW(arena, const char *, patterns->n);
    if (rwe_arena_failed(arena) || sort(patterns, cohort->n, arena) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < cohort->n; i++) {
        uint32_t of = patterns->of_subject[i];
        if (of != MISSING_NOTHING && patterns->label[of] == NULL)
            patterns->label[of] = label_of(cohort, i, arena);
    }
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : RWE_OK;
}
