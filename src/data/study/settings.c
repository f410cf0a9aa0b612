/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/settings.h"

#include "rwe/base/number.h"
#include "rwe/data/marked.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A value as it reads, of the member that its kind has. */
union reading {
    bool flag;
    const char *text;
    struct rwe_strings list;
    double number;
    struct rwe_numbers numbers;
    uint64_t integer;
    int choice;
    struct rwe_endpoint_specs endpoints;
    struct rwe_criterion_specs criteria;
};

/* A value as it was given, and where it is kept. */
struct value {
    enum rwe_source source;
    const char *text;
    struct rwe_strings list;
    void *member; /* the member of the option's struct */
};

struct rwe_settings {
    struct rwe_arena *arena;
    struct rwe_option *option;
    struct value *value;
    size_t n;
    const struct rwe_options **list;
    char **home; /* the struct of each list */
    size_t n_lists;
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

/* The option of a kind of which there is one at most. */
static size_t position_of_kind(const struct rwe_settings *settings, enum rwe_option_kind kind)
{
    for (size_t i = 0; i < settings->n; i++)
        if (settings->option[i].kind == kind)
            return i;
    return RWE_NO_INDEX;
}

/* ---- structs ---- */

/* What a member holds where nothing is given. */
static union reading blank_of(enum rwe_option_kind kind)
{
    union reading blank;
    memset(&blank, 0, sizeof blank);
    if (kind == RWE_OPTION_NUMBER)
        blank.number = NAN;
    if (kind == RWE_OPTION_CHOICE)
        blank.choice = -1;
    return blank;
}

static size_t size_of(enum rwe_option_kind kind)
{
    static const size_t sizes[] = {
        [RWE_OPTION_FLAG] = sizeof(bool),
        [RWE_OPTION_TEXT] = sizeof(char *),
        [RWE_OPTION_PATH] = sizeof(char *),
        [RWE_OPTION_OUTPUT] = sizeof(char *),
        [RWE_OPTION_TEXTS] = sizeof(struct rwe_strings),
        [RWE_OPTION_LIST] = sizeof(struct rwe_strings),
        [RWE_OPTION_NUMBER] = sizeof(double),
        [RWE_OPTION_NUMBERS] = sizeof(struct rwe_numbers),
        [RWE_OPTION_INTEGER] = sizeof(uint64_t),
        [RWE_OPTION_CHOICE] = sizeof(int),
        [RWE_OPTION_ENDPOINTS] = sizeof(struct rwe_endpoint_specs),
        [RWE_OPTION_CRITERIA] = sizeof(struct rwe_criterion_specs),
    };
    return sizes[kind];
}

static char *home_of(const struct rwe_settings *settings, const struct rwe_options *list)
{
    for (size_t l = 0; l < settings->n_lists; l++)
        if (settings->list[l] == list)
            return settings->home[l];
    return NULL;
}

const void *rwe_settings_of(const struct rwe_settings *settings, const struct rwe_options *list)
{
    const char *home = home_of(settings, list);
    assert(home != NULL);
    return home;
}

/* Puts a value in force: `source`, `text` and `list` of it are set, `reading` is what they say. */
static void put_in_force(struct rwe_settings *settings, size_t i, struct value value,
                         const union reading *reading)
{
    const struct rwe_option *option = &settings->option[i];
    char *home = home_of(settings, option->home);
    value.member = settings->value[i].member;
    settings->value[i] = value;
    memcpy(value.member, reading, size_of(option->kind));
    if (option->source.size > 0)
        memcpy(home + option->source.offset, &value.source, sizeof value.source);
    if (option->word.size > 0)
        memcpy(home + option->word.offset, &value.text, sizeof value.text);
}

static void put_nothing(struct rwe_settings *settings, size_t i)
{
    union reading blank = blank_of(settings->option[i].kind);
    put_in_force(settings, i, (struct value){.source = RWE_NOT_GIVEN}, &blank);
}

/* Takes over the options of a list, each with a place for its value. */
static void take_list(struct rwe_settings *settings, const struct rwe_options *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct rwe_option *option = &settings->option[settings->n];
        struct value *value = &settings->value[settings->n++];
        *option = list->item[i];
        option->home = option->home == NULL ? list : option->home;
        if (option->member.size == 0)
            value->member = RWE_NEW(settings->arena, union reading, 1);
        else
            value->member = home_of(settings, option->home) + option->member.offset;
        assert(option->member.offset + option->member.size <= option->home->struct_size);
    }
}

static void fill_defaults(struct rwe_settings *settings)
{
    for (size_t i = 0; i < settings->n; i++)
        put_nothing(settings, i);
    for (size_t i = 0; i < settings->n; i++) {
        const struct rwe_option *option = &settings->option[i];
        struct rwe_error error = {0};
        if (option->fallback == NULL)
            continue;
        enum rwe_status status =
            rwe_settings_set(settings, option->name, option->fallback, RWE_FROM_DEFAULT, &error);
        assert(status == RWE_OK || status == RWE_NO_MEMORY); /* a default must be valid */
    }
}

struct rwe_settings *rwe_settings_new(struct rwe_arena *arena,
                                      const struct rwe_options *const lists[], size_t n)
{
    size_t total = 0;
    for (size_t l = 0; l < n; l++)
        total += lists[l]->n;
    struct rwe_settings *settings = RWE_NEW(arena, struct rwe_settings, 1);
    struct rwe_option *option = RWE_NEW(arena, struct rwe_option, total);
    struct value *value = RWE_NEW(arena, struct value, total);
    const struct rwe_options **list = RWE_NEW(arena, const struct rwe_options *, n);
    char **home = RWE_NEW(arena, char *, n);
    for (size_t l = 0; home != NULL && l < n; l++)
        home[l] = rwe_arena_alloc(arena, 1, lists[l]->struct_size);
    if (rwe_arena_failed(arena))
        return NULL;
    *settings = (struct rwe_settings){
        .arena = arena, .option = option, .value = value, .list = list, .home = home, .n_lists = n};
    memcpy(list, lists, n * sizeof *list);
    for (size_t l = 0; l < n; l++)
        take_list(settings, lists[l]);
    if (!rwe_arena_failed(arena))
        fill_defaults(settings);
    return rwe_arena_failed(arena) ? NULL : settings;
}

struct rwe_arena *rwe_settings_arena(const struct rwe_settings *settings)
{
    return settings->arena;
}

struct rwe_options rwe_settings_options(const struct rwe_settings *settings)
{
    return (struct rwe_options){settings->option, settings->n, 0};
}

const struct rwe_option *rwe_settings_find(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    return i == RWE_NO_INDEX ? NULL : &settings->option[i];
}

/* ---- reading one kind of value each ---- */

static enum rwe_status fail_unknown(const char *name, struct rwe_error *error)
{
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "unknown option \"%s\"", name);
}

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
                                    struct rwe_strings texts, struct rwe_numbers *numbers,
                                    struct rwe_error *error)
{
    double *item = RWE_NEW(settings->arena, double, texts.n);
    enum rwe_status status = item == NULL ? rwe_fail_memory(error) : RWE_OK;
    for (size_t i = 0; i < texts.n && status == RWE_OK; i++)
        status = read_number(option, texts.item[i], &item[i], error);
    *numbers = (struct rwe_numbers){item, texts.n};
    return status;
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

void rwe_endpoint_spec_take(struct rwe_endpoint_spec *spec, const struct rwe_marked_list *list)
{
    size_t n = 0;
    while (n < list->item.n && (n == 0 || list->mark[n - 1] != ';'))
        n++;
    spec->values = (struct rwe_strings){list->item.item, n};
    spec->competing = (struct rwe_strings){list->item.item + n, list->item.n - n};
}

/* The values behind the colon: those of the event, then its competitors. */
static void read_values(struct rwe_arena *arena, const struct rwe_marked *marked, size_t from,
                        struct rwe_endpoint_spec *spec)
{
    struct rwe_marked_list list =
        rwe_marked_split(arena, marked, from, (struct rwe_strings){NULL, 0}, "+;");
    rwe_endpoint_spec_take(spec, &list);
}

static enum rwe_status read_endpoint(struct rwe_settings *settings, const char *text,
                                     enum rwe_source source, struct rwe_error *error)
{
    struct rwe_arena *arena = settings->arena;
    const char *equals = strchr(text, '=');
    struct rwe_marked marked = rwe_marked_read(arena, equals == NULL ? "" : equals + 1);
    if (marked.text == NULL)
        return rwe_fail_memory(error);
    size_t comma = rwe_marked_find(&marked, 0, ",");
    size_t colon = rwe_marked_find(&marked, comma, ":");
    if (equals == text || comma == 0 || comma + 1 >= colon)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--endpoint %s: write NAME=TIME,EVENT or NAME=TIME,EVENT:VALUE, as in "
                        "--endpoint os=os_months,death or --endpoint os=time,status:2",
                        text);
    const struct rwe_marked_list columns =
        rwe_marked_split(arena, &marked, 0, (struct rwe_strings){NULL, 0}, ",:");
    struct rwe_endpoint_spec spec = {
        .name = rwe_arena_substring(arena, text, (size_t)(equals - text)),
        .text = rwe_arena_string(arena, equals + 1),
    };
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    spec.time = columns.item.item[0];
    spec.event = columns.item.item[1];
    if (colon < marked.length)
        read_values(arena, &marked, colon + 1, &spec);
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    return rwe_settings_add_endpoint(settings, &spec, source, error);
}

enum rwe_status rwe_settings_settle_endpoints(
    struct rwe_settings *settings,
    enum rwe_status (*settle)(void *context, struct rwe_endpoint_spec *spec,
                              struct rwe_error *error),
    void *context, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t e = 0; e < settings->n_endpoints && status == RWE_OK; e++)
        status = settle(context, &settings->endpoint[e], error);
    return status;
}

enum rwe_status rwe_settings_add_endpoint(struct rwe_settings *settings,
                                          const struct rwe_endpoint_spec *spec,
                                          enum rwe_source source, struct rwe_error *error)
{
    size_t at = position_of_kind(settings, RWE_OPTION_ENDPOINTS);
    if (at == RWE_NO_INDEX)
        return fail_unknown("endpoint", error);
    if (source < settings->value[at].source)
        return RWE_OK;
    if (source > settings->value[at].source)
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
    union reading reading = {.endpoints = {settings->endpoint, settings->n_endpoints}};
    put_in_force(settings, at, (struct value){.source = source}, &reading);
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
    size_t at = position_of_kind(settings, RWE_OPTION_CRITERIA);
    if (at == RWE_NO_INDEX)
        return fail_unknown("eligibility", error);
    if (source < settings->value[at].source)
        return RWE_OK;
    if (source > settings->value[at].source)
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
    union reading reading = {.criteria = {settings->criterion, settings->n_criteria}};
    put_in_force(settings, at, (struct value){.source = source}, &reading);
    return RWE_OK;
}

/* What a value says whose text or list is set; nothing but lists have items. */
static enum rwe_status read_value(struct rwe_settings *settings, const struct rwe_option *option,
                                  const struct value *value, union reading *reading,
                                  struct rwe_error *error)
{
    switch (option->kind) {
    case RWE_OPTION_FLAG:
        reading->flag = true;
        return RWE_OK;
    case RWE_OPTION_TEXT:
    case RWE_OPTION_PATH:
    case RWE_OPTION_OUTPUT:
        reading->text = value->text;
        return RWE_OK;
    case RWE_OPTION_LIST:
    case RWE_OPTION_TEXTS:
        reading->list = value->list;
        return RWE_OK;
    case RWE_OPTION_NUMBERS:
        return read_numbers(settings, option, value->list, &reading->numbers, error);
    case RWE_OPTION_NUMBER:
        return read_number(option, value->text, &reading->number, error);
    case RWE_OPTION_INTEGER:
        return read_integer(option, value->text, &reading->integer, error);
    case RWE_OPTION_CHOICE:
        return read_choice(settings, option, value->text, &reading->choice, error);
    case RWE_OPTION_ENDPOINTS:
    case RWE_OPTION_CRITERIA:
        break; /* are added one by one */
    }
    return RWE_OK;
}

bool rwe_option_may_be_bare(const struct rwe_option *option)
{
    return option->bare != NULL || (option->kind == RWE_OPTION_CHOICE && option->runs);
}

/* Reads a value, and puts it in force unless it is bad. */
static enum rwe_status take_value(struct rwe_settings *settings, size_t i,
                                  const struct value *value, struct rwe_error *error)
{
    union reading reading = blank_of(settings->option[i].kind);
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    enum rwe_status status = read_value(settings, &settings->option[i], value, &reading, error);
    if (status == RWE_OK)
        put_in_force(settings, i, *value, &reading);
    return status;
}

/* One more text; those of the command line replace those of the study. */
static enum rwe_status add_text(struct rwe_settings *settings, size_t i, const char *text,
                                enum rwe_source source, struct rwe_error *error)
{
    struct value value = {.source = source, .list = settings->value[i].list};
    if (source > settings->value[i].source)
        value.list.n = 0;
    const char **item = RWE_NEW(settings->arena, const char *, value.list.n + 1);
    if (item == NULL)
        return rwe_fail_memory(error);
    for (size_t k = 0; k < value.list.n; k++)
        item[k] = value.list.item[k];
    item[value.list.n] = rwe_arena_string(settings->arena, text);
    value.list = (struct rwe_strings){item, value.list.n + 1};
    return take_value(settings, i, &value, error);
}

enum rwe_status rwe_settings_set(struct rwe_settings *settings, const char *name, const char *text,
                                 enum rwe_source source, struct rwe_error *error)
{
    size_t i = position_of(settings, name);
    if (i == RWE_NO_INDEX)
        return fail_unknown(name, error);
    const struct rwe_option *option = &settings->option[i];
    struct value value = {.source = source};
    if (source < settings->value[i].source)
        return RWE_OK;
    if (text == NULL)
        text = option->bare;
    if (text == NULL && option->kind != RWE_OPTION_FLAG && option->kind != RWE_OPTION_CHOICE)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s needs an argument", name);
    if (option->kind == RWE_OPTION_ENDPOINTS)
        return read_endpoint(settings, text, source, error);
    if (option->kind == RWE_OPTION_CRITERIA)
        return read_criterion(settings, text, source, error);
    if (option->kind == RWE_OPTION_LIST || option->kind == RWE_OPTION_NUMBERS) {
        struct rwe_strings list = rwe_marked_items(settings->arena, text);
        return rwe_settings_set_list(settings, name, list, source, error);
    }
    if (option->kind == RWE_OPTION_TEXTS)
        return add_text(settings, i, text, source, error);
    if (text == NULL && option->kind == RWE_OPTION_CHOICE) { /* --psm is --psm=nearest */
        size_t first = strcspn(option->choices, "|");
        value.text = rwe_arena_substring(settings->arena, option->choices, first);
    } else if (text != NULL) {
        value.text = rwe_arena_string(settings->arena, text);
    }
    return take_value(settings, i, &value, error);
}

enum rwe_status rwe_settings_set_list(struct rwe_settings *settings, const char *name,
                                      struct rwe_strings list, enum rwe_source source,
                                      struct rwe_error *error)
{
    size_t i = position_of(settings, name);
    if (i == RWE_NO_INDEX)
        return fail_unknown(name, error);
    if (rwe_arena_failed(settings->arena))
        return rwe_fail_memory(error);
    if (source < settings->value[i].source)
        return RWE_OK;
    for (size_t k = 0; k < list.n; k++)
        if (list.item[k][0] == '\0')
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "--%s: item %zu is empty", name, k + 1);
    const struct value value = {.source = source, .list = list};
    return take_value(settings, i, &value, error);
}

enum rwe_status rwe_settings_add_item(struct rwe_settings *settings, const char *name,
                                      const char *item, enum rwe_source source,
                                      struct rwe_error *error)
{
    size_t i = position_of(settings, name);
    if (i == RWE_NO_INDEX)
        return fail_unknown(name, error);
    struct rwe_strings before = {NULL, 0};
    if (settings->value[i].source == source)
        before = settings->value[i].list;
    struct rwe_strings list = {RWE_NEW(settings->arena, const char *, before.n + 1), before.n + 1};
    for (size_t k = 0; list.item != NULL && k < list.n; k++)
        list.item[k] = k < before.n ? before.item[k] : item;
    return rwe_settings_set_list(settings, name, list, source, error);
}

void rwe_settings_unset(struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    if (i == RWE_NO_INDEX)
        return;
    const struct rwe_option *option = &settings->option[i];
    if (option->kind == RWE_OPTION_ENDPOINTS)
        settings->n_endpoints = 0;
    if (option->kind == RWE_OPTION_CRITERIA)
        settings->n_criteria = 0;
    put_nothing(settings, i);
    if (option->fallback != NULL) /* cannot fail but for memory, which the arena remembers */
        rwe_settings_set(settings, name, option->fallback, RWE_FROM_DEFAULT, NULL);
}

/* ---- reading by name ---- */

enum rwe_source rwe_settings_source(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    return i == RWE_NO_INDEX ? RWE_NOT_GIVEN : settings->value[i].source;
}

bool rwe_settings_has(const struct rwe_settings *settings, const char *name)
{
    return rwe_settings_source(settings, name) != RWE_NOT_GIVEN;
}

const char *rwe_settings_text(const struct rwe_settings *settings, const char *name)
{
    size_t i = position_of(settings, name);
    return i == RWE_NO_INDEX ? NULL : settings->value[i].text;
}

/* ---- values as text ---- */

static const char *join_quoted(struct rwe_strings list, const char *separator,
                               struct rwe_arena *arena)
{
    struct rwe_strings quoted = {RWE_NEW(arena, const char *, list.n), list.n};
    for (size_t i = 0; quoted.item != NULL && i < list.n; i++)
        quoted.item[i] = rwe_marked_quote(arena, list.item[i]);
    return rwe_arena_failed(arena) ? NULL : rwe_text_join(arena, quoted, separator);
}

static char *endpoint_text(const struct rwe_endpoint_spec *spec, struct rwe_arena *arena)
{
    const char *time = rwe_marked_quote(arena, spec->time);
    const char *event = rwe_marked_quote(arena, spec->event);
    const char *values = join_quoted(spec->values, "+", arena);
    const char *competing = join_quoted(spec->competing, ";", arena);
    if (rwe_arena_failed(arena))
        return NULL;
    return rwe_arena_format(arena, "%s=%s,%s%s%s%s%s", spec->name, time, event,
                            spec->values.n > 0 ? ":" : "", values, spec->competing.n > 0 ? ";" : "",
                            competing);
}

static char *criterion_text(const struct rwe_criterion_spec *spec, struct rwe_arena *arena)
{
    return rwe_arena_format(arena, "%s=%s%s", spec->name, spec->keep,
                            spec->missing_excludes ? " (missing: exclude)" : "");
}

/* How many texts an option's value has. */
static size_t count_texts(const struct rwe_settings *settings, size_t i)
{
    switch (settings->option[i].kind) {
    case RWE_OPTION_LIST:
    case RWE_OPTION_TEXTS:
    case RWE_OPTION_NUMBERS:
        return settings->value[i].list.n;
    case RWE_OPTION_ENDPOINTS:
        return settings->n_endpoints;
    case RWE_OPTION_CRITERIA:
        return settings->n_criteria;
    default:
        return settings->value[i].text == NULL ? 0 : 1;
    }
}

struct rwe_strings rwe_settings_texts(const struct rwe_settings *settings, const char *name,
                                      struct rwe_arena *arena)
{
    size_t i = position_of(settings, name);
    if (i == RWE_NO_INDEX)
        return (struct rwe_strings){NULL, 0};
    size_t n = count_texts(settings, i);
    struct rwe_strings texts = {RWE_NEW(arena, const char *, n), n};
    for (size_t k = 0; texts.item != NULL && k < n; k++)
        switch (settings->option[i].kind) {
        case RWE_OPTION_LIST:
        case RWE_OPTION_TEXTS:
        case RWE_OPTION_NUMBERS:
            texts.item[k] = settings->value[i].list.item[k];
            break;
        case RWE_OPTION_ENDPOINTS:
            texts.item[k] = endpoint_text(&settings->endpoint[k], arena);
            break;
        case RWE_OPTION_CRITERIA:
            texts.item[k] = criterion_text(&settings->criterion[k], arena);
            break;
        default:
            texts.item[k] = settings->value[i].text;
        }
    return texts;
}

/* ---- for code that has no struct yet ---- */

static const union reading *reading_of(const struct rwe_settings *settings, const char *name,
                                       enum rwe_option_kind kind)
{
    size_t i = position_of(settings, name);
    assert(i != RWE_NO_INDEX);
    assert(settings->option[i].kind == kind);
    (void)kind;
    return settings->value[i].member;
}

bool rwe_settings_flag(const struct rwe_settings *settings, const char *name)
{
    return reading_of(settings, name, RWE_OPTION_FLAG)->flag;
}

struct rwe_strings rwe_settings_list(const struct rwe_settings *settings, const char *name)
{
    return reading_of(settings, name, RWE_OPTION_LIST)->list;
}

double rwe_settings_number(const struct rwe_settings *settings, const char *name)
{
    return reading_of(settings, name, RWE_OPTION_NUMBER)->number;
}

uint64_t rwe_settings_integer(const struct rwe_settings *settings, const char *name)
{
    return reading_of(settings, name, RWE_OPTION_INTEGER)->integer;
}

int rwe_settings_choice(const struct rwe_settings *settings, const char *name)
{
    return reading_of(settings, name, RWE_OPTION_CHOICE)->choice;
}

struct rwe_numbers rwe_settings_numbers(const struct rwe_settings *settings, const char *name)
{
    return reading_of(settings, name, RWE_OPTION_NUMBERS)->numbers;
}

struct rwe_endpoint_specs rwe_settings_endpoints(const struct rwe_settings *settings)
{
    return (struct rwe_endpoint_specs){settings->endpoint, settings->n_endpoints};
}

struct rwe_criterion_specs rwe_settings_criteria(const struct rwe_settings *settings)
{
    return (struct rwe_criterion_specs){settings->criterion, settings->n_criteria};
}
