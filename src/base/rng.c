/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/rng.h"

#include <string.h>

uint64_t rwe_mix64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t next(void *state)
{
    uint64_t *s = state;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static unsigned long int get(void *state)
{
    return (unsigned long int)next(state);
}

/* The upper 53 bits, as a double in [0, 1). */
static double get_double(void *state)
{
    return (double)(next(state) >> 11) * 0x1.0p-53;
}

static void set_state(uint64_t s[4], uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        s[i] = rwe_mix64(seed + (uint64_t)i * 0x9e3779b97f4a7c15u);
}

static void set(void *state, unsigned long int seed)
{
    set_state(state, seed);
}

static const gsl_rng_type type = {
    .name = "xoshiro256++",
    .max = (unsigned long int)-1,
    .min = 0,
    .size = 4 * sizeof(uint64_t),
    .set = set,
    .get = get,
    .get_double = get_double,
};

const gsl_rng_type *const rwe_rng_type = &type;

gsl_rng *rwe_rng_start(struct rwe_rng *rng, uint64_t seed, enum rwe_rng_purpose purpose,
                       uint64_t replicate)
{
    uint64_t stream = rwe_mix64(rwe_mix64(rwe_mix64(seed) ^ (uint64_t)purpose) ^ replicate);
    set_state(rng->state, stream);
    rng->generator = (gsl_rng){.type = &type, .state = rng->state};
    return &rng->generator;
}
