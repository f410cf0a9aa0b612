/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model's columns by hand, over ten subjects. */
#include "rwe/analysis/model_matrix.h"
#include "rwe/stats/cox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "starve.h"

enum { N = 10 };

static const uint32_t everybody[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint32_t arm[N] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0};
static const char *const arms[] = {"none", "rt", "chemo"};

static const double ages[N] = {50, 61, 47, 55, 70, 66, 39, 58, 62, 44};
static const double twice[N] = {101, 123, 95, 111, 141, 133, 79, 117, 125, 89}; /* 2 age + 1 */
static const double ones[N] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
static const double meals[N] = {3, NAN, 5, 4, NAN, 3, 2, 7, 4, 4}; /* mean 4 */
static const double grades[N] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1};
static const int32_t sizes[N] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 2};
static const int32_t halves[N] = {0, 1, 1, 0, 1, 1, 0, 1, 1, 1}; /* size is not "a" */
static const char *const abc[] = {"a", "b", "c"}, *const lh[] = {"low", "high"};

enum { AGE, TWICE, ONE, MEAL, GRADE, SIZE, HALF, N_VARIABLES };
static const struct rwe_variable variable[N_VARIABLES] = {
    {.name = "age", .number = ages},
    {.name = "twice", .number = twice},
    {.name = "one", .number = ones},
    {.name = "meal", .number = meals, .n_missing = 2},
    {.name = "grade", .number = grades},
    {.name = "size", .categorical = true, .code = sizes, .level = abc, .n_levels = 3},
    {.name = "half", .categorical = true, .code = halves, .level = lh, .n_levels = 2},
};
static const struct rwe_cohort cohort = {.n = N,
                                         .arm = arm,
                                         .n_arms = 3,
                                         .arm_level = arms,
                                         .covariate = variable,
                                         .n_covariates = N_VARIABLES};

static const struct rwe_model_rows all = {.n = N, .subject = everybody};

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

/* A model of these covariates, without the arm. */
static struct rwe_model model_of(struct rwe_arena *arena, const int covariate[], size_t n)
{
    struct rwe_model model = rwe_model_new(&cohort, arena);
    for (size_t j = 0; j < n; j++)
        assert_int_equal(rwe_model_add_covariate(&model, &variable[covariate[j]], false), j);
    return model;
}

static struct rwe_model_matrix make(const struct rwe_model *model,
                                    const struct rwe_model_rows *rows)
{
    struct rwe_model_matrix matrix;
    struct rwe_error error = {0};
    if (rwe_model_matrix_make(model, rows, &matrix, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return matrix;
}

/* Names of the columns in x, cut at blanks. */
static void assert_columns(const struct rwe_model_matrix *matrix, const char *names)
{
    char text[512] = "";
    for (size_t j = 0; j < matrix->p; j++) {
        strcat(text, j == 0 ? "" : " ");
        strcat(text, rwe_model_matrix_column(matrix, j)->name);
    }
    assert_string_equal(text, names);
}

static void assert_values(const struct rwe_model_matrix *matrix, size_t at, const double want[])
{
    for (size_t k = 0; k < matrix->n; k++)
        assert_close(matrix->x[at * matrix->n + k], want[k], 0);
}

/* As a fit refuses the column at a place. */
static struct rwe_error refused(size_t at)
{
    return (struct rwe_error){.status = RWE_COLLINEAR, .index = at};
}

/* ---- terms and columns ---- */

static void columns_follow_the_terms_and_their_levels(void **state)
{
    struct rwe_model model = rwe_model_new(&cohort, *state);
    assert_int_equal(rwe_model_add_arm(&model), 0);
    assert_int_equal(rwe_model_add_covariate(&model, &variable[AGE], false), 1);
    assert_int_equal(rwe_model_add_covariate(&model, &variable[SIZE], false), 2);
    struct rwe_model_matrix matrix = make(&model, &all);
    assert_columns(&matrix, "arm=rt arm=chemo age size=b size=c");
    assert_values(&matrix, 0, (double[]){0, 1, 0, 0, 1, 0, 0, 1, 0, 0});
    assert_values(&matrix, 1, (double[]){0, 0, 1, 0, 0, 1, 0, 0, 1, 0});
    assert_values(&matrix, 2, ages);
    assert_values(&matrix, 4, (double[]){0, 0, 1, 0, 0, 1, 0, 0, 1, 1});
    assert_null(rwe_model_matrix_left_out(&matrix, NULL));
}

static void of_two_arms_the_column_is_called_arm_and_rows_may_have_arms_of_their_own(void **state)
{
    struct rwe_cohort two = cohort;
    static const uint32_t clones[3] = {0, 1, 1}, subject[3] = {4, 4, 9};
    two.n_arms = 2;
    struct rwe_model model = rwe_model_new(&two, *state);
    rwe_model_add_arm(&model);
    struct rwe_model_matrix matrix =
        make(&model, &(struct rwe_model_rows){.n = 3, .subject = subject, .arm = clones});
    assert_columns(&matrix, "arm");
    assert_values(&matrix, 0, (double[]){0, 1, 1});
}

static void products_are_each_column_times_each_and_squares_have_their_sign(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){SIZE, AGE, HALF}, 3);
    rwe_model_add_product(&model, 0, 1);
    rwe_model_add_product(&model, 1, 1);
    rwe_model_add_product(&model, 2, 0);
    struct rwe_model_matrix matrix = make(&model, &all);
    assert_columns(&matrix, "size=b size=c age half=high size=b:age size=c:age age^2 "
                            "half=high:size=b half=high:size=c");
    assert_values(&matrix, 4, (double[]){0, 61, 0, 0, 70, 0, 0, 58, 0, 0});
    assert_values(&matrix, 6,
                  (double[]){2500, 3721, 2209, 3025, 4900, 4356, 1521, 3364, 3844, 1936});
}

static void a_missing_number_is_the_mean_beside_its_indicator(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){MEAL}, 1);
    uint8_t complete[2];
    rwe_model_complete(&model, 2, complete);
    assert_int_equal(complete[0], 1);
    assert_int_equal(complete[1], 0);
    model.fills = true;
    rwe_model_add_missing(&model, &variable[MEAL]);
    struct rwe_model_matrix matrix = make(&model, &all);
    assert_columns(&matrix, "meal meal=missing");
    assert_values(&matrix, 0, (double[]){3, 4, 5, 4, 4, 3, 2, 7, 4, 4});
    assert_values(&matrix, 1, (double[]){0, 1, 0, 0, 1, 0, 0, 0, 0, 0});
}

/* ---- splines ---- */

static void a_spline_has_the_columns_and_the_contrast_of_its_basis(void **state)
{
    struct rwe_model model = rwe_model_new(&cohort, *state);
    double basis[RWE_COVARIATE_SPLINE_DF], at[RWE_COVARIATE_SPLINE_DF];
    rwe_model_add_covariate(&model, &variable[AGE], true);
    struct rwe_model_matrix matrix = make(&model, &all);
    assert_columns(&matrix, "age(spline 1) age(spline 2) age(spline 3)");
    const struct rwe_term_columns *of = &matrix.of_term[0];
    for (size_t k = 0; k < N; k++) {
        rwe_spline_basis(of->spline, ages[k], basis);
        for (size_t j = 0; j < of->n; j++)
            assert_close(matrix.x[j * N + k], basis[j], 0);
    }
    /* quartiles of 39 44 47 50 55 58 61 62 66 70, type 7 */
    assert_string_equal(of->contrast_name, "61.75 against 47.75");
    rwe_spline_basis(of->spline, 61.75, basis);
    rwe_model_matrix_set(&matrix, &variable[AGE], 47.75, at);
    for (size_t j = 0; j < of->n; j++)
        assert_close(of->contrast[j], basis[j] - at[j], 0);
}

static void a_spline_of_few_values_names_its_term_and_the_list_stays_complete(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){AGE}, 1);
    struct rwe_model_matrix matrix;
    struct rwe_error error = {0};
    rwe_model_add_covariate(&model, &variable[ONE], true);
    rwe_model_add_covariate(&model, &variable[SIZE], false);
    assert_int_equal(rwe_model_matrix_make(&model, &all, &matrix, &error), RWE_NOT_ESTIMABLE);
    assert_int_equal(error.index, 1);
    assert_int_equal(matrix.n_columns, 1 + RWE_COVARIATE_SPLINE_DF + 2);
    assert_string_equal(matrix.column[5].name, "size=c");
}

/* ---- empty and constant columns ---- */

static void the_first_level_that_occurs_is_the_reference_and_the_list_is_the_same(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){SIZE, AGE}, 2);
    static const uint32_t b_and_c[] = {1, 2, 4, 5}, only_a[] = {0, 3, 6};
    model.term[1].required = true;
    rwe_model_add_product(&model, 0, 1);
    struct rwe_model_matrix matrix =
        make(&model, &(struct rwe_model_rows){.n = 4, .subject = b_and_c});
    assert_columns(&matrix, "size=c age size=c:age");
    assert_int_equal(matrix.n_columns, 5);
    assert_string_equal(matrix.column[0].name, "size=b");
    assert_int_equal(matrix.column[0].state, RWE_COLUMN_EMPTY);
    assert_int_equal(matrix.column[3].at, RWE_NO_INDEX); /* size=b:age */
    assert_null(rwe_model_matrix_left_out(&matrix, NULL));
    matrix = make(&model, &(struct rwe_model_rows){.n = 3, .subject = only_a});
    assert_columns(&matrix, "age");
    assert_string_equal(rwe_model_matrix_left_out(&matrix, NULL), "\"size\" (one value only)");
}

static void a_constant_number_is_left_out_and_a_required_one_stays(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){ONE, AGE}, 2);
    struct rwe_model_matrix matrix = make(&model, &all);
    assert_columns(&matrix, "age");
    assert_int_equal(matrix.column[0].state, RWE_COLUMN_CONSTANT);
    assert_string_equal(rwe_model_matrix_left_out(&matrix, NULL), "\"one\" (one value only)");
    model.term[0].required = true;
    matrix = make(&model, &all);
    assert_columns(&matrix, "one age");
}

static void fewer_rows_may_leave_out_more_of_which_alone_is_told(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){AGE, ONE, GRADE, SIZE}, 4);
    struct rwe_model_matrix whole = make(&model, &all), few;
    static const uint32_t row[] = {6, 0, 3}; /* grade 1, size a */
    assert_int_equal(rwe_model_matrix_take(&whole, row, 3, &few), RWE_OK);
    assert_columns(&few, "age");
    assert_values(&few, 0, (double[]){39, 50, 55});
    assert_string_equal(rwe_model_matrix_left_out(&few, &whole),
                        "\"grade\" (one value only), \"size\" (one value only)");
    assert_columns(&whole, "age grade size=b size=c");
}

/* ---- determined columns ---- */

static void determined_columns_go_with_the_names_of_those_that_determine_them(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){AGE, TWICE, SIZE, HALF, GRADE}, 5);
    struct rwe_model_matrix matrix = make(&model, &all);
    struct rwe_error failure = refused(1);
    assert_columns(&matrix, "age twice size=b size=c half=high grade");
    assert_true(rwe_model_matrix_reduce(&matrix, &failure));
    assert_int_equal(failure.status, RWE_OK);
    assert_columns(&matrix, "age size=b size=c grade");
    assert_values(&matrix, 0, ages);
    assert_values(&matrix, 3, grades);
    assert_string_equal(
        rwe_model_matrix_left_out(&matrix, NULL),
        "\"twice\" (determined by \"age\"), \"half=high\" (determined by \"size=b\", \"size=c\")");
    failure = refused(2);
    failure.status = RWE_SEPARATED;
    assert_false(rwe_model_matrix_reduce(&matrix, &failure));
    assert_int_equal(failure.status, RWE_SEPARATED);
}

static void a_covariate_that_is_the_arm_goes_and_the_arm_stays(void **state)
{
    static const double treated[N] = {0, 1, 0, 0, 1, 0, 0, 1, 0, 0};
    const struct rwe_variable same = {.name = "treated", .binary = true, .number = treated};
    struct rwe_model model = rwe_model_new(&cohort, *state);
    rwe_model_add_arm(&model);
    rwe_model_add_covariate(&model, &same, false);
    struct rwe_model_matrix matrix = make(&model, &all);
    struct rwe_error failure = refused(2);
    assert_true(rwe_model_matrix_reduce(&matrix, &failure));
    assert_columns(&matrix, "arm=rt arm=chemo");
    assert_string_equal(rwe_model_matrix_left_out(&matrix, NULL),
                        "\"treated\" (determined by \"arm=rt\")");
    failure = refused(0);
    assert_false(rwe_model_matrix_reduce(&matrix, &failure));
    assert_int_equal(failure.status, RWE_COLLINEAR);
    assert_columns(&matrix, "arm=rt arm=chemo");
}

static void what_strata_determine_goes_in_one_step(void **state)
{
    static const uint32_t stratum[N] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0}; /* by grade */
    struct rwe_model model = model_of(*state, (int[]){GRADE, AGE, SIZE}, 3);
    struct rwe_model_matrix matrix =
        make(&model, &(struct rwe_model_rows){.n = N, .subject = everybody, .stratum = stratum});
    struct rwe_error failure = refused(0);
    assert_true(rwe_model_matrix_reduce(&matrix, &failure));
    assert_columns(&matrix, "age size=c"); /* of the stratum of grade 1 the last has size c */
    assert_string_equal(
        rwe_model_matrix_left_out(&matrix, NULL),
        "\"grade\" (one value in each stratum), \"size=b\" (one value in each stratum)");
}

/* In its risk sets, or to its precision, a fit may find more than the rows say. */
static void the_column_that_a_fit_names_goes_where_the_rows_determine_none(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){AGE, GRADE}, 2);
    struct rwe_model_matrix matrix = make(&model, &all);
    struct rwe_error failure = refused(1), error = {0};
    assert_int_equal(rwe_model_matrix_decide(&matrix, &error), RWE_OK);
    assert_columns(&matrix, "age grade");
    assert_true(rwe_model_matrix_reduce(&matrix, &failure));
    assert_columns(&matrix, "age");
    assert_string_equal(rwe_model_matrix_left_out(&matrix, NULL),
                        "\"grade\" (determined by the terms before it)");
}

static void a_fit_without_them_is_the_fit_without_their_covariates(void **state)
{
    static const double time[N] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const uint8_t event[N] = {1, 0, 1, 1, 0, 1, 1, 1, 0, 1};
    const struct rwe_survival_data data = {
        .n = N, .time = time, .event = event, .n_causes = 1, .n_groups = 1, .n_strata = 1};
    const struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_error failure = {0}, error = {0};
    struct rwe_cox with, without;
    struct rwe_model model = model_of(*state, (int[]){AGE, TWICE, GRADE, ONE}, 4);
    struct rwe_model_matrix matrix = make(&model, &all);
    size_t n_fits = 0;
    do {
        rwe_cox_fit(&data, matrix.x, matrix.p, &options, *state, &with, &failure);
        n_fits++;
    } while (rwe_model_matrix_reduce(&matrix, &failure));
    assert_int_equal(failure.status, RWE_OK);
    assert_int_equal(n_fits, 2);
    model = model_of(*state, (int[]){AGE, GRADE}, 2);
    matrix = make(&model, &all);
    assert_int_equal(rwe_cox_fit(&data, matrix.x, matrix.p, &options, *state, &without, &error),
                     RWE_OK);
    for (size_t j = 0; j < 2; j++)
        assert_close(with.estimate[j], without.estimate[j], 0);
}

/* ---- coefficients ---- */

static void a_start_finds_coefficients_by_the_columns_names(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){AGE, SIZE, GRADE}, 3);
    struct rwe_model other = model_of(*state, (int[]){SIZE, HALF, GRADE}, 3);
    static const uint32_t without_b[] = {0, 2, 3, 5};
    double coefficient[4], start[4];
    struct rwe_model_matrix data =
        make(&model, &(struct rwe_model_rows){.n = 4, .subject = without_b});
    assert_columns(&data, "age size=c grade");
    rwe_model_matrix_spread(&data, (double[]){0.5, -2, 3}, coefficient);
    assert_close(coefficient[0], 0.5, 0);
    assert_nan(coefficient[1]);
    assert_close(coefficient[3], 3, 0);
    struct rwe_model_matrix matrix = make(&other, &all);
    assert_columns(&matrix, "size=b size=c half=high grade");
    rwe_model_matrix_start(&matrix, &data, coefficient, start);
    for (size_t j = 0; j < 4; j++)
        assert_close(start[j], ((double[]){0, -2, 0, 3})[j], 0);
}

static void a_row_to_predict_for_has_the_columns_of_its_values(void **state)
{
    struct rwe_model model = model_of(*state, (int[]){AGE, SIZE}, 2);
    struct rwe_model_matrix matrix = make(&model, &all);
    double at[3] = {0};
    rwe_model_matrix_set(&matrix, &variable[AGE], 57, at);
    rwe_model_matrix_set(&matrix, &variable[SIZE], 2, at);
    assert_close(at[0], 57, 0);
    assert_close(at[1], 0, 0);
    assert_close(at[2], 1, 0);
}

/* ---- memory ---- */

struct input {
    int unused;
};

static enum rwe_status make_and_reduce(const struct input *input, struct rwe_arena *arena,
                                       struct rwe_error *error)
{
    enum { MANY = 20000 }; /* so large that most arrays are a call of their own */
    static uint32_t subject[MANY], stratum[MANY];
    (void)input;
    for (uint32_t k = 0; k < MANY; k++) {
        subject[k] = k % N;
        stratum[k] = k / N % 2;
    }
    struct rwe_model model = rwe_model_new(&cohort, arena);
    struct rwe_model_matrix matrix;
    rwe_model_add_covariate(&model, &variable[AGE], true);
    rwe_model_add_covariate(&model, &variable[TWICE], false);
    enum rwe_status status = rwe_model_matrix_make(
        &model, &(struct rwe_model_rows){MANY, subject, NULL, stratum}, &matrix, error);
    struct rwe_error failure = refused(3);
    if (status != RWE_OK || rwe_model_matrix_reduce(&matrix, &failure))
        return status;
    *error = failure;
    return failure.status;
}

static void without_memory_there_is_no_matrix(void **state)
{
    (void)state;
    struct input input = {0};
    starve(&input, 6, make_and_reduce);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(columns_follow_the_terms_and_their_levels),
        TEST(of_two_arms_the_column_is_called_arm_and_rows_may_have_arms_of_their_own),
        TEST(products_are_each_column_times_each_and_squares_have_their_sign),
        TEST(a_missing_number_is_the_mean_beside_its_indicator),
        TEST(a_spline_has_the_columns_and_the_contrast_of_its_basis),
        TEST(a_spline_of_few_values_names_its_term_and_the_list_stays_complete),
        TEST(the_first_level_that_occurs_is_the_reference_and_the_list_is_the_same),
        TEST(a_constant_number_is_left_out_and_a_required_one_stays),
        TEST(fewer_rows_may_leave_out_more_of_which_alone_is_told),
        TEST(determined_columns_go_with_the_names_of_those_that_determine_them),
        TEST(a_covariate_that_is_the_arm_goes_and_the_arm_stays),
        TEST(what_strata_determine_goes_in_one_step),
        TEST(the_column_that_a_fit_names_goes_where_the_rows_determine_none),
        TEST(a_fit_without_them_is_the_fit_without_their_covariates),
        TEST(a_start_finds_coefficients_by_the_columns_names),
        TEST(a_row_to_predict_for_has_the_columns_of_its_values),
        cmocka_unit_test(without_memory_there_is_no_matrix),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
