/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "psm.h"
#include "run/estimand.h"

#include "rwe/analysis/present.h"
#include "rwe/stats/weights.h"

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

static void row(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                enum rwe_cell_class class, const char *stat, double value)
{
    struct rwe_key key = rwe_key_run(run, "psm");
    rwe_grid_row(grid, 0, "%s", label);
    cell(grid, class, add(run, &key, stat, value));
}

/* ---- in words ---- */

static const char *ties_text(const struct rwe_run *run)
{
    return run->cohort->has_id ? "subject identifier" : "an order drawn from the data";
}

static const char *distance_text(const struct psm *psm)
{
    return (const char *const[]){
        "the logit of the propensity score", "the propensity score",
        "the Mahalanobis distance of the covariates, the caliper on the logit of the propensity "
        "score",
        "the Mahalanobis distance of the covariates' ranks, the caliper on the logit of the "
        "propensity score"}[psm->distance];
}

static bool everybody_has_a_partner(const struct psm *psm)
{
    bool others_too = psm->estimand != RWE_MATCH_ATE ||
                      psm_n_matched(psm, 1 - psm->focal_arm) == psm_n_arm(psm, 1 - psm->focal_arm);
    return others_too && psm_n_matched(psm, psm->focal_arm) == psm_n_arm(psm, psm->focal_arm);
}

/* "1:1" or "up to 2:1". */
static const char *sizes_text(const struct rwe_run *run, const struct psm *psm)
{
    const char *text =
        psm->ratio == 1 ? "1:1" : rwe_arena_format(run->arena, "up to %zu:1", psm->ratio);
    return text == NULL ? "" : text;
}

static void note_nearest(const struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm)
{
    static const char *const order[] = {", closest pair first", ", largest score first",
                                        ", smallest score first", ", random order first"};
    rwe_grid_note(grid, "Greedy %s nearest neighbour on %s, %s replacement%s; ties by %s.",
                  sizes_text(run, psm), distance_text(psm), psm->replace ? "with" : "without",
                  psm->replace ? "" : order[rwe_settings_choice(run->settings, "match-order")],
                  ties_text(run));
}

static void note_method(const struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm)
{
    if (psm->method == PSM_NEAREST) {
        note_nearest(run, grid, psm);
    } else if (psm->method == PSM_OPTIMAL) {
        rwe_grid_note(
            grid,
            "Optimal %s matching on %s, without replacement: the most subjects with a "
            "partner%s, and of such matchings the one with the least sum of distances; ties by "
            "%s.",
            sizes_text(run, psm), distance_text(psm),
            psm->ratio == 1 ? "" : ", then the most partners", ties_text(run));
    } else {
        rwe_grid_note(grid,
                      "Full matching on %s: sets of one treated subject with controls, or of one "
                      "control with treated subjects, with the least sum of distances; ties by %s.",
                      distance_text(psm), ties_text(run));
    }
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

static void present_matching(struct rwe_run *run, const struct psm *psm)
{
    struct rwe_key key = rwe_key_run(run, "psm");
    struct rwe_grid *grid = rwe_document_table(run->document, "Matching");
    rwe_grid_column(grid, "matching");
    rwe_grid_column(grid, "value");
    rwe_document_string(run->document, &key, "method",
                        (const char *const[]){"nearest", "optimal", "full"}[psm->method]);
    rwe_document_string(run->document, &key, "estimand",
                        (const char *const[]){"att", "atc", "ate"}[psm->estimand]);
    row(run, grid, "Treated", RWE_CELL_COUNT, "n.treated", (double)psm_n_arm(psm, 1));
    row(run, grid, "Controls", RWE_CELL_COUNT, "n.control", (double)psm_n_arm(psm, 0));
    row(run, grid, "Matched treated", RWE_CELL_COUNT, "n.matched.treated",
        (double)psm_n_matched(psm, 1));
    row(run, grid, "Matched controls", RWE_CELL_COUNT, "n.matched.control",
        (double)psm_n_matched(psm, 0));
    if (psm->is_paired)
        add(run, &key, "n.sets", (double)psm->match.n_sets);
    else
        row(run, grid, "Matched sets", RWE_CELL_COUNT, "n.sets", (double)psm->match.n_sets);
    row(run, grid,
        psm->distance == PSM_PS ? "Caliper on the propensity score" : "Caliper on the logit",
        RWE_CELL_COEFFICIENT, "caliper", psm->caliper);
    row(run, grid, "Sum of distances", RWE_CELL_COEFFICIENT, "distance.total",
        psm->match.distance_total);
    note_method(run, grid, psm);
}

static void present_arm(struct rwe_run *run, struct rwe_grid *grid, const struct psm *psm,
                        uint8_t arm)
{
    const struct rwe_weight_summary of =
        rwe_weights_summarize(psm->weight, psm->ps->treated, psm->ps->n, arm);
    struct rwe_key key = rwe_key_of("weights");
    key.population = psm->design.name;
    key = rwe_key_arm(key, run->cohort, arm);
    rwe_grid_row(grid, 0, "%s", run->cohort->arm_level[arm]);
    cell(grid, RWE_CELL_COUNT, add(run, &key, "n", (double)of.n));
    cell(grid, RWE_CELL_STATISTIC, add(run, &key, "ess", of.ess));
    cell(grid, RWE_CELL_STATISTIC, add(run, &key, "sum", of.sum));
    cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "min", of.min));
    cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "max", of.max));
    cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "cv", of.cv));
    if (2 * of.ess < (double)of.n)
        rwe_document_warning(run->document, "few-effective", "weights",
                             "Matched, arm %s: the weights are worth %.0f of %zu subjects, less "
                             "than half. A few partners decide%s.",
                             run->cohort->arm_level[arm], of.ess, of.n,
                             psm->replace              ? "; look at matching without --replace"
                             : psm->method == PSM_FULL ? "; look at --psm=nearest"
                                                       : "");
}

static void present_weights(struct rwe_run *run, const struct psm *psm)
{
    static const char *const headings[] = {"arm", "n", "ESS", "sum", "least", "greatest", "CV"};
    if (!psm->is_weighted)
        return;
    struct rwe_grid *grid = rwe_document_table(run->document, "Weights of matched subjects");
    for (size_t c = 0; c < sizeof headings / sizeof *headings; c++)
        rwe_grid_column(grid, "%s", headings[c]);
    for (uint8_t arm = 0; arm < 2; arm++)
        present_arm(run, grid, psm, arm);
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
    uint8_t smaller = psm_n_arm(psm, 1) < psm_n_arm(psm, 0);
    if (!psm->replace && is_mostly_lost(psm, smaller))
        rwe_document_warning(run->document, "many-unmatched", "psm",
                             "Fewer than half of the smaller arm found a partner: the matched "
                             "sample is not that arm any more.");
    else if (is_mostly_lost(psm, psm->focal_arm))
        rwe_document_warning(run->document, "many-unmatched", "psm",
                             "Fewer than half of the %s found a partner: this is not the effect in "
                             "the %s any more.%s",
                             psm->focal_arm == 1 ? "treated" : "controls",
                             psm->focal_arm == 1 ? "treated" : "controls",
                             psm->replace ? "" : " With --replace or --psm=full more of them can.");
}

enum rwe_status psm_present(struct rwe_run *run, const struct psm *psm, struct rwe_error *error)
{
    present_matching(run, psm);
    present_weights(run, psm);
    warn_unmatched(run, psm);
    return psm_present_left_out(run, psm, error);
}
