/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report for a terminal: three-line tables, as medical journals set them, in plain text. */
#include "walk_private.h"

#include "render_private.h"
#include "rwe/base/language.h"

#include <string.h>

enum { PAGE_WIDTH = 100, NARROWEST_NOTE = 72, COLUMN_GAP = 2, INDENT = 2 };

/* ---- lines ---- */

/* Blanks are held back until something follows them, so that no line ends in one. */
struct line {
    FILE *out;
    size_t blanks;
};

static void skip(struct line *line, size_t columns)
{
    line->blanks += columns;
}

static void put(struct line *line, const char *text, size_t length)
{
    if (length == 0)
        return;
    fprintf(line->out, "%*s", (int)line->blanks, "");
    fwrite(text, 1, length, line->out);
    line->blanks = 0;
}

static void end_line(struct line *line)
{
    fputc('\n', line->out);
    line->blanks = 0;
}

static void rule(FILE *out, const char *stroke, size_t width)
{
    for (size_t i = 0; i < width; i++)
        fputs(stroke, out);
    fputc('\n', out);
}

/* ---- tables ---- */

/*
 * Numbers of a column stand under each other by their anchor: the place before " (" where a cell of
 * the column has one, else the decimal mark. `left` and `right` are the widths before and after
 * it.
 */
struct column {
    size_t left, right, width;
    bool has_brackets;
    const char *point;
};

static const char *anchor_of(const struct column *column, const char *text)
{
    const char *at = strstr(text, column->has_brackets ? " (" : column->point);
    return at == NULL ? text + strlen(text) : at;
}

static size_t max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void measure_heading(struct column *column, const char *heading)
{
    for (const char *from = heading; *from != '\0';) {
        const char *end = strchrnul(from, '\n');
        column->width = max(column->width, rwe_text_width_of(from, (size_t)(end - from)));
        from = *end == '\0' ? end : end + 1;
    }
}

static void measure(const struct rwe_layout *layout, size_t j, struct column *column)
{
    for (size_t i = 0; i < layout->n_rows; i++) {
        const struct rwe_layout_cell *cell = &layout->rows[i].cells[j];
        if (cell->is_number && strstr(cell->text, " (") != NULL)
            column->has_brackets = true;
    }
    for (size_t i = 0; i < layout->n_rows; i++) {
        const struct rwe_layout_cell *cell = &layout->rows[i].cells[j];
        size_t indent = j == 0 ? INDENT * (size_t)layout->rows[i].indent : 0;
        column->width = max(column->width, rwe_text_width(cell->text) + indent);
        if (!cell->is_number)
            continue;
        const char *anchor = anchor_of(column, cell->text);
        column->left =
            max(column->left, rwe_text_width_of(cell->text, (size_t)(anchor - cell->text)));
        column->right = max(column->right, rwe_text_width(anchor));
    }
    column->width = max(column->width, column->left + column->right);
    measure_heading(column, layout->headings[j]);
}

static void put_number(struct line *line, const struct column *column, const char *text)
{
    const char *anchor = anchor_of(column, text);
    size_t before = rwe_text_width_of(text, (size_t)(anchor - text));
    skip(line, column->width - column->right - before);
    put(line, text, strlen(text));
    skip(line, column->right - rwe_text_width(anchor));
}

static void put_words(struct line *line, const struct column *column, bool to_the_right,
                      const char *text, size_t length)
{
    size_t blanks = column->width - rwe_text_width_of(text, length);
    skip(line, to_the_right ? blanks : 0);
    put(line, text, length);
    skip(line, to_the_right ? 0 : blanks);
}

static size_t count_lines(const char *heading)
{
    size_t n = 1;
    for (const char *c = heading; *c != '\0'; c++)
        n += *c == '\n';
    return n;
}

/* Line `i` of a heading that stands on the lowest of `n` lines; nothing above it. */
static const char *heading_line(const char *heading, size_t i, size_t n, size_t *length)
{
    size_t above = n - count_lines(heading);
    *length = 0;
    if (i < above)
        return "";
    for (; i > above; i--)
        heading = strchr(heading, '\n') + 1;
    *length = (size_t)(strchrnul(heading, '\n') - heading);
    return heading;
}

static void put_headings(FILE *out, const struct rwe_layout *layout, const struct column columns[])
{
    size_t n = 1;
    for (size_t j = 0; j < layout->n_columns; j++)
        n = max(n, count_lines(layout->headings[j]));
    for (size_t i = 0; i < n; i++) {
        struct line line = {out, 0};
        for (size_t j = 0; j < layout->n_columns; j++) {
            size_t length;
            const char *text = heading_line(layout->headings[j], i, n, &length);
            skip(&line, j == 0 ? 0 : COLUMN_GAP);
            put_words(&line, &columns[j], layout->numeric[j], text, length);
        }
        end_line(&line);
    }
}

static void put_row(FILE *out, const struct rwe_layout *layout, const struct column columns[],
                    const struct rwe_layout_row *row)
{
    struct line line = {out, 0};
    for (size_t j = 0; j < layout->n_columns; j++) {
        const struct rwe_layout_cell *cell = &row->cells[j];
        struct column column = columns[j];
        if (j == 0) {
            skip(&line, INDENT * (size_t)row->indent);
            column.width -= INDENT * (size_t)row->indent;
        } else {
            skip(&line, COLUMN_GAP);
        }
        if (cell->is_number)
            put_number(&line, &column, cell->text);
        else
            put_words(&line, &column, layout->numeric[j], cell->text, strlen(cell->text));
    }
    end_line(&line);
}

static void put_table(FILE *out, const struct rwe_layout *layout, struct column columns[])
{
    size_t width = COLUMN_GAP * (layout->n_columns - 1);
    for (size_t j = 0; j < layout->n_columns; j++) {
        columns[j] = (struct column){.point = layout->point};
        measure(layout, j, &columns[j]);
        width += columns[j].width;
    }
    rule(out, "─", width);
    put_headings(out, layout, columns);
    rule(out, "─", width);
    for (size_t i = 0; i < layout->n_rows; i++)
        put_row(out, layout, columns, &layout->rows[i]);
    rule(out, "─", width);
    size_t note_width = width > PAGE_WIDTH ? PAGE_WIDTH : max(width, NARROWEST_NOTE);
    for (size_t i = 0; i < layout->notes.n; i++)
        rwe_text_wrap(out, layout->notes.item[i], 0, note_width);
}

/* ---- blocks ---- */

static void blank_line(const struct rwe_walk *walk)
{
    if (walk->n_blocks > 0 || walk->document->title != NULL)
        fputc('\n', walk->out);
}

static void begin(struct rwe_walk *walk)
{
    if (walk->document->title == NULL)
        return;
    fprintf(walk->out, "%s\n", walk->document->title);
    rule(walk->out, "═", rwe_text_width(walk->document->title));
    if (walk->document->subtitle != NULL)
        rwe_text_wrap(walk->out, walk->document->subtitle, 0, PAGE_WIDTH);
}

static void section(struct rwe_walk *walk, int level, const char *title)
{
    blank_line(walk);
    fprintf(walk->out, "%s\n", title);
    rule(walk->out, level == 1 ? "─" : "╌", rwe_text_width(title));
}

static void paragraph(struct rwe_walk *walk, const char *text)
{
    blank_line(walk);
    rwe_text_wrap(walk->out, text, 0, PAGE_WIDTH);
}

static void warning(struct rwe_walk *walk, const char *text)
{
    const char *mark = rwe_text("Warning:");
    blank_line(walk);
    fprintf(walk->out, "%s ", mark);
    rwe_text_wrap(walk->out, text, rwe_text_width(mark) + 1, PAGE_WIDTH);
}

static void table(struct rwe_walk *walk, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch)
{
    struct column *columns = RWE_NEW(scratch, struct column, layout->n_columns);
    if (columns == NULL)
        return;
    blank_line(walk);
    if (title != NULL)
        rwe_text_wrap(walk->out, title, 0, PAGE_WIDTH);
    put_table(walk->out, layout, columns);
}

static void end(struct rwe_walk *walk)
{
    size_t width = 0;
    if (walk->n_origins == 0)
        return;
    section(walk, 1, rwe_text("Provenance"));
    for (size_t i = 0; i < walk->n_origins; i++)
        width = max(width, rwe_text_width(walk->origins[i].label));
    for (size_t i = 0; i < walk->n_origins; i++) {
        fprintf(walk->out, "%s%*s", walk->origins[i].label,
                (int)(width + COLUMN_GAP - rwe_text_width(walk->origins[i].label)), "");
        rwe_text_wrap(walk->out, walk->origins[i].text, width + COLUMN_GAP, PAGE_WIDTH);
    }
}

enum rwe_status rwe_render_text(const struct rwe_document *document,
                                const struct rwe_render_options *options, FILE *out,
                                struct rwe_error *error)
{
    static const struct rwe_walk_format format = {begin, section, paragraph, warning,
                                                  table, end,     NULL};
    return rwe_walk_write(document, options, out, error, &format);
}
