/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/data/complaints.h"

#include <stdlib.h>
#include <string.h>

static struct rwe_complaints begin(void)
{
    struct rwe_complaints complaints = {.arena = rwe_arena_new()};
    assert_non_null(complaints.arena);
    return complaints;
}

static void add(struct rwe_complaints *complaints, const char *file, size_t line,
                const char *column, const char *value, const char *reason)
{
    const struct rwe_complaint complaint = {
        .file = file, .line = line, .column = column, .value = value, .reason = reason};
    assert_int_equal(rwe_complaints_add(complaints, &complaint), RWE_OK);
}

static void check_print(struct rwe_complaints *complaints, size_t most, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    rwe_complaints_print(complaints, most, out);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    rwe_arena_free(complaints->arena);
}

static void a_complaint_names_file_line_column_value_reason_and_advice(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    const struct rwe_complaint cell = {.file = "c.csv",
                                       .line = 12,
                                       .column = "age",
                                       .value = "4o",
                                       .reason = "not a number",
                                       .advice = "correct it"};
    const struct rwe_complaint row = {.file = "c.csv",
                                      .line = 14,
                                      .reason = "has %s cells, the header has %s",
                                      .about = {"2", "3"}};
    const struct rwe_complaint rule = {.file = "c.csv",
                                       .line = 15,
                                       .column = "d",
                                       .reason = "earlier than the index date",
                                       .rule = "E03"};
    rwe_complaints_add(&complaints, &cell);
    rwe_complaints_add(&complaints, &row);
    rwe_complaints_add(&complaints, &rule);
    check_print(&complaints, 1,
                "c.csv:12: column \"age\": \"4o\" is not a number: correct it\n"
                "c.csv:14: has 2 cells, the header has 3\n"
                "c.csv:15: column \"d\": earlier than the index date (E03)\n");
}

static void one_bad_cell_is_told_once_and_counted_once(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    add(&complaints, "a.csv", 3, "d", "2022-12-01", "earlier than the index date");
    add(&complaints, "a.csv", 3, "d", "2022-12-01", "before time zero");
    add(&complaints, "a.csv", 4, "d", "2022-12-01", "before time zero");
    add(&complaints, "b.csv", 3, "d", "2022-12-01", "before time zero");
    add(&complaints, "a.csv", 3, NULL, NULL, "a row");
    add(&complaints, "a.csv", 3, NULL, NULL, "another trouble of it");
    assert_int_equal(complaints.n, 5);
    assert_string_equal(complaints.item[0].reason, "earlier than the index date");
    rwe_arena_free(complaints.arena);
}

static void complaints_come_by_file_and_line_and_keep_their_order_within_a_line(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    add(&complaints, "a.csv", 20, "x", "1", "r");
    add(&complaints, "b.csv", 1, "x", "2", "r");
    add(&complaints, "a.csv", 3, "y", "3", "r");
    add(&complaints, "a.csv", 3, "x", "4", "s");
    check_print(&complaints, 1,
                "a.csv:3: column \"y\": \"3\" is r\n"
                "a.csv:3: column \"x\": \"4\" is s\n"
                "a.csv:20: column \"x\": \"1\" is r\n"
                "b.csv:1: column \"x\": \"2\" is r\n");
}

static void those_of_a_kind_are_one_line_with_their_number_and_examples(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    for (size_t line = 9; line > 1; line--)
        add(&complaints, "a.csv", line, "age", "x", "not a number");
    add(&complaints, "a.csv", 5, "sex", "x", "not a number");
    add(&complaints, "a.csv", 6, NULL, NULL, "has 2 cells, the header has 3");
    add(&complaints, "a.csv", 7, NULL, NULL, "has 2 cells, the header has 3");
    add(&complaints, "a.csv", 8, NULL, NULL, "has 2 cells, the header has 3");
    check_print(
        &complaints, 3,
        "a.csv: column \"age\": 8 rows: not a number (line 2: \"x\", line 3: \"x\", line 4: "
        "\"x\", …)\n"
        "a.csv:5: column \"sex\": \"x\" is not a number\n"
        "a.csv: 3 rows: has 2 cells, the header has 3 (line 6, line 7, line 8)\n");
}

static void advice_about_one_cell_does_not_part_a_kind_and_other_advice_does(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    struct rwe_complaint twin = {.file = "a.csv",
                                 .line = 2,
                                 .column = "id",
                                 .value = "p1",
                                 .reason = "a duplicate",
                                 .advice = "line 3 has it too",
                                 .advises_cell = true};
    rwe_complaints_add(&complaints, &twin);
    twin.line = 3;
    twin.advice = "line 2 has it too";
    rwe_complaints_add(&complaints, &twin);
    twin = (struct rwe_complaint){.file = "a.csv",
                                  .line = 4,
                                  .column = "t",
                                  .value = "5,1",
                                  .reason = "no number",
                                  .advice = "write a point"};
    rwe_complaints_add(&complaints, &twin);
    twin.line = 5;
    twin.value = "5%";
    twin.advice = "leave out the sign";
    rwe_complaints_add(&complaints, &twin);
    check_print(
        &complaints, 3,
        "a.csv: column \"id\": 2 rows: a duplicate (line 2: \"p1\", line 3: \"p1\"): line 3 has it "
        "too\n"
        "a.csv:4: column \"t\": \"5,1\" is no number: write a point\n"
        "a.csv:5: column \"t\": \"5%\" is no number: leave out the sign\n");
}

static void a_long_value_is_cut_to_60_bytes_at_a_characters_border(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    char value[200] = "";
    for (int i = 0; i < 40; i++)
        strcat(value, "岁"); /* three bytes: 20 of them are 60 */
    add(&complaints, "a.csv", 2, "age", value, "wrong");
    memmove(value + 1, value, strlen(value) + 1);
    value[0] = 'x'; /* now 60 bytes end within the 20th */
    add(&complaints, "a.csv", 3, "age", value, "wrong");
    add(&complaints, "a.csv", 4, "age",
        "123456789012345678901234567890123456789012345678901234567890", "wrong");
    assert_int_equal(strlen(complaints.item[0].value), 60 + strlen("…"));
    assert_int_equal(strlen(complaints.item[1].value), 58 + strlen("…"));
    assert_string_equal(complaints.item[1].value + 55, "岁…");
    assert_int_equal(strlen(complaints.item[2].value), 60);
    rwe_arena_free(complaints.arena);
}

static void the_value_is_copied(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    char value[] = "4o";
    add(&complaints, "a.csv", 2, "age", value, "wrong");
    value[0] = '?';
    assert_string_equal(complaints.item[0].value, "4o");
    rwe_arena_free(complaints.arena);
}

static void no_complaints_print_nothing(void **state)
{
    (void)state;
    struct rwe_complaints complaints = begin();
    check_print(&complaints, 5, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complaint_names_file_line_column_value_reason_and_advice),
        cmocka_unit_test(one_bad_cell_is_told_once_and_counted_once),
        cmocka_unit_test(complaints_come_by_file_and_line_and_keep_their_order_within_a_line),
        cmocka_unit_test(those_of_a_kind_are_one_line_with_their_number_and_examples),
        cmocka_unit_test(advice_about_one_cell_does_not_part_a_kind_and_other_advice_does),
        cmocka_unit_test(a_long_value_is_cut_to_60_bytes_at_a_characters_border),
        cmocka_unit_test(the_value_is_copied),
        cmocka_unit_test(no_complaints_print_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
