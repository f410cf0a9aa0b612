/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of the log-rank recipe share. */
#ifndef RWE_ANALYSIS_LOGRANK_PRIVATE_H
#define RWE_ANALYSIS_LOGRANK_PRIVATE_H

#include "rwe/analysis/analysis.h"
#include "rwe/stats/logrank.h"

enum rwe_asked_kind { RWE_ASKED_FAMILY, RWE_ASKED_TREND, RWE_ASKED_MAXCOMBO };

/** A test that was asked for. */
struct rwe_asked_test {
    enum rwe_asked_kind kind;
    struct rwe_logrank_weight weight; /**< of a test of the family */
    const char *term;                 /**< in facts: "logrank", "fh(0,1)", "trend", … */
    const char *label;                /**< for readers */
};

struct rwe_asked_tests {
    const struct rwe_asked_test *item;
    size_t n;
};

/** Reads --tests. RWE_USAGE for a name that is none, and for trend or maxcombo with the wrong number
 * of arms. */
enum rwe_status rwe_logrank_asked(const struct rwe_run *run, struct rwe_asked_tests *tests,
                                  struct rwe_error *error);

/** The table of all pairs of arms, with Holm's and Benjamini & Hochberg's p-values. */
enum rwe_status rwe_logrank_pairwise(struct rwe_run *run, struct rwe_error *error);

#endif
