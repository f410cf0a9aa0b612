/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of equal survival: the log-rank family as such, within declared strata, within matched
 * pairs, and with the robust variance that weights and clusters need. See logrank.md. */
#include "rwe/stats/logrank.h"
#include "logrank_private.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/stats/maxcombo.h"
#include "rwe/stats/permutation.h"

#include <math.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "tests",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_METHOD,
     .argument = "TEST,…",
     .fallback = "logrank",
     .help = "Tests of equal survival: logrank (default), gehan, tarone-ware, peto, fh(RHO,GAMMA), "
             "trend (ordered arms), maxcombo (two arms)."},
    {.name = "pairwise",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "With three arms and more, also log-rank tests of every two, with Holm's and "
             "Benjamini and Hochberg's p-values."},
    {.name = "permutations",
     .kind = RWE_OPTION_INTEGER,
     .section = RWE_SECTION_METHOD,
     .argument = "B",
     .low = 1,
     .high = 1e7,
     .help = "Also permutation p-values of these tests, from B random permutations drawn with "
             "--seed."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* One way to test: from which strata, with which variance, under which name in facts. */
struct variant {
    enum rwe_design_strata strata;
    bool robust;
    const char *model;  /* key of the fact; NULL for the plain test */
    const char *suffix; /* of the test's label */
};

static const struct variant variants[] = {
    {RWE_STRATA_NONE, false, NULL, ""},
    {RWE_STRATA_NONE, true, "robust", ", robust"},
    {RWE_STRATA_DECLARED, false, "stratified", ", stratified"},
    {RWE_STRATA_SETS, false, "pair-stratified", " within pairs"},
};

/* A variant on an endpoint in a population, and what its tests share. */
struct setting {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct variant *variant;
    const struct rwe_design *design;
    struct rwe_survival_data data;
    struct rwe_event_table table;
    struct rwe_key key;
};

/* Under sampling weights only the robust test holds; it is also the one for clusters, which are the
 * pairs of a matched population. */
static bool applies(const struct setting *setting)
{
    const struct rwe_survival_data *data = &setting->data;
    if (setting->variant->robust)
        return data->weight != NULL || data->cluster != NULL;
    if (data->weight != NULL)
        return false;
    switch (setting->variant->strata) {
    case RWE_STRATA_DECLARED:
        return setting->run->cohort->stratum != NULL;
    case RWE_STRATA_SETS:
        return setting->design->set != NULL; /* with replacement sets share their controls */
    case RWE_STRATA_NONE:
        break;
    }
    return true;
}

static const char *suffix_of(const struct setting *setting)
{
    bool in_sets = setting->variant->strata == RWE_STRATA_SETS;
    return in_sets && !setting->design->paired ? " within sets" : setting->variant->suffix;
}

static enum rwe_status test_family(const struct setting *setting, struct rwe_logrank_weight weight,
                                   struct rwe_logrank *result, struct rwe_error *error)
{
    struct rwe_arena *arena = setting->run->arena;
    return setting->variant->robust
               ? rwe_logrank_robust(&setting->data, &setting->table, weight, arena, result, error)
               : rwe_logrank_weighted(&setting->table, weight, arena, result, error);
}

/* ---- permutation ---- */

/* Arms are exchangeable within matched pairs, else within strata. Of other clusters and of weights
 * the data do not say what could be exchanged for what. */
static bool permutable(const struct setting *setting)
{
    const struct rwe_survival_data *data = &setting->data;
    return !setting->variant->robust && data->weight == NULL &&
           (data->cluster == NULL || rwe_design_is_matched(setting->design));
}

static enum rwe_status permute(const struct setting *setting, struct rwe_logrank_weight weight,
                               double *p_value, struct rwe_error *error)
{
    struct rwe_arena *arena = setting->run->arena;
    const struct rwe_survival_data *data = &setting->data;
    bool in_pairs = rwe_design_is_matched(setting->design);
    double *score = RWE_NEW(arena, double, data->n);
    if (score == NULL)
        return rwe_fail_memory(error);
    const struct rwe_permutation_data scores = {
        .n = data->n,
        .score = score,
        .group = data->group,
        .n_groups = data->n_groups,
        .block = in_pairs ? data->cluster : data->stratum,
        .n_blocks = in_pairs ? data->n_clusters : data->n_strata,
    };
    const struct rwe_permutation_options how = {
        .n_replicates = rwe_settings_integer(setting->run->settings, "permutations"),
        .seed = rwe_settings_integer(setting->run->settings, "seed"),
        .threads = setting->run->threads,
    };
    struct rwe_permutation result;
    enum rwe_status status = rwe_logrank_scores(data, &setting->table, weight, arena, score, error);
    if (status == RWE_OK)
        status = rwe_permutation_test(&scores, &how, arena, &result, error);
    *p_value = status == RWE_OK ? result.p_value : NAN;
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

/* ---- one row of the table ---- */

static void present_row(const struct setting *setting, double statistic, double df, double p_value)
{
    struct rwe_document *document = setting->run->document;
    struct rwe_grid *grid = setting->grid;
    rwe_fact of_statistic = rwe_document_number(document, &setting->key, "statistic", statistic);
    rwe_fact of_df =
        isnan(df) ? RWE_NO_FACT : rwe_document_number(document, &setting->key, "df", df);
    rwe_fact of_p = rwe_document_number(document, &setting->key, "p.value", p_value);
    rwe_grid_cell(grid, RWE_CELL_STATISTIC, of_statistic, RWE_NO_FACT, RWE_NO_FACT);
    if (of_df == RWE_NO_FACT)
        rwe_grid_empty(grid);
    else
        rwe_grid_cell(grid, RWE_CELL_COUNT, of_df, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_P_VALUE, of_p, RWE_NO_FACT, RWE_NO_FACT);
}

/* Sums of weights mean nothing to a reader: the table shows events alone, facts have both. */
static void present_arms(const struct setting *setting, const struct rwe_asked_test *test,
                         const struct rwe_logrank *result)
{
    struct rwe_run *run = setting->run;
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(setting->key, run->cohort, a);
        rwe_fact observed =
            rwe_document_number(run->document, &arm, "observed", result->observed[a]);
        rwe_fact expected =
            rwe_document_number(run->document, &arm, "expected", result->expected[a]);
        if (test->weight.family == RWE_LOGRANK_PLAIN)
            rwe_grid_cell(setting->grid, RWE_CELL_OBSERVED_EXPECTED, observed, expected,
                          RWE_NO_FACT);
        else
            rwe_grid_empty(setting->grid);
    }
}

static void skip_arms(const struct setting *setting)
{
    for (size_t a = 0; a < setting->run->cohort->n_arms; a++)
        rwe_grid_empty(setting->grid);
}

static enum rwe_status run_family(const struct setting *setting, const struct rwe_asked_test *test,
                                  struct rwe_error *error)
{
    struct rwe_logrank result;
    enum rwe_status status = test_family(setting, test->weight, &result, error);
    double p_permutation = NAN;
    bool permuted = rwe_settings_has(setting->run->settings, "permutations");
    if (status == RWE_OK && permuted && permutable(setting))
        status = permute(setting, test->weight, &p_permutation, error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(setting->grid, 1, "%s%s", test->label, suffix_of(setting));
    present_arms(setting, test, &result);
    present_row(setting, result.statistic, result.df, result.p_value);
    if (permuted && permutable(setting))
        rwe_grid_cell(setting->grid, RWE_CELL_P_VALUE,
                      rwe_document_number(setting->run->document, &setting->key, "p.permutation",
                                          p_permutation),
                      RWE_NO_FACT, RWE_NO_FACT);
    else if (permuted)
        rwe_grid_empty(setting->grid);
    return RWE_OK;
}

/* The arms' levels where all are numbers, else 0, 1, 2, … in the order of the arms. */
static void arm_scores(const struct rwe_cohort *cohort, double scores[])
{
    bool numbers = true;
    for (size_t a = 0; a < cohort->n_arms && numbers; a++)
        numbers = rwe_number_parse(cohort->arm_level[a], strlen(cohort->arm_level[a]), &scores[a]);
    for (size_t a = 0; a < cohort->n_arms && !numbers; a++)
        scores[a] = (double)a;
}

static enum rwe_status run_trend(const struct setting *setting, const struct rwe_asked_test *test,
                                 struct rwe_error *error)
{
    struct rwe_run *run = setting->run;
    struct rwe_logrank result;
    struct rwe_logrank_trend trend;
    double *scores = RWE_NEW(run->arena, double, run->cohort->n_arms);
    if (scores == NULL)
        return rwe_fail_memory(error);
    arm_scores(run->cohort, scores);
    enum rwe_status status = test_family(setting, test->weight, &result, error);
    if (status == RWE_OK)
        status = rwe_logrank_trend(&result, scores, &trend, error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(setting->grid, 1, "%s%s", test->label, suffix_of(setting));
    skip_arms(setting);
    rwe_document_number(run->document, &setting->key, "z", trend.z);
    present_row(setting, trend.statistic, 1, trend.p_value);
    return RWE_OK;
}

static enum rwe_status run_maxcombo(const struct setting *setting,
                                    const struct rwe_asked_test *test, struct rwe_error *error)
{
    static const char *const terms[] = {"fh(0,0)", "fh(1,0)", "fh(0,1)", "fh(1,1)"};
    struct rwe_maxcombo result;
    enum rwe_status status =
        setting->variant->robust
            ? rwe_maxcombo_robust(&setting->data, &setting->table, rwe_maxcombo_weights,
                                  RWE_MAXCOMBO_MOST, setting->run->arena, &result, error)
            : rwe_maxcombo_test(&setting->table, rwe_maxcombo_weights, RWE_MAXCOMBO_MOST, &result,
                                error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(setting->grid, 1, "%s%s: max |z|, by %s", test->label, suffix_of(setting),
                 terms[result.best]);
    skip_arms(setting);
    rwe_document_string(setting->run->document, &setting->key, "weight", terms[result.best]);
    present_row(setting, result.statistic, NAN, result.p_value);
    return RWE_OK;
}

static enum rwe_status run_test(struct setting *setting, const struct rwe_asked_test *test,
                                struct rwe_error *error)
{
    struct rwe_error reason = {0};
    struct rwe_mark mark = rwe_arena_mark(setting->run->arena);
    enum rwe_status status = RWE_OK;
    setting->key.term = test->term;
    switch (test->kind) {
    case RWE_ASKED_FAMILY:
        status = run_family(setting, test, &reason);
        break;
    case RWE_ASKED_TREND:
        status = run_trend(setting, test, &reason);
        break;
    case RWE_ASKED_MAXCOMBO:
        status = run_maxcombo(setting, test, &reason);
        break;
    }
    rwe_arena_release(setting->run->arena, mark);
    if (status == RWE_NOT_ESTIMABLE) {
        rwe_document_number(setting->run->document, &setting->key, "p.value", NAN);
        rwe_document_warning(setting->run->document, "not-estimable", "logrank", "%s, %s, %s%s: %s",
                             setting->key.endpoint, setting->key.population, test->label,
                             suffix_of(setting), reason.message);
        return RWE_OK;
    }
    if (status != RWE_OK)
        *error = reason;
    return status;
}

static enum rwe_status run_variant(struct setting *setting, const struct rwe_endpoint *endpoint,
                                   struct rwe_asked_tests tests, struct rwe_error *error)
{
    struct rwe_run *run = setting->run;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_design_view view = {setting->variant->strata, RWE_EVENTS_OWN};
    enum rwe_status status = rwe_design_survival(run->cohort, setting->design, endpoint, view,
                                                 run->arena, &setting->data, error);
    bool wanted = status == RWE_OK && applies(setting);
    if (setting->data.weight != NULL)
        setting->key.model = NULL; /* the only test there is, so the population's own */
    if (wanted)
        status = rwe_event_table_build(&setting->data, run->arena, &setting->table, error);
    for (size_t t = 0; wanted && t < tests.n && status == RWE_OK; t++)
        status = run_test(setting, &tests.item[t], error);
    rwe_arena_release(run->arena, mark);
    return status;
}

static enum rwe_status run_population(struct rwe_run *run, struct rwe_grid *grid,
                                      const struct rwe_endpoint *endpoint,
                                      const struct rwe_design *design, struct rwe_asked_tests tests,
                                      struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    rwe_grid_row(grid, 0, "%s, %s", endpoint->name, design->label);
    for (size_t v = 0; v < sizeof variants / sizeof variants[0] && status == RWE_OK; v++) {
        struct setting setting = {.run = run, .grid = grid, .design = design};
        setting.variant = &variants[v];
        setting.key = rwe_key_in("logrank", endpoint, design);
        setting.key.model = variants[v].model;
        status = run_variant(&setting, endpoint, tests, error);
    }
    return status;
}

static struct rwe_grid *start_table(struct rwe_run *run)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "Log-rank tests of equal survival");
    rwe_grid_column(grid, "endpoint and test");
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_column(grid, "%s\nobserved (expected)", run->cohort->arm_level[a]);
    rwe_grid_column(grid, "χ²");
    rwe_grid_column(grid, "df");
    rwe_grid_column(grid, "p");
    if (rwe_settings_has(run->settings, "permutations"))
        rwe_grid_column(grid, "p by\npermutation");
    return grid;
}

static void add_notes(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_cohort *cohort = run->cohort;
    bool competing = false, matched = false;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        competing = competing || cohort->endpoint[e].n_causes > 1;
    for (size_t d = 0; d < run->n_designs; d++)
        matched = matched || rwe_design_is_matched(&run->design[d]);
    if (competing)
        rwe_grid_note(grid, "Where events compete, competing ones censor: the hazards of the "
                            "endpoint's own cause are compared.");
    if (cohort->stratum != NULL)
        rwe_grid_note(grid, "Stratified by %s.", cohort->strata_name);
    rwe_note_variances(run, grid, "logrank", "Robust tests", NULL);
    if (matched)
        rwe_grid_note(grid, "Within pairs or sets: each is a stratum, so that its members are "
                            "compared with each other only.");
    if (rwe_settings_has(run->settings, "permutations"))
        rwe_grid_note(grid,
                      "By permutation: arms are exchanged at random %llu times, within pairs or "
                      "strata where there are any.",
                      (unsigned long long)rwe_settings_integer(run->settings, "permutations"));
    if (rwe_settings_has(run->settings, "permutations") && cohort->cluster != NULL)
        rwe_grid_note(grid, "Not by permutation: clusters other than pairs, and weights, since "
                            "patients' arms are not exchangeable one by one then.");
}

static enum rwe_status run_logrank(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_asked_tests tests;
    enum rwe_status status = rwe_need_endpoint(run, "logrank", error);
    if (status == RWE_OK)
        status = rwe_logrank_asked(run, &tests, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Log-rank test");
    struct rwe_grid *grid = start_table(run);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = run_population(run, grid, &cohort->endpoint[e], &run->design[d], tests, error);
    add_notes(run, grid);
    if (status == RWE_OK && cohort->n_arms > 2 && rwe_settings_flag(run->settings, "pairwise"))
        status = rwe_logrank_pairwise(run, error);
    return status;
}

const struct rwe_analysis rwe_analysis_logrank = {
    .name = "logrank",
    .method = N_("log-rank tests"),
    .compares_arms = true,
    .help = "Log-rank test of the arms, or others by --tests; with --strata also stratified, after "
            "matching also robust and within pairs.",
    .options = &option_list,
    .run = run_logrank,
};
