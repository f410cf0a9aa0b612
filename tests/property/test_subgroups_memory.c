/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of a run of the program with --subgroups is made to fail in turn, by starve.h: it
 * says that memory is out, until there is enough for the whole output. */
#include "program.h"
#include "rwe/base/status.h"
#include "starve.h"

struct input {
    const char *command, *out;
};

/* Calls for the streams of program_run, before the program starts. */
enum { OF_THE_TEST = 4 };

static enum rwe_status run_subgroups(const struct input *input, struct rwe_arena *arena,
                                     struct rwe_error *error)
{
    (void)arena;
    calls_left += CALLOC_IS_OURS * OF_THE_TEST;
    struct program_run run = program_run("%s", input->command);
    enum rwe_status status = run.code == 0 ? RWE_OK : RWE_NO_MEMORY;
    if (status == RWE_OK) {
        assert_string_equal(run.out, input->out);
    } else {
        assert_says(run.err, "out of memory");
        rwe_error_set(error, status, RWE_NO_INDEX, "out of memory");
    }
    program_clear(&run);
    return status;
}

static void want_of_memory_is_said(void **state)
{
    (void)state;
    static const char command[] =
        "tests/oracle/data/rotterdam.csv --id pid --arm hormon --endpoint os=dtime,death "
        "--covariates age,meno,size,nodes --psm --no-provenance --threads 1 --subgroups "
        "--subgroup-by size,nodes,age --subgroup-cut age=50,age=65";
    struct program_run whole = program_run("%s", command);
    assert_code(whole, 0);
    const struct input input = {command, whole.out};
    starve(&input, 150, run_subgroups);
    program_clear(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(want_of_memory_is_said)};
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
