/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/date.h"
#include "rwe/data/dated.h"
#include "table_text.h"

#include <string.h>

enum { MAY_1 = 19478, MAY_15 = MAY_1 + 14 }; /* R: as.integer(as.Date("2023-05-01")) */

static const struct rwe_date_style in_1900 = {RWE_DATES_1900, RWE_ORDER_NOT_SAID},
                                   in_1904 = {RWE_DATES_1904, RWE_ORDER_NOT_SAID};

static struct rwe_dated parse(const char *text, struct rwe_date_style style)
{
    struct rwe_dated dated = {0, RWE_DATED_NONE};
    if (!rwe_dated_parse(text, strlen(text), style, &dated))
        fail_msg("\"%s\" was not read", text);
    return dated;
}

static void every_form_of_a_day_is_the_same_day(void **state)
{
    (void)state;
    static const char *const forms[] = {"2023-05-01",
                                        "2023/5/1",
                                        "2023.5.1",
                                        "2023.05.01",
                                        "2023年5月1日",
                                        "2023年05月01日",
                                        "2023年5月1号",
                                        "20230501",
                                        "45047",
                                        "２０２３年５月１日",
                                        "２０２３．５．１",
                                        "２０２３－０５－０１",
                                        "2023/5/1 0:00",
                                        "2023-05-01 13:45:00",
                                        "2023-05-01T08:30:00Z",
                                        "2023-05-01T10:00",
                                        "2023-05-01T10",
                                        "2023-05-01 10:00+08:00",
                                        "2023-05-01T10:00:00.000+0800",
                                        "2023年5月1日10时",
                                        "2023年5月1日10时30分5秒",
                                        "2023/5/1 下午3:20",
                                        "2023年5月1日 上午9时",
                                        "2023/5/1 3:20:00 PM",
                                        "2023-05-01 12:00 a.m.",
                                        "2023 年 5 月 1 日",
                                        "2023 - 5 - 1",
                                        "2023. 5. 1",
                                        "2023 05 01",
                                        "23年5月1日",
                                        "2023年5月1日星期一",
                                        "2023–05–01",
                                        "2023−05−01",
                                        "'2023-05-01",
                                        "’2023-05-01",
                                        "01MAY2023",
                                        "1MAY2023",
                                        "01May2023",
                                        "01MAY2023:10:00:00",
                                        "01-May-2023",
                                        "1-May-23",
                                        "1/MAY/2023",
                                        "1 May 2023",
                                        "1st May 2023",
                                        "May 1, 2023",
                                        "Monday, May 1, 2023",
                                        "2023-May-01",
                                        "45047.0",
                                        "45047.5",
                                        "45047 10:00",
                                        "20230501.0",
                                        "20230501101500",
                                        "202305011015"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct rwe_dated dated = parse(forms[i], in_1900);
        assert_int_equal(dated.kind, RWE_DATED_DAY);
        assert_int_equal(dated.day, MAY_1);
    }
}

static void day_numbers_of_1904_are_1462_days_later(void **state)
{
    (void)state;
    assert_int_equal(parse("45047", in_1904).day, MAY_1 + 1462);
    assert_int_equal(parse("43585", in_1904).day, MAY_1);
    assert_int_equal(parse("20230501", in_1904).day, MAY_1); /* no day number */
}

static void a_month_is_its_15th_and_says_so(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "2023-05",      "2023-5",        "2023/5",         "2023.05",     "2023年5月",
        "2023 年 5 月", "202305",        "202305.0",       "05/2023",     "5-2023",
        "May 2023",     "MAY2023",       "2023-05-UN",     "2023-05--",   "2023-05-XX",
        "2023-05-00",   "UN-May-2023",   "UNMAY2023",      "UNK/05/2023", "约2023-05",
        "2023-05左右",  "2023年5月中旬", "约2023年5月6日", "ca. 2023-05"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct rwe_dated dated = parse(forms[i], in_1900);
        assert_int_equal(dated.kind, RWE_DATED_MONTH);
        assert_int_equal(dated.day, MAY_15);
    }
}

static void a_year_and_words_are_no_days(void **state)
{
    (void)state;
    assert_int_equal(parse("2023", in_1900).kind, RWE_DATED_YEAR);
    assert_int_equal(parse("2023年", in_1900).kind, RWE_DATED_YEAR);
    assert_int_equal(parse("至今", in_1900).kind, RWE_DATED_ONGOING);
    assert_int_equal(parse("失访", in_1900).kind, RWE_DATED_LOST);
    assert_int_equal(parse("无", in_1900).kind, RWE_DATED_NONE);
    assert_false(rwe_dated_has_day(parse("2023", in_1900)));
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "2023-02-29",
        "2023年13月1日",
        "20230231",
        "2023.5",
        "2023.1",
        "5/1/2023",
        "12345",
        "70000",
        "230501",
        "1234567",
        "2023-05-0x",
        "soon",
        "0",
        "2023-13",
        "1800",
        "2023-05-01 x",
        "-5",
        "5月中旬",
        "5月6日",
        "May-23",
        "6 May",
        "201105",
        "31-Feb-2023",
        "2023-05/01",
        "2023-May-June",
        "01MAX2023",
        "10:30",
        "2023-05-01 25:00",
        "1.5",
        "May",
        "45047.5.1",
        "2023--05",
        "5,6,2023",
        "01052023",
        "05-06-23",
        "",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rwe_dated dated;
        if (rwe_dated_parse(wrong[i], strlen(wrong[i]), in_1900, &dated))
            fail_msg("\"%s\" was read", wrong[i]);
    }
}

static struct rwe_dated parse_in(const char *text, enum rwe_date_order order)
{
    return parse(text, (struct rwe_date_style){RWE_DATES_1900, order});
}

static void figures_are_read_in_the_declared_order(void **state)
{
    (void)state;
    static const char *const mdy[] = {"5/1/2023", "05-01-2023", "05.01.2023",
                                      "05/01/23", "05012023",   "5/1/2023 10:00 AM"},
                             *const dmy[] = {"1/5/2023", "01.05.2023", "01-05-23", "01052023"},
                             *const ymd[] = {"23-05-01", "23/5/1", "2023/5/1"};
    for (size_t i = 0; i < sizeof mdy / sizeof *mdy; i++)
        assert_int_equal(parse_in(mdy[i], RWE_ORDER_MDY).day, MAY_1);
    for (size_t i = 0; i < sizeof dmy / sizeof *dmy; i++)
        assert_int_equal(parse_in(dmy[i], RWE_ORDER_DMY).day, MAY_1);
    for (size_t i = 0; i < sizeof ymd / sizeof *ymd; i++)
        assert_int_equal(parse_in(ymd[i], RWE_ORDER_YMD).day, MAY_1);
    struct rwe_dated dated;
    assert_false(
        rwe_dated_parse("10/16/2020", 10, (struct rwe_date_style){0, RWE_ORDER_DMY}, &dated));
    assert_false(rwe_dated_parse("5/6/2023", 8, (struct rwe_date_style){0, RWE_ORDER_YMD}, &dated));
    assert_int_equal(parse_in("2023-05-01", RWE_ORDER_DMY).day, MAY_1); /* no order is asked for */
}

static void years_of_two_digits_are_1930_to_2029(void **state)
{
    (void)state;
    char text[RWE_DATE_SIZE];
    rwe_date_format(parse("1-May-29", in_1900).day, text);
    assert_string_equal(text, "2029-05-01");
    rwe_date_format(parse("1-May-30", in_1900).day, text);
    assert_string_equal(text, "1930-05-01");
}

/* The days of a column of cells, each in a line; how many complaints and notes it gave. */
static size_t read_cells(const char *text, struct rwe_date_style style, struct rwe_dated out[],
                         struct table_text *read)
{
    *read = table_text_read(text, strlen(text), NULL);
    assert_int_equal(rwe_table_dated(read->table, 1, style, out, &read->complaints), RWE_OK);
    return read->complaints.n;
}

static void a_day_above_12_proves_the_order_of_its_column(void **state)
{
    (void)state;
    struct rwe_dated out[3];
    struct table_text read;
    assert_int_equal(
        read_cells("id,d\n1,5/1/2023\n2,5/16/2023\n3,2023-05-01\n", in_1900, out, &read), 0);
    assert_int_equal(out[0].day, MAY_1);
    assert_int_equal(out[1].day, MAY_15 + 1);
    assert_int_equal(out[2].day, MAY_1);
    assert_int_equal(read.complaints.n_notes, 1);
    assert_non_null(strstr(read.complaints.note[0].told, "order mdy"));
    assert_non_null(strstr(read.complaints.note[0].told, "\"5/16/2023\" in line 3"));
    table_text_clear(&read);
    assert_int_equal(read_cells("id,d\n1,1.5.2023\n2,16.5.2023\n", in_1900, out, &read), 0);
    assert_int_equal(out[0].day, MAY_1);
    table_text_clear(&read);
}

static void dates_that_allow_two_orders_stop_with_both_readings(void **state)
{
    (void)state;
    struct rwe_dated out[2];
    struct table_text read;
    assert_int_equal(read_cells("id,d\n1,05/06/2023\n2,2023-05-01\n", in_1900, out, &read), 1);
    assert_true(rwe_complaints_doubt_column(&read.complaints));
    assert_string_equal(read.complaints.item[0].value, "05/06/2023");
    assert_non_null(strstr(read.complaints.item[0].advice, "2023-05-06 with --date-order mdy"));
    assert_non_null(strstr(read.complaints.item[0].advice, "2023-06-05 with --date-order dmy"));
    assert_int_equal(out[0].kind, RWE_DATED_NONE);
    assert_int_equal(out[1].day, MAY_1);
    table_text_clear(&read);
}

static void cells_against_each_other_stop_too(void **state)
{
    (void)state;
    struct rwe_dated out[2];
    struct table_text read;
    assert_int_equal(read_cells("id,d\n1,16/5/2023\n2,5/16/2023\n", in_1900, out, &read), 2);
    assert_true(rwe_complaints_doubt_column(&read.complaints));
    table_text_clear(&read);
}

static void orders_that_give_the_same_days_need_not_be_known(void **state)
{
    (void)state;
    struct rwe_dated out[2];
    struct table_text read;
    assert_int_equal(read_cells("id,d\n1,1/1/2023\n2,5/5/2023\n", in_1900, out, &read), 0);
    assert_int_equal(out[1].day, MAY_1 + 4);
    table_text_clear(&read);
}

static void what_another_order_would_read_is_a_complaint_of_its_cell(void **state)
{
    (void)state;
    struct rwe_dated out[2];
    struct table_text read;
    const struct rwe_date_style dmy = {RWE_DATES_1900, RWE_ORDER_DMY};
    assert_int_equal(read_cells("id,d\n1,10/16/2020\n2,1/5/2023\n", dmy, out, &read), 1);
    assert_string_equal(read.complaints.item[0].reason, "not a date in the order of --date-order");
    assert_false(rwe_complaints_doubt_column(&read.complaints));
    assert_int_equal(out[1].day, MAY_1);
    table_text_clear(&read);
}

static void a_day_without_its_year_says_so(void **state)
{
    (void)state;
    struct rwe_dated out[3];
    struct table_text read;
    assert_int_equal(read_cells("id,d\n1,5月中旬\n2,6-May\n3,5月6日\n", in_1900, out, &read), 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(read.complaints.item[i].reason, "without its year");
    table_text_clear(&read);
}

static void a_column_complains_of_each_cell_with_line_and_value(void **state)
{
    (void)state;
    static const char text[] = "id,d\n1,2023年5月1日\n2,2023\n3,soon\n4,\n5,2023-05\n6,失访\n";
    struct table_text read = table_text_read(text, strlen(text), NULL);
    struct rwe_dated out[6];
    assert_int_equal(rwe_table_dated(read.table, 1, in_1900, out, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, 2);
    assert_int_equal(read.complaints.item[0].line, 3);
    assert_string_equal(read.complaints.item[0].column, "d");
    assert_string_equal(read.complaints.item[0].value, "2023");
    assert_string_equal(read.complaints.item[0].reason, "a year without its month");
    assert_string_equal(read.complaints.item[1].value, "soon");
    static const enum rwe_dated_kind kinds[] = {RWE_DATED_DAY,  RWE_DATED_NONE,  RWE_DATED_NONE,
                                                RWE_DATED_NONE, RWE_DATED_MONTH, RWE_DATED_LOST};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(out[i].kind, kinds[i]);
    table_text_clear(&read);
}

static void years_outside_1900_to_2100_are_slips(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0214-05-02", "1899-12-31", "2101-01-01", "2304-06",
                                        "10230501"},
                             *const right[] = {"1900-01-01", "2100-12-31", "2100-12"};
    struct rwe_dated dated;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(rwe_dated_parse(wrong[i], strlen(wrong[i]), in_1900, &dated));
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(rwe_dated_parse(right[i], strlen(right[i]), in_1900, &dated));
    static const char text[] = "id,d\n1,2304-06-01\n";
    struct table_text read = table_text_read(text, strlen(text), NULL);
    assert_int_equal(rwe_table_dated(read.table, 1, in_1900, &dated, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, 1);
    assert_string_equal(read.complaints.item[0].reason, "of an impossible year");
    assert_int_equal(dated.kind, RWE_DATED_NONE);
    table_text_clear(&read);
}

static void a_month_moves_within_itself_alone(void **state)
{
    (void)state;
    const int32_t may_15 = 19492; /* 2023 */
    struct rwe_dated month = {may_15, RWE_DATED_MONTH}, known = {may_15, RWE_DATED_DAY};
    rwe_dated_raise(&month, (struct rwe_dated){may_15 + 17, RWE_DATED_DAY}); /* 1 June */
    rwe_dated_raise(&known, (struct rwe_dated){may_15 + 16, RWE_DATED_DAY});
    assert_int_equal(month.day, may_15);
    assert_int_equal(known.day, may_15);
    rwe_dated_raise(&month, (struct rwe_dated){may_15 + 16, RWE_DATED_DAY});
    assert_int_equal(month.day, may_15 + 16);
    assert_int_equal(rwe_dated_middle(month.day), may_15);
    rwe_dated_lower(&month, (struct rwe_dated){may_15 - 15, RWE_DATED_DAY}); /* 30 April */
    assert_int_equal(month.day, may_15 + 16);
    rwe_dated_lower(&month, (struct rwe_dated){may_15 - 14, RWE_DATED_DAY});
    assert_int_equal(month.day, may_15 - 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_a_day_is_the_same_day),
        cmocka_unit_test(day_numbers_of_1904_are_1462_days_later),
        cmocka_unit_test(a_month_is_its_15th_and_says_so),
        cmocka_unit_test(a_year_and_words_are_no_days),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(figures_are_read_in_the_declared_order),
        cmocka_unit_test(years_of_two_digits_are_1930_to_2029),
        cmocka_unit_test(a_day_above_12_proves_the_order_of_its_column),
        cmocka_unit_test(dates_that_allow_two_orders_stop_with_both_readings),
        cmocka_unit_test(cells_against_each_other_stop_too),
        cmocka_unit_test(orders_that_give_the_same_days_need_not_be_known),
        cmocka_unit_test(what_another_order_would_read_is_a_complaint_of_its_cell),
        cmocka_unit_test(a_day_without_its_year_says_so),
        cmocka_unit_test(a_column_complains_of_each_cell_with_line_and_value),
        cmocka_unit_test(years_outside_1900_to_2100_are_slips),
        cmocka_unit_test(a_month_moves_within_itself_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
