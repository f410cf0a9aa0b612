/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootstrap through the program: the same bytes whatever the threads and the order of rows, errors
 * that agree with theory, and failures that are counted. What an interrupt leaves is told by test_interrupt.c. */
#include "csv_variant.h"
#include "program.h"

#include "cli.h"
#include "rwe/base/rng.h"
#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    char *folder;
    struct rwe_arena *arena;
};

static int set_up(void **state)
{
    static struct fixture f;
    gsl_set_error_handler_off();
    f = (struct fixture){program_new_folder(), rwe_arena_new()};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    program_remove_folder(f->folder);
    rwe_arena_free(f->arena);
    return 0;
}

static double number(const struct program_facts *facts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static double number(const struct program_facts *facts, const char *format, ...)
{
    char key[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(key, sizeof key, format, arguments);
    va_end(arguments);
    return program_facts_number(facts, key);
}

/* ---- the same bytes ---- */

static const char job[] = "--km --psm --rmst --format json --quiet";

static void threads_are_not_seen(void **state)
{
    (void)state;
    const char *cohort = "sample_data/cohort.csv";
    struct program_run one = program_run("%s %s --bootstrap 30 --threads 1", cohort, job);
    assert_code(one, 0);
    for (int threads = 2; threads <= 5; threads += 3) {
        struct program_run more =
            program_run("%s %s --bootstrap 30 --threads %d", cohort, job, threads);
        assert_code(more, 0);
        assert_string_equal(more.out, one.out);
        program_clear(&more);
    }
    program_clear(&one);
}

static void another_seed_draws_others(void **state)
{
    (void)state;
    static const char key[] = "cox endpoint=os population=all model=arm term=arm";
    double error[2];
    for (int s = 0; s < 2; s++) {
        struct program_facts facts =
            program_facts_of("sample_data/cohort.csv --km --bootstrap 50 --seed %d --quiet", s + 1);
        error[s] = number(&facts, "%s bootstrap.std.error", key);
        program_facts_clear(&facts);
    }
    assert_true(error[0] != error[1]);
    assert_close(error[0], error[1], 0.5);
}

static void check_row_order(const struct fixture *f, const char *id)
{
    struct design_csv csv = design_csv_read("tests/oracle/data/veteran.csv", f->arena);
    uint32_t *order = csv_variant_shuffle(csv.n_rows, 3);
    const struct csv_variant variants[] = {{0}, {.order = order}};
    struct program_facts facts[2];
    for (int v = 0; v < 2; v++) {
        char *path = csv_variant_write(&variants[v], &csv, f->folder);
        facts[v] = program_facts_of("%s --arm trt --endpoint os=time,status --covariates "
                                    "karno,diagtime,age --km --psm --bootstrap 60 --quiet %s",
                                    path, id);
        remove(path);
        free(path);
    }
    assert_same_facts(facts[1], facts[0], 0);
    program_facts_clear(&facts[0]);
    program_facts_clear(&facts[1]);
    free(order);
}

static void the_order_of_rows_is_not_seen(void **state)
{
    check_row_order(*state, "");
}

/* ---- errors against theory ---- */

/* 2000 replicates: the standard error of a standard error is 1.6 %, and the bootstrap's differs from
 * the large-sample one by terms of order 1/n. */
static const double MONTE_CARLO = 0.06;

static void survival_has_greenwoods_error(void **state)
{
    (void)state;
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --km --times 12,24 --bootstrap 2000 --quiet");
    for (int e = 0; e < 2; e++)
        for (int time = 12; time <= 24; time += 12) {
            char *key = program_format("km endpoint=%s population=all group=GP+Tis time=%d",
                                       e == 0 ? "pfs" : "os", time);
            assert_close(number(&facts, "%s bootstrap.std.error", key),
                         number(&facts, "%s std.error", key), MONTE_CARLO);
            assert_close(number(&facts, "%s bootstrap.conf.low", key),
                         number(&facts, "%s conf.low", key), MONTE_CARLO);
            free(key);
        }
    static const char hr[] = "cox endpoint=pfs population=all model=arm term=arm";
    assert_close(number(&facts, "%s bootstrap.std.error", hr), number(&facts, "%s std.error", hr),
                 MONTE_CARLO);
    program_facts_clear(&facts);
}

/* Pairs are drawn anew with their propensity model, which the clustered error takes as given: the
 * bootstrap's is larger, here by a tenth. */
static void a_matched_ratio_has_about_the_error_clustered_by_pair(void **state)
{
    (void)state;
    static const char hr[] = "cox endpoint=pfs population=matched model=arm term=arm";
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --km --psm --bootstrap 500 --quiet");
    double drawn = number(&facts, "%s bootstrap.std.error", hr);
    double clustered = number(&facts, "%s robust.se", hr);
    assert_true(drawn > 0.95 * clustered && drawn < 1.3 * clustered);
    program_facts_clear(&facts);
}

/* One strong cause of treatment and death: weights from a fitted model balance it better than the true
 * ones would, so that an error that takes them as known is too large (Robins, Rotnitzky & Zhao). */
static char *confounded_cohort(const struct fixture *f)
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 5, RWE_RNG_TEST, 0);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("id,arm,x,t,e\n", out);
    for (int i = 0; i < 500; i++) {
        double x = gsl_ran_ugaussian(g);
        bool treated = gsl_rng_uniform(g) < 1 / (1 + exp(-0.6 * x));
        double time = gsl_ran_exponential(g, exp(-1.2 * x + 0.4 * treated));
        double censored = gsl_ran_exponential(g, 4);
        fprintf(out, "%d,%d,%.6f,%.6f,%d\n", i, treated, x, fmin(time, censored), time <= censored);
    }
    fclose(out);
    char *path = program_write_file(f->folder, "confounded.csv", text);
    free(text);
    return path;
}

static void a_weighted_ratio_is_surer_than_known_weights_say(void **state)
{
    char *path = confounded_cohort(*state);
    static const char hr[] = "cox endpoint=os population=iptw-ate model=arm term=arm";
    struct program_facts facts =
        program_facts_of("%s --id id --arm arm --endpoint os=t,e --covariates x --km --iptw=ate "
                         "--variance robust --bootstrap 1000 --quiet",
                         path);
    double drawn = number(&facts, "%s bootstrap.std.error", hr);
    double known = number(&facts, "%s robust.se", hr);
    assert_true(drawn < 0.9 * known && drawn > 0.5 * known);
    program_facts_clear(&facts);
    free(path);
}

/* ---- --variance bootstrap ---- */

static void the_numbers_errors_are_those_of_the_replicates(void **state)
{
    (void)state;
    static const struct {
        const char *key, *bootstrap, *own;
    } same[] = {
        {"cox endpoint=os population=matched model=arm term=arm", "bootstrap.std.error",
         "std.error"},
        {"cox endpoint=os population=matched model=arm term=arm", "bootstrap.conf.low", "conf.low"},
        {"cox endpoint=os population=all model=arm term=arm", "bootstrap.conf.high", "conf.high"},
        {"km endpoint=os population=all group=GP+Tis time=12", "bootstrap.std.error", "std.error"},
        {"km endpoint=pfs population=matched group=GP+Tis time=12", "bootstrap.conf.high",
         "conf.high"},
        {"km endpoint=pfs population=matched group=GP+Tis", "bootstrap.conf.low",
         "median.conf.low"},
        {"km endpoint=os population=matched term=difference time=12", "bootstrap.conf.low",
         "conf.low"},
        {"rmst endpoint=os population=matched group=GP+Tis", "bootstrap.conf.low", "conf.low"},
        {"rmst endpoint=os population=matched term=difference", "bootstrap.std.error", "std.error"},
        {"rmst endpoint=os population=matched term=ratio", "bootstrap.conf.low", "conf.low"},
        {"rmst endpoint=os population=matched term=rmtl.ratio", "bootstrap.conf.high", "conf.high"},
    };
    struct program_facts facts = program_facts_of(
        "sample_data/cohort.csv --km --psm --rmst --times 12 --bootstrap 60 --variance bootstrap "
        "--quiet");
    for (size_t s = 0; s < sizeof same / sizeof *same; s++)
        assert_close(number(&facts, "%s %s", same[s].key, same[s].own),
                     number(&facts, "%s %s", same[s].key, same[s].bootstrap), 0);
    const char *hr = same[0].key;
    double z = number(&facts, "%s estimate", hr) / number(&facts, "%s std.error", hr);
    assert_close(number(&facts, "%s p.value", hr), erfc(fabs(z) / sqrt(2)), 1e-9);
    assert_close(number(&facts, "%s hr", hr), number(&facts, "%s bootstrap.estimate", hr), 0);
    program_facts_clear(&facts);
}

/* Limits by the standard error lie about the estimate, of a ratio on the log scale; the replicates are the same. */
static void limits_can_be_those_of_the_standard_error(void **state)
{
    (void)state;
    static const char hr[] = "cox endpoint=os population=all model=arm term=arm";
    static const char mean[] = "rmst endpoint=os population=all term=difference";
    struct program_facts facts =
        program_facts_of("sample_data/cohort.csv --km --rmst --bootstrap 50 "
                         "--bootstrap-limits normal --quiet");
    const double z = 1.959963984540054;
    double error = number(&facts, "%s bootstrap.std.error", hr);
    double estimate = number(&facts, "%s bootstrap.estimate", hr);
    assert_close(number(&facts, "%s bootstrap.conf.low", hr), estimate * exp(-z * error), 1e-12);
    assert_close(number(&facts, "%s bootstrap.conf.high", hr), estimate * exp(z * error), 1e-12);
    estimate = number(&facts, "%s bootstrap.estimate", mean);
    error = number(&facts, "%s bootstrap.std.error", mean);
    assert_close(number(&facts, "%s bootstrap.conf.low", mean), estimate - z * error, 1e-12);
    struct program_facts others = program_facts_of("sample_data/cohort.csv --km --rmst --bootstrap "
                                                   "50 --bootstrap-limits bc --quiet");
    assert_close(number(&others, "%s bootstrap.std.error", mean), error, 0);
    assert_true(number(&others, "%s bootstrap.conf.low", mean) !=
                number(&facts, "%s bootstrap.conf.low", mean));
    program_facts_clear(&facts);
    program_facts_clear(&others);
}

static void competing_risks_have_them_too(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(
        "tests/oracle/data/pbc.csv --arm sex --endpoint death=time,status:2;1 --cuminc --times "
        "1000 --bootstrap 300 --variance bootstrap --quiet");
    static const char arm[] = "cuminc endpoint=death population=all group=m level=2 time=1000";
    static const char gap[] =
        "cuminc endpoint=death population=all term=difference level=2 time=1000";
    struct program_facts plain = program_facts_of("tests/oracle/data/pbc.csv --arm sex --endpoint "
                                                  "death=time,status:2;1 --cuminc --times 1000");
    assert_close(number(&facts, "%s std.error", arm), number(&facts, "%s bootstrap.std.error", arm),
                 0);
    assert_close(number(&facts, "%s std.error", arm), number(&plain, "%s std.error", arm), 0.15);
    assert_close(number(&facts, "%s bootstrap.estimate", arm), number(&plain, "%s estimate", arm),
                 0);
    assert_close(number(&facts, "%s bootstrap.n", gap), 300, 0.01);
    program_facts_clear(&plain);
    program_facts_clear(&facts);
}

static void a_variance_without_replicates_is_refused(void **state)
{
    (void)state;
    struct program_run run = program_run("sample_data/cohort.csv --km --variance bootstrap");
    assert_code(run, 2);
    assert_says(run.err, "--variance bootstrap|--bootstrap 1000");
    program_clear(&run);
}

/* ---- failures ---- */

/* 40 patients. The first `n_rare` of each arm have one value of z, nobody else shares his, and only who
 * shares it can be matched. */
static char *rare_partners(const struct fixture *f, int n_rare)
{
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 6, RWE_RNG_TEST, 0);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("id,arm,z,t,e\n", out);
    for (int i = 0; i < 40; i++)
        fprintf(out, "%d,%d,%d,%.4f,%d\n", i, i % 2, i / 2 < n_rare ? 20 : i + (i >= 20),
                gsl_ran_exponential(g, 10), gsl_rng_uniform(g) < 0.7);
    fclose(out);
    char *path = program_write_file(f->folder, "rare.csv", text);
    free(text);
    return path;
}

static struct program_run run_rare(const struct fixture *f, int n_rare)
{
    char *path = rare_partners(f, n_rare);
    struct program_run run =
        program_run("%s --id id --arm arm --endpoint os=t,e --covariates z --km --psm "
                    "--caliper-abs 0 --bootstrap 300 --format json --quiet",
                    path);
    free(path);
    return run;
}

/* Of two in an arm somebody is drawn with probability 1 − (38/40)^40 = 87 %: a fourth of the
 * replicates has nobody in one of the arms who could be matched. */
static void failed_replicates_are_counted_and_told(void **state)
{
    struct program_run run = run_rare(*state, 2);
    assert_code(run, 0);
    assert_says(run.out,
                "replicates-failed|of 300 bootstrap replicates have no estimate, the first "
                "since: ");
    struct program_facts facts = program_facts_parse(run.out);
    double n = number(&facts, "cox endpoint=os population=all model=arm term=arm bootstrap.n");
    assert_true(n > 0.65 * 300 && n < 0.85 * 300);
    program_facts_clear(&facts);
    program_clear(&run);
}

/* With one in each arm: 1 − (1 − e^-1)² = 60 % fail. */
static void more_than_half_failed_is_an_error(void **state)
{
    struct program_run run = run_rare(*state, 1);
    assert_code(run, 1);
    assert_says(run.err, "of 300 bootstrap replicates failed, the first since: ");
    assert_string_equal(run.out, "");
    program_clear(&run);
}

static void few_replicates_are_warned_of(void **state)
{
    (void)state;
    struct program_run run = program_run("sample_data/cohort.csv --km --bootstrap 20 --quiet");
    assert_code(run, 0);
    assert_says(run.out, "20 replicates are few");
    program_clear(&run);
    run = program_run("sample_data/cohort.csv --km --bootstrap 200 --quiet");
    assert_null(strstr(run.out, "replicates are few"));
    program_clear(&run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(threads_are_not_seen),
        TEST(another_seed_draws_others),
        TEST(the_order_of_rows_is_not_seen),
        TEST(survival_has_greenwoods_error),
        TEST(a_matched_ratio_has_about_the_error_clustered_by_pair),
        TEST(a_weighted_ratio_is_surer_than_known_weights_say),
        TEST(the_numbers_errors_are_those_of_the_replicates),
        TEST(limits_can_be_those_of_the_standard_error),
        TEST(competing_risks_have_them_too),
        TEST(a_variance_without_replicates_is_refused),
        TEST(failed_replicates_are_counted_and_told),
        TEST(more_than_half_failed_is_an_error),
        TEST(few_replicates_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
