/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream_private.h"

#include "rwe/base/language.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rwe_stream {
    const char *name;
    int descriptor;
    struct rwe_sha256 *hash;
    unsigned char *raw;
    size_t size;       /* of raw */
    size_t begin, end; /* the bytes in raw that have not been taken */
    size_t fresh;      /* where the bytes in raw begin that are not hashed yet */
    bool at_end;       /* of the file */
    struct rwe_progress progress;
    const char *reading; /* what is told of it */
    size_t done, of;     /* bytes that were read, and those of the file; 0: unknown */
};

static enum rwe_status read_failed(const struct rwe_stream *stream, int reason,
                                   struct rwe_error *error)
{
    if (reason == ENOMEM)
        return rwe_fail_memory(error);
    if (reason == ENOENT)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s: no such file: check its name and its folder", stream->name);
    if (reason == EISDIR)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s: is a folder: name the CSV file that lies in it", stream->name);
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: cannot be read: %s", stream->name,
                    strerror(reason));
}

enum rwe_status rwe_stream_open(const char *path, size_t chunk, struct rwe_arena *scratch,
                                struct rwe_stream **result, struct rwe_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct rwe_stream *stream = RWE_NEW(scratch, struct rwe_stream, 1);
    unsigned char *raw = RWE_NEW(scratch, unsigned char, chunk);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    *stream = (struct rwe_stream){
        .name = standard_input ? rwe_message("standard input") : path,
        .descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC),
        .raw = raw,
        .size = chunk,
    };
    if (stream->descriptor < 0)
        return read_failed(stream, errno, error);
    stream->hash = rwe_sha256_new();
    if (stream->hash == NULL) {
        rwe_stream_close(stream, NULL);
        return rwe_fail_memory(error);
    }
    *result = stream;
    return RWE_OK;
}

enum rwe_status rwe_stream_tell(struct rwe_stream *stream, struct rwe_progress progress,
                                struct rwe_arena *scratch, struct rwe_error *error)
{
    struct stat about;
    bool is_known = fstat(stream->descriptor, &about) == 0 && S_ISREG(about.st_mode);
    stream->of = is_known ? (size_t)about.st_size : 0;
    stream->reading = rwe_arena_format(scratch, rwe_message("reading %s"), stream->name);
    stream->progress = progress;
    return stream->reading == NULL ? rwe_fail_memory(error) : RWE_OK;
}

const char *rwe_stream_reading(const struct rwe_stream *stream)
{
    return stream->reading;
}

void rwe_stream_close(struct rwe_stream *stream, char hex[RWE_SHA256_SIZE])
{
    if (stream->hash != NULL) {
        rwe_stream_hash(stream);
        rwe_sha256_finish(stream->hash, hex);
    }
    if (stream->descriptor != STDIN_FILENO)
        close(stream->descriptor);
}

void rwe_stream_hash(struct rwe_stream *stream)
{
    rwe_sha256_add(stream->hash, stream->raw + stream->fresh, stream->end - stream->fresh);
    stream->fresh = stream->end;
}

const char *rwe_stream_name(const struct rwe_stream *stream)
{
    return stream->name;
}

enum rwe_status rwe_stream_fill(struct rwe_stream *stream, struct rwe_error *error)
{
    if (stream->begin == 0 && (stream->at_end || stream->end == stream->size))
        return RWE_OK; /* what is there is hashed when it is split, by another thread */
    rwe_stream_hash(stream);
    stream->end -= stream->begin;
    memmove(stream->raw, stream->raw + stream->begin, stream->end);
    stream->begin = 0;
    stream->fresh = stream->end;
    rwe_progress_tell(&stream->progress, stream->reading, stream->done, stream->of);
    while (!stream->at_end && stream->end < stream->size) {
        ssize_t n = read(stream->descriptor, stream->raw + stream->end, stream->size - stream->end);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return read_failed(stream, errno, error);
        stream->at_end = n == 0;
        stream->end += (size_t)n;
        stream->done += (size_t)n;
    }
    return RWE_OK;
}

const unsigned char *rwe_stream_bytes(const struct rwe_stream *stream, size_t *n)
{
    *n = stream->end - stream->begin;
    return stream->raw + stream->begin;
}

void rwe_stream_take(struct rwe_stream *stream, size_t n)
{
    stream->begin += n;
}

bool rwe_stream_at_end(const struct rwe_stream *stream)
{
    return stream->at_end;
}

/* Bytes to come, and one buffer more: where the system knows how large the file is, it lies in memory once. */
static size_t size_of_rest(const struct rwe_stream *stream)
{
    struct stat about;
    bool is_known = fstat(stream->descriptor, &about) == 0 && S_ISREG(about.st_mode);
    return stream->size + (is_known ? (size_t)about.st_size : 0);
}

enum rwe_status rwe_stream_rest(struct rwe_stream *stream, struct rwe_arena *arena,
                                const unsigned char **bytes, size_t *n, struct rwe_error *error)
{
    size_t capacity = 0;
    unsigned char *all = rwe_arena_grow(arena, NULL, &capacity, size_of_rest(stream), 1);
    *n = 0;
    if (all == NULL)
        return rwe_fail_memory(error);
    do {
        enum rwe_status status = rwe_stream_fill(stream, error);
        if (status != RWE_OK)
            return status;
        size_t more;
        const unsigned char *from = rwe_stream_bytes(stream, &more);
        all = rwe_arena_grow(arena, all, &capacity, *n + more, 1);
        if (all == NULL)
            return rwe_fail_memory(error);
        memcpy(all + *n, from, more);
        rwe_stream_take(stream, more);
        *n += more;
    } while (!stream->at_end);
    *bytes = all;
    return RWE_OK;
}
