/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splitting a file into rows and cells: rwe_table_read. */
#include "check.h"
#include "rwe/base/rng.h"
#include "table_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct table_text read_text(const char *text)
{
    return table_text_read(text, strlen(text), NULL);
}

static void check_cell(const struct table_text *read, size_t row, size_t column,
                       const char *expected)
{
    const char *cell = rwe_table_cell(read->table, row, column);
    if (expected == NULL)
        assert_null(cell);
    else
        assert_string_equal(cell, expected);
}

static void a_file_becomes_named_columns_of_cells(void **state)
{
    (void)state;
    struct table_text read = read_text("id,arm,os\n1,RT,12.5\n2,IO,3\n");
    assert_int_equal(read.status, RWE_OK);
    assert_int_equal(rwe_table_rows(read.table), 2);
    assert_int_equal(rwe_table_columns(read.table), 3);
    assert_string_equal(rwe_table_name(read.table, 2), "os");
    assert_int_equal(rwe_table_find(read.table, "arm"), 1);
    assert_true(rwe_table_find(read.table, "Arm") == RWE_NO_INDEX);
    check_cell(&read, 0, 1, "RT");
    check_cell(&read, 1, 2, "3");
    assert_string_equal(rwe_table_file(read.table), read.path);
    assert_string_equal(rwe_table_source(read.table), "CSV, UTF-8, split at ','");
    table_text_clear(&read);
}

static void the_digest_of_the_file_is_kept(void **state)
{
    (void)state;
    struct table_text read = read_text("a\n1\n");
    char hex[RWE_SHA256_SIZE];
    assert_int_equal(rwe_sha256_file(read.path, hex, NULL), RWE_OK);
    assert_string_equal(rwe_table_sha256(read.table), hex);
    table_text_clear(&read);
}

static void the_delimiter_is_what_the_header_holds_most(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *source;
        size_t columns;
    } cases[] = {
        {"a,b,c\n1,2,3\n", "CSV, UTF-8, split at ','", 3},
        {"a;b;c\n1;2,5;3\n", "CSV, UTF-8, split at ';'", 3},
        {"a\tb\tc\n1\t2\t3\n", "CSV, UTF-8, split at '\\t'", 3},
        {"a;b,c\n1,2\n", "CSV, UTF-8, split at ','", 2},               /* a tie */
        {"\"a,b,c,d\";x;y\n1;2;3\n", "CSV, UTF-8, split at ';'", 3},   /* commas within quotes */
        {"\"a\n,,,,\";x\n1;2\n", "CSV, UTF-8, split at ';'", 2},       /* and a line end too */
        {"\n\r\n  \nx;y\n1,2,3,4;2\n", "CSV, UTF-8, split at ';'", 2}, /* blank lines above */
        {"only\n1\n2\n", "CSV, UTF-8, split at ','", 1},
        {"a\t\tb;c\n1\t2\t3\n", "CSV, UTF-8, split at '\\t'", 2}, /* an empty name */
        {"Table 1, of 2020\na;b;c\n1;2;3\n4;5;6\n", "CSV, UTF-8, split at ';'", 3},
        {"#made, by, hand\na;b;c\n1;2;3\n", "CSV, UTF-8, split at ';'", 3},
        {"#;a;b\n1;2;3\n", "CSV, UTF-8, split at ';'", 3}, /* a column called # */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table_text read = read_text(cases[i].text);
        assert_int_equal(read.status == RWE_OK, cases[i].columns > 0);
        if (read.status == RWE_OK) {
            assert_string_equal(rwe_table_source(read.table), cases[i].source);
            assert_int_equal(rwe_table_columns(read.table), cases[i].columns);
        }
        table_text_clear(&read);
    }
}

static void a_given_delimiter_is_taken(void **state)
{
    (void)state;
    struct rwe_table_options options = rwe_table_options_default();
    options.delimiter = ';';
    struct table_text read = table_text_read("a,b,c;d\n1,2;3\n", 14, &options);
    assert_int_equal(rwe_table_columns(read.table), 2);
    assert_string_equal(rwe_table_name(read.table, 0), "a,b,c");
    table_text_clear(&read);
}

static void quotes_hold_delimiters_quotes_and_line_ends(void **state)
{
    (void)state;
    struct table_text read = read_text(
        "a,\"b\"\n\"1,2\",\"say \"\"yes\"\"\"\n\"two\nlines\",\"three\r\n\nlines\"\n5\" tube,"
        "x\"y\n");
    assert_int_equal(read.status, RWE_OK);
    check_cell(&read, 0, 0, "1,2");
    check_cell(&read, 0, 1, "say \"yes\"");
    check_cell(&read, 1, 0, "two\nlines");
    check_cell(&read, 1, 1, "three\r\n\nlines");
    check_cell(&read, 2, 0, "5\" tube");
    check_cell(&read, 2, 1, "x\"y");
    assert_int_equal(rwe_table_line(read.table, 0), 2);
    assert_int_equal(rwe_table_line(read.table, 1), 3);
    assert_int_equal(rwe_table_line(read.table, 2), 7);
    table_text_clear(&read);
}

static void lines_are_exact_for_every_line_end_and_with_blank_lines(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (size_t e = 0; e < 3; e++) {
        char text[256] = "";
        static const char *const lines[] = {"",    "a,b", "1,2",  "", " ",  ",",
                                            "3,4", "\"5", "\",6", "", "7,8"};
        static const size_t expected[] = {3, 7, 8, 11};
        static const char *const first[] = {"1", "3", "5", "7"};
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            strcat(text, lines[i]);
            if (i + 1 < sizeof lines / sizeof *lines) /* the last line has no end */
                strcat(text, ends[e]);
        }
        struct table_text read = read_text(text);
        assert_int_equal(read.status, RWE_OK);
        assert_int_equal(rwe_table_rows(read.table), 4);
        for (size_t row = 0; row < 4; row++) {
            assert_int_equal(rwe_table_line(read.table, row), expected[row]);
            check_cell(&read, row, 0, first[row]);
        }
        table_text_clear(&read);
    }
}

static void blank_records_are_no_rows(void **state)
{
    (void)state;
    struct table_text read =
        read_text("a,b,c\n,,\n\n1,,\n , ,\t\n,,,,,,\n\"\",,\"\"\n,,3\n\n\n,,\n");
    assert_int_equal(read.status, RWE_OK);
    assert_int_equal(read.complaints.n, 0);
    assert_int_equal(rwe_table_rows(read.table), 2);
    check_cell(&read, 0, 0, "1");
    check_cell(&read, 0, 1, NULL);
    check_cell(&read, 1, 1, NULL);
    check_cell(&read, 1, 2, "3");
    assert_int_equal(rwe_table_line(read.table, 1), 8);
    table_text_clear(&read);
}

static void blanks_around_cells_are_trimmed(void **state)
{
    (void)state;
    struct table_text read = read_text(" a ,\" b \"\n  1\t,\" 2 \"\n\xe3\x80\x80"
                                       "3\xe3\x80\x80,\xc2\xa0"
                                       "4\xc2\xa0\n"
                                       "张 三,\"\xe2\x80\x8b\n5\n\"\n\xef\xbb\xbf 6,à\n");
    assert_int_equal(read.status, RWE_OK);
    assert_string_equal(rwe_table_name(read.table, 0), "a");
    assert_string_equal(rwe_table_name(read.table, 1), "b");
    static const char *const expected[][2] = {
        {"1", "2"}, {"3", "4"}, {"张 三", "5"}, {"6", "à"}}; /* à ends with the byte A0 */
    for (size_t row = 0; row < 4; row++)
        for (size_t column = 0; column < 2; column++)
            check_cell(&read, row, column, expected[row][column]);
    table_text_clear(&read);
}

static void check_reason(const struct table_text *read, size_t i, const char *expected)
{
    const char *reason = rwe_complaint_reason(&read->complaints.item[i], rwe_language_find("en"),
                                              read->complaints.arena);
    assert_string_equal(reason, expected);
}

static void short_and_long_rows_are_complaints_and_stay_aligned(void **state)
{
    (void)state;
    struct table_text read = read_text("a,b,c\n1,2\n1,2,3,4\n\n7,8,9\n,2,3,\n");
    assert_int_equal(read.status, RWE_OK);
    assert_int_equal(rwe_table_rows(read.table), 4);
    assert_int_equal(read.complaints.n, 2); /* an empty cell at the end is none */
    const struct rwe_complaint *item = read.complaints.item;
    check_reason(&read, 0, "has 2 cells, the header has 3");
    assert_int_equal(item[0].line, 2);
    assert_int_equal(item[0].row, 0);
    assert_null(item[0].column);
    check_reason(&read, 1, "has 4 cells, the header has 3");
    assert_int_equal(item[1].line, 3);
    assert_string_equal(item[0].file, read.path);
    check_cell(&read, 0, 2, NULL);
    check_cell(&read, 1, 2, "3");
    check_cell(&read, 2, 2, "9");
    check_cell(&read, 3, 0, NULL);
    check_cell(&read, 3, 2, "3");
    table_text_clear(&read);
}

static void check_refused(const void *text, size_t size, const char *expected)
{
    struct table_text read = table_text_read(text, size, NULL);
    assert_int_equal(read.status, RWE_BAD_INPUT);
    if (strncmp(table_text_message(&read), expected, strlen(expected)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", table_text_message(&read), expected);
    table_text_clear(&read);
}

static void files_without_a_table_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", " is empty: it must hold a header"},
        {"\n\n \r\n,,\n", " is empty"},
        {"\xef\xbb\xbf", " is empty"},
        {"a,b\n", " holds a header and no rows: add"},
        {"a,b", " holds a header and no rows"},
        {"a,b\n,\n\n", " holds a header and no rows"},
        {"a,b,c,b\n1,2,3,4\n", "1: columns 2 and 4 are both named \"b\": rename"},
        {"a, a \n1,2\n", "1: columns 1 and 2 are both named \"a\""},
        {"a,b\n1,2\n3,\"4\n5,6\n7,8\n", "3: a double quote opens a cell on this line and is never "
                                        "closed: close it"},
        {"a,b\n\"x\ny\",\"4\n5,6\n", "3: a double quote opens a cell"},
        {"PK\003\004xxxx", " is cut short or damaged"},
        {"a,b\n1,\xff\xfe\xfd\xfc\n", "2: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

static void a_missing_file_and_a_folder_are_told_apart(void **state)
{
    (void)state;
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table;
    assert_int_equal(rwe_table_read("no/such.csv", &options, arena, &table, &complaints, &error),
                     RWE_IO);
    assert_null(table);
    assert_string_equal(error.message, "no/such.csv: no such file: check its name and its folder");
    assert_int_equal(rwe_table_read("tests", &options, arena, &table, &complaints, &error), RWE_IO);
    assert_string_equal(error.message, "tests: is a folder: name the CSV file that lies in it");
    rwe_arena_free(arena);
}

static void a_dash_is_standard_input(void **state)
{
    (void)state;
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table, *none;
    int ends[2];
    int saved = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a,b\n1,2\n", 8), 8);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    enum rwe_status read = rwe_table_read("-", &options, arena, &table, &complaints, &error);
    enum rwe_status again = rwe_table_read("-", &options, arena, &none, &complaints, &error);
    dup2(saved, STDIN_FILENO);
    assert_int_equal(read, RWE_OK);
    rwe_table_close(table);
    assert_int_equal(again, RWE_BAD_INPUT); /* all has been read */
    assert_memory_equal(error.message, "standard input: is empty", 24);
    close(saved);
    close(ends[0]);
    rwe_arena_free(arena);
}

static void a_record_beyond_the_limit_is_refused_where_it_begins(void **state)
{
    (void)state;
    struct rwe_table_options options = rwe_table_options_default();
    options.longest_record = 100;
    char text[400] = "a,b\n1,2\n";
    memset(text + 8, 'x', 99);
    strcpy(text + 8 + 99, "\n");
    struct table_text read = table_text_read(text, strlen(text), &options);
    assert_int_equal(read.status, RWE_OK); /* 99 and its end are 100 */
    table_text_clear(&read);
    memset(text + 8, 'x', 100);
    strcpy(text + 8 + 100, "\n");
    read = table_text_read(text, strlen(text), &options);
    assert_int_equal(read.status, RWE_BAD_INPUT);
    assert_memory_equal(table_text_message(&read), "3: the record that begins here is longer", 40);
    table_text_clear(&read);
    memset(text + 8, ',', 300);
    read = table_text_read(text, 308, &options); /* of commas alone, and without an end */
    assert_int_equal(read.status, RWE_BAD_INPUT);
    table_text_clear(&read);
}

static void a_header_of_too_many_columns_is_refused(void **state)
{
    (void)state;
    size_t size = 8 * 100001;
    char *text = malloc(size + 1);
    for (size_t i = 0; i < 100001; i++)
        sprintf(text + 8 * i, "c%06zu,", i);
    check_refused(text, size, " has more than 100000 columns");
    free(text);
}

static void a_cell_larger_than_a_block_is_whole(void **state)
{
    (void)state;
    enum { LARGE = 700000 };
    char *text = malloc(LARGE + 100);
    strcpy(text, "a,b\n1,x\n2,");
    size_t n = strlen(text);
    memset(text + n, 'y', LARGE);
    strcpy(text + n + LARGE, "\n3,z\n");
    struct table_text read = read_text(text);
    assert_int_equal(read.status, RWE_OK);
    check_cell(&read, 0, 1, "x");
    assert_int_equal(strlen(rwe_table_cell(read.table, 1, 1)), LARGE);
    check_cell(&read, 2, 1, "z");
    check_cell(&read, 2, 0, "3");
    table_text_clear(&read);
    free(text);
}

/* What the splitter must do, by hand: unquoted cells of one character among many records, so that
 * pieces end at every place of a record. */
static void records_are_whole_across_pieces(void **state)
{
    (void)state;
    enum { ROWS = 120000 };
    char *text = malloc((size_t)ROWS * 24 + 100);
    char *at = text + sprintf(text, "id,name,note\r\n");
    for (int i = 0; i < ROWS; i++)
        at += i % 7 == 0 ? sprintf(at, "%d,\"张\r\n%d\",\r\n", i, i)
                         : sprintf(at, "%d,张%d,x\r\n", i, i);
    struct table_text read = read_text(text);
    assert_int_equal(read.status, RWE_OK);
    assert_int_equal(read.complaints.n, 0);
    assert_int_equal(rwe_table_rows(read.table), ROWS);
    const char **id = RWE_NEW(read.arena, const char *, ROWS);
    const char **name = RWE_NEW(read.arena, const char *, ROWS);
    const char **note = RWE_NEW(read.arena, const char *, ROWS);
    assert_int_equal(rwe_table_strings(read.table, 0, read.arena, id), RWE_OK);
    assert_int_equal(rwe_table_strings(read.table, 1, read.arena, name), RWE_OK);
    assert_int_equal(rwe_table_strings(read.table, 2, read.arena, note), RWE_OK);
    size_t line = 2;
    for (int i = 0; i < ROWS; i++) {
        char expected[32];
        assert_int_equal(rwe_table_line(read.table, (size_t)i), line);
        line += i % 7 == 0 ? 2 : 1;
        assert_int_equal(atoi(id[i]), i);
        snprintf(expected, sizeof expected, i % 7 == 0 ? "张\r\n%d" : "张%d", i);
        assert_string_equal(name[i], expected);
        assert_true(i % 7 == 0 ? note[i] == NULL : strcmp(note[i], "x") == 0);
    }
    table_text_clear(&read);
    free(text);
}

/* One random file: with `quotes`, every cell that is not empty stands in quotes, so that libcsv
 * splits it; without, no line needs it. */
static void write_random(char *text, uint64_t seed, bool quotes)
{
    static const char *const cells[] = {
        "", "1", "x y", "23.5", "张三", "a long cell of text", "-", "", "0", "12345678901234"};
    static const char *const blanks[] = {"", "", "", " ", "  \t"};
    static const char *const ends[] = {"\n", "\n", "\r\n", "\r\n\r\n", "\n\n"};
    struct rwe_rng place;
    gsl_rng *rng = rwe_rng_start(&place, seed, RWE_RNG_TEST, 1);
    char *at = text + sprintf(text, "a,b,c\n");
    for (size_t row = 0; row < 90; row++) { /* the first 50 are not split by us */
        size_t n = gsl_rng_uniform_int(rng, 8) == 0 ? gsl_rng_uniform_int(rng, 6) : 3;
        for (size_t i = 0; i < n; i++) {
            const char *cell = cells[gsl_rng_uniform_int(rng, sizeof cells / sizeof *cells)];
            const char *quote = quotes && cell[0] != '\0' ? "\"" : "";
            const char *before = blanks[gsl_rng_uniform_int(rng, 5)];
            at += sprintf(at, "%s%s%s%s%s%s", i > 0 ? "," : "", before, quote, cell, quote,
                          blanks[gsl_rng_uniform_int(rng, 5)]);
        }
        at += sprintf(at, "%s", ends[gsl_rng_uniform_int(rng, sizeof ends / sizeof *ends)]);
    }
}

static void lines_without_quotes_are_split_as_libcsv_splits_them(void **state)
{
    (void)state;
    static char text[16384];
    for (uint64_t seed = 0; seed < 300; seed++) {
        write_random(text, seed, false);
        struct table_text plain = read_text(text);
        write_random(text, seed, true);
        struct table_text quoted = read_text(text);
        assert_int_equal(plain.status, quoted.status);
        assert_int_equal(rwe_table_rows(plain.table), rwe_table_rows(quoted.table));
        assert_int_equal(plain.complaints.n, quoted.complaints.n);
        for (size_t i = 0; i < plain.complaints.n; i++) {
            assert_int_equal(plain.complaints.item[i].line, quoted.complaints.item[i].line);
            assert_string_equal(plain.complaints.item[i].reason, quoted.complaints.item[i].reason);
        }
        for (size_t row = 0; row < rwe_table_rows(plain.table); row++) {
            assert_int_equal(rwe_table_line(plain.table, row), rwe_table_line(quoted.table, row));
            for (size_t column = 0; column < 3; column++)
                check_cell(&quoted, row, column, rwe_table_cell(plain.table, row, column));
        }
        table_text_clear(&plain);
        table_text_clear(&quoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_named_columns_of_cells),
        cmocka_unit_test(the_digest_of_the_file_is_kept),
        cmocka_unit_test(the_delimiter_is_what_the_header_holds_most),
        cmocka_unit_test(a_given_delimiter_is_taken),
        cmocka_unit_test(quotes_hold_delimiters_quotes_and_line_ends),
        cmocka_unit_test(lines_are_exact_for_every_line_end_and_with_blank_lines),
        cmocka_unit_test(blank_records_are_no_rows),
        cmocka_unit_test(blanks_around_cells_are_trimmed),
        cmocka_unit_test(short_and_long_rows_are_complaints_and_stay_aligned),
        cmocka_unit_test(files_without_a_table_are_refused_with_a_sentence),
        cmocka_unit_test(a_missing_file_and_a_folder_are_told_apart),
        cmocka_unit_test(a_dash_is_standard_input),
        cmocka_unit_test(a_record_beyond_the_limit_is_refused_where_it_begins),
        cmocka_unit_test(a_header_of_too_many_columns_is_refused),
        cmocka_unit_test(a_cell_larger_than_a_block_is_whole),
        cmocka_unit_test(records_are_whole_across_pieces),
        cmocka_unit_test(lines_without_quotes_are_split_as_libcsv_splits_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
