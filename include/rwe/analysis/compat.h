/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * `--compat r|sas|stata|admiral`: the defaults of another system, all at once. They replace this program's
 * defaults, so that the study and the command line still outrank them.
 */
#ifndef RWE_ANALYSIS_COMPAT_H
#define RWE_ANALYSIS_COMPAT_H

#include "rwe/analysis/analysis.h"

/** The option itself. */
extern const struct rwe_options rwe_compat_options;

/**
 * Sets the defaults of the system that `settings` names; nothing when it names none. Options that
 * no list declares are passed over. After the study is loaded, before anything is run. RWE_OK or
 * RWE_NO_MEMORY.
 */
enum rwe_status rwe_compat_apply(struct rwe_settings *settings, struct rwe_error *error);

/** A paragraph that says which system, what was set, and what was given otherwise. */
void rwe_compat_report(const struct rwe_run *run);

#endif
