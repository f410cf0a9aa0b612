/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents in another language: which phrase a text is found under, and what stays. */
#include "check.h"
#include "rwe/report/language.h"
#include "rwe/report/render.h"

#include <string.h>

static const struct rwe_phrase phrases[] = {
    {"events", "ereignisse"},
    {"Whole cohort", "Ganze Kohorte"},
    {"Survival at times: {}, {}", "{2}: Überleben ({1})"},
    {"At {}", "Bei {}"},
    {"At {} months", "Nach {} Monaten"},
    {"robust", "robust berechnet"},
    {"by pair", "nach Paar"},
    {"Limits: {}.", "Grenzen: {}."},
    {"{} of {}", "{2}, davon {1}"},
};
static const struct rwe_language german = {"de", phrases, sizeof phrases / sizeof phrases[0],
                                           " / "};

static struct rwe_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = rwe_arena_new();
    return arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    rwe_arena_free(arena);
    return 0;
}

static const char *in_german(const char *text)
{
    struct rwe_translator *translator = rwe_translator_new(&german, arena);
    assert_non_null(translator);
    return rwe_translate(translator, text);
}

static void a_text_is_looked_up_whole(void **state)
{
    (void)state;
    assert_string_equal(in_german("events"), "ereignisse");
    assert_string_equal(in_german("Events"), "Events");
    assert_null(in_german(NULL));
    assert_string_equal(in_german(""), "");
}

static void what_stands_in_a_place_is_looked_up_and_may_move(void **state)
{
    (void)state;
    assert_string_equal(in_german("Survival at times: os, Whole cohort"),
                        "Ganze Kohorte: Überleben (os)");
}

static void the_phrase_with_most_letters_wins(void **state)
{
    (void)state;
    assert_string_equal(in_german("At 6 months"), "Nach 6 Monaten");
    assert_string_equal(in_german("At 6 years"), "Bei 6 years");
}

static void a_list_is_looked_up_item_by_item(void **state)
{
    (void)state;
    assert_string_equal(in_german("Limits: robust; by pair; other."),
                        "Grenzen: robust berechnet / nach Paar / other.");
    assert_string_equal(in_german("One; two."), "One; two.");
}

static void a_place_may_be_empty_and_a_phrase_may_begin_with_one(void **state)
{
    (void)state;
    assert_string_equal(in_german("At "), "Bei ");
    assert_string_equal(in_german("3 of events"), "ereignisse, davon 3");
}

static struct rwe_document *a_document(void)
{
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_key key = rwe_key_of("km");
    key.group = "events"; /* an arm of that name */
    rwe_fact n = rwe_document_number(document, &key, "n", 3);
    rwe_fact words = rwe_document_string(document, &key, "variance", "robust");
    struct rwe_grid *grid = rwe_document_table(document, "Survival at times: os, Whole cohort");
    rwe_grid_column(grid, "%s", "events");
    rwe_grid_column(grid, "At %d months", 6);
    rwe_grid_column(grid, "variance");
    rwe_grid_row(grid, 0, "Whole cohort");
    rwe_grid_cell(grid, RWE_CELL_COUNT, n, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_cell(grid, RWE_CELL_TEXT, words, RWE_NO_FACT, RWE_NO_FACT);
    rwe_grid_note(grid, "Limits: by pair.");
    return document;
}

static char *text_of(const struct rwe_document *document, const char *format)
{
    struct rwe_bytes bytes;
    struct rwe_error error;
    assert_int_equal(rwe_render_bytes(document, rwe_format_find(format), NULL, &bytes, &error),
                     RWE_OK);
    char *text = rwe_arena_format(arena, "%.*s", (int)bytes.n, bytes.byte);
    rwe_bytes_clear(&bytes);
    return text;
}

static void a_document_is_translated_but_for_the_names_of_its_arms(void **state)
{
    (void)state;
    const struct rwe_document *document = a_document();
    char *before = text_of(document, "text");
    const struct rwe_document *translated = rwe_document_in(document, &german, arena);
    assert_non_null(translated);
    char *text = text_of(translated, "text");
    assert_non_null(strstr(text, "Ganze Kohorte: Überleben (os)"));
    assert_non_null(strstr(text, "Nach 6 Monaten"));
    assert_non_null(strstr(text, "robust berechnet"));
    assert_non_null(strstr(text, "Grenzen: nach Paar."));
    assert_non_null(strstr(text, "events"));
    assert_null(strstr(text, "ereignisse"));
    assert_string_equal(text_of(document, "text"), before); /* the original is as it was */
    assert_string_equal(rwe_document_language(translated)->name, "de");
}

static void english_is_the_document_itself(void **state)
{
    (void)state;
    const struct rwe_document *document = a_document();
    assert_ptr_equal(rwe_document_in(document, rwe_language_find("en"), arena), document);
    assert_string_equal(rwe_document_language(document)->name, "en");
    assert_null(rwe_language_find("xx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_looked_up_whole),
        cmocka_unit_test(what_stands_in_a_place_is_looked_up_and_may_move),
        cmocka_unit_test(the_phrase_with_most_letters_wins),
        cmocka_unit_test(a_list_is_looked_up_item_by_item),
        cmocka_unit_test(a_place_may_be_empty_and_a_phrase_may_begin_with_one),
        cmocka_unit_test(a_document_is_translated_but_for_the_names_of_its_arms),
        cmocka_unit_test(english_is_the_document_itself),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
