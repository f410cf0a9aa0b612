/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "psm.h"
#include "run/estimand.h"
#include "weights_table.h"

#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/stats/balance.h"

#include <math.h>

/* ---- how they are matched, in words ---- */

static const char *ties_text(const struct rwe_run *run)
{
    return run->cohort->has_id ? rwe_text("subject identifier")
                               : rwe_text("an order drawn from the data");
}

static const char *distance_text(const struct psm *psm)
{
    static const char *const texts[] = {
        N_("the logit of the propensity score"),
        N_("the propensity score"),
        N_("the Mahalanobis distance of the covariates, the caliper on the logit of the propensity "
           "score"),
        N_("the Mahalanobis distance of the covariates' ranks, the caliper on the logit of the "
           "propensity score"),
    };
    return rwe_text(texts[psm->settings->distance]);
}

static bool everybody_has_a_partner(const struct psm *psm)
{
    bool others_too = psm->settings->estimand != RWE_MATCH_ATE ||
                      psm_n_matched(psm, 1 - psm->focal_arm) == psm_n_arm(psm, 1 - psm->focal_arm);
    return others_too && psm_n_matched(psm, psm->focal_arm) == psm_n_arm(psm, psm->focal_arm);
}

/* "1:1" or "up to 2:1". */
static const char *sizes_text(const struct rwe_run *run, const struct psm *psm)
{
    const char *text =
        psm->ratio == 1 ? "1:1" : rwe_arena_format(run->arena, rwe_text("up to %zu:1"), psm->ratio);
    return text == NULL ? "" : text;
}

static void note_nearest(const struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm)
{
    static const char *const by_order[] = {
        N_("Greedy %s nearest neighbour on %s, without replacement, closest pair first; ties by "
           "%s."),
        N_("Greedy %s nearest neighbour on %s, without replacement, largest score first; ties by "
           "%s."),
        N_("Greedy %s nearest neighbour on %s, without replacement, smallest score first; ties by "
           "%s."),
        N_("Greedy %s nearest neighbour on %s, without replacement, random order first; ties by "
           "%s."),
    };
    rwe_grid_note(grid,
                  psm->replace
                      ? N_("Greedy %s nearest neighbour on %s, with replacement; ties by %s.")
                      : by_order[psm->settings->order],
                  sizes_text(run, psm), distance_text(psm), ties_text(run));
}

static void note_optimal(const struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm)
{
    if (psm->ratio == 1)
        rwe_grid_note(grid,
                      "Optimal 1:1 matching on %s, without replacement: the most subjects with a "
                      "partner, and of such matchings the one with the least sum of distances; "
                      "ties by %s.",
                      distance_text(psm), ties_text(run));
    else
        rwe_grid_note(grid,
                      "Optimal %s matching on %s, without replacement: the most subjects with a "
                      "partner, then the most partners, and of such matchings the one with the "
                      "least sum of distances; ties by %s.",
                      sizes_text(run, psm), distance_text(psm), ties_text(run));
}

static void note_method(const struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm)
{
    if (psm->method == PSM_NEAREST)
        note_nearest(run, grid, psm);
    else if (psm->method == PSM_OPTIMAL)
        note_optimal(run, grid, psm);
    else
        rwe_grid_note(grid,
                      "Full matching on %s: sets of one treated subject with controls, or of one "
                      "control with treated subjects, with the least sum of distances; ties by %s.",
                      distance_text(psm), ties_text(run));
    rwe_note_estimand(run, grid, &psm->design);
    if (psm->ps->supported != NULL)
        rwe_grid_note(grid, "Who is outside common support has no partner.");
    if (psm->exact_names != NULL)
        rwe_grid_note(grid, "Partners are equal in %s.", psm->exact_names);
    if (psm->method != PSM_NEAREST && !everybody_has_a_partner(psm))
        rwe_grid_note(grid, "Who cannot be matched within the caliper is left out; the rest are "
                            "matched as well as they can be without them.");
}

/* ---- tables ---- */

static void present_value(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                          enum rwe_cell_class class, const char *stat, double value)
{
    struct rwe_key key = rwe_key_run(run, "psm");
    rwe_grid_row(grid, 0, "%s", label);
    rwe_grid_cell(grid, class, rwe_document_number(run->document, &key, stat, value), RWE_NO_FACT,
                  RWE_NO_FACT);
}

static void present_counts(struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm)
{
    const struct {
        const char *label, *stat;
        size_t n;
    } counts[] = {
        {rwe_text("Treated"), "n.treated", psm_n_arm(psm, 1)},
        {rwe_text("Controls"), "n.control", psm_n_arm(psm, 0)},
        {rwe_text("Matched treated"), "n.matched.treated", psm_n_matched(psm, 1)},
        {rwe_text("Matched controls"), "n.matched.control", psm_n_matched(psm, 0)},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        present_value(run, grid, counts[i].label, RWE_CELL_COUNT, counts[i].stat,
                      (double)counts[i].n);
}

static void present_matching(struct rwe_run *run, const struct psm *psm)
{
    static const char *const methods[] = {"nearest", "optimal", "full"};
    static const char *const estimands[] = {"att", "atc", "ate"};
    struct rwe_key key = rwe_key_run(run, "psm");
    struct rwe_grid *grid = rwe_document_table(run->document, "Matching");
    rwe_grid_column(grid, "matching");
    rwe_grid_column(grid, "value");
    rwe_document_string(run->document, &key, "method", methods[psm->method]);
    rwe_document_string(run->document, &key, "estimand", estimands[psm->settings->estimand]);
    present_counts(run, grid, psm);
    if (psm->is_paired)
        rwe_document_number(run->document, &key, "n.sets", (double)psm->match.n_sets);
    else
        present_value(run, grid, rwe_text("Matched sets"), RWE_CELL_COUNT, "n.sets",
                      (double)psm->match.n_sets);
    present_value(run, grid,
                  psm->settings->distance == PSM_PS ? rwe_text("Caliper on the propensity score")
                                                    : rwe_text("Caliper on the logit"),
                  RWE_CELL_COEFFICIENT, "caliper", psm->caliper);
    present_value(run, grid, rwe_text("Sum of distances"), RWE_CELL_COEFFICIENT, "distance.total",
                  psm->match.distance_total);
    note_method(run, grid, psm);
}

static void warn_few_effective(struct rwe_run *run, const struct psm *psm, size_t arm,
                               const struct rwe_weight_summary *of)
{
    const char *template = N_("Matched, arm %s: the weights are worth %.0f of %zu subjects, less "
                              "than half. A few partners decide.");
    if (psm->replace)
        template = N_("Matched, arm %s: the weights are worth %.0f of %zu subjects, less than "
                      "half. A few partners decide; look at matching without --replace.");
    else if (psm->method == PSM_FULL)
        template = N_("Matched, arm %s: the weights are worth %.0f of %zu subjects, less than "
                      "half. A few partners decide; look at --psm=nearest.");
    if (2 * of->ess < (double)of->n)
        rwe_document_warning(run->document, "few-effective", "weights", template,
                             run->cohort->arm_level[arm], of->ess, of->n);
}

static void present_weights(struct rwe_run *run, const struct psm *psm)
{
    if (!psm->is_weighted)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Weights of matched subjects");
    rwe_grid_column(grid, "arm");
    weights_table_columns(grid, N_("n"));
    for (uint8_t arm = 0; arm < 2; arm++) {
        const struct rwe_weight_summary of =
            rwe_weights_summarize(psm->weight, psm->ps->treated, psm->ps->n, arm);
        struct rwe_key key =
            rwe_key_arm(rwe_key_in("weights", NULL, &psm->design), run->cohort, arm);
        rwe_grid_row(grid, 0, "%s", run->cohort->arm_level[arm]);
        weights_table_put(grid, &key, &of);
        warn_few_effective(run, psm, arm, &of);
    }
    rwe_grid_note(grid, "They make the arms of each set count alike. ESS, effective sample size, "
                        "(Σw)² / Σw². Standard errors are robust and take the weights as known.");
}

/* ---- warnings ---- */

static bool is_mostly_lost(const struct psm *psm, uint8_t arm)
{
    return 2 * psm_n_matched(psm, arm) < psm_n_arm(psm, arm);
}

/* With replacement a few controls can serve many, and that is no loss. */
static void warn_unmatched(struct rwe_run *run, const struct psm *psm)
{
    static const char *const lost[] = {
        N_("Fewer than half of the controls found a partner: this is not the effect in the "
           "controls any more. With --replace or --psm=full more of them can."),
        N_("Fewer than half of the treated found a partner: this is not the effect in the treated "
           "any more. With --replace or --psm=full more of them can."),
    };
    static const char *const lost_with_replacement[] = {
        N_("Fewer than half of the controls found a partner: this is not the effect in the "
           "controls any more."),
        N_("Fewer than half of the treated found a partner: this is not the effect in the treated "
           "any more."),
    };
    uint8_t smaller = psm_n_arm(psm, 1) < psm_n_arm(psm, 0);
    const char *const *text = psm->replace ? lost_with_replacement : lost;
    if (!psm->replace && is_mostly_lost(psm, smaller))
        rwe_document_warning(run->document, "many-unmatched", "psm",
                             "Fewer than half of the smaller arm found a partner: the matched "
                             "sample is not that arm any more.");
    else if (is_mostly_lost(psm, psm->focal_arm))
        rwe_document_warning(run->document, "many-unmatched", "psm", "%s",
                             rwe_text(text[psm->focal_arm]));
}

/* ---- who is left out, by covariate ---- */

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

static const struct rwe_table_column left_out_columns[] = {
    {.heading = N_("mean or share")},
    {N_("matched"), RWE_CELL_NUMBER, "mean.matched"},
    {N_("unmatched"), RWE_CELL_NUMBER, "mean.unmatched"},
    {N_("SMD"), RWE_CELL_SMD, "smd.unmatched"},
};

static void present_column(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                           const struct rwe_column *column, struct means means)
{
    enum rwe_cell_class class =
        rwe_column_is_binary(column) ? RWE_CELL_COEFFICIENT : RWE_CELL_NUMBER;
    key.term = column->variable->name;
    key.level = column->level < 0 ? NULL : column->variable->level[column->level];
    rwe_grid_row(grid, 0, "%s", rwe_shown_name(run, column->name));
    rwe_grid_put_as(grid, class, &key, means.matched);
    rwe_grid_put_as(grid, class, &key, means.unmatched);
    rwe_grid_put(grid, &key, means.smd);
}

static struct rwe_grid *begin_table(struct rwe_run *run, const struct psm *psm,
                                    const struct rwe_key *key, size_t n_unmatched)
{
    static const char *const titles[] = {N_("Treated subjects with and without a partner"),
                                         N_("Controls with and without a partner"),
                                         N_("Subjects with and without a partner")};
    size_t n_asked = psm_n_arm(psm, psm->focal_arm);
    if (psm->settings->estimand == RWE_MATCH_ATE)
        n_asked = psm->ps->n;
    struct rwe_grid *grid =
        rwe_document_table(run->document, "%s", rwe_text(titles[psm->settings->estimand]));
    RWE_GRID_COLUMNS(grid, left_out_columns);
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

static enum rwe_status present_left_out(struct rwe_run *run, const struct psm *psm,
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
    if (psm->settings->estimand != RWE_MATCH_ATE)
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

/* ---- the whole ---- */

enum rwe_status psm_present(struct rwe_run *run, const struct psm *psm, struct rwe_error *error)
{
    present_matching(run, psm);
    present_weights(run, psm);
    warn_unmatched(run, psm);
    return present_left_out(run, psm, error);
}
