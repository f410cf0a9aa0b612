/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

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
    char *actual = check_render(document, "md", false);
    assert_string_equal(actual, expected);
    free(actual);
}

static void a_report_in_github_markdown(void **state)
{
    char *actual = check_render(check_document(*state), "md", true);
    assert_string_equal(actual, "# Rotterdam\n"
                                "\n"
                                "A cohort of 2982\n"
                                "\n"
                                "## Kaplan–Meier\n"
                                "\n"
                                "Time is in days.\n"
                                "\n"
                                "### Overall survival\n"
                                "\n"
                                "**Median survival**\n"
                                "\n"
                                "| Hormonal therapy | Patients<br>n (%) | Median (95% CI) | p |\n"
                                "| :--- | ---: | ---: | ---: |\n"
                                "| No | 2643 (88.6%) | 4118 (3988–4590) | &lt;0.001 |\n"
                                "| &emsp;有 | 339 (11.4%) | NR (4102–NR) | ref. |\n"
                                "\n"
                                "Limits by the log-log transform.\n"
                                "\n"
                                "NR, not reached.\n"
                                "\n"
                                "> **Warning:** Only 3 events.\n"
                                "\n"
                                "## Provenance\n"
                                "\n"
                                "- Program: rwe-analyze 1.2.3\n"
                                "- Command: rwe-analyze 'my cohort.csv' --km\n"
                                "- Input: my cohort.csv (602 rows, SHA-256 0123456789ab)\n"
                                "- Seed: 20240917\n");
    free(actual);
}

static void pipes_tags_and_asterisks_are_escaped(void **state)
{
    char *actual = check_render(check_hostile_document(*state), "md", true);
    assert_string_equal(actual,
                        "# a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m�\n"
                        "\n"
                        "## a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m�\n"
                        "\n"
                        "a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m�\n"
                        "\n"
                        "> **Warning:** a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m�\n"
                        "\n"
                        "**a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m�**\n"
                        "\n"
                        "| a\\|b &lt;script&gt;\"x\" &amp; 'y'<br>\\*z\\*�\\[0m� | A |\n"
                        "| :--- | :--- |\n"
                        "| a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m� | a\\|b "
                        "&lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m� |\n"
                        "\n"
                        "a\\|b &lt;script&gt;\"x\" &amp; 'y' \\*z\\*�\\[0m�\n");
    free(actual);
}

static void prose_starts_no_list_heading_or_rule(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    rwe_document_paragraph(document, "- not a list, rt_dose nor _this_");
    rwe_document_paragraph(document, "# no heading");
    rwe_document_paragraph(document, "12. no item");
    rwe_document_paragraph(document, "12.5 months");
    assert_renders(document, "\\- not a list, rt_dose nor \\_this\\_\n\n"
                             "\\# no heading\n\n"
                             "12\\. no item\n\n"
                             "12\\.5 months\n");
}

static void a_table_without_rows_keeps_its_headings(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_grid *grid = rwe_document_table(document, NULL);
    rwe_grid_column(grid, "%s", "");
    rwe_grid_column(grid, "n");
    assert_renders(document, "| | n |\n| :--- | :--- |\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_report_in_github_markdown),
        TEST(pipes_tags_and_asterisks_are_escaped),
        TEST(prose_starts_no_list_heading_or_rule),
        TEST(a_table_without_rows_keeps_its_headings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
