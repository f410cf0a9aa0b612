/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/condition.h"
#include <math.h>
#include <string.h>

struct fixture {
    struct rwe_arena *arena;
    struct rwe_condition condition;
    struct rwe_error error;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = rwe_arena_new()};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_arena_free(f->arena);
    return 0;
}

static void parse(struct fixture *f, const char *text)
{
    if (rwe_condition_parse(text, f->arena, &f->condition, &f->error) != RWE_OK)
        fail_msg("%s", f->error.message);
}

static enum rwe_truth holds(struct fixture *f, const char *text, const char *cell)
{
    parse(f, text);
    assert_int_equal(f->condition.n, 1);
    return rwe_cell_test_holds(&f->condition.item[0], cell);
}

static void a_condition_is_comparisons_joined_by_and(void **state)
{
    struct fixture *f = *state;
    parse(f, "age>=18 AND 'my site' = \"S 1\"");
    assert_int_equal(f->condition.n, 2);
    assert_string_equal(f->condition.item[0].column, "age");
    assert_int_equal(f->condition.item[0].comparator, RWE_AT_LEAST);
    assert_close(f->condition.item[0].number, 18, 0);
    assert_string_equal(f->condition.item[1].column, "my site");
    assert_string_equal(f->condition.item[1].value, "S 1");
    assert_int_equal(f->condition.item[1].kind, RWE_VALUE_TEXT);
}

static void each_operator_compares(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *text;
        enum rwe_truth at_17, at_18, at_19;
    } expected[] = {
        {"a < 18", RWE_TRUE, RWE_FALSE, RWE_FALSE}, {"a <= 18", RWE_TRUE, RWE_TRUE, RWE_FALSE},
        {"a > 18", RWE_FALSE, RWE_FALSE, RWE_TRUE}, {"a >= 18", RWE_FALSE, RWE_TRUE, RWE_TRUE},
        {"a = 18", RWE_FALSE, RWE_TRUE, RWE_FALSE}, {"a == 18", RWE_FALSE, RWE_TRUE, RWE_FALSE},
        {"a != 18", RWE_TRUE, RWE_FALSE, RWE_TRUE}, {"a ≥ 18", RWE_FALSE, RWE_TRUE, RWE_TRUE},
        {"a ≤ 18", RWE_TRUE, RWE_TRUE, RWE_FALSE},  {"a≠18", RWE_TRUE, RWE_FALSE, RWE_TRUE},
    };
    for (size_t k = 0; k < sizeof expected / sizeof expected[0]; k++) {
        assert_int_equal(holds(f, expected[k].text, "17"), expected[k].at_17);
        assert_int_equal(holds(f, expected[k].text, "18.0"), expected[k].at_18);
        assert_int_equal(holds(f, expected[k].text, "19"), expected[k].at_19);
    }
}

static void dates_compare_as_days_and_words_as_bytes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(holds(f, "d >= 2022-07-01", "2022/7/1"), RWE_TRUE);
    assert_int_equal(holds(f, "d >= 2022-07-01", "2022-06-30"), RWE_FALSE);
    assert_int_equal(holds(f, "s = yes", "yes"), RWE_TRUE);
    assert_int_equal(holds(f, "s = yes", "Yes"), RWE_FALSE);
    assert_int_equal(holds(f, "s != yes", "no"), RWE_TRUE);
    assert_int_equal(holds(f, "s = 3", "III"), RWE_FALSE);
}

static void words_for_no_and_yes_are_0_and_1(void **state)
{
    struct fixture *f = *state;
    static const char *const no[] = {"0", "否", "无", "No", "n"}, *const yes[] = {"1", "是", "YES"};
    for (size_t k = 0; k < sizeof no / sizeof *no; k++) {
        assert_int_equal(holds(f, "s = 0", no[k]), RWE_TRUE);
        assert_int_equal(holds(f, "s != 0", no[k]), RWE_FALSE);
        assert_int_equal(holds(f, "s = 1", no[k]), RWE_FALSE);
    }
    for (size_t k = 0; k < sizeof yes / sizeof *yes; k++) {
        assert_int_equal(holds(f, "s = 1", yes[k]), RWE_TRUE);
        assert_int_equal(holds(f, "s = 0", yes[k]), RWE_FALSE);
    }
    assert_int_equal(holds(f, "s = 1", "one"), RWE_UNREADABLE);
    assert_int_equal(holds(f, "s = 0", NULL), RWE_UNKNOWN);
}

static void what_is_missing_is_unknown_and_what_cannot_be_read_is_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(holds(f, "a >= 18", NULL), RWE_UNKNOWN);
    assert_int_equal(holds(f, "a >= 18", "old"), RWE_UNREADABLE);
    assert_int_equal(holds(f, "d = 2022-07-01", "July"), RWE_UNREADABLE);
}

static void errors_of_grammar_say_what_and_where(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *text;
        size_t at;
        const char *words;
    } wrong[] = {
        {"", 0, "a column"},
        {"age", 3, "one of = != < <= > >="},
        {"age 18", 4, "one of = != < <= > >="},
        {"age >=", 6, "a value"},
        {"age >= 18 kps", 10, "\"and\" or the end"},
        {"age >= 18 and", 13, "a column"},
        {"age >= 18 or kps > 3", 10, "\"and\" or the end"},
        {"and >= 18", 0, "a column"},
        {"'age >= 18", 0, "never closed"},
        {"site > S1", 5, "= and != alone"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        enum rwe_status status =
            rwe_condition_parse(wrong[k].text, f->arena, &f->condition, &f->error);
        assert_int_equal(status, RWE_USAGE);
        if (strstr(f->error.message, wrong[k].words) == NULL)
            fail_msg("\"%s\" is not said in: %s", wrong[k].words, f->error.message);
        assert_int_equal(f->error.index, wrong[k].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_condition_is_comparisons_joined_by_and, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_operator_compares, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_for_no_and_yes_are_0_and_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dates_compare_as_days_and_words_as_bytes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_missing_is_unknown_and_what_cannot_be_read_is_told,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_of_grammar_say_what_and_where, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
