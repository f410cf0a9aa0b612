/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of --rmst, for those who take its horizon too. */
#ifndef RWE_ESTIMATES_RMST_H
#define RWE_ESTIMATES_RMST_H

#include "rwe/analysis/analysis.h"
#include "rwe/stats/rmst.h"

struct rmst_settings {
    double tau; /* NaN: by tau_rule */
    enum rwe_rmst_rule tau_rule;
    const char *tau_rule_word; /* "at-risk" */
};

/* The horizon of restricted means and of Uno's concordance: --tau, else by --tau-rule. The rule counts rows, not
 * weights, whose scale is arbitrary. NaN where no time meets it. The arena is left as it was. */
enum rwe_status rmst_horizon(const struct rwe_run *run, const struct rwe_survival_data *data,
                             double *tau, struct rwe_error *error);

const struct rmst_settings *rmst_settings_of(const struct rwe_settings *settings);

#endif
