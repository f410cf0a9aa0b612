/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Warns of values of covariates that no patient may have. */
#ifndef RWE_VALUES_REPORT_H
#define RWE_VALUES_REPORT_H

#include "rwe/analysis/analysis.h"

/** RWE_NO_MEMORY or RWE_OK. */
enum rwe_status rwe_values_report(struct rwe_run *run);

#endif
