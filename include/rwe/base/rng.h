/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Random numbers as an argument: one seed, one stream per purpose and replicate, never per thread,
 * never the clock. The generator is xoshiro256++ (Blackman & Vigna, ACM Trans. Math. Softw. 47:36,
 * 2021), seeded by splitmix64, behind GSL's interface, so that every distribution of GSL draws from
 * it. GSL's own mt19937 keeps only 32 bits of its seed.
 */
#ifndef RWE_BASE_RNG_H
#define RWE_BASE_RNG_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

/** What a stream is for. The number is part of the results: never renumber. */
enum rwe_rng_purpose {
    RWE_RNG_SIMULATE_PATIENTS = 1,
    RWE_RNG_SIMULATE_EVENTS = 2,
    RWE_RNG_SIMULATE_TOXICITY = 3,
    RWE_RNG_MATCH_ORDER = 4,
    RWE_RNG_PERMUTATION = 5,
    RWE_RNG_BOOTSTRAP = 6,
    RWE_RNG_SIMULATE_CHARTS = 12,
    RWE_RNG_SIMULATE_COURSES = 13,
    RWE_RNG_SIMULATE_STRATEGY = 14,
    RWE_RNG_TEST = 100,
    RWE_RNG_COVERAGE = 101,
};

/** 64-bit xoshiro256++ as a type for `gsl_rng_alloc`. */
extern const gsl_rng_type *const rwe_rng_type;

/** A place for a generator on the stack: `struct rwe_rng r; gsl_rng *g = rwe_rng_start(&r, …);` */
struct rwe_rng {
    gsl_rng generator;
    uint64_t state[4];
};

/**
 * Starts the stream (seed, purpose, replicate) in `rng` and returns it as GSL's generator. Streams
 * that differ in any of the three are independent for practical purposes. No allocation, no
 * release; the pointer lives as long as `rng`.
 */
gsl_rng *rwe_rng_start(struct rwe_rng *rng, uint64_t seed, enum rwe_rng_purpose purpose,
                       uint64_t replicate);

/** One step of splitmix64 (Steele, Lea & Flood 2014): a good mixing of 64 bits. */
uint64_t rwe_mix64(uint64_t x);

#endif
