/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/evalue.h"

#include <math.h>

static bool is_ratio(double x)
{
    return x > 0 && isfinite(x);
}

double rwe_evalue_risk_ratio(double hazard_ratio, bool rare)
{
    if (!is_ratio(hazard_ratio))
        return NAN;
    if (rare)
        return hazard_ratio;
    /* 1 − 0.5^x as −expm1(−x log 2): right for small x too. */
    double root = sqrt(hazard_ratio);
    return expm1(-M_LN2 * root) / expm1(-M_LN2 / root);
}

double rwe_evalue(double risk_ratio)
{
    if (!is_ratio(risk_ratio))
        return NAN;
    double r = fmax(risk_ratio, 1 / risk_ratio);
    return r + sqrt(r * (r - 1));
}

double rwe_evalue_limits(double low, double high, bool rare)
{
    if (!(low <= high)) /* NaN too */
        return NAN;
    if (low <= 1 && high >= 1)
        return 1;
    return rwe_evalue(rwe_evalue_risk_ratio(low > 1 ? low : high, rare));
}

static bool is_share(double x)
{
    return x >= 0 && x <= 1;
}

double rwe_confounder_bias(const struct rwe_confounder *confounder)
{
    double p1 = confounder->prevalence_treated, p0 = confounder->prevalence_control;
    double excess = confounder->hazard_ratio - 1;
    if (!is_share(p1) || !is_share(p0) || !is_ratio(confounder->hazard_ratio))
        return NAN;
    return (1 + p1 * excess) / (1 + p0 * excess);
}
