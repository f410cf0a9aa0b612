/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Results for machines. The layout is ours: one fact a line, so that results kept under version
 * control differ by the lines that changed, and numbers in the fewest digits that read back to the
 * same bits (jansson 2.14 has one fixed precision for a whole dump). Texts are jansson's.
 */
#include "document_private.h"
#include "number_format_private.h"
#include "render_private.h"
#include "utf8_private.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* Where it is written. `failed`: jansson had no memory. */
struct writer {
    FILE *out;
    struct rwe_arena *scratch;
    bool failed;
};

/* ---- values ---- */

/* A text that stands as it is between quotes, as nearly all do. */
static bool is_plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
            return false;
    return true;
}

static void put_text(struct writer *writer, const char *text)
{
    if (is_plain(text)) {
        fputc('"', writer->out);
        fputs(text, writer->out);
        fputc('"', writer->out);
        return;
    }
    json_t *json = json_string(text);
    if (json == NULL || json_dumpf(json, writer->out, JSON_ENCODE_ANY) != 0)
        writer->failed = true;
    json_decref(json);
}

/* Text from outside the document, which may be no UTF-8. */
static void put_foreign_text(struct writer *writer, const char *text)
{
    const char *clean = rwe_utf8_clean(writer->scratch, text, RWE_UTF8_KEEP);
    if (clean != NULL)
        put_text(writer, clean);
}

static void put_number(struct writer *writer, double x)
{
    char text[RWE_NUMBER_SIZE];
    if (!isfinite(x)) {
        fputs("null", writer->out);
        return;
    }
    rwe_number_exact(x, text);
    fputs(text, writer->out);
}

static void put_texts(struct writer *writer, struct rwe_strings texts)
{
    fputc('[', writer->out);
    for (size_t i = 0; i < texts.n; i++) {
        fputs(i == 0 ? "" : ", ", writer->out);
        put_foreign_text(writer, texts.item[i]);
    }
    fputc(']', writer->out);
}

/* The members of a key that apply; each is followed by a comma, since a key never ends an object.
 */
static void put_key(struct writer *writer, const struct rwe_key *key)
{
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++) {
        const char *text = rwe_key_text(key, i);
        if (text == NULL)
            continue;
        fprintf(writer->out, "\"%s\": ", rwe_key_names[i]);
        put_text(writer, text);
        fputs(", ", writer->out);
    }
    if (isnan(key->time))
        return;
    fputs("\"time\": ", writer->out);
    put_number(writer, key->time);
    fputs(", ", writer->out);
}

/* ---- parts ---- */

/* "name": [ items ], one item a line. */
static void put_lines(struct writer *writer, const char *name, size_t n, const void *items,
                      void (*put_item)(struct writer *writer, const void *items, size_t i))
{
    fprintf(writer->out, ",\n\"%s\": [", name);
    for (size_t i = 0; i < n; i++) {
        fputs(i == 0 ? "\n" : ",\n", writer->out);
        put_item(writer, items, i);
    }
    fputs(n == 0 ? "]" : "\n]", writer->out);
}

static void put_setting(struct writer *writer, const struct rwe_setting_value *setting)
{
    put_foreign_text(writer, setting->name);
    fputs(": ", writer->out);
    if (setting->is_list)
        put_texts(writer, setting->texts);
    else if (setting->is_flag)
        fputs(setting->number != 0 ? "true" : "false", writer->out);
    else if (setting->is_number)
        put_number(writer, setting->number);
    else if (setting->texts.n > 0)
        put_foreign_text(writer, setting->texts.item[0]);
    else
        fputs("null", writer->out);
}

static void put_input(struct writer *writer, const struct rwe_input *input)
{
    fputs("{\"file\": ", writer->out);
    put_foreign_text(writer, input->file);
    fputs(", \"sha256\": ", writer->out);
    put_foreign_text(writer, input->sha256);
    fprintf(writer->out, ", \"rows\": %zu}", input->rows);
}

/* Most readers of JSON have signed 64-bit integers at best: a larger seed is a text. */
static void put_seed(struct writer *writer, uint64_t seed)
{
    const char *quote = seed > INT64_MAX ? "\"" : "";
    fprintf(writer->out, "%s%" PRIu64 "%s", quote, seed, quote);
}

static void put_provenance(struct writer *writer, const struct rwe_document *document)
{
    const struct rwe_provenance *from = document->provenance;
    fputs(",\n\"provenance\": {\n  \"command\": ", writer->out);
    put_texts(writer, from->command);
    fputs(",\n  \"study\": {", writer->out);
    for (size_t i = 0; i < from->n_study; i++) {
        fputs(i == 0 ? "\n    " : ",\n    ", writer->out);
        put_setting(writer, &from->study[i]);
    }
    fputs("},\n  \"inputs\": [", writer->out);
    for (size_t i = 0; i < from->n_inputs; i++) {
        fputs(i == 0 ? "\n    " : ",\n    ", writer->out);
        put_input(writer, &from->inputs[i]);
    }
    fputs("],\n  \"seed\": ", writer->out);
    put_seed(writer, from->seed);
    fprintf(writer->out, ",\n  \"warnings\": %zu\n}", rwe_document_n_warnings(document));
}

static void put_fact(struct writer *writer, const void *items, size_t i)
{
    const struct rwe_fact_value *fact = (const struct rwe_fact_value *)items + i;
    fputc('{', writer->out);
    put_key(writer, &fact->key);
    fputs("\"stat\": ", writer->out);
    put_text(writer, fact->stat);
    fputs(", \"value\": ", writer->out);
    if (fact->text != NULL)
        put_text(writer, fact->text);
    else
        put_number(writer, fact->number);
    fputc('}', writer->out);
}

static void put_series(struct writer *writer, const void *items, size_t i)
{
    const struct rwe_series *series = (const struct rwe_series *)items + i;
    fputc('{', writer->out);
    put_key(writer, &series->key);
    fputs("\"columns\": {", writer->out);
    for (size_t j = 0; j < series->n_columns; j++) {
        fputs(j == 0 ? "\n  " : ",\n  ", writer->out);
        put_text(writer, series->names[j]);
        fputs(": [", writer->out);
        for (size_t k = 0; k < series->n; k++) {
            fputs(k == 0 ? "" : ", ", writer->out);
            put_number(writer, series->columns[j][k]);
        }
        fputc(']', writer->out);
    }
    fputs("}}", writer->out);
}

static void put_warning(struct writer *writer, const void *items, size_t i)
{
    const struct rwe_warning *warning = (const struct rwe_warning *)items + i;
    fputs("{\"code\": ", writer->out);
    put_text(writer, warning->code);
    fputs(", \"message\": ", writer->out);
    put_text(writer, warning->message);
    if (warning->analysis != NULL) {
        fputs(", \"analysis\": ", writer->out);
        put_text(writer, warning->analysis);
    }
    fputc('}', writer->out);
}

enum rwe_status rwe_render_json(const struct rwe_document *document,
                                const struct rwe_render_options *options, FILE *out,
                                struct rwe_error *error)
{
    struct writer writer = {out, rwe_arena_new(), false};
    if (writer.scratch == NULL)
        return rwe_fail_memory(error);
    fprintf(out, "{\n\"rwe\": {\"schema\": %d, \"version\": ", RWE_RESULTS_SCHEMA);
    put_foreign_text(&writer,
                     document->provenance != NULL ? document->provenance->version : RWE_VERSION);
    fputc('}', out);
    if (options->provenance && document->provenance != NULL)
        put_provenance(&writer, document);
    put_lines(&writer, "facts", document->facts.n, document->facts.items, put_fact);
    put_lines(&writer, "series", document->series.n, document->series.items, put_series);
    put_lines(&writer, "warnings", document->warnings.n, document->warnings.items, put_warning);
    fputs("\n}\n", out);
    bool failed = writer.failed || rwe_arena_failed(writer.scratch);
    rwe_arena_free(writer.scratch);
    return failed ? rwe_fail_memory(error) : RWE_OK;
}
