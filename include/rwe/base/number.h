/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers as text: read exactly as strtod reads them in the C locale, but fast for what files hold; and written. */
#ifndef RWE_BASE_NUMBER_H
#define RWE_BASE_NUMBER_H

#include "rwe/base/swar.h"
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

/**
 * The same for the first `length` bytes, 1 … 8, of `word` (from rwe_load_bytes), when they are
 * digits with at most one point. False for all else, which says nothing: ask rwe_number_parse.
 *
 * Without a branch on any digit, so that columns of varied lengths cost no more than others.
 */
static inline bool rwe_number_parse_word(uint64_t word, size_t length, double *value)
{
    static const double power_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    size_t decimals = 0;
    word <<= 64 - 8 * length; /* the last byte is now the highest */
    uint64_t points = rwe_zero_bytes(word ^ rwe_bytes_of('.'));
    if (points != 0) {
        size_t point = rwe_first_byte(points);
        uint64_t below = word & (((uint64_t)1 << 8 * point) - 1);
        uint64_t above = word >> 8 * point >> 8;
        word = above << 8 * point << 8 | below << 8;
        decimals = 7 - point;
        if (--length == 0)
            return false;
    }
    uint64_t digits = (word ^ rwe_bytes_of('0')) >> (64 - 8 * length) << (64 - 8 * length);
    if (rwe_bytes_below(digits, 10) != RWE_HIGH_BITS)
        return false;
    /* Pairs, then fours, then all eight: 10 a + b by one multiplication for all at a time. */
    digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ffu;
    digits = (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffffu;
    digits = (digits * 10000 + (digits >> 32)) & 0x00000000ffffffffu;
    *value = (double)digits;
    if (points != 0)
        *value /= power_of_ten[decimals]; /* both exact: one rounding */
    return true;
}

/** Room for any number that `rwe_number_exact` writes. */
enum { RWE_NUMBER_SIZE = 32 };

/**
 * The number as files hold it: whole numbers as integers, others in the fewest digits (15 to 17)
 * that strtod reads back to the same bits. Finite numbers only. Never locale-dependent.
 */
void rwe_number_exact(double x, char text[RWE_NUMBER_SIZE]);

#endif
