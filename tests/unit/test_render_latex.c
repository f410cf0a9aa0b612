/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LaTeX as it must stand, by hand. What is expected here was compiled with pdflatex (TeX Live 2022)
 * when it was written; the tests themselves need no TeX. */
#include "check.h"
#include "document.h"

#include <stdlib.h>
#include <string.h>

#include "../../src/report/latex_private.h"

static int new_arena(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int free_arena(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* What stands between \begin{document} and its end. */
static char *body_of(const struct rwe_document *document)
{
    static const char from[] = "\\begin{document}\n", to[] = "\\end{document}\n";
    char *whole = check_render(document, "latex", false);
    char *start = strstr(whole, from);
    assert_non_null(start);
    char *end = strstr(start, to);
    assert_non_null(end);
    assert_string_equal(end, to);
    *end = '\0';
    char *body = strdup(start + sizeof from - 1);
    free(whole);
    return body;
}

static void assert_text(const char *text, const char *expected)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&bytes, &size);
    rwe_latex_put(memory, text);
    fclose(memory);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void a_report_in_latex(void **state)
{
    char *actual = body_of(check_document(*state));
    assert_string_equal(
        actual,
        "\\begin{center}\n{\\Large\\bfseries Rotterdam\\par}\n\\smallskip\n"
        "A cohort of 2982\n\\end{center}\n"
        "\n\\section{Kaplan--Meier}\n"
        "\nTime is in days.\n"
        "\n\\subsection{Overall survival}\n"
        "\n\\begin{table}\n\\centering\n\\caption{Median survival}\n\\small\n"
        "\\begin{tabular}{@{}lrrr@{}}\n\\toprule\n"
        "Hormonal therapy & \\begin{tabular}[b]{@{}r@{}}Patients\\\\n (\\%)\\end{tabular} & "
        "Median (95\\% CI) & \\textit{p} \\\\\n\\midrule\n"
        "No & 2643 (88.6\\%) & 4118 (3988--4590) & \\textless{}0.001 \\\\\n"
        "\\hspace*{1em}有 & 339 (11.4\\%) & NR (4102--NR) & ref. \\\\\n"
        "\\bottomrule\n\\end{tabular}\n"
        "\n\\smallskip\n\\noindent\\begin{minipage}{\\linewidth}\n\\footnotesize\n"
        "Limits by the log-log transform.\n\nNR, not reached.\n\\end{minipage}\n"
        "\\end{table}\n"
        "\n\\begin{quote}\n\\textbf{Warning:} Only 3 events.\n\\end{quote}\n");
    free(actual);
}

static void nothing_in_a_text_is_a_command(void **state)
{
    (void)state;
    assert_text("50% & n_x #1 $ {a} ~ ^ \\end", "50\\% \\& n\\_x \\#1 \\$ \\{a\\} "
                                                "\\textasciitilde{} \\textasciicircum{} "
                                                "\\textbackslash{}end");
    assert_text("<0.001 > |x| \"q\" `b`",
                "\\textless{}0.001 \\textgreater{} \\textbar{}x\\textbar{} \\textquotedbl{}q"
                "\\textquotedbl{} \\textasciigrave{}b\\textasciigrave{}");
    assert_text("[1]*", "{[}1{]}{*}");
}

static void signs_of_the_report_have_commands(void **state)
{
    (void)state;
    assert_text("−3.2 (−8.1 to 1.7)", "$-$3.2 ($-$8.1 to 1.7)");
    assert_text("0·74 (0·59–0·92)", "0{\\textperiodcentered}74 (0{\\textperiodcentered}59--0"
                                    "{\\textperiodcentered}92)");
    assert_text("χ² ≥ 3 × Σσ√2…", "$\\chi$\\textsuperscript{2} $\\geq$ 3 $\\times$ "
                                  "$\\Sigma$$\\sigma$$\\surd$2\\dots{}");
    assert_text("12\u202f345", "12\\,345");
    assert_text("\ufffd", "{?}"); /* what the document makes of a bad byte */
}

static void an_option_in_a_text_keeps_its_two_hyphens(void **state)
{
    (void)state;
    assert_text("--psm ---", "-{}-psm -{}-{}-");
    assert_text("a-b, ''c'' ,,d", "a-b, '{}'c'{}' ,{},d");
}

static void the_preamble_is_that_of_its_letters(void **state)
{
    static const struct {
        const char *text;
        enum rwe_latex_needs needs;
        const char *package;
    } cases[] = {
        {"Müller, 95% CI 0.59–0.92, χ²", RWE_LATEX_ANY, "\\usepackage[T1]{fontenc}"},
        {"пациент", RWE_LATEX_UNICODE, "\\usepackage{fontspec}"},
        {"鼻咽癌", RWE_LATEX_CHINESE, "\\usepackage{xeCJK}"},
        {"пациент 鼻咽癌", RWE_LATEX_CHINESE, "\\usepackage{xeCJK}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rwe_document *document = rwe_document_new(*state);
        rwe_document_paragraph(document, "%s", cases[i].text);
        char *actual = check_render(document, "latex", false);
        assert_non_null(strstr(actual, cases[i].package));
        assert_int_equal(strstr(actual, "xeCJK") != NULL, cases[i].needs == RWE_LATEX_CHINESE);
        char *body = body_of(document);
        assert_int_equal(rwe_latex_needs_of(body, strlen(body)), cases[i].needs);
        free(body);
        free(actual);
    }
}

static void text_of_the_data_is_escaped_wherever_it_stands(void **state)
{
    static const char safe[] = "a\\textbar{}b \\textless{}script\\textgreater{}\\textquotedbl{}x"
                               "\\textquotedbl{} \\& 'y' {*}z{*}{?}{[}0m{?}";
    char *actual = body_of(check_hostile_document(*state));
    size_t n = 0;
    for (const char *at = actual; (at = strstr(at, safe)) != NULL; at += sizeof safe - 1)
        n++;
    assert_int_equal(n, 8); /* title, section, paragraph, warning, caption, label, cell, note */
    assert_null(strstr(actual, "<script>"));
    free(actual);
}

/* A table of `rows` rows whose first column is `label`. */
static char *table_of(struct rwe_arena *arena, size_t rows, const char *label, size_t columns)
{
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_grid *grid = rwe_document_table(document, "Table 1. Baseline");
    rwe_grid_column(grid, "label");
    for (size_t j = 0; j < columns; j++)
        rwe_grid_column(grid, "a heading of 23 letters");
    for (size_t i = 0; i < rows; i++) {
        rwe_grid_row(grid, 0, "%s", label);
        for (size_t j = 0; j < columns; j++)
            rwe_grid_words(grid, "x");
    }
    return body_of(document);
}

static void a_table_of_many_rows_goes_over_pages(void **state)
{
    char *few = table_of(*state, 40, "x", 1), *many = table_of(*state, 41, "x", 1);
    assert_non_null(strstr(few, "\\begin{tabular}"));
    assert_null(strstr(few, "longtable"));
    assert_non_null(strstr(many, "\\begin{longtable}{@{}ll@{}}\n\\caption{Baseline}\\\\\n"));
    assert_non_null(strstr(many, "\\endfirsthead\n\\toprule\n"));
    free(few);
    free(many);
}

static void a_wide_table_is_set_smaller_then_turned(void **state)
{
    static const struct {
        const char *label;
        size_t columns; /* of 25 characters with their gap */
        const char *set;
    } cases[] = {
        {"x", 3, "\\small\n"},
        {"twelve chars", 3, "\\footnotesize\n"},
        {"x", 4, "\\scriptsize\n"},
        {"x", 5, "\\begin{landscape}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *actual = table_of(*state, 1, cases[i].label, cases[i].columns);
        assert_non_null(strstr(actual, cases[i].set));
        free(actual);
    }
}

static void long_words_are_broken_into_lines(void **state)
{
    char *actual = table_of(
        *state, 1, "the average effect in all patients who might have had either treatment", 1);
    assert_non_null(
        strstr(actual, "\\begin{tabular}{@{}>{\\raggedright\\arraybackslash}p{22em}l@{}}"));
    free(actual);
}

static void latex_counts_the_tables_itself(void **state)
{
    char *actual = table_of(*state, 1, "x", 1);
    assert_non_null(strstr(actual, "\\caption{Baseline}\n"));
    free(actual);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_report_in_latex),
        TEST(nothing_in_a_text_is_a_command),
        TEST(signs_of_the_report_have_commands),
        TEST(an_option_in_a_text_keeps_its_two_hyphens),
        TEST(the_preamble_is_that_of_its_letters),
        TEST(text_of_the_data_is_escaped_wherever_it_stands),
        TEST(a_table_of_many_rows_goes_over_pages),
        TEST(a_wide_table_is_set_smaller_then_turned),
        TEST(long_words_are_broken_into_lines),
        TEST(latex_counts_the_tables_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
