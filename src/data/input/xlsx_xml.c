/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An entry of the archive through expat. This is the only file that knows it. */
#include "rwe/base/language.h"
#include "xlsx_private.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64, PIECE = 64 * 1024 };

/* Unfolded bytes that are always allowed; beyond them, a hundred for each of the archive. Sheets of one repeated row
 * reach thirty. */
#define ALLOWED ((zip_uint64_t)64 * 1024 * 1024)
enum { UNFOLDS = 100 };

struct parse {
    const struct rwe_xml_taker *taker;
    XML_Parser parser;
    enum rwe_status status; /* of the taker */
    size_t depth;
    bool refused; /* for what no workbook holds */
};

/* "x:row" is "row": some programs give every name a prefix. */
static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

const char *rwe_xml_attribute(const char *const attributes[], const char *name)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        if (strcmp(local(attributes[i]), name) == 0)
            return attributes[i + 1];
    return NULL;
}

static void stop(struct parse *parse)
{
    XML_StopParser(parse->parser, XML_FALSE);
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct parse *parse = context;
    if (parse->status != RWE_OK || parse->refused)
        return;
    if (++parse->depth > DEEPEST)
        parse->refused = true;
    else
        parse->status = parse->taker->start(parse->taker->context, local(name),
                                            (const char *const *)attributes);
    if (parse->refused || parse->status != RWE_OK)
        stop(parse);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct parse *parse = context;
    if (parse->status != RWE_OK || parse->refused)
        return;
    parse->depth--;
    if (parse->taker->end != NULL)
        parse->status = parse->taker->end(parse->taker->context, local(name));
    if (parse->status != RWE_OK)
        stop(parse);
}

static void XMLCALL on_text(void *context, const XML_Char *text, int n)
{
    struct parse *parse = context;
    if (parse->status != RWE_OK || parse->refused || parse->taker->text == NULL)
        return;
    parse->status = parse->taker->text(parse->taker->context, text, (size_t)n);
    if (parse->status != RWE_OK)
        stop(parse);
}

/* Entities are declared in a document type, and can unfold to any size. */
static void XMLCALL on_document_type(void *context, const XML_Char *name, const XML_Char *system,
                                     const XML_Char *public, int has_subset)
{
    struct parse *parse = context;
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    parse->refused = true;
    stop(parse);
}

enum rwe_status rwe_xlsx_damaged(const struct rwe_xlsx *book, const char *entry)
{
    return rwe_fail(book->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: is damaged (%s): open it in a spreadsheet and save it again, or as \"CSV "
                    "UTF-8\"",
                    book->name, entry);
}

static enum rwe_status fail_parse(const struct rwe_xlsx *book, const char *entry,
                                  const struct parse *parse)
{
    if (parse->status != RWE_OK)
        return parse->status;
    if (XML_GetErrorCode(parse->parser) == XML_ERROR_NO_MEMORY)
        return rwe_fail_memory(book->error);
    return rwe_xlsx_damaged(book, entry);
}

static enum rwe_status fail_size(const struct rwe_xlsx *book)
{
    return rwe_fail(
        book->error, RWE_BAD_INPUT, RWE_NO_INDEX,
        "%s: unfolds to far more than a file of its size holds: it is damaged, or made to do "
        "harm; save the table as \"CSV UTF-8\"",
        book->name);
}

static enum rwe_status feed(const struct rwe_xlsx *book, const char *entry, zip_file_t *file,
                            zip_uint64_t most, const struct parse *parse)
{
    zip_uint64_t total = 0;
    for (;;) {
        void *piece = XML_GetBuffer(parse->parser, PIECE);
        if (piece == NULL)
            return rwe_fail_memory(book->error);
        zip_int64_t n = zip_fread(file, piece, PIECE);
        if (n < 0)
            return rwe_xlsx_damaged(book, entry);
        total += (zip_uint64_t)n;
        if (total > most)
            return fail_size(book);
        if (XML_ParseBuffer(parse->parser, (int)n, n == 0) != XML_STATUS_OK)
            return fail_parse(book, entry, parse);
        if (n == 0)
            return RWE_OK;
    }
}

static enum rwe_status open_entry(const struct rwe_xlsx *book, const char *entry, zip_file_t **file,
                                  zip_uint64_t *most)
{
    zip_stat_t about;
    zip_int64_t at = zip_name_locate(book->archive, entry, ZIP_FL_NOCASE);
    if (at < 0 || zip_stat_index(book->archive, (zip_uint64_t)at, 0, &about) != 0)
        return rwe_xlsx_damaged(book, entry);
    *most = about.comp_size > ALLOWED / UNFOLDS ? UNFOLDS * about.comp_size : ALLOWED;
    if (about.size > *most)
        return fail_size(book);
    *file = zip_fopen_index(book->archive, (zip_uint64_t)at, 0);
    if (*file != NULL)
        return RWE_OK;
    int why = zip_error_code_zip(zip_get_error(book->archive));
    if (why == ZIP_ER_NOPASSWD)
        return rwe_fail(book->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is protected by a password: open it and save it without one",
                        book->name);
    return why == ZIP_ER_MEMORY ? rwe_fail_memory(book->error) : rwe_xlsx_damaged(book, entry);
}

enum rwe_status rwe_xlsx_parse(const struct rwe_xlsx *book, const char *entry,
                               const struct rwe_xml_taker *taker)
{
    struct parse parse = {.taker = taker};
    zip_file_t *file;
    zip_uint64_t most = 0;
    enum rwe_status status = open_entry(book, entry, &file, &most);
    if (status != RWE_OK)
        return status;
    parse.parser = XML_ParserCreate(NULL);
    if (parse.parser == NULL) {
        zip_fclose(file);
        return rwe_fail_memory(book->error);
    }
    XML_SetUserData(parse.parser, &parse);
    XML_SetElementHandler(parse.parser, on_start, on_end);
    XML_SetCharacterDataHandler(parse.parser, on_text);
    XML_SetStartDoctypeDeclHandler(parse.parser, on_document_type);
    status = feed(book, entry, file, most, &parse);
    XML_ParserFree(parse.parser);
    zip_fclose(file);
    return status;
}

bool rwe_xlsx_holds(const struct rwe_xlsx *book, const char *entry, const char *word)
{
    static char piece[PIECE];
    const size_t overlap = strlen(word) - 1;
    zip_int64_t at = zip_name_locate(book->archive, entry, ZIP_FL_NOCASE);
    zip_file_t *file = at < 0 ? NULL : zip_fopen_index(book->archive, (zip_uint64_t)at, 0);
    bool found = false;
    size_t kept = 0; /* of the piece before */
    while (file != NULL && !found) {
        zip_int64_t n = zip_fread(file, piece + kept, PIECE - kept);
        if (n <= 0)
            break;
        size_t end = kept + (size_t)n;
        found = memmem(piece, end, word, overlap + 1) != NULL;
        kept = end < overlap ? end : overlap;
        memmove(piece, piece + end - kept, kept);
    }
    if (file != NULL)
        zip_fclose(file);
    return found;
}

/* ---- text ---- */

enum rwe_status rwe_xlsx_add_text(const struct rwe_xlsx *book, struct rwe_xlsx_text *text,
                                  const char *more, size_t n)
{
    if (text->n + n + 1 > text->room) {
        size_t room = 2 * (text->n + n + 1);
        char *at = realloc(text->at, room); /* not in an arena: large ones grow without a copy */
        if (at == NULL)
            return rwe_fail_memory(book->error);
        text->at = at;
        text->room = room;
    }
    memcpy(text->at + text->n, more, n);
    text->n += n;
    text->at[text->n] = '\0';
    return RWE_OK;
}

/* The character that "_xHHHH_" stands for, or 0. */
static unsigned escaped(const char *at, size_t n)
{
    unsigned character = 0;
    if (n < 7 || at[0] != '_' || at[1] != 'x' || at[6] != '_')
        return 0;
    for (int i = 2; i < 6; i++) {
        static const char digits[] = "0123456789ABCDEFabcdef";
        const char *digit = strchr(digits, at[i]);
        if (digit == NULL || *digit == '\0')
            return 0;
        unsigned value = (unsigned)(digit - digits);
        character = 16 * character + (value < 16 ? value : value - 6);
    }
    bool is_surrogate = character >= 0xd800 && character < 0xe000;
    return is_surrogate ? 0 : character;
}

static size_t write_utf8(unsigned c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

void rwe_xlsx_unescape(char *text, size_t *n)
{
    if (memmem(text, *n, "_x", 2) == NULL)
        return;
    size_t to = 0;
    for (size_t from = 0; from < *n;) {
        unsigned character = escaped(text + from, *n - from);
        if (character == 0) {
            text[to++] = text[from++];
            continue;
        }
        to += write_utf8(character, text + to);
        from += 7;
    }
    *n = to;
}
