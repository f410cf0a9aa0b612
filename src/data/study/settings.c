/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/settings.h"

#include "rwe/base/number.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A value as it was given, and as it reads. */
struct value {
    enum rwe_source source;
    bool given; /* has a value, if only the default */
    const char *text;
    struct rwe_strings list;
    double number;
    double *numbers;
    uint64_t integer;
    int choice;
};

struct rwe_settings {
    struct rwe_arena *arena;
    struct rwe_option *option;
    struct value *value;
    size_t n;
    struct rwe_endpoint_spec *endpoint;
    size_t n_endpoints, endpoint_capacity;
    struct rwe_criterion_spec *criterion;
    size_t n_criteria, criterion_capacity;
};

static size_t position_of(const struct rwe_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->n; i++)
        if (strcmp(settings->option[i].name, name) == 0)
            return i;
    return RWE_NO_INDEX;
}

static const struct value *value_of(const struct rwe_settings *settings, const char *name,
                                    enum rwe_option_kind kind)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    assert(settings->option[i].kind == kind);
    (void)kind;
    return &settings->value[i];
}

struct rwe_settings *rwe_settings_new(struct rwe_arena *arena, const struct rwe_options lists[],
                                      size_t n)
{
    size_t total = 0;
    for (size_t l = 0; l < n; l++)
        total += lists[l].n;
    struct rwe_settings *settings = RWE_NEW(arena, struct rwe_settings, 1);
    struct rwe_option *option = RWE_NEW(arena, struct rwe_option, total);
    struct value *value = RWE_NEW(arena, struct value, total);
    if (rwe_arena_failed(arena))
        return NULL;
    *settings = (struct rwe_settings){.arena = arena, .option = option, .value = value};
    for (size_t l = 0; l < n; l++)
        for (size_t i = 0; i < lists[l].n; i++) {
            settings->option[settings->n] = lists[l].item[i];
            settings->value[settings->n].number = NAN;
            settings->value[settings->n++].choice = -1;
        }
    for (size_t i = 0; i < total; i++) {
        const struct rwe_option *o = &settings->option[i];
        struct rwe_error error = {0};
        if (o->fallback == NULL)
            continue;
        enum rwe_status status =
            rwe_settings_set(settings, o->name, o->fallback, RWE_FROM_DEFAULT, &error);
        assert(status == RWE_OK || status == RWE_NO_MEMORY); /* a default must be valid */
        if (status != RWE_OK)
            return NULL;
    }
    return settings;
}

struct rwe_arena *rwe_settings_arena(const struct rwe_settings *settings)
{
    return settings->arena;
}

struct rwe_options rwe_settings_options(const struct rwe_settings *settings)
{
    return (struct rwe_options){settings->option, settings->n};
}

const struct rwe_option *rwe_settings_find(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    return i == RWE_NO_INDEX ? NULL : &settings->option[i];
}

/* ---- reading one kind of value each ---- */

static enum rwe_status read_number(const struct rwe_option *option, const char *text,
                                   double *number, struct rwe_error *error)
{
    if (!rwe_number_parse(text, strlen(text), number) || !isfinite(*number))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s %s: not a number", option->name,
                        text);
    if (option->low != option->high && !(*number >= option->low && *number <= option->high))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s %s: must be between %g and %g",
                        option->name, text, option->low, option->high);
    return RWE_OK;
}

static enum rwe_status read_numbers(struct rwe_settings *settings, const struct rwe_option *option,
                                    struct value *value, struct rwe_error *error)
{
    value->numbers = RWE_NEW(settings->arena, double, value->list.n);
    if (value->numbers == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < value->list.n; i++) {
        enum rwe_status status =
            read_number(option, value->list.item[i], &value->numbers[i], error);
        if (status != RWE_OK)
            return status;
    }
    return RWE_OK;
}

static enum rwe_status read_integer(const struct rwe_option *option, const char *text,
                                    uint64_t *integer, struct rwe_error *error)
{
    char *end;
    errno = 0;
    *integer = strtoull(text, &end, 10);
    if (text[strspn(text, "0123456789")] != '\0' || end == text || errno != 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s %s: not a whole number between 0 and 2^64 - 1", option->name, text);
    if (option->low != option->high &&
        ((double)*integer < option->low || (double)*integer > option->high))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s %s: must be between %g and %g",
                        option->name, text, option->low, option->high);
    return RWE_OK;
}

static enum rwe_status read_choice(struct rwe_settings *settings, const struct rwe_option *option,
                                   const char *text, int *choice, struct rwe_error *error)
{
    struct rwe_strings choices = rwe_text_split(settings->arena, option->choices, '|');
    for (size_t i = 0; i < choices.n; i++)
        if (strcmp(choices.item[i], text) == 0) {
            *choice = (int)i;
            return RWE_OK;
        }
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s %s: must be one of %s", option->name,
                    text, option->choices);
}

static enum rwe_status read_endpoint(struct rwe_settings *settings, const char *text,
                                     enum rwe_source source, struct rwe_error *error)
{
    const char *equals = strchr(text, '=');
    const char *comma = equals == NULL ? NULL : strchr(equals, ',');
    if (comma == NULL || equals == text || comma == equals + 1 || comma[1] == '\0' ||
        comma[1] == ':')
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--endpoint %s: write NAME=TIME,EVENT or NAME=TIME,EVENT:VALUE, as in "
                        "--endpoint os=os_months,death or --endpoint os=time,status:2",
                        text);
    struct rwe_arena *arena = settings->arena;
    struct rwe_endpoint_spec spec = {
        .name = rwe_arena_substring(arena, text, (size_t)(equals - text)),
        .time = rwe_arena_substring(arena, equals + 1, (size_t)(comma - equals - 1)),
    };
    const char *colon = strrchr(comma, ':');
    const char *end = colon == NULL ? comma + strlen(comma) : colon;
    spec.event = rwe_arena_substring(arena, comma + 1, (size_t)(end - comma - 1));
    if (colon != NULL) {
        const char *semicolon = strchrnul(colon, ';');
        const char *first = rwe_arena_substring(arena, colon + 1, (size_t)(semicolon - colon - 1));
        if (first != NULL)
            spec.values = rwe_text_split(arena, first, '+');
        if (*semicolon == ';')
            spec.competing = rwe_text_split(arena, semicolon + 1, ';');
    }
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    return rwe_settings_add_endpoint(settings, &spec, source, error);
}

enum rwe_status rwe_settings_add_endpoint(struct rwe_settings *settings,
                                          const struct rwe_endpoint_spec *spec,
                                          enum rwe_source source, struct rwe_error *error)
{
    struct value *value = &settings->value[position_of(settings, "endpoint")];
    if (value->given && source < value->source)
        return RWE_OK;
    if (value->given && source > value->source)
        settings->n_endpoints = 0; /* those of the command line replace those of the study */
    struct rwe_endpoint_spec copy = *spec;
    copy.name = rwe_text_lower(settings->arena, spec->name);
    settings->endpoint =
        rwe_arena_grow(settings->arena, settings->endpoint, &settings->endpoint_capacity,
                       settings->n_endpoints + 1, sizeof copy);
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    for (size_t i = 0; i < settings->n_endpoints; i++)
        if (strcmp(settings->endpoint[i].name, copy.name) == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "endpoint \"%s\" is declared twice: give each its own name", copy.name);
    for (size_t i = 0; i < spec->values.n + spec->competing.n; i++) {
        const char *counted =
            i < spec->values.n ? spec->values.item[i] : spec->competing.item[i - spec->values.n];
        if (counted[0] == '\0')
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "endpoint \"%s\": a value of its event is empty; write VALUE, "
                            "VALUE+VALUE, or VALUE;VALUE for competing causes",
                            copy.name);
    }
    if (spec->competing.n > RWE_MOST_CAUSES - 1)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "endpoint \"%s\": more than %d causes",
                        copy.name, RWE_MOST_CAUSES);
    if (spec->competing.n > 0 && spec->values.n == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "endpoint \"%s\" has competing causes: say which value is its own event",
                        copy.name);
    settings->endpoint[settings->n_endpoints++] = copy;
    value->given = true;
    value->source = source;
    return RWE_OK;
}

/* NAME=CONDITION; conditions hold = too, so the first one ends the name. */
static enum rwe_status read_criterion(struct rwe_settings *settings, const char *text,
                                      enum rwe_source source, struct rwe_error *error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--eligibility %s: write NAME=CONDITION, as in --eligibility "
                        "\"adult=age >= 18\"",
                        text);
    struct rwe_criterion_spec spec = {
        .name = rwe_arena_substring(settings->arena, text, (size_t)(equals - text)),
        .keep = rwe_arena_string(settings->arena, equals + 1),
    };
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    return rwe_settings_add_criterion(settings, &spec, source, error);
}

enum rwe_status rwe_settings_add_criterion(struct rwe_settings *settings,
                                           const struct rwe_criterion_spec *spec,
                                           enum rwe_source source, struct rwe_error *error)
{
    struct value *value = &settings->value[position_of(settings, "eligibility")];
    if (value->given && source < value->source)
        return RWE_OK;
    if (value->given && source > value->source)
        settings->n_criteria = 0; /* those of the command line replace those of the study */
    struct rwe_criterion_spec copy = *spec;
    struct rwe_error inner = {0};
    for (size_t i = 0; i < settings->n_criteria; i++)
        if (strcmp(settings->criterion[i].name, copy.name) == 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "eligibility \"%s\" is declared twice: give each its own name",
                            copy.name);
    enum rwe_status status =
        rwe_condition_parse(copy.keep, settings->arena, &copy.condition, &inner);
    if (status != RWE_OK)
        return rwe_fail(error, status, inner.index, "eligibility \"%s\": %s", copy.name,
                        inner.message);
    settings->criterion =
        rwe_arena_grow(settings->arena, settings->criterion, &settings->criterion_capacity,
                       settings->n_criteria + 1, sizeof copy);
    if (settings->criterion == NULL)
        return rwe_fail_memory(error);
    settings->criterion[settings->n_criteria++] = copy;
    value->given = true;
    value->source = source;
    return RWE_OK;
}

static enum rwe_status read_value(struct rwe_settings *settings, const struct rwe_option *option,
                                  struct value *value, struct rwe_error *error)
{
    const char *text = value->text == NULL ? "" : value->text; /* a flag has none */
    switch (option->kind) {
    case RWE_OPTION_LIST:
        return RWE_OK;
    case RWE_OPTION_NUMBERS:
        return read_numbers(settings, option, value, error);
    case RWE_OPTION_NUMBER:
        return read_number(option, text, &value->number, error);
    case RWE_OPTION_INTEGER:
        return read_integer(option, text, &value->integer, error);
    case RWE_OPTION_CHOICE:
        return read_choice(settings, option, text, &value->choice, error);
    case RWE_OPTION_FLAG:
    case RWE_OPTION_TEXT:
    case RWE_OPTION_PATH:
    case RWE_OPTION_ENDPOINTS:
    case RWE_OPTION_CRITERIA:
        break;
    }
    return RWE_OK;
}

bool rwe_option_may_be_bare(const struct rwe_option *option)
{
    return option->bare != NULL ||
           (option->kind == RWE_OPTION_CHOICE && option->section == RWE_SECTION_RUN);
}

enum rwe_status rwe_settings_set(struct rwe_settings *settings, const char *name, const char *text,
                                 enum rwe_source source, struct rwe_error *error)
{
    size_t i = position_of(settings, name);
    if (i == RWE_NO_INDEX)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "unknown option \"%s\"", name);
    const struct rwe_option *option = &settings->option[i];
    struct value *value = &settings->value[i];
    if (option->kind == RWE_OPTION_ENDPOINTS)
        return read_endpoint(settings, text, source, error);
    if (option->kind == RWE_OPTION_CRITERIA)
        return read_criterion(settings, text, source, error);
    if (value->given && source < value->source)
        return RWE_OK;
    struct value fresh = {.source = source, .given = true, .number = NAN, .choice = -1};
    if (text == NULL)
        text = option->bare;
    if (text == NULL && option->kind != RWE_OPTION_FLAG && option->kind != RWE_OPTION_CHOICE)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s needs an argument", name);
    if (text == NULL && option->kind == RWE_OPTION_CHOICE) { /* --psm is --psm=nearest */
        size_t first = strcspn(option->choices, "|");
        fresh.text = rwe_arena_substring(settings->arena, option->choices, first);
    } else if (text != NULL) {
        fresh.text = rwe_arena_string(settings->arena, text);
    }
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    if (option->kind == RWE_OPTION_LIST || option->kind == RWE_OPTION_NUMBERS) {
        struct rwe_strings list = rwe_text_split(settings->arena, text, ',');
        return rwe_settings_set_list(settings, name, list, source, error);
    }
    enum rwe_status status = read_value(settings, option, &fresh, error);
    if (status == RWE_OK)
        *value = fresh;
    return status;
}

enum rwe_status rwe_settings_set_list(struct rwe_settings *settings, const char *name,
                                      struct rwe_strings list, enum rwe_source source,
                                      struct rwe_error *error)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    struct value *value = &settings->value[i];
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    if (value->given && source < value->source)
        return RWE_OK;
    struct value fresh = {
        .source = source, .given = true, .list = list, .number = NAN, .choice = -1};
    for (size_t k = 0; k < list.n; k++)
        if (list.item[k][0] == '\0')
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s: item %zu is empty", name, k + 1);
    enum rwe_status status = read_value(settings, &settings->option[i], &fresh, error);
    if (status == RWE_OK)
        *value = fresh;
    return status;
}

void rwe_settings_unset(struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    const struct rwe_option *option = &settings->option[i];
    settings->value[i] = (struct value){.number = NAN, .choice = -1};
    if (option->kind == RWE_OPTION_ENDPOINTS)
        settings->n_endpoints = 0;
    if (option->kind == RWE_OPTION_CRITERIA)
        settings->n_criteria = 0;
    if (option->fallback != NULL) /* cannot fail but for memory, which the arena remembers */
        rwe_settings_set(settings, name, option->fallback, RWE_FROM_DEFAULT, NULL);
}

/* ---- reading ---- */

enum rwe_source rwe_settings_source(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    return settings->value[i].source;
}

bool rwe_settings_has(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    return settings->value[i].given;
}

bool rwe_settings_flag(const struct rwe_settings *settings, const char *name)
{
    return value_of(settings, name, RWE_OPTION_FLAG)->given;
}

const char *rwe_settings_text(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    return settings->value[i].text;
}

struct rwe_strings rwe_settings_list(const struct rwe_settings *settings, const char *name)
{
    return value_of(settings, name, RWE_OPTION_LIST)->list;
}

double rwe_settings_number(const struct rwe_settings *settings, const char *name)
{
    return value_of(settings, name, RWE_OPTION_NUMBER)->number;
}

uint64_t rwe_settings_integer(const struct rwe_settings *settings, const char *name)
{
    return value_of(settings, name, RWE_OPTION_INTEGER)->integer;
}

int rwe_settings_choice(const struct rwe_settings *settings, const char *name)
{
    return value_of(settings, name, RWE_OPTION_CHOICE)->choice;
}

struct rwe_numbers rwe_settings_numbers(const struct rwe_settings *settings, const char *name)
{
    const struct value *value = value_of(settings, name, RWE_OPTION_NUMBERS);
    return (struct rwe_numbers){value->numbers, value->list.n};
}

struct rwe_strings rwe_settings_number_texts(const struct rwe_settings *settings, const char *name)
{
    return value_of(settings, name, RWE_OPTION_NUMBERS)->list;
}

struct rwe_endpoint_specs rwe_settings_endpoints(const struct rwe_settings *settings)
{
    return (struct rwe_endpoint_specs){settings->endpoint, settings->n_endpoints};
}

struct rwe_criterion_specs rwe_settings_criteria(const struct rwe_settings *settings)
{
    return (struct rwe_criterion_specs){settings->criterion, settings->n_criteria};
}

char *rwe_endpoint_spec_text(struct rwe_arena *arena, const struct rwe_endpoint_spec *spec)
{
    if (spec->values.n == 0)
        return rwe_arena_format(arena, "%s=%s,%s", spec->name, spec->time, spec->event);
    char *values = rwe_text_join(arena, spec->values, "+");
    char *competing = rwe_text_join(arena, spec->competing, ";");
    if (rwe_arena_failed(arena))
        return NULL;
    return rwe_arena_format(arena, "%s=%s,%s:%s%s%s", spec->name, spec->time, spec->event, values,
                            spec->competing.n > 0 ? ";" : "", competing);
}
