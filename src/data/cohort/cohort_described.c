/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that are only described, by arm: treatment as it was given, site of failure, end of
 * follow-up. */
#include "cohort_private.h"

#include "rwe/data/derived.h"
#include <string.h>

static const char *const single[] = {"failure-column", "ltfu-column", "end-column"};
enum { N_SINGLE = sizeof single / sizeof *single };

bool rwe_raw_is_treatment(const struct raw *raw, const char *name)
{
    struct rwe_strings list = rwe_settings_list(raw->settings, "treatment-columns");
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.item[i], name) == 0)
            return true;
    return false;
}

static bool is_read(const struct raw *raw, const char *name)
{
    for (size_t j = 0; j < raw->n_described; j++)
        if (strcmp(raw->described[j].name, name) == 0)
            return true;
    return false;
}

/* One study file serves many files: what only it names may be missing, or lack what it follows from. */
static enum rwe_status read_column(struct raw *raw, const char *option, const char *name,
                                   struct rwe_error *error)
{
    char flag[64] = "--";
    bool by_study = rwe_settings_source(raw->settings, option) == RWE_FROM_STUDY;
    bool is_there = rwe_table_find(raw->table, name) != RWE_NO_INDEX;
    struct raw_variable *variable = &raw->described[raw->n_described];
    if (is_read(raw, name) || (by_study && !is_there && !rwe_derived_is(name)))
        return RWE_OK;
    strncat(flag, option, sizeof flag - sizeof "--");
    *variable = (struct raw_variable){.name = name};
    enum rwe_status status = rwe_raw_read_variable(raw, flag, variable, error);
    if (status == RWE_NO_COLUMN && by_study)
        return RWE_OK;
    raw->n_described += status == RWE_OK;
    return status;
}

enum rwe_status rwe_raw_read_described(struct raw *raw, struct rwe_error *error)
{
    struct rwe_strings treatment = rwe_settings_list(raw->settings, "treatment-columns");
    enum rwe_status status = RWE_OK;
    raw->described = RWE_NEW(raw->scratch, struct raw_variable, treatment.n + N_SINGLE);
    if (raw->described == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < treatment.n && status == RWE_OK; i++)
        status = read_column(raw, "treatment-columns", treatment.item[i], error);
    for (size_t i = 0; i < N_SINGLE && status == RWE_OK; i++) {
        const char *name = rwe_settings_text(raw->settings, single[i]);
        if (name != NULL)
            status = read_column(raw, single[i], name, error);
    }
    return status;
}

const struct rwe_variable *rwe_cohort_described(const struct rwe_cohort *cohort, const char *name)
{
    for (size_t j = 0; name != NULL && j < cohort->n_described; j++)
        if (strcmp(cohort->described[j].name, name) == 0)
            return &cohort->described[j];
    return NULL;
}
