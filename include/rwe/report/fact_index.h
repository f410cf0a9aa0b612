/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Facts of a document found by their keys: for tables that put side by side what several analyses said.
 * Such a table names the facts that are there, so that no number stands in the document twice.
 */
#ifndef RWE_REPORT_FACT_INDEX_H
#define RWE_REPORT_FACT_INDEX_H

#include "rwe/report/document.h"

struct rwe_fact_index;

/**
 * An index of the facts that the document has now, in `arena`; later ones are not in it. NULL when
 * memory is out. Linear in the facts.
 */
const struct rwe_fact_index *rwe_fact_index_new(const struct rwe_document *document,
                                                struct rwe_arena *arena);

/** The fact of that key (NULL members and a NaN time must be so in the fact too) and statistic, the
 * first where there are several; RWE_NO_FACT when there is none. */
rwe_fact rwe_fact_find(const struct rwe_fact_index *index, const struct rwe_key *key,
                       const char *stat);

/** Its number; NaN when there is no such fact, or it is null or a text. */
double rwe_fact_number(const struct rwe_fact_index *index, rwe_fact fact);

#endif
