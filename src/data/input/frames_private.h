/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What a reader in a process of its own tells the one that asked for the file (isolate_private.h): columns, cells,
 * ends of rows, and how it ended, as items one after the other. An item is its kind (one byte), a number (its
 * column, or its line in the file), the length of what follows, and that many bytes.
 *
 * The side that takes items in believes nothing: an item that is not as it must be is an error and nothing worse.
 */
#ifndef RWE_DATA_FRAMES_PRIVATE_H
#define RWE_DATA_FRAMES_PRIVATE_H

#include "rwe/data/reader.h"

/** Items on their way out. */
struct rwe_frames {
    unsigned char *bytes; /**< of `size`; *n of them wait */
    size_t n, size;
    void (*send)(void *to, const unsigned char *bytes, size_t n); /**< called when they are many */
    void *to;
};

/** What was read, for rwe_table_source. */
void rwe_frames_source(struct rwe_frames *frames, const char *text);

/** Which of several sheets was read because none was named; `others` lists them. */
void rwe_frames_sheet(struct rwe_frames *frames, const char *name, const char *others);

/** The next column. */
void rwe_frames_column(struct rwe_frames *frames, const struct rwe_column_info *info);

/** The cells of a row, by column; those that are missing are left out. */
void rwe_frames_number(struct rwe_frames *frames, size_t column, double number);
void rwe_frames_date(struct rwe_frames *frames, size_t column, double days);
void rwe_frames_text(struct rwe_frames *frames, size_t column, const char *text, size_t length);

/** Ends a row, as rwe_table_builder_end_row. */
void rwe_frames_end_row(struct rwe_frames *frames, size_t line);

/** The last item: all is told, or why it is not. */
void rwe_frames_end(struct rwe_frames *frames);
void rwe_frames_fail(struct rwe_frames *frames, const struct rwe_error *error);

/** A cell as it comes in. */
struct rwe_frame_cell {
    size_t column;
    enum rwe_column_kind kind; /**< text, number or date */
    double number;
    const char *text; /**< valid during the call, not ended by '\0' */
    size_t length;
};

/** Who is told of what comes in. After a failure of its own, nobody is told any more. */
struct rwe_frames_taker {
    void *context;
    enum rwe_status (*column)(void *context, const struct rwe_column_info *info);
    enum rwe_status (*cell)(void *context, const struct rwe_frame_cell *cell);
    enum rwe_status (*end_row)(void *context, size_t line);
    enum rwe_status (*source)(void *context, const char *text);
    enum rwe_status (*sheet)(void *context, const char *name, const char *others);
};

/** Items on their way in. */
struct rwe_frames_in {
    const struct rwe_frames_taker *taker;
    struct rwe_arena *scratch;
    unsigned char *part; /**< an item that is not whole yet, in scratch */
    size_t n, room;
    bool ended;              /**< the last item has come */
    bool broken;             /**< what came is no item */
    enum rwe_status status;  /**< of the taker, or as the last item says */
    struct rwe_error *error; /**< filled by the last item */
};

/** Takes n bytes more in. */
void rwe_frames_take(struct rwe_frames_in *in, const unsigned char *bytes, size_t n);

#endif
