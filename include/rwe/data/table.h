/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A delimited text file as columns of text, read in chunks; and the typed reading of a column.
 *
 * A file has no types: what a study declares decides how a column is read. So reading is in two
 * steps. `rwe_table_read` splits the file and keeps every cell's text, column by column, in about
 * the space that it takes in the file. The `rwe_table_…` readers below then turn one column into
 * numbers, factor codes, dates or strings, in one pass over contiguous text. Columns that nobody
 * asks for cost no parsing.
 *
 * libcsv does the splitting wherever a quote stands, and is hidden in src/data/csv.c; lines without
 * quotes need no parser and are split by src/data/plain.c, several times as fast. Encodings (UTF-8
 * with or without BOM, UTF-16, GB18030, what libuchardet finds and iconv converts) are settled
 * before, in src/data/decode.c; cells are UTF-8, and blanks around them are cut off.
 */
#ifndef RWE_DATA_TABLE_H
#define RWE_DATA_TABLE_H

#include "rwe/base/arena.h"
#include "rwe/base/hash.h"
#include "rwe/base/status.h"
#include "rwe/base/text.h"
#include "rwe/data/complaints.h"
#include <stdbool.h>
#include <stdint.h>

struct rwe_table;

struct rwe_table_options {
    const char *encoding;       /**< iconv's name of it, or NULL: detect */
    char delimiter;             /**< ',', ';' or '\t'; 0: the one that the header line holds most */
    bool decimal_comma;         /**< numbers are written 3,5; default false */
    struct rwe_strings missing; /**< cells that mean "no value", compared whole; "" always does */
    size_t longest_record;      /**< bytes; a longer record is refused (it is no CSV) */
};

/** detect, detect, {NA, N/A, NaN, ".", "-", "—", "/", 不详, 未查, 未知, 空}, 16 MiB. */
struct rwe_table_options rwe_table_options_default(void);

/**
 * Reads a whole file; "-" is standard input. The table lives in `arena`.
 *
 * Blank lines and rows whose cells are all empty hold nobody and are skipped. Rows with too few or
 * too many cells are complaints (short rows are filled with missing values, so that all of a row's
 * other faults are found too). Fails with RWE_IO (no such file, a directory, a read error) or
 * RWE_BAD_INPUT (empty, header only, not text, bytes that are not of the encoding with their line,
 * duplicate or empty header, a record or field that is too long, more than 2^32−2 rows), each with
 * a sentence that begins with the file's name and says what to do.
 */
enum rwe_status rwe_table_read(const char *path, const struct rwe_table_options *options,
                               struct rwe_arena *arena, struct rwe_table **table,
                               struct rwe_complaints *complaints, struct rwe_error *error);

const char *rwe_table_file(const struct rwe_table *table);     /**< as the user named it */
const char *rwe_table_sha256(const struct rwe_table *table);   /**< of the file's bytes */
const char *rwe_table_encoding(const struct rwe_table *table); /**< "UTF-8", "GB18030", … */
char rwe_table_delimiter(const struct rwe_table *table);
size_t rwe_table_rows(const struct rwe_table *table); /**< data rows, header not counted */
size_t rwe_table_columns(const struct rwe_table *table);
const char *rwe_table_name(const struct rwe_table *table, size_t column);
size_t rwe_table_line(const struct rwe_table *table, size_t row); /**< line of the file, from 1 */

/** Index of the column of that name, exactly; RWE_NO_INDEX when there is none. */
size_t rwe_table_find(const struct rwe_table *table, const char *name);

/** What most of a column's values are. A column without values counts as numbers. */
struct rwe_column_summary {
    size_t n_missing;
    size_t n_number; /**< cells that rwe_number_parse reads */
    size_t n_date;   /**< cells that are a date and not a number */
    size_t n_other;
};
struct rwe_column_summary rwe_table_summary(const struct rwe_table *table, size_t column);

/**
 * The column as numbers: out[row], NaN where missing. A cell that is no finite number is NaN and a
 * complaint ("not a number"). RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_table_numbers(const struct rwe_table *table, size_t column, double out[],
                                  struct rwe_complaints *complaints);

/** The column as dates: days since 1970-01-01, NaN where missing. `2023-05-01`, `2023/5/1`,
 * `2023.5.1`; what is none of these, or no day of the calendar, is a complaint ("not a date"). */
enum rwe_status rwe_table_dates(const struct rwe_table *table, size_t column, double out[],
                                struct rwe_complaints *complaints);

/** The column as strings in `arena`; NULL where missing. */
enum rwe_status rwe_table_strings(const struct rwe_table *table, size_t column,
                                  struct rwe_arena *arena, const char *out[]);

/** A column of categories. */
struct rwe_factor {
    int32_t *code; /**< by row: 0 … n_levels − 1, or −1 where missing */
    const char **level;
    size_t n_levels;
};

/**
 * The column as a factor, levels in sorted order: as numbers where every level is one (so "2" comes
 * before "10"), else as bytes. Levels are the texts as they stand ("1" and "1.0" are two levels).
 */
enum rwe_status rwe_table_factor(const struct rwe_table *table, size_t column,
                                 struct rwe_arena *arena, struct rwe_factor *factor);

/** Gives back the text of a column that will not be read again. */
void rwe_table_drop(struct rwe_table *table, size_t column);

/** Frees what the table holds outside the arena. NULL is allowed. */
void rwe_table_close(struct rwe_table *table);

/** The text of one cell, for messages: walks the column, so O(row). NULL where missing. Valid
 * until the column is dropped. */
const char *rwe_table_cell(const struct rwe_table *table, size_t row, size_t column);

#endif
