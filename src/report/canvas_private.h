/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What figures are drawn on. A drawing is lines, shapes and text in units of 1/96 inch from the upper
 * left corner, the same for every kind of file; a canvas turns it into SVG, or hands it to cairo.
 *
 * The width is given, the height is what the drawing needs: who draws sets it at the end.
 */
#ifndef RWE_REPORT_CANVAS_PRIVATE_H
#define RWE_REPORT_CANVAS_PRIVATE_H

#include "rwe/base/arena.h"
#include "rwe/base/file.h"
#include "rwe/base/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct rwe_style;

/** Names of colours; what they look like follows from the page, light or dark. */
enum rwe_colour {
    RWE_COLOUR_NONE,
    RWE_COLOUR_INK,    /**< text, axes */
    RWE_COLOUR_SOFT,   /**< text that steps back */
    RWE_COLOUR_RULE,   /**< grid lines, frames */
    RWE_COLOUR_PAPER,  /**< behind everything */
    RWE_COLOUR_BANNER, /**< cautions */
    RWE_COLOUR_GROUP,  /**< + group: 0 … RWE_GROUPS − 1 */
};

/** As many groups have colours, dashes and symbols of their own; then they come again. */
enum { RWE_GROUPS = 6 };

enum rwe_colour rwe_colour_of_group(size_t group);

/** A colour on white paper, as 0xRRGGBB. */
unsigned rwe_colour_rgb(enum rwe_colour colour);

enum rwe_dash { RWE_DASH_SOLID, RWE_DASH_LONG, RWE_DASH_SHORT, RWE_DASH_DOT, RWE_DASH_MIXED };

/** Groups differ in their dash too, so that grey paper tells them apart. */
enum rwe_dash rwe_dash_of_group(size_t group);

/** Lengths of dash and gap in units, ended by 0; "" for solid. */
const double *rwe_dash_lengths(enum rwe_dash dash);

/** How a shape looks. */
struct rwe_look {
    enum rwe_colour stroke, fill;
    double width; /**< of the stroke */
    enum rwe_dash dash;
    double opacity; /**< of the fill; 0 counts as 1 */
};

struct rwe_point {
    double x, y;
};

enum rwe_anchor { RWE_ANCHOR_START, RWE_ANCHOR_MIDDLE, RWE_ANCHOR_END };

struct rwe_cell;

/** A line of text. */
struct rwe_label {
    const char *text; /**< UTF-8 */
    const struct rwe_cell
        *cell;   /**< the facts with which it ends; NULL: words, or ticks of an axis */
    double x, y; /**< of its anchor, on the base line */
    double size; /**< of the font, in units */
    enum rwe_anchor anchor;
    enum rwe_colour colour;
    bool bold, turned; /**< turned: reads upward */
};

struct rwe_canvas;

/** One kind of canvas. Functions never fail: a lost write is seen at the end. A point of a shape that is NaN
 * breaks its line, which goes on at the next. */
struct rwe_canvas_kind {
    void (*shape)(struct rwe_canvas *canvas, const struct rwe_point *points, size_t n, bool closed,
                  const struct rwe_look *look);
    void (*circle)(struct rwe_canvas *canvas, struct rwe_point centre, double radius,
                   const struct rwe_look *look);
    void (*label)(struct rwe_canvas *canvas, const struct rwe_label *label);
    void (*clip)(struct rwe_canvas *canvas, struct rwe_point from,
                 struct rwe_point to); /**< until unclip */
    void (*unclip)(struct rwe_canvas *canvas);
};

/** Where the axes of a plot are, for a pointer that reads values off it. Axes are linear. */
struct rwe_plot_frame {
    double x_from, x_to, y_from, y_to; /**< ends of the axes, in the units of the data */
    double left, right, bottom, top;   /**< where these are on the canvas; bottom > top */
    bool set;                          /**< false: nothing is to be read */
};

struct rwe_canvas {
    const struct rwe_canvas_kind *kind;
    double width, height;
    struct rwe_plot_frame frame;   /**< set by who draws a plot of linear axes */
    struct rwe_arena *scratch;     /**< for who draws */
    const struct rwe_style *style; /**< how numbers read; NULL: plain */
};

void rwe_canvas_line(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to,
                     const struct rwe_look *look);
void rwe_canvas_rectangle(struct rwe_canvas *canvas, struct rwe_point from, struct rwe_point to,
                          const struct rwe_look *look);

/** The symbol of a group, `size` wide: circle, square, triangle, diamond, …; every other one hollow. */
void rwe_canvas_symbol(struct rwe_canvas *canvas, struct rwe_point centre, double size,
                       size_t group);

void rwe_canvas_text(struct rwe_canvas *canvas, const struct rwe_label *label);

/**
 * How wide a text is at most, in units, in the fonts of rwe_font_families. The widths stand in a table (those
 * of DejaVu Sans, the widest of them; East Asian characters are square), so that a drawing does not depend on
 * the fonts of the machine that makes it.
 */
double rwe_label_width(const char *text, double size, bool bold);

/** The fonts that figures ask for, as CSS and pango write them. */
extern const char rwe_font_families[];

/**
 * `text` in lines of at most `width`: broken at newlines, behind blanks, hyphens within words and East Asian
 * characters, of which none that closes begins a line; a word that is wider than a line is cut, behind a
 * sign (=_-/,;:) where there is one. {NULL, 0} when memory is out.
 */
struct rwe_strings rwe_label_wrap(struct rwe_arena *arena, const char *text, double size,
                                  double width);

#endif
