/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well the models order the subjects: Harrell's concordance, and Uno's beside it. */
#include "cox_more.h"
#include "rmst.h"
#include "rwe/analysis/times.h"
#include "rwe/stats/concordance.h"

#include "rwe/base/language.h"
#include <math.h>

struct rwe_grid *rwe_cox_concordance_table(struct rwe_run *run)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Concordance");
    rwe_grid_column(grid, "endpoint and model");
    rwe_grid_column(grid, "Harrell's C");
    rwe_grid_column(grid, "Uno's C");
    rwe_grid_column(grid, "up to%s", rwe_time_unit_suffix(run));
    return grid;
}

/* x'β by row of the model. */
static double *predictors(const struct rwe_cox_model *model, struct rwe_arena *arena)
{
    size_t n = model->data.n;
    double *score = RWE_NEW(arena, double, n);
    for (size_t j = 0; score != NULL && j < model->matrix.p; j++)
        for (size_t i = 0; i < n; i++)
            score[i] += model->fit.estimate[j] * model->matrix.x[j * n + i];
    return score;
}

static enum rwe_status uno(const struct rwe_run *run, const struct rwe_cox_model *model,
                           double *index, double *tau, struct rwe_error *error)
{
    struct rwe_concordance result;
    enum rwe_status status = rmst_horizon(run, &model->data, tau, error);
    if (status != RWE_OK || model->data.entry != NULL || !(*tau > 0))
        return status; /* of left-truncated data there is no Uno's C */
    double *score = predictors(model, run->arena);
    if (score == NULL)
        return rwe_fail_memory(error);
    status = rwe_uno_concordance(&model->data, score, *tau, run->arena, &result, error);
    *index = status == RWE_OK ? result.index : NAN;
    return status;
}

enum rwe_status rwe_cox_concordance_row(struct rwe_grid *grid,
                                        const struct rwe_cox_request *request,
                                        const struct rwe_cox_model *model, rwe_fact harrell,
                                        struct rwe_error *error)
{
    struct rwe_run *run = request->run;
    double index = NAN, tau = NAN;
    if (grid == NULL || model->failure.status != RWE_OK)
        return RWE_OK;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    enum rwe_status status = uno(run, model, &index, &tau, error);
    if (status != RWE_OK)
        return status;
    rwe_arena_release(run->arena, mark);
    struct rwe_key key = rwe_key_in("cox", request->endpoint, request->design);
    key.model = model->name;
    rwe_fact of_uno = rwe_document_number(run->document, &key, "concordance.uno", index);
    rwe_fact of_tau = rwe_document_number(run->document, &key, "concordance.tau", tau);
    rwe_grid_row(grid, 0, "%s, %s: %s", request->endpoint->name, request->design->label,
                 request->kind == RWE_COX_ARM ? rwe_text("arm alone") : rwe_text("adjusted"));
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, harrell, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_COEFFICIENT, of_uno, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_TIME, of_tau, RWE_NO_FACT, RWE_NO_FACT);
    return RWE_OK;
}

void rwe_cox_concordance_end(const struct rwe_run *run, struct rwe_grid *grid)
{
    rwe_grid_note(grid, "The share of pairs in which the one who fails first had the higher "
                        "predictor: 0.5 tells nothing. Harrell's depends on the censoring; Uno's "
                        "weighs pairs against it, first events up to the time shown.");
    if (isnan(rmst_settings_of(run->settings)->tau))
        rwe_grid_note(grid,
                      "That time is the horizon of restricted means by --tau-rule %s; --tau sets "
                      "it. Where few are at risk single events would weigh much.",
                      rmst_settings_of(run->settings)->tau_rule_word);
    if (run->cohort->entry != NULL)
        rwe_grid_note(grid, "Uno's is not defined under late entry.");
}
