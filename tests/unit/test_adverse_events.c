/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/adverse_events.h"
#include <math.h>
#include <string.h>

struct fixture {
    struct rwe_arena *arena;
    struct rwe_table *table;
    struct rwe_complaints complaints;
    struct rwe_adverse_events events;
    struct rwe_error error;
};

static const struct rwe_adverse_event_columns columns = {
    .id = "id", .term = "term", .grade = "grade"};
static const char *id[] = {"p1", "p2", "p3"};
/* o1 is of an arm that is not compared, x1 was left out. */
static const struct rwe_excluded_row excluded[] = {{.id = "o1", .arm = -1, .of_other_arm = true},
                                                   {.id = "x1", .arm = 0}};
static const struct rwe_cohort cohort = {
    .n = 3, .id = id, .has_id = true, .excluded = excluded, .n_excluded = 2};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = rwe_arena_new()};
    f.complaints.arena = f.arena;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_table_close(f->table);
    rwe_arena_free(f->arena);
    return 0;
}

static enum rwe_status take(struct fixture *f, const char *rows, bool drop)
{
    struct rwe_table_options options = rwe_table_options_default();
    char *text = rwe_arena_format(f->arena, "id,term,grade\n%s", rows);
    char *path = check_write_file(text, strlen(text));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &f->table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    return rwe_adverse_events_read(f->table, &columns, &cohort, drop, f->arena, &f->complaints,
                                   &f->events, &f->error);
}

static void check_event(const struct fixture *f, size_t k, const char *term, uint32_t subject,
                        uint8_t worst)
{
    assert_string_equal(f->events.term_name[f->events.term[k]], term);
    assert_int_equal(f->events.subject[k], subject);
    assert_int_equal(f->events.worst[k], worst);
}

static void the_worst_grade_of_each_subject_and_term_is_kept(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        take(f, "p2,Rash,1\np1,Nausea,1\np2,Rash,3\np2,Nausea,2\np2,Rash,2\np1,Nausea,1\n", false),
        RWE_OK);
    assert_int_equal(f->events.n_rows, 6);
    assert_int_equal(f->events.n, 3);
    check_event(f, 0, "Nausea", 0, 1);
    check_event(f, 1, "Nausea", 1, 2);
    check_event(f, 2, "Rash", 1, 3);
}

static void terms_that_differ_in_case_are_one(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,rash,1\np1,Rash,4\np2,RASH,2\n", false), RWE_OK);
    assert_int_equal(f->events.n, 2);
    check_event(f, 0, "RASH", 0, 4); /* the first in sorted order */
    check_event(f, 1, "RASH", 1, 2);
}

static void events_of_strangers_are_counted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,Rash,1\nq9,Rash,4\nq8,Nausea,4\n", false), RWE_OK);
    assert_int_equal(f->events.n_unknown, 2);
    assert_int_equal(f->events.n, 1);
    assert_int_equal(f->complaints.n, 0);
}

static void it_is_told_why_the_cohort_does_not_have_them(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "o1,Rash,1\no1,Nausea,2\nx1,Rash,4\nq8,Nausea,4\np1,Rash,1\n", false),
                     RWE_OK);
    assert_int_equal(f->events.n_unknown, 4);
    assert_int_equal(f->events.n_other_arm, 2);
    assert_int_equal(f->events.n_left_out, 1);
}

static void what_cannot_be_read_stops_the_run(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        take(f, "p1,Rash,6\np1,,1\n,Rash,1\np1,Rash,\np1,Rash,x\np1,Rash,1.5\n", false),
        RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 5); /* a grade that is not told is none of them */
    assert_non_null(strstr(f->error.message, "5 cells or rows"));
}

/* So many sound rows, and these. */
static const char *many_rows(struct fixture *f, int n, const char *others)
{
    char *rows = rwe_arena_alloc(f->arena, (size_t)n * 16 + strlen(others) + 1, 1);
    char *at = rows;
    for (int i = 0; i < n; i++)
        at = stpcpy(at, "p1,Rash,5\n");
    strcpy(at, others);
    return rows;
}

static void what_cannot_be_read_is_left_out_on_request_and_counted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, many_rows(f, 197, "p1,Rash,6\np3,Rash,-1\np3,,2\n"), true), RWE_OK);
    assert_int_equal(f->events.n_rows, 200);
    assert_int_equal(f->events.n_dropped, 3);
    assert_int_equal(f->events.n, 1);
    check_event(f, 0, "Rash", 0, 5);
}

static void more_than_one_row_in_a_hundred_is_not_left_out(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, many_rows(f, 197, "p1,Rash,6\np3,Rash,-1\np3,Rash,high\n"), true),
                     RWE_BAD_INPUT);
    assert_non_null(strstr(f->error.message, "3 of 200 rows"));
    assert_int_equal(take(f, "p1,Rash,high\np2,Rash,low\n", true), RWE_BAD_INPUT);
}

static void an_event_without_a_grade_is_kept(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        take(f, "p1,Rash,\np2,Rash,\np2,Rash,2\np3,Rash,unknown\np3,Nausea,有\n", false), RWE_OK);
    assert_int_equal(f->events.n_ungraded, 4);
    assert_int_equal(f->events.n, 4);
    check_event(f, 0, "Nausea", 2, 0);
    check_event(f, 1, "Rash", 0, 0);
    check_event(f, 2, "Rash", 1, 2);
    check_event(f, 3, "Rash", 2, 0);
}

static void grade_0_and_a_row_of_nothing_are_no_events(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,Rash,0\np2,Rash,无\np3,Rash,0级\np3,无,\np1,Nausea,1\n", false),
                     RWE_OK);
    assert_int_equal(f->events.n_none, 4);
    assert_int_equal(f->events.n, 1);
    check_event(f, 0, "Nausea", 0, 1);
}

static void grades_are_read_as_charts_write_them(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,Rash,III度\np1,Nausea,2级\np2,Rash,Ⅳ\np3,Rash,1\n", false),
                     RWE_OK);
    assert_int_equal(f->events.n, 4);
    check_event(f, 0, "Nausea", 0, 2);
    check_event(f, 1, "Rash", 0, 3);
    check_event(f, 2, "Rash", 1, 4);
    check_event(f, 3, "Rash", 2, 1);
}

static void every_way_to_write_a_grade_is_that_grade(void **state)
{
    (void)state;
    static const char *const of[][20] = {
        {"0", "无", "none", "0级", "Grade 0", "no", "未发生", "0.0"},
        {"1", "I", "ⅰ", "G1", "Grade 1", "mild", "MILD", "轻度", "一级", "I度", "1.0", "１"},
        {"2", "II", "Ⅱ", "g2", "grade II", "Moderate", "中度", "二级", "Gr 2", "2 - Moderate"},
        {"3",      "III",           "Ⅲ",
         "G3",     "Grade 3",       "severe",
         "SEVERE", "重度",          "三级",
         "III度",  "3.0",           "3 级",
         "3级",    "CTCAE Grade 3", "Grade 3 (Severe)",
         "3=重度", "3级（重度）",   "Severe (3)",
         "③",      "GRADE: 3"},
        {"4", "IV", "Ⅳ", "Ⅳ度", "life-threatening", "LIFE THREATENING", "危及生命", "四级"},
        {"5", "V", "Ⅴ", "fatal", "DEATH", "死亡", "五级", "Grade 5 - Fatal"},
    };
    for (int g = 0; g <= RWE_WORST_GRADE; g++)
        for (size_t w = 0; w < 20 && of[g][w] != NULL; w++)
            if (rwe_adverse_grade(of[g][w]) != g)
                fail_msg("\"%s\" is %d", of[g][w], rwe_adverse_grade(of[g][w]));
    static const char *const unknown[] = {"unknown", "UNK", "不详", "有", "Y", "not graded"},
                             *const wrong[] = {"6",  "VI",   "3-4",      "≥3",   "1.5",   "33",
                                               "-1", "high", "III-IV",   "1/2",  "Grade", "3 mild",
                                               "G",  "1 2",  "severely", "重度?"};
    for (size_t w = 0; w < sizeof unknown / sizeof *unknown; w++)
        assert_int_equal(rwe_adverse_grade(unknown[w]), RWE_GRADE_UNKNOWN);
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
        if (rwe_adverse_grade(wrong[w]) != RWE_NO_GRADE)
            fail_msg("\"%s\" is %d", wrong[w], rwe_adverse_grade(wrong[w]));
}

static void a_grade_beside_written_ones_that_is_none_is_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,Rash,III度\np2,Rash,很重\n", false), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_string_equal(f->complaints.item[0].value, "很重");
}

static enum rwe_status take_wide(struct fixture *f, const char *text, bool drop)
{
    static const char *terms[] = {"Rash", "Nausea"};
    const struct rwe_adverse_event_columns wide = {
        .id = "id", .wide = {terms, 2}, .with_details = true};
    struct rwe_table_options options = rwe_table_options_default();
    char *path = check_write_file(text, strlen(text));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &f->table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    return rwe_adverse_events_read(f->table, &wide, &cohort, drop, f->arena, &f->complaints,
                                   &f->events, &f->error);
}

static void columns_of_grades_are_terms(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take_wide(f, "id,Rash,Nausea\np1,0,2\np2,3,\np3,有,G1\n", false), RWE_OK);
    assert_int_equal(f->events.n_rows, 6);
    assert_int_equal(f->events.n_none, 2);
    assert_int_equal(f->events.n_ungraded, 1);
    assert_int_equal(f->events.n, 4);
    check_event(f, 0, "Nausea", 0, 2);
    check_event(f, 1, "Nausea", 2, 1);
    check_event(f, 2, "Rash", 1, 3);
    check_event(f, 3, "Rash", 2, 0);
}

static void a_bad_cell_of_a_wide_table_is_told_with_its_column(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take_wide(f, "id,Rash,Nausea\np1,0,2\np2,3,high\n", false), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_int_equal(f->complaints.item[0].line, 3);
    assert_string_equal(f->complaints.item[0].column, "Nausea");
    assert_int_equal(take_wide(f, "id,Rash,Nausea\np1,0,2\np2,3,high\n", true), RWE_BAD_INPUT);
}

/* ---- details ---- */

static enum rwe_status take_details(struct fixture *f, const char *text,
                                    const struct rwe_cohort *whose)
{
    static const struct rwe_adverse_event_columns with = {
        .id = "id", .term = "term", .grade = "grade", .with_details = true};
    struct rwe_table_options options = rwe_table_options_default();
    char *path = check_write_file(text, strlen(text));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &f->table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    return rwe_adverse_events_read(f->table, &with, whose, false, f->arena, &f->complaints,
                                   &f->events, &f->error);
}

static void details_follow_their_episodes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take_details(f,
                                  "id,term,grade,ae_action,ae_outcome,ae_rel_rt,ae_start_mo\n"
                                  "q9,Rash,1,none,fatal,3,1\n"
                                  "p1,Rash,1,Dose Reduced; delay,Recovered,,2.5\n"
                                  "p2,Rash,1,,unknown,unlikely,\n"
                                  "p3,Rash,1,停药,好转,可能,0\n",
                                  &cohort),
                     RWE_OK);
    static const struct {
        enum rwe_adverse_fact fact;
        int8_t of[3]; /* p1, p2, p3: 1 yes, 0 no, −1 not known */
    } expected[] = {
        {RWE_AE_HAD_DELAY, {1, -1, 0}},
        {RWE_AE_HAD_REDUCTION, {1, -1, 0}},
        {RWE_AE_HAD_DISCONTINUATION, {0, -1, 1}},
        {RWE_AE_IS_RESOLVED, {1, -1, 0}},
        {RWE_AE_IS_RT, {-1, 0, 1}},
    };
    const struct rwe_adverse_episodes *e = &f->events.episode;
    assert_int_equal(e->n, 3);
    for (size_t x = 0; x < sizeof expected / sizeof expected[0]; x++)
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(e->fact[expected[x].fact][k], expected[x].of[k]);
    assert_close(e->start[0], 2.5, 0);
    assert_true(isnan(e->start[1]));
    assert_close(e->start[2], 0, 0);
    assert_null(e->fact[RWE_AE_IS_SERIOUS]);
}

static void rows_without_the_flag_of_the_others_are_left_out(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        take_details(f, "id,term,grade,TRTEMFL\np1,Rash,1,Y\np2,Rash,2,N\np3,Rash,3,\n", &cohort),
        RWE_OK);
    assert_int_equal(f->events.n_not_emergent, 2);
    assert_int_equal(f->events.n, 1);
    assert_int_equal(take_details(f, "id,term,grade,TRTEMFL\np1,Rash,1,\np2,Rash,2,\n", &cohort),
                     RWE_OK);
    assert_int_equal(f->events.n_not_emergent, 0); /* a flag that nobody has says nothing */
    assert_int_equal(f->events.n, 2);
}

static void words_for_causality_are_yes_or_no(void **state)
{
    struct fixture *f = *state;
    static const char *const yes[] = {"POSSIBLE", "PROBABLY RELATED", "Definite",
                                      "相关",     "很可能有关",       "suspected"},
                             *const no[] = {"REMOTE",   "UNLIKELY RELATED", "NOT RELATED",
                                            "可能无关", "肯定无关",         "None"};
    for (size_t w = 0; w < 6; w++) {
        char *text = rwe_arena_format(
            f->arena, "id,term,grade,ae_rel_rt\np1,Rash,1,%s\np2,Rash,1,%s\n", yes[w], no[w]);
        assert_int_equal(take_details(f, text, &cohort), RWE_OK);
        assert_int_equal(f->events.episode.fact[RWE_AE_IS_RT][0], 1);
        assert_int_equal(f->events.episode.fact[RWE_AE_IS_RT][1], 0);
    }
}

/* A month alone is its 15th, but never before time zero in the same month. */
static void dates_count_from_time_zero(void **state)
{
    struct fixture *f = *state;
    static struct rwe_patient_dates patient[3];
    for (int i = 0; i < 3; i++)
        patient[i].date[RWE_DATE_INDEX] = (struct rwe_dated){.day = 19498, .kind = RWE_DATED_DAY};
    const struct rwe_cohort_dates dates = {.patient = patient, .days_per_unit = 2};
    struct rwe_cohort dated = cohort;
    dated.dates = &dates;
    assert_int_equal(take_details(f,
                                  "id,term,grade,ae_start_date\n"
                                  "p1,Rash,1,2023-05-31\np2,Rash,1,2023-05\np3,Rash,1,2023-06\n",
                                  &dated),
                     RWE_OK); /* time zero is 2023-05-21 */
    assert_close(f->events.episode.start[0], 5, 0);
    assert_close(f->events.episode.start[1], 0, 0);
    assert_close(f->events.episode.start[2], 12.5, 0);
}

/* By month: no later than the death, no earlier than the start of the exposure, no later than the patient was last
 * seen. Of a death by month, an onset by day in that month is no later. */
static void onsets_by_month_agree_with_the_other_dates(void **state)
{
    struct fixture *f = *state;
    static struct rwe_patient_dates patient[3];
    const int32_t zero = 19358, december = 19692; /* 2023-01-01, 2023-12-01 */
    for (int i = 0; i < 3; i++)
        patient[i].date[RWE_DATE_INDEX] = (struct rwe_dated){zero, RWE_DATED_DAY};
    patient[0].date[RWE_DATE_DEATH] = (struct rwe_dated){december + 9, RWE_DATED_DAY};
    patient[1].date[RWE_DATE_EXPOSURE] = (struct rwe_dated){december + 19, RWE_DATED_DAY};
    patient[1].date[RWE_DATE_LAST_CONTACT] = (struct rwe_dated){december + 90, RWE_DATED_DAY};
    patient[2].date[RWE_DATE_DEATH] = (struct rwe_dated){december + 14, RWE_DATED_MONTH};
    const struct rwe_cohort_dates dates = {.patient = patient, .days_per_unit = 1};
    struct rwe_cohort dated = cohort;
    dated.dates = &dates;
    assert_int_equal(take_details(f,
                                  "id,term,grade,ae_start_date\n"
                                  "p1,Death,5,2023-12\np2,Rash,1,2023-12\np3,Death,5,2023-12-20\n",
                                  &dated),
                     RWE_OK);
    assert_close(f->events.episode.start[0], december + 9 - zero, 0);
    assert_close(f->events.episode.start[1], december + 19 - zero, 0);
    assert_close(f->events.episode.start[2], december + 14 - zero, 0);
    patient[1].date[RWE_DATE_EXPOSURE] = (struct rwe_dated){0};
    patient[1].date[RWE_DATE_LAST_CONTACT].day = december + 4;
    assert_int_equal(take_details(f, "id,term,grade,ae_start_date\np2,Rash,1,2023-12\n", &dated),
                     RWE_OK);
    assert_close(f->events.episode.start[0], december + 4 - zero, 0);
}

static void a_cohort_without_identifier_has_no_events(void **state)
{
    struct fixture *f = *state;
    struct rwe_cohort anonymous = cohort;
    assert_int_equal(take(f, "p1,Rash,1\n", false), RWE_OK);
    anonymous.has_id = false;
    assert_int_equal(rwe_adverse_events_read(f->table, &columns, &anonymous, false, f->arena,
                                             &f->complaints, &f->events, &f->error),
                     RWE_USAGE);
    assert_non_null(strstr(f->error.message, "--id"));
}

static void a_column_that_does_not_exist_is_told(void **state)
{
    struct fixture *f = *state;
    static const struct rwe_adverse_event_columns wrong = {
        .id = "id", .term = "terms", .grade = "grade"};
    assert_int_equal(take(f, "p1,Rash,1\n", false), RWE_OK);
    assert_int_equal(rwe_adverse_events_read(f->table, &wrong, &cohort, false, f->arena,
                                             &f->complaints, &f->events, &f->error),
                     RWE_NO_COLUMN);
    assert_non_null(strstr(f->error.message, "did you mean \"term\"?"));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(the_worst_grade_of_each_subject_and_term_is_kept),
        FRESH(terms_that_differ_in_case_are_one),
        FRESH(events_of_strangers_are_counted),
        FRESH(it_is_told_why_the_cohort_does_not_have_them),
        FRESH(what_cannot_be_read_stops_the_run),
        FRESH(what_cannot_be_read_is_left_out_on_request_and_counted),
        FRESH(grades_are_read_as_charts_write_them),
        FRESH(a_grade_beside_written_ones_that_is_none_is_told),
        FRESH(more_than_one_row_in_a_hundred_is_not_left_out),
        FRESH(an_event_without_a_grade_is_kept),
        FRESH(grade_0_and_a_row_of_nothing_are_no_events),
        FRESH(every_way_to_write_a_grade_is_that_grade),
        FRESH(columns_of_grades_are_terms),
        FRESH(a_bad_cell_of_a_wide_table_is_told_with_its_column),
        FRESH(rows_without_the_flag_of_the_others_are_left_out),
        FRESH(words_for_causality_are_yes_or_no),
        FRESH(details_follow_their_episodes),
        FRESH(dates_count_from_time_zero),
        FRESH(onsets_by_month_agree_with_the_other_dates),
        FRESH(a_cohort_without_identifier_has_no_events),
        FRESH(a_column_that_does_not_exist_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
