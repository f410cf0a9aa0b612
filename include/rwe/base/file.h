/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Writing files whole or not at all. */
#ifndef RWE_BASE_FILE_H
#define RWE_BASE_FILE_H

#include "rwe/base/status.h"
#include <stdio.h>

/**
 * Writes `path` through a temporary file beside it that is renamed at the end, so that a failed or
 * interrupted run leaves no half file and an old file stays until the new one is complete. "-" is
 * standard output; a path that exists and is no regular file (a pipe, /dev/null) is written
 * directly. Numbers are written in the C locale. RWE_IO names the path and the reason.
 */
enum rwe_status rwe_file_write(const char *path, void (*write)(FILE *out, const void *context),
                               const void *context, struct rwe_error *error);

/** One cell of a CSV file: quoted where RFC 4180 asks for it. */
void rwe_csv_write_text(FILE *out, const char *text);

#endif
