/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/reader.h"

#include "encoding_private.h"
#include "rwe/base/language.h"
#include "stream_private.h"
#include "table_private.h"

extern const struct rwe_reader rwe_csv_reader, rwe_xlsx_reader, rwe_spss_reader, rwe_stata_reader,
    rwe_sas_reader, rwe_transport_reader;

/* CSV, which takes any text, is the last. */
const struct rwe_reader *const rwe_readers[] = {
    &rwe_xlsx_reader,
    &rwe_spss_reader,
    &rwe_stata_reader,
    &rwe_sas_reader,
    &rwe_transport_reader,
    &rwe_csv_reader,
    NULL,
};

static const struct rwe_reader *find_reader(const struct rwe_stream *stream,
                                            const struct rwe_table_options *options)
{
    size_t n;
    const unsigned char *bytes = rwe_stream_bytes(stream, &n);
    const struct rwe_reader *const *reader =
        options->readers == NULL ? rwe_readers : options->readers;
    while (*reader != NULL && !(*reader)->detect(bytes, n, options))
        reader++;
    return *reader;
}

static enum rwe_status fail_unknown(const struct rwe_stream *stream, struct rwe_error *error)
{
    size_t n;
    const unsigned char *bytes = rwe_stream_bytes(stream, &n);
    const char *what = rwe_encoding_refuse(bytes, n);
    if (what == NULL)
        what = N_("is not a text file: save the table as \"CSV UTF-8\"");
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: %s", rwe_stream_name(stream),
                    rwe_message(what));
}

static enum rwe_status read_stream(const struct rwe_reading *reading,
                                   struct rwe_table_builder *builder, struct rwe_error *error)
{
    enum rwe_status status = rwe_stream_fill(reading->stream, error);
    if (status != RWE_OK)
        return status;
    const struct rwe_reader *reader = find_reader(reading->stream, reading->options);
    if (reader != NULL && !reader->has_sheets && reading->options->sheet != NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "%s: has no sheet \"%s\": it is no workbook (%s)",
                        rwe_stream_name(reading->stream), reading->options->sheet, reader->name);
    return reader == NULL ? fail_unknown(reading->stream, error)
                          : reader->read(reading, builder, error);
}

enum rwe_status rwe_table_read(const char *path, const struct rwe_table_options *options,
                               struct rwe_arena *arena, struct rwe_table **table,
                               struct rwe_complaints *complaints, struct rwe_error *error)
{
    struct rwe_reading reading = {
        .options = options, .complaints = complaints, .scratch = rwe_arena_new()};
    struct rwe_table_builder *builder = rwe_table_builder_new(path, options, arena);
    enum rwe_status status;
    *table = NULL;
    if (builder == NULL || reading.scratch == NULL)
        status = rwe_fail_memory(error);
    else
        status = rwe_stream_open(path, RWE_STREAM_CHUNK, reading.scratch, &reading.stream, error);
    if (status == RWE_OK) {
        builder->name = rwe_stream_name(reading.stream);
        builder->complaints = complaints;
        status = rwe_stream_tell(reading.stream, options->progress, reading.scratch, error);
        if (status == RWE_OK)
            status = read_stream(&reading, builder, error);
        rwe_stream_close(reading.stream, builder->table->sha256);
        if (status == RWE_OK || rwe_table_builder_status(builder) != RWE_OK)
            status = rwe_table_builder_finish(builder, table, error);
        else
            rwe_table_builder_discard(builder);
    }
    rwe_arena_free(reading.scratch);
    return status;
}
