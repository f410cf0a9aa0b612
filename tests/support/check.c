/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void check_close(double actual, double expected, double relative, const char *what,
                 const char *file, int line)
{
    if (isnan(actual) && isnan(expected))
        return;
    if (actual == expected)
        return;
    double scale = expected == 0 ? 1 : fabs(expected);
    if (fabs(actual - expected) <= relative * scale)
        return;
    print_error("%s is %.17g, expected %.17g (relative %.3g, allowed %.3g)\n", what, actual,
                expected, fabs(actual - expected) / scale, relative);
    _fail(file, line);
}

int check_setup_gsl(void **state)
{
    (void)state;
    gsl_set_error_handler_off();
    return 0;
}

char *check_temporary_name(void)
{
    const char *folder = getenv("TMPDIR");
    char *path = NULL;
    int length = asprintf(&path, "%s/rwe-test-XXXXXX", folder != NULL ? folder : P_tmpdir);
    assert_true(length >= 0);
    return path;
}

char *check_write_file(const void *text, size_t size)
{
    char *path = check_temporary_name();
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

void check_remove_file(char *path)
{
    unlink(path);
    free(path);
}
