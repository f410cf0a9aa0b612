/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Any bytes as a workbook or as a file of SPSS, Stata or SAS, read in this process and not in a child of it, so that
 * a fault is seen where it is. See README.md for how to run it.
 *
 * The first byte of the input chooses the kind; the rest is the file. Of workbooks there are two kinds: the archive
 * itself, and the XML files in it with a zero byte between them, from which an archive is made: bytes that change
 * an archive seldom get past its checksums.
 */
#include "check_table.h"

#include "input/isolate_private.h"
#include "input/statistics_private.h"
#include "input/xlsx_private.h"
#include <sys/mman.h>
#include <unistd.h>

enum kind { ARCHIVE, PARTS, SPSS, STATA, SAS, TRANSPORT, KINDS };

static const rwe_isolated_work works[] = {rwe_xlsx_work,  rwe_xlsx_work, rwe_spss_work,
                                          rwe_stata_work, rwe_sas_work,  rwe_transport_work};
static rwe_isolated_work work;

static bool detect(const unsigned char *bytes, size_t n, const struct rwe_table_options *options)
{
    (void)bytes;
    (void)n;
    (void)options;
    return true;
}

static enum rwe_status read_here(const struct rwe_reading *reading,
                                 struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate_not(reading, work, builder, error);
}

/* An archive of the XML files that stand in these bytes. */
static void *make_archive(const uint8_t *data, size_t size, size_t *n)
{
    static const char *const entries[] = {"xl/worksheets/sheet1.xml", "xl/styles.xml",
                                          "xl/sharedStrings.xml", "xl/workbook.xml",
                                          "xl/_rels/workbook.xml.rels"};
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(target);
    zip_t *archive = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
    static const char package[] = "<R/>";
    zip_file_add(archive, "_rels/.rels", zip_source_buffer(archive, package, sizeof package - 1, 0),
                 0);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const uint8_t *zero = size == 0 ? NULL : memchr(data, '\0', size);
        size_t length = zero == NULL ? size : (size_t)(zero - data);
        zip_file_add(archive, entries[i], zip_source_buffer(archive, data, length, 0), 0);
        zip_set_file_compression(archive, i + 1, ZIP_CM_STORE, 0);
        data += zero == NULL ? length : length + 1;
        size -= zero == NULL ? length : length + 1;
    }
    MUST(zip_close(archive) == 0);
    zip_stat_t about;
    zip_source_stat(target, &about);
    void *bytes = malloc(about.size);
    zip_source_open(target);
    MUST(zip_source_read(target, bytes, about.size) == (zip_int64_t)about.size);
    zip_source_close(target);
    zip_source_free(target);
    *n = about.size;
    return bytes;
}

static void read_path(const char *path)
{
    static const struct rwe_reader reader = {"any", detect, read_here, true};
    static const struct rwe_reader *const readers[] = {&reader, NULL};
    struct rwe_table_options options = rwe_table_options_default();
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_complaints complaints = {.arena = arena};
    struct rwe_error error = {0};
    struct rwe_table *table = NULL;
    options.readers = readers;
    enum rwe_status status = rwe_table_read(path, &options, arena, &table, &complaints, &error);
    MUST((status == RWE_OK) == (table != NULL));
    MUST(status == error.status && (status == RWE_OK || error.message[0] != '\0'));
    MUST(status == RWE_OK || status == RWE_BAD_INPUT || status == RWE_NO_MEMORY);
    if (table != NULL)
        check_table(table, (const size_t[]){1, UINT32_MAX}, arena);
    rwe_table_close(table);
    rwe_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    if (size == 0)
        return 0;
    enum kind kind = data[0] % KINDS;
    size_t n = size - 1;
    void *made = kind == PARTS ? make_archive(data + 1, size - 1, &n) : NULL;
    const void *bytes = made == NULL ? data + 1 : made;
    int descriptor = memfd_create("file", 0);
    if (descriptor < 0 || write(descriptor, bytes, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    work = works[kind];
    read_path(path);
    close(descriptor);
    free(made);
    return 0;
}

#ifndef RWE_LIBFUZZER
#include "statistics_file.h"
#include "workbook.h"

static void write_seed(const char *folder, const char *name, char kind, const void *bytes, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    MUST(file != NULL && fputc(kind, file) == kind && fwrite(bytes, 1, n, file) == n &&
         fclose(file) == 0);
}

static const char parts[] =
    "<w><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c "
    "t=\"inlineStr\"><is><r><t>b</t></r>"
    "</is></c><c t=\"str\"><v>c</v></c></row><row r=\"2\"><c s=\"1\"><v>44197.5</v></c><c "
    "t=\"b\"><v>1</v>"
    "</c><c t=\"e\"><v>#N/A</v></c></row><row r=\"4\"><c "
    "s=\"2\"><v>0.5</v></c><c><f>A1</f><v>2</v></c>"
    "<c r=\"C4\" t=\"d\"><v>2021-01-01T01:02:03</v></c></row></sheetData><mergeCells><mergeCell "
    "ref=\"C2:C4\"/></mergeCells></w>\0"
    "<s><numFmts><numFmt numFmtId=\"176\" "
    "formatCode=\"yyyy&quot;y&quot;\\-mm;[h]\"/></numFmts><cellXfs>"
    "<xf numFmtId=\"0\"/><xf numFmtId=\"176\"/><xf numFmtId=\"20\"/></cellXfs></s>\0"
    "<sst><si><t>a_x0041_</t><rPh><t>x</t></rPh></si></sst>\0"
    "<w><workbookPr date1904=\"0\"/><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></w>\0"
    "<R><Relationship Id=\"a\" Type=\"/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship "
    "Id=\"b\" "
    "Type=\"/styles\" Target=\"styles.xml\"/><Relationship Id=\"c\" Type=\"/sharedStrings\" "
    "Target=\"sharedStrings.xml\"/></R>";

/* A small file of each kind, with all that it can hold. */
static int write_seeds(const char *folder)
{
    static const double x[] = {1, 2, 99}, day[] = {22281, 22282, 22283};
    static const char *const words[] = {"a", "b", "对照"};
    static const struct {
        const char *name;
        enum statistics_kind kind;
        int release;
        enum kind as;
    } files[] = {{"sav", STATISTICS_SAV, 2, SPSS},       {"zsav", STATISTICS_ZSAV, 3, SPSS},
                 {"dta", STATISTICS_DTA, 118, STATA},    {"dta117", STATISTICS_DTA, 117, STATA},
                 {"dta110", STATISTICS_DTA, 110, STATA}, {"xpt5", STATISTICS_XPT, 5, TRANSPORT},
                 {"xpt8", STATISTICS_XPT, 8, TRANSPORT}, {"sas7bdat", STATISTICS_SAS7BDAT, 0, SAS}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        bool is_spss = files[i].as == SPSS;
        const struct statistics_column column[] = {
            {.name = "x",
             .label = "A number",
             .number = x,
             .value_label = {{.number = 1, .label = "one"}},
             .missing = {99},
             .n_missing = is_spss},
            {.name = "d", .number = day, .format = files[i].as == STATA ? "%td" : "DATE9"},
            {.name = "w", .text = words},
        };
        size_t n;
        void *bytes = statistics_file_bytes(
            &(struct statistics_file){files[i].kind, files[i].release, 3, 3, column}, &n);
        write_seed(folder, files[i].name, (char)files[i].as, bytes, n);
        free(bytes);
    }
    const struct workbook workbook = {
        .sheet = {{.name = "S",
                   .rows = "<row><c t=\"str\"><v>a</v></c></row><row><c><v>1</v></c></row>"}}};
    size_t n;
    void *bytes = workbook_bytes(&workbook, &n);
    write_seed(folder, "xlsx", ARCHIVE, bytes, n);
    write_seed(folder, "parts", PARTS, parts, sizeof parts - 1);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    bool makes_seeds = argc == 3 && strcmp(argv[1], "--seeds") == 0;
    return makes_seeds ? write_seeds(argv[2]) : read_each(argc - 1, argv + 1);
}
#endif
