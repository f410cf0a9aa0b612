/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each rule of validation, twice: on a chart that breaks it and on its twin that does not. */
#include "check.h"

#include "rwe/data/cohort_dates.h"
#include "rwe/data/validate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct rwe_arena *arena;
    struct rwe_settings *settings;
    struct rwe_strings event_columns;
    struct rwe_complaints complaints;
    struct rwe_table *patients, *events;
    struct rwe_validation validation;
    struct rwe_error error;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = rwe_arena_new()};
    f.complaints.arena = f.arena;
    f.settings = rwe_settings_new(f.arena, (const struct rwe_options *[]){&rwe_study_options}, 1);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_table_close(f->patients);
    rwe_table_close(f->events);
    rwe_arena_free(f->arena);
    return 0;
}

static void set(struct fixture *f, const char *name, const char *text)
{
    assert_int_equal(rwe_settings_set(f->settings, name, text, RWE_FROM_COMMAND, &f->error),
                     RWE_OK);
}

static struct rwe_table *read_text(struct fixture *f, const char *text)
{
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_table *table = NULL;
    char *path = check_write_file(text, strlen(text));
    assert_int_equal(rwe_table_read(path, &options, f->arena, &table, &f->complaints, &f->error),
                     RWE_OK);
    check_remove_file(path);
    return table;
}

static enum rwe_status validate(struct fixture *f, const char *patients, const char *events)
{
    rwe_table_close(f->patients);
    rwe_table_close(f->events);
    f->patients = read_text(f, patients);
    f->events = events == NULL ? NULL : read_text(f, events);
    struct rwe_validation_input input = {
        .patients = f->patients,
        .events = f->events,
        .event_columns = f->event_columns,
        .study = rwe_study_of(f->settings),
    };
    return rwe_validate(&input, f->arena, &f->validation, &f->error);
}

/* Findings of a rule: -1 when it was not checked. */
static int found(const struct fixture *f, const char *code, enum rwe_severity severity)
{
    for (size_t r = 0; r < rwe_n_rules; r++)
        if (strcmp(rwe_rules[r].code, code) == 0 && rwe_rules[r].severity == severity)
            return f->validation.not_checked[r] != NULL ? -1 : (int)f->validation.n_by_rule[r];
    fail_msg("no rule %s", code);
    return -1;
}

static void usual_study(struct fixture *f)
{
    set(f, "id", "usubjid");
    set(f, "arm", "arm");
    set(f, "control", "C");
    set(f, "treated", "X");
    set(f, "endpoint", "os=t,e");
    set(f, "cutoff", "2025-06-30");
}

#define ERROR RWE_SEVERITY_ERROR
#define WARNING RWE_SEVERITY_WARNING
#define QUERY RWE_SEVERITY_QUERY

static const struct {
    const char *code;
    enum rwe_severity severity;
    const char *header, *breaks, *keeps, *column;
} row_rules[] = {
    {"E01", ERROR, "index_date", "2023-05", "2023-05-01", "index_date"},
    {"E01", ERROR, "首次用药日期", "unclear", "2023/5/1", "首次用药日期"},
    {"E02", ERROR, "death,death_date", "1,", "1,2024-02-02", "death_date"},
    {"E02", ERROR, "death,death_date", "是,", "否,", "death_date"},
    {"E02", QUERY, "death,death_date", "1,2024-02", "1,2024-02-02", "death_date"},
    {"E02", QUERY, "death,death_date", "1,2024年", "0,", "death_date"},
    {"E03", ERROR, "index_date,death_date", "2023-05-02,2023-05-01", "2023-05-02,2023-05-02",
     "death_date"},
    {"E04", ERROR, "index_date,pd_date", "2023-05-02,2023-05-01", "2023-05-02,", "pd_date"},
    {"E05", ERROR, "index_date,last_contact_date", "2023-05-02,2023-05-01", "2023-05-02,2023-05-02",
     "last_contact_date"},
    {"E06", ERROR, "usubjid,age", "P1,50\nP1,51", "P1,50\nP2,50", "usubjid"},
    {"E06", QUERY, "usubjid,siteid,sex,birth_date,dx_date",
     "P1,S1,M,1970-02-03,2019-01-01\nP2,S2,M,1970-02-03,2019-01-01",
     "P1,S1,M,1970-02-03,2019-01-01\nP2,S1,M,1970-02-03,2019-01-01", "birth_date"},
    {"E07", ERROR, "death,death_date", "0,2024-02-02", "0,", "death_date"},
    {"E08", WARNING, "index_date,pd_date", "2023-05-02,2025-07-01", "2023-05-02,2025-06-30",
     "pd_date"},
    {"E09", ERROR, "death_date,pd_date", "2024-02-02,2024-02-03", "2024-02-02,2024-02-02",
     "death_date"},
    {"E10", ERROR, "death_date,last_contact_date", "2024-02-02,2024-02-03", "2024-02-02,2024-02-02",
     "last_contact_date"},
    {"E11", ERROR, "index_date,rt_start_date", "2023-05-02,2023-05-01", "2023-05-02,2023-08-01",
     "rt_start_date"},
    {"E12", ERROR, "arm,index_date,rt_start_date", "X,2023-05-02,", "X,2023-05-02,2023-08-01",
     "arm"},
    {"E12", ERROR, "arm,index_date,rt_start_date", "C,2023-05-02,2023-08-01", "C,2023-05-02,",
     "arm"},
    {"E12", ERROR, "arm,index_date,rt_start_date,pd_date", "C,2023-05-02,2023-08-01,2023-09-01",
     "C,2023-05-02,2023-08-01,2023-07-01", "arm"},
    {"E12", ERROR, "arm,index_date,rt_start_date,rt_site", "C,2023-05-02,2023-08-01,lung;bone",
     "C,2023-05-02,2023-08-01,bone", "arm"},
    {"W13", WARNING, "rt_start_date,pd_date", "2023-08-02,2023-08-01", "2023-08-01,2023-08-01",
     "rt_start_date"},
    {"W14", WARNING, "rt_start_date,rt_end_date", "2023-08-02,2023-08-01", "2023-08-01,2023-08-01",
     "rt_end_date"},
    {"W15", WARNING, "rt_dose_gy", "5000", "100", "rt_dose_gy"},
    {"W15", WARNING, "rt_dose_gy,rt_fx,rt_fx_gy", "60,25,2", "60,30,2", "rt_dose_gy"},
    {"W16", WARNING, "age", "17", "18", "age"},
    {"W16", WARNING, "kps", "50", "60", "kps"},
    {"W16", WARNING, "dfi_mo", "6", "6.1", "dfi_mo"},
    {"W16", WARNING, "prior_ici", "1", "0", "prior_ici"},
    {"W16", WARNING, "met_date,prim_rt_end_date", "2023-05-01,2022-12-01", "2023-05-01,2022-05-01",
     "met_date"},
    {"W17", WARNING, "index_date,last_contact_date", "2023-05-01,2023-05-01",
     "2023-05-01,2023-05-02", "last_contact_date"},
    {"W18", WARNING, "alb", "4.2", "42", "alb"},
    {"W18", WARNING, "ldh", "3.1", "186", "ldh"},
    {"W18", WARNING, "ebv_dna", "1200 IU/mL", "1200", "ebv_dna"},
    {"W19", WARNING, "bor,pd_date,resp_first_date", "PR,2023-08-01,2023-08-02",
     "PR,2023-08-02,2023-08-01", "resp_first_date"},
    {"W20", WARNING, "index_date,pd_date", "2023-05-01,2023-05-14", "2023-05-01,2023-05-15",
     "pd_date"},
    {"W21", WARNING, "bor,pd_date", "PD,", "PD,2023-08-01", "pd_date"},
    {"W21", WARNING, "bor,pd_date,relapse_date", "CR,2023-08-01,", "CR,2023-08-01,2023-08-01",
     "relapse_date"},
};

static void every_rule_of_a_row_is_broken_and_kept(void **state)
{
    struct fixture *f = *state;
    usual_study(f);
    for (size_t k = 0; k < sizeof row_rules / sizeof row_rules[0]; k++) {
        char text[512];
        snprintf(text, sizeof text, "%s,note\n%s,x\n", row_rules[k].header, row_rules[k].keeps);
        /* rows of two lines have their note on the last: the first is filled by a second column */
        if (strchr(row_rules[k].keeps, '\n') != NULL)
            snprintf(text, sizeof text, "%s\n%s\n", row_rules[k].header, row_rules[k].keeps);
        assert_int_equal(validate(f, text, NULL), RWE_OK);
        if (found(f, row_rules[k].code, row_rules[k].severity) != 0)
            fail_msg("%s: found in %s", row_rules[k].code, row_rules[k].keeps);
        snprintf(text, sizeof text, "%s,note\n%s,x\n", row_rules[k].header, row_rules[k].breaks);
        if (strchr(row_rules[k].breaks, '\n') != NULL)
            snprintf(text, sizeof text, "%s\n%s\n", row_rules[k].header, row_rules[k].breaks);
        assert_int_equal(validate(f, text, NULL), RWE_OK);
        if (found(f, row_rules[k].code, row_rules[k].severity) != 1)
            fail_msg("%s: not found in %s", row_rules[k].code, row_rules[k].breaks);
        for (size_t i = 0; i < f->validation.n; i++)
            if (strcmp(f->validation.finding[i].rule->code, row_rules[k].code) == 0 &&
                f->validation.finding[i].rule->severity == row_rules[k].severity)
                assert_string_equal(f->validation.finding[i].column, row_rules[k].column);
    }
}

#define PATIENTS                                                                                   \
    "usubjid,index_date,last_contact_date,death_date\nP1,2023-05-02,2023-09-01,\n"                 \
    "P2,2023-05-02,,2023-09-01\n"

static void every_rule_of_an_adverse_event_is_broken_and_kept(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *code, *breaks, *keeps;
    } rules[] = {
        {"W28", "P1,Cough,1,2023-05-01", "P1,Cough,1,2023-05-02"},
        {"W28", "P1,Cough,1,2023-12-01", "P1,Cough,1,2023-11-30"},
        {"W29", "P1,Nausea,4,2023-06-01", "P1,nausea,3,2023-06-01"},
        {"W29", "P1,Febrile neutropenia,2,2023-06-01", "P1,Febrile neutropenia,Ⅲ度,2023-06-01"},
        {"W29", "P1,Sepsis,6,2023-06-01", "P1,Sepsis,4级,2023-06-01"},
        {"W30", "P9,Cough,1,2023-06-01", "P2,Cough,1,2023-06-01"},
        {"W31", "P1,Sepsis,5,2023-08-30", "P2,Sepsis,5,2023-08-30"},
        {"W31", "P2,Sepsis,5,2023-08-01", "P2,Sepsis,5,2023-10-01"},
    };
    for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++) {
        char events[256];
        for (int breaks = 0; breaks < 2; breaks++) {
            snprintf(events, sizeof events, "usubjid,ae_term,ae_grade,ae_start_date\n%s\n",
                     breaks ? rules[k].breaks : rules[k].keeps);
            assert_int_equal(validate(f, PATIENTS, events), RWE_OK);
            if (found(f, rules[k].code, WARNING) != breaks)
                fail_msg("%s: %s", rules[k].code, events);
        }
    }
    assert_int_equal(validate(f, PATIENTS, NULL), RWE_OK);
    assert_int_equal(found(f, "W28", WARNING), -1);
    assert_int_equal(found(f, "W30", WARNING), -1);
}

static void columns_of_events_may_have_other_names(void **state)
{
    struct fixture *f = *state;
    f->event_columns = rwe_text_split(f->arena, "who,what,how", ',');
    assert_int_equal(validate(f, PATIENTS, "who,what,how\nP1,Nausea,4\nP3,Nausea,1\n"), RWE_OK);
    assert_int_equal(found(f, "W29", WARNING), 1);
    assert_int_equal(found(f, "W30", WARNING), 1);
}

/* ---- the file as a whole: forty patients from a pattern of cells ---- */

struct pattern {
    char text[8192];
    size_t used;
};

static void add(struct pattern *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct pattern *p, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    p->used += (size_t)vsnprintf(p->text + p->used, sizeof p->text - p->used, format, list);
    va_end(list);
    assert_true(p->used < sizeof p->text);
}

static int whole(struct fixture *f, const char *code, struct pattern *p)
{
    assert_int_equal(validate(f, p->text, NULL), RWE_OK);
    p->used = 0;
    return found(f, code, WARNING);
}

static void follow_up_that_lags_is_told(void **state)
{
    struct fixture *f = *state;
    struct pattern p = {.used = 0};
    usual_study(f);
    for (int late = 8; late <= 9; late++) { /* 20 % and 22.5 % of forty survivors */
        add(&p, "usubjid,arm,death,last_contact_date\n");
        for (int i = 0; i < 40; i++)
            add(&p, "P%d,%s,0,%s\n", i, i % 2 ? "C" : "X", i < late ? "2024-01-09" : "2025-02-03");
        assert_int_equal(whole(f, "W22", &p), late == 9);
    }
    for (int late = 4; late <= 5;
         late++) { /* all of one arm: 20 % and 25 % of twenty against none */
        add(&p, "usubjid,arm,death,last_contact_date\n");
        for (int i = 0; i < 40; i++)
            add(&p, "P%d,%s,0,%s\n", i, i < 20 ? "C" : "X", i < late ? "2024-01-09" : "2025-02-03");
        assert_int_equal(whole(f, "W22", &p), late == 5);
    }
}

static void survivors_that_end_at_their_last_scan_are_told(void **state)
{
    struct fixture *f = *state;
    struct pattern p = {.used = 0};
    for (int known_late = 0; known_late < 2; known_late++) {
        add(&p, "death,death_date,last_assess_date,last_contact_date\n");
        for (int i = 0; i < 20; i++)
            add(&p, "0,,2024-03-0%d,2024-03-0%d\n1,%s,2024-03-01,\n", 1 + i % 9, 1 + i % 9,
                known_late ? "2024-08-09" : "2024-04-09");
        assert_int_equal(whole(f, "W23", &p), known_late);
    }
}

static void a_status_of_1_and_2_or_inverted_is_told(void **state)
{
    struct fixture *f = *state;
    usual_study(f);
    assert_int_equal(validate(f, "t,e\n1,1\n2,2\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W24", WARNING), 1);
    assert_int_equal(validate(f, "t,e\n5,1\n6,1\n1,0\n2,0\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W24", WARNING), 1);
    assert_int_equal(validate(f, "t,e\n5,1\n1,1\n1,0\n2,0\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W24", WARNING), 0);
    assert_int_equal(validate(f, "t,e,death\n5,1,1\n1,1,2\n1,0,2\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W24", WARNING), 1);
}

static void days_that_heap_are_told(void **state)
{
    struct fixture *f = *state;
    struct pattern p = {.used = 0};
    for (int heap = 4; heap <= 5; heap++) { /* 20 % and 25 % of twenty */
        add(&p, "index_date\n");
        for (int i = 0; i < 20; i++)
            add(&p, "2023-%02d-%02d\n", 1 + i % 12, i < heap ? (i % 2 ? 1 : 15) : 3 + i % 9);
        assert_int_equal(whole(f, "W25", &p), heap == 5);
    }
}

static void dates_of_another_spreadsheet_system_are_told(void **state)
{
    struct fixture *f = *state;
    struct pattern p = {.used = 0};
    for (int off = 0; off < 2; off++) { /* 2023-09-05 less 1,462 days is 2019-09-04 */
        add(&p, "index_date,newtx_date\n");
        for (int i = 0; i < 6; i++)
            add(&p, "2023-05-0%d,%s\n", 2 + i, off ? "2019-09-04" : "2023-09-05");
        assert_int_equal(whole(f, "W26", &p), off);
    }
}

static void covariates_that_separate_or_say_nothing_are_told(void **state)
{
    struct fixture *f = *state;
    usual_study(f);
    set(f, "covariates", "g,h");
    assert_int_equal(validate(f, "arm,t,e,g,h\nC,1,1,a,3\nX,2,1,a,4\nC,3,1,b,5\nX,4,1,b,3\n", NULL),
                     RWE_OK);
    assert_int_equal(found(f, "W27", WARNING), 0);
    assert_int_equal(found(f, "W32", WARNING), 0);
    assert_int_equal(validate(f, "arm,t,e,g,h\nC,1,1,a,3\nX,2,1,a,4\nC,3,1,b,5\nC,4,1,b,3\n", NULL),
                     RWE_OK);
    assert_int_equal(found(f, "W27", WARNING), 1); /* b in one arm */
    assert_int_equal(validate(f, "arm,t,e,g,h\nC,1,1,a,3\nX,2,1,a,4\nC,3,0,b,5\nX,4,0,b,3\n", NULL),
                     RWE_OK);
    assert_int_equal(found(f, "W27", WARNING), 1); /* b without events */
    assert_int_equal(validate(f, "arm,t,e,g,h\nC,1,1,a,3\nX,2,1,a,3\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W32", WARNING), 1); /* constant */
    assert_int_equal(validate(f, "arm,t,e,g,h\nC,1,1,a,3\nX,2,1,a,3\nC,3,1,b,5\nX,4,1,b,5\n", NULL),
                     RWE_OK);
    assert_int_equal(found(f, "W32", WARNING), 1); /* one says what the other says */
}

static void covariates_of_after_time_zero_are_known_by_role(void **state)
{
    struct fixture *f = *state;
    static const char *const after[] = {"bor",   "resp_m3",    "gp_cycles", "pd1_cycles",
                                        "maint", "ebv_dna_c2", "rt_v20",    "最佳疗效"};
    for (size_t k = 0; k < sizeof after / sizeof after[0]; k++)
        assert_true(rwe_post_baseline(rwe_study_of(f->settings), after[k]));
    assert_false(rwe_post_baseline(rwe_study_of(f->settings), "ebv_dna"));
    assert_false(rwe_post_baseline(rwe_study_of(f->settings), "cycles"));
    set(f, "columns", "gp_cycles=cycles");
    assert_true(rwe_post_baseline(rwe_study_of(f->settings), "cycles"));
    set(f, "covariates", "age,cycles");
    assert_int_equal(validate(f, "age,cycles\n50,4\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W33", WARNING), 1);
}

static const char late[] = "arm,index_date,rt_start_date\nC,2022-01-01,\nC,2022-01-01,\n"
                           "X,2022-01-01,2022-03-01\nX,2022-01-01,2022-01-01\n";

static void a_start_that_tells_the_arms_apart_is_declared(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    assert_int_equal(validate(f, late, NULL), RWE_OK);
    assert_int_equal(found(f, "W34", WARNING), 1);
    set(f, "exposure-date", "rt_start_date");
    assert_int_equal(validate(f, late, NULL), RWE_OK);
    assert_int_equal(found(f, "W34", WARNING), 0);
}

static void a_start_at_time_zero_or_in_both_arms_is_not(void **state)
{
    struct fixture *f = *state;
    set(f, "arm", "arm");
    assert_int_equal(validate(f, "arm,rt_start_mo\nC,\nC,\nX,0\nX,0\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W34", WARNING), 0);
    assert_int_equal(validate(f, "arm,rt_start_mo\nC,2\nC,3\nX,4\nX,1\n", NULL), RWE_OK);
    assert_int_equal(found(f, "W34", WARNING), 0);
}

/* ---- which rules, and of which columns ---- */

static void a_rule_without_its_columns_is_not_checked_and_says_so(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(validate(f, "usubjid,index_date\nP1,2023-05-01\n", NULL), RWE_OK);
    assert_int_equal(found(f, "E03", ERROR), -1);
    for (size_t r = 0; r < rwe_n_rules; r++)
        if (strcmp(rwe_rules[r].code, "E03") == 0)
            assert_string_equal(f->validation.not_checked[r], "death_date");
    assert_int_equal(found(f, "E01", ERROR), 0);
    assert_int_equal(validate(f, "site,age\nA,50\nA,51\n", NULL), RWE_OK);
    assert_int_equal(found(f, "E06", ERROR), -1);
    assert_int_equal(f->validation.n, 0);
}

static void columns_may_be_renamed_and_rules_taken_off(void **state)
{
    struct fixture *f = *state;
    set(f, "columns", "index_date=c1d1,death_date=died");
    assert_int_equal(validate(f, "c1d1,died\n2023-05-02,2023-05-01\n", NULL), RWE_OK);
    assert_int_equal(found(f, "E03", ERROR), 1);
    set(f, "rules-off", "e03");
    assert_int_equal(validate(f, "c1d1,died\n2023-05-02,2023-05-01\n", NULL), RWE_OK);
    assert_int_equal(found(f, "E03", ERROR), -1);
}

static void wrong_renames_and_rules_are_refused(void **state)
{
    struct fixture *f = *state;
    set(f, "columns", "indexdate=c1d1");
    assert_int_equal(validate(f, "c1d1\n2023-05-02\n", NULL), RWE_USAGE);
    assert_non_null(strstr(f->error.message, "did you mean \"index_date\"?"));
    set(f, "columns", "index_date=c1d2");
    assert_int_equal(validate(f, "c1d1\n2023-05-02\n", NULL), RWE_NO_COLUMN);
    rwe_settings_unset(f->settings, "columns");
    set(f, "rules-off", "E99");
    assert_int_equal(validate(f, "c1d1\n2023-05-02\n", NULL), RWE_USAGE);
    rwe_settings_unset(f->settings, "rules-off");
    set(f, "cutoff", "summer");
    assert_int_equal(validate(f, "c1d1\n2023-05-02\n", NULL), RWE_USAGE);
}

static void every_rule_is_told_in_both_languages_and_once(void **state)
{
    (void)state;
    const struct rwe_language *chinese = rwe_language_find("zh");
    for (size_t r = 0; r < rwe_n_rules; r++) {
        const struct rwe_rule *rule = &rwe_rules[r];
        const char *const told[] = {rule->message, rule->action};
        for (size_t t = 0; t < sizeof told / sizeof told[0]; t++) {
            assert_true(strlen(told[t]) > 0);
            assert_non_null(
                strpbrk(rwe_language_text(chinese, told[t]), "\xe4\xe5\xe6\xe7\xe8\xe9"));
        }
        assert_int_equal((rule->row != NULL) + (rule->event != NULL) + (rule->whole != NULL), 1);
        for (size_t k = 0; k < r; k++)
            assert_false(strcmp(rwe_rules[k].code, rule->code) == 0 &&
                         rwe_rules[k].severity == rule->severity);
    }
}

static void errors_become_complaints_and_nothing_else_does(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(validate(f,
                              "usubjid,age,index_date,death_date\nP1,17,2023-05-02,2023-05-01\n"
                              "P1,50,2023-05-02,\n",
                              NULL),
                     RWE_OK);
    size_t before = f->complaints.n;
    assert_int_equal(
        rwe_validation_complain(&f->validation, rwe_study_of(f->settings), &f->complaints), RWE_OK);
    assert_int_equal(f->complaints.n - before, 2); /* E03 and E06, not W16 */
    assert_string_equal(f->complaints.item[before].reason, "earlier than the index date");
    assert_string_equal(f->complaints.item[before].rule, "E03");
    assert_int_equal(f->complaints.item[before].line, 2);
    assert_int_equal(
        rwe_validation_complain(&f->validation, rwe_study_of(f->settings), &f->complaints), RWE_OK);
    assert_int_equal(f->complaints.n - before, 2); /* a bad cell is told once */
    set(f, "id", "usubjid");                       /* duplicates are the cohort's to tell now */
    struct rwe_complaints again = {.arena = f->arena};
    assert_int_equal(rwe_validation_complain(&f->validation, rwe_study_of(f->settings), &again),
                     RWE_OK);
    assert_int_equal(again.n, 1);
}

/* ---- who the patients are ---- */

static enum rwe_status privacy(struct fixture *f, const char *text)
{
    rwe_table_close(f->patients);
    f->patients = read_text(f, text);
    return rwe_privacy_check(f->patients, &f->error);
}

static void a_file_that_names_people_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"姓名",   "患者姓名", "身份证号",
                                        "住院号", "联系电话", "住址"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        char text[128];
        snprintf(text, sizeof text, "id,%s\n1,x\n", names[k]);
        assert_int_equal(privacy(f, text), RWE_BAD_INPUT);
        assert_non_null(strstr(f->error.message, "--allow-identifiers"));
        assert_non_null(strstr(f->error.message, names[k]));
    }
    /* 11010519491231002X is the example of GB 11643-1999. */
    assert_int_equal(privacy(f, "id,code\n1,11010519491231002X\n"), RWE_BAD_INPUT);
    assert_null(strstr(f->error.message, "11010519491231002X"));
    assert_int_equal(privacy(f, "id,code\n1,110105194912310021\n"), RWE_BAD_INPUT); /* a slip */
    assert_int_equal(privacy(f, "id,code\n1,13812345678\n"), RWE_BAD_INPUT);
    assert_int_equal(privacy(f, "id,code\n1,110105194999310022\n"), RWE_OK); /* no such month */
    static const char *const people[] = {
        "\"110105 19491231 0021\"",
        "'110105194912310021",
        "call 138-0013-8000",
        "+86 138 0013 8000",
        "8613800138000",
        "110105491231002",
        "010-62531234",
        "(0755) 8888 1234",
        "a@b.cn",
        "１３８００１３８０００",
        "+1 555 123 4567",
        "mother 138 0013 8000, home",
    };
    for (size_t k = 0; k < sizeof people / sizeof people[0]; k++) {
        char text[128];
        snprintf(text, sizeof text, "id,code\n1,%s\n", people[k]);
        if (privacy(f, text) != RWE_BAD_INPUT)
            fail_msg("%s is let in", people[k]);
    }
    static const char *const others[] = {
        "2022-03-01 2022-04-02", "2022-03-01 10:20:30", "01-701-1015",
        "101-001-0001",          "0.13800138000",       "1.2E+0412345678",
        "13 15 18 20 11 1",      "AB13800138000",       "T2;N1;M0 12345678",
    };
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        char text[128];
        snprintf(text, sizeof text, "id,code\n1,%s\n", others[k]);
        if (privacy(f, text) != RWE_OK)
            fail_msg("%s is taken for a person", others[k]);
    }
    static const char *const headers[] = {"病案号",      "门诊号",     "证件号码",     "联系方式",
                                          "出生日期",    "name_last",  "patient_name", "E-mail",
                                          "telephone_1", "PatientMRN", "dob",          "birth_date",
                                          "Name",        "BRTHDT"};
    static const char *const plain[] = {"发生日期",  "drug_name", "birth_weight",
                                        "site_name", "pt_name",   "last_contact_date",
                                        "登记日期"};
    for (size_t k = 0; k < sizeof headers / sizeof headers[0]; k++) {
        char text[128];
        snprintf(text, sizeof text, "id,%s,电话\n1,x,y\n", headers[k]);
        assert_int_equal(privacy(f, text), RWE_BAD_INPUT);
        assert_non_null(strstr(f->error.message, headers[k]));
        assert_non_null(strstr(f->error.message, "电话")); /* all at once */
    }
    for (size_t k = 0; k < sizeof plain / sizeof plain[0]; k++) {
        char text[128];
        snprintf(text, sizeof text, "id,%s\n1,x\n", plain[k]);
        assert_int_equal(privacy(f, text), RWE_OK);
    }
    static const char *const labelled = "id,c,age\nID,%s,years\n1,x,50\n2,y,60\n3,z,61\n";
    char text[128];
    snprintf(text, sizeof text, labelled, "患者姓名"); /* a second header */
    assert_int_equal(privacy(f, text), RWE_BAD_INPUT);
    snprintf(text, sizeof text, labelled, "who named the drug first");
    assert_int_equal(privacy(f, text), RWE_OK);
    assert_int_equal(privacy(f, "id,code\n1,12812345678\n"), RWE_OK); /* no such numbers */
    assert_int_equal(privacy(f, "id,code\n1,1381234567\n"), RWE_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_rule_of_a_row_is_broken_and_kept),
        TEST(every_rule_of_an_adverse_event_is_broken_and_kept),
        TEST(columns_of_events_may_have_other_names),
        TEST(follow_up_that_lags_is_told),
        TEST(survivors_that_end_at_their_last_scan_are_told),
        TEST(a_status_of_1_and_2_or_inverted_is_told),
        TEST(days_that_heap_are_told),
        TEST(dates_of_another_spreadsheet_system_are_told),
        TEST(covariates_that_separate_or_say_nothing_are_told),
        TEST(covariates_of_after_time_zero_are_known_by_role),
        TEST(a_start_that_tells_the_arms_apart_is_declared),
        TEST(a_start_at_time_zero_or_in_both_arms_is_not),
        TEST(a_rule_without_its_columns_is_not_checked_and_says_so),
        TEST(columns_may_be_renamed_and_rules_taken_off),
        TEST(wrong_renames_and_rules_are_refused),
        TEST(every_rule_is_told_in_both_languages_and_once),
        TEST(errors_become_complaints_and_nothing_else_does),
        TEST(a_file_that_names_people_is_refused),
    };
    return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
