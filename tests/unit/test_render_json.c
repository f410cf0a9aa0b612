/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include <jansson.h>
#include <stdlib.h>

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

/* The document in this format, without provenance, reads so. */
static void assert_renders(const struct rwe_document *document, const char *expected)
{
    char *actual = check_render(document, "json", false);
    assert_string_equal(actual, expected);
    free(actual);
}

static void results_hold_the_program_provenance_facts_series_and_warnings(void **state)
{
    char *actual = check_render(check_document(*state), "json", true);
    assert_string_equal(
        actual,
        "{\n"
        "\"rwe\": {\"schema\": 1, \"version\": \"1.2.3\"},\n"
        "\"provenance\": {\n"
        "  \"command\": [\"rwe-analyze\", \"my cohort.csv\", \"--km\"],\n"
        "  \"study\": {\n"
        "    \"arm\": \"hormon\",\n"
        "    \"covariates\": [\"age\", \"size\"],\n"
        "    \"conf_level\": 0.95,\n"
        "    \"replace\": false,\n"
        "    \"entry\": null},\n"
        "  \"inputs\": [\n"
        "    {\"file\": \"my cohort.csv\", \"sha256\": "
        "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", \"rows\": 602}],\n"
        "  \"seed\": 20240917,\n"
        "  \"warnings\": 1\n"
        "},\n"
        "\"facts\": [\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"0\", "
        "\"stat\": \"n\", \"value\": 2643},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"0\", "
        "\"stat\": \"percent\", \"value\": 88.6317907444668},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"0\", "
        "\"stat\": \"median\", \"value\": 4118},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"0\", "
        "\"stat\": \"median.conf.low\", \"value\": 3988},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"0\", "
        "\"stat\": \"median.conf.high\", \"value\": 4590},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"stat\": "
        "\"p.value\", \"value\": 1.5e-07},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"1\", "
        "\"stat\": \"n\", \"value\": 339},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"1\", "
        "\"stat\": \"percent\", \"value\": 11.368209255533198},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"1\", "
        "\"stat\": \"median\", \"value\": null},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"1\", "
        "\"stat\": \"median.conf.low\", \"value\": 4102.5},\n"
        "{\"analysis\": \"km\", \"endpoint\": \"os\", \"population\": \"all\", \"group\": \"1\", "
        "\"stat\": \"median.conf.high\", \"value\": null}\n"
        "],\n"
        "\"series\": [\n"
        "{\"analysis\": \"km\", \"group\": \"1\", \"columns\": {\n"
        "  \"time\": [0, 45.5],\n"
        "  \"estimate\": [1, null]}}\n"
        "],\n"
        "\"warnings\": [\n"
        "{\"code\": \"few-events\", \"message\": \"Only 3 events.\", \"analysis\": \"km\"}\n"
        "]\n"
        "}\n");
    free(actual);
}

static void text_is_escaped_and_always_utf8(void **state)
{
    char *actual = check_render(check_hostile_document(*state), "json", true);
    assert_string_equal(
        actual,
        "{\n"
        "\"rwe\": {\"schema\": 1, \"version\": \"0.1.0\"},\n"
        "\"facts\": [\n"
        "{\"analysis\": \"cohort\", \"group\": \"a|b <script>\\\"x\\\" & 'y'\\n*z*\\u001B[0m�\", "
        "\"stat\": \"reason\", \"value\": \"a|b <script>\\\"x\\\" & 'y'\\n*z*\\u001B[0m�\"}\n"
        "],\n"
        "\"series\": [],\n"
        "\"warnings\": [\n"
        "{\"code\": \"odd, \\\"code\\\"\", \"message\": \"a|b <script>\\\"x\\\" & 'y' *z*�[0m�\"}\n"
        "]\n"
        "}\n");
    free(actual);
}

static json_t *load(const struct rwe_document *document, bool provenance)
{
    json_error_t error;
    char *text = check_render(document, "json", provenance);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    free(text);
    assert_non_null(root);
    return root;
}

static void numbers_read_back_to_the_same_bits(void **state)
{
    static const double numbers[] = {0.1,    1.0 / 3, 301,  -2643,   1e15,     1e22,
                                     1e-300, 5e-324,  1e15, 1.5e308, 0.1 + 0.2};
    enum { N = sizeof numbers / sizeof *numbers };
    static const char *const names[] = {"x"};
    static const double *const columns[] = {numbers};
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_key key = rwe_key_of("km");
    for (size_t i = 0; i < N; i++) {
        key.time = numbers[i];
        rwe_document_number(document, &key, "estimate", numbers[i]);
    }
    rwe_document_series(document, &key, NULL, N, 1, names, columns);
    json_t *root = load(document, true);
    const json_t *facts = json_object_get(root, "facts");
    const json_t *series = json_array_get(json_object_get(root, "series"), 0);
    const json_t *column = json_object_get(json_object_get(series, "columns"), "x");
    assert_int_equal(json_array_size(facts), N);
    assert_int_equal(json_array_size(column), N);
    for (size_t i = 0; i < N; i++) {
        const json_t *fact = json_array_get(facts, i);
        assert_true(json_number_value(json_object_get(fact, "time")) == numbers[i]);
        assert_true(json_number_value(json_object_get(fact, "value")) == numbers[i]);
        assert_true(json_number_value(json_array_get(column, i)) == numbers[i]);
    }
    json_decref(root);
}

static void keys_come_in_the_order_of_the_contract(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    const struct rwe_key key = {"a", "b", "c", "d", "e", "f", "g", 1.5};
    rwe_document_string(document, &key, "h", "i");
    assert_renders(document,
                   "{\n\"rwe\": {\"schema\": 1, \"version\": \"" RWE_VERSION "\"},\n\"facts\": [\n"
                   "{\"analysis\": \"a\", \"endpoint\": \"b\", \"population\": \"c\", "
                   "\"model\": \"d\", \"group\": \"e\", \"term\": \"f\", \"level\": \"g\", "
                   "\"time\": 1.5, \"stat\": \"h\", \"value\": \"i\"}\n],\n"
                   "\"series\": [],\n\"warnings\": []\n}\n");
}

static void provenance_can_be_left_out(void **state)
{
    json_t *with = load(check_document(*state), true);
    json_t *without = load(check_document(*state), false);
    assert_non_null(json_object_get(with, "provenance"));
    assert_null(json_object_get(without, "provenance"));
    assert_int_equal(json_object_del(with, "provenance"), 0);
    assert_true(json_equal(with, without));
    json_decref(with);
    json_decref(without);
}

static void a_seed_beyond_signed_64_bits_is_a_text(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_provenance provenance = *check_provenance();
    rwe_document_set_provenance(document, &provenance);
    provenance.seed = INT64_MAX;
    json_t *root = load(document, true);
    const json_t *seed = json_object_get(json_object_get(root, "provenance"), "seed");
    assert_true(json_integer_value(seed) == INT64_MAX);
    json_decref(root);
    provenance.seed = UINT64_MAX;
    root = load(document, true);
    seed = json_object_get(json_object_get(root, "provenance"), "seed");
    assert_string_equal(json_string_value(seed), "18446744073709551615");
    json_decref(root);
}

static void file_names_that_are_no_utf8_do_not_break_the_json(void **state)
{
    static const struct rwe_input input = {"caf\xe9.csv", "00", 1};
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_provenance provenance = *check_provenance();
    provenance.inputs = &input;
    rwe_document_set_provenance(document, &provenance);
    json_t *root = load(document, true);
    const json_t *inputs = json_object_get(json_object_get(root, "provenance"), "inputs");
    const json_t *file = json_object_get(json_array_get(inputs, 0), "file");
    assert_string_equal(json_string_value(file), "caf\ufffd.csv");
    json_decref(root);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(results_hold_the_program_provenance_facts_series_and_warnings),
        TEST(text_is_escaped_and_always_utf8),
        TEST(numbers_read_back_to_the_same_bits),
        TEST(keys_come_in_the_order_of_the_contract),
        TEST(provenance_can_be_left_out),
        TEST(a_seed_beyond_signed_64_bits_is_a_text),
        TEST(file_names_that_are_no_utf8_do_not_break_the_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
