/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a refusal or a complaint advises, followed literally, works: the options that it writes are put into the
 * same command line, as a shell reads them, and the program runs. */
#include "program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static int set_up(void **state)
{
    *state = program_new_folder();
    return 0;
}

static int tear_down(void **state)
{
    program_remove_folder(*state);
    return 0;
}

/* Thirty patients in two arms; `header` names their five columns, events are written as `dead` and `alive`. */
static void write_patients(const char *folder, const char *header, const char *dead,
                           const char *alive)
{
    char text[8192];
    size_t used = (size_t)snprintf(text, sizeof text, "%s\n", header);
    for (int i = 1; i <= 30; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%s,%d,%s,%d\n", i,
                                 i % 2 ? "A" : "B", 3 + i * 7 % 23, i % 3 ? dead : alive, 40 + i);
    free(program_write_file(folder, "c.csv", text));
}

/* The program by way of a shell, on c.csv in the folder; what it said, freed by the caller. */
static char *shell(const char *folder, const char *arguments, int *code)
{
    char *binary = realpath(getenv("RWE_BINARY"), NULL);
    char *command = program_format("cd %s && %s c.csv --quiet %s >out.txt 2>said.txt", folder,
                                   binary, arguments);
    char *path = program_format("%s/said.txt", folder);
    int status = system(command);
    size_t size;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char *said = program_read_file(path, &size);
    free(binary);
    free(command);
    free(path);
    return said;
}

/* The last option of that name in what was said, up to a bracket, a blank outside quotes, or the end of the line. */
static char *advised(const char *said, const char *name)
{
    const char *from = NULL, *next = said;
    while ((next = strstr(next, name)) != NULL)
        from = next++;
    if (from == NULL)
        fail_msg("no %s in: %s", name, said);
    const char *at = from + strlen(name);
    for (bool quoted = false; *at != '\0' && *at != '\n' && (quoted || strchr(" (;", *at) == NULL);
         at++) {
        if (*at == '\\' && !quoted)
            at++;
        else
            quoted = quoted != (*at == '\'');
    }
    while (at[-1] == ',')
        at--;
    return program_format("%.*s", (int)(at - from), from);
}

/* Refused with `wrong`; done when what it advises as `name`, and `more`, stands there instead. */
static void follows(const char *folder, const char *always, const char *wrong, const char *name,
                    const char *more)
{
    int code;
    char *arguments = program_format("%s %s", always, wrong);
    char *said = shell(folder, arguments, &code);
    assert_int_not_equal(code, 0);
    char *option = advised(said, name);
    char *right = program_format("%s %s %s", always, option, more);
    char *then = shell(folder, right, &code);
    if (code != 0)
        fail_msg("%s\nadvises %s, which says\n%s", said, option, then);
    free(arguments);
    free(said);
    free(option);
    free(right);
    free(then);
}

static void the_endpoint_that_is_proposed_runs(void **state)
{
    static const struct {
        const char *header, *endpoint, *dead, *alive;
    } files[] = {
        {"pid,arm,months,state,age", "os=months,state", "Dead", "Alive"},
        {"pid,arm,OS (months),Status; last,age", "'os=OS (months),\"Status; last\"'", "Dead",
         "Alive"},
        {"pid,arm,总生存期(月),生存状态,age", "'os=总生存期(月),生存状态'", "死亡", "存活"},
        {"pid,arm,\"OS, months\",state,age", "'os=\"OS, months\",state'", "1:DECEASED", "0:LIVING"},
        {"pid,arm,it's,state,age", "\"os=it's,state\"", "death (cancer)", "lost"},
        {"pid,arm,months,CNSR,age", "os=months,CNSR", "0", "1"},
        {"pid,arm,OS (months),state,age", "'os=OS (months),state'", "1", "1"}, /* all have one */
    };
    if (getenv("RWE_BINARY") == NULL)
        skip();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_patients(*state, files[i].header, files[i].dead, files[i].alive);
        char *wrong = program_format("--endpoint %s", files[i].endpoint);
        follows(*state, "--id pid --arm arm --km", wrong, "--endpoint ", "");
        free(wrong);
    }
}

static void the_name_of_a_column_is_found_without_case_and_width(void **state)
{
    static const struct {
        const char *typed, *meant;
    } names[] = {{"age", "\"AGE\""},
                 {"pid", "\"PID\""},
                 {"os_months", "\"OS (months)\""},
                 {"ＯＳ（months）", "\"OS (months)\""},
                 {"state_1", "\"State 1\""}};
    if (getenv("RWE_BINARY") == NULL)
        skip();
    write_patients(*state, "PID,arm,OS (months),State 1,AGE", "1", "0");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int code;
        char *arguments =
            program_format("--arm arm --endpoint 'os=OS (months),State 1' --km --id PID "
                           "--strata '%s'",
                           names[i].typed);
        char *said = shell(*state, arguments, &code);
        assert_int_equal(code, 2);
        assert_says(said, "did you mean ");
        assert_non_null(strstr(said, names[i].meant));
        free(said);
        free(arguments);
    }
}

static void an_identifier_that_repeats_is_named_as_a_shell_takes_it(void **state)
{
    if (getenv("RWE_BINARY") == NULL)
        skip();
    char text[4096] = "Patient ID,arm,visit,months,dead\n";
    size_t used = strlen(text);
    for (int i = 0; i < 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%s,%d,%d,%d\n", 1 + i / 2,
                                 i / 2 % 2 ? "A" : "B", i % 2, 3 + i * 7 % 23, i % 3 > 0);
    free(program_write_file(*state, "c.csv", text));
    static const char job[] = "--arm arm --endpoint os=months,dead --km";
    follows(*state, job, "", "--id ", "--rows last --row-order visit");
    follows(*state, job, "", "--cluster ", "");
}

/* A word in a column that everybody needs is no missing value; leaving out all rows is no help. */
static void no_way_out_is_offered_that_leads_nowhere(void **state)
{
    int code;
    if (getenv("RWE_BINARY") == NULL)
        skip();
    free(program_write_file(*state, "c.csv", "pid,arm,t,d\n1,A,xx,1\n2,B,4,0\n3,A,5,1\n4,B,6,1\n"));
    char *said = shell(*state, "--id pid --arm arm --endpoint os=t,d --km", &code);
    assert_int_equal(code, 1);
    assert_says(said, "\"xx\" is not a number|correct it: every subject needs one|--on-error drop");
    assert_null(strstr(said, "--missing-tokens"));
    free(said);
    said = shell(*state, "--id pid --arm arm --endpoint os=t,d --km --on-error drop", &code);
    assert_int_equal(code, 0);
    free(said);
    free(program_write_file(*state, "c.csv", "pid,arm,t,d\n1,A,x,1\n2,B,y,0\n3,A,z,1\n4,B,u,1\n"));
    said = shell(*state, "--id pid --arm arm --endpoint os=t,d --km", &code);
    assert_int_equal(code, 1);
    assert_says(said, "4 rows: not a number|in every row");
    assert_null(strstr(said, "--on-error"));
    free(said);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_endpoint_that_is_proposed_runs),
        TEST(the_name_of_a_column_is_found_without_case_and_width),
        TEST(an_identifier_that_repeats_is_named_as_a_shell_takes_it),
        TEST(no_way_out_is_offered_that_leads_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
