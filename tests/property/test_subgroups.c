/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipe for subgroups: its facts are those of R (tests/oracle/subgroups.R), each population
 * keeps its design, and what is too small or not there is said. */
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROTTERDAM                                                                                  \
    "tests/oracle/data/rotterdam.csv --id pid --arm hormon --endpoint os=dtime,death "             \
    "--covariates age,meno,size,nodes "
#define THREE "--subgroup-by size,meno,age --subgroup-cut age=60 "

static double number_at(const struct program_facts *facts, const char *population, const char *rest)
{
    char *key = program_format("subgroups endpoint=os population=%s%s", population, rest);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

static bool is_null_at(const struct program_facts *facts, const char *key)
{
    const json_t *value = program_facts_find(facts, key);
    return value != NULL && json_is_null(value);
}

/* ---- R ---- */

struct expected {
    const struct oracle *oracle;
    const struct program_facts *facts;
    const char *name;       /* in the oracle's lines */
    const char *population; /* in facts */
    const char *error;      /* the standard error's stat */
};

/* A line of a subgroup: estimate, error, events of both arms, patients of both arms. `where` is the
 * key's end: " term=size level=>50". */
static void check_level(const struct expected *e, const char *line, const char *where)
{
    char *name = program_format("%s %s", e->name, line);
    size_t n;
    const double *expected = oracle_vector(e->oracle, name, &n);
    const char *const counts[] = {"0%s n.event", "1%s n.event", "0%s n", "1%s n"};
    char *estimate = program_format("%s estimate", where);
    char *error = program_format("%s %s", where, e->error);
    assert_int_equal(n, 6);
    assert_close(number_at(e->facts, e->population, estimate), expected[0], 1e-8);
    assert_close(number_at(e->facts, e->population, error), expected[1], 1e-7);
    for (size_t c = 0; c < 4; c++) {
        char *stat = strchr(counts[c], ' ') + 1;
        char *key = program_format(" group=%c%s %s", counts[c][0], where, stat);
        assert_close(number_at(e->facts, e->population, key), expected[2 + c], 0);
        free(key);
    }
    free(name);
    free(estimate);
    free(error);
}

/* A line of a variable: statistic, df, p. */
static void check_interaction(const struct expected *e, const char *line, const char *variable)
{
    static const char *const stats[] = {"interaction.statistic", "df", "interaction.p.value"};
    char *name = program_format("%s %s", e->name, line);
    size_t n;
    const double *expected = oracle_vector(e->oracle, name, &n);
    assert_int_equal(n, 3);
    for (size_t s = 0; s < 3; s++) {
        char *key = program_format(" term=%s %s", variable, stats[s]);
        assert_close(number_at(e->facts, e->population, key), expected[s], 1e-6);
        free(key);
    }
    free(name);
}

static void check_population(const struct expected *e)
{
    check_level(e, "overall ", "");
    check_level(e, "size <=20", " term=size level=<=20");
    check_level(e, "size 20-50", " term=size level=20-50");
    check_level(e, "size >50", " term=size level=>50");
    check_level(e, "meno 0", " term=meno level=0");
    check_level(e, "meno 1", " term=meno level=1");
    check_level(e, "old <60", " term=age level=<60");
    check_level(e, "old >=60", " term=age level=>=60");
    check_interaction(e, "size", "size");
    check_interaction(e, "meno", "meno");
    check_interaction(e, "old", "age");
}

static void whole_cohort_and_pairs_agree_with_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/subgroups.csv");
    struct program_facts facts = program_facts_of(ROTTERDAM THREE "--subgroups --psm");
    check_population(&(struct expected){oracle, &facts, "all", "all", "std.error"});
    check_population(&(struct expected){oracle, &facts, "matched", "matched", "robust.se"});
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void known_weights_agree_with_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/subgroups.csv");
    struct program_facts facts =
        program_facts_of(ROTTERDAM THREE "--subgroups --iptw --variance robust");
    check_population(&(struct expected){oracle, &facts, "robust", "iptw-ate", "robust.se"});
    program_facts_clear(&facts);
    oracle_free(oracle);
}

static void a_stratum_of_its_own_for_each_level_agrees_with_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/subgroups.csv");
    struct program_facts facts =
        program_facts_of(ROTTERDAM "--strata size --subgroups --subgroup-by size");
    check_interaction(&(struct expected){oracle, &facts, "strata", "all", NULL}, "size", "size");
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* Every third woman, as a file. */
static char *write_third(const char *folder)
{
    size_t size;
    char *text = program_read_file("tests/oracle/data/rotterdam.csv", &size), *rest = text;
    char *out = malloc(2 * size), *end = out;
    assert_non_null(out);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (line == text || strtol(line, NULL, 10) % 3 == 0)
            end += sprintf(end, "%s\n", line);
    char *path = program_write_file(folder, "third.csv", out);
    free(text);
    free(out);
    return path;
}

static void the_estimation_of_weights_in_all_reaches_the_variance_in_a_subgroup(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/subgroups.csv");
    char *folder = program_new_folder(), *path = write_third(folder);
    struct program_facts facts =
        program_facts_of("%s --id pid --arm hormon --endpoint os=dtime,death --covariates "
                         "age,meno,size,nodes --iptw --subgroups --subgroup-by meno",
                         path);
    size_t n;
    const double *inside = oracle_vector(oracle, "step meno 0", &n);
    const double *test = oracle_vector(oracle, "step meno", &n);
    assert_close(number_at(&facts, "iptw-ate", " term=meno level=0 estimate"), inside[0], 1e-8);
    assert_close(number_at(&facts, "iptw-ate", " term=meno level=0 estimated.se"), inside[1], 1e-6);
    assert_close(number_at(&facts, "iptw-ate", " term=meno interaction.statistic"), test[0], 1e-6);
    program_facts_clear(&facts);
    program_remove_folder(folder);
    free(path);
    oracle_free(oracle);
}

/* ---- another route ---- */

static void the_overall_row_is_the_ratio_of_cox(void **state)
{
    (void)state;
    static const struct {
        const char *options, *population;
    } designs[] = {{"--psm", "matched"},
                   {"--psm --ratio 2 --replace", "matched"},
                   {"--psm=full", "matched"},
                   {"--iptw=ato", "iptw-ato"},
                   {"--cluster year --iptw=att", "iptw-att"}};
    static const char *const stats[] = {"hr", "robust.se", "conf.low", "p.value"};
    for (size_t d = 0; d < sizeof designs / sizeof *designs; d++) {
        struct program_facts facts =
            program_facts_of(ROTTERDAM "--cox --subgroups %s", designs[d].options);
        for (size_t s = 0; s < 4; s++) {
            char *cox = program_format("cox endpoint=os population=%s model=arm term=arm %s",
                                       designs[d].population, stats[s]);
            char *own = program_format(" %s", stats[s]);
            assert_close(number_at(&facts, designs[d].population, own),
                         program_facts_number(&facts, cox), 0);
            free(cox);
            free(own);
        }
        program_facts_clear(&facts);
    }
}

/* Rotterdam without the women before menopause, as a file. */
static char *write_after_menopause(const char *folder)
{
    enum { MENO = 3 };
    size_t size;
    char *text = program_read_file("tests/oracle/data/rotterdam.csv", &size), *rest = text;
    char *out = malloc(2 * size), *end = out;
    assert_non_null(out);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *field = line;
        for (size_t f = 0; f < MENO; f++)
            field = strchr(field, ',') + 1;
        if (line == text || *field == '1')
            end += sprintf(end, "%s\n", line);
    }
    char *path = program_write_file(folder, "after.csv", out);
    free(text);
    free(out);
    return path;
}

static void a_subgroup_is_a_cohort_of_its_members(void **state)
{
    (void)state;
    static const char *const stats[] = {"hr", "conf.low", "conf.high", "p.value"};
    char *folder = program_new_folder(), *path = write_after_menopause(folder);
    struct program_facts facts = program_facts_of(ROTTERDAM "--ties breslow --subgroups");
    struct program_facts alone = program_facts_of(
        "%s --id pid --arm hormon --endpoint os=dtime,death --ties breslow --cox", path);
    for (size_t s = 0; s < 4; s++) {
        char *own = program_format(" term=meno level=1 %s", stats[s]);
        char *cox =
            program_format("cox endpoint=os population=all model=arm term=arm %s", stats[s]);
        assert_close(number_at(&facts, "all", own), program_facts_number(&alone, cox), 1e-12);
        free(own);
        free(cox);
    }
    program_facts_clear(&facts);
    program_facts_clear(&alone);
    program_remove_folder(folder);
    free(path);
}

static void with_replacement_a_patient_counts_once(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of(ROTTERDAM "--table1 --subgroups --psm --ratio 2 --replace");
    double table1 = program_facts_number(&facts, "table1 population=matched group=0 n");
    assert_close(number_at(&facts, "matched", " group=0 n"), table1, 0);
    assert_close(number_at(&facts, "matched", " group=0 term=meno level=0 n") +
                     number_at(&facts, "matched", " group=0 term=meno level=1 n"),
                 table1, 0);
    program_facts_clear(&facts);
}

static void ratios_are_bootstrapped_in_the_same_subgroups_with_any_number_of_threads(void **state)
{
    (void)state;
    struct program_facts one = program_facts_of(
        ROTTERDAM "--subgroups --subgroup-by age,size --psm --bootstrap 12 --threads 1");
    struct program_facts two = program_facts_of(
        ROTTERDAM "--subgroups --subgroup-by age,size --psm --bootstrap 12 --threads 2");
    assert_same_facts(one, two, 0);
    /* the median age, 54, is that of the data in each replicate */
    assert_close(number_at(&one, "matched", " term=age level=>=54 bootstrap.estimate"),
                 number_at(&one, "matched", " term=age level=>=54 hr"), 1e-12);
    assert_close(number_at(&one, "all", " term=size level=>50 bootstrap.n"), 12, 0);
    program_facts_clear(&one);
    program_facts_clear(&two);
}

/* ---- what is odd in the data ---- */

/* 80 patients in two arms; `site` has levels that need care: one with 4 treated, one that the
 * treated lack, and missing ones. Most have burden 0. */
static char *write_odd(const char *folder)
{
    static const char *const sites[] = {"Zürich, Süd", "a b", "few", "none treated", ""};
    char *out = malloc(80 * 64 + 64), *end = out;
    assert_non_null(out);
    end += sprintf(end, "arm,t,e,site,burden,same\n");
    for (int i = 0; i < 80; i++) {
        int treated = i % 2;
        int site = i < 48 ? (i / 2) % 2 : i < 64 ? (i < 56 || !treated ? 2 : 0) : 3;
        if (site == 3 && treated)
            site = 1;
        if (i == 70 || i == 71)
            site = 4;
        end += sprintf(end, "%d,%d,%d,\"%s\",%d,7\n", treated, 1 + (i * 37) % 89 + 10 * treated,
                       i % 3 != 0, sites[site], i < 50 ? 0 : i % 7);
    }
    char *path = program_write_file(folder, "odd.csv", out);
    free(out);
    return path;
}

static void small_subgroups_are_suppressed_and_not_tested(void **state)
{
    (void)state;
    char *folder = program_new_folder(), *path = write_odd(folder);
    struct program_facts facts = program_facts_of(
        "%s --arm arm --endpoint os=t,e --covariates site --subgroups --subgroup-least 5,5", path);
    assert_close(number_at(&facts, "all", " term=site df"), 1, 0);
    assert_true(number_at(&facts, "all", " term=site level=a b hr") > 0);
    assert_true(number_at(&facts, "all", " term=site level=Zürich, Süd hr") > 0);
    assert_close(number_at(&facts, "all", " group=1 term=site level=few n"), 4, 0);
    assert_close(number_at(&facts, "all", " group=1 term=site level=none treated n"), 0, 0);
    assert_true(is_null_at(&facts, "subgroups endpoint=os population=all term=site level=few hr"));
    assert_true(
        is_null_at(&facts, "subgroups endpoint=os population=all term=site level=none treated hr"));
    assert_close(number_at(&facts, "all", " group=0 term=site n.missing"), 1, 0);
    assert_close(number_at(&facts, "all", " group=1 term=site n.missing"), 1, 0);
    assert_close(number_at(&facts, "all", " n.tests"), 1, 0);
    program_facts_clear(&facts);
    struct program_run run =
        program_run("%s --arm arm --endpoint os=t,e --covariates site --subgroups", path);
    assert_code(run, 0);
    assert_says(
        run.out,
        "too few|fewer than 20 patients or 10 events|than 5 patients in an|missing|by chance");
    program_clear(&run);
    program_remove_folder(folder);
    free(path);
}

/* So many women and 24 men, all with an event. */
static char *write_sexes(const char *folder, int women)
{
    char *out = malloc(64 * 32), *end = out;
    assert_non_null(out);
    end += sprintf(end, "arm,t,e,sex\n");
    for (int i = 0; i < women + 24; i++)
        end += sprintf(end, "%d,%d,1,%c\n", i % 2, 1 + (i * 29) % 53, i < women ? 'f' : 'm');
    char *path = program_write_file(folder, "sexes.csv", out);
    free(out);
    return path;
}

static void a_subgroup_needs_20_patients_and_both_numbers_can_be_said(void **state)
{
    static const char key[] = "subgroups endpoint=os population=all term=sex level=f hr";
    static const char command[] =
        "%s --arm arm --endpoint os=t,e:1 --covariates sex --subgroups %s";
    (void)state;
    for (int women = 19; women <= 20; women++) {
        char *folder = program_new_folder(), *path = write_sexes(folder, women);
        struct program_facts facts = program_facts_of(command, path, "");
        assert_int_equal(is_null_at(&facts, key), women < 20);
        program_facts_clear(&facts);
        facts = program_facts_of(command, path, "--subgroup-least 15,5");
        assert_false(is_null_at(&facts, key));
        program_facts_clear(&facts);
        struct program_run run = program_run(command, path, "--subgroup-least 15");
        assert_code(run, 2);
        assert_says(run.err, "two numbers, patients and events");
        program_clear(&run);
        program_remove_folder(folder);
        free(path);
    }
}

static void nothing_to_compare_is_a_null_and_a_warning(void **state)
{
    (void)state;
    char *folder = program_new_folder(), *path = write_odd(folder);
    struct program_run run = program_run(
        "%s --arm arm --endpoint os=t,e --covariates site --subgroups --subgroup-least 1,60", path);
    assert_code(run, 0);
    assert_says(run.out, "fewer than two subgroups are large enough|overall");
    program_clear(&run);
    program_remove_folder(folder);
    free(path);
}

static void an_arm_without_events_in_a_subgroup_has_firths_estimate(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *out = malloc(60 * 32), *end = out;
    assert_non_null(out);
    end += sprintf(end, "arm,t,e,sex\n");
    for (int i = 0; i < 48; i++)
        end += sprintf(end, "%d,%d,%d,%c\n", i % 2, 1 + (i * 29) % 53, i < 24 || i % 2 == 0,
                       i < 24 ? 'f' : 'm');
    char *path = program_write_file(folder, "firth.csv", out);
    struct program_facts facts =
        program_facts_of("%s --arm arm --endpoint os=t,e --covariates sex --subgroups", path);
    double hr = number_at(&facts, "all", " term=sex level=m hr");
    assert_true(hr > 0 && hr < 0.2);
    assert_true(
        is_null_at(&facts, "subgroups endpoint=os population=all term=sex interaction.p.value"));
    program_facts_clear(&facts);
    struct program_run run =
        program_run("%s --arm arm --endpoint os=t,e --covariates sex --subgroups", path);
    assert_says(run.out, "m (Firth)|runs off to 0 or infinity|NE");
    program_clear(&run);
    program_remove_folder(folder);
    free(path);
    free(out);
}

static void numbers_are_cut_where_both_sides_have_somebody(void **state)
{
    (void)state;
    char *folder = program_new_folder(), *path = write_odd(folder);
    struct program_facts facts = program_facts_of("%s --arm arm --endpoint os=t,e --covariates "
                                                  "burden --subgroups --subgroup-by burden",
                                                  path);
    /* the median is 0, the least: the cut is the next value */
    assert_close(number_at(&facts, "all", " group=0 term=burden level=<1 n") +
                     number_at(&facts, "all", " group=1 term=burden level=<1 n"),
                 54, 0);
    program_facts_clear(&facts);
    facts = program_facts_of(ROTTERDAM "--subgroups --subgroup-cut age=65,age=50,age=65");
    assert_close(number_at(&facts, "all", " group=1 term=age level=<50 n"), 24, 0);
    assert_close(number_at(&facts, "all", " group=1 term=age level=50-<65 n"), 179, 0);
    assert_close(number_at(&facts, "all", " group=1 term=age level=>=65 n"), 136, 0);
    /* by default: categories, 0/1, and what has a cut */
    assert_close(number_at(&facts, "all", " n.tests"), 3, 0);
    program_facts_clear(&facts);
    program_remove_folder(folder);
    free(path);
}

static void what_holds_for_all_is_warned_of_once(void **state)
{
    (void)state;
    struct program_run run = program_run(ROTTERDAM "--psm --ties exact --subgroups");
    assert_code(run, 0);
    const char *first = strstr(run.out, "exact ties have no robust error");
    assert_non_null(first);
    assert_null(strstr(first + 1, "exact ties have no robust error"));
    program_clear(&run);
}

/* ---- wrong usage ---- */

static void wrong_names_and_cuts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *options, *says;
    } wrong[] = {
        {"--subgroups --subgroup-by mano", "--subgroup-by: \"mano\"|did you mean \"meno\"?"},
        {"--subgroups --subgroup-by pathology", "name it in --covariates too"},
        {"--subgroups --subgroup-cut ages=65", "--subgroup-cut: \"ages\"|did you mean \"age\"?"},
        {"--subgroups --subgroup-cut age", "not of the form NAME=X"},
        {"--subgroups --subgroup-cut age=old", "not of the form NAME=X"},
        {"--subgroups --subgroup-cut age=24", "leaves nobody on one side|24 to 90"},
        {"--subgroups --subgroup-cut age=200", "leaves nobody on one side|24 to 90"},
        {"--subgroups --subgroup-cut size=2", "has categories"},
        {"--subgroups --subgroup-cut meno=1", "has categories"},
        {"--subgroups --subgroup-by year --categorical year --covariates year",
         "\"year\" has 16 levels"},
        {"--subgroups --covariates age", "found no covariate with categories"},
    };
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        struct program_run run = program_run(ROTTERDAM "%s", wrong[w].options);
        assert_code(run, 2);
        assert_says(run.err, wrong[w].says);
        program_clear(&run);
    }
}

static void what_makes_no_subgroups_is_refused_or_left_out(void **state)
{
    (void)state;
    char *folder = program_new_folder(), *path = write_odd(folder);
    struct program_run run = program_run(
        "%s --arm arm --endpoint os=t,e --covariates same --subgroups --subgroup-by same", path);
    assert_code(run, 2);
    assert_says(run.err, "one value only");
    program_clear(&run);
    run = program_run(
        "%s --arm site --endpoint os=t,e --covariates burden --subgroups --on-error drop", path);
    assert_says(run.err, "--control and --treated");
    program_clear(&run);
    run = program_run(ROTTERDAM "--covariates meno,year --categorical year --subgroups");
    assert_code(run, 0);
    assert_says(run.out, "\"year\" has 16 levels|it is left out|meno");
    program_clear(&run);
    program_remove_folder(folder);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_cohort_and_pairs_agree_with_r),
        cmocka_unit_test(known_weights_agree_with_r),
        cmocka_unit_test(a_stratum_of_its_own_for_each_level_agrees_with_r),
        cmocka_unit_test(the_estimation_of_weights_in_all_reaches_the_variance_in_a_subgroup),
        cmocka_unit_test(the_overall_row_is_the_ratio_of_cox),
        cmocka_unit_test(a_subgroup_is_a_cohort_of_its_members),
        cmocka_unit_test(with_replacement_a_patient_counts_once),
        cmocka_unit_test(ratios_are_bootstrapped_in_the_same_subgroups_with_any_number_of_threads),
        cmocka_unit_test(small_subgroups_are_suppressed_and_not_tested),
        cmocka_unit_test(a_subgroup_needs_20_patients_and_both_numbers_can_be_said),
        cmocka_unit_test(nothing_to_compare_is_a_null_and_a_warning),
        cmocka_unit_test(an_arm_without_events_in_a_subgroup_has_firths_estimate),
        cmocka_unit_test(numbers_are_cut_where_both_sides_have_somebody),
        cmocka_unit_test(what_holds_for_all_is_warned_of_once),
        cmocka_unit_test(wrong_names_and_cuts_are_refused),
        cmocka_unit_test(what_makes_no_subgroups_is_refused_or_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
