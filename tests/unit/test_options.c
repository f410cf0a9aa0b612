/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of the whole program, and the structs that they fill. */
#include "check.h"
#include "cli.h"

/* Whether two options of one struct fill the same bytes of it. */
static bool overlap(const struct rwe_option *a, const struct rwe_option *b)
{
    const struct rwe_member of_a[] = {a->member, a->source, a->word};
    const struct rwe_member of_b[] = {b->member, b->source, b->word};
    bool any = false;
    for (size_t i = 0; a->home == b->home && i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            any = any || (of_a[i].size > 0 && of_b[k].size > 0 &&
                          of_a[i].offset < of_b[k].offset + of_b[k].size &&
                          of_b[k].offset < of_a[i].offset + of_a[i].size);
    return any;
}

static void no_two_options_fill_the_same_member(void **state)
{
    const struct rwe_cli *cli = *state;
    struct rwe_options options = rwe_settings_options(cli->job.settings);
    assert_true(options.n > 150);
    for (size_t i = 0; i < options.n; i++)
        for (size_t k = 0; k < i; k++)
            if (overlap(&options.item[i], &options.item[k]))
                fail_msg("--%s and --%s", options.item[i].name, options.item[k].name);
}

static void no_two_options_have_one_name(void **state)
{
    const struct rwe_cli *cli = *state;
    struct rwe_options options = rwe_settings_options(cli->job.settings);
    for (size_t i = 0; i < options.n; i++)
        assert_ptr_equal(rwe_settings_find(cli->job.settings, options.item[i].name),
                         &options.item[i]);
}

static int set_up(void **state)
{
    static struct rwe_cli cli;
    struct rwe_error error = {0};
    *state = &cli;
    return rwe_job_init(&cli.job, &rwe_cli_options, &error) == RWE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct rwe_cli *cli = *state;
    rwe_job_release(&cli->job);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_two_options_fill_the_same_member, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_two_options_have_one_name, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
