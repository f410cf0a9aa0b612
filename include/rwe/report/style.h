/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Styles: how the numbers of tables and figures read in the journals. A style changes no fact, and so
 * neither JSON nor the CSV of facts; it decides digits, marks and p-values of what is made for readers.
 *
 *     plain    0.74 (0.59–0.92)   p: three decimals below 0.1, else two; <0.001
 *     nejm     0.74 (0.59–0.92)   P: three decimals below 0.01, else two; <0.001
 *     jama     0.74 (0.59-0.92)   P: the same without the zero, .03; .046, not .05; <.001
 *     lancet   0·74 (0·59–0·92)   p: two significant digits, at most four decimals; <0·0001
 *     cn       0.74 (0.59~0.92)   P: three decimals; <0.001
 *
 * The rules, with their sources, are on the page analysis/run/style.md; the file that carries them out is
 * src/report/number_format.c.
 */
#ifndef RWE_REPORT_STYLE_H
#define RWE_REPORT_STYLE_H

#include <stddef.h>

struct rwe_style;

/** The style of that name ("plain", "nejm", "jama", "lancet", "cn"), or NULL. */
const struct rwe_style *rwe_style_find(const char *name);

/** Its name; of NULL "plain". */
const char *rwe_style_name(const struct rwe_style *style);

#endif
