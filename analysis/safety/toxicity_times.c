/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adverse events in time: first events per time at risk and their cumulative incidence, by arm, and before and after
 * the exposure began. See toxicity.md. */
#include "estimates/cuminc.h"
#include "rwe/analysis/times.h"
#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "rwe/stats/rate.h"
#include "rwe/stats/rate_weighted.h"
#include "toxicity_table.h"

#include <math.h>
#include <string.h>

/* ---- first events ---- */

/* Where events end to count before follow-up does, time at risk would have to end there too, and who has
 * no event has no row that says when his last dose was. */
static bool has_times(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    return isnan(toxicity_settings_of(run->settings)->days) &&
           toxicity->events.episode.start != NULL && toxicity->follow_up != NULL &&
           run->cohort->entry == NULL;
}

static const char times_need[] =
    N_("onsets, follow-up (an endpoint os, or --ae-follow-up), no late entry and no --teae-days");

enum { FIRST_NONE, FIRST_KNOWN, FIRST_UNKNOWN };

/* By subject of the data: until the first event or the end of follow-up. Of unknown onset: no time. */
struct first_events {
    double *time;
    uint8_t *event; /* FIRST_… */
};

/* Of a row at a level; both arrays hold a place for every subject. */
static void find_first(const struct rwe_toxicity *toxicity, const struct rwe_toxicity_row *row,
                       size_t level, struct first_events first)
{
    memcpy(first.time, toxicity->follow_up->time, toxicity->n_subjects * sizeof first.time[0]);
    memset(first.event, 0, toxicity->n_subjects * sizeof first.event[0]);
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        double onset = row->onset[level][k];
        if (isinf(onset))
            continue;
        first.event[i] = isnan(onset) ? FIRST_UNKNOWN : FIRST_KNOWN;
        first.time[i] = isnan(onset) ? 0 : onset;
    }
}

/* ---- rates ---- */

/* Rates are per `scale` of the cohort's unit of time: "100 patient-years". */
struct rate_unit {
    double scale;
    const char *words; /* what there are 100 of */
};

static struct rate_unit rate_unit_of(const struct rwe_run *run)
{
    static const double per_year[] = {365.25, 365.25 / 7, 12, 1};
    enum rwe_time_unit unit = rwe_study_of(run->settings)->time_unit;
    if (unit == RWE_UNIT_NOT_SAID)
        return (struct rate_unit){100, rwe_text("units of time")};
    return (struct rate_unit){100 * per_year[unit], rwe_text("patient-years")};
}

/* Rows of the members with the first events of a term. */
struct rates {
    const struct rwe_toxicity_view *view;
    struct rate_unit unit;
    double conf_level;
    struct first_events first;      /* by subject */
    double *events, *time;          /* by row of the members; time in the unit of the rates */
    struct rwe_weighted_rate *rate; /* by arm */
    double *crude;                  /* by arm: subjects with a known first event */
};

static enum rwe_status prepare_rates(const struct rwe_toxicity_view *view, struct rates *rates,
                                     struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    size_t n = view->shares.members.n;
    *rates = (struct rates){
        .view = view,
        .unit = rate_unit_of(run),
        .conf_level = rwe_statistics_of(run->settings)->conf_level,
        .first = {RWE_NEW(run->arena, double, run->cohort->n),
                  RWE_NEW(run->arena, uint8_t, run->cohort->n)},
        .events = RWE_NEW(run->arena, double, n),
        .time = RWE_NEW(run->arena, double, n),
        .rate = RWE_NEW(run->arena, struct rwe_weighted_rate, run->cohort->n_arms),
        .crude = RWE_NEW(run->arena, double, run->cohort->n_arms),
    };
    return rwe_arena_failed(run->arena) ? rwe_fail_memory(error) : RWE_OK;
}

static struct rwe_rate_data data_of(const struct rates *rates)
{
    const struct rwe_shares *shares = &rates->view->shares;
    return (struct rwe_rate_data){.n = shares->members.n,
                                  .events = rates->events,
                                  .time = rates->time,
                                  .group = shares->arm,
                                  .n_groups = rates->view->run->cohort->n_arms,
                                  .weight = shares->members.weight,
                                  .dependence = shares->members.dependence};
}

static enum rwe_status compute(const struct rates *rates, struct rwe_error *error)
{
    const struct rwe_shares *shares = &rates->view->shares;
    const struct rwe_cohort *cohort = rates->view->run->cohort;
    for (size_t r = 0; r < shares->members.n; r++) {
        uint32_t i = shares->members.subject[r];
        rates->events[r] = rates->first.event[i] == FIRST_KNOWN;
        rates->time[r] = rates->first.time[i] / rates->unit.scale;
    }
    memset(rates->crude, 0, cohort->n_arms * sizeof rates->crude[0]);
    for (size_t i = 0; i < cohort->n; i++)
        if (shares->design->member[i])
            rates->crude[cohort->arm[i]] += rates->first.event[i] == FIRST_KNOWN;
    const struct rwe_rate_data data = data_of(rates);
    return rwe_rate_weighted(&data, rates->conf_level, rates->view->run->arena, rates->rate, error);
}

/* Of one arm: members of a pair are in two, so only the comparison of pairs is not Poisson's. */
static struct rwe_interval limits_of(const struct rates *rates, size_t arm)
{
    const struct rwe_weighted_rate *r = &rates->rate[arm];
    if (rates->view->shares.rule == RWE_SHARES_ROBUST)
        return (struct rwe_interval){r->estimate, r->conf_low, r->conf_high};
    return rwe_rate_limits(r->events, r->time, rates->conf_level);
}

static enum rwe_status ratio_of(const struct rates *rates, struct rwe_interval *ratio,
                                struct rwe_error *error)
{
    const struct rwe_weighted_rate *r = rates->rate;
    if (rates->view->shares.rule != RWE_SHARES_INDEPENDENT) {
        const struct rwe_rate_data data = data_of(rates);
        return rwe_rate_weighted_ratio(&data, r, rates->conf_level, rates->view->run->arena, ratio,
                                       error);
    }
    const struct rwe_rates counts = {r[1].events, r[1].time, r[0].events, r[0].time};
    *ratio = rwe_rate_compare(&counts, rates->conf_level).ratio;
    return RWE_OK;
}

static void add_rate_columns(struct rwe_grid *grid, const struct rwe_run *run, const char *group)
{
    rwe_grid_fact_column(grid, RWE_CELL_COUNT, "n.event", "%s\nn", group);
    rwe_grid_fact_column(grid, RWE_CELL_RATIO_LIMITS, "[time.at.risk] estimate conf.low conf.high",
                         "%s\nrate (%s CI)", group, rwe_conf_level_text(run));
}

static void add_ratio_column(struct rwe_grid *grid, const struct rwe_run *run)
{
    rwe_grid_fact_column(grid, RWE_CELL_RATIO_LIMITS, "rate.ratio conf.low conf.high",
                         "rate ratio\n(%s CI)", rwe_conf_level_text(run));
}

static void put_arm(const struct rates *rates, struct rwe_grid *grid, const struct rwe_key *key,
                    size_t arm)
{
    struct rwe_key at = rwe_key_arm(*key, rates->view->run->cohort, arm);
    struct rwe_interval limits = limits_of(rates, arm);
    rwe_grid_put(grid, &at, rates->crude[arm]);
    if (rates->view->design->weight != NULL)
        rwe_document_number(rates->view->run->document, &at, "n.event.weighted",
                            rates->rate[arm].events);
    rwe_grid_put(grid, &at, rates->rate[arm].time * rates->unit.scale, limits.estimate, limits.low,
                 limits.high);
}

static enum rwe_status present_level(const struct rates *rates, struct rwe_grid *grid,
                                     const struct rwe_toxicity_row *row, size_t level,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = rates->view->run->cohort;
    struct rwe_key key = rwe_key_in("toxicity", NULL, rates->view->design);
    struct rwe_interval ratio;
    find_first(rates->view->toxicity, row, level, rates->first);
    enum rwe_status status = compute(rates, error);
    if (status != RWE_OK)
        return status;
    key.model = "rate";
    key.term = row->name;
    key.level = rwe_toxicity_level[level].name;
    rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(row));
    for (size_t a = 0; a < cohort->n_arms; a++)
        put_arm(rates, grid, &key, a);
    if (cohort->n_arms != 2)
        return RWE_OK;
    status = ratio_of(rates, &ratio, error);
    if (status == RWE_OK)
        rwe_grid_put(grid, &key, ratio.estimate, ratio.low, ratio.high);
    return status;
}

static struct rwe_grid *start_rates(const struct rates *rates, size_t level)
{
    const struct rwe_run *run = rates->view->run;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "First adverse events per 100 %s, %s: %s", rates->unit.words,
        rwe_text(rwe_toxicity_level[level].label), rates->view->design->label);
    rwe_grid_column(grid, "adverse event");
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        add_rate_columns(grid, run, run->cohort->arm_level[a]);
    if (run->cohort->n_arms == 2)
        add_ratio_column(grid, run);
    return grid;
}

static void end_rates(const struct rates *rates, struct rwe_grid *grid)
{
    enum rwe_share_rule rule = rates->view->shares.rule;
    rwe_grid_note(grid,
                  "First events per 100 %s at risk: until the first event of the term, death or "
                  "the end of follow-up. Terms as in the table of all adverse events. Rates "
                  "average over time at risk: they compare arms fairly, and exact limits hold, "
                  "only where the hazard is about constant.",
                  rates->unit.words);
    if (rule == RWE_SHARES_ROBUST)
        rwe_grid_note(grid, "Limits on the log: %s.",
                      rwe_shares_difference_words(&rates->view->shares));
    else if (rule == RWE_SHARES_PAIRED)
        rwe_grid_note(grid, "Limits: exact, Poisson (Garwood); of the ratio robust on the log, by "
                            "matched pair.");
    else
        rwe_grid_note(grid, "Limits: exact, Poisson (Garwood); of the ratio exact, given the sum "
                            "of events.");
    if (rates->view->design->weight != NULL)
        rwe_grid_note(grid, "n counts subjects; rates and ratios are weighted.");
    rwe_grid_note(grid, "Who had an event of unknown onset is left out of its row.");
}

static enum rwe_status present_rates(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rates rates;
    enum rwe_status status = prepare_rates(view, &rates, error);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && status == RWE_OK; l++) {
        struct rwe_grid *grid = start_rates(&rates, l);
        for (size_t r = 0; r < toxicity->n_rows && status == RWE_OK; r++)
            if (toxicity->row[r].shown)
                status = present_level(&rates, grid, &toxicity->row[r], l, error);
        end_rates(&rates, grid);
    }
    return status;
}

const struct rwe_toxicity_part rwe_toxicity_rates = {
    .name = "rates",
    .title = N_("Exposure-adjusted incidence rates"),
    .needs = times_need,
    .applies = has_times,
    .present = present_rates,
};

/* ---- cumulative incidence: what is asked ---- */

/* A term at a level, as asked for. */
struct question {
    const char *name;
    size_t level;
    struct rwe_toxicity_row row;
};

/* "any:3" is any at grade 3 or more. */
static enum rwe_status take_apart(const struct rwe_run *run, const char *text,
                                  struct question *question, struct rwe_error *error)
{
    size_t length = strlen(text);
    bool severe = length > 2 && strcmp(text + length - 2, ":3") == 0;
    char *name = rwe_arena_format(run->arena, "%.*s", (int)(severe ? length - 2 : length), text);
    if (name == NULL)
        return rwe_fail_memory(error);
    question->name = name;
    question->level = severe ? RWE_TOXICITY_SEVERE : RWE_TOXICITY_ANY;
    return RWE_OK;
}

static enum rwe_status no_such_term(const struct rwe_toxicity_view *view, const char *name,
                                    struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const char **known = RWE_NEW(view->run->arena, const char *, toxicity->n_rows);
    if (known == NULL)
        return rwe_fail_memory(error);
    for (size_t r = 0; r < toxicity->n_rows; r++)
        known[r] = toxicity->row[r].name;
    const char *near = rwe_text_nearest(name, known, toxicity->n_rows);
    if (near == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-incidence %s: the file has no such term", name);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--ae-incidence %s: the file has no such term; did you mean \"%s\"?", name,
                    near);
}

/* The row of the term; of pneumonitis all its terms together. */
static enum rwe_status find_row(const struct rwe_toxicity_view *view, struct question *question,
                                struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rwe_arena *arena = view->run->arena;
    uint8_t *mark = RWE_NEW(arena, uint8_t, toxicity->events.n_terms);
    const struct rwe_toxicity_filter filter = {.terms = mark};
    struct rwe_toxicity_list list;
    if (mark == NULL)
        return rwe_fail_memory(error);
    if (strcasecmp(question->name, "pneumonitis") == 0 &&
        rwe_toxicity_mark_pneumonitis(&toxicity->events, mark)) {
        question->row.name = "pneumonitis";
        bool done =
            rwe_toxicity_select(toxicity, &toxicity->all, &filter, arena, &list) == RWE_OK &&
            rwe_toxicity_collect(toxicity, &list, arena, &question->row) == RWE_OK;
        return done ? RWE_OK : rwe_fail_memory(error);
    }
    for (size_t r = 0; r < toxicity->n_rows; r++)
        if (strcasecmp(toxicity->row[r].name, question->name) == 0) {
            question->row = toxicity->row[r];
            return RWE_OK;
        }
    return no_such_term(view, question->name, error);
}

/* Those of --ae-incidence; without it any of grade 3 or more and, where there is one, pneumonitis. */
static enum rwe_status ask(const struct rwe_toxicity_view *view, struct question **questions,
                           size_t *n, struct rwe_error *error)
{
    const char *usual[] = {"any:3", "pneumonitis"};
    const struct rwe_run *run = view->run;
    struct rwe_strings asked = toxicity_settings_of(run->settings)->incidence;
    if (asked.n == 0)
        asked = (struct rwe_strings){usual,
                                     rwe_toxicity_has_pneumonitis(&view->toxicity->events) ? 2 : 1};
    struct question *question = RWE_NEW(run->arena, struct question, asked.n);
    enum rwe_status status = question == NULL ? rwe_fail_memory(error) : RWE_OK;
    *n = 0;
    for (size_t k = 0; k < asked.n && status == RWE_OK; k++) {
        status = take_apart(run, asked.item[k], &question[*n], error);
        if (status == RWE_OK)
            status = find_row(view, &question[*n], error);
        bool twin = false;
        for (size_t q = 0; q < *n && status == RWE_OK; q++)
            twin = twin || (strcmp(question[q].row.name, question[*n].row.name) == 0 &&
                            question[q].level == question[*n].level);
        *n += !twin;
    }
    *questions = question;
    return status;
}

/* ---- cumulative incidence: curves ---- */

/* The term is cause 1, death without it cause 2. */
static enum rwe_status make_endpoint(const struct rwe_toxicity_view *view,
                                     const struct question *question, struct rwe_endpoint *endpoint)
{
    static const char *const causes[] = {"event", "death"};
    struct rwe_arena *arena = view->run->arena;
    const struct rwe_endpoint *follow_up = view->toxicity->follow_up;
    size_t n = view->run->cohort->n;
    const struct first_events first = {RWE_NEW(arena, double, n), RWE_NEW(arena, uint8_t, n)};
    uint32_t *order = RWE_NEW(arena, uint32_t, n);
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    find_first(view->toxicity, &question->row, question->level, first);
    for (size_t i = 0; i < n; i++) {
        bool died = first.event[i] == FIRST_NONE && follow_up->event[i] > 0;
        first.event[i] = first.event[i] == FIRST_KNOWN ? 1 : died ? 2 : 0;
    }
    *endpoint = (struct rwe_endpoint){.name = question->row.name,
                                      .time = first.time,
                                      .event = first.event,
                                      .order = order,
                                      .n_causes = 2,
                                      .cause_name = causes};
    return rwe_sort_numbers(first.time, n, arena, order);
}

static enum rwe_status fit(const struct rwe_toxicity_view *view,
                           const struct rwe_endpoint *endpoint, struct rwe_aalen_johansen curve[],
                           struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new(); /* the event table need not outlive its curves */
    enum rwe_status status =
        scratch == NULL ? rwe_fail_memory(error)
                        : rwe_cuminc_fit(view->run, endpoint, view->design, scratch, curve, error);
    rwe_arena_free(scratch);
    return status;
}

static struct rwe_key key_of(const struct rwe_toxicity_view *view, const struct question *question)
{
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    key.model = "cuminc";
    key.term = question->row.name;
    key.level = rwe_toxicity_level[question->level].name;
    return key;
}

static void add_series(const struct rwe_toxicity_view *view, const struct rwe_key *key,
                       const struct rwe_aalen_johansen *c)
{
    static const char *const columns[] = {"time",     "n.risk",    "n.event",  "n.censor",
                                          "estimate", "std.error", "conf.low", "conf.high"};
    const double *const values[] = {c->time,      c->at_risk,   c->events,   c->censored,
                                    c->incidence, c->std_error, c->conf_low, c->conf_high};
    rwe_document_series(view->run->document, key, "step", c->n_points, 8, columns, values);
}

/* Incidences by arm at the times, and the numbers of events. */
static void put_curves(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                       struct rwe_key key, const struct rwe_aalen_johansen curve[])
{
    const struct rwe_run *run = view->run;
    struct rwe_times times = rwe_times_of(run, view->toxicity->follow_up);
    for (size_t t = 0; t < times.n; t++) {
        rwe_grid_row(grid, 1, "%g", times.at[t]);
        key.time = times.at[t];
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
            struct rwe_aalen_johansen_point at = rwe_aalen_johansen_at(&curve[a], 1, key.time);
            rwe_grid_put(grid, &arm, at.incidence, at.std_error, at.conf_low, at.conf_high,
                         at.at_risk);
        }
    }
    key.time = NAN;
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        struct rwe_key arm = rwe_key_arm(key, run->cohort, a);
        rwe_document_number(run->document, &arm, "n.event", curve[a].n_events[0]);
        rwe_document_number(run->document, &arm, "n.competing", curve[a].n_events[1]);
        add_series(view, &arm, &curve[a]);
    }
}

static enum rwe_status present_question(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                        const struct question *question, struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    struct rwe_endpoint endpoint;
    struct rwe_aalen_johansen *curve =
        RWE_NEW(run->arena, struct rwe_aalen_johansen, run->cohort->n_arms);
    if (curve == NULL || make_endpoint(view, question, &endpoint) != RWE_OK)
        return rwe_fail_memory(error);
    enum rwe_status status = fit(view, &endpoint, curve, error);
    if (status != RWE_OK)
        return status;
    bool is_group = strcmp(question->row.name, "pneumonitis") == 0;
    rwe_grid_row(grid, 0, "%s, %s",
                 is_group ? rwe_text("Pneumonitis of any cause")
                          : rwe_toxicity_row_label(&question->row),
                 rwe_text(rwe_toxicity_level[question->level].label));
    put_curves(view, grid, key_of(view, question), curve);
    return RWE_OK;
}

static enum rwe_status present_incidence(const struct rwe_toxicity_view *view,
                                         struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    struct question *question;
    size_t n;
    enum rwe_status status = ask(view, &question, &n, error);
    if (status != RWE_OK)
        return status;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "Cumulative incidence of adverse events: %s", view->design->label);
    rwe_grid_column(grid, "event and time%s", rwe_time_unit_suffix(run));
    for (size_t a = 0; a < run->cohort->n_arms; a++)
        rwe_grid_fact_column(grid, RWE_CELL_SURVIVAL_LIMITS,
                             "estimate [std.error] conf.low conf.high [n.risk]", "%s\n(%s CI)",
                             run->cohort->arm_level[a], rwe_conf_level_text(run));
    for (size_t q = 0; q < n && status == RWE_OK; q++)
        status = present_question(view, grid, &question[q], error);
    rwe_grid_note(grid,
                  "First event since time zero, death without it competing: Aalen–Johansen; "
                  "limits on the log-log scale; variance: %s. Who had an event of unknown onset "
                  "is censored at time zero.",
                  rwe_variance_words(run, view->design, RWE_VARIANCE_OF_ARM, rwe_text("Aalen's")));
    return status;
}

const struct rwe_toxicity_part rwe_toxicity_incidence = {
    .name = "cuminc",
    .title = N_("Cumulative incidence of adverse events"),
    .needs = times_need,
    .applies = has_times,
    .present = present_incidence,
    .has_series = true,
};

/* ---- the exposed arm, before and after ---- */

enum { EXPOSED_ARM = 1 };

static bool has_phases(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    return toxicity->events.episode.start != NULL && run->cohort->exposure_start != NULL &&
           run->cohort->n_arms == 2;
}

static bool has_states(const struct rwe_run *run, const struct rwe_toxicity *toxicity)
{
    return has_phases(run, toxicity) && has_times(run, toxicity);
}

static const struct phase {
    const char *model;
    const char *heading[RWE_TOXICITY_LEVELS];
    bool after;
} phases[] = {
    {"phase-before", {N_("before exposure\nany grade"), N_("before exposure\ngrade ≥3")}, false},
    {"phase-after", {N_("after exposure\nany grade"), N_("after exposure\ngrade ≥3")}, true},
};
enum { N_PHASES = 2 };

/* What is told of the exposed arm alone: n and percent of its members. */
static void put_exposed(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                        const struct rwe_key *key, const struct rwe_toxicity_span *span)
{
    struct rwe_document *document = view->run->document;
    struct rwe_key at = rwe_key_arm(*key, view->run->cohort, EXPOSED_ARM);
    struct rwe_share share = rwe_toxicity_share(view, EXPOSED_ARM, span->least, span->most);
    at.level = span->name;
    rwe_fact n = rwe_document_number(document, &at, "n", (double)share.n);
    if (view->design->weight != NULL)
        rwe_document_number(document, &at, "n.weighted", share.weighted);
    rwe_fact percent =
        rwe_document_number(document, &at, "percent", 100 * rwe_share_estimate(&share));
    rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
}

/* Episodes of unknown onset are in neither phase. */
static enum rwe_status put_phase(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                                 size_t r, const struct phase *phase)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    const double *start = view->run->cohort->exposure_start;
    struct rwe_arena *arena = view->run->arena;
    uint32_t *episode = RWE_NEW(arena, uint32_t, toxicity->of_row[r].n);
    struct rwe_toxicity_list list = {.episode = episode};
    struct rwe_toxicity_row row = {.name = toxicity->row[r].name};
    struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
    if (episode == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < toxicity->of_row[r].n; k++) {
        uint32_t which = toxicity->of_row[r].episode[k];
        double onset = e->start[which], begun = start[e->subject[which]];
        if (!isnan(onset) && !isnan(begun) && (onset > begun) == phase->after)
            episode[list.n++] = which;
    }
    if (rwe_toxicity_collect(toxicity, &list, arena, &row) != RWE_OK)
        return RWE_NO_MEMORY;
    key.model = phase->model;
    key.term = row.name;
    rwe_toxicity_count(view, &row);
    put_exposed(view, grid, &key, &rwe_toxicity_span[RWE_SPAN_ANY]);
    put_exposed(view, grid, &key, &rwe_toxicity_span[RWE_SPAN_SEVERE]);
    return RWE_OK;
}

static enum rwe_status present_phases(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rwe_grid *grid =
        rwe_document_table(view->run->document, "Adverse events of %s by phase: %s",
                           view->run->cohort->arm_level[EXPOSED_ARM], view->design->label);
    rwe_grid_column(grid, "adverse event");
    for (size_t p = 0; p < N_PHASES; p++)
        for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++)
            rwe_grid_column(grid, "%s", rwe_text(phases[p].heading[l]));
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        if (!toxicity->row[r].shown)
            continue;
        rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(&toxicity->row[r]));
        for (size_t p = 0; p < N_PHASES; p++)
            if (put_phase(view, grid, r, &phases[p]) != RWE_OK)
                return rwe_fail_memory(error);
    }
    rwe_grid_note(
        grid, "Subjects of the arm with an episode that began before the exposure or on its "
              "first day, and after it, over all of the arm; a subject may be in both. The phases "
              "differ in length and in what else was given, so the columns describe, and "
              "compare no treatments.");
    if (view->design->weight != NULL)
        rwe_grid_note(grid, "Counts are of subjects; percentages are weighted.");
    return RWE_OK;
}

const struct rwe_toxicity_part rwe_toxicity_phases = {
    .name = "phases",
    .title = N_("Before and after the exposure"),
    .needs = N_("onsets, two arms and --exposure-start, from time zero"),
    .applies = has_phases,
    .present = present_phases,
};

/* ---- in either state ---- */

struct state {
    double events, time;
};

/* Workspace by subject: the first onset in either state, infinite: none; a NaN: of unknown onset. */
struct onsets {
    double *in[2];
};

/* Up to the start one is unexposed, on the right closed as in rwe/data/timedep.h. */
static void find_onsets(const struct rwe_toxicity_view *view, size_t r, size_t level,
                        struct onsets onsets)
{
    const struct rwe_toxicity_list *list = &view->toxicity->of_row[r];
    const struct rwe_adverse_episodes *e = &view->toxicity->events.episode;
    const struct rwe_cohort *cohort = view->run->cohort;
    for (size_t i = 0; i < cohort->n; i++)
        onsets.in[0][i] = onsets.in[1][i] = INFINITY;
    for (size_t k = 0; k < list->n; k++) {
        uint32_t episode = list->episode[k], i = e->subject[episode];
        double onset = e->start[episode];
        if (e->grade[episode] < rwe_toxicity_level[level].least_grade)
            continue;
        double *first = &onsets.in[onset > cohort->exposure_start[i]][i];
        if (isnan(onset))
            onsets.in[0][i] = NAN; /* it may be before any other */
        else if (onset < *first)
            *first = onset;
    }
}

/* In each state until the first event in it. Who has an event of unknown onset is left out. */
static void count_states(const struct rwe_toxicity_view *view, struct onsets onsets,
                         struct state state[2])
{
    const struct rwe_cohort *cohort = view->run->cohort;
    state[0] = state[1] = (struct state){0, 0};
    for (size_t i = 0; i < cohort->n; i++) {
        double start = cohort->exposure_start[i], end = view->toxicity->follow_up->time[i];
        double from = fmax(start, 0), until = start < end ? from : end;
        if (isnan(onsets.in[0][i]))
            continue;
        state[0].time += fmin(until, onsets.in[0][i]);
        state[0].events += isfinite(onsets.in[0][i]);
        if (!(start < end))
            continue;
        state[1].time += fmin(end, onsets.in[1][i]) - from;
        state[1].events += isfinite(onsets.in[1][i]);
    }
}

static void put_states(const struct rwe_toxicity_view *view, struct rwe_grid *grid,
                       const struct rwe_key *key, const struct state state[2])
{
    static const char *const groups[] = {"unexposed", "exposed"};
    double level = rwe_statistics_of(view->run->settings)->conf_level;
    double scale = rate_unit_of(view->run).scale;
    for (size_t s = 0; s < 2; s++) {
        struct rwe_key at = *key;
        struct rwe_interval rate = rwe_rate_limits(state[s].events, state[s].time / scale, level);
        at.group = groups[s];
        rwe_grid_put(grid, &at, state[s].events);
        rwe_grid_put(grid, &at, state[s].time, rate.estimate, rate.low, rate.high);
    }
    const struct rwe_rates counts = {state[1].events, state[1].time, state[0].events,
                                     state[0].time};
    struct rwe_interval ratio = rwe_rate_compare(&counts, level).ratio;
    rwe_grid_put(grid, key, ratio.estimate, ratio.low, ratio.high);
}

static struct rwe_grid *start_states(const struct rwe_toxicity_view *view, size_t level)
{
    const struct rwe_run *run = view->run;
    struct rwe_grid *grid = rwe_document_table(
        run->document, "First adverse events per 100 %s in either state, %s: %s",
        rate_unit_of(run).words, rwe_text(rwe_toxicity_level[level].label), view->design->label);
    rwe_grid_column(grid, "adverse event");
    add_rate_columns(grid, run, rwe_text("unexposed"));
    add_rate_columns(grid, run, rwe_text("exposed"));
    add_ratio_column(grid, run);
    return grid;
}

static enum rwe_status present_state_level(const struct rwe_toxicity_view *view, size_t level,
                                           struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    const struct rwe_toxicity *toxicity = view->toxicity;
    const struct onsets onsets = {
        {RWE_NEW(run->arena, double, run->cohort->n), RWE_NEW(run->arena, double, run->cohort->n)}};
    struct rwe_grid *grid = start_states(view, level);
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        struct rwe_key key = rwe_key_in("toxicity", NULL, view->design);
        struct state state[2];
        if (!toxicity->row[r].shown)
            continue;
        find_onsets(view, r, level, onsets);
        count_states(view, onsets, state);
        key.model = "phase-rate";
        key.term = toxicity->row[r].name;
        key.level = rwe_toxicity_level[level].name;
        rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(&toxicity->row[r]));
        put_states(view, grid, &key, state);
    }
    rwe_grid_note(
        grid, "Everybody counts as unexposed until the exposure begins, so no time is "
              "immortal. In each state until the first event of the term that begins in it, death "
              "or the end of follow-up; a subject may have one in both. "
              "Limits: exact, Poisson (Garwood); of the ratio exact, given the sum of "
              "events. The states lie at different times since time zero, when other "
              "treatment is given: the ratio is no effect of the exposure by itself.");
    return RWE_OK;
}

/* Weights and matched sets are made for arms, not for states. */
static enum rwe_status present_states(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    bool is_whole = view->design == &view->run->design[0];
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && is_whole && status == RWE_OK; l++)
        status = present_state_level(view, l, error);
    return status;
}

const struct rwe_toxicity_part rwe_toxicity_states = {
    .name = "states",
    .title = N_("Incidence rates with and without the exposure"),
    .needs = N_("what rates and phases need"),
    .applies = has_states,
    .present = present_states,
    .is_unbiased = true,
};
