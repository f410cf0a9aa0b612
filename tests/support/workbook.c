/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "workbook.h"

#include "rwe/base/date.h"
#include "rwe/base/number.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

void *workbook_zip(const struct workbook_part parts[], size_t n, size_t *size)
{
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    assert_non_null(target);
    zip_source_keep(target);
    zip_t *archive = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
    assert_non_null(archive);
    for (size_t i = 0; i < n; i++) {
        size_t bytes = parts[i].n == 0 ? strlen(parts[i].bytes) : parts[i].n;
        zip_source_t *source = zip_source_buffer(archive, parts[i].bytes, bytes, 0);
        assert_true(zip_file_add(archive, parts[i].entry, source, 0) >= 0);
    }
    assert_int_equal(zip_close(archive), 0);
    zip_stat_t about;
    assert_int_equal(zip_source_open(target), 0);
    assert_int_equal(zip_source_stat(target, &about), 0);
    char *file = malloc(about.size);
    assert_int_equal(zip_source_read(target, file, about.size), about.size);
    zip_source_close(target);
    zip_source_free(target);
    *size = about.size;
    return file;
}

/* ---- its parts ---- */

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
#define SPREADSHEET "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define RELATIONS                                                                                  \
    HEAD "<Relationships "                                                                         \
         "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"

static const char package[] = RELATIONS "<Relationship Id=\"rId1\" Type=\"" OFFICE
                                        "/officeDocument\" Target=\"xl/workbook.xml\"/>"
                                        "</Relationships>";

static const char types[] =
    HEAD "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";

static void write_workbook(const struct workbook *workbook, FILE *list, FILE *relations)
{
    fprintf(list, HEAD "<workbook " SPREADSHEET " xmlns:r=\"" OFFICE "\">");
    if (workbook->from_1904)
        fprintf(list, "<workbookPr date1904=\"1\"/>");
    fprintf(list, "<sheets>");
    fprintf(relations, RELATIONS);
    for (size_t i = 0; i < 4 && workbook->sheet[i].name != NULL; i++) {
        const char *state = workbook->sheet[i].state;
        fprintf(list, "<sheet name=\"%s\" sheetId=\"%zu\" r:id=\"rId%zu\" state=\"%s\"/>",
                workbook->sheet[i].name, i + 1, i + 1, state == NULL ? "visible" : state);
        fprintf(relations,
                "<Relationship Id=\"rId%zu\" Type=\"" OFFICE
                "/worksheet\" Target=\"worksheets/sheet%zu.xml\"/>",
                i + 1, i + 1);
    }
    fprintf(relations, "<Relationship Id=\"rId8\" Type=\"" OFFICE
                       "/styles\" Target=\"styles.xml\"/><Relationship Id=\"rId9\" Type=\"" OFFICE
                       "/sharedStrings\" Target=\"/xl/sharedStrings.xml\"/></Relationships>");
    fprintf(list, "</sheets></workbook>");
}

static const char *or_nothing(const char *text)
{
    return text == NULL ? "" : text;
}

void *workbook_bytes(const struct workbook *workbook, size_t *size)
{
    static const char *const entries[] = {
        "[Content_Types].xml",        "_rels/.rels",   "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml",
    };
    enum { FIXED = 6, MOST = FIXED + 4 };
    struct workbook_part part[MOST];
    char *text[MOST], *name[MOST] = {NULL};
    size_t length[MOST], n = FIXED;
    FILE *file[MOST];
    for (size_t i = 0; i < MOST; i++)
        file[i] = open_memstream(&text[i], &length[i]);
    fputs(types, file[0]);
    fputs(package, file[1]);
    write_workbook(workbook, file[2], file[3]);
    fprintf(file[4],
            HEAD "<styleSheet " SPREADSHEET
                 "><numFmts>%s</numFmts><cellStyleXfs><xf numFmtId=\"14\"/>"
                 "</cellStyleXfs><cellXfs><xf numFmtId=\"0\"/>%s</cellXfs></styleSheet>",
            or_nothing(workbook->formats), or_nothing(workbook->styles));
    fprintf(file[5], HEAD "<sst " SPREADSHEET ">%s</sst>", or_nothing(workbook->strings));
    for (; n < MOST && workbook->sheet[n - FIXED].name != NULL; n++) {
        const struct workbook_sheet *sheet = &workbook->sheet[n - FIXED];
        fprintf(file[n], HEAD "<worksheet " SPREADSHEET "><sheetData>%s</sheetData>%s</worksheet>",
                or_nothing(sheet->rows), or_nothing(sheet->after));
        assert_true(asprintf(&name[n], "xl/worksheets/sheet%zu.xml", n - FIXED + 1) > 0);
    }
    for (size_t i = 0; i < MOST; i++) {
        fclose(file[i]);
        part[i] = (struct workbook_part){i < FIXED ? entries[i] : name[i], text[i], length[i]};
    }
    void *bytes = workbook_zip(part, n, size);
    for (size_t i = 0; i < MOST; i++) {
        free(text[i]);
        free(name[i]);
    }
    return bytes;
}

/* ---- of a cohort ---- */

static void write_escaped(const char *text, FILE *to)
{
    for (; *text != '\0'; text++) {
        if (*text == '<' || *text == '&')
            fprintf(to, "&#%d;", *text);
        else
            fputc(*text, to);
    }
}

/* Returns whether it took the next shared string. */
static bool write_cell(const char *text, size_t string, FILE *row)
{
    double number;
    int32_t day;
    size_t n = strlen(text);
    bool is_number = rwe_number_parse(text, n, &number);
    if (n == 0)
        fprintf(row, "<c/>");
    else if (is_number)
        fprintf(row, "<c><v>%s</v></c>", text);
    else if (rwe_date_parse(text, n, &day))
        fprintf(row, "<c s=\"1\"><v>%d</v></c>", day + 25569);
    else
        fprintf(row, "<c t=\"s\"><v>%zu</v></c>", string);
    return n > 0 && !is_number && !rwe_date_parse(text, n, &day);
}

static void write_rows(const struct design_csv *csv, size_t *string, FILE *row, FILE *list)
{
    for (size_t i = 0; i <= csv->n_rows; i++) {
        fprintf(row, "<row>");
        for (size_t j = 0; j < csv->n_columns; j++) {
            const char *text = i == 0 ? csv->name[j] : csv->field[(i - 1) * csv->n_columns + j];
            if (!write_cell(text, *string, row))
                continue;
            ++*string;
            fprintf(list, "<si><t>");
            write_escaped(text, list);
            fprintf(list, "</t></si>");
        }
        fprintf(row, "</row>");
    }
}

void *workbook_of_csv(const struct design_csv csv[], size_t n, size_t *size)
{
    static const char *const names[] = {"Sheet1", "Sheet2", "Sheet3", "Sheet4"};
    struct workbook workbook = {.styles = "<xf numFmtId=\"14\"/>"};
    char *rows[4], *strings;
    size_t length, string = 0;
    FILE *list = open_memstream(&strings, &length);
    for (size_t s = 0; s < n; s++) {
        FILE *row = open_memstream(&rows[s], &length);
        write_rows(&csv[s], &string, row, list);
        fclose(row);
        workbook.sheet[s] = (struct workbook_sheet){.name = names[s], .rows = rows[s]};
    }
    fclose(list);
    workbook.strings = strings;
    void *bytes = workbook_bytes(&workbook, size);
    for (size_t s = 0; s < n; s++)
        free(rows[s]);
    free(strings);
    return bytes;
}
