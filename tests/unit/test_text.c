/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/text.h"
#include <stdlib.h>
#include <string.h>

static const char *const options[] = {"endpoint", "covariates", "control", "conf-level", "arm"};
enum { N = sizeof options / sizeof *options };

static void nearest_finds_one_edit_of_each_kind(void **state)
{
    (void)state;
    assert_string_equal(rwe_text_nearest("endpoint", options, N), "endpoint");
    assert_string_equal(rwe_text_nearest("endpiont", options, N), "endpoint");  /* swap */
    assert_string_equal(rwe_text_nearest("endpont", options, N), "endpoint");   /* delete */
    assert_string_equal(rwe_text_nearest("enddpoint", options, N), "endpoint"); /* insert */
    assert_string_equal(rwe_text_nearest("endpoind", options, N), "endpoint");  /* replace */
}

static void nearest_ignores_case_width_and_what_joins_words(void **state)
{
    (void)state;
    static const char *const columns[] = {"agf", "AGE", "OS months", "总生存期(月)", "RT_start"};
    assert_string_equal(rwe_text_nearest("age", columns, 5), "AGE");
    assert_string_equal(rwe_text_nearest("os_months", columns, 5), "OS months");
    assert_string_equal(rwe_text_nearest("总生存期（月）", columns, 5), "总生存期(月)");
    assert_string_equal(rwe_text_nearest("ｒｔ　start", columns, 5), "RT_start");
    assert_string_equal(rwe_text_nearest("总生存其(月)", columns, 5),
                        "总生存期(月)"); /* one character */
    assert_string_equal(rwe_text_nearest("age", columns, 1), "agf");
}

static void nearest_stops_at_a_third_of_the_letters_and_at_three(void **state)
{
    (void)state;
    static const char *const six[] = {"abcdef"}, *const long_one[] = {"abcdefghijklmnop"};
    assert_non_null(rwe_text_nearest("abcdxx", six, 1));
    assert_null(rwe_text_nearest("abcxxx", six, 1));
    assert_non_null(rwe_text_nearest("abcdefghijklmxyz", long_one, 1));
    assert_null(rwe_text_nearest("abcdefghijklwxyz", long_one, 1));
    assert_null(rwe_text_nearest("", options, N));
    assert_null(rwe_text_nearest("arm", options, 0));
}

static void nearest_does_not_compare_what_is_too_long(void **state)
{
    (void)state;
    char name[66];
    memset(name, 'a', 65);
    name[65] = '\0';
    const char *const same[] = {name};
    assert_null(rwe_text_nearest(name, same, 1));
    name[64] = '\0';
    assert_ptr_equal(rwe_text_nearest(name, same, 1), name);
    const char *const holes[] = {NULL, "arm"};
    assert_string_equal(rwe_text_nearest("arn", holes, 2), "arm");
}

static void width_counts_columns_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(rwe_text_width(""), 0);
    assert_int_equal(rwe_text_width("GP+Tis"), 6);
    assert_int_equal(rwe_text_width("Kaplan–Meier"), 12);
    assert_int_equal(rwe_text_width("吉西他滨"), 8);
    assert_int_equal(rwe_text_width("e\xcc\x81"), 1); /* e, combining acute */
    assert_int_equal(rwe_text_width("≥3"), 2);
    assert_int_equal(rwe_text_width("\xff\xfe"
                                    "a"),
                     3);                             /* stray bytes */
    assert_int_equal(rwe_text_width("\xe5\x90"), 1); /* cut short */
}

static void split_trims_and_keeps_empty_items(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_strings list = rwe_text_split(arena, " age , ,sex,", ',');
    assert_int_equal(list.n, 4);
    assert_string_equal(list.item[0], "age");
    assert_string_equal(list.item[1], "");
    assert_string_equal(list.item[2], "sex");
    assert_string_equal(list.item[3], "");
    assert_int_equal(rwe_text_split(arena, "", ',').n, 1);
    rwe_arena_free(arena);
}

static void join_is_the_inverse_of_split(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    assert_string_equal(rwe_text_join(arena, rwe_text_split(arena, "a,,bc", ','), ","), "a,,bc");
    assert_string_equal(rwe_text_join(arena, (struct rwe_strings){NULL, 0}, ", "), "");
    rwe_arena_free(arena);
}

static void lower_leaves_other_scripts_alone(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    assert_string_equal(rwe_text_lower(arena, "OS_Monate_Ä_患者"), "os_monate_Ä_患者");
    rwe_arena_free(arena);
}

static void lines_break_at_blanks_and_between_wide_characters_but_not_before_a_stop(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    rwe_text_wrap(out, "one two three", 2, 9);
    rwe_text_wrap(out, "吉西他滨。顺铂", 0, 8);
    fclose(out);
    assert_string_equal(text, "one two\n  three\n吉西他\n滨。顺铂\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_finds_one_edit_of_each_kind),
        cmocka_unit_test(nearest_ignores_case_width_and_what_joins_words),
        cmocka_unit_test(nearest_stops_at_a_third_of_the_letters_and_at_three),
        cmocka_unit_test(nearest_does_not_compare_what_is_too_long),
        cmocka_unit_test(width_counts_columns_of_a_terminal),
        cmocka_unit_test(split_trims_and_keeps_empty_items),
        cmocka_unit_test(join_is_the_inverse_of_split),
        cmocka_unit_test(lower_leaves_other_scripts_alone),
        cmocka_unit_test(lines_break_at_blanks_and_between_wide_characters_but_not_before_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
