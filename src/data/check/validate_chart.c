/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "validate_private.h"

#include "input/intern_private.h"
#include "rwe/data/cohort.h"
#include "rwe/data/dated.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_D, KIND_N, KIND_T };

static const struct {
    const char *name;
    enum kind kind;
    bool after; /* time zero */
    const char *others;
} roles[N_ROLES] = {
#define ROLE(name, kind, after, others) {#name, KIND_##kind, after, others},
    RWE_ROLES(ROLE)
#undef ROLE
};

bool rwe_role_is_date(enum role role)
{
    return roles[role].kind == KIND_D;
}

/* ---- words ---- */

/* Whether `text` is one of the words, separated by '|'; ASCII case does not matter. */
static bool is_one_of(const char *text, const char *words)
{
    size_t length = strlen(text);
    for (const char *at = words; *at != '\0';) {
        size_t width = strcspn(at, "|");
        if (width == length && strncasecmp(at, text, width) == 0)
            return true;
        at += width + (at[width] == '|');
    }
    return false;
}

int rwe_chart_yes(const char *text)
{
    if (text == NULL)
        return -1;
    if (is_one_of(text, "1|y|yes|true|是|有|√|阳性|死亡|dead|died"))
        return 1;
    return is_one_of(text, "0|n|no|false|否|无|×|阴性|存活|alive") ? 0 : -1;
}

bool rwe_chart_is_partial_date(const char *text)
{
    size_t digits = text == NULL ? 0 : strspn(text, "0123456789");
    if (digits != 4)
        return false;
    const char *at = text + digits;
    if (*at == '\0' || strcmp(at, "年") == 0)
        return true;
    size_t separator = strncmp(at, "年", strlen("年")) == 0 ? strlen("年") : 1;
    if (separator == 1 && *at != '-' && *at != '/' && *at != '.')
        return false;
    size_t month = strspn(at + separator, "0123456789");
    at += separator + month;
    return month >= 1 && month <= 2 && (*at == '\0' || strcmp(at, "月") == 0);
}

/* ---- which column has which role ---- */

/* The column that --columns gives a role, or NULL. */
static const char *renamed(const struct rwe_study_settings *study, const char *role)
{
    struct rwe_strings list = study->columns;
    size_t length = strlen(role);
    for (size_t i = 0; i < list.n; i++)
        if (strncmp(list.item[i], role, length) == 0 && list.item[i][length] == '=')
            return list.item[i] + length + 1;
    return NULL;
}

static enum rwe_status check_renames(const struct rwe_study_settings *study,
                                     struct rwe_error *error)
{
    struct rwe_strings list = study->columns;
    const char *names[N_ROLES];
    for (int r = 0; r < N_ROLES; r++)
        names[r] = roles[r].name;
    for (size_t i = 0; i < list.n; i++) {
        char role[64];
        size_t length = strcspn(list.item[i], "=");
        bool known = false;
        for (int r = 0; r < N_ROLES; r++)
            known = known ||
                    (strlen(names[r]) == length && strncmp(names[r], list.item[i], length) == 0);
        if (known && list.item[i][length] == '=' && list.item[i][length + 1] != '\0')
            continue;
        snprintf(role, sizeof role, "%.*s", (int)(length < 60 ? length : 60), list.item[i]);
        const char *near = known ? NULL : rwe_text_nearest(role, names, N_ROLES);
        if (near == NULL)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--columns %s: write ROLE=COL, as in --columns index_date=c1d1",
                            list.item[i]);
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--columns %s: write ROLE=COL, as in --columns index_date=c1d1; did you "
                        "mean \"%s\"?",
                        list.item[i], near);
    }
    return RWE_OK;
}

static size_t find_by_name(const struct rwe_table *table, enum role role)
{
    size_t column = rwe_table_find(table, roles[role].name);
    for (size_t j = 0; column == RWE_NO_INDEX && j < rwe_table_columns(table); j++)
        if (is_one_of(rwe_table_name(table, j), roles[role].others))
            return j;
    return column;
}

size_t rwe_chart_column(const struct rwe_table *table, const struct rwe_study_settings *study,
                        const char *role)
{
    const char *name = renamed(study, role);
    if (name != NULL)
        return rwe_table_find(table, name);
    for (int r = 0; r < N_ROLES; r++)
        if (strcmp(roles[r].name, role) == 0)
            return find_by_name(table, (enum role)r);
    return rwe_table_find(table, role);
}

enum rwe_status rwe_chart_columns_check(const struct rwe_table *table,
                                        const struct rwe_study_settings *study,
                                        struct rwe_error *error)
{
    enum rwe_status status = check_renames(study, error);
    struct rwe_strings list = study->columns;
    for (size_t i = 0; i < list.n && status == RWE_OK; i++) {
        size_t column;
        status =
            rwe_cohort_column(table, "--columns", strchr(list.item[i], '=') + 1, &column, error);
    }
    return status;
}

/* Of the patients --columns and --id name columns; of the events --ae-columns. */
static enum rwe_status find_column(struct rwe_chart *chart, enum role role, struct rwe_error *error)
{
    bool events = chart->patients != NULL;
    struct rwe_strings own = chart->event_columns;
    const char *name = events ? NULL : renamed(chart->study, roles[role].name);
    if (events && own.n == 3)
        name = role == ROLE_usubjid    ? own.item[0]
               : role == ROLE_ae_term  ? own.item[1]
               : role == ROLE_ae_grade ? own.item[2]
                                       : NULL;
    if (name != NULL)
        return rwe_cohort_column(chart->table, "--columns", name, &chart->column[role], error);
    const char *id = chart->study->id;
    chart->column[role] = RWE_NO_INDEX;
    if (role == ROLE_usubjid && id != NULL)
        chart->column[role] = rwe_table_find(chart->table, id);
    if (role != ROLE_usubjid || chart->column[role] == RWE_NO_INDEX)
        chart->column[role] = find_by_name(chart->table, role);
    return RWE_OK;
}

/* N_ROLES: none. */
static enum role role_of(const struct rwe_study_settings *study, const char *column)
{
    for (int r = 0; r < N_ROLES; r++) {
        const char *name = renamed(study, roles[r].name);
        bool is_it = name != NULL
                         ? strcmp(name, column) == 0
                         : strcmp(roles[r].name, column) == 0 || is_one_of(column, roles[r].others);
        if (is_it)
            return (enum role)r;
    }
    return N_ROLES;
}

const char *rwe_chart_role(const struct rwe_study_settings *study, const char *column)
{
    enum role role = role_of(study, column);
    return role == N_ROLES ? NULL : roles[role].name;
}

bool rwe_post_baseline(const struct rwe_study_settings *study, const char *column)
{
    enum role role = role_of(study, column);
    return role != N_ROLES && roles[role].after;
}

/* ---- reading ---- */

const char **rwe_chart_texts(const struct rwe_chart *chart, size_t column)
{
    const char **text = RWE_NEW(chart->arena, const char *, chart->n);
    if (text == NULL || rwe_table_strings(chart->table, column, chart->arena, text) != RWE_OK)
        return NULL;
    return text;
}

/* A month alone is no day that another could contradict. */
static double day_of(struct rwe_dated dated)
{
    return dated.kind == RWE_DATED_DAY ? (double)dated.day : (double)NAN;
}

/* Read as the cohort reads them. */
static enum rwe_status read_days(struct rwe_chart *chart, size_t column, double day[],
                                 struct rwe_complaints *complaints)
{
    struct rwe_dated *dated = RWE_NEW(chart->arena, struct rwe_dated, chart->n);
    if (dated == NULL || rwe_table_dated(chart->table, column, rwe_study_date_style(chart->study),
                                         dated, complaints) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < chart->n; i++)
        day[i] = day_of(dated[i]);
    return RWE_OK;
}

static enum rwe_status read_column(struct rwe_chart *chart, enum role role)
{
    struct rwe_complaints ignored = {.arena = chart->arena}; /* told where they are used */
    chart->text[role] = rwe_chart_texts(chart, chart->column[role]);
    if (chart->text[role] == NULL)
        return RWE_NO_MEMORY;
    if (roles[role].kind == KIND_T)
        return RWE_OK;
    double *value = RWE_NEW(chart->arena, double, chart->n);
    if (value == NULL)
        return RWE_NO_MEMORY;
    if (roles[role].kind == KIND_N) {
        chart->number[role] = value;
        return rwe_table_numbers(chart->table, chart->column[role], value, &ignored);
    }
    chart->day[role] = value;
    return read_days(chart, chart->column[role], value, &ignored);
}

static enum rwe_status read_cutoff(struct rwe_chart *chart, struct rwe_error *error)
{
    const char *text = chart->study->cutoff;
    struct rwe_dated cutoff = {0};
    bool is_read = text != NULL &&
                   rwe_dated_parse(text, strlen(text), rwe_study_date_style(chart->study), &cutoff);
    chart->cutoff = day_of(cutoff);
    if (text == NULL || (is_read && !isnan(chart->cutoff)))
        return RWE_OK;
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--cutoff %s: not a date; write it as 2025-06-30", text);
}

static enum rwe_status read_arm(struct rwe_chart *chart)
{
    const char *name = chart->study->arm;
    chart->arm = name == NULL ? RWE_NO_INDEX : rwe_table_find(chart->table, name);
    if (chart->arm == RWE_NO_INDEX)
        return RWE_OK;
    chart->arm_text = rwe_chart_texts(chart, chart->arm);
    return chart->arm_text == NULL ? RWE_NO_MEMORY : RWE_OK;
}

/* By row: the first one with the same texts in these columns; itself where one of them is missing. */
static uint32_t *first_of_same(struct rwe_chart *chart, const enum role role[], size_t n_roles)
{
    struct rwe_intern keys = {.arena = chart->arena};
    uint32_t *first = RWE_NEW(chart->arena, uint32_t, chart->n);
    uint32_t *row_of = RWE_NEW(chart->arena, uint32_t, chart->n);
    for (size_t i = 0; first != NULL && row_of != NULL && i < chart->n; i++) {
        const char *key = "";
        for (size_t r = 0; r < n_roles && key != NULL; r++) {
            const char *text = rwe_chart_text(chart, role[r], i);
            key = text == NULL   ? NULL
                  : n_roles == 1 ? text
                                 : rwe_arena_format(chart->arena, "%s%s\n", key, text);
        }
        first[i] = (uint32_t)i;
        if (key == NULL)
            continue;
        size_t known = keys.n;
        uint32_t number = rwe_intern_number(&keys, key, strlen(key));
        if (number == RWE_INTERN_FAILED)
            return NULL;
        if (number == known)
            row_of[number] = (uint32_t)i;
        first[i] = row_of[number];
    }
    return row_of == NULL ? NULL : first;
}

static enum rwe_status find_repeats(struct rwe_chart *chart)
{
    static const enum role id[] = {ROLE_usubjid};
    static const enum role person[] = {ROLE_birth_date, ROLE_sex, ROLE_dx_date};
    if (!chart->wants_repeats)
        return RWE_OK;
    chart->first_id = first_of_same(chart, id, 1);
    chart->first_person = first_of_same(chart, person, 3);
    return rwe_arena_failed(chart->arena) ? RWE_NO_MEMORY : RWE_OK;
}

enum rwe_status rwe_chart_read(struct rwe_chart *chart, struct rwe_error *error)
{
    enum rwe_status status = check_renames(chart->study, error);
    chart->n = rwe_table_rows(chart->table);
    for (int r = 0; r < N_ROLES && status == RWE_OK; r++) {
        status = find_column(chart, (enum role)r, error);
        if (status == RWE_OK && chart->column[r] != RWE_NO_INDEX &&
            read_column(chart, (enum role)r) != RWE_OK)
            status = rwe_fail_memory(error);
    }
    if (status == RWE_OK)
        status = read_cutoff(chart, error);
    if (status == RWE_OK && (read_arm(chart) != RWE_OK || find_repeats(chart) != RWE_OK))
        status = rwe_fail_memory(error);
    return status;
}

/* ---- what there is ---- */

static bool has(const struct rwe_chart *chart, const char *word)
{
    if (strcmp(word, "@arm") == 0)
        return chart->arm != RWE_NO_INDEX;
    if (strcmp(word, "@treated") == 0)
        return chart->arm != RWE_NO_INDEX && chart->study->treated != NULL;
    if (strcmp(word, "@endpoint") == 0)
        return chart->study->endpoints.n > 0;
    if (strcmp(word, "@covariates") == 0)
        return chart->study->covariates.n > 0;
    if (strcmp(word, "@cutoff") == 0)
        return !isnan(chart->cutoff);
    for (int r = 0; r < N_ROLES; r++)
        if (strcmp(roles[r].name, word) == 0)
            return chart->column[r] != RWE_NO_INDEX;
    return false;
}

/* What stands for a word in "not checked: …". */
static const char *told(const char *word)
{
    static const char *const words[][2] = {{"@arm", "--arm"},
                                           {"@treated", "--treated"},
                                           {"@endpoint", "--endpoint"},
                                           {"@covariates", "--covariates"},
                                           {"@cutoff", "--cutoff"}};
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        if (strcmp(words[w][0], word) == 0)
            return words[w][1];
    return word;
}

const char *rwe_chart_lacks(const struct rwe_chart *chart, const char *needs,
                            struct rwe_arena *arena)
{
    struct rwe_strings all = rwe_text_split(arena, needs, ' ');
    for (size_t i = 0; i < all.n; i++) {
        struct rwe_strings one = rwe_text_split(arena, all.item[i], '|');
        bool found = false;
        for (size_t k = 0; k < one.n; k++)
            found = found || has(chart, one.item[k]);
        if (!found)
            return one.n == 1 ? told(all.item[i]) : all.item[i];
    }
    return NULL;
}
