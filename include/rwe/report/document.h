/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The document: what every output format is made from.
 *
 * It holds two things. Facts: every number that any output shows, at full precision, found by its
 * key (the contract of doc/results.md). And a flow of blocks for readers: headings, paragraphs,
 * tables, figures as data and warnings. A cell of a table holds no number: it names facts and says
 * by its class how they read. So a table cannot show a number that is not a fact.
 *
 * The document knows nothing about statistics. Each analysis writes its result into it; each format
 * reads it. Text given to it is copied; columns of series are borrowed and must outlive it.
 *
 * Text is in the language of the report (language.h). What is given as a format is looked up there before it is
 * filled, so text from the data is only ever an argument: rwe_grid_row(grid, 0, "%s", level). What is given as
 * plain text is taken as it is: words of the program go through rwe_text first.
 *
 * NULL is the document of a run that is not told, as a replicate's: all functions take it and do nothing.
 *
 * Building it cannot fail half-way in a way that matters: when memory is out the functions do
 * nothing, and `rwe_document_failed` says so once at the end.
 */
#ifndef RWE_REPORT_DOCUMENT_H
#define RWE_REPORT_DOCUMENT_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include "rwe/base/text.h"
#include <stdbool.h>
#include <stdint.h>

struct rwe_document;

/** Keys of a fact. NULL members (and a NaN time) do not apply and are left out. */
struct rwe_key {
    const char *analysis;   /**< "km", "cox", … ; never NULL */
    const char *endpoint;   /**< the user's name, lower case */
    const char *population; /**< "all", "matched", … */
    const char *model;
    const char *group; /**< the arm's level as it stands in the data */
    const char *term;
    const char *level;
    double time; /**< in the unit of the file */
};

/** A key with only `analysis` set and no time. */
struct rwe_key rwe_key_of(const char *analysis);

/** Whether two keys are the same; members that do not apply must not apply in the other either. */
bool rwe_key_equal(const struct rwe_key *a, const struct rwe_key *b);

/** The text members of a key, in the order of the contract; `time` follows the last. */
enum { RWE_KEY_TEXTS = 7 };
extern const char *const rwe_key_names[RWE_KEY_TEXTS];

/** Member `i` of the key. */
const char *rwe_key_text(const struct rwe_key *key, size_t i);
void rwe_key_set_text(struct rwe_key *key, size_t i, const char *text);

/** Handle of a fact. RWE_NO_FACT where a cell has none. */
typedef uint32_t rwe_fact;
#define RWE_NO_FACT UINT32_MAX

/** How the facts of a cell read. The number in brackets is how many facts the cell takes. */
enum rwe_cell_class {
    RWE_CELL_TEXT,          /**< [1] a text fact */
    RWE_CELL_COUNT,         /**< [1] 301 */
    RWE_CELL_COUNT_PERCENT, /**< [2] 301 (50.0%): n, percent */
    RWE_CELL_NUMBER,        /**< [1] 52.3: a value in the unit of its variable */
    RWE_CELL_MEAN_SD,       /**< [2] 52.3 (10.1) */
    RWE_CELL_MEDIAN_RANGE,  /**< [3] 51.0 (44.0–60.0): median, Q1, Q3 */
    RWE_CELL_TIME,          /**< [1] 11.7, NR where null */
    RWE_CELL_TIME_LIMITS,   /**< [3] 11.7 (10.2–13.0), NR where null */
    RWE_CELL_MEAN_TIME_LIMITS, /**< [3] 11.7 (10.2–13.0), NE where null: a mean is reached or is not there */
    RWE_CELL_SURVIVAL_LIMITS,   /**< [3] 75.6% (73.9–77.2): fractions of 1 */
    RWE_CELL_PERCENT_LIMITS,    /**< [3] the same for numbers that are percents already */
    RWE_CELL_RATIO_LIMITS,      /**< [3] 0.74 (0.59–0.92) */
    RWE_CELL_COEFFICIENT,       /**< [1] 0.412 */
    RWE_CELL_STATISTIC,         /**< [1] 23.69 */
    RWE_CELL_P_VALUE,           /**< [1] 0.012, <0.001 */
    RWE_CELL_SMD,               /**< [1] 0.731 */
    RWE_CELL_AT_RISK,           /**< [3] 120 (34; 12): at risk, events, censored */
    RWE_CELL_OBSERVED_EXPECTED, /**< [2] 34 (41.2) */
};

/** A new empty document; everything in it lives in `arena`. NULL when memory is out. */
struct rwe_document *rwe_document_new(struct rwe_arena *arena);

/** Whether any allocation failed. */
bool rwe_document_failed(const struct rwe_document *document);

/** Says that no facts will be added: after it several threads may read the document at a time. */
void rwe_document_finish(struct rwe_document *document);

/* ---- facts ---- */

/** Adds a number; NaN and infinities become null ("not reached / not estimable"). */
rwe_fact rwe_document_number(struct rwe_document *document, const struct rwe_key *key,
                             const char *stat, double value);

/** Adds a text. */
rwe_fact rwe_document_string(struct rwe_document *document, const struct rwe_key *key,
                             const char *stat, const char *value);

/** A fact as it stands in the document. */
struct rwe_fact_value {
    struct rwe_key key;
    const char *stat;
    const char *text; /**< NULL for a number */
    double number;    /**< NaN: null */
};

size_t rwe_document_n_facts(const struct rwe_document *document);
const struct rwe_fact_value *rwe_document_fact(const struct rwe_document *document, rwe_fact fact);

/** All of them, in the order in which they came; valid until the next is added. */
const struct rwe_fact_value *rwe_document_facts(const struct rwe_document *document);

/** The first fact of that key and stat; RWE_NO_FACT where there is none. */
rwe_fact rwe_document_find(struct rwe_document *document, const struct rwe_key *key,
                           const char *stat);

/** The number of a fact; NaN for RWE_NO_FACT, and where the fact is null or a text. */
double rwe_document_value(const struct rwe_document *document, rwe_fact fact);

/* ---- figures as data ---- */

/**
 * Adds a series: `n_columns` named columns of `n` numbers. `kind` says which figure draws it:
 * "step" (a curve over time), or NULL. The columns are borrowed; what is not finite is null.
 */
void rwe_document_series(struct rwe_document *document, const struct rwe_key *key, const char *kind,
                         size_t n, size_t n_columns, const char *const names[],
                         const double *const columns[]);

/* ---- flow ---- */

/** Starts a section: level 1 (an analysis) or 2 (a part of it). */
void rwe_document_section(struct rwe_document *document, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Starts a chapter: a section of level 1 under which those that follow are of level 2. NULL ends it.
 */
void rwe_document_chapter(struct rwe_document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * Until it is set to NULL, `banner` stands behind the title of every section of level 1 and under every
 * table that is started: a caution that no reader may miss, whichever table is cut out. Borrowed.
 */
void rwe_document_set_banner(struct rwe_document *document, const char *banner);

/** A paragraph of prose. */
void rwe_document_paragraph(struct rwe_document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * A warning: the result stands, but the reader must know. Shown here in the flow and listed under
 * "warnings". `code` is a short stable word ("few-events"); `analysis` may be NULL.
 */
void rwe_document_warning(struct rwe_document *document, const char *code, const char *analysis,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/** A warning as it stands in the document. */
struct rwe_warning {
    const char *code;
    const char *analysis; /**< may be NULL */
    const char *message;
};

size_t rwe_document_n_warnings(const struct rwe_document *document);
const struct rwe_warning *rwe_document_warnings(const struct rwe_document *document);

/** A table being filled row by row. Never NULL: a table of no document, or of a failed one, swallows its cells. */
struct rwe_grid;

/** Starts a table; the format of its title may be NULL. The first column holds row labels. */
struct rwe_grid *rwe_document_table(struct rwe_document *document, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A column: its heading and, where its cells are numbers, how they read and which statistics they are. */
struct rwe_table_column {
    const char
        *heading; /**< marked by N_; "{unit}" and "{level}" are those of rwe_document_set_words */
    enum rwe_cell_class class;
    const char *
        stats; /**< in the order of the class, blanks between: "hr conf.low conf.high"; in brackets what
                            is a fact but not shown: "estimate [std.error] conf.low conf.high". NULL: the cells
                            are filled by rwe_grid_cell or rwe_grid_words */
};

/** What stands for "{unit}" and "{level}" in headings: " (months)" or "", and "95%". Borrowed. */
void rwe_document_set_words(struct rwe_document *document, const char *unit, const char *level);

/** Adds columns before the first row. The first heads the column of row labels. */
void rwe_grid_columns(struct rwe_grid *grid, const struct rwe_table_column column[], size_t n);

/** The same for a static list. */
#define RWE_GRID_COLUMNS(grid, columns)                                                            \
    rwe_grid_columns((grid), (columns), sizeof(columns) / sizeof((columns)[0]))

/** Adds one column whose heading depends on the data. */
void rwe_grid_fact_column(struct rwe_grid *grid, enum rwe_cell_class class, const char *stats,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * Adds a column with this heading; before the first row. The first call heads the column of row
 * labels, often with "". A heading may hold one '\n'.
 */
void rwe_grid_column(struct rwe_grid *grid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Starts a row with its label, which is no cell; `indent` 0 or 1. */
void rwe_grid_row(struct rwe_grid *grid, int indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Fills the next cell of the row; facts that the class does not take are RWE_NO_FACT. So may be the
 * later facts of a cell, which are then left out ("0.74" without its limits); without the first the
 * cell is empty. "NR" and "NE" of null facts explain themselves in a note under the table.
 */
void rwe_grid_cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact first,
                   rwe_fact second, rwe_fact third);

/**
 * Adds the facts of the next cell's column under a key, a value for each of its statistics, and fills the cell
 * with them: rwe_grid_put(grid, &key, hr, low, high). So a number is named once.
 */
#define rwe_grid_put(grid, key, ...)                                                               \
    rwe_grid_put_values((grid), (key), (const double[]){__VA_ARGS__},                              \
                        sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
void rwe_grid_put_values(struct rwe_grid *grid, const struct rwe_key *key, const double value[],
                         size_t n);

/** The same for a cell that reads otherwise than those of its column. */
#define rwe_grid_put_as(grid, class, key, ...)                                                     \
    rwe_grid_put_values_as((grid), (class), (key), (const double[]){__VA_ARGS__},                  \
                           sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
void rwe_grid_put_values_as(struct rwe_grid *grid, enum rwe_cell_class class,
                            const struct rwe_key *key, const double value[], size_t n);

/** Fills the next cell with words (never with a number: numbers are facts), or leaves it empty. */
void rwe_grid_words(struct rwe_grid *grid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void rwe_grid_empty(struct rwe_grid *grid);

/** Rows that it has by now. */
size_t rwe_grid_n_rows(const struct rwe_grid *grid);

/** Adds a line under the table: which method, which limits, what a symbol means. */
void rwe_grid_note(struct rwe_grid *grid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- provenance ---- */

struct rwe_input {
    const char *file;
    const char *sha256;
    size_t rows;
};

/** A setting as it was used. A list has several texts; a number has `is_number`. */
struct rwe_setting_value {
    const char *name;
    bool is_list, is_number, is_flag;
    double number;            /**< of a number; 1 or 0 for a flag */
    struct rwe_strings texts; /**< otherwise: one text, or the items of a list */
};

struct rwe_provenance {
    const char *version;
    struct rwe_strings command; /**< the arguments, program name first; output options left out */
    const struct rwe_setting_value *study;
    size_t n_study;
    const struct rwe_input *inputs;
    size_t n_inputs;
    uint64_t seed;
};

/** Sets what the result was made from (borrowed). Without it, formats leave provenance out. */
void rwe_document_set_provenance(struct rwe_document *document,
                                 const struct rwe_provenance *provenance);

/** Sets the title and a line under it. */
void rwe_document_set_title(struct rwe_document *document, const char *title, const char *subtitle);

#endif
