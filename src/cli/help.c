/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, man page and completion, all from the table of options. Help is in the language of messages; the man page
 * and completion are English. */
#include "cli.h"

#include "rwe/base/language.h"
#include <string.h>

static const char *const section_titles[RWE_SECTION_COUNT] = {
    [RWE_SECTION_RUN] = N_("What to run"),
    [RWE_SECTION_FILE] = N_("How the file reads"),
    [RWE_SECTION_METHOD] = N_("Matching and statistics"),
    [RWE_SECTION_OUTPUT] = N_("Where results go"),
    [RWE_SECTION_OTHER] = N_("Other"),
};

static const char synopsis[] = "rwe-analyze COHORT.csv [--study STUDY.yaml] [OPTION]…";

static const char *const purpose = N_(
    "Compares two treatments in a cohort of patients: baseline table, propensity-score matching, "
    "Kaplan–Meier curves, log-rank tests, hazard ratios and adverse events, on the whole cohort "
    "and on the matched one. COHORT.csv has one row a patient; - is standard input. Without an "
    "analysis option, everything that the study declares runs.");

static const char *const exit_codes =
    N_("Exit status: 0 done, 1 the data or the analysis failed, 2 wrong usage, 3 done with "
       "warnings under --strict. Options may be cut short where no other begins so.");

enum { PAGE_WIDTH = 79, HELP_INDENT = 8 };

static void print_option_name(FILE *out, const struct rwe_option *option)
{
    fprintf(out, "--%s", option->name);
    if (option->argument != NULL)
        fprintf(out, rwe_option_may_be_bare(option) ? "[=%s]" : " %s", option->argument);
}

void rwe_cli_help(const struct rwe_settings *settings, FILE *out)
{
    struct rwe_options options = rwe_settings_options(settings);
    fprintf(out, rwe_message("Usage: %s"), synopsis);
    fputs("\n\n", out);
    rwe_text_wrap(out, rwe_message(purpose), 0, PAGE_WIDTH);
    for (int section = 0; section < RWE_SECTION_COUNT; section++) {
        putc('\n', out);
        fprintf(out, rwe_message("%s:"), rwe_message(section_titles[section]));
        putc('\n', out);
        for (size_t i = 0; i < options.n; i++) {
            if ((int)options.item[i].section != section)
                continue;
            fputs("  ", out);
            print_option_name(out, &options.item[i]);
            putc('\n', out);
            fprintf(out, "%*s", HELP_INDENT, "");
            rwe_text_wrap(out, rwe_message(options.item[i].help), HELP_INDENT, PAGE_WIDTH);
        }
    }
    putc('\n', out);
    rwe_text_wrap(out, rwe_message(exit_codes), 0, PAGE_WIDTH);
}

/* Text for troff: backslashes and a leading dot or quote are not commands, hyphens stay hyphens. */
static void roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            putc(*text, out);
    }
}

void rwe_cli_man(const struct rwe_settings *settings, FILE *out)
{
    struct rwe_options options = rwe_settings_options(settings);
    fprintf(out, ".TH RWE-ANALYZE 1 \"\" \"rwe-analyze %s\" \"User Commands\"\n", RWE_VERSION);
    fputs(".SH NAME\nrwe\\-analyze \\- compare two treatments in a cohort of patients\n"
          ".SH SYNOPSIS\n.B rwe\\-analyze\n",
          out);
    roff(out, synopsis + strlen("rwe-analyze "));
    fputs("\n.SH DESCRIPTION\n", out);
    roff(out, purpose);
    fputs("\n.SH OPTIONS\n", out);
    for (int section = 0; section < RWE_SECTION_COUNT; section++) {
        fprintf(out, ".SS %s\n", section_titles[section]);
        for (size_t i = 0; i < options.n; i++) {
            const struct rwe_option *o = &options.item[i];
            if ((int)o->section != section)
                continue;
            fputs(".TP\n\\fB", out);
            fputs("\\-\\-", out);
            roff(out, o->name);
            fputs("\\fR", out);
            if (o->argument != NULL) {
                fputs(rwe_option_may_be_bare(o) ? "[=\\fI" : " \\fI", out);
                roff(out, o->argument);
                fputs(rwe_option_may_be_bare(o) ? "\\fR]" : "\\fR", out);
            }
            putc('\n', out);
            roff(out, o->help);
            putc('\n', out);
        }
    }
    fputs(".SH EXIT STATUS\n0 done; 1 the data or the analysis failed; 2 wrong usage; 3 done with "
          "warnings under\n.BR \\-\\-strict .\n"
          ".SH EXAMPLES\n.nf\nrwe\\-analyze cohort.csv \\-\\-km \\-\\-psm\n"
          "rwe\\-analyze rotterdam.csv \\-\\-study rotterdam.yaml \\-\\-format json\n.fi\n",
          out);
}

static void print_choices(FILE *out, const char *choices)
{
    for (; *choices != '\0'; choices++)
        putc(*choices == '|' ? ' ' : *choices, out);
}

void rwe_cli_completion(const struct rwe_settings *settings, FILE *out)
{
    struct rwe_options options = rwe_settings_options(settings);
    fputs("# bash completion for rwe-analyze\n"
          "_rwe_analyze()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    case $previous in\n",
          out);
    for (size_t i = 0; i < options.n; i++) {
        const struct rwe_option *o = &options.item[i];
        if (o->kind == RWE_OPTION_CHOICE && !rwe_option_may_be_bare(o)) {
            fprintf(out, "    --%s) mapfile -t COMPREPLY < <(compgen -W '", o->name);
            print_choices(out, o->choices);
            fputs("' -- \"$current\"); return ;;\n", out);
        } else if (o->kind == RWE_OPTION_PATH || o->kind == RWE_OPTION_OUTPUT) {
            fprintf(out,
                    "    --%s) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); "
                    "return ;;\n",
                    o->name);
        }
    }
    fputs("    esac\n"
          "    if [[ $current == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          out);
    for (size_t i = 0; i < options.n; i++)
        fprintf(out, "%s--%s", i == 0 ? "" : " ", options.item[i].name);
    fputs("' -- \"$current\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
          "    fi\n"
          "}\ncomplete -o filenames -F _rwe_analyze rwe-analyze\n",
          out);
}
