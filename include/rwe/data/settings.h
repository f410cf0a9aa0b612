/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Settings: what the user asked for. One table of options feeds the command line, --help, the man
 * page, shell completion, the keys of the study file and the provenance of a result.
 *
 * A setting comes from the command line, else from the study file, else it has its default. Every
 * layer declares the options that it reads: columns in data (study.h), statistics in
 * analysis, formats in cli; an analysis declares its own. So a new analysis needs no other file.
 *
 * Each list of options has a struct, and each option a member of it, which always holds the value that is
 * in force. Code reads `settings_of(run)->tau`: a wrong name or type does not compile. Names are
 * for the border alone, where options come in as text and go out as provenance:
 *
 *     struct rmst_settings {
 *         double tau; // NaN: by tau_rule
 *         ...
 *     };
 *     static const struct rwe_option options[] = {
 *         {.name = "tau", RWE_NUMBER_IN(struct rmst_settings, tau), .low = ..., .help = ...},
 *     };
 *     static const struct rwe_options option_list = RWE_OPTIONS_IN(struct rmst_settings, options);
 *
 *     static const struct rmst_settings *settings_of(const struct rwe_run *run)
 *     {
 *         return rwe_settings_of(run->settings, &option_list);
 *     }
 */
#ifndef RWE_DATA_SETTINGS_H
#define RWE_DATA_SETTINGS_H

#include "rwe/base/arena.h"
#include "rwe/base/status.h"
#include "rwe/base/text.h"
#include "rwe/data/condition.h"
#include "rwe/data/marked.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rwe_option_kind {
    RWE_OPTION_FLAG,    /**< no argument */
    RWE_OPTION_TEXT,    /**< any text */
    RWE_OPTION_PATH,    /**< a file that is read; in a study file relative to that file's folder */
    RWE_OPTION_OUTPUT,  /**< a file or folder that is written; never a key of the study file */
    RWE_OPTION_TEXTS,   /**< repeatable: a text each time */
    RWE_OPTION_LIST,    /**< texts: A,B,C, or a YAML sequence */
    RWE_OPTION_NUMBER,  /**< within [low, high] where these differ */
    RWE_OPTION_NUMBERS, /**< the same, several */
    RWE_OPTION_INTEGER, /**< 0 … 2^64 − 1 */
    RWE_OPTION_CHOICE,  /**< one of `choices` */
    RWE_OPTION_ENDPOINTS, /**< repeatable NAME=TIME,EVENT[:VALUE[+VALUE][;VALUE…]], see marked.h */
    RWE_OPTION_CRITERIA,  /**< repeatable NAME=CONDITION; in YAML {name, keep, missing} */
};

/** Whose word a value is; a later one outdoes an earlier one. */
enum rwe_source { RWE_NOT_GIVEN, RWE_FROM_DEFAULT, RWE_FROM_STUDY, RWE_FROM_COMMAND };

/** A member of the struct of a list of options. */
struct rwe_member {
    size_t offset;
    size_t size; /**< 0: none */
};

/** What an option is about: the topics of --help, and the sections of the man page. */
enum rwe_option_section {
    RWE_SECTION_RUN, /**< an analysis of no topic among those below */
    RWE_SECTION_FILE,
    RWE_SECTION_ARMS, /**< arms, and who is compared */
    RWE_SECTION_ENDPOINTS,
    RWE_SECTION_COVARIATES,
    RWE_SECTION_PROPENSITY, /**< the propensity model and balance */
    RWE_SECTION_MATCHING,
    RWE_SECTION_WEIGHTING,
    RWE_SECTION_TIME_ZERO, /**< treatment that starts later */
    RWE_SECTION_SURVIVAL,  /**< curves and shares */
    RWE_SECTION_MODELS,    /**< tests and models */
    RWE_SECTION_SUBGROUPS,
    RWE_SECTION_RESPONSE,
    RWE_SECTION_ADVERSE, /**< adverse events */
    RWE_SECTION_SENSITIVITY,
    RWE_SECTION_PROTOCOL,
    RWE_SECTION_METHOD, /**< statistics in general */
    RWE_SECTION_OUTPUT, /**< where results go */
    RWE_SECTION_SIMULATION,
    RWE_SECTION_OTHER,
    RWE_SECTION_COUNT,
};

struct rwe_options;

struct rwe_option {
    const char *name; /**< long name, and key of the study file */
    enum rwe_option_kind kind;
    struct rwe_member
        member; /**< holds the value; RWE_NUMBER_IN and its like give kind and member */
    struct rwe_member source;       /**< says whose word the value is (RWE_SOURCE_IN), or none */
    struct rwe_member word;         /**< holds the text of the value (RWE_WORD_IN), or none */
    const struct rwe_options *home; /**< the list in whose struct these are; NULL: its own */
    enum rwe_option_section section;
    bool runs;            /**< the flag of an analysis: says what to run */
    const char *argument; /**< how help shows the argument, NULL for a flag; "[=X]" when optional */
    const char *fallback; /**< default, read as if the user had given it; NULL: none */
    const char *choices;  /**< "a|b|c" of RWE_OPTION_CHOICE */
    const char *bare;     /**< what an argument left out stands for; NULL: one is needed, but of a
                               choice, which is then its first */
    double low, high;     /**< range of numbers, both included; none when equal */
    bool command_only;    /**< not a key of the study file */
    const char
        *acts_with; /**< options, blanks between, as "psm iptw=entropy": without one of them nothing
                                reads this one. NULL: of an analysis's own option the analysis, of any
                                other nothing is needed */
    const char *yields_to; /**< an option beside which nothing reads this one; NULL: none */
    bool has_variables;    /**< in a study file an item may be a group of keys about a variable */
    const char *help;      /**< one or two sentences */
};

/** A list of options, as a layer declares it. */
struct rwe_options {
    const struct rwe_option *item;
    size_t n;
    size_t struct_size; /**< of the struct that its options fill */
};
#define RWE_OPTIONS(array) ((struct rwe_options){(array), sizeof(array) / sizeof((array)[0]), 0})
#define RWE_OPTIONS_IN(type, array)                                                                \
    ((struct rwe_options){(array), sizeof(array) / sizeof((array)[0]), sizeof(type)})

/** A list without options, whose struct holds but the flag of its analysis (analysis.h). */
#define RWE_NO_OPTIONS_IN(type) ((struct rwe_options){NULL, 0, sizeof(type)})

/** The most causes that an endpoint may have. */
enum { RWE_MOST_CAUSES = 32 };

/** An endpoint as declared. */
struct rwe_endpoint_spec {
    const char *name;             /**< lower case */
    const char *time, *event;     /**< columns */
    struct rwe_strings values;    /**< of `event` that count as it; none: 1, and only 0 besides */
    struct rwe_strings competing; /**< values that are competing causes, each one of its own */
    const char *
        text; /**< TIME,EVENT… as the command line has it, parted at the first marks that can be meant: where
                           names and values hold marks themselves, the file decides; NULL: the parts are exact */
};

/** A criterion of eligibility as declared: who stays. */
struct rwe_criterion_spec {
    const char *name;
    const char *keep;               /**< the condition as written */
    struct rwe_condition condition; /**< the same taken apart */
    bool missing_excludes; /**< whether who cannot be judged, for want of a value, is left out; else
                                they stay and are counted */
    bool
        column_optional; /**< whether nobody can be judged where the file lacks a column; else that is
                                an error */
};

struct rwe_numbers {
    const double *item;
    size_t n;
};

struct rwe_endpoint_specs {
    const struct rwe_endpoint_spec *item;
    size_t n;
};

struct rwe_criterion_specs {
    const struct rwe_criterion_spec *item;
    size_t n;
};

/*
 * Kind and member of an option, for its row. The member must have the type of the kind, or the row
 * does not compile. What a member holds where nobody gave a value and there is no default:
 *
 *   RWE_FLAG_IN        bool                          false
 *   RWE_TEXT_IN        const char *                  NULL
 *   RWE_PATH_IN        const char *                  NULL
 *   RWE_OUTPUT_IN      const char *                  NULL
 *   RWE_TEXTS_IN       struct rwe_strings            n = 0
 *   RWE_LIST_IN        struct rwe_strings            n = 0
 *   RWE_NUMBER_IN      double                        NaN
 *   RWE_NUMBERS_IN     struct rwe_numbers            n = 0
 *   RWE_INTEGER_IN     uint64_t                      0
 *   RWE_CHOICE_IN      int, or an enum in the        −1: an enum needs an enumerator of −1 then, unless
 *                      order of the choices          the option has a default
 *   RWE_ENDPOINTS_IN   struct rwe_endpoint_specs     n = 0
 *   RWE_CRITERIA_IN    struct rwe_criterion_specs    n = 0
 *
 * Beside it a row may have RWE_SOURCE_IN (enum rwe_source: whose word the value is, where more counts
 * than the value, as with an integer of 0 or an empty list) and RWE_WORD_IN (const char *: the
 * value as text, for a choice that is shown).
 */
#define RWE_MEMBER(type, member, of)                                                               \
    {                                                                                              \
        _Generic(((type *)0)->member, of : offsetof(type, member)), sizeof(((type *)0)->member)    \
    }
#define RWE_FLAG_IN(type, name) .kind = RWE_OPTION_FLAG, .member = RWE_MEMBER(type, name, bool)
#define RWE_TEXT_IN(type, name)                                                                    \
    .kind = RWE_OPTION_TEXT, .member = RWE_MEMBER(type, name, const char *)
#define RWE_PATH_IN(type, name)                                                                    \
    .kind = RWE_OPTION_PATH, .member = RWE_MEMBER(type, name, const char *)
#define RWE_OUTPUT_IN(type, name)                                                                  \
    .kind = RWE_OPTION_OUTPUT, .member = RWE_MEMBER(type, name, const char *)
#define RWE_TEXTS_IN(type, name)                                                                   \
    .kind = RWE_OPTION_TEXTS, .member = RWE_MEMBER(type, name, struct rwe_strings)
#define RWE_LIST_IN(type, name)                                                                    \
    .kind = RWE_OPTION_LIST, .member = RWE_MEMBER(type, name, struct rwe_strings)
#define RWE_NUMBER_IN(type, name)                                                                  \
    .kind = RWE_OPTION_NUMBER, .member = RWE_MEMBER(type, name, double)
#define RWE_NUMBERS_IN(type, name)                                                                 \
    .kind = RWE_OPTION_NUMBERS, .member = RWE_MEMBER(type, name, struct rwe_numbers)
#define RWE_INTEGER_IN(type, name)                                                                 \
    .kind = RWE_OPTION_INTEGER, .member = RWE_MEMBER(type, name, uint64_t)
#define RWE_CHOICE_IN(type, name)                                                                  \
    .kind = RWE_OPTION_CHOICE, .member = {_Generic(((type *)0)->name, int                          \
                                                   : offsetof(type, name), unsigned                \
                                                   : offsetof(type, name)),                        \
                                          sizeof(((type *)0)->name)}
#define RWE_ENDPOINTS_IN(type, name)                                                               \
    .kind = RWE_OPTION_ENDPOINTS, .member = RWE_MEMBER(type, name, struct rwe_endpoint_specs)
#define RWE_CRITERIA_IN(type, name)                                                                \
    .kind = RWE_OPTION_CRITERIA, .member = RWE_MEMBER(type, name, struct rwe_criterion_specs)
#define RWE_SOURCE_IN(type, name) .source = RWE_MEMBER(type, name, enum rwe_source)
#define RWE_WORD_IN(type, name) .word = RWE_MEMBER(type, name, const char *)

struct rwe_settings;

/** Whether the command line may leave its argument out: `--psm`, `--psm=nearest`. */
bool rwe_option_may_be_bare(const struct rwe_option *option);

/** Settings over `n` lists of options, all at their defaults. NULL when memory is out. */
struct rwe_settings *rwe_settings_new(struct rwe_arena *arena,
                                      const struct rwe_options *const lists[], size_t n);

/**
 * The struct of a list, of the type that the list was declared with. It lives as long as the settings,
 * and every rwe_settings_set shows in it. The list must be one that the settings were made from
 * (assertion).
 */
const void *rwe_settings_of(const struct rwe_settings *settings, const struct rwe_options *list);

/** The arena that they live in. */
struct rwe_arena *rwe_settings_arena(const struct rwe_settings *settings);

/** All options, in the order of their lists. */
struct rwe_options rwe_settings_options(const struct rwe_settings *settings);

/** The option of that name, or NULL. */
const struct rwe_option *rwe_settings_find(const struct rwe_settings *settings, const char *name);

/**
 * Gives an option a value, as text; `text` is NULL for a flag and for an argument left out. What
 * comes from a weaker source than the present value is ignored. RWE_USAGE with a sentence (which
 * names the option, the value and what would do) for an unknown option or a bad value.
 */
enum rwe_status rwe_settings_set(struct rwe_settings *settings, const char *name, const char *text,
                                 enum rwe_source source, struct rwe_error *error);

/** The same for a list (RWE_OPTION_LIST or _NUMBERS), item by item. The texts are borrowed. */
enum rwe_status rwe_settings_set_list(struct rwe_settings *settings, const char *name,
                                      struct rwe_strings list, enum rwe_source source,
                                      struct rwe_error *error);

/** Adds an item to a list that the same source gave, or begins it; what a weaker source gave goes. */
enum rwe_status rwe_settings_add_item(struct rwe_settings *settings, const char *name,
                                      const char *item, enum rwe_source source,
                                      struct rwe_error *error);

/** The same for an endpoint that is already taken apart; names are put in lower case. */
enum rwe_status rwe_settings_add_endpoint(struct rwe_settings *settings,
                                          const struct rwe_endpoint_spec *spec,
                                          enum rwe_source source, struct rwe_error *error);

/** The same for a criterion of eligibility; its condition is taken apart here. */
enum rwe_status rwe_settings_add_criterion(struct rwe_settings *settings,
                                           const struct rwe_criterion_spec *spec,
                                           enum rwe_source source, struct rwe_error *error);

/** Sets values and competitors of an endpoint: the items up to the first semicolon, and those behind it. */
void rwe_endpoint_spec_take(struct rwe_endpoint_spec *spec, const struct rwe_marked_list *list);

/** Lets `settle` change each endpoint, when the file is known that has its columns and values; ends at the first
 * failure. */
enum rwe_status rwe_settings_settle_endpoints(
    struct rwe_settings *settings,
    enum rwe_status (*settle)(void *context, struct rwe_endpoint_spec *spec,
                              struct rwe_error *error),
    void *context, struct rwe_error *error);

/** Takes a value back to its default or none, as if the option had never been given. */
void rwe_settings_unset(struct rwe_settings *settings, const char *name);

/* By name: for the border, where options come in and go out as text. Unknown names have no value. */

enum rwe_source rwe_settings_source(const struct rwe_settings *settings, const char *name);
bool rwe_settings_has(const struct rwe_settings *settings,
                      const char *name); /**< given or default */
const char *rwe_settings_text(const struct rwe_settings *settings,
                              const char *name); /**< or NULL */

/**
 * A value as the command line would write it: a list item by item, endpoints and criteria each in their
 * notation, anything else as one text; a flag has none. In `arena`; NULL items when memory is out.
 */
struct rwe_strings rwe_settings_texts(const struct rwe_settings *settings, const char *name,
                                      struct rwe_arena *arena);

/* The same for code that has no struct yet. An option that no list declares, or another kind, is a bug
 * (assertion). */
bool rwe_settings_flag(const struct rwe_settings *settings, const char *name);
struct rwe_strings rwe_settings_list(const struct rwe_settings *settings, const char *name);
double rwe_settings_number(const struct rwe_settings *settings, const char *name); /**< NaN: none */
uint64_t rwe_settings_integer(const struct rwe_settings *settings, const char *name);

/** Position of the value among the option's choices; −1 when it has none. */
int rwe_settings_choice(const struct rwe_settings *settings, const char *name);

struct rwe_numbers rwe_settings_numbers(const struct rwe_settings *settings, const char *name);

struct rwe_endpoint_specs rwe_settings_endpoints(const struct rwe_settings *settings);

struct rwe_criterion_specs rwe_settings_criteria(const struct rwe_settings *settings);

/**
 * Reads a study file (YAML, with the options as its schema) into the settings, as RWE_FROM_STUDY. A wrong key, type or value is RWE_USAGE with file and line.
 */
enum rwe_status rwe_study_load(struct rwe_settings *settings, const char *path,
                               struct rwe_error *error);

/** The same from memory; `name` stands for the file in messages. */
enum rwe_status rwe_study_load_text(struct rwe_settings *settings, const char *text, size_t size,
                                    const char *name, struct rwe_error *error);

#endif
