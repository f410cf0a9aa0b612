/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Options that would do nothing. */
#ifndef RWE_ANALYSIS_IDLE_H
#define RWE_ANALYSIS_IDLE_H

#include "rwe/base/status.h"
#include "rwe/data/settings.h"

/**
 * That something reads each option of the command line: what it acts with (struct rwe_option), or else the analysis
 * in whose list it stands, and no other takes its place. RWE_USAGE names the option and what it needs. Options of a study file may be idle, as one
 * study serves many runs. Ask when the settings are complete (rwe_plan_complete).
 */
enum rwe_status rwe_idle_check(const struct rwe_settings *settings, struct rwe_error *error);

#endif
