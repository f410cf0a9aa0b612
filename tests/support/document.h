/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the tests of renderers share. */
#ifndef TESTS_SUPPORT_DOCUMENT_H
#define TESTS_SUPPORT_DOCUMENT_H

#include "rwe/report/document.h"

/** The document in that format, freed by the caller. Fails the test when rendering fails. */
char *check_render(const struct rwe_document *document, const char *format, bool provenance);

/** A fact of analysis "km" and group `group`. */
rwe_fact check_fact(struct rwe_document *document, const char *group, const char *stat,
                    double value);

/** A provenance with one input, a study, and an argument that a shell would have to quote. */
const struct rwe_provenance *check_provenance(void);

/** A document that shows every kind of block: the same for each format's golden test. */
struct rwe_document *check_document(struct rwe_arena *arena);

/** A document with text that each format must escape. */
struct rwe_document *check_hostile_document(struct rwe_arena *arena);

#endif
