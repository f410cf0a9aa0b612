/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of SPSS, Stata and SAS. Days: 2021-01-01 is 18628 days after 1970-01-01, 22281 after 1960-01-01, and
 * 160056 after 1582-10-14 (R: as.Date("2021-01-01") - as.Date("1582-10-14")). */
#include "check.h"

#include "input/statistics_private.h"
#include "rwe/data/levels.h"
#include "statistics_file.h"
#include "table_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 5 };

#define DAY_OF_1960 22281.0
#define SECONDS_OF_1582 (160056.0 * 86400)

static struct table_text read_file(const struct statistics_file *file)
{
    size_t size;
    void *bytes = statistics_file_bytes(file, &size);
    struct table_text read = table_text_read(bytes, size, NULL);
    free(bytes);
    return read;
}

static struct table_text read_columns(enum statistics_kind kind, size_t n_rows,
                                      const struct statistics_column column[], size_t n)
{
    struct table_text read = read_file(&(struct statistics_file){kind, 0, n_rows, n, column});
    if (read.status != RWE_OK)
        fail_msg("%s", read.error.message);
    return read;
}

static void check_cells(const struct table_text *read, size_t column, size_t n,
                        const char *const expected[])
{
    for (size_t i = 0; i < n; i++) {
        const char *cell = rwe_table_cell(read->table, i, column);
        if (expected[i] == NULL)
            assert_null(cell);
        else
            assert_string_equal(cell == NULL ? "(missing)" : cell, expected[i]);
    }
}

static void numbers_and_texts_come_from_each_kind(void **state)
{
    (void)state;
    static const double x[] = {1, NAN, -2.5};
    static const char *const words[] = {"RT", "B", ""};
    static const char *const sources[KINDS] = {"SPSS, UTF-8", "SPSS, UTF-8", "Stata",
                                               "SAS transport file", "SAS, UTF-8"};
    const struct statistics_column column[] = {{.name = "x", .label = "A number", .number = x},
                                               {.name = "arm", .text = words}};
    for (int kind = 0; kind < KINDS; kind++) {
        struct table_text read = read_columns((enum statistics_kind)kind, 3, column, 2);
        assert_int_equal(rwe_table_rows(read.table), 3);
        assert_int_equal(rwe_table_columns(read.table), 2);
        assert_string_equal(rwe_table_name(read.table, 0), "x");
        assert_string_equal(rwe_table_column(read.table, 0)->label, "A number");
        assert_int_equal(rwe_table_column(read.table, 0)->kind, RWE_KIND_NUMBER);
        assert_int_equal(rwe_table_column(read.table, 1)->kind, RWE_KIND_TEXT);
        check_cells(&read, 0, 3, (const char *const[]){"1", NULL, "-2.5"});
        check_cells(&read, 1, 3, (const char *const[]){"RT", "B", NULL});
        assert_string_equal(rwe_table_source(read.table), sources[kind]);
        assert_int_equal(rwe_table_line(read.table, 2), 3);
        table_text_clear(&read);
    }
}

static void a_row_without_a_value_holds_nobody(void **state)
{
    (void)state;
    static const double x[] = {1, NAN, 3};
    const struct statistics_column column[] = {{.name = "x", .number = x}};
    struct table_text read = read_columns(STATISTICS_SAV, 3, column, 1);
    assert_int_equal(rwe_table_rows(read.table), 2);
    assert_int_equal(rwe_table_line(read.table, 1), 3);
    table_text_clear(&read);
}

static void dates_are_dates_by_their_format(void **state)
{
    (void)state;
    static const struct {
        enum statistics_kind kind;
        const char *format;
        double value;
        const char *expected;
    } cases[] = {
        {STATISTICS_SAV, "DATE11", SECONDS_OF_1582, "2021-01-01"},
        {STATISTICS_SAV, "ADATE10", SECONDS_OF_1582, "2021-01-01"},
        {STATISTICS_ZSAV, "DATETIME20", SECONDS_OF_1582 + 3600, "2021-01-01 01:00:00"},
        {STATISTICS_SAV, "TIME8", 30600, "08:30:00"},
        {STATISTICS_SAV, "F8.2", 22281, "22281"},
        {STATISTICS_DTA, "%td", DAY_OF_1960, "2021-01-01"},
        {STATISTICS_DTA, "%-tdCCYY.NN.DD", DAY_OF_1960, "2021-01-01"},
        {STATISTICS_DTA, "%d", -1, "1959-12-31"},
        {STATISTICS_DTA, "%tc", (DAY_OF_1960 + 0.5) * 86400000, "2021-01-01 12:00:00"},
        {STATISTICS_DTA, "%tm", 732, "2021-01"}, /* 61 years of 12 months */
        {STATISTICS_DTA, "%tm", -1, "1959-12"},
        {STATISTICS_DTA, "%tq", 245, "2021q2"},
        {STATISTICS_DTA, "%tw", 3172, "2021w1"},
        {STATISTICS_DTA, "%th", 123, "2021h2"},
        {STATISTICS_DTA, "%ty", 2021, "2021"},
        {STATISTICS_DTA, "%9.0g", 2021, "2021"},
        {STATISTICS_XPT, "DATE9", DAY_OF_1960, "2021-01-01"},
        {STATISTICS_XPT, "DATETIME20", DAY_OF_1960 * 86400 + 60, "2021-01-01 00:01:00"},
        {STATISTICS_SAS7BDAT, "YYMMDD10", DAY_OF_1960, "2021-01-01"},
        {STATISTICS_SAS7BDAT, "E8601DT", DAY_OF_1960 * 86400, "2021-01-01"},
        {STATISTICS_SAS7BDAT, "TIME8", 86399, "23:59:59"},
        {STATISTICS_SAS7BDAT, "BEST12", 22281, "22281"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct statistics_column column[] = {
            {.name = "d", .number = &cases[i].value, .format = cases[i].format}};
        struct table_text read = read_columns(cases[i].kind, 1, column, 1);
        check_cells(&read, 0, 1, &cases[i].expected);
        table_text_clear(&read);
    }
}

static void formats_of_sas_are_found_by_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        enum rwe_counted counted;
    } formats[] = {
        {"DATE", RWE_COUNTS_DAYS},      {"MMDDYYS10", RWE_COUNTS_DAYS},
        {"YYMMDDN8", RWE_COUNTS_DAYS},  {"E8601DA10", RWE_COUNTS_DAYS},
        {"NLDATE20", RWE_COUNTS_DAYS},  {"MONYY7.", RWE_COUNTS_DAYS},
        {"NLDATM", RWE_COUNTS_SECONDS}, {"E8601DT19.3", RWE_COUNTS_SECONDS},
        {"TIME5", RWE_COUNTS_TIME},     {"HHMM", RWE_COUNTS_TIME},
        {"BEST", RWE_COUNTS_NOTHING},   {"$CHAR8", RWE_COUNTS_NOTHING},
        {"DATEX", RWE_COUNTS_NOTHING},  {"", RWE_COUNTS_NOTHING},
        {"YESNO", RWE_COUNTS_NOTHING},  {"12", RWE_COUNTS_NOTHING},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (rwe_statistics_counted(RWE_SAS, formats[i].format) != formats[i].counted)
            fail_msg("%s", formats[i].format);
}

static void values_have_their_labels(void **state)
{
    (void)state;
    static const double sex[] = {2, 1, 2, 3};
    const struct statistics_column column[] = {
        {.name = "sex",
         .number = sex,
         .value_label = {{.number = 2, .label = "女"}, {.number = 1, .label = "男"}}}};
    for (int kind = STATISTICS_SAV; kind <= STATISTICS_DTA; kind++) {
        struct table_text read = read_columns((enum statistics_kind)kind, 4, column, 1);
        struct rwe_factor factor;
        assert_int_equal(rwe_table_column(read.table, 0)->n_value_labels, 2);
        assert_int_equal(rwe_table_factor(read.table, 0, read.arena, &factor), RWE_OK);
        assert_int_equal(factor.n_levels, 3);
        assert_string_equal(factor.level[0], "男"); /* in the order of 1, 2, 3 */
        assert_string_equal(factor.level[1], "女");
        assert_string_equal(factor.level[2], "3");
        assert_int_equal(rwe_level_find(rwe_table_column(read.table, 0), &factor, "2"), 1);
        table_text_clear(&read);
    }
}

static void texts_of_spss_have_labels_and_missing_values_too(void **state)
{
    (void)state;
    static const char *const stage[] = {"A", "B", "X"};
    const struct statistics_column column[] = {
        {.name = "stage",
         .text = stage,
         .value_label = {{.text = "A", .label = "early"}, {.text = "B", .label = "late"}},
         .missing_text = "X"}};
    struct table_text read = read_columns(STATISTICS_SAV, 3, column, 1);
    struct rwe_factor factor;
    assert_int_equal(rwe_table_factor(read.table, 0, read.arena, &factor), RWE_OK);
    assert_int_equal(factor.n_levels, 2);
    assert_string_equal(factor.level[0], "early");
    assert_int_equal(rwe_level_find(rwe_table_column(read.table, 0), &factor, "B"), 1);
    assert_int_equal(factor.code[2], -1);
    table_text_clear(&read);
}

static void declared_missing_values_are_missing(void **state)
{
    (void)state;
    static const double x[] = {1, 99, 98, -5, 3}, y[] = {1, 2, 3, 500, 999}, z[] = {1, 2, 3, 4, 5};
    const struct statistics_column column[] = {
        {.name = "x", .number = x, .missing = {99, 98, -5}, .n_missing = 3},
        {.name = "y", .number = y, .missing_range = {500, 1000}},
        {.name = "z", .number = z},
    };
    struct table_text read = read_columns(STATISTICS_SAV, 5, column, 3);
    check_cells(&read, 0, 5, (const char *const[]){"1", NULL, NULL, NULL, "3"});
    check_cells(&read, 1, 5, (const char *const[]){"1", "2", "3", NULL, NULL});
    assert_int_equal(rwe_table_column(read.table, 0)->n_missing_ranges, 3);
    table_text_clear(&read);
}

/* 12.3f is 12.300000190734863: the file meant 12.3. */
static void a_number_of_four_bytes_is_the_shortest_that_it_can_be(void **state)
{
    (void)state;
    static const double x[] = {12.3, 0.1, 16777216, 1.17549435e-38};
    const struct statistics_column column[] = {{.name = "x", .number = x, .is_float = true}};
    struct table_text read = read_columns(STATISTICS_DTA, 4, column, 1);
    double number[4];
    assert_int_equal(rwe_table_numbers(read.table, 0, number, &read.complaints), RWE_OK);
    for (size_t i = 0; i < 3; i++)
        assert_true(number[i] == x[i]);
    assert_true((float)number[3] == (float)x[3]);
    table_text_clear(&read);
}

/* Files that do not say how their texts are encoded, as Stata 13 and SAS in China write them: 臨床 in GB 18030. */
static void an_encoding_that_is_not_said_is_found(void **state)
{
    (void)state;
    static const char *const words[] = {"\xb6\xd4\xd5\xd5\xd7\xe9", "\xca\xd4\xd1\xe9\xd7\xe9"};
    static const char *const expected[] = {"对照组", "试验组"};
    const struct statistics_column column[] = {{.name = "arm", .text = words}};
    const struct statistics_file files[] = {{STATISTICS_DTA, 115, 2, 1, column},
                                            {STATISTICS_DTA, 117, 2, 1, column},
                                            {STATISTICS_XPT, 5, 2, 1, column},
                                            {STATISTICS_XPT, 8, 2, 1, column}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct table_text read = read_file(&files[i]);
        if (read.status != RWE_OK)
            fail_msg("%s", read.error.message);
        check_cells(&read, 0, 2, expected);
        assert_non_null(strstr(rwe_table_source(read.table), ", GB18030"));
        table_text_clear(&read);
    }
}

static void an_encoding_that_is_named_is_taken_where_the_file_says_none(void **state)
{
    (void)state;
    static const char *const words[] = {"Andr\xe9"};
    const struct statistics_column column[] = {{.name = "a", .text = words}};
    struct rwe_table_options options = rwe_table_options_default();
    size_t size;
    void *bytes =
        statistics_file_bytes(&(struct statistics_file){STATISTICS_XPT, 5, 1, 1, column}, &size);
    options.encoding = "WINDOWS-1252";
    struct table_text read = table_text_read(bytes, size, &options);
    assert_int_equal(read.status, RWE_OK);
    check_cells(&read, 0, 1, (const char *const[]){"André"});
    table_text_clear(&read);
    options.encoding = "no-such-thing";
    read = table_text_read(bytes, size, &options);
    assert_int_equal(read.status, RWE_BAD_INPUT);
    assert_non_null(strstr(read.error.message, "no-such-thing: name its encoding"));
    table_text_clear(&read);
    free(bytes);
}

/* An SPSS file that says UTF-8 and holds GB 18030. */
static void a_wrong_encoding_is_told_and_mended_by_naming_the_right_one(void **state)
{
    (void)state;
    static const char *const words[] = {"\xb6\xd4\xd5\xd5\xd7\xe9"}, *const plain[] = {"对照"};
    const struct statistics_column column[] = {{.name = "arm", .text = words}};
    const struct statistics_column good[] = {{.name = "arm", .text = plain}};
    struct rwe_table_options options = rwe_table_options_default();
    size_t size;
    void *bytes =
        statistics_file_bytes(&(struct statistics_file){STATISTICS_SAV, 2, 1, 1, column}, &size);
    struct table_text read = table_text_read(bytes, size, NULL);
    assert_int_equal(read.status, RWE_BAD_INPUT);
    assert_non_null(strstr(read.error.message, "holds text that is not UTF-8: name its encoding"));
    table_text_clear(&read);
    options.encoding = "GB18030";
    read = table_text_read(bytes, size, &options);
    check_cells(&read, 0, 1, (const char *const[]){"对照组"});
    table_text_clear(&read);
    free(bytes);
    bytes = statistics_file_bytes(&(struct statistics_file){STATISTICS_SAV, 2, 1, 1, good}, &size);
    read = table_text_read(bytes, size, &options); /* it says what it is */
    check_cells(&read, 0, 1, plain);
    table_text_clear(&read);
    free(bytes);
}

/* ReadStat writes files that SAS reads, but no such files as SAS writes: Fisher's irises by SAS 9.4 itself
 * (tests/oracle/data/README.md). */
static void a_file_that_sas_itself_wrote_is_read(void **state)
{
    (void)state;
    const struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table;
    struct rwe_factor factor;
    double sum = 0, length[150];
    if (rwe_table_read("tests/oracle/data/iris.sas7bdat", &options, arena, &table, &complaints,
                       &error) != RWE_OK)
        fail_msg("%s", error.message);
    assert_int_equal(rwe_table_rows(table), 150);
    assert_int_equal(rwe_table_columns(table), 5);
    assert_int_equal(rwe_table_numbers(table, 0, length, &complaints), RWE_OK);
    for (size_t row = 0; row < 150; row++)
        sum += length[row];
    assert_close(sum, 876.5, 1e-12); /* R: sum(iris$Sepal.Length) */
    assert_true(length[149] == 5.9);
    assert_int_equal(rwe_table_factor(table, 4, arena, &factor), RWE_OK);
    assert_int_equal(factor.n_levels, 3);
    assert_string_equal(factor.level[1], "versic"); /* all that the file holds of it */
    rwe_table_close(table);
    rwe_arena_free(arena);
}

static void what_is_cut_short_is_told(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 4};
    static const char *const words[] = {"a", "b", "c", "d"};
    const struct statistics_column column[] = {{.name = "x", .number = x},
                                               {.name = "w", .text = words}};
    for (int kind = 0; kind < KINDS; kind++) {
        size_t size;
        void *bytes = statistics_file_bytes(
            &(struct statistics_file){(enum statistics_kind)kind, 0, 4, 2, column}, &size);
        for (size_t part = 2; part <= 10; part++) {
            size_t cut = kind == STATISTICS_XPT ? size / part / 80 * 80 - 7 : size - size / part;
            struct table_text read = table_text_read(bytes, cut, NULL);
            if (read.status == RWE_OK && rwe_table_rows(read.table) == 4)
                assert_int_equal(kind, STATISTICS_SAS7BDAT); /* the rest of its page was empty */
            else
                assert_int_equal(read.status, RWE_BAD_INPUT);
            table_text_clear(&read);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_come_from_each_kind),
        cmocka_unit_test(a_row_without_a_value_holds_nobody),
        cmocka_unit_test(dates_are_dates_by_their_format),
        cmocka_unit_test(formats_of_sas_are_found_by_their_names),
        cmocka_unit_test(values_have_their_labels),
        cmocka_unit_test(texts_of_spss_have_labels_and_missing_values_too),
        cmocka_unit_test(declared_missing_values_are_missing),
        cmocka_unit_test(a_number_of_four_bytes_is_the_shortest_that_it_can_be),
        cmocka_unit_test(an_encoding_that_is_not_said_is_found),
        cmocka_unit_test(an_encoding_that_is_named_is_taken_where_the_file_says_none),
        cmocka_unit_test(a_wrong_encoding_is_told_and_mended_by_naming_the_right_one),
        cmocka_unit_test(a_file_that_sas_itself_wrote_is_read),
        cmocka_unit_test(what_is_cut_short_is_told),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
