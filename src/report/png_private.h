/* SPDX-License-Identifier: GPL-3.0-or-later */
/** PNG by libpng: what cairo writes itself takes four times as long and does not say how large a pixel is. */
#ifndef RWE_REPORT_PNG_PRIVATE_H
#define RWE_REPORT_PNG_PRIVATE_H

#include "rwe/base/status.h"
#include <stdio.h>

/** Rows of 32 bits a pixel as cairo's RGB24 has them on little-endian machines: blue, green, red, nothing. */
struct rwe_pixels {
    const unsigned char *first;
    unsigned width, height;
    size_t stride;      /**< bytes from a row to the next */
    double dots_a_unit; /**< of 1/96 inch */
};

/** RWE_NO_MEMORY, or RWE_IO with what libpng says. */
enum rwe_status rwe_png_write(const struct rwe_pixels *pixels, FILE *out, struct rwe_error *error);

#endif
