/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define KEYS "calendar group=%s level=%d %s"

/* awk -F, 'NR>1{c[$3" "$25]++} END{for(k in c) print k,c[k]}' sample_data/cohort.csv */
static const int counted[5][2] = {{13, 14}, {68, 57}, {96, 66}, {100, 97}, {42, 47}};

static void check_counts(const struct program_facts *facts)
{
    static const char *const arms[] = {"GP+Tis", "GP+Tis+RT"};
    for (int y = 0; y < 5; y++)
        for (int a = 0; a < 2; a++) {
            char *n = program_format(KEYS, arms[a], 2020 + y, "n");
            char *percent = program_format(KEYS, arms[a], 2020 + y, "percent");
            assert_close(program_facts_number(facts, n), counted[y][a], 0);
            assert_close(program_facts_number(facts, percent),
                         100.0 * counted[y][a] / (counted[y][0] + counted[y][1]), 1e-14);
            free(n);
            free(percent);
        }
}

static void years_are_counted_as_another_program_counts_them(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of("sample_data/cohort.csv --calendar");
    check_counts(&facts);
    program_facts_clear(&facts);
}

static void the_index_date_gives_the_same_years_as_the_covariate(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "sample_data/cohort.csv --id usubjid --arm arm --endpoint os=os_mo,os_event --index-date "
        "index_date --exposure-date rt_start_date --calendar");
    check_counts(&facts);
    program_facts_clear(&facts);
}

static void without_a_year_it_asks_for_one(void **state)
{
    (void)state;
    struct program_run run =
        program_run("tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --calendar");
    assert_code(run, 2);
    assert_says(run.err, "--index-date");
    program_clear(&run);
}

static void what_is_no_year_is_refused(void **state)
{
    (void)state;
    static const char text[] = "id,arm,t,e,index_year\n1,0,1,1,2020\n2,1,2,0,1850\n3,0,2,0,2021\n"
                               "4,1,3,1,2022\n";
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "cohort.csv", text);
    struct program_run run = program_run(
        "%s --id id --arm arm --endpoint os=t,e --covariates index_year --calendar", path);
    assert_code(run, 1);
    assert_says(run.err, "1850");
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(years_are_counted_as_another_program_counts_them),
        cmocka_unit_test(the_index_date_gives_the_same_years_as_the_covariate),
        cmocka_unit_test(without_a_year_it_asks_for_one),
        cmocka_unit_test(what_is_no_year_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
