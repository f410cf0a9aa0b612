/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Reports in other languages. Analyses write English; a language is a list of phrases, and a document in
 * it is a copy whose texts were looked up there. So no analysis knows of languages, and results (facts,
 * keys, JSON) have none.
 */
#ifndef RWE_REPORT_LANGUAGE_H
#define RWE_REPORT_LANGUAGE_H

#include "rwe/report/document.h"

/**
 * An English text and what it is called. "{}" stands for any text, which is looked up in its turn (and,
 * where it holds "; ", item by item); in the translation "{1}", "{2}" say which one comes where, "{}"
 * takes the next.
 */
struct rwe_phrase {
    const char *english, *translation;
};

struct rwe_language {
    const char *name; /**< "en", "zh": also the tag of HTML's lang */
    const struct rwe_phrase *phrase;
    size_t n_phrases;
    const char *list_separator; /**< what "; " becomes */
};

/** The language of that name, or NULL. "en" has no phrases. */
const struct rwe_language *rwe_language_find(const char *name);

/** "en|zh". */
extern const char rwe_language_names[];

/** What the look-up needs; lives in an arena. */
struct rwe_translator;

/** Cost n log n in the phrases. NULL when memory is out. */
struct rwe_translator *rwe_translator_new(const struct rwe_language *language,
                                          struct rwe_arena *arena);

/**
 * The text in the language: of the phrases that fit it, the one with the most letters of its own. The text
 * itself where none fits, and where it is NULL. In the translator's arena, or borrowed from `text`.
 */
const char *rwe_translate(struct rwe_translator *translator, const char *text);

/**
 * The document in a language: a copy in `arena` that shares facts and series with the original. Names of
 * arms and endpoints stay as they are in the data, even where they are words of the program. In English it
 * is the document itself. NULL when memory is out.
 */
const struct rwe_document *rwe_document_in(const struct rwe_document *document,
                                           const struct rwe_language *language,
                                           struct rwe_arena *arena);

/** The language a document is in. */
const struct rwe_language *rwe_document_language(const struct rwe_document *document);

#endif
