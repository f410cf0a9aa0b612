/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program never leaves the C locale, so plain strtod is the reference for every bit. */
#include "check.h"
#include "rwe/base/number.h"
#include "rwe/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* What the word parser reads has strtod's bits; it reads all short digits with one point. */
static void check_word(const char *text, bool whole, double expected)
{
    char bytes[8];
    double actual = -12345;
    size_t length = strlen(text);
    if (length == 0 || length > sizeof bytes)
        return;
    memset(bytes, '7', sizeof bytes); /* what stands behind the text must not matter */
    memcpy(bytes, text, length);
    bool plain = whole && strspn(text, "0123456789.") == length;
    bool read = rwe_number_parse_word(rwe_load_bytes(bytes), length, &actual);
    if (read != plain || (read && bits_of(actual) != bits_of(expected)))
        fail_msg("\"%s\": %s %.17g", text, read ? "read" : "refused", actual);
    if (!read)
        assert_true(actual == -12345);
}

/* Compares with strtod, which must consume the whole text and must not skip blanks. */
static void check_like_strtod(const char *text)
{
    char *end;
    double expected = strtod(text, &end);
    bool whole = *text != '\0' && *end == '\0' && strchr(" \t\n\v\f\r", *text) == NULL;
    double actual = -12345;
    bool read = rwe_number_parse(text, strlen(text), &actual);
    if (read != whole || (whole && bits_of(actual) != bits_of(expected)))
        fail_msg("\"%s\": %s %.17g, strtod %s %.17g", text, read ? "read" : "refused", actual,
                 whole ? "read" : "refused", expected);
    if (!read)
        assert_true(actual == -12345);
    check_word(text, whole, expected);
}

static void adversarial_numbers_have_the_bits_of_strtod(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "+0",
        "0.0",
        "-0.000",
        "1",
        "-1",
        "+1",
        "65",
        "3.",
        ".5",
        "-.5",
        "0.1",
        "0.3",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "123456789012345e22",
        /* 2^53 and its neighbours, which are the limit of the exact case */
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "9007199254740992e22",
        "9007199254740993e-22",
        "9007199254740993.0",
        "18446744073709551615",
        "18446744073709551616",
        "9999999999999999999",
        "99999999999999999999",
        "0.00000000000000000000000000000000001",
        "00000000000000000000000000001.5",
        "1.00000000000000000000000000000000001",
        "1e400",
        "-1e400",
        "1e-400",
        "1e99999999999999999",
        "1e-99999999999999999",
        "0e99999",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        /* half-way cases of David Gay's test set */
        "6.8985865317742005e20",
        "7.2057594037927933e16",
        "1.0000000000000001110223024625156",
        "inf",
        "-inf",
        "infinity",
        "INFINITY",
        "nan",
        "NaN",
        "-nan",
        "nan(123)",
        "nan(",
        "infinit",
        "0x1p4",
        "0x1.8",
        "0x",
        "0xg",
        "1p4",
        "",
        "-",
        "+",
        ".",
        "-.",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e-",
        "1e5.0",
        "1.2.3",
        "1,5",
        "4o",
        "1 ",
        " 1",
        "\t1",
        "\n1",
        "1\n",
        "--1",
        "+-1",
        "- 1",
        "1_000",
        "１２",
        "<5",
        "1e5e5",
        "1..2",
        "0x1p-1074",
        "1d5",
        ".",
        "..",
        "1.1.",
        "12345678",
        "1234567.",
        ".1234567",
        "1234.567",
        "0000.000",
        "12:45",
        "12/45",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_like_strtod(texts[i]);
}

static void random_decimals_have_the_bits_of_strtod(void **state)
{
    (void)state;
    struct rwe_rng place;
    gsl_rng *rng = rwe_rng_start(&place, 7, RWE_RNG_TEST, 0);
    char text[128];
    for (int i = 0; i < 300000; i++) {
        int digits = 1 + (int)gsl_rng_uniform_int(rng, 22);
        int point = (int)gsl_rng_uniform_int(rng, 24) - 1;
        size_t n = 0;
        if (gsl_rng_uniform_int(rng, 3) == 0)
            text[n++] = "+-"[gsl_rng_uniform_int(rng, 2)];
        for (int d = 0; d < digits; d++) {
            if (d == point)
                text[n++] = '.';
            text[n++] = (char)('0' + gsl_rng_uniform_int(rng, 10));
        }
        text[n] = '\0';
        if (gsl_rng_uniform_int(rng, 3) == 0)
            sprintf(text + n, "e%d", (int)gsl_rng_uniform_int(rng, 60) - 30);
        check_like_strtod(text);
    }
}

static void random_doubles_survive_a_round_trip(void **state)
{
    (void)state;
    struct rwe_rng place;
    gsl_rng *rng = rwe_rng_start(&place, 8, RWE_RNG_TEST, 0);
    char text[64];
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = gsl_rng_get(rng);
        double x, y;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        snprintf(text, sizeof text, i % 2 ? "%.17g" : "%a", x);
        assert_true(rwe_number_parse(text, strlen(text), &y));
        assert_true(bits_of(x) == bits_of(y));
        check_like_strtod(text);
    }
}

static void random_junk_is_refused_as_strtod_refuses_it(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789..--++eExXpPnNaAiIfF ,";
    struct rwe_rng place;
    gsl_rng *rng = rwe_rng_start(&place, 9, RWE_RNG_TEST, 0);
    char text[16];
    for (int i = 0; i < 300000; i++) {
        size_t length = gsl_rng_uniform_int(rng, sizeof text);
        for (size_t c = 0; c < length; c++)
            text[c] = alphabet[gsl_rng_uniform_int(rng, sizeof alphabet - 1)];
        text[length] = '\0';
        check_like_strtod(text);
    }
}

static void text_behind_a_zero_byte_makes_it_no_number(void **state)
{
    (void)state;
    double value = 7;
    assert_false(rwe_number_parse("12\0"
                                  "3",
                                  4, &value));
    assert_close(value, 7, 0);
}

static void exact_numbers_are_short_and_read_back_to_the_same_bits(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {301, "301"},
        {-0.0, "0"},
        {-2643, "-2643"},
        {1e15, "1000000000000000"},
        {9007199254740991, "9007199254740991"},
        {1e20, "1e+20"},
        {1.5e-7, "1.5e-07"},
        {5e-324, "4.94065645841247e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {-1.0 / 3, "-0.3333333333333333"},
    };
    char text[RWE_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rwe_number_exact(cases[i].x, text);
        assert_string_equal(text, cases[i].text);
        assert_true(strtod(text, NULL) == cases[i].x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adversarial_numbers_have_the_bits_of_strtod),
        cmocka_unit_test(random_decimals_have_the_bits_of_strtod),
        cmocka_unit_test(random_doubles_survive_a_round_trip),
        cmocka_unit_test(random_junk_is_refused_as_strtod_refuses_it),
        cmocka_unit_test(text_behind_a_zero_byte_makes_it_no_number),
        cmocka_unit_test(exact_numbers_are_short_and_read_back_to_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
