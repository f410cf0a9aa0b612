/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Text and tables in LaTeX, for the report and for the files of a pack. */
#ifndef RWE_REPORT_LATEX_PRIVATE_H
#define RWE_REPORT_LATEX_PRIVATE_H

#include "layout_private.h"
#include <stdio.h>

/** Writes text so that LaTeX sets it as it reads: nothing in it is a command. One line, UTF-8. */
void rwe_latex_put(FILE *out, const char *text);

/** What the characters of LaTeX source ask of the engine. */
enum rwe_latex_needs {
    RWE_LATEX_ANY, /**< pdflatex does: Latin letters and what `rwe_latex_put` has commands for */
    RWE_LATEX_UNICODE, /**< other scripts: xelatex or lualatex */
    RWE_LATEX_CHINESE, /**< the same with xeCJK */
};
enum rwe_latex_needs rwe_latex_needs_of(const char *text, size_t n);

/** Packages that `rwe_latex_table` stands on, all of them part of every distribution. */
#define RWE_LATEX_PACKAGES "array,booktabs,longtable,lscape"

/**
 * A three-line table with its title as caption and its notes below; over pages where it has many rows,
 * turned where it is too wide. Nothing when memory is out, which the arena remembers.
 */
void rwe_latex_table(FILE *out, const char *title, const struct rwe_layout *layout,
                     struct rwe_arena *scratch);

#endif
