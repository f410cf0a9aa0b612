/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First events of a term, and what rates are told in: for rates, incidences and phases. */
#ifndef RWE_ANALYSIS_TOXICITY_RATES_H
#define RWE_ANALYSIS_TOXICITY_RATES_H

#include "toxicity_view.h"

/* Rates are per `scale` of the cohort's unit of time: "100 patient-years". */
struct rwe_rate_unit {
    double scale;
    const char *words; /* what there are 100 of */
};
struct rwe_rate_unit rwe_rate_unit_of(const struct rwe_run *run);

enum { RWE_FIRST_NONE, RWE_FIRST_KNOWN, RWE_FIRST_UNKNOWN };

/* By subject of the data: until the first event or the end of follow-up. Of unknown onset: no time. */
struct rwe_first_events {
    double *time;
    uint8_t *event; /* RWE_FIRST_… */
};

/* Of a row at a level; both arrays hold a place for every subject. */
void rwe_toxicity_first(const struct rwe_toxicity *toxicity, const struct rwe_toxicity_row *row,
                        size_t level, struct rwe_first_events first);

#endif
