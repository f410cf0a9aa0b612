/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Weeks to relapse in acute leukaemia under 6-mercaptopurine or placebo: Freireich et al., Blood
 * 21:699 (1963), as in Kleinbaum & Klein, Survival Analysis (3rd ed. 2012), table 1.1. */
#ifndef TESTS_SUPPORT_FREIREICH_H
#define TESTS_SUPPORT_FREIREICH_H

#include <stdint.h>

enum { FREIREICH_N = 42, FREIREICH_6MP = 0, FREIREICH_PLACEBO = 1 };

static const double freireich_weeks[FREIREICH_N] = {
    6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35,
    1, 1, 2, 2, 3, 4, 4,  5,  5,  8,  8,  8,  8,  11, 11, 12, 12, 15, 17, 22, 23};
static const uint8_t freireich_relapse[FREIREICH_N] = {1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0,
                                                       1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1,
                                                       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const uint32_t freireich_arm[FREIREICH_N] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                    0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1,
                                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

#endif
