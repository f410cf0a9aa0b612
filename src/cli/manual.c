/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The man page and the completion, from the table of options; both in English. */
#include "cli.h"

#include <string.h>

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
    roff(out, rwe_cli_synopsis + strlen("rwe-analyze "));
    fputs("\n.SH DESCRIPTION\n", out);
    roff(out, rwe_cli_purpose);
    fputs("\n.SH OPTIONS\n", out);
    for (int section = 0; section < RWE_SECTION_COUNT; section++) {
        fprintf(out, ".SS %s\n", rwe_cli_topics[section].title);
        for (size_t i = 0; i < options.n; i++) {
            const struct rwe_option *o = &options.item[i];
            if (rwe_cli_section_of(o) != section)
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
          ".SH TOPICS\n.B rwe\\-analyze \\-\\-help\n.I TOPIC\ntells of one: ",
          out);
    for (int section = 0; section < RWE_SECTION_COUNT; section++) {
        roff(out, rwe_cli_topics[section].name);
        fputs(section + 1 < RWE_SECTION_COUNT ? ", " : ".\n", out);
    }
    fputs(".SH EXAMPLES\n.nf\nrwe\\-analyze cohort.csv \\-\\-km \\-\\-psm\n"
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
    fputs("    --help) mapfile -t COMPREPLY < <(compgen -W '", out);
    for (int section = 0; section < RWE_SECTION_COUNT; section++)
        fprintf(out, "%s ", rwe_cli_topics[section].name);
    fputs("all' -- \"$current\"); return ;;\n"
          "    esac\n"
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
