/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

#include "rwe/report/render.h"
#include <locale.h>
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

static void formats_are_found_by_name(void **state)
{
    static const char *const names[] = {"text", "json", "csv", "md", "html", "latex"};
    (void)state;
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(rwe_format_find(names[i])->name, names[i]);
    assert_null(rwe_format_find("pdf"));
    assert_null(rwe_format_find(""));
}

static void a_full_disk_is_an_error_in_every_format(void **state)
{
    struct rwe_document *document = check_document(*state);
    for (const struct rwe_format *format = rwe_formats; format->name != NULL; format++) {
        struct rwe_error error = {0};
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        assert_int_equal(rwe_render(document, format, NULL, full, &error), RWE_IO);
        assert_string_equal(error.message, "cannot write the results: No space left on device");
        fclose(full);
    }
}

static void without_options_provenance_is_shown(void **state)
{
    char *bytes = NULL;
    size_t size = 0;
    struct rwe_document *document = check_document(*state);
    FILE *memory = open_memstream(&bytes, &size);
    assert_int_equal(rwe_render(document, rwe_format_find("md"), NULL, memory, NULL), RWE_OK);
    fclose(memory);
    char *expected = check_render(document, "md", true);
    assert_string_equal(bytes, expected);
    free(expected);
    free(bytes);
}

static void bytes_are_the_same_when_rendered_again(void **state)
{
    struct rwe_document *document = check_document(*state);
    for (const struct rwe_format *format = rwe_formats; format->name != NULL; format++) {
        char *first = check_render(document, format->name, true);
        char *again = check_render(document, format->name, true);
        assert_string_equal(first, again);
        free(first);
        free(again);
    }
}

/* Runs where a locale with a decimal comma is installed; make one with
 * `localedef -i de_DE -f UTF-8 de_DE.UTF-8`. */
static void a_decimal_comma_of_the_callers_locale_changes_nothing(void **state)
{
    struct rwe_document *document = check_document(*state);
    char *expected = check_render(document, "json", true);
    bool found = setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "de_DE.utf8") ||
                 setlocale(LC_ALL, "fr_FR.UTF-8");
    char *actual = check_render(document, "json", true);
    char comma[8];
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    setlocale(LC_ALL, "C");
    assert_string_equal(actual, expected);
    free(actual);
    free(expected);
    if (!found)
        skip();
    assert_string_equal(comma, "0,5"); /* the caller's locale came back */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(formats_are_found_by_name),
        TEST(a_full_disk_is_an_error_in_every_format),
        TEST(without_options_provenance_is_shown),
        TEST(bytes_are_the_same_when_rendered_again),
        TEST(a_decimal_comma_of_the_callers_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
