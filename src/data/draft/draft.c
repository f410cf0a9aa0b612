/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From names and contents of columns to a first guess at a study. */
#include "draft_private.h"

#include "rwe/base/number.h"
#include "rwe/data/cohort.h"
#include "rwe/data/rows.h"
#include "rwe/data/table_stack.h"
#include "rwe/data/validate.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The draft while it is made. */
struct guessing {
    struct rwe_draft *draft;
    struct name_sense *sense; /* by column */
    const struct rwe_settings *settings;
    const struct rwe_study_settings *study;
    struct rwe_arena *scratch;
};

static bool is_given(const struct guessing *g, const char *option)
{
    return rwe_settings_source(g->settings, option) == RWE_FROM_COMMAND;
}

/* ---- what each column is ---- */

static enum rwe_status look_at_columns(struct guessing *g, struct rwe_error *error)
{
    struct rwe_draft *draft = g->draft;
    draft->n_columns = rwe_table_columns(draft->table);
    draft->column = RWE_NEW(draft->arena, struct rwe_draft_column, draft->n_columns);
    g->sense = RWE_NEW(g->scratch, struct name_sense, draft->n_columns);
    if (rwe_arena_failed(draft->arena) || rwe_arena_failed(g->scratch))
        return rwe_fail_memory(error);
    for (size_t j = 0; j < draft->n_columns; j++) {
        g->sense[j] = rwe_name_sense(rwe_table_column(draft->table, j));
        if (rwe_draft_profile(draft->table, j, g->sense[j].is_date, rwe_study_date_style(g->study),
                              draft->arena, &draft->column[j]) != RWE_OK)
            return rwe_fail_memory(error);
    }
    return RWE_OK;
}

/* The column that an option of the command line names. */
static enum rwe_status find_given(const struct guessing *g, const char *option, const char *name,
                                  size_t *column, struct rwe_error *error)
{
    *column = RWE_NO_INDEX;
    if (name == NULL || !is_given(g, option))
        return RWE_OK;
    const char *flag = rwe_arena_format(g->scratch, "--%s", option);
    return flag == NULL ? rwe_fail_memory(error)
                        : rwe_cohort_column(g->draft->table, flag, name, column, error);
}

/* ---- times and events ---- */

static bool is_taken(const struct rwe_draft *draft, size_t column)
{
    return draft->column[column].guess != RWE_GUESS_NOTHING;
}

/* Whether some value is a word for an event; of those that only say yes the name must say to what. */
static bool has_event_words(const struct rwe_draft_column *column, bool by_name, bool is_reversed)
{
    bool any = false, all = true;
    for (size_t l = 0; column->level != NULL && l < column->n_levels; l++) {
        bool says_yes = rwe_event_word(column->level[l]) == RWE_WORD_YES;
        bool is_event = rwe_event_is_value(column->level[l], is_reversed);
        any = any || (is_event && (by_name || !says_yes));
        all = all && is_event;
    }
    return any && !all;
}

/* How sure it is that a column says who had an event; 0: it does not. */
static int event_points(const struct guessing *g, size_t j)
{
    const struct rwe_draft_column *column = &g->draft->column[j];
    const struct name_sense *sense = &g->sense[j];
    bool by_name = sense->is_event || (sense->outcome != OUTCOME_NONE && !sense->is_time);
    if (is_taken(g->draft, j) || (sense->is_later && !sense->is_event) ||
        (sense->is_baseline && !by_name))
        return 0;
    switch (column->content) {
    case RWE_CONTENT_YES_NO:
        return by_name ? 10 : 0;
    case RWE_CONTENT_CATEGORY:
        return has_event_words(column, by_name, rwe_event_is_reversed(column->name)) ? 8
               : sense->is_event                                                     ? 2
                                                                                     : 0;
    case RWE_CONTENT_NUMBER:
        return sense->is_event && column->n_levels <= 5 ? 4 : 0;
    default:
        return 0;
    }
}

static bool is_time(const struct guessing *g, size_t j)
{
    const struct rwe_draft_column *column = &g->draft->column[j];
    const struct name_sense *sense = &g->sense[j];
    bool by_name = sense->is_time || (sense->outcome != OUTCOME_NONE && !sense->is_event);
    return column->content == RWE_CONTENT_NUMBER && column->low != NULL && column->low[0] != '-' &&
           column->n_levels > 2 && by_name && !sense->is_baseline && !is_taken(g->draft, j);
}

/* How well a column of times and one of events go together; 0: not. */
static int pair_points(const struct guessing *g, size_t time, size_t event)
{
    enum outcome of_time = g->sense[time].outcome, of_event = g->sense[event].outcome;
    size_t distance = time < event ? event - time : time - event;
    int sure = event_points(g, event);
    if (sure == 0 || time == event)
        return 0;
    int points = of_time != OUTCOME_NONE && of_time == of_event ? 100
                 : of_event == OUTCOME_NONE                     ? 60
                 : of_time == OUTCOME_NONE                      ? 50
                                                                : 0;
    return points == 0 ? 0
                       : points + sure + (g->sense[time].is_time ? 10 : 0) -
                             (distance < 15 ? (int)distance : 15);
}

enum { SAME_OUTCOME = 80 };

static int best_pair(const struct guessing *g, size_t *time, size_t *event)
{
    int best = 0;
    for (size_t t = 0; t < g->draft->n_columns; t++)
        for (size_t e = 0; is_time(g, t) && e < g->draft->n_columns; e++) {
            int points = pair_points(g, t, e);
            if (points > best) {
                best = points;
                *time = t;
                *event = e;
            }
        }
    return best;
}

/* What an endpoint is about by the words in its column of events. */
static enum outcome outcome_of_words(const struct rwe_draft_column *event)
{
    enum outcome outcome = OUTCOME_NONE;
    for (size_t l = 0; event->level != NULL && l < event->n_levels; l++) {
        enum rwe_event_word word = rwe_event_word(event->level[l]);
        if (word == RWE_WORD_PROGRESSION)
            return OUTCOME_PFS;
        if (word == RWE_WORD_RECURRENCE)
            outcome = OUTCOME_RFS;
        else if (word == RWE_WORD_DEATH && outcome == OUTCOME_NONE)
            outcome = OUTCOME_OS;
    }
    return outcome;
}

static bool is_number(const char *text, double *number)
{
    return rwe_number_parse(text, strlen(text), number);
}

/* Numbers without words: 1 beside 0 is the event, or 0 where the name says so. */
static void guess_codes(const struct rwe_draft_column *event, struct rwe_draft_endpoint *endpoint)
{
    double wanted = rwe_event_is_reversed(event->name) ? 0 : 1, number;
    for (size_t l = 0; event->content == RWE_CONTENT_YES_NO && l < event->n_levels; l++)
        endpoint->is_event[l] = is_number(event->level[l], &number) && number == wanted;
}

static void guess_words(const struct rwe_draft_column *event, struct rwe_draft_endpoint *endpoint,
                        enum outcome outcome)
{
    bool is_reversed = rwe_event_is_reversed(event->name);
    for (size_t l = 0; event->level != NULL && l < event->n_levels; l++) {
        enum rwe_event_word word = rwe_event_word(event->level[l]);
        bool counts = outcome != OUTCOME_OS || word == RWE_WORD_DEATH ||
                      word <= RWE_WORD_CENSORED ||
                      word == RWE_WORD_YES; /* of a death by any cause: no progression */
        endpoint->is_event[l] = counts && rwe_event_is_value(event->level[l], is_reversed);
    }
}

void rwe_draft_guess_events(struct rwe_draft *draft, struct rwe_draft_endpoint *endpoint,
                            enum outcome outcome)
{
    const struct rwe_draft_column *event = &draft->column[endpoint->event];
    endpoint->is_event = RWE_NEW(draft->arena, bool, event->n_levels);
    endpoint->is_settled = false;
    if (endpoint->is_event == NULL)
        return;
    if (event->content == RWE_CONTENT_CATEGORY)
        guess_words(event, endpoint, outcome);
    else
        guess_codes(event, endpoint);
    for (size_t l = 0; l < event->n_levels; l++)
        endpoint->is_settled = endpoint->is_settled || endpoint->is_event[l];
}

/* "os"; "os2" where there is one. */
static const char *name_endpoint(const struct rwe_draft *draft, enum outcome outcome)
{
    const char *name = outcome == OUTCOME_NONE ? "event" : rwe_outcome_name[outcome];
    size_t n = 1;
    for (size_t e = 0; e < draft->n_endpoints; e++)
        n += strncmp(draft->endpoint[e].name, name, strlen(name)) == 0;
    return n == 1 ? name : rwe_arena_format(draft->arena, "%s%zu", name, n);
}

static enum outcome choose_outcome(const struct rwe_draft *draft, size_t time, size_t event)
{
    enum outcome of_time = rwe_name_sense(rwe_table_column(draft->table, time)).outcome,
                 of_event = rwe_name_sense(rwe_table_column(draft->table, event)).outcome;
    return of_time != OUTCOME_NONE    ? of_time
           : of_event != OUTCOME_NONE ? of_event
                                      : outcome_of_words(&draft->column[event]);
}

struct rwe_draft_endpoint *rwe_draft_add_endpoint(struct rwe_draft *draft, size_t time,
                                                  size_t event)
{
    if (draft->n_endpoints == RWE_DRAFT_ENDPOINTS)
        return NULL;
    enum outcome outcome = choose_outcome(draft, time, event);
    struct rwe_draft_endpoint *endpoint = &draft->endpoint[draft->n_endpoints];
    *endpoint = (struct rwe_draft_endpoint){
        .name = name_endpoint(draft, outcome), .time = time, .event = event};
    rwe_draft_guess_events(draft, endpoint, outcome);
    if (rwe_arena_failed(draft->arena))
        return NULL;
    draft->n_endpoints++;
    if (draft->column[time].content == RWE_CONTENT_NUMBER)
        draft->column[time].guess = RWE_GUESS_TIME;
    draft->column[event].guess = RWE_GUESS_EVENT;
    return endpoint;
}

/* The first pair may be one by its place and its words; further ones must be about the same by their names. */
static void guess_endpoints(struct guessing *g)
{
    size_t time = 0, event = 0;
    while (g->draft->n_endpoints < RWE_DRAFT_ENDPOINTS) {
        int points = best_pair(g, &time, &event);
        if (points == 0 || (g->draft->n_endpoints > 0 && points < SAME_OUTCOME) ||
            rwe_draft_add_endpoint(g->draft, time, event) == NULL)
            return;
    }
}

/* The unit of all times, if it is one. */
static void guess_unit(const struct guessing *g)
{
    struct rwe_draft *draft = g->draft;
    const char *unit = NULL;
    for (size_t j = 0; j < draft->n_columns; j++)
        if (strcasecmp(draft->column[j].name, "AVALU") == 0 && draft->column[j].n_levels == 1) {
            struct rwe_column_info info = {.name = draft->column[j].level[0]};
            draft->time_unit = rwe_name_sense(&info).unit;
            return;
        }
    for (size_t e = 0; e < draft->n_endpoints; e++) {
        const char *own = draft->column[draft->endpoint[e].time].content == RWE_CONTENT_DATE
                              ? "months"
                              : g->sense[draft->endpoint[e].time].unit;
        if (own == NULL || (unit != NULL && strcmp(unit, own) != 0))
            return;
        unit = own;
    }
    draft->time_unit = unit;
}

/* ---- dates ---- */

/* The column of dates with the most points of a kind, from `points` on; RWE_NO_INDEX. */
static size_t best_date(const struct guessing *g, enum rwe_guess guess)
{
    size_t best = RWE_NO_INDEX;
    int most = 0;
    for (size_t j = 0; j < g->draft->n_columns; j++) {
        const struct name_sense *s = &g->sense[j];
        int of[] = {s->zero, s->contact, s->death, s->progression};
        int own = of[guess - RWE_GUESS_ZERO], highest = 0;
        for (size_t k = 0; k < sizeof of / sizeof *of; k++)
            highest = of[k] > highest ? of[k] : highest;
        if (g->draft->column[j].content != RWE_CONTENT_DATE || is_taken(g->draft, j) ||
            own < highest || own <= most)
            continue;
        best = j;
        most = own;
    }
    return best;
}

static size_t take_date(const struct guessing *g, enum rwe_guess guess)
{
    size_t column = best_date(g, guess);
    if (column != RWE_NO_INDEX)
        g->draft->column[column].guess = guess;
    return column;
}

/* Adds "index_date=Date of first treatment" where the program does not know the column by its name. */
static void add_role(struct guessing *g, const char *role, size_t column)
{
    struct rwe_draft *draft = g->draft;
    const char *name = draft->column[column].name, *known = rwe_chart_role(g->study, name);
    if (known == NULL || strcmp(known, role) != 0)
        draft->roles.item[draft->roles.n++] = rwe_arena_format(draft->arena, "%s=%s", role, name);
}

static void derive(struct guessing *g, size_t death, size_t contact, size_t progression)
{
    struct rwe_draft *draft = g->draft;
    draft->derive.item = RWE_NEW(draft->arena, const char *, 2);
    draft->roles.item = RWE_NEW(draft->arena, const char *, 4);
    if (rwe_arena_failed(draft->arena))
        return;
    draft->derive.item[draft->derive.n++] = "os";
    add_role(g, "index_date", draft->zero);
    add_role(g, "death_date", death);
    add_role(g, "last_contact_date", contact);
    if (progression == RWE_NO_INDEX)
        return;
    draft->derive.item[draft->derive.n++] = "rwpfs";
    add_role(g, "pd_date", progression);
}

/* Time zero and the last contact with a word for how it ended, or with dates of what happened. */
static void guess_dates(struct guessing *g)
{
    struct rwe_draft *draft = g->draft;
    size_t zero = draft->zero == RWE_NO_INDEX ? best_date(g, RWE_GUESS_ZERO) : draft->zero;
    if (draft->n_endpoints > 0 || zero == RWE_NO_INDEX)
        return;
    rwe_draft_set(draft, RWE_GUESS_ZERO, zero);
    size_t contact = take_date(g, RWE_GUESS_CONTACT), death = take_date(g, RWE_GUESS_DEATH),
           progression = take_date(g, RWE_GUESS_PROGRESSION), event = RWE_NO_INDEX;
    int most = 0;
    if (contact == RWE_NO_INDEX)
        return;
    if (death != RWE_NO_INDEX) {
        derive(g, death, contact, progression);
        return;
    }
    for (size_t j = 0; j < draft->n_columns; j++)
        if (event_points(g, j) > most) {
            most = event_points(g, j);
            event = j;
        }
    if (event != RWE_NO_INDEX)
        rwe_draft_add_endpoint(draft, contact, event);
}

/* ---- identifier, arm ---- */

static void guess_id(struct guessing *g)
{
    size_t best = RWE_NO_INDEX;
    int most = 0;
    for (size_t j = 0; j < g->draft->n_columns; j++) {
        const struct rwe_draft_column *column = &g->draft->column[j];
        bool is_unique = column->n_levels == column->n_values;
        int points = g->sense[j].id == 0 ? 0 : g->sense[j].id + (is_unique ? 10 : 0);
        if (points > most && !is_taken(g->draft, j)) {
            most = points;
            best = j;
        }
    }
    if (best != RWE_NO_INDEX)
        rwe_draft_set(g->draft, RWE_GUESS_ID, best);
}

static bool has_control_word(const struct rwe_draft_column *column)
{
    bool any = false;
    for (size_t l = 0; l < column->n_levels; l++) {
        double number;
        any =
            any || (rwe_is_control_word(column->level[l]) && !is_number(column->level[l], &number));
    }
    return any;
}

/* How sure it is that a column is the arm; 0: it is not. */
static int arm_points(const struct guessing *g, size_t j)
{
    enum { MOST_ARMS = 30 };
    const struct rwe_draft_column *column = &g->draft->column[j];
    const struct name_sense *sense = &g->sense[j];
    bool is_coded = column->content == RWE_CONTENT_YES_NO ||
                    column->content == RWE_CONTENT_CATEGORY ||
                    (column->content == RWE_CONTENT_NUMBER && column->n_levels <= 8);
    if (!is_coded || is_taken(g->draft, j) || column->n_levels < 2 ||
        column->n_levels > MOST_ARMS || column->level == NULL)
        return 0;
    int points = sense->arm > 0 ? sense->arm : column->n_levels == 2 ? sense->therapy : 0;
    if (points == 0 && !sense->is_baseline && !sense->is_later && !sense->is_event &&
        column->n_levels == 2 && has_control_word(column) &&
        rwe_event_word(column->level[0]) == RWE_WORD_UNKNOWN)
        points = 2;
    return points == 0 || column->n_missing == 0 ? 2 * points : 2 * points - 1;
}

/* A treatment by its own name is the arm only where there is no other. */
static void guess_arm(struct guessing *g)
{
    enum { BY_NAME = 9 };
    size_t best = RWE_NO_INDEX, n_best = 0;
    int most = 0;
    for (size_t j = 0; j < g->draft->n_columns; j++) {
        int points = arm_points(g, j);
        n_best = points > most ? 1 : n_best + (points > 0 && points == most);
        if (points > most) {
            most = points;
            best = j;
        }
    }
    if (best != RWE_NO_INDEX && (most >= BY_NAME || n_best == 1)) {
        rwe_draft_set(g->draft, RWE_GUESS_ARM, best);
        return;
    }
    struct rwe_strings *arms = &g->draft->arms;
    arms->item = RWE_NEW(g->draft->arena, const char *, n_best + 1);
    for (size_t j = 0; arms->item != NULL && most > 0 && j < g->draft->n_columns; j++)
        if (arm_points(g, j) == most)
            arms->item[arms->n++] = g->draft->column[j].name;
}

/* Whether `longer` is `shorter` and something added: "GP+Tis" and "GP+Tis+RT". */
static bool adds_to(const char *longer, const char *shorter)
{
    return strncmp(longer, shorter, strlen(shorter)) == 0 && longer[strlen(shorter)] != '\0';
}

void rwe_draft_guess_arms(struct rwe_draft *draft)
{
    draft->control = draft->treated = NULL;
    if (draft->arm == RWE_NO_INDEX)
        return;
    const struct rwe_draft_column *arm = &draft->column[draft->arm];
    size_t control = RWE_NO_INDEX, n_controls = 0;
    for (size_t l = 0; arm->level != NULL && l < arm->n_levels; l++)
        if (rwe_is_control_word(arm->level[l])) {
            control = l;
            n_controls++;
        }
    if (arm->n_levels == 2 && n_controls != 1)
        control = adds_to(arm->level[0], arm->level[1]) ? 1 : 0;
    else if (n_controls != 1)
        control = RWE_NO_INDEX;
    if (control == RWE_NO_INDEX)
        return;
    draft->control = arm->level[control];
    if (arm->n_levels == 2)
        draft->treated = arm->level[1 - control];
}

/* ---- several rows of a patient ---- */

static size_t best_order(const struct guessing *g)
{
    size_t best = RWE_NO_INDEX;
    int most = 0;
    for (size_t j = 0; j < g->draft->n_columns; j++) {
        enum rwe_content content = g->draft->column[j].content;
        bool has_order = content == RWE_CONTENT_NUMBER || content == RWE_CONTENT_DATE ||
                         content == RWE_CONTENT_YES_NO;
        if (has_order && !is_taken(g->draft, j) && g->sense[j].order > most) {
            most = g->sense[j].order;
            best = j;
        }
    }
    return best;
}

/* Whether a column has one value in all rows of each group, as of a patient. RWE_NO_MEMORY in *status. */
static bool is_steady(const struct guessing *g, size_t column, const int32_t group[],
                      enum rwe_status *status)
{
    const struct rwe_table *table = g->draft->table;
    size_t n = rwe_table_rows(table);
    struct rwe_factor factor;
    int32_t *first = RWE_NEW(g->scratch, int32_t, n);
    if (first == NULL || rwe_table_factor(table, column, g->scratch, &factor) != RWE_OK) {
        *status = RWE_NO_MEMORY;
        return false;
    }
    for (size_t i = 0; i < n; i++)
        first[i] = -2;
    for (size_t i = 0; i < n; i++) {
        if (group[i] < 0)
            continue;
        if (first[group[i]] == -2)
            first[group[i]] = factor.code[i];
        if (first[group[i]] != factor.code[i])
            return false;
    }
    return true;
}

/* Where the outcome is the same in all rows, the first has what was known first; else the last has the outcome. */
static enum rwe_status guess_rows(struct guessing *g)
{
    struct rwe_draft *draft = g->draft;
    struct rwe_factor patient;
    bool is_same = true;
    draft->rows = RWE_ROWS_NOT_SAID;
    if (draft->id == RWE_NO_INDEX || is_given(g, "rows"))
        return RWE_OK;
    const struct rwe_draft_column *id = &draft->column[draft->id];
    draft->repeats = id->n_levels < id->n_values;
    if (!draft->repeats)
        return RWE_OK;
    enum rwe_status status = rwe_table_factor(draft->table, draft->id, g->scratch, &patient);
    for (size_t e = 0; e < draft->n_endpoints && status == RWE_OK; e++)
        is_same = is_steady(g, draft->endpoint[e].time, patient.code, &status) &&
                  is_steady(g, draft->endpoint[e].event, patient.code, &status) && is_same;
    draft->rows = is_same ? RWE_ROWS_FIRST : RWE_ROWS_LAST;
    draft->order = best_order(g);
    if (draft->order != RWE_NO_INDEX)
        draft->column[draft->order].guess = RWE_GUESS_ORDER;
    return status;
}

/* ---- what is left ---- */

static enum rwe_guess guess_rest(const struct guessing *g, size_t j)
{
    const struct rwe_draft_column *column = &g->draft->column[j];
    const struct name_sense *sense = &g->sense[j];
    bool is_value = column->content == RWE_CONTENT_YES_NO ||
                    column->content == RWE_CONTENT_NUMBER ||
                    column->content == RWE_CONTENT_CATEGORY;
    if (!is_value || sense->id > 0)
        return RWE_GUESS_NOTHING;
    bool of_outcome = sense->is_event || sense->is_later || sense->outcome != OUTCOME_NONE;
    if (rwe_post_baseline(g->study, column->name) || (of_outcome && !sense->is_baseline))
        return RWE_GUESS_LATER;
    bool is_usable = 5 * column->n_missing < 2 * rwe_table_rows(g->draft->table) &&
                     (column->content != RWE_CONTENT_CATEGORY || column->n_levels <= 8);
    return sense->is_baseline && is_usable ? RWE_GUESS_COVARIATE : RWE_GUESS_PERHAPS;
}

/* A column with one value an arm is the arm by another name, and no covariate. */
static enum rwe_status leave_arm_out(const struct guessing *g)
{
    struct rwe_draft *draft = g->draft;
    struct rwe_factor arm;
    if (draft->arm == RWE_NO_INDEX)
        return RWE_OK;
    enum rwe_status status = rwe_table_factor(draft->table, draft->arm, g->scratch, &arm);
    for (size_t j = 0; j < draft->n_columns && status == RWE_OK; j++) {
        struct rwe_mark mark = rwe_arena_mark(g->scratch);
        bool is_covariate = draft->column[j].guess == RWE_GUESS_COVARIATE ||
                            draft->column[j].guess == RWE_GUESS_PERHAPS;
        if (is_covariate && is_steady(g, j, arm.code, &status))
            draft->column[j].guess = RWE_GUESS_NOTHING;
        rwe_arena_release(g->scratch, mark);
    }
    return status;
}

static enum rwe_status guess_covariates(const struct guessing *g)
{
    for (size_t j = 0; j < g->draft->n_columns; j++)
        if (!is_taken(g->draft, j))
            g->draft->column[j].guess = guess_rest(g, j);
    return leave_arm_out(g);
}

/* ---- adverse events ---- */

static const char *find_named(const struct rwe_table *table, const char *const names[], size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < rwe_table_columns(table); j++)
            if (strcasecmp(rwe_table_name(table, j), names[k]) == 0)
                return rwe_table_name(table, j);
    return NULL;
}
#define FIND_NAMED(table, names) find_named((table), (names), sizeof(names) / sizeof((names)[0]))

static void guess_events(struct guessing *g, const struct rwe_table *events)
{
    static const char *const ids[] = {"USUBJID", "SUBJID", "PATIENT_ID", "record_id", "编号"};
    static const char *const terms[] = {"AEDECOD", "AETERM", "ae_term", "term", "不良反应"};
    static const char *const grades[] = {"AETOXGR", "ATOXGR",   "ae_grade",     "grade",
                                         "AESEV",   "ae_sever", "不良反应分级", "分级"};
    struct rwe_draft *draft = g->draft;
    if (events == NULL || is_given(g, "ae-columns") || is_given(g, "ae-wide"))
        return;
    const char *own = draft->id == RWE_NO_INDEX ? NULL : draft->column[draft->id].name;
    const char *id =
        own != NULL && rwe_table_find(events, own) != RWE_NO_INDEX ? own : FIND_NAMED(events, ids);
    const char *found[] = {id, FIND_NAMED(events, terms), FIND_NAMED(events, grades)};
    if (found[0] == NULL || found[1] == NULL || found[2] == NULL)
        return;
    draft->ae.item = RWE_NEW(draft->arena, const char *, 3);
    for (size_t k = 0; draft->ae.item != NULL && k < 3; k++)
        draft->ae.item[draft->ae.n++] = rwe_arena_string(draft->arena, found[k]);
}

/* ---- the whole ---- */

/* What the command line says beside what is guessed stands in the draft as it was said. */
static void keep_given(struct guessing *g)
{
    static const char *const guessed[] = {"id", "arm", "control", "treated", "index-date"};
    struct rwe_options options = rwe_settings_options(g->settings);
    struct rwe_strings *given = &g->draft->given;
    given->item = RWE_NEW(g->draft->arena, const char *, options.n);
    for (size_t o = 0; given->item != NULL && o < options.n; o++) {
        const char *name = options.item[o].name;
        bool is_guessed = false;
        for (size_t k = 0; k < sizeof guessed / sizeof *guessed; k++)
            is_guessed = is_guessed || strcmp(name, guessed[k]) == 0;
        if (!is_guessed && !options.item[o].command_only && is_given(g, name))
            given->item[given->n++] = name;
    }
}

static enum rwe_status take_given(struct guessing *g, struct rwe_error *error)
{
    const struct {
        const char *option, *name;
        enum rwe_guess guess;
    } given[] = {
        {"id", g->study->id, RWE_GUESS_ID},
        {"arm", g->study->arm, RWE_GUESS_ARM},
        {"index-date", g->study->index_date, RWE_GUESS_ZERO},
    };
    enum rwe_status status = RWE_OK;
    for (size_t k = 0; k < sizeof given / sizeof *given && status == RWE_OK; k++) {
        size_t column;
        status = find_given(g, given[k].option, given[k].name, &column, error);
        if (status == RWE_OK && column != RWE_NO_INDEX)
            rwe_draft_set(g->draft, given[k].guess, column);
    }
    return status;
}

static void take_levels(struct guessing *g)
{
    if (is_given(g, "control"))
        g->draft->control = rwe_arena_string(g->draft->arena, g->study->control);
    if (is_given(g, "treated"))
        g->draft->treated = rwe_arena_string(g->draft->arena, g->study->treated);
}

static enum rwe_status guess(struct guessing *g, const struct rwe_draft_input *input,
                             struct rwe_error *error)
{
    struct rwe_draft *draft = g->draft;
    enum rwe_status status = look_at_columns(g, error);
    if (status == RWE_OK)
        status = take_given(g, error);
    if (status != RWE_OK)
        return status;
    if (draft->id == RWE_NO_INDEX)
        guess_id(g);
    size_t stacked = strcmp(draft->column[0].name, RWE_STACK_ARM) == 0 ? 0 : RWE_NO_INDEX;
    if (draft->arm == RWE_NO_INDEX && stacked != RWE_NO_INDEX)
        rwe_draft_set(draft, RWE_GUESS_ARM, stacked);
    if (draft->arm == RWE_NO_INDEX)
        guess_arm(g);
    if (!is_given(g, "endpoint") && !is_given(g, "derive") && !is_given(g, "endpoint-dates")) {
        guess_endpoints(g);
        guess_dates(g);
    }
    take_levels(g);
    if (!is_given(g, "time-unit"))
        guess_unit(g);
    if (guess_rows(g) != RWE_OK)
        return rwe_fail_memory(error);
    if (!is_given(g, "covariates") && guess_covariates(g) != RWE_OK)
        return rwe_fail_memory(error);
    guess_events(g, input->events);
    keep_given(g);
    return rwe_arena_failed(draft->arena) || rwe_arena_failed(g->scratch) ? rwe_fail_memory(error)
                                                                          : RWE_OK;
}

enum rwe_status rwe_draft_make(const struct rwe_draft_input *input, struct rwe_arena *arena,
                               struct rwe_draft *draft, struct rwe_error *error)
{
    struct guessing g = {.draft = draft,
                         .settings = input->settings,
                         .study = rwe_study_of(input->settings),
                         .scratch = rwe_arena_new()};
    *draft = (struct rwe_draft){.arena = arena,
                                .table = input->table,
                                .settings = input->settings,
                                .id = RWE_NO_INDEX,
                                .arm = RWE_NO_INDEX,
                                .zero = RWE_NO_INDEX,
                                .order = RWE_NO_INDEX};
    enum rwe_status status = g.scratch == NULL ? rwe_fail_memory(error) : guess(&g, input, error);
    rwe_arena_free(g.scratch);
    return status;
}

/* ---- changing it ---- */

void rwe_draft_set(struct rwe_draft *draft, enum rwe_guess guess, size_t column)
{
    size_t *place = guess == RWE_GUESS_ID    ? &draft->id
                    : guess == RWE_GUESS_ARM ? &draft->arm
                                             : &draft->zero;
    if (*place != RWE_NO_INDEX)
        draft->column[*place].guess = RWE_GUESS_NOTHING;
    *place = column;
    if (column != RWE_NO_INDEX)
        draft->column[column].guess = guess;
    if (guess == RWE_GUESS_ARM)
        rwe_draft_guess_arms(draft);
    if (guess == RWE_GUESS_ID && column != RWE_NO_INDEX)
        draft->repeats = draft->column[column].n_levels < draft->column[column].n_values;
}

void rwe_draft_remove_endpoint(struct rwe_draft *draft, size_t endpoint)
{
    struct rwe_draft_endpoint *at = &draft->endpoint[endpoint];
    draft->column[at->event].guess = RWE_GUESS_LATER;
    if (draft->column[at->time].guess == RWE_GUESS_TIME)
        draft->column[at->time].guess = RWE_GUESS_LATER;
    draft->n_endpoints--;
    for (size_t e = endpoint; e < draft->n_endpoints; e++)
        draft->endpoint[e] = draft->endpoint[e + 1];
}

void rwe_draft_set_covariates(struct rwe_draft *draft, const size_t column[], size_t n)
{
    for (size_t j = 0; j < draft->n_columns; j++)
        if (draft->column[j].guess == RWE_GUESS_COVARIATE)
            draft->column[j].guess = RWE_GUESS_PERHAPS;
    for (size_t k = 0; k < n; k++)
        draft->column[column[k]].guess = RWE_GUESS_COVARIATE;
}
