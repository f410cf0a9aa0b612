/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A condition on the cells of one row, as a study file says it: `age >= 18 and kps >= 60`.
 *
 *   condition  := comparison { "and" comparison }
 *   comparison := COLUMN OP VALUE
 *   OP         := =  ==  !=  <  <=  >  >=  (and ≤ ≥ ≠)
 *
 * COLUMN and VALUE are words, or texts in '…' or "…" where they hold blanks, operators or are `and`.
 * A value that is a date (2023-05-01) compares days, a number compares numbers, and other text compares
 * bytes, with = and != only. There is no `or`: the conditions under which a patient stays are a list of
 * criteria, each of which is counted.
 */
#ifndef RWE_DATA_CONDITION_H
#define RWE_DATA_CONDITION_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>

enum rwe_comparator {
    RWE_EQUAL,
    RWE_NOT_EQUAL,
    RWE_LESS,
    RWE_AT_MOST,
    RWE_GREATER,
    RWE_AT_LEAST,
};

enum rwe_value_kind { RWE_VALUE_TEXT, RWE_VALUE_NUMBER, RWE_VALUE_DATE };

struct rwe_cell_test {
    const char *column;
    enum rwe_comparator comparator;
    const char *value; /**< as written, without its quotes */
    enum rwe_value_kind kind;
    double number; /**< of a number; days since 1970-01-01 of a date; else NaN */
};

/** All of them must hold. */
struct rwe_condition {
    const struct rwe_cell_test *item;
    size_t n; /**< at least 1 once parsed */
};

/**
 * Takes the text apart into `arena`. RWE_USAGE with what was expected and where (error.index is the
 * byte, from 0); RWE_NO_MEMORY.
 */
enum rwe_status rwe_condition_parse(const char *text, struct rwe_arena *arena,
                                    struct rwe_condition *condition, struct rwe_error *error);

enum rwe_truth {
    RWE_FALSE,
    RWE_TRUE,
    RWE_UNKNOWN,    /**< the cell is missing */
    RWE_UNREADABLE, /**< the cell is no number, no date, neither yes nor no, where one is compared */
};

/** Whether the comparison holds for a cell; NULL is a missing one. Numbers are equal as numbers, so
 * "1.0" is 1. Where the value is 0 or 1 words for no and yes are these (rwe_chart_yes), and other words are unreadable; with
 * = and != a cell that is no number merely differs from another one. */
enum rwe_truth rwe_cell_test_holds(const struct rwe_cell_test *comparison, const char *cell);

/** Whether a comparison with a date holds on a day since 1970-01-01: for columns that are read as dates (dated.h). */
enum rwe_truth rwe_cell_test_holds_on(const struct rwe_cell_test *comparison, int32_t day);

#endif
