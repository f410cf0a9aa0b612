/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a file of dates to the cohort: endpoints, exposure, arms and what is complained of. */
#include "check.h"

#include "rwe/data/cohort.h"
#include "rwe/data/design.h"
#include "rwe/data/response.h"

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
    const struct rwe_cohort_tables tables = {.patients = f->table};
    return rwe_cohort_build(&tables, rwe_study_of(f->settings), f->arena, &f->complaints,
                            &f->cohort, &f->error);
}

#define HEADER                                                                                     \
    "id,arm,index_date,pd_date,death_date,last_assess_date,last_contact_date,rt,site,ltfu\n"

/* 2023-01-01 is day 0; 03-02 is 60 later, 05-01 120, 07-30 210. Patient 4 was irradiated after
 * progression, 5 in the neck, 6 late. */
static const char six[] =
    HEADER "1,a,2023-01-01,2023/3/2,2023年7月30日,2023.3.2,20230730,,,0\n"
           "2,b,44927,,,2023-05-01,2023-07-30,2023-03-02,lung;bone,0\n"
           "3,a,2023-01-01,无,,2023-05-01,2023-05-15,,,1\n"
           "4,b,2023-01-01,2023-03-02,,2023-03-02,2023-07-30,2023-05-01,lung,0\n"
           "5,a,2023-01-01,2023-05,,2023-03-02,2023-07-30,2023-03-02,neck,0\n"
           "6,b,2023-01-01,,2023-07-30,2023-07-30,2023-07-30,2023-05-01,Pleura,0\n";

static void times_are_days_by_30_4375_whatever_the_form_of_the_date(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "derive", "os,rwpfs");
    assert_int_equal(build(f, six), RWE_OK);
    static const int os[] = {210, 210, 134, 210, 210, 210}, pfs[] = {60, 120, 120, 60, 134, 210};
    static const int died[] = {1, 0, 0, 0, 0, 1}, failed[] = {1, 0, 0, 1, 1, 1};
    assert_int_equal(f->cohort->n_endpoints, 2);
    size_t events = 0;
    for (size_t i = 0; i < 6; i++) {
        assert_close(f->cohort->endpoint[0].time[i], os[i] / 30.4375, 1e-15);
        assert_close(f->cohort->endpoint[1].time[i], pfs[i] / 30.4375, 1e-15);
        assert_int_equal(f->cohort->endpoint[0].event[i], died[i]);
        assert_int_equal(f->cohort->endpoint[1].event[i], failed[i]);
        events += f->cohort->dates->derived[1].outcome[i].cnsr == RWE_CNSR_EVENT;
    }
    assert_int_equal(events, f->cohort->endpoint[1].n_events);
    assert_int_equal(f->cohort->dates->derived[0].outcome[2].cnsr, RWE_CNSR_LOST);
    assert_true(f->cohort->dates->derived[1].outcome[4].end_imputed);
    assert_string_equal(f->cohort->endpoint[1].cause_name[0], "pd_date+death_date");
}

static void exposure_makes_the_arms_and_what_is_none_is_counted(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "os");
    set(f, "exposure-date", "rt");
    set(f, "exposure-site", "site=lung+mediast+pleura");
    assert_int_equal(build(f, six), RWE_OK);
    static const uint32_t arm[] = {0, 1, 0, 0, 0, 1};
    static const uint8_t class[] = {RWE_EXPOSURE_NEVER,      RWE_EXPOSED,
                                    RWE_EXPOSURE_NEVER,      RWE_EXPOSURE_AFTER_EVENT,
                                    RWE_EXPOSURE_OTHER_SITE, RWE_EXPOSED};
    assert_memory_equal(f->cohort->arm, arm, sizeof arm);
    assert_memory_equal(f->cohort->dates->exposure, class, sizeof class);
    assert_string_equal(f->cohort->arm_level[1], "RT");
    assert_close(f->cohort->exposure_start[1], 60 / 30.4375, 1e-15);
    assert_nan(f->cohort->exposure_start[3]);
    tear_down(state);
    set_up(state);
    set(f, "derive", "os");
    set(f, "exposure-date", "rt");
    set(f, "exposure-grace", "3");
    set(f, "exposure-names", "chemo,chemo+RT");
    set(f, "time-unit", "days");
    assert_int_equal(build(f, six), RWE_OK);
    assert_int_equal(f->cohort->dates->exposure[5], RWE_EXPOSURE_AFTER_GRACE);
    assert_int_equal(f->cohort->dates->exposure[4], RWE_EXPOSED);
    assert_string_equal(f->cohort->arm_level[0], "chemo");
    assert_close(f->cohort->exposure_start[4], 60, 0);
}

static void every_class_of_a_start_has_its_border(void **state)
{
    (void)state;
    struct rwe_patient_dates patient = {0};
    struct rwe_exposure_rules rules = {.grace = 90, .has_cutoff = true, .cutoff = 500};
    patient.date[RWE_DATE_INDEX] = (struct rwe_dated){100, RWE_DATED_DAY};
    patient.date[RWE_DATE_PD] = (struct rwe_dated){180, RWE_DATED_DAY};
#define CLASS(day) rwe_exposure_of((struct rwe_dated){(day), RWE_DATED_DAY}, true, &patient, &rules)
    assert_int_equal(CLASS(99), RWE_EXPOSURE_BEFORE_ZERO);
    assert_int_equal(CLASS(100), RWE_EXPOSED);
    assert_int_equal(CLASS(180), RWE_EXPOSED); /* on the day of progression */
    assert_int_equal(CLASS(181), RWE_EXPOSURE_AFTER_EVENT);
    patient.date[RWE_DATE_PD].kind = RWE_DATED_NONE;
    assert_int_equal(CLASS(190), RWE_EXPOSED);
    assert_int_equal(CLASS(191), RWE_EXPOSURE_AFTER_GRACE);
    assert_int_equal(CLASS(501), RWE_EXPOSURE_AFTER_CUTOFF);
    assert_int_equal(rwe_exposure_of((struct rwe_dated){0}, true, &patient, &rules),
                     RWE_EXPOSURE_NEVER);
}

static void a_study_may_define_its_own_endpoints(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "endpoint-dates",
        "Local = pd_date; competing = death_date | rt; censor = last_contact_date");
    assert_int_equal(build(f, six), RWE_OK);
    const struct rwe_endpoint *local = &f->cohort->endpoint[0];
    static const uint8_t event[] = {1, 3, 0, 1, 3, 3};
    static const int days[] = {60, 60, 134, 60, 60, 120};
    assert_string_equal(local->name, "local");
    assert_int_equal(local->n_causes, 3);
    assert_string_equal(local->cause_name[2], "rt");
    assert_memory_equal(local->event, event, sizeof event);
    for (size_t i = 0; i < 6; i++)
        assert_close(local->time[i], days[i] / 30.4375, 1e-15);
}

static void dates_that_cannot_be_are_told_once_with_line_column_and_value(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "derive", "os,rwpfs,ttp");
    assert_int_equal(build(f, HEADER "1,a,,,,2023-05-01,2023-07-30,,,0\n"
                                     "2,b,2023-01-01,2022-12-01,,2023-05-01,2023-07-30,,,0\n"
                                     "3,a,2023-01-01,,2023,,2023-07-30,,,0\n"
                                     "4,b,2023-01-01,,,,,,,0\n"
                                     "5,a,2023-01-01,,2023-05-01,2023-05-01,2023-05-01,,,0\n"
                                     "5,b,2023-01-01,2023-05-01,,2023-05-01,2023-05-01,,,0\n"),
                     RWE_BAD_INPUT);
    static const struct {
        size_t line;
        const char *column, *value, *reason;
    } known[] = {
        {4, "death_date", "2023", "a year without its month"},
        {2, "index_date", NULL, "missing"},
        {3, "pd_date", "2022-12-01", "before time zero"},
        {5, "last_contact_date", NULL, "missing where nothing happened"},
        {6, "id", "5", "a duplicate identifier"},
        {7, "id", "5", "a duplicate identifier"},
    };
    assert_int_equal(f->complaints.n, sizeof known / sizeof *known);
    for (size_t c = 0; c < f->complaints.n; c++) {
        assert_int_equal(f->complaints.item[c].line, known[c].line);
        assert_string_equal(f->complaints.item[c].column, known[c].column);
        assert_string_equal(f->complaints.item[c].reason, known[c].reason);
        if (known[c].value != NULL)
            assert_string_equal(f->complaints.item[c].value, known[c].value);
    }
}

static void a_death_without_a_date_is_asked_back(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "derive", "os");
    set(f, "columns", "death=exitus"); /* usual headers in Chinese are known */
    assert_int_equal(build(f, "id,arm,index_date,死亡日期,exitus,末次随访日期\n"
                              "1,a,2023-01-01,,是,2023-05-01\n2,b,2023-01-01,2023-05-01,是,\n"),
                     RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_string_equal(f->complaints.item[0].column, "死亡日期");
    assert_string_equal(f->complaints.item[0].reason, "missing although the patient died");
}

static void years_that_cannot_be_are_refused(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "derive", "os");
    assert_int_equal(build(f, "id,arm,index_date,death_date,last_contact_date\n"
                              "1,a,0214-05-02,,2023-05-01\n2,b,2023-01-01,2204-05,\n"
                              "3,b,2023-01-01,2023-05-01,2023-05-01\n"),
                     RWE_BAD_INPUT);
    assert_true(f->complaints.n >= 2);
    assert_string_equal(f->complaints.item[0].value, "0214-05-02");
    assert_int_equal(f->complaints.item[0].line, 2);
    assert_string_equal(f->complaints.item[1].column, "death_date");
    assert_string_equal(f->complaints.item[1].value, "2204-05");
    assert_string_equal(f->complaints.item[1].reason, "of an impossible year");
}

/* Patients 2 and 4 progressed at a place that nobody wrote down. */
static void who_is_not_in_a_secondary_endpoint_stays_in_the_others(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    set(f, "derive", "os,rwpfs,itpfs");
    set(f, "on-error", "drop");
    assert_int_equal(
        build(f, "id,arm,index_date,pd_date,death_date,last_assess_date,last_contact_date,pd_site\n"
                 "1,a,2023-01-01,2023-05-01,,2023-05-01,2023-07-30,lung\n"
                 "2,b,2023-01-01,2023-05-01,,2023-05-01,2023-07-30,\n"
                 "3,a,2023-01-01,,2023-07-30,2023-05-01,2023-07-30,\n"
                 "4,b,2023-01-01,2023-05-01,2023-07-30,2023-05-01,2023-07-30,\n"
                 "5,b,2023-01-01,2023-03-02,2023-07-30,2023-03-02,2023-07-30,bone\n"),
        RWE_OK);
    assert_int_equal(f->cohort->n, 5);
    assert_int_equal(f->complaints.n, 0);
    assert_null(f->cohort->endpoint[0].absent);
    assert_null(f->cohort->endpoint[1].absent);
    static const uint8_t absent[] = {0, 1, 0, 1, 0};
    assert_memory_equal(f->cohort->endpoint[2].absent, absent, sizeof absent);
    assert_int_equal(f->cohort->endpoint[1].n_events, 5);
    assert_int_equal(f->cohort->endpoint[2].n_events, 3);
    struct rwe_design all;
    struct rwe_survival_data data;
    assert_int_equal(rwe_design_all(f->cohort, f->arena, &all, &f->error), RWE_OK);
    assert_int_equal(rwe_design_survival(f->cohort, &all, &f->cohort->endpoint[2],
                                         (struct rwe_design_view){0}, f->arena, &data, &f->error),
                     RWE_OK);
    assert_int_equal(data.n, 3);
}

/* The start of exposure is compared with no progression where no file tells one. */
static void exposure_needs_no_date_of_progression(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "os");
    set(f, "exposure-date", "rt");
    assert_int_equal(build(f, "id,index_date,death_date,last_contact_date,rt\n"
                              "1,2023-01-01,2023-05-01,2023-05-01,2023-03-02\n"
                              "2,2023-01-01,,2023-07-30,\n"),
                     RWE_OK);
    assert_false(f->cohort->dates->knows_progression);
    assert_int_equal(f->cohort->dates->exposure[0], RWE_EXPOSED);
}

static void a_rule_that_cannot_act_is_refused(void **state)
{
    static const char blind[] = "id,arm,index_date,pd_date,death_date,last_contact_date\n"
                                "1,a,2023-01-01,2023-05-01,,2023-07-30\n"
                                "2,b,2023-01-01,,2023-05-01,2023-05-01\n";
    static const char *const rules[][4] = {
        {"censoring", "fda-a", "last_assess_date", "newtx_date"},
        {"censoring", "fda-b", "last_assess_date", "newtx_date"},
        {"censoring", "fda-c", "last_assess_date", "newtx_date"},
        {"visit-gap", "90", "last_assess_date", "--assess"},
        {"death-window", "90", "last_assess_date", "--assess"},
        {"unassessed", "start", "last_assess_date", "--assess"},
        {"new-therapy", "censor", "newtx_date", "ignore"},
    };
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        for (int assessed = 0; assessed < 2; assessed++) {
            struct fixture *f = *state;
            set(f, "arm", "arm");
            set(f, "derive", assessed ? "os,rwpfs" : "os");
            set(f, rules[r][0], rules[r][1]);
            assert_int_equal(build(f, blind), assessed ? RWE_USAGE : RWE_OK);
            if (assessed) {
                assert_non_null(strstr(f->error.message, rules[r][2]));
                assert_non_null(strstr(f->error.message, rules[r][3]));
            }
            tear_down(state);
            set_up(state);
        }
}

/* ---- assessments ---- */

static enum rwe_status build_assessed(struct fixture *f, const char *patients, const char *visits)
{
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_table *assessments;
    char *path = check_write_file(visits, strlen(visits));
    assert_int_equal(
        rwe_table_read(path, &options, f->arena, &assessments, &f->complaints, &f->error), RWE_OK);
    check_remove_file(path);
    path = check_write_file(patients, strlen(patients));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &f->table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    set(f, "id", "id");
    set(f, "arm", "arm");
    const struct rwe_cohort_tables tables = {f->table, assessments};
    enum rwe_status status = rwe_cohort_build(&tables, rwe_study_of(f->settings), f->arena,
                                              &f->complaints, &f->cohort, &f->error);
    rwe_table_close(assessments);
    return status;
}

static const char three[] = "id,arm,index_date,pd_date,death_date,last_contact_date\n"
                            "1,a,2023-01-01,2023-07-30,,2023-09-01\n"
                            "2,b,2023-01-01,,2023-09-01,2023-09-01\n"
                            "3,a,2023-01-01,,,2023-09-01\n";

/* In any order; 9 is nobody's. 2023-03-02 is day 60, 05-01 120, 07-30 210, 09-01 243. */
static const char visits[] = "id,assess_date,overall_resp\n"
                             "1,2023-07-30,PD\n1,2023-05-01,PR\n1,2023-03-02,SD\n"
                             "3,2023-05-01,CR\n2,2023-03-02,SD\n9,2023-03-02,SD\n";

static void assessments_tell_the_last_one_and_the_first_response(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "rwpfs,dor");
    assert_int_equal(build_assessed(f, three, visits), RWE_OK);
    const struct rwe_cohort_dates *dates = f->cohort->dates;
    const struct rwe_endpoint_outcome *pfs = dates->derived[0].outcome,
                                      *dor = dates->derived[1].outcome;
    static const int days[] = {210, 243, 120}, cause[] = {1, 1, 0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pfs[i].end - pfs[i].start, days[i]);
        assert_int_equal(pfs[i].cause, cause[i]);
    }
    assert_int_equal(dor[0].end - dor[0].start, 210 - 120); /* from the partial response */
    assert_int_equal(dor[0].cause, 1);
    assert_int_equal(dor[1].fault, RWE_DATES_NO_START); /* never responded */
    assert_int_equal(dor[2].end - dor[2].start, 0);
    assert_int_equal(dates->n_visits_unknown, 1);
}

static void assessments_keep_their_responses(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "rwpfs");
    assert_int_equal(
        build_assessed(f, three,
                       "id,assess_date,overall_resp\n1,2023-07-30,PD\n1,2023-05-01,SD\n"
                       "1,2023-05-01,PR\n3,2023-05-01,\n"),
        RWE_OK);
    const struct rwe_patient_dates *patient = f->cohort->dates->patient;
    static const int8_t wanted[] = {RWE_RESPONSE_PR, RWE_RESPONSE_SD, RWE_RESPONSE_PD};
    assert_int_equal(patient[0].n_visits, 3);
    assert_memory_equal(patient[0].visit_response, wanted, 3);
    assert_int_equal(patient[1].n_visits, 0);
    assert_int_equal(patient[2].visit_response[0], -1);
}

static void a_row_s_own_dates_go_before_those_of_the_list(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "rwpfs");
    assert_int_equal(build_assessed(f,
                                    "id,arm,index_date,pd_date,death_date,last_assess_date\n"
                                    "1,a,2023-01-01,,,2023-07-30\n2,b,2023-01-01,2023-07-30,,\n"
                                    "3,a,2023-01-01,2023-07-30,,\n",
                                    visits),
                     RWE_OK);
    const struct rwe_endpoint_outcome *pfs = f->cohort->dates->derived[0].outcome;
    assert_int_equal(pfs[0].end - pfs[0].start, 210);
}

static void assessments_that_cannot_be_read_are_complaints(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "rwpfs");
    assert_int_equal(build_assessed(f, three, "id,assess_date\n1,soon\n,2023-05-01\n"),
                     RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 2);
    assert_int_equal(f->complaints.item[0].line, 2);
    assert_string_equal(f->complaints.item[0].column, "assess_date");
    assert_int_equal(f->complaints.item[1].line, 3);
    assert_string_equal(f->complaints.item[1].column, "id");
}

static void a_response_that_cannot_be_read_is_a_complaint(void **state)
{
    struct fixture *f = *state;
    static const char list[] = "id,assess_date,overall_resp\n1,2023-03-02,SD\n3,2023-05-01,SDD\n"
                               "3,2023-03-02,\n";
    set(f, "derive", "rwpfs");
    assert_int_equal(build_assessed(f, three, list), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_int_equal(f->complaints.item[0].line, 3);
    assert_string_equal(f->complaints.item[0].column, "overall_resp");
    assert_string_equal(f->complaints.item[0].value, "SDD");
    tear_down(state);
    set_up(state);
    set(f, "derive", "rwpfs");
    set(f, "on-error", "drop"); /* the scan is left out, nobody else */
    assert_int_equal(build_assessed(f, three, list), RWE_OK);
    assert_int_equal(f->cohort->n, 3);
    assert_int_equal(f->cohort->dates->patient[2].n_visits, 1);
}

static void a_scan_after_death_is_a_complaint_and_is_left_out(void **state)
{
    struct fixture *f = *state;
    static const char list[] = "id,assess_date,overall_resp\n2,2023-10-01,SD\n2,2023-03-02,SD\n";
    set(f, "derive", "rwpfs");
    assert_int_equal(build_assessed(f, three, list), RWE_BAD_INPUT);
    assert_int_equal(f->complaints.n, 1);
    assert_int_equal(f->complaints.item[0].line, 2);
    assert_string_equal(f->complaints.item[0].value, "2023-10-01");
    assert_string_equal(f->complaints.item[0].reason, "later than the death");
    tear_down(state);
    set_up(state);
    set(f, "derive", "rwpfs");
    set(f, "on-error", "drop");
    assert_int_equal(build_assessed(f, three, list), RWE_OK);
    assert_int_equal(f->cohort->n, 3);
    assert_int_equal(f->cohort->dates->patient[1].n_visits, 1);
}

/* 2023-06-01 is day 151, 05-01 day 120. */
static void the_list_alone_may_tell_progression_even_without_a_column(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "pfs");
    assert_int_equal(build_assessed(f,
                                    "id,arm,index_date,death_date,last_contact_date\n"
                                    "1,a,2023-01-01,,2023-09-01\n2,b,2023-01-01,,2023-09-01\n",
                                    "id,assess_date,overall_resp\n1,2023-06-01,PD\n"
                                    "2,2023-05-01,SD\n"),
                     RWE_OK);
    const struct rwe_endpoint_outcome *pfs = f->cohort->dates->derived[0].outcome;
    assert_int_equal(pfs[0].end - pfs[0].start, 151);
    assert_int_equal(pfs[0].cause, 1);
    assert_int_equal(pfs[1].end - pfs[1].start, 120);
    assert_int_equal(pfs[1].cause, 0);
}

static void progression_that_two_files_date_is_told_with_both_places(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "rwpfs");
    assert_int_equal(build_assessed(f, three,
                                    "id,assess_date,overall_resp\n1,2023-03-02,SD\n"
                                    "1,2023-05-01,PD\n"),
                     RWE_OK);
    const char *told = f->cohort->dates->earlier_pd;
    assert_non_null(told);
    assert_non_null(strstr(told, ":3 2023-05-01, "));
    assert_non_null(strstr(told, ":2 2023-07-30"));
    assert_int_equal(f->cohort->dates->derived[0].outcome[0].end -
                         f->cohort->dates->derived[0].outcome[0].start,
                     120);
}

static void columns_of_assessments_can_be_named(void **state)
{
    struct fixture *f = *state;
    set(f, "derive", "rwpfs");
    set(f, "assess-columns", "who,day");
    assert_int_equal(build_assessed(f, three, "who,day\n3,2023-05-01\n"), RWE_OK);
    assert_int_equal(f->cohort->dates->derived[0].outcome[2].end -
                         f->cohort->dates->derived[0].outcome[2].start,
                     120);
    tear_down(state);
    set_up(state);
    set(f, "derive", "rwpfs");
    set(f, "assess-columns", "who");
    assert_int_equal(build_assessed(f, three, "who,day\n3,2023-05-01\n"), RWE_USAGE);
    tear_down(state);
    set_up(state);
    set(f, "derive", "rwpfs");
    assert_int_equal(build_assessed(f, three, "id,day\n3,2023-05-01\n"), RWE_NO_COLUMN);
}

static void wrong_requests_are_refused(void **state)
{
    static const char *const wrong[][3] = {
        {"derive", "efs", "there are os"},
        {"derive", "ttnt", "newtx_date"},
        {"derive", "itpfs", "pd_site"},
        {"derive", "os,os", "derived twice"},
        {"endpoint-dates", "x", "NAME=COL"},
        {"endpoint-dates", "x=pd_date;until=rt", "NAME=COL"},
        {"endpoint-dates", "x=nowhere", "nowhere"},
        {"cutoff", "2023-05", "write a day"},
        {"columns", "sexx=M", "ROLE=COL"},
        {"columns", "death=M", "M"},
        {"index-date", "zero", "zero"},
        {"exposure-site", "lung", "COL=A+B"},
        {"exposure-names", "one", "two different names"},
        {"exposure-start", "age", "both say"},
    };
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        struct fixture *f = *state;
        if (strncmp(wrong[w][0], "exposure", 8) != 0)
            set(f, "arm", "arm");
        else
            set(f, "exposure-date", "rt");
        set(f, "derive", "os");
        set(f, wrong[w][0], wrong[w][1]);
        enum rwe_status status = build(f, six);
        assert_true(status == RWE_USAGE || status == RWE_NO_COLUMN);
        if (strstr(f->error.message, wrong[w][2]) == NULL)
            fail_msg("%s %s: %s", wrong[w][0], wrong[w][1], f->error.message);
        tear_down(state);
        set_up(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(times_are_days_by_30_4375_whatever_the_form_of_the_date),
        TEST(exposure_makes_the_arms_and_what_is_none_is_counted),
        TEST(every_class_of_a_start_has_its_border),
        TEST(a_study_may_define_its_own_endpoints),
        TEST(dates_that_cannot_be_are_told_once_with_line_column_and_value),
        TEST(a_death_without_a_date_is_asked_back),
        TEST(years_that_cannot_be_are_refused),
        TEST(who_is_not_in_a_secondary_endpoint_stays_in_the_others),
        TEST(exposure_needs_no_date_of_progression),
        TEST(a_rule_that_cannot_act_is_refused),
        TEST(assessments_tell_the_last_one_and_the_first_response),
        TEST(assessments_keep_their_responses),
        TEST(a_response_that_cannot_be_read_is_a_complaint),
        TEST(a_scan_after_death_is_a_complaint_and_is_left_out),
        TEST(the_list_alone_may_tell_progression_even_without_a_column),
        TEST(progression_that_two_files_date_is_told_with_both_places),
        TEST(a_row_s_own_dates_go_before_those_of_the_list),
        TEST(assessments_that_cannot_be_read_are_complaints),
        TEST(columns_of_assessments_can_be_named),
        TEST(wrong_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
