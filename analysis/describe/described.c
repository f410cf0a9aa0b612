/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "described.h"

#include <math.h>
#include <string.h>

static enum rwe_status add(struct described *list, const struct rwe_variable *variable,
                           const char *label)
{
    struct rwe_variable *item =
        rwe_arena_grow(list->arena, list->item, &list->room, list->n + 1, sizeof *item);
    const char **labels =
        rwe_arena_grow(list->arena, list->label, &list->label_room, list->n + 1, sizeof *labels);
    if (item == NULL || labels == NULL)
        return RWE_NO_MEMORY;
    list->item = item;
    list->label = labels;
    list->label[list->n] = label;
    list->item[list->n++] = *variable;
    return RWE_OK;
}

enum rwe_status described_add(struct described *list, const struct rwe_variable *variable)
{
    return add(list, variable, NULL);
}

enum rwe_status described_add_numbers(struct described *list, const char *name, const char *label,
                                      const double number[])
{
    struct rwe_variable variable = {.name = name, .binary = true, .number = number};
    if (name == NULL || number == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < list->cohort->n; i++) {
        variable.n_missing += isnan(number[i]);
        variable.binary = variable.binary && (isnan(number[i]) || number[i] == 0 || number[i] == 1);
    }
    return add(list, &variable, label);
}

/* ---- cells that name several things ---- */

/* The things that the texts of a column name, in order of bytes, each once. */
struct parts {
    const char **item;
    size_t n, room;
};

/* The next thing of "lung; mediast", without blanks around it; moves `text` behind it. */
static const char *next_part(const char **text, size_t *length)
{
    const char *part = *text + strspn(*text, " ;");
    size_t n = strcspn(part, ";");
    *text = part + n;
    while (n > 0 && part[n - 1] == ' ')
        n--;
    *length = n;
    return n > 0 ? part : NULL;
}

static bool names_part(const char *text, const char *part)
{
    size_t length;
    for (const char *p = next_part(&text, &length); p != NULL; p = next_part(&text, &length))
        if (strlen(part) == length && memcmp(p, part, length) == 0)
            return true;
    return false;
}

/* Puts it where it belongs, unless it is there; false when memory is out. */
static bool insert(struct parts *parts, const char *part, struct rwe_arena *arena)
{
    size_t at = 0;
    while (part != NULL && at < parts->n && strcmp(parts->item[at], part) < 0)
        at++;
    if (part != NULL && at < parts->n && strcmp(parts->item[at], part) == 0)
        return true;
    const char **item =
        rwe_arena_grow(arena, parts->item, &parts->room, parts->n + 1, sizeof *item);
    if (item == NULL || part == NULL)
        return false;
    parts->item = item;
    memmove(&item[at + 1], &item[at], (parts->n - at) * sizeof *item);
    item[at] = part;
    parts->n++;
    return true;
}

static bool find_parts(const struct rwe_variable *column, struct rwe_arena *arena,
                       struct parts *parts)
{
    size_t length;
    for (size_t l = 0; l < column->n_levels; l++) {
        const char *text = column->level[l];
        for (const char *p = next_part(&text, &length); p != NULL; p = next_part(&text, &length))
            if (!insert(parts, rwe_arena_format(arena, "%.*s", (int)length, p), arena))
                return false;
    }
    return true;
}

static enum rwe_status add_part(struct described *list, const struct rwe_variable *column,
                                const char *part)
{
    double *number = RWE_NEW(list->arena, double, list->cohort->n);
    for (size_t i = 0; number != NULL && i < list->cohort->n; i++)
        number[i] = column->code[i] < 0 ? NAN : names_part(column->level[column->code[i]], part);
    return described_add_numbers(list, rwe_arena_format(list->arena, "%s=%s", column->name, part),
                                 NULL, number);
}

static bool names_several(const struct rwe_variable *column)
{
    for (size_t l = 0; l < column->n_levels; l++)
        if (strchr(column->level[l], ';') != NULL)
            return true;
    return false;
}

enum rwe_status described_add_column(struct described *list, const struct rwe_variable *column)
{
    struct parts parts = {0};
    enum rwe_status status = RWE_OK;
    if (!column->categorical || !names_several(column))
        return described_add(list, column);
    if (!find_parts(column, list->arena, &parts))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < parts.n && status == RWE_OK; k++)
        status = add_part(list, column, parts.item[k]);
    return status;
}
