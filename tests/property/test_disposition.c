/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disposition: every patient has the event, was followed to the cut-off, or was lost; what --km and --table1
 * told is not told again. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char small[] = "id,arm,time,event,lost,why,age,sex\n"
                            "1,A,9,1,0,,50,M\n"
                            "2,A,8,1,0,toxicity,,M\n"
                            "3,A,7,0,0,toxicity,70,\n"
                            "4,A,6,0,1,refused,,\n"
                            "5,B,5,1,0,progress,50,F\n"
                            "6,B,8,0,1,,60,F\n"
                            "7,B,9,0,1,refused,70,M\n"
                            "8,B,12,2,0,progress,40,F\n"
                            "9,B,3,2,0,progress,41,M\n";
#define READ "--id id --arm arm --covariates age,sex "
#define PLAIN "--endpoint pfs=time,event:1+2 "

struct small {
    char *folder, *file;
};

static struct small small_new(void)
{
    char *folder = program_new_folder();
    return (struct small){folder, program_write_file(folder, "small.csv", small)};
}

static void small_free(struct small *s)
{
    free(s->file);
    program_remove_folder(s->folder);
}

static void check(const struct program_facts *facts, const char *key, double expected)
{
    assert_close(program_facts_number(facts, key), expected, 1e-12);
}

#define E "disposition endpoint=pfs population=all "
#define D "disposition population=all "

static void nine_patients_by_hand(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts = program_facts_of(
        "%s " READ PLAIN "--disposition --ltfu-column lost --end-column why", s.file);
    check(&facts, D "group=A n", 4);
    check(&facts, D "group=B n", 5);
    check(&facts, E "group=A term=event n", 2);
    check(&facts, E "group=A term=event percent", 50);
    check(&facts, E "group=B term=event percent", 60);
    check(&facts, E "group=A term=followed n", 1);
    check(&facts, E "group=A term=lost percent", 25);
    check(&facts, E "group=B term=followed n", 0);
    check(&facts, E "group=B term=lost percent", 40);
    check(&facts, D "group=A term=why level=toxicity percent", 50);
    check(&facts, D "group=A term=why=missing n", 1);
    check(&facts, D "group=B term=why level=progress percent", 60);
    check(&facts, D "group=A term=age percent.missing", 50);
    check(&facts, D "group=B term=age percent.missing", 0);
    check(&facts, D "group=A term=sex percent.missing", 50);
    check(&facts, D "group=A term=complete n", 1);
    check(&facts, D "group=B term=complete percent", 100);
    program_facts_clear(&facts);
    small_free(&s);
}

static void without_a_column_of_losses_the_censored_are_one_row(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts = program_facts_of("%s " READ PLAIN "--disposition", s.file);
    check(&facts, E "group=A term=censored n", 2);
    check(&facts, E "group=B term=censored percent", 40);
    assert_null(program_facts_find(&facts, E "group=A term=lost n"));
    program_facts_clear(&facts);
    small_free(&s);
}

/* Who has neither a 1 nor a 0 is not said to have been followed to the end. */
static void losses_that_are_not_known_are_their_own_row(void **state)
{
    (void)state;
    struct small s = small_new();
    char *file = program_write_file(s.folder, "gap.csv",
                                    "id,arm,time,event,lost\n1,A,9,1,0\n2,A,8,0,\n3,A,7,0,1\n"
                                    "4,B,6,0,0\n5,B,6,1,0\n");
    struct program_facts facts = program_facts_of(
        "%s --id id --arm arm --endpoint pfs=time,event --disposition --ltfu-column lost", file);
    check(&facts, E "group=A term=unknown n", 1);
    check(&facts, E "group=A term=followed n", 0);
    check(&facts, E "group=A term=lost n", 1);
    check(&facts, E "group=B term=followed n", 1);
    program_facts_clear(&facts);
    free(file);
    small_free(&s);
}

/* Of the nine, 2 lacks age, 3 sex, 4 both. */
static void patterns_are_sets_that_are_missing_together(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts = program_facts_of("%s " READ PLAIN "--disposition", s.file);
    check(&facts, D "group=A term=pattern level=age n", 1);
    check(&facts, D "group=A term=pattern level=sex percent", 25);
    check(&facts, D "group=A term=pattern level=age, sex n", 1);
    check(&facts, D "group=B term=pattern level=age, sex n", 0);
    program_facts_clear(&facts);
    small_free(&s);
}

/* In the sample, of as many patterns as are shown and the others, everybody who lacks something. */
static void patterns_and_the_complete_are_everybody(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of("sample_data/cohort.csv --disposition");
    static const char with[] = "disposition population=all group=GP+Tis term=pattern level=";
    double sum = program_facts_number(&facts, D "group=GP+Tis term=complete n");
    size_t n = 0;
    for (size_t f = 0; f < facts.n; f++) {
        const char *key = facts.fact[f].key;
        if (strncmp(key, with, sizeof with - 1) != 0 || strcmp(key + strlen(key) - 2, " n") != 0)
            continue;
        sum += json_number_value(facts.fact[f].value);
        n++;
    }
    assert_int_equal(n, 11);
    assert_close(sum, 319, 0);
    program_facts_clear(&facts);
}

static void competing_causes_have_a_row_each(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts =
        program_facts_of("%s " READ "--endpoint pfs=time,event:1;2 --disposition", s.file);
    check(&facts, E "group=B term=event n", 3);
    check(&facts, E "group=B term=event level=1 n", 1);
    check(&facts, E "group=B term=event level=2 percent", 40);
    check(&facts, E "group=A term=event level=2 n", 0);
    program_facts_clear(&facts);
    small_free(&s);
}

#define SAMPLE                                                                                     \
    "sample_data/cohort.csv --id usubjid --arm arm --endpoint pfs=pfs_mo,pfs_event --endpoint "    \
    "os=os_mo,os_event --covariates age,sex,kps,oligo --ltfu-column ltfu "

static void everybody_has_one_fate_in_every_population(void **state)
{
    (void)state;
    static const char *const endpoint[] = {"pfs", "os"}, *const arm[] = {"GP+Tis", "GP+Tis+RT"};
    static const char *const population[] = {"all", "matched", "iptw-ato"};
    static const char *const fate[] = {"event", "followed", "lost"};
    struct program_facts facts = program_facts_of(SAMPLE "--disposition --psm --iptw=ato");
    for (size_t k = 0; k < 12; k++) {
        double n = 0, percent = 0;
        const char *in = population[k / 4], *of = arm[k % 2];
        for (size_t f = 0; f < 3; f++) {
            char *key = program_format("disposition endpoint=%s population=%s group=%s term=%s",
                                       endpoint[k / 2 % 2], in, of, fate[f]);
            char *count = program_format("%s n", key), *share = program_format("%s percent", key);
            n += program_facts_number(&facts, count);
            percent += program_facts_number(&facts, share);
            free(key);
            free(count);
            free(share);
        }
        char *all = program_format("disposition population=%s group=%s n", in, of);
        assert_close(n, program_facts_number(&facts, all), 0);
        assert_close(percent, 100, 1e-12);
        free(all);
    }
    program_facts_clear(&facts);
}

/* Of the gaps only the shares are new, of follow-up nothing is. */
static void what_others_told_is_not_told_again(void **state)
{
    (void)state;
    struct program_facts with = program_facts_of(SAMPLE "--disposition");
    struct program_facts without = program_facts_of(SAMPLE "--km --table1");
    size_t own = 0;
    for (size_t f = 0; f < with.n; f++) {
        bool is_own = strncmp(with.fact[f].key, "disposition ", 12) == 0;
        own += is_own;
        assert_true(!is_own || (strstr(with.fact[f].key, "n.missing") == NULL &&
                                strstr(with.fact[f].key, "followup") == NULL));
    }
    assert_int_equal(with.n - own, without.n);
    double missing = program_facts_number(&with, "table1 population=all group=GP+Tis term=kps "
                                                 "n.missing");
    check(&with, D "group=GP+Tis term=kps percent.missing", 100 * missing / 319);
    program_facts_clear(&with);
    program_facts_clear(&without);
}

static void follow_up_is_that_of_km_and_the_banner_stands_over_outcomes_alone(void **state)
{
    (void)state;
    struct program_run run =
        program_run(SAMPLE "--disposition --exposure-start rt_start_mo --cutoff 2025-06-30");
    struct program_facts facts = program_facts_of(SAMPLE "--km");
    assert_code(run, 0);
    const char *table = strstr(run.out, "\nTable 3.");
    assert_non_null(table);
    const char *missing = strstr(table, "\nMissing covariates");
    assert_non_null(missing);
    char *expected = program_format(
        "%.1f (%.1f–%.1f)",
        program_facts_number(&facts, "km endpoint=os population=all group=GP+Tis followup.median"),
        program_facts_number(&facts,
                             "km endpoint=os population=all group=GP+Tis followup.median.conf.low"),
        program_facts_number(
            &facts, "km endpoint=os population=all group=GP+Tis followup.median.conf.high"));
    assert_says(table, expected);
    assert_says(table, "Data cut-off 2025-06-30.|Biased reference: not for inference.");
    assert_null(strstr(missing, "Biased reference"));
    free(expected);
    program_facts_clear(&facts);
    program_clear(&run);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct small s = small_new();
    static const char *const bad[][2] = {
        {PLAIN "--ltfu-column age", "--ltfu-column age|1 (lost"},
        {PLAIN "--ltfu-column why", "--ltfu-column why|1 (lost"},
        {PLAIN "--end-column lost", "--end-column lost|in words"},
        {PLAIN "--end-column wy", "no column \"wy\""},
        {"", "--endpoint"},
    };
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        struct program_run run = program_run("%s " READ "--disposition %s", s.file, bad[b][0]);
        assert_code(run, 2);
        assert_says(run.err, bad[b][1]);
        program_clear(&run);
    }
    small_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_patients_by_hand),
        cmocka_unit_test(without_a_column_of_losses_the_censored_are_one_row),
        cmocka_unit_test(losses_that_are_not_known_are_their_own_row),
        cmocka_unit_test(patterns_are_sets_that_are_missing_together),
        cmocka_unit_test(patterns_and_the_complete_are_everybody),
        cmocka_unit_test(competing_causes_have_a_row_each),
        cmocka_unit_test(everybody_has_one_fate_in_every_population),
        cmocka_unit_test(what_others_told_is_not_told_again),
        cmocka_unit_test(follow_up_is_that_of_km_and_the_banner_stands_over_outcomes_alone),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
