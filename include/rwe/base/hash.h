/* SPDX-License-Identifier: GPL-3.0-or-later */
/** SHA-256 of what was read (Nettle's), so that a result names its inputs. */
#ifndef RWE_BASE_HASH_H
#define RWE_BASE_HASH_H

#include "rwe/base/status.h"

/** 64 hexadecimal digits and the final zero. */
#define RWE_SHA256_SIZE 65

struct rwe_sha256;

/** A new running hash, or NULL when memory is out. */
struct rwe_sha256 *rwe_sha256_new(void);

/** Adds `size` bytes. */
void rwe_sha256_add(struct rwe_sha256 *hash, const void *bytes, size_t size);

/** Writes the digest in lower-case hexadecimal and frees the hash. `hex` may be NULL. */
void rwe_sha256_finish(struct rwe_sha256 *hash, char hex[RWE_SHA256_SIZE]);

/** Digest of a whole file. RWE_IO, with a sentence, when it cannot be read. */
enum rwe_status rwe_sha256_file(const char *path, char hex[RWE_SHA256_SIZE],
                                struct rwe_error *error);

#endif
