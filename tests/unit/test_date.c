/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "rwe/base/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* From R: as.integer(as.Date(...)). */
static void days_are_those_of_r(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t days;
    } known[] = {
        {"1970-01-01", 0},       {"1969-12-31", -1},      {"2000-02-29", 11016},
        {"2023-05-01", 19478},   {"1900-03-01", -25508},  {"2024-12-31", 20088},
        {"0001-01-01", -719162}, {"9999-12-31", 2932896}, {"1582-10-15", -141427},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int32_t days = 0;
        char text[RWE_DATE_SIZE];
        assert_true(rwe_date_parse(known[i].text, strlen(known[i].text), &days));
        assert_int_equal(days, known[i].days);
        rwe_date_format(days, text);
        assert_string_equal(text, known[i].text);
    }
}

static void every_day_from_1600_to_2400_follows_the_one_before(void **state)
{
    (void)state;
    for (int32_t day = -135140; day < 157055; day++) {
        char text[RWE_DATE_SIZE];
        int32_t again = day - 1;
        rwe_date_format(day, text);
        assert_true(rwe_date_parse(text, strlen(text), &again));
        assert_int_equal(again, day);
        struct tm tm;
        time_t seconds = (time_t)day * 86400;
        char expected[RWE_DATE_SIZE];
        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(expected, sizeof expected, "%Y-%m-%d", &tm);
        assert_string_equal(text, expected);
    }
}

static void three_separators_and_short_months_and_days_are_read(void **state)
{
    (void)state;
    static const char *const same[] = {"2023-05-01", "2023/5/1", "2023.5.1", "2023-5-01",
                                       "2023/05/1"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        int32_t days = 0;
        assert_true(rwe_date_parse(same[i], strlen(same[i]), &days));
        assert_int_equal(days, 19478);
    }
}

static void what_is_no_day_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2023",
        "2023-05",
        "2023-05-",
        "2023-02-29",
        "1900-02-29",
        "2023-04-31",
        "2023-13-01",
        "2023-00-01",
        "2023-01-00",
        "0000-01-01",
        "2023-05/01",
        "23-05-01",
        "01/05/2023",
        "2023-005-1",
        "2023-05-001",
        "2023-05-01 ",
        " 2023-05-01",
        "2023-05-01x",
        "20230501",
        "45047",
        "2023年5月1日",
        "-2023-05-01",
        "2023--05-01",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int32_t days = 4711;
        if (rwe_date_parse(wrong[i], strlen(wrong[i]), &days))
            fail_msg("\"%s\" was read", wrong[i]);
        assert_int_equal(days, 4711);
    }
}

static void the_farthest_days_fit_their_text(void **state)
{
    (void)state;
    char text[RWE_DATE_SIZE];
    rwe_date_format(INT32_MAX, text);
    assert_string_equal(text, "5881580-07-11"); /* as Java's LocalDate.ofEpochDay has them */
    rwe_date_format(INT32_MIN, text);
    assert_string_equal(text, "-5877641-06-23");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_those_of_r),
        cmocka_unit_test(every_day_from_1600_to_2400_follows_the_one_before),
        cmocka_unit_test(three_separators_and_short_months_and_days_are_read),
        cmocka_unit_test(what_is_no_day_is_refused),
        cmocka_unit_test(the_farthest_days_fit_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
