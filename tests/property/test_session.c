/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rwe.h: a session does what the command does, tells its errors as values, and leaves its process alone. */
#include "cli.h"
#include "program.h"
#include "rwe.h"

#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COHORT "sample_data/cohort.csv"
#define LUNG "tests/oracle/data/lung.csv"

/* ---- asking ---- */

struct option {
    const char *name, *value;
};

static const struct option lung[] = {{"arm", "sex"},
                                     {"endpoint", "os=time,status:2"},
                                     {"km", NULL},
                                     {"times", "180,360"},
                                     {NULL, NULL}};

/* A session with the options, which a nameless one ends. */
static struct rwe_session *ask(const char *cohort, const struct option options[])
{
    struct rwe_session *session = rwe_session_new();
    assert_non_null(session);
    assert_int_equal(rwe_session_set_cohort(session, cohort), RWE_OK);
    for (; options->name != NULL; options++)
        if (rwe_session_set(session, options->name, options->value) != RWE_OK)
            fail_msg("%s: %s", options->name, rwe_session_error(session));
    return session;
}

static struct rwe_session *answer(const char *cohort, const struct option options[])
{
    struct rwe_session *session = ask(cohort, options);
    if (rwe_session_run(session) != RWE_OK)
        fail_msg("%s", rwe_session_error(session));
    assert_string_equal(rwe_session_error(session), "");
    return session;
}

static void check_fails(struct rwe_session *session, enum rwe_status actual,
                        enum rwe_status expected, const char *words)
{
    assert_int_equal(actual, expected);
    assert_says(rwe_session_error(session), words);
}

static void check_report(struct rwe_session *session, const char *format, const char *arguments)
{
    size_t size;
    struct program_run run = program_run("%s --format %s", arguments, format);
    assert_code(run, RWE_EXIT_DONE);
    const char *report = rwe_session_render(session, format, &size);
    assert_non_null(report);
    assert_int_equal(size, run.out_size);
    assert_string_equal(report, run.out);
    program_clear(&run);
}

/* ---- what the command does ---- */

static void every_report_has_the_bytes_of_the_command(void **state)
{
    static const char *const formats[] = {"text", "json", "csv", "md", "html", "latex"};
    struct rwe_session *session = answer(LUNG, lung);
    (void)state;
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        check_report(session, formats[f],
                     LUNG " --arm sex --endpoint os=time,status:2 --km --times 180,360");
    rwe_session_free(session);
}

/* Triangulation asks for a landmark, matching and clones that nobody gave. */
static void triangulation_needs_no_other_option(void **state)
{
    static const struct option options[] = {{"triangulation", NULL}, {NULL, NULL}};
    struct rwe_session *session = answer(COHORT, options);
    (void)state;
    check_report(session, "json", COHORT " --triangulation");
    rwe_session_free(session);
}

static void the_defaults_of_another_system_are_taken(void **state)
{
    static const struct option options[] = {
        {"arm", "sex"},    {"endpoint", "os=time,status:2"}, {"cox", NULL}, {"compat", "sas"},
        {"style", "nejm"}, {"no-provenance", NULL},          {NULL, NULL}};
    struct rwe_session *session = answer(LUNG, options);
    (void)state;
    check_report(session, "json",
                 LUNG " --arm sex --endpoint os=time,status:2 --cox --compat sas --no-provenance");
    check_report(session, "text",
                 LUNG " --arm sex --endpoint os=time,status:2 --cox --compat sas --style nejm "
                      "--no-provenance");
    rwe_session_free(session);
}

static void a_study_counts_as_its_file(void **state)
{
    static const struct option file[] = {{"study", "sample_data/rotterdam.yaml"}, {NULL, NULL}};
    static const struct option none[] = {{NULL, NULL}};
    size_t size;
    char *text = program_read_file("sample_data/rotterdam.yaml", &size);
    struct rwe_session *by_file = answer("sample_data/rotterdam.csv", file);
    struct rwe_session *by_text = ask("sample_data/rotterdam.csv", none);
    (void)state;
    assert_int_equal(rwe_session_set_study(by_text, text, size), RWE_OK);
    free(text);
    assert_int_equal(rwe_session_run(by_text), RWE_OK);
    check_report(by_file, "json", "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml");
    char *csv = strdup(rwe_session_render(by_file, "csv", NULL));
    assert_string_equal(rwe_session_render(by_text, "csv", NULL), csv);
    free(csv);
    rwe_session_free(by_file);
    rwe_session_free(by_text);
}

static void what_is_set_goes_before_the_study(void **state)
{
    static const char study[] = "arm: sex\nendpoint:\n  - {name: os, time: time, event: status, "
                                "value: [2]}\nties: breslow\nconf-level: 0.9\n";
    static const struct option options[] = {
        {"cox", NULL}, {"ties", "exact"}, {"no-provenance", NULL}, {NULL, NULL}};
    struct rwe_session *session = ask(LUNG, options);
    (void)state;
    assert_int_equal(rwe_session_set_study(session, study, strlen(study)), RWE_OK);
    assert_int_equal(rwe_session_run(session), RWE_OK);
    check_report(session, "json",
                 LUNG " --arm sex --endpoint os=time,status:2 --cox --ties exact --conf-level 0.9 "
                      "--no-provenance");
    rwe_session_free(session);
}

/* ---- tables in memory ---- */

/* Gives a file's columns to the session under a name: as numbers where all cells are numbers. */
static void give_file(struct rwe_session *session, const char *name, const char *path)
{
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_table *table;
    assert_int_equal(rwe_table_read(path, &options, arena, &table, &complaints, NULL), RWE_OK);
    size_t n = rwe_table_rows(table);
    double *number = RWE_NEW(arena, double, n);
    const char **text = RWE_NEW(arena, const char *, n);
    for (size_t j = 0; j < rwe_table_columns(table); j++) {
        const char *column = rwe_table_name(table, j);
        struct rwe_column_summary is = rwe_table_summary(table, j);
        enum rwe_status status;
        if (is.n_date + is.n_other == 0) {
            assert_int_equal(rwe_table_numbers(table, j, number, &complaints), RWE_OK);
            status = rwe_session_add_numbers(session, name, column, number, n);
        } else {
            assert_int_equal(rwe_table_strings(table, j, arena, text), RWE_OK);
            status = rwe_session_add_texts(session, name, column, text, n);
        }
        if (status != RWE_OK)
            fail_msg("%s: %s", column, rwe_session_error(session));
    }
    rwe_table_close(table);
    rwe_arena_free(arena); /* the session has copies */
}

static void columns_in_memory_have_the_facts_of_their_files(void **state)
{
    static const struct option options[] = {
        {"ae", "events"}, {"km", NULL}, {"psm", NULL}, {"toxicity", NULL}, {NULL, NULL}};
    struct rwe_session *session = ask("patients", options);
    (void)state;
    give_file(session, "patients", COHORT);
    give_file(session, "events", "sample_data/ae.csv");
    assert_int_equal(rwe_session_run(session), RWE_OK);
    check_report(session, "csv", COHORT " --ae sample_data/ae.csv --km --psm --toxicity");
    rwe_session_free(session);
}

static const struct option small[] = {
    {"arm", "arm"}, {"endpoint", "os=months,dead"}, {"km", NULL}, {NULL, NULL}};
static const char *const arms[] = {"A", "A", "B", "B"};
static const char *const deaths[] = {"1", "0", "1", "0"};

static void a_cell_in_memory_is_complained_of_by_its_row(void **state)
{
    static const char *const months[] = {"12", "7", "soon", "9"};
    struct rwe_session *session = ask("patients", small);
    struct rwe_session_complaint complaint;
    (void)state;
    rwe_session_add_texts(session, "patients", "arm", arms, 4);
    rwe_session_add_texts(session, "patients", "dead", deaths, 4);
    rwe_session_add_texts(session, "patients", "months", months, 4);
    check_fails(session, rwe_session_run(session), RWE_BAD_INPUT, "on-error");
    assert_int_equal(rwe_session_get_complaint(session, 0, &complaint), RWE_OK);
    assert_string_equal(complaint.file, "patients");
    assert_int_equal(complaint.line, 3);
    assert_string_equal(complaint.column, "months");
    rwe_session_free(session);
}

static void columns_that_make_no_table_are_told(void **state)
{
    static const double months[] = {12, 7, 3, 9};
    static const char *const broken[] = {"A", "\xff", "B", "B"};
    struct rwe_session *session = ask("patients", small);
    (void)state;
    assert_int_equal(rwe_session_add_texts(session, "patients", "arm", arms, 4), RWE_OK);
    check_fails(session, rwe_session_add_numbers(session, "patients", "months", months, 3),
                RWE_USAGE, "patients|months|3 rows|4");
    check_fails(session, rwe_session_add_numbers(session, "patients", "months", NULL, 4), RWE_USAGE,
                "values|NULL");
    check_fails(session, rwe_session_add_texts(session, NULL, "dead", deaths, 4), RWE_USAGE,
                "table|NULL");
    assert_int_equal(rwe_session_add_texts(session, "patients", "arm", arms, 4), RWE_OK);
    check_fails(session, rwe_session_run(session), RWE_BAD_INPUT, "patients|arm");
    rwe_session_free(session);
    session = ask("patients", small);
    assert_int_equal(rwe_session_add_texts(session, "patients", "arm", broken, 4), RWE_OK);
    check_fails(session, rwe_session_run(session), RWE_BAD_INPUT, "patients|arm|UTF-8");
    rwe_session_free(session);
}

/* ---- reading ---- */

static void check_text(const json_t *fact, const char *name, const char *actual)
{
    const json_t *expected = json_object_get(fact, name);
    if (expected == NULL)
        assert_null(actual);
    else
        assert_string_equal(actual, json_string_value(expected));
}

static void check_number(const json_t *expected, double actual)
{
    if (json_is_number(expected))
        assert_true(json_number_value(expected) == actual);
    else
        assert_true(isnan(actual));
}

static void facts_are_those_of_the_json(void **state)
{
    struct rwe_session *session = answer(LUNG, lung);
    (void)state;
    json_t *root = json_loads(rwe_session_render(session, "json", NULL), 0, NULL);
    const json_t *facts = json_object_get(root, "facts");
    size_t n = rwe_session_n_facts(session);
    assert_true(n > 0 && n == json_array_size(facts));
    for (size_t i = 0; i < n; i++) {
        struct rwe_session_fact fact;
        const json_t *expected = json_array_get(facts, i), *value;
        assert_int_equal(rwe_session_get_fact(session, i, &fact), RWE_OK);
        check_text(expected, "analysis", fact.analysis);
        check_text(expected, "endpoint", fact.endpoint);
        check_text(expected, "population", fact.population);
        check_text(expected, "model", fact.model);
        check_text(expected, "group", fact.group);
        check_text(expected, "term", fact.term);
        check_text(expected, "level", fact.level);
        check_text(expected, "stat", fact.stat);
        check_number(json_object_get(expected, "time"), fact.time);
        value = json_object_get(expected, "value");
        check_text(json_is_string(value) ? expected : NULL, "value", fact.text);
        check_number(value, fact.number);
    }
    json_decref(root);
    rwe_session_free(session);
}

static void there_is_nothing_behind_the_last(void **state)
{
    struct rwe_session *session = answer(LUNG, lung);
    struct rwe_session_fact fact;
    struct rwe_session_warning warning;
    struct rwe_session_complaint complaint;
    (void)state;
    assert_int_equal(rwe_session_get_fact(session, rwe_session_n_facts(session), &fact), RWE_USAGE);
    assert_null(fact.analysis);
    assert_true(isnan(fact.number));
    assert_int_equal(rwe_session_get_warning(session, rwe_session_n_warnings(session), &warning),
                     RWE_USAGE);
    assert_null(warning.message);
    assert_int_equal(
        rwe_session_get_complaint(session, rwe_session_n_complaints(session), &complaint),
        RWE_USAGE);
    assert_null(complaint.file);
    rwe_session_free(session);
}

static void warnings_are_those_of_the_json(void **state)
{
    static const struct option options[] = {{"psm", NULL}, {NULL, NULL}};
    struct rwe_session *session = answer(COHORT, options);
    (void)state;
    json_t *root = json_loads(rwe_session_render(session, "json", NULL), 0, NULL);
    const json_t *warnings = json_object_get(root, "warnings");
    size_t n = rwe_session_n_warnings(session);
    assert_true(n > 0 && n == json_array_size(warnings));
    for (size_t i = 0; i < n; i++) {
        struct rwe_session_warning warning;
        const json_t *expected = json_array_get(warnings, i);
        assert_int_equal(rwe_session_get_warning(session, i, &warning), RWE_OK);
        check_text(expected, "code", warning.code);
        check_text(expected, "analysis", warning.analysis);
        check_text(expected, "message", warning.message);
    }
    json_decref(root);
    rwe_session_free(session);
}

static void a_cell_that_cannot_be_read_is_a_complaint(void **state)
{
    static const char text[] = "id,arm,months,dead\n1,A,12,1\n2,A,thr33,0\n3,B,7,1\n4,B,9,0\n";
    static const struct option options[] = {
        {"id", "id"}, {"arm", "arm"}, {"endpoint", "os=months,dead"}, {"km", NULL}, {NULL, NULL}};
    char *folder = program_new_folder();
    char *path = program_write_file(folder, "cohort.csv", text);
    struct rwe_session *session = ask(path, options);
    struct rwe_session_complaint complaint;
    (void)state;
    check_fails(session, rwe_session_run(session), RWE_BAD_INPUT, "on-error");
    assert_int_equal(rwe_session_n_facts(session), 0);
    assert_int_equal(rwe_session_n_complaints(session), 1);
    assert_int_equal(rwe_session_get_complaint(session, 0, &complaint), RWE_OK);
    assert_string_equal(complaint.file, path);
    assert_int_equal(complaint.line, 3);
    assert_string_equal(complaint.column, "months");
    assert_string_equal(complaint.value, "thr33");
    assert_string_equal(complaint.reason, "not a number");
    rwe_session_free(session);
    free(path);
    program_remove_folder(folder);
}

/* ---- errors ---- */

static void an_unknown_option_is_told_with_the_nearest(void **state)
{
    struct rwe_session *session = ask(LUNG, lung);
    (void)state;
    check_fails(session, rwe_session_set(session, "tmes", "180"), RWE_USAGE,
                "unknown option tmes|--times");
    check_fails(session, rwe_session_set(session, "output", "x"), RWE_USAGE,
                "unknown option output");
    check_fails(session, rwe_session_set(session, "conf-level", "95"), RWE_USAGE,
                "conf-level 95|between 0.5 and");
    check_fails(session, rwe_session_set(session, "times", NULL), RWE_USAGE,
                "--times needs an argument");
    assert_int_equal(rwe_session_run(session), RWE_OK); /* what failed has changed nothing */
    check_report(session, "json",
                 LUNG " --arm sex --endpoint os=time,status:2 --km --times 180,360");
    rwe_session_free(session);
}

static void a_wrong_study_is_told_with_its_line(void **state)
{
    static const char study[] = "arm: sex\ntmes: [6]\n";
    struct rwe_session *session = rwe_session_new();
    (void)state;
    check_fails(session, rwe_session_set_study(session, study, strlen(study)), RWE_USAGE,
                "study:2|tmes|times");
    rwe_session_free(session);
}

static void two_studies_are_refused(void **state)
{
    static const struct option file[] = {{"study", "sample_data/rotterdam.yaml"}, {NULL, NULL}};
    struct rwe_session *session = ask("sample_data/rotterdam.csv", file);
    (void)state;
    assert_int_equal(rwe_session_set_study(session, "km: true\n", 9), RWE_OK);
    check_fails(session, rwe_session_run(session), RWE_USAGE, "rotterdam.yaml|given as text");
    rwe_session_free(session);
}

static void a_missing_file_or_column_is_told(void **state)
{
    static const struct option none[] = {{NULL, NULL}};
    struct rwe_session *session = ask("no/such/file.csv", none);
    (void)state;
    check_fails(session, rwe_session_run(session), RWE_IO, "no/such/file.csv");
    rwe_session_free(session);
    session = ask(LUNG, none);
    check_fails(session, rwe_session_run(session), RWE_NO_COLUMN, "built-in study NCT07062484");
    rwe_session_free(session);
}

static void calls_in_the_wrong_order_are_told(void **state)
{
    struct rwe_session *session = rwe_session_new();
    size_t size = 7;
    (void)state;
    assert_null(rwe_session_render(session, "json", &size));
    assert_int_equal(size, 0);
    assert_says(rwe_session_error(session), "no results");
    assert_int_equal(rwe_session_n_facts(session), 0);
    check_fails(session, rwe_session_run(session), RWE_USAGE, "no cohort");
    rwe_session_free(session);
    session = answer(LUNG, lung);
    check_fails(session, rwe_session_run(session), RWE_USAGE, "has been run");
    check_fails(session, rwe_session_set(session, "km", NULL), RWE_USAGE, "has been run");
    check_fails(session, rwe_session_set_cohort(session, COHORT), RWE_USAGE, "has been run");
    assert_null(rwe_session_render(session, "pdf", NULL));
    assert_says(rwe_session_error(session), "pdf|text|json|latex");
    assert_non_null(rwe_session_render(session, "csv", NULL)); /* the results are still there */
    rwe_session_free(session);
}

static void null_is_refused_and_not_followed(void **state)
{
    struct rwe_session *session = rwe_session_new();
    (void)state;
    check_fails(session, rwe_session_set(session, NULL, "x"), RWE_USAGE, "NULL");
    check_fails(session, rwe_session_set_cohort(session, NULL), RWE_USAGE, "NULL");
    check_fails(session, rwe_session_set_study(session, NULL, 0), RWE_USAGE, "NULL");
    assert_null(rwe_session_render(session, NULL, NULL));
    assert_says(rwe_session_error(session), "NULL");
    rwe_session_free(session);
    rwe_session_free(NULL);
    assert_int_equal(rwe_session_set(NULL, "km", NULL), RWE_USAGE);
    assert_int_equal(rwe_session_run(NULL), RWE_USAGE);
    assert_int_equal(rwe_session_n_facts(NULL), 0);
    assert_int_equal(rwe_session_n_warnings(NULL), 0);
    assert_int_equal(rwe_session_n_complaints(NULL), 0);
    assert_null(rwe_session_render(NULL, "json", NULL));
    assert_non_null(rwe_session_error(NULL));
}

static void errors_are_in_the_language_that_was_set(void **state)
{
    static const struct option options[] = {{"lang", "zh"}, {NULL, NULL}};
    struct rwe_session *session = ask(LUNG, options);
    const struct rwe_language *chinese = rwe_language_find("zh");
    const char *english = "there are no results: run the session first";
    (void)state;
    assert_null(rwe_session_render(session, "text", NULL));
    assert_string_equal(rwe_session_error(session), rwe_language_text(chinese, english));
    rwe_session_free(session);
}

/* ---- the process ---- */

static void no_handler(const char *reason, const char *file, int line, int number)
{
    fail_msg("GSL's handler was called: %s (%s:%d, %d)", reason, file, line, number);
}

/* How often it was told, and how often by a thread without a locale of its own. */
struct told {
    size_t n, n_global;
};

static void look_at_locale(void *context, const char *what, size_t done, size_t of)
{
    struct told *told = context;
    assert_true(strcmp(what, "bootstrap") == 0 || strcmp(what, "reading " LUNG) == 0);
    assert_true(done <= of);
    told->n++;
    told->n_global += uselocale((locale_t)0) == LC_GLOBAL_LOCALE;
}

static void what_the_caller_has_set_up_stays(void **state)
{
    static const struct option options[] = {{"arm", "sex"},   {"endpoint", "os=time,status:2"},
                                            {"km", NULL},     {"bootstrap", "20"},
                                            {"threads", "2"}, {NULL, NULL}};
    struct told told = {0, 0};
    gsl_error_handler_t *before = gsl_set_error_handler(no_handler);
    struct rwe_session *session = ask(LUNG, options);
    (void)state;
    assert_int_equal(rwe_session_set_progress(session, look_at_locale, &told), RWE_OK);
    assert_int_equal(rwe_session_run(session), RWE_OK);
    assert_non_null(rwe_session_render(session, "html", NULL));
    rwe_session_free(session);
    assert_true(told.n > 0 && told.n_global == 0);
    assert_true(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    assert_ptr_equal(gsl_set_error_handler(before), no_handler);
}

/* Standard output or error of the process, in a file until it is given back. */
static int divert(int descriptor, const char *path)
{
    int kept = dup(descriptor), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(kept >= 0 && file >= 0 && dup2(file, descriptor) == descriptor);
    close(file);
    return kept;
}

static void give_back(int descriptor, int kept)
{
    fflush(NULL);
    assert_int_equal(dup2(kept, descriptor), descriptor);
    close(kept);
}

static void nothing_is_printed(void **state)
{
    static const struct option options[] = {{"psm", NULL}, {"bootstrap", "10"}, {NULL, NULL}};
    char *folder = program_new_folder();
    char *path = program_format("%s/printed", folder);
    (void)state;
    fflush(NULL);
    int out = divert(STDOUT_FILENO, path), err = divert(STDERR_FILENO, path);
    struct rwe_session *session = ask(COHORT, options);
    enum rwe_status status = rwe_session_run(session);
    bool rendered = rwe_session_render(session, "html", NULL) != NULL;
    rwe_session_free(session);
    give_back(STDOUT_FILENO, out);
    give_back(STDERR_FILENO, err);
    char *printed = program_read_file(path, NULL);
    assert_int_equal(status, RWE_OK);
    assert_true(rendered);
    assert_string_equal(printed, "");
    free(printed);
    free(path);
    program_remove_folder(folder);
}

/* ---- threads ---- */

struct asker {
    const char *language;
    char *report; /* NULL: it failed */
};

static void *ask_again_and_again(void *argument)
{
    enum { TIMES = 3 };
    struct asker *asker = argument;
    for (int i = 0; i < TIMES; i++) {
        struct rwe_session *session = ask(LUNG, lung);
        enum rwe_status status = rwe_session_set(session, "lang", asker->language);
        if (status == RWE_OK)
            status = rwe_session_run(session);
        const char *report = rwe_session_render(session, "html", NULL);
        free(asker->report);
        asker->report = status == RWE_OK && report != NULL ? strdup(report) : NULL;
        rwe_session_free(session);
    }
    return NULL;
}

static void sessions_of_several_threads_do_not_disturb_each_other(void **state)
{
    enum { THREADS = 4 };
    struct asker alone[2] = {{"en", NULL}, {"zh", NULL}};
    struct asker together[THREADS] = {{"en", NULL}, {"zh", NULL}, {"en", NULL}, {"zh", NULL}};
    pthread_t thread[THREADS];
    gsl_error_handler_t *before = gsl_set_error_handler(no_handler);
    (void)state;
    for (int i = 0; i < 2; i++)
        ask_again_and_again(&alone[i]);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask_again_and_again, &together[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_string_not_equal(alone[0].report, alone[1].report);
    for (int i = 0; i < THREADS; i++) {
        assert_non_null(together[i].report);
        assert_string_equal(together[i].report, alone[i % 2].report);
        free(together[i].report);
    }
    free(alone[0].report);
    free(alone[1].report);
    assert_ptr_equal(gsl_set_error_handler(before), no_handler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_report_has_the_bytes_of_the_command),
        cmocka_unit_test(triangulation_needs_no_other_option),
        cmocka_unit_test(the_defaults_of_another_system_are_taken),
        cmocka_unit_test(a_study_counts_as_its_file),
        cmocka_unit_test(what_is_set_goes_before_the_study),
        cmocka_unit_test(columns_in_memory_have_the_facts_of_their_files),
        cmocka_unit_test(a_cell_in_memory_is_complained_of_by_its_row),
        cmocka_unit_test(columns_that_make_no_table_are_told),
        cmocka_unit_test(facts_are_those_of_the_json),
        cmocka_unit_test(there_is_nothing_behind_the_last),
        cmocka_unit_test(warnings_are_those_of_the_json),
        cmocka_unit_test(a_cell_that_cannot_be_read_is_a_complaint),
        cmocka_unit_test(an_unknown_option_is_told_with_the_nearest),
        cmocka_unit_test(a_wrong_study_is_told_with_its_line),
        cmocka_unit_test(two_studies_are_refused),
        cmocka_unit_test(a_missing_file_or_column_is_told),
        cmocka_unit_test(calls_in_the_wrong_order_are_told),
        cmocka_unit_test(null_is_refused_and_not_followed),
        cmocka_unit_test(errors_are_in_the_language_that_was_set),
        cmocka_unit_test(what_the_caller_has_set_up_stays),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(sessions_of_several_threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
