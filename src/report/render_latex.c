/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A LaTeX document that compiles by itself; each of its tables can be taken into a paper as it is. */
#include "figure_private.h"

#include "latex_private.h"
#include "render_private.h"
#include "rwe/base/language.h"
#include "walk_private.h"

#include <string.h>

/* The text between two pieces of markup. */
static void put_in(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    rwe_latex_put(out, text);
    fputs(after, out);
}

static void begin(struct rwe_walk *walk)
{
    if (walk->document->title == NULL)
        return;
    put_in(walk->out, "\\begin{center}\n{\\Large\\bfseries ", walk->document->title, "\\par}\n");
    if (walk->document->subtitle != NULL)
        put_in(walk->out, "\\smallskip\n", walk->document->subtitle, "\n");
    fputs("\\end{center}\n", walk->out);
}

static void section(struct rwe_walk *walk, int level, const char *title)
{
    put_in(walk->out, level == 1 ? "\n\\section{" : "\n\\subsection{", title, "}\n");
}

static void paragraph(struct rwe_walk *walk, const char *text)
{
    put_in(walk->out, "\n", text, "\n");
}

static void warning(struct rwe_walk *walk, const char *text)
{
    put_in(walk->out, "\n\\begin{quote}\n\\textbf{", rwe_text("Warning:"), "} ");
    put_in(walk->out, "", text, "\n\\end{quote}\n");
}

static void table(struct rwe_walk *walk, const char *title, const struct rwe_layout *layout,
                  struct rwe_arena *scratch)
{
    fputc('\n', walk->out);
    rwe_latex_table(walk->out, title, layout, scratch);
}

/* Its title is in the drawing. */
static void figure(struct rwe_walk *walk, const struct rwe_figure *figure)
{
    if (walk->figures != NULL)
        fprintf(walk->out,
                "\n\\begin{center}\n\\includegraphics[width=\\linewidth,height=0.9\\textheight,"
                "keepaspectratio]{%s%s.pdf}\n\\end{center}\n",
                walk->figures, figure->name);
}

static void end(struct rwe_walk *walk)
{
    if (walk->n_origins == 0)
        return;
    section(walk, 1, rwe_text("Provenance"));
    fputs("\\begin{description}\n", walk->out);
    for (size_t i = 0; i < walk->n_origins; i++) {
        put_in(walk->out, "\\item[", walk->origins[i].label, "] ");
        put_in(walk->out, "", walk->origins[i].text, "\n");
    }
    fputs("\\end{description}\n", walk->out);
}

/* Only what every distribution has; xeCJK only where there is Chinese to set. */
static void put_preamble(FILE *out, enum rwe_latex_needs needs)
{
    static const char *const engines[] = {
        [RWE_LATEX_ANY] = "% Compile with pdflatex, xelatex or lualatex.\n"
                          "\\documentclass[a4paper]{article}\n"
                          "\\usepackage[T1]{fontenc}\n"
                          "\\IfFileExists{lmodern.sty}{\\usepackage{lmodern}}{}\n",
        [RWE_LATEX_UNICODE] = "% Compile with xelatex or lualatex.\n"
                              "\\documentclass[a4paper]{article}\n"
                              "\\usepackage{fontspec}\n",
        [RWE_LATEX_CHINESE] =
            "% Compile with xelatex: there is Chinese in it.\n"
            "\\documentclass[a4paper]{article}\n"
            "\\usepackage{xeCJK}\n"
            "\\IfFontExistsTF{Noto Serif CJK SC}{\\setCJKmainfont{Noto Serif CJK SC}}"
            "{\\setCJKmainfont{FandolSong-Regular.otf}}\n",
    };
    fputs(engines[needs], out);
    fputs("\\usepackage[margin=2cm]{geometry}\n"
          "\\usepackage{" RWE_LATEX_PACKAGES "}\n"
          "\\usepackage{float,graphicx}\n"
          "\\floatplacement{table}{H} % tables stand where they are spoken of\n"
          "\\setcounter{secnumdepth}{0}\n"
          "\\setlength{\\tabcolsep}{4pt}\n"
          "\\setlength{\\belowcaptionskip}{4pt}\n"
          "\\setlength{\\parindent}{0pt}\n"
          "\\setlength{\\parskip}{4pt plus 1pt}\n"
          "\\sloppy\n"
          "\\begin{document}\n",
          out);
}

/* The preamble depends on the letters of what follows it, which is therefore made first. */
enum rwe_status rwe_render_latex(const struct rwe_document *document,
                                 const struct rwe_render_options *options, FILE *out,
                                 struct rwe_error *error)
{
    static const struct rwe_walk_format format = {begin, section, paragraph, warning,
                                                  table, end,     figure};
    struct rwe_bytes body = {0};
    FILE *memory = rwe_bytes_open(&body);
    if (memory == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_walk_write(document, options, memory, error, &format);
    enum rwe_status closed = rwe_bytes_close(&body, memory, error);
    if (status == RWE_OK && closed == RWE_OK) {
        put_preamble(out, rwe_latex_needs_of(body.byte, body.n));
        fwrite(body.byte, 1, body.n, out);
        fputs("\\end{document}\n", out);
    }
    rwe_bytes_clear(&body);
    return closed != RWE_OK ? closed : status;
}
