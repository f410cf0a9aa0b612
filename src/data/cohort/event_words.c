/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/event_words.h"

#include "rwe/base/number.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- words ---- */

/* Latin words begin and end at no letter, or go on after a star; Chinese ones may stand anywhere. */
static const char *const negations[] = {
    "no",           "not",  "non",  "without", "free", "never", "false",       "none",
    "sin",          "sans", "ohne", "kein*",   "nein", "n",     "unprogress*", "unrelaps*",
    "nonprogress*", "未",   "无",   "没",      "否",   "非死",  "沒",          "無"};
static const char *const living[] = {
    "alive", "living", "live",    "lives",   "surviv*", "censor*",   "cens",    "cnsr",     "last",
    "lost",  "loss",   "ltfu",    "follow*", "unknown", "missing",   "ongoing", "stable",   "ned",
    "awd",   "awod",   "withdr*", "healthy", "well",    "remission", "neg*",    "vivant*",  "vivo",
    "viva",  "vivos",  "vivas",   "vie",     "lebend*", "lebt",      "levend",  "vivente*", "存活",
    "生存",  "活",     "健在",    "在世",    "失访",    "失訪",      "删失",    "刪失",     "截尾",
    "截断",  "随访",   "稳定",    "缓解",    "健康",    "不",        "非",      "en vie"};
static const char *const deaths[] = {
    "dead",      "death*", "deceas*",  "died",  "dies",      "dod",         "expired", "exitus",
    "fatal",     "décéd*", "decede*",  "mort",  "morte",     "muert*",      "fallec*", "obito",
    "óbito",     "falec*", "decedut*", "morto", "gestorben", "verstorben*", "tot",     "tod",
    "overleden", "死",     "已故",     "去世",  "逝",        "身故",        "病故",    "亡"};
static const char *const progressions[] = {"progress*", "pd", "进展", "進展", "恶化"};
static const char *const recurrences[] = {"recur*",   "relaps*", "rezidiv*", "récidiv*",
                                          "recidiv*", "复发",    "復發"};
static const char *const metastases[] = {"metasta*", "转移", "轉移"};
static const char *const affirmations[] = {"event*", "fail*", "yes", "y",  "true", "ja",   "oui",
                                           "si",     "sí",    "是",  "有", "发生", "事件", "失败"};

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) != 0 || (unsigned char)c >= 0x80;
}

static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    bool goes_on = word[length - 1] == '*';
    bool is_latin = (unsigned char)word[0] < 0xe0;
    length -= goes_on;
    for (const char *at = text; *at != '\0'; at++) {
        if (strncasecmp(at, word, length) != 0)
            continue;
        bool begins = at == text || !is_letter(at[-1]);
        if (!is_latin || (begins && (goes_on || !is_letter(at[length]))))
            return true;
    }
    return false;
}

static bool has_any(const char *text, const char *const words[], size_t n)
{
    for (size_t w = 0; w < n; w++)
        if (has_word(text, words[w]))
            return true;
    return false;
}
#define HAS_ANY(text, words) has_any(text, words, sizeof(words) / sizeof((words)[0]))

/* "1:DECEASED" → "DECEASED", "2 = dead" → "dead"; a code alone stays. */
static const char *pass_code(const char *text)
{
    static const char *const marks[] = {":", "=", ".", "-", ")", "：", "、"};
    const char *at = text + strspn(text, "0123456789");
    if (at == text)
        return text;
    at += strspn(at, " ");
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        if (strncmp(at, marks[m], strlen(marks[m])) == 0) {
            at += strlen(marks[m]);
            at += strspn(at, " ");
            return *at == '\0' || isdigit((unsigned char)*at) ? text : at;
        }
    return is_letter(*at) ? at : text;
}

enum rwe_event_word rwe_event_word(const char *value)
{
    static const struct {
        const char *const *word;
        size_t n;
        enum rwe_event_word kind;
    } events[] = {
        {deaths, sizeof deaths / sizeof *deaths, RWE_WORD_DEATH},
        {progressions, sizeof progressions / sizeof *progressions, RWE_WORD_PROGRESSION},
        {recurrences, sizeof recurrences / sizeof *recurrences, RWE_WORD_RECURRENCE},
        {metastases, sizeof metastases / sizeof *metastases, RWE_WORD_METASTASIS},
        {affirmations, sizeof affirmations / sizeof *affirmations, RWE_WORD_YES},
    };
    const char *text = pass_code(value);
    if (HAS_ANY(text, negations))
        return RWE_WORD_CENSORED;
    if (HAS_ANY(text, deaths)) /* of unknown cause, lost before: a death all the same */
        return RWE_WORD_DEATH;
    if (HAS_ANY(text, living))
        return RWE_WORD_CENSORED;
    for (size_t e = 0; e < sizeof events / sizeof *events; e++)
        if (has_any(text, events[e].word, events[e].n))
            return events[e].kind;
    return RWE_WORD_UNKNOWN;
}

static bool is_no(const char *text)
{
    static const char *const words[] = {"0", "no", "n", "false", "否", "无", "未"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (strcasecmp(text, words[w]) == 0)
            return true;
    return false;
}

bool rwe_event_is_value(const char *value, bool is_reversed)
{
    enum rwe_event_word word = rwe_event_word(value);
    bool is_event = word == RWE_WORD_YES ? !is_reversed : word > RWE_WORD_CENSORED;
    return is_event || (is_reversed && is_no(value));
}

bool rwe_event_is_reversed(const char *column)
{
    static const char *const words[] = {"cnsr*", "cens",   "censor*",  "censur*",  "zensier*",
                                        "alive", "living", "is_alive", "survived", "isalive",
                                        "删失",  "刪失",   "截尾",     "存活"};
    static const char *const denied[] = {"not", "un", "no", "非", "未"};
    return HAS_ANY(column, words) && !HAS_ANY(column, denied);
}

/* ---- doubts ---- */

/* The next byte that counts: letters and digits in lower case. */
static int next_letter(const char **at)
{
    while (**at != '\0' && !is_letter(**at) && !isdigit((unsigned char)**at))
        ++*at;
    return **at == '\0' ? 0 : tolower((unsigned char)*(*at)++);
}

static bool is_same_word(const char *a, const char *b)
{
    int left, right;
    a = pass_code(a);
    b = pass_code(b);
    do {
        left = next_letter(&a);
        right = next_letter(&b);
    } while (left == right && left != 0);
    return left == right;
}

static bool is_code(const char *text, double *code)
{
    return rwe_number_parse(text, strlen(text), code);
}

/* Whether all values are numbers, and this one neither the least of the censored nor above an event that is the
 * least of all, as in CNSR. */
static bool is_third_code(const struct rwe_endpoint *endpoint, size_t i)
{
    double own, other, least_event = INFINITY, least_censored = INFINITY;
    if (endpoint->n_values < 3 || !is_code(endpoint->value[i].text, &own))
        return false;
    for (size_t v = 0; v < endpoint->n_values; v++) {
        if (!is_code(endpoint->value[v].text, &other))
            return false;
        double *least = endpoint->value[v].cause > 0 ? &least_event : &least_censored;
        *least = other < *least ? other : *least;
    }
    return own > least_censored && !(least_event < least_censored && endpoint->is_reversed);
}

enum rwe_event_doubt rwe_event_doubt(const struct rwe_endpoint *endpoint, size_t i)
{
    const char *text = endpoint->value[i].text;
    enum rwe_event_word word = rwe_event_word(text);
    if (endpoint->value[i].cause > 0)
        return RWE_NO_DOUBT;
    for (size_t v = 0; v < endpoint->n_values; v++)
        if (endpoint->value[v].cause == 1 && is_same_word(text, endpoint->value[v].text))
            return RWE_DOUBT_CASE;
    for (size_t v = 0; v < endpoint->n_values; v++)
        if (word == RWE_WORD_DEATH || (word > RWE_WORD_CENSORED && endpoint->value[v].cause == 1 &&
                                       word == rwe_event_word(endpoint->value[v].text)))
            return RWE_DOUBT_WORD;
    return is_third_code(endpoint, i) ? RWE_DOUBT_CODE : RWE_NO_DOUBT;
}
