/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the arms' propensity scores overlap. */
#include "propensity_private.h"
#include "run/figures.h"
#include "rwe/stats/balance.h"
#include "rwe/stats/overlap.h"

#include <math.h>

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
    count_row(run, grid, of, "In equipoise, preference 0.3–0.7", "equipoise",
              (size_t[]){c[0].n_equipoise, c[1].n_equipoise, c[2].n_equipoise});
    count_row(run, grid, of, "Below common support", "below",
              (size_t[]){c[0].n_below, c[1].n_below, c[2].n_below});
    count_row(run, grid, of, "Above common support", "above",
              (size_t[]){c[0].n_above, c[1].n_above, c[2].n_above});
    count_row(run, grid, of, "Score below 0.01 or above 0.99", "extreme", of->n_extreme);
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

static void warn(struct rwe_run *run, const struct groups *groups)
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
        rwe_plot_new(run, "ps", "Distribution of the propensity score", NULL, design);
    rwe_figure_describe(figure, "Two histograms of the propensity score, mirrored: the treated arm "
                                "upward, the control arm downward. Where one has bars and the "
                                "other has none, nobody is comparable.");
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = "Propensity score"});
    rwe_figure_y_axis(figure, &(struct rwe_axis){.label = "Density", .absolute = true});
    for (size_t arm = 2; arm-- > 0;)
        rwe_figure_curve(figure, &(struct rwe_curve){.label = rwe_arm_label(run, arm),
                                                     .style = RWE_CURVE_BARS,
                                                     .group = arm,
                                                     .n = BINS,
                                                     .x = middle,
                                                     .y = arm == 1 ? density[1] : down,
                                                     .until = NAN});
    rwe_figure_result(figure, "Overlapping coefficient", RWE_CELL_COEFFICIENT, &key, overlap);
}

static void present_distributions(struct rwe_run *run)
{
    struct bins bins;
    bool drawn = place_bins(run, &bins);
    struct rwe_grid *grid =
        rwe_document_table(run->document, "Overlapping coefficient of the propensity score");
    rwe_grid_column(grid, "population");
    rwe_grid_column(grid, "overlap");
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++) {
        const struct rwe_design *design = &run->design[d];
        struct rwe_key key = rwe_key_in("ps", NULL, design);
        rwe_grid_row(grid, 0, "%s", design->label);
        rwe_grid_cell(grid, RWE_CELL_COEFFICIENT,
                      add(run, &key, "overlap", coefficient(run, design)), RWE_NO_FACT,
                      RWE_NO_FACT);
        if (!drawn)
            continue;
        const double *density[2] = {add_density(run, design, &bins, 0),
                                    add_density(run, design, &bins, 1)};
        add_figure(run, design, &bins, density);
    }
    rwe_grid_note(grid, "The area that the two arms' densities of the score share, on the logit: 1 "
                        "alike, 0 apart.");
}

void rwe_propensity_present_overlap(struct rwe_run *run)
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
    warn(run, &groups);
}
