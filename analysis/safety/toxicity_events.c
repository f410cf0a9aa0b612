/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which adverse events count: from time zero to the end of follow-up or of a window, and after a landmark; and the
 * rows that tables make of them. */
#include "toxicity_events.h"

#include "rwe/analysis/inputs.h"
#include "rwe/base/language.h"
#include "rwe/base/sort.h"
#include "toxicity_settings.h"

#include <math.h>
#include <string.h>

extern const struct rwe_analysis rwe_analysis_toxicity;

const struct rwe_toxicity_level rwe_toxicity_level[RWE_TOXICITY_LEVELS] = {
    [RWE_TOXICITY_ANY] = {"any", N_("any grade"), 0},
    [RWE_TOXICITY_SEVERE] = {">=3", N_("grade ≥3"), 3}};

/* ---- pneumonitis ---- */

/* CTCAE has one term, MedDRA several by cause. Pneumonia by infection is none of them. */
static const char *const pneumonitis_terms[] = {
    "Pneumonitis",
    "Radiation pneumonitis",
    "Pneumonitis radiation",
    "Immune-mediated pneumonitis",
    "Immune-mediated lung disease",
    "Checkpoint inhibitor pneumonitis",
    "Interstitial lung disease",
    "Interstitial pneumonitis",
    "放射性肺炎",
    "放射性肺损伤",
    "免疫性肺炎",
    "免疫相关性肺炎",
    "免疫相关肺炎",
    "免疫介导性肺炎",
    "间质性肺炎",
    "间质性肺病",
    "非感染性肺炎",
    "肺炎",
};

/* 肺炎 alone is CTCAE's pneumonitis, and everyday Chinese for pneumonia: its class decides. */
static bool is_infection(const struct rwe_adverse_episodes *e, size_t term)
{
    if (e->class_of_term == NULL || e->class_of_term[term] < 0)
        return false;
    const char *class = e->class_name[e->class_of_term[term]];
    return strncasecmp(class, "infection", 9) == 0 || strstr(class, "感染") != NULL;
}

static bool is_pneumonitis(const struct rwe_adverse_events *events, size_t term)
{
    for (size_t k = 0; k < sizeof pneumonitis_terms / sizeof *pneumonitis_terms; k++)
        if (strcasecmp(events->term_name[term], pneumonitis_terms[k]) == 0)
            return !is_infection(&events->episode, term);
    return false;
}

bool rwe_toxicity_mark_pneumonitis(const struct rwe_adverse_events *events, uint8_t mark[])
{
    bool any = false;
    for (size_t t = 0; t < events->n_terms; t++) {
        mark[t] = is_pneumonitis(events, t);
        any = any || mark[t];
    }
    return any;
}

bool rwe_toxicity_has_pneumonitis(const struct rwe_adverse_events *events)
{
    bool any = false;
    for (size_t t = 0; t < events->n_terms && !any; t++)
        any = is_pneumonitis(events, t);
    return any;
}

/* ---- which episodes count ---- */

/* How long after what an episode still counts as treatment-emergent: in the unit of the cohort's
 * times; NaN: for ever. */
struct windows {
    double dose, immune, rt;
    const uint8_t *is_pneumonitis; /* by term */
    const double *exposure_start;
};

/* The latest onset that counts: so long after the last dose; where radiotherapy may have caused a
 * pneumonitis, so long after it, if that is later. NaN: not known, and so not bounded. */
static double latest_onset(const struct rwe_adverse_episodes *e, const struct windows *windows,
                           size_t k)
{
    bool immune = e->fact[RWE_AE_IS_IMMUNE] != NULL && e->fact[RWE_AE_IS_IMMUNE][k] == 1;
    bool by_rt = e->fact[RWE_AE_IS_RT] != NULL && e->fact[RWE_AE_IS_RT][k] == 1;
    double dose = isnan(windows->dose) ? NAN : e->last_dose[k];
    double latest = dose + (immune ? fmax(windows->dose, windows->immune) : windows->dose);
    if (!by_rt || !windows->is_pneumonitis[e->term[k]] || isnan(latest))
        return latest;
    double end = e->rt_end != NULL                 ? e->rt_end[k]
                 : windows->exposure_start != NULL ? windows->exposure_start[e->subject[k]]
                                                   : NAN;
    return fmax(latest, end + windows->rt); /* latest where the end is not known */
}

/* From time zero to the last day of follow-up, within the window; what has no onset is believed to be. */
static bool counts(const struct rwe_toxicity *toxicity, const struct windows *windows, size_t k)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    if (e->start == NULL || isnan(e->start[k]))
        return true;
    bool late =
        toxicity->follow_up != NULL && e->start[k] > toxicity->follow_up->time[e->subject[k]];
    return e->start[k] >= 0 && !late && !(e->start[k] > latest_onset(e, windows, k));
}

/* A month in the unit of the cohort's times, which is months unless the study says another. */
static double month_of(const struct rwe_run *run)
{
    switch (rwe_study_of(run->settings)->time_unit) {
    case RWE_UNIT_DAYS:
        return RWE_DAYS_PER_MONTH;
    case RWE_UNIT_WEEKS:
        return RWE_DAYS_PER_MONTH / 7;
    case RWE_UNIT_YEARS:
        return 1.0 / 12;
    case RWE_UNIT_MONTHS:
    case RWE_UNIT_NOT_SAID:
        break;
    }
    return 1;
}

static double days_in_unit(const struct rwe_run *run, double days)
{
    return days / RWE_DAYS_PER_MONTH * month_of(run);
}

/* At a landmark the episodes that counted from time zero were taken. */
static enum rwe_status make_windows(const struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                    struct windows *windows)
{
    const struct toxicity_settings *settings = toxicity_settings_of(run->settings);
    uint8_t *mark = RWE_NEW(run->arena, uint8_t, toxicity->events.n_terms);
    if (mark == NULL)
        return RWE_NO_MEMORY;
    rwe_toxicity_mark_pneumonitis(&toxicity->events, mark);
    *windows = (struct windows){
        .dose = run->from_zero != NULL ? NAN : days_in_unit(run, settings->days),
        .immune = days_in_unit(run, settings->immune_days),
        .rt = days_in_unit(run, settings->rt_days),
        .is_pneumonitis = mark,
        .exposure_start = run->cohort->exposure_start,
    };
    return RWE_OK;
}

/* Those that count in the order of `key`. */
static enum rwe_status list_by(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                               const uint64_t key[], struct rwe_toxicity_list *list)
{
    size_t n = toxicity->events.episode.n;
    uint32_t *order = RWE_NEW(run->arena, uint32_t, n);
    uint32_t *episode = RWE_NEW(run->arena, uint32_t, n);
    struct windows windows;
    if (rwe_arena_failed(run->arena) || make_windows(run, toxicity, &windows) != RWE_OK ||
        rwe_sort_integers(key, n, run->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    *list = (struct rwe_toxicity_list){.episode = episode};
    for (size_t k = 0; k < n; k++)
        if (counts(toxicity, &windows, order[k]))
            episode[list->n++] = order[k];
    toxicity->n_outside = n - list->n;
    return RWE_OK;
}

/* Those that count: by subject into toxicity->all, and by term, then subject. */
static enum rwe_status list_episodes(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                                     struct rwe_toxicity_list *by_term)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    uint64_t *key = RWE_NEW(run->arena, uint64_t, e->n);
    if (key == NULL)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < e->n; k++)
        key[k] = e->subject[k];
    if (list_by(run, toxicity, key, &toxicity->all) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < e->n; k++)
        key[k] = (uint64_t)e->term[k] * run->cohort->n + e->subject[k];
    return list_by(run, toxicity, key, by_term);
}

/* ---- at a landmark ---- */

/* By subject from time zero: who it is at the landmark; UINT32_MAX: not there any more. */
static uint32_t *subjects_at(const struct rwe_run *run)
{
    size_t n = run->from_zero->cohort->n;
    uint32_t *at = RWE_NEW(run->arena, uint32_t, n);
    for (size_t i = 0; at != NULL && i < n; i++)
        at[i] = UINT32_MAX;
    for (size_t k = 0; at != NULL && k < run->cohort->n; k++)
        at[run->cohort->source[k]] = (uint32_t)k;
    return at;
}

/* The episodes that counted from time zero and began after the landmark, in those who were still at risk at it,
 * counted from it. */
static enum rwe_status take_later(const struct rwe_run *run, const struct rwe_toxicity *from_zero,
                                  struct rwe_adverse_events *events)
{
    const struct rwe_adverse_episodes *all = &from_zero->events.episode;
    struct rwe_adverse_episodes *to = &events->episode;
    double landmark = run->design[0].clock.at;
    const uint32_t *at = subjects_at(run);
    uint32_t *term = RWE_NEW(run->arena, uint32_t, all->n);
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, all->n);
    uint8_t *grade = RWE_NEW(run->arena, uint8_t, all->n);
    double *start = RWE_NEW(run->arena, double, all->n);
    uint8_t *counted = RWE_NEW(run->arena, uint8_t, all->n); /* from time zero */
    int8_t *fact[RWE_AE_N_FACTS] = {NULL};
    for (int f = 0; f < RWE_AE_N_FACTS; f++)
        fact[f] = all->fact[f] == NULL ? NULL : RWE_NEW(run->arena, int8_t, all->n);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < from_zero->all.n; k++)
        counted[from_zero->all.episode[k]] = 1;
    *events = from_zero->events;
    to->n = 0;
    for (size_t k = 0; k < all->n; k++) {
        if (!counted[k] || !(all->start[k] > run->design[0].clock.at) ||
            at[all->subject[k]] == UINT32_MAX)
            continue;
        term[to->n] = all->term[k];
        subject[to->n] = at[all->subject[k]];
        grade[to->n] = all->grade[k];
        start[to->n] = all->start[k] - landmark;
        for (int f = 0; f < RWE_AE_N_FACTS; f++)
            if (fact[f] != NULL)
                fact[f][to->n] = all->fact[f][k];
        to->n++;
    }
    for (int f = 0; f < RWE_AE_N_FACTS; f++)
        to->fact[f] = fact[f];
    to->term = term;
    to->subject = subject;
    to->grade = grade;
    to->start = start;
    to->last_dose = to->rt_end = NULL;
    return RWE_OK;
}

/* ---- lists of episodes ---- */

static bool passes(const struct rwe_toxicity *toxicity, const struct rwe_toxicity_filter *filter,
                   uint32_t k)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    uint32_t term = e->term[k];
    for (int f = 0; f < RWE_AE_N_FACTS; f++)
        if (filter->fact[f] && (e->fact[f] == NULL || e->fact[f][k] != 1))
            return false;
    if (filter->by_class && e->class_of_term[term] != filter->class)
        return false;
    return filter->terms == NULL || filter->terms[term];
}

enum rwe_status rwe_toxicity_select(const struct rwe_toxicity *toxicity,
                                    const struct rwe_toxicity_list *list,
                                    const struct rwe_toxicity_filter *filter,
                                    struct rwe_arena *arena, struct rwe_toxicity_list *kept)
{
    uint32_t *episode = RWE_NEW(arena, uint32_t, list->n);
    if (episode == NULL)
        return RWE_NO_MEMORY;
    *kept = (struct rwe_toxicity_list){.episode = episode};
    for (size_t k = 0; k < list->n; k++)
        if (passes(toxicity, filter, list->episode[k]))
            episode[kept->n++] = list->episode[k];
    return RWE_OK;
}

/* An onset that is not known makes the first one unknown: who had one then cannot be told. */
static void take_onset(const struct rwe_adverse_episodes *e, uint32_t episode, bool first,
                       double *onset[], size_t at)
{
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++) {
        double start = e->start[episode];
        if (first)
            onset[l][at] = INFINITY;
        if (e->grade[episode] >= rwe_toxicity_level[l].least_grade && !isnan(onset[l][at]))
            onset[l][at] = isnan(start) ? NAN : fmin(onset[l][at], start);
    }
}

enum rwe_status rwe_toxicity_collect(const struct rwe_toxicity *toxicity,
                                     const struct rwe_toxicity_list *list, struct rwe_arena *arena,
                                     struct rwe_toxicity_row *row)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    uint32_t *subject = RWE_NEW(arena, uint32_t, list->n);
    uint8_t *worst = RWE_NEW(arena, uint8_t, list->n);
    double *onset[RWE_TOXICITY_LEVELS] = {NULL, NULL};
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS && e->start != NULL; l++)
        row->onset[l] = onset[l] = RWE_NEW(arena, double, list->n);
    row->n = 0;
    row->subject = subject;
    row->worst = worst;
    if (rwe_arena_failed(arena))
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < list->n; k++) {
        uint32_t episode = list->episode[k];
        bool first = row->n == 0 || subject[row->n - 1] != e->subject[episode];
        if (first)
            subject[row->n++] = e->subject[episode];
        if (e->grade[episode] > worst[row->n - 1])
            worst[row->n - 1] = e->grade[episode];
        if (e->start != NULL)
            take_onset(e, episode, first, onset, row->n - 1);
    }
    return RWE_OK;
}

/* ---- the rows ---- */

static size_t count_in_arm(const struct rwe_run *run, const struct rwe_toxicity_row *row,
                           size_t arm, int least_grade)
{
    size_t n = 0;
    for (size_t k = 0; k < row->n; k++)
        n += run->design[0].member[row->subject[k]] && run->cohort->arm[row->subject[k]] == arm &&
             row->worst[k] >= least_grade;
    return n;
}

bool rwe_toxicity_is_shown(const struct rwe_run *run, const struct rwe_toxicity_row *row)
{
    const struct toxicity_settings *settings = toxicity_settings_of(run->settings);
    const double cut[RWE_TOXICITY_LEVELS] = {settings->cut, settings->cut_severe};
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++)
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            size_t n = count_in_arm(run, row, a, rwe_toxicity_level[l].least_grade);
            if (n > 0 && 100 * (double)n / (double)run->design[0].arm_size[a] >= cut[l])
                return true;
        }
    return false;
}

static void choose_shown(const struct rwe_run *run, struct rwe_toxicity *toxicity)
{
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        toxicity->row[r].shown = r == 0 || rwe_toxicity_is_shown(run, &toxicity->row[r]);
        toxicity->n_hidden += !toxicity->row[r].shown;
    }
}

enum rwe_status rwe_toxicity_order(const struct rwe_toxicity_row row[], size_t n,
                                   struct rwe_arena *arena, uint32_t order[])
{
    double *rarity = RWE_NEW(arena, double, n);
    for (size_t r = 0; rarity != NULL && r < n; r++)
        rarity[r] = -(double)row[r].n;
    return rarity == NULL ? RWE_NO_MEMORY : rwe_sort_numbers(rarity, n, arena, order);
}

/* Each term with its episodes. */
static enum rwe_status collect_terms(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                                     struct rwe_toxicity_row term[],
                                     struct rwe_toxicity_list of_term[])
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    struct rwe_toxicity_list all;
    if (list_episodes(run, toxicity, &all) != RWE_OK)
        return RWE_NO_MEMORY;
    size_t end;
    for (size_t k = 0; k < all.n; k = end) {
        uint32_t t = e->term[all.episode[k]];
        for (end = k; end < all.n && e->term[all.episode[end]] == t;)
            end++;
        of_term[t] = (struct rwe_toxicity_list){all.episode + k, end - k};
        term[t].name = toxicity->events.term_name[t];
        term[t].class = e->class_of_term == NULL ? -1 : e->class_of_term[t];
        if (rwe_toxicity_collect(toxicity, &of_term[t], run->arena, &term[t]) != RWE_OK)
            return RWE_NO_MEMORY;
    }
    return RWE_OK;
}

/* "any", then the terms from the most frequent down; equally frequent ones by name. */
static enum rwe_status make_rows(const struct rwe_run *run, struct rwe_toxicity *toxicity)
{
    size_t n = toxicity->events.n_terms;
    struct rwe_toxicity_row *term = RWE_NEW(run->arena, struct rwe_toxicity_row, n);
    struct rwe_toxicity_list *of_term = RWE_NEW(run->arena, struct rwe_toxicity_list, n);
    uint32_t *order = RWE_NEW(run->arena, uint32_t, n);
    toxicity->row = RWE_NEW(run->arena, struct rwe_toxicity_row, n + 1);
    toxicity->of_row = RWE_NEW(run->arena, struct rwe_toxicity_list, n + 1);
    if (rwe_arena_failed(run->arena) || collect_terms(run, toxicity, term, of_term) != RWE_OK ||
        rwe_toxicity_order(term, n, run->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    toxicity->row[0] = (struct rwe_toxicity_row){.name = "any", .class = -1};
    toxicity->of_row[0] = toxicity->all;
    if (rwe_toxicity_collect(toxicity, &toxicity->all, run->arena, &toxicity->row[0]) != RWE_OK)
        return RWE_NO_MEMORY;
    toxicity->n_rows = 1;
    for (size_t l = 0; l < n && term[order[l]].n > 0; l++) {
        toxicity->of_row[toxicity->n_rows] = of_term[order[l]];
        toxicity->row[toxicity->n_rows++] = term[order[l]];
    }
    choose_shown(run, toxicity);
    return RWE_OK;
}

/* ---- reading ---- */

static enum rwe_status read_events(struct rwe_run *run, struct rwe_adverse_events *events,
                                   struct rwe_error *error)
{
    const struct toxicity_settings *settings = toxicity_settings_of(run->settings);
    const struct rwe_study_settings *study = rwe_study_of(run->settings);
    struct rwe_strings names = settings->columns;
    struct rwe_adverse_event_columns columns = {
        .id = study->id == NULL ? "" : study->id,
        .term = "ae_term",
        .grade = "ae_grade",
        .wide = settings->wide,
        .with_details = true,
        .names = settings->names,
        .date_style = rwe_study_date_style(study),
        .month = month_of(run),
    };
    struct rwe_table *table = NULL;
    if (settings->file == NULL && settings->wide.n == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--toxicity needs adverse events: say --ae FILE, or --ae-wide COL,… of the "
                        "cohort file");
    if (settings->wide.n > 0 && (names.n > 1 || settings->names.n > 0))
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-wide has one column a term, so --ae-columns names that of the "
                        "subjects alone, and --ae-names cannot act");
    if (settings->wide.n > 0 && names.n == 1)
        columns.id = names.item[0];
    else if (names.n != 0 && names.n != 3)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-columns names three columns: subject, term, grade");
    if (names.n == 3) {
        columns.id = names.item[0];
        columns.term = names.item[1];
        columns.grade = names.item[2];
    }
    enum rwe_status status =
        settings->file == NULL
            ? rwe_run_read_patients(run, &table, error)
            : rwe_run_read_table(run, settings->file, settings->sheet, &table, error);
    if (status == RWE_OK)
        status = rwe_adverse_events_read(table, &columns, run->cohort,
                                         study->on_error == RWE_ON_ERROR_DROP, run->arena,
                                         run->complaints, events, error);
    rwe_run_place_complaints(run, table);
    rwe_table_close(table);
    return status;
}

static enum rwe_status check_windows(const struct rwe_run *run, const struct rwe_toxicity *toxicity,
                                     struct rwe_error *error)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    if (isnan(toxicity_settings_of(run->settings)->days) ||
        (e->start != NULL && e->last_dose != NULL))
        return RWE_OK;
    return rwe_fail(
        error, RWE_USAGE, RWE_NO_INDEX,
        "--teae-days counts from the last dose to the onset: the file of adverse events "
        "needs a column of both; name them by --ae-names start=COL,last-dose=COL, or as "
        "dates");
}

/* The endpoint of --ae-follow-up, or "os" where there is one. */
static enum rwe_status find_follow_up(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                                      struct rwe_error *error)
{
    const struct rwe_cohort *cohort = run->cohort;
    const char *name = toxicity_settings_of(run->settings)->follow_up;
    for (size_t e = 0; e < cohort->n_endpoints; e++)
        if (strcasecmp(cohort->endpoint[e].name, name == NULL ? "os" : name) == 0)
            toxicity->follow_up = &cohort->endpoint[e];
    if (name != NULL && toxicity->follow_up == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-follow-up %s: there is no such endpoint; say the one whose event is "
                        "death",
                        name);
    return RWE_OK;
}

static enum rwe_status read_rows(struct rwe_run *run, struct rwe_toxicity *toxicity,
                                 struct rwe_error *error)
{
    enum rwe_status status = read_events(run, &toxicity->events, error);
    if (status == RWE_OK)
        status = find_follow_up(run, toxicity, error);
    if (status == RWE_OK)
        status = check_windows(run, toxicity, error);
    if (status == RWE_OK && make_rows(run, toxicity) != RWE_OK)
        status = rwe_fail_memory(error);
    return status;
}

static enum rwe_status take_rows(struct rwe_run *run, const struct rwe_toxicity *from_zero,
                                 struct rwe_toxicity *toxicity, struct rwe_error *error)
{
    enum rwe_status status = find_follow_up(run, toxicity, error);
    if (status != RWE_OK)
        return status;
    return take_later(run, from_zero, &toxicity->events) == RWE_OK &&
                   make_rows(run, toxicity) == RWE_OK
               ? RWE_OK
               : rwe_fail_memory(error);
}

enum rwe_status rwe_toxicity_prepare(struct rwe_run *run, void **state, struct rwe_error *error)
{
    const struct rwe_toxicity *from_zero =
        run->from_zero == NULL ? NULL : rwe_toxicity_of(run->from_zero);
    if (run->data != NULL)
        return RWE_OK;
    if (run->from_zero != NULL && (from_zero == NULL || from_zero->events.episode.start == NULL))
        return RWE_OK;
    struct rwe_toxicity *toxicity = RWE_NEW(run->arena, struct rwe_toxicity, 1);
    if (toxicity == NULL)
        return rwe_fail_memory(error);
    toxicity->n_subjects = run->cohort->n;
    *state = toxicity;
    return run->from_zero == NULL ? read_rows(run, toxicity, error)
                                  : take_rows(run, from_zero, toxicity, error);
}

const struct rwe_toxicity *rwe_toxicity_of(const struct rwe_run *run)
{
    return rwe_run_state(run->data == NULL ? run : run->data, &rwe_analysis_toxicity);
}
