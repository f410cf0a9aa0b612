/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "competing.h"

#include "check.h"

#include <math.h>

struct cohort competing_rotterdam(const struct csv_table *table, const char *group, size_t p)
{
    struct cohort cohort = cohort_new(table->arena, table->n_rows, p);
    const double *relapse = csv_table_numbers(table, "recur");
    const double *death = csv_table_numbers(table, "death");
    const double *relapse_time = csv_table_numbers(table, "rtime");
    const double *death_time = csv_table_numbers(table, "dtime");
    cohort.group = csv_table_codes(table, group, NULL);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.time[i] = relapse[i] == 1 ? relapse_time[i] : death_time[i];
        cohort.event[i] = relapse[i] == 1 ? 1 : death[i] == 1 ? 2 : 0;
    }
    return cohort;
}

static struct cohort load(const struct csv_table *table, const char *time, const char *type,
                          const char *group, size_t p)
{
    struct cohort cohort = cohort_new(table->arena, table->n_rows, p);
    const double *code = csv_table_numbers(table, type);
    cohort.time = csv_table_numbers(table, time);
    cohort.group = csv_table_codes(table, group, NULL);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.event[i] = (uint8_t)code[i];
    return cohort;
}

struct cohort competing_mgus2(const struct csv_table *table, const char *group, size_t p)
{
    return load(table, "etime", "etype", group, p);
}

struct cohort competing_pbc(const struct csv_table *table, const char *group, size_t p)
{
    struct cohort cohort = load(table, "time", "status", group, p);
    const double *arm = csv_table_numbers(table, "trt");
    uint8_t *keep = RWE_NEW(table->arena, uint8_t, cohort.n);
    for (size_t i = 0; i < cohort.n; i++) {
        if (!isnan(arm[i]))
            keep[i] = 1;
        cohort.group[i]--; /* the empty field sorts first */
    }
    return cohort_subset(&cohort, keep, table->arena);
}

struct rwe_survival_data competing_sort(struct cohort *cohort, struct rwe_arena *arena)
{
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    data.n_causes = 2;
    return data;
}

struct cohort competing_random(struct rwe_arena *arena, size_t n, size_t p, double grain,
                               uint64_t seed)
{
    struct cohort cohort = cohort_random(arena, n, p, grain, seed);
    for (size_t i = 0; i < n; i++)
        if (cohort.event[i] && i % 7 > 3)
            cohort.event[i] = 2;
    return cohort;
}
