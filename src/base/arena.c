/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A block is large enough that a 600-patient run needs a few of them, small enough that an idle
 * arena costs nothing. Larger requests get a block of their own. */
#define BLOCK_SIZE ((size_t)64 * 1024)
#define ALIGNMENT ((size_t)16)

struct block {
    struct block *previous;
    size_t size;    /* bytes in data */
    size_t used;    /* bytes handed out */
    size_t touched; /* bytes ever handed out: what a reuse must zero again */
    _Alignas(16) unsigned char data[];
};

struct rwe_arena {
    struct block *top;
    bool failed;
};

struct rwe_arena *rwe_arena_new(void)
{
    return calloc(1, sizeof(struct rwe_arena));
}

void rwe_arena_free(struct rwe_arena *arena)
{
    if (arena == NULL)
        return;
    rwe_arena_release(arena, (struct rwe_mark){NULL, 0});
    free(arena);
}

/* A page fault costs as much as a hundred cells: columns of a million rows are better off with pages
 * of 2 MiB. Only whole ones within the block, so that no memory is touched that would not be. */
static void ask_for_huge_pages(void *memory, size_t size)
{
    const uintptr_t huge = (uintptr_t)1 << 21;
    uintptr_t from = ((uintptr_t)memory + huge - 1) / huge * huge;
    uintptr_t to = ((uintptr_t)memory + size) / huge * huge;
    if (from < to)
        madvise((void *)from, to - from, MADV_HUGEPAGE); /* advice: a refusal changes nothing */
}

static struct block *block_new(struct rwe_arena *arena, size_t bytes)
{
    size_t size = bytes > BLOCK_SIZE ? bytes : BLOCK_SIZE;
    if (size > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *block = calloc(1, sizeof *block + size); /* fresh pages come zeroed for free */
    if (block == NULL)
        return NULL;
    ask_for_huge_pages(block, size);
    block->size = size;
    block->previous = arena->top;
    arena->top = block;
    return block;
}

/* The memory, of which the first *dirty bytes have been used before. */
static unsigned char *take(struct rwe_arena *arena, size_t count, size_t size, size_t *dirty)
{
    size_t bytes;
    *dirty = 0;
    if (arena->failed)
        return NULL;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT) {
        arena->failed = true;
        return NULL;
    }
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = arena->top;
    if (block == NULL || block->size - block->used < bytes)
        block = block_new(arena, bytes);
    if (block == NULL) {
        arena->failed = true;
        return NULL;
    }
    unsigned char *memory = block->data + block->used;
    size_t end = block->used + bytes;
    if (block->touched > block->used)
        *dirty = (block->touched < end ? block->touched : end) - block->used;
    block->used = end;
    if (block->touched < end)
        block->touched = end;
    return memory;
}

void *rwe_arena_alloc(struct rwe_arena *arena, size_t count, size_t size)
{
    size_t dirty;
    unsigned char *memory = take(arena, count, size, &dirty);
    if (dirty > 0)
        memset(memory, 0, dirty);
    return memory;
}

void *rwe_arena_alloc_unset(struct rwe_arena *arena, size_t count, size_t size)
{
    size_t dirty;
    return take(arena, count, size, &dirty);
}

void *rwe_arena_grow(struct rwe_arena *arena, void *array, size_t *capacity, size_t need,
                     size_t size)
{
    if (need <= *capacity && array != NULL)
        return array;
    size_t grown = *capacity < 8 ? 8 : *capacity * 2;
    if (grown < need)
        grown = need;
    void *copy = rwe_arena_alloc(arena, grown, size);
    if (copy == NULL)
        return NULL;
    if (array != NULL)
        memcpy(copy, array, *capacity * size);
    *capacity = grown;
    return copy;
}

void rwe_arena_reserve(struct rwe_arena *arena, size_t bytes)
{
    const struct block *top = arena->top;
    if (!arena->failed && (top == NULL || top->size - top->used < bytes))
        (void)block_new(arena, bytes); /* NULL: the next allocation asks for what it needs */
}

bool rwe_arena_failed(const struct rwe_arena *arena)
{
    return arena->failed;
}

struct rwe_mark rwe_arena_mark(const struct rwe_arena *arena)
{
    return (struct rwe_mark){arena->top, arena->top == NULL ? 0 : arena->top->used};
}

void rwe_arena_release(struct rwe_arena *arena, struct rwe_mark mark)
{
    while (arena->top != NULL && arena->top != mark.block) {
        struct block *block = arena->top;
        arena->top = block->previous;
        free(block);
    }
    if (arena->top != NULL)
        arena->top->used = mark.used;
}

char *rwe_arena_substring(struct rwe_arena *arena, const char *text, size_t length)
{
    char *copy = rwe_arena_alloc(arena, length + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

char *rwe_arena_string(struct rwe_arena *arena, const char *text)
{
    return rwe_arena_substring(arena, text, strlen(text));
}

char *rwe_arena_format(struct rwe_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : rwe_arena_alloc(arena, (size_t)length + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
