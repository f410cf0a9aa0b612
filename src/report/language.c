/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document in another language. */
#include "language_private.h"

#include "document_private.h"
#include "figure_private.h"
#include <stdlib.h>
#include <string.h>

const char rwe_language_names[] = "en|zh";

static const struct rwe_language english = {"en", NULL, 0, "; "};

const struct rwe_language *rwe_language_find(const char *name)
{
    if (strcmp(name, english.name) == 0)
        return &english;
    return strcmp(name, rwe_chinese.name) == 0 ? &rwe_chinese : NULL;
}

const struct rwe_language *rwe_document_language(const struct rwe_document *document)
{
    return document->translator == NULL ? &english : rwe_translator_language(document->translator);
}

const char *rwe_document_words(const struct rwe_document *document, const char *words)
{
    return document->translator == NULL ? words : rwe_translate(document->translator, words);
}

/* ---- the copy ---- */

/* A copy of a list, to be changed item by item. */
static void *copy_list(struct rwe_arena *arena, struct rwe_list *list, size_t size)
{
    void *items = rwe_arena_alloc(arena, list->n == 0 ? 1 : list->n, size);
    if (items != NULL && list->n > 0)
        memcpy(items, list->items, list->n * size);
    list->items = items;
    list->capacity = list->n;
    return items;
}

static void translate_texts(struct rwe_document *document, struct rwe_list *list)
{
    const char **texts = copy_list(document->arena, list, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < list->n; i++)
        texts[i] = rwe_document_words(document, texts[i]);
}

static struct rwe_grid *translate_grid(struct rwe_document *document, const struct rwe_grid *grid)
{
    struct rwe_grid *copy = grid == NULL ? NULL : RWE_NEW(document->arena, struct rwe_grid, 1);
    if (copy == NULL)
        return NULL;
    *copy = *grid;
    copy->document = document;
    copy->title = rwe_document_words(document, grid->title);
    translate_texts(document, &copy->headings);
    translate_texts(document, &copy->notes);
    struct rwe_row *rows = copy_list(document->arena, &copy->rows, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < copy->rows.n; i++)
        rows[i].label = rwe_document_words(document, rows[i].label);
    struct rwe_cell *cells = copy_list(document->arena, &copy->cells, sizeof *cells);
    for (size_t i = 0; cells != NULL && i < copy->cells.n; i++)
        cells[i].words = rwe_document_words(document, cells[i].words);
    return copy;
}

static void translate_axis(const struct rwe_document *document, struct rwe_axis *axis)
{
    axis->label = rwe_document_words(document, axis->label);
    axis->low_words = rwe_document_words(document, axis->low_words);
    axis->high_words = rwe_document_words(document, axis->high_words);
}

static void translate_marks(struct rwe_document *document, struct rwe_figure *figure)
{
    struct rwe_curve *curves = copy_list(document->arena, &figure->curves, sizeof *curves);
    for (size_t i = 0; curves != NULL && i < figure->curves.n; i++)
        curves[i].label = rwe_document_words(document, curves[i].label);
    struct rwe_reference *references =
        copy_list(document->arena, &figure->references, sizeof *references);
    for (size_t i = 0; references != NULL && i < figure->references.n; i++)
        references[i].label = rwe_document_words(document, references[i].label);
    struct rwe_figure_result *results =
        copy_list(document->arena, &figure->results, sizeof *results);
    for (size_t i = 0; results != NULL && i < figure->results.n; i++)
        results[i].words = rwe_document_words(document, results[i].words);
    struct rwe_figure_column *columns =
        copy_list(document->arena, &figure->columns, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < figure->columns.n; i++)
        columns[i].label = rwe_document_words(document, columns[i].label);
    struct rwe_box_line *lines = copy_list(document->arena, &figure->box_lines, sizeof *lines);
    for (size_t i = 0; lines != NULL && i < figure->box_lines.n; i++)
        lines[i].words = rwe_document_words(document, lines[i].words);
}

static const struct rwe_figure *translate_figure(struct rwe_document *document,
                                                 const struct rwe_figure *figure)
{
    struct rwe_figure *copy =
        figure == NULL ? NULL : RWE_NEW(document->arena, struct rwe_figure, 1);
    if (copy == NULL)
        return NULL;
    *copy = *figure;
    copy->document = document;
    copy->title = rwe_document_words(document, figure->title);
    copy->description = rwe_document_words(document, figure->description);
    copy->banner = rwe_document_words(document, figure->banner);
    copy->grid = translate_grid(document, figure->grid);
    translate_axis(document, &copy->x);
    translate_axis(document, &copy->y);
    translate_marks(document, copy);
    translate_texts(document, &copy->notes);
    return copy;
}

static void translate_blocks(struct rwe_document *document)
{
    struct rwe_block *blocks = copy_list(document->arena, &document->blocks, sizeof *blocks);
    for (size_t b = 0; blocks != NULL && b < document->blocks.n; b++) {
        blocks[b].text = rwe_document_words(document, blocks[b].text);
        blocks[b].banner = rwe_document_words(document, blocks[b].banner);
        blocks[b].grid = translate_grid(document, blocks[b].grid);
        blocks[b].figure = translate_figure(document, blocks[b].figure);
    }
}

/* Texts that tables show as facts: which variance, which method. */
static void translate_facts(struct rwe_document *document)
{
    struct rwe_fact_value *facts = copy_list(document->arena, &document->facts, sizeof *facts);
    for (size_t f = 0; facts != NULL && f < document->facts.n; f++)
        facts[f].text = rwe_document_words(document, facts[f].text);
}

/* ---- what stays ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of arms and endpoints. Keys share their strings, so that most repetitions are told by address. */
static struct rwe_strings names_of_data(const struct rwe_document *document,
                                        struct rwe_arena *arena)
{
    const struct rwe_fact_value *facts = document->facts.items;
    struct rwe_strings names = {RWE_NEW(arena, const char *, 2 * document->facts.n + 1), 0};
    const char *group = NULL, *endpoint = NULL;
    for (size_t f = 0; names.item != NULL && f < document->facts.n; f++) {
        if (facts[f].key.group != NULL && facts[f].key.group != group)
            names.item[names.n++] = group = facts[f].key.group;
        if (facts[f].key.endpoint != NULL && facts[f].key.endpoint != endpoint)
            names.item[names.n++] = endpoint = facts[f].key.endpoint;
    }
    if (names.item != NULL)
        qsort(names.item, names.n, sizeof *names.item, compare_texts);
    return names;
}

const struct rwe_document *rwe_document_in(const struct rwe_document *document,
                                           const struct rwe_language *language,
                                           struct rwe_arena *arena)
{
    if (language->n_phrases == 0)
        return document;
    struct rwe_document *copy = RWE_NEW(arena, struct rwe_document, 1);
    struct rwe_translator *translator = rwe_translator_new(language, arena);
    if (copy == NULL || translator == NULL)
        return NULL;
    *copy = *document;
    copy->arena = arena;
    copy->translator = translator;
    rwe_translator_keep(translator, names_of_data(document, arena));
    copy->title = rwe_translate_whole(translator, document->title); /* the user's, as a rule */
    translate_blocks(copy);
    translate_facts(copy);
    return rwe_arena_failed(arena) ? NULL : copy;
}
