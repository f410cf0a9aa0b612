/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "cohort.h"
#include "rwe/stats/ph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const ORACLE = "tests/oracle/cox_models.csv";
static const char *const ENTRY_ORACLE = "tests/oracle/ph_entry.csv";
static const char *const TRANSFORM[] = {"km", "rank", "identity", "log"};

enum { MOST_COLUMNS = 8 };

/* A cohort and what its columns are. */
struct design {
    struct cohort cohort;
    uint32_t term[MOST_COLUMNS];
    size_t n_terms;
    bool late; /* one more column of x holds the entries, so that they move with the rows */
};

static int set_up(void **state)
{
    *state = rwe_arena_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    rwe_arena_free(*state);
    return 0;
}

static struct rwe_cox fit(struct design *design, const struct rwe_survival_data *data,
                          enum rwe_cox_ties ties, struct rwe_arena *arena)
{
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_error error = {0};
    struct rwe_cox cox;
    options.ties = ties;
    if (rwe_cox_fit(data, design->cohort.x, design->cohort.p, &options, arena, &cox, &error) !=
        RWE_OK)
        fail_msg("%s", error.message);
    return cox;
}

static struct rwe_survival_data sort(struct design *design, struct rwe_arena *arena)
{
    struct cohort *cohort = &design->cohort;
    cohort->p += design->late;
    struct rwe_survival_data data = cohort_sort(cohort, arena);
    cohort->p -= design->late;
    if (design->late)
        data.entry = cohort->x + cohort->p * cohort->n;
    return data;
}

static struct rwe_ph test(struct design *design, struct rwe_ph_options options,
                          struct rwe_arena *arena)
{
    struct rwe_survival_data data = sort(design, arena);
    struct rwe_cox cox = fit(design, &data, options.ties, arena);
    struct rwe_ph_model model = {design->cohort.x, design->cohort.p, cox.estimate, design->term,
                                 design->n_terms};
    struct rwe_error error = {0};
    struct rwe_ph ph;
    if (rwe_ph_test(&data, &model, &options, arena, &ph, &error) != RWE_OK)
        fail_msg("%s", error.message);
    return ph;
}

/* Expected: statistic, df, p by term, then of all. */
static void assert_test_in(const char *file, const struct rwe_ph *ph, const char *key)
{
    struct oracle *oracle = oracle_read(file);
    size_t n;
    const double *expected = oracle_vector(oracle, key, &n);
    assert_int_equal(n, 3 * (ph->n_terms + 1));
    for (size_t t = 0; t <= ph->n_terms; t++, expected += 3) {
        const struct rwe_ph_test *one = t < ph->n_terms ? &ph->term[t] : &ph->global;
        assert_close(one->statistic, expected[0], 1e-7);
        assert_close(one->df, expected[1], 0);
        assert_close(one->p_value, expected[2], 1e-6);
    }
    oracle_free(oracle);
}

static void assert_test(const struct rwe_ph *ph, const char *key)
{
    assert_test_in(ORACLE, ph, key);
}

static void add(struct design *design, bool own_term, const double *values)
{
    struct cohort *cohort = &design->cohort;
    design->n_terms += own_term;
    design->term[cohort->p] = (uint32_t)design->n_terms - 1;
    memcpy(cohort->x + cohort->p++ * cohort->n, values, cohort->n * sizeof(double));
}

/* Indicators of a column's levels but the first, as one term. */
static void add_factor(struct design *design, const struct csv_table *table, const char *column,
                       struct rwe_arena *arena)
{
    size_t n_levels;
    uint32_t *code = csv_table_codes(table, column, &n_levels);
    double *values = RWE_NEW(arena, double, table->n_rows);
    for (uint32_t l = 1; l < n_levels; l++) {
        for (size_t i = 0; i < table->n_rows; i++)
            values[i] = code[i] == l;
        add(design, l == 1, values);
    }
}

static struct design new_design(const struct csv_table *table, const char *time, const char *event,
                                double event_code, struct rwe_arena *arena)
{
    struct design design = {.cohort = cohort_new(arena, table->n_rows, MOST_COLUMNS)};
    const double *status = csv_table_numbers(table, event);
    memcpy(design.cohort.time, csv_table_numbers(table, time), table->n_rows * sizeof(double));
    for (size_t i = 0; i < table->n_rows; i++)
        design.cohort.event[i] = status[i] == event_code;
    design.cohort.p = 0;
    return design;
}

/* Keeps rows; the columns move together, since a column has n values. */
static void keep_rows(struct design *design, const uint8_t keep[], struct rwe_arena *arena)
{
    design->cohort = cohort_subset(&design->cohort, keep, arena);
}

enum lung_as { LUNG_FACTOR, LUNG_STRATA, LUNG_CLUSTER };

static struct design lung(enum lung_as as, struct rwe_arena *arena)
{
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    struct design design = new_design(table, "time", "status", 2, arena);
    const double *inst = csv_table_numbers(table, "inst");
    const double *ecog = csv_table_numbers(table, "ph.ecog");
    uint8_t *keep = RWE_NEW(arena, uint8_t, table->n_rows);
    uint32_t *code = RWE_NEW(arena, uint32_t, table->n_rows);
    double *values = RWE_NEW(arena, double, table->n_rows);
    add(&design, true, csv_table_numbers(table, "sex"));
    add(&design, true, csv_table_numbers(table, "age"));
    for (size_t i = 0; i < table->n_rows; i++) {
        keep[i] = !isnan(inst[i]) && !isnan(ecog[i]);
        code[i] = keep[i] ? (uint32_t)inst[i] : 0;
        values[i] = keep[i] ? ecog[i] : 0;
    }
    if (as == LUNG_CLUSTER)
        add(&design, true, values);
    for (int level = 1; as == LUNG_FACTOR && level <= 3; level++) {
        for (size_t i = 0; i < table->n_rows; i++)
            values[i] = keep[i] && (int)ecog[i] == level;
        add(&design, level == 1, values);
    }
    if (as == LUNG_STRATA)
        design.cohort.stratum = code;
    if (as == LUNG_CLUSTER)
        design.cohort.cluster = code;
    keep_rows(&design, keep, arena);
    csv_table_free(table);
    return design;
}

/* Two rows of the file, one after the other, are a pair. */
static void add_pairs_and_weights(struct design *design, const double weight[],
                                  struct rwe_arena *arena)
{
    struct cohort *cohort = &design->cohort;
    cohort->cluster = RWE_NEW(arena, uint32_t, cohort->n);
    cohort->weight = RWE_NEW(arena, double, cohort->n);
    memcpy(cohort->weight, weight, cohort->n * sizeof(double));
    for (size_t i = 0; i < cohort->n; i++)
        cohort->cluster[i] = (uint32_t)(i / 2);
}

static struct design veteran(bool weighted, struct rwe_arena *arena)
{
    struct csv_table *table = csv_table_read("tests/oracle/data/veteran.csv");
    struct design design = new_design(table, "time", "status", 1, arena);
    double *weight = RWE_NEW(arena, double, table->n_rows);
    add(&design, true, csv_table_numbers(table, "trt"));
    add_factor(&design, table, "celltype", arena);
    add(&design, true, csv_table_numbers(table, "karno"));
    for (size_t i = 0; i < table->n_rows; i++)
        weight[i] = 0.25 + (double)((i + 1) % 5) / 2;
    if (weighted)
        add_pairs_and_weights(&design, weight, arena);
    csv_table_free(table);
    return design;
}

/* All of it, or every seventh pair of rows, with weights. */
static struct design rotterdam(bool weighted, struct rwe_arena *arena)
{
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct design design = new_design(table, "dtime", "death", 1, arena);
    const double *pid = csv_table_numbers(table, "pid");
    double *weight = RWE_NEW(arena, double, table->n_rows);
    uint8_t *keep = RWE_NEW(arena, uint8_t, table->n_rows);
    add(&design, true, csv_table_numbers(table, "hormon"));
    add(&design, true, csv_table_numbers(table, "age"));
    add_factor(&design, table, "size", arena);
    add(&design, true, csv_table_numbers(table, "nodes"));
    if (!weighted)
        add(&design, true, csv_table_numbers(table, "grade"));
    for (size_t i = 0; i < table->n_rows; i++) {
        weight[i] = 0.5 + fmod(pid[i], 7) / 4;
        keep[i] = i / 2 % 7 == 0;
    }
    if (weighted) {
        add_pairs_and_weights(&design, weight, arena);
        keep_rows(&design, keep, arena);
    }
    csv_table_free(table);
    return design;
}

/* Gives each row an entry and keeps those that enter before they leave. */
static void enter(struct design *design, const double entry[], struct rwe_arena *arena)
{
    struct cohort *cohort = &design->cohort;
    uint8_t *keep = RWE_NEW(arena, uint8_t, cohort->n);
    for (size_t i = 0; i < cohort->n; i++)
        keep[i] = entry[i] < cohort->time[i];
    double *x = rwe_arena_alloc(arena, cohort->n, (cohort->p + 1) * sizeof(double));
    memcpy(x, cohort->x, cohort->n * cohort->p * sizeof(double));
    memcpy(x + cohort->p++ * cohort->n, entry, cohort->n * sizeof(double));
    cohort->x = x;
    keep_rows(design, keep, arena);
    design->cohort.p--;
    design->late = true;
}

/* (step i) mod modulus for row i = 1, 2, … of the file */
static double *entries(size_t n, size_t step, size_t modulus, struct rwe_arena *arena)
{
    double *entry = RWE_NEW(arena, double, n);
    for (size_t i = 0; i < n; i++)
        entry[i] = (double)((i + 1) * step % modulus);
    return entry;
}

/* As `weights` of tests/oracle/ph_entry.R: of the rows that are left, in the order of the file. */
static void add_weights(struct design *design, struct rwe_arena *arena)
{
    design->cohort.weight = RWE_NEW(arena, double, design->cohort.n);
    for (size_t i = 0; i < design->cohort.n; i++)
        design->cohort.weight[i] = 0.25 + (double)((i + 1) % 5) / 2;
}

static struct design late_lung(enum lung_as as, bool weighted, struct rwe_arena *arena)
{
    struct csv_table *table = csv_table_read("tests/oracle/data/lung.csv");
    const double *inst = csv_table_numbers(table, "inst");
    const double *ecog = csv_table_numbers(table, "ph.ecog");
    double *entry = entries(table->n_rows, 7, 60, arena);
    struct design design = lung(as, arena);
    size_t n = 0;
    for (size_t i = 0; i < table->n_rows; i++)
        if (!isnan(inst[i]) && !isnan(ecog[i]))
            entry[n++] = entry[i];
    enter(&design, entry, arena);
    if (as == LUNG_CLUSTER && !weighted)
        design.cohort.cluster = NULL;
    if (weighted)
        add_weights(&design, arena);
    csv_table_free(table);
    return design;
}

static struct design late_rotterdam(struct rwe_arena *arena)
{
    struct csv_table *table = csv_table_read("tests/oracle/data/rotterdam.csv");
    struct design design = new_design(table, "dtime", "death", 1, arena);
    add(&design, true, csv_table_numbers(table, "hormon"));
    add(&design, true, csv_table_numbers(table, "age"));
    add(&design, true, csv_table_numbers(table, "nodes"));
    enter(&design, entries(table->n_rows, 37, 2000, arena), arena);
    csv_table_free(table);
    return design;
}

/* Rows of a patient before and after a transplant: its covariate changes in time. */
static struct design heart(bool weighted, struct rwe_arena *arena)
{
    struct csv_table *table = csv_table_read("tests/oracle/data/heart.csv");
    struct design design = new_design(table, "stop", "event", 1, arena);
    const double *id = csv_table_numbers(table, "id");
    add(&design, true, csv_table_numbers(table, "transplant"));
    add(&design, true, csv_table_numbers(table, "age"));
    add(&design, true, csv_table_numbers(table, "year"));
    add(&design, true, csv_table_numbers(table, "surgery"));
    if (weighted) {
        design.cohort.cluster = RWE_NEW(arena, uint32_t, table->n_rows);
        for (size_t i = 0; i < table->n_rows; i++)
            design.cohort.cluster[i] = (uint32_t)id[i];
    }
    enter(&design, csv_table_numbers(table, "start"), arena);
    if (weighted)
        add_weights(&design, arena);
    csv_table_free(table);
    return design;
}

/* ---- against R ---- */

static void every_transform_matches_cox_zph(void **state)
{
    for (int k = 0; k < 4; k++) {
        struct rwe_ph_options options = rwe_ph_options_default();
        struct design designs[] = {lung(LUNG_FACTOR, *state), veteran(false, *state),
                                   rotterdam(false, *state)};
        const char *const names[] = {"lung", "veteran", "rotterdam"};
        options.transform = (enum rwe_ph_transform)k;
        for (int d = 0; d < 3; d++) {
            char key[64];
            struct rwe_ph ph = test(&designs[d], options, *state);
            snprintf(key, sizeof key, "zph.%s.%s", names[d], TRANSFORM[k]);
            assert_test(&ph, key);
        }
    }
}

static void strata_match_cox_zph(void **state)
{
    struct design design = lung(LUNG_STRATA, *state);
    struct rwe_ph ph = test(&design, rwe_ph_options_default(), *state);
    assert_test(&ph, "zph.lung.strata.km");
}

static void breslow_matches_cox_zph(void **state)
{
    struct design design = veteran(false, *state);
    struct rwe_ph_options options = rwe_ph_options_default();
    options.ties = RWE_COX_BRESLOW;
    struct rwe_ph ph = test(&design, options, *state);
    assert_test(&ph, "zph.veteran.breslow.km");
}

/* coxph's own score residuals of rows split at every event time: tests/oracle/cox_models.R. */
static void robust_matches_split_rows_of_coxph(void **state)
{
    struct rwe_ph_options options = {RWE_PH_IDENTITY, RWE_COX_EFRON, true};
    struct design design = lung(LUNG_CLUSTER, *state);
    struct rwe_ph ph = test(&design, options, *state);
    assert_test(&ph, "robust.lung");
    design = rotterdam(true, *state);
    ph = test(&design, options, *state);
    assert_test(&ph, "robust.rotterdam");
    options.transform = RWE_PH_LOG;
    design = veteran(true, *state);
    ph = test(&design, options, *state);
    assert_test(&ph, "robust.veteran");
}

static void late_entry_matches_cox_zph(void **state)
{
    struct {
        const char *name;
        struct design design;
        enum rwe_cox_ties ties;
    } cases[] = {
        {"lung", late_lung(LUNG_CLUSTER, false, *state), RWE_COX_EFRON},
        {"lung.breslow", late_lung(LUNG_CLUSTER, false, *state), RWE_COX_BRESLOW},
        {"lung.strata", late_lung(LUNG_STRATA, false, *state), RWE_COX_EFRON},
        {"rotterdam", late_rotterdam(*state), RWE_COX_EFRON},
        {"heart", heart(false, *state), RWE_COX_EFRON},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int k = 0; k < 4; k++) {
            char key[64];
            struct rwe_ph_options options = {(enum rwe_ph_transform)k, cases[c].ties, false};
            struct rwe_ph ph = test(&cases[c].design, options, *state);
            snprintf(key, sizeof key, "zph.%s.%s", cases[c].name, TRANSFORM[k]);
            assert_test_in(ENTRY_ORACLE, &ph, key);
        }
}

static void robust_with_late_entry_matches_split_rows_of_coxph(void **state)
{
    struct design designs[] = {late_lung(LUNG_CLUSTER, true, *state), heart(true, *state)};
    const char *const names[] = {"lung", "heart"};
    static const enum rwe_ph_transform transforms[] = {RWE_PH_KM, RWE_PH_IDENTITY};
    for (int d = 0; d < 2; d++)
        for (int k = 0; k < 2; k++) {
            char key[64];
            struct rwe_ph_options options = {transforms[k], RWE_COX_EFRON, true};
            struct rwe_ph ph = test(&designs[d], options, *state);
            snprintf(key, sizeof key, "robust.%s.%s", names[d], TRANSFORM[transforms[k]]);
            assert_test_in(ENTRY_ORACLE, &ph, key);
        }
}

/* ---- another route ---- */

/* Two arms without ties: with x = 0 or 1 and q the share of arm 1 in the risk set, V = q (1 − q). */
static void two_arms_by_hand(void **state)
{
    static const double time[] = {1, 2, 3, 4, 5, 6};
    static const uint8_t event[] = {1, 1, 0, 1, 1, 1};
    static const double x[] = {1, 0, 1, 1, 0, 0};
    struct design design = {.cohort = cohort_of(*state, 6, time, event, NULL), .n_terms = 1};
    design.cohort.x = RWE_NEW(*state, double, 6);
    design.cohort.p = 1;
    memcpy(design.cohort.x, x, sizeof x);
    struct rwe_survival_data data = cohort_sort(&design.cohort, *state);
    double r = exp(fit(&design, &data, RWE_COX_EFRON, *state).estimate[0]);
    /* At risk in arm 1 and 0 at the events 1, 2, 4 (then arm 0 alone, which says nothing). */
    static const double one[] = {3, 2, 1}, zero[] = {3, 3, 2}, at[] = {1, 2, 4}, who[] = {1, 0, 1};
    double u = 0, a = 0, b = 0, c = 0;
    for (int k = 0; k < 3; k++) {
        double q = r * one[k] / (r * one[k] + zero[k]), v = q * (1 - q);
        u += at[k] * (who[k] - q);
        a += v;
        b += at[k] * v;
        c += at[k] * at[k] * v;
    }
    struct rwe_ph_options options = {RWE_PH_IDENTITY, RWE_COX_EFRON, false};
    struct rwe_ph ph = test(&design, options, *state);
    assert_close(ph.global.statistic, u * u / (c - b * b / a), 1e-10);
    assert_close(ph.term[0].statistic, ph.global.statistic, 1e-14);
}

/* cox.zph multiplies its statistic by 10 here. */
static void robust_is_the_same_for_weights_ten_times_as_large(void **state)
{
    struct rwe_ph_options options = {RWE_PH_KM, RWE_COX_EFRON, true};
    struct design design = veteran(true, *state);
    struct rwe_ph before = test(&design, options, *state);
    options.robust = false;
    struct rwe_ph model_before = test(&design, options, *state);
    for (size_t i = 0; i < design.cohort.n; i++)
        design.cohort.weight[i] *= 10;
    struct rwe_ph model_after = test(&design, options, *state);
    options.robust = true;
    struct rwe_ph after = test(&design, options, *state);
    assert_close(after.global.statistic, before.global.statistic, 1e-9);
    for (size_t t = 0; t < before.n_terms; t++)
        assert_close(after.term[t].statistic, before.term[t].statistic, 1e-9);
    assert_close(model_after.global.statistic, 10 * model_before.global.statistic, 1e-9);
}

static void whole_weights_are_replicated_rows(void **state)
{
    struct cohort weighted = cohort_random(*state, 200, 3, 0, 11);
    weighted.weight = RWE_NEW(*state, double, weighted.n);
    for (size_t i = 0; i < weighted.n; i++)
        weighted.weight[i] = 1 + (double)(i % 3);
    struct design one = {weighted, {0, 1, 2}, 3, false};
    struct design many = {cohort_replicate(&weighted, *state), {0, 1, 2}, 3, false};
    /* The rank of a time counts rows, and Efron splits ties: neither is meant here. */
    struct rwe_ph_options options = {RWE_PH_IDENTITY, RWE_COX_BRESLOW, false};
    struct rwe_ph a = test(&one, options, *state), b = test(&many, options, *state);
    assert_close(a.global.statistic, b.global.statistic, 1e-8);
    assert_close(a.term[2].statistic, b.term[2].statistic, 1e-8);
}

static void neither_units_of_time_nor_of_covariates_matter(void **state)
{
    struct rwe_ph_options options = {RWE_PH_IDENTITY, RWE_COX_EFRON, false};
    struct design design = veteran(false, *state);
    struct rwe_ph before = test(&design, options, *state);
    for (size_t i = 0; i < design.cohort.n; i++) {
        design.cohort.time[i] /= 30.4375;
        design.cohort.x[4 * design.cohort.n + i] =
            1e3 - 2 * design.cohort.x[4 * design.cohort.n + i];
    }
    struct rwe_ph after = test(&design, options, *state);
    assert_close(after.global.statistic, before.global.statistic, 1e-8);
    assert_close(after.term[2].statistic, before.term[2].statistic, 1e-8);
}

/* Each row becomes two, of one cluster, before and after `cut`, or half its time where that is less. */
static struct design split_rows(const struct cohort *whole, double cut, struct rwe_arena *arena)
{
    struct design design = {
        cohort_new(arena, 2 * whole->n, whole->p + 1), {0, 1, 2}, whole->p, true};
    struct cohort *cohort = &design.cohort;
    size_t n = cohort->n;
    cohort->cluster = RWE_NEW(arena, uint32_t, n);
    cohort->p = whole->p;
    for (size_t k = 0; k < n; k++) {
        size_t i = k / 2;
        bool first = k % 2 == 0;
        double at = fmin(cut, whole->time[i] / 2);
        cohort->time[k] = first ? at : whole->time[i];
        cohort->event[k] = !first && whole->event[i];
        cohort->cluster[k] = (uint32_t)i;
        for (size_t j = 0; j < whole->p; j++)
            cohort->x[j * n + k] = whole->x[j * whole->n + i];
        cohort->x[whole->p * n + k] = first ? 0 : at;
    }
    return design;
}

static void a_row_cut_in_two_says_the_same(void **state)
{
    struct cohort whole = cohort_random(*state, 300, 3, 0.05, 17);
    struct design one = {whole, {0, 1, 2}, 3, false};
    struct design two = split_rows(&whole, 0.4, *state);
    static const enum rwe_ph_transform transforms[] = {RWE_PH_KM, RWE_PH_IDENTITY, RWE_PH_LOG};
    for (int k = 0; k < 6; k++) {
        struct rwe_ph_options options = {transforms[k / 2], RWE_COX_EFRON, k % 2 != 0};
        struct rwe_ph a = test(&one, options, *state), b = test(&two, options, *state);
        assert_close(b.global.statistic, a.global.statistic, 1e-9);
        assert_close(b.term[1].statistic, a.term[1].statistic, 1e-9);
    }
}

/* A hazard ratio of 4 that becomes 1/4 is found; p far below 1e-10 is no 0. */
static void crossing_hazards_are_found(void **state)
{
    struct cohort cohort = cohort_random(*state, 4000, 1, 0, 5);
    for (size_t i = 0; i < cohort.n; i++) {
        double u = ((double)i + 0.5) / (double)cohort.n;
        cohort.x[i] = (double)(i % 2);
        cohort.event[i] = 1;
        cohort.time[i] = cohort.x[i] > 0 ? pow(u, 0.25) : pow(u, 4);
    }
    struct design design = {cohort, {0}, 1, false};
    struct rwe_ph ph = test(&design, rwe_ph_options_default(), *state);
    assert_true(ph.global.statistic > 300);
    assert_true(ph.global.p_value > 0 && ph.global.p_value < 1e-60);
}

/* ---- errors ---- */

static enum rwe_status status_of(struct design *design, struct rwe_ph_options options,
                                 const double estimate[], struct rwe_arena *arena,
                                 struct rwe_error *error)
{
    struct rwe_survival_data data = cohort_sort(&design->cohort, arena);
    struct rwe_ph_model model = {design->cohort.x, design->cohort.p, estimate, design->term,
                                 design->n_terms};
    struct rwe_ph ph;
    *error = (struct rwe_error){0};
    return rwe_ph_test(&data, &model, &options, arena, &ph, error);
}

static void bad_requests_are_refused(void **state)
{
    static const double zero[2] = {0, 0}, bad[2] = {0, NAN};
    struct rwe_ph_options options = rwe_ph_options_default(), wrong = options;
    struct design design = {cohort_random(*state, 50, 2, 0, 1), {0, 1}, 2, false};
    struct rwe_error error;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_OK);
    assert_int_equal(status_of(&design, options, bad, *state, &error), RWE_NOT_FINITE);
    assert_int_equal(error.index, 1);
    wrong.transform = (enum rwe_ph_transform)9;
    assert_int_equal(status_of(&design, wrong, zero, *state, &error), RWE_BAD_INPUT);
    wrong = options;
    wrong.ties = (enum rwe_cox_ties)9;
    assert_int_equal(status_of(&design, wrong, zero, *state, &error), RWE_BAD_INPUT);
    design.n_terms = 1;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_BAD_INPUT);
    assert_int_equal(error.index, 1);
    design.n_terms = 2;
    design.cohort.x[7] = INFINITY;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_NOT_FINITE);
    design.cohort.p = 0;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_BAD_INPUT);
}

static void data_without_an_answer_are_refused(void **state)
{
    static const double zero[2] = {0, 0};
    struct rwe_ph_options options = rwe_ph_options_default();
    struct design design = {cohort_random(*state, 50, 2, 0, 1), {0, 1}, 2, false};
    struct rwe_error error;
    cohort_sort(&design.cohort, *state);
    design.cohort.time[0] = 0;
    design.cohort.event[0] = 1;
    options.transform = RWE_PH_LOG;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_NOT_ESTIMABLE);
    assert_int_equal(error.index, 0);
    options.transform = RWE_PH_IDENTITY;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_OK);
    for (size_t i = 0; i < 50; i++)
        design.cohort.event[i] = i == 20;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_NOT_ESTIMABLE);
    for (size_t i = 0; i < 50; i++)
        design.cohort.event[i] = 0;
    assert_int_equal(status_of(&design, options, zero, *state, &error), RWE_NOT_ESTIMABLE);
    struct design twice = {cohort_random(*state, 50, 2, 0, 1), {0, 1}, 2, false};
    memcpy(twice.cohort.x + 50, twice.cohort.x, 50 * sizeof(double));
    assert_int_equal(status_of(&twice, options, zero, *state, &error), RWE_COLLINEAR);
    assert_int_equal(error.index, 1);
}

/* Three clusters have no covariance of four columns; a term of one column still has its test. */
static void fewer_clusters_than_columns_leave_the_global_test_open(void **state)
{
    struct design design = {cohort_random(*state, 60, 4, 0, 3), {0, 1, 2, 3}, 4, false};
    struct rwe_ph_options options = {RWE_PH_KM, RWE_COX_EFRON, true};
    design.cohort.cluster = RWE_NEW(*state, uint32_t, 60);
    for (uint32_t i = 0; i < 60; i++)
        design.cohort.cluster[i] = i % 3;
    struct rwe_ph ph = test(&design, options, *state);
    assert_nan(ph.global.statistic);
    assert_nan(ph.global.p_value);
    assert_true(isfinite(ph.term[0].statistic));
}

/* ---- average hazard ratio ---- */

static struct rwe_average_hr average(struct design *design, enum rwe_cox_ties ties,
                                     struct rwe_arena *arena)
{
    struct rwe_survival_data data = sort(design, arena);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_error error = {0};
    struct rwe_average_hr result;
    options.ties = ties;
    if (rwe_average_hr_fit(&data, design->cohort.x, design->cohort.p, &options, arena, &result,
                           &error) != RWE_OK)
        fail_msg("%s", error.message);
    assert_true(result.converged);
    return result;
}

static void average_ratio_matches_weighted_split_rows_of_coxph(void **state)
{
    struct {
        const char *key;
        struct design design;
        enum rwe_cox_ties ties;
    } cases[] = {
        {"lung.sex", lung(LUNG_CLUSTER, *state), RWE_COX_BRESLOW},
        {"lung", lung(LUNG_CLUSTER, *state), RWE_COX_EFRON},
        {"veteran", veteran(false, *state), RWE_COX_EFRON},
        {"veteran.weighted", veteran(true, *state), RWE_COX_EFRON},
        {"rotterdam.weighted", rotterdam(true, *state), RWE_COX_EFRON},
    };
    cases[0].design.cohort.p = 1;
    cases[0].design.cohort.cluster = cases[1].design.cohort.cluster = NULL;
    struct oracle *oracle = oracle_read("tests/oracle/ph_average.csv");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct rwe_average_hr result = average(&cases[c].design, cases[c].ties, *state);
        size_t n, p = result.p;
        const double *expected = oracle_vector(oracle, cases[c].key, &n);
        assert_int_equal(n, 2 * p);
        for (size_t j = 0; j < p; j++) {
            assert_close(result.estimate[j], expected[j], 1e-8);
            assert_close(sqrt(result.covariance[j * p + j]), expected[p + j], 1e-7);
        }
    }
    oracle_free(oracle);
}

/* Nobody is censored: w is S(t−), and exp β comes near the odds of failing first, which are 2. */
static void average_ratio_of_proportional_hazards_is_the_ratio(void **state)
{
    struct cohort cohort = cohort_random(*state, 20000, 1, 0, 5);
    for (size_t i = 0; i < cohort.n; i++) {
        double u = ((double)(i / 2) + 0.5) / ((double)cohort.n / 2);
        cohort.x[i] = (double)(i % 2);
        cohort.event[i] = 1;
        cohort.time[i] = -log(u) / (cohort.x[i] > 0 ? 2 : 1);
    }
    struct design design = {cohort, {0}, 1, false};
    struct rwe_average_hr result = average(&design, RWE_COX_EFRON, *state);
    assert_close(result.estimate[0], log(2), 1e-3);
}

static void average_ratio_does_not_look_at_the_scale_of_weights(void **state)
{
    struct design design = veteran(true, *state);
    struct rwe_average_hr before = average(&design, RWE_COX_EFRON, *state);
    for (size_t i = 0; i < design.cohort.n; i++)
        design.cohort.weight[i] *= 10;
    struct rwe_average_hr after = average(&design, RWE_COX_EFRON, *state);
    assert_close(after.estimate[0], before.estimate[0], 1e-10);
    assert_close(after.covariance[0], before.covariance[0], 1e-9);
}

static void average_ratio_refuses_late_entry(void **state)
{
    struct design design = heart(false, *state);
    struct rwe_survival_data data = sort(&design, *state);
    struct rwe_cox_options options = rwe_cox_options_default();
    struct rwe_average_hr result;
    struct rwe_error error = {0};
    assert_int_equal(rwe_average_hr_fit(&data, design.cohort.x, design.cohort.p, &options, *state,
                                        &result, &error),
                     RWE_BAD_INPUT);
    data.entry = NULL;
    options.ties = RWE_COX_EXACT;
    assert_int_equal(rwe_average_hr_fit(&data, design.cohort.x, design.cohort.p, &options, *state,
                                        &result, &error),
                     RWE_BAD_INPUT);
    options.ties = RWE_COX_EFRON;
    memcpy(design.cohort.x, design.cohort.x + design.cohort.n, design.cohort.n * sizeof(double));
    assert_int_equal(rwe_average_hr_fit(&data, design.cohort.x, design.cohort.p, &options, *state,
                                        &result, &error),
                     RWE_COLLINEAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_transform_matches_cox_zph, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strata_match_cox_zph, set_up, tear_down),
        cmocka_unit_test_setup_teardown(breslow_matches_cox_zph, set_up, tear_down),
        cmocka_unit_test_setup_teardown(robust_matches_split_rows_of_coxph, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late_entry_matches_cox_zph, set_up, tear_down),
        cmocka_unit_test_setup_teardown(robust_with_late_entry_matches_split_rows_of_coxph, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(two_arms_by_hand, set_up, tear_down),
        cmocka_unit_test_setup_teardown(robust_is_the_same_for_weights_ten_times_as_large, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(whole_weights_are_replicated_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(neither_units_of_time_nor_of_covariates_matter, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_cut_in_two_says_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(crossing_hazards_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_requests_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(data_without_an_answer_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fewer_clusters_than_columns_leave_the_global_test_open,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(average_ratio_matches_weighted_split_rows_of_coxph, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(average_ratio_of_proportional_hazards_is_the_ratio, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(average_ratio_does_not_look_at_the_scale_of_weights, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(average_ratio_refuses_late_entry, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, check_setup_gsl, NULL);
}
