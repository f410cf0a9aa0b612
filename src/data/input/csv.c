/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows libcsv. */
#include "decode_private.h"
#include "rows_private.h"
#include "rwe/base/parallel.h"

#include <csv.h>

/* libcsv's buffer for one field grows by steps of this. */
#define FIELD_STEP ((size_t)16 * 1024)

struct splitter {
    struct rwe_rows rows;
    struct csv_parser parser;
    bool at_line_end;     /* libcsv has just ended a line */
    bool between_records; /* what comes next begins a record */
    unsigned threads;     /* that the machine offers */
};

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
    struct splitter *splitter = context;
    rwe_rows_cell(&splitter->rows, field, length);
    splitter->rows.line += lines_in(field, length);
}

/* Called by libcsv at each line end outside quotes (that is CSV_REPALL_NL), and at the end of a
 * file without one, with −1. */
static void on_line_end(int c, void *context)
{
    struct splitter *splitter = context;
    rwe_rows_end_line(&splitter->rows, (char)(c < 0 ? 0 : c));
    splitter->at_line_end = true;
}

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
static enum rwe_status look_at_parser(struct splitter *splitter)
{
    if (csv_error(&splitter->parser) != CSV_SUCCESS)
        return rwe_fail_memory(splitter->rows.error); /* CSV_ENOMEM, CSV_ETOOBIG: all it can say */
    return rwe_rows_check_length(&splitter->rows, splitter->parser.entry_pos);
}

/* The last byte goes by itself, so that we learn whether it ends a record. */
static enum rwe_status parse(struct splitter *splitter, const char *text, size_t length)
{
    csv_parse(&splitter->parser, text, length - 1, on_cell, on_line_end, splitter);
    splitter->at_line_end = false;
    csv_parse(&splitter->parser, text + length - 1, 1, on_cell, on_line_end, splitter);
    splitter->between_records = splitter->at_line_end;
    return look_at_parser(splitter);
}

/* How many bytes at the beginning of `text` are whole rows without a quote. */
static size_t plain_lines(const struct splitter *splitter, const char *text, size_t length)
{
    if (!splitter->between_records || splitter->rows.table->column == NULL)
        return 0;
    const char *quote = memchr(text, '"', length);
    size_t plain = quote == NULL ? length : (size_t)(quote - text);
    const char *end = memrchr(text, '\n', plain);
    if (end == NULL)
        end = memrchr(text, '\r', plain);
    return end == NULL ? 0 : (size_t)(end + 1 - text);
}

/* Lines without quotes are split directly; the header, and from a line with quotes on until its
 * record ends, libcsv does it. */
static enum rwe_status split(struct splitter *splitter, const char *text, size_t length)
{
    enum rwe_status status = RWE_OK;
    const char *end = text + length;
    while (status == RWE_OK && text < end) {
        size_t n = plain_lines(splitter, text, (size_t)(end - text));
        if (n > 0) {
            rwe_rows_split_plain(&splitter->rows, text, n);
            status = splitter->rows.status;
        } else {
            const char *line_end = memchr(text, '\n', (size_t)(end - text));
            n = (size_t)((line_end == NULL ? end : line_end + 1) - text);
            status = parse(splitter, text, n);
        }
        text += n;
    }
    return status;
}

static enum rwe_status finish(struct splitter *splitter)
{
    struct rwe_rows *rows = &splitter->rows;
    /* In strict mode, csv_fini refuses a quote that is still open. */
    csv_set_opts(&splitter->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    if (csv_fini(&splitter->parser, on_cell, on_line_end, splitter) != 0 &&
        csv_error(&splitter->parser) == CSV_EPARSE)
        return rwe_fail(rows->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: a double quote opens a cell on this line and is never closed: "
                        "close it, or delete it",
                        rows->name, rows->line);
    enum rwe_status status = look_at_parser(splitter);
    return status == RWE_OK ? rwe_rows_finish(rows) : status;
}

/* What is done with one piece of text; the two jobs share nothing that either changes. */
struct piece {
    struct splitter *splitter;
    struct rwe_decoder *source;
    const char *text;
    size_t length;
    enum rwe_status status;
};

static void do_job(size_t job, void *context)
{
    struct piece *piece = context;
    if (job == 0)
        piece->status = split(piece->splitter, piece->text, piece->length);
    else
        rwe_decoder_hash(piece->source);
}

/* Splits `text`; where it is long enough to be worth a thread, its bytes are hashed meanwhile. */
static enum rwe_status split_and_hash(struct splitter *splitter, struct rwe_decoder *source,
                                      const char *text, size_t length)
{
    enum { WORTH_A_THREAD = 64 * 1024 };
    struct piece piece = {splitter, source, text, length, RWE_OK};
    unsigned threads = length < WORTH_A_THREAD ? 1 : splitter->threads;
    rwe_parallel_for(2, threads, do_job, &piece);
    return piece.status;
}

static enum rwe_status split_all(struct splitter *splitter, struct rwe_decoder *source)
{
    struct rwe_table *table = splitter->rows.table;
    struct rwe_error *error = splitter->rows.error;
    const char *text;
    size_t length;
    enum rwe_status status = rwe_decoder_read(source, &text, &length, error);
    if (status == RWE_OK && table->delimiter == '\0')
        table->delimiter = length == 0 ? ',' : find_delimiter(text, length);
    csv_init(&splitter->parser, CSV_REPALL_NL);
    csv_set_delim(&splitter->parser, (unsigned char)table->delimiter);
    csv_set_blk_size(&splitter->parser, FIELD_STEP);
    while (status == RWE_OK && length > 0) {
        status = split_and_hash(splitter, source, text, length);
        if (status == RWE_OK)
            status = rwe_decoder_read(source, &text, &length, error);
    }
    if (status == RWE_OK)
        status = finish(splitter);
    csv_free(&splitter->parser);
    return status;
}

/* Reads `source` into `table`, and closes it. */
static enum rwe_status read_table(struct rwe_rows rows, struct rwe_decoder *source)
{
    struct rwe_table *table = rows.table;
    struct splitter splitter = {
        .rows = rows, .between_records = true, .threads = rwe_parallel_available()};
    splitter.rows.name = rwe_decoder_name(source);
    enum rwe_status status = split_all(&splitter, source);
    rwe_table_complete(table);
    table->encoding = rwe_arena_string(table->arena, rwe_decoder_encoding(source));
    if (status == RWE_OK && table->encoding == NULL)
        status = rwe_fail_memory(rows.error);
    rwe_decoder_close(source, table->sha256);
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
    if (status == RWE_OK)
        status = read_table((struct rwe_rows){.table = fresh,
                                              .scratch = scratch,
                                              .complaints = complaints,
                                              .error = error,
                                              .longest_record = options->longest_record,
                                              .line = 1,
                                              .from = 1},
                            source);
    if (status == RWE_OK)
        *table = fresh;
    rwe_arena_free(scratch);
    return status;
}
