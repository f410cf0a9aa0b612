/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All powers of ten that a double holds exactly: 10^22 = 2^22 5^22, and 5^22 < 2^53. */
static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { LARGEST_POWER = 22, MOST_DIGITS = 19 /* so that the integer below cannot overflow */ };

#define LARGEST_EXACT ((uint64_t)1 << 53)

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Hexadecimal, infinite, long and all other numbers. strtod skips blanks in front: we do not. */
static bool parse_any(const char *text, size_t length, double *value)
{
    char *end;
    if (length == 0 || text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r'))
        return false;
    pthread_once(&c_locale_once, make_c_locale);
    /* Without the locale (out of memory), plain strtod: the program never leaves the C locale. */
    double number = c_locale ? strtod_l(text, &end, c_locale) : strtod(text, &end);
    if (end != text + length)
        return false;
    *value = number;
    return true;
}

/* The exponent behind "e" at `at`, in *exponent; the first byte behind it, or NULL. */
static const char *parse_exponent(const char *at, int *exponent)
{
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return NULL;
    int sum = 0;
    for (; is_digit(*at); at++)
        if (sum < 10000)
            sum = sum * 10 + (*at - '0');
    *exponent += negative ? -sum : sum;
    return at;
}

bool rwe_number_parse(const char *text, size_t length, double *value)
{
    const char *at = text;
    bool negative = *at == '-';
    if (negative || *at == '+')
        at++;
    const char *first = at;
    uint64_t integer = 0;
    int exponent = 0;
    for (; is_digit(*at); at++)
        integer = integer * 10 + (uint64_t)(*at - '0');
    ptrdiff_t digits = at - first;
    if (*at == '.') {
        const char *point = at++;
        for (; is_digit(*at); at++)
            integer = integer * 10 + (uint64_t)(*at - '0');
        exponent = (int)(point + 1 - at);
        digits -= exponent;
    }
    if (digits > 0 && digits <= MOST_DIGITS && (*at == 'e' || *at == 'E'))
        at = parse_exponent(at + 1, &exponent);
    if (digits == 0 || digits > MOST_DIGITS || at != text + length || integer > LARGEST_EXACT ||
        exponent > LARGEST_POWER || exponent < -LARGEST_POWER)
        return parse_any(text, length, value);
    /* Both operands are exact, so the one rounding of * or / is the correct one. */
    double number = (double)integer;
    if (exponent < 0)
        number /= power_of_ten[-exponent];
    else
        number *= power_of_ten[exponent];
    *value = negative ? -number : number;
    return true;
}

/* ---- writing ---- */

static bool reads_back(double x, int digits, char text[RWE_NUMBER_SIZE])
{
    snprintf(text, RWE_NUMBER_SIZE, "%.*g", digits, x);
    return strtod(text, NULL) == x;
}

/*
 * 17 digits always read back (Steele & White 1990). 16 are tried before 15: where 16 fail, 15 fail
 * too, since the nearest number of 16 digits is at least as near as any of 15.
 */
static void write_shortest(double x, char text[RWE_NUMBER_SIZE])
{
    char shortest[RWE_NUMBER_SIZE];
    if (!reads_back(x, 16, shortest))
        snprintf(shortest, sizeof shortest, "%.17g", x);
    else if (!reads_back(x, 15, shortest))
        snprintf(shortest, sizeof shortest, "%.16g", x);
    memcpy(text, shortest, sizeof shortest);
}

static void write_whole(int64_t x, char text[RWE_NUMBER_SIZE])
{
    char digits[RWE_NUMBER_SIZE];
    size_t n = 0;
    uint64_t left = x < 0 ? -(uint64_t)x : (uint64_t)x;
    do
        digits[n++] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (x < 0)
        *text++ = '-';
    while (n > 0)
        *text++ = digits[--n];
    *text = '\0';
}

/* Whole numbers below 2^53 are doubles without gaps, so that their digits are all true. */
void rwe_number_exact(double x, char text[RWE_NUMBER_SIZE])
{
    if (x == nearbyint(x) && fabs(x) < (double)LARGEST_EXACT) {
        write_whole((int64_t)x, text);
        return;
    }
    pthread_once(&c_locale_once, make_c_locale);
    locale_t callers = c_locale ? uselocale(c_locale) : (locale_t)0;
    write_shortest(x, text);
    if (callers)
        uselocale(callers);
}
