/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Public cohorts of tests/oracle/data as survival data. */
#ifndef TESTS_SUPPORT_DATA_SET_H
#define TESTS_SUPPORT_DATA_SET_H

#include "cohort.h"

/** Columns of a file tests/oracle/data/<file>.csv. */
struct data_set {
    const char *file, *time, *event;
    double code; /**< of an event in that column */
    const char *group;
    const char *stratum; /**< or NULL */
};

/** Its rows without missing group or stratum, in the order of the file; levels by their bytes. */
struct cohort data_set_read(const struct data_set *set, struct rwe_arena *arena);

#endif
