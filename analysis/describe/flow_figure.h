/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_FLOW_FIGURE_H
#define ANALYSIS_FLOW_FIGURE_H

#include "rwe/analysis/analysis.h"

/**
 * The flow diagram (STROBE item 13c), from the facts `n` of the analysis "flow" that the document has so
 * far: rows of the file, who is left out by what, who is analysed, and for each arm the populations: who is
 * in them, who is not, who was lost before a landmark, whose clones left their strategy.
 */
void rwe_flow_figure(struct rwe_run *run);

#endif
