/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When exposure can no longer begin: what tells it, in which unit, and which endpoints go on after it. */
#include "check.h"

#include "rwe/data/cohort.h"

#include <math.h>
#include <string.h>

struct fixture {
    struct rwe_arena *arena;
    struct rwe_settings *settings;
    struct rwe_complaints complaints;
    struct rwe_table *table;
    const struct rwe_cohort *cohort;
    struct rwe_error error;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = rwe_arena_new()};
    f.complaints.arena = f.arena;
    const struct rwe_options *const lists[] = {&rwe_study_options};
    f.settings = rwe_settings_new(f.arena, lists, 1);
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

static void set(struct fixture *f, const char *name, const char *text)
{
    assert_int_equal(rwe_settings_set(f->settings, name, text, RWE_FROM_COMMAND, &f->error),
                     RWE_OK);
}

static enum rwe_status build(struct fixture *f, const char *text)
{
    struct rwe_table_options options = rwe_table_options_default();
    char *path = check_write_file(text, strlen(text));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &f->table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    set(f, "id", "id");
    set(f, "arm", "arm");
    const struct rwe_cohort_tables tables = {.patients = f->table};
    return rwe_cohort_build(&tables, rwe_study_of(f->settings), f->arena, &f->complaints,
                            &f->cohort, &f->error);
}

/* Times in months: 2023-03-02 is day 60, 1.97 months. Subject 1 progressed then and lived on, 2 died without
 * progression, 3 is well, 4 was irradiated after progression. */
#define HEADER "id,arm,rt,pfs,pfs_event,os,died,index_date,pd_date,death_date,other\n"
#define ROWS                                                                                       \
    "1,a,,1.98,1,9,1,2023-01-01,2023-03-02,2023-10-02,2023-02-01\n"                                \
    "2,a,,4,1,4,1,2023-01-01,,2023-05-03,\n"                                                       \
    "3,b,3,12,0,12,0,2023-01-01,,,2023-06-01\n"                                                    \
    "4,b,5,1.98,1,11,0,2023-01-01,2023-03-02,,\n"
static const char file[] = HEADER ROWS;

static void nothing_is_asked_where_nobody_is_exposed_later(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    assert_int_equal(build(f, file), RWE_OK);
    assert_null(f->cohort->exposure_until);
    assert_int_equal(f->cohort->closure, RWE_CLOSURE_UNKNOWN);
    assert_int_equal(f->cohort->endpoint[0].reach, RWE_REACH_UNKNOWN);
}

static void an_endpoint_that_ends_with_progression_tells_it(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "endpoint", "pfs=pfs,pfs_event");
    set(f, "exposure-start", "rt");
    assert_int_equal(build(f, file), RWE_OK);
    static const double until[] = {1.98, 4, INFINITY, 1.98};
    assert_memory_equal(f->cohort->exposure_until, until, sizeof until);
    assert_int_equal(f->cohort->closure, RWE_CLOSURE_PROGRESSION);
    assert_string_equal(f->cohort->closed_by, "pfs");
    assert_int_equal(f->cohort->endpoint[0].reach, RWE_REACH_BEYOND);
    assert_int_equal(f->cohort->endpoint[1].reach, RWE_REACH_CLOSED);
    assert_close(rwe_cohort_exposure(f->cohort, 2), 3, 0);
    assert_nan(rwe_cohort_exposure(f->cohort, 3)); /* at 5, when it was closed */
    assert_nan(rwe_cohort_exposure(f->cohort, 0));
}

static void the_date_of_progression_tells_it_where_survival_alone_is_declared(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    assert_int_equal(build(f, file), RWE_OK); /* no unit: days would put it after death */
    assert_string_equal(f->cohort->closed_by, "pd_date");
    assert_close(f->cohort->exposure_until[0], 60 / 30.4375, 1e-15);
    assert_true(isinf(f->cohort->exposure_until[1]));
    assert_int_equal(f->cohort->endpoint[0].reach, RWE_REACH_BEYOND);
}

static void the_declared_unit_counts(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    set(f, "time-unit", "weeks");
    set(f, "columns", "death_date=none,last_contact_date=none"); /* else they contradict it */
    assert_int_equal(build(f, file), RWE_OK);
    assert_close(f->cohort->exposure_until[0], 60 / 7.0, 1e-15);
}

/* In days: 60 of progression lie after 9 units of follow-up, and 274 to death are not 9 days. */
static void a_declared_unit_that_dates_contradict_tells_nothing(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    set(f, "time-unit", "days");
    assert_int_equal(build(f, file), RWE_OK);
    assert_int_equal(f->cohort->closure, RWE_CLOSURE_UNKNOWN);
}

static void without_time_zero_or_any_date_it_is_unknown(void **state)
{
    static const char *const renamed[] = {"index_date=none", "pd_date=none"};
    for (size_t k = 0; k < 2; k++) {
        struct fixture *f = *state;
        set(f, "endpoint", "os=os,died");
        set(f, "exposure-start", "rt");
        set(f, "time-unit", "months");
        set(f, "columns", renamed[k]);
        assert_int_equal(build(f, file), RWE_OK);
        assert_int_equal(f->cohort->closure, RWE_CLOSURE_UNKNOWN);
        tear_down(state);
        set_up(state);
    }
}

/* A month of progression that begins before time zero is time zero; what is earlier is another course. */
static void progression_is_not_before_time_zero(void **state)
{
    static const char early[] = HEADER ROWS "5,b,,7,1,8,1,2023-01-20,2023-01,2023-09-20,\n6,a,,7,1,"
                                            "8,1,2023-01-20,2022-06-01,2023-09-20,\n";
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    assert_int_equal(build(f, early), RWE_OK);
    assert_close(f->cohort->exposure_until[4], 0, 0);
    assert_true(isinf(f->cohort->exposure_until[5]));
}

/* Local control or metastases are a part of progression; the date of the whole stands in the file. */
static void an_endpoint_of_a_part_of_progression_does_not_close_it(void **state)
{
    static const char *const names[] = {"lrfs=pfs,pfs_event", "dmfs=pfs,pfs_event",
                                        "os_after_progression=pfs,pfs_event", "pfs2=pfs,pfs_event"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        struct fixture *f = *state;
        set(f, "endpoint", "os=os,died");
        set(f, "endpoint", names[k]);
        set(f, "exposure-start", "rt");
        assert_int_equal(build(f, file), RWE_OK);
        assert_string_equal(f->cohort->closed_by, "pd_date");
        tear_down(state);
        set_up(state);
    }
}

static void a_start_on_the_day_of_progression_is_none(void **state)
{
    static const char same[] = HEADER ROWS "5,b,1.97,7,1,8,1,2023-01-01,2023-03-02,2023-09-01,\n";
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    assert_int_equal(build(f, same), RWE_OK);
    assert_nan(rwe_cohort_exposure(f->cohort, 4)); /* 1.97 of 1.9713 */
}

static void endpoints_from_dates_bring_progression_and_death(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "os");
    set(f, "exposure-date", "other");
    set(f, "columns", "last_contact_date=index_date");
    assert_int_equal(build(f, HEADER ROWS), RWE_OK);
    assert_close(f->cohort->exposure_until[1], 122 / 30.4375, 1e-15); /* death, 2023-05-03 */
    assert_string_equal(f->cohort->closed_by, "pd_date");
}

static void it_can_be_named(void **state)
{
    static const struct {
        const char *name;
        double first;
        enum rwe_reach reach;
    } names[] = {{"OS", 9, RWE_REACH_CLOSED}, {"other", 31 / 30.4375, RWE_REACH_BEYOND}};
    for (size_t k = 0; k < 2; k++) {
        struct fixture *f = *state;
        set(f, "endpoint", "os=os,died");
        set(f, "exposure-start", "rt");
        set(f, "exposure-until", names[k].name);
        assert_int_equal(build(f, file), RWE_OK);
        assert_int_equal(f->cohort->closure, RWE_CLOSURE_NAMED);
        assert_close(f->cohort->exposure_until[0], names[k].first, 1e-15);
        assert_int_equal(f->cohort->endpoint[0].reach, names[k].reach);
        tear_down(state);
        set_up(state);
    }
}

static void without_progression_it_is_unknown(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    set(f, "columns", "pd_date=none");
    assert_int_equal(build(f, file), RWE_OK);
    assert_int_equal(f->cohort->closure, RWE_CLOSURE_UNKNOWN);
    assert_null(f->cohort->exposure_until);
    assert_int_equal(f->cohort->endpoint[0].reach, RWE_REACH_UNKNOWN);
    assert_close(rwe_cohort_exposure(f->cohort, 3), 5, 0);
}

static void cells_that_cannot_be_read_are_complaints_only_where_the_column_was_named(void **state)
{
    static const char unread[] = HEADER ROWS "5,b,,7,1,8,1,2023-01-01,soon,,2023-02-02\n";
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    assert_int_equal(build(f, unread), RWE_OK);
    assert_int_equal(f->cohort->closure, RWE_CLOSURE_UNKNOWN);
    tear_down(state);
    set_up(state);
    f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    set(f, "exposure-until", "pd_date");
    assert_int_equal(build(f, unread), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_string_equal(f->complaints.item[0].value, "soon");
}

static void a_name_that_is_none_is_told(void **state)
{
    struct fixture *f = *state;
    set(f, "endpoint", "os=os,died");
    set(f, "exposure-start", "rt");
    set(f, "exposure-until", "progresion");
    assert_int_equal(build(f, file), RWE_NO_COLUMN);
    assert_non_null(strstr(f->error.message, "--exposure-until"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_asked_where_nobody_is_exposed_later),
        TEST(an_endpoint_that_ends_with_progression_tells_it),
        TEST(the_date_of_progression_tells_it_where_survival_alone_is_declared),
        TEST(the_declared_unit_counts),
        TEST(a_declared_unit_that_dates_contradict_tells_nothing),
        TEST(without_time_zero_or_any_date_it_is_unknown),
        TEST(progression_is_not_before_time_zero),
        TEST(an_endpoint_of_a_part_of_progression_does_not_close_it),
        TEST(a_start_on_the_day_of_progression_is_none),
        TEST(endpoints_from_dates_bring_progression_and_death),
        TEST(it_can_be_named),
        TEST(without_progression_it_is_unknown),
        TEST(cells_that_cannot_be_read_are_complaints_only_where_the_column_was_named),
        TEST(a_name_that_is_none_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
