/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/response.h"

#include "rwe/base/language.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const char *const rwe_response_code[RWE_N_RESPONSES] = {"CR", "PR",   "SD", "NON-CR/NON-PD",
                                                        "PD", "iUPD", "NE"};
const char *const rwe_response_name[RWE_N_RESPONSES] = {
    N_("complete response"),   N_("partial response"),
    N_("stable disease"),      N_("neither complete response nor progressive disease"),
    N_("progressive disease"), N_("unconfirmed progressive disease"),
    N_("not evaluable"),
};

static const struct {
    const char *text;
    enum rwe_response response;
} aliases[] = {
    {"iCR", RWE_RESPONSE_CR},
    {"mCR", RWE_RESPONSE_CR},
    {"complete remission", RWE_RESPONSE_CR},
    {"完全缓解", RWE_RESPONSE_CR},
    {"iPR", RWE_RESPONSE_PR},
    {"mPR", RWE_RESPONSE_PR},
    {"partial remission", RWE_RESPONSE_PR},
    {"部分缓解", RWE_RESPONSE_PR},
    {"iSD", RWE_RESPONSE_SD},
    {"mSD", RWE_RESPONSE_SD},
    {"stable", RWE_RESPONSE_SD},
    {"疾病稳定", RWE_RESPONSE_SD},
    {"病情稳定", RWE_RESPONSE_SD},
    {"稳定", RWE_RESPONSE_SD},
    {"NON-iCR/NON-iUPD", RWE_RESPONSE_NON},
    {"NON CR/NON PD", RWE_RESPONSE_NON},
    {"NONCR/NONPD", RWE_RESPONSE_NON},
    {"NN", RWE_RESPONSE_NON},
    {"非CR/非PD", RWE_RESPONSE_NON},
    {"非CR非PD", RWE_RESPONSE_NON},
    {"非完全缓解/非疾病进展", RWE_RESPONSE_NON},
    {"mPD", RWE_RESPONSE_PD},
    {"progression", RWE_RESPONSE_PD},
    {"progressed", RWE_RESPONSE_PD},
    {"disease progression", RWE_RESPONSE_PD},
    {"疾病进展", RWE_RESPONSE_PD},
    {"病情进展", RWE_RESPONSE_PD},
    {"进展", RWE_RESPONSE_PD},
    {"待确认的疾病进展", RWE_RESPONSE_IUPD},
    {"未确认的疾病进展", RWE_RESPONSE_IUPD},
    {"未确认疾病进展", RWE_RESPONSE_IUPD},
    {"not evaluated", RWE_RESPONSE_NE},
    {"not assessable", RWE_RESPONSE_NE},
    {"inevaluable", RWE_RESPONSE_NE},
    {"unevaluable", RWE_RESPONSE_NE},
    {"不可评估", RWE_RESPONSE_NE},
    {"不可评价", RWE_RESPONSE_NE},
    {"不能评估", RWE_RESPONSE_NE},
    {"不能评价", RWE_RESPONSE_NE},
    {"无法评估", RWE_RESPONSE_NE},
    {"无法评价", RWE_RESPONSE_NE},
    {"iCPD", RWE_RESPONSE_ICPD},
    {"confirmed progressive disease", RWE_RESPONSE_ICPD},
    {"确认的疾病进展", RWE_RESPONSE_ICPD},
    {"已确认的疾病进展", RWE_RESPONSE_ICPD},
    {"ND", RWE_RESPONSE_ND},
    {"not done", RWE_RESPONSE_ND},
    {"missing", RWE_RESPONSE_ND},
    {"未做", RWE_RESPONSE_ND},
    {"未评估", RWE_RESPONSE_ND},
    {"未评价", RWE_RESPONSE_ND},
    {"未检查", RWE_RESPONSE_ND},
    {"缺失", RWE_RESPONSE_ND},
};

static bool is_text(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* A code or a name by itself. */
static int find(const char *text, size_t length)
{
    for (int r = 0; r < RWE_N_RESPONSES; r++)
        if (is_text(text, length, rwe_response_code[r]) ||
            is_text(text, length, rwe_response_name[r]))
            return r;
    for (size_t a = 0; a < sizeof aliases / sizeof *aliases; a++)
        if (is_text(text, length, aliases[a].text))
            return (int)aliases[a].response;
    return -1;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t n = strlen(end);
    return length >= n && memcmp(text + length - n, end, n) == 0;
}

/* "PR(部分缓解)": both say the same, or what is in brackets is no response. */
static int find_with_brackets(const char *text, size_t length)
{
    static const char *const open[] = {"(", "（"}, *const closed[] = {")", "）"};
    for (size_t b = 0; b < 2; b++) {
        const char *at = strstr(text, open[b]);
        if (at == NULL || !ends_with(text, length, closed[b]))
            continue;
        size_t before = (size_t)(at - text), from = before + strlen(open[b]);
        while (before > 0 && text[before - 1] == ' ')
            before--;
        int response = find(text, before);
        int other = find(text + from, length - strlen(closed[b]) - from);
        return other < 0 || other == response ? response : -1;
    }
    return -1;
}

/* "PR 部分缓解", "PR-部分缓解", "PR：部分缓解", "PR部分缓解": a code, and the same in words. */
static int find_twice(const char *text, size_t length)
{
    static const char *const between[] = {" ", "-", "=", ":", "：", "/"};
    for (size_t n = 2; n <= 4 && n < length; n++) {
        int response = find(text, n);
        const char *rest = text + n;
        for (size_t b = 0; b < sizeof between / sizeof *between; b++)
            if (strncmp(rest, between[b], strlen(between[b])) == 0)
                rest += strlen(between[b]);
        if (response >= 0 && find(rest, strlen(rest)) == response)
            return response;
    }
    return -1;
}

int rwe_response_parse(const char *text)
{
    size_t length = strlen(text);
    int response = find(text, length);
    if (response < 0)
        response = find_with_brackets(text, length);
    return response < 0 ? find_twice(text, length) : response;
}

int rwe_response_of_patient(int response)
{
    if (response == RWE_RESPONSE_ICPD)
        return RWE_RESPONSE_PD;
    return response == RWE_RESPONSE_ND ? -1 : response;
}
