/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Figures as files: SVG, PDF and PNG of the same drawing. The document's figures are listed in the order of
 * its blocks.
 *
 * SVG is the same, byte for byte, on every machine. PDF and PNG are drawn by cairo with the fonts that pango
 * finds, so their bytes are the same where fonts and libraries are the same. PDF holds its text as text, and no
 * date.
 */
#ifndef RWE_REPORT_FIGURE_FILE_H
#define RWE_REPORT_FIGURE_FILE_H

#include "rwe/base/file.h"
#include "rwe/report/figure.h"
#include "rwe/report/style.h"

enum rwe_figure_format { RWE_FIGURE_SVG, RWE_FIGURE_PDF, RWE_FIGURE_PNG };

/** All of them, as bits. */
enum { RWE_FIGURE_FORMATS = 1 << RWE_FIGURE_SVG | 1 << RWE_FIGURE_PDF | 1 << RWE_FIGURE_PNG };

/** Ends of the files' names: "svg", "pdf", "png". */
extern const char *const rwe_figure_format_names[3];

struct rwe_figure_file_options {
    double width;     /**< in units of 1/96 inch, 240 … 2000; default 720 (7.5 inches) */
    double png_scale; /**< pixels a unit, 1 … 8; default 2, which is 192 dots an inch */
    const struct rwe_style *style; /**< how numbers read; NULL: plain */
};
struct rwe_figure_file_options rwe_figure_file_options_default(void);

size_t rwe_document_n_figures(const struct rwe_document *document);

/** Figure `i` of them, 0 … n − 1. */
const struct rwe_figure *rwe_document_figure_at(const struct rwe_document *document, size_t i);

/** The stem of its files, of letters, digits and hyphens; no two figures of a document share one. */
const char *rwe_figure_name(const struct rwe_figure *figure);

/** Its title, for lists; "" where it has none. */
const char *rwe_figure_title(const struct rwe_figure *figure);

/**
 * Draws the figure into `bytes`, which the caller clears whatever the status, in the C locale whatever
 * the caller's is. `options` may be NULL: the defaults. RWE_USAGE: options out of range; RWE_IO: cairo
 * failed, with the reason; RWE_NO_MEMORY, also when the document is incomplete. Several threads may call it
 * at once; one of them paints at a time. (GLib, on which pango stands, ends the program where a small
 * allocation fails; allocations that grow with the figure are checked here.)
 */
enum rwe_status rwe_figure_render(const struct rwe_figure *figure, enum rwe_figure_format format,
                                  const struct rwe_figure_file_options *options,
                                  struct rwe_bytes *bytes, struct rwe_error *error);

#endif
