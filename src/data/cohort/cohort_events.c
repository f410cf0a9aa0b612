/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Endpoints from ready columns of times and events: which values are the event is never guessed. */
#include "cohort_private.h"

#include "rwe/base/number.h"
#include "rwe/data/event_words.h"
#include "rwe/data/levels.h"
#include <string.h>

/* A column of events while it is read. */
struct events {
    struct raw *raw;
    struct raw_endpoint *endpoint;
    const struct rwe_column_info *column;
    size_t *n; /* by level: rows */
};

static bool names_level(const struct events *of, size_t level, const char *text)
{
    const char *own = of->endpoint->status.level[level];
    double x, y;
    if (rwe_level_find(of->column, &of->endpoint->status, text) == level)
        return true;
    return rwe_number_parse(own, strlen(own), &x) && rwe_number_parse(text, strlen(text), &y) &&
           x == y; /* "1" and "1.0" */
}

/* The cause that a level stands for: 0 censored, 1 the endpoint's own, 2 … its competitors; −1 where it is not coded
 * as declared. */
static int8_t cause_of(const struct events *of, size_t level)
{
    const struct rwe_endpoint_spec *spec = of->endpoint->spec;
    if (spec->values.n == 0)
        return names_level(of, level, "1") ? 1 : names_level(of, level, "0") ? 0 : -1;
    for (size_t v = 0; v < spec->values.n; v++)
        if (names_level(of, level, spec->values.item[v]))
            return 1;
    for (size_t c = 0; c < spec->competing.n; c++)
        if (names_level(of, level, spec->competing.item[c]))
            return (int8_t)(c + 2);
    return 0;
}

/* ---- what a message says ---- */

/* "Alive (61), Dead (27)". */
static const char *list_values(const struct events *of)
{
    enum { SHOWN = 12 };
    struct rwe_arena *arena = of->raw->arena;
    const struct rwe_factor *status = &of->endpoint->status;
    size_t n = status->n_levels < SHOWN ? status->n_levels : SHOWN;
    struct rwe_strings shown = {RWE_NEW(arena, const char *, n), n};
    for (size_t l = 0; shown.item != NULL && l < n; l++)
        shown.item[l] =
            rwe_arena_format(arena, rwe_message("%s (%zu)"), status->level[l], of->n[l]);
    const char *list = rwe_arena_failed(arena) ? NULL : rwe_text_join(arena, shown, ", ");
    if (list != NULL && status->n_levels > n)
        list = rwe_arena_format(arena, rwe_message("%s, … (%zu in all)"), list, status->n_levels);
    return list == NULL ? "" : list;
}

/* All values that are known words for an event, as the option takes them; NULL: none, or no memory. */
static const char *propose(const struct events *of, bool is_reversed)
{
    struct rwe_arena *arena = of->raw->arena;
    const struct rwe_factor *status = &of->endpoint->status;
    struct rwe_strings events = {RWE_NEW(arena, const char *, status->n_levels), 0};
    for (size_t l = 0; events.item != NULL && l < status->n_levels; l++)
        if (rwe_event_is_value(status->level[l], is_reversed))
            events.item[events.n++] = rwe_marked_quote(arena, status->level[l]);
    return events.n == 0 || rwe_arena_failed(arena) ? NULL : rwe_text_join(arena, events, "+");
}

/* "--endpoint os=months,status:Dead"; VALUE where none can be proposed. */
static const char *tell_option(const struct events *of, const char *values)
{
    const struct rwe_endpoint_spec *spec = of->endpoint->spec;
    struct rwe_arena *arena = of->raw->arena;
    const char *time = rwe_marked_quote(arena, spec->time);
    const char *event = rwe_marked_quote(arena, spec->event);
    if (values == NULL)
        values = rwe_message("VALUE");
    if (rwe_arena_failed(arena))
        return "--endpoint";
    const char *option = rwe_text_shell_word(
        arena, rwe_arena_format(arena, "%s=%s,%s:%s", spec->name, time, event, values));
    option = option == NULL ? NULL : rwe_arena_format(arena, "--endpoint %s", option);
    return option == NULL ? "--endpoint" : option;
}

static enum rwe_status fail_reversed(const struct events *of, struct rwe_error *error)
{
    const struct rwe_endpoint_spec *spec = of->endpoint->spec;
    return rwe_fail(
        error, RWE_BAD_INPUT, RWE_NO_INDEX,
        "endpoint \"%s\": by its name, column \"%s\" tells who is censored or alive, so that "
        "1 is no event. Its values are %s; say which is the event, as in %s",
        spec->name, spec->event, list_values(of), tell_option(of, propose(of, true)));
}

static enum rwe_status fail_words(const struct events *of, struct rwe_error *error)
{
    const struct rwe_endpoint_spec *spec = of->endpoint->spec;
    const char *values = propose(of, false);
    if (values == NULL)
        return rwe_fail(
            error, RWE_BAD_INPUT, RWE_NO_INDEX,
            "endpoint \"%s\": column \"%s\" does not hold 0 and 1. Its values are %s; say "
            "which is the event, as in %s",
            spec->name, spec->event, list_values(of), tell_option(of, NULL));
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "endpoint \"%s\": column \"%s\" does not hold 0 and 1. Its values are %s; say "
                    "which is the event: if it is what these words mean, %s",
                    spec->name, spec->event, list_values(of), tell_option(of, values));
}

/* ---- reading ---- */

static enum rwe_status check_values(const struct events *of, struct rwe_strings values,
                                    struct rwe_error *error)
{
    const struct rwe_endpoint_spec *spec = of->endpoint->spec;
    for (size_t v = 0; v < values.n; v++)
        if (rwe_level_find(of->column, &of->endpoint->status, values.item[v]) == RWE_NO_INDEX)
            return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                            "endpoint \"%s\": no row has %s = %s; its values are %s", spec->name,
                            spec->event, values.item[v], list_values(of));
    return RWE_OK;
}

/* Whether 0 or 1 is among the values; the others are then complaints. */
static bool is_coded(const struct events *of)
{
    bool is_coded = of->endpoint->status.n_levels == 0;
    for (size_t l = 0; l < of->endpoint->status.n_levels; l++)
        is_coded = is_coded || of->endpoint->cause[l] >= 0;
    return is_coded;
}

static enum rwe_status code_events(struct events *of, struct rwe_error *error)
{
    const struct rwe_endpoint_spec *spec = of->endpoint->spec;
    for (size_t l = 0; l < of->endpoint->status.n_levels; l++)
        of->endpoint->cause[l] = cause_of(of, l);
    if (spec->values.n == 0 && rwe_event_is_reversed(spec->event))
        return fail_reversed(of, error);
    if (spec->values.n == 0 && !is_coded(of))
        return fail_words(of, error);
    enum rwe_status status = check_values(of, spec->values, error);
    return status == RWE_OK ? check_values(of, spec->competing, error) : status;
}

static enum rwe_status take_events(const struct events *of, size_t column, struct rwe_error *error)
{
    struct raw *raw = of->raw;
    const struct rwe_factor *status = &of->endpoint->status;
    const char *advice = NULL;
    for (size_t i = 0; i < raw->n_rows; i++) {
        int8_t cause = status->code[i] < 0 ? 0 : of->endpoint->cause[status->code[i]];
        of->endpoint->event[i] = cause < 0 ? 0 : (uint8_t)cause;
        if (cause >= 0)
            continue;
        if (advice == NULL)
            advice = rwe_arena_format(
                raw->arena,
                rwe_message("correct it, or say which value is the event, as in %s (values: %s)"),
                tell_option(of, NULL), list_values(of));
        if (advice == NULL || rwe_raw_complain(raw, i, column, status->level[status->code[i]],
                                               N_("neither 0 nor 1"), advice) != RWE_OK)
            return rwe_fail_memory(error);
    }
    return RWE_OK;
}

static enum rwe_status read_events(struct raw *raw, struct raw_endpoint *endpoint, size_t column,
                                   struct rwe_error *error)
{
    struct events of = {raw, endpoint, rwe_table_column(raw->table, column), NULL};
    enum rwe_status status =
        rwe_raw_required_factor(raw, column, endpoint->absent, &endpoint->status, error);
    if (status != RWE_OK)
        return status;
    endpoint->event = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    endpoint->cause = RWE_NEW(raw->scratch, int8_t, endpoint->status.n_levels);
    of.n = RWE_NEW(raw->scratch, size_t, endpoint->status.n_levels);
    if (rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < raw->n_rows; i++)
        if (endpoint->status.code[i] >= 0)
            of.n[endpoint->status.code[i]]++;
    status = code_events(&of, error);
    return status == RWE_OK ? take_events(&of, column, error) : status;
}

/* The columns of an endpoint. */
struct endpoint_columns {
    size_t time, event;
};

static enum rwe_status find_endpoints(struct raw *raw, struct rwe_endpoint_specs specs,
                                      struct endpoint_columns column[], struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < specs.n && status == RWE_OK; e++) {
        raw->endpoint[e].spec = &specs.item[e];
        status =
            rwe_cohort_column(raw->table, "--endpoint", specs.item[e].time, &column[e].time, error);
        if (status == RWE_OK)
            status = rwe_cohort_column(raw->table, "--endpoint", specs.item[e].event,
                                       &column[e].event, error);
    }
    return status;
}

/* A row with neither time nor event is not in that endpoint, but in the others. One that is in none misses them. */
static enum rwe_status find_absent(struct raw *raw, const struct endpoint_columns column[])
{
    const char **time = RWE_NEW(raw->scratch, const char *, raw->n_rows),
               **event = RWE_NEW(raw->scratch, const char *, raw->n_rows);
    uint8_t *is_in = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
    bool derives = raw->dates != NULL && raw->dates->about.n_derived > 0;
    for (size_t e = 0; e < raw->n_endpoints; e++) {
        uint8_t *absent = RWE_NEW(raw->scratch, uint8_t, raw->n_rows);
        if (rwe_arena_failed(raw->scratch) ||
            rwe_table_strings(raw->table, column[e].time, raw->scratch, time) != RWE_OK ||
            rwe_table_strings(raw->table, column[e].event, raw->scratch, event) != RWE_OK)
            return RWE_NO_MEMORY;
        for (size_t i = 0; i < raw->n_rows; i++) {
            absent[i] = time[i] == NULL && event[i] == NULL;
            is_in[i] = is_in[i] || !absent[i] || derives;
        }
        raw->endpoint[e].absent = absent;
    }
    for (size_t e = 0; e < raw->n_endpoints; e++)
        for (size_t i = 0; i < raw->n_rows; i++)
            raw->endpoint[e].absent[i] = raw->endpoint[e].absent[i] && is_in[i];
    return RWE_OK;
}

enum rwe_status rwe_raw_read_endpoints(struct raw *raw, struct rwe_error *error)
{
    struct rwe_endpoint_specs specs = raw->study->endpoints;
    if (!rwe_raw_takes_ready_endpoints(raw))
        specs.n = 0;
    raw->n_endpoints = specs.n;
    raw->endpoint = RWE_NEW(raw->scratch, struct raw_endpoint, specs.n + RWE_MOST_DERIVED);
    struct endpoint_columns *column = RWE_NEW(raw->scratch, struct endpoint_columns, specs.n);
    if (rwe_arena_failed(raw->scratch))
        return rwe_fail_memory(error);
    enum rwe_status status = find_endpoints(raw, specs, column, error);
    if (status == RWE_OK && find_absent(raw, column) != RWE_OK)
        status = rwe_fail_memory(error);
    for (size_t e = 0; e < specs.n && status == RWE_OK; e++) {
        struct raw_endpoint *endpoint = &raw->endpoint[e];
        status = rwe_raw_read_dated_times(raw, endpoint, column[e].time, error);
        if (status == RWE_OK && endpoint->time == NULL)
            status = rwe_raw_required_numbers(raw, column[e].time, endpoint->absent,
                                              &endpoint->time, error);
        if (status == RWE_OK)
            status = read_events(raw, endpoint, column[e].event, error);
        if (status == RWE_OK && rwe_raw_cut_events(raw, endpoint) != RWE_OK)
            status = rwe_fail_memory(error);
    }
    return status == RWE_OK ? rwe_raw_add_derived(raw, error) : status;
}
