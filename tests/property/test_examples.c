/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The examples of doc/examples against the shared library, and what that library shows. */
#include "program.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
/* Python has no sanitizer of its own to begin with, and leaks. */
#define PYTHON "LD_PRELOAD=$(cc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 python3"
#else
#define PYTHON "python3"
#endif

/* The folder of the build: the program's. */
static const char *build_folder(void)
{
    static char folder[1024];
    const char *binary = getenv("RWE_BINARY");
    if (binary == NULL)
        fail_msg(
            "RWE_BINARY is not set: it names the program that was built, beside its libraries");
    snprintf(folder, sizeof folder, "%s", binary);
    char *slash = strrchr(folder, '/');
    assert_non_null(slash);
    *slash = '\0';
    return folder;
}

static void check_facts(const char *example)
{
    char *command = program_format("RWE_LIBRARY=%s/librwe.so python3 tests/tools/same_facts.py "
                                   "%s/rwe-analyze sample_data/cohort.csv %s",
                                   build_folder(), build_folder(), example);
    if (system(command) != 0) /* NOLINT(cert-env33-c): it is what a user types */
        fail_msg("failed: %s", command);
    free(command);
}

static void the_example_in_c_has_the_facts_of_the_command(void **state)
{
    char *example = program_format("%s/doc/examples/triangulation", build_folder());
    (void)state;
    check_facts(example);
    free(example);
}

static void the_example_in_python_has_the_facts_of_the_command(void **state)
{
    (void)state;
    check_facts("env " PYTHON " doc/examples/triangulation.py");
}

/* What a command prints, freed by the caller. */
static char *output_of(const char *command)
{
    char *folder = program_new_folder();
    char *path = program_format("%s/output", folder);
    char *line = program_format("%s > %s", command, path);
    assert_int_equal(system(line), 0); /* NOLINT(cert-env33-c) */
    char *output = program_read_file(path, NULL);
    free(line);
    free(path);
    program_remove_folder(folder);
    return output;
}

/* Both ways: nothing is shown that the header does not declare, and all that it declares is there. */
static void the_library_shows_what_the_header_declares(void **state)
{
    char *nm =
        program_format("nm -D --defined-only %s/librwe.so | sed 's/.* //' | sort", build_folder());
    char *shown = output_of(nm);
    char *declared = output_of("sed '/^ \\*/d' include/rwe.h | grep -o 'rwe_[a-z_]*(' | tr -d '(' "
                               "| sort -u");
    (void)state;
    assert_true(strlen(shown) > 100);
    assert_string_equal(shown, declared);
    free(declared);
    free(shown);
    free(nm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_in_c_has_the_facts_of_the_command),
        cmocka_unit_test(the_example_in_python_has_the_facts_of_the_command),
        cmocka_unit_test(the_library_shows_what_the_header_declares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
