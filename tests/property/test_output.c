/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where results go: what --output, --format and --style do to the whole program, and what becomes of
 * half-written results. */
#include "program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COHORT "sample_data/cohort.csv --ae sample_data/ae.csv"

struct fixture {
    char *folder, *path;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    f->path = program_format("%s/out", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    free(f->path);
    free(f);
    return 0;
}

/* Runs and must end with that code; what it said on standard error, to be freed. */
static char *run_to(int code, const char *arguments)
{
    struct program_run run = program_run("%s", arguments);
    assert_code(run, code);
    char *said = strdup(run.err);
    program_clear(&run);
    return said;
}

static void assert_begins(const char *path, const char *start)
{
    char *text = program_read_file(path, NULL);
    assert_non_null(text);
    assert_memory_equal(text, start, strlen(start));
    free(text);
}

static void the_ending_decides_the_format(void **state)
{
    static const char *const endings[][2] = {
        {"a.html", "<!DOCTYPE html>"},
        {"a.htm", "<!DOCTYPE html>"},
        {"a.json", "{\n\"rwe\""},
        {"a.csv", "analysis,"},
        {"a.md", "# "},
        {"a.tex", "% Compile"},
        {"a.txt", "Lung-metas"},
        {"a.HTML", "<!DOCTYPE html>"},
        {"a.b.json", "{\n\"rwe\""},
    };
    const struct fixture *f = *state;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *path = program_format("%s/%s", f->folder, endings[i][0]);
        char *line = program_format("%s --km --output %s", COHORT, path);
        free(run_to(0, line));
        assert_begins(path, endings[i][1]);
        free(line);
        free(path);
    }
}

static void an_ending_of_no_format_is_refused_before_any_work(void **state)
{
    static const char *const names[] = {"a.zzz", "a.rtf", "a.json.gz", "a."};
    const struct fixture *f = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = program_format("%s/%s", f->folder, names[i]);
        char *line = program_format("no-such-cohort.csv --km --output %s", path);
        char *said = run_to(2, line);
        assert_non_null(strstr(said, ".html, .htm, .md, .tex, .txt, .json, .csv"));
        assert_int_equal(access(path, F_OK), -1);
        free(said);
        free(line);
        line = program_format("%s --km --format text --output %s", COHORT, path);
        free(run_to(0, line));
        assert_begins(path, "Lung-metas");
        free(line);
        free(path);
    }
}

static void a_name_without_an_ending_is_a_folder_unless_a_format_is_given(void **state)
{
    const struct fixture *f = *state;
    char *file = program_format("%s --km --format md --output %s", COHORT, f->path);
    free(run_to(0, file));
    assert_begins(f->path, "# ");
    char *again = program_format("%s --km --output %s", COHORT, f->path);
    free(run_to(0, again)); /* a file of that name is there: it is replaced */
    assert_begins(f->path, "Lung-metas");
    unlink(f->path);
    char *said = run_to(0, again);
    assert_says(said, "files written to|out");
    char *report = program_format("%s/report.tex", f->path);
    assert_begins(report, "% Compile");
    free(report);
    free(said);
    free(again);
    free(file);
}

static void a_slash_and_a_folder_that_is_there_are_folders(void **state)
{
    const struct fixture *f = *state;
    char *dotted = program_format("%s/a.html/", f->folder),
         *empty = program_format("%s/b.d", f->folder);
    assert_int_equal(mkdir(empty, 0777), 0);
    const char *const paths[] = {dotted, empty};
    for (size_t i = 0; i < 2; i++) {
        char *line = program_format("%s --km --quiet --output %s", COHORT, paths[i]);
        char *said = run_to(0, line);
        assert_string_equal(said, "");
        char *manifest = program_format("%s/manifest.json", paths[i]);
        assert_begins(manifest, "{");
        free(manifest);
        free(said);
        free(line);
    }
    free(dotted);
    free(empty);
}

static void contradictions_are_wrong_usage(void **state)
{
    const struct fixture *f = *state;
    char *lines[] = {
        program_format("%s --km --format json --output %s/", COHORT, f->path),
        program_format("%s --km --format json --output %s", COHORT, f->folder),
        program_format("%s --km --overwrite --output %s.json", COHORT, f->path),
        program_format("%s --km --overwrite", COHORT),
        program_format("%s --km --style bmj", COHORT),
    };
    static const char *const words[] = {"out/ is a folder|--format", "is a folder|--format",
                                        "--overwrite is for a folder",
                                        "--overwrite is for a folder", "bmj|plain|lancet"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *said = run_to(2, lines[i]);
        assert_says(said, words[i]);
        free(said);
        free(lines[i]);
    }
    assert_int_equal(program_count_files(f->folder), 0);
}

/* The cohort is not there, but it is not even looked for. */
static void what_is_in_the_way_is_told_before_the_work(void **state)
{
    const struct fixture *f = *state;
    char *nowhere = program_format("no.csv --km --output %s/no/report.html", f->folder);
    char *told = run_to(1, nowhere);
    assert_says(told, "no/report.html: No such file or directory");
    free(told);
    free(nowhere);
    free(program_write_file(f->folder, "thesis.docx", "x"));
    char *line = program_format("no.csv --km --output %s", f->folder);
    char *overwrite = program_format("no.csv --km --overwrite --output %s", f->folder);
    const char *const lines[] = {line, overwrite};
    for (size_t i = 0; i < 2; i++) {
        char *said = run_to(1, lines[i]);
        assert_says(said, "holds other things");
        free(said);
    }
    assert_int_equal(program_count_files(f->folder), 1);
    free(line);
    free(overwrite);
}

static void two_runs_write_the_same_bytes(void **state)
{
    const struct fixture *f = *state;
    char *line = program_format("%s --threads 1 --output %s", COHORT, f->path);
    char *again = program_format("%s --threads 2 --output %s --overwrite", COHORT, f->path);
    char *path = program_format("%s/manifest.json", f->path);
    free(run_to(0, line));
    char *first = program_read_file(path, NULL);
    char *refused = run_to(1, line);
    assert_says(refused, "holds a report already|--overwrite");
    free(run_to(0, again));
    char *second = program_read_file(path, NULL);
    assert_string_equal(first, second); /* with the hash of every file */
    assert_int_equal(program_count_files(f->folder), 1);
    free(first);
    free(second);
    free(refused);
    free(path);
    free(again);
    free(line);
}

static void a_style_changes_words_and_no_fact(void **state)
{
    static const char *const styles[] = {"plain", "nejm", "jama", "lancet", "cn"};
    static const char *const formats[] = {"json", "csv", "text", "md", "html", "latex"};
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct program_run none =
            program_run(COHORT " --km --psm --no-provenance --format %s", formats[i]);
        for (size_t j = 0; j < sizeof styles / sizeof *styles; j++) {
            struct program_run run = program_run(
                COHORT " --km --psm --no-provenance --format %s --style %s", formats[i], styles[j]);
            assert_int_equal(strcmp(run.out, none.out) == 0, i < 2 || j == 0);
            program_clear(&run);
        }
        program_clear(&none);
    }
}

static void the_study_file_may_name_a_style(void **state)
{
    const struct fixture *f = *state;
    char *study = program_write_file(f->folder, "study.yaml",
                                     "arm: arm\nendpoint:\n  - {name: os, time: t, event: e}\n"
                                     "logrank: true\nstyle: lancet\n");
    char *cohort = program_write_file(f->folder, "cohort.csv",
                                      "arm,t,e\n0,1,1\n0,2,1\n0,3,0\n1,2,1\n1,4,1\n1,5,0\n");
    struct program_run run = program_run("%s --study %s --format text", cohort, study);
    assert_code(run, 0);
    assert_says(run.out, "0·");
    program_clear(&run);
    run = program_run("%s --study %s --format text --style jama", cohort, study);
    assert_null(strstr(run.out, "0·")); /* the command line is stronger */
    program_clear(&run);
    free(cohort);
    free(study);
}

/* ---- the program itself, in a process of its own ---- */

/* Runs the built program under a limit on the size of files (0: none), its standard output closed at
 * the other end if `closed`; its exit code, and what it said in `said`. */
static int run_binary(const char *arguments, rlim_t limit, bool closed, char said[1000])
{
    int out[2], err[2], status = 0;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    close(closed ? out[0] : -1);
    pid_t id = fork();
    assert_true(id >= 0);
    if (id == 0) {
        char *line = program_format("exec %s %s", getenv("RWE_BINARY"), arguments);
        const struct rlimit size = {limit, limit};
        if (limit > 0)
            setrlimit(RLIMIT_FSIZE, &size);
        signal(SIGPIPE, SIG_DFL);
        dup2(closed ? out[1] : STDOUT_FILENO, STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(err[0]);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    if (!closed)
        close(out[0]);
    size_t n = 0;
    for (ssize_t got; (got = read(err[0], said + n, 999 - n)) > 0;)
        n += (size_t)got;
    said[n] = '\0';
    close(err[0]);
    assert_int_equal(waitpid(id, &status, 0), id);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_closed_pipe_is_told(void **state)
{
    char said[1000];
    (void)state;
    if (getenv("RWE_BINARY") == NULL)
        skip();
    static const char *const lines[] = {COHORT " --km --quiet", COHORT " --format json --quiet",
                                        "--help", "--print man"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run_binary(lines[i], 0, true, said), 1);
        assert_says(said, "rwe-analyze: cannot write|Broken pipe");
    }
}

static void a_disk_that_is_full_leaves_what_was_there(void **state)
{
    const struct fixture *f = *state;
    char said[1000];
    if (getenv("RWE_BINARY") == NULL)
        skip();
    /* SVG alone: what fontconfig keeps would count as lost under the sanitizer. */
    char *file = program_format("%s --km --quiet --output %s.html", COHORT, f->path);
    char *pack =
        program_format("%s --km --quiet --figures svg --overwrite --output %s/", COHORT, f->path);
    char *manifest = program_format("%s/manifest.json", f->path);
    assert_int_equal(run_binary(pack, 8192, false, said), 1);
    assert_says(said, "out/|File too large");
    assert_int_equal(run_binary(file, 8192, false, said), 1);
    assert_says(said, "out.html: File too large");
    assert_int_equal(program_count_files(f->folder), 0);
    assert_int_equal(run_binary(pack, 0, false, said), 0);
    char *before = program_read_file(manifest, NULL);
    assert_int_equal(run_binary(pack, 8192, false, said), 1);
    char *after = program_read_file(manifest, NULL);
    assert_string_equal(after, before);
    assert_int_equal(program_count_files(f->folder), 1);
    free(before);
    free(after);
    free(manifest);
    free(pack);
    free(file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_ending_decides_the_format),
        TEST(an_ending_of_no_format_is_refused_before_any_work),
        TEST(a_name_without_an_ending_is_a_folder_unless_a_format_is_given),
        TEST(a_slash_and_a_folder_that_is_there_are_folders),
        TEST(contradictions_are_wrong_usage),
        TEST(what_is_in_the_way_is_told_before_the_work),
        TEST(two_runs_write_the_same_bytes),
        TEST(a_style_changes_words_and_no_fact),
        TEST(the_study_file_may_name_a_style),
        TEST(a_closed_pipe_is_told),
        TEST(a_disk_that_is_full_leaves_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
