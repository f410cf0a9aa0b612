/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the whole program writes is what it wrote when somebody last looked at it: see README.md. */
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

static void compare_bytes(const char *actual, const char *expected, const char *path)
{
    size_t line = 1, start = 0, i = 0;
    for (; actual[i] == expected[i] && actual[i] != '\0'; i++)
        if (actual[i] == '\n') {
            line++;
            start = i + 1;
        }
    if (actual[i] != expected[i])
        fail_msg("%s:%zu is \"%.*s\", expected \"%.*s\"", path, line,
                 (int)strcspn(actual + start, "\n"), actual + start,
                 (int)strcspn(expected + start, "\n"), expected + start);
}

static void update(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void check_format(const struct job *job, const char *format, const char *ending)
{
    char *path = program_format("tests/golden/%s.%s", job->name, ending);
    struct program_run run =
        program_run("%s --no-provenance --quiet --format %s", job->arguments, format);
    assert_code(run, 0);
    if (getenv("RWE_GOLDEN_UPDATE") != NULL)
        update(path, run.out);
    char *expected = program_read_file(path, NULL);
    if (expected == NULL)
        fail_msg("%s does not exist: see tests/golden/README.md", path);
    if (strcmp(format, "json") == 0)
        compare_json(run.out, expected, path);
    else
        compare_bytes(run.out, expected, path);
    free(expected);
    program_clear(&run);
    free(path);
}

static void check_job(const struct job *job)
{
    check_format(job, "json", "json");
    check_format(job, "csv", "csv");
    check_format(job, "text", "txt");
    check_format(job, "md", "md");
    check_format(job, "html", "html");
}

static void the_main_job_writes_what_it_wrote(void **state)
{
    (void)state;
    check_job(&cohort);
}

static void rotterdam_writes_what_it_wrote(void **state)
{
    (void)state;
    check_job(&rotterdam);
}

static void lung_writes_what_it_wrote(void **state)
{
    (void)state;
    check_job(&lung);
}

static void veteran_writes_what_it_wrote(void **state)
{
    (void)state;
    check_job(&veteran);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_job_writes_what_it_wrote),
        cmocka_unit_test(rotterdam_writes_what_it_wrote),
        cmocka_unit_test(lung_writes_what_it_wrote),
        cmocka_unit_test(veteran_writes_what_it_wrote),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
