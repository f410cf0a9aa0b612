/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of the HTML report: text escaped, contents, warnings, figures, style and script. */
#ifndef RWE_REPORT_HTML_PRIVATE_H
#define RWE_REPORT_HTML_PRIVATE_H

#include "figure_private.h"
#include "walk_private.h"

/** assets/page.css and assets/page.js. */
extern const char rwe_embedded_page_css[];
extern const char rwe_embedded_page_js[];

/** Text with what HTML needs escaped, in and outside attributes; lines become <br>. */
void rwe_html_put(FILE *out, const char *text);

/** The text between two pieces of markup. */
void rwe_html_put_in(FILE *out, const char *before, const char *text, const char *after);

/** Text as a JSON string that is safe within a script element. */
void rwe_html_put_json_text(FILE *out, const char *text);

/** A section's title; what cautions about it as an element of its own. */
void rwe_html_put_title(FILE *out, const struct rwe_block *section);

/** Nested links to sections, tables and figures, and provenance; nothing where there are none. */
void rwe_html_put_contents(struct rwe_walk *walk);

/** All warnings, each with a link to where it belongs; nothing where there are none. */
void rwe_html_put_warnings(struct rwe_walk *walk);

/** A figure drawn twice, for wide screens and for phones, with the data that a pointer reads. */
void rwe_html_put_figure(struct rwe_walk *walk, const struct rwe_figure *figure);

#endif
