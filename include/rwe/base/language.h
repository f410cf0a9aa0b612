/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Words in the language of the reader. Every text of the program is written in English as a template and
 * looked up in a catalogue before it is filled, as gettext does:
 *
 *     rwe_arena_format(arena, rwe_text("Landmark at %s"), time)
 *
 * What comes from the data (names of arms, levels, covariates, files) is only ever an argument, never a
 * template, so that no word of the data is translated.
 *
 * Catalogues are po/<language>.po, compiled by msgfmt and embedded. There are two of them in force at a time:
 * that of the report and that of messages (errors, complaints, help), since a report may be meant for others than
 * the one who runs the program. Both are of the thread; rwe_parallel_for hands them on to its threads.
 */
#ifndef RWE_BASE_LANGUAGE_H
#define RWE_BASE_LANGUAGE_H

#include <stddef.h>

/** A language that there is a catalogue for, or English, which needs none. */
struct rwe_language {
    const char *name;               /**< "en", "zh": also the tag of HTML's lang */
    const unsigned char *catalogue; /**< of GNU gettext's MO format; NULL: English */
    size_t size;                    /**< bytes of it */
};

/** The languages in force; NULL members are English. */
struct rwe_languages {
    const struct rwe_language *report, *messages;
};

/** The language of that name, or NULL. */
const struct rwe_language *rwe_language_find(const char *name);

/** The names of all languages, "en|zh": the choices of an option. */
extern const char rwe_language_names[];

/** Puts languages in force on this thread, and is what was in force before. */
struct rwe_languages rwe_languages_use(struct rwe_languages languages);

/** What is in force on this thread; no member is NULL. */
struct rwe_languages rwe_languages_now(void);

/**
 * The text in the language of the report, or of messages: the text itself where the catalogue has it not. It may
 * have the places of a printf format, which the translation may have in another order ("%2$s").
 */
const char *rwe_text(const char *english) __attribute__((format_arg(1)));
const char *rwe_message(const char *english) __attribute__((format_arg(1)));

/** The text in a given language. */
const char *rwe_language_text(const struct rwe_language *language, const char *english)
    __attribute__((format_arg(2)));

/** Marks a text that is looked up elsewhere, as those in a static table are. */
#define N_(english) english

#endif
