/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Criteria of the study: where they come from, whom they leave out, and how it is counted. */
#include "check.h"

#include "rwe/data/cohort.h"
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

static enum rwe_status study(struct fixture *f, const char *text)
{
    return rwe_study_load_text(f->settings, text, strlen(text), "s.yaml", &f->error);
}

#define HEAD "id: id\narm: arm\nendpoint:\n  - {name: os, time: t, event: e}\neligibility:\n"

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

/* Four patients an arm; 3 is a child, 4 and 8 are weak, 4 is a child too, kps of 5 is not known. */
#define CHARTS                                                                                     \
    "id,arm,t,e,age,kps,site\n1,a,1,1,50,80,S1\n2,a,2,0,18,60,S1\n3,a,3,1,17,90,S2\n"              \
    "4,a,4,1,12,50,S2\n5,b,1,1,60,,S1\n6,b,2,0,61,70,S1\n7,b,3,0,62,90,S2\n8,b,4,0,63,50,S2\n"

static void who_does_not_meet_a_criterion_leaves_by_the_first(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, HEAD "  - {name: adult, keep: age >= 18}\n"
                                   "  - {name: fit, keep: kps >= 60}\n"),
                     RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    assert_int_equal(f->cohort->n, 5);
    assert_int_equal(f->cohort->n_excluded, 3);
    assert_string_equal(f->cohort->excluded[0].id, "3");
    assert_string_equal(f->cohort->excluded[0].reason, "not eligible: adult");
    assert_string_equal(f->cohort->excluded[1].reason, "not eligible: adult");
    assert_string_equal(f->cohort->excluded[2].reason, "not eligible: fit");
    assert_int_equal(f->cohort->excluded[2].arm, 1);
    const struct rwe_criterion *adult = &f->cohort->criterion[0];
    const struct rwe_criterion *fit = &f->cohort->criterion[1];
    assert_int_equal(f->cohort->n_criteria, 2);
    assert_int_equal(adult->n_first[0], 2);
    assert_int_equal(adult->n_first[1], 0);
    assert_int_equal(fit->n_first[0], 0); /* 4 is counted as a child */
    assert_int_equal(fit->n_failed[0], 1);
    assert_int_equal(fit->n_first[1], 1);
    assert_int_equal(fit->n_unknown[1], 1); /* 5 stays */
    assert_int_equal(fit->n_unknown[0], 0);
}

static void who_cannot_be_judged_leaves_where_the_study_says_so(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, HEAD "  - {name: fit, keep: kps >= 60, missing: exclude}\n"), RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    assert_int_equal(f->cohort->n, 5);
    assert_string_equal(f->cohort->excluded[1].id, "5");
    assert_int_equal(f->cohort->criterion[0].n_failed[1], 2);
    assert_int_equal(f->cohort->criterion[0].n_unknown[1], 1);
}

static void one_false_part_decides_and_an_unknown_one_does_not(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, HEAD "  - {name: both, keep: kps >= 60 and site = S1}\n"), RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    assert_int_equal(f->cohort->n, 4); /* 5 has S1 and no kps: stays, unknown */
    assert_int_equal(f->cohort->criterion[0].n_unknown[1], 1);
    assert_int_equal(rwe_settings_set(f->settings, "eligibility", "both=kps>=60 and site=S2",
                                      RWE_FROM_COMMAND, &f->error),
                     RWE_OK); /* the command line replaces the study's */
    rwe_table_close(f->table);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    assert_int_equal(f->cohort->n, 2);
    assert_int_equal(f->cohort->criterion[0].n_unknown[1], 0); /* 5 has S1: fails */
}

static void without_criteria_everybody_stays(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, "id: id\narm: arm\nendpoint:\n  - {name: os, time: t, event: e}\n"),
                     RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    assert_int_equal(f->cohort->n, 8);
    assert_int_equal(f->cohort->n_criteria, 0);
}

static void a_cell_that_cannot_be_compared_is_a_complaint_and_a_column_must_be_there(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, HEAD "  - {name: a, keep: site >= 3}\n"), RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 8);
    assert_string_equal(f->complaints.item[0].reason, "not a number");
    assert_string_equal(f->complaints.item[0].column, "site");
    rwe_table_close(f->table);
    assert_int_equal(
        rwe_settings_set(f->settings, "eligibility", "x=agee >= 18", RWE_FROM_COMMAND, &f->error),
        RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_NO_COLUMN);
    assert_non_null(strstr(f->error.message, "did you mean \"age\"?"));
}

static void an_optional_column_that_is_not_there_leaves_everybody_in_and_not_known(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, HEAD "  - {name: fit, keep: organ_ok = 1, column: optional}\n"
                                   "  - {name: both, keep: organ_ok = 1 and age >= 18, "
                                   "column: optional}\n"),
                     RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    const struct rwe_criterion *fit = &f->cohort->criterion[0], *both = &f->cohort->criterion[1];
    assert_int_equal(fit->n_unknown[0] + fit->n_unknown[1], 8);
    assert_int_equal(fit->n_failed[0] + fit->n_failed[1], 0);
    assert_true(both->n_failed[0] + both->n_failed[1] > 0); /* the other part of it still decides */
    assert_string_equal(fit->absent, "organ_ok");
    assert_string_equal(both->absent, "organ_ok");
    assert_false(fit->is_assessed);
    assert_true(both->is_assessed);
}

static void a_column_that_is_not_there_leaves_nobody_out_for_want_of_values(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(study(f, HEAD "  - {name: fit, keep: organ_ok = 1 and heart_ok = 1, "
                                   "column: optional, missing: exclude}\n"
                                   "  - {name: strong, keep: kps >= 10, missing: exclude}\n"),
                     RWE_OK);
    assert_int_equal(build(f, CHARTS), RWE_OK);
    assert_int_equal(f->cohort->n, 7); /* all but 5, whose kps is missing */
    assert_string_equal(f->cohort->criterion[0].absent, "organ_ok, heart_ok");
    assert_null(f->cohort->criterion[1].absent);
    assert_true(f->cohort->criterion[1].is_assessed);
}

static void errors_in_a_study_have_their_line(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *text, *words;
    } wrong[] = {
        {HEAD "  - {name: a, keep: age >= 18}\n  - {name: b, keep: kps 60}\n",
         "s.yaml:7: eligibility \"b\": \"kps 60\": one of"},
        {HEAD "  - {name: a, keep: age >= 18}\n  - {name: a, keep: kps >= 60}\n",
         "s.yaml:7: eligibility \"a\" is declared twice"},
        {HEAD "  - {name: a, keep: age >= 18, missing: perhaps}\n",
         "s.yaml:6: eligibility \"a\": missing: perhaps is neither keep nor exclude"},
        {HEAD "  - {name: a, keep: age >= 18, column: maybe}\n",
         "s.yaml:6: eligibility \"a\": column: maybe is neither required nor optional"},
        {HEAD "  - {name: a}\n", "s.yaml:6: "},
        {HEAD "  - {name: a, hold: age > 1}\n", "unknown key \"hold\""},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        tear_down(state);
        set_up(state);
        assert_int_equal(study(f, wrong[k].text), RWE_USAGE);
        if (strstr(f->error.message, wrong[k].words) == NULL)
            fail_msg("\"%s\" is not said in: %s", wrong[k].words, f->error.message);
    }
    assert_int_equal(
        rwe_settings_set(f->settings, "eligibility", "age", RWE_FROM_COMMAND, &f->error),
        RWE_USAGE);
    assert_non_null(strstr(f->error.message, "write NAME=CONDITION"));
}

static void covariates_of_after_time_zero_are_refused_by_name(void **state)
{
    struct fixture *f = *state;
    const char *text = "id,arm,t,e,bor\n1,a,1,1,PR\n2,b,2,0,SD\n3,a,3,0,PR\n";
    assert_int_equal(study(f, "id: id\narm: arm\ncovariates: [bor]\n"
                              "endpoint:\n  - {name: os, time: t, event: e}\n"),
                     RWE_OK);
    assert_int_equal(build(f, text), RWE_USAGE);
    assert_non_null(strstr(f->error.message, "\"bor\" cannot be a baseline covariate"));
    assert_non_null(strstr(f->error.message, "--i-know"));
    assert_int_equal(rwe_settings_set(f->settings, "i-know", NULL, RWE_FROM_COMMAND, &f->error),
                     RWE_OK);
    rwe_table_close(f->table);
    assert_int_equal(build(f, text), RWE_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_does_not_meet_a_criterion_leaves_by_the_first),
        TEST(who_cannot_be_judged_leaves_where_the_study_says_so),
        TEST(one_false_part_decides_and_an_unknown_one_does_not),
        TEST(without_criteria_everybody_stays),
        TEST(a_cell_that_cannot_be_compared_is_a_complaint_and_a_column_must_be_there),
        TEST(an_optional_column_that_is_not_there_leaves_everybody_in_and_not_known),
        TEST(a_column_that_is_not_there_leaves_nobody_out_for_want_of_values),
        TEST(errors_in_a_study_have_their_line),
        TEST(covariates_of_after_time_zero_are_refused_by_name),
    };
    return cmocka_run_group_tests_name("eligibility", tests, NULL, NULL);
}
