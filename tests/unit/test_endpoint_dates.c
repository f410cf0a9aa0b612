/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every rule by hand. Days count from an index date of day 1000; 0 means no date. */
#include "check.h"

#include "rwe/base/date.h"
#include "rwe/data/dates_settle.h"
#include "rwe/data/response.h"

#include <math.h>
#include <string.h>

enum { ZERO = 1000 };

struct days {
    int pd, death, assess, contact, newtx, response;
};

static struct rwe_patient_dates patient_of(struct days days)
{
    struct rwe_patient_dates patient = {0};
    const int day[] = {0,          days.pd,      days.death, days.assess, days.contact,
                       days.newtx, days.response};
    for (size_t c = 0; c < sizeof day / sizeof *day; c++)
        if (c == RWE_DATE_INDEX || day[c] != 0)
            patient.date[c] = (struct rwe_dated){ZERO + day[c], RWE_DATED_DAY};
    return patient;
}

static struct rwe_endpoint_outcome derive_with(const char *name, struct rwe_endpoint_rules rules,
                                               struct rwe_patient_dates patient)
{
    struct rwe_endpoint_definition definition;
    assert_true(rwe_endpoint_definition_find(name, &definition));
    rwe_patient_dates_settle(&patient, &rules);
    return rwe_endpoint_from_dates(&definition, &rules, &patient);
}

static struct rwe_endpoint_outcome derive(const char *name, struct days days)
{
    return derive_with(name, rwe_endpoint_rules_of(RWE_CENSORING_EMA), patient_of(days));
}

#define assert_outcome(outcome, days, cause_is, cnsr_is, column_is)                                \
    do {                                                                                           \
        struct rwe_endpoint_outcome o = (outcome);                                                 \
        assert_int_equal(o.fault, RWE_DATES_SOUND);                                                \
        assert_int_equal(o.end - o.start, (days));                                                 \
        assert_int_equal(o.cause, (cause_is));                                                     \
        assert_int_equal(o.cnsr, (cnsr_is));                                                       \
        assert_int_equal(o.column, (column_is));                                                   \
        assert_int_equal(o.cnsr == RWE_CNSR_EVENT, o.cause == 1);                                  \
    } while (0)

static void the_earliest_event_and_the_latest_censoring_decide(void **state)
{
    (void)state;
    struct days dead = {.pd = 100, .death = 300, .assess = 90, .contact = 300, .newtx = 120};
    assert_outcome(derive("rwpfs", dead), 100, 1, 0, RWE_DATE_PD);
    assert_outcome(derive("os", dead), 300, 1, 0, RWE_DATE_DEATH);
    assert_outcome(derive("ttnt", dead), 120, 1, 0, RWE_DATE_NEWTX);
    assert_outcome(derive("ttp", dead), 100, 1, 0, RWE_DATE_PD);
    assert_outcome(derive("followup", dead), 300, 0, RWE_CNSR_COMPETING, RWE_DATE_DEATH);
    struct days alive = {.assess = 180, .contact = 200};
    assert_outcome(derive("rwpfs", alive), 180, 0, RWE_CNSR_ALIVE, RWE_DATE_LAST_ASSESS);
    assert_outcome(derive("os", alive), 200, 0, RWE_CNSR_ALIVE, RWE_DATE_LAST_CONTACT);
    assert_outcome(derive("followup", alive), 200, 1, 0, RWE_DATE_LAST_CONTACT);
    assert_outcome(derive("rwpfs", (struct days){.contact = 200}), 200, 0, RWE_CNSR_ALIVE,
                   RWE_DATE_LAST_CONTACT); /* the last note, where nobody was scanned */
}

/* Seen at 60, 120 and 240; nobody knows what was between, but with a list the gap before is known. */
static void a_list_of_assessments_tells_missed_visits_and_the_scan_before(void **state)
{
    (void)state;
    static const int32_t visit[] = {ZERO - 10, ZERO + 60, ZERO + 120, ZERO + 240};
    struct rwe_endpoint_rules fda = rwe_endpoint_rules_of(RWE_CENSORING_FDA_A);
    struct rwe_patient_dates patient =
        patient_of((struct days){.pd = 240, .assess = 240, .contact = 300});
    patient.visit = visit;
    patient.n_visits = 4;
    assert_outcome(derive_with("rwpfs", fda, patient), 240, 1, 0, RWE_DATE_PD);
    fda.visit_gap = 100; /* 120 days since the scan before */
    assert_outcome(derive_with("rwpfs", fda, patient), 120, 0, RWE_CNSR_MISSED,
                   RWE_DATE_LAST_ASSESS);
    fda = rwe_endpoint_rules_of(RWE_CENSORING_FDA_A);
    patient.date[RWE_DATE_NEWTX] = (struct rwe_dated){ZERO + 130, RWE_DATED_DAY};
    assert_outcome(derive_with("rwpfs", fda, patient), 120, 0, RWE_CNSR_NEW_THERAPY,
                   RWE_DATE_LAST_ASSESS);
    patient.visit = visit + 3; /* none before the therapy: censored at time zero */
    patient.n_visits = 1;
    assert_outcome(derive_with("rwpfs", fda, patient), 0, 0, RWE_CNSR_NEW_THERAPY, RWE_DATE_INDEX);
}

/* Scanned at 60 and 240; at 120 the scan was not done: nobody was looked at. */
static void an_assessment_that_was_not_done_is_none(void **state)
{
    (void)state;
    static const int32_t visit[] = {ZERO + 60, ZERO + 120, ZERO + 240};
    static const int8_t done[] = {RWE_RESPONSE_SD, RWE_RESPONSE_SD, RWE_RESPONSE_PD},
                        not_done[] = {RWE_RESPONSE_SD, RWE_RESPONSE_ND, RWE_RESPONSE_PD};
    struct rwe_endpoint_rules fda = rwe_endpoint_rules_of(RWE_CENSORING_FDA_A);
    struct rwe_patient_dates patient = patient_of((struct days){.pd = 240, .contact = 300});
    patient.visit = visit;
    patient.n_visits = 3;
    fda.visit_gap = 130;
    patient.visit_response = done;
    assert_outcome(derive_with("rwpfs", fda, patient), 240, 1, 0, RWE_DATE_PD);
    patient.visit_response = not_done;
    assert_outcome(derive_with("rwpfs", fda, patient), 60, 0, RWE_CNSR_MISSED,
                   RWE_DATE_LAST_ASSESS);
    patient.date[RWE_DATE_PD].kind = RWE_DATED_NONE;
    patient.n_visits = 2;
    assert_outcome(derive_with("rwpfs", fda, patient), 60, 0, RWE_CNSR_ALIVE, RWE_DATE_LAST_ASSESS);
}

static void fda_b_moves_progression_between_visits_to_the_next(void **state)
{
    (void)state;
    static const int32_t visit[] = {ZERO + 100};
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_FDA_B);
    struct rwe_patient_dates patient =
        patient_of((struct days){.pd = 100, .assess = 100, .contact = 300});
    assert_outcome(derive_with("rwpfs", rules, patient), 182, 1, 0, RWE_DATE_PD);
    assert_true(derive_with("rwpfs", rules, patient).end_moved);
    assert_outcome(derive_with("ttnt", rules, patient), 300, 0, RWE_CNSR_ALIVE,
                   RWE_DATE_LAST_CONTACT);      /* not seen by imaging: no rule */
    patient.date[RWE_DATE_PD].day = ZERO + 182; /* on a planned day */
    assert_outcome(derive_with("rwpfs", rules, patient), 182, 1, 0, RWE_DATE_PD);
    assert_false(derive_with("rwpfs", rules, patient).end_moved);
    patient.date[RWE_DATE_PD].day = ZERO + 100;
    patient.date[RWE_DATE_DEATH] = (struct rwe_dated){ZERO + 150, RWE_DATED_DAY};
    assert_outcome(derive_with("rwpfs", rules, patient), 150, 1, 0, RWE_DATE_DEATH);
    patient.date[RWE_DATE_DEATH].kind = RWE_DATED_NONE;
    patient.date[RWE_DATE_NEWTX] = (struct rwe_dated){ZERO + 120, RWE_DATED_DAY};
    assert_outcome(derive_with("rwpfs", rules, patient), 182, 1, 0,
                   RWE_DATE_PD); /* had progressed */
    rules.has_cutoff = true;
    rules.cutoff = ZERO + 140; /* known, so an event, but no later than the data */
    assert_outcome(derive_with("rwpfs", rules, patient), 140, 1, 0, RWE_DATE_PD);
    rules.has_cutoff = false;
    patient.visit = visit; /* seen at a visit that was made */
    patient.n_visits = 1;
    assert_outcome(derive_with("rwpfs", rules, patient), 100, 1, 0, RWE_DATE_PD);
}

static void death_before_progression_is_the_event_and_competes_with_progression(void **state)
{
    (void)state;
    struct days days = {.death = 150, .assess = 90, .contact = 150};
    assert_outcome(derive("rwpfs", days), 150, 1, 0, RWE_DATE_DEATH);
    assert_outcome(derive("ttp", days), 150, 2, RWE_CNSR_COMPETING, RWE_DATE_DEATH);
    days.pd = 160; /* progression noted after death: what came first counts */
    assert_outcome(derive("rwpfs", days), 150, 1, 0, RWE_DATE_DEATH);
    days.pd = 150; /* on one day: the first column */
    assert_outcome(derive("rwpfs", days), 150, 1, 0, RWE_DATE_PD);
}

static void progression_elsewhere_competes_where_the_place_counts(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    struct rwe_patient_dates patient = patient_of((struct days){.pd = 100, .contact = 300});
    assert_int_equal(derive_with("itpfs", rules, patient).fault, RWE_DATES_NO_PLACE);
    patient.pd_place = RWE_PD_INTRATHORACIC;
    assert_outcome(derive_with("itpfs", rules, patient), 100, 1, 0, RWE_DATE_PD);
    assert_outcome(derive_with("lrfs", rules, patient), 100, 2, RWE_CNSR_COMPETING, RWE_DATE_PD);
    patient.pd_place = RWE_PD_LOCOREGIONAL;
    assert_outcome(derive_with("itpfs", rules, patient), 100, 2, RWE_CNSR_COMPETING, RWE_DATE_PD);
    assert_outcome(derive_with("lrfs", rules, patient), 100, 1, 0, RWE_DATE_PD);
    struct rwe_patient_dates dead = patient_of((struct days){.death = 80, .contact = 80});
    assert_outcome(derive_with("lrfs", rules, dead), 80, 3, RWE_CNSR_COMPETING, RWE_DATE_DEATH);
}

static void duration_of_response_begins_with_it_and_needs_one(void **state)
{
    (void)state;
    struct days days = {.pd = 200, .contact = 300, .response = 60};
    assert_outcome(derive("dor", days), 140, 1, 0, RWE_DATE_PD);
    days.response = 0;
    assert_int_equal(derive("dor", days).fault, RWE_DATES_NO_START);
    days.response = 250; /* after progression: none */
    assert_int_equal(derive("dor", days).fault, RWE_DATES_NO_START);
}

static void what_comes_after_the_cutoff_is_not_known_yet(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    rules.has_cutoff = true;
    rules.cutoff = ZERO + 250;
    struct rwe_patient_dates late =
        patient_of((struct days){.pd = 260, .death = 300, .assess = 200, .contact = 300});
    assert_outcome(derive_with("rwpfs", rules, late), 200, 0, RWE_CNSR_ALIVE,
                   RWE_DATE_LAST_ASSESS); /* what comes later is not known */
    assert_outcome(derive_with("os", rules, late), 250, 0, RWE_CNSR_ALIVE, RWE_DECIDED_BY_CUTOFF);
    struct rwe_patient_dates at = patient_of((struct days){.death = 250, .contact = 250});
    assert_outcome(derive_with("os", rules, at), 250, 1, 0, RWE_DATE_DEATH);
    struct rwe_patient_dates future = patient_of((struct days){.contact = 99999});
    assert_outcome(derive_with("os", rules, future), 250, 0, RWE_CNSR_ALIVE, RWE_DECIDED_BY_CUTOFF);
    struct rwe_patient_dates ongoing = patient_of((struct days){0});
    ongoing.date[RWE_DATE_LAST_CONTACT].kind = RWE_DATED_ONGOING;
    assert_outcome(derive_with("os", rules, ongoing), 250, 0, RWE_CNSR_ALIVE,
                   RWE_DATE_LAST_CONTACT);
    rules.has_cutoff = false; /* until now, but nobody says when that is */
    assert_int_equal(derive_with("os", rules, ongoing).fault, RWE_DATES_NO_END);
}

static void the_death_window_and_the_visit_gap_are_borders_that_count(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    rules.death_window = 60;
    rules.visit_gap = 90;
    for (int beyond = 0; beyond < 2; beyond++) {
        struct rwe_patient_dates dead = patient_of(
            (struct days){.death = 160 + beyond, .assess = 100, .contact = 160 + beyond});
        struct rwe_patient_dates pd =
            patient_of((struct days){.pd = 190 + beyond, .assess = 100, .contact = 300});
        if (beyond == 0) {
            assert_outcome(derive_with("rwpfs", rules, dead), 160, 1, 0, RWE_DATE_DEATH);
            assert_outcome(derive_with("rwpfs", rules, pd), 190, 1, 0, RWE_DATE_PD);
        } else {
            assert_outcome(derive_with("rwpfs", rules, dead), 100, 0, RWE_CNSR_MISSED,
                           RWE_DATE_LAST_ASSESS);
            assert_outcome(derive_with("rwpfs", rules, pd), 100, 0, RWE_CNSR_MISSED,
                           RWE_DATE_LAST_ASSESS);
        }
        assert_outcome(derive_with("os", rules, dead), 160 + beyond, 1, 0, RWE_DATE_DEATH);
    }
    struct rwe_patient_dates followed =
        patient_of((struct days){.pd = 191, .assess = 250, .contact = 300});
    assert_outcome(derive_with("rwpfs", rules, followed), 191, 1, 0, RWE_DATE_PD);
}

static void early_progression_is_not_believed_where_the_rules_say_so(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    struct days days = {.pd = 14, .death = 300, .assess = 250, .contact = 300};
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 14, 1, 0, RWE_DATE_PD);
    rules.pd_blank = 14;
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 300, 1, 0, RWE_DATE_DEATH);
    days.pd = 15;
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 15, 1, 0, RWE_DATE_PD);
}

static void new_therapy_is_ignored_or_censors_or_is_the_event(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    struct days days = {.pd = 200, .assess = 100, .contact = 300, .newtx = 130};
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 200, 1, 0, RWE_DATE_PD);
    rules.new_therapy = RWE_NEW_THERAPY_CENSOR;
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 100, 0, RWE_CNSR_NEW_THERAPY,
                   RWE_DATE_LAST_ASSESS);
    days.assess = 190; /* the scan before therapy is not in the file */
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 130, 0, RWE_CNSR_NEW_THERAPY,
                   RWE_DATE_NEWTX);
    days.pd = 130; /* therapy on the day of progression follows it */
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 130, 1, 0, RWE_DATE_PD);
    days.pd = 200;
    rules.new_therapy = RWE_NEW_THERAPY_EVENT;
    assert_outcome(derive_with("rwpfs", rules, patient_of(days)), 130, 1, 0, RWE_DATE_NEWTX);
    assert_outcome(derive_with("os", rules, patient_of(days)), 300, 0, RWE_CNSR_ALIVE,
                   RWE_DATE_LAST_CONTACT);
}

static void the_named_sets_differ_as_the_guidances_do(void **state)
{
    (void)state;
    struct days gap = {.pd = 290, .assess = 100, .contact = 300};
    struct days unseen = {.contact = 300};
    struct rwe_patient_dates clinical =
        patient_of((struct days){.pd = 90, .contact = 95, .assess = 80});
    clinical.pd_is_clinical = true;
    static const struct {
        enum rwe_censoring set;
        int gap_cnsr, unseen_end, clinical_cause;
    } known[] = {
        {RWE_CENSORING_EMA, RWE_CNSR_EVENT, 300, 1},
        {RWE_CENSORING_FDA_A, RWE_CNSR_MISSED, 0, 0},
        {RWE_CENSORING_FDA_B, RWE_CNSR_EVENT, 0, 0},
        {RWE_CENSORING_FDA_C, RWE_CNSR_EVENT, 0, 1},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(known[k].set);
        assert_int_equal(derive_with("rwpfs", rules, patient_of(gap)).cnsr, known[k].gap_cnsr);
        struct rwe_endpoint_outcome none = derive_with("rwpfs", rules, patient_of(unseen));
        assert_int_equal(none.end - none.start, known[k].unseen_end);
        assert_int_equal(none.cnsr,
                         known[k].unseen_end == 0 ? RWE_CNSR_UNASSESSED : RWE_CNSR_ALIVE);
        assert_int_equal(derive_with("rwpfs", rules, clinical).cause, known[k].clinical_cause);
    }
}

static void who_was_lost_is_told_apart(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    struct rwe_patient_dates patient = patient_of((struct days){.contact = 200});
    patient.date[RWE_DATE_PD].kind = RWE_DATED_LOST;
    assert_int_equal(derive_with("os", rules, patient).cnsr, RWE_CNSR_LOST);
}

static int32_t civil(int32_t year, int32_t month, int32_t day)
{
    return rwe_date_from_civil(year, month, day);
}

static void months_alone_are_the_15th_but_not_before_what_is_known(void **state)
{
    (void)state;
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    struct rwe_patient_dates patient = {0};
    patient.date[RWE_DATE_INDEX] = (struct rwe_dated){civil(2023, 1, 20), RWE_DATED_DAY};
    patient.date[RWE_DATE_LAST_CONTACT] = (struct rwe_dated){civil(2023, 5, 20), RWE_DATED_DAY};
    patient.date[RWE_DATE_DEATH] = (struct rwe_dated){civil(2023, 5, 15), RWE_DATED_MONTH};
    struct rwe_endpoint_outcome outcome = derive_with("os", rules, patient);
    assert_int_equal(outcome.end, civil(2023, 5, 20)); /* seen alive on that day */
    assert_true(outcome.end_imputed);
    patient.date[RWE_DATE_LAST_CONTACT].day = civil(2023, 4, 20);
    assert_int_equal(derive_with("os", rules, patient).end, civil(2023, 5, 15));
    patient.date[RWE_DATE_PD] = (struct rwe_dated){civil(2023, 1, 15), RWE_DATED_MONTH};
    outcome = derive_with("rwpfs", rules, patient);
    assert_int_equal(outcome.end, outcome.start); /* the month of time zero */
    assert_int_equal(outcome.fault, RWE_DATES_SOUND);
    patient.date[RWE_DATE_PD].day = civil(2022, 12, 15);
    assert_int_equal(derive_with("rwpfs", rules, patient).fault, RWE_DATES_BEFORE_START);
}

static void what_is_missing_is_a_fault(void **state)
{
    (void)state;
    assert_int_equal(derive("os", (struct days){0}).fault, RWE_DATES_NO_END);
    struct rwe_patient_dates nobody = {0};
    struct rwe_endpoint_rules rules = rwe_endpoint_rules_of(RWE_CENSORING_EMA);
    assert_int_equal(derive_with("os", rules, nobody).fault, RWE_DATES_NO_START);
    assert_int_equal(derive("os", (struct days){.death = -5}).fault, RWE_DATES_BEFORE_START);
    struct rwe_endpoint_definition definition;
    assert_false(rwe_endpoint_definition_find("efs", &definition));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earliest_event_and_the_latest_censoring_decide),
        cmocka_unit_test(a_list_of_assessments_tells_missed_visits_and_the_scan_before),
        cmocka_unit_test(an_assessment_that_was_not_done_is_none),
        cmocka_unit_test(fda_b_moves_progression_between_visits_to_the_next),
        cmocka_unit_test(death_before_progression_is_the_event_and_competes_with_progression),
        cmocka_unit_test(progression_elsewhere_competes_where_the_place_counts),
        cmocka_unit_test(duration_of_response_begins_with_it_and_needs_one),
        cmocka_unit_test(what_comes_after_the_cutoff_is_not_known_yet),
        cmocka_unit_test(the_death_window_and_the_visit_gap_are_borders_that_count),
        cmocka_unit_test(early_progression_is_not_believed_where_the_rules_say_so),
        cmocka_unit_test(new_therapy_is_ignored_or_censors_or_is_the_event),
        cmocka_unit_test(the_named_sets_differ_as_the_guidances_do),
        cmocka_unit_test(who_was_lost_is_told_apart),
        cmocka_unit_test(months_alone_are_the_15th_but_not_before_what_is_known),
        cmocka_unit_test(what_is_missing_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
