/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help, from the table of options, in the language of messages. */
#include "cli.h"

#include "rwe/base/language.h"
#include <stdarg.h>
#include <string.h>
#include <strings.h>

/* In the order of the sections. */
const struct rwe_cli_topic rwe_cli_topics[RWE_SECTION_COUNT] = {
    [RWE_SECTION_RUN] = {"analyses", N_("What to run")},
    [RWE_SECTION_FILE] = {"file", N_("How the file reads")},
    [RWE_SECTION_ARMS] = {"arms", N_("Arms, and who is compared")},
    [RWE_SECTION_ENDPOINTS] = {"endpoints", N_("Endpoints, also from dates")},
    [RWE_SECTION_COVARIATES] = {"covariates", N_("Covariates")},
    [RWE_SECTION_PROPENSITY] = {"propensity", N_("The propensity model, and balance")},
    [RWE_SECTION_MATCHING] = {"matching", N_("Matching")},
    [RWE_SECTION_WEIGHTING] = {"weighting", N_("Weighting")},
    [RWE_SECTION_TIME_ZERO] = {"time-zero", N_("Treatment that starts later: immortal time")},
    [RWE_SECTION_SURVIVAL] = {"survival", N_("Survival curves, incidences and means")},
    [RWE_SECTION_MODELS] = {"models", N_("Tests and models of survival")},
    [RWE_SECTION_SUBGROUPS] = {"subgroups", N_("Subgroups")},
    [RWE_SECTION_RESPONSE] = {"response", N_("Response")},
    [RWE_SECTION_ADVERSE] = {"adverse-events", N_("Adverse events")},
    [RWE_SECTION_SENSITIVITY] = {"sensitivity", N_("What the answer depends on")},
    [RWE_SECTION_PROTOCOL] = {"protocol", N_("The protocol, and the title")},
    [RWE_SECTION_METHOD] = {"statistics", N_("Statistics in general")},
    [RWE_SECTION_OUTPUT] = {"output", N_("Where results go")},
    [RWE_SECTION_SIMULATION] = {"simulation", N_("Simulated cohorts")},
    [RWE_SECTION_OTHER] = {"other", N_("Other")},
};

const char rwe_cli_synopsis[] = "rwe-analyze COHORT.csv [--study STUDY.yaml] [OPTION]…";

const char rwe_cli_purpose[] = N_(
    "Compares two treatments in a cohort of patients: baseline table, propensity-score matching, "
    "Kaplan–Meier curves, log-rank tests, hazard ratios and adverse events, on the whole cohort "
    "and on the matched one. COHORT.csv has one row a patient; - is standard input. Without an "
    "analysis option, everything that the study declares runs.");

static const char *const exit_codes =
    N_("Exit status: 0 done, 1 the data or the analysis failed, 2 wrong usage, 3 done with "
       "warnings under --strict. Options may be cut short where no other begins so.");

enum { PAGE_WIDTH = 79, HELP_INDENT = 8, NAME_WIDTH = 16, WORDS_WIDTH = 28 };

/* ---- the twenty lines ---- */

static const struct {
    const char *words, *help;
} first_options[] = {
    {"--init", N_("what the columns hold; a draft of a study file")},
    {"--id COL --arm COL", N_("the columns of the patient and of the treatment")},
    {"--endpoint os=TIME,EVENT:YES", N_("time to an event; what EVENT holds where it came")},
    {"--derive os,pfs", N_("or endpoints from dates, with --cutoff DATE")},
    {"--covariates A,B,C", N_("what the arms should be alike in")},
    {"--ae FILE", N_("adverse events, one row each")},
    {"--table1 --km --cox", N_("baseline table, survival curves, hazard ratios")},
    {"--psm --iptw", N_("the same after matching, and after weighting")},
    {"--ccw --landmark", N_("where the treatment starts after time zero")},
    {"--output DIR", N_("the report in every format; else on the terminal")},
};

/* Each is one line of a shell; a translation may have other columns. */
static const char *const examples[] = {
    N_("rwe-analyze cohort.xlsx --id pid --arm group --endpoint os=months,dead --km"),
    N_("rwe-analyze cohort.csv --arm group --endpoint 'os=OS (mo),Status:dead' --cox"),
    N_("rwe-analyze cohort.csv --study study.yaml --lang en --output report/"),
};

static void print_usage(FILE *out)
{
    fprintf(out, rwe_message("Usage: %s"), rwe_cli_synopsis);
    putc('\n', out);
}

static void print_short(FILE *out)
{
    print_usage(out);
    fprintf(out, "%s\n\n",
            rwe_message("Compares two treatments in a table of patients, one row each: CSV, Excel, "
                        "SPSS,\nStata or SAS."));
    for (size_t i = 0; i < sizeof first_options / sizeof *first_options; i++)
        fprintf(out, "  %-*s  %s\n", WORDS_WIDTH, first_options[i].words,
                rwe_message(first_options[i].help));
    fprintf(out, "\n%s\n", rwe_message("Examples (quotes hold names with brackets or blanks):"));
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        fprintf(out, "  %s\n", rwe_message(examples[i]));
    fprintf(out, "\n%s\n",
            rwe_message("More: --help lists the topics, --help TOPIC tells one, --help OPTION an "
                        "option,\n--help all everything."));
}

static void print_topics(FILE *out)
{
    putc('\n', out);
    fputs(rwe_message("Topics, for rwe-analyze --help TOPIC:"), out);
    putc('\n', out);
    for (int s = 0; s < RWE_SECTION_COUNT; s++)
        fprintf(out, "  %-*s%s\n", NAME_WIDTH, rwe_cli_topics[s].name,
                rwe_message(rwe_cli_topics[s].title));
    fprintf(out, "  %-*s%s\n", NAME_WIDTH, "all", rwe_message("All of them"));
}

/* ---- options ---- */

void rwe_cli_print_option(FILE *out, const struct rwe_option *option)
{
    fprintf(out, "--%s", option->name);
    if (option->argument != NULL)
        fprintf(out, rwe_option_may_be_bare(option) ? "[=%s]" : " %s", option->argument);
}

static void print_paragraph(FILE *out, const char *text)
{
    fprintf(out, "%*s", HELP_INDENT, "");
    rwe_text_wrap(out, text, HELP_INDENT, PAGE_WIDTH);
}

static void print_entry(FILE *out, const struct rwe_option *option)
{
    fputs("  ", out);
    rwe_cli_print_option(out, option);
    putc('\n', out);
    print_paragraph(out, rwe_message(option->help));
}

static void print_title(FILE *out, int section)
{
    fprintf(out, rwe_message("%s:"), rwe_message(rwe_cli_topics[section].title));
    putc('\n', out);
}

/* All analyses stand under what to run, and whatever writes a file under where results go, besides their own topic. */
static bool is_of_topic(const struct rwe_option *option, int topic)
{
    return (int)option->section == topic || (topic == RWE_SECTION_RUN && option->runs) ||
           (topic == RWE_SECTION_OUTPUT && option->kind == RWE_OPTION_OUTPUT);
}

static void print_topic(const struct rwe_options *options, int topic, FILE *out)
{
    print_title(out, topic);
    for (size_t i = 0; i < options->n; i++)
        if (is_of_topic(&options->item[i], topic))
            print_entry(out, &options->item[i]);
}

static void print_all(const struct rwe_options *options, FILE *out)
{
    print_usage(out);
    putc('\n', out);
    rwe_text_wrap(out, rwe_message(rwe_cli_purpose), 0, PAGE_WIDTH);
    for (int section = 0; section < RWE_SECTION_COUNT; section++) {
        putc('\n', out);
        print_title(out, section);
        for (size_t i = 0; i < options->n; i++)
            if (rwe_cli_section_of(&options->item[i]) == section)
                print_entry(out, &options->item[i]);
    }
    putc('\n', out);
    rwe_text_wrap(out, rwe_message(exit_codes), 0, PAGE_WIDTH);
}

/* ---- one option ---- */

/* A line of its own, from a template. */
__attribute__((format(printf, 2, 3))) static void say(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(out, "%*s", HELP_INDENT, "");
    vfprintf(out, rwe_message(format), arguments);
    putc('\n', out);
    va_end(arguments);
}

/* "--psm, --iptw=entropy" of "psm iptw=entropy". */
static void say_names(FILE *out, const char *format, const char *names)
{
    char list[512] = "";
    size_t used = 0;
    for (const char *at = names; *at != '\0' && used < sizeof list;) {
        size_t length = strcspn(at, " ");
        used += (size_t)snprintf(list + used, sizeof list - used, "%s--%.*s", used == 0 ? "" : ", ",
                                 (int)length, at);
        at += length + strspn(at + length, " ");
    }
    say(out, format, list);
}

/* The analysis whose own option it is; NULL: an option of many, or an analysis itself. */
static const char *analysis_of(const struct rwe_options *options, const struct rwe_option *option)
{
    for (size_t i = 0; i < options->n && !option->runs; i++)
        if (options->item[i].runs && options->item[i].home == option->home)
            return options->item[i].name;
    return NULL;
}

static void print_option(const struct rwe_options *options, const struct rwe_option *option,
                         FILE *out)
{
    const char *with = option->acts_with != NULL ? option->acts_with : analysis_of(options, option);
    print_entry(out, option);
    putc('\n', out);
    if (option->choices != NULL)
        say(out, N_("One of: %s"), option->choices);
    if (option->low != option->high)
        say(out, N_("From %g to %g"), option->low, option->high);
    if (option->fallback != NULL)
        say(out, N_("Default: %s"), option->fallback);
    if (with != NULL)
        say_names(out, N_("Acts with: %s"), with);
    if (option->yields_to != NULL)
        say_names(out, N_("Not beside: %s"), option->yields_to);
    if (option->command_only || option->kind == RWE_OPTION_OUTPUT)
        say(out, N_("On the command line alone"));
    else
        say(out, N_("In a study file: %s"), option->name);
    say(out, N_("Its topic: rwe-analyze --help %s"), rwe_cli_topics[option->section].name);
}

/* ---- what is asked for ---- */

static int find_topic(const char *name)
{
    int s = 0;
    while (s < RWE_SECTION_COUNT && strcasecmp(name, rwe_cli_topics[s].name) != 0)
        s++;
    return s;
}

static const struct rwe_option *find_option(const struct rwe_options *options, const char *name)
{
    name += strspn(name, "-");
    for (size_t i = 0; i < options->n; i++)
        if (strcasecmp(name, options->item[i].name) == 0)
            return &options->item[i];
    return NULL;
}

enum rwe_status rwe_cli_check_help(const struct rwe_cli *cli, struct rwe_error *error)
{
    const char *name = rwe_cli_settings_of(cli)->help;
    struct rwe_options options = rwe_settings_options(cli->job.settings);
    static const char *const whole[] = {"short", "topics", "all"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(name, whole[i]) == 0)
            return RWE_OK;
    if (find_topic(name) < RWE_SECTION_COUNT || find_option(&options, name) != NULL)
        return RWE_OK;
    struct rwe_arena *arena = cli->job.arena;
    struct rwe_strings topics = {RWE_NEW(arena, const char *, RWE_SECTION_COUNT), 0};
    for (; topics.item != NULL && topics.n < RWE_SECTION_COUNT; topics.n++)
        topics.item[topics.n] = rwe_cli_topics[topics.n].name;
    const char *list = topics.item == NULL ? NULL : rwe_text_join(arena, topics, ", ");
    if (list == NULL)
        return rwe_fail_memory(error);
    return rwe_fail(
        error, RWE_USAGE, RWE_NO_INDEX,
        "--help %s: there is neither such a topic nor such an option; the topics are %s", name,
        list);
}

void rwe_cli_help(const struct rwe_settings *settings, FILE *out)
{
    const struct rwe_cli_settings *asked = rwe_settings_of(settings, &rwe_cli_options);
    struct rwe_options options = rwe_settings_options(settings);
    const char *name = asked->help;
    int topic = find_topic(name);
    bool is_option = strncmp(name, "--", 2) == 0;
    if (strcmp(name, "all") == 0) {
        print_all(&options, out);
    } else if (strcmp(name, "short") == 0 || strcmp(name, "topics") == 0) {
        print_short(out);
        if (strcmp(name, "topics") == 0)
            print_topics(out);
    } else if (topic < RWE_SECTION_COUNT && !is_option) {
        print_topic(&options, topic, out);
    } else {
        print_option(&options, find_option(&options, name), out);
    }
}
