/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include "../../src/base/folder_private.h"
#include "rwe/base/file.h"
#include "rwe/base/folder.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char *folder, *path;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    f->path = program_format("%s/pack", f->folder);
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

static const struct rwe_folder_file some[] = {
    {"report.txt", "report\n", 7},
    {"tables/01-a.csv", "a\n", 2},
    {"tables/02-b.csv", "b\n", 2},
    {"empty", NULL, 0},
};
enum { SOME = 4 };

static void assert_holds(const char *folder, const char *name, const char *expected)
{
    char *path = program_format("%s/%s", folder, name);
    char *text = program_read_file(path, NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    free(path);
}

static void assert_holds_some(const char *folder)
{
    assert_holds(folder, "report.txt", "report\n");
    assert_holds(folder, "tables/01-a.csv", "a\n");
    assert_holds(folder, "tables/02-b.csv", "b\n");
    assert_holds(folder, "empty", "");
    assert_int_equal(program_count_files(folder), 3);
}

static void make_old(const struct fixture *f)
{
    assert_int_equal(mkdir(f->path, 0777), 0);
    free(program_write_file(f->path, "old.txt", "old\n"));
}

static void assert_old_stands_alone(const struct fixture *f)
{
    assert_holds(f->path, "old.txt", "old\n");
    assert_int_equal(program_count_files(f->path), 1);
    assert_int_equal(program_count_files(f->folder), 1);
}

static void a_new_folder_holds_its_files_and_nothing_lies_beside_it(void **state)
{
    const struct fixture *f = *state;
    struct stat info;
    mode_t mask = umask(027);
    assert_int_equal(rwe_folder_write(f->path, some, SOME, false, NULL), RWE_OK);
    assert_int_equal(umask(mask), 027);
    assert_holds_some(f->path);
    assert_int_equal(program_count_files(f->folder), 1);
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0750);
}

static void a_slash_at_the_end_is_the_same_folder(void **state)
{
    const struct fixture *f = *state;
    char *path = program_format("%s//", f->path);
    assert_int_equal(rwe_folder_write(path, some, SOME, false, NULL), RWE_OK);
    assert_holds_some(f->path);
    free(path);
}

static void an_empty_folder_is_filled(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(mkdir(f->path, 0777), 0);
    assert_int_equal(rwe_folder_write(f->path, some, SOME, false, NULL), RWE_OK);
    assert_holds_some(f->path);
}

static void a_full_folder_is_refused(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    make_old(f);
    assert_int_equal(rwe_folder_write(f->path, some, SOME, false, &error), RWE_IO);
    assert_says(error.message, "pack|not empty");
    assert_old_stands_alone(f);
}

static void a_full_folder_is_replaced_when_asked(void **state)
{
    const struct fixture *f = *state;
    make_old(f);
    assert_int_equal(rwe_folder_write(f->path, some, SOME, true, NULL), RWE_OK);
    assert_holds_some(f->path);
    assert_int_equal(program_count_files(f->folder), 1);
}

static void a_link_to_a_folder_stays_a_link(void **state)
{
    const struct fixture *f = *state;
    struct stat info;
    char *link = program_format("%s/link", f->folder);
    make_old(f);
    assert_int_equal(symlink("pack", link), 0);
    assert_int_equal(rwe_folder_write(link, some, SOME, true, NULL), RWE_OK);
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_holds_some(f->path);
    free(link);
}

static void a_file_is_not_replaced_by_a_folder(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    free(program_write_file(f->folder, "pack", "a file\n"));
    assert_int_equal(rwe_folder_write(f->path, some, SOME, true, &error), RWE_IO);
    assert_says(error.message, "pack: Not a directory");
    assert_holds(f->folder, "pack", "a file\n");
    assert_int_equal(program_count_files(f->folder), 1);
}

static void a_parent_that_is_not_there_is_told(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    char *deep = program_format("%s/no/pack", f->folder);
    assert_int_equal(rwe_folder_write(deep, some, SOME, false, &error), RWE_IO);
    assert_says(error.message, "no/pack|No such file or directory");
    assert_int_equal(program_count_files(f->folder), 0);
    free(deep);
}

static void two_files_of_one_name_leave_nothing(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    const struct rwe_folder_file twice[] = {some[0], some[1], some[1]};
    make_old(f);
    assert_int_equal(rwe_folder_write(f->path, twice, 3, true, &error), RWE_IO);
    assert_says(error.message, "pack/tables/01-a.csv: File exists");
    assert_old_stands_alone(f);
}

static void changing_places_by_steps(void **state)
{
    const struct fixture *f = *state;
    char *fresh = program_format("%s/fresh", f->folder),
         *aside = program_format("%s/aside", f->folder);
    make_old(f);
    assert_int_equal(rwe_folder_swap_by_steps(fresh, f->path, aside), ENOENT); /* no fresh one */
    assert_old_stands_alone(f);
    assert_int_equal(rwe_folder_write(fresh, some, SOME, false, NULL), RWE_OK);
    assert_int_equal(rwe_folder_swap_by_steps(fresh, f->path, aside), 0);
    assert_holds_some(f->path);
    assert_holds(fresh, "old.txt", "old\n");
    assert_int_equal(program_count_files(f->folder), 2);
    free(fresh);
    free(aside);
}

/* ---- a child whose files may not grow, or that is told to stop ---- */

/* Runs `act` in a process of its own; returns how that ended. */
static int in_child(const struct fixture *f, int (*act)(const struct fixture *f))
{
    int status = 0;
    pid_t id = fork();
    assert_true(id >= 0);
    if (id == 0)
        _exit(act(f));
    assert_int_equal(waitpid(id, &status, 0), id);
    return status;
}

static char large[1 << 16];
static const struct rwe_folder_file growing[] = {
    {"report.txt", "report\n", 7}, {"tables/large.csv", large, sizeof large}, {"last", "l", 1}};

static int write_beyond_the_limit(const struct fixture *f)
{
    struct rlimit limit = {4096, 4096};
    struct rwe_error error = {0};
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
    enum rwe_status status = rwe_folder_write(f->path, growing, 3, true, &error);
    return status == RWE_IO && strstr(error.message, "pack/tables/large.csv: File too large") ? 7
                                                                                              : 1;
}

static int die_of_the_limit(const struct fixture *f)
{
    struct rlimit limit = {4096, 4096}, none = {0, 0};
    setrlimit(RLIMIT_FSIZE, &limit);
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGXFSZ, SIG_DFL);
    rwe_folder_write(f->path, growing, 3, true, NULL);
    return 1;
}

static void a_full_disk_leaves_the_old_folder_and_nothing_half(void **state)
{
    const struct fixture *f = *state;
    make_old(f);
    int status = in_child(f, write_beyond_the_limit);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_old_stands_alone(f);
    status = in_child(f, die_of_the_limit); /* by the signal, but not before it has tidied up */
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXFSZ);
    assert_old_stands_alone(f);
}

/* A child that writes folder after folder, stopped at some moment of it. */
static int write_for_ever(const struct fixture *f)
{
    signal(SIGINT, SIG_DFL);
    while (rwe_folder_write(f->path, growing, 3, true, NULL) == RWE_OK) {
    }
    return 1;
}

static void a_signal_at_any_moment_leaves_one_whole_folder(void **state)
{
    const struct fixture *f = *state;
    for (useconds_t wait = 0; wait < 20; wait++) {
        int status = 0;
        assert_int_equal(rwe_folder_write(f->path, some, SOME, true, NULL), RWE_OK);
        pid_t id = fork();
        assert_true(id >= 0);
        if (id == 0)
            _exit(write_for_ever(f));
        usleep(1000 + 617 * wait);
        assert_int_equal(kill(id, SIGINT), 0);
        assert_int_equal(waitpid(id, &status, 0), id);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGINT);
        assert_int_equal(program_count_files(f->folder), 1);
        assert_int_equal(program_count_files(f->path), 3);
        assert_holds(f->path, "report.txt", "report\n");
    }
}

/* The same for a single file: its writer is stopped in the middle. */
static void stop_midway(FILE *out, const void *context)
{
    fputs("half", out);
    fflush(out);
    kill(getpid(), SIGTERM);
    fputs(context, out);
}

static int write_file_and_be_stopped(const struct fixture *f)
{
    signal(SIGTERM, SIG_DFL);
    rwe_file_write(f->path, stop_midway, " whole\n", NULL);
    return 1;
}

static void a_signal_in_the_middle_of_a_file_leaves_the_old_one(void **state)
{
    const struct fixture *f = *state;
    free(program_write_file(f->folder, "pack", "old\n"));
    int status = in_child(f, write_file_and_be_stopped);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_holds(f->folder, "pack", "old\n");
    assert_int_equal(program_count_files(f->folder), 1);
}

static int ignore_and_be_stopped(const struct fixture *f)
{
    signal(SIGTERM, SIG_IGN);
    return rwe_file_write(f->path, stop_midway, " whole\n", NULL) == RWE_OK ? 7 : 1;
}

static void a_signal_that_the_program_ignores_stops_nothing(void **state)
{
    const struct fixture *f = *state;
    int status = in_child(f, ignore_and_be_stopped);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_holds(f->folder, "pack", "half whole\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_new_folder_holds_its_files_and_nothing_lies_beside_it),
        TEST(a_slash_at_the_end_is_the_same_folder),
        TEST(an_empty_folder_is_filled),
        TEST(a_full_folder_is_refused),
        TEST(a_full_folder_is_replaced_when_asked),
        TEST(a_link_to_a_folder_stays_a_link),
        TEST(a_file_is_not_replaced_by_a_folder),
        TEST(a_parent_that_is_not_there_is_told),
        TEST(two_files_of_one_name_leave_nothing),
        TEST(changing_places_by_steps),
        TEST(a_full_disk_leaves_the_old_folder_and_nothing_half),
        TEST(a_signal_at_any_moment_leaves_one_whole_folder),
        TEST(a_signal_in_the_middle_of_a_file_leaves_the_old_one),
        TEST(a_signal_that_the_program_ignores_stops_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
