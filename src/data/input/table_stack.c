/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/table_stack.h"

#include "rwe/base/language.h"
#include "table_private.h"

/* The column of exactly that name: what a second header calls another is no name of it. */
static size_t column_named(const struct rwe_table *table, const char *name)
{
    for (size_t j = 0; j < table->n_columns; j++)
        if (strcmp(table->column[j].info->name, name) == 0)
            return j;
    return RWE_NO_INDEX;
}

/* ---- cells from one table to another ---- */

/* A walk through all columns of a table; of each where its cells go. */
struct walk {
    struct rwe_cells *cells;
    size_t *to;
};

static bool begin(const struct rwe_table *table, struct rwe_arena *scratch, struct walk *walk)
{
    walk->cells = RWE_NEW(scratch, struct rwe_cells, table->n_columns);
    walk->to = RWE_NEW(scratch, size_t, table->n_columns);
    for (size_t j = 0; walk->cells != NULL && j < table->n_columns; j++)
        walk->cells[j] = rwe_cells_of(table, j);
    return !rwe_arena_failed(scratch);
}

/* The next cell of a column; it is skipped where there is no builder. */
static void take_cell(struct rwe_cells *cells, struct rwe_table_builder *builder, size_t to)
{
    size_t length;
    if (cells->kind == RWE_KIND_TEXT) {
        const char *text = rwe_cells_next_text(cells, &length);
        if (builder != NULL)
            rwe_table_builder_text(builder, to, text, length);
        return;
    }
    double number = rwe_cells_next_number(cells);
    if (builder == NULL)
        return;
    if (cells->kind == RWE_KIND_DATE)
        rwe_table_builder_date(builder, to, number);
    else
        rwe_table_builder_number(builder, to, number);
}

static void take_row(const struct rwe_table *table, struct walk *walk,
                     struct rwe_table_builder *builder)
{
    for (size_t j = 0; j < table->n_columns; j++)
        take_cell(&walk->cells[j], builder, walk->to[j]);
}

enum rwe_status rwe_table_keep_rows(const struct rwe_table *table, const bool kept[],
                                    const struct rwe_table_options *options,
                                    struct rwe_arena *arena, struct rwe_table **result,
                                    struct rwe_error *error)
{
    struct walk walk;
    struct rwe_arena *scratch = rwe_arena_new();
    struct rwe_table_builder *builder = rwe_table_builder_new(table->file, options, arena);
    *result = NULL;
    if (scratch == NULL || builder == NULL || !begin(table, scratch, &walk)) {
        rwe_arena_free(scratch);
        return rwe_fail_memory(error);
    }
    for (size_t j = 0; j < table->n_columns; j++)
        walk.to[j] = rwe_table_builder_column(builder, table->column[j].info);
    for (size_t i = 0; i < table->n_rows; i++) {
        take_row(table, &walk, kept[i] ? builder : NULL);
        if (kept[i])
            rwe_table_builder_end_row(builder, rwe_table_line(table, i));
    }
    memcpy(builder->table->sha256, table->sha256, sizeof table->sha256);
    builder->table->source = table->source;
    rwe_arena_free(scratch);
    return rwe_table_builder_finish(builder, result, error);
}

/* ---- below each other ---- */

/* Lines that a table takes in a stack. */
static size_t lines_of(const struct rwe_table *table)
{
    return table->n_rows == 0 ? 0 : rwe_table_line(table, table->n_rows - 1);
}

static size_t column_of(struct rwe_table_builder *builder, const struct rwe_column_info *info)
{
    size_t at = column_named(builder->table, info->name);
    return at != RWE_NO_INDEX ? at : rwe_table_builder_column(builder, info);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Labels stand in the order of their values. */
static bool same_labels(const struct rwe_column_info *a, const struct rwe_column_info *b)
{
    bool same = a->n_value_labels == b->n_value_labels;
    for (size_t l = 0; same && l < a->n_value_labels; l++)
        same = (a->value_label[l].text != NULL ||
                a->value_label[l].number == b->value_label[l].number) &&
               same_text(a->value_label[l].text, b->value_label[l].text) &&
               same_text(a->value_label[l].label, b->value_label[l].label);
    return same;
}

/* A value must mean the same in all files: 1 is not female in one and male in another. */
static enum rwe_status check_labels(const struct rwe_stacked part[], size_t n,
                                    struct rwe_error *error)
{
    for (size_t p = 1; p < n; p++)
        for (size_t j = 0; j < part[p].table->n_columns; j++) {
            const struct rwe_column_info *info = part[p].table->column[j].info;
            for (size_t q = 0; q < p; q++) {
                const struct rwe_table *other = part[q].table;
                size_t at = column_named(other, info->name);
                if (at != RWE_NO_INDEX && !same_labels(info, other->column[at].info))
                    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                                    "column \"%s\" has other value labels in %s than in %s: give "
                                    "its values the same meaning in all files of --cohort",
                                    info->name, rwe_table_file(part[p].table),
                                    rwe_table_file(other));
            }
        }
    return RWE_OK;
}

/* A column that comes in later: the rows before have no value. */
static void fill(struct rwe_table_builder *builder, size_t column)
{
    while (rwe_table_builder_status(builder) == RWE_OK &&
           builder->table->column[column].n < builder->table->n_rows)
        rwe_table_builder_missing(builder, column);
}

static void add_part(struct rwe_table_builder *builder, const struct rwe_stacked *part,
                     size_t lines_before, struct walk *walk)
{
    const struct rwe_table *table = part->table;
    for (size_t j = 0; j < table->n_columns; j++) {
        walk->to[j] = column_of(builder, table->column[j].info);
        if (rwe_table_builder_status(builder) == RWE_OK)
            fill(builder, walk->to[j]);
    }
    for (size_t i = 0; i < table->n_rows && rwe_table_builder_status(builder) == RWE_OK; i++) {
        rwe_table_builder_text(builder, 0, part->level, strlen(part->level));
        take_row(table, walk, builder);
        rwe_table_builder_end_row(builder, lines_before + rwe_table_line(table, i));
    }
}

static const char *names_of(const struct rwe_stacked part[], size_t n, struct rwe_arena *arena)
{
    struct rwe_strings names = {RWE_NEW(arena, const char *, n), n};
    for (size_t p = 0; names.item != NULL && p < n; p++)
        names.item[p] = rwe_table_file(part[p].table);
    return names.item == NULL ? NULL : rwe_text_join(arena, names, ", ");
}

enum rwe_status rwe_table_stack(const struct rwe_stacked part[], size_t n,
                                const struct rwe_table_options *options, struct rwe_arena *arena,
                                struct rwe_table **result, struct rwe_error *error)
{
    static const struct rwe_column_info arm = {.name = RWE_STACK_ARM, .kind = RWE_KIND_TEXT};
    const char *names = names_of(part, n, arena);
    struct rwe_table_builder *builder =
        names == NULL ? NULL : rwe_table_builder_new(names, options, arena);
    struct rwe_arena *scratch = rwe_arena_new();
    size_t lines = 0;
    *result = NULL;
    if (check_labels(part, n, error) != RWE_OK) {
        rwe_arena_free(scratch);
        return RWE_BAD_INPUT;
    }
    for (size_t p = 0; p < n; p++)
        if (column_named(part[p].table, RWE_STACK_ARM) != RWE_NO_INDEX) {
            rwe_arena_free(scratch);
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "%s has a column \"%s\" of its own, but --cohort makes the arm of the "
                            "files: rename that column",
                            rwe_table_file(part[p].table), RWE_STACK_ARM);
        }
    if (builder == NULL || scratch == NULL) {
        rwe_arena_free(scratch);
        return rwe_fail_memory(error);
    }
    rwe_table_builder_column(builder, &arm);
    for (size_t p = 0; p < n; p++) {
        struct walk walk;
        if (!begin(part[p].table, scratch, &walk)) {
            rwe_table_builder_discard(builder);
            rwe_arena_free(scratch);
            return rwe_fail_memory(error);
        }
        add_part(builder, &part[p], lines, &walk);
        lines += lines_of(part[p].table);
    }
    rwe_arena_free(scratch);
    builder->table->part = part;
    builder->table->n_parts = n;
    rwe_table_builder_source(builder, "%zu files", n);
    return rwe_table_builder_finish(builder, result, error);
}

/* ---- what is told of it ---- */

const char *rwe_stack_differences(const struct rwe_stacked part[], size_t n,
                                  struct rwe_arena *arena)
{
    const char *told = "";
    for (size_t p = 0; p < n && told != NULL; p++)
        for (size_t q = 0; q < n && told != NULL; q++) {
            const struct rwe_table *with = part[p].table, *without = part[q].table;
            struct rwe_strings names = {RWE_NEW(arena, const char *, with->n_columns), 0};
            for (size_t j = 0; names.item != NULL && j < with->n_columns; j++)
                if (column_named(without, rwe_table_name(with, j)) == RWE_NO_INDEX)
                    names.item[names.n++] = rwe_table_name(with, j);
            if (names.n == 0)
                continue;
            const char *listed = rwe_text_join(arena, names, ", ");
            const char *one = rwe_arena_format(arena, rwe_text("%s has no column %s"),
                                               rwe_table_file(without), listed);
            told = *told == '\0' ? one : rwe_arena_format(arena, "%s; %s", told, one);
        }
    return rwe_arena_failed(arena) ? NULL : told;
}

void rwe_stack_place(const struct rwe_table *table, const char **file, size_t *line)
{
    size_t p = 0;
    *file = rwe_table_file(table);
    for (; p + 1 < table->n_parts && *line > lines_of(table->part[p].table); p++)
        *line -= lines_of(table->part[p].table);
    if (table->n_parts > 0)
        *file = rwe_table_file(table->part[p].table);
}
