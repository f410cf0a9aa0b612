/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files with dates in the forms that hospitals keep: the last date and a status as an endpoint, orders of figures, and
 * options of dates that cannot act. */
#include "check.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    char *folder, *path;
};

static struct fixture file_of(const char *text)
{
    struct fixture f = {.folder = program_new_folder()};
    f.path = program_write_file(f.folder, "p.csv", text);
    return f;
}

static void remove_file(struct fixture *f)
{
    free(f->path);
    program_remove_folder(f->folder);
}

/* Deaths on days 100 and 300 of arm A, alive on day 200; of arm B on day 150, alive on days 240 and 400. */
static const char *const rows[] = {
    "A,2021-01-01,2021-04-11,dead",  "A,2021-01-01,2021-07-20,alive",
    "A,2021-01-01,2021-10-28,dead",  "B,2021-02-01,2021-07-01,dead",
    "B,2021-02-01,2021-09-29,alive", "B,2021-02-01,2022-03-08,alive"};

static struct fixture follow_up(void)
{
    char text[1024], *end = stpcpy(text, "id,arm,start,last,state\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        end += sprintf(end, "%zu,%s\n", i + 1, rows[i]);
    return file_of(text);
}

#define OF "%s --id id --arm arm --endpoint os=last,state:dead --km "
#define KM "km endpoint=os population=all group="

static void the_last_date_and_a_status_are_an_endpoint(void **state)
{
    (void)state;
    struct fixture f = follow_up();
    struct program_facts facts = program_facts_of(OF "--index-date start --times 5", f.path);
    assert_close(program_facts_number(&facts, KM "A n.event"), 2, 0);
    assert_close(program_facts_number(&facts, KM "B n.event"), 1, 0);
    assert_close(program_facts_number(&facts, KM "A time=5 estimate"), 2.0 / 3, 1e-12);
    assert_close(program_facts_number(&facts, KM "A median"), 300 / 30.4375, 1e-12);
    program_facts_clear(&facts);
    facts = program_facts_of(OF "--index-date start --time-unit days", f.path);
    assert_close(program_facts_number(&facts, KM "A median"), 300, 0);
    program_facts_clear(&facts);
    remove_file(&f);
}

/* On 2021-08-01, day 212 of arm A, the death of day 300 is not known yet. */
static void the_cutoff_censors_what_is_later(void **state)
{
    (void)state;
    struct fixture f = follow_up();
    struct program_facts facts = program_facts_of(
        OF "--index-date start --cutoff 2021-08-01 --time-unit days --times 212", f.path);
    assert_close(program_facts_number(&facts, KM "A n.event"), 1, 0);
    assert_close(program_facts_number(&facts, KM "B n.event"), 1, 0);
    program_facts_clear(&facts);
    struct program_run run =
        program_run(OF "--index-date start --cutoff 2021-08-01 --time-unit days", f.path);
    assert_code(run, 0);
    assert_says(run.err, "events of os after the data cut-off count as censored on that day: 1.");
    program_clear(&run);
    remove_file(&f);
}

/* The same dates as day numbers of a spreadsheet: 44197 is 2021-01-01. */
static void day_numbers_count_as_the_dates_that_they_are(void **state)
{
    (void)state;
    struct fixture dates = follow_up(),
                   numbers = file_of("id,arm,start,last,state\n1,A,44197,44297,dead\n"
                                     "2,A,44197,44397.5,alive\n3,A,44197,44497.0,dead\n"
                                     "4,B,44228,44378,dead\n5,B,44228,44468,alive\n"
                                     "6,B,44228,44628,alive\n");
    struct program_facts a = program_facts_of(OF "--index-date start", dates.path),
                         b = program_facts_of(OF "--index-date start", numbers.path);
    assert_same_facts(b, a, 0);
    program_facts_clear(&a);
    program_facts_clear(&b);
    remove_file(&dates);
    remove_file(&numbers);
}

static void dates_without_time_zero_ask_for_it(void **state)
{
    (void)state;
    struct fixture f = follow_up();
    struct program_run run = program_run(OF, f.path);
    assert_code(run, 2);
    assert_says(run.err, "endpoint \"os\": column \"last\" holds dates|--index-date");
    program_clear(&run);
    remove_file(&f);
}

static void a_date_before_time_zero_and_a_missing_one_are_told(void **state)
{
    (void)state;
    struct fixture f = file_of("id,arm,start,last,state\n1,A,2021-01-01,2020-12-31,dead\n"
                               "2,A,,2021-05-01,dead\n3,B,2021-01-01,,alive\n"
                               "4,B,2021-01-01,至今,alive\n5,B,2021-01-01,2021-02,dead\n");
    struct program_run run = program_run(OF "--index-date start", f.path);
    assert_code(run, 1);
    assert_says(run.err, "p.csv:2: column \"last\": \"2020-12-31\" is before time zero");
    assert_says(run.err, "p.csv:3: column \"start\": missing");
    assert_says(run.err, "p.csv:4: column \"last\": missing");
    assert_says(run.err, "p.csv:5: column \"last\"|--cutoff");
    assert_says(run.err, "of 1 times of os a date is known by month only");
    program_clear(&run);
    remove_file(&f);
}

static void options_of_dates_that_cannot_act_are_refused(void **state)
{
    (void)state;
    static const char *const options[] = {
        "--index-date start",  "--cutoff 2021-08-01", "--date-system 1904",  "--date-order dmy",
        "--visit-gap 90",      "--visit-every 56",    "--censoring fda-a",   "--death-window 90",
        "--new-therapy event", "--exposure-grace 3",  "--exposure-site a=b", "--unassessed start"};
    /* Of the first four the columns decide whether they act; of the others what else is asked for. */
    struct fixture f = file_of("id,arm,start,t,e\n1,A,2021-01-01,1,1\n2,A,2021-01-01,2,0\n"
                               "3,B,2021-01-01,3,1\n4,B,2021-01-01,4,0\n");
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        struct program_run run =
            program_run("%s --id id --arm arm --endpoint os=t,e --km %s", f.path, options[o]);
        assert_code(run, 2);
        assert_says(run.err, o < 4 ? "cannot act: no time is made from dates" : "does nothing");
        program_clear(&run);
    }
    struct program_run run = program_run(
        "%s --id id --arm arm --endpoint os=t,e --km --eligibility late=start>=2020-01-01 "
        "--date-order ymd",
        f.path);
    assert_code(run, 0); /* it does act: a column is read as dates */
    program_clear(&run);
    remove_file(&f);
}

/* Times are ready here, and exposure closes on a date that is counted from time zero. */
static void time_zero_of_the_date_that_closes_exposure_acts(void **state)
{
    (void)state;
    struct fixture f = file_of("id,arm,day0,pd_date,last_contact_date,t,e,rt\n"
                               "1,A,2021-01-01,2021-05-01,2021-07-01,181,1,\n"
                               "2,A,2021-01-01,,2021-08-01,212,0,\n"
                               "3,B,2021-01-01,2021-05-01,2021-09-01,243,1,30\n"
                               "4,B,2021-01-01,,2021-10-01,273,0,150\n");
    struct program_run run = program_run("%s --id id --arm arm --endpoint os=t,e --exposure-start "
                                         "rt --index-date day0 --timedep",
                                         f.path);
    assert_code(run, 0);
    program_clear(&run);
    remove_file(&f);
}

/* Times are ready here, and the start of the treatment that tells the arms apart stands there undeclared. */
static void time_zero_of_a_start_that_is_found_acts(void **state)
{
    (void)state;
    char text[4096] = "id,arm,day0,rt_date,t,e\n";
    for (size_t i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%zu,%s,2021-01-01,%s,%zu,%zu\n",
                 i + 1, i % 2 == 0 ? "A" : "B", i % 2 == 0 ? "" : "2021-03-01", 100 + 3 * i,
                 i / 2 % 2);
    struct fixture f = file_of(text);
    struct program_run run = program_run("%s --id id --arm arm --endpoint os=t,e --time-unit days "
                                         "--km --index-date day0 --date-order ymd",
                                         f.path);
    assert_code(run, 0);
    assert_says(run.out, "Column \"rt_date\"");
    program_clear(&run);
    remove_file(&f);
}

/* The order is concluded over the column, once: 05/06/2023 is the 6th of May where 05/16/2023 stands below, for endpoints
 * and for eligibility alike. */
static void every_reader_of_a_column_reads_it_in_one_order(void **state)
{
    (void)state;
    struct fixture f = file_of(
        "id,arm,zero,last,state\n1,A,05/06/2023,07/06/2023,dead\n2,A,05/16/2023,07/16/2023,alive\n"
        "3,B,05/06/2023,08/14/2023,dead\n4,B,06/05/2023,08/14/2023,alive\n");
    struct program_facts facts = program_facts_of(
        OF "--index-date zero --time-unit days --eligibility may=zero<=2023-05-31", f.path);
    assert_close(program_facts_number(&facts, KM "A n"), 2, 0);
    assert_close(program_facts_number(&facts, KM "B n"), 1, 0); /* 4 is of the 5th of June */
    assert_close(program_facts_number(&facts, KM "A median"), 61, 0);
    program_facts_clear(&facts);
    struct program_run run = program_run(OF "--index-date zero", f.path);
    assert_code(run, 0);
    assert_says(run.err, "are read in the order mdy");
    program_clear(&run);
    run = program_run(OF "--index-date zero --date-order dmy", f.path);
    assert_code(run, 1);
    assert_says(run.err, "\"05/16/2023\" is not a date in the order of --date-order");
    program_clear(&run);
    remove_file(&f);
}

static void an_unknown_order_stops_the_run_even_where_rows_may_go(void **state)
{
    (void)state;
    struct fixture f = file_of("id,arm,zero,last,state\n1,A,05/06/2023,07/08/2023,dead\n"
                               "2,A,2023-05-06,2023-09-01,alive\n3,B,2023-05-06,2023-09-02,dead\n"
                               "4,B,2023-05-06,2023-09-03,alive\n");
    struct program_run run = program_run(OF "--index-date zero --on-error drop", f.path);
    assert_code(run, 1);
    assert_says(run.err, "2023-05-06 with --date-order mdy|2023-06-05 with --date-order dmy");
    assert_says(run.err, "whole column");
    program_clear(&run);
    remove_file(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_date_and_a_status_are_an_endpoint),
        cmocka_unit_test(the_cutoff_censors_what_is_later),
        cmocka_unit_test(day_numbers_count_as_the_dates_that_they_are),
        cmocka_unit_test(dates_without_time_zero_ask_for_it),
        cmocka_unit_test(a_date_before_time_zero_and_a_missing_one_are_told),
        cmocka_unit_test(options_of_dates_that_cannot_act_are_refused),
        cmocka_unit_test(time_zero_of_the_date_that_closes_exposure_acts),
        cmocka_unit_test(time_zero_of_a_start_that_is_found_acts),
        cmocka_unit_test(every_reader_of_a_column_reads_it_in_one_order),
        cmocka_unit_test(an_unknown_order_stops_the_run_even_where_rows_may_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
