/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toxicity_rows.h"

#include "rwe/analysis/inputs.h"
#include "rwe/base/sort.h"

#include <math.h>
#include <string.h>

const struct rwe_toxicity_level rwe_toxicity_level[RWE_TOXICITY_LEVELS] = {
    [RWE_TOXICITY_ANY] = {"any", 1}, [RWE_TOXICITY_SEVERE] = {">=3", 3}};

/* ---- counting ---- */

void rwe_toxicity_count(const struct rwe_cohort *cohort, const struct rwe_design *design,
                        const struct rwe_toxicity_row *row, struct rwe_toxicity_tally tally[])
{
    memset(tally, 0, cohort->n_arms * sizeof tally[0]);
    for (size_t k = 0; k < row->n; k++) {
        uint32_t i = row->subject[k];
        if (!design->member[i])
            continue;
        struct rwe_toxicity_tally *to = &tally[cohort->arm[i]];
        to->n[row->worst[k]]++;
        to->weight[row->worst[k]] += rwe_design_weight(design, i);
    }
}

struct rwe_share rwe_toxicity_share(const struct rwe_toxicity_tally *tally,
                                    const struct rwe_share *whole, int least, int most)
{
    struct rwe_share share = {.of = whole->of, .weight_of = whole->weight_of};
    for (int g = least; g <= most; g++) {
        share.n += tally->n[g];
        share.weighted += tally->weight[g];
    }
    return share;
}

/* ---- rows ---- */

static bool passes(const struct rwe_toxicity *toxicity, const struct rwe_toxicity_filter *filter,
                   uint32_t k)
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    uint32_t term = e->term[k], i = e->subject[k];
    for (int f = 0; f < RWE_AE_N_FACTS; f++)
        if (filter->fact[f] != 0 &&
            (e->fact[f] != NULL && e->fact[f][k] == 1) != (filter->fact[f] == 1))
            return false;
    if (filter->by_class && e->class_of_term[term] != filter->class)
        return false;
    if (filter->terms != NULL && !filter->terms[term])
        return false;
    if (filter->after != NULL && !(e->start[k] > filter->after[i]))
        return false;
    return filter->no_later_by == NULL || !(e->start[k] > filter->no_later_by[i]);
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

bool rwe_toxicity_is_shown(const struct rwe_run *run, const struct rwe_toxicity_row *row,
                           struct rwe_toxicity_tally tally[])
{
    const struct rwe_design *whole = &run->design[0];
    const struct toxicity_settings *settings = toxicity_settings_of(run->settings);
    double cut[RWE_TOXICITY_LEVELS] = {settings->cut, settings->cut_severe};
    rwe_toxicity_count(run->cohort, whole, row, tally);
    for (size_t l = 0; l < RWE_TOXICITY_LEVELS; l++)
        for (size_t a = 0; a < run->cohort->n_arms; a++) {
            const struct rwe_share arm = {.of = whole->arm_size[a]};
            size_t n = rwe_toxicity_share(&tally[a], &arm, rwe_toxicity_level[l].least_grade,
                                          RWE_WORST_GRADE)
                           .n;
            if (n > 0 && 100 * (double)n / (double)whole->arm_size[a] >= cut[l])
                return true;
        }
    return false;
}

static enum rwe_status choose_shown(const struct rwe_run *run, struct rwe_toxicity *toxicity)
{
    struct rwe_toxicity_tally *tally =
        RWE_NEW(run->arena, struct rwe_toxicity_tally, run->cohort->n_arms);
    if (tally == NULL)
        return RWE_NO_MEMORY;
    for (size_t r = 0; r < toxicity->n_rows; r++) {
        toxicity->row[r].shown = r == 0 || rwe_toxicity_is_shown(run, &toxicity->row[r], tally);
        toxicity->n_hidden += !toxicity->row[r].shown;
    }
    return RWE_OK;
}

enum rwe_status rwe_toxicity_order(const struct rwe_toxicity_row row[], size_t n,
                                   struct rwe_arena *arena, uint32_t order[])
{
    double *rarity = RWE_NEW(arena, double, n);
    for (size_t r = 0; rarity != NULL && r < n; r++)
        rarity[r] = -(double)row[r].n;
    return rarity == NULL ? RWE_NO_MEMORY : rwe_sort_numbers(rarity, n, arena, order);
}

/* ---- the rows ---- */

/* Each term with its episodes; returns how many have any. */
static enum rwe_status collect_terms(const struct rwe_run *run, struct rwe_toxicity *toxicity,
                                     struct rwe_toxicity_row term[],
                                     struct rwe_toxicity_list of_term[])
{
    const struct rwe_adverse_episodes *e = &toxicity->events.episode;
    struct rwe_toxicity_list all;
    if (rwe_toxicity_list_episodes(run, toxicity, &all) != RWE_OK)
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
    return choose_shown(run, toxicity);
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
        .with_details = true,
        .names = settings->names,
        .date_system = rwe_study_date_system(study),
        .month = rwe_toxicity_month(run),
    };
    struct rwe_table *table = NULL;
    if (settings->file == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--toxicity needs adverse events: say --ae FILE");
    if (names.n != 0 && names.n != 3)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-columns names three columns: subject, term, grade");
    if (names.n == 3) {
        columns.id = names.item[0];
        columns.term = names.item[1];
        columns.grade = names.item[2];
    }
    enum rwe_status status = rwe_run_read_table(run, settings->file, &table, error);
    if (status == RWE_OK)
        status = rwe_adverse_events_read(table, &columns, run->cohort,
                                         study->on_error == RWE_ON_ERROR_DROP, run->arena,
                                         run->complaints, events, error);
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

static enum rwe_status read_or_take(struct rwe_run *run, struct rwe_adverse_events *events,
                                    struct rwe_error *error)
{
    if (run->from_zero == NULL)
        return read_events(run, events, error);
    *events = run->from_zero->toxicity->events;
    return rwe_toxicity_take_later(run, events) == RWE_OK ? RWE_OK : rwe_fail_memory(error);
}

enum rwe_status rwe_toxicity_read(struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_toxicity *toxicity = RWE_NEW(run->arena, struct rwe_toxicity, 1);
    if (run->toxicity != NULL)
        return RWE_OK;
    if (toxicity == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = read_or_take(run, &toxicity->events, error);
    if (status == RWE_OK)
        status = find_follow_up(run, toxicity, error);
    if (status == RWE_OK && run->from_zero == NULL)
        status = check_windows(run, toxicity, error);
    if (status == RWE_OK && make_rows(run, toxicity) != RWE_OK)
        status = rwe_fail_memory(error);
    toxicity->n_subjects = run->cohort->n;
    run->toxicity = toxicity;
    return status;
}
