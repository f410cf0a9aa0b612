/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --ask: the draft by questions. Each has the guess as its default, which an empty line takes. */
#include "draft_cli.h"

#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include <stdlib.h>
#include <string.h>

struct asking {
    struct rwe_cli *cli;
    FILE *in, *out;
    struct rwe_draft *draft;
    struct rwe_arena *arena;
    char *line; /* the last answer, without blanks around it */
    size_t size;
};

/* ---- one answer ---- */

/* False at the end of the answers, by which the dialogue ends. */
static bool read_answer(struct asking *a)
{
    fflush(a->out);
    ssize_t length = getline(&a->line, &a->size, a->in);
    if (length < 0)
        return false;
    while (length > 0 && strchr(" \t\r\n", a->line[length - 1]) != NULL)
        a->line[--length] = '\0';
    size_t blanks = strspn(a->line, " \t");
    memmove(a->line, a->line + blanks, (size_t)length + 1 - blanks);
    return true;
}

static bool is_none(const char *answer)
{
    static const char *const words[] = {"-", "—", "none", "无", "没有"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcasecmp(answer, words[w]) == 0)
            return true;
    return false;
}

/* 1 … n as 0 … n − 1; RWE_NO_INDEX: no such number. */
static size_t number_in(const char *answer, size_t n)
{
    char *end;
    unsigned long number = strtoul(answer, &end, 10);
    return end == answer || *end != '\0' || number < 1 || number > n ? RWE_NO_INDEX : number - 1;
}

/* A column by its name, else by its number. */
static size_t column_in(const struct asking *a, const char *answer)
{
    for (size_t j = 0; j < a->draft->n_columns; j++)
        if (strcmp(a->draft->column[j].name, answer) == 0)
            return j;
    return number_in(answer, a->draft->n_columns);
}

/* Values that are numbers are named by themselves: a number in the list would be mistaken for one of them. */
static bool are_codes(const struct rwe_draft_column *column)
{
    double number;
    bool any = false;
    for (size_t l = 0; l < column->n_levels; l++)
        any = any || rwe_number_parse(column->level[l], strlen(column->level[l]), &number);
    return any;
}

static size_t level_in(const struct rwe_draft_column *column, const char *answer)
{
    for (size_t l = 0; l < column->n_levels; l++)
        if (strcmp(column->level[l], answer) == 0)
            return l;
    return are_codes(column) ? RWE_NO_INDEX : number_in(answer, column->n_levels);
}

/* ---- questions ---- */

/* *column is the default, and the answer; RWE_NO_INDEX: none. */
static bool ask_column(struct asking *a, const char *question, size_t *column)
{
    for (;;) {
        if (*column == RWE_NO_INDEX)
            fprintf(a->out, "%s [-]: ", question);
        else
            fprintf(a->out, "%s [%zu %s]: ", question, *column + 1, a->draft->column[*column].name);
        if (!read_answer(a))
            return false;
        if (a->line[0] == '\0')
            return true;
        size_t answer = column_in(a, a->line);
        if (answer != RWE_NO_INDEX || is_none(a->line)) {
            *column = answer;
            return true;
        }
        fprintf(a->out,
                rwe_message("There is no column \"%s\": give its number or its name, or - "
                            "for none.\n"),
                a->line);
    }
}

static void list_levels(const struct asking *a, const struct rwe_draft_column *column)
{
    for (size_t l = 0; l < column->n_levels; l++) {
        if (!are_codes(column))
            fprintf(a->out, "  %zu", l + 1);
        fprintf(a->out, "  %s  (%zu)\n", column->level[l], column->count[l]);
    }
}

/* *level is the default, and the answer; NULL: none. */
static bool ask_level(struct asking *a, const struct rwe_draft_column *column, const char *question,
                      const char **level)
{
    for (;;) {
        fprintf(a->out, "%s [%s]: ", question, *level == NULL ? "-" : *level);
        if (!read_answer(a))
            return false;
        if (a->line[0] == '\0')
            return true;
        size_t answer = level_in(column, a->line);
        if (answer != RWE_NO_INDEX || is_none(a->line)) {
            *level = answer == RWE_NO_INDEX ? NULL : column->level[answer];
            return true;
        }
        fprintf(a->out,
                rwe_message("There is no value \"%s\": choose from the list, or say - for none.\n"),
                a->line);
    }
}

/* 1 yes, 0 no, −1 the end. An empty line is yes. */
static int ask_yes(struct asking *a, const char *question)
{
    static const char *const yes[] = {"", "y", "yes", "是", "好", "对"};
    static const char *const no[] = {"n", "no", "否", "不", "不是"};
    for (;;) {
        fprintf(a->out, rwe_message("%s [yes]: "), question);
        if (!read_answer(a))
            return -1;
        for (size_t w = 0; w < sizeof yes / sizeof *yes; w++)
            if (strcasecmp(a->line, yes[w]) == 0)
                return 1;
        for (size_t w = 0; w < sizeof no / sizeof *no; w++)
            if (strcasecmp(a->line, no[w]) == 0)
                return 0;
        fputs(rwe_message("Say yes or no.\n"), a->out);
    }
}

/* ---- subjects and arms ---- */

static bool ask_rows(struct asking *a)
{
    struct rwe_draft *draft = a->draft;
    if (!draft->repeats)
        return true;
    int last = ask_yes(a, rwe_message("Several rows a patient: does the last one count (no: the "
                                      "first)?"));
    if (last < 0)
        return false;
    draft->rows = last == 1 ? RWE_ROWS_LAST : RWE_ROWS_FIRST;
    return ask_column(a, rwe_message("Column that orders a patient's rows"), &draft->order);
}

static bool ask_subjects(struct asking *a)
{
    size_t id = a->draft->id;
    if (!ask_column(a, rwe_message("Column that identifies the patient"), &id))
        return false;
    if (id != a->draft->id)
        rwe_draft_set(a->draft, RWE_GUESS_ID, id);
    return ask_rows(a);
}

static bool ask_arms(struct asking *a)
{
    struct rwe_draft *draft = a->draft;
    size_t arm = draft->arm;
    for (;;) {
        if (!ask_column(a, rwe_message("Column of the treatment arm"), &arm))
            return false;
        if (arm == RWE_NO_INDEX || draft->column[arm].level != NULL)
            break;
        fputs(rwe_message("That column has too many different values to be the arm.\n"), a->out);
        arm = draft->arm;
    }
    if (arm != draft->arm)
        rwe_draft_set(draft, RWE_GUESS_ARM, arm);
    if (arm == RWE_NO_INDEX)
        return true;
    const struct rwe_draft_column *column = &draft->column[arm];
    list_levels(a, column);
    return ask_level(a, column, rwe_message("Which is the control?"), &draft->control) &&
           ask_level(a, column, rwe_message("Which is the treatment?"), &draft->treated);
}

/* ---- endpoints ---- */

static void list_events(const struct asking *a, const struct rwe_draft_endpoint *endpoint)
{
    const struct rwe_draft_column *column = &a->draft->column[endpoint->event];
    const char *between = "";
    fputc('[', a->out);
    for (size_t l = 0; l < column->n_levels; l++) {
        if (!endpoint->is_event[l])
            continue;
        if (are_codes(column))
            fprintf(a->out, "%s%s", between, column->level[l]);
        else
            fprintf(a->out, "%s%zu", between, l + 1);
        between = ",";
    }
    fputs(*between == '\0' ? "-]: " : "]: ", a->out);
}

/* Numbers or values, parted by commas. False where one is none. */
static bool take_events(const struct asking *a, struct rwe_draft_endpoint *endpoint)
{
    const struct rwe_draft_column *column = &a->draft->column[endpoint->event];
    bool *marked = RWE_NEW(a->arena, bool, column->n_levels);
    size_t whole = level_in(column, a->line);
    struct rwe_strings parts = rwe_text_split(a->arena, a->line, ',');
    if (marked == NULL || parts.item == NULL)
        return false;
    if (whole != RWE_NO_INDEX)
        marked[whole] = true;
    for (size_t p = 0; whole == RWE_NO_INDEX && p < parts.n; p++) {
        size_t level = level_in(column, parts.item[p]);
        if (level == RWE_NO_INDEX)
            return false;
        marked[level] = true;
    }
    endpoint->is_event = marked;
    endpoint->is_settled = true;
    return true;
}

/* Which values are the event. None: the endpoint stays unsettled. */
static bool ask_events(struct asking *a, struct rwe_draft_endpoint *endpoint)
{
    list_levels(a, &a->draft->column[endpoint->event]);
    for (;;) {
        fprintf(
            a->out,
            rwe_message("Which of these are the event of \"%s\"? Several are parted by commas "),
            endpoint->name);
        list_events(a, endpoint);
        if (!read_answer(a))
            return false;
        if (is_none(a->line))
            endpoint->is_settled = false;
        if (a->line[0] == '\0' || is_none(a->line) || take_events(a, endpoint))
            return true;
        fprintf(a->out,
                rwe_message("There is no value \"%s\": choose from the list, or say - for none.\n"),
                a->line);
    }
}

/* The end of follow-up is a date: from when is it counted? */
static bool ask_zero(struct asking *a, size_t time)
{
    size_t zero = a->draft->zero;
    if (a->draft->column[time].content != RWE_CONTENT_DATE)
        return true;
    if (!ask_column(a, rwe_message("Column with the date of time zero"), &zero))
        return false;
    if (zero != a->draft->zero)
        rwe_draft_set(a->draft, RWE_GUESS_ZERO, zero);
    return true;
}

static bool ask_guessed(struct asking *a)
{
    for (size_t e = 0; e < a->draft->n_endpoints; e++) {
        struct rwe_draft_endpoint *endpoint = &a->draft->endpoint[e];
        const char *question = rwe_arena_format(
            a->arena, rwe_message("Endpoint \"%s\": time in \"%s\", event in \"%s\". Right?"),
            endpoint->name, a->draft->column[endpoint->time].name,
            a->draft->column[endpoint->event].name);
        int keep = question == NULL ? -1 : ask_yes(a, question);
        if (keep < 0)
            return false;
        if (keep == 0)
            rwe_draft_remove_endpoint(a->draft, e--);
        else if (!ask_events(a, endpoint) || !ask_zero(a, endpoint->time))
            return false;
    }
    return true;
}

static bool ask_derived(struct asking *a)
{
    if (a->draft->derive.n == 0)
        return true;
    const char *names = rwe_text_join(a->arena, a->draft->derive, ", ");
    const char *question =
        names == NULL
            ? NULL
            : rwe_arena_format(a->arena, rwe_message("Endpoints from dates: %s. Right?"), names);
    int keep = question == NULL ? -1 : ask_yes(a, question);
    if (keep == 0)
        a->draft->derive.n = a->draft->roles.n = 0;
    return keep >= 0;
}

/* *added: whether there is one more. */
static bool ask_more(struct asking *a, bool *added)
{
    struct rwe_draft *draft = a->draft;
    size_t time = RWE_NO_INDEX, event = RWE_NO_INDEX;
    *added = false;
    if (!ask_column(a, rwe_message("Another endpoint? Column of its time, or of the last date"),
                    &time))
        return false;
    if (time == RWE_NO_INDEX)
        return true;
    if (!ask_column(a, rwe_message("Column that says who had the event"), &event))
        return false;
    *added = true;
    if (event == RWE_NO_INDEX || draft->column[event].level == NULL ||
        (draft->column[time].content != RWE_CONTENT_NUMBER &&
         draft->column[time].content != RWE_CONTENT_DATE)) {
        fputs(
            rwe_message("An endpoint needs a column of numbers or dates, and one of few values.\n"),
            a->out);
        return true;
    }
    struct rwe_draft_endpoint *endpoint = rwe_draft_add_endpoint(draft, time, event);
    return endpoint != NULL && ask_events(a, endpoint) && ask_zero(a, time);
}

static bool ask_endpoints(struct asking *a)
{
    bool added = true;
    if (!ask_guessed(a) || !ask_derived(a))
        return false;
    while (added && a->draft->n_endpoints < RWE_DRAFT_ENDPOINTS)
        if (!ask_more(a, &added))
            return false;
    return true;
}

/* ---- covariates ---- */

static void list_covariates(const struct asking *a)
{
    const char *between = "";
    fputs(rwe_message("Covariates: columns known at time zero, parted by commas "), a->out);
    fputc('[', a->out);
    for (size_t j = 0; j < a->draft->n_columns; j++)
        if (a->draft->column[j].guess == RWE_GUESS_COVARIATE) {
            fprintf(a->out, "%s%zu", between, j + 1);
            between = ",";
        }
    fputs(*between == '\0' ? "-]: " : "]: ", a->out);
}

/* Columns that have no other purpose, or NULL: which answer is wrong is told. */
static const char *take_covariates(struct asking *a)
{
    struct rwe_draft *draft = a->draft;
    struct rwe_strings parts = rwe_text_split(a->arena, a->line, ',');
    size_t *column = RWE_NEW(a->arena, size_t, parts.n + 1), n = 0;
    if (parts.item == NULL || column == NULL)
        return a->line;
    for (size_t p = 0; p < parts.n; p++) {
        size_t j = column_in(a, parts.item[p]);
        bool is_free = j != RWE_NO_INDEX && (draft->column[j].guess >= RWE_GUESS_COVARIATE ||
                                             draft->column[j].guess == RWE_GUESS_NOTHING);
        if (!is_free)
            return parts.item[p];
        column[n++] = j;
    }
    rwe_draft_set_covariates(draft, column, n);
    return NULL;
}

static bool ask_covariates(struct asking *a)
{
    for (;;) {
        list_covariates(a);
        if (!read_answer(a))
            return false;
        if (is_none(a->line))
            rwe_draft_set_covariates(a->draft, NULL, 0);
        if (a->line[0] == '\0' || is_none(a->line))
            return true;
        const char *wrong = take_covariates(a);
        if (wrong == NULL)
            return true;
        fprintf(a->out, rwe_message("\"%s\" is no column that can be a covariate.\n"), wrong);
    }
}

/* ---- the file ---- */

static bool ask_path(struct asking *a, const char **path)
{
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(a->cli);
    struct rwe_error error = {0};
    *path = settings->output;
    while (*path == NULL) {
        fputs(rwe_message("Write the study file to [study.yaml]: "), a->out);
        if (!read_answer(a))
            return false;
        *path = rwe_arena_string(a->arena, a->line[0] == '\0' ? "study.yaml" : a->line);
        if (*path == NULL)
            return false;
        if (rwe_cli_check_new_study(*path, settings->overwrite, &error) != RWE_OK) {
            fprintf(a->out, "%s\n", error.message);
            *path = NULL;
        }
    }
    return true;
}

static bool ask(struct asking *a, const char **path)
{
    rwe_cli_print_columns(a->draft, a->arena, a->out);
    fputs(rwe_message(
              "\nAn empty answer takes what stands in brackets; - is none. Columns are named by "
              "their number or their name.\n\n"),
          a->out);
    return ask_subjects(a) && ask_arms(a) && ask_endpoints(a) && ask_covariates(a) &&
           ask_path(a, path);
}

static enum rwe_status write_study(const struct asking *a, const char *path,
                                   struct rwe_error *error)
{
    const char *why_not;
    const char *text = rwe_job_draft_text(&a->cli->job, a->draft, path, &why_not);
    const char *command = rwe_job_study_command(&a->cli->job, path);
    if (text == NULL || command == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_cli_write_study(path, text, a->out, error);
    if (status != RWE_OK)
        return status;
    fputc('\n', a->out);
    rwe_cli_tell_lacks(a->draft, why_not, a->arena, a->out);
    fprintf(a->out, rwe_message("%s is written. To go on:\n"), path);
    fprintf(a->out, "  %s\n", command);
    return RWE_OK;
}

int rwe_cli_ask(struct rwe_cli *cli, FILE *in)
{
    struct rwe_error error = {0};
    struct rwe_drafting drafting = {.table = NULL};
    struct asking a = {.cli = cli, .in = in, .out = cli->out, .arena = cli->job.arena};
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    const char *path = NULL;
    enum rwe_status status = rwe_cli_take_file(cli, &error);
    if (status == RWE_OK)
        status = rwe_cli_check_new_study(settings->output, settings->overwrite, &error);
    if (status == RWE_OK) {
        status = rwe_job_draft(&cli->job, &drafting, &error);
        if (status != RWE_OK || !settings->quiet)
            rwe_complaints_print(&cli->job.complaints, RWE_COMPLAINT_EXAMPLES, cli->err);
    }
    a.draft = &drafting.draft;
    if (status == RWE_OK && !ask(&a, &path)) {
        fputc('\n', cli->out);
        status = rwe_fail(&error, RWE_IO, RWE_NO_INDEX,
                          "the answers ended before the last question: nothing was written");
    }
    if (status == RWE_OK)
        status = write_study(&a, path, &error);
    rwe_table_close(drafting.table);
    free(a.line);
    return status == RWE_OK ? RWE_EXIT_DONE : rwe_cli_fail(cli->err, &error);
}
