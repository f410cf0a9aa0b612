/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/pipeline.h"

/* ---- designs ---- */

static enum rwe_status make_designs(struct rwe_run *run, struct rwe_plan *plan,
                                    struct rwe_error *error)
{
    run->plan = plan;
    enum rwe_status status = rwe_run_add_everybody(run, error);
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++)
        if (plan->wanted[a] && rwe_analyses[a]->design != NULL)
            status = rwe_analyses[a]->design(run, &plan->state[a], error);
    return status;
}

/* A run within another does what that one does, but for what makes sense from time zero alone. */
static enum rwe_status make_subrun_designs(struct rwe_run *subrun, const struct rwe_plan *of,
                                           struct rwe_error *error)
{
    struct rwe_plan *plan = RWE_NEW(subrun->arena, struct rwe_plan, 1);
    if (plan == NULL)
        return rwe_fail_memory(error);
    for (size_t a = 0; a < rwe_n_analyses; a++)
        plan->wanted[a] = of->wanted[a] && !rwe_analyses[a]->from_zero;
    return make_designs(subrun, plan, error);
}

enum rwe_status rwe_pipeline_designs(struct rwe_run *run, struct rwe_plan *plan,
                                     struct rwe_error *error)
{
    enum rwe_status status = make_designs(run, plan, error);
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++)
        status = make_subrun_designs(run->subrun[i], plan, error);
    return status;
}

/* ---- estimates ---- */

/* What lists estimates, of what runs in a run and is asked for by the plan, which may be of less (leave-one-out). */
static enum rwe_status walk(struct rwe_run *run, const struct rwe_plan *plan,
                            struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    bool within = run->from_zero != NULL;
    for (size_t a = 0; a < rwe_n_analyses && status == RWE_OK; a++) {
        if (!plan->wanted[a] || (within && rwe_analyses[a]->from_zero))
            continue;
        if (rwe_analyses[a]->lists == RWE_LISTS_ESTIMATES)
            status = rwe_analyses[a]->run(run, run->plan->state[a], error);
    }
    return status;
}

enum rwe_status rwe_pipeline_estimates(struct rwe_run *run, const struct rwe_plan *plan,
                                       struct rwe_error *error)
{
    enum rwe_status status = walk(run, plan, error);
    for (size_t i = 0; i < run->n_subruns && status == RWE_OK; i++) {
        struct rwe_run *subrun = run->subrun[i];
        struct rwe_document *document = subrun->document;
        subrun->document = run->document;
        subrun->estimates = run->estimates;
        status = walk(subrun, plan, error);
        subrun->document = document;
    }
    return status;
}
