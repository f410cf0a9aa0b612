/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A file's bytes as UTF-8 text, piece by piece. The file is never in memory as a whole.
 *
 * ASCII is the same in every encoding that we detect, so nothing is decided while only ASCII has
 * been seen; the first other byte, with what follows it in the chunk, decides. What no later byte
 * may contradict silently: bytes that are not of the encoding are an error that names their line.
 */
#ifndef RWE_DATA_DECODE_PRIVATE_H
#define RWE_DATA_DECODE_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/base/hash.h"
#include "rwe/base/status.h"

/** Bytes of one read: large enough that its cost is nothing, small enough to stay in the cache. */
#define RWE_DECODER_CHUNK ((size_t)256 * 1024)

struct rwe_decoder;

/**
 * Opens `path` ("-": standard input), in `encoding` (NULL: detect). `chunk` (at least 16) is the
 * number of bytes of one read. The decoder lives in `scratch`, but holds a descriptor and more: on
 * success it must be closed. RWE_IO, RWE_USAGE (an encoding that iconv does not know), …
 */
enum rwe_status rwe_decoder_open(const char *path, const char *encoding, size_t chunk,
                                 struct rwe_arena *scratch, struct rwe_decoder **decoder,
                                 struct rwe_error *error);

/** The next piece of text, valid until the next call; a length of 0 is the end. It holds whole
 * characters and no '\0'. A byte order mark is not part of it. */
enum rwe_status rwe_decoder_read(struct rwe_decoder *decoder, const char **text, size_t *length,
                                 struct rwe_error *error);

/** Adds the bytes of the last read to the digest, unless that has been done. May run while another
 * thread looks at the text of that read. Whoever does not call it loses only time. */
void rwe_decoder_hash(struct rwe_decoder *decoder);

/** How to call the file in a message: its path, or "standard input". */
const char *rwe_decoder_name(const struct rwe_decoder *decoder);

/** The encoding as decided so far; "UTF-8" while all is ASCII. */
const char *rwe_decoder_encoding(const struct rwe_decoder *decoder);

/** Closes the file; `hex` (or NULL) receives the digest of the bytes that were read. */
void rwe_decoder_close(struct rwe_decoder *decoder, char hex[RWE_SHA256_SIZE]);

#endif
