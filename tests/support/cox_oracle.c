/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cox_oracle.h"

#include "check.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void cox_oracle_compare(const struct oracle *oracle, const char *name, const struct rwe_cox *cox)
{
    char key[128];
    size_t n;
    size_t p = cox->p;
    snprintf(key, sizeof key, "cox.%s.estimate", name);
    const double *expected = oracle_vector(oracle, key, &n);
    assert_int_equal(n, p);
    for (size_t j = 0; j < p; j++)
        assert_close(cox->estimate[j], expected[j], 1e-8);
    snprintf(key, sizeof key, "cox.%s.covariance", name);
    expected = oracle_vector(oracle, key, &n);
    for (size_t j = 0; j < p; j++)
        assert_close(sqrt(cox->covariance[j * p + j]), sqrt(expected[j * p + j]), 1e-7);
    for (size_t jk = 0; jk < p * p; jk++)
        assert_true(fabs(cox->covariance[jk] - expected[jk]) <=
                    1e-7 * sqrt(expected[jk / p * (p + 1)] * expected[jk % p * (p + 1)]));
    if (cox->robust != NULL) {
        snprintf(key, sizeof key, "cox.%s.robust", name);
        expected = oracle_vector(oracle, key, &n);
        for (size_t j = 0; j < p; j++)
            assert_close(sqrt(cox->robust[j * p + j]), sqrt(expected[j * p + j]), 1e-7);
        for (size_t jk = 0; jk < p * p; jk++)
            assert_true(fabs(cox->robust[jk] - expected[jk]) <=
                        1e-7 * sqrt(expected[jk / p * (p + 1)] * expected[jk % p * (p + 1)]));
    }
    snprintf(key, sizeof key, "cox.%s.loglik", name);
    expected = oracle_vector(oracle, key, &n);
    assert_close(cox->loglik_null, expected[0], 1e-11);
    assert_close(cox->loglik, expected[1], 1e-11);
    assert_close(cox->lr_statistic, 2 * (expected[1] - expected[0]), 1e-8);
    snprintf(key, sizeof key, "cox.%s.score", name);
    assert_close(cox->score_statistic, oracle_number(oracle, key), 1e-8);
    snprintf(key, sizeof key, "cox.%s.wald", name);
    assert_close(cox->wald_statistic, oracle_number(oracle, key), 1e-7);
    assert_close(gsl_cdf_chisq_Q(cox->wald_statistic, (double)p),
                 gsl_cdf_chisq_Q(oracle_number(oracle, key), (double)p), 1e-6);
    snprintf(key, sizeof key, "cox.%s.concordance", name);
    assert_close(cox->concordance, oracle_number(oracle, key), 1e-12);
    assert_true(cox->converged);
}

uint8_t *csv_complete(const struct csv_table *table, const char *const columns[], size_t n)
{
    uint8_t *keep = RWE_NEW(table->arena, uint8_t, table->n_rows);
    memset(keep, 1, table->n_rows);
    for (size_t c = 0; c < n; c++) {
        const double *value = csv_table_numbers(table, columns[c]);
        for (size_t i = 0; i < table->n_rows; i++)
            keep[i] = keep[i] && !isnan(value[i]);
    }
    return keep;
}

struct cohort cohort_load(const struct csv_table *table, const char *time, const char *event,
                          double code, const char *const columns[], size_t p)
{
    struct cohort cohort = cohort_new(table->arena, table->n_rows, p);
    const double *status = csv_table_numbers(table, event);
    cohort.time = csv_table_numbers(table, time);
    for (size_t i = 0; i < cohort.n; i++)
        cohort.event[i] = status[i] == code;
    for (size_t j = 0; j < p; j++)
        if (columns[j] != NULL)
            memcpy(cohort.x + j * cohort.n, csv_table_numbers(table, columns[j]),
                   cohort.n * sizeof(double));
    return cohort;
}
