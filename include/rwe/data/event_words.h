/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Words that columns of events hold, in the languages that such files are in. */
#ifndef RWE_DATA_EVENT_WORDS_H
#define RWE_DATA_EVENT_WORDS_H

#include "rwe/data/cohort.h"

enum rwe_event_word {
    RWE_WORD_UNKNOWN,
    RWE_WORD_CENSORED, /**< negated, alive, lost or censored: "Last follow-up", "Living", 未复发 */
    RWE_WORD_DEATH,
    RWE_WORD_PROGRESSION,
    RWE_WORD_RECURRENCE,
    RWE_WORD_METASTASIS,
    RWE_WORD_YES, /**< an event without saying which: "yes", "event", 是 */
};

/** What a value says; a code in front of it ("1:DECEASED") is passed over. */
enum rwe_event_word rwe_event_word(const char *value);

/** Whether a value is a known word for the event. In a column that is named for the censored or the living
 * (rwe_event_is_reversed) these are 0 and words for no, and no yes. */
bool rwe_event_is_value(const char *value, bool is_reversed);

/** Whether the name of a column says that it is 1 where there was no event: CNSR, censored, alive, 删失, 存活. */
bool rwe_event_is_reversed(const char *column);

/** Why a value that counts as censored may be an event. */
enum rwe_event_doubt {
    RWE_NO_DOUBT,
    RWE_DOUBT_CASE, /**< it differs from a value of the event in case, blanks or marks only */
    RWE_DOUBT_WORD, /**< it is another word for the event, or a death */
    RWE_DOUBT_CODE, /**< it is a third code beside those of event and censoring */
};

/** The doubt about value i of an endpoint; none where it is no censoring. */
enum rwe_event_doubt rwe_event_doubt(const struct rwe_endpoint *endpoint, size_t i);

#endif
