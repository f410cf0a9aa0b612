/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RWE_ANALYSIS_RESPONSE_ASSESSED_H
#define RWE_ANALYSIS_RESPONSE_ASSESSED_H

#include "response_source.h"

/* When responders first responded, by arm of every population of patients, unweighted. See response.md. */
enum rwe_status rwe_response_times(struct rwe_run *run, const struct rwe_response_source source[],
                                   size_t n_sources, struct rwe_error *error);

/* Each patient's best change of the target lesions, where the assessments have their sums: table, series and figure. The
 * series keeps memory of the run's arena. */
enum rwe_status rwe_response_waterfall(struct rwe_run *run, struct rwe_error *error);

#endif
