/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Balance of the covariates in each design. See balance.md. */
#include "balance_private.h"
#include "rwe/analysis/present.h"
#include "rwe/report/figure.h"

static const struct rwe_option options[] = {
    {.name = "balance-limit",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .fallback = "0.1",
     .low = 0,
     .high = 10,
     .help =
         "Largest standardized difference that counts as balanced (default 0.1); more than twice "
         "as much is serious."},
    {.name = "balance-variance-ratio",
     .kind = RWE_OPTION_NUMBER,
     .section = RWE_SECTION_METHOD,
     .argument = "X",
     .fallback = "2",
     .low = 1,
     .high = 1e6,
     .help =
         "Largest ratio of the arms' variances, either way, that counts as balanced (default 2)."},
    {.name = "balance-more",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Show also the mean distance of the distribution functions and the overlap of the "
             "densities."},
    {.name = "balance-products",
     .kind = RWE_OPTION_FLAG,
     .section = RWE_SECTION_METHOD,
     .help = "Measure also the squares of numbers and the products of two covariates; shows the "
             "worst."},
};
static const struct rwe_options option_list = RWE_OPTIONS(options);

struct metric {
    const char *stat;
    const char *heading;
    double (*value)(const struct rwe_balance *balance);
    bool of_means;   /* all lines have it; else covariates alone */
    bool of_numbers; /* a share has no variance of its own */
};

static double smd_of(const struct rwe_balance *b)
{
    return b->smd;
}

static double variance_ratio_of(const struct rwe_balance *b)
{
    return b->variance_ratio;
}

static double ks_of(const struct rwe_balance *b)
{
    return b->ks;
}

static double ecdf_mean_of(const struct rwe_balance *b)
{
    return b->ecdf_mean;
}

static double overlap_of(const struct rwe_balance *b)
{
    return b->overlap;
}

static const struct metric usual[] = {
    {"smd", "SMD", smd_of, true, false},
    {"variance.ratio", "variance ratio", variance_ratio_of, false, true},
    {"ks", "KS", ks_of, false, false},
};
static const struct metric more[] = {
    {"ecdf.mean", "mean distance", ecdf_mean_of, false, false},
    {"overlap", "overlap", overlap_of, false, false},
};

static bool has(const struct balance_line *line, const struct metric *metric)
{
    if (metric->of_numbers)
        return line->kind == BALANCE_NUMBER;
    return metric->of_means || line->kind == BALANCE_NUMBER || line->kind == BALANCE_LEVEL;
}

static rwe_fact add_fact(struct rwe_run *run, const struct balance_line *line,
                         const struct metric *metric, size_t d)
{
    struct rwe_key key = rwe_key_in("balance", NULL, &run->design[d]);
    key.term = line->term;
    key.level = line->level;
    return rwe_document_number(run->document, &key, metric->stat, metric->value(&line->at[d]));
}

static void present_line(struct rwe_run *run, struct rwe_grid *grid,
                         const struct balance_line *line, const struct metric metrics[], size_t n)
{
    rwe_grid_row(grid, 0, "%s", line->name);
    for (size_t m = 0; m < n; m++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
            if (has(line, &metrics[m]))
                rwe_grid_cell(grid, RWE_CELL_SMD, add_fact(run, line, &metrics[m], d), RWE_NO_FACT,
                              RWE_NO_FACT);
            else
                rwe_grid_empty(grid);
}

static struct rwe_grid *start_table(struct rwe_run *run, const char *title,
                                    const struct metric metrics[], size_t n)
{
    struct rwe_grid *grid = rwe_document_table(run->document, "%s", title);
    rwe_grid_column(grid, "covariate");
    for (size_t m = 0; m < n; m++)
        for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
            rwe_grid_column(grid, "%s\n%s", metrics[m].heading, run->design[d].label);
    return grid;
}

/* Love's plot. The SMDs are the first columns. */
static void add_figure(struct rwe_run *run, struct rwe_grid *grid)
{
    double limit = rwe_settings_number(run->settings, "balance-limit");
    const char *name = rwe_figure_name_in(run, "love");
    struct rwe_figure *figure = rwe_document_figure(run->document, RWE_FIGURE_DOTS, name,
                                                    "Balance of the covariates by population");
    rwe_figure_set_grid(figure, grid);
    for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
        rwe_figure_column(figure, RWE_COLUMN_POINT, 1 + d, d, run->design[d].label);
    rwe_figure_reference(figure, true, 0, NULL);
    rwe_figure_reference(figure, true, limit, NULL);
    rwe_figure_x_axis(figure, &(struct rwe_axis){.label = "Absolute standardized mean difference",
                                                 .absolute = true});
    rwe_figure_describe(figure,
                        "Love plot: for each covariate its absolute standardized mean difference "
                        "in each population, a symbol; the dashed line is at %g.",
                        limit);
    rwe_figure_note(figure, "Dashed: %g, the largest difference that counts as balanced.", limit);
}

static void present_usual(struct rwe_run *run, const struct balance_lines *lines)
{
    size_t n = sizeof usual / sizeof usual[0];
    struct rwe_grid *grid =
        start_table(run, "Standardized differences, variance ratios and KS distances", usual, n);
    bool has_scores = false;
    for (size_t k = 0; k < lines->n; k++) {
        present_line(run, grid, &lines->item[k], usual, n);
        has_scores = has_scores || lines->item[k].kind == BALANCE_SCORE;
    }
    rwe_grid_note(grid, "SMD, standardized mean difference (treated − control) over the pooled "
                        "standard deviation of the whole cohort; variance ratio, treated over "
                        "control; KS, greatest distance of the distribution functions.");
    if (has_scores)
        rwe_grid_note(grid, "Prognosis: what the covariates foretell of the endpoint, by Cox's "
                            "model fitted in the controls of the whole cohort.");
    if (lines->note[0] != '\0')
        rwe_grid_note(grid, "%s", lines->note);
    add_figure(run, grid);
}

/* Facts always, the table where it is asked for. */
static void present_more(struct rwe_run *run, const struct balance_lines *lines)
{
    size_t n = sizeof more / sizeof more[0];
    struct rwe_grid *grid = rwe_settings_flag(run->settings, "balance-more")
                                ? start_table(run, "Distances of whole distributions", more, n)
                                : NULL;
    for (size_t k = 0; k < lines->n; k++) {
        const struct balance_line *line = &lines->item[k];
        if (!has(line, &more[0]))
            continue;
        if (grid != NULL) {
            present_line(run, grid, line, more, n);
            continue;
        }
        for (size_t m = 0; m < n; m++)
            for (size_t d = 0; d < rwe_run_n_disjoint(run); d++)
                add_fact(run, line, &more[m], d);
    }
    if (grid != NULL)
        rwe_grid_note(grid, "Mean distance of the distribution functions over the distinct values, "
                            "0 alike; overlap of the (kernel) densities, 1 alike.");
}

static enum rwe_status run_balance(struct rwe_run *run, void *state, struct rwe_error *error)
{
    (void)state;
    struct balance_lines lines;
    if (run->cohort->n_covariates == 0)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--balance needs covariates: say --covariates A,B,…");
    enum rwe_status status = rwe_balance_lines(run, &lines, error);
    if (status != RWE_OK)
        return status;
    rwe_document_section(run->document, 1, "Balance of covariates");
    rwe_balance_verdict(run, &lines);
    present_usual(run, &lines);
    present_more(run, &lines);
    if (rwe_settings_flag(run->settings, "balance-products"))
        status = rwe_balance_products(run, error);
    if (status == RWE_OK)
        rwe_balance_original(run, &lines);
    return status;
}

const struct rwe_analysis rwe_analysis_balance = {
    .name = "balance",
    .help = "Balance of the covariates in words and numbers: standardized differences, variance "
            "ratios, KS distances, prognostic scores.",
    .options = &option_list,
    .run = run_balance,
};
