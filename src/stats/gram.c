/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gram_private.h"

#include "wide_private.h"

#include <string.h>

/* Numbers that one loop handles side by side, and to which rows are filled up. */
enum { LANES = 4 };

void rwe_gram_init(struct rwe_gram *gram, size_t p, struct rwe_arena *arena)
{
    *gram = (struct rwe_gram){.p = p, .stride = (p + LANES - 1) / LANES * LANES};
    gram->sum = rwe_arena_alloc(arena, p, gram->stride * sizeof(double));
    gram->row = rwe_arena_alloc(arena, RWE_GRAM_ROWS, gram->stride * sizeof(double));
}

void rwe_gram_clear(struct rwe_gram *gram)
{
    memset(gram->sum, 0, gram->p * gram->stride * sizeof(double));
    gram->n_waiting = 0;
}

/* Four rows at once, each line of the triangle to the next whole register. */
RWE_WIDE static void add_rows(double sum[restrict], size_t p, size_t stride,
                              const double row[restrict], const double scale[restrict])
{
    const double *x0 = row, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    for (size_t j = 0; j < p; j++) {
        double a0 = scale[0] * x0[j], a1 = scale[1] * x1[j];
        double a2 = scale[2] * x2[j], a3 = scale[3] * x3[j];
        double *restrict line = sum + j * stride;
        for (size_t k = 0; k <= j; k += LANES)
            for (size_t l = k; l < k + LANES; l++)
                line[l] += (a0 * x0[l] + a1 * x1[l]) + (a2 * x2[l] + a3 * x3[l]);
    }
}

static void add_waiting(struct rwe_gram *gram)
{
    if (gram->n_waiting == 0)
        return;
    for (size_t q = gram->n_waiting; q < RWE_GRAM_ROWS; q++) {
        gram->scale[q] = 0;
        memset(gram->row + q * gram->stride, 0, gram->p * sizeof(double));
    }
    add_rows(gram->sum, gram->p, gram->stride, gram->row, gram->scale);
    gram->n_waiting = 0;
}

void rwe_gram_add(struct rwe_gram *gram, double scale, const double x[])
{
    if (gram->p == 1) {
        gram->sum[0] += scale * x[0] * x[0];
        return;
    }
    memcpy(gram->row + gram->n_waiting * gram->stride, x, gram->p * sizeof *x);
    gram->scale[gram->n_waiting++] = scale;
    if (gram->n_waiting == RWE_GRAM_ROWS)
        add_waiting(gram);
}

void rwe_gram_write(struct rwe_gram *gram, double out[])
{
    add_waiting(gram);
    for (size_t j = 0; j < gram->p; j++)
        memcpy(out + j * gram->p, gram->sum + j * gram->stride, (j + 1) * sizeof *out);
}
