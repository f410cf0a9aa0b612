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

/* Whether `word` is among the words of `list`, separated by '|'. */
static bool holds(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strcspn(at, "|") == length && strncmp(at, word, length) == 0)
            return true;
    }
    return false;
}

static void every_format_is_among_the_names_and_its_file_has_its_ending(void **state)
{
    size_t n = 0;
    (void)state;
    for (const struct rwe_format *format = rwe_formats; format->name != NULL; format++, n++) {
        const struct rwe_format *found;
        assert_true(holds(rwe_format_names, format->name));
        assert_true(holds(format->endings, strrchr(format->file, '.') + 1));
        assert_int_equal(rwe_format_of_file(format->file, &found, NULL), RWE_OK);
        assert_ptr_equal(found, format); /* so no other has this ending */
    }
    for (const char *c = rwe_format_names; c != NULL; c = strchr(c + 1, '|'))
        n--;
    assert_int_equal(n, 0);
}

static void the_ending_of_a_file_says_its_format(void **state)
{
    static const struct {
        const char *path, *format; /* NULL: none is said */
    } cases[] = {
        {"a.htm", "html"},        {"A.B.JSON", "json"},  {"../x.y/report.tex", "latex"},
        {"../x.md/report", NULL}, {"/dev/stdout", NULL}, {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rwe_format *format;
        assert_int_equal(rwe_format_of_file(cases[i].path, &format, NULL), RWE_OK);
        if (cases[i].format == NULL)
            assert_null(format);
        else
            assert_string_equal(format->name, cases[i].format);
    }
}

static void an_ending_of_no_format_is_refused_with_those_there_are(void **state)
{
    static const char *const paths[] = {"report.zzz", "x/report.html.gz", "a.", "a.ht", "a.htmlx"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct rwe_error error = {0};
        const struct rwe_format *format;
        assert_int_equal(rwe_format_of_file(paths[i], &format, &error), RWE_USAGE);
        assert_null(format);
        assert_non_null(strstr(error.message, ".html, .htm, .md, .tex, .txt, .json, .csv"));
    }
}

static enum rwe_status write_zeros(const struct rwe_document *document,
                                   const struct rwe_render_options *options, FILE *out,
                                   struct rwe_error *error)
{
    (void)document, (void)options, (void)error;
    return fwrite("PK\003\004\0\0\xff", 1, 7, out) == 7 ? RWE_OK : RWE_IO;
}

static void a_format_of_bytes_keeps_them_and_is_nothing_for_a_terminal(void **state)
{
    static const struct rwe_format zeros = {"zeros", "report.zeros", "zeros", true, write_zeros};
    struct rwe_document *document = check_document(*state);
    struct rwe_bytes bytes;
    struct rwe_error error = {0};
    assert_int_equal(rwe_render_bytes(document, &zeros, NULL, &bytes, &error), RWE_OK);
    assert_int_equal(bytes.n, 7);
    assert_memory_equal(bytes.byte, "PK\003\004\0\0\xff", 7);
    rwe_bytes_clear(&bytes);
    FILE *terminal = fopen("/dev/ptmx", "w"), *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(rwe_format_check_stream(&zeros, file, &error), RWE_OK);
    fclose(file);
    if (terminal == NULL)
        skip();
    assert_int_equal(rwe_format_check_stream(&zeros, terminal, &error), RWE_USAGE);
    assert_non_null(strstr(error.message, "--output"));
    assert_int_equal(rwe_format_check_stream(rwe_format_find("text"), terminal, NULL), RWE_OK);
    fclose(terminal);
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
        TEST(every_format_is_among_the_names_and_its_file_has_its_ending),
        TEST(the_ending_of_a_file_says_its_format),
        TEST(an_ending_of_no_format_is_refused_with_those_there_are),
        TEST(a_format_of_bytes_keeps_them_and_is_nothing_for_a_terminal),
        TEST(a_full_disk_is_an_error_in_every_format),
        TEST(without_options_provenance_is_shown),
        TEST(bytes_are_the_same_when_rendered_again),
        TEST(a_decimal_comma_of_the_callers_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
