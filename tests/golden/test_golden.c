/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the whole program writes is what it wrote when somebody last looked at it: see README.md. */
#include "kept.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct job {
    const char *name, *arguments;
} cohort = {"cohort", "sample_data/cohort.csv --ae sample_data/ae.csv --km --psm"},
  rotterdam = {"rotterdam", "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml"},
  lung = {"lung", "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --covariates "
                  "age,ph.karno --strata ph.ecog --on-error drop --time-unit days --km --psm "
                  "--times 180,365"},
  veteran = {"veteran", "tests/oracle/data/veteran.csv --arm celltype --endpoint os=time,status "
                        "--covariates karno,age --table1 --km"};

/* The same shape, texts and truth values; numbers to a relative 1e-10. */
static bool same_json(const json_t *a, const json_t *b, const char *path)
{
    bool same = true;
    if (json_is_number(a) && json_is_number(b)) {
        double x = json_number_value(a), y = json_number_value(b);
        same = x == y || fabs(x - y) <= 1e-10 * fmax(fabs(x), fabs(y));
    } else if (json_is_array(a) && json_is_array(b)) {
        same = json_array_size(a) == json_array_size(b);
        for (size_t i = 0; same && i < json_array_size(a); i++) {
            char *deeper = program_format("%s[%zu]", path, i);
            same = same_json(json_array_get(a, i), json_array_get(b, i), deeper);
            free(deeper);
        }
        return same;
    } else if (json_is_object(a) && json_is_object(b)) {
        const char *name;
        const json_t *member;
        same = json_object_size(a) == json_object_size(b);
        json_object_foreach((json_t *)(uintptr_t)a, name, member)
        {
            char *deeper = program_format("%s.%s", path, name);
            same = same && same_json(member, json_object_get(b, name), deeper);
            free(deeper);
        }
        return same;
    } else {
        same = json_equal(a, b) == 1;
    }
    if (!same)
        print_error("%s differs\n", path);
    return same;
}

static void compare_json(const char *actual, const char *expected, const char *path)
{
    json_t *a = json_loads(actual, JSON_REJECT_DUPLICATES, NULL);
    json_t *b = json_loads(expected, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(a);
    assert_non_null(b);
    if (!same_json(a, b, "$"))
        fail_msg("%s holds other values", path);
    json_decref(a);
    json_decref(b);
}

static struct program_run run_job(const struct job *job, const char *format)
{
    struct program_run run =
        program_run("%s --no-provenance --quiet --format %s", job->arguments, format);
    assert_code(run, 0);
    return run;
}

static void check_facts(const struct job *job)
{
    char *path = program_format("tests/golden/%s.json", job->name);
    struct program_run run = run_job(job, "json");
    char *kept = kept_text(path, run.out, run.out_size);
    compare_json(run.out, kept, path);
    free(kept);
    program_clear(&run);
    free(path);
}

static void the_main_job_has_the_facts_that_it_had(void **state)
{
    (void)state;
    check_facts(&cohort);
}

static void rotterdam_has_the_facts_that_it_had(void **state)
{
    (void)state;
    check_facts(&rotterdam);
}

static void lung_has_the_facts_that_it_had(void **state)
{
    (void)state;
    check_facts(&lung);
}

static void veteran_has_the_facts_that_it_had(void **state)
{
    (void)state;
    check_facts(&veteran);
}

/* Writers of text know no analysis, so that one job shows what each writes. */
static void each_format_writes_lung_as_it_did(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ending;
    } formats[] = {
        {"csv", "csv"}, {"text", "txt"}, {"md", "md"}, {"html", "html"}, {"latex", "tex"},
    };
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        char *path = program_format("tests/golden/lung.%s", formats[f].ending);
        struct program_run run = run_job(&lung, formats[f].name);
        kept_is_the_same(path, run.out, run.out_size);
        program_clear(&run);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_job_has_the_facts_that_it_had),
        cmocka_unit_test(rotterdam_has_the_facts_that_it_had),
        cmocka_unit_test(lung_has_the_facts_that_it_had),
        cmocka_unit_test(veteran_has_the_facts_that_it_had),
        cmocka_unit_test(each_format_writes_lung_as_it_did),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
