/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What --check works with (check.c): results read back from the JSON that `--format json` wrote, and compared
 * with others, to see whether an analysis that was run again, on another day or another machine, still gives the
 * same numbers.
 */
#ifndef RWE_CLI_RESULTS_H
#define RWE_CLI_RESULTS_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include "rwe/report/document.h"

/** Relative difference of two numbers that still counts as the same (see `rwe_results_compare`). */
#define RWE_RESULTS_TOLERANCE 1e-10

/** Facts in a row. */
struct rwe_fact_list {
    const struct rwe_fact_value *fact;
    size_t n;
};

/** What a results file holds, series and warnings left out. Lives in the arena it was read into. */
struct rwe_results {
    const char *version;             /**< of the program that wrote it */
    bool has_provenance;             /**< false: the members up to `seed` are empty */
    struct rwe_strings command;      /**< program name first */
    struct rwe_setting_value *study; /**< as they were used; none of a value that was null */
    size_t n_study;
    struct rwe_input *inputs;
    size_t n_inputs;
    uint64_t seed;
    struct rwe_fact_list facts; /**< in the order of the file */
};

/**
 * Reads the results file `path`. RWE_IO when it cannot be read; RWE_BAD_INPUT when it is no JSON
 * (with line and column), no results, results of another schema (RWE_RESULTS_SCHEMA), or has a part of a wrong type.
 * Members that this version does not know are passed over.
 */
enum rwe_status rwe_results_read(const char *path, struct rwe_arena *arena,
                                 struct rwe_results *results, struct rwe_error *error);

/** What became of a fact. */
enum rwe_change {
    RWE_CHANGED, /**< its value is another */
    RWE_MISSING, /**< it was, and is no more */
    RWE_NEW,     /**< it is, and was not */
};

struct rwe_difference {
    enum rwe_change change;
    const struct rwe_fact_value *was; /**< NULL when new */
    const struct rwe_fact_value *is;  /**< NULL when missing */
};

struct rwe_comparison {
    size_t n_same;                     /**< facts whose value is the same */
    struct rwe_difference *difference; /**< in the order of keys: analysis, endpoint, … */
    size_t n;
};

/**
 * Compares what was with what is. Facts are paired by their whole key (time exactly; facts of the
 * same key in the order in which they come). Numbers a and b are the same when
 * |a − b| <= relative × max(|a|, |b|), texts when their bytes are, null only as null.
 *
 * Time O(n log n). The result lives in `arena` and borrows the facts. RWE_OK, differences or none,
 * or RWE_NO_MEMORY.
 */
enum rwe_status rwe_results_compare(struct rwe_fact_list was, struct rwe_fact_list is,
                                    double relative, struct rwe_arena *arena,
                                    struct rwe_comparison *comparison, struct rwe_error *error);

/**
 * A difference in a line: "changed: km endpoint=os group=1 time=12 estimate: 0.75 -> 0.76 (relative
 * difference 0.013)". NULL when memory is out.
 */
const char *rwe_difference_text(const struct rwe_difference *difference, struct rwe_arena *arena);

#endif
