/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows libcsv. Its callbacks return nothing, so a failure is kept in
 * reader.status, stops all further work of the callbacks, and is looked at after each piece. */
#include "decode_private.h"
#include "intern_private.h"
#include "table_private.h"

#include <csv.h>

#define MOST_COLUMNS ((size_t)100000)
#define MOST_ROWS ((size_t)UINT32_MAX - 1)

/* libcsv's buffer for one field grows by steps of this. */
#define FIELD_STEP ((size_t)16 * 1024)

struct reader {
    struct csv_parser parser;
    struct rwe_table *table;
    struct rwe_arena *scratch;
    struct rwe_complaints *complaints;
    struct rwe_error *error;
    const char *name; /* of the file, for messages */
    size_t longest_record;
    enum rwe_status status;

    const char **header; /* names as read so far, in scratch */
    size_t header_capacity;

    bool has_value;  /* the present record has a cell that is not empty, and belongs to a row */
    size_t cells;    /* of the present record, so far */
    size_t bytes;    /* of the present record, so far */
    size_t line;     /* where the parser is */
    size_t from;     /* line on which the present record began */
    bool after_cr;   /* the last line ended with a carriage return */
    bool has_quotes; /* a quote has been seen: only then can a cell hold line ends */

    size_t told_cells; /* the number of cells that `told` is about: most bad rows are alike */
    const char *told;
};

/* ---- cells ---- */

/* Length of the blank at `s` if one is there: ASCII's, U+00A0, U+3000 and the invisible U+FEFF and
 * U+200B, all of which spreadsheets and Chinese keyboards leave around numbers. */
static size_t blank(const char *s, size_t n)
{
    if (n >= 1 && (unsigned char)s[0] <= ' ')
        return 1;
    if (n >= 2 && memcmp(s, "\xc2\xa0", 2) == 0)
        return 2;
    if (n >= 3 && (memcmp(s, "\xe3\x80\x80", 3) == 0 || memcmp(s, "\xef\xbb\xbf", 3) == 0 ||
                   memcmp(s, "\xe2\x80\x8b", 3) == 0))
        return 3;
    return 0;
}

/* Whether a cell that begins or ends with this byte may have a blank there. */
static inline bool is_edge(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x80;
}

static void trim(const char **text, size_t *length)
{
    size_t size;
    while ((size = blank(*text, *length)) > 0) {
        *text += size;
        *length -= size;
    }
    while (*length > 0) {
        const char *end = *text + *length;
        size = blank(end - 1, 1);
        for (size_t n = 2; size == 0 && n <= 3 && n <= *length; n++)
            size = blank(end - n, n) == n ? n : 0;
        if (size == 0)
            return;
        *length -= size;
    }
}

/* Line ends within a quoted cell. */
static size_t lines_in(const char *text, size_t length)
{
    size_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n' || (text[i] == '\r' && (i + 1 == length || text[i + 1] != '\n'));
    return lines;
}

/* ---- header ---- */

static void add_name(struct reader *reader, const char *text, size_t length)
{
    size_t column = reader->cells++;
    if (reader->cells > MOST_COLUMNS) {
        reader->status = rwe_fail(reader->error, RWE_BAD_INPUT, column,
                                  "%s:%zu: the header has more than %zu columns, which no table of "
                                  "patients has: check that the file is CSV",
                                  reader->name, reader->from, MOST_COLUMNS);
        return;
    }
    const char **header = rwe_arena_grow(reader->scratch, reader->header, &reader->header_capacity,
                                         reader->cells, sizeof *header);
    const char *name = rwe_arena_substring(reader->table->arena, text, length);
    if (header == NULL || name == NULL) {
        reader->status = rwe_fail_memory(reader->error);
        return;
    }
    header[column] = name;
    reader->header = header;
}

static enum rwe_status check_header(const struct reader *reader)
{
    struct rwe_intern seen = {.arena = reader->scratch};
    for (size_t i = 0; i < reader->cells; i++) {
        const char *name = reader->header[i];
        if (name[0] == '\0')
            return rwe_fail(reader->error, RWE_BAD_INPUT, i,
                            "%s:%zu: column %zu of %zu has no name in the header: name it, or "
                            "delete the column; no title may stand above the header",
                            reader->name, reader->from, i + 1, reader->cells);
        uint32_t number = rwe_intern_number(&seen, name, strlen(name));
        if (number == RWE_INTERN_FAILED)
            return rwe_fail_memory(reader->error);
        if (number < i)
            return rwe_fail(reader->error, RWE_BAD_INPUT, i,
                            "%s:%zu: columns %u and %zu are both named \"%s\": rename one of them",
                            reader->name, reader->from, number + 1, i + 1, name);
    }
    return RWE_OK;
}

/* The first record that is not blank names the columns. */
static void end_header(struct reader *reader)
{
    struct rwe_table *table = reader->table;
    bool blank_record = true;
    for (size_t i = 0; i < reader->cells; i++)
        blank_record = blank_record && reader->header[i][0] == '\0';
    if (blank_record)
        return;
    reader->status = check_header(reader);
    if (reader->status != RWE_OK)
        return;
    struct rwe_column *column = RWE_NEW(table->arena, struct rwe_column, reader->cells);
    if (column == NULL) {
        reader->status = rwe_fail_memory(reader->error);
        return;
    }
    for (size_t i = 0; i < reader->cells; i++)
        column[i].name = reader->header[i];
    table->column = column;
    table->n_columns = reader->cells;
}

/* ---- records ---- */

static void add_cell(struct reader *reader, const char *text, size_t length)
{
    size_t column = reader->cells++;
    if (column < reader->table->n_columns &&
        !rwe_column_add(&reader->table->column[column], text, length)) {
        reader->status = rwe_fail_memory(reader->error);
        reader->has_value = false;
    }
}

/* A cell when no cell of its record has held anything yet. Blank records leave no trace: the empty
 * cells in front of the first value are only counted, and added when it comes. */
static void begin_record(struct reader *reader, const char *text, size_t length)
{
    if (reader->status != RWE_OK)
        return;
    if (reader->table->column == NULL) {
        add_name(reader, text, length);
        return;
    }
    size_t empty = reader->cells;
    if (length == 0) {
        reader->cells++;
        return;
    }
    reader->cells = 0;
    reader->has_value = true;
    while (reader->cells < empty && reader->status == RWE_OK)
        add_cell(reader, "", 0);
    if (reader->status == RWE_OK)
        add_cell(reader, text, length);
}

/* Called by libcsv for each cell. */
static void on_cell(void *field, size_t length, void *context)
{
    struct reader *reader = context;
    const char *text = field;
    reader->bytes += length + 1;
    if (reader->has_quotes)
        reader->line += lines_in(text, length);
    if (length > 0 && (is_edge(text[0]) || is_edge(text[length - 1])))
        trim(&text, &length);
    if (reader->has_value)
        add_cell(reader, text, length);
    else
        begin_record(reader, text, length);
}

static enum rwe_status complain_of_cells(struct reader *reader)
{
    size_t expected = reader->table->n_columns;
    if (reader->cells != reader->told_cells) {
        reader->told = rwe_arena_format(reader->table->arena, "has %zu cells, the header has %zu",
                                        reader->cells, expected);
        reader->told_cells = reader->cells;
    }
    if (reader->told == NULL)
        return RWE_NO_MEMORY;
    const struct rwe_complaint complaint = {
        .file = reader->table->file,
        .line = reader->from,
        .row = reader->table->n_rows,
        .reason = reader->told,
        .advice = reader->cells < expected
                      ? "add the missing cells"
                      : "put a cell that holds the delimiter into double quotes",
    };
    return rwe_complaints_add(reader->complaints, &complaint);
}

static enum rwe_status refuse_length(const struct reader *reader)
{
    return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s:%zu: the record that begins here is longer than %zu bytes: close the "
                    "quotes that it opens, or check that the file is CSV",
                    reader->name, reader->from, reader->longest_record);
}

static enum rwe_status end_row(struct reader *reader)
{
    struct rwe_table *table = reader->table;
    if (reader->bytes > reader->longest_record)
        return refuse_length(reader);
    if (table->n_rows >= MOST_ROWS)
        return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: more than %zu rows: split the file", reader->name, reader->from,
                        MOST_ROWS);
    if (reader->cells != table->n_columns) {
        if (complain_of_cells(reader) != RWE_OK)
            return rwe_fail_memory(reader->error);
        for (size_t i = reader->cells; i < table->n_columns; i++)
            if (!rwe_column_add(&table->column[i], "", 0))
                return rwe_fail_memory(reader->error);
    }
    if (rwe_table_note_line(table, reader->from) != RWE_OK)
        return rwe_fail_memory(reader->error);
    table->n_rows++;
    return RWE_OK;
}

/* Called by libcsv at each line end outside quotes (that is CSV_REPALL_NL), and at the end of a
 * file without one, with −1. CRLF is two calls; in the second there are no cells. */
static void on_line_end(int c, void *context)
{
    struct reader *reader = context;
    if (reader->status != RWE_OK)
        return;
    if (c != '\n' || !reader->after_cr || reader->cells > 0)
        reader->line++;
    reader->after_cr = c == '\r';
    if (reader->has_value)
        reader->status = end_row(reader);
    else if (reader->table->column == NULL && reader->cells > 0)
        end_header(reader);
    reader->has_value = false;
    reader->cells = 0;
    reader->bytes = 0;
    reader->from = reader->line;
}

/* ---- the file ---- */

/* The delimiter that the first record of `text` holds most, outside quotes; a tie goes to the one
 * that stands first here. */
static char find_delimiter(const char *text, size_t length)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t count[sizeof candidates] = {0};
    bool quoted = false;
    bool blank_line = true;
    for (size_t i = 0; i < length; i++) {
        if (!quoted && (text[i] == '\n' || text[i] == '\r') && !blank_line)
            break;
        quoted = quoted != (text[i] == '"');
        blank_line = blank_line && (unsigned char)text[i] <= ' ';
        for (size_t d = 0; d < sizeof candidates; d++)
            count[d] += !quoted && text[i] == candidates[d];
    }
    size_t best = 0;
    for (size_t d = 1; d < sizeof candidates; d++)
        if (count[d] > count[best])
            best = d;
    return candidates[best];
}

/* What happened in the last call of libcsv. */
static enum rwe_status look_at_parser(struct reader *reader)
{
    if (csv_error(&reader->parser) != CSV_SUCCESS)
        return rwe_fail_memory(reader->error); /* CSV_ENOMEM and CSV_ETOOBIG are all it can say */
    if (reader->status == RWE_OK &&
        reader->bytes + reader->parser.entry_pos > reader->longest_record)
        return refuse_length(reader);
    return reader->status;
}

static enum rwe_status split(struct reader *reader, const char *text, size_t length)
{
    struct csv_parser *parser = &reader->parser;
    reader->has_quotes = reader->has_quotes || memchr(text, '"', length) != NULL;
    csv_parse(parser, text, length, on_cell, on_line_end, reader);
    return look_at_parser(reader);
}

static enum rwe_status finish(struct reader *reader)
{
    /* In strict mode, csv_fini refuses a quote that is still open. */
    csv_set_opts(&reader->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    if (csv_fini(&reader->parser, on_cell, on_line_end, reader) != 0 &&
        csv_error(&reader->parser) == CSV_EPARSE)
        return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: a double quote opens a cell on this line and is never closed: "
                        "close it, or delete it",
                        reader->name, reader->line);
    enum rwe_status status = look_at_parser(reader);
    if (status != RWE_OK)
        return status;
    if (reader->table->column == NULL)
        return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is empty: it must hold a header and one row for each patient",
                        reader->name);
    if (reader->table->n_rows == 0)
        return rwe_fail(reader->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: holds a header and no rows: add one row for each patient",
                        reader->name);
    return RWE_OK;
}

static enum rwe_status read_all(struct reader *reader, struct rwe_decoder *source)
{
    struct rwe_table *table = reader->table;
    const char *text;
    size_t length;
    enum rwe_status status = rwe_decoder_read(source, &text, &length, reader->error);
    if (status == RWE_OK && table->delimiter == '\0')
        table->delimiter = length == 0 ? ',' : find_delimiter(text, length);
    csv_init(&reader->parser, CSV_REPALL_NL);
    csv_set_delim(&reader->parser, (unsigned char)table->delimiter);
    csv_set_blk_size(&reader->parser, FIELD_STEP);
    while (status == RWE_OK && length > 0) {
        status = split(reader, text, length);
        if (status == RWE_OK)
            status = rwe_decoder_read(source, &text, &length, reader->error);
    }
    if (status == RWE_OK)
        status = finish(reader);
    csv_free(&reader->parser);
    rwe_table_complete(table);
    return status;
}

static enum rwe_status read_table(struct reader *reader, struct rwe_decoder *source)
{
    struct rwe_table *table = reader->table;
    enum rwe_status status = read_all(reader, source);
    if (status == RWE_OK) {
        table->encoding = rwe_arena_string(table->arena, rwe_decoder_encoding(source));
        if (table->encoding == NULL)
            status = rwe_fail_memory(reader->error);
    }
    if (status != RWE_OK)
        rwe_table_close(table);
    return status;
}

enum rwe_status rwe_table_read(const char *path, const struct rwe_table_options *options,
                               struct rwe_arena *arena, struct rwe_table **table,
                               struct rwe_complaints *complaints, struct rwe_error *error)
{
    struct rwe_decoder *source = NULL;
    struct rwe_arena *scratch = rwe_arena_new();
    struct rwe_table *fresh = rwe_table_new(arena, path, options);
    enum rwe_status status = scratch == NULL || fresh == NULL ? rwe_fail_memory(error) : RWE_OK;
    *table = NULL;
    if (status == RWE_OK)
        status =
            rwe_decoder_open(path, options->encoding, RWE_DECODER_CHUNK, scratch, &source, error);
    if (status == RWE_OK) {
        struct reader reader = {.table = fresh,
                                .scratch = scratch,
                                .complaints = complaints,
                                .error = error,
                                .name = rwe_decoder_name(source),
                                .longest_record = options->longest_record,
                                .line = 1,
                                .from = 1};
        fresh->delimiter = options->delimiter;
        status = read_table(&reader, source);
        rwe_decoder_close(source, fresh->sha256);
    }
    if (status == RWE_OK)
        *table = fresh;
    rwe_arena_free(scratch);
    return status;
}
