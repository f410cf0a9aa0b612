/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Response of a tumour to treatment by RECIST 1.1 (Eisenhauer et al., Eur J Cancer 45:228,
 * 2009). */
#ifndef RWE_DATA_RESPONSE_H
#define RWE_DATA_RESPONSE_H

/** From best to worst; −1 stands for a missing one. */
enum rwe_response {
    RWE_RESPONSE_CR, /**< complete response */
    RWE_RESPONSE_PR, /**< partial response */
    RWE_RESPONSE_SD, /**< stable disease */
    RWE_RESPONSE_PD, /**< progressive disease */
    RWE_RESPONSE_NE, /**< not evaluable */
    RWE_N_RESPONSES
};

/** "CR", "complete response". */
extern const char *const rwe_response_code[RWE_N_RESPONSES];
extern const char *const rwe_response_name[RWE_N_RESPONSES];

/** A code or a name as a chart writes it, in any case, or a Chinese name (完全缓解 …); −1 for other text.
 * Numbers are no codes, since some charts count from the best response and others from the worst. */
int rwe_response_parse(const char *text);

#endif
