/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts of --protocol: the target trial (protocol.c) and the estimands (protocol_estimands.c). See
 * protocol.md. */
#ifndef ANALYSIS_PROTOCOL_H
#define ANALYSIS_PROTOCOL_H

#include "rwe/analysis/pipeline.h"

/** What the settings ask for. */
struct protocol {
    struct rwe_run *run;
    struct rwe_plan plan;
    bool naive;       /**< exposure starts after time zero in somebody */
    const char *unit; /**< " months", or "" */
};

/** Whether an analysis of that name runs. */
bool protocol_wants(const struct protocol *protocol, const char *analysis);

/** "age, sex, smoke"; "not declared" of an empty list. NULL when memory is out. */
const char *protocol_list(const struct protocol *protocol, struct rwe_strings names);

/** The estimand of each population that runs, by the attributes of ICH E9(R1). */
void protocol_present_estimands(const struct protocol *protocol);

#endif
