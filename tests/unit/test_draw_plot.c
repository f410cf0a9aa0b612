/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plots on a canvas that remembers: where words, counts and curves stand. The golden drawing was looked at. */
#include "draw_plot.h"
#include "kept.h"
#include "program.h"
#include "starve.h"

#include "../../src/report/draw_private.h"
#include "rwe/report/figure_file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int new_arena(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int free_arena(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* ---- words ---- */

static void check_words(const struct plot_sketch *sketch)
{
    for (size_t i = 0; i < sketch->n_words; i++) {
        const struct plot_word *a = &sketch->word[i];
        bool inside =
            a->left >= 0 && a->right <= sketch->width && a->top >= 0 && a->bottom <= sketch->height;
        if (!inside)
            fail_msg("\"%s\" leaves the drawing", a->text);
        for (size_t j = 0; j < i; j++) {
            const struct plot_word *b = &sketch->word[j];
            if (a->left < b->right && a->right > b->left && a->top < b->bottom &&
                a->bottom > b->top)
                fail_msg("\"%s\" and \"%s\" overlap", a->text, b->text);
        }
    }
}

static const char *const latin[] = {"GP + tislelizumab",
                                    "GP + tislelizumab + RT",
                                    "Best supportive care",
                                    "Trial arm with a name as long as the whole line of a phone",
                                    "E",
                                    "F"};
static const char *const chinese[] = {
    "化疗", "化疗+免疫治疗", "化疗+免疫治疗+转移灶放疗", "最佳支持治疗(对照组)", "五", "六"};

static void no_words_overlap_at_two_to_six_arms_wide_and_narrow_in_latin_and_chinese(void **state)
{
    static const double widths[] = {720, 340, 480, 1000};
    static const double apart[] = {0.02, 0.5, 1.5};
    for (size_t n_arms = 1; n_arms <= 6; n_arms++)
        for (size_t w = 0; w < 4; w++)
            for (size_t s = 0; s < 3; s++)
                for (int zh = 0; zh < 2; zh++) {
                    struct plot_example example = {.label = zh ? chinese : latin,
                                                   .n_arms = n_arms,
                                                   .n = 80,
                                                   .apart = apart[s],
                                                   .step = s == 1 ? 3 : 6,
                                                   .results = true};
                    struct plot_sketch sketch =
                        plot_sketch_of(plot_example(*state, &example), widths[w], *state);
                    assert_true(sketch.n_words > 20);
                    check_words(&sketch);
                }
}

static void a_name_is_nearer_to_its_curve_than_to_any_other(void **state)
{
    struct plot_example example = {.label = latin, .n_arms = 2, .n = 200, .apart = 1.5, .step = 6};
    struct plot_sketch sketch = plot_sketch_of(plot_example(*state, &example), 720, *state);
    for (size_t a = 0; a < 2; a++) {
        const struct plot_word *name = plot_find_word(&sketch, latin[a]);
        double x = (name->left + name->right) / 2, y = (name->top + name->bottom) / 2;
        assert_true(name->left > sketch.left && name->bottom < sketch.bottom); /* no legend */
        assert_true(plot_distance(&sketch, a, x, y) < plot_distance(&sketch, 1 - a, x, y));
    }
}

static void names_that_have_no_room_stand_in_a_legend_above_the_plot(void **state)
{
    struct plot_example example = {.label = latin, .n_arms = 2, .n = 200, .apart = 0, .step = 6};
    struct plot_sketch sketch = plot_sketch_of(plot_example(*state, &example), 720, *state);
    for (size_t a = 0; a < 2; a++)
        assert_true(plot_find_word(&sketch, latin[a])->bottom < sketch.top);
}

static void results_stand_where_no_curve_passes(void **state)
{
    struct plot_example example = {
        .label = latin, .n_arms = 2, .n = 200, .apart = 0.7, .step = 6, .results = true};
    struct plot_sketch sketch = plot_sketch_of(plot_example(*state, &example), 720, *state);
    const struct plot_word *hr = plot_find_word(&sketch, "HR 0.74 (0.59–0.92)");
    assert_true(hr->left > sketch.left && hr->bottom < sketch.bottom);
    for (size_t a = 0; a < 2; a++)
        assert_true(plot_distance(&sketch, a, (hr->left + hr->right) / 2,
                                  (hr->top + hr->bottom) / 2) > (hr->bottom - hr->top) / 2);
}

static void a_result_without_facts_is_left_out(void **state)
{
    struct plot_example example = {
        .label = latin, .n_arms = 2, .n = 50, .step = 6, .results = true};
    struct rwe_figure *figure = plot_example(*state, &example);
    struct rwe_key key = rwe_key_of("never-run");
    rwe_figure_result(figure, "Never run", RWE_CELL_P_VALUE, &key,
                      (const char *const[]){"p.value", NULL, NULL});
    struct plot_sketch sketch = plot_sketch_of(figure, 720, *state);
    for (size_t i = 0; i < sketch.n_words; i++)
        assert_null(strstr(sketch.word[i].text, "Never"));
}

/* ---- counts ---- */

static void counts_stand_under_their_times(void **state)
{
    static const double widths[] = {720, 340};
    for (size_t w = 0; w < 2; w++) {
        struct plot_example example = {.label = latin, .n_arms = 3, .n = 80, .step = 3};
        struct plot_sketch sketch =
            plot_sketch_of(plot_example(*state, &example), widths[w], *state);
        size_t n_counts = 0;
        for (size_t i = 0; i < sketch.n_words; i++) {
            const struct plot_word *count = &sketch.word[i];
            if (isnan(count->time))
                continue;
            char tick[32];
            snprintf(tick, sizeof tick, "%g", count->time);
            assert_close(count->x, plot_find_word(&sketch, tick)->x, 1e-12);
            n_counts++;
        }
        assert_true(n_counts >= 3 * 3 * 5);
        assert_true(n_counts < 3 * 3 * 21 || w == 0); /* a phone has no room for all */
    }
}

/* ---- curves ---- */

static void a_curve_ends_where_it_is_cut_and_drops_beyond_are_left_out(void **state)
{
    struct plot_example example = {.label = latin, .n_arms = 1, .n = 100, .step = 6, .until = 12};
    struct plot_sketch sketch = plot_sketch_of(plot_example(*state, &example), 720, *state);
    double cut = sketch.left + (sketch.right - sketch.left) * 12 / 60;
    assert_close(plot_last_x(&sketch, 0), cut, 1e-9);
    assert_int_equal(sketch.n_drops, 0); /* the median is at about 20 */
    example.until = NAN;
    sketch = plot_sketch_of(plot_example(*state, &example), 720, *state);
    assert_true(plot_last_x(&sketch, 0) > cut + 100);
    assert_int_equal(sketch.n_drops, 2);
}

static void the_curve_goes_through_its_points(void **state)
{
    static const double time[] = {10, 20, 45}, survival[] = {0.75, 0.5, 0.25};
    struct rwe_figure *figure = plot_small(*state, time, survival, 3);
    struct plot_sketch sketch = plot_sketch_of(figure, 720, *state);
    for (size_t i = 0; i < 3; i++) {
        double x = sketch.left + (sketch.right - sketch.left) * time[i] / 60;
        double y = sketch.bottom - (sketch.bottom - sketch.top) * survival[i];
        assert_close(plot_distance(&sketch, 0, x, y) + 1, 1, 1e-9);
    }
}

static void a_hundred_thousand_patients_take_the_bytes_of_a_figure(void **state)
{
    struct plot_example example = {
        .label = latin, .n_arms = 2, .n = 50000, .apart = 0.5, .step = 6, .results = true};
    struct rwe_bytes bytes;
    struct rwe_error error = {0};
    assert_int_equal(
        rwe_figure_render(plot_example(*state, &example), RWE_FIGURE_SVG, NULL, &bytes, &error),
        RWE_OK);
    assert_true(bytes.n < 120000);
    rwe_bytes_clear(&bytes);
}

static void nothing_to_draw_is_an_empty_frame(void **state)
{
    static const double nan_only[] = {NAN, NAN}, at[] = {1, 2};
    struct rwe_arena *arena = *state;
    struct rwe_document *document = rwe_document_new(arena);
    struct rwe_figure *figure =
        rwe_document_figure(document, RWE_FIGURE_PLOT, "empty", "%s", "Nothing");
    struct plot_sketch sketch = plot_sketch_of(figure, 720, arena);
    check_words(&sketch);
    static const enum rwe_curve_style styles[] = {RWE_CURVE_STEP, RWE_CURVE_LINE, RWE_CURVE_AREA,
                                                  RWE_CURVE_BARS, RWE_CURVE_POINTS};
    for (size_t s = 0; s < 5; s++)
        rwe_figure_curve(figure, &(struct rwe_curve){.label = "none",
                                                     .style = styles[s],
                                                     .group = s,
                                                     .n = s % 2 == 0 ? 2 : 0,
                                                     .x = at,
                                                     .y = nan_only,
                                                     .low = nan_only,
                                                     .high = nan_only,
                                                     .censored = at,
                                                     .start = NAN,
                                                     .until = NAN});
    sketch = plot_sketch_of(figure, 720, arena);
    check_words(&sketch);
}

/* ---- axes ---- */

static void check_log_ticks(double from, double to, size_t n, const double expected[])
{
    const struct rwe_axis axis = {.scale = RWE_SCALE_LOG};
    struct rwe_ticks ticks = rwe_axis_ticks(&axis, from, to, 8);
    assert_int_equal(ticks.n, n);
    for (size_t i = 0; i < n; i++)
        assert_close(ticks.at[i], expected[i], 1e-12);
}

static void
logarithms_of_ratios_have_ticks_at_powers_of_two_and_those_of_times_at_1_2_5(void **state)
{
    (void)state;
    check_log_ticks(0.2, 5, 5, (const double[]){0.25, 0.5, 1, 2, 4});
    check_log_ticks(11, 883, 5, (const double[]){20, 50, 100, 200, 500});
    check_log_ticks(1e-3, 1e3, 7, (const double[]){1e-3, 1e-2, 0.1, 1, 10, 100, 1000});
}

/* ---- files ---- */

static struct rwe_bytes render(const struct rwe_figure *figure, enum rwe_figure_format format)
{
    struct rwe_bytes bytes;
    struct rwe_error error = {0};
    enum rwe_status status = rwe_figure_render(figure, format, NULL, &bytes, &error);
    if (status != RWE_OK)
        fail_msg("%s", error.message);
    return bytes;
}

static void the_golden_drawing_is_the_same_to_the_byte(void **state)
{
    struct plot_example example = {
        .label = chinese, .n_arms = 2, .n = 12, .apart = 0.5, .step = 12, .results = true};
    struct rwe_bytes drawn = render(plot_example(*state, &example), RWE_FIGURE_SVG);
    kept_is_the_same("tests/unit/drawn/plot.svg", (const char *)drawn.byte, drawn.n);
    rwe_bytes_clear(&drawn);
}

static unsigned big_endian(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
}

static void png_has_two_pixels_a_unit_and_pdf_no_date(void **state)
{
    struct plot_example example = {
        .label = chinese, .n_arms = 2, .n = 20, .apart = 0.5, .step = 12};
    struct rwe_figure *figure = plot_example(*state, &example);
    struct plot_sketch sketch = plot_sketch_of(figure, 720, *state);
    struct rwe_bytes png = render(figure, RWE_FIGURE_PNG), pdf = render(figure, RWE_FIGURE_PDF);
    assert_memory_equal(png.byte, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(big_endian(png.byte + 16), 1440);
    assert_int_equal(big_endian(png.byte + 20), (unsigned)(2 * sketch.height));
    assert_memory_equal(pdf.byte, "%PDF-1.", 7);
    assert_memory_equal(pdf.byte + pdf.n - 6, "%%EOF\n", 6);
    assert_null(memmem(pdf.byte, pdf.n, "CreationDate", 12));
    rwe_bytes_clear(&png);
    rwe_bytes_clear(&pdf);
}

static void files_are_the_same_each_time(void **state)
{
    struct plot_example example = {.label = chinese, .n_arms = 4, .n = 60, .apart = 0.5, .step = 6};
    struct rwe_figure *figure = plot_example(*state, &example);
    for (int format = RWE_FIGURE_SVG; format <= RWE_FIGURE_PNG; format++) {
        struct rwe_bytes first = render(figure, (enum rwe_figure_format)format);
        struct rwe_bytes second = render(figure, (enum rwe_figure_format)format);
        assert_int_equal(first.n, second.n);
        assert_memory_equal(first.byte, second.byte, first.n);
        rwe_bytes_clear(&first);
        rwe_bytes_clear(&second);
    }
}

static void figures_are_listed_in_the_order_of_the_flow(void **state)
{
    struct rwe_document *document = rwe_document_new(*state);
    rwe_document_paragraph(document, "%s", "Words");
    rwe_document_figure(document, RWE_FIGURE_PLOT, "km-os-all", "%s", "First");
    rwe_document_table(document, "A table");
    rwe_document_figure(document, RWE_FIGURE_PLOT, "km os/all", "%s", "Second");
    rwe_document_figure(document, RWE_FIGURE_PLOT, "km-os-all", "%s", "Third");
    assert_int_equal(rwe_document_n_figures(document), 3);
    assert_string_equal(rwe_figure_name(rwe_document_figure_at(document, 1)), "km-os-all-2");
    assert_string_equal(rwe_figure_name(rwe_document_figure_at(document, 2)), "km-os-all-3");
    assert_string_equal(rwe_figure_title(rwe_document_figure_at(document, 2)), "Third");
    assert_null(rwe_document_figure_at(document, 3));
}

static void sizes_out_of_range_are_refused(void **state)
{
    struct plot_example example = {.label = latin, .n_arms = 2, .n = 20, .step = 12};
    const struct rwe_figure *figure = plot_example(*state, &example);
    static const struct rwe_figure_file_options wrong[] = {
        {100, 2, NULL}, {5000, 2, NULL}, {720, 0, NULL}, {NAN, 2, NULL}};
    for (size_t i = 0; i < 4; i++) {
        struct rwe_bytes bytes;
        struct rwe_error error = {0};
        assert_int_equal(rwe_figure_render(figure, RWE_FIGURE_PDF, &wrong[i], &bytes, &error),
                         RWE_USAGE);
        rwe_bytes_clear(&bytes);
    }
}

struct input {
    const struct rwe_figure *figure;
};

static enum rwe_status draw(const struct input *input, struct rwe_arena *arena,
                            struct rwe_error *error)
{
    struct rwe_bytes bytes;
    (void)arena;
    enum rwe_status status = rwe_figure_render(input->figure, RWE_FIGURE_SVG, NULL, &bytes, error);
    rwe_bytes_clear(&bytes);
    return status;
}

static void memory_that_is_out_is_told(void **state)
{
    struct plot_example example = {
        .label = latin, .n_arms = 3, .n = 5000, .apart = 0.5, .step = 6, .results = true};
    const struct input input = {plot_example(*state, &example)};
    starve(&input, 10, draw);
}

#define TEST(claim) cmocka_unit_test_setup_teardown(claim, new_arena, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_words_overlap_at_two_to_six_arms_wide_and_narrow_in_latin_and_chinese),
        TEST(a_name_is_nearer_to_its_curve_than_to_any_other),
        TEST(names_that_have_no_room_stand_in_a_legend_above_the_plot),
        TEST(results_stand_where_no_curve_passes),
        TEST(a_result_without_facts_is_left_out),
        TEST(counts_stand_under_their_times),
        TEST(a_curve_ends_where_it_is_cut_and_drops_beyond_are_left_out),
        TEST(the_curve_goes_through_its_points),
        TEST(a_hundred_thousand_patients_take_the_bytes_of_a_figure),
        TEST(nothing_to_draw_is_an_empty_frame),
        TEST(logarithms_of_ratios_have_ticks_at_powers_of_two_and_those_of_times_at_1_2_5),
        TEST(the_golden_drawing_is_the_same_to_the_byte),
        TEST(png_has_two_pixels_a_unit_and_pdf_no_date),
        TEST(files_are_the_same_each_time),
        TEST(figures_are_listed_in_the_order_of_the_flow),
        TEST(sizes_out_of_range_are_refused),
        TEST(memory_that_is_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
