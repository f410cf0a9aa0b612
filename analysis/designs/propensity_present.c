/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of the propensity score: its model, and how far the arms' scores overlap. */
#include "run/figures.h"
#include "rwe/analysis/covariates.h"
#include "rwe/analysis/present.h"
#include "rwe/analysis/propensity.h"
#include "rwe/base/language.h"
#include "rwe/stats/balance.h"
#include "rwe/stats/overlap.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

/* Walker et al. (Comp Eff Res 3:11, 2013) ask that half of each arm be in equipoise. */
#define ENOUGH_IN_EQUIPOISE 50.0
/* Beyond it the arms are all but foretold. A convention, as that a weight of 100 is too much. */
#define HIGH_AUC 0.9
#define LEAST_PROBABILITY 0.01

enum { BINS = 50 };

static rwe_fact add(struct rwe_run *run, const struct rwe_key *key, const char *stat, double value)
{
    return rwe_document_number(run->document, key, stat, value);
}

static void cell(struct rwe_grid *grid, enum rwe_cell_class class, rwe_fact fact)
{
    rwe_grid_cell(grid, class, fact, RWE_NO_FACT, RWE_NO_FACT);
}

/* ---- the model's terms ---- */

static const char intercept[] = N_("(Intercept)");

/* A log odds ratio with its odds ratio. Wald's limits do not hold for a penalised estimate: the
 * likelihood is far from a parabola there. */
static void present_ratio(struct rwe_run *run, struct rwe_grid *grid, const struct rwe_key *key,
                          double estimate, double error)
{
    bool wald = !run->propensity->model.penalised, is_intercept = strcmp(key->term, intercept) == 0;
    double reach = wald ? rwe_normal_limit(run) * error : NAN;
    rwe_grid_put(grid, key, estimate);
    rwe_grid_put(grid, key, error);
    rwe_fact odds = add(run, key, "odds.ratio", exp(estimate));
    rwe_fact low = add(run, key, "conf.low", exp(estimate - reach));
    rwe_fact high = add(run, key, "conf.high", exp(estimate + reach));
    if (is_intercept)
        rwe_grid_empty(grid); /* the odds at age 0 in the year 0 tell nobody anything */
    else
        rwe_grid_cell(grid, RWE_CELL_RATIO_LIMITS, odds, wald ? low : RWE_NO_FACT,
                      wald ? high : RWE_NO_FACT);
}

/* Without a test there is no p to show. */
static void p_cell(struct rwe_run *run, struct rwe_grid *grid, rwe_fact p)
{
    if (run->propensity->model.penalised)
        rwe_grid_empty(grid);
    else
        cell(grid, RWE_CELL_P_VALUE, p);
}

static double std_error(const struct rwe_logistic *model, size_t j)
{
    return sqrt(model->covariance[j * model->p + j]);
}

static rwe_fact wald_test(struct rwe_run *run, const struct rwe_key *key, size_t j)
{
    const struct rwe_logistic *model = &run->propensity->model;
    double z = model->penalised ? NAN : model->estimate[j] / std_error(model, j);
    add(run, key, "statistic", z);
    return add(run, key, "p.value", rwe_normal_p_value(z));
}

/* Coefficient j of the model: the intercept, or column j − 1 of x; RWE_NO_INDEX: there is none. */
static void present_term(struct rwe_run *run, struct rwe_grid *grid, const char *name, size_t j)
{
    const struct rwe_logistic *model = &run->propensity->model;
    struct rwe_key key = rwe_key_run(run, "ps");
    key.term = name;
    rwe_grid_row(grid, 0, "%s",
                 name == intercept ? rwe_text(intercept) : rwe_shown_term(run, name));
    if (j == RWE_NO_INDEX) {
        rwe_grid_put(grid, &key, NAN);
        return;
    }
    present_ratio(run, grid, &key, model->estimate[j], std_error(model, j));
    p_cell(run, grid, wald_test(run, &key, j));
}

/* β' V⁻¹ β of n coefficients from `first` on; NaN where V is singular, or memory is out, which the
 * arena remembers. */
static double joint_wald(const struct rwe_logistic *model, size_t first, size_t n,
                         struct rwe_arena *arena)
{
    const double *beta = model->estimate + first;
    double *block = rwe_arena_alloc(arena, n, n * sizeof *block);
    double *solved = RWE_NEW(arena, double, n);
    double statistic = 0;
    if (block == NULL || solved == NULL)
        return NAN;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            block[j * n + k] = model->covariance[(first + j) * model->p + first + k];
    gsl_matrix_view matrix = gsl_matrix_view_array(block, n, n);
    gsl_vector_const_view right = gsl_vector_const_view_array(beta, n);
    gsl_vector_view left = gsl_vector_view_array(solved, n);
    if (gsl_linalg_cholesky_decomp1(&matrix.matrix) != GSL_SUCCESS ||
        gsl_linalg_cholesky_solve(&matrix.matrix, &right.vector, &left.vector) != GSL_SUCCESS)
        return NAN;
    for (size_t j = 0; j < n; j++)
        statistic += beta[j] * solved[j];
    return statistic;
}

/* Each column of a spline: facts from which the score can be computed. Returns whether all are in the
 * fit; without one there is no contrast, and no test. */
static bool add_columns(struct rwe_run *run, const struct rwe_term_columns *of)
{
    const struct rwe_propensity *p = run->propensity;
    bool whole = true;
    for (size_t c = of->first; c < of->first + of->n; c++) {
        const struct rwe_model_column *column = &p->matrix.column[c];
        struct rwe_key key = rwe_key_run(run, "ps");
        key.term = column->name;
        add(run, &key, "estimate", p->coefficient[c]);
        whole = whole && column->at != RWE_NO_INDEX;
        if (column->at != RWE_NO_INDEX)
            add(run, &key, "std.error", std_error(&p->model, column->at + 1));
    }
    return whole;
}

/* One row: between the quartiles, and the test of all columns together. */
static void present_spline(struct rwe_run *run, struct rwe_grid *grid, const char *name,
                           const struct rwe_term_columns *of)
{
    const struct rwe_propensity *p = run->propensity;
    const struct rwe_logistic *model = &p->model;
    struct rwe_key key = rwe_key_run(run, "ps"), contrast;
    bool whole = add_columns(run, of);
    key.term = name;
    if (!whole) {
        present_term(run, grid, name, RWE_NO_INDEX);
        return;
    }
    size_t first = p->matrix.column[of->first].at + 1; /* after the intercept */
    double estimate = 0, variance = 0;
    for (size_t j = 0; j < of->n; j++) {
        estimate += of->contrast[j] * model->estimate[first + j];
        for (size_t k = 0; k < of->n; k++)
            variance += of->contrast[j] * of->contrast[k] *
                        model->covariance[(first + j) * model->p + first + k];
    }
    contrast = key;
    contrast.level = of->contrast_name;
    rwe_grid_row(grid, 0, "%s, %.10g against %.10g", name, of->quartile[1], of->quartile[0]);
    present_ratio(run, grid, &contrast, estimate, sqrt(variance));
    double wald = model->penalised ? NAN : joint_wald(model, first, of->n, run->arena);
    add(run, &key, "wald.statistic", wald);
    add(run, &key, "df", (double)of->n);
    p_cell(run, grid,
           add(run, &key, "p.value", isnan(wald) ? NAN : gsl_cdf_chisq_Q(wald, (double)of->n)));
}

static void note_model(struct rwe_run *run, struct rwe_grid *grid)
{
    const struct rwe_propensity *p = run->propensity;
    rwe_grid_note(grid, "Probability of the treated arm, \"%s\", given the covariates.",
                  run->cohort->arm_level[1]);
    bool bent = false;
    struct rwe_strings left_out = {RWE_NEW(run->arena, const char *, p->matrix.n_columns), 0};
    for (size_t c = 0; left_out.item != NULL && c < p->matrix.n_columns; c++) {
        const struct rwe_model_column *column = &p->matrix.column[c];
        bent |= p->matrix.model.term[column->term].kind == RWE_TERM_SPLINE;
        if (column->at == RWE_NO_INDEX)
            left_out.item[left_out.n++] = column->name;
    }
    if (bent)
        rwe_grid_note(grid, "A spline (natural, 3 degrees of freedom): its odds ratio is of the "
                            "third against the first quartile, its p of all its columns.");
    if (left_out.n > 0) {
        const char *names = rwe_text_join(run->arena, left_out, rwe_text(", "));
        rwe_grid_note(grid, "Left out, since nobody has them or the other terms say the same: %s.",
                      names == NULL ? "" : names);
    }
    if (p->model.penalised)
        rwe_grid_note(grid, "Firth's penalised likelihood. Wald's limits and tests do not hold for "
                            "it, and are left out.");
}

static const struct rwe_table_column model_columns[] = {
    {.heading = N_("term")},
    {N_("log odds"), RWE_CELL_COEFFICIENT, "estimate"},
    {N_("std. error"), RWE_CELL_COEFFICIENT, "std.error"},
    {.heading = N_("odds ratio\n({level} CI)")}, /* present_ratio and p_cell: some are not shown */
    {.heading = N_("p")},
};

static void present_model(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_grid *grid =
        p->model.penalised ? rwe_document_table(run->document, "Propensity model (logistic, Firth)")
                           : rwe_document_table(run->document, "Propensity model (logistic)");
    RWE_GRID_COLUMNS(grid, model_columns);
    present_term(run, grid, intercept, 0);
    for (size_t c = 0; c < p->matrix.n_columns;) {
        const struct rwe_model_column *column = &p->matrix.column[c];
        const struct rwe_term_columns *of = &p->matrix.of_term[column->term];
        bool spline = p->matrix.model.term[column->term].kind == RWE_TERM_SPLINE;
        if (spline)
            present_spline(run, grid, p->matrix.model.term[column->term].name, of);
        else
            present_term(run, grid, column->name,
                         column->at == RWE_NO_INDEX ? RWE_NO_INDEX : column->at + 1);
        c += spline ? of->n : 1;
    }
    note_model(run, grid);
}

/* ---- what stands in for missing values ---- */

static const struct rwe_table_column missing_columns[] = {
    {.heading = N_("covariate")},
    {N_("missing"), RWE_CELL_COUNT, "n.missing"},
    {N_("set to"), RWE_CELL_NUMBER, "fill"},
};

static struct rwe_grid *start_missing(struct rwe_run *run)
{
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Missing values in the propensity model");
    RWE_GRID_COLUMNS(grid, missing_columns);
    return grid;
}

static void present_missing(struct rwe_run *run)
{
    const struct rwe_cohort *cohort = run->cohort;
    const struct rwe_model *model = &run->propensity->matrix.model;
    struct rwe_grid *grid = NULL;
    for (size_t t = 0; t < model->n_terms; t++) {
        const struct rwe_variable *v = model->term[t].variable;
        struct rwe_key key = rwe_key_run(run, "ps");
        if (model->term[t].kind != RWE_TERM_MISSING)
            continue;
        if (grid == NULL)
            grid = start_missing(run);
        key.term = v->name;
        rwe_grid_row(grid, 0, "%s", rwe_shown_name(run, v->name));
        rwe_grid_put(grid, &key, (double)v->n_missing);
        if (v->categorical)
            rwe_grid_words(grid, "level \"missing\"");
        else
            rwe_grid_put(grid, &key, rwe_variable_mean(v, cohort->n));
    }
    if (grid == NULL)
        return;
    rwe_grid_note(grid, "Numbers are set to the mean of those with a value; a term \"…=missing\" "
                        "says who has none. The score balances what was seen and whether it was.");
}

/* ---- the model as a whole ---- */

static void row(struct rwe_run *run, struct rwe_grid *grid, const char *label,
                enum rwe_cell_class kind, const char *stat, double value)
{
    struct rwe_key key = rwe_key_run(run, "ps");
    rwe_grid_row(grid, 0, "%s", label);
    cell(grid, kind, add(run, &key, stat, value));
}

static void present_summary(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_key key = rwe_key_run(run, "ps");
    struct rwe_grid *grid = rwe_document_table(run->document, "Propensity score");
    rwe_grid_column(grid, "propensity score");
    rwe_grid_column(grid, "value");
    row(run, grid, rwe_text("Subjects in the model"), RWE_CELL_COUNT, "n", (double)p->n);
    row(run, grid, rwe_text("Left out, a covariate is missing"), RWE_CELL_COUNT, "n.missing",
        (double)(run->cohort->n - p->n));
    row(run, grid, rwe_text("c-statistic"), RWE_CELL_COEFFICIENT, "auc", p->model.auc);
    add(run, &key, "converged", p->model.converged);
    add(run, &key, "penalised", p->model.penalised);
}

static void warn(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    size_t rarer = p->n_treated < p->n - p->n_treated ? p->n_treated : p->n - p->n_treated;
    if (!p->model.converged)
        rwe_document_warning(run->document, "not-converged", "ps",
                             "The propensity model did not converge in %zu steps.",
                             p->model.n_iterations);
    const char *left_out = rwe_model_matrix_left_out(&p->matrix, NULL);
    if (left_out != NULL)
        rwe_document_warning(run->document, "collinear", "ps", "Propensity model: left out: %s",
                             left_out);
    if (p->separates != NULL)
        rwe_document_warning(
            run->document, "monotone-likelihood", "ps",
            "Propensity model: covariates tell arms apart without error "
            "(separation), most of all \"%s\": there no subject of one arm is like "
            "those of the other. Shown and used is Firth's penalised estimate; "
            "better leave the covariate out, merge its categories, or restrict "
            "the cohort to where both arms occur.",
            p->separates);
    if (rarer < 10 * p->matrix.p && p->matrix.p == 1)
        rwe_document_warning(run->document, "few-per-variable", "ps",
                             "%zu subjects in the smaller arm for the propensity model's 1 term: "
                             "fewer than ten a term.",
                             rarer);
    else if (rarer < 10 * p->matrix.p)
        rwe_document_warning(run->document, "few-per-variable", "ps",
                             "%zu subjects in the smaller arm for the propensity model's %zu "
                             "terms: fewer than ten a term.",
                             rarer, p->matrix.p);
}

/* ---- who could have had either treatment ---- */

/* The arms, and both together. */
struct groups {
    struct rwe_key key[3];
    struct rwe_overlap_arm count[3];
    size_t n_extreme[3]; /* scores that no weighting can bear */
    double percent[3];   /* in equipoise */
};

static struct groups count_groups(const struct rwe_run *run, const struct rwe_overlap *overlap)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_key key = rwe_key_run(run, "ps");
    struct groups groups = {
        .key = {rwe_key_arm(key, run->cohort, 0), rwe_key_arm(key, run->cohort, 1), key},
        .count = {overlap->control, overlap->treated, overlap->all}};
    double limit = log(LEAST_PROBABILITY) - log1p(-LEAST_PROBABILITY);
    for (size_t k = 0; k < p->n; k++)
        groups.n_extreme[p->treated[k] != 0] += fabs(p->model.linear[k]) > -limit;
    groups.n_extreme[2] = groups.n_extreme[0] + groups.n_extreme[1];
    for (size_t g = 0; g < 3; g++)
        groups.percent[g] = 100 * (double)groups.count[g].n_equipoise / (double)groups.count[g].n;
    return groups;
}

/* A row of counts with their share of the group. */
static void count_row(struct rwe_run *run, struct rwe_grid *grid, const struct groups *groups,
                      const char *label, const char *stat, const size_t count[3])
{
    const char *percent = rwe_arena_format(run->arena, "%s.percent", stat);
    const char *n = rwe_arena_format(run->arena, "n.%s", stat);
    if (rwe_arena_failed(run->arena))
        return;
    rwe_grid_row(grid, 0, "%s", label);
    for (size_t g = 0; g < 3; g++) {
        rwe_fact counted = add(run, &groups->key[g], n, (double)count[g]);
        rwe_fact share =
            add(run, &groups->key[g], percent, 100 * (double)count[g] / (double)groups->count[g].n);
        rwe_grid_cell(grid, RWE_CELL_COUNT_PERCENT, counted, share, RWE_NO_FACT);
    }
}

static void present_groups(struct rwe_run *run, const struct rwe_overlap *overlap,
                           const struct groups *of)
{
    const struct rwe_overlap_arm *c = of->count;
    struct rwe_grid *grid = rwe_document_table(run->document, "Overlap of the propensity score");
    rwe_grid_column(grid, "subjects");
    for (size_t arm = 0; arm < 2; arm++)
        rwe_grid_column(grid, "%s", run->cohort->arm_level[arm]);
    rwe_grid_column(grid, "all");
    count_row(run, grid, of, rwe_text("In equipoise, preference 0.3–0.7"), "equipoise",
              (size_t[]){c[0].n_equipoise, c[1].n_equipoise, c[2].n_equipoise});
    count_row(run, grid, of, rwe_text("Below common support"), "below",
              (size_t[]){c[0].n_below, c[1].n_below, c[2].n_below});
    count_row(run, grid, of, rwe_text("Above common support"), "above",
              (size_t[]){c[0].n_above, c[1].n_above, c[2].n_above});
    count_row(run, grid, of, rwe_text("Score below 0.01 or above 0.99"), "extreme", of->n_extreme);
    double low = 1 / (1 + exp(-overlap->support_low));
    double high = 1 / (1 + exp(-overlap->support_high));
    add(run, &of->key[2], "support.low", low);
    add(run, &of->key[2], "support.high", high);
    rwe_grid_note(grid,
                  "Preference: the score with the share of the treated taken out; 0.5 is as likely "
                  "to be treated as the average subject. Common support: from the greater of the "
                  "arms' least scores to the lesser of their greatest, here %.3g to %.3g.",
                  low, high);
}

static void warn_of_overlap(struct rwe_run *run, const struct groups *groups)
{
    const struct rwe_cohort *cohort = run->cohort;
    size_t worse = groups->percent[1] < groups->percent[0];
    if (groups->percent[worse] < ENOUGH_IN_EQUIPOISE)
        rwe_document_warning(
            run->document, "little-overlap", "ps",
            "Only %.0f%% of arm %s and %.0f%% of arm %s are in equipoise (preference 0.3–0.7): for "
            "most, the covariates had settled the treatment, and few of the other arm are like "
            "them. A comparison rests on few. Look at overlap weights (--iptw=ato) or matching, or "
            "restrict the cohort to whom either treatment could be given; say for whom the effect "
            "then is.",
            groups->percent[worse], cohort->arm_level[worse], groups->percent[!worse],
            cohort->arm_level[!worse]);
    if (groups->n_extreme[2] > 0)
        rwe_document_warning(
            run->document, "positivity", "ps",
            "%zu of %zu subjects have a propensity score below 0.01 or above 0.99: hardly anybody "
            "like them had the other treatment (positivity). Weights of 100 and more go to those "
            "who did; trim (--trim), take overlap weights (--iptw=ato), or match.",
            groups->n_extreme[2], groups->count[2].n);
    if (run->propensity->model.auc > HIGH_AUC)
        rwe_document_warning(
            run->document, "high-c-statistic", "ps",
            "The propensity model's c-statistic is %.3f: the covariates all but foretell the arm. "
            "A high value is no merit here; see whether one of them decides the treatment itself, "
            "or moves it without touching the outcome, and leave such a one out.",
            run->propensity->model.auc);
}

/* ---- distributions of the score ---- */

static double score_weight(const struct rwe_design *design, const struct rwe_propensity *p,
                           size_t k)
{
    return design->member[p->subject[k]] ? rwe_design_weight(design, p->subject[k]) : 0;
}

/* The overlapping coefficient on the logit, where the densities have no edge. NaN without memory,
 * which the arena remembers. */
static double coefficient(struct rwe_run *run, const struct rwe_design *design)
{
    const struct rwe_propensity *p = run->propensity;
    struct rwe_mark mark = rwe_arena_mark(run->arena);
    struct rwe_balance balance = {.overlap = NAN};
    double *weight = RWE_NEW(run->arena, double, p->n);
    if (weight == NULL)
        return NAN;
    for (size_t k = 0; k < p->n; k++)
        weight[k] = score_weight(design, p, k);
    const struct rwe_balance_data data = {
        .n = p->n, .value = p->model.linear, .treated = p->treated, .weight = weight};
    if (rwe_balance_measure(&data, 1, run->arena, &balance) == RWE_OK)
        rwe_arena_release(run->arena, mark);
    return balance.overlap;
}

/* Equal bins over the range of all scores. */
struct bins {
    double low, width;
    double *from, *to;
};

static bool place_bins(struct rwe_run *run, struct bins *bins)
{
    const struct rwe_propensity *p = run->propensity;
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < p->n; k++) {
        low = fmin(low, p->model.fitted[k]);
        high = fmax(high, p->model.fitted[k]);
    }
    *bins = (struct bins){.low = low,
                          .width = (high - low) / BINS,
                          .from = RWE_NEW(run->arena, double, BINS),
                          .to = RWE_NEW(run->arena, double, BINS)};
    for (size_t b = 0; b < BINS && !rwe_arena_failed(run->arena); b++) {
        bins->from[b] = low + (double)b * bins->width;
        bins->to[b] = b + 1 == BINS ? high : low + (double)(b + 1) * bins->width;
    }
    return bins->width > 0 && !rwe_arena_failed(run->arena);
}

/* The share of an arm's weight in each bin over its width, so that the bars' areas sum to 1. NULL without
 * memory, which the arena remembers. */
static const double *add_density(struct rwe_run *run, const struct rwe_design *design,
                                 const struct bins *bins, size_t arm)
{
    static const char *const names[] = {"ps.low", "ps.high", "density"};
    const struct rwe_propensity *p = run->propensity;
    double *density = RWE_NEW(run->arena, double, BINS), total = 0;
    if (density == NULL)
        return NULL;
    for (size_t k = 0; k < p->n; k++) {
        size_t b = (size_t)((p->model.fitted[k] - bins->low) / bins->width);
        double weight = (p->treated[k] != 0) == (arm == 1) ? score_weight(design, p, k) : 0;
        density[b < BINS ? b : BINS - 1] += weight;
        total += weight;
    }
    for (size_t b = 0; b < BINS; b++)
        density[b] /= total * bins->width;
    struct rwe_key key = rwe_key_arm(rwe_key_in("ps", NULL, design), run->cohort, arm);
    const double *const columns[] = {bins->from, bins->to, density};
    rwe_document_series(run->document, &key, "density", BINS, 3, names, columns);
    return density;
}

/* The treated upward, the controls downward. */
static void add_figure(struct rwe_run *run, const struct rwe_design *design,
                       const struct bins *bins, const double *const density[2])
{
    static const char *const overlap[] = {"overlap", NULL, NULL};
    double *middle = RWE_NEW(run->arena, double, BINS), *down = RWE_NEW(run->arena, double, BINS);
    struct rwe_key key = rwe_key_in("ps", NULL, design);
    if (middle == NULL || down == NULL || density[0] == NULL || density[1] == NULL)
        return;
    for (size_t b = 0; b < BINS; b++) {
        middle[b] = (bins->from[b] + bins->to[b]) / 2;
        down[b] = -density[0][b];
    }
    struct rwe_figure *figure =
        rwe_plot_new(run, "ps", rwe_text("Distribution of the propensity score"), NULL, design);
    rwe_figure_describe(figure, "Two histograms of the propensity score, mirrored: the treated arm "
                                "upward, the control arm downward. Where one has bars and the "
                                "other has none, nobody is comparable.");
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = rwe_text("Propensity score")});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = rwe_text("Density"), .absolute = true});
    for (size_t arm = 2; arm-- > 0;)
        rwe_figure_curve(figure, &(struct rwe_curve){.label = rwe_arm_label(run, arm),
                                                     .style = RWE_CURVE_BARS,
                                                     .group = arm,
                                                     .n = BINS,
                                                     .x = middle,
                                                     .y = arm == 1 ? density[1] : down,
                                                     .until = NAN});
    rwe_figure_result(figure, rwe_text("Overlapping coefficient"), RWE_CELL_COEFFICIENT, &key,
                      overlap);
}

static const struct rwe_table_column coefficient_columns[] = {
    {.heading = N_("population")},
    {N_("overlap"), RWE_CELL_COEFFICIENT, "overlap"},
};

static void present_distributions(struct rwe_run *run)
{
    struct bins bins;
    bool drawn = place_bins(run, &bins);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Overlapping coefficient of the propensity score");
    RWE_GRID_COLUMNS(grid, coefficient_columns);
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        const struct rwe_design *design = &run->design[d];
        struct rwe_key key = rwe_key_in("ps", NULL, design);
        rwe_grid_row(grid, 0, "%s", design->label);
        rwe_grid_put(grid, &key, coefficient(run, design));
        if (!drawn)
            continue;
        const double *density[2] = {add_density(run, design, &bins, 0),
                                    add_density(run, design, &bins, 1)};
        add_figure(run, design, &bins, density);
    }
    rwe_grid_note(grid, "The area that the two arms' densities of the score share, on the logit: 1 "
                        "alike, 0 apart.");
}

static void present_overlap(struct rwe_run *run)
{
    const struct rwe_propensity *p = run->propensity;
    const struct rwe_overlap_options options = rwe_overlap_options_default();
    struct rwe_overlap overlap;
    struct rwe_error unused = {0}; /* finite scores, and both arms: there is a model */
    if (rwe_overlap_measure(p->model.linear, p->treated, p->n, &options, &overlap, &unused) !=
        RWE_OK)
        return;
    struct groups groups = count_groups(run, &overlap);
    present_groups(run, &overlap, &groups);
    present_distributions(run);
    warn_of_overlap(run, &groups);
}

/* ---- all of it ---- */

void rwe_propensity_present(struct rwe_run *run)
{
    if (run->propensity == NULL || run->propensity_is_told)
        return;
    run->propensity_is_told = true;
    present_model(run);
    present_missing(run);
    present_summary(run);
    warn(run);
    present_overlap(run);
}
