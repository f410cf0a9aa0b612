/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who the patients are must not be in the file: headers and cells that name people. */
#include "rwe/data/validate.h"

#include "rwe/base/language.h"
#include "table_private.h"

static const char *const headers[] = {"姓名",   "身份证", "住院号",  "电话",
                                      "手机号", "住址",   "家庭地址"};

static bool header_names_people(const char *name)
{
    for (size_t h = 0; h < sizeof headers / sizeof headers[0]; h++)
        if (strstr(name, headers[h]) != NULL)
            return true;
    return false;
}

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* 17 digits and a check digit, ISO 7064 MOD 11-2: the digits times 2^(17 − i) mod 11. */
static bool is_identity_number(const char *text)
{
    static const int weight[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    if (!all_digits(text, 17))
        return false;
    for (int i = 0; i < 17; i++)
        sum += weight[i] * (text[i] - '0');
    char check = "10X98765432"[sum % 11];
    bool born = (text[6] == '1' && text[7] == '9') || (text[6] == '2' && text[7] == '0');
    return born && (text[17] == check || (check == 'X' && text[17] == 'x'));
}

static bool is_mobile_number(const char *text)
{
    return text[0] == '1' && text[1] >= '3' && all_digits(text, 11);
}

/* What in a cell names people, or NULL. */
static const char *cell_names_people(const char *cell, size_t length)
{
    if (length == 18 && is_identity_number(cell))
        return N_("resident identity numbers");
    if (length == 11 && is_mobile_number(cell))
        return N_("mobile numbers");
    return NULL;
}

/* What in the cells names people, or NULL. */
static const char *cells_name_people(const struct rwe_table *table, size_t column)
{
    static const double SHORTEST = 1e10, LONGEST = 1e18; /* numbers that have 11 to 18 digits */
    struct rwe_cells cells = rwe_cells_of(table, column);
    const char *what = NULL;
    for (size_t i = 0; i < table->n_rows && what == NULL && cells.kind != RWE_KIND_DATE; i++) {
        size_t length;
        const char *cell = "";
        if (cells.kind == RWE_KIND_TEXT) {
            cell = rwe_cells_next_text(&cells, &length);
        } else {
            double number = rwe_cells_next_number(&cells);
            if (!(number >= SHORTEST && number < LONGEST))
                continue;
            rwe_cell_write(cells.kind, number, cells.text);
            cell = cells.text;
            length = strlen(cell);
        }
        what = cell_names_people(cell, length);
    }
    return what;
}

enum rwe_status rwe_privacy_check(const struct rwe_table *table, struct rwe_error *error)
{
    for (size_t j = 0; j < table->n_columns; j++) {
        const char *name = table->column[j].info->name;
        if (header_names_people(name))
            return rwe_fail(
                error, RWE_BAD_INPUT, RWE_NO_INDEX,
                "%s: column \"%s\" names people. Take it out of the file, or put a pseudonym in "
                "its place (a number of your own, or a salted hash) and keep the key at the "
                "hospital; with --allow-identifiers the file is read as it is",
                table->file, name);
        const char *what = cells_name_people(table, j);
        if (what != NULL)
            return rwe_fail(
                error, RWE_BAD_INPUT, RWE_NO_INDEX,
                "%s: column \"%s\" holds %s. Take it out of the file, or put a pseudonym in its "
                "place (a number of your own, or a salted hash) and keep the key at the "
                "hospital; with --allow-identifiers the file is read as it is",
                table->file, name, rwe_message(what));
    }
    return RWE_OK;
}
