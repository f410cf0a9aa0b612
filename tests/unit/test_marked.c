/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and values with marks in them. By hand. */
#include "check.h"
#include "rwe/base/status.h"
#include "rwe/data/marked.h"

#include <string.h>

/* The items of `text` among `known` (parted by |), joined by | with the marks behind them. */
static void check_split(const char *text, const char *known, const char *marks,
                        const char *expected)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_strings names = rwe_text_split(arena, known, '|');
    if (known[0] == '\0')
        names.n = 0;
    struct rwe_marked marked = rwe_marked_read(arena, text);
    struct rwe_marked_list list = rwe_marked_split(arena, &marked, 0, names, marks);
    char got[256] = "";
    for (size_t i = 0; i < list.item.n; i++) {
        char mark[] = {list.mark[i], '\0'};
        strcat(strcat(strcat(got, i == 0 ? "" : "|"), list.item.item[i]), mark);
    }
    if (strcmp(got, expected) != 0)
        fail_msg("%s among %s: %s", text, known, got);
    rwe_arena_free(arena);
}

static void the_whole_text_comes_first_then_the_longest(void **state)
{
    (void)state;
    check_split("GP+Tis+RT", "GP+Tis+RT|GP|Tis|RT", "+", "GP+Tis+RT");
    check_split("GP+Tis+RT", "GP+Tis|GP|Tis|RT", "+", "GP+Tis+|RT");
    check_split("A+B+C", "A|A+B|B+C", "+", "A+|B+C"); /* the longest leaves C, which is none */
    check_split("PD+death", "PD+death|none", "+;", "PD+death");
    check_split("1;2+3", "0|1|2|3", "+;", "1;|2+|3");
    check_split("a;b", "a;b|a", "+;", "a;b");
}

static void what_is_not_known_ends_at_the_next_mark(void **state)
{
    (void)state;
    check_split("x+y", "", "+", "x+|y");
    check_split(" x + y ", "", "+", "x+|y");
    check_split("RT+y", "RT", "+", "RT+|y");
    check_split("RTx+y", "RT", "+", "RTx+|y"); /* a name must end there */
}

static void quotes_hold_a_name_together(void **state)
{
    (void)state;
    check_split("\"a,b\",c", "", ",", "a,b,|c");
    check_split("\"say \"\"yes\"\"\",c", "", ",", "say \"yes\",|c");
    check_split("x=\"a, b\",c", "", ",", "x=a, b,|c");
    check_split("5\" tube,c", "", ",", "5\" tube,|c"); /* none opens within a name */
    check_split("\"a\" b,c", "", ",", "\"a\" b,|c");   /* nor where it does not close as one */
    check_split("\"open,c", "", ",", "\"open,|c");
    check_split("\"A+B\"+C", "A|B|C|A+B", "+", "A+B+|C");
    check_split("\"A\"+\"B+C\"", "A|A+B|B+C|C", "+", "A+|B+C");
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const char *const names[] = {"plain", "a b",     "OS, months", "x:y",
                                        "\"q\"", "a=b;c+d", "年龄（岁）", "5\" x, y"};
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = rwe_arena_format(arena, "%s,%s", rwe_marked_quote(arena, names[i]), "z");
        struct rwe_strings list = rwe_marked_items(arena, text);
        assert_int_equal(list.n, 2);
        assert_string_equal(list.item[0], names[i]);
    }
    assert_string_equal(rwe_marked_quote(arena, "plain"), "plain");
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_text_comes_first_then_the_longest),
        cmocka_unit_test(what_is_not_known_ends_at_the_next_mark),
        cmocka_unit_test(quotes_hold_a_name_together),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
