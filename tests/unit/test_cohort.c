/* SPDX-License-Identifier: GPL-3.0-or-later */
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
    f.settings = rwe_settings_new(f.arena, (const struct rwe_options *[]){&rwe_study_options}, 1);
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

static void set_usual(struct fixture *f)
{
    set(f, "id", "id");
    set(f, "arm", "arm");
    set(f, "endpoint", "os=t,e");
}

static enum rwe_status build(struct fixture *f, const char *text)
{
    struct rwe_table_options options = rwe_table_options_default();
    char *path = check_write_file(text, strlen(text));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &f->table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    const struct rwe_cohort_tables tables = {.patients = f->table};
    return rwe_cohort_build(&tables, rwe_study_of(f->settings), f->arena, &f->complaints,
                            &f->cohort, &f->error);
}

static void check_ids(const struct fixture *f, const char *const expected[], size_t n)
{
    assert_int_equal(f->cohort->n, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(f->cohort->id[i], expected[i]);
}

static void subjects_stand_by_identifier_as_numbers_where_all_are(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    assert_int_equal(build(f, "id,arm,t,e\n10,a,1,1\n9,b,2,0\n1e1.5,a,3,0\n"), RWE_OK);
    assert_false(f->cohort->id_is_number); /* the third is none */
    check_ids(f, (const char *[]){"10", "1e1.5", "9"}, 3);
    tear_down(state);
    set_up(state);
    set_usual(f);
    assert_int_equal(build(f, "id,arm,t,e\n10,a,1,1\n9,b,2,0\n-1,a,3,0\n"), RWE_OK);
    assert_true(f->cohort->id_is_number);
    check_ids(f, (const char *[]){"-1", "9", "10"}, 3);
    assert_int_equal(f->cohort->row[0], 2);
}

static void a_subject_is_found_by_its_identifier(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    assert_int_equal(build(f, "id,arm,t,e\n10,a,1,1\n9,b,2,0\n-1,a,3,0\n"), RWE_OK);
    assert_int_equal(rwe_cohort_find(f->cohort, "9"), 1);
    assert_int_equal(rwe_cohort_find(f->cohort, "9.0"), 1);
    assert_true(rwe_cohort_find(f->cohort, "8") == RWE_NO_INDEX);
    assert_true(rwe_cohort_find(f->cohort, "nine") == RWE_NO_INDEX);
}

static void without_identifier_the_row_is_the_name_and_nobody_is_found(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "endpoint", "os=t,e");
    assert_int_equal(build(f, "arm,t,e\na,1,1\nb,2,0\n"), RWE_OK);
    assert_false(f->cohort->has_id);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(f->cohort->id[i][0] - '1', f->cohort->row[i]);
    assert_true(rwe_cohort_find(f->cohort, "1") == RWE_NO_INDEX);
}

static void the_control_is_the_first_level_or_the_one_named(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "id,arm,t,e\n1,b,1,1\n2,a,2,0\n3,c,3,0\n4,c,4,0\n";
    set_usual(f);
    assert_int_equal(build(f, text), RWE_OK);
    assert_int_equal(f->cohort->n_arms, 3);
    assert_string_equal(f->cohort->arm_level[0], "a");
    assert_int_equal(f->cohort->arm[1], 0);
    assert_int_equal(f->cohort->arm_size[2], 2);
    tear_down(state);
    set_up(state);
    set_usual(f);
    set(f, "control", "c");
    assert_int_equal(build(f, text), RWE_OK);
    assert_string_equal(f->cohort->arm_level[0], "c");
    assert_string_equal(f->cohort->arm_level[1], "a");
    assert_string_equal(f->cohort->arm_level[2], "b");
    tear_down(state);
    set_up(state);
    set_usual(f);
    set(f, "treated", "a");
    assert_int_equal(build(f, text), RWE_OK);
    assert_string_equal(f->cohort->arm_level[2], "a");
}

static void two_named_arms_leave_the_others_out_counted(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "control", "c");
    set(f, "treated", "a");
    assert_int_equal(build(f, "id,arm,t,e\n1,b,1,1\n2,a,2,1\n3,c,3,0\n4,c,4,0\n"), RWE_OK);
    assert_int_equal(f->cohort->n_arms, 2);
    assert_string_equal(f->cohort->arm_level[0], "c");
    check_ids(f, (const char *[]){"2", "3", "4"}, 3);
    assert_int_equal(f->cohort->n_rows, 4);
    assert_int_equal(f->cohort->n_excluded, 1);
    assert_int_equal(f->cohort->excluded[0].line, 2);
    assert_string_equal(f->cohort->excluded[0].id, "1");
    assert_int_equal(f->complaints.n, 0);
}

static void nearly_equal_times_become_equal_and_stand_in_order_of_identifier(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    assert_int_equal(build(f, "id,arm,t,e\n1,a,0.30000000000000004,1\n2,b,0.3,0\n3,a,0.1,1\n"),
                     RWE_OK);
    const struct rwe_endpoint *os = &f->cohort->endpoint[0];
    assert_close(os->time[0], 0.3, 0);
    assert_close(os->time[1], 0.3, 0);
    assert_int_equal(os->order[0], 2);
    assert_int_equal(os->order[1], 0); /* before 1, though its time was later in the file */
    assert_int_equal(os->order[2], 1);
    assert_int_equal(os->n_events, 2);
}

/* Neither time nor event of pfs: 2 is in os alone; with one of them, or in no endpoint, a cell is missing. */
static void who_lacks_one_endpoint_stays_in_the_others(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "id,arm,t,e,p,q\n1,a,5,1,3,1\n2,b,4,0,,\n3,a,6,0,6,0\n4,b,7,1,2,1\n";
    set_usual(f);
    set(f, "endpoint", "pfs=p,q");
    assert_int_equal(build(f, text), RWE_OK);
    static const uint8_t absent[] = {0, 1, 0, 0};
    assert_int_equal(f->cohort->n, 4);
    assert_null(f->cohort->endpoint[0].absent);
    assert_memory_equal(f->cohort->endpoint[1].absent, absent, sizeof absent);
    assert_int_equal(f->cohort->endpoint[1].n_events, 2);
    tear_down(state);
    set_up(state);
    set_usual(f);
    set(f, "endpoint", "pfs=p,q");
    assert_int_equal(build(f, "id,arm,t,e,p,q\n1,a,5,1,3,1\n2,b,4,0,,1\n3,a,,,,\n4,b,7,1,2,1\n"),
                     RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 5);
}

static void events_are_counted_as_their_value_says(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "endpoint", "os=t,e:2+dead");
    set(f, "id", "id");
    assert_int_equal(build(f, "id,arm,t,e\n1,a,1,2\n2,b,2,2.0\n3,a,3,1\n4,a,3,dead\n"), RWE_OK);
    static const uint8_t expected[] = {1, 1, 0, 1};
    assert_memory_equal(f->cohort->endpoint[0].event, expected, 4);
}

static void covariates_are_numbers_or_categories(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "covariates", "age,sex,stage,grade,all-missing");
    set(f, "categorical", "grade");
    assert_int_equal(build(f, "id,arm,t,e,age,sex,stage,grade,all-missing\n"
                              "1,a,1,1,50,0,II,10,\n2,b,2,0,NA,1,I,2,\n3,a,3,0,70,1,,10,\n"),
                     RWE_OK);
    const struct rwe_variable *v = f->cohort->covariate;
    assert_int_equal(f->cohort->n_covariates, 5);
    assert_false(v[0].categorical);
    assert_false(v[0].binary);
    assert_nan(v[0].number[1]);
    assert_int_equal(v[0].n_missing, 1);
    assert_true(v[1].binary);
    assert_true(v[2].categorical);
    assert_string_equal(v[2].level[0], "I");
    assert_int_equal(v[2].code[0], 1);
    assert_int_equal(v[2].code[2], -1);
    assert_int_equal(v[2].n_missing, 1);
    assert_true(v[3].categorical);
    assert_string_equal(v[3].level[0], "2"); /* as numbers: before 10 */
    assert_int_equal(v[4].n_missing, 3);
}

static void levels_that_are_left_out_with_their_rows_do_not_occur(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "covariates", "stage");
    set(f, "on-error", "drop");
    assert_int_equal(build(f, "id,arm,t,e,stage\n1,a,1,1,II\n2,b,2,0,III\n3,a,-3,0,I\n"), RWE_OK);
    assert_int_equal(f->cohort->covariate[0].n_levels, 2);
    assert_string_equal(f->cohort->covariate[0].level[0], "II");
    assert_int_equal(f->cohort->covariate[0].code[0], 0);
    assert_int_equal(f->cohort->n_excluded, 1);
    assert_string_equal(f->cohort->excluded[0].reason, "t: negative");
}

static void which_of_two_rows_counts_is_never_chosen_by_dropping(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "on-error", "drop");
    assert_int_equal(build(f, "id,arm,t,e\n2,b,5,0\n1,a,1,1\n2,a,2,1\n2,a,3,0\n3,b,4,0\n"),
                     RWE_BAD_INPUT);
    assert_non_null(strstr(f->error.message, "3 rows"));
    assert_non_null(strstr(f->error.message, "--rows first or --rows last"));
    assert_int_equal(f->complaints.n, 3);
    assert_non_null(strstr(f->complaints.item[0].advice, "line 4 has it too"));
    assert_non_null(strstr(f->complaints.item[1].advice, "line 2 has it too"));
}

static void a_row_with_two_faults_is_left_out_once(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "on-error", "drop");
    assert_int_equal(build(f, "id,arm,t,e\n1,a,1,1\n2,b,2,0\n3,a,-1,7\n"), RWE_OK);
    assert_int_equal(f->complaints.n, 2);
    assert_int_equal(f->cohort->n_excluded, 1);
    assert_int_equal(f->cohort->n + f->cohort->n_excluded, f->cohort->n_rows);
}

static void strata_are_combinations_in_sorted_order(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "strata", "site,sex");
    set(f, "cluster", "site");
    assert_int_equal(build(f, "id,arm,t,e,site,sex\n1,a,1,1,B,M\n2,b,2,0,A,M\n3,a,3,0,B,F\n"
                              "4,a,3,0,B,M\n"),
                     RWE_OK);
    static const uint32_t expected[] = {2, 0, 1, 2};
    assert_int_equal(f->cohort->n_strata, 3); /* A-F does not occur */
    assert_memory_equal(f->cohort->stratum, expected, sizeof expected);
    assert_string_equal(f->cohort->strata_name, "site, sex");
    assert_int_equal(f->cohort->n_clusters, 2);
    assert_int_equal(f->cohort->cluster[0], f->cohort->cluster[2]);
}

static void missing_starts_of_exposure_mean_never(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "exposure-start", "rt");
    assert_int_equal(build(f, "id,arm,t,e,rt\n1,a,1,1,\n2,b,2,0,0.5\n"), RWE_OK);
    assert_nan(f->cohort->exposure_start[0]);
    assert_close(f->cohort->exposure_start[1], 0.5, 0);
}

static void late_entry_is_read_and_must_lie_before_the_time(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "entry", "en");
    assert_int_equal(build(f, "id,arm,en,t,e\n2,b,0.5,2,0\n1,a,0,1,1\n"), RWE_OK);
    assert_close(f->cohort->entry[0], 0, 0);
    assert_close(f->cohort->entry[1], 0.5, 0);
}

static void an_entry_after_the_time_is_a_complaint(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "entry", "en");
    assert_int_equal(build(f, "id,arm,en,t,e\n2,b,2,2,0\n1,a,0,1,1\n"), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_string_equal(f->complaints.item[0].reason, "not before the end of follow-up");
    assert_string_equal(f->complaints.item[0].value, "2");
}

/* The times 1 and 1 + 1e-9 are one for the tie rule, the first: then who enters between them would
 * leave before. Without that subject the rest stands. */
static const char *const moved = "id,arm,en,t,e\n1,a,0,1,1\n2,b,1.0000000005,1.000000001,0\n"
                                 "3,b,0,2,0\n";

static void an_entry_that_ties_bring_to_the_time_is_a_complaint(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "entry", "en");
    assert_int_equal(build(f, moved), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_int_equal(f->complaints.item[0].line, 3);
    assert_string_equal(f->complaints.item[0].column, "en");
    assert_string_equal(f->complaints.item[0].reason, "not before the end of follow-up");
    assert_non_null(strstr(f->complaints.item[0].advice, "count as one, 1"));
    assert_non_null(strstr(f->error.message, "--on-error drop"));
}

static void that_entry_can_be_left_out(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    set(f, "entry", "en");
    set(f, "on-error", "drop");
    set(f, "strata", "e");
    assert_int_equal(build(f, moved), RWE_OK);
    assert_int_equal(f->cohort->n, 2);
    assert_int_equal(f->cohort->n_excluded, 1);
    assert_int_equal(f->cohort->n_strata, 2);
    assert_int_equal(f->cohort->excluded[0].line, 3);
}

static void every_complaint_is_kept_and_stops_the_run(void **state)
{
    struct fixture *f = *state;
    set_usual(f);
    assert_int_equal(build(f, "id,arm,t,e\n,a,1,1\n2,,2,0\n3,a,,0\n4,b,x,\n"), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 5);
    assert_non_null(strstr(f->error.message, "5 cells or rows"));
    assert_non_null(strstr(f->error.message, "in every row"));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(subjects_stand_by_identifier_as_numbers_where_all_are),
        FRESH(a_subject_is_found_by_its_identifier),
        FRESH(without_identifier_the_row_is_the_name_and_nobody_is_found),
        FRESH(the_control_is_the_first_level_or_the_one_named),
        FRESH(two_named_arms_leave_the_others_out_counted),
        FRESH(nearly_equal_times_become_equal_and_stand_in_order_of_identifier),
        FRESH(who_lacks_one_endpoint_stays_in_the_others),
        FRESH(events_are_counted_as_their_value_says),
        FRESH(covariates_are_numbers_or_categories),
        FRESH(levels_that_are_left_out_with_their_rows_do_not_occur),
        FRESH(which_of_two_rows_counts_is_never_chosen_by_dropping),
        FRESH(a_row_with_two_faults_is_left_out_once),
        FRESH(strata_are_combinations_in_sorted_order),
        FRESH(missing_starts_of_exposure_mean_never),
        FRESH(late_entry_is_read_and_must_lie_before_the_time),
        FRESH(an_entry_after_the_time_is_a_complaint),
        FRESH(an_entry_that_ties_bring_to_the_time_is_a_complaint),
        FRESH(that_entry_can_be_left_out),
        FRESH(every_complaint_is_kept_and_stops_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
