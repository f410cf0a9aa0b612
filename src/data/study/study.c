/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Study files. libyaml takes the text apart into events; the options are the schema: which keys there are,
 * and whether a value, a list or a list of groups stands behind each. Every value is taken as
 * text and goes through the same parser as the command line's, so both accept the same.
 *
 * Each function begins at the first event of what it reads and ends at the last one. What the schema does not
 * ask for is refused where it begins, so a file cannot nest deeper than the schema. */
#include "rwe/data/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
    struct rwe_settings *settings;
    struct rwe_arena *arena;
    const char *folder; /* of the file, with its slash; "" from memory */
    yaml_parser_t parser;
    yaml_event_t event; /* the present one */
    size_t line;        /* of what is being read, for messages */
    bool *has_begun;    /* by option: a list that this file has begun */
};

/* ---- events ---- */

/* What libyaml says of a text that it cannot take apart; where memory is out it may say nothing. */
static enum rwe_status fail_parse(struct reader *r, struct rwe_error *error)
{
    r->line = r->parser.problem_mark.line + 1;
    if (r->parser.error == YAML_MEMORY_ERROR || r->parser.problem == NULL)
        return rwe_fail_memory(error);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "this is no study file (YAML): %s",
                    r->parser.problem);
}

/* An alias (*x) would make a small file stand for a list without end; no study needs one. */
static enum rwe_status go_on(struct reader *r, struct rwe_error *error)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event))
        return fail_parse(r, error);
    r->line = r->event.start_mark.line + 1;
    if (r->event.type == YAML_ALIAS_EVENT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "aliases (*%s) are not read here: write the value itself",
                        (const char *)r->event.data.alias.anchor);
    return RWE_OK;
}

/* Goes on, and says whether there is another item (or key) before the end of the list (or group). */
static enum rwe_status go_to_next(struct reader *r, bool *is_there, struct rwe_error *error)
{
    enum rwe_status status = go_on(r, error);
    *is_there = status == RWE_OK && r->event.type != YAML_SEQUENCE_END_EVENT &&
                r->event.type != YAML_MAPPING_END_EVENT;
    return status;
}

/* Whether a key has no value at all. */
static bool is_nothing(const struct reader *r)
{
    return r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0;
}

static enum rwe_status read_text(struct reader *r, const char **text, struct rwe_error *error)
{
    if (r->event.type != YAML_SCALAR_EVENT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a single value is wanted here, and no list or group of keys");
    *text = rwe_arena_substring(r->arena, (const char *)r->event.data.scalar.value,
                                r->event.data.scalar.length);
    return *text == NULL ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status begin_list(struct reader *r, struct rwe_error *error)
{
    return r->event.type == YAML_SEQUENCE_START_EVENT
               ? RWE_OK
               : rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                          "a list is wanted here: [a, b], or an item a line that begins with -");
}

static enum rwe_status read_list(struct reader *r, struct rwe_strings *list,
                                 struct rwe_error *error)
{
    size_t capacity = 0;
    bool is_there;
    *list = (struct rwe_strings){NULL, 0};
    enum rwe_status status = begin_list(r, error);
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there) {
        list->item =
            rwe_arena_grow(r->arena, list->item, &capacity, list->n + 1, sizeof *list->item);
        status = list->item == NULL ? rwe_fail_memory(error)
                                    : read_text(r, &list->item[list->n++], error);
    }
    return status;
}

static enum rwe_status fail_key(const char *key, const char *const names[], size_t n,
                                struct rwe_error *error)
{
    const char *near = rwe_text_nearest(key, names, n);
    if (near == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "unknown key \"%s\"", key);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "unknown key \"%s\": did you mean \"%s\"?", key,
                    near);
}

static enum rwe_status fail_repeated(const char *key, struct rwe_error *error)
{
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "the key \"%s\" stands here twice", key);
}

/* ---- lists of groups: endpoints, eligibility ---- */

enum { MOST_FIELDS = 5 };

/* A key of a group, and where its value goes: a text, or a list. */
struct field {
    const char *name;
    bool required;
    const char **text;
    struct rwe_strings *list;
    size_t line; /* 0: not there yet */
};

static enum rwe_status read_field(struct reader *r, struct field field[], size_t n,
                                  struct rwe_error *error)
{
    const char *key;
    const char *names[MOST_FIELDS];
    size_t f = 0;
    enum rwe_status status = read_text(r, &key, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        names[i] = field[i].name;
    while (f < n && strcmp(field[f].name, key) != 0)
        f++;
    if (f == n)
        return fail_key(key, names, n, error);
    if (field[f].line != 0)
        return fail_repeated(key, error);
    field[f].line = r->line;
    status = go_on(r, error);
    if (status != RWE_OK || is_nothing(r))
        return status;
    if (field[f].text != NULL)
        return read_text(r, field[f].text, error);
    if (r->event.type != YAML_SCALAR_EVENT)
        return read_list(r, field[f].list, error);
    *field[f].list = (struct rwe_strings){RWE_NEW(r->arena, const char *, 1), 1}; /* value: 2 */
    return field[f].list->item == NULL ? rwe_fail_memory(error)
                                       : read_text(r, field[f].list->item, error);
}

static enum rwe_status read_group(struct reader *r, struct field field[], size_t n,
                                  struct rwe_error *error)
{
    size_t line = r->line;
    bool is_there;
    enum rwe_status status = RWE_OK;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a group of keys is wanted here: {%s: …, %s: …}", field[0].name,
                        field[1].name);
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there)
        status = read_field(r, field, n, error);
    if (status != RWE_OK)
        return status;
    r->line = line;
    for (size_t f = 0; f < n; f++)
        if (field[f].required && *field[f].text == NULL)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "the key \"%s\" is missing here",
                            field[f].name);
    return RWE_OK;
}

static enum rwe_status take_endpoint(struct reader *r, struct rwe_error *error)
{
    struct rwe_endpoint_spec spec = {0};
    struct field field[] = {
        {"name", true, &spec.name, NULL, 0},
        {"time", true, &spec.time, NULL, 0},
        {"event", true, &spec.event, NULL, 0},
        {"value", false, NULL, &spec.values, 0},
        {"competing", false, NULL, &spec.competing, 0},
    };
    enum rwe_status status = read_group(r, field, 5, error);
    if (status == RWE_OK)
        status = rwe_settings_add_endpoint(r->settings, &spec, RWE_FROM_STUDY, error);
    return status;
}

static enum rwe_status take_criterion(struct reader *r, struct rwe_error *error)
{
    struct rwe_criterion_spec spec = {0};
    const char *missing = "keep", *column = "required";
    struct field field[] = {
        {"name", true, &spec.name, NULL, 0},
        {"keep", true, &spec.keep, NULL, 0},
        {"missing", false, &missing, NULL, 0},
        {"column", false, &column, NULL, 0},
    };
    enum rwe_status status = read_group(r, field, 4, error);
    if (status != RWE_OK)
        return status;
    spec.missing_excludes = strcmp(missing, "exclude") == 0;
    spec.column_optional = strcmp(column, "optional") == 0;
    if (!spec.missing_excludes && strcmp(missing, "keep") != 0) {
        r->line = field[2].line;
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "eligibility \"%s\": missing: %s is neither keep nor exclude", spec.name,
                        missing);
    }
    if (!spec.column_optional && strcmp(column, "required") != 0) {
        r->line = field[3].line;
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "eligibility \"%s\": column: %s is neither required nor optional",
                        spec.name, column);
    }
    r->line = field[1].line;
    return rwe_settings_add_criterion(r->settings, &spec, RWE_FROM_STUDY, error);
}

static enum rwe_status take_groups(struct reader *r,
                                   enum rwe_status (*take)(struct reader *, struct rwe_error *),
                                   struct rwe_error *error)
{
    bool is_there;
    enum rwe_status status = begin_list(r, error);
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there)
        status = take(r, error);
    return status;
}

/* ---- values ---- */

static bool is_word(const char *text, const char *const words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool says_yes(const char *text)
{
    static const char *const words[] = {"true", "yes", "on"};
    return is_word(text, words, 3);
}

static bool says_no(const char *text)
{
    static const char *const words[] = {"false", "no", "off", "", "~", "null"};
    return is_word(text, words, 6);
}

/* `km: true`, `psm: true`, `psm: nearest`: yes stands for an argument left out, no for the option
 * left out. */
static enum rwe_status take_text(struct reader *r, const struct rwe_option *option,
                                 struct rwe_error *error)
{
    const char *text;
    enum rwe_status status = read_text(r, &text, error);
    if (status != RWE_OK)
        return status;
    bool may_be_bare = option->kind == RWE_OPTION_FLAG || option->kind == RWE_OPTION_CHOICE ||
                       option->bare != NULL;
    if (text[0] == '\0' || (may_be_bare && says_no(text)))
        return RWE_OK;
    if (may_be_bare && says_yes(text))
        return rwe_settings_set(r->settings, option->name, NULL, RWE_FROM_STUDY, error);
    if (option->kind == RWE_OPTION_FLAG)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s: \"%s\" is neither true nor false",
                        option->name, text);
    if (option->kind == RWE_OPTION_PATH && text[0] != '/')
        text = rwe_arena_format(r->arena, "%s%s", r->folder, text);
    if (text == NULL)
        return rwe_fail_memory(error);
    return rwe_settings_set(r->settings, option->name, text, RWE_FROM_STUDY, error);
}

/* ---- variables: {name: stage, label: {en: Stage, zh: 分期}, levels: [I, II], …} ---- */

/* What a group says of a variable: for each, the option that takes it, and the item without the variable's name. */
struct about {
    const char *name;
    struct rwe_strings option, rest;
    size_t room[2];
};

static enum rwe_status add(struct reader *r, struct about *about, const char *option,
                           const char *rest, struct rwe_error *error)
{
    size_t n = about->option.n + 1;
    const char **options =
        rwe_arena_grow(r->arena, about->option.item, &about->room[0], n, sizeof *options);
    const char **rests =
        rwe_arena_grow(r->arena, about->rest.item, &about->room[1], n, sizeof *rests);
    if (rest == NULL || options == NULL || rests == NULL)
        return rwe_fail_memory(error);
    options[n - 1] = option;
    rests[n - 1] = rest;
    about->option = (struct rwe_strings){options, n};
    about->rest = (struct rwe_strings){rests, n};
    return RWE_OK;
}

/* A list of levels, joined by +; in quotes where they hold marks. */
static enum rwe_status read_levels(struct reader *r, const char **text, struct rwe_error *error)
{
    struct rwe_strings list;
    enum rwe_status status = read_list(r, &list, error);
    for (size_t i = 0; status == RWE_OK && i < list.n; i++) {
        list.item[i] = rwe_marked_quote(r->arena, list.item[i]);
        if (list.item[i] == NULL)
            status = rwe_fail_memory(error);
    }
    if (status != RWE_OK)
        return status;
    *text = rwe_text_join(r->arena, list, "+");
    return *text == NULL ? rwe_fail_memory(error) : RWE_OK;
}

static enum rwe_status read_plain(struct reader *r, const char *option, struct about *about,
                                  struct rwe_error *error)
{
    const char *text;
    enum rwe_status status = read_text(r, &text, error);
    return status == RWE_OK ? add(r, about, option, rwe_arena_format(r->arena, "=%s", text), error)
                            : status;
}

static enum rwe_status read_order(struct reader *r, const char *option, struct about *about,
                                  struct rwe_error *error)
{
    const char *text;
    enum rwe_status status = read_levels(r, &text, error);
    return status == RWE_OK ? add(r, about, option, rwe_arena_format(r->arena, "=%s", text), error)
                            : status;
}

/* {early: [I, II], late: [III]}. */
static enum rwe_status read_groups(struct reader *r, const char *option, struct about *about,
                                   struct rwe_error *error)
{
    const char *group, *text;
    bool is_there;
    enum rwe_status status = RWE_OK;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "groups of levels are wanted here: {early: [I, II], late: [III]}");
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there) {
        status = read_text(r, &group, error);
        if (status == RWE_OK)
            status = go_on(r, error);
        if (status == RWE_OK)
            status = read_levels(r, &text, error);
        if (status == RWE_OK)
            status =
                add(r, about, option, rwe_arena_format(r->arena, "=%s:%s", group, text), error);
    }
    return status;
}

/* A text, or one a language: {en: Stage, zh: 分期}. */
static enum rwe_status read_label(struct reader *r, const char *option, struct about *about,
                                  struct rwe_error *error)
{
    const char *language, *text;
    bool is_there;
    enum rwe_status status = RWE_OK;
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return read_plain(r, option, about, error);
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there) {
        status = read_text(r, &language, error);
        if (status == RWE_OK)
            status = go_on(r, error);
        if (status == RWE_OK)
            status = read_text(r, &text, error);
        if (status == RWE_OK)
            status =
                add(r, about, option, rwe_arena_format(r->arena, ":%s=%s", language, text), error);
    }
    return status;
}

static enum rwe_status read_name(struct reader *r, const char *option, struct about *about,
                                 struct rwe_error *error)
{
    (void)option;
    return read_text(r, &about->name, error);
}

static const struct {
    const char *name; /* of the key, and of the option */
    enum rwe_status (*read)(struct reader *, const char *, struct about *, struct rwe_error *);
} variable_keys[] = {
    {"name", read_name},    {"label", read_label},   {"unit", read_plain},
    {"levels", read_order}, {"groups", read_groups}, {"reference", read_plain},
    {"per", read_plain},
};
enum { N_VARIABLE_KEYS = sizeof variable_keys / sizeof *variable_keys };

static enum rwe_status read_about(struct reader *r, struct about *about, bool seen[],
                                  struct rwe_error *error)
{
    const char *key, *names[N_VARIABLE_KEYS];
    size_t k = 0;
    enum rwe_status status = read_text(r, &key, error);
    if (status != RWE_OK)
        return status;
    for (size_t i = 0; i < N_VARIABLE_KEYS; i++)
        names[i] = variable_keys[i].name;
    while (k < N_VARIABLE_KEYS && strcmp(names[k], key) != 0)
        k++;
    if (k == N_VARIABLE_KEYS)
        return fail_key(key, names, N_VARIABLE_KEYS, error);
    if (seen[k])
        return fail_repeated(key, error);
    seen[k] = true;
    status = go_on(r, error);
    return status != RWE_OK || is_nothing(r) ? status
                                             : variable_keys[k].read(r, names[k], about, error);
}

/* An item of a list, behind those that this file has given it before. */
static enum rwe_status give_item(struct reader *r, const char *option, const char *item,
                                 struct rwe_error *error)
{
    bool *has_begun = &r->has_begun[rwe_settings_find(r->settings, option) -
                                    rwe_settings_options(r->settings).item];
    if (*has_begun)
        return rwe_settings_add_item(r->settings, option, item, RWE_FROM_STUDY, error);
    *has_begun = true;
    const char **one = RWE_NEW(r->arena, const char *, 1);
    if (one == NULL)
        return rwe_fail_memory(error);
    one[0] = item;
    return rwe_settings_set_list(r->settings, option, (struct rwe_strings){one, 1}, RWE_FROM_STUDY,
                                 error);
}

/* A group of keys about a variable; its name is what the list gets. */
static enum rwe_status take_variable(struct reader *r, const char **name, struct rwe_error *error)
{
    struct about about = {0};
    bool seen[N_VARIABLE_KEYS] = {false}, is_there;
    size_t line = r->line;
    enum rwe_status status = RWE_OK;
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there)
        status = read_about(r, &about, seen, error);
    if (status == RWE_OK && about.name == NULL) {
        r->line = line;
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "the key \"%s\" is missing here", "name");
    }
    for (size_t i = 0; i < about.option.n && status == RWE_OK; i++) {
        const char *item = rwe_arena_format(r->arena, "%s%s", about.name, about.rest.item[i]);
        status =
            item == NULL ? rwe_fail_memory(error) : give_item(r, about.option.item[i], item, error);
    }
    *name = about.name;
    return status;
}

/* Items are added to what groups about variables said before. */
static enum rwe_status take_list(struct reader *r, const struct rwe_option *option,
                                 struct rwe_error *error)
{
    size_t line = r->line, n = 0;
    bool is_there;
    enum rwe_status status = begin_list(r, error);
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there) {
        const char *item;
        bool is_variable = option->has_variables && r->event.type == YAML_MAPPING_START_EVENT;
        status = is_variable ? take_variable(r, &item, error) : read_text(r, &item, error);
        if (status != RWE_OK)
            return status;
        status = give_item(r, option->name, item, error);
        if (status != RWE_OK)
            r->line = line;
        n++;
    }
    if (status == RWE_OK && n == 0) /* an empty list is given too */
        status = rwe_settings_set_list(r->settings, option->name, (struct rwe_strings){NULL, 0},
                                       RWE_FROM_STUDY, error);
    return status;
}

static enum rwe_status take_value(struct reader *r, const struct rwe_option *option,
                                  struct rwe_error *error)
{
    enum rwe_status status = go_on(r, error);
    if (status != RWE_OK || is_nothing(r))
        return status;
    switch (option->kind) {
    case RWE_OPTION_ENDPOINTS:
        return take_groups(r, take_endpoint, error);
    case RWE_OPTION_CRITERIA:
        return take_groups(r, take_criterion, error);
    case RWE_OPTION_LIST:
    case RWE_OPTION_TEXTS:
    case RWE_OPTION_NUMBERS:
        return take_list(r, option, error);
    default:
        return take_text(r, option, error);
    }
}

/* ---- keys ---- */

static enum rwe_status fail_option(const struct reader *r, const char *key, struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(r->settings);
    const char **names = RWE_NEW(r->arena, const char *, options.n);
    if (names == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < options.n; i++)
        names[i] = options.item[i].command_only || options.item[i].kind == RWE_OPTION_OUTPUT
                       ? NULL
                       : options.item[i].name;
    return fail_key(key, names, options.n, error);
}

/* `seen` is by option. */
static enum rwe_status take_key(struct reader *r, bool seen[], struct rwe_error *error)
{
    const char *key;
    enum rwe_status status = read_text(r, &key, error);
    if (status != RWE_OK)
        return status;
    const struct rwe_option *option = rwe_settings_find(r->settings, key);
    if (option != NULL && option->kind == RWE_OPTION_OUTPUT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "%s: a study file names no file to write, since it is handed from one to "
                        "another: say --%s FILE on the command line",
                        key, key);
    if (option == NULL || option->command_only)
        return fail_option(r, key, error);
    bool *is_seen = &seen[option - rwe_settings_options(r->settings).item];
    if (*is_seen)
        return fail_repeated(key, error);
    *is_seen = true;
    return take_value(r, option, error);
}

static enum rwe_status take_keys(struct reader *r, struct rwe_error *error)
{
    bool *seen = RWE_NEW(r->arena, bool, rwe_settings_options(r->settings).n);
    bool is_there;
    r->has_begun = RWE_NEW(r->arena, bool, rwe_settings_options(r->settings).n);
    enum rwe_status status = seen == NULL || r->has_begun == NULL ? rwe_fail_memory(error) : RWE_OK;
    while (status == RWE_OK && (status = go_to_next(r, &is_there, error)) == RWE_OK && is_there)
        status = take_key(r, seen, error);
    return status;
}

/* ---- the file ---- */

static enum rwe_status take_document(struct reader *r, struct rwe_error *error)
{
    enum rwe_status status = go_on(r, error); /* the stream, the document, what it holds */
    for (int i = 0; i < 2 && status == RWE_OK && r->event.type != YAML_STREAM_END_EVENT; i++)
        status = go_on(r, error);
    if (status == RWE_OK && r->event.type != YAML_MAPPING_START_EVENT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "this is no study file (YAML): it wants lines of KEY: VALUE");
    if (status == RWE_OK)
        status = take_keys(r, error);
    for (int i = 0; i < 2 && status == RWE_OK; i++)
        status = go_on(r, error);
    if (status == RWE_OK && r->event.type != YAML_STREAM_END_EVENT)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "a second document begins here (---): a study is one");
    return status;
}

static enum rwe_status load(struct rwe_settings *settings, const char *text, size_t size,
                            const char *name, const char *folder, struct rwe_error *error)
{
    struct reader r = {
        .settings = settings, .arena = rwe_settings_arena(settings), .folder = folder};
    struct rwe_error inner = {0};
    if (!yaml_parser_initialize(&r.parser))
        return rwe_fail_memory(error);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
    enum rwe_status status = take_document(&r, &inner);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (status == RWE_OK || status == RWE_NO_MEMORY)
        return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
    return rwe_fail(error, status, RWE_NO_INDEX, "%s:%zu: %s", name, r.line, inner.message);
}

enum rwe_status rwe_study_load_text(struct rwe_settings *settings, const char *text, size_t size,
                                    const char *name, struct rwe_error *error)
{
    return load(settings, text, size, name, "", error);
}

/* A study file is some hundred lines; one that is larger than this is something else. */
#define LARGEST_STUDY ((size_t)1 << 20)

static enum rwe_status read_study(const char *path, struct rwe_arena *arena, char **text,
                                  size_t *size, struct rwe_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(errno));
    *text = rwe_arena_alloc(arena, LARGEST_STUDY + 1, 1);
    if (*text == NULL) {
        fclose(file);
        return rwe_fail_memory(error);
    }
    *size = fread(*text, 1, LARGEST_STUDY + 1, file);
    int failure = ferror(file) ? errno : 0;
    fclose(file);
    if (failure != 0)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(failure));
    if (*size > LARGEST_STUDY)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s: too large for a study file", path);
    return RWE_OK;
}

enum rwe_status rwe_study_load(struct rwe_settings *settings, const char *path,
                               struct rwe_error *error)
{
    struct rwe_arena *arena = rwe_settings_arena(settings);
    const char *slash = strrchr(path, '/');
    const char *folder =
        rwe_arena_substring(arena, path, slash == NULL ? 0 : (size_t)(slash + 1 - path));
    char *text = NULL;
    size_t size = 0;
    enum rwe_status status =
        folder == NULL ? rwe_fail_memory(error) : read_study(path, arena, &text, &size, error);
    return status == RWE_OK ? load(settings, text, size, path, folder, error) : status;
}
