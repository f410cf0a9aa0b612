/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Formats: each turns a document into bytes. Adding one adds a line to the list in render.c. */
#ifndef RWE_REPORT_RENDER_H
#define RWE_REPORT_RENDER_H

#include "rwe/base/file.h"
#include "rwe/base/status.h"
#include "rwe/report/document.h"
#include "rwe/report/style.h"
#include <stdio.h>

struct rwe_render_options {
    bool provenance;               /**< default true */
    unsigned threads;              /**< of a pack; 0 and 1: one */
    const struct rwe_style *style; /**< how numbers read; NULL: plain. Facts have none */
    unsigned
        figure_formats;  /**< of a pack: bit f, enum rwe_figure_format (figure_file.h); 0: none */
    const char *figures; /**< folder of their files for Markdown and LaTeX; NULL: they show none */
};

struct rwe_format {
    const char *name;        /**< "text", "json", "csv", "md", "html", "latex" */
    const char *description; /**< for --help */
    enum rwe_status (*write)(const struct rwe_document *document,
                             const struct rwe_render_options *options, FILE *out,
                             struct rwe_error *error);
};

/** The formats, ended by one whose name is NULL. */
extern const struct rwe_format rwe_formats[];

/** The format of that name, or NULL. */
const struct rwe_format *rwe_format_find(const char *name);

/**
 * Renders the document into memory, which the caller clears whatever the status, in the C locale
 * whatever the caller's is. RWE_NO_MEMORY, also when the document itself is incomplete. `options` may be
 * NULL: the defaults.
 */
enum rwe_status rwe_render_bytes(const struct rwe_document *document,
                                 const struct rwe_format *format,
                                 const struct rwe_render_options *options, struct rwe_bytes *bytes,
                                 struct rwe_error *error);

/**
 * Writes the document in the C locale whatever the caller's is. A failed write (full disk, closed
 * pipe) is RWE_IO. RWE_NO_MEMORY when the document itself is incomplete. It is made whole in memory
 * and then written at once and flushed: where making it fails, nothing is written. `options` may be
 * NULL: the defaults.
 */
enum rwe_status rwe_render(const struct rwe_document *document, const struct rwe_format *format,
                           const struct rwe_render_options *options, FILE *out,
                           struct rwe_error *error);

#endif
