/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The one place that decides digits. A fact has full precision; how much of it a reader is shown
 * follows from the class of its cell and the style alone, so it is the same in every format and figure.
 */
#ifndef RWE_REPORT_NUMBER_FORMAT_PRIVATE_H
#define RWE_REPORT_NUMBER_FORMAT_PRIVATE_H

#include "rwe/base/number.h"
#include "rwe/report/document.h"
#include "rwe/report/style.h"

/** Room for any cell. */
enum { RWE_CELL_SIZE = 160 };

/** A journal's way with numbers. */
struct rwe_style {
    const char *name;
    const char *point; /**< the decimal mark */
    const char
        *thousands;       /**< groups the digits of whole parts of five digits and more; "": none */
    const char *dash;     /**< between two limits; " to " where one is negative */
    const char *p_letter; /**< "p" or "P" */
    const char *p_space;  /**< on both sides of "=" and "<" after it */
    bool p_has_zero;      /**< 0.03, not .03 */
    int p_significant;    /**< significant digits of a p-value; 0: decimals decide */
    double p_three_below; /**< below it three decimals, else two */
    double p_careful_from; /**< from here to 0.05 three decimals, so that no .046 reads as .05 */
    int p_most_decimals;   /**< "<0.001" has three: no smaller p-value is told apart */
    int p_near_one;        /**< decimals of ">0.99" */
    double percent_point;  /**< patients from which on percentages have a decimal */
};

/** `style`, or plain where it is NULL. */
const struct rwe_style *rwe_style_or_plain(const struct rwe_style *style);

/** How many facts a cell of this class takes. */
int rwe_cell_n_facts(enum rwe_cell_class class);

/** Whether the cells of a row share their decimals: those that are in the unit of one variable. */
bool rwe_cell_shares_decimals(enum rwe_cell_class class);

/** The numbers of a cell. */
struct rwe_cell_numbers {
    double value[3]; /**< NaN: null */
    bool given[3];   /**< false: the cell has no such fact; it is left out */
    double scale;    /**< largest |value| that the decimals are chosen for, where they are shared */
    double patients; /**< that a percentage is of; 0 where they cannot be told */
    const struct rwe_style *style; /**< NULL: plain */
};

/** A cell as it reads, and which abbreviations it uses. */
struct rwe_cell_text {
    char text[RWE_CELL_SIZE];
    bool not_reached, not_estimable; /**< holds "NR", "NE" */
};

/** Writes the cell; empty when its first fact is not given. Not for RWE_CELL_TEXT. C locale. */
void rwe_cell_format(enum rwe_cell_class class, const struct rwe_cell_numbers *numbers,
                     struct rwe_cell_text *cell);

/** A p-value in words for a figure or a sentence: "p = 0.012", "P<0.001", "P = .03"; "p NE" of NaN. */
void rwe_p_value_words(double p, const struct rwe_style *style, struct rwe_cell_text *cell);

#endif
