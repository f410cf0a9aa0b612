/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The analyses' figures of tables, in the page. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROTTERDAM                                                                                  \
    "tests/oracle/data/rotterdam.csv --id pid --arm hormon --endpoint os=dtime,death "             \
    "--covariates age,meno,size,nodes --format html "

static void each_analysis_draws_its_table(void **state)
{
    static const struct {
        const char *options, *figures;
    } cases[] = {
        {"--balance --psm",
         "<figure id=\"love\"|Matched 1:1|Absolute standardized mean difference"},
        {"--cox --univariable",
         "<figure id=\"forest-univariable-os\"|<figure id=\"forest-cox-os\"|size=&gt;50"},
        {"--subgroups --psm", "<figure id=\"forest-subgroups-os-matched\"|"
                              "<figure id=\"forest-subgroups-os-all\"|favours 1|favours 0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct program_run run = program_run(ROTTERDAM "%s", cases[i].options);
        assert_code(run, 0);
        assert_says(run.out, cases[i].figures);
        program_clear(&run);
    }
}

/* 40 patients in two arms; patient i has every term but the ith. */
static char *write_patients(const char *folder)
{
    char *out = malloc(40 * 16), *end = out;
    assert_non_null(out);
    end += sprintf(end, "id,arm\n");
    for (int i = 0; i < 40; i++)
        end += sprintf(end, "%d,%c\n", i + 1, i % 2 == 0 ? 'a' : 'b');
    char *path = program_write_file(folder, "cohort.csv", out);
    free(out);
    return path;
}

static char *write_events(const char *folder, int n_terms)
{
    char *out = malloc((size_t)n_terms * 40 * 24 + 32), *end = out;
    assert_non_null(out);
    end += sprintf(end, "id,ae_term,ae_grade\n");
    for (int term = 0; term < n_terms; term++)
        for (int i = 0; i < 40; i++)
            if (i != term)
                end += sprintf(end, "%d,term %d,%d\n", i + 1, term, 1 + (i + term) % 4);
    char *path = program_write_file(folder, "ae.csv", out);
    free(out);
    return path;
}

static void a_butterfly_of_more_than_40_rows_says_what_it_leaves_out(void **state)
{
    static const int terms[] = {39, 45};
    (void)state;
    for (size_t i = 0; i < 2; i++) { /* and a row for any of them */
        char *folder = program_new_folder(), *path = write_patients(folder);
        char *events = write_events(folder, terms[i]);
        struct program_run run =
            program_run("%s --id id --arm arm --toxicity --ae %s --format html", path, events);
        assert_code(run, 0);
        assert_says(run.out, "<figure id=\"toxicity-all\"");
        assert_int_equal(strstr(run.out, "The first 40 of the table") != NULL, i == 1);
        program_clear(&run);
        program_remove_folder(folder);
        free(path);
        free(events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_analysis_draws_its_table),
        cmocka_unit_test(a_butterfly_of_more_than_40_rows_says_what_it_leaves_out),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
