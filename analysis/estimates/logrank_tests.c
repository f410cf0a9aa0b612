/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tests were asked for: the option --tests. */
#include "logrank_private.h"

#include "rwe/base/number.h"
#include "rwe/base/text.h"

#include <math.h>
#include <string.h>

static const struct rwe_asked_test named[] = {
    {.term = "logrank", .label = "log-rank"},
    {.weight = {.family = RWE_LOGRANK_GEHAN}, .term = "gehan", .label = "Gehan–Breslow"},
    {.weight = {.family = RWE_LOGRANK_TARONE_WARE}, .term = "tarone-ware", .label = "Tarone–Ware"},
    {.weight = {.family = RWE_LOGRANK_PETO}, .term = "peto", .label = "Peto–Peto"},
    {.kind = RWE_ASKED_TREND, .term = "trend", .label = "log-rank for trend"},
    {.kind = RWE_ASKED_MAXCOMBO, .term = "maxcombo", .label = "MaxCombo"},
};
enum { N_NAMED = sizeof named / sizeof named[0] };

/* "fh(RHO,GAMMA)", two numbers from 0 up. */
static bool read_fleming_harrington(const char *text, struct rwe_arena *arena,
                                    struct rwe_asked_test *test)
{
    size_t length = strlen(text);
    if (strncmp(text, "fh(", 3) != 0 || text[length - 1] != ')')
        return false;
    char *inside = rwe_arena_substring(arena, text + 3, length - 4);
    struct rwe_strings numbers =
        inside == NULL ? (struct rwe_strings){0} : rwe_text_split(arena, inside, ',');
    double value[2];
    if (numbers.n != 2)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (!rwe_number_parse(numbers.item[i], strlen(numbers.item[i]), &value[i]) ||
            !isfinite(value[i]) || value[i] < 0)
            return false;
    *test = (struct rwe_asked_test){
        .weight = {RWE_LOGRANK_FLEMING_HARRINGTON, value[0], value[1]},
        .term = rwe_arena_format(arena, "fh(%g,%g)", value[0], value[1]),
        .label = rwe_arena_format(arena, "Fleming–Harrington (%g, %g)", value[0], value[1]),
    };
    return true;
}

static enum rwe_status read_test(const char *text, struct rwe_arena *arena,
                                 struct rwe_asked_test *test, struct rwe_error *error)
{
    const char *names[N_NAMED];
    for (size_t i = 0; i < N_NAMED; i++) {
        names[i] = named[i].term;
        *test = named[i];
        if (strcmp(text, named[i].term) == 0)
            return RWE_OK;
    }
    if (read_fleming_harrington(text, arena, test))
        return RWE_OK;
    if (rwe_arena_failed(arena))
        return rwe_fail_memory(error);
    const char *nearest = rwe_text_nearest(text, names, N_NAMED);
    if (nearest != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--tests: there is no test '%s'. Did you mean '%s'?", text, nearest);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--tests: there is no test '%s'. There are logrank, gehan, tarone-ware, peto, "
                    "fh(RHO,GAMMA) with numbers from 0 up, trend and maxcombo.",
                    text);
}

static enum rwe_status check_arms(const struct rwe_run *run, const struct rwe_asked_test *test,
                                  struct rwe_error *error)
{
    size_t n_arms = run->cohort->n_arms;
    if (test->kind == RWE_ASKED_MAXCOMBO && n_arms != 2)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--tests maxcombo compares two arms; here there are %zu. Name two with "
                        "--control and --treated.",
                        n_arms);
    if (test->kind == RWE_ASKED_TREND && n_arms < 3)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--tests trend needs three arms and more; with two it is the log-rank "
                        "test itself.");
    return RWE_OK;
}

enum rwe_status rwe_logrank_asked(const struct rwe_run *run, struct rwe_asked_tests *tests,
                                  struct rwe_error *error)
{
    struct rwe_strings list = rwe_settings_list(run->settings, "tests");
    struct rwe_asked_test *item = RWE_NEW(run->arena, struct rwe_asked_test, list.n);
    enum rwe_status status = item == NULL ? rwe_fail_memory(error) : RWE_OK;
    *tests = (struct rwe_asked_tests){.item = item};
    for (size_t i = 0; i < list.n && status == RWE_OK; i++) {
        const char *text = list.item[i];
        /* A list is cut at commas, also at that of "fh(0,1)". */
        if (strchr(text, '(') != NULL && strchr(text, ')') == NULL && i + 1 < list.n)
            text = rwe_arena_format(run->arena, "%s,%s", text, list.item[++i]);
        struct rwe_asked_test *test = &item[tests->n];
        status = text == NULL ? rwe_fail_memory(error) : read_test(text, run->arena, test, error);
        if (status == RWE_OK)
            status = check_arms(run, test, error);
        bool again = false;
        for (size_t k = 0; status == RWE_OK && k < tests->n; k++)
            again = again || strcmp(item[k].term, test->term) == 0;
        tests->n += !again; /* asked for twice, told once */
    }
    return status;
}
