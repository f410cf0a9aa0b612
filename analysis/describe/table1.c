/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Baseline characteristics by arm in every population. See table1.md. */
#include "table1.h"

#include "rwe/analysis/present.h"
#include "rwe/base/language.h"
#include "rwe/base/parallel.h"
#include "rwe/base/sort.h"
#include "rwe/stats/summary.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* ---- computing: one piece of work a covariate ---- */

/* Of one covariate in one arm of one design. */
struct cell {
    size_t n_missing;
    struct rwe_summary summary; /* of numbers */
    size_t n_ones;              /* of binary numbers */
    size_t *level_count;        /* of categories */
    double weight;              /* sum, of those with a value */
    double ones_weight;         /* of which the ones */
    double *level_weight;       /* of which each category */
    rwe_fact median;            /* once told */
};

struct summaries {
    const struct rwe_run *run;
    const struct rwe_variable *variable;
    size_t n_variables;
    struct cell *cell; /* [(covariate * n_designs + design) * n_arms + arm] */
    atomic_bool failed;
};

static struct cell *cell_of(const struct summaries *summaries, size_t covariate, size_t design,
                            size_t arm)
{
    return &summaries->cell[(covariate * rwe_run_n_disjoint(summaries->run) + design) *
                                summaries->run->cohort->n_arms +
                            arm];
}

/* Subjects with a value, by ascending value. */
static uint32_t *sorted_subjects(const double number[], size_t n, struct rwe_arena *scratch,
                                 size_t *present)
{
    uint32_t *subject = RWE_NEW(scratch, uint32_t, n);
    uint32_t *order = RWE_NEW(scratch, uint32_t, n);
    double *value = RWE_NEW(scratch, double, n);
    size_t m = 0;
    if (rwe_arena_failed(scratch))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!isnan(number[i])) {
            subject[m] = (uint32_t)i;
            value[m++] = number[i];
        }
    if (rwe_sort_numbers(value, m, scratch, order) != RWE_OK)
        return NULL;
    for (size_t k = 0; k < m; k++)
        order[k] = subject[order[k]];
    *present = m;
    return order;
}

/* Numbers of one arm of a design, in ascending order. */
struct sample {
    double *value, *weight;
    size_t n;
};

static void take_sample(const struct summaries *summaries, const struct rwe_design *design,
                        size_t arm, const double number[], const uint32_t order[],
                        struct sample *sample)
{
    size_t from = sample->n; /* of them that have a number at all */
    sample->n = 0;
    for (size_t k = 0; k < from; k++) {
        uint32_t i = order[k];
        if (!design->member[i] || summaries->run->cohort->arm[i] != arm)
            continue;
        sample->value[sample->n] = number[i];
        sample->weight[sample->n++] = rwe_design_weight(design, i);
    }
}

static void summarize_sample(const struct rwe_design *design, size_t arm,
                             const struct sample *sample, struct cell *cell)
{
    cell->summary = design->weight == NULL
                        ? rwe_summarize(sample->value, sample->n)
                        : rwe_summarize_weighted(sample->value, sample->weight, sample->n);
    cell->n_missing = design->arm_size[arm] - sample->n;
    for (size_t k = 0; k < sample->n; k++) {
        cell->weight += sample->weight[k];
        cell->n_ones += sample->value[k] == 1;
        cell->ones_weight += sample->value[k] == 1 ? sample->weight[k] : 0;
    }
}

static bool summarize_numbers(const struct summaries *summaries, size_t j,
                              struct rwe_arena *scratch)
{
    const struct rwe_cohort *cohort = summaries->run->cohort;
    const double *number = summaries->variable[j].number;
    struct sample sample = {RWE_NEW(scratch, double, cohort->n),
                            RWE_NEW(scratch, double, cohort->n), 0};
    size_t present;
    const uint32_t *order = sorted_subjects(number, cohort->n, scratch, &present);
    if (rwe_arena_failed(scratch) || order == NULL)
        return false;
    for (size_t d = 0; d < rwe_run_n_disjoint(summaries->run); d++)
        for (size_t a = 0; a < cohort->n_arms; a++) {
            const struct rwe_design *design = &summaries->run->design[d];
            sample.n = present;
            take_sample(summaries, design, a, number, order, &sample);
            summarize_sample(design, a, &sample, cell_of(summaries, j, d, a));
        }
    return true;
}

static void count_levels(const struct summaries *summaries, size_t j)
{
    const struct rwe_cohort *cohort = summaries->run->cohort;
    const struct rwe_variable *v = &summaries->variable[j];
    for (size_t d = 0; d < rwe_run_n_disjoint(summaries->run); d++)
        for (size_t i = 0; i < cohort->n; i++) {
            struct cell *cell = cell_of(summaries, j, d, cohort->arm[i]);
            if (!summaries->run->design[d].member[i])
                continue;
            if (v->code[i] < 0) {
                cell->n_missing++;
                continue;
            }
            double w = rwe_design_weight(&summaries->run->design[d], i);
            cell->summary.n++;
            cell->level_count[v->code[i]]++;
            cell->weight += w;
            cell->level_weight[v->code[i]] += w;
        }
}

static void summarize_piece(size_t j, void *context)
{
    struct summaries *summaries = context;
    if (summaries->variable[j].categorical) {
        count_levels(summaries, j);
        return;
    }
    struct rwe_arena *scratch = rwe_arena_new();
    if (scratch == NULL || !summarize_numbers(summaries, j, scratch))
        atomic_store(&summaries->failed, true);
    rwe_arena_free(scratch);
}

static enum rwe_status summarize(struct rwe_run *run, struct summaries *summaries,
                                 struct rwe_error *error)
{
    size_t per_variable = rwe_run_n_disjoint(run) * run->cohort->n_arms;
    summaries->run = run;
    summaries->cell = RWE_NEW(run->arena, struct cell, summaries->n_variables * per_variable);
    for (size_t c = 0; summaries->cell != NULL && c < summaries->n_variables * per_variable; c++) {
        size_t n_levels = summaries->variable[c / per_variable].n_levels;
        summaries->cell[c].level_count = RWE_NEW(run->arena, size_t, n_levels);
        summaries->cell[c].level_weight = RWE_NEW(run->arena, double, n_levels);
    }
    if (rwe_arena_failed(run->arena))
        return rwe_fail_memory(error);
    rwe_parallel_for(summaries->n_variables, run->threads, summarize_piece, summaries);
    return atomic_load(&summaries->failed) ? rwe_fail_memory(error) : RWE_OK;
}

/* ---- presenting: rows differ in what their cells hold, so columns have no statistics of their own ---- */

struct table {
    struct rwe_run *run;
    struct rwe_grid *grid;
    const struct summaries *summaries;
    const struct table1 *what;
    const struct rwe_covariate_balance *balance; /* NULL: no SMD, as with more than two arms */
    size_t begin, end;                           /* of the designs that stand side by side */
};

/* More populations than this do not fit beside each other on a page. */
enum { SIDE_BY_SIDE = 2 };

static rwe_fact number_fact(const struct table *t, const struct rwe_key *key, const char *stat,
                            double value)
{
    return rwe_document_number(t->run->document, key, stat, value);
}

static void number_cell(const struct table *t, enum rwe_cell_class class, const struct rwe_key *key,
                        const char *stat, double value)
{
    rwe_grid_cell(t->grid, class, number_fact(t, key, stat, value), RWE_NO_FACT, RWE_NO_FACT);
}

static void present_smd(const struct table *t, struct rwe_key key, size_t design, size_t column)
{
    if (t->balance == NULL)
        return;
    double smd = t->balance->at[design * t->balance->columns.n + column].smd;
    key.group = NULL;
    number_cell(t, RWE_CELL_SMD, &key, "smd", smd);
}

static void empty_smd(const struct table *t)
{
    if (t->balance != NULL)
        rwe_grid_empty(t->grid);
}

typedef void present_cell(const struct table *t, const struct rwe_key *key, struct cell *cell,
                          size_t level);

static void present_mean(const struct table *t, const struct rwe_key *key, struct cell *cell,
                         size_t level)
{
    (void)level;
    rwe_fact mean = number_fact(t, key, "mean", cell->summary.mean);
    rwe_fact sd = number_fact(t, key, "sd", cell->summary.sd);
    number_fact(t, key, "n", (double)cell->summary.n);
    number_fact(t, key, "min", cell->summary.min);
    number_fact(t, key, "max", cell->summary.max);
    rwe_grid_cell(t->grid, RWE_CELL_MEAN_SD, mean, sd, RWE_NO_FACT);
}

static void present_median(const struct table *t, const struct rwe_key *key, struct cell *cell,
                           size_t level)
{
    (void)level;
    cell->median = number_fact(t, key, "median", cell->summary.median);
    rwe_fact q1 = number_fact(t, key, "q1", cell->summary.q1);
    rwe_fact q3 = number_fact(t, key, "q3", cell->summary.q3);
    rwe_grid_cell(t->grid, RWE_CELL_MEDIAN_RANGE, cell->median, q1, q3);
}

/* The median stands in the row above. */
static void present_range(const struct table *t, const struct rwe_key *key, struct cell *cell,
                          size_t level)
{
    (void)level;
    rwe_fact least = number_fact(t, key, "min", cell->summary.min);
    rwe_fact greatest = number_fact(t, key, "max", cell->summary.max);
    number_fact(t, key, "n", (double)cell->summary.n);
    rwe_grid_cell(t->grid, RWE_CELL_MEDIAN_RANGE, cell->median, least, greatest);
}

/* Whole where all weights are 1, and as exact as whole numbers are. */
static void present_share(const struct table *t, const struct rwe_key *key, size_t count,
                          double weight, double total)
{
    rwe_fact n = number_fact(t, key, "n", (double)count);
    rwe_fact percent = number_fact(t, key, "percent", total > 0 ? 100 * weight / total : NAN);
    rwe_grid_cell(t->grid, RWE_CELL_COUNT_PERCENT, n, percent, RWE_NO_FACT);
}

static void present_ones(const struct table *t, const struct rwe_key *key, struct cell *cell,
                         size_t level)
{
    (void)level;
    present_share(t, key, cell->n_ones, cell->ones_weight, cell->weight);
}

static void present_level(const struct table *t, const struct rwe_key *key, struct cell *cell,
                          size_t level)
{
    present_share(t, key, cell->level_count[level], cell->level_weight[level], cell->weight);
}

static void present_missing(const struct table *t, const struct rwe_key *key, struct cell *cell,
                            size_t level)
{
    (void)level;
    number_cell(t, RWE_CELL_COUNT, key, "n.missing", (double)cell->n_missing);
}

/* A row over the designs of the table and all arms. The SMD of `column` follows each design's arms, unless it is
 * RWE_NO_INDEX. */
static void present_row(const struct table *t, size_t covariate, struct rwe_key key, size_t level,
                        present_cell *present, size_t column)
{
    for (size_t d = t->begin; d < t->end; d++) {
        key.population = t->run->design[d].name;
        for (size_t a = 0; a < t->run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, t->run->cohort, a);
            struct cell *cell = cell_of(t->summaries, covariate, d, a);
            if (t->what->blank && cell->summary.n == 0 && present != present_missing)
                rwe_grid_empty(t->grid);
            else
                present(t, &arm, cell, level);
        }
        if (column == RWE_NO_INDEX)
            empty_smd(t);
        else
            present_smd(t, key, d, column);
    }
}

static bool any_missing(const struct table *t, size_t covariate)
{
    for (size_t d = t->begin; d < t->end; d++)
        for (size_t a = 0; a < t->run->cohort->n_arms; a++)
            if (cell_of(t->summaries, covariate, d, a)->n_missing > 0)
                return true;
    return false;
}

static const char *label_of(const struct table *t, size_t j)
{
    const char *label = t->what->label == NULL ? NULL : t->what->label[j];
    return label == NULL ? rwe_shown_name(t->run, t->what->variable[j].name) : label;
}

static void present_numbers(const struct table *t, size_t j, struct rwe_key key, size_t column)
{
    rwe_grid_row(t->grid, 0, "%s", label_of(t, j));
    if (!t->what->has_range) {
        rwe_grid_row(t->grid, 1, "mean (SD)");
        present_row(t, j, key, 0, present_mean, column);
    }
    rwe_grid_row(t->grid, 1, "median (Q1–Q3)");
    present_row(t, j, key, 0, present_median, RWE_NO_INDEX);
    if (t->what->has_range) {
        rwe_grid_row(t->grid, 1, "median (range)");
        present_row(t, j, key, 0, present_range, RWE_NO_INDEX);
    }
}

/* Whether the variable below is made of the same column, "site=lung" and "site=bone": missing together. */
static bool is_told_below(const struct table *t, size_t j)
{
    const struct rwe_variable *v = &t->what->variable[j];
    const char *end = strchr(v->name, '=');
    return t->what->blank && end != NULL && j + 1 < t->what->n_variables &&
           strncmp(v->name, v[1].name, (size_t)(end - v->name) + 1) == 0;
}

/* All rows of a covariate; `column` is its first among the columns of balance. */
static void present_covariate(const struct table *t, size_t j, size_t column)
{
    const struct rwe_variable *v = &t->what->variable[j];
    struct rwe_key key = rwe_key_of(t->what->analysis);
    key.term = v->name;
    if (v->categorical) {
        rwe_grid_row(t->grid, 0, "%s, n (%%)", label_of(t, j));
        for (size_t l = 0; l < v->n_levels; l++) {
            struct rwe_key at_level = key;
            at_level.level = v->level[l];
            rwe_grid_row(t->grid, 1, "%s", v->level[l]);
            present_row(t, j, at_level, l, present_level, column + l);
        }
    } else if (v->binary) {
        rwe_grid_row(t->grid, 0, "%s, n (%%)", label_of(t, j));
        present_row(t, j, key, 0, present_ones, column);
    } else {
        present_numbers(t, j, key, column);
    }
    if (any_missing(t, j) && !is_told_below(t, j)) {
        rwe_grid_row(t->grid, 1, "%s", t->what->missing);
        present_row(t, j, key, 0, present_missing, RWE_NO_INDEX);
    }
}

static void present_sizes(const struct table *t)
{
    struct rwe_key key = rwe_key_of(t->what->analysis);
    rwe_grid_row(t->grid, 0, "n");
    for (size_t d = t->begin; d < t->end; d++) {
        key.population = t->run->design[d].name;
        for (size_t a = 0; a < t->run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, t->run->cohort, a);
            number_cell(t, RWE_CELL_COUNT, &arm, "n", (double)t->run->design[d].arm_size[a]);
        }
        empty_smd(t);
    }
}

/* Kish's (Σw)² / Σw² of an arm. */
static double effective_size(const struct rwe_cohort *cohort, const struct rwe_design *design,
                             size_t arm)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < cohort->n; i++)
        if (cohort->arm[i] == arm) {
            double w = rwe_design_weight(design, i);
            sum += w;
            squares += w * w;
        }
    return sum * sum / squares;
}

static bool any_weighted(const struct table *t)
{
    for (size_t d = t->begin; d < t->end; d++)
        if (t->run->design[d].weight != NULL)
            return true;
    return false;
}

/* How many subjects the weights are worth. */
static void present_effective_sizes(const struct table *t)
{
    struct rwe_key key = rwe_key_of(t->what->analysis);
    rwe_grid_row(t->grid, 0, "effective n");
    for (size_t d = t->begin; d < t->end; d++) {
        const struct rwe_design *design = &t->run->design[d];
        key.population = design->name;
        for (size_t a = 0; a < t->run->cohort->n_arms; a++) {
            struct rwe_key arm = rwe_key_arm(key, t->run->cohort, a);
            if (design->weight == NULL)
                rwe_grid_empty(t->grid);
            else
                number_cell(t, RWE_CELL_NUMBER, &arm, "ess",
                            effective_size(t->run->cohort, design, a));
        }
        empty_smd(t);
    }
}

static void start_table(struct table *t)
{
    const struct rwe_run *run = t->run;
    bool alone = t->end - t->begin < rwe_run_n_disjoint(run);
    if (alone)
        t->grid = rwe_document_table(run->document, "%s: %s", t->what->title,
                                     run->design[t->begin].label);
    else
        t->grid = rwe_document_table(run->document, "%s", t->what->title);
    rwe_grid_column(t->grid, "%s", t->what->heading);
    for (size_t d = t->begin; d < t->end; d++) {
        for (size_t a = 0; a < run->cohort->n_arms; a++)
            if (alone)
                rwe_grid_column(t->grid, "%s", run->cohort->arm_level[a]);
            else
                rwe_grid_column(t->grid, "%s\n%s", run->design[d].label, run->cohort->arm_level[a]);
        if (t->balance != NULL)
            rwe_grid_column(t->grid, "SMD");
    }
}

static void end_table(const struct table *t)
{
    rwe_grid_note(t->grid, "Percentages and summaries are of subjects with a value.");
    if (any_weighted(t))
        rwe_grid_note(t->grid,
                      "Under weights n counts subjects; means, SDs, quantiles and percentages are "
                      "weighted. Effective n, (Σw)² / Σw².");
    if (t->balance != NULL && any_weighted(t))
        rwe_grid_note(t->grid, "SMD, standardized mean difference (treated − control), its "
                               "denominator from the whole cohort before weighting.");
    else if (t->balance != NULL)
        rwe_grid_note(t->grid, "SMD, standardized mean difference (treated − control), its "
                               "denominator from the whole cohort before matching.");
    if (t->what->note != NULL)
        rwe_grid_note(t->grid, "%s", t->what->note);
}

static void present_block(struct table *t)
{
    start_table(t);
    present_sizes(t);
    if (any_weighted(t))
        present_effective_sizes(t);
    size_t column = 0;
    for (size_t j = 0; j < t->what->n_variables; j++) {
        const struct rwe_variable *v = &t->what->variable[j];
        present_covariate(t, j, column);
        column += v->categorical ? v->n_levels : 1;
    }
    end_table(t);
}

enum rwe_status table1_present(struct rwe_run *run, const struct table1 *what,
                               struct rwe_error *error)
{
    struct summaries summaries = {.variable = what->variable, .n_variables = what->n_variables};
    struct table t = {.run = run, .summaries = &summaries, .what = what, .balance = what->balance};
    size_t n = rwe_run_n_disjoint(run), step = n > SIDE_BY_SIDE ? 1 : n;
    enum rwe_status status = summarize(run, &summaries, error);
    for (; t.begin < n && status == RWE_OK; t.begin = t.end) {
        t.end = t.begin + step;
        present_block(&t);
    }
    return status;
}

static enum rwe_status run_table1(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct table1 what = {
        .analysis = "table1",
        .title = rwe_text("Table 1. Baseline characteristics by arm"),
        .heading = rwe_text("covariate"),
        .variable = run->cohort->covariate,
        .n_variables = run->cohort->n_covariates,
        .missing = rwe_text("missing"),
    };
    enum rwe_status status = RWE_OK;
    if (run->cohort->n_arms == 2)
        status = rwe_covariate_balance(run, &what.balance, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Baseline characteristics");
    return table1_present(run, &what, error);
}

const struct rwe_analysis rwe_analysis_table1 = {
    .name = "table1",
    .section = RWE_SECTION_COVARIATES,
    .help = N_("Table 1: baseline characteristics by arm, with standardized mean differences."),
    .run = run_table1,
};
