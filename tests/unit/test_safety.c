/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables beside the main one of --toxicity: eight subjects by hand, the sample cohort against R. */
#include "cli.h"
#include "csv_table.h"
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- eight subjects by hand ---- */

static const char cohort[] = "id,arm,time,dead,rt\n"
                             "1,A,12,0,\n2,A,24,1,\n3,A,6,1,\n4,A,18,0,\n"
                             "5,B,24,0,6\n6,B,12,1,3\n7,B,36,0,6\n8,B,12,0,9\n";

#define HEADER                                                                                     \
    "id,ae_term,ae_soc,ae_grade,ae_start_mo,ae_serious,ae_immune,ae_rel_chemo,ae_rel_pd1,"         \
    "ae_rel_rt,ae_action,ae_outcome,ae_steroid\n"

/* 8 has an infection of the lung under two names, and an event after he was last seen. */
static const char events[] =
    HEADER "1,Nausea,GI,2,1,0,0,2,0,0,none,recovered,0\n"
           "1,Vomiting,GI,3,2,1,0,Y,N,N,delay,recovered,0\n"
           "2,Pneumonitis,Lung,2,4,0,1,0,1,0,delay; reduce,recovered,1\n"
           "5,Nausea,GI,1,3,0,0,1,0,0,none,recovered,0\n"
           "5,Nausea,GI,3,8,1,0,1,0,0,none,unknown,0\n"
           "6,Radiation pneumonitis,Lung,3,5,1,0,0,0,2,discontinue,not recovered,1\n"
           "7,放射性肺炎,Lung,1,9,0,0,0,1,1,none,recovering,0\n"
           "8,Lung infection,Infections,2,6,0,0,0,0,0,none,recovered,0\n"
           "8,肺炎,Infections,2,7,0,0,0,0,0,none,recovered,0\n"
           "8,Nausea,GI,1,20,0,0,1,0,0,none,,0\n";

#define ARGUMENTS                                                                                  \
    "--id id --arm arm --endpoint os=time,dead --exposure-start rt --time-unit months --times "    \
    "6,12"

struct files {
    char *folder, *cohort, *events;
};

static struct files write_files(const char *rows)
{
    struct files files = {.folder = program_new_folder()};
    files.cohort = program_write_file(files.folder, "cohort.csv", cohort);
    files.events = program_write_file(files.folder, "ae.csv", rows);
    return files;
}

static void remove_files(struct files files)
{
    program_remove_folder(files.folder);
    free(files.cohort);
    free(files.events);
}

static struct program_facts facts_by_hand(const char *rows, const char *options)
{
    struct files files = write_files(rows);
    struct program_facts facts = program_facts_of(
        "%s " ARGUMENTS " --ae %s --toxicity --ae-cut 0 %s", files.cohort, files.events, options);
    remove_files(files);
    return facts;
}

struct expected {
    const char *key;
    double value;
};

static void check_by_hand(const struct expected expected[], size_t n)
{
    struct program_facts facts = facts_by_hand(events, "");
    for (size_t e = 0; e < n; e++) {
        char *key = program_format("toxicity population=all %s", expected[e].key);
        assert_close(program_facts_number(&facts, key), expected[e].value, 1e-12);
        free(key);
    }
    program_facts_clear(&facts);
}
#define CHECK(expected) check_by_hand((expected), sizeof(expected) / sizeof((expected)[0]))

static void each_kind_counts_its_subjects_once(void **state)
{
    (void)state;
    static const struct expected overview[] = {
        {"model=overview group=A term=any level=any n", 2},
        {"model=overview group=A term=any level=any percent", 50},
        {"model=overview group=B term=any level=any n", 4},
        {"model=overview group=B term=any level=>=3 n", 2},
        {"model=overview group=A term=any level=5 n", 0},
        {"model=overview group=A term=serious level=any n", 1},
        {"model=overview group=B term=serious level=any n", 2},
        {"model=overview group=A term=related.chemo level=any n", 1},
        {"model=overview group=A term=related.chemo level=>=3 n", 1}, /* Y */
        {"model=overview group=B term=related.rt level=any n", 2},
        {"model=overview group=B term=related.pd1 level=any n", 1},
        {"model=overview group=A term=immune level=any n", 1},
        {"model=overview group=A term=delay level=any n", 2}, /* beside a reduction too */
        {"model=overview group=A term=reduction level=any n", 1},
        {"model=overview group=B term=discontinuation level=any percent", 25},
        {"model=overview term=any level=any risk.difference", 0.5},
    };
    CHECK(overview);
}

static void a_class_counts_its_subjects_once(void **state)
{
    (void)state;
    static const struct expected classes[] = {
        {"model=soc group=A term=GI level=any n", 1}, /* nausea and vomiting of one */
        {"model=soc group=A term=GI level=>=3 n", 1},
        {"model=soc group=A term=GI level=3 n", 1},
        {"model=soc group=A term=GI level=1-2 n", 0}, /* by the worst */
        {"model=soc group=B term=Lung level=any n", 2},
        {"model=soc group=B term=Lung level=1-2 n", 1},
        {"model=soc group=B term=Infections level=any n", 1},
        {"model=soc term=Lung level=any risk.difference", 0.25},
    };
    CHECK(classes);
}

static void immune_related_events_have_onset_steroids_and_outcome(void **state)
{
    (void)state;
    static const struct expected immune[] = {
        {"model=immune group=A term=Pneumonitis level=any n", 1},
        {"model=immune group=A term=Pneumonitis level=>=3 n", 0},
        {"model=immune group=A term=Pneumonitis onset.median", 4},
        {"model=immune group=A term=Pneumonitis steroid.n", 1},
        {"model=immune group=A term=Pneumonitis steroid.percent", 100},
        {"model=immune group=A term=Pneumonitis resolved.of", 1},
        {"model=immune group=A term=Pneumonitis resolved.n", 1},
        {"model=immune group=B term=any level=any n", 0},
    };
    CHECK(immune);
}

static void pneumonitis_of_any_cause_is_no_infection(void **state)
{
    (void)state;
    static const struct expected pneumonitis[] = {
        {"model=pneumonitis group=A term=any level=any n", 1},
        {"model=pneumonitis group=B term=any level=any n", 2},
        {"model=pneumonitis group=B term=any level=>=2 n", 1},
        {"model=pneumonitis group=B term=any level=3 n", 1},
        {"model=pneumonitis group=B term=rt level=any n", 1},
        {"model=pneumonitis group=A term=pd1 level=any n", 1},
        {"model=pneumonitis group=B term=rt+pd1 level=any n", 1},
        {"model=pneumonitis group=B term=rt+pd1 level=>=3 n", 0},
        {"model=pneumonitis group=B term=indeterminate level=any n", 0},
        {"model=pneumonitis-onset group=B term=any onset.median", 7},
        {"model=pneumonitis-onset-from-exposure group=B term=any onset.median", 2.5},
        {"model=pneumonitis-onset-from-exposure group=A term=any onset.n", 0},
    };
    CHECK(pneumonitis);
}

/* Time until the event, else follow-up: A 12 + 4 + 6 + 18. Incidence: S(5) = 3/4, then one of three. */
static void rates_and_incidence_by_hand(void **state)
{
    (void)state;
    static const struct expected rates[] = {
        {"model=rate group=A term=Pneumonitis level=any n.event", 1},
        {"model=rate group=A term=Pneumonitis level=any time.at.risk", 40},
        {"model=rate group=A term=Pneumonitis level=any estimate", 30},
        {"model=rate group=B term=Pneumonitis level=any estimate", 0},
        {"model=rate term=Pneumonitis level=any rate.ratio", 0},
        {"model=cuminc group=A term=pneumonitis level=any time=6 estimate", 0.25},
        {"model=cuminc group=A term=pneumonitis level=any n.competing", 1},
        {"model=cuminc group=B term=pneumonitis level=any time=6 estimate", 0.25},
        {"model=cuminc group=B term=pneumonitis level=any time=12 estimate", 0.5},
        {"model=cuminc group=B term=any level=>=3 time=12 estimate", 0.5},
    };
    CHECK(rates);
}

/* Nausea unexposed: until 1 in the first, until 3 in the fifth, else until radiotherapy or the end. */
static void phases_and_states_by_hand(void **state)
{
    (void)state;
    static const struct expected phases[] = {
        {"model=phase-before group=B term=Nausea level=any n", 1},
        {"model=phase-before group=B term=Nausea level=>=3 n", 0},
        {"model=phase-after group=B term=Nausea level=>=3 n", 1},
        {"model=phase-after group=B term=Nausea level=>=3 percent", 25},
        {"model=phase-rate group=unexposed term=Nausea level=any n.event", 2},
        {"model=phase-rate group=unexposed term=Nausea level=any time.at.risk", 70},
        {"model=phase-rate group=exposed term=Nausea level=any n.event", 1},
        {"model=phase-rate group=exposed term=Nausea level=any time.at.risk", 44},
        {"model=phase-rate group=exposed term=Nausea level=any estimate", 1200.0 / 44},
    };
    CHECK(phases);
}

static void what_began_after_follow_up_is_left_out_and_told(void **state)
{
    (void)state;
    struct files files = write_files(events);
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity", files.cohort, files.events);
    struct program_facts facts = facts_by_hand(events, "");
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "1 of 10 rows|after the end of follow-up");
    assert_close(program_facts_number(&facts, "toxicity n.outside"), 1, 0);
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=B term=Nausea level=any n"), 1,
        0);
    program_facts_clear(&facts);
    program_clear(&run);
    remove_files(files);
}

/* A death is an event of follow-up wherever the endpoint has another name. */
static void follow_up_is_that_of_the_named_endpoint(void **state)
{
    (void)state;
    struct files files = write_files(events);
    struct program_facts none =
        program_facts_of("%s --id id --arm arm --endpoint life=time,dead --ae %s --toxicity",
                         files.cohort, files.events);
    struct program_facts named =
        program_facts_of("%s --id id --arm arm --endpoint life=time,dead --ae %s --toxicity "
                         "--ae-follow-up life --ae-cut 0",
                         files.cohort, files.events);
    static const char key[] =
        "toxicity population=all model=rate group=A term=Pneumonitis level=any estimate";
    assert_null(program_facts_find(&none, key));
    assert_close(program_facts_number(&named, key), 2.5, 1e-12); /* per 100 units of time */
    program_facts_clear(&none);
    program_facts_clear(&named);
    remove_files(files);
}

/* A cohort in days, events in months: the onset at month 4 is day 121.75. */
static void months_are_brought_to_the_unit_of_the_cohort(void **state)
{
    (void)state;
    struct files files = write_files("id,ae_term,ae_grade,ae_start_mo\n2,Rash,2,4\n");
    char *days = program_write_file(files.folder, "days.csv",
                                    "id,arm,time,dead\n1,A,365.25,0\n2,A,730.5,1\n5,B,100,1\n");
    struct program_facts facts =
        program_facts_of("%s --id id --arm arm --endpoint os=time,dead --time-unit days --ae %s "
                         "--toxicity",
                         days, files.events);
    assert_close(
        program_facts_number(
            &facts, "toxicity population=all model=rate group=A term=Rash level=any time.at.risk"),
        365.25 + 121.75, 1e-12);
    assert_close(
        program_facts_number(
            &facts, "toxicity population=all model=rate group=A term=Rash level=any estimate"),
        100 / (16 / 12.0), 1e-12);
    program_facts_clear(&facts);
    free(days);
    remove_files(files);
}

static void dates_of_onset_without_a_time_zero_are_told(void **state)
{
    (void)state;
    struct files files = write_files("id,ae_term,ae_grade,ae_start_date\n2,Rash,2,2023-05-01\n");
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity", files.cohort, files.events);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "dates of onset|--derive");
    program_clear(&run);
    remove_files(files);
}

/* ---- windows ---- */

/* Last dose at 6: until 7.0 with 30 days, immune-related ones until 9.0 with 90, pneumonitis by
 * radiotherapy, from the start of it at 6, until 11.9 with 180. */
static void events_after_the_window_are_no_longer_emergent(void **state)
{
    (void)state;
    static const char rows[] = "id,ae_term,ae_grade,ae_start_mo,ae_immune,ae_rel_rt,last_dose_mo\n"
                               "5,Nausea,1,6.9,0,0,6\n7,Nausea,1,7.1,0,0,6\n"
                               "5,Rash,1,8.9,1,0,6\n7,Rash,1,9.1,1,0,6\n"
                               "5,Pneumonitis,1,11.9,0,1,6\n7,Pneumonitis,1,12,0,1,6\n"
                               "1,Pruritus,1,11,0,0,\n";
    struct program_facts facts = facts_by_hand(rows, "--teae-days 30");
    static const char *const terms[] = {"Nausea", "Rash", "Pneumonitis"};
    for (size_t k = 0; k < 3; k++) {
        char *key = program_format("toxicity population=all group=B term=%s level=any n", terms[k]);
        assert_close(program_facts_number(&facts, key), 1, 0);
        free(key);
    }
    /* Without a last dose nothing ends. */
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=A term=Pruritus level=any n"),
        1, 0);
    assert_close(program_facts_number(&facts, "toxicity n.outside"), 3, 0);
    assert_null(program_facts_find(
        &facts, "toxicity population=all model=rate group=B term=Nausea level=any estimate"));
    program_facts_clear(&facts);
}

/* ---- which tables ---- */

static void a_file_of_three_columns_has_the_main_table_alone(void **state)
{
    (void)state;
    struct files files = write_files("id,ae_term,ae_grade\n1,Nausea,2\n5,Nausea,3\n");
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity", files.cohort, files.events);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "Adverse events, worst grade a subject");
    static const char *const others[] = {"Overview",      "organ class", "Immune-related",
                                         "patient-years", "Cumulative",  "by phase"};
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
        assert_null(strstr(run.out, others[k]));
    program_clear(&run);
    remove_files(files);
}

static void tables_are_chosen_by_name(void **state)
{
    (void)state;
    struct files files = write_files(events);
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity --ae-tables soc --ae-grades --ae-cut 0",
                    files.cohort, files.events);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "by class and term|by class, term and worst grade|grade 1–2|grade 5");
    assert_null(strstr(run.out, "Overview"));
    program_clear(&run);
    remove_files(files);
}

static void a_table_that_was_named_and_is_not_carried_is_told(void **state)
{
    (void)state;
    struct files files = write_files("id,ae_term,ae_grade\n1,Nausea,2\n5,Nausea,3\n");
    struct program_run run = program_run(
        "%s " ARGUMENTS " --ae %s --toxicity --ae-tables rates,soc", files.cohort, files.events);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "\"rates\" of adverse events is left out|onsets|\"soc\"|ae_soc");
    program_clear(&run);
    remove_files(files);
}

/* Who had an event before entry is not known. */
static void late_entry_has_no_rates(void **state)
{
    (void)state;
    struct files files = write_files(events);
    char *late = program_write_file(files.folder, "late.csv",
                                    "id,arm,time,dead,entry\n1,A,12,0,1\n2,A,24,1,0\n3,A,6,1,0\n"
                                    "5,B,24,0,2\n6,B,12,1,0\n7,B,36,0,0\n");
    struct program_run run =
        program_run("%s --id id --arm arm --endpoint os=time,dead --entry entry "
                    "--ae %s --toxicity --ae-tables overview,rates",
                    late, files.events);
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "Overview of adverse events|no late entry");
    assert_null(strstr(run.out, "rate ratio"));
    program_clear(&run);
    free(late);
    remove_files(files);
}

static void three_arms_have_counts_and_no_contrasts(void **state)
{
    (void)state;
    struct files files = write_files(events);
    char *three = program_write_file(files.folder, "three.csv",
                                     "id,arm,time,dead\n1,A,12,0\n2,A,24,1\n3,A,6,1\n"
                                     "5,B,24,0\n6,B,12,1\n7,C,36,0\n8,C,12,0\n");
    struct program_facts facts = program_facts_of(
        "%s --id id --arm arm --endpoint os=time,dead --ae %s --toxicity --ae-cut 0 --time-unit "
        "months",
        three, files.events);
    assert_close(program_facts_number(&facts, "toxicity population=all model=pneumonitis group=C "
                                              "term=any level=any n"),
                 1, 0);
    assert_close(program_facts_number(&facts, "toxicity population=all model=rate group=B "
                                              "term=Nausea level=any estimate"),
                 1200.0 / 15, 1e-12);
    assert_null(program_facts_find(
        &facts, "toxicity population=all model=rate term=Nausea level=any rate.ratio"));
    program_facts_clear(&facts);
    free(three);
    remove_files(files);
}

static void terms_that_the_cut_left_out_are_counted(void **state)
{
    (void)state;
    struct files files = write_files(events);
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity --ae-tables soc --ae-cut 30 "
                    "--ae-cut-severe 100",
                    files.cohort, files.events);
    assert_code(run, RWE_EXIT_DONE);
    /* Lung has 2 of 4; each of its terms, and all others, 1 of 4. */
    assert_says(run.out, "30%|2 further classes|7 further terms");
    program_clear(&run);
    remove_files(files);
}

/* A term under two classes stands under that of most of its rows. */
static void classes_that_disagree_are_told(void **state)
{
    (void)state;
    static const char rows[] = "id,ae_term,ae_soc,ae_grade\n"
                               "1,Fever,General,1\n2,Fever,General,1\n5,Fever,Infections,2\n"
                               "6,Fever,,1\n";
    struct program_facts facts = facts_by_hand(rows, "");
    assert_close(program_facts_number(
                     &facts, "toxicity population=all model=soc group=B term=General level=any n"),
                 2, 0);
    assert_null(program_facts_find(
        &facts, "toxicity population=all model=soc group=B term=Infections level=any n"));
    program_facts_clear(&facts);
    struct files files = write_files(rows);
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity", files.cohort, files.events);
    assert_says(run.out, "1 of 4 rows|another system organ class");
    program_clear(&run);
    remove_files(files);
}

/* ---- what cannot be read ---- */

static void refused(const char *rows, const char *options, int code, const char *words)
{
    struct files files = write_files(rows);
    struct program_run run =
        program_run("%s " ARGUMENTS " --ae %s --toxicity %s", files.cohort, files.events, options);
    assert_code(run, code);
    assert_says(run.err, words);
    program_clear(&run);
    remove_files(files);
}

static void words_that_say_nothing_are_told_with_their_line(void **state)
{
    (void)state;
    refused("id,ae_term,ae_grade,ae_serious\n1,Rash,1,1\n2,Rash,1,maybe\n", "", RWE_EXIT_FAILED,
            "ae.csv:3|\"ae_serious\"|\"maybe\"|1 or 0");
    refused("id,ae_term,ae_grade,ae_action\n1,Rash,1,surgery\n", "", RWE_EXIT_FAILED,
            "ae.csv:2|\"ae_action\"|\"surgery\"|discontinue");
    refused("id,ae_term,ae_grade,ae_outcome\n1,Rash,1,fine\n", "", RWE_EXIT_FAILED,
            "ae.csv:2|\"ae_outcome\"|recovered");
    refused("id,ae_term,ae_grade,ae_rel_rt\n1,Rash,1,4\n", "", RWE_EXIT_FAILED,
            "ae.csv:2|\"ae_rel_rt\"|\"4\"|3 definite");
    refused("id,ae_term,ae_grade,ae_start_mo\n1,Rash,1,soon\n", "", RWE_EXIT_FAILED,
            "ae.csv:2|\"ae_start_mo\"|\"soon\"|not a number");
}

static void rows_of_bad_words_are_left_out_on_request(void **state)
{
    (void)state;
    char text[4096] = "id,ae_term,ae_grade,ae_serious\n2,Rash,1,maybe\n";
    char *end = text + strlen(text);
    for (int i = 0; i < 99; i++) /* one row in a hundred may go */
        end = stpcpy(end, "1,Rash,1,1\n");
    struct program_facts facts = facts_by_hand(text, "--on-error drop");
    assert_close(program_facts_number(&facts, "toxicity n.excluded"), 1, 0);
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=A term=Rash level=any n"), 1,
        0);
    program_facts_clear(&facts);
}

/* 2 and 5 have events of unknown grade alone; 6 one of grade 3 beside it. */
static const char ungraded[] = "id,ae_term,ae_grade\n1,Rash,1\n2,Rash,\n5,Rash,unknown\n"
                               "6,Rash,\n6,Rash,G3\n7,Rash,0\n8,none,\n";

static void an_unknown_grade_counts_at_any_grade_alone(void **state)
{
    (void)state;
    static const struct expected rash[] = {
        {"group=A term=Rash level=any n", 2},       {"group=A term=Rash level=>=3 n", 0},
        {"group=A term=Rash level=1 n", 1},         {"group=A term=Rash level=unknown n", 1},
        {"group=B term=Rash level=any n", 2},       {"group=B term=Rash level=>=3 n", 1},
        {"group=B term=Rash level=unknown n", 1},   {"group=B term=any level=any n", 2},
        {"term=Rash level=any risk.difference", 0},
    };
    struct program_facts facts = facts_by_hand(ungraded, "");
    for (size_t e = 0; e < sizeof rash / sizeof *rash; e++) {
        char *key = program_format("toxicity population=all %s", rash[e].key);
        assert_close(program_facts_number(&facts, key), rash[e].value, 1e-12);
        free(key);
    }
    assert_close(program_facts_number(&facts, "toxicity n.ungraded"), 3, 0);
    assert_close(program_facts_number(&facts, "toxicity n.none"), 2, 0);
    program_facts_clear(&facts);
}

/* In a replicate who has no event is not taken for one of unknown grade. */
static void replicates_tell_no_event_from_an_unknown_grade(void **state)
{
    (void)state;
    struct program_facts facts = facts_by_hand(
        "id,ae_term,ae_grade\n1,Rash,\n2,Rash,\n3,Rash,\n4,Rash,\n", "--bootstrap 20 --seed 1");
    /* All of A have it and none of B in every replicate. */
    assert_close(program_facts_number(&facts, "toxicity population=all term=Rash level=any "
                                              "bootstrap.conf.high"),
                 -1, 1e-12);
    program_facts_clear(&facts);
}

static void columns_of_the_cohort_file_are_terms_too(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "cohort.csv",
                                    "id,arm,time,dead,Rash,Nausea\n1,A,12,0,0,2\n2,A,24,1,G3,\n"
                                    "3,B,6,1,轻度,1\n4,B,18,0,无,有\n");
    struct program_facts facts = program_facts_of(
        "%s --id id --arm arm --endpoint os=time,dead --ae-wide Rash,Nausea", path);
    static const struct expected expected[] = {
        {"group=A term=Rash level=any n", 1},       {"group=A term=Rash level=>=3 n", 1},
        {"group=B term=Rash level=1 n", 1},         {"group=B term=Nausea level=any n", 2},
        {"group=B term=Nausea level=unknown n", 1}, {"group=A term=any level=any n", 2},
    };
    for (size_t e = 0; e < sizeof expected / sizeof *expected; e++) {
        char *key = program_format("toxicity population=all %s", expected[e].key);
        assert_close(program_facts_number(&facts, key), expected[e].value, 0);
        free(key);
    }
    program_facts_clear(&facts);
    struct program_run run =
        program_run("%s --id id --arm arm --endpoint os=time,dead --ae-wide Rash,Nausae", path);
    assert_code(run, 2);
    assert_says(run.err, "--ae-wide|did you mean \"Nausea\"?");
    program_clear(&run);
    char *wide = program_write_file(folder, "wide.csv", "who,Rash\n1,3\n3,0\n");
    facts = program_facts_of(
        "%s --id id --arm arm --endpoint os=time,dead --ae %s --ae-wide Rash --ae-columns who",
        path, wide);
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=A term=Rash level=>=3 n"), 1,
        0);
    program_facts_clear(&facts);
    free(wide);
    run = program_run("%s --id id --arm arm --endpoint os=time,dead --ae-wide Rash,arm", path);
    assert_code(run, 1);
    assert_says(run.err, "cohort.csv: column \"arm\": 4 rows: not a grade (line 2: \"A\"");
    program_clear(&run);
    free(path);
    program_remove_folder(folder);
}

/* Read again, the file of patients begins where it began at first. */
static void terms_of_the_cohort_file_stand_behind_the_lines_that_are_skipped(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "cohort.csv",
                                    "of,another,table,at,the,top\n9,9,9,9,9,9\n"
                                    "id,arm,time,dead,Rash,Nausea\n1,A,12,0,3,2\n2,A,24,1,0,0\n"
                                    "3,B,6,1,1,1\n4,B,18,0,0,2\n");
    struct program_facts facts = program_facts_of(
        "%s --skip 2 --id id --arm arm --endpoint os=time,dead --ae-wide Rash,Nausea", path);
    assert_close(
        program_facts_number(&facts, "toxicity population=all group=A term=Rash level=>=3 n"), 1,
        0);
    program_facts_clear(&facts);
    free(path);
    program_remove_folder(folder);
}

static void options_that_name_nothing_are_refused(void **state)
{
    (void)state;
    refused(events, "--ae-tables overvew", RWE_EXIT_USAGE, "overvew|did you mean \"overview\"?");
    refused(events, "--ae-incidence Nausae", RWE_EXIT_USAGE, "no such term|\"Nausea\"?");
    refused(events, "--teae-days 30", RWE_EXIT_USAGE, "last dose|--ae-names");
    refused(events, "--ae-follow-up death", RWE_EXIT_USAGE, "no such endpoint");
    refused(events, "--ae-names gravity=ae_serious", RWE_EXIT_USAGE, "KEY=COLUMN");
    refused(events, "--ae-names serious", RWE_EXIT_USAGE, "KEY=COLUMN");
    refused(events, "--ae-names serious=ae_serius", RWE_EXIT_USAGE, "did you mean|ae_serious");
}

static void columns_may_have_names_of_their_own(void **state)
{
    (void)state;
    struct program_facts facts =
        facts_by_hand("id,ae_term,ae_grade,AESER,AEBODSYS\n1,Rash,1,Y,Skin\n2,Rash,1,N,Skin\n",
                      "--ae-names serious=AESER,soc=AEBODSYS");
    assert_close(
        program_facts_number(
            &facts, "toxicity population=all model=overview group=A term=serious level=any n"),
        1, 0);
    assert_close(program_facts_number(
                     &facts, "toxicity population=all model=soc group=A term=Skin level=any n"),
                 2, 0);
    program_facts_clear(&facts);
}

/* ---- the sample cohort, against R ---- */

#define SAMPLE                                                                                     \
    "sample_data/cohort.csv --study sample_data/nct07062484.yaml --ae sample_data/ae.csv "         \
    "--toxicity --times 6,24"

struct matched {
    const char *key, *name; /* of the fact; of the oracle */
};

static void check_matched(const struct program_facts *facts, const char *population,
                          const struct matched matched[], size_t n, double relative)
{
    struct oracle *oracle = oracle_read("tests/oracle/safety.csv");
    for (size_t k = 0; k < n; k++) {
        char *key = program_format("toxicity population=%s %s", population, matched[k].key);
        assert_close(program_facts_number(facts, key), oracle_number(oracle, matched[k].name),
                     relative);
        free(key);
    }
    oracle_free(oracle);
}
#define MATCH(facts, population, list, relative)                                                   \
    check_matched(&(facts), (population), (list), sizeof(list) / sizeof((list)[0]), (relative))

static void counts_of_the_cohort_match_r(void **state)
{
    (void)state;
    static const struct matched counts[] = {
        {"model=soc group=GP+Tis term=Gastrointestinal disorders level=any n",
         "soc.gi.any.control.n"},
        {"model=soc group=GP+Tis+RT term=Gastrointestinal disorders level=>=3 n",
         "soc.gi.3.treated.n"},
        {"model=overview group=GP+Tis term=discontinuation level=any n",
         "overview.discontinuation.control.n"},
        {"model=overview group=GP+Tis+RT term=related.rt level=any n", "overview.rt.treated.n"},
        {"model=overview group=GP+Tis+RT term=related.rt level=>=3 n", "overview.rt.3.treated.n"},
        {"model=immune group=GP+Tis+RT term=Hypothyroidism level=any n", "immune.hypo.treated.n"},
        {"model=immune group=GP+Tis term=any steroid.n", "immune.steroid.control.n"},
        {"model=immune group=GP+Tis term=Hypothyroidism onset.q1", "onset.control.q1"},
        {"model=immune group=GP+Tis+RT term=Hypothyroidism onset.median", "onset.treated.median"},
        {"model=immune group=GP+Tis+RT term=Hypothyroidism onset.q3", "onset.treated.q3"},
        {"model=pneumonitis group=GP+Tis+RT term=rt level=any n", "pneumonitis.set1.treated.n"},
        {"model=pneumonitis group=GP+Tis+RT term=pd1 level=>=2 n", "pneumonitis.set2.2.treated.n"},
        {"model=pneumonitis group=GP+Tis+RT term=rt+pd1 level=>=2 n",
         "pneumonitis.set3.2.treated.n"},
        {"model=phase-before group=GP+Tis+RT term=Pneumonitis level=any n", "phase.before.n"},
        {"model=phase-after group=GP+Tis+RT term=Pneumonitis level=any n", "phase.after.n"},
    };
    struct program_facts facts = program_facts_of(SAMPLE);
    MATCH(facts, "all", counts, 1e-12);
    program_facts_clear(&facts);
}

/* poisson.test. */
static void exact_rates_match_r(void **state)
{
    (void)state;
    static const struct matched rates[] = {
        {"model=rate group=GP+Tis term=Pneumonitis level=any n.event",
         "rate.pneumonitis.control.n"},
        {"model=rate group=GP+Tis term=Pneumonitis level=any estimate",
         "rate.pneumonitis.control.estimate"},
        {"model=rate group=GP+Tis term=Pneumonitis level=any conf.low",
         "rate.pneumonitis.control.low"},
        {"model=rate group=GP+Tis+RT term=Pneumonitis level=any conf.high",
         "rate.pneumonitis.treated.high"},
        {"model=rate term=Pneumonitis level=any rate.ratio", "rate.pneumonitis.ratio"},
        {"model=rate term=Pneumonitis level=any conf.low", "rate.pneumonitis.ratio.low"},
        {"model=rate term=Pneumonitis level=any conf.high", "rate.pneumonitis.ratio.high"},
        {"model=rate group=GP+Tis+RT term=any level=>=3 conf.low", "rate.any3.treated.low"},
        {"model=rate term=any level=>=3 conf.high", "rate.any3.ratio.high"},
        {"model=phase-rate group=unexposed term=Pneumonitis level=any n.event", "state0.n"},
        {"model=phase-rate group=unexposed term=Pneumonitis level=any estimate", "state0.rate"},
        {"model=phase-rate group=exposed term=Pneumonitis level=any estimate", "state1.rate"},
        {"model=phase-rate group=exposed term=Pneumonitis level=any conf.high", "state1.high"},
        {"model=phase-rate term=Pneumonitis level=any rate.ratio", "state.ratio"},
        {"model=phase-rate term=Pneumonitis level=any conf.low", "state.ratio.low"},
    };
    struct program_facts facts = program_facts_of(SAMPLE);
    MATCH(facts, "all", rates, 1e-9);
    program_facts_clear(&facts);
}

/* cuminc of cmprsk: Aalen's variance. */
static void incidence_with_death_competing_matches_cmprsk(void **state)
{
    (void)state;
    static const struct matched curves[] = {
        {"model=cuminc group=GP+Tis term=pneumonitis level=any time=6 estimate",
         "cif.pneumonitis.control.6"},
        {"model=cuminc group=GP+Tis+RT term=pneumonitis level=any time=24 estimate",
         "cif.pneumonitis.treated.24"},
        {"model=cuminc group=GP+Tis+RT term=pneumonitis level=any time=24 std.error",
         "cif.pneumonitis.treated.24.se"},
        {"model=cuminc group=GP+Tis term=any level=>=3 time=6 estimate", "cif.any3.control.6"},
        {"model=cuminc group=GP+Tis term=any level=>=3 time=6 std.error", "cif.any3.control.6.se"},
        {"model=cuminc group=GP+Tis+RT term=any level=>=3 time=24 std.error",
         "cif.any3.treated.24.se"},
    };
    struct program_facts facts = program_facts_of(SAMPLE);
    MATCH(facts, "all", curves, 1e-10);
    program_facts_clear(&facts);
}

/* svyratio, and survfit with weights. */
static void weighted_rates_and_incidence_match_survey_and_survival(void **state)
{
    (void)state;
    static const struct matched weighted[] = {
        {"model=rate group=GP+Tis term=Pneumonitis level=any estimate", "weighted.rate.control"},
        {"model=rate group=GP+Tis term=Pneumonitis level=any conf.low",
         "weighted.rate.control.low"},
        {"model=rate group=GP+Tis+RT term=Pneumonitis level=any conf.low",
         "weighted.rate.treated.low"},
        {"model=rate term=Pneumonitis level=any rate.ratio", "weighted.ratio"},
        {"model=rate term=Pneumonitis level=any conf.high", "weighted.ratio.high"},
        {"model=cuminc group=GP+Tis term=pneumonitis level=any time=6 estimate",
         "weighted.cif.control.6"},
        {"model=cuminc group=GP+Tis+RT term=pneumonitis level=any time=24 estimate",
         "weighted.cif.treated.24"},
        {"model=cuminc group=GP+Tis+RT term=pneumonitis level=any time=24 std.error",
         "weighted.cif.treated.24.se"},
        {"model=cuminc group=GP+Tis term=pneumonitis level=any time=6 std.error",
         "weighted.cif.control.6.se"},
    };
    struct program_facts facts = program_facts_of(SAMPLE " --iptw=ato --variance robust");
    MATCH(facts, "iptw-ato", weighted, 1e-7);
    program_facts_clear(&facts);
}

static void at_a_landmark_later_events_count_alone(void **state)
{
    (void)state;
    static const struct matched landmark[] = {
        {"group=GP+Tis term=Pneumonitis level=any n", "landmark.control.n"},
        {"group=GP+Tis+RT term=Pneumonitis level=any n", "landmark.treated.n"},
    };
    struct program_facts facts = program_facts_of(SAMPLE " --landmark=6 --ae-tables rates");
    MATCH(facts, "landmark-6", landmark, 0);
    assert_close(
        program_facts_number(
            &facts, "toxicity population=landmark-6 model=rate group=GP+Tis+RT term=Pneumonitis "
                    "level=any n.event"),
        program_facts_number(
            &facts, "toxicity population=landmark-6 group=GP+Tis+RT term=Pneumonitis level=any n"),
        0);
    program_facts_clear(&facts);
}

/* Onsets by dates are those by months but for less than a day. */
static void dates_and_months_tell_the_same(void **state)
{
    (void)state;
    struct program_facts months = program_facts_of(SAMPLE);
    struct program_facts dates = program_facts_of(SAMPLE " --derive os");
    static const char *const keys[] = {
        "toxicity population=all model=rate group=GP+Tis term=Pneumonitis level=any n.event",
        "toxicity population=all group=GP+Tis term=any level=any n",
    };
    static const char rate[] =
        "toxicity population=all model=rate group=GP+Tis term=Pneumonitis level=any estimate";
    for (size_t k = 0; k < 2; k++)
        assert_close(program_facts_number(&dates, keys[k]), program_facts_number(&months, keys[k]),
                     0);
    double of_dates = program_facts_number(&dates, rate);
    assert_close(of_dates, program_facts_number(&months, rate), 0.002);
    assert_true(of_dates != program_facts_number(&months, rate));
    program_facts_clear(&months);
    program_facts_clear(&dates);
}

/* ---- identities ---- */

static void write_backwards(FILE *out, const char *text, size_t size)
{
    const char *header = strchr(text, '\n') + 1;
    fwrite(text, 1, (size_t)(header - text), out);
    for (const char *end = text + size; end > header;) {
        const char *from = end - 1;
        while (from > header && from[-1] != '\n')
            from--;
        fwrite(from, 1, (size_t)(end - from), out);
        end = from;
    }
}

static void the_order_of_rows_changes_nothing(void **state)
{
    (void)state;
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "ae.csv", "");
    size_t size;
    char *text = program_read_file("sample_data/ae.csv", &size);
    FILE *out = fopen(path, "wb");
    write_backwards(out, text, size);
    fclose(out);
#define BOTH                                                                                       \
    "sample_data/cohort.csv --study sample_data/nct07062484.yaml --toxicity --iptw --landmark=6 "
    struct program_facts as_is = program_facts_of(BOTH "--ae sample_data/ae.csv");
    struct program_facts backwards = program_facts_of(BOTH "--ae %s", path);
    assert_same_facts(backwards, as_is, 0);
    program_facts_clear(&as_is);
    program_facts_clear(&backwards);
    program_remove_folder(folder);
    free(text);
    free(path);
}

/* Subjects by cause of their pneumonitis add up; those with it after radiotherapy are the exposed. */
static void parts_add_up(void **state)
{
    (void)state;
    struct program_facts facts = program_facts_of(SAMPLE " --iptw=ate");
    static const char *const causes[] = {"rt", "pd1", "rt+pd1", "indeterminate"};
    double sum = 0;
    for (size_t c = 0; c < 4; c++) {
        char *key = program_format("toxicity population=iptw-ate model=pneumonitis "
                                   "group=GP+Tis+RT term=%s level=any percent",
                                   causes[c]);
        sum += program_facts_number(&facts, key);
        free(key);
    }
    assert_close(sum,
                 program_facts_number(&facts, "toxicity population=iptw-ate model=pneumonitis "
                                              "group=GP+Tis+RT term=any level=any percent"),
                 1e-12);
    assert_close(program_facts_number(&facts, "toxicity population=all model=phase-rate "
                                              "group=exposed term=Anemia level=any n.event"),
                 program_facts_number(&facts, "toxicity population=all model=phase-after "
                                              "group=GP+Tis+RT term=Anemia level=any n"),
                 0);
    program_facts_clear(&facts);
}

static void pairs_have_exact_rates_and_a_robust_ratio(void **state)
{
    (void)state;
    struct program_run run = program_run(SAMPLE " --psm --ae-tables rates");
    assert_code(run, RWE_EXIT_DONE);
    assert_says(run.out, "of the ratio robust on the log, by matched pair");
    program_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_counts_its_subjects_once),
        cmocka_unit_test(a_class_counts_its_subjects_once),
        cmocka_unit_test(immune_related_events_have_onset_steroids_and_outcome),
        cmocka_unit_test(pneumonitis_of_any_cause_is_no_infection),
        cmocka_unit_test(rates_and_incidence_by_hand),
        cmocka_unit_test(phases_and_states_by_hand),
        cmocka_unit_test(what_began_after_follow_up_is_left_out_and_told),
        cmocka_unit_test(follow_up_is_that_of_the_named_endpoint),
        cmocka_unit_test(months_are_brought_to_the_unit_of_the_cohort),
        cmocka_unit_test(dates_of_onset_without_a_time_zero_are_told),
        cmocka_unit_test(events_after_the_window_are_no_longer_emergent),
        cmocka_unit_test(a_file_of_three_columns_has_the_main_table_alone),
        cmocka_unit_test(tables_are_chosen_by_name),
        cmocka_unit_test(a_table_that_was_named_and_is_not_carried_is_told),
        cmocka_unit_test(late_entry_has_no_rates),
        cmocka_unit_test(three_arms_have_counts_and_no_contrasts),
        cmocka_unit_test(the_order_of_rows_changes_nothing),
        cmocka_unit_test(terms_that_the_cut_left_out_are_counted),
        cmocka_unit_test(classes_that_disagree_are_told),
        cmocka_unit_test(words_that_say_nothing_are_told_with_their_line),
        cmocka_unit_test(rows_of_bad_words_are_left_out_on_request),
        cmocka_unit_test(an_unknown_grade_counts_at_any_grade_alone),
        cmocka_unit_test(replicates_tell_no_event_from_an_unknown_grade),
        cmocka_unit_test(columns_of_the_cohort_file_are_terms_too),
        cmocka_unit_test(terms_of_the_cohort_file_stand_behind_the_lines_that_are_skipped),
        cmocka_unit_test(options_that_name_nothing_are_refused),
        cmocka_unit_test(columns_may_have_names_of_their_own),
        cmocka_unit_test(counts_of_the_cohort_match_r),
        cmocka_unit_test(exact_rates_match_r),
        cmocka_unit_test(incidence_with_death_competing_matches_cmprsk),
        cmocka_unit_test(weighted_rates_and_incidence_match_survey_and_survival),
        cmocka_unit_test(at_a_landmark_later_events_count_alone),
        cmocka_unit_test(dates_and_months_tell_the_same),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(pairs_have_exact_rates_and_a_robust_ratio),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
