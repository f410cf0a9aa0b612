/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/survival_data.h"

#include "rwe/base/language.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

/* Each check begins with a pass that has no branch, since nearly all data are sound; what is not is then looked for
 * row by row. */
static bool has_sound_times(const struct rwe_survival_data *data, size_t n_causes)
{
    bool sound = true;
    for (size_t i = 0; i < data->n; i++)
        sound &= (data->time[i] >= 0) & (data->time[i] <= DBL_MAX); /* NaN is neither */
    for (size_t i = 1; i < data->n; i++)
        sound &= data->time[i] >= data->time[i - 1];
    for (size_t i = 0; i < data->n; i++)
        sound &= data->event[i] <= n_causes;
    return sound;
}

static enum rwe_status check_times(const struct rwe_survival_data *data, struct rwe_error *error)
{
    size_t n_causes = data->n_causes < 1 ? 1 : data->n_causes;
    bool sound = has_sound_times(data, n_causes);
    for (size_t i = 0; !sound && i < data->n; i++) {
        if (!isfinite(data->time[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "time is not a finite number");
        if (data->time[i] < 0)
            return rwe_fail(error, RWE_BAD_INPUT, i, "time is negative");
        if (i > 0 && data->time[i] < data->time[i - 1])
            return rwe_fail(error, RWE_BAD_INPUT, i, "times are not in ascending order");
        if (data->event[i] > n_causes)
            return rwe_fail(error, RWE_BAD_INPUT, i, "event is neither 0 nor a cause up to %zu",
                            n_causes);
    }
    return RWE_OK;
}

static enum rwe_status check_entries(const struct rwe_survival_data *data, struct rwe_error *error)
{
    bool sound = true;
    for (size_t i = 0; data->entry != NULL && i < data->n; i++)
        sound &= (data->entry[i] >= 0) & (data->entry[i] < data->time[i]);
    for (size_t i = 0; !sound && i < data->n; i++) {
        if (!isfinite(data->entry[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "entry is not a finite number");
        if (data->entry[i] < 0 || data->entry[i] >= data->time[i])
            return rwe_fail(error, RWE_BAD_INPUT, i, "entry is not before time");
    }
    return RWE_OK;
}

static enum rwe_status check_weights(const struct rwe_survival_data *data, struct rwe_error *error)
{
    bool sound = true;
    for (size_t i = 0; data->weight != NULL && i < data->n; i++)
        sound &= (data->weight[i] > 0) & (data->weight[i] <= DBL_MAX);
    for (size_t i = 0; !sound && i < data->n; i++) {
        if (!isfinite(data->weight[i]))
            return rwe_fail(error, RWE_NOT_FINITE, i, "weight is not a finite number");
        if (data->weight[i] <= 0)
            return rwe_fail(error, RWE_BAD_INPUT, i, "weight is not positive");
    }
    return RWE_OK;
}

static enum rwe_status check_codes(const uint32_t code[], size_t n, size_t n_levels,
                                   const char *what, struct rwe_error *error)
{
    bool sound = true;
    for (size_t i = 0; code != NULL && i < n; i++)
        sound &= code[i] < n_levels;
    for (size_t i = 0; !sound && i < n; i++)
        if (code[i] >= n_levels)
            return rwe_fail(error, RWE_BAD_INPUT, i, what, code[i]);
    return RWE_OK;
}

size_t rwe_survival_data_followups(const struct rwe_survival_data *data)
{
    size_t n = data->n;
    for (size_t i = 0; data->piece != NULL && i < data->n; i++)
        n -= (data->piece[i] & RWE_PIECE_LATER) != 0;
    return n;
}

struct rwe_dependence rwe_survival_dependence(const struct rwe_survival_data *data)
{
    return (struct rwe_dependence){
        .n = data->n,
        .cluster = data->cluster,
        .n_clusters = data->n_clusters,
        .subject = data->subject,
        .n_subjects = data->n_subjects,
        .crossed = data->crossed,
        .estimation = data->estimation,
    };
}

enum rwe_status rwe_survival_data_check(const struct rwe_survival_data *data,
                                        struct rwe_error *error)
{
    if (data->n > UINT32_MAX) /* orders and codes are 32 bits wide */
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "more than 4294967295 rows");
    if (data->n_groups == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no group");
    if (data->n_strata == 0)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "there is no stratum");
    struct rwe_dependence rows = rwe_survival_dependence(data);
    enum rwe_status status = check_times(data, error);
    if (status == RWE_OK)
        status = check_entries(data, error);
    if (status == RWE_OK)
        status = check_weights(data, error);
    if (status == RWE_OK)
        status = check_codes(data->group, data->n, data->n_groups, N_("group %u is out of range"),
                             error);
    if (status == RWE_OK)
        status = check_codes(data->stratum, data->n, data->n_strata,
                             N_("stratum %u is out of range"), error);
    if (status == RWE_OK)
        status = rwe_dependence_check(&rows, error);
    return status;
}
