/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One page that needs nothing else and asks nothing of any network, with every text escaped. */
#include "draw_private.h"

#include "html_private.h"
#include "render_private.h"
#include "rwe/base/language.h"

#include "rwe/base/text.h"
#include <string.h>

/* Nothing may be fetched, sent or framed; style and script are the page's own. */
static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; "
                             "script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
                             "form-action 'none'";

static void begin(struct rwe_walk *walk)
{
    const struct rwe_document *document = walk->document;
    const char *title = document->title == NULL ? "rwe-analyze" : document->title;
    FILE *out = walk->out;
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n", rwe_languages_now().report->name);
    fputs("<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          out);
    fprintf(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", policy);
    rwe_html_put_in(out, "<title>", title, "</title>\n<style>\n");
    fputs(rwe_embedded_page_css, out);
    rwe_html_put_in(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">",
                    rwe_text("Skip to the results"), "</a>\n");
    rwe_html_put_in(out, "<header>\n<h1>", title, "</h1>\n");
    if (document->subtitle != NULL)
        rwe_html_put_in(out, "<p class=\"subtitle\">", document->subtitle, "</p>\n");
    fputs("</header>\n<div class=\"page\">\n", out);
    rwe_html_put_contents(walk);
    fputs("<main id=\"main\" tabindex=\"-1\">\n", out);
    rwe_html_put_warnings(walk);
}

static void section(struct rwe_walk *walk, int level, const char *title)
{
    (void)title; /* with its caution */
    fprintf(walk->out, "<h%d id=\"section-%zu\">", level + 1, walk->n_sections);
    rwe_html_put_title(walk->out, walk->block);
    fprintf(walk->out, "</h%d>\n", level + 1);
}

static void paragraph(struct rwe_walk *walk, const char *text)
{
    rwe_html_put_in(walk->out, "<p>", text, "</p>\n");
}

static void warning(struct rwe_walk *walk, const char *text)
{
    fprintf(walk->out, "<p class=\"warning\" role=\"note\" id=\"warning-%zu\">", walk->n_warnings);
    rwe_html_put_in(walk->out, "<strong>", rwe_text("Warning:"), "</strong> ");
    rwe_html_put_in(walk->out, "", text, "</p>\n");
}

/* ---- tables ---- */

/* A page upright takes about so many characters in a line of a table; in small type, so many. */
enum { UPRIGHT = 108, UPRIGHT_SMALL = 150, SHORT_ROWS = 24, WIDEST_LABEL = 44 };

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

/* Its width in characters, the gaps between the columns counted too. */
static size_t width_of(const struct rwe_layout *layout)
{
    size_t width = 0;
    for (size_t j = 0; j < layout->n_columns; j++) {
        size_t widest = 0;
        for (size_t i = 0; i < layout->n_rows; i++) {
            size_t own = rwe_text_width(layout->rows[i].cells[j].text);
            widest = own > widest ? own : widest;
        }
        width += 3 + (j == 0 ? at_most(widest, WIDEST_LABEL) : widest);
    }
    return width;
}

static void put_headings(FILE *out, const struct rwe_layout *layout)
{
    fputs("<thead>\n<tr>", out);
    for (size_t j = 0; j < layout->n_columns; j++) {
        const char *tag = layout->headings[j][0] == '\0' ? "td" : "th"; /* none is no heading */
        fprintf(out, "<%s%s%s>", tag, tag[1] == 'h' ? " scope=\"col\"" : "",
                layout->numeric[j] ? " class=\"number\"" : "");
        rwe_html_put(out, layout->headings[j]);
        fprintf(out, "</%s>", tag);
    }
    fputs("</tr>\n</thead>\n", out);
}

/* A label over the rows that follow. */
static bool is_heading(const struct rwe_layout *layout, const struct rwe_layout_row *row)
{
    bool empty = row->indent == 0 && layout->n_columns > 1;
    for (size_t j = 1; empty && j < layout->n_columns; j++)
        empty = row->cells[j].text[0] == '\0';
    return empty;
}

static void put_row(FILE *out, const struct rwe_layout *layout, const struct rwe_layout_row *row)
{
    if (is_heading(layout, row)) {
        fprintf(out, "<tr><th scope=\"row\" class=\"over\" colspan=\"%zu\">", layout->n_columns);
        rwe_html_put_in(out, "", row->cells[0].text, "</th></tr>\n");
        return;
    }
    rwe_html_put_in(
        out, row->indent > 0 ? "<tr><th scope=\"row\" class=\"indent\">" : "<tr><th scope=\"row\">",
        row->cells[0].text, "</th>");
    for (size_t j = 1; j < layout->n_columns; j++) {
        fputs(layout->numeric[j] ? "<td class=\"number\"" : "<td", out);
        if (row->cells[j].cell != NULL)
            rwe_put_fact_marks(out, row->cells[j].cell);
        rwe_html_put_in(out, ">", row->cells[j].text, "</td>");
    }
    fputs("</tr>\n", out);
}

static void table(struct rwe_walk *walk, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch)
{
    FILE *out = walk->out;
    size_t width = width_of(layout), n = walk->n_tables;
    (void)scratch;
    fprintf(out, "<div class=\"table%s%s\" id=\"table-%zu\">\n",
            width <= UPRIGHT         ? ""
            : width <= UPRIGHT_SMALL ? " dense"
                                     : " broad",
            layout->n_rows <= SHORT_ROWS ? " short" : "", n);
    fprintf(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" ");
    if (title != NULL)
        fprintf(out, "aria-labelledby=\"caption-%zu\">\n<table>\n<caption id=\"caption-%zu\">", n,
                n);
    else
        fprintf(out, "aria-labelledby=\"section-%zu\">\n<table>\n", walk->n_sections);
    if (title != NULL)
        rwe_html_put_in(out, "<span>", title, "</span></caption>\n");
    put_headings(out, layout);
    fputs("<tbody>\n", out);
    for (size_t i = 0; i < layout->n_rows; i++)
        put_row(out, layout, &layout->rows[i]);
    fputs("</tbody>\n</table>\n</div>\n", out);
    for (size_t i = 0; i < layout->notes.n; i++)
        rwe_html_put_in(out, "<p class=\"note\">", layout->notes.item[i], "</p>\n");
    fputs("</div>\n", out);
}

static void end(struct rwe_walk *walk)
{
    fputs("</main>\n</div>\n", walk->out);
    if (walk->n_origins > 0) {
        rwe_html_put_in(walk->out, "<footer>\n<h2 id=\"provenance\">", rwe_text("Provenance"),
                        "</h2>\n<dl>\n");
        for (size_t i = 0; i < walk->n_origins; i++) {
            rwe_html_put_in(walk->out, "<dt>", walk->origins[i].label, "</dt>");
            rwe_html_put_in(walk->out, "<dd>", walk->origins[i].text, "</dd>\n");
        }
        fputs("</dl>\n</footer>\n", walk->out);
    }
    fprintf(walk->out, "<script>\n%s</script>\n</body>\n</html>\n", rwe_embedded_page_js);
}

enum rwe_status rwe_render_html(const struct rwe_document *document,
                                const struct rwe_render_options *options, FILE *out,
                                struct rwe_error *error)
{
    static const struct rwe_walk_format format = {begin, section, paragraph,          warning,
                                                  table, end,     rwe_html_put_figure};
    return rwe_walk_write(document, options, out, error, &format);
}
