/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that laboratories fill: mostly numbers, and words or signs for what lies below the limit of detection. */
#include "cohort_private.h"

#include "rwe/base/number.h"
#include "rwe/data/measured.h"
#include <math.h>
#include <string.h>

/* A measurement has so many different numbers at least; a column of fewer is one of codes. */
enum { LEAST_DIFFERENT = 5 };

struct tally {
    size_t n;      /* cells with a value */
    size_t n_read; /* of which are numbers, powers, limits, or words for none */
    size_t n_below;
    size_t n_plain;     /* of which are plain numbers */
    size_t n_different; /* numbers, counted up to LEAST_DIFFERENT */
    double different[LEAST_DIFFERENT];
    double least; /* limit, or else number */
};

static void count_different(struct tally *tally, double value)
{
    for (size_t i = 0; i < tally->n_different; i++)
        if (tally->different[i] == value)
            return;
    if (tally->n_different < LEAST_DIFFERENT)
        tally->different[tally->n_different++] = value;
}

static struct tally count_cells(const char *const text[], size_t n)
{
    struct tally tally = {.least = INFINITY};
    double least_number = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double value, plain;
        bool below;
        tally.n += text[i] != NULL;
        if (text[i] == NULL || !rwe_measured_parse(text[i], &value, &below))
            continue;
        tally.n_read++;
        tally.n_below += below;
        tally.n_plain += rwe_number_parse(text[i], strlen(text[i]), &plain);
        if (below && value < tally.least)
            tally.least = value;
        if (!below && value > 0 && value < least_number)
            least_number = value;
        if (!below)
            count_different(&tally, value);
    }
    if (isinf(tally.least))
        tally.least = least_number;
    return tally;
}

/* Most cells can be read, some as only laboratories write them; a third of these are numbers, and no codes. */
static bool is_measurement(const struct tally *tally)
{
    return 10 * tally->n_read >= 9 * tally->n && tally->n_read > tally->n_plain &&
           3 * (tally->n_read - tally->n_below) >= tally->n &&
           tally->n_different == LEAST_DIFFERENT;
}

/* Below the limit counts as half of it: of its own, or else of the least in the column. */
static enum rwe_status read_cells(struct raw *raw, size_t column, const char *const text[],
                                  double least, struct raw_variable *variable)
{
    for (size_t i = 0; i < raw->n_rows; i++) {
        double value = NAN;
        bool below = false;
        if (text[i] != NULL && !rwe_measured_parse(text[i], &value, &below) &&
            rwe_raw_complain(raw, i, column, text[i], N_("no measurement"),
                             N_("write 3418, 1.2x10^4, <500 or 阴性")) != RWE_OK)
            return RWE_NO_MEMORY;
        variable->below[i] = below;
        variable->number[i] = !below ? value : isnan(value) ? least / 2 : value / 2;
    }
    return RWE_OK;
}

enum rwe_status rwe_raw_read_measured(struct raw *raw, size_t column, struct raw_variable *variable,
                                      bool *is_measured)
{
    const char **text = RWE_NEW(raw->scratch, const char *, raw->n_rows);
    if (text == NULL || rwe_table_strings(raw->table, column, raw->scratch, text) != RWE_OK)
        return RWE_NO_MEMORY;
    struct tally tally = count_cells(text, raw->n_rows);
    *is_measured = is_measurement(&tally);
    if (!*is_measured)
        return RWE_OK;
    variable->number = RWE_NEW(raw->scratch, double, raw->n_rows);
    variable->below = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    if (rwe_arena_failed(raw->scratch) ||
        read_cells(raw, column, text, tally.least, variable) != RWE_OK)
        return RWE_NO_MEMORY;
    if (tally.n_below > 0)
        return rwe_complaints_note(
            raw->complaints,
            "%s: column \"%s\" is read as a measurement with a limit of detection: %zu of %zu "
            "values lie below it and count as half of it, and \"%s_below\" marks them",
            rwe_table_file(raw->table), variable->name, tally.n_below, tally.n, variable->name);
    variable->below = NULL;
    return rwe_complaints_note(raw->complaints,
                               "%s: column \"%s\" is read as numbers, also where they are powers "
                               "of ten or have a sign in front",
                               rwe_table_file(raw->table), variable->name);
}
