/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with files and options is told with the place and what to do about it; the exit code
 * says whose fault it is; and no output file is written, nor an old one touched. */
#include "cli.h"
#include "program.h"

#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a cohort of 16 patients in which everything is right ---- */

enum { ROWS = 16, COLUMNS = 7 };
static const char *const good[ROWS + 1][COLUMNS] = {
    {"id", "arm", "months", "dead", "age", "stage", "kps"},
    {"p01", "0", "5.5", "1", "50", "II", "90"},
    {"p02", "0", "6", "0", "61", "III", "80"},
    {"p03", "0", "7.25", "1", "47", "II", "70"},
    {"p04", "0", "8", "1", "55", "IV", "90"},
    {"p05", "0", "9", "0", "63", "III", "80"},
    {"p06", "0", "10", "1", "44", "IV", "70"},
    {"p07", "0", "11.5", "1", "58", "II", "100"},
    {"p08", "0", "12", "0", "52", "III", "90"},
    {"p09", "1", "6.5", "1", "57", "II", "90"},
    {"p10", "1", "9.5", "0", "45", "III", "80"},
    {"p11", "1", "10.5", "1", "60", "IV", "70"},
    {"p12", "1", "13", "0", "53", "II", "90"},
    {"p13", "1", "14", "1", "48", "III", "80"},
    {"p14", "1", "15", "0", "66", "IV", "90"},
    {"p15", "1", "16", "1", "51", "II", "70"},
    {"p16", "1", "17", "0", "59", "III", "100"},
};

static const char arguments[] =
    "--id id --arm arm --endpoint os=months,dead --covariates age,stage";

static size_t column_of(const char *name)
{
    size_t j = 0;
    while (strcmp(good[0][j], name) != 0)
        j++;
    return j;
}

/* One change: a cell of a row from 1, which stands in line row + 1; row 0: of every row. */
struct change {
    size_t row;
    const char *column, *value;
};

struct fixture {
    char *folder, *cohort, *output;
};

/* Writes the cohort with its changes (the last has no column). */
static void write_cohort(const struct fixture *f, const struct change *change)
{
    FILE *out = fopen(f->cohort, "wb");
    assert_non_null(out);
    for (size_t i = 0; i <= ROWS; i++)
        for (size_t j = 0; j < COLUMNS; j++) {
            const char *cell = good[i][j];
            for (const struct change *c = change; c != NULL && c->column != NULL; c++)
                if (i > 0 && (c->row == i || c->row == 0) && j == column_of(c->column))
                    cell = c->value;
            fprintf(out, "%s%c", cell, j + 1 < COLUMNS ? ',' : '\n');
        }
    assert_int_equal(fclose(out), 0);
}

static int set_up(void **state)
{
    gsl_set_error_handler_off();
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    f->cohort = program_format("%s/cohort.csv", f->folder);
    f->output = program_format("%s/out.json", f->folder);
    write_cohort(f, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    free(f->cohort);
    free(f->output);
    free(f);
    return 0;
}

/* ---- being refused ---- */

static void check_nothing_written(const struct fixture *f, size_t files, const char *before)
{
    char *after = program_read_file(f->output, NULL);
    if (before == NULL)
        assert_null(after);
    else
        assert_string_equal(after, before);
    assert_int_equal(program_count_files(f->folder), files);
    free(after);
}

/* The run fails with `code`, says the words on standard error (between them '|') and nothing on
 * standard output; there is no output file, and an old one stays as it was. */
static void refused(const struct fixture *f, int code, const char *words, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void refused(const struct fixture *f, int code, const char *words, const char *format, ...)
{
    static const char old[] = "results of last year";
    char *line = NULL;
    va_list list;
    va_start(list, format);
    assert_true(vasprintf(&line, format, list) >= 0);
    va_end(list);
    for (int again = 0; again < 2; again++) {
        if (again == 1)
            free(program_write_file(f->folder, "out.json", old));
        size_t files = program_count_files(f->folder);
        struct program_run run = program_run("%s --output %s", line, f->output);
        assert_code(run, code);
        assert_says(run.err, words);
        assert_string_equal(run.out, "");
        check_nothing_written(f, files, again == 1 ? old : NULL);
        program_clear(&run);
    }
    unlink(f->output);
    free(line);
}

/* The cohort with the change is refused, with these words. */
static void refused_cohort(const struct fixture *f, const struct change *change, const char *words)
{
    write_cohort(f, change);
    refused(f, RWE_EXIT_FAILED, words, "%s %s --km --psm", f->cohort, arguments);
}

static void the_cohort_unchanged_is_accepted(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    struct program_run run =
        program_run("%s %s --km --psm --caliper 5 --output %s", f->cohort, arguments, f->output);
    assert_code(run, RWE_EXIT_DONE);
    assert_string_equal(run.err, "");
    assert_int_equal(access(f->output, F_OK), 0);
    unlink(f->output);
    program_clear(&run);
}

/* ---- files that are no cohort ---- */

static void no_file_is_told_by_name(void **state)
{
    refused(*state, RWE_EXIT_FAILED, "nowhere.csv|no such file", "nowhere.csv %s", arguments);
}

static void a_folder_is_no_file(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_FAILED, "folder|CSV", "%s %s", f->folder, arguments);
}

static void refused_text(const struct fixture *f, const char *bytes, size_t size, const char *words)
{
    char *path = program_format("%s/cohort.csv", f->folder);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    refused(f, RWE_EXIT_FAILED, words, "%s %s", path, arguments);
    free(path);
}

static void an_empty_file_is_told(void **state)
{
    refused_text(*state, "", 0, "cohort.csv|is empty|header");
}

static void a_header_alone_is_told(void **state)
{
    static const char header[] = "id,arm,months,dead,age,stage,kps\n";
    refused_text(*state, header, strlen(header), "cohort.csv|no rows");
    refused_text(*state, header, strlen(header) - 1, "cohort.csv|no rows");
}

static void binary_junk_is_told(void **state)
{
    char junk[5000];
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < sizeof junk; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17; /* Marsaglia 2003, xorshift64 */
        junk[i] = (char)x;
    }
    refused_text(*state, junk, sizeof junk, "cohort.csv|text|CSV");
}

static void a_workbook_cut_short_is_told(void **state)
{
    static const char zip[] = "PK\003\004\024\000\006\000\010\000\000\000!\000b\356\235h^\001";
    refused_text(*state, zip, sizeof zip - 1, "cut short or damaged|save it again");
}

static void zero_bytes_are_told_with_their_line(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    assert_int_equal(truncate(f->cohort, (off_t)1 << 30), 0);
    refused(f, RWE_EXIT_FAILED, "cohort.csv:18|zero byte", "%s %s", f->cohort, arguments);
    unlink(f->cohort);
}

static void write_without_end(const char *fifo)
{
    static char line[1 << 16];
    memset(line, 'a', sizeof line);
    int out = open(fifo, O_WRONLY);
    for (size_t written = 0; written < (size_t)1 << 30; written += sizeof line)
        if (write(out, line, sizeof line) < 0)
            break;
    _exit(0);
}

static void a_line_of_a_gigabyte_is_refused_in_bounded_memory(void **state)
{
    const struct fixture *f = *state;
    char *fifo = program_format("%s/endless.csv", f->folder);
    struct rusage before, after;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    getrusage(RUSAGE_SELF, &before);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        signal(SIGPIPE, SIG_IGN);
        write_without_end(fifo);
    }
    struct program_run run = program_run("%s %s --output %s", fifo, arguments, f->output);
    waitpid(writer, NULL, 0);
    getrusage(RUSAGE_SELF, &after);
    assert_code(run, RWE_EXIT_FAILED);
    assert_says(run.err, "endless.csv:1|longer than 16777216 bytes");
#ifndef __SANITIZE_ADDRESS__ /* which keeps freed memory for a while */
    assert_true(after.ru_maxrss - before.ru_maxrss < 256L * 1024); /* KiB */
#endif
    assert_int_not_equal(access(f->output, F_OK), 0);
    program_clear(&run);
    unlink(fifo);
    free(fifo);
}

static void two_columns_of_one_name_are_told(void **state)
{
    static const char twice[] = "id,arm,months,dead,age,age\n1,0,1,1,2,3\n";
    refused_text(*state, twice, strlen(twice), "cohort.csv:1|5 and 6|\"age\"|rename");
}

static void a_row_with_too_few_cells_is_told(void **state)
{
    static const char uneven[] = "id,arm,months,dead,age,stage,kps\n1,0,1,1,2,II,90\n2,1,3\n";
    refused_text(*state, uneven, strlen(uneven), "cohort.csv:3|cells");
}

/* ---- cells ---- */

static void an_unknown_column_gets_a_suggestion(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    refused(f, RWE_EXIT_USAGE, "cohort.csv|\"monhts\"|did you mean \"months\"?",
            "%s --arm arm --endpoint os=monhts,dead", f->cohort);
    refused(f, RWE_EXIT_USAGE, "\"stages\"|--covariates|did you mean \"stage\"?",
            "%s --arm arm --endpoint os=months,dead --covariates age,stages", f->cohort);
    refused(f, RWE_EXIT_USAGE, "\"zzzzzz\"|--arm", "%s --arm zzzzzz --endpoint os=months,dead",
            f->cohort);
}

static void a_negative_time_is_told_with_its_place(void **state)
{
    refused_cohort(*state, (struct change[]){{3, "months", "-7.25"}, {0}},
                   "cohort.csv:4|column \"months\"|\"-7.25\"|negative|--on-error drop");
}

static void a_missing_time_is_told_with_its_place(void **state)
{
    refused_cohort(*state, (struct change[]){{5, "months", ""}, {0}},
                   "cohort.csv:6|column \"months\"|missing|every subject needs one");
}

static void a_time_that_is_text_is_told_with_its_place(void **state)
{
    refused_cohort(*state, (struct change[]){{2, "months", "6 mo"}, {0}},
                   "cohort.csv:3|column \"months\"|\"6 mo\"|not a number");
    refused_cohort(*state, (struct change[]){{2, "months", "inf"}, {0}},
                   "cohort.csv:3|column \"months\"|\"inf\"");
}

static void every_fault_of_a_file_is_told_at_once(void **state)
{
    refused_cohort(*state,
                   (struct change[]){{1, "months", "-1"}, {4, "dead", ""}, {9, "arm", ""}, {0}},
                   "cohort.csv:2|cohort.csv:5|cohort.csv:10|3 cells or rows");
}

static void an_event_of_another_coding_is_told(void **state)
{
    const struct fixture *f = *state;
    struct change codes[ROWS + 1] = {{0}};
    for (size_t i = 1; i <= ROWS; i++)
        codes[i - 1] = (struct change){i, "dead", good[i][3][0] == '1' ? "2" : "1"};
    refused_cohort(f, codes,
                   "cohort.csv: column \"dead\": 9 rows: neither 0 nor 1 (line 2: "
                   "\"2\"|dead:VALUE|values: 1 (");
    refused(f, RWE_EXIT_FAILED, "endpoint \"os\"|dead = 3|its values are 1 (",
            "%s --arm arm --endpoint os=months,dead:3", f->cohort);
    struct program_run run = program_run("%s --arm arm --endpoint os=months,dead:2", f->cohort);
    assert_code(run, RWE_EXIT_DONE);
    program_clear(&run);
}

static void one_arm_only_is_told(void **state)
{
    refused_cohort(*state, (struct change[]){{0, "arm", "1"}, {0}},
                   "cohort.csv|column \"arm\"|one arm only|\"1\"|needs two");
}

static void an_arm_that_does_not_occur_is_told(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    refused(f, RWE_EXIT_USAGE, "--treated 2|its levels are 0, 1", "%s %s --treated 2", f->cohort,
            arguments);
    refused(f, RWE_EXIT_USAGE, "same level", "%s %s --treated 1 --control 1", f->cohort, arguments);
}

static void no_event_at_all_is_told(void **state)
{
    refused_cohort(*state, (struct change[]){{0, "dead", "0"}, {0}},
                   "endpoint \"os\"|no event|column \"dead\"");
}

static void nothing_but_events_must_be_said(void **state)
{
    const struct fixture *f = *state;
    refused_cohort(f, (struct change[]){{0, "dead", "1"}, {0}},
                   "endpoint \"os\"|nobody is censored|os=months,dead:1");
    struct program_run run = program_run("%s --arm arm --endpoint os=months,dead:1", f->cohort);
    assert_code(run, RWE_EXIT_DONE);
    program_clear(&run);
}

static void a_duplicate_identifier_is_told_with_both_lines(void **state)
{
    refused_cohort(
        *state, (struct change[]){{6, "id", "p02"}, {0}},
        "2 rows: a duplicate identifier (line 3: \"p02\", line 7: \"p02\"): line 7 has it too");
}

static void a_missing_identifier_is_told(void **state)
{
    refused_cohort(*state, (struct change[]){{6, "id", ""}, {0}},
                   "cohort.csv:7|column \"id\"|missing");
}

static void a_covariate_of_identifiers_is_told(void **state)
{
    const struct fixture *f = *state;
    char *path = program_format("%s/many.csv", f->folder);
    FILE *out = fopen(path, "wb");
    fputs("label,arm,t,e\n", out);
    for (int i = 0; i < 60; i++)
        fprintf(out, "label%d,%d,%d,%d\n", i, i % 2, i + 1, i % 3 == 0);
    fclose(out);
    refused(f, RWE_EXIT_FAILED, "covariate \"label\"|60 different texts|no category",
            "%s --arm arm --endpoint os=t,e --covariates label", path);
    refused(f, RWE_EXIT_FAILED, "column \"label\" has 60 different values|is it the arm?",
            "%s --arm label --endpoint os=t,e", path);
    unlink(path);
    free(path);
}

/* ---- propensity models that do not exist ---- */

static void an_outcome_or_a_role_is_no_covariate(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_USAGE, "\"months\" cannot be a covariate|endpoint|after time zero",
            "%s --id id --arm arm --endpoint os=months,dead --covariates age,months --psm",
            f->cohort);
    refused(f, RWE_EXIT_USAGE, "\"arm\" cannot be a covariate|it is the arm",
            "%s --id id --arm arm --endpoint os=months,dead --covariates age,arm --psm", f->cohort);
}

static void more_times_than_are_told_are_refused(void **state)
{
    const struct fixture *f = *state;
    char times[65 * 4] = "1";
    for (int t = 2; t <= 65; t++)
        sprintf(times + strlen(times), ",%d", t);
    refused(f, RWE_EXIT_USAGE, "65 times; at most 64",
            "%s --arm arm --endpoint os=months,dead --km --times %s", f->cohort, times);
}

/* The propensity model goes without a covariate that says nothing new, and says which. */
static void left_out(const struct fixture *f, const struct change changes[], const char *more,
                     const char *says)
{
    write_cohort(f, changes);
    struct program_run run = program_run("%s %s%s --iptw --strict", f->cohort, arguments, more);
    assert_code(run, RWE_EXIT_WARNINGS);
    assert_says(run.out, says);
    program_clear(&run);
}

static void a_constant_covariate_is_left_out_and_named(void **state)
{
    left_out(*state, (struct change[]){{0, "age", "50"}, {0}}, "",
             "Propensity model: left out: \"age\" (one value only)");
    left_out(*state, (struct change[]){{0, "stage", "II"}, {0}}, "",
             "Propensity model: left out: \"stage\" (one value only)");
}

static void constant_covariates_alone_are_refused(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, (struct change[]){{0, "age", "50"}, {0}});
    refused(f, RWE_EXIT_FAILED, "every covariate has one value only",
            "%s --arm arm --endpoint os=months,dead --covariates age --psm", f->cohort);
}

static void collinear_covariates_are_left_out_and_named(void **state)
{
    struct change same[ROWS + 1] = {{0}};
    for (size_t i = 1; i <= ROWS; i++)
        same[i - 1] = (struct change){i, "kps", good[i][4]};
    left_out(*state, same, ",kps", "Propensity model: left out: \"kps\" (determined by \"age\")");
}

static void perfect_separation_is_named(void **state)
{
    struct change split[ROWS + 1] = {{0}};
    static const char *const ages[2] = {"40", "60"};
    for (size_t i = 1; i <= ROWS; i++)
        split[i - 1] = (struct change){i, "age", ages[i > 8]};
    refused_cohort(*state, split, "separation|\"age\"");
}

/* There the fit is Firth's, and the result stands. */
static void quasi_separation_is_named_in_a_warning(void **state)
{
    const struct fixture *f = *state;
    /* Stage IV only among the treated, all others in both arms. */
    write_cohort(f, (struct change[]){{4, "stage", "II"}, {6, "stage", "III"}, {0}});
    struct program_run run = program_run("%s %s --iptw --strict", f->cohort, arguments);
    assert_code(run, RWE_EXIT_WARNINGS);
    assert_says(run.out, "separation|\"stage=IV\"|Firth");
    program_clear(&run);
}

/* ---- adverse events ---- */

static char *write_events(const struct fixture *f, const char *rows)
{
    char *text = program_format("id,ae_term,ae_grade\n%s", rows);
    char *path = program_write_file(f->folder, "ae.csv", text);
    free(text);
    write_cohort(f, NULL);
    return path;
}

static void refused_events(const struct fixture *f, const char *rows, const char *words)
{
    char *path = write_events(f, rows);
    refused(f, RWE_EXIT_FAILED, words, "%s %s --ae %s", f->cohort, arguments, path);
    unlink(path);
    free(path);
}

static void a_grade_that_is_none_is_told(void **state)
{
    refused_events(*state, "p01,Nausea,2\np02,Nausea,7\n",
                   "ae.csv:3|\"ae_grade\"|\"7\"|1, 2, 3, 4 and 5");
    refused_events(*state, "p01,Nausea,2.5\n", "ae.csv:2|\"ae_grade\"|\"2.5\"");
    refused_events(*state, "p01,Nausea,3-4\n", "ae.csv:2|\"ae_grade\"|\"3-4\"");
    refused_events(*state, "p01,Nausea,high\n", "ae.csv:2|\"high\" is not a grade");
}

static void a_missing_term_is_told(void **state)
{
    refused_events(*state, "p01,Nausea,2\np02,,1\n", "ae.csv:3|\"ae_term\"|missing|name the event");
}

static void events_without_identifiers_are_refused(void **state)
{
    const struct fixture *f = *state;
    char *path = write_events(f, "p01,Nausea,2\n");
    refused(f, RWE_EXIT_USAGE, "identifier|--id COL",
            "%s --arm arm --endpoint os=months,dead --ae %s", f->cohort, path);
    refused(f, RWE_EXIT_USAGE, "ae.csv|\"ae_grad\"|--ae-columns|did you mean|ae_grade",
            "%s %s --ae %s --ae-columns id,ae_term,ae_grad", f->cohort, arguments, path);
    unlink(path);
    free(path);
}

static void events_of_strangers_are_counted_with_a_warning(void **state)
{
    const struct fixture *f = *state;
    char *path = write_events(f, "p01,Nausea,2\nq01,Nausea,3\nq02,Rash,1\n");
    struct program_facts facts = program_facts_of("%s %s --ae %s", f->cohort, arguments, path);
    json_t *warnings = json_object_get(facts.root, "warnings");
    char *text = json_dumps(warnings, 0);
    assert_says(text, "2 |toxicity");
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=0 term=Nausea level=any n"), 1,
        0);
    struct program_run strict = program_run("%s %s --ae %s --strict", f->cohort, arguments, path);
    assert_code(strict, RWE_EXIT_WARNINGS);
    program_clear(&strict);
    free(text);
    program_facts_clear(&facts);
    unlink(path);
    free(path);
}

/* ---- leaving rows out ---- */

static const struct change three_bad_rows[] = {
    {2, "months", "-6"}, {5, "months", "x"}, {6, "months", "x"}, {0}};

static void dropped_rows_are_counted_by_reason_in_every_format(void **state)
{
    const struct fixture *f = *state;
    static const char *const formats[] = {"text", "json", "csv", "md", "html"};
    write_cohort(f, three_bad_rows);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct program_run run = program_run("%s %s --on-error drop --format %s --no-provenance",
                                             f->cohort, arguments, formats[i]);
        assert_code(run, RWE_EXIT_DONE);
        assert_says(run.out, "months: negative|months: not a number");
        assert_says(run.err, "cohort.csv:3|line 6: |line 7: ");
        program_clear(&run);
    }
    struct program_facts facts = program_facts_of("%s %s --on-error drop", f->cohort, arguments);
    assert_close(program_facts_number(&facts, "cohort n"), ROWS - 3, 0);
    assert_close(program_facts_number(&facts, "cohort n.rows"), ROWS, 0);
    assert_close(program_facts_number(&facts, "cohort term=months: negative n.excluded"), 1, 0);
    assert_close(program_facts_number(&facts, "cohort term=months: not a number n.excluded"), 2, 0);
    assert_close(program_facts_number(&facts, "km endpoint=os population=all group=0 n"), 5, 0);
    program_facts_clear(&facts);
}

static void rows_left_out_are_listed_only_on_request(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, three_bad_rows);
    struct program_run plain =
        program_run("%s %s --on-error drop --no-provenance", f->cohort, arguments);
    struct program_run listed =
        program_run("%s %s --on-error drop --list-excluded --no-provenance", f->cohort, arguments);
    assert_code(plain, RWE_EXIT_DONE);
    assert_code(listed, RWE_EXIT_DONE);
    assert_null(strstr(plain.out, "p02"));
    assert_says(listed.out, "p02|p05|p06");
    program_clear(&plain);
    program_clear(&listed);
}

static void dropping_an_arm_away_is_told(void **state)
{
    const struct fixture *f = *state;
    struct change gone[9] = {{0}};
    for (size_t i = 0; i < 8; i++)
        gone[i] = (struct change){i + 1, "months", ""};
    write_cohort(f, gone);
    refused(f, RWE_EXIT_FAILED, "column \"arm\"|one arm only|\"1\"", "%s %s --on-error drop",
            f->cohort, arguments);
}

/* ---- options ---- */

static void an_unknown_option_gets_a_suggestion(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    refused(f, RWE_EXIT_USAGE, "--endpiont|did you mean --endpoint?",
            "%s --arm arm --endpiont os=months,dead", f->cohort);
    refused(f, RWE_EXIT_USAGE, "--qqqqqq|--help", "%s --qqqqqq", f->cohort);
    refused(f, RWE_EXIT_USAGE, "-x|--help", "%s -x", f->cohort);
}

static void an_option_cut_too_short_is_told_with_what_it_could_be(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_USAGE, "--co|--control|--covariates|--conf-level", "%s --co 1", f->cohort);
}

static void an_argument_too_many_or_too_few_is_told(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_USAGE, "--km takes no argument", "%s %s --km=3", f->cohort, arguments);
    struct program_run run = program_run("%s %s --arm", f->cohort, arguments);
    assert_code(run, RWE_EXIT_USAGE);
    assert_says(run.err, "--arm needs an argument");
    program_clear(&run);
}

static void a_wrong_number_is_told_with_its_range(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    refused(f, RWE_EXIT_USAGE, "--caliper -1|must be between", "%s %s --psm --caliper -1",
            f->cohort, arguments);
    refused(f, RWE_EXIT_USAGE, "--caliper abc|not a number", "%s %s --psm --caliper abc", f->cohort,
            arguments);
    refused(f, RWE_EXIT_USAGE, "--conf-level 95|between", "%s %s --conf-level 95", f->cohort,
            arguments);
    refused(f, RWE_EXIT_USAGE, "--times x|not a number", "%s %s --times 1,x", f->cohort, arguments);
    refused(f, RWE_EXIT_USAGE, "--threads 0|between", "%s %s --threads 0", f->cohort, arguments);
    refused(f, RWE_EXIT_USAGE, "--seed 1.5|whole number", "%s %s --seed 1.5", f->cohort, arguments);
    refused(f, RWE_EXIT_USAGE, "--ties exakt|efron|breslow", "%s %s --ties exakt", f->cohort,
            arguments);
}

static void an_endpoint_of_wrong_form_is_told_with_an_example(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_USAGE, "--endpoint os=months|NAME=TIME,EVENT|as in",
            "%s --arm arm --endpoint os=months", f->cohort);
    refused(f, RWE_EXIT_USAGE, "\"os\" is declared twice",
            "%s --arm arm --endpoint os=months,dead --endpoint OS=kps,dead", f->cohort);
}

static void no_file_and_two_files_are_told(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_USAGE, "which file?", "--arm arm");
    refused(f, RWE_EXIT_USAGE, "one cohort file|other.csv", "%s other.csv", f->cohort);
}

static void a_file_of_other_columns_is_told_that_a_study_was_assumed(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_USAGE, "usubjid|--arm|--endpoint|built-in study", "%s", f->cohort);
}

static void strict_makes_warnings_an_exit_code(void **state)
{
    (void)state;
    struct program_run loose = program_run("sample_data/cohort.csv --km");
    struct program_run strict = program_run("sample_data/cohort.csv --km --strict");
    assert_code(loose, RWE_EXIT_DONE); /* with a warning of immortal time */
    assert_code(strict, RWE_EXIT_WARNINGS);
    assert_string_equal(strict.out + strcspn(strict.out, "\n"),
                        loose.out + strcspn(loose.out, "\n"));
    program_clear(&loose);
    program_clear(&strict);
}

/* ---- study files ---- */

static void refused_study(const struct fixture *f, const char *text, const char *words)
{
    char *path = program_write_file(f->folder, "study.yaml", text);
    write_cohort(f, NULL);
    refused(f, RWE_EXIT_USAGE, words, "%s --study %s", f->cohort, path);
    unlink(path);
    free(path);
}

static void a_wrong_study_file_is_told_with_its_line(void **state)
{
    refused_study(*state, "id: id\narms: arm\n",
                  "study.yaml:2|unknown key \"arms\"|did you mean \"arm\"?");
    refused_study(*state, "id: id\narm: arm\nendpoint:\n  - {name: os, time: months}\n",
                  "study.yaml:|event");
    refused_study(*state, "id: id\n\narm: [a, b]\n", "study.yaml:3");
    refused_study(*state, "id: id\narm: arm\nkm: perhaps\n", "study.yaml:3|km|\"perhaps\"|true");
    refused_study(*state, "id: id\n# a remark\ncaliper: wide\n",
                  "study.yaml:3|caliper|wide|not a number");
    refused_study(*state, "id: id\nconf-level: 95\n", "study.yaml:2|conf-level|between");
    refused_study(*state, "id: id\n  arm: arm\n", "study.yaml:2|mapping");
    refused_study(*state, "id: id\noutput: here.txt\n",
                  "study.yaml:2|output|no file to write|--output");
    refused_study(*state, "just a sentence", "study.yaml:");
}

static void a_study_file_that_is_none_is_told(void **state)
{
    const struct fixture *f = *state;
    refused(f, RWE_EXIT_FAILED, "nowhere.yaml|No such file", "%s --study nowhere.yaml", f->cohort);
    char *path = program_write_file(f->folder, "study.yaml", "");
    struct program_run run = program_run("%s --study %s", f->cohort, path);
    assert_int_not_equal(run.code, RWE_EXIT_DONE);
    assert_true(strlen(run.err) > 20);
    program_clear(&run);
    unlink(path);
    free(path);
}

/* ---- where results go ---- */

static void an_output_that_cannot_be_written_is_told(void **state)
{
    const struct fixture *f = *state;
    write_cohort(f, NULL);
    char *nowhere = program_format("%s/no/such/folder/out.json", f->folder);
    const struct {
        const char *path, *words;
    } cases[] = {
        {nowhere, "no/such/folder/out.json|No such file or directory"},
        {f->folder, "is a folder that holds other things"},
        {"/dev/full", "/dev/full|No space left on device"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_run run =
            program_run("%s %s --output %s", f->cohort, arguments, cases[i].path);
        assert_code(run, RWE_EXIT_FAILED);
        assert_says(run.err, cases[i].words);
        program_clear(&run);
    }
    struct program_run run =
        program_run("%s %s --psm --caliper 5 --export-matched /dev/full", f->cohort, arguments);
    assert_code(run, RWE_EXIT_FAILED);
    assert_says(run.err, "/dev/full|No space left on device");
    assert_string_equal(run.out, "");
    program_clear(&run);
    free(nowhere);
}

static void a_full_standard_output_is_told(void **state)
{
    (void)state;
    static const char *const wishes[] = {"--help", "--version", "--print=man", "--print=study"};
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        char name[] = "rwe-analyze";
        char *wish = strdup(wishes[i]), *text = NULL;
        size_t size;
        char *argv[] = {name, wish, NULL};
        FILE *out = fopen("/dev/full", "w"), *err = open_memstream(&text, &size);
        assert_int_equal(rwe_cli_main(2, argv, out, err), RWE_EXIT_FAILED);
        fclose(err);
        fclose(out);
        assert_says(text, "standard output|No space left");
        free(text);
        free(wish);
    }
}

/* A test in a folder of its own. */
#define PATIENTS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* The first variable that is set decides, and --lang before all of them. */
static void messages_are_in_the_language_of_the_environment_or_of_lang(void **state)
{
    const struct fixture *f = *state;
    static const char *const cases[][4] = {
        {"zh_CN.UTF-8", "", "", "不是数值"},           {"", "zh_CN", "C", "不是数值"},
        {"C", "zh_CN", "zh_CN", "is not a number"},    {"", "", "de_DE.UTF-8", "is not a number"},
        {"zh_CN", "", "--lang en", "is not a number"}, {"C", "", "--lang=zh", "不是数值"},
    };
    write_cohort(f, (struct change[]){{2, "months", "4o"}, {0}});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_option = cases[i][2][0] == '-';
        setenv("LC_ALL", cases[i][0], 1);
        setenv("LC_MESSAGES", cases[i][1], 1);
        setenv("LANG", is_option ? "" : cases[i][2], 1);
        struct program_run run =
            program_run("%s %s --km %s", f->cohort, arguments, is_option ? cases[i][2] : "");
        if (strstr(run.err, cases[i][3]) == NULL)
            fail_msg("case %zu: %s", i, run.err);
        program_clear(&run);
    }
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    unsetenv("LANG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATIENTS(the_cohort_unchanged_is_accepted),
        PATIENTS(no_file_is_told_by_name),
        PATIENTS(a_folder_is_no_file),
        PATIENTS(an_empty_file_is_told),
        PATIENTS(a_header_alone_is_told),
        PATIENTS(binary_junk_is_told),
        PATIENTS(a_workbook_cut_short_is_told),
        PATIENTS(zero_bytes_are_told_with_their_line),
        PATIENTS(a_line_of_a_gigabyte_is_refused_in_bounded_memory),
        PATIENTS(two_columns_of_one_name_are_told),
        PATIENTS(a_row_with_too_few_cells_is_told),
        PATIENTS(an_unknown_column_gets_a_suggestion),
        PATIENTS(a_negative_time_is_told_with_its_place),
        PATIENTS(a_missing_time_is_told_with_its_place),
        PATIENTS(a_time_that_is_text_is_told_with_its_place),
        PATIENTS(every_fault_of_a_file_is_told_at_once),
        PATIENTS(an_event_of_another_coding_is_told),
        PATIENTS(one_arm_only_is_told),
        PATIENTS(an_arm_that_does_not_occur_is_told),
        PATIENTS(no_event_at_all_is_told),
        PATIENTS(nothing_but_events_must_be_said),
        PATIENTS(a_duplicate_identifier_is_told_with_both_lines),
        PATIENTS(a_missing_identifier_is_told),
        PATIENTS(a_covariate_of_identifiers_is_told),
        PATIENTS(an_outcome_or_a_role_is_no_covariate),
        PATIENTS(more_times_than_are_told_are_refused),
        PATIENTS(a_constant_covariate_is_left_out_and_named),
        PATIENTS(constant_covariates_alone_are_refused),
        PATIENTS(collinear_covariates_are_left_out_and_named),
        PATIENTS(perfect_separation_is_named),
        PATIENTS(quasi_separation_is_named_in_a_warning),
        PATIENTS(a_grade_that_is_none_is_told),
        PATIENTS(a_missing_term_is_told),
        PATIENTS(events_without_identifiers_are_refused),
        PATIENTS(events_of_strangers_are_counted_with_a_warning),
        PATIENTS(dropped_rows_are_counted_by_reason_in_every_format),
        PATIENTS(rows_left_out_are_listed_only_on_request),
        PATIENTS(dropping_an_arm_away_is_told),
        PATIENTS(an_unknown_option_gets_a_suggestion),
        PATIENTS(an_option_cut_too_short_is_told_with_what_it_could_be),
        PATIENTS(an_argument_too_many_or_too_few_is_told),
        PATIENTS(a_wrong_number_is_told_with_its_range),
        PATIENTS(an_endpoint_of_wrong_form_is_told_with_an_example),
        PATIENTS(no_file_and_two_files_are_told),
        PATIENTS(a_file_of_other_columns_is_told_that_a_study_was_assumed),
        PATIENTS(strict_makes_warnings_an_exit_code),
        PATIENTS(a_wrong_study_file_is_told_with_its_line),
        PATIENTS(a_study_file_that_is_none_is_told),
        PATIENTS(an_output_that_cannot_be_written_is_told),
        PATIENTS(a_full_standard_output_is_told),
        PATIENTS(messages_are_in_the_language_of_the_environment_or_of_lang),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
