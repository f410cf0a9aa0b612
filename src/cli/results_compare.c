/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results.h"

#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- order of keys ---- */

/* What is absent comes first. */
static int compare_texts(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return a == b ? 0 : strcmp(a, b);
}

static int compare_times(double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) - !isnan(b);
    return (a > b) - (a < b);
}

static int compare_keys(const struct rwe_fact_value *a, const struct rwe_fact_value *b)
{
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++) {
        int order = compare_texts(rwe_key_text(&a->key, i), rwe_key_text(&b->key, i));
        if (order != 0)
            return order;
    }
    int order = compare_times(a->key.time, b->key.time);
    return order != 0 ? order : compare_texts(a->stat, b->stat);
}

/* For qsort: facts of one array, those of the same key by their place, so that the order is total.
 */
static int compare_places(const void *a, const void *b)
{
    const struct rwe_fact_value *left = *(const struct rwe_fact_value *const *)a;
    const struct rwe_fact_value *right = *(const struct rwe_fact_value *const *)b;
    int order = compare_keys(left, right);
    return order != 0 ? order : (left > right) - (left < right);
}

/* Pointers to the facts in the order of their keys. */
static const struct rwe_fact_value **sort(struct rwe_fact_list facts, struct rwe_arena *arena)
{
    const struct rwe_fact_value **order = RWE_NEW(arena, const struct rwe_fact_value *, facts.n);
    for (size_t i = 0; order != NULL && i < facts.n; i++)
        order[i] = &facts.fact[i];
    if (order != NULL)
        // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted
        qsort(order, facts.n, sizeof order[0], compare_places);
    return order;
}

/* ---- comparison ---- */

static double difference_of(double a, double b)
{
    return a == b ? 0 : fabs(a - b) / fmax(fabs(a), fabs(b));
}

static bool is_same(const struct rwe_fact_value *a, const struct rwe_fact_value *b, double relative)
{
    if (a->text != NULL || b->text != NULL)
        return compare_texts(a->text, b->text) == 0;
    if (isnan(a->number) || isnan(b->number))
        return isnan(a->number) && isnan(b->number);
    return difference_of(a->number, b->number) <= relative;
}

/* Walks both ordered lists at once; `difference` has room for all facts of both. */
static void merge(const struct rwe_fact_value *const was[], size_t n_was,
                  const struct rwe_fact_value *const is[], size_t n_is, double relative,
                  struct rwe_comparison *comparison)
{
    size_t i = 0;
    size_t j = 0;
    while (i < n_was || j < n_is) {
        int order = i == n_was ? 1 : j == n_is ? -1 : compare_keys(was[i], is[j]);
        struct rwe_difference difference = {
            .change = order < 0   ? RWE_MISSING
                      : order > 0 ? RWE_NEW
                                  : RWE_CHANGED,
            .was = order <= 0 ? was[i++] : NULL,
            .is = order >= 0 ? is[j++] : NULL,
        };
        if (order == 0 && is_same(difference.was, difference.is, relative))
            comparison->n_same++;
        else
            comparison->difference[comparison->n++] = difference;
    }
}

enum rwe_status rwe_results_compare(struct rwe_fact_list was, struct rwe_fact_list is,
                                    double relative, struct rwe_arena *arena,
                                    struct rwe_comparison *comparison, struct rwe_error *error)
{
    *comparison =
        (struct rwe_comparison){.difference = RWE_NEW(arena, struct rwe_difference, was.n + is.n)};
    struct rwe_mark mark = rwe_arena_mark(arena);
    const struct rwe_fact_value **was_order = sort(was, arena);
    const struct rwe_fact_value **is_order = sort(is, arena);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    merge(was_order, was.n, is_order, is.n, relative, comparison);
    rwe_arena_release(arena, mark);
    return RWE_OK;
}

/* ---- text ---- */

/* "km endpoint=os group=1 time=12 estimate" */
static const char *key_text(const struct rwe_fact_value *fact, struct rwe_arena *arena)
{
    char number[RWE_NUMBER_SIZE];
    const char *text = fact->key.analysis == NULL ? "" : fact->key.analysis;
    for (size_t i = 1; i < RWE_KEY_TEXTS && text != NULL; i++)
        if (rwe_key_text(&fact->key, i) != NULL)
            text = rwe_arena_format(arena, "%s %s=%s", text, rwe_key_names[i],
                                    rwe_key_text(&fact->key, i));
    if (!isnan(fact->key.time) && text != NULL) {
        rwe_number_exact(fact->key.time, number);
        text = rwe_arena_format(arena, "%s time=%s", text, number);
    }
    return text == NULL ? NULL : rwe_arena_format(arena, "%s %s", text, fact->stat);
}

static const char *value_text(const struct rwe_fact_value *fact, struct rwe_arena *arena)
{
    char number[RWE_NUMBER_SIZE];
    if (fact->text != NULL)
        return rwe_arena_format(arena, "\"%s\"", fact->text);
    if (isnan(fact->number))
        return "null";
    rwe_number_exact(fact->number, number);
    return rwe_arena_string(arena, number);
}

const char *rwe_difference_text(const struct rwe_difference *difference, struct rwe_arena *arena)
{
    const struct rwe_fact_value *was = difference->was;
    const struct rwe_fact_value *is = difference->is;
    const char *key = key_text(was != NULL ? was : is, arena);
    const char *before = was == NULL ? NULL : value_text(was, arena);
    const char *after = is == NULL ? NULL : value_text(is, arena);
    if (rwe_arena_failed(arena))
        return NULL;
    if (difference->change == RWE_MISSING)
        return rwe_arena_format(arena, rwe_message("missing: %s: %s"), key, before);
    if (difference->change == RWE_NEW)
        return rwe_arena_format(arena, rwe_message("new: %s: %s"), key, after);
    if (isnan(was->number) || isnan(is->number))
        return rwe_arena_format(arena, rwe_message("changed: %s: %s -> %s"), key, before, after);
    return rwe_arena_format(arena, rwe_message("changed: %s: %s -> %s (relative difference %.2g)"),
                            key, before, after, difference_of(was->number, is->number));
}
