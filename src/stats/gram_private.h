/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Σ a x x' over rows x of p numbers, added up four rows at a time: one row alone would load and store
 * the matrix for two operations on each of its numbers.
 */
#ifndef RWE_STATS_GRAM_PRIVATE_H
#define RWE_STATS_GRAM_PRIVATE_H

#include "rwe/base/arena.h"

/** Rows that wait until they are added together. */
enum { RWE_GRAM_ROWS = 4 };

struct rwe_gram {
    size_t p, stride; /**< p, and p rounded up to whole registers */
    double *sum;      /**< [j * stride + k]; right for k <= j where no row waits */
    double *row;      /**< [q * stride + j]; 0 beyond p */
    double scale[RWE_GRAM_ROWS];
    size_t n_waiting;
};

/** Allocates. The caller asks the arena whether that failed. */
void rwe_gram_init(struct rwe_gram *gram, size_t p, struct rwe_arena *arena);

void rwe_gram_clear(struct rwe_gram *gram);

/** += scale x x'; scale may be negative. */
void rwe_gram_add(struct rwe_gram *gram, double scale, const double x[]);

/** The lower triangle of the sum, p × p. */
void rwe_gram_write(struct rwe_gram *gram, double out[]);

#endif
