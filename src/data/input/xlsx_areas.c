/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Merged areas stand behind the rows of a sheet, so a sheet that has them is read twice. */
#include "xlsx_private.h"

#include <stdlib.h>
#include <string.h>

bool rwe_xlsx_place(const char *reference, size_t *row, size_t *column)
{
    size_t across = 0, down = 0;
    const char *at = reference;
    for (; *at >= 'A' && *at <= 'Z' && across <= RWE_XLSX_COLUMNS; at++)
        across = 26 * across + (size_t)(*at - 'A' + 1);
    for (; *at >= '0' && *at <= '9' && down <= RWE_XLSX_ROWS; at++)
        down = 10 * down + (size_t)(*at - '0');
    *row = down - 1;
    *column = across - 1;
    return *at == '\0' && across >= 1 && across <= RWE_XLSX_COLUMNS && down >= 1 &&
           down <= RWE_XLSX_ROWS;
}

/* Cells of all areas together: a table of patients has far fewer. */
#define MOST_MERGED ((size_t)4 << 20)

struct reader {
    const struct rwe_xlsx *book;
    const char *entry;
    size_t n_cells; /* of the areas so far */
    struct rwe_xlsx_area *area;
    size_t n, room;
};

/* "A2:A5" */
static bool read_area(const char *text, struct rwe_xlsx_area *area)
{
    char first[16];
    const char *colon = text == NULL ? NULL : strchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof first)
        return false;
    memcpy(first, text, (size_t)(colon - text));
    first[colon - text] = '\0';
    return rwe_xlsx_place(first, &area->top, &area->left) &&
           rwe_xlsx_place(colon + 1, &area->bottom, &area->right) && area->top <= area->bottom &&
           area->left <= area->right;
}

static enum rwe_status start(void *context, const char *name, const char *const attributes[])
{
    struct reader *reader = context;
    struct rwe_xlsx_area area;
    if (strcmp(name, "mergeCell") != 0)
        return RWE_OK;
    const char *text = rwe_xml_attribute(attributes, "ref");
    if (text != NULL && strchr(text, ':') == NULL)
        return RWE_OK; /* of one cell */
    if (!read_area(text, &area))
        return rwe_xlsx_damaged(reader->book, reader->entry);
    reader->n_cells += (area.bottom - area.top + 1) * (area.right - area.left + 1);
    if (reader->n_cells > MOST_MERGED)
        return rwe_xlsx_damaged(reader->book, reader->entry);
    reader->area = rwe_arena_grow(reader->book->arena, reader->area, &reader->room, reader->n + 1,
                                  sizeof area);
    if (reader->area == NULL)
        return rwe_fail_memory(reader->book->error);
    reader->area[reader->n++] = area;
    return RWE_OK;
}

static int compare(const void *a, const void *b)
{
    const struct rwe_xlsx_area *left = a, *right = b;
    if (left->top != right->top)
        return left->top < right->top ? -1 : 1;
    return (left->left > right->left) - (left->left < right->left);
}

enum rwe_status rwe_xlsx_read_areas(const struct rwe_xlsx *book, const char *entry,
                                    struct rwe_xlsx_area **area, size_t *n)
{
    struct reader reader = {.book = book, .entry = entry};
    const struct rwe_xml_taker taker = {&reader, start, NULL, NULL};
    enum rwe_status status = RWE_OK;
    if (rwe_xlsx_holds(book, entry, "mergeCell "))
        status = rwe_xlsx_parse(book, entry, &taker);
    if (status == RWE_OK && reader.n > 0)
        qsort(reader.area, reader.n, sizeof *reader.area, compare);
    *area = reader.area;
    *n = reader.n;
    return status;
}
