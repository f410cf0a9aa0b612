/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bisect.h"

double rwe_bisect(double (*f)(double x, const void *context), const void *context, double level,
                  double low, double high)
{
    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return middle;
        if (f(middle, context) > level)
            low = middle;
        else
            high = middle;
    }
}
