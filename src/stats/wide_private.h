/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * RWE_WIDE before a function: built a second time for wider registers, which the processor takes where it
 * has them. The lanes are the same and nothing is fused, so the result has the same bits. (A
 * resolver runs before a sanitizer is ready for it.)
 */
#ifndef RWE_STATS_WIDE_PRIVATE_H
#define RWE_STATS_WIDE_PRIVATE_H

#include <limits.h> /* names the C library */

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) &&                            \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RWE_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define RWE_WIDE
#endif

#endif
