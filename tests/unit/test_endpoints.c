/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole program on a file of dates: counts, the exported rows, the grid. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 2023-01-01 is day 0, 03-02 day 60, 05-01 day 120, 07-30 day 210; cut-off on 08-01. Patient 3 died
 * after it, 6 died 90 days after the last scan. */
static const char six[] =
    "id,arm,index_date,pd_date,death_date,last_assess_date,last_contact_date,newtx_date,rt\n"
    "1,a,2023-01-01,2023-03-02,2023-07-30,2023-03-02,2023-07-30,,\n"
    "2,b,2023-01-01,,,2023-05-01,2023-07-30,,2023-03-02\n"
    "3,a,2023-01-01,,2024-01-01,2023-05-01,2024-01-01,,\n"
    "4,b,2023-01-01,2023-03-02,,2023-03-02,2023-07-30,2023-03-10,2023-05-01\n"
    "5,a,2023-01-01,2023-05,,2023-03-02,2023-07-30,,\n"
    "6,b,2023-01-01,,2023-07-30,2023-05-01,2023-07-30,2023-05-10,2023-05-01\n";

#define ASK                                                                                        \
    "--id id --arm arm --endpoint-dates tt=pd_date;censor=last_contact_date --derive os,rwpfs "    \
    "--cutoff 2023-08-01"

struct folder {
    char *path, *data;
};

static struct folder folder_new(void)
{
    struct folder folder = {.path = program_new_folder()};
    folder.data = program_write_file(folder.path, "dates.csv", six);
    return folder;
}

static void folder_clear(struct folder *folder)
{
    program_remove_folder(folder->path);
    free(folder->data);
}

static void counts_add_up_and_events_are_those_of_the_models(void **state)
{
    (void)state;
    struct folder folder = folder_new();
    struct program_facts facts =
        program_facts_of("%s " ASK " --km --exposure-date rt", folder.data);
    static const char *const reasons[] = {"n.event",      "n.alive",  "n.lost",     "n.new-therapy",
                                          "n.unassessed", "n.missed", "n.competing"};
    static const char *const names[] = {"os", "rwpfs", "tt"};
    static const double events[] = {2, 4, 3};
    for (size_t e = 0; e < 3; e++) {
        double sum = 0, km = 0;
        for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++) {
            char *key = program_format("endpoints endpoint=%s %s", names[e], reasons[r]);
            double n = program_facts_number(&facts, key);
            if (r == 0)
                assert_close(n, events[e], 0);
            sum += n;
            free(key);
        }
        assert_close(sum, 6, 0);
        for (char arm = 'a'; arm <= 'b'; arm++) {
            char *key =
                program_format("km endpoint=%s population=all group=%c n.event", names[e], arm);
            km += program_facts_number(&facts, key);
            free(key);
        }
        assert_close(km, events[e], 0);
    }
    assert_close(program_facts_number(&facts, "endpoints endpoint=rwpfs n.imputed"), 1, 0);
    assert_close(program_facts_number(&facts, "endpoints term=began after progression or death n"),
                 1, 0);
    program_facts_clear(&facts);
    folder_clear(&folder);
}

static void every_row_says_which_date_decided_it(void **state)
{
    (void)state;
    struct folder folder = folder_new();
    struct program_run run = program_run(
        "%s " ASK " --death-window 60 --export-endpoints %s/out.csv", folder.data, folder.path);
    assert_code(run, 0);
    char *path = program_format("%s/out.csv", folder.path);
    char *text = program_read_file(path, NULL);
    assert_non_null(text);
    assert_says(
        text, "id,endpoint,start_date,end_date,days,months,event,cnsr,column,reason,imputed\n|"
              "\n1,os,2023-01-01,2023-07-30,210,6.8993839835728954,1,0,death_date,event,\n|"
              "\n3,os,2023-01-01,2023-08-01,212,6.9650924024640659,0,1,cutoff,alive without event "
              "at the end of data,\n|"
              "\n5,rwpfs,2023-01-01,2023-05-15,134,4.4024640657084193,1,0,pd_date,event,end\n|"
              "\n6,rwpfs,2023-01-01,2023-05-01,120,3.9425051334702257,0,5,last_assess_date,event "
              "after missed visits,\n|");
    free(text);
    free(path);
    program_clear(&run);
    folder_clear(&folder);
}

/* By hand: ema has 1, 4, 5 progressed and 6 dead; a window of 60 days leaves 6 out; therapy that
 * censors takes 6 out too, since it came 81 days before the death, and 4 had progressed before. */
static void the_grid_counts_events_by_rule(void **state)
{
    (void)state;
    struct folder folder = folder_new();
    struct program_facts facts = program_facts_of("%s " ASK " --endpoint-grid", folder.data);
    static const struct {
        const char *term;
        double a, b;
    } known[] = {
        {"as declared", 2, 2},         {"ema", 2, 2},
        {"death window 60 d", 2, 1},   {"death window 90 d", 2, 2},
        {"new therapy censors", 2, 1}, {"new therapy is an event", 2, 2},
        {"visit gap 90 d", 2, 2},      {"fda-a", 2, 1},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        for (char arm = 'a'; arm <= 'b'; arm++) {
            char *key = program_format(
                "endpoint-grid endpoint=rwpfs population=all group=%c term=%s n.event", arm,
                known[k].term);
            assert_close(program_facts_number(&facts, key), arm == 'a' ? known[k].a : known[k].b,
                         0);
            free(key);
        }
    program_facts_clear(&facts);
    folder_clear(&folder);
}

static void the_command_line_takes_the_place_of_ready_columns_of_the_study(void **state)
{
    (void)state;
    struct folder folder = folder_new();
    char *study = program_write_file(folder.path, "study.yaml",
                                     "id: id\narm: arm\nendpoint:\n"
                                     "  - {name: os, time: t, event: e}\n");
    struct program_facts facts =
        program_facts_of("%s --study %s --derive os --km", folder.data, study);
    assert_close(program_facts_number(&facts, "km endpoint=os population=all group=a n.event"), 2,
                 0);
    program_facts_clear(&facts);
    free(study);
    study = program_write_file(folder.path, "both.yaml",
                               "id: id\narm: arm\nderive: [os]\nendpoint-dates:\n"
                               "  - tt = pd_date; censor = last_contact_date\n");
    facts = program_facts_of("%s --study %s --km", folder.data, study);
    assert_close(program_facts_number(&facts, "km endpoint=tt population=all group=a n.event"), 2,
                 0);
    program_facts_clear(&facts);
    free(study);
    folder_clear(&folder);
}

/* The simulated chart has dates beside the durations that they came from: days and hundredths of a
 * month differ by less than 0.05. Its pfs_mo is censored at the last contact. */
static void the_simulated_dates_give_the_simulated_durations(void **state)
{
    (void)state;
    struct program_facts ready = program_facts_of("sample_data/cohort.csv --km");
    struct program_facts dated =
        program_facts_of("sample_data/cohort.csv --km --derive os --cutoff 2025-06-30 "
                         "--endpoint-dates pfs=pd_date|death_date;censor=last_contact_date");
    static const char *const endpoints[] = {"os", "pfs"}, *const arms[] = {"GP+Tis", "GP+Tis+RT"};
    for (size_t k = 0; k < 4; k++) {
        static const char *const stats[] = {"n.event", "median"};
        for (size_t s = 0; s < 2; s++) {
            char *key = program_format("km endpoint=%s population=all group=%s %s",
                                       endpoints[k / 2], arms[k % 2], stats[s]);
            json_t *expected = program_facts_find(&ready, key);
            json_t *actual = program_facts_find(&dated, key);
            assert_non_null(expected);
            assert_non_null(actual);
            assert_int_equal(json_is_null(expected), json_is_null(actual));
            if (!json_is_null(expected))
                assert_true(fabs(json_number_value(actual) - json_number_value(expected)) <=
                            (s == 0 ? 0 : 0.05));
            free(key);
        }
    }
    program_facts_clear(&dated);
    program_facts_clear(&ready);
}

/* What was done to make the dates agree is told with its count; 1's progression is in the list alone, 2 was scanned
 * after the last contact, 3 progressed earlier by the list, at a place that nobody wrote down. */
static void what_was_reconciled_is_counted_in_the_report(void **state)
{
    (void)state;
    char *path = program_new_folder();
    char *data = program_write_file(
        path, "p.csv",
        "id,arm,index_date,pd_date,death_date,last_assess_date,last_contact_date,pd_site\n"
        "1,a,2023-01-01,,,,2023-09-01,lung\n2,b,2023-01-01,,,2023-08-01,2023-05-01,\n"
        "3,a,2023-01-01,2023-07-01,,2023-07-01,2023-09-01,\n"
        "4,b,2023-01-01,2023-07-01,2023-07,2023-07-01,,lung\n"
        "5,b,2023-01-01,2023-07-20,2023-07,2023-07-20,,lung\n");
    char *list =
        program_write_file(path, "a.csv",
                           "id,assess_date,overall_resp\n1,2023-05-01,PD\n1,2023-06-01,PR\n"
                           "3,2023-05-01,PD\n");
    struct program_run run = program_run(
        "%s --id id --arm arm --derive os,rwpfs,itpfs --assess %s --km --no-provenance --format md",
        data, list);
    assert_code(run, 0);
    assert_says(run.out,
                "Progression that --assess alone tells, an event on the day of the scan: 1.|"
                "day is taken: 1.|which does not count: 1.|"
                "(1 of 2 rows) the day of that one.|"
                "Progression is dated twice|a.csv:4 2023-05-01|p.csv:4 2023-07-01|"
                "itpfs is of 4 of 5 subjects|");
    program_clear(&run);
    struct program_facts facts = program_facts_of(
        "%s --id id --arm arm --derive os,rwpfs,itpfs --assess %s --km", data, list);
    assert_close(program_facts_number(&facts, "cohort endpoint=itpfs n.absent"), 1, 0);
    assert_close(program_facts_number(&facts, "endpoints endpoint=rwpfs n.event"), 4, 0);
    program_facts_clear(&facts);
    free(data);
    free(list);
    program_remove_folder(path);
}

/* Without a list fda-a cannot see the scans before a progression; without their columns it is not available. */
static void a_rule_that_sees_too_little_says_so(void **state)
{
    (void)state;
    static const char rows[] = "1,a,2023-01-01,2023-09-01,,2023-09-01,2023-09-01,\n"
                               "2,b,2023-01-01,,,2023-08-01,2023-09-01,\n"
                               "3,a,2023-01-01,2023-03-01,,2023-03-01,2023-09-01,\n"
                               "4,b,2023-01-01,,2023-04-01,2023-03-01,2023-04-01,\n";
    static const char header[] = "id,arm,index_date,pd_date,death_date,%s,last_contact_date,%s\n%s";
    char *path = program_new_folder();
    char *text = program_format(header, "last_assess_date", "newtx_date", rows);
    char *data = program_write_file(path, "seen.csv", text);
    struct program_run run = program_run("%s --id id --arm arm --derive rwpfs,ttp --censoring "
                                         "fda-a --cutoff 2023-07-01 --km --format md",
                                         data);
    assert_code(run, 0);
    assert_says(run.out, "rwpfs: of 2 subjects the only scan in the data is later|");
    program_clear(&run);
    run = program_run("%s --id id --arm arm --derive rwpfs,ttp --censoring fda-a --km --format md",
                      data);
    assert_code(run, 0);
    assert_says(run.out, "rwpfs: of 1 subjects no scan before the progression is known|");
    program_clear(&run);
    free(text);
    free(data);
    text = program_format(header, "x", "y", rows);
    data = program_write_file(path, "blind.csv", text);
    run = program_run("%s --id id --arm arm --derive rwpfs --endpoint-grid --format md", data);
    assert_code(run, 0);
    assert_says(run.out, "visit gap 90 d: not available|new therapy censors: not available|"
                         "fda-c: not available|Not available without last_assess_date|"
                         "Not available without newtx_date|never scanned after time zero and "
                         "without an event|");
    program_clear(&run);
    free(text);
    free(data);
    program_remove_folder(path);
}

static void without_dates_there_is_nothing_to_tell(void **state)
{
    (void)state;
    static const char *const asked[] = {"--endpoints", "--endpoint-grid"};
    for (size_t a = 0; a < 2; a++) {
        struct program_run run = program_run("sample_data/cohort.csv %s", asked[a]);
        assert_code(run, 2);
        assert_says(run.err, "--derive|");
        program_clear(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_add_up_and_events_are_those_of_the_models),
        cmocka_unit_test(every_row_says_which_date_decided_it),
        cmocka_unit_test(the_grid_counts_events_by_rule),
        cmocka_unit_test(the_command_line_takes_the_place_of_ready_columns_of_the_study),
        cmocka_unit_test(the_simulated_dates_give_the_simulated_durations),
        cmocka_unit_test(what_was_reconciled_is_counted_in_the_report),
        cmocka_unit_test(a_rule_that_sees_too_little_says_so),
        cmocka_unit_test(without_dates_there_is_nothing_to_tell),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
