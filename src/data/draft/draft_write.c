/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A draft as a study file with comments, and in words. */
#include "draft_private.h"

#include "rwe/base/language.h"
#include "rwe/base/place.h"
#include <string.h>

/* ---- words ---- */

const char *rwe_content_word(enum rwe_content content)
{
    static const char *const words[] = {
        [RWE_CONTENT_EMPTY] = N_("empty"),    [RWE_CONTENT_CONSTANT] = N_("one value"),
        [RWE_CONTENT_YES_NO] = N_("0 and 1"), [RWE_CONTENT_NUMBER] = N_("number"),
        [RWE_CONTENT_DATE] = N_("date"),      [RWE_CONTENT_CATEGORY] = N_("category"),
        [RWE_CONTENT_TEXT] = N_("text"),
    };
    return rwe_message(words[content]);
}

const char *rwe_guess_word(enum rwe_guess guess)
{
    static const char *const words[RWE_N_GUESSES] = {
        [RWE_GUESS_NOTHING] = N_("not used"),
        [RWE_GUESS_ID] = N_("identifier"),
        [RWE_GUESS_ARM] = N_("arm"),
        [RWE_GUESS_TIME] = N_("time of an endpoint"),
        [RWE_GUESS_EVENT] = N_("event of an endpoint"),
        [RWE_GUESS_ZERO] = N_("time zero"),
        [RWE_GUESS_CONTACT] = N_("last contact"),
        [RWE_GUESS_DEATH] = N_("date of death"),
        [RWE_GUESS_PROGRESSION] = N_("date of progression"),
        [RWE_GUESS_ORDER] = N_("order of a patient's rows"),
        [RWE_GUESS_COVARIATE] = N_("covariate"),
        [RWE_GUESS_PERHAPS] = N_("covariate, if known at time zero"),
        [RWE_GUESS_LATER] = N_("known after time zero"),
    };
    return rwe_message(words[guess]);
}

/* "A (30), B (30), …" of the levels that are marked, or of all. */
static const char *list_levels(const struct rwe_draft_column *column, const bool marked[],
                               bool wanted, size_t most, struct rwe_arena *arena)
{
    size_t n_all = 0;
    struct rwe_strings shown = {RWE_NEW(arena, const char *, column->n_levels + 1), 0};
    for (size_t l = 0; shown.item != NULL && column->level != NULL && l < column->n_levels; l++) {
        if (marked != NULL && marked[l] != wanted)
            continue;
        n_all++;
        if (n_all <= most)
            shown.item[shown.n++] = rwe_arena_format(arena, rwe_message("%s (%zu)"),
                                                     column->level[l], column->count[l]);
    }
    if (shown.item != NULL && n_all > most)
        shown.item[shown.n++] = rwe_arena_format(arena, rwe_message("… (%zu in all)"), n_all);
    return rwe_arena_failed(arena) ? NULL : rwe_text_join(arena, shown, ", ");
}

const char *rwe_draft_values(const struct rwe_draft_column *column, size_t most,
                             struct rwe_arena *arena)
{
    switch (column->content) {
    case RWE_CONTENT_EMPTY:
        return "";
    case RWE_CONTENT_CONSTANT:
    case RWE_CONTENT_YES_NO:
    case RWE_CONTENT_CATEGORY:
        return list_levels(column, NULL, true, most, arena);
    case RWE_CONTENT_NUMBER:
    case RWE_CONTENT_DATE:
        if (column->content == RWE_CONTENT_NUMBER && column->n_levels <= 5)
            return list_levels(column, NULL, true, most, arena);
        if (column->low == NULL || column->high == NULL)
            return "";
        return rwe_arena_format(arena, rwe_message("%s to %s"), column->low, column->high);
    case RWE_CONTENT_TEXT:
        break;
    }
    return rwe_arena_format(arena, rwe_message("%zu different"), column->n_levels);
}

/* ---- what is missing ---- */

static bool is_given(const struct rwe_draft *draft, const char *option)
{
    for (size_t o = 0; o < draft->given.n; o++)
        if (strcmp(draft->given.item[o], option) == 0)
            return true;
    return false;
}

static bool has_endpoint(const struct rwe_draft *draft)
{
    bool has = draft->derive.n > 0 || is_given(draft, "endpoint") || is_given(draft, "derive") ||
               is_given(draft, "endpoint-dates");
    for (size_t e = 0; e < draft->n_endpoints; e++)
        has = has || draft->endpoint[e].is_settled;
    return has;
}

/* Why there is no endpoint from dates that stand there. */
static const char *tell_no_endpoint(const struct rwe_draft *draft)
{
    bool has_contact = false, has_death = false;
    for (size_t j = 0; j < draft->n_columns; j++) {
        has_contact = has_contact || draft->column[j].guess == RWE_GUESS_CONTACT;
        has_death = has_death || draft->column[j].guess == RWE_GUESS_DEATH;
    }
    if (draft->zero != RWE_NO_INDEX && has_death && !has_contact)
        return N_(
            "No column looks like the date of the last contact, without which nobody who lives "
            "can be censored.");
    if (draft->zero != RWE_NO_INDEX && has_contact)
        return N_("No column says who had an event.");
    return N_("No columns look like the time and the event of an endpoint: name them, as in "
              "endpoint: [{name: os, time: COL, event: COL, value: [dead]}].");
}

struct rwe_strings rwe_draft_lacks(const struct rwe_draft *draft, struct rwe_arena *arena)
{
    struct rwe_strings lacks = {RWE_NEW(arena, const char *, RWE_DRAFT_ENDPOINTS + 2), 0};
    if (lacks.item == NULL)
        return lacks;
    if (draft->arm == RWE_NO_INDEX && !is_given(draft, "exposure-date")) {
        const char *arms = rwe_text_join(arena, draft->arms, ", ");
        lacks.item[lacks.n++] =
            draft->arms.n == 0
                ? rwe_message("No column is surely the treatment arm: name it, as in arm: COL.")
                : rwe_arena_format(arena,
                                   rwe_message("Which column is the treatment arm: %s? Name it, as "
                                               "in arm: %s."),
                                   arms, draft->arms.item[0]);
    }
    for (size_t e = 0; e < draft->n_endpoints; e++) {
        const struct rwe_draft_endpoint *endpoint = &draft->endpoint[e];
        const struct rwe_draft_column *event = &draft->column[endpoint->event];
        const char *values = rwe_draft_values(event, 8, arena);
        if (!endpoint->is_settled && values != NULL)
            lacks.item[lacks.n++] = rwe_arena_format(
                arena,
                rwe_message("Of endpoint \"%s\" the file does not say which value of column "
                            "\"%s\" is the event: its values are %s. Name it behind value:."),
                endpoint->name, event->name, values);
    }
    if (draft->n_endpoints == 0 && !has_endpoint(draft))
        lacks.item[lacks.n++] = rwe_message(tell_no_endpoint(draft));
    return rwe_arena_failed(arena) ? (struct rwe_strings){NULL, 0} : lacks;
}

/* ---- YAML ---- */

/* In double quotes, whatever it holds. */
static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if ((unsigned char)*at < ' ')
            fprintf(out, "\\x%02X", (unsigned)(unsigned char)*at);
        else
            fputc(*at, out);
    }
    fputc('"', out);
}

/* A comment of its own, in lines of at most 100 columns. */
static void write_comment(FILE *out, const char *text)
{
    enum { WIDTH = 98 };
    const char *at = text;
    while (*at != '\0') {
        size_t end = 0, last = 0, columns;
        while (at[end] != '\0') {
            size_t next = end + 1;
            while (((unsigned char)at[next] & 0xc0) == 0x80)
                next++;
            columns = rwe_text_width_of(at, next);
            if (columns > WIDTH)
                break;
            end = next;
            if (at[end] == ' ' || at[end] == '\0' || (unsigned char)at[end] >= 0xe0)
                last = end;
        }
        size_t length = at[end] == '\0' || last == 0 ? end : last;
        fputs("# ", out);
        for (size_t i = 0; i < length; i++)
            fputc((unsigned char)at[i] < ' ' ? ' ' : at[i], out);
        fputc('\n', out);
        at += length;
        at += strspn(at, " ");
    }
}

/* Behind a value, in its line. */
static void write_aside(FILE *out, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    fputs("  # ", out);
    for (const char *at = text; *at != '\0'; at++)
        fputc((unsigned char)*at < ' ' ? ' ' : *at, out);
}

static void write_key(FILE *out, const char *key, const char *value, const char *aside)
{
    fprintf(out, "%s: ", key);
    write_quoted(out, value);
    write_aside(out, aside);
    fputc('\n', out);
}

static void write_list(FILE *out, struct rwe_strings list)
{
    fputc('[', out);
    for (size_t i = 0; i < list.n; i++) {
        fputs(i == 0 ? "" : ", ", out);
        write_quoted(out, list.item[i]);
    }
    fputc(']', out);
}

/* ---- the parts of the file ---- */

static void write_head(const struct rwe_draft *draft, const struct rwe_draft_text *text,
                       struct rwe_arena *arena, FILE *out)
{
    const char *head = rwe_arena_format(
        arena,
        rwe_message("Draft of a study, guessed from the names and contents of %s (%zu rows, %zu "
                    "columns). Read it line by line before its results count: a person must say "
                    "what each column means."),
        rwe_table_file(draft->table), rwe_table_rows(draft->table), draft->n_columns);
    const char *why =
        text->why_not == NULL
            ? NULL
            : rwe_arena_format(arena, rwe_message("It does not run yet: %s"), text->why_not);
    const char *run = rwe_arena_format(arena, rwe_message("To run it: %s"), text->command);
    if (rwe_arena_failed(arena))
        return;
    write_comment(out, head);
    fputs("#\n", out);
    if (why != NULL) {
        write_comment(out, why);
        fputs("#\n", out);
    }
    write_comment(out, run);
    fputc('\n', out);
}

static void write_subjects(const struct rwe_draft *draft, struct rwe_arena *arena, FILE *out)
{
    static const char *const rows[] = {"first", "last", "intervals"};
    if (draft->id != RWE_NO_INDEX)
        write_key(out, "id", draft->column[draft->id].name, NULL);
    if (draft->rows != RWE_ROWS_NOT_SAID)
        write_key(out, "rows", rows[draft->rows],
                  draft->rows == RWE_ROWS_FIRST
                      ? rwe_message("several rows a patient, with one outcome: the first counts")
                      : rwe_message("several rows a patient: the last, which has the outcome, "
                                    "counts"));
    if (draft->order != RWE_NO_INDEX)
        write_key(out, "row-order", draft->column[draft->order].name, NULL);
    fputc('\n', out);
    if (draft->arm == RWE_NO_INDEX) {
        if (!is_given(draft, "exposure-date"))
            fprintf(out, "# arm: ?\n");
        return;
    }
    write_key(out, "arm", draft->column[draft->arm].name,
              rwe_draft_values(&draft->column[draft->arm], 8, arena));
    if (draft->control != NULL)
        write_key(out, "control", draft->control, NULL);
    if (draft->treated != NULL)
        write_key(out, "treated", draft->treated, NULL);
}

static void write_endpoint(const struct rwe_draft *draft, const struct rwe_draft_endpoint *endpoint,
                           struct rwe_arena *arena, FILE *out)
{
    const struct rwe_draft_column *event = &draft->column[endpoint->event];
    const char *events = list_levels(event, endpoint->is_event, true, 8, arena);
    const char *censored = list_levels(event, endpoint->is_event, false, 8, arena);
    const char *told =
        events == NULL || censored == NULL ? NULL
        : endpoint->is_settled
            ? rwe_arena_format(arena, rwe_message("event: %s; censored: %s"), events, censored)
            : rwe_arena_format(arena, rwe_message("which is the event? Values: %s"), censored);
    fprintf(out, "%s  - {name: %s, time: ", endpoint->is_settled ? "" : "#", endpoint->name);
    write_quoted(out, draft->column[endpoint->time].name);
    fputs(", event: ", out);
    write_quoted(out, event->name);
    fputs(", value: [", out);
    bool first = true;
    for (size_t l = 0; event->level != NULL && l < event->n_levels; l++)
        if (endpoint->is_event[l]) {
            fputs(first ? "" : ", ", out);
            write_quoted(out, event->level[l]);
            first = false;
        }
    fputs(endpoint->is_settled ? "]}" : "?]}", out);
    write_aside(out, told);
    fputc('\n', out);
}

static void write_endpoints(const struct rwe_draft *draft, struct rwe_arena *arena, FILE *out)
{
    bool any = false, is_dated = draft->derive.n > 0;
    for (size_t e = 0; e < draft->n_endpoints; e++) {
        any = any || draft->endpoint[e].is_settled;
        is_dated = is_dated || draft->column[draft->endpoint[e].time].content == RWE_CONTENT_DATE;
    }
    fputc('\n', out);
    if (draft->zero != RWE_NO_INDEX && is_dated)
        write_key(out, "index-date", draft->column[draft->zero].name, rwe_message("time zero"));
    if (draft->time_unit != NULL)
        fprintf(out, "time-unit: %s\n", draft->time_unit);
    if (draft->derive.n > 0) {
        fputs("derive: ", out);
        write_list(out, draft->derive);
        write_aside(out, rwe_message("endpoints from dates"));
        fputc('\n', out);
    }
    if (draft->roles.n > 0) {
        fputs("columns: ", out);
        write_list(out, draft->roles);
        fputc('\n', out);
    }
    if (draft->n_endpoints > 0)
        fputs(any ? "endpoint:\n" : "#endpoint:\n", out);
    for (size_t e = 0; e < draft->n_endpoints; e++)
        write_endpoint(draft, &draft->endpoint[e], arena, out);
}

static void write_covariate(const struct rwe_draft_column *column, struct rwe_arena *arena,
                            FILE *out)
{
    const char *values = rwe_draft_values(column, 6, arena);
    fputs(column->guess == RWE_GUESS_COVARIATE ? "  - " : "  # - ", out);
    write_quoted(out, column->name);
    if (values != NULL)
        write_aside(out, column->n_missing == 0
                             ? values
                             : rwe_arena_format(arena, rwe_message("%s; missing %zu"), values,
                                                column->n_missing));
    fputc('\n', out);
}

/* Names of the columns with a guess: "a, b, … (12 in all)". */
static const char *names_of(const struct rwe_draft *draft, enum rwe_guess guess,
                            struct rwe_arena *arena)
{
    struct rwe_strings names = {RWE_NEW(arena, const char *, draft->n_columns), 0};
    for (size_t j = 0; names.item != NULL && j < draft->n_columns; j++)
        if (draft->column[j].guess == guess)
            names.item[names.n++] = draft->column[j].name;
    return names.item == NULL ? NULL : rwe_text_join(arena, names, ", ");
}

static void write_covariates(const struct rwe_draft *draft, struct rwe_arena *arena, FILE *out)
{
    size_t n = 0, n_perhaps = 0;
    for (size_t j = 0; j < draft->n_columns; j++) {
        n += draft->column[j].guess == RWE_GUESS_COVARIATE;
        n_perhaps += draft->column[j].guess == RWE_GUESS_PERHAPS;
    }
    const char *later = names_of(draft, RWE_GUESS_LATER, arena);
    const char *told =
        later == NULL || *later == '\0'
            ? NULL
            : rwe_arena_format(arena,
                               rwe_message("No covariates, as they look like what is known only "
                                           "after time zero: %s"),
                               later);
    fputc('\n', out);
    if (n + n_perhaps > 0) {
        write_comment(out, rwe_message("Covariates must have been known at time zero. Take the # "
                                       "from those that were, and strike out the others."));
        fputs(n > 0 ? "covariates:\n" : "# covariates:\n", out);
    }
    for (size_t j = 0; j < draft->n_columns; j++)
        if (draft->column[j].guess == RWE_GUESS_COVARIATE ||
            draft->column[j].guess == RWE_GUESS_PERHAPS)
            write_covariate(&draft->column[j], arena, out);
    if (told != NULL)
        write_comment(out, told);
}

/* A path as the study file in a folder names it: from there if it lies within, else from the root. */
static const char *path_from(const char *folder, const char *path, struct rwe_arena *arena)
{
    if (folder == NULL || path[0] == '/')
        return path;
    struct rwe_place from = rwe_place_of(folder, arena), to = rwe_place_of(path, arena);
    if (!from.is_known || !to.is_known || from.path == NULL || to.path == NULL)
        return path;
    size_t length = strlen(from.path);
    bool is_within = strncmp(to.path, from.path, length) == 0 && to.path[length] == '/';
    return is_within ? to.path + length + 1 : to.path;
}

static void write_given(const struct rwe_draft *draft, const char *folder, struct rwe_arena *arena,
                        FILE *out)
{
    if (draft->given.n > 0)
        fputc('\n', out);
    for (size_t o = 0; o < draft->given.n; o++) {
        const char *name = draft->given.item[o];
        const struct rwe_option *option = rwe_settings_find(draft->settings, name);
        struct rwe_strings texts = rwe_settings_texts(draft->settings, name, arena);
        bool is_list = option->kind == RWE_OPTION_TEXTS || option->kind == RWE_OPTION_LIST ||
                       option->kind == RWE_OPTION_ENDPOINTS || option->kind == RWE_OPTION_CRITERIA;
        fprintf(out, "%s: ", name);
        if (option->kind == RWE_OPTION_FLAG || texts.n == 0)
            fputs("true", out);
        else if (is_list)
            write_list(out, texts);
        else if (option->kind == RWE_OPTION_NUMBERS)
            fprintf(out, "[%s]", rwe_text_join(arena, texts, ", "));
        else if (option->kind == RWE_OPTION_NUMBER || option->kind == RWE_OPTION_INTEGER)
            fputs(texts.item[0], out);
        else if (option->kind == RWE_OPTION_PATH)
            write_quoted(out, path_from(folder, texts.item[0], arena));
        else
            write_quoted(out, texts.item[0]);
        fputc('\n', out);
    }
    if (draft->ae.n > 0) {
        fputs("ae-columns: ", out);
        write_list(out, draft->ae);
        fputc('\n', out);
    }
}

static void write_analyses(const struct rwe_draft *draft, FILE *out)
{
    size_t n = 0;
    bool are_given = false;
    for (size_t o = 0; o < draft->given.n; o++)
        are_given = are_given || rwe_settings_find(draft->settings, draft->given.item[o])->runs;
    for (size_t j = 0; j < draft->n_columns; j++)
        n += draft->column[j].guess == RWE_GUESS_COVARIATE;
    if (are_given)
        return;
    fputs("\ntable1: true\nkm: true\nlogrank: true\ncox: true\n", out);
    if (is_given(draft, "ae") || draft->ae.n > 0)
        fputs("toxicity: true\n", out);
    if (n > 0) {
        fputs("# psm: nearest", out);
        write_aside(out, rwe_message("pairs with like propensity scores"));
        fputs("\n# iptw: ate", out);
        write_aside(out, rwe_message("weights from propensity scores"));
        fputc('\n', out);
    }
}

void rwe_draft_write(const struct rwe_draft *draft, const struct rwe_draft_text *text, FILE *out)
{
    struct rwe_arena *arena = rwe_arena_new();
    if (arena == NULL)
        return;
    write_head(draft, text, arena, out);
    write_subjects(draft, arena, out);
    write_endpoints(draft, arena, out);
    write_covariates(draft, arena, out);
    write_given(draft, text->folder, arena, out);
    write_analyses(draft, out);
    rwe_arena_free(arena);
}
