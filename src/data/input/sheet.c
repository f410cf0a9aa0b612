/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet_private.h"

#include "rwe/base/language.h"
#include "table_private.h"

struct rwe_sheet {
    const struct rwe_reading *reading;
    struct rwe_table_builder *builder;
    const char **name; /* of the columns, until there is a header */
    size_t room;
    size_t width; /* columns: of the header, or so far */
    size_t used;  /* places that the present row takes, up to its last cell */
    bool has_header;
};

void rwe_cell_put(struct rwe_table_builder *builder, const struct rwe_frame_cell *cell)
{
    if (cell->kind == RWE_KIND_TEXT)
        rwe_table_builder_text(builder, cell->column, cell->text, cell->length);
    else if (cell->kind == RWE_KIND_DATE)
        rwe_table_builder_date(builder, cell->column, cell->number);
    else
        rwe_table_builder_number(builder, cell->column, cell->number);
}

struct rwe_sheet *rwe_sheet_new(const struct rwe_reading *reading,
                                struct rwe_table_builder *builder)
{
    struct rwe_sheet *sheet = RWE_NEW(reading->scratch, struct rwe_sheet, 1);
    if (sheet != NULL)
        *sheet = (struct rwe_sheet){.reading = reading, .builder = builder};
    return sheet;
}

static enum rwe_status add_name(struct rwe_sheet *sheet, const struct rwe_frame_cell *cell)
{
    struct rwe_arena *scratch = sheet->reading->scratch;
    char number[RWE_NUMBER_SIZE];
    const char *text = cell->text;
    size_t length = cell->length;
    if (cell->kind != RWE_KIND_TEXT) {
        rwe_cell_write(cell->kind, cell->number, number);
        text = number;
        length = strlen(number);
    }
    rwe_trim(&text, &length);
    sheet->name =
        rwe_arena_grow(scratch, sheet->name, &sheet->room, cell->column + 1, sizeof *sheet->name);
    const char *name = rwe_arena_substring(scratch, text, length);
    if (rwe_arena_failed(scratch))
        return RWE_NO_MEMORY;
    while (sheet->width < cell->column)
        sheet->name[sheet->width++] = "";
    sheet->name[cell->column] = name;
    sheet->width = cell->column + 1;
    return RWE_OK;
}

enum rwe_status rwe_sheet_cell(struct rwe_sheet *sheet, const struct rwe_frame_cell *cell)
{
    struct rwe_table_builder *builder = sheet->builder;
    if (!sheet->has_header)
        return add_name(sheet, cell);
    sheet->used = cell->column + 1;
    if (cell->column >= sheet->width)
        return RWE_OK;
    rwe_cell_put(builder, cell);
    return rwe_table_builder_status(builder);
}

static enum rwe_status end_header(struct rwe_sheet *sheet, size_t line)
{
    for (size_t i = 0; i < sheet->width; i++)
        rwe_table_builder_column(sheet->builder, &(struct rwe_column_info){.name = sheet->name[i]});
    sheet->has_header = true;
    return rwe_table_builder_check_names(sheet->builder, line);
}

static enum rwe_status complain_of_cells(const struct rwe_sheet *sheet, size_t line)
{
    const struct rwe_table *table = sheet->builder->table;
    const struct rwe_complaint complaint = {
        .file = table->file,
        .line = line,
        .row = table->n_rows,
        .reason = N_("has %s cells, the header has %s"),
        .about = {rwe_arena_format(table->arena, "%zu", sheet->used),
                  rwe_arena_format(table->arena, "%zu", sheet->width)},
        .advice = N_("name the column in the header, or delete the cell"),
    };
    return rwe_arena_failed(table->arena)
               ? RWE_NO_MEMORY
               : rwe_complaints_add(sheet->reading->complaints, &complaint);
}

enum rwe_status rwe_sheet_end_row(struct rwe_sheet *sheet, size_t line, struct rwe_error *error)
{
    if (!sheet->has_header)
        return end_header(sheet, line);
    if (sheet->used > sheet->width && complain_of_cells(sheet, line) != RWE_OK)
        return rwe_fail_memory(error);
    rwe_table_builder_end_row(sheet->builder, line);
    sheet->used = 0;
    return rwe_table_builder_status(sheet->builder);
}

enum rwe_status rwe_sheet_finish(struct rwe_sheet *sheet, struct rwe_error *error)
{
    const char *name = rwe_stream_name(sheet->reading->stream);
    if (!sheet->has_header)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is empty: it must hold a header and one row for each patient", name);
    if (sheet->builder->table->n_rows == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: holds a header and no rows: add one row for each patient", name);
    return RWE_OK;
}
