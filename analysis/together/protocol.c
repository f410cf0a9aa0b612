/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target trial and its emulation, component by component, as the settings have them. It computes
 * nothing: what they do not say is "not declared". See protocol.md. */
#include "protocol.h"

#include "rwe/analysis/immortal.h"
#include "rwe/analysis/present.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

static const struct rwe_option options[] = {
    {.name = "protocol-eligibility",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_OTHER,
     .argument = "TEXT,…",
     .help = "For --protocol: what else the target trial would ask of its patients, which the file "
             "cannot show."},
    {.name = "protocol-strategies",
     .kind = RWE_OPTION_LIST,
     .section = RWE_SECTION_OTHER,
     .argument = "TEXT,…",
     .help = "For --protocol: the treatment strategies of the target trial, in words."},
    {.name = "protocol-assignment",
     .kind = RWE_OPTION_TEXT,
     .section = RWE_SECTION_OTHER,
     .argument = "TEXT",
     .help =
         "For --protocol: how the target trial would assign treatment (default: at random, open "
         "label)."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

/* ---- a component and its two sides ---- */

enum { TARGET, EMULATION, N_SIDES, MOST_LINES = 48, LINE_WIDTH = 50 };
static const char *const sides[N_SIDES] = {"target", "emulation"};

/* Each side is a list; lines that stand beside each other need not belong together. */
struct component {
    const struct protocol *of;
    const char *line[N_SIDES][MOST_LINES];
    size_t n[N_SIDES];
};

__attribute__((format(printf, 3, 4))) static void say(struct component *component, size_t side,
                                                      const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *kept = rwe_arena_format(component->of->run->arena, "%s", text);
    if (kept != NULL && component->n[side] < MOST_LINES)
        component->line[side][component->n[side]++] = kept;
}

/* "covariates: age, sex, …", in lines of a readable width. */
static void say_list(struct component *component, size_t side, const char *what,
                     struct rwe_strings names)
{
    char text[256];
    size_t used = (size_t)snprintf(text, sizeof text, "%s: ", what);
    for (size_t i = 0; i < names.n; i++) {
        const char *after = i + 1 < names.n ? ", " : "";
        size_t length = strlen(names.item[i]);
        if (used > 2 && used + length > LINE_WIDTH) {
            say(component, side, "%.*s", (int)used - 1, text); /* without the blank */
            used = (size_t)snprintf(text, sizeof text, "  ");
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%.120s%s", names.item[i], after);
    }
    say(component, side, "%.*s", (int)used, text);
}

static void present(struct component *component, struct rwe_grid *grid, const char *term,
                    const char *label)
{
    struct rwe_run *run = component->of->run;
    size_t n = component->n[0] > component->n[1] ? component->n[0] : component->n[1];
    for (size_t i = 0; i < n; i++) {
        struct rwe_key key = rwe_key_of("protocol");
        key.term = term;
        key.level = rwe_arena_format(run->arena, "%zu", i + 1);
        rwe_grid_row(grid, 0, "%s", i == 0 ? label : "");
        for (size_t side = 0; side < N_SIDES; side++) {
            rwe_fact fact = RWE_NO_FACT;
            if (i < component->n[side])
                fact =
                    rwe_document_string(run->document, &key, sides[side], component->line[side][i]);
            rwe_grid_cell(grid, RWE_CELL_TEXT, fact, RWE_NO_FACT, RWE_NO_FACT);
        }
    }
    memset(component->n, 0, sizeof component->n);
}

bool protocol_wants(const struct protocol *protocol, const char *analysis)
{
    for (size_t a = 0; a < rwe_n_analyses; a++)
        if (strcmp(rwe_analyses[a]->name, analysis) == 0)
            return protocol->plan.wanted[a];
    return false;
}

const char *protocol_list(const struct protocol *protocol, struct rwe_strings names)
{
    return names.n == 0 ? "not declared" : rwe_text_join(protocol->run->arena, names, ", ");
}

/* ---- the components ---- */

static void eligibility(struct component *c)
{
    const struct rwe_run *run = c->of->run;
    struct rwe_criterion_specs criteria = rwe_settings_criteria(run->settings);
    struct rwe_strings more = rwe_settings_list(run->settings, "protocol-eligibility");
    for (size_t i = 0; i < criteria.n; i++) {
        say(c, TARGET, "%s: %s", criteria.item[i].name, criteria.item[i].keep);
        say(c, EMULATION, "%s: the same; without a value %s", criteria.item[i].name,
            criteria.item[i].missing_excludes ? "left out" : "kept");
    }
    for (size_t i = 0; i < more.n; i++)
        say(c, TARGET, "%s", more.item[i]);
    if (criteria.n + more.n == 0)
        say(c, TARGET, "not declared");
    if (criteria.n == 0)
        say(c, EMULATION, "not declared: everybody in the file");
    if (protocol_wants(c->of, "landmark"))
        say(c, EMULATION, "landmark: event-free and followed then");
    if (protocol_wants(c->of, "sequential"))
        say(c, EMULATION, "sequential: event-free, not exposed before");
    if (protocol_wants(c->of, "ccw") || protocol_wants(c->of, "sequential"))
        say(c, EMULATION, "clones, sequential: covariates known");
}

/* The strategies in words, from the arms' names and what is asked for. */
static void target_strategies(struct component *c)
{
    const struct rwe_run *run = c->of->run;
    const struct rwe_cohort *cohort = run->cohort;
    struct rwe_strings declared = rwe_settings_list(run->settings, "protocol-strategies");
    bool grace = protocol_wants(c->of, "ccw");
    for (size_t i = 0; i < declared.n; i++)
        say(c, TARGET, "%s", declared.item[i]);
    if (declared.n > 0)
        return;
    for (size_t a = cohort->n_arms; a-- > 0;) {
        if (!c->of->naive)
            say(c, TARGET, "%s from time zero", cohort->arm_level[a]);
        else if (grace)
            say(c, TARGET, "%s: exposure %s within %g%s", cohort->arm_level[a],
                a > 0 ? "begun" : "not begun", rwe_settings_number(run->settings, "ccw"),
                c->of->unit);
        else
            say(c, TARGET, "%s: exposure %s", cohort->arm_level[a],
                a > 0 ? "begun" : "never begun");
    }
}

static void strategies(struct component *c)
{
    const struct rwe_settings *settings = c->of->run->settings;
    const char *arm = rwe_settings_text(settings, "arm");
    const char *start = rwe_settings_text(settings, "exposure-start");
    const char *date = rwe_settings_text(settings, "exposure-date");
    const char *site = rwe_settings_text(settings, "exposure-site");
    target_strategies(c);
    if (arm != NULL)
        say(c, EMULATION, "arms by column %s", arm);
    if (date != NULL)
        say(c, EMULATION, "exposure begins on the date %s", date);
    else if (start != NULL)
        say(c, EMULATION, "exposure begins at the time %s", start);
    else
        say(c, EMULATION, "start of exposure not declared: time zero");
    if (site != NULL)
        say(c, EMULATION, "it counts where %s", site);
    if (rwe_settings_has(settings, "exposure-grace"))
        say(c, EMULATION, "it counts within %g months",
            rwe_settings_number(settings, "exposure-grace"));
    if (protocol_wants(c->of, "ccw"))
        say(c, EMULATION, "clones: weights change every %g%s",
            rwe_settings_number(settings, "ccw-step"), c->of->unit);
}

static void assignment(struct component *c)
{
    struct rwe_run *run = c->of->run;
    const char *declared = rwe_settings_text(run->settings, "protocol-assignment");
    struct rwe_strings covariates = rwe_settings_list(run->settings, "covariates");
    struct rwe_strings late = rwe_settings_list(run->settings, "landmark-covariates");
    say(c, TARGET, "%s", declared == NULL ? "at random, open label" : declared);
    say(c, EMULATION, "as it happened; as if random given covariates");
    if (covariates.n > 0)
        say_list(c, EMULATION, "covariates", covariates);
    else
        say(c, EMULATION, "covariates: not declared");
    if (late.n > 0)
        say_list(c, EMULATION, "at the landmark too", late);
    for (size_t d = 1; d < run->n_designs; d++)
        say(c, EMULATION, "population: %s", run->design[d].label);
    static const char *const flags[] = {"ccw-response", "sequential-response", "timedep-response"};
    static const char *const names[] = {"clones", "sequential trials", "time-dependent model"};
    for (size_t f = 0; f < 3; f++)
        if (rwe_settings_flag(run->settings, flags[f]))
            say(c, EMULATION, "%s: given response too", names[f]);
}

static void time_zero(struct component *c)
{
    const struct rwe_settings *settings = c->of->run->settings;
    const struct rwe_cohort *cohort = c->of->run->cohort;
    say(c, TARGET, "eligible, assigned and followed from one day on");
    if (cohort->dates != NULL && cohort->dates->column[RWE_DATE_INDEX] != NULL)
        say(c, EMULATION, "the date %s", cohort->dates->column[RWE_DATE_INDEX]);
    else
        say(c, EMULATION, "time 0 of the endpoints' columns");
    if (c->of->naive)
        say(c, EMULATION, "ever against never: arms told by the future");
    if (protocol_wants(c->of, "landmark")) {
        struct rwe_strings at = rwe_settings_number_texts(settings, "landmark");
        say(c, EMULATION, "landmark: at %s%s", protocol_list(c->of, at), c->of->unit);
    }
    if (protocol_wants(c->of, "sequential")) {
        double interval = rwe_settings_number(settings, "sequential");
        if (interval > 0)
            say(c, EMULATION, "sequential: a trial every %g%s", interval, c->of->unit);
        else
            say(c, EMULATION, "sequential: a trial at each start of exposure");
    }
    if (protocol_wants(c->of, "ccw"))
        say(c, EMULATION, "clones: both strategies from time zero");
}

static void say_outcome(struct component *c, const struct rwe_endpoint *endpoint)
{
    const struct rwe_settings *settings = c->of->run->settings;
    static const char *const rules[] = {"ema", "fda-a", "fda-b", "fda-c"};
    struct rwe_endpoint_specs specs = rwe_settings_endpoints(settings);
    int censoring = rwe_settings_choice(settings, "censoring");
    say(c, TARGET, "%s", endpoint->name);
    for (size_t s = 0; s < specs.n; s++) {
        const struct rwe_endpoint_spec *spec = &specs.item[s];
        if (strcmp(spec->name, endpoint->name) != 0)
            continue;
        say(c, EMULATION, "%s: %s = %s, time %s", spec->name, spec->event,
            spec->values.n == 0 ? "1" : rwe_text_join(c->of->run->arena, spec->values, " or "),
            spec->time);
        return;
    }
    say(c, EMULATION, "%s: from dates, %s rules", endpoint->name,
        rules[censoring < 0 ? 0 : censoring]);
}

static void outcomes(struct component *c)
{
    const struct rwe_cohort *cohort = c->of->run->cohort;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        say_outcome(c, &cohort->endpoint[e]);
    for (size_t side = 0; cohort->n_endpoints == 0 && side < N_SIDES; side++)
        say(c, side, "not declared");
}

static void follow_up(struct component *c)
{
    const struct rwe_settings *settings = c->of->run->settings;
    const char *cutoff = rwe_settings_text(settings, "cutoff");
    const char *entry = rwe_settings_text(settings, "entry");
    say(c, TARGET, "to the event, loss, or the study's end");
    say(c, EMULATION, "to the event, or last known without it");
    say(c, EMULATION, "data cut-off: %s", cutoff == NULL ? "not declared" : cutoff);
    if (entry != NULL)
        say(c, EMULATION, "observed from %s on", entry);
    if (protocol_wants(c->of, "ccw") || protocol_wants(c->of, "sequential"))
        say(c, EMULATION, "censored on leaving the strategy");
}

static void contrast(struct component *c)
{
    const struct protocol *of = c->of;
    bool deviates = protocol_wants(of, "ccw") || protocol_wants(of, "sequential");
    say(c, TARGET, deviates ? "per-protocol effect" : "intention-to-treat effect");
    if (protocol_wants(of, "ccw"))
        say(c, EMULATION, "clones: per protocol, in everybody");
    if (protocol_wants(of, "sequential"))
        say(c, EMULATION, "sequential: per protocol, in %s",
            rwe_settings_choice(of->run->settings, "sequential-weights") == 0
                ? "those who begin"
                : "who are alike in covariates");
    if (protocol_wants(of, "landmark"))
        say(c, EMULATION, "landmark: as exposed by then");
    if (protocol_wants(of, "timedep"))
        say(c, EMULATION, "time-dependent: a ratio of hazards, no strategy");
    if (of->naive)
        say(c, EMULATION, "ever against never: none");
    else if (c->n[EMULATION] == 0)
        say(c, EMULATION, "as treated from time zero");
}

static void statistics(struct component *c)
{
    static const struct {
        const char *analysis, *words;
    } methods[] = {{"km", "Kaplan–Meier curves"},
                   {"logrank", "log-rank tests"},
                   {"cox", "Cox models"},
                   {"rmst", "restricted mean survival"},
                   {"cuminc", "cumulative incidence"},
                   {"timedep", "time-dependent Cox model"},
                   {"response", "response rates"},
                   {"toxicity", "toxicity"}};
    const struct rwe_run *run = c->of->run;
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        if (protocol_wants(c->of, methods[m].analysis))
            for (size_t side = 0; side < N_SIDES; side++)
                say(c, side, "%s", methods[m].words);
    for (size_t side = 0; side < N_SIDES && c->n[side] == 0; side++)
        say(c, side, "not declared");
    say(c, EMULATION, "limits at %s", rwe_conf_level_text(run));
    if (rwe_settings_has(run->settings, "bootstrap"))
        say(c, EMULATION, "%g bootstrap replicates by patient",
            (double)rwe_settings_integer(run->settings, "bootstrap"));
}

static void present_protocol(const struct protocol *protocol)
{
    static const struct {
        const char *term, *label;
        void (*fill)(struct component *component);
    } parts[] = {
        {"eligibility", "Eligibility", eligibility},
        {"strategies", "Treatment strategies", strategies},
        {"assignment", "Assignment", assignment},
        {"time-zero", "Start of follow-up", time_zero},
        {"outcomes", "Outcomes", outcomes},
        {"follow-up", "Follow-up", follow_up},
        {"contrast", "Causal contrast", contrast},
        {"analysis", "Statistical analysis", statistics},
    };
    struct component component = {.of = protocol};
    struct rwe_grid *grid =
        rwe_document_table(protocol->run->document, "The target trial and its emulation");
    rwe_grid_column(grid, "component");
    rwe_grid_column(grid, "target trial");
    rwe_grid_column(grid, "emulation in this study");
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        parts[p].fill(&component);
        present(&component, grid, parts[p].term, parts[p].label);
    }
    rwe_grid_note(grid, "From the settings of this run; what they do not say is not declared. "
                        "Components after Hernán and Robins (2016).");
}

static enum rwe_status run_protocol(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    (void)error;
    const struct protocol protocol = {.run = run,
                                      .plan = rwe_plan_make(run->settings),
                                      .naive = rwe_immortal_is_naive(run->cohort),
                                      .unit = rwe_time_unit_word(run)};
    rwe_document_section(run->document, 1, "Target trial");
    present_protocol(&protocol);
    protocol_present_estimands(&protocol);
    return RWE_OK;
}

const struct rwe_analysis rwe_analysis_protocol = {
    .name = "protocol",
    .help =
        "The target trial beside its emulation (eligibility, strategies, assignment, time zero, "
        "outcomes, follow-up, contrast, analysis), and the estimand of each population.",
    .options = &option_list,
    .from_zero = true,
    .run = run_protocol,
};
