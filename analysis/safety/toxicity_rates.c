/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First adverse events per time at risk, by arm. See toxicity.md. */
#include "toxicity_rates.h"

#include "rwe/stats/rate.h"
#include "rwe/stats/rate_weighted.h"

#include <math.h>
#include <string.h>

/* Where events end to count before follow-up does, time at risk would have to end there too, and who has
 * no event has no row that says when his last dose was. */
bool rwe_toxicity_has_times(const struct rwe_run *run)
{
    return isnan(toxicity_settings_of(run->settings)->days) &&
           run->toxicity->events.episode.start != NULL && run->toxicity->follow_up != NULL &&
           run->cohort->entry == NULL;
}

struct rwe_rate_unit rwe_rate_unit_of(const struct rwe_run *run)
{
    static const double per_year[] = {365.25, 365.25 / 7, 12, 1};
    enum rwe_time_unit unit = rwe_study_of(run->settings)->time_unit;
    if (unit == RWE_UNIT_NOT_SAID)
        return (struct rwe_rate_unit){100, "units of time"};
    return (struct rwe_rate_unit){100 * per_year[unit], "patient-years"};
}

/* ---- first events ---- */

void rwe_toxicity_first(const struct rwe_toxicity *toxicity, const struct rwe_toxicity_row *row,
                        size_t level, struct rwe_first_events first)
{
    memcpy(first.time, toxicity->follow_up->time, toxicity->n_subjects * sizeof first.time[0]);
    memset(first.event, 0, toxicity->n_subjects * sizeof first.event[0]);
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        double onset = row->onset[level][k];
        if (isinf(onset))
            continue;
        first.event[i] = isnan(onset) ? RWE_FIRST_UNKNOWN : RWE_FIRST_KNOWN;
        first.time[i] = isnan(onset) ? 0 : onset;
    }
}

/* ---- a population ---- */

/* Rows of the members with the first events of a term. */
struct rates {
    const struct rwe_toxicity_view *view;
    struct rwe_rate_unit unit;
    double conf_level;
    struct rwe_first_events first;  /* by subject */
    double *events, *time;          /* by row of the members; time in the unit of the rates */
    struct rwe_weighted_rate *rate; /* by arm */
    double *crude;                  /* by arm: subjects with a known first event */
};

static enum rwe_status start(const struct rwe_toxicity_view *view, struct rates *rates,
                             struct rwe_error *error)
{
    struct rwe_run *run = view->run;
    size_t n = view->shares.members.n;
    *rates = (struct rates){
        .view = view,
        .unit = rwe_rate_unit_of(run),
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
        rates->events[r] = rates->first.event[i] == RWE_FIRST_KNOWN;
        rates->time[r] = rates->first.time[i] / rates->unit.scale;
    }
    memset(rates->crude, 0, cohort->n_arms * sizeof rates->crude[0]);
    for (size_t i = 0; i < cohort->n; i++)
        if (shares->design->member[i])
            rates->crude[cohort->arm[i]] += rates->first.event[i] == RWE_FIRST_KNOWN;
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

/* ---- presenting ---- */

static void put_arm(const struct rates *rates, struct rwe_grid *grid, const struct rwe_key *key,
                    size_t arm)
{
    struct rwe_document *document = rates->view->run->document;
    struct rwe_key at = rwe_key_arm(*key, rates->view->run->cohort, arm);
    struct rwe_interval limits = limits_of(rates, arm);
    rwe_fact n = rwe_document_number(document, &at, "n.event", rates->crude[arm]);
    if (rates->view->design->weight != NULL)
        rwe_document_number(document, &at, "n.event.weighted", rates->rate[arm].events);
    rwe_document_number(document, &at, "time.at.risk", rates->rate[arm].time * rates->unit.scale);
    rwe_fact estimate = rwe_document_number(document, &at, "estimate", limits.estimate);
    rwe_fact low = rwe_document_number(document, &at, "conf.low", limits.low);
    rwe_fact high = rwe_document_number(document, &at, "conf.high", limits.high);
    rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, estimate, low, high);
}

static enum rwe_status put_ratio(const struct rates *rates, struct rwe_grid *grid,
                                 const struct rwe_key *key, struct rwe_error *error)
{
    struct rwe_document *document = rates->view->run->document;
    struct rwe_interval ratio;
    enum rwe_status status = ratio_of(rates, &ratio, error);
    if (status != RWE_OK)
        return status;
    rwe_fact value = rwe_document_number(document, key, "rate.ratio", ratio.estimate);
    rwe_fact low = rwe_document_number(document, key, "conf.low", ratio.low);
    rwe_fact high = rwe_document_number(document, key, "conf.high", ratio.high);
    rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, value, low, high);
    return RWE_OK;
}

static enum rwe_status present_level(const struct rates *rates, struct rwe_grid *grid,
                                     const struct rwe_toxicity_row *row, size_t level,
                                     struct rwe_error *error)
{
    const struct rwe_cohort *cohort = rates->view->run->cohort;
    struct rwe_key key = rwe_key_in("toxicity", NULL, rates->view->design);
    rwe_toxicity_first(rates->view->toxicity, row, level, rates->first);
    enum rwe_status status = compute(rates, error);
    if (status != RWE_OK)
        return status;
    key.model = "rate";
    key.term = row->name;
    key.level = rwe_toxicity_level[level].name;
    for (size_t a = 0; a < cohort->n_arms; a++)
        put_arm(rates, grid, &key, a);
    return cohort->n_arms == 2 ? put_ratio(rates, grid, &key, error) : RWE_OK;
}

static void start_table(const struct rates *rates, struct rwe_grid *grid)
{
    const struct rwe_run *run = rates->view->run;
    rwe_grid_column(grid, "adverse event");
    for (size_t a = 0; a < run->cohort->n_arms; a++) {
        rwe_grid_column(grid, "%s\nn", run->cohort->arm_level[a]);
        rwe_grid_column(grid, "%s\nrate (%s CI)", run->cohort->arm_level[a],
                        rwe_conf_level_text(run));
    }
    if (run->cohort->n_arms == 2)
        rwe_grid_column(grid, "rate ratio\n(%s CI)", rwe_conf_level_text(run));
}

static void end_table(const struct rates *rates, struct rwe_grid *grid)
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
    else
        rwe_grid_note(grid, "Limits: exact, Poisson (Garwood); of the ratio %s.",
                      rule == RWE_SHARES_PAIRED ? "robust on the log, by matched pair"
                                                : "exact, given the sum of events");
    if (rates->view->design->weight != NULL)
        rwe_grid_note(grid, "n counts subjects; rates and ratios are weighted.");
    rwe_grid_note(grid, "Who had an event of unknown onset is left out of its row.");
}

enum rwe_status rwe_toxicity_rates(const struct rwe_toxicity_view *view, struct rwe_error *error)
{
    const struct rwe_toxicity *toxicity = view->toxicity;
    struct rates rates;
    enum rwe_status status = start(view, &rates, error);
    if (status != RWE_OK)
        return status;
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && status == RWE_OK; l++) {
        const char *heading = l == RWE_TOXICITY_ANY ? "any grade" : "grade ≥3";
        struct rwe_grid *grid = rwe_toxicity_table(
            view, rwe_arena_format(view->run->arena, "First adverse events per 100 %s, %s",
                                   rates.unit.words, heading));
        start_table(&rates, grid);
        for (size_t r = 0; r < toxicity->n_rows && status == RWE_OK; r++) {
            if (!toxicity->row[r].shown)
                continue;
            rwe_grid_row(grid, 0, "%s", rwe_toxicity_row_label(&toxicity->row[r]));
            status = present_level(&rates, grid, &toxicity->row[r], l, error);
        }
        end_table(&rates, grid);
    }
    return status;
}
