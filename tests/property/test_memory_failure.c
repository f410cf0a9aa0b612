/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every allocation is made to fail, one after the other, through the whole main job: each time the
 * program says that memory is out, or it did without and the output is right to the byte. It never
 * crashes, leaves no file behind and gives all memory back. (The pattern is rax-oom-test.c of
 * antirez/rax.)
 *
 * malloc and its kin are replaced by ones that count, so that the libraries' allocations fail too.
 * The sanitizers replace them as well, and two cannot: under them only the run without failure is
 * checked, for leaks.
 */
#include "cli.h"
#include "program.h"
#include "rwe.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CAN_FAIL 1
#else
#define CAN_FAIL 0
#endif

/* Allocations until one fails; negative: none does. How many have failed, and blocks are in use. */
static atomic_long countdown = -1;
static atomic_long refused, in_use;
static atomic_bool fail_all_later;

#if CAN_FAIL
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

static bool refuses(void)
{
    if (atomic_load(&countdown) < 0)
        return false;
    if (atomic_fetch_sub(&countdown, 1) > 0)
        return false;
    if (atomic_load(&fail_all_later))
        atomic_store(&countdown, 0);
    atomic_fetch_add(&refused, 1);
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&in_use, 1);
    return block;
}

void *malloc(size_t size)
{
    return refuses() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return refuses() ? NULL : counted(__libc_calloc(n, size));
}

void *realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    return refuses() ? NULL : __libc_realloc(block, size);
}

void free(void *block)
{
    if (block != NULL)
        atomic_fetch_sub(&in_use, 1);
    __libc_free(block);
}
#endif

/* ---- a small cohort ---- */

struct fixture {
    char *folder, *cohort, *events, *study, *output, *said;
};

/* The first lines of a file. */
static char *copy_lines(const char *from, const char *folder, const char *name, int lines)
{
    char *text = program_read_file(from, NULL), *end = text;
    for (int i = 0; i < lines; i++)
        end = strchr(end, '\n') + 1;
    *end = '\0';
    char *path = program_write_file(folder, name, text);
    free(text);
    return path;
}

static int set_up(void **state)
{
    static struct fixture f;
    static const char study[] = "id: usubjid\narm: arm\ntime-unit: months\n"
                                "endpoint:\n  - {name: pfs, time: pfs_mo, event: pfs_event}\n"
                                "  - {name: os, time: os_mo, event: os_event, value: [1]}\n"
                                "exposure-start: rt_start_mo\n"
                                "covariates: [age, sex, alb]\nstrata: [sex]\nkm: true\n"
                                "times: [6, 12]\npsm: nearest\ncaliper: 1\n"
                                "response: true\nresponse-column: resp_m3\n"
                                "validate: true\nflow: true\ncutoff: 2025-06-30\n"
                                "treatment: true\ntreatment-columns: [rt_site, bed10]\n"
                                "failure: true\nfailure-column: pd_site\n"
                                "disposition: true\nltfu-column: ltfu\nend-column: pd_type\n"
                                "summary: true\nsensitivity: true\nleave-one-out: sex\n"
                                "eligibility:\n  - {name: adult, keep: age >= 18 and sex != X}\n";
    gsl_set_error_handler_off();
    f.folder = program_new_folder();
    f.cohort = copy_lines("sample_data/cohort.csv", f.folder, "cohort.csv", 41);
    f.events = copy_lines("sample_data/ae.csv", f.folder, "ae.csv", 121);
    f.study = program_write_file(f.folder, "study.yaml", study);
    f.output = program_format("%s/output", f.folder);
    f.said = program_format("%s/said", f.folder);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    free(f->cohort);
    free(f->events);
    free(f->study);
    free(f->output);
    free(f->said);
    return 0;
}

/* ---- one run ---- */

enum { ARGUMENTS = 9, FILES = 4 }; /* cohort, events, study, said */

/* More allocations than a run makes. */
#define PLENTY (1L << 40)

/* What was left of the countdown after the last run. */
static long last_left;

/* The job with the n-th allocation failing (negative: none). Nothing of the test's own allocates
 * meanwhile: standard error goes to a file through a buffer of ours. */
static int run(const struct fixture *f, const char *const options[2], long n)
{
    static char words[ARGUMENTS][256], buffer[1 << 16];
    const char *const text[ARGUMENTS] = {"rwe-analyze", f->cohort,  "--study", f->study,  "--ae",
                                         f->events,     "--output", f->output, options[0]};
    char *argv[ARGUMENTS + 2] = {NULL};
    for (int i = 0; i < ARGUMENTS; i++) {
        snprintf(words[i], sizeof words[i], "%s", text[i]);
        argv[i] = words[i];
    }
    static char last[64];
    snprintf(last, sizeof last, "%s", options[1]);
    argv[ARGUMENTS] = last;
    FILE *err = fopen(f->said, "wb");
    setvbuf(err, buffer, _IOFBF, sizeof buffer);
    atomic_store(&countdown, n);
    int code = rwe_cli_main(ARGUMENTS + 1, argv, err, err);
    last_left = atomic_exchange(&countdown, -1);
    fclose(err);
    return code;
}

/* What tells whether an output is right: the file, or the manifest of a folder, which has the hash of
 * every file in it. NULL when there is none. */
static char *read_output(const struct fixture *f)
{
    struct stat info;
    if (stat(f->output, &info) != 0)
        return NULL;
    char *path = program_format("%s%s", f->output, S_ISDIR(info.st_mode) ? "/manifest.json" : "");
    char *text = program_read_file(path, NULL);
    free(path);
    return text;
}

static void remove_output(const struct fixture *f)
{
    if (unlink(f->output) != 0)
        program_remove_folder(strdup(f->output));
}

static void check_failure(const struct fixture *f, int code, long n)
{
    char *said = program_read_file(f->said, NULL);
    if (code != RWE_EXIT_FAILED || strstr(said, "memory") == NULL)
        fail_msg("allocation %ld failed: exit code %d, \"%s\"", n, code, said);
    if (access(f->output, F_OK) == 0)
        fail_msg("allocation %ld failed: an output was written all the same", n);
    free(said);
}

static void check_success(const struct fixture *f, const char *expected, long n)
{
    char *output = read_output(f);
    if (output == NULL || strcmp(output, expected) != 0)
        fail_msg("allocation %ld failed without a word, but the output is another", n);
    free(output);
}

static int run_counted(const struct fixture *f, const char *const options[2], long n, long *lost)
{
    remove_output(f);
    atomic_store(&refused, 0);
    long before = atomic_load(&in_use);
    int code = run(f, options, n);
    *lost = atomic_load(&in_use) - before;
    return code;
}

/* Lets allocation `first` fail, then that `step` later, … until none is left. */
static void check_some(const struct fixture *f, long first, long step, const char *const options[2],
                       bool all_later)
{
    remove_output(f);
    assert_int_equal(run(f, options, -1), RWE_EXIT_DONE); /* libraries keep what they set up */
    char *expected = read_output(f);
    assert_true(strlen(expected) > 1000);
    atomic_store(&fail_all_later, all_later);
    long n = first, failures = 0;
    for (bool any = CAN_FAIL; any; n += step) {
        long lost;
        int code = run_counted(f, options, n, &lost);
        if (lost > 0)
            fail_msg("allocation %ld failed: %ld blocks are lost", n, lost);
        any = atomic_load(&refused) > 0;
        if (code == RWE_EXIT_DONE)
            check_success(f, expected, n);
        else
            check_failure(f, code, n);
        failures += code != RWE_EXIT_DONE;
        assert_int_equal(program_count_files(f->folder), FILES + (code == RWE_EXIT_DONE));
    }
    assert_true(!CAN_FAIL || (n > 100 && failures > 50));
    free(expected);
}

/* How many allocations a run makes. */
static long count_allocations(const struct fixture *f, const char *const options[2])
{
    remove_output(f);
    assert_int_equal(run(f, options, PLENTY), RWE_EXIT_DONE);
    return PLENTY - last_left;
}

static void check_all(const struct fixture *f, const char *const options[2], bool all_later)
{
    check_some(f, 0, 1, options, all_later);
}

/* The job before is that of the other formats: each begins at another allocation, so that together they miss
 * none. Then each of the last hundred, with which the output is written. */
static void check_writing(const struct fixture *f, const char *const options[2], long first,
                          bool all_later)
{
    check_some(f, first, 7, options, all_later);
    check_some(f, count_allocations(f, options) - 100, 1, options, all_later);
}

static const char *const json[] = {"--format=json", "--threads=1"};
static const char *const html[] = {"--format=html", "--threads=2"};
static const char *const markdown[] = {"--format=md", "--list-excluded"};
static const char *const csv[] = {"--format=csv", "--on-error=drop"};
static const char *const text[] = {"--format=text", "--fisher"};
static const char *const latex[] = {"--format=latex", "--style=lancet"};
static const char *const shortest[] = {"--format=csv", "--style=jama"};
/* SVG alone: cairo and pango end the program, or keep blocks, when memory is out. */
static const char *const pack[] = {"--figures=svg", "--threads=2"};

static void an_allocation_that_fails_once_is_told_or_done_without(void **state)
{
    check_all(*state, json, false);
    check_writing(*state, html, 1, false);
    check_writing(*state, text, 2, false);
    check_writing(*state, markdown, 3, false);
    check_writing(*state, csv, 4, false);
    check_writing(*state, latex, 5, false);
}

/* A pack is made after the job, whose own allocations fail in the other tests: here some of those fail that
 * it has more than the shortest output, and of a hundred before. */
static void a_folder_is_whole_or_not_there_when_memory_is_out(void **state)
{
    long before = count_allocations(*state, shortest) - 100;
    check_some(*state, before, 29, pack, false);
    check_some(*state, before, 61, pack, true);
}

static void memory_that_is_out_for_good_is_told(void **state)
{
    check_all(*state, json, true);
    check_writing(*state, html, 1, true);
    check_writing(*state, text, 4, true);
}

/* ---- the library ---- */

/* Asks a session as in a host program, with the n-th allocation failing (negative: none). Its report, which
 * the caller frees; NULL when it failed, which it must have said. */
static char *ask_session(const struct fixture *f, long n)
{
    char *copy = NULL;
    atomic_store(&countdown, n);
    struct rwe_session *session = rwe_session_new();
    enum rwe_status status = RWE_NO_MEMORY;
    if (session != NULL)
        status = rwe_session_set_cohort(session, f->cohort);
    if (status == RWE_OK)
        status = rwe_session_add_numbers(session, "other", "x", (double[]){1, 2}, 2);
    if (status == RWE_OK)
        status = rwe_session_add_texts(session, "other", "y", (const char *[]){"a", NULL}, 2);
    if (status == RWE_OK)
        status = rwe_session_set(session, "study", f->study);
    if (status == RWE_OK)
        status = rwe_session_set(session, "km", NULL);
    if (status == RWE_OK)
        status = rwe_session_set(session, "threads", "1");
    if (status == RWE_OK)
        status = rwe_session_run(session);
    const char *report = status == RWE_OK ? rwe_session_render(session, "json", NULL) : NULL;
    last_left = atomic_exchange(&countdown, -1);
    if (report != NULL)
        copy = strdup(report);
    else if (session != NULL)
        assert_says(rwe_session_error(session), "memory");
    rwe_session_free(session);
    return copy;
}

/* The job in the middle is that of the command line, so that there every seventh will do. */
static void a_session_says_that_memory_is_out(void **state)
{
    const struct fixture *f = *state;
    free(ask_session(f, -1)); /* libraries keep what they set up */
    char *expected = ask_session(f, PLENTY);
    long n = 0, all = PLENTY - last_left;
    assert_non_null(expected);
    atomic_store(&fail_all_later, false);
    for (bool any = CAN_FAIL; any;) {
        atomic_store(&refused, 0);
        long before = atomic_load(&in_use);
        char *report = ask_session(f, n);
        any = atomic_load(&refused) > 0;
        if (report != NULL)
            assert_string_equal(report, expected);
        free(report);
        if (atomic_load(&in_use) != before)
            fail_msg("allocation %ld failed: %ld blocks are lost", n,
                     atomic_load(&in_use) - before);
        n += n < 200 || n > all - 200 ? 1 : 7;
    }
    assert_true(!CAN_FAIL || n > 50);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_that_fails_once_is_told_or_done_without),
        cmocka_unit_test(memory_that_is_out_for_good_is_told),
        cmocka_unit_test(a_folder_is_whole_or_not_there_when_memory_is_out),
        cmocka_unit_test(a_session_says_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
