/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One page that needs nothing else and asks nothing of any network, with every text escaped. */
#include "draw_private.h"
#include "render_private.h"
#include "rwe/base/language.h"
#include "rwe/base/text.h"
#include "walk_private.h"

#include <math.h>
#include <string.h>

/* assets/page.css and assets/page.js, which the build embeds. */
extern const char rwe_embedded_page_css[];
extern const char rwe_embedded_page_js[];

/* ---- text ---- */

/* Text with what HTML needs escaped, in and outside attributes; lines become <br>. */
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

/* Text as a JSON string within a script element: U+2028 and U+2029 end a line there; "<" could end the script. */
static void put_json_text(FILE *out, const char *text)
{
    static const char separator[] = "\xe2\x80";
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        bool separates = strncmp(c, separator, 2) == 0 && (c[2] == '\xa8' || c[2] == '\xa9');
        if (separates) {
            fputs(c[2] == '\xa8' ? "\\u2028" : "\\u2029", out);
            c += 2;
        } else if (byte < ' ' || strchr("\"\\<>&", byte) != NULL) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

/* A section's title; what cautions about it as an element of its own. */
static void put_title(FILE *out, const struct rwe_block *section)
{
    size_t whole = strlen(section->text);
    size_t end = section->banner == NULL ? 0 : strlen(section->banner);
    if (end == 0 || whole < end || strcmp(section->text + whole - end, section->banner) != 0) {
        put(out, section->text);
        return;
    }
    size_t length = whole - end;
    static const char *const stops[] = {". ", "\xe3\x80\x82"}; /* U+3002 */
    for (size_t i = 0; i < 2; i++)
        if (length >= strlen(stops[i]) &&
            strncmp(section->text + length - strlen(stops[i]), stops[i], strlen(stops[i])) == 0)
            length -= strlen(stops[i]);
    for (const char *c = section->text; c < section->text + length; c++)
        put(out, (const char[]){*c, '\0'});
    put_in(out, " <span class=\"banner\">", section->banner, "</span>");
}

static bool is_table(const struct rwe_block *block)
{
    return block->kind == RWE_BLOCK_TABLE &&
           block->grid->headings.n + block->grid->rows.n > 0; /* others are not written */
}

/* ---- contents ---- */

/* Where the list is: inside an entry of level 1, and inside the list of its parts. */
struct contents {
    FILE *out;
    const struct rwe_document *document;
    size_t n_sections, n_tables;
    bool in_entry, in_parts;
};

static void end_entry(struct contents *c)
{
    fputs(c->in_parts ? "</ul>\n" : "", c->out);
    fputs(c->in_entry ? "</li>\n" : "", c->out);
    c->in_entry = c->in_parts = false;
}

/* "3 tables": of nothing, nothing. */
static void put_count(const struct contents *c, size_t n, const char *one, const char *many)
{
    if (n > 0)
        fprintf(c->out, rwe_text(n == 1 ? one : many), n);
}

static void put_item(struct contents *c, const struct rwe_block *block)
{
    if (is_table(block)) {
        c->n_tables++;
        if (block->grid->title == NULL)
            return;
        fprintf(c->out, "<li><a href=\"#table-%zu\">", c->n_tables);
        put_in(c->out, "", block->grid->title, "</a></li>\n");
    } else if (block->kind == RWE_BLOCK_FIGURE) {
        put_in(c->out, "<li class=\"figures\"><a href=\"#", block->figure->name, "\">");
        put_in(c->out, "", block->figure->title, "</a></li>\n");
    }
}

/* The tables and figures between this section and the next; returns how many blocks these are. */
static size_t put_items(struct contents *c, const struct rwe_block *blocks, size_t n)
{
    size_t n_tables = 0, n_figures = 0, end = 0;
    for (; end < n && blocks[end].kind != RWE_BLOCK_SECTION; end++) {
        n_tables += is_table(&blocks[end]);
        n_figures += blocks[end].kind == RWE_BLOCK_FIGURE;
    }
    if (n_tables + n_figures == 0)
        return end;
    fputs("\n<details><summary>", c->out);
    put_count(c, n_figures, N_("%zu figure"), N_("%zu figures"));
    fputs(n_figures > 0 && n_tables > 0 ? rwe_text(", ") : "", c->out);
    put_count(c, n_tables, N_("%zu table"), N_("%zu tables"));
    fputs("</summary>\n<ul>\n", c->out);
    for (size_t i = 0; i < end; i++)
        put_item(c, &blocks[i]);
    fputs("</ul></details>\n", c->out);
    return end;
}

static void put_section(struct contents *c, const struct rwe_block *section)
{
    bool is_part = section->level > 1 && c->in_entry;
    c->n_sections++;
    if (!is_part)
        end_entry(c);
    else if (!c->in_parts)
        fputs("<ul>\n", c->out);
    fprintf(c->out, "<li><a href=\"#section-%zu\">", c->n_sections);
    put_title(c->out, section);
    fputs("</a>", c->out);
    c->in_entry = true;
    c->in_parts = is_part;
}

/* Nested links to sections, tables and figures, and provenance; nothing where there are none. */
static void put_contents(struct rwe_walk *walk)
{
    const struct rwe_list *list = &walk->document->blocks;
    const struct rwe_block *blocks = list->items;
    struct contents c = {.out = walk->out, .document = walk->document};
    size_t i = 0;
    while (i < list->n && blocks[i].kind != RWE_BLOCK_SECTION)
        c.n_tables += is_table(&blocks[i++]);
    if (i == list->n)
        return;
    const char *contents = rwe_text("Contents");
    put_in(c.out, "<nav aria-label=\"", contents, "\">\n<details>\n<summary>");
    put_in(c.out, "", contents, "</summary>\n<ul>\n");
    while (i < list->n) {
        put_section(&c, &blocks[i++]);
        i += put_items(&c, blocks + i, list->n - i);
        fputs(c.in_parts ? "</li>\n" : "", c.out);
    }
    end_entry(&c);
    if (walk->n_origins > 0)
        put_in(c.out, "<li><a href=\"#provenance\">", rwe_text("Provenance"), "</a></li>\n");
    fputs("</ul>\n</details>\n</nav>\n", c.out);
}

/* ---- warnings ---- */

/* All warnings, each with a link to where it belongs; nothing where there are none. */
static void put_warnings(struct rwe_walk *walk)
{
    const struct rwe_block *blocks = walk->document->blocks.items;
    const struct rwe_block *chapter = NULL, *section = NULL;
    size_t n = 0;
    for (size_t i = 0; i < walk->document->blocks.n; i++) {
        if (blocks[i].kind == RWE_BLOCK_SECTION) {
            chapter = blocks[i].level > 1 ? chapter : &blocks[i];
            section = blocks[i].level > 1 ? &blocks[i] : NULL;
        }
        if (blocks[i].kind != RWE_BLOCK_WARNING)
            continue;
        if (n++ == 0)
            put_in(walk->out,
                   "<section class=\"warnings\" aria-labelledby=\"warnings\">\n"
                   "<h2 id=\"warnings\">",
                   rwe_text("Warnings"), "</h2>\n<ol>\n");
        fprintf(walk->out, "<li><a href=\"#warning-%zu\">", n);
        put(walk->out, chapter == NULL ? rwe_text("Report") : chapter->text);
        if (section != NULL)
            put_in(walk->out, ": ", section->text, "");
        put_in(walk->out, "</a><br>\n", blocks[i].text, "</li>\n");
    }
    fputs(n > 0 ? "</ol>\n</section>\n" : "", walk->out);
}

/* ---- figures ---- */

/* Nine digits: what is read off is rounded to four at most, and rounds as the fact does. */
static void put_numbers(FILE *out, const char *name, const double x[], size_t n)
{
    fprintf(out, ",\"%s\":", name);
    if (x == NULL) {
        fputs("null", out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        fputc(i == 0 ? '[' : ',', out);
        if (isfinite(x[i]))
            fprintf(out, "%.9g", x[i]);
        else
            fputs("null", out);
    }
    fputs(n == 0 ? "[]" : "]", out);
}

static void put_curve(FILE *out, const struct rwe_curve *curve)
{
    fputs("{\"label\":", out);
    put_json_text(out, curve->label == NULL ? "" : curve->label);
    fprintf(out, ",\"group\":%zu,\"step\":%s", curve->group % RWE_GROUPS,
            curve->style == RWE_CURVE_STEP ? "true" : "false");
    put_numbers(out, "start", &curve->start, 1);
    put_numbers(out, "until", &curve->until, 1);
    put_numbers(out, "x", curve->x, curve->n);
    put_numbers(out, "y", curve->y, curve->n);
    put_numbers(out, "low", curve->low, curve->n);
    put_numbers(out, "high", curve->high, curve->n);
    put_numbers(out, "at_risk", curve->at_risk, curve->n);
    fputs("}", out);
}

static bool can_be_read(const struct rwe_curve *curve)
{
    return curve->style == RWE_CURVE_STEP || curve->style == RWE_CURVE_LINE;
}

/* What the script says. */
static void put_words(FILE *out)
{
    static const char *const words[][2] = {
        {"at_risk", N_("at risk")},
        {"unknown", N_("not known")},
        {"slider", N_("Read the curves of")},
        {"how", N_("Point at the curves, or move the slider, to read values off.")},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        fprintf(out, "%s\"%s\":", i == 0 ? ",\"words\":{" : ",", words[i][0]);
        put_json_text(out, rwe_text(words[i][1]));
    }
    fputc('}', out);
}

/* What the script reads at the pointer; nothing where no curve has one value at a point, or where the axes
 * are not linear. */
static void put_curves(FILE *out, const struct rwe_figure *figure)
{
    const struct rwe_curve *curves = figure->curves.items;
    bool is_linear = figure->x.scale == RWE_SCALE_LINEAR && figure->y.scale == RWE_SCALE_LINEAR;
    size_t n = 0;
    for (size_t i = 0; i < figure->curves.n && is_linear; i++) {
        if (!can_be_read(&curves[i]))
            continue;
        if (n++ == 0) {
            fputs("<script type=\"application/json\" class=\"curves\">{\"x\":", out);
            put_json_text(out, figure->x.label == NULL ? "x" : figure->x.label);
            put_words(out);
            fprintf(out, ",\"percent\":%s,\"curves\":[", figure->y.percent ? "true" : "false");
        } else {
            fputc(',', out);
        }
        put_curve(out, &curves[i]);
    }
    fputs(n > 0 ? "]}</script>\n" : "", out);
}

static void put_drawing(struct rwe_walk *walk, const struct rwe_figure *figure, double width)
{
    const struct rwe_draw_options options = {
        .width = width, .style = walk->style, .inline_html = true};
    if (walk->status == RWE_OK)
        walk->status = rwe_figure_write_svg(figure, &options, walk->out, walk->error);
}

/* A figure drawn twice, for wide screens and for phones, with the data that a pointer reads. */
static void put_figure(struct rwe_walk *walk, const struct rwe_figure *figure)
{
    const char *const *notes = figure->notes.items;
    put_in(walk->out, "<figure id=\"", figure->name, "\">\n<figcaption>");
    put_in(walk->out, "", figure->title, "</figcaption>\n<div class=\"wide\">\n");
    put_drawing(walk, figure, RWE_DRAW_WIDE);
    fputs("</div>\n<div class=\"narrow\">\n", walk->out);
    put_drawing(walk, figure, RWE_DRAW_NARROW);
    fputs("</div>\n", walk->out);
    put_curves(walk->out, figure);
    for (size_t i = 0; i < figure->notes.n; i++)
        put_in(walk->out, "<p class=\"note\">", notes[i], "</p>\n");
    fputs("</figure>\n", walk->out);
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
        put(out, layout->headings[j]);
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
        put_in(out, "", row->cells[0].text, "</th></tr>\n");
        return;
    }
    put_in(out,
           row->indent > 0 ? "<tr><th scope=\"row\" class=\"indent\">" : "<tr><th scope=\"row\">",
           row->cells[0].text, "</th>");
    for (size_t j = 1; j < layout->n_columns; j++) {
        fputs(layout->numeric[j] ? "<td class=\"number\"" : "<td", out);
        if (row->cells[j].cell != NULL)
            rwe_put_fact_marks(out, row->cells[j].cell);
        put_in(out, ">", row->cells[j].text, "</td>");
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
        put_in(out, "<span>", title, "</span></caption>\n");
    put_headings(out, layout);
    fputs("<tbody>\n", out);
    for (size_t i = 0; i < layout->n_rows; i++)
        put_row(out, layout, &layout->rows[i]);
    fputs("</tbody>\n</table>\n</div>\n", out);
    for (size_t i = 0; i < layout->notes.n; i++)
        put_in(out, "<p class=\"note\">", layout->notes.item[i], "</p>\n");
    fputs("</div>\n", out);
}

/* ---- the page ---- */

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
    put_in(out, "<title>", title, "</title>\n<style>\n");
    fputs(rwe_embedded_page_css, out);
    put_in(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">",
           rwe_text("Skip to the results"), "</a>\n");
    put_in(out, "<header>\n<h1>", title, "</h1>\n");
    if (document->subtitle != NULL)
        put_in(out, "<p class=\"subtitle\">", document->subtitle, "</p>\n");
    fputs("</header>\n<div class=\"page\">\n", out);
    put_contents(walk);
    fputs("<main id=\"main\" tabindex=\"-1\">\n", out);
    put_warnings(walk);
}

static void section(struct rwe_walk *walk, int level, const char *title)
{
    (void)title; /* with its caution */
    fprintf(walk->out, "<h%d id=\"section-%zu\">", level + 1, walk->n_sections);
    put_title(walk->out, walk->block);
    fprintf(walk->out, "</h%d>\n", level + 1);
}

static void paragraph(struct rwe_walk *walk, const char *text)
{
    put_in(walk->out, "<p>", text, "</p>\n");
}

static void warning(struct rwe_walk *walk, const char *text)
{
    fprintf(walk->out, "<p class=\"warning\" role=\"note\" id=\"warning-%zu\">", walk->n_warnings);
    put_in(walk->out, "<strong>", rwe_text("Warning:"), "</strong> ");
    put_in(walk->out, "", text, "</p>\n");
}

static void end(struct rwe_walk *walk)
{
    fputs("</main>\n</div>\n", walk->out);
    if (walk->n_origins > 0) {
        put_in(walk->out, "<footer>\n<h2 id=\"provenance\">", rwe_text("Provenance"),
               "</h2>\n<dl>\n");
        for (size_t i = 0; i < walk->n_origins; i++) {
            put_in(walk->out, "<dt>", walk->origins[i].label, "</dt>");
            put_in(walk->out, "<dd>", walk->origins[i].text, "</dd>\n");
        }
        fputs("</dl>\n</footer>\n", walk->out);
    }
    fprintf(walk->out, "<script>\n%s</script>\n</body>\n</html>\n", rwe_embedded_page_js);
}

enum rwe_status rwe_render_html(const struct rwe_document *document,
                                const struct rwe_render_options *options, FILE *out,
                                struct rwe_error *error)
{
    static const struct rwe_walk_format format = {begin, section, paragraph, warning,
                                                  table, end,     put_figure};
    return rwe_walk_write(document, options, out, error, &format);
}
