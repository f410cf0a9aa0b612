/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made by tests/oracle/simulate_strategies.R with R 4.2.2: 1000000 patients a law, not
 * censored; hazard ratios of begun-9 against none-9 under the study's censoring. */
#define ORACLE_PATIENTS 1000000

static const struct {
    double hr_progression, hr_death;
    enum rwe_strategy strategy;
    bool os;
    double survival[3], mean[2];
} oracle[] = {
    {0.70, 0.90, RWE_STRATEGY_NATURAL, false, {0.49407, 0.22099, 0.09689}, {13.1174, 14.9010}},
    {0.70, 0.90, RWE_STRATEGY_BEGUN, false, {0.50746, 0.24606, 0.11344}, {13.4124, 15.4490}},
    {0.70, 0.90, RWE_STRATEGY_NONE, false, {0.45550, 0.17228, 0.06248}, {12.3959, 13.6755}},
    {0.70, 0.90, RWE_STRATEGY_NEVER, false, {0.45525, 0.17082, 0.06118}, {12.3836, 13.6461}},
    {0.70, 0.90, RWE_STRATEGY_NATURAL, true, {0.86315, 0.65943, 0.48540}, {20.4781, 27.3072}},
    {0.70, 0.90, RWE_STRATEGY_BEGUN, true, {0.86444, 0.67117, 0.50211}, {20.5578, 27.5636}},
    {0.70, 0.90, RWE_STRATEGY_NONE, true, {0.85567, 0.63497, 0.45187}, {20.2603, 26.7342}},
    {0.70, 0.90, RWE_STRATEGY_NEVER, true, {0.85565, 0.63451, 0.45107}, {20.2578, 26.7238}},
    {1.00, 1.00, RWE_STRATEGY_NATURAL, false, {0.45515, 0.17013, 0.06112}, {12.3730, 13.6311}},
    {1.00, 1.00, RWE_STRATEGY_BEGUN, false, {0.45525, 0.17033, 0.06112}, {12.3749, 13.6325}},
    {1.00, 1.00, RWE_STRATEGY_NONE, false, {0.45515, 0.17013, 0.06112}, {12.3730, 13.6311}},
    {1.00, 1.00, RWE_STRATEGY_NEVER, false, {0.45515, 0.17013, 0.06112}, {12.3730, 13.6311}},
    {1.00, 1.00, RWE_STRATEGY_NATURAL, true, {0.85575, 0.63523, 0.45141}, {20.2610, 26.7312}},
    {1.00, 1.00, RWE_STRATEGY_BEGUN, true, {0.85573, 0.63517, 0.45121}, {20.2608, 26.7280}},
    {1.00, 1.00, RWE_STRATEGY_NONE, true, {0.85575, 0.63523, 0.45141}, {20.2610, 26.7312}},
    {1.00, 1.00, RWE_STRATEGY_NEVER, true, {0.85575, 0.63523, 0.45141}, {20.2610, 26.7312}},
};

/* Hazard ratios:
 *   0.70, 0.90: pfs 0.8316
 *   0.70, 0.90: os 0.8797
 *   1.00, 1.00: pfs 1.0000
 *   1.00, 1.00: os 1.0006
 */
