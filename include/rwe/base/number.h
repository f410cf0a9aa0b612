/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reading numbers: exactly as strtod reads them in the C locale, but fast for what files hold. */
#ifndef RWE_BASE_NUMBER_H
#define RWE_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/**
 * The number that `text` of `length` bytes is, in `*value`; false, with `*value` untouched, when
 * not all of it is one number. text[length] must be readable and be '\0'. Never locale-dependent.
 *
 * Decimals of up to 15 significant digits and a power of ten up to 22 are computed by one exact
 * multiplication or division (Clinger, "How to read floating point numbers accurately", PLDI 1990);
 * all else goes to strtod_l, so the bits are always those of strtod.
 */
bool rwe_number_parse(const char *text, size_t length, double *value);

#endif
