/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard against immortal time: it comes unasked, its numbers are sums by hand, and every comparison
 * of such arms carries the words. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

static const char words[] = "Biased reference: not for inference";

/* Ten patients by hand, window of 3. Arm 1 starts at 1, 2, 4, 5 (and 0: from the beginning). Its time is
 * 6 + 8 + 9 + 7 + 10 = 40, of it 1 + 2 + 4 + 5 = 12 before exposure. By 3 the control arm has 2 events of 5
 * (times 2 and 3), the other none. */
static const char ten[] = "id,arm,t,e,start\n1,0,2,1,\n2,0,3,1,\n3,0,4,1,\n4,0,6,0,\n5,0,9,1,\n"
                          "6,1,6,1,1\n7,1,8,0,2\n8,1,9,1,4\n9,1,7,1,5\n10,1,10,0,0\n";

struct fixture {
    char *folder, *path;
};

static int set_up(void **state)
{
    static struct fixture f;
    f.folder = program_new_folder();
    f.path = program_write_file(f.folder, "ten.csv", ten);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    free(f->path);
    return 0;
}

#define READ "%s --id id --arm arm --endpoint d=t,e "
#define STARTS "--exposure-start start --control-window 3 "

static void person_time_before_exposure_is_the_sum_by_hand(void **state)
{
    struct fixture *f = *state;
    struct program_facts facts = program_facts_of(READ STARTS "--km", f->path);
    static const struct {
        const char *key;
        double value;
    } hand[] = {
        {"immortal endpoint=d group=1 n.late", 4},
        {"immortal endpoint=d group=1 percent.late", 80},
        {"immortal endpoint=d group=1 n.event.before", 0},
        {"immortal endpoint=d group=1 time", 40},
        {"immortal endpoint=d group=1 time.immortal", 12},
        {"immortal endpoint=d group=1 percent.immortal", 30},
        {"immortal start.median", 3},
        {"immortal term=control-window time=3 n.started", 2},
        {"immortal endpoint=d population=all group=0 term=control-window time=3 n.event", 2},
        {"immortal endpoint=d population=all group=0 term=control-window time=3 percent", 40},
        {"immortal endpoint=d population=all group=1 term=control-window time=3 n.event", 0},
        {"immortal endpoint=d population=all term=control-window time=3 difference", -40},
    };
    for (size_t i = 0; i < sizeof hand / sizeof *hand; i++)
        assert_close(program_facts_number(&facts, hand[i].key), hand[i].value, 1e-12);
    const json_t *caution = program_facts_find(&facts, "immortal population=all caution");
    assert_string_equal(json_string_value(caution), words);
    program_facts_clear(&facts);
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

/* In Markdown a table begins with a bar after an empty line. Rates with and without the exposure, the last
 * tables of adverse events, have no immortal time. */
static void every_table_of_such_arms_carries_the_words(void **state)
{
    (void)state;
    static const char outcomes[] = "km|logrank|cox|ph|rmst|response|subgroups|toxicity";
    char *list = strdup(outcomes);
    for (char *name = strtok(list, "|"); name != NULL; name = strtok(NULL, "|")) {
        struct program_run run = program_run(
            "sample_data/cohort.csv --study sample_data/nct07062484.yaml --ae sample_data/ae.csv "
            "--%s --format md --no-provenance",
            name);
        assert_code(run, 0);
        const char *from = strstr(run.out, "## Immortal time");
        assert_non_null(from);
        from = strstr(from + 1, "\n## ");
        assert_non_null(from);
        char *mended = strstr(from, "\n### Incidence rates with and without the exposure");
        assert_non_null(mended);
        assert_int_equal(count(mended, "\nBiased reference: not for inference."), 0);
        *mended = '\0';
        assert_true(count(from, "\n\n|") > 0);
        assert_int_equal(count(from, "\nBiased reference: not for inference."),
                         count(from, "\n\n|"));
        const char *line = strchr(from + 1, '\n');
        assert_true(strstr(from, words) != NULL && strstr(from, words) < line);
        program_clear(&run);
    }
    free(list);
}

static void what_compares_no_outcomes_and_what_mends_it_does_not(void **state)
{
    struct fixture *f = *state;
    struct program_run run = program_run(READ STARTS "--timedep --table1 --format md", f->path);
    assert_code(run, 0);
    assert_int_equal(count(run.out, words), 1); /* the warning alone */
    program_clear(&run);
}

static void it_is_silent_where_nothing_starts_late(void **state)
{
    struct fixture *f = *state;
    struct program_run run = program_run(READ "--km", f->path);
    assert_code(run, 0);
    assert_null(strstr(run.out, words));
    assert_null(strstr(run.out, "Immortal"));
    program_clear(&run);
    char *path = program_write_file(f->folder, "zero.csv",
                                    "id,arm,t,e,start\n1,0,2,1,\n2,0,3,1,\n3,1,4,1,0\n4,1,6,0,0\n");
    run = program_run(READ "--exposure-start start --km", path);
    assert_code(run, 0);
    assert_null(strstr(run.out, words));
    program_clear(&run);
    free(path);
}

/* Three months in the file's unit, and the median start without one. */
static void the_window_is_three_months_in_any_unit(void **state)
{
    struct fixture *f = *state;
    struct program_facts facts =
        program_facts_of(READ "--exposure-start start --time-unit weeks --km", f->path);
    assert_non_null(
        program_facts_find(&facts, "immortal term=control-window time=13.0446428571429 n.started"));
    program_facts_clear(&facts);
    facts = program_facts_of(READ "--exposure-start start --km", f->path);
    assert_non_null(program_facts_find(&facts, "immortal term=control-window time=3 n.started"));
    program_facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(person_time_before_exposure_is_the_sum_by_hand),
        cmocka_unit_test(every_table_of_such_arms_carries_the_words),
        cmocka_unit_test(what_compares_no_outcomes_and_what_mends_it_does_not),
        cmocka_unit_test(it_is_silent_where_nothing_starts_late),
        cmocka_unit_test(the_window_is_three_months_in_any_unit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
