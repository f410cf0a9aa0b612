/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the names of columns say, in the words that people and standards use for them. */
#include "draft_private.h"

#include "rwe/data/rows.h"
#include <ctype.h>
#include <string.h>

const char *const rwe_outcome_name[N_OUTCOMES] = {NULL,  "os",  "pfs", "dfs",  "rfs",
                                                  "efs", "ttp", "mfs", "lrfs", "css"};

/* A name as words between blanks, in lower case: " os months "; and as it stands, for Chinese. */
struct spelled {
    char words[256];
    const char *name;
};

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) != 0;
}

static void append(struct spelled *s, const char *word, size_t length)
{
    size_t used = strlen(s->words);
    if (used + length + 2 >= sizeof s->words)
        return;
    for (size_t i = 0; i < length; i++)
        s->words[used + i] = (char)tolower((unsigned char)word[i]);
    s->words[used + length] = ' ';
    s->words[used + length + 1] = '\0';
}

/* "rfstime" is rfs and time, "dtime" death and time; "arm2" is arm. */
static void append_parts(struct spelled *s, const char *word, size_t length)
{
    static const struct {
        const char *begin, *means;
    } stems[] = {{"os", "os"},       {"pfs", "pfs"},        {"dfs", "dfs"},     {"rfs", "rfs"},
                 {"efs", "efs"},     {"ttp", "ttp"},        {"surv", "os"},     {"survival", "os"},
                 {"fu", "followup"}, {"death", "death"},    {"relapse", "rfs"}, {"d", "death"},
                 {"r", "recur"},     {"follow", "followup"}};
    static const char *const tails[] = {"time",  "months", "month", "mo",    "mos",  "days",  "day",
                                        "years", "status", "stat",  "event", "cens", "censor"};
    size_t letters = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (letters < length && letters + strspn(word + letters, "0123456789") >= length)
        append(s, word, letters);
    for (size_t t = 0; t < sizeof tails / sizeof *tails; t++)
        for (size_t b = 0; b < sizeof stems / sizeof *stems; b++) {
            size_t begin = strlen(stems[b].begin);
            if (begin + strlen(tails[t]) != length ||
                strncasecmp(word, stems[b].begin, begin) != 0 ||
                strncasecmp(word + begin, tails[t], length - begin) != 0)
                continue;
            append(s, stems[b].means, strlen(stems[b].means));
            append(s, tails[t], strlen(tails[t]));
        }
}

static struct spelled spell(const char *name)
{
    struct spelled s = {.words = " ", .name = name};
    for (const char *at = name; *at != '\0';) {
        size_t length = 0;
        while (is_word_byte(at[length]) && !(length > 0 && islower((unsigned char)at[length - 1]) &&
                                             isupper((unsigned char)at[length])))
            length++;
        if (length > 0) {
            append(&s, at, length);
            append_parts(&s, at, length);
        }
        at += length > 0 ? length : 1;
    }
    return s;
}

/* Whether the name has the word: Latin ones whole ("last contact"), or as they begin ("censor*"); Chinese ones
 * anywhere. */
static bool has(const struct spelled *s, const char *word)
{
    char wanted[64];
    size_t length = strlen(word);
    if ((unsigned char)word[0] >= 0x80)
        return strstr(s->name, word) != NULL;
    bool goes_on = word[length - 1] == '*';
    if (length + 3 > sizeof wanted)
        return false;
    wanted[0] = ' ';
    memcpy(wanted + 1, word, length);
    wanted[length + !goes_on] = goes_on ? '\0' : ' ';
    wanted[length + 2 - goes_on] = '\0';
    return strstr(s->words, wanted) != NULL;
}

/* Words parted by '|'. */
static bool has_any(const struct spelled *s, const char *words)
{
    while (*words != '\0') {
        char word[64];
        size_t length = strcspn(words, "|");
        if (length < sizeof word) {
            memcpy(word, words, length);
            word[length] = '\0';
            if (has(s, word))
                return true;
        }
        words += length + (words[length] == '|');
    }
    return false;
}

/* ---- words with points ---- */

struct scored {
    int points;
    const char *words;
};

static int score(const struct spelled *s, const struct scored list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (has_any(s, list[i].words))
            return list[i].points;
    return 0;
}
#define SCORE(s, list) score((s), (list), sizeof(list) / sizeof((list)[0]))

static const struct scored arms[] = {
    {12, "trt01a"},
    {11, "trt01p|trta"},
    {10, "actarm|arm|treatment arm|study arm|治疗组|治疗分组|分组|组别"},
    {9, "treatment|trt|trtp|rx|regimen|randomization arm|allocation|治疗方案|治疗方式|组|处理"},
    {8, "group|grp|cohort|therapy arm|方案"},
    {5, "armcd|actarmcd|trt01an|trt01pn"},
};
/* A treatment by its own name: the arm where no other column is, and a covariate else. */
static const struct scored therapies[] = {
    {4, "radiation "
        "therapy|radiation|radiotherapy|rt|chemo*|hormon|hormone*|immunotherapy|surgery|therapy|"
        "放疗|化疗|手术|免疫治疗|靶向治疗"},
};
static const struct scored orders[] = {
    {5, "visitnum|visit|avisitn|redcap repeat instance|访视|随访次数|随访序号"},
    {3, "visit date|cycle|assessment|wave"},
};
static const struct scored zeros[] = {
    {10, "index|time zero|time0|date0"},
    {9, "trtsdt|trtsdtm|first treatment|first dose|treatment start|start of "
        "treatment|c1d1|首次|开始治疗|治疗开始|"
        "免疫治疗开始|用药日期"},
    {8, "randdt|random*|enrol*|inclusion|baseline|入组|随机|入院"},
    {7, "start|startdt|entry|date in|开始|起始"},
    {5, "surgery|operation|resection|手术"},
    {4, "diagnosis|dx|diag|确诊|诊断|初诊"},
};
static const struct scored contacts[] = {
    {9, "last contact|last follow*|last fu|last known|lastfu|lstalvdt|末次随访|最后随访|末次联系"},
    {8, "last seen|follow up|followup|fu|last visit|随访|末次"},
    {6, "end|last|censor*|截止|结束"},
};

static enum outcome find_outcome(const struct spelled *s)
{
    static const struct {
        enum outcome outcome;
        const char *words;
    } outcomes[] = {
        {OUTCOME_LRFS, "lrfs|lrrfs|lc|local control|local recurrence|局部无复发|局部控制"},
        {OUTCOME_MFS, "mfs|dmfs|metastasis free|distant metastasis|远处转移|无转移"},
        {OUTCOME_PFS, "pfs|rwpfs|progress*|prog|无进展|进展"},
        {OUTCOME_DFS, "dfs|disease free|无病"},
        {OUTCOME_EFS, "efs|event free|无事件"},
        {OUTCOME_RFS, "rfs|relaps*|recur*|无复发|复发"},
        {OUTCOME_TTP, "ttp"},
        {OUTCOME_CSS, "css|dss|cancer specific|disease specific|bcss|肿瘤特异"},
        {OUTCOME_OS,
         "os|overall|survival|surv|death|dead|died|dth|deceased|mort*|vital|总生存|生存|死亡"},
    };
    for (size_t o = 0; o < sizeof outcomes / sizeof *outcomes; o++)
        if (has_any(s, outcomes[o].words))
            return outcomes[o].outcome;
    return OUTCOME_NONE;
}

static const char *find_unit(const struct spelled *s)
{
    static const struct {
        const char *unit, *words;
    } units[] = {
        {"months", "months|month|mo|mos|mths|mth|月"},
        {"days", "days|day|天|日数"},
        {"weeks", "weeks|week|wks|周"},
        {"years", "years|yrs|年"},
    };
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        if (has_any(s, units[u].words))
            return units[u].unit;
    return NULL;
}

/* ---- what was known at time zero, and what was not ---- */

static const char baseline[] =
    "age|sex|gender|race|ethnic*|stage|ajcc*|figo|tnm|ecog*|kps|karnofsky|ps|performance|smok*|"
    "tobacco|"
    "histolog*|grade|gleason*|tumor size|tumour "
    "size|size|nodes|er|pr|pgr|her2*|ki67*|bmi|weight|height|ldh|hb|"
    "hemoglobin|haemoglobin|alb|albumin|wbc|platelets|nlr|creatinine|ebv*|psa|cea|ca125|ca199|"
    "mutation*|egfr|alk|"
    "kras|braf|tp53|pdl1*|tmb|msi|mss|diabetes|hypertension|comorb*|charlson|meno|menopaus*|site|"
    "siteid|center|"
    "centre|region|country|baseline|bl|celltype|cell type|prior|diagtime|karno|t stage|n stage|m "
    "stage|ajcc|"
    "ph ecog|ph karno|pat karno|wt loss|liver met|bone met|brain met|oligo|pleural|"
    "年龄|性别|民族|分期|吸烟|饮酒|病理|组织学|分化|体力|体重|身高|肿瘤大小|肿瘤直径|淋巴结|高血压|"
    "糖尿病|合并症|"
    "基线|血红蛋白|白蛋白|乳酸脱氢酶|中心|评分|T分期|N分期|M分期|突变|绝经";
static const char later[] =
    "response|bor|best "
    "overall|resp|cycles|dose|toxicity|ae|grade3|progression|progressed|relapse|recurrence|cause|"
    "subsequent|salvage|second line|post|after|end of treatment|discontinu*|follow*|complete|"
    "疗效|周期|剂量|不良反应|进展|复发|死因|后线|二线|转归|结局|随访";

static bool is_event_name(const struct spelled *s)
{
    return has_any(
        s,
        "status|event|evt|stat|censor*|censur*|cens|cnsr|indicator|ind|flag|delta|outcome|state|"
        "death|"
        "dead|died|deceased|alive|recur*|relaps*|progressed|vital|fustat|状态|结局|是否|删失|事件|"
        "转归|死亡|复发|进展|存活");
}

static bool is_time_name(const struct spelled *s)
{
    return find_unit(s) != NULL ||
           has_any(s, "time|tm|aval|duration|futime|survtime|follow*|时间|生存期|随访时长");
}

static struct name_sense sense_of(const char *name)
{
    struct spelled s = spell(name);
    struct name_sense sense = {
        .outcome = find_outcome(&s),
        .is_time = is_time_name(&s) || strcasecmp(name, "t") == 0,
        .is_event = is_event_name(&s) || strcasecmp(name, "e") == 0,
        .is_date = has_any(&s, "date|dt|dat|day of|日期|时间"),
        .unit = find_unit(&s),
        .arm = SCORE(&s, arms),
        .therapy = SCORE(&s, therapies),
        .order = SCORE(&s, orders),
        .zero = has_any(&s, "birth|dob|出生|rt|放疗|radi*") ? 0 : SCORE(&s, zeros),
        .contact = has_any(&s, "scan|imag*|assess*|影像|评估|检查") ? 0 : SCORE(&s, contacts),
        .death = has_any(&s, "death|died|dth*|deceased|死亡") ? 9 : 0,
        .progression = has_any(&s, "pd|progress*|进展") ? 9 : 0,
        .is_baseline = has_any(&s, baseline),
        .is_later = has_any(&s, later),
    };
    sense.id = !rwe_names_identifier(name) ? 0 : has_any(&s, "usubjid|patient|pid|编号") ? 9 : 8;
    return sense;
}

struct name_sense rwe_name_sense(const struct rwe_column_info *info)
{
    struct name_sense sense = sense_of(info->name);
    bool is_silent = sense.outcome == OUTCOME_NONE && !sense.is_time && !sense.is_event &&
                     sense.id + sense.arm + sense.therapy + sense.order + sense.zero +
                             sense.contact + sense.death + sense.progression ==
                         0 &&
                     !sense.is_baseline && !sense.is_later;
    return is_silent && info->label != NULL ? sense_of(info->label) : sense;
}

bool rwe_is_control_word(const char *level)
{
    struct spelled s = spell(level);
    return strcmp(level, "0") == 0 ||
           has_any(&s,
                   "control|ctrl|placebo|standard|soc|observation|obs|none|no|without|untreated|"
                   "对照|安慰剂|单纯|观察|未|无|否");
}
