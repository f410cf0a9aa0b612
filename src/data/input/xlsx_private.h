/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Workbooks as Excel, WPS and LibreOffice save them (Office Open XML, ISO/IEC 29500-1:2016, part 18): a zip archive of
 * XML files. All of this runs in the child of isolate_private.h; what it holds lives in the scratch of the reading,
 * or as long as the child.
 */
#ifndef RWE_DATA_XLSX_PRIVATE_H
#define RWE_DATA_XLSX_PRIVATE_H

#include "isolate_private.h"
#include <zip.h>

/** More than these no sheet has, and no cell (ISO/IEC 29500-1; "Excel specifications and limits", Microsoft). */
enum { RWE_XLSX_COLUMNS = 16384, RWE_XLSX_ROWS = 1048576, RWE_XLSX_CELL_BYTES = 4 * 32767 };

/** How the number of a cell is shown. */
enum rwe_xlsx_shown {
    RWE_XLSX_NUMBER,
    RWE_XLSX_DATE,   /**< with a day, month or year */
    RWE_XLSX_TIME,   /**< only as time of day, 08:30; from 1 on it has a date too */
    RWE_XLSX_ELAPSED /**< as hours, minutes or seconds that do not end at midnight: [h]:mm */
};

/** A text that grows. */
struct rwe_xlsx_text {
    char *at;
    size_t n, room;
};

/** The texts that cells refer to by number. */
struct rwe_xlsx_strings {
    struct rwe_xlsx_text text;
    size_t *end; /**< of each in it */
    size_t n, room;
};

/** A sheet as the workbook lists it. */
struct rwe_xlsx_sheet {
    const char *name;
    const char *relation; /**< the name of its place */
    const char *entry;    /**< of the archive; NULL: it is no sheet of cells but a chart */
    bool is_hidden;
};

struct rwe_xlsx {
    const struct rwe_reading *reading;
    const char *name; /**< of the file, for messages */
    struct rwe_arena *arena;
    struct rwe_frames *out;
    struct rwe_error *error;
    zip_t *archive;
    struct rwe_xlsx_sheet *sheet;
    size_t n_sheets, room_for_sheets;
    bool from_1904;             /**< days count from 1904-01-01 */
    const char *styles;         /**< their entries; NULL: there is none */
    const char *string_table;   /**< as above, of shared strings */
    enum rwe_xlsx_shown *shown; /**< by style */
    size_t n_styles, room_for_styles;
    struct rwe_xlsx_strings strings;
};

/* ---- XML ---- */

/** What is told of an XML file. Names are without their prefix. A status other than RWE_OK, with the error of the
 * workbook filled, ends the reading. */
struct rwe_xml_taker {
    void *context;
    enum rwe_status (*start)(void *context, const char *name, const char *const attributes[]);
    enum rwe_status (*end)(void *context, const char *name);
    enum rwe_status (*text)(void *context, const char *text, size_t n);
};

/** Reads an entry of the archive. RWE_BAD_INPUT: it is missing, damaged, no XML, holds a document type (where
 * entities are declared), or unfolds to more than a hundred times its size. */
enum rwe_status rwe_xlsx_parse(const struct rwe_xlsx *book, const char *entry,
                               const struct rwe_xml_taker *taker);

/** Whether an entry that can be read holds a word: far quicker than parsing it. */
bool rwe_xlsx_holds(const struct rwe_xlsx *book, const char *entry, const char *word);

/** The value of an attribute, with any prefix; NULL when it is not there. */
const char *rwe_xml_attribute(const char *const attributes[], const char *name);

/** "<file>: is damaged (<entry>): …" */
enum rwe_status rwe_xlsx_damaged(const struct rwe_xlsx *book, const char *entry);

/** Adds to a text. RWE_BAD_INPUT when it becomes larger than any cell, RWE_NO_MEMORY. */
enum rwe_status rwe_xlsx_add_text(const struct rwe_xlsx *book, struct rwe_xlsx_text *text,
                                  const char *more, size_t n);

/** Turns _x000D_ and the like, by which Excel writes what XML cannot hold, into the characters meant. */
void rwe_xlsx_unescape(char *text, size_t *n);

/* ---- its parts ---- */

/** Reads the styles: how numbers are shown. */
enum rwe_status rwe_xlsx_read_styles(struct rwe_xlsx *book);

/** How a format shows numbers: "yyyy\-mm\-dd", "0.0%". */
enum rwe_xlsx_shown rwe_xlsx_shown_by(const char *format);

/** Reads the shared strings. */
enum rwe_status rwe_xlsx_read_strings(struct rwe_xlsx *book);

/** An area of cells that were merged into one, from 0. */
struct rwe_xlsx_area {
    size_t top, left, bottom, right;
};

/** The cell that "AB12" names, from 0; false: it names none. */
bool rwe_xlsx_place(const char *reference, size_t *row, size_t *column);

/** The merged areas of a sheet, by row. */
enum rwe_status rwe_xlsx_read_areas(const struct rwe_xlsx *book, const char *entry,
                                    struct rwe_xlsx_area **area, size_t *n);

/** Tells the rows of a sheet that hold a value; *n of them. */
enum rwe_status rwe_xlsx_tell_rows(const struct rwe_xlsx *book, const struct rwe_xlsx_sheet *sheet,
                                   size_t *n);

/** The work of the child: the whole workbook. */
enum rwe_status rwe_xlsx_work(const struct rwe_reading *reading, struct rwe_bytes file,
                              struct rwe_frames *out, struct rwe_error *error);

#endif
