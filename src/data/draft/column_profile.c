/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cells of a column are, in a few words and numbers. */
#include "draft_private.h"

#include "rwe/base/date.h"
#include "rwe/base/number.h"
#include "rwe/data/dated.h"
#include <math.h>
#include <string.h>

/* A column while it is looked at. */
struct look {
    const struct rwe_table *table;
    size_t column;
    struct rwe_column_summary summary;
    struct rwe_factor factor;
    size_t *count;
    struct rwe_arena *scratch;
};

static bool read_levels(struct look *look)
{
    size_t n = rwe_table_rows(look->table);
    if (rwe_table_factor(look->table, look->column, look->scratch, &look->factor) != RWE_OK)
        return false;
    look->count = RWE_NEW(look->scratch, size_t, look->factor.n_levels);
    for (size_t i = 0; look->count != NULL && i < n; i++)
        if (look->factor.code[i] >= 0)
            look->count[look->factor.code[i]]++;
    return look->count != NULL;
}

static bool is_yes_no(const struct rwe_factor *factor)
{
    double number;
    for (size_t l = 0; l < factor->n_levels; l++)
        if (!rwe_number_parse(factor->level[l], strlen(factor->level[l]), &number) ||
            (number != 0 && number != 1))
            return false;
    return factor->n_levels > 1;
}

/* Days where most values are dates; *is_date says whether. A column of figures only is one if it is called so. */
static bool read_days(struct look *look, bool named_date, struct rwe_date_style style, double day[],
                      bool *is_date)
{
    struct rwe_column_summary s = look->summary;
    size_t rows = rwe_table_rows(look->table), n = 0, n_values = rows - s.n_missing;
    struct rwe_complaints unread = {.arena = look->scratch};
    *is_date = false;
    if (n_values == 0 || (s.n_number > s.n_date + s.n_other && !named_date))
        return true;
    struct rwe_dated *dated = RWE_NEW(look->scratch, struct rwe_dated, rows);
    if (dated == NULL ||
        rwe_table_dated(look->table, look->column, style, dated, &unread) != RWE_OK)
        return false;
    for (size_t i = 0; i < rows; i++) {
        day[i] = rwe_dated_has_day(dated[i]) ? dated[i].day : (double)NAN;
        n += rwe_dated_has_day(dated[i]);
    }
    *is_date = rwe_complaints_doubt_column(&unread) || 2 * n > n_values;
    return true;
}

static const char *tell_bound(bool is_date, double bound, struct rwe_arena *arena)
{
    char text[RWE_DATE_SIZE];
    if (!isfinite(bound))
        return NULL;
    if (!is_date)
        return rwe_arena_format(arena, "%.6g", bound);
    rwe_date_format((int32_t)bound, text);
    return rwe_arena_string(arena, text);
}

static void tell_range(const struct look *look, bool is_date, const double value[],
                       struct rwe_arena *arena, struct rwe_draft_column *profile)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < rwe_table_rows(look->table); i++) {
        low = value[i] < low ? value[i] : low;
        high = value[i] > high ? value[i] : high;
    }
    profile->low = tell_bound(is_date, low, arena);
    profile->high = tell_bound(is_date, high, arena);
}

static enum rwe_content content_of(const struct look *look, size_t n_values)
{
    enum { FEW = 12, MOST = 24 };
    const struct rwe_column_info *info = rwe_table_column(look->table, look->column);
    size_t n = look->factor.n_levels;
    if (n_values == 0)
        return RWE_CONTENT_EMPTY;
    if (n == 1)
        return RWE_CONTENT_CONSTANT;
    if (is_yes_no(&look->factor))
        return RWE_CONTENT_YES_NO;
    bool is_coded = info->n_value_labels > 0 && n <= FEW;
    if (!is_coded && look->summary.n_number >= look->summary.n_date + look->summary.n_other)
        return RWE_CONTENT_NUMBER;
    return n <= FEW || (n <= MOST && n <= n_values / 4) ? RWE_CONTENT_CATEGORY : RWE_CONTENT_TEXT;
}

static bool keep_levels(const struct look *look, struct rwe_arena *arena,
                        struct rwe_draft_column *profile)
{
    size_t n = look->factor.n_levels;
    profile->n_levels = n;
    if (n > RWE_DRAFT_LEVELS)
        return true;
    const char **level = RWE_NEW(arena, const char *, n);
    size_t *count = RWE_NEW(arena, size_t, n);
    for (size_t l = 0; level != NULL && count != NULL && l < n; l++) {
        level[l] = rwe_arena_string(arena, look->factor.level[l]);
        count[l] = look->count[l];
    }
    profile->level = level;
    profile->count = count;
    return !rwe_arena_failed(arena);
}

static bool profile_column(struct look *look, bool named_date, struct rwe_date_style style,
                           struct rwe_arena *arena, struct rwe_draft_column *profile)
{
    size_t rows = rwe_table_rows(look->table);
    double *value = RWE_NEW(look->scratch, double, rows);
    struct rwe_complaints unread = {.arena = look->scratch};
    bool is_date;
    look->summary = rwe_table_summary(look->table, look->column);
    if (value == NULL || !read_levels(look) ||
        !read_days(look, named_date, style, value, &is_date) || !keep_levels(look, arena, profile))
        return false;
    profile->n_missing = look->summary.n_missing;
    profile->n_values = rows - look->summary.n_missing;
    profile->content = is_date ? RWE_CONTENT_DATE : content_of(look, profile->n_values);
    if (profile->content == RWE_CONTENT_NUMBER &&
        rwe_table_numbers(look->table, look->column, value, &unread) != RWE_OK)
        return false;
    if (is_date || profile->content == RWE_CONTENT_NUMBER)
        tell_range(look, is_date, value, arena, profile);
    return !rwe_arena_failed(arena);
}

enum rwe_status rwe_draft_profile(const struct rwe_table *table, size_t column, bool named_date,
                                  struct rwe_date_style style, struct rwe_arena *arena,
                                  struct rwe_draft_column *profile)
{
    struct look look = {.table = table, .column = column, .scratch = rwe_arena_new()};
    *profile = (struct rwe_draft_column){.name = rwe_table_name(table, column)};
    bool done = look.scratch != NULL && profile_column(&look, named_date, style, arena, profile);
    rwe_arena_free(look.scratch);
    return done ? RWE_OK : RWE_NO_MEMORY;
}

/* ---- decimal commas ---- */

/* "3,5", "-12,25". */
static bool has_decimal_comma(const char *text)
{
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, "0123456789");
    return whole > 0 && at[whole] == ',' && at[whole + 1] != '\0' &&
           strspn(at + whole + 1, "0123456789") == strlen(at + whole + 1);
}

bool rwe_draft_has_decimal_comma(const struct rwe_table *table)
{
    enum { LOOKED_AT = 1000 };
    bool found = false;
    struct rwe_arena *scratch = rwe_arena_new();
    size_t rows = rwe_table_rows(table);
    const char **text = scratch == NULL ? NULL : RWE_NEW(scratch, const char *, rows);
    for (size_t j = 0; text != NULL && j < rwe_table_columns(table) && !found; j++) {
        size_t n = 0, n_commas = 0;
        if (rwe_table_column(table, j)->kind != RWE_KIND_TEXT ||
            rwe_table_strings(table, j, scratch, text) != RWE_OK)
            continue;
        for (size_t i = 0; i < rows && i < LOOKED_AT; i++) {
            n += text[i] != NULL;
            n_commas += text[i] != NULL && has_decimal_comma(text[i]);
        }
        found = n_commas > 0 && 2 * n_commas > n;
    }
    rwe_arena_free(scratch);
    return found;
}
