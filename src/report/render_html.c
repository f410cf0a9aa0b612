/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One page that needs nothing else: no script, no network, and every text escaped. */
#include "draw_private.h"
#include "flow_private.h"
#include "render_private.h"

#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--soft:#5c5c5c;--line:#8a8a8a;"
    "--warn:#9a5b00}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--paper:#16181b;--soft:#a8a8a8;"
    "--line:#70757c;--warn:#e9b44c}}\n"
    "body{margin:2rem auto;padding:0 1rem;max-width:84rem;color:var(--ink);"
    "background:var(--paper);font:1rem/1.5 system-ui,sans-serif}\n"
    "h1,h2,h3{line-height:1.25}h2{margin-top:2.5rem}p{max-width:60rem}\n"
    ".subtitle,.note{color:var(--soft)}.note{margin:.25rem 0;font-size:.875rem}\n"
    ".table{margin:1.5rem 0;overflow-x:auto}\n"
    "table{border-collapse:collapse;border-block:1.5px solid var(--line);"
    "font-variant-numeric:tabular-nums}\n"
    "caption{text-align:start;font-weight:600;padding-bottom:.25rem}\n"
    "thead{border-bottom:1px solid var(--line)}\n"
    "th,td{padding:.2rem .6rem;text-align:start;vertical-align:bottom}\n"
    "tbody th{font-weight:400;white-space:nowrap}.number{text-align:end;white-space:nowrap}\n"
    ".indent{padding-inline-start:2rem}\n"
    ".warning{border-inline-start:4px solid var(--warn);padding:.25rem .75rem;margin:1rem 0}\n"
    ".warning strong{color:var(--warn)}\n"
    "dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}\n"
    "@media print{:root{--ink:#000;--paper:#fff;--soft:#333;--line:#000;--warn:#000}"
    "body{margin:0;max-width:none;font-size:10pt}nav{display:none}"
    ".table,.warning{break-inside:avoid;overflow:visible}h2,h3,caption{break-after:avoid}}\n";

static void put(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        case '\n':
            fputs("<br>", out);
            break;
        default:
            fputc(*c, out);
        }
    }
}

/* The text between two pieces of markup. */
static void put_in(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    put(out, text);
    fputs(after, out);
}

/* A list of the analyses; nothing where there is nothing to list. */
static void put_contents(struct rwe_flow *flow)
{
    const struct rwe_block *blocks = flow->document->blocks.items;
    size_t n = 0;
    size_t n_shown = 0;
    for (size_t i = 0; i < flow->document->blocks.n; i++) {
        n += blocks[i].kind == RWE_BLOCK_SECTION;
        if (blocks[i].kind != RWE_BLOCK_SECTION || blocks[i].level != 1)
            continue;
        fputs(n_shown++ == 0 ? "<nav aria-label=\"Contents\">\n<ul>\n" : "", flow->out);
        fprintf(flow->out, "<li><a href=\"#section-%zu\">", n);
        put_in(flow->out, "", blocks[i].text, "</a></li>\n");
    }
    if (n_shown == 0)
        return;
    if (flow->n_origins > 0)
        fputs("<li><a href=\"#provenance\">Provenance</a></li>\n", flow->out);
    fputs("</ul>\n</nav>\n", flow->out);
}

static void begin(struct rwe_flow *flow)
{
    const struct rwe_document *document = flow->document;
    const char *title = document->title == NULL ? "rwe-analyze" : document->title;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          flow->out);
    put_in(flow->out, "<title>", title, "</title>\n<style>\n");
    fputs(style, flow->out);
    put_in(flow->out, "</style>\n</head>\n<body>\n<header>\n<h1>", title, "</h1>\n");
    if (document->subtitle != NULL)
        put_in(flow->out, "<p class=\"subtitle\">", document->subtitle, "</p>\n");
    fputs("</header>\n", flow->out);
    put_contents(flow);
    fputs("<main>\n", flow->out);
}

static void section(struct rwe_flow *flow, int level, const char *title)
{
    const char *tag = level == 1 ? "h2" : "h3";
    fprintf(flow->out, "<%s id=\"section-%zu\">", tag, flow->n_sections);
    put(flow->out, title);
    fprintf(flow->out, "</%s>\n", tag);
}

static void paragraph(struct rwe_flow *flow, const char *text)
{
    put_in(flow->out, "<p>", text, "</p>\n");
}

static void warning(struct rwe_flow *flow, const char *text)
{
    put_in(flow->out, "<p class=\"warning\" role=\"note\"><strong>Warning:</strong> ", text,
           "</p>\n");
}

static void put_headings(FILE *out, const struct rwe_layout *layout)
{
    fputs("<thead>\n<tr>", out);
    for (size_t j = 0; j < layout->n_columns; j++)
        put_in(out,
               layout->numeric[j] ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">",
               layout->headings[j], "</th>");
    fputs("</tr>\n</thead>\n", out);
}

static void put_row(FILE *out, const struct rwe_layout *layout, const struct rwe_layout_row *row)
{
    put_in(out,
           row->indent > 0 ? "<tr><th scope=\"row\" class=\"indent\">" : "<tr><th scope=\"row\">",
           row->cells[0].text, "</th>");
    for (size_t j = 1; j < layout->n_columns; j++)
        put_in(out, layout->numeric[j] ? "<td class=\"number\">" : "<td>", row->cells[j].text,
               "</td>");
    fputs("</tr>\n", out);
}

static void table(struct rwe_flow *flow, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch)
{
    FILE *out = flow->out;
    (void)scratch;
    fputs("<div class=\"table\">\n<table>\n", out);
    if (title != NULL)
        put_in(out, "<caption>", title, "</caption>\n");
    put_headings(out, layout);
    fputs("<tbody>\n", out);
    for (size_t i = 0; i < layout->n_rows; i++)
        put_row(out, layout, &layout->rows[i]);
    fputs("</tbody>\n</table>\n", out);
    for (size_t i = 0; i < layout->notes.n; i++)
        put_in(out, "<p class=\"note\">", layout->notes.item[i], "</p>\n");
    fputs("</div>\n", out);
}

/* The drawing is part of the page, so that its text is found and read like any other. */
static void figure(struct rwe_flow *flow, const struct rwe_figure *figure)
{
    const struct rwe_draw_options options = {
        .width = RWE_DRAW_WIDE, .style = flow->style, .inline_html = true};
    const char *const *notes = figure->notes.items;
    put_in(flow->out, "<figure id=\"", figure->name, "\">\n");
    put_in(flow->out, "<figcaption>", figure->title, "</figcaption>\n");
    if (flow->status == RWE_OK)
        flow->status = rwe_figure_write_svg(figure, &options, flow->out, flow->error);
    for (size_t i = 0; i < figure->notes.n; i++)
        put_in(flow->out, "<p class=\"note\">", notes[i], "</p>\n");
    fputs("</figure>\n", flow->out);
}

static void end(struct rwe_flow *flow)
{
    fputs("</main>\n", flow->out);
    if (flow->n_origins > 0) {
        fputs("<footer>\n<h2 id=\"provenance\">Provenance</h2>\n<dl>\n", flow->out);
        for (size_t i = 0; i < flow->n_origins; i++) {
            put_in(flow->out, "<dt>", flow->origins[i].label, "</dt>");
            put_in(flow->out, "<dd>", flow->origins[i].text, "</dd>\n");
        }
        fputs("</dl>\n</footer>\n", flow->out);
    }
    fputs("</body>\n</html>\n", flow->out);
}

enum rwe_status rwe_render_html(const struct rwe_document *document,
                                const struct rwe_render_options *options, FILE *out,
                                struct rwe_error *error)
{
    static const struct rwe_flow_format format = {begin, section, paragraph, warning,
                                                  table, end,     figure};
    return rwe_flow_write(document, options, out, error, &format);
}
