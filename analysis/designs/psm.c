/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matching: the design "matched". See psm.md. */
#include "psm.h"

#include "rwe/analysis/present.h"

#include "rwe/base/file.h"
#include "rwe/base/language.h"

static const struct rwe_option flag = {
    RWE_CHOICE_IN(struct psm_settings, method),
    RWE_SOURCE_IN(struct psm_settings, source.method),
    .choices = "nearest|optimal|full",
};

static const struct rwe_option options[] = {
    {.name = "caliper",
     RWE_NUMBER_IN(struct psm_settings, caliper),
     .section = RWE_SECTION_MATCHING,
     .argument = "X",
     .fallback = "0.2",
     .low = 0,
     .high = 1e6,
     .yields_to = "caliper-abs",
     .help = N_("Largest distance of partners, in standard deviations of the logit pooled within "
                "arms (default 0.2); with --distance ps, of the propensity score.")},
    {.name = "caliper-abs",
     RWE_NUMBER_IN(struct psm_settings, caliper_absolute),
     .section = RWE_SECTION_MATCHING,
     .argument = "X",
     .low = 0,
     .high = 1e300,
     .help = N_("The same on the logit (or propensity score) itself, in place of --caliper.")},
    {.name = "match-order",
     RWE_CHOICE_IN(struct psm_settings, order),
     RWE_SOURCE_IN(struct psm_settings, source.order),
     .section = RWE_SECTION_MATCHING,
     .argument = "ORDER",
     .choices = "closest|largest|smallest|random",
     .fallback = "closest",
     .help = N_("Which pair is taken first: closest (default); or treated subjects from the "
                "largest or smallest score, or in an order drawn with --seed.")},
    {.name = "ratio",
     RWE_INTEGER_IN(struct psm_settings, ratio),
     RWE_SOURCE_IN(struct psm_settings, source.ratio),
     .section = RWE_SECTION_MATCHING,
     .argument = "K",
     .fallback = "1",
     .low = 1,
     .high = 1000,
     .help = N_("Up to K controls for a treated subject (default 1).")},
    {.name = "replace",
     RWE_FLAG_IN(struct psm_settings, replace),
     RWE_SOURCE_IN(struct psm_settings, source.replace),
     .section = RWE_SECTION_MATCHING,
     .help = N_("A control may be the partner of several treated subjects; its rows count as one "
                "subject's.")},
    {.name = "exact",
     RWE_LIST_IN(struct psm_settings, exact),
     .section = RWE_SECTION_MATCHING,
     .argument = "A,B,…",
     .help = N_("Covariates in which partners are equal.")},
    {.name = "distance",
     RWE_CHOICE_IN(struct psm_settings, distance),
     .section = RWE_SECTION_MATCHING,
     .argument = "DISTANCE",
     .choices = "logit|ps|mahalanobis|robust-mahalanobis",
     .fallback = "logit",
     .help = N_("What is small between partners: the difference of logits (default) or of "
                "propensity scores; or, within the caliper on the logit, the Mahalanobis distance "
                "of the covariates, or of their ranks (robust).")},
    {.name = "estimand",
     RWE_CHOICE_IN(struct psm_settings, estimand),
     .section = RWE_SECTION_MATCHING,
     .argument = "att|atc|ate",
     .choices = "att|atc|ate",
     .fallback = "att",
     .help = N_("Whose effect --psm is to show: of the treated (default), of the controls, who "
                "then look for treated partners, or, with --psm=full, of everybody.")},
    {.name = "export-matched",
     RWE_OUTPUT_IN(struct psm_settings, export_matched),
     .section = RWE_SECTION_MATCHING,
     .argument = "FILE",
     .help = N_("Write the matched subjects as CSV: id, arm, pair, weight, ps, logit_ps.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct psm_settings, options);

/* ---- what is asked ---- */

/* Whether the user said this by hand, and not in a study that the command line has overruled. */
static bool is_said(const struct psm_settings *settings, enum rwe_source source)
{
    return source > RWE_FROM_DEFAULT && source >= settings->source.method;
}

static enum rwe_status check_method(const struct psm *psm, struct rwe_error *error)
{
    const struct psm_settings *settings = psm->settings;
    bool full = psm->method == PSM_FULL;
    if (psm->method == PSM_NEAREST)
        return RWE_OK;
    if (is_said(settings, settings->source.order))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s",
                        full ? rwe_message("--match-order: full matching makes all sets at once "
                                           "and has no order; leave it out, or say --psm=nearest")
                             : rwe_message("--match-order: optimal matching makes all sets at once "
                                           "and has no order; leave it out, or say --psm=nearest"));
    if (is_said(settings, settings->source.replace))
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX, "%s",
            full ? rwe_message("--replace: full matching uses nobody twice; with replacement each "
                               "subject simply has its nearest partners: say --psm=nearest")
                 : rwe_message("--replace: optimal matching uses nobody twice; with replacement "
                               "each subject simply has its nearest partners: say --psm=nearest"));
    if (full && is_said(settings, settings->source.ratio))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ratio: full matching finds the sizes of its sets by itself; leave it "
                        "out, or say --psm=nearest or --psm=optimal");
    return RWE_OK;
}

/* Reads the options, and refuses those that contradict each other. */
static enum rwe_status take_settings(const struct rwe_run *run, struct psm *psm,
                                     struct rwe_error *error)
{
    const struct psm_settings *settings = rwe_settings_of(run->settings, &option_list);
    psm->settings = settings;
    psm->method = settings->method < 0 ? PSM_NEAREST : (enum psm_method)settings->method;
    psm->focal_arm = settings->estimand != RWE_MATCH_ATC;
    psm->replace = psm->method == PSM_NEAREST && settings->replace;
    psm->ratio = psm->method == PSM_FULL ? 1 : (size_t)settings->ratio;
    if (settings->estimand == RWE_MATCH_ATE && psm->method != PSM_FULL)
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX, "%s",
            psm->method == PSM_NEAREST
                ? rwe_message("--estimand ate: nearest-neighbour matching leaves out who is not "
                              "needed as a partner, so it does not show the effect in everybody: "
                              "say --psm=full, or weight with --iptw=ate")
                : rwe_message("--estimand ate: optimal matching leaves out who is not needed as a "
                              "partner, so it does not show the effect in everybody: say "
                              "--psm=full, or weight with --iptw=ate"));
    return check_method(psm, error);
}

/* ---- the design ---- */

/* The sets of subjects who are in one each. */
static enum rwe_status spread_sets(const struct rwe_run *run, const struct psm *psm,
                                   struct rwe_design *design)
{
    uint32_t *set = RWE_NEW(run->arena, uint32_t, run->cohort->n);
    double *weight = psm->is_weighted ? RWE_NEW(run->arena, double, run->cohort->n) : NULL;
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < run->cohort->n; i++)
        set[i] = RWE_NO_SET;
    for (size_t k = 0; k < psm->ps->n; k++) {
        set[psm->ps->subject[k]] = psm->match.set[k];
        if (weight != NULL)
            weight[psm->ps->subject[k]] = psm->weight[k];
    }
    design->set = set;
    design->weight = weight;
    return RWE_OK;
}

/* The rows of subjects who may be in several, by subject and in it by set. */
static enum rwe_status spread_rows(const struct rwe_run *run, const struct psm *psm,
                                   struct rwe_design *design)
{
    const struct rwe_match *match = &psm->match;
    size_t n = run->cohort->n;
    size_t *start = RWE_NEW(run->arena, size_t, n + 1), *next = RWE_NEW(run->arena, size_t, n);
    uint32_t *set = RWE_NEW(run->arena, uint32_t, match->n_rows);
    double *weight = RWE_NEW(run->arena, double, match->n_rows);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < match->n_rows; r++)
        start[psm->ps->subject[match->row_unit[r]] + 1]++;
    for (size_t i = 0; i < n; i++) {
        start[i + 1] += start[i];
        next[i] = start[i];
    }
    for (size_t r = 0; r < match->n_rows; r++) {
        size_t to = next[psm->ps->subject[match->row_unit[r]]]++;
        set[to] = match->row_set[r];
        weight[to] = psm->row_weight[r];
    }
    design->rows = (struct rwe_design_rows){.start = start, .set = set, .weight = weight};
    return RWE_OK;
}

static const char *label_of(const struct rwe_run *run, const struct psm *psm)
{
    if (psm->method == PSM_FULL)
        return rwe_text("Full matching");
    if (psm->ratio == 1)
        return rwe_text(psm->replace ? N_("Matched 1:1 with replacement") : N_("Matched 1:1"));
    return rwe_arena_format(run->arena,
                            rwe_text(psm->replace ? N_("Matched up to %zu:1 with replacement")
                                                  : N_("Matched up to %zu:1")),
                            psm->ratio);
}

/* Who of those asked about is left out, by the first thing that keeps them out. */
static struct rwe_estimand estimand_of(const struct rwe_run *run, const struct psm *psm)
{
    static const enum rwe_estimand_of of[] = {RWE_OF_TREATED, RWE_OF_CONTROLS, RWE_OF_EVERYBODY};
    const struct rwe_propensity *ps = psm->ps;
    struct rwe_estimand estimand = rwe_propensity_estimand(run, ps, of[psm->settings->estimand]);
    for (size_t k = 0; k < ps->n; k++)
        if (psm_is_asked_about(psm, k) && psm->match.set[k] == RWE_UNMATCHED)
            estimand.left_out[ps->supported == NULL || ps->supported[k] ? RWE_LEFT_UNMATCHED
                                                                        : RWE_LEFT_UNSUPPORTED]++;
    return estimand;
}

static enum rwe_status design(struct rwe_run *run, void **state, struct rwe_error *error)
{
    struct psm *psm = RWE_NEW(run->arena, struct psm, 1);
    if (psm == NULL)
        return rwe_fail_memory(error);
    *state = psm;
    enum rwe_status status = take_settings(run, psm, error);
    if (status == RWE_OK)
        status = rwe_propensity(run, "psm", &psm->ps, error);
    if (status == RWE_OK)
        status = psm_match(run, psm, error);
    if (status != RWE_OK)
        return status;
    psm->design = (struct rwe_design){
        .name = "matched",
        .label = label_of(run, psm),
        .kind = RWE_DESIGN_MATCHED,
        .estimand = estimand_of(run, psm),
        .arms_alike = true,
        .remedies = RWE_REMEDY_MODEL | RWE_REMEDY_EXACT | RWE_REMEDY_CALIPER | RWE_REMEDY_OVERLAP,
        .n_sets = psm->match.n_sets,
        .paired = psm->is_paired,
    };
    status =
        psm->replace ? spread_rows(run, psm, &psm->design) : spread_sets(run, psm, &psm->design);
    if (status != RWE_OK || psm->design.label == NULL)
        return rwe_fail_memory(error);
    return rwe_run_add_design(run, &psm->design, error);
}

static enum rwe_status run_psm(struct rwe_run *run, void *state, struct rwe_error *error)
{
    rwe_document_section(run->document, 1, "Propensity score and matching");
    rwe_propensity_present(run);
    return psm_present(run, state, error);
}

/* ---- the matched subjects as a file ---- */

struct export
{
    const struct rwe_run *run;
    const struct psm *psm;
};

/* Set by set, who looked for partners first. */
static void write_matched(FILE *out, const void *context)
{
    const struct export *export = context;
    const struct rwe_cohort *cohort = export->run->cohort;
    const struct psm *psm = export->psm;
    fputs("id,arm,pair,weight,ps,logit_ps\n", out);
    for (size_t r = 0; r < psm->match.n_rows; r++) {
        uint32_t k = psm->match.row_unit[r], i = psm->ps->subject[k];
        rwe_csv_write_text(out, cohort->id[i]);
        putc(',', out);
        rwe_csv_write_text(out, cohort->arm_level[cohort->arm[i]]);
        fprintf(out, ",%u,%.17g,%.17g,%.17g\n", psm->match.row_set[r] + 1, psm->row_weight[r],
                psm->ps->model.fitted[k], psm->ps->model.linear[k]);
    }
}

static enum rwe_status write_files(const struct rwe_run *run, const void *state,
                                   struct rwe_error *error)
{
    const struct psm *psm = state;
    const char *path = psm->settings->export_matched;
    const struct export export = {run, psm};
    return path == NULL ? RWE_OK : rwe_file_write(path, write_matched, &export, error);
}

const struct rwe_analysis rwe_analysis_psm = {
    .name = "psm",
    .section = RWE_SECTION_MATCHING,
    .flag = &flag,
    .help = N_("Propensity-score matching, greedy (nearest), optimal or full: adds the population "
               "\"matched\", on which every analysis that is asked for runs too. Brings Table 1 "
               "and the balance of covariates."),
    .also_runs = "table1 balance",
    .options = &option_list,
    .design = design,
    .run = run_psm,
    .write_files = write_files,
};
