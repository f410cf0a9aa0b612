/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of a table being made, and of its columns being read, is made to fail in turn. */
#include "input/isolate_private.h"
#include "rwe/data/table_builder.h"
#include <stdlib.h>
#include <string.h>

#include "starve.h"

enum { ROWS = 9000 };

struct input {
    struct rwe_table_columns columns;
    const char *path; /* of a file */
};

static enum rwe_status make(const struct input *input, struct rwe_arena *arena,
                            struct rwe_error *error)
{
    struct rwe_table *table;
    return rwe_table_from_columns(&input->columns, NULL, arena, &table, error) == RWE_OK
               ? (rwe_table_close(table), RWE_OK)
               : error->status;
}

/* All readings of all columns; complaints too need memory. */
static enum rwe_status read(const struct input *input, struct rwe_arena *arena,
                            struct rwe_error *error)
{
    struct rwe_table *table;
    struct rwe_complaints complaints = {.arena = arena};
    enum rwe_status status = rwe_table_from_columns(&input->columns, NULL, arena, &table, error);
    double *x = RWE_NEW(arena, double, ROWS);
    const char **text = RWE_NEW(arena, const char *, ROWS);
    bool made = status == RWE_OK;
    if (made && rwe_arena_failed(arena))
        status = rwe_fail_memory(error);
    for (size_t j = 0; j < input->columns.n_columns && status == RWE_OK; j++) {
        struct rwe_factor factor;
        status = rwe_table_numbers(table, j, x, &complaints);
        if (status == RWE_OK)
            status = rwe_table_dates(table, j, x, &complaints);
        if (status == RWE_OK)
            status = rwe_table_strings(table, j, arena, text);
        if (status == RWE_OK)
            status = rwe_table_factor(table, j, arena, &factor);
        if (status != RWE_OK)
            status = rwe_fail_memory(error);
    }
    if (made)
        rwe_table_close(table);
    return status;
}

static double number[ROWS];
static const char *text[ROWS];
static const struct rwe_value_label labels[] = {{.number = 1, .label = "one"},
                                                {.number = 0, .label = "none"}};

static struct input input_of_two_columns(void)
{
    static struct rwe_column_values column[] = {
        {.info = {.name = "x", .label = "A number", .value_label = labels, .n_value_labels = 2},
         .number = number},
        {.info = {.name = "word"}, .text = text}};
    for (size_t i = 0; i < ROWS; i++) {
        number[i] = (double)i / 4;
        text[i] = i % 3 == 0 ? NULL : i % 3 == 1 ? "GP + tislelizumab" : "2023-05-01";
    }
    return (struct input){.columns = {.column = column, .n_columns = 2, .n_rows = ROWS}};
}

static void making_a_table_survives_want_of_memory(void **state)
{
    (void)state;
    struct input input = input_of_two_columns();
    starve(&input, 2, make);
}

static void reading_its_columns_survives_it_too(void **state)
{
    (void)state;
    struct input input = input_of_two_columns();
    starve(&input, 10, read);
}

/* ---- a file that a child reads ---- */

static enum rwe_status tell_rows(const struct rwe_reading *reading, struct rwe_bytes file,
                                 struct rwe_frames *out, struct rwe_error *error)
{
    (void)reading;
    (void)error;
    rwe_frames_column(out, &(struct rwe_column_info){.name = "x", .kind = RWE_KIND_TEXT});
    for (size_t i = 0; i < ROWS; i++) {
        rwe_frames_text(out, 0, (const char *)file.at, file.n);
        rwe_frames_end_row(out, i + 1);
    }
    return RWE_OK;
}

static bool detect_any(const unsigned char *bytes, size_t n,
                       const struct rwe_table_options *options)
{
    (void)bytes;
    (void)n;
    (void)options;
    return true;
}

static enum rwe_status read_isolated(const struct rwe_reading *reading,
                                     struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate(reading, tell_rows, builder, error);
}

static enum rwe_status read_isolated_file(const struct input *input, struct rwe_arena *arena,
                                          struct rwe_error *error)
{
    static const struct rwe_reader reader = {"test", detect_any, read_isolated, false};
    static const struct rwe_reader *const readers[] = {&reader, NULL};
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_table *table;
    (void)input;
    options.readers = readers;
    enum rwe_status status =
        rwe_table_read("tests/oracle/data/README.md", &options, arena, &table, &complaints, error);
    rwe_table_close(table);
    return status;
}

static void reading_a_file_in_a_child_survives_it(void **state)
{
    (void)state;
    starve(NULL, 4, read_isolated_file);
}

/* A file with all that is told of what stands around a table. */
static enum rwe_status read_file(const struct input *input, struct rwe_arena *arena,
                                 struct rwe_error *error)
{
    static const char *tokens[] = {"x=9"};
    struct rwe_table *table;
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_table_options options = rwe_table_options_default();
    options.missing_in = (struct rwe_strings){tokens, 1};
    enum rwe_status status =
        rwe_table_read(input->path, &options, arena, &table, &complaints, error);
    if (status == RWE_OK)
        rwe_table_close(table);
    return status;
}

static void a_messy_file_survives_it_too(void **state)
{
    (void)state;
    static const char rows[] = "1,P1,A,x,9,１２,Checked,,\n2,P2,B,,8,1,Unchecked,,3\n";
    char messy[4096] =
        "# made by hand\nA title\n,id,arm,,x,e,ill (choice=a),,\n,,,,months,0/1,,,\n";
    for (int i = 0; i < 30; i++)
        strcat(messy, rows);
    strcat(messy, "\nNote: all of them\n");
    char *path = check_write_file(messy, strlen(messy));
    struct input input = {.path = path};
    starve(&input, 10, read_file);
    check_remove_file(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_a_table_survives_want_of_memory),
        cmocka_unit_test(reading_its_columns_survives_it_too),
        cmocka_unit_test(reading_a_file_in_a_child_survives_it),
        cmocka_unit_test(a_messy_file_survives_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
