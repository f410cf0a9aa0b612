/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The document as renderers see it. All text in it is valid UTF-8. */
#ifndef RWE_REPORT_DOCUMENT_PRIVATE_H
#define RWE_REPORT_DOCUMENT_PRIVATE_H

#include "rwe/base/language.h"
#include "rwe/report/document.h"
#include "utf8_private.h"
#include <stdarg.h>

/** A growing array; `items` points to `n` items of the type that the owner knows. */
struct rwe_list {
    void *items;
    size_t n, capacity;
};

enum rwe_block_kind {
    RWE_BLOCK_SECTION,
    RWE_BLOCK_PARAGRAPH,
    RWE_BLOCK_WARNING,
    RWE_BLOCK_TABLE,
    RWE_BLOCK_FIGURE,
};

/** One piece of the flow. */
struct rwe_block {
    enum rwe_block_kind kind;
    int level;                       /**< of a section */
    const char *banner;              /**< of a section, with which its title ends; NULL: none */
    const char *text;                /**< of all but tables; one line */
    const struct rwe_grid *grid;     /**< of a table */
    const struct rwe_figure *figure; /**< of a figure */
};

struct rwe_cell {
    const char *words; /**< NULL: a cell of facts */
    enum rwe_cell_class class;
    rwe_fact fact[3];
};

struct rwe_row {
    const char *label;
    int indent;
    size_t first_cell, n_cells; /**< in the grid's cells */
};

struct rwe_grid {
    struct rwe_document *document;
    const char *title;
    struct rwe_list headings; /**< of const char *; lines separated by '\n' */
    struct rwe_list
        columns; /**< of struct rwe_table_column, as the headings: how their cells are filled */
    struct rwe_list rows;  /**< of struct rwe_row */
    struct rwe_list cells; /**< of struct rwe_cell, row by row */
    struct rwe_list notes; /**< of const char * */
};

struct rwe_figure;

struct rwe_series {
    struct rwe_key key;
    const char *kind;
    size_t n, n_columns;
    const char **names;
    const double **columns;
};

/** The facts found by their keys, as far as they were asked for: see rwe_document_find. */
struct rwe_fact_index {
    rwe_fact *slot; /**< RWE_NO_FACT where empty; room for twice the facts */
    size_t n_slots; /**< a power of two, or 0 */
    size_t n;       /**< facts that it holds */
};

/** Slots of the cache through which keys share their strings; a power of two. */
enum { RWE_SHARED_STRINGS = 256 };

struct rwe_document {
    struct rwe_arena *arena;
    const struct rwe_language *language; /**< of its text: that in force when it was made */
    bool failed;
    const char *title, *subtitle;
    const char *banner; /**< NULL: none */
    const struct rwe_provenance *provenance;
    struct rwe_list facts;    /**< of struct rwe_fact_value */
    struct rwe_list series;   /**< of struct rwe_series */
    struct rwe_list blocks;   /**< of struct rwe_block */
    struct rwe_list warnings; /**< of struct rwe_warning */
    const char *unit, *level; /**< words in headings: rwe_document_set_words */
    bool in_chapter;          /**< sections of level 1 are of level 2 */
    struct rwe_fact_index index;
    const char *shared[RWE_SHARED_STRINGS];
};

/** Puts the document's language in force for what renders it, and is what was in force before. */
struct rwe_languages rwe_document_languages(const struct rwe_document *document);

/** A zeroed place at the end of the list, or NULL when memory is out. */
void *rwe_document_append(struct rwe_document *document, struct rwe_list *list, size_t size);

/** The document's copy of a text (NULL: NULL), of a formatted one, whose format is looked up in the language of
 * the report, and of a string of a key. */
const char *rwe_document_copy(struct rwe_document *document, const char *text,
                              enum rwe_utf8_controls controls);
const char *rwe_document_format(struct rwe_document *document, enum rwe_utf8_controls controls,
                                const char *format, va_list arguments);
const char *rwe_document_share(struct rwe_document *document, const char *text);
struct rwe_key rwe_document_share_key(struct rwe_document *document, const struct rwe_key *key);

/** Adds a piece to the flow. */
void rwe_document_add_block(struct rwe_document *document, struct rwe_block block);

/** The most facts that a cell takes, and the longest name of a statistic with its final zero. */
enum { RWE_CELL_FACTS = 3, RWE_LONGEST_STAT = 64 };

/** A table that is not in the flow, `title` in the document or NULL. Never NULL. */
struct rwe_grid *rwe_grid_new(struct rwe_document *document, const char *title);

#endif
