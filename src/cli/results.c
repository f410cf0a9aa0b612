/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results.h"

#include "rwe/base/language.h"
#include "rwe/report/render.h"
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading: what every part needs ---- */

struct reader {
    const char *path;
    struct rwe_arena *arena;
    struct rwe_error *error;
};

/* What is wrong with the file: a sentence about its name. */
static enum rwe_status bad(const struct reader *reader, const char *sentence)
{
    return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX, sentence, reader->path);
}

/* What is wrong with item `i` of a list: a sentence about the name of the file and the number of the item. */
static enum rwe_status bad_item(const struct reader *reader, size_t i, const char *sentence)
{
    return rwe_fail(reader->error, RWE_BAD_INPUT, i, sentence, reader->path, i + 1);
}

/* Copy of a text member; NULL where the object has none. */
static const char *copy_text(const struct reader *reader, const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);
    return json_is_string(text) ? rwe_arena_string(reader->arena, json_string_value(text)) : NULL;
}

static bool is_text_or_absent(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return member == NULL || json_is_string(member);
}

static bool is_array_of_texts(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_string(json_array_get(array, i)))
            return false;
    return json_is_array(array);
}

static struct rwe_strings copy_texts(const struct reader *reader, const json_t *array)
{
    size_t n = json_array_size(array);
    struct rwe_strings texts = {RWE_NEW(reader->arena, const char *, n), n};
    for (size_t i = 0; texts.item != NULL && i < n; i++)
        texts.item[i] =
            rwe_arena_string(reader->arena, json_string_value(json_array_get(array, i)));
    return texts;
}

/* ---- reading: provenance ---- */

/* False when the value is of a type that no setting has. */
static bool read_setting(const struct reader *reader, const char *name, const json_t *value,
                         struct rwe_setting_value *setting)
{
    setting->name = rwe_arena_string(reader->arena, name);
    setting->is_list = json_is_array(value);
    setting->is_flag = json_is_boolean(value);
    setting->is_number = json_is_number(value);
    if (is_array_of_texts(value)) {
        setting->texts = copy_texts(reader, value);
    } else if (setting->is_flag) {
        setting->number = json_is_true(value);
    } else if (setting->is_number) {
        setting->number = json_number_value(value);
    } else if (json_is_string(value)) {
        const char **text = RWE_NEW(reader->arena, const char *, 1);
        if (text != NULL)
            *text = rwe_arena_string(reader->arena, json_string_value(value));
        setting->texts = (struct rwe_strings){text, text != NULL};
    } else {
        return json_is_null(value);
    }
    return true;
}

static enum rwe_status read_study(const struct reader *reader, json_t *study,
                                  struct rwe_results *results)
{
    const char *name;
    json_t *value;
    if (study != NULL && !json_is_object(study))
        return bad(reader, N_("%s: \"study\" is not an object"));
    results->study = RWE_NEW(reader->arena, struct rwe_setting_value, json_object_size(study));
    if (results->study == NULL)
        return rwe_fail_memory(reader->error);
    json_object_foreach(study, name, value)
    {
        if (!read_setting(reader, name, value, &results->study[results->n_study++]))
            return bad_item(reader, results->n_study - 1,
                            N_("%s: item %zu of \"study\" is neither a value nor a list of texts"));
    }
    return RWE_OK;
}

static enum rwe_status read_inputs(const struct reader *reader, const json_t *inputs,
                                   struct rwe_results *results)
{
    results->n_inputs = json_array_size(inputs);
    results->inputs = RWE_NEW(reader->arena, struct rwe_input, results->n_inputs);
    if (results->inputs == NULL)
        return rwe_fail_memory(reader->error);
    for (size_t i = 0; i < results->n_inputs; i++) {
        const json_t *input = json_array_get(inputs, i);
        const json_t *rows = json_object_get(input, "rows");
        if (!json_is_string(json_object_get(input, "file")) ||
            !json_is_string(json_object_get(input, "sha256")) || !json_is_integer(rows) ||
            json_integer_value(rows) < 0)
            return bad_item(
                reader, i,
                N_("%s: item %zu of \"inputs\" has no \"file\", \"sha256\" and \"rows\""));
        results->inputs[i] =
            (struct rwe_input){copy_text(reader, input, "file"), copy_text(reader, input, "sha256"),
                               (size_t)json_integer_value(rows)};
    }
    return RWE_OK;
}

/* An integer, or the text of one that is larger than signed 64 bits. */
static bool read_seed(const json_t *seed, uint64_t *value)
{
    char *end = NULL;
    if (json_is_integer(seed) && json_integer_value(seed) >= 0) {
        *value = (uint64_t)json_integer_value(seed);
        return true;
    }
    if (!json_is_string(seed) || strchr("0123456789", json_string_value(seed)[0]) == NULL)
        return false;
    errno = 0;
    *value = strtoull(json_string_value(seed), &end, 10);
    return errno == 0 && end != json_string_value(seed) && *end == '\0';
}

static enum rwe_status read_provenance(const struct reader *reader, const json_t *from,
                                       struct rwe_results *results)
{
    const json_t *command = json_object_get(from, "command");
    if (from == NULL)
        return RWE_OK;
    if (!json_is_object(from))
        return bad(reader, N_("%s: \"provenance\" is not an object"));
    if (!is_array_of_texts(command))
        return bad(reader, N_("%s: \"command\" is not a list of texts"));
    if (!read_seed(json_object_get(from, "seed"), &results->seed))
        return bad(reader, N_("%s: \"seed\" is not a whole number"));
    results->has_provenance = true;
    results->command = copy_texts(reader, command);
    enum rwe_status status = read_study(reader, json_object_get(from, "study"), results);
    if (status != RWE_OK)
        return status;
    return read_inputs(reader, json_object_get(from, "inputs"), results);
}

/* ---- reading: facts ---- */

static enum rwe_status read_fact(const struct reader *reader, const json_t *from, size_t i,
                                 struct rwe_fact_value *fact)
{
    const json_t *time = json_object_get(from, "time");
    const json_t *value = json_object_get(from, "value");
    *fact = (struct rwe_fact_value){.key.time = NAN, .number = NAN};
    if (!json_is_string(json_object_get(from, "analysis")) ||
        !json_is_string(json_object_get(from, "stat")))
        return bad_item(reader, i,
                        N_("%s: item %zu of \"facts\" has no \"analysis\" and \"stat\""));
    if (time != NULL && !json_is_number(time))
        return bad_item(reader, i,
                        N_("%s: item %zu of \"facts\" has a \"time\" that is no number"));
    if (!json_is_number(value) && !json_is_string(value) && !json_is_null(value))
        return bad_item(
            reader, i,
            N_("%s: item %zu of \"facts\" has a \"value\" that is no number, text or null"));
    for (size_t j = 0; j < RWE_KEY_TEXTS; j++) {
        if (!is_text_or_absent(from, rwe_key_names[j]))
            return bad_item(reader, i, N_("%s: item %zu of \"facts\" has a key that is no text"));
        rwe_key_set_text(&fact->key, j, copy_text(reader, from, rwe_key_names[j]));
    }
    fact->stat = copy_text(reader, from, "stat");
    fact->text = copy_text(reader, from, "value");
    if (time != NULL)
        fact->key.time = json_number_value(time);
    if (json_is_number(value))
        fact->number = json_number_value(value);
    return RWE_OK;
}

static enum rwe_status read_facts(const struct reader *reader, const json_t *from,
                                  struct rwe_results *results)
{
    size_t n = json_array_size(from);
    if (!json_is_array(from))
        return bad(reader, N_("%s: \"facts\" is not a list"));
    struct rwe_fact_value *facts = RWE_NEW(reader->arena, struct rwe_fact_value, n);
    if (facts == NULL)
        return rwe_fail_memory(reader->error);
    for (size_t i = 0; i < n; i++) {
        enum rwe_status status = read_fact(reader, json_array_get(from, i), i, &facts[i]);
        if (status != RWE_OK)
            return status;
    }
    results->facts = (struct rwe_fact_list){facts, n};
    return RWE_OK;
}

/* ---- reading: the file ---- */

static enum rwe_status read_root(const struct reader *reader, const json_t *root,
                                 struct rwe_results *results)
{
    const json_t *rwe = json_object_get(root, "rwe");
    const json_t *schema = json_object_get(rwe, "schema");
    if (!json_is_object(rwe) || !json_is_integer(schema))
        return bad(reader,
                   N_("%s: not results of rwe-analyze: there is no \"rwe\" with a \"schema\""));
    if (json_integer_value(schema) != RWE_RESULTS_SCHEMA)
        return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: results of schema %lld; this version reads schema %d", reader->path,
                        (long long)json_integer_value(schema), RWE_RESULTS_SCHEMA);
    results->version = copy_text(reader, rwe, "version");
    enum rwe_status status = read_provenance(reader, json_object_get(root, "provenance"), results);
    if (status == RWE_OK)
        status = read_facts(reader, json_object_get(root, "facts"), results);
    if (status == RWE_OK && rwe_arena_failed(reader->arena))
        status = rwe_fail_memory(reader->error);
    return status;
}

/*
 * jansson's failure in our words; this is the only place that knows its errors. When memory is out
 * in the middle of a file, jansson 2.14 says nothing or calls the place a syntax error.
 */
static enum rwe_status translate(const struct reader *reader, const json_error_t *failure)
{
    if (json_error_code(failure) == json_error_out_of_memory || failure->text[0] == '\0')
        return rwe_fail_memory(reader->error);
    return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: line %d, column %d: %s",
                    reader->path, failure->line, failure->column, failure->text);
}

enum rwe_status rwe_results_read(const char *path, struct rwe_arena *arena,
                                 struct rwe_results *results, struct rwe_error *error)
{
    const struct reader reader = {path, arena, error};
    json_error_t failure;
    FILE *file = fopen(path, "r");
    *results = (struct rwe_results){0};
    if (file == NULL)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(errno));
    errno = 0;
    json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &failure);
    int unread = ferror(file) ? errno : 0;
    fclose(file);
    enum rwe_status status;
    if (unread != 0)
        status = rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(unread));
    else if (root == NULL)
        status = translate(&reader, &failure);
    else
        status = read_root(&reader, root, results);
    json_decref(root);
    return status;
}
