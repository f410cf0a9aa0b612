/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights from the propensity score, or by entropy balancing: the designs "iptw-…". See iptw.md. */
#include "run/estimand.h"
#include "weights_table.h"

#include "rwe/analysis/present.h"
#include "rwe/analysis/propensity.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include "rwe/stats/entropy_balance.h"

#include <math.h>
#include <string.h>

struct iptw_settings {
    int kind;    /* a place in `kinds`; -1: the first */
    double trim; /* NaN: no */
    bool trim_optimal;
    double truncate; /* a percentile; NaN: no */
    bool unstabilised;
    const char *export_weights; /* a file; NULL: none */
};

static const struct rwe_option flag = {
    RWE_CHOICE_IN(struct iptw_settings, kind),
    .choices = "ate|att|ato|matching|entropy|atc",
};

static const struct rwe_option options[] = {
    {.name = "trim",
     RWE_NUMBER_IN(struct iptw_settings, trim),
     .section = RWE_SECTION_WEIGHTING,
     .argument = "X",
     .low = 0,
     .high = 0.49,
     .help = N_("Leave those out of weighted populations whose propensity score is below X or "
                "above 1 − X; 0.1 is Crump's rule of thumb.")},
    {.name = "trim-optimal",
     RWE_FLAG_IN(struct iptw_settings, trim_optimal),
     .section = RWE_SECTION_WEIGHTING,
     .yields_to = "trim",
     .help =
         N_("The same with the X that is best for the precision of the average effect (Crump).")},
    {.name = "truncate",
     RWE_NUMBER_IN(struct iptw_settings, truncate),
     .section = RWE_SECTION_WEIGHTING,
     .argument = "PERCENT",
     .low = 0,
     .high = 49,
     .help = N_("Make weights below this percentile, or above 100 less it, equal to that "
                "percentile.")},
    {.name = "unstabilised",
     RWE_FLAG_IN(struct iptw_settings, unstabilised),
     .section = RWE_SECTION_WEIGHTING,
     .help = N_("ATE weights 1/p and 1/(1 − p), not multiplied by the share of the arm.")},
    {.name = "export-weights",
     RWE_OUTPUT_IN(struct iptw_settings, export_weights),
     .section = RWE_SECTION_WEIGHTING,
     .argument = "FILE",
     .help =
         N_("Write all subjects of the propensity model as CSV: id, arm, weight, ps, logit_ps.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct iptw_settings, options);

/* In the order of the flag's choices. */
static const struct kind {
    enum rwe_weight_kind weight;
    const char *name, *label;
    enum rwe_estimand_of of;
    bool balances_means; /* of the model's columns: more terms and trimming are no remedies then */
} kinds[] = {
    {RWE_WEIGHT_ATE, "iptw-ate", N_("Weighted, ATE"), RWE_OF_EVERYBODY, false},
    {RWE_WEIGHT_ATT, "iptw-att", N_("Weighted, ATT"), RWE_OF_TREATED, false},
    {RWE_WEIGHT_OVERLAP, "iptw-ato", N_("Overlap weights"), RWE_OF_OVERLAP, true},
    {RWE_WEIGHT_MATCHING, "iptw-matching", N_("Matching weights"), RWE_OF_MATCHABLE, false},
    {RWE_WEIGHT_ENTROPY, "iptw-entropy", N_("Entropy balancing"), RWE_OF_EVERYBODY, true},
    {RWE_WEIGHT_ATC, "iptw-atc", N_("Weighted, ATC"), RWE_OF_CONTROLS, false},
};

struct iptw {
    const struct iptw_settings *settings;
    const struct kind *kind;
    const struct rwe_propensity *ps;
    struct rwe_weight_data data; /* by row of the propensity model */
    double cutoff;               /* of trimming; 0: none */
    struct rwe_weight_trimming trimmed;
    struct rwe_weights weights;
    struct rwe_entropy_balance entropy;
    const double *weight;     /* by row, of either */
    struct rwe_design design; /* as it was added to the run */
};

/* ---- computing ---- */

/* Those within the cut-offs, and within common support where that is asked for. */
static enum rwe_status keep(const struct rwe_run *run, struct iptw *iptw, struct rwe_error *error)
{
    const uint8_t *within = iptw->trimmed.kept, *supported = iptw->ps->supported;
    iptw->data.kept = supported == NULL ? within : supported;
    if (within == NULL || supported == NULL)
        return RWE_OK;
    uint8_t *both = RWE_NEW(run->arena, uint8_t, iptw->ps->n);
    if (both == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < iptw->ps->n; k++)
        both[k] = within[k] && supported[k];
    iptw->data.kept = both;
    return RWE_OK;
}

static enum rwe_status trim(struct rwe_run *run, struct iptw *iptw, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (!isnan(iptw->settings->trim))
        iptw->cutoff = iptw->settings->trim;
    else if (iptw->settings->trim_optimal)
        status = rwe_weights_optimal_cutoff(&iptw->data, run->arena, &iptw->cutoff, error);
    if (status == RWE_OK && iptw->cutoff > 0)
        status = rwe_weights_trim(&iptw->data, iptw->cutoff, run->arena, &iptw->trimmed, error);
    return status == RWE_OK ? keep(run, iptw, error) : status;
}

static enum rwe_status weigh(struct rwe_run *run, struct iptw *iptw, struct rwe_error *error)
{
    struct rwe_weight_options weighting = rwe_weight_options_default();
    weighting.kind = iptw->kind->weight;
    weighting.stabilised = !iptw->settings->unstabilised;
    if (!isnan(iptw->settings->truncate))
        weighting.truncate = iptw->settings->truncate / 100;
    enum rwe_status status =
        rwe_weights_compute(&iptw->data, &weighting, run->arena, &iptw->weights, error);
    iptw->weight = iptw->weights.weight;
    return status;
}

static enum rwe_status estimate_score_step(const struct rwe_run *run, const struct iptw *iptw,
                                           struct rwe_weight_estimation *estimation,
                                           struct rwe_error *error)
{
    const struct rwe_weight_model model = {iptw->ps->matrix.x, iptw->ps->matrix.p,
                                           &iptw->ps->model};
    return rwe_weights_estimation(&iptw->data, &iptw->weights, &model, run->arena, estimation,
                                  error);
}

/* Which column of x cannot be balanced, in words. */
static enum rwe_status explain_entropy(const struct iptw *iptw, enum rwe_status status,
                                       const struct rwe_error *inner, struct rwe_error *error)
{
    const struct rwe_model_column *column =
        rwe_model_matrix_column(&iptw->ps->matrix, inner->index);
    if (status == RWE_NOT_ESTIMABLE && column != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "entropy balancing: no weights give both arms the same mean of \"%s\": one "
                        "arm lacks what the other has. Leave the covariate out, merge its "
                        "categories, or trim",
                        column->name);
    *error = *inner;
    return status;
}

static enum rwe_status balance(struct rwe_run *run, struct iptw *iptw, bool with_estimation,
                               struct rwe_error *error)
{
    struct rwe_error inner = {0};
    struct rwe_entropy_options balancing = rwe_entropy_options_default();
    double *base = iptw->data.kept == NULL ? NULL : RWE_NEW(run->arena, double, iptw->ps->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; base != NULL && k < iptw->ps->n; k++)
        base[k] = iptw->data.kept[k];
    balancing.stabilised = !iptw->settings->unstabilised;
    balancing.estimation = with_estimation;
    const struct rwe_entropy_data data = {iptw->ps->n, iptw->ps->matrix.p, iptw->ps->matrix.x,
                                          iptw->ps->treated, base};
    enum rwe_status status =
        rwe_entropy_balance(&data, &balancing, run->arena, &iptw->entropy, &inner);
    iptw->weight = iptw->entropy.weight;
    return status == RWE_OK ? RWE_OK : explain_entropy(iptw, status, &inner, error);
}

/* From rows of the model to subjects of the cohort; those outside the model have weight 0. */
static enum rwe_status spread(const struct rwe_run *run, const struct iptw *iptw,
                              const struct rwe_weight_estimation *by_row, struct rwe_design *design,
                              struct rwe_error *error)
{
    size_t n = run->cohort->n, q = by_row == NULL ? 0 : by_row->n_parameters;
    double *weight = RWE_NEW(run->arena, double, n);
    double *slope = rwe_arena_alloc(run->arena, n, q * sizeof *slope);
    double *influence = rwe_arena_alloc(run->arena, n, q * sizeof *influence);
    struct rwe_weight_estimation *estimation = RWE_NEW(run->arena, struct rwe_weight_estimation, 1);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; k < iptw->ps->n; k++) {
        size_t i = iptw->ps->subject[k];
        weight[i] = iptw->weight[k];
        for (size_t m = 0; m < q; m++) {
            slope[i * q + m] = by_row->slope[k * q + m];
            influence[i * q + m] = by_row->influence[k * q + m];
        }
    }
    *estimation = (struct rwe_weight_estimation){.n_subjects = n,
                                                 .n_parameters = q,
                                                 .slope = slope,
                                                 .influence = influence,
                                                 .cluster = run->cohort->cluster,
                                                 .n_clusters = run->cohort->n_clusters};
    design->weight = weight;
    design->estimation = by_row == NULL ? NULL : estimation;
    return RWE_OK;
}

/* The step that estimates the weights matters to variances, which replicates do not compute. */
static bool needs_estimation(const struct rwe_run *run)
{
    return run->replicate == 0 &&
           rwe_statistics_of(run->settings)->variance == RWE_VARIANCE_ESTIMATED;
}

static enum rwe_status make_weights(struct rwe_run *run, struct iptw *iptw,
                                    struct rwe_design *design, struct rwe_error *error)
{
    struct rwe_weight_estimation estimation;
    bool with_estimation = needs_estimation(run);
    bool by_entropy = iptw->kind->weight == RWE_WEIGHT_ENTROPY;
    enum rwe_status status = trim(run, iptw, error);
    if (status == RWE_OK)
        status = by_entropy ? balance(run, iptw, with_estimation, error) : weigh(run, iptw, error);
    if (status == RWE_OK && with_estimation && !by_entropy)
        status = estimate_score_step(run, iptw, &estimation, error);
    if (status != RWE_OK)
        return status;
    if (by_entropy)
        estimation = iptw->entropy.estimation;
    return spread(run, iptw, with_estimation ? &estimation : NULL, design, error);
}

/* Whether the effect of these weights is looked for in that row of the model. */
static bool is_asked_about(const struct iptw *iptw, size_t k)
{
    enum rwe_estimand_of of = iptw->kind->of;
    return of == RWE_OF_TREATED    ? iptw->ps->treated[k] != 0
           : of == RWE_OF_CONTROLS ? iptw->ps->treated[k] == 0
                                   : true;
}

static struct rwe_estimand estimand_of(const struct rwe_run *run, const struct iptw *iptw)
{
    const uint8_t *supported = iptw->ps->supported, *within = iptw->trimmed.kept;
    struct rwe_estimand estimand = rwe_propensity_estimand(run, iptw->ps, iptw->kind->of);
    for (size_t k = 0; k < iptw->ps->n; k++) {
        if (!is_asked_about(iptw, k))
            continue;
        if (supported != NULL && !supported[k])
            estimand.left_out[RWE_LEFT_UNSUPPORTED]++;
        else if (within != NULL && !within[k])
            estimand.left_out[RWE_LEFT_TRIMMED]++;
    }
    return estimand;
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct iptw *iptw = RWE_NEW(run->arena, struct iptw, 1);
    if (iptw == NULL)
        return rwe_fail_memory(error);
    *state = iptw;
    iptw->settings = rwe_settings_of(run->settings, &option_list);
    iptw->kind = &kinds[iptw->settings->kind < 0 ? 0 : iptw->settings->kind];
    enum rwe_status status = rwe_propensity(run, "iptw", &iptw->ps, error);
    if (status != RWE_OK)
        return status;
    iptw->data =
        (struct rwe_weight_data){iptw->ps->n, iptw->ps->model.linear, iptw->ps->treated, NULL};
    iptw->design = (struct rwe_design){
        .name = iptw->kind->name,
        .label = rwe_text(iptw->kind->label),
        .kind = RWE_DESIGN_WEIGHTED,
        .arms_alike = true,
        .remedies = RWE_REMEDY_MODEL |
                    (iptw->kind->balances_means ? 0 : RWE_REMEDY_TRIM | RWE_REMEDY_OVERLAP),
    };
    status = make_weights(run, iptw, &iptw->design, error);
    if (status != RWE_OK)
        return status;
    iptw->design.estimand = estimand_of(run, iptw);
    return rwe_run_add_design(run, &iptw->design, error);
}

/* ---- presenting ---- */

static bool is_truncated(const struct iptw *iptw)
{
    return !isnan(iptw->weights.low) && iptw->weights.n > 0;
}

/* One arm's weights; `arm` counts as in the cohort. */
static void present_arm(struct rwe_run *run, struct rwe_grid *grid, const struct iptw *iptw,
                        uint8_t arm)
{
    const struct rwe_weight_summary of =
        rwe_weights_summarize(iptw->weight, iptw->ps->treated, iptw->ps->n, arm);
    struct rwe_key key = rwe_key_arm(rwe_key_in("weights", NULL, &iptw->design), run->cohort, arm);
    rwe_grid_row(grid, 0, "%s", run->cohort->arm_level[arm]);
    weights_table_put(grid, &key, &of);
    if (iptw->cutoff > 0)
        rwe_grid_put(grid, &key, (double)(iptw->trimmed.n_low[arm] + iptw->trimmed.n_high[arm]));
    if (is_truncated(iptw))
        rwe_grid_put(grid, &key, (double)(iptw->weights.n_low[arm] + iptw->weights.n_high[arm]));
    if (2 * of.ess < (double)of.n)
        rwe_document_warning(run->document, "few-effective", "weights",
                             "%s, arm %s: the weights are worth %.0f of %zu subjects, less than "
                             "half. A few subjects decide; look at overlap weights (--iptw=ato), "
                             "or trim.",
                             iptw->design.label, run->cohort->arm_level[arm], of.ess, of.n);
}

static void note_method(struct rwe_run *run, struct rwe_grid *grid, const struct iptw *iptw)
{
    rwe_note_estimand(run, grid, &iptw->design);
    rwe_grid_note(grid, "ESS, effective sample size, (Σw)² / Σw².");
    if (iptw->ps->supported != NULL)
        rwe_grid_note(grid, "Who is outside common support has no weight.");
    if (iptw->kind->weight == RWE_WEIGHT_ATE && iptw->weights.stabilised)
        rwe_grid_note(grid, "Stabilised: times the share of the arm.");
    if (iptw->cutoff > 0) {
        struct rwe_key key = rwe_key_in("weights", NULL, &iptw->design);
        rwe_document_number(run->document, &key, "trim", iptw->cutoff);
        rwe_grid_note(grid, "Trimmed to propensity scores of %.3g to %.3g.", iptw->cutoff,
                      1 - iptw->cutoff);
    }
    if (rwe_statistics_of(run->settings)->variance == RWE_VARIANCE_ESTIMATED)
        rwe_grid_note(grid, "Standard errors under these weights are robust and include the step "
                            "that estimated the weights (M-estimation).");
    else
        rwe_grid_note(grid, "Standard errors under these weights are robust and take the weights "
                            "as known.");
}

static enum rwe_status run_iptw(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)error;
    const struct iptw *iptw = state;
    rwe_document_section(run->document, 1, "Weighting");
    rwe_propensity_present(run);
    struct rwe_grid *grid = rwe_document_table(run->document, "Weights: %s", iptw->design.label);
    rwe_grid_column(grid, "arm");
    weights_table_columns(grid, N_("n"));
    if (iptw->cutoff > 0)
        weights_table_add_trimmed(grid);
    if (is_truncated(iptw))
        weights_table_add_truncated(grid);
    for (uint8_t arm = 0; arm < 2; arm++)
        present_arm(run, grid, iptw, arm);
    note_method(run, grid, iptw);
    return RWE_OK;
}

/* ---- the weights as a file ---- */

struct export
{
    const struct rwe_run *run;
    const struct iptw *iptw;
};

static void write_weights(FILE *out, const void *context)
{
    const struct export *export = context;
    const struct rwe_cohort *cohort = export->run->cohort;
    const struct iptw *iptw = export->iptw;
    fputs("id,arm,weight,ps,logit_ps\n", out);
    for (size_t k = 0; k < iptw->ps->n; k++) {
        uint32_t i = iptw->ps->subject[k];
        rwe_csv_write_text(out, cohort->id[i]);
        putc(',', out);
        rwe_csv_write_text(out, cohort->arm_level[cohort->arm[i]]);
        fprintf(out, ",%.17g,%.17g,%.17g\n", iptw->weight[k], iptw->ps->model.fitted[k],
                iptw->ps->model.linear[k]);
    }
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    const struct iptw *iptw = state;
    const char *path = iptw->settings->export_weights;
    const struct export export = {run, iptw};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_weights, &export, error);
}

const struct rwe_analysis rwe_analysis_iptw = {
    .name = "iptw",
    .section = RWE_SECTION_WEIGHTING,
    .flag = &flag,
    .help = N_("Weights by the propensity score: adds the population \"iptw-ate\" (or -att, -ato: "
               "overlap, …), on which every analysis that is asked for runs too. Brings Table 1 "
               "and the balance of covariates."),
    .also_runs = "table1 balance",
    .options = &option_list,
    .design = design,
    .run = run_iptw,
    .write_files = write_files,
};
