/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables as programs and hospitals lay them out, from file to hazard ratio: by the command line alone, and by --init and
 * a run of the draft that it writes, unedited. Numbers and files are of tests/oracle/layouts.R (survival's coxph). */
#include "program.h"

#include "statistics_file.h"
#include "workbook.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* $D is a folder of the test, $L tests/layouts. */
struct layout {
    const char *name;  /* in tests/oracle/layouts.csv */
    const char *files; /* what a user types in any case */
    const char *says;  /* and what, where the program is told all */
};

static const struct layout layouts[] = {
    {"cbioportal", "$L/cbioportal.txt",
     "--id PATIENT_ID --arm RADIATION_THERAPY --endpoint os=OS_MONTHS,OS_STATUS:1:DECEASED "
     "--endpoint dfs=DFS_MONTHS,DFS_STATUS:1:Recurred/Progressed"},
    {"r_write", "$L/r_write.csv", "--arm trt --endpoint event=time,status"},
    {"pandas", "$L/pandas.csv",
     "--id patient_id --arm treatment --control standard --endpoint os=os_months,death:True"},
    {"redcap_raw", "$L/redcap_raw.csv",
     "--id record_id --arm trt --endpoint os=os_mo,vital_status --covariates age,comorb___1"},
    {"redcap_labels", "$L/redcap_labels.csv",
     "--id 'Record ID' --arm 'Treatment arm' --index-date 'Date of first treatment' --endpoint "
     "'os=Date of last contact,Vital status:Dead' --covariates 'Comorbidities (choice=Diabetes)'"},
    {"cdisc", "$L/adsl.csv --adtte $L/adtte.csv --ae $L/adae.csv",
     "--id USUBJID --arm TRT01A --endpoint os=OS_AVAL,OS_CNSR:0 --endpoint "
     "pfs=PFS_AVAL,PFS_CNSR:0 --ae-columns USUBJID,AEDECOD,AESEV"},
    {"cdisc", "$L/adtte.csv",
     "--id USUBJID --arm TRTA --endpoint os=OS_AVAL,OS_CNSR:0 --endpoint pfs=PFS_AVAL,PFS_CNSR:0"},
    {"cdisc", "$D/adtte.xpt",
     "--id USUBJID --arm TRTA --endpoint os=OS_AVAL,OS_CNSR:0 --endpoint pfs=PFS_AVAL,PFS_CNSR:0"},
    {"coded", "$D/coded.sav", "--id caseno --arm group --endpoint os=futime,fustat:dead"},
    {"coded", "$D/coded.dta", "--id caseno --arm group --endpoint os=futime,fustat:1"},
    {"hospital", "$D/hospital.xlsx",
     "--id 编号 --arm 治疗方案 --index-date 首次用药日期 --endpoint os=末次随访日期,生存状态:死亡"},
    {"gb18030", "$L/gb18030.csv",
     "--id 编号 --arm 分组 --control 对照组 --endpoint 'os=总生存期(月),生存状态:死亡' --endpoint "
     "'pfs=无进展生存期(月),是否进展:是'"},
    {"european", "$L/european.csv",
     "--decimal comma --id patient --arm group --endpoint os=months,status:verstorben"},
    {"utf16", "$L/utf16.txt", "--id ID --arm Arm --endpoint 'os=Survival time (days),Status:Dead'"},
    {"dates", "$L/dates.csv",
     "--id id --arm regimen --index-date start_date --endpoint os=last_contact,status:died"},
    {"visits", "$L/visits.csv",
     "--id id --rows first --row-order visit --arm group --endpoint os=os_months,death"},
    {"two_files", "--cohort GP=$L/arm_control.csv --cohort GP+RT=$L/arm_treated.csv",
     "--id id --endpoint event=months,event"},
    {"gbsg", "tests/oracle/data/gbsg.csv", "--id pid --arm hormon --endpoint rfs=rfstime,status"},
};
enum { N_LAYOUTS = sizeof layouts / sizeof *layouts };

struct fixture {
    char *folder;
    struct rwe_arena *arena;
    struct design_csv expected;
};

/* ---- files that no text editor writes ---- */

static void write_bytes(const struct fixture *f, const char *name, void *bytes, size_t size)
{
    char *path = program_format("%s/%s", f->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    free(bytes);
    free(path);
}

static void write_coded(const struct fixture *f)
{
    struct design_csv csv = design_csv_read("tests/layouts/coded.csv", f->arena);
    struct statistics_column column[] = {
        {.name = "caseno", .label = "Case number"},
        {.name = "group", .value_label = {{0, NULL, "standard"}, {1, NULL, "combination"}}},
        {.name = "age", .label = "Age at entry"},
        {.name = "sex", .value_label = {{0, NULL, "female"}, {1, NULL, "male"}}},
        {.name = "futime", .label = "Survival, days"},
        {.name = "fustat", .value_label = {{0, NULL, "alive"}, {1, NULL, "dead"}}},
    };
    size_t n = sizeof column / sizeof *column, size;
    for (size_t j = 0; j < n; j++)
        column[j].number = design_csv_numbers(&csv, column[j].name);
    struct statistics_file file = {STATISTICS_SAV, 0, csv.n_rows, n, column};
    void *bytes = statistics_file_bytes(&file, &size);
    write_bytes(f, "coded.sav", bytes, size);
    file.kind = STATISTICS_DTA;
    bytes = statistics_file_bytes(&file, &size);
    write_bytes(f, "coded.dta", bytes, size);
}

static int set_up(void **state)
{
    static struct fixture f;
    size_t size;
    f.folder = program_new_folder();
    f.arena = rwe_arena_new();
    f.expected = design_csv_read("tests/oracle/layouts.csv", f.arena);
    setenv("D", f.folder, 1);
    setenv("L", "tests/layouts", 1);
    write_coded(&f);
    struct design_csv hospital = design_csv_read("tests/layouts/hospital.csv", f.arena);
    void *bytes = workbook_of_csv(&hospital, 1, &size);
    write_bytes(&f, "hospital.xlsx", bytes, size);
    struct design_csv adtte = design_csv_read("tests/layouts/adtte.csv", f.arena);
    bytes = statistics_file_of_csv(&adtte, STATISTICS_XPT, &size);
    write_bytes(&f, "adtte.xpt", bytes, size);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_arena_free(f->arena);
    program_remove_folder(f->folder);
    return 0;
}

/* ---- what must come out ---- */

static double number(const struct fixture *f, size_t row, const char *column)
{
    return strtod(design_csv_text(&f->expected, row, column), NULL);
}

static double cox(const struct program_facts *facts, const char *endpoint, const char *rest)
{
    char *key = program_format("cox endpoint=%s population=all model=arm %s", endpoint, rest);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

/* Patients, events and hazard ratio of each endpoint are R's. */
static void check_ratios(const struct fixture *f, const struct layout *layout, bool is_draft,
                         const struct program_facts *facts)
{
    size_t n = 0;
    for (size_t r = 0; r < f->expected.n_rows; r++) {
        if (strcmp(design_csv_text(&f->expected, r, "layout"), layout->name) != 0)
            continue;
        const char *endpoint = design_csv_text(&f->expected, r, "endpoint");
        assert_close(cox(facts, endpoint, "n"), number(f, r, "n"), 0);
        assert_close(cox(facts, endpoint, "n.event"), number(f, r, "events"), 0);
        assert_close(cox(facts, endpoint, "term=arm hr"), number(f, r, "hr"), 1e-8);
        n++;
    }
    if (n == 0)
        print_error("no number for %s (%s)\n", layout->name, is_draft ? "draft" : "command");
    assert_true(n > 0);
}

static struct program_facts facts_of(const char *line)
{
    struct program_run run = program_run_quoted(line, NULL);
    if (run.code != 0)
        print_error("%s\n", line);
    assert_code(run, 0);
    struct program_facts facts = program_facts_parse(run.out);
    program_clear(&run);
    return facts;
}

static void each_layout_has_the_ratio_of_r_by_the_command_line(void **state)
{
    const struct fixture *f = *state;
    for (size_t l = 0; l < N_LAYOUTS; l++) {
        char *line = program_format("%s %s --cox --format json --no-provenance", layouts[l].files,
                                    layouts[l].says);
        struct program_facts facts = facts_of(line);
        check_ratios(f, &layouts[l], false, &facts);
        program_facts_clear(&facts);
        free(line);
    }
}

static void each_draft_runs_unedited_and_has_the_ratio_of_r(void **state)
{
    const struct fixture *f = *state;
    for (size_t l = 0; l < N_LAYOUTS; l++) {
        char *init = program_format("%s --init --output $D/study%zu.yaml", layouts[l].files, l);
        struct program_run run = program_run_quoted(init, NULL);
        assert_code(run, 0);
        assert_null(strstr(run.out, "does not run"));
        assert_says(run.out, "guessed to be|is a draft: read it|--study");
        program_clear(&run);
        const char *cohort = layouts[l].files;
        char *line = program_format("%.*s --study $D/study%zu.yaml --format json --no-provenance",
                                    (int)(strstr(cohort, " --adtte") == NULL
                                              ? strlen(cohort)
                                              : (size_t)(strstr(cohort, " --adtte") - cohort)),
                                    cohort, l);
        struct program_facts facts = facts_of(line);
        check_ratios(f, &layouts[l], true, &facts);
        program_facts_clear(&facts);
        free(line);
        free(init);
    }
}

static void the_draft_of_a_trial_has_its_adverse_events(void **state)
{
    const struct fixture *f = *state;
    struct program_run run = program_run_quoted(
        "$L/adsl.csv --adtte $L/adtte.csv --ae $L/adae.csv --init --output $D/trial.yaml", NULL);
    assert_code(run, 0);
    program_clear(&run);
    struct program_facts facts =
        facts_of("$L/adsl.csv --study $D/trial.yaml --toxicity --format json --no-provenance");
    size_t n = 0;
    for (size_t r = 0; r < f->expected.n_rows; r++) {
        if (strcmp(design_csv_text(&f->expected, r, "layout"), "adae") != 0)
            continue;
        char *key = program_format("toxicity population=all group=%s term=any level=any n",
                                   design_csv_text(&f->expected, r, "endpoint"));
        assert_close(program_facts_number(&facts, key), number(f, r, "events"), 0);
        free(key);
        n++;
    }
    assert_int_equal(n, 2);
    program_facts_clear(&facts);
}

/* ---- files that went wrong once (tests/cases) ---- */

/* A file of $C, what its case says of it, and the endpoint of the draft; NULL: none, but what it says instead. */
static const struct case_file {
    const char *file, *says, *endpoint;
} case_files[] = {
    {"door-cbioportal/03_cbioportal.txt",
     "--id PATIENT_ID --arm RADIATION_THERAPY --endpoint os=OS_MONTHS,OS_STATUS:1:DECEASED", "os"},
    {"door-cnsr-column/06_cnsr.csv", "--id USUBJID --arm TRT01A --endpoint event=AVAL,CNSR:0",
     "event"},
    {"door-censored-column/months.csv", "--id id --arm arm --endpoint event=months,censored:0",
     "event"},
    {"door-comma-in-a-column-name/spec.csv",
     "--id 'Patient ID' --arm 'Treatment arm' --endpoint 'os=\"OS, months\",\"Death (1=yes)\"'",
     "os"},
    {"door-names-with-marks/20_names_with_marks.csv",
     "--id id --arm arm --endpoint 'os=\"OS, months\",Outcome:PD+death'", "os"},
    {"door-pfs-missing/17_pfs_missing.csv",
     "--id id --arm arm --endpoint os=os_months,death --endpoint pfs=pfs_months,pfs", "pfs"},
    {"door-status-words/01_status_words.csv",
     "--id id --arm arm --endpoint 'pfs=months,event:Disease progression'", "pfs"},
    {"door-two-headers-and-notes/14_two_headers_and_notes.csv",
     "--id 编号 --arm 治疗方案 --derive os,rwpfs", "rwpfs"},
    {"door-us-dates/09_us_dates.csv",
     "--id 'Record ID' --arm 'Treatment arm' --columns 'index_date=Date of first "
     "treatment,death_date=Date of death,last_contact_date=Date of last contact' --derive os",
     "os"},
    {"door-visits-last-row/08_visits.csv",
     "--id id --arm arm --endpoint os=os_months,death --rows last --row-order visit", "os"},
    {"door-dates-as-time/p.csv",
     "--id 编号 --arm 组 --endpoint os=末次随访,状态:死亡 --index-date 首次用药", "os"},
    {"door-xlsx/book.xlsx", "--id 编号 --arm 组别 --derive os", "os"},
    {"door-ae-wide/11_ae_cohort.csv", "--id id --arm arm --endpoint os=months,death", "os"},
    {"door-ae-grade-words/c.csv", "--id id --arm arm --endpoint event=t,e", "event"},
    {"door-ae-without-grade/aec.csv", "--id id --arm arm --endpoint event=time,event", "event"},
    {"door-alike-level-names/nm.csv", "--id id --arm arm --endpoint event=time,event", "event"},
    {"door-columns-without-a-name/p.csv", "--id id --arm arm --endpoint event=t,e", "event"},
    {"door-events-are-told/p.csv", "--id id --arm arm --endpoint os=t,status:Dead+died", "os"},
    {"door-competitors-joined/p.csv", "No columns look like the time and the event", NULL},
    {"door-entry-equals-exit/c1.csv", "No columns look like the time and the event", NULL},
    {"door-many-arms/p.csv", "No column is surely the treatment arm", NULL},
    {"door-third-code-is-told/p.csv", "column \"status\" is the event", NULL},
    {"door-date-order-unknown/f.csv", "--date-order", NULL},
};

/* Either the draft runs unedited and finds what the case's own command finds, or it says in a sentence what is missing. */
static void each_file_of_the_cases_runs_or_says_what_is_missing(void **state)
{
    (void)state;
    setenv("C", "tests/cases", 1);
    for (size_t c = 0; c < sizeof case_files / sizeof *case_files; c++) {
        const struct case_file *of = &case_files[c];
        char *init = program_format("$C/%s --init --output $D/case%zu.yaml", of->file, c);
        struct program_run run = program_run_quoted(init, NULL);
        assert_code(run, 0);
        if (of->endpoint == NULL) {
            assert_says(run.out, of->says);
        } else {
            char *drafted = program_format(
                "$C/%s --study $D/case%zu.yaml --cox --format json --no-provenance", of->file, c);
            char *told =
                program_format("$C/%s %s --cox --format json --no-provenance", of->file, of->says);
            struct program_facts a = facts_of(drafted), b = facts_of(told);
            assert_close(cox(&a, of->endpoint, "n.event"), cox(&b, of->endpoint, "n.event"), 0);
            double one = cox(&a, of->endpoint, "term=arm hr"),
                   other = cox(&b, of->endpoint, "term=arm hr");
            if (one > 0 || other > 0) /* tiny samples may have no estimate, in both */
                assert_close(one, other, 1e-12);
            program_facts_clear(&a);
            program_facts_clear(&b);
            free(told);
            free(drafted);
        }
        program_clear(&run);
        free(init);
    }
}

/* ---- what cannot be guessed ---- */

static void codes_without_words_are_asked_about(void **state)
{
    (void)state;
    struct program_run run =
        program_run_quoted("tests/oracle/data/lung.csv --arm sex --init", NULL);
    assert_code(run, 0);
    assert_says(run.out, "#endpoint:|value: [?]|1 (63), 2 (165)");
    assert_says(run.err, "which value of column \"status\" is the event");
    program_clear(&run);
}

static void two_treatments_are_asked_about(void **state)
{
    (void)state;
    struct program_run run = program_run_quoted("sample_data/rotterdam.csv --init", NULL);
    assert_code(run, 0);
    assert_says(run.err, "Which column is the treatment arm: hormon, chemo?");
    assert_says(run.out, "# arm: ?|time: \"rtime\", event: \"recur\"|time: \"dtime\"");
    program_clear(&run);
}

static void what_the_command_says_stands_in_the_draft(void **state)
{
    (void)state;
    struct program_run run = program_run_quoted(
        "sample_data/rotterdam.csv --arm hormon --treated 0 --control 1 --psm --times 1826 --init",
        NULL);
    assert_code(run, 0);
    assert_says(run.out, "arm: \"hormon\"|control: \"1\"|treated: \"0\"|psm: \"nearest\"|[1826]");
    assert_null(strstr(run.out, "km: true")); /* as on the command line: it says what runs */
    program_clear(&run);
}

static void a_draft_says_why_it_does_not_run(void **state)
{
    const struct fixture *f = *state;
    free(program_write_file(f->folder, "order.csv",
                            "id,arm,index_date,death_date,last_contact_date\n"
                            "1,A,05/06/2023,09/10/2023,09/10/2023\n2,B,05/06/2023,,08/11/2023\n"
                            "3,A,07/06/2023,,10/12/2023\n4,B,07/06/2023,01/07/2023,01/07/2023\n"));
    struct program_run run = program_run_quoted("$D/order.csv --init", NULL);
    assert_code(run, 0);
    assert_says(run.out, "It does not run yet|--date-order");
    program_clear(&run);
    run = program_run_quoted("$D/order.csv --date-order dmy --init", NULL);
    assert_code(run, 0);
    assert_null(strstr(run.out, "does not run"));
    assert_says(run.out, "date-order: \"dmy\"|derive: [\"os\"]");
    program_clear(&run);
}

static void a_study_file_is_never_replaced_unasked(void **state)
{
    const struct fixture *f = *state;
    free(program_write_file(f->folder, "mine.yaml", "arm: mine\n"));
    struct program_run run = program_run_quoted("$L/pandas.csv --init --output $D/mine.yaml", NULL);
    assert_code(run, 1);
    assert_says(run.err, "mine.yaml exists|--overwrite");
    program_clear(&run);
    run = program_run_quoted("$L/pandas.csv --init --output $D/mine.yaml --overwrite", NULL);
    assert_code(run, 0);
    program_clear(&run);
    run =
        program_run_quoted("tests/oracle/data/lung.csv --init --output tests/oracle/data/lung.csv "
                           "--overwrite",
                           NULL);
    assert_code(run, 2);
    assert_says(run.err, "written over the cohort");
    program_clear(&run);
}

/* ---- questions ---- */

static void empty_answers_give_the_draft_of_init(void **state)
{
    (void)state;
    struct program_run run = program_run_quoted("$L/cbioportal.txt --ask --output $D/asked.yaml",
                                                "\n\n\n\n\n\n\n\n\n\n\n\n");
    assert_code(run, 0);
    program_clear(&run);
    run = program_run_quoted("$L/cbioportal.txt --init --output $D/asked2.yaml", NULL);
    assert_code(run, 0);
    program_clear(&run);
    struct program_facts asked =
        facts_of("$L/cbioportal.txt --study $D/asked.yaml --format json --no-provenance");
    struct program_facts guessed =
        facts_of("$L/cbioportal.txt --study $D/asked2.yaml --format json --no-provenance");
    assert_same_facts(asked, guessed, 0);
    program_facts_clear(&asked);
    program_facts_clear(&guessed);
}

/* lung: identifier none, arm sex, control 1, treated 2; endpoint event: 2 is the event; no other; covariates 5 and
 * ph.ecog. Reference: survival's coxph(Surv(time, status == 2) ~ sex). */
static void answers_settle_what_could_not_be_guessed(void **state)
{
    (void)state;
    struct program_run run =
        program_run_quoted("tests/oracle/data/lung.csv --ask --output $D/lung.yaml",
                           "-\nsexx\nsex\n1\n2\nyes\n3\n2\n\nage,ph.ecog\n");
    assert_code(run, 0);
    assert_says(run.out, "There is no column \"sexx\"|There is no value \"3\"|1  (63)|2  (165)");
    program_clear(&run);
    struct program_facts facts =
        facts_of("tests/oracle/data/lung.csv --study $D/lung.yaml --format json --no-provenance");
    assert_close(cox(&facts, "event", "term=arm hr"), 0.588002818563589, 1e-8);
    assert_close(cox(&facts, "event", "n.event"), 165, 0);
    program_facts_clear(&facts);
}

static void a_dialogue_that_ends_early_writes_nothing(void **state)
{
    const struct fixture *f = *state;
    char *path = program_format("%s/early.yaml", f->folder);
    const char *const answers[] = {"", "\n", "\n\n\n", "\n\n\n\n\n\n\n"};
    for (size_t a = 0; a < sizeof answers / sizeof *answers; a++) {
        struct program_run run =
            program_run_quoted("$L/cbioportal.txt --ask --output $D/early.yaml", answers[a]);
        assert_code(run, 1);
        assert_says(run.err, "nothing was written");
        assert_int_not_equal(access(path, F_OK), 0);
        program_clear(&run);
    }
    free(path);
}

static void questions_are_asked_in_chinese(void **state)
{
    (void)state;
    struct program_run run = program_run_quoted(
        "$L/gb18030.csv --ask --lang zh --output $D/zh.yaml", "\n\n\n\n是\n\n好\n\n\n\n");
    assert_code(run, 0);
    assert_says(run.out, "哪个是对照？|终点“os”|其中哪些是|已写入");
    program_clear(&run);
    struct program_facts facts =
        facts_of("$L/gb18030.csv --study $D/zh.yaml --format json --no-provenance");
    assert_close(cox(&facts, "os", "term=arm hr"), 0.559138484977162, 1e-8);
    program_facts_clear(&facts);
}

static void an_endpoint_can_be_made_by_answers(void **state)
{
    (void)state;
    struct program_run run = program_run_quoted("$L/dates.csv --ask --output $D/made.yaml",
                                                "\n\n\n\nno\nlast_contact\n6\ndied,3\n\n-\n-\n");
    assert_code(run, 0);
    program_clear(&run);
    struct program_facts facts =
        facts_of("$L/dates.csv --study $D/made.yaml --format json --no-provenance");
    assert_close(cox(&facts, "os", "n.event"), 35, 0); /* 31 died, 4 lost */
    program_facts_clear(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layout_has_the_ratio_of_r_by_the_command_line),
        cmocka_unit_test(each_draft_runs_unedited_and_has_the_ratio_of_r),
        cmocka_unit_test(the_draft_of_a_trial_has_its_adverse_events),
        cmocka_unit_test(each_file_of_the_cases_runs_or_says_what_is_missing),
        cmocka_unit_test(codes_without_words_are_asked_about),
        cmocka_unit_test(two_treatments_are_asked_about),
        cmocka_unit_test(what_the_command_says_stands_in_the_draft),
        cmocka_unit_test(a_draft_says_why_it_does_not_run),
        cmocka_unit_test(a_study_file_is_never_replaced_unasked),
        cmocka_unit_test(empty_answers_give_the_draft_of_init),
        cmocka_unit_test(answers_settle_what_could_not_be_guessed),
        cmocka_unit_test(a_dialogue_that_ends_early_writes_nothing),
        cmocka_unit_test(questions_are_asked_in_chinese),
        cmocka_unit_test(an_endpoint_can_be_made_by_answers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
