/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GitHub Flavored Markdown. */
#include "figure_private.h"

#include "render_private.h"
#include "rwe/base/language.h"
#include "walk_private.h"

#include <ctype.h>
#include <string.h>

/* Whether the character would be markup where it stands. `snake_case` needs no escape. */
static bool is_markup(const char *text, const char *at)
{
    if (*at == '_' && at > text)
        return !(isalnum((unsigned char)at[-1]) && isalnum((unsigned char)at[1]));
    return *at != '\0' && strchr("\\`*_[]|~$", *at) != NULL;
}

static void put(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '<')
            fputs("&lt;", out);
        else if (*at == '>')
            fputs("&gt;", out);
        else if (*at == '&')
            fputs("&amp;", out);
        else if (*at == '\n')
            fputs("<br>", out);
        else
            fprintf(out, is_markup(text, at) ? "\\%c" : "%c", *at);
    }
}

/* A line of prose: what starts it must not make it a heading, a rule or a list. */
static void put_prose(FILE *out, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (*text != '\0' && strchr("#+-=", *text) != NULL)
        fputc('\\', out);
    if (digits > 0 && (text[digits] == '.' || text[digits] == ')')) {
        fprintf(out, "%.*s\\", (int)digits, text);
        text += digits;
    }
    put(out, text);
}

static void blank_line(const struct rwe_walk *walk)
{
    if (walk->n_blocks > 0 || walk->document->title != NULL)
        fputc('\n', walk->out);
}

static void begin(struct rwe_walk *walk)
{
    if (walk->document->title == NULL)
        return;
    fputs("# ", walk->out);
    put(walk->out, walk->document->title);
    fputc('\n', walk->out);
    if (walk->document->subtitle == NULL)
        return;
    fputc('\n', walk->out);
    put_prose(walk->out, walk->document->subtitle);
    fputc('\n', walk->out);
}

static void section(struct rwe_walk *walk, int level, const char *title)
{
    blank_line(walk);
    fputs(level == 1 ? "## " : "### ", walk->out);
    put(walk->out, title);
    fputc('\n', walk->out);
}

static void paragraph(struct rwe_walk *walk, const char *text)
{
    blank_line(walk);
    put_prose(walk->out, text);
    fputc('\n', walk->out);
}

static void warning(struct rwe_walk *walk, const char *text)
{
    blank_line(walk);
    fprintf(walk->out, "> **%s** ", rwe_text("Warning:"));
    put(walk->out, text);
    fputc('\n', walk->out);
}

static void put_row(FILE *out, const struct rwe_layout_row *row, size_t n_columns)
{
    for (size_t j = 0; j < n_columns; j++) {
        fputs("| ", out);
        for (int i = 0; j == 0 && i < row->indent; i++)
            fputs("&emsp;", out);
        put(out, row->cells[j].text);
        fputs(row->cells[j].text[0] == '\0' ? "" : " ", out);
    }
    fputs("|\n", out);
}

static void put_headings(FILE *out, const struct rwe_layout *layout)
{
    for (size_t j = 0; j < layout->n_columns; j++) {
        fputs("| ", out);
        put(out, layout->headings[j]);
        fputs(layout->headings[j][0] == '\0' ? "" : " ", out);
    }
    fputs("|\n", out);
    for (size_t j = 0; j < layout->n_columns; j++)
        fputs(layout->numeric[j] ? "| ---: " : "| :--- ", out);
    fputs("|\n", out);
}

static void table(struct rwe_walk *walk, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch)
{
    FILE *out = walk->out;
    (void)scratch;
    blank_line(walk);
    if (title != NULL) {
        fputs("**", out);
        put(out, title);
        fputs("**\n\n", out);
    }
    put_headings(out, layout);
    for (size_t i = 0; i < layout->n_rows; i++)
        put_row(out, &layout->rows[i], layout->n_columns);
    for (size_t i = 0; i < layout->notes.n; i++) {
        fputc('\n', out);
        put_prose(out, layout->notes.item[i]);
        fputc('\n', out);
    }
}

/* What it shows stands for it where it cannot be seen; its title is in the drawing. */
static void figure(struct rwe_walk *walk, const struct rwe_figure *figure)
{
    if (walk->figures == NULL)
        return;
    fputs("\n![", walk->out);
    put(walk->out, figure->description != NULL ? figure->description : figure->title);
    fprintf(walk->out, "](%s%s.svg)\n", walk->figures, figure->name);
}

static void end(struct rwe_walk *walk)
{
    if (walk->n_origins == 0)
        return;
    section(walk, 1, rwe_text("Provenance"));
    fputc('\n', walk->out);
    for (size_t i = 0; i < walk->n_origins; i++) {
        fprintf(walk->out, "- %s: ", walk->origins[i].label);
        put(walk->out, walk->origins[i].text);
        fputc('\n', walk->out);
    }
}

enum rwe_status rwe_render_md(const struct rwe_document *document,
                              const struct rwe_render_options *options, FILE *out,
                              struct rwe_error *error)
{
    static const struct rwe_walk_format format = {begin, section, paragraph, warning,
                                                  table, end,     figure};
    return rwe_walk_write(document, options, out, error, &format);
}
