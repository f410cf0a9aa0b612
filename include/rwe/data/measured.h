/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cells of laboratories: numbers, powers of ten, and values below a limit of detection. */
#ifndef RWE_DATA_MEASURED_H
#define RWE_DATA_MEASURED_H

#include <stdbool.h>

/**
 * What a cell says: 2350, 1.2×10^4, <500, 低于500, 阴性, not detected. `*below`: it lies below the limit of detection;
 * `*value` is then the limit, NaN where the cell does not tell it. A sign of more (>10000) is passed over. False, and
 * nothing set, where it is none of these.
 */
bool rwe_measured_parse(const char *text, double *value, bool *below);

#endif
