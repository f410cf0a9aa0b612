/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/settings.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libcyaml fills one slot for each option: a string, or an array with its count. Every scalar is
 * read as text and goes through the same parser as the command line's, so both accept the same. */
struct slot {
    void *pointer;
    uint64_t count;
};

/* An item of `endpoint:`, as libcyaml fills it. */
struct endpoint_item {
    char *name, *time, *event;
    char **value;
    uint64_t value_count;
    char **competing;
    uint64_t competing_count;
};

static const cyaml_schema_value_t string_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t endpoint_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct endpoint_item, name, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("time", CYAML_FLAG_POINTER, struct endpoint_item, time, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("event", CYAML_FLAG_POINTER, struct endpoint_item, event, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("value", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct endpoint_item,
                         value, &string_entry, 1, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("competing", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct endpoint_item, competing, &string_entry, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t endpoint_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct endpoint_item, endpoint_fields),
};

/* An item of `eligibility:`. */
struct criterion_item {
    char *name, *keep, *missing, *column;
};

static const cyaml_schema_field_t criterion_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct criterion_item, name, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("keep", CYAML_FLAG_POINTER, struct criterion_item, keep, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("missing", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct criterion_item, missing, 1, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("column", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                           struct criterion_item, column, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t criterion_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct criterion_item, criterion_fields),
};

/* What libcyaml says while it fails, cut to what fits. */
struct log {
    char text[512];
    size_t used;
    size_t line; /* of the innermost place it names, 0: none */
};

static void keep_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct log *log = context;
    char piece[256];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(piece, sizeof piece, format, arguments);
    const char *line = strstr(piece, "line: ");
    if (line != NULL && log->line == 0)
        log->line = strtoul(line + strlen("line: "), NULL, 10);
    bool told = line != NULL || strstr(piece, "Backtrace") != NULL;
    const char *text = strncmp(piece, "Load: ", 6) == 0 ? piece + 6 : piece;
    size_t length = strcspn(text, "\n");
    if (told || log->used + length + 3 > sizeof log->text)
        return;
    log->used += (size_t)snprintf(log->text + log->used, sizeof log->text - log->used, "%s%.*s",
                                  log->used == 0 ? "" : "; ", (int)length, text);
}

static bool is_list(enum rwe_option_kind kind)
{
    return kind == RWE_OPTION_LIST || kind == RWE_OPTION_NUMBERS;
}

/* What the items of a sequence are, and how large. */
static const cyaml_schema_value_t *entry_of(enum rwe_option_kind kind, uint32_t *size)
{
    switch (kind) {
    case RWE_OPTION_ENDPOINTS:
        *size = sizeof(struct endpoint_item);
        return &endpoint_entry;
    case RWE_OPTION_CRITERIA:
        *size = sizeof(struct criterion_item);
        return &criterion_entry;
    default:
        *size = sizeof(char *);
        return &string_entry;
    }
}

static bool is_sequence(enum rwe_option_kind kind)
{
    return is_list(kind) || kind == RWE_OPTION_ENDPOINTS || kind == RWE_OPTION_CRITERIA;
}

/* The schema: an optional key for each option that may stand in a study file. */
static cyaml_schema_field_t *schema_of(struct rwe_options options, struct rwe_arena *arena)
{
    cyaml_schema_field_t *field = RWE_NEW(arena, cyaml_schema_field_t, options.n + 1);
    size_t n = 0;
    for (size_t i = 0; field != NULL && i < options.n; i++) {
        const struct rwe_option *option = &options.item[i];
        if (option->command_only)
            continue;
        cyaml_schema_field_t *f = &field[n++];
        f->key = option->name;
        f->data_offset = (uint32_t)(i * sizeof(struct slot) + offsetof(struct slot, pointer));
        if (!is_sequence(option->kind)) {
            f->value = (cyaml_schema_value_t){CYAML_VALUE_STRING(
                CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, char, 0, CYAML_UNLIMITED)};
            continue;
        }
        uint32_t size;
        const cyaml_schema_value_t *entry = entry_of(option->kind, &size);
        f->count_offset = (uint32_t)(i * sizeof(struct slot) + offsetof(struct slot, count));
        f->count_size = sizeof(uint64_t);
        f->value = (cyaml_schema_value_t){CYAML_VALUE_SEQUENCE(
            CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, char *, entry, 0, CYAML_UNLIMITED)};
        f->value.data_size = size;
    }
    return field;
}

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
static enum rwe_status take_scalar(struct rwe_settings *settings, const struct rwe_option *option,
                                   const char *folder, const char *text, struct rwe_error *error)
{
    bool may_be_bare = option->kind == RWE_OPTION_FLAG || option->kind == RWE_OPTION_CHOICE ||
                       option->bare != NULL;
    if (text[0] == '\0' || (may_be_bare && says_no(text)))
        return RWE_OK;
    if (may_be_bare && says_yes(text))
        return rwe_settings_set(settings, option->name, NULL, RWE_FROM_STUDY, error);
    if (option->kind == RWE_OPTION_FLAG)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s: \"%s\" is neither true nor false",
                        option->name, text);
    if (option->kind != RWE_OPTION_PATH || text[0] == '/' || folder[0] == '\0')
        return rwe_settings_set(settings, option->name, text, RWE_FROM_STUDY, error);
    char *path = NULL;
    if (asprintf(&path, "%s%s", folder, text) < 0)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_settings_set(settings, option->name, path, RWE_FROM_STUDY, error);
    free(path);
    return status;
}

static struct rwe_strings copy_strings(struct rwe_arena *arena, char *const *item, size_t n)
{
    struct rwe_strings list = {RWE_NEW(arena, const char *, n), n};
    for (size_t i = 0; list.item != NULL && i < n; i++)
        list.item[i] = rwe_arena_string(arena, item[i]);
    return list;
}

static enum rwe_status take_endpoints(struct rwe_settings *settings, struct rwe_arena *arena,
                                      const struct slot *slot, struct rwe_error *error)
{
    const struct endpoint_item *item = slot->pointer;
    for (size_t i = 0; i < slot->count; i++) {
        struct rwe_endpoint_spec spec = {
            .name = rwe_arena_string(arena, item[i].name),
            .time = rwe_arena_string(arena, item[i].time),
            .event = rwe_arena_string(arena, item[i].event),
            .values = copy_strings(arena, item[i].value, item[i].value_count),
            .competing = copy_strings(arena, item[i].competing, item[i].competing_count),
        };
        if (rwe_arena_failed(arena))
            return rwe_fail_memory(error);
        enum rwe_status status = rwe_settings_add_endpoint(settings, &spec, RWE_FROM_STUDY, error);
        if (status != RWE_OK)
            return status;
    }
    return RWE_OK;
}

/* `*failed` is the item at fault. */
static enum rwe_status take_criteria(struct rwe_settings *settings, struct rwe_arena *arena,
                                     const struct slot *slot, size_t *failed,
                                     struct rwe_error *error)
{
    const struct criterion_item *item = slot->pointer;
    for (size_t i = 0; i < slot->count; i++) {
        const char *missing = item[i].missing == NULL ? "keep" : item[i].missing;
        const char *column = item[i].column == NULL ? "required" : item[i].column;
        struct rwe_criterion_spec spec = {
            .name = rwe_arena_string(arena, item[i].name),
            .keep = rwe_arena_string(arena, item[i].keep),
            .missing_excludes = strcmp(missing, "exclude") == 0,
            .column_optional = strcmp(column, "optional") == 0,
        };
        *failed = i;
        if (rwe_arena_failed(arena))
            return rwe_fail_memory(error);
        if (!spec.missing_excludes && strcmp(missing, "keep") != 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "eligibility \"%s\": missing: %s is neither keep nor exclude",
                            spec.name, missing);
        if (!spec.column_optional && strcmp(column, "required") != 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "eligibility \"%s\": column: %s is neither required nor optional",
                            spec.name, column);
        enum rwe_status status = rwe_settings_add_criterion(settings, &spec, RWE_FROM_STUDY, error);
        if (status != RWE_OK)
            return status;
    }
    return RWE_OK;
}

/* Line of the top-level key, 0 when it is not found. */
static size_t line_of_key(const char *text, size_t size, const char *key)
{
    size_t line = 1;
    size_t length = strlen(key);
    for (const char *at = text; at < text + size; line++) {
        const char *end = memchr(at, '\n', (size_t)(text + size - at));
        size_t width = (size_t)((end == NULL ? text + size : end) - at);
        if (width > length && memcmp(at, key, length) == 0 && at[length] == ':')
            return line;
        at += width + 1;
    }
    return 0;
}

struct source_text {
    const char *text;
    size_t size;
    const char *name;
    const char *folder; /* of the file, with its slash; "" from memory */
};

/* Line of item `failed` of `eligibility:`, told by its condition; the key's where that is folded. */
static size_t line_of_criterion(const struct source_text *source, const struct slot *slot,
                                size_t failed)
{
    const struct criterion_item *item = slot->pointer;
    size_t line = line_of_key(source->text, source->size, "eligibility");
    size_t at_line = 1;
    const char *end = source->text + source->size;
    for (const char *at = source->text; failed < slot->count && at < end; at_line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t width = (size_t)((stop == NULL ? end : stop) - at);
        if (at_line >= line &&
            memmem(at, width, item[failed].keep, strlen(item[failed].keep)) != NULL)
            return at_line;
        at += width + 1;
    }
    return line;
}

static enum rwe_status take_values(struct rwe_settings *settings, const struct slot slots[],
                                   const struct source_text *source, struct rwe_arena *arena,
                                   struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(settings);
    for (size_t i = 0; i < options.n; i++) {
        const struct rwe_option *option = &options.item[i];
        enum rwe_status status;
        struct rwe_error inner = {0};
        if (slots[i].pointer == NULL)
            continue;
        size_t line = line_of_key(source->text, source->size, option->name);
        if (option->kind == RWE_OPTION_CRITERIA) {
            size_t failed = 0;
            status = take_criteria(settings, arena, &slots[i], &failed, &inner);
            line = line_of_criterion(source, &slots[i], failed);
        } else if (option->kind == RWE_OPTION_ENDPOINTS)
            status = take_endpoints(settings, arena, &slots[i], &inner);
        else if (is_list(option->kind))
            status = rwe_settings_set_list(settings, option->name,
                                           copy_strings(arena, slots[i].pointer, slots[i].count),
                                           RWE_FROM_STUDY, &inner);
        else
            status = take_scalar(settings, option, source->folder, slots[i].pointer, &inner);
        if (status != RWE_OK)
            return rwe_fail(error, status, RWE_NO_INDEX, "%s:%zu: %s", source->name, line,
                            inner.message);
    }
    return RWE_OK;
}

/* The key that libcyaml did not know, told with the nearest that there is. */
static enum rwe_status fail_load(const struct rwe_settings *settings, const struct log *log,
                                 const struct source_text *source, struct rwe_arena *scratch,
                                 struct rwe_error *error)
{
    const char *unknown = strstr(log->text, "Unexpected key: ");
    struct rwe_options options = rwe_settings_options(settings);
    const char **names = RWE_NEW(scratch, const char *, options.n);
    if (names == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < options.n; i++)
        names[i] = options.item[i].command_only ? NULL : options.item[i].name;
    if (unknown == NULL)
        return rwe_fail(
            error, RWE_USAGE, RWE_NO_INDEX, "%s:%zu: %s%s", source->name, log->line,
            log->used == 0 ? "this is no study file (YAML)" : log->text,
            strstr(log->text, "SEQUENCE") == NULL
                ? ""
                : " (a list is wanted here: [a, b], or an item a line that begins with -)");
    const char *key = unknown + strlen("Unexpected key: ");
    size_t line = line_of_key(source->text, source->size, key);
    const char *near = rwe_text_nearest(key, names, options.n);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX, "%s:%zu: unknown key \"%s\"%s%s%s",
                    source->name, line == 0 ? log->line : line, key,
                    near == NULL ? "" : ": did you mean \"", near == NULL ? "" : near,
                    near == NULL ? "" : "\"?");
}

/* Whether loading failed for want of memory: libcyaml's own, or libyaml's, which it passes on as a
 * parser that does not start or that fails without a problem to tell. */
static bool is_out_of_memory(cyaml_err_t failure, const struct log *log)
{
    return failure == CYAML_ERR_OOM || failure == CYAML_ERR_LIBYAML_PARSER_INIT ||
           (failure == CYAML_ERR_LIBYAML_PARSER && strstr(log->text, "(null)") != NULL);
}

static enum rwe_status load(struct rwe_settings *settings, const struct source_text *source,
                            struct rwe_arena *arena, struct rwe_error *error)
{
    struct rwe_options options = rwe_settings_options(settings);
    cyaml_schema_field_t *fields = schema_of(options, arena);
    if (fields == NULL)
        return rwe_fail_memory(error);
    const cyaml_schema_value_t root = {
        .type = CYAML_MAPPING,
        .flags = CYAML_FLAG_POINTER,
        .data_size = (uint32_t)(options.n * sizeof(struct slot)),
        .mapping = {.fields = fields},
    };
    struct log log = {0};
    const cyaml_config_t config = {
        .log_fn = keep_log, .log_ctx = &log, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
    cyaml_data_t *data = NULL;
    cyaml_err_t failure =
        cyaml_load_data((const uint8_t *)source->text, source->size, &config, &root, &data, NULL);
    if (is_out_of_memory(failure, &log))
        return rwe_fail_memory(error);
    if (failure != CYAML_OK || data == NULL)
        return fail_load(settings, &log, source, arena, error);
    enum rwe_status status = take_values(settings, data, source, arena, error);
    cyaml_free(&config, &root, data, 0);
    return status;
}

enum rwe_status rwe_study_load_text(struct rwe_settings *settings, const char *text, size_t size,
                                    const char *name, struct rwe_error *error)
{
    struct source_text source = {text, size, name, ""};
    return load(settings, &source, rwe_settings_arena(settings), error);
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
    struct source_text source = {
        .name = path,
        .folder = rwe_arena_substring(arena, path, slash == NULL ? 0 : (size_t)(slash + 1 - path)),
    };
    char *text = NULL;
    enum rwe_status status = source.folder == NULL
                                 ? rwe_fail_memory(error)
                                 : read_study(path, arena, &text, &source.size, error);
    source.text = text;
    return status == RWE_OK ? load(settings, &source, arena, error) : status;
}
