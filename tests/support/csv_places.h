/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A CSV file with one column more: `place`, the rank of a time, ties in the order of rows. */
#ifndef TESTS_SUPPORT_CSV_PLACES_H
#define TESTS_SUPPORT_CSV_PLACES_H

#include "design_csv.h"

/** Writes it to a new file of `folder`; returns its path, freed by the caller. As R's
 * rank(time, ties.method = "first"). */
char *csv_places_write(const struct design_csv *csv, const char *time, const char *folder);

#endif
