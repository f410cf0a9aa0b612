/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run reads is there after it, what it is asked for is done, and no row is a subject by mistake. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOW " --id id --arm arm --endpoint os=t,e "

/* Six patients with one row each; four of them have a second visit below. */
static const char six[] = "id,arm,visit,t,e,x\n1,A,1,5,1,3\n2,B,1,7,0,4\n3,A,1,9,1,1\n"
                          "4,B,1,4,1,2\n5,A,1,6,0,5\n6,B,1,8,1,6\n";
static const char visits[] = "id,arm,visit,t,e,x\n1,A,2,5,1,3\n2,B,1,2,0,4\n3,A,1,3,0,1\n"
                             "4,B,1,4,1,2\n1,A,1,2,0,9\n5,A,1,6,0,5\n6,B,2,8,1,6\n2,B,2,7,0,4\n"
                             "3,A,10,9,1,1\n6,B,1,3,0,6\n";

struct fixture {
    char *folder, *cohort;
};

static char *put(const struct fixture *f, const char *name, const char *text)
{
    char *path = program_format("%s/%s", f->folder, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    return path;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    f->cohort = put(f, "c.csv", six);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->cohort);
    program_remove_folder(f->folder);
    free(f);
    return 0;
}

static void check_text(const char *path, const char *text)
{
    size_t size;
    char *is = program_read_file(path, &size);
    assert_non_null(is);
    assert_string_equal(is, text);
    free(is);
}

static void refused(int code, const char *words, char *arguments)
{
    struct program_run run = program_run("%s", arguments);
    assert_code(run, code);
    assert_says(run.err, words);
    program_clear(&run);
    free(arguments);
}

static void no_output_is_written_over_an_input(void **state)
{
    struct fixture *f = *state;
    char *link_path = program_format("%s/link.csv", f->folder);
    char *hard = program_format("%s/hard.csv", f->folder);
    assert_int_equal(symlink("c.csv", link_path), 0);
    assert_int_equal(link(f->cohort, hard), 0);
    const char *const outputs[] = {f->cohort, hard, link_path};
    static const char *const options[] = {"--output", "--export-matched", "--residuals",
                                          "--queries"};
    for (size_t p = 0; p < 3; p++)
        for (size_t o = 0; o < sizeof options / sizeof options[0]; o++) {
            refused(2, "over the cohort",
                    program_format("%s" HOW "--covariates x --psm --cox %s %s", f->cohort,
                                   options[o], outputs[p]));
            check_text(f->cohort, six);
        }
    refused(2, "over the cohort",
            program_format("%s" HOW "--km --output %s", link_path, f->cohort));
    char *ae = put(f, "ae.csv", "id,ae_term,ae_grade\n1,x,2\n");
    refused(2, "over what --ae reads",
            program_format("%s" HOW "--km --ae %s --output %s/../%s/ae.csv", f->cohort, ae,
                           f->folder, strrchr(f->folder, '/') + 1));
    check_text(ae, "id,ae_term,ae_grade\n1,x,2\n");
    free(ae);
    free(hard);
    free(link_path);
}

static void two_outputs_have_two_places(void **state)
{
    struct fixture *f = *state;
    refused(2, "--export-matched|--output|one place",
            program_format("%s" HOW "--covariates x --psm --export-matched %s/x.csv --output "
                           "%s/./x.csv",
                           f->cohort, f->folder, f->folder));
    char *path = program_format("%s/x.csv", f->folder);
    assert_int_equal(access(path, F_OK), -1);
    free(path);
    char *inner = program_format("%s/pack", f->folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    refused(2, "one place",
            program_format("%s" HOW "--covariates x --psm --export-matched %s/m.csv --output %s",
                           f->cohort, inner, inner));
    free(inner);
}

static void a_study_file_names_no_file_to_write(void **state)
{
    struct fixture *f = *state;
    char *study = put(f, "s.yaml", "id: id\narm: arm\nexport-matched: x.csv\n");
    refused(2, "s.yaml:3|export-matched|command line",
            program_format("%s --study %s --km", f->cohort, study));
    free(study);
}

static void what_is_replaced_keeps_its_permissions(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    char *old = put(f, "r.json", "x");
    assert_int_equal(chmod(old, 0600), 0);
    struct program_run run = program_run("%s" HOW "--km --output %s", f->cohort, old);
    assert_code(run, 0);
    program_clear(&run);
    assert_int_equal(stat(old, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    free(old);
}

/* Puts `to` in place of `from` in a file, both of the same length. */
static void change(const char *path, const char *from, const char *to)
{
    size_t size;
    char *text = program_read_file(path, &size);
    char *at = strstr(text, from);
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    FILE *out = fopen(path, "wb");
    fwrite(text, 1, size, out);
    fclose(out);
    free(text);
}

static void a_check_runs_no_command_that_writes_or_reads_elsewhere(void **state)
{
    struct fixture *f = *state;
    char *results = program_format("%s/r.json", f->folder);
    struct program_run run =
        program_run("%s" HOW "--km --on-error drop --output %s", f->cohort, results);
    assert_code(run, 0);
    program_clear(&run);
    refused(0, "", program_format("--check %s", results));
    refused(2, "--km", program_format("--check %s --km", results));
    change(results, "\"--on-error=drop\"", "\"--residuals=xyz\"");
    refused(1, "--residuals|not run", program_format("--check %s", results));
    assert_int_equal(access("xyz", F_OK), -1);
    change(results, "\"--residuals=xyz\"", "\"--ae=/etc/fstab\"");
    refused(1, "/etc/fstab|among its inputs", program_format("--check %s", results));
    free(results);
}

static void of_visits_the_one_that_counts_is_the_subject(void **state)
{
    struct fixture *f = *state;
    char *path = put(f, "v.csv", visits);
    struct program_facts last =
        program_facts_of("%s" HOW "--rows last --row-order visit --km --cox "
                         "--no-provenance",
                         path);
    struct program_facts one = program_facts_of("%s" HOW "--km --cox --no-provenance", f->cohort);
    /* The last visits are the six patients; 4 rows more are told. */
    assert_close(program_facts_number(&last, "cohort n.other.rows"), 4, 0);
    assert_close(program_facts_number(&last, "cohort n.rows"), 10, 0);
    assert_close(
        program_facts_number(&last, "cox endpoint=os population=all model=arm term=arm hr"),
        program_facts_number(&one, "cox endpoint=os population=all model=arm term=arm hr"), 0);
    struct program_facts first =
        program_facts_of("%s" HOW "--rows first --row-order visit --km", path);
    assert_close(program_facts_number(&first, "cohort n"), 6, 0);
    /* First visits: of 1, 2, 3 and 6 without an event; 4 has one, 5 none. */
    assert_close(program_facts_number(&first, "cox endpoint=os population=all model=arm n.event"),
                 1, 0);
    program_facts_clear(&first);
    program_facts_clear(&one);
    program_facts_clear(&last);
    free(path);
}

static void the_order_of_rows_must_be_told(void **state)
{
    struct fixture *f = *state;
    char *path = put(f, "v.csv", "id,arm,visit,t,e\n1,A,1,5,1\n1,A,1,6,0\n2,B,,7,0\n3,B,1,2,1\n");
    refused(1, "line 2: |line 3: |two rows of one subject|--on-error drop",
            program_format("%s" HOW "--rows last --row-order visit --km --on-error drop", path));
    refused(2, "--id", program_format("%s --arm arm --endpoint os=t,e --rows last --km", path));
    refused(2, "--rows", program_format("%s" HOW "--row-order visit --km", path));
    free(path);
}

static void a_repeated_identifier_stops_the_run(void **state)
{
    struct fixture *f = *state;
    char *path = put(f, "v.csv", visits);
    const char *ways = "--rows first|--rows last|--rows intervals";
    refused(1, ways, program_format("%s" HOW "--km", path));
    refused(1, ways, program_format("%s" HOW "--km --on-error drop", path));
    refused(1, ways, program_format("%s --arm arm --endpoint os=t,e --km", path));
    refused(0, "",
            program_format("%s --arm arm --endpoint os=t,e --cluster id --km --quiet", path));
    free(path);
}

static void files_of_arms_are_one_cohort(void **state)
{
    struct fixture *f = *state;
    char *a = put(f, "a.csv", "id,visit,t,e,x\n1,1,5,1,3\n3,1,9,1,1\n5,1,6,0,5\n");
    char *b = put(f, "b.csv", "x;e;t;id\n4;0;7;2\n2;1;4;4\n6;1;8;6\n");
    struct program_facts two = program_facts_of(
        "--cohort A=%s --cohort B=%s --id id --endpoint os=t,e --covariates x --km", a, b);
    struct program_facts one = program_facts_of("%s" HOW "--covariates x --km", f->cohort);
    assert_same_facts(two, one, 0);
    program_facts_clear(&one);
    program_facts_clear(&two);
    struct program_run run = program_run(
        "--cohort A=%s --cohort B=%s --id id --endpoint os=t,e --covariates x --km", a, b);
    assert_says(run.out, "has no column|visit");
    program_clear(&run);
    refused(1, "a.csv:2|a.csv:2 has it too",
            program_format("--cohort A=%s --cohort B=%s --id id --endpoint os=t,e --km", a, a));
    refused(2, "leave --arm out",
            program_format("--cohort A=%s --cohort B=%s --arm x --endpoint os=t,e --km", a, b));
    refused(2, "LEVEL=FILE", program_format("--cohort %s --endpoint os=t,e --km", a));
    free(b);
    free(a);
}

/* Each file of an arm has its lines above the header; its columns of adverse events are those of its patients, told
 * with the file's own line; of visits those of the row that counts. */
static void files_of_arms_are_read_alike(void **state)
{
    struct fixture *f = *state;
    char *a =
        put(f, "a.csv", "of,ours,9,9,9\nid,t,e,visit,Rash\n1,5,1,1,0\n1,5,1,2,3\n3,9,1,1,0\n");
    char *b =
        put(f, "b.csv", "of,ours,9,9,9\nid,t,e,visit,Rash\n2,7,0,1,1\n4,4,1,1,0\n4,4,1,2,2\n");
    struct program_facts facts =
        program_facts_of("--cohort A=%s --cohort B=%s --skip 1 --id id --endpoint os=t,e --rows "
                         "last --row-order visit --ae-wide Rash",
                         a, b);
    assert_close(program_facts_number(&facts, "cohort n"), 4, 0);
    assert_close(program_facts_number(&facts, "cohort n.other.rows"), 2, 0);
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=A term=Rash level=>=3 n"), 1,
        0);
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=B term=Rash level=any n"), 2,
        0);
    program_facts_clear(&facts);
    change(b, "4,4,1,2,2", "4,4,1,2,x");
    refused(1, "b.csv:5: column \"Rash\": \"x\" is not a grade",
            program_format("--cohort A=%s --cohort B=%s --skip 1 --id id --endpoint os=t,e --rows "
                           "last --row-order visit --ae-wide Rash",
                           a, b));
    free(b);
    free(a);
}

/* 05/06 and 13/06: days come first. Without the 13th nobody can tell, unless told. */
static void visits_stand_in_the_order_of_dates_of_any_form(void **state)
{
    struct fixture *f = *state;
    char *path = put(f, "d.csv",
                     "id,arm,day,t,e\n1,A,05/06/2023,5,0\n1,A,04/07/2023,5,1\n2,B,13/06/2023,7,1\n"
                     "3,A,06/06/2023,9,1\n4,B,07/06/2023,4,0\n");
    struct program_facts facts =
        program_facts_of("%s" HOW "--rows last --row-order day --km", path);
    assert_close(program_facts_number(&facts, "km endpoint=os population=all group=A n.event"), 2,
                 0);
    program_facts_clear(&facts);
    change(path, "13/06/2023", "12/06/2023");
    refused(1, "column \"day\"|--date-order",
            program_format("%s" HOW "--rows last --row-order day --km", path));
    facts = program_facts_of("%s" HOW "--rows last --row-order day --date-order mdy --km", path);
    /* The 6th of May follows the 7th of April: the row without the event is the last. */
    assert_close(program_facts_number(&facts, "km endpoint=os population=all group=A n.event"), 1,
                 0);
    program_facts_clear(&facts);
    free(path);
}

static void an_option_that_nothing_reads_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const idle[][2] = {
        {"--caliper 0.1", "--psm"},
        {"--psm --export-weights w.csv", "--export-weights|--iptw"},
        {"--iptw=ate --estimand att", "--estimand|--psm"},
        {"--cutoff 2024-01-01", "--cutoff|--derive|TIME of --endpoint"},
        {"--ae-sheet 2", "--ae"},
        {"--assess-sheet 2", "--assess"},
        {"--visit-gap 90", "--derive"},
        {"--exposure-grace 3", "--exposure-date"},
        {"--ae-columns id,t,g", "--ae"},
        {"--table1 --tau 12", "--tau|--rmst"},
        {"--iptw=ate --iptw=ato", "twice|ate|ato"},
        {"--psm --psm=full", "twice"},
        {"--figures svg", "--output DIR"},
        {"--psm --caliper 0.1 --caliper-abs 0.2", "--caliper|beside --caliper-abs"},
        {"--iptw --trim 0.1 --trim-optimal", "--trim-optimal|beside --trim"},
    };
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
        refused(2, idle[i][1], program_format("%s" HOW "--covariates x %s", f->cohort, idle[i][0]));
    /* One study serves many runs: what it says may be idle. */
    char *study =
        put(f, "s.yaml",
            "id: id\narm: arm\ncaliper: 0.1\nendpoint:\n  - {name: os, time: t, event: e}\n");
    refused(0, "", program_format("%s --study %s --km --quiet", f->cohort, study));
    free(study);
}

static void text_that_excel_would_run_is_text_in_every_sheet(void **state)
{
    struct fixture *f = *state;
    char *path = put(f, "f.csv", "id,arm,t,e\n=1+1,@A,5,1\n-2,@A,3,0\n+a,B,7,0\nc,B,2,1\n");
    char *out = program_format("%s/o.csv", f->folder);
    struct program_run run = program_run("%s" HOW "--cox --residuals %s --format csv", path, out);
    assert_code(run, 0);
    assert_says(run.out, ",'@A,");
    size_t size;
    char *sheet = program_read_file(out, &size);
    assert_says(sheet, "\n'=1+1,'@A,|\n-2,|\n'+a,");
    free(sheet);
    free(out);
    free(path);
    program_clear(&run);
}

static void invisible_marks_in_levels_are_told(void **state)
{
    struct fixture *f = *state;
    char *path = put(f, "z.csv", "id,arm,t,e\n1,A,5,1\n2,A\u200bB,3,0\n3,B,7,0\n4,B,2,1\n");
    struct program_run run = program_run("%s" HOW "--km", path);
    assert_says(run.out, "A<U+200B>B");
    free(path);
    program_clear(&run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_output_is_written_over_an_input),
        TEST(two_outputs_have_two_places),
        TEST(a_study_file_names_no_file_to_write),
        TEST(what_is_replaced_keeps_its_permissions),
        TEST(a_check_runs_no_command_that_writes_or_reads_elsewhere),
        TEST(of_visits_the_one_that_counts_is_the_subject),
        TEST(the_order_of_rows_must_be_told),
        TEST(a_repeated_identifier_stops_the_run),
        TEST(files_of_arms_are_one_cohort),
        TEST(files_of_arms_are_read_alike),
        TEST(visits_stand_in_the_order_of_dates_of_any_form),
        TEST(an_option_that_nothing_reads_is_refused),
        TEST(invisible_marks_in_levels_are_told),
        TEST(text_that_excel_would_run_is_text_in_every_sheet),
    };
    return cmocka_run_group_tests_name("safe files", tests, NULL, NULL);
}
