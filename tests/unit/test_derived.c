/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/data/derived.h"
#include "table_text.h"

#include <math.h>
#include <string.h>

static void effective_doses_are_the_textbook_ones(void **state)
{
    (void)state;
    static const struct {
        double dose, fractions, bed;
    } known[] = {{50, 5, 100.0}, {60, 8, 105.0}, {48, 4, 105.6},
                 {30, 10, 39.0}, {45, 15, 58.5}, {60, 30, 72.0}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        double dose = known[k].dose, fractions = known[k].fractions;
        assert_close(rwe_bed(dose, fractions, 10), known[k].bed, 1e-14);
        assert_close(rwe_eqd2(dose, fractions), dose * (dose / fractions + 10) / 12, 1e-14);
    }
    assert_close(rwe_eqd2(60, 30), 60, 1e-14); /* fractions of 2 Gy already */
    assert_nan(rwe_bed(60, 0, 10));
    assert_nan(rwe_bed(NAN, 30, 10));
}

static void ebv_is_read_as_laboratories_write_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double copies;
        bool below;
    } known[] = {{"3418", 3418, false},
                 {"1.2x10^4", 12000, false},
                 {"1.2×10^4", 12000, false},
                 {"1.2E4", 12000, false},
                 {"<500", 0, true},
                 {"＜500", 0, true},
                 {"< 500", 0, true},
                 {">10000", 10000, false},
                 {"阴性", 0, true},
                 {"Negative", 0, true},
                 {"0", 0, true}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        double copies;
        bool below;
        assert_true(rwe_ebv_parse(known[k].text, &copies, &below));
        assert_close(copies, known[k].copies, 1e-15);
        assert_int_equal(below, known[k].below);
    }
    static const char *const wrong[] = {"", "high", "-5", "12 IU", "<", "inf"};
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        double copies;
        bool below;
        if (rwe_ebv_parse(wrong[w], &copies, &below))
            fail_msg("\"%s\" was read", wrong[w]);
    }
}

static void each_variable_follows_from_its_columns(void **state)
{
    (void)state;
    static const char text[] =
        "met_date,prim_rt_end_date,n_lung_mets,liver_met,bone_met,anc,alc,weight_kg,height_cm,"
        "rt_dose_gy,rt_fx,rt_start_date,index_date,ebv_dna\n"
        "2023-01-31,2022-01-31,5,1,0,6,2,70,175,60,30,2023年5月1日,2023-01-01,999\n"
        "2023-01-31,,6,0,0,6,0,70,,60,,,2024-12-31,<500\n"
        "2023-01-31,2022-01-31,2,1,1,,2,70,175,,,,2023-01-01,\n";
    static const struct {
        const char *name;
        double value[3];
    } known[] = {
        {"dfi_mo", {365 / 30.4375, NAN, 365 / 30.4375}},
        {"oligo", {1, 0, 0}},
        {"nlr", {3, NAN, NAN}},
        {"bmi", {70 / (1.75 * 1.75), NAN, 70 / (1.75 * 1.75)}},
        {"bed10", {72, NAN, NAN}},
        {"eqd2", {60, NAN, NAN}},
        {"rt_delay_d", {120, NAN, NAN}},
        {"index_year", {2023, 2024, 2023}},
        {"ebv_log10", {3, 0, NAN}},
        {"ebv_blq", {0, 1, NAN}},
    };
    struct table_text read = table_text_read(text, strlen(text), NULL);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        double out[3];
        assert_true(rwe_derived_is(known[k].name));
        assert_int_equal(rwe_derived_read(read.table, known[k].name, (struct rwe_date_style){0},
                                          read.arena, &read.complaints, out, &read.error),
                         RWE_OK);
        for (size_t i = 0; i < 3; i++)
            assert_close(out[i], known[k].value[i], 1e-14);
    }
    assert_int_equal(read.complaints.n, 0);
    table_text_clear(&read);
}

static void a_missing_source_and_a_bad_cell_are_told(void **state)
{
    (void)state;
    static const char text[] = "anc,ebv_dna\n1,many\n2,5\n";
    struct table_text read = table_text_read(text, strlen(text), NULL);
    double out[2];
    assert_int_equal(rwe_derived_read(read.table, "nlr", (struct rwe_date_style){0}, read.arena,
                                      &read.complaints, out, &read.error),
                     RWE_NO_COLUMN);
    assert_non_null(strstr(read.error.message, "\"alc\" (nlr)"));
    assert_int_equal(rwe_derived_read(read.table, "ebv_blq", (struct rwe_date_style){0}, read.arena,
                                      &read.complaints, out, &read.error),
                     RWE_OK);
    assert_int_equal(read.complaints.n, 1);
    assert_string_equal(read.complaints.item[0].value, "many");
    assert_nan(out[0]);
    assert_false(rwe_derived_is("age"));
    assert_int_equal(rwe_derived_read(read.table, "age", (struct rwe_date_style){0}, read.arena,
                                      &read.complaints, out, &read.error),
                     RWE_USAGE);
    table_text_clear(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effective_doses_are_the_textbook_ones),
        cmocka_unit_test(ebv_is_read_as_laboratories_write_it),
        cmocka_unit_test(each_variable_follows_from_its_columns),
        cmocka_unit_test(a_missing_source_and_a_bad_cell_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
