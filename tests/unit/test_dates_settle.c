/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates of hand-made patients that contradict each other, and what becomes of them. */
#include "check.h"

#include "rwe/base/date.h"
#include "rwe/data/dates_settle.h"
#include "rwe/data/response.h"

#include <string.h>

static int32_t day(const char *text)
{
    int32_t days = 0;
    assert_true(rwe_date_parse(text, strlen(text), &days));
    return days;
}

/* "2023-05-20" is a day, "2023-05" a month. */
static struct rwe_dated dated(const char *text)
{
    struct rwe_dated dated = {0};
    assert_true(rwe_dated_parse(text, strlen(text), (struct rwe_date_style){0}, &dated));
    return dated;
}

struct given {
    enum rwe_date_role role;
    const char *date;
};

/* Time zero is 2023-01-10. */
static struct rwe_patient_dates patient_of(const struct given given[], size_t n)
{
    struct rwe_patient_dates patient = {0};
    patient.date[RWE_DATE_INDEX] = dated("2023-01-10");
    for (size_t g = 0; g < n; g++)
        patient.date[given[g].role] = dated(given[g].date);
    return patient;
}
#define PATIENT(...)                                                                               \
    patient_of((const struct given[]){__VA_ARGS__},                                                \
               sizeof((const struct given[]){__VA_ARGS__}) / sizeof(struct given))

enum { MOST_VISITS = 4 };

struct list {
    const char *day[MOST_VISITS];
    int8_t response[MOST_VISITS];
    int32_t days[MOST_VISITS];
};

static void give_list(struct rwe_patient_dates *patient, struct list *list)
{
    for (size_t v = 0; v < MOST_VISITS && list->day[v] != NULL; v++) {
        list->days[v] = day(list->day[v]);
        patient->n_visits++;
    }
    patient->visit = list->days;
    patient->visit_response = list->response;
}

static struct rwe_dates_settled settle(struct rwe_patient_dates *patient)
{
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    return rwe_patient_dates_settle(patient, &rules);
}

static struct rwe_endpoint_outcome outcome_of(const char *name, enum rwe_censoring set,
                                              const char *cutoff,
                                              const struct rwe_patient_dates *patient)
{
    struct rwe_endpoint_definition definition;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(set);
    struct rwe_patient_dates copy = *patient;
    assert_true(rwe_endpoint_definition_find(name, &definition));
    rules.has_cutoff = cutoff != NULL;
    rules.cutoff = cutoff == NULL ? 0 : day(cutoff);
    rwe_patient_dates_settle(&copy, &rules);
    return rwe_endpoint_from_dates(&definition, &rules, &copy);
}

#define assert_end(outcome, date, cnsr_is)                                                         \
    do {                                                                                           \
        struct rwe_endpoint_outcome o = (outcome);                                                 \
        char text[RWE_DATE_SIZE];                                                                  \
        assert_int_equal(o.fault, RWE_DATES_SOUND);                                                \
        rwe_date_format(o.end, text);                                                              \
        assert_string_equal(text, date);                                                           \
        assert_int_equal(o.cnsr, cnsr_is);                                                         \
    } while (0)

/* ---- months ---- */

static void a_death_by_month_is_no_earlier_than_what_is_dated_in_it(void **state)
{
    (void)state;
    static const enum rwe_date_role known[] = {
        RWE_DATE_PD,       RWE_DATE_LAST_ASSESS, RWE_DATE_LAST_CONTACT, RWE_DATE_NEWTX,
        RWE_DATE_RESPONSE, RWE_DATE_EXPOSURE,    RWE_N_DATE_ROLES}; /* the study's own */
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        struct rwe_patient_dates late =
            PATIENT({RWE_DATE_DEATH, "2023-05"}, {known[k], "2023-05-25"});
        assert_int_equal(settle(&late).after_death, 0);
        assert_int_equal(late.date[RWE_DATE_DEATH].day, day("2023-05-25"));
        struct rwe_patient_dates early =
            PATIENT({RWE_DATE_DEATH, "2023-05"}, {known[k], "2023-05-02"});
        settle(&early);
        assert_int_equal(early.date[RWE_DATE_DEATH].day, day("2023-05-15"));
    }
    struct rwe_patient_dates scanned = PATIENT({RWE_DATE_DEATH, "2023-05"});
    struct list list = {{"2023-05-20"}, {RWE_RESPONSE_SD}, {0}};
    give_list(&scanned, &list);
    settle(&scanned);
    assert_int_equal(scanned.date[RWE_DATE_DEATH].day, day("2023-05-20"));
    assert_int_equal(scanned.n_visits, 1);
}

static void other_months_lie_between_time_zero_and_the_death(void **state)
{
    (void)state;
    struct rwe_patient_dates early = PATIENT({RWE_DATE_PD, "2023-01"}, {RWE_DATE_NEWTX, "2023-01"});
    early.date[RWE_DATE_INDEX] = dated("2023-01-20");
    settle(&early);
    assert_int_equal(early.date[RWE_DATE_PD].day, day("2023-01-20"));
    assert_int_equal(early.date[RWE_DATE_NEWTX].day, day("2023-01-20"));
    struct rwe_patient_dates late =
        PATIENT({RWE_DATE_PD, "2023-05"}, {RWE_DATE_DEATH, "2023-05-08"},
                {RWE_DATE_LAST_CONTACT, "2023-05"});
    assert_int_equal(settle(&late).after_death, 0);
    assert_int_equal(late.date[RWE_DATE_PD].day, day("2023-05-08"));
    assert_int_equal(late.date[RWE_DATE_LAST_CONTACT].day, day("2023-05-08"));
    struct rwe_patient_dates zero = PATIENT({RWE_DATE_PD, "2023-01-10"});
    zero.date[RWE_DATE_INDEX] = dated("2023-01");
    settle(&zero);
    assert_int_equal(zero.date[RWE_DATE_INDEX].day, day("2023-01-10"));
}

/* fda-a must not censor the progression. */
static void new_therapy_by_month_follows_the_progression_of_that_month(void **state)
{
    (void)state;
    struct rwe_patient_dates by_month =
        PATIENT({RWE_DATE_PD, "2023-05-20"}, {RWE_DATE_NEWTX, "2023-05"},
                {RWE_DATE_LAST_ASSESS, "2023-05-20"}, {RWE_DATE_LAST_CONTACT, "2023-09-01"});
    assert_end(outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &by_month), "2023-05-20", 0);
    struct rwe_patient_dates pd_by_month =
        PATIENT({RWE_DATE_PD, "2023-05"}, {RWE_DATE_NEWTX, "2023-05-08"},
                {RWE_DATE_LAST_ASSESS, "2023-04-20"}, {RWE_DATE_LAST_CONTACT, "2023-09-01"});
    assert_end(outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &pd_by_month), "2023-05-08", 0);
}

/* ---- the list of assessments ---- */

static void progression_in_the_list_alone_is_the_patient_s(void **state)
{
    (void)state;
    struct rwe_patient_dates patient = PATIENT({RWE_DATE_LAST_CONTACT, "2023-12-01"});
    struct list list = {{"2023-01-05", "2023-03-01", "2023-06-01", "2023-07-01"},
                        {RWE_RESPONSE_PD, RWE_RESPONSE_SD, RWE_RESPONSE_PD, RWE_RESPONSE_PD},
                        {0}}; /* that before time zero led to the treatment */
    give_list(&patient, &list);
    assert_end(outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &patient), "2023-06-01", 0);
    struct rwe_dates_settled settled = settle(&patient);
    assert_int_equal(settled.deeds, 1 << RWE_DATES_PD_LISTED);
}

static void the_first_documented_progression_counts(void **state)
{
    (void)state;
    struct list list = {{"2023-03-01", "2023-06-01"}, {RWE_RESPONSE_PD, RWE_RESPONSE_PD}, {0}};
    struct rwe_patient_dates later = PATIENT({RWE_DATE_PD, "2023-06-01"});
    give_list(&later, &list);
    struct rwe_dates_settled settled = settle(&later);
    assert_int_equal(later.date[RWE_DATE_PD].day, day("2023-03-01"));
    assert_true(RWE_DATES_DID(&settled, RWE_DATES_PD_EARLIER));
    assert_int_equal(settled.pd_of_row, day("2023-06-01"));
    struct rwe_patient_dates earlier = PATIENT({RWE_DATE_PD, "2023-02-20"});
    give_list(&earlier, &list);
    assert_int_equal(settle(&earlier).deeds, 0);
    assert_int_equal(earlier.date[RWE_DATE_PD].day, day("2023-02-20"));
    struct rwe_patient_dates by_month = PATIENT({RWE_DATE_PD, "2023-03"});
    give_list(&by_month, &list);
    assert_int_equal(settle(&by_month).deeds, 0); /* its day is told */
    assert_int_equal(by_month.date[RWE_DATE_PD].day, day("2023-03-01"));
    assert_int_equal(by_month.date[RWE_DATE_PD].kind, RWE_DATED_DAY);
}

static void a_scan_that_denies_the_progression_of_its_day_is_told(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    for (int seen = 0; seen < 2; seen++) {
        struct rwe_patient_dates patient = PATIENT({RWE_DATE_PD, "2023-05-20"});
        struct list list = {.day = {"2023-03-20", "2023-05-20", seen ? "2023-05-20" : NULL},
                            .response = {RWE_RESPONSE_SD, RWE_RESPONSE_PR, RWE_RESPONSE_PD}};
        give_list(&patient, &list);
        struct rwe_dates_settled settled = rwe_patient_dates_settle(&patient, &rules);
        assert_int_equal(RWE_DATES_DID(&settled, RWE_DATES_PD_DENIED), !seen);
        assert_int_equal(patient.date[RWE_DATE_PD].day, day("2023-05-20"));
    }
}

static void ongoing_needs_a_cutoff_and_says_so(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    struct rwe_patient_dates patient = PATIENT({RWE_DATE_LAST_CONTACT, "至今"});
    struct rwe_dates_settled settled = rwe_patient_dates_settle(&patient, &rules);
    assert_true(RWE_DATES_DID(&settled, RWE_DATES_NO_CUTOFF));
    rules.has_cutoff = true;
    rules.cutoff = day("2024-01-01");
    patient = PATIENT({RWE_DATE_LAST_CONTACT, "至今"});
    settled = rwe_patient_dates_settle(&patient, &rules);
    assert_false(RWE_DATES_DID(&settled, RWE_DATES_NO_CUTOFF));
    assert_int_equal(patient.date[RWE_DATE_LAST_CONTACT].day, rules.cutoff);
}

static void where_imaging_alone_counts_a_clinical_progression_waits_for_the_scan(void **state)
{
    (void)state;
    struct list list = {{"2023-03-01", "2023-06-01"}, {RWE_RESPONSE_SD, RWE_RESPONSE_PD}, {0}};
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_PD, "2023-04-01"}, {RWE_DATE_LAST_CONTACT, "2023-12-01"});
    patient.pd_is_clinical = true;
    give_list(&patient, &list);
    assert_end(outcome_of("rwpfs", RWE_CENSORING_EMA, NULL, &patient), "2023-04-01", 0);
    assert_end(outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &patient), "2023-06-01", 0);
}

static void the_later_scan_is_the_last_and_none_follows_death(void **state)
{
    (void)state;
    struct list list = {{"2023-03-01", "2023-06-01", "2023-08-01"},
                        {RWE_RESPONSE_SD, RWE_RESPONSE_SD, RWE_RESPONSE_PD},
                        {0}};
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_LAST_ASSESS, "2023-03-01"}, {RWE_DATE_DEATH, "2023-07-01"});
    give_list(&patient, &list);
    struct rwe_dates_settled settled = settle(&patient);
    assert_int_equal(settled.n_visits_dead, 1);
    assert_int_equal(patient.n_visits, 2);
    assert_int_equal(settled.deeds, 1 << RWE_DATES_SCAN_LATER); /* nor is that scan a progression */
    assert_int_equal(patient.date[RWE_DATE_LAST_ASSESS].day, day("2023-06-01"));
}

static void what_a_row_dates_after_death_is_told(void **state)
{
    (void)state;
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_DEATH, "2023-05"}, {RWE_DATE_LAST_CONTACT, "2023-07-02"},
                {RWE_DATE_LAST_ASSESS, "2023-05-30"}, {RWE_DATE_NEWTX, "2023-06-01"});
    assert_int_equal(settle(&patient).after_death,
                     RWE_DATE_BIT(RWE_DATE_LAST_CONTACT) | RWE_DATE_BIT(RWE_DATE_NEWTX));
}

/* ---- the last contact ---- */

static void overall_survival_ends_no_earlier_than_the_patient_was_seen(void **state)
{
    (void)state;
    static const enum rwe_date_role seen[] = {RWE_DATE_PD, RWE_DATE_LAST_ASSESS, RWE_DATE_NEWTX,
                                              RWE_DATE_RESPONSE, RWE_DATE_EXPOSURE};
    for (size_t s = 0; s < sizeof seen / sizeof *seen; s++) {
        struct rwe_patient_dates patient =
            PATIENT({RWE_DATE_LAST_CONTACT, "2023-05-02"}, {seen[s], "2023-09-20"});
        assert_end(outcome_of("os", RWE_CENSORING_EMA, NULL, &patient), "2023-09-20",
                   RWE_CNSR_ALIVE);
        assert_end(outcome_of("os", RWE_CENSORING_EMA, "2023-08-01", &patient), "2023-08-01",
                   RWE_CNSR_ALIVE);
        assert_true(settle(&patient).deeds & 1 << RWE_DATES_CONTACT_OLDER);
    }
    struct rwe_patient_dates alike =
        PATIENT({RWE_DATE_LAST_CONTACT, "2023-05-02"}, {RWE_DATE_LAST_ASSESS, "2023-05-02"});
    assert_int_equal(outcome_of("os", RWE_CENSORING_EMA, NULL, &alike).column,
                     RWE_DATE_LAST_CONTACT);
    assert_int_equal(settle(&alike).deeds, 0);
}

/* ---- responses ---- */

static void a_response_counts_from_time_zero_to_progression(void **state)
{
    (void)state;
    struct list list = {{"2023-01-02", "2023-03-01", "2023-06-01", "2023-08-01"},
                        {RWE_RESPONSE_PR, RWE_RESPONSE_PR, RWE_RESPONSE_PD, RWE_RESPONSE_PR},
                        {0}};
    struct rwe_patient_dates patient = PATIENT({RWE_DATE_LAST_CONTACT, "2023-12-01"});
    give_list(&patient, &list);
    assert_true(settle(&patient).deeds & 1 << RWE_DATES_RESPONSE_VOID);
    assert_int_equal(patient.date[RWE_DATE_RESPONSE].day, day("2023-03-01"));
    list.response[1] = RWE_RESPONSE_SD;
    struct rwe_patient_dates none = PATIENT({RWE_DATE_LAST_CONTACT, "2023-12-01"});
    none.visit = list.days;
    none.visit_response = list.response;
    none.n_visits = 4;
    settle(&none);
    assert_int_equal(none.date[RWE_DATE_RESPONSE].kind, RWE_DATED_NONE);
    assert_int_equal(outcome_of("dor", RWE_CENSORING_EMA, NULL, &none).fault, RWE_DATES_NO_START);
    assert_end(outcome_of("rwpfs", RWE_CENSORING_EMA, NULL, &none), "2023-06-01", 0);
    struct rwe_patient_dates by_row =
        PATIENT({RWE_DATE_PD, "2023-05"}, {RWE_DATE_RESPONSE, "2023-05-20"});
    settle(&by_row);
    assert_int_equal(by_row.date[RWE_DATE_RESPONSE].kind, RWE_DATED_NONE);
}

static void where_new_therapy_censors_a_response_after_it_is_none(void **state)
{
    (void)state;
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_NEWTX, "2023-03-01"}, {RWE_DATE_RESPONSE, "2023-06-01"},
                {RWE_DATE_LAST_ASSESS, "2023-06-01"}, {RWE_DATE_LAST_CONTACT, "2023-07-01"});
    assert_int_equal(outcome_of("dor", RWE_CENSORING_FDA_A, NULL, &patient).fault,
                     RWE_DATES_NO_START);
    assert_end(outcome_of("dor", RWE_CENSORING_EMA, NULL, &patient), "2023-06-01", RWE_CNSR_ALIVE);
}

static void a_response_is_seen_on_a_scan_and_by_a_patient_alive(void **state)
{
    (void)state;
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_NEWTX, "2023-07-01"}, {RWE_DATE_RESPONSE, "2023-08-01"},
                {RWE_DATE_LAST_ASSESS, "2023-05-20"}, {RWE_DATE_LAST_CONTACT, "2023-03-01"});
    assert_end(outcome_of("rwpfs", RWE_CENSORING_EMA, NULL, &patient), "2023-08-01",
               RWE_CNSR_ALIVE);
    assert_end(outcome_of("rwpfs", RWE_CENSORING_EMA, "2023-06-30", &patient), "2023-05-20",
               RWE_CNSR_ALIVE);
    struct rwe_endpoint_outcome dor = outcome_of("dor", RWE_CENSORING_EMA, NULL, &patient);
    assert_end(dor, "2023-08-01", RWE_CNSR_ALIVE);
    assert_false(dor.unassessed);
    /* one that does not count was one of a living patient all the same */
    assert_end(outcome_of("os", RWE_CENSORING_FDA_A, NULL, &patient), "2023-08-01", RWE_CNSR_ALIVE);
}

/* ---- the cut-off ---- */

/* Alike by 2023-06-30, whatever comes later: one outcome by every set of rules. */
static void progression_free_survival_by_the_cutoff_depends_on_nothing_after_it(void **state)
{
    (void)state;
    struct list scans[] = {{{"2023-03-01"}, {RWE_RESPONSE_SD}, {0}},
                           {{"2023-03-01"}, {RWE_RESPONSE_SD}, {0}},
                           {{"2023-03-01", "2023-08-01"}, {RWE_RESPONSE_SD, RWE_RESPONSE_PD}, {0}},
                           {{"2023-03-01", "2023-08-01"}, {RWE_RESPONSE_SD, RWE_RESPONSE_SD}, {0}},
                           {{"2023-03-01"}, {RWE_RESPONSE_SD}, {0}}};
    struct rwe_patient_dates patients[] = {
        PATIENT({RWE_DATE_LAST_CONTACT, "2023-10-02"}),
        PATIENT({RWE_DATE_DEATH, "2023-07-11"}, {RWE_DATE_LAST_CONTACT, "2023-07-11"}),
        PATIENT({RWE_DATE_PD, "2023-08-01"}, {RWE_DATE_LAST_CONTACT, "2023-10-02"}),
        PATIENT({RWE_DATE_LAST_ASSESS, "2023-08-01"}, {RWE_DATE_LAST_CONTACT, "2023-10-02"}),
        PATIENT({RWE_DATE_NEWTX, "2023-07-20"}, {RWE_DATE_LAST_CONTACT, "2023-10-02"}),
    };
    patients[4].is_lost = true; /* later */
    for (size_t p = 0; p < sizeof patients / sizeof *patients; p++) {
        give_list(&patients[p], &scans[p]);
        for (int set = RWE_CENSORING_EMA; set <= RWE_CENSORING_FDA_C; set++) {
            assert_end(outcome_of("rwpfs", (enum rwe_censoring)set, "2023-06-30", &patients[p]),
                       "2023-03-01", RWE_CNSR_ALIVE);
            assert_end(outcome_of("os", (enum rwe_censoring)set, "2023-06-30", &patients[p]),
                       "2023-06-30", RWE_CNSR_ALIVE);
        }
    }
}

static void a_row_whose_only_scan_is_later_than_the_cutoff_says_so(void **state)
{
    (void)state;
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_LAST_ASSESS, "2023-08-01"}, {RWE_DATE_LAST_CONTACT, "2023-10-02"});
    struct rwe_endpoint_outcome outcome =
        outcome_of("rwpfs", RWE_CENSORING_FDA_A, "2023-06-30", &patient);
    assert_end(outcome, "2023-06-30", RWE_CNSR_ALIVE);
    assert_true(outcome.scan_not_known);
}

/* ---- rules ---- */

static void visits_planned_more_often_are_missed_sooner(void **state)
{
    (void)state;
    struct rwe_endpoint_definition definition;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_FDA_A);
    struct rwe_patient_dates patient = /* 150 days after the scan */
        PATIENT({RWE_DATE_LAST_ASSESS, "2023-03-01"}, {RWE_DATE_DEATH, "2023-07-29"});
    rwe_endpoint_definition_find("rwpfs", &definition);
    rwe_patient_dates_settle(&patient, &rules);
    assert_end(rwe_endpoint_from_dates(&definition, &rules, &patient), "2023-07-29", 0);
    rwe_endpoint_rules_plan(&rules, 56);
    assert_end(rwe_endpoint_from_dates(&definition, &rules, &patient), "2023-03-01",
               RWE_CNSR_MISSED);
    struct rwe_endpoint_rules ema = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    rwe_endpoint_rules_plan(&ema, 56); /* has no window to move */
    assert_end(rwe_endpoint_from_dates(&definition, &ema, &patient), "2023-07-29", 0);
}

static void a_gap_that_no_scan_tells_is_not_judged_and_told(void **state)
{
    (void)state;
    struct rwe_patient_dates seen = /* 263 days after time zero */
        PATIENT({RWE_DATE_PD, "2023-09-30"}, {RWE_DATE_LAST_ASSESS, "2023-09-30"});
    struct rwe_endpoint_outcome outcome = outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &seen);
    assert_end(outcome, "2023-09-30", 0);
    assert_true(outcome.gap_not_known);
    assert_false(outcome_of("rwpfs", RWE_CENSORING_EMA, NULL, &seen).gap_not_known);
    struct rwe_patient_dates soon = /* within two visits of time zero none can have been missed */
        PATIENT({RWE_DATE_PD, "2023-05-30"}, {RWE_DATE_LAST_ASSESS, "2023-05-30"});
    assert_false(outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &soon).gap_not_known);
}

static void a_scan_before_time_zero_is_no_follow_up(void **state)
{
    (void)state;
    struct rwe_patient_dates patient =
        PATIENT({RWE_DATE_LAST_ASSESS, "2023-01-02"}, {RWE_DATE_LAST_CONTACT, "2023-10-02"});
    struct rwe_endpoint_outcome ema = outcome_of("rwpfs", RWE_CENSORING_EMA, NULL, &patient);
    assert_end(ema, "2023-10-02", RWE_CNSR_ALIVE);
    assert_true(ema.unassessed);
    assert_end(outcome_of("rwpfs", RWE_CENSORING_FDA_A, NULL, &patient), "2023-01-10",
               RWE_CNSR_UNASSESSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_death_by_month_is_no_earlier_than_what_is_dated_in_it),
        cmocka_unit_test(other_months_lie_between_time_zero_and_the_death),
        cmocka_unit_test(new_therapy_by_month_follows_the_progression_of_that_month),
        cmocka_unit_test(progression_in_the_list_alone_is_the_patient_s),
        cmocka_unit_test(the_first_documented_progression_counts),
        cmocka_unit_test(a_scan_that_denies_the_progression_of_its_day_is_told),
        cmocka_unit_test(ongoing_needs_a_cutoff_and_says_so),
        cmocka_unit_test(where_imaging_alone_counts_a_clinical_progression_waits_for_the_scan),
        cmocka_unit_test(the_later_scan_is_the_last_and_none_follows_death),
        cmocka_unit_test(what_a_row_dates_after_death_is_told),
        cmocka_unit_test(overall_survival_ends_no_earlier_than_the_patient_was_seen),
        cmocka_unit_test(a_response_counts_from_time_zero_to_progression),
        cmocka_unit_test(where_new_therapy_censors_a_response_after_it_is_none),
        cmocka_unit_test(a_response_is_seen_on_a_scan_and_by_a_patient_alive),
        cmocka_unit_test(progression_free_survival_by_the_cutoff_depends_on_nothing_after_it),
        cmocka_unit_test(a_row_whose_only_scan_is_later_than_the_cutoff_says_so),
        cmocka_unit_test(visits_planned_more_often_are_missed_sooner),
        cmocka_unit_test(a_gap_that_no_scan_tells_is_not_judged_and_told),
        cmocka_unit_test(a_scan_before_time_zero_is_no_follow_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
