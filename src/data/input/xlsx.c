/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The workbook: its archive, which parts it has, and which of its sheets is read. */
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include "xlsx_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the archive ---- */

/* Zip archives that are no workbook of the kind that is read, by an entry that they hold. */
static const struct {
    const char *entry, *sentence;
} others[] = {
    {"xl/workbook.bin", N_("is a binary Excel workbook (.xlsb): open it and save it as .xlsx")},
    {"word/document.xml",
     N_("is a Word document (.docx): copy its table into a workbook, or save it as \"CSV UTF-8\"")},
    {"ppt/presentation.xml", N_("is a PowerPoint file (.pptx): copy its table into a workbook, or "
                                "save it as \"CSV UTF-8\"")},
    {"Index/Document.iwa", N_("is a Numbers or Pages document: export it as .xlsx or CSV")},
};

static enum rwe_status fail(const struct rwe_xlsx *book, const char *sentence)
{
    return rwe_fail(book->error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: %s", book->name,
                    rwe_message(sentence));
}

static bool has_entry(const struct rwe_xlsx *book, const char *entry)
{
    return zip_name_locate(book->archive, entry, ZIP_FL_NOCASE) >= 0;
}

static enum rwe_status check_kind(const struct rwe_xlsx *book)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_entry(book, others[i].entry))
            return fail(book, others[i].sentence);
    return has_entry(book, "_rels/.rels")
               ? RWE_OK
               : fail(book,
                      N_("is a zip archive and no workbook: unpack it, and name the table in it"));
}

static enum rwe_status open_archive(struct rwe_xlsx *book, struct rwe_bytes file)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(file.at, file.n, 0, &why);
    if (source != NULL)
        book->archive = zip_open_from_source(source, ZIP_RDONLY, &why);
    bool no_memory = zip_error_code_zip(&why) == ZIP_ER_MEMORY;
    zip_error_fini(&why);
    if (book->archive != NULL)
        return RWE_OK;
    zip_source_free(source);
    return no_memory ? rwe_fail_memory(book->error)
                     : fail(book, N_("is cut short or damaged: copy it again, or open it in a "
                                     "spreadsheet and save it again"));
}

/* ---- relations ---- */

/* One part of a workbook names others in a file beside it, by an identifier and a kind. */
struct relations {
    struct rwe_xlsx *book;
    const char *folder; /* that places count from, with a slash at its end */
    const char *workbook;
    enum rwe_status (*found)(struct relations *relations, const char *id, const char *kind,
                             const char *entry);
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* "/xl/styles.xml", or "styles.xml" and "../xl/styles.xml" from the folder. */
static const char *entry_of(const struct relations *relations, const char *target)
{
    struct rwe_arena *arena = relations->book->arena;
    size_t n = strlen(relations->folder);
    if (target[0] == '/')
        return rwe_arena_string(arena, target + 1);
    for (; strncmp(target, "../", 3) == 0 && n > 0; target += 3)
        for (n--; n > 0 && relations->folder[n - 1] != '/'; n--)
            ;
    if (strncmp(target, "./", 2) == 0)
        target += 2;
    return rwe_arena_format(arena, "%.*s%s", (int)n, relations->folder, target);
}

static enum rwe_status start_relation(void *context, const char *name,
                                      const char *const attributes[])
{
    struct relations *relations = context;
    const char *id = rwe_xml_attribute(attributes, "Id");
    const char *kind = rwe_xml_attribute(attributes, "Type");
    const char *target = rwe_xml_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || id == NULL || kind == NULL || target == NULL)
        return RWE_OK;
    const char *entry = entry_of(relations, target);
    return entry == NULL ? rwe_fail_memory(relations->book->error)
                         : relations->found(relations, id, kind, entry);
}

static enum rwe_status read_relations(struct relations *relations, const char *entry)
{
    const struct rwe_xml_taker taker = {relations, start_relation, NULL, NULL};
    return rwe_xlsx_parse(relations->book, entry, &taker);
}

static enum rwe_status found_of_package(struct relations *relations, const char *id,
                                        const char *kind, const char *entry)
{
    (void)id;
    if (relations->workbook == NULL && ends_with(kind, "/officeDocument"))
        relations->workbook = entry;
    return RWE_OK;
}

static enum rwe_status found_of_workbook(struct relations *relations, const char *id,
                                         const char *kind, const char *entry)
{
    struct rwe_xlsx *book = relations->book;
    if (ends_with(kind, "/styles"))
        book->styles = entry;
    else if (ends_with(kind, "/sharedStrings"))
        book->string_table = entry;
    for (size_t i = 0; i < book->n_sheets && ends_with(kind, "/worksheet"); i++)
        if (strcmp(book->sheet[i].relation, id) == 0)
            book->sheet[i].entry = entry;
    return RWE_OK;
}

/* ---- the workbook ---- */

static bool is_true(const char *value)
{
    return value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
}

static enum rwe_status add_sheet(struct rwe_xlsx *book, const char *const attributes[])
{
    const char *name = rwe_xml_attribute(attributes, "name");
    const char *relation = rwe_xml_attribute(attributes, "id");
    const char *state = rwe_xml_attribute(attributes, "state");
    if (name == NULL || relation == NULL)
        return RWE_OK;
    book->sheet = rwe_arena_grow(book->arena, book->sheet, &book->room_for_sheets,
                                 book->n_sheets + 1, sizeof *book->sheet);
    if (book->sheet == NULL)
        return rwe_fail_memory(book->error);
    book->sheet[book->n_sheets++] = (struct rwe_xlsx_sheet){
        .name = rwe_arena_string(book->arena, name),
        .relation = rwe_arena_string(book->arena, relation),
        .is_hidden = state != NULL && strcmp(state, "visible") != 0,
    };
    return rwe_arena_failed(book->arena) ? rwe_fail_memory(book->error) : RWE_OK;
}

static enum rwe_status start_workbook(void *context, const char *name,
                                      const char *const attributes[])
{
    struct rwe_xlsx *book = context;
    if (strcmp(name, "workbookPr") == 0)
        book->from_1904 = is_true(rwe_xml_attribute(attributes, "date1904"));
    return strcmp(name, "sheet") == 0 ? add_sheet(book, attributes) : RWE_OK;
}

/* Where the relations of an entry stand, and its folder: xl/workbook.xml has xl/_rels/workbook.xml.rels. */
static enum rwe_status find_relations(struct relations *relations, const char *entry,
                                      const char **of)
{
    struct rwe_arena *arena = relations->book->arena;
    const char *slash = strrchr(entry, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash + 1 - entry);
    relations->folder = rwe_arena_substring(arena, entry, n);
    *of = rwe_arena_format(arena, "%.*s_rels/%s.rels", (int)n, entry, entry + n);
    return rwe_arena_failed(arena) ? rwe_fail_memory(relations->book->error) : RWE_OK;
}

static enum rwe_status read_parts(struct rwe_xlsx *book)
{
    struct relations relations = {.book = book, .folder = "", .found = found_of_package};
    const struct rwe_xml_taker taker = {book, start_workbook, NULL, NULL};
    const char *entry = NULL;
    enum rwe_status status = read_relations(&relations, "_rels/.rels");
    const char *workbook = relations.workbook == NULL ? "xl/workbook.xml" : relations.workbook;
    if (status == RWE_OK)
        status = rwe_xlsx_parse(book, workbook, &taker);
    if (status == RWE_OK)
        status = find_relations(&relations, workbook, &entry);
    relations.found = found_of_workbook;
    if (status == RWE_OK)
        status = read_relations(&relations, entry);
    if (status == RWE_OK)
        status = rwe_xlsx_read_styles(book);
    return status == RWE_OK ? rwe_xlsx_read_strings(book) : status;
}

/* ---- the sheet ---- */

static enum rwe_status tell_source(const struct rwe_xlsx *book, const struct rwe_xlsx_sheet *sheet)
{
    const char *source = rwe_arena_format(book->arena, "xlsx, sheet \"%s\"", sheet->name);
    if (source == NULL)
        return rwe_fail_memory(book->error);
    rwe_frames_source(book->out, source);
    return RWE_OK;
}

/* By its name, or else by its number. */
static const struct rwe_xlsx_sheet *find_sheet(const struct rwe_xlsx *book, const char *asked)
{
    double number;
    for (size_t i = 0; i < book->n_sheets; i++)
        if (strcmp(book->sheet[i].name, asked) == 0)
            return &book->sheet[i];
    if (rwe_number_parse(asked, strlen(asked), &number) && number >= 1 &&
        number <= (double)book->n_sheets && number == floor(number))
        return &book->sheet[(size_t)number - 1];
    return NULL;
}

static const char *join_names(const struct rwe_xlsx *book)
{
    enum { SHOWN = 12 };
    size_t n = book->n_sheets < SHOWN ? book->n_sheets : SHOWN;
    struct rwe_strings names = {RWE_NEW(book->arena, const char *, n), n};
    for (size_t i = 0; names.item != NULL && i < n; i++)
        names.item[i] = rwe_arena_format(book->arena, "\"%s\"", book->sheet[i].name);
    const char *joined =
        rwe_arena_failed(book->arena) ? NULL : rwe_text_join(book->arena, names, ", ");
    return joined == NULL ? "" : joined;
}

static enum rwe_status tell_asked(const struct rwe_xlsx *book, const char *asked)
{
    size_t n;
    const struct rwe_xlsx_sheet *sheet = find_sheet(book, asked);
    if (sheet == NULL)
        return rwe_fail(book->error, RWE_USAGE, RWE_NO_INDEX,
                        "%s: has no sheet \"%s\": its sheets are %s", book->name, asked,
                        join_names(book));
    if (sheet->entry == NULL)
        return rwe_fail(book->error, RWE_USAGE, RWE_NO_INDEX,
                        "%s: sheet \"%s\" is a chart and holds no cells: its sheets are %s",
                        book->name, sheet->name, join_names(book));
    enum rwe_status status = tell_source(book, sheet);
    return status == RWE_OK ? rwe_xlsx_tell_rows(book, sheet, &n) : status;
}

static size_t count_shown(const struct rwe_xlsx *book)
{
    size_t n = 0;
    for (size_t i = 0; i < book->n_sheets; i++)
        n += !book->sheet[i].is_hidden && book->sheet[i].entry != NULL;
    return n;
}

/* The first that shows and holds anything. */
static enum rwe_status tell_first(const struct rwe_xlsx *book)
{
    size_t n = 0;
    enum rwe_status status = RWE_OK;
    const struct rwe_xlsx_sheet *read = NULL;
    for (size_t i = 0; status == RWE_OK && n == 0 && i < book->n_sheets; i++) {
        const struct rwe_xlsx_sheet *sheet = &book->sheet[i];
        if (sheet->is_hidden || sheet->entry == NULL)
            continue;
        status = rwe_xlsx_tell_rows(book, sheet, &n);
        read = sheet;
    }
    if (status != RWE_OK || n == 0)
        return status;
    if (count_shown(book) > 1)
        rwe_frames_sheet(book->out, read->name, join_names(book));
    return tell_source(book, read);
}

enum rwe_status rwe_xlsx_work(const struct rwe_reading *reading, struct rwe_bytes file,
                              struct rwe_frames *out, struct rwe_error *error)
{
    struct rwe_xlsx book = {.reading = reading,
                            .name = rwe_stream_name(reading->stream),
                            .arena = reading->scratch,
                            .out = out,
                            .error = error};
    const char *asked = reading->options->sheet;
    enum rwe_status status = open_archive(&book, file);
    if (status == RWE_OK)
        status = check_kind(&book);
    if (status == RWE_OK)
        status = read_parts(&book);
    if (status == RWE_OK)
        status = asked == NULL ? tell_first(&book) : tell_asked(&book, asked);
    free(book.strings.text.at);
    free(book.strings.end);
    if (book.archive != NULL)
        zip_discard(book.archive);
    return status;
}

/* ---- the reader ---- */

static bool detect(const unsigned char *bytes, size_t n, const struct rwe_table_options *options)
{
    static const char zip[] = "PK\003\004", empty[] = "PK\005\006", ods[] = "mimetypeapplication/";
    (void)options;
    if (n < 4 || (memcmp(bytes, zip, 4) != 0 && memcmp(bytes, empty, 4) != 0))
        return false;
    return n < 30 + strlen(ods) || memcmp(bytes + 30, ods, strlen(ods)) != 0;
}

static enum rwe_status read(const struct rwe_reading *reading, struct rwe_table_builder *builder,
                            struct rwe_error *error)
{
    return rwe_isolate(reading, rwe_xlsx_work, builder, error);
}

const struct rwe_reader rwe_xlsx_reader = {"xlsx", detect, read, .has_sheets = true};
