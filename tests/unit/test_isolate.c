/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are made to do harm, or broken, end as a sentence: soon, in little memory, and nothing is left behind. */
#include "check.h"

#include "input/isolate_private.h"
#include "statistics_file.h"
#include "table_text.h"
#include "workbook.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Sanitizers take memory of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { RUNS_PLAINLY = 0 };
#else
enum { RUNS_PLAINLY = 1 };
#endif

static size_t count_descriptors(void)
{
    size_t n = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

static void nothing_is_left(size_t descriptors)
{
    assert_int_equal(count_descriptors(), descriptors);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child */
    assert_int_equal(errno, ECHILD);
}

static void check_refused(const void *bytes, size_t size, const char *words)
{
    size_t descriptors = count_descriptors();
    struct table_text read = table_text_read(bytes, size, NULL);
    if (read.status != RWE_BAD_INPUT || strstr(read.error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", read.error.message, words);
    table_text_clear(&read);
    nothing_is_left(descriptors);
}

/* ---- work that goes wrong ---- */

static enum rwe_status work_well(const struct rwe_reading *reading, struct rwe_bytes file,
                                 struct rwe_frames *out, struct rwe_error *error)
{
    (void)reading;
    (void)error;
    rwe_frames_column(out, &(struct rwe_column_info){.name = "a", .kind = RWE_KIND_TEXT});
    rwe_frames_text(out, 0, (const char *)file.at, file.n);
    rwe_frames_end_row(out, 1);
    return RWE_OK;
}

static enum rwe_status fail_by_itself(const struct rwe_reading *reading, struct rwe_bytes file,
                                      struct rwe_frames *out, struct rwe_error *error)
{
    (void)file;
    (void)out;
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: is not to my taste",
                    rwe_stream_name(reading->stream));
}

static enum rwe_status crash(const struct rwe_reading *reading, struct rwe_bytes file,
                             struct rwe_frames *out, struct rwe_error *error)
{
    work_well(reading, file, out, error);
    raise(SIGKILL);
    return RWE_OK;
}

static enum rwe_status take_too_long(const struct rwe_reading *reading, struct rwe_bytes file,
                                     struct rwe_frames *out, struct rwe_error *error)
{
    work_well(reading, file, out, error);
    raise(SIGXCPU); /* as the limit of the processor does */
    return RWE_OK;
}

static enum rwe_status take_all_memory(const struct rwe_reading *reading, struct rwe_bytes file,
                                       struct rwe_frames *out, struct rwe_error *error)
{
    (void)reading;
    (void)file;
    (void)out;
    for (size_t i = 0; i < 1000; i++) {
        char *memory = malloc((size_t)16 << 20);
        if (memory == NULL)
            return rwe_fail_memory(error);
        memory[0] = 1;
    }
    return RWE_OK;
}

static enum rwe_status leave(const struct rwe_reading *reading, struct rwe_bytes file,
                             struct rwe_frames *out, struct rwe_error *error)
{
    work_well(reading, file, out, error);
    _exit(0);
}

static void send_nonsense(struct rwe_frames *out, const char *bytes, size_t n)
{
    out->send(out->to, (const unsigned char *)bytes, n);
}

static enum rwe_status tell_nonsense(const struct rwe_reading *reading, struct rwe_bytes file,
                                     struct rwe_frames *out, struct rwe_error *error)
{
    (void)reading;
    (void)file;
    (void)error;
    send_nonsense(out, "nonsense, and more of it", 24);
    return RWE_OK;
}

static enum rwe_status tell_of_no_column(const struct rwe_reading *reading, struct rwe_bytes file,
                                         struct rwe_frames *out, struct rwe_error *error)
{
    work_well(reading, file, out, error);
    rwe_frames_number(out, 7, 1);
    return RWE_OK;
}

static enum rwe_status tell_twice(const struct rwe_reading *reading, struct rwe_bytes file,
                                  struct rwe_frames *out, struct rwe_error *error)
{
    work_well(reading, file, out, error);
    rwe_frames_text(out, 0, "x", 1);
    rwe_frames_text(out, 0, "y", 1);
    return RWE_OK;
}

static enum rwe_status tell_no_text(const struct rwe_reading *reading, struct rwe_bytes file,
                                    struct rwe_frames *out, struct rwe_error *error)
{
    work_well(reading, file, out, error);
    rwe_frames_text(out, 0, "\xff\xfe", 2);
    return RWE_OK;
}

static rwe_isolated_work work_of_test;

static bool detect_any(const unsigned char *bytes, size_t n,
                       const struct rwe_table_options *options)
{
    (void)bytes;
    (void)n;
    (void)options;
    return true;
}

static enum rwe_status read_isolated(const struct rwe_reading *reading,
                                     struct rwe_table_builder *builder, struct rwe_error *error)
{
    return rwe_isolate(reading, work_of_test, builder, error);
}

static struct table_text read_by(rwe_isolated_work work)
{
    static const struct rwe_reader reader = {"test", detect_any, read_isolated, false};
    static const struct rwe_reader *const readers[] = {&reader, NULL};
    struct rwe_table_options options = rwe_table_options_default();
    options.readers = readers;
    work_of_test = work;
    return table_text_read("file", 4, &options);
}

static void what_the_child_tells_becomes_a_table(void **state)
{
    (void)state;
    size_t descriptors = count_descriptors();
    struct table_text read = read_by(work_well);
    char hex[RWE_SHA256_SIZE];
    assert_int_equal(read.status, RWE_OK);
    assert_string_equal(rwe_table_cell(read.table, 0, 0), "file");
    assert_int_equal(rwe_sha256_file(read.path, hex, NULL), RWE_OK);
    assert_string_equal(rwe_table_sha256(read.table), hex);
    table_text_clear(&read);
    nothing_is_left(descriptors);
}

static void a_child_that_goes_wrong_is_a_sentence(void **state)
{
    (void)state;
    static const struct {
        rwe_isolated_work work;
        const char *words;
        enum rwe_status status;
    } cases[] = {
        {fail_by_itself, "is not to my taste", RWE_BAD_INPUT},
        {crash, "is damaged: reading it had to stop", RWE_BAD_INPUT},
        {leave, "is damaged: reading it had to stop", RWE_BAD_INPUT},
        {tell_nonsense, "is damaged: reading it had to stop", RWE_BAD_INPUT},
        {tell_no_text, "is damaged: reading it had to stop", RWE_BAD_INPUT},
        {tell_of_no_column, "is damaged", RWE_BAD_INPUT},
        {tell_twice, "is damaged", RWE_BAD_INPUT},
        {take_too_long, "takes too long to read", RWE_BAD_INPUT},
        {take_all_memory, "needs more memory to read", RWE_NO_MEMORY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t descriptors = count_descriptors();
        if (cases[i].work == take_all_memory && !RUNS_PLAINLY)
            continue; /* a sanitizer ends the process where memory is out */
        struct table_text read = read_by(cases[i].work);
        if (read.status != cases[i].status || strstr(read.error.message, cases[i].words) == NULL)
            fail_msg("%zu: \"%s\" does not say \"%s\"", i, read.error.message, cases[i].words);
        table_text_clear(&read);
        nothing_is_left(descriptors);
    }
}

static void who_ignores_his_children_reads_too(void **state)
{
    (void)state;
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    struct table_text read = read_by(work_well);
    struct table_text other = read_by(crash);
    signal(SIGCHLD, before);
    assert_int_equal(read.status, RWE_OK);
    assert_int_equal(other.status, RWE_BAD_INPUT);
    table_text_clear(&read);
    table_text_clear(&other);
}

/* ---- bombs ---- */

static char *repeat(const char *begin, const char *part, size_t times, const char *end)
{
    size_t n = strlen(part), at = strlen(begin);
    char *text = malloc(at + n * times + strlen(end) + 1);
    memcpy(text, begin, at);
    for (size_t i = 0; i < times; i++, at += n)
        memcpy(text + at, part, n);
    strcpy(text + at, end);
    return text;
}

static void check_workbook_refused(const struct workbook *workbook, const char *words)
{
    size_t size;
    void *bytes = workbook_bytes(workbook, &size);
    check_refused(bytes, size, words);
    free(bytes);
}

static const char header[] = "<row><c t=\"str\"><v>a</v></c></row>";

static void a_sheet_that_unfolds_to_gigabytes_is_refused(void **state)
{
    (void)state;
    char *rows = repeat(header, "                                ", (size_t)5 << 20, "");
    const struct workbook workbook = {.sheet = {{.name = "S", .rows = rows}}};
    check_workbook_refused(&workbook, "unfolds to far more");
    free(rows);
}

static void a_text_that_cells_repeat_to_gigabytes_is_refused(void **state)
{
    (void)state;
    char *strings = repeat("<si><t>", "abcdefgh", 16000, "</t></si>");
    char *rows = repeat(header, "<row><c t=\"s\"><v>0</v></c></row>", 100000, "");
    const struct workbook workbook = {.sheet = {{.name = "S", .rows = rows}}, .strings = strings};
    check_workbook_refused(&workbook, "unfolds to far more");
    free(strings);
    free(rows);
}

static void a_wide_sheet_of_nearly_nothing_is_refused(void **state)
{
    (void)state;
    char *rows;
    size_t n;
    FILE *to = open_memstream(&rows, &n);
    fprintf(to, "<row>");
    for (size_t j = 0; j < 16384; j++)
        fprintf(to, "<c t=\"str\"><v>c%zu</v></c>", j);
    fprintf(to, "</row>");
    for (size_t i = 2; i <= 300000; i++)
        fprintf(to, "<row r=\"%zu\"><c r=\"XFD%zu\"><v>1</v></c></row>", i, i);
    fclose(to);
    const struct workbook workbook = {.sheet = {{.name = "S", .rows = rows}}};
    check_workbook_refused(&workbook, "unfolds to far more");
    free(rows);
}

static void a_merged_area_of_everything_is_refused(void **state)
{
    (void)state;
    char *rows = repeat("", "<row><c t=\"str\"><v>a</v></c></row>", 300000, "");
    const struct workbook workbook = {
        .sheet = {{.name = "S",
                   .rows = rows,
                   .after = "<mergeCells><mergeCell ref=\"A2:XFD1048576\"/><mergeCell "
                            "ref=\"A3:XFD1048576\"/></mergeCells>"}}};
    check_workbook_refused(&workbook, "is damaged (xl/worksheets/sheet1.xml)");
    free(rows);
}

static void a_cell_beyond_the_last_column_is_refused(void **state)
{
    (void)state;
    char *wide = repeat("<row>", "<c><v>1</v></c>", 1000000, "</row>");
    const struct workbook workbooks[] = {
        {.sheet = {{.name = "S", .rows = "<row r=\"1\"><c r=\"XFE1\"><v>1</v></c></row>"}}},
        {.sheet = {{.name = "S", .rows = "<row r=\"1048577\"><c><v>1</v></c></row>"}}},
        {.sheet = {{.name = "S", .rows = wide}}},
    };
    for (size_t i = 0; i < 3; i++)
        check_workbook_refused(&workbooks[i], "is damaged (xl/worksheets/sheet1.xml)");
    free(wide);
}

static void a_cell_of_more_than_a_cell_is_refused(void **state)
{
    (void)state;
    char *rows = repeat("<row><c t=\"str\"><v>", "abcdefgh", 100000, "</v></c></row>");
    const struct workbook workbook = {.sheet = {{.name = "S", .rows = rows}}};
    check_workbook_refused(&workbook, "is damaged (xl/worksheets/sheet1.xml)");
    free(rows);
}

static void elements_without_end_are_refused(void **state)
{
    (void)state;
    char *rows = repeat("", "<a>", 1000000, "");
    const struct workbook workbook = {.sheet = {{.name = "S", .rows = rows}}};
    check_workbook_refused(&workbook, "is damaged (xl/worksheets/sheet1.xml)");
    free(rows);
}

/* "Billion laughs": ten entities, each ten times the one before. */
static void entities_are_refused(void **state)
{
    (void)state;
    char *text;
    size_t n;
    FILE *to = open_memstream(&text, &n);
    fprintf(to, "<?xml version=\"1.0\"?><!DOCTYPE w [<!ENTITY e0 \"lol\">");
    for (int i = 1; i < 10; i++) {
        fprintf(to, "<!ENTITY e%d \"", i);
        for (int k = 0; k < 10; k++)
            fprintf(to, "&e%d;", i - 1);
        fprintf(to, "\">");
    }
    fprintf(to, "]><workbook><sheets><sheet name=\"&e9;\" id=\"a\"/></sheets></workbook>");
    fclose(to);
    const struct workbook_part parts[] = {
        {"_rels/.rels", "<Relationships/>", 0},
        {"xl/workbook.xml", text, n},
        {"xl/_rels/workbook.xml.rels", "<Relationships/>", 0},
    };
    size_t size;
    void *bytes = workbook_zip(parts, 3, &size);
    check_refused(bytes, size, "is damaged (xl/workbook.xml)");
    free(bytes);
    free(text);
}

static void a_workbook_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    const struct workbook workbook = {
        .sheet = {{.name = "S",
                   .rows = "<row><c t=\"str\"><v>a</v></c></row><row><c><v>1</v></c></row>"}}};
    size_t size;
    char *bytes = workbook_bytes(&workbook, &size);
    for (size_t cut = 8; cut < size; cut += 37)
        check_refused(bytes, cut, "is cut short or damaged");
    for (size_t at = 30; at < size;
         at += 41) { /* a byte that is another: an error, or the same table */
        char was = bytes[at];
        bytes[at] = (char)(was ^ 0x55);
        struct table_text read = table_text_read(bytes, size, NULL);
        assert_true(read.status == RWE_OK || read.status == RWE_BAD_INPUT);
        table_text_clear(&read);
        bytes[at] = was;
    }
    free(bytes);
}

/* A zsav file whose one column of a million rows is missing throughout, and one whose header declares 2^31 rows. */
static void a_statistics_file_that_lies_about_its_size_is_refused(void **state)
{
    (void)state;
    static const double x[] = {1, 2};
    const struct statistics_column column[] = {{.name = "x", .number = x}};
    size_t size;
    char *bytes =
        statistics_file_bytes(&(struct statistics_file){STATISTICS_SAV, 0, 2, 1, column}, &size);
    static const int32_t rows = INT32_MAX;
    memcpy(bytes + 80, &rows, sizeof rows); /* ncases */
    check_refused(bytes, size, "is cut short or damaged");
    free(bytes);
    bytes =
        statistics_file_bytes(&(struct statistics_file){STATISTICS_DTA, 115, 2, 1, column}, &size);
    memcpy(bytes + 6, &rows, sizeof rows); /* nobs */
    check_refused(bytes, size, "is cut short or damaged");
    free(bytes);
}

/* All of the above: no child took more than 500 MB, and all together not more than a few seconds. */
static int check_costs(void **state)
{
    (void)state;
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    long most = own.ru_maxrss > children.ru_maxrss ? own.ru_maxrss : children.ru_maxrss;
    print_message("most memory %ld MB, children %ld.%03ld s\n", most / 1024,
                  (long)children.ru_utime.tv_sec, (long)children.ru_utime.tv_usec / 1000);
    return RUNS_PLAINLY && (most > 500 * 1024 || children.ru_utime.tv_sec > 30) ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_child_tells_becomes_a_table),
        cmocka_unit_test(a_child_that_goes_wrong_is_a_sentence),
        cmocka_unit_test(who_ignores_his_children_reads_too),
        cmocka_unit_test(a_sheet_that_unfolds_to_gigabytes_is_refused),
        cmocka_unit_test(a_text_that_cells_repeat_to_gigabytes_is_refused),
        cmocka_unit_test(a_wide_sheet_of_nearly_nothing_is_refused),
        cmocka_unit_test(a_merged_area_of_everything_is_refused),
        cmocka_unit_test(a_cell_beyond_the_last_column_is_refused),
        cmocka_unit_test(a_cell_of_more_than_a_cell_is_refused),
        cmocka_unit_test(elements_without_end_are_refused),
        cmocka_unit_test(entities_are_refused),
        cmocka_unit_test(a_workbook_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_statistics_file_that_lies_about_its_size_is_refused),
    };
    return cmocka_run_group_tests_name("isolate", tests, NULL, check_costs);
}
