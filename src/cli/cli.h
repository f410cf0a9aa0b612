/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line, as its files see each other: arguments become options of a job (rwe/analysis/job.h), and
 * what comes out of it is rendered and printed. */
#ifndef RWE_CLI_CLI_H
#define RWE_CLI_CLI_H

#include "rwe/analysis/job.h"
#include "rwe/data/settings.h"
#include <signal.h>
#include <stdio.h>

/* Exit codes: the interface's contract. */
enum { RWE_EXIT_DONE = 0, RWE_EXIT_FAILED = 1, RWE_EXIT_USAGE = 2, RWE_EXIT_WARNINGS = 3 };

/* The line that tells how far work is. */
struct rwe_cli_progress {
    char what[256]; /* "": nothing is under way */
    double next;    /* seconds of the clock when it is drawn next */
    bool is_shown;
    struct sigaction before[4]; /* what is put back when it is gone */
};

/* What one call of the program works with. */
struct rwe_cli {
    struct rwe_job job;
    struct rwe_strings files; /* arguments that are no options */
    FILE *out, *err;
    struct rwe_cli_progress progress;
};

/* What --print prints, in the order of its choices. */
enum rwe_cli_print { RWE_PRINT_NOTHING = -1, RWE_PRINT_MAN, RWE_PRINT_COMPLETION, RWE_PRINT_STUDY };

/* Options of the command line alone: where results go, help. */
struct rwe_cli_settings {
    int format;                 /* −1: by the ending of `output` */
    const char *format_name;    /* "json" */
    const char *output;         /* file or folder; NULL: standard output */
    struct rwe_strings figures; /* none: all kinds */
    bool overwrite, quiet, strict;
    const char *check; /* a file of results */
    uint64_t simulate; /* patients; 0: none */
    double effect;     /* true hazard ratio of progression; NaN: the usual one */
    double
        effect_after; /* true hazard ratio of death after progression; NaN: that which goes with it */
    bool null;        /* true hazard ratios of 1 */
    const char *strategy; /* "begun-9"; NULL: the natural course */
    enum rwe_cli_print print;
    bool init, ask;
    const char *help; /* a topic, the name of an option, "topics", "short" or "all"; NULL: none */
    bool version;
};

extern const struct rwe_options rwe_cli_options;
const struct rwe_cli_settings *rwe_cli_settings_of(const struct rwe_cli *cli);

/* Reads the arguments: options into the job, the rest into cli->files. */
enum rwe_status rwe_cli_parse(struct rwe_cli *cli, int argc, char *const argv[],
                              struct rwe_error *error);

/* A topic of help: a section of the table of options. */
struct rwe_cli_topic {
    const char *name, *title;
};
extern const struct rwe_cli_topic rwe_cli_topics[RWE_SECTION_COUNT];

/* Where a list of all options shows it: analyses together, in front. */
static inline int rwe_cli_section_of(const struct rwe_option *option)
{
    return option->runs ? RWE_SECTION_RUN : (int)option->section;
}

/* The option as it is typed: "--caliper X". */
void rwe_cli_print_option(FILE *out, const struct rwe_option *option);

/* RWE_USAGE unless there is help of that name: what it does not know is told with what there is. */
enum rwe_status rwe_cli_check_help(const struct rwe_cli *cli, struct rwe_error *error);

/* The help that was asked for; the man page; the completion. */
void rwe_cli_help(const struct rwe_settings *settings, FILE *out);
void rwe_cli_man(const struct rwe_settings *settings, FILE *out);
void rwe_cli_completion(const struct rwe_settings *settings, FILE *out);

extern const char rwe_cli_synopsis[], rwe_cli_purpose[];

/* Tells the progress of long work on cli->err where that is a terminal, unless --quiet; and clears what is told of work
 * that has failed. */
struct rwe_progress rwe_cli_progress(struct rwe_cli *cli);
void rwe_cli_end_progress(struct rwe_cli *cli);

/* Lines of the file that are told of complaints of one kind. */
enum { RWE_COMPLAINT_EXAMPLES = 3 };

/* --init: tells the columns of the file and writes a draft of a study; --ask: the same by questions on cli->out, answered
 * on `in`. Return exit codes. */
int rwe_cli_init(struct rwe_cli *cli);
int rwe_cli_ask(struct rwe_cli *cli, FILE *in);

/* Takes the one file that is named, or the files of --cohort, for the job's. */
enum rwe_status rwe_cli_take_file(struct rwe_cli *cli, struct rwe_error *error);

/* Runs the job on the one file that is named. Complaints are printed on cli->err. */
enum rwe_status rwe_cli_run(struct rwe_cli *cli, struct rwe_error *error);

/* Whether results can go where --output says, as far as that can be known before there are any. */
enum rwe_status rwe_cli_check_output(const struct rwe_cli *cli, struct rwe_error *error);

/* Writes the document where --output says, in the format and style that were asked for. */
enum rwe_status rwe_cli_output(const struct rwe_cli *cli, struct rwe_error *error);

/* --check FILE: runs again what FILE says and compares. Returns an exit code. */
int rwe_cli_check(struct rwe_cli *cli, const char *path);

/* --simulate N: writes cohort.csv, assess.csv and ae.csv into the folder of --output, and says on
 * cli->err what truth they were drawn from and which strategy they follow, unless --quiet. */
enum rwe_status rwe_cli_simulate(const struct rwe_cli *cli, struct rwe_error *error);

/* Whether an option of simulated patients was given, --simulate itself or another. */
bool rwe_cli_simulates(const struct rwe_cli_settings *settings);

/* Prints the error on `err` and returns its exit code. */
int rwe_cli_fail(FILE *err, const struct rwe_error *error);

/* The whole program. Never exits, so that tests can call it. */
int rwe_cli_main(int argc, char *const argv[], FILE *out, FILE *err);

#endif
