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
    assert_int_equal(f->complaints.n, 6);
    assert_non_null(strstr(f->error.message, "6 cells or rows"));
}

static void what_cannot_be_read_is_left_out_on_request_and_counted(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,Rash,6\np1,Rash,5\np3,Rash,-1\np3,Nausea,\n", true), RWE_OK);
    assert_int_equal(f->events.n_dropped, 3);
    assert_int_equal(f->events.n, 1);
    check_event(f, 0, "Rash", 0, 5);
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
    assert_int_equal(rwe_adverse_grade("VI"), 0);
    assert_int_equal(rwe_adverse_grade("3 "), 0);
}

static void a_grade_beside_written_ones_that_is_none_is_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(take(f, "p1,Rash,III度\np2,Rash,重度\n", false), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_string_equal(f->complaints.item[0].value, "重度");
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
        FRESH(details_follow_their_episodes),
        FRESH(dates_count_from_time_zero),
        FRESH(onsets_by_month_agree_with_the_other_dates),
        FRESH(a_cohort_without_identifier_has_no_events),
        FRESH(a_column_that_does_not_exist_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
