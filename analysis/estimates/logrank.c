/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of equal survival: the log-rank family as such, within declared strata, within matched
 * pairs, and with the robust variance that weights and clusters need. See logrank.md. */
#include "rwe/stats/logrank.h"
#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/stats/maxcombo.h"
#include "rwe/stats/multiplicity.h"
#include "rwe/stats/permutation.h"

#include <math.h>
#include <string.h>

struct settings {
    struct rwe_strings tests;
    bool pairwise;
    uint64_t permutations; /* 0: none */
};

static const struct rwe_option options[] = {
    {.name = "tests",
     RWE_LIST_IN(struct settings, tests),
     .section = RWE_SECTION_MODELS,
     .argument = "TEST,…",
     .fallback = "logrank",
     .help =
         N_("Tests of equal survival: logrank (default), gehan, tarone-ware, peto, fh(RHO,GAMMA), "
            "trend (ordered arms), maxcombo (two arms).")},
    {.name = "pairwise",
     RWE_FLAG_IN(struct settings, pairwise),
     .section = RWE_SECTION_MODELS,
     .help = N_("With three arms and more, also log-rank tests of every two, with Holm's and "
                "Benjamini and Hochberg's p-values.")},
    {.name = "permutations",
     RWE_INTEGER_IN(struct settings, permutations),
     .section = RWE_SECTION_MODELS,
     .argument = "B",
     .low = 1,
     .high = 1e7,
     .help = N_("Also permutation p-values of these tests, from B random permutations drawn with "
                "--seed.")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct settings, options);

static const struct settings *settings_of(const struct rwe_run *run)
{
    return rwe_settings_of(run->settings, &option_list);
}

/* ---- which tests: --tests ---- */

enum asked_kind { ASKED_FAMILY, ASKED_TREND, ASKED_MAXCOMBO };

/* A test that was asked for. */
struct asked_test {
    enum asked_kind kind;
    struct rwe_logrank_weight weight; /* of a test of the family */
    const char *term;                 /* in facts: "logrank", "fh(0,1)", "trend", … */
    const char *label;                /* for readers, looked up where it is shown */
};

struct asked_tests {
    const struct asked_test *item;
    size_t n;
};

static const struct asked_test named[] = {
    {.term = "logrank", .label = N_("log-rank")},
    {.weight = {.family = RWE_LOGRANK_GEHAN}, .term = "gehan", .label = N_("Gehan–Breslow")},
    {.weight = {.family = RWE_LOGRANK_TARONE_WARE},
     .term = "tarone-ware",
     .label = N_("Tarone–Ware")},
    {.weight = {.family = RWE_LOGRANK_PETO}, .term = "peto", .label = N_("Peto–Peto")},
    {.kind = ASKED_TREND, .term = "trend", .label = N_("log-rank for trend")},
    {.kind = ASKED_MAXCOMBO, .term = "maxcombo", .label = N_("MaxCombo")},
};
enum { N_NAMED = sizeof named / sizeof named[0] };

/* "fh(RHO,GAMMA)", two numbers from 0 up. */
static bool read_fleming_harrington(const char *text, struct rwe_arena *arena,
                                    struct asked_test *test)
{
    size_t length = strlen(text);
    if (strncmp(text, "fh(", 3) != 0 || text[length - 1] != ')')
        return false;
    char *inside = rwe_arena_substring(arena, text + 3, length - 4);
    struct rwe_strings numbers =
        inside == NULL ? (struct rwe_strings){0} : rwe_text_split(arena, inside, ',');
    double value[2];
    if (numbers.n != 2)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (!rwe_number_parse(numbers.item[i], strlen(numbers.item[i]), &value[i]) ||
            !isfinite(value[i]) || value[i] < 0)
            return false;
    *test = (struct asked_test){
        .weight = {RWE_LOGRANK_FLEMING_HARRINGTON, value[0], value[1]},
        .term = rwe_arena_format(arena, "fh(%g,%g)", value[0], value[1]),
        .label =
            rwe_arena_format(arena, rwe_text("Fleming–Harrington (%g, %g)"), value[0], value[1]),
    };
    return true;
}

static enum rwe_status read_test(const char *text, struct rwe_arena *arena, struct asked_test *test,
                                 struct rwe_error *error)
{
    const char *names[N_NAMED];
    for (size_t i = 0; i < N_NAMED; i++) {
        names[i] = named[i].term;
        *test = named[i];
        if (strcmp(text, named[i].term) == 0)
            return RWE_OK;
    }
    if (read_fleming_harrington(text, arena, test))
        return RWE_OK;
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    const char *nearest = rwe_text_nearest(text, names, N_NAMED);
    if (nearest != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--tests: there is no test '%s'. Did you mean '%s'?", text, nearest);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--tests: there is no test '%s'. There are logrank, gehan, tarone-ware, peto, "
                    "fh(RHO,GAMMA) with numbers from 0 up, trend and maxcombo.",
                    text);
}

static enum rwe_status check_arms(const struct rwe_run *run, const struct asked_test *test,
                                  struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms;
    if (test->kind == ASKED_MAXCOMBO && n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--tests maxcombo compares two arms; here there are %zu. Name two with "
                        "--control and --treated.",
                        n_arms);
    if (test->kind == ASKED_TREND && n_arms < 3)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--tests trend needs three arms and more; with two it is the log-rank "
                        "test itself.");
    return RWE_OK;
}

static enum rwe_status read_tests(const struct rwe_run *run, struct asked_tests *tests,
                                  struct rwe_error *error)
{
    struct rwe_strings list = settings_of(run)->tests;
    struct asked_test *item = RWE_NEW(run->arena, struct asked_test, list.n);
    enum rwe_status status = item == NULL ? rwe_fail_memory(error) : RWE_OK;
    *tests = (struct asked_tests){.item = item};
    for (size_t i = 0; i < list.n && status == RWE_OK; i++) {
        const char *text = list.item[i];
        /* A list is cut at commas, also at that of "fh(0,1)". */
        if (strchr(text, '(') != NULL && strchr(text, ')') == NULL && i + 1 < list.n)
            text = rwe_arena_format(run->arena, "%s,%s", text, list.item[++i]);
        struct asked_test *test = &item[tests->n];
        status = text == NULL ? rwe_fail_memory(error) : read_test(text, run->arena, test, error);
        if (status == RWE_OK)
            status = check_arms(run, test, error);
        bool again = false;
        for (size_t k = 0; status == RWE_OK && k < tests->n; k++)
            again = again || strcmp(item[k].term, test->term) == 0;
        tests->n += !again; /* asked for twice, told once */
    }
    return status;
}

/* ---- in which ways each is done ---- */

/* One way to test: from which strata, with which variance, under which name in facts. */
struct variant {
    enum rwe_design_strata strata;
    bool robust;
    const char *model; /* key of the fact; NULL for the plain test */
    const char *label; /* of a test: a template of the test's own */
};

static const struct variant variants[] = {
    {RWE_STRATA_NONE, false, NULL, "%s"},
    {RWE_STRATA_NONE, true, "robust", N_("%s, robust")},
    {RWE_STRATA_DECLARED, false, "stratified", N_("%s, stratified")},
    {RWE_STRATA_SETS, false, "pair-stratified", N_("%s within pairs")},
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

/* "log-rank, robust". */
static const char *label_of(const struct setting *setting, const struct asked_test *test)
{
    bool in_sets = setting->variant->strata == RWE_STRATA_SETS && !setting->design->paired;
    const char *label = rwe_arena_format(
        setting->run->arena, rwe_text(in_sets ? N_("%s within sets") : setting->variant->label),
        rwe_text(test->label));
    return label == NULL ? "" : label;
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
        .n_replicates = settings_of(setting->run)->permutations,
        .seed = rwe_statistics_of(setting->run->settings)->seed,
        .threads = setting->run->threads,
        .progress = setting->run->progress,
        .task = rwe_message("permutations"),
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
    struct rwe_grid *grid = setting->grid;
    const struct rwe_inference own = {.value = statistic,
                                      .std_error = NAN,
                                      .df = df,
                                      .conf_low = NAN,
                                      .conf_high = NAN,
                                      .p_value = p_value};
    struct rwe_inference of =
        rwe_run_estimate(setting->run, &setting->key, "statistic", RWE_ESTIMATE_STATISTIC, &own);
    rwe_grid_put(grid, &setting->key, of.value);
    if (isnan(of.df)) /* of MaxCombo */
        rwe_grid_empty(grid);
    else
        rwe_grid_put(grid, &setting->key, of.df);
    rwe_grid_put(grid, &setting->key, of.p_value);
}

/* Sums of weights mean nothing to a reader: the table shows events alone, facts have both. */
static void present_arms(const struct setting *setting, const struct asked_test *test,
                         const struct rwe_logrank *result)
{
    struct rwe_run *run = setting->run;
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(setting->key, run->cohort, a);
        if (test->weight.family == RWE_LOGRANK_PLAIN) {
            rwe_grid_put(setting->grid, &arm, result->observed[a], result->expected[a]);
            continue;
        }
        rwe_document_number(run->document, &arm, "observed", result->observed[a]);
        rwe_document_number(run->document, &arm, "expected", result->expected[a]);
        rwe_grid_empty(setting->grid);
    }
}

static void skip_arms(const struct setting *setting)
{
    for (size_t a = 0; a < setting->run->cohort->n_arms; a++)
        rwe_grid_empty(setting->grid);
}

static enum rwe_status run_family(const struct setting *setting, const struct asked_test *test,
                                  struct rwe_error *error)
{
    struct rwe_logrank result;
    enum rwe_status status = test_family(setting, test->weight, &result, error);
    double p_permutation = NAN;
    bool permuted = settings_of(setting->run)->permutations > 0;
    if (status == RWE_OK && permuted && permutable(setting))
        status = permute(setting, test->weight, &p_permutation, error);
    if (status != RWE_OK)
        return status;
    rwe_grid_row(setting->grid, 1, "%s", label_of(setting, test));
    present_arms(setting, test, &result);
    present_row(setting, result.statistic, result.df, result.p_value);
    if (permuted && permutable(setting))
        rwe_grid_put(setting->grid, &setting->key, p_permutation);
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

static enum rwe_status run_trend(const struct setting *setting, const struct asked_test *test,
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
    rwe_grid_row(setting->grid, 1, "%s", label_of(setting, test));
    skip_arms(setting);
    rwe_document_number(run->document, &setting->key, "z", trend.z);
    present_row(setting, trend.statistic, 1, trend.p_value);
    return RWE_OK;
}

static enum rwe_status run_maxcombo(const struct setting *setting, const struct asked_test *test,
                                    struct rwe_error *error)
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
    rwe_grid_row(setting->grid, 1, "%s: max |z|, by %s", label_of(setting, test),
                 terms[result.best]);
    skip_arms(setting);
    rwe_document_string(setting->run->document, &setting->key, "weight", terms[result.best]);
    present_row(setting, result.statistic, NAN, result.p_value);
    return RWE_OK;
}

static enum rwe_status run_test(struct setting *setting, const struct asked_test *test,
                                struct rwe_error *error)
{
    struct rwe_error reason = {0};
    struct rwe_mark mark = rwe_arena_mark(setting->run->arena);
    enum rwe_status status = RWE_OK;
    setting->key.term = test->term;
    switch (test->kind) {
    case ASKED_FAMILY:
        status = run_family(setting, test, &reason);
        break;
    case ASKED_TREND:
        status = run_trend(setting, test, &reason);
        break;
    case ASKED_MAXCOMBO:
        status = run_maxcombo(setting, test, &reason);
        break;
    }
    rwe_arena_release(setting->run->arena, mark);
    if (status == RWE_NOT_ESTIMABLE) {
        rwe_document_number(setting->run->document, &setting->key, "p.value", NAN);
        rwe_document_warning(setting->run->document, "not-estimable", "logrank", "%s, %s, %s: %s",
                             setting->key.endpoint, setting->key.population,
                             label_of(setting, test), reason.message);
        return RWE_OK;
    }
    if (status != RWE_OK)
        *error = reason;
    return status;
}

static enum rwe_status run_variant(struct setting *setting, const struct rwe_endpoint *endpoint,
                                   struct asked_tests tests, struct rwe_error *error)
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
                                      const struct rwe_design *design, struct asked_tests tests,
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
        rwe_grid_fact_column(grid, RWE_CELL_OBSERVED_EXPECTED, "observed expected",
                             "%s\nobserved (expected)", run->cohort->arm_level[a]);
    rwe_grid_fact_column(grid, RWE_CELL_STATISTIC, "statistic", "χ²");
    rwe_grid_fact_column(grid, RWE_CELL_COUNT, "df", "df");
    rwe_grid_fact_column(grid, RWE_CELL_P_VALUE, "p.value", "p");
    if (settings_of(run)->permutations > 0)
        rwe_grid_fact_column(grid, RWE_CELL_P_VALUE, "p.permutation", "p by\npermutation");
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
    rwe_note_variances(run, grid, "logrank", rwe_text("Robust tests"), NULL);
    if (matched)
        rwe_grid_note(grid, "Within pairs or sets: each is a stratum, so that its members are "
                            "compared with each other only.");
    if (settings_of(run)->permutations > 0)
        rwe_grid_note(grid,
                      "By permutation: arms are exchanged at random %llu times, within pairs or "
                      "strata where there are any.",
                      (unsigned long long)settings_of(run)->permutations);
    if (settings_of(run)->permutations > 0 && cohort->cluster != NULL)
        rwe_grid_note(grid, "Not by permutation: clusters other than pairs, and weights, since "
                            "patients' arms are not exchangeable one by one then.");
}

/* ---- every two arms, with p-values adjusted for their number ---- */

static const struct rwe_table_column pair_columns[] = {
    {.heading = N_("endpoint and arms")},
    {N_("χ²"), RWE_CELL_STATISTIC, "statistic"},
    {N_("p"), RWE_CELL_P_VALUE, "p.value"},
    {N_("p, Holm"), RWE_CELL_P_VALUE, "p.holm"},
    {N_("p, Benjamini–\nHochberg"), RWE_CELL_P_VALUE, "p.bh"},
};

struct pair {
    size_t a, b; /* arms, a < b */
    double statistic, p, holm, bh;
};

/* The rows of two arms, which become groups 0 and 1. */
static enum rwe_status two_arms(const struct rwe_survival_data *all, const struct pair *pair,
                                struct rwe_arena *arena, struct rwe_survival_data *two,
                                struct rwe_error *error)
{
    size_t n = all->n, k = 0;
    double *time = RWE_NEW(arena, double, n);
    double *entry = all->entry == NULL ? NULL : RWE_NEW(arena, double, n);
    double *weight = all->weight == NULL ? NULL : RWE_NEW(arena, double, n);
    uint8_t *event = RWE_NEW(arena, uint8_t, n);
    uint32_t *group = RWE_NEW(arena, uint32_t, n);
    uint32_t *stratum = all->stratum == NULL ? NULL : RWE_NEW(arena, uint32_t, n);
    uint32_t *cluster = all->cluster == NULL ? NULL : RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < n; i++) {
        if (all->group[i] != pair->a && all->group[i] != pair->b)
            continue;
        time[k] = all->time[i];
        event[k] = all->event[i];
        group[k] = all->group[i] == pair->b;
        if (entry != NULL)
            entry[k] = all->entry[i];
        if (weight != NULL)
            weight[k] = all->weight[i];
        if (stratum != NULL)
            stratum[k] = all->stratum[i];
        if (cluster != NULL)
            cluster[k] = all->cluster[i];
        k++;
    }
    *two = *all;
    two->n = k;
    two->n_groups = 2;
    two->time = time;
    two->entry = entry;
    two->weight = weight;
    two->event = event;
    two->group = group;
    two->stratum = stratum;
    two->cluster = cluster;
    return RWE_OK;
}

static enum rwe_status test_pair(const struct rwe_survival_data *all, struct rwe_arena *arena,
                                 struct pair *pair, struct rwe_error *error)
{
    struct rwe_mark mark = rwe_arena_mark(arena);
    struct rwe_survival_data two;
    struct rwe_event_table table;
    struct rwe_logrank result = {.statistic = NAN, .p_value = NAN};
    enum rwe_status status = two_arms(all, pair, arena, &two, error);
    if (status == RWE_OK)
        status = rwe_event_table_build(&two, arena, &table, error);
    if (status == RWE_OK) {
        bool robust = two.weight != NULL || two.cluster != NULL;
        struct rwe_logrank_weight plain = {0};
        status = robust ? rwe_logrank_robust(&two, &table, plain, arena, &result, error)
                        : rwe_logrank_test(&table, arena, &result, error);
    }
    pair->statistic = result.statistic;
    pair->p = result.p_value;
    rwe_arena_release(arena, mark);
    return status == RWE_NOT_ESTIMABLE ? RWE_OK : status;
}

static enum rwe_status test_pairs(struct rwe_run *run, const struct rwe_survival_data *data,
                                  struct pair pairs[], size_t n_pairs, struct rwe_error *error)
{
    double *p = RWE_NEW(run->arena, double, 3 * n_pairs);
    enum rwe_status status = p == NULL ? rwe_fail_memory(error) : RWE_OK;
    size_t n = 0;
    for (size_t a = 0; a < data->n_groups; a++)
        for (size_t b = a + 1; b < data->n_groups && status == RWE_OK; b++, n++) {
            pairs[n] = (struct pair){.a = a, .b = b};
            status = test_pair(data, run->arena, &pairs[n], error);
            p[n] = pairs[n].p;
        }
    if (status == RWE_OK)
        status = rwe_p_adjust_holm(p, n, run->arena, p + n_pairs, error);
    if (status == RWE_OK)
        status = rwe_p_adjust_bh(p, n, run->arena, p + 2 * n_pairs, error);
    for (size_t i = 0; i < n && status == RWE_OK; i++) {
        pairs[i].holm = p[n_pairs + i];
        pairs[i].bh = p[2 * n_pairs + i];
    }
    return status;
}

static enum rwe_status present_pair(struct rwe_run *run, struct rwe_grid *grid, struct rwe_key key,
                                    const struct pair *pair, struct rwe_error *error)
{
    const char *const *arm = run->cohort->arm_level;
    key.level = rwe_arena_format(run->arena, "%s vs %s", arm[pair->b], arm[pair->a]);
    if (key.level == NULL)
        return rwe_fail_memory(error);
    const struct rwe_inference own = {.value = pair->statistic,
                                      .std_error = NAN,
                                      .df = 1,
                                      .conf_low = NAN,
                                      .conf_high = NAN,
                                      .p_value = pair->p};
    struct rwe_inference of =
        rwe_run_estimate(run, &key, "statistic", RWE_ESTIMATE_STATISTIC, &own);
    rwe_grid_row(grid, 1, "%s vs %s", arm[pair->b], arm[pair->a]);
    rwe_grid_put(grid, &key, of.value);
    rwe_grid_put(grid, &key, of.p_value);
    rwe_grid_put(grid, &key, pair->holm);
    rwe_grid_put(grid, &key, pair->bh);
    return RWE_OK;
}

static enum rwe_status run_pairs(struct rwe_run *run, struct rwe_grid *grid,
                                 const struct rwe_endpoint *endpoint,
                                 const struct rwe_design *design, enum rwe_design_strata strata,
                                 struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms, n_pairs = n_arms * (n_arms - 1) / 2;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct pair *pairs = RWE_NEW(run->arena, struct pair, n_pairs);
    struct rwe_survival_data data;
    if (pairs == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_design_survival(run->cohort, design, endpoint,
                                                 (struct rwe_design_view){strata, RWE_EVENTS_OWN},
                                                 run->arena, &data, error);
    if (status == RWE_OK)
        status = test_pairs(run, &data, pairs, n_pairs, error);
    if (status != RWE_OK)
        return status;
    bool robust = data.weight != NULL || data.cluster != NULL;
    bool stratified = strata == RWE_STRATA_DECLARED;
    struct rwe_key key = rwe_key_in("logrank", endpoint, design);
    key.term = "logrank";
    key.model = stratified && robust ? "stratified-robust"
                : stratified         ? "stratified"
                : robust             ? "robust"
                                     : NULL;
    rwe_grid_row(grid, 0,
                 stratified && robust ? N_("%s, %s, stratified, robust")
                 : stratified         ? N_("%s, %s, stratified")
                 : robust             ? N_("%s, %s, robust")
                                      : N_("%s, %s"),
                 endpoint->name, design->label);
    for (size_t i = 0; i < n_pairs && status == RWE_OK; i++)
        status = present_pair(run, grid, key, &pairs[i], error);
    rwe_arena_release(run->arena, mark);
    return status;
}

static enum rwe_status run_pairwise(struct rwe_run *run, struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    enum rwe_status status = RWE_OK;
    struct rwe_grid *grid = rwe_document_table(run->document, "Log-rank tests of every two arms");
    RWE_GRID_COLUMNS(grid, pair_columns);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++) {
            const struct rwe_endpoint *endpoint = &cohort->endpoint[e];
            status = run_pairs(run, grid, endpoint, &run->design[d], RWE_STRATA_NONE, error);
            if (status == RWE_OK && cohort->stratum != NULL)
                status =
                    run_pairs(run, grid, endpoint, &run->design[d], RWE_STRATA_DECLARED, error);
        }
    rwe_grid_note(grid,
                  "Each test uses the patients of its two arms only. Holm holds the chance of "
                  "any false difference, Benjamini–Hochberg the share of false ones among "
                  "those found.");
    return status;
}

/* ---- the analysis ---- */

static enum rwe_status run_logrank(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    const struct rwe_cohort *cohort = run->cohort;
    struct asked_tests tests;
    enum rwe_status status = rwe_need_endpoint(run, "logrank", error);
    if (status == RWE_OK)
        status = read_tests(run, &tests, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Log-rank test");
    struct rwe_grid *grid = start_table(run);
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t d = 0; d < run->n_designs && status == RWE_OK; d++)
            status = run_population(run, grid, &cohort->endpoint[e], &run->design[d], tests, error);
    add_notes(run, grid);
    if (status == RWE_OK && cohort->n_arms > 2 && settings_of(run)->pairwise)
        status = run_pairwise(run, error);
    return status;
}

const struct rwe_analysis rwe_analysis_logrank = {
    .name = "logrank",
    .section = RWE_SECTION_MODELS,
    .method = N_("log-rank tests"),
    .compares_arms = true,
    .help =
        N_("Log-rank test of the arms, or others by --tests; with --strata also stratified, after "
           "matching also robust and within pairs."),
    .options = &option_list,
    .lists = RWE_LISTS_OF_DATA,
    .run = run_logrank,
};
