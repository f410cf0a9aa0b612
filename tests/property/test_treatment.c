/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Treatment as given, and the pattern of failure: columns that are described by arm and enter nothing. */
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Four without radiotherapy; of four with it one has no dose. BED₁₀ of 60 Gy in 30: 72, of 50 in 5: 100. */
static const char small[] = "id,arm,start,time,event,dose,rt_fx,site,tech,fail,age\n"
                            "1,A,,9,1,,,,,lung,50\n"
                            "2,A,,8,1,,,,,lung;distant,60\n"
                            "3,A,,7,0,,,,,,70\n"
                            "4,A,,6,1,,,,,distant,40\n"
                            "5,B,2,9,1,60,30,lung,IMRT,distant,50\n"
                            "6,B,4,8,0,60,30,lung; mediast,SBRT,,60\n"
                            "7,B,5,9,1,50,5,mediast,IMRT,,70\n"
                            "8,B,9,12,1,,,lung,,lung,40\n";
#define READ "--id id --arm arm --endpoint pfs=time,event "

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

static void check(const struct program_facts *facts, const char *format, double expected)
{
    assert_close(program_facts_number(facts, format), expected, 1e-12);
}

#define T "treatment population=all "

static void exposure_by_hand(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts = program_facts_of(
        "%s " READ "--exposure-start start --treatment --landmark=4 --time-unit months", s.file);
    check(&facts, T "group=A n", 4);
    check(&facts, T "group=B n", 4);
    check(&facts, T "group=A term=exposed n", 0);
    check(&facts, T "group=B term=exposed percent", 100);
    check(&facts, T "group=B term=exposed by 4 n", 2); /* at 2 and at 4 */
    check(&facts, T "group=B term=exposed by 4 percent", 50);
    check(&facts, T "group=B term=time to exposure median", 4.5);
    check(&facts, T "group=B term=time to exposure q1", 3.5);
    check(&facts, T "group=B term=time to exposure min", 2);
    check(&facts, T "group=B term=time to exposure max", 9);
    check(&facts, T "group=A term=time to exposure n.missing", 4);
    assert_null(program_facts_find(&facts, T "group=A term=time to exposure median"));
    program_facts_clear(&facts);
    small_free(&s);
}

static void columns_by_hand(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts = program_facts_of(
        "%s " READ "--treatment --treatment-columns dose,tech,site,rt_fx --categorical rt_fx",
        s.file);
    check(&facts, T "group=B term=dose median", 60);
    check(&facts, T "group=B term=dose min", 50);
    check(&facts, T "group=B term=dose n", 3);
    check(&facts, T "group=B term=dose n.missing", 1);
    check(&facts, T "group=B term=tech level=IMRT n", 2);
    check(&facts, T "group=B term=tech level=IMRT percent", 200.0 / 3);
    check(&facts, T "group=B term=rt_fx level=30 n", 2);
    /* Who had both counts in both. */
    check(&facts, T "group=B term=site=lung n", 3);
    check(&facts, T "group=B term=site=lung percent", 75);
    check(&facts, T "group=B term=site=mediast n", 2);
    check(&facts, T "group=B term=site=mediast percent", 50);
    /* An arm that had none of it has no shares, but is counted. */
    check(&facts, T "group=A term=site=mediast n.missing", 4);
    assert_null(program_facts_find(&facts, T "group=A term=site=lung percent"));
    program_facts_clear(&facts);
    small_free(&s);
}

static void doses_are_derived_where_the_chart_has_what_they_follow_from(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "rt.csv",
                                    "arm,time,event,rt_dose_gy,rt_fx\nA,1,1,,\nA,2,0,,\n"
                                    "B,3,1,60,30\nB,4,0,50,5\n");
    struct program_facts facts = program_facts_of(
        "%s --arm arm --endpoint pfs=time,event --treatment --treatment-columns bed10", file);
    check(&facts, T "group=B term=bed10 min", 72);
    check(&facts, T "group=B term=bed10 max", 100);
    program_facts_clear(&facts);
    free(file);
    program_remove_folder(folder);
}

static void it_is_told_in_every_population_and_at_landmarks(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --id usubjid --arm arm --endpoint "
                         "pfs=pfs_mo,pfs_event --covariates age,sex --exposure-start rt_start_mo "
                         "--treatment --treatment-columns rt_tech,rt_dose_gy --failure "
                         "--failure-column pd_site --psm --iptw=ato --landmark");
    static const char *const population[] = {
        "all", "matched", "iptw-ato", "landmark-6", "landmark-6-matched", "landmark-6-iptw-ato"};
    for (size_t p = 0; p < 6; p++) {
        double sum = 0;
        static const char *const tech[] = {"3DCRT", "IMRT", "SBRT", "VMAT"};
        for (size_t k = 0; k < 4; k++) {
            char *key = program_format(
                "treatment population=%s group=GP+Tis+RT term=rt_tech level=%s percent",
                population[p], tech[k]);
            sum += program_facts_number(&facts, key);
            free(key);
        }
        assert_close(sum, 100, 1e-12);
        char *key = program_format("failure population=%s group=GP+Tis+RT term=pd_site "
                                   "level=infield percent",
                                   population[p]);
        assert_true(program_facts_number(&facts, key) > 5);
        free(key);
    }
    program_facts_clear(&facts);
}

/* Nothing that enters a model or a match knows of them. */
static void described_columns_change_no_other_fact(void **state)
{
    (void)state;
#define SAMPLE                                                                                     \
    "sample_data/cohort.csv --id usubjid --arm arm --endpoint pfs=pfs_mo,pfs_event --covariates "  \
    "age,sex --cox --psm "
    struct program_facts with = program_facts_of(
        SAMPLE "--treatment-columns rt_tech,bed10 --failure-column pd_site --ltfu-column ltfu");
    struct program_facts without = program_facts_of(SAMPLE);
    assert_same_facts(with, without, 0);
    program_facts_clear(&with);
    program_facts_clear(&without);
}

/* ---- the pattern of failure ---- */

#define F "failure population=all "

static void sites_are_shares_of_known_failures(void **state)
{
    (void)state;
    struct small s = small_new();
    struct program_facts facts =
        program_facts_of("%s " READ "--failure --failure-column fail", s.file);
    check(&facts, F "group=A term=failure with a known site n", 3);
    check(&facts, F "group=A term=failure with a known site percent", 75);
    check(&facts, F "group=B term=failure with a known site percent", 50);
    check(&facts, F "group=A term=fail=distant n", 2);
    check(&facts, F "group=A term=fail=distant percent", 200.0 / 3);
    check(&facts, F "group=A term=fail=lung n", 2);
    check(&facts, F "group=B term=fail=lung percent", 50);
    check(&facts, F "group=B term=fail=lung n.missing", 2);
    program_facts_clear(&facts);
    small_free(&s);
}

/* ---- what is refused ---- */

static void refused(const struct small *s, const char *options, const char *words)
{
    struct program_run run = program_run("%s " READ "%s", s->file, options);
    assert_code(run, 2);
    assert_says(run.err, words);
    program_clear(&run);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct small s = small_new();
    refused(&s, "--treatment", "--treatment-columns|--exposure-start");
    refused(&s, "--failure", "--failure-column");
    refused(&s, "--treatment --treatment-columns rt_fy",
            "no column \"rt_fy\"|did you mean \"rt_fx\"");
    refused(&s, "--table1 --covariates age,dose --treatment-columns dose",
            "\"dose\" cannot be a baseline covariate|treatment columns|--i-know");
    small_free(&s);
}

/* One study file serves many files. */
static void a_column_that_only_the_study_names_may_be_missing(void **state)
{
    (void)state;
    struct small s = small_new();
    char *study = program_write_file(s.folder, "s.yaml",
                                     "treatment-columns: [dose, bed10, chemo_cycles]\n"
                                     "failure-column: pd_site\n");
    struct program_facts facts =
        program_facts_of("%s --study %s " READ "--treatment", s.file, study);
    check(&facts, T "group=B term=dose median", 60);
    assert_null(program_facts_find(&facts, T "group=B term=bed10 n.missing"));
    program_facts_clear(&facts);
    struct program_run run = program_run("%s --study %s " READ "--failure", s.file, study);
    assert_code(run, 2);
    assert_says(run.err, "--failure-column");
    program_clear(&run);
    free(study);
    small_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exposure_by_hand),
        cmocka_unit_test(columns_by_hand),
        cmocka_unit_test(doses_are_derived_where_the_chart_has_what_they_follow_from),
        cmocka_unit_test(it_is_told_in_every_population_and_at_landmarks),
        cmocka_unit_test(described_columns_change_no_other_fact),
        cmocka_unit_test(sites_are_shares_of_known_failures),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_column_that_only_the_study_names_may_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
