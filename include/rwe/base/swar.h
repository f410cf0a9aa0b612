/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Eight bytes in one register ("SWAR"; L. Lamport, "Multiple byte processing with full-word
 * instructions", Comm. ACM 18, 1975, 471-475; H. S. Warren, "Hacker's Delight", 2nd ed., 6-1). A
 * set of bytes is a word with 0x80 in each of its bytes. All tests here are exact for every byte:
 * no carry passes from one to the next.
 */
#ifndef RWE_BASE_SWAR_H
#define RWE_BASE_SWAR_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RWE_HIGH_BITS 0x8080808080808080u
#define RWE_LOW_BITS 0x7f7f7f7f7f7f7f7fu

/** The eight bytes at `at`, the first one lowest. */
static inline uint64_t rwe_load_bytes(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word); // NOLINT(clang-analyzer-core.NonNullParamChecker)
    return le64toh(word);
}

/** Eight times the same byte. */
static inline uint64_t rwe_bytes_of(unsigned char byte)
{
    return 0x0101010101010101u * byte;
}

/** The bytes that are zero. */
static inline uint64_t rwe_zero_bytes(uint64_t word)
{
    return ~(((word & RWE_LOW_BITS) + RWE_LOW_BITS) | word) & RWE_HIGH_BITS;
}

/** The bytes that are below `limit`, which is at most 0x80. */
static inline uint64_t rwe_bytes_below(uint64_t word, unsigned char limit)
{
    return ~(((word & RWE_LOW_BITS) + rwe_bytes_of((unsigned char)(0x80 - limit))) | word) &
           RWE_HIGH_BITS;
}

/** Position of the first byte of a set that is not empty. */
static inline size_t rwe_first_byte(uint64_t set)
{
    return (size_t)__builtin_ctzll(set) / 8;
}

#endif
