/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is no row or column of patients goes when a table is complete: notes and totals below it, columns without a
 * name. Boxes that REDCap writes as words become 0 and 1. Each is told. Cells that the options call missing are. */
#include "rwe/base/date.h"
#include "rwe/base/language.h"
#include "table_private.h"

#include <stdlib.h>

static void fail_memory(struct rwe_table_builder *builder)
{
    if (builder->status == RWE_OK)
        builder->status = rwe_fail_memory(&builder->error);
}

/* ---- the last cell of a column ---- */

static struct rwe_column_block *block_before(struct rwe_column *column,
                                             const struct rwe_column_block *block)
{
    struct rwe_column_block *before = column->first;
    while (before->next != block)
        before = before->next;
    return before;
}

/* A block that is empty goes, so that the last cell lies in the last block. */
static void enter_last_block(struct rwe_column *column)
{
    if (column->at != column->last->text || column->last == column->first)
        return;
    struct rwe_column_block *before = block_before(column, column->last);
    free(column->last);
    before->next = NULL;
    column->last = before;
    column->at = before->text + before->used;
    column->end = before->text + before->size;
}

/* Where the last cell begins. There must be one. */
static char *last_cell(struct rwe_column *column)
{
    enter_last_block(column);
    if (column->info->kind != RWE_KIND_TEXT)
        return column->at - sizeof(double);
    char *at = column->at - 1; /* its '\0' */
    while (at > column->last->text && at[-1] != '\0')
        at--;
    return at;
}

static bool last_is_missing(struct rwe_column *column)
{
    double number;
    const char *cell = last_cell(column);
    if (column->info->kind == RWE_KIND_TEXT)
        return *cell == '\0';
    memcpy(&number, cell, sizeof number);
    return isnan(number);
}

static void take_last_row(struct rwe_table *table)
{
    for (size_t j = 0; j < table->n_columns; j++) {
        table->column[j].at = last_cell(&table->column[j]);
        table->column[j].n--;
    }
    table->n_rows--;
    while (table->n_runs > 1 && table->run[table->n_runs - 1].row >= table->n_rows)
        table->n_runs--;
}

/* ---- notes below the table ---- */

static bool begins_with_word(const char *text, const char *const words[], size_t n)
{
    static const char *const behind[] = {"", " ", ":", "：", "(", "（", "。", ".", "，", ","};
    for (size_t w = 0; w < n; w++) {
        size_t length = strlen(words[w]);
        if (strncasecmp(text, words[w], length) != 0)
            continue;
        const char *rest = text + length;
        for (size_t b = 0; b < sizeof behind / sizeof *behind; b++)
            if (b == 0 ? *rest == '\0' : strncmp(rest, behind[b], strlen(behind[b])) == 0)
                return true;
        if (*rest >= '0' && *rest <= '9') /* 注1 */
            return true;
    }
    return false;
}

static bool begins_as_note(const char *text)
{
    static const char *const words[] = {
        "注",     "备注",   "说明", "附注",     "注释",      "来源",       "数据来源",
        "制表",   "制表人", "填表", "填表人",   "审核",      "审核人",     "填报人",
        "统计人", "日期",   "note", "notes",    "source",    "footnote",   "abbreviations",
        "legend", "remark", "key",  "exported", "generated", "end of file"};
    static const char *const marks[] = {"*", "†", "‡", "※", "#", "---", "===", "——"};
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        if (strncmp(text, marks[m], strlen(marks[m])) == 0)
            return true;
    return begins_with_word(text, words, sizeof words / sizeof *words);
}

static bool begins_as_total(const char *text)
{
    static const char *const words[] = {"合计", "总计",   "小计",    "共计",   "总数",
                                        "平均", "平均值", "均值",    "total",  "totals",
                                        "sum",  "mean",   "average", "median", "subtotal"};
    return begins_with_word(text, words, sizeof words / sizeof *words);
}

/* Words with blanks between, or marks that only sentences have. */
static bool is_sentence(const char *text)
{
    static const char *const marks[] = {"：", "。", "，", "；", "、", ": ", "; ", ", "};
    size_t blanks = 0;
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        if (strstr(text, marks[m]) != NULL)
            return true;
    for (const char *at = text; *at != '\0'; at++)
        blanks += *at == ' ';
    return blanks >= 3;
}

/* Whether the last row is none of a patient. */
static bool last_is_note(struct rwe_table *table)
{
    const char *first = NULL;
    size_t n_filled = 0;
    for (size_t j = 0; j < table->n_columns; j++) {
        struct rwe_column *column = &table->column[j];
        if (last_is_missing(column))
            continue;
        n_filled++;
        if (first == NULL && column->info->kind != RWE_KIND_TEXT)
            return false;
        if (first == NULL)
            first = last_cell(column);
    }
    double number;
    int32_t day;
    size_t length = first == NULL ? 0 : strlen(first);
    if (first == NULL || rwe_number_parse(first, length, &number) ||
        rwe_date_parse(first, length, &day))
        return false;
    if (begins_as_total(first))
        return true;
    bool is_apart = table->n_rows > 1 && rwe_table_line(table, table->n_rows - 1) >
                                             rwe_table_line(table, table->n_rows - 2) + 1;
    return 2 * n_filled <= table->n_columns &&
           (begins_as_note(first) || (n_filled == 1 && (is_apart || is_sentence(first))));
}

static void take_notes(struct rwe_table_builder *builder)
{
    enum { MOST = 50, FEWEST_COLUMNS = 3 };
    struct rwe_table *table = builder->table;
    size_t rows = table->n_rows;
    if (table->n_columns < FEWEST_COLUMNS)
        return;
    while (table->n_rows > 1 && table->n_rows + MOST > rows && last_is_note(table)) {
        size_t line = rwe_table_line(table, table->n_rows - 1);
        take_last_row(table);
        if (rwe_complaints_note(builder->complaints,
                                "%s: skips line %zu below the table, which is a note or a total",
                                table->file, line) != RWE_OK)
            fail_memory(builder);
    }
    struct rwe_complaints *complaints = builder->complaints;
    size_t kept = 0;
    for (size_t c = 0; table->n_rows < rows && c < complaints->n; c++)
        if (complaints->item[c].file != table->file || complaints->item[c].row < table->n_rows)
            complaints->item[kept++] = complaints->item[c];
    if (table->n_rows < rows)
        complaints->n = kept;
}

/* ---- columns without a name ---- */

/* "1, 4, 7–9" of the columns without a name; "…" behind the first of many. */
static const char *list_nameless(const struct rwe_table *table, size_t *n)
{
    enum { MOST_LISTED = 20 };
    const char *list = NULL;
    size_t n_listed = 0;
    *n = 0;
    for (size_t j = 0; j < table->n_columns;) {
        size_t from = j;
        while (j < table->n_columns && table->column[j].info->name[0] == '\0')
            j++;
        if (j > from && n_listed++ < MOST_LISTED) {
            const char *before = list == NULL ? "" : list, *comma = list == NULL ? "" : ", ";
            list = j == from + 1
                       ? rwe_arena_format(table->arena, "%s%s%zu", before, comma, j)
                       : rwe_arena_format(table->arena, "%s%s%zu–%zu", before, comma, from + 1, j);
        }
        *n += j - from;
        j += j == from;
    }
    if (n_listed > MOST_LISTED && list != NULL)
        list = rwe_arena_format(table->arena, "%s, …", list);
    return list;
}

static void take_nameless(struct rwe_table_builder *builder)
{
    struct rwe_table *table = builder->table;
    size_t n, kept = 0;
    const char *list = list_nameless(table, &n);
    if (n == 0)
        return;
    enum rwe_status status =
        list == NULL ? RWE_NO_MEMORY
        : n == 1     ? rwe_complaints_note(builder->complaints,
                                           "%s: column %s of %zu has no name and is skipped",
                                           table->file, list, table->n_columns)
                     : rwe_complaints_note(builder->complaints,
                                           "%s: columns %s of %zu have no name and are skipped",
                                           table->file, list, table->n_columns);
    if (status != RWE_OK)
        fail_memory(builder);
    for (size_t j = 0; j < table->n_columns; j++)
        if (table->column[j].info->name[0] == '\0')
            rwe_column_free(&table->column[j]);
        else
            table->column[kept++] = table->column[j];
    table->n_columns = kept;
}

/* ---- check boxes of REDCap ---- */

/* "comorb___1" of raw exports, "Comorbidities (choice=Diabetes)" of those with labels. */
static bool is_box(const char *name)
{
    const char *line = strstr(name, "___");
    return (line != NULL && line != name && line[3] != '\0') || strstr(name, "(choice=") != NULL;
}

static bool is_word_of_box(const char *text, bool *checked)
{
    *checked = strcasecmp(text, "Checked") == 0;
    return *checked || strcasecmp(text, "Unchecked") == 0;
}

/* "Checked" and "Unchecked" become 1 and 0, if the column holds nothing else. */
static bool number_box(struct rwe_table_builder *builder, size_t at)
{
    struct rwe_table *table = builder->table;
    struct rwe_column fresh = {.info = table->column[at].info};
    bool checked, done = true, is_words = true;
    size_t n_words = 0, length;
    struct rwe_cells cells = rwe_cells_of(table, at);
    for (size_t i = 0; i < table->n_rows && is_words; i++) {
        const char *text = rwe_cells_next_text(&cells, &length);
        is_words = length == 0 || is_word_of_box(text, &checked);
        n_words += length > 0;
    }
    if (!is_words || n_words == 0)
        return false;
    cells = rwe_cells_of(table, at);
    for (size_t i = 0; i < table->n_rows && done; i++) {
        const char *text = rwe_cells_next_text(&cells, &length);
        bool is_word = is_word_of_box(text, &checked);
        done = rwe_column_add(&fresh, checked ? "1" : "0", is_word ? 1 : 0);
    }
    if (!done)
        fail_memory(builder);
    rwe_column_close(&fresh);
    rwe_column_free(done ? &table->column[at] : &fresh);
    if (done)
        table->column[at] = fresh;
    return done;
}

static void tell_boxes(struct rwe_table_builder *builder)
{
    struct rwe_table *table = builder->table;
    size_t n = 0, n_words = 0, first = 0;
    for (size_t j = 0; j < table->n_columns && builder->status == RWE_OK; j++) {
        const struct rwe_column_info *info = table->column[j].info;
        if (!is_box(info->name))
            continue;
        first = n++ == 0 ? j : first;
        n_words += info->kind == RWE_KIND_TEXT && number_box(builder, j);
    }
    enum rwe_status status = RWE_OK;
    if (n_words > 0)
        status = rwe_complaints_note(
            builder->complaints,
            "%s: check boxes of REDCap (\"%s\", %zu in all): Checked is read as 1, Unchecked as 0",
            table->file, table->column[first].info->name, n_words);
    else if (n > 0)
        status = rwe_complaints_note(
            builder->complaints,
            "%s: check boxes of REDCap (\"%s\", %zu in all): each is a column of 0 and 1",
            table->file, table->column[first].info->name, n);
    if (status != RWE_OK)
        fail_memory(builder);
}

/* ---- cells that mean "no value" in one column ---- */

static void blank_numbers(struct rwe_column *column, double token)
{
    const double none = NAN;
    for (struct rwe_column_block *block = column->first; block != NULL; block = block->next)
        for (char *at = block->text; at < block->text + block->used; at += sizeof none) {
            double number;
            memcpy(&number, at, sizeof number);
            if (number == token)
                memcpy(at, &none, sizeof none);
        }
}

static bool blank_texts(struct rwe_table *table, size_t at, const char *token)
{
    struct rwe_column fresh = {.info = table->column[at].info};
    struct rwe_cells cells = rwe_cells_of(table, at);
    double number, wanted;
    bool is_number = rwe_number_parse(token, strlen(token), &wanted), done = true;
    for (size_t i = 0; i < table->n_rows && done; i++) {
        size_t length;
        const char *text = rwe_cells_next_text(&cells, &length);
        bool is_token = strcmp(text, token) == 0 ||
                        (is_number && rwe_number_parse(text, length, &number) && number == wanted);
        done = rwe_column_add(&fresh, text, is_token ? 0 : length);
    }
    rwe_column_close(&fresh);
    rwe_column_free(done ? &table->column[at] : &fresh);
    if (done)
        table->column[at] = fresh;
    return done;
}

/* Files may share a list: a column that is not there is no error here. */
static void blank_tokens(struct rwe_table_builder *builder)
{
    struct rwe_table *table = builder->table;
    for (size_t i = 0; i < builder->missing_in.n; i++)
        for (size_t j = 0; j < table->n_columns && builder->status == RWE_OK; j++) {
            const char *item = builder->missing_in.item[i];
            const struct rwe_column_info *info = table->column[j].info;
            size_t length = strlen(info->name);
            double number;
            if (strncmp(item, info->name, length) != 0 || item[length] != '=')
                continue;
            const char *token = item + length + 1;
            if (info->kind == RWE_KIND_TEXT && !blank_texts(table, j, token))
                fail_memory(builder);
            else if (info->kind == RWE_KIND_NUMBER &&
                     rwe_number_parse(token, strlen(token), &number))
                blank_numbers(&table->column[j], number);
        }
}

/* ---- all of it ---- */

void rwe_table_builder_tidy(struct rwe_table_builder *builder)
{
    if (builder->complaints == NULL || builder->status != RWE_OK)
        return;
    if (builder->is_sheet)
        take_notes(builder);
    take_nameless(builder);
    blank_tokens(builder);
    tell_boxes(builder);
    if (builder->n_narrowed > 0 && builder->status == RWE_OK &&
        rwe_complaints_note(builder->complaints,
                            "%s: full-width digits in %zu cells are read as ordinary ones",
                            builder->table->file, builder->n_narrowed) != RWE_OK)
        fail_memory(builder);
}
