/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "intern_private.h"

#include "rwe/base/rng.h"

#include <stdbool.h>
#include <string.h>

static uint64_t hash_text(const char *text, size_t length)
{
    uint64_t hash = length;
    uint64_t word;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = rwe_mix64(hash ^ word);
    }
    word = 0;
    memcpy(&word, text, length);
    return rwe_mix64(hash ^ word);
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t *find_slot(const struct rwe_intern *intern, uint64_t hash, const char *text)
{
    size_t mask = intern->n_slots - 1;
    size_t i = hash & mask;
    while (intern->slot[i] != 0) {
        size_t number = intern->slot[i] - 1;
        if (intern->hash[number] == hash && strcmp(intern->text[number], text) == 0)
            break;
        i = (i + 1) & mask;
    }
    return &intern->slot[i];
}

/* Twice as many slots, at most half of them taken. */
static bool grow_slots(struct rwe_intern *intern)
{
    size_t n_slots = intern->n_slots == 0 ? 64 : 2 * intern->n_slots;
    uint32_t *slot = RWE_NEW(intern->arena, uint32_t, n_slots);
    if (slot == NULL)
        return false;
    for (size_t number = 0; number < intern->n; number++) {
        size_t i = intern->hash[number] & (n_slots - 1);
        while (slot[i] != 0)
            i = (i + 1) & (n_slots - 1);
        slot[i] = (uint32_t)number + 1;
    }
    intern->slot = slot;
    intern->n_slots = n_slots;
    return true;
}

static bool grow(struct rwe_intern *intern)
{
    size_t need = intern->n + 1;
    const char **text = rwe_arena_grow(intern->arena, intern->text, &intern->text_capacity, need,
                                       sizeof *intern->text);
    uint64_t *hash = rwe_arena_grow(intern->arena, intern->hash, &intern->hash_capacity, need,
                                    sizeof *intern->hash);
    if (text == NULL || hash == NULL)
        return false;
    intern->text = text;
    intern->hash = hash;
    return 2 * need <= intern->n_slots || grow_slots(intern);
}

uint32_t rwe_intern_number(struct rwe_intern *intern, const char *text, size_t length)
{
    uint64_t hash = hash_text(text, length);
    if (intern->n_slots > 0) {
        uint32_t found = *find_slot(intern, hash, text);
        if (found != 0)
            return found - 1;
    }
    if (intern->n >= RWE_INTERN_FAILED - 1 || !grow(intern))
        return RWE_INTERN_FAILED;
    uint32_t number = (uint32_t)intern->n++;
    intern->text[number] = text;
    intern->hash[number] = hash;
    *find_slot(intern, hash, text) = number + 1;
    return number;
}
