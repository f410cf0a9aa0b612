/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delimited text. Its first records go to a sheet (rwe/data/sheet.h) until that has found the header; every later
 * one is a row.
 *
 * Two splitters find the cells. libcsv, which knows quotes, splits the first records, and from a line with a quote on
 * until its record ends; this is the only file that knows it. Most lines of most files have no quote and need
 * no parser: these are split here, eight bytes at a time. Of 10^6 rows of 14 columns (tests/bench/bench_ingest.c),
 * file to columns of numbers takes 0.4 seconds of the processor, and 1.0 where libcsv splits all; a whole job, their
 * Kaplan-Meier curves, 4.2 and 4.8. Both must agree: tests/unit/test_csv.c splits the same random files by each.
 *
 * Splitters call back without a return value, so a failure is kept in `status`; all further calls then do
 * nothing, and it is looked at from time to time.
 */
#include "decode_private.h"
#include "encoding_private.h"
#include "rwe/base/parallel.h"
#include "sheet_private.h"
#include "stream_private.h"
#include "table_private.h"

#include <csv.h>

/* libcsv's buffer for one field grows by steps of this. */
#define FIELD_STEP ((size_t)16 * 1024)

struct csv {
    struct rwe_table_builder *builder;
    const struct rwe_reading *reading;
    struct rwe_error *error;
    const char *name; /* of the file, for messages */
    char delimiter;
    enum rwe_status status;

    struct rwe_sheet *sheet; /* takes the rows until it has found the header */
    size_t n_columns;        /* 0 until then */

    bool has_value; /* the present record is a row, and one of its cells is not empty */
    size_t cells;   /* of the present record, so far */
    bool has_more;  /* a cell beyond the header's holds something */
    size_t bytes;   /* of the present record, so far */
    size_t line;    /* on which the next cell begins */
    size_t from;    /* on which the present record begins */
    bool after_cr;  /* the last line ended with a carriage return */

    struct csv_parser parser;
    bool at_line_end;     /* libcsv has just ended a line */
    bool between_records; /* what comes next begins a record */
    unsigned threads;     /* that the machine offers */
};

/* ---- cells ---- */

/* Cells beyond the header's are only counted. */
static enum rwe_status add_cell(struct csv *csv, const char *text, size_t length)
{
    size_t column = csv->cells++;
    if (column >= csv->n_columns)
        csv->has_more = csv->has_more || length > 0;
    else if (!rwe_column_add(&csv->builder->table->column[column], text, length))
        return rwe_fail_memory(csv->error);
    return RWE_OK;
}

/* A cell when no cell of its row has held anything yet. Blank records leave no trace: the empty
 * cells in front of the first value are only counted, and added when it comes. */
static enum rwe_status begin_row(struct csv *csv, const char *text, size_t length)
{
    size_t empty = csv->cells;
    enum rwe_status status = RWE_OK;
    if (length == 0) {
        csv->cells++;
        return RWE_OK;
    }
    csv->has_value = true;
    csv->cells = 0;
    while (status == RWE_OK && csv->cells < empty)
        status = add_cell(csv, "", 0);
    return status == RWE_OK ? add_cell(csv, text, length) : status;
}

/* The next cell of the record; blanks around it are cut off. */
static void put_cell(struct csv *csv, const char *text, size_t length)
{
    if (csv->status != RWE_OK)
        return;
    csv->bytes += length + 1;
    if (csv->n_columns == 0) {
        rwe_sheet_text(csv->sheet, csv->cells++, text, length);
        csv->status = rwe_table_builder_status(csv->builder);
        return;
    }
    char room[RWE_NUMBER_SIZE];
    if (length > 0 && (rwe_is_edge(text[0]) || rwe_is_edge(text[length - 1]))) {
        rwe_trim(&text, &length);
        csv->builder->n_narrowed += rwe_narrow(&text, &length, room);
    }
    if (csv->has_value)
        csv->status = add_cell(csv, text, length);
    else
        csv->status = begin_row(csv, text, length);
}

/* ---- records ---- */

/* Whether the record, with `more` bytes to come, is within the limit; if not, fails. */
static enum rwe_status check_length(struct csv *csv, size_t more)
{
    size_t most = csv->reading->options->longest_record;
    if (csv->status == RWE_OK && csv->bytes + more > most)
        csv->status = rwe_fail(csv->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                               "%s:%zu: the record that begins here is longer than %zu bytes: "
                               "close the quotes that it opens, or check that the file is CSV",
                               csv->name, csv->from, most);
    return csv->status;
}

/* Empty cells at the end of a row may be more than the header has, and fewer where those columns have no name. */
static enum rwe_status end_row(struct csv *csv)
{
    if (check_length(csv, 0) != RWE_OK)
        return csv->status;
    bool is_short = csv->cells < rwe_sheet_fewest_cells(csv->sheet);
    if ((is_short || csv->has_more) &&
        rwe_sheet_complain_of_cells(csv->sheet, csv->from, csv->cells) != RWE_OK)
        return rwe_fail_memory(csv->error);
    if (csv->cells >= csv->n_columns)
        rwe_table_builder_end_full_row(csv->builder, csv->from);
    else
        rwe_table_builder_end_row(csv->builder, csv->from);
    return rwe_table_builder_status(csv->builder);
}

/* A record that the sheet takes. */
static enum rwe_status end_early_row(struct csv *csv)
{
    if (check_length(csv, 0) != RWE_OK)
        return csv->status;
    rwe_sheet_end_row(csv->sheet, csv->from);
    if (rwe_sheet_has_header(csv->sheet))
        csv->n_columns = csv->builder->table->n_columns;
    return rwe_table_builder_status(csv->builder);
}

/* A line end outside quotes: '\n', '\r' (a '\n' right behind it belongs to it), or 0 for the end
 * of a file without one. Ends the record. */
static void end_line(struct csv *csv, char end)
{
    if (csv->status != RWE_OK)
        return;
    if (end != '\n' || !csv->after_cr || csv->cells > 0)
        csv->line++;
    csv->after_cr = end == '\r';
    if (csv->has_value)
        csv->status = end_row(csv);
    else if (csv->n_columns == 0 && csv->cells > 0)
        csv->status = end_early_row(csv);
    csv->has_value = false;
    csv->has_more = false;
    csv->cells = 0;
    csv->bytes = 0;
    csv->from = csv->line;
}

/* ---- lines without quotes ---- */

enum { SHORT_CELL = 16 };

/* Adds a short cell without blanks around it to a row that has begun: nearly all cells. Copies 16
 * bytes, of which the first count, since a copy of fixed size is one instruction. */
static inline bool add_short(struct csv *csv, const char *text, size_t length, const char *readable)
{
    if (!csv->has_value || csv->cells >= csv->n_columns || length >= SHORT_CELL ||
        readable - text < SHORT_CELL)
        return false;
    struct rwe_column *column = &csv->builder->table->column[csv->cells];
    if (column->end - column->at < SHORT_CELL)
        return false;
    if (length > 0 && (rwe_is_edge(text[0]) || rwe_is_edge(text[length - 1])))
        return false;
    memcpy(column->at, text, SHORT_CELL);
    column->at[length] = '\0';
    column->at += length + 1;
    column->n++;
    csv->cells++;
    csv->bytes += length + 1;
    return true;
}

/* What ends at `at`, where a separator may stand: returns where the next cell begins. */
static inline const char *end_cell(struct csv *csv, const char *from, const char *at,
                                   const char *readable)
{
    char c = *at;
    bool line_end = c == '\n' || c == '\r';
    if (!line_end && c != csv->delimiter)
        return from; /* another control character, which is part of the cell */
    bool is_empty_line = line_end && from == at && csv->cells == 0;
    if (!is_empty_line && !add_short(csv, from, (size_t)(at - from), readable))
        put_cell(csv, from, (size_t)(at - from));
    if (line_end)
        end_line(csv, c);
    return at + 1;
}

/* Splits whole lines without a single double quote: a cell is what stands between two separators. Cells and
 * lines come out as libcsv's would. The header must be known. */
static void split_plain(struct csv *csv, const char *text, size_t length)
{
    const char *end = text + length;
    const char *from = text; /* where the present cell begins */
    const char *at = text;
    uint64_t delimiter = rwe_bytes_of((unsigned char)csv->delimiter);
    for (; end - at >= 8; at += 8) {
        uint64_t word = rwe_load_bytes(at);
        uint64_t found = rwe_bytes_below(word, 0x20) | rwe_zero_bytes(word ^ delimiter);
        for (; found != 0; found &= found - 1)
            from = end_cell(csv, from, at + rwe_first_byte(found), end);
    }
    for (; at < end; at++)
        from = end_cell(csv, from, at, end);
}

/* ---- lines with quotes, by libcsv ---- */

/* Line ends within a quoted cell. */
static size_t lines_in(const char *text, size_t length)
{
    size_t lines = 0;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n' || (text[i] == '\r' && (i + 1 == length || text[i + 1] != '\n'));
    return lines;
}

/* Called by libcsv for each cell. */
static void on_cell(void *field, size_t length, void *context)
{
    struct csv *csv = context;
    put_cell(csv, field, length);
    csv->line += lines_in(field, length);
}

/* Called by libcsv at each line end outside quotes (that is CSV_REPALL_NL), and at the end of a
 * file without one, with −1. */
static void on_line_end(int c, void *context)
{
    struct csv *csv = context;
    end_line(csv, (char)(c < 0 ? 0 : c));
    csv->at_line_end = true;
}

/* What happened in the last call of libcsv. */
static enum rwe_status look_at_parser(struct csv *csv)
{
    if (csv_error(&csv->parser) != CSV_SUCCESS)
        return rwe_fail_memory(csv->error); /* CSV_ENOMEM, CSV_ETOOBIG: all it can say */
    return check_length(csv, csv->parser.entry_pos);
}

/* The last byte goes by itself, so that we learn whether it ends a record. */
static enum rwe_status parse(struct csv *csv, const char *text, size_t length)
{
    csv_parse(&csv->parser, text, length - 1, on_cell, on_line_end, csv);
    csv->at_line_end = false;
    csv_parse(&csv->parser, text + length - 1, 1, on_cell, on_line_end, csv);
    csv->between_records = csv->at_line_end;
    return look_at_parser(csv);
}

static enum rwe_status finish_parser(struct csv *csv)
{
    /* In strict mode, csv_fini refuses a quote that is still open. */
    csv_set_opts(&csv->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    if (csv_fini(&csv->parser, on_cell, on_line_end, csv) != 0 &&
        csv_error(&csv->parser) == CSV_EPARSE)
        return rwe_fail(csv->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: a double quote opens a cell on this line and is never closed: "
                        "close it, or delete it",
                        csv->name, csv->line);
    return look_at_parser(csv);
}

/* ---- the file ---- */

/* How many bytes at the beginning of `text` are whole rows without a quote. */
static size_t plain_lines(const struct csv *csv, const char *text, size_t length)
{
    if (!csv->between_records || csv->n_columns == 0)
        return 0;
    const char *quote = memchr(text, '"', length);
    size_t plain = quote == NULL ? length : (size_t)(quote - text);
    const char *end = memrchr(text, '\n', plain);
    if (end == NULL)
        end = memrchr(text, '\r', plain);
    return end == NULL ? 0 : (size_t)(end + 1 - text);
}

static enum rwe_status split(struct csv *csv, const char *text, size_t length)
{
    enum rwe_status status = RWE_OK;
    const char *end = text + length;
    while (status == RWE_OK && text < end) {
        size_t n = plain_lines(csv, text, (size_t)(end - text));
        if (n > 0) {
            split_plain(csv, text, n);
            status = csv->status;
        } else {
            const char *line_end = memchr(text, '\n', (size_t)(end - text));
            n = (size_t)((line_end == NULL ? end : line_end + 1) - text);
            status = parse(csv, text, n);
        }
        text += n;
    }
    return status;
}

/* What is done with one piece of text; the two jobs share nothing that either changes. */
struct piece {
    struct csv *csv;
    const char *text;
    size_t length;
    enum rwe_status status;
};

static void do_job(size_t job, void *context)
{
    struct piece *piece = context;
    if (job == 0)
        piece->status = split(piece->csv, piece->text, piece->length);
    else
        rwe_stream_hash(piece->csv->reading->stream);
}

/* Splits `text`; where it is long enough to be worth a thread, its bytes are hashed meanwhile. */
static enum rwe_status split_and_hash(struct csv *csv, const char *text, size_t length)
{
    enum { WORTH_A_THREAD = 64 * 1024 };
    struct piece piece = {csv, text, length, RWE_OK};
    rwe_parallel_for(2, length < WORTH_A_THREAD ? 1 : csv->threads, do_job, &piece);
    return piece.status;
}

static const char delimiters[] = {',', ';', '\t'};
enum { N_DELIMITERS = sizeof delimiters };

/* How many of each delimiter the first record of `text` holds outside quotes; returns its length. */
static size_t count_delimiters(const char *text, size_t length, size_t count[N_DELIMITERS])
{
    bool quoted = false, blank = true;
    size_t i = 0;
    memset(count, 0, N_DELIMITERS * sizeof *count);
    for (; i < length && (quoted || blank || (text[i] != '\n' && text[i] != '\r')); i++) {
        quoted = quoted != (text[i] == '"');
        blank = blank && (unsigned char)text[i] <= ' ';
        for (size_t d = 0; d < N_DELIMITERS; d++)
            count[d] += !quoted && text[i] == delimiters[d];
    }
    return i;
}

/* Whether a comment begins there; a column may be called #. */
static bool is_comment(const char *text, size_t length)
{
    return length > 1 && text[0] == '#' && strchr(",;\t\"", text[1]) == NULL;
}

static size_t most_of(const size_t count[N_DELIMITERS])
{
    size_t best = 0;
    for (size_t d = 1; d < N_DELIMITERS; d++)
        if (count[d] > count[best])
            best = d;
    return best;
}

/* Whether half of the records behind the first hold as many of the delimiter as it does, as those of a table. */
static bool is_kept_up(size_t count[][N_DELIMITERS], size_t n, size_t delimiter)
{
    size_t n_like = 0;
    for (size_t r = 1; r < n; r++)
        n_like += count[r][delimiter] >= count[0][delimiter];
    return 2 * n_like >= n - 1;
}

/* The delimiter that the header holds most; a tie goes to the one that stands first above. As long as the header is
 * not known, that is the first record that is no comment and whose delimiters those below it have too; else the first
 * that has any. */
static char find_delimiter(const char *text, size_t length)
{
    enum { RECORDS = 20 };
    size_t count[RECORDS][N_DELIMITERS];
    size_t n = 0, from = 0;
    char first = '\0';
    while (n < RECORDS && from < length) {
        while (from < length && (text[from] == '\n' || text[from] == '\r'))
            from++;
        bool counts = from < length && !is_comment(text + from, length - from);
        from += count_delimiters(text + from, length - from, count[n]);
        n += counts;
    }
    for (size_t r = 0; r < n; r++) {
        size_t best = most_of(count[r]);
        if (count[r][best] == 0)
            continue;
        if (is_kept_up(count + r, n - r, best))
            return delimiters[best];
        if (first == '\0')
            first = delimiters[best];
    }
    return first == '\0' ? ',' : first;
}

static enum rwe_status check_table(const struct csv *csv)
{
    if (csv->builder->table->n_columns == 0)
        return rwe_fail(csv->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is empty: it must hold a header and one row for each patient",
                        csv->name);
    if (csv->builder->table->n_rows == 0)
        return rwe_fail(csv->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: holds a header and no rows: add one row for each patient", csv->name);
    return RWE_OK;
}

static enum rwe_status split_all(struct csv *csv, struct rwe_decoder *decoder)
{
    const char *text;
    size_t length;
    enum rwe_status status = rwe_decoder_read(decoder, &text, &length, csv->error);
    if (status == RWE_OK && csv->delimiter == '\0')
        csv->delimiter = length == 0 ? ',' : find_delimiter(text, length);
    csv_init(&csv->parser, CSV_REPALL_NL);
    csv_set_delim(&csv->parser, (unsigned char)csv->delimiter);
    csv_set_blk_size(&csv->parser, FIELD_STEP);
    while (status == RWE_OK && length > 0) {
        status = split_and_hash(csv, text, length);
        if (status == RWE_OK)
            status = rwe_decoder_read(decoder, &text, &length, csv->error);
    }
    if (status == RWE_OK)
        status = finish_parser(csv);
    csv_free(&csv->parser);
    if (status == RWE_OK)
        status = rwe_sheet_end(csv->sheet);
    return status == RWE_OK ? check_table(csv) : status;
}

static enum rwe_status read(const struct rwe_reading *reading, struct rwe_table_builder *builder,
                            struct rwe_error *error)
{
    struct csv csv = {
        .builder = builder,
        .reading = reading,
        .error = error,
        .name = rwe_stream_name(reading->stream),
        .sheet = rwe_sheet_new(reading, builder, true),
        .delimiter = reading->options->delimiter,
        .line = 1,
        .from = 1,
        .between_records = true,
        .threads = rwe_parallel_available(),
    };
    struct rwe_decoder *decoder;
    if (csv.sheet == NULL)
        return rwe_fail_memory(error);
    enum rwe_status status = rwe_decoder_open(reading->stream, reading->options->encoding,
                                              RWE_STREAM_CHUNK, reading->scratch, &decoder, error);
    if (status != RWE_OK)
        return status;
    status = split_all(&csv, decoder);
    rwe_table_builder_source(builder, "CSV, %s, split at '%s'", rwe_decoder_encoding(decoder),
                             csv.delimiter == '\t' ? "\\t" : (char[]){csv.delimiter, '\0'});
    rwe_decoder_close(decoder);
    return status;
}

/* Any text that is not another kind of file. An encoding that is named, or seen, makes it text. */
static bool detect(const unsigned char *bytes, size_t n, const struct rwe_table_options *options)
{
    static const char *const marks[] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};
    bool has_mark = false;
    for (size_t i = 0; i < 3; i++)
        has_mark =
            has_mark || (n >= strlen(marks[i]) && memcmp(bytes, marks[i], strlen(marks[i])) == 0);
    return rwe_encoding_refuse(bytes, n) == NULL &&
           (has_mark || options->encoding != NULL || rwe_encoding_utf16(bytes, n) != NULL ||
            !rwe_encoding_is_binary(bytes, n));
}

const struct rwe_reader rwe_csv_reader = {"CSV", detect, read, false};
