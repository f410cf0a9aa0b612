/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --sequential against R (tests/oracle/sequential.R), and what must hold of nested trials. */
#include "csv_table.h"
#include "design_csv.h"
#include "program.h"

#include "rwe/base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILE_OF "tests/oracle/data/ccw.csv"
#define DECLARED                                                                                   \
    " --id id --arm arm --control none --treated rt --endpoint pfs=pfs,pfs_event --endpoint "      \
    "os=os,os_event --exposure-start rt_start --covariates age,kps,oligo,liver,site "              \
    "--response-column resp --quiet"
#define COHORT FILE_OF DECLARED

/* ---- against R ---- */

struct variant {
    const char *name, *endpoint, *options;
};

static const struct variant variants[] = {
    {"pfs", "pfs", "--sequential=1 --sequential-truncate 99"},
    {"os", "os", "--sequential=0.25"},
    {"censoring", "pfs",
     "--sequential=1.5 --sequential-step .5 --sequential-weights "
     "censoring"},
    {"starts", "pfs", "--sequential=0 --sequential-step 2 --sequential-truncate 95"},
    {"resp", "os", "--sequential=2 --sequential-response --sequential-truncate 99"},
};
enum { N_VARIANTS = sizeof variants / sizeof variants[0] };

/* Numbers of all trials, the models and the curves. */
static const struct {
    const char *name, *fact; /* of the oracle; after the endpoint and the population */
    double tolerance;
} items[] = {
    {"trials", "sequential|n.trials", 0},
    {"n", "sequential|n", 0},
    {"n0", "sequential|group=none n", 0},
    {"left", "sequential|group=none n.left", 0},
    {"event0", "sequential|group=none n.event", 0},
    {"n1", "sequential|group=rt n", 0},
    {"event1", "sequential|group=rt n.event", 0},
    {"pieces", "weights|n.rows", 0},
    {"hazard.age", "sequential|model=exposure-hazard term=age estimate", 1e-7},
    {"hazard.siteC", "sequential|model=exposure-hazard term=site=C estimate", 1e-7},
    {"arm.loghr", "cox|model=arm term=arm estimate", 1e-7},
    {"arm.se", "cox|model=arm term=arm robust.se", 1e-7},
    {"adjusted.loghr", "cox|model=adjusted term=arm estimate", 1e-7},
    {"adjusted.se", "cox|model=adjusted term=arm robust.se", 1e-7},
    {"surv.0.6", "km|group=none time=6 estimate", 1e-8},
    {"surv.0.24", "km|group=none time=24 estimate", 1e-8},
    {"surv.1.12", "km|group=rt time=12 estimate", 1e-8},
    {"rmst.0", "rmst|group=none estimate", 1e-8},
    {"rmst.1", "rmst|group=rt estimate", 1e-8},
};

static void numbers_curves_means_and_ratios_are_those_of_r(void **state)
{
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/sequential.csv");
    for (size_t v = 0; v < N_VARIANTS; v++) {
        struct program_facts facts = program_facts_of(
            COHORT " %s --cox --km --rmst --tau 18 --times 6,12,24", variants[v].options);
        for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
            const char *rest = strchr(items[i].fact, '|');
            char *name = program_format("%s.%s", variants[v].name, items[i].name);
            char *key = program_format("%.*s endpoint=%s population=sequential %s",
                                       (int)(rest - items[i].fact), items[i].fact,
                                       variants[v].endpoint, rest + 1);
            assert_close(program_facts_number(&facts, key), oracle_number(oracle, name),
                         items[i].tolerance);
            free(name);
            free(key);
        }
        program_facts_clear(&facts);
    }
    oracle_free(oracle);
}

/* Every fifth trial of R: "pfs.left.6" */
static void counts_of_single_trials_are_those_of_r(void **state)
{
    static const char *const stats[][2] = {
        {"n", "n"},           {"n0", "group=none n"},           {"left", "group=none n.left"},
        {"n1", "group=rt n"}, {"event0", "group=none n.event"}, {"event1", "group=rt n.event"}};
    (void)state;
    struct oracle *oracle = oracle_read("tests/oracle/sequential.csv");
    struct program_facts facts = program_facts_of(COHORT " --sequential=1 --cox");
    for (int trial = 1; trial <= 6; trial += 5)
        for (size_t s = 0; s < 6; s++) {
            const char *group = strchr(stats[s][1], ' ');
            char *name = program_format("pfs.%s.%d", stats[s][0], trial);
            char *key = program_format(
                "sequential endpoint=pfs population=sequential %.*s%stime=%d %s",
                group == NULL ? 0 : (int)(group - stats[s][1]), stats[s][1],
                group == NULL ? "" : " ", trial, group == NULL ? stats[s][1] : group + 1);
            assert_close(program_facts_number(&facts, key), oracle_number(oracle, name), 0);
            free(name);
            free(key);
        }
    program_facts_clear(&facts);
    oracle_free(oracle);
}

/* Of a follow-up at the time just after `from`; NaN where it has no row then. */
struct exported {
    struct design_csv csv;
    const double *trial, *from, *until, *weight;
};

static double weight_at(const struct exported *rows, const char *const where[3], double trial,
                        double from)
{
    static const char *const columns[] = {"endpoint", "id", "arm"};
    for (size_t r = 0; r < rows->csv.n_rows; r++) {
        bool same = rows->trial[r] == trial && rows->from[r] <= from && rows->until[r] > from;
        for (size_t c = 0; c < 3 && same; c++)
            same = strcmp(design_csv_text(&rows->csv, r, columns[c]), where[c]) == 0;
        if (same)
            return rows->weight[r];
    }
    return NAN;
}

/* "pfs.weight.ID.TRIAL.ARM.FROM", where a time may hold a point: the arm is the digit between. */
static bool check_weight(const struct exported *rows, const struct variant *variant,
                         const char *name, double expected)
{
    size_t length = strlen(variant->name);
    char id[16], trial[32];
    if (strncmp(name, variant->name, length) != 0 || name[length] != '.' ||
        sscanf(name + length, ".weight.%15[0-9].", id) != 1)
        return false;
    const char *rest = name + length + strlen(".weight.") + strlen(id) + 1;
    const char *arm = strstr(rest, ".0.");
    if (arm == NULL)
        arm = strstr(rest, ".1.");
    assert_non_null(arm);
    snprintf(trial, sizeof trial, "%.*s", (int)(arm - rest), rest);
    const char *const where[] = {variant->endpoint, id, arm[1] == '0' ? "none" : "rt"};
    assert_close(weight_at(rows, where, atof(trial), atof(arm + 3)), expected, 1e-8);
    return true;
}

static void exported_weights_are_those_of_r_piece_by_piece(void **state)
{
    struct design_csv expected = design_csv_read("tests/oracle/sequential.csv", *state);
    const double *value = design_csv_numbers(&expected, "value");
    for (size_t v = 0; v < 2; v++) {
        char *path = check_write_file("", 0);
        size_t n = 0;
        struct program_run run =
            program_run(COHORT " %s --export-trials %s", variants[v].options, path);
        assert_code(run, 0);
        struct exported rows = {.csv = design_csv_read(path, *state)};
        rows.trial = design_csv_numbers(&rows.csv, "trial");
        rows.from = design_csv_numbers(&rows.csv, "from");
        rows.until = design_csv_numbers(&rows.csv, "until");
        rows.weight = design_csv_numbers(&rows.csv, "weight");
        for (size_t r = 0; r < expected.n_rows; r++)
            n += check_weight(&rows, &variants[v], design_csv_text(&expected, r, "name"), value[r]);
        assert_true(n > 40);
        program_clear(&run);
        check_remove_file(path);
    }
}

/* ---- what must hold ---- */

static double of_trial(const struct program_facts *facts, const char *group, int time,
                       const char *stat)
{
    char *key = program_format("sequential endpoint=pfs population=sequential %stime=%d %s", group,
                               time, stat);
    double value = program_facts_number(facts, key);
    free(key);
    return value;
}

static void trials_add_up(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT " --sequential=1 --cox --km");
    const char *of = "endpoint=pfs population=sequential";
    char *key;
    double eligible = 0, unexposed = 0, initiators = 0, left = INFINITY;
    for (int t = 0; t < 40; t++) {
        key = program_format("sequential %s time=%d n", of, t);
        bool is_trial = program_facts_find(&facts, key) != NULL;
        free(key);
        if (!is_trial)
            continue;
        double n = of_trial(&facts, "", t, "n");
        assert_true(n <= left); /* of the trial before, less its initiators */
        left = n - of_trial(&facts, "group=rt ", t, "n");
        eligible += n;
        unexposed += of_trial(&facts, "group=none ", t, "n");
        initiators += of_trial(&facts, "group=rt ", t, "n");
    }
    const struct {
        const char *analysis, *rest;
        double expected;
    } sums[] = {{"sequential", "n", eligible},
                {"sequential", "group=none n", unexposed},
                {"sequential", "group=rt n", initiators},
                {"weights", "group=none n", unexposed},
                {"weights", "group=rt n", initiators},
                {"cox", "model=arm n", unexposed + initiators}};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        key = program_format("%s %s %s", sums[i].analysis, of, sums[i].rest);
        assert_close(program_facts_number(&facts, key), sums[i].expected, 0);
        free(key);
    }
    /* The weights of the unexposed at the start of trials, p, add up to about the initiators. */
    key = program_format("km %s group=none n", of);
    assert_close(program_facts_number(&facts, key), initiators, 0.05);
    free(key);
    program_facts_clear(&facts);
}

static void other_populations_do_not_change(void **state)
{
    (void)state;
    const char *asked = "--iptw --psm --ccw --timedep --km --cox --rmst --tau 24 --subgroups";
    struct program_facts without = program_facts_of(COHORT " %s", asked);
    struct program_facts with = program_facts_of(COHORT " %s --sequential", asked);
    size_t n = 0;
    for (size_t f = 0; f < without.n; f++) {
        const json_t *also = program_facts_find(&with, without.fact[f].key);
        if (!json_is_number(without.fact[f].value))
            continue;
        assert_non_null(also);
        assert_close(json_number_value(also), json_number_value(without.fact[f].value), 0);
        n++;
    }
    assert_true(n > 500);
    program_facts_clear(&without);
    program_facts_clear(&with);
}

/* The file with its rows in reverse order; the caller removes it. */
static char *write_reversed(void)
{
    size_t size;
    char *text = program_read_file(FILE_OF, &size);
    char *reversed = calloc(1, size + 1), *to = reversed;
    char *body = strchr(text, '\n') + 1, *end = text + size;
    to = mempcpy(to, text, (size_t)(body - text));
    while (end > body) {
        char *line = end - 1;
        while (line > body && line[-1] != '\n')
            line--;
        to = mempcpy(to, line, (size_t)(end - line));
        end = line;
    }
    char *path = check_write_file(reversed, size);
    free(text);
    free(reversed);
    return path;
}

static void neither_rows_nor_threads_matter(void **state)
{
    (void)state;
    const char *asked = "--sequential --cox --km --bootstrap 6";
    char *path = write_reversed();
    struct program_facts one = program_facts_of(COHORT " %s --threads 1", asked);
    struct program_facts two = program_facts_of(COHORT " %s --threads 2", asked);
    struct program_facts reversed = program_facts_of("%s" DECLARED " %s --threads 2", path, asked);
    assert_same_facts(two, one, 0);
    assert_same_facts(reversed, one, 0);
    program_facts_clear(&one);
    program_facts_clear(&two);
    program_facts_clear(&reversed);
    check_remove_file(path);
}

static void replicates_weigh_anew(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(COHORT " --sequential --cox --bootstrap 30");
    const char *key = "cox endpoint=pfs population=sequential model=arm term=arm ";
    char *bootstrap = program_format("%sbootstrap.std.error", key);
    char *robust = program_format("%srobust.se", key);
    /* Of the same size; in 30 replicates a standard error has one of 13 %. */
    assert_close(program_facts_number(&facts, bootstrap), program_facts_number(&facts, robust),
                 0.4);
    free(bootstrap);
    free(robust);
    program_facts_clear(&facts);
}

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *says;
        int code;
    } cases[] = {
        {FILE_OF " --id id --arm arm --endpoint pfs=pfs,pfs_event --covariates age --sequential",
         "--exposure-start", 2},
        {FILE_OF " --id id --arm arm --endpoint pfs=pfs,pfs_event --exposure-start rt_start "
                 "--sequential",
         "--covariates", 2},
        {FILE_OF " --id id --arm arm --exposure-start rt_start --covariates age --sequential",
         "--endpoint", 2},
        {FILE_OF " --id id --arm arm --endpoint pfs=pfs,pfs_event --exposure-start rt_start "
                 "--covariates age --sequential --sequential-response",
         "--response-column", 2},
        {COHORT " --sequential=x", "--sequential", 2},
        {COHORT " --sequential=-1", "--sequential", 2},
        {COHORT " --sequential=0.0001", "10000 trials", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program_run run = program_run("%s", cases[i].arguments);
        assert_code(run, cases[i].code);
        assert_says(run.err, cases[i].says);
        program_clear(&run);
    }
}

/* Sixty patients, nobody of whom is exposed while at risk, though the arms say so. */
static void without_exposure_there_is_no_trial(void **state)
{
    (void)state;
    char *text = program_format("id,arm,age,start,t,e\n");
    for (int i = 1; i <= 60; i++) {
        char *longer = program_format("%s%d,%d,%d,%s,%d,%d\n", text, i, i % 2, 40 + i * 7 % 30,
                                      i % 4 == 1 ? "99" : "", 3 + i * 13 % 50, i % 5 != 0);
        free(text);
        text = longer;
    }
    char *path = check_write_file(text, strlen(text));
    struct program_run run = program_run("%s --id id --arm arm --endpoint os=t,e --exposure-start "
                                         "start --covariates age --sequential",
                                         path);
    assert_code(run, 1);
    assert_says(run.err, "nobody began exposure|no trial to emulate|--exposure-start");
    program_clear(&run);
    check_remove_file(path);
    free(text);
}

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return 0;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_curves_means_and_ratios_are_those_of_r),
        cmocka_unit_test(counts_of_single_trials_are_those_of_r),
        cmocka_unit_test_setup_teardown(exported_weights_are_those_of_r_piece_by_piece, set_up,
                                        tear_down),
        cmocka_unit_test(trials_add_up),
        cmocka_unit_test(other_populations_do_not_change),
        cmocka_unit_test(neither_rows_nor_threads_matter),
        cmocka_unit_test(replicates_weigh_anew),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(without_exposure_there_is_no_trial),
    };
    return cmocka_run_group_tests_name("sequential", tests, check_setup_gsl, NULL);
}
