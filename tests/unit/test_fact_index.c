/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/report/document.h"

#include <math.h>

static struct rwe_key key_of(const char *endpoint, const char *group, double time)
{
    struct rwe_key key = rwe_key_of("km");
    key.endpoint = endpoint;
    key.group = group;
    key.time = time;
    return key;
}

static void every_fact_of_many_is_found_and_no_other(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_document *document = rwe_document_new(arena);
    rwe_fact fact[40][25];
    for (size_t e = 0; e < 40; e++)
        for (size_t t = 0; t < 25; t++) {
            const char *endpoint = rwe_arena_format(arena, "e%zu", e);
            struct rwe_key key = key_of(endpoint, "A", t == 0 ? NAN : (double)t);
            fact[e][t] = rwe_document_number(document, &key, "estimate", (double)(100 * e + t));
        }
    for (size_t e = 0; e < 40; e++)
        for (size_t t = 0; t < 25; t++) {
            const char *endpoint = rwe_arena_format(arena, "e%zu", e);
            struct rwe_key key = key_of(endpoint, "A", t == 0 ? NAN : (double)t);
            assert_int_equal(rwe_document_find(document, &key, "estimate"), fact[e][t]);
            assert_close(rwe_document_value(document, fact[e][t]), (double)(100 * e + t), 0);
            assert_int_equal(rwe_document_find(document, &key, "conf.low"), RWE_NO_FACT);
            key.group = "B";
            assert_int_equal(rwe_document_find(document, &key, "estimate"), RWE_NO_FACT);
        }
    rwe_arena_free(arena);
}

/* Texts run together do not make one key of two. */
static void where_one_text_ends_and_the_next_begins_matters(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_key key = rwe_key_of("km"), other = key, none = key;
    key.term = "ab";
    key.level = "c";
    other.term = "a";
    other.level = "bc";
    rwe_fact first = rwe_document_number(document, &key, "n", 1);
    rwe_fact second = rwe_document_number(document, &other, "n", 2);
    assert_int_equal(rwe_document_find(document, &key, "n"), first);
    assert_int_equal(rwe_document_find(document, &other, "n"), second);
    assert_int_equal(rwe_document_find(document, &none, "n"), RWE_NO_FACT);
    none.level = ""; /* empty is not left out */
    assert_int_equal(rwe_document_find(document, &none, "n"), RWE_NO_FACT);
    rwe_arena_free(arena);
}

static void of_twins_the_first_is_found_and_texts_and_nulls_have_no_number(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_key key = key_of("os", "A", 0), minus = key_of("os", "A", -0.0);
    rwe_fact first = rwe_document_number(document, &key, "n", 1);
    rwe_document_number(document, &key, "n", 2);
    rwe_fact text = rwe_document_string(document, &key, "variance", "robust");
    rwe_fact null = rwe_document_number(document, &key, "median", INFINITY);
    assert_int_equal(rwe_document_find(document, &key, "n"), first);
    assert_int_equal(rwe_document_find(document, &minus, "n"), first);
    assert_int_equal(rwe_document_find(document, &key, "variance"), text);
    assert_int_equal(rwe_document_find(document, &key, "median"), null);
    assert_nan(rwe_document_value(document, text));
    assert_nan(rwe_document_value(document, null));
    assert_nan(rwe_document_value(document, RWE_NO_FACT));
    rwe_arena_free(arena);
}

static void an_empty_document_has_none(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_key key = rwe_key_of("km");
    struct rwe_document *document = rwe_document_new(arena);
    assert_int_equal(rwe_document_find(document, &key, "n"), RWE_NO_FACT);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_of_many_is_found_and_no_other),
        cmocka_unit_test(where_one_text_ends_and_the_next_begins_matters),
        cmocka_unit_test(of_twins_the_first_is_found_and_texts_and_nulls_have_no_number),
        cmocka_unit_test(an_empty_document_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
