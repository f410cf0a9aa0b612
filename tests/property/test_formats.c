/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same patients give the same facts, whatever kind of file they come in. */
#include "program.h"

#include "statistics_file.h"
#include "workbook.h"

#include "rwe.h"
#include <gsl/gsl_errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char veteran[] = "--arm trt --endpoint os=time,status --covariates "
                              "celltype,karno,diagtime,age,prior --km --psm --times 90,180";
static const char lung[] = "--arm sex --endpoint os=time,status:2 --covariates age,ph.ecog "
                           "--strata inst --on-error drop --km --psm --times 180,365";
static const char derived[] = "--derive os,pfs --km --cox --on-error drop";

struct cohort_file {
    const char *path, *arguments;
};

static const struct cohort_file cohorts[] = {
    {"tests/oracle/data/veteran.csv", veteran},
    {"tests/oracle/data/lung.csv", lung},
    {"sample_data/cohort.csv", derived}, /* dates, Chinese, a design with five arms of treatment */
};

enum { COHORTS = sizeof cohorts / sizeof cohorts[0], WORKBOOK = -1 };

/* Names as the kind can have them: ReadStat refuses "ph.ecog" in Stata and SAS. */
static void rename_columns(const struct design_csv *csv)
{
    for (size_t j = 0; j < csv->n_columns; j++)
        for (char *dot = (char *)(uintptr_t)strchr(csv->name[j], '.'); dot != NULL;
             dot = strchr(dot, '.'))
            *dot = '_';
}

static char *write_csv(const struct design_csv *csv, const char *folder)
{
    char *path = program_format("%s/plain.csv", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i <= csv->n_rows; i++)
        for (size_t j = 0; j < csv->n_columns; j++)
            fprintf(file, "%s%s", i == 0 ? csv->name[j] : csv->field[(i - 1) * csv->n_columns + j],
                    j + 1 < csv->n_columns ? "," : "\n");
    fclose(file);
    return path;
}

static char *write_kind(const struct design_csv *csv, int kind, const char *folder)
{
    size_t size;
    void *bytes = kind == WORKBOOK ? workbook_of_csv(csv, 1, &size)
                                   : statistics_file_of_csv(csv, (enum statistics_kind)kind, &size);
    char *path = program_format("%s/other", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    return path;
}

static void check_kind(int kind)
{
    gsl_set_error_handler_off();
    char *folder = program_new_folder();
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t c = 0; c < COHORTS; c++) {
        struct design_csv csv = design_csv_read(cohorts[c].path, arena);
        rename_columns(&csv);
        char *plain = write_csv(&csv, folder), *other = write_kind(&csv, kind, folder);
        char *arguments = program_format("%s", cohorts[c].arguments);
        for (char *dot = strstr(arguments, "ph."); dot != NULL; dot = strstr(dot, "ph."))
            dot[2] = '_';
        struct program_facts expected = program_facts_of("%s %s --quiet", plain, arguments);
        struct program_facts actual = program_facts_of("%s %s --quiet", other, arguments);
        assert_true(expected.n > 50);
        assert_same_facts(actual, expected, 0);
        program_facts_clear(&actual);
        program_facts_clear(&expected);
        free(arguments);
        free(plain);
        free(other);
    }
    rwe_arena_free(arena);
    program_remove_folder(folder);
}

static void a_workbook_gives_the_facts_of_its_csv(void **state)
{
    (void)state;
    check_kind(WORKBOOK);
}

static void an_spss_file_does(void **state)
{
    (void)state;
    check_kind(STATISTICS_SAV);
    check_kind(STATISTICS_ZSAV);
}

static void a_stata_file_does(void **state)
{
    (void)state;
    check_kind(STATISTICS_DTA);
}

static void files_of_sas_do(void **state)
{
    (void)state;
    check_kind(STATISTICS_SAS7BDAT);
    check_kind(STATISTICS_XPT);
}

/* ---- several sheets ---- */

static void one_workbook_may_hold_patients_and_their_scans(void **state)
{
    (void)state;
    static const char arguments[] = "--derive os,pfs --km --on-error drop --quiet";
    char *folder = program_new_folder();
    struct rwe_arena *arena = rwe_arena_new();
    const struct design_csv sheets[] = {design_csv_read("sample_data/assess.csv", arena),
                                        design_csv_read("sample_data/cohort.csv", arena)};
    size_t size;
    void *bytes = workbook_of_csv(sheets, 2, &size);
    char *path = program_format("%s/study.xlsx", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    gsl_set_error_handler_off();
    struct program_facts expected =
        program_facts_of("sample_data/cohort.csv --assess sample_data/assess.csv %s", arguments);
    struct program_facts actual = program_facts_of(
        "%s --sheet Sheet2 --assess %s --assess-sheet 1 %s", path, path, arguments);
    assert_true(expected.n > 50);
    assert_same_facts(actual, expected, 0);
    program_facts_clear(&actual);
    program_facts_clear(&expected);
    free(path);
    rwe_arena_free(arena);
    program_remove_folder(folder);
}

/* ---- names of values ---- */

/* An event, arms and a covariate with value labels, as SPSS and Stata have them. */
static char *write_labelled(enum statistics_kind kind, const char *folder)
{
    static double time[40], dead[40], arm[40], stage[40];
    for (size_t i = 0; i < 40; i++) {
        time[i] = (double)(3 + (7 * i) % 31);
        dead[i] = i % 3 != 0;
        arm[i] = i % 2 == 0 ? 1 : 2;
        stage[i] = (double)(i % 4 / 2 + 1);
    }
    const struct statistics_column column[] = {
        {.name = "t", .number = time},
        {.name = "dead",
         .number = dead,
         .value_label = {{.number = 0, .label = "alive"}, {.number = 1, .label = "deceased"}}},
        {.name = "arm",
         .number = arm,
         .value_label = {{.number = 2, .label = "放疗"}, {.number = 1, .label = "对照"}}},
        {.name = "stage",
         .number = stage,
         .value_label = {{.number = 1, .label = "early"}, {.number = 2, .label = "late"}}},
    };
    size_t size;
    char *path = program_format("%s/labelled", folder);
    void *bytes = statistics_file_bytes(&(struct statistics_file){kind, 0, 40, 4, column}, &size);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    return path;
}

static void arms_and_events_are_named_by_code_or_by_label(void **state)
{
    (void)state;
    static const char *const same[] = {
        "--endpoint os=t,dead --control 对照 --treated 放疗",
        "--endpoint os=t,dead:1 --control 1 --treated 2",
        "--endpoint os=t,dead:deceased --control 1 --treated 放疗",
        "--endpoint os=t,dead:deceased --treated 2",
    };
    char *folder = program_new_folder();
    gsl_set_error_handler_off();
    for (int kind = STATISTICS_SAV; kind <= STATISTICS_DTA; kind++) {
        char *path = write_labelled((enum statistics_kind)kind, folder);
        struct program_facts first = program_facts_of(
            "%s --arm arm %s --covariates stage --km --cox --quiet", path, same[0]);
        /* of the odd i below 40, those that 3 does not divide */
        assert_true(
            program_facts_number(&first, "km endpoint=os population=all group=放疗 n.event") == 13);
        for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
            struct program_facts facts = program_facts_of(
                "%s --arm arm %s --covariates stage --km --cox --quiet", path, same[i]);
            assert_same_facts(facts, first, 0);
            program_facts_clear(&facts);
        }
        program_facts_clear(&first);
        free(path);
    }
    program_remove_folder(folder);
}

/* ---- the library ---- */

struct asker {
    char *path;
    size_t n; /* of the facts; 0: it failed */
};

static void *ask(void *argument)
{
    struct asker *asker = argument;
    for (int i = 0; i < 5; i++) {
        struct rwe_session *session = rwe_session_new();
        bool is_asked = rwe_session_set_cohort(session, asker->path) == RWE_OK &&
                        rwe_session_set(session, "arm", "trt") == RWE_OK &&
                        rwe_session_set(session, "endpoint", "os=time,status") == RWE_OK &&
                        rwe_session_set(session, "km", NULL) == RWE_OK;
        bool is_run = is_asked && rwe_session_run(session) == RWE_OK;
        asker->n = is_run ? rwe_session_n_facts(session) : 0;
        if (!is_run)
            print_error("%s\n", rwe_session_error(session));
        rwe_session_free(session);
    }
    return NULL;
}

static void sessions_of_several_threads_read_files_of_all_kinds_at_once(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    struct rwe_arena *arena = rwe_arena_new();
    struct design_csv csv = design_csv_read("tests/oracle/data/veteran.csv", arena);
    struct asker asker[THREADS];
    pthread_t thread[THREADS];
    char *folder[THREADS];
    for (int i = 0; i < THREADS; i++) {
        folder[i] = program_new_folder();
        asker[i] = (struct asker){write_kind(&csv, i - 1, folder[i]), 0};
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask, &asker[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_true(asker[i].n > 20 && asker[i].n == asker[0].n);
        free(asker[i].path);
        program_remove_folder(folder[i]);
    }
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workbook_gives_the_facts_of_its_csv),
        cmocka_unit_test(an_spss_file_does),
        cmocka_unit_test(a_stata_file_does),
        cmocka_unit_test(files_of_sas_do),
        cmocka_unit_test(one_workbook_may_hold_patients_and_their_scans),
        cmocka_unit_test(arms_and_events_are_named_by_code_or_by_label),
        cmocka_unit_test(sessions_of_several_threads_read_files_of_all_kinds_at_once),
    };
    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
