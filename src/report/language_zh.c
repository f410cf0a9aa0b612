/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report in simplified Chinese, as Chinese medical journals write it. */
#include "language_private.h"

#define P(english, chinese) {english, chinese},
static const struct rwe_phrase phrases[] = {
#include "zh/figures.def"
#include "zh/labels.def"
#include "zh/notes.def"
#include "zh/protocol.def"
#include "zh/row_figures.def"
#include "zh/safety.def"
#include "zh/tables.def"
#include "zh/warnings.def"
};
#undef P

const struct rwe_language rwe_chinese = {"zh", phrases, sizeof phrases / sizeof phrases[0], "；"};
