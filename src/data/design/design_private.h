/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of the design share. */
#ifndef RWE_DATA_DESIGN_PRIVATE_H
#define RWE_DATA_DESIGN_PRIVATE_H

#include "rwe/data/design.h"

/** A cause as the view shows it. */
uint8_t design_event_seen_as(uint8_t cause, enum rwe_design_events events);

/** rwe_design_survival of a design of clones. */
enum rwe_status design_survival_of_clones(const struct rwe_cohort *cohort,
                                          const struct rwe_design *design,
                                          const struct rwe_endpoint *endpoint,
                                          struct rwe_design_view view, struct rwe_arena *arena,
                                          struct rwe_survival_data *data, struct rwe_error *error);

#endif
