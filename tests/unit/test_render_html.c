/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

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

static void a_page_of_headings_tables_and_notes(void **state)
{
    char *page = check_render(check_document(*state), "html", true);
    assert_string_equal(
        strstr(page, "<body>"),
        "<body>\n"
        "<header>\n"
        "<h1>Rotterdam</h1>\n"
        "<p class=\"subtitle\">A cohort of 2982</p>\n"
        "</header>\n"
        "<nav aria-label=\"Contents\">\n"
        "<ul>\n"
        "<li><a href=\"#section-1\">Kaplan–Meier</a></li>\n"
        "<li><a href=\"#provenance\">Provenance</a></li>\n"
        "</ul>\n"
        "</nav>\n"
        "<main>\n"
        "<h2 id=\"section-1\">Kaplan–Meier</h2>\n"
        "<p>Time is in days.</p>\n"
        "<h3 id=\"section-2\">Overall survival</h3>\n"
        "<div class=\"table\">\n"
        "<table>\n"
        "<caption>Median survival</caption>\n"
        "<thead>\n"
        "<tr><th scope=\"col\">Hormonal therapy</th><th scope=\"col\" "
        "class=\"number\">Patients<br>n (%)</th><th scope=\"col\" class=\"number\">Median (95% "
        "CI)</th><th scope=\"col\" class=\"number\">p</th></tr>\n"
        "</thead>\n"
        "<tbody>\n"
        "<tr><th scope=\"row\">No</th><td class=\"number\">2643 (88.6%)</td><td "
        "class=\"number\">4118 (3988–4590)</td><td class=\"number\">&lt;0.001</td></tr>\n"
        "<tr><th scope=\"row\" class=\"indent\">有</th><td class=\"number\">339 (11.4%)</td><td "
        "class=\"number\">NR (4102–NR)</td><td class=\"number\">ref.</td></tr>\n"
        "</tbody>\n"
        "</table>\n"
        "<p class=\"note\">Limits by the log-log transform.</p>\n"
        "<p class=\"note\">NR, not reached.</p>\n"
        "</div>\n"
        "<p class=\"warning\" role=\"note\"><strong>Warning:</strong> Only 3 events.</p>\n"
        "</main>\n"
        "<footer>\n"
        "<h2 id=\"provenance\">Provenance</h2>\n"
        "<dl>\n"
        "<dt>Program</dt><dd>rwe-analyze 1.2.3</dd>\n"
        "<dt>Command</dt><dd>rwe-analyze &#39;my cohort.csv&#39; --km</dd>\n"
        "<dt>Input</dt><dd>my cohort.csv (602 rows, SHA-256 0123456789ab)</dd>\n"
        "<dt>Seed</dt><dd>20240917</dd>\n"
        "</dl>\n"
        "</footer>\n"
        "</body>\n"
        "</html>\n");
    free(page);
}

static void a_page_says_what_it_is_and_needs_nothing_else(void **state)
{
    static const char start[] =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">";
    char *page = check_render(check_document(*state), "html", true);
    assert_int_equal(strncmp(page, start, sizeof start - 1), 0);
    assert_non_null(strstr(page, "<title>Rotterdam</title>"));
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http"));
    assert_null(strstr(page, "url("));
    free(page);
}

static void text_cannot_become_markup(void **state)
{
    static const char escaped[] =
        "<td>a|b &lt;script&gt;&quot;x&quot; &amp; &#39;y&#39; *z*\ufffd[0m\ufffd</td>";
    char *page = check_render(check_hostile_document(*state), "html", true);
    assert_null(strstr(page, "<script"));
    assert_null(strchr(page, '\x1b'));
    assert_non_null(strstr(page, escaped));
    free(page);
}

static void an_empty_document_is_a_page_without_contents(void **state)
{
    char *page = check_render(rwe_document_new(*state), "html", true);
    assert_string_equal(strstr(page, "<body>"), "<body>\n<header>\n<h1>rwe-analyze</h1>\n"
                                                "</header>\n<main>\n</main>\n</body>\n</html>\n");
    free(page);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_page_of_headings_tables_and_notes),
        TEST(a_page_says_what_it_is_and_needs_nothing_else),
        TEST(text_cannot_become_markup),
        TEST(an_empty_document_is_a_page_without_contents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
