/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/levels.h"

#include "rwe/base/number.h"
#include <math.h>
#include <string.h>

/* The level that the label of a value is. */
static size_t find_label(const struct rwe_factor *factor, const struct rwe_value_label *label)
{
    for (size_t l = 0; l < factor->n_levels; l++)
        if (strcmp(factor->level[l], label->label) == 0)
            return l;
    return RWE_NO_INDEX;
}

size_t rwe_level_find(const struct rwe_column_info *column, const struct rwe_factor *factor,
                      const char *text)
{
    double number, other;
    for (size_t l = 0; l < factor->n_levels; l++)
        if (strcmp(factor->level[l], text) == 0)
            return l;
    for (size_t i = 0;
         column != NULL && column->kind == RWE_KIND_TEXT && i < column->n_value_labels; i++)
        if (strcmp(column->value_label[i].text, text) == 0)
            return find_label(factor, &column->value_label[i]);
    if (!rwe_number_parse(text, strlen(text), &number))
        return RWE_NO_INDEX;
    for (size_t l = 0; l < factor->n_levels; l++)
        if (rwe_number_parse(factor->level[l], strlen(factor->level[l]), &other) && other == number)
            return l;
    for (size_t i = 0;
         column != NULL && column->kind == RWE_KIND_NUMBER && i < column->n_value_labels; i++)
        if (column->value_label[i].number == number)
            return find_label(factor, &column->value_label[i]);
    return RWE_NO_INDEX;
}

/* ---- endpoints ---- */

struct look_up {
    const struct rwe_table *table;
    struct rwe_arena *arena;
};

/* The longest column shorter than `below` that is at `at` with one of the marks behind it. */
static size_t longest_column(const struct rwe_table *table, const struct rwe_marked *marked,
                             size_t at, size_t below, const char *marks, size_t *end)
{
    size_t longest = RWE_NO_INDEX, length = 0;
    for (size_t j = 0; j < rwe_table_columns(table); j++) {
        const char *name = rwe_table_name(table, j);
        size_t size = strlen(name);
        size_t behind = size > length && size < below ? rwe_marked_match(marked, at, name, marks)
                                                      : RWE_NO_INDEX;
        if (behind == RWE_NO_INDEX)
            continue;
        longest = j;
        length = size;
        *end = behind;
    }
    return longest;
}

/* Where the values begin, if times and events are columns. */
static size_t find_columns(const struct rwe_table *table, const struct rwe_marked *marked,
                           struct rwe_endpoint_spec *spec)
{
    size_t comma, colon, below = SIZE_MAX;
    for (;;) {
        size_t time = longest_column(table, marked, 0, below, ",", &comma);
        if (time == RWE_NO_INDEX)
            return RWE_NO_INDEX;
        below = strlen(rwe_table_name(table, time));
        size_t event = comma == marked->length
                           ? RWE_NO_INDEX
                           : longest_column(table, marked, comma + 1, SIZE_MAX, ":", &colon);
        if (event == RWE_NO_INDEX)
            continue;
        spec->time = rwe_table_name(table, time);
        spec->event = rwe_table_name(table, event);
        return colon;
    }
}

static enum rwe_status look_up(void *context, struct rwe_endpoint_spec *spec,
                               struct rwe_error *error)
{
    const struct look_up *in = context;
    struct rwe_factor factor;
    if (spec->text == NULL)
        return RWE_OK;
    struct rwe_marked marked = rwe_marked_read(in->arena, spec->text);
    size_t colon = marked.text == NULL ? RWE_NO_INDEX : find_columns(in->table, &marked, spec);
    if (rwe_arena_failed(in->arena))
        return rwe_fail_memory(error);
    if (colon == RWE_NO_INDEX)
        return RWE_OK;
    spec->values = spec->competing = (struct rwe_strings){NULL, 0};
    if (colon + 1 >= marked.length)
        return RWE_OK;
    struct rwe_strings known = {NULL, 0};
    if (rwe_marked_find(&marked, colon + 1, "+;") < marked.length) { /* else it is one value */
        if (rwe_table_factor(in->table, rwe_table_find(in->table, spec->event), in->arena,
                             &factor) != RWE_OK)
            return rwe_fail_memory(error);
        known = (struct rwe_strings){factor.level, factor.n_levels};
    }
    struct rwe_marked_list list = rwe_marked_split(in->arena, &marked, colon + 1, known, "+;");
    rwe_endpoint_spec_take(spec, &list);
    return rwe_arena_failed(in->arena) ? rwe_fail_memory(error) : RWE_OK;
}

enum rwe_status rwe_endpoints_look_up(struct rwe_settings *settings, const struct rwe_table *table,
                                      struct rwe_error *error)
{
    struct look_up in = {table, rwe_settings_arena(settings)};
    return rwe_settings_settle_endpoints(settings, look_up, &in, error);
}
