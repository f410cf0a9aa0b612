/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What both variances of cumulative incidence share. */
#ifndef RWE_STATS_AALEN_JOHANSEN_PRIVATE_H
#define RWE_STATS_AALEN_JOHANSEN_PRIVATE_H

/** Limits of F that are symmetric for log(−log F). */
void rwe_aalen_johansen_limits(double f, double std_error, double z, double *low, double *high);

#endif
