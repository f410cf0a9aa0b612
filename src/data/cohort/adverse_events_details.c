/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rows of adverse events tell besides subject, term and grade. */
#include "adverse_events_private.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const struct rwe_adverse_detail_name rwe_adverse_detail_name[RWE_AE_N_DETAILS] = {
    [RWE_AE_SOC] = {"soc", "ae_soc"},
    [RWE_AE_START] = {"start", "ae_start_mo"},
    [RWE_AE_START_DATE] = {"start-date", "ae_start_date"},
    [RWE_AE_SERIOUS] = {"serious", "ae_serious"},
    [RWE_AE_IMMUNE] = {"immune", "ae_immune"},
    [RWE_AE_REL_CHEMO] = {"rel-chemo", "ae_rel_chemo"},
    [RWE_AE_REL_PD1] = {"rel-pd1", "ae_rel_pd1"},
    [RWE_AE_REL_RT] = {"rel-rt", "ae_rel_rt"},
    [RWE_AE_STEROID] = {"steroid", "ae_steroid"},
    [RWE_AE_ACTION] = {"action", "ae_action"},
    [RWE_AE_OUTCOME] = {"outcome", "ae_outcome"},
    [RWE_AE_LAST_DOSE] = {"last-dose", "last_dose_mo"},
    [RWE_AE_LAST_DOSE_DATE] = {"last-dose-date", "last_dose_date"},
    [RWE_AE_RT_END] = {"rt-end", "rt_end_mo"},
    [RWE_AE_RT_END_DATE] = {"rt-end-date", "rt_end_date"},
    [RWE_AE_EMERGENT] = {"emergent", "TRTEMFL"},
};

/* ---- words ---- */

/* What a cell means. */
enum { UNKNOWN = -1, NO_SUCH_WORD = -2 };

struct word {
    const char *text;
    int value;
};

static int value_of(const char *text, const struct word words[], size_t n)
{
    for (size_t w = 0; w < n; w++)
        if (strcasecmp(text, words[w].text) == 0)
            return words[w].value;
    return NO_SUCH_WORD;
}
#define VALUE_OF(text, words) value_of((text), (words), sizeof(words) / sizeof((words)[0]))

/* Unlikely is no suspicion: the convention of regulators' tables of related events. */
static const struct word answers[] = {
    {"0", 0},
    {"n", 0},
    {"no", 0},
    {"false", 0},
    {"none", 0},
    {"unrelated", 0},
    {"not related", 0},
    {"not suspected", 0},
    {"unlikely", 0},
    {"unlikely related", 0},
    {"remote", 0},
    {"remotely related", 0},
    {"doubtful", 0},
    {"improbable", 0},
    {"否", 0},
    {"无", 0},
    {"无关", 0},
    {"不相关", 0},
    {"肯定无关", 0},
    {"可能无关", 0},
    {"很可能无关", 0},
    {"可能不相关", 0},
    {"×", 0},
    {"1", 1},
    {"2", 1},
    {"3", 1},
    {"y", 1},
    {"yes", 1},
    {"true", 1},
    {"possible", 1},
    {"possibly", 1},
    {"possibly related", 1},
    {"probable", 1},
    {"probably", 1},
    {"probably related", 1},
    {"likely", 1},
    {"likely related", 1},
    {"definite", 1},
    {"definitely", 1},
    {"definitely related", 1},
    {"certain", 1},
    {"related", 1},
    {"suspected", 1},
    {"是", 1},
    {"有", 1},
    {"可能", 1},
    {"很可能", 1},
    {"肯定", 1},
    {"可能有关", 1},
    {"可能相关", 1},
    {"很可能有关", 1},
    {"很可能相关", 1},
    {"肯定有关", 1},
    {"肯定相关", 1},
    {"有关", 1},
    {"相关", 1},
    {"√", 1},
    {"u", UNKNOWN},
    {"unk", UNKNOWN},
    {"unknown", UNKNOWN},
    {"not assessable", UNKNOWN},
    {"unassessable", UNKNOWN},
    {"unclassifiable", UNKNOWN},
    {"无法判定", UNKNOWN},
    {"无法判断", UNKNOWN},
    {"无法评价", UNKNOWN},
    {"待评价", UNKNOWN},
    {"未知", UNKNOWN},
};

static int yes_or_no(const char *text)
{
    return VALUE_OF(text, answers);
}

enum { DELAY = 1, REDUCTION = 2, DISCONTINUATION = 4 };

static int one_action(const char *text)
{
    static const struct word words[] = {
        {"none", 0},
        {"no", 0},
        {"0", 0},
        {"dose not changed", 0},
        {"not applicable", 0},
        {"无", 0},
        {"未调整", 0},
        {"delay", DELAY},
        {"delayed", DELAY},
        {"dose delayed", DELAY},
        {"interrupt", DELAY},
        {"interrupted", DELAY},
        {"drug interrupted", DELAY},
        {"推迟", DELAY},
        {"延迟", DELAY},
        {"暂停", DELAY},
        {"reduce", REDUCTION},
        {"reduced", REDUCTION},
        {"dose reduced", REDUCTION},
        {"减量", REDUCTION},
        {"discontinue", DISCONTINUATION},
        {"discontinued", DISCONTINUATION},
        {"drug withdrawn", DISCONTINUATION},
        {"stop", DISCONTINUATION},
        {"停药", DISCONTINUATION},
        {"永久停药", DISCONTINUATION},
        {"unknown", UNKNOWN},
    };
    return VALUE_OF(text, words);
}

/* "delay; reduce" is both. */
static int action(const char *text)
{
    char word[64];
    int set = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, ";+/");
        size_t kept = length;
        while (kept > 0 && isspace((unsigned char)text[kept - 1]))
            kept--;
        if (kept >= sizeof word)
            return NO_SUCH_WORD;
        memcpy(word, text, kept);
        word[kept] = '\0';
        int one = one_action(word);
        if (one < 0)
            return one;
        set |= one;
        text += length;
        text += strspn(text, ";+/ ");
    }
    return set;
}

static int outcome(const char *text)
{
    static const struct word words[] = {
        {"recovered", 1},
        {"resolved", 1},
        {"recovered/resolved", 1},
        {"恢复", 1},
        {"痊愈", 1},
        {"好转", 0},
        {"recovering", 0},
        {"resolving", 0},
        {"recovering/resolving", 0},
        {"not recovered", 0},
        {"not recovered/not resolved", 0},
        {"未恢复", 0},
        {"持续", 0},
        {"sequelae", 0},
        {"recovered with sequelae", 0},
        {"recovered/resolved with sequelae", 0},
        {"后遗症", 0},
        {"fatal", 0},
        {"死亡", 0},
        {"unknown", UNKNOWN},
    };
    return VALUE_OF(text, words);
}

/* How a column of words becomes facts: `bit` of what the word means, 0 for the whole. */
struct reading {
    enum rwe_adverse_detail detail;
    int (*meaning)(const char *text);
    int bit;
    const char *advice;
};
static const struct reading readings[RWE_AE_N_FACTS] = {
    [RWE_AE_IS_SERIOUS] = {RWE_AE_SERIOUS, yes_or_no, 0, N_("say 1 or 0")},
    [RWE_AE_IS_IMMUNE] = {RWE_AE_IMMUNE, yes_or_no, 0, N_("say 1 or 0")},
    [RWE_AE_IS_CHEMO] = {RWE_AE_REL_CHEMO, yes_or_no, 0,
                         N_("say 0 no, 1 possible, 2 probable, 3 definite")},
    [RWE_AE_IS_PD1] = {RWE_AE_REL_PD1, yes_or_no, 0,
                       N_("say 0 no, 1 possible, 2 probable, 3 definite")},
    [RWE_AE_IS_RT] = {RWE_AE_REL_RT, yes_or_no, 0,
                      N_("say 0 no, 1 possible, 2 probable, 3 definite")},
    [RWE_AE_HAD_STEROID] = {RWE_AE_STEROID, yes_or_no, 0, N_("say 1 or 0")},
    [RWE_AE_HAD_DELAY] = {RWE_AE_ACTION, action, DELAY,
                          N_("say none, delay, reduce or discontinue")},
    [RWE_AE_HAD_REDUCTION] = {RWE_AE_ACTION, action, REDUCTION, NULL},
    [RWE_AE_HAD_DISCONTINUATION] = {RWE_AE_ACTION, action, DISCONTINUATION, NULL},
    [RWE_AE_IS_RESOLVED] =
        {RWE_AE_OUTCOME, outcome, 0,
         N_("say recovered, recovering, not recovered, sequelae, fatal or unknown")},
};

/* ---- columns ---- */

static enum rwe_status bad_name(const char *item, struct rwe_error *error)
{
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--ae-names %s: say KEY=COLUMN with a key of soc, start, start-date, serious, "
                    "immune, rel-chemo, rel-pd1, rel-rt, steroid, action, outcome, last-dose, "
                    "last-dose-date, rt-end, rt-end-date, emergent",
                    item);
}

/* --ae-names, one of it. */
static enum rwe_status name_column(struct adverse_reader *r, const char *item,
                                   struct rwe_error *error)
{
    const char *equals = strchr(item, '=');
    for (size_t d = 0; equals != NULL && d < RWE_AE_N_DETAILS; d++) {
        const char *key = rwe_adverse_detail_name[d].key;
        if (strlen(key) == (size_t)(equals - item) && memcmp(item, key, strlen(key)) == 0)
            return rwe_cohort_column(r->table, "--ae-names", equals + 1, &r->column[d], error);
    }
    return bad_name(item, error);
}

static enum rwe_status find_columns(struct adverse_reader *r, struct rwe_error *error)
{
    enum rwe_status status = RWE_OK;
    for (size_t d = 0; d < RWE_AE_N_DETAILS; d++)
        r->column[d] = rwe_table_find(r->table, rwe_adverse_detail_name[d].column);
    if (r->column[RWE_AE_EMERGENT] == RWE_NO_INDEX)
        r->column[RWE_AE_EMERGENT] = rwe_table_find(r->table, "trtemfl");
    for (size_t k = 0; k < r->name->names.n && status == RWE_OK; k++)
        status = name_column(r, r->name->names.item[k], error);
    return status;
}

/* Each word is looked up once, however many rows have it. */
static enum rwe_status read_words(struct adverse_reader *r, const struct reading *how,
                                  int8_t **facts)
{
    size_t n = rwe_table_rows(r->table);
    struct rwe_factor factor;
    if (rwe_table_factor(r->table, r->column[how->detail], r->arena, &factor) != RWE_OK)
        return RWE_NO_MEMORY;
    int *meaning = RWE_NEW(r->arena, int, factor.n_levels);
    *facts = RWE_NEW(r->arena, int8_t, n);
    if (rwe_arena_failed(r->arena))
        return RWE_NO_MEMORY;
    for (size_t l = 0; l < factor.n_levels; l++)
        meaning[l] = how->meaning(factor.level[l]);
    for (size_t i = 0; i < n; i++) {
        int m = factor.code[i] < 0 ? UNKNOWN : meaning[factor.code[i]];
        (*facts)[i] = (int8_t)(m < 0 || how->bit == 0 ? m : (m & how->bit) != 0);
        if (m == NO_SUCH_WORD && how->advice != NULL &&
            adverse_complain(r, i, rwe_table_name(r->table, r->column[how->detail]),
                             factor.level[factor.code[i]], N_("not a word that is known here"),
                             how->advice) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* The dates where there are some that can be counted from time zero, else the times. */
static enum rwe_status read_times(struct adverse_reader *r, enum rwe_adverse_detail as_time,
                                  enum rwe_adverse_detail as_date, struct adverse_times *times)
{
    size_t n = rwe_table_rows(r->table);
    size_t date = r->column[as_date];
    size_t number = r->column[as_time];
    if (r->cohort->dates != NULL && date != RWE_NO_INDEX) {
        times->date = RWE_NEW(r->arena, struct rwe_dated, n);
        return times->date == NULL ? RWE_NO_MEMORY
                                   : rwe_table_dated(r->table, date, r->name->date_style,
                                                     times->date, r->complaints);
    }
    if (number == RWE_NO_INDEX)
        return RWE_OK;
    times->time = RWE_NEW(r->arena, double, n);
    if (times->time == NULL ||
        rwe_table_numbers(r->table, number, times->time, r->complaints) != RWE_OK)
        return RWE_NO_MEMORY;
    bool is_in_months =
        strcmp(rwe_table_name(r->table, number), rwe_adverse_detail_name[as_time].column) == 0;
    for (size_t i = 0; is_in_months && r->name->month > 0 && i < n; i++)
        times->time[i] *= r->name->month;
    return RWE_OK;
}

/* A flag that no row has tells nothing. */
static enum rwe_status read_emergent(struct adverse_reader *r)
{
    static const struct reading how = {RWE_AE_EMERGENT, yes_or_no, 0, N_("say Y or N")};
    int8_t *emergent;
    bool any = false;
    if (read_words(r, &how, &emergent) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < r->n; i++)
        any = any || emergent[i] == 1;
    r->emergent = any ? emergent : NULL;
    return RWE_OK;
}

enum rwe_status adverse_details_read(struct adverse_reader *r, struct rwe_error *error)
{
    enum rwe_status status = find_columns(r, error);
    if (status != RWE_OK)
        return status;
    if (r->column[RWE_AE_SOC] != RWE_NO_INDEX)
        status = rwe_table_factor(r->table, r->column[RWE_AE_SOC], r->arena, &r->class_of);
    if (status == RWE_OK)
        status = read_times(r, RWE_AE_START, RWE_AE_START_DATE, &r->start);
    if (status == RWE_OK)
        status = read_times(r, RWE_AE_LAST_DOSE, RWE_AE_LAST_DOSE_DATE, &r->last_dose);
    if (status == RWE_OK)
        status = read_times(r, RWE_AE_RT_END, RWE_AE_RT_END_DATE, &r->rt_end);
    for (int f = 0; f < RWE_AE_N_FACTS && status == RWE_OK; f++)
        if (r->column[readings[f].detail] != RWE_NO_INDEX)
            status = read_words(r, &readings[f], &r->fact[f]);
    if (status == RWE_OK && r->column[RWE_AE_EMERGENT] != RWE_NO_INDEX)
        status = read_emergent(r);
    return status == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

/* ---- of the episodes ---- */

/* The day of an onset, or of an end of treatment. A month alone has its 15th, moved within the month where other
 * dates of the patient ask for it: no earlier than time zero, nor an onset than the start of the exposure; and no
 * later than the death, or the last day on which the patient was seen, since it was known then. Nor is an onset later
 * than a death of which the month alone is known. */
static struct rwe_dated settle(struct rwe_dated dated, bool is_onset,
                               const struct rwe_patient_dates *patient)
{
    const struct rwe_dated *date = patient->date, death = date[RWE_DATE_DEATH];
    struct rwe_dated seen = {0};
    for (unsigned c = 0; c < RWE_N_DATE_ROLES; c++)
        if ((RWE_DATES_ALIVE & RWE_DATE_BIT(c)) != 0 && rwe_dated_has_day(date[c]) &&
            (!rwe_dated_has_day(seen) || date[c].day > seen.day))
            seen = (struct rwe_dated){date[c].day, RWE_DATED_DAY};
    rwe_dated_raise(&dated, date[RWE_DATE_INDEX]);
    if (is_onset)
        rwe_dated_raise(&dated, date[RWE_DATE_EXPOSURE]);
    rwe_dated_lower(&dated,
                    rwe_dated_has_day(death) ? (struct rwe_dated){death.day, RWE_DATED_DAY} : seen);
    if (dated.kind == RWE_DATED_DAY && death.kind == RWE_DATED_MONTH && dated.day > death.day &&
        rwe_dated_same_month(dated.day, death.day))
        dated.day = death.day;
    return dated;
}

static double since_zero(struct rwe_dated dated, struct rwe_dated zero, double days_per_unit)
{
    return rwe_dated_has_day(dated) && rwe_dated_has_day(zero)
               ? ((double)dated.day - zero.day) / days_per_unit
               : (double)NAN;
}

static double date_of(const struct adverse_reader *r, const struct adverse_times *times, size_t row,
                      uint32_t subject)
{
    const struct rwe_cohort_dates *dates = r->cohort->dates;
    const struct rwe_patient_dates *patient = &dates->patient[subject];
    return since_zero(settle(times->date[row], times == &r->start, patient),
                      patient->date[RWE_DATE_INDEX], dates->days_per_unit);
}

static const double *gather_times(const struct adverse_reader *r,
                                  const struct rwe_adverse_episodes *e,
                                  const struct adverse_times *times)
{
    if (times->time == NULL && times->date == NULL)
        return NULL;
    double *since = RWE_NEW(r->arena, double, e->n);
    for (size_t k = 0; since != NULL && k < e->n; k++)
        since[k] = times->time != NULL ? times->time[r->row[k]]
                                       : date_of(r, times, r->row[k], e->subject[k]);
    return since;
}

/* The class of most rows of each term. */
static enum rwe_status gather_classes(const struct adverse_reader *r,
                                      struct rwe_adverse_events *events)
{
    struct rwe_adverse_episodes *e = &events->episode;
    size_t n_classes = r->class_of.n_levels;
    size_t *rows = RWE_NEW(r->arena, size_t, events->n_terms * n_classes);
    int32_t *class = RWE_NEW(r->arena, int32_t, events->n_terms);
    if (rwe_arena_failed(r->arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < e->n; k++)
        if (r->class_of.code[r->row[k]] >= 0)
            rows[e->term[k] * n_classes + (size_t)r->class_of.code[r->row[k]]]++;
    for (size_t t = 0; t < events->n_terms; t++) {
        const size_t *of_term = rows + t * n_classes;
        class[t] = -1;
        for (size_t c = 0; c < n_classes; c++)
            if (of_term[c] > (class[t] < 0 ? 0 : of_term[class[t]]))
                class[t] = (int32_t)c;
    }
    for (size_t k = 0; k < e->n; k++)
        e->n_strays +=
            r->class_of.code[r->row[k]] >= 0 && r->class_of.code[r->row[k]] != class[e->term[k]];
    e->class_of_term = class;
    e->class_name = r->class_of.level;
    e->n_classes = n_classes;
    return RWE_OK;
}

enum rwe_status adverse_details_gather(const struct adverse_reader *r,
                                       struct rwe_adverse_events *events)
{
    struct rwe_adverse_episodes *e = &events->episode;
    e->start = gather_times(r, e, &r->start);
    e->has_unused_dates = e->start == NULL && r->column[RWE_AE_START_DATE] != RWE_NO_INDEX;
    e->last_dose = gather_times(r, e, &r->last_dose);
    e->rt_end = gather_times(r, e, &r->rt_end);
    for (int f = 0; f < RWE_AE_N_FACTS; f++) {
        int8_t *fact = r->fact[f] == NULL ? NULL : RWE_NEW(r->arena, int8_t, e->n);
        for (size_t k = 0; fact != NULL && k < e->n; k++)
            fact[k] = r->fact[f][r->row[k]];
        e->fact[f] = fact;
    }
    if (r->column[RWE_AE_SOC] != RWE_NO_INDEX && gather_classes(r, events) != RWE_OK)
        return RWE_NO_MEMORY;
    return rwe_arena_failed(r->arena) ? RWE_NO_MEMORY : RWE_OK;
}
