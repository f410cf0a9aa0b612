/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Readers: each turns one kind of file into a table. A reader is a row of `rwe_readers`
 * (src/data/input/reader.c): adding one adds a file with its two functions and a line to that list.
 *
 * The kind of a file is known by its first bytes, not by the ending of its name: a file that is called .csv
 * and is a workbook is read as a workbook. The readers are asked in the order of the list, and the first
 * that knows the file reads it. A reader takes bytes from a stream, adds columns and cells to a builder
 * (table_builder.h), and knows nothing of what becomes of them.
 */
#ifndef RWE_DATA_READER_H
#define RWE_DATA_READER_H

#include "rwe/data/table_builder.h"

/** A file that is being read, from its first byte to its last. */
struct rwe_stream;

/** How to call it in a message: its path, or "standard input". */
const char *rwe_stream_name(const struct rwe_stream *stream);

/**
 * Reads on until a buffer of at least 256 KiB is full or the file at its end; what has not been taken stays
 * in front. A whole file therefore lies in the buffer where it is shorter. RWE_IO, RWE_NO_MEMORY.
 */
enum rwe_status rwe_stream_fill(struct rwe_stream *stream, struct rwe_error *error);

/** The bytes in the buffer that have not been taken, *n of them; valid until the next fill. */
const unsigned char *rwe_stream_bytes(const struct rwe_stream *stream, size_t *n);

/** Takes the first n of them. */
void rwe_stream_take(struct rwe_stream *stream, size_t n);

/** Whether the file holds nothing beyond the bytes in the buffer. */
bool rwe_stream_at_end(const struct rwe_stream *stream);

/** All bytes that have not been taken, as one piece in `arena`, and takes them: for kinds of files that have
 * their directory at the end. */
enum rwe_status rwe_stream_rest(struct rwe_stream *stream, struct rwe_arena *arena,
                                const unsigned char **bytes, size_t *n, struct rwe_error *error);

/** What is read. */
struct rwe_reading {
    struct rwe_stream *stream;
    const struct rwe_table_options *options;
    struct rwe_complaints *complaints; /**< for cells and rows that are not as they should be */
    struct rwe_arena *scratch;         /**< freed when the reader returns */
};

/** One kind of file. */
struct rwe_reader {
    const char *name; /**< for messages: "CSV" */

    /** Whether a file that begins with these bytes is of this kind; they are all of it, or 256 KiB. */
    bool (*detect)(const unsigned char *bytes, size_t n, const struct rwe_table_options *options);

    /** Reads the whole file. An error begins with the file's name and says what to do; those of the builder
     * need not be looked at. */
    enum rwe_status (*read)(const struct rwe_reading *reading, struct rwe_table_builder *builder,
                            struct rwe_error *error);

    bool
        has_sheets; /**< a file of this kind may hold several tables, and struct rwe_table_options names one */
};

/** The readers in the order in which they are asked, ended by NULL; struct rwe_table_options can name others. */
extern const struct rwe_reader *const rwe_readers[];

#endif
