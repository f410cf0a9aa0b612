/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/derived.h"

#include "rwe/base/date.h"
#include "rwe/base/number.h"
#include "rwe/data/cohort.h"
#include "rwe/data/measured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- formulas ---- */

double rwe_bed(double dose, double fractions, double alpha_beta)
{
    return dose > 0 && fractions > 0 ? dose * (1 + dose / fractions / alpha_beta) : NAN;
}

double rwe_eqd2(double dose, double fractions)
{
    return rwe_bed(dose, fractions, 10) / 1.2; /* D (d + 10) / 12 */
}

static double months_between(const double x[])
{
    return (x[0] - x[1]) / 30.4375;
}

static double oligo_of(const double x[])
{
    return isnan(x[0]) || isnan(x[1]) ? NAN : x[0] <= 5 && x[1] <= 2;
}

static double ratio_of(const double x[])
{
    return x[1] > 0 ? x[0] / x[1] : NAN;
}

static double bmi_of(const double x[])
{
    return x[1] > 0 ? x[0] / (x[1] / 100 * (x[1] / 100)) : NAN;
}

static double bed10_of(const double x[])
{
    return rwe_bed(x[0], x[1], 10);
}

static double eqd2_of(const double x[])
{
    return rwe_eqd2(x[0], x[1]);
}

static double days_between(const double x[])
{
    return x[0] - x[1];
}

static double year_of(const double x[])
{
    char text[RWE_DATE_SIZE];
    if (isnan(x[0]))
        return NAN;
    rwe_date_format((int32_t)x[0], text);
    return strtod(text, NULL); /* stops at the hyphen */
}

static double log_of(const double x[])
{
    return log10(x[0] + 1);
}

static double is_zero(const double x[])
{
    return isnan(x[0]) ? NAN : x[0] == 0;
}

enum source_kind { NUMBER, DATE, EBV, ORGANS };

struct derived {
    const char *name;
    enum source_kind kind[2];
    const char *source[2]; /* the second may be NULL */
    double (*formula)(const double x[]);
};

static const struct derived known[] = {
    {"dfi_mo", {DATE, DATE}, {"met_date", "prim_rt_end_date"}, months_between},
    {"oligo", {NUMBER, ORGANS}, {"n_lung_mets", "n_met_organs"}, oligo_of},
    {"nlr", {NUMBER, NUMBER}, {"anc", "alc"}, ratio_of},
    {"bmi", {NUMBER, NUMBER}, {"weight_kg", "height_cm"}, bmi_of},
    {"bed10", {NUMBER, NUMBER}, {"rt_dose_gy", "rt_fx"}, bed10_of},
    {"eqd2", {NUMBER, NUMBER}, {"rt_dose_gy", "rt_fx"}, eqd2_of},
    {"rt_delay_d", {DATE, DATE}, {"rt_start_date", "index_date"}, days_between},
    {"index_year", {DATE, NUMBER}, {"index_date", NULL}, year_of},
    {"ebv_log10", {EBV, NUMBER}, {"ebv_dna", NULL}, log_of},
    {"ebv_blq", {EBV, NUMBER}, {"ebv_dna", NULL}, is_zero},
};

static const struct derived *find(const char *name)
{
    for (size_t d = 0; d < sizeof known / sizeof *known; d++)
        if (strcmp(known[d].name, name) == 0)
            return &known[d];
    return NULL;
}

bool rwe_derived_is(const char *name)
{
    return find(name) != NULL;
}

/* ---- EBV DNA ---- */

bool rwe_ebv_parse(const char *text, double *copies, bool *below)
{
    double number;
    if (!rwe_measured_parse(text, &number, below) || number < 0)
        return false;
    *below = *below || number == 0;
    *copies = *below ? 0 : number;
    return true;
}

/* ---- sources ---- */

struct reader {
    const struct rwe_table *table;
    struct rwe_date_style style;
    struct rwe_arena *scratch;
    struct rwe_complaints *complaints;
};

static enum rwe_status read_dates(const struct reader *reader, size_t column, double out[])
{
    size_t n = rwe_table_rows(reader->table);
    struct rwe_dated *dated = RWE_NEW(reader->scratch, struct rwe_dated, n);
    if (dated == NULL ||
        rwe_table_dated(reader->table, column, reader->style, dated, reader->complaints) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        out[i] = rwe_dated_has_day(dated[i]) ? (double)dated[i].day : NAN;
    return RWE_OK;
}

static enum rwe_status read_ebv(const struct reader *reader, size_t column, double out[])
{
    size_t n = rwe_table_rows(reader->table);
    const char **text = RWE_NEW(reader->scratch, const char *, n);
    if (text == NULL || rwe_table_strings(reader->table, column, reader->scratch, text) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        bool below;
        out[i] = NAN;
        if (text[i] == NULL || rwe_ebv_parse(text[i], &out[i], &below))
            continue;
        out[i] = NAN;
        struct rwe_complaint complaint = {
            .file = rwe_table_file(reader->table),
            .line = rwe_table_line(reader->table, i),
            .row = i,
            .column = rwe_table_name(reader->table, column),
            .value = text[i],
            .reason = N_("not a number of copies"),
            .advice = N_("write 3418, 1.2x10^4, <500 or 阴性"),
        };
        if (rwe_complaints_add(reader->complaints, &complaint) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* The lung, and each organ with a 1 in its own column. */
static enum rwe_status count_organs(const struct reader *reader, double out[])
{
    static const char *const organs[] = {"liver_met", "bone_met", "other_met"};
    size_t n = rwe_table_rows(reader->table);
    double *one = RWE_NEW(reader->scratch, double, n);
    if (one == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        out[i] = 1;
    for (size_t o = 0; o < sizeof organs / sizeof *organs; o++) {
        size_t column = rwe_table_find(reader->table, organs[o]);
        if (column == RWE_NO_INDEX)
            continue;
        if (rwe_table_numbers(reader->table, column, one, reader->complaints) != RWE_OK)
            return RWE_NO_MEMORY;
        for (size_t i = 0; i < n; i++)
            out[i] += isnan(one[i]) ? NAN : one[i] != 0;
    }
    return RWE_OK;
}

static enum rwe_status read_source(const struct reader *reader, const struct derived *derived,
                                   size_t s, double out[], struct rwe_error *error)
{
    size_t column;
    bool counts = derived->kind[s] == ORGANS &&
                  rwe_table_find(reader->table, derived->source[s]) == RWE_NO_INDEX;
    enum rwe_status status = counts ? RWE_OK
                                    : rwe_cohort_column(reader->table, derived->name,
                                                        derived->source[s], &column, error);
    if (status != RWE_OK)
        return status;
    if (counts)
        status = count_organs(reader, out);
    else if (derived->kind[s] == DATE)
        status = read_dates(reader, column, out);
    else if (derived->kind[s] == EBV)
        status = read_ebv(reader, column, out);
    else
        status = rwe_table_numbers(reader->table, column, out, reader->complaints);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_derived_read(const struct rwe_table *table, const char *name,
                                 struct rwe_date_style style, struct rwe_arena *scratch,
                                 struct rwe_complaints *complaints, double out[],
                                 struct rwe_error *error)
{
    const struct derived *derived = find(name);
    const struct reader reader = {table, style, scratch, complaints};
    size_t n = rwe_table_rows(table);
    double *second = RWE_NEW(scratch, double, n);
    if (derived == NULL || second == NULL)
        return derived == NULL
                   ? rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "\"%s\" is no derived variable", name)
                   : rwe_fail_memory(error);
    enum rwe_status status = read_source(&reader, derived, 0, out, error);
    if (status == RWE_OK && derived->source[1] != NULL)
        status = read_source(&reader, derived, 1, second, error);
    for (size_t i = 0; status == RWE_OK && i < n; i++)
        out[i] = derived->formula((const double[]){out[i], second[i]});
    return status;
}
