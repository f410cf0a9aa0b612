/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Formats: each turns a document into bytes. Adding one adds a file and a row to the table in render.c. */
#ifndef RWE_REPORT_RENDER_H
#define RWE_REPORT_RENDER_H

#include "rwe/base/file.h"
#include "rwe/base/status.h"
#include "rwe/report/document.h"
#include "rwe/report/style.h"
#include <stdio.h>

/** Version of the layout of "json", whose readers refuse another one. */
#define RWE_RESULTS_SCHEMA 1

struct rwe_render_options {
    bool provenance;               /**< default true */
    unsigned threads;              /**< of a pack; 0 and 1: one */
    const struct rwe_style *style; /**< how numbers read; NULL: plain. Facts have none */
    unsigned
        figure_formats;  /**< of a pack: bit f, enum rwe_figure_format (figure_file.h); 0: none */
    const char *figures; /**< folder of their files for Markdown and LaTeX; NULL: they show none */
};

/** A format. `out` is a stream in memory: bytes of any value may be written to it, and a write that is lost is
 * seen by who opened it. */
struct rwe_format {
    const char *name;    /**< "text", "json", "csv", "md", "html", "latex" */
    const char *file;    /**< what it is called in a pack: "report.html" */
    const char *endings; /**< of names of files, the usual one first: "html|htm" */
    bool is_binary;      /**< its bytes are no text: nothing for a terminal */
    enum rwe_status (*write)(const struct rwe_document *document,
                             const struct rwe_render_options *options, FILE *out,
                             struct rwe_error *error);
};

/** The formats in the order of a pack's manifest, ended by one whose name is NULL. */
extern const struct rwe_format rwe_formats[];

/** Their names with the default first, for an option that chooses one: "text|json|…". */
extern const char rwe_format_names[];

/** The format of that name, or NULL. */
const struct rwe_format *rwe_format_find(const char *name);

/** The format that the ending of a file's name says, in upper or lower case; NULL where it has none. RWE_USAGE: an
 * ending of no format, with the list of those that there are. */
enum rwe_status rwe_format_of_file(const char *path, const struct rwe_format **format,
                                   struct rwe_error *error);

/** RWE_USAGE where the format is binary and the stream a terminal. */
enum rwe_status rwe_format_check_stream(const struct rwe_format *format, FILE *out,
                                        struct rwe_error *error);

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
