/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document_private.h"

#include "utf8_private.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const rwe_key_names[RWE_KEY_TEXTS] = {"analysis", "endpoint", "population", "model",
                                                  "group",    "term",     "level"};

static const size_t key_offsets[RWE_KEY_TEXTS] = {
    offsetof(struct rwe_key, analysis),   offsetof(struct rwe_key, endpoint),
    offsetof(struct rwe_key, population), offsetof(struct rwe_key, model),
    offsetof(struct rwe_key, group),      offsetof(struct rwe_key, term),
    offsetof(struct rwe_key, level)};

const char *rwe_key_text(const struct rwe_key *key, size_t i)
{
    return *(const char *const *)((const char *)key + key_offsets[i]);
}

void rwe_key_set_text(struct rwe_key *key, size_t i, const char *text)
{
    *(const char **)((char *)key + key_offsets[i]) = text;
}

struct rwe_key rwe_key_of(const char *analysis)
{
    return (struct rwe_key){.analysis = analysis, .time = NAN};
}

struct rwe_document *rwe_document_new(struct rwe_arena *arena)
{
    struct rwe_document *document = RWE_NEW(arena, struct rwe_document, 1);
    if (document == NULL)
        return NULL;
    document->arena = arena;
    document->swallow.document = document;
    document->swallow_figure = rwe_figure_new_swallow(document);
    return document->swallow_figure == NULL ? NULL : document;
}

bool rwe_document_failed(const struct rwe_document *document)
{
    return document->failed || rwe_arena_failed(document->arena);
}

void *rwe_document_append(struct rwe_document *document, struct rwe_list *list, size_t size)
{
    void *items = rwe_arena_grow(document->arena, list->items, &list->capacity, list->n + 1, size);
    if (items == NULL) {
        document->failed = true;
        return NULL;
    }
    list->items = items;
    return (char *)items + size * list->n++;
}

const char *rwe_document_copy(struct rwe_document *document, const char *text,
                              enum rwe_utf8_controls controls)
{
    return text == NULL ? NULL : rwe_utf8_clean(document->arena, text, controls);
}

const char *rwe_document_format(struct rwe_document *document, enum rwe_utf8_controls controls,
                                const char *format, va_list arguments)
{
    char small[512];
    char *text = small;
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    if (length < 0) {
        document->failed = true;
        text = NULL;
    } else if ((size_t)length >= sizeof small) {
        text = rwe_arena_alloc(document->arena, (size_t)length + 1, 1);
        if (text != NULL)
            vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return rwe_document_copy(document, text, controls);
}

/* ---- facts ---- */

/*
 * The document's copy of a string of a key. The same few words recur in all facts, so each copy is
 * remembered in the slot of its hash (FNV-1a; Fowler, Noll & Vo 1991) until another word takes the
 * slot: a hundred thousand facts cost a few hundred strings, and nothing is ever searched.
 */
const char *rwe_document_share(struct rwe_document *document, const char *text)
{
    uint32_t hash = 2166136261u;
    if (text == NULL)
        return NULL;
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    const char **slot = &document->shared[(hash ^ hash >> 16) & (RWE_SHARED_STRINGS - 1)];
    if (*slot == NULL || strcmp(*slot, text) != 0)
        *slot = rwe_document_copy(document, text, RWE_UTF8_KEEP);
    return *slot;
}

struct rwe_key rwe_document_share_key(struct rwe_document *document, const struct rwe_key *key)
{
    struct rwe_key shared = {.time = isfinite(key->time) ? key->time : NAN};
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++)
        rwe_key_set_text(&shared, i, rwe_document_share(document, rwe_key_text(key, i)));
    return shared;
}

static bool same_key(const struct rwe_key *a, const struct rwe_key *b)
{
    bool same = a->time == b->time || (isnan(a->time) && isnan(b->time));
    for (size_t i = 0; same && i < RWE_KEY_TEXTS; i++) {
        const char *x = rwe_key_text(a, i), *y = rwe_key_text(b, i);
        same = x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
    }
    return same;
}

static struct rwe_fact_value *add_fact(struct rwe_document *document, const struct rwe_key *key,
                                       const char *stat)
{
    if (document->facts.n >= RWE_NO_FACT)
        document->failed = true;
    if (rwe_document_failed(document))
        return NULL;
    struct rwe_fact_value *fact = rwe_document_append(document, &document->facts, sizeof *fact);
    if (fact == NULL)
        return NULL;
    fact->key = rwe_document_share_key(document, key);
    fact->stat = rwe_document_share(document, stat);
    return fact;
}

static rwe_fact last_fact(const struct rwe_document *document)
{
    return rwe_document_failed(document) ? RWE_NO_FACT : (rwe_fact)(document->facts.n - 1);
}

rwe_fact rwe_document_number(struct rwe_document *document, const struct rwe_key *key,
                             const char *stat, double value)
{
    struct rwe_fact_value *fact = add_fact(document, key, stat);
    if (fact != NULL)
        fact->number = isfinite(value) ? value : NAN;
    return last_fact(document);
}

rwe_fact rwe_document_string(struct rwe_document *document, const struct rwe_key *key,
                             const char *stat, const char *value)
{
    struct rwe_fact_value *fact = add_fact(document, key, stat);
    if (fact != NULL) {
        fact->text = rwe_document_share(document, value);
        fact->number = NAN;
    }
    return last_fact(document);
}

size_t rwe_document_n_facts(const struct rwe_document *document)
{
    return document->facts.n;
}

const struct rwe_fact_value *rwe_document_facts(const struct rwe_document *document)
{
    return document->facts.items;
}

const struct rwe_fact_value *rwe_document_fact(const struct rwe_document *document, rwe_fact fact)
{
    return (const struct rwe_fact_value *)document->facts.items + fact;
}

/* Facts by key are asked for seldom, a few of each figure: a walk over them will do. */
rwe_fact rwe_document_find(const struct rwe_document *document, const struct rwe_key *key,
                           const char *stat)
{
    const struct rwe_fact_value *facts = document->facts.items;
    for (size_t f = 0; f < document->facts.n; f++)
        if (strcmp(facts[f].stat, stat) == 0 && same_key(&facts[f].key, key))
            return (rwe_fact)f;
    return RWE_NO_FACT;
}

/* ---- figures as data ---- */

void rwe_document_series(struct rwe_document *document, const struct rwe_key *key, const char *kind,
                         size_t n, size_t n_columns, const char *const names[],
                         const double *const columns[])
{
    if (rwe_document_failed(document))
        return;
    struct rwe_series series = {
        .key = rwe_document_share_key(document, key),
        .kind = rwe_document_share(document, kind),
        .n = n,
        .n_columns = n_columns,
        .names = RWE_NEW(document->arena, const char *, n_columns),
        .columns = RWE_NEW(document->arena, const double *, n_columns),
    };
    struct rwe_series *place = rwe_document_append(document, &document->series, sizeof *place);
    if (rwe_document_failed(document))
        return;
    for (size_t i = 0; i < n_columns; i++) {
        series.names[i] = rwe_document_share(document, names[i]);
        series.columns[i] = columns[i];
    }
    *place = series;
}

/* ---- flow ---- */

void rwe_document_add_block(struct rwe_document *document, struct rwe_block block)
{
    struct rwe_block *place = rwe_document_append(document, &document->blocks, sizeof *place);
    if (place != NULL)
        *place = block;
}

void rwe_document_set_banner(struct rwe_document *document, const char *banner)
{
    document->banner = banner;
}

void rwe_document_section(struct rwe_document *document, int level, const char *title)
{
    if (level == 1 && document->banner != NULL)
        title = rwe_arena_format(document->arena, "%s. %s", title, document->banner);
    rwe_document_add_block(
        document, (struct rwe_block){.kind = RWE_BLOCK_SECTION,
                                     .level = document->in_chapter ? 2 : level,
                                     .banner = level == 1 ? document->banner : NULL,
                                     .text = rwe_document_copy(document, title, RWE_UTF8_LINE)});
}

void rwe_document_chapter(struct rwe_document *document, const char *format, ...)
{
    document->in_chapter = false;
    if (format == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    const char *title = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    rwe_document_add_block(
        document, (struct rwe_block){.kind = RWE_BLOCK_SECTION, .level = 1, .text = title});
    document->in_chapter = true;
}

void rwe_document_paragraph(struct rwe_document *document, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    rwe_document_add_block(document, (struct rwe_block){.kind = RWE_BLOCK_PARAGRAPH, .text = text});
}

void rwe_document_warning(struct rwe_document *document, const char *code, const char *analysis,
                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    struct rwe_warning *place = rwe_document_append(document, &document->warnings, sizeof *place);
    if (place != NULL)
        *place = (struct rwe_warning){rwe_document_share(document, code),
                                      rwe_document_share(document, analysis), text};
    rwe_document_add_block(document, (struct rwe_block){.kind = RWE_BLOCK_WARNING, .text = text});
}

size_t rwe_document_n_warnings(const struct rwe_document *document)
{
    return document->warnings.n;
}

/* ---- tables ---- */

struct rwe_grid *rwe_grid_new(struct rwe_document *document, const char *title)
{
    struct rwe_grid *grid = RWE_NEW(document->arena, struct rwe_grid, 1);
    if (grid == NULL)
        return &document->swallow;
    grid->document = document;
    grid->title = rwe_document_copy(document, title, RWE_UTF8_LINE);
    return grid;
}

struct rwe_grid *rwe_document_table(struct rwe_document *document, const char *title)
{
    struct rwe_grid *grid = rwe_grid_new(document, title);
    if (grid == &document->swallow)
        return grid;
    rwe_document_add_block(document, (struct rwe_block){.kind = RWE_BLOCK_TABLE, .grid = grid});
    if (document->banner != NULL)
        rwe_grid_note(grid, "%s.", document->banner);
    return grid;
}

static void append_text(struct rwe_grid *grid, struct rwe_list *list, const char *text)
{
    const char **place = rwe_document_append(grid->document, list, sizeof *place);
    if (place != NULL)
        *place = text;
}

void rwe_grid_column(struct rwe_grid *grid, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(grid->document, RWE_UTF8_LINES, format, arguments);
    va_end(arguments);
    append_text(grid, &grid->headings, text);
}

void rwe_grid_row(struct rwe_grid *grid, int indent, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(grid->document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    struct rwe_row *row = rwe_document_append(grid->document, &grid->rows, sizeof *row);
    if (row != NULL)
        *row = (struct rwe_row){text, indent, grid->cells.n, 0};
}

static void add_cell(struct rwe_grid *grid, struct rwe_cell cell)
{
    if (grid->rows.n == 0)
        rwe_grid_row(grid, 0, "%s", "");
    struct rwe_cell *place = rwe_document_append(grid->document, &grid->cells, sizeof *place);
    if (place == NULL || grid->rows.n == 0)
        return;
    *place = cell;
    ((struct rwe_row *)grid->rows.items)[grid->rows.n - 1].n_cells++;
}

void rwe_grid_cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact first,
                   rwe_fact second, rwe_fact third)
{
    add_cell(grid, (struct rwe_cell){NULL, class, {first, second, third}});
}

void rwe_grid_words(struct rwe_grid *grid, const char *words)
{
    const char *text = rwe_document_copy(grid->document, words, RWE_UTF8_LINE);
    add_cell(grid, (struct rwe_cell){text, RWE_CELL_TEXT, {RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT}});
}

void rwe_grid_empty(struct rwe_grid *grid)
{
    rwe_grid_words(grid, "");
}

size_t rwe_grid_n_rows(const struct rwe_grid *grid)
{
    return grid->rows.n;
}

void rwe_grid_note(struct rwe_grid *grid, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(grid->document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    append_text(grid, &grid->notes, text);
}

/* ---- provenance ---- */

void rwe_document_set_provenance(struct rwe_document *document,
                                 const struct rwe_provenance *provenance)
{
    document->provenance = provenance;
}

void rwe_document_set_title(struct rwe_document *document, const char *title, const char *subtitle)
{
    document->title = rwe_document_copy(document, title, RWE_UTF8_LINE);
    document->subtitle = rwe_document_copy(document, subtitle, RWE_UTF8_LINE);
}
