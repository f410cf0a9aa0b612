/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A CSV file written in another way that must mean the same: other order, other dialect. */
#ifndef TESTS_SUPPORT_CSV_VARIANT_H
#define TESTS_SUPPORT_CSV_VARIANT_H

#include "design_csv.h"

#include <stdint.h>

/** Room for a cell that a variant rewrites. */
enum { CSV_VARIANT_CELL = 64 };

struct csv_variant {
    const uint32_t *order; /**< of rows; NULL: as they are */
    bool reverse_columns;
    bool quote_all;
    bool end_without_newline;
    const char *delimiter;   /**< NULL: "," */
    const char *end_of_line; /**< NULL: "\n" */
    const char *encoding;    /**< iconv's name; NULL: UTF-8 */
    const char *begin;       /**< bytes before the header: a byte order mark in UTF-8 */
    /** A cell's new text: `text` itself, or written to `room`; NULL: no cell is changed. */
    const char *(*cell)(const char *column, const char *text, char room[CSV_VARIANT_CELL]);
};

/** Writes the variant of `csv` to a new file of `folder`; returns its path, freed by the caller. */
char *csv_variant_write(const struct csv_variant *variant, const struct design_csv *csv,
                        const char *folder);

/** Orders of `n` rows, at random but the same for the same seed. Freed by the caller. */
uint32_t *csv_variant_shuffle(size_t n, uint64_t seed);

#endif
