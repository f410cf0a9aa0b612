/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which analyses run: what the command line, the study and the analyses themselves ask for. */
#ifndef RWE_ANALYSIS_PLAN_H
#define RWE_ANALYSIS_PLAN_H

#include "rwe/analysis/analysis.h"

/** The command line decides; without a word from it the study; without that too, table1 and km. */
struct rwe_plan rwe_plan_make(const struct rwe_settings *settings);

/**
 * Gives the flags of analyses that a wanted one asks for the value they have without an argument
 * (--landmark 6), where neither the command line nor the study gives one. Before the plan is made.
 */
enum rwe_status rwe_plan_complete(struct rwe_settings *settings, struct rwe_error *error);

#endif
