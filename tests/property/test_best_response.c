/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses from assessments, the whole program: patients by hand, and the sample against R. */
#include "check.h"
#include "cli.h"
#include "csv_table.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

/* Time zero is 2023-01-01; 02-12 is day 42, 03-01 59, 03-29 87, 04-30 119, 05-30 149. */
static const char patients[] =
    "id,arm,index_date,pd_date,death_date,newtx_date,last_assess_date,last_contact_date,bor\n"
    "1,a,2023-01-01,2023-05-30,,,2023-05-30,2023-08-01,CR\n"
    "2,a,2023-01-01,,,,2023-04-30,2023-08-01,PR\n"
    "3,a,2023-01-01,,,,2023-03-29,2023-08-01,PR\n"
    "4,a,2023-01-01,2023-02-10,,,2023-03-29,2023-08-01,PD\n"
    "5,a,2023-01-01,,2023-01-20,,,2023-01-20,NE\n"
    "6,a,2023-01-01,,,,2023-01-30,2023-08-01,SD\n"
    "7,a,2023-01-01,,,2023-03-15,2023-04-30,2023-08-01,SD\n"
    "8,b,2023-01-01,,,,2023-04-30,2023-08-01,PR\n"
    "9,b,2023-01-01,2023-03-01,,,2023-05-30,2023-08-01,CR\n"
    "10,b,2023-01-01,2023-03-15,,,2023-03-01,2023-08-01,SD\n"
    "11,b,2023-01-01,,,,2023-05-30,2023-08-01,SD\n"
    "12,b,2023-01-01,,,,2023-05-30,2023-08-01,NON-CR/NON-PD\n"
    "13,b,2023-01-01,,,,2023-08-15,2023-08-15,PR\n"
    "14,b,2023-01-01,2023-03-01,,,2023-04-30,2023-08-01,PD\n";

/* 1 CR confirmed, over an NE. 2 PR, confirmed by a CR. 3 PR alone. 4 responds after progression. 5 was never assessed. 6 SD on
 * day 29. 7 responds under a new therapy. 8 PR beside an SD of the same day. 9 iUPD, then iPR and iCR: no progression. 10 PD
 * told by the row alone. 11 PR before time zero. 12 NON-CR/NON-PD. 13 PR and after the cut-off its confirmation. 14 iUPD, iCPD. */
static const char scans[] = "id,assess_date,overall_resp,sum_target_mm\n"
                            "1,2022-12-28,,100\n1,2023-02-12,CR,0\n1,2023-03-01,NE,\n"
                            "1,2023-03-29,iCR,0\n1,2023-05-30,PD,20\n"
                            "2,2022-12-28,,80\n2,2023-03-01,部分缓解(PR),40\n2,2023-04-30,CR,20\n"
                            "3,2022-12-28,,50\n3,2023-03-29,PR,30\n"
                            "4,2022-12-28,,50\n4,2023-02-10,PD,65\n4,2023-03-29,PR,10\n"
                            "6,2023-01-30,SD,\n"
                            "7,2023-03-01,SD,\n7,2023-04-30,PR,\n"
                            "8,2023-03-01,PR,\n8,2023-03-01,SD,\n8,2023-04-30,SD,\n"
                            "9,2022-12-28,,60\n9,2023-03-01,iUPD,66\n9,2023-03-29,iPR,30\n"
                            "9,2023-04-30,iCR,12\n"
                            "10,2023-03-01,SD,\n"
                            "11,2022-12-20,PR,\n11,2023-05-30,SD,\n"
                            "12,2023-03-01,NON-CR/NON-PD,\n12,2023-05-30,Not done,\n"
                            "13,2023-04-30,PR,\n13,2023-08-15,PR,\n"
                            "14,2023-03-01,iUPD,\n14,2023-04-30,iCPD,\n";

struct files {
    char *folder, *patients, *scans;
};

static struct files write_files(void)
{
    char *folder = program_new_folder();
    return (struct files){folder, program_write_file(folder, "patients.csv", patients),
                          program_write_file(folder, "scans.csv", scans)};
}

static void remove_files(struct files files)
{
    program_remove_folder(files.folder);
    free(files.patients);
    free(files.scans);
}

static struct program_facts facts_of(const char *options)
{
    struct files files = write_files();
    struct program_facts facts = program_facts_of("%s --id id --arm arm --response --assess %s %s",
                                                  files.patients, files.scans, options);
    remove_files(files);
    return facts;
}

static void check(const struct program_facts *facts, const char *key, double value)
{
    char *whole = program_format("response population=all %s", key);
    assert_close(program_facts_number(facts, whole), value, 1e-12);
    free(whole);
}

/* Under fda-a a new therapy ends the response, by the cut-off 2023-06-30. */
static void fourteen_patients_by_hand(void **state)
{
    static const struct {
        const char *key;
        double value;
    } wanted[] = {
        {"model=unconfirmed group=a n", 7},
        {"model=unconfirmed group=a term=CR n", 2},
        {"model=unconfirmed group=a term=PR n", 1},
        {"model=unconfirmed group=a term=SD n", 1},
        {"model=unconfirmed group=a term=PD n", 1},
        {"model=unconfirmed group=a term=NE n", 1},
        {"model=unconfirmed group=a term=missing n", 1},
        {"model=unconfirmed group=a term=ORR percent", 300.0 / 7},
        {"model=unconfirmed group=a term=DCR percent", 400.0 / 7},
        {"model=unconfirmed group=b term=CR n", 1},
        {"model=unconfirmed group=b term=PR n", 1},
        {"model=unconfirmed group=b term=SD n", 3},
        {"model=unconfirmed group=b term=NON-CR/NON-PD n", 1},
        {"model=unconfirmed group=b term=PD n", 1},
        {"model=unconfirmed group=b term=DCR percent", 600.0 / 7},
        {"model=confirmed group=a term=CR n", 1},
        {"model=confirmed group=a term=PR n", 1},
        {"model=confirmed group=a term=SD n", 2},
        {"model=confirmed group=a term=ORR percent", 200.0 / 7},
        {"model=confirmed group=b term=CR n", 0},
        {"model=confirmed group=b term=PR n", 1},
        {"model=confirmed group=b term=SD n", 4},
        {"model=unconfirmed group=a term=TTR n", 3},
        {"model=unconfirmed group=a term=TTR median", 59},
        {"model=unconfirmed group=a term=TTR min", 42},
        {"model=unconfirmed group=a term=TTR max", 87},
        {"model=confirmed group=a term=TTR median", 50.5},
        {"model=confirmed group=b term=TTR median", 87},
    };
    (void)state;
    struct program_facts facts = facts_of("--censoring fda-a --cutoff 2023-06-30 --time-unit days");
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        check(&facts, wanted[k].key, wanted[k].value);
    program_facts_clear(&facts);
}

/* By default a new therapy ends nothing, as for progression-free survival. */
static void a_new_therapy_ends_the_response_where_the_rules_say_so(void **state)
{
    (void)state;
    struct program_facts facts = facts_of("--cutoff 2023-06-30");
    check(&facts, "model=unconfirmed group=a term=PR n", 2);
    program_facts_clear(&facts);
    facts = facts_of("--new-therapy censor");
    check(&facts, "model=unconfirmed group=a term=PR n", 1);
    check(&facts, "model=confirmed group=b term=PR n", 2); /* of 13 the second PR is known */
    program_facts_clear(&facts);
}

static void the_rules_are_options(void **state)
{
    (void)state;
    struct program_facts facts =
        facts_of("--bor confirmed --sd-minimum 29 --confirm 47 --confirm-ne 0 --cutoff 2023-06-30");
    check(&facts, "model=confirmed group=a term=NE n", 0); /* 6 has SD on day 29 */
    check(&facts, "model=confirmed group=a term=CR n", 0); /* of 1 an NE lies between */
    check(&facts, "model=confirmed group=a term=PR n", 1);
    check(&facts, "model=confirmed group=b term=PR n", 0); /* 32 days */
    assert_null(
        program_facts_find(&facts, "response population=all model=unconfirmed group=a term=ORR n"));
    program_facts_clear(&facts);
}

/* 5 alone has no assessment; 6 is not evaluable. */
static void who_is_not_evaluable_leaves_the_denominator_on_request(void **state)
{
    (void)state;
    struct program_facts facts =
        facts_of("--response-evaluable --censoring fda-a --cutoff 2023-06-30");
    check(&facts, "model=unconfirmed group=a n", 5);
    check(&facts, "model=unconfirmed group=a term=ORR percent", 60);
    check(&facts, "model=unconfirmed group=b n", 7);
    program_facts_clear(&facts);
}

/* a: 1 100 to 0, 2 80 to 20, 3 50 to 30, 4 50 to 65; b: 9 60 to 12. */
static void changes_of_target_lesions_are_told_in_order(void **state)
{
    (void)state;
    struct files files = write_files();
    struct program_run run = program_run(
        "%s --id id --arm arm --response --assess %s --format json", files.patients, files.scans);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "\"change\": [-100, -75, -40, 30]|\"change\": [-80]");
    program_clear(&run);
    remove_files(files);
    struct program_facts facts = facts_of("");
    check(&facts, "group=a term=change n", 4);
    check(&facts, "group=a term=change median", -57.5);
    check(&facts, "group=b term=change min", -80);
    program_facts_clear(&facts);
}

/* Duration by hand: 1 from day 42 to progression at 149, 2 and 3 censored; confirmed without 3. */
static void durations_run_from_the_first_response_by_each_rule(void **state)
{
    (void)state;
    struct program_facts facts =
        facts_of("--derive dor,os --censoring fda-a --cutoff 2023-06-30 --time-unit days");
    check(&facts, "model=unconfirmed group=a term=DOR n", 3);
    check(&facts, "model=unconfirmed group=a term=DOR n.event", 1);
    check(&facts, "model=unconfirmed group=a term=DOR median", 107);
    check(&facts, "model=confirmed group=a term=DOR n", 2);
    check(&facts, "model=confirmed group=b term=DOR n", 1);
    program_facts_clear(&facts);
}

/* The lines of a text below its first in reverse. */
static char *reverse_lines(const char *text)
{
    char *turned = malloc(strlen(text) + 1);
    size_t head = strcspn(text, "\n") + 1, end = strlen(text), at = head;
    assert_non_null(turned);
    memcpy(turned, text, head);
    while (end > head) {
        size_t from = end - 1;
        while (from > head && text[from - 1] != '\n')
            from--;
        memcpy(turned + at, text + from, end - from);
        at += end - from;
        end = from;
    }
    turned[at] = '\0';
    return turned;
}

static void the_order_of_assessments_in_the_file_does_not_matter(void **state)
{
    (void)state;
    struct files files = write_files();
    char *turned = reverse_lines(scans);
    char *path = program_write_file(files.folder, "turned.csv", turned);
    struct program_facts facts[2];
    for (size_t k = 0; k < 2; k++)
        facts[k] = program_facts_of("%s --id id --arm arm --response --derive os,dor --assess %s",
                                    files.patients, k == 0 ? files.scans : path);
    assert_same_facts(facts[0], facts[1], 0);
    program_facts_clear(&facts[0]);
    program_facts_clear(&facts[1]);
    free(turned);
    free(path);
    remove_files(files);
}

/* Progression on day 59, the first iUPD, once an iCPD has confirmed it on day 119; patient 2 has iUPD alone. */
static void progression_free_survival_ends_at_the_iupd_that_icpd_confirms(void **state)
{
    static const char two[] = "id,arm,index_date,pd_date,death_date,last_contact_date\n"
                              "1,a,2023-01-01,,,2023-08-01\n2,a,2023-01-01,,,2023-08-01\n"
                              "3,b,2023-01-01,2023-03-01,,2023-08-01\n"
                              "4,b,2023-01-01,,,2023-08-01\n";
    static const char list[] = "id,assess_date,overall_resp\n1,2023-03-01,iUPD\n1,2023-04-01,iUPD\n"
                               "1,2023-04-30,iCPD\n2,2023-03-01,iUPD\n2,2023-04-30,iSD\n";
    (void)state;
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "two.csv", two);
    char *assessed = program_write_file(folder, "list.csv", list);
    static const char run[] =
        "%s --id id --arm arm --derive pfs --km --time-unit days --assess %s %s";
    static const char arm[] = "km endpoint=pfs population=all group=a";
    struct program_facts facts = program_facts_of(run, file, assessed, "");
    char *events = program_format("%s n.event", arm), *median = program_format("%s median", arm);
    assert_close(program_facts_number(&facts, events), 1, 0);
    assert_close(program_facts_number(&facts, median), 59, 0);
    program_facts_clear(&facts);
    facts = program_facts_of(run, file, assessed, "--cutoff 2023-04-29");
    assert_close(program_facts_number(&facts, events), 0, 0);
    program_facts_clear(&facts);
    free(events);
    free(median);
    free(file);
    free(assessed);
    program_remove_folder(folder);
}

/* ---- column and assessments ---- */

/* The column differs from both best responses in 6 (SD), 8 (PR for SD); 9's CR is the unconfirmed one. */
static void a_declared_column_stays_and_differences_are_told(void **state)
{
    (void)state;
    struct files files = write_files();
    struct program_run run =
        program_run("%s --id id --arm arm --response --response-column bor --assess %s "
                    "--censoring fda-a --cutoff 2023-06-30",
                    files.patients, files.scans);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "Response (bor): Whole|In 3 of 14 subjects|say --bor both");
    program_clear(&run);
    run = program_run("%s --id id --arm arm --response --response-column bor --bor unconfirmed "
                      "--assess %s",
                      files.patients, files.scans);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "Response (best of assessments, unconfirmed): Whole");
    program_clear(&run);
    remove_files(files);
}

static void check_refused(const char *options, const char *words)
{
    struct files files = write_files();
    struct program_run run = program_run("%s --id id --arm arm %s", files.patients, options);
    assert_code(run, RWE_EXIT_USAGE);
    assert_says(run.err, words);
    program_clear(&run);
    remove_files(files);
}

static void what_cannot_act_is_refused(void **state)
{
    (void)state;
    check_refused("--response --bor both", "--bor needs the assessments: say --assess FILE");
    check_refused("--response", "say --response-column COL, or --assess FILE");
    check_refused("--table1 --covariates bor --assess sample_data/assess.csv",
                  "say --derive or --response");
}

/* ---- the sample ---- */

static void the_sample_is_as_r_has_it(void **state)
{
    static const char *const rules[] = {"unconfirmed", "confirmed"};
    static const char *const arms[] = {"GP+Tis", "GP+Tis+RT"};
    static const struct {
        const char *name, *key;
    } stats[] = {
        {"CR", "term=CR n"},         {"PR", "term=PR n"},     {"SD", "term=SD n"},
        {"PD", "term=PD n"},         {"NE", "term=NE n"},     {"missing", "term=missing n"},
        {"ORR", "term=ORR n"},       {"DCR", "term=DCR n"},   {"TTR median", "term=TTR median"},
        {"TTR max", "term=TTR max"}, {"DOR n", "term=DOR n"}, {"DOR median", "term=DOR median"},
    };
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/best_response_sample.csv");
    struct program_facts facts = program_facts_of(
        "sample_data/cohort.csv --response --bor both --assess sample_data/assess.csv --derive "
        "os,dor --cutoff 2025-06-30");
    for (size_t r = 0; r < 2; r++)
        for (size_t a = 0; a < 2; a++)
            for (size_t s = 0; s < sizeof stats / sizeof *stats; s++) {
                char *name = program_format("%s %s %s", rules[r], arms[a], stats[s].name);
                char *key = program_format("model=%s group=%s %s", rules[r], arms[a], stats[s].key);
                check(&facts, key, oracle_number(oracle, name));
                free(name);
                free(key);
            }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* Replicates have the same estimates: the mean of a share is near it, and its error is there. */
static void replicates_have_them_too(void **state)
{
    (void)state;
    struct program_facts facts =
        facts_of("--censoring fda-a --cutoff 2023-06-30 --bootstrap 50 --seed 3");
    assert_true(program_facts_number(&facts, "response population=all model=confirmed group=b "
                                             "term=NON-CR/NON-PD bootstrap.std.error") > 0);
    program_facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fourteen_patients_by_hand),
        cmocka_unit_test(a_new_therapy_ends_the_response_where_the_rules_say_so),
        cmocka_unit_test(the_rules_are_options),
        cmocka_unit_test(who_is_not_evaluable_leaves_the_denominator_on_request),
        cmocka_unit_test(changes_of_target_lesions_are_told_in_order),
        cmocka_unit_test(durations_run_from_the_first_response_by_each_rule),
        cmocka_unit_test(the_order_of_assessments_in_the_file_does_not_matter),
        cmocka_unit_test(progression_free_survival_ends_at_the_iupd_that_icpd_confirms),
        cmocka_unit_test(a_declared_column_stays_and_differences_are_told),
        cmocka_unit_test(what_cannot_act_is_refused),
        cmocka_unit_test(the_sample_is_as_r_has_it),
        cmocka_unit_test(replicates_have_them_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
