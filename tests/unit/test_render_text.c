/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "document.h"

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

/* The document in this format, without provenance, reads so. */
static void assert_renders(const struct rwe_document *document, const char *expected)
{
    char *actual = check_render(document, "text", false);
    assert_string_equal(actual, expected);
    free(actual);
}

static void a_report_has_titles_three_line_tables_warnings_and_provenance(void **state)
{
    char *actual = check_render(check_document(*state), "text", true);
    assert_string_equal(actual, "Rotterdam\n"
                                "═════════\n"
                                "A cohort of 2982\n"
                                "\n"
                                "Kaplan–Meier\n"
                                "────────────\n"
                                "\n"
                                "Time is in days.\n"
                                "\n"
                                "Overall survival\n"
                                "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌\n"
                                "\n"
                                "Median survival\n"
                                "────────────────────────────────────────────────────────\n"
                                "                      Patients\n"
                                "Hormonal therapy         n (%)   Median (95% CI)       p\n"
                                "────────────────────────────────────────────────────────\n"
                                "No                2643 (88.6%)  4118 (3988–4590)  <0.001\n"
                                "  有               339 (11.4%)    NR (4102–NR)      ref.\n"
                                "────────────────────────────────────────────────────────\n"
                                "Limits by the log-log transform.\n"
                                "NR, not reached.\n"
                                "\n"
                                "Warning: Only 3 events.\n"
                                "\n"
                                "Provenance\n"
                                "──────────\n"
                                "Program  rwe-analyze 1.2.3\n"
                                "Command  rwe-analyze 'my cohort.csv' --km\n"
                                "Input    my cohort.csv (602 rows, SHA-256 0123456789ab)\n"
                                "Seed     20240917\n");
    free(actual);
}

static void control_characters_never_reach_the_terminal(void **state)
{
    char *actual = check_render(check_hostile_document(*state), "text", true);
    assert_string_equal(actual,
                        "a|b <script>\"x\" & 'y' *z*�[0m�\n"
                        "══════════════════════════════\n"
                        "\n"
                        "a|b <script>\"x\" & 'y' *z*�[0m�\n"
                        "──────────────────────────────\n"
                        "\n"
                        "a|b <script>\"x\" & 'y' *z*�[0m�\n"
                        "\n"
                        "Warning: a|b <script>\"x\" & 'y' *z*�[0m�\n"
                        "\n"
                        "a|b <script>\"x\" & 'y' *z*�[0m�\n"
                        "──────────────────────────────────────────────────────────────\n"
                        "a|b <script>\"x\" & 'y'\n"
                        "*z*�[0m�                        A\n"
                        "──────────────────────────────────────────────────────────────\n"
                        "a|b <script>\"x\" & 'y' *z*�[0m�  a|b <script>\"x\" & 'y' *z*�[0m�\n"
                        "──────────────────────────────────────────────────────────────\n"
                        "a|b <script>\"x\" & 'y' *z*�[0m�\n");
    free(actual);
}

static void numbers_stand_under_each_other_by_their_point_or_bracket(void **state)
{
    static const double p[] = {0.0123, 1e-9, 0.9999, 0.35};
    static const double mean[] = {52.3, 8.25, 1201, 0};
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_grid *grid = rwe_document_table(document, NULL);
    rwe_grid_column(grid, "%s", "");
    rwe_grid_column(grid, "p");
    rwe_grid_column(grid, "Mean (SD)");
    rwe_grid_column(grid, "Method");
    for (int i = 0; i < 4; i++) {
        rwe_fact m = check_fact(document, "0", "mean", mean[i]);
        rwe_fact s = check_fact(document, "0", "sd", mean[i] / 8);
        rwe_grid_row(grid, i % 2, "row %d", i);
        rwe_grid_cell(grid, RWE_CELL_P_VALUE, check_fact(document, NULL, "p.value", p[i]),
                      RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(grid, RWE_CELL_MEAN_SD, m, s, RWE_NO_FACT);
        rwe_grid_words(grid, "%s", i == 2 ? "t test" : "rank");
    }
    assert_renders(document, "───────────────────────────────────────\n"
                             "              p       Mean (SD)  Method\n"
                             "───────────────────────────────────────\n"
                             "row 0     0.012    52.3 (6.5)    rank\n"
                             "  row 1  <0.001    8.25 (1.03)   rank\n"
                             "row 2    >0.99   1201.0 (150.1)  t test\n"
                             "  row 3   0.35      0.0 (0.0)    rank\n"
                             "───────────────────────────────────────\n");
}

static void a_row_of_one_variable_has_the_same_decimals_in_every_arm(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_grid *grid = rwe_document_table(document, NULL);
    rwe_grid_column(grid, "Variable");
    rwe_grid_column(grid, "0");
    rwe_grid_column(grid, "1");
    rwe_grid_row(grid, 0, "nodes");
    rwe_grid_cell(grid, RWE_CELL_MEAN_SD, check_fact(document, "0", "mean", 9.98),
                  check_fact(document, "0", "sd", 3.14), RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_MEAN_SD, check_fact(document, "1", "mean", 10.02),
                  check_fact(document, "1", "sd", 3.21), RWE_NO_FACT);
    assert_renders(document, "────────────────────────────────\n"
                             "Variable           0           1\n"
                             "────────────────────────────────\n"
                             "nodes     10.0 (3.1)  10.0 (3.2)\n"
                             "────────────────────────────────\n");
}

static void a_table_without_rows_or_columns_is_no_trouble(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    rwe_document_table(document, "No columns: nothing is shown");
    struct rwe_grid *grid = rwe_document_table(document, "No rows");
    rwe_grid_column(grid, "Term");
    rwe_grid_column(grid, "n");
    grid = rwe_document_table(document, "Cells without a heading, a row without cells");
    rwe_grid_words(grid, "a");
    rwe_grid_empty(grid);
    rwe_grid_row(grid, 0, "last");
    assert_renders(document, "No rows\n"
                             "───────\n"
                             "Term  n\n"
                             "───────\n"
                             "───────\n"
                             "\n"
                             "Cells without a heading, a row without cells\n"
                             "─────────\n"
                             "\n"
                             "─────────\n"
                             "      a\n"
                             "last\n"
                             "─────────\n");
}

static void prose_is_wrapped_at_a_hundred_columns_and_warnings_hang(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    rwe_document_warning(document, "w", NULL, "%s",
                         "The proportional hazards assumption fails for the arm: the hazard ratio "
                         "is an average over follow-up and depends on the censoring; read the "
                         "restricted mean survival times first.");
    rwe_document_paragraph(document, "  two  blanks \n and a newline ");
    assert_renders(document, "Warning: The proportional hazards assumption fails for the arm: the "
                             "hazard ratio is an average over\n"
                             "         follow-up and depends on the censoring; read the restricted "
                             "mean survival times first.\n"
                             "\n"
                             "two blanks and a newline\n");
}

static void chinese_is_wrapped_without_blanks_and_never_before_a_full_stop(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    char text[3 * 50 + sizeof "。下一行"];
    for (int i = 0; i < 50; i++)
        memcpy(text + 3 * i, "字", 3);
    strcpy(text + 150, "。下一行");
    rwe_document_paragraph(document, "%s", text);
    char *actual = check_render(document, "text", false);
    const char *newline = strchr(actual, '\n');
    assert_int_equal(newline - actual,
                     3 * 49); /* the last of the 50 goes down with its full stop */
    assert_string_equal(newline, "\n字。下一行\n");
    free(actual);
}

static void each_abbreviation_used_is_explained(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    struct rwe_grid *grid = rwe_document_table(document, NULL);
    rwe_grid_column(grid, "Arm");
    rwe_grid_row(grid, 0, "0");
    rwe_fact null = check_fact(document, "0", "median", (double)INFINITY);
    rwe_grid_cell(grid, RWE_CELL_TIME, null, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_STATISTIC, null, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_TEXT, null, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_STATISTIC, RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT);
    assert_renders(document, "─────────────────\n"
                             "Arm\n"
                             "─────────────────\n"
                             "0    NR  NE  NE\n"
                             "─────────────────\n"
                             "NR, not reached; NE, not estimable.\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_report_has_titles_three_line_tables_warnings_and_provenance),
        TEST(control_characters_never_reach_the_terminal),
        TEST(numbers_stand_under_each_other_by_their_point_or_bracket),
        TEST(a_row_of_one_variable_has_the_same_decimals_in_every_arm),
        TEST(a_table_without_rows_or_columns_is_no_trouble),
        TEST(prose_is_wrapped_at_a_hundred_columns_and_warnings_hang),
        TEST(chinese_is_wrapped_without_blanks_and_never_before_a_full_stop),
        TEST(each_abbreviation_used_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
