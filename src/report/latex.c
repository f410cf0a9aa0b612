/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "latex_private.h"

#include "utf8_private.h"
#include <string.h>

/* ---- text ---- */

/* Characters that pdflatex does not take as they are, with what stands for them; in order. */
static const struct {
    uint32_t character;
    const char *latex;
} commands[] = {
    {0x22, "\\textquotedbl{}"},
    {0x23, "\\#"},
    {0x24, "\\$"},
    {0x25, "\\%"},
    {0x26, "\\&"},
    {0x2a, "{*}"}, /* after \\ it would be the star of \\* */
    {0x3c, "\\textless{}"},
    {0x3e, "\\textgreater{}"},
    {0x5b, "{[}"}, /* after \\ it would open an argument */
    {0x5c, "\\textbackslash{}"},
    {0x5d, "{]}"},
    {0x5e, "\\textasciicircum{}"},
    {0x5f, "\\_"},
    {0x60, "\\textasciigrave{}"},
    {0x7b, "\\{"},
    {0x7c, "\\textbar{}"},
    {0x7d, "\\}"},
    {0x7e, "\\textasciitilde{}"},
    {0xa0, "~"},
    {0xb0, "\\textdegree{}"},
    {0xb1, "$\\pm$"},
    {0xb2, "\\textsuperscript{2}"},
    {0xb3, "\\textsuperscript{3}"},
    {0xb5, "$\\mu$"},
    {0xb7, "{\\textperiodcentered}"},
    {0xb9, "\\textsuperscript{1}"},
    {0xd7, "$\\times$"},
    {0x393, "$\\Gamma$"},
    {0x394, "$\\Delta$"},
    {0x398, "$\\Theta$"},
    {0x39b, "$\\Lambda$"},
    {0x3a3, "$\\Sigma$"},
    {0x3a6, "$\\Phi$"},
    {0x3a9, "$\\Omega$"},
    {0x3b1, "$\\alpha$"},
    {0x3b2, "$\\beta$"},
    {0x3b3, "$\\gamma$"},
    {0x3b4, "$\\delta$"},
    {0x3b5, "$\\varepsilon$"},
    {0x3b7, "$\\eta$"},
    {0x3b8, "$\\theta$"},
    {0x3ba, "$\\kappa$"},
    {0x3bb, "$\\lambda$"},
    {0x3bc, "$\\mu$"},
    {0x3c0, "$\\pi$"},
    {0x3c1, "$\\rho$"},
    {0x3c3, "$\\sigma$"},
    {0x3c4, "$\\tau$"},
    {0x3c6, "$\\varphi$"},
    {0x3c7, "$\\chi$"},
    {0x3c8, "$\\psi$"},
    {0x3c9, "$\\omega$"},
    {0x2009, "\\,"},
    {0x2013, "--"},
    {0x2014, "---"},
    {0x2018, "{`}"},
    {0x2019, "{'}"},
    {0x201c, "{``}"},
    {0x201d, "{''}"},
    {0x2020, "\\dag{}"},
    {0x2021, "\\ddag{}"},
    {0x2022, "\\textbullet{}"},
    {0x2026, "\\dots{}"},
    {0x202f, "\\,"},
    {0x2160, "I"}, /* Roman numerals, as Chinese files grade */
    {0x2161, "II"},
    {0x2162, "III"},
    {0x2163, "IV"},
    {0x2164, "V"},
    {0x2190, "$\\leftarrow$"},
    {0x2192, "$\\rightarrow$"},
    {0x2211, "$\\sum$"},
    {0x2212, "$-$"},
    {0x221a, "$\\surd$"},
    {0x221e, "$\\infty$"},
    {0x2248, "$\\approx$"},
    {0x2260, "$\\neq$"},
    {0x2264, "$\\leq$"},
    {0x2265, "$\\geq$"},
    {0xfffd, "{?}"}, /* a byte that was no text */
};

static const char *command_of(uint32_t character)
{
    size_t low = 0, high = sizeof commands / sizeof *commands;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (commands[middle].character < character)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < sizeof commands / sizeof *commands && commands[low].character == character;
    return found ? commands[low].latex : NULL;
}

/* Two of these would become a dash, a quotation mark … */
static bool is_ligature(const char *text, const char *at)
{
    return at > text && at[-1] == *at && strchr("-',", *at) != NULL;
}

void rwe_latex_put(FILE *out, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        const char *from = at;
        const char *command = command_of(rwe_utf8_next(&at));
        if (command != NULL) {
            fputs(command, out);
        } else {
            fputs(is_ligature(text, from) ? "{}" : "", out);
            fwrite(from, 1, (size_t)(at - from), out);
        }
    }
}

/* ---- which engine ---- */

/* Letters that the T1 encoding has: Latin-1 and Latin Extended-A but for some. */
static bool pdflatex_has(uint32_t c)
{
    return c < 0x17f && c != 0x126 && c != 0x127 && c != 0x138 && c != 0x149 && c != 0x166 &&
           c != 0x167 && c != 0x13f && c != 0x140;
}

enum rwe_latex_needs rwe_latex_needs_of(const char *text, size_t n)
{
    enum rwe_latex_needs needs = RWE_LATEX_ANY;
    for (const char *at = text; at < text + n && needs != RWE_LATEX_CHINESE;) {
        char character[8] = "";
        const char *from = at;
        uint32_t c = rwe_utf8_next(&at);
        if (pdflatex_has(c))
            continue;
        memcpy(character, from, (size_t)(at - from));
        needs = rwe_text_width(character) == 2 ? RWE_LATEX_CHINESE : RWE_LATEX_UNICODE;
    }
    return needs;
}

/* ---- tables ---- */

enum {
    LONGEST_ON_A_PAGE = 40, /* rows; more go over pages */
    WIDEST_WORDS = 44,      /* characters of a column of words; longer ones are broken into lines */
    INDENT = 1,             /* em */
};

/* How many characters stand in a line of 17 cm at each size; beyond the last the page is turned. */
static const struct {
    size_t characters;
    const char *size;
} sizes[] = {{84, "\\small"}, {98, "\\footnotesize"}, {112, "\\scriptsize"}};

/* What one table is set with. */
struct shape {
    size_t *width; /* of each column, in characters */
    const char *size;
    bool is_long, is_turned;
};

static size_t widest_line(const char *text)
{
    size_t widest = 0, width = 0;
    for (const char *at = text; *at != '\0';) {
        char character[8] = "";
        const char *from = at;
        rwe_utf8_next(&at);
        memcpy(character, from, (size_t)(at - from));
        width = *from == '\n' ? 0 : width + rwe_text_width(character);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static bool measure(const struct rwe_layout *layout, struct rwe_arena *scratch, struct shape *shape)
{
    size_t total = 0, size = 0, n_sizes = sizeof sizes / sizeof *sizes;
    shape->width = RWE_NEW(scratch, size_t, layout->n_columns);
    if (shape->width == NULL)
        return false;
    for (size_t j = 0; j < layout->n_columns; j++) {
        size_t width = widest_line(layout->headings[j]);
        for (size_t i = 0; i < layout->n_rows; i++) {
            size_t cell = rwe_text_width(layout->rows[i].cells[j].text) +
                          (j == 0 ? 2 * (size_t)layout->rows[i].indent : 0);
            width = cell > width ? cell : width;
        }
        shape->width[j] = !layout->numeric[j] && width > WIDEST_WORDS ? WIDEST_WORDS : width;
        total += shape->width[j] + 2;
    }
    while (size + 1 < n_sizes && total > sizes[size].characters)
        size++;
    shape->is_turned = total > sizes[size].characters;
    shape->size = shape->is_turned ? "\\footnotesize" : sizes[size].size;
    shape->is_long = layout->n_rows > LONGEST_ON_A_PAGE;
    return true;
}

static void put_columns(FILE *out, const struct rwe_layout *layout, const struct shape *shape)
{
    fputs("{@{}", out);
    for (size_t j = 0; j < layout->n_columns; j++) {
        if (layout->numeric[j])
            fputc('r', out);
        else if (shape->width[j] < WIDEST_WORDS)
            fputc('l', out);
        else /* an average letter is half as wide as an em */
            fprintf(out, ">{\\raggedright\\arraybackslash}p{%dem}", WIDEST_WORDS / 2);
    }
    fputs("@{}}\n", out);
}

/* A heading; one of two lines is a small table of its own. The letter p is slanted. */
static void put_heading(FILE *out, const char *heading, bool is_number)
{
    const char *end = strchr(heading, '\n');
    if (strcmp(heading, "p") == 0 || strcmp(heading, "P") == 0) {
        fprintf(out, "\\textit{%s}", heading);
    } else if (end == NULL) {
        rwe_latex_put(out, heading);
    } else {
        fprintf(out, "\\begin{tabular}[b]{@{}%c@{}}", is_number ? 'r' : 'l');
        for (const char *c = heading; *c != '\0'; c = *end == '\0' ? end : end + 1) {
            char line[256];
            end = strchrnul(c, '\n');
            snprintf(line, sizeof line, "%.*s", (int)(end - c), c);
            fputs(c == heading ? "" : "\\\\", out);
            rwe_latex_put(out, line);
        }
        fputs("\\end{tabular}", out);
    }
}

static void put_headings(FILE *out, const struct rwe_layout *layout)
{
    fputs("\\toprule\n", out);
    for (size_t j = 0; j < layout->n_columns; j++) {
        fputs(j == 0 ? "" : " & ", out);
        put_heading(out, layout->headings[j], layout->numeric[j]);
    }
    fputs(" \\\\\n\\midrule\n", out);
}

static void put_rows(FILE *out, const struct rwe_layout *layout)
{
    for (size_t i = 0; i < layout->n_rows; i++) {
        const struct rwe_layout_row *row = &layout->rows[i];
        if (row->indent > 0)
            fprintf(out, "\\hspace*{%dem}", INDENT * row->indent);
        for (size_t j = 0; j < layout->n_columns; j++) {
            fputs(j == 0 ? "" : " & ", out);
            rwe_latex_put(out, row->cells[j].text);
        }
        fputs(" \\\\\n", out);
    }
}

static void put_notes(FILE *out, const struct rwe_layout *layout)
{
    if (layout->notes.n == 0)
        return;
    fputs("\n\\smallskip\n\\noindent\\begin{minipage}{\\linewidth}\n\\footnotesize\n", out);
    for (size_t i = 0; i < layout->notes.n; i++) {
        fputs(i == 0 ? "" : "\n", out);
        rwe_latex_put(out, layout->notes.item[i]);
        fputc('\n', out);
    }
    fputs("\\end{minipage}\n", out);
}

/* LaTeX counts the tables itself: what is left of "Table 1. Baseline" is "Baseline". */
static const char *without_number(const char *title)
{
    static const char word[] = "Table ";
    size_t length = strncmp(title, word, sizeof word - 1) == 0 ? sizeof word - 1 : 0;
    size_t digits = length == 0 ? 0 : strspn(title + length, "0123456789");
    return digits > 0 && strncmp(title + length + digits, ". ", 2) == 0
               ? title + length + digits + 2
               : title;
}

static void put_caption(FILE *out, const char *title, const char *after)
{
    if (title == NULL)
        return;
    fputs("\\caption{", out);
    rwe_latex_put(out, without_number(title));
    fprintf(out, "}%s\n", after);
}

static void put_short(FILE *out, const char *title, const struct rwe_layout *layout,
                      const struct shape *shape)
{
    fprintf(out, "\\begin{table}\n\\centering\n");
    put_caption(out, title, "");
    fprintf(out, "%s\n\\begin{tabular}", shape->size);
    put_columns(out, layout, shape);
    put_headings(out, layout);
    put_rows(out, layout);
    fputs("\\bottomrule\n\\end{tabular}\n", out);
    put_notes(out, layout);
    fputs("\\end{table}\n", out);
}

/* Its heading stands on each page. */
static void put_long(FILE *out, const char *title, const struct rwe_layout *layout,
                     const struct shape *shape)
{
    fprintf(out, "\\begingroup\n%s\n\\begin{longtable}", shape->size);
    put_columns(out, layout, shape);
    put_caption(out, title, "\\\\");
    put_headings(out, layout);
    fputs("\\endfirsthead\n", out);
    put_headings(out, layout);
    fputs("\\endhead\n\\bottomrule\n\\endfoot\n", out);
    put_rows(out, layout);
    fputs("\\end{longtable}\n", out);
    put_notes(out, layout);
    fputs("\\endgroup\n", out);
}

void rwe_latex_table(FILE *out, const char *title, const struct rwe_layout *layout,
                     struct rwe_arena *scratch)
{
    struct shape shape = {0};
    if (!measure(layout, scratch, &shape))
        return;
    fputs(shape.is_turned ? "\\begin{landscape}\n" : "", out);
    (shape.is_long ? put_long : put_short)(out, title, layout, &shape);
    fputs(shape.is_turned ? "\\end{landscape}\n" : "", out);
}
