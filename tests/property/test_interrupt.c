/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long work tells on a terminal how far it is and nowhere else, and a signal that ends the program leaves nothing: no
 * line on the terminal, no file or folder, no process. */
#include "program.h"

#include "cli.h"
#include "workbook.h"
#include <dirent.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct fixture {
    char *folder;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    free(f);
    return 0;
}

/* ---- the line ---- */

/* What has come to the terminal since it was last asked; the text is static. */
static const char *seen(int master)
{
    static char text[4096];
    size_t n = 0;
    struct pollfd wait = {master, POLLIN, 0};
    while (n + 1 < sizeof text && poll(&wait, 1, 100) > 0 && (wait.revents & POLLIN) != 0) {
        ssize_t got = read(master, text + n, sizeof text - 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    text[n] = '\0';
    return text;
}

static void a_bar_shows_what_takes_over_a_second_and_is_gone_at_the_end(void **state)
{
    int master, slave;
    struct rwe_cli cli = {0};
    struct rwe_error error = {0};
    const struct winsize size = {24, 80, 0, 0};
    (void)state;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
    cli.err = fdopen(slave, "w");
    assert_int_equal(rwe_job_init(&cli.job, &rwe_cli_options, &error), RWE_OK);
    struct rwe_progress progress = rwe_cli_progress(&cli);
    rwe_progress_tell(&progress, "work", 0, 10);
    rwe_progress_tell(&progress, "work", 3, 10);
    assert_string_equal(seen(master), "");
    usleep(1050000);
    rwe_progress_tell(&progress, "work", 5, 10);
    assert_string_equal(seen(master), "\rwork [###############...............]  50%\033[K");
    usleep(110000);
    rwe_progress_tell(&progress, "work", 9, 10);
    assert_string_equal(seen(master), "\rwork [###########################...]  90%\033[K");
    rwe_progress_tell(&progress, "work", 10, 10);
    assert_string_equal(seen(master), "\r\033[K");
    rwe_progress_tell(&progress, "reading x.xlsx", 1, 0); /* as many rows as there may be */
    usleep(1050000);
    rwe_progress_tell(&progress, "reading x.xlsx", 1025, 0);
    assert_string_equal(seen(master), "\rreading x.xlsx 1025\033[K");
    rwe_cli_end_progress(&cli);
    assert_string_equal(seen(master), "\r\033[K");
    rwe_job_release(&cli.job);
    fclose(cli.err);
    close(master);
}

/* ---- the program in a process group of its own ---- */

/* Starts it with what it says going to `err`, and what it prints nowhere. */
static pid_t start(const char *line, int err)
{
    pid_t id = fork();
    assert_true(id >= 0);
    if (id > 0)
        return id;
    char *command = program_format("exec %s %s >/dev/null", getenv("RWE_BINARY"), line);
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    dup2(err, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Sends the signal; how the program ended. What it has started ends with it: an orphan falls to this process. */
static int end(pid_t id, int number)
{
    int status = 0;
    pid_t orphan = 0;
    kill(id, number);
    assert_int_equal(waitpid(id, &status, 0), id);
    for (int i = 0; i < 200 && orphan >= 0; i++) {
        orphan = waitpid(-id, NULL, WNOHANG);
        usleep(orphan == 0 ? 10000 : 0);
    }
    assert_int_equal(orphan, -1); /* ECHILD */
    return status;
}

static char *endless(const struct fixture *f)
{
    return program_format("sample_data/cohort.csv --km --psm --threads=1 --bootstrap=1000000 "
                          "--output=%s/out.json --export-matched=%s/out.csv",
                          f->folder, f->folder);
}

static void a_signal_amid_the_bar_clears_it_and_ends_the_program_by_itself(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM};
    const struct fixture *f = *state;
    if (getenv("RWE_BINARY") == NULL)
        skip();
    for (size_t s = 0; s < 2; s++) {
        int master, slave;
        char *line = endless(f);
        assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
        pid_t id = start(line, slave);
        struct pollfd wait = {master, POLLIN, 0};
        assert_int_equal(poll(&wait, 1, 60000), 1);
        assert_says(seen(master), "\rbootstrap [|]   0%");
        int status = end(id, signals[s]);
        assert_true(WIFSIGNALED(status)); /* the shell says 130 or 143 */
        assert_int_equal(WTERMSIG(status), signals[s]);
        const char *last = seen(master);
        assert_true(strlen(last) >= 4);
        assert_string_equal(last + strlen(last) - 4, "\r\033[K");
        assert_int_equal(program_count_files(f->folder), 0);
        close(slave);
        close(master);
        free(line);
    }
}

static void nothing_is_told_where_standard_error_is_no_terminal(void **state)
{
    const struct fixture *f = *state;
    int ends[2];
    char said[64];
    if (getenv("RWE_BINARY") == NULL)
        skip();
    assert_int_equal(pipe(ends), 0);
    char *line = endless(f);
    pid_t id = start(line, ends[1]);
    close(ends[1]);
    usleep(2500000);
    assert_int_equal(WTERMSIG(end(id, SIGTERM)), SIGTERM);
    assert_int_equal(read(ends[0], said, sizeof said), 0);
    assert_int_equal(program_count_files(f->folder), 0);
    close(ends[0]);
    free(line);
}

/* ---- at any moment ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Names in the folder but those that begin with a dot. */
static size_t count_names(const char *folder)
{
    size_t n = 0;
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(listing);
    return n;
}

/* A workbook, which is read in a child, as the cohort; a whole report in a folder, in place of an old one. */
static char *write_workbook(const struct fixture *f)
{
    size_t size;
    struct rwe_arena *arena = rwe_arena_new();
    char *path = program_format("%s/in.xlsx", f->folder);
    struct design_csv table = design_csv_read("sample_data/rotterdam.csv", arena);
    void *bytes = workbook_of_csv(&table, 1, &size);
    FILE *out = fopen(path, "wb");
    fwrite(bytes, 1, size, out);
    fclose(out);
    free(bytes);
    rwe_arena_free(arena);
    return path;
}

static void a_signal_at_any_moment_leaves_the_report_that_was_there_or_the_new_one(void **state)
{
    enum { TIMES = 16 };
    const struct fixture *f = *state;
    if (getenv("RWE_BINARY") == NULL)
        skip();
    char *input = write_workbook(f), *pack = program_format("%s/pack", f->folder);
    char *line = program_format("%s --study sample_data/rotterdam.yaml --km --quiet --overwrite "
                                "--output %s/",
                                input, pack);
    int nowhere = dup(STDERR_FILENO), status;
    double begun = now();
    pid_t id = start(line, nowhere);
    assert_int_equal(waitpid(id, &status, 0), id);
    assert_int_equal(status, 0);
    double lasted = now() - begun;
    size_t n_files = count_names(pack), n_interrupted = 0;
    assert_true(n_files > 3);
    for (int k = 0; k < TIMES; k++) {
        int number = k % 2 ? SIGINT : SIGTERM;
        id = start(line, nowhere);
        usleep((useconds_t)(1e6 * lasted * k / TIMES));
        status = end(id, number);
        n_interrupted += WIFSIGNALED(status);
        assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == number : WEXITSTATUS(status) == 0);
        assert_int_equal(count_names(f->folder), 2); /* in.xlsx and pack */
        assert_int_equal(count_names(pack), n_files);
    }
    assert_true(n_interrupted >= TIMES / 4);
    close(nowhere);
    free(line);
    free(input);
    free(pack);
}

int main(void)
{
    /* Under AddressSanitizer the program that is run apart does not know what fontconfig keeps (support/leaks.c). */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_bar_shows_what_takes_over_a_second_and_is_gone_at_the_end),
        TEST(a_signal_amid_the_bar_clears_it_and_ends_the_program_by_itself),
        TEST(nothing_is_told_where_standard_error_is_no_terminal),
        TEST(a_signal_at_any_moment_leaves_the_report_that_was_there_or_the_new_one),
    };
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
