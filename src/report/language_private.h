/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RWE_REPORT_LANGUAGE_PRIVATE_H
#define RWE_REPORT_LANGUAGE_PRIVATE_H

#include "rwe/base/text.h"
#include "rwe/report/language.h"

/** Simplified Chinese. */
extern const struct rwe_language rwe_chinese;

/** Texts, sorted by strcmp, that stay as they are. */
void rwe_translator_keep(struct rwe_translator *translator, struct rwe_strings sorted);

/** The text itself unless it is a phrase without places. */
const char *rwe_translate_whole(const struct rwe_translator *translator, const char *text);

const struct rwe_language *rwe_translator_language(const struct rwe_translator *translator);

/** Words of a renderer, "Contents", in the document's language. */
const char *rwe_document_words(const struct rwe_document *document, const char *words);

#endif
