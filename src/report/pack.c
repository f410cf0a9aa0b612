/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything that a paper needs, made of one document as files in memory. */
#include "rwe/report/pack.h"
#include "document_private.h"
#include "latex_private.h"
#include "rwe/base/folder.h"
#include "rwe/base/hash.h"
#include "rwe/base/parallel.h"
#include "rwe/report/figure_file.h"
#include "utf8_private.h"

#include <ctype.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The folder of the figures. */
#define FIGURE_FOLDER "figures/"

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
        with_figures.figures = FIGURE_FOLDER;
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

/* ---- figures ---- */

enum { N_FORMATS = RWE_FIGURE_PNG + 1 };

/* One figure's files. */
struct drawn {
    const struct rwe_figure *figure;
    struct rwe_bytes bytes[N_FORMATS];
    enum rwe_status status;
    struct rwe_error error;
};

struct drawing {
    struct drawn *drawn;
    unsigned formats;
    struct rwe_figure_file_options options;
};

static void draw(size_t i, void *context)
{
    const struct drawing *drawing = context;
    struct drawn *drawn = &drawing->drawn[i];
    for (unsigned f = 0; f < N_FORMATS && drawn->status == RWE_OK; f++)
        if ((drawing->formats & 1u << f) != 0)
            drawn->status = rwe_figure_render(drawn->figure, (enum rwe_figure_format)f,
                                              &drawing->options, &drawn->bytes[f], &drawn->error);
}

static enum rwe_status add_drawn(struct rwe_pack *pack, struct drawn *drawn, unsigned formats,
                                 struct rwe_error *error)
{
    enum rwe_status status = drawn->status;
    if (status != RWE_OK)
        *error = drawn->error;
    for (unsigned f = 0; f < N_FORMATS && status == RWE_OK; f++) {
        char name[RWE_FOLDER_NAME];
        if ((formats & 1u << f) == 0)
            continue;
        snprintf(name, sizeof name, FIGURE_FOLDER "%s.%s", rwe_figure_name(drawn->figure),
                 rwe_figure_format_names[f]);
        status = rwe_pack_add(pack, name, &drawn->bytes[f], error);
    }
    for (unsigned f = 0; f < N_FORMATS; f++)
        rwe_bytes_clear(&drawn->bytes[f]);
    return status;
}

static enum rwe_status draw_all(struct rwe_pack *pack, const struct rwe_document *document,
                                const struct rwe_render_options *options, struct rwe_error *error)
{
    size_t n = rwe_document_n_figures(document);
    struct drawing drawing = {.drawn = calloc(n + 1, sizeof *drawing.drawn),
                              .formats = options->figure_formats,
                              .options = rwe_figure_file_options_default()};
    enum rwe_status status = RWE_OK;
    if (drawing.drawn == NULL)
        return rwe_fail_memory(error);
    drawing.options.style = options->style;
    for (size_t i = 0; i < n; i++)
        drawing.drawn[i].figure = rwe_document_figure_at(document, i);
    rwe_parallel_for(n, options->threads, draw, &drawing);
    for (size_t i = 0; i < n; i++) {
        enum rwe_status added = add_drawn(pack, &drawing.drawn[i], drawing.formats, error);
        status = status == RWE_OK ? added : status;
    }
    free(drawing.drawn);
    return status;
}

static enum rwe_status add_figures(struct rwe_pack *pack, const struct rwe_document *document,
                                   const struct rwe_render_options *options,
                                   struct rwe_error *error)
{
    struct rwe_languages callers = rwe_document_languages(document);
    enum rwe_status status = draw_all(pack, document, options, error);
    rwe_languages_use(callers);
    return status;
}

/* ---- tables ---- */

/*
 * Each table as it reads, in a file of its own: as LaTeX, to be \input into a paper, and as CSV for
 * spreadsheets. The CSV is not that of the facts: its cells are words.
 */

enum { LONGEST_SLUG = 64 };

/* The ASCII letters and digits of the text in lower case, all else as single hyphens; cut at a word. */
static void make_slug(char slug[LONGEST_SLUG + 1], const char *text)
{
    size_t length = 0, whole = 0; /* up to the end of the last word */
    for (const char *c = text; length < LONGEST_SLUG; c++) {
        bool kept = (unsigned char)*c < 0x80 && isalnum((unsigned char)*c);
        if (!kept && length > 0 && slug[length - 1] != '-') {
            whole = length;
            slug[length++] = '-';
        }
        if (kept)
            slug[length++] = (char)tolower((unsigned char)*c);
        if (*c == '\0')
            break;
    }
    slug[whole > 0 ? whole : length] = '\0';
}

/* Where the walk stands. */
struct place {
    size_t table;        /* its number */
    const char *section; /* the title that it stands under */
    const char *title;   /* its own; may be NULL */
};

/* "tables/03-survival-at-12-months.csv"; of a title without a Latin letter "tables/03.csv". */
static void name_table(const struct place *place, const char *ending, char name[RWE_FOLDER_NAME])
{
    char slug[LONGEST_SLUG + 1] = "";
    make_slug(slug, place->title != NULL ? place->title : place->section);
    snprintf(name, RWE_FOLDER_NAME, "tables/%02zu%s%s.%s", place->table, slug[0] == '\0' ? "" : "-",
             slug, ending);
}

/* Excel takes a file for UTF-8 only when it begins with the byte order mark. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* A text that a spreadsheet would run as a formula gets an apostrophe, so that it stays a text. */
static void put_csv_cell(FILE *out, const struct rwe_layout_cell *cell, int indent,
                         struct rwe_arena *scratch)
{
    bool formula = !cell->is_number && rwe_csv_is_formula(cell->text);
    char *text =
        rwe_arena_format(scratch, "%*s%s%s", 2 * indent, "", formula ? "'" : "", cell->text);
    for (char *c = text; c != NULL && *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    if (text != NULL)
        rwe_csv_write_text(out, text);
}

static void put_csv_words(FILE *out, const char *words, struct rwe_arena *scratch)
{
    put_csv_cell(out, &(struct rwe_layout_cell){.text = words}, 0, scratch);
}

/* The notes stand under the rows: no caution is lost with the file that a table is taken out of. */
static void write_csv(FILE *out, const char *title, const struct rwe_layout *layout,
                      struct rwe_arena *scratch)
{
    (void)title; /* the name of the file has it */
    fputs(byte_order_mark, out);
    for (size_t j = 0; j < layout->n_columns; j++) {
        fputs(j == 0 ? "" : ",", out);
        put_csv_words(out, layout->headings[j], scratch);
    }
    fputc('\n', out);
    for (size_t i = 0; i < layout->n_rows; i++) {
        const struct rwe_layout_row *row = &layout->rows[i];
        for (size_t j = 0; j < layout->n_columns; j++) {
            fputs(j == 0 ? "" : ",", out);
            put_csv_cell(out, &row->cells[j], j == 0 ? row->indent : 0, scratch);
        }
        fputc('\n', out);
    }
    for (size_t i = 0; i < layout->notes.n; i++) {
        put_csv_words(out, layout->notes.item[i], scratch);
        for (size_t j = 1; j < layout->n_columns; j++)
            fputc(',', out);
        fputc('\n', out);
    }
}

static void write_latex(FILE *out, const char *title, const struct rwe_layout *layout,
                        struct rwe_arena *scratch)
{
    fputs("% \\usepackage{" RWE_LATEX_PACKAGES "}\n", out);
    rwe_latex_table(out, title, layout, scratch);
}

static enum rwe_status add_table(struct rwe_pack *pack, const struct place *place,
                                 const struct rwe_layout *layout, struct rwe_arena *scratch,
                                 struct rwe_error *error)
{
    static const struct {
        const char *ending;
        void (*write)(FILE *, const char *, const struct rwe_layout *, struct rwe_arena *);
    } kinds[] = {{"csv", write_csv}, {"tex", write_latex}};
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && status == RWE_OK; i++) {
        char name[RWE_FOLDER_NAME];
        struct rwe_bytes bytes = {0};
        FILE *memory = rwe_bytes_open(&bytes);
        if (memory == NULL)
            return rwe_fail_memory(error);
        kinds[i].write(memory, place->title, layout, scratch);
        status = rwe_bytes_close(&bytes, memory, error);
        name_table(place, kinds[i].ending, name);
        if (status == RWE_OK)
            status = rwe_pack_add(pack, name, &bytes, error);
        rwe_bytes_clear(&bytes);
    }
    return rwe_arena_failed(scratch) ? rwe_fail_memory(error) : status;
}

static enum rwe_status add_each_table(struct rwe_pack *pack, const struct rwe_document *document,
                                      const struct rwe_style *style, struct rwe_arena *scratch,
                                      struct rwe_error *error)
{
    const struct rwe_block *blocks = document->blocks.items;
    struct place place = {.section = ""};
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < document->blocks.n && status == RWE_OK; i++) {
        if (blocks[i].kind == RWE_BLOCK_SECTION)
            place.section = blocks[i].text;
        if (blocks[i].kind != RWE_BLOCK_TABLE)
            continue;
        struct rwe_mark mark = rwe_arena_mark(scratch);
        const struct rwe_layout *layout = rwe_layout_new(blocks[i].grid, style, scratch);
        place.table++;
        place.title = blocks[i].grid->title;
        if (layout == NULL)
            return rwe_fail_memory(error);
        if (layout->n_columns > 0)
            status = add_table(pack, &place, layout, scratch, error);
        rwe_arena_release(scratch, mark);
    }
    return status;
}

static enum rwe_status add_tables(struct rwe_pack *pack, const struct rwe_document *document,
                                  const struct rwe_render_options *options, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    enum rwe_status status;
    if (scratch != NULL && c_locale != (locale_t)0) {
        locale_t callers = uselocale(c_locale);
        struct rwe_languages languages = rwe_document_languages(document);
        status = add_each_table(pack, document, options->style, scratch, error);
        rwe_languages_use(languages);
        uselocale(callers);
    } else {
        status = rwe_fail_memory(error);
    }
    if (c_locale != (locale_t)0)
        freelocale(c_locale);
    rwe_arena_free(scratch);
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
        [FIGURES] = add_figures, [REPORTS] = add_reports, [TABLES] = add_tables};
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
