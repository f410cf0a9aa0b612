/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What the tests share. Include it instead of cmocka.h.
 *
 * cmocka 1.1.5's assert_float_equal casts to float, so that a check to 1e-12 passes wrongly:
 * assert_close compares doubles.
 */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/** |actual − expected| <= relative × |expected|, or both NaN; an expected 0 must be met to `relative`. */
#define assert_close(actual, expected, relative)                                                   \
    check_close((actual), (expected), (relative), #actual, __FILE__, __LINE__)
void check_close(double actual, double expected, double relative, const char *what,
                 const char *file, int line);

#define assert_nan(actual) assert_true(isnan(actual))

/** Turns GSL's aborting error handler off: a group set-up for tests of code that calls GSL. */
int check_setup_gsl(void **state);

/** How often something is repeated to show that a number or a text is always the same: a tenth of it where sanitizers watch,
 * which are slower and look at memory alone. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECK_REPEATS(n) ((n) / 10)
#else
#define CHECK_REPEATS(n) (n)
#endif

/** The name of a file or folder to come among the temporary ones (TMPDIR, else the system's), for mkstemp or mkdtemp;
 * freed by the caller. */
char *check_temporary_name(void);

/** Writes `size` bytes of `text` to a new temporary file and returns its path (freed by the caller,
 * with the file removed, through check_remove_file). */
char *check_write_file(const void *text, size_t size);
void check_remove_file(char *path);

#endif
