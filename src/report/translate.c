/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking texts up among phrases with places for other texts in them. */
#include "language_private.h"

#include "rwe/base/text.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 9 };

/* Templates of so few letters only join texts ("{}: {}"): lists are taken apart before they are. */
enum { JOINING_LETTERS = 3 };

/* A phrase with places, and how much of it is not a place. */
struct template
{
    const struct rwe_phrase *phrase;
    size_t n_letters, n_first; /* in all, and before the first place */
};

struct rwe_translator {
    const struct rwe_language *language;
    struct rwe_arena *arena;
    const struct rwe_phrase **exact; /* by their English */
    size_t n_exact;
    struct template *template;     /* the most letters first */
    size_t n_templates, n_joining; /* the last ones only join */
    struct rwe_strings kept;       /* sorted: never translated */
};

/* ---- the phrases in order ---- */

static int compare_phrases(const void *a, const void *b)
{
    const struct rwe_phrase *const *x = a, *const *y = b;
    return strcmp((*x)->english, (*y)->english);
}

static int compare_templates(const void *a, const void *b)
{
    const struct template *x = a, *y = b;
    if (x->n_letters != y->n_letters)
        return x->n_letters > y->n_letters ? -1 : 1;
    return (x->phrase > y->phrase) - (x->phrase < y->phrase); /* as they stand in the list */
}

static struct template template_of(const struct rwe_phrase *phrase)
{
    struct template template = {phrase, strlen(phrase->english), 0};
    template.n_first = (size_t)(strstr(phrase->english, "{}") - phrase->english);
    for (const char *at = phrase->english; (at = strstr(at, "{}")) != NULL; at += 2)
        template.n_letters -= 2;
    return template;
}

struct rwe_translator *rwe_translator_new(const struct rwe_language *language,
                                          struct rwe_arena *arena)
{
    struct rwe_translator *translator = RWE_NEW(arena, struct rwe_translator, 1);
    const struct rwe_phrase **exact =
        RWE_NEW(arena, const struct rwe_phrase *, language->n_phrases);
    struct template *template = RWE_NEW(arena, struct template, language->n_phrases);
    if (rwe_arena_failed(arena))
        return NULL;
    *translator = (struct rwe_translator){
        .language = language, .arena = arena, .exact = exact, .template = template};
    for (size_t i = 0; i < language->n_phrases; i++) {
        const struct rwe_phrase *phrase = &language->phrase[i];
        if (strstr(phrase->english, "{}") == NULL)
            exact[translator->n_exact++] = phrase;
        else
            template[translator->n_templates++] = template_of(phrase);
    }
    qsort(exact, translator->n_exact, sizeof *exact, compare_phrases);
    qsort(template, translator->n_templates, sizeof *template, compare_templates);
    for (size_t i = 0; i < translator->n_templates; i++)
        translator->n_joining += template[i].n_letters <= JOINING_LETTERS;
    return translator;
}

/* ---- matching ---- */

/* What stands in the places of a text. */
struct places {
    const char *at[MOST_PLACES];
    size_t length[MOST_PLACES], n;
};

/* Whether the text is the pattern with something in its places, each as short as can be. */
static bool matches(const char *pattern, const char *text, struct places *places)
{
    while (*pattern != '\0' && strncmp(pattern, "{}", 2) != 0)
        if (*pattern++ != *text++)
            return false;
    if (*pattern == '\0')
        return *text == '\0';
    size_t place = places->n;
    if (place == MOST_PLACES)
        return false;
    for (size_t length = 0;; length++) {
        places->at[place] = text;
        places->length[place] = length;
        places->n = place + 1;
        if (matches(pattern + 2, text + length, places))
            return true;
        if (text[length] == '\0')
            return false;
    }
}

/* ---- building ---- */

static const char *translate_place(struct rwe_translator *translator, const struct places *places,
                                   size_t i)
{
    const char *text =
        rwe_arena_format(translator->arena, "%.*s", (int)places->length[i], places->at[i]);
    return text == NULL ? "" : rwe_translate(translator, text);
}

/* "{2}" is the second place, "{}" the one behind the last that was written so. */
static size_t place_at(const char *brace, size_t *next)
{
    return brace[1] == '}' ? (*next)++ : (size_t)(brace[1] - '1');
}

static const char *fill(struct rwe_translator *translator, const char *translation,
                        const struct places *places)
{
    const char *result = "";
    size_t next = 0;
    for (const char *at = translation; result != NULL && *at != '\0';) {
        size_t run = strcspn(at, "{");
        size_t place = at[run] == '{' ? place_at(at + run, &next) : MOST_PLACES;
        result =
            rwe_arena_format(translator->arena, "%s%.*s%s", result, (int)run, at,
                             place < places->n ? translate_place(translator, places, place) : "");
        at += run;
        at += *at == '{' ? strcspn(at, "}") + 1 : 0;
    }
    return result;
}

/* ---- looking up ---- */

static int compare_text(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static int compare_english(const void *key, const void *item)
{
    return strcmp(key, (*(const struct rwe_phrase *const *)item)->english);
}

static const char *translate_items(struct rwe_translator *translator, const char *text)
{
    const char *result = NULL;
    bool any = false;
    for (const char *at = text; at != NULL;) {
        const char *end = strstr(at, "; ");
        size_t n = end == NULL ? strlen(at) : (size_t)(end - at);
        const char *item = rwe_arena_format(translator->arena, "%.*s", (int)n, at);
        if (item == NULL)
            return text;
        const char *translated = rwe_translate(translator, item);
        any = any || translated != item;
        item = translated;
        result = result == NULL ? item
                                : rwe_arena_format(translator->arena, "%s%s%s", result,
                                                   translator->language->list_separator, item);
        at = end == NULL || result == NULL ? NULL : end + 2;
    }
    return any && result != NULL ? result : text;
}

static bool is_kept(const struct rwe_translator *translator, const char *text)
{
    return translator->kept.n > 0 && bsearch(text, translator->kept.item, translator->kept.n,
                                             sizeof *translator->kept.item, compare_text) != NULL;
}

/* By the first template from `start` to `end` that fits; NULL where none does. */
static const char *by_template(struct rwe_translator *translator, const char *text, size_t start,
                               size_t end)
{
    for (size_t i = start; i < end; i++) {
        const struct template *template = &translator->template[i];
        struct places places = {.n = 0};
        if (strncmp(text, template->phrase->english, template->n_first) == 0 &&
            matches(template->phrase->english, text, &places))
            return fill(translator, template->phrase->translation, &places);
    }
    return NULL;
}

const char *rwe_translate_whole(const struct rwe_translator *translator, const char *text)
{
    const struct rwe_phrase **exact = text == NULL
                                          ? NULL
                                          : bsearch(text, translator->exact, translator->n_exact,
                                                    sizeof *translator->exact, compare_english);
    return exact == NULL ? text : (*exact)->translation;
}

const char *rwe_translate(struct rwe_translator *translator, const char *text)
{
    if (text == NULL || text[0] == '\0' || is_kept(translator, text))
        return text;
    const char *whole = rwe_translate_whole(translator, text);
    if (whole != text)
        return whole;
    size_t n_saying = translator->n_templates - translator->n_joining;
    const char *result = by_template(translator, text, 0, n_saying);
    if (result == NULL && strstr(text, "; ") != NULL)
        return translate_items(translator, text);
    if (result == NULL)
        result = by_template(translator, text, n_saying, translator->n_templates);
    return result == NULL ? text : result;
}

void rwe_translator_keep(struct rwe_translator *translator, struct rwe_strings sorted)
{
    translator->kept = sorted;
}

const struct rwe_language *rwe_translator_language(const struct rwe_translator *translator)
{
    return translator->language;
}
