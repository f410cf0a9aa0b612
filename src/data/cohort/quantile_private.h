/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One quantile, without a sort. */
#ifndef RWE_DATA_QUANTILE_PRIVATE_H
#define RWE_DATA_QUANTILE_PRIVATE_H

#include <stddef.h>

/* R's type 7 of n > 0 numbers, whose order is lost; share in [0, 1]. Linear in n. */
double data_quantile(double value[], size_t n, double share);

#endif
