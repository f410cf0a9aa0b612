/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Curves of cumulative incidence, for --cuminc and for adverse events; the figure of --cuminc. */
#ifndef RWE_ESTIMATES_CUMINC_H
#define RWE_ESTIMATES_CUMINC_H

#include "rwe/analysis/estimates.h"
#include "rwe/analysis/present.h"
#include "rwe/stats/aalen_johansen.h"

/* The curves of all arms and causes, arm[n_arms] in the run's arena, with the variance that the population needs.
 * `scratch` is another arena, for the event table. */
enum rwe_status rwe_cuminc_fit(const struct rwe_run *run, const struct rwe_endpoint *endpoint,
                               const struct rwe_design *design, struct rwe_arena *scratch,
                               struct rwe_aalen_johansen arm[], struct rwe_error *error);

/* Adds the figure of an endpoint in a population; curves by arm. */
void rwe_cuminc_add_figure(struct rwe_run *run, const struct rwe_endpoint *endpoint,
                           const struct rwe_design *design, const struct rwe_aalen_johansen arm[]);

#endif
