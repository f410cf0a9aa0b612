/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of SPSS, Stata and SAS, by ReadStat; this is the only file that knows it. A file is read twice: for its
 * columns, whose value labels may stand behind the rows, and for the rows. Files that do not say how their texts are
 * encoded (Stata's before version 14, SAS's transport files) are read once more before, for a sample of them.
 */
#include "encoding_private.h"
#include "rwe/base/language.h"
#include "statistics_private.h"

#include <readstat.h>
#include <stdlib.h>

/* One kind of file. */
struct kind {
    const char *name;
    enum rwe_program program;
    readstat_error_t (*parse)(readstat_parser_t *parser, const char *path, void *context);
    bool (*is_silent)(struct rwe_bytes file); /* whether it does not say its encoding */
};

/* A column. */
struct variable {
    struct rwe_column_info info;
    enum rwe_counted counted;
    const char *labels; /* the name of its set of value labels, or NULL */
    bool is_text;
};

/* A set of value labels, which several columns may have. */
struct label {
    const char *set;
    double number;
    const char *text;
    const char *label;
};

struct statistics {
    const struct kind *kind;
    const struct rwe_reading *reading;
    struct rwe_arena *arena;
    struct rwe_bytes file;
    size_t at; /* in it */
    struct rwe_frames *out;
    struct rwe_error *error;
    enum rwe_status status; /* of what was called back */
    const char *encoding;   /* to be used; NULL: as the file says */
    const char *declared;   /* by the file */
    int release;            /* of its format */

    struct variable *variable;
    size_t n_variables, room_for_variables;
    struct label *label;
    size_t n_labels, room_for_labels;

    unsigned char sample[64 * 1024]; /* of texts that are not ASCII */
    size_t sampled;
    bool has_other; /* a text is not UTF-8 */
    bool has_cell;  /* the present row has a value */
};

/* ---- the file, which is in memory ---- */

static int open_file(const char *path, void *context)
{
    struct statistics *s = context;
    (void)path;
    s->at = 0;
    return 0;
}

static int close_file(void *context)
{
    (void)context;
    return 0;
}

static readstat_off_t seek(readstat_off_t offset, readstat_io_flags_t whence, void *context)
{
    struct statistics *s = context;
    readstat_off_t from = whence == READSTAT_SEEK_SET   ? 0
                          : whence == READSTAT_SEEK_CUR ? (readstat_off_t)s->at
                                                        : (readstat_off_t)s->file.n;
    readstat_off_t to;
    if (__builtin_add_overflow(from, offset, &to) || to < 0)
        return -1;
    s->at = (size_t)to;
    return to;
}

static ssize_t read_file(void *buffer, size_t n, void *context)
{
    struct statistics *s = context;
    size_t left = s->at < s->file.n ? s->file.n - s->at : 0;
    size_t taken = n < left ? n : left;
    if (taken > 0)
        memcpy(buffer, s->file.at + s->at, taken);
    s->at += taken;
    return (ssize_t)taken;
}

static readstat_error_t update(long size, readstat_progress_handler handler, void *user,
                               void *context)
{
    (void)size;
    (void)handler;
    (void)user;
    (void)context;
    return READSTAT_OK;
}

/* ---- failing ---- */

static enum rwe_status fail(struct statistics *s, const char *sentence)
{
    return rwe_fail(s->error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: %s",
                    rwe_stream_name(s->reading->stream), rwe_message(sentence));
}

static enum rwe_status fail_encoding(struct statistics *s)
{
    const char *encoding = s->encoding != NULL   ? s->encoding
                           : s->declared != NULL ? s->declared
                                                 : "UTF-8";
    return rwe_fail(s->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: holds text that is not %s: name its encoding with --encoding",
                    rwe_stream_name(s->reading->stream), encoding);
}

static enum rwe_status translate(struct statistics *s, readstat_error_t error)
{
    switch (error) {
    case READSTAT_OK:
        return RWE_OK;
    case READSTAT_ERROR_USER_ABORT:
        return s->status == RWE_OK ? RWE_BAD_INPUT : s->status;
    case READSTAT_ERROR_MALLOC:
        return rwe_fail_memory(s->error);
    case READSTAT_ERROR_UNSUPPORTED_CHARSET:
    case READSTAT_ERROR_CONVERT:
    case READSTAT_ERROR_CONVERT_BAD_STRING:
    case READSTAT_ERROR_CONVERT_SHORT_STRING:
        return fail_encoding(s);
    case READSTAT_ERROR_UNSUPPORTED_FILE_FORMAT_VERSION:
    case READSTAT_ERROR_UNSUPPORTED_COMPRESSION:
        return fail(s, N_("is of a version of its format that is not known: save it in an older "
                          "one, or as CSV"));
    default:
        return fail(s, N_("is cut short or damaged: copy it again, or save it again"));
    }
}

/* What a callback returns to ReadStat. */
static int answer(struct statistics *s, enum rwe_status status)
{
    if (s->status == RWE_OK)
        s->status = status;
    return status == RWE_OK ? READSTAT_HANDLER_OK : READSTAT_HANDLER_ABORT;
}

/* ---- text ---- */

/* The length of a text without what a cut has left of its last character, and without blanks at its end; SIZE_MAX
 * when it is not UTF-8. */
static size_t length_of(const char *text)
{
    bool cut;
    size_t n = strlen(text);
    size_t valid = rwe_utf8_prefix((const unsigned char *)text, n, &cut);
    if (valid < n && !cut)
        return SIZE_MAX;
    while (valid > 0 && text[valid - 1] == ' ')
        valid--;
    return valid;
}

/* A copy, or NULL of an empty text; NULL with a failure. */
static const char *copy(struct statistics *s, const char *text)
{
    size_t n = text == NULL ? 0 : length_of(text);
    if (n == SIZE_MAX) {
        answer(s, fail_encoding(s));
        return NULL;
    }
    const char *made = n == 0 ? NULL : rwe_arena_substring(s->arena, text, n);
    if (n > 0 && made == NULL)
        answer(s, rwe_fail_memory(s->error));
    return made;
}

/* ---- a sample of texts ---- */

static void add_sample(struct statistics *s, const char *text)
{
    size_t n = text == NULL ? 0 : strlen(text);
    s->has_other = s->has_other || (n > 0 && length_of(text) == SIZE_MAX);
    if (n == 0 || n + 1 > sizeof s->sample - s->sampled ||
        rwe_ascii_prefix((const unsigned char *)text, n) == n)
        return;
    memcpy(s->sample + s->sampled, text, n);
    s->sampled += n;
    s->sample[s->sampled++] = '\n';
}

static int sample_variable(int index, readstat_variable_t *variable, const char *labels,
                           void *context)
{
    (void)index;
    (void)labels;
    add_sample(context, readstat_variable_get_name(variable));
    add_sample(context, readstat_variable_get_label(variable));
    return READSTAT_HANDLER_OK;
}

static int sample_label(const char *set, readstat_value_t value, const char *label, void *context)
{
    (void)set;
    (void)value;
    add_sample(context, label);
    return READSTAT_HANDLER_OK;
}

static int sample_value(int row, readstat_variable_t *variable, readstat_value_t value,
                        void *context)
{
    (void)row;
    (void)variable;
    if (readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING)
        add_sample(context, readstat_string_value(value));
    return READSTAT_HANDLER_OK;
}

/* ---- columns ---- */

static double number_of(readstat_value_t value)
{
    return readstat_value_type(value) == READSTAT_TYPE_FLOAT
               ? rwe_statistics_shortest(readstat_float_value(value))
               : readstat_double_value(value);
}

static int take_metadata(readstat_metadata_t *metadata, void *context)
{
    struct statistics *s = context;
    s->declared = copy(s, readstat_get_file_encoding(metadata));
    s->release = readstat_get_file_format_version(metadata);
    return answer(s, s->status);
}

/* The values that the column declares to be missing. */
static void take_missing(struct statistics *s, const readstat_variable_t *from, struct variable *to)
{
    int n = readstat_variable_get_missing_ranges_count(from);
    struct rwe_number_range *range = RWE_NEW(s->arena, struct rwe_number_range, n);
    const char **text = RWE_NEW(s->arena, const char *, n);
    for (int i = 0; i < n && !rwe_arena_failed(s->arena); i++) {
        readstat_value_t low = readstat_variable_get_missing_range_lo(from, i);
        readstat_value_t high = readstat_variable_get_missing_range_hi(from, i);
        if (to->is_text) {
            text[to->info.missing_text.n] = copy(s, readstat_string_value(low));
            to->info.missing_text.n += text[to->info.missing_text.n] != NULL;
        } else {
            range[to->info.n_missing_ranges++] =
                (struct rwe_number_range){rwe_statistics_days(to->counted, number_of(low)),
                                          rwe_statistics_days(to->counted, number_of(high))};
        }
    }
    to->info.missing_range = range;
    to->info.missing_text.item = text;
}

/* The name of a set of value labels. ReadStat hands out Stata's as they stand in the file, where a damaged one has no
 * end within its place. */
static const char *copy_set(struct statistics *s, const char *set)
{
    size_t place = s->release < 110 ? 9 : s->release < 118 ? 33 : 129;
    if (set == NULL || s->kind->program != RWE_STATA)
        return copy(s, set);
    return copy(s, rwe_arena_substring(s->arena, set, strnlen(set, place)));
}

static int take_variable(int index, readstat_variable_t *from, const char *labels, void *context)
{
    struct statistics *s = context;
    const char *format = readstat_variable_get_format(from);
    struct variable variable = {
        .info.name = copy(s, readstat_variable_get_name(from)),
        .info.label = copy(s, readstat_variable_get_label(from)),
        .info.format = copy(s, format),
        .labels = copy_set(s, labels),
        .is_text = readstat_variable_get_type_class(from) == READSTAT_TYPE_CLASS_STRING,
    };
    (void)index;
    if (variable.info.name == NULL)
        variable.info.name = "";
    if (!variable.is_text)
        variable.counted = rwe_statistics_counted(s->kind->program, format);
    variable.info.kind = variable.is_text ? RWE_KIND_TEXT : rwe_statistics_kind(variable.counted);
    take_missing(s, from, &variable);
    s->variable = rwe_arena_grow(s->arena, s->variable, &s->room_for_variables, s->n_variables + 1,
                                 sizeof variable);
    if (rwe_arena_failed(s->arena))
        return answer(s, rwe_fail_memory(s->error));
    s->variable[s->n_variables++] = variable;
    return answer(s, s->status);
}

/* Labels of missing values, and empty ones, name nothing. */
static int take_label(const char *set, readstat_value_t value, const char *label, void *context)
{
    struct statistics *s = context;
    bool is_text = readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING;
    struct label fresh = {.set = copy(s, set), .label = copy(s, label)};
    if (is_text)
        fresh.text = copy(s, readstat_string_value(value));
    else
        fresh.number = readstat_value_is_system_missing(value) ? (double)NAN : number_of(value);
    if (s->status != RWE_OK)
        return answer(s, s->status);
    if (fresh.set == NULL || fresh.label == NULL ||
        (is_text ? fresh.text == NULL : isnan(fresh.number)))
        return READSTAT_HANDLER_OK;
    s->label =
        rwe_arena_grow(s->arena, s->label, &s->room_for_labels, s->n_labels + 1, sizeof fresh);
    if (s->label == NULL)
        return answer(s, rwe_fail_memory(s->error));
    s->label[s->n_labels++] = fresh;
    return READSTAT_HANDLER_OK;
}

static int compare_labels(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->set, ((const struct label *)b)->set);
}

/* The first label of a set, or that behind the last. */
static size_t find_labels(const struct statistics *s, const char *set, bool behind)
{
    size_t low = 0, high = s->n_labels;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(s->label[middle].set, set);
        if (order < 0 || (behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The value labels of a column, in memory that is given back after it was told. */
static enum rwe_status tell_variable(struct statistics *s, const struct variable *variable)
{
    struct rwe_mark mark = rwe_arena_mark(s->arena);
    struct rwe_column_info info = variable->info;
    const char *set = variable->labels;
    size_t first = set == NULL ? 0 : find_labels(s, set, false);
    size_t n = set == NULL ? 0 : find_labels(s, set, true) - first;
    bool takes_labels = variable->is_text || info.kind != RWE_KIND_TEXT;
    struct rwe_value_label *label = RWE_NEW(s->arena, struct rwe_value_label, n);
    if (label == NULL)
        return rwe_fail_memory(s->error);
    for (size_t i = first; takes_labels && i < first + n; i++) {
        const struct label *from = &s->label[i];
        if ((from->text != NULL) == variable->is_text)
            label[info.n_value_labels++] = (struct rwe_value_label){
                rwe_statistics_days(variable->counted, from->number), from->text, from->label};
    }
    info.value_label = label;
    rwe_frames_column(s->out, &info);
    rwe_arena_release(s->arena, mark);
    return RWE_OK;
}

/* ---- rows ---- */

static enum rwe_status tell_number(struct statistics *s, size_t column, double number)
{
    const struct variable *variable = &s->variable[column];
    char text[RWE_NUMBER_SIZE];
    if (variable->info.kind == RWE_KIND_DATE) {
        rwe_frames_date(s->out, column, rwe_statistics_days(variable->counted, number));
    } else if (variable->info.kind == RWE_KIND_NUMBER) {
        rwe_frames_number(s->out, column, number);
    } else {
        rwe_statistics_text(variable->counted, number, text);
        rwe_frames_text(s->out, column, text, strlen(text));
    }
    s->has_cell = true;
    return RWE_OK;
}

static enum rwe_status tell_text(struct statistics *s, size_t column, const char *text)
{
    size_t n = text == NULL ? 0 : length_of(text);
    if (n == SIZE_MAX)
        return fail_encoding(s);
    if (n > 0)
        rwe_frames_text(s->out, column, text, n);
    s->has_cell = s->has_cell || n > 0;
    return RWE_OK;
}

/* Without one ReadStat has no variables to tell values of. */
static int skip_nothing(int index, readstat_variable_t *variable, const char *labels, void *context)
{
    (void)index;
    (void)variable;
    (void)labels;
    (void)context;
    return READSTAT_HANDLER_OK;
}

/* The cells of a row come in the order of its columns; a row without any holds nobody. */
static int take_value(int row, readstat_variable_t *of, readstat_value_t value, void *context)
{
    struct statistics *s = context;
    size_t column = (size_t)readstat_variable_get_index(of);
    enum rwe_status status = RWE_OK;
    if (column >= s->n_variables)
        return answer(s, fail(s, N_("is cut short or damaged: copy it again, or save it again")));
    if (readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING)
        status = s->variable[column].is_text ? tell_text(s, column, readstat_string_value(value))
                                             : RWE_OK;
    else if (!s->variable[column].is_text && !readstat_value_is_missing(value, of))
        status = tell_number(s, column, number_of(value));
    if (column == s->n_variables - 1 && s->has_cell) {
        rwe_frames_end_row(s->out, (size_t)row + 1);
        s->has_cell = false;
    }
    return answer(s, status);
}

/* ---- the file ---- */

struct handlers {
    readstat_metadata_handler metadata;
    readstat_variable_handler variable;
    readstat_value_label_handler label;
    readstat_value_handler value;
};

/* One pass; `raw`: texts as they stand in the file. */
static enum rwe_status pass(struct statistics *s, const struct handlers *handlers, bool raw)
{
    readstat_parser_t *parser = readstat_parser_init();
    if (parser == NULL)
        return rwe_fail_memory(s->error);
    readstat_set_open_handler(parser, open_file);
    readstat_set_close_handler(parser, close_file);
    readstat_set_seek_handler(parser, seek);
    readstat_set_read_handler(parser, read_file);
    readstat_set_update_handler(parser, update);
    readstat_set_io_ctx(parser, s);
    readstat_set_metadata_handler(parser, handlers->metadata);
    readstat_set_variable_handler(parser, handlers->variable);
    readstat_set_value_label_handler(parser, handlers->label);
    readstat_set_value_handler(parser, handlers->value);
    if (raw)
        readstat_set_handler_character_encoding(parser, NULL);
    else if (s->encoding != NULL)
        readstat_set_file_character_encoding(parser, s->encoding);
    s->status = RWE_OK;
    readstat_error_t error = s->kind->parse(parser, "", s);
    readstat_parser_free(parser);
    return translate(s, error);
}

static const struct handlers sampling = {NULL, sample_variable, sample_label, sample_value};

/* A file says its encoding, and may be wrong: one that is named on the command line is taken where its texts are not
 * of that which it says. */
static enum rwe_status check_encoding(struct statistics *s)
{
    const char *named = s->reading->options->encoding;
    if (named != NULL && (pass(s, &sampling, false) != RWE_OK || s->has_other))
        s->encoding = named;
    return RWE_OK;
}

/* The encoding of a file that does not say it: as named, else as its texts look. */
static enum rwe_status find_encoding(struct statistics *s)
{
    char *guess = RWE_NEW(s->arena, char, RWE_ENCODING_SIZE);
    if (guess == NULL)
        return rwe_fail_memory(s->error);
    s->encoding = s->reading->options->encoding;
    if (s->encoding != NULL)
        return RWE_OK;
    enum rwe_status status = pass(s, &sampling, true);
    if (status == RWE_OK && s->sampled > 0 &&
        !rwe_encoding_guess(s->sample, s->sampled, true, guess))
        return rwe_fail(s->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: the text is in no encoding that can be detected: name it with "
                        "--encoding",
                        rwe_stream_name(s->reading->stream));
    s->encoding = s->sampled > 0 ? guess : NULL;
    return status;
}

static enum rwe_status look(struct statistics *s)
{
    static const struct handlers looking = {take_metadata, take_variable, take_label, NULL};
    enum rwe_status status = pass(s, &looking, false);
    if (status == RWE_OK && s->n_labels > 0)
        qsort(s->label, s->n_labels, sizeof *s->label, compare_labels);
    for (size_t i = 0; status == RWE_OK && i < s->n_variables; i++)
        status = tell_variable(s, &s->variable[i]);
    return status;
}

static enum rwe_status tell_source(struct statistics *s)
{
    const char *encoding = s->encoding != NULL ? s->encoding : s->declared;
    const char *source = encoding == NULL
                             ? s->kind->name
                             : rwe_arena_format(s->arena, "%s, %s", s->kind->name, encoding);
    if (source == NULL)
        return rwe_fail_memory(s->error);
    rwe_frames_source(s->out, source);
    return RWE_OK;
}

static enum rwe_status work(const struct kind *kind, const struct rwe_reading *reading,
                            struct rwe_bytes file, struct rwe_frames *out, struct rwe_error *error)
{
    static const struct handlers reading_rows = {NULL, skip_nothing, NULL, take_value};
    struct statistics *s = RWE_NEW(reading->scratch, struct statistics, 1);
    if (s == NULL)
        return rwe_fail_memory(error);
    s->kind = kind;
    s->reading = reading;
    s->arena = reading->scratch;
    s->file = file;
    s->out = out;
    s->error = error;
    enum rwe_status status = kind->is_silent(file) ? find_encoding(s) : check_encoding(s);
    if (status == RWE_OK)
        status = look(s);
    if (status == RWE_OK)
        status = tell_source(s);
    return status == RWE_OK ? pass(s, &reading_rows, false) : status;
}

/* ---- the kinds ---- */

static bool begins_with(const unsigned char *bytes, size_t n, const char *magic, size_t length)
{
    return n >= length && memcmp(bytes, magic, length) == 0;
}

#define MAGIC(text) (text), sizeof(text) - 1

static bool is_never_silent(struct rwe_bytes file)
{
    (void)file;
    return false;
}

static bool is_always_silent(struct rwe_bytes file)
{
    (void)file;
    return true;
}

/* Stata's say it from version 14 on, whose files are of release 118: always UTF-8. */
static bool is_old_stata(struct rwe_bytes file)
{
    return !begins_with(file.at, file.n, MAGIC("<stata_dta>")) ||
           begins_with(file.at, file.n, MAGIC("<stata_dta><header><release>117"));
}

static const struct kind spss = {"SPSS", RWE_SPSS, readstat_parse_sav, is_never_silent};
static const struct kind stata = {"Stata", RWE_STATA, readstat_parse_dta, is_old_stata};
static const struct kind sas = {"SAS", RWE_SAS, readstat_parse_sas7bdat, is_never_silent};
static const struct kind transport = {"SAS transport file", RWE_SAS, readstat_parse_xport,
                                      is_always_silent};

enum rwe_status rwe_spss_work(const struct rwe_reading *reading, struct rwe_bytes file,
                              struct rwe_frames *out, struct rwe_error *error)
{
    return work(&spss, reading, file, out, error);
}

enum rwe_status rwe_stata_work(const struct rwe_reading *reading, struct rwe_bytes file,
                               struct rwe_frames *out, struct rwe_error *error)
{
    return work(&stata, reading, file, out, error);
}

enum rwe_status rwe_sas_work(const struct rwe_reading *reading, struct rwe_bytes file,
                             struct rwe_frames *out, struct rwe_error *error)
{
    return work(&sas, reading, file, out, error);
}

/* It is made of records of 80 bytes, and nothing else in it says where it ends. */
enum rwe_status rwe_transport_work(const struct rwe_reading *reading, struct rwe_bytes file,
                                   struct rwe_frames *out, struct rwe_error *error)
{
    enum { RECORD = 80 };
    if (file.n % RECORD != 0)
        return rwe_fail(
            error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: %s", rwe_stream_name(reading->stream),
            rwe_message(N_("is cut short or damaged: copy it again, or save it again")));
    return work(&transport, reading, file, out, error);
}

static bool detect_spss(const unsigned char *bytes, size_t n,
                        const struct rwe_table_options *options)
{
    (void)options;
    return begins_with(bytes, n, MAGIC("$FL2@(#)")) || begins_with(bytes, n, MAGIC("$FL3@(#)"));
}

/* Those of Stata 4 to 12 begin with their release, the order of bytes, and 1, 0. */
static bool detect_stata(const unsigned char *bytes, size_t n,
                         const struct rwe_table_options *options)
{
    (void)options;
    return begins_with(bytes, n, MAGIC("<stata_dta>")) ||
           (n >= 4 && bytes[0] >= 104 && bytes[0] <= 115 && (bytes[1] == 1 || bytes[1] == 2) &&
            bytes[2] == 1 && bytes[3] == 0);
}

static bool detect_sas(const unsigned char *bytes, size_t n,
                       const struct rwe_table_options *options)
{
    (void)options;
    return begins_with(
        bytes, n, MAGIC("\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\0"));
}

static bool detect_transport(const unsigned char *bytes, size_t n,
                             const struct rwe_table_options *options)
{
    (void)options;
    return begins_with(bytes, n, MAGIC("HEADER RECORD*******LIBRARY HEADER")) ||
           begins_with(bytes, n, MAGIC("HEADER RECORD*******LIBV8"));
}

static enum rwe_status read_spss(const struct rwe_reading *reading,
                                 struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate(reading, rwe_spss_work, builder, error);
}

static enum rwe_status read_stata(const struct rwe_reading *reading,
                                  struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate(reading, rwe_stata_work, builder, error);
}

static enum rwe_status read_sas(const struct rwe_reading *reading,
                                struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate(reading, rwe_sas_work, builder, error);
}

static enum rwe_status read_transport(const struct rwe_reading *reading,
                                      struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate(reading, rwe_transport_work, builder, error);
}

const struct rwe_reader rwe_spss_reader = {"SPSS", detect_spss, read_spss, false};
const struct rwe_reader rwe_stata_reader = {"Stata", detect_stata, read_stata, false};
const struct rwe_reader rwe_sas_reader = {"SAS", detect_sas, read_sas, false};
const struct rwe_reader rwe_transport_reader = {"SAS transport file", detect_transport,
                                                read_transport, false};
