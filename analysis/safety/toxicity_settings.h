/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of --toxicity. */
#ifndef RWE_SAFETY_TOXICITY_SETTINGS_H
#define RWE_SAFETY_TOXICITY_SETTINGS_H

#include "rwe/data/settings.h"

struct toxicity_settings {
    const char *file;           /* of --ae */
    const char *sheet;          /* of it, where it is a workbook */
    struct rwe_strings wide;    /* columns of it, or of the cohort file: one a term, of grades */
    struct rwe_strings columns; /* of it: ID, TERM, GRADE; none: the usual ones */
    struct rwe_strings names;   /* of its further columns: KEY=COLUMN */
    const char *follow_up;      /* an endpoint; NULL: os, where there is one */
    double days;                /* events count so long after the last dose; NaN: all */
    double immune_days, rt_days;
    struct rwe_strings tables;    /* none: all */
    bool grades;                  /* a table with columns of grades */
    struct rwe_strings incidence; /* TERM or TERM:3 */
    double cut, cut_severe;       /* percent of an arm from which a term is shown */
    bool fisher;                  /* p-values */
};

extern const struct rwe_options rwe_toxicity_options;
const struct toxicity_settings *toxicity_settings_of(const struct rwe_settings *settings);

#endif
