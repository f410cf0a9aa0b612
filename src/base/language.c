/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/language.h"

#include <stdint.h>
#include <string.h>

/* Made by the build from po/ (tests/tools/embed_catalogues.sh): the languages beside English, the last without a
 * name. */
extern const struct rwe_language rwe_catalogues[];

static const struct rwe_language english = {"en", NULL, 0};

static _Thread_local struct rwe_languages now = {&english, &english};

const struct rwe_language *rwe_language_find(const char *name)
{
    if (strcmp(name, english.name) == 0)
        return &english;
    for (const struct rwe_language *l = rwe_catalogues; l->name != NULL; l++)
        if (strcmp(l->name, name) == 0)
            return l;
    return NULL;
}

struct rwe_languages rwe_languages_use(struct rwe_languages languages)
{
    struct rwe_languages before = now;
    now.report = languages.report == NULL ? &english : languages.report;
    now.messages = languages.messages == NULL ? &english : languages.messages;
    return before;
}

struct rwe_languages rwe_languages_now(void)
{
    return now;
}

/* ---- catalogues ---- */

/*
 * A MO file (GNU gettext manual, "The Format of GNU MO Files"): seven words of 32 bits, of which the third is the
 * number of texts and the next two say where two tables begin, of the originals in order of strcmp and of their
 * translations. An entry of a table is a length and a place. The byte order is that of the machine that builds.
 */
enum { WORD_COUNT = 2, WORD_ORIGINALS = 3, WORD_TRANSLATIONS = 4, ENTRY = 8 };

static uint32_t word_at(const unsigned char *catalogue, size_t offset)
{
    uint32_t word;
    memcpy(&word, catalogue + offset, sizeof word);
    return word;
}

static const char *text_at(const unsigned char *catalogue, uint32_t table, size_t i)
{
    return (const char *)catalogue + word_at(catalogue, table + ENTRY * i + sizeof(uint32_t));
}

const char *rwe_language_text(const struct rwe_language *language, const char *text)
{
    const unsigned char *catalogue = language->catalogue;
    if (catalogue == NULL || text == NULL || *text == '\0') /* "" is the catalogue's own heading */
        return text;
    uint32_t originals = word_at(catalogue, WORD_ORIGINALS * sizeof(uint32_t));
    size_t low = 0, high = word_at(catalogue, WORD_COUNT * sizeof(uint32_t));
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(text, text_at(catalogue, originals, middle));
        if (order == 0)
            return text_at(catalogue, word_at(catalogue, WORD_TRANSLATIONS * sizeof(uint32_t)),
                           middle);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return text;
}

const char *rwe_text(const char *text)
{
    return rwe_language_text(now.report, text);
}

const char *rwe_message(const char *text)
{
    return rwe_language_text(now.messages, text);
}
