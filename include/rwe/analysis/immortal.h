/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is said of arms that depend on what happened after time zero (design.h: naive). See immortal.md. */
#ifndef RWE_ANALYSIS_IMMORTAL_H
#define RWE_ANALYSIS_IMMORTAL_H

/** What stands over every comparison of such arms, marked for rwe_text: "Biased reference: not for inference". */
extern const char rwe_immortal_banner[];

#endif
