/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "program.h"

#include "rwe/stats/proportion.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COHORT "sample_data/cohort.csv --ae sample_data/ae.csv --toxicity"
#define ANEMIA "toxicity population=all term=Anemia level=any "

static double of_arm(const struct program_facts *facts, const char *arm, const char *stat)
{
    char *key =
        program_format("toxicity population=all group=%s term=Anemia level=any %s", arm, stat);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

static void limits_of_the_difference_are_those_of_the_method(void **state)
{
    static const char *const methods[] = {"newcombe", "miettinen-nurminen", "wald",
                                          "wald-corrected"};
    (void)state;
    for (int m = RWE_DIFFERENCE_NEWCOMBE; m <= RWE_DIFFERENCE_WALD_CORRECTED; m++) {
        struct program_facts facts = program_facts_of(COHORT " --difference %s", methods[m]);
        struct rwe_two_by_two table = {.x1 = of_arm(&facts, "GP+Tis+RT", "n"),
                                       .x2 = of_arm(&facts, "GP+Tis", "n")};
        table.n1 = round(100 * table.x1 / of_arm(&facts, "GP+Tis+RT", "percent"));
        table.n2 = round(100 * table.x2 / of_arm(&facts, "GP+Tis", "percent"));
        struct rwe_interval expected =
            rwe_proportion_difference_by(&table, (enum rwe_difference_method)m, 0.95);
        assert_close(program_facts_number(&facts, ANEMIA "risk.difference"), expected.estimate,
                     1e-14);
        assert_close(program_facts_number(&facts, ANEMIA "conf.low"), expected.low, 1e-14);
        assert_close(program_facts_number(&facts, ANEMIA "conf.high"), expected.high, 1e-14);
        program_facts_clear(&facts);
    }
}

/* prop.test(c(214, 240), c(281, 319), correct = FALSE) of R 4.2.2. */
static void wald_limits_of_anemia_match_r(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT " --compat sas");
    assert_close(of_arm(&facts, "GP+Tis+RT", "n"), 214, 0);
    assert_close(of_arm(&facts, "GP+Tis", "n"), 240, 0);
    assert_close(program_facts_number(&facts, ANEMIA "conf.low"), -0.059531561963673998, 1e-12);
    assert_close(program_facts_number(&facts, ANEMIA "conf.high"), 0.077961040204171897, 1e-12);
    program_facts_clear(&facts);
}

static void pairs_keep_their_own_limits(void **state)
{
    (void)state;
    struct program_run newcombe = program_run(COHORT " --psm --difference newcombe --format csv");
    struct program_run wald = program_run(COHORT " --psm --difference wald --format csv");
    assert_code(newcombe, RWE_EXIT_DONE);
    assert_code(wald, RWE_EXIT_DONE);
    const char *a = newcombe.out, *b = wald.out;
    size_t matched = 0, changed = 0;
    while (*a != '\0' && *b != '\0') {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        bool same = n == m && memcmp(a, b, n) == 0;
        bool is_matched = memmem(a, n, ",matched,", 9) != NULL;
        assert_true(same || !is_matched);
        matched += is_matched;
        changed += !same;
        a += n + (a[n] == '\n');
        b += m + (b[m] == '\n');
    }
    assert_true(matched > 100 && changed > 10);
    program_clear(&newcombe);
    program_clear(&wald);
}

static void the_note_under_the_table_names_the_limits(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT " --psm --difference miettinen-nurminen");
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "score limits of Miettinen and Nurminen|limits for matched pairs");
    program_clear(&run);
}

static void an_unknown_method_is_refused(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT " --difference exact");
    assert_code(run, RWE_EXIT_USAGE);
    assert_says(run.err, "--difference exact|miettinen-nurminen");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_the_difference_are_those_of_the_method),
        cmocka_unit_test(wald_limits_of_anemia_match_r),
        cmocka_unit_test(pairs_keep_their_own_limits),
        cmocka_unit_test(the_note_under_the_table_names_the_limits),
        cmocka_unit_test(an_unknown_method_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
