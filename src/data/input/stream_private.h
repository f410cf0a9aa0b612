/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The other side of a stream: who opens it, and who hashes its bytes meanwhile. */
#ifndef RWE_DATA_STREAM_PRIVATE_H
#define RWE_DATA_STREAM_PRIVATE_H

#include "rwe/base/hash.h"
#include "rwe/data/reader.h"

/** Bytes of one read: large enough that its cost is nothing, small enough to stay in the cache. */
#define RWE_STREAM_CHUNK ((size_t)256 * 1024)

/**
 * Opens `path` ("-": standard input), with a buffer of `chunk` bytes (at least 16). The stream lives in
 * `scratch`, but holds a descriptor: on success it must be closed. RWE_IO, RWE_NO_MEMORY.
 */
enum rwe_status rwe_stream_open(const char *path, size_t chunk, struct rwe_arena *scratch,
                                struct rwe_stream **stream, struct rwe_error *error);

/** From now on tells of the bytes that are read: "reading cohort.csv". RWE_NO_MEMORY. */
enum rwe_status rwe_stream_tell(struct rwe_stream *stream, struct rwe_progress progress,
                                struct rwe_arena *scratch, struct rwe_error *error);

/** What is told of it: "reading cohort.csv". */
const char *rwe_stream_reading(const struct rwe_stream *stream);

/** Adds the bytes of the last fill to the digest, unless that has been done. May run while another
 * thread looks at these bytes. Whoever does not call it loses only time. */
void rwe_stream_hash(struct rwe_stream *stream);

/** Closes the file; `hex` (or NULL) receives the digest of the bytes that were read. */
void rwe_stream_close(struct rwe_stream *stream, char hex[RWE_SHA256_SIZE]);

#endif
