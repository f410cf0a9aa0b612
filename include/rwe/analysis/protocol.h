/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The target trial and how this study emulates it, part by part (Hernán and Robins, Am J Epidemiol 183:758,
 * 2016). The parts are filled from the settings (--protocol), from what the designs of the run mean, and by the
 * analyses that run, each with its own lines.
 */
#ifndef RWE_ANALYSIS_PROTOCOL_H
#define RWE_ANALYSIS_PROTOCOL_H

enum rwe_protocol_part {
    RWE_PROTOCOL_ELIGIBILITY,
    RWE_PROTOCOL_STRATEGIES,
    RWE_PROTOCOL_ASSIGNMENT,
    RWE_PROTOCOL_TIME_ZERO,
    RWE_PROTOCOL_OUTCOMES,
    RWE_PROTOCOL_FOLLOW_UP,
    RWE_PROTOCOL_CONTRAST,
    RWE_PROTOCOL_ANALYSIS,
    RWE_N_PROTOCOL_PARTS,
};

struct rwe_protocol;

/** Adds a line, of some 50 letters, to what this study makes of a part. The format is looked up in the language
 * of the report. */
void rwe_protocol_say(struct rwe_protocol *protocol, enum rwe_protocol_part part,
                      const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
