/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toxicity_rows.h"

#include "rwe/analysis/job.h"
#include "rwe/base/sort.h"

#include <string.h>

const struct rwe_toxicity_level rwe_toxicity_level[RWE_TOXICITY_LEVELS] = {{"any", 1}, {">=3", 3}};

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

/* Worst grade over all terms, by subject: the row "any". */
static enum rwe_status any_row(const struct rwe_run *run, const struct rwe_adverse_events *events,
                               struct rwe_toxicity_row *row)
{
    uint8_t *worst_of = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    uint32_t *subject = RWE_NEW(run->arena, uint32_t, run->cohort->n);
    uint8_t *worst = RWE_NEW(run->arena, uint8_t, run->cohort->n);
    if (rwe_arena_failed(run->arena))
        return RWE_NO_MEMORY;
    *row = (struct rwe_toxicity_row){.name = "any", .subject = subject, .worst = worst};
    for (size_t k = 0; k < events->n; k++)
        if (events->worst[k] > worst_of[events->subject[k]])
            worst_of[events->subject[k]] = events->worst[k];
    for (size_t i = 0; i < run->cohort->n; i++)
        if (worst_of[i] > 0) {
            subject[row->n] = (uint32_t)i;
            worst[row->n++] = worst_of[i];
        }
    return RWE_OK;
}

/* The rule of the cut looks at the whole cohort, so that every population shows the same terms. */
static bool is_shown(const struct rwe_run *run, const struct rwe_toxicity_row *row,
                     struct rwe_toxicity_tally tally[])
{
    const struct rwe_design *whole = &run->design[0];
    double cut[RWE_TOXICITY_LEVELS] = {rwe_settings_number(run->settings, "ae-cut"),
                                       rwe_settings_number(run->settings, "ae-cut-severe")};
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
        toxicity->row[r].shown = r == 0 || is_shown(run, &toxicity->row[r], tally);
        toxicity->n_hidden += !toxicity->row[r].shown;
    }
    return RWE_OK;
}

/* "any", then the terms from the most frequent down; equally frequent ones by name. */
static enum rwe_status make_rows(const struct rwe_run *run, struct rwe_toxicity *toxicity)
{
    const struct rwe_adverse_events *events = &toxicity->events;
    struct rwe_toxicity_row *term = RWE_NEW(run->arena, struct rwe_toxicity_row, events->n_terms);
    double *rarity = RWE_NEW(run->arena, double, events->n_terms);
    uint32_t *order = RWE_NEW(run->arena, uint32_t, events->n_terms);
    toxicity->row = RWE_NEW(run->arena, struct rwe_toxicity_row, events->n_terms + 1);
    if (rwe_arena_failed(run->arena) || any_row(run, events, &toxicity->row[0]) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < events->n; k++) {
        struct rwe_toxicity_row *row = &term[events->term[k]];
        if (row->n++ == 0)
            *row = (struct rwe_toxicity_row){.name = events->term_name[events->term[k]],
                                             .n = 1,
                                             .subject = events->subject + k,
                                             .worst = events->worst + k};
    }
    for (size_t l = 0; l < events->n_terms; l++)
        rarity[l] = -(double)term[l].n;
    if (rwe_sort_numbers(rarity, events->n_terms, run->arena, order) != RWE_OK)
        return RWE_NO_MEMORY;
    toxicity->n_rows = 1;
    for (size_t l = 0; l < events->n_terms && term[order[l]].n > 0; l++)
        toxicity->row[toxicity->n_rows++] = term[order[l]];
    return choose_shown(run, toxicity);
}

/* ---- reading ---- */

static enum rwe_status read_events(struct rwe_run *run, struct rwe_adverse_events *events,
                                   struct rwe_error *error)
{
    const char *path = rwe_settings_text(run->settings, "ae");
    struct rwe_strings names = rwe_settings_list(run->settings, "ae-columns");
    const char *id = rwe_settings_text(run->settings, "id");
    struct rwe_adverse_event_columns columns = {id == NULL ? "" : id, "ae_term", "ae_grade"};
    struct rwe_table *table = NULL;
    if (path == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--toxicity needs adverse events: say --ae FILE");
    if (names.n != 0 && names.n != 3)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--ae-columns names three columns: subject, term, grade");
    if (names.n == 3)
        columns = (struct rwe_adverse_event_columns){names.item[0], names.item[1], names.item[2]};
    enum rwe_status status = rwe_job_read_table(run, path, &table, error);
    if (status == RWE_OK)
        status = rwe_adverse_events_read(table, &columns, run->cohort,
                                         rwe_settings_choice(run->settings, "on-error") == 1,
                                         run->arena, run->complaints, events, error);
    rwe_table_close(table);
    return status;
}

enum rwe_status rwe_toxicity_read(struct rwe_run *run, struct rwe_error *error)
{
    struct rwe_toxicity *toxicity = RWE_NEW(run->arena, struct rwe_toxicity, 1);
    if (run->toxicity != NULL)
        return RWE_OK;
    if (toxicity == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = read_events(run, &toxicity->events, error);
    if (status == RWE_OK && make_rows(run, toxicity) != RWE_OK)
        status = rwe_fail_memory(error);
    toxicity->n_subjects = run->cohort->n;
    run->toxicity = toxicity;
    return status;
}
