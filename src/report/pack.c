/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/report/pack.h"

#include "document_private.h"
#include "pack_private.h"
#include "rwe/base/folder.h"
#include "rwe/base/hash.h"
#include "rwe/base/parallel.h"
#include "rwe/report/figure_file.h"
#include "utf8_private.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct file {
    char name[RWE_FOLDER_NAME];
    struct rwe_bytes bytes;
};

struct rwe_pack {
    struct file *file;
    size_t n, capacity;
};

struct rwe_pack *rwe_pack_new(void)
{
    return calloc(1, sizeof(struct rwe_pack));
}

void rwe_pack_free(struct rwe_pack *pack)
{
    if (pack == NULL)
        return;
    for (size_t i = 0; i < pack->n; i++)
        rwe_bytes_clear(&pack->file[i].bytes);
    free(pack->file);
    free(pack);
}

size_t rwe_pack_n_files(const struct rwe_pack *pack)
{
    return pack->n;
}

const char *rwe_pack_file(const struct rwe_pack *pack, size_t i, const struct rwe_bytes **bytes)
{
    *bytes = &pack->file[i].bytes;
    return pack->file[i].name;
}

enum rwe_status rwe_pack_add(struct rwe_pack *pack, const char *name, struct rwe_bytes *bytes,
                             struct rwe_error *error)
{
    if (pack->n == pack->capacity) {
        size_t capacity = pack->capacity == 0 ? 64 : 2 * pack->capacity;
        struct file *more = reallocarray(pack->file, capacity, sizeof *more);
        if (more == NULL) {
            rwe_bytes_clear(bytes);
            return rwe_fail_memory(error);
        }
        pack->file = more;
        pack->capacity = capacity;
    }
    struct file *file = &pack->file[pack->n++];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->bytes = *bytes;
    *bytes = (struct rwe_bytes){0};
    return RWE_OK;
}

/* ---- reports ---- */

static enum rwe_status add_reports(struct rwe_pack *pack, const struct rwe_document *document,
                                   const struct rwe_render_options *options,
                                   struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    struct rwe_render_options with_figures = *options;
    if ((options->figure_formats & (1u << RWE_FIGURE_SVG | 1u << RWE_FIGURE_PDF)) ==
        (1u << RWE_FIGURE_SVG | 1u << RWE_FIGURE_PDF))
        with_figures.figures = RWE_PACK_FIGURES;
    for (const struct rwe_format *format = rwe_formats; format->name != NULL && status == RWE_OK;
         format++) {
        struct rwe_bytes bytes;
        status = rwe_render_bytes(document, format, &with_figures, &bytes, error);
        if (status == RWE_OK)
            status = rwe_pack_add(pack, format->file, &bytes, error);
        rwe_bytes_clear(&bytes);
    }
    return status;
}

/* ---- manifest ---- */

/* An array to which every append succeeds, or NULL. */
static json_t *append(json_t *array, json_t *item)
{
    if (array == NULL || json_array_append_new(array, item) == 0)
        return array;
    json_decref(array);
    return NULL;
}

/* Text from outside the document may be no UTF-8. */
static json_t *text_of(struct rwe_arena *scratch, const char *text)
{
    const char *clean = rwe_utf8_clean(scratch, text, RWE_UTF8_KEEP);
    return clean == NULL ? NULL : json_string(clean);
}

static json_t *list_files(const struct rwe_pack *pack)
{
    json_t *files = json_array();
    for (size_t i = 0; i < pack->n && files != NULL; i++) {
        const struct rwe_bytes *bytes = &pack->file[i].bytes;
        char hex[RWE_SHA256_SIZE];
        struct rwe_sha256 *hash = rwe_sha256_new();
        if (hash == NULL) {
            json_decref(files);
            return NULL;
        }
        rwe_sha256_add(hash, bytes->byte, bytes->n);
        rwe_sha256_finish(hash, hex);
        files = append(files, json_pack("{s:s, s:I, s:s}", "file", pack->file[i].name, "bytes",
                                        (json_int_t)bytes->n, "sha256", hex));
    }
    return files;
}

static json_t *list_command(const struct rwe_provenance *from, struct rwe_arena *scratch)
{
    json_t *command = json_array();
    for (size_t i = 0; i < from->command.n && command != NULL; i++)
        command = append(command, text_of(scratch, from->command.item[i]));
    return command;
}

static json_t *list_inputs(const struct rwe_provenance *from, struct rwe_arena *scratch)
{
    json_t *inputs = json_array();
    for (size_t i = 0; i < from->n_inputs && inputs != NULL; i++)
        inputs =
            append(inputs, json_pack("{s:o, s:s}", "file", text_of(scratch, from->inputs[i].file),
                                     "sha256", from->inputs[i].sha256));
    return inputs;
}

/* NULL when memory is out. */
static json_t *make_manifest(const struct rwe_pack *pack, const struct rwe_provenance *from,
                             const struct rwe_style *style, struct rwe_arena *scratch)
{
    json_t *manifest = json_pack("{s:{s:i, s:s}, s:s}", "rwe", "manifest", RWE_PACK_MANIFEST,
                                 "version", RWE_VERSION, "style", rwe_style_name(style));
    bool failed = manifest == NULL;
    if (!failed && from != NULL)
        failed = json_object_set_new(manifest, "command", list_command(from, scratch)) != 0 ||
                 json_object_set_new(manifest, "inputs", list_inputs(from, scratch)) != 0;
    failed = failed || json_object_set_new(manifest, "files", list_files(pack)) != 0;
    if (failed)
        json_decref(manifest);
    return failed ? NULL : manifest;
}

static enum rwe_status add_manifest(struct rwe_pack *pack, const struct rwe_document *document,
                                    const struct rwe_render_options *options,
                                    struct rwe_error *error)
{
    struct rwe_bytes bytes = {0};
    struct rwe_arena *scratch = rwe_arena_new();
    FILE *memory = scratch == NULL ? NULL : rwe_bytes_open(&bytes);
    bool written = false;
    if (memory != NULL) {
        const struct rwe_provenance *from = options->provenance ? document->provenance : NULL;
        json_t *manifest = make_manifest(pack, from, options->style, scratch);
        written = manifest != NULL && json_dumpf(manifest, memory, JSON_INDENT(2)) == 0 &&
                  fputc('\n', memory) != EOF;
        json_decref(manifest);
        written = rwe_bytes_close(&bytes, memory, error) == RWE_OK && written;
    }
    rwe_arena_free(scratch);
    enum rwe_status status = written ? rwe_pack_add(pack, RWE_PACK_MANIFEST_NAME, &bytes, error)
                                     : rwe_fail_memory(error);
    rwe_bytes_clear(&bytes);
    return status;
}

/* ---- the whole ---- */

/* The parts, of which each is made by one thread into a pack of its own. */
enum { FIGURES, REPORTS, TABLES, N_PARTS };

struct parts {
    const struct rwe_document *document;
    const struct rwe_render_options *options;
    struct rwe_pack pack[N_PARTS];
    enum rwe_status status[N_PARTS];
    struct rwe_error error[N_PARTS];
};

static void make_part(size_t part, void *context)
{
    static enum rwe_status (*const makers[])(struct rwe_pack *, const struct rwe_document *,
                                             const struct rwe_render_options *,
                                             struct rwe_error *) = {
        [FIGURES] = rwe_pack_figures, [REPORTS] = add_reports, [TABLES] = rwe_pack_tables};
    struct parts *parts = context;
    parts->status[part] =
        makers[part](&parts->pack[part], parts->document, parts->options, &parts->error[part]);
}

/* The files of a part behind those of the pack. */
static enum rwe_status take_part(struct rwe_pack *pack, struct rwe_pack *part,
                                 struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < part->n && status == RWE_OK; i++)
        status = rwe_pack_add(pack, part->file[i].name, &part->file[i].bytes, error);
    for (size_t i = 0; i < part->n; i++)
        rwe_bytes_clear(&part->file[i].bytes);
    free(part->file);
    return status;
}

enum rwe_status rwe_pack_fill(struct rwe_pack *pack, const struct rwe_document *document,
                              const struct rwe_render_options *options, struct rwe_error *error)
{
    static const int in_order[] = {REPORTS, TABLES, FIGURES}; /* of the manifest, which is last */
    static const struct rwe_render_options defaults = {.provenance = true,
                                                       .figure_formats = RWE_FIGURE_FORMATS};
    struct parts parts = {.document = document, .options = options == NULL ? &defaults : options};
    enum rwe_status status = RWE_OK;
    rwe_parallel_for(N_PARTS, parts.options->threads, make_part, &parts);
    for (size_t i = 0; i < N_PARTS; i++) {
        int part = in_order[i];
        if (status == RWE_OK && parts.status[part] != RWE_OK) {
            status = parts.status[part];
            *error = parts.error[part];
        }
        enum rwe_status taken = take_part(pack, &parts.pack[part], error);
        status = status == RWE_OK ? taken : status;
    }
    return status == RWE_OK ? add_manifest(pack, document, parts.options, error) : status;
}

enum rwe_status rwe_pack_write(const struct rwe_pack *pack, const char *path, bool overwrite,
                               struct rwe_error *error)
{
    enum rwe_status status = rwe_pack_check(path, overwrite, error);
    if (status != RWE_OK)
        return status;
    struct rwe_folder_file *files = calloc(pack->n, sizeof *files);
    if (files == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < pack->n; i++)
        files[i] = (struct rwe_folder_file){pack->file[i].name, pack->file[i].bytes.byte,
                                            pack->file[i].bytes.n};
    status = rwe_folder_write(path, files, pack->n, overwrite, error);
    free(files);
    return status;
}
