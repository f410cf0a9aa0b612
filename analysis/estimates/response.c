/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Response rates by arm, and how the responses are distributed. See response.md. */
#include "rwe/data/response.h"
#include "response_assessed.h"
#include "response_duration.h"
#include "response_source.h"
#include "run/shares.h"
#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/report/figure.h"
#include "rwe/stats/proportion_strata.h"

#include <math.h>
#include <string.h>

static bool evaluable_only(const struct rwe_run *run)
{
    return rwe_response_settings_of(run)->evaluable_only;
}

#define SET(response) (1u << RWE_RESPONSE_##response)
/* Takes the place after the last response in a set of them. */
static const unsigned MISSING = 1u << RWE_N_RESPONSES;
#define CONTROLLED (SET(CR) | SET(PR) | SET(SD) | SET(NON))
static const unsigned EVALUABLE = CONTROLLED | SET(PD) | SET(IUPD);

/* The rows of the table: who responded so. */
static const struct kind {
    const char *term, *label;
    unsigned responses; /* bit r: response r is one of them */
    int indent;
    bool is_compared;
} kinds[] = {
    {"ORR", N_("ORR (CR + PR)"), SET(CR) | SET(PR), 0, true},
    {"DCR", N_("DCR (CR + PR + SD)"), CONTROLLED, 0, true},
    {"CR", N_("CR"), SET(CR), 1, true},
    {"PR", N_("PR"), SET(PR), 1, false},
    {"SD", N_("SD"), SET(SD), 1, false},
    {"NON-CR/NON-PD", N_("NON-CR/NON-PD"), SET(NON), 1, false},
    {"PD", N_("PD"), SET(PD), 1, false},
    {"iUPD", N_("iUPD"), SET(IUPD), 1, false},
    {"NE", N_("NE"), SET(NE), 1, false},
    {"missing", N_("missing"), MISSING, 1, false},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* The responses of a population, and the table that they go to. */
struct responses {
    struct rwe_run *run;
    const struct rwe_design *design;
    const struct rwe_response_source *source;
    struct rwe_grid *grid;
    struct rwe_shares shares;     /* of those in the denominator */
    uint8_t *event;               /* by subject, of the kind at hand */
    struct rwe_share *share;      /* by arm, of the kind at hand */
    struct rwe_inference *of_arm; /* the same in percent */
};

/* ---- who is counted, and who responded ---- */

static unsigned response_of(const struct rwe_response_source *source, size_t subject)
{
    int8_t response = source->response[subject];
    return response < 0 ? MISSING : 1u << response;
}

/* By subject whether it is in the denominator; NULL: everybody is. */
static enum rwe_status choose_counted(const struct rwe_run *run,
                                      const struct rwe_response_source *source,
                                      const uint8_t **counted, struct rwe_error *error)
{
    *counted = NULL;
    if (!evaluable_only(run))
        return RWE_OK;
    uint8_t *evaluable = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    if (evaluable == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < run->cohort->n; i++)
        evaluable[i] = (response_of(source, i) & EVALUABLE) != 0;
    *counted = evaluable;
    return RWE_OK;
}

static void mark_events(const struct responses *of, const struct kind *kind)
{
    for (size_t i = 0; i < of->run->cohort->n; i++)
        of->event[i] = (response_of(of->source, i) & kind->responses) != 0;
}

/* The rare kinds have a row where somebody of the cohort is of them; a replicate has it anyway. */
static bool is_shown(const struct responses *of, const struct kind *kind)
{
    if ((kind->responses & ~(SET(NON) | SET(IUPD))) != 0 || of->run->replicate > 0)
        return true;
    for (size_t i = 0; i < of->run->cohort->n; i++)
        if ((response_of(of->source, i) & kind->responses) != 0)
            return true;
    return false;
}

static struct rwe_key key_of(const struct responses *of)
{
    struct rwe_key key = rwe_key_in("response", NULL, of->design);
    key.model = of->source->model;
    return key;
}

/* ---- the arms compared ---- */

/* Strata count where arms are independent; sets and weights have taken the covariates in. */
static bool by_strata(const struct rwe_shares *shares)
{
    return shares->rule == RWE_SHARES_INDEPENDENT && shares->run->cohort->stratum != NULL;
}

static enum rwe_status stratified_p(const struct responses *of, double *p_value,
                                    struct rwe_error *error)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    const struct rwe_mantel_haenszel_options usual = rwe_mantel_haenszel_options_default();
    struct rwe_mantel_haenszel result;
    struct rwe_mark mark = rwe_arena_mark(of->run->arena);
    struct rwe_two_by_two *table = RWE_NEW(of->run->arena, struct rwe_two_by_two, cohort->n_strata);
    if (table == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < cohort->n; i++) {
        if (of->shares.counted != NULL && !of->shares.counted[i])
            continue;
        struct rwe_two_by_two *stratum = &table[cohort->stratum[i]];
        *(cohort->arm[i] == 1 ? &stratum->n1 : &stratum->n2) += 1;
        *(cohort->arm[i] == 1 ? &stratum->x1 : &stratum->x2) += of->event[i];
    }
    enum rwe_status status = rwe_mantel_haenszel(table, cohort->n_strata, &usual, &result, error);
    rwe_arena_release(of->run->arena, mark);
    *p_value = status == RWE_OK ? result.p_value : NAN;
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

static enum rwe_status compare(const struct responses *of, struct rwe_inference *difference,
                               struct rwe_error *error)
{
    *difference = rwe_shares_difference(of->share);
    if (of->run->replicate > 0)
        return RWE_OK;
    enum rwe_status status =
        rwe_shares_compare(&of->shares, of->event, of->share, difference, error);
    if (status == RWE_OK && by_strata(&of->shares))
        status = stratified_p(of, &difference->p_value, error);
    return status;
}

/* ---- a kind of response ---- */

static void put_arm(const struct responses *of, struct rwe_key key, size_t arm)
{
    const struct rwe_share *share = &of->share[arm];
    struct rwe_inference own = of->of_arm[arm];
    own.value *= 100;
    own.std_error *= 100;
    own.conf_low *= 100;
    own.conf_high *= 100;
    key = rwe_key_arm(key, of->run->cohort, arm);
    struct rwe_inference percent =
        rwe_run_estimate(of->run, &key, "percent", RWE_ESTIMATE_PLAIN, &own);
    rwe_grid_put(of->grid, &key, (double)share->n);
    if (of->design->weight != NULL)
        rwe_document_number(of->run->document, &key, "n.weighted", share->weighted);
    rwe_grid_put(of->grid, &key, percent.value, percent.conf_low, percent.conf_high);
}

static enum rwe_status put_difference(const struct responses *of, const struct rwe_key *key,
                                      struct rwe_error *error)
{
    struct rwe_inference own;
    enum rwe_status status = compare(of, &own, error);
    if (status != RWE_OK)
        return status;
    struct rwe_inference difference =
        rwe_run_estimate(of->run, key, "difference", RWE_ESTIMATE_PLAIN, &own);
    rwe_grid_put(of->grid, key, difference.value, difference.conf_low, difference.conf_high);
    rwe_grid_put(of->grid, key, difference.p_value);
    return RWE_OK;
}

/* A count by arm, without a percentage. */
static void put_counts(const struct responses *of, const struct rwe_key *key, bool of_denominator)
{
    for (size_t a = 0; a < of->run->cohort->n_arms; a++) {
        const struct rwe_share *share = &of->share[a];
        struct rwe_key arm = rwe_key_arm(*key, of->run->cohort, a);
        rwe_grid_put(of->grid, &arm, (double)(of_denominator ? share->of : share->n));
        rwe_grid_empty(of->grid);
    }
}

static enum rwe_status infer(const struct responses *of, struct rwe_error *error)
{
    if (of->run->replicate == 0)
        return rwe_shares_infer(&of->shares, of->event, of->share, of->of_arm, error);
    for (size_t a = 0; a < of->run->cohort->n_arms; a++)
        of->of_arm[a].value = rwe_share_estimate(&of->share[a]);
    return RWE_OK;
}

static enum rwe_status run_kind(const struct responses *of, const struct kind *kind,
                                struct rwe_error *error)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    struct rwe_key key = key_of(of);
    if (!is_shown(of, kind))
        return RWE_OK;
    key.term = kind->term;
    rwe_grid_row(of->grid, kind->indent, "%s", rwe_text(kind->label));
    mark_events(of, kind);
    if (of->shares.counted != NULL && (kind->responses & EVALUABLE) == 0) {
        /* who is not in the denominator is counted all the same */
        const struct rwe_shares everybody = {.run = of->run, .design = of->design};
        rwe_shares_count(&everybody, of->event, of->share);
        put_counts(of, &key, false);
        return RWE_OK;
    }
    rwe_shares_count(&of->shares, of->event, of->share);
    enum rwe_status status = infer(of, error);
    if (status != RWE_OK)
        return status;
    for (size_t a = 0; a < cohort->n_arms; a++)
        put_arm(of, key, a);
    return kind->is_compared && cohort->n_arms == 2 ? put_difference(of, &key, error) : RWE_OK;
}

/* ---- a population ---- */

static void start_table(struct responses *of)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    const char *level = rwe_conf_level_text(of->run);
    of->grid = rwe_document_table(of->run->document, "Response (%s): %s", of->source->words,
                                  of->design->label);
    rwe_grid_column(of->grid, "response");
    for (size_t a = 0; a < cohort->n_arms; a++) {
        rwe_grid_fact_column(of->grid, RWE_CELL_COUNT, "n", "%s\nn", cohort->arm_level[a]);
        rwe_grid_fact_column(of->grid, RWE_CELL_PERCENT_LIMITS, "percent conf.low conf.high",
                             "%s\n%% (%s CI)", cohort->arm_level[a], level);
    }
    if (cohort->n_arms != 2)
        return;
    rwe_grid_fact_column(of->grid, RWE_CELL_SURVIVAL_LIMITS, "difference conf.low conf.high",
                         "difference\n(%s CI)", level);
    rwe_grid_fact_column(of->grid, RWE_CELL_P_VALUE, "p.value", "p");
}

/* The denominators. */
static void put_sizes(const struct responses *of)
{
    const struct rwe_key key = key_of(of);
    memset(of->event, 0, of->run->cohort->n);
    rwe_shares_count(&of->shares, of->event, of->share);
    rwe_grid_row(of->grid, 0, "%s",
                 evaluable_only(of->run) ? rwe_text("evaluable") : rwe_text("subjects"));
    put_counts(of, &key, true);
}

static void end_table(const struct responses *of)
{
    const struct rwe_run *run = of->run;
    rwe_response_note_rule(run, of->source, of->grid);
    if (evaluable_only(run))
        rwe_grid_note(of->grid,
                      "Of those with an evaluable response (--response-evaluable); the others are "
                      "counted only.");
    else
        rwe_grid_note(of->grid,
                      "Of all subjects: who is not evaluable (NE) or has no response in the file "
                      "counts as a non-responder.");
    if (is_shown(of, &(struct kind){.responses = SET(NON)}))
        rwe_grid_note(of->grid, "DCR has NON-CR/NON-PD too.");
    if (of->design->weight != NULL)
        rwe_grid_note(of->grid,
                      "Counts are of subjects; percentages and differences are weighted.");
    rwe_grid_note(of->grid, "Percentages with %s.", rwe_shares_limits_words(&of->shares));
    if (run->cohort->n_arms == 2) {
        rwe_grid_note(of->grid, "Differences, treated − control, with %s.",
                      rwe_shares_difference_words(&of->shares));
        if (by_strata(&of->shares))
            rwe_grid_note(of->grid, "p: Cochran–Mantel–Haenszel test in strata of %s.",
                          run->cohort->strata_name);
        else
            rwe_grid_note(of->grid, "p: %s.", rwe_shares_test_words(&of->shares));
    }
    rwe_bootstrap_note(run, of->grid);
}

/* Each arm's percentages with their limits, and the differences in words. */
static void add_figure(const struct responses *of)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    const char *model = of->source->model;
    const char *name =
        rwe_arena_format(of->run->arena, "response-%s%s%s", model == NULL ? "" : model,
                         model == NULL ? "" : "-", of->design->name);
    struct rwe_figure *figure =
        rwe_document_figure(of->run->document, RWE_FIGURE_FOREST, name == NULL ? "" : name,
                            "Response by arm (%s): %s", of->source->words, of->design->label);
    rwe_figure_set_grid(figure, of->grid);
    for (size_t a = 0; a < cohort->n_arms; a++)
        rwe_figure_column(figure, RWE_COLUMN_POINT, 2 + 2 * a, a, cohort->arm_level[a]);
    if (cohort->n_arms == 2)
        rwe_figure_column(figure, RWE_COLUMN_TEXT, 5, 0, NULL);
    rwe_figure_x_axis(figure,
                      &(struct rwe_axis){.label = rwe_text("Patients (%)"), .from = 0, .to = 100});
    rwe_figure_describe(figure,
                        "For each kind of response the percentage of patients in each arm, a "
                        "symbol, with its %s limits, a line.",
                        rwe_conf_level_text(of->run));
}

static enum rwe_status run_design(struct rwe_run *run, const struct rwe_design *design,
                                  const struct rwe_response_source *source, struct rwe_error *error)
{
    const uint8_t *counted;
    enum rwe_status status = choose_counted(run, source, &counted, error);
    if (status != RWE_OK)
        return status;
    struct responses of = {
        .run = run,
        .design = design,
        .source = source,
        .shares = {.run = run, .design = design, .counted = counted},
        .event = RWE_NEW(run->arena, uint8_t, run->cohort->n),
        .share = RWE_NEW(run->arena, struct rwe_share, run->cohort->n_arms),
        .of_arm = RWE_NEW(run->arena, struct rwe_inference, run->cohort->n_arms),
    };
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    if (run->replicate == 0)
        status = rwe_shares_start(run, design, counted, &of.shares, error);
    if (status != RWE_OK)
        return status;
    start_table(&of);
    put_sizes(&of);
    for (size_t k = 0; k < N_KINDS && status == RWE_OK; k++)
        status = run_kind(&of, &kinds[k], error);
    if (status != RWE_OK || run->document == NULL)
        return status;
    end_table(&of);
    add_figure(&of);
    return RWE_OK;
}

/* ---- the whole ---- */

/* What is told of responders alone. */
static enum rwe_status describe(struct rwe_run *run, const struct rwe_response_source source[],
                                size_t n_sources, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t s = 0; s < n_sources; s++)
        rwe_response_warn(run, &source[s]);
    if (source->model != NULL)
        status = rwe_response_times(run, source, n_sources, error);
    if (status == RWE_OK)
        status = rwe_response_duration(run, source, n_sources, error);
    return status;
}

static enum rwe_status run_response(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct rwe_mark whole = rwe_arena_mark(run->arena);
    struct rwe_response_source source[RWE_MOST_RESPONSE_SOURCES];
    size_t n_sources;
    enum rwe_status status = rwe_response_sources(run, source, &n_sources, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Response");
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
        for (size_t s = 0; s < n_sources && status == RWE_OK; s++) {
            struct rwe_mark mark = rwe_arena_mark(run->arena);
            status = run_design(run, &run->design[d], &source[s], error);
            rwe_arena_release(run->arena, mark);
        }
    if (status == RWE_OK && run->document != NULL)
        status = describe(run, source, n_sources, error);
    bool is_assessed = source->model != NULL;
    rwe_arena_release(run->arena, whole);
    if (status == RWE_OK && run->document != NULL && is_assessed)
        status = rwe_response_waterfall(run, error);
    return status;
}

const struct rwe_analysis rwe_analysis_response = {
    .name = "response",
    .section = RWE_SECTION_RESPONSE,
    .method = N_("response rates"),
    .compares_arms = true,
    .help = N_("Response rates (ORR, DCR) and best response by arm, with exact limits and the "
               "difference of the arms. Needs --response-column, or --assess."),
    .options = &rwe_response_options,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_response,
};
