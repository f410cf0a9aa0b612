/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `--lang zh`: every label, heading, note and warning of a report is Chinese. What may stay in Latin letters
 * are words of the data, options ("--times"), names ("Kaplan–Meier") and symbols ("CI"): a text is
 * untranslated when it holds a word in small letters that is none of the data's.
 */
#include "program.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define COHORT "sample_data/cohort.csv --ae sample_data/ae.csv "

static const char *const commands[] = {
    COHORT "--km --psm --logrank --cox --ph --rmst --balance --table1 --toxicity --response",
    COHORT "--iptw=ato --km --cox --univariable --predict --subgroups --flow",
    COHORT "--treatment --disposition --flow --failure --failure-column pd_site --ltfu-column ltfu "
           "--psm --landmark=6 --ccw --timedep --sensitivity --summary --leave-one-out siteid",
    COHORT "--protocol --sequential --ccw --landmark=6 --timedep --iptw=att --km --cox --rmst",
    COHORT "--triangulation --landmark=4,6 --timedep --ccw --km",
    COHORT "--id usubjid --arm arm --derive os,rwpfs,dor --cutoff 2025-06-30 --endpoints "
           "--endpoint-grid --assess sample_data/assess.csv",
    "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --psm=optimal --km --bootstrap "
    "20",
    "sample_data/dirty.csv --study sample_data/dirty.yaml --validate --on-error drop",
};

/* Names of men and methods, units and symbols that Chinese papers leave as they are. */
static const char *const names[] = {"rwe-analyze",
                                    "log",
                                    "logit",
                                    "logistic",
                                    "cox",
                                    "rmst",
                                    "km",
                                    "pfs",
                                    "rwpfs",
                                    "dor",
                                    "itpfs",
                                    /* of the study's criteria */ "adult",
                                    "performance",
                                    "disease",
                                    "free",
                                    "interval",
                                    "histology",
                                    "measurable",
                                    "organ",
                                    "function",
                                    "earlier",
                                    "immunotherapy",
                                    "chemotherapy",
                                    "metastases",
                                    "symptoms",
                                    "nervous",
                                    "system",
                                    "recurrence",
                                    "steroid",
                                    "treated",
                                    "chemoradiotherapy",
                                    "possible",
                                    "serious",
                                    "other",
                                    "drug",
                                    "trial",
                                    "deemed",
                                    "unsuitable",
                                    "pneumonitis",
                                    "autoimmune",
                                    "for",
                                    "the",
                                    "rfs",
                                    /* values of options */ "longest",
                                    "midpoint",
                                    "breslow",
                                    "efron",
                                    "wald",
                                    "ties",
                                    "median",
                                    "conf",
                                    "type",
                                    "tau",
                                    "rule",
                                    "difference"};

static bool is_letter(unsigned char c)
{
    return isalpha(c) != 0;
}

/* Whether `word` of n letters stands by itself in `text`. */
static bool holds_word(const char *text, const char *word, size_t n)
{
    for (const char *at = text; (at = memmem(at, strlen(at), word, n)) != NULL; at++)
        if ((at == text || !is_letter((unsigned char)at[-1])) && !is_letter((unsigned char)at[n]))
            return true;
    return false;
}

static bool is_known(const char *word, size_t n, const char *data)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == n && memcmp(names[i], word, n) == 0)
            return true;
    return holds_word(data, word, n);
}

/* The first English word of a text, or NULL: three or more small letters, no option, not of the data. */
static const char *english_word(const char *text, const char *data, size_t *length)
{
    for (const char *at = text; *at != '\0';) {
        size_t n = 0;
        while (is_letter((unsigned char)at[n]))
            n++;
        bool option = at > text && (at[-1] == '-' || at[-1] == '=' || at[-1] == '_');
        size_t small = strspn(at, "abcdefghijklmnopqrstuvwxyz");
        if (n >= 3 && small == n && !option && at[n] != '_' && at[n] != '=' && at[n] != '(' &&
            !isdigit((unsigned char)at[n]) && !is_known(at, n, data)) {
            *length = n;
            return at;
        }
        at += n == 0 ? 1 : n;
    }
    return NULL;
}

/* Calls for each text between two tags, but those of style, script and the provenance. */
static size_t count_english(char *html, const char *data)
{
    size_t found = 0;
    char *end = strstr(html, "<footer");
    if (end != NULL)
        *end = '\0';
    for (char *at = strstr(html, "<main"); at != NULL && (at = strchr(at, '>')) != NULL;) {
        char *text = at + 1, *next = strchr(text, '<');
        size_t length;
        if (next == NULL)
            break;
        *next = '\0';
        const char *word = english_word(text, data, &length);
        if (word != NULL && found++ < 25)
            print_error("in English (\"%.*s\"): %s\n", (int)length, word, text);
        at = next + 1;
        if (strncmp(at, "script", 6) == 0)
            at = strstr(at, "/script>");
    }
    return found;
}

/* The words of the files: headers and cells. */
static char *words_of_data(void)
{
    static const char *const files[] = {"sample_data/cohort.csv", "sample_data/ae.csv",
                                        "sample_data/rotterdam.csv", "sample_data/dirty_ae.csv",
                                        "sample_data/dirty.csv"};
    char *all = program_format(" ");
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        size_t size;
        char *text = program_read_file(files[f], &size);
        for (char *at = text; (at = strchr(at, '#')) != NULL;) /* what a study file comments */
            while (*at != '\0' && *at != '\n')
                *at++ = ' ';
        char *joined = program_format("%s %s", all, text);
        free(all);
        free(text);
        all = joined;
    }
    return all;
}

static void nothing_of_a_chinese_report_is_english(void **state)
{
    (void)state;
    char *data = words_of_data();
    size_t found = 0;
    for (size_t c = 0; c < sizeof commands / sizeof commands[0]; c++) {
        struct program_run run = program_run("%s --lang zh --format html", commands[c]);
        assert_code(run, 0);
        found += count_english(run.out, data);
        program_clear(&run);
    }
    free(data);
    assert_int_equal(found, 0);
}

/* Puts one text in place of all; how many there were. */
static size_t blank_texts(struct program_facts *facts)
{
    size_t n = 0;
    for (size_t i = 0; i < facts->n; i++)
        if (json_is_string(facts->fact[i].value)) {
            json_string_set(facts->fact[i].value, "text");
            n++;
        }
    return n;
}

/* Keys and numbers have no language; facts that are texts are in the report's. */
static void numbers_and_their_keys_are_the_same_in_both_languages(void **state)
{
    (void)state;
    struct program_facts english = program_facts_of(COHORT "--km --psm --cox");
    struct program_facts chinese = program_facts_of(COHORT "--km --psm --cox --lang zh");
    assert_true(blank_texts(&chinese) > 0);
    blank_texts(&english);
    assert_same_facts(chinese, english, 0);
    program_facts_clear(&english);
    program_facts_clear(&chinese);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_a_chinese_report_is_english),
        cmocka_unit_test(numbers_and_their_keys_are_the_same_in_both_languages),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
