/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best response of a patient: the patients and results of admiralonco's tests (1.4.0.9003: derive_param_bor,
 * derive_param_confirmed_bor, derive_param_confirmed_resp), table 3 of RECIST 1.1, and iRECIST by hand. */
#include "check.h"
#include "csv_table.h"

#include "rwe/base/date.h"
#include "rwe/data/best_response.h"
#include "rwe/data/dated.h"
#include "rwe/data/response.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starve.h"

enum { MOST = 16 };

/* A patient as text: "2020-01-01 PR, 2020-02-01 CR 30" (a day, its response, the sum of its target lesions). */
struct patient {
    int32_t day[MOST];
    int8_t response[MOST];
    double sum[MOST];
    struct rwe_assessments of;
};

static int32_t day_of(const char *text)
{
    struct rwe_dated dated;
    assert_true(rwe_dated_parse(text, strlen(text), (struct rwe_date_style){0}, &dated));
    return dated.day;
}

static void read_patient(const char *zero, const char *list, struct patient *p)
{
    *p = (struct patient){.of = {.day = p->day,
                                 .response = p->response,
                                 .sum = p->sum,
                                 .zero = day_of(zero),
                                 .until = INT32_MAX,
                                 .progression = RWE_NO_DAY}};
    for (const char *at = list; *at != '\0'; at += strspn(at, ", ")) {
        char day[16], response[16];
        size_t length = strcspn(at, ","), k = p->of.n++;
        assert_true(k < MOST);
        p->sum[k] = NAN;
        assert_true(sscanf(at, "%15s %15[^, ] %lf", day, response, &p->sum[k]) >= 2);
        p->day[k] = day_of(day);
        p->response[k] = (int8_t)rwe_response_parse(response);
        assert_true(p->response[k] >= 0 || strcmp(response, "-") == 0);
        at += length;
    }
}

static struct rwe_best_response find(const struct patient *p,
                                     const struct rwe_response_rules *rules)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_best_response best;
    assert_int_equal(rwe_best_response_find(&p->of, rules, arena, &best), RWE_OK);
    rwe_arena_free(arena);
    return best;
}

static const char *word(const struct rwe_best *best)
{
    return best->response < 0 ? "none" : rwe_response_code[best->response];
}

static void check_day(int32_t day, const char *wanted)
{
    assert_int_equal(day, wanted == NULL ? RWE_NO_DAY : day_of(wanted));
}

static void check_best(const struct rwe_best *best, const char *response, const char *day)
{
    assert_string_equal(word(best), response);
    check_day(best->day, day);
}

/* ---- admiralonco ---- */

static const struct {
    const char *zero, *list;
} oncology[] = {
    {"2020-01-01", "2020-01-01 PR, 2020-02-01 CR, 2020-02-16 NE, 2020-03-01 CR, 2020-04-01 SD"},
    {"2019-12-12", "2020-01-01 SD, 2020-02-01 PR, 2020-03-01 SD, 2020-03-13 CR"},
    {"2019-11-11", "2019-11-12 CR, 2019-12-02 CR, 2020-01-01 SD"},
    {"2019-12-30",
     "2020-01-01 PR, 2020-03-01 SD, 2020-04-01 SD, 2020-05-01 PR, 2020-05-15 NON-CR/NON-PD"},
    {"2020-01-01", "2020-01-01 PR, 2020-01-10 SD, 2020-01-20 PR, 2020-05-15 NON-CR/NON-PD"},
    {"2020-02-02", "2020-02-06 PR, 2020-02-16 CR, 2020-03-30 PR"},
    {"2020-02-02", "2020-02-06 PR, 2020-02-16 CR, 2020-04-01 NE"},
    {"2020-04-01", ""},
    {"2020-02-01", "2020-02-16 PD, 2020-03-06 SD"},
};
enum { N_ONCOLOGY = sizeof oncology / sizeof *oncology };

struct wanted {
    const char *response, *day, *first;
};

static void check_oncology(const struct rwe_response_rules *rules, bool confirm,
                           const struct wanted wanted[], size_t n)
{
    for (size_t k = 0; k < n; k++) {
        struct patient p;
        read_patient(oncology[k].zero, oncology[k].list, &p);
        struct rwe_best_response best = find(&p, rules);
        const struct rwe_best *found = confirm ? &best.confirmed : &best.unconfirmed;
        check_best(found, wanted[k].response, wanted[k].day);
        if (confirm)
            check_day(found->first, wanted[k].first);
    }
}

/* Tests 1 of derive_param_confirmed_bor and derive_param_confirmed_resp. */
static void confirmed_responses_are_those_of_admiralonco(void **state)
{
    static const struct wanted wanted[N_ONCOLOGY] = {
        {"CR", "2020-02-01", "2020-01-01"},
        {"SD", "2020-02-01", NULL},
        {"SD", "2020-01-01", NULL},
        {"SD", "2020-03-01", NULL},
        {"NON-CR/NON-PD", "2020-05-15", NULL},
        {"SD", "2020-03-30", NULL},
        {"NE", "2020-02-06", NULL},
        {"none", NULL, NULL},
        {"PD", "2020-02-16", NULL},
    };
    (void)state;
    struct rwe_response_rules rules = rwe_response_rules_default();
    rules.sd_minimum = 28;
    check_oncology(&rules, true, wanted, N_ONCOLOGY);
}

/* Their tests 2: 14 days, no NE, one SD. */
static void a_stable_disease_between_is_accepted_on_request(void **state)
{
    static const struct wanted wanted[N_ONCOLOGY] = {
        {"PR", "2020-01-01", "2020-01-01"}, {"PR", "2020-02-01", "2020-02-01"},
        {"CR", "2019-11-12", "2019-11-12"}, {"SD", "2020-03-01", NULL},
        {"PR", "2020-01-01", "2020-01-01"}, {"SD", "2020-03-30", NULL},
        {"NE", "2020-02-06", NULL},         {"none", NULL, NULL},
        {"PD", "2020-02-16", NULL},
    };
    (void)state;
    const struct rwe_response_rules rules = {14, 28, 0, true};
    check_oncology(&rules, true, wanted, N_ONCOLOGY);
}

/* Tests 1 and 2 of derive_param_bor. */
static void unconfirmed_responses_are_those_of_admiralonco(void **state)
{
    static const struct wanted wanted[] = {
        {"CR", "2020-02-01", NULL}, {"CR", "2020-03-13", NULL}, {"CR", "2019-11-12", NULL},
        {"PR", "2020-01-01", NULL}, {"PR", "2020-01-01", NULL}, {"CR", "2020-02-16", NULL},
        {"CR", "2020-02-16", NULL}, {"none", NULL, NULL},
    };
    (void)state;
    struct rwe_response_rules rules = rwe_response_rules_default();
    rules.sd_minimum = 28;
    check_oncology(&rules, false, wanted, sizeof wanted / sizeof *wanted);
    struct patient p;
    read_patient(oncology[1].zero, oncology[1].list, &p);
    p.of.until = day_of("2020-03-01");
    struct rwe_best_response best = find(&p, &rules);
    check_best(&best.unconfirmed, "PR", "2020-02-01");
    read_patient(oncology[5].zero, oncology[5].list, &p);
    p.of.until = day_of("2020-02-05");
    best = find(&p, &rules);
    check_best(&best.unconfirmed, "none", NULL);
    /* subject 7 with early SD alone */
    read_patient("2020-01-01", "2020-01-01 SD, 2020-01-02 SD, 2020-01-03 SD", &p);
    best = find(&p, &rules);
    check_best(&best.unconfirmed, "NE", "2020-01-01");
}

/* The assessments of adrs_onco (R package pharmaverseadam), and its BOR and CBOR. */
static void the_patients_of_pharmaverseadam_have_its_responses(void **state)
{
    static const struct {
        const char *zero, *list;
        struct wanted unconfirmed, confirmed;
    } rows[] = {
        {"2014-01-02",
         "2014-01-23 SD, 2014-02-28 NE, 2014-03-06 CR",
         {"CR", "2014-03-06", NULL},
         {"SD", "2014-03-06", NULL}},
        {"2013-07-19",
         "2013-08-09 SD, 2013-08-30 PD, 2013-09-20 SD",
         {"PD", "2013-08-30", NULL},
         {"PD", "2013-08-30", NULL}},
        {"2014-07-01",
         "2014-07-22 NON-CR/NON-PD, 2014-08-12 NON-CR/NON-PD",
         {"NON-CR/NON-PD", "2014-08-12", NULL},
         {"NON-CR/NON-PD", "2014-08-12", NULL}},
        {"2014-01-01",
         "2014-01-22 NON-CR/NON-PD",
         {"NE", "2014-01-22", NULL},
         {"NE", "2014-01-22", NULL}},
        {"2012-11-30",
         "2012-12-21 SD, 2013-01-11 PR, 2013-02-01 CR",
         {"CR", "2013-02-01", NULL},
         {"SD", "2013-01-11", NULL}},
        {"2014-03-12",
         "2014-04-02 SD, 2014-04-23 PR, 2014-05-14 NE, 2014-06-04 PR",
         {"PR", "2014-04-23", NULL},
         {"PR", "2014-04-23", NULL}},
        {"2014-02-15",
         "2014-03-08 SD, 2014-03-29 SD, 2014-04-19 PD",
         {"SD", "2014-03-29", NULL},
         {"SD", "2014-03-29", NULL}},
        {"2012-10-28",
         "2012-11-18 PR, 2012-12-09 CR, 2012-12-30 PD",
         {"CR", "2012-12-09", NULL},
         {"SD", "2012-12-09", NULL}},
    };
    const struct rwe_response_rules rules = rwe_response_rules_default();
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct patient p;
        read_patient(rows[k].zero, rows[k].list, &p);
        struct rwe_best_response best = find(&p, &rules);
        check_best(&best.unconfirmed, rows[k].unconfirmed.response, rows[k].unconfirmed.day);
        check_best(&best.confirmed, rows[k].confirmed.response, rows[k].confirmed.day);
    }
}

/* Test 4 of derive_param_confirmed_resp without its subject that responds after progression: here nothing counts then. */
static void nothing_counts_after_the_first_progression(void **state)
{
    (void)state;
    const struct rwe_response_rules rules = rwe_response_rules_default();
    struct patient p;
    read_patient("2019-12-01", "2020-01-01 SD, 2020-02-01 PD, 2020-02-16 PR, 2020-03-21 CR", &p);
    struct rwe_best_response best = find(&p, &rules);
    check_best(&best.unconfirmed, "PD", "2020-02-01"); /* the SD came on day 31 */
    check_day(best.unconfirmed.first, NULL);
    check_day(best.progression, "2020-02-01");
    read_patient("2020-01-01", "2020-01-01 SD, 2020-02-01 CR, 2020-02-16 PD, 2020-03-21 CR", &p);
    best = find(&p, &rules);
    check_best(&best.unconfirmed, "CR", "2020-02-01");
    check_best(&best.confirmed, "PD", "2020-02-16");
}

/* ---- RECIST 1.1, table 3 ---- */

/* Two assessments; the first on `day` after time zero, the second 30 days later. */
static const char *pair(int first, int day, int second)
{
    struct rwe_assessments of = {
        .n = 2,
        .day = (const int32_t[]){day, day + 30},
        .response = (const int8_t[]){(int8_t)first, (int8_t)second},
        .until = INT32_MAX,
        .progression = RWE_NO_DAY,
    };
    const struct rwe_response_rules rules = rwe_response_rules_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_best_response best;
    assert_int_equal(rwe_best_response_find(&of, &rules, arena, &best), RWE_OK);
    rwe_arena_free(arena);
    return word(&best.confirmed);
}

#define R(code) RWE_RESPONSE_##code

static void pairs_of_responses_are_those_of_table_3(void **state)
{
    static const struct {
        int first, second;
        const char *late, *early; /* the first after the minimum of SD, or both before it */
    } rows[] = {
        {R(CR), R(CR), "CR", "CR"}, {R(CR), R(SD), "SD", "NE"}, {R(CR), R(PD), "SD", "PD"},
        {R(CR), R(NE), "SD", "NE"}, {R(PR), R(CR), "PR", "PR"}, {R(PR), R(PR), "PR", "PR"},
        {R(PR), R(SD), "SD", "NE"}, {R(PR), R(PD), "SD", "PD"}, {R(PR), R(NE), "SD", "NE"},
        {R(SD), R(PD), "SD", "PD"}, {R(NE), R(NE), "NE", "NE"}, {R(CR), R(PR), "SD", "NE"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        assert_string_equal(pair(rows[k].first, 42, rows[k].second), rows[k].late);
        assert_string_equal(pair(rows[k].first, 11, rows[k].second), rows[k].early);
    }
}

/* ---- borders, by hand ---- */

static struct rwe_best_response of_text(const char *list)
{
    const struct rwe_response_rules rules = rwe_response_rules_default();
    struct patient p;
    read_patient("2020-01-01", list, &p); /* 2020-02-12 is day 42 */
    return find(&p, &rules);
}

static void days_count_from_the_minimum_on(void **state)
{
    (void)state;
    struct rwe_best_response best = of_text("2020-02-11 SD");
    check_best(&best.unconfirmed, "NE", "2020-02-11");
    best = of_text("2020-02-12 SD");
    check_best(&best.unconfirmed, "SD", "2020-02-12");
    best = of_text("2020-02-12 PR, 2020-03-10 PR"); /* 27 days */
    check_best(&best.confirmed, "SD", "2020-02-12");
    best = of_text("2020-02-12 PR, 2020-03-11 PR"); /* 28 days */
    check_best(&best.confirmed, "PR", "2020-02-12");
}

static void one_inevaluable_or_missing_assessment_may_lie_between(void **state)
{
    (void)state;
    struct rwe_best_response best = of_text("2020-02-12 PR, 2020-03-01 NE, 2020-04-01 PR");
    check_best(&best.confirmed, "PR", "2020-02-12");
    best = of_text("2020-02-12 PR, 2020-03-01 ND, 2020-04-01 PR");
    check_best(&best.confirmed, "PR", "2020-02-12");
    best = of_text("2020-02-12 PR, 2020-03-01 NE, 2020-03-15 -, 2020-04-01 PR");
    check_best(&best.confirmed, "SD", "2020-02-12");
}

static void what_is_before_time_zero_does_not_count(void **state)
{
    (void)state;
    struct rwe_best_response best = of_text("2019-12-20 PR, 2020-02-20 SD");
    check_best(&best.unconfirmed, "SD", "2020-02-20");
    check_day(best.unconfirmed.first, NULL);
    best = of_text("2019-12-20 PD, 2020-02-20 PR, 2020-04-20 PR");
    check_best(&best.confirmed, "PR", "2020-02-20");
    best = of_text("2019-12-20 SD");
    check_best(&best.unconfirmed, "none", NULL);
    best = of_text("2020-02-20 ND");
    check_best(&best.unconfirmed, "none", NULL);
}

static void the_worst_of_a_day_counts_but_not_an_inevaluable_one(void **state)
{
    (void)state;
    struct rwe_best_response best = of_text("2020-02-20 PR, 2020-02-20 SD, 2020-02-20 NE");
    check_best(&best.unconfirmed, "SD", "2020-02-20");
    best = of_text("2020-02-20 PR, 2020-02-20 NE");
    check_best(&best.unconfirmed, "PR", "2020-02-20");
    best = of_text("2020-02-20 PR, 2020-02-20 PD, 2020-03-20 PR");
    check_best(&best.unconfirmed, "PD", "2020-02-20");
}

/* Progression that the patient's row tells: what was seen by that day counts, and it is PD itself. */
static void a_progression_known_otherwise_ends_the_response(void **state)
{
    (void)state;
    const struct rwe_response_rules rules = rwe_response_rules_default();
    struct patient p;
    read_patient("2020-01-01", "2020-02-12 PR, 2020-04-01 PR", &p);
    p.of.progression = day_of("2020-03-15");
    struct rwe_best_response best = find(&p, &rules);
    check_best(&best.unconfirmed, "PR", "2020-02-12");
    check_best(&best.confirmed, "SD", "2020-02-12");
    check_day(best.progression, "2020-03-15");
    p.of.progression = day_of("2020-02-12");
    best = find(&p, &rules);
    check_best(&best.unconfirmed, "PR", "2020-02-12");
    p.of.progression = day_of("2020-01-20");
    best = find(&p, &rules);
    check_best(&best.confirmed, "PD", "2020-01-20");
    p.of.until = day_of("2020-01-10"); /* not known yet */
    best = find(&p, &rules);
    check_best(&best.confirmed, "none", NULL);
    check_day(best.progression, NULL);
}

static void a_partial_after_a_complete_response_is_told(void **state)
{
    (void)state;
    assert_true(of_text("2020-02-12 CR, 2020-04-01 PR").pr_after_cr);
    assert_false(of_text("2020-02-12 PR, 2020-04-01 CR").pr_after_cr);
    assert_false(of_text("2020-02-12 CR, 2020-03-12 PD, 2020-04-01 PR").pr_after_cr);
}

/* ---- iRECIST ---- */

/* The sequences of admiralonco's page on iRECIST, the last three by hand. */
static void progression_is_dated_by_the_first_iupd_that_icpd_confirms(void **state)
{
    static const struct {
        const char *list, *progression, *response;
    } rows[] = {
        {"2020-03-01 iUPD, 2020-04-01 iUPD, 2020-05-01 iCPD", "2020-03-01", "PD"},
        {"2020-02-01 iSD, 2020-03-01 iSD, 2020-04-01 iUPD, 2020-05-01 iPR, 2020-06-01 iPR, "
         "2020-07-01 iUPD, 2020-08-01 iCPD, 2020-09-01 iCR",
         "2020-07-01", "PR"},
        {"2020-03-01 iUPD, 2020-04-01 NE, 2020-05-01 iCPD", "2020-03-01", "PD"},
        {"2020-03-01 NE, 2020-04-01 iUPD, 2020-05-01 iCPD", "2020-04-01", "PD"},
        {"2020-03-01 iSD, 2020-05-01 iCPD", "2020-05-01", "SD"},
        {"2020-01-20 iSD, 2020-03-01 iUPD, 2020-05-01 iUPD", NULL, "iUPD"},
        {"2020-03-01 iUPD, 2020-05-01 iSD", NULL, "SD"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct rwe_best_response best = of_text(rows[k].list);
        check_day(best.progression, rows[k].progression);
        assert_string_equal(word(&best.unconfirmed), rows[k].response);
        if (best.unconfirmed.response == RWE_RESPONSE_PD)
            check_day(best.unconfirmed.day, rows[k].progression);
    }
}

static void an_iupd_between_two_responses_leaves_the_first_unconfirmed(void **state)
{
    (void)state;
    struct rwe_best_response best = of_text("2020-02-20 iPR, 2020-03-20 iUPD, 2020-04-20 iPR");
    check_best(&best.unconfirmed, "PR", "2020-02-20");
    check_best(&best.confirmed, "SD", "2020-02-20");
    best = of_text("2020-02-20 iUPD, 2020-03-20 iPR, 2020-04-20 iCR");
    check_best(&best.confirmed, "PR", "2020-03-20");
}

/* ---- target lesions ---- */

/* From 50: −30%, then up; after progression −90% does not count. */
static void the_smallest_sum_is_in_percent_of_the_last_one_up_to_time_zero(void **state)
{
    (void)state;
    assert_close(of_text("2019-12-01 - 60, 2019-12-20 - 50, 2020-02-12 PR 35, 2020-04-01 PR 40, "
                         "2020-05-01 PD 45, 2020-06-01 PR 5")
                     .change,
                 -30, 1e-14);
    assert_close(of_text("2020-01-01 - 50, 2020-02-12 PD 60").change, 20, 1e-14);
    assert_true(isnan(of_text("2020-02-12 PR 35, 2020-04-01 PR 40").change));
    assert_true(isnan(of_text("2020-01-01 - 50, 2020-02-12 PR").change));
}

/* ---- another way of writing the rules ---- */

static int32_t day_or_none(const char *text)
{
    return strcmp(text, "NA") == 0 ? RWE_NO_DAY : (int32_t)strtol(text, NULL, 10);
}

static void read_days(char *list, struct patient *p)
{
    *p = (struct patient){
        .of = {
            .day = p->day, .response = p->response, .until = INT32_MAX, .progression = RWE_NO_DAY}};
    for (char *at = strtok(list, ";"); at != NULL; at = strtok(NULL, ";")) {
        char *end;
        long day = strtol(at, &end, 10);
        if (end == at)
            continue; /* of a patient without assessments */
        p->day[p->of.n] = (int32_t)day;
        p->response[p->of.n++] = (int8_t)rwe_response_parse(end + strspn(end, " "));
    }
}

static void check_row(char *const cell[], const struct rwe_best *best)
{
    assert_string_equal(word(best), cell[0]);
    assert_int_equal(best->day, day_or_none(cell[1]));
    assert_int_equal(best->first, day_or_none(cell[2]));
}

/* 400 drawn patients by three sets of rules: tests/oracle/best_response.R. */
static void drawn_patients_are_those_of_conditions_on_all_that_lies_between(void **state)
{
    static const struct rwe_response_rules rules[] = {
        {28, 42, 1, false}, {35, 56, 0, true}, {0, 0, 2, true}};
    struct csv_table *table = csv_table_read("tests/oracle/best_response_random.csv");
    (void)state;
    assert_int_equal(table->n_rows, 1200);
    for (size_t k = 0; k < table->n_rows; k++) {
        char *const *cell = table->cell[k];
        struct patient p;
        read_days(cell[1], &p);
        struct rwe_best_response best = find(&p, &rules[strtol(cell[0], NULL, 10) - 1]);
        check_row(cell + 2, &best.unconfirmed);
        check_row(cell + 5, &best.confirmed);
        assert_int_equal(best.progression, day_or_none(cell[8]));
    }
    csv_table_free(table);
}

/* ---- memory ---- */

struct input {
    int nothing;
};

static enum rwe_status run_find(const struct input *input, struct rwe_arena *arena,
                                struct rwe_error *error)
{
    static int32_t day[10000];
    static int8_t response[10000];
    const struct rwe_assessments of = {.n = 10000,
                                       .day = day,
                                       .response = response,
                                       .until = INT32_MAX,
                                       .progression = RWE_NO_DAY};
    const struct rwe_response_rules rules = rwe_response_rules_default();
    struct rwe_best_response best;
    (void)input;
    return rwe_best_response_find(&of, &rules, arena, &best) == RWE_OK ? RWE_OK
                                                                       : rwe_fail_memory(error);
}

static void an_allocation_that_fails_is_reported(void **state)
{
    (void)state;
    starve(NULL, 1, run_find);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirmed_responses_are_those_of_admiralonco),
        cmocka_unit_test(a_stable_disease_between_is_accepted_on_request),
        cmocka_unit_test(unconfirmed_responses_are_those_of_admiralonco),
        cmocka_unit_test(the_patients_of_pharmaverseadam_have_its_responses),
        cmocka_unit_test(nothing_counts_after_the_first_progression),
        cmocka_unit_test(pairs_of_responses_are_those_of_table_3),
        cmocka_unit_test(days_count_from_the_minimum_on),
        cmocka_unit_test(one_inevaluable_or_missing_assessment_may_lie_between),
        cmocka_unit_test(what_is_before_time_zero_does_not_count),
        cmocka_unit_test(the_worst_of_a_day_counts_but_not_an_inevaluable_one),
        cmocka_unit_test(a_progression_known_otherwise_ends_the_response),
        cmocka_unit_test(a_partial_after_a_complete_response_is_told),
        cmocka_unit_test(progression_is_dated_by_the_first_iupd_that_icpd_confirms),
        cmocka_unit_test(an_iupd_between_two_responses_leaves_the_first_unconfirmed),
        cmocka_unit_test(the_smallest_sum_is_in_percent_of_the_last_one_up_to_time_zero),
        cmocka_unit_test(drawn_patients_are_those_of_conditions_on_all_that_lies_between),
        cmocka_unit_test(an_allocation_that_fails_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
