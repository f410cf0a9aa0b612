/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "psm.h"

#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"
#include "rwe/stats/balance.h"

#include <math.h>

struct means {
    double matched, unmatched, smd;
};

/* `value` is by subject, `treated` too. */
static struct means compare(const struct rwe_run *run, const struct psm *psm,
                            const struct rwe_column *column, const double value[],
                            const uint8_t treated[])
{
    double sum[2] = {0};
    size_t n[2] = {0};
    for (size_t k = 0; k < psm->ps->n; k++) {
        double x = value[psm->ps->subject[k]];
        if (!psm_is_asked_about(psm, k) || isnan(x))
            continue;
        bool matched = psm->match.set[k] != RWE_UNMATCHED;
        sum[matched] += x;
        n[matched]++;
    }
    struct means means = {sum[1] / (double)n[1], sum[0] / (double)n[0], 0};
    double difference = means.unmatched - means.matched;
    if (difference != 0)
        means.smd = difference / rwe_balance_denominator(&(struct rwe_balance_data){
                                     .n = run->cohort->n,
                                     .value = value,
                                     .treated = treated,
                                     .binary = rwe_column_is_binary(column)});
    return means;
}

static void present_column(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                           const struct rwe_column *column, struct means means)
{
    enum rwe_cell_class class =
        rwe_column_is_binary(column) ? RWE_CELL_COEFFICIENT : RWE_CELL_NUMBER;
    const struct {
        enum rwe_cell_class class;
        const char *stat;
        double value;
    } cells[] = {{class, "mean.matched", means.matched},
                 {class, "mean.unmatched", means.unmatched},
                 {RWE_CELL_SMD, "smd.unmatched", means.smd}};
    key.term = column->variable->name;
    key.level = column->level < 0 ? NULL : column->variable->level[column->level];
    rwe_grid_row(grid, 0, "%s", column->name);
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        rwe_grid_cell(grid, cells[c].class,
                      rwe_document_number(run->document, &key, cells[c].stat, cells[c].value),
                      RWE_NO_FACT, RWE_NO_FACT);
}

static struct rwe_grid *begin_table(struct rwe_run *run, const struct psm *psm,
                                    const struct rwe_key *key, size_t n_unmatched)
{
    static const char *const title[] = {"Treated subjects with and without a partner",
                                        "Controls with and without a partner",
                                        "Subjects with and without a partner"};
    size_t n_asked = psm_n_arm(psm, psm->focal_arm);
    if (psm->estimand == RWE_MATCH_ATE)
        n_asked = psm->ps->n;
    struct rwe_grid *grid = rwe_document_table(run->document, "%s", title[psm->estimand]);
    rwe_grid_column(grid, "mean or share");
    rwe_grid_column(grid, "matched");
    rwe_grid_column(grid, "unmatched");
    rwe_grid_column(grid, "SMD");
    rwe_grid_row(grid, 0, "subjects");
    rwe_grid_cell(
        grid, RWE_CELL_COUNT,
        rwe_document_number(run->document, key, "n.matched", (double)(n_asked - n_unmatched)),
        RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COUNT,
                  rwe_document_number(run->document, key, "n.unmatched", (double)n_unmatched),
                  RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_empty(grid);
    return grid;
}

enum rwe_status psm_present_left_out(struct rwe_run *run, const struct psm *psm,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_columns columns = rwe_covariate_columns(cohort, run->arena);
    double *value = RWE_NEW(run->arena, double, cohort->n);
    uint8_t *treated = RWE_NEW(run->arena, uint8_t, cohort->n);
    struct rwe_key key = rwe_key_run(run, "psm");
    size_t n_unmatched = 0;
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < psm->ps->n; k++)
        n_unmatched += psm_is_asked_about(psm, k) && psm->match.set[k] == RWE_UNMATCHED;
    if (n_unmatched == 0)
        return RWE_OK;
    for (size_t i = 0; i < cohort->n; i++)
        treated[i] = cohort->arm[i] == 1;
    if (psm->estimand != RWE_MATCH_ATE)
        key = rwe_key_arm(key, cohort, psm->focal_arm);
    struct rwe_grid *grid = begin_table(run, psm, &key, n_unmatched);
    for (size_t c = 0; c < columns.n; c++) {
        rwe_column_values(&columns.item[c], cohort->n, value);
        present_column(run, grid, key, &columns.item[c],
                       compare(run, psm, &columns.item[c], value, treated));
    }
    rwe_grid_note(grid, "Who is left out moves the effect away from that in all of them. SMD, "
                        "(unmatched − matched) over the pooled standard deviation of the whole "
                        "cohort.");
    return RWE_OK;
}
