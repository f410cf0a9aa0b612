/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The patients' data as columns of cells, and the typed reading of a column.
 *
 * Most files have no types: what a study declares decides how a column is read. So reading is in two steps.
 * `rwe_table_read` finds the reader that knows the file (reader.h) and keeps every cell, column by column, in
 * about the space that it takes in the file. The functions below then turn one column into numbers, factor
 * codes, dates or strings, in one pass over contiguous cells. Columns that nobody asks for cost no parsing.
 *
 * A cell is text, a number, or a date, as its column says (enum rwe_column_kind): a delimited file holds text,
 * the files of statistics programs hold numbers and dates too. Every reading below takes every kind: a number
 * reads as the shortest text that gives the same number back, a date as 2023-05-01.
 */
#ifndef RWE_DATA_TABLE_H
#define RWE_DATA_TABLE_H

#include "rwe/base/arena.h"
#include "rwe/base/hash.h"
#include "rwe/base/progress.h"
#include "rwe/base/status.h"
#include "rwe/base/text.h"
#include "rwe/data/complaints.h"
#include <stdbool.h>
#include <stdint.h>

struct rwe_table;
struct rwe_reader;

struct rwe_table_options {
    const char *encoding;       /**< of text files: iconv's name of it, or NULL: detect */
    const char *sheet;          /**< of a workbook: its name or number; NULL: the first with data */
    char delimiter;             /**< ',', ';' or '\t'; 0: the one that the header line holds most */
    bool decimal_comma;         /**< numbers are written 3,5; default false */
    struct rwe_strings missing; /**< cells that mean "no value", compared whole; "" always does */
    struct rwe_strings missing_in; /**< "COL=CELL": cells that do in one column of a file */
    size_t longest_record;         /**< bytes; a longer record is refused (it is no CSV) */
    size_t skip;                   /**< so many lines above the header are no part of the table */
    size_t header; /**< line that holds the names; 0: the first that can (sheet.h) */
    const struct rwe_reader *const *readers; /**< NULL: rwe_readers (reader.h) */
    struct rwe_progress progress; /**< told of the bytes of a text, the rows of a workbook */
};

/** detect, NULL, detect, {NA, N/A, NaN, ".", "-", "—", "/", 不详, 未查, 未知, 空}, none, 16 MiB, 0, 0, NULL. */
struct rwe_table_options rwe_table_options_default(void);

/**
 * Reads a whole file; "-" is standard input. The table lives in `arena`.
 *
 * Blank lines and rows whose cells are all empty hold nobody and are skipped, as are columns without a name and
 * what stands above and below the table (sheet.h); notes tell of these. Rows with too few or
 * too many cells are complaints (short rows are filled with missing values, so that all of a row's
 * other faults are found too). Fails with RWE_IO (no such file, a directory, a read error) or
 * RWE_BAD_INPUT (a kind of file that no reader knows, by its name; empty, header only, bytes that are not of
 * the encoding with their line, a header with two columns of one name, a record or field that is too long, more than
 * 2^32−2 rows), each with a sentence that begins with the file's name and says what to do.
 */
enum rwe_status rwe_table_read(const char *path, const struct rwe_table_options *options,
                               struct rwe_arena *arena, struct rwe_table **table,
                               struct rwe_complaints *complaints, struct rwe_error *error);

const char *rwe_table_file(const struct rwe_table *table);   /**< as the user named it */
const char *rwe_table_sha256(const struct rwe_table *table); /**< of the file's bytes */
const char *rwe_table_source(const struct rwe_table *table); /**< "CSV, UTF-8, split at ','" */
size_t rwe_table_rows(const struct rwe_table *table);        /**< data rows, header not counted */
size_t rwe_table_columns(const struct rwe_table *table);
const char *rwe_table_name(const struct rwe_table *table, size_t column);
size_t rwe_table_line(const struct rwe_table *table, size_t row); /**< line of the file, from 1 */

/** What the cells of a column are. */
enum rwe_column_kind {
    RWE_KIND_ANY,    /**< of a builder's column: what its first cell is */
    RWE_KIND_TEXT,   /**< UTF-8; "" is missing */
    RWE_KIND_NUMBER, /**< NaN is missing */
    RWE_KIND_DATE,   /**< days since 1970-01-01; a fraction is the time of day; NaN is missing */
};

/** A word for a value: "female" for 2. */
struct rwe_value_label {
    double number;    /**< the value in a column of numbers */
    const char *text; /**< the value in a column of text */
    const char *label;
};

/** Numbers from low to high. */
struct rwe_number_range {
    double low, high;
};

/** What a file says of a column beside its cells; all but the name may be absent. */
struct rwe_column_info {
    const char *name; /**< no two columns share one */
    enum rwe_column_kind kind;
    const char *label;  /**< in words: "Overall survival, months" */
    const char *format; /**< how the program that wrote the file shows it: "F8.2", "%td" */
    const struct rwe_value_label *value_label;
    size_t n_value_labels;
    const struct rwe_number_range *missing_range; /**< numbers that mean "no value" */
    size_t n_missing_ranges;
    struct rwe_strings missing_text; /**< texts that do */
};

const struct rwe_column_info *rwe_table_column(const struct rwe_table *table, size_t column);

/** Index of the column of that name, exactly, or else of the only one with that label (which a second header has,
 * sheet.h); RWE_NO_INDEX when there is none. */
size_t rwe_table_find(const struct rwe_table *table, const char *name);

/** What most of a column's values are. A column without values counts as numbers. */
struct rwe_column_summary {
    size_t n_missing;
    size_t n_number; /**< numbers, and text that rwe_number_parse reads */
    size_t n_date;   /**< dates, and text that is a date and not a number */
    size_t n_other;
};
struct rwe_column_summary rwe_table_summary(const struct rwe_table *table, size_t column);

/**
 * The column as numbers: out[row], NaN where missing. A cell that is no finite number is NaN and a
 * complaint ("not a number"). RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_table_numbers(const struct rwe_table *table, size_t column, double out[],
                                  struct rwe_complaints *complaints);

/** The column as dates: whole days since 1970-01-01, NaN where missing. `2023-05-01`, `2023/5/1`,
 * `2023.5.1`; what is none of these, or no day of the calendar, is a complaint ("not a date"). */
enum rwe_status rwe_table_dates(const struct rwe_table *table, size_t column, double out[],
                                struct rwe_complaints *complaints);

/** The column as strings in `arena`; NULL where missing. A value that has a label reads as its label. */
enum rwe_status rwe_table_strings(const struct rwe_table *table, size_t column,
                                  struct rwe_arena *arena, const char *out[]);

/** A column of categories. */
struct rwe_factor {
    int32_t *code; /**< by row: 0 … n_levels − 1, or −1 where missing */
    const char **level;
    const char **
        value; /**< by level: the value that it is the label of ("2"), NULL where there is none; may be NULL */
    size_t n_levels;
};

/**
 * The column as a factor, levels in sorted order: as numbers where every level is one (so "2" comes
 * before "10"), else as bytes. Levels are the texts as they stand ("1" and "1.0" are two levels). In a column
 * of numbers with value labels a level is the label, and levels stand in the order of their values.
 */
enum rwe_status rwe_table_factor(const struct rwe_table *table, size_t column,
                                 struct rwe_arena *arena, struct rwe_factor *factor);

/** Complains of each cell that holds the error of a formula, as "#DIV/0!": for columns of categories, where any text is
 * a level; those of numbers and dates complain of it by themselves. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_table_check_formulas(const struct rwe_table *table, size_t column,
                                         struct rwe_complaints *complaints);

/** Gives back the text of a column that will not be read again. */
void rwe_table_drop(struct rwe_table *table, size_t column);

/** Frees what the table holds outside the arena. NULL is allowed. */
void rwe_table_close(struct rwe_table *table);

/** The text of one cell, for messages: walks the column, so O(row). NULL where missing. Valid
 * until the column is dropped. */
const char *rwe_table_cell(const struct rwe_table *table, size_t row, size_t column);

#endif
