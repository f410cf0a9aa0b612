/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Writing folders whole or not at all. */
#ifndef RWE_BASE_FOLDER_H
#define RWE_BASE_FOLDER_H

#include "rwe/base/status.h"
#include <stdbool.h>
#include <stddef.h>

/** A file of a folder. */
struct rwe_folder_file {
    const char
        *name; /**< "report.html", "tables/01-baseline.csv": in a folder of the folder, made where
                           it is not; one level deep, shorter than RWE_FOLDER_NAME bytes */
    const char *byte; /**< NULL where n is 0 */
    size_t n;
};

/** Room for a name and its final zero. */
enum { RWE_FOLDER_NAME = 200 };

/**
 * Makes the folder `path` with these `n` files. It is filled under another name beside its place, put on
 * the disk (fsync), and renamed at the end: nobody sees it half full. Where anything fails, or a signal
 * comes that ends the program (SIGINT, SIGTERM, SIGHUP, SIGQUIT), what was made is removed first.
 *
 * An empty folder of that name is replaced. One that is not empty is replaced only if `replace`: the
 * two change places at once, and then the old one is removed with all that is in it; on failure the old
 * one stays. Where a file system cannot exchange two names, the old one is moved aside and back if
 * need be. A symbolic link to a folder stays one.
 *
 * RWE_IO names the file or folder and the reason; RWE_NO_MEMORY.
 */
enum rwe_status rwe_folder_write(const char *path, const struct rwe_folder_file files[], size_t n,
                                 bool replace, struct rwe_error *error);

#endif
