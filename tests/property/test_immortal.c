/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard against immortal time: it comes unasked, its numbers are sums by hand, and every comparison
 * of such arms carries the words. */
#include "program.h"

#include <stdio.h>
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
    char *path = program_write_file(f->folder, "zero.csv",
                                    "id,arm,t,e,start\n1,0,2,1,\n2,0,3,1,\n3,1,4,1,0\n4,1,6,0,0\n");
    struct program_run run = program_run(READ "--exposure-start start --km", path);
    assert_code(run, 0);
    assert_null(strstr(run.out, words));
    assert_null(strstr(run.out, "Immortal"));
    program_clear(&run);
    free(path);
}

/* ---- starts that nobody declared ---- */

static void a_start_that_the_file_tells_wakes_it_with_the_same_numbers(void **state)
{
    struct fixture *f = *state;
    struct program_facts facts = program_facts_of(READ "--km", f->path);
    assert_close(program_facts_number(&facts, "immortal endpoint=d group=1 percent.immortal"), 30,
                 1e-12);
    assert_string_equal(json_string_value(program_facts_find(&facts, "immortal endpoint=d grade")),
                        "biased");
    assert_string_equal(
        json_string_value(program_facts_find(&facts, "immortal population=all caution")), words);
    assert_string_equal(json_string_value(program_facts_find(&facts, "immortal start.column")),
                        "start");
    program_facts_clear(&facts);
    struct program_run run = program_run(READ "--km", f->path);
    assert_says(run.out, "Column \"start\"|--exposure-start start|--rules-off W34");
    program_clear(&run);
}

static void the_rule_switched_off_lets_it_sleep(void **state)
{
    struct fixture *f = *state;
    struct program_run run = program_run(READ "--km --rules-off W34", f->path);
    assert_code(run, 0);
    assert_null(strstr(run.out, "Immortal"));
    program_clear(&run);
}

/* Whether the guard wakes in six patients of arm A and six of B, followed for 100 to 600 days from 1 January 2022, with
 * a column of this name and of these cells, by patient, those of A first. */
static bool wakes(const struct fixture *f, const char *index, const char *name,
                  const char *const cell[12])
{
    char text[2000];
    int at = snprintf(text, sizeof text, "id,arm,%s,os_days,dead,%s\n", index, name);
    for (int i = 0; i < 12; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%d,%s,2022-01-01,%d,%d,%s\n", i,
                       i < 6 ? "A" : "B", 100 * (i % 6 + 1), i % 2, cell[i]);
    char *path = program_write_file(f->folder, "twelve.csv", text);
    struct program_run run =
        program_run("%s --id id --arm arm --endpoint os=os_days,dead --km", path);
    assert_code(run, 0);
    bool is_awake = strstr(run.out, words) != NULL;
    assert_true(is_awake == (strstr(run.out, "Immortal time") != NULL));
    program_clear(&run);
    free(path);
    return is_awake;
}

#define NOBODY "", "", "", "", "", ""
#define IN_MARCH "2022-03-01", "2022-03-02", "2022-03-03", "2022-03-04", "2022-03-05", "2022-03-06"
#define AT_ZERO "2022-01-01", "2022-01-01", "2022-01-01", "2022-01-01", "2022-01-01", "2022-01-01"
#define BEFORE "2021-12-01", "2021-11-01", "2021-12-11", "2021-12-21", "2021-10-01", "2021-12-31"
#define AT_THE_END                                                                                 \
    "2022-04-11", "2022-07-20", "2022-10-28", "2023-02-05", "2023-05-16", "2023-08-24"

static void a_later_date_in_one_arm_alone_wakes_it_whatever_its_name(void **state)
{
    struct fixture *f = *state;
    static const char *const late[] = {NOBODY, IN_MARCH};
    static const char *const none[] = {"无", "无", "无", "无", "无", "无", IN_MARCH};
    static const char *const chinese[] = {NOBODY,         "2022年3月1日",  "2022年3月2日",
                                          "2022年4月3日", "2022年4月13日", "2022年5月1日",
                                          "2022年3月21日"};
    assert_true(wakes(f, "index_date", "boost_date", late));
    assert_true(wakes(f, "index_date", "boost", late));
    assert_true(wakes(f, "index_date", "rt_start_date", late));
    assert_true(wakes(f, "index_date", "boost", none));
    assert_true(wakes(f, "首次用药日期", "放疗开始日期", chinese));
    assert_true(wakes(f, "首次用药日期", "局部治疗", chinese));
}

static void other_columns_do_not(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name, *cell[12];
    } others[] = {
        {"chemo_start_date", {NOBODY, AT_ZERO}},
        {"surgery_date", {NOBODY, BEFORE}},
        {"boost_date", {IN_MARCH, IN_MARCH}},
        {"boost_date", {"2022-03-01", "", "", "2022-03-01", "", "", IN_MARCH}},
        {"progression_date", {NOBODY, IN_MARCH}},
        {"进展时间", {NOBODY, IN_MARCH}},
        {"rt_end_date", {NOBODY, IN_MARCH}},
        {"checked_on", {NOBODY, AT_THE_END}},
        {"rt_dose_gy", {NOBODY, "50", "50", "45", "60", "60", "50"}},
        {"hospital_days", {NOBODY, "5", "5", "4", "6", "6", "5"}},
        {"batch", {NOBODY, "30521", "30522", "30523", "30524", "30525", "30526"}},
        {"started", {"0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0"}},
    };
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (wakes(f, "index_date", others[k].name, others[k].cell))
            fail_msg("%s wakes it", others[k].name);
}

/* Files of the survival package and the like, as anybody would begin with them. */
static void it_sleeps_over_well_known_files(void **state)
{
    (void)state;
    static const char *const reads[] = {
        "sample_data/rotterdam.csv --arm hormon --endpoint os=dtime,death",
        "sample_data/rotterdam.csv --arm chemo --endpoint rfs=rtime,recur",
        "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2",
        "tests/oracle/data/veteran.csv --arm trt --endpoint os=time,status",
        "tests/oracle/data/gbsg.csv --arm hormon --endpoint rfs=rfstime,status",
        "tests/oracle/data/pbc.csv --arm trt --endpoint os=time,status:2",
    };
    for (size_t k = 0; k < sizeof reads / sizeof *reads; k++) {
        struct program_run run = program_run("%s --km --on-error drop", reads[k]);
        assert_code(run, 0);
        assert_null(strstr(run.out, "Immortal"));
        program_clear(&run);
    }
}

/* Starts at 30 and 60 days, told in months, of 150 days each: 90 of 300. */
static void times_in_another_unit_are_converted_and_said_to_be(void **state)
{
    struct fixture *f = *state;
    char *path =
        program_write_file(f->folder, "units.csv",
                           "id,arm,os_days,e,rt_start_mo\n1,0,100,1,\n2,0,30,1,\n3,0,90,0,\n"
                           "4,1,150,1,0.98562628336755647\n5,1,150,0,1.9712525667351129\n");
    struct program_facts facts =
        program_facts_of("%s --id id --arm arm --endpoint os=os_days,e --km", path);
    assert_close(program_facts_number(&facts, "immortal endpoint=os group=1 time.immortal"), 90,
                 1e-9);
    assert_close(program_facts_number(&facts, "immortal endpoint=os group=1 percent.immortal"), 30,
                 1e-9);
    program_facts_clear(&facts);
    struct program_run run = program_run("%s --id id --arm arm --endpoint os=os_days,e --km", path);
    assert_says(run.out, "rt_start_mo in the unit");
    program_clear(&run);
    free(path);
}

/* Without a date of time zero nobody knows how late the dates are. */
static void dates_by_role_without_time_zero_are_a_caution(void **state)
{
    struct fixture *f = *state;
    char *path = program_write_file(f->folder, "roles.csv",
                                    "id,arm,t,e,rt_start_date\n1,0,2,1,\n2,0,3,1,\n3,0,9,0,\n"
                                    "4,1,4,1,2022-03-01\n5,1,6,0,2022-03-01\n6,1,6,1,2022-04-01\n");
    struct program_facts facts = program_facts_of(READ "--km", path);
    assert_string_equal(json_string_value(program_facts_find(&facts, "immortal endpoint=d grade")),
                        "caution");
    program_facts_clear(&facts);
    struct program_run run = program_run(READ "--km", path);
    assert_says(run.out, "Caution: some immortal time|--index-date|rt_start_date");
    program_clear(&run);
    free(path);
}

/* ---- how much ---- */

/* Six treated, each followed for 1000: starts at 9, 30 and 60 are 0.9, 3 and 6 percent. */
static void the_share_decides_between_note_caution_and_biased(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int start;
        const char *grade, *words;
    } graded[] = {
        {9, "note", NULL},
        {30, "caution", "Caution: some immortal time"},
        {60, "biased", words},
    };
    for (size_t g = 0; g < 3; g++) {
        char text[600];
        int at = snprintf(text, sizeof text, "id,arm,t,e,start\n");
        for (int i = 0; i < 6; i++) {
            at += snprintf(text + at, sizeof text - (size_t)at, "a%d,0,%d,1,\n", i, 100 * i + 100);
            at += snprintf(text + at, sizeof text - (size_t)at, "b%d,1,1000,%d,%d\n", i, i % 2,
                           graded[g].start);
        }
        char *path = program_write_file(f->folder, "graded.csv", text);
        struct program_run run =
            program_run(READ "--exposure-start start --km --format json", path);
        struct program_facts facts = program_facts_parse(run.out);
        assert_string_equal(
            json_string_value(program_facts_find(&facts, "immortal endpoint=d grade")),
            graded[g].grade);
        const json_t *caution = program_facts_find(&facts, "immortal population=all caution");
        assert_true((strstr(run.out, "\"immortal-time\"") != NULL) == (graded[g].words != NULL));
        if (graded[g].words == NULL)
            assert_null(caution);
        else
            assert_string_equal(json_string_value(caution), graded[g].words);
        program_facts_clear(&facts);
        program_clear(&run);
        run = program_run(READ "--exposure-start start --km", path);
        assert_says(run.out, "Immortal time");
        assert_true((strstr(run.out, "Kaplan–Meier. ") != NULL) == (graded[g].words != NULL));
        program_clear(&run);
        free(path);
    }
}

/* ---- what answers instead ---- */

#define STUDY "--study sample_data/nct07062484.yaml "

/* Progression closes exposure: states of exposure answer for progression-free survival alone. */
static void it_names_what_answers_for_each_endpoint(void **state)
{
    (void)state;
    struct program_run run =
        program_run("sample_data/cohort.csv " STUDY "--timedep --ccw --landmark --cox --format md");
    assert_code(run, 0);
    assert_says(run.out, "For pfs read Clones, grace 9; Landmark at 6 months; Time-dependent "
                         "exposure. For os read Clones, grace 9; Landmark at 6 months.");
    assert_says(run.out, "(but for: Clones, grace 9)");
    program_clear(&run);
    run = program_run("sample_data/cohort.csv " STUDY "--cox --format md");
    assert_says(run.out, "Instead add --ccw, --landmark or --sequential.");
    program_clear(&run);
}

/* The sample without its date of progression. */
static char *without_progression(const struct fixture *f)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen("sample_data/cohort.csv", "r");
    assert_non_null(in);
    assert_true(getdelim(&text, &size, '\0', in) > 0);
    fclose(in);
    char *at = strstr(text, ",pd_date,");
    assert_non_null(at);
    memcpy(at, ",xx_note,", 9);
    char *path = program_write_file(f->folder, "unclosed.csv", text);
    free(text);
    return path;
}

static void what_answers_only_if_exposure_never_closes_is_not_excepted(void **state)
{
    struct fixture *f = *state;
    char *path = without_progression(f);
    struct program_run run = program_run("%s --id usubjid --arm arm --endpoint os=os_mo,os_event "
                                         "--covariates age,kps --exposure-start rt_start_mo --cox "
                                         "--ccw --landmark --timedep --sensitivity --format md",
                                         path);
    assert_code(run, 0);
    assert_null(strstr(run.out, "but for"));
    assert_says(run.out,
                "--exposure-until|without it read with caution Clones, grace 9; Landmark at 6");
    assert_says(run.out, "one more confounder: os, Clones, grace 9");
    program_clear(&run);
    free(path);
}

/* ---- arms and starts ---- */

/* 8 has no start, 3 of the control arm has one. */
static void arms_that_starts_contradict_are_told_once_whatever_runs(void **state)
{
    struct fixture *f = *state;
    char *path = program_write_file(f->folder, "unlike.csv",
                                    "id,arm,t,e,start\n1,0,2,1,\n2,0,3,1,\n3,0,4,1,1\n4,0,6,0,\n"
                                    "6,1,6,1,1\n7,1,8,0,2\n8,1,9,1,\n9,1,7,1,5\n");
    struct program_run run = program_run(READ "--exposure-start start --km --format json", path);
    assert_code(run, 0);
    assert_int_equal(count(run.out, "\"arm-and-exposure\""), 1);
    assert_says(run.out, "1 subjects of arm|and 1 of arm");
    program_clear(&run);
    free(path);
}

/* With the arms of the file a start that does not count is immortal time all the same: 281 begin, none within a month. */
static void starts_after_grace_stay_in_the_arms_of_the_file(void **state)
{
    (void)state;
    static const char read[] =
        "sample_data/cohort.csv --id usubjid --arm arm --endpoint pfs=pfs_mo,pfs_event "
        "--time-unit months --exposure-date rt_start_date --exposure-grace 4 --endpoints --km";
    struct program_facts facts = program_facts_of("%s", read);
    assert_close(program_facts_number(&facts, "immortal endpoint=pfs group=GP+Tis+RT n.late"), 281,
                 0);
    program_facts_clear(&facts);
    struct program_run run = program_run("%s --format md", read);
    assert_says(run.out, "keep them where column arm puts them|162 subjects of arm");
    program_clear(&run);
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
        cmocka_unit_test(a_start_that_the_file_tells_wakes_it_with_the_same_numbers),
        cmocka_unit_test(the_rule_switched_off_lets_it_sleep),
        cmocka_unit_test(a_later_date_in_one_arm_alone_wakes_it_whatever_its_name),
        cmocka_unit_test(other_columns_do_not),
        cmocka_unit_test(it_sleeps_over_well_known_files),
        cmocka_unit_test(times_in_another_unit_are_converted_and_said_to_be),
        cmocka_unit_test(dates_by_role_without_time_zero_are_a_caution),
        cmocka_unit_test(the_share_decides_between_note_caution_and_biased),
        cmocka_unit_test(it_names_what_answers_for_each_endpoint),
        cmocka_unit_test(what_answers_only_if_exposure_never_closes_is_not_excepted),
        cmocka_unit_test(arms_that_starts_contradict_are_told_once_whatever_runs),
        cmocka_unit_test(starts_after_grace_stay_in_the_arms_of_the_file),
        cmocka_unit_test(the_window_is_three_months_in_any_unit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
