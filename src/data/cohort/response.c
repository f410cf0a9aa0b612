/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/response.h"

#include "rwe/base/language.h"
#include <stddef.h>
#include <strings.h>

const char *const rwe_response_code[RWE_N_RESPONSES] = {"CR", "PR", "SD", "PD", "NE"};
const char *const rwe_response_name[RWE_N_RESPONSES] = {
    N_("complete response"), N_("partial response"), N_("stable disease"),
    N_("progressive disease"), N_("not evaluable")};

static const struct {
    const char *text;
    enum rwe_response response;
} aliases[] = {
    {"完全缓解", RWE_RESPONSE_CR},    {"部分缓解", RWE_RESPONSE_PR}, {"疾病稳定", RWE_RESPONSE_SD},
    {"稳定", RWE_RESPONSE_SD},        {"疾病进展", RWE_RESPONSE_PD}, {"进展", RWE_RESPONSE_PD},
    {"progression", RWE_RESPONSE_PD}, {"不可评估", RWE_RESPONSE_NE}, {"无法评估", RWE_RESPONSE_NE},
    {"inevaluable", RWE_RESPONSE_NE},
};

int rwe_response_parse(const char *text)
{
    for (int r = 0; r < RWE_N_RESPONSES; r++)
        if (strcasecmp(text, rwe_response_code[r]) == 0 ||
            strcasecmp(text, rwe_response_name[r]) == 0)
            return r;
    for (size_t a = 0; a < sizeof aliases / sizeof *aliases; a++)
        if (strcasecmp(text, aliases[a].text) == 0)
            return (int)aliases[a].response;
    return -1;
}
