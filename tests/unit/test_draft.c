/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is guessed from names and contents of columns. By hand, from names that files have. */
#include "check.h"

#include "rwe/data/draft.h"
#include "rwe/data/table_builder.h"
#include <stdlib.h>
#include <string.h>

#include "starve.h"

enum { ROWS = 12, MOST = 12 };

struct input {
    const struct rwe_draft_input *of;
};

/* A table whose columns are named, each filled by a rule: the first letter of `as` says which. */
struct made {
    struct rwe_arena *arena;
    struct rwe_settings *settings;
    struct rwe_table *table;
    struct rwe_draft draft;
};

/* Cells of row i: "n" numbers, "u" a number of its own, "b" 0 and 1, "c" 1 and 2, "s" Dead and Alive, "y" Yes and No,
 * "a" drug and placebo, "d" dates, "t" texts of its own, "1" one value. */
static const char *cell_of(char as, size_t i, struct rwe_arena *arena)
{
    static const char *const states[] = {"Alive", "Dead"}, *const yes[] = {"No", "Yes"},
                             *const arms[] = {"drug", "placebo"};
    switch (as) {
    case 'n':
        return rwe_arena_format(arena, "%zu.5", 3 + i * 7 % 11);
    case 'u':
        return rwe_arena_format(arena, "%zu", i + 1);
    case 'b':
        return i % 3 == 0 ? "0" : "1";
    case 'c':
        return i % 3 == 0 ? "1" : "2";
    case 's':
        return states[i % 3 > 0];
    case 'y':
        return yes[i % 2];
    case 'a':
        return arms[i % 2];
    case 'd':
        return rwe_arena_format(arena, "2021-%02zu-1%zu", 1 + i % 9, i % 7);
    case 't':
        return rwe_arena_format(arena, "text %zu", i);
    default:
        return "same";
    }
}

/* "id:u arm:a os_months:n death:b": a name and what its cells are, blanks between; _ in a name is kept. */
static struct made make(const char *columns)
{
    struct made m = {.arena = rwe_arena_new()};
    const struct rwe_options *lists[] = {&rwe_study_options};
    struct rwe_strings words = rwe_text_split(m.arena, columns, ' ');
    struct rwe_column_values column[MOST];
    m.settings = rwe_settings_new(m.arena, lists, 1);
    assert_true(words.n <= MOST);
    for (size_t j = 0; j < words.n; j++) {
        const char **text = RWE_NEW(m.arena, const char *, ROWS);
        size_t length = strlen(words.item[j]);
        for (size_t i = 0; i < ROWS; i++)
            text[i] = cell_of(words.item[j][length - 1], i, m.arena);
        column[j] = (struct rwe_column_values){
            .info.name = rwe_arena_substring(m.arena, words.item[j], length - 2), .text = text};
    }
    const struct rwe_table_columns table = {"made", column, words.n, ROWS};
    struct rwe_error error;
    assert_int_equal(rwe_table_from_columns(&table, NULL, m.arena, &m.table, &error), RWE_OK);
    struct rwe_draft_input input = {m.table, NULL, m.settings};
    assert_int_equal(rwe_draft_make(&input, m.arena, &m.draft, &error), RWE_OK);
    return m;
}

static void clear(struct made *m)
{
    rwe_table_close(m->table);
    rwe_arena_free(m->arena);
}

static const char *name_of(const struct made *m, size_t column)
{
    return column == RWE_NO_INDEX ? "none" : m->draft.column[column].name;
}

/* Identifier, arm and the first endpoint, "-" where there is none: "id arm os os_months death Dead". */
static void check(const char *columns, const char *expected)
{
    struct made m = make(columns);
    const struct rwe_draft_endpoint *e = m.draft.n_endpoints == 0 ? NULL : &m.draft.endpoint[0];
    const char *event = "?";
    for (size_t l = 0; e != NULL && l < m.draft.column[e->event].n_levels; l++)
        if (e->is_event[l])
            event = m.draft.column[e->event].level[l];
    const char *seen = e == NULL
                           ? rwe_arena_format(m.arena, "%s %s -", name_of(&m, m.draft.id),
                                              name_of(&m, m.draft.arm))
                           : rwe_arena_format(m.arena, "%s %s %s %s %s %s", name_of(&m, m.draft.id),
                                              name_of(&m, m.draft.arm), e->name,
                                              name_of(&m, e->time), name_of(&m, e->event), event);
    if (strcmp(seen, expected) != 0)
        fail_msg("of %s: %s, not %s", columns, seen, expected);
    clear(&m);
}

static void names_of_many_kinds_of_files_are_known(void **state)
{
    (void)state;
    check("id:u arm:a os_months:n death:b", "id arm os os_months death 1");
    check("PATIENT_ID:t TREATMENT:a OS_STATUS:s OS_MONTHS:n",
          "PATIENT_ID TREATMENT os OS_MONTHS OS_STATUS Dead");
    check("USUBJID:t TRT01A:a AVAL:n CNSR:b", "USUBJID TRT01A event AVAL CNSR 0");
    check("record_id:u rx:a futime:n fustat:b", "record_id rx event futime fustat 1");
    check("pid:u hormon:b rfstime:n status:b", "pid hormon rfs rfstime status 1");
    check("编号:u 分组:a 总生存期(月):n 生存状态:s", "编号 分组 os 总生存期(月) 生存状态 Dead");
    check("编号:u 治疗方案:a 无进展生存期:n 是否进展:y",
          "编号 治疗方案 pfs 无进展生存期 是否进展 Yes");
    check("id:u group:a start_date:d last_contact:d status:s",
          "id group os last_contact status Dead");
}

static void a_column_named_for_the_censored_has_its_event_at_0(void **state)
{
    (void)state;
    check("id:u arm:a months:n censored:b", "id arm event months censored 0");
    check("id:u arm:a os_months:n os_censor:y", "id arm os os_months os_censor No");
}

static void what_names_do_not_say_is_not_guessed(void **state)
{
    (void)state;
    check("id:u arm:a time:n status:c", "id arm event time status ?");
    check("id:u drug:t months:n smoker:y", "id none -");
    check("id:u chemo:b hormon:b time:n status:b", "id none event time status 1");
    struct made m = make("id:u chemo:b hormon:b time:n status:c");
    struct rwe_strings lacks = rwe_draft_lacks(&m.draft, m.arena);
    assert_int_equal(lacks.n, 2);
    assert_string_equal(lacks.item[0],
                        "Which column is the treatment arm: chemo, hormon? Name it, as in arm: "
                        "chemo.");
    assert_non_null(
        strstr(lacks.item[1], "column \"status\" is the event: its values are 1 (4), 2 (8)"));
    clear(&m);
}

static void a_second_endpoint_needs_its_own_name(void **state)
{
    (void)state;
    struct made m = make("id:u arm:a os_mo:n os_event:b rt_mo:n recurrent:b pfs_mo:n pfs:b");
    assert_int_equal(m.draft.n_endpoints, 2);
    assert_string_equal(m.draft.endpoint[0].name, "os");
    assert_string_equal(m.draft.endpoint[1].name, "pfs");
    assert_string_equal(m.draft.time_unit, "months");
    clear(&m);
}

static void covariates_are_what_is_known_before_time_zero(void **state)
{
    (void)state;
    struct made m = make("id:u arm:a age:n marker:n bor:y dose_gy:n centre:1 os_mo:n os_event:b");
    static const enum rwe_guess expected[] = {
        RWE_GUESS_ID,    RWE_GUESS_ARM,     RWE_GUESS_COVARIATE, RWE_GUESS_PERHAPS, RWE_GUESS_LATER,
        RWE_GUESS_LATER, RWE_GUESS_NOTHING, RWE_GUESS_TIME,      RWE_GUESS_EVENT};
    for (size_t j = 0; j < m.draft.n_columns; j++)
        assert_int_equal(m.draft.column[j].guess, expected[j]);
    clear(&m);
}

/* The second column has the values of the arm by other names. */
static void a_copy_of_the_arm_is_no_covariate(void **state)
{
    (void)state;
    struct made m = make("id:u arm:a sex:y stage:b os_mo:n os_event:b");
    assert_int_equal(m.draft.column[2].guess, RWE_GUESS_NOTHING);
    assert_int_equal(m.draft.column[3].guess, RWE_GUESS_COVARIATE);
    clear(&m);
}

static void the_control_is_known_by_its_word(void **state)
{
    (void)state;
    struct made m = make("id:u arm:a os_mo:n os_event:b");
    assert_string_equal(m.draft.control, "placebo");
    assert_string_equal(m.draft.treated, "drug");
    rwe_draft_set(&m.draft, RWE_GUESS_ARM, 3);
    assert_string_equal(m.draft.control, "0");
    assert_int_equal(m.draft.column[1].guess, RWE_GUESS_NOTHING);
    clear(&m);
}

static void endpoints_come_from_dates_where_there_are_no_times(void **state)
{
    (void)state;
    struct made m = make("id:u arm:a index_date:d pd:d Date_of_death:d last_contact_date:d");
    assert_int_equal(m.draft.derive.n, 2);
    assert_string_equal(m.draft.derive.item[1], "rwpfs");
    assert_int_equal(m.draft.roles.n, 2); /* the others are called as the program calls them */
    assert_string_equal(m.draft.roles.item[0], "death_date=Date_of_death");
    clear(&m);
}

static void a_decimal_comma_is_seen(void **state)
{
    (void)state;
    static const char *const commas[] = {"3,5", "-1,25", "NA"}, *const points[] = {"3.5", "1,5",
                                                                                   "a,b"};
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t k = 0; k < 2; k++) {
        const struct rwe_column_values column = {.info.name = "x",
                                                 .text = k == 0 ? commas : points};
        const struct rwe_table_columns columns = {"made", &column, 1, 3};
        struct rwe_table *table;
        struct rwe_error error;
        assert_int_equal(rwe_table_from_columns(&columns, NULL, arena, &table, &error), RWE_OK);
        assert_int_equal(rwe_draft_has_decimal_comma(table), k == 0);
        rwe_table_close(table);
    }
    rwe_arena_free(arena);
}

static enum rwe_status run(const struct input *input, struct rwe_arena *arena,
                           struct rwe_error *error)
{
    struct rwe_draft draft;
    return arena == NULL ? rwe_fail_memory(error) : rwe_draft_make(input->of, arena, &draft, error);
}

static void memory_that_is_out_is_told(void **state)
{
    (void)state;
    struct made m = make("id:u arm:a index_date:d pd:d Date_of_death:d last_contact_date:d age:n");
    struct rwe_draft_input of = {m.table, NULL, m.settings};
    starve(&(struct input){&of}, 5, run);
    clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_many_kinds_of_files_are_known),
        cmocka_unit_test(a_column_named_for_the_censored_has_its_event_at_0),
        cmocka_unit_test(what_names_do_not_say_is_not_guessed),
        cmocka_unit_test(a_second_endpoint_needs_its_own_name),
        cmocka_unit_test(covariates_are_what_is_known_before_time_zero),
        cmocka_unit_test(a_copy_of_the_arm_is_no_covariate),
        cmocka_unit_test(the_control_is_known_by_its_word),
        cmocka_unit_test(endpoints_come_from_dates_where_there_are_no_times),
        cmocka_unit_test(a_decimal_comma_is_seen),
        cmocka_unit_test(memory_that_is_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
