/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits and limits that do not rest on the normal approximation: Firth's, and the profile likelihood. */
#include "cox_models.h"

/* Limits and tests of all columns. One that was not found is NaN, of which the caller warns. */
static enum rwe_status profile_columns(const struct rwe_cox_request *request,
                                       struct rwe_cox_model *model, struct rwe_error *error)
{
    struct rwe_arena *arena = request->run->arena;
    struct rwe_cox_profile *profile = RWE_NEW(arena, struct rwe_cox_profile, model->p);
    struct rwe_cox_profile_options options = rwe_cox_profile_options_default();
    options.level = rwe_settings_number(request->run->settings, "conf-level");
    options.firth = model->separation.status != RWE_OK;
    if (profile == NULL)
        return rwe_fail_memory(error);
    for (size_t j = 0; j < model->p; j++) {
        options.column = j;
        enum rwe_status status =
            rwe_cox_profile(&model->data, model->x, &model->fit, &model->options, &options, arena,
                            &profile[j], error);
        if (status != RWE_OK)
            return status;
    }
    model->profile = profile;
    return RWE_OK;
}

/* Firth's fit in place of the one that has no maximum. */
static enum rwe_status penalise(const struct rwe_cox_request *request, struct rwe_cox_model *model,
                                struct rwe_error *error)
{
    enum rwe_status status = rwe_cox_firth_fit(&model->data, model->x, model->p, &model->options,
                                               request->run->arena, &model->fit, error);
    if (status != RWE_OK)
        return status;
    model->separation = model->failure;
    model->failure = (struct rwe_error){0};
    return RWE_OK;
}

enum rwe_status rwe_cox_model_limits(const struct rwe_cox_request *request,
                                     struct rwe_cox_model *model, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (model->options.robust)
        return RWE_OK;
    bool wanted = rwe_settings_flag(request->run->settings, "profile");
    if (model->failure.status == RWE_SEPARATED && model->options.ties != RWE_COX_EXACT) {
        status = penalise(request, model, error);
        wanted = true;
    }
    if (status != RWE_OK || !wanted || model->failure.status != RWE_OK)
        return status;
    return profile_columns(request, model, error);
}
