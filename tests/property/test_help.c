/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help: what it says can be typed, in every language, and nothing of the table of options is left out. */
#include "program.h"

#include "../../src/cli/cli.h"
#include "rwe/base/language.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const languages[] = {"en", "zh"};

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void the_short_help_is_some_twenty_lines_of_a_terminal(void **state)
{
    (void)state;
    for (size_t l = 0; l < 2; l++) {
        struct program_run run = program_run("-h --lang %s", languages[l]);
        assert_code(run, 0);
        assert_in_range(count_lines(run.out), 18, 22);
        char *rest = NULL;
        for (char *line = strtok_r(run.out, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            if (rwe_text_width(line) > 80)
                fail_msg("%s", line);
        program_clear(&run);
    }
}

/* Each "--name" of a text, in a program_run's output. */
static void every_option_named_in(const char *text)
{
    for (const char *at = strstr(text, " --"); at != NULL; at = strstr(at + 1, " --")) {
        size_t length = strspn(at + 3, "abcdefghijklmnopqrstuvwxyz0123456789-");
        char *name = program_format("%.*s", (int)length, at + 3);
        struct program_run run = program_run("--help %s", name);
        assert_code(run, 0);
        program_clear(&run);
        free(name);
    }
}

static void the_short_help_names_options_that_there_are(void **state)
{
    (void)state;
    struct program_run run = program_run("-h");
    every_option_named_in(run.out);
    program_clear(&run);
}

/* One table for all examples: two arms in days of one's own words. */
static void write_tables(const char *folder, const char *const header)
{
    char rows[8192];
    size_t used = (size_t)snprintf(rows, sizeof rows, "%s\n", header);
    for (int i = 1; i <= 40; i++)
        used += (size_t)snprintf(rows + used, sizeof rows - used, "%d,%s,%d,%d,%s\n", i,
                                 i % 2 ? "A" : "B", 3 + i * 7 % 31, i % 3 != 0,
                                 i % 3 != 0 ? "dead" : "alive");
    free(program_write_file(folder, "cohort.csv", rows));
    free(program_write_file(folder, "cohort.xlsx", rows)); /* a file is read by what it holds */
}

/* The line as a shell takes it, in the folder, which holds the program. */
static void run_typed(const char *folder, const char *line)
{
    char *command =
        program_format("PATH=%s:$PATH; cd %s && %s --quiet >said.txt 2>&1", folder, folder, line);
    if (system(command) != 0) {
        size_t size;
        char *path = program_format("%s/said.txt", folder);
        fail_msg("%s\n%s", line, program_read_file(path, &size));
    }
    free(command);
}

static void the_examples_of_the_short_help_run_as_they_are_typed(void **state)
{
    static const char *const first[] = {"pid,group,months,dead,state", "编号,治疗,月数,死亡,状态"};
    static const char *const second[] = {"patient,group,OS (mo),dead,Status",
                                         "编号,治疗,总生存期(月),死亡,状态"};
    (void)state;
    if (getenv("RWE_BINARY") == NULL)
        skip();
    for (size_t l = 0; l < 2; l++) {
        char *folder = program_new_folder(), *name = program_format("%s/rwe-analyze", folder);
        char *binary = realpath(getenv("RWE_BINARY"), NULL);
        assert_int_equal(symlink(binary, name), 0);
        struct program_run run = program_run("-h --lang %s", languages[l]);
        char *rest = NULL, *lines[8];
        size_t n = 0;
        for (char *line = strtok_r(run.out, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            if (strncmp(line, "  rwe-analyze ", 14) == 0)
                lines[n++] = line + 2;
        assert_int_equal(n, 3);
        free(
            program_write_file(folder, "study.yaml",
                               "arm: G\nendpoint:\n  - {name: os, time: T, event: D}\nkm: true\n"));
        write_tables(folder, first[l]);
        run_typed(folder, lines[0]);
        write_tables(folder, second[l]);
        if (l == 1) { /* the Chinese example says 死亡 */
            char *path = program_format("sed -i 's/dead/死亡/' %s/cohort.csv", folder);
            assert_int_equal(system(path), 0);
            free(path);
        }
        run_typed(folder, lines[1]);
        write_tables(folder, "I,G,T,D,S");
        run_typed(folder, lines[2]);
        program_clear(&run);
        program_remove_folder(folder);
        free(name);
        free(binary);
    }
}

static void each_topic_tells_its_options_and_together_they_tell_all(void **state)
{
    (void)state;
    struct program_run all = program_run("--help all");
    assert_code(all, 0);
    for (int s = 0; s < RWE_SECTION_COUNT; s++) {
        struct program_run run = program_run("--help %s", rwe_cli_topics[s].name);
        assert_code(run, 0);
        assert_true(count_lines(run.out) >= 3);
        assert_null(strstr(run.out, "Usage"));
        program_clear(&run);
    }
    struct program_run matching = program_run("--help=MATCHING");
    assert_says(matching.out, "Matching:|--psm[=|--caliper X|--ratio K|--export-matched FILE");
    assert_null(strstr(matching.out, "--trim"));
    program_clear(&matching);
    struct rwe_job job;
    struct rwe_error error = {0};
    assert_int_equal(rwe_job_init(&job, &rwe_cli_options, &error), RWE_OK);
    struct rwe_options options = rwe_settings_options(job.settings);
    for (size_t i = 0; i < options.n; i++) {
        char *entry = program_format("\n  --%s", options.item[i].name);
        const char *at = strstr(all.out, entry);
        while (at != NULL && strchr(" [\n", at[strlen(entry)]) == NULL)
            at = strstr(at + 1, entry);
        if (at == NULL)
            fail_msg("--help all does not tell %s", entry);
        free(entry);
    }
    rwe_job_release(&job);
    program_clear(&all);
}

static void an_option_is_told_in_full_by_its_name_with_or_without_dashes(void **state)
{
    (void)state;
    static const char *const ways[] = {"--help caliper", "--help --caliper", "--help=--caliper",
                                       "--km --help --caliper --lang en"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct program_run run = program_run("%s", ways[i]);
        assert_code(run, 0);
        assert_says(run.out, "--caliper X|logit|Default: 0.2|Acts with: --psm|Not beside: "
                             "--caliper-abs|In a study file: caliper|--help matching");
        program_clear(&run);
    }
    struct program_run output = program_run("--help --output");
    assert_says(output.out, "On the command line alone|--help output");
    program_clear(&output);
}

static void an_unknown_topic_lists_the_topics(void **state)
{
    (void)state;
    struct program_run run = program_run("--help matchin");
    assert_code(run, RWE_EXIT_USAGE);
    assert_says(run.err, "--help matchin|matching|adverse-events|time-zero");
    assert_string_equal(run.out, "");
    program_clear(&run);
}

static void help_alone_lists_the_topics(void **state)
{
    (void)state;
    static const char *const ways[] = {"--help", "--help --lang en", "--lang=en --help", "--hel"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct program_run run = program_run("%s", ways[i]);
        assert_code(run, 0);
        assert_says(run.out, "Usage:|--help TOPIC|matching|adverse-events|Examples");
        program_clear(&run);
    }
}

static void help_is_in_the_language_of_the_locale_unless_lang_says_another(void **state)
{
    (void)state;
    static const char *const wishes[] = {
        "-h", "--help", "--help matching", "--help caliper", "--help all", "--help nothing"};
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct program_run english = program_run("%s", wishes[i]);
        setenv("LC_ALL", "zh_CN.UTF-8", 1);
        struct program_run chinese = program_run("%s", wishes[i]);
        struct program_run said = program_run("--lang en %s", wishes[i]);
        unsetenv("LC_ALL");
        assert_string_not_equal(english.out[0] ? english.out : english.err,
                                chinese.out[0] ? chinese.out : chinese.err);
        assert_string_equal(english.out, said.out);
        assert_string_equal(english.err, said.err);
        program_clear(&english);
        program_clear(&chinese);
        program_clear(&said);
    }
}

static void the_locale_is_for_messages_and_lang_for_the_report_too(void **state)
{
    (void)state;
    static const char job[] = "sample_data/rotterdam.csv --study sample_data/rotterdam.yaml --km "
                              "--no-provenance";
    struct program_run english = program_run("%s", job);
    setenv("LC_ALL", "zh_CN.UTF-8", 1);
    struct program_run locale = program_run("%s", job);
    struct program_run refused = program_run("%s --arm nobody", job);
    unsetenv("LC_ALL");
    struct program_run said = program_run("%s --lang zh", job);
    assert_string_equal(english.out, locale.out);
    assert_string_not_equal(english.out, said.out);
    assert_says(refused.err, "列");
    program_clear(&english);
    program_clear(&locale);
    program_clear(&refused);
    program_clear(&said);
}

int main(void)
{
    /* Under AddressSanitizer the program that is run apart does not know what fontconfig keeps (support/leaks.c). */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_short_help_is_some_twenty_lines_of_a_terminal),
        cmocka_unit_test(the_short_help_names_options_that_there_are),
        cmocka_unit_test(the_examples_of_the_short_help_run_as_they_are_typed),
        cmocka_unit_test(each_topic_tells_its_options_and_together_they_tell_all),
        cmocka_unit_test(an_option_is_told_in_full_by_its_name_with_or_without_dashes),
        cmocka_unit_test(an_unknown_topic_lists_the_topics),
        cmocka_unit_test(help_alone_lists_the_topics),
        cmocka_unit_test(help_is_in_the_language_of_the_locale_unless_lang_says_another),
        cmocka_unit_test(the_locale_is_for_messages_and_lang_for_the_report_too),
    };
    for (const char *const *name = (const char *const[]){"LC_ALL", "LC_MESSAGES", "LANG", NULL};
         *name != NULL; name++)
        unsetenv(*name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
