/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"
#include "csv_table.h"
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

/* ---- under weights ---- */

static void check_weighted(const struct program_facts *facts, const struct oracle *oracle,
                           const char *term, const char *name)
{
    static const struct {
        const char *group, *stat, *name;
        double relative;
    } stats[] = {
        {"group=GP+Tis ", "n", "control.n", 0},
        {"group=GP+Tis ", "n.weighted", "control.n.weighted", 1e-10},
        {"group=GP+Tis ", "percent", "control.percent", 1e-10},
        {"group=GP+Tis+RT ", "percent", "treated.percent", 1e-10},
        {"", "risk.difference", "difference", 1e-9},
        {"", "conf.low", "conf.low", 1e-9},
        {"", "conf.high", "conf.high", 1e-9},
        {"", "p.value", "p.value", 1e-7},
    };
    for (size_t s = 0; s < sizeof stats / sizeof *stats; s++) {
        char *key = program_format("toxicity population=iptw-ato %s%s %s", stats[s].group, term,
                                   stats[s].stat);
        char *of = program_format("%s.%s", name, stats[s].name);
        assert_close(program_facts_number(facts, key), oracle_number(oracle, of),
                     stats[s].relative);
        free(key);
        free(of);
    }
}

/* tests/oracle/shares.R: svyby, svycontrast and svyglm. */
static void weighted_shares_match_survey(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/shares.csv");
    struct program_facts facts = program_facts_of(COHORT " --iptw=ato --variance robust --fisher");
    check_weighted(&facts, oracle, "term=any level=>=3", "any3");
    check_weighted(&facts, oracle, "term=Pneumonitis level=any", "pneumonitis");
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* Grades are a partition of "any", by weight too. */
static void weighted_grades_add_up(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT " --iptw");
    double sum = 0;
    for (int g = 1; g <= 5; g++) {
        char *key = program_format(
            "toxicity population=iptw-ate group=GP+Tis term=Anemia level=%d percent", g);
        sum += program_facts_number(&facts, key);
        free(key);
    }
    assert_close(sum,
                 program_facts_number(&facts, "toxicity population=iptw-ate group=GP+Tis "
                                              "term=Anemia level=any percent"),
                 1e-12);
    program_facts_clear(&facts);
}

static void the_note_names_the_robust_variance(void **state)
{
    (void)state;
    struct program_run run = program_run(COHORT " --iptw --fisher");
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out,
                "robust limits|the estimation of the weights|(M-estimation)|Wald's test by "
                "the robust variance|differences are weighted");
    program_clear(&run);
}

/* Events follow their subjects: the replicates scatter about the difference as its formula says. */
static void replicates_have_the_error_of_the_formula(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT " --bootstrap 400");
    double p1 = of_arm(&facts, "GP+Tis+RT", "percent") / 100;
    double p0 = of_arm(&facts, "GP+Tis", "percent") / 100;
    double error = sqrt(p1 * (1 - p1) / 281 + p0 * (1 - p0) / 319);
    double middle = program_facts_number(&facts, ANEMIA "bootstrap.conf.low") / 2 +
                    program_facts_number(&facts, ANEMIA "bootstrap.conf.high") / 2;
    assert_close(program_facts_number(&facts, ANEMIA "bootstrap.std.error"), error, 0.1);
    assert_true(fabs(middle - (p1 - p0)) < error / 2);
    program_facts_clear(&facts);
}

static void under_the_bootstrap_limits_are_those_of_replicates(void **state)
{
    (void)state;
    struct program_facts f = program_facts_of(COHORT " --bootstrap 25 --variance bootstrap");
    assert_close(program_facts_number(&f, ANEMIA "conf.low"),
                 program_facts_number(&f, ANEMIA "bootstrap.conf.low"), 0);
    assert_close(program_facts_number(&f, ANEMIA "conf.high"),
                 program_facts_number(&f, ANEMIA "bootstrap.conf.high"), 0);
    program_facts_clear(&f);
    struct program_run run =
        program_run(COHORT " --bootstrap 25 --variance bootstrap --ae-tables none");
    assert_says(run.out, "Where the bootstrap has the estimate");
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
        cmocka_unit_test(weighted_shares_match_survey),
        cmocka_unit_test(weighted_grades_add_up),
        cmocka_unit_test(the_note_names_the_robust_variance),
        cmocka_unit_test(replicates_have_the_error_of_the_formula),
        cmocka_unit_test(under_the_bootstrap_limits_are_those_of_replicates),
        cmocka_unit_test(an_unknown_method_is_refused),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
