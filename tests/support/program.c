/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include "../../src/cli/cli.h"
#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

/* ---- running ---- */

enum { MOST_ARGUMENTS = 128 };

static struct program_run run_arguments(int argc, char *const argv[])
{
    struct program_run run = {0};
    size_t err_size;
    FILE *out = open_memstream(&run.out, &run.out_size);
    FILE *err = open_memstream(&run.err, &err_size);
    assert_non_null(out);
    assert_non_null(err);
    run.code = rwe_cli_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    return run;
}

static struct program_run run_line(char *line)
{
    char name[] = "rwe-analyze";
    char *argv[MOST_ARGUMENTS + 1] = {name};
    int argc = 1;
    char *rest = NULL;
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < MOST_ARGUMENTS);
        argv[argc++] = word;
    }
    return run_arguments(argc, argv);
}

/* Lets standard input be these answers; what it was is given back by restore_input. */
static int give_input(const char *answers)
{
    FILE *file = tmpfile();
    int before = dup(STDIN_FILENO);
    assert_non_null(file);
    fputs(answers, file);
    rewind(file);
    assert_true(dup2(fileno(file), STDIN_FILENO) >= 0);
    fclose(file);
    clearerr(stdin);
    return before;
}

static void restore_input(int before)
{
    fflush(stdin);
    assert_true(dup2(before, STDIN_FILENO) >= 0);
    close(before);
}

struct program_run program_run_quoted(const char *line, const char *answers)
{
    wordexp_t words;
    char *whole = program_format("rwe-analyze %s", line);
    assert_int_equal(wordexp(whole, &words, WRDE_NOCMD), 0);
    int before = answers == NULL ? -1 : give_input(answers);
    struct program_run run = run_arguments((int)words.we_wordc, words.we_wordv);
    if (answers != NULL)
        restore_input(before);
    wordfree(&words);
    free(whole);
    return run;
}

static char *format_list(const char *format, va_list arguments)
{
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    assert_true(length >= 0);
    return text;
}

struct program_run program_run(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *line = format_list(format, arguments);
    va_end(arguments);
    struct program_run run = run_line(line);
    free(line);
    return run;
}

void program_clear(struct program_run *run)
{
    free(run->out);
    free(run->err);
    *run = (struct program_run){0};
}

void program_check_code(const struct program_run *run, int expected, const char *file, int line)
{
    if (run->code == expected)
        return;
    print_error("exit code is %d, expected %d; it said: %.2000s\n", run->code, expected, run->err);
    _fail(file, line);
}

void program_check_says(const char *text, const char *words, const char *file, int line)
{
    char *copy = strdup(words);
    char *rest = NULL;
    bool all = true;
    for (char *word = strtok_r(copy, "|", &rest); word != NULL; word = strtok_r(NULL, "|", &rest))
        if (strstr(text, word) == NULL) {
            print_error("\"%s\" is not said in: %.2000s\n", word, text);
            all = false;
        }
    free(copy);
    if (!all)
        _fail(file, line);
}

/* ---- facts ---- */

static void add_member(FILE *out, const json_t *fact, const char *name)
{
    const json_t *value = json_object_get(fact, name);
    if (json_is_string(value))
        fprintf(out, " %s=%s", name, json_string_value(value));
    else if (json_is_number(value))
        fprintf(out, " %s=%.15g", name, json_number_value(value));
}

char *program_fact_key(const json_t *fact)
{
    static const char *const members[] = {
        "endpoint", "population", "model", "group", "term", "level", "time",
    };
    char *key = NULL;
    size_t size;
    FILE *out = open_memstream(&key, &size);
    assert_non_null(out);
    fputs(json_string_value(json_object_get(fact, "analysis")), out);
    for (size_t m = 0; m < sizeof members / sizeof *members; m++)
        add_member(out, fact, members[m]);
    fprintf(out, " %s", json_string_value(json_object_get(fact, "stat")));
    fclose(out);
    return key;
}

static int compare_keys(const void *a, const void *b)
{
    const struct program_fact *x = a, *y = b;
    return strcmp(x->key, y->key);
}

struct program_facts program_facts_parse(const char *json)
{
    json_error_t error;
    struct program_facts facts = {.root = json_loads(json, JSON_REJECT_DUPLICATES, &error)};
    if (facts.root == NULL)
        fail_msg("no JSON: %s in line %d", error.text, error.line);
    json_t *list = json_object_get(facts.root, "facts");
    assert_true(json_is_array(list));
    facts.n = json_array_size(list);
    facts.fact = calloc(facts.n + 1, sizeof *facts.fact);
    assert_non_null(facts.fact);
    for (size_t i = 0; i < facts.n; i++) {
        json_t *fact = json_array_get(list, i);
        facts.fact[i] =
            (struct program_fact){program_fact_key(fact), json_object_get(fact, "value")};
    }
    qsort(facts.fact, facts.n, sizeof *facts.fact, compare_keys);
    for (size_t i = 1; i < facts.n; i++)
        if (strcmp(facts.fact[i - 1].key, facts.fact[i].key) == 0)
            fail_msg("two facts have the key %s", facts.fact[i].key);
    return facts;
}

struct program_facts program_facts_of(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *line = format_list(format, arguments);
    va_end(arguments);
    struct program_run run = program_run("%s --format json", line);
    free(line);
    assert_code(run, RWE_EXIT_DONE);
    struct program_facts facts = program_facts_parse(run.out);
    program_clear(&run);
    return facts;
}

void program_facts_clear(struct program_facts *facts)
{
    for (size_t i = 0; i < facts->n; i++)
        free(facts->fact[i].key);
    free(facts->fact);
    json_decref(facts->root);
    *facts = (struct program_facts){0};
}

json_t *program_facts_find(const struct program_facts *facts, const char *key)
{
    struct program_fact wanted = {.key = (char *)(uintptr_t)key};
    struct program_fact *found =
        bsearch(&wanted, facts->fact, facts->n, sizeof wanted, compare_keys);
    return found == NULL ? NULL : found->value;
}

double program_facts_number(const struct program_facts *facts, const char *key)
{
    const json_t *value = program_facts_find(facts, key);
    if (!json_is_number(value))
        fail_msg("no number at %s", key);
    return json_number_value(value);
}

static bool same_value(const json_t *a, const json_t *b, double relative)
{
    if (!json_is_number(a) || !json_is_number(b))
        return json_equal(a, b) == 1;
    double x = json_number_value(a), y = json_number_value(b);
    return x == y || fabs(x - y) <= relative * fmax(fabs(x), fabs(y));
}

static void tell(const char *what, const struct program_fact *fact)
{
    char *value = json_dumps(fact->value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    print_error("%s: %s: %s\n", what, fact->key, value);
    free(value);
}

void program_check_same(const struct program_facts *actual, const struct program_facts *expected,
                        double relative, const char *file, int line)
{
    enum { MOST_TOLD = 8 };
    size_t i = 0, j = 0, different = 0;
    while ((i < actual->n || j < expected->n) && different < MOST_TOLD) {
        int side = i == actual->n     ? 1
                   : j == expected->n ? -1
                                      : strcmp(actual->fact[i].key, expected->fact[j].key);
        if (side == 0 && !same_value(actual->fact[i].value, expected->fact[j].value, relative)) {
            tell("is", &actual->fact[i]);
            tell("expected", &expected->fact[j]);
            different++;
        } else if (side != 0) {
            tell(side < 0 ? "not expected" : "missing",
                 side < 0 ? &actual->fact[i] : &expected->fact[j]);
            different++;
        }
        i += side <= 0;
        j += side >= 0;
    }
    if (different > 0)
        _fail(file, line);
}

/* ---- files ---- */

char *program_new_folder(void)
{
    char *folder = check_temporary_name();
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

void program_remove_folder(char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

char *program_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    size_t length;
    FILE *copy = open_memstream(&text, &length);
    assert_non_null(copy);
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        fwrite(piece, 1, n, copy);
    fclose(copy);
    fclose(file);
    if (size != NULL)
        *size = length;
    return text;
}

char *program_write_file(const char *folder, const char *name, const char *text)
{
    char *path = program_format("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

size_t program_count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return n;
}

char *program_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = format_list(format, arguments);
    va_end(arguments);
    return text;
}
