/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/date.h"
#include "rwe/data/dated.h"
#include "table_text.h"

#include <string.h>

enum { MAY_1 = 19478, MAY_15 = MAY_1 + 14 }; /* R: as.integer(as.Date("2023-05-01")) */

static struct rwe_dated parse(const char *text, enum rwe_date_system system)
{
    struct rwe_dated dated = {0, RWE_DATED_NONE};
    if (!rwe_dated_parse(text, strlen(text), system, &dated))
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
                                        "2023-05-01T08:30:00Z"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct rwe_dated dated = parse(forms[i], RWE_DATES_1900);
        assert_int_equal(dated.kind, RWE_DATED_DAY);
        assert_int_equal(dated.day, MAY_1);
    }
}

static void day_numbers_of_1904_are_1462_days_later(void **state)
{
    (void)state;
    assert_int_equal(parse("45047", RWE_DATES_1904).day, MAY_1 + 1462);
    assert_int_equal(parse("43585", RWE_DATES_1904).day, MAY_1);
    assert_int_equal(parse("20230501", RWE_DATES_1904).day, MAY_1); /* no day number */
}

static void a_month_is_its_15th_and_says_so(void **state)
{
    (void)state;
    static const char *const forms[] = {"2023-05", "2023-5", "2023/5", "2023.05", "2023年5月"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct rwe_dated dated = parse(forms[i], RWE_DATES_1900);
        assert_int_equal(dated.kind, RWE_DATED_MONTH);
        assert_int_equal(dated.day, MAY_15);
    }
}

static void a_year_and_words_are_no_days(void **state)
{
    (void)state;
    assert_int_equal(parse("2023", RWE_DATES_1900).kind, RWE_DATED_YEAR);
    assert_int_equal(parse("2023年", RWE_DATES_1900).kind, RWE_DATED_YEAR);
    assert_int_equal(parse("至今", RWE_DATES_1900).kind, RWE_DATED_ONGOING);
    assert_int_equal(parse("失访", RWE_DATES_1900).kind, RWE_DATED_LOST);
    assert_int_equal(parse("无", RWE_DATES_1900).kind, RWE_DATED_NONE);
    assert_false(rwe_dated_has_day(parse("2023", RWE_DATES_1900)));
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "2023-02-29", "2023年13月1日", "20230231", "2023.5",       "2023.1",     "5/1/2023",
        "12345",      "70000",         "202305",   "1234567",      "2023-05-0x", "soon",
        "0",          "2023-13",       "1800",     "2023-05-01 x", "-5",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rwe_dated dated;
        if (rwe_dated_parse(wrong[i], strlen(wrong[i]), RWE_DATES_1900, &dated))
            fail_msg("\"%s\" was read", wrong[i]);
    }
}

static void a_column_complains_of_each_cell_with_line_and_value(void **state)
{
    (void)state;
    static const char text[] = "id,d\n1,2023年5月1日\n2,2023\n3,soon\n4,\n5,2023-05\n6,失访\n";
    struct table_text read = table_text_read(text, strlen(text), NULL);
    struct rwe_dated out[6];
    assert_int_equal(rwe_table_dated(read.table, 1, RWE_DATES_1900, out, &read.complaints), RWE_OK);
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
        assert_false(rwe_dated_parse(wrong[i], strlen(wrong[i]), RWE_DATES_1900, &dated));
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(rwe_dated_parse(right[i], strlen(right[i]), RWE_DATES_1900, &dated));
    static const char text[] = "id,d\n1,2304-06-01\n";
    struct table_text read = table_text_read(text, strlen(text), NULL);
    assert_int_equal(rwe_table_dated(read.table, 1, RWE_DATES_1900, &dated, &read.complaints),
                     RWE_OK);
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
        cmocka_unit_test(a_column_complains_of_each_cell_with_line_and_value),
        cmocka_unit_test(years_outside_1900_to_2100_are_slips),
        cmocka_unit_test(a_month_moves_within_itself_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
