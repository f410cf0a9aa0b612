/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same patients give the same facts, whatever kind of file they come in. */
#include "program.h"

#include "statistics_file.h"
#include "workbook.h"

#include <gsl/gsl_errno.h>
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
    void *bytes = kind == WORKBOOK ? workbook_of_csv(csv, &size)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workbook_gives_the_facts_of_its_csv),
        cmocka_unit_test(an_spss_file_does),
        cmocka_unit_test(a_stata_file_does),
        cmocka_unit_test(files_of_sas_do),
    };
    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
