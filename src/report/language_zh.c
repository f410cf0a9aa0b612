/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report's phrases in simplified Chinese, as Chinese medical journals have them. */
#include "language_private.h"

static const struct rwe_phrase phrases[] = {
    {"Warning:", "警告："},
    {"Whole cohort", "全队列"},
};

const struct rwe_language rwe_chinese = {"zh", phrases, sizeof phrases / sizeof phrases[0], "；"};
