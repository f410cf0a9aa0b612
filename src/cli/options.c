/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "rwe/base/language.h"
#include "rwe/report/render.h"

static const struct rwe_option options[] = {
    {.name = "format",
     RWE_CHOICE_IN(struct rwe_cli_settings, format),
     RWE_WORD_IN(struct rwe_cli_settings, format_name),
     .section = RWE_SECTION_OUTPUT,
     .argument = "FORMAT",
     .choices = rwe_format_names,
     .command_only = true,
     .help =
         N_("text (default), json (all facts and curves), csv (facts as a table), md, html, latex. "
            "Without it the ending of --output decides.")},
    {.name = "output",
     RWE_OUTPUT_IN(struct rwe_cli_settings, output),
     .section = RWE_SECTION_OUTPUT,
     .argument = "FILE|DIR",
     .command_only = true,
     .help =
         N_("Write there instead of standard output, whole or not at all. DIR is a name without an "
            "ending, or ends in /: it gets the report in every format, results, each table as CSV "
            "and LaTeX, the figures, and a manifest. With --simulate: the folder.")},
    {.name = "figures",
     RWE_LIST_IN(struct rwe_cli_settings, figures),
     .section = RWE_SECTION_OUTPUT,
     .argument = "svg,pdf,png|none",
     .command_only = true,
     .help = N_("Kinds of files that figures get in the folder of --output (default all three).")},
    {.name = "overwrite",
     RWE_FLAG_IN(struct rwe_cli_settings, overwrite),
     .section = RWE_SECTION_OUTPUT,
     .command_only = true,
     .help =
         N_("Replace the report that is in the folder of --output. A folder with other things in "
            "it is never replaced.")},
    {.name = "quiet",
     RWE_FLAG_IN(struct rwe_cli_settings, quiet),
     .section = RWE_SECTION_OUTPUT,
     .command_only = true,
     .help = N_("Nothing on standard error but errors.")},
    {.name = "strict",
     RWE_FLAG_IN(struct rwe_cli_settings, strict),
     .section = RWE_SECTION_OUTPUT,
     .command_only = true,
     .help = N_("Exit with 3 when there are warnings.")},
    {.name = "check",
     RWE_PATH_IN(struct rwe_cli_settings, check),
     .section = RWE_SECTION_OTHER,
     .argument = "RESULTS.json",
     .command_only = true,
     .help =
         N_("Run again what a results file says and compare fact by fact; exit with 1 and a list "
            "when anything changed.")},
    {.name = "simulate",
     RWE_INTEGER_IN(struct rwe_cli_settings, simulate),
     .section = RWE_SECTION_SIMULATION,
     .argument = "N",
     .low = 1,
     .high = 1e8,
     .command_only = true,
     .help = N_("Write a synthetic cohort of N patients, cohort.csv, assess.csv and ae.csv, into "
                "the folder of --output, drawn with --seed.")},
    {.name = "effect",
     RWE_NUMBER_IN(struct rwe_cli_settings, effect),
     .section = RWE_SECTION_SIMULATION,
     .argument = "HR",
     .low = 0.01,
     .high = 100,
     .command_only = true,
     .help =
         N_("With --simulate: the true hazard ratio of progression from the start of radiotherapy "
            "(default 0.7). 1 is no effect at all, as --null is.")},
    {.name = "effect-after",
     RWE_NUMBER_IN(struct rwe_cli_settings, effect_after),
     .section = RWE_SECTION_SIMULATION,
     .argument = "HR",
     .low = 0.01,
     .high = 100,
     .command_only = true,
     .help = N_("With --simulate: the true hazard ratio of death after progression, of those "
                "irradiated before it (default 0.9; 1 with --effect 1).")},
    {.name = "null",
     RWE_FLAG_IN(struct rwe_cli_settings, null),
     .section = RWE_SECTION_SIMULATION,
     .command_only = true,
     .help = N_("With --simulate: radiotherapy does nothing, neither to progression nor to death "
                "after it.")},
    {.name = "strategy",
     RWE_TEXT_IN(struct rwe_cli_settings, strategy),
     .section = RWE_SECTION_SIMULATION,
     .argument = "WHAT",
     .command_only = true,
     .help =
         N_("With --simulate: every patient is followed under a strategy, so that the cohort "
            "shows the truth. begun-9: radiotherapy begun by 9 months unless progression or "
            "death comes first; none (or none-9): nobody begins by 9, later the natural course; "
            "never. Other months as begun-6, none-6.")},
    {.name = "init",
     RWE_FLAG_IN(struct rwe_cli_settings, init),
     .section = RWE_SECTION_OTHER,
     .command_only = true,
     .help = N_("Tell what the columns of COHORT hold and write a commented draft of a study file, "
                "to --output, or standard output. Options that say how the file reads count.")},
    {.name = "ask",
     RWE_FLAG_IN(struct rwe_cli_settings, ask),
     .section = RWE_SECTION_OTHER,
     .command_only = true,
     .help = N_("The same by questions at a terminal, in the language of --lang.")},
    {.name = "print",
     RWE_CHOICE_IN(struct rwe_cli_settings, print),
     .section = RWE_SECTION_OTHER,
     .argument = "WHAT",
     .choices = "man|completion|study",
     .command_only = true,
     .help = N_("Print the man page, the bash completion, or the built-in study file, and stop.")},
    {.name = "help",
     RWE_TEXT_IN(struct rwe_cli_settings, help),
     .section = RWE_SECTION_OTHER,
     .argument = "TOPIC",
     .bare = "topics",
     .command_only = true,
     .help =
         N_("Tell about a topic (matching, endpoints, …; without TOPIC they are listed), about one "
            "option (--help caliper), or about all of them (--help all), and stop. -h: the twenty "
            "lines that most people need.")},
    {.name = "version",
     RWE_FLAG_IN(struct rwe_cli_settings, version),
     .section = RWE_SECTION_OTHER,
     .command_only = true,
     .help = N_("Print the version and stop.")},
};

const struct rwe_options rwe_cli_options = RWE_OPTIONS_IN(struct rwe_cli_settings, options);

const struct rwe_cli_settings *rwe_cli_settings_of(const struct rwe_cli *cli)
{
    return rwe_settings_of(cli->job.settings, &rwe_cli_options);
}
