/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/table_parameters.h"

#include "rwe/base/language.h"
#include "table_private.h"
#include <stdlib.h>

/* ---- cells in any order ---- */

/* The cells of a column: numbers, or texts, which the table keeps. */
struct cells {
    enum rwe_column_kind kind;
    const struct rwe_column_info *info;
    double *number;
    const char **text;
    size_t *length;
};

static bool read_cells(const struct rwe_table *table, size_t column, struct rwe_arena *scratch,
                       struct cells *cells)
{
    struct rwe_cells walk = rwe_cells_of(table, column);
    bool is_text = walk.kind == RWE_KIND_TEXT;
    *cells = (struct cells){.kind = walk.kind, .info = rwe_table_column(table, column)};
    if (is_text) {
        cells->text = RWE_NEW(scratch, const char *, table->n_rows);
        cells->length = RWE_NEW(scratch, size_t, table->n_rows);
    } else {
        cells->number = RWE_NEW(scratch, double, table->n_rows);
    }
    for (size_t i = 0; !rwe_arena_failed(scratch) && i < table->n_rows; i++) {
        if (is_text)
            cells->text[i] = rwe_cells_next_text(&walk, &cells->length[i]);
        else
            cells->number[i] = rwe_cells_next_number(&walk);
    }
    return !rwe_arena_failed(scratch);
}

static void put(struct rwe_table_builder *builder, size_t column, const struct cells *cells,
                size_t row)
{
    if (row == RWE_NO_INDEX)
        rwe_table_builder_missing(builder, column);
    else if (cells->kind == RWE_KIND_TEXT)
        rwe_table_builder_text(builder, column, cells->text[row], cells->length[row]);
    else if (cells->kind == RWE_KIND_DATE)
        rwe_table_builder_date(builder, column, cells->number[row]);
    else
        rwe_table_builder_number(builder, column, cells->number[row]);
}

static bool same_cell(const struct cells *cells, size_t a, size_t b)
{
    if (cells->kind == RWE_KIND_TEXT)
        return cells->length[a] == cells->length[b] &&
               memcmp(cells->text[a], cells->text[b], cells->length[a]) == 0;
    return cells->number[a] == cells->number[b] ||
           (isnan(cells->number[a]) && isnan(cells->number[b]));
}

/* ---- which columns ---- */

static size_t find(const struct rwe_table *table, const char *name)
{
    for (size_t j = 0; j < table->n_columns; j++)
        if (strcasecmp(rwe_table_name(table, j), name) == 0)
            return j;
    return RWE_NO_INDEX;
}

bool rwe_table_has_parameters(const struct rwe_table *table)
{
    return find(table, "PARAMCD") != RWE_NO_INDEX && find(table, "AVAL") != RWE_NO_INDEX;
}

size_t rwe_parameters_id(const struct rwe_table *table, const char *id)
{
    size_t found = id == NULL ? RWE_NO_INDEX : rwe_table_find(table, id);
    if (found == RWE_NO_INDEX)
        found = find(table, "USUBJID");
    return found != RWE_NO_INDEX ? found : find(table, "SUBJID");
}

/* What a parameter has of its own. */
static bool is_of_parameter(const char *name)
{
    static const char *const names[] = {"AVAL", "CNSR", "ADT", "EVNTDESC"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        if (strcasecmp(name, names[n]) == 0)
            return true;
    return false;
}

/* What says of which parameter a row is. */
static bool is_about_parameter(const char *name)
{
    return strncasecmp(name, "PARAM", strlen("PARAM")) == 0;
}

/* ---- one row a patient ---- */

struct widening {
    const struct rwe_table *table;
    size_t id;
    struct rwe_arena *scratch;
    struct rwe_factor patient, parameter;
    size_t *row;   /* by patient and parameter: the row, or RWE_NO_INDEX */
    size_t *first; /* the first rows of patients, in their order */
    size_t n;      /* patients */
};

enum rwe_status rwe_parameters_repeat(const struct rwe_table *table, size_t id, bool *repeat)
{
    struct rwe_arena *scratch = rwe_arena_new();
    struct rwe_factor patient, parameter;
    enum rwe_status status = RWE_NO_MEMORY;
    *repeat = false;
    if (scratch != NULL && rwe_table_factor(table, id, scratch, &patient) == RWE_OK &&
        rwe_table_factor(table, find(table, "PARAMCD"), scratch, &parameter) == RWE_OK) {
        *repeat = parameter.n_levels > 1 && patient.n_levels < table->n_rows;
        status = RWE_OK;
    }
    rwe_arena_free(scratch);
    return status;
}

static size_t *cell_of(const struct widening *w, size_t row)
{
    return &w->row[(size_t)w->patient.code[row] * w->parameter.n_levels +
                   (size_t)w->parameter.code[row]];
}

static enum rwe_status place_rows(struct widening *w, struct rwe_error *error)
{
    const struct rwe_table *table = w->table;
    for (size_t c = 0; c < w->patient.n_levels * w->parameter.n_levels; c++)
        w->row[c] = RWE_NO_INDEX;
    bool *seen = RWE_NEW(w->scratch, bool, w->patient.n_levels);
    if (seen == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < table->n_rows; i++) {
        int32_t patient = w->patient.code[i];
        if (patient < 0 || w->parameter.code[i] < 0)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "%s:%zu: the row has no %s: each row is of one patient and one "
                            "parameter",
                            table->file, rwe_table_line(table, i),
                            patient < 0 ? rwe_table_name(table, w->id) : "PARAMCD");
        size_t *cell = cell_of(w, i);
        if (*cell != RWE_NO_INDEX)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "%s: %s has two rows of PARAMCD %s, lines %zu and %zu: leave the one "
                            "out that does not count",
                            table->file, w->patient.level[patient],
                            w->parameter.level[w->parameter.code[i]], rwe_table_line(table, *cell),
                            rwe_table_line(table, i));
        *cell = i;
        if (!seen[patient])
            w->first[w->n++] = i;
        seen[patient] = true;
    }
    return RWE_OK;
}

/* Whether a column has one value a patient. */
static bool is_constant(const struct widening *w, const struct cells *cells)
{
    for (size_t p = 0; p < w->n; p++) {
        const size_t *row = &w->row[(size_t)w->patient.code[w->first[p]] * w->parameter.n_levels];
        for (size_t k = 0; k < w->parameter.n_levels; k++)
            if (row[k] != RWE_NO_INDEX && !same_cell(cells, row[k], w->first[p]))
                return false;
    }
    return true;
}

/* Columns of the table that is made, each with the cells that it takes. */
struct made {
    struct cells *cells;
    size_t *parameter; /* RWE_NO_INDEX: of the patient */
    size_t n;
};

static bool add_made(const struct widening *w, struct rwe_table_builder *builder, size_t column,
                     size_t parameter, struct made *made)
{
    struct cells *cells = &made->cells[made->n];
    if (!read_cells(w->table, column, w->scratch, cells))
        return false;
    struct rwe_column_info info = *cells->info;
    if (parameter == RWE_NO_INDEX && column != w->id && !is_constant(w, cells))
        return true;
    if (parameter != RWE_NO_INDEX) {
        info.name = rwe_arena_format(w->scratch, "%s_%s", w->parameter.level[parameter], info.name);
        info.label = NULL;
    }
    if (info.name == NULL)
        return false;
    rwe_table_builder_column(builder, &info);
    made->parameter[made->n++] = parameter;
    return true;
}

static bool add_columns(const struct widening *w, struct rwe_table_builder *builder,
                        struct made *made)
{
    const struct rwe_table *table = w->table;
    size_t most = table->n_columns * (w->parameter.n_levels + 1);
    made->cells = RWE_NEW(w->scratch, struct cells, most);
    made->parameter = RWE_NEW(w->scratch, size_t, most);
    for (size_t j = 0; !rwe_arena_failed(w->scratch) && j < table->n_columns; j++) {
        const char *name = rwe_table_name(table, j);
        if (!is_of_parameter(name) && !is_about_parameter(name) &&
            !add_made(w, builder, j, RWE_NO_INDEX, made))
            return false;
    }
    for (size_t k = 0; !rwe_arena_failed(w->scratch) && k < w->parameter.n_levels; k++)
        for (size_t j = 0; j < table->n_columns; j++)
            if (is_of_parameter(rwe_table_name(table, j)) && !add_made(w, builder, j, k, made))
                return false;
    return !rwe_arena_failed(w->scratch);
}

static void add_patient(const struct widening *w, size_t first, const struct made *made,
                        struct rwe_table_builder *builder)
{
    const size_t *row = &w->row[(size_t)w->patient.code[first] * w->parameter.n_levels];
    for (size_t c = 0; c < made->n; c++)
        put(builder, c, &made->cells[c],
            made->parameter[c] == RWE_NO_INDEX ? first : row[made->parameter[c]]);
    rwe_table_builder_end_row(builder, rwe_table_line(w->table, first));
}

static enum rwe_status note(const struct widening *w, struct rwe_complaints *complaints)
{
    struct rwe_strings names = {w->parameter.level, w->parameter.n_levels};
    const char *joined = rwe_text_join(w->scratch, names, ", ");
    if (joined == NULL)
        return RWE_NO_MEMORY;
    return rwe_complaints_note(complaints,
                               "%s: one row a patient and parameter (PARAMCD): read as one row a "
                               "patient, %zu of them, with "
                               "the columns of each parameter called by it, as %s_AVAL: %s.",
                               w->table->file, w->n, w->parameter.level[0], joined);
}

static enum rwe_status widen(struct widening *w, struct rwe_table_builder *builder,
                             struct rwe_complaints *complaints, struct rwe_error *error)
{
    const struct rwe_table *table = w->table;
    if (rwe_table_factor(table, w->id, w->scratch, &w->patient) != RWE_OK ||
        rwe_table_factor(table, find(table, "PARAMCD"), w->scratch, &w->parameter) != RWE_OK)
        return rwe_fail_memory(error);
    w->row = RWE_NEW(w->scratch, size_t, w->patient.n_levels * w->parameter.n_levels);
    w->first = RWE_NEW(w->scratch, size_t, w->patient.n_levels);
    if (rwe_arena_failed(w->scratch))
        return rwe_fail_memory(error);
    enum rwe_status status = place_rows(w, error);
    if (status != RWE_OK)
        return status;
    struct made made = {0};
    if (!add_columns(w, builder, &made) || note(w, complaints) != RWE_OK)
        return rwe_fail_memory(error);
    for (size_t p = 0; p < w->n && rwe_table_builder_status(builder) == RWE_OK; p++)
        add_patient(w, w->first[p], &made, builder);
    return RWE_OK;
}

enum rwe_status rwe_table_widen(const struct rwe_table *table, size_t id,
                                const struct rwe_table_options *options, struct rwe_arena *arena,
                                struct rwe_table **wide, struct rwe_complaints *complaints,
                                struct rwe_error *error)
{
    struct widening w = {.table = table, .id = id, .scratch = rwe_arena_new()};
    struct rwe_table_builder *builder = rwe_table_builder_new(table->file, options, arena);
    *wide = NULL;
    enum rwe_status status = w.scratch == NULL || builder == NULL
                                 ? rwe_fail_memory(error)
                                 : widen(&w, builder, complaints, error);
    if (status == RWE_OK) {
        memcpy(builder->table->sha256, table->sha256, sizeof table->sha256);
        builder->table->source = table->source;
        status = rwe_table_builder_finish(builder, wide, error);
    } else if (builder != NULL) {
        rwe_table_builder_discard(builder);
    }
    rwe_arena_free(w.scratch);
    return status;
}

/* ---- two tables side by side ---- */

static bool is_new(const struct rwe_joined *joined, size_t column)
{
    return column != joined->other_id &&
           find(joined->table, rwe_table_name(joined->other, column)) == RWE_NO_INDEX;
}

struct named_row {
    const char *id;
    size_t row;
    bool is_met;
};

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct named_row *)a)->id, ((const struct named_row *)b)->id);
}

/* By row of the table the row of the other, or RWE_NO_INDEX. Identifiers are the same that are the same text. */
static bool match(const struct rwe_joined *joined, struct rwe_arena *scratch, size_t of_row[],
                  size_t *n_met, size_t *n_strange)
{
    struct rwe_factor own, others;
    if (rwe_table_factor(joined->table, joined->id, scratch, &own) != RWE_OK ||
        rwe_table_factor(joined->other, joined->other_id, scratch, &others) != RWE_OK)
        return false;
    struct named_row *row = RWE_NEW(scratch, struct named_row, others.n_levels),
                     **of_level = RWE_NEW(scratch, struct named_row *, own.n_levels);
    if (rwe_arena_failed(scratch))
        return false;
    for (size_t i = 0; i < rwe_table_rows(joined->other); i++)
        if (others.code[i] >= 0)
            row[others.code[i]] = (struct named_row){others.level[others.code[i]], i, false};
    qsort(row, others.n_levels, sizeof *row, compare_rows);
    for (size_t l = 0; l < own.n_levels; l++) {
        struct named_row key = {.id = own.level[l]};
        of_level[l] = bsearch(&key, row, others.n_levels, sizeof *row, compare_rows);
        if (of_level[l] != NULL)
            of_level[l]->is_met = true;
    }
    for (size_t i = 0; i < rwe_table_rows(joined->table); i++)
        of_row[i] = own.code[i] < 0 || of_level[own.code[i]] == NULL ? RWE_NO_INDEX
                                                                     : of_level[own.code[i]]->row;
    for (size_t k = 0; k < others.n_levels; k++)
        *(row[k].is_met ? n_met : n_strange) += 1;
    return true;
}

static bool add_joined(const struct rwe_joined *joined, struct rwe_arena *scratch,
                       const size_t of_row[], struct rwe_table_builder *builder)
{
    size_t n_own = joined->table->n_columns, n = 0;
    struct cells *cells = RWE_NEW(scratch, struct cells, n_own + joined->other->n_columns);
    for (size_t j = 0; cells != NULL && j < n_own; j++)
        if (!read_cells(joined->table, j, scratch, &cells[n++]))
            return false;
    for (size_t j = 0; cells != NULL && j < joined->other->n_columns; j++)
        if (is_new(joined, j) && !read_cells(joined->other, j, scratch, &cells[n++]))
            return false;
    if (cells == NULL)
        return false;
    for (size_t c = 0; c < n; c++)
        rwe_table_builder_column(builder, cells[c].info);
    for (size_t i = 0; i < rwe_table_rows(joined->table); i++) {
        for (size_t c = 0; c < n && rwe_table_builder_status(builder) == RWE_OK; c++)
            put(builder, c, &cells[c], c < n_own ? i : of_row[i]);
        rwe_table_builder_end_row(builder, rwe_table_line(joined->table, i));
    }
    return true;
}

static enum rwe_status join(const struct rwe_joined *joined, struct rwe_arena *scratch,
                            struct rwe_table_builder *builder, struct rwe_complaints *complaints,
                            struct rwe_error *error)
{
    size_t *of_row = RWE_NEW(scratch, size_t, rwe_table_rows(joined->table));
    size_t n_met = 0, n_strange = 0;
    if (of_row == NULL || !match(joined, scratch, of_row, &n_met, &n_strange))
        return rwe_fail_memory(error);
    if (n_met == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s and %s have no patient in common: column \"%s\" of the one, \"%s\" of "
                        "the other",
                        rwe_table_file(joined->table), rwe_table_file(joined->other),
                        rwe_table_name(joined->table, joined->id),
                        rwe_table_name(joined->other, joined->other_id));
    if (n_strange > 0 &&
        rwe_complaints_note(complaints, "%s: %zu patients are not in %s and are left out.",
                            rwe_table_file(joined->other), n_strange,
                            rwe_table_file(joined->table)) != RWE_OK)
        return rwe_fail_memory(error);
    return add_joined(joined, scratch, of_row, builder) ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_table_join(const struct rwe_joined *joined,
                               const struct rwe_table_options *options, struct rwe_arena *arena,
                               struct rwe_table **result, struct rwe_complaints *complaints,
                               struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    const struct rwe_table *table = joined->table;
    struct rwe_table_builder *builder = rwe_table_builder_new(table->file, options, arena);
    *result = NULL;
    enum rwe_status status = scratch == NULL || builder == NULL
                                 ? rwe_fail_memory(error)
                                 : join(joined, scratch, builder, complaints, error);
    if (status == RWE_OK) {
        memcpy(builder->table->sha256, table->sha256, sizeof table->sha256);
        builder->table->source = table->source;
        builder->table->part = table->part;
        builder->table->n_parts = table->n_parts;
        status = rwe_table_builder_finish(builder, result, error);
    } else if (builder != NULL) {
        rwe_table_builder_discard(builder);
    }
    rwe_arena_free(scratch);
    return status;
}
