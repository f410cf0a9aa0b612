/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grades of adverse events as charts, case report forms and CDISC write them. */
#include "rwe/data/adverse_events.h"

#include <ctype.h>
#include <string.h>

/* A word, or a figure, and its grade. Where one begins with another, the longer comes first. */
struct grade_word {
    const char *text;
    int grade;
};

static const struct grade_word figures[] = {
    {"III", 3}, {"II", 2}, {"IV", 4}, {"I", 1},  {"V", 5},  {"Ⅰ", 1},  {"Ⅱ", 2},  {"Ⅲ", 3},
    {"Ⅳ", 4},   {"Ⅴ", 5},  {"ⅰ", 1},  {"ⅱ", 2},  {"ⅲ", 3},  {"ⅳ", 4},  {"ⅴ", 5},  {"一", 1},
    {"二", 2},  {"三", 3}, {"四", 4}, {"五", 5}, {"零", 0}, {"①", 1},  {"②", 2},  {"③", 3},
    {"④", 4},   {"⑤", 5},  {"０", 0}, {"１", 1}, {"２", 2}, {"３", 3}, {"４", 4}, {"５", 5},
    {"0", 0},   {"1", 1},  {"2", 2},  {"3", 3},  {"4", 4},  {"5", 5},
};

static const struct grade_word words[] = {
    {"mild", 1},
    {"moderate", 2},
    {"severe", 3},
    {"life-threatening", 4},
    {"life threatening", 4},
    {"lifethreatening", 4},
    {"potentially life-threatening", 4},
    {"disabling", 4},
    {"fatal", 5},
    {"death", 5},
    {"dead", 5},
    {"轻度", 1},
    {"轻", 1},
    {"中度", 2},
    {"中等", 2},
    {"中", 2},
    {"重度", 3},
    {"严重", 3},
    {"重", 3},
    {"危及生命", 4},
    {"威胁生命", 4},
    {"死亡", 5},
    {"致死", 5},
};

/* Cells that tell no grade: that there was nothing, or that there was something. */
static const struct grade_word others[] = {
    {"none", RWE_NO_EVENT},
    {"no", RWE_NO_EVENT},
    {"n", RWE_NO_EVENT},
    {"absent", RWE_NO_EVENT},
    {"normal", RWE_NO_EVENT},
    {"无", RWE_NO_EVENT},
    {"否", RWE_NO_EVENT},
    {"没有", RWE_NO_EVENT},
    {"未发生", RWE_NO_EVENT},
    {"未出现", RWE_NO_EVENT},
    {"正常", RWE_NO_EVENT},
    {"yes", RWE_GRADE_UNKNOWN},
    {"y", RWE_GRADE_UNKNOWN},
    {"present", RWE_GRADE_UNKNOWN},
    {"有", RWE_GRADE_UNKNOWN},
    {"是", RWE_GRADE_UNKNOWN},
    {"√", RWE_GRADE_UNKNOWN},
    {"unknown", RWE_GRADE_UNKNOWN},
    {"unk", RWE_GRADE_UNKNOWN},
    {"un", RWE_GRADE_UNKNOWN},
    {"u", RWE_GRADE_UNKNOWN},
    {"nk", RWE_GRADE_UNKNOWN},
    {"nd", RWE_GRADE_UNKNOWN},
    {"not graded", RWE_GRADE_UNKNOWN},
    {"ungraded", RWE_GRADE_UNKNOWN},
    {"missing", RWE_GRADE_UNKNOWN},
    {"not known", RWE_GRADE_UNKNOWN},
    {"未知", RWE_GRADE_UNKNOWN},
    {"不详", RWE_GRADE_UNKNOWN},
    {"未分级", RWE_GRADE_UNKNOWN},
    {"未评级", RWE_GRADE_UNKNOWN},
    {"不明", RWE_GRADE_UNKNOWN},
};

/* The first of them with which the text begins, whatever its case: behind it; NULL: none. */
static const char *take(const char *at, const struct grade_word list[], size_t n, int *grade)
{
    for (size_t w = 0; w < n; w++) {
        size_t length = strlen(list[w].text);
        if (strncasecmp(at, list[w].text, length) == 0) {
            *grade = list[w].grade;
            return at + length;
        }
    }
    return NULL;
}
#define TAKE(at, list, grade) take((at), (list), sizeof(list) / sizeof((list)[0]), (grade))

static const char *skip(const char *at, const char *const texts[], size_t n)
{
    for (size_t t = 0; t < n; t++)
        if (strncasecmp(at, texts[t], strlen(texts[t])) == 0)
            return at + strlen(texts[t]);
    return at;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* "CTCAE grade " */
static const char *skip_heading(const char *at)
{
    static const char *const systems[] = {"NCI-CTCAE", "CTCAE", "CTC"};
    static const char *const headings[] = {"grade", "grd", "gr.", "gr", "g", "分级", "级别"};
    static const char *const signs[] = {":", "=", "-", "_", "："};
    at = skip_blanks(skip(at, systems, sizeof systems / sizeof *systems));
    const char *behind = skip(at, headings, sizeof headings / sizeof *headings);
    if (behind == at)
        return at;
    behind = skip_blanks(behind);
    return skip_blanks(skip(behind, signs, sizeof signs / sizeof *signs));
}

/* 3, 3.0, III度, Ⅲ级 */
static const char *take_figure(const char *at, int *grade)
{
    static const char *const units[] = {"级", "度", "級"};
    const char *behind = TAKE(at, figures, grade);
    if (behind == NULL)
        return NULL;
    if (*behind == '.' && behind[1] == '0')
        behind += 1 + strspn(behind + 1, "0");
    return skip(skip_blanks(behind), units, sizeof units / sizeof *units);
}

/* What parts a figure from the word for it: "3 - Severe", "3=重度", "Grade 3 (Severe)", "3级（重度）". */
static const char *skip_between(const char *at)
{
    static const char *const signs[] = {"（", "）", "：", "，", "＝"};
    for (;;) {
        const char *behind = skip(at + strspn(at, " -=:,()/"), signs, sizeof signs / sizeof *signs);
        if (behind == at)
            return at;
        at = behind;
    }
}

/* A figure, a word, or both where they agree. */
static bool read_grade(const char *text, int *grade)
{
    int first, second;
    const char *heading = skip_heading(text);
    const char *behind = take_figure(heading, &first);
    if (behind == NULL)
        behind = TAKE(heading, words, &first);
    if (behind == NULL)
        return false;
    *grade = first;
    const char *rest = skip_between(behind);
    if (*rest == '\0')
        return true;
    if (rest == behind) /* 33, moderately */
        return false;
    behind = TAKE(rest, words, &second);
    if (behind == NULL)
        behind = take_figure(skip_heading(rest), &second);
    return behind != NULL && *skip_between(behind) == '\0' && second == first;
}

int rwe_adverse_grade(const char *text)
{
    int grade;
    const char *from = skip_blanks(text);
    size_t length = strlen(from);
    while (length > 0 && isspace((unsigned char)from[length - 1]))
        length--;
    for (size_t w = 0; w < sizeof others / sizeof *others; w++)
        if (strlen(others[w].text) == length && strncasecmp(from, others[w].text, length) == 0)
            return others[w].grade;
    return read_grade(from, &grade) ? grade : RWE_NO_GRADE;
}
