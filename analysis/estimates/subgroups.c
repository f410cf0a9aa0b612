/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arms' hazard ratio in subgroups, under each population's own design, and whether it differs
 * between them. See subgroups.md. */
#include "subgroups.h"
#include "cox_present.h"
#include "run/forest.h"
#include "rwe/base/language.h"

#include <math.h>
#include <string.h>

/* ---- one table: an endpoint in a population ---- */

struct table {
    struct rwe_subgroup_setting setting;
    struct rwe_grid *grid;
    size_t n_tests;           /* of interaction */
    bool suppressed;          /* a row says "too few" */
    bool firth;               /* a row is of Firth's fit */
    struct rwe_error overall; /* why there is no overall ratio: said once, not of every subgroup */
};

static void add_counts(struct table *table, const struct rwe_key *key,
                       const struct rwe_subgroup_counts *counts)
{
    struct rwe_run *run = table->setting.run;
    for (size_t a = 0; a < 2; a++) {
        struct rwe_key arm = rwe_key_arm(*key, run->cohort, a);
        rwe_fact n = rwe_document_number(run->document, &arm, "n", (double)counts->n[a]);
        rwe_fact events =
            rwe_document_number(run->document, &arm, "n.event", (double)counts->n_events[a]);
        if (table->setting.design->weight != NULL)
            rwe_document_number(run->document, &arm, "n.event.weighted",
                                counts->weighted_events[a]);
        rwe_grid_cell(table->grid, RWE_CELL_COUNT, events, RWE_NO_FACT, RWE_NO_FACT);
        rwe_grid_cell(table->grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    }
}

static const char *label_of(const struct rwe_subgroup_variable *variable, size_t level)
{
    return variable->name == NULL ? rwe_text("overall") : variable->level[level];
}

static void warn(const struct table *table, const struct rwe_subgroup_variable *variable,
                 const char *level, const struct rwe_error *failure)
{
    const struct rwe_subgroup_setting *setting = &table->setting;
    if (variable->name != NULL && strcmp(failure->message, table->overall.message) == 0)
        return;
    const char *code = failure->status == RWE_SEPARATED ? "monotone-likelihood" : "not-estimable";
    if (variable->name == NULL)
        rwe_document_warning(setting->run->document, code, "subgroups", "%s, %s, %s: %s",
                             setting->endpoint->name, setting->design->label, level,
                             failure->message);
    else
        rwe_document_warning(setting->run->document, code, "subgroups", "%s, %s, %s, %s: %s",
                             setting->endpoint->name, setting->design->label, variable->name, level,
                             failure->message);
}

static void warn_of_model(const struct table *table, const struct rwe_subgroup_variable *variable,
                          const char *level, const struct rwe_cox_model *model)
{
    struct rwe_error slow = {0};
    if (model->failure.status != RWE_OK) {
        warn(table, variable, level, &model->failure);
        return;
    }
    if (model->separation.status != RWE_OK)
        warn(table, variable, level, &model->separation);
    if (model->fit.converged)
        return;
    rwe_error_set(&slow, RWE_NOT_ESTIMABLE, RWE_NO_INDEX, "Newton's method did not converge");
    warn(table, variable, level, &slow);
}

/* A level that is large enough: its ratio. The term is the variable, in place of the arm. */
static enum rwe_status run_level(struct table *table, const struct rwe_key *key,
                                 const struct rwe_subgroup_variable *variable, size_t level,
                                 const struct rwe_subgroup_counts *counts, struct rwe_error *error)
{
    struct rwe_run *run = table->setting.run;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_cox_model model;
    enum rwe_status status = rwe_subgroup_fit(&table->setting, variable, level, &model, error);
    if (status != RWE_OK)
        return status;
    model.is_repeated = variable->name != NULL; /* the whole is a model of --cox */
    struct rwe_cox_term term = model.term[0];
    term.name = variable->name;
    model.term = &term;
    bool firth = model.separation.status != RWE_OK;
    rwe_grid_row(table->grid, variable->name != NULL, firth ? N_("%s (Firth)") : "%s",
                 label_of(variable, level));
    add_counts(table, key, counts);
    struct rwe_cox_shown shown = rwe_cox_term_facts(run, key, &model, 0);
    rwe_grid_cell(table->grid, RWE_CELL_RATIO_LIMITS, shown.ratio, shown.low, shown.high);
    rwe_grid_empty(table->grid);
    warn_of_model(table, variable, label_of(variable, level), &model);
    table->firth |= firth;
    if (variable->name == NULL)
        table->overall = model.failure;
    rwe_arena_release(run->arena, mark);
    return RWE_OK;
}

static void suppress_level(struct table *table, const struct rwe_key *key, const char *label,
                           const struct rwe_subgroup_counts *counts)
{
    rwe_grid_row(table->grid, key->term != NULL, "%s", label);
    add_counts(table, key, counts);
    rwe_document_number(table->setting.run->document, key, "hr", NAN);
    rwe_grid_words(table->grid, "too few");
    rwe_grid_empty(table->grid);
    table->suppressed = true;
}

/* Those whose level is not known: in the overall row, and in no subgroup. */
static void add_missing(struct table *table, const struct rwe_key *key,
                        const struct rwe_subgroup_counts *counts)
{
    struct rwe_run *run = table->setting.run;
    if (counts->n[0] + counts->n[1] == 0)
        return;
    rwe_grid_row(table->grid, 1, "missing");
    for (size_t a = 0; a < 2; a++) {
        struct rwe_key arm = rwe_key_arm(*key, run->cohort, a);
        rwe_fact n = rwe_document_number(run->document, &arm, "n.missing", (double)counts->n[a]);
        rwe_grid_empty(table->grid);
        rwe_grid_cell(table->grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    }
    rwe_grid_empty(table->grid);
    rwe_grid_empty(table->grid);
}

/* The row of a variable, with the test of all its subgroups. */
static enum rwe_status run_interaction(struct table *table, const struct rwe_key *key,
                                       const struct rwe_subgroup_variable *variable,
                                       const bool shown[], struct rwe_error *error)
{
    struct rwe_document *document = table->setting.run->document;
    struct rwe_subgroup_test test;
    enum rwe_status status =
        rwe_subgroup_interaction(&table->setting, variable, shown, &test, error);
    if (status != RWE_OK)
        return status;
    rwe_document_number(document, key, "interaction.statistic", test.statistic);
    rwe_document_number(document, key, "df", test.df);
    rwe_fact p = rwe_document_number(document, key, "interaction.p.value", test.p_value);
    rwe_grid_row(table->grid, 0, "%s", rwe_shown_name(table->setting.run, variable->name));
    for (size_t column = 0; column < 5; column++)
        rwe_grid_empty(table->grid);
    rwe_grid_cell(table->grid, RWE_CELL_P_VALUE, p, RWE_NO_FACT, RWE_NO_FACT);
    if (test.failure.status != RWE_OK)
        warn(table, variable, rwe_text("interaction"), &test.failure);
    table->n_tests += !isnan(test.p_value);
    return RWE_OK;
}

/* Which subgroups are large enough is found in the data; replicates have the same. */
static void find_shown(const struct rwe_subgroup_setting *setting,
                       const struct rwe_subgroup_variable *variable, const struct rwe_key *of,
                       const struct rwe_subgroup_counts *counts, bool shown[])
{
    struct rwe_key key = *of;
    for (size_t l = 0; l < variable->n_levels; l++) {
        key.level = variable->level[l];
        shown[l] = rwe_run_fixed(setting->run, &key, "shown",
                                 rwe_subgroup_is_shown(setting->run, &counts[l])) == 1;
    }
}

static enum rwe_status run_variable(struct table *table,
                                    const struct rwe_subgroup_variable *variable,
                                    struct rwe_error *error)
{
    const struct rwe_subgroup_setting *setting = &table->setting;
    struct rwe_key key = rwe_key_in("subgroups", setting->endpoint, setting->design);
    struct rwe_mark mark = rwe_arena_mark(setting->run->arena);
    const struct rwe_subgroup_counts *counts = rwe_subgroup_count(setting, variable);
    bool *shown = RWE_NEW(setting->run->arena, bool, variable->n_levels);
    if (counts == NULL || shown == NULL)
        return rwe_fail_memory(error);
    key.term = variable->name;
    find_shown(setting, variable, &key, counts, shown);
    enum rwe_status status = RWE_OK;
    if (variable->name != NULL)
        status = run_interaction(table, &key, variable, shown, error);
    for (size_t l = 0; l < variable->n_levels && status == RWE_OK; l++) {
        key.level = variable->level[l];
        if (shown[l])
            status = run_level(table, &key, variable, l, &counts[l], error);
        else
            suppress_level(table, &key, label_of(variable, l), &counts[l]);
    }
    key.level = NULL;
    add_missing(table, &key, &counts[variable->n_levels]);
    rwe_arena_release(setting->run->arena, mark);
    return status;
}

/* ---- the frame of the table ---- */

static struct rwe_grid *start_table(const struct rwe_subgroup_setting *setting)
{
    struct rwe_run *run = setting->run;
    const char *title = rwe_arena_format(run->arena, rwe_text("Subgroups: %s, %s"),
                                         setting->endpoint->name, setting->design->label);
    struct rwe_grid *grid = rwe_document_table(run->document, "%s", title == NULL ? "" : title);
    rwe_grid_column(grid, "subgroup");
    for (size_t a = 0; a < 2; a++) {
        rwe_grid_column(grid, "%s\nevents", run->cohort->arm_level[a]);
        rwe_grid_column(grid, "\nof");
    }
    rwe_grid_column(grid, "HR, %s against %s\n(%s CI)", run->cohort->arm_level[1],
                    run->cohort->arm_level[0], rwe_conf_level_text(run));
    rwe_grid_column(grid, "p of\ninteraction");
    return grid;
}

static const char classic[] = N_("from the likelihood");

static void note_method(const struct table *table)
{
    const struct rwe_subgroup_setting *setting = &table->setting;
    const struct rwe_run *run = setting->run;
    const char *robust = rwe_variance_words(run, setting->design, RWE_VARIANCE_OF_CONTRAST, NULL);
    const char *strata = run->cohort->stratum == NULL ? NULL : run->cohort->strata_name;
    const struct rwe_subgroup_least least = rwe_subgroup_least(run);
    const char *limits = robust == NULL ? rwe_text(classic) : robust;
    const char *test = robust == NULL ? rwe_text("likelihood-ratio") : rwe_text("Wald");
    if (strata == NULL)
        rwe_grid_note(table->grid,
                      "Cox's model of the arm within each subgroup; %s ties. Limits: %s. "
                      "Interaction: %s test of arm × subgroup.",
                      rwe_cox_ties_text(run), limits, test);
    else
        rwe_grid_note(table->grid,
                      "Cox's model of the arm within each subgroup; %s ties; stratified by %s. "
                      "Limits: %s. Interaction: %s test of arm × subgroup.",
                      rwe_cox_ties_text(run), strata, limits, test);
    if (setting->endpoint->n_causes > 1)
        rwe_grid_note(table->grid, "Competing events censor.");
    if (table->firth)
        rwe_grid_note(table->grid, "(Firth): an arm has no event there; penalised estimate and "
                                   "profile limits.");
    if (setting->design->weight != NULL)
        rwe_grid_note(table->grid, "Events and patients are counted without weights.");
    if (table->suppressed)
        rwe_grid_note(table->grid,
                      "Too few: fewer than %g patients or %g events, or than %d patients in an "
                      "arm. Neither estimated nor in the test of interaction.",
                      least.n, least.events, RWE_SUBGROUP_LEAST_ARM);
}

/* Which p-values chance alone brings belongs to what is told. */
static void note_multiplicity(const struct table *table)
{
    const struct rwe_subgroup_setting *setting = &table->setting;
    struct rwe_key key = rwe_key_in("subgroups", setting->endpoint, setting->design);
    double by_chance = 0.05 * (double)table->n_tests;
    rwe_document_number(setting->run->document, &key, "n.tests", (double)table->n_tests);
    rwe_document_number(setting->run->document, &key, "n.tests.by.chance", by_chance);
    rwe_grid_note(table->grid,
                  "Subgroups show whether the ratio is consistent; limits that hold 1 in one "
                  "subgroup and not in another are no difference between them.");
    if (table->n_tests > 0)
        rwe_grid_note(table->grid,
                      "Tests of interaction: %zu; were there no difference anywhere, %.2g of them "
                      "would have p < 0.05 by chance.",
                      table->n_tests, by_chance);
}

static const char *counts_heading(const struct rwe_run *run, size_t arm)
{
    return rwe_arena_format(run->arena, rwe_text("%s\nevents/n"), run->cohort->arm_level[arm]);
}

static void add_figure(const struct table *table)
{
    const struct rwe_run *run = table->setting.run;
    const char *endpoint = table->setting.endpoint->name;
    const struct rwe_design *design = table->setting.design;
    struct rwe_figure *figure = rwe_forest_add(
        run, table->grid,
        &(struct rwe_forest){
            .name = rwe_arena_format(run->arena, "forest-subgroups-%s-%s", endpoint, design->name),
            .title = rwe_arena_format(run->arena, rwe_text("Hazard ratio in subgroups: %s, %s"),
                                      endpoint, design->label),
            .ratio = 5,
            .counts = {{1, 2, counts_heading(run, 0)}, {3, 4, counts_heading(run, 1)}},
            .right = {6},
            .of_arms = true});
    rwe_figure_summary(figure, 0);
    rwe_figure_note(figure, "Diamond and dotted line: everybody.");
    if (table->suppressed)
        rwe_figure_note(figure,
                        "Too few: the note under the table says how many a subgroup needs.");
}

static enum rwe_status run_table(const struct rwe_subgroup_setting *setting,
                                 struct rwe_subgroup_variables variables, struct rwe_error *error)
{
    struct table table = {.setting = *setting, .grid = start_table(setting)};
    struct rwe_mark mark = rwe_arena_mark(setting->run->arena);
    struct rwe_subgroup_variable whole = rwe_subgroup_whole(setting->run);
    if (whole.code == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = run_variable(&table, &whole, error);
    for (size_t v = 0; v < variables.n && status == RWE_OK; v++)
        status = run_variable(&table, &variables.item[v], error);
    note_method(&table);
    note_multiplicity(&table);
    add_figure(&table);
    rwe_arena_release(setting->run->arena, mark);
    return status;
}

/* The variance of each population, once. */
static void add_variances(struct rwe_run *run)
{
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        struct rwe_key key = rwe_key_in("subgroups", NULL, &run->design[d]);
        rwe_document_string(
            run->document, &key, "variance",
            rwe_variance_words(run, &run->design[d], RWE_VARIANCE_OF_CONTRAST, classic));
    }
}

/* ---- in a replicate: the ratios alone ---- */

static enum rwe_status estimate_variable(const struct rwe_subgroup_setting *setting,
                                         const struct rwe_subgroup_variable *variable,
                                         struct rwe_error *error)
{
    struct rwe_key key = rwe_key_in("subgroups", setting->endpoint, setting->design);
    struct rwe_mark mark = rwe_arena_mark(setting->run->arena);
    const struct rwe_subgroup_counts *counts = rwe_subgroup_count(setting, variable);
    bool *shown = RWE_NEW(setting->run->arena, bool, variable->n_levels);
    if (counts == NULL || shown == NULL)
        return rwe_fail_memory(error);
    key.term = variable->name;
    find_shown(setting, variable, &key, counts, shown);
    for (size_t l = 0; l < variable->n_levels; l++) {
        struct rwe_cox_model model;
        if (!shown[l])
            continue;
        enum rwe_status status = rwe_subgroup_fit(setting, variable, l, &model, error);
        if (status != RWE_OK)
            return status;
        const struct rwe_inference of = {
            .value = model.failure.status == RWE_OK ? model.fit.estimate[0] : NAN};
        key.level = variable->level[l];
        rwe_run_estimate(setting->run, &key, "hr", RWE_ESTIMATE_LOG_RATIO, &of);
    }
    rwe_arena_release(setting->run->arena, mark);
    return RWE_OK;
}

static enum rwe_status run_replicate(struct rwe_run *run,
                                     const struct rwe_subgroup_variables *variables,
                                     struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
            for (size_t v = 0; status == RWE_OK && v < variables->n; v++)
                status =
                    estimate_variable(&(struct rwe_subgroup_setting){run, &run->cohort->endpoint[e],
                                                                     &run->design[d], false},
                                      &variables->item[v], error);
    return status;
}

static enum rwe_status run_subgroups(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct rwe_subgroup_variables variables;
    enum rwe_status status = rwe_need_endpoint(run, "subgroups", error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Subgroups");
    status = rwe_subgroups_define(run, &variables, error);
    if (status != RWE_OK)
        return status;
    if (run->replicate > 0)
        return run_replicate(run, &variables, error);
    add_variances(run);
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run) && status == RWE_OK; d++)
            status = run_table(&(struct rwe_subgroup_setting){run, &run->cohort->endpoint[e],
                                                              &run->design[d], true},
                               variables, error);
    return status;
}

const struct rwe_analysis rwe_analysis_subgroups = {
    .name = "subgroups",
    .section = RWE_SECTION_SUBGROUPS,
    .method = N_("hazard ratios in subgroups"),
    .compares_arms = true,
    .help =
        N_("Hazard ratio of the arms in subgroups of each population, with its weights and pairs, "
           "and tests of interaction: the numbers of a forest plot."),
    .implied_by = "subgroup-by",
    .options = &subgroup_options,
    .lists = RWE_LISTS_ESTIMATES,
    .run = run_subgroups,
};
