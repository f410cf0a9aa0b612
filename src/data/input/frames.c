/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frames_private.h"

#include "encoding_private.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Larger items than this nobody sends. */
#define LARGEST_ITEM ((size_t)64 * 1024 * 1024)

enum kind {
    ITEM_SOURCE = 'S',
    ITEM_SHEET = 'H',
    ITEM_COLUMN = 'C',
    ITEM_NUMBER = 'n',
    ITEM_DATE = 'd',
    ITEM_TEXT = 't',
    ITEM_END_ROW = 'R',
    ITEM_END = 'E',
    ITEM_FAIL = 'F',
};

struct head {
    unsigned char kind;
    uint32_t number;
    uint32_t length;
};

enum { HEAD_SIZE = 9 };

/* ---- out ---- */

static void put(struct rwe_frames *frames, const void *bytes, size_t n)
{
    const unsigned char *from = bytes;
    while (n > 0) {
        size_t room = frames->size - frames->n;
        size_t part = n < room ? n : room;
        memcpy(frames->bytes + frames->n, from, part);
        frames->n += part;
        from += part;
        n -= part;
        if (frames->n == frames->size) {
            frames->send(frames->to, frames->bytes, frames->n);
            frames->n = 0;
        }
    }
}

static void put_head(struct rwe_frames *frames, enum kind kind, size_t number, size_t length)
{
    unsigned char head[HEAD_SIZE];
    uint32_t words[2] = {(uint32_t)number, (uint32_t)length};
    head[0] = (unsigned char)kind;
    memcpy(head + 1, words, sizeof words);
    put(frames, head, sizeof head);
}

static void put_word(struct rwe_frames *frames, size_t word)
{
    uint32_t value = (uint32_t)word;
    put(frames, &value, sizeof value);
}

/* A text and its length; an absent one has the length UINT32_MAX. */
static void put_string(struct rwe_frames *frames, const char *text)
{
    put_word(frames, text == NULL ? UINT32_MAX : strlen(text));
    if (text != NULL)
        put(frames, text, strlen(text));
}

static size_t size_of(const char *text)
{
    return sizeof(uint32_t) + (text == NULL ? 0 : strlen(text));
}

void rwe_frames_source(struct rwe_frames *frames, const char *text)
{
    put_head(frames, ITEM_SOURCE, 0, strlen(text));
    put(frames, text, strlen(text));
}

void rwe_frames_sheet(struct rwe_frames *frames, const char *name, const char *others)
{
    put_head(frames, ITEM_SHEET, 0, size_of(name) + size_of(others));
    put_string(frames, name);
    put_string(frames, others);
}

static size_t size_of_column(const struct rwe_column_info *info)
{
    size_t size =
        4 * sizeof(uint32_t) + size_of(info->name) + size_of(info->label) + size_of(info->format);
    for (size_t i = 0; i < info->n_value_labels; i++)
        size += sizeof(double) + size_of(info->value_label[i].text) +
                size_of(info->value_label[i].label);
    size += info->n_missing_ranges * 2 * sizeof(double);
    for (size_t i = 0; i < info->missing_text.n; i++)
        size += size_of(info->missing_text.item[i]);
    return size;
}

void rwe_frames_column(struct rwe_frames *frames, const struct rwe_column_info *info)
{
    put_head(frames, ITEM_COLUMN, 0, size_of_column(info));
    put_word(frames, info->kind);
    put_word(frames, info->n_value_labels);
    put_word(frames, info->n_missing_ranges);
    put_word(frames, info->missing_text.n);
    put_string(frames, info->name);
    put_string(frames, info->label);
    put_string(frames, info->format);
    for (size_t i = 0; i < info->n_value_labels; i++) {
        put(frames, &info->value_label[i].number, sizeof(double));
        put_string(frames, info->value_label[i].text);
        put_string(frames, info->value_label[i].label);
    }
    for (size_t i = 0; i < info->n_missing_ranges; i++) {
        put(frames, &info->missing_range[i].low, sizeof(double));
        put(frames, &info->missing_range[i].high, sizeof(double));
    }
    for (size_t i = 0; i < info->missing_text.n; i++)
        put_string(frames, info->missing_text.item[i]);
}

void rwe_frames_number(struct rwe_frames *frames, size_t column, double number)
{
    put_head(frames, ITEM_NUMBER, column, sizeof number);
    put(frames, &number, sizeof number);
}

void rwe_frames_date(struct rwe_frames *frames, size_t column, double days)
{
    put_head(frames, ITEM_DATE, column, sizeof days);
    put(frames, &days, sizeof days);
}

void rwe_frames_text(struct rwe_frames *frames, size_t column, const char *text, size_t length)
{
    put_head(frames, ITEM_TEXT, column, length);
    put(frames, text, length);
}

void rwe_frames_end_row(struct rwe_frames *frames, size_t line)
{
    put_head(frames, ITEM_END_ROW, line, 0);
}

static void send_rest(struct rwe_frames *frames)
{
    frames->send(frames->to, frames->bytes, frames->n);
    frames->n = 0;
}

void rwe_frames_end(struct rwe_frames *frames)
{
    put_head(frames, ITEM_END, 0, 0);
    send_rest(frames);
}

void rwe_frames_fail(struct rwe_frames *frames, const struct rwe_error *error)
{
    put_head(frames, ITEM_FAIL, error->status, strlen(error->message));
    put(frames, error->message, strlen(error->message));
    send_rest(frames);
}

/* ---- in ---- */

/* What is left of an item that is being read; after a fault nothing is. */
struct rest {
    const unsigned char *at;
    size_t n;
    bool broken;
};

static void get(struct rest *rest, void *to, size_t n)
{
    memset(to, 0, n);
    if (rest->broken || rest->n < n) {
        rest->broken = true;
        return;
    }
    memcpy(to, rest->at, n);
    rest->at += n;
    rest->n -= n;
}

static uint32_t get_word(struct rest *rest)
{
    uint32_t word;
    get(rest, &word, sizeof word);
    return word;
}

static bool is_text(const unsigned char *bytes, size_t n)
{
    bool cut;
    return rwe_utf8_prefix(bytes, n, &cut) == n && memchr(bytes, '\0', n) == NULL;
}

static const char *get_string(struct rest *rest, struct rwe_arena *arena)
{
    uint32_t length = get_word(rest);
    if (rest->broken || length == UINT32_MAX)
        return NULL;
    if (rest->n < length || !is_text(rest->at, length)) {
        rest->broken = true;
        return NULL;
    }
    const char *text = rwe_arena_substring(arena, (const char *)rest->at, length);
    rest->at += length;
    rest->n -= length;
    return text;
}

/* As many as the item has bytes for: what it says of itself is not believed. */
static size_t get_count(struct rest *rest, size_t size)
{
    uint32_t count = get_word(rest);
    if (count > rest->n / size)
        rest->broken = true;
    return rest->broken ? 0 : count;
}

/* Value labels, ranges and texts of a column. */
static void get_lists(struct rest *rest, struct rwe_column_info *info, struct rwe_arena *arena)
{
    struct rwe_value_label *label = RWE_NEW(arena, struct rwe_value_label, info->n_value_labels);
    struct rwe_number_range *range =
        RWE_NEW(arena, struct rwe_number_range, info->n_missing_ranges);
    const char **text = RWE_NEW(arena, const char *, info->missing_text.n);
    if (rwe_arena_failed(arena))
        return;
    for (size_t i = 0; i < info->n_value_labels; i++) {
        get(rest, &label[i].number, sizeof(double));
        label[i].text = get_string(rest, arena);
        label[i].label = get_string(rest, arena);
        bool has_value =
            info->kind == RWE_KIND_TEXT ? label[i].text != NULL : !isnan(label[i].number);
        rest->broken = rest->broken || !has_value || label[i].label == NULL;
    }
    for (size_t i = 0; i < info->n_missing_ranges; i++) {
        get(rest, &range[i].low, sizeof(double));
        get(rest, &range[i].high, sizeof(double));
    }
    for (size_t i = 0; i < info->missing_text.n; i++) {
        text[i] = get_string(rest, arena);
        rest->broken = rest->broken || text[i] == NULL;
    }
    info->value_label = label;
    info->missing_range = range;
    info->missing_text.item = text;
}

static enum rwe_status take_column(struct rwe_frames_in *in, struct rest *rest)
{
    struct rwe_mark mark = rwe_arena_mark(in->scratch);
    struct rwe_column_info info = {0};
    uint32_t kind = get_word(rest);
    info.kind = (enum rwe_column_kind)kind;
    info.n_value_labels = get_count(rest, sizeof(double) + 2 * sizeof(uint32_t));
    info.n_missing_ranges = get_count(rest, 2 * sizeof(double));
    info.missing_text.n = get_count(rest, sizeof(uint32_t));
    info.name = get_string(rest, in->scratch);
    info.label = get_string(rest, in->scratch);
    info.format = get_string(rest, in->scratch);
    if (!rest->broken)
        get_lists(rest, &info, in->scratch);
    if (rwe_arena_failed(in->scratch))
        return RWE_NO_MEMORY;
    if (kind > RWE_KIND_DATE || rest->n > 0 || info.name == NULL)
        rest->broken = true;
    enum rwe_status status = rest->broken ? RWE_OK : in->taker->column(in->taker->context, &info);
    rwe_arena_release(in->scratch, mark);
    return status;
}

static enum rwe_status take_cell(struct rwe_frames_in *in, const struct head *head,
                                 struct rest *rest)
{
    struct rwe_frame_cell cell = {.column = head->number, .number = NAN};
    if (head->kind == ITEM_TEXT) {
        cell.kind = RWE_KIND_TEXT;
        cell.text = (const char *)rest->at;
        cell.length = rest->n;
        rest->broken = !is_text(rest->at, rest->n);
    } else {
        cell.kind = head->kind == ITEM_DATE ? RWE_KIND_DATE : RWE_KIND_NUMBER;
        get(rest, &cell.number, sizeof cell.number);
        rest->broken = rest->broken || rest->n > 0;
    }
    return rest->broken ? RWE_OK : in->taker->cell(in->taker->context, &cell);
}

static enum rwe_status take_source(struct rwe_frames_in *in, struct rest *rest)
{
    struct rwe_mark mark = rwe_arena_mark(in->scratch);
    rest->broken = !is_text(rest->at, rest->n);
    const char *text = rwe_arena_substring(in->scratch, (const char *)rest->at, rest->n);
    enum rwe_status status = text == NULL ? RWE_NO_MEMORY : RWE_OK;
    if (status == RWE_OK && !rest->broken)
        status = in->taker->source(in->taker->context, text);
    rwe_arena_release(in->scratch, mark);
    return status;
}

static enum rwe_status take_sheet(struct rwe_frames_in *in, struct rest *rest)
{
    struct rwe_mark mark = rwe_arena_mark(in->scratch);
    const char *name = get_string(rest, in->scratch);
    const char *others = get_string(rest, in->scratch);
    if (rwe_arena_failed(in->scratch))
        return RWE_NO_MEMORY;
    rest->broken = rest->broken || name == NULL || others == NULL;
    enum rwe_status status =
        rest->broken ? RWE_OK : in->taker->sheet(in->taker->context, name, others);
    rwe_arena_release(in->scratch, mark);
    return status;
}

static enum rwe_status take_failure(struct rwe_frames_in *in, const struct head *head,
                                    struct rest *rest)
{
    if (head->number == RWE_OK || head->number > RWE_IO || rest->n == 0 ||
        !is_text(rest->at, rest->n)) {
        rest->broken = true;
        return RWE_OK;
    }
    enum rwe_status status = (enum rwe_status)head->number;
    in->ended = true;
    if (in->error != NULL) {
        in->error->status = status;
        in->error->index = RWE_NO_INDEX;
        snprintf(in->error->message, sizeof in->error->message, "%.*s", (int)rest->n,
                 (const char *)rest->at);
    }
    return status;
}

static enum rwe_status take_item(struct rwe_frames_in *in, const struct head *head,
                                 struct rest *rest)
{
    switch (head->kind) {
    case ITEM_SOURCE:
        return take_source(in, rest);
    case ITEM_SHEET:
        return take_sheet(in, rest);
    case ITEM_COLUMN:
        return take_column(in, rest);
    case ITEM_NUMBER:
    case ITEM_DATE:
    case ITEM_TEXT:
        return take_cell(in, head, rest);
    case ITEM_END_ROW:
        return in->taker->end_row(in->taker->context, head->number);
    case ITEM_END:
        in->ended = true;
        return RWE_OK;
    case ITEM_FAIL:
        return take_failure(in, head, rest);
    default:
        rest->broken = true;
        return RWE_OK;
    }
}

static struct head read_head(const unsigned char *bytes)
{
    uint32_t words[2];
    memcpy(words, bytes + 1, sizeof words);
    return (struct head){bytes[0], words[0], words[1]};
}

/* Takes the whole items of these bytes; returns how many bytes they were. */
static size_t take_whole(struct rwe_frames_in *in, const unsigned char *bytes, size_t n)
{
    size_t at = 0;
    while (in->status == RWE_OK && !in->broken && !in->ended && n - at >= HEAD_SIZE) {
        struct head head = read_head(bytes + at);
        in->broken = head.length > LARGEST_ITEM;
        if (in->broken || n - at - HEAD_SIZE < head.length)
            break;
        struct rest rest = {bytes + at + HEAD_SIZE, head.length, false};
        in->status = take_item(in, &head, &rest);
        in->broken = rest.broken;
        at += HEAD_SIZE + head.length;
    }
    return at;
}

/* Keeps what is no whole item yet behind what was kept before. */
static bool keep(struct rwe_frames_in *in, const unsigned char *bytes, size_t n)
{
    unsigned char *part = rwe_arena_grow(in->scratch, in->part, &in->room, in->n + n, 1);
    if (part == NULL)
        return false;
    memcpy(part + in->n, bytes, n);
    in->part = part;
    in->n += n;
    return true;
}

void rwe_frames_take(struct rwe_frames_in *in, const unsigned char *bytes, size_t n)
{
    if (in->status != RWE_OK || in->broken || in->ended)
        return;
    if (in->n == 0) {
        size_t taken = take_whole(in, bytes, n);
        bytes += taken;
        n -= taken;
    }
    if (n > 0 && !keep(in, bytes, n)) {
        in->status = RWE_NO_MEMORY;
        return;
    }
    if (in->n > 0) {
        size_t taken = take_whole(in, in->part, in->n);
        in->n -= taken;
        memmove(in->part, in->part + taken, in->n);
    }
}
