/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --check runs again what a results file says, and tells what became of its facts. */
#include "cli.h"
#include "program.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
    char *folder, *cohort, *results;
};

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *text = program_read_file(from, &size);
    assert_non_null(text);
    FILE *file = fopen(to, "wb");
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    free(text);
}

static int set_up(void **state)
{
    gsl_set_error_handler_off();
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    f->cohort = program_format("%s/cohort.csv", f->folder);
    f->results = program_format("%s/results.json", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    free(f->cohort);
    free(f->results);
    free(f);
    return 0;
}

static void write_results(const struct fixture *f, const char *arguments)
{
    struct program_run run = program_run("%s %s --output %s", f->cohort, arguments, f->results);
    assert_code(run, RWE_EXIT_DONE);
    program_clear(&run);
}

static void check(const struct fixture *f, int code, const char *words)
{
    struct program_run run = program_run("--check %s", f->results);
    assert_code(run, code);
    assert_says(run.out, words);
    program_clear(&run);
}

static const char lung[] =
    "--arm sex --endpoint os=time,status:2 --covariates age,ph.ecog --km --psm --times 180";

/* Writes the lung cohort with the text `was`, which occurs once, changed to `is`. */
static void change_text(const char *path, const char *was, const char *is)
{
    size_t size;
    char *text = program_read_file(path, &size);
    char *at = strstr(text, was);
    assert_non_null(at);
    assert_null(strstr(at + 1, was));
    FILE *file = fopen(path, "wb");
    fprintf(file, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
    fclose(file);
    free(text);
}

static void the_same_input_gives_the_same_facts(void **state)
{
    const struct fixture *f = *state;
    copy_file("tests/oracle/data/lung.csv", f->cohort);
    write_results(f, lung);
    check(f, RWE_EXIT_DONE, "0 differ");
    struct program_run threads = program_run("--check %s --threads 3", f->results);
    assert_code(threads, RWE_EXIT_DONE);
    program_clear(&threads);
}

static void a_changed_cell_is_told_with_the_facts_it_changes(void **state)
{
    const struct fixture *f = *state;
    copy_file("tests/oracle/data/lung.csv", f->cohort);
    write_results(f, lung);
    change_text(f->cohort, "3,455,2,68,1,0,90,90,1225,15", "3,45,2,68,1,0,90,90,1225,15");
    check(f, RWE_EXIT_FAILED,
          "changed input: |cohort.csv|changed: km endpoint=os|group=1|time=180 estimate:|logrank");
}

static void a_changed_byte_without_meaning_is_told_as_a_changed_input_only(void **state)
{
    const struct fixture *f = *state;
    copy_file("tests/oracle/data/lung.csv", f->cohort);
    write_results(f, lung);
    change_text(f->cohort, "3,455,2,68,1,0,90,90,1225,15", "3,455.0,2,68,1,0,90,90,1225,15");
    check(f, RWE_EXIT_FAILED, "changed input: | 0 differ");
}

static void a_missing_input_is_told(void **state)
{
    const struct fixture *f = *state;
    copy_file("tests/oracle/data/lung.csv", f->cohort);
    write_results(f, lung);
    unlink(f->cohort);
    struct program_run run = program_run("--check %s", f->results);
    assert_code(run, RWE_EXIT_FAILED);
    assert_says(run.out, "missing input: |cohort.csv");
    assert_says(run.err, "cohort.csv|no such file");
    program_clear(&run);
}

static void a_changed_fact_is_told_with_both_values(void **state)
{
    const struct fixture *f = *state;
    copy_file("tests/oracle/data/lung.csv", f->cohort);
    write_results(f, lung);
    json_t *root = json_load_file(f->results, 0, NULL), *list = json_object_get(root, "facts");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *fact = json_array_get(list, i);
        char *key = program_fact_key(fact);
        if (strcmp(key, "km endpoint=os population=all group=2 median") == 0)
            json_object_set_new(fact, "value", json_integer(427));
        if (strcmp(key, "km endpoint=os population=all group=1 n") == 0)
            json_object_set_new(fact, "stat", json_string("n.more"));
        free(key);
    }
    assert_int_equal(json_dump_file(root, f->results, JSON_REAL_PRECISION(17)), 0);
    json_decref(root);
    check(f, RWE_EXIT_FAILED,
          "changed: km endpoint=os population=all group=2 median: 427 -> 426|n.more|3 differ");
}

static void refused(const struct fixture *f, const char *words)
{
    struct program_run run = program_run("--check %s", f->results);
    assert_code(run, RWE_EXIT_FAILED);
    assert_says(run.err, words);
    program_clear(&run);
}

static void what_is_no_results_file_is_refused(void **state)
{
    const struct fixture *f = *state;
    refused(f, "results.json|No such file");
    free(program_write_file(f->folder, "results.json", ""));
    refused(f, "results.json");
    free(program_write_file(f->folder, "results.json", "id,arm\n1,2\n"));
    refused(f, "results.json|line 1");
    free(program_write_file(f->folder, "results.json", "{\"a\": 1,\n \"b\": }\n"));
    refused(f, "results.json|line 2");
    free(program_write_file(f->folder, "results.json", "{\"a\": 1}"));
    refused(f, "results.json");
    free(program_write_file(f->folder, "results.json",
                            "{\"rwe\": {\"schema\": 99, \"version\": \"9\"}, \"facts\": []}"));
    refused(f, "schema|99");
}

static void results_without_provenance_are_refused(void **state)
{
    const struct fixture *f = *state;
    char *arguments = program_format("%s --no-provenance", lung);
    copy_file("tests/oracle/data/lung.csv", f->cohort);
    write_results(f, arguments);
    refused(f, "results.json|--no-provenance|cannot be run again");
    free(arguments);
}

static void a_cohort_beside_check_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct program_run run = program_run("--check %s %s", f->results, f->cohort);
    assert_code(run, RWE_EXIT_USAGE);
    assert_says(run.err, "leave|cohort.csv");
    program_clear(&run);
}

static void a_study_file_is_an_input_too(void **state)
{
    const struct fixture *f = *state;
    char *study = program_format("%s/study.yaml", f->folder);
    char *arguments = program_format("--study %s", study);
    copy_file("sample_data/rotterdam.csv", f->cohort);
    copy_file("sample_data/rotterdam.yaml", study);
    write_results(f, arguments);
    check(f, RWE_EXIT_DONE, " 0 differ");
    change_text(study, "times: [1826, 3652]", "times: [1826, 3000]");
    check(f, RWE_EXIT_FAILED, "changed input: |study.yaml|missing: km|time=3652|new: km|time=3000");
    free(arguments);
    free(study);
}

static void the_built_in_study_can_be_run_again(void **state)
{
    const struct fixture *f = *state;
    char *events = program_format("%s/ae.csv", f->folder);
    char *arguments = program_format("--ae %s --km --psm", events);
    copy_file("sample_data/cohort.csv", f->cohort);
    copy_file("sample_data/ae.csv", events);
    write_results(f, arguments);
    check(f, RWE_EXIT_DONE, " 0 differ");
    change_text(events, "SYN-0001,1,Platelet count decreased,Investigations,3,",
                "SYN-0001,1,Shingles of the ear,Investigations,3,");
    check(f, RWE_EXIT_FAILED, "changed input: |ae.csv|new: toxicity|Shingles of the ear");
    free(arguments);
    free(events);
}

/* A test in a folder of its own. */
#define FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER(the_same_input_gives_the_same_facts),
        FOLDER(a_changed_cell_is_told_with_the_facts_it_changes),
        FOLDER(a_changed_byte_without_meaning_is_told_as_a_changed_input_only),
        FOLDER(a_missing_input_is_told),
        FOLDER(a_changed_fact_is_told_with_both_values),
        FOLDER(what_is_no_results_file_is_refused),
        FOLDER(results_without_provenance_are_refused),
        FOLDER(a_cohort_beside_check_is_refused),
        FOLDER(a_study_file_is_an_input_too),
        FOLDER(the_built_in_study_can_be_run_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
