/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "data_set.h"

#include "check.h"
#include "csv_table.h"

#include <stdio.h>
#include <string.h>

/* Codes of the levels in order of bytes, without the missing, which sorts first as "". */
static uint32_t *codes(const struct csv_table *table, const char *column, uint8_t keep[],
                       struct rwe_arena *arena)
{
    size_t place = 0;
    while (strcmp(table->name[place], column) != 0)
        place++;
    uint32_t *from = csv_table_codes(table, column, NULL);
    uint32_t *to = RWE_NEW(arena, uint32_t, table->n_rows);
    uint32_t first = 0;
    for (size_t i = 0; i < table->n_rows; i++)
        if (table->cell[i][place][0] == '\0')
            first = 1;
    for (size_t i = 0; i < table->n_rows; i++) {
        if (first > from[i])
            keep[i] = 0;
        else
            to[i] = from[i] - first;
    }
    return to;
}

struct cohort data_set_read(const struct data_set *set, struct rwe_arena *arena)
{
    char path[128];
    snprintf(path, sizeof path, "tests/oracle/data/%s.csv", set->file);
    struct csv_table *table = csv_table_read(path);
    struct cohort cohort = cohort_new(arena, table->n_rows, 0);
    uint8_t *keep = RWE_NEW(arena, uint8_t, cohort.n);
    memset(keep, 1, cohort.n);
    const double *time = csv_table_numbers(table, set->time);
    const double *event = csv_table_numbers(table, set->event);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.time[i] = time[i];
        cohort.event[i] = event[i] == set->code;
    }
    cohort.group = codes(table, set->group, keep, arena);
    if (set->stratum != NULL)
        cohort.stratum = codes(table, set->stratum, keep, arena);
    struct cohort kept = cohort_subset(&cohort, keep, arena);
    csv_table_free(table);
    return kept;
}
