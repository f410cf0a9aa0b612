/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include "rwe/base/file.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char *folder, *path;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = program_new_folder();
    f->path = program_format("%s/result", f->folder);
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

static void write_text(FILE *out, const void *context)
{
    fputs(context, out);
}

static void check_text(const char *path, const char *expected)
{
    char *text = program_read_file(path, NULL);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_new_file_holds_what_was_written_and_nothing_lies_beside_it(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    assert_int_equal(rwe_file_write(f->path, write_text, "new\n", &error), RWE_OK);
    check_text(f->path, "new\n");
    assert_int_equal(program_count_files(f->folder), 1);
}

static void a_new_file_has_the_usual_permissions(void **state)
{
    const struct fixture *f = *state;
    struct stat info;
    mode_t mask = umask(027);
    assert_int_equal(rwe_file_write(f->path, write_text, "x", NULL), RWE_OK);
    assert_int_equal(umask(mask), 027); /* and the mask is as it was */
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

struct look {
    const char *path;
    char *seen; /* what the path held while the new text was being written */
};

static void look_at_old(FILE *out, const void *context)
{
    struct look *look = *(struct look *const *)context;
    fputs("new", out);
    fflush(out);
    look->seen = program_read_file(look->path, NULL);
}

static void the_old_file_stays_until_the_new_one_is_complete(void **state)
{
    const struct fixture *f = *state;
    struct look look = {.path = f->path};
    const struct look *context = &look;
    free(program_write_file(f->folder, "result", "old"));
    assert_int_equal(rwe_file_write(f->path, look_at_old, &context, NULL), RWE_OK);
    assert_string_equal(look.seen, "old");
    check_text(f->path, "new");
    free(look.seen);
}

static void close_the_disk(FILE *out, const void *context)
{
    (void)context;
    fputs("half", out);
    freopen("/dev/full", "w", out); /* what follows does not fit */
    for (int i = 0; i < 100000; i++)
        fputs("more", out);
}

static void a_failed_write_leaves_the_old_file_and_nothing_else(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    free(program_write_file(f->folder, "result", "old"));
    assert_int_equal(rwe_file_write(f->path, close_the_disk, NULL, &error), RWE_IO);
    assert_non_null(strstr(error.message, f->path));
    assert_non_null(strstr(error.message, "No space left"));
    check_text(f->path, "old");
    assert_int_equal(program_count_files(f->folder), 1);
}

static void what_is_no_regular_file_is_written_directly(void **state)
{
    (void)state;
    struct rwe_error error = {0};
    struct stat info;
    assert_int_equal(rwe_file_write("/dev/null", write_text, "x", &error), RWE_OK);
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    assert_int_equal(rwe_file_write("/dev/full", write_text, "x", &error), RWE_IO);
    assert_non_null(strstr(error.message, "/dev/full"));
}

static void a_path_that_cannot_be_written_is_told(void **state)
{
    const struct fixture *f = *state;
    struct rwe_error error = {0};
    char *deep = program_format("%s/none/result", f->folder);
    assert_int_equal(rwe_file_write(deep, write_text, "x", &error), RWE_IO);
    assert_non_null(strstr(error.message, deep));
    error = (struct rwe_error){0};
    assert_int_equal(rwe_file_write(f->folder, write_text, "x", &error), RWE_IO);
    assert_non_null(strstr(error.message, "directory"));
    free(deep);
}

static void check_cell(const char *text, const char *expected)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);
    rwe_csv_write_text(out, text);
    fclose(out);
    assert_string_equal(written, expected);
    free(written);
}

/* RFC 4180, section 2, rules 5 to 7. */
static void csv_cells_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    check_cell("plain text", "plain text");
    check_cell("", "");
    check_cell("a,b", "\"a,b\"");
    check_cell("say \"no\"", "\"say \"\"no\"\"\"");
    check_cell("two\nlines", "\"two\nlines\"");
    check_cell("cr\r", "\"cr\r\"");
}

#define FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER(a_new_file_holds_what_was_written_and_nothing_lies_beside_it),
        FOLDER(a_new_file_has_the_usual_permissions),
        FOLDER(the_old_file_stays_until_the_new_one_is_complete),
        FOLDER(a_failed_write_leaves_the_old_file_and_nothing_else),
        FOLDER(what_is_no_regular_file_is_written_directly),
        FOLDER(a_path_that_cannot_be_written_is_told),
        FOLDER(csv_cells_are_quoted_where_they_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
