/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Writing files whole or not at all. */
#ifndef RWE_BASE_FILE_H
#define RWE_BASE_FILE_H

#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdio.h>

/**
 * Writes `path` through a temporary file beside it that is renamed at the end, so that a failed or
 * interrupted run leaves no half file and an old file stays until the new one is complete, which keeps its
 * permissions. A signal
 * that ends the program waits until the temporary file is renamed or removed. "-" is standard output;
 * a path that exists and is no regular file (a pipe, /dev/null) is written directly. Numbers are
 * written in the C locale. RWE_IO names the path and the reason.
 */
enum rwe_status rwe_file_write(const char *path, void (*write)(FILE *out, const void *context),
                               const void *context, struct rwe_error *error);

/** What a stream wrote, in memory. Zero-initialise; `byte` is freed by rwe_bytes_clear. */
struct rwe_bytes {
    char *byte; /**< NULL: nothing was written; else a zero byte follows */
    size_t n, capacity;
    bool lost; /**< something did not fit into memory */
};

/**
 * A stream that writes to the end of `bytes`, or NULL when memory is out. Not open_memstream: with
 * glibc (2.36) that loses what it has no memory for and leaves the stream's error flag clear.
 */
FILE *rwe_bytes_open(struct rwe_bytes *bytes);

/** Closes the stream. RWE_NO_MEMORY when anything was lost, else RWE_OK. */
enum rwe_status rwe_bytes_close(struct rwe_bytes *bytes, FILE *stream, struct rwe_error *error);

/** Frees the bytes. */
void rwe_bytes_clear(struct rwe_bytes *bytes);

/** Whether a spreadsheet would run a text as a formula: it begins with =, +, -, @, a tab or a carriage return, and is
 * no number. */
bool rwe_csv_is_formula(const char *text);

/** One cell of a CSV file: quoted where RFC 4180 asks for it. A formula gets an apostrophe in front, with which
 * it stays a text. */
void rwe_csv_write_text(FILE *out, const char *text);

#endif
