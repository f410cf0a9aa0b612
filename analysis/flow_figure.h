/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_FLOW_FIGURE_H
#define ANALYSIS_FLOW_FIGURE_H

#include "rwe/analysis/analysis.h"

/**
 * The flow diagram (STROBE item 13c), from the facts `n` of the analysis "flow" that the document has so
 * far: rows of the file, who is left out by what, who is analysed, and for each arm the populations. The
 * first fact of a population says who is in it, the others of the same population who of its arm is not, or
 * what became of them.
 */
void rwe_flow_figure(struct rwe_run *run);

#endif
