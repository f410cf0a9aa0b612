/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "statistics_file.h"

#include "rwe/base/date.h"
#include "rwe/base/number.h"
#include <math.h>
#include <readstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ssize_t write_bytes(const void *bytes, size_t n, void *context)
{
    return (ssize_t)fwrite(bytes, 1, n, context);
}

static readstat_label_set_t *add_labels(readstat_writer_t *writer,
                                        const struct statistics_column *column)
{
    bool is_text = column->text != NULL;
    if (column->value_label[0].label == NULL)
        return NULL;
    readstat_label_set_t *set = readstat_add_label_set(
        writer, is_text ? READSTAT_TYPE_STRING : READSTAT_TYPE_DOUBLE, column->name);
    for (size_t i = 0; i < 4 && column->value_label[i].label != NULL; i++) {
        const char *label = column->value_label[i].label;
        if (is_text)
            readstat_label_string_value(set, column->value_label[i].text, label);
        else
            readstat_label_double_value(set, column->value_label[i].number, label);
    }
    return set;
}

/* Value labels of Stata are of whole numbers. */
static readstat_label_set_t *add_integer_labels(readstat_writer_t *writer,
                                                const struct statistics_column *column)
{
    if (column->value_label[0].label == NULL || column->text != NULL)
        return NULL;
    readstat_label_set_t *set = readstat_add_label_set(writer, READSTAT_TYPE_INT32, column->name);
    for (size_t i = 0; i < 4 && column->value_label[i].label != NULL; i++)
        readstat_label_int32_value(set, (int32_t)column->value_label[i].number,
                                   column->value_label[i].label);
    return set;
}

static size_t widest(const struct statistics_file *file, const struct statistics_column *column)
{
    size_t width = 8;
    for (size_t i = 0; i < file->n_rows; i++)
        if (column->text[i] != NULL && strlen(column->text[i]) > width)
            width = strlen(column->text[i]);
    return width;
}

static void add_column(readstat_writer_t *writer, const struct statistics_file *file, size_t j)
{
    const struct statistics_column *column = &file->column[j];
    bool is_text = column->text != NULL;
    readstat_type_t number = column->is_float ? READSTAT_TYPE_FLOAT : READSTAT_TYPE_DOUBLE;
    readstat_variable_t *variable =
        readstat_add_variable(writer, column->name, is_text ? READSTAT_TYPE_STRING : number,
                              is_text ? widest(file, column) : 8);
    readstat_label_set_t *set = file->kind == STATISTICS_DTA ? add_integer_labels(writer, column)
                                                             : add_labels(writer, column);
    if (column->label != NULL)
        readstat_variable_set_label(variable, column->label);
    if (column->format != NULL)
        readstat_variable_set_format(variable, column->format);
    if (set != NULL)
        readstat_variable_set_label_set(variable, set);
    for (size_t i = 0; i < column->n_missing; i++)
        readstat_variable_add_missing_double_value(variable, column->missing[i]);
    if (column->missing_range[0] != column->missing_range[1])
        readstat_variable_add_missing_double_range(variable, column->missing_range[0],
                                                   column->missing_range[1]);
    if (column->missing_text != NULL)
        readstat_variable_add_missing_string_value(variable, column->missing_text);
}

static readstat_error_t insert(readstat_writer_t *writer, const struct statistics_file *file,
                               size_t i, size_t j)
{
    const struct statistics_column *column = &file->column[j];
    const readstat_variable_t *variable = readstat_get_variable(writer, (int)j);
    if (column->text != NULL)
        return readstat_insert_string_value(writer, variable,
                                            column->text[i] == NULL ? "" : column->text[i]);
    if (isnan(column->number[i]))
        return readstat_insert_missing_value(writer, variable);
    return column->is_float
               ? readstat_insert_float_value(writer, variable, (float)column->number[i])
               : readstat_insert_double_value(writer, variable, column->number[i]);
}

static readstat_error_t begin(readstat_writer_t *writer, const struct statistics_file *file,
                              FILE *to)
{
    long rows = (long)file->n_rows;
    switch (file->kind) {
    case STATISTICS_ZSAV:
        readstat_writer_set_compression(writer, READSTAT_COMPRESS_BINARY);
        return readstat_begin_writing_sav(writer, to, rows);
    case STATISTICS_SAV:
        readstat_writer_set_compression(writer, READSTAT_COMPRESS_ROWS);
        return readstat_begin_writing_sav(writer, to, rows);
    case STATISTICS_DTA:
        return readstat_begin_writing_dta(writer, to, rows);
    case STATISTICS_XPT:
        return readstat_begin_writing_xport(writer, to, rows);
    default:
        return readstat_begin_writing_sas7bdat(writer, to, rows);
    }
}

void *statistics_file_bytes(const struct statistics_file *file, size_t *size)
{
    char *bytes;
    FILE *to = open_memstream(&bytes, size);
    readstat_writer_t *writer = readstat_writer_init();
    readstat_set_data_writer(writer, write_bytes);
    readstat_writer_set_file_timestamp(writer, 1700000000);
    if (file->release > 0)
        readstat_writer_set_file_format_version(writer, (uint8_t)file->release);
    for (size_t j = 0; j < file->n_columns; j++)
        add_column(writer, file, j);
    assert_int_equal(begin(writer, file, to), READSTAT_OK);
    for (size_t i = 0; i < file->n_rows; i++) {
        assert_int_equal(readstat_begin_row(writer), READSTAT_OK);
        for (size_t j = 0; j < file->n_columns; j++)
            assert_int_equal(insert(writer, file, i, j), READSTAT_OK);
        assert_int_equal(readstat_end_row(writer), READSTAT_OK);
    }
    assert_int_equal(readstat_end_writing(writer), READSTAT_OK);
    readstat_writer_free(writer);
    fclose(to);
    return bytes;
}

/* ---- of a cohort ---- */

/* How each kind counts days, and calls their format. */
static double count_days(enum statistics_kind kind, int32_t day)
{
    return kind <= STATISTICS_ZSAV ? (day + 141428.0) * 86400 : day + 3653.0;
}

static const char *date_format(enum statistics_kind kind)
{
    return kind <= STATISTICS_ZSAV ? "DATE11" : kind == STATISTICS_DTA ? "%td" : "DATE9";
}

static void make_column(const struct design_csv *csv, size_t j, enum statistics_kind kind,
                        struct statistics_column *column)
{
    double *number = RWE_NEW(csv->arena, double, csv->n_rows);
    const char **text = RWE_NEW(csv->arena, const char *, csv->n_rows);
    bool all_numbers = true, all_dates = true;
    for (size_t i = 0; i < csv->n_rows; i++) {
        const char *field = csv->field[i * csv->n_columns + j];
        double value;
        int32_t day;
        bool is_missing = field[0] == '\0' || strcmp(field, "NA") == 0;
        all_numbers = all_numbers && (is_missing || rwe_number_parse(field, strlen(field), &value));
        all_dates = all_dates && (is_missing || rwe_date_parse(field, strlen(field), &day));
        text[i] = is_missing ? NULL : field;
    }
    for (size_t i = 0; i < csv->n_rows && (all_numbers || all_dates); i++) {
        int32_t day;
        number[i] = NAN;
        if (text[i] != NULL && !rwe_number_parse(text[i], strlen(text[i]), &number[i]) &&
            rwe_date_parse(text[i], strlen(text[i]), &day))
            number[i] = count_days(kind, day);
    }
    *column = (struct statistics_column){.name = csv->name[j]};
    if (all_numbers || all_dates)
        column->number = number;
    else
        column->text = text;
    if (all_dates && !all_numbers)
        column->format = date_format(kind);
}

void *statistics_file_of_csv(const struct design_csv *csv, enum statistics_kind kind, size_t *size)
{
    struct statistics_column *column =
        RWE_NEW(csv->arena, struct statistics_column, csv->n_columns);
    for (size_t j = 0; j < csv->n_columns; j++)
        make_column(csv, j, kind, &column[j]);
    return statistics_file_bytes(
        &(struct statistics_file){kind, 0, csv->n_rows, csv->n_columns, column}, size);
}
