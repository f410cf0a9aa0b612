/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * What if those lost to follow-up fared worse? A survival curve takes them to go on as those do who
 * stay; here their hazard after the loss is δ times that. The mean survival time under δ, and the δ at which
 * a difference is gone: its tipping point (delta adjustment; Lipkovich, Ratitch & O'Kelly, Pharm Stat
 * 15:216, 2016).
 *
 * With d events, l losses and n at risk at a time, h = d / n, and U and L the shares of those who are
 * still followed and of those lost, both free of the event (at first 1 and 0):
 *
 *     L ← L (1 − min(1, δ h)) + U (1 − h) l / (n − d)
 *     U ← U (1 − h) (1 − l / (n − d)),        S = U + L
 *
 * where losses come after events of the same time. δ = 1 is the Kaplan–Meier curve in which losses are
 * censored (Efron, Proc 5th Berkeley Symp 4:831, 1967: their share goes to the right); δ = 0 takes them to
 * be safe, a large δ to have the event next. Other censoring, as at a cut-off, is taken as independent.
 */
#ifndef RWE_STATS_LOST_H
#define RWE_STATS_LOST_H

#include "rwe/stats/event_table.h"

/**
 * The mean of `group` up to `tau` > 0, by a `delta` >= 0 (INFINITY allowed), of a table without strata and
 * with at least two causes, of which the last is the loss. NaN where the group is empty, or its
 * curve ends above 0 before tau. Linear in the rows.
 */
double rwe_lost_mean(const struct rwe_event_table *table, size_t group, double delta, double tau);

/**
 * The δ in group 1 (δ = 1 in group 0) at which the two means up to tau are equal. It is above 1 where group 1
 * does better as it stands, below 1 where it does worse. INFINITY: it stays better whatever
 * δ; NaN: it is worse even if nobody lost has the event, or there is a mean that is NaN. To 1e-10
 * relative.
 */
double rwe_lost_tipping(const struct rwe_event_table *table, double tau);

#endif
