/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second table of --protocol. See protocol.md. */
#ifndef ANALYSIS_PROTOCOL_PRIVATE_H
#define ANALYSIS_PROTOCOL_PRIVATE_H

#include "rwe/analysis/analysis.h"

/* The estimand of each population that runs, by the attributes of ICH E9(R1). */
enum rwe_status protocol_present_estimands(struct rwe_run *run, struct rwe_error *error);

#endif
