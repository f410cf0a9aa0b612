/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The parts that a pack is filled from. */
#ifndef RWE_REPORT_PACK_PRIVATE_H
#define RWE_REPORT_PACK_PRIVATE_H

#include "rwe/report/pack.h"

#define RWE_PACK_MANIFEST_NAME "manifest.json"
#define RWE_PACK_FIGURES "figures/"

/** Adds tables/NN-name.csv and .tex for each table, numbered in the order of the report. */
enum rwe_status rwe_pack_tables(struct rwe_pack *pack, const struct rwe_document *document,
                                const struct rwe_render_options *options, struct rwe_error *error);

/** Adds figures/NAME.svg, .pdf and .png for each figure. */
enum rwe_status rwe_pack_figures(struct rwe_pack *pack, const struct rwe_document *document,
                                 const struct rwe_render_options *options, struct rwe_error *error);

#endif
