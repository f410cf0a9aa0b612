/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each population that runs estimates, by the attributes of ICH E9(R1). See protocol.md. */
#include "protocol_private.h"
#include "run/estimand.h"
#include "run/populations.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"
#include "rwe/base/language.h"

/* ---- what all populations share ---- */

/* "pfs, os"; NULL: there are no endpoints. */
static const char *list_endpoints(const struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_strings names = {.n = cohort->n_endpoints};
    const char **item = RWE_NEW(run->arena, const char *, names.n);
    for (size_t e = 0; item != NULL && e < names.n; e++)
        item[e] = cohort->endpoint[e].name;
    names.item = item;
    return names.n == 0 || item == NULL ? NULL : rwe_text_join(run->arena, names, ", ");
}

/* What compares the arms, as far as it is asked for; NULL: nothing. */
static const char *list_measures(const struct rwe_run *run)
{
    const char *item[RWE_MOST_ANALYSES];
    struct rwe_strings names = {item, 0};
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (run->plan->wanted[a] && rwe_analyses[a]->measure != NULL)
            item[names.n++] = rwe_text(rwe_analyses[a]->measure);
    return names.n == 0 ? NULL : rwe_text_join(run->arena, names, ", ");
}

/* ---- a population ---- */

struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const char *endpoints, *measures; /* NULL: none */
};

static void present_attribute(const struct table *table, const struct rwe_key *key,
                              const char *stat, const char *label, const char *what)
{
    rwe_fact fact = rwe_document_string(table->run->document, key, stat,
                                        what == NULL ? rwe_text("not declared") : what);
    rwe_grid_row(table->grid, 1, "%s", rwe_text(label));
    rwe_grid_cell(table->grid, RWE_CELL_TEXT, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* Who is left out of it, a row for each reason. */
static void present_left_out(const struct table *table, struct rwe_key key,
                             const struct population *population)
{
    static const char *const reasons[RWE_N_LEFT_OUT] = {"missing", "support", "trimmed",
                                                        "unmatched"};
    for (int r = 0; r < RWE_N_LEFT_OUT; r++) {
        const char *words =
            rwe_left_out_words(population->run, population->design, (enum rwe_left_out)r);
        key.level = reasons[r];
        if (words != NULL)
            present_attribute(table, &key, "left.out", "", words);
    }
}

static void present_population(const struct table *table, const struct population *population)
{
    struct rwe_document *document = table->run->document;
    const struct rwe_design *design = population->design;
    const struct rwe_design_words *words = &design->words;
    struct rwe_key key = rwe_key_in("protocol", NULL, design);
    rwe_fact caution = RWE_NO_FACT;
    rwe_grid_row(table->grid, 0, "%s", population->label);
    if (design->naive)
        caution = rwe_document_string(document, &key, "caution", rwe_text(rwe_immortal_banner));
    rwe_grid_cell(table->grid, RWE_CELL_TEXT, caution, RWE_NO_FACT, RWE_NO_FACT);
    present_attribute(table, &key, "population", N_("population"),
                      rwe_estimand_words(population->run, design));
    present_left_out(table, key, population);
    present_attribute(table, &key, "strategies", N_("strategies"), words->strategies);
    present_attribute(table, &key, "variable", N_("variable"),
                      table->endpoints == NULL
                          ? NULL
                          : rwe_arena_format(table->run->arena, words->variable, table->endpoints));
    present_attribute(table, &key, "intercurrent", N_("intercurrent events"), words->intercurrent);
    present_attribute(table, &key, "summary", N_("summary"),
                      words->summary == NULL ? table->measures : words->summary);
    present_attribute(table, &key, "method", N_("method"), words->method);
}

enum rwe_status protocol_present_estimands(struct rwe_run *run, struct rwe_error *error)
{
    struct populations populations = {0};
    enum rwe_status status = populations_of(run, &populations, error);
    if (status != RWE_OK)
        return status;
    struct table table = {.run = run,
                          .grid = rwe_document_table(run->document, "Estimands"),
                          .endpoints = list_endpoints(run),
                          .measures = list_measures(run)};
    rwe_grid_column(table.grid, "population and attribute");
    rwe_grid_column(table.grid, "what it is");
    for (size_t p = 0; p < populations.n; p++)
        present_population(&table, &populations.item[p]);
    rwe_grid_note(table.grid, "Attributes of ICH E9(R1). Variable and summary are of all endpoints "
                              "and analyses that run.");
    return RWE_OK;
}
