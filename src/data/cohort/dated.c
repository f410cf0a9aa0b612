/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dated_private.h"

#include "input/table_private.h"
#include "rwe/base/date.h"

#include <string.h>

/* ---- the order of a column ---- */

enum { N_ORDERS = RWE_ORDER_DMY + 1 };

static const char *const order_name[N_ORDERS] = {
    [RWE_ORDER_YMD] = "ymd", [RWE_ORDER_MDY] = "mdy", [RWE_ORDER_DMY] = "dmy"};

/* What the cells say of which the order of figures is not plain by itself. */
struct evidence {
    size_t n;               /* such cells */
    bool against[N_ORDERS]; /* one of them is no date in that order */
    size_t row;             /* of the last that spoke against an order that none had before */
    bool differ[N_ORDERS][N_ORDERS]; /* one of them is another day in this order than in that */
};

static void take_evidence(struct evidence *evidence, size_t row, const char *text, size_t length)
{
    int32_t day[N_ORDERS];
    bool reads[N_ORDERS];
    evidence->n++;
    for (int o = RWE_ORDER_YMD; o < N_ORDERS; o++) {
        struct dated_reading reading;
        const struct rwe_date_style style = {.order = (enum rwe_date_order)o};
        reads[o] = rwe_dated_read(text, length, style, &reading) == DATED_READ;
        day[o] = reads[o] ? reading.dated.day : 0;
        if (!reads[o] && !evidence->against[o])
            evidence->row = row;
        evidence->against[o] = evidence->against[o] || !reads[o];
    }
    for (int a = RWE_ORDER_YMD; a < N_ORDERS; a++)
        for (int b = RWE_ORDER_YMD; b < N_ORDERS; b++)
            evidence->differ[a][b] =
                evidence->differ[a][b] || (reads[a] && reads[b] && day[a] != day[b]);
}

/* The only order in which all cells are dates, or any of several that agree; not said: there is none such. */
static enum rwe_date_order conclude(const struct evidence *evidence, bool *is_only)
{
    enum rwe_date_order order = RWE_ORDER_NOT_SAID;
    *is_only = true;
    for (int o = RWE_ORDER_YMD; o < N_ORDERS; o++) {
        if (evidence->against[o])
            continue;
        if (order != RWE_ORDER_NOT_SAID && evidence->differ[order][o])
            return RWE_ORDER_NOT_SAID;
        *is_only = *is_only && order == RWE_ORDER_NOT_SAID;
        order = (enum rwe_date_order)o;
    }
    return order;
}

static enum rwe_status note_order(const struct rwe_table *table, size_t column,
                                  enum rwe_date_order order, size_t row,
                                  struct rwe_complaints *complaints)
{
    const char *cell = rwe_table_cell(table, row, column);
    return rwe_complaints_note(complaints,
                               "%s: dates in column \"%s\" are read in the order %s, since \"%s\" "
                               "in line %zu is one in no other; --date-order says it by hand.",
                               table->file, table->column[column].info->name, order_name[order],
                               cell == NULL ? "" : cell, rwe_table_line(table, row));
}

/* The style in which the column is written: that of the study, or the one that its cells prove. */
static enum rwe_status find_style(const struct rwe_table *table, size_t column,
                                  struct rwe_date_style *style, struct rwe_complaints *complaints)
{
    struct evidence evidence = {0};
    struct rwe_cells cells = rwe_cells_of(table, column);
    if (style->order != RWE_ORDER_NOT_SAID || cells.kind == RWE_KIND_DATE)
        return RWE_OK;
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t length;
        const char *text = rwe_cells_next(&cells, &length);
        struct dated_reading reading;
        if (!rwe_table_is_missing(table, text, length) &&
            rwe_dated_read(text, length, *style, &reading) == DATED_NO_ORDER)
            take_evidence(&evidence, row, text, length);
    }
    bool is_only;
    if (evidence.n > 0)
        style->order = conclude(&evidence, &is_only);
    return evidence.n == 0 || style->order == RWE_ORDER_NOT_SAID || !is_only
               ? RWE_OK
               : note_order(table, column, style->order, evidence.row, complaints);
}

/* ---- a column ---- */

/* Why a cell is no date, and what to do about it. */
static const struct {
    const char *reason, *advice;
} troubles[] = {
    [DATED_NO_DATE] = {N_("not a date"),
                       N_("write it as 2023-05-01 (a month as 2023-05), or leave it empty where "
                          "nothing happened")},
    [DATED_NO_MONTH] = {N_("a year without its month"),
                        N_("a year is no date: ask the centre for the month (a month counts as its "
                           "15th), or leave the cell empty")},
    [DATED_NO_YEAR] = {N_("without its year"),
                       N_("write the year with four digits, as in 2023-05-01 or 2023-05")},
    [DATED_NO_SUCH_YEAR] = {N_("of an impossible year"),
                            N_("dates lie in the years 1900 to 2100: correct it, or leave it empty "
                               "where nothing happened")},
    [DATED_NO_ORDER] = {N_("a date of unknown order"), NULL},
    [DATED_OTHER_ORDER] = {N_("not a date in the order of --date-order"),
                           N_("correct it, or say another order")},
};

/* "it is 2023-05-06 with --date-order mdy, 2023-06-05 with --date-order dmy". */
static const char *tell_readings(const char *text, size_t length, struct rwe_arena *arena)
{
    struct rwe_strings list = {RWE_NEW(arena, const char *, N_ORDERS), 0};
    for (int o = RWE_ORDER_YMD; list.item != NULL && o < N_ORDERS; o++) {
        struct dated_reading reading;
        char day[RWE_DATE_SIZE];
        const struct rwe_date_style style = {.order = (enum rwe_date_order)o};
        if (rwe_dated_read(text, length, style, &reading) != DATED_READ)
            continue;
        rwe_date_format(reading.dated.day, day);
        list.item[list.n++] =
            rwe_arena_format(arena, rwe_message("%s with --date-order %s"), day, order_name[o]);
    }
    const char *joined = rwe_arena_failed(arena) ? NULL : rwe_text_join(arena, list, ", ");
    return joined == NULL
               ? NULL
               : rwe_arena_format(arena,
                                  rwe_message("no cell of the column, or cells against each "
                                              "other, tell the order; it is %s"),
                                  joined);
}

static enum rwe_status complain(const struct rwe_table *table, size_t column, size_t row,
                                const char *value, enum dated_trouble trouble,
                                struct rwe_complaints *complaints)
{
    struct rwe_complaint complaint = {
        .file = table->file,
        .line = rwe_table_line(table, row),
        .row = row,
        .column = table->column[column].info->name,
        .value = value,
        .reason = troubles[trouble].reason,
        .advice = troubles[trouble].advice,
        .advises_cell = trouble == DATED_NO_ORDER,
        .is_of_column = trouble == DATED_NO_ORDER,
    };
    if (trouble == DATED_NO_ORDER)
        complaint.advice = tell_readings(value, strlen(value), complaints->arena);
    return trouble == DATED_NO_ORDER && complaint.advice == NULL
               ? RWE_NO_MEMORY
               : rwe_complaints_add(complaints, &complaint);
}

enum rwe_status rwe_table_dated(const struct rwe_table *table, size_t column,
                                struct rwe_date_style style, struct rwe_dated out[],
                                struct rwe_complaints *complaints)
{
    bool short_years = false;
    if (find_style(table, column, &style, complaints) != RWE_OK)
        return RWE_NO_MEMORY;
    struct rwe_cells cells = rwe_cells_of(table, column);
    for (size_t row = 0; row < table->n_rows; row++) {
        size_t length;
        const char *text = rwe_cells_next(&cells, &length);
        struct dated_reading reading;
        out[row] = (struct rwe_dated){0, RWE_DATED_NONE};
        if (rwe_table_is_missing(table, text, length))
            continue;
        enum dated_trouble trouble = rwe_dated_read(text, length, style, &reading);
        if (trouble == DATED_READ)
            out[row] = reading.dated;
        else if (complain(table, column, row, text, trouble, complaints) != RWE_OK)
            return RWE_NO_MEMORY;
        short_years = short_years || (trouble == DATED_READ && reading.short_year);
    }
    return short_years ? rwe_complaints_note(
                             complaints,
                             "%s: years of two digits in column \"%s\" are taken as 1930 to "
                             "2029.",
                             table->file, table->column[column].info->name)
                       : RWE_OK;
}
