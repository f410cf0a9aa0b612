/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GitHub Flavored Markdown. */
#include "figure_private.h"

#include "flow_private.h"
#include "render_private.h"
#include "rwe/base/language.h"

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

static void blank_line(const struct rwe_flow *flow)
{
    if (flow->n_blocks > 0 || flow->document->title != NULL)
        fputc('\n', flow->out);
}

static void begin(struct rwe_flow *flow)
{
    if (flow->document->title == NULL)
        return;
    fputs("# ", flow->out);
    put(flow->out, flow->document->title);
    fputc('\n', flow->out);
    if (flow->document->subtitle == NULL)
        return;
    fputc('\n', flow->out);
    put_prose(flow->out, flow->document->subtitle);
    fputc('\n', flow->out);
}

static void section(struct rwe_flow *flow, int level, const char *title)
{
    blank_line(flow);
    fputs(level == 1 ? "## " : "### ", flow->out);
    put(flow->out, title);
    fputc('\n', flow->out);
}

static void paragraph(struct rwe_flow *flow, const char *text)
{
    blank_line(flow);
    put_prose(flow->out, text);
    fputc('\n', flow->out);
}

static void warning(struct rwe_flow *flow, const char *text)
{
    blank_line(flow);
    fprintf(flow->out, "> **%s** ", rwe_text("Warning:"));
    put(flow->out, text);
    fputc('\n', flow->out);
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

static void table(struct rwe_flow *flow, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch)
{
    FILE *out = flow->out;
    (void)scratch;
    blank_line(flow);
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
static void figure(struct rwe_flow *flow, const struct rwe_figure *figure)
{
    if (flow->figures == NULL)
        return;
    fputs("\n![", flow->out);
    put(flow->out, figure->description != NULL ? figure->description : figure->title);
    fprintf(flow->out, "](%s%s.svg)\n", flow->figures, figure->name);
}

static void end(struct rwe_flow *flow)
{
    if (flow->n_origins == 0)
        return;
    section(flow, 1, rwe_text("Provenance"));
    fputc('\n', flow->out);
    for (size_t i = 0; i < flow->n_origins; i++) {
        fprintf(flow->out, "- %s: ", flow->origins[i].label);
        put(flow->out, flow->origins[i].text);
        fputc('\n', flow->out);
    }
}

enum rwe_status rwe_render_md(const struct rwe_document *document,
                              const struct rwe_render_options *options, FILE *out,
                              struct rwe_error *error)
{
    static const struct rwe_flow_format format = {begin, section, paragraph, warning,
                                                  table, end,     figure};
    return rwe_flow_write(document, options, out, error, &format);
}
