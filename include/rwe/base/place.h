/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Places of files: whether two names stand for one file, by device and inode and not by how they are written. */
#ifndef RWE_BASE_PLACE_H
#define RWE_BASE_PLACE_H

#include "rwe/base/arena.h"
#include <stdbool.h>
#include <sys/types.h>

/** Where a path leads, links followed. Of a file that is not there yet: its folder, and its name in it. */
struct rwe_place {
    bool is_known;    /**< false: no file, no folder, and no place for one (a pipe, /dev/null) */
    bool is_folder;   /**< a folder that is there */
    dev_t device;     /**< of the file, or of the folder that it would be in */
    ino_t inode;      /**< likewise */
    const char *name; /**< of a file that is not there yet; else NULL */
    const char
        *path; /**< without links, of what is there: the file or its folder; NULL: not known */
};

/** The place of a path; of "-" where standard input comes from, if that is a file. Not known when memory is
 * out, which the arena tells. */
struct rwe_place rwe_place_of(const char *path, struct rwe_arena *arena);

/** Whether both are known and one file. */
bool rwe_place_same(const struct rwe_place *a, const struct rwe_place *b);

/** Whether a file lies, or would lie, somewhere in a folder that is there. */
bool rwe_place_within(const struct rwe_place *file, const struct rwe_place *folder);

#endif
