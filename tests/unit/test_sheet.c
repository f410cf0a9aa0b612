/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which row is the header, and what is no part of the table. By hand. */
#include "check.h"
#include "rwe/data/sheet.h"
#include "table_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct table_text read_text(const char *text)
{
    return table_text_read(text, strlen(text), NULL);
}

static bool tells(const struct table_text *read, const char *text)
{
    for (size_t i = 0; i < read->complaints.n_notes; i++)
        if (strstr(read->complaints.note[i].message, text) != NULL)
            return true;
    return false;
}

/* The names joined by |, the number of rows, and the first cell of the first. */
static void check_table(const char *text, const char *names, size_t rows, const char *first)
{
    struct table_text read = read_text(text);
    char joined[512] = "";
    if (read.status != RWE_OK)
        fail_msg("%s: %s", text, read.error.message);
    for (size_t j = 0; j < rwe_table_columns(read.table); j++)
        sprintf(joined + strlen(joined), "%s%s", j == 0 ? "" : "|", rwe_table_name(read.table, j));
    if (strcmp(joined, names) != 0)
        fail_msg("%s: the names are %s", text, joined);
    assert_int_equal(rwe_table_rows(read.table), rows);
    assert_string_equal(rwe_table_cell(read.table, 0, 0), first);
    table_text_clear(&read);
}

#define ROWS "P1,A,3.5,1\nP2,B,4,0\nP3,A,7.5,1\n"

static void what_stands_above_the_header_is_skipped(void **state)
{
    (void)state;
    check_table("id,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("# exported 2024\n#by hand\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("Cohort of our hospital\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("Cohort of our hospital,,,\n\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("Title\nfor 2024\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("Title,,,\nwho,,outcome,\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("Title,Title,Title,Title\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1"); /* merged */
    check_table("id,who,out,out\nid,arm,t,e\n" ROWS, "id|arm|t|e", 3, "P1");
}

static void a_header_stays_where_nothing_is_above_it(void **state)
{
    (void)state;
    check_table("#,arm,t,e\n" ROWS, "#|arm|t|e", 3, "P1");
    check_table("#id,arm,t,e\n" ROWS, "#id|arm|t|e", 3, "P1"); /* no other row can be the header */
    check_table("id,arm\nP1,A\nP2,B\n", "id|arm", 2, "P1");
    check_table("id\nP1\nP2\n", "id", 2, "P1");
    check_table("id,site,arm,note\na,b,c,d\ne,f,g,h\n", "id|site|arm|note", 2, "a");
    check_table("id,2019,t\nP1,1,2\nP2,3,4\n", "id|2019|t", 2, "P1");
}

static void second_headers_are_skipped_and_become_labels(void **state)
{
    (void)state;
    check_table("id,arm,t,e\n编号,治疗,时间,事件\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("id,arm,t,e\n,,months,\n" ROWS, "id|arm|t|e", 3, "P1");
    check_table("id,arm,t,e,x\n1,2,3,4,5\nP1,A,1,1,2\nP2,B,2,0,2\nP3,B,2,0,2\n", "id|arm|t|e|x", 3,
                "P1");
    struct table_text read = read_text("id,arm,t,e\n编号,治疗,时间,事件\nTEXT,TEXT,NUM,NUM\n" ROWS);
    assert_int_equal(rwe_table_rows(read.table), 3);
    assert_string_equal(rwe_table_column(read.table, 2)->label, "时间");
    assert_int_equal(rwe_table_find(read.table, "时间"), 2); /* by which options may name it */
    assert_int_equal(rwe_table_find(read.table, "t"), 2);
    assert_true(tells(&read, "second header"));
    assert_true(tells(&read, "line 2–3"));
    table_text_clear(&read);
}

static void a_patient_with_odd_cells_is_no_second_header(void **state)
{
    (void)state;
    check_table("id,arm,t,e\nP0,A,lost,1\n" ROWS, "id|arm|t|e", 4, "P0");
    check_table("id,arm,t,e\nP0,A,lost,unknown\n" ROWS, "id|arm|t|e", 4, "P0"); /* A is below */
    check_table("id,arm,t,e\nP0,C,NA,NA\n" ROWS, "id|arm|t|e", 4, "P0");
    check_table("id,arm,t,e\nP0,C,3,no\n" ROWS, "id|arm|t|e", 4, "P0");
}

static void notes_and_totals_below_the_table_are_skipped(void **state)
{
    (void)state;
    check_table("id,arm,t,e\n" ROWS "\n注：1=是\n", "id|arm|t|e", 3, "P1");
    check_table("id,arm,t,e\n" ROWS "\"Source: the registry, 2024\",,,\n* p\n", "id|arm|t|e", 3,
                "P1");
    check_table("id,arm,t,e\n" ROWS "合计,,15,2\n", "id|arm|t|e", 3, "P1");
    check_table("id,arm,t,e\n" ROWS "Data as of the first of May\n", "id|arm|t|e", 3, "P1");
    check_table("id,arm,t,e\n" ROWS "\nn=3\n", "id|arm|t|e", 3, "P1"); /* it stands apart */
    struct table_text read = read_text("id,arm,t,e\n" ROWS "\n注：张三\n");
    assert_int_equal(read.complaints.n, 0); /* not "has 1 cells" either */
    assert_true(tells(&read, "line 6"));
    assert_false(tells(&read, "张三")); /* names are not repeated */
    table_text_clear(&read);
}

static void a_patient_without_values_is_no_note(void **state)
{
    (void)state;
    struct table_text read = read_text("id,arm,t,e\n" ROWS "P4,,,\nNote,A,3,1\n");
    assert_int_equal(rwe_table_rows(read.table), 5);
    table_text_clear(&read);
}

static void columns_without_a_name_are_skipped(void **state)
{
    (void)state;
    check_table("\"\",id,arm,,t,e,,\n1,P1,A,x,5,1,,\n2,P2,B,,8,1,,\n", "id|arm|t|e", 2, "P1");
    check_table("id,arm,t,e,,\nP1,A,5,1\nP2,B,8,1,\n", "id|arm|t|e", 2, "P1");
    check_table("id\tt\n1\tP1\t5\n2\tP2\t8\n", "id|t", 2, "P1"); /* write.table of R */
    struct table_text read = read_text(",id,arm,,t,e,,\n1,P1,A,x,5,1,,\n2,P2,B,,8,1,,\n");
    assert_true(tells(&read, "columns 1, 4, 7–8 of 8 have no name"));
    table_text_clear(&read);
    read = read_text("id,t\nP1,5,\nP2,8,9\n");
    assert_int_equal(read.complaints.n, 1); /* a value beyond the header */
    assert_int_equal(read.complaints.item[0].line, 3);
    table_text_clear(&read);
    read = read_text(",,\n1,,\n");
    assert_int_equal(read.status, RWE_BAD_INPUT);
    table_text_clear(&read);
}

static void full_width_numbers_are_read(void **state)
{
    (void)state;
    struct table_text read =
        read_text("id,x,d\nＰ１,６５．５,２０２３－０５－０１\nP2,-１,2023-05-02\nP3,T１,\n");
    double x[3], d[3];
    assert_string_equal(rwe_table_cell(read.table, 0, 0), "Ｐ１"); /* text stays as it is */
    assert_string_equal(rwe_table_cell(read.table, 2, 1), "T１");
    assert_int_equal(rwe_table_numbers(read.table, 1, x, &read.complaints), RWE_OK);
    assert_int_equal(rwe_table_dates(read.table, 2, d, &read.complaints), RWE_OK);
    assert_close(x[0], 65.5, 0);
    assert_close(x[1], -1, 0);
    assert_close(d[0], 19478, 0);
    assert_true(tells(&read, "full-width digits in 3 cells"));
    table_text_clear(&read);
}

static void boxes_of_redcap_are_numbers(void **state)
{
    (void)state;
    struct table_text read =
        read_text("id,ill (choice=Lung),ill___2,t\n1,Checked,0,3\n2,Unchecked,1,4\n3,,1,5\n");
    double x[3];
    assert_int_equal(rwe_table_numbers(read.table, 1, x, &read.complaints), RWE_OK);
    assert_close(x[0], 1, 0);
    assert_close(x[1], 0, 0);
    assert_nan(x[2]);
    assert_true(tells(&read, "Checked is read as 1"));
    table_text_clear(&read);
    read = read_text("id,ill___1,t\n1,0,3\n2,1,4\n");
    assert_true(tells(&read, "ill___1"));
    table_text_clear(&read);
}

static void the_header_can_be_named_by_hand(void **state)
{
    (void)state;
    static const char text[] = "a,b,c\nx,y,z\nid,arm,t\nP1,A,3\nP2,B,4\n";
    struct rwe_table_options options = rwe_table_options_default();
    options.skip = 2;
    struct table_text read = table_text_read(text, strlen(text), &options);
    assert_string_equal(rwe_table_name(read.table, 2), "t");
    assert_int_equal(rwe_table_rows(read.table), 2);
    table_text_clear(&read);
    options.skip = 0;
    options.header = 2;
    read = table_text_read(text, strlen(text), &options);
    assert_string_equal(rwe_table_name(read.table, 2), "z");
    assert_int_equal(rwe_table_line(read.table, 0), 3);
    table_text_clear(&read);
    options.header = 9;
    read = table_text_read(text, strlen(text), &options);
    assert_int_equal(read.status, RWE_BAD_INPUT);
    table_text_clear(&read);
}

static void more_rows_than_are_kept_are_all_read(void **state)
{
    (void)state;
    static char text[8192];
    char *at = text + sprintf(text, "A title,,,\nid,arm,t,e\nunit,unit,months,code\n");
    for (int i = 0; i < 200; i++)
        at += sprintf(at, "%d,%s,%d,%d\n", i, i % 2 ? "A" : "B", i, i % 3 == 0);
    sprintf(at, "Note: all of them\n");
    check_table(text, "id|arm|t|e", 200, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_above_the_header_is_skipped),
        cmocka_unit_test(a_header_stays_where_nothing_is_above_it),
        cmocka_unit_test(second_headers_are_skipped_and_become_labels),
        cmocka_unit_test(a_patient_with_odd_cells_is_no_second_header),
        cmocka_unit_test(notes_and_totals_below_the_table_are_skipped),
        cmocka_unit_test(a_patient_without_values_is_no_note),
        cmocka_unit_test(columns_without_a_name_are_skipped),
        cmocka_unit_test(full_width_numbers_are_read),
        cmocka_unit_test(boxes_of_redcap_are_numbers),
        cmocka_unit_test(the_header_can_be_named_by_hand),
        cmocka_unit_test(more_rows_than_are_kept_are_all_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
