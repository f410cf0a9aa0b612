/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document.h"
#include "check.h"

#include "rwe/report/render.h"
#include <math.h>
#include <stdlib.h>

#define NONE RWE_NO_FACT

char *check_render(const struct rwe_document *document, const char *format, bool provenance)
{
    char *bytes = NULL;
    size_t size = 0;
    struct rwe_error error = {0};
    const struct rwe_render_options options = {.provenance = provenance};
    FILE *memory = open_memstream(&bytes, &size);
    assert_non_null(memory);
    assert_int_equal(rwe_render(document, rwe_format_find(format), &options, memory, &error),
                     RWE_OK);
    assert_int_equal(fclose(memory), 0);
    return bytes;
}

rwe_fact check_fact(struct rwe_document *document, const char *group, const char *stat,
                    double value)
{
    struct rwe_key key = rwe_key_of("km");
    key.endpoint = "os";
    key.population = "all";
    key.group = group;
    return rwe_document_number(document, &key, stat, value);
}

const struct rwe_provenance *check_provenance(void)
{
    static const char *command[] = {"rwe-analyze", "my cohort.csv", "--km"};
    static const char *arm[] = {"hormon"};
    static const char *covariates[] = {"age", "size"};
    static const struct rwe_setting_value study[] = {
        {.name = "arm", .texts = {arm, 1}},
        {.name = "covariates", .is_list = true, .texts = {covariates, 2}},
        {.name = "conf_level", .is_number = true, .number = 0.95},
        {.name = "replace", .is_flag = true, .number = 0},
        {.name = "entry"},
    };
    static const struct rwe_input inputs[] = {
        {"my cohort.csv", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 602}};
    static const struct rwe_provenance provenance = {
        .version = "1.2.3",
        .command = {command, 3},
        .study = study,
        .n_study = 5,
        .inputs = inputs,
        .n_inputs = 1,
        .seed = 20240917,
    };
    return &provenance;
}

static void add_survival(struct rwe_document *document)
{
    static const char *const groups[] = {"0", "1"};
    static const double facts[2][4] = {{2643, 4118, 3988, 4590}, {339, NAN, 4102.5, NAN}};
    struct rwe_grid *grid = rwe_document_table(document, "Median survival");
    rwe_grid_column(grid, "Hormonal therapy");
    rwe_grid_column(grid, "Patients\nn (%%)");
    rwe_grid_column(grid, "Median (95%% CI)");
    rwe_grid_column(grid, "p");
    for (int i = 0; i < 2; i++) {
        const double *x = facts[i];
        rwe_fact n = check_fact(document, groups[i], "n", x[0]);
        rwe_fact share = check_fact(document, groups[i], "percent", x[0] / 2982 * 100);
        rwe_fact median = check_fact(document, groups[i], "median", x[1]);
        rwe_fact low = check_fact(document, groups[i], "median.conf.low", x[2]);
        rwe_fact high = check_fact(document, groups[i], "median.conf.high", x[3]);
        rwe_grid_row(grid, i, "%s", i == 0 ? "No" : "有");
        rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, n, share, NONE);
        rwe_grid_cell(grid, RWE_CELL_TIME_LIMITS, median, low, high);
        if (i == 0)
            rwe_grid_cell(grid, RWE_CELL_P_VALUE, check_fact(document, NULL, "p.value", 1.5e-7),
                          NONE, NONE);
        else
            rwe_grid_words(grid, "ref.");
    }
    rwe_grid_note(grid, "Limits by the log-log transform.");
}

struct rwe_document *check_document(struct rwe_arena *arena)
{
    static const char *const names[] = {"time", "estimate"};
    static const double time[] = {0, 45.5};
    static const double estimate[] = {1, NAN};
    static const double *const columns[] = {time, estimate};
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_key key = rwe_key_of("km");
    assert_non_null(document);
    rwe_document_set_title(document, "Rotterdam", "A cohort of 2982");
    rwe_document_section(document, 1, "Kaplan–Meier");
    rwe_document_paragraph(document, "Time is in %s.", "days");
    rwe_document_section(document, 2, "Overall survival");
    add_survival(document);
    rwe_document_warning(document, "few-events", "km", "Only %d events.", 3);
    key.group = "1";
    rwe_document_series(document, &key, "step", 2, 2, names, columns);
    rwe_document_set_provenance(document, check_provenance());
    return document;
}

struct rwe_document *check_hostile_document(struct rwe_arena *arena)
{
    static const char *const hostile = "a|b <script>\"x\" & 'y'\n*z*\x1b[0m\xff";
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_key key = rwe_key_of("cohort");
    assert_non_null(document);
    key.group = hostile;
    rwe_document_set_title(document, hostile, NULL);
    rwe_document_section(document, 1, "%s", hostile);
    rwe_document_paragraph(document, "%s", hostile);
    rwe_document_warning(document, "odd, \"code\"", NULL, "%s", hostile);
    struct rwe_grid *grid = rwe_document_table(document, "%s", hostile);
    rwe_grid_column(grid, "%s", hostile);
    rwe_grid_column(grid, "A");
    rwe_grid_row(grid, 0, "%s", hostile);
    rwe_fact text = rwe_document_string(document, &key, "reason", hostile);
    rwe_grid_cell(grid, RWE_CELL_TEXT, text, NONE, NONE);
    rwe_grid_note(grid, "%s", hostile);
    return document;
}
