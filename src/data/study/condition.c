/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/condition.h"

#include "rwe/base/date.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "rwe/data/validate.h"
#include <math.h>
#include <string.h>

static const struct sign {
    const char *text;
    enum rwe_comparator comparator;
} signs[] = {
    /* longer ones before those that they begin with */
    {"==", RWE_EQUAL},    {"!=", RWE_NOT_EQUAL}, {"<=", RWE_AT_MOST}, {">=", RWE_AT_LEAST},
    {"≠", RWE_NOT_EQUAL}, {"≤", RWE_AT_MOST},    {"≥", RWE_AT_LEAST}, {"=", RWE_EQUAL},
    {"<", RWE_LESS},      {">", RWE_GREATER},
};

struct parser {
    const char *text; /* all of it */
    const char *at;
    struct rwe_arena *arena;
};

static const struct sign *sign_at(const char *at)
{
    for (size_t s = 0; s < sizeof signs / sizeof signs[0]; s++)
        if (strncmp(at, signs[s].text, strlen(signs[s].text)) == 0)
            return &signs[s];
    return NULL;
}

static void skip_blanks(struct parser *p)
{
    p->at += strspn(p->at, " \t");
}

static enum rwe_status expected(const struct parser *p, const char *what, struct rwe_error *error)
{
    if (*p->at == '\0')
        return rwe_fail(error, RWE_USAGE, (size_t)(p->at - p->text),
                        "\"%s\" ends where %s is expected", p->text, rwe_message(what));
    return rwe_fail(error, RWE_USAGE, (size_t)(p->at - p->text),
                    "\"%s\": %s is expected at \"%s\" (as in: age >= 18 and kps >= 60)", p->text,
                    rwe_message(what), p->at);
}

static bool is_and(const char *at, size_t length)
{
    return length == 3 && strncasecmp(at, "and", 3) == 0;
}

/* A word or a quoted text; NULL with *status set where there is none. */
static const char *take_word(struct parser *p, const char *what, enum rwe_status *status,
                             struct rwe_error *error)
{
    const char *word;
    skip_blanks(p);
    if (*p->at == '"' || *p->at == '\'') {
        const char *end = strchr(p->at + 1, *p->at);
        if (end == NULL) {
            *status = rwe_fail(error, RWE_USAGE, (size_t)(p->at - p->text),
                               "\"%s\": the quote at \"%s\" is never closed", p->text, p->at);
            return NULL;
        }
        word = rwe_arena_substring(p->arena, p->at + 1, (size_t)(end - p->at - 1));
        p->at = end + 1;
    } else {
        const char *end = p->at;
        while (*end != '\0' && *end != ' ' && *end != '\t' && sign_at(end) == NULL)
            end++;
        if (end == p->at || is_and(p->at, (size_t)(end - p->at))) {
            *status = expected(p, what, error);
            return NULL;
        }
        word = rwe_arena_substring(p->arena, p->at, (size_t)(end - p->at));
        p->at = end;
    }
    if (word == NULL)
        *status = rwe_fail_memory(error);
    return word;
}

static void find_kind(struct rwe_cell_test *c)
{
    int32_t days;
    size_t length = strlen(c->value);
    c->number = NAN;
    if (rwe_number_parse(c->value, length, &c->number)) {
        c->kind = RWE_VALUE_NUMBER;
    } else if (rwe_date_parse(c->value, length, &days)) {
        c->kind = RWE_VALUE_DATE;
        c->number = days;
    }
}

static enum rwe_status take_comparison(struct parser *p, struct rwe_cell_test *c,
                                       struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    c->column = take_word(p, N_("a column"), &status, error);
    if (c->column == NULL)
        return status;
    skip_blanks(p);
    const struct sign *sign = sign_at(p->at);
    if (sign == NULL)
        return expected(p, N_("one of = != < <= > >="), error);
    size_t at = (size_t)(p->at - p->text);
    p->at += strlen(sign->text);
    c->comparator = sign->comparator;
    c->value = take_word(p, N_("a value"), &status, error);
    if (c->value == NULL)
        return status;
    find_kind(c);
    if (c->kind == RWE_VALUE_TEXT && c->comparator != RWE_EQUAL && c->comparator != RWE_NOT_EQUAL)
        return rwe_fail(error, RWE_USAGE, at,
                        "\"%s\": \"%s\" is neither a number nor a date (2023-05-01), so it can be "
                        "compared by = and != alone",
                        p->text, c->value);
    return RWE_OK;
}

enum rwe_status rwe_condition_parse(const char *text, struct rwe_arena *arena,
                                    struct rwe_condition *condition, struct rwe_error *error)
{
    struct parser p = {text, text, arena};
    struct rwe_cell_test *item = NULL;
    size_t n = 0;
    size_t capacity = 0;
    for (;;) {
        item = rwe_arena_grow(arena, item, &capacity, n + 1, sizeof *item);
        if (item == NULL)
            return rwe_fail_memory(error);
        item[n] = (struct rwe_cell_test){0};
        enum rwe_status status = take_comparison(&p, &item[n++], error);
        if (status != RWE_OK)
            return status;
        skip_blanks(&p);
        if (*p.at == '\0')
            break;
        if (!is_and(p.at, strcspn(p.at, " \t")))
            return expected(&p, N_("\"and\" or the end"), error);
        p.at += strlen("and");
    }
    *condition = (struct rwe_condition){item, n};
    return RWE_OK;
}

static enum rwe_truth order(enum rwe_comparator comparator, double a, double b)
{
    switch (comparator) {
    case RWE_EQUAL:
        return a == b ? RWE_TRUE : RWE_FALSE;
    case RWE_NOT_EQUAL:
        return a != b ? RWE_TRUE : RWE_FALSE;
    case RWE_LESS:
        return a < b ? RWE_TRUE : RWE_FALSE;
    case RWE_AT_MOST:
        return a <= b ? RWE_TRUE : RWE_FALSE;
    case RWE_GREATER:
        return a > b ? RWE_TRUE : RWE_FALSE;
    case RWE_AT_LEAST:
        break;
    }
    return a >= b ? RWE_TRUE : RWE_FALSE;
}

enum rwe_truth rwe_cell_test_holds_on(const struct rwe_cell_test *c, int32_t day)
{
    return order(c->comparator, day, c->number);
}

enum rwe_truth rwe_cell_test_holds(const struct rwe_cell_test *c, const char *cell)
{
    double number;
    int32_t days;
    bool equality = c->comparator == RWE_EQUAL || c->comparator == RWE_NOT_EQUAL;
    if (cell == NULL)
        return RWE_UNKNOWN;
    size_t length = strlen(cell);
    if (c->kind == RWE_VALUE_NUMBER && rwe_number_parse(cell, length, &number) && !isnan(number))
        return order(c->comparator, number, c->number);
    if (c->kind == RWE_VALUE_DATE && rwe_date_parse(cell, length, &days))
        return rwe_cell_test_holds_on(c, days);
    if (!equality || c->kind == RWE_VALUE_DATE)
        return RWE_UNREADABLE;
    if (c->kind == RWE_VALUE_NUMBER && (c->number == 0 || c->number == 1)) {
        int yes = rwe_chart_yes(cell);
        return yes < 0 ? RWE_UNREADABLE : order(c->comparator, yes, c->number);
    }
    bool same = strcmp(cell, c->value) == 0;
    return same == (c->comparator == RWE_EQUAL) ? RWE_TRUE : RWE_FALSE;
}
