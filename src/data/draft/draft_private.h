/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between src/data/draft/name_words.c, which knows what names say, column_profile.c, which looks at cells, and draft.c,
 * which guesses from both. */
#ifndef RWE_DATA_DRAFT_PRIVATE_H
#define RWE_DATA_DRAFT_PRIVATE_H

#include "rwe/data/draft.h"

/* Which outcome a name is about. */
enum outcome {
    OUTCOME_NONE,
    OUTCOME_OS,
    OUTCOME_PFS,
    OUTCOME_DFS,
    OUTCOME_RFS,
    OUTCOME_EFS,
    OUTCOME_TTP,
    OUTCOME_MFS,
    OUTCOME_LRFS,
    OUTCOME_CSS,
    N_OUTCOMES,
};

extern const char *const rwe_outcome_name[N_OUTCOMES]; /* "os" */

/* What a name says. Points are higher the surer it is, 0: it does not say so. */
struct name_sense {
    enum outcome outcome;
    bool is_time, is_event, is_date;
    const char *unit; /* of times: "months"; NULL */
    int id, arm, therapy, order;
    int zero, contact, death, progression; /* of dates */
    bool is_baseline, is_later;
};

struct name_sense rwe_name_sense(const struct rwe_column_info *info);

/* Whether a level of the arm is a control by its word: placebo, 对照, no, 0. */
bool rwe_is_control_word(const char *level);

/* Looks at all cells of a column. RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_draft_profile(const struct rwe_table *table, size_t column, bool named_date,
                                  struct rwe_date_style style, struct rwe_arena *arena,
                                  struct rwe_draft_column *profile);

/* Fills the event's levels of an endpoint by their words. `outcome`: what it is about; its name where it has none yet. */
void rwe_draft_guess_events(struct rwe_draft *draft, struct rwe_draft_endpoint *endpoint,
                            enum outcome outcome);

/* Control and treated of the arm that the draft has. */
void rwe_draft_guess_arms(struct rwe_draft *draft);

#endif
