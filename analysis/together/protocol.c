/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target trial and its emulation, component by component, as the settings have them. It computes
 * nothing: what they do not say is "not declared". See protocol.md. */
#include "run/estimand.h"
#include "run/populations.h"

#include "rwe/analysis/bootstrap.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/protocol.h"
#include "rwe/base/language.h"
#include "rwe/data/found_exposure.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct protocol_settings {
    struct rwe_strings eligibility, strategies; /* beside what the other options say */
    const char *assignment;                     /* NULL: at random */
};

static const struct rwe_option options[] = {
    {.name = "protocol-eligibility",
     RWE_LIST_IN(struct protocol_settings, eligibility),
     .section = RWE_SECTION_PROTOCOL,
     .argument = "TEXT,…",
     .help = N_("For --protocol: what else the target trial would ask of its patients, which the "
                "file cannot show.")},
    {.name = "protocol-strategies",
     RWE_LIST_IN(struct protocol_settings, strategies),
     .section = RWE_SECTION_PROTOCOL,
     .argument = "TEXT,…",
     .help = N_("For --protocol: the treatment strategies of the target trial, in words.")},
    {.name = "protocol-assignment",
     RWE_TEXT_IN(struct protocol_settings, assignment),
     .section = RWE_SECTION_PROTOCOL,
     .argument = "TEXT",
     .help = N_("For --protocol: how the target trial would assign treatment (default: at random, "
                "open label).")},
};
static const struct rwe_options option_list = RWE_OPTIONS_IN(struct protocol_settings, options);

/* ---- the parts, each with two sides ---- */

enum { TARGET, EMULATION, N_SIDES, LINE_WIDTH = 50 };
static const char *const sides[N_SIDES] = {"target", "emulation"};

/* Lines that stand beside each other need not belong together. */
struct lines {
    const char **item;
    size_t n, room;
};

struct rwe_protocol {
    struct rwe_run *run;
    const struct protocol_settings *settings;
    const struct rwe_study_settings *study;
    const char *unit; /* " months", or "" */
    struct lines part[RWE_N_PROTOCOL_PARTS][N_SIDES];
};

static void add_line(struct rwe_protocol *protocol, enum rwe_protocol_part part, size_t side,
                     const char *line)
{
    struct lines *lines = &protocol->part[part][side];
    lines->item = rwe_arena_grow(protocol->run->arena, lines->item, &lines->room, lines->n + 1,
                                 sizeof *lines->item);
    if (lines->item != NULL && line != NULL)
        lines->item[lines->n++] = line;
}

static void say_with(struct rwe_protocol *protocol, enum rwe_protocol_part part, size_t side,
                     const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, rwe_text(format), arguments) + 1;
    char *text = RWE_NEW(protocol->run->arena, char, size);
    if (text != NULL)
        vsnprintf(text, size, rwe_text(format), again);
    va_end(again);
    add_line(protocol, part, side, text);
}

/* A line of the target trial; rwe_protocol_say adds one to the emulation. */
__attribute__((format(printf, 3, 4))) static void
ask_for(struct rwe_protocol *protocol, enum rwe_protocol_part part, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_with(protocol, part, TARGET, format, arguments);
    va_end(arguments);
}

void rwe_protocol_say(struct rwe_protocol *protocol, enum rwe_protocol_part part,
                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_with(protocol, part, EMULATION, format, arguments);
    va_end(arguments);
}

/* "covariates: age, sex, …", in lines of a readable width: `first` is the template of the first, the others are
 * indented. */
static void say_list(struct rwe_protocol *protocol, enum rwe_protocol_part part, const char *first,
                     struct rwe_strings names)
{
    struct rwe_arena *arena = protocol->run->arena;
    const char *template = rwe_text(first), *list = names.item[0];
    for (size_t i = 1; i < names.n && list != NULL; i++) {
        const char *longer = rwe_arena_format(arena, rwe_text("%s, %s"), list, names.item[i]);
        const char *line = rwe_arena_format(arena, template, longer);
        if (line == NULL || strlen(line) <= LINE_WIDTH) {
            list = longer;
            continue;
        }
        list = rwe_arena_format(arena, rwe_text("%s,"), list);
        add_line(protocol, part, EMULATION, rwe_arena_format(arena, template, list));
        list = names.item[i];
        template = "  %s";
    }
    if (list != NULL)
        add_line(protocol, part, EMULATION, rwe_arena_format(arena, template, list));
}

static void present_part(const struct rwe_protocol *protocol, enum rwe_protocol_part part,
                         struct rwe_grid *grid)
{
    static const struct {
        const char *term, *label;
    } names[RWE_N_PROTOCOL_PARTS] = {
        [RWE_PROTOCOL_ELIGIBILITY] = {"eligibility", N_("Eligibility")},
        [RWE_PROTOCOL_STRATEGIES] = {"strategies", N_("Treatment strategies")},
        [RWE_PROTOCOL_ASSIGNMENT] = {"assignment", N_("Assignment")},
        [RWE_PROTOCOL_TIME_ZERO] = {"time-zero", N_("Start of follow-up")},
        [RWE_PROTOCOL_OUTCOMES] = {"outcomes", N_("Outcomes")},
        [RWE_PROTOCOL_FOLLOW_UP] = {"follow-up", N_("Follow-up")},
        [RWE_PROTOCOL_CONTRAST] = {"contrast", N_("Causal contrast")},
        [RWE_PROTOCOL_ANALYSIS] = {"analysis", N_("Statistical analysis")},
    };
    struct rwe_run *run = protocol->run;
    const struct lines *lines = protocol->part[part];
    for (size_t i = 0; i < lines[TARGET].n || i < lines[EMULATION].n; i++) {
        struct rwe_key key = rwe_key_of("protocol");
        key.term = names[part].term;
        key.level = rwe_arena_format(run->arena, "%zu", i + 1);
        rwe_grid_row(grid, 0, "%s", i == 0 ? rwe_text(names[part].label) : "");
        for (size_t side = 0; side < N_SIDES; side++) {
            rwe_fact fact = RWE_NO_FACT;
            if (i < lines[side].n)
                fact = rwe_document_string(run->document, &key, sides[side], lines[side].item[i]);
            rwe_grid_cell(grid, RWE_CELL_TEXT, fact, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
}

/* ---- what the designs of the run say ---- */

/* The design that compares exposure begun within a time against none by then; NULL: there is none. */
static const struct rwe_design *find_grace(const struct rwe_run *run)
{
    for (size_t d = 0; d < run->n_designs; d++)
        if (run->design[d].contrast == RWE_CONTRAST_GRACE)
            return &run->design[d];
    return NULL;
}

/* Whether somebody who leaves a strategy is censored then. */
static bool follows_strategies(const struct rwe_run *run)
{
    bool any = false;
    for (size_t d = 0; d < run->n_designs; d++)
        any |= run->design[d].contrast == RWE_CONTRAST_GRACE ||
               run->design[d].contrast == RWE_CONTRAST_INITIATION;
    return any;
}

/* ---- the parts from the settings ---- */

static void eligibility(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_ELIGIBILITY;
    struct rwe_criterion_specs criteria = p->study->eligibility;
    struct rwe_strings more = p->settings->eligibility;
    for (size_t i = 0; i < criteria.n; i++) {
        const struct rwe_criterion_spec *criterion = &criteria.item[i];
        const char *absent = p->run->cohort->criterion[i].absent;
        ask_for(p, part, "%s: %s", criterion->name, criterion->keep);
        if (absent != NULL)
            rwe_protocol_say(p, part, "%s: not assessed, the file has no column %s",
                             criterion->name, absent);
        else
            rwe_protocol_say(p, part,
                             criterion->missing_excludes
                                 ? N_("%s: the same; without a value left out")
                                 : N_("%s: the same; without a value kept"),
                             criterion->name);
    }
    for (size_t i = 0; i < more.n; i++)
        ask_for(p, part, "%s", more.item[i]);
    if (criteria.n + more.n == 0)
        ask_for(p, part, "not declared");
    if (criteria.n == 0)
        rwe_protocol_say(p, part, "not declared: everybody in the file");
}

/* That of an arm, where it is told when exposure begins. */
static void target_exposure(struct rwe_protocol *p, size_t a, const struct rwe_design *grace)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_STRATEGIES;
    const char *arm = p->run->cohort->arm_level[a], *closure = rwe_closure_words(p->run);
    if (grace == NULL)
        ask_for(p, part, a > 0 ? N_("%s: exposure begun") : N_("%s: exposure never begun"), arm);
    else if (a == 0)
        ask_for(p, part, "%s: exposure not begun within %g%s", arm, grace->grace, p->unit);
    else if (closure == NULL)
        ask_for(p, part, "%s: exposure begun within %g%s", arm, grace->grace, p->unit);
    else
        ask_for(p, part, "%s: exposure begun within %g%s unless %s comes first", arm, grace->grace,
                p->unit, closure);
}

/* The strategies in words, from the arms' names and what is compared. */
static void target_strategies(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_STRATEGIES;
    const struct rwe_cohort *cohort = p->run->cohort;
    const struct rwe_design *grace = find_grace(p->run);
    struct rwe_strings declared = p->settings->strategies;
    for (size_t i = 0; i < declared.n; i++)
        ask_for(p, part, "%s", declared.item[i]);
    for (size_t a = declared.n > 0 ? 0 : cohort->n_arms; a-- > 0;) {
        if (!p->run->design[0].naive)
            ask_for(p, part, "%s from time zero", cohort->arm_level[a]);
        else
            target_exposure(p, a, grace);
    }
}

static void strategies(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_STRATEGIES;
    const struct rwe_study_settings *study = p->study;
    target_strategies(p);
    if (study->arm != NULL)
        rwe_protocol_say(p, part, "arms by column %s", study->arm);
    if (study->exposure_date != NULL)
        rwe_protocol_say(p, part, "exposure begins on the date %s", study->exposure_date);
    else if (study->exposure_start != NULL)
        rwe_protocol_say(p, part, "exposure begins at the time %s", study->exposure_start);
    else if (p->run->cohort->found != NULL)
        rwe_protocol_say(p, part, "start of exposure not declared; as column %s tells it",
                         p->run->cohort->found->column);
    else
        rwe_protocol_say(p, part, "start of exposure not declared: time zero");
    if (study->exposure_site != NULL)
        rwe_protocol_say(p, part, "it counts where %s", study->exposure_site);
    if (!isnan(study->exposure_grace))
        rwe_protocol_say(p, part, "it counts within %g months", study->exposure_grace);
}

static void assignment(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_ASSIGNMENT;
    struct rwe_run *run = p->run;
    const char *declared = p->settings->assignment;
    struct rwe_strings covariates = p->study->covariates, late = p->study->landmark_covariates;
    if (declared == NULL)
        ask_for(p, part, "at random, open label");
    else
        ask_for(p, part, "%s", declared);
    rwe_protocol_say(p, part, "as it happened; as if random given covariates");
    if (covariates.n > 0)
        say_list(p, part, N_("covariates: %s"), covariates);
    else
        rwe_protocol_say(p, part, "covariates: not declared");
    if (late.n > 0)
        say_list(p, part, N_("at the landmark too: %s"), late);
    for (size_t d = 1; d < run->n_designs; d++)
        rwe_protocol_say(p, part, "population: %s", run->design[d].label);
}

static void time_zero(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_TIME_ZERO;
    const struct rwe_cohort *cohort = p->run->cohort;
    ask_for(p, part, "eligible, assigned and followed from one day on");
    if (cohort->dates != NULL && cohort->dates->column[RWE_DATE_INDEX] != NULL)
        rwe_protocol_say(p, part, "the date %s", cohort->dates->column[RWE_DATE_INDEX]);
    else
        rwe_protocol_say(p, part, "time 0 of the endpoints' columns");
    if (p->run->design[0].naive)
        rwe_protocol_say(p, part, "ever against never: arms told by the future");
}

static void say_outcome(struct rwe_protocol *p, const struct rwe_endpoint *endpoint)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_OUTCOMES;
    static const char *const rules[] = {"ema", "fda-a", "fda-b", "fda-c"};
    struct rwe_endpoint_specs specs = p->study->endpoints;
    int censoring = p->study->censoring;
    ask_for(p, part, "%s", endpoint->name);
    for (size_t s = 0; s < specs.n; s++) {
        const struct rwe_endpoint_spec *spec = &specs.item[s];
        if (strcmp(spec->name, endpoint->name) != 0)
            continue;
        rwe_protocol_say(p, part, "%s: %s = %s, time %s", spec->name, spec->event,
                         spec->values.n == 0
                             ? "1"
                             : rwe_text_join(p->run->arena, spec->values, rwe_text(" or ")),
                         spec->time);
        return;
    }
    rwe_protocol_say(p, part, "%s: from dates, %s rules", endpoint->name,
                     rules[censoring < 0 ? 0 : censoring]);
}

static void outcomes(struct rwe_protocol *p)
{
    const struct rwe_cohort *cohort = p->run->cohort;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        say_outcome(p, &cohort->endpoint[e]);
    if (cohort->n_endpoints > 0)
        return;
    ask_for(p, RWE_PROTOCOL_OUTCOMES, "not declared");
    rwe_protocol_say(p, RWE_PROTOCOL_OUTCOMES, "not declared");
}

static void follow_up(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_FOLLOW_UP;
    const char *cutoff = p->study->cutoff, *entry = p->study->entry;
    ask_for(p, part, "to the event, loss, or the study's end");
    rwe_protocol_say(p, part, "to the event, or last known without it");
    if (cutoff == NULL)
        rwe_protocol_say(p, part, "data cut-off: not declared");
    else
        rwe_protocol_say(p, part, "data cut-off: %s", cutoff);
    if (entry != NULL)
        rwe_protocol_say(p, part, "observed from %s on", entry);
    if (follows_strategies(p->run))
        rwe_protocol_say(p, part, "censored on leaving the strategy");
}

static void methods(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_ANALYSIS;
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (p->run->plan->wanted[a] && rwe_analyses[a]->method != NULL) {
            ask_for(p, part, "%s", rwe_text(rwe_analyses[a]->method));
            rwe_protocol_say(p, part, "%s", rwe_text(rwe_analyses[a]->method));
        }
    if (p->part[part][TARGET].n > 0)
        return;
    ask_for(p, part, "not declared");
    rwe_protocol_say(p, part, "not declared");
}

/* What each analysis that runs makes of the trial. */
static void ask_analyses(struct rwe_protocol *p)
{
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (p->run->plan->wanted[a] && rwe_analyses[a]->emulate != NULL)
            rwe_analyses[a]->emulate(p->run, p);
}

/* ---- what stands behind the lines of the analyses ---- */

static void contrast(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_CONTRAST;
    ask_for(p, part,
            follows_strategies(p->run) ? N_("per-protocol effect")
                                       : N_("intention-to-treat effect"));
    if (p->run->design[0].naive)
        rwe_protocol_say(p, part, "ever against never: none");
    else if (p->part[part][EMULATION].n == 0)
        rwe_protocol_say(p, part, "as treated from time zero");
}

static void limits(struct rwe_protocol *p)
{
    const enum rwe_protocol_part part = RWE_PROTOCOL_ANALYSIS;
    rwe_protocol_say(p, part, "limits at %s", rwe_conf_level_text(p->run));
    if (rwe_bootstrap_n(p->run->settings) > 0)
        rwe_protocol_say(p, part, "%zu bootstrap replicates by patient",
                         rwe_bootstrap_n(p->run->settings));
}

static void present_protocol(struct rwe_protocol *p)
{
    struct rwe_grid *grid =
        rwe_document_table(p->run->document, "The target trial and its emulation");
    rwe_grid_column(grid, "component");
    rwe_grid_column(grid, "target trial");
    rwe_grid_column(grid, "emulation in this study");
    for (int part = 0; part < RWE_N_PROTOCOL_PARTS; part++)
        present_part(p, (enum rwe_protocol_part)part, grid);
    rwe_grid_note(grid, "From the settings of this run; what they do not say is not declared. "
                        "Components after Hernán and Robins (2016).");
}

/* ---- what each population estimates, by the attributes of ICH E9(R1) ---- */

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

struct estimands {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const char *endpoints, *measures; /* NULL: none */
};

static void present_attribute(const struct estimands *table, const struct rwe_key *key,
                              const char *stat, const char *label, const char *what)
{
    rwe_fact fact = rwe_document_string(table->run->document, key, stat,
                                        what == NULL ? rwe_text("not declared") : what);
    rwe_grid_row(table->grid, 1, "%s", rwe_text(label));
    rwe_grid_cell(table->grid, RWE_CELL_TEXT, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* Who is left out of it, a row for each reason. */
static void present_left_out(const struct estimands *table, struct rwe_key key,
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

/* Of all endpoints, or of those that have one: "os: …". */
static rwe_fact caution_of(const struct estimands *table, const struct population *population)
{
    const struct rwe_cohort *cohort = table->run->cohort;
    const struct rwe_design *design = population->design;
    struct rwe_key key = rwe_key_in("protocol", NULL, design);
    struct rwe_caution all = rwe_run_caution(population->run, design, NULL);
    if (all.banner != NULL)
        return rwe_caution_fact(table->run->document, &key, &all);
    const char *list = NULL;
    for (size_t e = 0; e < cohort->n_endpoints; e++) {
        const struct rwe_caution caution = population_caution(population, e);
        if (caution.banner != NULL)
            list = rwe_list_add(table->run, list,
                                rwe_arena_format(table->run->arena, rwe_text("%s: %s"),
                                                 cohort->endpoint[e].name, caution.banner));
    }
    return list == NULL ? RWE_NO_FACT
                        : rwe_document_string(table->run->document, &key, "caution", list);
}

static void present_population(const struct estimands *table, const struct population *population)
{
    const struct rwe_design *design = population->design;
    const struct rwe_design_words *words = &design->words;
    struct rwe_key key = rwe_key_in("protocol", NULL, design);
    rwe_grid_row(table->grid, 0, "%s", population->label);
    rwe_grid_cell(table->grid, RWE_CELL_TEXT, caution_of(table, population), RWE_NO_FACT,
                  RWE_NO_FACT);
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

static enum rwe_status present_estimands(struct rwe_run *run, struct rwe_error *error)
{
    struct populations populations = {0};
    enum rwe_status status = populations_of(run, &populations, error);
    if (status != RWE_OK)
        return status;
    struct estimands table = {.run = run,
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

/* ---- the analysis ---- */

static enum rwe_status run_protocol(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct rwe_protocol protocol = {
        .run = run,
        .settings = rwe_settings_of(run->settings, &option_list),
        .study = rwe_study_of(run->settings),
        .unit = rwe_time_unit_word(run),
    };
    static void (*const fill[])(struct rwe_protocol *) = {
        eligibility, strategies, assignment,   time_zero, outcomes,
        follow_up,   methods,    ask_analyses, contrast,  limits,
    };
    for (size_t f = 0; f < sizeof fill / sizeof *fill; f++)
        fill[f](&protocol);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    rwe_document_section(run->document, 1, "Target trial");
    present_protocol(&protocol);
    return present_estimands(run, error);
}

const struct rwe_analysis rwe_analysis_protocol = {
    .name = "protocol",
    .section = RWE_SECTION_PROTOCOL,
    .help = N_("The target trial beside its emulation (eligibility, strategies, assignment, time "
               "zero, outcomes, follow-up, contrast, analysis), and the estimand of each "
               "population."),
    .options = &option_list,
    .from_zero = true,
    .run = run_protocol,
};
