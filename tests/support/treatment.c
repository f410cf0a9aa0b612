/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "treatment.h"

#include "check.h"
#include "design_csv.h"

#include <math.h>
#include <string.h>

struct source {
    const char *name, *treated, *level, *outcome; /* treated where the column holds the level */
    const char *column[10];
};

static const struct source sources[] = {
    {"lalonde",
     "treat",
     "1",
     "re78",
     {"age", "educ", "race=hispan", "race=white", "married", "nodegree", "re74", "re75"}},
    {"lung", "sex", "2", "time", {"age", "ph.ecog", "wt.loss"}},
    {"rotterdam",
     "hormon",
     "1",
     "dtime",
     {"age", "meno", "size=20-50", "size=>50", "grade", "nodes", "pgr", "er"}},
};

static const double *read_column(const struct design_csv *csv, const char *column)
{
    const char *equals = strchr(column, '=');
    if (equals == NULL)
        return design_csv_numbers(csv, column);
    const char *name = rwe_arena_substring(csv->arena, column, (size_t)(equals - column));
    return design_csv_level(csv, name, equals + 1);
}

static const struct source *find_source(const char *name)
{
    for (size_t s = 0; s < sizeof sources / sizeof *sources; s++)
        if (strcmp(sources[s].name, name) == 0)
            return &sources[s];
    fail_msg("no cohort %s", name);
    return NULL;
}

struct treatment treatment_read(const char *name, struct rwe_arena *arena)
{
    const struct source *source = find_source(name);
    struct design_csv csv =
        design_csv_read(rwe_arena_format(arena, "tests/oracle/data/%s.csv", name), arena);
    struct treatment cohort = {0};
    const double *column[10];
    for (; cohort.k < 10 && source->column[cohort.k] != NULL; cohort.k++)
        column[cohort.k] = read_column(&csv, source->column[cohort.k]);
    const double *treated = design_csv_level(&csv, source->treated, source->level);
    const double *outcome = design_csv_numbers(&csv, source->outcome);
    uint32_t *row = RWE_NEW(arena, uint32_t, csv.n_rows);
    for (size_t i = 0; i < csv.n_rows; i++) {
        double sum = outcome[i];
        for (size_t j = 0; j < cohort.k; j++)
            sum += column[j][i];
        if (!isnan(sum))
            row[cohort.n++] = (uint32_t)i;
    }
    cohort.x = RWE_NEW(arena, double, cohort.n *cohort.k);
    cohort.treated = RWE_NEW(arena, uint8_t, cohort.n);
    cohort.outcome = RWE_NEW(arena, double, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        for (size_t j = 0; j < cohort.k; j++)
            cohort.x[j * cohort.n + i] = column[j][row[i]];
        cohort.treated[i] = treated[row[i]] == 1;
        cohort.outcome[i] = outcome[row[i]];
    }
    return cohort;
}

struct treatment treatment_permute(const struct treatment *cohort, const uint32_t order[],
                                   struct rwe_arena *arena)
{
    struct treatment other = {.n = cohort->n, .k = cohort->k};
    other.x = RWE_NEW(arena, double, other.n *other.k);
    other.treated = RWE_NEW(arena, uint8_t, other.n);
    other.outcome = RWE_NEW(arena, double, other.n);
    for (size_t i = 0; i < other.n; i++) {
        for (size_t j = 0; j < other.k; j++)
            other.x[j * other.n + i] = cohort->x[j * other.n + order[i]];
        other.treated[i] = cohort->treated[order[i]];
        other.outcome[i] = cohort->outcome[order[i]];
    }
    return other;
}

/* An estimate moves by w_i × pull_i when log w_i does, and by as much for subject i itself; so its
 * influence is w_i pull_i + Σ_k influence_ik Σ_j slope_jk w_j pull_j. */
static double standard_error(size_t n, const double moved[],
                             const struct rwe_weight_estimation *estimation)
{
    size_t q = estimation == NULL ? 0 : estimation->n_parameters;
    double gradient[64] = {0}, squares = 0;
    assert_true(q <= 64);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < q; k++)
            gradient[k] += estimation->slope[i * q + k] * moved[i];
    for (size_t i = 0; i < n; i++) {
        double influence = moved[i];
        for (size_t k = 0; k < q; k++)
            influence += estimation->influence[i * q + k] * gradient[k];
        squares += influence * influence;
    }
    return sqrt(squares);
}

struct treatment_estimate treatment_difference(const struct treatment *cohort,
                                               const double weight[],
                                               const struct rwe_weight_estimation *estimation)
{
    struct rwe_arena *arena = rwe_arena_new();
    double *moved = RWE_NEW(arena, double, cohort->n);
    double sum[2] = {0, 0}, mean[2] = {0, 0};
    for (size_t i = 0; i < cohort->n; i++) {
        sum[cohort->treated[i]] += weight[i];
        mean[cohort->treated[i]] += weight[i] * cohort->outcome[i];
    }
    for (size_t arm = 0; arm < 2; arm++)
        mean[arm] /= sum[arm];
    for (size_t i = 0; i < cohort->n; i++) {
        uint8_t arm = cohort->treated[i];
        double pull = weight[i] * (cohort->outcome[i] - mean[arm]) / sum[arm];
        moved[i] = arm ? pull : -pull;
    }
    struct treatment_estimate estimate = {mean[1] - mean[0],
                                          standard_error(cohort->n, moved, estimation)};
    rwe_arena_free(arena);
    return estimate;
}

struct treatment_estimate treatment_mean(const struct treatment *cohort, const double weight[],
                                         const struct rwe_weight_estimation *estimation)
{
    struct rwe_arena *arena = rwe_arena_new();
    double *moved = RWE_NEW(arena, double, cohort->n);
    double sum = 0, mean = 0;
    for (size_t i = 0; i < cohort->n; i++) {
        sum += weight[i];
        mean += weight[i] * cohort->outcome[i];
    }
    mean /= sum;
    for (size_t i = 0; i < cohort->n; i++)
        moved[i] = weight[i] * (cohort->outcome[i] - mean) / sum;
    struct treatment_estimate estimate = {mean, standard_error(cohort->n, moved, estimation)};
    rwe_arena_free(arena);
    return estimate;
}
