/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv_variant.h"

#include "check.h"
#include "program.h"
#include "rwe/base/rng.h"

#include <gsl/gsl_randist.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

static void write_cell(FILE *out, const struct csv_variant *variant, const char *text)
{
    const char *quote = variant->quote_all ? "\"" : "";
    fprintf(out, "%s%s%s", quote, text, quote);
}

static void write_row(FILE *out, const struct csv_variant *variant, const struct design_csv *csv,
                      const char *const *field)
{
    char room[CSV_VARIANT_CELL];
    for (size_t k = 0; k < csv->n_columns; k++) {
        size_t j = variant->reverse_columns ? csv->n_columns - 1 - k : k;
        const char *text = field[j];
        if (variant->cell != NULL && field != csv->name)
            text = variant->cell(csv->name[j], text, room);
        if (k > 0)
            fputs(variant->delimiter == NULL ? "," : variant->delimiter, out);
        write_cell(out, variant, text);
    }
}

static char *text_of(const struct csv_variant *variant, const struct design_csv *csv, size_t *size)
{
    const char *end = variant->end_of_line == NULL ? "\n" : variant->end_of_line;
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    assert_non_null(out);
    write_row(out, variant, csv, csv->name);
    for (size_t k = 0; k < csv->n_rows; k++) {
        size_t i = variant->order == NULL ? k : variant->order[k];
        fputs(end, out);
        write_row(out, variant, csv, csv->field + i * csv->n_columns);
    }
    if (!variant->end_without_newline)
        fputs(end, out);
    fclose(out);
    return text;
}

static char *encode(char *text, size_t *size, const char *encoding)
{
    iconv_t converter = iconv_open(encoding, "UTF-8");
    assert_true(converter != (iconv_t)-1);
    size_t room = 4 * *size + 16, left = room, from_left = *size;
    char *to = malloc(room), *at = to, *from = text;
    assert_non_null(to);
    assert_true(iconv(converter, &from, &from_left, &at, &left) != (size_t)-1);
    iconv_close(converter);
    free(text);
    *size = room - left;
    return to;
}

char *csv_variant_write(const struct csv_variant *variant, const struct design_csv *csv,
                        const char *folder)
{
    static unsigned number;
    size_t size;
    char *text = text_of(variant, csv, &size);
    if (variant->encoding != NULL)
        text = encode(text, &size, variant->encoding);
    char *path = program_format("%s/variant-%u.csv", folder, ++number);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (variant->begin != NULL)
        fputs(variant->begin, file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(text);
    return path;
}

uint32_t *csv_variant_shuffle(size_t n, uint64_t seed)
{
    struct rwe_rng rng;
    uint32_t *order = calloc(n, sizeof *order);
    assert_non_null(order);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    gsl_ran_shuffle(rwe_rng_start(&rng, seed, RWE_RNG_TEST, 0), order, n, sizeof *order);
    return order;
}
