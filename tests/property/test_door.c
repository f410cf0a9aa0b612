/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files as people have them, through the whole program: what became an event, levels as the study wants them, limits of
 * detection. Identities between ways to say the same, and numbers by hand. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 120 };

/* stage I to III and 9, "both" its groups by hand; size in units, "tens" the same in tens; dna of a laboratory. */
static char *write_cohort(const char *folder)
{
    static const char *const stages[] = {"I", "II", "III"}, *const states[] = {"Dead", "Alive"};
    char text[ROWS * 80], *at = text;
    at += sprintf(at, "id,arm,two,t,e,st,stage,both,size,tens,dna,code\n");
    for (int i = 0; i < ROWS; i++) {
        const char *stage = stages[i * 7 % 3];
        int size = 20 + i * 13 % 50, death = i % 5 != 0;
        char dna[32];
        sprintf(dna, i % 4 == 0 ? "阴性" : i % 4 == 1 ? "<500" : "%d", 600 + i);
        at += sprintf(at, "%d,%s,%s,%d,%d,%s,%s,%s,%d,%.1f,%s,%d\n", i,
                      i % 3 == 0   ? "RT"
                      : i % 3 == 1 ? "GP"
                                   : "GP+X",
                      i % 3 == 0 ? "new" : "old", 1 + i * 17 % 60, death, states[!death], stage,
                      strcmp(stage, "III") == 0 ? "late" : "early", size, size / 10.0, dna,
                      i % 11 == 0 ? 9 : i % 4);
    }
    return program_write_file(folder, "c.csv", text);
}

struct fixture {
    char *folder, *file;
};

static int set_up(void **state)
{
    static struct fixture f;
    f.folder = program_new_folder();
    f.file = write_cohort(f.folder);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->file);
    program_remove_folder(f->folder);
    return 0;
}

#define READ "%s --id id --arm arm --endpoint os=t,e --control GP+GP+X --treated RT --cox "
#define HR(term) "cox endpoint=os population=all model=adjusted term=" term " hr"

static void joined_arms_are_the_column_that_joins_them(void **state)
{
    struct fixture *f = *state;
    struct program_facts joined = program_facts_of(READ "--covariates size", f->file);
    struct program_facts two = program_facts_of("%s --id id --arm two --endpoint os=t,e --control "
                                                "old --treated new --cox --covariates size",
                                                f->file);
    assert_close(program_facts_number(&joined, HR("arm")), program_facts_number(&two, HR("arm")),
                 0);
    assert_close(program_facts_number(&joined, "cohort group=GP+GP+X n"), 80, 0);
    program_facts_clear(&joined);
    program_facts_clear(&two);
}

static void groups_are_the_column_that_joins_them(void **state)
{
    struct fixture *f = *state;
    struct program_facts groups = program_facts_of(
        READ "--covariates stage --groups stage=early:I+II,stage=late:III", f->file);
    struct program_facts both = program_facts_of(READ "--covariates both", f->file);
    assert_close(program_facts_number(&groups, HR("stage=late")),
                 program_facts_number(&both, HR("both=late")), 0);
    program_facts_clear(&groups);
    program_facts_clear(&both);
}

static void another_reference_turns_the_ratio(void **state)
{
    struct fixture *f = *state;
    struct program_facts first = program_facts_of(READ "--covariates both", f->file);
    struct program_facts second =
        program_facts_of(READ "--covariates both --reference both=late", f->file);
    assert_close(program_facts_number(&first, HR("both=late")) *
                     program_facts_number(&second, HR("both=early")),
                 1, 1e-8);
    assert_close(program_facts_number(&first, HR("arm")), program_facts_number(&second, HR("arm")),
                 1e-8);
    struct program_facts third =
        program_facts_of(READ "--covariates both --levels both=late+early", f->file);
    assert_same_facts(second, third, 0);
    program_facts_clear(&first);
    program_facts_clear(&second);
    program_facts_clear(&third);
}

static void a_ratio_per_ten_is_that_of_the_column_in_tens(void **state)
{
    struct fixture *f = *state;
    struct program_facts per = program_facts_of(READ "--covariates size --per size=10", f->file);
    struct program_facts tens = program_facts_of(READ "--covariates tens", f->file);
    assert_close(program_facts_number(&per, HR("size")), program_facts_number(&tens, HR("tens")),
                 1e-12);
    program_facts_clear(&per);
    program_facts_clear(&tens);
}

static void a_study_says_all_of_a_covariate_at_once(void **state)
{
    struct fixture *f = *state;
    char *study = program_write_file(f->folder, "s.yaml",
                                     "covariates:\n"
                                     "  - {name: stage, label: {en: Clinical stage, zh: 临床分期}, "
                                     "groups: {early: [I, II]}, reference: III}\n"
                                     "  - {name: size, label: Size, unit: mm, per: 10}\n");
    struct program_facts facts = program_facts_of(READ "--study %s", f->file, study);
    struct program_facts options = program_facts_of(
        READ
        "--covariates stage,size --groups stage=early:I+II --reference stage=III --per size=10",
        f->file);
    assert_same_facts(facts, options, 0);
    struct program_run run = program_run(READ "--study %s --table1", f->file, study);
    assert_says(run.out, "Clinical stage, n (%)|Clinical stage=early|Size (mm)|Size (per 10 mm)");
    program_clear(&run);
    run = program_run(READ "--study %s --lang zh", f->file, study);
    assert_says(run.out, "临床分期");
    program_clear(&run);
    program_facts_clear(&facts);
    program_facts_clear(&options);
    free(study);
}

static void what_each_value_became_is_told(void **state)
{
    struct fixture *f = *state;
    struct program_facts facts =
        program_facts_of("%s --id id --arm arm --endpoint os=t,st:Dead --km", f->file);
    assert_close(program_facts_number(&facts, "events endpoint=os term=Dead level=event n"), 96, 0);
    assert_close(program_facts_number(&facts, "events endpoint=os term=Alive level=censored n"), 24,
                 0);
    program_facts_clear(&facts);
    struct program_run run = program_run("%s --id id --arm arm --endpoint os=t,st --km", f->file);
    assert_code(run, 1);
    assert_says(run.err, "Alive (24), Dead (96)|os=t,st:Dead");
    assert_null(strstr(run.err, "st:Alive"));
    program_clear(&run);
}

static void a_laboratory_s_column_is_numbers_and_a_mark(void **state)
{
    struct fixture *f = *state;
    struct program_facts facts = program_facts_of(READ "--covariates dna --table1", f->file);
    /* Half of 120 below the limit: 250 each; the others 600 + i for i = 2, 3 (mod 4), at most 719. */
    assert_close(program_facts_number(&facts, "table1 population=all group=RT term=dna min"), 250,
                 0);
    assert_close(
        program_facts_number(&facts, "table1 population=all group=RT term=dna_below n") +
            program_facts_number(&facts, "table1 population=all group=GP+GP+X term=dna_below n"),
        60, 0);
    program_facts_clear(&facts);
    struct program_run run = program_run(READ "--covariates dna", f->file);
    assert_says(run.err, "\"dna\" is read as a measurement|60 of 120");
    program_clear(&run);
}

static void a_code_for_missing_is_asked_about_and_can_be_named(void **state)
{
    struct fixture *f = *state;
    struct program_run run = program_run(READ "--covariates code --strict", f->file);
    assert_code(run, 3);
    assert_says(run.out, "Covariate code holds 9 (n = 11)|--missing-tokens code=9");
    program_clear(&run);
    run = program_run(READ "--covariates code --missing-tokens code=9 --table1", f->file);
    assert_null(strstr(run.out, "holds 9"));
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_arms_are_the_column_that_joins_them),
        cmocka_unit_test(groups_are_the_column_that_joins_them),
        cmocka_unit_test(another_reference_turns_the_ratio),
        cmocka_unit_test(a_ratio_per_ten_is_that_of_the_column_in_tens),
        cmocka_unit_test(a_study_says_all_of_a_covariate_at_once),
        cmocka_unit_test(what_each_value_became_is_told),
        cmocka_unit_test(a_laboratory_s_column_is_numbers_and_a_mark),
        cmocka_unit_test(a_code_for_missing_is_asked_about_and_can_be_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
