/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of --rmst, for those who take its horizon too. */
#ifndef RWE_ESTIMATES_RMST_H
#define RWE_ESTIMATES_RMST_H

#include "rwe/data/settings.h"
#include "rwe/stats/rmst.h"

struct rmst_settings {
    double tau; /* NaN: by tau_rule */
    enum rwe_rmst_rule tau_rule;
    const char *tau_rule_word; /* "at-risk" */
};

const struct rmst_settings *rmst_settings_of(const struct rwe_settings *settings);

#endif
