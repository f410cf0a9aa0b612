/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "draw_private.h"

#include <math.h>
#include <string.h>

double rwe_scale_at(const struct rwe_scale_map *map, double x)
{
    double part = map->scale == RWE_SCALE_LOG ? log(x / map->from) / log(map->to / map->from)
                                              : (x - map->from) / (map->to - map->from);
    return map->canvas_from + part * (map->canvas_to - map->canvas_from);
}

/* The least of 1, 2, 5 times a power of ten that puts at most `most` ticks on the way. */
static double round_step(double length, size_t most)
{
    static const double digits[] = {1, 2, 5, 10};
    double least = length / (double)most;
    double power = pow(10, floor(log10(least)));
    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++)
        if (digits[i] * power >= least * (1 - 1e-9))
            return digits[i] * power;
    return 10 * power;
}

static struct rwe_ticks powers(double base, double every, double from, double to, size_t most)
{
    struct rwe_ticks ticks = {.n = 0};
    double first = every * ceil(log(from) / log(base) / every - 1e-9);
    for (double k = first; pow(base, k) <= to * (1 + 1e-9) && ticks.n < most; k += every)
        ticks.at[ticks.n++] = pow(base, k);
    return ticks;
}

/* 1, 2 and 5 times each power of ten. */
static struct rwe_ticks decades(double from, double to, size_t most)
{
    static const double digits[] = {1, 2, 5};
    struct rwe_ticks ticks = {.n = 0};
    for (double power = pow(10, floor(log10(from))); power <= to; power *= 10)
        for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++)
            if (digits[i] * power >= from * (1 - 1e-9) && digits[i] * power <= to * (1 + 1e-9) &&
                ticks.n < most)
                ticks.at[ticks.n++] = digits[i] * power;
    return ticks;
}

/* Around 1, as ratios are, powers of two where there is room for them, or of four; else 1, 2, 5 of each
 * power of ten, else powers of ten, or every second, third of these. */
static struct rwe_ticks log_ticks(double from, double to, size_t most)
{
    double doublings = log2(to / from);
    bool is_ratio = from < 1 && to > 1;
    if (is_ratio && doublings < (double)most)
        return powers(2, 1, from, to, most);
    if (is_ratio && doublings < 2 * (double)most && doublings <= 8)
        return powers(4, 1, from, to, most);
    if (3 * log10(to / from) <= (double)most)
        return decades(from, to, most);
    return powers(10, fmax(1, ceil(log10(to / from) / (double)most)), from, to, most);
}

struct rwe_ticks rwe_axis_ticks(const struct rwe_axis *axis, double from, double to, size_t most)
{
    struct rwe_ticks ticks = {.n = 0};
    size_t room = sizeof ticks.at / sizeof ticks.at[0];
    most = most < room ? most : room - 1;
    if (!(to > from))
        return ticks;
    if (axis->scale == RWE_SCALE_LOG)
        return log_ticks(from, to, most);
    double step = axis->step > 0 ? axis->step : round_step(to - from, most);
    while ((to - from) / step > (double)most)
        step *= 2;
    for (double k = ceil(from / step - 1e-9); k * step <= to + 1e-9 * step && ticks.n < room; k++)
        ticks.at[ticks.n++] = k == 0 ? 0 : k * step;
    return ticks;
}

void rwe_tick_text(const struct rwe_axis *axis, double at, char text[32])
{
    double shown = (axis->absolute ? fabs(at) : at) * (axis->percent ? 100 : 1);
    const char *minus = shown < 0 ? "\xe2\x88\x92" : ""; /* U+2212 */
    snprintf(text, 32, "%s%.10g%s", minus, fabs(shown), axis->percent ? "%" : "");
}
