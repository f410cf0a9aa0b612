/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * A first guess at a study, from a file that nobody described: which column is the identifier, which the arm, which are
 * times and events, which are covariates. It is made from the names of columns (English, Chinese, and those of CDISC,
 * cBioPortal, REDCap and R's data sets) and from what stands in them.
 *
 * A guess is never silent: it is a draft for a person to read, and what could not be guessed is said. Which value is the
 * event is proposed by the words of event_words.h alone, or 1 beside 0; codes as 1 and 2 are asked about.
 *
 * One engine, several faces: `--init` writes the draft as it is, `--ask` lets a person change each guess first.
 */
#ifndef RWE_DATA_DRAFT_H
#define RWE_DATA_DRAFT_H

#include "rwe/data/event_words.h"
#include "rwe/data/settings.h"
#include "rwe/data/study.h"
#include "rwe/data/table.h"

/* ---- columns ---- */

/** What a column holds. */
enum rwe_content {
    RWE_CONTENT_EMPTY,
    RWE_CONTENT_CONSTANT, /**< one value in all rows */
    RWE_CONTENT_YES_NO,   /**< 0 and 1 */
    RWE_CONTENT_NUMBER,
    RWE_CONTENT_DATE,
    RWE_CONTENT_CATEGORY, /**< few different texts, or codes with labels */
    RWE_CONTENT_TEXT,     /**< many */
};

/** What a column is for. */
enum rwe_guess {
    RWE_GUESS_NOTHING, /**< it is not used */
    RWE_GUESS_ID,
    RWE_GUESS_ARM,
    RWE_GUESS_TIME,        /**< of an endpoint */
    RWE_GUESS_EVENT,       /**< of an endpoint */
    RWE_GUESS_ZERO,        /**< date of time zero */
    RWE_GUESS_CONTACT,     /**< date of the last contact */
    RWE_GUESS_DEATH,       /**< date of death */
    RWE_GUESS_PROGRESSION, /**< date of progression */
    RWE_GUESS_ORDER,       /**< of the rows of a patient */
    RWE_GUESS_COVARIATE,   /**< known to be of before time zero */
    RWE_GUESS_PERHAPS,     /**< a covariate, if it was known at time zero */
    RWE_GUESS_LATER,       /**< known only after time zero */
    RWE_N_GUESSES,
};

struct rwe_draft_column {
    const char *name;
    enum rwe_content content;
    enum rwe_guess guess;
    size_t n_missing, n_values; /**< rows without and with a value */
    size_t n_levels;            /**< different values */
    const char *const *level;   /**< NULL where there are more than RWE_DRAFT_LEVELS */
    const size_t *count;        /**< rows, by level */
    const char *low, *high;     /**< of numbers and dates; NULL: of others */
};

enum { RWE_DRAFT_LEVELS = 60, RWE_DRAFT_ENDPOINTS = 6 };

/* ---- the draft ---- */

/** An endpoint from a column of times, or of dates, and one of events. */
struct rwe_draft_endpoint {
    const char *name;
    size_t time, event; /**< columns */
    bool *is_event;     /**< by level of the column of events */
    bool is_settled;    /**< some level is the event */
};

struct rwe_draft {
    struct rwe_arena *arena;
    const struct rwe_table *table;
    struct rwe_draft_column *column;
    size_t n_columns;
    size_t id, arm, zero, order;   /**< columns, or RWE_NO_INDEX */
    struct rwe_strings arms;       /**< columns that may be the arm, where none surely is */
    const char *control, *treated; /**< levels of the arm; NULL: not said */
    bool repeats;                  /**< the identifier stands in several rows */
    enum rwe_rows rows;
    struct rwe_draft_endpoint endpoint[RWE_DRAFT_ENDPOINTS];
    size_t n_endpoints;
    struct rwe_strings derive; /**< endpoints from dates: "os", "rwpfs" */
    struct rwe_strings roles;  /**< of their columns: "index_date=Date of first treatment" */
    const char *time_unit;     /**< "months"; NULL: not said, or not one */
    struct rwe_strings
        ae; /**< columns of the adverse events, ID, TERM, GRADE; none: no such file */
    struct rwe_strings given; /**< names of options that were given: they are written as they are */
    const struct rwe_settings *settings; /**< that hold them */
};

/** What was said already, and what is known of the adverse events. */
struct rwe_draft_input {
    const struct rwe_table *table;
    const struct rwe_table *events; /**< adverse events; NULL: none */
    const struct rwe_settings *settings;
};

/** Guesses. In `arena`; the table must stay open while its cells are looked at, that is during this call. RWE_NO_MEMORY
 * or RWE_OK, RWE_NO_COLUMN for a column that an option names and the file lacks. */
enum rwe_status rwe_draft_make(const struct rwe_draft_input *input, struct rwe_arena *arena,
                               struct rwe_draft *draft, struct rwe_error *error);

/** Whether most texts of some column are numbers with a decimal comma. */
bool rwe_draft_has_decimal_comma(const struct rwe_table *table);

/* ---- changing it: for a dialogue ---- */

/** Gives a column a purpose, which it takes from the column that had it; RWE_NO_INDEX: no column has it. ID, ARM and
 * ZERO. Levels of another arm are guessed. */
void rwe_draft_set(struct rwe_draft *draft, enum rwe_guess guess, size_t column);

/** Adds an endpoint of these columns, with values guessed; NULL where there is no room or no memory. */
struct rwe_draft_endpoint *rwe_draft_add_endpoint(struct rwe_draft *draft, size_t time,
                                                  size_t event);

/** Takes an endpoint out; those behind it move up. */
void rwe_draft_remove_endpoint(struct rwe_draft *draft, size_t endpoint);

/** Makes exactly these columns covariates; the others that were are `PERHAPS`. */
void rwe_draft_set_covariates(struct rwe_draft *draft, const size_t column[], size_t n);

/* ---- telling it ---- */

/** In the language of messages: "date", "identifier". */
const char *rwe_content_word(enum rwe_content content);
const char *rwe_guess_word(enum rwe_guess guess);

/** "A (30), B (30)", "31.5 to 78", at most `most` levels. NULL when memory is out. */
const char *rwe_draft_values(const struct rwe_draft_column *column, size_t most,
                             struct rwe_arena *arena);

/** What is missing for a run, one sentence each; none: nothing. {NULL, 0} when memory is out, which the arena
 * remembers. */
struct rwe_strings rwe_draft_lacks(const struct rwe_draft *draft, struct rwe_arena *arena);

/** The study file, commented in the language of messages. `why_not`: a sentence that says why it does not run yet; NULL:
 * it does. `command`: how to run it. `folder`: where the file will stand, which paths in it are told from; NULL: they
 * stand as they are. */
struct rwe_draft_text {
    const char *command, *why_not, *folder;
};
void rwe_draft_write(const struct rwe_draft *draft, const struct rwe_draft_text *text, FILE *out);

#endif
