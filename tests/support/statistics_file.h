/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Files of SPSS, Stata and SAS, written by ReadStat. Include it after check.h. */
#ifndef TESTS_SUPPORT_STATISTICS_FILE_H
#define TESTS_SUPPORT_STATISTICS_FILE_H

#include "design_csv.h"

enum statistics_kind {
    STATISTICS_SAV,
    STATISTICS_ZSAV,
    STATISTICS_DTA,
    STATISTICS_XPT,
    STATISTICS_SAS7BDAT
};

/** A column: its numbers or its texts. */
struct statistics_column {
    const char *name, *label, *format;
    const double *number;    /**< NaN: missing */
    const char *const *text; /**< NULL or "": missing */
    struct {
        double number;
        const char *text; /**< in a column of texts */
        const char *label;
    } value_label[4];        /**< up to the first without a label */
    double missing[3];       /**< SPSS: declared missing, as many as `n_missing` */
    double missing_range[2]; /**< SPSS: and from one to the other, where they differ */
    const char *missing_text;
    size_t n_missing;
    bool is_float; /**< numbers of four bytes, where the kind has them */
};

struct statistics_file {
    enum statistics_kind kind;
    int release; /**< of its format; 0: the usual one */
    size_t n_rows, n_columns;
    const struct statistics_column *column;
};

/** The bytes of the file; freed by the caller. */
void *statistics_file_bytes(const struct statistics_file *file, size_t *size);

/** A cohort as such a file: columns of numbers as numbers, of dates as dates with a format, all others as texts. */
void *statistics_file_of_csv(const struct design_csv *csv, enum statistics_kind kind, size_t *size);

#endif
