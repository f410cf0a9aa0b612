/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of columns of events. By hand, from files of many countries. */
#include "check.h"
#include "rwe/data/event_words.h"

static void check_words(const char *const words[], size_t n, enum rwe_event_word expected)
{
    for (size_t i = 0; i < n; i++)
        if (rwe_event_word(words[i]) != expected)
            fail_msg("\"%s\" is %d", words[i], rwe_event_word(words[i]));
}
#define CHECK_WORDS(expected, ...)                                                                 \
    do {                                                                                           \
        static const char *const words[] = {__VA_ARGS__};                                          \
        check_words(words, sizeof words / sizeof *words, expected);                                \
    } while (0)

static void negated_alive_and_censored_are_no_event(void **state)
{
    (void)state;
    CHECK_WORDS(RWE_WORD_CENSORED, "Living", "LIVING", "Alive", "alive with disease",
                "Last follow-up", "Vivant", "Vivo", "lebend", "NED", "Relapse free",
                "Progression-free", "No death", "not progressed", "no", "N", "false", "Censored",
                "cens", "Lost to follow-up", "unknown", "Stable", "0:LIVING", "1 = alive",
                "Withdrawn", "surviving", "none", "Non-event", "未复发", "无进展", "未死亡", "存活",
                "生存", "健在", "失访", "删失", "否", "没有", "无", "不详", "Unprogressed",
                "event-free");
}

static void words_for_an_event_are_known(void **state)
{
    (void)state;
    CHECK_WORDS(RWE_WORD_DEATH, "Dead", "DEAD", "died", "Deceased", "DECEASED", "1:DECEASED",
                "2=dead", "Dead of disease", "death by primary disease", "Died of unknown cause",
                "DOD", "Décédé", "Muerto", "verstorben", "tot", "死亡", "已故", "病故",
                "非肿瘤死亡", "死因不明");
    CHECK_WORDS(RWE_WORD_PROGRESSION, "Progressed", "Disease progression", "PD", "进展",
                "疾病进展");
    CHECK_WORDS(RWE_WORD_RECURRENCE, "Recurred", "relapse", "复发");
    CHECK_WORDS(RWE_WORD_METASTASIS, "Metastasis", "远处转移");
    CHECK_WORDS(RWE_WORD_YES, "Yes", "Y", "TRUE", "Event", "Failure", "是", "oui");
}

static void other_words_and_codes_say_nothing(void **state)
{
    (void)state;
    CHECK_WORDS(RWE_WORD_UNKNOWN, "1", "0", "2", "A", "transplant", "total", "deadline", "Totem",
                "I", "");
}

static void names_of_reversed_columns_are_known(void **state)
{
    (void)state;
    static const char *const reversed[] = {"CNSR",      "cnsr",     "censored", "cens", "OS_CENSOR",
                                           "Censoring", "alive",    "is_alive", "删失", "是否删失",
                                           "存活",      "是否存活", "CNSR1"};
    static const char *const plain[] = {"status",     "event",    "death",        "census_tract",
                                        "uncensored", "生存状态", "not_censored", "OS",
                                        "centre",     "dead"};
    for (size_t i = 0; i < sizeof reversed / sizeof *reversed; i++)
        if (!rwe_event_is_reversed(reversed[i]))
            fail_msg("%s", reversed[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (rwe_event_is_reversed(plain[i]))
            fail_msg("%s", plain[i]);
}

static void check_doubt(const char *event, const char *censored, const char *more,
                        enum rwe_event_doubt expected)
{
    const struct rwe_event_value value[] = {{event, 1, 5}, {censored, 0, 5}, {more, 0, 5}};
    const struct rwe_endpoint endpoint = {.value = value, .n_values = more == NULL ? 2 : 3};
    size_t last = endpoint.n_values - 1;
    assert_int_equal(rwe_event_doubt(&endpoint, 0), RWE_NO_DOUBT);
    if (rwe_event_doubt(&endpoint, last) != expected)
        fail_msg("%s, %s, %s: %d", event, censored, more == NULL ? "" : more,
                 rwe_event_doubt(&endpoint, last));
}

static void censored_values_that_may_be_events_are_doubted(void **state)
{
    (void)state;
    check_doubt("Dead", "Alive", NULL, RWE_NO_DOUBT);
    check_doubt("Dead", "Alive", "DEAD", RWE_DOUBT_CASE);
    check_doubt("Dead", "Alive", "dead.", RWE_DOUBT_CASE);
    check_doubt("Dead", "Alive", "1:dead", RWE_DOUBT_CASE);
    check_doubt("Dead", "Alive", "died", RWE_DOUBT_WORD);
    check_doubt("Relapse", "None", "Died", RWE_DOUBT_WORD);
    check_doubt("Dead", "Alive", "Progressed", RWE_NO_DOUBT);
    check_doubt("Recurred", "未复发", "复发", RWE_DOUBT_WORD);
    check_doubt("1", "0", NULL, RWE_NO_DOUBT);
    check_doubt("1", "0", "2", RWE_DOUBT_CODE);
    check_doubt("2", "0", "1", RWE_DOUBT_CODE);
    check_doubt("1", "0", "x", RWE_NO_DOUBT);
}

static void codes_of_censoring_in_cnsr_are_no_doubt(void **state)
{
    (void)state;
    const struct rwe_event_value value[] = {{"0", 1, 5}, {"1", 0, 5}, {"2", 0, 5}};
    const struct rwe_endpoint endpoint = {.value = value, .n_values = 3, .is_reversed = true};
    assert_int_equal(rwe_event_doubt(&endpoint, 2), RWE_NO_DOUBT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negated_alive_and_censored_are_no_event),
        cmocka_unit_test(words_for_an_event_are_known),
        cmocka_unit_test(other_words_and_codes_say_nothing),
        cmocka_unit_test(names_of_reversed_columns_are_known),
        cmocka_unit_test(censored_values_that_may_be_events_are_doubted),
        cmocka_unit_test(codes_of_censoring_in_cnsr_are_no_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
