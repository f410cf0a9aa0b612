/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The typed readers of a column. */
#include "check.h"
#include "table_text.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table_text read_text(const char *text)
{
    struct table_text read = table_text_read(text, strlen(text), NULL);
    if (read.status != RWE_OK)
        fail_msg("%s", read.error.message);
    return read;
}

static void numbers_are_read_and_missing_ones_are_nan(void **state)
{
    (void)state;
    struct table_text read =
        read_text("x,y\n1.5,a\n,a\n-2,a\nNA,a\n.,a\n1e3,a\n—,a\n不详,a\n-,a\nN/A,a\nNaN,a\n/,a\n");
    double x[12];
    assert_int_equal(rwe_table_numbers(read.table, 0, x, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, 0);
    static const double expected[] = {1.5, NAN, -2, NAN, NAN, 1000, NAN, NAN, NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < 12; i++)
        assert_close(x[i], expected[i], 0);
    table_text_clear(&read);
}

static void missing_tokens_can_be_numbers_and_replace_the_default_ones(void **state)
{
    (void)state;
    const char *tokens[] = {"999", "-9"};
    struct rwe_table_options options = rwe_table_options_default();
    options.missing = (struct rwe_strings){tokens, 2};
    struct table_text read = table_text_read("x\n999\n99\n-9\n-99\nNA\n", 19, &options);
    double x[5];
    tokens[0] = "other"; /* the table has copied them */
    assert_int_equal(rwe_table_numbers(read.table, 0, x, &read.complaints), RWE_OK);
    static const double expected[] = {NAN, 99, NAN, -99, NAN};
    for (size_t i = 0; i < 5; i++)
        assert_close(x[i], expected[i], 0);
    assert_int_equal(read.complaints.n, 1); /* NA is none of them */
    table_text_clear(&read);
}

struct complaint_case {
    const char *cell;
    const char *advice;
};

static void each_cell_that_is_no_number_has_its_advice(void **state)
{
    (void)state;
    static const struct complaint_case cases[] = {
        {"4o", "correct it, or name the token with --missing-tokens"},
        {"unknown", "correct it, or name the token with --missing-tokens"},
        {"\"3,5\"", "say --decimal comma if that is what it is"},
        {"<500", "a value outside the limits of measurement must be coded"},
        {"≥10", "a value outside the limits of measurement must be coded"},
        {"45%", "write the number without the percent sign"},
        {"65岁", "write the number alone, its unit belongs into the header"},
        {"12 mg", "write the number alone, its unit belongs into the header"},
        {"2023-05-01", "it is a date: give the time from time zero as a number"},
        {"inf", "leave the cell empty when there is no finite value"},
        {"1e999", "leave the cell empty when there is no finite value"},
        {"nan", "leave the cell empty when there is no finite value"},
    };
    enum { N = sizeof cases / sizeof *cases };
    char text[1024] = "id,x\n";
    for (size_t i = 0; i < N; i++)
        sprintf(text + strlen(text), "%zu,%s\n", i, cases[i].cell);
    struct table_text read = read_text(text);
    double x[N];
    assert_int_equal(rwe_table_numbers(read.table, 1, x, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, N);
    for (size_t i = 0; i < N; i++) {
        const struct rwe_complaint *item = &read.complaints.item[i];
        assert_nan(x[i]);
        assert_string_equal(item->reason, "not a number");
        assert_string_equal(item->column, "x");
        assert_int_equal(item->line, i + 2);
        assert_int_equal(item->row, i);
        assert_string_equal(item->value, rwe_table_cell(read.table, i, 1));
        if (strstr(item->advice, cases[i].advice) == NULL)
            fail_msg("%s: %s", cases[i].cell, item->advice);
    }
    table_text_clear(&read);
}

static void a_decimal_comma_is_read_where_it_is_declared(void **state)
{
    (void)state;
    char *path = check_write_file("id;x\n1;3,5\n2;-0,25\n3;7\n4;1,2,3\n5;1.234,5\n", 40);
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_table *table;
    double x[5];
    options.decimal_comma = true;
    assert_int_equal(rwe_table_read(path, &options, arena, &table, &complaints, NULL), RWE_OK);
    assert_int_equal(rwe_table_numbers(table, 1, x, &complaints), RWE_OK);
    assert_close(x[0], 3.5, 0);
    assert_close(x[1], -0.25, 0);
    assert_close(x[2], 7, 0);
    assert_int_equal(complaints.n, 2); /* two commas; a point and a comma */
    assert_int_equal(complaints.item[0].line, 5);
    assert_int_equal(rwe_table_summary(table, 1).n_number, 3);
    rwe_table_close(table);
    rwe_arena_free(arena);
    check_remove_file(path);
}

static void dates_are_days_since_1970(void **state)
{
    (void)state;
    struct table_text read = read_text("d,y\n2023-05-01,\n2023/5/1,\n2023.5.1,\n,a\n未知,\n");
    double d[5];
    assert_int_equal(rwe_table_dates(read.table, 0, d, &read.complaints), RWE_OK);
    static const double expected[] = {19478, 19478, 19478, NAN, NAN}; /* R: as.Date("2023-05-01") */
    for (size_t i = 0; i < 5; i++)
        assert_close(d[i], expected[i], 0);
    assert_int_equal(read.complaints.n, 0);
    table_text_clear(&read);
}

static void each_cell_that_is_no_date_has_its_advice(void **state)
{
    (void)state;
    static const struct complaint_case cases[] = {
        {"2023-02-30", "the calendar has no such day"},
        {"01/05/2023", "write the year first: 2023-05-01"},
        {"1.5.2023", "write the year first: 2023-05-01"},
        {"45047", "it is a day number of a spreadsheet"},
        {"20230501", "write the year, month and day with hyphens"},
        {"2023-05", "year, month and day are needed"},
        {"2023", "year, month and day are needed"},
        {"May 2023", "write it as 2023-05-01, or name the token with --missing-tokens"},
        {"12", "write it as 2023-05-01, or name the token with --missing-tokens"},
    };
    enum { N = sizeof cases / sizeof *cases };
    char text[1024] = "id,x\n";
    for (size_t i = 0; i < N; i++)
        sprintf(text + strlen(text), "%zu,%s\n", i, cases[i].cell);
    struct table_text read = read_text(text);
    double x[N];
    assert_int_equal(rwe_table_dates(read.table, 1, x, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, N);
    for (size_t i = 0; i < N; i++) {
        assert_nan(x[i]);
        assert_string_equal(read.complaints.item[i].reason, "not a date");
        if (strstr(read.complaints.item[i].advice, cases[i].advice) == NULL)
            fail_msg("%s: %s", cases[i].cell, read.complaints.item[i].advice);
    }
    table_text_clear(&read);
}

static void check_factor(const char *text, size_t column, const char *const levels[],
                         size_t n_levels, const int32_t codes[])
{
    struct table_text read = read_text(text);
    struct rwe_factor factor;
    assert_int_equal(rwe_table_factor(read.table, column, read.arena, &factor), RWE_OK);
    rwe_table_drop(read.table, column); /* levels must not point into it */
    assert_int_equal(factor.n_levels, n_levels);
    for (size_t i = 0; i < n_levels; i++)
        assert_string_equal(factor.level[i], levels[i]);
    for (size_t row = 0; row < rwe_table_rows(read.table); row++)
        assert_int_equal(factor.code[row], codes[row]);
    table_text_clear(&read);
}

static void levels_that_are_all_numbers_are_sorted_as_numbers(void **state)
{
    (void)state;
    static const char *const levels[] = {"-1", "2", "10"};
    static const int32_t codes[] = {2, 1, -1, 0, 1};
    check_factor("x,y\n10,a\n2,a\nNA,a\n-1,a\n2,a\n", 0, levels, 3, codes);
}

static void other_levels_are_sorted_as_bytes(void **state)
{
    (void)state;
    static const char *const levels[] = {"10", "2", "B", "a", "免疫", "放疗"};
    static const int32_t codes[] = {5, 4, 1, 0, 3, 2};
    check_factor("x\n放疗\n免疫\n2\n10\na\nB\n", 0, levels, 6, codes);
}

static void equal_numbers_written_differently_are_two_levels_in_fixed_order(void **state)
{
    (void)state;
    static const char *const levels[] = {"1", "1.0", "2"};
    static const int32_t codes[] = {1, 0, 2};
    static const int32_t others[] = {0, 2, 1};
    check_factor("x\n1.0\n1\n2\n", 0, levels, 3, codes);
    check_factor("x\n1\n2\n1.0\n", 0, levels, 3, others);
}

static void a_column_without_values_has_no_levels(void **state)
{
    (void)state;
    static const int32_t codes[] = {-1, -1};
    check_factor("x,y\n,1\nNA,2\n", 0, NULL, 0, codes);
}

static void many_levels_take_no_quadratic_time(void **state)
{
    (void)state;
    enum { N = 300000 };
    char *text = malloc((size_t)N * 8 + 8);
    char *at = text + sprintf(text, "x\n");
    for (int i = 0; i < N; i++)
        at += sprintf(at, "%d\n", (int)((int64_t)i * 7919 % N)); /* 7919 is prime: a permutation */
    struct table_text read = read_text(text);
    struct rwe_factor factor;
    assert_int_equal(rwe_table_factor(read.table, 0, read.arena, &factor), RWE_OK);
    assert_int_equal(factor.n_levels, N);
    for (int i = 0; i < N; i++)
        assert_int_equal(factor.code[i], (int64_t)i * 7919 % N);
    table_text_clear(&read);
    free(text);
}

static void strings_are_copies_and_missing_ones_null(void **state)
{
    (void)state;
    struct table_text read = read_text("id,y\nP-01,1\n,2\n张三,3\n");
    const char *id[3];
    assert_int_equal(rwe_table_strings(read.table, 0, read.arena, id), RWE_OK);
    rwe_table_drop(read.table, 0);
    assert_string_equal(id[0], "P-01");
    assert_null(id[1]);
    assert_string_equal(id[2], "张三");
    table_text_clear(&read);
}

static void a_summary_counts_what_the_cells_are(void **state)
{
    (void)state;
    struct table_text read = read_text("x,y\n1,\n2.5,\n2023-05-01,\n4o,\nNA,\n,1\n2023.5,\n");
    struct rwe_column_summary summary = rwe_table_summary(read.table, 0);
    assert_int_equal(summary.n_number, 3);
    assert_int_equal(summary.n_date, 1);
    assert_int_equal(summary.n_other, 1);
    assert_int_equal(summary.n_missing, 2);
    table_text_clear(&read);
}

static void a_dropped_column_gives_its_memory_back(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its malloc does not count */
#endif
    enum { N = 400000 };
    char *text = malloc((size_t)N * 12 + 8);
    char *at = text + sprintf(text, "x\n");
    for (int i = 0; i < N; i++)
        at += sprintf(at, "%09d\n", i);
    struct table_text read = read_text(text);
    struct mallinfo2 before = mallinfo2();
    rwe_table_drop(read.table, 0);
    struct mallinfo2 after = mallinfo2();
    assert_true(before.uordblks + before.hblkhd >= after.uordblks + after.hblkhd + N * 10);
    rwe_table_drop(read.table, 0); /* again is allowed */
    table_text_clear(&read);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_and_missing_ones_are_nan),
        cmocka_unit_test(missing_tokens_can_be_numbers_and_replace_the_default_ones),
        cmocka_unit_test(each_cell_that_is_no_number_has_its_advice),
        cmocka_unit_test(a_decimal_comma_is_read_where_it_is_declared),
        cmocka_unit_test(dates_are_days_since_1970),
        cmocka_unit_test(each_cell_that_is_no_date_has_its_advice),
        cmocka_unit_test(levels_that_are_all_numbers_are_sorted_as_numbers),
        cmocka_unit_test(other_levels_are_sorted_as_bytes),
        cmocka_unit_test(equal_numbers_written_differently_are_two_levels_in_fixed_order),
        cmocka_unit_test(a_column_without_values_has_no_levels),
        cmocka_unit_test(many_levels_take_no_quadratic_time),
        cmocka_unit_test(strings_are_copies_and_missing_ones_null),
        cmocka_unit_test(a_summary_counts_what_the_cells_are),
        cmocka_unit_test(a_dropped_column_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
