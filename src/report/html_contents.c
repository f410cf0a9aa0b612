/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands before the results: where everything is, and what to be careful with. */
#include "html_private.h"

#include "rwe/base/language.h"

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

/* "3 tables" */
static void put_count(const struct contents *c, size_t n, const char *one, const char *many)
{
    if (n > 0)
        fprintf(c->out, "%zu %s", n, rwe_text(n == 1 ? one : many));
}

static void put_item(struct contents *c, const struct rwe_block *block)
{
    if (is_table(block)) {
        c->n_tables++;
        if (block->grid->title == NULL)
            return;
        fprintf(c->out, "<li><a href=\"#table-%zu\">", c->n_tables);
        rwe_html_put_in(c->out, "", block->grid->title, "</a></li>\n");
    } else if (block->kind == RWE_BLOCK_FIGURE) {
        rwe_html_put_in(c->out, "<li class=\"figures\"><a href=\"#", block->figure->name, "\">");
        rwe_html_put_in(c->out, "", block->figure->title, "</a></li>\n");
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
    put_count(c, n_figures, "figure", "figures");
    fputs(n_figures > 0 && n_tables > 0 ? ", " : "", c->out);
    put_count(c, n_tables, "table", "tables");
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
    rwe_html_put_title(c->out, section);
    fputs("</a>", c->out);
    c->in_entry = true;
    c->in_parts = is_part;
}

void rwe_html_put_contents(struct rwe_walk *walk)
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
    rwe_html_put_in(c.out, "<nav aria-label=\"", contents, "\">\n<details>\n<summary>");
    rwe_html_put_in(c.out, "", contents, "</summary>\n<ul>\n");
    while (i < list->n) {
        put_section(&c, &blocks[i++]);
        i += put_items(&c, blocks + i, list->n - i);
        fputs(c.in_parts ? "</li>\n" : "", c.out);
    }
    end_entry(&c);
    if (walk->n_origins > 0)
        rwe_html_put_in(c.out, "<li><a href=\"#provenance\">", rwe_text("Provenance"),
                        "</a></li>\n");
    fputs("</ul>\n</details>\n</nav>\n", c.out);
}

/* ---- warnings ---- */

void rwe_html_put_warnings(struct rwe_walk *walk)
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
            rwe_html_put_in(walk->out,
                            "<section class=\"warnings\" aria-labelledby=\"warnings\">\n"
                            "<h2 id=\"warnings\">",
                            rwe_text("Warnings"), "</h2>\n<ol>\n");
        fprintf(walk->out, "<li><a href=\"#warning-%zu\">", n);
        rwe_html_put(walk->out, chapter == NULL ? rwe_text("Report") : chapter->text);
        if (section != NULL)
            rwe_html_put_in(walk->out, ": ", section->text, "");
        rwe_html_put_in(walk->out, "</a><br>\n", blocks[i].text, "</li>\n");
    }
    fputs(n > 0 ? "</ol>\n</section>\n" : "", walk->out);
}
