/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Catalogues: what is looked up, in which language, on which thread. */
#include "check.h"
#include "rwe/base/language.h"
#include "rwe/base/parallel.h"
#include "rwe/base/status.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A catalogue as msgfmt would write it: the heading and two texts, in order. */
enum { N_TEXTS = 3 };
static const char *const originals[N_TEXTS] = {"", "%s against %s", "events"};
static const char *const translations[N_TEXTS] = {"Language: de\n", "%2$s gegen %1$s",
                                                  "Ereignisse"};

static unsigned char catalogue[512];
static struct rwe_language german = {"de", catalogue, sizeof catalogue};

static uint32_t put_texts(const char *const text[], uint32_t table, uint32_t at)
{
    for (uint32_t i = 0; i < N_TEXTS; i++) {
        uint32_t entry[2] = {(uint32_t)strlen(text[i]), at};
        memcpy(catalogue + table + i * sizeof entry, entry, sizeof entry);
        memcpy(catalogue + at, text[i], strlen(text[i]) + 1);
        at += (uint32_t)strlen(text[i]) + 1;
    }
    return at;
}

static int set_up(void **state)
{
    (void)state;
    uint32_t size = 8 * N_TEXTS, heading[7] = {0x950412de, 0, N_TEXTS, 28, 28 + size, 0, 0};
    memcpy(catalogue, heading, sizeof heading);
    put_texts(translations, 28 + size, put_texts(originals, 28, 28 + 2 * size));
    return 0;
}

static void a_text_is_looked_up_whole_and_stays_where_it_is_not_known(void **state)
{
    (void)state;
    assert_string_equal(rwe_language_text(&german, "events"), "Ereignisse");
    assert_string_equal(rwe_language_text(&german, "Events"), "Events");
    assert_string_equal(rwe_language_text(&german, "event"), "event");
    assert_string_equal(rwe_language_text(&german, ""), ""); /* not the catalogue's heading */
    assert_null(rwe_language_text(&german, NULL));
    assert_string_equal(rwe_language_text(rwe_language_find("en"), "events"), "events");
}

static void report_and_messages_may_be_in_two_languages(void **state)
{
    (void)state;
    struct rwe_error error = {0};
    struct rwe_languages before = rwe_languages_use((struct rwe_languages){.report = &german});
    assert_string_equal(rwe_text("events"), "Ereignisse");
    assert_string_equal(rwe_message("events"), "events");
    rwe_languages_use((struct rwe_languages){.messages = &german});
    assert_string_equal(rwe_text("events"), "events");
    rwe_error_set(&error, RWE_USAGE, RWE_NO_INDEX, "%s against %s", "events", "B");
    assert_string_equal(error.message, "B gegen events"); /* an argument is not looked up */
    rwe_languages_use(before);
    assert_string_equal(rwe_message("events"), "events");
}

static void look_up(size_t piece, void *context)
{
    const char **found = context;
    found[piece] = rwe_text("events");
}

static void threads_speak_the_language_of_who_starts_them(void **state)
{
    (void)state;
    const char *found[64] = {NULL};
    struct rwe_languages before = rwe_languages_use((struct rwe_languages){.report = &german});
    rwe_parallel_for(64, 4, look_up, found);
    rwe_languages_use(before);
    for (size_t i = 0; i < 64; i++)
        assert_string_equal(found[i], "Ereignisse");
}

static void every_language_that_is_offered_is_there(void **state)
{
    (void)state;
    char names[64];
    snprintf(names, sizeof names, "%s", rwe_language_names);
    size_t n = 0;
    for (char *name = strtok(names, "|"); name != NULL; name = strtok(NULL, "|"), n++)
        assert_string_equal(rwe_language_find(name)->name, name);
    assert_true(n >= 2);
    assert_null(rwe_language_find("xx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_looked_up_whole_and_stays_where_it_is_not_known),
        cmocka_unit_test(report_and_messages_may_be_in_two_languages),
        cmocka_unit_test(threads_speak_the_language_of_who_starts_them),
        cmocka_unit_test(every_language_that_is_offered_is_there),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
