/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * rwe: retrospective outcome analysis of treatment cohorts, as a library.
 *
 * One handle, a session, answers one question: which file or columns, which options, run, and read what came
 * out. It does what the command `rwe-analyze` does, option by option and number by number.
 *
 *     struct rwe_session *session = rwe_session_new();
 *     if (rwe_session_set_cohort(session, "cohort.csv") != RWE_OK ||
 *         rwe_session_set(session, "triangulation", NULL) != RWE_OK ||
 *         rwe_session_run(session) != RWE_OK)
 *         fprintf(stderr, "%s\n", rwe_session_error(session));
 *     for (size_t i = 0; i < rwe_session_n_facts(session); i++) {
 *         struct rwe_session_fact fact;
 *         rwe_session_get_fact(session, i, &fact);
 *         …
 *     }
 *     rwe_session_free(session);
 *
 * doc/examples has this in whole, in C and in Python. Build with `cc … $(pkg-config --cflags --libs rwe)`.
 *
 * Text       All text is UTF-8 and ends with a zero byte. Numbers in text have a decimal point, whatever the
 *            locale of the caller is; no function changes that locale.
 * Ownership  Text and arrays that are passed in are copied. What a function gives back belongs to the session
 *            and is valid until rwe_session_free, unless the function says less.
 * Errors     Functions that can fail return a status; rwe_session_error has the sentence. Nothing is printed,
 *            nothing ends the program, and a failed call leaves a session that can be asked and freed. Passing
 *            NULL for a session is RWE_USAGE, and frees, counts and finds nothing.
 * Threads    Different sessions may be used by different threads at the same time; one session by one thread at
 *            a time. A run starts threads of its own (option "threads") and has ended them when it returns.
 *            GSL's error handler, which a process has one of, is switched off while any session is at work and
 *            is again the caller's when none is.
 * Files      Read and written are those alone that were named: the cohort, the study, and files that options
 *            name ("ae", "assess", "export-matched", …).
 * Memory     A run takes a few times the memory of its file. Where it is out, a call fails and says so: with
 *            RWE_NO_MEMORY, or RWE_IO where a file could not be opened for want of it.
 *
 * What is declared here is a contract: within a version of the shared library's name (librwe.so.0) nothing of
 * it changes, and structs do not grow. The library shows no other symbols.
 */
#ifndef RWE_H
#define RWE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a call went. */
enum rwe_status {
    RWE_OK = 0,
    RWE_NO_MEMORY = 1,     /**< an allocation failed */
    RWE_USAGE = 2,         /**< the request itself is wrong: an option, or its value */
    RWE_NO_COLUMN = 3,     /**< a file lacks a column that was asked for; wrong usage too */
    RWE_BAD_INPUT = 4,     /**< the data cannot be read as declared; see the complaints */
    RWE_NOT_FINITE = 5,    /**< numbers hold NaN or an infinity where they must not */
    RWE_NOT_ESTIMABLE = 6, /**< the data are readable, but the quantity is not in them */
    RWE_SEPARATED =
        7, /**< a model has no finite maximum: a column tells the outcome without error */
    RWE_COLLINEAR = 8, /**< a column of a model is determined by others */
    RWE_IO = 9,        /**< a file cannot be opened, read or written */
};

/** The version of the library: "0.1.0". */
const char *rwe_version(void);

/* ---- a session ---- */

/** Cohort, options and, once it has run, results. */
struct rwe_session;

/** A session with every option at its default. NULL when memory is out. */
struct rwe_session *rwe_session_new(void);

/** Frees the session and all that it gave. NULL is allowed. */
void rwe_session_free(struct rwe_session *session);

/**
 * The sentence of the last call that failed, which says what to do; "" when none has. In the language of the
 * option "lang". Valid until the next call.
 */
const char *rwe_session_error(const struct rwe_session *session);

/* ---- what is asked ---- */

/**
 * Gives an option a value, as text: those of `rwe-analyze --help`, without the dashes.
 *
 *     rwe_session_set(session, "endpoint", "os=os_months,death");
 *     rwe_session_set(session, "km", NULL);
 *
 * `value` is NULL for a flag, and where the command line may leave the argument out ("psm", "landmark"). An
 * option given again replaces its value, but "endpoint" and "eligibility", which add one. What is set here goes
 * before the study. Options of the command alone ("output", "format", "check", "simulate", …) do not exist;
 * "study" names a study file, "lang" the language of reports and errors, "style" and "no-provenance" how
 * results are rendered.
 *
 * RWE_USAGE: no such option (the error names the nearest), or a value that it does not take. RWE_USAGE also
 * after the run, as for all functions of this part.
 */
enum rwe_status rwe_session_set(struct rwe_session *session, const char *name, const char *value);

/**
 * The study: the text of a study file (YAML), in place of the option "study". Without either, and without "arm"
 * and "endpoint", the built-in study of NCT07062484 says how the file reads, as on the command line. RWE_USAGE:
 * a wrong key, type or value, with its line.
 */
enum rwe_status rwe_session_set_study(struct rwe_session *session, const char *text, size_t size);

/** The cohort: the path of a file that has one row a patient, "-" for standard input, or a table in memory by
 * its name. It is read when the session is run. */
enum rwe_status rwe_session_set_cohort(struct rwe_session *session, const char *name);

/**
 * Adds a column to a table in memory, which its first column makes. Wherever a file is named (the cohort, the
 * options "ae" and "assess"), a table of that name is meant before any file:
 *
 *     rwe_session_add_texts(session, "patients", "arm", arm, 600);
 *     rwe_session_add_numbers(session, "patients", "os_months", months, 600);
 *     rwe_session_set_cohort(session, "patients");
 *
 * All columns of a table have `n` values. No value is NaN among numbers, and NULL or "" among texts; texts are
 * read as the cells of a file are, so dates are texts ("2023-05-01"). RWE_USAGE: another n than that of the
 * columns before. A name that is twice in a table, or text that is no UTF-8, shows when the session is run.
 */
enum rwe_status rwe_session_add_numbers(struct rwe_session *session, const char *table,
                                        const char *column, const double values[], size_t n);
enum rwe_status rwe_session_add_texts(struct rwe_session *session, const char *table,
                                      const char *column, const char *const values[], size_t n);

/**
 * Tells `tell` how far long work is: `done` of `of` pieces of `what` ("bootstrap"), 0 when it begins and `of` when it
 * ends; `of` is 0 meanwhile where nobody knows it. Called by one thread at a
 * time, which need not be the caller's, while rwe_session_run lasts; it must not call this session. NULL: nobody
 * is told.
 */
enum rwe_status rwe_session_set_progress(struct rwe_session *session,
                                         void (*tell)(void *context, const char *what, size_t done,
                                                      size_t of),
                                         void *context);

/* ---- running ---- */

/**
 * Runs what was asked for: the analyses that were set; without any, those of the study; without these too,
 * "table1" and "km". A session is run once. RWE_USAGE: no cohort, options that contradict each other, or a
 * second run.
 */
enum rwe_status rwe_session_run(struct rwe_session *session);

/* ---- facts ---- */

/**
 * A number or a word of the results, found by its keys. Keys that do not apply are NULL; doc/results.md lists
 * the analyses with their keys and statistics.
 */
struct rwe_session_fact {
    const char *analysis;   /**< "km", "cox", …; never NULL */
    const char *endpoint;   /**< as named, in lower case: "os" */
    const char *population; /**< "all", "matched", "iptw-ate", … */
    const char *model;      /**< "arm", "adjusted", … */
    const char *group;      /**< the arm's level as it is in the data */
    const char *term;       /**< a variable, a test, a contrast */
    const char *level;      /**< of a variable, a cause, a grade */
    double time;            /**< in the time unit of the file; NaN: none */
    const char *stat;       /**< "hr", "conf.low", "p.value", "n", …; never NULL */
    const char *text;       /**< the value where it is a word; NULL: it is a number */
    double number; /**< the value where it is a number, at full precision; NaN: not reached, or
                                 cannot be estimated */
};

/** How many facts there are: 0 before the run and when it failed. */
size_t rwe_session_n_facts(const struct rwe_session *session);

/** Fact `i` of 0 … n − 1, in the order of the report. RWE_USAGE, with `*fact` all NULL and NaN: no such fact. */
enum rwe_status rwe_session_get_fact(const struct rwe_session *session, size_t i,
                                     struct rwe_session_fact *fact);

/* ---- warnings ---- */

/** The results stand, but who reads them must know. */
struct rwe_session_warning {
    const char *code;     /**< short and stable: "few-events" */
    const char *analysis; /**< that it belongs to, or NULL */
    const char *message;  /**< one or more sentences */
};

/** How many warnings there are: 0 before the run and when it failed. */
size_t rwe_session_n_warnings(const struct rwe_session *session);

/** Warning `i`. RWE_USAGE, with `*warning` all NULL: no such warning. */
enum rwe_status rwe_session_get_warning(const struct rwe_session *session, size_t i,
                                        struct rwe_session_warning *warning);

/* ---- complaints ---- */

/** A cell or a row of a file that cannot be read as declared. */
struct rwe_session_complaint {
    const char *file;   /**< as it was named */
    size_t line;        /**< of the file, from 1; of a table in memory the row, from 1 */
    const char *column; /**< NULL: the whole row */
    const char *value;  /**< as it is in the file, at most 60 bytes and "…"; NULL: none */
    const char *reason; /**< the same for all of a kind: "not a number" */
    const char *advice; /**< what to do; NULL: nothing more */
};

/** How many complaints there are, also after a run that failed for them. With "on-error" at "drop" those rows
 * were left out and counted, and the run went on. */
size_t rwe_session_n_complaints(const struct rwe_session *session);

/** Complaint `i`, in the order in which they were found. RWE_USAGE, with all NULL and 0: no such complaint;
 * RWE_NO_MEMORY. */
enum rwe_status rwe_session_get_complaint(const struct rwe_session *session, size_t i,
                                          struct rwe_session_complaint *complaint);

/* ---- reports ---- */

/**
 * The report in a format: "text", "json" (all facts, curves and warnings), "csv" (the facts as a table), "md",
 * "html", "latex". The bytes are those that `rwe-analyze --format` writes; they end with a zero byte that `*size`
 * does not count (`size` may be NULL). Valid until the next call of this function for the session.
 *
 * NULL when it fails, with the sentence in rwe_session_error: no such format, no results, memory is out.
 */
const char *rwe_session_render(struct rwe_session *session, const char *format, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
