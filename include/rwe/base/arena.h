/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Memory as a lifetime. There are three: the run (files, cohort, document), a result, and scratch.
 *
 * The caller passes an arena and owns everything that comes out of it; freeing the arena frees all.
 * A kernel allocates its result first, takes a mark, allocates its workspace and releases to the
 * mark on success; when it fails half-way nothing leaks, since the arena still owns every byte.
 *
 * Allocation failure is sticky: after one, every further allocation returns NULL, so that a group
 * of allocations needs a single `rwe_arena_failed`. One arena belongs to one thread at a time.
 */
#ifndef RWE_BASE_ARENA_H
#define RWE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct rwe_arena;

/** A place to release to. Plain value; valid until an earlier mark is released. */
struct rwe_mark {
    void *block;
    size_t used;
};

/** A new empty arena, or NULL when memory is out. */
struct rwe_arena *rwe_arena_new(void);

/** Frees the arena and everything allocated from it. NULL is allowed. */
void rwe_arena_free(struct rwe_arena *arena);

/**
 * `count` items of `size` bytes, zeroed, aligned for any type. NULL when memory is out, when
 * count * size overflows, or after an earlier failure. A count of 0 gives a valid pointer.
 */
void *rwe_arena_alloc(struct rwe_arena *arena, size_t count, size_t size);

/** The same, but not zeroed: for large arrays of which the caller sets whatever it reads. */
void *rwe_arena_alloc_unset(struct rwe_arena *arena, size_t count, size_t size);

/** `RWE_NEW(arena, double, n)`: n zeroed doubles. */
#define RWE_NEW(arena, type, count) ((type *)rwe_arena_alloc((arena), (count), sizeof(type)))

/** `RWE_NEW_UNSET(arena, double, n)`: n doubles, not zeroed. */
#define RWE_NEW_UNSET(arena, type, count)                                                          \
    ((type *)rwe_arena_alloc_unset((arena), (count), sizeof(type)))

/**
 * Room for `need` items in an array that holds `*capacity`: the array itself, or a copy at least
 * twice as large, with `*capacity` updated. NULL when memory is out (the old array stays valid).
 */
void *rwe_arena_grow(struct rwe_arena *arena, void *array, size_t *capacity, size_t need,
                     size_t size);

/**
 * Sees to it that the next `bytes` come from memory that is there already, so that work which is
 * repeated between a mark taken after this and its release does not ask the system each time. Too
 * little is no error. Without the memory nothing changes.
 */
void rwe_arena_reserve(struct rwe_arena *arena, size_t bytes);

/** Whether any allocation from this arena has failed. */
bool rwe_arena_failed(const struct rwe_arena *arena);

/** The present end of the arena. */
struct rwe_mark rwe_arena_mark(const struct rwe_arena *arena);

/** Gives back everything allocated since `mark`. */
void rwe_arena_release(struct rwe_arena *arena, struct rwe_mark mark);

/** Copy of a string; of its first `length` bytes; of a formatted one. NULL when memory is out. */
char *rwe_arena_string(struct rwe_arena *arena, const char *text);
char *rwe_arena_substring(struct rwe_arena *arena, const char *text, size_t length);
char *rwe_arena_format(struct rwe_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
