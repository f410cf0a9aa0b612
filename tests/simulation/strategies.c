/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do the methods that mind time zero find the truth of what they estimate, for progression-free and for overall
 * survival, with an effect of radiotherapy and without?
 *
 *   make build/release/tests/simulation/strategies && build/release/tests/simulation/strategies [COHORTS [PATIENTS]]
 *
 * 20 cohorts of 600 without arguments (half a minute); the targets are meant for 100 and more. With fewer
 * each bound is wider by two standard errors of what is judged. Charts are made complete, so that methods are
 * judged, and not what is done about missing values.
 *
 * Where the truths are from (README.md has the commands):
 *   clones          two cohorts whose patients follow begun-9 and none, 1,000,000 each
 *   sequential      who begins, from his start on: his natural course and that under never, strata by month of
 *                   start; 1,000,000 patients in R (0.750, 0.798), 400,000 here (0.751, 0.800)
 *   landmark        who is free of progression at 6 months, a course of either kind each, overlap weights;
 *                   1,000,000 patients in R
 *   time-dependent  the conditional ratio that the model finds in 60,000 patients (0.735; in R 0.736)
 */
#include "program.h"
#include "rwe/simulator/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COHORTS = 20, PATIENTS = 600, SEED = 20250731, ENOUGH = 100, MANY = 3000 };

#define COVARIATES                                                                                 \
    "age,kps,ebv_log10,oligo,liver_met,bone_met,dfi_mo,ldh,nlr,pleural,siteid,index_year"
#define STUDY                                                                                      \
    "%s --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT --exposure-start rt_start_mo " \
    "--endpoint os=os_mo,os_event --response-column resp_m3 --covariates " COVARIATES              \
    " --landmark-covariates resp_m3 --iptw=ato --cox "
#define BOTH_ENDPOINTS                                                                             \
    STUDY "--endpoint pfs=pfs_mo,pfs_event --triangulation --timedep-response --ccw-response "     \
          "--sequential-response --km --times 24 --rmst --tau 24"
#define OS_ALONE STUDY "--landmark"

enum truth { EFFECT, NOTHING, N_TRUTHS };
static const double hazard_ratio[N_TRUTHS][2] = {{0.70, 0.90}, {1, 1}};
static const char *const truth_name[N_TRUTHS] = {"0.70, 0.90", "no effect"};

/* What is asked of one method and one endpoint. Differences are at 24 months: of survival, and of means. */
static const struct question {
    const char *method, *endpoint, *population, *model;
    bool alone; /* overall survival is the only endpoint that is declared */
    double
        hr[N_TRUTHS]; /* the truth, NaN: none, and nothing is judged but that a caution says so */
    double reach;     /* of the geometric mean of estimates, as a ratio to the truth */
    double reach_of_many;  /* the same where a cohort has thousands of patients */
    double survival, mean; /* true differences under an effect (else 0); NaN: not judged */
} questions[] = {
    {"clones, grace 9", "pfs", "ccw-9", "arm", false, {0.830, 1}, 0.03, 0.03, 0.074, 1.03},
    {"clones, grace 9", "os", "ccw-9", "arm", false, {0.879, 1}, 0.03, 0.02, 0.037, 0.30},
    {"landmark 6, overlap",
     "pfs",
     "landmark-6-iptw-ato",
     "arm",
     false,
     {0.783, 1},
     0.04,
     0.04,
     NAN,
     NAN},
    {"landmark 6, overlap",
     "os",
     "landmark-6-iptw-ato",
     "arm",
     false,
     {0.818, 1},
     0.04,
     0.04,
     NAN,
     NAN},
    {"  (no other endpoint)",
     "os",
     "landmark-6-iptw-ato",
     "arm",
     true,
     {0.818, 1},
     0.04,
     0.04,
     NAN,
     NAN},
    {"sequential, who begins", "pfs", "sequential", "arm", false, {0.750, 1}, 0.04, 0.04, NAN, NAN},
    {"sequential, who begins", "os", "sequential", "arm", false, {0.798, 1}, 0.04, 0.04, NAN, NAN},
    {"time-dependent, adjusted",
     "pfs",
     "timedep",
     "adjusted",
     false,
     {0.736, 1},
     0.03,
     0.03,
     NAN,
     NAN},
    {"time-dependent, adjusted", "os", "timedep", "adjusted", false, {NAN, NAN}, 0, 0, NAN, NAN},
};
enum { N_QUESTIONS = sizeof questions / sizeof *questions };

/* Differences of survival and of means may be off by so much. */
#define REACH_SURVIVAL 0.012
#define REACH_MEAN 0.13
#define MOST_REJECTED 0.10
#define LEAST_COVERED 0.90

/* Sums over the cohorts in which there is an answer. */
struct sums {
    double n, sum, squares;
};

struct answer {
    struct sums log_hr, survival, mean, rejected, covered, cautioned;
};

static void add(struct sums *sums, double value)
{
    if (isnan(value))
        return;
    sums->n++;
    sums->sum += value;
    sums->squares += value * value;
}

static double mean_of(const struct sums *sums)
{
    return sums->sum / sums->n;
}

static double error_of(const struct sums *sums)
{
    double mean = mean_of(sums);
    return sqrt(fmax(sums->squares / sums->n - mean * mean, 0) / (sums->n - 1));
}

/* The cohort as a file, with nothing missing, as the program reads it. */
static char *write_cohort(const char *folder, uint64_t seed, size_t n, enum truth truth)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_simulation_options options = {.n = n,
                                             .seed = seed,
                                             .hr_progression = hazard_ratio[truth][0],
                                             .hr_death = hazard_ratio[truth][1]};
    struct rwe_simulation *simulation = NULL;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (arena == NULL || out == NULL ||
        rwe_simulate_cohort(&options, arena, &simulation, NULL) != RWE_OK)
        fail_msg("cohort %zu could not be simulated", (size_t)seed);
    for (size_t i = 0; i < n; i++)
        simulation->patient[i].missing = 0;
    if (rwe_simulate_write_cohort(simulation, out, NULL) != RWE_OK)
        fail_msg("cohort %zu could not be written", (size_t)seed);
    fclose(out);
    char *path = program_write_file(folder, "cohort.csv", text);
    free(text);
    rwe_arena_free(arena);
    return path;
}

/* The number of that fact, NaN where there is none. */
static double fact(const struct program_facts *facts, const char *analysis,
                   const struct question *q, const char *rest)
{
    char *key = program_format("%s endpoint=%s population=%s %s", analysis, q->endpoint,
                               q->population, rest);
    json_t *value = program_facts_find(facts, key);
    free(key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double cox_fact(const struct program_facts *facts, const struct question *q,
                       const char *stat)
{
    char *rest = program_format("model=%s term=arm %s", q->model, stat);
    double value = fact(facts, "cox", q, rest);
    free(rest);
    return value;
}

/* Whether some analysis has a caution for this endpoint in this population. */
static bool is_cautioned(const struct program_facts *facts, const struct question *q)
{
    char *endpoint = program_format(" endpoint=%s ", q->endpoint);
    char *population = program_format("=%s ", q->population);
    bool found = false;
    for (size_t i = 0; i < facts->n; i++) {
        const char *key = facts->fact[i].key;
        found |= strstr(key, endpoint) != NULL && strstr(key, population) != NULL &&
                 strcmp(strrchr(key, ' '), " caution") == 0;
    }
    free(endpoint);
    free(population);
    return found;
}

static void add_answer(const struct program_facts *facts, const struct question *q,
                       enum truth truth, struct answer *answer)
{
    double low = cox_fact(facts, q, "conf.low"), high = cox_fact(facts, q, "conf.high");
    double p = cox_fact(facts, q, "p.value");
    add(&answer->log_hr, log(cox_fact(facts, q, "hr")));
    add(&answer->rejected, isnan(p) ? NAN : p < 0.05);
    add(&answer->covered, isnan(low) ? NAN : low <= q->hr[truth] && q->hr[truth] <= high);
    add(&answer->survival, fact(facts, "km", q, "term=difference time=24 estimate"));
    add(&answer->mean, fact(facts, "rmst", q, "term=difference estimate"));
    add(&answer->cautioned, is_cautioned(facts, q));
}

static void add_cohort(uint64_t seed, size_t n, enum truth truth, struct answer answer[])
{
    char *folder = program_new_folder();
    char *path = write_cohort(folder, seed, n, truth);
    struct program_facts both = program_facts_of(BOTH_ENDPOINTS, path);
    struct program_facts alone = program_facts_of(OS_ALONE, path);
    for (size_t q = 0; q < N_QUESTIONS; q++)
        add_answer(questions[q].alone ? &alone : &both, &questions[q], truth, &answer[q]);
    program_facts_clear(&both);
    program_facts_clear(&alone);
    free(path);
    program_remove_folder(folder);
}

/* ---- judging ---- */

static struct {
    size_t cohorts, patients, passed, failed;
} all;

/* " ok" or " !!": whether what was found is within its reach, which is wider where cohorts are few. */
static const char *judge(double off, double reach, double error)
{
    double slack = all.cohorts < ENOUGH ? 2 * error : 0;
    bool holds = off <= reach + slack;
    all.passed += holds;
    all.failed += !holds;
    return holds ? "  " : "!!";
}

static double error_of_share(double share)
{
    return sqrt(share * (1 - share) / (double)all.cohorts);
}

static void show_share(const struct sums *sums, double off, double error)
{
    printf("  %4.0f %s", 100 * mean_of(sums), judge(off, 0, error));
}

static void show_difference(const struct sums *sums, double truth, double reach)
{
    double bias = mean_of(sums) - truth;
    if (isnan(truth))
        printf("  %18s", "");
    else
        printf("  %6.3f ± %.3f %s", bias, error_of(sums), judge(fabs(bias), reach, error_of(sums)));
}

static void show(const struct question *q, enum truth truth, const struct answer *answer)
{
    double hr = exp(mean_of(&answer->log_hr)), error = hr * error_of(&answer->log_hr);
    printf("%-25s %-4s %-10s %5.3f ± %.3f", q->method, q->endpoint, truth_name[truth], hr, error);
    if (isnan(q->hr[truth])) {
        double without = 1 - mean_of(&answer->cautioned);
        printf("  no effect of a strategy; the caution is in %.0f%% %s\n", 100 - 100 * without,
               judge(without, 0, 0));
        return;
    }
    bool many = all.patients >= MANY;
    double off = fabs(hr / q->hr[truth] - 1);
    printf("  %5.3f %s", q->hr[truth],
           judge(off, many ? q->reach_of_many : q->reach, error / q->hr[truth]));
    if (truth == NOTHING)
        show_share(&answer->rejected, mean_of(&answer->rejected) - MOST_REJECTED,
                   error_of_share(MOST_REJECTED));
    else
        printf("  %4.0f   ", 100 * mean_of(&answer->rejected));
    show_share(&answer->covered, LEAST_COVERED - mean_of(&answer->covered),
               error_of_share(LEAST_COVERED));
    show_difference(&answer->survival, truth == EFFECT ? q->survival : 0 * q->survival,
                    REACH_SURVIVAL);
    show_difference(&answer->mean, truth == EFFECT ? q->mean : 0 * q->mean, REACH_MEAN);
    bool everywhere = answer->log_hr.n == (double)all.cohorts;
    all.passed += everywhere;
    all.failed += !everywhere;
    if (!everywhere)
        printf("  no estimate in %.0f cohorts !!", (double)all.cohorts - answer->log_hr.n);
    printf("\n");
}

static size_t read_count(const char *program, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (n < 2 || n > UINT32_MAX || *end != '\0') {
        fprintf(stderr, "%s: \"%s\" is no number of cohorts or patients\n", program, text);
        exit(2);
    }
    return n;
}

int main(int n_arguments, char *arguments[])
{
    all.cohorts = n_arguments > 1 ? read_count(arguments[0], arguments[1]) : COHORTS;
    all.patients = n_arguments > 2 ? read_count(arguments[0], arguments[2]) : PATIENTS;
    setvbuf(stdout, NULL, _IOLBF, 0); /* an hour's work is seen as it goes */
    printf("%zu cohorts of %zu, seeds from %d; HR: geometric mean and its standard error; !!: "
           "beyond its "
           "target%s\n\n",
           all.cohorts, all.patients, SEED, all.cohorts < ENOUGH ? " and two standard errors" : "");
    printf("%-25s %-4s %-10s %-13s  %-8s  %-7s  %-7s  %-18s  %s\n", "method", "end", "truth", "HR",
           "target", "p<.05 %", "cover %", "bias of S(24)", "bias of mean, 24 months");
    for (enum truth truth = EFFECT; truth < N_TRUTHS; truth++) {
        struct answer answer[N_QUESTIONS] = {0};
        for (size_t k = 0; k < all.cohorts; k++)
            add_cohort(SEED + k, all.patients, truth, answer);
        for (size_t q = 0; q < N_QUESTIONS; q++)
            show(&questions[q], truth, &answer[q]);
        printf("\n");
    }
    printf("%zu passed, %zu failed\n", all.passed, all.failed);
    return all.failed > 0;
}
