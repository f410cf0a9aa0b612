/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Reading a file in a process of its own. What others wrote (libzip, expat, ReadStat) reads files that anybody may
 * have made. It does so in a child of this process, which holds a copy of it and tells what it finds through a pipe
 * (frames_private.h): a crash, an endless loop or a hunger for memory there is an error message here.
 *
 * The child is made by fork and ends in this function; it never returns to its caller, runs nothing at its exit,
 * and closes all descriptors but its own. Its limits: the processor for 20 s and 1 s more a MiB of the file;
 * 400 MiB of memory and eight times the file's size above what this process has; silence for 2 minutes. The table
 * that comes of it may not take more than 256 MiB or fifty times the size of its file: a sheet that unfolds to
 * more is made to do harm.
 *
 * fork and threads. This program has no other thread while it reads. A program that uses the library may: after
 * fork only the thread that called it lives on in the child, and a lock that another held then is never freed.
 * glibc, musl and macOS see to those of malloc and stdio; the readers use no others but those of iconv, which
 * ReadStat calls. Should it come to that, the silence ends it, with an error. Where the caller ignores SIGCHLD or
 * waits for its children itself, only the reason of a crash is lost.
 */
#ifndef RWE_DATA_ISOLATE_PRIVATE_H
#define RWE_DATA_ISOLATE_PRIVATE_H

#include "frames_private.h"

/** The bytes of a file. */
struct rwe_bytes {
    const unsigned char *at;
    size_t n;
};

/** Work on a file: everything but its last item, which follows from the status that it returns. It runs in the
 * child, where failing to free is no fault. */
typedef enum rwe_status (*rwe_isolated_work)(const struct rwe_reading *reading,
                                             struct rwe_bytes file, struct rwe_frames *out,
                                             struct rwe_error *error);

/** Reads the rest of the stream, does the work on it in a child and fills the builder. Columns that come first make
 * a table of them; without any, the rows are those of a sheet (rwe/data/sheet.h). */
enum rwe_status rwe_isolate(const struct rwe_reading *reading, rwe_isolated_work work,
                            struct rwe_table_builder *builder, struct rwe_error *error);

/** The same within this process: for tests which give it any bytes, and look for faults in the work itself. */
enum rwe_status rwe_isolate_not(const struct rwe_reading *reading, rwe_isolated_work work,
                                struct rwe_table_builder *builder, struct rwe_error *error);

#endif
