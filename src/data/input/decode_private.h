/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A stream's bytes as UTF-8 text, piece by piece. The file is never in memory as a whole.
 *
 * ASCII is the same in every encoding that we detect, so nothing is decided while only ASCII has
 * been seen; the first other byte, with what follows it in the buffer, decides. What no later byte
 * may contradict silently: bytes that are not of the encoding are an error that names their line.
 */
#ifndef RWE_DATA_DECODE_PRIVATE_H
#define RWE_DATA_DECODE_PRIVATE_H

#include "rwe/data/reader.h"

struct rwe_decoder;

/**
 * A decoder of `stream` in `encoding` (NULL: detect). It lives in `scratch`; on success it must be closed.
 * `room` is how many bytes of text it gives out at once, at least 16. RWE_USAGE: an encoding that iconv does
 * not know; RWE_NO_MEMORY.
 */
enum rwe_status rwe_decoder_open(struct rwe_stream *stream, const char *encoding, size_t room,
                                 struct rwe_arena *scratch, struct rwe_decoder **decoder,
                                 struct rwe_error *error);

/** The next piece of text, valid until the next call; a length of 0 is the end. It holds whole
 * characters and no '\0'. A byte order mark is not part of it. */
enum rwe_status rwe_decoder_read(struct rwe_decoder *decoder, const char **text, size_t *length,
                                 struct rwe_error *error);

/** The encoding as decided so far; "UTF-8" while all is ASCII. */
const char *rwe_decoder_encoding(const struct rwe_decoder *decoder);

void rwe_decoder_close(struct rwe_decoder *decoder);

#endif
