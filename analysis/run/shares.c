/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shares.h"

#include "rwe/base/language.h"
#include "rwe/stats/proportion_weighted.h"

#include <math.h>
#include <string.h>

struct shares_settings {
    enum rwe_difference_method difference;
};

static const struct rwe_option options[] = {
    {.name = "difference",
     RWE_CHOICE_IN(struct shares_settings, difference),
     .section = RWE_SECTION_METHOD,
     .argument = "METHOD",
     .choices = "newcombe|miettinen-nurminen|wald|wald-corrected",
     .fallback = "newcombe",
     .acts_with = "response toxicity disposition",
     .help = N_("Limits of risk differences of independent arms, in adverse events and response: "
                "newcombe (default), miettinen-nurminen, wald, wald-corrected.")},
};
const struct rwe_options rwe_shares_options = RWE_OPTIONS_IN(struct shares_settings, options);

static enum rwe_difference_method method_of(const struct rwe_shares *shares)
{
    const struct shares_settings *settings =
        rwe_settings_of(shares->run->settings, &rwe_shares_options);
    return settings->difference;
}

/* ---- a population ---- */

static bool is_counted(const struct rwe_shares *shares, size_t subject)
{
    return shares->design->member[subject] && (shares->counted == NULL || shares->counted[subject]);
}

static size_t count_members(const struct rwe_shares *shares)
{
    size_t n = 0;
    for (size_t i = 0; i < shares->run->cohort->n; i++)
        n += is_counted(shares, i);
    return n;
}

/* Where a member is left out its partner stays, and the pairs are sets of one or two. */
static enum rwe_share_rule rule_of(const struct rwe_shares *shares)
{
    const struct rwe_design *design = shares->design;
    if (design->paired && design->weight == NULL && count_members(shares) == design->n)
        return RWE_SHARES_PAIRED;
    if (rwe_design_is_matched(design) || design->weight != NULL ||
        shares->run->cohort->cluster != NULL)
        return RWE_SHARES_ROBUST;
    return RWE_SHARES_INDEPENDENT;
}

/* The rows of those who are counted. */
static enum rwe_status keep_counted(struct rwe_shares *shares, struct rwe_error *error)
{
    struct rwe_arena *arena = shares->run->arena;
    const struct rwe_design_members all = shares->members;
    const uint32_t *cluster_of_all = all.dependence.cluster;
    uint32_t *subject = RWE_NEW(arena, uint32_t, all.n);
    uint32_t *cluster = cluster_of_all == NULL ? NULL : RWE_NEW(arena, uint32_t, all.n);
    double *weight = all.weight == NULL ? NULL : RWE_NEW(arena, double, all.n);
    size_t n = 0;
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t r = 0; r < all.n; r++) {
        if (!shares->counted[all.subject[r]])
            continue;
        subject[n] = all.subject[r];
        if (cluster != NULL)
            cluster[n] = cluster_of_all[r];
        if (weight != NULL)
            weight[n] = all.weight[r];
        n++;
    }
    shares->members.n = shares->members.dependence.n = n;
    shares->members.subject = shares->members.dependence.subject = subject;
    shares->members.dependence.cluster = cluster;
    shares->members.weight = weight;
    return RWE_OK;
}

enum rwe_status rwe_shares_start(const struct rwe_run *run, const struct rwe_design *design,
                                 const uint8_t *counted, struct rwe_shares *shares,
                                 struct rwe_error *error)
{
    *shares = (struct rwe_shares){.run = run, .design = design, .counted = counted};
    shares->rule = rule_of(shares);
    enum rwe_status status =
        rwe_design_members(run->cohort, design, run->arena, &shares->members, error);
    if (status == RWE_OK && counted != NULL)
        status = keep_counted(shares, error);
    if (status != RWE_OK)
        return status;
    size_t n = shares->members.n;
    shares->arm = RWE_NEW(run->arena, uint32_t, n);
    shares->event = RWE_NEW(run->arena, uint8_t, n);
    shares->set_state = RWE_NEW(run->arena, uint8_t, design->n_sets);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t r = 0; r < n; r++)
        shares->arm[r] = run->cohort->arm[shares->members.subject[r]];
    return RWE_OK;
}

/* ---- shares ---- */

void rwe_shares_count(const struct rwe_shares *shares, const uint8_t event[],
                      struct rwe_share share[])
{
    const struct rwe_cohort *cohort = shares->run->cohort;
    memset(share, 0, cohort->n_arms * sizeof share[0]);
    for (size_t i = 0; i < cohort->n; i++) {
        if (!is_counted(shares, i))
            continue;
        struct rwe_share *of = &share[cohort->arm[i]];
        double w = rwe_design_weight(shares->design, i);
        of->of++;
        of->weight_of += w;
        of->n += event[i] != 0;
        of->weighted += event[i] != 0 ? w : 0;
    }
}

double rwe_share_estimate(const struct rwe_share *share)
{
    if (share->of == 0)
        return NAN;
    return share->n == 0 || share->n == share->of ? share->n > 0
                                                  : share->weighted / share->weight_of;
}

static struct rwe_proportion_data robust_data(const struct rwe_shares *shares,
                                              const uint8_t event[])
{
    const struct rwe_design_members *m = &shares->members;
    for (size_t r = 0; r < m->n; r++)
        shares->event[r] = event[m->subject[r]];
    return (struct rwe_proportion_data){.n = m->n,
                                        .event = shares->event,
                                        .arm = shares->arm,
                                        .n_arms = shares->run->cohort->n_arms,
                                        .weight = m->weight,
                                        .dependence = m->dependence};
}

/* Shares by arm; NULL where memory is out or, with *status RWE_OK, where an arm has nobody. */
static struct rwe_weighted_share *robust_shares(const struct rwe_shares *shares,
                                                const struct rwe_proportion_data *data,
                                                enum rwe_status *status, struct rwe_error *error)
{
    const struct rwe_run *run = shares->run;
    struct rwe_weighted_share *share = RWE_NEW(run->arena, struct rwe_weighted_share, data->n_arms);
    *status = share == NULL
                  ? rwe_fail_memory(error)
                  : rwe_proportion_weighted(data, rwe_statistics_of(run->settings)->conf_level,
                                            run->arena, share, error);
    if (*status == RWE_OK)
        return share;
    if (*status == RWE_NOT_ESTIMABLE)
        *status = RWE_OK;
    return NULL;
}

static enum rwe_status robust_inference(const struct rwe_shares *shares, const uint8_t event[],
                                        struct rwe_inference of_arm[], struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(shares->run->arena);
    const struct rwe_proportion_data data = robust_data(shares, event);
    enum rwe_status status;
    const struct rwe_weighted_share *share = robust_shares(shares, &data, &status, error);
    for (size_t a = 0; share != NULL && a < data.n_arms; a++) {
        of_arm[a].std_error = share[a].std_error;
        of_arm[a].conf_low = share[a].conf_low;
        of_arm[a].conf_high = share[a].conf_high;
    }
    rwe_arena_release(shares->run->arena, mark);
    return status;
}

/* Of independent subjects, from the share itself. */
static double binomial_variance(const struct rwe_share *share)
{
    double p = (double)share->n / (double)share->of;
    return p * (1 - p) / (double)share->of;
}

enum rwe_status rwe_shares_infer(const struct rwe_shares *shares, const uint8_t event[],
                                 const struct rwe_share share[], struct rwe_inference of_arm[],
                                 struct rwe_error *error)
{
    double level = rwe_statistics_of(shares->run->settings)->conf_level;
    for (size_t a = 0; a < shares->run->cohort->n_arms; a++)
        of_arm[a] = (struct rwe_inference){.value = rwe_share_estimate(&share[a]),
                                           .std_error = NAN,
                                           .df = INFINITY,
                                           .conf_low = NAN,
                                           .conf_high = NAN,
                                           .p_value = NAN};
    if (shares->rule == RWE_SHARES_ROBUST)
        return robust_inference(shares, event, of_arm, error);
    for (size_t a = 0; a < shares->run->cohort->n_arms; a++) {
        const struct rwe_interval limits = rwe_proportion_limits(
            (double)share[a].n, (double)share[a].of, RWE_PROPORTION_CLOPPER_PEARSON, level);
        of_arm[a].std_error = sqrt(binomial_variance(&share[a]));
        of_arm[a].conf_low = limits.low;
        of_arm[a].conf_high = limits.high;
    }
    return RWE_OK;
}

/* ---- the arms compared ---- */

/* Pairs by who of the two had the event; first is the treated one. */
static struct rwe_paired_counts count_pairs(const struct rwe_shares *shares, const uint8_t event[])
{
    struct rwe_paired_counts pairs = {0};
    const struct rwe_design *design = shares->design;
    memset(shares->set_state, 0, design->n_sets);
    for (size_t r = 0; r < shares->members.n; r++) {
        uint32_t i = shares->members.subject[r];
        if (event[i] != 0)
            shares->set_state[design->set[i]] |= shares->arm[r] == 1 ? 1 : 2;
    }
    for (size_t p = 0; p < design->n_sets; p++) {
        pairs.both += shares->set_state[p] == 3;
        pairs.first_only += shares->set_state[p] == 1;
        pairs.second_only += shares->set_state[p] == 2;
        pairs.neither += shares->set_state[p] == 0;
    }
    return pairs;
}

struct rwe_inference rwe_shares_difference(const struct rwe_share share[])
{
    return (struct rwe_inference){.value =
                                      rwe_share_estimate(&share[1]) - rwe_share_estimate(&share[0]),
                                  .std_error = NAN,
                                  .df = INFINITY,
                                  .conf_low = NAN,
                                  .conf_high = NAN,
                                  .p_value = NAN};
}

static enum rwe_status robust_comparison(const struct rwe_shares *shares, const uint8_t event[],
                                         struct rwe_inference *difference, struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(shares->run->arena);
    const struct rwe_proportion_data data = robust_data(shares, event);
    double level = rwe_statistics_of(shares->run->settings)->conf_level;
    struct rwe_weighted_comparison robust = {{NAN, NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN, NAN}};
    enum rwe_status status;
    const struct rwe_weighted_share *share = robust_shares(shares, &data, &status, error);
    if (share != NULL) {
        const struct rwe_weighted_pair pair = {0, 1, share, level};
        status = rwe_proportion_weighted_compare(&data, &pair, shares->run->arena, &robust, error);
    }
    const struct rwe_weighted_contrast *d = &robust.difference;
    *difference = (struct rwe_inference){.value = d->estimate,
                                         .std_error = d->std_error,
                                         .df = INFINITY,
                                         .conf_low = d->conf_low,
                                         .conf_high = d->conf_high,
                                         .p_value = d->p_value};
    rwe_arena_release(shares->run->arena, mark);
    return status;
}

static struct rwe_inference with_limits(struct rwe_interval limits, double variance, double p_value)
{
    return (struct rwe_inference){.value = limits.estimate,
                                  .std_error = sqrt(variance),
                                  .df = INFINITY,
                                  .conf_low = limits.low,
                                  .conf_high = limits.high,
                                  .p_value = p_value};
}

static struct rwe_inference paired_comparison(const struct rwe_shares *shares,
                                              const uint8_t event[], double level)
{
    struct rwe_paired_counts pairs = count_pairs(shares, event);
    double n = (double)shares->design->n_sets;
    double discordant = (double)(pairs.first_only + pairs.second_only);
    double surplus = (double)pairs.first_only - (double)pairs.second_only;
    return with_limits(rwe_proportion_paired_difference(pairs, level),
                       (discordant - surplus * surplus / n) / (n * n),
                       rwe_proportion_mcnemar(pairs));
}

enum rwe_status rwe_shares_compare(const struct rwe_shares *shares, const uint8_t event[],
                                   const struct rwe_share share[], struct rwe_inference *difference,
                                   struct rwe_error *error)
{
    double level = rwe_statistics_of(shares->run->settings)->conf_level;
    if (shares->rule == RWE_SHARES_ROBUST)
        return robust_comparison(shares, event, difference, error);
    if (shares->rule == RWE_SHARES_PAIRED) {
        *difference = paired_comparison(shares, event, level);
        return RWE_OK;
    }
    const struct rwe_two_by_two table = {(double)share[1].n, (double)share[1].of,
                                         (double)share[0].n, (double)share[0].of};
    *difference = with_limits(rwe_proportion_difference_by(&table, method_of(shares), level),
                              binomial_variance(&share[0]) + binomial_variance(&share[1]),
                              rwe_proportion_fisher((unsigned)share[1].n, (unsigned)share[1].of,
                                                    (unsigned)share[0].n, (unsigned)share[0].of));
    return RWE_OK;
}

/* ---- in words ---- */

/* Behind `words`: how the rows hang together, and what is known of the weights; those of matching are counts. */
static const char *robust_words(const struct rwe_shares *shares, const char *words)
{
    const struct rwe_design *design = shares->design;
    const char *cluster = NULL, *weights = NULL;
    if (design->rows.start != NULL)
        cluster = rwe_text("clustered by matched set and subject");
    else if (design->set != NULL)
        cluster = rwe_text("clustered by matched set");
    else if (shares->run->cohort->cluster != NULL)
        cluster = rwe_arena_format(shares->run->arena, rwe_text("clustered by %s"),
                                   rwe_study_of(shares->run->settings)->cluster);
    if (design->estimation != NULL)
        weights = rwe_text("with the estimation of the weights (M-estimation)");
    else if (design->weight != NULL && !rwe_design_is_matched(design))
        weights = rwe_text("the weights taken as known");
    if (cluster != NULL)
        words = rwe_arena_format(shares->run->arena, rwe_text("%s, %s"), words, cluster);
    if (weights != NULL && words != NULL)
        words = rwe_arena_format(shares->run->arena, rwe_text("%s, %s"), words, weights);
    return words == NULL ? "" : words;
}

const char *rwe_shares_difference_words(const struct rwe_shares *shares)
{
    static const char *const independent[] = {
        [RWE_DIFFERENCE_NEWCOMBE] = N_("Newcombe's hybrid score limits"),
        [RWE_DIFFERENCE_MIETTINEN_NURMINEN] = N_("score limits of Miettinen and Nurminen"),
        [RWE_DIFFERENCE_WALD] = N_("Wald limits"),
        [RWE_DIFFERENCE_WALD_CORRECTED] = N_("Wald limits with continuity correction"),
    };
    switch (shares->rule) {
    case RWE_SHARES_PAIRED:
        return rwe_text("Newcombe's score limits for matched pairs");
    case RWE_SHARES_ROBUST:
        return robust_words(shares, rwe_text("robust limits"));
    case RWE_SHARES_INDEPENDENT:
        break;
    }
    return rwe_text(independent[method_of(shares)]);
}

const char *rwe_shares_limits_words(const struct rwe_shares *shares)
{
    return shares->rule == RWE_SHARES_ROBUST
               ? robust_words(shares, rwe_text("robust limits on the logit"))
               : rwe_text("Clopper and Pearson's exact limits");
}

const char *rwe_shares_test_words(const struct rwe_shares *shares)
{
    switch (shares->rule) {
    case RWE_SHARES_PAIRED:
        return rwe_text("McNemar's exact test");
    case RWE_SHARES_ROBUST:
        return rwe_text("Wald's test by the robust variance");
    case RWE_SHARES_INDEPENDENT:
        break;
    }
    return rwe_text("Fisher's exact test");
}
