/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What text files ask of a sheet beside its cells. */
#ifndef RWE_DATA_SHEET_PRIVATE_H
#define RWE_DATA_SHEET_PRIVATE_H

#include "rwe/data/sheet.h"

/** The fewest cells of a row that has them all: columns without a name at the right end need none. */
size_t rwe_sheet_fewest_cells(const struct rwe_sheet *sheet);

/** Complains of the row that comes next, which begins on `line` and has `cells`. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_sheet_complain_of_cells(struct rwe_sheet *sheet, size_t line, size_t cells);

#endif
