/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights from the propensity score, or by entropy balancing: the designs "iptw-…". See iptw.md. */
#include "run/estimand.h"

#include "rwe/analysis/present.h"
#include "rwe/analysis/propensity.h"
#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include "rwe/stats/entropy_balance.h"
#include "rwe/stats/weights.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "trim",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .low = 0,
     .high = 0.49,
     .help = "Leave those out of weighted populations whose propensity score is below X or above "
             "1 − X; 0.1 is Crump's rule of thumb."},
    {.name = "trim-optimal",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "The same with the X that is best for the precision of the average effect (Crump)."},
    {.name = "truncate",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "PERCENT",
     .low = 0,
     .high = 49,
     .help = "Make weights below this percentile, or above 100 less it, equal to that percentile."},
    {.name = "unstabilised",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "ATE weights 1/p and 1/(1 − p), not multiplied by the share of the arm."},
    {.name = "export-weights",
     .kind = RWE_OPTION_PATH,
     .section = RWE_SECTION_OUTPUT,
     .argument = "FILE",
     .help = "Write all subjects of the propensity model as CSV: id, arm, weight, ps, logit_ps."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

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

struct state {
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
static enum rwe_status keep(const struct rwe_run *run, struct state *s, struct rwe_error *error)
{
    const uint8_t *within = s->trimmed.kept, *supported = s->ps->supported;
    s->data.kept = supported == NULL ? within : supported;
    if (within == NULL || supported == NULL)
        return RWE_OK;
    uint8_t *both = RWE_NEW(run->arena, uint8_t, s->ps->n);
    if (both == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < s->ps->n; k++)
        both[k] = within[k] && supported[k];
    s->data.kept = both;
    return RWE_OK;
}

static enum rwe_status trim(struct rwe_run *run, struct state *s, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    if (rwe_settings_has(run->settings, "trim"))
        s->cutoff = rwe_settings_number(run->settings, "trim");
    else if (rwe_settings_flag(run->settings, "trim-optimal"))
        status = rwe_weights_optimal_cutoff(&s->data, run->arena, &s->cutoff, error);
    if (status == RWE_OK && s->cutoff > 0)
        status = rwe_weights_trim(&s->data, s->cutoff, run->arena, &s->trimmed, error);
    return status == RWE_OK ? keep(run, s, error) : status;
}

static enum rwe_status weigh(struct rwe_run *run, struct state *s, struct rwe_error *error)
{
    struct rwe_weight_options weighting = rwe_weight_options_default();
    weighting.kind = s->kind->weight;
    weighting.stabilised = !rwe_settings_flag(run->settings, "unstabilised");
    if (rwe_settings_has(run->settings, "truncate"))
        weighting.truncate = rwe_settings_number(run->settings, "truncate") / 100;
    enum rwe_status status =
        rwe_weights_compute(&s->data, &weighting, run->arena, &s->weights, error);
    s->weight = s->weights.weight;
    return status;
}

static enum rwe_status estimate_score_step(const struct rwe_run *run, const struct state *s,
                                           struct rwe_weight_estimation *estimation,
                                           struct rwe_error *error)
{
    const struct rwe_weight_model model = {s->ps->matrix.x, s->ps->matrix.p, &s->ps->model};
    return rwe_weights_estimation(&s->data, &s->weights, &model, run->arena, estimation, error);
}

/* Which column of x cannot be balanced, in words. */
static enum rwe_status explain_entropy(const struct state *s, enum rwe_status status,
                                       const struct rwe_error *inner, struct rwe_error *error)
{
    const struct rwe_model_column *column = rwe_model_matrix_column(&s->ps->matrix, inner->index);
    if (status == RWE_NOT_ESTIMABLE && column != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "entropy balancing: no weights give both arms the same mean of \"%s\": one "
                        "arm lacks what the other has. Leave the covariate out, merge its "
                        "categories, or trim",
                        column->name);
    *error = *inner;
    return status;
}

static enum rwe_status balance(struct rwe_run *run, struct state *s, bool with_estimation,
                               struct rwe_error *error)
{
    struct rwe_error inner = {0};
    struct rwe_entropy_options balancing = rwe_entropy_options_default();
    double *base = s->data.kept == NULL ? NULL : RWE_NEW(run->arena, double, s->ps->n);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t k = 0; base != NULL && k < s->ps->n; k++)
        base[k] = s->data.kept[k];
    balancing.stabilised = !rwe_settings_flag(run->settings, "unstabilised");
    balancing.estimation = with_estimation;
    const struct rwe_entropy_data data = {s->ps->n, s->ps->matrix.p, s->ps->matrix.x,
                                          s->ps->treated, base};
    enum rwe_status status =
        rwe_entropy_balance(&data, &balancing, run->arena, &s->entropy, &inner);
    s->weight = s->entropy.weight;
    return status == RWE_OK ? RWE_OK : explain_entropy(s, status, &inner, error);
}

/* From rows of the model to subjects of the cohort; those outside the model have weight 0. */
static enum rwe_status spread(const struct rwe_run *run, const struct state *s,
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
    for (size_t k = 0; k < s->ps->n; k++) {
        size_t i = s->ps->subject[k];
        weight[i] = s->weight[k];
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
    return run->replicate == 0 && rwe_settings_choice(run->settings, "variance") == 0;
}

static enum rwe_status make_weights(struct rwe_run *run, struct state *s, struct rwe_design *design,
                                    struct rwe_error *error)
{
    struct rwe_weight_estimation estimation;
    bool with_estimation = needs_estimation(run);
    bool by_entropy = s->kind->weight == RWE_WEIGHT_ENTROPY;
    enum rwe_status status = trim(run, s, error);
    if (status == RWE_OK)
        status = by_entropy ? balance(run, s, with_estimation, error) : weigh(run, s, error);
    if (status == RWE_OK && with_estimation && !by_entropy)
        status = estimate_score_step(run, s, &estimation, error);
    if (status != RWE_OK)
        return status;
    if (by_entropy)
        estimation = s->entropy.estimation;
    return spread(run, s, with_estimation ? &estimation : NULL, design, error);
}

/* Whether the effect of these weights is looked for in that row of the model. */
static bool is_asked_about(const struct state *s, size_t k)
{
    enum rwe_estimand_of of = s->kind->of;
    return of == RWE_OF_TREATED    ? s->ps->treated[k] != 0
           : of == RWE_OF_CONTROLS ? s->ps->treated[k] == 0
                                   : true;
}

static struct rwe_estimand estimand_of(const struct rwe_run *run, const struct state *s)
{
    const uint8_t *supported = s->ps->supported, *within = s->trimmed.kept;
    struct rwe_estimand estimand = rwe_propensity_estimand(run, s->ps, s->kind->of);
    for (size_t k = 0; k < s->ps->n; k++) {
        if (!is_asked_about(s, k))
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
    struct state *s = RWE_NEW(run->arena, struct state, 1);
    if (s == NULL)
        return rwe_fail_memory(error);
    *state = s;
    int choice = rwe_settings_choice(run->settings, "iptw");
    s->kind = &kinds[choice < 0 ? 0 : choice];
    enum rwe_status status = rwe_propensity(run, "iptw", &s->ps, error);
    if (status != RWE_OK)
        return status;
    s->data = (struct rwe_weight_data){s->ps->n, s->ps->model.linear, s->ps->treated, NULL};
    s->design = (struct rwe_design){
        .name = s->kind->name,
        .label = rwe_text(s->kind->label),
        .kind = RWE_DESIGN_WEIGHTED,
        .arms_alike = true,
        .remedies =
            RWE_REMEDY_MODEL | (s->kind->balances_means ? 0 : RWE_REMEDY_TRIM | RWE_REMEDY_OVERLAP),
    };
    status = make_weights(run, s, &s->design, error);
    if (status != RWE_OK)
        return status;
    s->design.estimand = estimand_of(run, s);
    return rwe_run_add_design(run, &s->design, error);
}

/* ---- presenting ---- */

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* One arm's weights; `arm` counts as in the cohort. */
static void present_arm(struct rwe_run *run, struct rwe_grid *grid, const struct state *s,
                        uint8_t arm)
{
    const struct rwe_weight_summary of =
        rwe_weights_summarize(s->weight, s->ps->treated, s->ps->n, arm);
    struct rwe_key key = rwe_key_of("weights");
    key.population = s->design.name;
    key = rwe_key_arm(key, run->cohort, arm);
    rwe_grid_row(grid, 0, "%s", run->cohort->arm_level[arm]);
    cell(grid, RWE_CELL_COUNT, add(run, &key, "n", (double)of.n));
    cell(grid, RWE_CELL_STATISTIC, add(run, &key, "ess", of.ess));
    cell(grid, RWE_CELL_STATISTIC, add(run, &key, "sum", of.sum));
    cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "min", of.min));
    cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "max", of.max));
    cell(grid, RWE_CELL_COEFFICIENT, add(run, &key, "cv", of.cv));
    if (s->cutoff > 0)
        cell(grid, RWE_CELL_COUNT,
             add(run, &key, "n.trimmed", (double)(s->trimmed.n_low[arm] + s->trimmed.n_high[arm])));
    if (!isnan(s->weights.low) && s->weights.n > 0)
        cell(grid, RWE_CELL_COUNT,
             add(run, &key, "n.truncated",
                 (double)(s->weights.n_low[arm] + s->weights.n_high[arm])));
    if (2 * of.ess < (double)of.n)
        rwe_document_warning(run->document, "few-effective", "weights",
                             "%s, arm %s: the weights are worth %.0f of %zu subjects, less than "
                             "half. A few subjects decide; look at overlap weights (--iptw=ato), "
                             "or trim.",
                             s->design.label, run->cohort->arm_level[arm], of.ess, of.n);
}

static void note_method(struct rwe_run *run, struct rwe_grid *grid, const struct state *s)
{
    rwe_note_estimand(run, grid, &s->design);
    rwe_grid_note(grid, "ESS, effective sample size, (Σw)² / Σw².");
    if (s->ps->supported != NULL)
        rwe_grid_note(grid, "Who is outside common support has no weight.");
    if (s->kind->weight == RWE_WEIGHT_ATE && s->weights.stabilised)
        rwe_grid_note(grid, "Stabilised: times the share of the arm.");
    if (s->cutoff > 0) {
        struct rwe_key key = rwe_key_of("weights");
        key.population = s->design.name;
        add(run, &key, "trim", s->cutoff);
        rwe_grid_note(grid, "Trimmed to propensity scores of %.3g to %.3g.", s->cutoff,
                      1 - s->cutoff);
    }
    rwe_grid_note(grid, "%s",
                  rwe_settings_choice(run->settings, "variance") == 0
                      ? "Standard errors under these weights are robust and include the step that "
                        "estimated the weights (M-estimation)."
                      : "Standard errors under these weights are robust and take the weights as "
                        "known.");
}

static enum rwe_status run_iptw(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)error;
    const struct state *s = state;
    static const char *const headings[] = {"arm", "n", "ESS", "sum", "least", "greatest", "CV"};
    rwe_document_section(run->document, 1, "Weighting");
    rwe_propensity_present(run);
    struct rwe_grid *grid = rwe_document_table(run->document, "Weights: %s", s->design.label);
    for (size_t c = 0; c < sizeof headings / sizeof *headings; c++)
        rwe_grid_column(grid, "%s", headings[c]);
    if (s->cutoff > 0)
        rwe_grid_column(grid, "trimmed");
    if (!isnan(s->weights.low) && s->weights.n > 0)
        rwe_grid_column(grid, "truncated");
    for (uint8_t arm = 0; arm < 2; arm++)
        present_arm(run, grid, s, arm);
    note_method(run, grid, s);
    return RWE_OK;
}

/* ---- the weights as a file ---- */

struct export
{
    const struct rwe_run *run;
    const struct state *state;
};

static void write_weights(FILE *out, const void *context)
{
    const struct export *export = context;
    const struct rwe_cohort *cohort = export->run->cohort;
    const struct state *s = export->state;
    fputs("id,arm,weight,ps,logit_ps\n", out);
    for (size_t k = 0; k < s->ps->n; k++) {
        uint32_t i = s->ps->subject[k];
        rwe_csv_write_text(out, cohort->id[i]);
        putc(',', out);
        rwe_csv_write_text(out, cohort->arm_level[cohort->arm[i]]);
        fprintf(out, ",%.17g,%.17g,%.17g\n", s->weight[k], s->ps->model.fitted[k],
                s->ps->model.linear[k]);
    }
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "export-weights");
    const struct export export = {run, state};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_weights, &export, error);
}

const struct rwe_analysis rwe_analysis_iptw = {
    .name = "iptw",
    .choices = "ate|att|ato|matching|entropy|atc",
    .help =
        "Weights by the propensity score: adds the population \"iptw-ate\" (or -att, -ato: "
        "overlap, …), on which every analysis that is asked for runs too. Brings Table 1 and the "
        "balance of covariates.",
    .brings = "table1 balance",
    .options = &option_list,
    .design = design,
    .run = run_iptw,
    .write_files = write_files,
};
