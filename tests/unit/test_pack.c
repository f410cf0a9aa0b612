/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document.h"
#include "program.h"

#include "rwe/base/hash.h"
#include "rwe/report/pack.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct rwe_arena *arena;
    char *folder, *path;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = rwe_arena_new();
    f->folder = program_new_folder();
    f->path = program_format("%s/pack", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    rwe_arena_free(f->arena);
    program_remove_folder(f->folder);
    free(f->path);
    free(f);
    return 0;
}

static struct rwe_pack *pack_of(const struct rwe_document *document, const char *style)
{
    const struct rwe_render_options options = {
        .provenance = true, .style = style == NULL ? NULL : rwe_style_find(style)};
    struct rwe_pack *pack = rwe_pack_new();
    assert_int_equal(rwe_pack_fill(pack, document, &options, NULL), RWE_OK);
    return pack;
}

/* The file of that name, as a text to be freed; NULL when there is none. */
static char *text_of(const struct rwe_pack *pack, const char *name)
{
    for (size_t i = 0; i < rwe_pack_n_files(pack); i++) {
        const struct rwe_bytes *bytes;
        if (strcmp(rwe_pack_file(pack, i, &bytes), name) == 0)
            return strndup(bytes->byte, bytes->n);
    }
    return NULL;
}

static void assert_file(const struct rwe_pack *pack, const char *name, const char *expected)
{
    char *text = text_of(pack, name);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void a_pack_has_every_format_and_each_table(void **state)
{
    static const char *const names[] = {"report.html",
                                        "report.md",
                                        "report.tex",
                                        "report.txt",
                                        "results.json",
                                        "results.csv",
                                        "tables/01-median-survival.csv",
                                        "tables/01-median-survival.tex",
                                        "manifest.json"};
    struct fixture *f = *state;
    struct rwe_pack *pack = pack_of(check_document(f->arena), NULL);
    assert_int_equal(rwe_pack_n_files(pack), sizeof names / sizeof *names);
    for (size_t i = 0; i < rwe_pack_n_files(pack); i++) {
        const struct rwe_bytes *bytes;
        assert_string_equal(rwe_pack_file(pack, i, &bytes), names[i]);
    }
    rwe_pack_free(pack);
}

static void reports_are_what_each_format_gives(void **state)
{
    static const char *const reports[][2] = {{"report.html", "html"},  {"report.md", "md"},
                                             {"report.tex", "latex"},  {"report.txt", "text"},
                                             {"results.json", "json"}, {"results.csv", "csv"}};
    struct fixture *f = *state;
    struct rwe_document *document = check_document(f->arena);
    struct rwe_pack *pack = pack_of(document, NULL);
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        char *expected = check_render(document, reports[i][1], true);
        assert_file(pack, reports[i][0], expected);
        free(expected);
    }
    rwe_pack_free(pack);
}

static void a_table_is_a_file_as_it_reads(void **state)
{
    struct fixture *f = *state;
    struct rwe_pack *pack = pack_of(check_document(f->arena), NULL);
    assert_file(pack, "tables/01-median-survival.csv",
                "\xef\xbb\xbfHormonal therapy,Patients n (%),Median (95% CI),p\n"
                "No,2643 (88.6%),4118 (3988–4590),<0.001\n"
                "  有,339 (11.4%),NR (4102–NR),ref.\n"
                "Limits by the log-log transform.,,,\n"
                "\"NR, not reached.\",,,\n");
    char *latex = text_of(pack, "tables/01-median-survival.tex");
    assert_non_null(strstr(latex, "% \\usepackage{array,booktabs,longtable,lscape}\n"
                                  "\\begin{table}\n"));
    assert_non_null(strstr(latex, "\\end{table}\n"));
    free(latex);
    rwe_pack_free(pack);
}

static void a_style_reaches_reports_and_tables_but_no_result(void **state)
{
    struct fixture *f = *state;
    struct rwe_document *document = check_document(f->arena);
    struct rwe_pack *plain = pack_of(document, NULL), *jama = pack_of(document, "jama");
    static const char *const styled[] = {"report.html",
                                         "report.md",
                                         "report.tex",
                                         "report.txt",
                                         "tables/01-median-survival.csv",
                                         "tables/01-median-survival.tex"};
    for (size_t i = 0; i < sizeof styled / sizeof *styled; i++) {
        char *text = text_of(jama, styled[i]);
        assert_non_null(strstr(text, "3988-4590"));
        assert_non_null(strstr(text, ".001"));
        assert_null(strstr(text, "0.001"));
        free(text);
    }
    char *json = text_of(plain, "results.json"), *csv = text_of(plain, "results.csv");
    assert_file(jama, "results.json", json);
    assert_file(jama, "results.csv", csv);
    free(json);
    free(csv);
    rwe_pack_free(plain);
    rwe_pack_free(jama);
}

static void a_formula_in_the_data_stays_a_text(void **state)
{
    struct fixture *f = *state;
    struct rwe_document *document = rwe_document_new(f->arena);
    struct rwe_grid *grid = rwe_document_table(document, "=1+1, /etc");
    rwe_grid_column(grid, "@SUM");
    rwe_grid_column(grid, "x");
    rwe_grid_row(grid, 1, "%s", "=HYPERLINK(\"a,b\")");
    rwe_grid_words(grid, "+RT");
    rwe_grid_row(grid, 0, "%s", "");
    rwe_grid_cell(grid, RWE_CELL_SMD, check_fact(document, "1", "smd", -0.5), RWE_NO_FACT,
                  RWE_NO_FACT);
    struct rwe_pack *pack = pack_of(document, NULL);
    assert_file(pack, "tables/01-1-1-etc.csv",
                "\xef\xbb\xbf'@SUM,x\n\"  '=HYPERLINK(\"\"a,b\"\")\",'+RT\n,−0.500\n");
    rwe_pack_free(pack);
}

static void names_of_tables_are_latin_and_short(void **state)
{
    struct fixture *f = *state;
    struct rwe_document *document = rwe_document_new(f->arena);
    rwe_document_section(document, 1, "Cohort");
    static const char *const titles[] = {
        NULL, "鼻咽癌", "../../up",
        "A title of a great many words that goes on and on and on, to no end at all"};
    static const char *const names[] = {
        "tables/01-cohort.csv", "tables/02.csv", "tables/03-up.csv",
        "tables/04-a-title-of-a-great-many-words-that-goes-on-and-on-and-on-to-no.csv"};
    for (size_t i = 0; i < 4; i++)
        rwe_grid_column(rwe_document_table(document, titles[i] == NULL ? NULL : "%s", titles[i]),
                        "a");
    struct rwe_pack *pack = pack_of(document, NULL);
    for (size_t i = 0; i < 4; i++) {
        char *text = text_of(pack, names[i]);
        assert_non_null(text);
        free(text);
    }
    rwe_pack_free(pack);
}

/* ---- the manifest ---- */

static void the_manifest_names_every_file_with_its_hash(void **state)
{
    struct fixture *f = *state;
    struct rwe_pack *pack = pack_of(check_document(f->arena), "lancet");
    assert_int_equal(rwe_pack_write(pack, f->path, false, NULL), RWE_OK);
    char *path = program_format("%s/manifest.json", f->path);
    json_t *manifest = json_load_file(path, 0, NULL), *files = json_object_get(manifest, "files");
    assert_int_equal(json_array_size(files), rwe_pack_n_files(pack) - 1);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *name, *sha256;
        json_int_t n;
        char hex[RWE_SHA256_SIZE];
        struct stat info;
        assert_int_equal(json_unpack(json_array_get(files, i), "{s:s, s:I, s:s}", "file", &name,
                                     "bytes", &n, "sha256", &sha256),
                         0);
        char *file = program_format("%s/%s", f->path, name);
        assert_int_equal(rwe_sha256_file(file, hex, NULL), RWE_OK); /* of what is on the disk */
        assert_string_equal(hex, sha256);
        assert_int_equal(stat(file, &info), 0);
        assert_int_equal(info.st_size, n);
        free(file);
    }
    json_decref(manifest);
    free(path);
    rwe_pack_free(pack);
}

static void the_manifest_says_from_what(void **state)
{
    struct fixture *f = *state;
    struct rwe_document *document = check_document(f->arena);
    struct rwe_pack *pack = pack_of(document, "lancet");
    char *text = text_of(pack, "manifest.json");
    assert_non_null(
        strstr(text, "\"rwe\": {\n    \"manifest\": 1,\n    \"version\": \"" RWE_VERSION "\""));
    assert_says(text,
                "\"style\": \"lancet\"|\"my cohort.csv\",|\"--km\"|"
                "\"sha256\": \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"");
    free(text);
    rwe_pack_free(pack);
    const struct rwe_render_options options = {.provenance = false};
    pack = rwe_pack_new();
    assert_int_equal(rwe_pack_fill(pack, document, &options, NULL), RWE_OK);
    text = text_of(pack, "manifest.json");
    assert_null(strstr(text, "cohort.csv"));
    assert_null(strstr(text, "command"));
    free(text);
    rwe_pack_free(pack);
}

static void the_same_document_gives_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct rwe_document *document = check_document(f->arena);
    struct rwe_pack *first = pack_of(document, NULL), *again = pack_of(document, NULL);
    char *manifest = text_of(first, "manifest.json"); /* with the hash of each */
    assert_file(again, "manifest.json", manifest);
    free(manifest);
    rwe_pack_free(first);
    rwe_pack_free(again);
}

/* ---- what may be in the way ---- */

static void assert_refused(const char *path, bool overwrite, const char *words)
{
    struct rwe_error error = {0};
    assert_int_equal(rwe_pack_check(path, overwrite, &error), RWE_IO);
    assert_says(error.message, words);
}

static void a_folder_of_other_things_is_never_replaced(void **state)
{
    struct fixture *f = *state;
    struct rwe_pack *pack = pack_of(check_document(f->arena), NULL);
    struct rwe_error error = {0};
    assert_int_equal(mkdir(f->path, 0777), 0);
    assert_int_equal(rwe_pack_check(f->path, false, NULL), RWE_OK); /* empty */
    free(program_write_file(f->path, "thesis.docx", "years of work"));
    assert_refused(f->path, false, "pack is a folder that holds other things");
    assert_refused(f->path, true, "pack is a folder that holds other things");
    static const char *const foreign[] = {"{}",
                                          "[1]",
                                          "no json",
                                          "{\"rwe\": {\"manifest\": 2}}",
                                          "{\"rwe\": {\"manifest\": 2}, \"files\": []}",
                                          "{\"files\": [], \"name\": \"a web page\"}"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        free(program_write_file(f->path, "manifest.json", foreign[i]));
        assert_refused(f->path, true, "pack is a folder that holds other things");
    }
    assert_int_equal(rwe_pack_write(pack, f->path, true, &error), RWE_IO);
    assert_int_equal(program_count_files(f->path), 2);
    assert_int_equal(program_count_files(f->folder), 1);
    rwe_pack_free(pack);
}

static void a_pack_is_replaced_only_when_asked(void **state)
{
    struct fixture *f = *state;
    struct rwe_pack *pack = pack_of(check_document(f->arena), NULL);
    assert_int_equal(rwe_pack_write(pack, f->path, false, NULL), RWE_OK);
    assert_refused(f->path, false, "pack holds a report already|--overwrite");
    assert_int_equal(rwe_pack_write(pack, f->path, true, NULL), RWE_OK);
    assert_int_equal(program_count_files(f->folder), 1);
    rwe_pack_free(pack);
}

static void a_file_that_was_put_into_a_pack_is_not_lost(void **state)
{
    struct fixture *f = *state;
    struct rwe_pack *pack = pack_of(check_document(f->arena), NULL);
    assert_int_equal(rwe_pack_write(pack, f->path, false, NULL), RWE_OK);
    char *tables = program_format("%s/tables", f->path);
    char *mine = program_write_file(tables, "mine.tex", "mine");
    assert_refused(f->path, true, "pack is not replaced: tables/mine.tex is none of the files");
    assert_int_equal(unlink(mine), 0);
    assert_int_equal(rwe_pack_check(f->path, true, NULL), RWE_OK);
    assert_int_equal(symlink("/etc", mine), 0); /* nor a link, which is not followed */
    assert_refused(f->path, true, "tables/mine.tex");
    free(mine);
    free(tables);
    rwe_pack_free(pack);
}

static void places_where_nothing_can_be_made_are_told(void **state)
{
    struct fixture *f = *state;
    char *deep = program_format("%s/no/pack/", f->folder);
    char *file = program_write_file(f->folder, "file", "x");
    char *below = program_format("%s/pack", file);
    assert_refused(deep, false, "/no: No such file or directory");
    assert_refused(file, true, "file: Not a directory");
    assert_refused(below, true, "Not a directory");
    static const char *const nameless[] = {"", ".", "..", "/", "a/..", "./", "a/../"};
    for (size_t i = 0; i < sizeof nameless / sizeof *nameless; i++)
        assert_refused(nameless[i], true, "name the folder");
    if (geteuid() != 0) { /* root may write everywhere */
        assert_int_equal(chmod(f->folder, 0500), 0);
        assert_refused(f->path, false, "Permission denied");
        assert_int_equal(chmod(f->folder, 0700), 0);
    }
    free(deep);
    free(file);
    free(below);
}

static void a_figure_is_one_more_file(void **state)
{
    struct fixture *f = *state;
    struct rwe_pack *pack = rwe_pack_new();
    struct rwe_bytes svg = {0};
    FILE *out = rwe_bytes_open(&svg);
    fputs("<svg/>", out);
    assert_int_equal(rwe_bytes_close(&svg, out, NULL), RWE_OK);
    assert_int_equal(rwe_pack_add(pack, "figures/01-os.svg", &svg, NULL), RWE_OK);
    assert_null(svg.byte); /* it is the pack's now */
    assert_int_equal(rwe_pack_fill(pack, check_document(f->arena), NULL, NULL), RWE_OK);
    assert_file(pack, "figures/01-os.svg", "<svg/>");
    char *manifest = text_of(pack, "manifest.json");
    assert_says(manifest, "figures/01-os.svg");
    free(manifest);
    rwe_pack_free(pack);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_pack_has_every_format_and_each_table),
        TEST(reports_are_what_each_format_gives),
        TEST(a_table_is_a_file_as_it_reads),
        TEST(a_style_reaches_reports_and_tables_but_no_result),
        TEST(a_formula_in_the_data_stays_a_text),
        TEST(names_of_tables_are_latin_and_short),
        TEST(the_manifest_names_every_file_with_its_hash),
        TEST(the_manifest_says_from_what),
        TEST(the_same_document_gives_the_same_bytes),
        TEST(a_folder_of_other_things_is_never_replaced),
        TEST(a_pack_is_replaced_only_when_asked),
        TEST(a_file_that_was_put_into_a_pack_is_not_lost),
        TEST(places_where_nothing_can_be_made_are_told),
        TEST(a_figure_is_one_more_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
