/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same patients give the same facts, however their file is written. */
#include "csv_variant.h"
#include "program.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = 20 };

static const char rotterdam[] =
    "--arm hormon --endpoint rfs=rtime,recur --endpoint os=dtime,death "
    "--covariates age,meno,size,grade,nodes,pgr,er,chemo,year --strata meno --km --psm --times "
    "365,1826";
static const char veteran[] = "--arm trt --endpoint os=time,status --covariates "
                              "celltype,karno,diagtime,age,prior --km --psm --times 90,180";
static const char lung[] = "--arm sex --endpoint os=time,status:2 --covariates age,ph.ecog "
                           "--strata inst --on-error drop --km --psm --times "
                           "180,365";

struct fixture {
    struct rwe_arena *arena;
    struct design_csv rotterdam, veteran, lung;
    char *folder;
};

static int set_up(void **state)
{
    gsl_set_error_handler_off();
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = rwe_arena_new();
    f->rotterdam = design_csv_read("tests/oracle/data/rotterdam.csv", f->arena);
    f->veteran = design_csv_read("tests/oracle/data/veteran.csv", f->arena);
    f->lung = design_csv_read("tests/oracle/data/lung.csv", f->arena);
    f->folder = program_new_folder();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    rwe_arena_free(f->arena);
    free(f);
    return 0;
}

/* The facts of a variant of a file, with these arguments. */
static struct program_facts facts_of(const struct fixture *f, const struct csv_variant *variant,
                                     const struct design_csv *csv, const char *arguments)
{
    char *path = csv_variant_write(variant, csv, f->folder);
    struct program_facts facts = program_facts_of("%s %s --quiet", path, arguments);
    remove(path);
    free(path);
    return facts;
}

static void check_variant(const struct fixture *f, const struct csv_variant *variant,
                          const struct design_csv *csv, const char *arguments)
{
    struct csv_variant plain = {.cell = variant->cell};
    struct program_facts expected = facts_of(f, &plain, csv, arguments);
    struct program_facts actual = facts_of(f, variant, csv, arguments);
    assert_true(expected.n > 50);
    assert_same_facts(actual, expected, 0);
    program_facts_clear(&actual);
    program_facts_clear(&expected);
}

static void check_shuffles(const struct fixture *f, const struct csv_variant *variant,
                           const struct design_csv *csv, const char *arguments)
{
    struct csv_variant shuffled = *variant;
    struct program_facts expected = facts_of(f, variant, csv, arguments);
    assert_true(expected.n > 50);
    for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
        uint32_t *order = csv_variant_shuffle(csv->n_rows, seed);
        shuffled.order = order;
        struct program_facts actual = facts_of(f, &shuffled, csv, arguments);
        assert_same_facts(actual, expected, 0);
        program_facts_clear(&actual);
        free(order);
    }
    program_facts_clear(&expected);
}

/* ---- the order of rows ---- */

static const char *age_in_decades(const char *column, const char *text, char room[CSV_VARIANT_CELL])
{
    if (strcmp(column, "age") != 0)
        return text;
    snprintf(room, CSV_VARIANT_CELL, "%.0f", 10 * round(atof(text) / 10));
    return room;
}

/* Hardly anything is left that tells patients apart, so nearly every distance is tied. */
static const char *coarse(const char *column, const char *text, char room[CSV_VARIANT_CELL])
{
    double unit = strcmp(column, "age") == 0        ? 20
                  : strcmp(column, "karno") == 0    ? 50
                  : strcmp(column, "diagtime") == 0 ? 30
                  : strcmp(column, "time") == 0     ? 100
                                                    : 0;
    if (unit == 0)
        return text;
    snprintf(room, CSV_VARIANT_CELL, "%.0f", unit * ceil(atof(text) / unit));
    return room;
}

static void rows_in_any_order_with_identifier(void **state)
{
    const struct fixture *f = *state;
    struct csv_variant variant = {.cell = age_in_decades};
    char *arguments = program_format("%s --id pid", rotterdam);
    check_shuffles(f, &variant, &f->rotterdam, arguments);
    free(arguments);
}

static void rows_in_any_order_without_identifier(void **state)
{
    const struct fixture *f = *state;
    struct csv_variant variant = {0};
    check_shuffles(f, &variant, &f->rotterdam, rotterdam);
    check_shuffles(f, &variant, &f->veteran, veteran);
    check_shuffles(f, &variant, &f->lung, lung);
}

static void rows_in_any_order_without_identifier_with_tied_scores(void **state)
{
    const struct fixture *f = *state;
    struct csv_variant decades = {.cell = age_in_decades}, ties = {.cell = coarse};
    check_shuffles(f, &decades, &f->rotterdam, rotterdam);
    check_shuffles(f, &decades, &f->veteran, veteran);
    check_shuffles(f, &ties, &f->veteran, veteran);
}

static void rows_in_any_order_with_random_match_order(void **state)
{
    const struct fixture *f = *state;
    struct csv_variant variant = {.cell = age_in_decades};
    char *arguments = program_format("%s --match-order random --seed 5", veteran);
    check_shuffles(f, &variant, &f->veteran, arguments);
    free(arguments);
}

static void rows_in_any_order_give_the_same_pairs(void **state)
{
    const struct fixture *f = *state;
    uint32_t *order = csv_variant_shuffle(f->rotterdam.n_rows, 7);
    const struct csv_variant variants[] = {{0}, {.order = order}};
    char *exported[2];
    for (int v = 0; v < 2; v++) {
        char *path = csv_variant_write(&variants[v], &f->rotterdam, f->folder);
        char *pairs = program_format("%s/pairs.csv", f->folder);
        struct program_run run =
            program_run("%s %s --id pid --export-matched %s", path, rotterdam, pairs);
        assert_code(run, 0);
        exported[v] = program_read_file(pairs, NULL);
        assert_non_null(exported[v]);
        program_clear(&run);
        free(pairs);
        free(path);
    }
    assert_true(strlen(exported[0]) > 1000);
    assert_string_equal(exported[1], exported[0]);
    free(exported[0]);
    free(exported[1]);
    free(order);
}

/* ---- the names of the arms ---- */

static const char *arms_renamed(const char *column, const char *text, char room[CSV_VARIANT_CELL])
{
    if (strcmp(column, "trt") != 0 && strcmp(column, "hormon") != 0)
        return text;
    int level = atoi(text) - (strcmp(column, "trt") == 0);
    snprintf(room, CSV_VARIANT_CELL, "%s", level == 0 ? "zoster" : "acne");
    return room;
}

/* Gives each member `name` of the facts that is the text `was` the text `is`. */
static void rename_text(struct program_facts *facts, const char *name, const char *was,
                        const char *is)
{
    json_t *list = json_object_get(facts->root, "facts");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *text = json_object_get(json_array_get(list, i), name);
        if (json_is_string(text) && strcmp(json_string_value(text), was) == 0)
            json_string_set(text, is);
    }
    char *json = json_dumps(facts->root, JSON_REAL_PRECISION(17));
    program_facts_clear(facts);
    *facts = program_facts_parse(json);
    free(json);
}

static void check_renamed(const struct fixture *f, const struct design_csv *csv,
                          const char *arguments, const char *control, const char *treated)
{
    struct csv_variant plain = {0}, renamed = {.cell = arms_renamed};
    char *named = program_format("%s --control zoster --treated acne", arguments);
    struct program_facts expected = facts_of(f, &plain, csv, arguments);
    struct program_facts actual = facts_of(f, &renamed, csv, named);
    rename_text(&actual, "group", "zoster", control);
    rename_text(&actual, "group", "acne", treated);
    assert_same_facts(actual, expected, 0);
    program_facts_clear(&actual);
    program_facts_clear(&expected);
    free(named);
}

static void other_names_of_the_arms(void **state)
{
    const struct fixture *f = *state;
    check_renamed(f, &f->rotterdam, rotterdam, "0", "1");
    check_renamed(f, &f->veteran, veteran, "1", "2");
}

/* ---- the unit of time ---- */

#define DAYS_A_MONTH 30.4375

static const char *in_months(const char *column, const char *text, char room[CSV_VARIANT_CELL])
{
    if (strcmp(column, "rtime") != 0 && strcmp(column, "dtime") != 0 && strcmp(column, "time") != 0)
        return text;
    snprintf(room, CSV_VARIANT_CELL, "%.17g", atof(text) / DAYS_A_MONTH);
    return room;
}

/* A time as the key of a fact, of as many digits as survive a multiplication. */
static json_t *time_key(double time)
{
    char text[32];
    snprintf(text, sizeof text, "%.13g", time);
    return json_real(atof(text));
}

/* What facts would be in a unit that is so many of theirs. */
static void scale_times(struct program_facts *facts, double unit)
{
    json_t *list = json_object_get(facts->root, "facts");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *fact = json_array_get(list, i);
        const char *stat = json_string_value(json_object_get(fact, "stat"));
        bool is_km = strcmp(json_string_value(json_object_get(fact, "analysis")), "km") == 0;
        bool is_time = strncmp(stat, "median", 6) == 0 || strncmp(stat, "followup", 8) == 0;
        json_t *time = json_object_get(fact, "time"), *value = json_object_get(fact, "value");
        if (time != NULL)
            json_object_set_new(fact, "time", time_key(json_number_value(time) / unit));
        if (is_km && is_time && json_is_number(value))
            json_object_set_new(fact, "value", json_real(json_number_value(value) / unit));
    }
    char *json = json_dumps(facts->root, JSON_REAL_PRECISION(17));
    program_facts_clear(facts);
    *facts = program_facts_parse(json);
    free(json);
}

static void check_months(const struct fixture *f, const struct design_csv *csv,
                         const char *arguments, double first, double second)
{
    struct csv_variant plain = {0}, months = {.cell = in_months};
    double step =
        first + 0.37; /* so that no tick is at a time of the data, where rounding would decide */
    char *steps = program_format("%s --time-step %.17g", arguments, step);
    char *scaled = program_format("%s --times %.17g,%.17g --time-step %.17g", arguments,
                                  first / DAYS_A_MONTH, second / DAYS_A_MONTH, step / DAYS_A_MONTH);
    struct program_facts expected = facts_of(f, &plain, csv, steps);
    struct program_facts actual = facts_of(f, &months, csv, scaled);
    scale_times(&expected, DAYS_A_MONTH);
    scale_times(&actual, 1);
    assert_same_facts(actual, expected, 1e-12);
    program_facts_clear(&actual);
    program_facts_clear(&expected);
    free(steps);
    free(scaled);
}

static void months_in_place_of_days(void **state)
{
    const struct fixture *f = *state;
    check_months(f, &f->rotterdam, rotterdam, 365, 1826);
    check_months(f, &f->veteran, veteran, 90, 180);
    check_months(f, &f->lung, lung, 180, 365);
}

static void times_asked_in_any_order_and_twice(void **state)
{
    (void)state;
    static const char cohort[] =
        "tests/oracle/data/lung.csv --arm sex --endpoint os=time,status:2 --km";
    struct program_facts expected = program_facts_of("%s --times 0,180,365", cohort);
    struct program_facts actual = program_facts_of("%s --times 365,180,0,180.0", cohort);
    assert_same_facts(actual, expected, 0);
    program_facts_clear(&actual);
    program_facts_clear(&expected);
}

/* ---- how the file is written ---- */

static void columns_in_another_order(void **state)
{
    const struct fixture *f = *state;
    struct csv_variant variant = {.reverse_columns = true};
    check_variant(f, &variant, &f->rotterdam, rotterdam);
    check_variant(f, &variant, &f->lung, lung);
}

static void another_dialect_of_csv(void **state)
{
    const struct fixture *f = *state;
    const struct csv_variant variants[] = {
        {.end_of_line = "\r\n"},
        {.end_of_line = "\r\n", .end_without_newline = true},
        {.delimiter = ";"},
        {.delimiter = "\t"},
        {.quote_all = true},
        {.quote_all = true, .delimiter = ";", .end_of_line = "\r\n", .reverse_columns = true},
    };
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        check_variant(f, &variants[v], &f->rotterdam, rotterdam);
        check_variant(f, &variants[v], &f->lung, lung);
    }
}

static const char *sex_in_chinese(const char *column, const char *text, char room[CSV_VARIANT_CELL])
{
    (void)room;
    if (strcmp(column, "sex") != 0)
        return text;
    return strcmp(text, "1") == 0 ? "男性患者" : "女性患者";
}

static void another_encoding(void **state)
{
    const struct fixture *f = *state;
    const struct csv_variant variants[] = {
        {.begin = "\xef\xbb\xbf"},
        {.encoding = "UTF-16"}, /* with its mark */
        {.begin = "\xff\xfe", .encoding = "UTF-16LE"},
        {.begin = "\xfe\xff", .encoding = "UTF-16BE"},
        {.encoding = "GB18030"},
    };
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        struct csv_variant variant = variants[v];
        variant.cell = sex_in_chinese;
        check_variant(f, &variant, &f->lung, lung);
    }
}

/* ---- threads ---- */

static void any_number_of_threads_gives_the_same_bytes(void **state)
{
    (void)state;
    static const int threads[] = {2, 5};
    struct program_run one = program_run("tests/oracle/data/rotterdam.csv --id pid %s --format "
                                         "json --threads 1",
                                         rotterdam);
    assert_code(one, 0);
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct program_run more = program_run("tests/oracle/data/rotterdam.csv --id pid %s "
                                              "--format json --threads %d",
                                              rotterdam, threads[t]);
        assert_code(more, 0);
        assert_string_equal(more.out, one.out);
        program_clear(&more);
    }
    program_clear(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_any_order_with_identifier),
        cmocka_unit_test(rows_in_any_order_without_identifier),
        cmocka_unit_test(rows_in_any_order_without_identifier_with_tied_scores),
        cmocka_unit_test(rows_in_any_order_with_random_match_order),
        cmocka_unit_test(rows_in_any_order_give_the_same_pairs),
        cmocka_unit_test(other_names_of_the_arms),
        cmocka_unit_test(months_in_place_of_days),
        cmocka_unit_test(times_asked_in_any_order_and_twice),
        cmocka_unit_test(columns_in_another_order),
        cmocka_unit_test(another_dialect_of_csv),
        cmocka_unit_test(another_encoding),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
