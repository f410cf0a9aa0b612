/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Complaints: what is wrong with single cells and rows of a file. All are collected, not only the
 * first; each names file, line, column and value and says what to do.
 *
 * Notes: what the file was taken for where it does not say so itself, as that a title stands above the header.
 * Nothing is wrong then, but the reader must be able to object.
 */
#ifndef RWE_DATA_COMPLAINTS_H
#define RWE_DATA_COMPLAINTS_H

#include "rwe/base/arena.h"
#include "rwe/base/language.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct rwe_complaint {
    const char *file;   /**< as the user named it */
    size_t line;        /**< of the file, from 1 (the header's is 1) */
    size_t row;         /**< of the table, from 0 */
    const char *column; /**< its header, or NULL when the whole row is meant */
    const char *value;  /**< as it stands in the file, or NULL */
    /** Short and the same for all of a kind, which are counted by it: N_("not a number"), a template whose places
     * `about` fills. */
    const char *reason;
    const char *about[2]; /**< texts of places in `reason`, or NULL; borrowed */
    const char *rule;     /**< of validation, "E03", or NULL */
    /** What to do, or NULL: N_("correct it"), or a text in the language of messages. */
    const char *advice;
    bool advises_cell;   /**< the advice names this cell alone: it is told of the first of a kind */
    bool may_be_missing; /**< the cell may be a word for a missing value */
    bool is_of_column;   /**< the whole column is in doubt: no row may be left out for it */
};

/** The reason in a language: "earlier than the index date (E03)". NULL when memory is out. */
const char *rwe_complaint_reason(const struct rwe_complaint *complaint,
                                 const struct rwe_language *language, struct rwe_arena *arena);

/** One sentence. */
struct rwe_note {
    const char *told;    /**< in the language of the report */
    const char *message; /**< in that of messages */
};

struct rwe_intern;

/** Grows in its arena. */
struct rwe_complaints {
    struct rwe_arena *arena;
    struct rwe_complaint *item;
    size_t n;
    size_t capacity;
    struct rwe_note *note;
    size_t n_notes;
    size_t note_capacity;
    struct rwe_intern *cells; /**< those complained of, by file, line and column; NULL: none yet */
};

/**
 * Adds a copy of `complaint`, unless there is one of the same cell: one bad cell is told once, by what met
 * it first, and counted once. Its value is copied into the arena, cut to 60 bytes with "…" at a
 * character's border; the other strings are borrowed. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_complaints_add(struct rwe_complaints *complaints,
                                   const struct rwe_complaint *complaint);

/** Whether one of them is of a whole column; and the error that it stops the run with, even where rows may be left
 * out. */
bool rwe_complaints_doubt_column(const struct rwe_complaints *complaints);
enum rwe_status rwe_complaints_fail_of_column(const char *file, struct rwe_error *error);

/**
 * Adds a note from a template and what fills it: "line 1 is a title". It begins with the name of its file where
 * it is about a file. One that is there already is not added again. RWE_NO_MEMORY or RWE_OK.
 */
enum rwe_status rwe_complaints_note(struct rwe_complaints *complaints, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Adds the notes of another list, whose texts are copied. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_complaints_take_notes(struct rwe_complaints *complaints,
                                          const struct rwe_complaints *from);

/**
 * Prints the notes, then the complaints, in the language of messages and in order of line, one line a kind:
 *   cohort.csv:12: column "age": "4o" is not a number: correct it, or …
 *   cohort.csv: column "age": 7 rows: not a number (line 12: "4o", line 20: "x", …): correct it, or …
 * of several of one column, reason and advice their number and so many examples, at least 1.
 */
void rwe_complaints_print(const struct rwe_complaints *complaints, size_t examples, FILE *out);

#endif
