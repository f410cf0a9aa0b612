/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What each value of the columns of events became, and warnings of values that may be events but count as censored. */
#ifndef RWE_EVENTS_REPORT_H
#define RWE_EVENTS_REPORT_H

#include "rwe/analysis/analysis.h"

void rwe_events_report(struct rwe_run *run);

#endif
