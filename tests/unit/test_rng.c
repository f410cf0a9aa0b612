/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/rng.h"
#include <math.h>
#include <string.h>

/* Vigna's splitmix64.c started at 1234567: its first five numbers, as many reimplementations check
 * themselves (Rosetta Code, "Pseudo-random numbers/Splitmix64"). */
static void mix_is_a_step_of_splitmix64(void **state)
{
    (void)state;
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u,
                                        16408922859458223821u};
    for (uint64_t i = 0; i < 5; i++)
        assert_true(rwe_mix64(1234567 + i * 0x9e3779b97f4a7c15u) == expected[i]);
}

/* Blackman and Vigna's xoshiro256plusplus.c from the state 1, 2, 3, 4: its first ten numbers, as the
 * Rust crate rand_xoshiro checks itself against that code. */
static void generator_is_xoshiro256_plus_plus(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        41943041u,
        58720359u,
        3588806011781223u,
        3591011842654386u,
        9228616714210784205u,
        9973669472204895162u,
        14011001112246962877u,
        12406186145184390807u,
        15849039046786891736u,
        10450023813501588000u,
    };
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 1, RWE_RNG_TEST, 0);
    memcpy(rng.state, (uint64_t[]){1, 2, 3, 4}, sizeof rng.state);
    for (int i = 0; i < 10; i++)
        assert_true(gsl_rng_get(g) == expected[i]);
}

static uint64_t first_of(uint64_t seed, enum rwe_rng_purpose purpose, uint64_t replicate)
{
    struct rwe_rng rng;
    return gsl_rng_get(rwe_rng_start(&rng, seed, purpose, replicate));
}

static void a_stream_depends_on_seed_purpose_and_replicate(void **state)
{
    (void)state;
    uint64_t one = first_of(7, RWE_RNG_TEST, 3);
    assert_true(first_of(7, RWE_RNG_TEST, 3) == one);
    assert_true(first_of(8, RWE_RNG_TEST, 3) != one);
    assert_true(first_of(7, RWE_RNG_MATCH_ORDER, 3) != one);
    assert_true(first_of(7, RWE_RNG_TEST, 4) != one);
    assert_true(first_of(7 + (1ull << 32), RWE_RNG_TEST, 3) != one); /* all 64 bits of the seed */
}

static void uniforms_lie_in_the_half_open_interval_evenly(void **state)
{
    (void)state;
    enum { DRAWS = 100000, BINS = 20 };
    struct rwe_rng rng;
    gsl_rng *g = rwe_rng_start(&rng, 20250731, RWE_RNG_TEST, 0);
    int count[BINS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double u = gsl_rng_uniform(g);
        assert_true(u >= 0 && u < 1);
        count[(int)(u * BINS)]++;
    }
    double chi = 0, expected = (double)DRAWS / BINS;
    for (int b = 0; b < BINS; b++)
        chi += (count[b] - expected) * (count[b] - expected) / expected;
    assert_true(chi < 43.8); /* 0.999 quantile of chi-square with 19 degrees of freedom */
    assert_true(chi > 5.4);  /* 0.001 quantile: not too even either */
}

static void gsl_can_allocate_the_type(void **state)
{
    (void)state;
    gsl_rng *g = gsl_rng_alloc(rwe_rng_type);
    assert_non_null(g);
    gsl_rng_set(g, 42);
    uint64_t first = gsl_rng_get(g);
    gsl_rng_set(g, 42);
    assert_true(gsl_rng_get(g) == first);
    assert_true(gsl_rng_max(g) == UINT64_MAX);
    gsl_rng_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mix_is_a_step_of_splitmix64),
        cmocka_unit_test(generator_is_xoshiro256_plus_plus),
        cmocka_unit_test(a_stream_depends_on_seed_purpose_and_replicate),
        cmocka_unit_test(uniforms_lie_in_the_half_open_interval_evenly),
        cmocka_unit_test(gsl_can_allocate_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
