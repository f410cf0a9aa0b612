/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files with one row a patient and parameter, as rows of patients. By hand. */
#include "check.h"

#include "rwe/data/table_builder.h"
#include "rwe/data/table_parameters.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "starve.h"

/* S2 stands first and has no PFS; SEX is of the patient, VISIT is not. */
static const char *const ids[] = {"S2", "S1", "S1", "S3"};
static const char *const codes[] = {"OS", "OS", "PFS", "PFS"};
static const char *const names[] = {"Survival", "Survival", "Progression", "Progression"};
static const double avals[] = {20, 10, 5, 7}, cnsrs[] = {1, 0, 0, 1};
static const double dates[] = {18000, 18100, 18050, 18200};
static const char *const sexes[] = {"F", "M", "M", NULL};
static const char *const visits[] = {"1", "1", "2", "1"};

struct input {
    struct rwe_table *table;
};

static struct rwe_table *make_long(struct rwe_arena *arena, const char *const id[],
                                   const char *const code[])
{
    const struct rwe_column_values column[] = {
        {.info.name = "USUBJID", .text = id},
        {.info.name = "SEX", .text = sexes},
        {.info.name = "PARAM", .text = names},
        {.info.name = "PARAMCD", .text = code},
        {.info.name = "AVAL", .number = avals},
        {.info.name = "CNSR", .number = cnsrs},
        {.info = {.name = "ADT", .kind = RWE_KIND_DATE}, .number = dates},
        {.info.name = "VISIT", .text = visits},
    };
    const struct rwe_table_columns columns = {"adtte", column, sizeof column / sizeof *column, 4};
    struct rwe_table *table = NULL;
    struct rwe_error error;
    assert_int_equal(rwe_table_from_columns(&columns, NULL, arena, &table, &error), RWE_OK);
    return table;
}

static void check_cell(const struct rwe_table *table, size_t row, const char *column,
                       const char *expected)
{
    size_t j = rwe_table_find(table, column);
    assert_int_not_equal(j, RWE_NO_INDEX);
    const char *cell = rwe_table_cell(table, row, j);
    if (expected == NULL)
        assert_null(cell);
    else
        assert_string_equal(cell, expected);
}

static enum rwe_status widen(struct rwe_table *table, struct rwe_arena *arena,
                             struct rwe_table **wide, struct rwe_error *error)
{
    struct rwe_complaints complaints = {.arena = arena};
    const struct rwe_table_options options = rwe_table_options_default();
    return rwe_table_widen(table, rwe_parameters_id(table, NULL), &options, arena, wide,
                           &complaints, error);
}

static void a_parameter_becomes_columns_of_its_own(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table *table = make_long(arena, ids, codes), *wide;
    struct rwe_error error;
    bool repeat;
    assert_true(rwe_table_has_parameters(table));
    assert_int_equal(rwe_parameters_repeat(table, 0, &repeat), RWE_OK);
    assert_true(repeat);
    assert_int_equal(widen(table, arena, &wide, &error), RWE_OK);
    assert_int_equal(rwe_table_rows(wide), 3);
    assert_int_equal(rwe_table_columns(wide), 8); /* USUBJID, SEX, three of OS, three of PFS */
    check_cell(wide, 0, "USUBJID", "S2");
    check_cell(wide, 0, "OS_AVAL", "20");
    check_cell(wide, 0, "OS_CNSR", "1");
    check_cell(wide, 0, "PFS_AVAL", NULL);
    check_cell(wide, 1, "USUBJID", "S1");
    check_cell(wide, 1, "SEX", "M");
    check_cell(wide, 1, "PFS_AVAL", "5");
    check_cell(wide, 1, "OS_ADT", "2019-07-23");
    check_cell(wide, 2, "OS_AVAL", NULL);
    check_cell(wide, 2, "PFS_CNSR", "1");
    assert_int_equal(rwe_table_line(wide, 2), rwe_table_line(table, 3));
    rwe_table_close(wide);
    rwe_table_close(table);
    rwe_arena_free(arena);
}

static void two_rows_of_one_parameter_are_refused(void **state)
{
    (void)state;
    static const char *const twice[] = {"OS", "OS", "OS", "PFS"};
    static const char *const nobody[] = {"S2", NULL, "S1", "S3"};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table *wide;
    struct rwe_error error;
    struct rwe_table *table = make_long(arena, ids, twice);
    assert_int_equal(widen(table, arena, &wide, &error), RWE_BAD_INPUT);
    assert_string_equal(error.message, "adtte: S1 has two rows of PARAMCD OS, lines 2 and 3: leave "
                                       "the one out that does not count");
    rwe_table_close(table);
    table = make_long(arena, nobody, codes);
    assert_int_equal(widen(table, arena, &wide, &error), RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "adtte:2: the row has no USUBJID"));
    rwe_table_close(table);
    rwe_arena_free(arena);
}

/* ADSL: S1, S3 and S9, of whom the last has no row; S2 is in no row of it. SEX stays ADSL's. */
static void the_other_table_gives_columns_to_the_rows_of_the_first(void **state)
{
    (void)state;
    static const char *const subjects[] = {"S3", "S1", "S9"}, *const own[] = {"f", "m", "f"};
    const struct rwe_column_values column[] = {{.info.name = "SUBJECT", .text = subjects},
                                               {.info.name = "SEX", .text = own}};
    const struct rwe_table_columns columns = {"adsl", column, 2, 3};
    const struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table *table = make_long(arena, ids, codes), *wide, *adsl, *both;
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error;
    assert_int_equal(widen(table, arena, &wide, &error), RWE_OK);
    assert_int_equal(rwe_table_from_columns(&columns, NULL, arena, &adsl, &error), RWE_OK);
    struct rwe_joined joined = {adsl, wide, 0, 0};
    assert_int_equal(rwe_table_join(&joined, &options, arena, &both, &complaints, &error), RWE_OK);
    assert_int_equal(rwe_table_rows(both), 3);
    check_cell(both, 0, "SUBJECT", "S3");
    check_cell(both, 0, "SEX", "f");
    check_cell(both, 0, "PFS_AVAL", "7");
    check_cell(both, 1, "OS_AVAL", "10");
    check_cell(both, 2, "OS_AVAL", NULL);
    assert_int_equal(complaints.n_notes, 1);
    assert_string_equal(complaints.note[0].message,
                        "adtte: 1 patients are not in adsl and are left out.");
    joined = (struct rwe_joined){adsl, wide, 1, 0};
    struct rwe_table *none;
    assert_int_equal(rwe_table_join(&joined, &options, arena, &none, &complaints, &error),
                     RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "have no patient in common"));
    rwe_table_close(both);
    rwe_table_close(adsl);
    rwe_table_close(wide);
    rwe_table_close(table);
    rwe_arena_free(arena);
}

static enum rwe_status run(const struct input *input, struct rwe_arena *arena,
                           struct rwe_error *error)
{
    struct rwe_table *wide = NULL, *both = NULL;
    struct rwe_complaints complaints = {.arena = arena};
    const struct rwe_table_options options = rwe_table_options_default();
    if (arena == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status =
        rwe_table_widen(input->table, 0, &options, arena, &wide, &complaints, error);
    struct rwe_joined joined = {input->table, wide, 0, 0};
    if (status == RWE_OK)
        status = rwe_table_join(&joined, &options, arena, &both, &complaints, error);
    rwe_table_close(both);
    rwe_table_close(wide);
    return status;
}

static void memory_that_is_out_is_told(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct input input = {make_long(arena, ids, codes)};
    starve(&input, 5, run);
    rwe_table_close(input.table);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_becomes_columns_of_its_own),
        cmocka_unit_test(two_rows_of_one_parameter_are_refused),
        cmocka_unit_test(the_other_table_gives_columns_to_the_rows_of_the_first),
        cmocka_unit_test(memory_that_is_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
