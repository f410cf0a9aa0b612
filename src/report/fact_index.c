/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/report/fact_index.h"

#include "document_private.h"

#include <math.h>
#include <string.h>

/* Open addressing (Knuth, The Art of Computer Programming 3, 6.4): at most half of the slots are taken,
 * a number of slots that is a power of two. */
struct rwe_fact_index {
    const struct rwe_document *document;
    rwe_fact *slot; /* RWE_NO_FACT where empty */
    size_t n_slots;
};

/* FNV-1a (Fowler, Noll & Vo 1991); the final zero parts one text from the next. */
static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (const char *c = text == NULL ? "" : text;; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
        if (*c == '\0')
            return hash;
    }
}

static uint64_t hash_of(const struct rwe_key *key, const char *stat)
{
    uint64_t hash = mix_text(14695981039346656037u, stat), bits = 0;
    double time = isfinite(key->time) ? key->time + 0.0 : -1; /* + 0: −0 is 0 */
    memcpy(&bits, &time, sizeof bits);
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++)
        hash = mix_text(hash, rwe_key_text(key, i));
    hash = (hash ^ bits) * 1099511628211u;
    return hash ^ hash >> 29;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_fact(const struct rwe_fact_value *fact, const struct rwe_key *key, const char *stat)
{
    bool timeless = !isfinite(key->time);
    if (timeless != isnan(fact->key.time) || (!timeless && fact->key.time != key->time) ||
        strcmp(fact->stat, stat) != 0)
        return false;
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++)
        if (!same_text(rwe_key_text(&fact->key, i), rwe_key_text(key, i)))
            return false;
    return true;
}

/* The slot of that fact, or the empty one where it belongs. */
static rwe_fact *slot_of(const struct rwe_fact_index *index, const struct rwe_key *key,
                         const char *stat)
{
    size_t at = hash_of(key, stat) & (index->n_slots - 1);
    while (index->slot[at] != RWE_NO_FACT &&
           !is_fact(rwe_document_fact(index->document, index->slot[at]), key, stat))
        at = (at + 1) & (index->n_slots - 1);
    return &index->slot[at];
}

const struct rwe_fact_index *rwe_fact_index_new(const struct rwe_document *document,
                                                struct rwe_arena *arena)
{
    size_t n = rwe_document_n_facts(document), n_slots = 16;
    while (n_slots < 2 * n)
        n_slots *= 2;
    struct rwe_fact_index *index = RWE_NEW(arena, struct rwe_fact_index, 1);
    rwe_fact *slot = RWE_NEW(arena, rwe_fact, n_slots);
    if (index == NULL || slot == NULL)
        return NULL;
    memset(slot, 0xff, n_slots * sizeof *slot); /* RWE_NO_FACT has all bits set */
    *index = (struct rwe_fact_index){document, slot, n_slots};
    for (size_t f = 0; f < n; f++) {
        const struct rwe_fact_value *fact = rwe_document_fact(document, (rwe_fact)f);
        rwe_fact *place = slot_of(index, &fact->key, fact->stat);
        if (*place == RWE_NO_FACT)
            *place = (rwe_fact)f;
    }
    return index;
}

rwe_fact rwe_fact_find(const struct rwe_fact_index *index, const struct rwe_key *key,
                       const char *stat)
{
    return *slot_of(index, key, stat);
}

double rwe_fact_number(const struct rwe_fact_index *index, rwe_fact fact)
{
    return fact == RWE_NO_FACT ? NAN : rwe_document_fact(index->document, fact)->number;
}
