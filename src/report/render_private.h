/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The writers of the formats, as the list in render.c names them. */
#ifndef RWE_REPORT_RENDER_PRIVATE_H
#define RWE_REPORT_RENDER_PRIVATE_H

#include "rwe/report/render.h"

/** Type of `write` in struct rwe_format. `out` is memory: a failed write there is seen by render.c.
 */
typedef enum rwe_status rwe_render_function(const struct rwe_document *document,
                                            const struct rwe_render_options *options, FILE *out,
                                            struct rwe_error *error);

rwe_render_function rwe_render_text;
rwe_render_function rwe_render_json;
rwe_render_function rwe_render_csv;
rwe_render_function rwe_render_md;
rwe_render_function rwe_render_html;
rwe_render_function rwe_render_latex;

#endif
