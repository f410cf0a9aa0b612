/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Endpoints from dates: the earliest event, or else the latest date at which the patient was known to be
 * without one, and which date decided. Rules are data, so that one patient can be judged by several.
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
    RWE_DATE_EXPOSURE,     /**< start of the treatment that is compared */
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
    bool is_lost;                          /**< lost to follow-up, or 失访 in place of a date */
    const int32_t *visit; /**< days of all assessments, ascending; of one day the better response
                             first */
    const int8_t *visit_response; /**< of each, enum rwe_response; -1: none is told */
    const double *visit_sum;      /**< of each, the sum of target lesions, NaN: none is told */
    size_t n_visits;              /**< 0: only the last assessment is known */
};

/** A set of date columns: bit c is column c. */
typedef uint32_t rwe_date_set;
#define RWE_DATE_BIT(column) ((rwe_date_set)1 << (column))

/** The dates on which a patient was seen alive: the latest of them is the last contact. */
#define RWE_DATES_ALIVE                                                                            \
    (RWE_DATE_BIT(RWE_DATE_LAST_CONTACT) | RWE_DATE_BIT(RWE_DATE_LAST_ASSESS) |                    \
     RWE_DATE_BIT(RWE_DATE_PD) | RWE_DATE_BIT(RWE_DATE_NEWTX) | RWE_DATE_BIT(RWE_DATE_RESPONSE) |  \
     RWE_DATE_BIT(RWE_DATE_EXPOSURE))

/** What ends an endpoint, and what it is censored at. Dates are settled first (dates_settle.h). */
struct rwe_endpoint_definition {
    const char *name;
    unsigned start;         /**< column of its time zero */
    rwe_date_set events;    /**< the earliest counts; on the same day the first column */
    rwe_date_set competing; /**< each is a cause of its own, from 2, in the order of columns */
    rwe_date_set censor;    /**< the latest of these */
    rwe_date_set otherwise; /**< the latest of these where none of `censor` is known */
    uint8_t
        pd_place; /**< progression counts only there, elsewhere it competes; 0: it counts anywhere */
    bool is_assessed; /**< seen by imaging: the rules on visits and therapy apply */
    bool is_reversed; /**< the end of follow-up is the event, and events censor it */
};

enum rwe_new_therapy { RWE_NEW_THERAPY_IGNORE, RWE_NEW_THERAPY_CENSOR, RWE_NEW_THERAPY_EVENT };

/** How assessments, and their absence, count. In days; INFINITY: no limit. */
struct rwe_endpoint_rules {
    enum rwe_new_therapy new_therapy;
    double death_window; /**< a death this long after the last assessment or less is an event */
    double visit_gap;    /**< the same for progression */
    double pd_blank;     /**< progression up to this day after time zero is ignored; 0: none is */
    bool imaging_only;   /**< clinical progression does not count */
    double
        visit_every; /**< days between scheduled assessments, the first at time zero; a progression
                             seen between two counts from the later one. 0: from its own day */
    bool
        unassessed_at_zero; /**< a patient without assessment and event is censored at 0, and not at
                                the last contact */
    bool has_cutoff;
    int32_t cutoff; /**< later dates count as not yet known */
};

/** The named sets of rules. */
enum rwe_censoring {
    RWE_CENSORING_EMA,
    RWE_CENSORING_FDA_A,
    RWE_CENSORING_FDA_B,
    RWE_CENSORING_FDA_C
};

/**
 * ema (treatment policy): new therapy is ignored; any death and progression counts. fda-a: only imaging
 * counts; new therapy censors at the scan before it; an event more than 182 days (two visits of 13 weeks) after
 * the last scan is censored at that scan; a patient without a scan is censored at 0. fda-b: new therapy
 * censors; events after missed visits count; progression between visits counts from the next visit (13 weeks).
 * fda-c: clinical progression and new therapy are events.
 *
 * An endpoint that is seen by imaging ends, without an event, at the last assessment by the cut-off: what comes after
 * it changes nothing. The cut-off itself ends those that are not, in patients known to live then.
 */
struct rwe_endpoint_rules rwe_endpoint_rules_of(enum rwe_censoring censoring);

/** Assessments are planned every so many days: progression between two counts from the later one, and where events
 * after missed visits do not count, two visits are twice that. */
void rwe_endpoint_rules_plan(struct rwe_endpoint_rules *rules, double days);

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
    RWE_DATES_NO_PLACE, /**< progression at an unknown place, and the endpoint depends on the place */
};

#define RWE_DECIDED_BY_CUTOFF RWE_MOST_DATES

/** One derived row. */
struct rwe_endpoint_outcome {
    int32_t start, end; /**< days since 1970-01-01 */
    uint8_t cause;      /**< 0 censored, 1 the event, from 2 what competes */
    uint8_t cnsr;       /**< enum rwe_cnsr */
    uint8_t column;     /**< the one that decided the end, or RWE_DECIDED_BY_CUTOFF */
    uint8_t fault;      /**< enum rwe_dates_fault; with a fault only `column` may be read */
    bool start_imputed, end_imputed; /**< the day of a date was set by a rule */
    bool end_moved;                  /**< to the next scheduled assessment */
    bool unassessed; /**< censored without an assessment after time zero, wherever */
    bool
        scan_not_known; /**< the only scan that the dates tell is after the cut-off, so that the last one by
                             then is not known; censored at the cut-off */
    bool
        gap_not_known; /**< progression, seen at the only scan that is known: whether visits were missed
                             before it, which the rules ask, cannot be judged */
};

/** Whether the patient was looked at on visit `v`: an assessment that was not done (ND) is none. */
bool rwe_patient_was_assessed(const struct rwe_patient_dates *patient, size_t v);

/** The patient's row. O(columns). */
struct rwe_endpoint_outcome
rwe_endpoint_from_dates(const struct rwe_endpoint_definition *definition,
                        const struct rwe_endpoint_rules *rules,
                        const struct rwe_patient_dates *patient);

/** How many causes compete with the endpoint's own, each named by its column or as below. */
size_t rwe_endpoint_n_competing(const struct rwe_endpoint_definition *definition);

/** The cause, from 2, of a competing column; progression elsewhere has the column RWE_DATE_PD. */
uint8_t rwe_endpoint_cause_of(const struct rwe_endpoint_definition *definition, unsigned column);

/**
 * A definition by its name: os, rwpfs (pfs), ttp, itpfs, lrfs, ttnt, dor, followup; false when it is
 * none.
 */
bool rwe_endpoint_definition_find(const char *name, struct rwe_endpoint_definition *definition);

#endif
