/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workbooks. Day numbers: 44197 is 2021-01-01, as Excel shows it; the others follow by counting. */
#include "check.h"

#include "input/xlsx_private.h"
#include "table_text.h"
#include "workbook.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table_text read_workbook(const struct workbook *workbook, const char *sheet)
{
    struct rwe_table_options options = rwe_table_options_default();
    size_t size;
    options.sheet = sheet;
    void *bytes = workbook_bytes(workbook, &size);
    struct table_text read = table_text_read(bytes, size, &options);
    free(bytes);
    return read;
}

/* One sheet of these rows, with these styles. */
static struct table_text read_styled(const char *rows, const char *styles)
{
    const struct workbook workbook = {.sheet = {{.name = "S", .rows = rows}}, .styles = styles};
    return read_workbook(&workbook, NULL);
}

static struct table_text read_good(const char *rows)
{
    struct table_text read = read_styled(rows, NULL);
    if (read.status != RWE_OK)
        fail_msg("%s", read.error.message);
    return read;
}

/* Row by row, cells separated by '|', rows by '/'; a missing cell is empty. */
static void check_table(struct table_text *read, const char *expected)
{
    char *text;
    size_t n;
    if (read->status != RWE_OK)
        fail_msg("%s", read->error.message);
    FILE *to = open_memstream(&text, &n);
    for (size_t j = 0; j < rwe_table_columns(read->table); j++)
        fprintf(to, "%s%s", j == 0 ? "" : "|", rwe_table_name(read->table, j));
    for (size_t i = 0; i < rwe_table_rows(read->table); i++)
        for (size_t j = 0; j < rwe_table_columns(read->table); j++) {
            const char *cell = rwe_table_cell(read->table, i, j);
            fprintf(to, "%s%s", j == 0 ? "/" : "|", cell == NULL ? "" : cell);
        }
    fclose(to);
    assert_string_equal(text, expected);
    free(text);
    table_text_clear(read);
}

static void check_refused(struct table_text *read, enum rwe_status status, const char *words)
{
    assert_int_equal(read->status, status);
    if (strstr(table_text_message(read), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", read->error.message, words);
    table_text_clear(read);
}

/* ---- what cells hold ---- */

static void cells_stand_where_their_places_say(void **state)
{
    (void)state;
    struct table_text read = read_good(
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>id</v></c><c r=\"B1\" t=\"str\"><v>x</v></c>"
        "<c r=\"C1\" t=\"str\"><v>y</v></c></row>"
        "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"C3\"><v>2.5</v></c></row>"
        "<row r=\"7\"><c r=\"B7\"><v>-1e3</v></c></row><row r=\"8\"><c r=\"A8\" s=\"0\"/></row>");
    assert_int_equal(rwe_table_line(read.table, 0), 3);
    assert_int_equal(rwe_table_line(read.table, 1), 7);
    assert_int_equal(rwe_table_column(read.table, 0)->kind, RWE_KIND_NUMBER);
    assert_string_equal(rwe_table_source(read.table), "xlsx, sheet \"S\"");
    check_table(&read, "id|x|y/1||2.5/|-1000|");
}

static void a_name_broken_into_lines_is_one(void **state)
{
    (void)state;
    struct table_text read = read_good(
        "<row><c t=\"str\"><v>总生存期\n(月)</v></c><c t=\"str\"><v>a _x000D_\n b</v></c></row>"
        "<row><c><v>1</v></c><c><v>2</v></c></row>");
    check_table(&read, "总生存期 (月)|a  b/1|2");
}

static void cells_without_places_follow_each_other(void **state)
{
    (void)state;
    struct table_text read =
        read_good("<row><c t=\"str\"><v>a</v></c><c "
                  "t=\"str\"><v>b</v></c></row><row><c/><c><v>1</v></c></row>");
    check_table(&read, "a|b/|1");
}

static void strings_are_shared_or_inline_and_of_several_runs(void **state)
{
    (void)state;
    const struct workbook workbook = {
        .sheet =
            {{.name = "S",
              .rows = "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>"
                      "<row><c t=\"s\"><v>2</v></c><c t=\"inlineStr\"><is><r><t>in</t></r><r><rPr/>"
                      "<t xml:space=\"preserve\">line </t></r></is></c></row>"}},
        .strings = "<si><t>a</t></si><si><r><rPr><b/></rPr><t>臨</t></r><r><t>床</t></r>"
                   "<rPh sb=\"0\" eb=\"1\"><t>リン</t></rPh><phoneticPr/></si>"
                   "<si><t>x_x000D_y_x005F_z &lt; 1</t></si>",
    };
    struct table_text read = read_workbook(&workbook, NULL);
    check_table(&read, "a|臨床/x\ry_z < 1|inline");
}

static void truth_values_are_words_and_errors_stay_as_they_read(void **state)
{
    (void)state;
    struct table_text read =
        read_good("<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c></row>"
                  "<row><c t=\"b\"><v>1</v></c><c t=\"e\"><f>1/0</f><v>#DIV/0!</v></c></row>"
                  "<row><c t=\"b\"><v>0</v></c><c "
                  "t=\"e\"><v>#N/A</v></c></row><row><c/><c><v>3</v></c></row>");
    double number[3];
    assert_int_equal(rwe_table_numbers(read.table, 1, number, &read.complaints), RWE_OK);
    assert_nan(number[0]);
    assert_nan(number[1]);
    assert_true(number[2] == 3);
    assert_int_equal(read.complaints.n, 1); /* of #DIV/0! alone, with its place */
    assert_int_equal(read.complaints.item[0].line, 2);
    assert_string_equal(read.complaints.item[0].value, "#DIV/0!");
    assert_string_equal(
        read.complaints.item[0].advice,
        "a formula of the workbook failed: correct it there, or leave the cell empty");
    check_table(&read, "a|b/TRUE|#DIV/0!/FALSE|/|3");
}

static void a_formula_is_what_it_came_to(void **state)
{
    (void)state;
    struct table_text read =
        read_good("<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c></row>"
                  "<row><c><f>1+1</f><v>2</v></c><c t=\"str\"><f>\"x\"&amp;1</f><v>x1</v></c></row>"
                  "<row><c><v>1</v></c><c t=\"str\"><f>IF(A3=1,\"\",1)</f><v></v></c></row>");
    check_table(&read, "a|b/2|x1/1|");
}

static void a_formula_that_was_never_reckoned_is_told_with_its_place(void **state)
{
    (void)state;
    struct table_text read = read_styled("<row><c t=\"str\"><v>a</v></c></row>"
                                         "<row r=\"12\"><c r=\"AB12\"><f>A1+1</f><v></v></c></row>",
                                         NULL);
    check_refused(&read, RWE_BAD_INPUT, "sheet \"S\": the formula in AB12 has never been reckoned");
}

/* ---- dates ---- */

static void a_style_makes_a_number_a_date(void **state)
{
    (void)state;
    struct table_text read = read_styled(
        "<row><c t=\"str\"><v>d</v></c><c t=\"str\"><v>e</v></c><c t=\"str\"><v>n</v></c></row>"
        "<row><c s=\"1\"><v>44197</v></c><c s=\"2\"><v>44197.75</v></c><c "
        "s=\"3\"><v>0.5</v></c></row>"
        "<row><c s=\"1\"><v>59</v></c><c s=\"2\"><v>61</v></c><c s=\"0\"><v>44197</v></c></row>",
        "<xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"9\"/>");
    assert_int_equal(rwe_table_column(read.table, 0)->kind, RWE_KIND_DATE);
    double days[2];
    assert_int_equal(rwe_table_dates(read.table, 0, days, &read.complaints), RWE_OK);
    assert_true(days[0] == 18628 && days[1] == -25509); /* 1900-02-28 */
    check_table(&read, "d|e|n/2021-01-01|2021-01-01 18:00:00|0.5/1900-02-28|1900-03-01|44197");
}

static void days_count_from_1904_where_the_workbook_says_so(void **state)
{
    (void)state;
    const struct workbook workbook = {
        .sheet = {{.name = "S",
                   .rows =
                       "<row><c t=\"str\"><v>d</v></c></row><row><c s=\"1\"><v>42735</v></c></row>"
                       "<row><c s=\"1\"><v>0</v></c></row>"}},
        .styles = "<xf numFmtId=\"14\"/>",
        .from_1904 = true,
    };
    struct table_text read = read_workbook(&workbook, NULL);
    check_table(&read, "d/2021-01-01/1904-01-01"); /* 1462 days after that of 1900 */
}

/* An empty cell that a formula refers to is 0, which Excel shows as 1900-01-00; and 1900 had no 29 February. */
static void days_that_there_were_not_are_no_dates(void **state)
{
    (void)state;
    struct table_text read =
        read_styled("<row><c t=\"str\"><v>d</v></c></row><row><c s=\"1\"><v>44196</v></c></row>"
                    "<row><c s=\"1\"><v>0</v></c></row>"
                    "<row><c s=\"1\"><v>60</v></c></row><row><c s=\"1\"><v>-5</v></c></row>"
                    "<row><c s=\"1\"><v>44197</v></c></row>",
                    "<xf numFmtId=\"14\"/>");
    double days[5];
    assert_int_equal(rwe_table_dates(read.table, 0, days, &read.complaints), RWE_OK);
    assert_int_equal(read.complaints.n, 3);
    assert_true(days[0] == 18627 && days[4] == 18628);
    check_table(&read, "d/2020-12-31/1900-01-00/1900-02-29/-5/2021-01-01");
}

static void times_of_day_read_as_the_clock_shows_them(void **state)
{
    (void)state;
    struct table_text read =
        read_styled("<row><c t=\"str\"><v>a</v></c><c t=\"str\"><v>b</v></c></row>"
                    "<row><c s=\"1\"><v>0.35416666666666669</v></c><c s=\"2\"><v>1.5</v></c></row>",
                    "<xf numFmtId=\"20\"/><xf numFmtId=\"46\"/>");
    check_table(&read, "a|b/08:30:00|36:00:00");
}

static void iso_dates_are_dates(void **state)
{
    (void)state;
    struct table_text read = read_good("<row><c t=\"str\"><v>d</v></c></row>"
                                       "<row><c t=\"d\"><v>2021-01-01</v></c></row>"
                                       "<row><c t=\"d\"><v>2021-01-01T06:00:00</v></c></row>");
    check_table(&read, "d/2021-01-01/2021-01-01 06:00:00");
}

static void formats_are_dates_by_their_codes(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum rwe_xlsx_shown shown;
    } formats[] = {
        {"yyyy\\-mm\\-dd", RWE_XLSX_DATE},
        {"[$-804]yyyy\"年\"m\"月\"d\"日\";@", RWE_XLSX_DATE},
        {"[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", RWE_XLSX_DATE},
        {"mmm\\-yy", RWE_XLSX_DATE},
        {"e/m/d", RWE_XLSX_DATE},
        {"m/d/yy h:mm", RWE_XLSX_DATE},
        {"mm", RWE_XLSX_DATE},
        {"h:mm AM/PM", RWE_XLSX_TIME},
        {"mm:ss.0", RWE_XLSX_TIME},
        {"[h]:mm:ss", RWE_XLSX_ELAPSED},
        {"[mm]:ss", RWE_XLSX_ELAPSED},
        {"General", RWE_XLSX_NUMBER},
        {"[Red]General", RWE_XLSX_NUMBER},
        {"0.00E+00", RWE_XLSX_NUMBER},
        {"0.0%", RWE_XLSX_NUMBER},
        {"#,##0.00\\ \"days\"", RWE_XLSX_NUMBER},
        {"0\\d", RWE_XLSX_NUMBER},
        {"_(* #,##0_);_(* \\(#,##0\\)", RWE_XLSX_NUMBER},
        {"[>=100]0.0;[Blue]0", RWE_XLSX_NUMBER},
        {"[$€-407]\\ #,##0", RWE_XLSX_NUMBER},
        {"0;\"d\"", RWE_XLSX_NUMBER},
        {"", RWE_XLSX_NUMBER},
        {"\"open", RWE_XLSX_NUMBER},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (rwe_xlsx_shown_by(formats[i].code) != formats[i].shown)
            fail_msg("%s is %d", formats[i].code, rwe_xlsx_shown_by(formats[i].code));
}

static void a_format_of_the_workbook_makes_dates(void **state)
{
    (void)state;
    const struct workbook workbook = {
        .sheet =
            {{.name = "S",
              .rows =
                  "<row><c t=\"str\"><v>d</v></c></row><row><c s=\"1\"><v>44197</v></c></row>"}},
        .formats = "<numFmt numFmtId=\"176\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;\"/>",
        .styles = "<xf numFmtId=\"176\"/>",
    };
    struct table_text read = read_workbook(&workbook, NULL);
    check_table(&read, "d/2021-01-01");
}

/* ---- merged cells ---- */

static void a_merged_area_stands_for_its_first_cell_in_all_its_places(void **state)
{
    (void)state;
    const struct workbook workbook = {
        .sheet =
            {{.name = "S",
              .rows =
                  "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>arm</v></c><c r=\"B1\" "
                  "t=\"str\"><v>x</v></c>"
                  "<c r=\"C1\" t=\"str\"><v>y</v></c></row>"
                  "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>RT</v></c><c r=\"B2\"><v>1</v></c></row>"
                  "<row r=\"3\"><c r=\"A3\" s=\"0\"/><c r=\"B3\"><v>2</v></c></row>"
                  "<row r=\"4\"><c r=\"B4\"><v>3</v></c></row>"
                  "<row r=\"5\"><c r=\"A5\" t=\"str\"><v>IO</v></c><c r=\"B5\"><v>4</v></c></row>"
                  "<row r=\"6\"><c r=\"A6\" s=\"0\"/></row>",
              .after =
                  "<mergeCells count=\"3\"><mergeCell ref=\"A5:A6\"/><mergeCell ref=\"A2:A4\"/>"
                  "<mergeCell ref=\"B5:C5\"/></mergeCells>"}},
    };
    struct table_text read = read_workbook(&workbook, NULL);
    check_table(&read, "arm|x|y/RT|1|/RT|2|/RT|3|/IO|4|4"); /* row 6 has nothing of its own */
}

/* ---- sheets ---- */

static const struct workbook three_sheets = {
    .sheet = {
        {.name = "empty", .rows = "<row r=\"1\"><c r=\"A1\" s=\"0\"/></row>"},
        {.name = "lists",
         .rows = "<row><c t=\"str\"><v>h</v></c></row><row><c><v>9</v></c></row>",
         .state = "veryHidden"},
        {.name = "病例", .rows = "<row><c t=\"str\"><v>a</v></c></row><row><c><v>1</v></c></row>"},
        {.name = "1", .rows = "<row><c t=\"str\"><v>b</v></c></row><row><c><v>2</v></c></row>"}}};

static void the_first_sheet_that_shows_and_holds_anything_is_read(void **state)
{
    (void)state;
    struct table_text read = read_workbook(&three_sheets, NULL);
    assert_int_equal(read.complaints.n_notes, 1);
    assert_non_null(strstr(read.complaints.note[0].told,
                           "reads sheet \"病例\"; --sheet names another of \"empty\", \"lists\", "
                           "\"病例\", \"1\""));
    check_table(&read, "a/1");
}

static void a_sheet_is_taken_by_its_name_or_else_its_number(void **state)
{
    (void)state;
    static const char *const asked[][2] = {
        {"病例", "a/1"}, {"3", "a/1"}, {"1", "b/2"}, {"4", "b/2"}, {"lists", "h/9"}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct table_text read = read_workbook(&three_sheets, asked[i][0]);
        check_table(&read, asked[i][1]);
    }
}

static void a_sheet_that_is_not_there_or_empty_is_told(void **state)
{
    (void)state;
    struct table_text read = read_workbook(&three_sheets, "5");
    check_refused(&read, RWE_USAGE,
                  "has no sheet \"5\": its sheets are \"empty\", \"lists\", \"病例\", \"1\"");
    read = read_workbook(&three_sheets, "empty");
    check_refused(&read, RWE_BAD_INPUT, "is empty");
}

static void a_sheet_of_what_is_no_workbook_is_refused(void **state)
{
    (void)state;
    struct rwe_table_options options = rwe_table_options_default();
    options.sheet = "S";
    struct table_text read = table_text_read("a,b\n1,2\n", 8, &options);
    check_refused(&read, RWE_USAGE, "has no sheet \"S\": it is no workbook (CSV)");
}

/* ---- other programs ---- */

static void names_may_have_prefixes_and_places_other_folders(void **state)
{
    (void)state;
    static const struct workbook_part parts[] = {
        {"[Content_Types].xml", "<Types/>", 0},
        {"_rels/.rels",
         "<Relationships><Relationship Id=\"a\" Type=\"http://purl.oclc.org/ooxml/officeDocument/"
         "relationships/officeDocument\" Target=\"/book/main.xml\"/></Relationships>",
         0},
        {"book/main.xml",
         "<x:workbook xmlns:x=\"u\" xmlns:r=\"v\"><x:sheets><x:sheet name=\"S\" sheetId=\"7\" "
         "r:id=\"b\"/></x:sheets></x:workbook>",
         0},
        {"book/_rels/main.xml.rels",
         "<Relationships><Relationship Id=\"b\" Type=\"q/worksheet\" Target=\"../s/one.xml\"/>"
         "</Relationships>",
         0},
        {"s/one.xml",
         "<x:worksheet xmlns:x=\"u\"><x:sheetData><x:row><x:c t=\"str\"><x:v>a</x:v></x:c></x:row>"
         "<x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>",
         0},
    };
    size_t size;
    void *bytes = workbook_zip(parts, sizeof parts / sizeof *parts, &size);
    struct table_text read = table_text_read(bytes, size, NULL);
    free(bytes);
    check_table(&read, "a/1");
}

static void what_looks_like_a_workbook_and_is_none_is_named(void **state)
{
    (void)state;
    static const struct {
        struct workbook_part part[2];
        const char *words;
    } others[] = {
        {{{"_rels/.rels", "<R/>", 0}, {"word/document.xml", "<d/>", 0}}, "Word document (.docx)"},
        {{{"_rels/.rels", "<R/>", 0}, {"ppt/presentation.xml", "<d/>", 0}}, "PowerPoint"},
        {{{"_rels/.rels", "<R/>", 0}, {"xl/workbook.bin", "x", 0}},
         "(.xlsb): open it and save it as .xlsx"},
        {{{"a.csv", "a\n1\n", 0}, {"b.csv", "b\n", 0}}, "zip archive and no workbook: unpack it"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t size;
        void *bytes = workbook_zip(others[i].part, 2, &size);
        struct table_text read = table_text_read(bytes, size, NULL);
        free(bytes);
        check_refused(&read, RWE_BAD_INPUT, others[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_stand_where_their_places_say),
        cmocka_unit_test(a_name_broken_into_lines_is_one),
        cmocka_unit_test(cells_without_places_follow_each_other),
        cmocka_unit_test(strings_are_shared_or_inline_and_of_several_runs),
        cmocka_unit_test(truth_values_are_words_and_errors_stay_as_they_read),
        cmocka_unit_test(a_formula_is_what_it_came_to),
        cmocka_unit_test(a_formula_that_was_never_reckoned_is_told_with_its_place),
        cmocka_unit_test(a_style_makes_a_number_a_date),
        cmocka_unit_test(days_count_from_1904_where_the_workbook_says_so),
        cmocka_unit_test(days_that_there_were_not_are_no_dates),
        cmocka_unit_test(times_of_day_read_as_the_clock_shows_them),
        cmocka_unit_test(iso_dates_are_dates),
        cmocka_unit_test(formats_are_dates_by_their_codes),
        cmocka_unit_test(a_format_of_the_workbook_makes_dates),
        cmocka_unit_test(a_merged_area_stands_for_its_first_cell_in_all_its_places),
        cmocka_unit_test(the_first_sheet_that_shows_and_holds_anything_is_read),
        cmocka_unit_test(a_sheet_is_taken_by_its_name_or_else_its_number),
        cmocka_unit_test(a_sheet_that_is_not_there_or_empty_is_told),
        cmocka_unit_test(a_sheet_of_what_is_no_workbook_is_refused),
        cmocka_unit_test(names_may_have_prefixes_and_places_other_folders),
        cmocka_unit_test(what_looks_like_a_workbook_and_is_none_is_named),
    };
    return cmocka_run_group_tests_name("xlsx", tests, NULL, NULL);
}
