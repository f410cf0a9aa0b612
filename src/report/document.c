/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document_private.h"

#include <assert.h>
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
    document->language = rwe_languages_now().report;
    return document;
}

struct rwe_languages rwe_document_languages(const struct rwe_document *document)
{
    struct rwe_languages now = rwe_languages_now();
    return rwe_languages_use((struct rwe_languages){document->language, now.messages});
}

bool rwe_document_failed(const struct rwe_document *document)
{
    return document == NULL || document->failed || rwe_arena_failed(document->arena);
}

void *rwe_document_append(struct rwe_document *document, struct rwe_list *list, size_t size)
{
    if (document == NULL)
        return NULL;
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
    return text == NULL || document == NULL ? NULL
                                            : rwe_utf8_clean(document->arena, text, controls);
}

const char *rwe_document_format(struct rwe_document *document, enum rwe_utf8_controls controls,
                                const char *format, va_list arguments)
{
    if (document == NULL)
        return NULL;
    char small[512];
    char *text = small;
    va_list again;
    va_copy(again, arguments);
    const char *template = rwe_text(format);
    int length = vsnprintf(small, sizeof small, template, arguments);
    if (length < 0) {
        document->failed = true;
        text = NULL;
    } else if ((size_t)length >= sizeof small) {
        text = rwe_arena_alloc(document->arena, (size_t)length + 1, 1);
        if (text != NULL)
            vsnprintf(text, (size_t)length + 1, template, again);
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

bool rwe_key_equal(const struct rwe_key *a, const struct rwe_key *b)
{
    bool same = a->time == b->time || (!isfinite(a->time) && !isfinite(b->time));
    for (size_t i = 0; same && i < RWE_KEY_TEXTS; i++) {
        const char *x = rwe_key_text(a, i), *y = rwe_key_text(b, i);
        same = x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
    }
    return same;
}

static struct rwe_fact_value *add_fact(struct rwe_document *document, const struct rwe_key *key,
                                       const char *stat)
{
    if (rwe_document_failed(document))
        return NULL;
    if (document->facts.n >= RWE_NO_FACT) {
        document->failed = true;
        return NULL;
    }
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

double rwe_document_value(const struct rwe_document *document, rwe_fact fact)
{
    return fact == RWE_NO_FACT ? NAN : rwe_document_fact(document, fact)->number;
}

/* ---- facts by key ---- */

/*
 * Open addressing (Knuth, The Art of Computer Programming 3, 6.4): at most half of the slots are taken, a number
 * of slots that is a power of two. The index is made at the first question and takes in at each what was added
 * since: a report that asks nothing pays nothing.
 */

/* FNV-1a in 64 bits; the final zero parts one text from the next. */
static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (const char *c = text == NULL ? "" : text;; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
        if (*c == '\0')
            return hash;
    }
}

static uint64_t hash_of(const struct rwe_key *key, const char *stat)
{
    uint64_t hash = mix_text(14695981039346656037u, stat), bits = 0;
    double time = isfinite(key->time) ? key->time + 0.0 : -1; /* + 0: −0 is 0 */
    memcpy(&bits, &time, sizeof bits);
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++)
        hash = mix_text(hash, rwe_key_text(key, i));
    hash = (hash ^ bits) * 1099511628211u;
    return hash ^ hash >> 29;
}

/* The slot of that fact, or the empty one where it belongs. */
static rwe_fact *slot_of(const struct rwe_document *document, const struct rwe_key *key,
                         const char *stat)
{
    const struct rwe_fact_value *facts = document->facts.items;
    size_t mask = document->index.n_slots - 1, at = hash_of(key, stat) & mask;
    rwe_fact *slot = document->index.slot;
    while (slot[at] != RWE_NO_FACT &&
           !(strcmp(facts[slot[at]].stat, stat) == 0 && rwe_key_equal(&facts[slot[at]].key, key)))
        at = (at + 1) & mask;
    return &slot[at];
}

static void make_room(struct rwe_document *document)
{
    struct rwe_fact_index *index = &document->index;
    size_t n_slots = index->n_slots == 0 ? 64 : index->n_slots;
    while (n_slots < 2 * document->facts.n)
        n_slots *= 2;
    if (n_slots == index->n_slots)
        return;
    rwe_fact *slot = RWE_NEW(document->arena, rwe_fact, n_slots);
    if (slot == NULL)
        return;
    memset(slot, 0xff, n_slots * sizeof *slot); /* RWE_NO_FACT has all bits set */
    *index = (struct rwe_fact_index){slot, n_slots, 0};
}

/* Takes in what was added since the last question. */
static void update_index(struct rwe_document *document)
{
    struct rwe_fact_index *index = &document->index;
    make_room(document);
    for (; !rwe_document_failed(document) && index->n < document->facts.n; index->n++) {
        const struct rwe_fact_value *fact = rwe_document_fact(document, (rwe_fact)index->n);
        rwe_fact *slot = slot_of(document, &fact->key, fact->stat);
        if (*slot == RWE_NO_FACT)
            *slot = (rwe_fact)index->n;
    }
}

void rwe_document_finish(struct rwe_document *document)
{
    if (document != NULL)
        update_index(document);
}

rwe_fact rwe_document_find(struct rwe_document *document, const struct rwe_key *key,
                           const char *stat)
{
    if (document == NULL)
        return RWE_NO_FACT;
    update_index(document);
    return rwe_document_failed(document) ? RWE_NO_FACT : *slot_of(document, key, stat);
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
    if (document == NULL)
        return;
    struct rwe_block *place = rwe_document_append(document, &document->blocks, sizeof *place);
    if (place != NULL)
        *place = block;
}

void rwe_document_set_banner(struct rwe_document *document, const char *banner)
{
    if (document != NULL)
        document->banner = banner;
}

void rwe_document_section(struct rwe_document *document, int level, const char *format, ...)
{
    if (document == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    const char *title = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    const char *banner = level == 1 ? document->banner : NULL;
    if (banner != NULL && title != NULL)
        title = rwe_arena_format(document->arena, rwe_text("%s. %s"), title, banner);
    rwe_document_add_block(document, (struct rwe_block){.kind = RWE_BLOCK_SECTION,
                                                        .level = document->in_chapter ? 2 : level,
                                                        .banner = banner,
                                                        .text = title});
}

void rwe_document_chapter(struct rwe_document *document, const char *format, ...)
{
    if (document != NULL)
        document->in_chapter = false;
    if (document == NULL || format == NULL)
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
    if (document == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    rwe_document_add_block(document, (struct rwe_block){.kind = RWE_BLOCK_PARAGRAPH, .text = text});
}

void rwe_document_warning(struct rwe_document *document, const char *code, const char *analysis,
                          const char *format, ...)
{
    if (document == NULL)
        return;
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

const struct rwe_warning *rwe_document_warnings(const struct rwe_document *document)
{
    return document->warnings.items;
}

/* ---- tables ---- */

/* The table of no document, which swallows all: every thread may have it, since nobody writes to it. */
static struct rwe_grid nowhere;

struct rwe_grid *rwe_grid_new(struct rwe_document *document, const char *title)
{
    if (document == NULL)
        return &nowhere;
    struct rwe_grid *grid = RWE_NEW(document->arena, struct rwe_grid, 1);
    if (grid == NULL)
        return &nowhere;
    grid->document = document;
    grid->title = title;
    return grid;
}

struct rwe_grid *rwe_document_table(struct rwe_document *document, const char *format, ...)
{
    const char *title = NULL;
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        title = rwe_document_format(document, RWE_UTF8_LINE, format, arguments);
        va_end(arguments);
    }
    struct rwe_grid *grid = rwe_grid_new(document, title);
    if (grid == &nowhere)
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

static void add_column(struct rwe_grid *grid, struct rwe_table_column column)
{
    struct rwe_table_column *place =
        rwe_document_append(grid->document, &grid->columns, sizeof *place);
    append_text(grid, &grid->headings, column.heading);
    if (place != NULL)
        *place = column;
}

void rwe_grid_column(struct rwe_grid *grid, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(grid->document, RWE_UTF8_LINES, format, arguments);
    va_end(arguments);
    add_column(grid, (struct rwe_table_column){.heading = text});
}

void rwe_grid_fact_column(struct rwe_grid *grid, enum rwe_cell_class class, const char *stats,
                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(grid->document, RWE_UTF8_LINES, format, arguments);
    va_end(arguments);
    add_column(grid, (struct rwe_table_column){text, class, stats});
}

/* The heading in the reader's language, with "{unit}" and "{level}" filled in. */
static const char *fill_heading(const struct rwe_document *document, const char *heading)
{
    static const char unit[] = "{unit}", level[] = "{level}";
    const char *filled = "";
    for (const char *at = rwe_text(heading); filled != NULL && *at != '\0';) {
        size_t plain = strcspn(at, "{");
        const char *brace = at + plain, *word = "";
        size_t length = *brace == '{' ? 1 : 0;
        if (strncmp(brace, unit, sizeof unit - 1) == 0) {
            word = document->unit;
            length = sizeof unit - 1;
        } else if (strncmp(brace, level, sizeof level - 1) == 0) {
            word = document->level;
            length = sizeof level - 1;
        } else if (length == 1) {
            word = "{";
        }
        filled = rwe_arena_format(document->arena, "%s%.*s%s", filled, (int)plain, at,
                                  word == NULL ? "" : word);
        at = brace + length;
    }
    return filled;
}

void rwe_grid_columns(struct rwe_grid *grid, const struct rwe_table_column column[], size_t n)
{
    for (size_t c = 0; grid->document != NULL && c < n; c++)
        add_column(grid, (struct rwe_table_column){fill_heading(grid->document, column[c].heading),
                                                   column[c].class, column[c].stats});
}

void rwe_document_set_words(struct rwe_document *document, const char *unit, const char *level)
{
    if (document == NULL)
        return;
    document->unit = unit;
    document->level = level;
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
    if (grid->document == NULL)
        return;
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

/* The column whose cell is filled next. */
static struct rwe_table_column next_column(const struct rwe_grid *grid)
{
    const struct rwe_row *rows = grid->rows.items;
    const struct rwe_table_column *columns = grid->columns.items;
    size_t at = grid->rows.n == 0 ? 1 : rows[grid->rows.n - 1].n_cells + 1;
    return at < grid->columns.n ? columns[at] : (struct rwe_table_column){0};
}

void rwe_grid_put_values(struct rwe_grid *grid, const struct rwe_key *key, const double value[],
                         size_t n)
{
    rwe_grid_put_values_as(grid, next_column(grid).class, key, value, n);
}

void rwe_grid_put_values_as(struct rwe_grid *grid, enum rwe_cell_class class,
                            const struct rwe_key *key, const double value[], size_t n)
{
    if (rwe_document_failed(grid->document))
        return;
    struct rwe_table_column column = next_column(grid);
    rwe_fact shown[RWE_CELL_FACTS] = {RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT};
    size_t n_shown = 0, i = 0;
    char stat[RWE_LONGEST_STAT];
    for (const char *at = column.stats; at != NULL && *at != '\0'; i++) {
        bool hidden = *at == '[';
        size_t length = strcspn(at, " ");
        snprintf(stat, sizeof stat, "%.*s", (int)(hidden ? length - 2 : length), at + hidden);
        assert(i < n && length < sizeof stat);
        rwe_fact fact = rwe_document_number(grid->document, key, stat, value[i]);
        if (!hidden && n_shown < RWE_CELL_FACTS)
            shown[n_shown++] = fact;
        at += length + strspn(at + length, " ");
    }
    assert(i == n); /* as many values as the column has stats */
    rwe_grid_cell(grid, class, shown[0], shown[1], shown[2]);
}

void rwe_grid_words(struct rwe_grid *grid, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = rwe_document_format(grid->document, RWE_UTF8_LINE, format, arguments);
    va_end(arguments);
    add_cell(grid, (struct rwe_cell){text, RWE_CELL_TEXT, {RWE_NO_FACT, RWE_NO_FACT, RWE_NO_FACT}});
}

void rwe_grid_empty(struct rwe_grid *grid)
{
    rwe_grid_words(grid, "%s", "");
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
    if (document != NULL)
        document->provenance = provenance;
}

void rwe_document_set_title(struct rwe_document *document, const char *title, const char *subtitle)
{
    if (document == NULL)
        return;
    document->title = rwe_document_copy(document, title, RWE_UTF8_LINE);
    document->subtitle = rwe_document_copy(document, subtitle, RWE_UTF8_LINE);
}
