/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The seam of the readers: a second kind of file, which lives here alone, is read like any other. */
#include "check.h"
#include "rwe/data/reader.h"
#include "rwe/data/table_stack.h"
#include "rwe/data/validate.h"
#include "table_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* ---- a toy ---- */

/*
 * "TOY1\n", then lines: "number NAME", "date NAME" and "any NAME" declare a column, "label NAME VALUE WORD" a value label of
 * the last one, "=" ends a row, and any other line is the next cell: "#" and a number or a date, or text.
 */
static bool detect_toy(const unsigned char *bytes, size_t n,
                       const struct rwe_table_options *options)
{
    (void)options;
    return n >= 5 && memcmp(bytes, "TOY1\n", 5) == 0;
}

static const struct rwe_value_label sex[] = {{.number = 2, .label = "male"},
                                             {.number = 1, .label = "female"}};
static const struct rwe_number_range never[] = {{-9, -8}, {999, 999}};

static void add_toy_column(struct rwe_table_builder *builder, enum rwe_column_kind kind,
                           const char *name)
{
    struct rwe_column_info info = {.name = name, .kind = kind, .format = "F8.2"};
    if (strcmp(name, "sex") == 0) {
        info.label = "Sex at birth";
        info.value_label = sex;
        info.n_value_labels = 2;
    }
    info.missing_range = never;
    info.n_missing_ranges = 2;
    rwe_table_builder_column(builder, &info);
}

static enum rwe_status read_toy(const struct rwe_reading *reading,
                                struct rwe_table_builder *builder, struct rwe_error *error)
{
    static const char *const kinds[] = {[RWE_KIND_ANY] = "any ",
                                        [RWE_KIND_TEXT] = "text ",
                                        [RWE_KIND_NUMBER] = "number ",
                                        [RWE_KIND_DATE] = "date "};
    const unsigned char *bytes;
    size_t n, column = 0, row = 0;
    enum rwe_column_kind kind[16] = {RWE_KIND_ANY};
    size_t n_columns = 0;
    enum rwe_status status = rwe_stream_rest(reading->stream, reading->scratch, &bytes, &n, error);
    if (status != RWE_OK)
        return status;
    char *text = rwe_arena_substring(reading->scratch, (const char *)bytes, n);
    strsep(&text, "\n");
    for (char *line; (line = strsep(&text, "\n")) != NULL && *line != '\0';) {
        bool declares = false;
        for (int k = 0; k < 4; k++)
            if (strncmp(line, kinds[k], strlen(kinds[k])) == 0) {
                add_toy_column(builder, (enum rwe_column_kind)k, line + strlen(kinds[k]));
                kind[n_columns++] = (enum rwe_column_kind)k;
                declares = true;
            }
        if (declares)
            continue;
        if (strcmp(line, "=") == 0) {
            rwe_table_builder_end_row(builder, ++row);
            column = 0;
        } else if (line[0] == '#' && kind[column] == RWE_KIND_DATE) {
            rwe_table_builder_date(builder, column++, atof(line + 1));
        } else if (line[0] == '#') {
            rwe_table_builder_number(builder, column++, atof(line + 1));
        } else {
            rwe_table_builder_text(builder, column, line, strlen(line));
            column++;
        }
    }
    rwe_table_builder_source(builder, "toy, %zu columns", n_columns);
    return RWE_OK;
}

static const struct rwe_reader toy = {"toy", detect_toy, read_toy, false};
extern const struct rwe_reader rwe_csv_reader;
static const struct rwe_reader *const readers[] = {&toy, &rwe_csv_reader, NULL};

static struct table_text read_by_both(const char *text)
{
    struct rwe_table_options options = rwe_table_options_default();
    options.readers = readers;
    return table_text_read(text, strlen(text), &options);
}

static struct table_text read_good(const char *text)
{
    struct table_text read = read_by_both(text);
    if (read.status != RWE_OK)
        fail_msg("%s", read.error.message);
    return read;
}

static void a_second_kind_of_file_is_read_by_its_content(void **state)
{
    (void)state;
    struct table_text typed = read_good("TOY1\nnumber os\ndate seen\n#1.5\n#19478\n=\n#2\n=\n");
    struct table_text plain = read_good("os,seen\n1.5,2023-05-01\n2,\n");
    assert_string_equal(rwe_table_source(typed.table), "toy, 2 columns");
    assert_string_equal(rwe_table_source(plain.table), "CSV, UTF-8, split at ','");
    struct table_text *both[] = {&typed, &plain};
    for (size_t i = 0; i < 2; i++) {
        double os[2], seen[2];
        assert_int_equal(rwe_table_rows(both[i]->table), 2);
        assert_int_equal(rwe_table_numbers(both[i]->table, 0, os, &both[i]->complaints), RWE_OK);
        assert_int_equal(rwe_table_dates(both[i]->table, 1, seen, &both[i]->complaints), RWE_OK);
        assert_true(os[0] == 1.5 && os[1] == 2 && seen[0] == 19478 && isnan(seen[1]));
        assert_int_equal(both[i]->complaints.n, 0);
        assert_string_equal(rwe_table_cell(both[i]->table, 0, 1), "2023-05-01");
        assert_null(rwe_table_cell(both[i]->table, 1, 1));
        assert_int_equal(rwe_table_summary(both[i]->table, 0).n_number, 2);
        assert_int_equal(rwe_table_summary(both[i]->table, 1).n_date, 1);
        assert_int_equal(rwe_table_summary(both[i]->table, 1).n_missing, 1);
        assert_int_equal(strlen(rwe_table_sha256(both[i]->table)), RWE_SHA256_SIZE - 1);
        table_text_clear(both[i]);
    }
}

static void what_a_file_says_of_a_column_is_kept(void **state)
{
    (void)state;
    struct table_text read = read_good("TOY1\nnumber sex\n#1\n=\n");
    const struct rwe_column_info *info = rwe_table_column(read.table, 0);
    assert_string_equal(info->name, "sex");
    assert_string_equal(info->label, "Sex at birth");
    assert_string_equal(info->format, "F8.2");
    assert_int_equal(info->kind, RWE_KIND_NUMBER);
    assert_int_equal(info->n_value_labels, 2);
    table_text_clear(&read);
}

static void a_labelled_value_reads_as_its_label_and_counts_as_its_number(void **state)
{
    (void)state;
    struct table_text read = read_good("TOY1\nnumber sex\n#2\n=\n#1\n=\n#7\n=\n#-8.5\n=\n#2\n=\n");
    struct rwe_factor factor;
    const char *text[5];
    double x[5];
    assert_int_equal(rwe_table_strings(read.table, 0, read.arena, text), RWE_OK);
    assert_int_equal(rwe_table_numbers(read.table, 0, x, &read.complaints), RWE_OK);
    assert_int_equal(rwe_table_factor(read.table, 0, read.arena, &factor), RWE_OK);
    static const char *const texts[] = {"male", "female", "7", NULL, "male"};
    static const double numbers[] = {2, 1, 7, NAN, 2};
    static const int32_t codes[] = {1, 0, 2, -1, 1};
    for (size_t i = 0; i < 5; i++) {
        assert_true(texts[i] == NULL ? text[i] == NULL : strcmp(text[i], texts[i]) == 0);
        assert_true(is_same(x[i], numbers[i]));
        assert_int_equal(factor.code[i], codes[i]);
    }
    assert_int_equal(factor.n_levels, 3); /* in the order of 1, 2, 7 */
    assert_string_equal(factor.level[0], "female");
    assert_string_equal(factor.level[2], "7");
    table_text_clear(&read);
}

static void labels_of_text_are_found_too(void **state)
{
    (void)state;
    static const struct rwe_value_label labels[] = {{.text = "M", .label = "male"},
                                                    {.text = "F", .label = "female"}};
    static const char *const tokens[] = {"x"};
    static const char *const cells[] = {"F", "M", "D", "x"};
    struct rwe_column_values column = {
        .info = {.name = "sex",
                 .value_label = labels,
                 .n_value_labels = 2,
                 .kind = RWE_KIND_TEXT,
                 .missing_text = {(const char **)(uintptr_t)tokens, 1}},
        .text = cells};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table *table;
    const char *text[4];
    struct rwe_table_columns columns = {.column = &column, .n_columns = 1, .n_rows = 4};
    assert_int_equal(rwe_table_from_columns(&columns, NULL, arena, &table, NULL), RWE_OK);
    assert_int_equal(rwe_table_strings(table, 0, arena, text), RWE_OK);
    assert_string_equal(text[0], "female");
    assert_string_equal(text[1], "male");
    assert_string_equal(text[2], "D");
    assert_null(text[3]);
    assert_string_equal(rwe_table_cell(table, 0, 0), "F");
    rwe_table_close(table);
    rwe_arena_free(arena);
}

static void a_column_of_mixed_cells_becomes_text_that_loses_nothing(void **state)
{
    (void)state;
    struct table_text read = read_good(
        "TOY1\nany ldh\ndate seen\n#0.1\n#19478.25\n=\n=\n<5\nlater\n=\n#1e100\n#-1\n=\n");
    static const char *const expected[][2] = {
        {"0.1", "2023-05-01 06:00:00"}, {NULL, NULL}, {"<5", "later"}, {"1e+100", "1969-12-31"}};
    for (size_t row = 0; row < 4; row++)
        for (size_t column = 0; column < 2; column++) {
            const char *cell = rwe_table_cell(read.table, row, column);
            assert_true(expected[row][column] == NULL ? cell == NULL
                                                      : strcmp(cell, expected[row][column]) == 0);
        }
    double x[4];
    assert_int_equal(rwe_table_numbers(read.table, 0, x, &read.complaints), RWE_OK);
    assert_true(x[0] == 0.1 && isnan(x[1]) && isnan(x[2]) && x[3] == 1e100);
    assert_int_equal(read.complaints.n, 1);
    assert_int_equal(read.complaints.item[0].line, 3);
    assert_int_equal(rwe_table_column(read.table, 0)->kind, RWE_KIND_TEXT);
    table_text_clear(&read);
}

static void a_column_without_a_value_counts_as_numbers(void **state)
{
    (void)state;
    struct table_text read = read_good("TOY1\nnumber id\nany note\n#1\n=\n#2\n=\n");
    assert_int_equal(rwe_table_column(read.table, 1)->kind, RWE_KIND_NUMBER);
    assert_int_equal(rwe_table_summary(read.table, 1).n_missing, 2);
    table_text_clear(&read);
}

static void a_number_asked_for_as_a_date_is_a_complaint_and_the_reverse(void **state)
{
    (void)state;
    struct table_text read = read_good("TOY1\nnumber n\ndate d\n#45047\n#19478\n=\n");
    double x;
    assert_int_equal(rwe_table_dates(read.table, 0, &x, &read.complaints), RWE_OK);
    assert_int_equal(rwe_table_numbers(read.table, 1, &x, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, 2);
    assert_string_equal(read.complaints.item[0].value, "45047");
    assert_string_equal(read.complaints.item[0].reason, "not a date");
    assert_string_equal(read.complaints.item[1].value, "2023-05-01");
    assert_string_equal(read.complaints.item[1].reason, "not a number");
    table_text_clear(&read);
}

static void a_number_among_the_missing_tokens_is_missing(void **state)
{
    (void)state;
    static const char *tokens[] = {"99.0", "NA"};
    struct rwe_table_options options = rwe_table_options_default();
    options.readers = readers;
    options.missing = (struct rwe_strings){tokens, 2};
    static const char text[] = "TOY1\nnumber n\n#99\n=\n#9\n=\n";
    struct table_text read = table_text_read(text, sizeof text - 1, &options);
    double x[2];
    const char *string[2];
    assert_int_equal(read.status, RWE_OK);
    assert_int_equal(rwe_table_numbers(read.table, 0, x, &read.complaints), RWE_OK);
    assert_int_equal(rwe_table_strings(read.table, 0, read.arena, string), RWE_OK);
    assert_true(isnan(x[0]) && x[1] == 9);
    assert_null(string[0]);
    assert_string_equal(string[1], "9");
    table_text_clear(&read);
}

static void names_are_checked_whatever_the_kind_of_file(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"TOY1\nnumber a\nnumber b\nnumber a\n#1\n=\n", " columns 1 and 3 are both named \"a\""},
        {"TOY1\nnumber a\n", " holds no row"},
        {"TOY1\n", " holds no column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table_text read = read_by_both(cases[i].text);
        assert_int_equal(read.status, RWE_BAD_INPUT);
        if (strncmp(table_text_message(&read), cases[i].expected, strlen(cases[i].expected)) != 0)
            fail_msg("%s", read.error.message);
        table_text_clear(&read);
    }
}

static void identity_numbers_are_found_in_columns_of_numbers(void **state)
{
    (void)state;
    struct table_text read = read_good("TOY1\nnumber code\n#13800138000\n=\n");
    struct table_text fine = read_good("TOY1\nnumber count\n#1380013800\n=\n#0.5\n=\n");
    struct rwe_error error = {0};
    assert_int_equal(rwe_privacy_check(read.table, &error), RWE_BAD_INPUT);
    assert_non_null(strstr(error.message, "mobile numbers"));
    assert_int_equal(rwe_privacy_check(fine.table, NULL), RWE_OK);
    table_text_clear(&read);
    table_text_clear(&fine);
}

/* ---- files that no reader knows ---- */

static void what_no_reader_knows_is_called_by_its_name(void **state)
{
    (void)state;
#define FILE_OF(bytes) (bytes), sizeof(bytes) - 1
    static const struct {
        const char *data;
        size_t size;
        const char *expected;
    } cases[] = {
        {FILE_OF("PK\003\004\024\0\006\0"), "is cut short or damaged"},
        {FILE_OF("PK\003\004\024\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\010\0\0\0"
                 "mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK"),
         "is an OpenDocument workbook (.ods)"},
        {FILE_OF("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
         "is an old Excel workbook (.xls), or one with a password: open it and save it as .xlsx"},
        {FILE_OF("$FL2@(#) SPSS DATA FILE"), "is cut short or damaged"},
        {FILE_OF("$FL3@(#) SPSS DATA FILE"), "is cut short or damaged"},
        {FILE_OF("<stata_dta><header><release>118"), "is cut short or damaged"},
        {FILE_OF("\x73\x02\x01\0\x0c\0"), "is cut short or damaged"},
        {FILE_OF("\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\0\x09"),
         "is cut short or damaged"},
        {FILE_OF("\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x63\xb3\x14\x11\xcf\xbd\x92\x08\0\x09"),
         "is a SAS file, but no data set (.sas7bdat)"},
        {FILE_OF("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"), "is cut short or damaged"},
        {FILE_OF("**COMPRESSED** **COMPRESSED** **COMPRESSED**"), "PROC CPORT"},
        {FILE_OF("ASCII SPSS PORT FILE                    "), "is a portable SPSS file (.por)"},
        {FILE_OF("PAR1\x15\x04\x15"), "is a Parquet file"},
        {FILE_OF("\x1f\x8b\x08\0\0"), "is compressed with gzip"},
        {FILE_OF("%PDF-1.7\n"), "is a PDF document"},
        {FILE_OF("<HTML><table>"), "is a web page"},
        {FILE_OF("<?xml version=\"1.0\"?>"), "is an XML document"},
        {FILE_OF("\x7f"
                 "ELF\2\1\1\3\4\5\6\7\x10"),
         "is not a text file"},
    };
#undef FILE_OF
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct table_text read = table_text_read(cases[i].data, cases[i].size, NULL);
        assert_int_equal(read.status, RWE_BAD_INPUT);
        if (strstr(table_text_message(&read), cases[i].expected) == NULL)
            fail_msg("\"%s\" does not hold \"%s\"", read.error.message, cases[i].expected);
        table_text_clear(&read);
    }
}

static void text_that_begins_like_another_kind_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"PAR1,x\n1,2\n", "RDX3,x\n1,2\n", "Rar!,x\n1,2\n",
                                        "PK,x\n1,2\n", "HEADER RECORD,x\n1,2\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct table_text read = table_text_read(texts[i], strlen(texts[i]), NULL);
        assert_int_equal(read.status, RWE_OK);
        assert_int_equal(rwe_table_columns(read.table), 2);
        table_text_clear(&read);
    }
}

/* ---- columns in memory ---- */

static struct rwe_table *make(const struct rwe_table_columns *columns, struct rwe_arena *arena,
                              struct rwe_error *error)
{
    struct rwe_table *table;
    *error = (struct rwe_error){0};
    enum rwe_status status = rwe_table_from_columns(columns, NULL, arena, &table, error);
    assert_int_equal(status == RWE_OK, table != NULL);
    assert_int_equal(status, error->status);
    return table;
}

static void columns_in_memory_make_a_table(void **state)
{
    (void)state;
    static const double os[] = {1.5, NAN, INFINITY}, seen[] = {19478, 0, NAN};
    static const char *const arm[] = {" RT ", NULL, "IO"};
    const struct rwe_column_values column[] = {
        {.info.name = "os", .number = os},
        {.info.name = "arm", .text = arm},
        {.info = {.name = "seen", .kind = RWE_KIND_DATE}, .number = seen},
    };
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_error error;
    struct rwe_table_columns columns = {
        .name = "frame", .column = column, .n_columns = 3, .n_rows = 3};
    struct rwe_table *table = make(&columns, arena, &error);
    static const char *const expected[][3] = {
        {"1.5", "RT", "2023-05-01"}, {NULL, NULL, "1970-01-01"}, {NULL, "IO", NULL}};
    assert_string_equal(rwe_table_file(table), "frame");
    assert_int_equal(rwe_table_rows(table), 3);
    for (size_t row = 0; row < 3; row++) {
        assert_int_equal(rwe_table_line(table, row), row + 1);
        for (size_t j = 0; j < 3; j++) {
            const char *cell = rwe_table_cell(table, row, j);
            assert_true(expected[row][j] == NULL ? cell == NULL
                                                 : strcmp(cell, expected[row][j]) == 0);
        }
    }
    rwe_table_close(table);
    rwe_arena_free(arena);
}

static void a_value_means_the_same_in_all_files_of_a_stack(void **state)
{
    (void)state;
    static const double codes[] = {1, 2};
    static const struct rwe_value_label label[][2] = {{{1, NULL, "female"}, {2, NULL, "male"}},
                                                      {{2, NULL, "male"}, {1, NULL, "female"}},
                                                      {{1, NULL, "male"}, {2, NULL, "female"}}};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table *table[3], *stack;
    struct rwe_error error;
    const struct rwe_table_options options = rwe_table_options_default();
    for (size_t i = 0; i < 3; i++) {
        const struct rwe_column_values column = {
            .info = {.name = "sex", .value_label = label[i], .n_value_labels = 2}, .number = codes};
        const struct rwe_table_columns columns = {
            .name = i == 0 ? "a" : "b", .column = &column, .n_columns = 1, .n_rows = 2};
        table[i] = make(&columns, arena, &error);
    }
    const struct rwe_stacked same[] = {{table[0], "A"}, {table[1], "B"}},
                             other[] = {{table[0], "A"}, {table[2], "B"}};
    assert_int_equal(rwe_table_stack(same, 2, &options, arena, &stack, &error), RWE_OK);
    assert_int_equal(rwe_table_rows(stack), 4);
    assert_string_equal(rwe_table_column(stack, 1)->value_label[0].label, "female");
    rwe_table_close(stack);
    assert_int_equal(rwe_table_stack(other, 2, &options, arena, &stack, &error), RWE_BAD_INPUT);
    assert_null(stack);
    assert_non_null(strstr(error.message, "column \"sex\" has other value labels in b than in a"));
    for (size_t i = 0; i < 3; i++)
        rwe_table_close(table[i]);
    rwe_arena_free(arena);
}

static void the_digest_of_columns_follows_names_and_values(void **state)
{
    (void)state;
    static const double one[] = {1, 2}, other[] = {1, 3};
    const struct rwe_column_values variants[] = {{.info.name = "a", .number = one},
                                                 {.info.name = "a", .number = one},
                                                 {.info.name = "b", .number = one},
                                                 {.info.name = "a", .number = other}};
    struct rwe_arena *arena = rwe_arena_new();
    const char *digest[4];
    for (size_t i = 0; i < 4; i++) {
        struct rwe_error error;
        struct rwe_table_columns columns = {.column = &variants[i], .n_columns = 1, .n_rows = 2};
        struct rwe_table *table = make(&columns, arena, &error);
        digest[i] = rwe_arena_string(arena, rwe_table_sha256(table));
        rwe_table_close(table);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_not_equal(digest[0], digest[2]);
    assert_string_not_equal(digest[0], digest[3]);
    rwe_arena_free(arena);
}

static void columns_that_are_no_table_are_refused(void **state)
{
    (void)state;
    static const double x[] = {1};
    static const char *const bad[] = {"caf\xe9"};
    const struct rwe_column_values twice[] = {{.info.name = "a", .number = x},
                                              {.info.name = "a", .number = x}};
    const struct rwe_column_values latin[] = {{.info.name = "a", .text = bad}};
    const struct rwe_column_values nameless[] = {{.number = x}};
    const struct {
        struct rwe_table_columns columns;
        const char *expected;
    } cases[] = {
        {{.column = twice, .n_columns = 2, .n_rows = 1}, "data: columns 1 and 2 are both named"},
        {{.column = latin, .n_columns = 1, .n_rows = 1}, "data: column \"a\", row 1: the text is"},
        {{.column = nameless, .n_columns = 1, .n_rows = 1}, "data: column 1 of 1 has no name"},
        {{.column = twice, .n_columns = 1, .n_rows = 0}, "data: holds no row"},
        {{.column = twice, .n_columns = 0, .n_rows = 0}, "data: holds no column"},
    };
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rwe_error error;
        assert_null(make(&cases[i].columns, arena, &error));
        assert_int_equal(error.status, RWE_BAD_INPUT);
        if (strncmp(error.message, cases[i].expected, strlen(cases[i].expected)) != 0)
            fail_msg("%s", error.message);
    }
    rwe_arena_free(arena);
}

/* Blocks end in the middle of a column, and a column of many numbers becomes text as a whole. */
static void many_cells_keep_their_places(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_table_builder *builder = rwe_table_builder_new("many", &options, arena);
    for (size_t j = 0; j < 2; j++)
        rwe_table_builder_column(builder, &(struct rwe_column_info){.name = j == 0 ? "a" : "b"});
    for (size_t i = 0; i < ROWS; i++) {
        rwe_table_builder_number(builder, 0, (double)i / 8);
        rwe_table_builder_number(builder, 1, (double)i / 8);
        if (i + 1 == ROWS)
            continue;
        rwe_table_builder_end_row(builder, i + 1);
    }
    rwe_table_builder_end_row(builder, ROWS);
    rwe_table_builder_text(builder, 1, "end", 3);
    rwe_table_builder_end_row(builder, ROWS + 1);
    struct rwe_table *table;
    struct rwe_complaints complaints = {.arena = arena};
    assert_int_equal(rwe_table_builder_finish(builder, &table, NULL), RWE_OK);
    double *x[2];
    for (size_t j = 0; j < 2; j++) {
        x[j] = RWE_NEW(arena, double, ROWS + 1);
        assert_int_equal(rwe_table_numbers(table, j, x[j], &complaints), RWE_OK);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(x[j][i] == (double)i / 8);
        assert_true(isnan(x[j][ROWS]));
    }
    assert_int_equal(complaints.n, 1);
    rwe_table_close(table);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_kind_of_file_is_read_by_its_content),
        cmocka_unit_test(what_a_file_says_of_a_column_is_kept),
        cmocka_unit_test(a_labelled_value_reads_as_its_label_and_counts_as_its_number),
        cmocka_unit_test(labels_of_text_are_found_too),
        cmocka_unit_test(a_column_of_mixed_cells_becomes_text_that_loses_nothing),
        cmocka_unit_test(a_column_without_a_value_counts_as_numbers),
        cmocka_unit_test(a_number_asked_for_as_a_date_is_a_complaint_and_the_reverse),
        cmocka_unit_test(a_number_among_the_missing_tokens_is_missing),
        cmocka_unit_test(names_are_checked_whatever_the_kind_of_file),
        cmocka_unit_test(identity_numbers_are_found_in_columns_of_numbers),
        cmocka_unit_test(what_no_reader_knows_is_called_by_its_name),
        cmocka_unit_test(text_that_begins_like_another_kind_is_read),
        cmocka_unit_test(columns_in_memory_make_a_table),
        cmocka_unit_test(a_value_means_the_same_in_all_files_of_a_stack),
        cmocka_unit_test(the_digest_of_columns_follows_names_and_values),
        cmocka_unit_test(columns_that_are_no_table_are_refused),
        cmocka_unit_test(many_cells_keep_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
