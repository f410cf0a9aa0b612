/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity_private.h"

#include "rwe/base/language.h"
#include <stdbool.h>
#include <string.h>

/* Digits in a row, as they stand in a text in groups: "110101 19900307 123X". */
enum { MOST_DIGITS = 24, MOST_GROUPS = 8 };
struct digits {
    char digit[MOST_DIGITS + 1]; /* the last may be X */
    size_t n;
    size_t group[MOST_GROUPS]; /* digits of each */
    size_t n_groups;
    bool has_plus;
};

/* ---- numbers ---- */

static int number_at(const char *digit, size_t n)
{
    int number = 0;
    for (size_t i = 0; i < n; i++)
        number = 10 * number + digit[i] - '0';
    return number;
}

/* The first two digits are a province. */
static bool is_province(const char *digit)
{
    int p = number_at(digit, 2);
    return (p >= 11 && p <= 15) || (p >= 21 && p <= 23) || (p >= 31 && p <= 37) ||
           (p >= 41 && p <= 46) || (p >= 50 && p <= 54) || (p >= 61 && p <= 65) || p == 71 ||
           (p >= 81 && p <= 83) || p == 91;
}

/* Month and day. */
static bool is_day(const char *digit)
{
    int month = number_at(digit, 2), day = number_at(digit + 2, 2);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* 17 digits and a check digit, ISO 7064 MOD 11-2: the digits times 2^(17 − i) mod 11. */
static bool is_checked(const char *digit)
{
    static const int weight[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += weight[i] * (digit[i] - '0');
    return digit[17] == "10X98765432"[sum % 11];
}

/* In one piece, or in groups of which the first is the place of birth. */
static bool is_grouped_as_identity(const struct digits *d)
{
    return d->n_groups == 1 || d->group[0] == 6 || d->group[0] == 14 || d->group[0] == 17;
}

/* A number with a slip in its check digit is still a person. */
static bool is_identity(const struct digits *d)
{
    if (!is_grouped_as_identity(d))
        return false;
    if (d->n == 15)
        return d->digit[14] != 'X' && is_province(d->digit) && is_day(d->digit + 8);
    if (d->n != 18)
        return false;
    int century = number_at(d->digit + 6, 2);
    if (century != 19 && century != 20)
        return false;
    return is_checked(d->digit) || (is_province(d->digit) && is_day(d->digit + 10));
}

/* 13800138000, 138-0013-8000, with or without 86 before it. */
static bool is_mobile(const struct digits *d)
{
    size_t country = d->n == 13 && memcmp(d->digit, "86", 2) == 0     ? 2
                     : d->n == 15 && memcmp(d->digit, "0086", 4) == 0 ? 4
                                                                      : 0;
    const char *own = d->digit + country;
    if (d->n - country != 11 || own[0] != '1' || own[1] < '3' || own[10] == 'X')
        return false;
    size_t g = country > 0 && d->group[0] == country ? 1 : 0; /* where its own groups begin */
    size_t first = d->group[g] - (g == 0 ? country : 0), left = d->n_groups - g;
    if (left == 1)
        return true;
    return first == 3 && left <= 3;
}

/* 010-62531234, 0755 8888 1234; or with a country: +1 555 123 4567. */
static bool is_telephone(const struct digits *d)
{
    if (d->digit[d->n - 1] == 'X')
        return false;
    if (d->has_plus)
        return d->n >= 10 && d->n <= 15;
    size_t own = d->n - d->group[0];
    return d->digit[0] == '0' && d->digit[1] != '0' && d->n_groups >= 2 && d->n_groups <= 3 &&
           (d->group[0] == 3 || d->group[0] == 4) && (own == 7 || own == 8) &&
           (d->n_groups == 2 || d->group[1] >= 3);
}

/* ---- text ---- */

/* The digit at `text`, full-width ones too; its length in bytes, 0: none is there. */
static size_t take_digit(const char *text, size_t n, char *digit)
{
    if (n >= 1 && text[0] >= '0' && text[0] <= '9') {
        *digit = text[0];
        return 1;
    }
    if (n >= 3 && memcmp(text, "\xef\xbc", 2) == 0 && (unsigned char)text[2] >= 0x90 &&
        (unsigned char)text[2] <= 0x99) {
        *digit = (char)('0' + ((unsigned char)text[2] - 0x90));
        return 3;
    }
    return 0;
}

/* What may stand between two groups: a blank or a hyphen of any kind, a bracket, a quote. */
static size_t take_mark(const char *text, size_t n)
{
    static const char *const marks[] = {
        " ", "-", "'",  "\"", "(",  ")", "’", "‘", "\xc2\xa0", "\xe3\x80\x80",
        "–", "—", "－", "（", "）", "‐", "‑"};
    for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++) {
        size_t length = strlen(marks[m]);
        if (n >= length && memcmp(text, marks[m], length) == 0)
            return length;
    }
    return 0;
}

static bool is_x(char c)
{
    return c == 'x' || c == 'X';
}

/* Marks between two groups, at most two, with a digit or the X of an identity number behind them. */
static size_t take_marks(const char *text, size_t n, const struct digits *d)
{
    size_t used = 0, size;
    char digit;
    for (int m = 0; m < 2 && (size = take_mark(text + used, n - used)) > 0; m++)
        used += size;
    bool goes_on = take_digit(text + used, n - used, &digit) > 0 ||
                   (d->n == 17 && used < n && is_x(text[used]));
    return goes_on ? used : 0;
}

/* All digits in a row from `text` on; returns the bytes that they take. */
static size_t take_digits(const char *text, size_t n, struct digits *d)
{
    size_t at = 0, in_group = 0;
    for (;;) {
        char digit = 0;
        size_t size = take_digit(text + at, n - at, &digit);
        if (size == 0 && d->n == 17 && at < n && is_x(text[at])) {
            digit = 'X';
            size = 1;
        }
        if (size > 0) {
            if (d->n < MOST_DIGITS)
                d->digit[d->n] = digit;
            d->n++;
            in_group++;
            at += size;
            if (digit != 'X')
                continue;
        }
        if (d->n_groups < MOST_GROUPS)
            d->group[d->n_groups] = in_group;
        d->n_groups += in_group > 0;
        in_group = 0;
        size = d->n > 0 && d->digit[d->n < MOST_DIGITS ? d->n - 1 : 0] == 'X'
                   ? 0
                   : take_marks(text + at, n - at, d);
        if (size == 0)
            return at;
        at += size;
    }
}

static const char *judge(const struct digits *d)
{
    if (d->n < 10 || d->n > MOST_DIGITS || d->n_groups > MOST_GROUPS)
        return NULL;
    if (is_identity(d))
        return N_("resident identity numbers");
    if (is_mobile(d))
        return N_("mobile numbers");
    if (is_telephone(d))
        return N_("telephone numbers");
    return NULL;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.' || c == '+';
}

/* name@host.domain */
static bool is_mail(const char *text, size_t length, size_t at)
{
    size_t end = at + 1, dot = 0;
    for (; end < length && is_word(text[end]); end++)
        dot = text[end] == '.' && end > at + 1 ? end : dot;
    return at > 0 && is_word(text[at - 1]) && dot > 0 && end > dot + 2;
}

/* A number in the middle of a word or behind a decimal point is none of a person. */
static bool may_begin(const char *text, size_t at)
{
    char before = at == 0 ? ' ' : text[at - 1];
    return !((before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z') ||
             before == '.' || before == '_');
}

const char *rwe_identity_in(const char *text, size_t length)
{
    enum { SHORTEST_NUMBER = 10, SHORTEST_MAIL = 6 };
    if (length < SHORTEST_MAIL || (length < SHORTEST_NUMBER && memchr(text, '@', length) == NULL))
        return NULL;
    for (size_t at = 0; at < length;) {
        char digit;
        bool has_plus = at > 0 && text[at - 1] == '+' && (at == 1 || !is_word(text[at - 2]));
        struct digits d = {.has_plus = has_plus};
        if (text[at] == '@' && is_mail(text, length, at))
            return N_("e-mail addresses");
        if (take_digit(text + at, length - at, &digit) == 0) {
            at++;
            continue;
        }
        bool begins = may_begin(text, at);
        at += take_digits(text + at, length - at, &d);
        const char *what = begins ? judge(&d) : NULL;
        if (what != NULL && (at >= length || text[at] != '.' || length - at < 2 ||
                             text[at + 1] < '0' || text[at + 1] > '9'))
            return what;
    }
    return NULL;
}
