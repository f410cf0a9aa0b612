/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each population that runs estimates, by the attributes of ICH E9(R1). See protocol.md. */
#include "protocol.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"

#include <string.h>

enum { POPULATION, STRATEGIES, VARIABLE, INTERCURRENT, SUMMARY, METHOD, N_ATTRIBUTES };
static const struct {
    const char *stat, *label;
} attributes[N_ATTRIBUTES] = {
    {"population", "population"}, {"strategies", "strategies"},
    {"variable", "variable"},     {"intercurrent", "intercurrent events"},
    {"summary", "summary"},       {"method", "method"},
};

struct estimand {
    const char *name, *label; /**< of the population */
    const char *what[N_ATTRIBUTES];
    bool naive;
};

static void present(const struct protocol *of, struct rwe_grid *grid,
                    const struct estimand *estimand)
{
    struct rwe_run *run = of->run;
    struct rwe_key key = rwe_key_of("protocol");
    key.population = estimand->name;
    rwe_grid_row(grid, 0, "%s", estimand->label);
    rwe_fact caution = RWE_NO_FACT;
    if (estimand->naive)
        caution = rwe_document_string(run->document, &key, "caution", rwe_immortal_banner);
    rwe_grid_cell(grid, RWE_CELL_TEXT, caution, RWE_NO_FACT, RWE_NO_FACT);
    for (size_t a = 0; a < N_ATTRIBUTES; a++) {
        const char *what = estimand->what[a] == NULL ? "not declared" : estimand->what[a];
        rwe_fact fact = rwe_document_string(run->document, &key, attributes[a].stat, what);
        rwe_grid_row(grid, 1, "%s", attributes[a].label);
        rwe_grid_cell(grid, RWE_CELL_TEXT, fact, RWE_NO_FACT, RWE_NO_FACT);
    }
}

/* ---- words that several share ---- */

static const char *variable_of(const struct protocol *of, const char *after)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    const char *list = NULL;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        list = rwe_arena_format(of->run->arena, "%s%s%s", list == NULL ? "" : list,
                                list == NULL ? "" : ", ", cohort->endpoint[e].name);
    return list == NULL ? NULL : rwe_arena_format(of->run->arena, "time to %s%s", list, after);
}

/* What compares the arms, as far as it is asked for. */
static const char *summary_of(const struct protocol *of)
{
    static const struct {
        const char *analysis, *words;
    } measures[] = {{"cox", "hazard ratio"},
                    {"km", "survival and its difference at times"},
                    {"rmst", "difference in restricted means"}};
    const char *list = NULL;
    for (size_t m = 0; m < sizeof measures / sizeof *measures; m++)
        if (protocol_wants(of, measures[m].analysis))
            list = rwe_arena_format(of->run->arena, "%s%s%s", list == NULL ? "" : list,
                                    list == NULL ? "" : ", ", measures[m].words);
    return list;
}

static const char *arms_of(const struct protocol *of, const char *after)
{
    const struct rwe_cohort *cohort = of->run->cohort;
    const char *control = cohort->arm_level[0], *treated = cohort->arm_level[1];
    if (cohort->n_arms > 2)
        return "each arm against each other";
    return rwe_arena_format(of->run->arena, "%s against %s%s", treated, control, after);
}

/* ---- people: everybody, matched, weighted, from time zero or a landmark ---- */

static const char *of_whom(const struct rwe_design *design)
{
    static const struct {
        const char *ending, *words;
    } kinds[] = {{"iptw-ate", "everybody (ATE)"},
                 {"iptw-att", "the treated (ATT)"},
                 {"iptw-atc", "the untreated (ATC)"},
                 {"iptw-ato", "those who could have had either (ATO)"},
                 {"iptw-matching", "those who could be matched"},
                 {"iptw-entropy", "everybody (ATE)"},
                 {"matched", "those who are matched"}};
    size_t length = strlen(design->name);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t ending = strlen(kinds[k].ending);
        if (length >= ending && strcmp(design->name + length - ending, kinds[k].ending) == 0)
            return kinds[k].words;
    }
    return "all eligible";
}

static void present_people(const struct protocol *of, struct rwe_grid *grid,
                           const struct rwe_run *run, double landmark)
{
    struct rwe_arena *arena = of->run->arena;
    bool at_zero = landmark == 0;
    for (size_t d = 0; d < rwe_run_people_designs(run); d++) {
        const struct rwe_design *design = &run->design[d];
        struct estimand e = {.name = design->name, .label = design->label};
        e.naive = at_zero && of->naive;
        e.what[POPULATION] = of_whom(design);
        e.what[STRATEGIES] = arms_of(of, e.naive ? ", as told by the future" : " from time zero");
        e.what[VARIABLE] = variable_of(of, "");
        e.what[INTERCURRENT] = e.naive ? "exposure decides the arm whenever it begins"
                                       : "treatment policy: later treatment is part of the arm";
        e.what[SUMMARY] = summary_of(of);
        e.what[METHOD] = design->weight != NULL          ? "weighted comparison, robust errors"
                         : rwe_design_is_matched(design) ? "comparison of matched sets"
                         : run->cohort->n_covariates > 0 ? "arms alone; Cox adjusted"
                                                         : "arms alone";
        if (!at_zero) {
            e.label = d == 0
                          ? rwe_arena_format(arena, "Landmark at %g", landmark)
                          : rwe_arena_format(arena, "Landmark at %g, %s", landmark, design->label);
            e.what[POPULATION] = rwe_arena_format(arena, "%s, event-free and followed at %g%s",
                                                  of_whom(design), landmark, of->unit);
            e.what[STRATEGIES] = arms_of(of, " by then");
            e.what[VARIABLE] = variable_of(of, ", from the landmark");
            e.what[INTERCURRENT] = "later exposure: treatment policy";
        }
        present(of, grid, &e);
    }
}

/* ---- exposure in time ---- */

static void present_timedep(const struct protocol *of, struct rwe_grid *grid)
{
    const struct estimand e = {
        .name = "timedep",
        .label = "Time-dependent exposure",
        .what = {"all eligible", "exposed against not, or not yet: a state, no strategy",
                 variable_of(of, ", its hazard"),
                 "exposure changes the state; it has no other part",
                 "hazard ratio given covariates", "Cox model with time-dependent exposure"}};
    present(of, grid, &e);
}

static void present_clones(const struct protocol *of, struct rwe_grid *grid,
                           const struct rwe_design *design)
{
    double grace = rwe_settings_number(of->run->settings, "ccw");
    struct rwe_arena *arena = of->run->arena;
    const struct estimand e = {
        .name = design->name,
        .label = design->label,
        .what = {"all eligible, with covariates known",
                 rwe_arena_format(arena, "exposure begun within %g%s against not begun by then",
                                  grace, of->unit),
                 variable_of(of, ""),
                 "leaving the strategy in the grace period: hypothetical; later: treatment policy",
                 summary_of(of),
                 rwe_settings_has(of->run->settings, "bootstrap")
                     ? "clone, censor, weight; bootstrap by patient"
                     : "clone, censor, weight; robust errors"}};
    present(of, grid, &e);
}

static void present_sequential(const struct protocol *of, struct rwe_grid *grid,
                               const struct rwe_design *design)
{
    bool weighted = rwe_settings_choice(of->run->settings, "sequential-weights") == 0;
    const struct estimand e = {
        .name = design->name,
        .label = design->label,
        .what = {weighted ? "those who begin exposure, when they do"
                          : "event-free, not exposed before, at each trial",
                 "exposure begun now against none while followed",
                 variable_of(of, ", from the start of the trial or exposure"),
                 "later exposure of the unexposed: hypothetical", summary_of(of),
                 weighted ? "nested trials pooled, weights of initiation and censoring"
                          : "nested trials pooled, censoring weights, Cox adjusted"}};
    present(of, grid, &e);
}

void protocol_present_estimands(const struct protocol *of)
{
    struct rwe_run *run = of->run;
    struct rwe_grid *grid = rwe_document_table(run->document, "Estimands");
    rwe_grid_column(grid, "population and attribute");
    rwe_grid_column(grid, "what it is");
    present_people(of, grid, run, 0);
    for (size_t l = 0; l < run->n_landmarks; l++)
        present_people(of, grid, &run->landmark[l].run, run->landmark[l].at.time);
    if (protocol_wants(of, "timedep"))
        present_timedep(of, grid);
    for (size_t d = rwe_run_people_designs(run); d < run->n_designs; d++)
        if (strcmp(run->design[d].name, "sequential") == 0)
            present_sequential(of, grid, &run->design[d]);
        else
            present_clones(of, grid, &run->design[d]);
    rwe_grid_note(grid, "Attributes of ICH E9(R1). Variable and summary are of all endpoints and "
                        "analyses that run.");
}
