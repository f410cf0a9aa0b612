/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RWE_ANALYSIS_RESPONSE_DURATION_H
#define RWE_ANALYSIS_RESPONSE_DURATION_H

#include "response_source.h"

/* How long responses lasted, by arm of every population of patients: of responders alone, so without a
 * comparison. Nothing unless --derive dor dated them. By the first response of each source. See response.md. */
enum rwe_status rwe_response_duration(struct rwe_run *run,
                                      const struct rwe_response_source source[], size_t n_sources,
                                      struct rwe_error *error);

#endif
