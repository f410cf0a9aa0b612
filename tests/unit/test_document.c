/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include "rwe/report/render.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int new_arena(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int free_arena(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

static void a_fact_keeps_its_key_and_all_its_digits(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    char analysis[] = "cox";
    struct rwe_key key = rwe_key_of(analysis);
    key.term = "age";
    key.time = 12;
    rwe_fact fact = rwe_document_number(document, &key, "estimate", 0.1 + 0.2);
    analysis[0] = 'x'; /* what was given is copied */
    const struct rwe_fact_value *value = rwe_document_fact(document, fact);
    assert_string_equal(value->key.analysis, "cox");
    assert_string_equal(value->key.term, "age");
    assert_null(value->key.group);
    assert_true(value->key.time == 12);
    assert_string_equal(value->stat, "estimate");
    assert_true(value->number == 0.1 + 0.2);
    assert_null(value->text);
}

static void nan_and_infinities_become_null(void **state)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    struct rwe_document *document = rwe_document_new(*state);
    for (size_t i = 0; i < 3; i++) {
        rwe_fact fact = check_fact(document, "0", "median", odd[i]);
        assert_nan(rwe_document_fact(document, fact)->number);
    }
}

static void handles_stay_true_while_a_hundred_thousand_facts_are_added(void **state)
{
    char group[16];
    struct rwe_document *document = rwe_document_new(*state);
    for (uint32_t i = 0; i < 100000; i++) {
        snprintf(group, sizeof group, "%u", i % 1000);
        assert_int_equal(check_fact(document, group, "n", i), i);
    }
    assert_int_equal(rwe_document_n_facts(document), 100000);
    for (uint32_t i = 0; i < 100000; i += 777) {
        const struct rwe_fact_value *fact = rwe_document_fact(document, i);
        assert_true(fact->number == i);
        assert_int_equal(atoi(fact->key.group), i % 1000);
    }
}

static void facts_of_one_group_share_its_name(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    rwe_fact first = check_fact(document, "RHC", "n", 1);
    rwe_fact other = check_fact(document, "No RHC", "n", 2);
    rwe_fact again = check_fact(document, "RHC", "n", 3);
    const char *name = rwe_document_fact(document, first)->key.group;
    assert_ptr_equal(rwe_document_fact(document, again)->key.group, name);
    assert_string_equal(rwe_document_fact(document, other)->key.group, "No RHC");
}

/* RFC 3629: a stray byte, an overlong '/', a surrogate, one past U+10FFFF, a cut sequence; then the
 * least and the greatest characters of two, three and four bytes, which stay. */
static void what_is_no_utf8_becomes_the_replacement_character(void **state)
{
    static const char *const texts[][2] = {
        {"a\xff", "a\ufffd"},
        {"\xc0\xaf", "\ufffd\ufffd"},
        {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
        {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},
        {"\xe6\x9c", "\ufffd\ufffd"},
        {"\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"},
        {"\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf"},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"有\n\x1b", "有\n\x1b"}, /* keys stay those of the data */
    };
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_key key = rwe_key_of("cohort");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rwe_fact fact = rwe_document_string(document, &key, "reason", texts[i][0]);
        assert_string_equal(rwe_document_fact(document, fact)->text, texts[i][1]);
    }
}

static void warnings_are_counted(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    assert_int_equal(rwe_document_n_warnings(document), 0);
    rwe_document_warning(document, "few-events", NULL, "%d", 1);
    rwe_document_warning(document, "few-events", "km", "%d", 2);
    assert_int_equal(rwe_document_n_warnings(document), 2);
}

static void text_longer_than_any_buffer_is_kept_whole(void **state)
{
    char long_text[3001];
    struct rwe_document *document = rwe_document_new(*state);
    memset(long_text, 'x', 3000);
    long_text[3000] = '\0';
    rwe_document_paragraph(document, "%s", long_text);
    char *md = check_render(document, "md", false);
    assert_int_equal(strlen(md), 3001);
    free(md);
}

static void a_failed_document_swallows_everything_and_is_not_rendered(void **state)
{
    struct rwe_error error = {0};
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_key key = rwe_key_of("km");
    rwe_arena_alloc(*state, SIZE_MAX / 4, 8); /* fails, and so does all after it */
    struct rwe_grid *grid = rwe_document_table(document, "title");
    assert_non_null(grid);
    rwe_grid_column(grid, "column");
    rwe_grid_row(grid, 0, "row");
    rwe_grid_words(grid, "words");
    rwe_grid_note(grid, "note");
    assert_int_equal(check_fact(document, "0", "n", 1), RWE_NO_FACT);
    assert_int_equal(rwe_document_string(document, &key, "x", "y"), RWE_NO_FACT);
    rwe_document_paragraph(document, "text");
    rwe_document_warning(document, "code", NULL, "text");
    rwe_document_section(document, 1, "title");
    rwe_document_series(document, &key, NULL, 0, 0, NULL, NULL);
    rwe_document_set_title(document, "title", NULL);
    assert_true(rwe_document_failed(document));
    assert_int_equal(rwe_render(document, rwe_format_find("text"), NULL, stdout, &error),
                     RWE_NO_MEMORY);
    assert_string_equal(error.message, "out of memory");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_fact_keeps_its_key_and_all_its_digits),
        TEST(nan_and_infinities_become_null),
        TEST(handles_stay_true_while_a_hundred_thousand_facts_are_added),
        TEST(facts_of_one_group_share_its_name),
        TEST(what_is_no_utf8_becomes_the_replacement_character),
        TEST(warnings_are_counted),
        TEST(text_longer_than_any_buffer_is_kept_whole),
        TEST(a_failed_document_swallows_everything_and_is_not_rendered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
