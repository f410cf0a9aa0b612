/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/stats/proportion_strata.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

struct rwe_mantel_haenszel_options rwe_mantel_haenszel_options_default(void)
{
    return (struct rwe_mantel_haenszel_options){.conf_level = 0.95};
}

/* Sums over strata, named as in the papers. */
struct sums {
    double excess, variance;                 /* of the test: x1 − E, V */
    double weight, weighted, sato_p, sato_q; /* risk difference */
    double r, s, log_variance;               /* risk ratio: R / S */
    double odds_r, odds_s, pr, ps_qr, qs;    /* odds ratio: R / S */
    size_t n_strata;
};

static void add_test(struct sums *sums, const struct rwe_two_by_two *t)
{
    double n = t->n1 + t->n2, x = t->x1 + t->x2;
    sums->excess += t->x1 - t->n1 * x / n;
    sums->variance += t->n1 * t->n2 * x * (n - x) / (n * n * (n - 1));
}

static void add_difference(struct sums *sums, const struct rwe_two_by_two *t)
{
    double n = t->n1 + t->n2;
    sums->weight += t->n1 * t->n2 / n;
    sums->weighted += (t->x1 * t->n2 - t->x2 * t->n1) / n;
    sums->sato_p +=
        (t->n1 * t->n1 * t->x2 - t->n2 * t->n2 * t->x1 + t->n1 * t->n2 * (t->n2 - t->n1) / 2) /
        (n * n);
    sums->sato_q += (t->x1 * (t->n2 - t->x2) + t->x2 * (t->n1 - t->x1)) / (2 * n);
}

static void add_ratio(struct sums *sums, const struct rwe_two_by_two *t)
{
    double n = t->n1 + t->n2;
    sums->r += t->x1 * t->n2 / n;
    sums->s += t->x2 * t->n1 / n;
    sums->log_variance += (t->n1 * t->n2 * (t->x1 + t->x2) - t->x1 * t->x2 * n) / (n * n);
}

static void add_odds_ratio(struct sums *sums, const struct rwe_two_by_two *t)
{
    double n = t->n1 + t->n2;
    double r = t->x1 * (t->n2 - t->x2) / n, s = t->x2 * (t->n1 - t->x1) / n;
    double p = (t->x1 + t->n2 - t->x2) / n, q = (t->x2 + t->n1 - t->x1) / n;
    sums->odds_r += r;
    sums->odds_s += s;
    sums->pr += p * r;
    sums->ps_qr += p * s + q * r;
    sums->qs += q * s;
}

static bool is_count(double x, double most)
{
    return x >= 0 && x <= most && isfinite(most);
}

static enum rwe_status add_strata(const struct rwe_two_by_two strata[], size_t n, struct sums *sums,
                                  struct rwe_error *error)
{
    for (size_t k = 0; k < n; k++) {
        const struct rwe_two_by_two *t = &strata[k];
        if (!is_count(t->x1, t->n1) || !is_count(t->x2, t->n2))
            return rwe_fail(error, RWE_BAD_INPUT, k,
                            "stratum %zu: %g of %g and %g of %g are no counts", k, t->x1, t->n1,
                            t->x2, t->n2);
        if (t->n1 == 0 || t->n2 == 0)
            continue;
        add_test(sums, t);
        add_difference(sums, t);
        add_ratio(sums, t);
        add_odds_ratio(sums, t);
        sums->n_strata++;
    }
    return RWE_OK;
}

static void test(const struct sums *sums, bool corrected, struct rwe_mantel_haenszel *result)
{
    double distance = fabs(sums->excess);
    if (corrected && distance >= 0.5) /* R's rule: no correction where it would pass the middle */
        distance -= 0.5;
    result->statistic = sums->variance > 0 ? distance * distance / sums->variance : NAN;
    result->p_value = isnan(result->statistic) ? NAN : gsl_cdf_chisq_Q(result->statistic, 1);
}

/* r / s with limits that are symmetric on the logarithm. */
static struct rwe_interval log_limits(double r, double s, double variance, double z)
{
    if (!(r > 0 && s > 0))
        return (struct rwe_interval){r > 0 ? INFINITY : s > 0 ? 0 : NAN, NAN, NAN};
    double factor = exp(z * sqrt(variance));
    return (struct rwe_interval){.estimate = r / s, .low = r / s / factor, .high = r / s * factor};
}

enum rwe_status rwe_mantel_haenszel(const struct rwe_two_by_two strata[], size_t n,
                                    const struct rwe_mantel_haenszel_options *options,
                                    struct rwe_mantel_haenszel *result, struct rwe_error *error)
{
    struct sums u = {0};
    if (!(options->conf_level > 0 && options->conf_level < 1))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "the confidence level must lie between 0 and 1");
    enum rwe_status status = add_strata(strata, n, &u, error);
    if (status != RWE_OK)
        return status;
    if (u.n_strata == 0)
        return rwe_fail(error, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "no stratum has both groups");
    double z = gsl_cdf_ugaussian_Qinv((1 - options->conf_level) / 2);
    double difference = u.weighted / u.weight;
    double half = z * sqrt(fmax(difference * u.sato_p + u.sato_q, 0)) / u.weight;
    *result = (struct rwe_mantel_haenszel){
        .difference = {difference, fmax(difference - half, -1), fmin(difference + half, 1)},
        .ratio = log_limits(u.r, u.s, u.log_variance / (u.r * u.s), z),
        .odds_ratio =
            log_limits(u.odds_r, u.odds_s,
                       u.pr / (2 * u.odds_r * u.odds_r) + u.ps_qr / (2 * u.odds_r * u.odds_s) +
                           u.qs / (2 * u.odds_s * u.odds_s),
                       z),
        .n_strata = u.n_strata,
    };
    test(&u, options->corrected, result);
    return RWE_OK;
}
