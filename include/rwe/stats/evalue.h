/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Unmeasured confounding: how strong it would have to be to make an effect, and what a given one makes
 * of it. Both speak of confounding alone: not of immortal time, selection or errors in the data.
 *
 * E-value: the least risk ratio that an unmeasured confounder would need with the treatment and with
 * the outcome, both, given what is adjusted for, to explain an observed risk ratio away (VanderWeele &
 * Ding, Ann Intern Med 167:268, 2017):
 *
 *     E = R + sqrt(R (R − 1)),    R = RR where RR >= 1, else 1 / RR
 */
#ifndef RWE_STATS_EVALUE_H
#define RWE_STATS_EVALUE_H

#include <stdbool.h>

/**
 * The risk ratio that a hazard ratio stands for. Where the outcome is rare (at most 15 % have it by the
 * end of follow-up) they are alike; else
 *
 *     RR = (1 − 0.5^sqrt(HR)) / (1 − 0.5^sqrt(1/HR))
 *
 * (VanderWeele, Biometrics 76:746, 2020; VanderWeele & Ding 2017, table 2). NaN unless
 * 0 < hazard_ratio < infinity. 1 gives 1, and RR(1/HR) = 1/RR(HR).
 */
double rwe_evalue_risk_ratio(double hazard_ratio, bool rare);

/** The E-value of a risk ratio, >= 1; NaN unless 0 < risk_ratio < infinity. */
double rwe_evalue(double risk_ratio);

/**
 * The E-value of confidence limits on hazard ratios: of the limit nearer to 1, and 1 where they hold 1.
 * A limit may be 0 or infinite, as that of an arm without events; NaN where one is NaN, or low > high.
 */
double rwe_evalue_limits(double low, double high, bool rare);

/** One binary confounder. */
struct rwe_confounder {
    double prevalence_treated, prevalence_control; /**< shares of the arms that have it, 0 … 1 */
    double hazard_ratio; /**< of the outcome with it against without, given the treatment, > 0 */
};

/**
 * How many times too large it makes the hazard ratio of treatment:
 *
 *     B = (1 + p₁ (Γ − 1)) / (1 + p₀ (Γ − 1)),    true HR = observed HR / B
 *
 * (Lin, Psaty & Kronmal, Biometrics 54:948, 1998). Exact for risk ratios without interaction, and for
 * hazards at time zero; an approximation to what it makes of a hazard ratio over a long follow-up, in
 * which those with the higher hazard leave first. NaN for shares outside 0 … 1 and for ratios that are
 * not > 0 and finite.
 */
double rwe_confounder_bias(const struct rwe_confounder *confounder);

#endif
