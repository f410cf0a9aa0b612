/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of --validate, for the job, which validates before there is a cohort. */
#ifndef RWE_DESCRIBE_VALIDATE_H
#define RWE_DESCRIBE_VALIDATE_H

#include "rwe/data/settings.h"

struct validate_settings {
    const char *queries; /* file of the data-query sheet; NULL: none */
};

const struct validate_settings *validate_settings_of(const struct rwe_settings *settings);

#endif
