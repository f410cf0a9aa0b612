/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Response of a tumour to treatment by RECIST 1.1 (Eisenhauer et al., Eur J Cancer 45:228, 2009), and by iRECIST
 * (Seymour et al., Lancet Oncol 18:e143, 2017) as it is coded. */
#ifndef RWE_DATA_RESPONSE_H
#define RWE_DATA_RESPONSE_H

/** From best to worst; −1 stands for a missing one. Those below RWE_N_RESPONSES are a patient's response; the others are
 * of one assessment only. */
enum rwe_response {
    RWE_RESPONSE_CR, /**< complete response; iCR */
    RWE_RESPONSE_PR, /**< partial response; iPR */
    RWE_RESPONSE_SD, /**< stable disease; iSD */
    RWE_RESPONSE_NON, /**< NON-CR/NON-PD: no target lesion, neither gone nor progressing; NON-iCR/NON-iUPD */
    RWE_RESPONSE_PD,   /**< progressive disease */
    RWE_RESPONSE_IUPD, /**< unconfirmed progressive disease of iRECIST */
    RWE_RESPONSE_NE,   /**< not evaluable */
    RWE_N_RESPONSES,
    RWE_RESPONSE_ICPD = RWE_N_RESPONSES, /**< confirmed progressive disease of iRECIST */
    RWE_RESPONSE_ND,                     /**< the assessment was not done */
};

/** "CR", "complete response". */
extern const char *const rwe_response_code[RWE_N_RESPONSES];
extern const char *const rwe_response_name[RWE_N_RESPONSES];

/**
 * A code or a name as a chart writes it, in any case, in English or Chinese, alone or one beside the other: "PR", "partial
 * response", "部分缓解", "PR(部分缓解)", "部分缓解（PR）"; codes of iRECIST ("iPR") and mRECIST ("mPR"). −1 for other text, as
 * where the two differ, "SD(PD)". Numbers are no codes, since some charts count from the best response and others from
 * the worst.
 */
int rwe_response_parse(const char *text);

/** What a patient's response is that is told by this code: that of RWE_RESPONSE_ICPD is PD, of RWE_RESPONSE_ND −1. */
int rwe_response_of_patient(int response);

#endif
