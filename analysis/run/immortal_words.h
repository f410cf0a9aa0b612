/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guard says at the head of its section. The banner over others is in immortal.h. */
#ifndef ANALYSIS_IMMORTAL_WORDS_H
#define ANALYSIS_IMMORTAL_WORDS_H

#include "rwe/analysis/analysis.h"

/* A warning, or a note where immortal time is little: who begins late, how much it is, how it was found, and what of this
 * run answers instead. `median` of the starts; NaN: not known. */
enum rwe_status immortal_say(struct rwe_run *run, size_t n_late, double median,
                             struct rwe_error *error);

/* A warning where who is in the arms and who has a start, which different columns tell, do not go together. */
void immortal_warn_arms(struct rwe_run *run);

#endif
