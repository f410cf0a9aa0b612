/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The document as renderers see it. All text in it is valid UTF-8. */
#ifndef RWE_REPORT_DOCUMENT_PRIVATE_H
#define RWE_REPORT_DOCUMENT_PRIVATE_H

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
    struct rwe_list rows;     /**< of struct rwe_row */
    struct rwe_list cells;    /**< of struct rwe_cell, row by row */
    struct rwe_list notes;    /**< of const char * */
};

struct rwe_figure;
struct rwe_translator;

struct rwe_series {
    struct rwe_key key;
    const char *kind;
    size_t n, n_columns;
    const char **names;
    const double **columns;
};

struct rwe_warning {
    const char *code;
    const char *analysis; /**< may be NULL */
    const char *message;
};

/** Slots of the cache through which keys share their strings; a power of two. */
enum { RWE_SHARED_STRINGS = 256 };

struct rwe_document {
    struct rwe_arena *arena;
    bool failed;
    const char *title, *subtitle;
    const char *banner; /**< NULL: none */
    const struct rwe_provenance *provenance;
    struct rwe_list facts;             /**< of struct rwe_fact_value */
    struct rwe_list series;            /**< of struct rwe_series */
    struct rwe_list blocks;            /**< of struct rwe_block */
    struct rwe_list warnings;          /**< of struct rwe_warning */
    struct rwe_translator *translator; /**< of a document that is in another language; NULL */
    bool in_chapter;                   /**< sections of level 1 are of level 2 */
    struct rwe_grid swallow;           /**< the table of a failed document */
    struct rwe_figure *swallow_figure; /**< its figure */
    const char *shared[RWE_SHARED_STRINGS];
};

/** A zeroed place at the end of the list, or NULL when memory is out. */
void *rwe_document_append(struct rwe_document *document, struct rwe_list *list, size_t size);

/** The document's copy of a text (NULL: NULL), of a formatted one, and of a string of a key. */
const char *rwe_document_copy(struct rwe_document *document, const char *text,
                              enum rwe_utf8_controls controls);
const char *rwe_document_format(struct rwe_document *document, enum rwe_utf8_controls controls,
                                const char *format, va_list arguments);
const char *rwe_document_share(struct rwe_document *document, const char *text);
struct rwe_key rwe_document_share_key(struct rwe_document *document, const struct rwe_key *key);

/** Adds a piece to the flow. */
void rwe_document_add_block(struct rwe_document *document, struct rwe_block block);

/** A figure that is not in the flow, for when memory is out. NULL when it is at the beginning. */
struct rwe_figure *rwe_figure_new_swallow(struct rwe_document *document);

/** A table that is not in the flow. Never NULL. */
struct rwe_grid *rwe_grid_new(struct rwe_document *document, const char *title);

#endif
