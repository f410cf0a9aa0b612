/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each table as it reads, in a file of its own: as LaTeX, to be \input into a paper, and as CSV for
 * spreadsheets. The CSV is not that of the facts: its cells are words.
 */
#include "document_private.h"
#include "latex_private.h"
#include "pack_private.h"
#include "rwe/base/folder.h"

#include <ctype.h>
#include <locale.h>
#include <string.h>

/* ---- names ---- */

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

/* ---- CSV ---- */

/* Excel takes a file for UTF-8 only when it begins with the byte order mark. */
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* A text that a spreadsheet would run as a formula gets an apostrophe, so that it stays a text. */
static void put_cell(FILE *out, const struct rwe_layout_cell *cell, int indent,
                     struct rwe_arena *scratch)
{
    bool formula =
        !cell->is_number && cell->text[0] != '\0' && strchr("=+-@", cell->text[0]) != NULL;
    char *text =
        rwe_arena_format(scratch, "%*s%s%s", 2 * indent, "", formula ? "'" : "", cell->text);
    for (char *c = text; c != NULL && *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    if (text != NULL)
        rwe_csv_write_text(out, text);
}

static void put_words(FILE *out, const char *words, struct rwe_arena *scratch)
{
    put_cell(out, &(struct rwe_layout_cell){.text = words}, 0, scratch);
}

/* The notes stand under the rows: no caution is lost with the file that a table is taken out of. */
static void write_csv(FILE *out, const char *title, const struct rwe_layout *layout,
                      struct rwe_arena *scratch)
{
    (void)title; /* the name of the file has it */
    fputs(byte_order_mark, out);
    for (size_t j = 0; j < layout->n_columns; j++) {
        fputs(j == 0 ? "" : ",", out);
        put_words(out, layout->headings[j], scratch);
    }
    fputc('\n', out);
    for (size_t i = 0; i < layout->n_rows; i++) {
        const struct rwe_layout_row *row = &layout->rows[i];
        for (size_t j = 0; j < layout->n_columns; j++) {
            fputs(j == 0 ? "" : ",", out);
            put_cell(out, &row->cells[j], j == 0 ? row->indent : 0, scratch);
        }
        fputc('\n', out);
    }
    for (size_t i = 0; i < layout->notes.n; i++) {
        put_words(out, layout->notes.item[i], scratch);
        for (size_t j = 1; j < layout->n_columns; j++)
            fputc(',', out);
        fputc('\n', out);
    }
}

/* ---- LaTeX ---- */

static void write_latex(FILE *out, const char *title, const struct rwe_layout *layout,
                        struct rwe_arena *scratch)
{
    fputs("% \\usepackage{" RWE_LATEX_PACKAGES "}\n", out);
    rwe_latex_table(out, title, layout, scratch);
}

/* ---- all ---- */

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

static enum rwe_status add_all(struct rwe_pack *pack, const struct rwe_document *document,
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

enum rwe_status rwe_pack_tables(struct rwe_pack *pack, const struct rwe_document *document,
                                const struct rwe_render_options *options, struct rwe_error *error)
{
    struct rwe_arena *scratch = rwe_arena_new();
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    enum rwe_status status;
    if (scratch != NULL && c_locale != (locale_t)0) {
        locale_t callers = uselocale(c_locale);
        struct rwe_languages languages = rwe_document_languages(document);
        status = add_all(pack, document, options->style, scratch, error);
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
