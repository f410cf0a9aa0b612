/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became an event, censored and competing. */
#include "events_report.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/data/event_words.h"
#include <string.h>

/* 0 and 1, of which 1 is the event, need no table. */
static bool is_plain(const struct rwe_endpoint *endpoint)
{
    for (size_t v = 0; v < endpoint->n_values; v++)
        if (strcmp(endpoint->value[v].text, endpoint->value[v].cause == 1 ? "1" : "0") != 0)
            return false;
    return true;
}

static struct rwe_key key_of(const struct rwe_endpoint *endpoint,
                             const struct rwe_event_value *value)
{
    static const char *const levels[] = {"censored", "event", "competing"};
    struct rwe_key key = rwe_key_of("events");
    key.endpoint = endpoint->name;
    key.term = value->text;
    key.level = levels[value->cause < 2 ? value->cause : 2];
    return key;
}

static void say_what_it_is(struct rwe_grid *grid, uint8_t cause)
{
    if (cause == 0)
        rwe_grid_words(grid, "censored");
    else if (cause == 1)
        rwe_grid_words(grid, "event");
    else
        rwe_grid_words(grid, "competing event");
}

static const struct rwe_table_column columns[] = {
    {.heading = N_("endpoint and value")},
    {.heading = N_("counts as")},
    {N_("subjects"), RWE_CELL_COUNT, "n"},
};

static void present_values(struct rwe_run *run, struct rwe_grid *grid,
                           const struct rwe_endpoint *endpoint)
{
    rwe_grid_row(grid, 0, "%s", endpoint->name);
    for (size_t v = 0; v < endpoint->n_values; v++) {
        const struct rwe_event_value *value = &endpoint->value[v];
        struct rwe_key key = key_of(endpoint, value);
        rwe_grid_row(grid, 1, "%s", value->text);
        say_what_it_is(grid, value->cause);
        rwe_grid_cell(grid, RWE_CELL_COUNT,
                      rwe_document_number(run->document, &key, "n", (double)value->n), RWE_NO_FACT,
                      RWE_NO_FACT);
    }
}

static void warn(struct rwe_run *run, const struct rwe_endpoint *endpoint, size_t v)
{
    const struct rwe_event_value *value = &endpoint->value[v];
    enum rwe_event_doubt doubt = rwe_event_doubt(endpoint, v);
    if (doubt == RWE_DOUBT_CASE)
        rwe_document_warning(run->document, "censored-event-word", "events",
                             "Endpoint %s: \"%s\" (n = %zu) counts as censored, but is written "
                             "like the event; join it with + if it is one.",
                             endpoint->name, value->text, value->n);
    else if (doubt == RWE_DOUBT_WORD)
        rwe_document_warning(run->document, "censored-event-word", "events",
                             "Endpoint %s: \"%s\" (n = %zu) counts as censored, but is a word "
                             "for an event; join it with + if it is one, or name it behind ; if it "
                             "competes.",
                             endpoint->name, value->text, value->n);
    else if (doubt == RWE_DOUBT_CODE)
        rwe_document_warning(run->document, "third-code", "events",
                             "Endpoint %s: the code %s (n = %zu) counts as censored, beside "
                             "another code for it; join it with + if it is an event, or name it "
                             "behind ; if it competes.",
                             endpoint->name, value->text, value->n);
}

void rwe_events_report(struct rwe_run *run)
{
    struct rwe_grid *grid = NULL;
    for (size_t e = 0; e < run->cohort->n_endpoints; e++) {
        const struct rwe_endpoint *endpoint = &run->cohort->endpoint[e];
        if (is_plain(endpoint)) {
            for (size_t v = 0; v < endpoint->n_values; v++) {
                struct rwe_key key = key_of(endpoint, &endpoint->value[v]);
                rwe_document_number(run->document, &key, "n", (double)endpoint->value[v].n);
            }
            continue;
        }
        if (grid == NULL) {
            grid = rwe_document_table(run->document, "What became an event");
            RWE_GRID_COLUMNS(grid, columns);
        }
        present_values(run, grid, endpoint);
    }
    for (size_t e = 0; e < run->cohort->n_endpoints; e++)
        for (size_t v = 0; v < run->cohort->endpoint[e].n_values; v++)
            warn(run, &run->cohort->endpoint[e], v);
}
