/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"
#include "rwe/report/figure.h"

#include <math.h>
#include <stdio.h>
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

/* From `start` on, as far as `expected` reaches. */
static void assert_goes_on(const char *page, const char *start, const char *expected)
{
    const char *found = strstr(page, start);
    assert_non_null(found);
    char *part = strndup(found, strlen(expected));
    assert_string_equal(part, expected);
    free(part);
}

static size_t count(const char *page, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(page, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

static void a_page_of_headings_tables_and_notes(void **state)
{
    char *page = check_render(check_document(*state), "html", true);
    assert_goes_on(
        page, "<header>",
        "<header>\n"
        "<h1>Rotterdam</h1>\n"
        "<p class=\"subtitle\">A cohort of 2982</p>\n"
        "</header>\n"
        "<div class=\"page\">\n"
        "<nav aria-label=\"Contents\">\n"
        "<details>\n"
        "<summary>Contents</summary>\n"
        "<ul>\n"
        "<li><a href=\"#section-1\">Kaplan–Meier</a><ul>\n"
        "<li><a href=\"#section-2\">Overall survival</a>\n"
        "<details><summary>1 table</summary>\n"
        "<ul>\n"
        "<li><a href=\"#table-1\">Median survival</a></li>\n"
        "</ul></details>\n"
        "</li>\n"
        "</ul>\n"
        "</li>\n"
        "<li><a href=\"#provenance\">Provenance</a></li>\n"
        "</ul>\n"
        "</details>\n"
        "</nav>\n"
        "<main id=\"main\" tabindex=\"-1\">\n"
        "<section class=\"warnings\" aria-labelledby=\"warnings\">\n"
        "<h2 id=\"warnings\">Warnings</h2>\n"
        "<ol>\n"
        "<li><a href=\"#warning-1\">Kaplan–Meier: Overall survival</a><br>\n"
        "Only 3 events.</li>\n"
        "</ol>\n"
        "</section>\n"
        "<h2 id=\"section-1\">Kaplan–Meier</h2>\n"
        "<p>Time is in days.</p>\n"
        "<h3 id=\"section-2\">Overall survival</h3>\n"
        "<div class=\"table short\" id=\"table-1\">\n"
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"caption-1\">\n"
        "<table>\n"
        "<caption id=\"caption-1\"><span>Median survival</span></caption>\n"
        "<thead>\n"
        "<tr><th scope=\"col\">Hormonal therapy</th><th scope=\"col\" "
        "class=\"number\">Patients<br>n (%)</th><th scope=\"col\" class=\"number\">Median (95% "
        "CI)</th><th scope=\"col\" class=\"number\">p</th></tr>\n"
        "</thead>\n"
        "<tbody>\n");
    assert_goes_on(page, "</tbody>",
                   "</tbody>\n"
                   "</table>\n"
                   "</div>\n"
                   "<p class=\"note\">Limits by the log-log transform.</p>\n"
                   "<p class=\"note\">NR, not reached.</p>\n"
                   "</div>\n"
                   "<p class=\"warning\" role=\"note\" id=\"warning-1\"><strong>Warning:</strong> "
                   "Only 3 events.</p>\n"
                   "</main>\n"
                   "</div>\n"
                   "<footer>\n"
                   "<h2 id=\"provenance\">Provenance</h2>\n"
                   "<dl>\n"
                   "<dt>Program</dt><dd>rwe-analyze 1.2.3</dd>\n"
                   "<dt>Command</dt><dd>rwe-analyze &#39;my cohort.csv&#39; --km</dd>\n"
                   "<dt>Input</dt><dd>my cohort.csv (602 rows, SHA-256 0123456789ab)</dd>\n"
                   "<dt>Seed</dt><dd>20240917</dd>\n"
                   "</dl>\n"
                   "</footer>\n"
                   "<script>\n");
    free(page);
}

static void a_cell_says_which_facts_it_shows(void **state)
{
    char *page = check_render(check_document(*state), "html", true);
    const struct rwe_document *document = check_document(*state);
    unsigned n, percent;
    const char *cell = strstr(page, "data-fact=\"");
    assert_non_null(cell);
    assert_int_equal(sscanf(cell, "data-fact=\"%u,%u\">2643 (88.6%%)<", &n, &percent), 2);
    assert_true(rwe_document_fact(document, n)->number == 2643);
    assert_true(fabs(rwe_document_fact(document, percent)->number - 88.6) < 0.05);
    assert_non_null(strstr(page, "<td class=\"number\">ref.</td>")); /* words show none */
    free(page);
}

static void a_page_says_what_it_is_and_asks_nothing_of_any_network(void **state)
{
    static const char start[] =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">";
    char *page = check_render(check_document(*state), "html", true);
    assert_int_equal(strncmp(page, start, sizeof start - 1), 0);
    assert_non_null(strstr(page, "<title>Rotterdam</title>"));
    assert_non_null(strstr(page, "http-equiv=\"Content-Security-Policy\" content=\"default-src "
                                 "'none'; "));
    assert_int_equal(count(page, "http"), 2); /* of the policy, and the name of SVG's elements */
    assert_non_null(strstr(page, "'http://www.w3.org/2000/svg'"));
    assert_int_equal(count(page, "url("), 0);
    assert_int_equal(count(page, "<script"), 1);
    free(page);
}

static void text_cannot_become_markup(void **state)
{
    static const char escaped[] =
        ">a|b &lt;script&gt;&quot;x&quot; &amp; &#39;y&#39; *z*\ufffd[0m\ufffd</td>";
    char *page = check_render(check_hostile_document(*state), "html", true);
    assert_int_equal(count(page, "<script"), 1);
    assert_null(strchr(page, '\x1b'));
    assert_non_null(strstr(page, escaped));
    free(page);
}

static void an_empty_document_is_a_page_without_contents(void **state)
{
    char *page = check_render(rwe_document_new(*state), "html", true);
    assert_goes_on(page, "<header>",
                   "<header>\n<h1>rwe-analyze</h1>\n</header>\n<div class=\"page\">\n"
                   "<main id=\"main\" tabindex=\"-1\">\n</main>\n</div>\n<script>\n");
    free(page);
}

/* ---- cautions ---- */

static void a_caution_of_a_section_is_told_apart_from_its_title(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    rwe_document_set_banner(document, "Biased reference");
    rwe_document_section(document, 1, "Cox & model");
    char *page = check_render(document, "html", true);
    assert_non_null(strstr(page, "<h2 id=\"section-1\">Cox &amp; model "
                                 "<span class=\"banner\">Biased reference</span></h2>"));
    free(page);
}

/* ---- figures ---- */

static const double months[] = {0, 6, 12.5}, survival[] = {1, 0.75, NAN};

/* A plot of one curve, whose names try to end the script. */
static struct rwe_document *document_of_plot(struct rwe_arena *arena, enum rwe_curve_style style)
{
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_figure *figure =
        rwe_document_figure(document, RWE_FIGURE_PLOT, "km os", "Survival <of> all");
    const struct rwe_curve curve = {.label = "a\"</script>\\\xe2\x80\xa8",
                                    .style = style,
                                    .n = 3,
                                    .x = months,
                                    .y = survival,
                                    .start = 1,
                                    .until = NAN};
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = "Months"});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = "Survival", .percent = true});
    rwe_figure_curve(figure, &curve);
    rwe_figure_note(figure, "Limits & all");
    return document;
}

static void a_figure_is_drawn_for_wide_screens_and_for_phones(void **state)
{
    char *page = check_render(document_of_plot(*state, RWE_CURVE_STEP), "html", true);
    assert_goes_on(page, "<figure",
                   "<figure id=\"km-os\">\n<figcaption>Survival &lt;of&gt; all</figcaption>\n"
                   "<div class=\"wide\">\n<svg ");
    assert_non_null(strstr(page, "<div class=\"narrow\">\n<svg "));
    assert_int_equal(count(page, "id=\"km-os-title\""), 1);
    assert_int_equal(count(page, "id=\"km-os-narrow-title\""), 1);
    assert_non_null(strstr(page, "<p class=\"note\">Limits &amp; all</p>\n</figure>"));
    free(page);
}

static void curves_are_data_that_cannot_end_their_script(void **state)
{
    char *page = check_render(document_of_plot(*state, RWE_CURVE_STEP), "html", true);
    assert_goes_on(page, "<script type",
                   "<script type=\"application/json\" class=\"curves\">{\"x\":\"Months\","
                   "\"percent\":true,\"curves\":[{\"label\":\"a\\u0022\\u003c/script\\u003e\\u005c"
                   "\\u2028\",\"group\":0,\"step\":true,\"start\":[1],\"until\":[null],"
                   "\"x\":[0,6,12.5],\"y\":[1,0.75,null],\"low\":null,\"high\":null,"
                   "\"at_risk\":null}]}</script>\n");
    free(page);
}

static void points_without_a_curve_are_not_read_off(void **state)
{
    char *page = check_render(document_of_plot(*state, RWE_CURVE_POINTS), "html", true);
    assert_int_equal(count(page, "application/json"), 0);
    free(page);
}

/* ---- flow diagrams ---- */

static struct rwe_document *document_of_flow(struct rwe_arena *arena, size_t n_arms)
{
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_key key = rwe_key_of("flow");
    rwe_fact n = rwe_document_number(document, &key, "n", 301);
    struct rwe_figure *figure = rwe_document_figure(document, RWE_FIGURE_FLOW, "flow", "Flow");
    rwe_box top = rwe_figure_box(figure, RWE_NO_BOX, false);
    rwe_box aside = rwe_figure_box(figure, top, true);
    rwe_figure_box_line(figure, top, 0, "Rows & all", n);
    rwe_figure_box_line(figure, aside, 0, "Left out", RWE_NO_FACT);
    rwe_figure_box_line(figure, aside, 1, "没有随访记录的患者", n);
    for (size_t a = 0; a < n_arms; a++)
        rwe_figure_box_line(figure, rwe_figure_box(figure, top, false), 0, "Arm", n);
    return document;
}

/* The value of an attribute in the first text of the drawing `part` that reads so. */
static double place_of(const char *part, const char *text, const char *attribute)
{
    const char *end = strstr(part, text), *start = end;
    assert_non_null(end);
    while (strncmp(start, "<text", 5) != 0)
        start--;
    const char *value = strstr(start, attribute);
    assert_non_null(value);
    return strtod(value + strlen(attribute), NULL);
}

static void a_line_of_a_flow_ends_with_its_fact(void **state)
{
    char *page = check_render(document_of_flow(*state, 2), "html", true);
    assert_non_null(strstr(page, "data-fact=\"0\">Rows &amp; all (n\u00a0=\u00a0301)</text>"));
    assert_non_null(strstr(page, "class=\"s-none f-ink\">Left out</text>"));
    free(page);
}

static void who_leaves_stands_right_of_the_arrow_and_below_the_box(void **state)
{
    char *page = check_render(document_of_flow(*state, 2), "html", true);
    const char *wide = strstr(page, "class=\"wide\"");
    assert_true(place_of(wide, "Left out", " x=\"") > place_of(wide, "Rows", " x=\"") + 200);
    assert_true(place_of(wide, "Left out", " y=\"") > place_of(wide, "Rows", " y=\""));
    assert_true(place_of(wide, "Arm", " y=\"") > place_of(wide, "Left out", " y=\""));
    free(page);
}

/* Places of the arms' boxes: side by side they have one height, stacked one left edge. */
static void arms_stand_side_by_side_where_there_is_room(void **state)
{
    char *page = check_render(document_of_flow(*state, 4), "html", true);
    const char *wide = strstr(page, "class=\"wide\""), *narrow = strstr(page, "class=\"narrow\"");
    const char *first = strstr(wide, ">Arm"), *first_narrow = strstr(narrow, ">Arm");
    assert_true(place_of(first + 1, ">Arm", " y=\"") == place_of(wide, ">Arm", " y=\""));
    assert_true(place_of(first + 1, ">Arm", " x=\"") > place_of(wide, ">Arm", " x=\"") + 150);
    assert_true(place_of(first_narrow + 1, ">Arm", " x=\"") == place_of(narrow, ">Arm", " x=\""));
    assert_true(place_of(first_narrow + 1, ">Arm", " y=\"") >
                place_of(narrow, ">Arm", " y=\"") + 20);
    free(page);
}

static void a_word_wider_than_its_box_is_broken(void **state)
{
    static const char word[] = "胸部Radiochemoimmunotherapeutically-treated";
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_figure *figure = rwe_document_figure(document, RWE_FIGURE_FLOW, "flow", "Flow");
    rwe_box top = rwe_figure_box(figure, RWE_NO_BOX, false);
    for (size_t a = 0; a < 4; a++)
        rwe_figure_box_line(figure, rwe_figure_box(figure, top, false), 0, word, RWE_NO_FACT);
    char *page = check_render(document, "html", true);
    char *narrow = strstr(page, "class=\"narrow\"");
    assert_int_equal(count(narrow, ">胸部Radiochemoimmunotherapeutically-</text>"), 4);
    assert_int_equal(count(narrow, ">treated</text>"), 4);
    *narrow = '\0'; /* the wide one has boxes of half that width */
    assert_int_equal(count(page, ">胸部</text>"), 4);
    assert_int_equal(count(page, "ally-</text>"), 4);
    assert_int_equal(count(page, ">Radiochemoimmunotherapeutically-</text>"), 0);
    free(page);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_page_of_headings_tables_and_notes),
        TEST(a_cell_says_which_facts_it_shows),
        TEST(a_page_says_what_it_is_and_asks_nothing_of_any_network),
        TEST(text_cannot_become_markup),
        TEST(an_empty_document_is_a_page_without_contents),
        TEST(a_caution_of_a_section_is_told_apart_from_its_title),
        TEST(a_figure_is_drawn_for_wide_screens_and_for_phones),
        TEST(curves_are_data_that_cannot_end_their_script),
        TEST(points_without_a_curve_are_not_read_off),
        TEST(a_line_of_a_flow_ends_with_its_fact),
        TEST(who_leaves_stands_right_of_the_arrow_and_below_the_box),
        TEST(arms_stand_side_by_side_where_there_is_room),
        TEST(a_word_wider_than_its_box_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
