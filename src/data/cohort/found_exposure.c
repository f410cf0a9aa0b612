/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/found_exposure.h"

#include "cohort_private.h"
#include "rwe/data/endpoint_dates.h"
#include "rwe/data/validate.h"
#include <math.h>
#include <string.h>

/* ---- how sure one must be ---- */

static const double MANY = 0.8;               /* of an arm that has the role */
static const double OF_ROLE = 0.5;            /* the least difference of shares between arms */
static const double FULL = 0.9, EMPTY = 0.05; /* of an arm, where only the contents tell */
static const double FEW = 0.05, MOST = 0.8;   /* of those who have a start */
enum { FEWEST = 5, DAYS_APART = 2 };

/* Days, in the order of enum rwe_time_unit. */
static const double units[] = {1, 7, RWE_DAYS_PER_MONTH, 365.25};

/* A search: what holds for all columns, and the best that was found. */
struct search {
    const struct rwe_found_query *query;
    struct rwe_arena *arena;
    size_t *size;   /* by arm */
    int32_t *zero;  /* by subject, the day of time zero; NULL: no such column */
    bool *has_zero; /* by subject */
    size_t zero_column;
    double unit;        /* days per unit of times; NaN: not known */
    double *value;      /* by subject, of the column at hand: NaN where it has none */
    double *best_value; /* of the one found */
    double best_mean;
    struct rwe_found_exposure found;
};

/* ---- names ---- */

static bool holds_any(const char *name, const char *const words[], size_t n)
{
    for (size_t w = 0; w < n; w++)
        if (strcasestr(name, words[w]) != NULL)
            return true;
    return false;
}
#define HOLDS_ANY(name, words) holds_any(name, words, sizeof(words) / sizeof *(words))

/* What happens to patients, what is looked at, and the ends of treatments. */
static bool tells_an_outcome(const char *name)
{
    static const char *const words[] = {
        "death",   "dead",   "died",   "progress", "relaps", "recur",   "metast", "follow",
        "contact", "censor", "cutoff", "cut_off",  "birth",  "diagnos", "visit",  "scan",
        "assess",  "respon", "_end",   "end_",     ".end",   "stop",    "last",   "discont",
        "finish",  "withdr", "newtx",  "salvage",  "subseq", "adverse", "toxic",  "ae_",
        "死亡",    "进展",   "复发",   "转移",     "随访",   "末次",    "最后",   "出生",
        "诊断",    "确诊",   "影像",   "复查",     "评估",   "疗效",    "缓解",   "结束",
        "终止",    "停",     "截止",   "失访",     "不良",   "后线",    "二线",   "挽救",
    };
    return HOLDS_ANY(name, words);
}

static bool says_date(const char *name)
{
    static const char *const words[] = {"date", "_dt", ".dt", "日期", "时间"};
    return HOLDS_ANY(name, words);
}

static bool says_start(const char *name)
{
    static const char *const words[] = {"start",   "begin",   "began",   "commenc",
                                        "initiat", "time_to", "time.to", "delay",
                                        "wait",    "开始",    "起始"};
    return HOLDS_ANY(name, words);
}

/* Days in the unit that ends the name of a time: rt_start_mo, os.days, 生存时间（月）; NaN: none. */
static double unit_in_name(const char *name)
{
    static const struct {
        const char *word;
        enum rwe_time_unit unit;
    } words[] = {
        {"d", RWE_UNIT_DAYS},     {"day", RWE_UNIT_DAYS},     {"days", RWE_UNIT_DAYS},
        {"天", RWE_UNIT_DAYS},    {"日", RWE_UNIT_DAYS},      {"w", RWE_UNIT_WEEKS},
        {"wk", RWE_UNIT_WEEKS},   {"week", RWE_UNIT_WEEKS},   {"weeks", RWE_UNIT_WEEKS},
        {"周", RWE_UNIT_WEEKS},   {"m", RWE_UNIT_MONTHS},     {"mo", RWE_UNIT_MONTHS},
        {"mos", RWE_UNIT_MONTHS}, {"month", RWE_UNIT_MONTHS}, {"months", RWE_UNIT_MONTHS},
        {"月", RWE_UNIT_MONTHS},  {"y", RWE_UNIT_YEARS},      {"yr", RWE_UNIT_YEARS},
        {"year", RWE_UNIT_YEARS}, {"years", RWE_UNIT_YEARS},  {"年", RWE_UNIT_YEARS},
    };
    static const char *const brackets[] = {")", "）", "]"};
    size_t length = strlen(name);
    for (size_t b = 0; b < sizeof brackets / sizeof *brackets; b++) {
        size_t width = strlen(brackets[b]);
        if (length > width && strcmp(name + length - width, brackets[b]) == 0)
            length -= width;
    }
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const char *word = words[w].word;
        size_t width = strlen(word);
        bool is_ascii = (unsigned char)word[0] < 0x80;
        if (length > width && strncasecmp(name + length - width, word, width) == 0 &&
            (!is_ascii || strchr("_. (-[", name[length - width - 1]) != NULL))
            return units[words[w].unit];
    }
    return NAN;
}

/* ---- columns that are something else ---- */

static bool is_same(const char *declared, const char *name)
{
    return declared != NULL && strcmp(declared, name) == 0;
}

static bool is_declared(const struct rwe_study_settings *study, const char *name)
{
    const char *const single[] = {study->id,
                                  study->arm,
                                  study->entry,
                                  study->index_date,
                                  study->end_column,
                                  study->ltfu_column,
                                  study->failure_column,
                                  study->response_column,
                                  study->exposure_site,
                                  study->cluster};
    for (size_t s = 0; s < sizeof single / sizeof *single; s++)
        if (is_same(single[s], name))
            return true;
    for (size_t e = 0; e < study->endpoints.n; e++)
        if (is_same(study->endpoints.item[e].time, name) ||
            is_same(study->endpoints.item[e].event, name))
            return true;
    for (size_t d = 0; d < study->endpoint_dates.n; d++)
        if (strstr(study->endpoint_dates.item[d], name) != NULL)
            return true;
    return false;
}

/* ---- what a column holds, by subject ---- */

static enum rwe_status read_texts(const struct search *s, size_t column, const char **text[])
{
    *text = RWE_NEW(s->arena, const char *, rwe_table_rows(s->query->table));
    return *text == NULL ? RWE_NO_MEMORY
                         : rwe_table_strings(s->query->table, column, s->arena, *text);
}

/* The dates of a column in the order that all of it has; what is none is told by those who use it. */
static enum rwe_status read_dated(const struct search *s, size_t column, struct rwe_dated *dated[])
{
    struct rwe_complaints ignored = {.arena = s->arena};
    *dated = RWE_NEW(s->arena, struct rwe_dated, rwe_table_rows(s->query->table));
    return *dated == NULL
               ? RWE_NO_MEMORY
               : rwe_table_dated(s->query->table, column, rwe_study_date_style(s->query->study),
                                 *dated, &ignored);
}

/* A number alone is a date where the name says so: 20230501, or a spreadsheet's 45047. */
static bool is_date(const char *text, struct rwe_dated dated, bool numbers)
{
    return text != NULL && rwe_dated_has_day(dated) &&
           (numbers || strspn(text, "0123456789.") != strlen(text));
}

/* Days from time zero; 0 where its date is in no column. Words without a figure say that there is none, as 未放疗 and
 * "not done". Whether the column holds dates at all: not many figures are anything else. */
static enum rwe_status read_days(struct search *s, size_t column, bool *is_dates)
{
    const char **text;
    struct rwe_dated *dated;
    bool numbers = says_date(rwe_table_name(s->query->table, column));
    size_t n_dates = 0, n_others = 0;
    struct rwe_mark mark = rwe_arena_mark(s->arena);
    if (read_texts(s, column, &text) != RWE_OK || read_dated(s, column, &dated) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < s->query->n && n_others <= FEWEST + n_dates; i++) {
        const char *cell = text[s->query->row[i]];
        int32_t day = dated[s->query->row[i]].day;
        bool is_day = is_date(cell, dated[s->query->row[i]], numbers);
        n_dates += is_day;
        n_others += !is_day && cell != NULL && strpbrk(cell, "0123456789") != NULL;
        s->value[i] = NAN;
        if (is_day && s->zero == NULL)
            s->value[i] = 0;
        else if (is_day && s->has_zero[i])
            s->value[i] = day - s->zero[i];
    }
    rwe_arena_release(s->arena, mark);
    *is_dates = n_dates > 0 && n_others <= FEWEST + n_dates;
    return RWE_OK;
}

static enum rwe_status read_times(struct search *s, size_t column)
{
    struct rwe_mark mark = rwe_arena_mark(s->arena);
    struct rwe_complaints ignored = {.arena = s->arena};
    double *time = RWE_NEW(s->arena, double, rwe_table_rows(s->query->table));
    if (time == NULL || rwe_table_numbers(s->query->table, column, time, &ignored) != RWE_OK)
        return RWE_NO_MEMORY;
    double unit = unit_in_name(rwe_table_name(s->query->table, column));
    double per_unit = isnan(unit) || isnan(s->unit) ? 1 : unit / s->unit;
    for (size_t i = 0; i < s->query->n; i++)
        s->value[i] = time[s->query->row[i]] * per_unit;
    rwe_arena_release(s->arena, mark);
    return RWE_OK;
}

/* ---- whether it parts the arms ---- */

struct shares {
    double least, most; /* of an arm */
};

static enum rwe_status share_of_arms(const struct search *s, bool late_only, struct shares *shares)
{
    struct rwe_mark mark = rwe_arena_mark(s->arena);
    size_t *with = RWE_NEW(s->arena, size_t, s->query->n_arms);
    if (with == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < s->query->n; i++)
        with[s->query->arm[i]] += late_only ? s->value[i] > 0 : !isnan(s->value[i]);
    *shares = (struct shares){INFINITY, 0};
    for (size_t a = 0; a < s->query->n_arms; a++) {
        double share = s->size[a] == 0 ? 0 : (double)with[a] / (double)s->size[a];
        shares->least = fmin(shares->least, share);
        shares->most = fmax(shares->most, share);
    }
    rwe_arena_release(s->arena, mark);
    return RWE_OK;
}

static bool parts(struct shares shares, bool by_role)
{
    return by_role ? (shares.most >= MANY && shares.most - shares.least >= OF_ROLE) ||
                         (shares.most >= OF_ROLE && shares.least <= EMPTY)
                   : shares.most >= FULL && shares.least <= EMPTY;
}

/* Filled in one arm alone; or after zero in one arm alone, where nought stands for never. */
static enum rwe_status parts_the_arms(const struct search *s, bool by_role, bool *is_so)
{
    struct shares filled, late;
    if (share_of_arms(s, false, &filled) != RWE_OK || share_of_arms(s, true, &late) != RWE_OK)
        return RWE_NO_MEMORY;
    *is_so = parts(filled, by_role) || parts(late, by_role);
    for (size_t a = 0; a < s->query->n_arms && !by_role; a++)
        *is_so = *is_so && s->size[a] >= FEWEST;
    return RWE_OK;
}

/* ---- whether it is a start after time zero ---- */

struct counts {
    size_t n, n_early, n_late, n_within, n_followed;
    double mean;
};

static struct counts count(const struct search *s, bool in_unit, double tolerance)
{
    struct counts counts = {0};
    for (size_t i = 0; i < s->query->n; i++) {
        double start = s->value[i];
        double end = s->query->end == NULL || !in_unit ? (double)NAN : s->query->end[i];
        if (isnan(start))
            continue;
        counts.n++;
        counts.n_early += start < 0;
        counts.n_late += start > 0;
        counts.n_followed += !isnan(end);
        counts.n_within += start + tolerance < end;
        counts.mean += start;
    }
    counts.mean /= (double)counts.n;
    return counts;
}

static bool is_start(const struct counts *counts, bool by_role)
{
    double n = (double)counts->n;
    if (by_role)
        return counts->n_late > 0;
    return (double)counts->n_early <= FEW * n && (double)counts->n_late >= FEW * n &&
           counts->n_late > 0 && (double)counts->n_within >= MOST * (double)counts->n_followed;
}

/* Whether hardly anybody's follow-up ends before the days at hand, in this unit. */
static bool fits(const struct search *s, double unit)
{
    size_t n = 0, n_beyond = 0;
    for (size_t i = 0; i < s->query->n; i++) {
        n += !isnan(s->value[i]) && !isnan(s->query->end[i]);
        n_beyond += s->value[i] > s->query->end[i] * unit + DAYS_APART;
    }
    return n > 0 && (double)n_beyond <= FEW * (double)n;
}

/* Days in the unit of the times: known, or the smallest in which the dates lie within follow-up. */
static double unit_of_days(const struct search *s)
{
    if (!isnan(s->unit) || s->query->end == NULL)
        return s->unit;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        if (fits(s, units[u]))
            return units[u];
    return NAN;
}

static void take(struct search *s, size_t column, const struct rwe_found_exposure *as,
                 const struct counts *counts)
{
    double *before = s->best_value;
    if (s->found.column != NULL && s->best_mean <= counts->mean)
        return;
    s->found = *as;
    s->found.column = rwe_table_name(s->query->table, column);
    s->found.n_late = counts->n_late;
    s->best_mean = counts->mean;
    s->best_value = s->value;
    s->value = before;
    if (s->found.start != NULL)
        s->found.start = s->best_value;
}

/* Dates by role count without a date of time zero too: nobody knows then how late they are. */
static enum rwe_status try_dates(struct search *s, size_t column, bool by_role)
{
    bool is_it;
    if (s->zero == NULL && !by_role)
        return RWE_OK;
    enum rwe_status status = read_days(s, column, &is_it);
    if (status == RWE_OK && is_it)
        status = parts_the_arms(s, by_role, &is_it);
    if (status != RWE_OK || !is_it)
        return status;
    double unit = s->zero == NULL ? (double)NAN : unit_of_days(s);
    bool in_unit = !isnan(unit);
    for (size_t i = 0; in_unit && i < s->query->n; i++)
        s->value[i] /= unit;
    struct counts counts = count(s, in_unit, DAYS_APART / unit);
    if (s->zero == NULL)
        counts.n_late = counts.n;
    if (s->zero == NULL || is_start(&counts, by_role))
        take(s, column,
             &(struct rwe_found_exposure){
                 .is_date = true, .by_role = by_role, .start = in_unit ? s->value : NULL},
             &counts);
    return RWE_OK;
}

static bool is_in_other_unit(const struct search *s, size_t column)
{
    double unit = unit_in_name(rwe_table_name(s->query->table, column));
    return !isnan(unit) && !isnan(s->unit) && unit != s->unit;
}

static enum rwe_status try_times(struct search *s, size_t column, bool by_role)
{
    bool is_it;
    if (read_times(s, column) != RWE_OK || parts_the_arms(s, by_role, &is_it) != RWE_OK)
        return RWE_NO_MEMORY;
    struct counts counts = count(s, true, 0);
    if (is_it && is_start(&counts, by_role))
        take(s, column,
             &(struct rwe_found_exposure){.by_role = by_role,
                                          .in_other_unit = is_in_other_unit(s, column),
                                          .start = s->value},
             &counts);
    return RWE_OK;
}

/* ---- the search ---- */

/* Times that can be declared as they are come before dates, and these before times in another unit. */
static enum rwe_status try_roles(struct search *s)
{
    const struct rwe_found_query *q = s->query;
    size_t time = rwe_chart_column(q->table, q->study, "rt_start_mo");
    size_t date = rwe_chart_column(q->table, q->study, "rt_start_date");
    bool dates_first = time != RWE_NO_INDEX && is_in_other_unit(s, time);
    enum rwe_status status =
        time == RWE_NO_INDEX || dates_first ? RWE_OK : try_times(s, time, true);
    if (status == RWE_OK && s->found.column == NULL && date != RWE_NO_INDEX)
        status = try_dates(s, date, true);
    if (status == RWE_OK && s->found.column == NULL && dates_first)
        status = try_times(s, time, true);
    return status;
}

static enum rwe_status try_contents(struct search *s)
{
    const struct rwe_found_query *q = s->query;
    enum rwe_status status = RWE_OK;
    for (size_t c = 0; c < rwe_table_columns(q->table) && status == RWE_OK; c++) {
        const char *name = rwe_table_name(q->table, c);
        if (c == s->zero_column || rwe_chart_role(q->study, name) != NULL ||
            is_declared(q->study, name) || tells_an_outcome(name))
            continue;
        bool is_number = rwe_table_column(q->table, c)->kind == RWE_KIND_NUMBER;
        const char *before = s->found.column;
        if (!is_number || says_date(name))
            status = try_dates(s, c, false);
        if (status == RWE_OK && s->found.column == before && says_start(name))
            status = try_times(s, c, false);
    }
    return status;
}

static enum rwe_status read_zero(struct search *s)
{
    const struct rwe_found_query *q = s->query;
    struct rwe_dated *dated;
    s->zero_column = q->study->index_date != NULL
                         ? rwe_table_find(q->table, q->study->index_date)
                         : rwe_chart_column(q->table, q->study, "index_date");
    if (s->zero_column == RWE_NO_INDEX)
        return RWE_OK;
    s->zero = RWE_NEW(s->arena, int32_t, q->n);
    s->has_zero = RWE_NEW(s->arena, bool, q->n);
    if (rwe_arena_failed(s->arena) || read_dated(s, s->zero_column, &dated) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < q->n; i++) {
        s->has_zero[i] = rwe_dated_has_day(dated[q->row[i]]);
        s->zero[i] = dated[q->row[i]].day;
    }
    return RWE_OK;
}

/* The unit that is declared, or in the name of an endpoint's time. */
static double unit_of_times(const struct rwe_found_query *q)
{
    double unit = q->days_per_unit;
    if (isnan(unit) && q->study->time_unit != RWE_UNIT_NOT_SAID)
        unit = units[q->study->time_unit];
    for (size_t e = 0; isnan(unit) && e < q->study->endpoints.n; e++)
        if (q->study->endpoints.item[e].time != NULL)
            unit = unit_in_name(q->study->endpoints.item[e].time);
    return unit;
}

enum rwe_status rwe_find_exposure(const struct rwe_found_query *query, struct rwe_arena *arena,
                                  struct rwe_found_exposure *found)
{
    struct search s = {.query = query, .arena = arena, .unit = unit_of_times(query)};
    *found = (struct rwe_found_exposure){0};
    s.size = RWE_NEW(arena, size_t, query->n_arms);
    s.value = RWE_NEW(arena, double, query->n);
    s.best_value = RWE_NEW(arena, double, query->n);
    if (rwe_arena_failed(arena) || read_zero(&s) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < query->n; i++)
        s.size[query->arm[i]]++;
    enum rwe_status status = try_roles(&s);
    if (status == RWE_OK && s.found.column == NULL)
        status = try_contents(&s);
    if (status == RWE_OK)
        *found = s.found;
    return rwe_arena_failed(arena) ? RWE_NO_MEMORY : status;
}

/* ---- of a cohort ---- */

/* Whether --exposure-date made no arms of its own, so that starts which do not count, as those after the period of
 * grace, stay in the arms of the file. */
static bool is_beside_the_arms(const struct raw *raw)
{
    return raw->dates != NULL && raw->dates->about.exposure != NULL && !raw->arm_is_exposure;
}

/* All starts that the declared column of dates has. */
static enum rwe_status read_declared(const struct rwe_found_query *query, struct rwe_arena *arena,
                                     struct rwe_found_exposure *found)
{
    struct search s = {.query = query, .arena = arena};
    size_t column = rwe_table_find(query->table, query->study->exposure_date);
    bool is_dates;
    s.value = RWE_NEW(arena, double, query->n);
    if (s.value == NULL || read_zero(&s) != RWE_OK || read_days(&s, column, &is_dates) != RWE_OK)
        return RWE_NO_MEMORY;
    *found = (struct rwe_found_exposure){.column = query->study->exposure_date,
                                         .is_date = true,
                                         .is_declared = true,
                                         .start = s.value};
    for (size_t i = 0; i < query->n; i++) {
        s.value[i] /= query->days_per_unit;
        found->n_late += s.value[i] > 0;
    }
    return RWE_OK;
}

enum rwe_status rwe_cohort_find_exposure(const struct raw *raw, struct rwe_cohort *cohort)
{
    const struct rwe_study_settings *study = raw->study;
    bool beside = is_beside_the_arms(raw);
    if (!beside && (study->exposure_start != NULL || study->exposure_date != NULL ||
                    rwe_study_rule_is_off(study, RWE_FOUND_EXPOSURE_RULE)))
        return RWE_OK;
    struct rwe_found_exposure *found = RWE_NEW(raw->arena, struct rwe_found_exposure, 1);
    double *end = RWE_NEW(raw->scratch, double, cohort->n);
    if (found == NULL || end == NULL)
        return RWE_NO_MEMORY;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        for (size_t i = 0; i < cohort->n; i++)
            end[i] = fmax(end[i], cohort->endpoint[e].time[i]);
    const struct rwe_found_query query = {
        .table = raw->table,
        .study = study,
        .n = cohort->n,
        .row = cohort->row,
        .arm = cohort->arm,
        .n_arms = cohort->n_arms,
        .end = cohort->n_endpoints == 0 ? NULL : end,
        .days_per_unit = raw->dates != NULL || raw->has_dated_times
                             ? rwe_study_days_per_unit(raw->study)
                             : (double)NAN,
    };
    enum rwe_status status = beside ? read_declared(&query, raw->arena, found)
                                    : rwe_find_exposure(&query, raw->arena, found);
    if (status == RWE_OK && found->column != NULL)
        cohort->found = found;
    return status;
}
