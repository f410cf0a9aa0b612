/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The one place that decides digits. A fact has full precision; how much of it a reader is shown
 * follows from the class of its cell alone, so it is the same in every format.
 */
#ifndef RWE_REPORT_NUMBER_FORMAT_PRIVATE_H
#define RWE_REPORT_NUMBER_FORMAT_PRIVATE_H

#include "rwe/report/document.h"

/** Room for any number that `rwe_number_exact` writes, and for any cell. */
enum { RWE_NUMBER_SIZE = 32, RWE_CELL_SIZE = 160 };

/**
 * The number as files hold it: whole numbers as integers, others in the fewest digits (15 to 17)
 * that strtod reads back to the same bits. Finite numbers only. C locale.
 */
void rwe_number_exact(double x, char text[RWE_NUMBER_SIZE]);

/** How many facts a cell of this class takes. */
int rwe_cell_n_facts(enum rwe_cell_class class);

/** Whether the cells of a row share their decimals: those that are in the unit of one variable. */
bool rwe_cell_shares_decimals(enum rwe_cell_class class);

/** The numbers of a cell. */
struct rwe_cell_numbers {
    double value[3]; /**< NaN: null */
    bool given[3];   /**< false: the cell has no such fact; it is left out */
    double scale;    /**< largest |value| that the decimals are chosen for, where they are shared */
};

/** A cell as it reads, and which abbreviations it uses. */
struct rwe_cell_text {
    char text[RWE_CELL_SIZE];
    bool not_reached, not_estimable; /**< holds "NR", "NE" */
};

/** Writes the cell; empty when its first fact is not given. Not for RWE_CELL_TEXT. C locale. */
void rwe_cell_format(enum rwe_cell_class class, const struct rwe_cell_numbers *numbers,
                     struct rwe_cell_text *cell);

#endif
