/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known truth under immortal time: cohorts of 600 whose radiotherapy multiplies the hazard of progression
 * by 0.70, or does nothing. What do the analyses of --triangulation find, on average?
 *
 *   make build/release/tests/simulation/immortal && build/release/tests/simulation/immortal
 *
 * An argument sets the number of cohorts. The geometric mean of each hazard ratio must be within 0.05 of
 * what R found on 60 cohorts of the same law, with nearly these covariates, cut into categories, and no
 * value missing; here models take those who have them all. Whether each method finds the truth of what it
 * estimates, for overall survival too, is judged in strategies.c.
 */
#include "program.h"
#include "rwe/simulator/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COHORTS = 60, PATIENTS = 600, SEED = 20250731 };
#define REACH 0.05

#define JOB                                                                                        \
    "%s --id usubjid --arm arm --control GP+Tis --treated GP+Tis+RT --exposure-start rt_start_mo " \
    "--endpoint pfs=pfs_mo,pfs_event --response-column resp_m3 --covariates age,kps,ebv_log10,"    \
    "oligo,liver_met,bone_met,dfi_mo,ldh,nlr,pleural,siteid,index_year --triangulation "           \
    "--timedep-response --timedep-weights --ccw-response --sequential-response "                   \
    "--landmark-covariates resp_m3 --iptw=ato"

static const double truth[] = {0.70, 1.00};
enum { N_TRUTHS = sizeof truth / sizeof *truth };

static const struct answer {
    const char *name, *key;
    double expected[N_TRUTHS];
} answers[] = {
    {"ever against never", "model=arm term=naive", {0.41, 0.53}},
    {"ever against never, adjusted", "model=adjusted term=naive", {0.47, 0.62}},
    {"ever against never, matched 1:1", "model=arm term=matched", {0.49, 0.63}},
    {"landmark 6", "model=arm term=landmark-6", {0.65, 0.85}},
    {"landmark 6, adjusted, response too", "model=adjusted term=landmark-6", {0.74, 1.02}},
    {"landmark 6, overlap weights, response too",
     "model=arm term=landmark-6-iptw-ato",
     {0.77, 1.02}},
    {"time-dependent, adjusted, response too", "model=adjusted term=timedep", {0.73, 1.00}},
    /* The truth that right weights find: by R, in a large cohort of this law in which a coin decides on radiotherapy;
     * standard error 0.008. */
    {"time-dependent, weighted, response too", "model=weighted term=timedep", {0.76, 1.00}},
    /* The truth, begun by 9 months unless progression or death comes first against not begun by then: see
     * strategies.c. */
    {"clones, grace 9, response too", "model=arm term=ccw-9", {0.83, 1.00}},
    /* No R over 60 cohorts: the effect in those who begin lies between that given covariates (0.73) and
     * that in those who could have had either at a landmark (0.77); without an effect it is 1. */
    {"sequential trials, response too", "model=arm term=sequential", {0.75, 1.00}},
};
enum { N_ANSWERS = sizeof answers / sizeof *answers };

/* The cohort as a file, as the program reads it. */
static char *write_cohort(const char *folder, uint64_t seed, double ratio)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_simulation_options options = rwe_simulation_options_default();
    options.n = PATIENTS;
    options.seed = seed;
    options.hr_progression = ratio;
    options.hr_death = ratio < 1 ? 0.90 : 1;
    struct rwe_simulation *simulation = NULL;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (arena == NULL || out == NULL ||
        rwe_simulate_cohort(&options, arena, &simulation, NULL) != RWE_OK ||
        rwe_simulate_write_cohort(simulation, out, NULL) != RWE_OK)
        fail_msg("cohort %zu could not be written", (size_t)seed);
    fclose(out);
    char *path = program_write_file(folder, "cohort.csv", text);
    free(text);
    rwe_arena_free(arena);
    return path;
}

/* Adds the log hazard ratios of one cohort. */
static void add_cohort(uint64_t seed, double ratio, double sum[], double squares[])
{
    char *folder = program_new_folder();
    char *path = write_cohort(folder, seed, ratio);
    struct program_facts facts = program_facts_of(JOB, path);
    for (size_t a = 0; a < N_ANSWERS; a++) {
        char *key = program_format("triangulation endpoint=pfs %s hr", answers[a].key);
        double estimate = log(program_facts_number(&facts, key));
        sum[a] += estimate;
        squares[a] += estimate * estimate;
        free(key);
    }
    program_facts_clear(&facts);
    free(path);
    program_remove_folder(folder);
}

/* How many answers are not where they should be. */
static size_t judge(size_t t, size_t n_cohorts)
{
    double sum[N_ANSWERS] = {0}, squares[N_ANSWERS] = {0};
    size_t n_failed = 0;
    for (size_t k = 0; k < n_cohorts; k++)
        add_cohort(SEED + k, truth[t], sum, squares);
    printf("\ntrue hazard ratio while irradiated %.2f\n", truth[t]);
    for (size_t a = 0; a < N_ANSWERS; a++) {
        double n = (double)n_cohorts, mean = sum[a] / n;
        double error = exp(mean) * sqrt((squares[a] / n - mean * mean) / n);
        bool holds = fabs(exp(mean) - answers[a].expected[t]) <= REACH;
        printf("  %-42s %.3f ± %.3f   %.2f   %s\n", answers[a].name, exp(mean), error,
               answers[a].expected[t], holds ? "ok" : "FAILED");
        n_failed += !holds;
    }
    return n_failed;
}

int main(int n_arguments, char *arguments[])
{
    size_t n_cohorts = n_arguments > 1 ? strtoul(arguments[1], NULL, 10) : COHORTS;
    size_t n_failed = 0;
    if (n_cohorts == 0 || n_cohorts > UINT32_MAX) {
        fprintf(stderr, "%s: \"%s\" is no number of cohorts\n", arguments[0], arguments[1]);
        return 2;
    }
    printf("%zu cohorts of %d, seeds from %d; ± is the standard error of the geometric mean\n",
           n_cohorts, PATIENTS, SEED);
    for (size_t t = 0; t < N_TRUTHS; t++)
        n_failed += judge(t, n_cohorts);
    printf("\n%zu passed, %zu failed\n", N_TRUTHS * N_ANSWERS - n_failed, n_failed);
    return n_failed > 0;
}
