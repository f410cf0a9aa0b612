/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The summary shows the numbers of the other analyses and adds none. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ                                                                                       \
    "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "          \
    "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event --covariates "                   \
    "age,sex,oligo,liver_met "
#define STARTS "--exposure-start rt_start_mo --time-unit months "
#define POPULATIONS "--psm --iptw=ato --landmark=4,6 --timedep --ccw "

static void no_fact_has_a_twin(void **state)
{
    (void)state;
    struct program_facts with = program_facts_of(READ STARTS POPULATIONS "--summary --times 12,24");
    struct program_facts without =
        program_facts_of(READ STARTS POPULATIONS "--km --rmst --times 12,24");
    assert_same_facts(with, without, 0);
    program_facts_clear(&with);
    program_facts_clear(&without);
}

/* ---- the table, row by row ---- */

/* The row that begins with `label` in the block of a population in the table of an endpoint; freed by the
 * caller. */
static char *row_of(const char *text, const char *table, const char *population, const char *label)
{
    const char *at = strstr(text, table);
    char *head = program_format("\n%s", population), *line = program_format("\n  %s ", label);
    assert_non_null(at);
    at = strstr(at, head);
    assert_non_null(at);
    at = strstr(at, line);
    assert_non_null(at);
    free(head);
    free(line);
    return strndup(at + 1, strcspn(at + 1, "\n"));
}

static void check_row(const struct program_facts *facts, const char *text, const char *label,
                      const char *name)
{
    static const struct {
        const char *row, *fact, *low, *high;
        const char *format;
        double scale;
    } cell[] = {
        {"median", "km %s group=GP+Tis+RT median", "median.conf.low", "median.conf.high",
         "%.1f (%.1f–%.1f)", 1},
        {"survival at 12", "km %s group=GP+Tis time=12 estimate", "conf.low", "conf.high",
         "%.1f%% (%.1f–%.1f)", 100},
        {"hazard ratio", "cox %s model=arm term=arm hr", "conf.low", "conf.high",
         "%.2f (%.2f–%.2f)", 1},
    };
    for (size_t c = 0; c < sizeof cell / sizeof *cell; c++) {
        char *in = program_format("endpoint=pfs population=%s", name);
        char *key = program_format(cell[c].fact, in);
        double value[3] = {program_facts_number(facts, key)};
        *strrchr(key, ' ') = '\0';
        char *low = program_format("%s %s", key, cell[c].low);
        char *high = program_format("%s %s", key, cell[c].high);
        value[1] = program_facts_number(facts, low);
        value[2] = program_facts_number(facts, high);
        char *expected = program_format(cell[c].format, cell[c].scale * value[0],
                                        cell[c].scale * value[1], cell[c].scale * value[2]);
        char *row = row_of(text, "Efficacy: pfs", label, cell[c].row);
        assert_says(row, expected);
        free(in);
        free(key);
        free(low);
        free(high);
        free(expected);
        free(row);
    }
}

static void each_population_shows_its_own_numbers(void **state)
{
    (void)state;
    static const char *const population[][2] = {
        {"Whole cohort. Biased reference: not for inference", "all"},
        {"Matched 1:1. Biased", "matched"},
        {"Landmark at 4 months\n", "landmark-4"},
        {"Landmark at 6 months\n", "landmark-6"},
        {"Landmark at 6 months: Matched 1:1", "landmark-6-matched"},
        {"Clones, grace 9", "ccw-9"},
    };
    struct program_facts facts =
        program_facts_of(READ STARTS POPULATIONS "--summary --times 12,24");
    struct program_run run = program_run(READ STARTS POPULATIONS "--summary --times 12,24");
    assert_code(run, 0);
    for (size_t p = 0; p < sizeof population / sizeof *population; p++)
        check_row(&facts, run.out, population[p][0], population[p][1]);
    program_facts_clear(&facts);
    program_clear(&run);
}

/* A of 3, B of 3, all followed to their event: S falls by thirds, the means to 4 are by hand
 * (1 + 2 + 4) / 3 and (3 + 4 + 4) / 3. */
static void three_against_three_by_hand(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "small.csv",
                                    "id,arm,time,event\n1,A,1,1\n2,A,2,1\n3,A,6,1\n"
                                    "4,B,3,1\n5,B,4,1\n6,B,8,0\n");
    struct program_run run = program_run(
        "%s --id id --arm arm --endpoint pfs=time,event --summary --times 3 --tau 4", file);
    assert_code(run, 0);
    static const char *const row[][2] = {{"n", " 3 |  3"},
                                         {"events", " 3 |  2"},
                                         {"median", "2.0 (|4.0 ("},
                                         {"survival at 3", "33.3% (|66.7% (|33.3% ("},
                                         {"restricted mean to 4", "2.3 (|3.7 (|1.3 ("}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        char *line = row_of(run.out, "Efficacy: pfs", "Whole cohort\n", row[r][0]);
        assert_says(line, row[r][1]);
        free(line);
    }
    program_clear(&run);
    free(file);
    program_remove_folder(folder);
}

static void several_arms_stand_beside_the_reference(void **state)
{
    (void)state;
    struct program_run run =
        program_run("tests/oracle/data/veteran.csv --arm celltype --endpoint os=time,status "
                    "--summary --times 100");
    assert_code(run, 0);
    char *line = row_of(run.out, "Efficacy: os", "Whole cohort\n", "hazard ratio");
    assert_says(line, "reference|0.40 (0.23–0.70)|0.86 (0.53–1.41)|0.32 (0.18–0.56)");
    free(line);
    program_clear(&run);
}

/* Without --times a landmark has round times of its own follow-up. */
static void times_are_those_of_each_populations_curve(void **state)
{
    (void)state;
    struct program_run run = program_run(READ STARTS "--summary --landmark=36");
    assert_code(run, 0);
    const char *at = strstr(run.out, "\nEfficacy: pfs");
    assert_non_null(at);
    at = strstr(at, "\nLandmark at 36 months\n");
    assert_non_null(at);
    at = strstr(at, "\n  survival at ");
    assert_non_null(at);
    char *line = strndup(at + 1, strcspn(at + 1, "\n"));
    assert_says(line, "%");
    free(line);
    program_clear(&run);
}

static void without_an_endpoint_it_is_refused(void **state)
{
    (void)state;
    struct program_run run = program_run("sample_data/cohort.csv --arm sex --summary");
    assert_code(run, 2);
    assert_says(run.err, "--endpoint");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_fact_has_a_twin),
        cmocka_unit_test(each_population_shows_its_own_numbers),
        cmocka_unit_test(three_against_three_by_hand),
        cmocka_unit_test(several_arms_stand_beside_the_reference),
        cmocka_unit_test(times_are_those_of_each_populations_curve),
        cmocka_unit_test(without_an_endpoint_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
