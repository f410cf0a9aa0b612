/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../../src/stats/gram_private.h"

#include "check.h"

/* Every size about the rows and lanes that are handled together, against the sum of products. */
static void sums_of_squares_are_the_sums_of_products(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    for (size_t p = 1; p <= 9; p++)
        for (size_t n = 0; n <= 9; n++) {
            struct rwe_gram gram;
            double x[81], out[81], expected[81] = {0};
            rwe_gram_init(&gram, p, arena);
            for (size_t i = 0; i < n; i++) {
                double scale = (double)(i % 3) - 0.5;
                for (size_t j = 0; j < p; j++)
                    x[i * p + j] = (double)((7 * i + 3 * j + i * j) % 11) - 4;
                rwe_gram_add(&gram, scale, x + i * p);
                for (size_t j = 0; j < p; j++)
                    for (size_t k = 0; k <= j; k++)
                        expected[j * p + k] += scale * x[i * p + j] * x[i * p + k];
            }
            rwe_gram_write(&gram, out);
            for (size_t j = 0; j < p; j++)
                for (size_t k = 0; k <= j; k++)
                    assert_close(out[j * p + k], expected[j * p + k], 1e-15);
        }
    rwe_arena_free(arena);
}

static void a_cleared_sum_is_0_whatever_waited(void **state)
{
    (void)state;
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_gram gram;
    const double x[2] = {3, 4};
    double out[4];
    rwe_gram_init(&gram, 2, arena);
    for (int i = 0; i < 7; i++)
        rwe_gram_add(&gram, 1, x);
    rwe_gram_clear(&gram);
    rwe_gram_add(&gram, 2, x);
    rwe_gram_write(&gram, out);
    assert_close(out[0], 18, 0);
    assert_close(out[2], 24, 0);
    assert_close(out[3], 32, 0);
    rwe_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_squares_are_the_sums_of_products),
        cmocka_unit_test(a_cleared_sum_is_0_whatever_waited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
