/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Most lines of most files have no quotes. A byte-wise parser reads them at about the speed at
 * which a whole file should be read; here eight bytes are looked at together. */
#include "rows_private.h"
#include "rwe/base/swar.h"

enum { SHORT_CELL = 16 };

/* Adds a short cell without blanks around it to a row that has begun: nearly all cells. Copies 16
 * bytes, of which the first count, since a copy of fixed size is one instruction. */
static inline bool add_short(struct rwe_rows *rows, const char *text, size_t length,
                             const char *readable)
{
    struct rwe_column *column = &rows->table->column[rows->cells];
    if (!rows->has_value || rows->cells >= rows->table->n_columns || length >= SHORT_CELL ||
        readable - text < SHORT_CELL || column->end - column->at < SHORT_CELL)
        return false;
    if (length > 0 && (rwe_is_edge(text[0]) || rwe_is_edge(text[length - 1])))
        return false;
    memcpy(column->at, text, SHORT_CELL);
    column->at[length] = '\0';
    column->at += length + 1;
    rows->cells++;
    rows->bytes += length + 1;
    return true;
}

/* What ends at `at`, where a separator may stand: returns where the next cell begins. */
static inline const char *end_cell(struct rwe_rows *rows, const char *from, const char *at,
                                   const char *readable)
{
    char c = *at;
    bool line_end = c == '\n' || c == '\r';
    if (!line_end && c != rows->table->delimiter)
        return from; /* another control character, which is part of the cell */
    bool is_empty_line = line_end && from == at && rows->cells == 0;
    if (!is_empty_line && !add_short(rows, from, (size_t)(at - from), readable))
        rwe_rows_cell(rows, from, (size_t)(at - from));
    if (line_end)
        rwe_rows_end_line(rows, c);
    return at + 1;
}

void rwe_rows_split_plain(struct rwe_rows *rows, const char *text, size_t length)
{
    const char *end = text + length;
    const char *from = text; /* where the present cell begins */
    const char *at = text;
    uint64_t delimiter = rwe_bytes_of((unsigned char)rows->table->delimiter);
    for (; end - at >= 8; at += 8) {
        uint64_t word = rwe_load_bytes(at);
        uint64_t found = rwe_bytes_below(word, 0x20) | rwe_zero_bytes(word ^ delimiter);
        for (; found != 0; found &= found - 1)
            from = end_cell(rows, from, at + rwe_first_byte(found), end);
    }
    for (; at < end; at++)
        from = end_cell(rows, from, at, end);
}
