/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canvas_private.h"

#include <math.h>

/*
 * Okabe & Ito's colours (jfly.uni-koeln.de/color, 2008), which colour-blind readers tell apart, in an
 * order in which neighbours differ in lightness too; yellow, too light for a line, is left out.
 */
static const unsigned group_rgb[RWE_GROUPS] = {0x0072b2, 0xd55e00, 0x009e73,
                                               0xcc79a7, 0x56b4e9, 0x7a5c00};

enum rwe_colour rwe_colour_of_group(size_t group)
{
    return (enum rwe_colour)(RWE_COLOUR_GROUP + group % RWE_GROUPS);
}

unsigned rwe_colour_rgb(enum rwe_colour colour)
{
    switch (colour) {
    case RWE_COLOUR_NONE:
    case RWE_COLOUR_INK:
        return 0x1a1a1a;
    case RWE_COLOUR_SOFT:
        return 0x5c5c5c;
    case RWE_COLOUR_RULE:
        return 0xd0d0d0;
    case RWE_COLOUR_PAPER:
        return 0xffffff;
    case RWE_COLOUR_BANNER:
        return 0x9a5b00;
    case RWE_COLOUR_GROUP:
        break;
    }
    return group_rgb[(size_t)(colour - RWE_COLOUR_GROUP) % RWE_GROUPS];
}

enum rwe_dash rwe_dash_of_group(size_t group)
{
    static const enum rwe_dash dashes[] = {RWE_DASH_SOLID, RWE_DASH_LONG, RWE_DASH_DOT,
                                           RWE_DASH_MIXED, RWE_DASH_SHORT};
    return dashes[group % (sizeof dashes / sizeof dashes[0])];
}

const double *rwe_dash_lengths(enum rwe_dash dash)
{
    static const double lengths[][5] = {
        [RWE_DASH_SOLID] = {0},      [RWE_DASH_LONG] = {8, 3},          [RWE_DASH_SHORT] = {4, 3},
        [RWE_DASH_DOT] = {1.5, 2.5}, [RWE_DASH_MIXED] = {8, 3, 1.5, 3},
    };
    return lengths[dash];
}

void rwe_canvas_line(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to,
                     const struct rwe_look *look)
{
    const struct rwe_point points[] = {from, to};
    canvas->kind->shape(canvas, points, 2, false, look);
}

void rwe_canvas_rectangle(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to,
                          const struct rwe_look *look)
{
    const struct rwe_point points[] = {from, {to.x, from.y}, to, {from.x, to.y}};
    canvas->kind->shape(canvas, points, 4, true, look);
}

void rwe_canvas_text(struct rwe_canvas *canvas, const struct rwe_label *label)
{
    if (label->text != NULL && label->text[0] != '\0')
        canvas->kind->label(canvas, label);
}

/* ---- symbols ---- */

enum { MOST_CORNERS = 5 };

/* Corners on the unit circle: a square, a triangle, a diamond, a triangle upside down, a pentagon. */
static size_t corners_of(size_t group, struct rwe_point corner[MOST_CORNERS])
{
    static const struct {
        size_t n;
        double first; /* its angle, in turns from the top */
    } shapes[] = {{4, 0.125}, {3, 0}, {4, 0}, {3, 0.5}, {5, 0}};
    size_t shape = (group - 1) % (sizeof shapes / sizeof shapes[0]);
    for (size_t i = 0; i < shapes[shape].n; i++) {
        double angle = 2 * M_PI * (shapes[shape].first + (double)i / (double)shapes[shape].n);
        corner[i] = (struct rwe_point){sin(angle), -cos(angle)};
    }
    return shapes[shape].n;
}

void rwe_canvas_symbol(struct rwe_canvas *canvas, struct rwe_point centre, double size,
                       size_t group)
{
    enum rwe_colour colour = rwe_colour_of_group(group);
    const struct rwe_look look = {
        .stroke = colour, .fill = group % 2 == 0 ? RWE_COLOUR_PAPER : colour, .width = 1.5};
    struct rwe_point corner[MOST_CORNERS];
    group %= RWE_GROUPS;
    if (group == 0) {
        canvas->kind->circle(canvas, centre, size / 2, &look);
        return;
    }
    size_t n = corners_of(group, corner);
    for (size_t i = 0; i < n; i++) /* 0.6: about the area of the circle */
        corner[i] = (struct rwe_point){centre.x + 0.6 * size * corner[i].x,
                                       centre.y + 0.6 * size * corner[i].y};
    canvas->kind->shape(canvas, corner, n, true, &look);
}
