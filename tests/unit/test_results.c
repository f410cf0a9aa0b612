/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include "results.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RWE "\"rwe\": {\"schema\": 1, \"version\": \"1\"}"
#define FACT "{\"analysis\": \"km\", \"stat\": \"n\", \"value\": 1}"

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

static enum rwe_status read_text(struct rwe_arena *arena, const char *text,
                                 struct rwe_results *results, struct rwe_error *error)
{
    char *path = check_write_file(text, strlen(text));
    enum rwe_status status = rwe_results_read(path, arena, results, error);
    check_remove_file(path);
    return status;
}

static struct rwe_results write_and_read(struct rwe_arena *arena,
                                         const struct rwe_document *document, bool provenance)
{
    struct rwe_results results;
    struct rwe_error error = {0};
    char *text = check_render(document, "json", provenance);
    assert_int_equal(read_text(arena, text, &results, &error), RWE_OK);
    free(text);
    return results;
}

static struct rwe_fact_list facts_of(const struct rwe_document *document)
{
    return (struct rwe_fact_list){rwe_document_facts(document), rwe_document_n_facts(document)};
}

/* ---- reading ---- */

static void what_was_written_is_read_back(void **state)
{
    struct rwe_results results = write_and_read(*state, check_document(*state), true);
    assert_string_equal(results.version, "1.2.3");
    assert_true(results.has_provenance);
    assert_int_equal(results.command.n, 3);
    assert_string_equal(results.command.item[1], "my cohort.csv");
    assert_int_equal(results.n_inputs, 1);
    assert_string_equal(results.inputs[0].file, "my cohort.csv");
    assert_int_equal(strlen(results.inputs[0].sha256), 64);
    assert_int_equal(results.inputs[0].rows, 602);
    assert_true(results.seed == 20240917);
    assert_int_equal(results.facts.n, 11);
    const struct rwe_fact_value *fact = &results.facts.fact[9];
    assert_string_equal(fact->key.analysis, "km");
    assert_string_equal(fact->key.group, "1");
    assert_null(fact->key.model);
    assert_nan(fact->key.time);
    assert_string_equal(fact->stat, "median.conf.low");
    assert_true(fact->number == 4102.5);
    assert_nan(results.facts.fact[10].number);
}

static void each_kind_of_setting_is_read_back(void **state)
{
    struct rwe_results results = write_and_read(*state, check_document(*state), true);
    const struct rwe_setting_value *study = results.study;
    assert_int_equal(results.n_study, 5);
    assert_string_equal(study[0].name, "arm");
    assert_string_equal(study[0].texts.item[0], "hormon");
    assert_true(study[1].is_list);
    assert_int_equal(study[1].texts.n, 2);
    assert_string_equal(study[1].texts.item[1], "size");
    assert_true(study[2].is_number && study[2].number == 0.95);
    assert_true(study[3].is_flag && study[3].number == 0);
    assert_int_equal(study[4].texts.n, 0);
}

static void provenance_may_be_absent(void **state)
{
    struct rwe_results results = write_and_read(*state, check_document(*state), false);
    assert_false(results.has_provenance);
    assert_int_equal(results.command.n, 0);
    assert_int_equal(results.facts.n, 11);
}

static void the_largest_seed_is_read_back(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_provenance provenance = *check_provenance();
    provenance.seed = UINT64_MAX;
    rwe_document_set_provenance(document, &provenance);
    assert_true(write_and_read(*state, document, true).seed == UINT64_MAX);
}

static void a_missing_file_is_an_error_of_reading(void **state)
{
    struct rwe_results results;
    struct rwe_error error = {0};
    assert_int_equal(rwe_results_read("/no/such.json", *state, &results, &error), RWE_IO);
    assert_string_equal(error.message, "/no/such.json: No such file or directory");
    assert_int_equal(rwe_results_read("/", *state, &results, &error), RWE_IO);
    assert_string_equal(error.message, "/: Is a directory");
}

static void what_is_no_results_file_is_refused_with_the_reason(void **state)
{
    static const char *const cases[][2] = {
        {"", "line 1, column 0: '[' or '{' expected near end of file"},
        {"id,arm\n1,2\n", "line 1, column 2: '[' or '{' expected near 'id'"},
        {"{\n\"rwe\": }", "line 2, column 8: unexpected token near '}'"},
        {"{\"a\": 1, \"a\": 2}", "line 1, column 12: duplicate object key near '\"a\"'"},
        {"{}", "not results of rwe-analyze: there is no \"rwe\" with a \"schema\""},
        {"[1]", "not results of rwe-analyze: there is no \"rwe\" with a \"schema\""},
        {"{\"rwe\": {\"schema\": \"1\"}}",
         "not results of rwe-analyze: there is no \"rwe\" with a \"schema\""},
        {"{\"rwe\": {\"schema\": 2}}", "results of schema 2; this version reads schema 1"},
        {"{" RWE "}", "\"facts\" is not a list"},
        {"{" RWE ", \"facts\": [" FACT ", 3]}",
         "item 2 of \"facts\" has no \"analysis\" and \"stat\""},
        {"{" RWE ", \"facts\": [{\"analysis\": \"km\", \"stat\": \"n\"}]}",
         "item 1 of \"facts\" has a \"value\" that is no number, text or null"},
        {"{" RWE ", \"facts\": [{\"analysis\": \"km\", \"stat\": \"n\", \"value\": [1]}]}",
         "item 1 of \"facts\" has a \"value\" that is no number, text or null"},
        {"{" RWE ", \"facts\": [{\"analysis\": \"km\", \"stat\": \"n\", \"time\": \"6\", "
         "\"value\": 1}]}",
         "item 1 of \"facts\" has a \"time\" that is no number"},
        {"{" RWE ", \"facts\": [{\"analysis\": \"km\", \"stat\": \"n\", \"group\": 1, "
         "\"value\": 1}]}",
         "item 1 of \"facts\" has a key that is no text"},
        {"{" RWE ", \"provenance\": 1}", "\"provenance\" is not an object"},
        {"{" RWE ", \"provenance\": {\"seed\": 1}}", "\"command\" is not a list of texts"},
        {"{" RWE ", \"provenance\": {\"command\": [1], \"seed\": 1}}",
         "\"command\" is not a list of texts"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": -1}}",
         "\"seed\" is not a whole number"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": \"\"}}",
         "\"seed\" is not a whole number"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": \"18446744073709551616\"}}",
         "\"seed\" is not a whole number"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": 1, \"study\": []}}",
         "\"study\" is not an object"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": 1, \"study\": {\"a\": [1]}}}",
         "item 1 of \"study\" is neither a value nor a list of texts"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": 1, \"study\": {\"a\": {}}}}",
         "item 1 of \"study\" is neither a value nor a list of texts"},
        {"{" RWE ", \"provenance\": {\"command\": [], \"seed\": 1, \"inputs\": [{}]}}",
         "item 1 of \"inputs\" has no \"file\", \"sha256\" and \"rows\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rwe_results results;
        struct rwe_error error = {0};
        assert_int_equal(read_text(*state, cases[i][0], &results, &error), RWE_BAD_INPUT);
        const char *reason = strstr(error.message, ": "); /* behind the name of the file */
        assert_non_null(reason);
        assert_string_equal(reason + 2, cases[i][1]);
    }
}

/* ---- comparison ---- */

/* The differences of two lists in a text, one a line. */
static char *compare(struct rwe_arena *arena, struct rwe_fact_list was, struct rwe_fact_list is,
                     size_t *n_same)
{
    struct rwe_comparison comparison;
    char *text = rwe_arena_string(arena, "");
    assert_int_equal(rwe_results_compare(was, is, RWE_RESULTS_TOLERANCE, arena, &comparison, NULL),
                     RWE_OK);
    for (size_t i = 0; i < comparison.n; i++)
        text = rwe_arena_format(arena, "%s%s\n", text,
                                rwe_difference_text(&comparison.difference[i], arena));
    *n_same = comparison.n_same;
    return text;
}

static void results_equal_themselves_written_and_read(void **state)
{
    struct rwe_document *document = check_document(*state);
    struct rwe_results was = write_and_read(*state, document, true);
    size_t n_same;
    assert_string_equal(compare(*state, was.facts, facts_of(document), &n_same), "");
    assert_int_equal(n_same, 11);
}

static void text_that_was_escaped_equals_itself(void **state)
{
    struct rwe_document *document = check_hostile_document(*state);
    struct rwe_results was = write_and_read(*state, document, true);
    size_t n_same;
    assert_string_equal(compare(*state, was.facts, facts_of(document), &n_same), "");
    assert_int_equal(n_same, 1);
}

static void changed_missing_and_new_facts_are_told_by_their_whole_key(void **state)
{
    struct rwe_document *was = rwe_document_new(*state);
    struct rwe_document *is = rwe_document_new(*state);
    struct rwe_key key = {"km", "os", "all", NULL, "1", NULL, NULL, 12};
    size_t n_same;
    check_fact(was, "0", "n", 301);
    rwe_document_number(was, &key, "estimate", 0.75);
    rwe_document_number(was, &key, "conf.high", 0.5);
    rwe_document_string(was, &key, "method", "efron");
    rwe_document_string(is, &key, "method", "exact");
    rwe_document_number(is, &key, "conf.high", NAN);
    rwe_document_number(is, &key, "estimate", 0.76);
    key.time = 12.5;
    rwe_document_number(is, &key, "estimate", 0.75);
    assert_string_equal(
        compare(*state, facts_of(was), facts_of(is), &n_same),
        "missing: km endpoint=os population=all group=0 n: 301\n"
        "changed: km endpoint=os population=all group=1 time=12 conf.high: 0.5 -> null\n"
        "changed: km endpoint=os population=all group=1 time=12 estimate: 0.75 -> 0.76 "
        "(relative difference 0.013)\n"
        "changed: km endpoint=os population=all group=1 time=12 method: \"efron\" -> \"exact\"\n"
        "new: km endpoint=os population=all group=1 time=12.5 estimate: 0.75\n");
    assert_int_equal(n_same, 0);
}

static void numbers_within_the_tolerance_are_the_same(void **state)
{
    static const double pairs[][2] = {
        {1, 1 + 0.9e-10}, {1, 1 + 1.1e-10}, {0, 0}, {0, 1e-300}, {-2e-50, -2e-50 * (1 + 1e-11)},
    };
    static const bool same[] = {true, false, true, false, true};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct rwe_document *was = rwe_document_new(*state);
        struct rwe_document *is = rwe_document_new(*state);
        size_t n_same;
        check_fact(was, NULL, "x", pairs[i][0]);
        check_fact(is, NULL, "x", pairs[i][1]);
        compare(*state, facts_of(was), facts_of(is), &n_same);
        assert_int_equal(n_same, same[i]);
    }
}

static void a_number_is_not_the_text_that_spells_it_nor_null(void **state)
{
    struct rwe_document *was = rwe_document_new(*state);
    struct rwe_document *is = rwe_document_new(*state);
    struct rwe_key key = rwe_key_of("cox");
    size_t n_same;
    rwe_document_number(was, &key, "a", 1);
    rwe_document_string(is, &key, "a", "1");
    rwe_document_number(was, &key, "b", NAN);
    rwe_document_number(is, &key, "b", 0);
    rwe_document_number(was, &key, "c", NAN);
    rwe_document_number(is, &key, "c", NAN);
    assert_string_equal(compare(*state, facts_of(was), facts_of(is), &n_same),
                        "changed: cox a: 1 -> \"1\"\nchanged: cox b: null -> 0\n");
    assert_int_equal(n_same, 1);
}

static void facts_of_the_same_key_are_paired_in_their_order(void **state)
{
    struct rwe_document *was = rwe_document_new(*state);
    struct rwe_document *is = rwe_document_new(*state);
    size_t n_same;
    check_fact(was, "0", "n", 1);
    check_fact(was, "0", "n", 2);
    check_fact(is, "0", "n", 1);
    check_fact(is, "0", "n", 2);
    check_fact(is, "0", "n", 3);
    assert_string_equal(compare(*state, facts_of(was), facts_of(is), &n_same),
                        "new: km endpoint=os population=all group=0 n: 3\n");
    assert_int_equal(n_same, 2);
}

static void the_order_of_facts_does_not_matter(void **state)
{
    enum { N = 20000 };
    struct rwe_document *was = rwe_document_new(*state);
    struct rwe_document *is = rwe_document_new(*state);
    struct rwe_key key = rwe_key_of("km");
    size_t n_same;
    for (int i = 0; i < N; i++) {
        key.time = i;
        rwe_document_number(was, &key, "estimate", i);
        key.time = N - 1 - i;
        rwe_document_number(is, &key, "estimate", N - 1 - i);
    }
    assert_string_equal(compare(*state, facts_of(was), facts_of(is), &n_same), "");
    assert_int_equal(n_same, N);
}

static void nothing_compares_with_nothing(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    size_t n_same;
    assert_string_equal(compare(*state, facts_of(document), facts_of(document), &n_same), "");
    assert_int_equal(n_same, 0);
}

static void memory_that_is_out_is_said(void **state)
{
    struct rwe_comparison comparison;
    struct rwe_results results;
    struct rwe_error error = {0};
    struct rwe_fact_list facts = facts_of(check_document(*state));
    struct rwe_arena *full = rwe_arena_new();
    rwe_arena_alloc(full, SIZE_MAX / 4, 8); /* fails, and so does all after it */
    assert_int_equal(rwe_results_compare(facts, facts, 0, full, &comparison, &error),
                     RWE_NO_MEMORY);
    assert_int_equal(read_text(full, "{" RWE ", \"facts\": [" FACT "]}", &results, &error),
                     RWE_NO_MEMORY);
    rwe_arena_free(full);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read_back),
        TEST(each_kind_of_setting_is_read_back),
        TEST(provenance_may_be_absent),
        TEST(the_largest_seed_is_read_back),
        TEST(a_missing_file_is_an_error_of_reading),
        TEST(what_is_no_results_file_is_refused_with_the_reason),
        TEST(results_equal_themselves_written_and_read),
        TEST(text_that_was_escaped_equals_itself),
        TEST(changed_missing_and_new_facts_are_told_by_their_whole_key),
        TEST(numbers_within_the_tolerance_are_the_same),
        TEST(a_number_is_not_the_text_that_spells_it_nor_null),
        TEST(facts_of_the_same_key_are_paired_in_their_order),
        TEST(the_order_of_facts_does_not_matter),
        TEST(nothing_compares_with_nothing),
        TEST(memory_that_is_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
