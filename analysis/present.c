/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/analysis/present.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct rwe_key rwe_key_in(const char *analysis, const struct rwe_endpoint *endpoint,
                          const struct rwe_design *design)
{
    struct rwe_key key = rwe_key_of(analysis);
    key.endpoint = endpoint == NULL ? NULL : endpoint->name;
    key.population = design == NULL ? NULL : design->name;
    return key;
}

struct rwe_key rwe_key_arm(struct rwe_key key, const struct rwe_cohort *cohort, size_t arm)
{
    key.group = cohort->arm_level[arm];
    return key;
}

const char *rwe_time_unit_suffix(const struct rwe_run *run)
{
    const char *unit = rwe_settings_text(run->settings, "time-unit");
    const char *suffix = unit == NULL ? "" : rwe_arena_format(run->arena, " (%s)", unit);
    return suffix == NULL ? "" : suffix;
}

const char *rwe_conf_level_text(const struct rwe_run *run)
{
    double level = rwe_settings_number(run->settings, "conf-level");
    const char *text = rwe_arena_format(run->arena, "%.10g%%", 100 * level);
    return text == NULL ? "" : text;
}

enum rwe_status rwe_need_endpoint(const struct rwe_run *run, const char *analysis,
                                  struct rwe_error *error)
{
    if (run->cohort->n_endpoints > 0)
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s needs an endpoint: say --endpoint NAME=TIME,EVENT", analysis);
}

double rwe_normal_p_value(double z)
{
    return isnan(z) ? NAN : 2 * gsl_cdf_ugaussian_Q(fabs(z));
}

double rwe_normal_limit(const struct rwe_run *run)
{
    double level = rwe_settings_number(run->settings, "conf-level");
    return gsl_cdf_ugaussian_Pinv((1 + level) / 2);
}
