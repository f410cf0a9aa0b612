/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Covariates that are computed from other columns: where a covariate of one of these names is asked for, and
 * the file has no such column, it is computed. NaN where a source is missing.
 *
 *   dfi_mo      met_date − prim_rt_end_date, months of 30.4375 days
 *   oligo       1 when n_lung_mets <= 5 and organs <= 2 (n_met_organs; or the lung and each of liver_met,
 *               bone_met, other_met that the file has and that is 1), else 0
 *   nlr         anc / alc
 *   bmi         weight_kg / (height_cm / 100)²
 *   bed10       D (1 + d / 10), D = rt_dose_gy, d = D / rt_fx      (Fowler, Br J Radiol 62:679, 1989)
 *   eqd2        D (d + 10) / 12
 *   rt_delay_d  rt_start_date − index_date, days
 *   index_year  calendar year of index_date
 *   ebv_log10   log10(ebv_dna + 1), copies/mL; below the limit ("<500", 阴性) counts as 0
 *   ebv_blq     1 when it was below the limit or 0, else 0
 */
#ifndef RWE_DATA_DERIVED_H
#define RWE_DATA_DERIVED_H

#include "rwe/data/dated.h"

/** Whether `name` is one of them. */
bool rwe_derived_is(const char *name);

/**
 * The variable by row of the file, out[row]. RWE_NO_COLUMN names the source that the file lacks; cells
 * that cannot be read are complaints. NaN where the formula has no value (alc or fractions 0).
 */
enum rwe_status rwe_derived_read(const struct rwe_table *table, const char *name,
                                 struct rwe_date_style style, struct rwe_arena *scratch,
                                 struct rwe_complaints *complaints, double out[],
                                 struct rwe_error *error);

/** Biologically effective dose, Gy, of `dose` Gy in `fractions`; NaN unless both are > 0. */
double rwe_bed(double dose, double fractions, double alpha_beta);

/** Dose in fractions of 2 Gy of the same effect, α/β = 10 Gy. */
double rwe_eqd2(double dose, double fractions);

/** EBV DNA as laboratories write it: 3418, 1.2x10^4, 1.2×10^4, 1.2E4, <500, >10000, 阴性; false when it
 * is none of these (measured.h). Below the limit the value is 0 and `*below` true; above it, the limit. */
bool rwe_ebv_parse(const char *text, double *copies, bool *below);

#endif
