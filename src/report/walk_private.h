/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The walk through a document that the formats for readers (text, md, html, latex) share: they say only
 * how each kind of block looks.
 */
#ifndef RWE_REPORT_WALK_PRIVATE_H
#define RWE_REPORT_WALK_PRIVATE_H

#include "layout_private.h"
#include "rwe/report/render.h"

/** A line of the provenance: "Input", "cohort.csv (602 rows, …)". */
struct rwe_origin {
    const char *label, *text;
};

/** One writing of one document. */
struct rwe_walk {
    const struct rwe_document *document;
    FILE *out;
    const struct rwe_style *style;          /**< NULL: plain */
    const char *figures;                    /**< folder of their files; NULL: there are none */
    const struct rwe_block *block;          /**< at hand */
    size_t n_blocks;                        /**< blocks written so far */
    size_t n_sections;                      /**< sections begun so far, this one included */
    size_t n_tables, n_figures, n_warnings; /**< the same of these */
    enum rwe_status status;                 /**< of what a format did beside writing */
    struct rwe_error *error;
    const struct rwe_origin *origins;
    size_t n_origins; /**< 0: provenance is left out */
};

/** How a format writes each part. */
struct rwe_walk_format {
    void (*begin)(struct rwe_walk *walk); /**< title, subtitle, contents */
    void (*section)(struct rwe_walk *walk, int level, const char *title);
    void (*paragraph)(struct rwe_walk *walk, const char *text);
    void (*warning)(struct rwe_walk *walk, const char *text);
    void (*table)(struct rwe_walk *walk, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch);
    void (*end)(struct rwe_walk *walk); /**< provenance */
    /** NULL: the format has no figures */
    void (*figure)(struct rwe_walk *walk, const struct rwe_figure *figure);
};

/** Writes the document in that format. RWE_NO_MEMORY; write errors are the caller's to see. */
enum rwe_status rwe_walk_write(const struct rwe_document *document,
                               const struct rwe_render_options *options, FILE *out,
                               struct rwe_error *error, const struct rwe_walk_format *format);

#endif
