/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Endpoints from dates: the earliest event, or else the latest date at which the patient was known to be
 * without one, and which date it was that decided. Rules are data, so that one patient can be looked
 * at under several.
 *
 * Days count from time zero: an event on that day has time 0. Months are days / 30.4375.
 *
 * Codes are those of ADaM's ADTTE, where CNSR = 0 is the event. The variants of rwPFS follow Mhatre et al. 2023
 * (R's RwPFS); those of regulators the FDA's guidance on endpoints in cancer (2007, 2018) and EMA's
 * on progression-free survival.
 */
#ifndef RWE_DATA_ENDPOINT_DATES_H
#define RWE_DATA_ENDPOINT_DATES_H

#include "rwe/data/dated.h"

#include <stdbool.h>
#include <stdint.h>

/** What a date column is; columns without a role follow from RWE_N_DATE_ROLES on. */
enum rwe_date_role {
    RWE_DATE_INDEX,        /**< time zero */
    RWE_DATE_PD,           /**< first documented progression */
    RWE_DATE_DEATH,        /**< of any cause */
    RWE_DATE_LAST_ASSESS,  /**< last imaging */
    RWE_DATE_LAST_CONTACT, /**< last known alive */
    RWE_DATE_NEWTX,        /**< next line of therapy */
    RWE_DATE_RESPONSE,     /**< first response */
    RWE_N_DATE_ROLES,
};
enum { RWE_MOST_DATES = 16 };

/** Days of a month, here and everywhere: 365.25 / 12. */
#define RWE_DAYS_PER_MONTH 30.4375

/** Where the first progression was. */
enum rwe_pd_place {
    RWE_PD_PLACE_UNKNOWN = 0,
    RWE_PD_INTRATHORACIC = 1, /**< lung, mediastinum or pleura, in or out of the field */
    RWE_PD_LOCOREGIONAL = 2,  /**< nasopharynx or neck */
    RWE_PD_ELSEWHERE = 4,
};

/** The dates of a patient. */
struct rwe_patient_dates {
    struct rwe_dated date[RWE_MOST_DATES]; /**< by role, then by the study's own columns */
    uint8_t pd_place;                      /**< bits of enum rwe_pd_place */
    bool pd_is_clinical;                   /**< progression was not seen on imaging */
    bool is_lost;         /**< lost to follow-up, or 失访 where a date should be */
    const int32_t *visit; /**< days of all assessments, ascending */
    size_t n_visits;      /**< 0: the last assessment is all that is known */
};

/** A set of date columns: bit c is column c. */
typedef uint32_t rwe_date_set;
#define RWE_DATE_BIT(column) ((rwe_date_set)1 << (column))

/** What ends an endpoint, and what it is censored at. */
struct rwe_endpoint_definition {
    const char *name;
    unsigned start;         /**< column of its time zero */
    rwe_date_set events;    /**< the earliest counts; on the same day the first column */
    rwe_date_set competing; /**< each its own cause, from 2, in order of columns */
    rwe_date_set censor;    /**< the latest of these */
    rwe_date_set otherwise; /**< the latest of these where none of `censor` is known */
    uint8_t pd_place; /**< progression counts there alone, elsewhere it competes; 0: anywhere */
    bool is_assessed; /**< seen by imaging: the rules on visits and therapy apply */
    bool is_reversed; /**< the end of follow-up is the event, and events censor it */
};

enum rwe_new_therapy { RWE_NEW_THERAPY_IGNORE, RWE_NEW_THERAPY_CENSOR, RWE_NEW_THERAPY_EVENT };

/** How what was seen, and not seen, counts. Days; INFINITY: no limit. */
struct rwe_endpoint_rules {
    enum rwe_new_therapy new_therapy;
    double death_window; /**< a death this long after the last assessment or less is an event */
    double visit_gap;    /**< the same for progression */
    double pd_blank;   /**< progression up to this day after time zero is not believed; 0: all is */
    bool imaging_only; /**< clinical progression is none */
    double
        visit_every; /**< days between scheduled assessments, the first at time zero; a progression
                             seen between two counts from the later one. 0: from its own day */
    bool unassessed_at_zero; /**< nobody without assessment and event is followed: censored at 0 */
    bool has_cutoff;
    int32_t cutoff; /**< what is later is not known yet */
};

/** The named sets of rules. */
enum rwe_censoring {
    RWE_CENSORING_EMA,
    RWE_CENSORING_FDA_A,
    RWE_CENSORING_FDA_B,
    RWE_CENSORING_FDA_C
};

/**
 * ema (treatment policy): new therapy ignored, any death and progression counts. fda-a: imaging alone;
 * new therapy censors at the scan before it; what comes more than 182 days (two visits of 13 weeks)
 * after the last scan is censored there; nobody without a scan is followed. fda-b: new therapy
 * censors, what follows missed visits counts, progression between visits counts from the next (13 weeks). fda-c: clinical progression and new therapy are events.
 */
struct rwe_endpoint_rules rwe_endpoint_rules_of(enum rwe_censoring censoring);

/** ADTTE's CNSR. */
enum rwe_cnsr {
    RWE_CNSR_EVENT = 0,
    RWE_CNSR_ALIVE = 1, /**< without event at the end of data */
    RWE_CNSR_LOST = 2,  /**< to follow-up */
    RWE_CNSR_NEW_THERAPY = 3,
    RWE_CNSR_UNASSESSED = 4, /**< no assessment after time zero */
    RWE_CNSR_MISSED = 5,     /**< an event after missed visits: censored at the last one */
    RWE_CNSR_COMPETING = 6,  /**< another event came first */
    RWE_N_CNSR,
};

/** "no assessment after time zero". */
const char *rwe_cnsr_words(enum rwe_cnsr cnsr);

/** What can be wrong with a patient's dates. */
enum rwe_dates_fault {
    RWE_DATES_SOUND,
    RWE_DATES_NO_START,     /**< no time zero: not in this endpoint, or E01 */
    RWE_DATES_NO_END,       /**< neither an event nor a date to censor at */
    RWE_DATES_BEFORE_START, /**< the deciding date is before time zero */
    RWE_DATES_NO_PLACE,     /**< progression, but where is not known, and the endpoint asks */
};

#define RWE_DECIDED_BY_CUTOFF RWE_MOST_DATES

/** One derived row. */
struct rwe_endpoint_outcome {
    int32_t start, end;              /**< days since 1970-01-01 */
    uint8_t cause;                   /**< 0 censored, 1 the event, from 2 what competes */
    uint8_t cnsr;                    /**< enum rwe_cnsr */
    uint8_t column;                  /**< that decided the end; RWE_DECIDED_BY_CUTOFF */
    uint8_t fault;                   /**< enum rwe_dates_fault; then `column` alone may be read */
    bool start_imputed, end_imputed; /**< the day of a date was set by a rule */
    bool end_moved;                  /**< to the next scheduled assessment */
};

/** The patient's row. O(columns). */
struct rwe_endpoint_outcome
rwe_endpoint_from_dates(const struct rwe_endpoint_definition *definition,
                        const struct rwe_endpoint_rules *rules,
                        const struct rwe_patient_dates *patient);

/** How many causes compete with the endpoint's own, each named by its column or as below. */
size_t rwe_endpoint_n_competing(const struct rwe_endpoint_definition *definition);

/** The cause, from 2, of a competing column; of progression elsewhere it is column RWE_DATE_PD. */
uint8_t rwe_endpoint_cause_of(const struct rwe_endpoint_definition *definition, unsigned column);

/**
 * A definition by its name: os, rwpfs (pfs), ttp, itpfs, lrfs, ttnt, dor, followup; false when it is
 * none.
 */
bool rwe_endpoint_definition_find(const char *name, struct rwe_endpoint_definition *definition);

/**
 * Sets the days of months known alone: the 15th; where time zero is in the same month and later, time
 * zero; for a death where the last contact is in that month and later, the last contact. "至今" at
 * the last contact or assessment is the cut-off, where there is one. Done once, before any outcome.
 */
void rwe_patient_dates_settle(struct rwe_patient_dates *patient,
                              const struct rwe_endpoint_rules *rules);

#endif
