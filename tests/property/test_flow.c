/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flow goes on to landmarks and clones, and nobody is lost on the way. Who is left out before is in
 * test_rules.c. */
#include "csv_table.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

#define READ                                                                                       \
    "sample_data/cohort.csv --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT "          \
    "--endpoint pfs=pfs_mo,pfs_event --endpoint os=os_mo,os_event --covariates "                   \
    "age,sex,kps --exposure-start rt_start_mo "

static const char *const arms[] = {"", " group=GP+Tis", " group=GP+Tis+RT"};

/* A count of the flow: of all, or of an arm (1, 2). */
static double step(const struct program_facts *facts, const char *in, size_t arm, const char *term)
{
    char *key = program_format("flow%s%s term=%s n", in, arms[arm], term);
    double n = program_facts_number(facts, key);
    free(key);
    return n;
}

static double of(const struct program_facts *facts, const char *format, size_t arm)
{
    char *key = program_format(format, arms[arm]);
    double n = program_facts_number(facts, key);
    free(key);
    return n;
}

static void analysed_are_those_at_the_landmark_and_those_lost_before(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(READ "--flow --landmark=4,6,9 --psm");
    static const char *const landmark[] = {" population=landmark-4", " population=landmark-6",
                                           " population=landmark-9"};
    for (size_t l = 0; l < 3; l++) {
        const char *in = landmark[l];
        double later = step(&facts, in, 0, "exposed later");
        assert_close(step(&facts, "", 0, "analysed"),
                     step(&facts, in, 0, "event before") + step(&facts, in, 0, "censored before") +
                         step(&facts, in, 0, "analysed"),
                     0);
        /* Arm by arm but for those who are unexposed there, and exposed in the end. */
        for (size_t a = 1; a < 3; a++)
            assert_close(step(&facts, "", a, "analysed"),
                         step(&facts, in, a, "event before") +
                             step(&facts, in, a, "censored before") +
                             step(&facts, in, a, "analysed") + (a == 1 ? -later : later),
                         0);
        char *matched = program_format("%s-matched", in);
        for (size_t a = 0; a < 3; a++)
            assert_close(
                step(&facts, in, a, "analysed"),
                step(&facts, matched, a, "matched") + step(&facts, matched, a, "unmatched"), 0);
        free(matched);
    }
    for (size_t a = 1; a < 3; a++) {
        assert_close(step(&facts, landmark[1], a, "event before"),
                     of(&facts, "landmark population=landmark-6%s n.event.before", a), 0);
        assert_close(step(&facts, landmark[1], a, "censored before"),
                     of(&facts, "landmark population=landmark-6%s n.censored.before", a), 0);
    }
    program_facts_clear(&facts);
}

static void clones_are_two_of_each_and_leave_as_ccw_says(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(READ "--flow --ccw=7");
    static const char *const endpoint[] = {"pfs", "os"};
    double n = step(&facts, " population=ccw-7", 0, "cloned");
    assert_close(n + step(&facts, " population=ccw-7", 0, "out"), 600, 0);
    assert_true(n < 600); /* kps is not known of all */
    assert_close(step(&facts, " population=ccw-7", 0, "clones"), 2 * n, 0);
    assert_close(step(&facts, " population=ccw-7", 1, "clones"), n, 0);
    assert_close(step(&facts, " population=ccw-7", 2, "clones"), n, 0);
    for (size_t e = 0; e < 2; e++) {
        char *in = program_format(" endpoint=%s population=ccw-7", endpoint[e]);
        for (size_t a = 1; a < 3; a++) {
            char *there = program_format("ccw%s%s n.left", in, arms[a]);
            assert_close(step(&facts, in, a, "left"), program_facts_number(&facts, there), 0);
            assert_true(step(&facts, in, a, "left") > 0);
            free(there);
        }
        assert_close(step(&facts, in, 0, "left"),
                     step(&facts, in, 1, "left") + step(&facts, in, 2, "left"), 0);
        free(in);
    }
    program_facts_clear(&facts);
}

/*
 * Landmark at 3. Unexposed: 1 event at 1, 2 censored at 2, 3 event at 3 (by then), 4 and 5 go on. Exposed:
 * 6 at 1, event at 2; 7 at 1, goes on; 8 at 3, goes on; 9 at 4, goes on: unexposed there.
 */
static void nine_patients_by_hand(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *file = program_write_file(folder, "small.csv",
                                    "id,arm,start,time,event\n1,A,,1,1\n2,A,,2,0\n3,A,,3,1\n"
                                    "4,A,,9,1\n5,A,,8,0\n6,B,1,2,1\n7,B,1,7,1\n8,B,3,6,0\n"
                                    "9,B,4,5,1\n");
    struct program_facts facts =
        program_facts_of("%s --id id --arm arm --endpoint pfs=time,event --exposure-start start "
                         "--flow --landmark=3",
                         file);
    static const struct {
        const char *term;
        double all, a, b;
    } row[] = {{"event before", 3, 2, 1},
               {"censored before", 1, 1, 0},
               {"analysed", 5, 3, 2},
               {"exposed later", 1, 1, 0}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        char *key = program_format("flow population=landmark-3 term=%s n", row[r].term);
        assert_close(program_facts_number(&facts, key), row[r].all, 0);
        free(key);
        const double expected[] = {row[r].a, row[r].b};
        for (size_t a = 0; a < 2; a++) {
            key = program_format("flow population=landmark-3 group=%s term=%s n",
                                 a == 0 ? "A" : "B", row[r].term);
            assert_close(program_facts_number(&facts, key), expected[a], 0);
            free(key);
        }
    }
    program_facts_clear(&facts);
    free(file);
    program_remove_folder(folder);
}

/* ---- the registry's criteria, as the built-in study declares them ---- */

/* A value of the column that does not meet the criterion. */
static const struct {
    const char *name, *column, *against;
} registry[] = {
    {"adult", "age", "17"},
    {"performance", "kps", "50"},
    {"histology", "histology_ok", "0"},
    {"disease-free interval", "dfi_mo", "6"},
    {"measurable", "measurable", "0"},
    {"organ function", "organ_ok", "0"},
    {"no earlier immunotherapy", "prior_ici", "1"},
    {"no recurrence", "recurrent", "1"},
    {"no chemotherapy for metastases", "prior_met_chemo", "1"},
    {"no symptoms of the nervous system", "cns_symp", "1"},
    {"no steroid-treated pneumonitis", "pneumonitis_steroid", "1"},
    {"no autoimmune disease", "autoimmune", "1"},
    {"chemoradiotherapy possible", "crt_suitable", "0"},
    {"no serious disease", "serious_disease", "1"},
    {"no other drug trial", "other_trial_3mo", "1"},
    {"not deemed unsuitable", "judged_unsuitable", "1"},
};
enum { N_REGISTRY = sizeof registry / sizeof *registry };

#define STUDY "%s --study sample_data/nct07062484.yaml --flow --protocol"

static size_t column_of(const struct csv_table *table, const char *name)
{
    for (size_t c = 0; c < table->n_columns; c++)
        if (strcmp(table->name[c], name) == 0)
            return c;
    fail_msg("no column %s", name);
    return 0;
}

/* The table as a file in a new folder. */
static char *write_table(const struct csv_table *table, char **folder)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t c = 0; c < table->n_columns; c++)
        fprintf(out, "%s%c", table->name[c], c + 1 < table->n_columns ? ',' : '\n');
    for (size_t i = 0; i < table->n_rows; i++)
        for (size_t c = 0; c < table->n_columns; c++)
            fprintf(out, "%s%c", table->cell[i][c], c + 1 < table->n_columns ? ',' : '\n');
    fclose(out);
    *folder = program_new_folder();
    char *path = program_write_file(*folder, "cohort.csv", text);
    free(text);
    return path;
}

static double failed(const struct program_facts *facts, const char *criterion)
{
    char *key = program_format("flow term=%s n.failed", criterion);
    double n = program_facts_number(facts, key);
    free(key);
    return n;
}

static void each_criterion_of_the_registry_leaves_out_who_does_not_meet_it(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("sample_data/cohort.csv");
    char *folder;
    for (size_t k = 0; k < N_REGISTRY; k++)
        table->cell[k][column_of(table, registry[k].column)] =
            rwe_arena_format(table->arena, "%s", registry[k].against);
    char *path = write_table(table, &folder);
    struct program_facts facts = program_facts_of(STUDY, path);
    for (size_t k = 0; k < N_REGISTRY; k++)
        assert_close(failed(&facts, registry[k].name), 1, 0);
    assert_close(step(&facts, "", 0, "analysed"), 600 - N_REGISTRY, 0);
    program_facts_clear(&facts);
    csv_table_free(table);
    free(path);
    program_remove_folder(folder);
}

static void everybody_in_the_sample_meets_the_registry(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(STUDY, "sample_data/cohort.csv");
    for (size_t k = 0; k < N_REGISTRY; k++)
        assert_close(failed(&facts, registry[k].name), 0, 0);
    assert_close(step(&facts, "", 0, "analysed"), 600, 0);
    program_facts_clear(&facts);
}

static void assert_text(const struct program_facts *facts, const char *key, const char *expected)
{
    json_t *value = program_facts_find(facts, key);
    assert_non_null(value);
    assert_string_equal(json_string_value(value), expected);
}

/* A criterion that nobody is judged by must not read as one that everybody meets. */
static void a_criterion_whose_column_is_not_there_is_not_assessed_and_said_so(void **state)
{
    (void)state;
    struct csv_table *table = csv_table_read("sample_data/cohort.csv");
    char *folder;
    *table->name[column_of(table, "recurrent")] = 'x';
    *table->name[column_of(table, "autoimmune")] = 'x';
    char *path = write_table(table, &folder);
    struct program_facts facts = program_facts_of(STUDY, path);
    assert_text(&facts, "flow term=no recurrence not.assessed", "recurrent");
    assert_text(&facts, "flow term=no autoimmune disease not.assessed", "autoimmune");
    assert_null(program_facts_find(&facts, "flow term=no serious disease not.assessed"));
    assert_true(json_is_null(program_facts_find(&facts, "flow term=no recurrence n.failed")));
    assert_close(step(&facts, "", 0, "not eligible: no recurrence"), 0, 0);
    assert_close(of(&facts, "flow%s term=no recurrence n.unknown", 1), 319, 0);
    assert_close(step(&facts, "", 0, "analysed"), 600, 0);
    struct program_run run = program_run(STUDY, path);
    assert_code(run, 0);
    assert_says(run.out, "Not assessed, because the file has no column for it: no recurrence|"
                         "(recurrent), no autoimmune disease (autoimmune).|"
                         "not assessed: the file has no column recurrent|"
                         "no recurrence: not assessed, the file has no column");
    assert_null(strstr(run.out, "not eligible: no recurrence"));
    program_clear(&run);
    program_facts_clear(&facts);
    csv_table_free(table);
    free(path);
    program_remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(analysed_are_those_at_the_landmark_and_those_lost_before),
        cmocka_unit_test(clones_are_two_of_each_and_leave_as_ccw_says),
        cmocka_unit_test(nine_patients_by_hand),
        cmocka_unit_test(each_criterion_of_the_registry_leaves_out_who_does_not_meet_it),
        cmocka_unit_test(everybody_in_the_sample_meets_the_registry),
        cmocka_unit_test(a_criterion_whose_column_is_not_there_is_not_assessed_and_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
