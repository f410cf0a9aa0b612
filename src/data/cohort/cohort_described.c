/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that are only described, by arm: treatment as it was given, site of failure, end of
 * follow-up. */
#include "cohort_private.h"

#include "rwe/data/derived.h"
#include <string.h>

bool rwe_raw_is_treatment(const struct raw *raw, const char *name)
{
    struct rwe_strings list = raw->study->treatment_columns;
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
                                   enum rwe_source source, struct rwe_error *error)
{
    bool by_study = source == RWE_FROM_STUDY;
    bool is_there = rwe_table_find(raw->table, name) != RWE_NO_INDEX;
    struct raw_variable *variable = &raw->described[raw->n_described];
    if (is_read(raw, name) || (by_study && !is_there && !rwe_derived_is(name)))
        return RWE_OK;
    *variable = (struct raw_variable){.name = name};
    enum rwe_status status = rwe_raw_read_variable(raw, option, variable, error);
    if (status == RWE_NO_COLUMN && by_study)
        return RWE_OK;
    raw->n_described += status == RWE_OK;
    return status;
}

enum rwe_status rwe_raw_read_described(struct raw *raw, struct rwe_error *error)
{
    const struct rwe_study_settings *study = raw->study;
    const struct {
        const char *option, *column;
        enum rwe_source source;
    } single[] = {
        {"--failure-column", study->failure_column, study->source.failure_column},
        {"--ltfu-column", study->ltfu_column, study->source.ltfu_column},
        {"--end-column", study->end_column, study->source.end_column},
    };
    const size_t n_single = sizeof single / sizeof single[0];
    struct rwe_strings treatment = study->treatment_columns;
    enum rwe_status status = RWE_OK;
    raw->described = RWE_NEW(raw->scratch, struct raw_variable, treatment.n + n_single);
    if (raw->described == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < treatment.n && status == RWE_OK; i++)
        status = read_column(raw, "--treatment-columns", treatment.item[i],
                             study->source.treatment_columns, error);
    for (size_t i = 0; i < n_single && status == RWE_OK; i++)
        if (single[i].column != NULL)
            status = read_column(raw, single[i].option, single[i].column, single[i].source, error);
    return status;
}

const struct rwe_variable *rwe_cohort_described(const struct rwe_cohort *cohort, const char *name)
{
    for (size_t j = 0; name != NULL && j < cohort->n_described; j++)
        if (strcmp(cohort->described[j].name, name) == 0)
            return &cohort->described[j];
    return NULL;
}
