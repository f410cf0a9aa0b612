/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Workbooks made in the test, from XML that stands there. Include it after check.h. */
#ifndef TESTS_SUPPORT_WORKBOOK_H
#define TESTS_SUPPORT_WORKBOOK_H

#include "design_csv.h"
#include <stdbool.h>

/** One file of a zip archive. */
struct workbook_part {
    const char *entry;
    const void *bytes;
    size_t n; /**< 0: those of a text */
};

/** An archive of them; freed by the caller. */
void *workbook_zip(const struct workbook_part parts[], size_t n, size_t *size);

struct workbook_sheet {
    const char *name;
    const char *rows;  /**< inside <sheetData> */
    const char *after; /**< behind it; or NULL */
    const char *state; /**< "hidden", or NULL */
};

struct workbook {
    struct workbook_sheet sheet[4]; /**< up to the first without a name */
    const char *formats;            /**< <numFmt> elements; or NULL */
    const char *styles;  /**< <xf> elements behind the first, which is General; or NULL */
    const char *strings; /**< <si> elements; or NULL */
    bool from_1904;
};

/** The bytes of the file; freed by the caller. */
void *workbook_bytes(const struct workbook *workbook, size_t *size);

/** Up to four files as the sheets Sheet1, Sheet2 … of a workbook: numbers as numbers, dates as days with a format, all
 * else as shared strings. */
void *workbook_of_csv(const struct design_csv csv[], size_t n, size_t *size);

#endif
