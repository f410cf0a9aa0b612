/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RWE_ANALYSIS_RESPONSE_SOURCE_H
#define RWE_ANALYSIS_RESPONSE_SOURCE_H

#include "rwe/analysis/analysis.h"

struct response_settings {
    bool evaluable_only;
    int bor; /* in the order of its choices; −1: not said */
};
extern const struct rwe_options rwe_response_options;
const struct response_settings *rwe_response_settings_of(const struct rwe_run *run);

/* Whose word the responses are: the file's column, or the assessments with or without confirmation. */
struct rwe_response_source {
    const char *model;      /* of facts; NULL: the column */
    const char *label;      /* "unconfirmed", in English; NULL: the column */
    const char *words;      /* of the table's title */
    bool confirmed;         /* which of the best responses, where it is not the column */
    const int8_t *response; /* by subject, enum rwe_response below RWE_N_RESPONSES, −1 none */
};
enum { RWE_MOST_RESPONSE_SOURCES = 2 };

/* Those that this run analyses: the column, unless --bor was said or there is none. RWE_USAGE and RWE_NO_COLUMN where
 * there is neither. */
enum rwe_status rwe_response_sources(const struct rwe_run *run, struct rwe_response_source source[],
                                     size_t *n, struct rwe_error *error);

/* The subject's best response by the rule of this source. */
const struct rwe_best *rwe_response_best(const struct rwe_run *run,
                                         const struct rwe_response_source *source, size_t subject);

/* Says under a table by which rule the assessments became its responses; nothing for the column. */
void rwe_response_note_rule(const struct rwe_run *run, const struct rwe_response_source *source,
                            struct rwe_grid *grid);

/* Where column and assessments differ, and where a list cannot be right. */
void rwe_response_warn(const struct rwe_run *run, const struct rwe_response_source *source);

#endif
