/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One design through every output: weights, curve, test and hazard ratio of a weighted population
 * against the survey package, through the whole program; numbers from tests/oracle/design_survey.R.
 */
#include "csv_places.h"
#include "program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct data {
    const char *name, *path, *columns, *times;
    const char *group[2];
    const char *time; /* column of times, NULL: no survival */
};

static const struct data all[] = {
    {"rotterdam",
     "tests/oracle/data/rotterdam.csv",
     "--arm hormon --covariates age,size,grade,nodes,year --endpoint os=dtime,death --endpoint "
     "place=place,death",
     "500,1000",
     {"0", "1"},
     "dtime"},
    {"cohort",
     "sample_data/cohort.csv",
     "--id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT --covariates "
     "age,sex,oligo,liver_met,n_lung_mets --endpoint os=os_mo,os_event --endpoint "
     "place=place,os_event",
     "100,200",
     {"GP+Tis", "GP+Tis+RT"},
     "os_mo"},
    {"lalonde",
     "tests/oracle/data/lalonde.csv",
     "--arm treat --covariates age,educ,race,married,nodegree,re74,re75",
     "1",
     {"0", "1"},
     NULL},
};

static double fact(const struct program_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static double fact(const struct program_facts *facts, const char *format, ...)
{
    char key[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(key, sizeof key, format, arguments);
    va_end(arguments);
    return program_facts_number(facts, key);
}

/* Our number of what R calls `what`. */
static double ours(const struct program_facts *facts, const struct data *data, const char *kind,
                   const char *what)
{
    unsigned arm, time;
    if (strcmp(what, "log.hr") == 0)
        return fact(facts, "cox endpoint=os population=iptw-%s model=arm term=arm estimate", kind);
    if (strcmp(what, "robust.se") == 0)
        return fact(facts, "cox endpoint=os population=iptw-%s model=arm term=arm robust.se", kind);
    if (strcmp(what, "logrank") == 0)
        return fact(facts, "logrank endpoint=place population=iptw-%s term=logrank statistic",
                    kind);
    if (strcmp(what, "max") == 0)
        return fmax(fact(facts, "weights population=iptw-%s group=%s max", kind, data->group[0]),
                    fact(facts, "weights population=iptw-%s group=%s max", kind, data->group[1]));
    if (sscanf(what, "ess.%u", &arm) == 1)
        return fact(facts, "weights population=iptw-%s group=%s ess", kind, data->group[arm & 1]);
    assert_true(sscanf(what + strcspn(what, "."), ".%u.%u", &arm, &time) == 2);
    return fact(facts, "km endpoint=place population=iptw-%s group=%s time=%u %s", kind,
                data->group[arm & 1], time, what[0] == 'h' ? "cumhaz" : "cumhaz.std.error");
}

/* Where weights are fitted twice, here and by R, numbers differ by how far each went: 1e-7. */
static size_t compare(const struct data *data, const char *kind)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct design_csv expected = design_csv_read("tests/oracle/design_survey.csv", arena);
    struct design_csv cohort = design_csv_read(data->path, arena);
    const double *value = design_csv_numbers(&expected, "value");
    char *folder = program_new_folder();
    char *path =
        data->time == NULL ? strdup(data->path) : csv_places_write(&cohort, data->time, folder);
    struct program_facts facts =
        program_facts_of("%s %s --iptw=%s --variance robust %s%s --quiet", path, data->columns,
                         kind, data->time == NULL ? "" : "--km --cox --logrank --times ",
                         data->time == NULL ? "" : data->times);
    size_t n = 0;
    for (size_t r = 0; r < expected.n_rows; r++) {
        const char *what = design_csv_text(&expected, r, "what");
        if (strcmp(design_csv_text(&expected, r, "cohort"), data->name) != 0 ||
            strcmp(design_csv_text(&expected, r, "weights"), kind) != 0)
            continue;
        double actual = ours(&facts, data, kind, what);
        if (!(fabs(actual - value[r]) <= 1e-7 * fabs(value[r])))
            fail_msg("%s, %s, %s: %.17g, R has %.17g", data->name, kind, what, actual, value[r]);
        n++;
    }
    program_facts_clear(&facts);
    program_remove_folder(folder);
    free(path);
    rwe_arena_free(arena);
    return n;
}

static void every_number_of_a_kind_is_that_of_survey(const char *kind)
{
    assert_int_equal(compare(&all[0], kind), 14);
    assert_int_equal(compare(&all[1], kind), 14);
    assert_int_equal(compare(&all[2], kind), 3);
}

static void weighted_for_the_whole_cohort(void **state)
{
    (void)state;
    every_number_of_a_kind_is_that_of_survey("ate");
}

static void weighted_for_the_treated(void **state)
{
    (void)state;
    every_number_of_a_kind_is_that_of_survey("att");
}

static void weighted_by_overlap(void **state)
{
    (void)state;
    every_number_of_a_kind_is_that_of_survey("ato");
}

static void weighted_as_pairs_would(void **state)
{
    (void)state;
    every_number_of_a_kind_is_that_of_survey("matching");
}

static void weighted_by_entropy_balancing(void **state)
{
    (void)state;
    every_number_of_a_kind_is_that_of_survey("entropy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_for_the_whole_cohort), cmocka_unit_test(weighted_for_the_treated),
        cmocka_unit_test(weighted_by_overlap),           cmocka_unit_test(weighted_as_pairs_would),
        cmocka_unit_test(weighted_by_entropy_balancing),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
