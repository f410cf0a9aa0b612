/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The whole program, run inside the test: command line in; exit code, standard output and standard
 * error out. And the facts of its JSON, found by their key.
 *
 * Tests run from the root of the repository, so paths are relative to it.
 */
#ifndef TESTS_SUPPORT_PROGRAM_H
#define TESTS_SUPPORT_PROGRAM_H

#include "check.h"

#include <jansson.h>
#include <stdbool.h>

/** What a run left behind. */
struct program_run {
    int code;
    char *out, *err;
    size_t out_size;
};

/**
 * Runs the program with the arguments that the formatted text holds, cut at blanks:
 * program_run("%s --arm sex --endpoint os=time,status:2", path).
 */
struct program_run program_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The same of a line that is cut as a shell cuts it, with quotes and $VARIABLES. `answers` is what stands at standard
 * input, or NULL: nothing is read. */
struct program_run program_run_quoted(const char *line, const char *answers);
void program_clear(struct program_run *run);

/** Fails the test, with what the program said, unless it ended with `code`. */
#define assert_code(run, expected) program_check_code(&(run), (expected), __FILE__, __LINE__)
void program_check_code(const struct program_run *run, int expected, const char *file, int line);

/** Fails the test unless `text` holds each of the words, which are separated by '|'. */
#define assert_says(text, words) program_check_says((text), (words), __FILE__, __LINE__)
void program_check_says(const char *text, const char *words, const char *file, int line);

/** A fact: its key in one line, as "km endpoint=os population=all group=1 time=180 estimate". */
struct program_fact {
    char *key;
    json_t *value; /**< borrowed from the root */
};

/** The facts of a result, in the order of their keys. */
struct program_facts {
    json_t *root;
    struct program_fact *fact;
    size_t n;
};

/** Takes JSON apart; what is no result of the program fails the test. */
struct program_facts program_facts_parse(const char *json);

/** Runs the program, which must end with 0, with --format json added, and takes its facts. */
struct program_facts program_facts_of(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
void program_facts_clear(struct program_facts *facts);

/** A fact's key in the notation above; freed by the caller. */
char *program_fact_key(const json_t *fact);

/** The value of that key, or NULL. */
json_t *program_facts_find(const struct program_facts *facts, const char *key);

/** Its number; the test fails where there is none. */
double program_facts_number(const struct program_facts *facts, const char *key);

/** Fails the test, with the first differences, unless both hold the same keys, and values that differ
 * by no more than `relative` (0: the same numbers). */
#define assert_same_facts(actual, expected, relative)                                              \
    program_check_same(&(actual), &(expected), (relative), __FILE__, __LINE__)
void program_check_same(const struct program_facts *actual, const struct program_facts *expected,
                        double relative, const char *file, int line);

/** A new empty folder for temporary files; removed, with what it holds, by program_remove_folder. */
char *program_new_folder(void);
void program_remove_folder(char *folder);

/** A file's bytes and a final zero, freed by the caller; NULL when there is no such file. */
char *program_read_file(const char *path, size_t *size);

/** Writes text to `name` in `folder`; returns its path, freed by the caller. */
char *program_write_file(const char *folder, const char *name, const char *text);

/** How many files a folder holds. */
size_t program_count_files(const char *folder);

/** Formatted text on the heap, freed by the caller. */
char *program_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
